
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the unit programs on tokens share: keys, made anew in each run, and a
 * signer that is not hoop's and can be told to sign badly.
 */


#ifndef _HOOP_TEST_JOSE_H_INCLUDED_
#define _HOOP_TEST_JOSE_H_INCLUDED_


#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "hoop_json.h"
#include "hoop_jwt.h"
#include "tap.h"


#define NOW        1700000000
#define ALL        0x1fff
#define SECRET     "0123456789abcdef0123456789abcdef" \
                   "0123456789abcdef0123456789abcdef"
#define GOOD       "{\"iss\":\"https://i\",\"sub\":\"bot\",\"aud\":\"crm\"," \
                   "\"iat\":1699999900,\"exp\":1700000300}"


typedef struct {
    EVP_PKEY    *pkey;
    char         jwk[1024];      /* members, without braces */
    char        *pem;            /* public; what libjwt verifies with */
    char        *private_pem;
} test_key_t;


static test_key_t  rsa, rsa2, p256, p384, p521, ed;


/* base64url of n bytes; a ring of buffers, so that one call may use several */

__attribute__((unused))
static char *
b64(const void *p, size_t n)
{
    size_t         len;
    static int     i;
    static char   *ring[16];

    i = (i + 1) % 16;

    free(ring[i]);
    ring[i] = malloc(n * 4 / 3 + 8);

    len = hoop_base64_encode((u_char *) ring[i], p, n, 1);
    ring[i][len] = '\0';

    return ring[i];
}


__attribute__((unused))
static char *
b64s(const char *s)
{
    return b64(s, strlen(s));
}


__attribute__((unused))
static char *
number(EVP_PKEY *pkey, const char *name, int size)
{
    BIGNUM  *bn;
    u_char   buf[2048];

    bn = NULL;
    EVP_PKEY_get_bn_param(pkey, name, &bn);

    if (size == 0) {
        size = BN_num_bytes(bn);
    }

    BN_bn2binpad(bn, buf, size);
    BN_free(bn);

    return b64(buf, size);
}


__attribute__((unused))
static char *
pem(EVP_PKEY *pkey, int private)
{
    BIO   *bio;
    long   n;
    char  *p, *text;

    bio = BIO_new(BIO_s_mem());

    if (private) {
        PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);

    } else {
        PEM_write_bio_PUBKEY(bio, pkey);
    }

    n = BIO_get_mem_data(bio, &p);
    text = calloc(1, n + 1);
    memcpy(text, p, n);
    BIO_free(bio);

    return text;
}


__attribute__((unused))
static void
make_key(test_key_t *key, EVP_PKEY *pkey, const char *crv, int size)
{
    size_t  n;
    u_char  raw[32];

    key->pkey = pkey;
    key->pem = pem(pkey, 0);
    key->private_pem = pem(pkey, 1);

    if (crv == NULL) {
        snprintf(key->jwk, sizeof(key->jwk),
                 "\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"",
                 number(pkey, OSSL_PKEY_PARAM_RSA_N, 0),
                 number(pkey, OSSL_PKEY_PARAM_RSA_E, 0));

    } else if (size == 0) {
        n = sizeof(raw);
        EVP_PKEY_get_raw_public_key(pkey, raw, &n);

        snprintf(key->jwk, sizeof(key->jwk),
                 "\"kty\":\"OKP\",\"crv\":\"%s\",\"x\":\"%s\"", crv,
                 b64(raw, n));

    } else {
        snprintf(key->jwk, sizeof(key->jwk),
                 "\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"",
                 crv, number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, size),
                 number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, size));
    }
}


/* r || s of a DER signature */

__attribute__((unused))
static size_t
raw_ecdsa(u_char *dst, const u_char *der, size_t len, int size)
{
    ECDSA_SIG  *sig;

    sig = d2i_ECDSA_SIG(NULL, &der, len);
    BN_bn2binpad(ECDSA_SIG_get0_r(sig), dst, size);
    BN_bn2binpad(ECDSA_SIG_get0_s(sig), dst + size, size);
    ECDSA_SIG_free(sig);

    return 2 * size;
}


__attribute__((unused))
static size_t
sign(u_char *sig, const char *alg, test_key_t *key, const char *input, int salt,
    const char *mgf)
{
    size_t         n;
    u_char         der[256];
    unsigned       len;
    const char    *md;
    EVP_MD_CTX    *ctx;
    EVP_PKEY_CTX  *pctx;

    md = strstr(alg, "256") ? "SHA256" : strstr(alg, "384") ? "SHA384"
                                                            : "SHA512";
    if (alg[0] == 'H') {
        HMAC(EVP_get_digestbyname(md), SECRET, sizeof(SECRET) - 1,
             (u_char *) input, strlen(input), sig, &len);
        return len;
    }

    ctx = EVP_MD_CTX_new();
    EVP_DigestSignInit_ex(ctx, &pctx, alg[1] == 'd' ? NULL : md, NULL, NULL,
                          key->pkey, NULL);

    if (alg[0] == 'P') {
        EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt);

        if (mgf) {
            EVP_PKEY_CTX_set_rsa_mgf1_md_name(pctx, mgf, NULL);
        }
    }

    if (alg[0] == 'E' && alg[1] == 'S') {
        n = sizeof(der);
        EVP_DigestSign(ctx, der, &n, (u_char *) input, strlen(input));
        n = raw_ecdsa(sig, der, n, (EVP_PKEY_get_bits(key->pkey) + 7) / 8);

    } else {
        n = 1024;
        EVP_DigestSign(ctx, sig, &n, (u_char *) input, strlen(input));
    }

    EVP_MD_CTX_free(ctx);

    return n;
}


/* a token of any header and payload; to be freed */

__attribute__((unused))
static char *
token(const char *header, const char *claims, const char *alg, test_key_t *key)
{
    char    *p;
    size_t   n;
    u_char   sig[1024];

    p = malloc(strlen(header) * 2 + strlen(claims) * 2 + 4096);

    n = sprintf(p, "%s.", b64s(header));
    n += sprintf(p + n, "%s", b64s(claims));

    sprintf(p + n, ".%s",
            b64(sig, sign(sig, alg, key, p, RSA_PSS_SALTLEN_DIGEST, NULL)));

    return p;
}


__attribute__((unused))
static hoop_jwks_t *
keys(const char *text, unsigned algs)
{
    hoop_error_t  err;

    return hoop_jwks_parse((const u_char *) text, strlen(text), algs, &err);
}


__attribute__((unused))
static hoop_jwks_t *
keys_of(test_key_t *key, const char *more)
{
    char  text[8192];

    snprintf(text, sizeof(text), "{\"keys\":[{%s%s}]}", key->jwk, more);

    return keys(text, ALL);
}


__attribute__((unused))
static hoop_jwt_e
judge(const char *t, hoop_jwks_t *ks, unsigned algs)
{
    hoop_jwt_e        rc;
    hoop_jwt_t        jwt;
    hoop_jwt_rules_t  rules;

    memset(&rules, 0, sizeof(hoop_jwt_rules_t));
    rules.algs = algs;

    rc = hoop_jwt_parse(&jwt, (const u_char *) t, strlen(t), 1);

    if (rc == HOOP_JWT_OK) {
        rc = hoop_jwt_verify(&jwt, ks, &rules, NULL);
    }

    hoop_jwt_clear(&jwt);

    return rc;
}


__attribute__((unused))
static hoop_jwt_e
parse(const char *t, int signature_only)
{
    hoop_jwt_e   rc;
    hoop_jwt_t   jwt;

    rc = hoop_jwt_parse(&jwt, (const u_char *) t, strlen(t), signature_only);
    hoop_jwt_clear(&jwt);

    return rc;
}


__attribute__((unused))
static const char *
header_of(const char *alg)
{
    static char  h[64];

    snprintf(h, sizeof(h), "{\"alg\":\"%s\",\"typ\":\"JWT\"}", alg);

    return h;
}


__attribute__((unused))
static void
make_keys(void)
{
    make_key(&rsa, EVP_RSA_gen(2048), NULL, 0);
    make_key(&rsa2, EVP_RSA_gen(2049), NULL, 0);
    make_key(&p256, EVP_EC_gen("P-256"), "P-256", 32);
    make_key(&p384, EVP_EC_gen("P-384"), "P-384", 48);
    make_key(&p521, EVP_EC_gen("P-521"), "P-521", 66);
    make_key(&ed, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "Ed25519", 0);
}


__attribute__((unused))
static void
free_keys(void)
{
    size_t       i;
    test_key_t  *keys[] = { &rsa, &rsa2, &p256, &p384, &p521, &ed };

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        EVP_PKEY_free(keys[i]->pkey);
        free(keys[i]->pem);
        free(keys[i]->private_pem);
    }
}


#endif /* _HOOP_TEST_JOSE_H_INCLUDED_ */
