
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Calls: is this one, and is it known to be harmless?
 *
 * A function is known by its name alone.  With a schema in front of it it is
 * somebody's own, but for the few that the target has there.
 */


#define _GNU_SOURCE            /* memmem */

#include "hoop_sql_walk.h"


typedef struct {
    hoop_sql_dialect_e   dialect;
    const char          *schema;
    const char          *names;        /* with spaces; NULL: all */
} hoop_sql_schema_t;


static int hoop_sql_call_harmless(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    unsigned a);
static int hoop_sql_call_part(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    hoop_sql_token_t *t);
static int hoop_sql_call_combined(hoop_sql_walker_t *w, hoop_sql_token_t *t);
static int hoop_sql_call_xquery(hoop_sql_walker_t *w, hoop_sql_token_t *t);
static int hoop_sql_call_schema(hoop_sql_walker_t *w, unsigned a);
static int hoop_sql_call_one_of(hoop_sql_walker_t *w, hoop_sql_token_t *t,
    const char *names);


/* what is the target's own and harmless, though it has a schema */

static const hoop_sql_schema_t  hoop_sql_schemas[] = {

    { HOOP_SQL_POSTGRESQL, "information_schema",
      " _pg_expandarray _pg_keysequal _pg_index_position _pg_truetypid "
      "_pg_truetypmod _pg_char_max_length _pg_char_octet_length "
      "_pg_numeric_precision _pg_numeric_scale _pg_datetime_precision " },

    { HOOP_SQL_TSQL, "sys",
      " dm_exec_sql_text dm_exec_query_plan dm_exec_text_query_plan "
      "dm_exec_plan_attributes dm_exec_cursors dm_exec_input_buffer "
      "dm_exec_describe_first_result_set dm_exec_query_statistics_xml "
      "dm_exec_describe_first_result_set_for_object "
      "dm_db_index_physical_stats dm_db_index_operational_stats "
      "dm_db_missing_index_columns dm_db_stats_properties "
      "dm_db_stats_histogram dm_db_database_page_allocations "
      "dm_io_virtual_file_stats dm_os_volume_stats "
      "dm_sql_referenced_entities dm_sql_referencing_entities "
      "fn_helpcollations fn_my_permissions fn_builtin_permissions "
      "fn_listextendedproperty fn_varbintohexstr fn_hadr_is_primary_replica " },

    { HOOP_SQL_ORACLE, "dbms_lob", " substr getlength instr compare " },

    { HOOP_SQL_ORACLE, "sys",
      " odcivarchar2list odcinumberlist odcidatelist odcirawlist " },

    { HOOP_SQL_SNOWFLAKE, "information_schema", NULL },

    { 0, NULL, NULL }
};


/* methods of values: of XML, of places, of hierarchies */

static const char  hoop_sql_methods[] =
    " value query exist nodes tostring stdistance stastext starea stlength "
    "stintersects stcontains stwithin stbuffer stgeometrytype stnumpoints "
    "stpointn stx sty stsrid stisvalid makevalid reduce stenvelope "
    "stcentroid getlevel getancestor isdescendantof getdescendant "
    "getreparentedvalue getstringval getclobval getnumberval extract "
    "existsnode getrootelement isfragment ";


/* a name before "(": a call, unless it gives names to columns */

void
hoop_sql_walk_call(hoop_sql_walker_t *w, hoop_sql_level_t *l, unsigned a)
{
    unsigned           flags;
    hoop_sql_token_t  *t, *prev;

    static const char *const  samples[] = {
        "system", "bernoulli", "row", "block", "reservoir", "system_rows",
        "system_time", NULL
    };

    t = w->sql->tokens;
    prev = (a > w->first) ? &t[a - 1] : NULL;
    flags = hoop_sql_flags(&t[w->i]);

    if (l->clause == CL_FROM && l->expect == 0 && a == w->i && prev
        && l->kind != FR_CALL
        && a > w->first + 1 && !(flags & (W_RESERVED|W_PAREN))
        && (a - 1 == l->item
            || (!l->cond && (hoop_sql_kw(prev) == KW_AS
                             || hoop_sql_is_op(prev, ')'))))
        && !hoop_sql_is_op(&t[w->i + 2], ')'))
    {
        w->paren = FR_NAMES + 1;
        return;
    }

    /* Oracle's outer join: a column and (+) */

    if (prev && hoop_sql_is_op(&t[w->i + 2], '+')
        && hoop_sql_is_op(&t[w->i + 3], ')')
        && w->sql->dialect == HOOP_SQL_ORACLE)
    {
        w->paren = FR_NAMES + 1;
        return;
    }

    if (prev && (hoop_sql_token_is(w->sql, prev, "tablesample")
                 || hoop_sql_token_is(w->sql, prev, "sample"))
        && hoop_sql_token_in(w->sql, &t[w->i], samples))
    {
        w->paren = FR_NAMES + 1;
        return;
    }

    w->paren = FR_CALL + 1;

    if (w->mode == HOOP_SQL_WALK_DDL) {

        /* columns, types, arguments */

        l->expect = 0;
        return;
    }

    if (!hoop_sql_call_harmless(w, l, a)) {
        hoop_sql_unknown(w->st, "calls a function that is not known to be "
                                "harmless");
    }

    if (l->expect == EXPECT_TABLE && hoop_sql_from_calls(w)) {
        w->function = w->i;
    }

    l->expect = 0;
}


/*
 * A name behind a "." of what begins with no name: (x).a.name, ?.name.  Where
 * "(" follows it is a method; PostgreSQL calls a function of this name where
 * the row has no such member.
 */

void
hoop_sql_walk_member(hoop_sql_walker_t *w)
{
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[w->i];

    if (hoop_sql_is_op(t + 1, '(')) {

        if (!hoop_sql_call_one_of(w, t, hoop_sql_methods)) {
            hoop_sql_unknown(w->st, "calls a function that is not known to be "
                                    "harmless");
        }

        return;
    }

    if (w->juxtaposed && (hoop_sql_flags(t) & (W_DANGER|W_BEGINS))) {
        hoop_sql_unknown(w->st, "has a word in a strange place");
    }

    if (w->sql->dialect != HOOP_SQL_POSTGRESQL
        && w->sql->dialect != HOOP_SQL_GENERIC)
    {
        return;
    }

    if (w->i >= w->first + 2
        && (hoop_sql_is_op(t - 2, ')') || hoop_sql_is_op(t - 2, ']')
            || hoop_sql_is_name(t - 2) || t[-2].type == HOOP_SQL_T_PARAM)
        && !hoop_sql_from_is_row(w)
        && !(hoop_sql_flags(t) & W_FUNCTION)
        && !(t->type == HOOP_SQL_T_WORD
             && hoop_sql_from_member(hoop_sql_token(w->sql, t))))
    {
        hoop_sql_unknown(w->st, "may call a function");
    }
}


/* ClickHouse: * APPLY(f), * APPLY f */

void
hoop_sql_walk_apply(hoop_sql_walker_t *w)
{
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[w->i + 1];

    if (hoop_sql_is_op(t, '(')) {
        t++;
    }

    if (hoop_sql_is_name(t) && !hoop_sql_is_op(t + 1, '(')
        && !hoop_sql_is_op(t + 1, HOOP_SQL_OP_OTHER)
        && !(hoop_sql_flags(t) & W_FUNCTION)
        && !hoop_sql_call_combined(w, t))
    {
        hoop_sql_unknown(w->st, "calls a function that is not known to be "
                                "harmless");
    }
}


static int
hoop_sql_call_harmless(hoop_sql_walker_t *w, hoop_sql_level_t *l, unsigned a)
{
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[w->i];

    if (a == w->i) {

        if (w->sql->dialect == HOOP_SQL_ORACLE
            && hoop_sql_call_one_of(w, t, " xmlquery xmltable xmlexists ")
            && !hoop_sql_call_xquery(w, t))
        {
            return 0;
        }

        return (hoop_sql_flags(t) & (W_FUNCTION|W_RESERVED))
               || hoop_sql_call_part(w, l, t)
               || hoop_sql_call_combined(w, t);
    }

    if (w->sql->dialect == HOOP_SQL_POSTGRESQL && w->i == a + 2
        && hoop_sql_token_is(w->sql, t - 2, "pg_catalog"))
    {
        return (hoop_sql_flags(t) & W_FUNCTION) != 0;
    }

    if (w->sql->dialect == HOOP_SQL_TSQL
        && hoop_sql_call_one_of(w, t, hoop_sql_methods))
    {
        return 1;
    }

    return hoop_sql_call_schema(w, a);
}


/* Oracle: 0 if the text of an XQuery may read what is not its argument */

static int
hoop_sql_call_xquery(hoop_sql_walker_t *w, hoop_sql_token_t *t)
{
    unsigned     i, n;
    hoop_str_t   s;

    static const char *const  reads[] = { "collection", "doc", "view", "oradb",
                                          "import", NULL };

    for (n = 0; n < 16; n++, t++) {

        if (t->type == HOOP_SQL_T_END) {
            break;
        }

        if (t->type != HOOP_SQL_T_STRING) {
            continue;
        }

        s = hoop_sql_token(w->sql, t);

        for (i = 0; reads[i]; i++) {
            if (memmem(s.data, s.len, reads[i], strlen(reads[i])) != NULL) {
                return 0;
            }
        }
    }

    return 1;
}


/* FILTER (, KEEP (, t (NOLOCK): a part of what stands before it */

static int
hoop_sql_call_part(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    hoop_sql_token_t *t)
{
    if ((hoop_sql_flags(t) & W_PAREN) && w->i > w->first
        && ((hoop_sql_kw(t) == KW_INDEX && w->sql->dialect == HOOP_SQL_TSQL)
            || hoop_sql_kw(t) == KW_CONFLICT
            || hoop_sql_is_op(t - 1, ')')
            || (t[-1].type != HOOP_SQL_T_OP
                && !(hoop_sql_flags(t - 1) & W_RESERVED))))
    {
        return 1;
    }

    /* the result of the statement before this one */

    if (w->sql->dialect == HOOP_SQL_SNOWFLAKE
        && hoop_sql_token_is(w->sql, t, "result_scan"))
    {
        return hoop_sql_token_is(w->sql, t + 2, "last_query_id");
    }

    /* OPERATOR(pg_catalog.+) */

    if (w->sql->dialect == HOOP_SQL_POSTGRESQL
        && hoop_sql_token_is(w->sql, t, "operator"))
    {
        return hoop_sql_token_is(w->sql, t + 2, "pg_catalog")
               && hoop_sql_is_op(t + 3, '.');
    }

    return l->expect == EXPECT_TABLE && w->sql->dialect == HOOP_SQL_TSQL
           && hoop_sql_kw(t + 2) == KW_NONE
           && hoop_sql_token_is(w->sql, t + 2, "nolock");
}


/* ClickHouse: sumIf, uniqMerge, countIfState */

static int
hoop_sql_call_combined(hoop_sql_walker_t *w, hoop_sql_token_t *t)
{
    size_t        i, k, n;
    u_char        name[64];
    unsigned      word;
    uint32_t      hash;
    hoop_str_t    s;

    static const char *const  ends[] = {
        "if", "array", "map", "simplestate", "state", "mergestate", "merge",
        "foreach", "distinct", "ordefault", "ornull", "resample", "argmin",
        "argmax", NULL
    };

    if (w->sql->dialect != HOOP_SQL_CLICKHOUSE
        || t->type != HOOP_SQL_T_WORD || t->len > sizeof(name))
    {
        return 0;
    }

    s = hoop_sql_token(w->sql, t);

    for (i = 0; i < s.len; i++) {
        name[i] = hoop_lower(s.data[i]);
    }

    for (i = 0; ends[i]; i++) {

        n = strlen(ends[i]);

        if (s.len <= n || memcmp(name + s.len - n, ends[i], n) != 0) {
            continue;
        }

        s.len -= n;
        hash = HOOP_SQL_HASH;

        for (k = 0; k < s.len; k++) {
            hash = hoop_sql_hash(hash, name[k]);
        }

        word = hoop_sql_word(name, s.len, hash);

        if (hoop_sql_words[word].flags & W_FUNCTION) {
            return 1;
        }

        i = (size_t) -1;                         /* the next one */
    }

    return 0;
}


static int
hoop_sql_call_schema(hoop_sql_walker_t *w, unsigned a)
{
    hoop_sql_token_t         *t;
    const hoop_sql_schema_t  *s;

    t = &w->sql->tokens[w->i];

    for (s = hoop_sql_schemas; s->schema; s++) {

        if (s->dialect != w->sql->dialect
            || (w->i != a + 2 && s->names)
            || !hoop_sql_token_is(w->sql, t - 2, s->schema))
        {
            continue;
        }

        if (s->names == NULL || hoop_sql_call_one_of(w, t, s->names)) {
            return 1;
        }
    }

    return 0;
}


/* "names" begins and ends with a space, and has one between two */

static int
hoop_sql_call_one_of(hoop_sql_walker_t *w, hoop_sql_token_t *t,
    const char *names)
{
    size_t       i;
    hoop_str_t   s;
    const char  *p;

    if (t->type != HOOP_SQL_T_WORD) {
        return 0;
    }

    s = hoop_sql_token(w->sql, t);

    for (p = names; p[1]; p = strchr(p + 1, ' ')) {

        for (i = 0; i < s.len; i++) {
            if ((u_char) p[i + 1] != hoop_lower(s.data[i])) {
                break;
            }
        }

        if (i == s.len && p[i + 1] == ' ') {
            return 1;
        }
    }

    return 0;
}
