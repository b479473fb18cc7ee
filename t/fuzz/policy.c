
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The policy loader.  What compiles is evaluated; the verdict, found through
 * the trie, must be the one that a plain walk over all rules gives.
 */


#include <stdlib.h>

#include "../../src/core/hoop_json.h"
#include "../../src/core/hoop_policy.h"


typedef struct {
    hoop_verdict_e   decision;
    hoop_str_t       rule;
    int              found;
    int              undecided;
    unsigned         monitored;
} plain_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
walk(void *ctx, const hoop_policy_trace_t *t)
{
    plain_t  *p;

    p = ctx;

    if (t->monitor) {
        p->monitored += (t->matched > 0
                         || (t->matched < 0 && t->effect != HOOP_VERDICT_ALLOW));
        return;
    }

    if (t->matched == 0 || (t->what == NULL) != (t->matched > 0)) {
        if (t->matched != 0 || t->what == NULL) {
            abort();
        }

        return;
    }

    if (t->effect == HOOP_VERDICT_ALLOW && t->matched < 0) {
        p->undecided = 1;
        return;
    }

    if (!p->found || t->effect > p->decision) {
        p->found = 1;
        p->decision = t->effect;
        p->rule = t->rule;
    }
}


static int
header(void *ctx, hoop_str_t name, hoop_str_t *value)
{
    if (hoop_str_is(name, "x-twice")) {
        return HOOP_ERROR;
    }

    /* one that overrides the method keeps the trie out of it */

    if (hoop_policy_override_header(name) && *(size_t *) ctx % 4) {
        return HOOP_DECLINED;
    }

    *value = hoop_str("test", 4);

    return name.len % 2 ? HOOP_OK : HOOP_DECLINED;
}


static void
judge(hoop_policy_t *policy, hoop_policy_request_t *req)
{
    int             needs;
    json_t         *sql;
    plain_t         p;
    unsigned        omitted;
    hoop_buf_t      b;
    hoop_error_t    err;
    hoop_verdict_t  v, again;

    needs = hoop_policy_needs_body(&policy, 1, req);

    hoop_policy_evaluate(&policy, 1, req, &v);

    hoop_buf_init(&b, 0);

    if (hoop_policy_sql(&policy, 1, &b, &omitted) == HOOP_OK) {
        sql = hoop_json_load(b.data, b.len, &err);

        if (json_array_size(sql) == 0) {
            abort();
        }

        json_decref(sql);
    }

    hoop_buf_free(&b);

    memset(&p, 0, sizeof(p));
    hoop_policy_explain(&policy, 1, req, walk, &p);

    if (p.found) {
        if (v.decision != p.decision || !hoop_str_eq(v.rule, p.rule)) {
            abort();
        }

    } else if (p.undecided) {
        if (v.decision != HOOP_VERDICT_ERROR || !v.ambiguous) {
            abort();
        }

    } else if (v.rule.len != 0) {
        abort();
    }

    if (v.nmonitored != (p.monitored < HOOP_MONITORED ? p.monitored
                                                      : HOOP_MONITORED)
        || v.monitored_more != (p.monitored > HOOP_MONITORED))
    {
        abort();
    }

    if (v.mask_named != (v.mask != NULL)
        || (v.decision == HOOP_VERDICT_REVIEW) != (v.review != NULL)
        || (v.decision != HOOP_VERDICT_ALLOW && v.reason.len == 0))
    {
        abort();
    }

    if (!needs) {
        req->body = HOOP_BODY_AMBIGUOUS;
        hoop_policy_evaluate(&policy, 1, req, &again);

        if (memcmp(&v, &again, sizeof(v)) != 0) {
            abort();
        }
    }
}


/* what stops the compilation is one of all that is wrong */

static void
check(const uint8_t *data, size_t size, const hoop_error_t *err)
{
    int            found;
    unsigned       i;
    hoop_error_t   items[20];
    hoop_errors_t  errors;

    errors.items = items;
    errors.size = 20;

    if (hoop_policy_check(data, size, NULL, NULL, &errors) != NULL) {
        abort();
    }

    found = (errors.n == errors.size);

    for (i = 0; i < errors.n; i++) {

        if (items[i].text[0] == '\0' || items[i].line == 0
            || items[i].column == 0
            || (i != 0 && items[i].line < items[i - 1].line))
        {
            abort();
        }

        found |= (items[i].line == err->line && items[i].column == err->column
                  && strcmp(items[i].text, err->text) == 0);
    }

    if (!found) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                  i;
    json_t                 *body, *graphql;
    hoop_error_t            err;
    hoop_policy_t          *policy;
    hoop_identity_t         id;
    hoop_policy_request_t   req;

    static const char  *paths[] = {
        "/", "/a", "/a/", "/a/b/a/", "/v1/customers", "/v1/customers/7",
        "/v1/sql"
    };
    static const char  *hosts[] = { "api.example.com.", "a.b", "" };
    static const char  *args[] = { "", "id=1", "a=1&a=2&b=%20", "id=%zz;q" };

    policy = hoop_policy_compile(data, size, &err);

    if (policy == NULL) {
        check(data, size, &err);
        return 0;
    }

    memset(&id, 0, sizeof(id));
    id.claims = json_pack("{s:[s,s],s:{s:i},s:s}", "groups", "agents", "dba",
                          "a", "b", 1, "", "x");
    id.issuer = hoop_cstr("https://idp.example.com");
    id.issuer_name = hoop_cstr("corp");
    id.sub = hoop_cstr("agent");

    body = json_pack("{s:s,s:[i,i],s:{s:b,s:n,s:f}}", "query",
                     "select 1 from aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
                     "a", 1, 2, "b", "c", 1, "d", "E", 1.5);

    graphql = json_pack("{s:s,s:s}", "query", "query A { user(id: 7) ...F } "
                        "mutation B { b } fragment F on Q { x: posts }",
                        "operationName", "A");

    for (i = 0; i < 7 * 4 * 2; i++) {
        memset(&req, 0, sizeof(req));

        req.identity = &id;
        req.method = hoop_cstr(i % 3 ? (i % 3 == 1 ? "GET" : "POST") : "PURGE");
        req.host = hoop_cstr(hosts[i / 5 % 3]);
        req.path = hoop_cstr(paths[i % 7]);
        req.args = hoop_cstr(args[i / 7 % 4]);
        req.header = header;
        req.header_ctx = &i;

        if (i < 28) {
            req.body = HOOP_BODY_JSON;
            req.body_json = (i % 2) ? body : graphql;

        } else if (i < 42) {
            req.body = HOOP_BODY_FORM;
            req.body_text = hoop_cstr("a=1&id=%37&query=mutation{a+b:c}&b=%zz");
        }

        judge(policy, &req);
    }

    json_decref(body);
    json_decref(graphql);
    json_decref(id.claims);
    hoop_policy_free(policy);

    return 0;
}
