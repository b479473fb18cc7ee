
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the unit programs of the SQL classifier share: short names, and one
 * statement and what is to be said of it.
 */


#ifndef _HOOP_TEST_SQL_H_INCLUDED_
#define _HOOP_TEST_SQL_H_INCLUDED_


#include <stdlib.h>

#include "hoop_sql.h"
#include "tap.h"


#define GEN  HOOP_SQL_GENERIC
#define PG   HOOP_SQL_POSTGRESQL
#define MY   HOOP_SQL_MYSQL
#define MS   HOOP_SQL_TSQL
#define ORA  HOOP_SQL_ORACLE
#define LITE HOOP_SQL_SQLITE
#define CH   HOOP_SQL_CLICKHOUSE
#define SNOW HOOP_SQL_SNOWFLAKE

#define R    HOOP_SQL_READ
#define I    HOOP_SQL_INSERT
#define U    HOOP_SQL_UPDATE
#define D    HOOP_SQL_DELETE
#define DA   HOOP_SQL_DELETE_ALL
#define UA   HOOP_SQL_UPDATE_ALL
#define DDL  HOOP_SQL_DDL
#define TR   HOOP_SQL_TRUNCATE
#define GR   HOOP_SQL_GRANT
#define CP   HOOP_SQL_COPY
#define CA   HOOP_SQL_CALL
#define EA   HOOP_SQL_EXPLAIN_ANALYZE
#define M    HOOP_SQL_MULTI
#define UN   HOOP_SQL_UNKNOWN


/* a set of dialects */

#define ON(dialect)  (1u << (dialect))
#define EVERY        (ON(SNOW + 1) - 1)


typedef struct {
    unsigned     dialects;
    uint32_t     classes;      /* of all statements */
    const char  *text;
} test_statement_t;


/* where PostgreSQL's grammar, of 15, says otherwise: how the text begins */

static const test_statement_t  by_grammar[] = {
    { ON(PG), UN, "SELECT users.id AS users_id, users.name AS users_name, "
                  "anon_1" },                            /* %(name)s */
    { ON(PG), UN, "SELECT json_table.* FROM t, JSON_TABLE(js" },
    { ON(PG), UN, "SELECT JSON_VALUE(js, '$.a' RETURNING int)" },
    { ON(PG), UN, "SELECT 'abc' 'def'" },                /* on one line */
    { ON(PG), DA|UN, "DELETE FROM ONLY public.users *" },
    { ON(PG), R, "SELECT pg_catalog.\"lower\"('x')" },
    { ON(PG), R, "SELECT * FROM minus" },
    { ON(PG), D|UN, "DELETE FROM users WHERE id = 0x05" }    /* since 16 */
};


static const char *const  dialects[] = {
    "generic", "postgresql", "mysql", "tsql", "oracle", "sqlite",
    "clickhouse", "snowflake"
};


static void
show(uint32_t c, char *out)
{
    uint32_t  bit;

    out[0] = '\0';

    for (bit = 1; bit < ((uint32_t) 1 << HOOP_SQL_CLASSES); bit <<= 1) {
        if (c & bit) {
            strcat(strcat(out, " "), hoop_sql_class_name(bit));
        }
    }
}


__attribute__((unused))
static void
is_class(hoop_sql_t *sql, int dialect, const char *text, uint32_t wanted)
{
    int       rc;
    char      got[256], want[256];
    unsigned  i;
    u_char   *copy;

    /* PostgreSQL's have two engines, where the grammar is built in */

    if (dialect == HOOP_SQL_POSTGRESQL && hoop_sql_pg_version()
        && !sql->tokens_only)
    {
        sql->tokens_only = 1;
        is_class(sql, dialect, text, wanted);
        sql->tokens_only = 0;
    }

    for (i = 0; dialect == HOOP_SQL_POSTGRESQL && hoop_sql_pg_version()
                && !sql->tokens_only
                && i < sizeof(by_grammar) / sizeof(by_grammar[0]); i++)
    {
        if (strncmp(by_grammar[i].text, text, strlen(by_grammar[i].text))
            == 0)
        {
            wanted = by_grammar[i].classes;
        }
    }

    /* in a block of its own, so that a read behind it is found */

    copy = malloc(strlen(text) + 1);
    memcpy(copy, text, strlen(text));

    rc = hoop_sql_classify(sql, dialect, copy, strlen(text));

    show(sql->classes, got);
    show(wanted, want);

    if (!ok(rc == HOOP_OK && sql->classes == wanted, "%s:%s: %.60s",
            dialects[dialect], want, text))
    {
        printf("# got   %s\n# wanted%s\n", got, want);

        for (i = 0; i < sql->n; i++) {
            printf("# why: %s\n", sql->statements[i].why
                                  ? sql->statements[i].why : "-");
        }

        if (sql->tokens_only) {
            printf("# by tokens only\n");
        }
    }

    free(copy);
}


/* by both engines; "multi" is no matter */

__attribute__((unused))
static void
is_only(hoop_sql_t *sql, int dialect, const char *text, int read)
{
    int       rc;
    u_char   *copy;
    unsigned  engine;
    uint32_t  classes;
    char      got[256];

    copy = malloc(strlen(text) + 1);
    memcpy(copy, text, strlen(text));

    for (engine = 0; engine < 2; engine++) {

        if (engine && (dialect != PG || hoop_sql_pg_version() == NULL)) {
            break;
        }

        sql->tokens_only = !engine;

        rc = hoop_sql_classify(sql, dialect, copy, strlen(text));
        classes = sql->classes & ~HOOP_SQL_MULTI;
        show(classes, got);

        ok(rc == HOOP_OK && (read ? classes == HOOP_SQL_READ
                                  : (classes & ~HOOP_SQL_READ) != 0),
           "%s, %s:%s: %.60s", dialects[dialect],
           engine ? "grammar" : "tokens", got, text);
    }

    sql->tokens_only = 0;
    free(copy);
}


__attribute__((unused))
static void
is_read(hoop_sql_t *sql, int dialect, const char *text)
{
    is_only(sql, dialect, text, 1);
}


__attribute__((unused))
static void
is_no_read(hoop_sql_t *sql, int dialect, const char *text)
{
    is_only(sql, dialect, text, 0);
}


__attribute__((unused))
static void
test_statements(const test_statement_t *t, size_t n)
{
    unsigned    d;
    hoop_sql_t  sql;

    hoop_sql_init(&sql);

    for ( /* void */ ; n; n--, t++) {
        for (d = GEN; d <= SNOW; d++) {
            if (t->dialects & ON(d)) {
                is_class(&sql, d, t->text, t->classes);
            }
        }
    }

    hoop_sql_clear(&sql);
}


#endif /* _HOOP_TEST_SQL_H_INCLUDED_ */
