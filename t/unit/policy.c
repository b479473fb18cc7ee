
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Policies as files: what loads, what is refused and where, what it says then.
 */


#include "policy.h"


static void test_errors(void);
static int count_issuers(void *ctx, hoop_str_t name);
static void test_token(void);
static void test_limits(void);
static void test_design(void);
static void test_masks(void);
static void test_several(void);
static void test_crm(void);
static void test_many(void);
static void test_explain(void);
static void test_property(void);


int
main(void)
{
    test_errors();
    test_token();
    test_limits();
    test_design();
    test_masks();
    test_several();
    test_crm();
    test_many();
    test_explain();
    test_property();

    return done_testing();
}


static void
test_errors(void)
{
    size_t          i;
    hoop_error_t    err;
    hoop_policy_t  *p;

    static const struct {
        const char  *text;
        unsigned     line;
        unsigned     column;
        const char  *wanted;
    } cases[] = {
        { "", 1, 1, "unexpected end of the document" },
        { "[]", 1, 1, "wanted an object" },
        { "{}", 1, 1, "no \"version\", wanted 1" },
        { "{'version':2}", 1, 12, "unknown version, wanted 1" },
        { "{'version':'1'}", 1, 12, "unknown version, wanted 1" },
        { "{'version':1}", 1, 1, "no \"name\" of the policy" },
        { "{'version':1,'name':''}", 1, 21,
          "wanted a string of 1 to 64 bytes" },
        { "{'version':1,'name':'a b'}", 1, 21, "invalid name \"a b\"" },
        { "{'version':1,'name':'a'}", 1, 1, "no \"rules\"" },
        { "{'version':1,'name':'a','rules':{}}", 1, 33,
          "\"rules\" must be an array" },
        { "{'version':1,'name':'a','default':'review','rules':[]}", 1, 35,
          "default \"review\" is not possible" },
        { "{'version':1,'name':'a','default':'alow','rules':[]}", 1, 35,
          "unknown value \"alow\", wanted one of \"allow\"" },
        { "{'version':1,\n 'alow':1}", 2, 2,
          "unknown key \"alow\", wanted one of version, name" },
        { "{'version':1,'version':1}", 1, 14, "duplicate member name" },
        { "{'version':1,'name':'a','rules':[1]}", 1, 34, "wanted an object" },
        { "{'version':1,'name':'a','rules':[{}]}", 1, 34,
          "rule without \"id\"" },
        { "{'version':1,'name':'a','rules':[{'id':'x'}]}", 1, 34,
          "rule without \"effect\"" },
        { "{'version':1,'name':'a','rules':[{'id':'x','effect':'deny'}]}",
          1, 34, "rule without \"match\", wanted an object: {} matches" },
        { "{'version':1,'name':'a','rules':[\n"
          "{'id':'x','effect':'deny','match':{},'limits':{}}]}", 2, 38,
          "\"limits\" in a rule that lets nothing pass" },
        { "{'version':1,'name':'a','rules':[\n"
          "{'id':'x','effect':'allow','match':{},'limits':{}}]}", 2, 48,
          "\"limits\" without a limit" },
        { "{'version':1,'name':'a','rules':[\n"
          "{'id':'x','effect':'allow','match':{},'limits':1}]}", 2, 48,
          "wanted an object" },
        { "{'version':1,'name':'a','rules':[\n"
          "{'id':'x','effect':'allow','match':{},'limits':{'bytes':1}}]}",
          2, 49, "unknown key \"bytes\", wanted one of rate, burst, "
          "response, rows" },
        { "{'version':1,'name':'a','rules':[\n"
          "{'id':'x','effect':'allow','match':{},'limits':{'burst':1}}]}",
          2, 49, "\"burst\" without \"rate\"" },
        { "{'version':1,'name':'a','rules':[\n"
          "{'id':'x','effect':'allow','match':{},'limits':"
          "{'rate':'1r/s','burst':-1}}]}",
          2, 71, "wanted a number of requests" },
        { "{'version':1,'name':'a','rules':[\n"
          "{'id':'x','effect':'allow','match':{},'limits':"
          "{'rate':'1r/h','burst':168}}]}",
          2, 71, "\"burst\" of more than what the rate allows in a week" },
        { "{'version':1,'name':'a','rules':[\n"
          "{'id':'x','effect':'allow','match':{},'limits':{'rows':0}}]}",
          2, 56, "wanted a number of rows from 1 to 1000000000" },
        { "{'version':1,'name':'a','rules':[\n"
          "{'id':'x','effect':'allow','match':{},'limits':{'rows':'9'}}]}",
          2, 56, "wanted a number of rows from 1 to 1000000000" },
        { "{'version':1,'name':'a','rules':[\n"
          "{'id':'x','effect':'allow','match':{},'limits':{'rows':{}}}]}",
          2, 56, "\"rows\" without \"max\"" },
        { "{'version':1,'name':'a','rules':[\n"
          "{'id':'x','effect':'allow','match':{},'limits':"
          "{'rows':{'max':1,'at':'data'}}}]}",
          2, 70, "wanted a JSON pointer of at most 16 segments" },
        { "{'version':1,'name':'a','rules':[\n"
          "{'id':'x','effect':'allow','match':{},'limits':"
          "{'rows':{'max':1,'at':'/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7'}}}]}",
          2, 70, "wanted a JSON pointer of at most 16 segments" },
        { "{'version':1,'name':'a','rules':[\n"
          "{'id':'x','effect':'allow','match':{},'limits':"
          "{'rows':{'max':1,'at':'/~2'}}}]}",
          2, 70, "wanted a JSON pointer of at most 16 segments" },
        { "{'version':1,'name':'a','rules':[\n"
          "{'id':'x','effect':'deny','match':{}},\n"
          "{'id':'x','effect':'deny','match':{}}]}", 3, 7,
          "duplicate rule id \"x\"" }
    };

    /* a match that is wrong; the column is within "%s" */

    static const struct {
        const char  *rest;
        unsigned     column;
        const char  *wanted;
    } rules[] = {
        { "'match':[]", 9, "wanted an object" },
        { "'match':{'sql':{}}", 16,
          "\"sql\" without \"class\" and \"tables\"" },
        { "'match':{'shell':{}}", 10,
          "unknown key \"shell\", wanted one of identity, request, source, "
          "time, use, body" },
        { "'match':{'mcq':{}}", 10, "unknown key \"mcq\"" },
        { "'match':{},'review':{}", 12, "\"review\" in a rule whose effect" },
        { "'match':{},'token':{}", 12, "\"token\" in a rule whose effect" },
        { "'match':{},'reason':1", 21, "wanted a string" },
        { "'match':{},'reason':'a\\nb'", 21, "control character" },
        { "'match':{},'record':'all'", 21, "unknown value \"all\"" },
        { "'match':{},'credential':'a/b'", 25, "invalid name" },
        { "'match':{},'mask':'pii'", 19, "\"mask\" must be \"default\" or" },
        { "'match':{},'mask':['nope']", 20, "unknown mask set \"nope\"" },
        { "'match':{},'mask':[1]", 20, "name of a mask set must be" },
        { "'match':{'identity':{'group':1}}", 22, "unknown key \"group\"" },
        { "'match':{'identity':{'issuer':[]}}", 31, "\"issuer\" must be a" },
        { "'match':{'identity':{'claims':[]}}", 31, "an object of JSON point" },
        { "'match':{'identity':{'claims':{'groups':1}}}", 32,
          "invalid JSON pointer \"groups\"" },
        { "'match':{'identity':{'claims':{'/a~2':1}}}", 32,
          "invalid JSON pointer" },
        { "'match':{'identity':{'claims':{'/a':[1]}}}", 37,
          "for a list write { \"any\": [...] }" },
        { "'match':{'identity':{'claims':{'/a':{}}}}", 37, "no operator" },
        { "'match':{'identity':{'claims':{'/a':{'anny':[1]}}}}", 38,
          "unknown key \"anny\", wanted one of equals, any" },
        { "'match':{'identity':{'claims':{'/a/b':{'any':[]}}}}", 46,
          "wanted an array of 1 to" },
        { "'match':{'identity':{'claims':{'/a':{'any':[1,[]]}}}}", 47,
          "wanted a string, a number" },
        { "'match':{'identity':{'claims':{'/a':{'any':1}}}}", 44,
          "wanted an array of values, or an object" },
        { "'match':{'identity':{'claims':{'/a':{'regex':'(a'}}}}", 46,
          "invalid regular expression at offset 2: missing closing paren" },
        { "'match':{'identity':{'claims':{'/a':{'regex':'a\\\\C'}}}}", 46,
          "invalid regular expression" },
        { "'match':{'identity':{'claims':{'/a':{'exists':1}}}}", 47,
          "wanted true or false" },
        { "'match':{'identity':{'claims':{'/a':{'lt':'1'}}}}", 43,
          "wanted a number" },
        { "'match':{'identity':{'claims':{'/a':{'glob':''}}}}", 45,
          "empty glob" },
        { "'match':{'identity':{'claims':{'/a':{'not':{'x':1}}}}}", 45,
          "unknown key \"x\"" },
        { "'match':{'request':{'method':'get'}}", 30,
          "invalid method \"get\", methods are written in upper case" },
        { "'match':{'request':{'method':['GET','a b']}}", 37,
          "invalid method" },
        { "'match':{'request':{'method':7}}", 30, "must be a string or an" },
        { "'match':{'request':{'path':'v1'}}", 28, "it must begin with" },
        { "'match':{'request':{'path':'/a?b'}}", 28, "arguments belong into" },
        { "'match':{'request':{'path':'/a//b'}}", 28, "not normalised" },
        { "'match':{'request':{'path':'/a/../b'}}", 28, "not normalised" },
        { "'match':{'request':{'path':'/a**'}}", 28, "path: \"**\" in a glob" },
        { "'match':{'request':{'path':['/a',1]}}", 34, "wanted a string" },
        { "'match':{'request':{'host':'a:80'}}", 28, "invalid host" },
        { "'match':{'request':{'host':'https://a'}}", 28, "invalid host" },
        { "'match':{'request':{'host':'a.'}}", 28, "ends with a dot" },
        { "'match':{'request':{'query':{'':1}}}", 30, "empty argument name" },
        { "'match':{'request':{'query':{'a':null}}}", 34,
          "wanted a string, an integer, true or false" },
        { "'match':{'request':{'query':{'a':1.5}}}", 34, "wanted a string" },
        { "'match':{'request':{'headers':{'a b':1}}}", 32,
          "invalid header name" },
        { "'match':{'request':{'headers':{'Authorization':'x'}}}", 32,
          "the Authorization header is no condition" },
        { "'match':{'body':{'a':1}}", 18, "invalid JSON pointer" },
        { "'match':{'body':1}", 17, "wanted an object of JSON pointers" }
    };

    static const struct {
        const char  *conf;
        const char  *wanted;
    } reviews[] = {
        { "[]", "wanted an object" },
        { "{'who':1}", "unknown key \"who\"" },
        { "{'approvers':[]}", "must be an array of group names" },
        { "{'approvers':'dba'}", "must be an array of group names" },
        { "{'scope':'ever'}", "unknown value \"ever\", wanted one of" },
        { "{'scope':1}", "wanted one of the strings" },
        { "{'scope':'time'}", "without \"valid\"" },
        { "{'scope':'once','valid':'5m'}", "which is over with the request" },
        { "{'valid':'5m'}", "which is over with the request" },
        { "{'scope':'run','valid':'8d'}", "invalid time" },
        { "{'scope':'run','valid':5}", "invalid time" },
        { "{'reason':true}", "wanted one of the strings" },
        { "{'approvers':['']}", "wanted a string of 1 to" },
        { "{'count':0}", "from 1 to 16" }, { "{'count':17}", "from 1 to 16" },
        { "{'count':1.0}", "from 1 to 16" },
        { "{'ttl':15}", "invalid time" }, { "{'ttl':''}", "invalid time" },
        { "{'ttl':'0s'}", "invalid time" }, { "{'ttl':'m'}", "invalid time" },
        { "{'ttl':'15'}", "invalid time" }, { "{'ttl':'8d'}", "invalid time" },
        { "{'ttl':'-1m'}", "invalid time" },
        { "{'ttl':'1mm'}", "invalid time" },
        { "{'ttl':'99999999999999999999s'}", "invalid time" }
    };

    static const struct {
        const char  *conf;
        const char  *wanted;
    } tokens[] = {
        { "[]", "wanted an object" },
        { "{'aud':['a']}", "unknown key \"aud\"" },
        { "{'audience':'a'}", "must be an array of one or more strings" },
        { "{'audience':[]}", "must be an array of one or more strings" },
        { "{'audience':[1]}", "wanted a string" },
        { "{'audience':['']}", "wanted a string of 1 to" },
        { "{'scope':'a'}", "must be an array of strings" },
        { "{'scope':['a b']}", "invalid scope \"a b\"" },
        { "{'scope':['a\\\"']}", "invalid scope" },
        { "{'scope':['\xc3\xa9']}", "invalid scope" },
        { "{'lifetime':120}", "invalid time" },
        { "{'lifetime':'0s'}", "invalid time" },
        { "{'lifetime':'61m'}", "at most \"1h\"" }
    };

    char  text[1024];

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        p = compile(quoted(cases[i].text), &err);

        ok(p == NULL && err.line == cases[i].line
           && err.column == cases[i].column
           && strncmp(err.text, cases[i].wanted, strlen(cases[i].wanted)) == 0,
           "refuses %zu: %u:%u %s", i, err.line, err.column, err.text);

        hoop_policy_free(p);
    }

    for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        snprintf(text, sizeof(text), "{'version':1,'name':'a','rules':["
                 "{'id':'x','effect':'deny',\n%s}]}", rules[i].rest);

        p = compile(quoted(text), &err);

        ok(p == NULL && err.line == 2 && err.column == rules[i].column
           && strstr(err.text, rules[i].wanted) != NULL,
           "refuses rule %zu: %u:%u %s", i, err.line, err.column, err.text);

        hoop_policy_free(p);
    }

    for (i = 0; i < sizeof(reviews) / sizeof(reviews[0]); i++) {
        snprintf(text, sizeof(text), "{'version':1,'name':'a','rules':["
                 "{'id':'x','effect':'review','match':{},\n'review':%s}]}",
                 reviews[i].conf);

        p = compile(quoted(text), &err);

        ok(p == NULL && err.line == 2
           && strstr(err.text, reviews[i].wanted) != NULL,
           "refuses review %s: %s", reviews[i].conf, err.text);

        hoop_policy_free(p);
    }

    for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        snprintf(text, sizeof(text), "{'version':1,'name':'a','rules':["
                 "{'id':'x','effect':'allow','match':{},\n'token':%s}]}",
                 tokens[i].conf);

        p = compile(quoted(text), &err);

        ok(p == NULL && err.line == 2
           && strstr(err.text, tokens[i].wanted) != NULL,
           "refuses token %s: %s", tokens[i].conf, err.text);

        hoop_policy_free(p);
    }

    p = compile(quoted("{'version':1,'name':'a','rules':[],"
                       "'masks':{'a':{},'p\xc3\xa9i':\n{'x':1}}}"), &err);
    ok(p == NULL && err.line == 2, "a mask set's error has its line: %s",
       err.text);
    hoop_policy_free(p);

    p = compile(quoted("{'version':1,'name':'a','rules':[],"
                       "'masks':{'default':{}}}"), &err);
    ok(p == NULL, "the name \"default\" is reserved: %s", err.text);
    hoop_policy_free(p);
}


/* what an allow rule says of the tokens that it lets be issued */

static int
count_issuers(void *ctx, hoop_str_t name)
{
    int  *n = ctx;

    (*n)++;

    return hoop_str_is(name, "stop");
}


static void
test_token(void)
{
    int             n;
    hoop_policy_t  *p;

    p = policy("{'id':'a','effect':'allow','match':{'request':{'path':'/a'},"
               "  'identity':{'issuer':['corp','partner']}},"
               "  'token':{'audience':['crm','erp'],'scope':[],"
               "           'lifetime':'2m'}},"
               "{'id':'b','effect':'allow','match':{'request':{'path':'/b'}},"
               "  'token':{}},"
               "{'id':'c','effect':'allow','match':{'request':{'path':'/c'},"
               "  'identity':{'issuer':['stop','more']}}},"
               "{'id':'d','effect':'deny','match':{'request':{'path':'/a'},"
               "  'body':{'/actor/sub':'mallory'}}}");

    req("POST /a", "{'audience':['crm'],'actor':{'sub':'executor'}}");
    verdict_is(p, "allow a", "an exchange is judged as a body");
    ok(verdict.token != NULL && verdict.token->naudiences == 2
       && hoop_str_is(verdict.token->audiences[1], "erp"), "audiences");
    ok(verdict.token && verdict.token->nscopes == 0 && verdict.token->scope_set,
       "no scope at all");
    is_int(verdict.token ? verdict.token->lifetime : 0, 120, "two minutes");

    req("POST /a", "{'audience':['crm'],'actor':{'sub':'mallory'}}");
    verdict_is(p, "deny d", "who may not act");
    ok(verdict.token == NULL, "has no token");

    req("POST /b", "{}");
    (void) judge(p);
    ok(verdict.token != NULL && verdict.token->naudiences == 0
       && verdict.token->scope_set == 0 && verdict.token->lifetime == 0,
       "nothing is narrowed");

    req("POST /c", "{}");
    n = 0;
    is_int(hoop_policy_issuers(p, count_issuers, &n), 1,
           "issuers are told, until enough");
    is_int(n, 3, "each of them");

    hoop_policy_free(p);
}


/* The example of the design, without its sql and mcp conditions. */

static void
test_limits(void)
{
    size_t          i;
    char            text[200];
    hoop_error_t    err;
    hoop_policy_t  *p;

    static const struct {
        const char  *text;
        uint64_t     bytes;            /* 0: it is refused */
    } sizes[] = {
        { "'1'", 1 }, { "'65536'", 65536 }, { "'2k'", 2048 },
        { "'2K'", 2048 }, { "'10m'", 10 << 20 }, { "'1g'", 1 << 30 },
        { "'1024g'", (uint64_t) 1 << 40 },
        { "'1025g'", 0 }, { "'17179869185g'", 0 },
        { "'99999999999999999999'", 0 }, { "'1099511627777'", 0 },
        { "'1048577m'", 0 },
        { "'0'", 0 }, { "''", 0 }, { "'01'", 0 }, { "'-1'", 0 },
        { "'10x'", 0 }, { "'10mb'", 0 }, { "'10 m'", 0 }, { "10", 0 },
        { "null", 0 },
    };

    static const struct {
        const char  *text;
        int64_t      interval;         /* 0: it is refused */
    } rates[] = {
        { "'1r/s'", 1000000 }, { "'60r/m'", 1000000 },
        { "'7r/m'", 8571429 }, { "'1r/h'", 3600000000 },
        { "'10000r/s'", 100 }, { "'36000000r/h'", 100 },
        { "'10001r/s'", 0 }, { "'36000001r/h'", 0 }, { "'0r/s'", 0 },
        { "'01r/s'", 0 }, { "'99999999999999999999r/s'", 0 },
        { "'1r/d'", 0 }, { "'1r/s '", 0 }, { "'1'", 0 }, { "'r/s'", 0 },
        { "''", 0 }, { "'1.5r/s'", 0 }, { "1", 0 }, { "null", 0 },
    };

    p = policy("{'id':'a','effect':'allow','match':{'request':{'path':'/a'}},"
               "  'limits':{'response':'10m','rate':'60r/m','burst':10}},"
               "{'id':'b','effect':'review','match':{'request':{'path':'/b'}},"
               "  'limits':{'response':'1k',"
               "    'rows':{'max':5,'at':'/a~1b//c'}}},"
               "{'id':'d','effect':'allow','match':{'request':{'path':'/d'}},"
               "  'limits':{'rows':1000}},"
               "{'id':'e','effect':'allow','match':{'request':{'path':'/e'}},"
               "  'limits':{'rows':{'max':1,'at':''}}},"
               "{'id':'f','effect':'allow','match':{'request':{'path':'/f',"
               "    'query':{'a':'1'}}},'limits':{'rows':1},"
               "  'token':{'lifetime':'2m'}},"
               "{'id':'c','effect':'allow','match':{'request':{'path':'/c'}}}");

    req("GET /a", NULL);
    verdict_is(p, "allow a", "a rule with limits");
    is_int(verdict.limits ? verdict.limits->response : 0, 10 << 20, "10m");
    ok(verdict.limits && verdict.limits->rate.interval == 1000000
       && verdict.limits->rate.depth == 11000000, "60r/m and a burst of 10");

    req("GET /b", NULL);
    verdict_is(p, "review b", "of a review");
    is_int(verdict.limits ? verdict.limits->response : 0, 1024, "1k");
    ok(verdict.limits && verdict.limits->rows.max == 5
       && verdict.limits->rows.at_set && verdict.limits->rows.nat == 3
       && hoop_str_is(verdict.limits->rows.at[0], "a/b")
       && hoop_str_is(verdict.limits->rows.at[1], "")
       && hoop_str_is(verdict.limits->rows.at[2], "c"), "rows at a pointer");

    req("GET /d", NULL);
    (void) judge(p);
    ok(verdict.limits && verdict.limits->rows.max == 1000
       && !verdict.limits->rows.at_set && verdict.limits->response == 0,
       "rows anywhere");

    req("GET /e", NULL);
    (void) judge(p);
    ok(verdict.limits && verdict.limits->rows.at_set
       && verdict.limits->rows.nat == 0, "rows at the top");

    req("GET /c", NULL);
    verdict_is(p, "allow c", "a rule without");
    ok(verdict.limits == NULL, "has none");

    req("GET /f?a=1&a=2", NULL);
    verdict_is(p, "error f ambiguous", "of an allow that nobody can judge");
    ok(verdict.limits == NULL && verdict.token == NULL, "neither are given");

    hoop_policy_free(p);

    for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        (void) snprintf(text, sizeof(text), "{'version':1,'name':'x','rules':"
                        "[{'id':'a','effect':'allow','match':{},"
                        "'limits':{'rate':%s}}]}", rates[i].text);

        memset(&err, 0, sizeof(hoop_error_t));
        p = compile(quoted(text), &err);

        if (rates[i].interval == 0) {
            ok(p == NULL && err.column == 89
               && strstr(err.text, "invalid rate, wanted a string as"),
               "rate %s: %u:%u %s", rates[i].text, err.line, err.column,
               err.text);

        } else {
            (void) judge(p);
            ok(p && verdict.limits
               && verdict.limits->rate.interval == rates[i].interval
               && verdict.limits->rate.depth == rates[i].interval,
               "rate %s: %s", rates[i].text, err.text);
        }

        hoop_policy_free(p);
    }

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        (void) snprintf(text, sizeof(text), "{'version':1,'name':'x','rules':"
                        "[{'id':'a','effect':'allow','match':{},"
                        "'limits':{'response':%s}}]}", sizes[i].text);

        memset(&err, 0, sizeof(hoop_error_t));
        p = compile(quoted(text), &err);

        if (sizes[i].bytes == 0) {
            ok(p == NULL && err.column == 93
               && strstr(err.text, "invalid size, wanted a string as"),
               "response %s: %u:%u %s", sizes[i].text, err.line, err.column,
               err.text);

        } else {
            (void) judge(p);
            ok(p && verdict.limits
               && verdict.limits->response == sizes[i].bytes,
               "response %s: %s", sizes[i].text, err.text);
        }

        hoop_policy_free(p);
    }
}


static void
test_design(void)
{
    hoop_policy_t  *p;
    hoop_error_t    err;

    p = compile(quoted(
        "{ 'version': 1, 'name': 'crm-agents', 'default': 'deny',"
        "  'rules': ["
        "  { 'id': 'read-customers', 'effect': 'allow',"
        "    'match': { 'identity': { 'issuer': 'corp',"
        "      'claims': { '/groups': { 'any': ['agents'] } } },"
        "      'request': { 'method': ['GET'],"
        "                   'path': '/v1/customers/**' } },"
        "    'mask': ['pii', 'secrets'], 'record': 'payload' },"
        "  { 'id': 'bulk-delete', 'effect': 'review',"
        "    'reason': 'bulk delete needs a human',"
        "    'match': { 'request': { 'method': ['DELETE'],"
        "      'path': '/v1/customers',"
        "      'query': { 'id': { 'exists': false } } } },"
        "    'review': { 'approvers': ['dba'], 'count': 1, 'ttl': '15m' } } ],"
        "  'masks': { 'pii': { 'detect': ['us_ssn', 'credit_card', 'email'],"
        "    'fields': ['ssn', '/**/card_number'], 'action': 'redact' } } }"),
        &err);

    if (!ok(p != NULL, "the design's example loads %s",
            p ? "" : err.text))
    {
        return;
    }

    is_int(hoop_policy_count(p), 2, "its rules");
    ok(hoop_str_is(hoop_policy_name(p), "crm-agents"), "its name");
    is_int(hoop_policy_hash(p).len, 64, "its hash");

    req("GET /v1/customers/7", NULL);
    verdict_is(p, "allow read-customers", "a read");
    is_int(verdict.record, HOOP_RECORD_PAYLOAD, "recorded");
    ok(verdict.mask_named && verdict.mask != NULL && verdict.mask->n == 2
       && verdict.mask->sets[0] == hoop_policy_mask(p, hoop_cstr("pii"))
       && verdict.mask->sets[1] == hoop_policy_mask(p, hoop_cstr("secrets")),
       "masked by both sets");

    req("DELETE /v1/customers", NULL);
    verdict_is(p, "review bulk-delete", "a bulk delete");
    ok(verdict.review != NULL && verdict.review->napprovers == 1
       && hoop_str_is(verdict.review->approvers[0], "dba")
       && verdict.review->count == 1 && verdict.review->ttl == 900,
       "its approvers, count and ttl");
    ok(hoop_str_is(verdict.reason, "bulk delete needs a human"), "its reason");

    req("DELETE /v1/customers?id=7", NULL);
    verdict_is(p, "deny ", "a delete of one: nothing matches");
    ok(hoop_str_is(verdict.policy, "crm-agents"), "by this policy");

    hoop_policy_free(p);
}


static int
collect(void *ctx, hoop_str_t name)
{
    strncat(ctx, (const char *) name.data, name.len);
    strcat(ctx, " ");

    return hoop_str_is(name, "stop") ? 7 : 0;
}


static void
test_masks(void)
{
    char            text[256];
    hoop_error_t    err;
    hoop_policy_t  *p;

    p = compile(quoted(
        "{'version':1,'name':'m','masks':{"
        "'a':{'detect':['email']},'secrets':{'fields':['token']}},"
        "'rules':["
        "{'id':'1','effect':'allow','match':{'request':{'path':'/1'}}},"
        "{'id':'2','effect':'allow','match':{'request':{'path':'/2'}},"
        "'mask':[],'credential':'crm'},"
        "{'id':'3','effect':'allow','match':{'request':{'path':'/3'}},"
        "'mask':'default','credential':'stop'},"
        "{'id':'4','effect':'allow','match':{'request':{'path':'/4'}},"
        "'mask':['default','a','secrets'],'credential':'after'}]}"), &err);

    if (!ok(p != NULL, "masks: %s", p ? "" : err.text)) {
        return;
    }

    req("GET /1", NULL);
    (void) judge(p);
    ok(!verdict.mask_named && verdict.mask == NULL, "no \"mask\"");

    req("GET /2", NULL);
    (void) judge(p);
    ok(verdict.mask_named && verdict.mask && verdict.mask->n == 0, "none");
    ok(hoop_str_is(verdict.credential, "crm"), "the credential's name");

    req("GET /3", NULL);
    (void) judge(p);
    ok(verdict.mask->n == 1
       && verdict.mask->sets[0] == hoop_mask_set_default(), "the default");

    req("GET /4", NULL);
    (void) judge(p);
    ok(verdict.mask->n == 3
       && verdict.mask->sets[0] == hoop_mask_set_default()
       && verdict.mask->sets[1] == hoop_policy_mask(p, hoop_cstr("a"))
       && verdict.mask->sets[2] == hoop_policy_mask(p, hoop_cstr("secrets"))
       && verdict.mask->sets[1] != NULL && verdict.mask->sets[2] != NULL
       && verdict.mask->sets[1] != verdict.mask->sets[2], "three");

    ok(hoop_policy_mask(p, hoop_cstr("b")) == NULL, "no such set");
    ok(hoop_policy_mask(p, hoop_cstr("pii")) == NULL, "pii is on demand");

    text[0] = '\0';
    is_int(hoop_policy_credentials(p, collect, text), 7, "credentials stop");
    is_str(text, "crm stop ", "where they are told to");

    hoop_policy_free(p);
}


static void
test_several(void)
{
    hoop_error_t    err;
    hoop_policy_t  *p[3];

    p[0] = compile(quoted("{'version':1,'name':'one','default':'allow',"
        "'rules':[{'id':'x','effect':'allow','match':{'request':"
        "{'path':'/x'}}}]}"), &err);
    p[1] = compile(quoted("{'version':1,'name':'two','default':'deny',"
        "'rules':[{'id':'x','effect':'allow','match':{'request':"
        "{'path':'/**'},'body':{'/a':1}}},{'id':'d','effect':'deny','match':"
        "{'request':{'path':'/y'}}}]}"), &err);
    p[2] = compile(quoted("{'version':1,'name':'three','rules':["
        "{'id':'d','effect':'deny','match':{'request':{'path':'/y'}}}]}"),
        &err);

    req("GET /x", NULL);
    hoop_policy_evaluate(p, 3, &request, &verdict);
    ok(verdict.decision == HOOP_VERDICT_ALLOW
       && hoop_str_is(verdict.policy, "one"), "the first file's rule");
    is_int(hoop_policy_needs_body(p, 3, &request), 0, "needs no body");

    req("GET /y", NULL);
    hoop_policy_evaluate(p, 3, &request, &verdict);
    ok(verdict.decision == HOOP_VERDICT_DENY
       && hoop_str_is(verdict.policy, "two"), "the first file that denies");

    req("GET /z", NULL);
    is_int(hoop_policy_needs_body(p, 3, &request), 1, "needs the body");
    hoop_policy_evaluate(p, 3, &request, &verdict);
    ok(verdict.decision == HOOP_VERDICT_DENY && verdict.rule.len == 0
       && hoop_str_is(verdict.policy, "two"), "the last default written");

    hoop_policy_evaluate(p, 1, &request, &verdict);
    is_int(verdict.decision, HOOP_VERDICT_ALLOW, "which was another before");

    hoop_policy_free(p[0]);
    hoop_policy_free(p[1]);
    hoop_policy_free(p[2]);
}


static void
test_crm(void)
{
    FILE           *f;
    char            body[512];
    size_t          i, n;
    static char     text[65536];
    hoop_error_t    err;
    hoop_policy_t  *p;

    static const struct {
        const char  *query;
        const char  *wanted;
    } cases[] = {
        { "SELECT * FROM customers", "allow query-customers" },
        { "select id, name from customers where id in (1, 2)",
          "allow query-customers" },
        { "SELECT count(*) FROM customers WHERE city = 'Graz'",
          "allow query-customers" },
        { "SELECT a - b, a / b FROM customers", "allow query-customers" },
        { "SELECT id -- x\\n FROM customers /* x */",
          "allow query-customers" },
        { "SELECT 1 FROM customers; SELECT 2", "deny " },
        { "SELECT a FROM salaries", "deny " },
        { "SELECT a FROM customers, salaries", "deny " },
        { "DROP TABLE customers", "deny no-schema-change" },
        { "SELECT 1; drop table x", "deny no-schema-change" },
        { "DROP/**/TABLE x", "deny no-schema-change" },
        { "SELECT * INTO y FROM customers", "deny no-schema-change" },
        { "SELECT 1; DELETE FROM x", "deny " },
        { "DELETE FROM customers", "deny " },
        { "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "deny " },
        { "/*! ALTER */ TABLE x", "deny no-schema-change ambiguous" },
        { "SELECT 1 # x", "deny no-schema-change ambiguous" },
        { "SELECT pg_sleep(100)", "deny no-schema-change ambiguous" },
        { "SELECT \\\"pg_sleep\\\"(1)", "deny no-schema-change ambiguous" },
        { "", "deny no-schema-change ambiguous" },
        { "SELECT 1\\u0000; DROP TABLE x",
          "deny no-schema-change ambiguous" }
    };

    f = fopen("policies/crm-agents.json", "r");

    if (!ok(f != NULL, "policies/crm-agents.json is there")) {
        return;
    }

    n = fread(text, 1, sizeof(text), f);
    fclose(f);

    p = hoop_policy_compile((u_char *) text, n, &err);

    if (!ok(p != NULL, "and loads: %s", p ? "" : err.text)) {
        return;
    }

    req("GET /v1/customers", NULL);
    verdict_is(p, "allow read-customers", "list");
    ok(verdict.mask->n == 1 && verdict.record == HOOP_RECORD_PAYLOAD,
       "masked and recorded");
    req("GET /v1/customers/1", NULL);
    verdict_is(p, "allow read-customers", "read");
    req("DELETE /v1/customers", NULL);
    verdict_is(p, "review bulk-delete", "bulk delete");
    req("DELETE /v1/customers/?x=1", NULL);
    verdict_is(p, "review bulk-delete", "with a slash");
    req("DELETE /v1/customers?id=1", NULL);
    verdict_is(p, "deny ", "delete one");

    claims("{'groups':['guests']}");
    req("GET /v1/customers", NULL);
    verdict_is(p, "deny ", "another group");
    req("DELETE /v1/customers", NULL);
    verdict_is(p, "deny ", "may not even ask");
    claims("{'groups':['agents','eu'],'tier':3}");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hoop_error_t  e;

        req("POST /v1/sql", NULL);
        n = snprintf(body, sizeof(body), "{\"query\":\"%s\"}", cases[i].query);

        request.body_json = hoop_json_load((u_char *) body, n, &e);
        request.body = request.body_json ? HOOP_BODY_JSON
                                         : HOOP_BODY_AMBIGUOUS;
        is_int(hoop_policy_needs_body(&p, 1, &request), 1, "needs the body");
        verdict_is(p, cases[i].wanted, cases[i].query);
    }

    /* a long statement stays within the limits */

    n = snprintf(text, sizeof(text), "{\"query\":\"select a from customers "
                 "where c = 1");

    while (n < 60000) {
        n += snprintf(text + n, sizeof(text) - n, " or c - 1 = 'xyzxyz'");
    }

    n += snprintf(text + n, sizeof(text) - n, "\"}");

    req("POST /v1/sql", NULL);
    request.body_json = hoop_json_load((u_char *) text, n, &err);
    request.body = HOOP_BODY_JSON;
    verdict_is(p, "allow query-customers", "60 KB of SELECT");

    hoop_policy_free(p);
}


/* A thousand rules: each finds itself, through the trie. */

static void
test_many(void)
{
    char            path[64];
    size_t          i, n;
    static char     text[256 * 1024];
    hoop_error_t    err;
    hoop_policy_t  *p;
    unsigned        wrong;

    n = snprintf(text, sizeof(text),
                 "{\"version\":1,\"name\":\"many\",\"rules\":[");

    for (i = 0; i < 1500; i++) {
        n += snprintf(text + n, sizeof(text) - n,
                      "%s{\"id\":\"r%zu\",\"effect\":\"allow\",\"match\":"
                      "{\"request\":{\"path\":\"/v1/%zu/%s\"}}}",
                      i ? "," : "", i, i % 1000, i < 1000 ? "*/x" : "**");
    }

    n += snprintf(text + n, sizeof(text) - n, "]}");

    p = hoop_policy_compile((u_char *) text, n, &err);

    if (!ok(p != NULL, "1500 rules: %s", p ? "" : err.text)) {
        return;
    }

    wrong = 0;

    for (i = 0; i < 1000; i++) {
        char  id[16];

        req("GET /", NULL);

        snprintf(path, sizeof(path), "/v1/%zu/q/x", i);
        request.path = hoop_cstr(path);
        snprintf(id, sizeof(id), "r%zu", i);
        wrong += judge(p) != HOOP_VERDICT_ALLOW
                 || !hoop_str_is(verdict.rule, id);

        snprintf(path, sizeof(path), "/v1/%zu/q", i);
        request.path = hoop_cstr(path);
        snprintf(id, sizeof(id), "r%zu", i + 1000);
        wrong += (judge(p) == HOOP_VERDICT_ALLOW) != (i < 500)
                 || (i < 500 && !hoop_str_is(verdict.rule, id));
    }

    is_int(wrong, 0, "each finds its own");
    hoop_policy_free(p);
}


static void
trace(void *ctx, const hoop_policy_trace_t *t)
{
    char  line[128];

    snprintf(line, sizeof(line), "%.*s:%d:%s:%.*s ", (int) t->rule.len,
             t->rule.data, t->matched, t->what ? t->what : "-",
             (int) t->name.len, t->name.len ? (char *) t->name.data : "");
    strcat(ctx, line);
}


static void
test_explain(void)
{
    char            text[1024];
    hoop_policy_t  *p;

    p = policy("{'id':'a','effect':'allow','match':"
               "{'request':{'method':'PUT'}}},"
               "{'id':'b','effect':'deny','match':"
               "{'request':{'path':'/x'}}},"
               "{'id':'c','effect':'allow','match':"
               "{'identity':{'claims':{'/tier':9}},'body':{'/a':1}}},"
               "{'id':'d','effect':'allow','match':"
               "{'request':{'query':{'q':'1'}},'body':{'/a':1}}},"
               "{'id':'e','effect':'allow','match':"
               "{'request':{'query':{'q':'1'}},'body':{'/a':2}}},"
               "{'id':'f','effect':'allow','match':{}}");

    req("GET /?q=1&q=2", "{'a':1}");
    text[0] = '\0';
    hoop_policy_explain(&p, 1, &request, trace, text);
    is_str(text, "a:0:method: b:0:path: c:0:claim:/tier d:-1:query:q "
           "e:0:body:/a f:1:-: ", "each rule's first failing condition");

    hoop_policy_free(p);
}


/*
 * Where needs_body says no, no body changes the verdict; and an evaluation
 * leaves nothing behind that changes the next one.
 */

static void
test_property(void)
{
    char            text[8192];
    size_t          i, k, n;
    unsigned        differ, again, asked, needed;
    const char     *line;
    hoop_policy_t  *p;
    hoop_verdict_t  unread, first;

    static const char  *effects[] = { "allow", "deny", "review" };
    static const char  *conds[] = {
        "", "'request':{'path':'/a'}", "'request':{'query':{'q':'1'}}",
        "'body':{'/a':1}", "'request':{'path':'/a'},'body':{'/a':{'not':1}}",
        "'request':{'query':{'q':'2'}},'body':{'/b':{'exists':true}}",
        "'identity':{'claims':{'/tier':3}},'body':{'/a':{'exists':false}}",
        "'request':{'method':'POST','path':'/**/b'},'body':{'/a':2}"
    };
    static const char  *lines[] = {
        "POST /a", "GET /a?q=1", "POST /b?q=2", "POST /a/b?q=1&q=2", "GET /c"
    };
    static const char  *bodies[] = {
        "{'a':1}", "{'a':2,'b':1}", "{'A':1}", "{'a':1,'a':1}", "[]", NULL
    };

    srand(7);

    differ = again = asked = 0;

    for (i = 0; i < 2000; i++) {
        n = 0;
        text[0] = '\0';

        for (k = rand() % 4 + 1; k > 0; k--) {
            n += snprintf(text + n, sizeof(text) - n,
                          "%s{'id':'%zu','effect':'%s','match':{%s}}",
                          n ? "," : "", k, effects[rand() % 3],
                          conds[rand() % 8]);
        }

        p = policy(text);

        line = lines[rand() % 5];

        req(line, NULL);
        request.body = HOOP_BODY_UNREAD;

        needed = hoop_policy_needs_body(&p, 1, &request);
        asked += needed;

        hoop_policy_evaluate(&p, 1, &request, &unread);

        for (k = 0; k < sizeof(bodies) / sizeof(bodies[0]); k++) {
            req(line, bodies[k]);
            (void) judge(p);

            if (!needed) {
                differ += memcmp(&unread, &verdict, sizeof(verdict)) != 0;
            }

            first = verdict;
            (void) judge(p);
            again += memcmp(&first, &verdict, sizeof(verdict)) != 0;
        }

        hoop_policy_free(p);
    }

    is_int(differ, 0, "a body not needed changes nothing");
    is_int(again, 0, "the same request, the same verdict");
    ok(asked > 100 && asked < 1900, "both kinds were met: %u", asked);
}
