
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Statements: where they end, what the first word makes of them, and what the
 * walk has found in them.
 */


#include <stdlib.h>

#include "hoop_sql_impl.h"


typedef struct {
    const char              *name;
    uint32_t                 classes;
    hoop_sql_walk_e          mode;
} hoop_sql_first_t;


static int hoop_sql_statement(hoop_sql_t *sql, unsigned a, unsigned b);
static int hoop_sql_judge(hoop_sql_t *sql, hoop_sql_statement_t *st,
    unsigned a, unsigned b);
static unsigned hoop_sql_callee(hoop_sql_t *sql, hoop_sql_statement_t *st,
    unsigned a, unsigned b);


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
    { "exchange", HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "enable",   HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "disable",  HOOP_SQL_DDL,  HOOP_SQL_WALK_DDL },
    { "grant",    HOOP_SQL_GRANT, HOOP_SQL_WALK_DDL },
    { "revoke",   HOOP_SQL_GRANT, HOOP_SQL_WALK_DDL },
    { "deny",     HOOP_SQL_GRANT, HOOP_SQL_WALK_DDL },
    { "truncate", HOOP_SQL_TRUNCATE, HOOP_SQL_WALK_DDL },
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
    hoop_buf_free(&sql->copy);
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
        hoop_buf_init(&sql->copy, 0);

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

    if (rc == HOOP_OK && dialect == HOOP_SQL_POSTGRESQL && !sql->tokens_only) {
        rc = hoop_sql_pg(sql, len);
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

    st->inner = (a > sql->unsure);
    st->unsure = (st->inner || (sql->doubt && b > sql->unsure));

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
        if (f + 1 == b) {
            break;
        }

        rc = hoop_sql_walk(sql, st, a, b, HOOP_SQL_WALK_QUERY);
        st->classes |= HOOP_SQL_READ;
        return rc;

    case KW_UPDATE:
        if (sql->dialect == HOOP_SQL_TSQL
            && hoop_sql_token_is(sql, t + 1, "statistics"))
        {
            st->classes |= HOOP_SQL_DDL;
            return hoop_sql_walk(sql, st, a + 1, b, HOOP_SQL_WALK_DDL);
        }

        /* fall through */

    case KW_INSERT:
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

    if (sql->dialect == HOOP_SQL_SNOWFLAKE && b == a + 2
        && (hoop_sql_token_is(sql, t, "list")
            || hoop_sql_token_is(sql, t, "ls"))
        && t[1].type == HOOP_SQL_T_PARAM)
    {
        st->classes |= HOOP_SQL_READ;
        return HOOP_OK;
    }

    if (hoop_sql_harmless(sql, a, b)) {
        st->classes |= HOOP_SQL_READ;
        return HOOP_OK;
    }

    /* DECLARE @x ..., SET @x = ...: of the batch alone */

    if (sql->dialect == HOOP_SQL_TSQL && b > a + 2
        && (hoop_sql_token_is(sql, t, "declare") || hoop_sql_kw(t) == KW_SET)
        && t[1].type == HOOP_SQL_T_PARAM && sql->text[t[1].start] == '@'
        && !hoop_sql_token_is(sql, t + 3, "cursor"))
    {
        rc = hoop_sql_walk(sql, st, a + 1, b, HOOP_SQL_WALK_QUERY);
        st->classes |= HOOP_SQL_READ;
        return rc;
    }

    return hoop_sql_first(sql, st, a, b);
}


int
hoop_sql_first(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b)
{
    hoop_sql_token_t        *t;
    const hoop_sql_first_t  *f;

    static const char *const  whose[] = { "user", "role", "login", "group",
                                          NULL };

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
        && (hoop_sql_token_in(sql, t + 1, whose)
            || (hoop_sql_token_is(sql, t + 1, "server")
                && hoop_sql_kw(t + 2) == KW_ROLE)
            || (hoop_sql_token_is(sql, t + 1, "default")
                && hoop_sql_token_is(sql, t + 2, "privileges"))))
    {
        st->classes |= HOOP_SQL_GRANT;
    }

    if (hoop_sql_token_is(sql, t, "import")
        && hoop_sql_token_is(sql, t + 1, "foreign"))
    {
        st->classes = HOOP_SQL_DDL;
        st->why = NULL;
    }

    if (f->classes == HOOP_SQL_CALL && f->mode == HOOP_SQL_WALK_QUERY) {
        a = hoop_sql_callee(sql, st, a, b);
    }

    return hoop_sql_walk(sql, st, a, b, f->mode);
}


/* EXECUTE name ...: the token behind the name, from where a query may be */

static unsigned
hoop_sql_callee(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b)
{
    hoop_sql_token_t  *t;

    t = sql->tokens;
    a++;

    /* EXEC @result = procedure */

    if (a + 2 < b && t[a].type == HOOP_SQL_T_PARAM
        && hoop_sql_is_op(&t[a + 1], '='))
    {
        a += 2;
    }

    if (a >= b || !hoop_sql_is_name(&t[a])
        || hoop_sql_token_is(sql, &t[a], "immediate"))
    {
        hoop_sql_unknown(st, "executes a text");
        return a;
    }

    if (hoop_sql_kw(&t[a]) == KW_AS) {
        hoop_sql_unknown(st, "acts as another");
        return a;
    }

    for (a++; a + 1 < b && hoop_sql_is_op(&t[a], '.'); a++) {
        while (a + 1 < b && (hoop_sql_is_op(&t[a + 1], '.')
                             || hoop_sql_is_name(&t[a + 1])))
        {
            a++;

            if (hoop_sql_is_name(&t[a])) {
                break;
            }
        }
    }

    return a;
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
