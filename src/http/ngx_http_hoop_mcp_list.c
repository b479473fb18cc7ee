
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Lists in the answers of an MCP server: an entry stays if the caller could be
 * allowed to use it (hoop_mcp_list.h, hoop_policy_list.h).  The body filter has
 * all of an answer pass here before it is masked and recorded.
 *
 * What cannot be filtered is not sent.  Before the header that is a 502; behind
 * it a JSON-RPC error stands where the list would have been, and the rest of
 * the answer is dropped.  On a stream that nobody has asked for anything by,
 * there is no id to answer to, and it is cut.
 */


#include "ngx_http_hoop.h"

#include "../core/hoop_policy_list.h"


static ngx_uint_t ngx_http_hoop_mcp_list_resumed(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static void ngx_http_hoop_mcp_list_cleanup(void *data);
static int ngx_http_hoop_mcp_list_judged(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, const u_char *p, size_t len, ngx_uint_t end);
static ngx_int_t ngx_http_hoop_mcp_list_refuse(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, const char *why);


/*
 * What a rule asks for, where a list is asked for, or where it is not known
 * what is.  An answer may come by another way than its question: a stream that
 * is opened by GET can be that of a request before (Last-Event-ID), so that it
 * is filtered where lists that are asked for are.
 */

ngx_uint_t
ngx_http_hoop_mcp_list_wanted(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_uint_t       i;
    hoop_mcp_list_e  list;

    if (ctx->conf->policies == NULL || ctx->verdict.list == HOOP_LIST_PASS) {
        return 0;
    }

    if (ctx->verdict.list == HOOP_LIST_FILTER) {

        if (!ctx->mcp.asked || ctx->mcp.mcp.code != 0) {
            return 1;
        }

        for (i = 0; i < ctx->mcp.mcp.n; i++) {
            if (hoop_mcp_list_method(ctx->mcp.mcp.messages[i].method, &list)
                == HOOP_OK)
            {
                return 1;
            }
        }

        return 0;
    }

    return ngx_http_hoop_mcp_list_resumed(r, ctx);
}


/* a stream on which a list could come that this caller has asked for before */

static ngx_uint_t
ngx_http_hoop_mcp_list_resumed(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx)
{
    int                     filters;
    ngx_uint_t              i;
    hoop_policy_t         **policy;
    hoop_policy_list_t      could;
    hoop_policy_request_t   req;

    if (r->method != NGX_HTTP_GET
        || hoop_mask_mode(ngx_http_hoop_str(&r->headers_out.content_type))
           != HOOP_MASK_SSE)
    {
        return 0;
    }

    policy = ctx->conf->policies->elts;

    for (i = 0; i < ctx->conf->policies->nelts; i++) {

        if (!hoop_policy_filters_lists(policy[i])) {
            continue;
        }

        ngx_http_hoop_policy_request(r, ctx, &req);

        hoop_policy_list_begin(&could, policy, ctx->conf->policies->nelts,
                               &req);
        filters = hoop_policy_list_filters(&could);
        hoop_policy_list_end(&could);

        return filters;
    }

    return 0;
}


ngx_int_t
ngx_http_hoop_mcp_list_header(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_mask_mode_e mode, ngx_uint_t coded)
{
    int                        lines;
    ngx_pool_cleanup_t        *cln;
    ngx_http_hoop_mcp_list_t  *ml;

    ctx->mcp_list = NULL;

    if (r->header_only || r->method == NGX_HTTP_HEAD
        || r->headers_out.status == NGX_HTTP_NO_CONTENT
        || r->headers_out.status == NGX_HTTP_NOT_MODIFIED
        || r->headers_out.content_length_n == 0
        || !ngx_http_hoop_mcp_list_wanted(r, ctx))
    {
        return NGX_OK;
    }

    if (mode != HOOP_MASK_SSE
        && (hoop_rows_type(ngx_http_hoop_str(&r->headers_out.content_type),
                           &lines)
            != HOOP_OK
            || lines))
    {
        if (r->headers_out.status >= NGX_HTTP_SPECIAL_RESPONSE) {
            /* a page, and no message */

            return NGX_OK;
        }

        ctx->blocked = "the answer is neither JSON nor an event stream, and "
                       "its lists cannot be filtered";
        return NGX_ERROR;
    }

    if (mode != HOOP_MASK_SSE && !coded
        && r->headers_out.content_length_n > HOOP_MCP_LIST_MAX)
    {
        ctx->blocked = "the answer is larger than is read for a list";
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_hoop_mcp_list_t));
    if (cln == NULL) {
        ctx->blocked = "no memory to filter its lists";
        return NGX_ERROR;
    }

    ml = cln->data;
    ngx_memzero(ml, sizeof(ngx_http_hoop_mcp_list_t));

    hoop_mcp_list_init(&ml->list, mode == HOOP_MASK_SSE,
                       hoop_policy_list_keep, NULL);

    cln->handler = ngx_http_hoop_mcp_list_cleanup;
    ctx->mcp_list = ml;

    return NGX_OK;
}


static void
ngx_http_hoop_mcp_list_cleanup(void *data)
{
    ngx_http_hoop_mcp_list_t *ml = data;

    hoop_mcp_list_free(&ml->list);
}


ngx_int_t
ngx_http_hoop_mcp_list_body(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    const u_char *p, size_t len)
{
    int                        rc;
    ngx_http_hoop_mcp_list_t  *ml;

    ml = ctx->mcp_list;

    if (ml->refused) {
        return NGX_OK;
    }

    rc = ngx_http_hoop_mcp_list_judged(r, ctx, p, len, 0);

    return (rc == HOOP_OK) ? NGX_OK
           : ngx_http_hoop_mcp_list_refuse(r, ctx, (rc == HOOP_NOMEM)
                                           ? "no memory" : ml->list.why);
}


ngx_int_t
ngx_http_hoop_mcp_list_end(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    int                        rc;
    ngx_http_hoop_mcp_list_t  *ml;

    ml = ctx->mcp_list;

    if (ml == NULL || ml->ended) {
        return NGX_OK;
    }

    ml->ended = 1;

    if (ml->refused) {
        return NGX_OK;
    }

    rc = ngx_http_hoop_mcp_list_judged(r, ctx, NULL, 0, 1);

    return (rc == HOOP_OK) ? NGX_OK
           : ngx_http_hoop_mcp_list_refuse(r, ctx, (rc == HOOP_NOMEM)
                                           ? "no memory" : ml->list.why);
}


/* the policies are others' as soon as this has returned */

static int
ngx_http_hoop_mcp_list_judged(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    const u_char *p, size_t len, ngx_uint_t end)
{
    int                     rc;
    hoop_mcp_list_t        *list;
    hoop_policy_list_t      could;
    hoop_policy_request_t   req;

    list = &ctx->mcp_list->list;

    ngx_http_hoop_policy_request(r, ctx, &req);

    hoop_policy_list_begin(&could, ctx->conf->policies->elts,
                           ctx->conf->policies->nelts, &req);
    list->ctx = &could;

    rc = end ? hoop_mcp_list_end(list) : hoop_mcp_list_feed(list, p, len);

    list->ctx = NULL;
    hoop_policy_list_end(&could);

    return rc;
}


static ngx_int_t
ngx_http_hoop_mcp_list_refuse(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    const char *why)
{
    hoop_buf_t                *out;
    ngx_http_hoop_mcp_list_t  *ml;

    ml = ctx->mcp_list;
    ml->refused = why;

    ngx_http_hoop_log(NGX_LOG_ERR, r, "the lists of the answer cannot be "
                      "filtered: %s, session %*s", why,
                      (size_t) NGX_HTTP_HOOP_SESSION, ctx->session);

    out = &ml->list.out;

    if (ml->list.stream) {

        if (!ngx_http_hoop_mcp_asks(ctx)) {
            return NGX_ERROR;
        }

        (void) hoop_buf_adds(out, "data: ");
    }

    ngx_http_hoop_mcp_errors(r, ctx, out, hoop_cstr(why),
                             NGX_HTTP_BAD_GATEWAY);

    (void) hoop_buf_adds(out, ml->list.stream ? "\n\n" : "\n");

    return out->failed ? NGX_ERROR : NGX_OK;
}


void
ngx_http_hoop_mcp_list_event(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *event)
{
    hoop_buf_t                 b;
    ngx_http_hoop_mcp_list_t  *ml;

    ml = ctx->mcp_list;

    if (ml == NULL) {
        return;
    }

    hoop_buf_init(&b, 4096);

    (void) hoop_buf_adds(&b, "{\"kept\":");
    (void) hoop_buf_addu(&b, ml->list.kept);
    (void) hoop_buf_adds(&b, ",\"removed\":");
    (void) hoop_buf_addu(&b, ml->list.removed);

    if (ml->refused) {
        (void) hoop_buf_adds(&b, ",\"refused\":");
        (void) hoop_buf_add_json(&b, (u_char *) ml->refused,
                                 ngx_strlen(ml->refused));
    }

    (void) hoop_buf_addc(&b, '}');

    if (b.failed) {
        event->failed = 1;

    } else {
        (void) hoop_event_raw(event, "mcp_list", hoop_str(b.data, b.len));
    }

    hoop_buf_free(&b);
}
