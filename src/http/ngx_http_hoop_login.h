
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the files of signing in share: ngx_http_hoop_login_conf.c reads the
 * hoop_login block, ngx_http_hoop_login.c goes the way to the provider,
 * ngx_http_hoop_login_back.c the way back, and ngx_http_hoop_session.c keeps
 * who has come.  Nobody else includes this.
 */


#ifndef _NGX_HTTP_HOOP_LOGIN_H_INCLUDED_
#define _NGX_HTTP_HOOP_LOGIN_H_INCLUDED_


#include "ngx_http_hoop.h"

#include "../core/hoop_login.h"
#include "../core/hoop_seal.h"


/* of a cookie's value: browsers keep 4096 bytes with its name */
#define NGX_HTTP_HOOP_LOGIN_COOKIE   3900
/* before what is sealed: no token begins so, for it would be base64url */
#define NGX_HTTP_HOOP_LOGIN_PREFIX   "hoop1."
#define NGX_HTTP_HOOP_LOGIN_PENDING  600          /* seconds */
#define NGX_HTTP_HOOP_LOGIN_TIMEOUT  10000        /* ms, of each fetch */


struct ngx_http_hoop_login_s {
    ngx_str_t                     name;
    ngx_str_t                     issuer_name;
    ngx_http_hoop_issuer_t       *issuer;      /* once all is read */
    ngx_str_t                     client_id;
    ngx_str_t                     secret;      /* len 0: a public client */
    ngx_str_t                     scope;
    ngx_array_t                   claims;      /* of hoop_str_t, with a NUL */
    time_t                        lifetime;    /* of a session */
    u_char                        key[HOOP_SEAL_KEY];

    ngx_str_t                     cookie;      /* their names */
    ngx_str_t                     pending;
    ngx_str_t                     purpose;     /* of what is sealed */
    ngx_str_t                     purpose_pending;

    hoop_jwt_rules_t              rules;       /* of its ID Tokens */
    hoop_str_t                    audience;
    ngx_str_t                     discovery;   /* URL */

    /* of the worker: the provider's document, which is asked for when it is
       needed and older than an hour */
    hoop_login_provider_t         provider;
    ngx_msec_t                    provided;

    u_char                       *file;        /* where it was named first */
    ngx_uint_t                    line;
    unsigned                      defined:1;
    unsigned                      keyed:1;     /* by a file */
    unsigned                      ready:1;
    unsigned                      audible:1;   /* the issuer's tokens are for
                                                  the same client */
};


typedef enum {
    NGX_HTTP_HOOP_LOGIN_DISCOVERY = 0,
    NGX_HTTP_HOOP_LOGIN_TOKENS,
    NGX_HTTP_HOOP_LOGIN_VERIFY,
    NGX_HTTP_HOOP_LOGIN_EVENT
} ngx_http_hoop_login_step_e;


typedef struct {
    ngx_http_request_t           *request;
    ngx_http_hoop_ctx_t          *ctx;
    ngx_http_hoop_login_t        *login;
    ngx_http_hoop_fetch_t        *fetch;
    ngx_hoop_audit_wait_t         audit;
    ngx_http_hoop_login_step_e    step;

    ngx_str_t                     args;        /* of the response: a copy */
    ngx_str_t                     redirect;    /* URI: our callback */
    hoop_login_pending_t          pending;
    hoop_login_tokens_t           tokens;
    hoop_jwt_t                    jwt;
    hoop_buf_t                    session;     /* value of its cookie */

    const char                   *outcome;     /* of the event */
    const char                   *fault;       /* fixed text, or NULL */
    const char                   *word;        /* for the page; or NULL */
    u_char                        text[320];   /* where "fault" may be */

    unsigned                      callback:1;
    unsigned                      logout:1;
    unsigned                      parsed:1;    /* jwt is to be cleared */
    unsigned                      waiting:1;
    unsigned                      audit_ok:1;
} ngx_http_hoop_login_way_t;


/* ngx_http_hoop_login.c */

/* a sign-in that fails ends here, with a word for the page and fixed text for
   log and evidence */
ngx_int_t ngx_http_hoop_login_fail(ngx_http_hoop_login_way_t *w,
    const char *word, const char *fault);
/* w->fault: both, in w->text */
void ngx_http_hoop_login_fault(ngx_http_hoop_login_way_t *w, const char *what,
    const char *fault);
/* the evidence of what has happened; then it is answered */
ngx_int_t ngx_http_hoop_login_event(ngx_http_hoop_login_way_t *w,
    const char *outcome);
/* who the gateway is to the provider */
ngx_int_t ngx_http_hoop_login_client(ngx_http_hoop_login_way_t *w,
    hoop_login_client_t *c);

/* ngx_http_hoop_login_back.c: steps; NGX_AGAIN, or what ends the request */

ngx_int_t ngx_http_hoop_login_code(ngx_http_hoop_login_way_t *w);
ngx_int_t ngx_http_hoop_login_verify(ngx_http_hoop_login_way_t *w);

/* ngx_http_hoop_session.c */

/* the key of what is sealed; NGX_ERROR: OpenSSL's */
ngx_int_t ngx_http_hoop_session_key(ngx_http_hoop_login_t *login,
    u_char key[HOOP_SEAL_KEY]);
/* the session of the request's cookie, to be freed; NGX_DECLINED: there is
   none that holds */
ngx_int_t ngx_http_hoop_session_find(ngx_http_request_t *r,
    ngx_http_hoop_login_t *login, hoop_login_session_t *session);
/* ctx->identity of its claims, which it takes over; NGX_ERROR: no memory */
ngx_int_t ngx_http_hoop_session_identity(ngx_http_hoop_ctx_t *ctx,
    ngx_http_hoop_login_t *login, hoop_login_session_t *session);
/* the only value of a cookie; NGX_DECLINED: none, or several */
ngx_int_t ngx_http_hoop_session_cookie(ngx_http_request_t *r, ngx_str_t *name,
    hoop_str_t *value);
/* adds a cookie; strict: never sent where another site leads here */
ngx_int_t ngx_http_hoop_session_set(ngx_http_request_t *r, ngx_str_t *name,
    hoop_str_t value, time_t age, ngx_uint_t strict);
/* NULL, or why it is no page of ours that sends the request */
const char *ngx_http_hoop_session_csrf(ngx_http_request_t *r,
    const hoop_login_session_t *session);


#endif /* _NGX_HTTP_HOOP_LOGIN_H_INCLUDED_ */
