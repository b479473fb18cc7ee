
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Proofs of possession.  What costs little is judged first, and no signature
 * but one by the token's own key.  The nonce is asked for last: its absence is
 * no fault, and the answer tells a client that can sign what to do (RFC 9449,
 * section 9).
 */


#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "hoop_dpop.h"
#include "hoop_uri.h"


#define HOOP_DPOP_MAX_TIME   ((double) ((int64_t) 1 << 53))


static hoop_dpop_e hoop_dpop_judge(const hoop_jwt_t *jwt,
    const hoop_dpop_rules_t *rules, hoop_dpop_t *dpop);
static hoop_dpop_e hoop_dpop_claims(const hoop_jwt_t *jwt,
    const hoop_dpop_rules_t *rules);
static int hoop_dpop_uri(hoop_str_t htu, hoop_str_t uri);
static hoop_dpop_e hoop_dpop_times(const json_t *claims,
    const hoop_dpop_rules_t *rules, int64_t *expires);
static int hoop_dpop_time(const json_t *claims, const char *name,
    double *time);
static hoop_dpop_e hoop_dpop_key(const hoop_jwt_t *jwt, json_t *jwk);
static hoop_dpop_e hoop_dpop_nonces(const hoop_jwt_t *jwt,
    const hoop_dpop_rules_t *rules, hoop_dpop_t *dpop);
static hoop_str_t hoop_dpop_string(const json_t *object, const char *name);


const char *
hoop_dpop_strerror(hoop_dpop_e e)
{
    switch (e) {
    case HOOP_DPOP_OK:
        return "proof is valid";
    case HOOP_DPOP_MALFORMED:
        return "proof is malformed";
    case HOOP_DPOP_TYPE:
        return "proof type is not dpop+jwt";
    case HOOP_DPOP_ALG:
        return "proof algorithm is not allowed";
    case HOOP_DPOP_CRIT:
        return "proof has a header parameter that must be understood";
    case HOOP_DPOP_KEY:
        return "proof key is missing or not fit for it";
    case HOOP_DPOP_CLAIM:
        return "proof claim is missing or of a wrong type";
    case HOOP_DPOP_METHOD:
        return "proof is for another method";
    case HOOP_DPOP_URI:
        return "proof is for another URI";
    case HOOP_DPOP_OLD:
        return "proof is too old";
    case HOOP_DPOP_FUTURE:
        return "proof is not valid yet";
    case HOOP_DPOP_TOKEN:
        return "proof is for another token";
    case HOOP_DPOP_SIGNATURE:
        return "proof signature is invalid";
    case HOOP_DPOP_BINDING:
        return "token is bound to another key";
    case HOOP_DPOP_NONCE:
        return "proof needs a nonce that was given recently";
    case HOOP_DPOP_INTERNAL:
        break;
    }

    return "proof cannot be checked";
}


int
hoop_cnf_read(const json_t *claims, hoop_cnf_t *cnf)
{
    u_char       md[HOOP_DPOP_THUMBPRINT * 3 / 4 + 3];
    size_t       i, n;
    json_t      *object;
    hoop_str_t  *value;

    memset(cnf, 0, sizeof(hoop_cnf_t));

    object = json_object_get(claims, "cnf");

    if (object == NULL) {
        return HOOP_DECLINED;
    }

    n = 0;

    for (i = 0; i < 2; i++) {
        value = i ? &cnf->x5t : &cnf->jkt;

        if (json_object_get(object, i ? "x5t#S256" : "jkt") == NULL) {
            continue;
        }

        *value = hoop_dpop_string(object, i ? "x5t#S256" : "jkt");

        /* strict decoding: there is one text of each thumbprint */

        if (value->len != HOOP_DPOP_THUMBPRINT
            || hoop_base64_decode(md, value->data, value->len, 1) != 32)
        {
            return HOOP_ERROR;
        }

        n++;
    }

    /* one that is not known may bind to what is not asked for here */

    return (n && n == json_object_size(object)) ? HOOP_OK : HOOP_ERROR;
}


int
hoop_cnf_match(hoop_str_t thumbprint, const u_char md[32])
{
    u_char  text[44];

    return hoop_base64_encode(text, md, 32, 1) == thumbprint.len
           && CRYPTO_memcmp(text, thumbprint.data, thumbprint.len) == 0;
}


hoop_dpop_e
hoop_dpop_check(hoop_str_t proof, const hoop_dpop_rules_t *rules,
    hoop_dpop_t *dpop)
{
    hoop_jwt_t   jwt;
    hoop_dpop_e  rc;

    memset(dpop, 0, sizeof(hoop_dpop_t));

    if (proof.len > HOOP_DPOP_MAX_PROOF) {
        return HOOP_DPOP_MALFORMED;
    }

    switch (hoop_jwt_parse(&jwt, proof.data, proof.len, 0)) {
    case HOOP_JWT_OK:
        rc = hoop_dpop_judge(&jwt, rules, dpop);
        break;
    case HOOP_JWT_ALG:
        rc = HOOP_DPOP_ALG;
        break;
    case HOOP_JWT_CRIT:
        rc = HOOP_DPOP_CRIT;
        break;
    case HOOP_JWT_INTERNAL:
        rc = HOOP_DPOP_INTERNAL;
        break;
    default:
        rc = HOOP_DPOP_MALFORMED;
    }

    hoop_jwt_clear(&jwt);

    return rc;
}


static hoop_dpop_e
hoop_dpop_judge(const hoop_jwt_t *jwt, const hoop_dpop_rules_t *rules,
    hoop_dpop_t *dpop)
{
    u_char          md[32];
    json_t         *jwk;
    hoop_str_t      jti;
    hoop_dpop_e     rc;
    hoop_sha256_t   s;

    if (!hoop_str_is(hoop_dpop_string(jwt->header, "typ"), "dpop+jwt")) {
        return HOOP_DPOP_TYPE;
    }

    if ((jwt->alg & rules->algs & HOOP_JWT_ALGS) == 0) {
        return HOOP_DPOP_ALG;
    }

    jwk = json_object_get(jwt->header, "jwk");

    if (hoop_jwk_thumbprint(jwk, md) != HOOP_OK) {
        return HOOP_DPOP_KEY;
    }

    rc = hoop_dpop_claims(jwt, rules);
    if (rc != HOOP_DPOP_OK) {
        return rc;
    }

    rc = hoop_dpop_times(jwt->claims, rules, &dpop->expires);
    if (rc != HOOP_DPOP_OK) {
        return rc;
    }

    if (!hoop_cnf_match(rules->jkt, md)) {
        return HOOP_DPOP_BINDING;
    }

    rc = hoop_dpop_key(jwt, jwk);
    if (rc != HOOP_DPOP_OK) {
        return rc;
    }

    rc = hoop_dpop_nonces(jwt, rules, dpop);
    if (rc != HOOP_DPOP_OK) {
        return rc;
    }

    jti = hoop_dpop_string(jwt->claims, "jti");

    hoop_sha256_init(&s);
    hoop_sha256_update(&s, rules->jkt.data, rules->jkt.len);
    hoop_sha256_update(&s, "", 1);
    hoop_sha256_update(&s, jti.data, jti.len);
    hoop_sha256_final(&s, dpop->replay);

    return HOOP_DPOP_OK;
}


static hoop_dpop_e
hoop_dpop_claims(const hoop_jwt_t *jwt, const hoop_dpop_rules_t *rules)
{
    hoop_str_t  jti, htm, htu, ath;

    jti = hoop_dpop_string(jwt->claims, "jti");
    htm = hoop_dpop_string(jwt->claims, "htm");
    htu = hoop_dpop_string(jwt->claims, "htu");
    ath = hoop_dpop_string(jwt->claims, "ath");

    if (jti.len == 0 || jti.len > HOOP_DPOP_MAX_JTI
        || htm.data == NULL || htu.data == NULL
        || (rules->token_sha256 && ath.data == NULL))
    {
        return HOOP_DPOP_CLAIM;
    }

    if (!hoop_str_eq(htm, rules->method)) {
        return HOOP_DPOP_METHOD;
    }

    switch (hoop_dpop_uri(htu, rules->uri)) {
    case HOOP_OK:
        break;
    case HOOP_NOMEM:
        return HOOP_DPOP_INTERNAL;
    default:
        return HOOP_DPOP_URI;
    }

    return (rules->token_sha256 == NULL
            || hoop_cnf_match(ath, rules->token_sha256))
           ? HOOP_DPOP_OK : HOOP_DPOP_TOKEN;
}


static int
hoop_dpop_uri(hoop_str_t htu, hoop_str_t uri)
{
    int         rc;
    hoop_buf_t  b;

    hoop_buf_init(&b, HOOP_DPOP_MAX_PROOF);

    rc = hoop_uri_normal(htu, &b);

    if (rc == HOOP_OK && !hoop_str_eq(hoop_str(b.data, b.len), uri)) {
        rc = HOOP_DECLINED;
    }

    hoop_buf_free(&b);

    return rc;
}


/*
 * "exp" and "nbf" are no claims of a proof, but a client that sets them means
 * them.  A second more is kept: times have no fractions elsewhere.
 */

static hoop_dpop_e
hoop_dpop_times(const json_t *claims, const hoop_dpop_rules_t *rules,
    int64_t *expires)
{
    double  iat, exp, nbf, now;

    exp = HOOP_DPOP_MAX_TIME;
    nbf = -HOOP_DPOP_MAX_TIME;

    if (hoop_dpop_time(claims, "iat", &iat) != HOOP_OK
        || hoop_dpop_time(claims, "exp", &exp) == HOOP_ERROR
        || hoop_dpop_time(claims, "nbf", &nbf) == HOOP_ERROR)
    {
        return HOOP_DPOP_CLAIM;
    }

    now = (double) rules->now;

    if (iat < now - rules->window || exp <= now - rules->leeway) {
        return HOOP_DPOP_OLD;
    }

    if (iat > now + rules->leeway || nbf > now + rules->leeway) {
        return HOOP_DPOP_FUTURE;
    }

    *expires = (int64_t) iat + rules->window + rules->leeway + 1;

    return HOOP_DPOP_OK;
}


/* HOOP_DECLINED: absent, and *time as it was */

static int
hoop_dpop_time(const json_t *claims, const char *name, double *time)
{
    json_t  *value;

    value = json_object_get(claims, name);

    if (value == NULL) {
        return HOOP_DECLINED;
    }

    if (!json_is_number(value)) {
        return HOOP_ERROR;
    }

    *time = json_number_value(value);

    /* false for a NaN too */

    return (*time >= -HOOP_DPOP_MAX_TIME && *time <= HOOP_DPOP_MAX_TIME)
           ? HOOP_OK : HOOP_ERROR;
}


static hoop_dpop_e
hoop_dpop_key(const hoop_jwt_t *jwt, json_t *jwk)
{
    hoop_jwt_e     rc;
    hoop_jwks_t   *ks;
    hoop_error_t   err;

    static const hoop_str_t  none = hoop_str_null;

    /* "k" is private in no key but a secret, and belongs in no public one */

    if (json_object_get(jwk, "k")) {
        return HOOP_DPOP_KEY;
    }

    ks = hoop_jwks_single(jwk, jwt->alg, &err);
    if (ks == NULL) {
        return HOOP_DPOP_KEY;
    }

    rc = hoop_jwks_verify(ks, jwt->alg, none, jwt->signing_input,
                          jwt->signature, jwt->signature_len, NULL);

    hoop_jwks_free(ks);

    switch (rc) {
    case HOOP_JWT_OK:
        return HOOP_DPOP_OK;
    case HOOP_JWT_SIGNATURE:
        return HOOP_DPOP_SIGNATURE;
    case HOOP_JWT_INTERNAL:
        return HOOP_DPOP_INTERNAL;
    default:
        return HOOP_DPOP_KEY;
    }
}


static hoop_dpop_e
hoop_dpop_nonces(const hoop_jwt_t *jwt, const hoop_dpop_rules_t *rules,
    hoop_dpop_t *dpop)
{
    unsigned    i;
    hoop_str_t  nonce;

    if (rules->nnonces == 0) {
        return HOOP_DPOP_OK;
    }

    nonce = hoop_dpop_string(jwt->claims, "nonce");

    for (i = 0; i < rules->nnonces; i++) {
        if (nonce.len == rules->nonces[i].len
            && CRYPTO_memcmp(nonce.data, rules->nonces[i].data, nonce.len)
               == 0)
        {
            dpop->nonce = i;
            return HOOP_DPOP_OK;
        }
    }

    return HOOP_DPOP_NONCE;
}


int
hoop_dpop_nonce(const u_char secret[32], int64_t period,
    u_char text[HOOP_DPOP_THUMBPRINT])
{
    int        i;
    u_char     md[32], encoded[44];
    unsigned   len;
    /* told from whatever else the secret may come to be used for */
    u_char     input[19] = "DPoP-Nonce:";

    for (i = 0; i < 8; i++) {
        input[11 + i] = (u_char) ((uint64_t) period >> (56 - 8 * i));
    }

    len = sizeof(md);

    if (HMAC(EVP_sha256(), secret, 32, input, sizeof(input), md, &len) == NULL
        || len != sizeof(md))
    {
        return HOOP_ERROR;
    }

    (void) hoop_base64_encode(encoded, md, sizeof(md), 1);
    memcpy(text, encoded, HOOP_DPOP_THUMBPRINT);

    return HOOP_OK;
}


static hoop_str_t
hoop_dpop_string(const json_t *object, const char *name)
{
    json_t  *value;

    value = json_object_get(object, name);

    if (!json_is_string(value)) {
        return hoop_str(NULL, 0);
    }

    return hoop_str(json_string_value(value), json_string_length(value));
}
