
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Named sets of conditions.
 */


#include "policy.h"


static void test_use(void);
static void test_slash(void);
static void test_body(void);
static void test_nested(void);
static void test_issuers(void);
static void test_errors(void);


int
main(void)
{
    test_use();
    test_slash();
    test_body();
    test_nested();
    test_issuers();
    test_errors();

    return done_testing();
}


static hoop_policy_t *
sets(const char *conditions, const char *rules)
{
    char            text[65536];
    hoop_error_t    err;
    hoop_policy_t  *p;

    snprintf(text, sizeof(text), "{'version':1,'name':'test',"
             "'conditions':{%s},'rules':[%s]}", conditions, rules);

    p = compile(quoted(text), &err);

    if (p == NULL) {
        ok(0, "compiles: %u:%u %s", err.line, err.column, err.text);
        exit(1);
    }

    return p;
}


static void
test_use(void)
{
    hoop_policy_t  *p;

    p = sets("'agents':{'identity':{'claims':{'/groups':{'any':['agents']}}}},"
             "'read':{'request':{'method':['GET','HEAD'],'path':'/v1/**'}},"
             "'one':{'request':{'query':{'id':'1'}}}",
             "{'id':'both','effect':'allow','match':{'use':['agents','read'],"
             "'request':{'path':'/v1/a'}}},"
             "{'id':'without','effect':'allow','match':{'use':['agents',"
             "{'not':'one'}],'request':{'path':'/w'}}},"
             "{'id':'no','effect':'deny','match':{'use':['one'],"
             "'request':{'path':'/d'}}},"
             "{'id':'d','effect':'allow','match':{'request':{'path':'/d'}}}");

    req("GET /v1/a", NULL);
    verdict_is(p, "allow both", "both sets and the path");
    req("POST /v1/a", NULL);
    verdict_is(p, "deny ", "not the method of a set");
    req("GET /v1/b", NULL);
    verdict_is(p, "deny ", "not the rule's own path");
    claims("{'groups':['guests']}");
    req("GET /v1/a", NULL);
    verdict_is(p, "deny ", "not the claim of a set");
    claims("{'groups':['agents']}");

    req("GET /w?id=2", NULL);
    verdict_is(p, "allow without", "a set that does not hold, under not");
    req("GET /w", NULL);
    verdict_is(p, "allow without", "nor does it of what is not there");
    req("GET /w?id=1", NULL);
    verdict_is(p, "deny ", "one that holds");
    req("GET /w?id=1&id=2", NULL);
    verdict_is(p, "error without ambiguous", "one that cannot be judged");
    ok(hoop_str_is(verdict.reason,
                   "the query argument is duplicate or ambiguous"),
       "has the reason of what is in it");

    req("GET /d?id=2", NULL);
    verdict_is(p, "allow d", "a deny rule whose set does not hold");
    req("GET /d?id=1", NULL);
    verdict_is(p, "deny no", "one whose set does");
    req("GET /d?id=1&id=2", NULL);
    verdict_is(p, "deny no ambiguous", "one whose set cannot be judged");

    hoop_policy_free(p);
}


/* a slash at the end evades no deny and makes no allow, in sets as in rules */

static void
test_slash(void)
{
    hoop_policy_t  *p;

    p = sets("'a':{'request':{'path':'/a'}}",
             "{'id':'d','effect':'deny','match':{'use':['a'],"
             "'request':{'method':'PUT'}}},"
             "{'id':'n','effect':'deny','match':{'use':[{'not':'a'}],"
             "'request':{'method':'PATCH'}}},"
             "{'id':'o','effect':'allow','match':{'use':[{'not':'a'}],"
             "'request':{'method':'POST'}}},"
             "{'id':'y','effect':'allow','match':{'use':['a'],"
             "'request':{'method':'GET'}}},"
             "{'id':'w','effect':'allow','match':"
             "{'request':{'method':['PUT','PATCH']}}}");

    req("GET /a", NULL);
    verdict_is(p, "allow y", "allowed");
    req("GET /a/", NULL);
    verdict_is(p, "deny ", "an allow is literal");
    req("PUT /a", NULL);
    verdict_is(p, "deny d", "denied");
    req("PUT /a/", NULL);
    verdict_is(p, "deny d", "a deny is not evaded");
    req("PUT /b", NULL);
    verdict_is(p, "allow w", "another path");

    req("POST /b", NULL);
    verdict_is(p, "allow o", "an allow of all others");
    req("POST /a", NULL);
    verdict_is(p, "deny ", "is none of this");
    req("POST /a/", NULL);
    verdict_is(p, "deny ", "nor of what a target takes for it");

    req("PATCH /a", NULL);
    verdict_is(p, "allow w", "a deny of all others");
    req("PATCH /a/", NULL);
    verdict_is(p, "deny n", "is one of what is not literally this");

    hoop_policy_free(p);
}


static void
test_body(void)
{
    hoop_policy_t  *p;

    p = sets("'small':{'body':{'/n':{'lt':5}}},'deep':{'use':['small']}",
             "{'id':'s','effect':'allow','match':{'use':['deep'],"
             "'request':{'path':'/s'}}},"
             "{'id':'e','effect':'allow','match':{'request':{'path':'/e'}}}");

    req("POST /s", NULL);
    request.body = HOOP_BODY_UNREAD;
    is_int(hoop_policy_needs_body(&p, 1, &request), 1,
           "a set in a set needs the body");
    verdict_is(p, "error s ambiguous", "which was not read");
    req("POST /e", NULL);
    request.body = HOOP_BODY_UNREAD;
    is_int(hoop_policy_needs_body(&p, 1, &request), 0, "elsewhere none does");

    req("POST /s", "{'n':4}");
    (void) hoop_policy_needs_body(&p, 1, &request);
    verdict_is(p, "allow s", "and it holds");
    req("POST /s", "{'n':5}");
    verdict_is(p, "deny ", "or not");

    hoop_policy_free(p);
}


static void
test_nested(void)
{
    int             i, n;
    char            text[4096];
    hoop_error_t    err;
    hoop_policy_t  *p;

    /* s7 uses s6, and so on down to s0; and upside down */

    for (i = 7, n = 0; i > 0; i--) {
        n += snprintf(text + n, sizeof(text) - n, "'s%d':{'use':['s%d']},", i,
                      i - 1);
    }

    snprintf(text + n, sizeof(text) - n, "'s0':{'request':{'path':'/a'}}");

    p = sets(text, "{'id':'x','effect':'allow','match':{'use':['s6']}}");

    req("GET /a", NULL);
    verdict_is(p, "allow x", "seven sets, each in the other");
    req("GET /b", NULL);
    verdict_is(p, "deny ", "of which the innermost decides");
    hoop_policy_free(p);

    snprintf(text, sizeof(text), "{'version':1,'name':'t','rules':[],"
             "'conditions':{'s0':{}");
    n = strlen(text);

    for (i = 1; i < 10; i++) {
        n += snprintf(text + n, sizeof(text) - n, ",'s%d':{'use':['s%d']}", i,
                      i - 1);
    }

    snprintf(text + n, sizeof(text) - n, "}}");
    p = compile(quoted(text), &err);
    ok(p == NULL && strncmp(err.text, "the set \"s7\" uses sets", 22) == 0,
       "no more than eight");
    hoop_policy_free(p);
}


static int
first(void *ctx, hoop_str_t name)
{
    *(hoop_str_t *) ctx = name;

    return 1;
}


static void
test_issuers(void)
{
    hoop_str_t      name;
    hoop_policy_t  *p;

    p = sets("'corp':{'identity':{'issuer':'corp'}},"
             "'h':{'request':{'headers':{'X-Env':'dev'}}}",
             "{'id':'x','effect':'allow','match':{'use':['corp']}}");

    name = hoop_cstr("");
    is_int(hoop_policy_issuers(p, first, &name), 1, "a set names an issuer");
    ok(hoop_str_is(name, "corp"), "which is told");
    is_int(hoop_policy_headers(p, first, &name), 1, "and a header");
    ok(hoop_str_is(name, "x-env"), "which is told");

    req("GET /", NULL);
    verdict_is(p, "allow x", "the issuer");
    identity.issuer_name = hoop_cstr("other");
    identity.issuer = hoop_cstr("https://other.example.com");
    verdict_is(p, "deny ", "another");
    claims("{'groups':['agents']}");
    hoop_policy_free(p);
}


static void
test_errors(void)
{
    size_t          i;
    char            text[2048];
    hoop_error_t    err;
    hoop_policy_t  *p;

    static const struct {
        const char  *conditions;
        const char  *use;
        const char  *wanted;
    } cases[] = {
        { "[]", "['a']", "2:1: wanted an object of sets" },
        { "{'a b':{}}", "['a']", "2:2: invalid name of a set" },
        { "{'':{}}", "['a']", "2:2: invalid name of a set" },
        { "{'a':7}", "['a']", "2:6: wanted an object" },
        { "{'a':{'bdy':{}}}", "['a']", "2:7: unknown key \"bdy\"" },
        { "{'a':{'body':{'x':1}}}", "['a']", "2:15: invalid JSON pointer" },
        { "{'a':{'use':['a']}}", "['a']", "2:14: the set \"a\" uses itself" },
        { "{'a':{'use':[{'not':'b'}]},\n'b':{'use':['c']},"
          "'c':{'use':[{'not':'a'}]}}", "['a']",
          "3:38: the set \"a\" uses itself" },
        { "{'a':{'use':['x']}}", "['a']",
          "2:14: no set \"x\" in \"conditions\"" },
        { "{'a':{}}", "['b']", "3:2: no set \"b\" in \"conditions\"" },
        { "{'a':{}}", "[{'not':'b'}]", "3:9: no set \"b\"" },
        { "{'a':{}}", "'a'", "3:1: wanted an array of 1 to 256 names" },
        { "{'a':{}}", "[]", "3:1: wanted an array of 1 to 256 names" },
        { "{'a':{}}", "[7]", "3:2: wanted a string" },
        { "{'a':{}}", "[{}]", "3:2: wanted a string" },
        { "{'a':{}}", "[{'not':{'not':'a'}}]", "3:9: wanted a string" },
        { "{'a':{}}", "[{'or':'a'}]", "3:3: unknown key \"or\"" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "{'version':1,'name':'t','conditions':\n"
                 "%s,'rules':[{'id':'x','effect':'deny','match':{'use':\n"
                 "%s}}]}", cases[i].conditions, cases[i].use);
        p = compile(quoted(text), &err);
        ok(p == NULL, "case %zu does not compile", i);

        snprintf(text, sizeof(text), "%u:%u: %s", err.line, err.column,
                 err.text);
        text[strlen(cases[i].wanted)] = '\0';
        is_str(text, cases[i].wanted, cases[i].conditions);
        hoop_policy_free(p);
    }
}
