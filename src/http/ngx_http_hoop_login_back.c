
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The way back from the provider: its response, the tokens for the code, the
 * check of the ID Token, and the session that is made of it.
 */


#include "ngx_http_hoop_login.h"


static ngx_int_t ngx_http_hoop_login_ask(ngx_http_hoop_login_way_t *w,
    hoop_str_t code);
static void ngx_http_hoop_login_got(void *data,
    ngx_http_hoop_answer_t *answer);
static ngx_int_t ngx_http_hoop_login_seal(ngx_http_hoop_login_way_t *w);


/* a code, or an error */

ngx_int_t
ngx_http_hoop_login_code(ngx_http_hoop_login_way_t *w)
{
    hoop_error_t            err;
    hoop_login_response_t   response;

    if (hoop_login_response(&response, w->args.data, w->args.len, &w->pending,
                            ngx_http_hoop_str(&w->login->issuer->issuer),
                            &w->login->provider, &err)
        != HOOP_OK)
    {
        ngx_http_hoop_login_fault(w, "", err.text);
        return ngx_http_hoop_login_fail(w, "failed", w->fault);
    }

    if (response.error.len) {
        ngx_snprintf(w->text, sizeof(w->text),
                     "the provider answers with the error \"%*s\"%Z",
                     response.error.len, response.error.data);
        w->fault = (char *) w->text;

        return ngx_http_hoop_login_fail(w,
                                 hoop_str_is(response.error, "access_denied")
                                 ? "denied" : "failed", w->fault);
    }

    return ngx_http_hoop_login_ask(w, response.code);
}


static ngx_int_t
ngx_http_hoop_login_ask(ngx_http_hoop_login_way_t *w, hoop_str_t code)
{
    hoop_buf_t              headers, form;
    hoop_login_client_t     client;
    hoop_login_provider_t  *provider;

    provider = &w->login->provider;

    if (ngx_http_hoop_login_client(w, &client) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    hoop_buf_init(&headers, 0);
    hoop_buf_init(&form, 0);

    if (hoop_login_request(provider, &client, code, &w->pending, &headers,
                           &form)
        == HOOP_OK)
    {
        w->fetch = ngx_http_hoop_fetch_post(w->ctx->conf->fetch_target,
                                            provider->token,
                                            hoop_str(headers.data, headers.len),
                                            hoop_str(form.data, form.len),
                                            NGX_HTTP_HOOP_LOGIN_TIMEOUT,
                                            ngx_http_hoop_login_got, w);

        ngx_explicit_memzero(headers.data, headers.len);
        ngx_explicit_memzero(form.data, form.len);
    }

    hoop_buf_free(&headers);
    hoop_buf_free(&form);

    if (w->fetch == NULL) {
        return ngx_http_hoop_login_fail(w, "unavailable",
                                        "the token endpoint could not be "
                                        "asked");
    }

    w->step = NGX_HTTP_HOOP_LOGIN_TOKENS;
    w->waiting = 1;

    return NGX_AGAIN;
}


/* an error has a body, too, that says what it is */

static void
ngx_http_hoop_login_got(void *data, ngx_http_hoop_answer_t *answer)
{
    ngx_http_hoop_login_way_t *w = data;

    hoop_error_t  err;

    static const char  what[] = "the token endpoint ";

    w->fetch = NULL;
    w->waiting = 0;

    if (answer->error) {
        ngx_http_hoop_login_fault(w, what, answer->error);
        w->word = "unavailable";

    } else if (hoop_login_tokens(&w->tokens, answer->body, &err) != HOOP_OK) {
        ngx_http_hoop_login_fault(w, "the token endpoint: ", err.text);
        w->word = (answer->status >= 500) ? "unavailable" : "failed";

    } else if (answer->status != NGX_HTTP_OK) {
        ngx_http_hoop_login_fault(w, what, "did not answer with status 200");
        w->word = "failed";
    }

    ngx_http_hoop_wake(w->ctx);
}


/* the ID Token; its keys may have to be fetched */

ngx_int_t
ngx_http_hoop_login_verify(ngx_http_hoop_login_way_t *w)
{
    hoop_jwt_e               e;
    ngx_uint_t               generation;
    hoop_jwks_t             *keys;
    const char              *fault;
    ngx_http_hoop_ctx_t     *ctx;
    ngx_http_hoop_login_t   *login;
    ngx_http_hoop_issuer_t  *issuer;

    ctx = w->ctx;
    login = w->login;
    issuer = login->issuer;

    if (w->fault) {
        return ngx_http_hoop_login_fail(w, w->word, w->fault);
    }

    w->step = NGX_HTTP_HOOP_LOGIN_VERIFY;

    if (!w->parsed) {
        w->parsed = 1;

        e = hoop_jwt_parse(&w->jwt, w->tokens.id_token.data,
                           w->tokens.id_token.len, 0);

        if (e == HOOP_JWT_OK && !hoop_jwt_issued_by(&w->jwt, &login->rules)) {
            e = HOOP_JWT_ISSUER;
        }

        if (e != HOOP_JWT_OK) {
            ngx_http_hoop_login_fault(w, "the ID Token: ",
                                      hoop_jwt_strerror(e));
            return ngx_http_hoop_login_fail(w, "failed", w->fault);
        }
    }

    ctx->issuer = issuer;

    keys = ngx_http_hoop_keys_get(issuer, &generation);

    if (ngx_http_hoop_keys_refetch(issuer, 0)
        && ngx_http_hoop_keys_wait(ctx) == NGX_AGAIN)
    {
        return NGX_AGAIN;
    }

    if (keys == NULL) {
        return ngx_http_hoop_login_fail(w, "unavailable",
                                        "the issuer's keys cannot be had");
    }

    e = hoop_jwt_verify(&w->jwt, keys, &login->rules, NULL);

    if (e == HOOP_JWT_NO_KEY
        && ngx_http_hoop_keys_refetch(issuer, 1)
        && ngx_http_hoop_keys_wait(ctx) == NGX_AGAIN)
    {
        return NGX_AGAIN;
    }

    if (e == HOOP_JWT_OK) {
        e = hoop_jwt_check(&w->jwt, &login->rules, ngx_time());
    }

    if (e != HOOP_JWT_OK) {
        ngx_http_hoop_login_fault(w, "the ID Token: ", hoop_jwt_strerror(e));
        return ngx_http_hoop_login_fail(w, "failed", w->fault);
    }

    fault = hoop_login_id_token(w->jwt.claims, login->audience,
                                w->pending.nonce);
    if (fault) {
        return ngx_http_hoop_login_fail(w, "failed", fault);
    }

    return ngx_http_hoop_login_seal(w);
}


static ngx_int_t
ngx_http_hoop_login_seal(ngx_http_hoop_login_way_t *w)
{
    int                     rc;
    u_char                  key[HOOP_SEAL_KEY];
    hoop_buf_t              text;
    hoop_str_t              scope;
    ngx_http_hoop_login_t  *login;
    hoop_login_session_t    session;

    login = w->login;

    if (ngx_http_hoop_session_key(login, key) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    scope = w->tokens.scope.len ? w->tokens.scope
                                : ngx_http_hoop_str(&login->scope);

    hoop_buf_init(&text,
                  HOOP_SEAL_TEXT(NGX_HTTP_HOOP_LOGIN_COOKIE
                                 - sizeof(NGX_HTTP_HOOP_LOGIN_PREFIX)));

    rc = hoop_login_session_write(w->jwt.claims, scope,
                                  ngx_http_hoop_str(&login->issuer->groups),
                                  login->claims.elts, login->claims.nelts,
                                  ngx_time() + login->lifetime, &text);

    if (rc == HOOP_OK) {
        (void) hoop_buf_adds(&w->session, NGX_HTTP_HOOP_LOGIN_PREFIX);

        rc = hoop_seal(key, ngx_http_hoop_str(&login->purpose),
                       hoop_str(text.data, text.len), &w->session);
    }

    if (rc == HOOP_OK) {
        rc = hoop_login_session_read(&session, hoop_str(text.data, text.len),
                                     ngx_time());

        if (rc == HOOP_OK) {
            rc = ngx_http_hoop_session_identity(w->ctx, login, &session)
                 == NGX_OK ? HOOP_OK : HOOP_ERROR;

            hoop_login_session_free(&session);
        }
    }

    hoop_buf_free(&text);
    ngx_explicit_memzero(key, sizeof(key));

    if (rc == HOOP_LIMIT) {
        return ngx_http_hoop_login_fail(w, "large",
                                        "the claims are more than a cookie "
                                        "holds: they have too many groups");
    }

    if (rc != HOOP_OK) {
        return ngx_http_hoop_login_fail(w, "failed",
                                        "the session could not be made");
    }

    return ngx_http_hoop_login_event(w, "signed_in");
}
