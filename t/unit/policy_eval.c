
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Globs, conditions and operators, and the three values of their truth.
 */


#include "policy.h"


static void test_glob(void);
static void test_precedence(void);
static void test_request(void);
static void test_paths(void);
static void test_query(void);
static void test_headers(void);
static void test_identity(void);
static void test_operators(void);
static void test_body(void);
static void test_regex_limits(void);
static void test_needs_body(void);


int
main(void)
{
    test_glob();
    test_precedence();
    test_request();
    test_paths();
    test_query();
    test_headers();
    test_identity();
    test_operators();
    test_body();
    test_regex_limits();
    test_needs_body();

    return done_testing();
}


static void
test_glob(void)
{
    size_t         i;
    char           big[4096];
    hoop_str_t     p;
    hoop_error_t   err;

    static const struct {
        const char  *pattern;
        const char  *text;
        u_char       sep;
        int          matches;
    } cases[] = {
        { "/a", "/a", '/', 1 }, { "/a", "/a/", '/', 0 },
        { "/a", "/A", '/', 0 }, { "/a", "/ab", '/', 0 },
        { "/a/*", "/a/b", '/', 1 }, { "/a/*", "/a/", '/', 0 },
        { "/a/*", "/a", '/', 0 }, { "/a/*", "/a/b/c", '/', 0 },
        { "/a/*/c", "/a/b/c", '/', 1 }, { "/a/*/c", "/a//c", '/', 0 },
        { "/a/**", "/a", '/', 1 }, { "/a/**", "/a/", '/', 1 },
        { "/a/**", "/a/b/c/d", '/', 1 }, { "/a/**", "/ab", '/', 0 },
        { "/**", "/", '/', 1 }, { "/**", "/x/y", '/', 1 },
        { "/**/c", "/c", '/', 1 }, { "/**/c", "/a/b/c", '/', 1 },
        { "/**/c", "/a/b/cd", '/', 0 }, { "/**/c", "/c/d", '/', 0 },
        { "/a/**/b/**/c", "/a/b/c", '/', 1 },
        { "/a/**/b/**/c", "/a/x/b/b/y/c", '/', 1 },
        { "/a/**/b/**/c", "/a/x/c/b", '/', 0 },
        { "/**/a/*/b", "/a/a/a/x/b", '/', 1 },
        { "/**/a/b", "/a/a/b", '/', 1 },
        { "/**/a/a/b", "/a/a/a/b", '/', 1 },
        { "/f*", "/f", '/', 1 }, { "/f*", "/foo", '/', 1 },
        { "/f*", "/fo/o", '/', 0 }, { "/*.json", "/a.json", '/', 1 },
        { "/*.json", "/a.json.exe", '/', 0 }, { "/a*b*c", "/aXbbYc", '/', 1 },
        { "/a*bc", "/abcbc", '/', 1 }, { "/a*ab", "/ab", '/', 0 },
        { "/", "/", '/', 1 }, { "/", "/a", '/', 0 }, { "/**", "", '/', 1 },
        { "*.example.com", "a.example.com", '.', 1 },
        { "*.example.com", "a.b.example.com", '.', 0 },
        { "*.example.com", "example.com", '.', 0 },
        { "**.example.com", "a.b.example.com", '.', 1 },
        { "**.example.com", "badexample.com", '.', 0 },
        { "**", "anything.at.all", '.', 1 },
        { "search_*", "search_users", 0, 1 }, { "search_*", "search_", 0, 1 },
        { "search_*", "xsearch_a", 0, 0 }, { "*", "", 0, 1 },
        { "*a*b*", "xxayybzz", 0, 1 }, { "*a*b*", "xxbyyazz", 0, 0 },
        { "*", "a/b.c", 0, 1 }, { "a", "", 0, 0 }, { "a?c", "abc", 0, 0 },
        { "aa*aa", "aaa", 0, 0 }, { "aa*aa", "aaaa", 0, 1 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        p = hoop_cstr(cases[i].pattern);

        ok(hoop_glob_check(p, cases[i].sep, &err) == HOOP_OK
           && hoop_glob_match(p, cases[i].sep, hoop_cstr(cases[i].text))
              == cases[i].matches,
           "glob \"%s\" %s \"%s\"", cases[i].pattern,
           cases[i].matches ? "matches" : "does not match", cases[i].text);
    }

    ok(hoop_glob_check(hoop_cstr("/a**"), '/', &err) != HOOP_OK, "/a**");
    ok(hoop_glob_check(hoop_cstr("/***"), '/', &err) != HOOP_OK, "/***");
    ok(hoop_glob_check(hoop_cstr(""), '/', &err) != HOOP_OK, "empty");

    memset(big, '/', sizeof(big));
    ok(hoop_glob_check(hoop_str(big, 65), '/', &err) != HOOP_OK, "segments");
    ok(hoop_glob_check(hoop_str(big, 1025), 0, &err) != HOOP_OK, "bytes");
}


static void
test_precedence(void)
{
    hoop_error_t    err;
    hoop_policy_t  *p;

    p = policy("{'id':'a1','effect':'allow','match':{}},"
               "{'id':'a2','effect':'allow','match':{}},"
               "{'id':'r1','effect':'review','match':"
               "{'request':{'method':['PUT','DELETE']}}},"
               "{'id':'r2','effect':'review','match':"
               "{'request':{'method':'PUT'}}},"
               "{'id':'d1','effect':'deny','match':"
               "{'request':{'method':'DELETE','path':'/a/**'}}},"
               "{'id':'d2','effect':'deny','match':"
               "{'request':{'method':'DELETE','path':'/a/b'}}}");

    req("GET /", NULL);
    verdict_is(p, "allow a1", "the first of two allows");
    req("PUT /a/b", NULL);
    verdict_is(p, "review r1", "review beats allow");
    ok(hoop_str_is(verdict.reason, "needs an approval"), "a reason anyway");
    is_int(verdict.review->count, 1, "review without \"review\": count");
    is_int(verdict.review->ttl, 900, "ttl");
    is_int(verdict.review->napprovers, 0, "anybody");
    req("DELETE /a/b", NULL);
    verdict_is(p, "deny d1", "deny beats review, the first of two wins");

    request.identity = NULL;
    is_int(judge(p), HOOP_VERDICT_ERROR, "no identity, no verdict");
    is_int(hoop_policy_needs_body(&p, 1, &request), 0, "nor a body");

    hoop_policy_free(p);

    req("GET /", NULL);

    hoop_policy_evaluate(NULL, 0, &request, &verdict);
    is_int(verdict.decision, HOOP_VERDICT_DENY, "no policy denies");

    p = policy("");
    verdict_is(p, "deny ", "no rule denies");
    hoop_policy_free(p);

    p = compile(quoted("{'version':1,'name':'x','default':'allow',"
                       "'rules':[]}"), &err);
    verdict_is(p, "allow ", "unless the default is allow");
    ok(!verdict.mask_named && verdict.mask == NULL, "which masks as located");
    hoop_policy_free(p);
}


static void
test_request(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'m','effect':'allow','match':"
               "{'request':{'method':['GET','PURGE'],"
               "'host':['API.example.com','*.eu.example.com']}}}");

    req("GET /", NULL);
    verdict_is(p, "deny ", "another host");

    request.host = hoop_cstr("api.example.com");
    verdict_is(p, "allow m", "host of the list");
    request.host = hoop_cstr("api.example.com.");
    verdict_is(p, "allow m", "with a trailing dot");
    request.host = hoop_cstr("a.eu.example.com");
    verdict_is(p, "allow m", "host by glob");
    request.host = hoop_cstr("a.b.eu.example.com");
    verdict_is(p, "deny ", "a label too many");
    request.host = hoop_cstr("");
    verdict_is(p, "deny ", "no host");

    request.host = hoop_cstr("api.example.com");
    request.method = hoop_cstr("PURGE");
    verdict_is(p, "allow m", "a method nginx does not know");
    request.method = hoop_cstr("PURG");
    verdict_is(p, "deny ", "nearly");
    request.method = hoop_cstr("get");
    verdict_is(p, "deny ", "methods are case-sensitive");
    request.method = hoop_cstr("HEAD");
    verdict_is(p, "deny ", "HEAD is not GET");

    hoop_policy_free(p);
}


static void
test_paths(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'a','effect':'allow','match':"
               "{'request':{'path':['/v1/a','/v2/**','/v3/*/x']}}},"
               "{'id':'d','effect':'deny','match':"
               "{'request':{'path':['/v2/admin','/v2/keys/']}}},"
               "{'id':'r','effect':'review','match':"
               "{'request':{'path':'/v2/admin/**/drop'}}}");

    req("GET /v1/a", NULL);
    verdict_is(p, "allow a", "literal");
    req("GET /v1/a/", NULL);
    verdict_is(p, "deny ", "an allow is literal about a trailing slash");
    req("GET /v2", NULL);
    verdict_is(p, "allow a", "** matches the folder itself");
    req("GET /v2/x/y", NULL);
    verdict_is(p, "allow a", "and all below");
    req("GET /v3/q/x", NULL);
    verdict_is(p, "allow a", "one segment");
    req("GET /v3/q/r/x", NULL);
    verdict_is(p, "deny ", "not two");
    req("GET /v2/admin", NULL);
    verdict_is(p, "deny d", "deny");
    req("GET /v2/admin/", NULL);
    verdict_is(p, "deny d", "a trailing slash does not evade it");
    req("GET /v2/keys", NULL);
    verdict_is(p, "deny d", "nor does its absence");
    req("GET /v2/admin/a/b/drop/", NULL);
    verdict_is(p, "review r", "nor with globs");
    req("GET /v2/Admin", NULL);
    verdict_is(p, "allow a", "paths are case-sensitive");
    req("GET /", NULL);
    verdict_is(p, "deny ", "root");

    request.path = hoop_str("", 0);
    verdict_is(p, "deny ", "an empty path");
    request.path = hoop_str("*", 1);
    verdict_is(p, "deny ", "an asterisk");

    hoop_policy_free(p);
}


static void
test_query(void)
{
    size_t          i;
    hoop_policy_t  *allow, *deny;

    /* what an allow and what a deny of id=7 say; "u" is unknown */

    static const struct {
        const char  *args;
        char         verdict;
    } cases[] = {
        { "id=7", 'y' }, { "id=8", 'n' }, { "", 'n' }, { "x=7", 'n' },
        { "a=1&id=7&b=2", 'y' }, { "&&id=7&", 'y' }, { "i%64=%37", 'y' },
        { "id=%2537", 'n' }, { "id", 'n' }, { "id=", 'n' }, { "id=7=", 'n' },
        { "=7", 'n' }, { "idx=7", 'n' }, { "xid=7", 'n' },
        { "id=7&id=7", 'u' }, { "id=7&i%64=8", 'u' }, { "id=8&id=9", 'u' },
        { "ID=7", 'u' }, { "id=7&Id=8", 'u' }, { "id[]=7", 'u' },
        { "id[0]=8", 'u' }, { "id%5B%5D=8", 'u' }, { "+id=7", 'u' },
        { "id=7;x=1", 'u' }, { "x=1;id=7", 'u' }, { "x;id", 'u' },
        { "x=1;y=2", 'n' }, { "id=7%", 'u' }, { "id=%zz", 'u' },
        { "%zz=1&id=7", 'u' }, { "id%00=7", 'u' }, { "id=7%00", 'u' },
        { "%", 'u' }, { "x=%zz&id=7", 'y' }, { "id=+7", 'n' },
        { "id=%E9", 'n' }
    };

    allow = policy("{'id':'x','effect':'allow','match':"
                   "{'request':{'query':{'id':7}}}}");
    deny = policy("{'id':'x','effect':'deny','match':"
                  "{'request':{'query':{'id':'7'}}}},"
                  "{'id':'y','effect':'allow','match':{}}");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        req("GET /", NULL);
        request.args = hoop_cstr(cases[i].args);

        ok(judge(allow) == (cases[i].verdict == 'y' ? HOOP_VERDICT_ALLOW
                            : cases[i].verdict == 'n' ? HOOP_VERDICT_DENY
                            : HOOP_VERDICT_ERROR)
           && verdict.ambiguous == (cases[i].verdict == 'u'),
           "allow of \"%s\"", cases[i].args);

        ok(judge(deny) == (cases[i].verdict == 'n' ? HOOP_VERDICT_ALLOW
                                                   : HOOP_VERDICT_DENY),
           "deny of \"%s\"", cases[i].args);
    }

    hoop_policy_free(allow);
    hoop_policy_free(deny);

    /* several decoded arguments share the scratch and do not meet */

    allow = policy("{'id':'x','effect':'allow','match':{'request':{'query':"
                   "{'a b':'1 2','c':{'any':['x','y&z']},"
                   "'d.e':{'glob':'/*/*'}}}}},"
                   "{'id':'z','effect':'allow','match':{'request':{'query':"
                   "{'a b':'1 2','c':{'any':['x','y&z']},'f':'%'}}}}");

    req("GET /?d.e=%2Fq%2Fr&a+b=1+2&c=y%26z", NULL);
    verdict_is(allow, "allow x", "decoded names and values");
    req("GET /?f=%25&a%20b=1%202&c=y%26z", NULL);
    verdict_is(allow, "allow z", "again, in another order");
    req("GET /?d_e=%2Fq%2Fr&a+b=1+2&c=x", NULL);
    verdict_is(allow, "error x ambiguous", "a dot and a \"_\" are alike");

    hoop_policy_free(allow);

    allow = policy("{'id':'x','effect':'allow','match':{'request':{'query':"
                   "{'n':{'gte':10,'lt':100}}}}}");

    req("GET /?n=10", NULL);
    verdict_is(allow, "allow x", "gte");
    req("GET /?n=99.5", NULL);
    verdict_is(allow, "allow x", "a fraction");
    req("GET /?n=100", NULL);
    verdict_is(allow, "deny ", "lt");
    req("GET /?n=100.0", NULL);
    verdict_is(allow, "deny ", "lt of a fraction");
    req("GET /?n=-20", NULL);
    verdict_is(allow, "deny ", "negative");

    {
        static const char  *odd[] = {
            "010", "1e1", "0x10", "", "1.", ".5", "1.2.3", "-", "--1",
            "%2B12", "12+", "999999999999999999999", "1.0000000000000000001",
            "NaN"
        };

        for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
            char  line[80];

            snprintf(line, sizeof(line), "GET /?n=%s", odd[i]);
            req(line, NULL);
            verdict_is(allow, "error x ambiguous", line);
        }
    }

    hoop_policy_free(allow);

    /* more than the scratch may hold: not judged, not overrun */

    {
        static char  big[1100000];

        memset(big, 'x', sizeof(big));
        memcpy(big, "id=%41", 6);

        allow = policy("{'id':'x','effect':'allow','match':"
                       "{'request':{'query':{'id':{'glob':'A*'}}}}}");
        req("GET /", NULL);
        request.args = hoop_str(big, sizeof(big));
        verdict_is(allow, "error x ambiguous", "a huge escaped argument");
        request.args = hoop_str(big, 60000);
        verdict_is(allow, "allow x", "a large one");
        hoop_policy_free(allow);
    }
}


static void
test_headers(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'x','effect':'allow','match':"
               "{'request':{'headers':{'X-Env':{'any':['dev','test']},"
               "'x-n':5}}}},"
               "{'id':'d','effect':'deny','match':"
               "{'request':{'headers':{'x-force':true}}}}");

    req("GET /", NULL);
    verdict_is(p, "deny ", "no header");

    headers[0] = (header_t) { "x-env", "test" };
    headers[1] = (header_t) { "x-n", "5" };
    verdict_is(p, "allow x", "both");

    headers[0].value = NULL;
    verdict_is(p, "error x ambiguous", "a duplicate header");

    headers[0].value = "test";
    headers[2] = (header_t) { "x-force", "false" };
    verdict_is(p, "allow x", "a denial that does not match");
    headers[2].value = "true";
    verdict_is(p, "deny d", "that does");
    headers[2].value = NULL;
    verdict_is(p, "deny d ambiguous", "that cannot be judged");

    request.header = NULL;
    verdict_is(p, "deny ", "no headers at all");

    memset(headers, 0, sizeof(headers));
    hoop_policy_free(p);
}


static void
test_identity(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'i','effect':'allow','match':{'identity':"
               "{'issuer':['corp','https://other.example.com'],"
               "'sub':{'glob':'agent-*'},"
               "'claims':{'/groups':{'all':['agents','eu']},"
               "'/act/sub':{'exists':true},'/tier':{'gt':2,'lte':4}}}}}");

    req("GET /", NULL);
    claims("{'groups':['x','eu','agents'],'act':{'sub':'ann'},'tier':3}");
    verdict_is(p, "allow i", "all hold");

    identity.issuer_name = hoop_cstr("lab");
    verdict_is(p, "deny ", "another issuer");
    identity.issuer = hoop_cstr("https://other.example.com");
    verdict_is(p, "allow i", "an issuer by its URL");
    identity.sub = hoop_cstr("human-1");
    verdict_is(p, "deny ", "another subject");

    claims("{'groups':['agents'],'act':{'sub':'ann'},'tier':3}");
    verdict_is(p, "deny ", "one of two groups");
    claims("{'groups':['agents','eu'],'act':{},'tier':3}");
    verdict_is(p, "deny ", "no actor");
    claims("{'groups':['agents','eu'],'act':'ann','tier':3}");
    verdict_is(p, "deny ", "an actor that is no object");
    claims("{'groups':['agents','eu'],'act':{'sub':'ann'},'tier':5}");
    verdict_is(p, "deny ", "tier");
    claims("{'groups':['agents','eu'],'act':{'sub':'ann'},'tier':'3'}");
    verdict_is(p, "error i ambiguous", "a tier that is no number");
    claims("{'groups':'agents','act':{'sub':'ann'},'tier':3}");
    verdict_is(p, "deny ", "one group as a string");

    claims("{'groups':['agents','eu'],'tier':3}");
    hoop_policy_free(p);
}


static void
test_operators(void)
{
    char            rule[512];
    size_t          i;
    hoop_policy_t  *p;

    /* the truth of the operator: y, n, u */

    static const struct {
        const char  *op;
        const char  *value;    /* NULL: absent */
        char         truth;
    } cases[] = {
        { "'a'", "'a'", 'y' }, { "'a'", "'A'", 'n' }, { "'a'", NULL, 'n' },
        { "'a'", "['a']", 'n' }, { "''", "''", 'y' },
        { "1", "1", 'y' }, { "1", "1.0", 'y' }, { "1", "'1'", 'n' },
        { "1", "true", 'n' }, { "true", "true", 'y' }, { "true", "1", 'n' },
        { "false", "false", 'y' }, { "null", "null", 'y' },
        { "null", NULL, 'n' }, { "null", "false", 'n' }, { "0", "-0.0", 'y' },
        { "9007199254740993", "9007199254740992.0", 'n' },
        { "9223372036854775807", "9223372036854775807", 'y' },
        { "9223372036854775807", "9.3e18", 'n' },
        { "{'equals':'a'}", "'a'", 'y' },
        { "{'any':['a','b']}", "'b'", 'y' },
        { "{'any':['a','b']}", "['x','b']", 'y' },
        { "{'any':['a','b']}", "['x']", 'n' },
        { "{'any':['a','b']}", "[]", 'n' },
        { "{'any':['a',2]}", "[[2],{},2]", 'y' },
        { "{'any':['a']}", "{'a':'a'}", 'n' },
        { "{'all':['a','b']}", "['b','c','a']", 'y' },
        { "{'all':['a','b']}", "['a']", 'n' },
        { "{'all':['a']}", "'a'", 'y' }, { "{'all':['a']}", "[]", 'n' },
        { "{'any':{'glob':'a*'}}", "['b','ab']", 'y' },
        { "{'any':{'glob':'a*'}}", "['b',1]", 'u' },
        { "{'any':{'glob':'a*'}}", "['ab',1]", 'y' },
        { "{'all':{'glob':'a*'}}", "['ab','ac']", 'y' },
        { "{'all':{'glob':'a*'}}", "['ab','b',1]", 'n' },
        { "{'all':{'glob':'a*'}}", "['ab',1]", 'u' },
        { "{'all':{'glob':'a*'}}", "[]", 'n' },
        { "{'all':{'glob':'a*'}}", "'abc'", 'y' },
        { "{'glob':'a*c'}", "'abc'", 'y' }, { "{'glob':'a*c'}", "'ab'", 'n' },
        { "{'glob':'*'}", "5", 'u' }, { "{'glob':'*'}", "['x']", 'u' },
        { "{'glob':'*'}", NULL, 'n' },
        { "{'regex':'^a+$'}", "'aaa'", 'y' },
        { "{'regex':'^a+$'}", "'aaa\\n'", 'n' },
        { "{'regex':'b'}", "'abc'", 'y' }, { "{'regex':'b'}", "'ac'", 'n' },
        { "{'regex':'b'}", "['b']", 'u' }, { "{'regex':'b'}", "null", 'u' },
        { "{'regex':'^.$'}", "'\xc3\xa9'", 'y' },
        { "{'exists':true}", "null", 'y' }, { "{'exists':true}", NULL, 'n' },
        { "{'exists':false}", "null", 'n' }, { "{'exists':false}", NULL, 'y' },
        { "{'lt':5}", "4", 'y' }, { "{'lt':5}", "5", 'n' },
        { "{'lte':5}", "5", 'y' }, { "{'gt':5}", "5.5", 'y' },
        { "{'gte':5.5}", "6", 'y' }, { "{'gte':5.5}", "5", 'n' },
        { "{'gt':-1.5}", "-1", 'y' }, { "{'lt':-1.5}", "-1", 'n' },
        { "{'lt':1e300}", "9223372036854775807", 'y' },
        { "{'gt':-1e300}", "-9223372036854775808", 'y' },
        { "{'lt':5}", "'4'", 'u' }, { "{'lt':5}", "[4]", 'u' },
        { "{'lt':5}", "true", 'u' }, { "{'lt':5}", NULL, 'n' },
        { "{'not':'a'}", "'b'", 'y' }, { "{'not':'a'}", "'a'", 'n' },
        { "{'not':'a'}", NULL, 'y' }, { "{'not':{'lt':5}}", "'x'", 'u' },
        { "{'not':{'exists':true}}", NULL, 'y' },
        { "{'not':{'not':{'any':[1,2]}}}", "2", 'y' },
        { "{'not':{'gt':1,'lt':3}}", "2", 'n' },
        { "{'not':{'gt':1,'lt':3}}", "3", 'y' },
        { "{'gt':1,'lt':3}", "2", 'y' }, { "{'gt':1,'lt':3}", "3", 'n' },
        { "{'glob':'a*','not':{'regex':'z'}}", "'abc'", 'y' },
        { "{'glob':'a*','not':{'regex':'z'}}", "'abz'", 'n' }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        snprintf(rule, sizeof(rule), "{'id':'x','effect':'allow','match':"
                 "{'body':{'/v':%s}}}", cases[i].op);
        p = policy(rule);

        snprintf(rule, sizeof(rule), cases[i].value ? "{'w':0,'v':%s}"
                                                    : "{'w':0}",
                 cases[i].value);
        req("POST /", rule);
        is_int(request.body, HOOP_BODY_JSON, "the body loads");

        ok(judge(p) == (cases[i].truth == 'y' ? HOOP_VERDICT_ALLOW
                        : cases[i].truth == 'n' ? HOOP_VERDICT_DENY
                        : HOOP_VERDICT_ERROR),
           "allow if %s of %s", cases[i].op,
           cases[i].value ? cases[i].value : "nothing");

        hoop_policy_free(p);

        snprintf(rule, sizeof(rule), "{'id':'x','effect':'deny','match':"
                 "{'body':{'/v':%s}}},"
                 "{'id':'y','effect':'allow','match':{}}", cases[i].op);
        p = policy(rule);

        ok(judge(p) == (cases[i].truth == 'n' ? HOOP_VERDICT_ALLOW
                                              : HOOP_VERDICT_DENY),
           "deny if %s of %s", cases[i].op,
           cases[i].value ? cases[i].value : "nothing");

        hoop_policy_free(p);
    }
}


static void
test_body(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'a','effect':'allow','match':"
               "{'request':{'path':'/a'},'body':{'/op':'read'}}},"
               "{'id':'d','effect':'deny','match':"
               "{'request':{'path':'/d'},'body':{'/op':'drop'}}},"
               "{'id':'r','effect':'review','match':"
               "{'request':{'path':'/r'},'body':{'/op':'drop'}}},"
               "{'id':'o','effect':'allow','match':"
               "{'request':{'path':['/d','/r']}}},"
               "{'id':'n','effect':'allow','match':"
               "{'request':{'path':'/n'},'body':{'/op':{'exists':false}}}},"
               "{'id':'k','effect':'allow','match':"
               "{'request':{'path':'/k'},'body':{'/a/sk':1}}}");

    req("POST /a", "{'op':'read'}");
    verdict_is(p, "allow a", "allowed by its body");
    req("POST /a", "{'op':'write'}");
    verdict_is(p, "deny ", "another body");
    req("POST /a", NULL);
    verdict_is(p, "deny ", "no body");
    req("POST /a", "{'op':'read','op':'write'}");
    is_int(request.body, HOOP_BODY_AMBIGUOUS, "a duplicate member");
    verdict_is(p, "error a ambiguous", "never matches an allow");
    req("POST /a", "{'op':'read'");
    verdict_is(p, "error a ambiguous", "nor does broken JSON");
    request.body = HOOP_BODY_OTHER;
    verdict_is(p, "error a ambiguous", "nor what is not JSON");
    ok(hoop_str_is(verdict.reason, "the body is not JSON"), "with a reason");
    request.body = HOOP_BODY_UNREAD;
    verdict_is(p, "error a ambiguous", "nor an unread body");
    request.body = HOOP_BODY_JSON;
    verdict_is(p, "error a ambiguous", "nor one without a tree");

    req("POST /d", "{'op':'read'}");
    verdict_is(p, "allow o", "not denied");
    req("POST /d", "{'op':'drop'}");
    verdict_is(p, "deny d", "denied");
    ok(hoop_str_is(verdict.reason, "denied by a rule"), "with a reason");
    req("POST /d", "{'op':'drop'");
    verdict_is(p, "deny d ambiguous", "broken JSON is denied");
    ok(hoop_str_is(verdict.reason, "the body is not unambiguous JSON"),
       "and its reason says why");
    req("POST /d", NULL);
    verdict_is(p, "allow o", "no body, no denial");
    req("POST /r", "{'op':'drop'");
    verdict_is(p, "review r ambiguous", "broken JSON is reviewed");
    req("POST /elsewhere", "{'op':'drop'");
    verdict_is(p, "deny ", "broken JSON where no rule looks");
    ok(!verdict.ambiguous, "is nobody's business");

    /* members that a case-insensitive parser would take for the same */

    req("POST /a", "{'op':'read','OP':'write'}");
    verdict_is(p, "error a ambiguous", "another case beside it");
    req("POST /d", "{'Op':'drop'}");
    verdict_is(p, "deny d ambiguous", "another case instead");
    req("POST /n", "{'oP':1}");
    verdict_is(p, "error n ambiguous", "another case is not absence");
    req("POST /n", "{'opp':1,'o':2,'po':3}");
    verdict_is(p, "allow n", "other names are");
    req("POST /n", NULL);
    verdict_is(p, "allow n", "no body is");
    req("POST /n", "[1,2]");
    verdict_is(p, "allow n", "an array is");
    req("POST /k", "{'a':{'sk':1}}");
    verdict_is(p, "allow k", "nested");
    req("POST /k", "{'A':{},'a':{'sk':1}}");
    verdict_is(p, "error k ambiguous", "on the way");
    req("POST /k", "{'a':{'sk':1,'\xc5\xbf\xe2\x84\xaa':2}}");
    verdict_is(p, "error k ambiguous", "letters that fold into ASCII");
    req("POST /k", "{'a':{'sk':1,'\xc5\xbf':2,'s\xc3\xa9':3}}");
    verdict_is(p, "allow k", "others do not");

    hoop_policy_free(p);
}


static void
test_regex_limits(void)
{
    char           *body;
    hoop_policy_t  *p;

    p = policy("{'id':'a','effect':'allow','match':{'request':{'path':'/a'},"
               "'body':{'/q':{'regex':'^(a+)+$'}}}},"
               "{'id':'d','effect':'deny','match':{'request':{'path':'/d'},"
               "'body':{'/q':{'regex':'^(a+)+$'}}}},"
               "{'id':'e','effect':'allow','match':{'request':{'path':'/e'},"
               "'body':{'/q':{'all':{'regex':'^(a+)+$'}}}}}");

    req("POST /a", "{'q':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'}");
    verdict_is(p, "error a ambiguous", "catastrophe never matches an allow");
    req("POST /d", "{'q':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'}");
    verdict_is(p, "deny d ambiguous", "and matches a deny");
    req("POST /a", "{'q':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}");
    verdict_is(p, "allow a", "the harmless one is judged");

    /* a thousand of them cost no more than a few */

    body = malloc(65536);
    strcpy(body, "{'q':['a'");

    while (strlen(body) < 50000) {
        strcat(body, ",'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'");
    }

    strcat(body, "]}");
    req("POST /e", body);
    is_int(request.body, HOOP_BODY_JSON, "a thousand catastrophes");
    verdict_is(p, "error e ambiguous", "are given up soon");

    free(body);
    hoop_policy_free(p);

    p = policy("{'id':'q','effect':'allow','match':"
               "{'request':{'query':{'q':{'regex':'^.*$'}}}}}");
    req("GET /?q=caf%C3%A9", NULL);
    verdict_is(p, "allow q", "UTF-8");
    req("GET /?q=caf%E9", NULL);
    verdict_is(p, "error q ambiguous", "no UTF-8");
    hoop_policy_free(p);
}


static void
test_needs_body(void)
{
    size_t          i;
    hoop_policy_t  *p;

    static const struct {
        const char  *line;
        int          needs;
    } cases[] = {
        { "GET /free", 0 }, { "POST /sql", 1 }, { "PUT /sql", 0 },
        { "POST /sql?dry=1", 0 }, { "POST /sql?dry=1&dry=1", 0 },
        { "POST /first", 0 }, { "POST /later", 1 }, { "POST /staff", 0 },
        { "POST /unknown?x=1&x=2", 1 }, { "POST /unknown?x=2", 0 }
    };

    p = policy("{'id':'d0','effect':'deny','match':{'request':{'query':"
               "{'dry':'1'}}}},"
               "{'id':'a0','effect':'allow','match':{'request':"
               "{'path':'/first'}}},"
               "{'id':'a1','effect':'allow','match':{'request':"
               "{'method':'POST','path':['/sql','/first','/later']},"
               "'body':{'/q':'x'}}},"
               "{'id':'a2','effect':'allow','match':{'request':"
               "{'path':'/later'}}},"
               "{'id':'a3','effect':'allow','match':{'identity':{'claims':"
               "{'/groups':{'any':['staff']}}},'request':{'path':'/staff'},"
               "'body':{'/q':'x'}}},"
               "{'id':'a4','effect':'allow','match':{'request':"
               "{'path':'/unknown','query':{'x':1}},'body':{'/q':'x'}}},"
               "{'id':'d1','effect':'deny','match':{'request':"
               "{'query':{'dry':'1'}},'body':{'/q':'x'}}}");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        req(cases[i].line, NULL);
        request.body = HOOP_BODY_UNREAD;
        is_int(hoop_policy_needs_body(&p, 1, &request), cases[i].needs,
               cases[i].line);
    }

    hoop_policy_free(p);
}
