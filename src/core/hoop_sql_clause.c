
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The words of the walk: which clause they begin, and whether a table is named
 * next.
 */


#include <strings.h>

#include "hoop_sql_walk.h"


static void hoop_sql_walk_into(hoop_sql_walker_t *w, hoop_sql_level_t *l);
static void hoop_sql_walk_with(hoop_sql_walker_t *w, hoop_sql_level_t *l);
static int hoop_sql_walk_is_name(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    unsigned kw);
static void hoop_sql_walk_table(hoop_sql_walker_t *w);
static void hoop_sql_walk_settings(hoop_sql_walker_t *w);
static int hoop_sql_walk_in(hoop_sql_walker_t *w);


/* HOOP_DECLINED: it is a name here */

int
hoop_sql_walk_word(hoop_sql_walker_t *w, hoop_sql_level_t *l)
{
    int                call;
    unsigned           kw, prev, next, flags;
    hoop_sql_token_t  *t;

    /* ON what is no table */

    static const char *const  others[] = {
        "cluster", "schema", "database", "function", "procedure", "routine",
        "sequence", "language", "type", "domain", "tablespace", "warehouse",
        "stage", "role", "user", "account", "schedule", "commit", "server",
        "filegroup", NULL
    };

    t = &w->sql->tokens[w->i];
    kw = hoop_sql_kw(t);
    flags = hoop_sql_flags(t);
    prev = (w->i > w->first) ? hoop_sql_kw(t - 1) : KW_NONE;
    next = hoop_sql_kw(t + 1);
    call = hoop_sql_is_op(t + 1, '(');

    if (call && (flags & W_FUNCTION)
        && !(kw == KW_VALUES || kw == KW_INSERT))
    {
        return HOOP_DECLINED;
    }

    if (w->mode == HOOP_SQL_WALK_SHOW && w->i <= w->first + 1) {
        return HOOP_OK;
    }

    /* behind AS any word is a name: SELECT 1 AS distinct */

    if (prev == KW_AS && w->mode == HOOP_SQL_WALK_QUERY
        && w->i > w->first + 1 && hoop_sql_kw(t - 2) != KW_AS
        && !hoop_sql_is_op(t - 2, '.') && !hoop_sql_is_op(t - 2, ',')
        && !hoop_sql_is_op(t - 2, '(') && hoop_sql_kw(t - 2) != KW_SELECT
        && hoop_sql_kw(t - 2) != KW_DISTINCT && hoop_sql_kw(t - 2) != KW_ALL
        && l->clause != CL_WITH && !call && kw != KW_SELECT && kw != KW_INTO
        && ((flags & (W_DANGER|W_BEGINS)) || l->clause == CL_SELECT
            || l->clause == CL_FROM))
    {
        return HOOP_OK;
    }

    if (w->juxtaposed && w->i > w->first
        && (flags & (w->sql->dialect == HOOP_SQL_TSQL ? W_BEGINS
                                                      : W_BEGINS_ANY)))
    {
        hoop_sql_walk_begins(w, l, kw);
    }

    if (l->expect == EXPECT_TABLE && w->mode == HOOP_SQL_WALK_QUERY && !call
        && ((flags & W_RESERVED) || kw == KW_TOP || kw == KW_IF
            || kw == KW_RECURSIVE)
        && kw != KW_SELECT && kw != KW_VALUES && kw != KW_TABLE
        && kw != KW_LATERAL && kw != KW_ONLY && kw != KW_WITH)
    {
        /* reserved here, but maybe not there: FROM final, FROM minus */

        if (kw == KW_NONE) {
            return HOOP_DECLINED;
        }

        hoop_sql_unknown(w->st, "has a keyword where a table is named");
    }

    if (w->mode == HOOP_SQL_WALK_QUERY && hoop_sql_walk_is_name(w, l, kw)) {
        return HOOP_DECLINED;
    }

    switch (kw) {

    case KW_SELECT:
        if (w->mode == HOOP_SQL_WALK_DDL && prev != KW_AS
            && l->kind == FR_EXPR)
        {
            l->kind = FR_QUERY;
        }

        if (l->from) {
            hoop_sql_walk_dual(w, l);
        }

        l->clause = CL_SELECT;
        l->expect = 0;
        return HOOP_OK;

    case KW_FROM:
        if (l->kind == FR_CALL || l->kind == FR_NAMES) {
            return HOOP_OK;
        }

        /* IS NOT DISTINCT FROM; SELECT DISTINCT FROM t is a query */

        if (prev == KW_DISTINCT && w->i > w->first + 2
            && (hoop_sql_kw(t - 2) == KW_IS || hoop_sql_kw(t - 2) == KW_NOT))
        {
            return HOOP_OK;
        }

        if (w->i > w->first && hoop_sql_token_is(w->sql, t - 1, "fill")) {
            return HOOP_OK;                      /* ClickHouse: WITH FILL */
        }

        l->expect = (prev == KW_DELETE) ? EXPECT_TARGET : EXPECT_TABLE;
        l->clause = CL_FROM;
        l->cond = 0;
        return HOOP_OK;

    case KW_APPLY:
        if (l->clause == CL_SELECT
            && w->sql->dialect == HOOP_SQL_CLICKHOUSE)
        {
            hoop_sql_walk_apply(w);
            return HOOP_OK;
        }

        /* fall through */

    case KW_JOIN:
        l->cond = 0;

        if (prev == KW_ARRAY && w->sql->dialect == HOOP_SQL_CLICKHOUSE) {
            l->expect = 0;
            l->clause = CL_OTHER;
            return HOOP_OK;
        }

        l->expect = EXPECT_TABLE;
        l->clause = CL_FROM;
        return HOOP_OK;

    case KW_LATERAL:
    case KW_ONLY:
        return HOOP_OK;

    case KW_TABLE:
        if (call && (w->sql->dialect == HOOP_SQL_ORACLE
                     || w->sql->dialect == HOOP_SQL_GENERIC))
        {
            hoop_sql_walk_table(w);
        }

        if (!call && l->expect == 0) {
            l->expect = EXPECT_TABLE;

            if (prev == KW_DROP) {
                l->clause = CL_FROM;
            }
        }

        return HOOP_OK;

    case KW_INTO:
        hoop_sql_walk_into(w, l);
        return HOOP_OK;

    case KW_INSERT:
    case KW_UPDATE:
    case KW_DELETE:
    case KW_MERGE:
    case KW_REPLACE:
        return hoop_sql_walk_dml(w, l, kw);

    case KW_USING:
        if (l->dml == KW_DELETE || l->dml == KW_MERGE) {
            l->clause = CL_FROM;
            l->expect = EXPECT_TABLE;

        } else if (call) {
            w->paren = FR_NAMES + 1;
            l->cond = 1;
        }

        return HOOP_OK;

    case KW_ON:
        l->cond = 1;

        if (l->dml == KW_MERGE && l->where == 0) {
            l->where = w->i + 1;
        }

        if (w->mode == HOOP_SQL_WALK_DDL && l->kind == FR_QUERY
            && w->depth == 0 && next != KW_DELETE && next != KW_UPDATE
            && next != KW_ALL && !hoop_sql_token_in(w->sql, t + 1, others))
        {
            l->expect = EXPECT_TABLE;

        } else {
            l->expect = 0;
        }

        return HOOP_OK;

    case KW_WHEN:
        if (l->dml == KW_MERGE && l->where && l->end == 0) {
            l->end = w->i;
        }

        return HOOP_OK;

    case KW_WHERE:
        if ((l->dml == KW_UPDATE || l->dml == KW_DELETE) && l->where == 0) {
            l->where = w->i + 1;
        }

        l->clause = CL_OTHER;
        l->expect = 0;
        return HOOP_OK;

    case KW_AND:
    case KW_OR:
    case KW_XOR:
        if (l->end && l->dml != KW_MERGE) {
            l->late = 1;
        }

        return HOOP_OK;

    case KW_IN:
        return hoop_sql_walk_in(w);

    case KW_OPTION:
    case KW_SETTINGS:
    case KW_LIMIT:
    case KW_ORDER:
    case KW_GROUP:
    case KW_HAVING:
    case KW_UNION:
    case KW_RETURNING:
        if (l->where && l->end == 0 && l->dml != KW_MERGE) {
            l->end = w->i;
        }

        if (kw == KW_SETTINGS) {
            if (w->sql->dialect != HOOP_SQL_CLICKHOUSE) {
                return HOOP_DECLINED;
            }

            hoop_sql_walk_settings(w);
        }

        l->clause = CL_OTHER;
        l->expect = 0;
        return HOOP_OK;

    case KW_SET:
        l->clause = CL_SET;
        l->expect = 0;
        return HOOP_OK;

    case KW_VALUES:
        l->clause = CL_OTHER;
        l->expect = 0;
        return HOOP_OK;

    case KW_WITH:
        hoop_sql_walk_with(w, l);
        return HOOP_OK;

    case KW_FOR:
        if (next == KW_UPDATE || next == KW_SHARE || next == KW_KEY
            || next == KW_NO)
        {
            hoop_sql_unknown(w->st, "locks rows");
        }

        l->expect = 0;
        return HOOP_OK;

    case KW_LOCK:
        if (next == KW_IN) {
            hoop_sql_unknown(w->st, "locks rows");
        }

        return HOOP_DECLINED;

    case KW_VALUE:
        if (prev == KW_NEXT && next == KW_FOR) {
            hoop_sql_unknown(w->st, "draws from a sequence");
        }

        return HOOP_DECLINED;

    case KW_AS:
        if (call && l->clause == CL_FROM) {
            w->paren = FR_NAMES + 1;           /* AS (a int, b text) */
        }

        return HOOP_OK;

    case KW_TRUNCATE:
        if (l->kind == FR_CALL && w->i > w->first + 2
            && hoop_sql_token_is(w->sql, t - 1, "overflow")
            && hoop_sql_kw(t - 2) == KW_ON)
        {
            return HOOP_OK;                      /* LISTAGG(...) */
        }

        if (w->mode == HOOP_SQL_WALK_QUERY) {
            w->st->classes |= HOOP_SQL_TRUNCATE;
        }

        l->expect = EXPECT_TABLE;
        l->clause = CL_FROM;
        return HOOP_OK;

    case KW_DROP:
    case KW_CREATE:
    case KW_ALTER:
        if (w->mode == HOOP_SQL_WALK_QUERY) {
            w->st->classes |= HOOP_SQL_DDL;
            hoop_sql_unknown(w->st, "has DDL in it");
        }

        return HOOP_OK;

    case KW_GRANT:
    case KW_REVOKE:
        if (w->mode == HOOP_SQL_WALK_QUERY) {
            w->st->classes |= HOOP_SQL_GRANT;
            hoop_sql_unknown(w->st, "has GRANT or REVOKE in it");
        }

        return HOOP_OK;

    case KW_EXECUTE:
        if (l->dml == KW_INSERT && w->sql->dialect == HOOP_SQL_TSQL
            && w->mode == HOOP_SQL_WALK_QUERY && hoop_sql_is_name(t + 1))
        {
            /* INSERT INTO t EXEC procedure */

            w->st->classes |= HOOP_SQL_CALL;
            l->clause = CL_OTHER;
            l->expect = 0;
            return HOOP_OK;
        }

        if (w->mode == HOOP_SQL_WALK_QUERY) {
            w->st->classes |= HOOP_SQL_CALL;
            hoop_sql_unknown(w->st, "executes something");
        }

        return HOOP_OK;

    case KW_VIEW:
    case KW_INDEX:
        if (w->mode == HOOP_SQL_WALK_DDL && kw == KW_VIEW && l->expect == 0
            && w->i <= w->first + 4)
        {
            l->expect = EXPECT_TABLE;
            return HOOP_OK;
        }

        return HOOP_DECLINED;

    case KW_IF:
    case KW_NOT:
    case KW_EXISTS:
        return HOOP_OK;              /* of a table, or of a condition */

    case KW_OVERWRITE:
        if (l->dml == KW_INSERT && !l->got) {
            w->st->classes |= HOOP_SQL_TRUNCATE;
            return HOOP_OK;
        }

        return HOOP_DECLINED;

    case KW_TOP:
        if (l->clause == CL_SELECT || l->expect) {

            if (call) {
                w->paren = FR_EXPR + 1;
            }

            return HOOP_OK;
        }

        return HOOP_DECLINED;

    case KW_FUNCTION:
    case KW_PROCEDURE:
        if (l->dml == KW_INSERT && !l->got) {
            hoop_sql_unknown(w->st, "writes through a function");
        }

        return HOOP_DECLINED;

    case KW_RECURSIVE:
        return HOOP_OK;

    case KW_LOCKS:
        if (w->juxtaposed) {
            hoop_sql_unknown(w->st, "locks rows");
        }

        return HOOP_DECLINED;

    default:
        break;
    }

    if (kw == KW_END && w->sql->dialect == HOOP_SQL_TSQL
        && hoop_sql_token_is(w->sql, t + 1, "conversation"))
    {
        hoop_sql_unknown(w->st, "has the beginning of another statement in it");
    }

    /* CREATE TABLE x LIKE y, CLONE y */

    if (w->mode == HOOP_SQL_WALK_DDL && l->expect == 0
        && (w->depth == 0 || hoop_sql_is_op(t - 1, '('))
        && (kw == KW_LIKE || kw == KW_CLONE)
        && hoop_sql_kw(&w->sql->tokens[w->first]) == KW_CREATE)
    {
        l->expect = EXPECT_TABLE;
        return HOOP_OK;
    }

    if (flags & W_RESERVED) {
        if (hoop_sql_token_is(w->sql, t, "window")
            && hoop_sql_is_name(t + 1) && hoop_sql_kw(t + 2) == KW_AS)
        {
            l->clause = CL_OTHER;
        }

        return HOOP_OK;
    }

    /* INSERT LOW_PRIORITY IGNORE t: where a word of the target follows */

    if (kw == KW_MODIFIER && l->expect == EXPECT_TARGET && !l->got
        && (hoop_sql_is_name(t + 1) || hoop_sql_kw(t + 1) != KW_NONE)
        && hoop_sql_kw(t + 1) != KW_SET && hoop_sql_kw(t + 1) != KW_VALUES
        && hoop_sql_kw(t + 1) != KW_SELECT && hoop_sql_kw(t + 1) != KW_WHERE)
    {
        return HOOP_OK;
    }

    return HOOP_DECLINED;
}


static void
hoop_sql_walk_into(hoop_sql_walker_t *w, hoop_sql_level_t *l)
{
    unsigned           next;
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[w->i];
    next = hoop_sql_kw(t + 1);

    if (w->mode == HOOP_SQL_WALK_DDL) {
        l->expect = EXPECT_TABLE;
        return;
    }

    if ((l->dml == KW_INSERT || l->dml == KW_MERGE)
        && (!l->got || w->sql->dialect == HOOP_SQL_ORACLE
            || w->sql->dialect == HOOP_SQL_SNOWFLAKE))
    {
        l->expect = EXPECT_TARGET;
        return;
    }

    if (next == KW_OUTFILE || next == KW_DUMPFILE) {
        w->st->classes |= HOOP_SQL_COPY;
        l->expect = 0;
        return;
    }

    if (t[1].type == HOOP_SQL_T_PARAM
        || w->sql->dialect == HOOP_SQL_ORACLE
        || w->sql->dialect == HOOP_SQL_MYSQL
        || l->dml)
    {
        hoop_sql_unknown(w->st, "has INTO");
        l->expect = 0;
        return;
    }

    /* SELECT INTO a new table */

    w->st->classes |= HOOP_SQL_DDL|HOOP_SQL_INSERT;
    l->expect = EXPECT_TABLE;
    l->clause = CL_OTHER;
}


/* WITH: of CTEs where a name and AS follow, else a hint or an option */

static void
hoop_sql_walk_with(hoop_sql_walker_t *w, hoop_sql_level_t *l)
{
    unsigned           kw;
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[w->i + 1];
    kw = hoop_sql_kw(t);

    if (kw == KW_FUNCTION || kw == KW_PROCEDURE) {
        if (!hoop_sql_is_op(t + 1, '(') && hoop_sql_kw(t + 1) != KW_AS) {
            hoop_sql_unknown(w->st, "defines a function");
            return;
        }
    }

    if (kw == KW_RECURSIVE) {
        w->recursive = 1;
        t++;

    } else {
        w->recursive = 0;
    }

    /* unnest(...) WITH ORDINALITY AS x (...) */

    if (hoop_sql_token_is(w->sql, t, "ordinality")
        && w->i > w->first && hoop_sql_is_op(t - 2, ')')
        && !hoop_sql_is_op(t + 2, '('))
    {
        return;
    }

    if (hoop_sql_is_name(t) && !(hoop_sql_flags(t) & W_RESERVED)
        && (hoop_sql_kw(t + 1) == KW_AS || hoop_sql_is_op(t + 1, '(')))
    {
        l->clause = CL_WITH;
        l->expect = EXPECT_CTE;
        l->cte = 0;
        return;
    }

    if (l->clause == CL_NONE
        && w->sql->dialect == HOOP_SQL_CLICKHOUSE)
    {
        l->clause = CL_SELECT;
    }

    l->expect = 0;
}


/* Oracle: TABLE(f), where f needs no parentheses to be called */

static void
hoop_sql_walk_table(hoop_sql_walker_t *w)
{
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[w->i + 2];

    if (!hoop_sql_is_name(t)) {
        return;
    }

    while (hoop_sql_is_op(t + 1, '.') && hoop_sql_is_name(t + 2)) {
        t += 2;
    }

    if (hoop_sql_is_op(t + 1, ')')) {
        hoop_sql_unknown(w->st, "may call a function");
    }
}


/* ClickHouse: those that lift no limit and open nothing */

static void
hoop_sql_walk_settings(hoop_sql_walker_t *w)
{
    hoop_str_t         s;
    hoop_sql_token_t  *t;

    static const char *const  settings[] = {
        "max_threads", "max_block_size", "max_execution_time",
        "max_result_rows", "max_rows_to_read", "max_bytes_to_read",
        "max_memory_usage", "max_parallel_replicas", "max_rows_to_group_by",
        "max_bytes_before_external_group_by",
        "max_bytes_before_external_sort", "result_overflow_mode",
        "timeout_overflow_mode", "read_overflow_mode",
        "group_by_overflow_mode", "use_query_cache", "query_cache_ttl",
        "use_uncompressed_cache", "join_algorithm", "join_use_nulls", "final",
        "do_not_merge_across_partitions_select_final", "extremes",
        "group_by_use_nulls", "distributed_product_mode", "priority",
        "prefer_localhost_replica", "skip_unavailable_shards", "log_comment",
        "optimize_read_in_order", "optimize_aggregation_in_order",
        "optimize_move_to_prewhere", "optimize_skip_unused_shards",
        "enable_analyzer", "allow_experimental_analyzer",
        "allow_experimental_window_functions", "totals_mode",
        "session_timezone", "date_time_output_format",
        "output_format_json_quote_64bit_integers", "force_primary_key",
        "select_sequential_consistency", "max_final_threads",
        "use_skip_indexes", NULL
    };

    for (t = &w->sql->tokens[w->i + 1]; /* void */ ; t += 4) {

        if (!hoop_sql_token_in(w->sql, t, settings)
            || !hoop_sql_is_op(t + 1, '='))
        {
            break;
        }

        s = hoop_sql_token(w->sql, t + 2);

        if (t[2].type == HOOP_SQL_T_NUMBER && *s.data == '0'
            && hoop_sql_token(w->sql, t).len > 4
            && strncasecmp((const char *) w->sql->text + t->start, "max_", 4)
               == 0)
        {
            break;
        }

        if (t[2].type == HOOP_SQL_T_END || !hoop_sql_is_op(t + 3, ',')) {
            return;
        }
    }

    hoop_sql_unknown(w->st, "changes a setting");
}


void
hoop_sql_walk_dual(hoop_sql_walker_t *w, hoop_sql_level_t *l)
{
    if (l->column && l->from == FROM_DUAL) {
        hoop_sql_unknown(w->st, "may call a function");
    }

    if (l->kind == FR_QUERY) {
        l->column = 0;
        l->from = 0;
    }
}


/* ClickHouse and SQLite: x IN table; ClickHouse: x IN (table), in(x, table) */

static int
hoop_sql_walk_in(hoop_sql_walker_t *w)
{
    unsigned           a, b;
    hoop_sql_token_t  *t;

    if (w->mode == HOOP_SQL_WALK_DDL || w->i == w->first
        || (w->sql->dialect != HOOP_SQL_CLICKHOUSE
            && w->sql->dialect != HOOP_SQL_SQLITE))
    {
        return HOOP_OK;
    }

    t = w->sql->tokens;
    a = w->i + 1;

    if (hoop_sql_is_op(&t[a], '(')) {

        if (w->sql->dialect == HOOP_SQL_SQLITE) {
            return HOOP_OK;
        }

        a++;

        if (t[w->i - 1].type == HOOP_SQL_T_OP
            ? !hoop_sql_is_op(&t[w->i - 1], ')')
              && !hoop_sql_is_op(&t[w->i - 1], ']')
            : (hoop_sql_flags(&t[w->i - 1]) & W_RESERVED)
              && hoop_sql_kw(&t[w->i - 1]) != KW_NOT
              && hoop_sql_kw(&t[w->i - 1]) != KW_END
              && !hoop_sql_token_is(w->sql, &t[w->i - 1], "global"))
        {
            hoop_sql_unknown(w->st, "names a table by a value");
        }
    }

    if (!hoop_sql_is_name(&t[a]) || (hoop_sql_flags(&t[a]) & W_RESERVED)) {
        return HOOP_OK;
    }

    for (b = a + 1;
         hoop_sql_is_op(&t[b], '.') && hoop_sql_is_name(&t[b + 1]);
         b += 2)
    {
        /* void */
    }

    if (hoop_sql_is_op(&t[b], '(')
        || (hoop_sql_is_op(&t[a - 1], '(') && !hoop_sql_is_op(&t[b], ')'))
        || (b == a + 1 && hoop_sql_walk_is_cte(w, &t[a])))
    {
        return HOOP_OK;
    }

    return hoop_sql_table(w->sql, w->st, a, b);
}


/*
 * 1 if a keyword is none where it stands: not in this dialect, or not before
 * what follows.  FROM a minus, b: the clause goes on, and b is a table.
 */

static int
hoop_sql_walk_is_name(hoop_sql_walker_t *w, hoop_sql_level_t *l, unsigned kw)
{
    unsigned             next;
    hoop_sql_token_t    *t;
    hoop_sql_dialect_e   dialect;

    t = &w->sql->tokens[w->i];
    next = hoop_sql_kw(t + 1);
    dialect = w->sql->dialect;

    switch (kw) {

    case KW_JOIN:
        return hoop_sql_token_is(w->sql, t, "straight_join")
               && (l->clause != CL_FROM
                   || (dialect != HOOP_SQL_MYSQL
                       && dialect != HOOP_SQL_GENERIC));

    case KW_APPLY:
        return dialect != HOOP_SQL_CLICKHOUSE
               && (w->i == w->first
                   || (!hoop_sql_token_is(w->sql, t - 1, "cross")
                       && !hoop_sql_token_is(w->sql, t - 1, "outer")));

    case KW_TABLE:

        /* ClickHouse: a column of its system's tables */

        return dialect == HOOP_SQL_CLICKHOUSE
               && (l->clause == CL_SELECT || l->clause == CL_OTHER)
               && l->expect == 0 && !hoop_sql_is_op(t + 1, '(');

    case KW_UNION:
        if (hoop_sql_token_is(w->sql, t, "minus")
            && dialect != HOOP_SQL_ORACLE && dialect != HOOP_SQL_SNOWFLAKE
            && dialect != HOOP_SQL_GENERIC)
        {
            return 1;
        }

        return !(next == KW_SELECT || next == KW_ALL || next == KW_DISTINCT
                 || next == KW_VALUES || next == KW_TABLE || next == KW_FROM
                 || next == KW_WITH || hoop_sql_is_op(t + 1, '(')
                 || hoop_sql_token_is(w->sql, t + 1, "by")
                 || hoop_sql_token_is(w->sql, t + 1, "corresponding")
                 || dialect == HOOP_SQL_CLICKHOUSE);

    case KW_OPTION:
        return dialect != HOOP_SQL_TSQL && dialect != HOOP_SQL_GENERIC;

    case KW_LIMIT:
        return dialect == HOOP_SQL_TSQL || dialect == HOOP_SQL_ORACLE
               || hoop_sql_is_op(t + 1, ',');

    case KW_RETURNING:
    case KW_SET:
        return l->dml == 0 && l->clause >= CL_SELECT;

    case KW_VALUES:
        return l->clause == CL_FROM && l->expect == 0 && l->dml == 0;

    case KW_WHERE:
        return dialect != HOOP_SQL_CLICKHOUSE
               && hoop_sql_token_is(w->sql, t, "prewhere");

    default:
        return 0;
    }
}
