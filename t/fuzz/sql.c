
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The first byte chooses the dialect, the rest is the text.
 *
 * Oracles: each statement has a class and is a span of the text; what is read
 * has no other class but "multi", and no word of DML or DDL stands in it but
 * where a name is wanted; the recorded form has no digit and no quote of a
 * string, and is as harmless, or as little, as the text.  PostgreSQL's grammar
 * is left to sql_pg: it has no "?".
 */


#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "hoop_sql_impl.h"


#define check(x)                                                              \
    do {                                                                      \
        if (!(x)) {                                                           \
            fprintf(stderr, "line %d: %s\n", __LINE__, #x);                   \
            abort();                                                          \
        }                                                                     \
    } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* words that stand in no query but behind "." and AS, or before "(" */

static void
fuzz_words(const hoop_sql_t *sql)
{
    unsigned                 i;
    const hoop_sql_token_t  *t;

    static const char *const  words[] = {
        "delete", "update", "drop", "create", "alter", "grant", "revoke"
    };

    for (i = 0; i < sql->ntokens; i++) {

        t = &sql->tokens[i];

        if (i && (hoop_sql_is_op(t - 1, '.') || hoop_sql_kw(t - 1) == KW_AS)) {
            continue;
        }

        for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
            check(!hoop_sql_token_is(sql, t, words[k]));
        }
    }
}


/* EXPLAIN, SHOW and their like may name what they do not do */

static int
fuzz_is_query(const hoop_sql_t *sql)
{
    unsigned  kw;

    kw = sql->ntokens ? hoop_sql_kw(&sql->tokens[0]) : KW_NONE;

    return kw == KW_SELECT || kw == KW_WITH || kw == KW_VALUES
           || kw == KW_TABLE;
}


/*
 * Without its literals a text is read the same, but for the few of them that
 * decide: EXPLAIN (ANALYZE 0), PRAGMA table_info('t'), a setting.
 */

static void
fuzz_same(uint32_t before, uint32_t after)
{
    const uint32_t  read = HOOP_SQL_READ|HOOP_SQL_MULTI;

    if ((before & ~read) == 0) {
        check((after & ~read) == 0 || (after & HOOP_SQL_UNKNOWN));

    } else if ((after & ~read) == 0) {
        check(before & HOOP_SQL_UNKNOWN);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                       len;
    u_char                      *copy;
    unsigned                     i, k;
    uint32_t                     classes;
    hoop_buf_t                   b;
    hoop_sql_t                   sql;
    hoop_sql_dialect_e           dialect;
    const hoop_sql_statement_t  *st;

    if (size == 0) {
        return 0;
    }

    dialect = data[0] % (HOOP_SQL_SNOWFLAKE + 1);
    len = size - 1;

    copy = malloc(len + 1);
    check(copy != NULL);
    memcpy(copy, data + 1, len);

    hoop_sql_init(&sql);
    sql.tokens_only = 1;
    check(hoop_sql_classify(&sql, dialect, copy, len) == HOOP_OK);
    check(sql.n >= 1 && sql.n <= HOOP_SQL_MAX_STATEMENTS);

    classes = sql.classes;

    for (i = 0; i < sql.n; i++) {

        st = &sql.statements[i];

        check((st->classes & ~HOOP_SQL_MULTI) != 0);
        check(st->text.data >= copy
              && st->text.data + st->text.len <= copy + len);
        check(!(st->classes & HOOP_SQL_UNKNOWN) == (st->why == NULL));
        check(!(st->classes & HOOP_SQL_READ)
              || (st->classes & ~(HOOP_SQL_READ|HOOP_SQL_MULTI)) == 0);

        for (k = 0; k < st->ntables; k++) {
            check(st->tables[k].data >= sql.names.data
                  && st->tables[k].data + st->tables[k].len
                     <= sql.names.data + sql.names.len);
        }
    }

    if (classes == HOOP_SQL_READ && fuzz_is_query(&sql)) {
        fuzz_words(&sql);
    }

    hoop_buf_init(&b, 0);
    check(hoop_sql_redact(dialect, copy, len, &b) == HOOP_OK);
    check(b.len <= 2 * len);

    /* what was read in doubt may be read without it, or the other way */

    if (sql.doubt == NULL) {

        check(hoop_sql_classify(&sql, dialect, b.len ? b.data : copy, b.len)
              == HOOP_OK);

        for (i = 0; i < sql.ntokens; i++) {
            check(sql.tokens[i].type != HOOP_SQL_T_STRING
                  && sql.tokens[i].type != HOOP_SQL_T_NUMBER);
        }

        fuzz_same(classes, sql.classes);
    }

    hoop_buf_free(&b);
    hoop_sql_clear(&sql);
    free(copy);

    return 0;
}
