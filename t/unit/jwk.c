
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Keys as providers publish them: certificates, twins of one kid, whose tokens
 * a key is for, secrets; and moduli that can be factored.
 */


#include <openssl/x509.h>

#include "jose.h"


#define TID    "11111111-2222-3333-4444-55555555abcd"
#define TID2   "99999999-2222-3333-4444-55555555abcd"


/* base64 of a certificate on pkey, signed by another key than its own */

static char *
x5c(EVP_PKEY *pkey)
{
    X509    *cert;
    char    *text;
    u_char  *der;
    int      n;

    cert = X509_new();

    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -7200);
    X509_gmtime_adj(X509_getm_notAfter(cert), -3600);     /* is over */
    X509_set_pubkey(cert, pkey);
    X509_sign(cert, rsa2.pkey, EVP_sha256());

    der = NULL;
    n = i2d_X509(cert, &der);
    text = calloc(1, n * 4 / 3 + 8);
    hoop_base64_encode((u_char *) text, der, n, 0);

    OPENSSL_free(der);
    X509_free(cert);

    return text;
}


/* members of a key; a token of key is valid under it, or there is none */

static void
key_case(const char *name, const char *members, const char *alg,
    test_key_t *key, int usable)
{
    char          *t, text[20100];
    hoop_jwks_t   *ks;
    hoop_error_t   err;

    snprintf(text, sizeof(text), "{\"keys\":[{%s}]}", members);
    ks = hoop_jwks_parse((u_char *) text, strlen(text), ALL, &err);

    if (!ok((ks != NULL) == usable, "%s: %s", usable ? "usable" : "left out",
            name))
    {
        printf("# %s\n", err.text);
    }

    if (ks) {
        t = token(header_of(alg), GOOD, alg, key);
        is_int(judge(t, ks, ALL), HOOP_JWT_OK, "and verifies");
        free(t);
    }

    hoop_jwks_free(ks);
}


static void
test_x5c(void)
{
    int                i;
    char               m[20000], *c, *t, *other;
    uint64_t           id;
    EVP_PKEY          *weak;
    hoop_jwt_t         jwt;
    hoop_jwks_t       *ks, *plain;
    hoop_jwt_rules_t   rules = { .algs = ALL };

    static const struct {
        const char  *kty;
        const char  *alg;
        test_key_t  *key;
    } v[] = {
        { "RSA", "RS256", &rsa },
        { "RSA", "PS512", &rsa2 },
        { "EC", "ES256", &p256 },
        { "EC", "ES384", &p384 },
        { "EC", "ES512", &p521 },
        { "OKP", "EdDSA", &ed }
    };

    other = x5c(p521.pkey);

    for (i = 0; i < (int) (sizeof(v) / sizeof(v[0])); i++) {
        c = x5c(v[i].key->pkey);

        snprintf(m, sizeof(m), "\"kty\":\"%s\",\"x5c\":[\"%s\"]", v[i].kty, c);
        key_case(v[i].alg, m, v[i].alg, v[i].key, 1);

        snprintf(m, sizeof(m), "\"kty\":\"%s\",\"x5c\":[\"%s\",\"%s\",1]",
                 v[i].kty, c, other);
        key_case("the first of a chain", m, v[i].alg, v[i].key, 1);

        snprintf(m, sizeof(m), "%s,\"x5c\":[\"%s\"]", v[i].key->jwk, c);
        key_case("beside its members", m, v[i].alg, v[i].key, 1);

        if (v[i].key != &p521) {
            snprintf(m, sizeof(m), "%s,\"x5c\":[\"%s\"]", v[i].key->jwk,
                     other);
            key_case("a certificate of another key", m, v[i].alg, v[i].key,
                     0);
        }

        snprintf(m, sizeof(m), "%s,\"x5c\":[\"%.*s\"]", v[i].key->jwk, 200,
                 c);
        key_case("a broken one beside its members", m, v[i].alg, v[i].key, 1);

        /* the same key, by members and by certificate */

        snprintf(m, sizeof(m), "{\"keys\":[{\"kty\":\"%s\",\"x5c\":[\"%s\"]}]}",
                 v[i].kty, c);
        ks = keys(m, ALL);
        plain = keys_of(v[i].key, "");

        t = token(header_of(v[i].alg), GOOD, v[i].alg, v[i].key);
        id = 0;

        (void) hoop_jwt_parse(&jwt, (u_char *) t, strlen(t), 1);
        (void) hoop_jwt_verify(&jwt, ks, &rules, &id);
        ok(id != 0 && hoop_jwks_has(plain, id), "has the same id");

        hoop_jwt_clear(&jwt);
        free(t);
        free(c);
        hoop_jwks_free(ks);
        hoop_jwks_free(plain);
    }

    c = x5c(p256.pkey);

    snprintf(m, sizeof(m), "\"kty\":\"RSA\",\"x5c\":[\"%s\"]", c);
    key_case("kty RSA, certificate EC", m, "RS256", &rsa, 0);
    snprintf(m, sizeof(m), "\"kty\":\"oct\",\"x5c\":[\"%s\"]", c);
    key_case("kty oct with a certificate", m, "HS256", NULL, 0);
    snprintf(m, sizeof(m), "\"x5c\":[\"%s\"]", c);
    key_case("no kty", m, "ES256", &p256, 0);
    snprintf(m, sizeof(m), "\"kty\":\"EC\",\"crv\":\"P-384\",\"x5c\":[\"%s\"]",
             c);
    key_case("crv of another curve", m, "ES256", &p256, 0);
    snprintf(m, sizeof(m), "\"kty\":\"EC\",\"crv\":\"P-256\",\"x5c\":[\"%s\"]",
             c);
    key_case("crv of the curve", m, "ES256", &p256, 1);
    snprintf(m, sizeof(m), "\"kty\":\"EC\",\"use\":\"enc\",\"x5c\":[\"%s\"]",
             c);
    key_case("use enc", m, "ES256", &p256, 0);
    snprintf(m, sizeof(m), "\"kty\":\"EC\",\"alg\":\"ES384\",\"x5c\":[\"%s\"]",
             c);
    key_case("alg of another curve", m, "ES256", &p256, 0);
    snprintf(m, sizeof(m), "\"kty\":\"EC\",\"x\":\"AA\",\"x5c\":[\"%s\"]", c);
    key_case("half a key", m, "ES256", &p256, 0);
    snprintf(m, sizeof(m), "\"kty\":\"EC\",\"d\":\"AA\",\"x5c\":[\"%s\"]", c);
    key_case("a private one", m, "ES256", &p256, 0);
    snprintf(m, sizeof(m), "\"kty\":\"EC\",\"x5c\":[\"%.*s\"]", 40, c);
    key_case("cut off", m, "ES256", &p256, 0);
    snprintf(m, sizeof(m), "\"kty\":\"EC\",\"x5c\":[\"%sAAAA\"]", c);
    key_case("bytes behind it, or padding within", m, "ES256", &p256, 0);
    snprintf(m, sizeof(m), "\"kty\":\"EC\",\"x5c\":[\"%.20s\\n%s\"]", c,
             c + 20);
    key_case("a line break", m, "ES256", &p256, 0);
    snprintf(m, sizeof(m), "\"kty\":\"EC\",\"x5c\":\"%s\"", c);
    key_case("not an array", m, "ES256", &p256, 0);
    key_case("empty", "\"kty\":\"EC\",\"x5c\":[]", "ES256", &p256, 0);
    key_case("no string", "\"kty\":\"EC\",\"x5c\":[1]", "ES256", &p256, 0);
    free(c);

    weak = EVP_RSA_gen(1024);
    c = x5c(weak);
    snprintf(m, sizeof(m), "\"kty\":\"RSA\",\"x5c\":[\"%s\"]", c);
    key_case("RSA 1024", m, "RS256", &rsa, 0);
    free(c);
    EVP_PKEY_free(weak);

    weak = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
    c = x5c(weak);
    snprintf(m, sizeof(m), "\"kty\":\"OKP\",\"x5c\":[\"%s\"]", c);
    key_case("Ed448", m, "EdDSA", &ed, 0);
    free(c);
    EVP_PKEY_free(weak);

    weak = EVP_EC_gen("secp256k1");
    c = x5c(weak);
    snprintf(m, sizeof(m), "\"kty\":\"EC\",\"x5c\":[\"%s\"]", c);
    key_case("secp256k1", m, "ES256", &p256, 0);
    free(c);
    EVP_PKEY_free(weak);

    i = sprintf(m, "\"kty\":\"RSA\",\"x5c\":[\"");
    memset(m + i, 'A', 16388);
    strcpy(m + i + 16388, "\"]");
    key_case("more than 16 KiB", m, "RS256", &rsa, 0);

    free(other);
}


/* two keys with one kid; rc1 and rc2 for tokens of the one and the other */

static void
twin_case(const char *name, const char *a, const char *b, unsigned n,
    hoop_jwt_e rc1, hoop_jwt_e rc2)
{
    char          *t, text[16384];
    hoop_jwks_t   *ks;
    hoop_error_t   err;

    snprintf(text, sizeof(text), "{\"keys\":[{%s,\"kid\":\"k\"},"
             "{%s,\"kid\":\"k\"},{%s,\"kid\":\"z\"}]}", a, b, p521.jwk);
    ks = hoop_jwks_parse((u_char *) text, strlen(text), HOOP_JWT_ALGS, &err);

    is_int(ks ? hoop_jwks_count(ks) : 0, n + 1, name);

    t = token("{\"alg\":\"RS256\",\"kid\":\"k\"}", GOOD, "RS256", &rsa);
    is_int(judge(t, ks, ALL), rc1, "a token of the first");
    free(t);

    t = token("{\"alg\":\"RS256\",\"kid\":\"k\"}", GOOD, "RS256", &rsa2);
    is_int(judge(t, ks, ALL), rc2, "of the second");
    free(t);

    hoop_jwks_free(ks);
}


static void
test_twins(void)
{
    char          b[4096], text[16384];
    hoop_jwks_t  *ks;

    twin_case("two keys of one kid", rsa.jwk, rsa2.jwk, 0, HOOP_JWT_NO_KEY,
              HOOP_JWT_NO_KEY);
    twin_case("one key twice", rsa.jwk, rsa.jwk, 1, HOOP_JWT_OK,
              HOOP_JWT_SIGNATURE);
    twin_case("two types", rsa.jwk, p256.jwk, 2, HOOP_JWT_OK,
              HOOP_JWT_SIGNATURE);

    snprintf(b, sizeof(b), "%s,\"alg\":\"RS256\"", rsa.jwk);
    twin_case("one key, with alg and without", b, rsa.jwk, 2, HOOP_JWT_OK,
              HOOP_JWT_SIGNATURE);

    snprintf(b, sizeof(b), "%s,\"alg\":\"PS256\"", rsa2.jwk);
    snprintf(text, sizeof(text), "%s,\"alg\":\"RS256\"", rsa.jwk);
    twin_case("two algorithms", text, b, 2, HOOP_JWT_OK, HOOP_JWT_SIGNATURE);

    snprintf(b, sizeof(b), "%s,\"use\":\"enc\"", rsa2.jwk);
    twin_case("one of them for encryption", rsa.jwk, b, 1, HOOP_JWT_OK,
              HOOP_JWT_SIGNATURE);

    snprintf(b, sizeof(b), "%s,\"alg\":\"RSA-OAEP\"", rsa2.jwk);
    twin_case("the same by its alg", rsa.jwk, b, 1, HOOP_JWT_OK,
              HOOP_JWT_SIGNATURE);

    twin_case("one of them broken", rsa.jwk,
              "\"kty\":\"RSA\",\"n\":\"AB\",\"e\":\"AQAB\"", 0, HOOP_JWT_NO_KEY,
              HOOP_JWT_NO_KEY);
    twin_case("a broken one of another type", rsa.jwk,
              "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"", 1,
              HOOP_JWT_OK, HOOP_JWT_SIGNATURE);

    snprintf(b, sizeof(b), "%s,\"d\":\"AA\"", rsa.jwk);
    twin_case("published with its private part", rsa.jwk, b, 0,
              HOOP_JWT_NO_KEY, HOOP_JWT_NO_KEY);

    snprintf(text, sizeof(text), "{\"keys\":[{%s,\"kid\":\"k\"},{%s,"
             "\"kid\":\"k\"}]}", rsa.jwk, rsa2.jwk);
    ks = keys(text, ALL);
    ok(ks == NULL, "nothing but twins is no set");
    hoop_jwks_free(ks);
}


static void
issuer_case(hoop_jwks_t *ks, const char *claims, int signature_only,
    hoop_jwt_e rc)
{
    char              *t;
    hoop_jwt_t         jwt;
    hoop_jwt_rules_t   rules;

    memset(&rules, 0, sizeof(hoop_jwt_rules_t));
    rules.algs = ALL;

    t = token("{\"alg\":\"RS256\",\"kid\":\"k\"}", claims, "RS256", &rsa);
    (void) hoop_jwt_parse(&jwt, (u_char *) t, strlen(t), signature_only);
    is_int(hoop_jwt_verify(&jwt, ks, &rules, NULL), rc, claims);
    hoop_jwt_clear(&jwt);
    free(t);
}


static void
test_issuer(void)
{
    char          text[8192];
    hoop_jwks_t  *ks;

    static const char  *const tenant =
        "{\"iss\":\"https://m/" TID "/v2.0\",\"tid\":\"" TID "\"}";

    ks = keys_of(&rsa, ",\"kid\":\"k\","
                 "\"issuer\":\"https://m/{tenantid}/v2.0\"");
    issuer_case(ks, tenant, 0, HOOP_JWT_OK);
    issuer_case(ks, "{\"iss\":\"https://m/" TID2 "/v2.0\",\"tid\":\"" TID2
                "\"}", 0, HOOP_JWT_OK);
    issuer_case(ks, "{\"iss\":\"https://m/" TID2 "/v2.0\",\"tid\":\"" TID
                "\"}", 0, HOOP_JWT_ISSUER);
    issuer_case(ks, "{\"iss\":\"https://m/{tenantid}/v2.0\"}", 0,
                HOOP_JWT_ISSUER);
    issuer_case(ks, "{}", 0, HOOP_JWT_ISSUER);
    issuer_case(ks, "{}", 1, HOOP_JWT_OK);
    hoop_jwks_free(ks);

    ks = keys_of(&rsa, ",\"kid\":\"k\",\"issuer\":\"https://m/" TID2 "/v2.0\"");
    issuer_case(ks, tenant, 0, HOOP_JWT_ISSUER);
    issuer_case(ks, "{\"iss\":\"https://m/" TID2 "/v2.0\"}", 0, HOOP_JWT_OK);
    hoop_jwks_free(ks);

    ks = keys_of(&rsa, ",\"kid\":\"k\",\"issuer\":1");
    ok(ks == NULL, "an issuer that is no string");
    hoop_jwks_free(ks);

    /* each of two tenants has a key of the same name */

    snprintf(text, sizeof(text), "{\"keys\":[{%s,\"kid\":\"k\",\"issuer\":"
             "\"https://m/{tenantid}/v2.0\"},{%s,\"kid\":\"k\",\"issuer\":"
             "\"https://n/{tenantid}/v2.0\"}]}", rsa.jwk, rsa2.jwk);
    ks = keys(text, ALL);
    is_int(ks ? hoop_jwks_count(ks) : 0, 2, "no twins");
    issuer_case(ks, tenant, 0, HOOP_JWT_OK);
    issuer_case(ks, "{\"iss\":\"https://n/" TID "/v2.0\",\"tid\":\"" TID
                "\"}", 0, HOOP_JWT_SIGNATURE);
    hoop_jwks_free(ks);
}


static void
secret_case(size_t len, unsigned algs, int usable)
{
    hoop_jwks_t   *ks;
    hoop_error_t   err;

    static const u_char  zeros[1100];

    ks = hoop_jwks_secret(zeros, len, algs, &err);
    ok((ks != NULL) == usable && (ks || err.text[0]),
       "a secret of %zu for %x: %s", len, algs, ks ? "yes" : err.text);
    hoop_jwks_free(ks);
}


static void
test_secret(void)
{
    char              *t;
    uint64_t           id;
    hoop_jwt_t         jwt;
    hoop_jwks_t       *ks, *set;
    hoop_error_t       err;
    hoop_jwt_rules_t   rules = { .algs = HOOP_JWT_HS256 };

    secret_case(0, HOOP_JWT_HS256, 0);
    secret_case(31, HOOP_JWT_HS256, 0);
    secret_case(32, HOOP_JWT_HS256, 1);
    secret_case(47, HOOP_JWT_HS384, 0);
    secret_case(48, HOOP_JWT_HS384, 1);
    secret_case(63, HOOP_JWT_HS512, 0);
    secret_case(64, HOOP_JWT_HS512, 1);
    secret_case(48, HOOP_JWT_HS256|HOOP_JWT_HS512, 0);
    secret_case(1024, HOOP_JWT_HS256|HOOP_JWT_HS384|HOOP_JWT_HS512, 1);
    secret_case(1025, HOOP_JWT_HS256, 0);
    secret_case(64, HOOP_JWT_RS256, 0);
    secret_case(64, HOOP_JWT_HS256|HOOP_JWT_RS256, 0);

    ks = hoop_jwks_secret((u_char *) SECRET, sizeof(SECRET) - 1,
                          HOOP_JWT_HS256, &err);
    set = keys("{\"keys\":[{\"kty\":\"oct\",\"k\":\""
               "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5"
               "YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg\"}]}", ALL);

    t = token("{\"alg\":\"HS256\",\"kid\":\"any\"}", GOOD, "HS256", NULL);
    (void) hoop_jwt_parse(&jwt, (u_char *) t, strlen(t), 0);

    id = 0;
    is_int(hoop_jwt_verify(&jwt, ks, &rules, &id), HOOP_JWT_OK,
           "a token of the secret");
    ok(id != 0 && hoop_jwks_has(set, id), "the id is that of the same JWK");

    hoop_jwt_clear(&jwt);
    free(t);

    t = token("{\"alg\":\"HS512\"}", GOOD, "HS512", NULL);
    is_int(judge(t, ks, HOOP_JWT_HS256), HOOP_JWT_ALG,
           "an algorithm that was not named");
    free(t);

    hoop_jwks_free(ks);
    hoop_jwks_free(set);
}


/*
 * A modulus that is 1 modulo all small primes, and with that a power of
 * 65537, as those of the weak generator are: a product of them, times two,
 * plus one, shifted to 2048 bits by another factor.
 */

static void
test_roca(void)
{
    int           i;
    char          m[4096];
    u_char        buf[256];
    BN_CTX       *ctx;
    BIGNUM       *n, *p;
    hoop_jwks_t  *ks;

    ctx = BN_CTX_new();
    n = BN_new();
    p = BN_new();

    BN_one(p);
    for (i = 2; i < 168; i++) {
        BN_mul_word(p, i);
    }

    BN_one(n);
    BN_lshift(n, n, 2047);
    BN_div(n, NULL, n, p, ctx);
    BN_add_word(n, 1);
    BN_mul(n, n, p, ctx);
    BN_add_word(n, 1);

    is_int(BN_num_bits(n), 2048, "a modulus of 2048 bits");
    BN_bn2binpad(n, buf, 256);

    snprintf(m, sizeof(m), "\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAB\"",
             b64(buf, 256));
    key_case("a modulus of the weak generator", m, "RS256", &rsa, 0);

    /* the powers of 65537 modulo 11 are 1 and 10 */

    BN_set_word(p, 2);
    for (i = 3; i < 168; i++) {
        BN_mul_word(p, i % 11 ? i : 1);
    }

    do {
        BN_add(n, n, p);
        i = BN_mod_word(n, 11);
    } while (i == 0 || i == 1 || i == 10);

    BN_bn2binpad(n, buf, 256);

    snprintf(m, sizeof(m), "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"%s\","
             "\"e\":\"AQAB\"}]}", b64(buf, 256));

    ks = keys(m, ALL);
    ok(ks != NULL, "one that is not so modulo 11");
    hoop_jwks_free(ks);

    BN_free(n);
    BN_free(p);
    BN_CTX_free(ctx);
}


static void
test_header_x5c(void)
{
    char         *t, *text, header[3072];
    hoop_jwks_t  *ks;

    text = x5c(rsa2.pkey);
    snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"x5c\":[\"%s\"],"
             "\"x5t\":\"x\",\"x5t#S256\":\"y\"}", text);
    free(text);

    ks = keys_of(&rsa, "");

    t = token(header, GOOD, "RS256", &rsa2);
    is_int(judge(t, ks, ALL), HOOP_JWT_SIGNATURE,
           "a token's own certificate is no key");
    free(t);

    t = token(header, GOOD, "RS256", &rsa);
    is_int(judge(t, ks, ALL), HOOP_JWT_OK,
           "and is ignored where the signature is right");
    free(t);

    hoop_jwks_free(ks);
}


int
main(void)
{
    char  m[2048];

    make_keys();

    test_x5c();
    test_twins();
    test_issuer();
    test_secret();
    test_roca();

    snprintf(m, sizeof(m), "%s,\"alg\":\"ES521\"", p521.jwk);
    key_case("alg ES521 for ES512", m, "ES512", &p521, 1);
    snprintf(m, sizeof(m), "%s,\"alg\":\"ES521\"", p256.jwk);
    key_case("alg ES521 on P-256", m, "ES256", &p256, 0);

    test_header_x5c();

    free_keys();

    return done_testing();
}
