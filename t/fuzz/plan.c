
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Plans: one that is taken has a text that is the same plan, and judges any
 * request.
 */


#include <stdlib.h>
#include <string.h>

#include "../../src/core/hoop_json.h"
#include "../../src/core/hoop_plan.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static int
fuzz_header(void *ctx, hoop_str_t name, hoop_str_t *value)
{
    return HOOP_DECLINED;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t               steps;
    hoop_buf_t             a, b;
    hoop_plan_t           *plan, *again;
    hoop_error_t           err;
    hoop_identity_t        identity;
    hoop_policy_mcp_t      mcp;
    hoop_policy_request_t  req;

    err.text[0] = '\0';

    plan = hoop_plan_parse(data, size, &err);

    if (plan == NULL) {
        if (err.text[0] == '\0') {
            abort();
        }

        return 0;
    }

    hoop_buf_init(&a, 0);
    hoop_buf_init(&b, 0);

    if (hoop_plan_text(plan, &a) != HOOP_OK) {
        abort();
    }

    again = hoop_plan_parse(a.data, a.len, &err);

    if (again == NULL
        || hoop_plan_text(again, &b) != HOOP_OK
        || a.len != b.len || memcmp(a.data, b.data, a.len) != 0)
    {
        abort();
    }

    memset(&identity, 0, sizeof(identity));
    memset(&mcp, 0, sizeof(mcp));
    memset(&req, 0, sizeof(req));

    identity.issuer = hoop_cstr("i");
    identity.sub = hoop_cstr("s");
    identity.claims = json_object();

    req.identity = &identity;
    req.method = hoop_cstr("POST");
    req.host = hoop_cstr("h");
    req.path = hoop_cstr("/v1/x");
    req.args = hoop_cstr("a=1");
    req.header = fuzz_header;
    req.mcp = &mcp;
    req.body = HOOP_BODY_JSON;
    req.body_text = hoop_str(data, size);
    req.body_json = hoop_json_load(data, size, &err);

    steps = hoop_plan_match(plan, &req);

    if (hoop_plan_steps(plan) < 64 && steps >> hoop_plan_steps(plan)) {
        abort();
    }

    (void) hoop_plan_allows(plan, &identity);

    hoop_policy_mcp_free(&mcp);
    json_decref(req.body_json);
    json_decref(identity.claims);
    hoop_plan_free(plan);
    hoop_plan_free(again);
    hoop_buf_free(&a);
    hoop_buf_free(&b);

    return 0;
}
