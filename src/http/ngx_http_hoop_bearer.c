
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The token of a request: a bearer's (RFC 6750, 2.1), or one that comes with a
 * proof of possession (RFC 9449, 7.1).
 */


#include "ngx_http_hoop.h"


static ngx_int_t ngx_http_hoop_find_token(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);


ngx_int_t
ngx_http_hoop_token(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    if (ctx->token_status == 0) {
        ctx->token_status = ngx_http_hoop_find_token(r, ctx);
        ctx->token_error = ctx->error;

        ngx_http_hoop_proof_take(r, ctx);

        if (ctx->conf->mode == NGX_HTTP_HOOP_ON || ctx->conf->api) {
            ngx_http_hoop_headers_hide(r, ctx);
        }
    }

    ctx->error = ctx->token_error;

    return (ctx->token_status == NGX_HTTP_OK) ? NGX_OK : ctx->token_status;
}


/* exactly one: of two, we and the target might read different ones */

static ngx_int_t
ngx_http_hoop_find_token(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    u_char      *p, *end, *last;
    ngx_int_t    rc;
    hoop_str_t   value;

    static const hoop_str_t  name = hoop_string("authorization");

    rc = ngx_http_hoop_header(r, name, &value);

    if (rc == HOOP_DECLINED) {
        ctx->error = NULL;
        return NGX_HTTP_UNAUTHORIZED;
    }

    if (rc != HOOP_OK) {
        ctx->error = "more than one Authorization header";
        return NGX_HTTP_BAD_REQUEST;
    }

    p = (u_char *) value.data;
    last = p + value.len;

    for (end = p; end < last && *end != ' '; end++) {
        /* void */
    }

    if (end - p == 4 && ngx_strncasecmp(p, (u_char *) "DPoP", 4) == 0) {
        ctx->dpop = 1;

    } else if (end - p != 6 || ngx_strncasecmp(p, (u_char *) "Bearer", 6) != 0)
    {
        /* another scheme: as if there were no token */

        ctx->error = NULL;
        return NGX_HTTP_UNAUTHORIZED;
    }

    p = end;

    while (p < last && *p == ' ') {
        p++;
    }

    while (last > p && last[-1] == ' ') {
        last--;
    }

    if (p == last) {
        ctx->error = "the token is empty";
        return NGX_HTTP_BAD_REQUEST;
    }

    if (memchr(p, ' ', last - p) || memchr(p, ',', last - p)) {
        ctx->error = "more than one token";
        return NGX_HTTP_BAD_REQUEST;
    }

    ctx->token.data = p;
    ctx->token.len = last - p;

    return NGX_HTTP_OK;
}
