
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoop_dpop.h: what a token is bound to, and the proof of it.
 */


#include "jose.h"

#include "hoop_dpop.h"


#define TOKEN      "access.token.text"
#define URI        "https://api.test/v1/things"


/* RFC 9449, figure 12 */

static const char  rfc_proof[] =
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6"
    "Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZF"
    "NGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2"
    "In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM"
    "6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI"
    "2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVF"
    "FbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1"
    "dqd-jfxSYoMxhAJpLjA";

/* figures 8 and 12 */

static const char  rfc_jkt[] = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
static const char  rfc_token[] = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";


static char          jkt[44];             /* of p256 */
static u_char        token_md[32];
static hoop_dpop_t   got;


static hoop_dpop_rules_t
rules_of(void)
{
    hoop_dpop_rules_t  rules;

    memset(&rules, 0, sizeof(hoop_dpop_rules_t));

    rules.method = hoop_cstr("GET");
    rules.uri = hoop_cstr(URI);
    rules.token_sha256 = token_md;
    rules.jkt = hoop_cstr(jkt);
    rules.algs = HOOP_JWT_ALGS;
    rules.now = NOW;
    rules.window = 60;
    rules.leeway = 30;

    return rules;
}


static hoop_dpop_e
check_with(const char *proof, const hoop_dpop_rules_t *rules)
{
    return hoop_dpop_check(hoop_cstr(proof), rules, &got);
}


static hoop_dpop_e
check(const char *proof)
{
    hoop_dpop_rules_t  rules;

    rules = rules_of();

    return check_with(proof, &rules);
}


/* of a good proof, but for what is changed; null takes a claim out */

static const char *
claims_of(const char *change)
{
    char         *p;
    void         *tmp;
    json_t       *claims, *more, *value;
    const char   *name;
    static char   text[16384];

    claims = json_pack("{s:s, s:s, s:s, s:i, s:s}", "jti", "j-1", "htm", "GET",
                       "htu", URI, "iat", NOW, "ath", b64(token_md, 32));
    more = json_loads(change, 0, NULL);

    json_object_update(claims, more);

    json_object_foreach_safe(claims, tmp, name, value) {
        if (json_is_null(value)) {
            json_object_del(claims, name);
        }
    }

    p = json_dumps(claims, JSON_COMPACT);
    snprintf(text, sizeof(text), "%s", p);
    free(p);

    json_decref(claims);
    json_decref(more);

    return text;
}


static hoop_dpop_e
check_header(const char *header, const char *alg, test_key_t *key)
{
    char         *t;
    hoop_dpop_e   rc;

    t = token(header, claims_of("{}"), alg, key);
    rc = check(t);
    free(t);

    return rc;
}


static char *
proof_of(const char *change)
{
    char  header[2048];

    snprintf(header, sizeof(header),
             "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{%s}}",
             p256.jwk);

    return token(header, claims_of(change), "ES256", &p256);
}


static hoop_dpop_e
check_claims(const char *change)
{
    char         *t;
    hoop_dpop_e   rc;

    t = proof_of(change);
    rc = check(t);
    free(t);

    return rc;
}


static void
thumbprint(char *text, const char *jwk)
{
    char     json[2048];
    size_t   n;
    u_char   md[32];
    json_t  *object;

    snprintf(json, sizeof(json), "{%s}", jwk);

    object = json_loads(json, 0, NULL);
    (void) hoop_jwk_thumbprint(object, md);
    json_decref(object);

    n = hoop_base64_encode((u_char *) text, md, 32, 1);
    text[n] = '\0';
}


static void
test_rfc(void)
{
    u_char             md[32];
    hoop_dpop_rules_t  rules;

    hoop_sha256(md, rfc_token, strlen(rfc_token));

    rules = rules_of();
    rules.uri = hoop_cstr("https://resource.example.org/protectedresource");
    rules.token_sha256 = md;
    rules.jkt = hoop_cstr(rfc_jkt);
    rules.now = 1562262618 + 30;

    is_int(check_with(rfc_proof, &rules), HOOP_DPOP_OK, "RFC 9449's example");
    is_int(got.expires, 1562262618 + 91, "and when to forget it");

    rules.algs = HOOP_JWT_ALGS & ~HOOP_JWT_ES256;
    is_int(check_with(rfc_proof, &rules), HOOP_DPOP_ALG, "without ES256");

    rules.algs = HOOP_JWT_ES256;
    rules.now += 31;
    is_int(check_with(rfc_proof, &rules), HOOP_DPOP_OLD, "later");
}


static void
test_texts(void)
{
    int          e, bad;
    const char  *p;

    bad = 0;

    for (e = HOOP_DPOP_OK; e <= HOOP_DPOP_INTERNAL; e++) {
        for (p = hoop_dpop_strerror(e); *p; p++) {
            bad += (*p < 0x20 || *p > 0x7e || *p == '"' || *p == '\\');
        }

        bad += (p == hoop_dpop_strerror(e));
    }

    is_int(bad, 0, "texts fit an error_description");
}


static void
test_form(void)
{
    char    *t, *big;
    size_t   i, n;
    char     header[4096];

    static const char  *const forms[] = {
        "", ".", "..", "a.b.c", "null", "e30.e30.", "W10.W10.AA",
        "eyJhbGciOiJFUzI1NiJ9.e30.AA.AA.AA"
    };

    static const struct {
        const char   *header;
        hoop_dpop_e   rc;
    } headers[] = {
        { "\"typ\":\"JWT\",", HOOP_DPOP_TYPE },
        { "\"typ\":\"at+jwt\",", HOOP_DPOP_TYPE },
        { "\"typ\":\"DPoP+jwt\",", HOOP_DPOP_TYPE },
        { "\"typ\":\"application/dpop+jwt\",", HOOP_DPOP_TYPE },
        { "\"typ\":\"dpop+jwt \",", HOOP_DPOP_TYPE },
        { "\"typ\":1,", HOOP_DPOP_MALFORMED },
        { "", HOOP_DPOP_TYPE },
        { "\"typ\":\"dpop+jwt\",\"crit\":[\"x\"],", HOOP_DPOP_CRIT },
        { "\"typ\":\"dpop+jwt\",\"b64\":false,", HOOP_DPOP_CRIT },
        { "\"typ\":\"dpop+jwt\",\"typ\":\"dpop+jwt\",", HOOP_DPOP_MALFORMED },
        { "\"typ\":\"dpop+jwt\",\"kid\":1,", HOOP_DPOP_MALFORMED },
        { "\"typ\":\"dpop+jwt\",\"enc\":\"A128GCM\",", HOOP_DPOP_MALFORMED },
        { "\"typ\":\"dpop+jwt\",\"kid\":\"other\",\"jku\":\"https://x/\","
          "\"x5c\":[\"x\"],\"x5u\":\"https://x/\",", HOOP_DPOP_OK }
    };

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        ok(check(forms[i]) == HOOP_DPOP_MALFORMED, "malformed: \"%s\"",
           forms[i]);
    }

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        snprintf(header, sizeof(header),
                 "{%s\"alg\":\"ES256\",\"jwk\":{%s}}", headers[i].header,
                 p256.jwk);
        is_int(check_header(header, "ES256", &p256), headers[i].rc,
               headers[i].header);
    }

    big = calloc(1, 8192);
    strcpy(big, "{\"x\":\"");
    memset(big + 6, 'x', 5000);
    strcpy(big + 5006, "\"}");

    t = proof_of(big);
    n = strlen(t);
    ok(n < HOOP_DPOP_MAX_PROOF, "a large one has %zu bytes", n);
    is_int(check(t), HOOP_DPOP_OK, "and is taken");
    free(t);

    memset(big + 6, 'x', 6000);
    strcpy(big + 6006, "\"}");

    t = proof_of(big);
    ok(strlen(t) > HOOP_DPOP_MAX_PROOF, "a larger one has %zu", strlen(t));
    is_int(check(t), HOOP_DPOP_MALFORMED, "and is not");
    free(t);

    free(big);
}


static void
test_algs(void)
{
    char               header[8192], text[44], *t;
    size_t             i, k;
    hoop_dpop_e        rc;
    hoop_dpop_rules_t  rules;

    static const struct {
        const char   *alg;
        test_key_t   *key;
        unsigned      bit;
    } algs[] = {
        { "RS256", &rsa, HOOP_JWT_RS256 }, { "RS512", &rsa, HOOP_JWT_RS512 },
        { "PS256", &rsa, HOOP_JWT_PS256 }, { "PS384", &rsa, HOOP_JWT_PS384 },
        { "ES256", &p256, HOOP_JWT_ES256 }, { "ES384", &p384, HOOP_JWT_ES384 },
        { "ES512", &p521, HOOP_JWT_ES512 }, { "EdDSA", &ed, HOOP_JWT_EDDSA }
    };

    for (i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        snprintf(header, sizeof(header),
                 "{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":{%s}}",
                 algs[i].alg, algs[i].key->jwk);
        t = token(header, claims_of("{}"), algs[i].alg, algs[i].key);

        thumbprint(text, algs[i].key->jwk);
        rules = rules_of();
        rules.jkt = hoop_cstr(text);

        is_int(check_with(t, &rules), HOOP_DPOP_OK, algs[i].alg);

        rules.algs = HOOP_JWT_ALGS & ~algs[i].bit;
        is_int(check_with(t, &rules), HOOP_DPOP_ALG, "not allowed");

        free(t);
    }

    /* an alg that is not the key's */

    for (i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        for (k = 0; k < sizeof(algs) / sizeof(algs[0]); k++) {
            if (algs[i].key == algs[k].key) {
                continue;
            }

            snprintf(header, sizeof(header),
                     "{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":{%s}}",
                     algs[k].alg, algs[i].key->jwk);
            t = token(header, claims_of("{}"), algs[i].alg, algs[i].key);

            thumbprint(text, algs[i].key->jwk);
            rules = rules_of();
            rules.jkt = hoop_cstr(text);

            rc = check_with(t, &rules);
            ok(rc == HOOP_DPOP_KEY, "%s with a key of %s", algs[k].alg,
               algs[i].alg);

            free(t);
        }
    }

    /* symmetric ones, even where they are allowed by mistake */

    rules = rules_of();
    rules.algs = ALL;

    snprintf(header, sizeof(header),
             "{\"typ\":\"dpop+jwt\",\"alg\":\"HS256\",\"jwk\":{\"kty\":"
             "\"oct\",\"k\":\"%s\"}}", b64s(SECRET));
    t = token(header, claims_of("{}"), "HS256", &p256);
    is_int(check_with(t, &rules), HOOP_DPOP_ALG, "HS256");
    free(t);

    snprintf(header, sizeof(header),
             "{\"typ\":\"dpop+jwt\",\"alg\":\"none\",\"jwk\":{%s}}", p256.jwk);
    t = token(header, claims_of("{}"), "ES256", &p256);
    is_int(check_with(t, &rules), HOOP_DPOP_ALG, "none");
    *(strrchr(t, '.') + 1) = '\0';
    is_int(check_with(t, &rules), HOOP_DPOP_ALG, "none, and no signature");
    free(t);
}


static void
test_key(void)
{
    char               header[8192], name[64], text[44], *t, *d;
    size_t             i;
    EVP_PKEY          *small;
    test_key_t         weak;
    hoop_dpop_rules_t  rules;

    static const char  *const keys[] = {
        "", ",\"jwk\":null", ",\"jwk\":\"x\"", ",\"jwk\":[]", ",\"jwk\":{}",
        ",\"jwk\":{\"kty\":\"EC\"}",
        ",\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}",
        ",\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}",
        ",\"jwk\":{\"kty\":\"ec\"}", ",\"jwk\":{\"keys\":[]}"
    };

    static const char  *const privates[] = {
        "d", "p", "q", "dp", "dq", "qi", "oth", "k"
    };

    static const char  *const uses[] = {
        "\"use\":\"enc\"", "\"key_ops\":[\"sign\"]", "\"alg\":\"ES384\"",
        "\"alg\":\"RS256\""
    };

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        snprintf(header, sizeof(header),
                 "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\"%s}", keys[i]);
        ok(check_header(header, "ES256", &p256) == HOOP_DPOP_KEY
           || check_header(header, "ES256", &p256) == HOOP_DPOP_BINDING,
           "no key: %s", keys[i]);
    }

    for (i = 0; i < sizeof(privates) / sizeof(privates[0]); i++) {
        snprintf(header, sizeof(header),
                 "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{%s,"
                 "\"%s\":\"AAAA\"}}", p256.jwk, privates[i]);
        snprintf(name, sizeof(name), "a jwk with \"%s\"", privates[i]);
        is_int(check_header(header, "ES256", &p256), HOOP_DPOP_KEY, name);
    }

    d = number(p256.pkey, OSSL_PKEY_PARAM_PRIV_KEY, 32);
    snprintf(header, sizeof(header),
             "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{%s,"
             "\"d\":\"%s\"}}", p256.jwk, d);
    is_int(check_header(header, "ES256", &p256), HOOP_DPOP_KEY,
           "a true private key");

    for (i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        snprintf(header, sizeof(header),
                 "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{%s,%s}}",
                 p256.jwk, uses[i]);
        is_int(check_header(header, "ES256", &p256), HOOP_DPOP_KEY, uses[i]);
    }

    snprintf(header, sizeof(header),
             "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{%s,"
             "\"use\":\"sig\",\"alg\":\"ES256\",\"kid\":\"k\","
             "\"key_ops\":[\"verify\"]}}", p256.jwk);
    is_int(check_header(header, "ES256", &p256), HOOP_DPOP_OK,
           "what describes it rightly");

    /* another's key, and another's signature */

    snprintf(header, sizeof(header),
             "{\"typ\":\"dpop+jwt\",\"alg\":\"ES384\",\"jwk\":{%s}}",
             p384.jwk);
    is_int(check_header(header, "ES384", &p384), HOOP_DPOP_BINDING,
           "a key that is not the token's");

    small = EVP_EC_gen("P-256");
    make_key(&weak, small, "P-256", 32);

    snprintf(header, sizeof(header),
             "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{%s}}",
             p256.jwk);
    is_int(check_header(header, "ES256", &weak), HOOP_DPOP_SIGNATURE,
           "signed by another");

    free(weak.pem);
    free(weak.private_pem);
    EVP_PKEY_free(small);

    t = proof_of("{}");
    t[strlen(t) - 10] = (t[strlen(t) - 10] == 'A') ? 'B' : 'A';
    is_int(check(t), HOOP_DPOP_SIGNATURE, "a signature that is changed");
    *(strrchr(t, '.') + 1) = '\0';
    is_int(check(t), HOOP_DPOP_SIGNATURE, "no signature");
    free(t);

    small = EVP_RSA_gen(1024);
    make_key(&weak, small, NULL, 0);

    snprintf(header, sizeof(header),
             "{\"typ\":\"dpop+jwt\",\"alg\":\"RS256\",\"jwk\":{%s}}",
             weak.jwk);
    thumbprint(text, weak.jwk);

    rules = rules_of();
    rules.jkt = hoop_cstr(text);

    t = token(header, claims_of("{}"), "RS256", &weak);
    is_int(check_with(t, &rules), HOOP_DPOP_KEY, "RSA of 1024 bits");
    free(t);

    free(weak.pem);
    free(weak.private_pem);
    EVP_PKEY_free(small);
}


static void
test_claims(void)
{
    char               *t, text[1024], jti[300];
    size_t              i;
    hoop_dpop_rules_t   rules;

    static const struct {
        const char   *change;
        hoop_dpop_e   rc;
    } cases[] = {
        { "{}", HOOP_DPOP_OK },
        { "{\"other\":1,\"nonce\":\"x\"}", HOOP_DPOP_OK },

        { "{\"jti\":null}", HOOP_DPOP_CLAIM },
        { "{\"jti\":\"\"}", HOOP_DPOP_CLAIM },
        { "{\"jti\":1}", HOOP_DPOP_CLAIM },
        { "{\"htm\":null}", HOOP_DPOP_CLAIM },
        { "{\"htm\":[\"GET\"]}", HOOP_DPOP_CLAIM },
        { "{\"htu\":null}", HOOP_DPOP_CLAIM },
        { "{\"htu\":1}", HOOP_DPOP_CLAIM },
        { "{\"ath\":null}", HOOP_DPOP_CLAIM },
        { "{\"ath\":1}", HOOP_DPOP_CLAIM },
        { "{\"iat\":null}", HOOP_DPOP_CLAIM },
        { "{\"iat\":\"1700000000\"}", HOOP_DPOP_CLAIM },
        { "{\"iat\":1e300}", HOOP_DPOP_CLAIM },
        { "{\"iat\":9223372036854775807}", HOOP_DPOP_CLAIM },
        { "{\"exp\":\"x\"}", HOOP_DPOP_CLAIM },
        { "{\"nbf\":true}", HOOP_DPOP_CLAIM },

        { "{\"htm\":\"get\"}", HOOP_DPOP_METHOD },
        { "{\"htm\":\"POST\"}", HOOP_DPOP_METHOD },
        { "{\"htm\":\"GET \"}", HOOP_DPOP_METHOD },
        { "{\"htm\":\"\"}", HOOP_DPOP_METHOD },

        { "{\"htu\":\"HTTPS://API.test:443/v1/%74hings?a=b#c\"}",
          HOOP_DPOP_OK },
        { "{\"htu\":\"https://api.test/v1/things/\"}", HOOP_DPOP_URI },
        { "{\"htu\":\"https://api.test/v1/Things\"}", HOOP_DPOP_URI },
        { "{\"htu\":\"http://api.test/v1/things\"}", HOOP_DPOP_URI },
        { "{\"htu\":\"https://api.test:8443/v1/things\"}", HOOP_DPOP_URI },
        { "{\"htu\":\"https://evil.test/v1/things\"}", HOOP_DPOP_URI },
        { "{\"htu\":\"https://api.test.evil/v1/things\"}", HOOP_DPOP_URI },
        { "{\"htu\":\"https://api.test@evil.test/v1/things\"}",
          HOOP_DPOP_URI },
        { "{\"htu\":\"https://api.test/v1/x/../things\"}", HOOP_DPOP_URI },
        { "{\"htu\":\"https://api.test/v1%2Fthings\"}", HOOP_DPOP_URI },
        { "{\"htu\":\"/v1/things\"}", HOOP_DPOP_URI },
        { "{\"htu\":\"\"}", HOOP_DPOP_URI },

        { "{\"ath\":\"\"}", HOOP_DPOP_TOKEN },
        { "{\"ath\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
          HOOP_DPOP_TOKEN },

        { "{\"iat\":1699999940}", HOOP_DPOP_OK },
        { "{\"iat\":1699999939}", HOOP_DPOP_OLD },
        { "{\"iat\":1699999939.9}", HOOP_DPOP_OLD },
        { "{\"iat\":1699999940.1}", HOOP_DPOP_OK },
        { "{\"iat\":-1}", HOOP_DPOP_OLD },
        { "{\"iat\":1700000030}", HOOP_DPOP_OK },
        { "{\"iat\":1700000030.1}", HOOP_DPOP_FUTURE },
        { "{\"iat\":1700000031}", HOOP_DPOP_FUTURE },
        { "{\"exp\":1699999971}", HOOP_DPOP_OK },
        { "{\"exp\":1699999970}", HOOP_DPOP_OLD },
        { "{\"nbf\":1700000030}", HOOP_DPOP_OK },
        { "{\"nbf\":1700000031}", HOOP_DPOP_FUTURE }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_int(check_claims(cases[i].change), cases[i].rc, cases[i].change);
    }

    memset(jti, 'j', sizeof(jti));

    jti[HOOP_DPOP_MAX_JTI] = '\0';
    snprintf(text, sizeof(text), "{\"jti\":\"%s\"}", jti);
    is_int(check_claims(text), HOOP_DPOP_OK, "a jti of 256 bytes");

    snprintf(text, sizeof(text), "{\"jti\":\"%s+\"}", jti);
    is_int(check_claims(text), HOOP_DPOP_CLAIM, "a jti of 257 bytes");

    snprintf(text, sizeof(text), "{\"ath\":\"%s=\"}", b64(token_md, 32));
    is_int(check_claims(text), HOOP_DPOP_TOKEN, "ath with padding");

    rules = rules_of();
    rules.token_sha256 = NULL;

    t = proof_of("{\"ath\":null}");
    is_int(check_with(t, &rules), HOOP_DPOP_OK, "without a token, no ath");
    free(t);

    t = proof_of("{\"ath\":null,\"htm\":\"POST\"}");
    is_int(check_with(t, &rules), HOOP_DPOP_METHOD, "and all else as ever");
    free(t);
}


static void
test_replay(void)
{
    u_char   first[32];

    (void) check_claims("{}");
    memcpy(first, got.replay, 32);

    (void) check_claims("{\"iat\":1699999990,\"other\":1}");
    is_mem(got.replay, 32, first, 32, "the same jti of the same key");
    is_int(got.expires, 1699999990 + 91, "is kept as long as it is young");

    (void) check_claims("{\"jti\":\"j-2\"}");
    ok(memcmp(got.replay, first, 32) != 0, "another jti");

    is_int(check_claims("{\"htm\":\"POST\"}"), HOOP_DPOP_METHOD, "refused");
}


static void
test_nonce(void)
{
    char               *t;
    size_t              i;
    hoop_str_t          nonces[2];
    hoop_dpop_rules_t   rules;

    static const struct {
        const char   *change;
        hoop_dpop_e   rc;
        unsigned      nonce;
    } cases[] = {
        { "{\"nonce\":\"now-nonce\"}", HOOP_DPOP_OK, 0 },
        { "{\"nonce\":\"old-nonce\"}", HOOP_DPOP_OK, 1 },
        { "{\"nonce\":\"too-nonce\"}", HOOP_DPOP_NONCE, 0 },
        { "{\"nonce\":\"now-nonce \"}", HOOP_DPOP_NONCE, 0 },
        { "{\"nonce\":\"\"}", HOOP_DPOP_NONCE, 0 },
        { "{\"nonce\":1}", HOOP_DPOP_NONCE, 0 },
        { "{}", HOOP_DPOP_NONCE, 0 },
        { "{\"htm\":\"POST\"}", HOOP_DPOP_METHOD, 0 }
    };

    nonces[0] = hoop_cstr("now-nonce");
    nonces[1] = hoop_cstr("old-nonce");

    rules = rules_of();
    rules.nonces = nonces;
    rules.nnonces = 2;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t = proof_of(cases[i].change);
        is_int(check_with(t, &rules), cases[i].rc, cases[i].change);
        is_int(got.nonce, cases[i].nonce, "which");
        free(t);
    }

    /* who cannot sign is not told of them */

    t = proof_of("{}");
    t[strlen(t) - 10] = (t[strlen(t) - 10] == 'A') ? 'B' : 'A';
    is_int(check_with(t, &rules), HOOP_DPOP_SIGNATURE, "signature first");
    free(t);
}


static void
test_nonces(void)
{
    u_char  secret[32], text[4][HOOP_DPOP_THUMBPRINT];

    /* by openssl dgst -sha256 -mac HMAC, of "DPoP-Nonce:" and 8 bytes */

    memset(secret, 's', sizeof(secret));

    is_int(hoop_dpop_nonce(secret, NOW / HOOP_DPOP_PERIOD, text[0]), HOOP_OK,
           "a nonce");
    is_mem(text[0], sizeof(text[0]),
           "v-6ROmd7xlPfqWgrPeuYEInZI2HtGA6q7hn70DDUeGw",
           HOOP_DPOP_THUMBPRINT, "which is known");

    (void) hoop_dpop_nonce(secret, NOW / HOOP_DPOP_PERIOD, text[1]);
    is_mem(text[1], sizeof(text[1]), text[0], sizeof(text[0]),
           "the same for the same period");

    (void) hoop_dpop_nonce(secret, NOW / HOOP_DPOP_PERIOD + 1, text[2]);
    ok(memcmp(text[2], text[0], sizeof(text[0])) != 0, "another for the next");

    secret[31] ^= 1;
    (void) hoop_dpop_nonce(secret, NOW / HOOP_DPOP_PERIOD, text[3]);
    ok(memcmp(text[3], text[0], sizeof(text[0])) != 0,
       "another by another secret");
}


static void
test_cnf(void)
{
    size_t       i;
    json_t      *claims;
    u_char       md[32];
    hoop_cnf_t   cnf;

#define PRINT  "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

    static const struct {
        const char  *claims;
        int          rc;
        int          jkt, x5t;
    } cases[] = {
        { "{}", HOOP_DECLINED, 0, 0 },
        { "{\"cnf\":{\"jkt\":\"" PRINT "\"}}", HOOP_OK, 1, 0 },
        { "{\"cnf\":{\"x5t#S256\":\"" PRINT "\"}}", HOOP_OK, 0, 1 },
        { "{\"cnf\":{\"x5t#S256\":\"" PRINT "\",\"jkt\":\"" PRINT "\"}}",
          HOOP_OK, 1, 1 },
        { "{\"cnf\":{}}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":null}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":false}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":[]}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":\"" PRINT "\"}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":{\"kid\":\"x\"}}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":{\"jwk\":{\"kty\":\"EC\"}}}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":{\"jkt\":\"" PRINT "\",\"kid\":\"x\"}}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":{\"JKT\":\"" PRINT "\"}}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":{\"x5t\":\"" PRINT "\"}}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":{\"jkt\":1}}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":{\"jkt\":null}}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":{\"jkt\":\"\"}}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":{\"jkt\":\"" PRINT "=\"}}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":{\"jkt\":\"" PRINT "A\"}}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4\"}}",
          HOOP_ERROR, 0, 0 },
        /* unused bits */
        { "{\"cnf\":{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J\""
          "}}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":{\"jkt\":\"0ZcOCORZNYy+DWpqq30jZyJGHTN0d2HglBV3uiguA4I\""
          "}}", HOOP_ERROR, 0, 0 },
        { "{\"cnf\":{\"jkt\":\"" PRINT "\",\"x5t#S256\":\"\"}}",
          HOOP_ERROR, 0, 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        claims = json_loads(cases[i].claims, 0, NULL);

        is_int(hoop_cnf_read(claims, &cnf), cases[i].rc, cases[i].claims);

        if (cases[i].rc == HOOP_OK) {
            is_int(cnf.jkt.len != 0, cases[i].jkt, "jkt");
            is_int(cnf.x5t.len != 0, cases[i].x5t, "x5t#S256");
        }

        json_decref(claims);
    }

    (void) hoop_base64_decode(md, (const u_char *) PRINT, 43, 1);

    is_int(hoop_cnf_match(hoop_cstr(PRINT), md), 1, "a thumbprint matches");
    is_int(hoop_cnf_match(hoop_str(PRINT, 42), md), 0, "not a part of it");
    is_int(hoop_cnf_match(hoop_str(NULL, 0), md), 0, "nor nothing");

    md[31] ^= 1;
    is_int(hoop_cnf_match(hoop_cstr(PRINT), md), 0, "nor another");
}


int
main(void)
{
    make_keys();

    thumbprint(jkt, p256.jwk);
    hoop_sha256(token_md, TOKEN, strlen(TOKEN));

    test_rfc();
    test_texts();
    test_form();
    test_algs();
    test_key();
    test_claims();
    test_replay();
    test_nonce();
    test_nonces();
    test_cnf();

    free_keys();

    return done_testing();
}
