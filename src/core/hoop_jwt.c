
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Tokens: the compact form and what it is made of.  What the claims must say
 * is in hoop_jwt_check.c.
 */


#include <stdlib.h>

#include "hoop_json.h"
#include "hoop_jws.h"


#define HOOP_JWT_MAX_HEADER   4096
#define HOOP_JWT_MAX_DEPTH    32


/* a ring: the oldest is replaced */
#define HOOP_JWT_HEADERS      16
#define HOOP_JWT_KNOWN        256


struct hoop_jwt_headers_s {
    unsigned       next;
    struct {
        size_t     len;                /* 0: free */
        unsigned   alg;
        json_t    *header;             /* one reference */
        u_char     text[HOOP_JWT_KNOWN];
    } list[HOOP_JWT_HEADERS];
};


static hoop_jwt_e hoop_jwt_split(hoop_jwt_t *jwt, const u_char *p, size_t len,
    hoop_jwt_headers_t *headers, int signature_only);
static hoop_jwt_e hoop_jwt_header(hoop_jwt_t *jwt, const u_char *p, size_t len,
    hoop_jwt_headers_t *headers);
static int hoop_jwt_five_parts(const u_char *p, const u_char *end);
static hoop_jwt_e hoop_jwt_parse_header(hoop_jwt_t *jwt, const u_char *p,
    size_t len);
static json_t *hoop_jwt_load(const u_char *p, size_t len);


const char *
hoop_jwt_strerror(hoop_jwt_e e)
{
    switch (e) {
    case HOOP_JWT_OK:
        return "token is valid";
    case HOOP_JWT_MALFORMED:
        return "token is malformed";
    case HOOP_JWT_JWE:
        return "token is encrypted, wanted a signed one";
    case HOOP_JWT_ALG:
        return "token algorithm is not allowed";
    case HOOP_JWT_CRIT:
        return "token has a header parameter that must be understood";
    case HOOP_JWT_NO_KEY:
        return "token key is unknown";
    case HOOP_JWT_SIGNATURE:
        return "token signature is invalid";
    case HOOP_JWT_ISSUER:
        return "token issuer is not accepted";
    case HOOP_JWT_AUDIENCE:
        return "token audience is not accepted";
    case HOOP_JWT_EXPIRED:
        return "token is expired";
    case HOOP_JWT_NOT_YET:
        return "token is not valid yet";
    case HOOP_JWT_LIFETIME:
        return "token lifetime is too long";
    case HOOP_JWT_TYPE:
        return "token type is not accepted";
    case HOOP_JWT_CLAIM:
        return "token claim is missing or of a wrong type";
    case HOOP_JWT_CLIENT:
        return "token client is not accepted";
    case HOOP_JWT_REQUIRED:
        return "token lacks a required claim or value";
    case HOOP_JWT_PROOF:
        return "token needs a proof of possession";
    case HOOP_JWT_INTERNAL:
        break;
    }

    return "token cannot be checked";
}


hoop_jwt_e
hoop_jwt_parse(hoop_jwt_t *jwt, const u_char *p, size_t len,
    int signature_only)
{
    return hoop_jwt_split(jwt, p, len, NULL, signature_only);
}


hoop_jwt_e
hoop_jwt_parse_known(hoop_jwt_t *jwt, const u_char *p, size_t len,
    hoop_jwt_headers_t *headers)
{
    return hoop_jwt_split(jwt, p, len, headers, 0);
}


static hoop_jwt_e
hoop_jwt_split(hoop_jwt_t *jwt, const u_char *p, size_t len,
    hoop_jwt_headers_t *headers, int signature_only)
{
    u_char         buf[HOOP_JWT_MAX_TOKEN * 3 / 4 + 3];
    ssize_t        n;
    hoop_jwt_e     rc;
    const u_char  *end, *payload, *signature;

    memset(jwt, 0, sizeof(hoop_jwt_t));

    jwt->token = hoop_str(p, len);

    if (len == 0 || len > HOOP_JWT_MAX_TOKEN) {
        return HOOP_JWT_MALFORMED;
    }

    end = p + len;

    payload = memchr(p, '.', len);
    if (payload == NULL) {
        return HOOP_JWT_MALFORMED;
    }

    payload++;

    signature = memchr(payload, '.', end - payload);
    if (signature == NULL) {
        return HOOP_JWT_MALFORMED;
    }

    signature++;

    jwt->signing_input = hoop_str(p, signature - 1 - p);

    rc = hoop_jwt_header(jwt, p, payload - 1 - p, headers);
    if (rc != HOOP_JWT_OK) {
        return rc;
    }

    if (hoop_jwt_five_parts(signature, end)) {
        return HOOP_JWT_JWE;
    }

    jwt->signature = malloc((end - signature) * 3 / 4 + 3);
    if (jwt->signature == NULL) {
        return HOOP_JWT_INTERNAL;
    }

    n = hoop_base64_decode(jwt->signature, signature, end - signature, 1);
    if (n < 0) {
        return HOOP_JWT_MALFORMED;
    }

    jwt->signature_len = n;

    n = hoop_base64_decode(buf, payload, signature - 1 - payload, 1);
    if (n < 0) {
        return HOOP_JWT_MALFORMED;
    }

    if (signature_only) {
        return HOOP_JWT_OK;
    }

    jwt->claims = hoop_jwt_load(buf, n);
    if (jwt->claims == NULL) {
        return HOOP_JWT_MALFORMED;
    }

    jwt->issuer = hoop_json_member(jwt->claims, "iss");

    return HOOP_JWT_OK;
}


hoop_jwt_headers_t *
hoop_jwt_headers_create(void)
{
    return calloc(1, sizeof(hoop_jwt_headers_t));
}


void
hoop_jwt_headers_free(hoop_jwt_headers_t *headers)
{
    unsigned  i;

    if (headers == NULL) {
        return;
    }

    for (i = 0; i < HOOP_JWT_HEADERS; i++) {
        json_decref(headers->list[i].header);
    }

    free(headers);
}


/* only good ones are kept, and what a text says never changes */

static hoop_jwt_e
hoop_jwt_header(hoop_jwt_t *jwt, const u_char *p, size_t len,
    hoop_jwt_headers_t *headers)
{
    unsigned    i;
    hoop_jwt_e  rc;

    if (headers == NULL || len == 0 || len > HOOP_JWT_KNOWN) {
        return hoop_jwt_parse_header(jwt, p, len);
    }

    for (i = 0; i < HOOP_JWT_HEADERS; i++) {
        if (headers->list[i].len == len
            && memcmp(headers->list[i].text, p, len) == 0)
        {
            jwt->header = json_incref(headers->list[i].header);
            jwt->alg = headers->list[i].alg;
            jwt->kid = hoop_json_member(jwt->header, "kid");

            return HOOP_JWT_OK;
        }
    }

    rc = hoop_jwt_parse_header(jwt, p, len);

    if (rc == HOOP_JWT_OK) {
        i = headers->next++ % HOOP_JWT_HEADERS;

        json_decref(headers->list[i].header);

        headers->list[i].header = json_incref(jwt->header);
        headers->list[i].alg = jwt->alg;
        headers->list[i].len = len;
        memcpy(headers->list[i].text, p, len);
    }

    return rc;
}


/* what follows the second dot has exactly two more of them */

static int
hoop_jwt_five_parts(const u_char *p, const u_char *end)
{
    unsigned  dots;

    for (dots = 0; (p = memchr(p, '.', end - p)) != NULL; p++) {
        dots++;
    }

    return dots == 2;
}


static hoop_jwt_e
hoop_jwt_parse_header(hoop_jwt_t *jwt, const u_char *p, size_t len)
{
    u_char   buf[HOOP_JWT_MAX_HEADER + 3];
    json_t  *alg, *kid, *typ, *cty;
    ssize_t  n;

    if (len > (HOOP_JWT_MAX_HEADER * 4 + 2) / 3) {
        return HOOP_JWT_MALFORMED;
    }

    n = hoop_base64_decode(buf, p, len, 1);
    if (n < 0) {
        return HOOP_JWT_MALFORMED;
    }

    jwt->header = hoop_jwt_load(buf, n);
    if (jwt->header == NULL) {
        return HOOP_JWT_MALFORMED;
    }

    if (json_object_get(jwt->header, "enc")) {
        return HOOP_JWT_JWE;
    }

    alg = json_object_get(jwt->header, "alg");
    kid = json_object_get(jwt->header, "kid");
    typ = json_object_get(jwt->header, "typ");
    cty = json_object_get(jwt->header, "cty");

    if (!json_is_string(alg)
        || (kid && !json_is_string(kid))
        || (typ && !json_is_string(typ))
        || (cty && !json_is_string(cty)))
    {
        return HOOP_JWT_MALFORMED;
    }

    /* "b64" (RFC 7797) would change what is signed; none is understood here */

    if (json_object_get(jwt->header, "crit")
        || json_object_get(jwt->header, "b64"))
    {
        return HOOP_JWT_CRIT;
    }

    jwt->alg = hoop_jwt_alg(hoop_json_string(alg));
    if (jwt->alg == 0) {
        return HOOP_JWT_ALG;
    }

    jwt->kid = hoop_json_string(kid);

    return HOOP_JWT_OK;
}


static json_t *
hoop_jwt_load(const u_char *p, size_t len)
{
    json_t        *root;
    hoop_error_t   err;

    root = hoop_json_load_depth(p, len, HOOP_JWT_MAX_DEPTH, &err);

    if (root && !json_is_object(root)) {
        json_decref(root);
        return NULL;
    }

    return root;
}


void
hoop_jwt_clear(hoop_jwt_t *jwt)
{
    json_decref(jwt->header);
    json_decref(jwt->claims);
    free(jwt->signature);

    memset(jwt, 0, sizeof(hoop_jwt_t));
}


hoop_jwt_e
hoop_jwt_verify(const hoop_jwt_t *jwt, const hoop_jwks_t *ks,
    const hoop_jwt_rules_t *rules, uint64_t *id)
{
    if ((jwt->alg & rules->algs) == 0) {
        return HOOP_JWT_ALG;
    }

    return hoop_jwks_verify_claims(ks, jwt->alg, jwt->kid, jwt->signing_input,
                                   jwt->signature, jwt->signature_len,
                                   jwt->claims, id);
}
