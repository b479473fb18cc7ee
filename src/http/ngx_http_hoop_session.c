
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The session of who has signed in: claims in a sealed cookie.  Nothing of it
 * is kept here, so that it is good at every worker, and at every gateway that
 * has the same key.
 *
 * In a location of hoop_api that knows the hoop_login, the cookie is one more
 * place where a token may stand, and what stands there is unsealed instead of
 * verified (ngx_http_hoop_identity.c).  All that follows is as with a token.
 */


#include "ngx_http_hoop_login.h"


static ngx_int_t ngx_http_hoop_session_open(ngx_http_hoop_login_t *login,
    hoop_str_t value, hoop_login_session_t *session);


ngx_int_t
ngx_http_hoop_session_verify(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    size_t                 len;
    ngx_int_t              rc;
    hoop_login_session_t   session;

    static const u_char  prefix[] = NGX_HTTP_HOOP_LOGIN_PREFIX;

    len = sizeof(prefix) - 1;

    if (ctx->conf->login == NULL || !ctx->in_cookie) {
        return NGX_DECLINED;
    }

    if (ctx->token.len < len
        || ngx_memcmp(ctx->token.data, prefix, len) != 0)
    {
        /* a token there would be sent for any page, and prove nothing of it */

        ctx->error = "the cookie is no session";
        return NGX_HTTP_UNAUTHORIZED;
    }

    rc = ngx_http_hoop_session_open(ctx->conf->login,
                                    hoop_str(ctx->token.data, ctx->token.len),
                                    &session);

    if (rc == NGX_ERROR) {
        ctx->error = "no memory";
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc != NGX_OK) {
        ctx->error = "the session is over";
        return NGX_HTTP_UNAUTHORIZED;
    }

    if (r->method != NGX_HTTP_GET && r->method != NGX_HTTP_HEAD) {

        ctx->error = ngx_http_hoop_session_csrf(r, &session);

        if (ctx->error) {
            hoop_login_session_free(&session);
            return NGX_HTTP_FORBIDDEN;
        }
    }

    rc = ngx_http_hoop_session_identity(ctx, ctx->conf->login, &session);

    hoop_login_session_free(&session);

    if (rc != NGX_OK) {
        ctx->error = "no memory";
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_OK;
}


/*
 * SameSite keeps other sites out, but not other hosts of the same one: the page
 * proves that it has read what only our origin can.
 */

const char *
ngx_http_hoop_session_csrf(ngx_http_request_t *r,
    const hoop_login_session_t *session)
{
    int         rc;
    hoop_str_t  value;

    static const hoop_str_t  csrf = hoop_string("hoop-csrf");
    static const hoop_str_t  site = hoop_string("sec-fetch-site");

    rc = ngx_http_hoop_header(r, site, &value);

    if (rc == HOOP_ERROR
        || (rc == HOOP_OK && !hoop_str_is(value, "same-origin")))
    {
        return "a page of another origin does not use a session";
    }

    if (ngx_http_hoop_header(r, csrf, &value) != HOOP_OK
        || !hoop_login_same(value, session->csrf))
    {
        return "the header Hoop-Csrf is not that of the session";
    }

    return NULL;
}


ngx_int_t
ngx_http_hoop_session_identity(ngx_http_hoop_ctx_t *ctx,
    ngx_http_hoop_login_t *login, hoop_login_session_t *session)
{
    hoop_jwt_t  jwt;

    ngx_memzero(&jwt, sizeof(hoop_jwt_t));

    jwt.claims = session->claims;

    ctx->identity = hoop_identity_create(&jwt,
                                     ngx_http_hoop_str(&login->issuer->name));

    if (ctx->identity == NULL) {
        return NGX_ERROR;
    }

    session->claims = NULL;
    ctx->issuer = login->issuer;

    return NGX_OK;
}


ngx_int_t
ngx_http_hoop_session_find(ngx_http_request_t *r,
    ngx_http_hoop_login_t *login, hoop_login_session_t *session)
{
    hoop_str_t  value;

    if (ngx_http_hoop_session_cookie(r, &login->cookie, &value) != NGX_OK) {
        return NGX_DECLINED;
    }

    return ngx_http_hoop_session_open(login, value, session);
}


static ngx_int_t
ngx_http_hoop_session_open(ngx_http_hoop_login_t *login, hoop_str_t value,
    hoop_login_session_t *session)
{
    int         rc;
    u_char      key[HOOP_SEAL_KEY];
    size_t      len;
    hoop_buf_t  b;

    len = sizeof(NGX_HTTP_HOOP_LOGIN_PREFIX) - 1;

    if (value.len < len
        || ngx_memcmp(value.data, NGX_HTTP_HOOP_LOGIN_PREFIX, len) != 0)
    {
        return NGX_DECLINED;
    }

    if (ngx_http_hoop_session_key(login, key) != NGX_OK) {
        return NGX_ERROR;
    }

    hoop_buf_init(&b, 0);

    rc = hoop_seal_open(key, ngx_http_hoop_str(&login->purpose),
                        hoop_str(value.data + len, value.len - len), &b);

    if (rc == HOOP_OK) {
        rc = hoop_login_session_read(session, hoop_str(b.data, b.len),
                                     ngx_time());
    }

    hoop_buf_free(&b);
    ngx_explicit_memzero(key, sizeof(key));

    return rc == HOOP_OK ? NGX_OK
           : rc == HOOP_DECLINED ? NGX_DECLINED : NGX_ERROR;
}


/* by a file, or by the secret of the zone, which all workers have until nginx
   ends */

ngx_int_t
ngx_http_hoop_session_key(ngx_http_hoop_login_t *login,
    u_char key[HOOP_SEAL_KEY])
{
    hoop_str_t  secret;

    secret = login->keyed ? hoop_str(login->key, sizeof(login->key))
                          : hoop_str(ngx_hoop_zone_secret(), 32);

    return hoop_seal_key(key, secret, ngx_http_hoop_str(&login->purpose))
           == HOOP_OK ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_hoop_session_cookie(ngx_http_request_t *r, ngx_str_t *name,
    hoop_str_t *value)
{
    return ngx_http_hoop_source_cookie(r, name, value) == 1 ? NGX_OK
                                                            : NGX_DECLINED;
}


/* "__Host-" of their names wants Secure, "/" and no domain (RFC 6265bis) */

ngx_int_t
ngx_http_hoop_session_set(ngx_http_request_t *r, ngx_str_t *name,
    hoop_str_t value, time_t age, ngx_uint_t strict)
{
    ngx_int_t   rc;
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);

    (void) hoop_buf_add(&b, name->data, name->len);
    (void) hoop_buf_addc(&b, '=');
    (void) hoop_buf_add(&b, value.data, value.len);
    (void) hoop_buf_adds(&b, "; Path=/; Secure; HttpOnly; SameSite=");
    (void) hoop_buf_adds(&b, strict ? "Strict" : "Lax");
    (void) hoop_buf_adds(&b, "; Max-Age=");
    (void) hoop_buf_addu(&b, age);

    rc = (!b.failed
          && ngx_http_hoop_header_out(r, "Set-Cookie", hoop_str(b.data, b.len))
             != NULL)
         ? NGX_OK : NGX_ERROR;

    hoop_buf_free(&b);

    return rc;
}
