
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "graphql" in the match of a rule.
 */


#include "policy.h"
#include "../../src/core/hoop_body.h"


static void test_allow(void);
static void test_deny(void);
static void test_places(void);
static void test_batches(void);
static void test_kept(void);
static void test_pointer(void);
static void test_sets(void);
static void test_config(void);
static void test_longest(void);


static hoop_error_t  error;


int
main(void)
{
    test_allow();
    test_deny();
    test_places();
    test_batches();
    test_kept();
    test_pointer();
    test_sets();
    test_config();
    test_longest();

    return done_testing();
}


static void
post(const char *line, const char *type, const char *text)
{
    req(line, NULL);

    memset(headers, 0, sizeof(headers));
    headers[0].name = "content-type";
    headers[0].value = type;

    hoop_body_judge(&request, hoop_cstr(quoted(text)), &error);
}


static void
json(const char *text)
{
    post("POST /graphql", "application/json", text);
}


static void
test_allow(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'a','effect':'allow','match':{'graphql':"
               "{'operation':'query','fields':['user','get*']}}}");

    json("{'query':'{ user { name } }'}");
    verdict_is(p, "allow a", "a field of the list");
    json("{'query':'{ user getPosts(n: 1) }','variables':{'a':1},"
         "'operationName':null}");
    verdict_is(p, "allow a", "two of them");
    json("{'query':'{ user deleteAll }'}");
    verdict_is(p, "deny ", "one that is not");
    json("{'query':'{ user: deleteAll }'}");
    verdict_is(p, "deny ", "an alias is no name");
    json("{'query':'{ user ...F } fragment F on Q { deleteAll }'}");
    verdict_is(p, "deny ", "in a fragment");
    json("{'query':'{ user deleteAll @skip(if: true) }'}");
    verdict_is(p, "deny ", "though it may be skipped");
    json("{'query':'mutation { user }'}");
    verdict_is(p, "deny ", "another operation");
    json("{'query':'query A { user } mutation B { user }',"
         "'operationName':'A'}");
    verdict_is(p, "allow a", "the one of two");
    json("{'query':'query A { user } mutation B { user }',"
         "'operationName':'B'}");
    verdict_is(p, "deny ", "the other");
    json("{'query':'query A { user } mutation B { user }'}");
    verdict_is(p, "error a ambiguous", "which of two?");
    is_str((char *) verdict.reason.data, "the GraphQL document has several "
           "operations, and none is named", "why");
    json("{'query':'{ user '}");
    verdict_is(p, "error a ambiguous", "no document");
    req("GET /graphql", NULL);
    verdict_is(p, "deny ", "nothing is there");

    is_int(hoop_policy_needs_body(&p, 1, &request), 1, "it needs the body");

    hoop_policy_free(p);
}


static void
test_deny(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'m','effect':'deny','match':{'graphql':"
               "{'operation':['mutation','subscription']}}},"
               "{'id':'s','effect':'review','match':{'graphql':"
               "{'fields':['__schema','__type']}}},"
               "{'id':'a','effect':'allow','match':{}}");

    json("{'query':'{ user }'}");
    verdict_is(p, "allow a", "neither");
    json("{'query':'mutation { user }'}");
    verdict_is(p, "deny m", "the operation");
    json("{'query':'{ user x: __schema { types { name } } }'}");
    verdict_is(p, "review s", "one of the fields");
    json("{'query':'{ __typename }'}");
    verdict_is(p, "allow a", "another field");
    json("{'query':'query A { a } query B { b }'}");
    verdict_is(p, "deny m ambiguous", "what cannot be judged is denied");
    json("{'query':'{ a }','query':'mutation { b }'}");
    verdict_is(p, "deny m ambiguous", "so is a body that cannot be read");

    hoop_policy_free(p);
}


static void
test_places(void)
{
    size_t          i;
    hoop_policy_t  *p;

    static const struct {
        const char  *line;
        const char  *type;
        const char  *text;
        const char  *verdict;
    } cases[] = {
        { "GET /?query=%7Buser%7D", NULL, "", "allow a" },
        { "GET /?query=%7Bother%7D", NULL, "", "deny " },
        { "GET /?query={user}&query={other}", NULL, "", "error a ambiguous" },
        { "GET /?query=query+A{user}+query+B{other}&operationName=A", NULL, "",
          "allow a" },
        { "GET /?query=query+A{user}+query+B{other}&operationName=A"
          "&operationname=B", NULL, "", "error a ambiguous" },
        { "GET /?extensions={}", NULL, "", "error a ambiguous" },
        { "GET /?documentId=7", NULL, "", "error a ambiguous" },
        { "GET /?a=1", NULL, "", "deny " },
        { "POST /", "application/json", "{'query':'{user}'}", "allow a" },
        { "POST /?query={other}", "application/json", "{'query':'{user}'}",
          "error a ambiguous" },
        { "POST /?operationName=A", "application/json",
          "{'query':'query A {user} query B {other}','operationName':'A'}",
          "error a ambiguous" },
        { "POST /?x=1", "application/json", "{'query':'{user}'}", "allow a" },
        { "POST /", "application/json", "{'Query':'{other}'}",
          "error a ambiguous" },
        { "POST /", "application/json",
          "{'query':'{user}','QUERY':'{other}'}", "error a ambiguous" },
        { "POST /", "application/json",
          "{'query':'{user}','operationname':'B'}", "error a ambiguous" },
        { "POST /", "application/json", "{'query':7}", "error a ambiguous" },
        { "POST /", "application/json", "{'query':'{user}',"
          "'operationName':7}", "error a ambiguous" },
        { "POST /", "application/json", "7", "error a ambiguous" },
        { "POST /", "application/graphql", "{user}", "allow a" },
        { "POST /", "application/graphql; charset=utf-8", "{other}",
          "deny " },
        { "POST /", "application/graphql; charset=utf-16", "{user}",
          "error a ambiguous" },
        { "POST /", "text/plain", "{user}", "error a ambiguous" },
        { "POST /", "multipart/form-data; boundary=x", "{user}",
          "error a ambiguous" },
        { "POST /", "application/x-www-form-urlencoded",
          "query=%7Buser%7D&x=1", "allow a" },
        { "POST /", "application/x-www-form-urlencoded", "query={other}",
          "deny " },
        { "POST /", "application/x-www-form-urlencoded", "a=1",
          "error a ambiguous" },
        { "POST /", "application/x-www-form-urlencoded",
          "query={user}&query[]=1", "error a ambiguous" }
    };

    p = policy("{'id':'a','effect':'allow','match':{'graphql':"
               "{'fields':'user'}}}");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        post(cases[i].line, cases[i].type ? cases[i].type : "a/b",
             cases[i].text);
        verdict_is(p, cases[i].verdict, cases[i].line);
    }

    hoop_policy_free(p);
}


static void
test_batches(void)
{
    unsigned        i;
    hoop_buf_t      b;
    hoop_policy_t  *p;

    p = policy("{'id':'d','effect':'deny','match':{'graphql':"
               "{'fields':'secret'}}},"
               "{'id':'a','effect':'allow','match':{'graphql':"
               "{'operation':'query'}}}");

    json("[{'query':'{a}'},{'query':'{b}'}]");
    verdict_is(p, "allow a", "all of them");
    json("[{'query':'{a}'},{'query':'mutation {b}'}]");
    verdict_is(p, "deny ", "not the second");
    json("[{'query':'{a}'},{'query':'{secret}'}]");
    verdict_is(p, "deny d", "one is enough");
    json("[{'query':'{a}'},{'id':'7'}]");
    verdict_is(p, "deny d ambiguous", "one that cannot be seen");
    json("[]");
    verdict_is(p, "deny d ambiguous", "none");

    hoop_buf_init(&b, 0);

    for (i = 0; i < 17; i++) {
        (void) hoop_buf_adds(&b, i ? ",{'query':'{a}'}" : "[{'query':'{a}'}");
    }

    (void) hoop_buf_adds(&b, "]");
    (void) hoop_buf_addc(&b, '\0');

    json((char *) b.data);
    verdict_is(p, "deny d ambiguous", "too many");

    hoop_buf_free(&b);
    hoop_policy_free(p);
}


static void
test_kept(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'a','effect':'allow','match':{'graphql':"
               "{'operation':'query'}}}");

    json("{'extensions':{'persistedQuery':{'version':1}}}");
    verdict_is(p, "error a ambiguous", "only a hash");
    json("{'query':null,'extensions':{}}");
    verdict_is(p, "error a ambiguous", "no query");
    json("{'query':'{a}','documentId':'7'}");
    verdict_is(p, "error a ambiguous", "which of the two?");
    json("{'query':'{a}','extensions':{}}");
    verdict_is(p, "allow a", "extensions beside it");

    hoop_policy_free(p);
}


static void
test_pointer(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'a','effect':'allow','match':{'graphql':"
               "{'operation':'query','at':'/payload/q~1l'}}},"
               "{'id':'b','effect':'allow','match':{'graphql':"
               "{'operation':'query','at':'/payload/q~1l',"
               "'fields':'x'}}}");

    json("{'payload':{'q/l':'{a}'}}");
    verdict_is(p, "allow a", "where the pointer leads to");
    json("{'payload':{'q/l':'query A {a} mutation B {b}',"
         "'operationName':'B'},'operationName':'A'}");
    verdict_is(p, "deny ", "its name is beside it");
    json("{'query':'{a}'}");
    verdict_is(p, "error a ambiguous", "not elsewhere");
    json("{'payload':{'q/l':'{a}'},'Payload':{}}");
    verdict_is(p, "error a ambiguous", "another case on the way");
    post("POST /", "application/x-www-form-urlencoded", "query={a}");
    verdict_is(p, "error a ambiguous", "no JSON");
    req("POST /?query={a}", NULL);
    verdict_is(p, "deny ", "no body");

    hoop_policy_free(p);
}


static void
test_sets(void)
{
    hoop_policy_t  *p;

    p = compile(quoted("{'version':1,'name':'s','conditions':{'reads':"
                       "{'graphql':{'operation':'query'}}},'rules':["
                       "{'id':'d','effect':'deny','match':"
                       "{'use':[{'not':'reads'}]}},"
                       "{'id':'a','effect':'allow','match':"
                       "{'use':['reads']}}]}"), &error);

    json("{'query':'{a}'}");
    verdict_is(p, "allow a", "in a set");
    json("[{'query':'{a}'},{'query':'mutation {b}'}]");
    verdict_is(p, "deny d", "and under not");
    json("{'query':'{a'}");
    verdict_is(p, "deny d ambiguous", "unknown under not");

    hoop_policy_free(p);
}


static void
test_config(void)
{
    size_t          i;
    char            text[512];
    hoop_policy_t  *p;

    static const struct {
        const char  *conf;
        const char  *error;
    } cases[] = {
        { "7", "wanted an object" },
        { "{'operations':'query'}", "unknown key \"operations\"" },
        { "{'operation':'read'}", "\"mutation\"" },
        { "{'operation':[]}", "\"mutation\"" },
        { "{'operation':7}", "\"mutation\"" },
        { "{'fields':[]}", "wanted a field" },
        { "{'fields':[7]}", "string" },
        { "{'fields':''}", "" },
        { "{'at':'query'}", "JSON pointer" },
        { "{'at':7}", "JSON pointer" },
        { "{'at':''}", "JSON pointer" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "{'version':1,'name':'x','rules':["
                 "{'id':'a','effect':'allow','match':{'graphql':%s}}]}",
                 cases[i].conf);

        p = compile(quoted(text), &error);

        ok(p == NULL && strstr(error.text, cases[i].error) != NULL,
           "%s: %s", cases[i].conf, p ? "compiled" : error.text);

        hoop_policy_free(p);
    }
}


static void
test_longest(void)
{
    char            text[1200], at[1025];
    hoop_policy_t  *p;

    memset(at, 'a', 1024);
    at[0] = '/';
    at[1024] = '\0';

    (void) snprintf(text, sizeof(text), "{'id':'a','effect':'allow','match':{"
                    "'graphql':{'at':'%s','operation':'query'}}}", at);

    p = policy(text);
    ok(p != NULL, "the longest pointer");
    hoop_policy_free(p);
}
