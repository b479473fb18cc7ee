
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A plan that is posted: read, written down, and proposed to humans.  What
 * stands in it is shown and kept, so that it must not hold what would be masked.
 */


#include "ngx_http_hoop_api.h"


static ngx_int_t ngx_http_hoop_api_plan_clean(ngx_http_hoop_api_t *api,
    hoop_str_t text);
static ngx_int_t ngx_http_hoop_api_plan_event(ngx_http_hoop_api_t *api);
static ngx_int_t ngx_http_hoop_api_plan_request(ngx_http_hoop_api_t *api,
    hoop_buf_t *b, ngx_hoop_approval_request_t *req);


ngx_int_t
ngx_http_hoop_api_plan(ngx_http_hoop_api_t *api)
{
    ngx_int_t                   rc;
    hoop_str_t                  body;
    hoop_error_t                err;
    hoop_buf_t                  b;
    ngx_http_hoop_plan_conf_t  *conf;

    conf = api->ctx->conf->plan;

    if (conf == NULL || conf->mode == NGX_HTTP_HOOP_PLAN_OFF) {
        return ngx_http_hoop_api_problem(api, NGX_HTTP_NOT_FOUND,
                                         "there is no hoop_plan here");
    }

    rc = ngx_http_hoop_api_body(api, HOOP_PLAN_MAX, &body);

    if (rc != NGX_OK) {
        return rc;
    }

    api->plan = hoop_plan_parse(body.data, body.len, &err);

    hoop_buf_init(&b, 4096);

    if (api->plan == NULL) {

        /* what was found may stand in the text */

        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

        if (ngx_http_hoop_event_mask(api->ctx, HOOP_MASK_TEXT,
                                     hoop_cstr(err.text), &b)
            == NGX_OK)
        {
            rc = ngx_http_hoop_problem(api->request, api->ctx,
                                       NGX_HTTP_BAD_REQUEST,
                                       hoop_str(b.data, b.len));
        }

        hoop_buf_free(&b);
        return rc;
    }

    rc = ngx_http_hoop_api_plan_clean(api, body);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_hoop_approval_id(api->op.id) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_hoop_api_plan_event(api);

    if (rc == NGX_OK) {
        rc = ngx_hoop_audit_commit(&api->audit);
    }

    if (rc == NGX_AGAIN) {
        api->waiting = 1;
        return NGX_AGAIN;
    }

    if (rc == NGX_OK) {
        api->audit_ok = 1;

    } else {
        ngx_hoop_audit_rollback();
    }

    return ngx_http_hoop_api_propose(api);
}


static ngx_int_t
ngx_http_hoop_api_plan_clean(ngx_http_hoop_api_t *api, hoop_str_t text)
{
    ngx_int_t   rc;
    hoop_buf_t  b;

    hoop_buf_init(&b, ngx_http_hoop_grown(text.len));

    rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    if (ngx_http_hoop_event_mask(api->ctx, HOOP_MASK_JSON, text, &b) == NGX_OK)
    {
        rc = hoop_str_eq(hoop_str(b.data, b.len), text)
             ? NGX_OK
             : ngx_http_hoop_api_problem(api, NGX_HTTP_BAD_REQUEST,
                   "the plan holds what would be masked; say it by a pattern");
    }

    hoop_buf_free(&b);

    return rc;
}


/* before Redis knows it; committed by the caller */

static ngx_int_t
ngx_http_hoop_api_plan_event(ngx_http_hoop_api_t *api)
{
    u_char              md[32], hex[64];
    hoop_buf_t         *b, text;
    hoop_event_head_t   head;

    hoop_buf_init(&text, HOOP_PLAN_KEPT);

    if (hoop_plan_text(api->plan, &text) != HOOP_OK) {
        hoop_buf_free(&text);
        return NGX_ERROR;
    }

    hoop_sha256(md, text.data, text.len);
    hoop_hex(hex, md, 32);

    hoop_buf_free(&text);

    ngx_http_hoop_event_head(api->ctx, "approval", &head);

    head.run = hoop_plan_run(api->plan);

    b = ngx_hoop_audit_event(&head);
    if (b == NULL) {
        return NGX_ERROR;
    }

    (void) hoop_event_string(b, "approval", hoop_str(api->op.id, 32));
    (void) hoop_event_string(b, "state", hoop_cstr("pending"));
    (void) hoop_event_string(b, "rule", hoop_cstr("plan"));
    (void) hoop_event_string(b, "plan", hoop_str(api->op.id, 32));
    (void) hoop_event_string(b, "plan_sha256", hoop_str(hex, 64));

    return ngx_hoop_audit_end();
}


ngx_int_t
ngx_http_hoop_api_propose(ngx_http_hoop_api_t *api)
{
    ngx_int_t                    rc;
    hoop_buf_t                   b[4];
    ngx_uint_t                   i;
    ngx_hoop_approval_request_t  req;

    if (!api->audit_ok) {
        return ngx_http_hoop_api_problem(api, NGX_HTTP_SERVICE_UNAVAILABLE,
                                         "the evidence cannot be kept");
    }

    api->step = NGX_HTTP_HOOP_API_PROPOSE;

    for (i = 0; i < 4; i++) {
        hoop_buf_init(&b[i], 65536);
    }

    rc = ngx_http_hoop_api_plan_request(api, b, &req);

    if (rc == NGX_OK) {
        rc = ngx_hoop_approval_propose(&api->op, &req);
    }

    for (i = 0; i < 4; i++) {
        hoop_buf_free(&b[i]);
    }

    if (rc == NGX_OK) {
        api->waiting = 1;
        return NGX_AGAIN;
    }

    api->op.state = NGX_HOOP_APPROVAL_ERROR;

    return ngx_http_hoop_api_proposed(api);
}


/* its spans are in the buffers: text, excluded, approvers, subject */

static ngx_int_t
ngx_http_hoop_api_plan_request(ngx_http_hoop_api_t *api, hoop_buf_t *b,
    ngx_hoop_approval_request_t *req)
{
    u_char                md[32];
    hoop_identity_t      *identity;
    const hoop_review_t  *review;

    review = &api->ctx->conf->plan->review;
    identity = api->ctx->identity;

    ngx_http_hoop_api_subject(api, &b[3]);

    if (hoop_plan_text(api->plan, &b[0]) != HOOP_OK
        || ngx_http_hoop_approval_excluded(api->ctx, &b[1]) != NGX_OK
        || ngx_http_hoop_approval_approvers(review, &b[2]) != NGX_OK
        || b[3].failed)
    {
        return NGX_ERROR;
    }

    ngx_memzero(req, sizeof(ngx_hoop_approval_request_t));

    hoop_sha256(md, b[0].data, b[0].len);
    hoop_hex(req->digest, md, 32);

    hoop_approval_plan_key(req->plan_key, hoop_str(b[3].data, b[3].len),
                           hoop_plan_run(api->plan));

    req->plan = hoop_str(b[0].data, b[0].len);
    req->excluded = hoop_str(b[1].data, b[1].len);
    req->approvers = hoop_str(b[2].data, b[2].len);
    req->requester = hoop_str(identity->json, identity->json_len);
    req->target = ngx_http_hoop_str(&api->ctx->target);
    req->method = hoop_cstr("PLAN");
    req->uri = hoop_cstr("");
    req->rule = hoop_cstr("plan");
    req->reason = hoop_plan_title(api->plan);
    req->session = hoop_str(api->ctx->session, NGX_HTTP_HOOP_SESSION);
    req->run = hoop_plan_run(api->plan);
    req->count = review->count;
    req->ttl = review->ttl;
    req->scope = HOOP_REVIEW_RUN;
    req->valid = review->valid;
    req->required = review->reason;

    return NGX_OK;
}


ngx_int_t
ngx_http_hoop_api_proposed(ngx_http_hoop_api_t *api)
{
    u_char      *p;
    ngx_str_t    uri;
    ngx_int_t    rc;
    hoop_buf_t   b;

    switch (api->op.state) {

    case NGX_HOOP_APPROVAL_PENDING:
    case NGX_HOOP_APPROVAL_APPROVED:
        break;

    case NGX_HOOP_APPROVAL_CLOSED:
        return ngx_http_hoop_api_problem(api, NGX_HTTP_CONFLICT,
                                         "this run has another plan, which "
                                         "can be cancelled");

    default:
        return ngx_http_hoop_api_problem(api, NGX_HTTP_SERVICE_UNAVAILABLE,
                                         "approvals are not available");
    }

    /* ".../plans" and perhaps a slash */

    uri = api->request->uri;

    if (uri.data[uri.len - 1] == '/') {
        uri.len--;
    }

    p = ngx_pnalloc(api->request->pool, uri.len + 1 + 32);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    (void) ngx_sprintf(p, "%V/%*s", &uri, (size_t) 32, api->op.id);

    if (ngx_http_hoop_has_control(hoop_str(p, uri.len + 33))
        || ngx_http_hoop_header_out(api->request, "Location",
                                    hoop_str(p, uri.len + 33))
           == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    hoop_buf_init(&b, 0);

    (void) hoop_buf_adds(&b, "{\"approval\":\"");
    (void) hoop_buf_add(&b, api->op.id, 32);
    (void) hoop_buf_adds(&b, api->op.state == NGX_HOOP_APPROVAL_PENDING
                             ? "\",\"state\":\"pending\",\"run\":"
                             : "\",\"state\":\"approved\",\"run\":");
    (void) hoop_buf_add_json(&b, hoop_plan_run(api->plan).data,
                             hoop_plan_run(api->plan).len);
    (void) hoop_buf_adds(&b, ",\"steps\":");
    (void) hoop_buf_addu(&b, hoop_plan_steps(api->plan));
    (void) hoop_buf_adds(&b, ",\"expires\":");
    (void) hoop_buf_addu(&b, api->op.expires);
    (void) hoop_buf_adds(&b, "}\n");

    rc = b.failed ? NGX_HTTP_INTERNAL_SERVER_ERROR
                  : ngx_http_hoop_json(api->request, NGX_HTTP_CREATED,
                                       "application/json", &b);
    hoop_buf_free(&b);

    return rc;
}


void
ngx_http_hoop_api_subject(ngx_http_hoop_api_t *api, hoop_buf_t *b)
{
    hoop_identity_t  *identity;

    identity = api->ctx->identity;

    (void) hoop_buf_add(b, identity->issuer.data, identity->issuer.len);
    (void) hoop_buf_addc(b, ' ');
    (void) hoop_buf_add(b, identity->sub.data, identity->sub.len);
}


/* from memory or a file: it is small */

ngx_int_t
ngx_http_hoop_api_body(ngx_http_hoop_api_t *api, size_t max, hoop_str_t *body)
{
    u_char              *p, *start;
    off_t                len;
    size_t               n;
    ngx_buf_t           *b;
    ngx_chain_t         *cl, *bufs;
    ngx_http_request_t  *r;

    r = api->request;
    bufs = r->request_body ? r->request_body->bufs : NULL;

    *body = hoop_str(NULL, 0);
    len = 0;

    for (cl = bufs; cl; cl = cl->next) {
        len += ngx_buf_size(cl->buf);

        if (len > (off_t) max) {
            return ngx_http_hoop_api_problem(api,
                                         NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                         "the body is too large");
        }
    }

    if (len == 0) {
        return NGX_OK;
    }

    start = ngx_pnalloc(r->pool, len);
    if (start == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = start;

    for (cl = bufs; cl; cl = cl->next) {
        b = cl->buf;
        n = ngx_buf_size(b);

        if (!ngx_buf_in_memory(b)) {

            if (n && ngx_read_file(b->file, p, n, b->file_pos) != (ssize_t) n) {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            p += n;

        } else if (n) {
            p = ngx_cpymem(p, b->pos, n);
        }
    }

    *body = hoop_str(start, len);

    return NGX_OK;
}
