
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What an answer may hold at most, as the rule that has let the request pass
 * says ("limits").  It is counted as the target gives it, inflated and before
 * it is masked: what is known beforehand is answered 502 in place of it, by
 * the header filter, and what only turns out on the way is cut there, by the
 * body filter, so that the client does not take it for whole.
 */


#include "ngx_http_hoop.h"


static ngx_int_t ngx_http_hoop_limit_rows(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_limit_reached(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, const char *limit);


ngx_int_t
ngx_http_hoop_limit_header(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    const hoop_limits_t  *limits;

    limits = ctx->verdict.limits;

    ctx->limit.bytes = 0;
    ctx->limit.rows = NULL;
    ctx->limit.reached = NULL;

    if (limits == NULL || r->header_only || r->method == NGX_HTTP_HEAD
        || r->headers_out.status == NGX_HTTP_NO_CONTENT
        || r->headers_out.status == NGX_HTTP_NOT_MODIFIED)
    {
        return NGX_OK;
    }

    if (limits->response && r->headers_out.content_length_n > 0
        && (uint64_t) r->headers_out.content_length_n > limits->response)
    {
        ctx->limit.reached = "response";
        ctx->blocked = "the answer is larger than its rule allows";
        return NGX_ERROR;
    }

    if (limits->rows.max && r->headers_out.content_length_n != 0) {
        return ngx_http_hoop_limit_rows(r, ctx);
    }

    return NGX_OK;
}


/*
 * What is not JSON has rows that nobody counts.  But a page of nginx's own, for
 * an error before any target has answered, has none.
 */

static ngx_int_t
ngx_http_hoop_limit_rows(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    int  lines;

    if (r->headers_out.status >= NGX_HTTP_SPECIAL_RESPONSE
        && (r->upstream == NULL || r->upstream->headers_in.status_n == 0))
    {
        return NGX_OK;
    }

    if (hoop_rows_type(ngx_http_hoop_str(&r->headers_out.content_type), &lines)
        != HOOP_OK)
    {
        ctx->limit.reached = "rows";
        ctx->blocked = "the answer is not JSON, and its rows cannot be counted";
        return NGX_ERROR;
    }

    ctx->limit.rows = ngx_palloc(r->pool, sizeof(hoop_rows_t));
    if (ctx->limit.rows == NULL) {
        ctx->blocked = "no memory to count its rows";
        return NGX_ERROR;
    }

    hoop_rows_init(ctx->limit.rows, &ctx->verdict.limits->rows, lines);

    return NGX_OK;
}


ngx_int_t
ngx_http_hoop_limit_body(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    const u_char *p, size_t len)
{
    const hoop_limits_t  *limits;

    limits = ctx->verdict.limits;

    if (limits == NULL) {
        return NGX_OK;
    }

    ctx->limit.bytes += len;

    if (limits->response && ctx->limit.bytes > limits->response) {
        return ngx_http_hoop_limit_reached(r, ctx, "response");
    }

    if (ctx->limit.rows == NULL) {
        return NGX_OK;
    }

    switch (hoop_rows_feed(ctx->limit.rows, p, len)) {

    case HOOP_OK:
        return NGX_OK;

    case HOOP_LIMIT:
        return ngx_http_hoop_limit_reached(r, ctx, "rows");

    default:
        ctx->limit.reached = "rows";

        ngx_http_hoop_log(NGX_LOG_ERR, r, "the rows of the answer cannot be "
                          "counted, it is no JSON or nested too deep, and is "
                          "cut, session %*s", (size_t) NGX_HTTP_HOOP_SESSION,
                          ctx->session);

        return NGX_ERROR;
    }
}


static ngx_int_t
ngx_http_hoop_limit_reached(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    const char *limit)
{
    ctx->limit.reached = limit;

    ngx_http_hoop_log(NGX_LOG_ERR, r, "the answer has reached the limit "
                      "\"%s\" of the rule \"%*s\" and is cut, session %*s",
                      limit, ctx->verdict.rule.len, ctx->verdict.rule.data,
                      (size_t) NGX_HTTP_HOOP_SESSION, ctx->session);

    return NGX_ERROR;
}
