
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What a token costs: all that is done for one that nobody has seen before,
 * beside one raw EVP_DigestVerify() with a parsed key, in turns.  "--raw"
 * prints the latter alone.
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "hoop_jws.h"
#include "hoop_signer.h"


#define BENCH_TOKENS  256
#define BENCH_ROUNDS  15

/* of one round, in turns over the tokens */
#define BENCH_NUMBER  1024

#define BENCH_NOW     1924992000
#define BENCH_CLAIMS                                                          \
    "{\"iss\":\"https://idp.test\",\"sub\":\"user-%06u@example.com\","        \
    "\"aud\":\"hoop\",\"azp\":\"executor\",\"scope\":\"crm.read\","           \
    "\"groups\":[\"agents\",\"crm-readers\"],"                                \
    "\"act\":{\"iss\":\"https://idp.test\",\"sub\":\"planner-7\"},"           \
    "\"iat\":%u,\"nbf\":%u,\"exp\":%u,\"jti\":\"%032x\"}"


typedef struct {
    hoop_buf_t     text;
    hoop_jwt_t     parsed;
    u_char         der[160];         /* the signature as OpenSSL wants it */
    size_t         der_len;
} bench_token_t;


typedef struct {
    unsigned       alg;
    EVP_PKEY      *pkey;
    hoop_jwks_t   *keys;
    bench_token_t  tokens[BENCH_TOKENS];
} bench_case_t;


static const struct {
    unsigned     alg;
    const char  *type;
} bench_algs[] = {
    { HOOP_JWT_RS256, "RSA" },
    { HOOP_JWT_PS256, "RSA" },
    { HOOP_JWT_ES256, "P-256" },
    { HOOP_JWT_EDDSA, "ED25519" }
};


static void
bench_failed(const char *what)
{
    fprintf(stderr, "jwt_core: %s failed\n", what);
    exit(1);
}


static double
bench_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}


static int
bench_compare(const void *a, const void *b)
{
    return (*(double *) a > *(double *) b) - (*(double *) a < *(double *) b);
}


static double
bench_median(double *values)
{
    qsort(values, BENCH_ROUNDS, sizeof(double), bench_compare);

    return values[BENCH_ROUNDS / 2];
}


static EVP_PKEY *
bench_key(const char *type)
{
    if (strcmp(type, "RSA") == 0) {
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t) 2048);
    }

    if (strcmp(type, "P-256") == 0) {
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    }

    return EVP_PKEY_Q_keygen(NULL, NULL, type);
}


/* r || s as DER, by OpenSSL's own hands */

static void
bench_der(bench_token_t *token)
{
    u_char     *p;
    ECDSA_SIG  *sig;

    sig = ECDSA_SIG_new();

    if (sig == NULL
        || ECDSA_SIG_set0(sig, BN_bin2bn(token->parsed.signature, 32, NULL),
                          BN_bin2bn(token->parsed.signature + 32, 32, NULL))
           != 1)
    {
        bench_failed("ECDSA_SIG_set0()");
    }

    p = token->der;
    token->der_len = i2d_ECDSA_SIG(sig, &p);

    ECDSA_SIG_free(sig);
}


static void
bench_prepare(bench_case_t *c, unsigned alg, const char *type)
{
    int             n;
    BIO            *bio;
    char            claims[1024], *pem;
    unsigned        i;
    hoop_buf_t      jwks;
    hoop_error_t    err;
    bench_token_t  *token;
    hoop_signer_t  *signer;

    c->alg = alg;
    c->pkey = bench_key(type);

    bio = BIO_new(BIO_s_mem());

    if (c->pkey == NULL || bio == NULL
        || PEM_write_bio_PrivateKey(bio, c->pkey, NULL, NULL, 0, NULL, NULL)
           != 1)
    {
        bench_failed("key");
    }

    n = (int) BIO_get_mem_data(bio, &pem);

    signer = hoop_signer_create(hoop_str(pem, n), hoop_cstr("2026-11"), &err);
    if (signer == NULL) {
        bench_failed("hoop_signer_create()");
    }

    BIO_free(bio);

    hoop_buf_init(&jwks, 0);

    (void) hoop_buf_add(&jwks, (u_char *) "{\"keys\":[", 9);
    (void) hoop_signer_jwk(signer, alg, &jwks);
    (void) hoop_buf_add(&jwks, (u_char *) "]}", 2);

    c->keys = hoop_jwks_parse(jwks.data, jwks.len, alg, &err);
    if (c->keys == NULL) {
        bench_failed("hoop_jwks_parse()");
    }

    hoop_buf_free(&jwks);

    for (i = 0; i < BENCH_TOKENS; i++) {
        token = &c->tokens[i];

        n = snprintf(claims, sizeof(claims), BENCH_CLAIMS, i, BENCH_NOW,
                     BENCH_NOW, BENCH_NOW + 300, i * 7919);

        hoop_buf_init(&token->text, 0);

        if (hoop_signer_sign(signer, alg, "JWT", hoop_str(claims, n),
                             &token->text)
            != HOOP_OK
            || hoop_jwt_parse(&token->parsed, token->text.data,
                              token->text.len, 1)
               != HOOP_JWT_OK)
        {
            bench_failed("signing");
        }

        if (alg == HOOP_JWT_ES256) {
            bench_der(token);
        }
    }

    hoop_signer_free(signer);
}


/* one context for all: the floor is as low as OpenSSL lets it be */

static double
bench_raw(bench_case_t *c)
{
    double           start;
    unsigned         i;
    EVP_MD_CTX      *ctx;
    EVP_PKEY_CTX    *pctx;
    const EVP_MD    *md;
    bench_token_t   *token;

    md = (c->alg == HOOP_JWT_EDDSA) ? NULL : EVP_sha256();

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        bench_failed("EVP_MD_CTX_new()");
    }

    start = bench_now();

    for (i = 0; i < BENCH_NUMBER; i++) {
        token = &c->tokens[i % BENCH_TOKENS];

        if (EVP_DigestVerifyInit(ctx, &pctx, md, NULL, c->pkey) != 1
            || (c->alg == HOOP_JWT_PS256
                && (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING)
                    != 1
                    || EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx,
                                                        RSA_PSS_SALTLEN_DIGEST)
                       != 1))
            || EVP_DigestVerify(ctx,
                                token->der_len ? token->der
                                               : token->parsed.signature,
                                token->der_len ? token->der_len
                                               : token->parsed.signature_len,
                                token->parsed.signing_input.data,
                                token->parsed.signing_input.len)
               != 1)
        {
            bench_failed("EVP_DigestVerify()");
        }
    }

    start = bench_now() - start;

    EVP_MD_CTX_free(ctx);

    return start / BENCH_NUMBER;
}


/* verify 0: without the signature */

static double
bench_token(bench_case_t *c, int verify)
{
    u_char             md[32];
    double             start;
    unsigned           i;
    uint64_t           id;
    hoop_jwt_t         jwt;
    bench_token_t     *token;
    hoop_identity_t   *identity;
    hoop_jwt_rules_t   rules;

    static hoop_jwt_headers_t  *headers;
    static const hoop_str_t     audience = hoop_string("hoop");

    if (headers == NULL) {
        headers = hoop_jwt_headers_create();
        if (headers == NULL) {
            bench_failed("hoop_jwt_headers_create()");
        }
    }

    memset(&rules, 0, sizeof(hoop_jwt_rules_t));

    rules.issuer = hoop_cstr("https://idp.test");
    rules.audiences = &audience;
    rules.naudiences = 1;
    rules.algs = HOOP_JWT_ALGS;
    rules.leeway = 60;

    start = bench_now();

    for (i = 0; i < BENCH_NUMBER; i++) {
        token = &c->tokens[i % BENCH_TOKENS];

        hoop_sha256(md, token->text.data, token->text.len);

        if (hoop_jwt_parse_known(&jwt, token->text.data, token->text.len,
                                 headers)
            != HOOP_JWT_OK
            || !hoop_jwt_issued_by(&jwt, &rules)
            || (verify
                && hoop_jwt_verify(&jwt, c->keys, &rules, &id) != HOOP_JWT_OK)
            || hoop_jwt_check(&jwt, &rules, BENCH_NOW) != HOOP_JWT_OK)
        {
            bench_failed("token");
        }

        identity = hoop_identity_create(&jwt, hoop_cstr("idp"));
        if (identity == NULL) {
            bench_failed("hoop_identity_create()");
        }

        hoop_jwt_clear(&jwt);
        hoop_identity_unref(identity);
    }

    return (bench_now() - start) / BENCH_NUMBER;
}


static void
bench_run(bench_case_t *c, int only_raw)
{
    double       raw[BENCH_ROUNDS], whole[BENCH_ROUNDS], ratio[BENCH_ROUNDS],
                 rest[BENCH_ROUNDS];
    unsigned     i;
    const char  *name;

    name = hoop_jwt_alg_name(c->alg);

    (void) bench_raw(c);
    (void) bench_token(c, 1);

    for (i = 0; i < BENCH_ROUNDS; i++) {
        raw[i] = bench_raw(c);

        if (!only_raw) {
            whole[i] = bench_token(c, 1);
            rest[i] = bench_token(c, 0);
            ratio[i] = whole[i] / raw[i];
        }
    }

    printf("%s raw %.1f us\n", name, bench_median(raw));

    if (!only_raw) {
        printf("%s token %.1f us, %.2f of raw; %.1f us without the"
               " signature\n", name, bench_median(whole), bench_median(ratio),
               bench_median(rest));
    }
}


static void
bench_free(bench_case_t *c)
{
    unsigned  i;

    for (i = 0; i < BENCH_TOKENS; i++) {
        hoop_jwt_clear(&c->tokens[i].parsed);
        hoop_buf_free(&c->tokens[i].text);
    }

    hoop_jwks_free(c->keys);
    EVP_PKEY_free(c->pkey);
}


int
main(int argc, char **argv)
{
    size_t               i;
    static bench_case_t  c;

    for (i = 0; i < sizeof(bench_algs) / sizeof(bench_algs[0]); i++) {
        memset(&c, 0, sizeof(bench_case_t));

        bench_prepare(&c, bench_algs[i].alg, bench_algs[i].type);
        bench_run(&c, argc > 1 && strcmp(argv[1], "--raw") == 0);
        bench_free(&c);
    }

    return 0;
}
