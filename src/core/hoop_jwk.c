
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

/* the largest member, a leading zero octet, and what the decoder wants */
#define HOOP_JWK_BUFFER        (HOOP_JWK_MAX_RSA + 1 + 3)


static const char *hoop_jwk_parse_members(hoop_jwk_t *key, json_t *jwk,
    unsigned algs);
static unsigned hoop_jwk_alg(hoop_str_t name);
static int hoop_jwk_dup(hoop_str_t *dst, const json_t *value);
static const char *hoop_jwk_check_use(json_t *jwk);
static const char *hoop_jwk_parse_rsa(hoop_jwk_t *key, json_t *jwk);
static int hoop_jwk_roca(const BIGNUM *n);
static const char *hoop_jwk_parse_ec(hoop_jwk_t *key, json_t *jwk);
static const char *hoop_jwk_parse_okp(hoop_jwk_t *key, json_t *jwk);
static const char *hoop_jwk_parse_oct(hoop_jwk_t *key, json_t *jwk);
static const char *hoop_jwk_import(hoop_jwk_t *key, const char *type,
    OSSL_PARAM_BLD *bld);
static ssize_t hoop_jwk_octets(json_t *jwk, const char *name, u_char *dst,
    size_t max);
static int hoop_jwk_private(json_t *jwk);
static int hoop_jwk_is(const json_t *value, const char *text);


const char  hoop_jwk_internal[] = "not enough memory";


const char *
hoop_jwk_parse(hoop_jwk_t *key, json_t *jwk, unsigned algs)
{
    json_t      *full;
    const char  *reason;

    if (!json_is_object(jwk)) {
        return "not a JSON object";
    }

    if (!json_is_array(json_object_get(jwk, "x5c"))) {
        return hoop_jwk_parse_members(key, jwk, algs);
    }

    full = json_copy(jwk);
    if (full == NULL) {
        return hoop_jwk_internal;
    }

    reason = hoop_jwk_expand_x5c(full);

    if (reason == NULL) {
        reason = hoop_jwk_parse_members(key, full, algs);
    }

    if (reason == NULL && key->pkey) {
        reason = hoop_jwk_compare_x5c(jwk, key->pkey);
    }

    json_decref(full);

    return reason;
}


static const char *
hoop_jwk_parse_members(hoop_jwk_t *key, json_t *jwk, unsigned algs)
{
    json_t      *kty, *kid, *alg, *issuer;
    const char  *reason;

    kty = json_object_get(jwk, "kty");
    kid = json_object_get(jwk, "kid");
    alg = json_object_get(jwk, "alg");
    issuer = json_object_get(jwk, "issuer");

    if ((kid && !json_is_string(kid)) || (alg && !json_is_string(alg))
        || (issuer && !json_is_string(issuer)))
    {
        return "\"kid\", \"alg\" or \"issuer\" is not a string";
    }

    reason = hoop_jwk_check_use(jwk);
    if (reason) {
        return reason;
    }

    if (hoop_jwk_is(kty, "RSA")) {
        key->family = HOOP_JWT_RS|HOOP_JWT_PS;
        reason = hoop_jwk_parse_rsa(key, jwk);

    } else if (hoop_jwk_is(kty, "EC")) {
        key->family = HOOP_JWT_ES;
        reason = hoop_jwk_parse_ec(key, jwk);

    } else if (hoop_jwk_is(kty, "OKP")) {
        key->family = HOOP_JWT_EDDSA;
        reason = hoop_jwk_parse_okp(key, jwk);

    } else if (hoop_jwk_is(kty, "oct")) {
        if ((algs & HOOP_JWT_HS) == 0) {
            return "symmetric key, and no HS algorithm is allowed";
        }

        key->family = HOOP_JWT_HS;
        reason = hoop_jwk_parse_oct(key, jwk);

    } else {
        return "\"kty\" is none of RSA, EC, OKP, oct";
    }

    if (reason) {
        return reason;
    }

    key->family = 0;

    if (alg) {
        key->algs &= hoop_jwk_alg(hoop_json_string(alg));

        if (key->algs == 0) {
            return "\"alg\" does not fit the key";
        }
    }

    if ((key->algs & algs) == 0) {
        return "no allowed algorithm fits the key";
    }

    if (hoop_jwk_dup(&key->kid, kid) != HOOP_OK
        || hoop_jwk_dup(&key->issuer, issuer) != HOOP_OK
        || hoop_jwk_thumbprint(jwk, key->thumbprint) != HOOP_OK)
    {
        return hoop_jwk_internal;
    }

    hoop_jwk_identify(key);

    return NULL;
}


/* the number of P-521 is taken for that of the hash, now and then */

static unsigned
hoop_jwk_alg(hoop_str_t name)
{
    return hoop_str_is(name, "ES521") ? HOOP_JWT_ES512 : hoop_jwt_alg(name);
}


/* what is left of a broken key: it makes its kid ambiguous */

int
hoop_jwk_bury(hoop_jwk_t *key, json_t *jwk)
{
    unsigned  family;

    family = key->family;
    hoop_jwk_clear(key);

    if (family == 0 || !json_is_string(json_object_get(jwk, "kid"))) {
        return HOOP_DECLINED;
    }

    key->algs = family;
    key->twin = 1;

    return hoop_jwk_dup(&key->kid, json_object_get(jwk, "kid"));
}


static int
hoop_jwk_dup(hoop_str_t *dst, const json_t *value)
{
    u_char      *p;
    hoop_str_t   s;

    if (value == NULL) {
        return HOOP_OK;
    }

    s = hoop_json_string(value);

    p = malloc(s.len + 1);
    if (p == NULL) {
        return HOOP_NOMEM;
    }

    memcpy(p, s.data, s.len);
    *dst = hoop_str(p, s.len);

    return HOOP_OK;
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

    if (hoop_jwk_roca(n)) {
        reason = "RSA modulus is of a weak generator (CVE-2017-15361)";
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


/*
 * The moduli of a chip's library, which can be factored, are powers of 65537
 * modulo each small prime.  Of other moduli one in 2^27 is so modulo all of
 * these.
 */

static int
hoop_jwk_roca(const BIGNUM *n)
{
    size_t    i;
    unsigned  rest, power;

    static const unsigned  primes[] = {
        11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151,
        157
    };

    for (i = 0; i < sizeof(primes) / sizeof(primes[0]); i++) {
        rest = (unsigned) BN_mod_word(n, primes[i]);
        power = 1;

        while (power != rest) {
            power = power * 65537 % primes[i];

            if (power == 1) {
                return 0;
            }
        }
    }

    return 1;
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


static const char *
hoop_jwk_parse_oct(hoop_jwk_t *key, json_t *jwk)
{
    u_char       buf[HOOP_JWK_BUFFER];
    ssize_t      len;
    const char  *reason;

    len = hoop_jwk_octets(jwk, "k", buf, HOOP_JWT_MAX_SECRET);

    if (len < 0) {
        return "\"k\" is missing, too long or not base64url";
    }

    reason = hoop_jwk_secret(key, buf, len);

    OPENSSL_cleanse(buf, sizeof(buf));

    return reason;
}


/* RFC 7518, section 3.2: the secret is at least as long as the hash */

const char *
hoop_jwk_secret(hoop_jwk_t *key, const u_char *p, size_t len)
{
    if (len < 32 || len > HOOP_JWT_MAX_SECRET) {
        return "secret is shorter than 32 octets or longer than 1024";
    }

    key->algs = HOOP_JWT_HS256;
    key->algs |= (len >= 48) ? HOOP_JWT_HS384 : 0;
    key->algs |= (len >= 64) ? HOOP_JWT_HS512 : 0;

    key->secret = malloc(len);
    if (key->secret == NULL) {
        return hoop_jwk_internal;
    }

    memcpy(key->secret, p, len);
    key->secret_len = len;

    return NULL;
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

void
hoop_jwk_identify(hoop_jwk_t *key)
{
    u_char         md[32], algs[4];
    unsigned       i;
    hoop_sha256_t  s;

    for (i = 0; i < 4; i++) {
        algs[i] = (u_char) (key->algs >> 8 * i);
    }

    hoop_sha256_init(&s);
    hoop_sha256_update(&s, key->thumbprint, 32);
    hoop_sha256_update(&s, algs, sizeof(algs));
    hoop_sha256_update(&s, key->issuer.data, key->issuer.len);
    hoop_sha256_final(&s, md);

    key->id = 0;

    for (i = 0; i < 8; i++) {
        key->id = key->id << 8 | md[i];
    }

    key->id += (key->id == 0);
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
    free((void *) key->issuer.data);

    memset(key, 0, sizeof(hoop_jwk_t));
}
