
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Statements that are no queries and whose words behind the first matter:
 * EXPLAIN, DESCRIBE, COPY, the words of transactions, PRAGMA.
 */


#include "hoop_sql_impl.h"


/* the classes of DML that is only explained */

#define HOOP_SQL_DML                                                          \
    (HOOP_SQL_READ|HOOP_SQL_INSERT|HOOP_SQL_UPDATE|HOOP_SQL_DELETE            \
     |HOOP_SQL_DELETE_ALL|HOOP_SQL_UPDATE_ALL)


static unsigned hoop_sql_inner(hoop_sql_t *sql, unsigned a, unsigned b,
    int *analyze);
static int hoop_sql_off(hoop_sql_t *sql, unsigned i);


/* the statement inside of EXPLAIN: its first token; b: there is none */

static unsigned
hoop_sql_inner(hoop_sql_t *sql, unsigned a, unsigned b, int *analyze)
{
    unsigned           i, kw;
    hoop_sql_token_t  *t;

    for (i = a + 1; i < b && i < a + 40; i++) {

        t = &sql->tokens[i];
        kw = hoop_sql_kw(t);

        switch (kw) {

        case KW_ANALYZE:
            if (!hoop_sql_off(sql, i)) {
                *analyze = 1;
            }

            continue;

        case KW_SELECT:
        case KW_WITH:
        case KW_INSERT:
        case KW_UPDATE:
        case KW_DELETE:
        case KW_REPLACE:
        case KW_MERGE:
        case KW_VALUES:
        case KW_TABLE:
        case KW_CREATE:
        case KW_EXECUTE:
        case KW_CALL:
        case KW_ALTER:
        case KW_DROP:

            /* (SELECT ...) UNION ... */

            while (i > a + 1 && hoop_sql_is_op(t - 1, '(')) {
                i--;
                t--;
            }

            return i;

        default:
            break;
        }

        if (t->type == HOOP_SQL_T_NAME && hoop_sql_is_op(&sql->tokens[a + 1],
                                                        '('))
        {
            *analyze = 1;                        /* ("analyze") */
            continue;
        }

        if (t->type == HOOP_SQL_T_BAD || t->type == HOOP_SQL_T_PARAM
            || kw == KW_INTO)
        {
            break;
        }
    }

    return b;
}


/* PostgreSQL: (ANALYZE off), the option at i is */

static int
hoop_sql_off(hoop_sql_t *sql, unsigned i)
{
    hoop_str_t         s;
    hoop_sql_token_t  *t;

    t = &sql->tokens[i];

    if (sql->dialect != HOOP_SQL_POSTGRESQL
        || (!hoop_sql_is_op(t - 1, '(') && !hoop_sql_is_op(t - 1, ','))
        || (!hoop_sql_is_op(t + 2, ')') && !hoop_sql_is_op(t + 2, ',')))
    {
        return 0;
    }

    s = hoop_sql_token(sql, t + 1);

    return hoop_sql_kw(t + 1) == KW_FALSE
           || hoop_sql_token_is(sql, t + 1, "off")
           || (t[1].type == HOOP_SQL_T_NUMBER && hoop_str_is(s, "0"));
}


int
hoop_sql_explain(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b)
{
    int                rc, analyze;
    unsigned           i;
    uint32_t           before;
    hoop_sql_token_t  *t;

    t = &sql->tokens[a];
    analyze = (hoop_sql_kw(t) == KW_ANALYZE);

    i = hoop_sql_inner(sql, a, b, &analyze);

    if (i == b || (hoop_sql_kw(t) == KW_ANALYZE
                   && hoop_sql_kw(t + 1) == KW_TABLE))
    {
        /* MySQL: EXPLAIN table [column] */

        if (!analyze && sql->dialect == HOOP_SQL_MYSQL && b > a + 1
            && b <= a + 6 && hoop_sql_is_name(t + 1)
            && hoop_sql_kw(t + 1) != KW_FOR)
        {
            for (i = a + 1; i < b; i++) {
                if (!hoop_sql_is_name(&sql->tokens[i])
                    && !hoop_sql_is_op(&sql->tokens[i], '.'))
                {
                    break;
                }
            }

            if (i == b) {
                st->classes |= HOOP_SQL_READ;
                return hoop_sql_describe(sql, st, a, b);
            }
        }

        if (analyze && hoop_sql_kw(t) != KW_ANALYZE) {
            st->classes |= HOOP_SQL_EXPLAIN_ANALYZE;
        }

        hoop_sql_unknown(st, "explains something unknown");

        return hoop_sql_walk(sql, st, a + 1, b, HOOP_SQL_WALK_QUERY);
    }

    before = st->classes;
    st->classes = 0;

    switch (hoop_sql_kw(&sql->tokens[i])) {

    case KW_CREATE:
    case KW_EXECUTE:
    case KW_CALL:
    case KW_ALTER:
    case KW_DROP:
        if (!analyze || hoop_sql_kw(&sql->tokens[i]) != KW_CREATE) {
            hoop_sql_unknown(st, "explains something unknown");
        }

        rc = hoop_sql_first(sql, st, i, b);
        break;

    default:
        rc = hoop_sql_walk(sql, st, i, b, HOOP_SQL_WALK_QUERY);

        if (st->classes == 0) {
            st->classes = HOOP_SQL_READ;
        }
    }

    if (analyze) {
        st->classes |= HOOP_SQL_EXPLAIN_ANALYZE;

    } else if (sql->dialect == HOOP_SQL_TSQL) {
        hoop_sql_unknown(st, "explains");

    } else if (st->classes & ~HOOP_SQL_READ) {

        /* a plan changes nothing where it is only shown */

        if ((st->classes & ~HOOP_SQL_DML) == 0
            && (sql->dialect == HOOP_SQL_POSTGRESQL
                || sql->dialect == HOOP_SQL_MYSQL
                || sql->dialect == HOOP_SQL_SQLITE
                || sql->dialect == HOOP_SQL_SNOWFLAKE))
        {
            st->classes = HOOP_SQL_READ;

        } else {
            hoop_sql_unknown(st, "explains more than a query");
        }
    }

    /* Oracle writes the plan into a table */

    if (hoop_sql_kw(t + 1) == KW_PLAN
        && (sql->dialect == HOOP_SQL_ORACLE
            || sql->dialect == HOOP_SQL_GENERIC))
    {
        hoop_sql_unknown(st, "writes a plan");
    }

    st->classes |= before;

    return rc;
}


/* DESCRIBE table; MySQL: whatever EXPLAIN does */

int
hoop_sql_describe(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b)
{
    int                analyze;
    unsigned           i, k;
    hoop_sql_token_t  *t;

    t = &sql->tokens[a];
    analyze = 0;

    if (hoop_sql_kw(t) != KW_EXPLAIN
        && sql->dialect != HOOP_SQL_ORACLE
        && hoop_sql_kw(t + 1) != KW_TABLE
        && (hoop_sql_inner(sql, a, b, &analyze) != b || analyze))
    {
        return hoop_sql_explain(sql, st, a, b);
    }

    for (i = a + 1; i < b && i < a + 12; i++) {
        if (!hoop_sql_is_name(&sql->tokens[i])
            && !hoop_sql_is_op(&sql->tokens[i], '.')
            && sql->tokens[i].type != HOOP_SQL_T_STRING)
        {
            break;
        }
    }

    if (i < b || b < a + 2 || sql->dialect == HOOP_SQL_TSQL) {
        hoop_sql_unknown(st, "describes something unknown");
        return hoop_sql_walk(sql, st, a + 1, b, HOOP_SQL_WALK_QUERY);
    }

    for (i = a + 1; i < b; i++) {
        if (hoop_sql_flags(&sql->tokens[i]) & (W_BEGINS_ANY|W_DANGER)) {
            hoop_sql_unknown(st, "describes something unknown");
        }
    }

    st->classes |= HOOP_SQL_READ;

    i = a + 1;

    if (i + 1 < b && (hoop_sql_kw(&sql->tokens[i]) == KW_TABLE
                      || hoop_sql_kw(&sql->tokens[i]) == KW_VIEW))
    {
        i++;
    }

    for (k = i + 1; k + 1 < b && hoop_sql_is_op(&sql->tokens[k], '.'); k += 2) {
        /* void */
    }

    return hoop_sql_is_name(&sql->tokens[i]) ? hoop_sql_table(sql, st, i, k)
                                             : HOOP_OK;
}


int
hoop_sql_copy(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b)
{
    int                out;
    unsigned           i, k, depth;
    hoop_sql_token_t  *t;

    t = &sql->tokens[a];

    if (hoop_sql_kw(t) == KW_LOAD) {

        if (hoop_sql_token_is(sql, t + 1, "data")
            || hoop_sql_token_is(sql, t + 1, "xml"))
        {
            st->classes |= HOOP_SQL_COPY|HOOP_SQL_INSERT;

        } else {
            st->classes |= HOOP_SQL_CALL;
            hoop_sql_unknown(st, "loads something");
        }

        return hoop_sql_walk(sql, st, a, b, HOOP_SQL_WALK_DDL);
    }

    st->classes |= HOOP_SQL_COPY;

    /* Snowflake: COPY INTO @stage, COPY INTO 's3://...' */

    out = hoop_sql_kw(t + 1) == KW_INTO && !hoop_sql_is_name(t + 2);

    for (i = a + 1, depth = 0; i < b; i++) {

        depth += hoop_sql_is_op(&sql->tokens[i], '(');
        depth -= (depth && hoop_sql_is_op(&sql->tokens[i], ')'));

        if (depth) {
            continue;
        }

        switch (hoop_sql_kw(&sql->tokens[i])) {
        case KW_FROM:
            if (!out) {
                st->classes |= HOOP_SQL_INSERT;
            }

            break;

        case KW_PROGRAM:
            st->classes |= HOOP_SQL_CALL;
            break;

        default:
            break;
        }
    }

    if (hoop_sql_is_op(t + 1, '(')) {

        /* COPY (query) TO */

        for (i = a + 1, depth = 0; i < b; i++) {
            depth += hoop_sql_is_op(&sql->tokens[i], '(');
            depth -= (depth && hoop_sql_is_op(&sql->tokens[i], ')'));

            if (depth == 0) {
                return hoop_sql_walk(sql, st, a + 1, i + 1,
                                     HOOP_SQL_WALK_QUERY);
            }
        }

        hoop_sql_unknown(st, "has a parenthesis without an end");

        return HOOP_OK;
    }

    i = a + 1;

    if (hoop_sql_kw(&sql->tokens[i]) == KW_INTO
        || hoop_sql_token_is(sql, &sql->tokens[i], "binary"))
    {
        i++;
    }

    if (i >= b || !hoop_sql_is_name(&sql->tokens[i])) {
        return HOOP_OK;
    }

    for (k = i + 1; k + 1 < b && hoop_sql_is_op(&sql->tokens[k], '.'); k += 2) {
        /* void */
    }

    return hoop_sql_table(sql, st, i, k);
}


/* the words of transactions, and the settings that are harmless */

int
hoop_sql_harmless(const hoop_sql_t *sql, unsigned a, unsigned b)
{
    unsigned           i;
    hoop_sql_token_t  *t;

    static const char *const  words[] = {
        "transaction", "tran", "work", "read", "only", "isolation", "level",
        "serializable", "repeatable", "committed", "uncommitted", "deferred",
        "and", "no", "chain", "with", "consistent", "snapshot", NULL
    };

    /* SQL Server's, of the session: what a query answers, not what it does */

    static const char *const  options[] = {
        "nocount", "xact_abort", "ansi_nulls", "ansi_padding", "ansi_warnings",
        "arithabort", "concat_null_yields_null", "numeric_roundabort", NULL
    };

    t = &sql->tokens[a];

    if (b > a + 10) {
        return 0;
    }

    switch (hoop_sql_kw(t)) {

    case KW_BEGIN:
        if ((sql->dialect == HOOP_SQL_TSQL || sql->dialect == HOOP_SQL_ORACLE)
            && b == a + 1)
        {
            return 0;
        }

        break;

    case KW_END:
        if (sql->dialect == HOOP_SQL_ORACLE) {
            return 0;
        }

        break;

    case KW_COMMIT:
    case KW_ROLLBACK:
        break;

    case KW_START:
        if (!hoop_sql_token_is(sql, t + 1, "transaction")) {
            return 0;
        }

        break;

    case KW_SET:
        if (b == a + 3 && sql->dialect == HOOP_SQL_TSQL
            && hoop_sql_token_in(sql, t + 1, options)
            && (hoop_sql_kw(t + 2) == KW_ON
                || hoop_sql_token_is(sql, t + 2, "off")))
        {
            return 1;
        }

        if (b == a + 1 || !hoop_sql_token_is(sql, t + 1, "transaction")) {
            return 0;
        }

        break;

    case KW_SAVEPOINT:
        return b == a + 2 && hoop_sql_is_name(t + 1);

    case KW_RELEASE:
        return (b == a + 2 && hoop_sql_is_name(t + 1))
               || (b == a + 3 && hoop_sql_kw(t + 1) == KW_SAVEPOINT
                   && hoop_sql_is_name(t + 2));

    default:
        return 0;
    }

    if (hoop_sql_kw(t) == KW_ROLLBACK && hoop_sql_kw(t + 1) == KW_TO) {
        return (b == a + 3 && hoop_sql_is_name(t + 2))
               || (b == a + 4 && hoop_sql_kw(t + 2) == KW_SAVEPOINT
                   && hoop_sql_is_name(t + 3));
    }

    for (i = a + 1; i < b; i++) {
        if (!hoop_sql_token_in(sql, &sql->tokens[i], words)
            && !hoop_sql_is_op(&sql->tokens[i], ','))
        {
            return 0;
        }
    }

    return 1;
}


int
hoop_sql_pragma(const hoop_sql_t *sql, unsigned a, unsigned b)
{
    hoop_sql_token_t  *t;

    static const char *const  plain[] = {
        "user_version", "schema_version", "page_count", "page_size",
        "encoding", "journal_mode", "foreign_keys", "freelist_count",
        "application_id", "database_list", "collation_list", "function_list",
        "compile_options", "module_list", "pragma_list", "table_list",
        "foreign_key_check", "synchronous", "cache_size", "busy_timeout",
        "auto_vacuum", "data_version", "integrity_check", "quick_check",
        "max_page_count", "mmap_size", "temp_store", "locking_mode",
        "wal_autocheckpoint", "query_only", "secure_delete",
        "recursive_triggers", "defer_foreign_keys", "read_uncommitted",
        "trusted_schema", "writable_schema", NULL
    };

    static const char *const  of_table[] = {
        "table_info", "table_xinfo", "table_list", "index_list", "index_info",
        "index_xinfo", "foreign_key_list", "foreign_key_check", NULL
    };

    if (sql->dialect != HOOP_SQL_SQLITE) {
        return 0;
    }

    t = &sql->tokens[a + 1];

    if (b > a + 3 && hoop_sql_is_op(t + 1, '.') && hoop_sql_is_name(t)) {
        t += 2;
        a += 2;
    }

    if (b == a + 2) {
        return hoop_sql_token_in(sql, t, plain);
    }

    return b == a + 5 && hoop_sql_token_in(sql, t, of_table)
           && hoop_sql_is_op(t + 1, '(')
           && (hoop_sql_is_name(t + 2) || t[2].type == HOOP_SQL_T_STRING)
           && hoop_sql_is_op(t + 3, ')');
}
