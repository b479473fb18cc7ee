
/*
 * Copyright (C) ngx_hoop_module authors
 */


#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "hoop_json.h"
#include "hoop_login.h"
#include "hoop_pairs.h"


/* of an error code of a provider: those of RFC 6749 have less */
#define HOOP_LOGIN_MAX_ERROR  64


static size_t hoop_login_arg(hoop_str_t args, const char *name,
    hoop_str_t *value);
static void hoop_login_decode(hoop_str_t *value);
static int hoop_login_printable(hoop_str_t s);
static int hoop_login_code(hoop_str_t s);
static int hoop_login_has(const json_t *array, const char *text);
static void hoop_login_escape(hoop_buf_t *b, hoop_str_t s);
static void hoop_login_pair(hoop_buf_t *b, const char *name, hoop_str_t s);
static int hoop_login_keep(json_t *to, const json_t *claims, const char *name,
    size_t len);


/* of an identity, beside what the configuration names */

static const char *const  hoop_login_claims[] = {
    "iss", "sub", "aud", "azp", "iat", "jti", "sid", "tid", "oid", "auth_time",
    "acr", "amr", "email", "email_verified", "name", "preferred_username"
};


int
hoop_login_random(u_char text[HOOP_LOGIN_RANDOM])
{
    u_char  random[32], encoded[HOOP_LOGIN_RANDOM + 1];

    if (RAND_bytes(random, sizeof(random)) != 1) {
        return HOOP_ERROR;
    }

    (void) hoop_base64_encode(encoded, random, sizeof(random), 1);
    memcpy(text, encoded, HOOP_LOGIN_RANDOM);

    return HOOP_OK;
}


int
hoop_login_begin(hoop_login_pending_t *p, int64_t expires)
{
    p->expires = expires;

    return (hoop_login_random(p->state) == HOOP_OK
            && hoop_login_random(p->nonce) == HOOP_OK
            && hoop_login_random(p->verifier) == HOOP_OK)
           ? HOOP_OK : HOOP_ERROR;
}


/* the three in a row, and the time behind them */

int
hoop_login_pending_write(const hoop_login_pending_t *p, hoop_buf_t *out)
{
    (void) hoop_buf_add(out, p->state, HOOP_LOGIN_RANDOM);
    (void) hoop_buf_add(out, p->nonce, HOOP_LOGIN_RANDOM);
    (void) hoop_buf_add(out, p->verifier, HOOP_LOGIN_RANDOM);

    return hoop_buf_addu(out, (uint64_t) p->expires);
}


int
hoop_login_pending_read(hoop_login_pending_t *p, hoop_str_t text, int64_t now)
{
    size_t         i;
    const u_char  *s;

    s = text.data;

    if (text.len <= 3 * HOOP_LOGIN_RANDOM
        || text.len > 3 * HOOP_LOGIN_RANDOM + 12)
    {
        return HOOP_DECLINED;
    }

    memcpy(p->state, s, HOOP_LOGIN_RANDOM);
    memcpy(p->nonce, s + HOOP_LOGIN_RANDOM, HOOP_LOGIN_RANDOM);
    memcpy(p->verifier, s + 2 * HOOP_LOGIN_RANDOM, HOOP_LOGIN_RANDOM);

    p->expires = 0;

    for (i = 3 * HOOP_LOGIN_RANDOM; i < text.len; i++) {
        if (s[i] < '0' || s[i] > '9') {
            return HOOP_DECLINED;
        }

        p->expires = p->expires * 10 + (s[i] - '0');
    }

    return (p->expires > now) ? HOOP_OK : HOOP_DECLINED;
}


int
hoop_login_provider(hoop_login_provider_t *p, hoop_str_t text,
    hoop_str_t issuer, hoop_error_t *err)
{
    json_t  *methods;

    memset(p, 0, sizeof(hoop_login_provider_t));

    p->doc = hoop_json_load(text.data, text.len, err);

    if (!json_is_object(p->doc)) {
        hoop_error_set(err, "is not a JSON object");
        goto failed;
    }

    if (issuer.len == 0
        || !hoop_str_eq(hoop_json_member(p->doc, "issuer"), issuer))
    {
        hoop_error_set(err, "names another issuer");
        goto failed;
    }

    p->authorize = hoop_json_member(p->doc, "authorization_endpoint");
    p->token = hoop_json_member(p->doc, "token_endpoint");

    if (!hoop_login_url_ok(p->authorize, issuer)) {
        hoop_error_set(err, "has no acceptable \"authorization_endpoint\"");
        goto failed;
    }

    if (!hoop_login_url_ok(p->token, issuer)) {
        hoop_error_set(err, "has no acceptable \"token_endpoint\"");
        goto failed;
    }

    /* without the member it is basic (OpenID Connect Discovery 1.0, 3) */

    methods = json_object_get(p->doc, "token_endpoint_auth_methods_supported");

    p->basic = !json_is_array(methods)
               || hoop_login_has(methods, "client_secret_basic")
               || !hoop_login_has(methods, "client_secret_post");

    p->iss = json_is_true(json_object_get(p->doc,
                        "authorization_response_iss_parameter_supported"));

    /* without the member nothing is promised (there: it is required) */

    methods = json_object_get(p->doc, "subject_types_supported");

    p->pairwise = json_is_array(methods) && !hoop_login_has(methods, "public");

    return HOOP_OK;

failed:

    hoop_login_provider_free(p);

    return HOOP_ERROR;
}


void
hoop_login_provider_free(hoop_login_provider_t *p)
{
    json_decref(p->doc);
    memset(p, 0, sizeof(hoop_login_provider_t));
}


/* nothing that could end a URL inside a request line or a header */

int
hoop_login_url_ok(hoop_str_t url, hoop_str_t issuer)
{
    size_t      i;
    hoop_str_t  https, http;

    https = hoop_cstr("https://");
    http = hoop_cstr("http://");

    if (url.len > HOOP_LOGIN_MAX_URL) {
        return 0;
    }

    for (i = 0; i < url.len; i++) {
        if (url.data[i] <= 0x20 || url.data[i] >= 0x7f || url.data[i] == '"'
            || url.data[i] == '\\' || url.data[i] == '#')
        {
            return 0;
        }
    }

    if (url.len > https.len
        && hoop_str_like(hoop_str(url.data, https.len), https))
    {
        return 1;
    }

    return url.len > http.len
           && hoop_str_like(hoop_str(url.data, http.len), http)
           && issuer.len > http.len
           && hoop_str_like(hoop_str(issuer.data, http.len), http);
}


int
hoop_login_location(const hoop_login_provider_t *p,
    const hoop_login_client_t *c, const hoop_login_pending_t *pending,
    hoop_buf_t *out)
{
    u_char  md[32], challenge[HOOP_LOGIN_RANDOM + 1];

    hoop_sha256(md, pending->verifier, HOOP_LOGIN_RANDOM);
    (void) hoop_base64_encode(challenge, md, sizeof(md), 1);

    /* it may have a query of its own (RFC 6749, 3.1) */

    (void) hoop_buf_add(out, p->authorize.data, p->authorize.len);
    (void) hoop_buf_adds(out, memchr(p->authorize.data, '?', p->authorize.len)
                              ? "&response_type=code" : "?response_type=code");

    hoop_login_pair(out, "client_id", c->id);
    hoop_login_pair(out, "redirect_uri", c->redirect);
    hoop_login_pair(out, "scope", c->scope);
    hoop_login_pair(out, "state", hoop_str(pending->state, HOOP_LOGIN_RANDOM));
    hoop_login_pair(out, "nonce", hoop_str(pending->nonce, HOOP_LOGIN_RANDOM));
    hoop_login_pair(out, "code_challenge",
                    hoop_str(challenge, HOOP_LOGIN_RANDOM));

    return hoop_buf_adds(out, "&code_challenge_method=S256");
}


int
hoop_login_response(hoop_login_response_t *r, u_char *args, size_t len,
    const hoop_login_pending_t *pending, hoop_str_t issuer,
    const hoop_login_provider_t *p, hoop_error_t *err)
{
    size_t      ncode, nerror, niss, nstate;
    hoop_str_t  text, iss, state;

    memset(r, 0, sizeof(hoop_login_response_t));

    if (len > HOOP_LOGIN_MAX_ARGS) {
        hoop_error_set(err, "the response is longer than 8k");
        return HOOP_ERROR;
    }

    /* all are counted before one of them is decoded in place */

    text = hoop_str(args, len);

    nstate = hoop_login_arg(text, "state", &state);
    niss = hoop_login_arg(text, "iss", &iss);
    nerror = hoop_login_arg(text, "error", &r->error);
    ncode = hoop_login_arg(text, "code", &r->code);

    if (nstate > 1 || niss > 1 || nerror > 1 || ncode > 1) {
        hoop_error_set(err, "the response has a parameter twice");
        return HOOP_ERROR;
    }

    hoop_login_decode(&state);
    hoop_login_decode(&iss);
    hoop_login_decode(&r->error);
    hoop_login_decode(&r->code);

    if (!hoop_login_same(state, pending->state)) {
        hoop_error_set(err, "the response is not to what was asked here");
        return HOOP_ERROR;
    }

    if (niss ? !hoop_str_eq(iss, issuer) : p->iss) {
        hoop_error_set(err, "the response is of another issuer");
        return HOOP_ERROR;
    }

    if (r->error.len) {
        r->code = hoop_str(NULL, 0);

        if (!hoop_login_code(r->error)) {
            r->error = hoop_cstr("unknown_error");
        }

        return HOOP_OK;
    }

    if (r->code.len == 0 || r->code.len > HOOP_LOGIN_MAX_CODE
        || !hoop_login_printable(r->code))
    {
        hoop_error_set(err, "the response has no code");
        return HOOP_ERROR;
    }

    return HOOP_OK;
}


static size_t
hoop_login_arg(hoop_str_t args, const char *name, hoop_str_t *value)
{
    *value = hoop_str(NULL, 0);

    return hoop_pairs_find(args, HOOP_PAIRS_QUERY, hoop_cstr(name), value);
}


static void
hoop_login_decode(hoop_str_t *value)
{
    if (value->len) {
        value->len = hoop_pairs_decode(*value, (u_char *) value->data);
    }
}


/* RFC 6749, A.11 */

static int
hoop_login_printable(hoop_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < 0x20 || s.data[i] > 0x7e) {
            return 0;
        }
    }

    return 1;
}


/* what may stand in a log as it is */

static int
hoop_login_code(hoop_str_t s)
{
    size_t  i;

    if (s.len == 0 || s.len > HOOP_LOGIN_MAX_ERROR) {
        return 0;
    }

    for (i = 0; i < s.len; i++) {
        if ((s.data[i] < 'a' || s.data[i] > 'z') && s.data[i] != '_') {
            return 0;
        }
    }

    return 1;
}


/* RFC 6749, 2.3.1: both parts of a client's Basic are encoded as in a form */

int
hoop_login_request(const hoop_login_provider_t *p,
    const hoop_login_client_t *c, hoop_str_t code,
    const hoop_login_pending_t *pending, hoop_buf_t *headers,
    hoop_buf_t *form)
{
    hoop_buf_t  basic;

    (void) hoop_buf_adds(headers,
                         "Content-Type: application/x-www-form-urlencoded\r\n"
                         "Accept: application/json\r\n");

    (void) hoop_buf_adds(form, "grant_type=authorization_code");
    hoop_login_pair(form, "code", code);
    hoop_login_pair(form, "redirect_uri", c->redirect);
    hoop_login_pair(form, "code_verifier",
                    hoop_str(pending->verifier, HOOP_LOGIN_RANDOM));

    if (c->secret.len && p->basic) {
        hoop_buf_init(&basic, 0);

        hoop_login_escape(&basic, c->id);
        (void) hoop_buf_addc(&basic, ':');
        hoop_login_escape(&basic, c->secret);

        (void) hoop_buf_adds(headers, "Authorization: Basic ");

        if (!basic.failed
            && hoop_buf_reserve(headers, (basic.len + 2) / 3 * 4) == HOOP_OK)
        {
            headers->len += hoop_base64_encode(headers->data + headers->len,
                                               basic.data, basic.len, 0);
            OPENSSL_cleanse(basic.data, basic.len);
        }

        headers->failed |= basic.failed;
        hoop_buf_free(&basic);

        (void) hoop_buf_adds(headers, "\r\n");

    } else {
        hoop_login_pair(form, "client_id", c->id);

        if (c->secret.len) {
            hoop_login_pair(form, "client_secret", c->secret);
        }
    }

    return (headers->failed || form->failed) ? HOOP_NOMEM : HOOP_OK;
}


int
hoop_login_tokens(hoop_login_tokens_t *t, hoop_str_t text, hoop_error_t *err)
{
    hoop_str_t  error;

    memset(t, 0, sizeof(hoop_login_tokens_t));

    t->doc = hoop_json_load(text.data, text.len, err);

    if (!json_is_object(t->doc)) {
        hoop_error_set(err, "the answer is not a JSON object");
        goto failed;
    }

    error = hoop_json_member(t->doc, "error");

    if (hoop_login_code(error)) {
        hoop_error_set(err, "the answer is the error \"%.*s\"",
                       (int) error.len, (const char *) error.data);
        goto failed;
    }

    t->id_token = hoop_json_member(t->doc, "id_token");
    t->scope = hoop_json_member(t->doc, "scope");

    if (t->id_token.len == 0 || t->id_token.len > HOOP_JWT_MAX_TOKEN) {
        hoop_error_set(err, "the answer has no \"id_token\"");
        goto failed;
    }

    return HOOP_OK;

failed:

    hoop_login_tokens_free(t);

    return HOOP_ERROR;
}


void
hoop_login_tokens_free(hoop_login_tokens_t *t)
{
    json_decref(t->doc);
    memset(t, 0, sizeof(hoop_login_tokens_t));
}


/* OpenID Connect Core 1.0, 3.1.3.7 and 2: what is left of it */

const char *
hoop_login_id_token(json_t *claims, hoop_str_t client,
    const u_char nonce[HOOP_LOGIN_RANDOM])
{
    json_t  *aud, *azp;

    if (!hoop_login_same(hoop_json_member(claims, "nonce"), nonce)) {
        return "the ID Token is not for this sign-in";
    }

    aud = json_object_get(claims, "aud");
    azp = json_object_get(claims, "azp");

    if (azp ? !hoop_str_eq(hoop_json_string(azp), client)
            : json_array_size(aud) > 1)
    {
        return "the ID Token is for another client";
    }

    if (!json_is_integer(json_object_get(claims, "iat"))) {
        return "the ID Token has no iat";
    }

    if (json_object_get(claims, "act") || json_object_get(claims, "cnf")) {

        /* who signs in is there himself, and no program in his place */

        return "the ID Token is of somebody who acts for another, or is bound "
               "to a key";
    }

    return NULL;
}


int
hoop_login_session_write(json_t *claims, hoop_str_t scope, hoop_str_t groups,
    const hoop_str_t *names, unsigned nnames, int64_t expires, hoop_buf_t *out)
{
    int         rc;
    char       *text;
    u_char      csrf[HOOP_LOGIN_RANDOM], head[256];
    size_t      i, len;
    json_t     *kept, *doc;
    hoop_str_t  name;

    rc = HOOP_NOMEM;
    text = NULL;

    kept = json_object();
    doc = json_object();

    for (i = 0;
         i < sizeof(hoop_login_claims) / sizeof(hoop_login_claims[0]);
         i++)
    {
        len = strlen(hoop_login_claims[i]);

        if (hoop_login_keep(kept, claims, hoop_login_claims[i], len) != 0) {
            goto done;
        }
    }

    for (i = 0; i < nnames; i++) {
        if (hoop_login_keep(kept, claims, (const char *) names[i].data,
                            names[i].len)
            != 0)
        {
            goto done;
        }
    }

    if (hoop_json_segment(&groups, &name, head, sizeof(head)) == HOOP_OK
        && hoop_login_keep(kept, claims, (const char *) name.data, name.len)
           != 0)
    {
        goto done;
    }

    /* a token's own scope is what it was given */

    if (hoop_login_keep(kept, claims, "scope", 5) != 0
        || (scope.len && json_object_get(kept, "scope") == NULL
            && json_object_set_new(kept, "scope",
                                   json_stringn((const char *) scope.data,
                                                scope.len))
               != 0))
    {
        goto done;
    }

    if (hoop_login_random(csrf) != HOOP_OK) {
        rc = HOOP_ERROR;
        goto done;
    }

    if (json_object_set_new(kept, "exp", json_integer(expires)) != 0
        || json_object_set(doc, "claims", kept) != 0
        || json_object_set_new(doc, "csrf",
                               json_stringn((char *) csrf, sizeof(csrf)))
           != 0)
    {
        goto done;
    }

    text = json_dumps(doc, JSON_COMPACT);

    if (text != NULL) {
        rc = hoop_buf_adds(out, text);
    }

done:

    free(text);
    json_decref(kept);
    json_decref(doc);

    return rc;
}


/* not what decides about a token, or about whom it is of */

static int
hoop_login_keep(json_t *to, const json_t *claims, const char *name, size_t len)
{
    json_t  *value;

    value = json_object_getn(claims, name, len);

    if (value == NULL
        || (len == 3 && (memcmp(name, "act", 3) == 0
                         || memcmp(name, "cnf", 3) == 0
                         || memcmp(name, "exp", 3) == 0))
        || (len >= 5 && memcmp(name, "hoop_", 5) == 0))
    {
        return 0;
    }

    return json_object_setn(to, name, len, value);
}


int
hoop_login_session_read(hoop_login_session_t *s, hoop_str_t text, int64_t now)
{
    json_t        *doc, *exp;
    hoop_str_t     csrf;
    hoop_error_t   err;

    memset(s, 0, sizeof(hoop_login_session_t));

    doc = hoop_json_load(text.data, text.len, &err);
    csrf = hoop_json_member(doc, "csrf");

    s->claims = json_incref(json_object_get(doc, "claims"));
    exp = json_object_get(s->claims, "exp");

    if (csrf.len == HOOP_LOGIN_RANDOM
        && json_is_integer(exp)
        && json_integer_value(exp) > now
        && hoop_json_member(s->claims, "sub").len)
    {
        memcpy(s->csrf, csrf.data, HOOP_LOGIN_RANDOM);
        json_decref(doc);

        return HOOP_OK;
    }

    json_decref(doc);
    hoop_login_session_free(s);

    return HOOP_DECLINED;
}


void
hoop_login_session_free(hoop_login_session_t *s)
{
    json_decref(s->claims);
    memset(s, 0, sizeof(hoop_login_session_t));
}


int
hoop_login_same(hoop_str_t text, const u_char other[HOOP_LOGIN_RANDOM])
{
    return text.len == HOOP_LOGIN_RANDOM
           && CRYPTO_memcmp(text.data, other, HOOP_LOGIN_RANDOM) == 0;
}


static int
hoop_login_has(const json_t *array, const char *text)
{
    size_t  i;

    for (i = 0; i < json_array_size(array); i++) {
        if (hoop_str_is(hoop_json_string(json_array_get(array, i)), text)) {
            return 1;
        }
    }

    return 0;
}


static void
hoop_login_pair(hoop_buf_t *b, const char *name, hoop_str_t s)
{
    (void) hoop_buf_addc(b, '&');
    (void) hoop_buf_adds(b, name);
    (void) hoop_buf_addc(b, '=');

    hoop_login_escape(b, s);
}


/* all but the unreserved ones of RFC 3986: right in a query, and in a form */

static void
hoop_login_escape(hoop_buf_t *b, hoop_str_t s)
{
    u_char  c, hex[2];
    size_t  i;

    for (i = 0; i < s.len; i++) {
        c = s.data[i];

        if ((hoop_lower(c) >= 'a' && hoop_lower(c) <= 'z')
            || (c >= '0' && c <= '9')
            || c == '-' || c == '.' || c == '_' || c == '~')
        {
            (void) hoop_buf_addc(b, c);
            continue;
        }

        hex[0] = "0123456789ABCDEF"[c >> 4];
        hex[1] = "0123456789ABCDEF"[c & 15];

        (void) hoop_buf_addc(b, '%');
        (void) hoop_buf_add(b, hex, 2);
    }
}
