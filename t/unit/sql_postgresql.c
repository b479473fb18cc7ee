
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Statements of PostgreSQL that people, tools and agents write every day.
 */


#include "sql.h"


static const test_statement_t  statements[] = {
    { ON(PG), R,
      "SELECT \"users\".* FROM \"users\" WHERE \"users\".\"deleted_at\" IS "
      "NULL AND \"users\".\"id\" = $1 LIMIT $2" },
    { ON(PG), R,
      "SELECT \"posts\".\"id\" AS t0_r0, \"posts\".\"title\" AS t0_r1 FROM "
      "\"posts\" LEFT OUTER JOIN \"comments\" ON \"comments\".\"post_id\" = "
      "\"posts\".\"id\" WHERE \"posts\".\"id\" IN ($1, $2, $3)" },
    { ON(PG), R,
      "SELECT 1 AS one FROM \"users\" WHERE LOWER(\"users\".\"email\") = "
      "LOWER($1) LIMIT 1" },
    { ON(PG), R,
      "SELECT \"auth_user\".\"id\", \"auth_user\".\"username\" FROM "
      "\"auth_user\" WHERE (\"auth_user\".\"is_active\" AND "
      "UPPER(\"auth_user\".\"username\"::text) LIKE UPPER('%x%')) ORDER BY "
      "\"auth_user\".\"id\" ASC LIMIT 21" },
    { ON(PG), R,
      "SELECT users.id AS users_id, users.name AS users_name, "
      "anon_1.count_1 FROM users LEFT OUTER JOIN (SELECT addresses.user_id "
      "AS user_id, count(*) AS count_1 FROM addresses GROUP BY "
      "addresses.user_id) AS anon_1 ON users.id = anon_1.user_id WHERE "
      "users.name = %(name_1)s" },
    { ON(PG), R,
      "SELECT date_trunc('week', created_at)::date AS week, count(*) FILTER "
      "(WHERE status = 'paid') AS paid FROM orders WHERE created_at >= "
      "now() - interval '90 days' GROUP BY 1 ORDER BY 1" },
    { ON(PG), R,
      "SELECT CAST(DATE_TRUNC('month', "
      "\"public\".\"orders\".\"created_at\") AS date) AS \"created_at\", "
      "COUNT(*) AS \"count\" FROM \"public\".\"orders\" GROUP BY "
      "CAST(DATE_TRUNC('month', \"public\".\"orders\".\"created_at\") AS "
      "date) ORDER BY 1 ASC" },
    { ON(PG), R,
      "SELECT id, payload->>'type' AS type, "
      "(payload->'user'->>'id')::bigint AS uid FROM events WHERE payload @> "
      "'{\"source\":\"web\"}' AND payload ? 'user' AND payload ?| "
      "array['a','b'] AND payload ?& array['a']" },
    { ON(PG), R,
      "SELECT payload #>> '{a,b,0}' FROM events WHERE payload #> '{a}' IS "
      "NOT NULL AND payload - 'x' <> '{}'::jsonb" },
    { ON(PG), R,
      "SELECT t.id, x.value FROM t CROSS JOIN LATERAL "
      "jsonb_to_recordset(t.items) AS x(name text, value int)" },
    { ON(PG), R,
      "SELECT * FROM jsonb_to_record('{\"a\":1}') AS x(a int, b text)" },
    { ON(PG), R,
      "SELECT key, value FROM jsonb_each_text('{\"a\":1}')" },
    { ON(PG), R,
      "SELECT jsonb_path_query_array(data, '$.items[*] ? (@.price > 10)') "
      "FROM t" },
    { ON(PG), R,
      "WITH RECURSIVE tree AS (SELECT id, parent_id, name, 1 AS depth FROM "
      "categories WHERE parent_id IS NULL UNION ALL SELECT c.id, "
      "c.parent_id, c.name, t.depth + 1 FROM categories c JOIN tree t ON "
      "c.parent_id = t.id) SELECT * FROM tree ORDER BY depth, name" },
    { ON(PG), R,
      "WITH RECURSIVE s(id, path) AS (SELECT id, ARRAY[id] FROM n UNION ALL "
      "SELECT n.id, s.path || n.id FROM n JOIN s ON n.parent = s.id) SEARCH "
      "DEPTH FIRST BY id SET ord SELECT * FROM s ORDER BY ord" },
    { ON(PG), R,
      "SELECT DISTINCT ON (customer_id) customer_id, id, created_at FROM "
      "orders ORDER BY customer_id, created_at DESC" },
    { ON(PG), R,
      "SELECT c.name, o.* FROM customers c LEFT JOIN LATERAL (SELECT * FROM "
      "orders WHERE customer_id = c.id ORDER BY created_at DESC LIMIT 3) o "
      "ON true" },
    { ON(PG), R,
      "SELECT g.day::date, coalesce(count(o.id), 0) FROM "
      "generate_series('2024-01-01'::date, '2024-01-31'::date, interval '1 "
      "day') AS g(day) LEFT JOIN orders o ON o.created_at::date = g.day "
      "GROUP BY 1" },
    { ON(PG), R,
      "SELECT array_agg(DISTINCT tag ORDER BY tag) FROM posts, unnest(tags) "
      "AS tag" },
    { ON(PG), R,
      "SELECT u.elem, u.ord FROM t, unnest(t.arr) WITH ORDINALITY AS "
      "u(elem, ord)" },
    { ON(PG), R,
      "SELECT arr[1], arr[2:3], array_length(arr, 1) FROM t WHERE 5 = "
      "ANY(arr) AND arr && ARRAY[1,2]::int[]" },
    { ON(PG), R,
      "SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_ms) AS "
      "p95, percentile_disc(0.5) WITHIN GROUP (ORDER BY latency_ms) FROM "
      "requests" },
    { ON(PG), R,
      "SELECT brand, size, sum(sales) FROM items_sold GROUP BY GROUPING "
      "SETS ((brand), (size), ())" },
    { ON(PG), R,
      "SELECT a, b, sum(c), grouping(a, b) FROM t GROUP BY CUBE (a, b)" },
    { ON(PG), R,
      "SELECT width_bucket(price, 0, 100, 10), count(*) FROM products GROUP "
      "BY 1" },
    { ON(PG), R,
      "SELECT ts_rank(to_tsvector('english', body), "
      "websearch_to_tsquery('english', 'cat dog')) AS rank, "
      "ts_headline('english', body, to_tsquery('cat')) FROM docs WHERE "
      "to_tsvector('english', body) @@ phraseto_tsquery('big cat')" },
    { ON(PG), R,
      "SELECT similarity(name, 'jon'), word_similarity('jon', name) FROM "
      "people WHERE name % 'jon' ORDER BY name <-> 'jon' LIMIT 5" },
    { ON(PG), R,
      "SELECT id, embedding <=> '[1,2,3]' AS distance FROM items ORDER BY "
      "embedding <=> '[1,2,3]' LIMIT 10" },
    { ON(PG), R,
      "SELECT id FROM items ORDER BY embedding <-> $1::vector LIMIT 5" },
    { ON(PG), R,
      "SELECT extract(epoch FROM (finished - started)) / 60.0 FROM jobs "
      "WHERE finished > current_timestamp - interval '1' day" },
    { ON(PG), R,
      "SELECT created_at AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Berlin' "
      "FROM t" },
    { ON(PG), R,
      "SELECT age(now(), birth), date_part('year', age(birth)), "
      "make_date(2024, 1, 2), to_timestamp(1700000000), "
      "justify_interval(interval '36 hours') FROM people" },
    { ON(PG), R,
      "SELECT regexp_matches(s, '(\\d+)', 'g'), regexp_split_to_table(s, "
      "','), split_part(s, '/', 2), substring(s from 2 for 3), substring(s "
      "from '\\d+'), overlay(s placing 'x' from 2), position('a' in s), "
      "trim(both ' ' from s), initcap(s), lpad(s, 5, '0'), md5(s) FROM t" },
    { ON(PG), R,
      "SELECT format('%s-%I', a, b), quote_ident(a), quote_literal(b), "
      "concat_ws(',', a, b), left(a, 3), reverse(a), translate(a, 'a', "
      "'b'), repeat('x', 3), strpos(a, 'b'), chr(65), ascii('a') FROM t" },
    { ON(PG), R,
      "SELECT $$Dianne's horse$$, $q$a $$ b$q$, U&'d\\0061t\\+000061', "
      "B'1010', X'1FF', E'tab\\there'" },
    { ON(PG), R,
      "SELECT relname, n_live_tup, last_autovacuum FROM pg_stat_user_tables "
      "ORDER BY n_live_tup DESC" },
    { ON(PG), R,
      "SELECT pid, state, query, now() - query_start AS runtime FROM "
      "pg_stat_activity WHERE state <> 'idle'" },
    { ON(PG), R,
      "SELECT table_schema, table_name, column_name, data_type FROM "
      "information_schema.columns WHERE table_schema NOT IN ('pg_catalog', "
      "'information_schema') ORDER BY ordinal_position" },
    { ON(PG), R,
      "SELECT a.attname, format_type(a.atttypid, a.atttypmod), "
      "pg_get_expr(d.adbin, d.adrelid), a.attnotnull FROM pg_attribute a "
      "LEFT JOIN pg_attrdef d ON a.attrelid = d.adrelid AND a.attnum = "
      "d.adnum WHERE a.attrelid = '\"users\"'::regclass AND a.attnum > 0 "
      "AND NOT a.attisdropped" },
    { ON(PG), R,
      "SELECT n.nspname, c.relname, pg_catalog.pg_get_userbyid(c.relowner) "
      "FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON "
      "n.oid = c.relnamespace WHERE c.relkind IN ('r','p','') AND n.nspname "
      "!~ '^pg_toast' AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 1,2" },
    { ON(PG), R,
      "SELECT c.relname, pg_size_pretty(pg_total_relation_size(c.oid)) FROM "
      "pg_class c WHERE c.relkind = 'r'" },
    { ON(PG), R,
      "SELECT current_setting('server_version_num')::int, current_schema(), "
      "current_schemas(true), current_user, session_user, "
      "inet_server_addr(), pg_is_in_recovery(), version()" },
    { ON(PG), R,
      "SELECT t.oid, t.typname, t.typtype FROM pg_type AS t WHERE t.typname "
      "IN ('int2', 'int4') " },
    { ON(PG), R,
      "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE "
      "conrelid = 'public.orders'::regclass" },
    { ON(PG), R,
      "SELECT has_table_privilege('orders', 'select'), "
      "obj_description('orders'::regclass), "
      "col_description('orders'::regclass, 1)" },
    { ON(PG), R,
      "SHOW server_version" },
    { ON(PG), R,
      "SHOW TIME ZONE" },
    { ON(PG), R,
      "SHOW TRANSACTION ISOLATION LEVEL" },
    { ON(PG), R,
      "EXPLAIN (COSTS OFF, VERBOSE) SELECT * FROM t WHERE id = 1" },
    { ON(PG), R,
      "EXPLAIN (ANALYZE OFF) SELECT * FROM t" },
    { ON(PG), R,
      "EXPLAIN (ANALYZE false, FORMAT json) SELECT * FROM t" },
    { ON(PG), R,
      "EXPLAIN SELECT count(*) FROM a JOIN b USING (id)" },
    { ON(PG), R,
      "EXPLAIN UPDATE t SET a = 1 WHERE id = 5" },
    { ON(PG), R,
      "VALUES (1, 'one'), (2, 'two') ORDER BY 1" },
    { ON(PG), R,
      "TABLE users ORDER BY id LIMIT 5" },
    { ON(PG), R,
      "SELECT * FROM ROWS FROM (generate_series(1,3), "
      "unnest(ARRAY['a','b'])) AS x(a, b)" },
    { ON(PG), R,
      "SELECT sum(v) OVER w, avg(v) OVER (w ROWS 3 PRECEDING) FROM t WINDOW "
      "w AS (PARTITION BY k ORDER BY ts)" },
    { ON(PG), R,
      "SELECT x, count(*) OVER (ORDER BY x GROUPS BETWEEN 1 PRECEDING AND 1 "
      "FOLLOWING EXCLUDE CURRENT ROW) FROM t" },
    { ON(PG), R,
      "SELECT * FROM t TABLESAMPLE SYSTEM (1) REPEATABLE (42)" },
    { ON(PG), R,
      "SELECT * FROM ONLY parent p JOIN child * c ON c.pid = p.id" },
    { ON(PG), R,
      "SELECT row_to_json(x) FROM (SELECT id, name FROM t) x" },
    { ON(PG), R,
      "SELECT json_build_object('id', id, 'tags', coalesce(json_agg(tag) "
      "FILTER (WHERE tag IS NOT NULL), '[]'::json)) FROM t GROUP BY id" },
    { ON(PG), R,
      "SELECT (t).id, t.*::text FROM t" },
    { ON(PG), R,
      "SELECT id, name COLLATE \"C\" FROM t ORDER BY name COLLATE \"de_DE\"" },
    { ON(PG), R,
      "SELECT 1::int::text, '1'::varchar(10), '{1,2}'::int[], CAST(a AS "
      "double precision), a::timestamp with time zone, 'infinity'::float8 "
      "FROM t" },
    { ON(PG), R,
      "SELECT tstzrange(a, b) && tstzrange(c, d), lower(r), upper(r), r @> "
      "5, isempty(r) FROM t" },
    { ON(PG), R,
      "SELECT b IS TRUE, b IS NOT UNKNOWN, a IS NOT DISTINCT FROM b, x NOT "
      "BETWEEN SYMMETRIC 5 AND 1 FROM t" },
    { ON(PG), R,
      "SELECT ROW(1,2) = ROW(1,2), (1,2) < (2,3), NOT a, -b, @ c, |/ d, a ^ "
      "2, a % 3, a << 2, a & 3, a | 1, a # 2, ~ a FROM t" },
    { ON(PG), R,
      "SELECT xmlelement(name foo, xmlattributes(a AS bar), b), "
      "xpath('/a/b', x) FROM t" },
    { ON(PG), R,
      "SELECT ST_AsGeoJSON(geom), ST_X(geom), ST_DWithin(geom::geography, "
      "ST_MakePoint(13.4, 52.5)::geography, 1000) FROM places WHERE geom && "
      "ST_MakeEnvelope(1,2,3,4,4326)" },
    { ON(PG), R,
      "SELECT gen_random_uuid(), random(), clock_timestamp(), "
      "statement_timestamp()" },
    { ON(PG), R,
      "SELECT encode(sha256('a'::bytea), 'hex'), decode('00', 'hex'), "
      "get_byte('\\x00'::bytea, 0)" },
    { ON(PG), R,
      "SELECT * FROM a WHERE id > ALL (SELECT x FROM b) OR id = SOME "
      "(ARRAY[1])" },
    { ON(PG), R,
      "SELECT id FROM t WHERE deleted IS FALSE FETCH FIRST ROW ONLY" },
    { ON(PG), R,
      "SELECT id FROM t ORDER BY x USING > LIMIT ALL" },
    { ON(PG), R,
      "SELECT interval '1 year 2 mons', time '10:00', timestamp '2024-01-01 "
      "10:00', date '2024-01-01', timestamptz '2024-01-01 00:00+01', "
      "interval '1' hour, interval '10:20' hour to minute" },
    { ON(PG), R,
      "WITH t AS NOT MATERIALIZED (SELECT 1 AS a) SELECT a FROM t" },
    { ON(PG), R,
      "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY" },
    { ON(PG), R,
      "SAVEPOINT sp1" },
    { ON(PG), R,
      "ROLLBACK TO SAVEPOINT sp1" },
    { ON(PG), R,
      "SELECT bool_or(x), bool_and(y), every(z), stddev(a), variance(b), "
      "corr(a, b), regr_slope(a, b), mode() WITHIN GROUP (ORDER BY a), "
      "bit_or(a), string_agg(a::text, ', ' ORDER BY a DESC) FROM t" },
    { ON(PG), R,
      "SELECT json_table.* FROM t, JSON_TABLE(js, '$.a[*]' COLUMNS (id int "
      "PATH '$.id', name text PATH '$.n')) AS json_table" },
    { ON(PG), R,
      "SELECT JSON_VALUE(js, '$.a' RETURNING int), JSON_QUERY(js, '$.b' "
      "WITH WRAPPER), JSON_EXISTS(js, '$.c') FROM t" },
    { ON(PG), R,
      "SELECT a, lag(a, 1, 0) OVER (ORDER BY b), lead(a) OVER (ORDER BY b), "
      "row_number() OVER () FROM t" },
    { ON(PG), R,
      "SELECT id, name FROM users WHERE name ILIKE ANY (ARRAY['a%', 'b%']) "
      "AND tags @> '{x}' AND id <> ALL('{1,2}'::int[])" },
    { ON(PG), R,
      "SELECT greatest(a, b), least(a, b), num_nulls(a, b), nullif(a, b) "
      "FROM t" },
    { ON(PG), R,
      "SELECT * FROM crosstab_result LIMIT 1" },
    { ON(PG), R,
      "SELECT unaccent(name), soundex(name), levenshtein(a, b), "
      "metaphone(a, 4) FROM t" },
    { ON(PG), R,
      "SELECT time_bucket('5 minutes', ts) AS bucket, avg(v) FROM metrics "
      "GROUP BY bucket" },
    { ON(PG), R,
      "SELECT * FROM t WHERE ts BETWEEN '2024-01-01' AND '2024-01-31' AND "
      "EXTRACT(DOW FROM ts) NOT IN (0, 6)" },
    { ON(PG), R,
      "SELECT ctid, xmin, tableoid::regclass, * FROM t" },
    { ON(PG), R,
      "SELECT 'abc' 'def', 'a' || 'b', 'x' ~ '^x$', 'X' ~* 'x', 'x' !~ 'y', "
      "'x' LIKE 'x!%' ESCAPE '!'" },
    { ON(PG), R,
      "SELECT CASE WHEN EXISTS(SELECT 1 FROM pg_tables WHERE tablename = "
      "'x') THEN 1 ELSE 0 END" },
    { ON(PG), R,
      "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' "
      "ESCAPE '\\'" },
    { ON(PG), R,
      "SELECT * FROM pg_indexes WHERE schemaname = 'public'" },
    { ON(PG), R,
      "SELECT unnest(string_to_array('a,b', ',')), cardinality(ARRAY[1,2]), "
      "array_to_string(ARRAY[1,2], ','), array_position(a, 1), ARRAY(SELECT "
      "id FROM t) FROM u" },
    { ON(PG), R,
      "SELECT count(*) AS \"count\", sum(amount)::money FROM payments WHERE "
      "(created_at AT TIME ZONE 'America/New_York')::date = CURRENT_DATE - 1" },
    { ON(PG), R,
      "SELECT id FROM t WHERE (a IS NULL) = false AND coalesce(b, 0) = 0 "
      "AND c IN (VALUES (1), (2))" },
    { ON(PG), R,
      "SELECT E'x\\'; DROP TABLE t; --'" },
    { ON(PG), R,
      "SELECT * FROM final" },
    { ON(PG), R,
      "SELECT ARRAY(SELECT x FROM u WHERE u.t_id = t.id) FROM t" },
    { ON(PG), R,
      "SELECT make_interval(days := 5), make_date(year := 2024, month := 1, "
      "day := 1)" },
    { ON(PG), R,
      "SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relname "
      "OPERATOR(pg_catalog.~) '^(users)$' COLLATE pg_catalog.default" },
    { ON(PG), R,
      "SELECT u.v FROM t, unnest(ARRAY[1,2]) WITH ORDINALITY AS u(v, n)" },
    { ON(PG), R,
      "SELECT sum(x) OVER w FROM t WINDOW w AS (PARTITION BY a), v AS "
      "(ORDER BY b)" },
    { ON(PG), R,
      "SELECT 1 UNION SELECT 2 EXCEPT ALL SELECT 3 INTERSECT (SELECT 4)" },
    { ON(PG), R,
      "WITH x AS (SELECT 1) SEARCH DEPTH FIRST BY a SET b SELECT 1" },
    { ON(PG), R,
      "SELECT 1 AS from, 2 AS distinct, 3 AS limit FROM t" }
};


int
main(void)
{
    test_statements(statements, sizeof(statements) / sizeof(statements[0]));

    return done_testing();
}
