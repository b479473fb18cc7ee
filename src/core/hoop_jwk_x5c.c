
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The certificate of a JWK, "x5c" (RFC 7517, 4.7): where the members of the
 * key are missing it is the key, and where they are there it must not be
 * another one.
 *
 * The key set is what is trusted, by how it was got.  The certificate is but a
 * form of the key: its dates, its names and who signed it do not matter.
 */


#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "hoop_json.h"
#include "hoop_jws.h"


#define HOOP_JWK_MAX_X5C   16384    /* base64 of a certificate */


static EVP_PKEY *hoop_jwk_x5c(json_t *jwk, int *nomem);
static const char *hoop_jwk_expand_rsa(json_t *jwk, EVP_PKEY *pkey);
static const char *hoop_jwk_expand_ec(json_t *jwk, EVP_PKEY *pkey);
static const char *hoop_jwk_expand_okp(json_t *jwk, EVP_PKEY *pkey);
static int hoop_jwk_set_number(json_t *jwk, const char *name, EVP_PKEY *pkey,
    const char *param, size_t size);
static int hoop_jwk_set_octets(json_t *jwk, const char *name,
    const u_char *p, size_t len);


/* only where not one member is there: half a key is none */

const char *
hoop_jwk_expand_x5c(json_t *jwk)
{
    int          nomem;
    EVP_PKEY    *pkey;
    const char  *reason;

    if (json_object_get(jwk, "n") || json_object_get(jwk, "e")
        || json_object_get(jwk, "x") || json_object_get(jwk, "y")
        || json_object_get(jwk, "k"))
    {
        return NULL;
    }

    pkey = hoop_jwk_x5c(jwk, &nomem);

    if (pkey == NULL) {
        return nomem ? hoop_jwk_internal
                     : "\"x5c\" has no certificate that can be read";
    }

    if (hoop_str_is(hoop_json_member(jwk, "kty"), "RSA")
        && EVP_PKEY_is_a(pkey, "RSA"))
    {
        reason = hoop_jwk_expand_rsa(jwk, pkey);

    } else if (hoop_str_is(hoop_json_member(jwk, "kty"), "EC")
               && EVP_PKEY_is_a(pkey, "EC"))
    {
        reason = hoop_jwk_expand_ec(jwk, pkey);

    } else if (hoop_str_is(hoop_json_member(jwk, "kty"), "OKP")
               && EVP_PKEY_is_a(pkey, "ED25519"))
    {
        reason = hoop_jwk_expand_okp(jwk, pkey);

    } else {
        reason = "\"kty\" is not that of the certificate in \"x5c\"";
    }

    EVP_PKEY_free(pkey);

    return reason;
}


const char *
hoop_jwk_compare_x5c(json_t *jwk, EVP_PKEY *pkey)
{
    int        nomem, same;
    EVP_PKEY  *other;

    other = hoop_jwk_x5c(jwk, &nomem);

    if (other == NULL) {
        return nomem ? hoop_jwk_internal : NULL;
    }

    same = (EVP_PKEY_eq(pkey, other) == 1);

    EVP_PKEY_free(other);

    return same ? NULL : "\"x5c\" is a certificate of another key";
}


/* standard base64 of DER, and not a byte more; the first is the key's own */

static EVP_PKEY *
hoop_jwk_x5c(json_t *jwk, int *nomem)
{
    X509           *cert;
    u_char         *der;
    ssize_t         n;
    EVP_PKEY       *pkey;
    hoop_str_t      text;
    const u_char   *p;

    *nomem = 0;

    text = hoop_json_string(json_array_get(json_object_get(jwk, "x5c"), 0));

    if (text.len == 0 || text.len > HOOP_JWK_MAX_X5C) {
        return NULL;
    }

    der = malloc(text.len * 3 / 4 + 3);
    if (der == NULL) {
        *nomem = 1;
        return NULL;
    }

    pkey = NULL;
    cert = NULL;

    n = hoop_base64_decode(der, text.data, text.len, 0);

    if (n > 0) {
        p = der;
        cert = d2i_X509(NULL, &p, n);

        if (cert == NULL || p == der + n) {
            pkey = cert ? X509_get_pubkey(cert) : NULL;
            *nomem = (pkey == NULL
                      && ERR_GET_REASON(ERR_peek_last_error())
                         == ERR_R_MALLOC_FAILURE);
        }
    }

    X509_free(cert);
    free(der);

    return pkey;
}


static const char *
hoop_jwk_expand_rsa(json_t *jwk, EVP_PKEY *pkey)
{
    int  rc;

    rc = hoop_jwk_set_number(jwk, "n", pkey, OSSL_PKEY_PARAM_RSA_N, 0);

    if (rc == HOOP_OK) {
        rc = hoop_jwk_set_number(jwk, "e", pkey, OSSL_PKEY_PARAM_RSA_E, 0);
    }

    if (rc == HOOP_LIMIT) {
        return "RSA modulus or exponent is not sound";
    }

    return (rc == HOOP_OK) ? NULL : hoop_jwk_internal;
}


static const char *
hoop_jwk_expand_ec(json_t *jwk, EVP_PKEY *pkey)
{
    char     group[32];
    size_t   i;
    json_t  *crv;

    static const struct {
        const char  *group;
        const char  *crv;
        size_t       size;
    } curves[] = {
        { "prime256v1", "P-256", 32 },
        { "secp384r1", "P-384", 48 },
        { "secp521r1", "P-521", 66 }
    };

    if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1) {
        return "\"x5c\" has a key of an unnamed curve";
    }

    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (strcmp(group, curves[i].group) == 0) {
            break;
        }
    }

    crv = json_object_get(jwk, "crv");

    if (i == sizeof(curves) / sizeof(curves[0])
        || (crv && !hoop_str_is(hoop_json_string(crv), curves[i].crv)))
    {
        return "\"x5c\" has a key of another curve";
    }

    if (json_object_set_new(jwk, "crv", json_string(curves[i].crv)) != 0
        || hoop_jwk_set_number(jwk, "x", pkey, OSSL_PKEY_PARAM_EC_PUB_X,
                               curves[i].size)
           != HOOP_OK
        || hoop_jwk_set_number(jwk, "y", pkey, OSSL_PKEY_PARAM_EC_PUB_Y,
                               curves[i].size)
           != HOOP_OK)
    {
        return hoop_jwk_internal;
    }

    return NULL;
}


static const char *
hoop_jwk_expand_okp(json_t *jwk, EVP_PKEY *pkey)
{
    size_t  n;
    u_char  buf[32];

    n = sizeof(buf);

    if (EVP_PKEY_get_raw_public_key(pkey, buf, &n) != 1
        || (json_object_get(jwk, "crv") == NULL
            && json_object_set_new(jwk, "crv", json_string("Ed25519")) != 0)
        || hoop_jwk_set_octets(jwk, "x", buf, n) != HOOP_OK)
    {
        return hoop_jwk_internal;
    }

    return NULL;
}


/* size 0: as many octets as the number needs */

static int
hoop_jwk_set_number(json_t *jwk, const char *name, EVP_PKEY *pkey,
    const char *param, size_t size)
{
    int      rc;
    BIGNUM  *bn;
    u_char   buf[HOOP_JWK_MAX_RSA];

    bn = NULL;

    if (EVP_PKEY_get_bn_param(pkey, param, &bn) != 1) {
        return HOOP_ERROR;
    }

    if (size == 0) {
        size = BN_num_bytes(bn);
    }

    if (size > sizeof(buf)) {
        rc = HOOP_LIMIT;

    } else if (BN_bn2binpad(bn, buf, (int) size) != (int) size) {
        rc = HOOP_ERROR;

    } else {
        rc = hoop_jwk_set_octets(jwk, name, buf, size);
    }

    BN_free(bn);

    return rc;
}


static int
hoop_jwk_set_octets(json_t *jwk, const char *name, const u_char *p,
    size_t len)
{
    size_t  n;
    u_char  text[(HOOP_JWK_MAX_RSA + 2) / 3 * 4];

    n = hoop_base64_encode(text, p, len, 1);

    return json_object_set_new(jwk, name, json_stringn((char *) text, n)) == 0
           ? HOOP_OK : HOOP_NOMEM;
}
