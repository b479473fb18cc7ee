
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "mcp" in the match of a rule.
 */


#include "policy.h"
#include "../../src/core/hoop_mcp.h"


#define J     "{'jsonrpc':'2.0',"
#define CALL  J "'id':1,'method':'tools/call','params':"


static hoop_policy_mcp_t  the_mcp;


static void
post(const char *body)
{
    req("POST /mcp", body);
    request.mcp = &the_mcp;
}


/* one rule of that effect, with that "mcp"; a default of deny */

static void
rule(const char *effect, const char *mcp, const char *body,
    const char *wanted)
{
    char            text[8192];
    hoop_policy_t  *p;

    snprintf(text, sizeof(text), "{'id':'r','effect':'%s','match':{'mcp':%s}}",
             effect, mcp);

    p = policy(text);

    post(body);

    snprintf(text, sizeof(text), "%s %s: %s", effect, mcp,
             body ? body : "no body");
    verdict_is(p, wanted, text);

    hoop_policy_free(p);
}


static void
test_methods(void)
{
    rule("allow", "{'method':'tools/list'}", J "'id':1,'method':'tools/list'}",
         "allow r");
    rule("allow", "{'method':['ping','tools/*']}",
         J "'id':1,'method':'tools/list'}", "allow r");
    rule("allow", "{'method':'tools/*'}", J "'id':1,'method':'ping'}",
         "deny ");
    rule("allow", "{'method':'notifications/*'}",
         J "'method':'notifications/initialized'}", "allow r");
    rule("allow", "{'method':'x/y'}", J "'id':1,'method':'X/y'}",
         "error r ambiguous");
    rule("deny", "{'method':'x/y'}", J "'id':1,'method':'X/y'}",
         "deny r ambiguous");

    rule("allow", "{}", J "'id':1,'method':'ping'}", "allow r");
    rule("allow", "{}", J "'id':1,'result':{}}", "allow r");
    rule("allow", "{'response':true}", J "'id':1,'result':{}}", "allow r");
    rule("allow", "{'response':true}", J "'id':1,'error':{'code':1,"
         "'message':'m'}}",
         "allow r");
    rule("allow", "{'response':true}", J "'id':1,'method':'ping'}", "deny ");
    rule("allow", "{'response':false}", J "'id':1,'method':'ping'}",
         "allow r");
    rule("allow", "{'response':false}", J "'id':1,'result':{}}", "deny ");
    rule("allow", "{'method':'**'}", J "'id':1,'result':{}}", "deny ");
}


static void
test_tools(void)
{
    rule("allow", "{'tool':'get_*'}", CALL "{'name':'get_x'}}", "allow r");
    rule("allow", "{'tool':'get_*'}", CALL "{'name':'delete_x'}}", "deny ");
    rule("allow", "{'tool':['a','b']}", CALL "{'name':'b'}}", "allow r");
    rule("allow", "{'tool':'*'}", J "'id':1,'method':'tools/list'}", "deny ");
    rule("deny", "{'tool':'delete_*'}", CALL "{'name':'delete_x'}}", "deny r");
    rule("deny", "{'tool':'delete_*'}", CALL "{'name':'Delete_x'}}",
         "deny r ambiguous");
    rule("deny", "{'tool':'delete_*'}", CALL "{'name':' delete_x'}}",
         "deny r ambiguous");
    rule("allow", "{'tool':'Get*'}", CALL "{'name':'GetX'}}", "allow r");
    rule("allow", "{'tool':'Get*'}", CALL "{'name':'getX'}}",
         "error r ambiguous");

    /* a notification that calls is a call */

    rule("deny", "{'tool':'x'}", J "'method':'tools/call','params':"
         "{'name':'x'}}", "deny r");

    rule("allow", "{'prompt':'p*'}", J "'id':1,'method':'prompts/get',"
         "'params':{'name':'p1'}}", "allow r");
    rule("allow", "{'prompt':'p*'}", CALL "{'name':'p1'}}", "deny ");
    rule("allow", "{'prompt':'p'}", J "'id':1,'method':'completion/complete',"
         "'params':{'ref':{'type':'ref/prompt','name':'p'}}}", "allow r");
    rule("allow", "{'prompt':'p','method':'prompts/get'}",
         J "'id':1,'method':'completion/complete',"
         "'params':{'ref':{'type':'ref/prompt','name':'p'}}}", "deny ");
}


static void
test_arguments(void)
{
    rule("allow", "{'tool':'x','arguments':{'/limit':{'lte':10}}}",
         CALL "{'name':'x','arguments':{'limit':10}}}", "allow r");
    rule("allow", "{'tool':'x','arguments':{'/limit':{'lte':10}}}",
         CALL "{'name':'x','arguments':{'limit':11}}}", "deny ");
    rule("allow", "{'tool':'x','arguments':{'/limit':{'lte':10}}}",
         CALL "{'name':'x','arguments':{'limit':'9'}}}", "error r ambiguous");
    rule("allow", "{'tool':'x','arguments':{'/limit':{'lte':10}}}",
         CALL "{'name':'x','arguments':{'limit':1,'Limit':99}}}",
         "error r ambiguous");
    rule("allow", "{'tool':'x','arguments':{'/a/b':'c'}}",
         CALL "{'name':'x','arguments':{'a':{'b':'c'}}}}", "allow r");
    rule("allow", "{'tool':'x','arguments':{'/a':{'any':['b','c']}}}",
         CALL "{'name':'x','arguments':{'a':'c'}}}", "allow r");
    rule("allow", "{'tool':'x','arguments':{'/force':{'exists':false}}}",
         CALL "{'name':'x'}}", "allow r");
    rule("allow", "{'tool':'x','arguments':{'/force':{'exists':false}}}",
         CALL "{'name':'x','arguments':{'force':false}}}", "deny ");

    /* what has no arguments, and what is no call, has none that are there */

    rule("allow", "{'arguments':{'/force':{'exists':false}}}",
         J "'id':1,'method':'ping'}", "allow r");
    rule("allow", "{'arguments':{'/force':{'exists':false}}}", NULL, "deny ");

    /* a member of the parameters is no argument */

    rule("allow", "{'arguments':{'/name':'x'}}", CALL "{'name':'x'}}",
         "deny ");
}


#define READ(uri)  J "'id':1,'method':'resources/read',"                      \
                   "'params':{'uri':'" uri "'}}"


static void
test_resources(void)
{
    rule("allow", "{'resource':'file:///docs/**'}", READ("file:///docs/a/b"),
         "allow r");
    rule("allow", "{'resource':'file:///docs/*'}", READ("file:///docs/a/b"),
         "deny ");
    rule("allow", "{'resource':'file:///docs/**'}", READ("file:///docs/"),
         "allow r");
    rule("allow", "{'resource':['a:x','notes://*']}", READ("notes://n1"),
         "allow r");
    rule("allow", "{'resource':'config:*'}", READ("config:app"), "allow r");
    rule("allow", "{'resource':'**'}", READ("x://a/../b%2e#c"), "allow r");
    rule("allow", "{'resource':'db://t?limit=*'}", READ("db://t?limit=5"),
         "allow r");
    rule("allow", "{'resource':'**/public/**'}", READ("s3://b/public/x"),
         "allow r");
    rule("allow", "{'resource':'**'}", CALL "{'name':'x'}}", "deny ");
    rule("allow", "{'resource':'mail://inbox/*','method':'resources/read'}",
         J "'id':1,'method':'resources/subscribe','params':"
         "{'uri':'mail://inbox/1'}}", "deny ");

    /* out of a folder, by whatever way */

    rule("allow", "{'resource':'file:///docs/**'}",
         READ("file:///docs/../etc/passwd"), "error r ambiguous");
    rule("allow", "{'resource':'file:///docs/**'}",
         READ("file:///docs/%2e%2e/etc/passwd"), "error r ambiguous");
    rule("allow", "{'resource':'file:///docs/**'}",
         READ("file:///docs/.%252e/etc/passwd"), "error r ambiguous");
    rule("allow", "{'resource':'file:///docs/**'}",
         READ("file:///docs/..%2fetc/passwd"), "error r ambiguous");
    rule("allow", "{'resource':'file:///docs/**'}",
         READ("file:///docs/..\\\\etc\\\\passwd"), "error r ambiguous");
    rule("allow", "{'resource':'file:///docs/**'}",
         READ("file:///docs/.\\t./etc/passwd"), "error r ambiguous");
    rule("allow", "{'resource':'https://a.example/**'}",
         READ("https://a.example\\\\@b.example/x"), "error r ambiguous");

    /* past a deny, by whatever spelling */

    rule("deny", "{'resource':'file:///etc/**'}", READ("file:///etc/passwd"),
         "deny r");
    rule("deny", "{'resource':'file:///etc/**'}", READ("FILE:///etc/passwd"),
         "deny r ambiguous");
    rule("deny", "{'resource':'file:///etc/**'}", READ("file:///ETC/passwd"),
         "deny r ambiguous");
    rule("deny", "{'resource':'file:///etc/**'}", READ("file:/etc/passwd"),
         "deny r ambiguous");
    rule("deny", "{'resource':'file:///etc/**'}", READ("file:////etc/passwd"),
         "deny r ambiguous");
    rule("deny", "{'resource':'file:///etc/**'}",
         READ("file://localhost/etc/passwd"), "deny r ambiguous");
    rule("deny", "{'resource':'file:///etc/**'}",
         READ("file:///%65tc/passwd"), "deny r ambiguous");
    rule("deny", "{'resource':'file:///etc/**'}",
         READ("file:///x/../etc/passwd"), "deny r ambiguous");
    rule("deny", "{'resource':'file:///etc/**'}",
         READ(" file:///e\\ntc/passwd"), "deny r ambiguous");
    rule("deny", "{'resource':'file:///secret'}",
         READ("file:///secret/"), "deny r ambiguous");
    rule("deny", "{'resource':'file:///secret'}",
         READ("file:///secret?x"), "deny r ambiguous");
    rule("deny", "{'resource':'a://secret'}",
         READ("a://secret#x"), "deny r ambiguous");
    rule("deny", "{'resource':'https://in.example/**'}",
         READ("https://x@in.example/a"), "deny r ambiguous");
    rule("deny", "{'resource':'https://in.example/**'}",
         READ("https://in.example:443/a"), "deny r ambiguous");
    rule("deny", "{'resource':'https://in.example/**'}",
         READ("https://in.example./a"), "deny r ambiguous");
    rule("deny", "{'resource':'x://caf\xc3\xa9'}", READ("x://caf%C3%A9"),
         "deny r ambiguous");
    rule("deny", "{'resource':'x://caf%C3%A9'}", READ("x://caf%c3%a9"),
         "deny r ambiguous");
}


static void
test_unknown(void)
{
    char  *p, body[8192];

    rule("allow", "{'tool':'x'}", CALL "{'name':'x','name':'y'}}",
         "error r ambiguous");
    rule("deny", "{'tool':'y'}", CALL "{'name':'x','name':'y'}}",
         "deny r ambiguous");
    rule("review", "{'tool':'y'}", CALL "{'name':'x','Name':'y'}}",
         "review r ambiguous");
    rule("allow", "{'tool':'x'}", "{'id':1,'method':'tools/call',"
         "'params':{'name':'x'}}", "error r ambiguous");
    rule("allow", "{'tool':'x'}", CALL "['x']}", "error r ambiguous");
    rule("allow", "{}", "{'query':'{ a }'}", "error r ambiguous");

    ok(strcmp((char *) verdict.reason.data, "\"jsonrpc\" is not \"2.0\"") == 0,
       "the reason says what is wrong");
    is_int(the_mcp.mcp.code, HOOP_MCP_INVALID, "and its code is there");

    rule("allow", "{}", "[]", "error r ambiguous");

    headers[0].name = "content-type";
    headers[0].value = "application/json-rpc";
    rule("allow", "{}", CALL "{'name':'x'}}", "error r ambiguous");

    headers[0].value = NULL;
    rule("allow", "{}", CALL "{'name':'x'}}", "error r ambiguous");

    headers[0].value = "application/json; charset=utf-8";
    rule("allow", "{}", CALL "{'name':'x'}}", "allow r");

    headers[1].name = "mcp-protocol-version";
    headers[1].value = "2026-07-28";
    rule("allow", "{}", CALL "{'name':'x'}}", "error r ambiguous");

    headers[2].name = "mcp-method";
    headers[2].value = "tools/call";
    headers[3].name = "mcp-name";
    headers[3].value = "x";
    rule("allow", "{'tool':'x'}", CALL "{'name':'x'}}", "allow r");
    headers[3].value = "y";
    rule("allow", "{'tool':'x'}", CALL "{'name':'x'}}", "error r ambiguous");
    is_int(the_mcp.mcp.code, HOOP_MCP_HEADER, "a code of its own");

    memset(headers, 0, sizeof(headers));

    p = body;
    p += sprintf(p, CALL "{'name':'");
    memset(p, 'a', 5000);
    strcpy(p + 5000, "'}}");
    rule("deny", "{'tool':'x'}", body, "deny r ambiguous");
}


/* without a body nothing is called; and who has not read it knows nothing */

static void
test_bodyless(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'d','effect':'deny','match':{'mcp':{'tool':'x'}}},"
               "{'id':'a','effect':'allow','match':"
               "{'request':{'path':'/mcp'}}}");

    post(NULL);
    verdict_is(p, "allow a", "an empty POST is not MCP");

    req("GET /mcp", NULL);
    request.mcp = &the_mcp;
    verdict_is(p, "allow a", "nor is GET");

    req("PUT /mcp", CALL "{'name':'z'}}");
    request.mcp = &the_mcp;
    verdict_is(p, "deny d ambiguous", "nobody knows what PUT would do");

    hoop_policy_mcp_free(&the_mcp);
    post(CALL "{'name':'z'}}");
    ok(hoop_policy_needs_body(&p, 1, &request), "the body is needed");
    ok(!the_mcp.asked, "and not looked at");
    verdict_is(p, "allow a", "another tool");
    ok(the_mcp.asked, "the body was looked at");

    request.body = HOOP_BODY_UNREAD;
    verdict_is(p, "deny d ambiguous", "a body that was not read");

    post(CALL "{'name':'z'}}");
    request.mcp = NULL;
    verdict_is(p, "deny d ambiguous", "nobody to look at it");

    req("POST /other", CALL "{'name':'x'}}");
    request.mcp = &the_mcp;
    verdict_is(p, "deny d", "a rule without a path means all");

    hoop_policy_free(p);

    p = policy("{'id':'a','effect':'allow','match':{}},"
               "{'id':'t','effect':'allow','match':{'mcp':{'tool':'x'}}}");

    post(CALL "{'name':'x'}}");
    verdict_is(p, "allow a", "an earlier rule decides");
    ok(!the_mcp.asked, "and nobody has asked");

    hoop_policy_free(p);
}


#define ONE(id, tool)  J "'id':" id ",'method':'tools/call',"                 \
                       "'params':{'name':'" tool "'}}"


static void
test_batches(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'get','effect':'allow','match':{'mcp':{'tool':'get*'}}},"
               "{'id':'find','effect':'allow','match':"
               "{'mcp':{'tool':'find*'}}},"
               "{'id':'raw','effect':'allow','match':{'mcp':{'tool':'raw*'}},"
               "'mask':[]},"
               "{'id':'put','effect':'review','reason':'writes','match':"
               "{'mcp':{'tool':'put*'}}},"
               "{'id':'drop','effect':'review','match':"
               "{'mcp':{'tool':'drop*'}},'review':{'approvers':['dba']}},"
               "{'id':'some','effect':'allow','match':{'mcp':{'tool':'some*'}},"
             "'limits':{'response':'1k'}},"
             "{'id':'no','effect':'deny','reason':'never','match':"
               "{'mcp':{'tool':'rm*'}}}");

    post("[" ONE("1", "get1") "," ONE("2", "get2") "]");
    verdict_is(p, "allow get", "one rule allows all");

    post("[" ONE("1", "get1") "," ONE("2", "find") "]");
    verdict_is(p, "allow get", "two rules allow all");

    post("[" ONE("1", "find") "," ONE("2", "get1") "," ONE("3", "get1") "]");
    verdict_is(p, "allow find", "the first message names the rule");

    post("[" ONE("1", "get1") "," ONE("2", "other") "]");
    verdict_is(p, "deny ", "one that no rule allows");
    is_int(the_mcp.member, 1, "is told");

    post("[" ONE("1", "get1") "," ONE("2", "rm") "," ONE("3", "get1") "]");
    verdict_is(p, "deny no", "one that is denied");
    is_int(the_mcp.member, 1, "is told");

    post("[" ONE("1", "get1") "," ONE("2", "put") "," ONE("3", "get1") "]");
    verdict_is(p, "review put", "one that is reviewed");
    ok(verdict.review != NULL, "with its review");

    post("[" ONE("1", "put1") "," ONE("2", "put2") "]");
    verdict_is(p, "review put", "two by one rule");

    post("[" ONE("1", "put1") "," ONE("2", "drop") "]");
    verdict_is(p, "deny ", "reviews by two rules");
    ok(verdict.review == NULL, "are none");

    post("[" ONE("1", "put1") "," ONE("2", "drop") "," ONE("3", "rm") "]");
    verdict_is(p, "deny ", "and stay none");

    post("[" ONE("1", "get1") "," ONE("2", "raw1") "]");
    verdict_is(p, "deny ", "two obligations");

    post("[" ONE("1", "some1") "]");
    verdict_is(p, "allow some", "a limit of one");

    post("[" ONE("1", "some1") "," ONE("2", "some2") "]");
    verdict_is(p, "deny ", "is not a limit of two");

    post("[" ONE("1", "raw1") "," ONE("2", "put") "]");
    verdict_is(p, "deny ", "of an allow and a review");

    post("[" ONE("1", "get1") "," ONE("2", "Find") "]");
    verdict_is(p, "error find ambiguous", "one that is ambiguous");

    post("[" ONE("1", "get1") ",1]");
    ok(judge(p) != HOOP_VERDICT_ALLOW && verdict.ambiguous, "one that is none");

    hoop_policy_free(p);
}


static void
test_sets(void)
{
    char            text[2048];
    hoop_error_t    err;
    hoop_policy_t  *p;

    snprintf(text, sizeof(text), "%s",
             "{'version':1,'name':'test','conditions':{'reads':{'mcp':"
             "{'tool':['get*','list*']}}},'rules':["
             "{'id':'a','effect':'allow','match':{'use':['reads']}},"
             "{'id':'d','effect':'deny','match':{'use':[{'not':'reads'}],"
             "'request':{'path':'/strict'}}}]}");

    p = compile(quoted(text), &err);
    ok(p != NULL, "a set with \"mcp\"");

    post("[" ONE("1", "get1") "," ONE("2", "list") "]");
    verdict_is(p, "allow a", "holds for all");
    post("[" ONE("1", "get1") "," ONE("2", "put") "]");
    verdict_is(p, "deny ", "is judged for each");
    req("POST /strict", "[" ONE("1", "get1") "," ONE("2", "put") "]");
    request.mcp = &the_mcp;
    verdict_is(p, "deny d", "and its contrary");

    hoop_policy_free(p);
}


static void
fails(const char *mcp, const char *wanted)
{
    char            text[4096];
    hoop_error_t    err;
    hoop_policy_t  *p;

    snprintf(text, sizeof(text), "{'version':1,'name':'t','rules':[{'id':'a',"
             "'effect':'allow','match':{'mcp':%s}}]}", mcp);

    p = compile(quoted(text), &err);
    hoop_policy_free(p);

    ok(p == NULL && strstr(err.text, wanted) != NULL && err.line == 1
       && err.column > 60, "%s: %u:%u %s", mcp, err.line, err.column,
       p ? "compiled" : err.text);
}


static void
test_errors(void)
{
    fails("[]", "object");
    fails("{'tools':'x'}", "unknown key");
    fails("{'tool':[]}", "wanted a glob");
    fails("{'tool':{'glob':'x'}}", "wanted a glob");
    fails("{'tool':''}", "");
    fails("{'tool':1}", "wanted a glob");
    fails("{'tool':['a',1]}", "string");
    fails("{'resource':'file:///a**'}", "whole segment");
    fails("{'response':1}", "true or false");
    fails("{'response':true,'method':'x'}", "nothing else");
    fails("{'arguments':['/a']}", "JSON pointers");
    fails("{'arguments':{'a':1}}", "invalid JSON pointer");
    fails("{'arguments':{'/a':{'glib':1}}}", "unknown key");
}


static void
test_fold(void)
{
    size_t       i, len;
    u_char       buf[256];
    hoop_str_t   s;

    static const char *const  cases[][2] = {
        { "", "" },
        { "a", "a" },
        { "file:", "file://" },
        { "file:a", "file://a" },
        { "file:///", "file:///" },
        { "file:///a/b/../../../c", "file:///c" },
        { "A://B/%41//./c/", "a://b/a/c" },
        { "a://b?c/../d%2Fe%20f", "a://b?c/../d%2fef" },
        { "a:b/c", "a:b/c" },
        { "a:..", "a:" },
        { "/a//b", "/a/b" },
        { "//a/b", "/a/b" },
        { "%25252525%35", "%5" },
        { "%zz%4", "%zz%4" },
        { "%2500", "" },
        { "http://U:p@H:80", "http://h" },
        { "https://h:443?x#y", "https://h?x" },
        { "ftp://h:80/", "ftp://h:80/" },
        { "**", "**" },
        { "*://a/**", "*://a/**" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        len = strlen(cases[i][0]);
        s = hoop_mcp_fold_uri(hoop_cstr(cases[i][0]), buf);

        ok(s.len <= len + 2 && hoop_str_is(s, cases[i][1]),
           "\"%s\" is \"%s\": %.*s", cases[i][0], cases[i][1], (int) s.len,
           s.data);
    }
}


int
main(void)
{
    test_methods();
    test_tools();
    test_arguments();
    test_resources();
    test_unknown();
    test_bodyless();
    test_batches();
    test_sets();
    test_errors();
    test_fold();

    hoop_policy_mcp_free(&the_mcp);

    return done_testing();
}
