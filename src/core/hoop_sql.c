
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Statements: where they end, what the first word makes of them, and what the
 * walk has found in them.
 */


#include <stdlib.h>

#include "hoop_sql_impl.h"


#define HOOP_SQL_STATEMENT_TABLES  64

/* the classes of DML that is only explained */

#define HOOP_SQL_DML                                                          \
    (HOOP_SQL_READ|HOOP_SQL_INSERT|HOOP_SQL_UPDATE|HOOP_SQL_DELETE            \
     |HOOP_SQL_DELETE_ALL|HOOP_SQL_UPDATE_ALL)


typedef struct {
    const char              *name;
    uint32_t                 classes;
    hoop_sql_walk_e          mode;
} hoop_sql_first_t;


static int hoop_sql_statement(hoop_sql_t *sql, unsigned a, unsigned b);
static int hoop_sql_judge(hoop_sql_t *sql, hoop_sql_statement_t *st,
    unsigned a, unsigned b);
static int hoop_sql_first(hoop_sql_t *sql, hoop_sql_statement_t *st,
    unsigned a, unsigned b);
static unsigned hoop_sql_inner(hoop_sql_t *sql, unsigned a, unsigned b,
    int *analyze);
static int hoop_sql_explain(hoop_sql_t *sql, hoop_sql_statement_t *st,
    unsigned a, unsigned b);
static int hoop_sql_describe(hoop_sql_t *sql, hoop_sql_statement_t *st,
    unsigned a, unsigned b);
static int hoop_sql_copy(hoop_sql_t *sql, hoop_sql_statement_t *st,
    unsigned a, unsigned b);
static int hoop_sql_harmless(hoop_sql_t *sql, unsigned a, unsigned b);
static int hoop_sql_pragma(hoop_sql_t *sql, unsigned a, unsigned b);
static int hoop_sql_in(hoop_sql_t *sql, const hoop_sql_token_t *t,
    const char *const *list);


static const char *const  hoop_sql_dialects[] = {
    "generic", "postgresql", "mysql", "tsql", "oracle", "sqlite",
    "clickhouse", "snowflake", NULL
};


static const char *const  hoop_sql_classes[HOOP_SQL_CLASSES] = {
    "read", "insert", "update", "delete", "delete_all", "update_all", "ddl",
    "truncate", "grant", "copy", "call", "explain_analyze", "multi", "unknown"
};


/* the first words that say it all; a word that is not here is unknown */

static const hoop_sql_first_t  hoop_sql_firsts[] = {
    { "create",   HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "alter",    HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "drop",     HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "rename",   HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "comment",  HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "reindex",  HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "refresh",  HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "cluster",  HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "optimize", HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "undrop",   HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "purge",    HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "flashback", HOOP_SQL_DDL, HOOP_SQL_WALK_DDL },
    { "detach",   HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "reassign", HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "grant",    HOOP_SQL_GRANT, HOOP_SQL_WALK_DDL },
    { "revoke",   HOOP_SQL_GRANT, HOOP_SQL_WALK_DDL },
    { "deny",     HOOP_SQL_GRANT, HOOP_SQL_WALK_DDL },
    { "truncate", HOOP_SQL_TRUNCATE, HOOP_SQL_WALK_QUERY },
    { "exec",     HOOP_SQL_CALL, HOOP_SQL_WALK_QUERY },
    { "execute",  HOOP_SQL_CALL, HOOP_SQL_WALK_QUERY },
    { "call",     HOOP_SQL_CALL, HOOP_SQL_WALK_DDL },
    { "do",       HOOP_SQL_CALL|HOOP_SQL_UNKNOWN, HOOP_SQL_WALK_DDL },
    { "bulk",     HOOP_SQL_COPY|HOOP_SQL_INSERT, HOOP_SQL_WALK_DDL },
    { "unload",   HOOP_SQL_COPY, HOOP_SQL_WALK_DDL },
    { "put",      HOOP_SQL_COPY|HOOP_SQL_UNKNOWN, HOOP_SQL_WALK_DDL },
    { "backup",   HOOP_SQL_COPY|HOOP_SQL_UNKNOWN, HOOP_SQL_WALK_DDL },
    { "import",   HOOP_SQL_COPY|HOOP_SQL_UNKNOWN, HOOP_SQL_WALK_DDL },
    { "export",   HOOP_SQL_COPY|HOOP_SQL_UNKNOWN, HOOP_SQL_WALK_DDL },
    { NULL, 0, HOOP_SQL_WALK_QUERY }
};


void
hoop_sql_init(hoop_sql_t *sql)
{
    memset(sql, 0, sizeof(hoop_sql_t));
}


void
hoop_sql_clear(hoop_sql_t *sql)
{
    free(sql->tokens);
    free(sql->statements);
    free(sql->tables);
    hoop_buf_free(&sql->names);
    hoop_sql_init(sql);
}


int
hoop_sql_classify(hoop_sql_t *sql, hoop_sql_dialect_e dialect, const u_char *p,
    size_t len)
{
    int                    rc;
    unsigned               a, i, k;
    hoop_sql_statement_t  *st;

    sql->n = 0;
    sql->classes = 0;
    sql->ntables = 0;

    if (sql->statements == NULL) {

        sql->statements = malloc(HOOP_SQL_MAX_STATEMENTS
                                 * sizeof(hoop_sql_statement_t));
        sql->tables = malloc(HOOP_SQL_MAX_TABLES * sizeof(hoop_str_t));

        hoop_buf_init(&sql->names, 0);

        if (sql->statements == NULL || sql->tables == NULL
            || hoop_buf_reserve(&sql->names, 1) != HOOP_OK)
        {
            hoop_sql_clear(sql);
            return HOOP_NOMEM;
        }
    }

    sql->names.len = 0;
    sql->names.failed = 0;

    rc = hoop_sql_lex(sql, dialect, p, len);

    for (a = 0, i = 0; rc == HOOP_OK && i <= sql->ntokens; i++) {

        if (i < sql->ntokens
            && sql->tokens[i].type != HOOP_SQL_T_GO
            && !hoop_sql_is_op(&sql->tokens[i], ';'))
        {
            continue;
        }

        if (sql->n == HOOP_SQL_MAX_STATEMENTS - 1) {
            i = sql->ntokens;
        }

        if (i > a) {
            rc = hoop_sql_statement(sql, a, i);
        }

        a = i + 1;
    }

    if (rc == HOOP_OK && sql->n == 0) {
        rc = hoop_sql_statement(sql, 0, 0);
    }

    if (rc != HOOP_OK || sql->names.failed) {
        sql->n = 0;
        return HOOP_NOMEM;
    }

    /* the names have moved while they were gathered */

    for (i = 0, k = 0; i < sql->ntables; i++) {
        sql->tables[i].data = sql->names.data + k;
        k += sql->tables[i].len;
    }

    for (i = 0, k = 0; i < sql->n; i++) {

        st = &sql->statements[i];
        st->tables = sql->tables + k;
        k += st->ntables;

        if (sql->n > 1) {
            st->classes |= HOOP_SQL_MULTI;
        }

        sql->classes |= st->classes;
    }

    return HOOP_OK;
}


static int
hoop_sql_statement(hoop_sql_t *sql, unsigned a, unsigned b)
{
    int                    rc;
    size_t                 end;
    hoop_sql_statement_t  *st;

    st = &sql->statements[sql->n++];
    memset(st, 0, sizeof(hoop_sql_statement_t));

    st->text = hoop_str(sql->text, 0);

    if (a == b) {
        hoop_sql_unknown(st, sql->doubt ? sql->doubt : "has no statement");
        return HOOP_OK;
    }

    end = sql->tokens[b - 1].start + sql->tokens[b - 1].len;
    st->text = hoop_str(sql->text + sql->tokens[a].start,
                        end - sql->tokens[a].start);

    rc = hoop_sql_judge(sql, st, a, b);
    if (rc != HOOP_OK) {
        return rc;
    }

    if (sql->doubt) {
        hoop_sql_unknown(st, sql->doubt);
    }

    if (sql->n == HOOP_SQL_MAX_STATEMENTS) {
        hoop_sql_unknown(st, "has too many statements");
    }

    if ((st->classes & ~HOOP_SQL_MULTI) == 0) {
        hoop_sql_unknown(st, "begins with no known word");
    }

    if (st->classes & ~(HOOP_SQL_READ|HOOP_SQL_MULTI)) {
        st->classes &= ~HOOP_SQL_READ;
    }

    return HOOP_OK;
}


static int
hoop_sql_judge(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b)
{
    int                rc;
    unsigned           f;
    hoop_sql_token_t  *t;

    for (f = a; f < b && hoop_sql_is_op(&sql->tokens[f], '('); f++) {
        /* void */
    }

    t = &sql->tokens[f];

    switch (f < b ? hoop_sql_kw(t) : KW_NONE) {

    case KW_FROM:
        if (sql->dialect != HOOP_SQL_CLICKHOUSE) {
            break;
        }

        /* fall through */

    case KW_SELECT:
    case KW_WITH:
    case KW_VALUES:
    case KW_TABLE:
        rc = hoop_sql_walk(sql, st, a, b, HOOP_SQL_WALK_QUERY);
        st->classes |= HOOP_SQL_READ;
        return rc;

    case KW_INSERT:
    case KW_UPDATE:
    case KW_DELETE:
    case KW_MERGE:
        return hoop_sql_walk(sql, st, a, b, HOOP_SQL_WALK_QUERY);

    case KW_REPLACE:
        if (sql->dialect == HOOP_SQL_MYSQL || sql->dialect == HOOP_SQL_SQLITE
            || sql->dialect == HOOP_SQL_GENERIC)
        {
            return hoop_sql_walk(sql, st, a, b, HOOP_SQL_WALK_QUERY);
        }

        break;

    default:
        break;
    }

    if (f > a || f == b) {
        hoop_sql_unknown(st, "begins with no known word");
        return hoop_sql_walk(sql, st, a, b, HOOP_SQL_WALK_QUERY);
    }

    switch (hoop_sql_kw(t)) {

    case KW_EXPLAIN:
    case KW_ANALYZE:
        return hoop_sql_explain(sql, st, a, b);

    case KW_DESC:
    case KW_DESCRIBE:
        return hoop_sql_describe(sql, st, a, b);

    case KW_SHOW:
        if (sql->dialect != HOOP_SQL_TSQL) {
            rc = hoop_sql_walk(sql, st, a, b, HOOP_SQL_WALK_SHOW);
            st->classes |= HOOP_SQL_READ;
            return rc;
        }

        break;

    case KW_EXISTS:
        if (sql->dialect == HOOP_SQL_CLICKHOUSE) {
            rc = hoop_sql_walk(sql, st, a, b, HOOP_SQL_WALK_QUERY);
            st->classes |= HOOP_SQL_READ;
            return rc;
        }

        break;

    case KW_COPY:
    case KW_LOAD:
        return hoop_sql_copy(sql, st, a, b);

    case KW_PRAGMA:
        if (hoop_sql_pragma(sql, a, b)) {
            st->classes |= HOOP_SQL_READ;
            return HOOP_OK;
        }

        break;

    default:
        break;
    }

    if (hoop_sql_harmless(sql, a, b)) {
        st->classes |= HOOP_SQL_READ;
        return HOOP_OK;
    }

    if (sql->dialect == HOOP_SQL_TSQL && b > a + 2
        && hoop_sql_token_is(sql, t, "declare")
        && t[1].type == HOOP_SQL_T_PARAM)
    {
        rc = hoop_sql_walk(sql, st, a + 1, b, HOOP_SQL_WALK_QUERY);
        st->classes |= HOOP_SQL_READ;
        return rc;
    }

    return hoop_sql_first(sql, st, a, b);
}


static int
hoop_sql_first(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b)
{
    unsigned                 i;
    hoop_sql_token_t        *t;
    const hoop_sql_first_t  *f;

    static const char *const  whose[] = { "user", "role", "login", "group",
                                          "database", "server", NULL };

    t = &sql->tokens[a];

    for (f = hoop_sql_firsts; f->name; f++) {
        if (hoop_sql_token_is(sql, t, f->name)) {
            break;
        }
    }

    st->classes |= f->classes;

    if (f->name == NULL || (f->classes & HOOP_SQL_UNKNOWN)) {
        hoop_sql_unknown(st, f->name ? "is not looked into"
                                     : "begins with no known word");
    }

    if (f->classes == HOOP_SQL_DDL && b > a + 1
        && hoop_sql_in(sql, t + 1, whose) && !hoop_sql_token_is(sql, t + 1,
                                                                "database")
        && !hoop_sql_token_is(sql, t + 1, "server"))
    {
        st->classes |= HOOP_SQL_GRANT;
    }

    if (f->classes == HOOP_SQL_CALL && b > a + 1
        && (hoop_sql_token_is(sql, t + 1, "immediate")
            || t[1].type != HOOP_SQL_T_WORD))
    {
        for (i = a + 1; i < b; i++) {

            /* EXEC @result = procedure, EXEC [procedure] */

            if (!hoop_sql_is_name(&sql->tokens[i])) {
                hoop_sql_unknown(st, "executes a text");
                break;
            }
        }
    }

    return hoop_sql_walk(sql, st, f->mode == HOOP_SQL_WALK_DDL ? a
                         : (f->classes == HOOP_SQL_CALL ? a + 1 : a), b,
                         f->mode);
}


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
            *analyze = 1;
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

        if (t->type == HOOP_SQL_T_BAD || t->type == HOOP_SQL_T_PARAM
            || kw == KW_INTO)
        {
            break;
        }
    }

    return b;
}


static int
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
        hoop_sql_unknown(st, "explains something unknown");
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

static int
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
        if (hoop_sql_flags(&sql->tokens[i]) & W_BEGINS_ANY) {
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


static int
hoop_sql_copy(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b)
{
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

    for (i = a + 1, depth = 0; i < b; i++) {

        depth += hoop_sql_is_op(&sql->tokens[i], '(');
        depth -= (depth && hoop_sql_is_op(&sql->tokens[i], ')'));

        if (depth) {
            continue;
        }

        switch (hoop_sql_kw(&sql->tokens[i])) {
        case KW_FROM:
            st->classes |= HOOP_SQL_INSERT;
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

static int
hoop_sql_harmless(hoop_sql_t *sql, unsigned a, unsigned b)
{
    unsigned           i;
    hoop_sql_token_t  *t;

    static const char *const  words[] = {
        "transaction", "tran", "work", "read", "only", "isolation", "level",
        "serializable", "repeatable", "committed", "uncommitted", "deferred",
        "and", "no", "chain", NULL
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
        if (b == a + 3 && hoop_sql_token_is(sql, t + 1, "nocount")
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
        if (!hoop_sql_in(sql, &sql->tokens[i], words)
            && !hoop_sql_is_op(&sql->tokens[i], ','))
        {
            return 0;
        }
    }

    return 1;
}


static int
hoop_sql_pragma(hoop_sql_t *sql, unsigned a, unsigned b)
{
    hoop_sql_token_t  *t;

    static const char *const  plain[] = {
        "user_version", "schema_version", "page_count", "page_size",
        "encoding", "journal_mode", "foreign_keys", "freelist_count",
        "application_id", "database_list", "collation_list", "function_list",
        "compile_options", "module_list", "pragma_list", "table_list",
        "foreign_key_check", "synchronous", "cache_size", "busy_timeout",
        "auto_vacuum", "data_version", "integrity_check", "quick_check", NULL
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
        return hoop_sql_in(sql, t, plain);
    }

    return b == a + 5 && hoop_sql_in(sql, t, of_table)
           && hoop_sql_is_op(t + 1, '(')
           && (hoop_sql_is_name(t + 2) || t[2].type == HOOP_SQL_T_STRING)
           && hoop_sql_is_op(t + 3, ')');
}


static int
hoop_sql_in(hoop_sql_t *sql, const hoop_sql_token_t *t,
    const char *const *list)
{
    for ( /* void */ ; *list; list++) {
        if (hoop_sql_token_is(sql, t, *list)) {
            return 1;
        }
    }

    return 0;
}


/*
 * As the target resolves it: what is not quoted is folded as the dialect does,
 * and a part with a dot of its own keeps its quotes.
 */

int
hoop_sql_table(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b)
{
    int                quoted;
    size_t             i, start, len;
    u_char             c, q;
    unsigned           n, k;
    hoop_buf_t        *names;
    hoop_str_t         s;
    hoop_sql_token_t  *t;

    names = &sql->names;
    start = names->len;

    for (n = a; n < b; n++) {

        t = &sql->tokens[n];
        s = hoop_sql_token(sql, t);

        if (t->type == HOOP_SQL_T_NAME) {

            q = s.data[s.len - 1];
            quoted = (memchr(s.data, '.', s.len) != NULL);

            for (i = quoted ? 0 : 1; i + !quoted < s.len; i++) {

                c = s.data[i];

                if (c == q && i && i + 1 < s.len && s.data[i + 1] == q) {
                    i++;
                }

                if (sql->dialect == HOOP_SQL_SQLITE) {
                    c = hoop_sql_lower(c);
                }

                (void) hoop_buf_addc(names, c);
            }

            continue;
        }

        for (i = 0; i < s.len; i++) {

            c = s.data[i];

            switch (sql->dialect) {
            case HOOP_SQL_GENERIC:
            case HOOP_SQL_POSTGRESQL:
            case HOOP_SQL_SQLITE:
                c = hoop_sql_lower(c);
                break;

            case HOOP_SQL_ORACLE:
            case HOOP_SQL_SNOWFLAKE:
                c = (c >= 'a' && c <= 'z') ? (c & ~0x20) : c;
                break;

            default:
                break;
            }

            (void) hoop_buf_addc(names, c);
        }
    }

    if (names->failed) {
        return HOOP_NOMEM;
    }

    len = names->len - start;

    /* this statement's are the last ones, and end where the names do */

    for (n = 0, i = start; n < st->ntables; n++) {

        k = sql->ntables - 1 - n;
        i -= sql->tables[k].len;

        if (sql->tables[k].len == len
            && memcmp(names->data + i, names->data + start, len) == 0)
        {
            names->len = start;
            return HOOP_OK;
        }
    }

    if (st->ntables == HOOP_SQL_STATEMENT_TABLES
        || sql->ntables == HOOP_SQL_MAX_TABLES)
    {
        hoop_sql_unknown(st, "names too many tables");
        names->len = start;
        return HOOP_OK;
    }

    sql->tables[sql->ntables++] = hoop_str(NULL, len);
    st->ntables++;

    return HOOP_OK;
}


int
hoop_sql_dialect(hoop_str_t name, hoop_sql_dialect_e *dialect)
{
    unsigned  i;

    for (i = 0; hoop_sql_dialects[i]; i++) {
        if (hoop_str_is(name, hoop_sql_dialects[i])) {
            *dialect = i;
            return HOOP_OK;
        }
    }

    return HOOP_DECLINED;
}


const char *
hoop_sql_class_name(uint32_t class)
{
    unsigned  i;

    for (i = 0; i < HOOP_SQL_CLASSES; i++) {
        if (class == (uint32_t) 1 << i) {
            return hoop_sql_classes[i];
        }
    }

    return "unknown";
}


uint32_t
hoop_sql_class(hoop_str_t name)
{
    unsigned  i;

    for (i = 0; i < HOOP_SQL_CLASSES; i++) {
        if (hoop_str_is(name, hoop_sql_classes[i])) {
            return (uint32_t) 1 << i;
        }
    }

    return 0;
}
