
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoop_sql.h: common statements that are harmless, in each dialect, and those
 * that are not, however they are written.
 */


#include <time.h>

#include "hoop_sql_record.h"
#include "sql.h"


typedef struct {
    int          dialect;
    const char  *text;
} test_read_t;


typedef struct {
    int          dialect;
    const char  *text;
    uint32_t     classes;      /* of all statements */
} test_class_t;


/* all dialects that have it */

#define ALL  100


/* harmless, and common */

static const test_read_t  reads[] = {
    { ALL, "SELECT 1" },
    { ALL, "select * from t" },
    { ALL, "SELECT a, b FROM t WHERE id = 5;" },
    { ALL, "SELECT a -- the first\nFROM t" },
    { ALL, "/* who */ SELECT a FROM t" },
    { ALL, "SELECT 'DROP TABLE t; DELETE FROM t' AS x FROM t" },
    { ALL, "SELECT 'it''s' FROM t" },
    { ALL, "SELECT count(*), sum(x), avg(y), min(z), max(z) FROM t" },
    { ALL, "SELECT DISTINCT a FROM t ORDER BY a DESC" },
    { ALL, "SELECT a, COUNT(*) AS n FROM t GROUP BY a HAVING COUNT(*) > 1" },
    { ALL, "SELECT u.name, o.total FROM users u JOIN orders o "
           "ON o.user_id = u.id WHERE o.total > 100" },
    { ALL, "SELECT * FROM a LEFT JOIN b ON a.id = b.a_id "
           "LEFT OUTER JOIN c ON c.id = b.c_id" },
    { ALL, "SELECT * FROM a CROSS JOIN b" },
    { ALL, "SELECT * FROM a, b WHERE a.id = b.id" },
    { ALL, "SELECT * FROM (SELECT id FROM t) x" },
    { ALL, "SELECT id FROM t WHERE id IN (SELECT t_id FROM u)" },
    { ALL, "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u "
           "WHERE u.t_id = t.id)" },
    { ALL, "SELECT id FROM t WHERE NOT EXISTS (SELECT 1 FROM u)" },
    { ALL, "SELECT (SELECT max(id) FROM u) AS m FROM t" },
    { ALL, "SELECT a FROM t UNION SELECT b FROM u" },
    { ALL, "SELECT a FROM t UNION ALL SELECT b FROM u ORDER BY 1" },
    { ALL, "SELECT a FROM t INTERSECT SELECT b FROM u" },
    { ALL, "(SELECT a FROM t) UNION ALL (SELECT b FROM u)" },
    { ALL, "WITH x AS (SELECT id FROM t) SELECT * FROM x" },
    { ALL, "WITH x AS (SELECT 1 AS a), y AS (SELECT a FROM x) "
           "SELECT * FROM y JOIN x ON x.a = y.a" },
    { ALL, "WITH x (a, b) AS (SELECT 1, 2) SELECT a FROM x" },
    { ALL, "SELECT CASE WHEN a > 1 THEN 'x' ELSE 'y' END FROM t" },
    { ALL, "SELECT CASE a WHEN 1 THEN 2 END AS update_kind FROM t" },
    { ALL, "SELECT CAST(a AS varchar(10)) FROM t" },
    { ALL, "SELECT CAST(a AS decimal(10, 2)), CAST('2024-01-01' AS date) "
           "FROM t" },
    { ALL, "SELECT COALESCE(a, b, 0), NULLIF(a, 0) FROM t" },
    { ALL, "SELECT UPPER(name), LOWER(name), TRIM(name), LENGTH(name) FROM t" },
    { ALL, "SELECT REPLACE(name, 'a', 'b') FROM t" },
    { ALL, "SELECT SUBSTRING(name, 1, 3), CONCAT(a, '-', b) FROM t" },
    { ALL, "SELECT ROUND(x, 2), ABS(y), FLOOR(z), POWER(x, 2) FROM t" },
    { ALL, "SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY b DESC) FROM t" },
    { ALL, "SELECT SUM(x) OVER (PARTITION BY a ORDER BY d ROWS BETWEEN "
           "UNBOUNDED PRECEDING AND CURRENT ROW) FROM t" },
    { ALL, "SELECT LAG(x, 1) OVER (ORDER BY d), RANK() OVER (ORDER BY x) "
           "FROM t" },
    { ALL, "SELECT * FROM t WHERE a BETWEEN 1 AND 5 AND b LIKE '%x%'" },
    { ALL, "SELECT * FROM t WHERE a IS NOT NULL AND (b = 1 OR c = 2)" },
    { ALL, "SELECT * FROM t WHERE a IN (1, 2, 3) AND NOT b = 2" },
    { ALL, "SELECT t.delete, t.update FROM t" },
    { ALL, "SELECT a AS delete FROM t" },
    { ALL, "SELECT deleted_at, created, updated_by, is_deleted FROM t" },
    { ALL, "SELECT a FROM s.t" },
    { ALL, "SELECT CURRENT_TIMESTAMP, CURRENT_DATE FROM t" },
    { ALL, "SELECT a+1, b*2, -c, (a + b) / 2 FROM t" },
    { ALL, "SELECT EXTRACT(YEAR FROM created) FROM t" },
    { ALL, "SELECT a FROM t WHERE d >= '2024-01-01' AND d < '2024-02-01'" },
    { ALL, "SELECT value, key_name, comment, call_id, copy_no FROM t" },

    { PG, "SELECT a::text, b::numeric(10,2), '2024-01-01'::date FROM t" },
    { PG, "SELECT data->>'name', data->'a'->'b', data #>> '{a,b}' FROM t" },
    { PG, "SELECT * FROM t WHERE data @> '{\"a\": 1}'::jsonb" },
    { PG, "SELECT * FROM t WHERE data ? 'key' AND tags && ARRAY['a','b']" },
    { PG, "SELECT now() - interval '1 day', date_trunc('month', ts) FROM t" },
    { PG, "SELECT * FROM generate_series(1, 10) AS g(n)" },
    { PG, "SELECT x.a FROM unnest(ARRAY[1,2]) AS x(a)" },
    { PG, "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(id, name)" },
    { PG, "SELECT * FROM (VALUES (1, 'a')) v (id, name)" },
    { PG, "VALUES (1, 2), (3, 4)" },
    { PG, "TABLE t" },
    { PG, "SELECT $1::int, $2" },
    { PG, "SELECT $$it's; DROP TABLE t$$" },
    { PG, "SELECT $x$ $$ DELETE FROM t $$ $x$" },
    { PG, "SELECT E'a\\'b; DROP TABLE t' FROM t" },
    { PG, "SELECT 1 /* a /* nested */ comment */" },
    { PG, "SELECT string_agg(a, ',' ORDER BY a) FILTER (WHERE a <> '') "
          "FROM t" },
    { PG, "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM t" },
    { PG, "SELECT DISTINCT ON (a) a, b FROM t ORDER BY a, b DESC" },
    { PG, "SELECT * FROM a JOIN LATERAL (SELECT * FROM b WHERE b.id = a.id) "
          "x ON true" },
    { PG, "SELECT * FROM a JOIN b USING (id) LIMIT 10 OFFSET 5" },
    { PG, "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r "
          "WHERE n < 5) SELECT n FROM r" },
    { PG, "WITH x AS MATERIALIZED (SELECT 1) SELECT * FROM x" },
    { PG, "SELECT a FROM t ORDER BY a NULLS LAST FETCH FIRST 5 ROWS ONLY" },
    { PG, "SELECT a FROM t WHERE a ILIKE '%x%' AND b ~* '^a' AND c !~ 'b'" },
    { PG, "SELECT a FROM t WHERE a IS DISTINCT FROM b" },
    { PG, "SELECT a FROM t WHERE a = ANY($1) AND b = ANY(ARRAY[1,2])" },
    { PG, "SELECT jsonb_build_object('a', 1), row_to_json(t) FROM t" },
    { PG, "SELECT jsonb_agg(x) FROM t, jsonb_array_elements(t.d) AS x" },
    { PG, "SELECT extract(epoch FROM ts), to_char(ts, 'YYYY') FROM t" },
    { PG, "SELECT \"Name\", \"order\" FROM \"Users\"" },
    { PG, "SELECT count(*) FROM information_schema.tables" },
    { PG, "SELECT pg_size_pretty(pg_total_relation_size('t'))" },
    { PG, "SELECT pg_catalog.lower('A'), version(), current_database()" },
    { PG, "SELECT a, grouping(a) FROM t GROUP BY GROUPING SETS ((a), ())" },
    { PG, "SELECT a FROM t GROUP BY ROLLUP (a, b)" },
    { PG, "SELECT x FROM t TABLESAMPLE BERNOULLI (10)" },
    { PG, "SELECT sum(x) OVER w FROM t WINDOW w AS (PARTITION BY a)" },
    { PG, "SELECT a FROM t WHERE a SIMILAR TO '%(b|d)%'" },
    { PG, "SELECT name FROM t WHERE path LIKE 'a\\_%' ESCAPE '\\'" },
    { PG, "SELECT ts AT TIME ZONE 'UTC' FROM t" },
    { PG, "SELECT regexp_replace(a, '\\d+', '') FROM t" },
    { PG, "SELECT to_tsvector('english', a) @@ plainto_tsquery('x') FROM t" },

    /* columns of functions in FROM, and of what is named as one */

    { PG, "SELECT e.key, e.value FROM jsonb_each(x) e" },
    { PG, "SELECT e.key FROM t, jsonb_each_text(t.d) AS e (key, v)" },
    { PG, "SELECT t.elem FROM unnest(a) AS t(elem)" },
    { PG, "SELECT T.Elem FROM unnest(a) AS t(elem)" },
    { PG, "SELECT \"T\".\"Elem\" FROM unnest(a) AS \"T\"(\"Elem\")" },
    { PG, "SELECT g.n FROM generate_series(1, 3) AS g(n)" },
    { PG, "SELECT g.g, g.g + 1 FROM generate_series(1, 3) g" },
    { PG, "SELECT u.tag, u.ord FROM t, unnest(t.tags) WITH ORDINALITY "
          "AS u (tag, ord)" },
    { PG, "SELECT u.u, u.ordinality FROM unnest(a) WITH ORDINALITY u" },
    { PG, "SELECT r.a, r.b FROM jsonb_to_recordset($1) AS r(a int, b text)" },
    { PG, "SELECT x.a FROM ROWS FROM (generate_series(1, 2), unnest(a)) "
          "AS x(a, b)" },
    { PG, "SELECT x.a FROM ROWS FROM (generate_series(1, 2)) AS x(a)" },
    { PG, "SELECT x.a FROM ROWS FROM (json_to_record($1) AS (a int)) AS x" },
    { PG, "SELECT acl.grantee, acl.privilege_type FROM pg_class c, "
          "LATERAL aclexplode(c.relacl) AS acl" },
    { PG, "SELECT o.option_name FROM t, pg_options_to_table(t.o) o" },
    { PG, "SELECT u.lower FROM unnest(a) AS u" },
    { PG, "SELECT t.col FROM t JOIN unnest(t.a) f ON true" },
    { PG, "SELECT s.pg_read_file FROM (SELECT 'x' AS pg_read_file) s" },
    { PG, "SELECT v.col FROM (VALUES ('x')) AS v(col)" },
    { PG, "SELECT * FROM current_user, CAST('x' AS text)" },
    { PG, "SELECT d.d FROM t, current_date AS d(d)" },

    { GEN, "SELECT e.key FROM jsonb_each(x) e" },
    { GEN, "SELECT t.elem FROM unnest(a) AS t(elem)" },
    { GEN, "SELECT g.n FROM generate_series(1, 3) AS g(n)" },
    { GEN, "SELECT u.created FROM user u" },
    { GEN, "SELECT f.index FROM t, LATERAL FLATTEN(t.a) f" },

    { PG, "SHOW search_path" },
    { PG, "SHOW ALL" },
    { PG, "EXPLAIN SELECT * FROM t" },
    { PG, "EXPLAIN (FORMAT JSON, COSTS off) SELECT * FROM t" },
    { PG, "EXPLAIN VERBOSE SELECT a FROM t WHERE id = 1" },
    { PG, "EXPLAIN DELETE FROM t WHERE id = 1" },
    { PG, "BEGIN" },
    { PG, "COMMIT" },
    { PG, "ROLLBACK" },
    { PG, "START TRANSACTION READ ONLY" },
    { PG, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE" },

    { MY, "SELECT `order`, `t`.`select` FROM `my table`" },
    { MY, "SELECT \"it's\" FROM t # DROP TABLE t" },
    { MY, "SELECT 'it\\'s; DROP TABLE t' FROM t" },
    { MY, "SELECT a FROM t LIMIT 5, 10" },
    { MY, "SELECT IF(a > 1, 'x', 'y'), IFNULL(a, 0) FROM t" },
    { MY, "SELECT GROUP_CONCAT(DISTINCT a ORDER BY a SEPARATOR ',') FROM t" },
    { MY, "SELECT DATE_ADD(d, INTERVAL 1 DAY), DATE_FORMAT(d, '%Y') FROM t" },
    { MY, "SELECT a FROM t WHERE MATCH(a) AGAINST('x' IN BOOLEAN MODE)" },
    { MY, "SELECT data->'$.a', JSON_EXTRACT(data, '$.b') FROM t" },
    { MY, "SELECT SQL_CALC_FOUND_ROWS a FROM t USE INDEX (i) LIMIT 1" },
    { MY, "SELECT a FROM t WHERE a <=> NULL AND b REGEXP '^x'" },
    { MY, "SELECT @@version, @x, DATABASE(), USER(), VERSION()" },
    { MY, "SELECT TRUNCATE(x, 2), INSERT('abc', 1, 1, 'x') FROM t" },
    { MY, "SELECT 5--1" },
    { MY, "SELECT a FROM t WHERE a = 1 || b = 2" },
    { MY, "SELECT _utf8mb4'x', x'0f', 0xff" },
    { MY, "SELECT * FROM user" },
    { MY, "SHOW TABLES" },
    { MY, "SHOW FULL COLUMNS FROM t" },
    { MY, "SHOW CREATE TABLE t" },
    { MY, "SHOW GRANTS FOR 'a'@'localhost'" },
    { MY, "SHOW INDEX FROM t" },
    { MY, "SHOW VARIABLES LIKE 'x%'" },
    { MY, "SHOW PROCESSLIST" },
    { MY, "DESCRIBE t" },
    { MY, "DESC s.t" },
    { MY, "EXPLAIN t" },
    { MY, "EXPLAIN FORMAT=JSON SELECT * FROM t" },
    { MY, "START TRANSACTION" },

    { MS, "SELECT TOP 10 * FROM dbo.t" },
    { MS, "SELECT TOP (10) [a], [b c] FROM [dbo].[t] WITH (NOLOCK)" },
    { MS, "SELECT a FROM t (NOLOCK)" },
    { MS, "SELECT a FROM db..t" },
    { MS, "SELECT GETDATE(), DATEADD(day, -1, GETDATE()), ISNULL(a, 0) "
          "FROM t" },
    { MS, "SELECT CONVERT(varchar(10), d, 120) FROM t" },
    { MS, "SELECT DATEDIFF(day, a, b), LEN(c), CHARINDEX('x', c) FROM t" },
    { MS, "SELECT a FROM t ORDER BY a OFFSET 10 ROWS FETCH NEXT 10 ROWS ONLY" },
    { MS, "SELECT * FROM t CROSS APPLY (SELECT 1 AS x) y" },
    { MS, "SELECT * FROM t FOR JSON PATH" },
    { MS, "SELECT STUFF((SELECT ',' + a FROM t FOR XML PATH('')), 1, 1, '')" },
    { MS, "SELECT @a, @@ROWCOUNT, N'x' FROM t WHERE id = @id" },
    { MS, "SELECT * FROM t PIVOT (SUM(x) FOR m IN ([a], [b])) p" },
    { MS, "SELECT x.value('(a/b)[1]', 'int') FROM t" },
    { MS, "SELECT a FROM #temp" },
    { MS, "SELECT a FROM t OPTION (RECOMPILE)" },
    { MS, "SELECT a FROM t INNER MERGE JOIN u ON t.id = u.id" },
    { MS, "SELECT IIF(a > 1, 'x', 'y'), TRY_CAST(a AS int) FROM t" },
    { MS, "SELECT JSON_VALUE(d, '$.a') FROM t" },
    { MS, "SELECT * FROM OPENJSON(@j) WITH (id int '$.id')" },
    { MS, "SELECT name FROM sys.tables" },
    { MS, "SELECT a FROM t EXCEPT SELECT b FROM u" },
    { MS, "SELECT 1\nGO" },
    { MS, "DECLARE @x INT = 5" },
    { MS, "SET NOCOUNT ON" },
    { MS, "WITH c AS (SELECT a FROM t) SELECT a FROM c" },

    { ORA, "SELECT sysdate, user FROM dual" },
    { ORA, "SELECT * FROM t WHERE ROWNUM <= 10" },
    { ORA, "SELECT NVL(a, 0), DECODE(a, 1, 'x', 'y'), TO_CHAR(d, 'YYYY') "
           "FROM t" },
    { ORA, "SELECT LEVEL FROM dual CONNECT BY LEVEL <= 10" },
    { ORA, "SELECT a FROM t START WITH p IS NULL CONNECT BY PRIOR id = p" },
    { ORA, "SELECT a FROM t, u WHERE t.id = u.id(+)" },
    { ORA, "SELECT q'[it's; DROP TABLE t]' FROM dual" },
    { ORA, "SELECT LISTAGG(a, ',') WITHIN GROUP (ORDER BY a) FROM t" },
    { ORA, "SELECT a FROM t MINUS SELECT b FROM u" },
    { ORA, "SELECT TRUNC(SYSDATE), ADD_MONTHS(SYSDATE, 1) FROM dual" },
    { ORA, "SELECT /*+ INDEX(t i) */ a FROM t" },
    { ORA, "SELECT a FROM t WHERE d > DATE '2024-01-01'" },
    { ORA, "SELECT a FROM t WHERE a = :id AND ROWID = :1" },
    { ORA, "SELECT a FROM t FETCH FIRST 5 ROWS ONLY" },

    { LITE, "SELECT [a], `b`, \"c\" FROM t" },
    { LITE, "SELECT strftime('%Y', d), date('now'), julianday('now') FROM t" },
    { LITE, "SELECT a || b, typeof(a), ifnull(a, 0) FROM t LIMIT 5" },
    { LITE, "SELECT json_extract(d, '$.a') FROM t WHERE a GLOB 'x*'" },
    { LITE, "SELECT ?1, :a, @b, $c" },
    { LITE, "PRAGMA table_info(t)" },
    { LITE, "PRAGMA user_version" },
    { LITE, "EXPLAIN QUERY PLAN SELECT * FROM t" },
    { LITE, "SELECT name FROM sqlite_master WHERE type = 'table'" },

    { CH, "SELECT toStartOfHour(ts), uniq(id), countIf(x > 1) FROM t FINAL" },
    { CH, "SELECT quantile(0.9)(x) FROM t PREWHERE a = 1" },
    { CH, "SELECT arrayJoin([1, 2, 3]) AS x, x::UInt8" },
    { CH, "SELECT * FROM t ARRAY JOIN arr AS a" },
    { CH, "SELECT a FROM t LIMIT 1 BY b LIMIT 10 FORMAT JSONEachRow" },
    { CH, "SELECT a FROM t SETTINGS max_threads = 8" },
    { CH, "SELECT arrayMap(x -> x + 1, [1, 2])" },
    { CH, "SELECT * FROM numbers(10)" },
    { CH, "SELECT {id:UInt32}, toDateTime('2024-01-01 00:00:00')" },
    { CH, "WITH 1 AS one SELECT one" },
    { CH, "SHOW DATABASES" },
    { CH, "DESCRIBE TABLE t" },
    { CH, "EXISTS TABLE t" },
    { CH, "SELECT a.1, b.c.d FROM t GLOBAL ANY LEFT JOIN u USING (id)" },

    { SNOW, "SELECT src:a.b::string, f.value FROM t, "
            "LATERAL FLATTEN(input => src:items) f" },
    { SNOW, "SELECT a FROM t QUALIFY ROW_NUMBER() OVER "
            "(PARTITION BY a ORDER BY b) = 1" },
    { SNOW, "SELECT IFF(a, 1, 2), DATEADD(day, 1, d), TO_VARIANT(a) FROM t" },
    { SNOW, "SELECT * FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))" },
    { SNOW, "SELECT a FROM t AT(OFFSET => -60)" },
    { SNOW, "SELECT $1, $2 FROM @stage/path" },
    { SNOW, "SHOW TABLES LIKE 'x' IN SCHEMA s" },
    { SNOW, "DESCRIBE TABLE t" },
    { SNOW, "SELECT 1 // DROP TABLE t" },

    { GEN, "SELECT a.id, b.total AS \"Total\" FROM a INNER JOIN b "
           "ON a.id = b.id WHERE a.x LIKE 'foo%' ORDER BY 2 LIMIT 10" },
    { GEN, "SELECT open, close, high, low FROM prices" },
    { GEN, "SHOW TABLES" },
    { GEN, "EXPLAIN SELECT 1" }
};


/* what is not harmless, as the classes say it */

static const test_class_t  classes[] = {
    { ALL, "DELETE FROM t", DA },
    { ALL, "delete from t;", DA },
    { ALL, "DELETE FROM t -- WHERE id = 5", DA },
    { ALL, "DELETE /* x */ FROM t WHERE id = 5", D },
    { ALL, "DELETE FROM t WHERE name = 'x' AND id = 5", D },
    { ALL, "DELETE FROM t WHERE 1=1", DA },
    { ALL, "DELETE FROM t WHERE 1", DA },
    { ALL, "DELETE FROM t WHERE true", DA },
    { ALL, "DELETE FROM t WHERE 'a' = 'a'", DA },
    { ALL, "DELETE FROM t WHERE id = id", DA },
    { ALL, "DELETE FROM t WHERE t.id = id", DA },
    { ALL, "DELETE FROM t WHERE t.id = t.id", DA },
    { ALL, "DELETE FROM t WHERE id = 5 OR 1=1", DA },
    { ALL, "DELETE FROM t WHERE id = 5 OR (1=1)", DA },
    { ALL, "DELETE FROM t WHERE (id = 5) OR NOT (1 = 2)", DA },
    { ALL, "DELETE FROM t WHERE NOT false", DA },
    { ALL, "DELETE FROM t WHERE NOT (id = 1 AND id <> 1)", DA },
    { ALL, "DELETE FROM t WHERE id = 1 OR id <> 1", DA },
    { ALL, "DELETE FROM t WHERE id < 5 OR id >= 5", DA },
    { ALL, "DELETE FROM t WHERE a IS NULL OR a IS NOT NULL", DA },
    { ALL, "DELETE FROM t WHERE a IS NULL OR NOT (a IS NULL)", DA },
    { ALL, "DELETE FROM t WHERE id IS NOT NULL", DA },
    { ALL, "DELETE FROM t WHERE NOT id IS NULL", DA },
    { LITE, "DELETE FROM t WHERE id NOTNULL", DA },
    { LITE, "DELETE FROM t WHERE NOT id ISNULL", DA },
    { PG, "DELETE FROM t WHERE id NOTNULL", DA },
    { ALL, "DELETE FROM t WHERE id IS NULL", D },
    { ALL, "DELETE FROM t WHERE id > 0", DA },
    { ALL, "DELETE FROM t WHERE n > -1", DA },
    { ALL, "DELETE FROM t WHERE name LIKE '%'", DA },
    { ALL, "DELETE FROM t WHERE 2 > 1", DA },
    { ALL, "DELETE FROM t WHERE 1 IN (1, 2)", DA },
    { ALL, "DELETE FROM t WHERE EXISTS (SELECT 1)", DA },
    { ALL, "DELETE FROM t WHERE EXISTS (SELECT 1 FROM t)", DA },
    { ALL, "DELETE FROM t WHERE id IN (SELECT id FROM t)", DA },
    { ALL, "DELETE FROM t WHERE COALESCE(id, id) = id", DA },
    { ALL, "DELETE FROM t WHERE id BETWEEN id AND id", DA },
    { ALL, "DELETE FROM t WHERE (id = 5) = (id = 5)", DA },
    { ALL, "DELETE FROM t WHERE CASE WHEN id = 1 THEN 1 ELSE 1 END = 1", DA },
    { ALL, "DELETE FROM t WHERE ((((1=1))))", DA },
    { ALL, "DELETE FROM t WHERE id = 5 AND 1=1", D },
    { ALL, "DELETE FROM t WHERE (id = 5 OR id = 6) AND a = 1", D },
    { ALL, "DELETE FROM t WHERE id BETWEEN 5 AND 10", D },
    { ALL, "DELETE FROM t WHERE id IN (1, 2, 3)", D },
    { ALL, "DELETE FROM t WHERE id IN (SELECT t_id FROM u WHERE x = 1)", D },
    { ALL, "DELETE FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.uid)",
      D },
    { ALL, "DELETE FROM t WHERE created < '2020-01-01'", D },
    { ALL, "DELETE FROM t WHERE name LIKE 'a%'", D },
    { ALL, "DELETE FROM t WHERE deleted_at IS NOT NULL", D },
    { ALL, "UPDATE t SET a = 1", UA },
    { ALL, "UPDATE t SET a = 1 WHERE id = 5", U },
    { ALL, "UPDATE t SET a = 1 WHERE 1 = 1", UA },
    { ALL, "UPDATE t SET a = (SELECT b FROM u WHERE u.id = t.id)", UA },
    { ALL, "UPDATE t SET a = 'WHERE id = 5'", UA },
    { ALL, "UPDATE t SET a = 1 -- WHERE id = 5", UA },
    { ALL, "UPDATE t SET a = b + 1, c = c * 2 WHERE x = 'y' OR z = 3", U },
    { ALL, "INSERT INTO t (a, b) VALUES (1, 'x')", I },
    { ALL, "INSERT INTO t VALUES (1, 2), (3, 4)", I },
    { ALL, "INSERT INTO t (a) SELECT b FROM u", I },
    { ALL, "INSERT INTO s.t SELECT * FROM u WHERE id = 5", I },
    { ALL, "DROP TABLE t", DDL },
    { ALL, "drop table if exists t", DDL },
    { ALL, "CREATE TABLE t (id int, a varchar(10))", DDL },
    { ALL, "CREATE VIEW v AS SELECT * FROM t", DDL },
    { ALL, "ALTER TABLE t ADD COLUMN b int", DDL },
    { ALL, "CREATE INDEX i ON t (a)", DDL },
    { ALL, "TRUNCATE TABLE t", TR },
    { ALL, "GRANT SELECT ON t TO u", GR },
    { ALL, "REVOKE ALL ON t FROM u", GR },
    { ALL, "CREATE USER u", DDL|GR },
    { ALL, "DROP ROLE r", DDL|GR },
    { ALL, "CALL p(1)", CA },
    { ALL, "SELECT 1; DROP TABLE t", R|DDL|M },
    { ALL, "SELECT 1;;; ; DELETE FROM t", R|DA|M },
    { ALL, "SELECT 1; SELECT 2", R|M },
    { ALL, "SELECT my_function(1)", UN },
    { ALL, "SELECT s.f(1) FROM t", UN },
    { ALL, "SELECT a FROM t WHERE delete_users(1) = 1", UN },
    { ALL, "SELECT * FROM t ORDER BY danger(1)", UN },
    { ALL, "SELECT * FROM t, danger(1)", UN },
    { ALL, "VACUUM", UN },
    { ALL, "", UN },
    { ALL, ";", UN },
    { ALL, "-- nothing\n", UN },
    { ALL, "hello", UN },
    { ALL, "SELECT 'a", UN },
    { ALL, "SELECT 1 /* a", UN },
    { ALL, "SELECT (1", UN },
    { ALL, "SELECT 1)", UN },
    { ALL, "SELECT \xff", UN },
    { ALL, "SELECT 1 FROM t\xc2\xa0", UN },
    { ALL, "SET x = 1", UN },
    { ALL, "USE other", UN },
    { ALL, "WITH x AS (SELECT 1) DELETE FROM t", DA },
    { ALL, "WITH x AS (SELECT 1) DELETE FROM t WHERE id = 5", D },
    { ALL, "WITH x AS (SELECT 1) UPDATE t SET a = 1", UA },
    { ALL, "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", I },
    { ALL, "WITH x AS (SELECT 1) FROBNICATE t", UN },
    { ALL, "MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN "
           "UPDATE SET a = u.a WHEN NOT MATCHED THEN INSERT (a) "
           "VALUES (u.a)", I|U },
    { ALL, "MERGE INTO t USING u ON 1 = 1 WHEN MATCHED THEN DELETE", D|DA },

    { PG, "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", DA },
    { PG, "WITH d AS (DELETE FROM t WHERE id = 1 RETURNING *) SELECT 1", D },
    { PG, "WITH a AS (SELECT 1), b AS (UPDATE t SET x = 1 RETURNING 1) "
          "SELECT * FROM a", UA },
    { PG, "WITH i AS (INSERT INTO t VALUES (1) RETURNING id) "
          "SELECT id FROM i", I },
    { PG, "SELECT * INTO new_table FROM t", DDL|I },
    { PG, "SELECT * FROM t FOR UPDATE", UN },
    { PG, "SELECT * FROM t FOR NO KEY UPDATE", UN },
    { PG, "SELECT * FROM t FOR SHARE", UN },
    { PG, "EXPLAIN ANALYZE SELECT 1", EA },
    { PG, "EXPLAIN ANALYZE DELETE FROM t", EA|DA },
    { PG, "EXPLAIN (ANALYZE, BUFFERS) UPDATE t SET a = 1 WHERE id = 1", EA|U },
    { PG, "EXPLAIN (VERBOSE, analyse true) DELETE FROM t WHERE 1=1", EA|DA },
    { PG, "COPY t FROM STDIN", CP|I },
    { PG, "COPY t TO STDOUT", CP },
    { PG, "COPY t TO PROGRAM 'rm -rf /'", CP|CA },
    { PG, "COPY t FROM PROGRAM 'curl x'", CP|I|CA },
    { PG, "COPY (DELETE FROM t RETURNING *) TO STDOUT", CP|DA },
    { PG, "DO $$ BEGIN DELETE FROM t; END $$", CA|UN },
    { PG, "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2",
      I|U },
    { PG, "INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING", I },
    { PG, "UPDATE t SET a = s.a FROM s WHERE t.id = s.id", U },
    { PG, "DELETE FROM t USING u WHERE t.id = u.id", D },
    { PG, "DELETE FROM ONLY t", DA },
    { PG, "DELETE FROM t WHERE CURRENT OF c", D },
    { PG, "SELECT pg_sleep(10)", UN },
    { PG, "SELECT pg_terminate_backend(1)", UN },
    { PG, "SELECT lo_import('/etc/passwd')", UN },
    { PG, "SELECT pg_read_file('/etc/passwd')", UN },
    { PG, "SELECT setval('s', 1)", UN },
    { PG, "SELECT nextval('s')", UN },
    { PG, "SELECT query_to_xml('delete from t', true, true, '')", UN },
    { PG, "SELECT dblink_exec('x', 'drop table t')", UN },
    { PG, "SELECT set_config('a', 'b', false)", UN },
    { PG, "SELECT DISTINCT ON (a) danger(b) FROM t", UN },
    { PG, "SELECT public.lower(a) FROM t", UN },
    { PG, "SELECT \"lo_unlink\"(1)", UN },

    /* alias.name is a call, where the function answers one value */

    { PG, "SELECT f.pg_read_file FROM unnest(ARRAY['x']) AS f", UN },
    { PG, "SELECT f.pg_read_file FROM unnest(ARRAY['x']) f", UN },
    { PG, "SELECT f.pg_read_file FROM unnest(ARRAY['x']) AS f(x)", UN },
    { PG, "SELECT f . \"pg_read_file\" FROM unnest(ARRAY['x']) \"f\"", UN },
    { PG, "SELECT \"f\".pg_read_file FROM unnest(ARRAY['x']) F", UN },
    { PG, "SELECT f.pg_read_file FROM unnest(ARRAY['x']) f(\"PG_READ_FILE\")",
      UN },
    { PG, "SELECT unnest.pg_sleep FROM unnest(ARRAY[1])", UN },
    { PG, "SELECT unnest.pg_sleep FROM pg_catalog.unnest(ARRAY[1])", UN },
    { PG, "SELECT 1 FROM t WHERE EXISTS (SELECT FROM unnest(t.a) f "
          "WHERE f.lo_unlink = 1)", UN },
    { PG, "SELECT 1 FROM t, unnest(t.a) f ORDER BY f.lo_unlink", UN },
    { PG, "SELECT x FROM unnest(ARRAY['x']) f, LATERAL (SELECT f.lo_unlink) x",
      UN },
    { PG, "SELECT 1 FROM a JOIN b ON true LEFT JOIN LATERAL unnest(b.c) AS f "
          "ON f.danger", UN },
    { PG, "SELECT f.pg_read_file FROM (a CROSS JOIN unnest(a.c) f)", UN },
    { PG, "SELECT f.pg_sleep FROM ROWS FROM (generate_series(1, 2)) AS f", UN },
    { PG, "SELECT f.pg_sleep FROM ROWS FROM (generate_series(1, 2)) f(x)", UN },
    { PG, "WITH x AS (SELECT f.danger FROM generate_series(1, 2) f) "
          "SELECT * FROM x", UN },
    { PG, "SELECT f.lo_import FROM jsonb_array_elements_text($1) AS f", UN },

    /* the column has a name of its own, and the alias the function's */

    { PG, "SELECT pg_read_file.pg_read_file FROM unnest(ARRAY['x']) "
          "AS pg_read_file(x)", UN },
    { PG, "SELECT pg_read_file.pg_read_file FROM "
          "jsonb_array_elements_text('[\"x\"]') AS pg_read_file", UN },

    /* an expression, whose name is that of a type, or of what is in it */

    { PG, "SELECT text.pg_read_file FROM CAST('x' AS text)", UN },
    { PG, "SELECT lower.pg_read_file FROM CAST(lower('X') AS text)", UN },
    { PG, "SELECT f.pg_read_file FROM CAST('x' AS text) AS f", UN },
    { PG, "SELECT \"coalesce\".pg_read_file FROM coalesce('x')", UN },
    { PG, "SELECT date_part.pg_sleep FROM extract(hour FROM now())", UN },
    { PG, "SELECT btrim.pg_read_file FROM trim('x')", UN },
    { PG, "SELECT u.lo_import FROM current_user u", UN },
    { PG, "SELECT \"current_user\".lo_import FROM current_user", UN },
    { PG, "SELECT u.lo_import FROM ROWS FROM (current_user) u", UN },

    /* 63 bytes of a name count */

    { PG, "SELECT a1234567890123456789012345678901234567890123456789"
          "01234567890123x.pg_sleep FROM generate_series(1, 2) AS "
          "a123456789012345678901234567890123456789012345678901234567890123y",
      UN },

    { GEN, "SELECT f.pg_read_file FROM unnest(ARRAY['x']) AS f", UN },
    { GEN, "SELECT f.pg_read_file FROM unnest(ARRAY['x']) AS f(x)", UN },
    { GEN, "SELECT u.lo_import FROM current_user u", UN },

    { PG, "SELECT '\\'; DROP TABLE t; --'", UN|DDL|M },
    { PG, "SELECT '\\' , '; DROP TABLE t; --'", UN },
    { PG, "SELECT 'a\\'; DROP TABLE t; --'", UN|DDL|M },
    { PG, "PREPARE p AS DELETE FROM t", UN },
    { PG, "EXECUTE p", CA },
    { PG, "LOCK TABLE t", UN },
    { PG, "REFRESH MATERIALIZED VIEW v", DDL },
    { PG, "COMMENT ON TABLE t IS 'x'", DDL },
    { PG, "REINDEX TABLE t", DDL },
    { PG, "NOTIFY x", UN },
    { PG, "LOAD 'x.so'", CA|UN },
    { PG, "PREPARE TRANSACTION 'x'", UN },
    { PG, "COMMIT PREPARED 'x'", UN },
    { PG, "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE", D },
    { PG, "SELECT 1 \\; DROP TABLE t", UN },

    { MY, "SELECT /*!50000 1 INTO OUTFILE '/tmp/x' */ FROM t", UN },
    { MY, "/*! DROP TABLE t */", UN },
    { MY, "SELECT 1 /*!; DROP TABLE t */", UN },
    { MY, "SELECT 1 /*M!100000 ; DROP TABLE t */", UN },
    { MY, "SELECT * FROM t INTO OUTFILE '/tmp/x'", CP },
    { MY, "SELECT a INTO DUMPFILE '/tmp/x' FROM t", CP },
    { MY, "SELECT a INTO @x FROM t", UN },
    { MY, "SELECT @x := 1", UN },
    { MY, "SELECT LOAD_FILE('/etc/passwd')", UN },
    { MY, "SELECT SLEEP(10)", UN },
    { MY, "SELECT GET_LOCK('a', 1)", UN },
    { MY, "SELECT * FROM t FOR UPDATE", UN },
    { MY, "SELECT * FROM t LOCK IN SHARE MODE", UN },
    { MY, "DELETE FROM t LIMIT 10", DA },
    { MY, "DELETE a FROM a JOIN b ON a.id = b.id WHERE b.x = 1", D },
    { MY, "DELETE FROM t WHERE id", DA },
    { MY, "DELETE FROM t WHERE id = 5 || 1", DA },
    { MY, "DELETE FROM t WHERE name = 'a' = 0", DA },
    { MY, "DELETE FROM t WHERE !0", DA },
    { MY, "DELETE FROM t WHERE id = 5 XOR 1", DA },
    { MY, "UPDATE a JOIN b ON a.id = b.id SET a.x = 1 WHERE b.y = 2", U },
    { MY, "UPDATE LOW_PRIORITY IGNORE t SET a = 1 WHERE id = 4", U },
    { MY, "REPLACE INTO t VALUES (1)", I|U },
    { MY, "REPLACE t SET a = 1", I|U },
    { MY, "INSERT IGNORE INTO t VALUES (1)", I },
    { MY, "INSERT INTO t SET a = 1", I },
    { MY, "INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 2", I|U },
    { MY, "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t", CP|I },
    { MY, "HANDLER t OPEN", UN },
    { MY, "DO SLEEP(5)", CA|UN },
    { MY, "SELECT 1 --1; DROP TABLE t", R|M|DDL },
    { MY, "EXPLAIN ANALYZE SELECT * FROM t", EA },
    { MY, "ANALYZE TABLE t", UN },
    { MY, "ANALYZE DELETE FROM t", EA|DA },
    { MY, "KILL 5", UN },
    { MY, "SET GLOBAL x = 1", UN },
    { MY, "PREPARE s FROM 'DROP TABLE t'", UN },
    { MY, "SELECT a FROM t PROCEDURE ANALYSE()", UN },
    { MY, "OPTIMIZE TABLE t", DDL },
    { MY, "RENAME TABLE a TO b", DDL },

    { MS, "SELECT 1 DROP TABLE x", DDL|M|UN },
    { MS, "SELECT 1 DELETE FROM x", DA|M },
    { MS, "SELECT 1 DELETE x WHERE id = 1", D|M },
    { MS, "SELECT 1 EXEC sp_who", CA|M|UN },
    { MS, "SELECT 1 UPDATE x SET a = 1", UA|M },
    { MS, "SELECT 1 INSERT x VALUES (1)", I|M },
    { MS, "SELECT 1 SHUTDOWN", M|UN },
    { MS, "SELECT 1 WAITFOR DELAY '0:0:10'", M|UN },
    { MS, "SELECT 1\nGO\nDROP TABLE x", R|DDL|M },
    { MS, "SELECT 1\nGO\nxp_cmdshell 'dir'", R|UN|M },
    { MS, "EXEC xp_cmdshell 'dir'", CA },
    { MS, "EXEC('DROP TABLE t')", CA|UN },
    { MS, "EXECUTE sp_executesql N'DROP TABLE t'", CA },
    { MS, "xp_cmdshell 'dir'", UN },
    { MS, "DECLARE @s varchar(10) = 'x' EXEC(@s)", CA|UN|M },
    { MS, "DELETE TOP (10) FROM t", DA },
    { MS, "DELETE t FROM t JOIN u ON t.id = u.id WHERE u.x = 1", D },
    { MS, "UPDATE TOP (5) t SET a = 1 WHERE id = 3", U },
    { MS, "UPDATE t SET a = 1 OUTPUT deleted.a WHERE id = 3", U },
    { MS, "SELECT a INTO #x FROM t", DDL|I },
    { MS, "SELECT NEXT VALUE FOR s", UN },
    { MS, "SELECT * FROM OPENROWSET('x', 'y', 'z')", UN },
    { MS, "SELECT * FROM OPENQUERY(s, 'DELETE FROM t')", UN },
    { MS, "SELECT dbo.f(1)", UN },
    { MS, "BULK INSERT t FROM 'x'", CP|I },
    { MS, "IF 1 = 1 DROP TABLE t", DDL|UN|M },
    { MS, "BEGIN DELETE FROM t END", DA|UN|M },
    { MS, "BACKUP DATABASE x TO DISK = 'y'", CP|UN },
    { MS, "DENY SELECT ON t TO u", GR },
    { MS, "SELECT [a] FROM [t]] ; DROP TABLE x --]", R },
    { MS, "DBCC CHECKDB", UN },

    { ORA, "BEGIN DELETE FROM t; END;", UN|DA|M },
    { ORA, "DECLARE x NUMBER; BEGIN x := 1; END;", UN|M },
    { ORA, "SELECT my_seq.NEXTVAL FROM dual", UN },
    { ORA, "SELECT my_function FROM dual", UN },
    { ORA, "SELECT dbms_random.value FROM dual", UN },
    { ORA, "SELECT utl_http.request('http://x') FROM dual", UN },
    { ORA, "SELECT * FROM t FOR UPDATE NOWAIT", UN },
    { ORA, "EXPLAIN PLAN FOR SELECT 1 FROM dual", UN },
    { ORA, "EXECUTE IMMEDIATE 'DROP TABLE t'", CA|UN },
    { ORA, "WITH FUNCTION f RETURN NUMBER IS BEGIN DELETE FROM t; RETURN 1; "
           "END; SELECT f FROM dual", UN|DA|M },
    { ORA, "INSERT ALL INTO a VALUES (1) INTO b VALUES (2) SELECT 1 FROM dual",
      I },
    { ORA, "DELETE t WHERE id = 1", D },
    { ORA, "DELETE t", DA },
    { ORA, "FLASHBACK TABLE t TO BEFORE DROP", DDL },

    { LITE, "INSERT OR REPLACE INTO t VALUES (1)", I|U },
    { LITE, "INSERT OR IGNORE INTO t VALUES (1)", I },
    { LITE, "REPLACE INTO t VALUES (1)", I|U },
    { LITE, "WITH x AS (SELECT 1) REPLACE INTO t SELECT * FROM x", I|U },
    { LITE, "UPDATE OR ROLLBACK t SET a = 1", UA },
    { LITE, "ATTACH DATABASE 'x' AS y", UN },
    { LITE, "PRAGMA user_version = 5", UN },
    { LITE, "PRAGMA foreign_keys(0)", UN },
    { LITE, "PRAGMA writable_schema = 1", UN },
    { LITE, "SELECT load_extension('x')", UN },
    { LITE, "SELECT writefile('x', 'y')", UN },

    { CH, "ALTER TABLE t DELETE WHERE 1", DDL|DA },
    { CH, "ALTER TABLE t DELETE WHERE id = 5", DDL|D },
    { CH, "ALTER TABLE t UPDATE a = 1 WHERE 1", DDL|UA },
    { CH, "SELECT * FROM url('http://x', CSV)", UN },
    { CH, "SELECT * FROM file('x')", UN },
    { CH, "SELECT * FROM remote('h', d, t)", UN },
    { CH, "WITH url('x') AS u SELECT 1", UN },
    { CH, "INSERT INTO FUNCTION url('http://x') SELECT * FROM t", I|UN },
    { CH, "SELECT 1 INTO OUTFILE 'x'", CP },
    { CH, "SYSTEM SHUTDOWN", UN },
    { CH, "OPTIMIZE TABLE t FINAL", DDL },
    { CH, "SELECT 'a\\'; DROP TABLE t; --'", R },

    { SNOW, "COPY INTO t FROM @stage", CP|I },
    { SNOW, "COPY INTO @stage FROM t", CP },
    { SNOW, "INSERT OVERWRITE INTO t SELECT 1", I|TR },
    { SNOW, "SELECT s.nextval", UN },
    { SNOW, "EXECUTE IMMEDIATE $$ DROP TABLE t $$", CA|UN },
    { SNOW, "SELECT system$cancel_query('x')", UN },
    { SNOW, "PUT file://x @s", CP|UN },
    { SNOW, "UNDROP TABLE t", DDL },
    { SNOW, "SELECT * FROM IDENTIFIER('t')", UN },
    { SNOW, "SELECT 1 // x\n; DROP TABLE t", R|M|DDL },

    { GEN, "SELECT 1 DROP TABLE t", DDL|M|UN },
    { GEN, "SELECT 'a\\'; DROP TABLE t; --'", UN|DDL|M },
    { GEN, "SELECT 1 # x\n; DROP TABLE t", UN|DDL|M },
    { GEN, "SELECT $$a$$", UN },
    { GEN, "SELECT /*! 1 */ 2", UN },
    { GEN, "SELECT /* /* */ 1 */ 2", UN },
    { GEN, "UPSERT INTO t VALUES (1)", UN|DDL|I }
};


static int
has_all(int dialect, const char *text)
{
    /* what is written for all is not in each of them */

    if (dialect == MS && (strstr(text, "LIMIT") || strstr(text, "EXTRACT")
                          || strstr(text, "CALL ") || strstr(text, "SET x")
                          || strstr(text, "; SELECT 2")
                          || strstr(text, "AS delete")
                          || strstr(text, "WITH x AS (SELECT 1) FROB")))
    {
        return 0;
    }

    if (dialect == MY && (strstr(text, "MERGE") || strstr(text, "-- ") == text))
    {
        return 0;
    }

    if (dialect == GEN && strstr(text, "CALL ")) {
        return 0;
    }

    if (dialect == CH && strstr(text, "WITH x (a, b)")) {
        return 0;
    }

    return !(dialect == LITE && strstr(text, "MERGE"));
}


static void
test_all(hoop_sql_t *sql)
{
    int     d;
    size_t  i;

    for (i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {

        if (reads[i].dialect != ALL) {
            is_class(sql, reads[i].dialect, reads[i].text, R);
            continue;
        }

        for (d = GEN; d <= SNOW; d++) {
            if (has_all(d, reads[i].text)) {
                is_class(sql, d, reads[i].text, R);
            }
        }
    }

    for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {

        if (classes[i].dialect != ALL) {
            is_class(sql, classes[i].dialect, classes[i].text,
                     classes[i].classes);
            continue;
        }

        for (d = GEN; d <= SNOW; d++) {
            if (has_all(d, classes[i].text)) {
                is_class(sql, d, classes[i].text, classes[i].classes);
            }
        }
    }
}


static void
is_tables(hoop_sql_t *sql, int dialect, const char *text, const char *wanted)
{
    unsigned    i, k;
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);

    (void) hoop_sql_classify(sql, dialect, (const u_char *) text,
                             strlen(text));

    for (i = 0; i < sql->n; i++) {
        for (k = 0; k < sql->statements[i].ntables; k++) {
            (void) hoop_buf_add(&b, sql->statements[i].tables[k].data,
                                sql->statements[i].tables[k].len);
            (void) hoop_buf_addc(&b, ' ');
        }
    }

    is_mem(b.data, b.len, wanted, strlen(wanted), text);
    hoop_buf_free(&b);
}


static void
is_redacted(int dialect, const char *text, const char *wanted)
{
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);
    (void) hoop_sql_redact(dialect, (const u_char *) text, strlen(text), &b);
    is_mem(b.data, b.len, wanted, strlen(wanted), text);
    hoop_buf_free(&b);
}


static void
test_tables(hoop_sql_t *sql)
{
    is_tables(sql, PG, "SELECT * FROM Users", "users ");
    is_tables(sql, PG, "SELECT * FROM \"Users\", S.\"T\" x", "Users s.T ");
    is_tables(sql, PG, "SELECT * FROM \"a.b\"", "\"a.b\" ");
    is_tables(sql, PG, "SELECT * FROM \"a\"\"b\"", "a\"b ");
    is_tables(sql, PG, "SELECT * FROM a JOIN b ON a.x = b.x, c", "a b c ");
    is_tables(sql, PG, "SELECT * FROM a, a, A", "a ");
    is_tables(sql, PG, "WITH x AS (SELECT * FROM a) SELECT * FROM x, b",
              "a b ");
    is_tables(sql, PG, "WITH t AS (SELECT * FROM t) SELECT * FROM t", "t ");
    is_tables(sql, PG, "WITH t AS (SELECT 1) DELETE FROM t", "t ");
    is_tables(sql, PG, "SELECT * FROM (SELECT * FROM a) x WHERE id IN "
                       "(SELECT id FROM b)", "a b ");
    is_tables(sql, PG, "SELECT extract(year FROM d) FROM a", "a ");
    is_tables(sql, PG, "SELECT x FROM a WHERE b IS DISTINCT FROM c", "a ");
    is_tables(sql, PG, "INSERT INTO s.t (a) SELECT b FROM u", "s.t u ");
    is_tables(sql, PG, "UPDATE t SET a = 1 FROM u WHERE t.id = u.id", "t u ");
    is_tables(sql, PG, "DELETE FROM t USING u WHERE t.id = u.id", "t u ");
    is_tables(sql, PG, "DROP TABLE a, b CASCADE", "a b ");
    is_tables(sql, PG, "DROP TABLE IF EXISTS s.a", "s.a ");
    is_tables(sql, PG, "TRUNCATE a, b", "a b ");
    is_tables(sql, PG, "ALTER TABLE a ADD COLUMN x int", "a ");
    is_tables(sql, PG, "CREATE TABLE a AS SELECT * FROM b", "a b ");
    is_tables(sql, PG, "CREATE INDEX i ON a (x)", "a ");
    is_tables(sql, PG, "COPY s.a FROM STDIN", "s.a ");
    is_tables(sql, PG, "GRANT SELECT ON a TO b", "a ");
    is_tables(sql, PG, "SELECT 1 FROM a; SELECT 1 FROM b", "a b ");
    is_tables(sql, PG, "EXPLAIN SELECT * FROM a", "a ");
    is_tables(sql, ORA, "SELECT * FROM emp, \"Emp\"", "EMP Emp ");
    is_tables(sql, MY, "SELECT * FROM `Db`.`T`, Tab", "Db.T Tab ");
    is_tables(sql, MY, "DESCRIBE t", "t ");
    is_tables(sql, MS, "SELECT * FROM [dbo].[My Table] t", "dbo.My Table ");
    is_tables(sql, SNOW, "SELECT * FROM db.s.t", "DB.S.T ");
    is_tables(sql, LITE, "SELECT * FROM \"T\" JOIN [U]", "t u ");
    is_tables(sql, PG, "SELECT ARRAY(SELECT x FROM a) FROM b", "a b ");
    is_tables(sql, PG, "SELECT 1 FROM a WHERE x = ANY (SELECT y FROM b)",
              "a b ");
    is_tables(sql, PG, "SELECT 1 FROM sample JOIN global ON true",
              "sample global ");
    is_tables(sql, PG, "GRANT SELECT ON ALL TABLES IN SCHEMA s TO b", "");
    is_tables(sql, PG, "CREATE TABLE a (LIKE b INCLUDING ALL)", "a b ");
    is_tables(sql, ORA, "SELECT * FROM s.a@there.example b WHERE b.x = 1",
              "S.A@THERE.EXAMPLE ");
    is_tables(sql, CH, "SELECT * FROM a ARRAY JOIN b, c.d AS e", "a ");
    is_tables(sql, CH, "DROP TABLE a ON CLUSTER c", "a ");
    is_tables(sql, CH, "SELECT database, table, name FROM system.parts "
                       "WHERE table = 'a' ORDER BY table", "system.parts ");
    is_tables(sql, CH, "INSERT INTO TABLE a SELECT table FROM b", "a b ");
    is_tables(sql, CH, "SELECT 1 FROM a WHERE x IN b AND y NOT IN (s.c)",
              "a b s.c ");
    is_tables(sql, CH, "WITH b AS (SELECT 1) SELECT 1 WHERE x IN b", "");
    is_tables(sql, LITE, "SELECT 1 WHERE x IN main.a OR y IN (b)", "main.a ");

    is_tables(sql, PG, "SELECT 1 AS distinct FROM a", "a ");
    is_tables(sql, PG, "SELECT DISTINCT FROM a", "a ");
    is_tables(sql, PG, "SELECT t.as FROM a t", "a ");
    is_tables(sql, PG, "SELECT 1 FROM a WHERE x IS NOT DISTINCT FROM y", "a ");
    is_tables(sql, MY, "SELECT 1 FROM a array JOIN b ON 1 = 1", "a b ");
    is_tables(sql, CH, "SELECT 1 FROM a AS group, b", "a b ");

    /* an alias that is a keyword elsewhere */

    is_tables(sql, PG, "SELECT * FROM a minus, b", "a b ");
    is_tables(sql, PG, "SELECT * FROM a minus (x), b", "a b ");
    is_tables(sql, PG, "SELECT * FROM a option, b set, c values (x), d",
              "a b c d ");
    is_tables(sql, PG, "SELECT * FROM (SELECT * FROM a prewhere, b) x", "a b ");
    is_tables(sql, MY, "SELECT * FROM a returning, b", "a b ");
    is_tables(sql, MS, "SELECT * FROM a limit, b", "a b ");
    is_tables(sql, MS, "SELECT * FROM (SELECT 1 AS x) limit (x), b", "b ");
    is_tables(sql, PG, "SELECT * FROM a WINDOW w AS (ORDER BY b), v AS (w)",
              "a ");
    is_tables(sql, SNOW, "SELECT $1 FROM @Stage/path, a", "@Stage/path A ");
    is_tables(sql, SNOW, "CREATE TABLE a CLONE b", "A B ");
}


static void
test_redacted(void)
{
    is_redacted(PG, "DELETE FROM t", "DELETE FROM t");
    is_redacted(PG, "SELECT  'secret', 42,1.5 FROM t -- x",
                "SELECT ?, ?,? FROM t");
    is_redacted(PG, "SELECT E'a\\'b', $$x$$, $1 /* y */ FROM t",
                "SELECT ?, ?, $1 FROM t");
    is_redacted(PG, "SELECT/**/1", "SELECT ?");
    is_redacted(PG, "SELECT 'secret", "SELECT ?");
    is_redacted(MY, "SELECT \"secret\", `a`", "SELECT ?, `a`");
    is_redacted(LITE, "SELECT a FROM t WHERE b = \"secret\"",
                "SELECT a FROM t WHERE b = ?");
    is_redacted(ORA, "SELECT q'[secret]' FROM dual", "SELECT ? FROM dual");
    is_redacted(ORA, "SELECT 1.5f, 2d FROM dual", "SELECT ?, ? FROM dual");
    is_redacted(PG, "SELECT 0b101, 0o17, 1_000, -1.5e3", "SELECT ?, ?, ?, -?");
    is_redacted(MS, "SELECT $5.00, 0xAB", "SELECT ?, ?");
    is_redacted(LITE, "INSERT INTO t (\"a\") VALUES (\"secret\", 1)",
                "INSERT INTO t (\"a\") VALUES (?, ?)");
    is_redacted(LITE, "SELECT \"a\" FROM t WHERE b IN (\"x\") AND c LIKE "
                "\"y%\"", "SELECT \"a\" FROM t WHERE b IN (?) AND c LIKE ?");
    is_redacted(LITE, "SELECT a FROM t WHERE b BETWEEN \"x\" AND \"y\" AND "
                "\"c\" = 1",
                "SELECT a FROM t WHERE b BETWEEN ? AND ? AND \"c\" = ?");
    is_redacted(MS, "SELECT N'secret'\n  GO  \nSELECT 1",
                "SELECT ?\nGO\nSELECT ?");

    /* nobody knows where the literal ends */

    is_redacted(PG, "SELECT a, 'it\\'s secret words'", "SELECT a, ?");
    is_redacted(GEN, "SELECT 'it\\'s secret words' FROM t", "SELECT ?");
    is_redacted(PG, "SELECT a FROM t WHERE b LIKE 'x' ESCAPE '\\' AND c = 1",
                "SELECT a FROM t WHERE b LIKE ? ESCAPE ? AND c = ?");

    /* what is a parameter elsewhere, and rows that are no SQL */

    is_redacted(SNOW, "SELECT {'ssn':123456789}, a:b", "SELECT {?:?}, a:b");
    is_redacted(CH, "SELECT {'ssn':123456789}", "SELECT {?:?}");
    is_redacted(GEN, "SELECT a FROM t WHERE b = $5000 AND c = :1 AND d = :x",
                "SELECT a FROM t WHERE b = ? AND c = :? AND d = :x");
    is_redacted(ORA, "SELECT a FROM t WHERE b = :1",
                "SELECT a FROM t WHERE b = :1");
    is_redacted(CH, "INSERT INTO t FORMAT JSONEachRow {\"a\":\"secret\"}",
                "INSERT INTO t FORMAT JSONEachRow ?");
    is_redacted(CH, "INSERT INTO t SETTINGS a = 1 FORMAT CSV 1,secret",
                "INSERT INTO t SETTINGS a = ? FORMAT CSV ?");
    is_redacted(CH, "INSERT INTO t FORMAT CSV", "INSERT INTO t FORMAT CSV");
    is_redacted(CH, "SELECT a FROM t FORMAT JSON", "SELECT a FROM t FORMAT JSON");
}


static void
is_recorded(hoop_sql_t *sql, int dialect, const char *text,
    const char *wanted)
{
    unsigned    i;
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);

    (void) hoop_sql_classify(sql, dialect, (const u_char *) text,
                             strlen(text));

    for (i = 0; i < sql->n; i++) {
        (void) hoop_sql_record(&sql->statements[i], dialect, 0, &b);
    }

    is_mem(b.data, b.len, wanted, strlen(wanted), text);
    hoop_buf_free(&b);
}


/* a statement that is a part of a literal, or of rows, has no text */

static void
test_recorded(hoop_sql_t *sql)
{
    is_recorded(sql, CH, "INSERT INTO t FORMAT CSV 1,John;DELETE FROM secret",
                "{\"class\":[\"insert\",\"multi\"],\"tables\":[\"t\"],"
                "\"redacted\":\"INSERT INTO t FORMAT CSV ?\"}"
                "{\"class\":[\"delete_all\",\"multi\"],\"tables\":[],"
                "\"redacted\":\"\",\"truncated\":true}");
    is_recorded(sql, GEN, "SELECT 'it\\' FROM secret; secret'",
                "{\"class\":[\"multi\",\"unknown\"],\"tables\":[],"
                "\"redacted\":\"SELECT ?\","
                "\"why\":\"has a backslash before a quote\","
                "\"truncated\":true}"
                "{\"class\":[\"multi\",\"unknown\"],\"tables\":[],"
                "\"redacted\":\"\",\"why\":\"begins with no known word\","
                "\"truncated\":true}");
}


/* more comparisons than a byte counts */

static void
test_compared(hoop_sql_t *sql)
{
    unsigned    i;
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);
    (void) hoop_buf_adds(&b, "DELETE FROM t WHERE a IS NULL IN (0,1)");

    for (i = 0; i < 255; i++) {
        (void) hoop_buf_adds(&b, " = 1");
    }

    (void) hoop_sql_classify(sql, LITE, b.data, b.len);
    is_int(sql->classes, DA, "257 comparisons");

    hoop_buf_free(&b);
}


/* the caps hold, and time is linear */

static void
test_hostile(hoop_sql_t *sql)
{
    int               rc;
    size_t            i, k, len, n;
    double            ms, worst;
    u_char           *p;
    struct timespec   a, b;

    static const char *const  pieces[] = {
        "(", "((SELECT", "a,", "'", "''", "/*", "/**/", "$a$", "--\n", ";",
        "x.", "DELETE FROM t WHERE ", "(DELETE FROM t WHERE x IN ",
        "WITH a AS (", ",x AS (SELECT 1)", " OR a=1", " AND ", "NOT ", "\\",
        "\"a\"", "CASE ", "f(", "[", "GO\n", " GO", "1e", "@", "a b ", "q'[",
        " FROM a,b,c", "UPDATE t SET a=1;", "EXPLAIN ", "UNION SELECT 1 ",
        "FROM a1,", "  \n\t", " FROM unnest(a) f,f.y,", "ROWS FROM(f(a),"
    };

    len = 600 * 1024;
    p = malloc(2 * HOOP_SQL_MAX_TEXT);
    worst = 0;

    for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {

        n = strlen(pieces[i]);
        memcpy(p, "SELECT ", 7);

        for (k = 7; k + n <= len; k += n) {
            memcpy(p + k, pieces[i], n);
        }

        rc = HOOP_OK;

        for (n = GEN; n <= SNOW && rc == HOOP_OK; n++) {
            (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
            rc = hoop_sql_classify(sql, n, p, k);
            (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);

            ms = (b.tv_sec - a.tv_sec) * 1e3 + (b.tv_nsec - a.tv_nsec) / 1e6;
            if (ms > worst) {
                worst = ms;
                printf("# %s %s: %.2f ms\n", pieces[i], dialects[n], ms);
            }
        }

        ok(rc == HOOP_OK && sql->n >= 1, "hostile: %.10s", pieces[i]);
    }

    /* twentyfold of what it takes: for a busy machine or a sanitizer */

    ok(worst < 400, "in %.1f ms", worst);

    memset(p, ' ', 2 * HOOP_SQL_MAX_TEXT);
    memcpy(p, "SELECT 1", 8);
    (void) hoop_sql_classify(sql, PG, p, HOOP_SQL_MAX_TEXT);
    is_int(sql->classes, R, "the longest text");
    (void) hoop_sql_classify(sql, PG, p, HOOP_SQL_MAX_TEXT + 1);
    is_int(sql->classes, UN, "a longer text");

    (void) hoop_sql_classify(sql, PG, (const u_char *) "SELECT 1\0; DROP", 14);
    is_int(sql->classes & UN, UN, "a null byte");

    free(p);
}


int
main(void)
{
    hoop_sql_t          sql;
    hoop_sql_dialect_e  d;

    hoop_sql_init(&sql);

    test_all(&sql);
    test_tables(&sql);
    test_redacted();
    test_recorded(&sql);
    test_compared(&sql);
    test_hostile(&sql);

    ok(hoop_sql_dialect(hoop_cstr("tsql"), &d) == HOOP_OK && d == MS, "tsql");
    ok(hoop_sql_dialect(hoop_cstr("x"), &d) == HOOP_DECLINED, "no dialect");
    is_int(hoop_sql_class(hoop_cstr("delete_all")), DA, "a class");
    is_int(hoop_sql_class(hoop_cstr("x")), 0, "no class");

    hoop_sql_clear(&sql);

    return done_testing();
}
