
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The policy loader.  What compiles is evaluated, for bodies of every kind from
 * several addresses at several times; the verdict, found through the trie, must
 * be the one that a plain walk over all rules gives, and of a batch the one
 * that it gives of the message which decided.
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


typedef struct {
    hoop_body_e      type;
    const char      *text;
    const char      *headers[4];
    json_t          *json;
} body_t;


typedef struct {
    unsigned         i;
    const body_t    *body;
} request_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static const char *const  header_names[] = {
    "content-type", "mcp-protocol-version", "mcp-method", "mcp-name"
};


static body_t  bodies[] = {
    { HOOP_BODY_JSON,
      "{\"query\":\"select 1 from aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\","
      "\"a\":[1,2],\"b\":{\"c\":true,\"d\":null,\"E\":1.5}}",
      { "application/json" }, NULL },

    { HOOP_BODY_JSON,
      "{\"query\":\"query A { user(id: 7) ...F } mutation B { b } "
      "fragment F on Q { x: posts }\",\"operationName\":\"A\"}",
      { "application/json" }, NULL },

    { HOOP_BODY_JSON,
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":"
      "{\"name\":\"get_a\",\"arguments\":{\"a\":[1,2.5],\"b\":\"x\"}}}",
      { "application/json", "2025-06-18" }, NULL },

    { HOOP_BODY_JSON,
      "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":"
      "{\"name\":\"Get_A\"}},{\"jsonrpc\":\"2.0\",\"method\":"
      "\"notifications/initialized\"},"
      "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"prompts/get\","
      "\"params\":{\"name\":\"a\",\"arguments\":{\"a\":\"1\"}}}]",
      { "application/json", "2025-03-26" }, NULL },

    { HOOP_BODY_JSON,
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\","
      "\"params\":{\"uri\":\"file:///docs/../a\",\"_meta\":"
      "{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}}",
      { "application/json; charset=utf-8", "2026-07-28", "resources/read",
        "file:///docs/../a" }, NULL },

    { HOOP_BODY_JSON, "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}",
      { "application/json", "2025-11-25" }, NULL },

    { HOOP_BODY_FORM, "a=1&id=%37&query=mutation{a+b:c}&b=%zz",
      { "application/x-www-form-urlencoded" }, NULL },

    { HOOP_BODY_OTHER, "delete from a.b where id = 1; select * from \"A\"",
      { "text/plain" }, NULL },

    { HOOP_BODY_OTHER, "{ user posts }", { "application/graphql" }, NULL },

    { HOOP_BODY_AMBIGUOUS, "{\"a\":1,\"a\":2}", { "application/json" }, NULL },

    { HOOP_BODY_UNREAD, NULL, { NULL }, NULL },

    { HOOP_BODY_NONE, NULL, { NULL }, NULL }
};

#define BODIES  (sizeof(bodies) / sizeof(bodies[0]))


/* for a zone of time: CET-1CEST, of which the rule alone says something */

static int
zone(void *ctx, hoop_str_t name, hoop_buf_t *file)
{
    unsigned  i;

    static const u_char  part[] = {
        'T', 'Z', 'i', 'f', '2', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 1,
        0, 0, 0, 4,  0, 0, 0x0e, 0x10, 0, 0,  'C', 'E', 'T', 0
    };

    if (name.len % 4 == 0) {
        return HOOP_DECLINED;
    }

    for (i = 0; i < 2; i++) {
        (void) hoop_buf_add(file, part, sizeof(part));
    }

    return hoop_buf_adds(file, "\nCET-1CEST,M3.5.0,M10.5.0/3\n");
}


static void
walk(void *ctx, const hoop_policy_trace_t *t)
{
    plain_t  *p;

    p = ctx;

    if (t->monitor) {
        p->monitored += (t->effect == HOOP_VERDICT_ALLOW ? t->matched > 0
                                                         : t->matched != 0);
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
    size_t       i;
    request_t   *r;

    r = ctx;

    for (i = 0; i < sizeof(header_names) / sizeof(header_names[0]); i++) {

        if (!hoop_str_is(name, header_names[i])) {
            continue;
        }

        if (r->body->headers[i] == NULL) {
            return HOOP_DECLINED;
        }

        *value = hoop_cstr(r->body->headers[i]);

        return HOOP_OK;
    }

    if (hoop_str_is(name, "x-twice")) {
        return HOOP_ERROR;
    }

    /* one that overrides the method keeps the trie out of it */

    if (hoop_policy_override_header(name) && r->i % 4) {
        return HOOP_DECLINED;
    }

    *value = hoop_str("test", 4);

    return name.len % 2 ? HOOP_OK : HOOP_DECLINED;
}


static void
judge(hoop_policy_t *policy, hoop_policy_request_t *req)
{
    int                 needs, batch, mixed;
    json_t             *sql;
    plain_t             p;
    unsigned            omitted;
    hoop_buf_t          b;
    hoop_error_t        err;
    hoop_verdict_t      v, again;
    hoop_policy_mcp_t   mcp;

    memset(&mcp, 0, sizeof(mcp));
    req->mcp = &mcp;

    needs = hoop_policy_needs_body(&policy, 1, req);

    hoop_policy_mcp_free(&mcp);
    hoop_policy_evaluate(&policy, 1, req, &v);

    /* messages under different obligations are refused together */

    batch = (mcp.asked && mcp.mcp.code == 0 && mcp.mcp.n > 1);
    mixed = (batch && v.rule.len == 0 && v.decision == HOOP_VERDICT_DENY);

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

    if (mixed) {
        if (v.mask != NULL || v.limits != NULL || v.review != NULL) {
            abort();
        }

    } else if (p.found) {
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

    if (p.monitored > HOOP_MONITORED) {
        omitted = HOOP_MONITORED;

    } else {
        omitted = p.monitored;
    }

    /* the other messages of a batch have theirs */

    if (v.nmonitored < omitted || (!batch && v.nmonitored > omitted)
        || v.monitored_more < (p.monitored > HOOP_MONITORED)
        || (!batch && v.monitored_more != (p.monitored > HOOP_MONITORED)))
    {
        abort();
    }

    if ((v.limits != NULL || v.token != NULL)
        && (v.decision != HOOP_VERDICT_ALLOW
            && v.decision != HOOP_VERDICT_REVIEW))
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
        hoop_policy_mcp_free(&mcp);
        req->body = HOOP_BODY_AMBIGUOUS;
        hoop_policy_evaluate(&policy, 1, req, &again);

        if (memcmp(&v, &again, sizeof(v)) != 0) {
            abort();
        }
    }

    hoop_policy_mcp_free(&mcp);
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
    request_t               r;
    hoop_error_t            err;
    hoop_policy_t          *policy;
    hoop_identity_t         id;
    hoop_policy_request_t   req;

    static const char  *paths[] = {
        "/", "/a", "/a/", "/a/b/a/", "/v1/customers", "/v1/customers/7;x=1",
        "/v1/sql"
    };
    static const char  *methods[] = { "PURGE", "GET", "POST" };
    static const char  *hosts[] = { "api.example.com.", "a.b", "" };
    static const char  *args[] = { "", "id=1", "a=1&a=2&b=%20", "id=%zz;q" };
    static const char  *addresses[] = { "10.0.0.7", "::1", "2001:db8::1" };

    policy = hoop_policy_compile(data, size, &err);

    if (policy == NULL) {
        check(data, size, &err);
        return 0;
    }

    (void) hoop_policy_zones(policy, zone, NULL, &err);

    memset(&id, 0, sizeof(id));
    id.claims = json_pack("{s:[s,s],s:{s:i},s:s}", "groups", "agents", "dba",
                          "a", "b", 1, "", "x");
    id.issuer = hoop_cstr("https://idp.example.com");
    id.issuer_name = hoop_cstr("corp");
    id.sub = hoop_cstr("agent");

    /* each path with each body */

    for (i = 0; i < 7 * BODIES; i++) {
        memset(&req, 0, sizeof(req));

        r.i = i;
        r.body = &bodies[i % BODIES];

        if (r.body->type == HOOP_BODY_JSON && r.body->json == NULL) {
            bodies[i % BODIES].json
                = hoop_json_load((const u_char *) r.body->text,
                                 strlen(r.body->text), &err);

            if (r.body->json == NULL) {
                abort();
            }
        }

        req.identity = &id;
        req.method = hoop_cstr(methods[r.body->headers[1] ? 2 : i % 3]);
        req.host = hoop_cstr(hosts[i / 5 % 3]);
        req.path = hoop_cstr(paths[i % 7]);
        req.args = hoop_cstr(args[i / 7 % 4]);
        req.header = header;
        req.header_ctx = &r;

        req.body = r.body->type;
        req.body_json = r.body->json;

        if (r.body->text != NULL) {
            req.body_text = hoop_cstr(r.body->text);
        }

        if (i % 4 != 0) {
            (void) hoop_address_parse(hoop_cstr(addresses[i % 4 - 1]),
                                      req.address);
            req.address_set = 1;
        }

        /* the hours of some weeks of summer and of winter */

        if (i % 5 != 0) {
            req.now = 1774000000 + (int64_t) i * 361 * 997;
        }

        judge(policy, &req);
    }

    json_decref(id.claims);
    hoop_policy_free(policy);

    return 0;
}
