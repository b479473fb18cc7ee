
/*
 * Copyright (C) ngx_hoop_module authors
 */


#include <stdlib.h>

#include "hoop_plan.h"
#include "hoop_json.h"
#include "tap.h"


static hoop_plan_t *
parse(const char *text, hoop_error_t *err)
{
    size_t        i, len;
    u_char       *copy;
    hoop_plan_t  *plan;

    len = strlen(text);
    copy = malloc(len + 1);

    for (i = 0; i < len; i++) {
        copy[i] = (text[i] == '\'') ? '"' : text[i];
    }

    plan = hoop_plan_parse(copy, len, err);

    free(copy);

    return plan;
}


static int
no_header(void *ctx, hoop_str_t name, hoop_str_t *value)
{
    return HOOP_DECLINED;
}


static uint64_t
match(hoop_plan_t *plan, const char *method, const char *path,
    const char *body)
{
    uint64_t               steps;
    hoop_error_t           err;
    hoop_identity_t        identity;
    hoop_policy_mcp_t      mcp;
    hoop_policy_request_t  req;

    memset(&identity, 0, sizeof(identity));
    memset(&mcp, 0, sizeof(mcp));
    memset(&req, 0, sizeof(req));

    identity.issuer = hoop_cstr("https://idp.test");
    identity.sub = hoop_cstr("alice");
    identity.claims = json_object();

    req.identity = &identity;
    req.method = hoop_cstr(method);
    req.host = hoop_cstr("crm.test");
    req.path = hoop_cstr(path);
    req.header = no_header;
    req.mcp = &mcp;

    if (body) {
        req.body = HOOP_BODY_JSON;
        req.body_text = hoop_cstr(body);
        req.body_json = hoop_json_load((u_char *) body, strlen(body), &err);
    }

    steps = hoop_plan_match(plan, &req);

    hoop_policy_mcp_free(&mcp);
    json_decref(req.body_json);
    json_decref(identity.claims);

    return steps;
}


static unsigned
allows(hoop_plan_t *plan, const char *iss, const char *sub, const char *claims)
{
    unsigned         rc;
    hoop_error_t     err;
    hoop_identity_t  identity;

    memset(&identity, 0, sizeof(identity));

    identity.issuer = hoop_cstr(iss);
    identity.sub = hoop_cstr(sub);
    identity.claims = hoop_json_load((u_char *) claims, strlen(claims), &err);

    rc = hoop_plan_allows(plan, &identity);

    json_decref(identity.claims);

    return rc;
}


int
main(void)
{
    hoop_buf_t    a, b;
    hoop_plan_t  *plan, *again;
    hoop_error_t  err;

    plan = parse("{'title':'t','run':'r','steps':["
                 "{'purpose':'p','method':'GET','path':'/a/*'},"
                 "{'purpose':'p','method':'POST','path':'/a/1',"
                 "'body':{'/n':{'lte':5}}},"
                 "{'purpose':'p','method':'GET','path':'/a/1'}]}", &err);

    if (!ok(plan != NULL, "a plan")) {
        printf("# %s\n", err.text);
        return done_testing();
    }

    is_int(hoop_plan_steps(plan), 3, "three steps");
    ok(!hoop_plan_any(plan) && !hoop_plan_reviews(plan), "the defaults");
    ok(hoop_str_is(hoop_plan_title(plan), "t")
       && hoop_str_is(hoop_plan_run(plan), "r")
       && hoop_plan_executor(plan).len == 0, "its head");

    is_int(match(plan, "GET", "/a/1", NULL), 5, "two steps may be it");
    is_int(match(plan, "GET", "/a/2", NULL), 1, "or one");
    is_int(match(plan, "POST", "/a/1", "{\"n\":5}"), 2, "by its body");
    is_int(match(plan, "POST", "/a/1", "{\"n\":6}"), 0, "or none");
    is_int(match(plan, "POST", "/a/1", "{\"n\":\"5\"}"), 0,
           "what cannot be judged is none");
    is_int(match(plan, "POST", "/a/1", NULL), 0, "nor what has no body");

    hoop_buf_init(&a, 0);
    hoop_buf_init(&b, 0);

    (void) hoop_plan_text(plan, &a);
    again = hoop_plan_parse(a.data, a.len, &err);
    ok(again != NULL && hoop_plan_text(again, &b) == HOOP_OK
       && a.len == b.len && memcmp(a.data, b.data, a.len) == 0,
       "its text is the same plan");

    ok(allows(plan, "i", "anybody", "{}"), "anybody may execute it");

    hoop_plan_free(again);
    hoop_plan_free(plan);

    plan = parse("{'title':'t','run':'r','order':'any','deviation':'review',"
                 "'executor':{'iss':'i','sub':'x'},"
                 "'steps':[{'purpose':'p','tool':'t','arguments':"
                 "{'/a':1}}]}", &err);

    ok(plan && hoop_plan_any(plan) && hoop_plan_reviews(plan),
       "the other choices");
    ok(allows(plan, "i", "x", "{}"), "a subject");
    ok(allows(plan, "i", "alice", "{\"act\":{\"sub\":\"x\"}}"), "an actor");
    ok(allows(plan, "j", "alice", "{\"act\":{\"sub\":\"x\",\"iss\":\"i\"}}"),
       "with an issuer of its own");
    ok(!allows(plan, "j", "alice", "{\"act\":{\"sub\":\"x\"}}"),
       "not of another issuer");
    ok(!allows(plan, "i", "x", "{\"act\":{\"sub\":\"y\"}}"),
       "the subject does not, where somebody acts for it");
    ok(!allows(plan, "i", "x", "{\"act\":{}}"), "nor nobody");
    ok(!allows(plan, "i", "x", "{\"act\":1}"), "nor what is no actor");

    hoop_plan_free(plan);

    hoop_buf_free(&a);
    hoop_buf_free(&b);

    plan = parse("{'title':'t','run':'r','steps':[{'purpose':'p','n':7,"
                 "'method':'GET','path':'/x','sql':{'at':'/q','dialect':'x'}}"
                 "]}", &err);
    ok(plan == NULL && strncmp(err.text, "step 1: ", 8) == 0,
       "what is wrong in a condition: %s", err.text);

    plan = parse("{'title':'t\x7f','run':'r','steps':[]}", &err);
    ok(plan == NULL && strstr(err.text, "title"), "%s", err.text);

    plan = parse("{'title':'t','title':'u','run':'r','steps':[]}", &err);
    ok(plan == NULL, "%s", err.text);

    return done_testing();
}
