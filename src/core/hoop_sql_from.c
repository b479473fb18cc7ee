
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Functions in FROM, and what PostgreSQL makes of the names of their columns.
 *
 * Where the row of a function is one value that is no row itself, alias.name
 * calls name(alias) if there is no column of that name: SELECT f.pg_read_file
 * FROM unnest(ARRAY['x']) AS f reads a file.  The rows of tables, subqueries,
 * CTEs and VALUES, of several functions together and of one WITH ORDINALITY,
 * with several columns or with their types are rows indeed, of which such a
 * name can only be somebody's own function, as a column of a table can.
 *
 * The list of a SELECT stands before its FROM, so that the aliases are
 * gathered by the walk, and names are looked at behind its end.
 */


#include "hoop_sql_walk.h"


#define HOOP_SQL_NAME  60        /* of 63 bytes, and a letter may be cut */


static void hoop_sql_from_in_rows(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    unsigned name);
static void hoop_sql_from_add(hoop_sql_walker_t *w, unsigned name,
    unsigned i);
static uint32_t hoop_sql_from_hash(const hoop_sql_t *sql, unsigned i);
static int hoop_sql_from_is(const hoop_sql_t *sql, unsigned a, unsigned b);
static hoop_str_t hoop_sql_from_name(const hoop_sql_t *sql, unsigned i);
static int hoop_sql_from_one_of(const char *const *list, hoop_str_t name);


int
hoop_sql_from_member(hoop_str_t name)
{
    static const char *const  members[] = {
        "city", "code", "country", "elem", "email", "geom", "i", "id", "key",
        "n", "name", "path", "state", "status", "street", "title", "type",
        "val", "value", "x", "y", "zip", NULL
    };

    return hoop_sql_from_one_of(members, name);
}


int
hoop_sql_from_rows(hoop_str_t name)
{
    static const char *const  functions[] = {
        "_pg_expandarray", "aclexplode", "flatten", "json_each",
        "json_each_text", "json_populate_record", "json_populate_recordset",
        "json_table", "json_to_record", "json_to_recordset", "json_tree",
        "jsonb_each", "jsonb_each_text", "jsonb_populate_record",
        "jsonb_populate_recordset", "jsonb_to_record", "jsonb_to_recordset",
        "openjson", "pg_get_catalog_foreign_keys", "pg_get_keywords",
        "pg_get_publication_tables", "pg_identify_object",
        "pg_identify_object_as_address", "pg_lock_status",
        "pg_options_to_table", "pg_partition_tree", "pg_sequence_parameters",
        "pg_stat_get_activity", "pg_stat_statements", "pg_timezone_abbrevs",
        "pg_timezone_names", "pragma_foreign_key_list", "pragma_index_info",
        "pragma_index_list", "pragma_index_xinfo", "pragma_table_info",
        "pragma_table_list", "pragma_table_xinfo", "split_to_table",
        "st_dump", "st_dumppoints", "st_dumprings", "st_dumpsegments",
        "st_hexagongrid", "st_squaregrid", "string_split", "ts_debug",
        "ts_parse", "ts_token_type", "xmltable", NULL
    };

    return hoop_sql_from_one_of(functions, name);
}


/* with an OUT argument it would be named as that is */

int
hoop_sql_from_named(hoop_str_t name)
{
    static const char *const  functions[] = {
        "generate_series", "generate_subscripts", "json_object_keys",
        "jsonb_object_keys", "jsonb_path_query", "regexp_matches",
        "regexp_split_to_table", "string_to_table", "unnest", NULL
    };

    return hoop_sql_from_one_of(functions, name);
}


void
hoop_sql_from_open(hoop_sql_walker_t *w, hoop_sql_level_t *l)
{
    hoop_sql_token_t  *t;

    l->function = w->function;
    w->function = 0;

    t = &w->sql->tokens[w->i];

    /* a "rows" of its own would be a table */

    if (w->i >= w->first + 2 && hoop_sql_kw(t - 1) == KW_FROM
        && hoop_sql_token_is(w->sql, t - 2, "rows"))
    {
        l->rows = 1;
    }
}


/* the parentheses of a function end, or those of ROWS FROM (f(...), ...) */

void
hoop_sql_from_close(hoop_sql_walker_t *w, hoop_sql_level_t *l)
{
    if (l->function == 0) {
        return;
    }

    if (l[-1].rows) {
        hoop_sql_from_in_rows(w, &l[-1], l->function);
        return;
    }

    if (l->rows <= 2) {
        hoop_sql_from_add(w, l->function, w->i + 1);
    }
}


/* the only one of ROWS FROM is as without it, unless its columns have types */

static void
hoop_sql_from_in_rows(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    unsigned name)
{
    l->function = name;

    if (l->rows <= 2) {
        l->rows += 1
                   + (hoop_sql_kw(&w->sql->tokens[w->i + 1]) == KW_AS);
    }
}


/* FROM current_user AS x: a call that needs no parentheses */

int
hoop_sql_from_value(hoop_sql_walker_t *w, hoop_sql_level_t *l, unsigned a)
{
    hoop_sql_token_t  *t;

    static const char *const  values[] = {
        "current_catalog", "current_date", "current_role", "current_schema",
        "current_time", "current_timestamp", "current_user", "localtime",
        "localtimestamp", "session_user", "system_user", "user", NULL
    };

    t = &w->sql->tokens[w->i];

    if (a != w->i || !hoop_sql_from_calls(w)) {
        return 0;
    }

    if (hoop_sql_token_is(w->sql, t, "rows")) {
        return hoop_sql_kw(t + 1) == KW_FROM && hoop_sql_is_op(t + 2, '(');
    }

    if (hoop_sql_token_is(w->sql, t, "collation")
        && hoop_sql_kw(t + 1) == KW_FOR)
    {
        hoop_sql_unknown(w->st, "has an expression in FROM");
        return 0;
    }

    if (!hoop_sql_token_in(w->sql, t, values)) {
        return 0;
    }

    /* a table of this name is common where it is no word of SQL's */

    if (w->sql->dialect == HOOP_SQL_GENERIC) {

        if (hoop_sql_kw(t) != KW_USER) {
            hoop_sql_from_add(w, a, a + 1);
        }

        return 0;
    }

    if (l->rows) {
        hoop_sql_from_in_rows(w, l, a);

    } else {
        hoop_sql_from_add(w, a, a + 1);
    }

    return 1;
}


/* tokens: of its name, and the one behind it or its parenthesis */

static void
hoop_sql_from_add(hoop_sql_walker_t *w, unsigned name, unsigned i)
{
    hoop_str_t         s;
    hoop_sql_token_t  *t;
    hoop_sql_alias_t  *alias;

    /* CAST(x AS text) is named "text", or as what is in x */

    static const char *const  others[] = { "cast", "extract", "treat", "trim",
                                           NULL };

    t = w->sql->tokens;
    s = hoop_sql_from_name(w->sql, name);

    if (hoop_sql_from_rows(s)
        || (hoop_sql_kw(&t[i]) == KW_WITH
            && hoop_sql_token_is(w->sql, &t[i + 1], "ordinality")))
    {
        return;
    }

    if (w->naliases == HOOP_SQL_MAX_ALIASES) {
        hoop_sql_unknown(w->st, "has too many functions");
        return;
    }

    alias = &w->aliases[w->naliases];
    alias->hashes[0] = alias->hashes[1] = hoop_sql_from_hash(w->sql, name);
    alias->any = hoop_sql_token_in(w->sql, &t[name], others);
    alias->column = 0;

    if (hoop_sql_kw(&t[i]) == KW_AS) {

        if (hoop_sql_is_op(&t[++i], '(')) {
            return;                              /* AS (a int, b text) */
        }
    }

    /* a word that is none only finds an alias too many */

    if (hoop_sql_is_name(&t[i])) {

        alias->hashes[1] = hoop_sql_from_hash(w->sql, i);

        if (hoop_sql_is_op(&t[i + 1], '(')) {

            if (!hoop_sql_is_op(&t[i + 3], ')')) {
                return;                          /* AS x (a, b), x (a int) */
            }

            alias->column = i + 2;

        } else if (hoop_sql_from_named(s)) {
            alias->column = i;
        }
    }

    w->naliases++;
}


/* a name behind a "." that would be a call, where an alias stands before it */

void
hoop_sql_from_end(hoop_sql_walker_t *w)
{
    unsigned           i, n;
    uint32_t           hash;
    hoop_sql_token_t  *t;

    if (w->naliases == 0) {
        return;
    }

    for (i = w->first; i + 2 < w->last; i++) {

        t = &w->sql->tokens[i];

        if (!hoop_sql_is_op(t + 1, '.') || !hoop_sql_is_name(t)
            || !hoop_sql_is_name(t + 2) || hoop_sql_is_op(t + 3, '.')
            || hoop_sql_is_op(t + 3, '('))
        {
            continue;
        }

        hash = hoop_sql_from_hash(w->sql, i);

        for (n = 0; n < w->naliases; n++) {

            if (hash != w->aliases[n].hashes[0]
                && hash != w->aliases[n].hashes[1] && !w->aliases[n].any)
            {
                continue;
            }

            if ((hoop_sql_flags(t + 2) & W_FUNCTION)
                || hoop_sql_from_member(hoop_sql_from_name(w->sql, i + 2)))
            {
                break;
            }

            if (w->aliases[n].column == 0
                || !hoop_sql_from_is(w->sql, w->aliases[n].column, i + 2))
            {
                hoop_sql_unknown(w->st, "may call a function by a column");
                return;
            }
        }
    }
}


int
hoop_sql_from_is_row(hoop_sql_walker_t *w)
{
    unsigned           i, n, depth;
    hoop_sql_token_t  *t;

    t = w->sql->tokens;
    depth = 0;

    for (n = 0, i = w->i - 2; n < 32 && i > w->first + 1; n++, i--) {

        if (hoop_sql_is_op(&t[i], ')')) {
            depth++;

        } else if (hoop_sql_is_op(&t[i], '(') && --depth <= 1) {
            break;
        }
    }

    return depth == 1 && hoop_sql_is_op(&t[w->i - 2], ')')
           && hoop_sql_is_op(&t[w->i - 3], ')')
           && hoop_sql_is_op(&t[i], '(')
           && hoop_sql_is_name(&t[i - 1]) && hoop_sql_is_op(&t[i - 2], '(')
           && hoop_sql_from_rows(hoop_sql_from_name(w->sql, i - 1));
}


/* the same of names that may be the same to PostgreSQL, in any encoding */

static uint32_t
hoop_sql_from_hash(const hoop_sql_t *sql, unsigned i)
{
    size_t      n;
    uint32_t    hash;
    hoop_str_t  s;

    s = hoop_sql_from_name(sql, i);
    hash = HOOP_SQL_HASH;

    for (n = 0; n < s.len && n < HOOP_SQL_NAME; n++) {
        hash = hoop_sql_hash(hash, s.data[n] < 0x80 ? hoop_lower(s.data[n])
                                                    : 0x80);
    }

    return hash;
}


/* the names are the same to PostgreSQL for sure */

static int
hoop_sql_from_is(const hoop_sql_t *sql, unsigned a, unsigned b)
{
    size_t      i;
    u_char      c, d;
    hoop_str_t  s, t;

    s = hoop_sql_from_name(sql, a);
    t = hoop_sql_from_name(sql, b);

    if (s.len != t.len) {
        return 0;
    }

    for (i = 0; i < s.len; i++) {

        c = s.data[i];
        d = t.data[i];

        if (sql->tokens[a].type == HOOP_SQL_T_WORD) {
            c = hoop_lower(c);
        }

        if (sql->tokens[b].type == HOOP_SQL_T_WORD) {
            d = hoop_lower(d);
        }

        if (c != d) {
            return 0;
        }
    }

    return 1;
}


/* without its quotes */

static hoop_str_t
hoop_sql_from_name(const hoop_sql_t *sql, unsigned i)
{
    hoop_str_t  s;

    s = hoop_sql_token(sql, &sql->tokens[i]);

    if (sql->tokens[i].type == HOOP_SQL_T_NAME && s.len >= 2) {
        s.data++;
        s.len -= 2;
    }

    return s;
}


static int
hoop_sql_from_one_of(const char *const *list, hoop_str_t name)
{
    size_t  i;

    for ( /* void */ ; *list; list++) {

        if (name.len == 0 || (u_char) **list != hoop_lower(*name.data)
            || strlen(*list) != name.len)
        {
            continue;
        }

        for (i = 0; i < name.len; i++) {
            if (hoop_lower(name.data[i]) != (u_char) (*list)[i]) {
                break;
            }
        }

        if (i == name.len) {
            return 1;
        }
    }

    return 0;
}
