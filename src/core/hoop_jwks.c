
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Key sets: a JWKS document becomes an array of OpenSSL keys.
 *
 * A key carries the set of algorithms that it may check: what its type and
 * curve allow, narrowed by its own "alg".  A token's "alg" only ever selects
 * from that set.  A key that is not plainly a public signature key is left
 * out, with a reason for the operator if none remains.
 */


#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "hoop_json.h"
#include "hoop_jws.h"


#define HOOP_JWKS_MAX_KEYS     256
#define HOOP_JWKS_MAX_TRIES    8


static hoop_jwks_t *hoop_jwks_create(json_t *keys, size_t n, unsigned algs,
    hoop_error_t *err);
static hoop_jwks_t *hoop_jwks_alloc(size_t n);
static int hoop_jwks_fill(hoop_jwks_t *ks, json_t *keys, size_t n,
    unsigned algs, hoop_error_t *err);
static void hoop_jwks_drop_twins(hoop_jwks_t *ks);


hoop_jwks_t *
hoop_jwks_parse(const u_char *p, size_t len, unsigned algs, hoop_error_t *err)
{
    size_t        n;
    json_t       *root, *keys;
    hoop_jwks_t  *ks;

    memset(err, 0, sizeof(hoop_error_t));

    if (len > HOOP_JWT_MAX_JWKS) {
        hoop_error_set(err, "key set is larger than %d bytes",
                       HOOP_JWT_MAX_JWKS);
        return NULL;
    }

    root = hoop_json_load(p, len, err);
    if (root == NULL) {
        return NULL;
    }

    ks = NULL;

    keys = json_object_get(root, "keys");

    if (!json_is_array(keys)) {
        hoop_error_set(err, "key set is not a JSON object with an array "
                       "\"keys\"");
        goto done;
    }

    n = json_array_size(keys);

    if (n == 0 || n > HOOP_JWKS_MAX_KEYS) {
        hoop_error_set(err, "key set has %zu keys, wanted 1 to %d", n,
                       HOOP_JWKS_MAX_KEYS);
        goto done;
    }

    ks = hoop_jwks_create(keys, n, algs, err);

done:

    json_decref(root);

    return ks;
}


hoop_jwks_t *
hoop_jwks_single(json_t *jwk, unsigned algs, hoop_error_t *err)
{
    memset(err, 0, sizeof(hoop_error_t));

    if (!json_is_object(jwk)) {
        hoop_error_set(err, "key is not a JSON object");
        return NULL;
    }

    return hoop_jwks_create(jwk, 1, algs & HOOP_JWT_ALGS, err);
}


hoop_jwks_t *
hoop_jwks_secret(const u_char *p, size_t len, unsigned algs,
    hoop_error_t *err)
{
    size_t         n;
    u_char         text[(HOOP_JWT_MAX_SECRET + 2) / 3 * 4];
    const char    *reason;
    hoop_jwks_t   *ks;
    hoop_sha256_t  s;

    memset(err, 0, sizeof(hoop_error_t));

    ks = hoop_jwks_alloc(1);
    if (ks == NULL) {
        hoop_error_set(err, "%s", hoop_jwk_internal);
        return NULL;
    }

    ks->nkeys = 1;

    reason = hoop_jwk_secret(&ks->keys[0], p, len);

    if (reason == NULL && (algs & ~ks->keys[0].algs)) {
        reason = "secret is shorter than the hash: wanted 48 octets for "
                 "HS384, 64 for HS512";
    }

    if (reason) {
        hoop_error_set(err, "%s", reason);
        hoop_jwks_free(ks);
        return NULL;
    }

    n = hoop_base64_encode(text, p, len, 1);

    hoop_sha256_init(&s);
    hoop_sha256_update(&s, "{\"k\":\"", 6);
    hoop_sha256_update(&s, text, n);
    hoop_sha256_update(&s, "\",\"kty\":\"oct\"}", 14);
    hoop_sha256_final(&s, ks->keys[0].thumbprint);

    hoop_jwk_identify(&ks->keys[0]);

    OPENSSL_cleanse(text, sizeof(text));
    OPENSSL_cleanse(&s, sizeof(hoop_sha256_t));

    return ks;
}


/* keys: an array of n, or the one key itself */

static hoop_jwks_t *
hoop_jwks_create(json_t *keys, size_t n, unsigned algs, hoop_error_t *err)
{
    int           rc;
    hoop_jwks_t  *ks;

    ks = hoop_jwks_alloc(n);
    if (ks == NULL) {
        hoop_error_set(err, "%s", hoop_jwk_internal);
        return NULL;
    }

    (void) ERR_set_mark();

    rc = hoop_jwks_fill(ks, keys, n, algs, err);

    (void) ERR_pop_to_mark();

    if (rc != HOOP_OK) {
        hoop_jwks_free(ks);
        return NULL;
    }

    return ks;
}


static hoop_jwks_t *
hoop_jwks_alloc(size_t n)
{
    hoop_jwks_t  *ks;

    ks = calloc(1, sizeof(hoop_jwks_t) + n * sizeof(hoop_jwk_t));
    if (ks == NULL) {
        return NULL;
    }

    ks->md[0] = EVP_MD_fetch(NULL, "SHA256", NULL);
    ks->md[1] = EVP_MD_fetch(NULL, "SHA384", NULL);
    ks->md[2] = EVP_MD_fetch(NULL, "SHA512", NULL);
    ks->md_ctx = EVP_MD_CTX_new();

    if (ks->md[0] == NULL || ks->md[1] == NULL || ks->md[2] == NULL
        || ks->md_ctx == NULL)
    {
        hoop_jwks_free(ks);
        return NULL;
    }

    return ks;
}


static int
hoop_jwks_fill(hoop_jwks_t *ks, json_t *keys, size_t n, unsigned algs,
    hoop_error_t *err)
{
    int          rc;
    size_t       i;
    json_t      *jwk;
    hoop_jwk_t  *key;
    const char  *reason, *first;

    first = NULL;

    for (i = 0; i < n; i++) {
        key = &ks->keys[ks->nkeys];

        jwk = json_is_array(keys) ? json_array_get(keys, i) : keys;

        reason = hoop_jwk_parse(key, jwk, algs);

        if (reason == NULL) {
            ks->nkeys++;
            continue;
        }

        rc = (reason == hoop_jwk_internal) ? HOOP_NOMEM
                                           : hoop_jwk_bury(key, jwk);

        if (rc == HOOP_NOMEM) {
            hoop_jwk_clear(key);
            hoop_error_set(err, "%s", hoop_jwk_internal);
            return HOOP_NOMEM;
        }

        ks->nkeys += (rc == HOOP_OK);

        if (first == NULL) {
            first = reason;
        }
    }

    hoop_jwks_drop_twins(ks);

    if (first == NULL) {
        first = "two keys have the same \"kid\"";
    }

    if (ks->nkeys == 0 && !json_is_array(keys)) {
        hoop_error_set(err, "key is not usable: %s", first);
        return HOOP_ERROR;
    }

    if (ks->nkeys == 0) {
        hoop_error_set(err, "no usable key among %zu in key set, the first: "
                       "%s", n, first);
        return HOOP_ERROR;
    }

    for (i = 0; i < ks->nkeys; i++) {
        ks->nnamed += (ks->keys[i].kid.data != NULL);

        if ((ks->keys[i].secret == NULL) != (ks->keys[0].secret == NULL)) {
            hoop_error_set(err, "key set has secrets beside public keys");
            return HOOP_ERROR;
        }
    }

    return HOOP_OK;
}


/* the same key twice is one key, and not ambiguous */

static void
hoop_jwks_drop_twins(hoop_jwks_t *ks)
{
    unsigned     i, k, n;
    hoop_jwk_t  *a, *b;

    for (i = 0; i < ks->nkeys; i++) {
        a = &ks->keys[i];

        for (k = 0; k < i && a->kid.data; k++) {
            b = &ks->keys[k];

            if (b->kid.data == NULL || !hoop_str_eq(a->kid, b->kid)
                || (a->algs & b->algs) == 0
                || (a->issuer.len && b->issuer.len
                    && !hoop_str_eq(a->issuer, b->issuer)))
            {
                continue;
            }

            if (memcmp(a->thumbprint, b->thumbprint, 32) != 0) {
                a->twin = 1;
                b->twin = 1;

            } else if (a->id == b->id) {
                a->twice = 1;
            }
        }
    }

    for (n = 0, i = 0; i < ks->nkeys; i++) {
        a = &ks->keys[i];

        if (a->twin || a->twice) {
            hoop_jwk_clear(a);
            continue;
        }

        if (n != i) {
            ks->keys[n] = *a;
            memset(a, 0, sizeof(hoop_jwk_t));
        }

        n++;
    }

    ks->nkeys = n;
}


void
hoop_jwks_free(hoop_jwks_t *ks)
{
    unsigned  i;

    if (ks == NULL) {
        return;
    }

    for (i = 0; i < ks->nkeys; i++) {
        hoop_jwk_clear(&ks->keys[i]);
    }

    for (i = 0; i < 3; i++) {
        EVP_MD_free(ks->md[i]);
    }

    EVP_MD_CTX_free(ks->md_ctx);

    free(ks);
}


unsigned
hoop_jwks_count(const hoop_jwks_t *ks)
{
    return ks->nkeys;
}


int
hoop_jwks_has(const hoop_jwks_t *ks, uint64_t id)
{
    unsigned  i;

    for (i = 0; i < ks->nkeys; i++) {
        if (ks->keys[i].id == id) {
            return 1;
        }
    }

    return 0;
}


hoop_jwt_e
hoop_jwks_verify(const hoop_jwks_t *ks, unsigned alg, hoop_str_t kid,
    hoop_str_t input, const u_char *sig, size_t len, uint64_t *id)
{
    return hoop_jwks_verify_claims(ks, alg, kid, input, sig, len, NULL, id);
}


/*
 * The keys that bear the token's kid; if there are none, or the token names
 * none, those without (all, if the token names none) that fit the algorithm.
 */

hoop_jwt_e
hoop_jwks_verify_claims(const hoop_jwks_t *ks, unsigned alg, hoop_str_t kid,
    hoop_str_t input, const u_char *sig, size_t len, const json_t *claims,
    uint64_t *id)
{
    int          known, foreign;
    unsigned     i, tries;
    hoop_jwt_e   rc;
    hoop_jwk_t  *key;

    known = 0;
    foreign = 0;

    if (kid.data) {
        for (i = 0; i < ks->nkeys; i++) {
            if (ks->keys[i].kid.data && hoop_str_eq(ks->keys[i].kid, kid)) {
                known = 1;
                break;
            }
        }
    }

    tries = 0;

    for (i = 0; i < ks->nkeys && tries < HOOP_JWKS_MAX_TRIES; i++) {
        key = (hoop_jwk_t *) &ks->keys[i];

        if (known) {
            if (key->kid.data == NULL || !hoop_str_eq(key->kid, kid)) {
                continue;
            }

        } else if (kid.data && key->kid.data) {
            continue;
        }

        if ((key->algs & alg) == 0) {
            continue;
        }

        if (claims && key->issuer.len
            && !hoop_jwt_issuer_is(key->issuer, claims))
        {
            foreign = 1;
            continue;
        }

        rc = hoop_jws_verify(ks, key, alg, input, sig, len);

        if (rc == HOOP_JWT_OK && id) {
            *id = key->id;
        }

        if (rc != HOOP_JWT_SIGNATURE) {
            return rc;
        }

        tries++;
    }

    if (tries == 0 && foreign) {
        return HOOP_JWT_ISSUER;
    }

    if (known) {
        return tries ? HOOP_JWT_SIGNATURE : HOOP_JWT_ALG;
    }

    /* where keys do have names, an unknown one means that the set is old */

    if (tries == 0 || (kid.data && ks->nnamed)) {
        return HOOP_JWT_NO_KEY;
    }

    return HOOP_JWT_SIGNATURE;
}
