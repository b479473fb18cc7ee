
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Private to hoop_jwks.c, hoop_jwk.c and hoop_jws.c: a set, a key, and a
 * signature on it.
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
    unsigned         algs;           /* what the key may check, never 0 */
    hoop_str_t       kid;            /* owned; data NULL if absent */

    EVP_PKEY        *pkey;           /* NULL for a secret */
    EVP_PKEY_CTX    *ctx[6];         /* RS and PS by hash; [0] for EC */
    size_t           size;           /* RSA: of a signature, EC: of r and s */
    u_char           order[HOOP_JWK_MAX_EC];

    u_char          *secret;         /* owned, wiped */
    size_t           secret_len;
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
void hoop_jwk_clear(hoop_jwk_t *key);

/* key->algs has alg; the caller has seen to it */
hoop_jwt_e hoop_jws_verify(const hoop_jwks_t *ks, hoop_jwk_t *key,
    unsigned alg, hoop_str_t input, const u_char *sig, size_t len);


#endif /* _HOOP_JWS_H_INCLUDED_ */
