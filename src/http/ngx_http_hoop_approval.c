
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The approval of a request: the claim that finds, makes or uses one up, and
 * the wait for a human.  The operation is embedded in the context; its handler
 * only leaves the result and wakes the request.
 */


#include "ngx_http_hoop.h"


/* of a masked body that a human is shown */
#define NGX_HTTP_HOOP_SUMMARY    2048


static void ngx_http_hoop_approval_run(ngx_http_hoop_ctx_t *ctx,
    hoop_approval_subject_t *subject);
static ngx_int_t ngx_http_hoop_approval_uri(ngx_http_request_t *r,
    ngx_str_t *uri);
static ngx_int_t ngx_http_hoop_approval_headers(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b);
static ngx_msec_t ngx_http_hoop_approval_wait(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static void ngx_http_hoop_approval_handler(ngx_hoop_approval_op_t *op);
static void ngx_http_hoop_approval_timeout(ngx_event_t *ev);
static const char *ngx_http_hoop_approval_denied(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);


/* of this worker */
static ngx_uint_t  ngx_http_hoop_approval_held;


ngx_int_t
ngx_http_hoop_approval_claim(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    u_char                        sha256[32];
    ngx_int_t                     rc;
    ngx_str_t                     raw;
    hoop_buf_t                    headers, uri, summary, excluded, approvers;
    const hoop_review_t          *review;
    hoop_approval_subject_t       subject;
    ngx_http_hoop_main_conf_t    *hmcf;
    ngx_hoop_approval_request_t   req;

    if (ctx->plan.steps) {

        /* approved with the plan: the step is all that is asked for */

        ctx->approval.handler = ngx_http_hoop_approval_handler;
        ctx->approval.data = ctx;
        ctx->approval_done = 0;

        ngx_memcpy(ctx->approval.id, ctx->plan.id, 33);

        return ngx_hoop_approval_step(&ctx->approval, ctx->plan.steps,
                                      ctx->plan.total, ctx->plan.any)
               == NGX_OK ? NGX_OK : NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hoop_module);

    review = ctx->verdict.review;

    if (hmcf->core->redis == NULL || review == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (ngx_http_hoop_approval_uri(r, &raw) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memzero(&subject, sizeof(hoop_approval_subject_t));

    subject.identity = hoop_str(ctx->identity->json, ctx->identity->json_len);
    subject.target = ngx_http_hoop_str(&ctx->target);
    subject.method = ngx_http_hoop_str(&r->method_name);
    subject.host = ngx_http_hoop_str(&r->headers_in.server);
    subject.uri = hoop_str(raw.data, raw.len);
    subject.rule = ctx->verdict.rule;
    subject.policy_hash = ngx_http_hoop_policy_hash(ctx);
    subject.body_sha256 = ctx->body_read ? ctx->body_sha256 : NULL;

    if (ngx_http_hoop_mcp_digest(r, ctx, sha256) == NGX_OK) {
        subject.body_sha256 = sha256;
    }

    if (ctx->body_failed
        || (!ctx->body_read && ngx_http_hoop_has_body(r)))
    {
        return NGX_HTTP_BAD_REQUEST;
    }

    ngx_memzero(&req, sizeof(ngx_hoop_approval_request_t));

    hoop_buf_init(&headers, 65536);

    if (ngx_http_hoop_approval_headers(r, ctx, &headers) != NGX_OK) {
        hoop_buf_free(&headers);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    subject.headers = hoop_str(headers.data, headers.len);

    req.scope = review->scope;

    if (req.scope == HOOP_REVIEW_RUN) {

        /* what belongs to no run is the narrower: one request */

        if (ctx->run_sent.len) {
            ngx_http_hoop_approval_run(ctx, &subject);

        } else {
            req.scope = HOOP_REVIEW_ONCE;
        }
    }

    hoop_approval_digest(req.digest, &subject);

    hoop_buf_free(&headers);

    hoop_buf_init(&uri, ngx_http_hoop_grown(r->uri.len + r->args.len));
    hoop_buf_init(&summary, ngx_http_hoop_grown(ctx->body.len));
    hoop_buf_init(&excluded, 65536);
    hoop_buf_init(&approvers, 65536);

    rc = NGX_HTTP_SERVICE_UNAVAILABLE;

    if (ngx_http_hoop_event_uri(r, ctx, &uri) != NGX_OK
        || ngx_http_hoop_event_summary(r, ctx, NGX_HTTP_HOOP_SUMMARY,
                                       &summary)
           != NGX_OK
        || ngx_http_hoop_approval_excluded(ctx, &excluded) != NGX_OK
        || ngx_http_hoop_approval_approvers(review, &approvers) != NGX_OK)
    {
        goto done;
    }

    req.requester = subject.identity;
    req.excluded = hoop_str(excluded.data, excluded.len);
    req.target = subject.target;
    req.method = ngx_http_hoop_str(&r->method_name);
    req.uri = hoop_str(uri.data, uri.len);
    req.rule = ctx->verdict.rule;
    req.reason = ctx->verdict.reason;
    req.summary = hoop_str(summary.data, summary.len);
    req.session = hoop_str(ctx->session, NGX_HTTP_HOOP_SESSION);
    req.run = ngx_http_hoop_str(&ctx->run);
    req.approvers = hoop_str(approvers.data, approvers.len);
    req.count = review->count;
    req.ttl = review->ttl;
    req.valid = req.scope == HOOP_REVIEW_ONCE ? 0 : review->valid;
    req.required = review->reason;

    ctx->approval.handler = ngx_http_hoop_approval_handler;
    ctx->approval.data = ctx;
    ctx->approval_done = 0;

    if (ngx_hoop_approval_claim(&ctx->approval, &req) == NGX_OK) {
        rc = NGX_OK;
    }

done:

    hoop_buf_free(&uri);
    hoop_buf_free(&summary);
    hoop_buf_free(&excluded);
    hoop_buf_free(&approvers);

    return rc;
}


/* all that the rule asks about in that run: nothing of the request itself */

static void
ngx_http_hoop_approval_run(ngx_http_hoop_ctx_t *ctx,
    hoop_approval_subject_t *subject)
{
    subject->run = ngx_http_hoop_str(&ctx->run_sent);

    subject->method.len = 0;
    subject->host.len = 0;
    subject->uri.len = 0;
    subject->headers.len = 0;
    subject->body_sha256 = NULL;
}


/* what the target is asked for: escaped, so that "?" ends the path just once */

static ngx_int_t
ngx_http_hoop_approval_uri(ngx_http_request_t *r, ngx_str_t *uri)
{
    u_char     *p;
    uintptr_t   n;

    n = 2 * ngx_escape_uri(NULL, r->uri.data, r->uri.len, NGX_ESCAPE_URI);

    p = ngx_pnalloc(r->pool, r->uri.len + n + 1 + r->args.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    uri->data = p;
    p = (u_char *) ngx_escape_uri(p, r->uri.data, r->uri.len, NGX_ESCAPE_URI);

    if (r->args.len) {
        *p++ = '?';
        p = ngx_cpymem(p, r->args.data, r->args.len);
    }

    uri->len = p - uri->data;

    return NGX_OK;
}


typedef struct {
    ngx_http_request_t   *request;
    hoop_buf_t           *buf;
} ngx_http_hoop_approval_headers_t;


/* all headers of that name: name, value and a byte that no value can have */

static int
ngx_http_hoop_approval_header(void *data, hoop_str_t name)
{
    ngx_http_hoop_approval_headers_t *headers = data;

    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    i = 0;
    part = &headers->request->headers_in.headers.part;

    while ((h = ngx_http_hoop_next(&part, &i)) != NULL) {

        if (h->hash == 0
            || h->key.len != name.len
            || ngx_strncasecmp(h->key.data, (u_char *) name.data, name.len)
               != 0)
        {
            continue;
        }

        (void) hoop_buf_add(headers->buf, name.data, name.len);
        (void) hoop_buf_addc(headers->buf, ':');
        (void) hoop_buf_add(headers->buf, h->value.data, h->value.len);
        (void) hoop_buf_addc(headers->buf, LF);
    }

    return headers->buf->failed;
}


/*
 * Those by which the same bytes would be read in another way, and those that
 * the policies look at.
 */

static ngx_int_t
ngx_http_hoop_approval_headers(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_buf_t *b)
{
    ngx_uint_t                         i;
    hoop_policy_t                    **policy;
    ngx_http_hoop_approval_headers_t   headers;

    static const hoop_str_t  type = hoop_string("content-type");
    static const hoop_str_t  coding = hoop_string("content-encoding");

    headers.request = r;
    headers.buf = b;

    (void) ngx_http_hoop_approval_header(&headers, type);
    (void) ngx_http_hoop_approval_header(&headers, coding);

    policy = ctx->conf->policies->elts;

    for (i = 0; i < ctx->conf->policies->nelts; i++) {
        (void) hoop_policy_headers(policy[i], ngx_http_hoop_approval_header,
                                   &headers);
    }

    return b->failed ? NGX_ERROR : NGX_OK;
}


static void
ngx_http_hoop_approval_handler(ngx_hoop_approval_op_t *op)
{
    ngx_http_hoop_ctx_t *ctx = op->data;

    ctx->approval_done = 1;

    ngx_http_hoop_wake(ctx);
}


/* an array of "iss sub": the subject and whoever stands in its act chain */

ngx_int_t
ngx_http_hoop_approval_excluded(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b)
{
    size_t       depth;
    json_t      *act, *sub, *iss;
    hoop_buf_t   name;

    hoop_buf_init(&name, 16384);

    (void) hoop_buf_addc(b, '[');

    act = ctx->identity->claims;

    for (depth = 0; json_is_object(act) && depth < 32; depth++) {
        sub = json_object_get(act, "sub");
        iss = json_object_get(act, "iss");

        if (json_is_string(sub)) {
            name.len = 0;

            if (json_is_string(iss)) {
                (void) hoop_buf_add(&name, json_string_value(iss),
                                    json_string_length(iss));
            } else {
                (void) hoop_buf_add(&name, ctx->identity->issuer.data,
                                    ctx->identity->issuer.len);
            }

            (void) hoop_buf_addc(&name, ' ');
            (void) hoop_buf_add(&name, json_string_value(sub),
                                json_string_length(sub));

            if (depth) {
                (void) hoop_buf_addc(b, ',');
            }

            (void) hoop_buf_add_json(b, name.data, name.len);
        }

        act = json_object_get(act, "act");
    }

    (void) hoop_buf_addc(b, ']');

    depth = name.failed;
    hoop_buf_free(&name);

    return (depth || b->failed) ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_http_hoop_approval_approvers(const hoop_review_t *review, hoop_buf_t *b)
{
    ngx_uint_t  i;

    (void) hoop_buf_addc(b, '[');

    for (i = 0; i < review->napprovers; i++) {
        if (i) {
            (void) hoop_buf_addc(b, ',');
        }

        (void) hoop_buf_add_json(b, review->approvers[i].data,
                                 review->approvers[i].len);
    }

    (void) hoop_buf_addc(b, ']');

    return b->failed ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_http_hoop_approval_result(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_uint_t               max;
    ngx_msec_t               wait;
    ngx_hoop_approval_op_t  *op;

    op = &ctx->approval;

    switch (op->state) {

    case NGX_HOOP_APPROVAL_CONSUMED:

        if (ctx->plan.steps) {
            ctx->plan.step = ngx_atoi(op->reason, ngx_strlen(op->reason));
        }

        return NGX_OK;

    case NGX_HOOP_APPROVAL_CLOSED:
    case NGX_HOOP_APPROVAL_EXPIRED:
    case NGX_HOOP_APPROVAL_CANCELLED:
    case NGX_HOOP_APPROVAL_UNKNOWN:

        if (ctx->plan.steps == 0) {
            ctx->error = "approvals are not available";
            return NGX_HTTP_SERVICE_UNAVAILABLE;
        }

        /* by another request meanwhile, or its time is over */

        ctx->plan.deviation = 1;
        ctx->error = (op->state == NGX_HOOP_APPROVAL_CLOSED)
                     ? "not a step of the run's plan that is open"
                     : "the plan of this run is over";
        return NGX_HTTP_FORBIDDEN;

    case NGX_HOOP_APPROVAL_DENIED:
        ctx->error = ngx_http_hoop_approval_denied(r, ctx);
        return NGX_HTTP_FORBIDDEN;

    case NGX_HOOP_APPROVAL_PENDING:
        break;

    default:
        ctx->error = "approvals are not available";
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (!ctx->approval_told) {

        if (ngx_http_hoop_event_approval(r, ctx, "pending") != NGX_OK
            || ngx_hoop_audit_commit(NULL) == NGX_ERROR)
        {
            ngx_hoop_audit_rollback();
            ctx->error = "the evidence cannot be kept";
            return NGX_HTTP_SERVICE_UNAVAILABLE;
        }

        ctx->approval_told = 1;
    }

    wait = ngx_http_hoop_approval_wait(r, ctx);

    if (ctx->waited || wait == 0) {
        return NGX_HTTP_ACCEPTED;
    }

    /* the others are for what does not wait */

    max = ctx->conf->approval_max ? ctx->conf->approval_max
                                  : ngx_cycle->connection_n / 2;

    if (ngx_http_hoop_approval_held >= max) {
        ctx->error = "too many requests wait for a human";
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    ctx->approval_done = 0;

    if (ngx_hoop_approval_watch(op) != NGX_OK) {
        return NGX_HTTP_ACCEPTED;
    }

    ctx->held = 1;
    ngx_http_hoop_approval_held++;

    if (!ctx->timer.timer_set) {
        ctx->timer.handler = ngx_http_hoop_approval_timeout;
        ctx->timer.data = ctx;
        ctx->timer.log = r->connection->log;

        ngx_add_timer(&ctx->timer, wait);
    }

    return NGX_AGAIN;
}


/*
 * As long as the location lets it, or less if the client prefers that (RFC 7240,
 * 4.1 and 4.3): "wait" says when it wants an answer, "respond-async" alone that
 * it wants none that has to be waited for.
 */

static ngx_msec_t
ngx_http_hoop_approval_wait(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_uint_t        i;
    ngx_msec_t        wait;
    hoop_prefer_t     prefer;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    ngx_memzero(&prefer, sizeof(hoop_prefer_t));

    i = 0;
    part = &r->headers_in.headers.part;

    while ((h = ngx_http_hoop_next(&part, &i)) != NULL) {
        if (h->hash && h->key.len == 6
            && ngx_strncasecmp(h->key.data, (u_char *) "prefer", 6) == 0)
        {
            hoop_prefer(ngx_http_hoop_str(&h->value), &prefer);
        }
    }

    wait = ctx->conf->approval_wait;

    if (prefer.has_wait) {
        ctx->prefers = ((ngx_msec_t) prefer.wait * 1000 <= wait);

    } else if (prefer.async) {
        ctx->prefers = 1;
    }

    return ctx->prefers ? (ngx_msec_t) prefer.wait * 1000 : wait;
}


/* the human's own words, masked like everything that is kept or answered */

static const char *
ngx_http_hoop_approval_denied(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    u_char      *text;
    hoop_buf_t   b;

    if (ctx->approval.reason[0] == '\0') {
        return "approval denied";
    }

    hoop_buf_init(&b, 4096);

    (void) hoop_buf_adds(&b, "approval denied: ");

    text = NULL;

    if (ngx_http_hoop_event_mask(ctx, HOOP_MASK_TEXT,
                                 hoop_cstr((char *) ctx->approval.reason), &b)
        == NGX_OK
        && hoop_buf_addc(&b, '\0') == HOOP_OK)
    {
        text = ngx_pnalloc(r->pool, b.len);

        if (text) {
            ngx_memcpy(text, b.data, b.len);
        }
    }

    hoop_buf_free(&b);

    return text ? (char *) text : "approval denied";
}


static void
ngx_http_hoop_approval_timeout(ngx_event_t *ev)
{
    ngx_http_hoop_ctx_t *ctx = ev->data;

    ctx->waited = 1;

    ngx_http_hoop_wake(ctx);
}


void
ngx_http_hoop_approval_release(ngx_http_hoop_ctx_t *ctx)
{
    if (ctx->approval.handler) {
        ngx_hoop_approval_cancel(&ctx->approval);
    }

    if (ctx->held) {
        ctx->held = 0;
        ngx_http_hoop_approval_held--;
    }
}


void
ngx_http_hoop_approval_detach(ngx_http_hoop_ctx_t *ctx)
{
    ngx_http_hoop_approval_release(ctx);

    if (ctx->timer.timer_set) {
        ngx_del_timer(&ctx->timer);
    }
}
