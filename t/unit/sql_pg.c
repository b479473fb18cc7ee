
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * PostgreSQL's statements by PostgreSQL's grammar: what only a grammar can
 * tell, the caps, and that nothing is left behind.  The cases of sql.c are run
 * by both engines there.
 */


#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "hoop_sql.h"
#include "tap.h"


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


typedef struct {
    const char  *text;
    uint32_t     classes;
} test_class_t;


typedef struct {
    const char  *name;
    const char  *head;
    const char  *piece;
    const char  *tail;
} test_hostile_t;


static const test_class_t  classes[] = {

    /* what is no PostgreSQL is unknown, however much it looks like a query */

    { "SELECT FROM WHERE", UN },
    { "SELECT a FROM t LIMIT 5, 10", UN },
    { "SELECT TOP 10 a FROM t", UN },
    { "SELECT `a` FROM t", UN },
    { "SELECT 1; SELEC 2", UN|M },
    { "DELETE FROM t LIMIT 5 ORDER BY", DA|UN },

    /* functions that are called without a parenthesis */

    { "SELECT ('/etc/passwd').pg_read_file", UN },
    { "SELECT (a).pg_read_file FROM t", UN },
    { "SELECT ((a)).b.pg_sleep FROM t", UN },
    { "SELECT (a[1]).lo_unlink FROM t", UN },
    { "SELECT f.pg_read_file FROM unnest(ARRAY['/etc/passwd']) AS f", UN },
    { "SELECT f.pg_read_file FROM unnest(ARRAY['x']) AS f(x)", UN },
    { "SELECT unnest.pg_sleep FROM unnest(ARRAY[1])", UN },
    { "SELECT x FROM unnest(ARRAY['x']) f, LATERAL (SELECT f.lo_unlink) x",
      UN },
    { "SELECT 1 WHERE EXISTS (SELECT g.pg_sleep) "
      "UNION SELECT g FROM generate_series(1, 2) g", UN },
    { "SELECT g.n FROM generate_series(1, 2) AS g(n)", R },
    { "SELECT g.g, g.ordinality FROM generate_series(1, 2) "
      "WITH ORDINALITY g", R },
    { "SELECT e.key, e.value FROM t, jsonb_each(t.data) e", R },
    { "SELECT (e).key FROM (SELECT jsonb_each(data) AS e FROM t) x", R },
    { "SELECT r.a FROM jsonb_to_recordset('[]') AS r(a int, b text)", R },
    { "SELECT (a).lower FROM t", R },
    { "SELECT (t).*, (t).id FROM t", R },

    { "SELECT 1 OPERATOR(public.+) 2", UN },
    { "SELECT 1 OPERATOR(pg_catalog.+) 2", R },
    { "SELECT a FROM t ORDER BY a USING OPERATOR(evil.<)", UN },
    { "SELECT 1 WHERE 1 OPERATOR(evil.=) ANY (SELECT 1)", UN },
    { "SELECT \"LOWER\"(a) FROM t", UN },
    { "SELECT a.b.lower(c) FROM t", UN },
    { "SELECT * FROM t TABLESAMPLE danger (1)", UN },
    { "SELECT 1::numeric(danger(1), 2)", UN },
    { "SELECT * FROM XMLTABLE('/a' PASSING danger(1) COLUMNS a int)", UN },
    { "SELECT * FROM ROWS FROM (generate_series(1, 2), danger(3)) x", UN },
    { "SELECT sum(a) FILTER (WHERE danger(a)) FROM t", UN },
    { "SELECT sum(a) OVER (ORDER BY danger(a)) FROM t", UN },
    { "SELECT a FROM t GROUP BY GROUPING SETS ((danger(a)), ())", UN },
    { "SELECT a FROM t LIMIT danger(1)", UN },
    { "SELECT a[danger(1):2] FROM t", UN },
    { "VALUES (1), (danger(2))", UN },
    { "SELECT CASE WHEN a THEN danger(1) END FROM t", UN },
    { "SELECT lower(x => danger(1))", UN },
    { "INSERT INTO t VALUES (1) ON CONFLICT (danger(a)) DO NOTHING", I|UN },
    { "UPDATE t SET (a, b) = (SELECT danger(1), 2) WHERE id = 1", U|UN },
    { "UPDATE t SET a[danger(1)] = 2 WHERE id = 1", U|UN },

    /* statements in statements */

    { "SELECT (SELECT 1 FROM (WITH x AS (DELETE FROM t RETURNING 1) "
      "SELECT * FROM x) y)", DA },
    { "WITH a AS (WITH b AS (UPDATE t SET x = 1 WHERE id = 1 RETURNING 1) "
      "SELECT * FROM b) SELECT * FROM a", U },
    { "COPY (SELECT * FROM t) TO PROGRAM 'cat'", CP|CA },
    { "EXPLAIN (ANALYZE false) DELETE FROM t", R },
    { "EXPLAIN DECLARE c CURSOR FOR SELECT 1", UN },
    { "EXPLAIN (ANALYZE 1) SELECT 1", EA },
    { "EXPLAIN CREATE TABLE x AS SELECT 1", DDL|UN },
    { "EXPLAIN SELECT danger(1)", UN },
    { "CREATE TABLE x AS SELECT danger(1)", DDL|UN },
    { "CREATE VIEW v AS SELECT danger(1)", DDL },
    { "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM u; SELECT 1)",
      DDL|DA|UN },
    { "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC "
      "SELECT 1; SELECT 2; END", DDL },
    { "SELECT 1; BEGIN; COMMIT", R|M },
    { "START TRANSACTION READ WRITE", UN },
    { "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY", R },
    { "SAVEPOINT a", R },
    { "SET TRANSACTION SNAPSHOT 'x'", UN },
    { "DECLARE c CURSOR FOR SELECT 1", UN },
    { "ANALYZE t", UN },
    { "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO x", DDL|GR },
    { "ALTER SYSTEM SET a = 1", DDL },
    { "CREATE POLICY p ON t USING (true)", DDL },
    { "CALL p((SELECT danger(1)))", CA },

    /* what a driver puts values for */

    { "SELECT a FROM t WHERE b = ? AND c = :name LIMIT ?", R },
    { "SELECT a FROM t WHERE b ? 'x' AND c = ?", UN },
    { "DELETE FROM t WHERE id = :id", D },
    { "SELECT danger(?)", UN },

    /* a text that is read by PostgreSQL as a harmless one */

    { "SELECT a FROM t WHERE (a, b) = (1, 2) AND c IS NOT DISTINCT FROM 3",
      R },
    { "SELECT a FROM t WHERE a @> ARRAY[1] AND b ?| ARRAY['a'] "
      "AND NOT c BETWEEN SYMMETRIC 2 AND 1", R },
    { "SELECT array(SELECT a FROM t), row(1, 2), ARRAY[[1], [2]]", R },
    { "SELECT current_user, current_date, localtime(2), greatest(1, 2)", R },
    { "SELECT a COLLATE \"C\", U&'\\0061', B'101', X'ff', 1e5, NULL FROM t",
      R },
    { "SELECT x FROM t GROUP BY CUBE (a, (b, c)), DISTINCT d", UN },
    { "SELECT DISTINCT a FROM ONLY t NATURAL JOIN u CROSS JOIN v", R },
    { "SELECT xmlelement(name a, xmlattributes(b AS c)) FROM t", R },
    { "SELECT left(a, 1), right(a, 1), overlay(a placing 'x' from 1), "
      "position('a' in b), substring(a from 1 for 2), trim(both from a) "
      "FROM t", R },
    { "SELECT a FROM t WHERE a LIKE 'x' ESCAPE '!' AND b SIMILAR TO 'y' "
      "AND (a, b) OVERLAPS (c, d) AND e IS NFC NORMALIZED", R },
    { "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) "
      "SEARCH DEPTH FIRST BY n SET o CYCLE n SET c USING p SELECT * FROM r",
      R }
};


static const test_class_t  rows[] = {
    { "DELETE FROM t WHERE id = 1", D },
    { "WITH a AS (DELETE FROM t WHERE id = 1), b AS (DELETE FROM u) "
      "SELECT 1", D|DA },
    { "WITH a AS (DELETE FROM t WHERE id = 1) UPDATE u SET x = 1", D|UA },
    { "UPDATE t SET a = 1 WHERE true", UA },
    { "UPDATE t SET a = 1 FROM u", UA },
    { "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 1 "
      "WHERE t.b = 2", I|U }
};


/* 600 KB of each */

static const test_hostile_t  hostile[] = {
    { "parentheses",     "SELECT ", "(", "" },
    { "sums",            "SELECT 1", "+1", "" },
    { "dots",            "SELECT a", ".a", " FROM t" },
    { "conditions",      "SELECT 1 WHERE a=1", " AND a=1", "" },
    { "negations",       "SELECT ", "NOT ", "a" },
    { "signs",           "SELECT ", "- ", "1" },
    { "unions",          "SELECT 1", " UNION SELECT 1", "" },
    { "casts",           "SELECT 1", "::int", "" },
    { "joins",           "SELECT 1 FROM t", " JOIN t ON a", "" },
    { "subscripts",      "SELECT a", "[1]", "" },
    { "cases",           "SELECT ", "CASE WHEN a THEN ", "" },
    { "comments",        "SELECT ", "/*", "" },
    { "comments' ends",  "SELECT /*", "/**/", "*/ 1" },
    { "operators",       "SELECT 1 ", "+", " 1" },
    { "operators' ends", "SELECT 1 @", "+-", " 1" },
    { "runs",            "SELECT 1", " /*+++++++++++++++++++++++++++*/", "" },
    { "operators' names", "SELECT 1", " OPERATOR(a.a.a.a.a.a.a.a.+) 1", "" },
    { "an operator's name", "SELECT 1 OPERATOR(", "a.", "+) 1" },
    { "strings",         "SELECT 'a'", "\n'a'", "" },
    { "a string",        "SELECT '", "a", "'" },
    { "an escape",       "SELECT U&'", "\\0061", "'" },
    { "a dollar quote",  "SELECT $a$", "$a", "$a$" },
    { "dollars",         "SELECT ", "$a", "" },
    { "a name",          "SELECT ", "a", "" },
    { "values",          "INSERT INTO t VALUES (1)", ",(1)", "" },
    { "statements",      "SELECT 1", ";SELECT 1", "" },
    { "empty statements", "SELECT 1", ";", "" },
    { "CTEs",            "WITH a AS (SELECT 1)", ",a AS (SELECT 1)",
      "SELECT 1" },
    { "subqueries",      "SELECT * FROM ", "(SELECT * FROM ", "" },
    { "functions",       "SELECT * FROM t", ", lower(a) f", "" },
    { "columns",         "UPDATE t SET (a", ",a", ") = (SELECT 1)" },
    { "spaces",          "SELECT 'a'", " \n", "" }
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


static void
is_class(hoop_sql_t *sql, const char *text, uint32_t wanted)
{
    int       rc;
    char      got[256], want[256];
    unsigned  i;

    rc = hoop_sql_classify(sql, HOOP_SQL_POSTGRESQL, (const u_char *) text,
                           strlen(text));

    show(sql->classes, got);
    show(wanted, want);

    if (!ok(rc == HOOP_OK && sql->classes == wanted, "%s: %.60s", want,
            text))
    {
        printf("# got   %s\n# wanted%s\n", got, want);

        for (i = 0; i < sql->n; i++) {
            printf("# why: %s\n", sql->statements[i].why
                                  ? sql->statements[i].why : "-");
        }
    }
}


static void
is_tables(hoop_sql_t *sql, const char *text, const char *wanted)
{
    unsigned    i, k;
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);

    (void) hoop_sql_classify(sql, HOOP_SQL_POSTGRESQL, (const u_char *) text,
                             strlen(text));

    for (i = 0; i < sql->n; i++) {

        for (k = 0; k < sql->statements[i].ntables; k++) {
            (void) hoop_buf_add(&b, sql->statements[i].tables[k].data,
                                sql->statements[i].tables[k].len);
            (void) hoop_buf_addc(&b, ' ');
        }

        (void) hoop_buf_adds(&b, "| ");
    }

    is_mem(b.data, b.len, wanted, strlen(wanted), text);
    hoop_buf_free(&b);
}


static void
is_texts(hoop_sql_t *sql, const char *text, const char *wanted)
{
    unsigned    i;
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);

    (void) hoop_sql_classify(sql, HOOP_SQL_POSTGRESQL, (const u_char *) text,
                             strlen(text));

    for (i = 0; i < sql->n; i++) {
        (void) hoop_buf_add(&b, sql->statements[i].text.data,
                            sql->statements[i].text.len);
        (void) hoop_buf_addc(&b, '|');
    }

    is_mem(b.data, b.len, wanted, strlen(wanted), text);
    hoop_buf_free(&b);
}


static void
test_tables(hoop_sql_t *sql)
{
    is_tables(sql, "SELECT 1", "| ");
    is_tables(sql, "SELECT * FROM db.s.T, \"x.y\".z", "db.s.t \"x.y\".z | ");
    is_tables(sql, "SELECT * FROM a UNION SELECT * FROM b; TABLE c",
              "a b | c | ");

    /* where the name of a CTE is seen, and where it is not */

    is_tables(sql, "WITH x AS (SELECT * FROM x) SELECT * FROM x, s.x",
              "x s.x | ");
    is_tables(sql, "WITH RECURSIVE x AS (SELECT * FROM x) SELECT * FROM x",
              "| ");
    is_tables(sql, "SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM x) y, x",
              "x | ");
    is_tables(sql, "WITH a AS (SELECT 1), b AS (SELECT * FROM a, c), "
                   "c AS (SELECT 1) SELECT * FROM c", "c | ");
    is_tables(sql, "WITH x AS (SELECT 1) INSERT INTO x SELECT * FROM x",
              "x | ");

    is_tables(sql, "MERGE INTO a USING b ON a.i = b.i WHEN MATCHED THEN "
                   "UPDATE SET x = (SELECT 1 FROM c)", "a b c | ");
    is_tables(sql, "UPDATE a SET x = 1 FROM b WHERE EXISTS (SELECT 1 FROM c)",
              "a b c | ");
    is_tables(sql, "SELECT * INTO n FROM a", "n a | ");
    is_tables(sql, "CREATE VIEW v AS SELECT * FROM a", "v a | ");
    is_tables(sql, "COPY (SELECT * FROM a) TO STDOUT", "a | ");
    is_tables(sql, "LOCK a, b", "a b | ");
    is_tables(sql, "CREATE TABLE p PARTITION OF a DEFAULT", "p a | ");
    is_tables(sql, "COMMENT ON TABLE s.a IS 'x'", "s.a | ");

    /* 63 bytes of a name count */

    is_tables(sql, "SELECT * FROM a123456789012345678901234567890123456789"
                   "0123456789012345678901234567890",
              "a12345678901234567890123456789012345678901234567890123456789012"
              " | ");
}


static void
test_texts(hoop_sql_t *sql)
{
    is_texts(sql, "SELECT 1", "SELECT 1|");
    is_texts(sql, " ;; SELECT 1 ; /* x */ SELECT 2 -- y\n;",
             "SELECT 1|SELECT 2|");
    is_texts(sql, "SELECT 'a;b';\nDROP TABLE t", "SELECT 'a;b'|DROP TABLE t|");
    is_texts(sql, "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);"
                  "SELECT 3",
             "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)|"
             "SELECT 3|");
}


static void
test_hostile(hoop_sql_t *sql)
{
    int               rc;
    size_t            i, k, n, len;
    double            ms, worst;
    u_char           *p;
    struct timespec   a, b;

    len = 600 * 1024;
    p = malloc(len + 64);
    worst = 0;

    for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {

        k = strlen(hostile[i].head);
        memcpy(p, hostile[i].head, k);
        n = strlen(hostile[i].piece);

        for ( /* void */ ; k + n <= len; k += n) {
            memcpy(p + k, hostile[i].piece, n);
        }

        n = strlen(hostile[i].tail);
        memcpy(p + k, hostile[i].tail, n);
        k += n;

        (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
        rc = hoop_sql_classify(sql, HOOP_SQL_POSTGRESQL, p, k);
        (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);

        ms = (b.tv_sec - a.tv_sec) * 1e3 + (b.tv_nsec - a.tv_nsec) / 1e6;
        worst = ms > worst ? ms : worst;

        ok(rc == HOOP_OK && sql->n >= 1, "hostile: %s, %.2f ms",
           hostile[i].name, ms);
    }

    /* twentyfold of what it takes: for a busy machine or a sanitizer */

    ok(worst < 400, "in %.1f ms", worst);

    free(p);
}


/* as much as is parsed */

static void
test_longest(hoop_sql_t *sql)
{
    int               rc;
    size_t            i, k, n, pieces;
    double            ms, worst;
    u_char           *p;
    struct timespec   a, b;

    p = malloc(1024 * 1024);
    worst = 0;

    for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {

        pieces = 65536;

        do {
            pieces -= pieces / 16;

            k = strlen(hostile[i].head);
            memcpy(p, hostile[i].head, k);

            for (n = 0; n < pieces && k < 600 * 1024; n++) {
                memcpy(p + k, hostile[i].piece, strlen(hostile[i].piece));
                k += strlen(hostile[i].piece);
            }

            memcpy(p + k, hostile[i].tail, strlen(hostile[i].tail));
            k += strlen(hostile[i].tail);

            (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
            rc = hoop_sql_classify(sql, HOOP_SQL_POSTGRESQL, p, k);
            (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);

            ms = (b.tv_sec - a.tv_sec) * 1e3 + (b.tv_nsec - a.tv_nsec) / 1e6;
            worst = ms > worst ? ms : worst;

        } while (rc == HOOP_OK && pieces > 16
                 && (sql->ntokens > 16384
                     || (sql->statements[0].why
                         && strcmp(sql->statements[0].why,
                                   "is too long to be parsed") == 0)));

        ok(rc == HOOP_OK, "longest: %s, %zu pieces, %.2f ms", hostile[i].name,
           pieces, ms);
    }

    ok(worst < 400, "in %.1f ms", worst);

    free(p);
}


/* neither trees nor errors are kept */

static void
test_memory(hoop_sql_t *sql)
{
    long           before;
    size_t         i, k;
    struct rusage  u;

    before = 0;

    for (k = 0; k < 60; k++) {

        for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
            (void) hoop_sql_classify(sql, HOOP_SQL_POSTGRESQL,
                                     (const u_char *) classes[i].text,
                                     strlen(classes[i].text));
        }

        if (k == 10) {
            (void) getrusage(RUSAGE_SELF, &u);
            before = u.ru_maxrss;
        }
    }

    (void) getrusage(RUSAGE_SELF, &u);

    ok(u.ru_maxrss - before < 512, "grows by %ld KB", u.ru_maxrss - before);
}


int
main(void)
{
    size_t      i;
    hoop_sql_t  sql;

    if (hoop_sql_pg_version() == NULL) {
        printf("1..0 # SKIP built without libpg_query (make deps-pg)\n");
        return 0;
    }

    hoop_sql_init(&sql);

    ok(strncmp(hoop_sql_pg_version(), "1", 1) == 0, "PostgreSQL %s",
       hoop_sql_pg_version());

    for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        is_class(&sql, classes[i].text, classes[i].classes);
    }

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_class(&sql, rows[i].text, rows[i].classes);
    }

    test_tables(&sql);
    test_texts(&sql);
    test_memory(&sql);
    test_hostile(&sql);
    test_longest(&sql);

    hoop_sql_clear(&sql);

    return done_testing();
}
