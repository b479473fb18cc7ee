
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * One signature on one parsed key: RFC 7518 section 3, RFC 8037.
 *
 * OpenSSL is stricter in some places than in others, so what it leaves open
 * is closed here: the length of every signature is exact, the salt of PSS is
 * as long as its hash, r and s of ECDSA are in 1 .. order - 1.
 *
 * What OpenSSL says about a bad signature is taken off its error queue again:
 * nginx would log it at the next TLS operation of another connection.
 */


#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "hoop_jws.h"


/* SEQUENCE and two INTEGERs, each with a sign byte, and their headers */
#define HOOP_JWS_MAX_DER     (3 + 2 * (3 + HOOP_JWK_MAX_EC))


static EVP_PKEY_CTX *hoop_jws_ctx(const hoop_jwks_t *ks, hoop_jwk_t *key,
    unsigned alg);
static hoop_jwt_e hoop_jws_verify_digest(const hoop_jwks_t *ks,
    hoop_jwk_t *key, unsigned alg, hoop_str_t input, const u_char *sig,
    size_t len);
static hoop_jwt_e hoop_jws_verify_eddsa(hoop_jwk_t *key, hoop_str_t input,
    const u_char *sig, size_t len);
static hoop_jwt_e hoop_jws_verify_hmac(const hoop_jwks_t *ks, hoop_jwk_t *key,
    unsigned alg, hoop_str_t input, const u_char *sig, size_t len);
static size_t hoop_jws_der(u_char *der, const hoop_jwk_t *key,
    const u_char *sig);
static unsigned hoop_jws_hash(unsigned alg);


static const struct {
    hoop_str_t   name;
    unsigned     alg;
} hoop_jws_algs[] = {
    { hoop_string("RS256"), HOOP_JWT_RS256 },
    { hoop_string("RS384"), HOOP_JWT_RS384 },
    { hoop_string("RS512"), HOOP_JWT_RS512 },
    { hoop_string("PS256"), HOOP_JWT_PS256 },
    { hoop_string("PS384"), HOOP_JWT_PS384 },
    { hoop_string("PS512"), HOOP_JWT_PS512 },
    { hoop_string("ES256"), HOOP_JWT_ES256 },
    { hoop_string("ES384"), HOOP_JWT_ES384 },
    { hoop_string("ES512"), HOOP_JWT_ES512 },
    { hoop_string("EdDSA"), HOOP_JWT_EDDSA },
    { hoop_string("Ed25519"), HOOP_JWT_EDDSA },     /* RFC 9864 */
    { hoop_string("HS256"), HOOP_JWT_HS256 },
    { hoop_string("HS384"), HOOP_JWT_HS384 },
    { hoop_string("HS512"), HOOP_JWT_HS512 }
};


unsigned
hoop_jwt_alg(hoop_str_t name)
{
    size_t  i;

    for (i = 0; i < sizeof(hoop_jws_algs) / sizeof(hoop_jws_algs[0]); i++) {
        if (hoop_str_eq(name, hoop_jws_algs[i].name)) {
            return hoop_jws_algs[i].alg;
        }
    }

    return 0;
}


/* the first of its names */

const char *
hoop_jwt_alg_name(unsigned alg)
{
    size_t  i;

    for (i = 0; i < sizeof(hoop_jws_algs) / sizeof(hoop_jws_algs[0]); i++) {
        if (hoop_jws_algs[i].alg == alg) {
            return (const char *) hoop_jws_algs[i].name.data;
        }
    }

    return NULL;
}


hoop_jwt_e
hoop_jws_verify(const hoop_jwks_t *ks, hoop_jwk_t *key, unsigned alg,
    hoop_str_t input, const u_char *sig, size_t len)
{
    hoop_jwt_e  rc;

    (void) ERR_set_mark();

    if (alg & HOOP_JWT_HS) {
        rc = hoop_jws_verify_hmac(ks, key, alg, input, sig, len);

    } else if (alg == HOOP_JWT_EDDSA) {
        rc = hoop_jws_verify_eddsa(key, input, sig, len);

    } else {
        rc = hoop_jws_verify_digest(ks, key, alg, input, sig, len);
    }

    (void) ERR_pop_to_mark();

    return rc;
}


static hoop_jwt_e
hoop_jws_verify_digest(const hoop_jwks_t *ks, hoop_jwk_t *key, unsigned alg,
    hoop_str_t input, const u_char *sig, size_t len)
{
    u_char         digest[EVP_MAX_MD_SIZE], der[HOOP_JWS_MAX_DER];
    unsigned       dlen;
    EVP_PKEY_CTX  *ctx;

    if (alg & HOOP_JWT_ES) {
        if (len != 2 * key->size) {
            return HOOP_JWT_SIGNATURE;
        }

        len = hoop_jws_der(der, key, sig);
        if (len == 0) {
            return HOOP_JWT_SIGNATURE;
        }

        sig = der;

    } else if (len != key->size) {
        return HOOP_JWT_SIGNATURE;
    }

    ctx = hoop_jws_ctx(ks, key, alg);
    if (ctx == NULL) {
        return HOOP_JWT_INTERNAL;
    }

    if (EVP_DigestInit_ex2(ks->md_ctx, ks->md[hoop_jws_hash(alg)], NULL) != 1
        || EVP_DigestUpdate(ks->md_ctx, input.data, input.len) != 1
        || EVP_DigestFinal_ex(ks->md_ctx, digest, &dlen) != 1)
    {
        return HOOP_JWT_INTERNAL;
    }

    if (EVP_PKEY_verify(ctx, sig, len, digest, dlen) != 1) {
        return HOOP_JWT_SIGNATURE;
    }

    return HOOP_JWT_OK;
}


static hoop_jwt_e
hoop_jws_verify_eddsa(hoop_jwk_t *key, hoop_str_t input, const u_char *sig,
    size_t len)
{
    EVP_MD_CTX  *ctx;
    hoop_jwt_e   rc;

    if (len != key->size) {
        return HOOP_JWT_SIGNATURE;
    }

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return HOOP_JWT_INTERNAL;
    }

    if (EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, key->pkey, NULL)
        != 1)
    {
        rc = HOOP_JWT_INTERNAL;

    } else if (EVP_DigestVerify(ctx, sig, len, input.data, input.len) != 1) {
        rc = HOOP_JWT_SIGNATURE;

    } else {
        rc = HOOP_JWT_OK;
    }

    EVP_MD_CTX_free(ctx);

    return rc;
}


static hoop_jwt_e
hoop_jws_verify_hmac(const hoop_jwks_t *ks, hoop_jwk_t *key, unsigned alg,
    hoop_str_t input, const u_char *sig, size_t len)
{
    u_char    mac[EVP_MAX_MD_SIZE];
    unsigned  n;

    n = 0;

    if (HMAC(ks->md[hoop_jws_hash(alg)], key->secret, (int) key->secret_len,
             input.data, input.len, mac, &n)
        == NULL || n == 0)
    {
        return HOOP_JWT_INTERNAL;
    }

    if (len != n || CRYPTO_memcmp(mac, sig, n) != 0) {
        return HOOP_JWT_SIGNATURE;
    }

    return HOOP_JWT_OK;
}


static EVP_PKEY_CTX *
hoop_jws_ctx(const hoop_jwks_t *ks, hoop_jwk_t *key, unsigned alg)
{
    unsigned       hash;
    EVP_MD        *md;
    EVP_PKEY_CTX  *ctx, **cached;

    hash = hoop_jws_hash(alg);
    md = ks->md[hash];

    if (alg & HOOP_JWT_ES) {
        cached = &key->ctx[0];

    } else {
        cached = &key->ctx[hash + ((alg & HOOP_JWT_PS) ? 3 : 0)];
    }

    if (*cached) {
        return *cached;
    }

    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    if (ctx == NULL) {
        return NULL;
    }

    if (EVP_PKEY_verify_init(ctx) != 1
        || EVP_PKEY_CTX_set_signature_md(ctx, md) != 1)
    {
        goto failed;
    }

    if ((alg & HOOP_JWT_RS)
        && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)
    {
        goto failed;
    }

    if ((alg & HOOP_JWT_PS)
        && (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) != 1
            || EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) != 1
            || EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST)
               != 1))
    {
        goto failed;
    }

    *cached = ctx;

    return ctx;

failed:

    EVP_PKEY_CTX_free(ctx);

    return NULL;
}


/*
 * JOSE carries r || s, OpenSSL wants the DER of ECDSA-Sig-Value.  Returns the
 * length, or 0 if r or s is out of range.
 */

static size_t
hoop_jws_der(u_char *der, const hoop_jwk_t *key, const u_char *sig)
{
    int            i;
    u_char        *p, *len;
    size_t         n;
    const u_char  *s;

    /* the longest body, of P-521, needs the long form of the length */

    p = der + 3;

    for (i = 0; i < 2; i++) {
        s = sig + i * key->size;
        n = key->size;

        if (memcmp(s, key->order, n) >= 0) {
            return 0;
        }

        while (n && *s == 0) {
            s++;
            n--;
        }

        if (n == 0) {
            return 0;
        }

        *p++ = 0x02;
        len = p++;

        if (*s & 0x80) {
            *p++ = 0;
        }

        memcpy(p, s, n);
        p += n;

        *len = (u_char) (p - len - 1);
    }

    n = p - der - 3;

    if (n < 0x80) {
        der[0] = 0x30;
        der[1] = (u_char) n;
        memmove(der + 2, der + 3, n);

        return n + 2;
    }

    der[0] = 0x30;
    der[1] = 0x81;
    der[2] = (u_char) n;

    return n + 3;
}


static unsigned
hoop_jws_hash(unsigned alg)
{
    if (alg & (HOOP_JWT_RS256|HOOP_JWT_PS256|HOOP_JWT_ES256|HOOP_JWT_HS256)) {
        return 0;
    }

    if (alg & (HOOP_JWT_RS384|HOOP_JWT_PS384|HOOP_JWT_ES384|HOOP_JWT_HS384)) {
        return 1;
    }

    return 2;
}
