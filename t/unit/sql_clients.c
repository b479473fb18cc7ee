
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What clients send that reads: shells, drivers, mappers of objects and tools
 * for reports ask for the catalog and for much else in their own ways.
 */


#include "sql.h"


typedef struct {
    int          dialect;
    const char  *text;
} test_text_t;


static const test_text_t  texts[] = {
    { PG, "SELECT n.nspname AS schema, c.relname AS name, CASE c.relkind "
          "WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' END AS type, "
          "pg_catalog.pg_get_userbyid(c.relowner) AS owner FROM "
          "pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON "
          "n.oid = c.relnamespace WHERE c.relkind IN "
          "('r','p','v','m','S','f','') AND n.nspname !~ '^pg_toast' AND "
          "pg_catalog.pg_table_is_visible(c.oid) ORDER BY 1,2" },
    { PG, "SELECT a.attname, pg_catalog.format_type(a.atttypid, "
          "a.atttypmod), (SELECT substring(pg_catalog.pg_get_expr(d.adbin, "
          "d.adrelid) for 128) FROM pg_catalog.pg_attrdef d WHERE "
          "d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef), "
          "a.attnotnull FROM pg_catalog.pg_attribute a WHERE a.attrelid = "
          "'16384' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY "
          "a.attnum" },
    { PG, "SELECT c.oid::regclass, i.indexrelid::regclass, "
          "pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c "
          "ON c.oid = i.indrelid" },
    { PG, "SELECT conname, pg_get_constraintdef(oid, true) FROM "
          "pg_constraint WHERE conrelid = 'public.users'::regclass" },
    { PG, "SELECT current_schema(), current_schemas(true), session_user, "
          "pg_backend_pid()" },
    { PG, "SELECT t.oid, t.typname, t.typsend, t.typreceive, t.typoutput, "
          "t.typinput FROM pg_type AS t LEFT JOIN pg_range AS r ON "
          "r.rngtypid = t.oid WHERE t.typname = ANY($1)" },
    { PG, "SELECT \"django_session\".\"session_key\", "
          "\"django_session\".\"session_data\" FROM \"django_session\" "
          "WHERE (\"django_session\".\"expire_date\" > "
          "'2024-01-01T00:00:00+00:00'::timestamptz AND "
          "\"django_session\".\"session_key\" = 'x') LIMIT 21" },
    { PG, "SELECT \"u\".\"id\", \"u\".\"name\" FROM \"users\" AS \"u\" "
          "LEFT JOIN \"posts\" AS \"p\" ON \"p\".\"user_id\" = "
          "\"u\".\"id\" AND \"p\".\"deleted_at\" IS NULL WHERE "
          "\"u\".\"deleted_at\" IS NULL ORDER BY \"u\".\"id\" DESC LIMIT "
          "$1 OFFSET $2" },
    { PG, "SELECT date_trunc('week', created_at AT TIME ZONE "
          "'Europe/Berlin')::date AS w, count(DISTINCT user_id) FILTER "
          "(WHERE plan = 'pro') AS pro FROM events GROUP BY 1 ORDER BY 1" },
    { PG, "SELECT id, payload #>> '{user,email}' AS email, payload -> "
          "'items' -> 0 ->> 'sku', jsonb_array_length(payload->'items') "
          "FROM orders WHERE payload @? '$.items[*] ? (@.qty > 1)'" },
    { PG, "SELECT o.id, i.value->>'sku' AS sku FROM orders o CROSS JOIN "
          "LATERAL jsonb_array_elements(o.payload->'items') AS i(value)" },
    { PG, "SELECT o.id, i.item ->> 'sku', i.ord FROM orders o, "
          "jsonb_array_elements(o.items) WITH ORDINALITY AS i(item, ord)" },
    { PG, "SELECT d::date, coalesce(c.n, 0) FROM "
          "generate_series('2024-01-01'::date, '2024-01-31', interval '1 "
          "day') AS d LEFT JOIN c ON c.day = d::date" },
    { PG, "SELECT gs.day, count(e.*) FROM generate_series(now() - interval "
          "'7 days', now(), '1 day') AS gs(day) LEFT JOIN events e ON "
          "e.ts::date = gs.day::date GROUP BY gs.day" },
    { PG, "SELECT tag.tag, count(*) FROM posts, unnest(posts.tags) AS tag "
          "GROUP BY tag.tag" },
    { PG, "WITH RECURSIVE tree AS (SELECT id, parent_id, 1 AS depth, "
          "ARRAY[id] AS path FROM cat WHERE parent_id IS NULL UNION ALL "
          "SELECT c.id, c.parent_id, t.depth + 1, t.path || c.id FROM cat "
          "c JOIN tree t ON t.id = c.parent_id WHERE NOT c.id = "
          "ANY(t.path)) SELECT * FROM tree ORDER BY path" },
    { PG, "SELECT percentile_cont(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP "
          "(ORDER BY latency) FROM requests" },
    { PG, "SELECT first_value(a) OVER w, nth_value(a, 2) OVER w, "
          "cume_dist() OVER w FROM t WINDOW w AS (PARTITION BY b ORDER BY "
          "c ROWS BETWEEN 3 PRECEDING AND CURRENT ROW EXCLUDE TIES)" },
    { PG, "SELECT relname, n_live_tup, n_dead_tup, last_autovacuum FROM "
          "pg_stat_user_tables ORDER BY n_dead_tup DESC LIMIT 20" },
    { PG, "SELECT pid, now() - query_start AS dur, state, left(query, 100) "
          "FROM pg_stat_activity WHERE state <> 'idle' AND pid <> "
          "pg_backend_pid()" },
    { PG, "SELECT pg_size_pretty(pg_database_size(datname)), datname FROM "
          "pg_database" },
    { PG, "SELECT locktype, relation::regclass, mode FROM pg_locks WHERE "
          "NOT granted" },
    { PG, "SELECT name, setting, unit FROM pg_settings WHERE name LIKE "
          "'work%'" },
    { PG, "SELECT grantee, privilege_type FROM "
          "information_schema.role_table_grants WHERE table_name = 'users'" },
    { PG, "SELECT (aclexplode(relacl)).grantee FROM pg_class" },
    { PG, "SELECT a.grantee::regrole, a.privilege_type, a.is_grantable "
          "FROM pg_class c, aclexplode(c.relacl) a WHERE c.relname = "
          "'users'" },
    { PG, "SELECT ROW_NUMBER() OVER () AS rn, x.* FROM (VALUES "
          "(1,'a'),(2,'b')) AS x(id, name)" },
    { PG, "SELECT EXTRACT(EPOCH FROM (now() - created_at))/3600 AS hours, "
          "age(created_at), to_char(created_at, 'IYYY-IW') FROM t" },
    { PG, "SELECT st_asgeojson(geom), st_distance(geom::geography, "
          "st_setsrid(st_makepoint($1,$2),4326)::geography) FROM places "
          "WHERE st_dwithin(geom, st_makeenvelope(1,2,3,4,4326), 100)" },
    { PG, "SELECT id, embedding <=> $1 AS distance FROM docs ORDER BY "
          "embedding <=> $1 LIMIT 5" },
    { PG, "SELECT ts_rank(to_tsvector('english', body), q) FROM docs, "
          "websearch_to_tsquery('english', $1) AS q WHERE "
          "to_tsvector('english', body) @@ q" },
    { PG, "SELECT docs.id FROM docs, plainto_tsquery('english', 'x') query "
          "WHERE docs.tsv @@ query" },
    { PG, "SHOW server_version" },
    { PG, "SHOW TRANSACTION ISOLATION LEVEL" },
    { PG, "SHOW TIME ZONE" },
    { PG, "EXPLAIN (VERBOSE, SETTINGS, FORMAT YAML) SELECT * FROM t WHERE "
          "a = 1" },
    { PG, "EXPLAIN (COSTS OFF) UPDATE t SET a = 1 WHERE id = 2" },
    { PG, "BEGIN READ ONLY" },
    { PG, "END" },
    { PG, "ROLLBACK TO SAVEPOINT a" },
    { PG, "RELEASE SAVEPOINT a" },
    { PG, "SELECT COALESCE(SUM(amount) FILTER (WHERE status = 'paid'), "
          "0)::numeric(12,2) FROM invoices" },
    { PG, "SELECT string_agg(DISTINCT name, ', ' ORDER BY name) FROM tags" },
    { PG, "SELECT lag(ts) OVER (PARTITION BY uid ORDER BY ts) AS prev, ts "
          "- lag(ts) OVER (PARTITION BY uid ORDER BY ts) > interval '30 "
          "minutes' AS new_session FROM events" },
    { PG, "SELECT * FROM crosstab_view" },
    { PG, "SELECT regexp_split_to_table(a, ',') AS part FROM t" },
    { PG, "SELECT r.word FROM (SELECT unnest(string_to_array(body, ' ')) "
          "AS word FROM docs) r GROUP BY r.word" },
    { PG, "SELECT key, value FROM jsonb_each_text($1::jsonb)" },
    { PG, "SELECT m[1] FROM regexp_matches($1, '(\\d+)', 'g') AS m" },
    { PG, "SELECT * FROM json_to_recordset('[{\"a\":1}]') AS x(a int, b "
          "text)" },
    { PG, "SELECT gen_random_uuid(), md5('x'), encode(sha256('x'), 'hex')" },
    { PG, "SELECT array_to_string(ARRAY(SELECT name FROM t ORDER BY 1), ',')" },
    { PG, "SELECT CAST('1' AS int), '1'::int, int '1', date '2024-01-01' + 1" },
    { PG, "SELECT * FROM t WHERE (a, b) IN ((1,2),(3,4)) AND c BETWEEN "
          "SYMMETRIC 5 AND 1" },
    { PG, "SELECT * FROM t TABLESAMPLE SYSTEM (1) REPEATABLE (42)" },
    { PG, "SELECT version(); " },
    { PG, "SELECT 1 AS \"select\"" },
    { PG, "select 1 where false" },
    { PG, "SELECT x.id, x.data->'a' FROM public.x x WHERE x.created_at >= "
          "CURRENT_DATE - INTERVAL '30' DAY" },
    { PG, "SELECT count(*) FROM (SELECT DISTINCT ON (user_id) user_id FROM "
          "sessions ORDER BY user_id, ts DESC) s" },

    { MY, "SELECT TABLE_NAME, TABLE_ROWS, ROUND((DATA_LENGTH + "
          "INDEX_LENGTH)/1024/1024, 2) AS mb FROM "
          "information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()" },
    { MY, "SHOW FULL TABLES WHERE Table_type != 'VIEW'" },
    { MY, "SHOW TABLE STATUS LIKE 'users'" },
    { MY, "SHOW KEYS FROM `users`" },
    { MY, "SHOW COLLATION LIKE 'utf8%'" },
    { MY, "SHOW SESSION VARIABLES LIKE 'sql_mode'" },
    { MY, "SHOW GLOBAL STATUS LIKE 'Threads%'" },
    { MY, "SHOW ENGINES" },
    { MY, "SHOW WARNINGS" },
    { MY, "SHOW CREATE VIEW v" },
    { MY, "SHOW TRIGGERS" },
    { MY, "SHOW INDEXES IN t IN db" },
    { MY, "SHOW CHARACTER SET" },
    { MY, "SHOW COUNT(*) WARNINGS" },
    { MY, "SHOW DATABASES LIKE 'x%'" },
    { MY, "SHOW ENGINE INNODB STATUS" },
    { MY, "SHOW REPLICA STATUS" },
    { MY, "SHOW PLUGINS" },
    { MY, "SHOW PRIVILEGES" },
    { MY, "SHOW OPEN TABLES" },
    { MY, "SELECT @@session.auto_increment_increment AS "
          "auto_increment_increment, @@character_set_client AS "
          "character_set_client" },
    { MY, "/* mysql-connector-java-8.0.28 */SELECT  "
          "@@session.auto_increment_increment AS auto_increment_increment, "
          "@@tx_isolation" },
    { MY, "SELECT u.*, (SELECT COUNT(*) FROM orders o WHERE o.user_id = "
          "u.id) AS order_count FROM users u HAVING order_count > 5" },
    { MY, "SELECT `users`.* FROM `users` WHERE `users`.`deleted_at` IS "
          "NULL AND `users`.`id` = 1 LIMIT 1" },
    { MY, "SELECT DATE(created_at) d, HOUR(created_at) h, SUM(total) FROM "
          "orders GROUP BY d, h WITH ROLLUP" },
    { MY, "SELECT YEARWEEK(d, 1), DATEDIFF(NOW(), d), TIMESTAMPDIFF(MONTH, "
          "d, NOW()), LAST_DAY(d), STR_TO_DATE('1', '%d') FROM t" },
    { MY, "SELECT JSON_UNQUOTE(JSON_EXTRACT(doc, '$.a')), doc->>'$.b', "
          "JSON_CONTAINS(doc, '1', '$.c') FROM t" },
    { MY, "SELECT j.a FROM t, JSON_TABLE(t.doc, '$[*]' COLUMNS (a INT PATH "
          "'$.a')) AS j" },
    { MY, "SELECT IF(a, b, c), IFNULL(a, ''), FIELD(status, 'a', 'b'), "
          "ELT(1, 'a'), GREATEST(a, b) FROM t ORDER BY FIELD(id, 3, 2, 1)" },
    { MY, "SELECT CONCAT_WS(' ', first, last), SUBSTRING_INDEX(email, '@', "
          "-1), LPAD(id, 8, '0') FROM users" },
    { MY, "SELECT SQL_NO_CACHE a FROM t FORCE INDEX (idx_a) WHERE a = 1" },
    { MY, "SELECT STRAIGHT_JOIN a.x FROM a JOIN b ON a.id = b.id" },
    { MY, "SELECT /*+ MAX_EXECUTION_TIME(1000) */ a FROM t" },
    { MY, "SELECT DISTINCTROW a FROM t" },
    { MY, "SELECT a FROM t PARTITION (p0)" },
    { MY, "SELECT ROW_NUMBER() OVER w AS rn FROM t WINDOW w AS (ORDER BY a)" },
    { MY, "SELECT ANY_VALUE(a), BIT_COUNT(b) FROM t" },
    { MY, "WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM "
          "s WHERE n < 10) SELECT * FROM s" },
    { MY, "EXPLAIN FORMAT=TREE SELECT a FROM t" },
    { MY, "DESCRIBE users email" },
    { MY, "EXPLAIN DELETE FROM t WHERE id = 1" },
    { MY, "SELECT FOUND_ROWS()" },
    { MY, "SELECT LAST_INSERT_ID()" },
    { MY, "SELECT CONVERT_TZ(a, 'UTC', 'Europe/Berlin') FROM t" },
    { MY, "SELECT INET_NTOA(ip), HEX(uuid), UUID(), BIN_TO_UUID(id) FROM t" },
    { MY, "SELECT MATCH(a, b) AGAINST('+x -y' IN BOOLEAN MODE) AS score "
          "FROM t" },
    { MY, "SELECT a FROM t WHERE a NOT REGEXP '^[0-9]+$'" },
    { MY, "SELECT COUNT(DISTINCT a, b) FROM t" },
    { MY, "SELECT * FROM t1 NATURAL LEFT JOIN t2" },
    { MY, "SELECT 1 FROM DUAL WHERE 1" },
    { MY, "TABLE t ORDER BY a LIMIT 5" },
    { MY, "VALUES ROW(1,2), ROW(3,4)" },
    { MY, "SELECT a FROM t WHERE b = 'x' COLLATE utf8mb4_bin" },
    { MY, "SELECT BINARY a FROM t" },
    { MY, "COMMIT AND CHAIN" },
    { MY, "SELECT * FROM t WHERE d BETWEEN '2024-01-01' AND NOW() - "
          "INTERVAL 1 HOUR" },
    { MY, "SELECT a DIV b, a MOD b, a XOR b FROM t" },

    { MS, "SELECT t.name, s.name AS [schema], SUM(p.rows) FROM sys.tables "
          "t JOIN sys.schemas s ON s.schema_id = t.schema_id JOIN "
          "sys.partitions p ON p.object_id = t.object_id AND p.index_id IN "
          "(0,1) GROUP BY t.name, s.name" },
    { MS, "SELECT SERVERPROPERTY('ProductVersion'), @@SERVERNAME, "
          "DB_NAME(), SUSER_SNAME()" },
    { MS, "SELECT [Extent1].[Id] AS [Id], [Extent1].[Name] AS [Name] FROM "
          "[dbo].[Users] AS [Extent1] WHERE [Extent1].[Id] = @p__linq__0" },
    { MS, "SELECT TOP(1) [u].[Id], [u].[Email] FROM [Users] AS [u] WHERE "
          "[u].[Email] = @__email_0" },
    { MS, "SELECT COUNT_BIG(*) FROM dbo.Orders WITH (NOLOCK) WHERE "
          "OrderDate >= DATEADD(month, DATEDIFF(month, 0, GETDATE()) - 1, "
          "0)" },
    { MS, "SELECT * FROM (SELECT y, m, amt FROM sales) s PIVOT (SUM(amt) "
          "FOR m IN ([Jan],[Feb])) AS p ORDER BY y" },
    { MS, "SELECT id, v, k FROM t UNPIVOT (v FOR k IN (a, b)) u" },
    { MS, "SELECT STRING_AGG(name, ',') WITHIN GROUP (ORDER BY name) FROM t" },
    { MS, "SELECT FORMAT(d, 'yyyy-MM'), EOMONTH(d), DATEPART(weekday, d), "
          "DATENAME(month, d) FROM t" },
    { MS, "SELECT TRY_CONVERT(int, a), ISNULL(b, ''), CHOOSE(1, 'a', 'b'), "
          "IIF(a = b, 1, 0) FROM t" },
    { MS, "SELECT JSON_QUERY(d, '$.a'), ISJSON(d) FROM t CROSS APPLY "
          "OPENJSON(d, '$.items') WITH (sku nvarchar(20) '$.sku') j" },
    { MS, "SELECT s.value FROM t CROSS APPLY STRING_SPLIT(t.tags, ',') s" },
    { MS, "WITH r AS (SELECT id, pid FROM c WHERE pid IS NULL UNION ALL "
          "SELECT c.id, c.pid FROM c JOIN r ON r.id = c.pid) SELECT * FROM "
          "r OPTION (MAXRECURSION 100)" },
    { MS, "SELECT a, SUM(b) OVER (PARTITION BY c ORDER BY d ROWS UNBOUNDED "
          "PRECEDING) FROM t" },
    { MS, "SELECT a FROM t GROUP BY GROUPING SETS ((a), ()) HAVING "
          "GROUPING(a) = 0" },
    { MS, "SELECT * FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = "
          "N'users'" },
    { MS, "SELECT OBJECT_ID('dbo.t'), OBJECT_DEFINITION(OBJECT_ID('dbo.v'))" },
    { MS, "SELECT q.text, s.execution_count FROM sys.dm_exec_query_stats s "
          "CROSS APPLY sys.dm_exec_sql_text(s.sql_handle) q" },
    { MS, "SELECT session_id, status, wait_type FROM sys.dm_exec_requests "
          "WHERE session_id > 50" },
    { MS, "SELECT x.value('@id', 'int') FROM @xml.nodes('/a/b') AS t(x)" },
    { MS, "SELECT a AS [from], b AS [select] FROM t" },
    { MS, "DECLARE @d date = '2024-01-01'; SELECT * FROM t WHERE d = @d" },
    { MS, "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED" },
    { MS, "SELECT name FROM sys.databases WHERE state_desc = 'ONLINE'" },
    { MS, "SELECT DISTINCT TOP 5 PERCENT a FROM t ORDER BY a DESC" },
    { MS, "SELECT TOP (5) WITH TIES a FROM t ORDER BY a" },
    { MS, "SELECT NEWID(), SYSUTCDATETIME(), CHECKSUM('x'), "
          "HASHBYTES('SHA2_256', 'x')" },
    { MS, "SELECT a FROM t FOR SYSTEM_TIME AS OF '2024-01-01'" },
    { MS, "SELECT a COLLATE Latin1_General_CI_AS FROM t" },
    { MS, "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY a) OVER "
          "(PARTITION BY b) FROM t" },
    { MS, "SELECT GREATEST(a, b), DATETRUNC(month, d), "
          "GENERATE_SERIES.value FROM GENERATE_SERIES(1, 5)" },
    { MS, "SELECT CONCAT(a, N'x', b), QUOTENAME(a), PATINDEX('%x%', a), "
          "STUFF(a, 1, 1, '') FROM t" },
    { MS, "SELECT a FROM t WHERE CONTAINS(body, '\"x*\"')" },
    { MS, "SELECT a FROM t WHERE b LIKE '%[_]%' ESCAPE '!'" },

    { ORA, "SELECT owner, table_name, num_rows FROM all_tables WHERE owner "
           "= SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')" },
    { ORA, "SELECT column_name, data_type, nullable FROM user_tab_columns "
           "WHERE table_name = UPPER(:1) ORDER BY column_id" },
    { ORA, "SELECT * FROM (SELECT a.*, ROWNUM rnum FROM (SELECT * FROM emp "
           "ORDER BY hiredate) a WHERE ROWNUM <= 20) WHERE rnum > 10" },
    { ORA, "SELECT e.ename, d.dname FROM emp e, dept d WHERE e.deptno = "
           "d.deptno(+) AND e.sal > ALL (SELECT sal FROM emp WHERE job = "
           "'CLERK')" },
    { ORA, "SELECT TO_CHAR(TRUNC(sysdate, 'MM'), 'YYYY-MM-DD'), "
           "MONTHS_BETWEEN(sysdate, d), NEXT_DAY(d, 'MON'), EXTRACT(DAY "
           "FROM (a - b)) FROM t" },
    { ORA, "SELECT LISTAGG(ename, ', ' ON OVERFLOW TRUNCATE) WITHIN GROUP "
           "(ORDER BY ename) FROM emp" },
    { ORA, "SELECT deptno, MAX(ename) KEEP (DENSE_RANK FIRST ORDER BY sal "
           "DESC) FROM emp GROUP BY deptno" },
    { ORA, "SELECT LPAD(' ', 2 * (LEVEL - 1)) || ename, "
           "SYS_CONNECT_BY_PATH(ename, '/'), CONNECT_BY_ROOT ename FROM "
           "emp START WITH mgr IS NULL CONNECT BY NOCYCLE PRIOR empno = "
           "mgr ORDER SIBLINGS BY ename" },
    { ORA, "SELECT * FROM (SELECT job, deptno, sal FROM emp) PIVOT "
           "(SUM(sal) AS s FOR deptno IN (10 AS d10, 20 AS d20))" },
    { ORA, "SELECT jt.sku FROM orders o, JSON_TABLE(o.doc, '$.items[*]' "
           "COLUMNS (sku VARCHAR2(20) PATH '$.sku')) jt" },
    { ORA, "SELECT JSON_VALUE(doc, '$.a' RETURNING NUMBER) FROM t" },
    { ORA, "SELECT x.id FROM t, XMLTABLE('/a/b' PASSING t.doc COLUMNS id "
           "NUMBER PATH '@id') x" },
    { ORA, "SELECT NVL2(a, b, c), DECODE(s, 'A', 1, 0), REGEXP_SUBSTR(a, "
           "'[^,]+', 1, LEVEL) FROM t CONNECT BY LEVEL <= 3" },
    { ORA, "SELECT sys_guid(), USER, UID, SYSTIMESTAMP, DBTIMEZONE FROM dual" },
    { ORA, "SELECT q'{it's}' AS a, q'<b>' FROM dual" },
    { ORA, "SELECT 1 FROM dual" },
    { ORA, "SELECT a FROM t OFFSET 5 ROWS FETCH NEXT 10 ROWS WITH TIES" },
    { ORA, "SELECT RATIO_TO_REPORT(sal) OVER () FROM emp" },
    { ORA, "SELECT a FROM t SAMPLE (10)" },
    { ORA, "SELECT a FROM t AS OF TIMESTAMP SYSTIMESTAMP - INTERVAL '1' HOUR" },
    { ORA, "SELECT sid, serial#, username FROM v$session WHERE status = "
           "'ACTIVE'" },
    { ORA, "SELECT sql_text FROM v$sql WHERE sql_id = :id" },
    { ORA, "SELECT banner FROM v$version" },
    { ORA, "SELECT DBMS_LOB.SUBSTR(c, 4000, 1), DBMS_LOB.GETLENGTH(c) FROM t" },
    { ORA, "SELECT CAST(COLLECT(a) AS sys.odcivarchar2list) FROM t" },
    { ORA, "SELECT column_value FROM TABLE(sys.odcinumberlist(1,2,3))" },
    { ORA, "SELECT * FROM t WHERE REGEXP_LIKE(a, '^x', 'i') AND d >= "
           "TO_DATE('2024-01-01', 'YYYY-MM-DD')" },
    { ORA, "WITH a AS (SELECT /*+ MATERIALIZE */ 1 x FROM dual) SELECT a.x "
           "FROM a" },
    { ORA, "SELECT GROUPING_ID(a, b), a FROM t GROUP BY CUBE (a, b)" },
    { ORA, "SELECT hr.emp.ename FROM hr.emp" },
    { ORA, "SELECT e.addr.city FROM emp e" },
    { ORA, "SELECT ORA_HASH(a, 9), STANDARD_HASH(a, 'SHA256') FROM t" },
    { ORA, "SELECT t.*, COUNT(*) OVER () total FROM t" },
    { ORA, "SELECT ROWID, ROWNUM, ORA_ROWSCN FROM t" },
    { ORA, "SELECT LAST_VALUE(a IGNORE NULLS) OVER (ORDER BY b) FROM t" },
    { ORA, "SELECT emp.ename, dept.dname FROM emp INNER JOIN dept USING "
           "(deptno)" },
    { ORA, "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY s ORDER BY d "
           "MEASURES A.p AS ap PATTERN (A B+) DEFINE B AS B.p < PREV(B.p)) "
           "m" },

    { LITE, "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE "
            "type IN ('table','view') AND name NOT LIKE 'sqlite_%'" },
    { LITE, "PRAGMA table_xinfo('users')" },
    { LITE, "PRAGMA index_list(users)" },
    { LITE, "PRAGMA foreign_key_list('t')" },
    { LITE, "PRAGMA database_list" },
    { LITE, "PRAGMA compile_options" },
    { LITE, "PRAGMA integrity_check" },
    { LITE, "PRAGMA foreign_keys" },
    { LITE, "PRAGMA journal_mode" },
    { LITE, "PRAGMA main.table_info(\"t\")" },
    { LITE, "SELECT m.name, p.name, p.type FROM sqlite_master m JOIN "
            "pragma_table_info(m.name) p WHERE m.type = 'table'" },
    { LITE, "SELECT value FROM json_each('[1,2]')" },
    { LITE, "SELECT t.id, j.value, j.key FROM t, json_each(t.tags) AS j" },
    { LITE, "SELECT json_group_array(json_object('a', a)) FROM t" },
    { LITE, "SELECT d ->> '$.a', d -> 'b' FROM t" },
    { LITE, "SELECT datetime('now', '-1 day', 'localtime'), unixepoch(), "
            "strftime('%s', d) FROM t" },
    { LITE, "SELECT iif(a, 1, 2), total(a), group_concat(a, ';'), "
            "printf('%05d', a), hex(b), instr(a, 'x') FROM t" },
    { LITE, "SELECT rowid, * FROM t WHERE rowid > 5" },
    { LITE, "SELECT * FROM fts WHERE fts MATCH 'x' ORDER BY rank" },
    { LITE, "SELECT highlight(fts, 0, '<b>', '</b>'), bm25(fts) FROM fts "
            "WHERE fts MATCH 'a'" },
    { LITE, "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c "
            "LIMIT 10) SELECT x FROM c" },
    { LITE, "SELECT a FROM t INDEXED BY i WHERE a = 1" },
    { LITE, "SELECT a FROM t WHERE b IS NOT 5 AND c NOTNULL AND d == 1" },
    { LITE, "SELECT sqlite_version(), changes(), last_insert_rowid(), "
            "total_changes()" },
    { LITE, "EXPLAIN SELECT 1" },
    { LITE, "SELECT a FROM t ORDER BY a COLLATE NOCASE NULLS LAST" },
    { LITE, "SELECT main.t.a FROM main.t" },
    { LITE, "SELECT count(*) FILTER (WHERE a) FROM t" },
    { LITE, "SELECT ntile(4) OVER (ORDER BY a) FROM t" },
    { LITE, "SELECT * FROM t WHERE (a, b) = (1, 2)" },
    { LITE, "SELECT x'0F', 1e3, .5, 0x1F" },
    { LITE, "BEGIN TRANSACTION" },
    { LITE, "BEGIN" },
    { LITE, "COMMIT" },
    { LITE, "SELECT name FROM sqlite_schema" },
    { LITE, "SELECT * FROM generate_series(1, 10)" },
    { LITE, "SELECT quote(a), zeroblob(1), unicode('a'), char(65), "
            "likely(a) FROM t" },
    { LITE, "SELECT substr(a, 1, 2) || '\342\200\246' FROM t" },
    { LITE, "SELECT max(a, b), min(a, b), round(a, 1), abs(a) FROM t" },

    { CH, "SELECT toStartOfInterval(ts, INTERVAL 5 MINUTE) AS t, "
          "quantilesTiming(0.5, 0.99)(ms), countIf(code >= 500) / count() "
          "FROM logs WHERE ts > now() - INTERVAL 1 DAY GROUP BY t ORDER BY "
          "t WITH FILL STEP INTERVAL 5 MINUTE" },
    { CH, "SELECT database, name, engine, total_rows, "
          "formatReadableSize(total_bytes) FROM system.tables WHERE "
          "database = currentDatabase()" },
    { CH, "SELECT query, elapsed FROM system.processes" },
    { CH, "SHOW CREATE TABLE db.t" },
    { CH, "SHOW TABLES FROM db LIKE '%x%'" },
    { CH, "SHOW PROCESSLIST" },
    { CH, "SHOW COLUMNS FROM t" },
    { CH, "DESCRIBE TABLE db.t" },
    { CH, "DESC t" },
    { CH, "EXISTS db.t" },
    { CH, "EXPLAIN SYNTAX SELECT 1" },
    { CH, "EXPLAIN PIPELINE SELECT 1" },
    { CH, "EXPLAIN ESTIMATE SELECT * FROM t" },
    { CH, "EXPLAIN indexes = 1 SELECT * FROM t WHERE a = 1" },
    { CH, "SELECT uniqExact(user_id), uniqHLL12(user_id), topK(10)(url) "
          "FROM hits" },
    { CH, "SELECT argMax(v, ts), anyLast(v), groupArray(10)(v), "
          "groupUniqArray(v), sumMap(k, v) FROM t GROUP BY id" },
    { CH, "SELECT arrayFilter(x -> x > 1, a), arraySort((x, y) -> y, a, "
          "b), arrayStringConcat(a, ','), has(a, 1), a[1] FROM t" },
    { CH, "SELECT JSONExtractString(d, 'a', 'b'), visitParamExtractInt(d, "
          "'x'), d.a.b FROM t" },
    { CH, "SELECT toDate('2024-01-01') + INTERVAL 1 MONTH, dateDiff('day', "
          "a, b), formatDateTime(ts, '%Y-%m'), toYYYYMM(ts), "
          "parseDateTimeBestEffort('x') FROM t" },
    { CH, "SELECT * FROM t SAMPLE 1/10 OFFSET 1/2" },
    { CH, "SELECT a, b FROM t FINAL PREWHERE a = 1 WHERE b = 2 LIMIT 5 BY a" },
    { CH, "SELECT * EXCEPT (a) REPLACE (b + 1 AS b) FROM t" },
    { CH, "SELECT COLUMNS('^x') FROM t" },
    { CH, "SELECT * FROM t1 ASOF LEFT JOIN t2 ON t1.k = t2.k AND t1.ts >= "
          "t2.ts" },
    { CH, "SELECT * FROM a ANY LEFT JOIN b USING id" },
    { CH, "SELECT id, tag FROM t ARRAY JOIN tags AS tag" },
    { CH, "SELECT id, arrayJoin(tags) FROM t" },
    { CH, "WITH (SELECT max(ts) FROM t) AS m SELECT * FROM t WHERE ts = m" },
    { CH, "WITH x AS (SELECT 1 AS a) SELECT a FROM x" },
    { CH, "SELECT sumMerge(s), uniqMerge(u) FROM agg" },
    { CH, "SELECT count() FROM t WHERE d IN (SELECT d FROM u) SETTINGS "
          "max_threads = 4, max_execution_time = 10" },
    { CH, "SELECT {x:String} AS a FORMAT JSONCompact" },
    { CH, "SELECT number, intDiv(number, 2), number % 3 FROM numbers(10)" },
    { CH, "SELECT * FROM numbers_mt(100) LIMIT 1" },
    { CH, "SELECT if(a, 1, 2), multiIf(a, 1, b, 2, 3), ifNull(a, 0), "
          "coalesce(a, b), transform(a, [1], ['x'], '') FROM t" },
    { CH, "SELECT a FROM t GROUP BY a WITH TOTALS" },
    { CH, "SELECT a FROM t GROUP BY ROLLUP(a)" },
    { CH, "SELECT lagInFrame(a) OVER (PARTITION BY b ORDER BY c ROWS "
          "BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM t" },
    { CH, "SELECT tuple(1, 'a').1, (1, 2).2, map('a', 1)['a'], CAST(a AS "
          "Nullable(UInt8)), a::Array(String) FROM t" },
    { CH, "SELECT splitByChar(',', a), extract(a, '\\\\d+'), "
          "replaceRegexpAll(a, 'x', 'y'), lowerUTF8(a), "
          "positionCaseInsensitive(a, 'x') FROM t" },
    { CH, "SELECT cityHash64(a), sipHash64(b), hex(MD5(c)), toUUID(d), "
          "IPv4NumToString(e) FROM t" },
    { CH, "SELECT version(), hostName(), uptime(), timezone()" },
    { CH, "SELECT * FROM merge_tree_table WHERE _part = 'x'" },
    { CH, "SELECT a FROM t ORDER BY a LIMIT 10 WITH TIES" },
    { CH, "SELECT a FROM t UNION DISTINCT SELECT b FROM u" },
    { CH, "SELECT count(*) FROM system.columns WHERE table = 'x'" },
    { CH, "SELECT event_date, count() c FROM system.query_log WHERE type = "
          "'QueryFinish' GROUP BY event_date" },
    { CH, "SHOW DICTIONARIES" },
    { CH, "SHOW GRANTS" },
    { CH, "SELECT windowFunnel(3600)(ts, a = 1, a = 2), retention(a, b), "
          "sequenceMatch('(?1)(?2)')(ts, a, b) FROM t" },

    { SNOW, "SHOW WAREHOUSES" },
    { SNOW, "SHOW SCHEMAS IN DATABASE x" },
    { SNOW, "SHOW COLUMNS IN TABLE db.s.t" },
    { SNOW, "SHOW TERSE TABLES" },
    { SNOW, "SHOW GRANTS TO ROLE r" },
    { SNOW, "SHOW PRIMARY KEYS IN TABLE t" },
    { SNOW, "SHOW PARAMETERS IN SESSION" },
    { SNOW, "SHOW VIEWS LIKE '%x%' IN ACCOUNT" },
    { SNOW, "DESC TABLE t" },
    { SNOW, "DESCRIBE VIEW v" },
    { SNOW, "LIST @s" },
    { SNOW, "LS @~" },
    { SNOW, "SELECT CURRENT_WAREHOUSE(), CURRENT_ROLE(), "
            "CURRENT_DATABASE(), CURRENT_SCHEMA(), CURRENT_VERSION()" },
    { SNOW, "SELECT table_catalog, table_schema, table_name, row_count, "
            "bytes FROM snowflake.account_usage.tables WHERE deleted IS "
            "NULL" },
    { SNOW, "SELECT * FROM "
            "TABLE(INFORMATION_SCHEMA.QUERY_HISTORY(RESULT_LIMIT => 10))" },
    { SNOW, "SELECT \"name\", \"rows\" FROM "
            "TABLE(RESULT_SCAN(LAST_QUERY_ID()))" },
    { SNOW, "SELECT v:a.b[0]::number AS n, v:\"x y\"::string, GET_PATH(v, "
            "'a.b'), v['c'] FROM t" },
    { SNOW, "SELECT t.id, f.value:sku::string, f.index, f.key, f.path FROM "
            "t, LATERAL FLATTEN(INPUT => t.v:items, OUTER => TRUE) f" },
    { SNOW, "SELECT f.value FROM t, TABLE(FLATTEN(t.arr)) f" },
    { SNOW, "SELECT a FROM t QUALIFY RANK() OVER (PARTITION BY b ORDER BY "
            "c DESC) <= 3" },
    { SNOW, "SELECT DATE_TRUNC('month', d), DATEADD('day', -7, "
            "CURRENT_DATE()), DATEDIFF('hour', a, b), TO_TIMESTAMP_NTZ(c), "
            "CONVERT_TIMEZONE('UTC', ts), LAST_DAY(d), MONTHNAME(d) FROM t" },
    { SNOW, "SELECT OBJECT_CONSTRUCT('a', 1), ARRAY_AGG(a) WITHIN GROUP "
            "(ORDER BY b), PARSE_JSON('{}'), TRY_TO_NUMBER('1'), IFF(a, 1, "
            "2), ZEROIFNULL(x), NVL(a, b), ARRAY_SIZE(c), OBJECT_KEYS(o) "
            "FROM t" },
    { SNOW, "SELECT * FROM t PIVOT(SUM(amt) FOR m IN ('JAN', 'FEB')) AS p" },
    { SNOW, "SELECT * FROM t UNPIVOT(v FOR k IN (a, b))" },
    { SNOW, "SELECT * FROM t AT(TIMESTAMP => '2024-01-01'::timestamp)" },
    { SNOW, "SELECT * FROM t BEFORE(STATEMENT => 'x')" },
    { SNOW, "SELECT * FROM t SAMPLE BERNOULLI (10)" },
    { SNOW, "SELECT * FROM t SAMPLE (100 ROWS)" },
    { SNOW, "SELECT $1, $2:a FROM @s/f.json (FILE_FORMAT => 'ff')" },
    { SNOW, "SELECT metadata$filename FROM @s" },
    { SNOW, "SELECT * EXCLUDE (a) RENAME (b AS c) FROM t" },
    { SNOW, "SELECT * ILIKE '%id%' FROM t" },
    { SNOW, "SELECT a FROM t WHERE b ILIKE ANY ('%x%', '%y%') AND "
            "REGEXP_LIKE(c, 'x')" },
    { SNOW, "SELECT a FROM t GROUP BY ALL" },
    { SNOW, "SELECT SEQ4(), UNIFORM(1, 10, RANDOM()) FROM "
            "TABLE(GENERATOR(ROWCOUNT => 10))" },
    { SNOW, "SELECT APPROX_COUNT_DISTINCT(a), APPROX_PERCENTILE(b, 0.5), "
            "HLL(c), MEDIAN(d), MODE(e), RATIO_TO_REPORT(f) OVER () FROM t" },
    { SNOW, "SELECT CASE WHEN v IS NULL THEN 'x' END, v::variant, "
            "TYPEOF(v), IS_NULL_VALUE(v:a), AS_VARCHAR(v) FROM t" },
    { SNOW, "SELECT * FROM t ASOF JOIN u MATCH_CONDITION (t.ts >= u.ts) ON "
            "t.k = u.k" },
    { SNOW, "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM "
            "c WHERE n < 5) SELECT * FROM c" },
    { SNOW, "SELECT $$it's$$ AS a" },
    { SNOW, "SELECT GET_DDL('table', 't')" },
    { SNOW, "SELECT SPLIT_PART(a, '.', 1), s.value FROM t, LATERAL "
            "SPLIT_TO_TABLE(t.a, ',') s" },
    { SNOW, "SELECT SYSTEM$TYPEOF(a) FROM t" },
    { SNOW, "SELECT HASH(*), SHA2(a), MD5(b), UUID_STRING() FROM t" },
    { SNOW, "SELECT COUNT_IF(a > 1), BOOLOR_AGG(b), LISTAGG(c, ',') FROM t" },
    { SNOW, "SELECT CONDITIONAL_TRUE_EVENT(a) OVER (ORDER BY b) FROM t" },
    { SNOW, "EXPLAIN SELECT * FROM t" },
    { SNOW, "EXPLAIN USING TEXT SELECT * FROM t" },
    { SNOW, "SELECT TOP 10 * FROM t" },
    { SNOW, "SELECT t.$1 FROM (VALUES (1, 2)) t" },
    { SNOW, "SHOW TABLES ->> SELECT * FROM $1" },

    { GEN, "SELECT u.id, u.name FROM users u WHERE u.created_at > "
           "'2024-01-01' ORDER BY u.id LIMIT 10 OFFSET 5" },
    { GEN, "SELECT department, AVG(salary) FROM employees GROUP BY "
           "department HAVING AVG(salary) > 5" },
    { GEN, "SELECT a.*, b.x FROM a FULL OUTER JOIN b ON a.id = b.id" },
    { GEN, "SELECT CASE WHEN x IS NULL THEN 0 ELSE x END AS x FROM t" },
    { GEN, "SELECT EXTRACT(MONTH FROM d), CURRENT_DATE, CURRENT_TIMESTAMP "
           "FROM t" },
    { GEN, "WITH a AS (SELECT 1 AS x) SELECT x FROM a UNION ALL SELECT 2" },
    { GEN, "SELECT RANK() OVER (PARTITION BY a ORDER BY b DESC) FROM t" },
    { GEN, "SELECT COUNT(*) FROM information_schema.tables" },
    { GEN, "SELECT * FROM t WHERE name LIKE '%o''brien%'" },
    { GEN, "SELECT sysdate FROM dual" },
    { GEN, "SELECT 1 FROM dual" },
    { GEN, "SELECT CAST(x AS VARCHAR(10)), NULLIF(a, b), COALESCE(a, b) "
           "FROM t" },
    { GEN, "EXPLAIN SELECT * FROM t" },
    { GEN, "SHOW DATABASES" },
    { GEN, "DESCRIBE t" },
    { GEN, "SELECT * FROM a WHERE id IN (SELECT a_id FROM b) AND NOT "
           "EXISTS (SELECT 1 FROM c WHERE c.id = a.id)" },
    { GEN, "VALUES (1), (2)" },
    { GEN, "SELECT SUBSTRING(a FROM 1 FOR 2), POSITION('a' IN b), "
           "TRIM(BOTH ' ' FROM c) FROM t" },
    { GEN, "SELECT t.col FROM unnest(x) AS t(col)" },
    { GEN, "SELECT MAX(a) FILTER (WHERE b) FROM t" }
};


int
main(void)
{
    size_t      i;
    hoop_sql_t  sql;

    hoop_sql_init(&sql);

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        is_read(&sql, texts[i].dialect, texts[i].text);
    }

    hoop_sql_clear(&sql);

    return done_testing();
}
