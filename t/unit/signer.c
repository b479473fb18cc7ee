
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoop_signer.h: what it signs is good to the key set that it publishes, to
 * nobody else's, and by OpenSSL's own word.
 */


#include "jose.h"

#include <openssl/param_build.h>

#include "hoop_json.h"
#include "hoop_signer.h"


#define CLAIMS  "{\"iss\":\"https://gw\",\"sub\":\"corp:alice\",\"aud\":\"crm\"," \
                "\"iat\":1700000000,\"exp\":1700000300}"


static hoop_str_t  none;


static hoop_signer_t *
signer_of(test_key_t *key, const char *kid)
{
    hoop_error_t  err;

    return hoop_signer_create(hoop_cstr(key->private_pem),
                              kid ? hoop_cstr(kid) : none, &err);
}


/* a set of what the signer publishes */

static hoop_jwks_t *
published(hoop_signer_t *signer, unsigned alg)
{
    hoop_buf_t     b;
    hoop_jwks_t   *ks;
    hoop_error_t   err;

    hoop_buf_init(&b, 0);
    hoop_buf_adds(&b, "{\"keys\":[");
    hoop_signer_jwk(signer, alg, &b);
    hoop_buf_adds(&b, "]}");

    ks = hoop_jwks_parse(b.data, b.len, ALL, &err);
    hoop_buf_free(&b);

    return ks;
}


static hoop_jwt_e
judged(const hoop_buf_t *token, hoop_jwks_t *ks)
{
    hoop_jwt_e        e;
    hoop_jwt_t        jwt;
    hoop_jwt_rules_t  rules;

    memset(&rules, 0, sizeof(rules));
    rules.issuer = hoop_cstr("https://gw");
    rules.algs = ALL;

    e = hoop_jwt_parse(&jwt, token->data, token->len, 0);

    if (e == HOOP_JWT_OK) {
        e = hoop_jwt_verify(&jwt, ks, &rules, NULL);
    }

    if (e == HOOP_JWT_OK) {
        e = hoop_jwt_check(&jwt, &rules, NOW);
    }

    hoop_jwt_clear(&jwt);

    return e;
}


static void
test_sign(void)
{
    size_t          i;
    unsigned        alg;
    hoop_buf_t      token, other_token;
    hoop_jwt_t      jwt;
    hoop_jwks_t    *ks, *foreign;
    hoop_signer_t  *signer, *other;

    static const struct {
        test_key_t  *key;
        const char  *alg;
        unsigned     usual;
    } t[] = {
        { &p256, "ES256", 1 }, { &p384, "ES384", 1 }, { &p521, "ES512", 1 },
        { &ed, "EdDSA", 1 }, { &rsa, "RS256", 1 }, { &rsa, "RS384", 0 },
        { &rsa, "RS512", 0 }, { &rsa, "PS256", 0 }, { &rsa, "PS384", 0 },
        { &rsa, "PS512", 0 }
    };

    other = signer_of(&rsa2, NULL);
    foreign = published(other, 0);

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        signer = signer_of(t[i].key, NULL);
        alg = hoop_jwt_alg(hoop_cstr(t[i].alg));

        ok(signer && (hoop_signer_algs(signer) & alg)
           && hoop_signer_private(signer), "%s: a key", t[i].alg);
        ok((hoop_signer_alg(signer) == alg) == (t[i].usual == 1),
           "%s: the usual one or not", t[i].alg);

        ks = published(signer, alg);
        hoop_buf_init(&token, 0);

        is_int(hoop_signer_sign(signer, alg, "at+jwt", hoop_cstr(CLAIMS),
                                &token), HOOP_OK, t[i].alg);
        is_int(judged(&token, ks), HOOP_JWT_OK, "good to its own key set");
        ok(judged(&token, foreign) != HOOP_JWT_OK, "not to another's");

        hoop_jwt_parse(&jwt, token.data, token.len, 0);
        ok(hoop_str_eq(jwt.kid, hoop_signer_kid(signer)), "names its key");
        is_str(json_string_value(json_object_get(jwt.header, "typ")),
               "at+jwt", "and its type");
        is_int(json_object_size(jwt.header), 3, "and no more");
        is_str(json_string_value(json_object_get(jwt.claims, "sub")),
               "corp:alice", "with the claims");
        is_int(json_object_size(jwt.claims), 5, "all of them");
        hoop_jwt_clear(&jwt);

        /* another hand: libjwt's, where it knows the algorithm */

        hoop_buf_init(&other_token, 0);
        is_int(hoop_signer_sign(signer, alg, "JWT", hoop_cstr(CLAIMS),
                                &other_token), HOOP_OK, "of type JWT");
        is_int(judged(&other_token, ks), HOOP_JWT_OK, "is as good");

        hoop_jwt_parse(&jwt, other_token.data, other_token.len, 0);
        is_str(json_string_value(json_object_get(jwt.header, "typ")), "JWT",
               "and says so");
        ok(hoop_str_eq(jwt.kid, hoop_signer_kid(signer)), "names its key");
        hoop_jwt_clear(&jwt);
        hoop_buf_free(&other_token);

        is_int(hoop_signer_sign(signer, HOOP_JWT_HS256, "JWT",
                                hoop_cstr(CLAIMS), &token),
               HOOP_ERROR, "no secret: a public key may not become one");
        is_int(hoop_signer_sign(signer, 0, "JWT", hoop_cstr(CLAIMS), &token),
               HOOP_ERROR, "an algorithm is wanted");

        hoop_buf_free(&token);
        hoop_jwks_free(ks);
        hoop_signer_free(signer);
    }

    hoop_jwks_free(foreign);
    hoop_signer_free(other);
}


static void
test_proof(void)
{
    json_t         *jwk;
    u_char          md[32], text[44];
    hoop_buf_t      token;
    hoop_jwt_t      jwt;
    hoop_signer_t  *signer;

    signer = signer_of(&p256, "a name");
    hoop_buf_init(&token, 0);

    is_int(hoop_signer_sign(signer, HOOP_JWT_ES256, "dpop+jwt",
                            hoop_cstr(CLAIMS), &token), HOOP_OK, "a proof");

    hoop_jwt_parse(&jwt, token.data, token.len, 0);
    jwk = json_object_get(jwt.header, "jwk");

    is_int(json_object_size(jwt.header), 3, "alg, typ and jwk");
    is_int(json_object_size(jwk), 4, "which is a public key");
    ok(json_object_get(jwk, "d") == NULL, "indeed");
    is_int(hoop_jwk_thumbprint(jwk, md), HOOP_OK, "with a thumbprint");

    hoop_jwt_clear(&jwt);
    hoop_signer_free(signer);

    signer = signer_of(&p256, NULL);
    ok(hoop_str_eq(hoop_signer_kid(signer),
                   hoop_str(text, hoop_base64_encode(text, md, 32, 1))),
       "that of its own");

    hoop_buf_free(&token);
    hoop_signer_free(signer);
}


static void
test_broken_claims(void)
{
    hoop_buf_t      token;
    hoop_signer_t  *signer;

    signer = signer_of(&p256, NULL);
    hoop_buf_init(&token, 0);

    is_int(hoop_signer_sign(signer, HOOP_JWT_ES256, "JWT", hoop_cstr("{"),
                            &token), HOOP_ERROR, "no claims, no token");
    is_int(token.len, 0, "not even half of one");

    hoop_buf_free(&token);
    hoop_signer_free(signer);
}


static void
test_secret(void)
{
    hoop_buf_t      b;
    hoop_error_t    err;
    hoop_signer_t  *signer;

    signer = hoop_signer_secret(hoop_str(SECRET, 31), none, &err);
    is_int(hoop_signer_algs(signer), 0, "31 bytes are too few");
    hoop_signer_free(signer);

    signer = hoop_signer_secret(hoop_str(SECRET, 48), none, &err);
    is_int(hoop_signer_algs(signer), HOOP_JWT_HS256|HOOP_JWT_HS384, "48");
    ok(hoop_signer_kid(signer).data == NULL, "no name unless given");

    hoop_buf_init(&b, 0);
    is_int(hoop_signer_sign(signer, HOOP_JWT_HS256, "at+jwt",
                            hoop_cstr(CLAIMS), &b), HOOP_ERROR,
           "libjwt would say JWT");
    is_int(hoop_signer_sign(signer, HOOP_JWT_HS256, "JWT", hoop_cstr(CLAIMS),
                            &b), HOOP_OK, "of type JWT");
    hoop_buf_free(&b);

    hoop_buf_init(&b, 0);
    is_int(hoop_signer_jwk(signer, 0, &b), HOOP_ERROR, "and no public key");
    is_int(b.len, 0, "nothing of it");
    hoop_buf_free(&b);

    hoop_signer_free(signer);
}


static void
test_public(void)
{
    hoop_buf_t      b;
    hoop_error_t    err;
    hoop_signer_t  *private, *public;

    private = signer_of(&p256, NULL);
    public = hoop_signer_create(hoop_cstr(p256.pem), none, &err);

    ok(public != NULL && !hoop_signer_private(public), "a public key");
    ok(hoop_str_eq(hoop_signer_kid(private), hoop_signer_kid(public)),
       "has the thumbprint of the private one");

    hoop_buf_init(&b, 0);
    is_int(hoop_signer_sign(public, HOOP_JWT_ES256, "JWT", hoop_cstr(CLAIMS),
                            &b), HOOP_ERROR, "and cannot sign");
    is_int(b.len, 0, "nothing at all");

    hoop_signer_jwk(private, HOOP_JWT_ES256, &b);
    hoop_buf_addc(&b, '\0');
    ok(strstr((char *) b.data, "\"d\"") == NULL,
       "what is published has no d");
    hoop_buf_free(&b);

    hoop_signer_free(private);
    hoop_signer_free(public);
}


static void
test_bad_keys(void)
{
    BIO            *bio;
    char           *p, *big;
    long            n;
    size_t          i;
    hoop_error_t    err;
    hoop_signer_t  *signer;

    static const char  *const bad[] = {
        "", "x", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        signer = hoop_signer_create(hoop_cstr(bad[i]), none, &err);
        ok(signer == NULL, "no key %zu: %s", i, err.text);
        hoop_signer_free(signer);
    }

    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, p256.pkey, EVP_aes_128_cbc(), (u_char *) "pw",
                             2, NULL, NULL);
    n = BIO_get_mem_data(bio, &p);

    signer = hoop_signer_create(hoop_str(p, n), none, &err);
    ok(signer == NULL, "a key with a password: nobody is asked for it");
    BIO_free(bio);

    signer = hoop_signer_create(hoop_cstr(p = pem(
                 EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), 1)), none, &err);
    ok(signer == NULL, "Ed448: %s", err.text);
    free(p);

    big = calloc(1, HOOP_SIGNER_MAX_KEY + 1);
    signer = hoop_signer_create(hoop_str(big, HOOP_SIGNER_MAX_KEY + 1), none,
                                &err);
    ok(signer == NULL, "64k and one byte: %s", err.text);
    free(big);

    is_int(ERR_peek_error(), 0, "and nothing is left in OpenSSL's queue");
}


/* RFC 8037, A.3; RFC 7638, 3.1 */

static void
test_thumbprint(void)
{
    char            *text;
    u_char           raw[260];
    BIGNUM          *modulus, *exponent;
    EVP_PKEY        *pkey;
    OSSL_PARAM      *params;
    hoop_error_t     err;
    EVP_PKEY_CTX    *ctx;
    hoop_signer_t   *signer;
    OSSL_PARAM_BLD  *bld;

    static const char  x[] = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    static const char  n[] =
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7"
        "aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXA"
        "rwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7"
        "d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lF"
        "d2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

    hoop_base64_decode(raw, (u_char *) x, sizeof(x) - 1, 1);
    pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, 32);
    text = pem(pkey, 0);
    signer = hoop_signer_create(hoop_cstr(text), none, &err);

    is_mem(hoop_signer_kid(signer).data, hoop_signer_kid(signer).len,
           "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", 43, "RFC 8037, A.3");

    hoop_signer_free(signer);
    EVP_PKEY_free(pkey);
    free(text);

    hoop_base64_decode(raw, (u_char *) n, sizeof(n) - 1, 1);

    bld = OSSL_PARAM_BLD_new();
    modulus = BN_bin2bn(raw, 256, NULL);
    exponent = BN_bin2bn((u_char *) "\1\0\1", 3, NULL);
    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, modulus);
    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, exponent);
    params = OSSL_PARAM_BLD_to_param(bld);

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY_fromdata_init(ctx);
    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);

    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    BN_free(modulus);
    BN_free(exponent);

    text = pem(pkey, 0);
    signer = hoop_signer_create(hoop_cstr(text), none, &err);

    is_mem(hoop_signer_kid(signer).data, hoop_signer_kid(signer).len,
           "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", 43, "RFC 7638, 3.1");

    hoop_signer_free(signer);
    EVP_PKEY_free(pkey);
    free(text);
}


static void
test_kid(void)
{
    json_t         *jwk;
    hoop_buf_t      b, token;
    hoop_jwks_t    *ks;
    hoop_error_t    err;
    hoop_signer_t  *signer;

    signer = signer_of(&ed, "a\"b");
    hoop_buf_init(&b, 0);
    hoop_signer_jwk(signer, 0, &b);

    jwk = hoop_json_load(b.data, b.len, &err);

    is_str(json_string_value(json_object_get(jwk, "kid")), "a\"b",
           "a kid of one's own");
    ok(json_object_get(jwk, "alg") == NULL, "no alg unless asked for");
    is_str(json_string_value(json_object_get(jwk, "use")), "sig", "use");

    json_decref(jwk);
    b.len = 0;
    hoop_buf_addc(&b, '[');

    is_int(hoop_signer_sign(signer, HOOP_JWT_EDDSA, "JWT", hoop_cstr(CLAIMS),
                            &b), HOOP_OK, "behind what is in the buffer");

    ks = published(signer, 0);
    token = b;
    token.data++;
    token.len--;
    is_int(judged(&token, ks), HOOP_JWT_OK, "a good one");

    hoop_jwks_free(ks);

    hoop_buf_free(&b);
    hoop_signer_free(signer);
}


int
main(void)
{
    make_keys();

    test_sign();
    test_proof();
    test_broken_claims();
    test_secret();
    test_public();
    test_bad_keys();
    test_thumbprint();
    test_kid();

    free_keys();

    return done_testing();
}
