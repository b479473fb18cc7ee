
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * One key of a set: from the JSON of RFC 7517 to an OpenSSL key.
 *
 * A key carries the set of algorithms that it may check: what its type and
 * curve allow, narrowed by its own "alg".  What is not plainly a public
 * signature key is left out, and the reason is for the operator.
 */


#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "hoop_json.h"
#include "hoop_jws.h"


#define HOOP_JWK_MAX_OPS       16
#define HOOP_JWK_MIN_RSA_BITS  2048
#define HOOP_JWK_MAX_RSA_BITS  8192
#define HOOP_JWK_MAX_E_BITS    64
#define HOOP_JWK_MAX_SECRET    1024

/* the largest member, a leading zero octet, and what the decoder wants */
#define HOOP_JWK_BUFFER        (HOOP_JWK_MAX_RSA + 1 + 3)


static const char *hoop_jwk_check_use(json_t *jwk);
static const char *hoop_jwk_parse_rsa(hoop_jwk_t *key, json_t *jwk);
static const char *hoop_jwk_parse_ec(hoop_jwk_t *key, json_t *jwk);
static const char *hoop_jwk_parse_okp(hoop_jwk_t *key, json_t *jwk);
static const char *hoop_jwk_parse_oct(hoop_jwk_t *key, json_t *jwk);
static const char *hoop_jwk_import(hoop_jwk_t *key, const char *type,
    OSSL_PARAM_BLD *bld);
static int hoop_jwk_identify(hoop_jwk_t *key, json_t *jwk);
static ssize_t hoop_jwk_octets(json_t *jwk, const char *name, u_char *dst,
    size_t max);
static int hoop_jwk_private(json_t *jwk);
static int hoop_jwk_is(const json_t *value, const char *text);


const char  hoop_jwk_internal[] = "not enough memory";


/* returns NULL, or why the key is left out; the caller clears it then */

const char *
hoop_jwk_parse(hoop_jwk_t *key, json_t *jwk, unsigned algs)
{
    size_t       len;
    u_char      *p;
    json_t      *kty, *kid, *alg;
    const char  *reason;

    if (!json_is_object(jwk)) {
        return "not a JSON object";
    }

    kty = json_object_get(jwk, "kty");
    kid = json_object_get(jwk, "kid");
    alg = json_object_get(jwk, "alg");

    if (kid && !json_is_string(kid)) {
        return "\"kid\" is not a string";
    }

    if (alg && !json_is_string(alg)) {
        return "\"alg\" is not a string";
    }

    reason = hoop_jwk_check_use(jwk);
    if (reason) {
        return reason;
    }

    if (hoop_jwk_is(kty, "RSA")) {
        reason = hoop_jwk_parse_rsa(key, jwk);

    } else if (hoop_jwk_is(kty, "EC")) {
        reason = hoop_jwk_parse_ec(key, jwk);

    } else if (hoop_jwk_is(kty, "OKP")) {
        reason = hoop_jwk_parse_okp(key, jwk);

    } else if (hoop_jwk_is(kty, "oct")) {
        if ((algs & HOOP_JWT_HS) == 0) {
            return "symmetric key, and no HS algorithm is allowed";
        }

        reason = hoop_jwk_parse_oct(key, jwk);

    } else {
        return "\"kty\" is none of RSA, EC, OKP, oct";
    }

    if (reason) {
        return reason;
    }

    if (alg) {
        key->algs &= hoop_jwt_alg(hoop_str(json_string_value(alg),
                                           json_string_length(alg)));
        if (key->algs == 0) {
            return "\"alg\" does not fit the key";
        }
    }

    if ((key->algs & algs) == 0) {
        return "no allowed algorithm fits the key";
    }

    if (kid) {
        len = json_string_length(kid);

        p = malloc(len + 1);
        if (p == NULL) {
            return hoop_jwk_internal;
        }

        memcpy(p, json_string_value(kid), len);
        key->kid = hoop_str(p, len);
    }

    return hoop_jwk_identify(key, jwk) == HOOP_OK ? NULL : hoop_jwk_internal;
}


static const char *
hoop_jwk_check_use(json_t *jwk)
{
    int      verify;
    size_t   i, k, n;
    json_t  *use, *ops, *op;

    use = json_object_get(jwk, "use");
    ops = json_object_get(jwk, "key_ops");

    if (use && !hoop_jwk_is(use, "sig")) {
        return "\"use\" is not \"sig\"";
    }

    if (ops == NULL) {
        return NULL;
    }

    n = json_array_size(ops);

    if (n == 0 || n > HOOP_JWK_MAX_OPS) {
        return "\"key_ops\" is not an array that has \"verify\"";
    }

    verify = 0;

    for (i = 0; i < n; i++) {
        op = json_array_get(ops, i);

        if (!json_is_string(op)) {
            return "\"key_ops\" has a value that is not a string";
        }

        for (k = 0; k < i; k++) {
            if (json_equal(op, json_array_get(ops, k))) {
                return "\"key_ops\" has a value twice";
            }
        }

        if (hoop_jwk_is(op, "verify")) {
            verify = 1;
        }
    }

    return verify ? NULL : "\"key_ops\" does not have \"verify\"";
}


static const char *
hoop_jwk_parse_rsa(hoop_jwk_t *key, json_t *jwk)
{
    int              bits;
    BIGNUM          *n, *e;
    u_char           nbuf[HOOP_JWK_BUFFER], ebuf[HOOP_JWK_BUFFER];
    ssize_t          nlen, elen;
    const char      *reason;
    OSSL_PARAM_BLD  *bld;

    if (hoop_jwk_private(jwk)) {
        return "private key";
    }

    nlen = hoop_jwk_octets(jwk, "n", nbuf, HOOP_JWK_MAX_RSA + 1);
    elen = hoop_jwk_octets(jwk, "e", ebuf, HOOP_JWK_MAX_RSA + 1);

    if (nlen < 0 || elen < 0) {
        return "\"n\" or \"e\" is missing, too long or not base64url";
    }

    n = BN_bin2bn(nbuf, (int) nlen, NULL);
    e = BN_bin2bn(ebuf, (int) elen, NULL);
    bld = OSSL_PARAM_BLD_new();

    if (n == NULL || e == NULL || bld == NULL
        || !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n)
        || !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e))
    {
        reason = hoop_jwk_internal;
        goto done;
    }

    bits = BN_num_bits(n);

    if (bits < HOOP_JWK_MIN_RSA_BITS || bits > HOOP_JWK_MAX_RSA_BITS) {
        reason = "RSA modulus is not of 2048 to 8192 bits";
        goto done;
    }

    if (!BN_is_odd(n) || !BN_is_odd(e) || BN_is_one(e)
        || BN_num_bits(e) > HOOP_JWK_MAX_E_BITS)
    {
        reason = "RSA modulus or exponent is not sound";
        goto done;
    }

    key->algs = HOOP_JWT_RS|HOOP_JWT_PS;
    key->size = (bits + 7) / 8;

    reason = hoop_jwk_import(key, "RSA", bld);

done:

    OSSL_PARAM_BLD_free(bld);
    BN_free(n);
    BN_free(e);

    return reason;
}


static const char *
hoop_jwk_parse_ec(hoop_jwk_t *key, json_t *jwk)
{
    size_t           size;
    BIGNUM          *order;
    json_t          *crv;
    u_char           point[1 + 2 * HOOP_JWK_MAX_EC];
    u_char           buf[HOOP_JWK_BUFFER];
    unsigned         i;
    const char      *reason, *curve;
    OSSL_PARAM_BLD  *bld;

    if (hoop_jwk_private(jwk)) {
        return "private key";
    }

    crv = json_object_get(jwk, "crv");

    if (hoop_jwk_is(crv, "P-256")) {
        curve = "P-256";
        size = 32;
        key->algs = HOOP_JWT_ES256;

    } else if (hoop_jwk_is(crv, "P-384")) {
        curve = "P-384";
        size = 48;
        key->algs = HOOP_JWT_ES384;

    } else if (hoop_jwk_is(crv, "P-521")) {
        curve = "P-521";
        size = 66;
        key->algs = HOOP_JWT_ES512;

    } else {
        return "\"crv\" is none of P-256, P-384, P-521";
    }

    point[0] = 0x04;

    for (i = 0; i < 2; i++) {
        if (hoop_jwk_octets(jwk, i ? "y" : "x", buf, size) != (ssize_t) size) {
            return "\"x\" or \"y\" is missing, not base64url or not of the "
                   "curve's length";
        }

        memcpy(point + 1 + i * size, buf, size);
    }

    bld = OSSL_PARAM_BLD_new();

    if (bld == NULL
        || !OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
                                            curve, 0)
        || !OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
                                             point, 1 + 2 * size))
    {
        OSSL_PARAM_BLD_free(bld);
        return hoop_jwk_internal;
    }

    /* refuses a point that is not on the curve */

    reason = hoop_jwk_import(key, "EC", bld);

    OSSL_PARAM_BLD_free(bld);

    if (reason) {
        return reason;
    }

    order = NULL;

    if (EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_EC_ORDER, &order) != 1
        || BN_bn2binpad(order, key->order, (int) size) != (int) size)
    {
        BN_free(order);
        return hoop_jwk_internal;
    }

    BN_free(order);

    key->size = size;

    return NULL;
}


static const char *
hoop_jwk_parse_okp(hoop_jwk_t *key, json_t *jwk)
{
    u_char  buf[HOOP_JWK_BUFFER];

    if (hoop_jwk_private(jwk)) {
        return "private key";
    }

    if (!hoop_jwk_is(json_object_get(jwk, "crv"), "Ed25519")) {
        return "\"crv\" is not Ed25519";
    }

    if (hoop_jwk_octets(jwk, "x", buf, 32) != 32) {
        return "\"x\" is missing, not base64url or not of 32 octets";
    }

    key->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, buf, 32);
    if (key->pkey == NULL) {
        return hoop_jwk_internal;
    }

    key->algs = HOOP_JWT_EDDSA;
    key->size = 64;

    return NULL;
}


/* RFC 7518, section 3.2: the secret is at least as long as the hash */

static const char *
hoop_jwk_parse_oct(hoop_jwk_t *key, json_t *jwk)
{
    u_char   buf[HOOP_JWK_BUFFER];
    ssize_t  len;

    len = hoop_jwk_octets(jwk, "k", buf, HOOP_JWK_MAX_SECRET);

    if (len < 0) {
        return "\"k\" is missing, too long or not base64url";
    }

    if (len < 32) {
        OPENSSL_cleanse(buf, sizeof(buf));
        return "secret is shorter than 32 octets";
    }

    key->algs = HOOP_JWT_HS256;
    key->algs |= (len >= 48) ? HOOP_JWT_HS384 : 0;
    key->algs |= (len >= 64) ? HOOP_JWT_HS512 : 0;

    key->secret = malloc(len);

    if (key->secret) {
        memcpy(key->secret, buf, len);
        key->secret_len = len;
    }

    OPENSSL_cleanse(buf, sizeof(buf));

    return key->secret ? NULL : hoop_jwk_internal;
}


/*
 * Only what OpenSSL says about the point speaks against the key; any other
 * failure is ours, and must not make a set that silently lacks a key.
 */

static const char *
hoop_jwk_import(hoop_jwk_t *key, const char *type, OSSL_PARAM_BLD *bld)
{
    const char     *reason;
    OSSL_PARAM     *params;
    EVP_PKEY_CTX   *ctx;
    unsigned long   e;

    reason = hoop_jwk_internal;

    params = OSSL_PARAM_BLD_to_param(bld);
    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    if (params && ctx && EVP_PKEY_fromdata_init(ctx) == 1) {

        if (EVP_PKEY_fromdata(ctx, &key->pkey, EVP_PKEY_PUBLIC_KEY, params)
            == 1)
        {
            reason = NULL;

        } else {
            e = ERR_peek_last_error();

            if (ERR_GET_LIB(e) == ERR_LIB_EC
                && (ERR_GET_REASON(e) == EC_R_POINT_IS_NOT_ON_CURVE
                    || ERR_GET_REASON(e) == EC_R_COORDINATES_OUT_OF_RANGE
                    || ERR_GET_REASON(e) == EC_R_INVALID_ENCODING))
            {
                reason = "point is not on the curve";
            }
        }
    }

    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);

    return reason;
}


/* never 0, which stands for no key */

static int
hoop_jwk_identify(hoop_jwk_t *key, json_t *jwk)
{
    u_char         md[32], algs[4];
    unsigned       i;
    hoop_sha256_t  s;

    if (hoop_jwk_thumbprint(jwk, md) != HOOP_OK) {
        return HOOP_ERROR;
    }

    for (i = 0; i < 4; i++) {
        algs[i] = (u_char) (key->algs >> 8 * i);
    }

    hoop_sha256_init(&s);
    hoop_sha256_update(&s, md, sizeof(md));
    hoop_sha256_update(&s, algs, sizeof(algs));
    hoop_sha256_final(&s, md);

    key->id = 0;

    for (i = 0; i < 8; i++) {
        key->id = key->id << 8 | md[i];
    }

    key->id += (key->id == 0);

    return HOOP_OK;
}


/*
 * RFC 7638: the members that make the key, in the order of their names.  Only
 * characters that JSON never escapes are taken, so that there is one text.
 */

int
hoop_jwk_thumbprint(json_t *jwk, u_char md[32])
{
    char           c;
    size_t         i, k, n;
    json_t        *kty, *value;
    const char    *text;
    hoop_sha256_t  s;

    static const struct {
        const char  *kty;
        const char  *names[4];
    } types[] = {
        { "RSA", { "e", "kty", "n", NULL } },
        { "EC", { "crv", "kty", "x", "y" } },
        { "OKP", { "crv", "kty", "x", NULL } },
        { "oct", { "k", "kty", NULL, NULL } }
    };

    kty = json_object_get(jwk, "kty");

    for (k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
        if (hoop_jwk_is(kty, types[k].kty)) {
            break;
        }
    }

    if (k == sizeof(types) / sizeof(types[0])) {
        return HOOP_ERROR;
    }

    hoop_sha256_init(&s);

    for (i = 0; i < 4 && types[k].names[i]; i++) {
        value = json_object_get(jwk, types[k].names[i]);
        text = json_string_value(value);

        if (text == NULL || *text == '\0') {
            return HOOP_ERROR;
        }

        for (n = 0; n < json_string_length(value); n++) {
            c = text[n];

            if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                  || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            {
                return HOOP_ERROR;
            }
        }

        hoop_sha256_update(&s, i ? ",\"" : "{\"", 2);
        hoop_sha256_update(&s, types[k].names[i], strlen(types[k].names[i]));
        hoop_sha256_update(&s, "\":\"", 3);
        hoop_sha256_update(&s, text, n);
        hoop_sha256_update(&s, "\"", 1);
    }

    hoop_sha256_update(&s, "}", 1);
    hoop_sha256_final(&s, md);

    OPENSSL_cleanse(&s, sizeof(hoop_sha256_t));

    return HOOP_OK;
}


/* dst holds HOOP_JWK_BUFFER bytes; -1 if absent, malformed or over max */

static ssize_t
hoop_jwk_octets(json_t *jwk, const char *name, u_char *dst, size_t max)
{
    size_t   len;
    json_t  *value;

    value = json_object_get(jwk, name);

    if (!json_is_string(value)) {
        return -1;
    }

    len = json_string_length(value);

    if (len == 0 || len > (max * 4 + 2) / 3) {
        return -1;
    }

    return hoop_base64_decode(dst, (const u_char *) json_string_value(value),
                              len, 1);
}


/* a published private key is nobody's any more */

static int
hoop_jwk_private(json_t *jwk)
{
    size_t  i;

    static const char  *const names[] = {
        "d", "p", "q", "dp", "dq", "qi", "oth"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (json_object_get(jwk, names[i])) {
            return 1;
        }
    }

    return 0;
}


static int
hoop_jwk_is(const json_t *value, const char *text)
{
    return json_is_string(value)
           && hoop_str_is(hoop_str(json_string_value(value),
                                   json_string_length(value)),
                          text);
}


void
hoop_jwk_clear(hoop_jwk_t *key)
{
    unsigned  i;

    for (i = 0; i < sizeof(key->ctx) / sizeof(key->ctx[0]); i++) {
        EVP_PKEY_CTX_free(key->ctx[i]);
    }

    EVP_PKEY_free(key->pkey);

    if (key->secret) {
        OPENSSL_cleanse(key->secret, key->secret_len);
        free(key->secret);
    }

    free((void *) key->kid.data);

    memset(key, 0, sizeof(hoop_jwk_t));
}
