
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * PostgreSQL's statements by PostgreSQL's grammar.  Half of the inputs are the
 * text itself, the other half choose words of a list, so that much of it
 * parses.
 *
 * Oracles: what is said is well-formed; what the grammar calls "read" has no
 * other class, and its tokens have no class of what is done; what the tokens
 * call "read" is no DML and no DDL by the grammar either; where no DELETE or
 * UPDATE stands in the text none is found, and the other way round; the same
 * text has the same answer again; and what the parser keeps does not grow.
 */


#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "hoop_sql_impl.h"


#define check(x)                                                              \
    do {                                                                      \
        if (!(x)) {                                                           \
            fprintf(stderr, "line %d: %s\n", __LINE__, #x);                   \
            abort();                                                          \
        }                                                                     \
    } while (0)


#define EFFECTS  ~(HOOP_SQL_READ|HOOP_SQL_MULTI|HOOP_SQL_UNKNOWN)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static const char *const  fuzz_words[] = {
    "SELECT", "FROM", "WHERE", "t", "a", "b", "u", "*", ",", "(", ")", "=",
    "1", "'x'", "AND", "OR", "NOT", ";", "WITH", "AS", "DELETE FROM",
    "UPDATE", "SET", "INSERT INTO", "VALUES", "RETURNING", "UNION ALL",
    "JOIN", "ON", "LEFT JOIN", "USING", "GROUP BY", "ORDER BY", "LIMIT",
    "EXPLAIN", "ANALYZE", "COPY", "TO", "STDOUT", "PROGRAM", "INTO", "FOR",
    "SHARE", "CREATE TABLE", "VIEW", "DROP TABLE", "TRUNCATE", "GRANT", "ALL",
    "CALL", "DO", "EXECUTE", "PREPARE", "lower", "danger", ".", "::", "int",
    "ARRAY[", "]", "CASE", "WHEN", "THEN", "ELSE", "END", "EXISTS", "IN",
    "IS NULL", "BETWEEN", "LIKE", "$1", "\"U\"", "pg_catalog", "LATERAL",
    "unnest(", "generate_series(1, 2)", "RECURSIVE", "x", "OVER", "PARTITION",
    "FILTER", "WITHIN GROUP", "MERGE INTO", "MATCHED", "DO UPDATE",
    "ON CONFLICT", "DO NOTHING", "OPERATOR(", "+", "-", "->>", "?",
    "COALESCE", "CAST", "INTERVAL", "TABLE", "ONLY", "/* c */", "-- c\n",
    "E'\\''", "$$", "$a$", "U&'\\0061'", "DECLARE c CURSOR FOR", "BEGIN",
    "COMMIT", "ROLLBACK", "SHOW", "SET TRANSACTION", "READ ONLY", "LOCK",
    "delete", "update", "insert", "CREATE RULE r AS ON INSERT TO t DO",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC", "(DEFAULT",
    "ROWS FROM (", "XMLTABLE('/a' PASSING", "COLUMNS", "TABLESAMPLE system",
    "GROUPING SETS (", "SIMILAR TO", "ESCAPE", "AT TIME ZONE", "COLLATE",
    "CURRENT OF c", "TRUE", "NULL", "DISTINCT", "HAVING", "WINDOW w AS",
    "OFFSET", "FETCH FIRST ROW ONLY"
};


static u_char *
fuzz_text(const uint8_t *data, size_t size, size_t *len)
{
    size_t       i, n, k;
    u_char      *p;
    const char  *word;

    if (data[0] & 1) {
        p = malloc(size);
        check(p != NULL);
        memcpy(p, data + 1, size - 1);
        *len = size - 1;
        return p;
    }

    p = malloc(size * 80);
    check(p != NULL);

    for (i = 1, k = 0; i < size; i++) {

        word = fuzz_words[data[i] % (sizeof(fuzz_words)
                                     / sizeof(fuzz_words[0]))];
        n = strlen(word);
        memcpy(p + k, word, n);
        k += n;

        if (data[i] < 200) {
            p[k++] = ' ';
        }
    }

    *len = k;

    return p;
}


static void
fuzz_is_sound(const hoop_sql_t *sql, const u_char *p, size_t len)
{
    unsigned                     i, k;
    uint32_t                     all;
    const hoop_sql_statement_t  *st;

    check(sql->n >= 1 && sql->n <= HOOP_SQL_MAX_STATEMENTS);

    for (i = 0, all = 0; i < sql->n; i++) {

        st = &sql->statements[i];
        all |= st->classes;

        check((st->classes & ~HOOP_SQL_MULTI) != 0);
        check(st->text.data >= p && st->text.data + st->text.len <= p + len);
        check(!(st->classes & HOOP_SQL_UNKNOWN) == (st->why == NULL));
        check(!(st->classes & HOOP_SQL_READ)
              || (st->classes & ~(HOOP_SQL_READ|HOOP_SQL_MULTI)) == 0);
        check(sql->n == 1 || (st->classes & HOOP_SQL_MULTI));

        for (k = 0; k < st->ntables; k++) {
            check(st->tables[k].data >= sql->names.data
                  && st->tables[k].data + st->tables[k].len
                     <= sql->names.data + sql->names.len);
        }
    }

    check(all == sql->classes);
}


static int
fuzz_has(const hoop_sql_t *sql, const char *word)
{
    unsigned  i;

    for (i = 0; i < sql->ntokens; i++) {
        if (hoop_sql_token_is(sql, &sql->tokens[i], word)) {
            return 1;
        }
    }

    return 0;
}


/* nothing is kept from text to text; the sanitizer's own memory aside */

static void
fuzz_memory(void)
{
    struct rusage  u;

    static long      first;
    static unsigned  runs;

    if (++runs % 65536) {
        return;
    }

    (void) getrusage(RUSAGE_SELF, &u);

    if (first == 0) {
        first = u.ru_maxrss;
    }

    check(u.ru_maxrss < first + 1024 * 1024);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t      len;
    u_char     *p;
    uint32_t    tokens, classes;
    hoop_sql_t  by_tokens, sql;

    if (size == 0) {
        return 0;
    }

    p = fuzz_text(data, size, &len);

    hoop_sql_init(&by_tokens);
    by_tokens.tokens_only = 1;
    check(hoop_sql_classify(&by_tokens, HOOP_SQL_POSTGRESQL, p, len)
          == HOOP_OK);

    hoop_sql_init(&sql);
    check(hoop_sql_classify(&sql, HOOP_SQL_POSTGRESQL, p, len) == HOOP_OK);

    fuzz_is_sound(&sql, p, len);

    tokens = by_tokens.classes;
    classes = sql.classes;

    /* a class of what is done is found by both, or it is unknown */

    if ((classes & EFFECTS) == 0 && !(classes & HOOP_SQL_UNKNOWN)) {
        check((tokens & EFFECTS) == 0);
    }

    if ((tokens & EFFECTS) == 0 && !(tokens & HOOP_SQL_UNKNOWN)) {
        check((classes & EFFECTS) == 0);
    }

    /* words are there for what is done */

    check(!(classes & (HOOP_SQL_DELETE|HOOP_SQL_DELETE_ALL))
          || fuzz_has(&sql, "delete"));
    check(!(classes & (HOOP_SQL_UPDATE|HOOP_SQL_UPDATE_ALL))
          || fuzz_has(&sql, "update"));
    check(!(classes & HOOP_SQL_INSERT) || fuzz_has(&sql, "insert")
          || fuzz_has(&sql, "into") || fuzz_has(&sql, "copy")
          || fuzz_has(&sql, "import"));

    check(hoop_sql_classify(&sql, HOOP_SQL_POSTGRESQL, p, len) == HOOP_OK);
    check(sql.classes == classes);

    hoop_sql_clear(&by_tokens);
    hoop_sql_clear(&sql);
    free(p);

    fuzz_memory();

    return 0;
}
