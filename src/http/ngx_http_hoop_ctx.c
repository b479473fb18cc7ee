
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The context of a request.  It lives in the request's pool and is found again,
 * after an internal redirect has wiped r->ctx, through its pool cleanup.  Two
 * cleanups: the request's detaches whatever is pending (at termination, before
 * the log phase), the pool's frees (after it).
 */


#include "ngx_http_hoop.h"

#include <openssl/rand.h>


static void ngx_http_hoop_free(void *data);
static ngx_int_t ngx_http_hoop_session(ngx_http_hoop_ctx_t *ctx);


ngx_http_hoop_ctx_t *
ngx_http_hoop_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t   *cln;
    ngx_http_hoop_ctx_t  *ctx;

    r = r->main;

    ctx = ngx_http_get_module_ctx(r, ngx_http_hoop_module);

    if (ctx || (!r->internal && !r->filter_finalize)) {
        return ctx;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_hoop_free) {
            ctx = cln->data;
            ngx_http_set_ctx(r, ctx, ngx_http_hoop_module);
            return ctx;
        }
    }

    return NULL;
}


/* the page of a refusal is no answer of a target: it may be shown */

void
ngx_http_hoop_subrequest_refuse(ngx_http_request_t *r)
{
    static ngx_uint_t  mark;

    ngx_http_set_ctx(r, &mark, ngx_http_hoop_module);
}


ngx_uint_t
ngx_http_hoop_subrequest_refused(ngx_http_request_t *r)
{
    return r != r->main
           && ngx_http_get_module_ctx(r, ngx_http_hoop_module) != NULL;
}


ngx_http_hoop_ctx_t *
ngx_http_hoop_create_ctx(ngx_http_request_t *r)
{
    ngx_http_cleanup_t   *hcln;
    ngx_pool_cleanup_t   *cln;
    ngx_http_hoop_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_hoop_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_hoop_ctx_t));

    ctx->request = r;
    ctx->start = ngx_current_msec;

    cln->handler = ngx_http_hoop_free;

    hcln = ngx_http_cleanup_add(r, 0);
    if (hcln == NULL) {
        return NULL;
    }

    hcln->handler = ngx_http_hoop_detach;
    hcln->data = ctx;

    if (ngx_http_hoop_session(ctx) != NGX_OK) {
        return NULL;
    }

    ngx_http_set_ctx(r, ctx, ngx_http_hoop_module);

    return ctx;
}


/* random bytes are drawn in bulk: one call of the generator costs 1 us */

static ngx_int_t
ngx_http_hoop_session(ngx_http_hoop_ctx_t *ctx)
{
    static u_char  random[4096];
    static size_t  left;
    static pid_t   pid;

    if (left == 0 || pid != ngx_pid) {
        if (RAND_bytes(random, sizeof(random)) != 1) {
            return NGX_ERROR;
        }

        left = sizeof(random);
        pid = ngx_pid;
    }

    left -= 16;

    ngx_memcpy(ctx->session, "hs_", 3);
    hoop_hex(ctx->session + 3, random + left, 16);

    return NGX_OK;
}


void
ngx_http_hoop_wake(ngx_http_hoop_ctx_t *ctx)
{
    ngx_post_event(ctx->request->connection->write, &ngx_posted_events);
}


void
ngx_http_hoop_detach(void *data)
{
    ngx_http_hoop_ctx_t *ctx = data;

    ngx_http_hoop_keys_detach(ctx);
    ngx_http_hoop_revocation_detach(ctx);
    ngx_http_hoop_limit_detach(ctx);
    ngx_http_hoop_approval_detach(ctx);

    if (ctx->audit.waiting) {
        ngx_hoop_audit_cancel(&ctx->audit);
    }
}


static void
ngx_http_hoop_free(void *data)
{
    ngx_http_hoop_ctx_t *ctx = data;

    ngx_http_hoop_detach(ctx);

    if (ctx->identity) {
        hoop_identity_unref(ctx->identity);
        ctx->identity = NULL;
    }

    if (ctx->body_json) {
        json_decref(ctx->body_json);
        ctx->body_json = NULL;
    }

    hoop_policy_mcp_free(&ctx->mcp);

    hoop_buf_free(&ctx->body);
    hoop_buf_free(&ctx->recorded);
}
