
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The judging of a request, two steps of the way that ngx_http_hoop_access.c
 * tells: whether policy needs the body, and what it decides.  The request as
 * policy sees it is made here, and nowhere else.
 */


#include "ngx_http_hoop.h"


static void ngx_http_hoop_policy_source(struct sockaddr *sockaddr,
    hoop_policy_request_t *req);
static ngx_int_t ngx_http_hoop_policy_ambiguous(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_policy_sql(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);


void
ngx_http_hoop_policy_request(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_policy_request_t *req)
{
    ngx_memzero(req, sizeof(hoop_policy_request_t));

    req->identity = ctx->identity;
    req->method = ngx_http_hoop_str(&r->method_name);
    req->host = ngx_http_hoop_str(&r->headers_in.server);
    req->path = ngx_http_hoop_str(&r->uri);
    req->args = ngx_http_hoop_str(&r->args);
    req->body = ctx->body_read ? ctx->body_kind
                : ngx_http_hoop_has_body(r) ? HOOP_BODY_UNREAD
                : HOOP_BODY_NONE;
    req->body_json = ctx->body_json;
    req->body_text = ctx->body_text;
    req->header = ngx_http_hoop_header;
    req->header_ctx = r;
    req->now = ngx_time();
    req->mcp = &ctx->mcp;

    ngx_http_hoop_policy_source(r->connection->sockaddr, req);
}


/* the client as the realip module, if it is there, has left it */

static void
ngx_http_hoop_policy_source(struct sockaddr *sockaddr,
    hoop_policy_request_t *req)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    switch (sockaddr->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) sockaddr;
        req->address[10] = 0xff;
        req->address[11] = 0xff;
        ngx_memcpy(req->address + 12, &sin->sin_addr.s_addr, 4);
        req->address_set = 1;
        break;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sockaddr;
        ngx_memcpy(req->address, sin6->sin6_addr.s6_addr, 16);
        req->address_set = 1;
        break;
#endif

    default:
        break;
    }
}


/* the other step before policy is asked: see hoop_request_ambiguous() */

static ngx_int_t
ngx_http_hoop_policy_ambiguous(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx)
{
    hoop_str_t              raw;
    const char             *what, *why;
    hoop_policy_request_t   req;

    ngx_http_hoop_policy_request(r, ctx, &req);

    /* a path that was rewritten is not made of what was asked for */

    raw = r->valid_unparsed_uri ? ngx_http_hoop_str(&r->unparsed_uri)
                                : hoop_str(NULL, 0);

    what = hoop_request_ambiguous(&req, raw, &why);

    if (what == NULL) {
        return NGX_OK;
    }

    if (why != NULL) {
        ngx_http_hoop_log(NGX_LOG_INFO, r, "ambiguous path: %s, session %*s",
                          why, (size_t) NGX_HTTP_HOOP_SESSION, ctx->session);
    }

    return ngx_http_hoop_refuse_text(r, ctx, NGX_HTTP_BAD_REQUEST, what);
}


/* the body is read first if a rule that could still match looks at it */

ngx_int_t
ngx_http_hoop_policy_body(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t               rc;
    ngx_uint_t              planned;
    ngx_array_t            *policies;
    hoop_request_body_e     reads;
    hoop_policy_request_t   req;

    if (ctx->conf->api) {
        ctx->state = NGX_HTTP_HOOP_PASSED;
        return NGX_DECLINED;
    }

    rc = ngx_http_hoop_policy_ambiguous(r, ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx->exchange) {
        rc = ngx_http_hoop_exchange_identified(ctx);

        return (rc == NGX_OK) ? NGX_DECLINED
               : ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);
    }

    policies = ctx->conf->policies;

    if (!ctx->body_read && policies && ngx_http_hoop_has_body(r)) {

        planned = ngx_http_hoop_plan_concerns(r, ctx, 1);
        ngx_http_hoop_policy_request(r, ctx, &req);

        reads = hoop_request_body(policies->elts, policies->nelts, &req,
                                  r->headers_in.chunked ? -1
                                  : r->headers_in.content_length_n,
                                  ctx->conf->body_max);

        if (planned && reads == HOOP_REQUEST_UNREAD) {
            reads = (r->headers_in.content_length_n
                     > (off_t) ctx->conf->body_max) ? HOOP_REQUEST_LARGE
                                                    : HOOP_REQUEST_READ;
        }

        if (reads == HOOP_REQUEST_LARGE) {
            return ngx_http_hoop_refuse_text(r, ctx,
                                    NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                    "the body is larger than policy reads");
        }

        if (reads == HOOP_REQUEST_READ) {
            ctx->after_body = NGX_HTTP_HOOP_POLICY;
            ctx->state = NGX_HTTP_HOOP_BODY_WAIT;

            rc = ngx_http_hoop_body_read(r, ctx, ctx->conf->body_max);

            if (rc != NGX_DONE) {
                return ngx_http_hoop_refuse_text(r, ctx, rc,
                                                 "the body could not be read");
            }

            return NGX_DONE;
        }
    }

    ctx->state = NGX_HTTP_HOOP_POLICY;

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_hoop_policy_decide(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_uint_t                  status;
    ngx_array_t                *policies;
    hoop_policy_request_t       req;
    ngx_http_hoop_main_conf_t  *hmcf;

    policies = ctx->conf->policies;

    if (ctx->body_read) {
        if (ctx->body_failed) {
            return ngx_http_hoop_refuse_text(r, ctx, NGX_HTTP_BAD_REQUEST,
                                             "the body could not be read");
        }

        if (ctx->body_truncated && ctx->after_body == NGX_HTTP_HOOP_POLICY) {
            return ngx_http_hoop_refuse_text(r, ctx,
                                    NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                    "the body is larger than policy reads");
        }

        ngx_http_hoop_body_judge(r, ctx);
    }

    ngx_http_hoop_policy_request(r, ctx, &req);

    hoop_policy_evaluate(policies ? policies->elts : NULL,
                         policies ? policies->nelts : 0, &req, &ctx->verdict);

    if (policies && ngx_http_hoop_policy_sql(r, ctx) != NGX_OK) {
        return ngx_http_hoop_refuse_text(r, ctx, NGX_HTTP_SERVICE_UNAVAILABLE,
                                         "the evidence cannot be kept");
    }

    if (ctx->verdict.record != HOOP_RECORD_UNSET) {
        ctx->record = ctx->verdict.record;
    }

    status = hoop_request_status(&ctx->verdict);

    if (status != 0) {
        return ngx_http_hoop_refuse(r, ctx, status, ctx->verdict.reason);
    }

    if (ctx->verdict.credential.len) {
        hmcf = ngx_http_get_module_main_conf(r, ngx_http_hoop_module);

        ctx->credential = ngx_http_hoop_find_credential(hmcf,
                                                     ctx->verdict.credential);
        if (ctx->credential == NULL) {
            return ngx_http_hoop_refuse_text(r, ctx,
                                   NGX_HTTP_SERVICE_UNAVAILABLE,
                                   "the rule's credential is not configured");
        }

    } else {
        ctx->credential = ctx->conf->credential;
    }

    return NGX_DECLINED;
}


/* the policies hold it until the next request only */

static ngx_int_t
ngx_http_hoop_policy_sql(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    int          rc;
    u_char      *p;
    unsigned     omitted;
    hoop_buf_t   b;

    hoop_buf_init(&b, HOOP_EVENT_MAX / 2);

    rc = hoop_policy_sql(ctx->conf->policies->elts,
                         ctx->conf->policies->nelts, &b, &omitted);

    if (rc == HOOP_OK) {
        p = ngx_pnalloc(r->pool, b.len);

        if (p == NULL) {
            rc = HOOP_NOMEM;

        } else {
            ngx_memcpy(p, b.data, b.len);
            ctx->sql = hoop_str(p, b.len);
            ctx->sql_omitted = omitted;
        }
    }

    hoop_buf_free(&b);

    return (rc == HOOP_OK || rc == HOOP_DECLINED) ? NGX_OK : NGX_ERROR;
}
