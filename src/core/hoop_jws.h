
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Private to the files on tokens: a set, a key, and a signature on it.
 *
 * Everything that OpenSSL can prepare ahead hangs on the key and on its set:
 * fetched digests, one digest context, and a verification context for each
 * algorithm that the key has been asked for (made at the first use, then
 * reused: EVP_PKEY_verify() may be called again and again).  The set is
 * therefore for one thread at a time.
 */


#ifndef _HOOP_JWS_H_INCLUDED_
#define _HOOP_JWS_H_INCLUDED_


#include <openssl/evp.h>

#include "hoop_jwt.h"


#define HOOP_JWT_RS      (HOOP_JWT_RS256|HOOP_JWT_RS384|HOOP_JWT_RS512)
#define HOOP_JWT_PS      (HOOP_JWT_PS256|HOOP_JWT_PS384|HOOP_JWT_PS512)
#define HOOP_JWT_ES      (HOOP_JWT_ES256|HOOP_JWT_ES384|HOOP_JWT_ES512)
#define HOOP_JWT_HS      (HOOP_JWT_HS256|HOOP_JWT_HS384|HOOP_JWT_HS512)

#define HOOP_JWK_MAX_RSA     1024    /* bytes of a modulus */
#define HOOP_JWK_MAX_EC      66      /* bytes of a P-521 coordinate */


typedef struct {
    uint64_t         id;
    u_char           thumbprint[32];
    unsigned         algs;           /* what the key may check, never 0 */
    hoop_str_t       kid;            /* owned; data NULL if absent */
    hoop_str_t       issuer;         /* owned; whose tokens, len 0: any */

    EVP_PKEY        *pkey;           /* NULL for a secret */
    EVP_PKEY_CTX    *ctx[6];         /* RS and PS by hash; [0] for EC */
    size_t           size;           /* RSA: of a signature, EC: of r and s */
    u_char           order[HOOP_JWK_MAX_EC];

    u_char          *secret;         /* owned, wiped */
    size_t           secret_len;

    unsigned         family;         /* it is broken: what it was to check */
    unsigned         twin:1;         /* its kid is another's as well */
    unsigned         twice:1;        /* it has been there before */
} hoop_jwk_t;


struct hoop_jwks_s {
    EVP_MD          *md[3];          /* SHA-256, SHA-384, SHA-512 */
    EVP_MD_CTX      *md_ctx;
    unsigned         nkeys;
    unsigned         nnamed;         /* those with a kid */
    hoop_jwk_t       keys[];
};


/* the one reason that fails a whole set; compared by address */
extern const char  hoop_jwk_internal[];

/*
 * Fills a zeroed key; algs are those that are allowed.  Returns NULL, or why
 * the key is left out; either way it is for hoop_jwk_clear().
 */
const char *hoop_jwk_parse(hoop_jwk_t *key, json_t *jwk, unsigned algs);
/* the same by the bytes of a secret; without an id */
const char *hoop_jwk_secret(hoop_jwk_t *key, const u_char *p, size_t len);
/* by its thumbprint */
void hoop_jwk_identify(hoop_jwk_t *key);
/* adds the members of the public key that "x5c" has; a reason as above */
const char *hoop_jwk_expand_x5c(json_t *jwk);
/* NULL: "x5c" has the same key, or none that can be read */
const char *hoop_jwk_compare_x5c(json_t *jwk, EVP_PKEY *pkey);
void hoop_jwk_clear(hoop_jwk_t *key);
/* in its place; HOOP_OK: the key is to be kept for its kid */
int hoop_jwk_bury(hoop_jwk_t *key, json_t *jwk);

/* hoop_jwks_verify() for a token; claims NULL: whose it is does not matter */
hoop_jwt_e hoop_jwks_verify_claims(const hoop_jwks_t *ks, unsigned alg,
    hoop_str_t kid, hoop_str_t input, const u_char *sig, size_t len,
    const json_t *claims, uint64_t *id);

/* 2: "iss" is pattern; 1: it is, with "tid" for "{tenantid}"; 0: neither */
int hoop_jwt_issuer_is(hoop_str_t pattern, const json_t *claims);

/* by azp, client_id, cid or appid: the first that is there */
hoop_str_t hoop_jwt_client(const json_t *claims);

/* key->algs has alg; the caller has seen to it */
hoop_jwt_e hoop_jws_verify(const hoop_jwks_t *ks, hoop_jwk_t *key,
    unsigned alg, hoop_str_t input, const u_char *sig, size_t len);


#endif /* _HOOP_JWS_H_INCLUDED_ */
