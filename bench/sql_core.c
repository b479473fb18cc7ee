
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The SQL classifier alone, one core: statements a second, of twenty that are
 * seen every day, one text each; PostgreSQL's by its grammar (where built in)
 * and by tokens, then the other dialects.  The best of BENCH_ROUNDS counts.
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hoop_sql.h"


#define BENCH_ROUNDS  15
#define BENCH_TURNS   500

#define N             (sizeof(statements) / sizeof(statements[0]))


static const char *const  statements[] = {
    "SELECT 1",
    "SELECT * FROM users WHERE id = 42",
    "SELECT id, name, email FROM users WHERE email = 'a@example.com' LIMIT 1",
    "SELECT count(*) FROM orders WHERE created_at >= '2026-01-01'",
    "SELECT u.id, u.name, count(o.id) AS orders, sum(o.total) AS total "
        "FROM users u LEFT JOIN orders o ON o.user_id = u.id "
        "WHERE u.active = 1 GROUP BY u.id, u.name HAVING count(o.id) > 3 "
        "ORDER BY total DESC LIMIT 20",
    "SELECT p.name, c.name FROM products p JOIN categories c "
        "ON c.id = p.category_id WHERE p.price BETWEEN 10 AND 50 "
        "AND c.slug IN ('books', 'music', 'games')",
    "SELECT name FROM customers WHERE lower(name) LIKE 'smith%' "
        "ORDER BY name",
    "WITH recent AS (SELECT user_id, max(created_at) AS last FROM events "
        "GROUP BY user_id) SELECT u.name, r.last FROM users u "
        "JOIN recent r ON r.user_id = u.id WHERE r.last < '2026-06-01'",
    "SELECT id, CASE WHEN total > 1000 THEN 'large' WHEN total > 100 "
        "THEN 'medium' ELSE 'small' END AS size FROM orders",
    "SELECT department, salary, rank() OVER (PARTITION BY department "
        "ORDER BY salary DESC) AS place FROM employees",
    "SELECT a.id FROM accounts a WHERE NOT EXISTS (SELECT 1 FROM invoices i "
        "WHERE i.account_id = a.id AND i.paid = 0)",
    "SELECT coalesce(nickname, name) AS who FROM users WHERE deleted_at "
        "IS NULL AND country = 'DE' ORDER BY id LIMIT 50",
    "SELECT name FROM a UNION ALL SELECT name FROM b ORDER BY 1",
    "SELECT table_name, column_name, data_type FROM "
        "information_schema.columns WHERE table_schema = 'public'",
    "INSERT INTO events (user_id, kind, payload) VALUES (42, 'login', "
        "'{\"ip\": \"192.0.2.1\"}')",
    "INSERT INTO tags (name) VALUES ('a'), ('b'), ('c'), ('d')",
    "UPDATE users SET last_seen = '2026-11-25', visits = visits + 1 "
        "WHERE id = 42",
    "UPDATE orders SET status = 'shipped' WHERE status = 'packed' "
        "AND warehouse_id = 7",
    "DELETE FROM sessions WHERE expires_at < '2026-11-25' AND user_id = 42",
    "BEGIN"
};


static double
bench_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return ts.tv_sec + ts.tv_nsec / 1e9;
}


static void
bench_run(const char *name, hoop_sql_dialect_e dialect, int tokens)
{
    double      t, best;
    size_t      i, n, k;
    hoop_sql_t  sql;

    hoop_sql_init(&sql);
    sql.tokens_only = tokens;
    best = 1e9;

    for (k = 0; k < BENCH_ROUNDS; k++) {

        t = bench_now();

        for (n = 0; n < BENCH_TURNS; n++) {
            for (i = 0; i < N; i++) {
                if (hoop_sql_classify(&sql, dialect,
                                      (const u_char *) statements[i],
                                      strlen(statements[i])) != HOOP_OK)
                {
                    exit(1);
                }
            }
        }

        t = bench_now() - t;
        best = t < best ? t : best;
    }

    hoop_sql_clear(&sql);

    printf("%-24s %7.0f statements/s, %5.2f us each\n", name,
           BENCH_TURNS * N / best, best * 1e6 / BENCH_TURNS / N);
}


int
main(void)
{
    hoop_sql_dialect_e  d;

    static const char *const  names[] = {
        "generic", "postgresql", "mysql", "tsql", "oracle", "sqlite",
        "clickhouse", "snowflake"
    };

    if (hoop_sql_pg_version()) {
        bench_run("postgresql, grammar", HOOP_SQL_POSTGRESQL, 0);

    } else {
        printf("postgresql, grammar      not built in\n");
    }

    for (d = HOOP_SQL_GENERIC; d <= HOOP_SQL_SNOWFLAKE; d++) {
        bench_run(names[d], d, 1);
    }

    return 0;
}
