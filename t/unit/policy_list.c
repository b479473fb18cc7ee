
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Which entries of a list are kept: those that a caller could be allowed, or
 * allowed by a human, to use, whatever is not known yet.
 */


#include "policy.h"
#include "../../src/core/hoop_policy_list.h"


#define ALLOW(id, mcp)                                                        \
    "{'id':'" id "','effect':'allow','match':{'mcp':" mcp "}}"
#define DENY(id, mcp)                                                         \
    "{'id':'" id "','effect':'deny','match':{'mcp':" mcp "}}"
#define REVIEW(id, mcp)                                                       \
    "{'id':'" id "','effect':'review','match':{'mcp':" mcp "}}"


static hoop_policy_mcp_t  the_mcp;


static int
keeps(hoop_policy_t *p, hoop_mcp_list_e list, const char *name)
{
    int                 rc;
    hoop_policy_list_t  pl;

    request.mcp = &the_mcp;

    hoop_policy_list_begin(&pl, &p, 1, &request);

    /* what was found of one must not be found of another */

    (void) hoop_policy_list_keep(&pl, HOOP_MCP_PROMPTS, hoop_cstr("other"));
    (void) hoop_policy_list_keep(&pl, HOOP_MCP_TEMPLATES,
                                 hoop_cstr("other:{x}"));
    rc = hoop_policy_list_keep(&pl, list, hoop_cstr(name));

    hoop_policy_list_end(&pl);

    return rc;
}


/* names with blanks between; those that are kept are the same */

static void
kept(const char *rules, hoop_mcp_list_e list, const char *names,
    const char *wanted)
{
    char            got[8192], text[8192], *name, *save;
    hoop_policy_t  *p;

    p = policy(rules);

    got[0] = '\0';
    snprintf(text, sizeof(text), "%s", names);

    for (name = strtok_r(text, " ", &save); name;
         name = strtok_r(NULL, " ", &save))
    {
        if (keeps(p, list, name)) {
            snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s",
                     got[0] ? " " : "", name);
        }
    }

    is_str(got, wanted, rules);

    hoop_policy_free(p);
}


static void
test_effects(void)
{
    req("POST /mcp", NULL);

    kept(ALLOW("a", "{'tool':'get_*'}"), HOOP_MCP_TOOLS, "get_a rm", "get_a");
    kept(ALLOW("a", "{'method':'tools/call'}"), HOOP_MCP_TOOLS, "x", "x");
    kept(ALLOW("a", "{'method':'tools/list'}"), HOOP_MCP_TOOLS, "x", "");
    kept(ALLOW("a", "{}"), HOOP_MCP_TOOLS, "x", "x");
    kept(ALLOW("a", "{'response':true}"), HOOP_MCP_TOOLS, "x", "");
    kept(ALLOW("a", "{'tool':'*'}") "," DENY("d", "{'tool':'rm*'}"),
         HOOP_MCP_TOOLS, "get rm rmdir", "get");
    kept(ALLOW("a", "{'tool':'*'}") "," DENY("d", "{}"), HOOP_MCP_TOOLS,
         "get", "");
    kept(REVIEW("r", "{'tool':'put_*'}"), HOOP_MCP_TOOLS, "put_a get", "put_a");
    kept(REVIEW("r", "{'tool':'*'}") "," DENY("d", "{'tool':'rm'}"),
         HOOP_MCP_TOOLS, "put rm", "put");
    kept("{'id':'a','effect':'allow','monitor':true,'match':{}}",
         HOOP_MCP_TOOLS, "get", "");
    kept("{'id':'a','effect':'allow','match':{}},"
         "{'id':'d','effect':'deny','monitor':true,'match':{}}",
         HOOP_MCP_TOOLS, "get", "get");
}


static void
test_arguments(void)
{
    req("POST /mcp", NULL);

    kept(ALLOW("a", "{'tool':'get','arguments':{'/limit':{'lte':10}}}"),
         HOOP_MCP_TOOLS, "get rm", "get");
    kept(ALLOW("a", "{'tool':'get','arguments':{'/x':{'exists':false}}}"),
         HOOP_MCP_TOOLS, "get", "get");
    kept(ALLOW("a", "{'tool':'*'}") ","
         DENY("d", "{'tool':'rm','arguments':{'/id':{'exists':false}}}"),
         HOOP_MCP_TOOLS, "get rm", "get rm");
    kept(ALLOW("a", "{'tool':'*'}") ","
         DENY("d", "{'arguments':{'/id':{'not':{'equals':1}}}}"),
         HOOP_MCP_TOOLS, "get", "get");
    kept(REVIEW("r", "{'tool':'*','arguments':{'/a':1}}"),
         HOOP_MCP_TOOLS, "get", "get");

    /* a resource that is read has no arguments */

    kept(ALLOW("a", "{'resource':'**','arguments':{'/a':1}}"),
         HOOP_MCP_RESOURCES, "file:///a", "");
    kept(ALLOW("a", "{'resource':'**'}") ","
         DENY("d", "{'arguments':{'/a':{'exists':false}}}"),
         HOOP_MCP_RESOURCES, "file:///a", "");

    /* nor is it known what else a body has */

    kept("{'id':'a','effect':'allow','match':{'body':{'/params/name':'get'}}}",
         HOOP_MCP_TOOLS, "get rm", "get rm");
    kept("{'id':'a','effect':'allow','match':{}},"
         "{'id':'d','effect':'deny','match':{'body':{'/id':{'exists':true}}}}",
         HOOP_MCP_TOOLS, "get", "get");
    kept("{'id':'a','effect':'allow','match':{'graphql':{'operation':'query'}}}",
         HOOP_MCP_TOOLS, "get", "get");
    kept("{'id':'a','effect':'allow','match':{'sql':{'at':'/q',"
         "'dialect':'mysql','class':'read'}}}", HOOP_MCP_TOOLS, "get", "get");
    kept("{'id':'a','effect':'allow','match':{'sql':{'at':{'query':'q'},"
         "'dialect':'mysql','class':'read'}}}", HOOP_MCP_TOOLS, "get", "");
    kept("{'id':'a','effect':'allow','match':{'form':{'a':'b'}}}",
         HOOP_MCP_TOOLS, "get", "get");
}


static void
test_known(void)
{
    req("GET /mcp?a=1", NULL);

    kept("{'id':'a','effect':'allow','match':{'request':{'method':'POST'}}}",
         HOOP_MCP_TOOLS, "get", "get");
    kept("{'id':'a','effect':'allow','match':{'request':{'method':'GET'}}}",
         HOOP_MCP_TOOLS, "get", "");
    kept("{'id':'a','effect':'allow','match':{'request':{'path':'/mcp',"
         "'query':{'a':'1'}}}}", HOOP_MCP_TOOLS, "get", "get");
    kept("{'id':'a','effect':'allow','match':{'request':{'path':'/x'}}}",
         HOOP_MCP_TOOLS, "get", "");
    kept("{'id':'a','effect':'allow','match':{'request':{'query':"
         "{'a':'2'}}}}", HOOP_MCP_TOOLS, "get", "");
    kept("{'id':'a','effect':'allow','match':{'identity':{'claims':"
         "{'/groups':{'any':['agents']}}},'mcp':{'tool':'get'}}}",
         HOOP_MCP_TOOLS, "get rm", "get");
    kept("{'id':'a','effect':'allow','match':{'identity':{'claims':"
         "{'/groups':{'any':['dba']}}}}}", HOOP_MCP_TOOLS, "get", "");
    kept("{'id':'a','effect':'allow','match':{'time':{}}}",
         HOOP_MCP_TOOLS, "get", "");

    headers[0].name = "x-team";
    headers[0].value = "red";
    headers[1].name = "mcp-method";
    headers[1].value = "tools/list";
    headers[2].name = "content-type";
    headers[2].value = "text/plain";

    kept("{'id':'a','effect':'allow','match':{'request':{'headers':"
         "{'X-Team':'red'}}}}", HOOP_MCP_TOOLS, "get", "get");
    kept("{'id':'a','effect':'allow','match':{'request':{'headers':"
         "{'X-Team':'blue'}}}}", HOOP_MCP_TOOLS, "get", "");

    /* those that a call has of its own */

    kept("{'id':'a','effect':'allow','match':{'request':{'headers':"
         "{'Mcp-Method':'tools/call'}}}}", HOOP_MCP_TOOLS, "get", "get");
    kept("{'id':'a','effect':'allow','match':{'request':{'headers':"
         "{'Mcp-Param-Region':'eu'}}}}", HOOP_MCP_TOOLS, "get", "get");
    kept("{'id':'a','effect':'allow','match':{}},{'id':'d','effect':'deny',"
         "'match':{'request':{'headers':{'Mcp-Name':{'exists':false}}}}}",
         HOOP_MCP_TOOLS, "get", "get");

    /* one that is there twice will be refused */

    headers[0].value = NULL;
    kept("{'id':'a','effect':'allow','match':{'request':{'headers':"
         "{'X-Team':'red'}}}}", HOOP_MCP_TOOLS, "get", "");
    kept("{'id':'a','effect':'allow','match':{}},{'id':'d','effect':'deny',"
         "'match':{'request':{'headers':{'X-Team':'blue'}}}}",
         HOOP_MCP_TOOLS, "get", "");

    memset(headers, 0, sizeof(headers));
}


/* a review that cannot be judged is a refusal, if it is the first */

static void
test_unknown(void)
{
    req("POST /mcp", NULL);

    headers[0].name = "x";
    headers[0].value = NULL;

    kept("{'id':'u','effect':'review','match':{'request':{'headers':"
         "{'X':'1'}}}}," REVIEW("r", "{'tool':'get'}"), HOOP_MCP_TOOLS,
         "get rm", "");
    kept(REVIEW("r", "{'tool':'get'}") ",{'id':'u','effect':'review',"
         "'match':{'request':{'headers':{'X':'1'}}}}", HOOP_MCP_TOOLS,
         "get rm", "get");
    kept("{'id':'a','effect':'allow','match':{}},{'id':'u','effect':'review',"
         "'match':{'request':{'headers':{'X':'1'}},'mcp':{'arguments':"
         "{'/a':1}}}}", HOOP_MCP_TOOLS, "get", "get");
    kept("{'id':'u','effect':'allow','match':{'request':{'headers':"
         "{'X':'1'}},'mcp':{'arguments':{'/a':1}}}}", HOOP_MCP_TOOLS, "get",
         "");

    memset(headers, 0, sizeof(headers));
}


static void
test_default(void)
{
    char            text[512];
    hoop_error_t    err;
    hoop_policy_t  *p;

    req("POST /mcp", NULL);

    snprintf(text, sizeof(text), "%s", quoted(
             "{'version':1,'name':'t','default':'allow','rules':["
             DENY("d", "{'tool':'rm'}") ","
             DENY("e", "{'tool':'put','arguments':{'/a':1}}") ","
             ALLOW("a", "{'tool':'Get'}") "]}"));

    p = compile(text, &err);

    ok(!keeps(p, HOOP_MCP_TOOLS, "rm"), "denied");
    ok(keeps(p, HOOP_MCP_TOOLS, "put"), "denied perhaps");
    ok(keeps(p, HOOP_MCP_TOOLS, "x"), "by default allowed");
    ok(!keeps(p, HOOP_MCP_TOOLS, "get"), "not if an allow cannot be judged");
    ok(keeps(p, HOOP_MCP_TOOLS, "Get"), "if it can");
    ok(!hoop_policy_filters_lists(p), "it filters no lists");

    hoop_policy_free(p);
}


static void
test_spelling(void)
{
    char  name[HOOP_MCP_FOLD + 2];

    req("POST /mcp", NULL);

    kept(ALLOW("a", "{'tool':'get_*'}"), HOOP_MCP_TOOLS, "Get_a GET_b get_c",
         "get_c");
    kept(ALLOW("a", "{'tool':'*'}") "," DENY("d", "{'tool':'rm'}"),
         HOOP_MCP_TOOLS, "RM rm Rm x", "x");
    kept(ALLOW("a", "{'resource':'file:///docs/**'}"), HOOP_MCP_RESOURCES,
         "file:///docs/a file:///docs/../etc file:///etc FILE:///docs/a",
         "file:///docs/a");
    kept(ALLOW("a", "{'resource':'file:///docs/**','method':"
         "'resources/subscribe'}"), HOOP_MCP_RESOURCES, "file:///docs/a", "");
    kept(ALLOW("a", "{'prompt':'p*'}"), HOOP_MCP_PROMPTS, "p1 q", "p1");
    kept(ALLOW("a", "{'prompt':'p*','method':'prompts/get','arguments':"
         "{'/a':1}}"), HOOP_MCP_PROMPTS, "p1", "p1");
    kept(ALLOW("a", "{'tool':'p*'}"), HOOP_MCP_PROMPTS, "p1", "");

    memset(name, 'g', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    kept(ALLOW("a", "{'tool':'*'}"), HOOP_MCP_TOOLS, "g", "g");
    kept(ALLOW("a", "{'tool':'*'}"), HOOP_MCP_TOOLS, name, "");
}


/* by what it begins with */

static void
test_templates(void)
{
    req("POST /mcp", NULL);

    kept(ALLOW("a", "{'resource':'file:///docs/**'}"), HOOP_MCP_TEMPLATES,
         "file:///docs/{p} file:///docs{/p*} file:///{p} file:///etc/{p} {+x} "
         "file:///docs/a/{b}/c db:{x} file:///docs/a file:///etc",
         "file:///docs/{p} file:///docs{/p*} file:///{p} {+x} "
         "file:///docs/a/{b}/c file:///docs/a");
    kept(ALLOW("a", "{'resource':['db:x','db:*/y']}"), HOOP_MCP_TEMPLATES,
         "db:{x} db:x{x} db:x/{x} fs:{x}", "db:{x} db:x{x} db:x/{x}");
    kept(ALLOW("a", "{'resource':'db:x'}"), HOOP_MCP_TEMPLATES,
         "db:{x} db:x{x} db:xy{x} d{x}", "db:{x} db:x{x} d{x}");
    kept(ALLOW("a", "{'resource':'**'}") ","
         DENY("d", "{'resource':['file:///etc/**','x:y']}"),
         HOOP_MCP_TEMPLATES,
         "file:///etc/{p} file:///{p} file:///etc{p} x:y x:y{z}",
         "file:///{p} file:///etc{p} x:y{z}");
    kept(ALLOW("a", "{'resource':'**'}") "," DENY("d", "{'resource':'**'}"),
         HOOP_MCP_TEMPLATES, "file:///etc/{p} {p}", "");
    kept(ALLOW("a", "{'method':'resources/read'}"), HOOP_MCP_TEMPLATES,
         "{p}", "{p}");
    kept(ALLOW("a", "{'tool':'*'}"), HOOP_MCP_TEMPLATES, "{p}", "");
}


static void
test_sets(void)
{
    char                text[1024];
    hoop_error_t        err;
    hoop_policy_t      *p;
    hoop_policy_list_t  pl;

    req("POST /mcp", NULL);

    snprintf(text, sizeof(text), "%s", quoted(
             "{'version':1,'name':'t','conditions':{"
             "'small':{'mcp':{'tool':'get','arguments':{'/n':{'lt':9}}}},"
             "'rm':{'mcp':{'tool':'rm'}}},"
             "'rules':["
             "{'id':'a','effect':'allow','list':'filter','match':"
             "{'use':['small']}},"
             "{'id':'b','effect':'allow','match':{'mcp':{'tool':'put'},"
             "'use':[{'not':'small'}]}},"
             "{'id':'c','effect':'allow','match':{'mcp':{'tool':'*s'},"
             "'use':[{'not':'rm'}]}},"
             "{'id':'e','effect':'allow','match':{'mcp':{'tool':'rm'},"
             "'use':[{'not':'rm'}]}}]}"));

    p = compile(text, &err);

    request.mcp = &the_mcp;
    hoop_policy_list_begin(&pl, &p, 1, &request);
    ok(!hoop_policy_list_filters(&pl), "no list is under a rule for a tool");
    hoop_policy_list_end(&pl);

    ok(keeps(p, HOOP_MCP_TOOLS, "get"), "a set that is open");
    ok(keeps(p, HOOP_MCP_TOOLS, "put"), "not one that fails");
    ok(keeps(p, HOOP_MCP_TOOLS, "ls"), "not one that fails, either");
    ok(!keeps(p, HOOP_MCP_TOOLS, "rm"), "not one that holds");
    ok(!keeps(p, HOOP_MCP_TOOLS, "x"), "none");
    ok(hoop_policy_filters_lists(p), "it filters lists");

    hoop_policy_free(p);
}


static void
test_member(void)
{
    hoop_error_t        err;
    hoop_policy_t      *p;
    hoop_policy_list_t  pl;

    p = policy("{'id':'f','effect':'allow','list':'filter','match':{"
               "'request':{'path':'/mcp'},'mcp':{'method':'tools/list'}}},"
               "{'id':'p','effect':'review','list':'pass','match':{'mcp':"
               "{'method':'prompts/list'}}},"
               "{'id':'n','effect':'allow','match':{'mcp':{'method':'x'}}}");

    req("GET /mcp", NULL);
    hoop_policy_list_begin(&pl, &p, 1, &request);
    ok(hoop_policy_list_filters(&pl), "a list could be filtered");
    hoop_policy_list_end(&pl);

    req("GET /other", NULL);
    hoop_policy_list_begin(&pl, &p, 1, &request);
    ok(!hoop_policy_list_filters(&pl), "not of another path");
    hoop_policy_list_end(&pl);

    req("POST /mcp", "{'jsonrpc':'2.0','id':1,'method':'tools/list'}");
    request.mcp = &the_mcp;
    verdict_is(p, "allow f", "one");
    is_int(verdict.list, HOOP_LIST_FILTER, "filters");

    req("POST /mcp", "{'jsonrpc':'2.0','id':1,'method':'prompts/list'}");
    request.mcp = &the_mcp;
    verdict_is(p, "review p", "another");
    is_int(verdict.list, HOOP_LIST_PASS, "does not");

    req("POST /mcp", "[{'jsonrpc':'2.0','id':1,'method':'x'},"
                     "{'jsonrpc':'2.0','id':2,'method':'tools/list'},"
                     "{'jsonrpc':'2.0','id':3,'method':'x'}]");
    request.mcp = &the_mcp;
    verdict_is(p, "allow n", "a batch");
    is_int(verdict.list, HOOP_LIST_FILTER, "filters if one of it does");

    req("POST /mcp", "[{'jsonrpc':'2.0','id':1,'method':'tools/list'},"
                     "{'jsonrpc':'2.0','id':3,'method':'prompts/list'}]");
    request.mcp = &the_mcp;
    verdict_is(p, "review p", "a batch with a stricter one");
    is_int(verdict.list, HOOP_LIST_FILTER, "filters all the same");

    hoop_policy_free(p);

    p = compile(quoted("{'version':1,'name':'t','rules':[{'id':'d','effect':"
                       "'deny','list':'filter','match':{}}]}"), &err);
    ok(p == NULL && strstr(err.text, "\"list\" in a rule that lets nothing "
                                     "pass"), "not with a deny");

    p = compile(quoted("{'version':1,'name':'t','rules':[{'id':'d','effect':"
                       "'allow','list':true,'match':{}}]}"), &err);
    ok(p == NULL && strstr(err.text, "filter"), "one of two: %s", err.text);
}


int
main(void)
{
    test_effects();
    test_arguments();
    test_known();
    test_unknown();
    test_default();
    test_spelling();
    test_templates();
    test_sets();
    test_member();

    hoop_policy_mcp_free(&the_mcp);
    json_decref(request.body_json);
    json_decref(identity.claims);

    return done_testing();
}
