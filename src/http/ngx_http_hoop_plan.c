
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Plans, as the requests of a run meet them.  Policy has decided; what it denies
 * stays denied.  If the run has a plan, a request that is one of its open steps
 * takes the way of a review, whose claim uses up the step in place of an
 * approval of its own; anything else is a deviation.
 *
 * Steps are matched before anything is recorded, and used up as late as an
 * approval would be: what a limit refuses can be tried again.
 */


#include "ngx_http_hoop.h"


/* compiled plans of this worker */
#define NGX_HTTP_HOOP_PLANS  16


static ngx_int_t ngx_http_hoop_plan_review(ngx_conf_t *cf, ngx_str_t *value,
    hoop_review_t *review);
static void ngx_http_hoop_plan_handler(ngx_hoop_approval_op_t *op);
static hoop_plan_t *ngx_http_hoop_plan_get(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static void ngx_http_hoop_plan_judge(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_plan_t *plan);
static ngx_int_t ngx_http_hoop_plan_deviation(ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t reviews);
static ngx_uint_t ngx_http_hoop_plan_mcp(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);


/* a plan does not change: its id is its name */

static struct {
    u_char        id[33];
    hoop_plan_t  *plan;
} ngx_http_hoop_plans[NGX_HTTP_HOOP_PLANS];

static ngx_uint_t  ngx_http_hoop_plan_next;


char *
ngx_http_hoop_conf_plan(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    ngx_str_t                  *value;
    ngx_uint_t                  i;
    hoop_review_t              *review;
    ngx_http_hoop_plan_conf_t  *plan;

    if (hlcf->plan != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    plan = ngx_pcalloc(cf->pool, sizeof(ngx_http_hoop_plan_conf_t));
    if (plan == NULL) {
        return NGX_CONF_ERROR;
    }

    hlcf->plan = plan;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "on") == 0) {
        plan->mode = NGX_HTTP_HOOP_PLAN_ON;

    } else if (ngx_strcmp(value[1].data, "required") == 0) {
        plan->mode = NGX_HTTP_HOOP_PLAN_REQUIRED;

    } else if (ngx_strcmp(value[1].data, "off") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\", wanted on, required or off",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    review = &plan->review;

    review->count = 1;
    review->ttl = 15 * 60;
    review->scope = HOOP_REVIEW_RUN;
    review->valid = 3600;

    for (i = 2; i < cf->args->nelts; i++) {
        if (plan->mode == NGX_HTTP_HOOP_PLAN_OFF) {
            return "off has no parameters";
        }

        if (ngx_http_hoop_plan_review(cf, &value[i], review) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    plan->deviation = *review;
    plan->deviation.scope = HOOP_REVIEW_ONCE;
    plan->deviation.valid = 0;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_hoop_plan_review(ngx_conf_t *cf, ngx_str_t *value,
    hoop_review_t *review)
{
    time_t       t;
    ngx_int_t    n;
    ngx_str_t    s;
    hoop_str_t  *groups;

    if (ngx_strncmp(value->data, "approver=", 9) == 0 && value->len > 9) {

        groups = ngx_palloc(cf->pool,
                            (review->napprovers + 1) * sizeof(hoop_str_t));
        if (groups == NULL) {
            return NGX_ERROR;
        }

        if (review->napprovers) {
            ngx_memcpy(groups, review->approvers,
                       review->napprovers * sizeof(hoop_str_t));
        }

        groups[review->napprovers++] = hoop_str(value->data + 9,
                                                value->len - 9);
        review->approvers = groups;

        return NGX_OK;
    }

    if (ngx_strncmp(value->data, "count=", 6) == 0) {
        n = ngx_atoi(value->data + 6, value->len - 6);

        if (n >= 1 && n <= 16) {
            review->count = n;
            return NGX_OK;
        }
    }

    if (ngx_strncmp(value->data, "ttl=", 4) == 0
        || ngx_strncmp(value->data, "valid=", 6) == 0)
    {
        n = (value->data[0] == 't') ? 4 : 6;

        s.data = value->data + n;
        s.len = value->len - n;

        t = ngx_parse_time(&s, 1);

        if (t >= 1 && t <= 7 * 86400) {
            if (n == 4) {
                review->ttl = t;
            } else {
                review->valid = t;
            }

            return NGX_OK;
        }
    }

    if (ngx_strcmp(value->data, "reason=required") == 0) {
        review->reason = 1;
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\", wanted approver=GROUP, "
                       "count=1..16, ttl=TIME, valid=TIME (of at most 7d) or "
                       "reason=required", value);

    return NGX_ERROR;
}


ngx_uint_t
ngx_http_hoop_plan_concerns(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t body)
{
    ngx_http_hoop_plan_conf_t  *plan;

    plan = ctx->conf->plan;

    if (plan == NULL
        || plan->mode == NGX_HTTP_HOOP_PLAN_OFF
        || ctx->conf->mode != NGX_HTTP_HOOP_ON
        || ctx->conf->api
        || ctx->exchange
        || (ctx->run_sent.len == 0
            && plan->mode != NGX_HTTP_HOOP_PLAN_REQUIRED))
    {
        return 0;
    }

    return body || ngx_http_hoop_plan_mcp(r, ctx);
}


/*
 * 1 unless it only serves the conversation with an MCP server: its beginning and
 * end, lists, its stream.  Those are no steps, and policy alone decides.
 */

static ngx_uint_t
ngx_http_hoop_plan_mcp(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_uint_t             i;
    hoop_policy_request_t  req;

    if (!ngx_http_hoop_mcp_location(ctx->conf)) {
        return 1;
    }

    ngx_http_hoop_policy_request(r, ctx, &req);

    if (hoop_policy_mcp_ask(&req) != HOOP_OK || ctx->mcp.mcp.code) {
        return r->method == NGX_HTTP_POST;
    }

    for (i = 0; i < ctx->mcp.mcp.n; i++) {
        if (ctx->mcp.mcp.messages[i].tool.len) {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_hoop_plan_ask(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    u_char       key[64];
    ngx_int_t    rc;
    hoop_buf_t   subject;

    ngx_memzero(&ctx->plan, sizeof(ngx_http_hoop_planned_t));

    if (ctx->run_sent.len == 0) {
        ctx->error = "no run, and so no plan";
        return NGX_HTTP_FORBIDDEN;
    }

    hoop_buf_init(&subject, 16384);

    (void) hoop_buf_add(&subject, ctx->identity->issuer.data,
                        ctx->identity->issuer.len);
    (void) hoop_buf_addc(&subject, ' ');
    (void) hoop_buf_add(&subject, ctx->identity->sub.data,
                        ctx->identity->sub.len);

    ctx->error = "plans are not available";

    if (subject.failed) {
        hoop_buf_free(&subject);
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    hoop_approval_plan_key(key, hoop_str(subject.data, subject.len),
                           ngx_http_hoop_str(&ctx->run_sent));

    hoop_buf_free(&subject);

    ctx->approval.handler = ngx_http_hoop_plan_handler;
    ctx->approval.data = ctx;
    ctx->approval_done = 0;

    rc = ngx_hoop_approval_plan(&ctx->approval, key);

    return rc == NGX_OK ? NGX_OK : NGX_HTTP_SERVICE_UNAVAILABLE;
}


static void
ngx_http_hoop_plan_handler(ngx_hoop_approval_op_t *op)
{
    ngx_http_hoop_ctx_t *ctx = op->data;

    if (op->json.len) {
        ctx->plan.text.data = ngx_pnalloc(ctx->request->pool, op->json.len);

        if (ctx->plan.text.data) {
            ngx_memcpy(ctx->plan.text.data, op->json.data, op->json.len);
            ctx->plan.text.len = op->json.len;
        }
    }

    ctx->approval_done = 1;

    ngx_http_hoop_wake(ctx);
}


ngx_int_t
ngx_http_hoop_plan_result(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    uint64_t                 open;
    ngx_uint_t               n;
    hoop_plan_t             *plan;
    ngx_hoop_approval_op_t  *op;

    if (!ctx->approval_done) {
        return NGX_AGAIN;
    }

    op = &ctx->approval;

    switch (op->state) {

    case NGX_HOOP_APPROVAL_PENDING:
    case NGX_HOOP_APPROVAL_APPROVED:
    case NGX_HOOP_APPROVAL_CONSUMED:
        break;

    case NGX_HOOP_APPROVAL_DENIED:
        ngx_memcpy(ctx->plan.id, op->id, 33);
        ctx->error = "the plan of this run was denied";
        return NGX_HTTP_FORBIDDEN;

    case NGX_HOOP_APPROVAL_UNKNOWN:
    case NGX_HOOP_APPROVAL_EXPIRED:
    case NGX_HOOP_APPROVAL_CANCELLED:

        op->id[0] = '\0';

        if (ctx->conf->plan->mode == NGX_HTTP_HOOP_PLAN_REQUIRED) {
            ctx->error = "this run has no plan";
            return NGX_HTTP_FORBIDDEN;
        }

        return NGX_OK;

    default:
        ctx->error = "plans are not available";
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    plan = ngx_http_hoop_plan_get(r, ctx);

    if (plan == NULL) {
        ctx->error = "plans are not available";
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    ngx_memcpy(ctx->plan.id, op->id, 33);

    ctx->plan.total = hoop_plan_steps(plan);
    ctx->plan.any = hoop_plan_any(plan);

    ngx_http_hoop_plan_judge(r, ctx, plan);

    /* those that can still be used; of a plan in order the next one only */

    open = ctx->plan.steps & ~op->used;

    if (!ctx->plan.any) {
        for (n = 0; n < ctx->plan.total; n++) {
            if ((op->used & ((uint64_t) 1 << n)) == 0) {
                break;
            }
        }

        open = (n < ctx->plan.total) ? open & ((uint64_t) 1 << n) : 0;
    }

    if (open == 0) {
        return ngx_http_hoop_plan_deviation(ctx, hoop_plan_reviews(plan));
    }

    ctx->verdict.decision = HOOP_VERDICT_REVIEW;

    if (ctx->verdict.review == NULL) {
        ctx->verdict.review = &ctx->conf->plan->review;
    }

    return NGX_OK;
}


/* compiled; the cache owns it, and it is used before anything else is asked */

static hoop_plan_t *
ngx_http_hoop_plan_get(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_uint_t     i;
    hoop_plan_t   *plan;
    hoop_error_t   err;

    for (i = 0; i < NGX_HTTP_HOOP_PLANS; i++) {
        if (ngx_http_hoop_plans[i].plan != NULL
            && ngx_memcmp(ngx_http_hoop_plans[i].id, ctx->approval.id, 32) == 0)
        {
            return ngx_http_hoop_plans[i].plan;
        }
    }

    plan = hoop_plan_parse(ctx->plan.text.data, ctx->plan.text.len, &err);

    if (plan == NULL) {
        ngx_http_hoop_log(NGX_LOG_ERR, r, "the plan \"%s\" cannot be read: %s",
                          ctx->approval.id, err.text);
        return NULL;
    }

    i = ngx_http_hoop_plan_next++ % NGX_HTTP_HOOP_PLANS;

    hoop_plan_free(ngx_http_hoop_plans[i].plan);

    ngx_http_hoop_plans[i].plan = plan;
    ngx_memcpy(ngx_http_hoop_plans[i].id, ctx->approval.id, 33);

    return plan;
}


/* several calls in one request are several steps, and there is one claim */

static void
ngx_http_hoop_plan_judge(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_plan_t *plan)
{
    hoop_policy_mcp_t      mcp;
    hoop_policy_request_t  req;

    if (!hoop_plan_allows(plan, ctx->identity)) {
        return;
    }

    ngx_http_hoop_policy_request(r, ctx, &req);

    ngx_memzero(&mcp, sizeof(hoop_policy_mcp_t));
    req.mcp = &mcp;

    if (hoop_policy_mcp_ask(&req) != HOOP_OK || mcp.mcp.n == 1) {
        ctx->plan.steps = hoop_plan_match(plan, &req);
    }

    hoop_policy_mcp_free(&mcp);
}


static ngx_int_t
ngx_http_hoop_plan_deviation(ngx_http_hoop_ctx_t *ctx, ngx_uint_t reviews)
{
    ctx->plan.deviation = 1;
    ctx->plan.steps = 0;
    ctx->approval.id[0] = '\0';

    if (!reviews) {
        ctx->error = "not a step of the run's plan that is open";
        return NGX_HTTP_FORBIDDEN;
    }

    if (ctx->verdict.decision != HOOP_VERDICT_REVIEW) {
        ctx->verdict.decision = HOOP_VERDICT_REVIEW;
        ctx->verdict.review = &ctx->conf->plan->deviation;
        ctx->verdict.reason = hoop_cstr("not a step of the run's plan that is "
                                        "open");
    }

    return NGX_OK;
}


void
ngx_http_hoop_plan_event(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b)
{
    if (ctx->plan.id[0] == '\0') {
        return;
    }

    (void) hoop_event_string(b, "plan", hoop_cstr((char *) ctx->plan.id));

    if (ctx->plan.step) {
        (void) hoop_event_uint(b, "step", ctx->plan.step);
    }

    if (ctx->plan.deviation) {
        (void) hoop_event_raw(b, "deviation", hoop_cstr("true"));
    }
}


void
ngx_http_hoop_plan_done(void)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_HOOP_PLANS; i++) {
        hoop_plan_free(ngx_http_hoop_plans[i].plan);
        ngx_http_hoop_plans[i].plan = NULL;
    }
}
