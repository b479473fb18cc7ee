
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What makes a request another one behind the back of its method and path.
 */


#include "policy.h"
#include "../../src/core/hoop_body.h"


static void test_allow(void);
static void test_named(void);
static void test_deny(void);
static void test_values(void);
static void test_arguments(void);
static void test_destination(void);
static void test_sets(void);
static void test_parameters(void);


int
main(void)
{
    test_allow();
    test_named();
    test_deny();
    test_values();
    test_arguments();
    test_destination();
    test_sets();
    test_parameters();

    return done_testing();
}


static void
with(const char *line, const char *name, const char *value)
{
    req(line, NULL);

    memset(headers, 0, sizeof(headers));
    headers[0].name = name;
    headers[0].value = value;
}


static void
test_allow(void)
{
    size_t          i;
    hoop_policy_t  *p;

    static const char  *names[] = {
        "x-http-method-override", "x-http-method", "x-method-override",
        "x-original-url", "x-rewrite-url"
    };

    p = policy("{'id':'a','effect':'allow','match':{'request':"
               "{'method':['GET','DELETE']}}},"
               "{'id':'r','effect':'review','match':{'request':"
               "{'method':'PUT'}}}");

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        with("GET /", names[i], "DELETE");
        verdict_is(p, "error a ambiguous", names[i]);

        with("PUT /", names[i], "PUT");
        verdict_is(p, "review r ambiguous", "nor is a human asked");
    }

    is_int(hoop_str_is(verdict.reason, "needs an approval"), 1, "the reason");

    with("GET /", "x-http-method-override", "");
    verdict_is(p, "review r ambiguous", "an empty one may be any");
    with("GET /", "x-http-method-override", NULL);
    verdict_is(p, "review r ambiguous", "so may two of them");
    with("GET /", "x-http-method-overrides", "DELETE");
    verdict_is(p, "allow a", "another header");
    with("GET /", "destination", "/x");
    verdict_is(p, "allow a", "a Destination of what has none");

    hoop_policy_free(p);
}


static void
test_named(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'a','effect':'allow','match':{'request':{'method':"
               "'POST','headers':{'X-HTTP-Method-Override':'PATCH'}}}},"
               "{'id':'b','effect':'allow','match':{'request':{'method':"
               "'POST','headers':{'X-HTTP-Method':{'exists':false}}}}},"
               "{'id':'d','effect':'deny','match':{'request':{'method':"
               "'DELETE'}}}");

    with("POST /", "x-http-method-override", "PATCH");
    verdict_is(p, "allow a", "a rule that names it");
    is_int(verdict.names, hoop_policy_override_header(
               hoop_cstr("x-http-method-override")), "and says so");
    with("POST /", "x-http-method-override", "DELETE");
    verdict_is(p, "deny d ambiguous", "another value, which is denied");
    with("POST /", "x-http-method-override", "PUT");
    verdict_is(p, "error b ambiguous", "a rule that names another");
    with("POST /", "x-http-method", "PUT");
    verdict_is(p, "deny ", "a rule that wants none");
    with("POST /", "x", "");
    verdict_is(p, "allow b", "that has none");
    is_int(hoop_policy_override_header(hoop_cstr("x")), 0, "no override");

    hoop_policy_free(p);
}


static void
test_deny(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'d','effect':'deny','match':{'request':"
               "{'method':'DELETE','path':'/a'}}},"
               "{'id':'all','effect':'deny','match':{'request':"
               "{'path':'/b'}}},"
               "{'id':'a','effect':'allow','match':{'request':{'headers':"
               "{'X-Method-Override':{'exists':true}}}}}");

    with("POST /a", "x-method-override", "DELETE");
    verdict_is(p, "deny d ambiguous", "a deny is not evaded");
    with("POST /a/", "x-method-override", "delete");
    verdict_is(p, "deny d ambiguous", "in lower case");
    with("DELETE /a", "x-method-override", "GET");
    verdict_is(p, "deny d ambiguous", "nor is it by the other way round");
    with("DELETE /a", "x-method-override", "DELETE");
    verdict_is(p, "deny d", "both are it");
    with("POST /a", "x-method-override", "PATCH");
    verdict_is(p, "allow a", "neither is it");
    with("POST /c", "x-method-override", "DELETE");
    verdict_is(p, "allow a", "another path");
    with("POST /b", "x-method-override", "DELETE");
    verdict_is(p, "deny all", "of any method");

    hoop_policy_free(p);
}


static void
test_values(void)
{
    size_t          i;
    hoop_policy_t  *p;

    static const char  *odd[] = {
        NULL, "", " DELETE", "DELETE ", "GET, DELETE", "DEL\tETE",
        "AVERYLONGMETHODNAME", "M-SEARCH", "\xc3\xa9"
    };

    p = policy("{'id':'d','effect':'deny','match':{'request':"
               "{'method':'DELETE'}}},"
               "{'id':'a','effect':'allow','match':{'request':{'headers':"
               "{'X-Method-Override':{'exists':true}}}}}");

    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        with("POST /", "x-method-override", odd[i]);
        verdict_is(p, "deny d ambiguous", "what is no plain word may be any");
    }

    with("POST /", "x-method-override", "PATCH");
    headers[1].name = "x-http-method";
    headers[1].value = "patch";
    verdict_is(p, "error a ambiguous", "one of two is not named");
    headers[1].value = "PUT";
    verdict_is(p, "deny d ambiguous", "two that differ");

    hoop_policy_free(p);
}


static void
test_arguments(void)
{
    size_t          i;
    hoop_error_t    err;
    hoop_policy_t  *p;

    static const char  *queries[] = {
        "POST /?_method=DELETE", "POST /?a=1&_Method=delete",
        "POST /?%5fmethod=DELETE", "POST /?a;_method=DELETE",
        "POST /?_method=GET&_method=DELETE", "POST /?_method"
    };

    p = policy("{'id':'d','effect':'deny','match':{'request':"
               "{'method':'DELETE'}}},"
               "{'id':'a','effect':'allow','match':{}}");

    memset(headers, 0, sizeof(headers));

    for (i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        req(queries[i], NULL);
        verdict_is(p, "deny d ambiguous", queries[i]);
    }

    req("POST /?_method=PUT", NULL);
    verdict_is(p, "error a ambiguous", "of an allow");
    req("GET /?_method=DELETE", NULL);
    verdict_is(p, "allow a", "of a POST only");
    req("POST /?method=DELETE", NULL);
    verdict_is(p, "allow a", "another argument");

    req("POST /", NULL);
    headers[0].name = "content-type";
    headers[0].value = "application/x-www-form-urlencoded";
    hoop_body_judge(&request, hoop_cstr("a=1&_method=put"), &err);
    verdict_is(p, "error a ambiguous", "in a form that was read");
    request.method = hoop_cstr("PUT");
    verdict_is(p, "allow a", "which is no POST");

    hoop_policy_free(p);

    p = policy("{'id':'q','effect':'allow','match':{'request':{'query':"
               "{'_method':'PUT'}}}},{'id':'f','effect':'allow','match':"
               "{'form':{'_method':'PUT'}}}");

    req("POST /?_method=PUT", NULL);
    verdict_is(p, "allow q", "a rule that names the argument");
    req("POST /", NULL);
    hoop_body_judge(&request, hoop_cstr("_method=PUT"), &err);
    verdict_is(p, "allow f", "or the field");
    request.args = hoop_cstr("_method=PUT");
    verdict_is(p, "error q ambiguous", "but not both");

    hoop_policy_free(p);
}


static void
test_destination(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'a','effect':'allow','match':{'request':"
               "{'path':'/a/**'}}},"
               "{'id':'m','effect':'allow','match':{'request':"
               "{'method':'MOVE','headers':{'Destination':"
               "{'glob':'/b/*'}}}}}");

    with("COPY /a/x", "destination", "/c");
    verdict_is(p, "error a ambiguous", "COPY has a second path");
    with("MOVE /a/x", "destination", "/c");
    verdict_is(p, "error a ambiguous", "so has MOVE");
    with("MOVE /a/x", "destination", "/b/x");
    verdict_is(p, "allow m", "a rule that names it");
    with("COPY /a/x", "x", "");
    verdict_is(p, "allow a", "without one");

    hoop_policy_free(p);
}


static void
test_sets(void)
{
    hoop_error_t    err;
    hoop_policy_t  *p;

    p = compile(quoted("{'version':1,'name':'s','conditions':{"
                       "'reads':{'request':{'method':['GET','HEAD']}},"
                       "'tunnel':{'request':{'headers':"
                       "{'X-HTTP-Method':'PATCH'}}}},'rules':["
                       "{'id':'d','effect':'deny','match':"
                       "{'use':[{'not':'reads'}],"
                       "'request':{'path':'/ro/**'}}},"
                       "{'id':'t','effect':'allow','match':"
                       "{'use':['tunnel']}},"
                       "{'id':'a','effect':'allow','match':"
                       "{'use':['reads']}}]}"), &err);

    with("GET /ro", "x", "");
    verdict_is(p, "allow a", "none is there");
    with("GET /ro", "x-http-method", "PATCH");
    verdict_is(p, "deny d ambiguous", "not reads, if the header counts");
    with("GET /x", "x-http-method", "PATCH");
    verdict_is(p, "allow t", "named in a set");
    with("GET /x", "x-http-method", "PUT");
    verdict_is(p, "error a ambiguous", "not named");

    hoop_policy_free(p);
}


static void
test_parameters(void)
{
    hoop_policy_t  *p;

    memset(headers, 0, sizeof(headers));

    p = policy("{'id':'d','effect':'deny','match':{'request':"
               "{'path':'/v1/admin/**'}}},"
               "{'id':'r','effect':'review','match':{'request':"
               "{'path':'/v1/keys'},'body':{'/a':1}}},"
               "{'id':'a','effect':'allow','match':{'request':"
               "{'path':'/v1/**'}}},"
               "{'id':'x','effect':'allow','match':{'request':"
               "{'path':'/v2/a;b'}}}");

    req("GET /v1/things;v=1/7;x", NULL);
    verdict_is(p, "allow a", "the same without them");
    req("GET /v1/admin;v=1/7", NULL);
    verdict_is(p, "error d ambiguous", "denied without them");
    req("GET /v1;/;x/admin/7", NULL);
    verdict_is(p, "deny ", "denied with them");
    req("GET /v1/;/admin/7", NULL);
    verdict_is(p, "error d ambiguous", "an empty name");
    req("GET /v2/a;b", NULL);
    verdict_is(p, "error  ambiguous", "allowed with them only");
    req("POST /v1/keys;x", "{'a':1}");
    verdict_is(p, "error r ambiguous", "reviewed without them");
    is_int(hoop_policy_needs_body(&p, 1, &request), 1,
           "by a rule that needs the body");
    req("POST /v1/things;x", "{'a':1}");
    is_int(hoop_policy_needs_body(&p, 1, &request), 0, "by none");

    hoop_policy_free(p);
}
