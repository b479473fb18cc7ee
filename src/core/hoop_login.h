
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Signing in at an OpenID provider: the authorization code flow of OpenID
 * Connect Core 1.0, 3.1, with PKCE (RFC 7636) and the issuer of a response
 * (RFC 9207).  What is sent, and what may come back.
 */


#ifndef _HOOP_LOGIN_H_INCLUDED_
#define _HOOP_LOGIN_H_INCLUDED_


#include <jansson.h>

#include "hoop_core.h"
#include "hoop_jwt.h"


/* 256 random bits, base64url */
#define HOOP_LOGIN_RANDOM    43

#define HOOP_LOGIN_MAX_CODE  2048      /* of a code */
#define HOOP_LOGIN_MAX_URL   2048      /* of an endpoint */
#define HOOP_LOGIN_MAX_ARGS  8192      /* of a response */


/* what is kept, where nobody can read it, until the response comes */

typedef struct {
    u_char          state[HOOP_LOGIN_RANDOM];
    u_char          nonce[HOOP_LOGIN_RANDOM];
    u_char          verifier[HOOP_LOGIN_RANDOM];
    int64_t         expires;           /* Unix seconds */
} hoop_login_pending_t;

/* HOOP_ERROR: no random bytes */
int hoop_login_random(u_char text[HOOP_LOGIN_RANDOM]);
int hoop_login_begin(hoop_login_pending_t *p, int64_t expires);
int hoop_login_pending_write(const hoop_login_pending_t *p, hoop_buf_t *out);
/* HOOP_DECLINED: it is none, or over */
int hoop_login_pending_read(hoop_login_pending_t *p, hoop_str_t text,
    int64_t now);


/* of the discovery document: spans of doc, which is owned */

typedef struct {
    json_t         *doc;
    hoop_str_t      authorize;
    hoop_str_t      token;
    unsigned        basic:1;           /* client_secret_basic is taken, */
    unsigned        iss:1;             /* and each response names its issuer */
    unsigned        pairwise:1;        /* to each client a person is another */
} hoop_login_provider_t;

/*
 * HOOP_ERROR with err set: no document of that issuer, or endpoints that are no
 * URLs.  https alone, but where the issuer itself is http.
 */
int hoop_login_provider(hoop_login_provider_t *p, hoop_str_t text,
    hoop_str_t issuer, hoop_error_t *err);
void hoop_login_provider_free(hoop_login_provider_t *p);
/* 1 if a document of that issuer may name such a URL */
int hoop_login_url_ok(hoop_str_t url, hoop_str_t issuer);


typedef struct {
    hoop_str_t      id;
    hoop_str_t      secret;            /* len 0: a public client */
    hoop_str_t      redirect;          /* URI */
    hoop_str_t      scope;
} hoop_login_client_t;

/* appends the URL to send a browser to */
int hoop_login_location(const hoop_login_provider_t *p,
    const hoop_login_client_t *c, const hoop_login_pending_t *pending,
    hoop_buf_t *out);


/* the response: spans of args, which is decoded in place */

typedef struct {
    hoop_str_t      code;              /* len 0: there is an error */
    hoop_str_t      error;             /* [a-z_]; len 0: there is none */
} hoop_login_response_t;

/* HOOP_ERROR with err set: it is no answer to what is pending */
int hoop_login_response(hoop_login_response_t *r, u_char *args, size_t len,
    const hoop_login_pending_t *pending, hoop_str_t issuer,
    const hoop_login_provider_t *p, hoop_error_t *err);


/* appends headers, each with its line's end, and the form */
int hoop_login_request(const hoop_login_provider_t *p,
    const hoop_login_client_t *c, hoop_str_t code,
    const hoop_login_pending_t *pending, hoop_buf_t *headers,
    hoop_buf_t *form);

/* of the token endpoint: spans of doc, which is owned */

typedef struct {
    json_t         *doc;
    hoop_str_t      id_token;
    hoop_str_t      scope;             /* len 0: what was asked for */
} hoop_login_tokens_t;

/* HOOP_ERROR with err set, in which an error code is quoted, and no more */
int hoop_login_tokens(hoop_login_tokens_t *t, hoop_str_t text,
    hoop_error_t *err);
void hoop_login_tokens_free(hoop_login_tokens_t *t);


/*
 * What of an ID Token hoop_jwt_check() does not know: NULL, or what is wrong.
 * The audience is checked with the rules of jwt.
 */
const char *hoop_login_id_token(json_t *claims, hoop_str_t client,
    const u_char nonce[HOOP_LOGIN_RANDOM]);


/* the session: claims that are those of an identity until "exp" */

typedef struct {
    json_t         *claims;            /* owned */
    u_char          csrf[HOOP_LOGIN_RANDOM];
} hoop_login_session_t;

/*
 * Appends the text of a session of the claims, as far as they are needed: who
 * it is, the member at the head of the pointer groups, and those that names
 * names.  HOOP_LIMIT: of out.
 */
int hoop_login_session_write(json_t *claims, hoop_str_t scope,
    hoop_str_t groups, const hoop_str_t *names, unsigned nnames,
    int64_t expires, hoop_buf_t *out);
/* HOOP_DECLINED: it is none, or over */
int hoop_login_session_read(hoop_login_session_t *s, hoop_str_t text,
    int64_t now);
void hoop_login_session_free(hoop_login_session_t *s);

/* 1 if they are equal; takes the same time for all texts of that length */
int hoop_login_same(hoop_str_t text, const u_char other[HOOP_LOGIN_RANDOM]);


#endif /* _HOOP_LOGIN_H_INCLUDED_ */
