
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The first byte says what the rest is: a proof, the claims or the header of
 * one, a URI, or the claims of a token.  Claims and headers are put into a
 * proof with a true signature, so that what is behind the signature is reached.
 *
 * Oracles: no proof is good but RFC 9449's own; good claims say what the rules
 * ask for when they are read again by jansson alone; a normal form is normal
 * and has nothing in it that two parsers read differently; what a token is
 * bound to is all that its cnf says.
 */


#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "hoop_dpop.h"
#include "hoop_uri.h"


#define NOW      1562262630
#define URI      "https://resource.example.org/protectedresource"
#define ATH      "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"

#define check(x)                                                              \
    do {                                                                      \
        if (!(x)) {                                                           \
            fprintf(stderr, "line %d: %s\n", __LINE__, #x);                   \
            abort();                                                          \
        }                                                                     \
    } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* RFC 9449, figure 12 */

static const char  fuzz_proof[] =
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6"
    "Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZF"
    "NGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2"
    "In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM"
    "6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI"
    "2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVF"
    "FbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1"
    "dqd-jfxSYoMxhAJpLjA";

static const char  fuzz_jkt[] = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

/* RFC 8037, A.1 to A.3 */

static const u_char  fuzz_seed[32] =
    "\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4"
    "\x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60";

static const char  fuzz_ed[] =
    "{\"typ\":\"dpop+jwt\",\"alg\":\"EdDSA\",\"jwk\":{\"kty\":\"OKP\","
    "\"crv\":\"Ed25519\","
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}}";

static const char  fuzz_ed_jkt[] =
    "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

static const char  fuzz_claims_text[] =
    "{\"jti\":\"a\",\"htm\":\"GET\",\"htu\":\"" URI "\",\"iat\":1562262630,"
    "\"ath\":\"" ATH "\",\"nonce\":\"n-1\"}";


static EVP_PKEY           *fuzz_key;
static u_char              fuzz_md[35];
static hoop_str_t          fuzz_nonce = hoop_string("n-1");
static hoop_dpop_rules_t   fuzz_rules;


static hoop_str_t
fuzz_string(const json_t *object, const char *name)
{
    json_t  *value;

    value = json_object_get(object, name);
    check(json_is_string(value));

    return hoop_str(json_string_value(value), json_string_length(value));
}


static void
fuzz_text(const u_char *p, size_t len)
{
    int                 known;
    hoop_dpop_t         dpop;
    hoop_dpop_rules_t   rules;

    rules = fuzz_rules;
    rules.jkt = hoop_cstr(fuzz_jkt);

    known = hoop_str_is(hoop_str(p, len), fuzz_proof);

    check((hoop_dpop_check(hoop_str(p, len), &rules, &dpop) == HOOP_DPOP_OK)
          == known);
}


static hoop_dpop_e
fuzz_sign(const u_char *header, size_t hlen, const u_char *claims, size_t clen,
    hoop_dpop_t *dpop)
{
    char         *p;
    size_t        n, len;
    u_char        sig[64];
    EVP_MD_CTX   *ctx;
    hoop_dpop_e   rc;

    p = malloc((hlen + clen) * 2 + 128);
    ctx = EVP_MD_CTX_new();
    check(p != NULL && ctx != NULL);

    n = hoop_base64_encode((u_char *) p, header, hlen, 1);
    p[n++] = '.';
    n += hoop_base64_encode((u_char *) p + n, claims, clen, 1);

    len = sizeof(sig);

    check(EVP_DigestSignInit(ctx, NULL, NULL, NULL, fuzz_key) == 1);
    check(EVP_DigestSign(ctx, sig, &len, (u_char *) p, n) == 1);

    EVP_MD_CTX_free(ctx);

    p[n++] = '.';
    n += hoop_base64_encode((u_char *) p + n, sig, len, 1);

    rc = hoop_dpop_check(hoop_str(p, n), &fuzz_rules, dpop);
    check(rc != HOOP_DPOP_OK || n <= HOOP_DPOP_MAX_PROOF);

    free(p);

    return rc;
}


static void
fuzz_claims(const u_char *p, size_t len)
{
    double        iat;
    json_t       *root;
    hoop_buf_t    b;
    hoop_dpop_e   rc;
    hoop_dpop_t   dpop;

    rc = fuzz_sign((u_char *) fuzz_ed, sizeof(fuzz_ed) - 1, p, len, &dpop);

    check(rc != HOOP_DPOP_SIGNATURE && rc != HOOP_DPOP_KEY
          && rc != HOOP_DPOP_BINDING && rc != HOOP_DPOP_TYPE
          && rc != HOOP_DPOP_INTERNAL);

    if (rc != HOOP_DPOP_OK) {
        return;
    }

    root = json_loadb((const char *) p, len, JSON_REJECT_DUPLICATES, NULL);
    check(json_is_object(root));

    iat = json_number_value(json_object_get(root, "iat"));

    check(iat >= NOW - 60 && iat <= NOW + 5);
    check(dpop.expires > NOW && dpop.expires <= NOW + 71);
    check(hoop_str_is(fuzz_string(root, "htm"), "GET"));
    check(hoop_str_is(fuzz_string(root, "ath"), ATH));
    check(hoop_str_eq(fuzz_string(root, "nonce"), fuzz_nonce));
    check(fuzz_string(root, "jti").len > 0);
    check(fuzz_string(root, "jti").len <= HOOP_DPOP_MAX_JTI);

    hoop_buf_init(&b, 0);
    check(hoop_uri_normal(fuzz_string(root, "htu"), &b) == HOOP_OK);
    check(hoop_str_is(hoop_str(b.data, b.len), URI));
    hoop_buf_free(&b);

    json_decref(root);
}


static void
fuzz_header(const u_char *p, size_t len)
{
    json_t       *root, *jwk;
    hoop_dpop_e   rc;
    hoop_dpop_t   dpop;

    rc = fuzz_sign(p, len, (u_char *) fuzz_claims_text,
                   sizeof(fuzz_claims_text) - 1, &dpop);

    check(rc != HOOP_DPOP_CLAIM && rc != HOOP_DPOP_METHOD
          && rc != HOOP_DPOP_URI && rc != HOOP_DPOP_TOKEN
          && rc != HOOP_DPOP_OLD && rc != HOOP_DPOP_FUTURE
          && rc != HOOP_DPOP_NONCE);

    if (rc != HOOP_DPOP_OK) {
        return;
    }

    root = json_loadb((const char *) p, len, JSON_REJECT_DUPLICATES, NULL);
    jwk = json_object_get(root, "jwk");

    check(hoop_str_is(fuzz_string(root, "typ"), "dpop+jwt"));
    check(hoop_jwt_alg(fuzz_string(root, "alg")) == HOOP_JWT_EDDSA);
    check(json_object_get(root, "crit") == NULL);
    check(json_object_get(jwk, "d") == NULL);
    check(hoop_str_is(fuzz_string(jwk, "x"),
                      "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));

    json_decref(root);
}


static void
fuzz_uri(const u_char *p, size_t len)
{
    size_t       i, k;
    hoop_buf_t   b, again;

    hoop_buf_init(&b, 0);
    hoop_buf_init(&again, 0);

    if (hoop_uri_normal(hoop_str(p, len), &b) == HOOP_OK) {
        check(b.len <= len + 1);
        check(memcmp(b.data, "http", 4) == 0);

        for (i = 0, k = 0; i < b.len; i++) {
            check(b.data[i] > 0x20 && b.data[i] < 0x7f);
            check(b.data[i] != '?' && b.data[i] != '#' && b.data[i] != '\\');

            /* the third slash begins the path */

            k += (b.data[i] == '/');
            check(k >= 3 || b.data[i] != '@');
            check(k >= 3 || b.data[i] < 'A' || b.data[i] > 'Z');
        }

        check(k >= 3);

        check(hoop_uri_normal(hoop_str(b.data, b.len), &again) == HOOP_OK);
        check(hoop_str_eq(hoop_str(b.data, b.len),
                          hoop_str(again.data, again.len)));

        again.len = 0;

        if (hoop_uri_origin(hoop_str(p, len), &again) == HOOP_OK) {
            check(again.len + 1 == b.len && b.data[again.len] == '/');
            check(memcmp(b.data, again.data, again.len) == 0);
        }
    }

    hoop_buf_free(&b);
    hoop_buf_free(&again);
}


static void
fuzz_cnf(const u_char *p, size_t len)
{
    int          rc;
    json_t      *root, *object;
    hoop_cnf_t   cnf;

    root = json_loadb((const char *) p, len, JSON_DECODE_ANY, NULL);

    if (json_is_object(root)) {
        rc = hoop_cnf_read(root, &cnf);
        object = json_object_get(root, "cnf");

        check((rc == HOOP_DECLINED) == (object == NULL));

        if (rc == HOOP_OK) {
            check(json_object_size(object)
                  == (unsigned) (cnf.jkt.len != 0) + (cnf.x5t.len != 0));
            check(cnf.jkt.len == 0 || cnf.jkt.len == HOOP_DPOP_THUMBPRINT);
            check(cnf.x5t.len == 0 || cnf.x5t.len == HOOP_DPOP_THUMBPRINT);
        }
    }

    json_decref(root);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (fuzz_key == NULL) {
        fuzz_key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
                                                fuzz_seed, 32);
        check(fuzz_key != NULL);

        check(hoop_base64_decode(fuzz_md, (const u_char *) ATH, 43, 1) == 32);

        fuzz_rules.method = hoop_cstr("GET");
        fuzz_rules.uri = hoop_cstr(URI);
        fuzz_rules.token_sha256 = fuzz_md;
        fuzz_rules.jkt = hoop_cstr(fuzz_ed_jkt);
        fuzz_rules.algs = HOOP_JWT_ALGS;
        fuzz_rules.now = NOW;
        fuzz_rules.window = 60;
        fuzz_rules.leeway = 5;

        /* both keys are what they are taken for */

        fuzz_text((u_char *) fuzz_proof, sizeof(fuzz_proof) - 1);

        fuzz_rules.nonces = &fuzz_nonce;
        fuzz_rules.nnonces = 1;

        check(fuzz_sign((u_char *) fuzz_ed, sizeof(fuzz_ed) - 1,
                        (u_char *) fuzz_claims_text,
                        sizeof(fuzz_claims_text) - 1, &(hoop_dpop_t) { 0 })
              == HOOP_DPOP_OK);
    }

    if (size == 0) {
        return 0;
    }

    switch (data[0]) {
    case 'p':
        fuzz_rules.nnonces = 0;
        fuzz_text(data + 1, size - 1);
        fuzz_rules.nnonces = 1;
        break;
    case 'c':
        fuzz_claims(data + 1, size - 1);
        break;
    case 'h':
        fuzz_header(data + 1, size - 1);
        break;
    case 'u':
        fuzz_uri(data + 1, size - 1);
        break;
    case 'n':
        fuzz_cnf(data + 1, size - 1);
        break;
    }

    return 0;
}
