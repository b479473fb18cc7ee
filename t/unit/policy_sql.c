
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "sql" in a match: places, classes, names of tables.
 */


#include "policy.h"


static void test_classes(void);
static void test_places(void);
static void test_tables(void);
static void test_dialects(void);
static void test_unnamed(void);
static void test_raw(void);
static void test_clickhouse(void);
static void test_record(void);
static void test_sets(void);
static void test_shared(void);
static void test_limits(void);
static void test_errors(void);


int
main(void)
{
    test_classes();
    test_places();
    test_tables();
    test_dialects();
    test_unnamed();
    test_raw();
    test_clickhouse();
    test_record();
    test_sets();
    test_shared();
    test_limits();
    test_errors();

    return done_testing();
}


/* POST /sql, the statement in {"query": ...}; NULL: no body */

static void
question(const char *sql)
{
    json_t  *body;

    req("POST /sql", NULL);

    if (sql == NULL) {
        return;
    }

    body = json_pack("{s:s}", "query", sql);

    request.body_json = body;
    request.body = HOOP_BODY_JSON;
}


static hoop_policy_t *
one(const char *effect, const char *dialect, const char *cond)
{
    char  rule[4096];

    snprintf(rule, sizeof(rule), "{'id':'r','effect':'%s','match':"
             "{'sql':{'at':'/query','dialect':'%s',%s}}}",
             effect, dialect, cond);

    return policy(rule);
}


/* what the rule says: "yes", "no" or "unknown" */

static void
trace(void *ctx, const hoop_policy_trace_t *t)
{
    *(const char **) ctx = (t->matched > 0) ? "yes"
                           : (t->matched < 0) ? "unknown" : "no";
}


static const char *
says(hoop_policy_t *p)
{
    const char  *answer;

    answer = "nothing";
    hoop_policy_explain(&p, 1, &request, trace, &answer);

    return answer;
}


__attribute__((format(printf, 3, 4)))
static void
says_is(hoop_policy_t *p, const char *wanted, const char *fmt, ...)
{
    char        name[512];
    va_list     args;

    va_start(args, fmt);
    vsnprintf(name, sizeof(name), fmt, args);
    va_end(args);

    is_str(says(p), wanted, name);
}


static void
test_classes(void)
{
    size_t          i;
    hoop_policy_t  *allow, *deny;

    static const struct {
        const char  *class;
        const char  *sql;
        const char  *allow;
        const char  *deny;
    } cases[] = {
        { "'read'", "SELECT a FROM t", "yes", "yes" },
        { "'read'", "DELETE FROM t WHERE a = 1", "no", "no" },
        { "'read'", "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
          "no", "no" },
        { "['read','insert']", "INSERT INTO t SELECT 1", "yes", "yes" },
        { "['insert']", "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE "
          "SET a = 2", "no", "yes" },

        /* every statement to an allow, any to a deny */
        { "'read'", "SELECT 1; SELECT 2", "no", "yes" },
        { "['read','multi']", "SELECT 1; SELECT 2", "yes", "yes" },
        { "['read','multi']", "SELECT 1; DROP TABLE t", "no", "yes" },
        { "['ddl']", "SELECT 1; DROP TABLE t", "no", "yes" },
        { "['ddl']", "SELECT 1; SELECT 2", "no", "no" },
        { "'multi'", "SELECT 1; SELECT 2", "no", "yes" },

        /* unknown must be named */
        { "'read'", "SELECT f(1)", "unknown", "unknown" },
        { "['read','unknown']", "SELECT f(1)", "yes", "yes" },
        { "['ddl']", "SELECT f(1)", "unknown", "unknown" },
        { "'unknown'", "SELECT f(1)", "yes", "yes" },
        { "'unknown'", "SELECT 1", "no", "no" },
        { "['read','multi']", "SELECT f(1); DROP TABLE t", "no", "yes" },
        { "['ddl','multi']", "SELECT f(1); SELECT 1", "no", "yes" },
        { "['read','multi']", "SELECT 1; SELECT f(1)", "unknown", "yes" },
        { "['ddl']", "SELECT 1; SELECT f(1)", "no", "unknown" },
        { "'read'", "", "unknown", "unknown" },
        { "'read'", " -- ", "unknown", "unknown" },

        /* deleting all is deleting */
        { "'delete'", "DELETE FROM t", "no", "yes" },
        { "'update'", "UPDATE t SET a = 1", "no", "yes" },
        { "'delete_all'", "DELETE FROM t", "yes", "yes" },
        { "'delete_all'", "DELETE FROM t WHERE a = 1", "no", "no" },
        { "'delete_all'", "DELETE FROM t WHERE 1 = 1", "yes", "yes" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char  cond[256];

        snprintf(cond, sizeof(cond), "'class':%s", cases[i].class);

        allow = one("allow", "postgresql", cond);
        deny = one("deny", "postgresql", cond);

        question(cases[i].sql);

        says_is(allow, cases[i].allow, "allow %s: %s", cases[i].class,
               cases[i].sql);
        says_is(deny, cases[i].deny, "deny %s: %s", cases[i].class,
               cases[i].sql);

        hoop_policy_free(allow);
        hoop_policy_free(deny);
    }

    allow = one("allow", "postgresql", "'class':['read','call']");

    question("SELECT f(1)");
    verdict_is(allow, "error r ambiguous", "an allow that cannot judge");
    ok(hoop_str_is(verdict.reason, "it is not known what the SQL does"),
       "and says what");

    question("DROP TABLE t");
    verdict_is(allow, "deny ", "an allow that is not met");

    hoop_policy_free(allow);

    deny = one("deny", "postgresql", "'class':['ddl']");

    question("SELECT f(1)");
    verdict_is(deny, "deny r ambiguous", "a deny that cannot judge");

    question("DROP TABLE t");
    verdict_is(deny, "deny r", "a deny that is met");

    hoop_policy_free(deny);
}


static void
test_places(void)
{
    json_t         *body;
    hoop_policy_t  *p, *q;

    p = one("allow", "postgresql", "'class':['read']");
    q = one("deny", "postgresql", "'class':['read']");

    question(NULL);
    says_is(p, "no", "no body, no SQL");
    says_is(q, "no", "nor to a deny");

    req("POST /sql", "{'other':'SELECT 1'}");
    says_is(p, "no", "no such member");
    says_is(q, "no", "nor to a deny");

    req("POST /sql", "{'Query':'DROP TABLE t'}");
    says_is(p, "unknown", "a member in another case");
    says_is(q, "unknown", "to a deny as well");

    req("POST /sql", "{'query':['SELECT 1']}");
    says_is(p, "unknown", "a list is no text");
    says_is(q, "unknown", "nor to a deny");

    req("POST /sql", "{'query':null}");
    says_is(p, "unknown", "null is no text");

    req("POST /sql", "{'query':'SELECT 1','query':'DROP TABLE t'}");
    says_is(p, "unknown", "a body with duplicate members");

    req("POST /sql", NULL);
    request.body = HOOP_BODY_OTHER;
    says_is(p, "unknown", "a body that is not JSON");
    says_is(q, "unknown", "to a deny as well");

    ok(hoop_policy_needs_body(&p, 1, &request), "it needs the body");

    hoop_policy_free(p);
    hoop_policy_free(q);

    p = policy("{'id':'r','effect':'allow','match':{'sql':{'at':"
               "{'query':'q'},'dialect':'generic','class':'read'}}}");

    req("GET /sql?q=SELECT+1%20FROM%20t", NULL);
    says_is(p, "yes", "an argument, decoded");
    request.body = HOOP_BODY_UNREAD;
    ok(!hoop_policy_needs_body(&p, 1, &request), "without the body");

    req("GET /sql?q=SELECT+1&q=DROP+TABLE+t", NULL);
    says_is(p, "unknown", "a duplicate argument");
    req("GET /sql?q=SELECT+1&Q=DROP+TABLE+t", NULL);
    says_is(p, "unknown", "in another case");
    req("GET /sql?q=SELECT+1;DROP+TABLE+t", NULL);
    says_is(p, "unknown", "cut by a semicolon");
    req("GET /sql?q=%2553ELECT+1", NULL);
    says_is(p, "unknown", "decoded once");
    req("GET /sql?p=1", NULL);
    says_is(p, "no", "no such argument");

    hoop_policy_free(p);

    p = policy("{'id':'r','effect':'allow','match':{'sql':{'at':"
               "['/a',{'query':'b'},'/c/0'],'dialect':'postgresql',"
               "'class':'read'}}}");
    q = policy("{'id':'r','effect':'deny','match':{'sql':{'at':"
               "['/a',{'query':'b'},'/c/0'],'dialect':'postgresql',"
               "'class':'ddl'}}}");

    req("POST /x?b=SELECT+1", "{'a':'SELECT 1','c':['SELECT 2']}");
    says_is(p, "yes", "each of three places");
    says_is(q, "no", "none of three places");

    req("POST /x?b=SELECT+1", "{'c':['DROP TABLE t']}");
    says_is(p, "no", "not one of them");
    says_is(q, "yes", "one of them");

    req("POST /x?b=SELECT+1&b=", "{'c':['DROP TABLE t']}");
    says_is(p, "no", "no is stronger than unknown");
    says_is(q, "yes", "yes is, to a deny");

    req("POST /x?b=SELECT+1&b=", "{'c':['SELECT 1']}");
    says_is(p, "unknown", "one is not to be judged");
    says_is(q, "unknown", "to a deny as well");

    ok(hoop_policy_needs_body(&p, 1, &request), "they need the body");

    hoop_policy_free(p);
    hoop_policy_free(q);

    p = one("allow", "postgresql", "'class':['read']");

    body = json_pack("{s:s%}", "query", "SELECT 1\0;DROP", (size_t) 14);
    req("POST /sql", NULL);
    request.body_json = body;
    request.body = HOOP_BODY_JSON;
    says_is(p, "unknown", "a zero byte");

    hoop_policy_free(p);
}


/* "yes" and "no" of an allow and of a deny, by dialect, glob and table */

static void
test_tables(void)
{
    char            cond[256], sql[256];
    size_t          i;
    hoop_policy_t  *p;

    static const struct {
        const char  *dialect;
        const char  *glob;
        const char  *table;
        const char  *allow;
        const char  *deny;
    } cases[] = {
        { "postgresql", "'users'", "users", "yes", "yes" },
        { "postgresql", "'users'", "USERS", "yes", "yes" },
        { "postgresql", "'Users'", "users", "yes", "yes" },
        { "postgresql", "'users'", "orders", "no", "no" },
        { "postgresql", "'users'", "\"users\"", "yes", "yes" },

        /* case that the target may or may not see */
        { "postgresql", "'users'", "\"Users\"", "unknown", "unknown" },
        { "postgresql", "'\\\"Users\\\"'", "\"Users\"", "yes", "yes" },
        { "postgresql", "'\\\"Users\\\"'", "Users", "unknown", "unknown" },
        { "postgresql", "'public.\\\"Users\\\"'", "public.\"Users\"",
          "yes", "yes" },

        /* qualified further than the glob */
        { "postgresql", "'users'", "public.users", "no", "yes" },
        { "postgresql", "'users'", "\"hr\".\"users\"", "no", "yes" },
        { "postgresql", "'users'", "db.hr.users", "no", "yes" },
        { "postgresql", "'hr.users'", "db.hr.users", "no", "yes" },
        { "postgresql", "'users'", "users.orders", "no", "no" },

        /* less: up to the search path */
        { "postgresql", "'public.*'", "users", "unknown", "unknown" },
        { "postgresql", "'public.users'", "users", "unknown", "unknown" },
        { "postgresql", "'public.users'", "orders", "no", "no" },
        { "postgresql", "'db.public.users'", "public.users",
          "unknown", "unknown" },
        { "postgresql", "['public.*','users']", "users", "yes", "yes" },

        { "postgresql", "'public.*'", "public.users", "yes", "yes" },
        { "postgresql", "'public.*'", "hr.users", "no", "no" },
        { "postgresql", "'public.*'", "public.a.b", "no", "no" },
        { "postgresql", "'*'", "users", "yes", "yes" },
        { "postgresql", "'*'", "hr.users", "no", "yes" },
        { "postgresql", "'**'", "hr.users", "yes", "yes" },
        { "postgresql", "'**.users'", "hr.users", "yes", "yes" },
        { "postgresql", "'**.users'", "users", "yes", "yes" },
        { "postgresql", "'tmp_*'", "tmp_1", "yes", "yes" },
        { "postgresql", "'tmp_*'", "tm", "no", "no" },

        /* what is not a part is not taken for one */
        { "postgresql", "'public.*'", "\"public.users\"", "no", "unknown" },
        { "postgresql", "'*.*'", "\"public.users\"", "unknown", "yes" },
        { "postgresql", "'*'", "\"we\"\"ird\"", "unknown", "yes" },
        { "postgresql", "'users'", "\"users \"", "no", "unknown" },
        { "postgresql", "'*'", "\"users \"", "unknown", "yes" },
        { "postgresql", "'users'", "\"order details\"", "no", "no" },
        { "postgresql", "'order details'", "\"order details\"",
          "yes", "yes" },

        /* the target's own */
        { "postgresql", "'*'", "pg_authid", "no", "yes" },
        { "postgresql", "'**'", "pg_authid", "no", "yes" },
        { "postgresql", "'**'", "pg_catalog.pg_authid", "no", "yes" },
        { "postgresql", "'**'", "\"PG_CATALOG\".x", "no", "yes" },
        { "postgresql", "'**'", "information_schema.tables", "no", "yes" },
        { "postgresql", "'*.*'", "information_schema.tables", "no", "yes" },
        { "postgresql", "['**','information_schema.*']",
          "information_schema.tables", "yes", "yes" },
        { "postgresql", "'pg_stat_*'", "pg_stat_activity", "yes", "yes" },
        { "postgresql", "'public.*'", "public.pg_x", "no", "yes" },

        { "mysql", "'users'", "users", "yes", "yes" },
        { "mysql", "'users'", "Users", "unknown", "unknown" },
        { "mysql", "'Users'", "`Users`", "yes", "yes" },
        { "mysql", "'app.*'", "app.users", "yes", "yes" },
        { "mysql", "'**'", "mysql.user", "no", "yes" },
        { "mysql", "'**'", "MySQL.user", "no", "yes" },
        { "mysql", "'**'", "sys.x", "no", "yes" },
        { "mysql", "'*.*'", "`a.b`", "unknown", "yes" },

        { "tsql", "'dbo.users'", "dbo.users", "yes", "yes" },
        { "tsql", "'dbo.users'", "[dbo].[users]", "yes", "yes" },
        { "tsql", "'dbo.users'", "DBO.Users", "unknown", "unknown" },
        { "tsql", "'dbo.users'", "db.dbo.users", "no", "yes" },
        { "tsql", "'dbo.users'", "db..users", "no", "unknown" },
        { "tsql", "'users'", "db..users", "no", "yes" },
        { "tsql", "'users'", "[users ]", "no", "unknown" },
        { "tsql", "'**'", "dbo.sysobjects", "no", "yes" },
        { "tsql", "'**'", "sys.objects", "no", "yes" },

        { "oracle", "'hr.emp'", "hr.emp", "yes", "yes" },
        { "oracle", "'hr.emp'", "HR.EMP", "yes", "yes" },
        { "oracle", "'hr.emp'", "\"hr\".emp", "unknown", "unknown" },
        { "oracle", "'*'", "dba_users", "no", "yes" },
        { "oracle", "'*'", "v$session", "no", "yes" },
        { "oracle", "'user_*'", "user_tables", "yes", "yes" },
        { "oracle", "'hr.*'", "hr.user_accounts", "yes", "yes" },

        { "sqlite", "'users'", "USERS", "yes", "yes" },
        { "sqlite", "'users'", "\"Users\"", "yes", "yes" },
        { "sqlite", "'*'", "sqlite_master", "no", "yes" },
        { "sqlite", "'**'", "main.sqlite_schema", "no", "yes" },

        { "clickhouse", "'logs.*'", "logs.events", "yes", "yes" },
        { "clickhouse", "'logs.*'", "Logs.events", "unknown", "unknown" },
        { "clickhouse", "'**'", "system.users", "no", "yes" },
        { "clickhouse", "'**'", "INFORMATION_SCHEMA.TABLES", "no", "yes" },

        { "snowflake", "'sales.public.*'", "Sales.Public.Orders",
          "yes", "yes" },
        { "snowflake", "'sales.public.*'", "\"sales\".public.orders",
          "unknown", "unknown" },
        { "snowflake", "'**'", "snowflake.account_usage.users",
          "no", "yes" },
        { "snowflake", "'orders'", "sales.public.orders", "no", "yes" },

        { "generic", "'users'", "Users", "yes", "yes" },
        { "generic", "'**'", "sqlite_master", "no", "yes" },
        { "generic", "'**'", "pg_authid", "no", "yes" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        snprintf(cond, sizeof(cond), "'class':'read','tables':%s",
                 cases[i].glob);
        snprintf(sql, sizeof(sql), "SELECT a FROM %s", cases[i].table);

        question(sql);

        p = one("allow", cases[i].dialect, cond);
        says_is(p, cases[i].allow, "%s: allow %s, %s", cases[i].dialect,
               cases[i].glob, cases[i].table);
        hoop_policy_free(p);

        p = one("deny", cases[i].dialect, cond);
        says_is(p, cases[i].deny, "%s: deny %s, %s", cases[i].dialect,
               cases[i].glob, cases[i].table);
        hoop_policy_free(p);
    }
}


static void
test_dialects(void)
{
    hoop_policy_t  *p;

    /* one text, two dialects, of one policy */

    p = policy("{'id':'m','effect':'allow','match':{'request':{'path':'/m'},"
               "'sql':{'at':'/q','dialect':'mysql','class':'read'}}},"
               "{'id':'p','effect':'allow','match':{'request':{'path':'/p'},"
               "'sql':{'at':'/q','dialect':'postgresql','class':'read'}}},"
               "{'id':'both','effect':'deny','match':{'request':"
               "{'path':'/b'},'sql':{'at':'/q','dialect':'mysql',"
               "'class':'ddl'}}},"
               "{'id':'b','effect':'allow','match':{'request':"
               "{'path':'/b'},'sql':{'at':'/q','dialect':'postgresql',"
               "'class':'read'}}}");

    req("POST /m", "{'q':'SELECT a # FROM t'}");
    verdict_is(p, "allow m", "a comment of MySQL");

    req("POST /p", "{'q':'SELECT a # b FROM t'}");
    is_str(judge(p) == HOOP_VERDICT_ALLOW ? "allow" : "not", "allow",
           "an operator of PostgreSQL");

    req("POST /b", "{'q':'SELECT a FROM t'}");
    verdict_is(p, "allow b", "both judge it");

    hoop_policy_free(p);
}


/* statements whose tables are not all named */

static void
test_unnamed(void)
{
    size_t          i;
    hoop_policy_t  *allow, *deny;

    static const struct {
        const char  *sql;
        const char  *allow;
        const char  *deny;
    } cases[] = {
        { "SELECT 1", "yes", "no" },
        { "SHOW server_version", "yes", "no" },
        { "SELECT * FROM public.a JOIN public.b ON true", "yes", "yes" },
        { "SELECT * FROM public.a, hr.b", "no", "yes" },
        { "SELECT * FROM hr.b", "no", "no" },
        { "SELECT * FROM public.a; SELECT * FROM hr.b", "no", "yes" },
        { "SELECT * FROM public.a; SELECT * FROM public.b", "yes", "yes" },
        { "WITH a AS (SELECT * FROM hr.b) SELECT * FROM a", "no", "no" },
        { "DROP SCHEMA public CASCADE", "unknown", "unknown" },
        { "DROP TABLE public.a", "unknown", "yes" },
        { "CREATE TABLE public.a AS SELECT * FROM hr.b", "no", "yes" },
        { "CREATE TABLE hr.a (b int)", "no", "unknown" },
        { "GRANT SELECT ON hr.a TO bob", "no", "unknown" },
        { "CALL p()", "unknown", "unknown" },
        { "SELECT f(1)", "unknown", "unknown" },
        { "SELECT f(1) FROM hr.a", "no", "unknown" },
        { "SELECT f(1) FROM public.a", "unknown", "yes" },
        { "TRUNCATE public.a, public.b", "yes", "yes" },
        { "COPY public.a TO STDOUT", "yes", "yes" },
        { "DELETE FROM public.a USING hr.b WHERE a.x = b.x", "no", "yes" }
    };

    allow = one("allow", "postgresql", "'tables':'public.*'");
    deny = one("deny", "postgresql", "'tables':['public.*']");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        question(cases[i].sql);
        says_is(allow, cases[i].allow, "allow tables: %s", cases[i].sql);
        says_is(deny, cases[i].deny, "deny tables: %s", cases[i].sql);
    }

    hoop_policy_free(allow);
    hoop_policy_free(deny);

    /* what lists what is there is not within tables */

    allow = one("allow", "mysql", "'class':'read','tables':['app.*']");
    deny = one("deny", "mysql", "'class':'read','tables':['app.*']");

    question("SHOW PROCESSLIST");
    says_is(allow, "unknown", "SHOW of no table");
    says_is(deny, "no", "to a deny");
    question("/* x */ show tables");
    says_is(allow, "unknown", "SHOW TABLES");
    question("SHOW CREATE TABLE app.a");
    says_is(allow, "yes", "SHOW of one");
    question("SELECT 1");
    says_is(allow, "yes", "no table at all");

    hoop_policy_free(allow);
    hoop_policy_free(deny);

    allow = one("allow", "mysql", "'class':'read'");
    question("SHOW TABLES");
    says_is(allow, "yes", "without tables it reads");
    hoop_policy_free(allow);

    /* of an allowed unknown the tables are not known either */

    allow = one("allow", "postgresql",
                "'class':['read','unknown'],'tables':'public.*'");

    question("SELECT f(1) FROM public.a");
    says_is(allow, "unknown", "allow unknown, with tables");

    hoop_policy_free(allow);

    /* class and table of one statement, not of two */

    deny = one("deny", "postgresql", "'class':'delete','tables':'users'");

    question("SELECT * FROM users; DELETE FROM t WHERE a = 1");
    says_is(deny, "no", "neither statement is both");
    question("SELECT * FROM t; DELETE FROM users WHERE a = 1");
    says_is(deny, "yes", "one is");

    hoop_policy_free(deny);
}


/* a body of no type that is looked into, with that Content-Type */

static void
raw(const char *line, const char *type, const char *text)
{
    req(line, NULL);

    memset(headers, 0, sizeof(headers));

    if (text == NULL) {
        return;
    }

    if (type != NULL) {
        headers[0].name = "content-type";
        headers[0].value = type;
    }

    request.body = HOOP_BODY_OTHER;
    request.body_text = hoop_cstr(text);
}


static void
test_raw(void)
{
    size_t          i;
    hoop_policy_t  *p;

    static const char  *multipart[] = {
        "multipart/form-data; boundary=b", "Multipart/Form-Data",
        " multipart/mixed", "text/plain, multipart/form-data"
    };

    p = policy("{'id':'r','effect':'allow','match':{'sql':{'at':"
               "{'body':'raw'},'dialect':'postgresql','class':'read'}}}");

    raw("POST /", "text/plain", "SELECT 1");
    says_is(p, "yes", "a body");
    raw("POST /", NULL, "SELECT 1");
    says_is(p, "yes", "of no type");
    raw("POST /", "text/plain", "DROP TABLE t");
    says_is(p, "no", "a body that is not to be allowed");

    raw("POST /", "application/x-www-form-urlencoded", "SELECT 1");
    request.body = HOOP_BODY_FORM;
    says_is(p, "yes", "said to be a form, as curl says");

    raw("POST /", "application/json", "\"SELECT 1\"");
    request.body = HOOP_BODY_JSON;
    says_is(p, "unknown", "JSON is not SQL");

    raw("POST /", NULL, NULL);
    says_is(p, "no", "no body");

    raw("POST /", NULL, "SELECT 1");
    request.body = HOOP_BODY_AMBIGUOUS;
    says_is(p, "unknown", "an ambiguous body");
    request.body = HOOP_BODY_UNREAD;
    says_is(p, "unknown", "a body that was not read");
    ok(hoop_policy_needs_body(&p, 1, &request), "it needs the body");

    /* the preamble of a multipart body is not what is executed */

    for (i = 0; i < sizeof(multipart) / sizeof(multipart[0]); i++) {
        raw("POST /", multipart[i], "SELECT 1 /*\r\n--b\r\nContent-Disposition"
            ": form-data; name=\"query\"\r\n\r\nDROP TABLE t\r\n--b--\r\n*/");
        says_is(p, "unknown", "%s", multipart[i]);
    }

    raw("POST /", "text/plain", "SELECT 1");
    headers[0].value = NULL;
    says_is(p, "unknown", "two types");

    hoop_policy_free(p);

    p = policy("{'id':'r','effect':'allow','match':{'sql':{'at':"
               "{'form':'q'},'dialect':'postgresql','class':'read'}}}");

    raw("POST /", NULL, "q=SELECT+1&x=DROP");
    request.body = HOOP_BODY_FORM;
    says_is(p, "yes", "a field of a form");
    raw("POST /", NULL, "q=SELECT+1&q=DROP+TABLE+t");
    request.body = HOOP_BODY_FORM;
    says_is(p, "unknown", "a field that is there twice");
    raw("POST /", NULL, "x=SELECT+1");
    request.body = HOOP_BODY_FORM;
    says_is(p, "no", "no such field");
    raw("POST /", NULL, "q=SELECT+1");
    says_is(p, "unknown", "no form");
    ok(hoop_policy_needs_body(&p, 1, &request), "it needs the body");

    hoop_policy_free(p);

    memset(headers, 0, sizeof(headers));
}


static void
test_clickhouse(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'a','effect':'allow','match':{'request':{'path':'/a'},"
               "'sql':{'at':[{'body':'raw'},{'query':'query'}],"
               "'dialect':'clickhouse','class':'read'}}},"
               "{'id':'d','effect':'deny','match':{'request':{'path':'/d'},"
               "'sql':{'at':[{'body':'raw'},{'query':'query'}],"
               "'dialect':'clickhouse','class':'ddl'}}}");

    raw("POST /a", NULL, "SELECT 1");
    verdict_is(p, "allow a", "one place");
    raw("POST /a?query=SELECT+1", NULL, NULL);
    verdict_is(p, "allow a", "the other");
    raw("POST /a?query=SELECT+f", NULL, "(SELECT 1)");
    verdict_is(p, "error a ambiguous", "both are joined");
    raw("POST /a?query=SELECT+1", NULL, "DROP TABLE t");
    verdict_is(p, "deny ", "one of both is not to be allowed");
    raw("POST /d?query=SELECT+f", NULL, "(SELECT 1)");
    verdict_is(p, "deny d ambiguous", "both are joined, to a deny");
    raw("POST /d?query=SELECT+1", NULL, "DROP TABLE t");
    verdict_is(p, "deny d", "one is to be denied");

    hoop_policy_free(p);
}


/* what is left of it for the evidence */

static void
test_record(void)
{
    int             i, rc;
    char           *text, *s;
    json_t         *v;
    unsigned        omitted;
    hoop_buf_t      b;
    hoop_error_t    err;
    hoop_policy_t  *p, *both[2];

    p = policy("{'id':'p','effect':'allow','match':{'request':{'path':"
               "'/sql'},'sql':{'at':'/query','dialect':'postgresql',"
               "'class':['read','multi']}}}");

    hoop_buf_init(&b, 0);

    question("SELECT name FROM crm.users WHERE ssn = '123-45-6789'");
    (void) judge(p);
    rc = hoop_policy_sql(&p, 1, &b, &omitted);
    (void) hoop_buf_addc(&b, '\0');

    is_int(rc, HOOP_OK, "there is a record");
    is_int(omitted, 0, "of all");
    is_str((char *) b.data, "[{\"class\":\"read\",\"tables\":[\"crm.users\"],"
           "\"redacted\":\"SELECT name FROM crm.users WHERE ssn = ?\"}]",
           "and it has no literal");

    b.len = 0;
    question("SELECT 1; SELECT f('secret')");
    (void) judge(p);
    rc = hoop_policy_sql(&p, 1, &b, &omitted);
    (void) hoop_buf_addc(&b, '\0');

    is_int(rc, HOOP_OK, "of two statements");
    ok(strncmp((char *) b.data, "[{\"class\":[\"read\",\"multi\"],", 27) == 0
       && strstr((char *) b.data, ",\"why\":\"calls a function") != NULL
       && strstr((char *) b.data, "secret") == NULL,
       "%s", (char *) b.data);

    b.len = 0;
    req("POST /other", "{'query':'SELECT 1'}");
    (void) judge(p);
    is_int(hoop_policy_sql(&p, 1, &b, &omitted), HOOP_DECLINED,
           "none of SQL that no rule has looked at");
    is_int(b.len, 0, "not a byte");

    question("SELECT 1");
    request.body = HOOP_BODY_AMBIGUOUS;
    (void) judge(p);
    is_int(hoop_policy_sql(&p, 1, &b, &omitted), HOOP_DECLINED,
           "nor of what is not to be read");

    /* two policies, one text */

    both[0] = p;
    both[1] = policy("{'id':'q','effect':'allow','match':{'sql':{'at':'/query',"
                     "'dialect':'postgresql','class':'ddl'}}},"
                     "{'id':'r','effect':'allow','match':{'sql':{'at':'/query',"
                     "'dialect':'mysql','class':'ddl'}}}");

    question("DROP TABLE t");
    hoop_policy_evaluate(both, 2, &request, &verdict);
    rc = hoop_policy_sql(both, 2, &b, &omitted);
    v = hoop_json_load(b.data, b.len, &err);

    is_int(rc, HOOP_OK, "of two policies");
    is_int(json_array_size(v), 1, "one text in one dialect is told once");

    json_decref(v);
    hoop_policy_free(both[1]);

    /* caps */

    text = malloc(200000);
    s = text;

    for (i = 0; i < 40; i++) {
        s += sprintf(s, "SELECT 'secret%d' FROM t%d;", i, i);
    }

    b.len = 0;
    question(text);
    (void) judge(p);
    is_int(hoop_policy_sql(&p, 1, &b, &omitted), HOOP_OK, "of 40 statements");
    v = hoop_json_load(b.data, b.len, &err);

    is_int(json_array_size(v), 16, "16 are told");
    is_int(omitted, 24, "and how many are not");
    json_decref(v);

    s = text + sprintf(text, "SELECT 1");

    for (i = 0; i < 60; i++) {
        s += sprintf(s, ", \"column%060d\"", i);
    }

    s += sprintf(s, " FROM t");

    for (i = 0; i < 60; i++) {
        s += sprintf(s, ", \"table%058d\"", i);
    }

    b.len = 0;
    question(text);
    (void) judge(p);
    is_int(hoop_policy_sql(&p, 1, &b, &omitted), HOOP_OK, "of a long one");
    v = hoop_json_load(b.data, b.len, &err);

    ok(b.len < 4096, "%zu bytes", b.len);
    ok(json_is_true(json_object_get(json_array_get(v, 0), "truncated")),
       "it is said that it is cut");
    ok(hoop_json_member(json_array_get(v, 0), "redacted").len <= 1024,
       "the text is");
    is_int(json_array_size(json_object_get(json_array_get(v, 0), "tables")), 17,
           "and the tables are");
    json_decref(v);

    s = text;

    for (i = 0; i < 200; i++) {
        s += sprintf(s, "SELECT 1 FROM \"%0900d\";", i);
    }

    b.len = 0;
    question(text);
    (void) judge(p);
    is_int(hoop_policy_sql(&p, 1, &b, &omitted), HOOP_OK, "of long ones");
    ok(b.len < 20000 && omitted >= 184, "%zu bytes, %u are not told", b.len,
       omitted);

    free(text);
    hoop_buf_free(&b);
    hoop_policy_free(p);
}


/* in a set, as what the rule is; under "not" the other way */

static void
test_sets(void)
{
    char            text[2048];
    hoop_error_t    err;
    hoop_policy_t  *p;

    snprintf(text, sizeof(text),
             "{'version':1,'name':'test','conditions':{'reads':{'sql':"
             "{'at':'/query','dialect':'postgresql','class':['read','multi']"
             "}}},'rules':["
             "{'id':'a','effect':'allow','match':{'use':['reads'],"
             "'request':{'path':'/a'}}},"
             "{'id':'d','effect':'deny','match':{'use':[{'not':'reads'}],"
             "'request':{'path':'/d'}}},"
             "{'id':'x','effect':'allow','match':{'use':[{'not':'reads'}],"
             "'request':{'path':'/x'}}},"
             "{'id':'o','effect':'allow','match':{'request':"
             "{'path':'/d'}}}]}");

    p = compile(quoted(text), &err);
    ok(p != NULL, "compiles: %s", err.text);

    req("POST /a", "{'query':'SELECT 1; SELECT 2'}");
    verdict_is(p, "allow a", "every one reads");
    req("POST /a", "{'query':'SELECT 1; DROP TABLE t'}");
    verdict_is(p, "deny ", "not every one reads");

    req("POST /d", "{'query':'SELECT 1; SELECT 2'}");
    verdict_is(p, "allow o", "what reads is not denied");
    req("POST /d", "{'query':'SELECT 1; DROP TABLE t'}");
    verdict_is(p, "deny d", "what does not read alone is");
    req("POST /d", "{'query':'SELECT f(1)'}");
    verdict_is(p, "deny d ambiguous", "and what is not known");

    req("POST /x", "{'query':'SELECT 1; DROP TABLE t'}");
    verdict_is(p, "deny ", "of an allow no statement may read");
    req("POST /x", "{'query':'DROP TABLE t'}");
    verdict_is(p, "allow x", "and none does");
    req("POST /x", "{'query':'SELECT f(1)'}");
    verdict_is(p, "error x ambiguous", "one may");

    hoop_policy_free(p);
}


/* an allow and a deny with the same condition are not one test */

static void
test_shared(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'a','effect':'allow','match':{'request':{'path':'/a'},"
               "'sql':{'at':'/query','dialect':'postgresql',"
               "'class':['read','multi']}}},"
               "{'id':'d','effect':'deny','match':{'request':{'path':"
               "['/a','/d']},'sql':{'at':'/query','dialect':'postgresql',"
               "'class':['read','multi']}}}");

    req("POST /d", "{'query':'SELECT 1; DROP TABLE t'}");
    verdict_is(p, "deny d", "any");
    req("POST /a", "{'query':'SELECT 1; DROP TABLE t'}");
    verdict_is(p, "deny d", "any, after every");
    req("POST /a", "{'query':'DROP TABLE t'}");
    verdict_is(p, "deny ", "neither");

    hoop_policy_free(p);
}


static void
test_limits(void)
{
    int             i;
    char           *text, *s, cond[4096];
    hoop_policy_t  *p, *q;

    /* too many tables for too many globs */

    s = cond + sprintf(cond, "'class':['read','multi'],'tables':['t0.*'");

    for (i = 1; i < 64; i++) {
        s += sprintf(s, ",'t%d.*'", i);
    }

    sprintf(s, "]");

    p = one("allow", "postgresql", cond);
    q = one("deny", "postgresql", cond);

    text = malloc(400 * 32);
    s = text;

    for (i = 0; i < 100; i++) {
        s += sprintf(s, "SELECT 1 FROM t%d.a, t%d.b, t%d.c;", i % 64, i % 64,
                     i % 64);
    }

    question(text);
    says_is(p, "yes", "300 tables and 64 globs");
    says_is(q, "yes", "to a deny");

    for (i = 0; i < 400; i++) {
        s += sprintf(s, "%sx.t%d", i % 50 ? "," : ";SELECT 1 FROM ", i);
    }

    question(text);
    says_is(p, "unknown", "700 tables and 64 globs");
    says_is(q, "unknown", "to a deny");

    free(text);

    /* a long text, and then a short one */

    text = malloc(1024 * 1024 + 64);
    s = text + sprintf(text, "SELECT '");
    memset(s, 'a', 1024 * 1024);
    strcpy(s + 1024 * 1024, "'");

    question(text);
    says_is(p, "unknown", "a text above the cap");

    strcpy(s + 1024 * 512, "'");
    question(text);
    says_is(p, "yes", "a long text");

    free(text);

    question("SELECT 1 FROM t5.x");
    says_is(p, "yes", "a short text after it");

    hoop_policy_free(p);
    hoop_policy_free(q);
}


static void
test_errors(void)
{
    size_t          i;
    char            text[1024];
    hoop_error_t    err;
    hoop_policy_t  *p;

    static const struct {
        const char  *sql;
        const char  *wanted;
    } cases[] = {
        { "[]", "wanted an object" },
        { "{'at':'/q','dialect':'mysql'}",
          "\"sql\" without \"class\" and \"tables\"" },
        { "{'at':'/q','class':'read'}", "\"sql\" without \"dialect\"" },
        { "{'dialect':'mysql','class':'read'}", "\"sql\" without \"at\"" },
        { "{'at':'/q','dialect':'mysql','class':'read','schema':1}",
          "unknown key \"schema\", wanted one of at, dialect, class, tables" },
        { "{'at':'/q','dialect':'postgres','class':'read'}",
          "wanted one of the dialects \"postgresql\"" },
        { "{'at':'/q','dialect':1,'class':'read'}",
          "wanted one of the dialects" },
        { "{'at':'q','dialect':'mysql','class':'read'}",
          "invalid JSON pointer \"q\"" },
        { "{'at':'/a~2','dialect':'mysql','class':'read'}",
          "invalid JSON pointer \"/a~2\"" },
        { "{'at':1,'dialect':'mysql','class':'read'}",
          "wanted a JSON pointer as \"/query\", {" },
        { "{'at':{},'dialect':'mysql','class':'read'}",
          "wanted a JSON pointer as \"/query\", {" },
        { "{'at':{'body':'text'},'dialect':'mysql','class':'read'}",
          "wanted \"raw\"" },
        { "{'at':{'query':'a','body':'raw'},'dialect':'mysql','class':'read'}",
          "wanted a JSON pointer as \"/query\", {" },
        { "{'at':{'query':'query'},'dialect':'clickhouse','class':'read'}",
          "ClickHouse joins the argument and the body, so name both" },
        { "{'at':[{'body':'raw'}],'dialect':'clickhouse','class':'read'}",
          "ClickHouse joins the argument and the body, so name both" },
        { "{'at':{'header':'x'},'dialect':'mysql','class':'read'}",
          "unknown key \"header\"" },
        { "{'at':{'query':''},'dialect':'mysql','class':'read'}",
          "wanted a string of 1 to" },
        { "{'at':[],'dialect':'mysql','class':'read'}",
          "wanted a place or an array of 1 to 8" },
        { "{'at':['/1','/2','/3','/4','/5','/6','/7','/8','/9'],"
          "'dialect':'mysql','class':'read'}",
          "wanted a place or an array of 1 to 8" },
        { "{'at':['/q','/q'],'dialect':'mysql','class':'read'}",
          "the place is named twice" },
        { "{'at':'/q','dialect':'mysql','class':'select'}",
          "wanted one of the classes \"read\"" },
        { "{'at':'/q','dialect':'mysql','class':[]}",
          "wanted a class or an array of 1 to 14" },
        { "{'at':'/q','dialect':'mysql','class':{}}",
          "wanted one of the classes \"read\"" },
        { "{'at':'/q','dialect':'mysql','class':[1]}",
          "wanted one of the classes \"read\"" },
        { "{'at':'/q','dialect':'mysql','tables':[]}",
          "wanted a table or an array of 1 to 64" },
        { "{'at':'/q','dialect':'mysql','tables':1}", "wanted a string" },
        { "{'at':'/q','dialect':'mysql','tables':['']}",
          "wanted a string of 1 to" },
        { "{'at':'/q','dialect':'mysql','tables':['`a`']}",
          "invalid table \"`a`\"" },
        { "{'at':'/q','dialect':'mysql','tables':['a**']}",
          "\"**\" in a glob must be a whole segment" },
        { "{'at':'/q','dialect':'mysql','tables':['a\\\"b']}",
          "invalid table" },
        { "{'at':'/q','dialect':'mysql','tables':['\\\"a.b\\\"']}",
          "invalid table" },
        { "{'at':'/q','dialect':'mysql','tables':['\\\"a']}",
          "invalid table" },
        { "{'at':'/q','dialect':'mysql','tables':['\\\"a\\\"b']}",
          "invalid table" },
        { "{'at':'/q','dialect':'mysql','tables':['\\\"\\\"']}",
          "invalid table" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        snprintf(text, sizeof(text), "{'version':1,'name':'a','rules':["
                 "{'id':'r','effect':'allow','match':{'sql':%s}}]}",
                 cases[i].sql);

        p = compile(quoted(text), &err);

        ok(p == NULL && strstr(err.text, cases[i].wanted) != NULL
           && err.line == 1,
           "%s: %s", cases[i].sql, p ? "compiles" : err.text);

        hoop_policy_free(p);
    }

    {
        char       *rules, *s;
        unsigned    k;

        rules = malloc(65536);

        for (k = 32; k <= 33; k++) {
            s = rules + sprintf(rules, "{'version':1,'name':'a','rules':[");

            for (i = 0; i < k; i++) {
                s += sprintf(s, "%s{'id':'r%zu','effect':'deny','match':"
                             "{'sql':{'at':'/%zu','dialect':'generic',"
                             "'class':'ddl'}}}", i ? "," : "", i, i);
            }

            sprintf(s, "]}");
            p = compile(quoted(rules), &err);

            ok((p != NULL) == (k == 32), "%u places", k);
            hoop_policy_free(p);
        }

        ok(strstr(err.text, "too many places of SQL, at most 32") != NULL,
           "which the error says");

        free(rules);
    }
}
