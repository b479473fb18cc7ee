
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The token of a request: a bearer's (RFC 6750, 2), or one that comes with a
 * proof of possession (RFC 9449, 7.1), in an Authorization header unless the
 * location knows other places (ngx_http_hoop_source.c).
 *
 * Exactly one: of two, we and the target might read different ones.  One in
 * Authorization counts even where the location does not look for it there.
 *
 * It is looked for and hidden when the request comes into a location, before
 * anything else of the request is evaluated.  After an internal redirect there
 * is nothing new to be found but by other sources: then it is one too many.
 */


#include "ngx_http_hoop.h"


static ngx_int_t ngx_http_hoop_token_find(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_str_t *token);
static ngx_int_t ngx_http_hoop_token_sources(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_str_t *token);
static ngx_int_t ngx_http_hoop_token_authorization(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_str_t *token);
static ngx_int_t ngx_http_hoop_token_set(ngx_http_hoop_ctx_t *ctx,
    hoop_str_t value, ngx_str_t *token);


ngx_int_t
ngx_http_hoop_token_take(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t   status;
    ngx_str_t   token;
    ngx_uint_t  first;

    if (ctx->conf->signer) {

        /* it is in the body: ngx_http_hoop_exchange.c */

        return NGX_OK;
    }

    first = (ctx->token_status == 0);

    if (first
        || (ctx->conf->sources && ctx->token_status != NGX_HTTP_BAD_REQUEST))
    {
        status = ngx_http_hoop_token_find(r, ctx, &token);

        if (status == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (ctx->token.len && status == NGX_HTTP_OK
            && (token.len != ctx->token.len
                || ngx_memcmp(token.data, ctx->token.data, token.len) != 0))
        {
            ctx->error = "more than one token";
            status = NGX_HTTP_BAD_REQUEST;
        }

        /* none is no news */

        if (first || status != NGX_HTTP_UNAUTHORIZED) {
            ctx->token_status = status;
            ctx->token_error = ctx->error;
        }

        if (status == NGX_HTTP_OK) {
            ctx->token = token;
        }

        ctx->error = NULL;
    }

    if (first) {
        ngx_http_hoop_proof_take(r, ctx);
    }

    if ((ctx->conf->mode == NGX_HTTP_HOOP_ON || ctx->conf->api)
        && !ctx->hidden)
    {
        return ngx_http_hoop_headers_hide(r, ctx);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_hoop_token(ngx_http_hoop_ctx_t *ctx)
{
    ctx->error = ctx->token_error;

    return (ctx->token_status == NGX_HTTP_OK) ? NGX_OK : ctx->token_status;
}


/* a status, 200 if there is one, or NGX_ERROR */

static ngx_int_t
ngx_http_hoop_token_find(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_str_t *token)
{
    ctx->error = NULL;

    return ctx->conf->sources
           ? ngx_http_hoop_token_sources(r, ctx, token)
           : ngx_http_hoop_token_authorization(r, ctx, token);
}


static ngx_int_t
ngx_http_hoop_token_sources(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_str_t *token)
{
    size_t      n;
    ngx_int_t   status;
    hoop_str_t  value;
    ngx_uint_t  listed;

    if (ngx_http_hoop_source_find(r, ctx, &value, &n, &listed) != NGX_OK) {
        return NGX_ERROR;
    }

    status = ngx_http_hoop_token_authorization(r, ctx, token);

    if (n == 0) {

        if (status == NGX_HTTP_OK && !listed) {
            ctx->dpop = 0;
            return NGX_HTTP_UNAUTHORIZED;
        }

        return status;
    }

    if (n > 1 || status != NGX_HTTP_UNAUTHORIZED) {

        /* if Authorization itself is wrong, that is the word */

        if (ctx->error == NULL) {
            ctx->error = "more than one token";
        }

        return NGX_HTTP_BAD_REQUEST;
    }

    return ngx_http_hoop_token_set(ctx, value, token);
}


static ngx_int_t
ngx_http_hoop_token_authorization(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_str_t *token)
{
    u_char      *p, *end, *last;
    ngx_int_t    rc;
    hoop_str_t   value;

    static const hoop_str_t  name = hoop_string("authorization");

    rc = ngx_http_hoop_header(r, name, &value);

    if (rc == HOOP_DECLINED) {
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

        return NGX_HTTP_UNAUTHORIZED;
    }

    return ngx_http_hoop_token_set(ctx, hoop_str(end, last - end), token);
}


static ngx_int_t
ngx_http_hoop_token_set(ngx_http_hoop_ctx_t *ctx, hoop_str_t value,
    ngx_str_t *token)
{
    u_char  *p, *last;

    p = (u_char *) value.data;
    last = p + value.len;

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

    token->data = p;
    token->len = last - p;

    return NGX_HTTP_OK;
}
