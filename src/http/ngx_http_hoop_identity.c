
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Who is calling: the check of a token.  In this order:
 *
 *     the worker's cache   has the identity: nothing is left to do
 *     the shared zone      knows which key has verified the signature; if the
 *                          issuer still has that key, the token is parsed and
 *                          its claims are checked, as for a new one
 *     the issuer's keys    verify the signature
 *
 * A token that is seen for the first time is put into the zone, and into the
 * cache when it is seen again: most of a stream of tokens that are used once
 * would only turn out others, and cost more than their signatures by it.
 */


#include "ngx_http_hoop.h"


static ngx_int_t ngx_http_hoop_verify_token(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_jwt_t *jwt, const u_char key[32]);
static hoop_jwt_e ngx_http_hoop_signature(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_jwt_t *jwt, hoop_jwks_t *keys,
    const u_char key[32], uint64_t *id, ngx_uint_t *known);
static hoop_jwt_e ngx_http_hoop_name_actors(ngx_http_request_t *r,
    hoop_jwt_t *jwt);
static hoop_jwt_e ngx_http_hoop_name_actor(ngx_http_request_t *r, json_t *act);


ngx_int_t
ngx_http_hoop_verify(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    u_char     *key;
    hoop_jwt_t  jwt;
    hoop_jwt_e  e;
    ngx_int_t   rc;

    key = ctx->token_sha256;

    hoop_sha256(key, ctx->token.data, ctx->token.len);

    rc = ngx_http_hoop_session_verify(r, ctx);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    ctx->identity = ngx_http_hoop_cache_get(key, &ctx->issuer);

    if (ctx->identity) {
        return NGX_OK;
    }

    e = hoop_jwt_parse_known(&jwt, ctx->token.data, ctx->token.len,
                             ngx_http_hoop_cache_headers());

    if (e != HOOP_JWT_OK) {
        ctx->error = hoop_jwt_strerror(e);
        rc = NGX_HTTP_UNAUTHORIZED;

    } else {
        rc = ngx_http_hoop_verify_token(r, ctx, &jwt, key);
    }

    hoop_jwt_clear(&jwt);

    return rc;
}


static ngx_int_t
ngx_http_hoop_verify_token(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_jwt_t *jwt, const u_char key[32])
{
    uint64_t       id;
    hoop_str_t     name;
    hoop_jwt_e     e;
    ngx_uint_t     generation, known;
    hoop_jwks_t   *keys;

    ctx->issuer = ngx_http_hoop_issuer_find(r, jwt->issuer);

    if (ctx->issuer == NULL
        || !hoop_jwt_issued_by(jwt, &ctx->issuer->rules))
    {
        ctx->error = hoop_jwt_strerror(HOOP_JWT_ISSUER);
        return NGX_HTTP_UNAUTHORIZED;
    }

    keys = ngx_http_hoop_keys_get(ctx->issuer, &generation);

    if (ngx_http_hoop_keys_refetch(ctx->issuer, 0)
        && ngx_http_hoop_keys_wait(ctx) == NGX_AGAIN)
    {
        return NGX_AGAIN;
    }

    if (keys == NULL) {
        ctx->error = "the issuer's keys cannot be had";
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    e = ngx_http_hoop_signature(r, ctx, jwt, keys, key, &id, &known);

    if (e == HOOP_JWT_NO_KEY
        && ngx_http_hoop_keys_refetch(ctx->issuer, 1)
        && ngx_http_hoop_keys_wait(ctx) == NGX_AGAIN)
    {
        return NGX_AGAIN;
    }

    if (e == HOOP_JWT_OK) {
        e = hoop_jwt_check(jwt, &ctx->issuer->rules, ngx_time());
    }

    if (e == HOOP_JWT_PROOF) {

        /* all else is well, and what is bound is proved with each request */

        e = HOOP_JWT_OK;
    }

    if (e == HOOP_JWT_OK) {
        e = ngx_http_hoop_name_actors(r, jwt);
    }

    if (e == HOOP_JWT_NO_KEY && ngx_http_hoop_keys_failing(ctx->issuer)) {
        ctx->error = "the issuer's keys cannot be had";
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (e == HOOP_JWT_INTERNAL) {
        ctx->error = hoop_jwt_strerror(e);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (e != HOOP_JWT_OK) {
        ctx->error = hoop_jwt_strerror(e);
        return NGX_HTTP_UNAUTHORIZED;
    }

    if (ngx_http_hoop_exchange_origin(r, ctx->issuer, jwt, &name) != NGX_OK) {
        ctx->error = "token was issued for a subject of an unknown issuer";
        return NGX_HTTP_UNAUTHORIZED;
    }

    ctx->identity = hoop_identity_create(jwt, name);
    if (ctx->identity == NULL) {
        ctx->error = "the token has no sub";
        return NGX_HTTP_UNAUTHORIZED;
    }

    if (known) {
        ngx_http_hoop_cache_put(key, ctx->issuer, id, generation,
                                ctx->identity, r->connection->log);

    } else if (ctx->identity->expires > ngx_time()) {
        ngx_hoop_zone_token_put(key, id, ctx->identity->expires);
    }

    return NGX_OK;
}


/*
 * What the zone knows is true under any configuration, and so are the token's
 * own header and algorithm; the key set and the list of algorithms may have
 * changed since.  A key's id has whose tokens it is for in it: the same key
 * with another "issuer" is another one.
 */

static hoop_jwt_e
ngx_http_hoop_signature(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_jwt_t *jwt, hoop_jwks_t *keys, const u_char key[32], uint64_t *id,
    ngx_uint_t *known)
{
    ngx_hoop_zone_token_t  token;

    *known = 0;

    if (ngx_hoop_zone_token_get(key, &token) == NGX_OK) {

        if ((jwt->alg & ctx->issuer->rules.algs)
            && hoop_jwks_has(keys, token.id))
        {
            ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                           "http hoop token known to the zone");

            *id = token.id;
            *known = 1;
            return HOOP_JWT_OK;
        }

        ngx_log_debug0(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "http hoop token in the zone, but not its key");

        ngx_hoop_zone_token_drop(key);
    }

    return hoop_jwt_verify(jwt, keys, &ctx->issuer->rules, id);
}


/*
 * Each may be of another issuer, by any of its names; and so may who is to be
 * one, whom an exchange compares with who asks for it.
 */

static hoop_jwt_e
ngx_http_hoop_name_actors(ngx_http_request_t *r, hoop_jwt_t *jwt)
{
    json_t      *act;
    hoop_jwt_e   rc;

    rc = ngx_http_hoop_name_actor(r, json_object_get(jwt->claims, "may_act"));

    for (act = json_object_get(jwt->claims, "act");
         act && rc == HOOP_JWT_OK;
         act = json_object_get(act, "act"))
    {
        rc = ngx_http_hoop_name_actor(r, act);
    }

    return rc;
}


static hoop_jwt_e
ngx_http_hoop_name_actor(ngx_http_request_t *r, json_t *act)
{
    hoop_str_t               iss;
    ngx_http_hoop_issuer_t  *issuer;

    iss = hoop_json_member(act, "iss");

    if (iss.len == 0) {
        return HOOP_JWT_OK;
    }

    issuer = ngx_http_hoop_issuer_find(r, iss);

    if (issuer && hoop_jwt_rename(act, &issuer->rules) != HOOP_OK) {
        return HOOP_JWT_INTERNAL;
    }

    return HOOP_JWT_OK;
}
