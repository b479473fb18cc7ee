
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The first byte says what the rest is: a token, claims, a header or a key
 * set.  Claims and headers are put into a token with a true signature, so
 * that what is behind the signature is reached.
 *
 * Oracles: no token is valid but those that the keys' owners have made; a
 * token's text is the only one of its bytes; valid claims bear what the rules
 * ask for when they are read again by jansson alone; an identity is JSON and
 * involves its own subject.
 */


#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "hoop_jwt.h"


#define NOW      1700000000
#define LEEWAY   30
#define SECRET   "0123456789abcdef0123456789abcdef"

#define check(x)                                                              \
    do {                                                                      \
        if (!(x)) {                                                           \
            fprintf(stderr, "line %d: %s\n", __LINE__, #x);                   \
            abort();                                                          \
        }                                                                     \
    } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* RFC 7515 A.2 and A.3, RFC 8037 A.4; the secret has a set of its own */

static const char  fuzz_keys[] =
    "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\""
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qP"
    "CJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47s"
    "oMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2"
    "R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoud"
    "F8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\"},"
    "{\"kty\":\"EC\",\"crv\":\"P-256\","
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"},"
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";

static const char  *fuzz_tokens[] = {
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
    "bS9pc19yb290Ijp0cnVlfQ."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4B"
    "h-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZ"
    "LgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d"
    "O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6"
    "LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",

    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
    "bS9pc19yb290Ijp0cnVlfQ."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKT"
    "UJqPP3-Kg6NU1Q",

    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7"
    "sVvpAr_MuM0KAg"
};


static hoop_jwks_t       *fuzz_ks, *fuzz_secret;
static hoop_str_t         fuzz_aud = hoop_string("crm");
static hoop_jwt_rules_t   fuzz_rules;


static void
fuzz_token(const u_char *p, size_t len)
{
    int          rc, known;
    size_t       i, n;
    u_char      *text;
    hoop_jwt_t   jwt, full;

    rc = hoop_jwt_parse(&jwt, p, len, 1);

    if (rc == HOOP_JWT_OK) {
        check(len <= HOOP_JWT_MAX_TOKEN && jwt.claims == NULL);

        text = malloc(jwt.signature_len * 2 + 4);
        check(text != NULL);

        n = hoop_base64_encode(text, jwt.signature, jwt.signature_len, 1);
        check(n == len - jwt.signing_input.len - 1);
        check(memcmp(text, jwt.signing_input.data + jwt.signing_input.len + 1,
                     n) == 0);
        free(text);

        rc = hoop_jwt_verify(&jwt, fuzz_ks, &fuzz_rules, NULL);
        check(rc == HOOP_JWT_OK || rc == HOOP_JWT_SIGNATURE
              || rc == HOOP_JWT_NO_KEY || rc == HOOP_JWT_ALG);

        known = 0;

        for (i = 0; i < sizeof(fuzz_tokens) / sizeof(fuzz_tokens[0]); i++) {
            known |= hoop_str_is(jwt.token, fuzz_tokens[i]);
        }

        check((rc == HOOP_JWT_OK) == known);
        check(hoop_jwt_verify(&jwt, fuzz_secret, &fuzz_rules, NULL)
              != HOOP_JWT_OK);

    } else {
        check(hoop_jwt_parse(&full, p, len, 0) != HOOP_JWT_OK);
        hoop_jwt_clear(&full);
    }

    hoop_jwt_clear(&jwt);
}


/* header.payload, signed with the secret whatever the header says */

static char *
fuzz_sign(const u_char *header, size_t hlen, const u_char *claims, size_t clen)
{
    char      *p;
    size_t     n;
    u_char     mac[EVP_MAX_MD_SIZE];
    unsigned   len;

    p = malloc((hlen + clen) * 2 + 128);
    check(p != NULL);

    n = hoop_base64_encode((u_char *) p, header, hlen, 1);
    p[n++] = '.';
    n += hoop_base64_encode((u_char *) p + n, claims, clen, 1);

    check(HMAC(EVP_sha256(), SECRET, sizeof(SECRET) - 1, (u_char *) p, n, mac,
               &len)
          != NULL);

    p[n++] = '.';
    n += hoop_base64_encode((u_char *) p + n, mac, len, 1);
    p[n] = '\0';

    return p;
}


static void
fuzz_identity(hoop_jwt_t *jwt)
{
    json_t           *root, *sub;
    hoop_str_t        copy;
    hoop_identity_t  *id;

    sub = json_object_get(jwt->claims, "sub");

    id = hoop_identity_create(jwt, hoop_cstr("corp"));
    check((id != NULL) == (json_string_length(sub) != 0));

    if (id == NULL) {
        return;
    }

    root = json_loadb((char *) id->json, id->json_len, JSON_REJECT_DUPLICATES,
                      NULL);
    check(root != NULL);

    sub = json_object_get(root, "sub");
    copy = hoop_str(json_string_value(sub), json_string_length(sub));

    check(hoop_str_eq(copy, id->sub));
    check(hoop_identity_involves(id, id->issuer, id->sub));
    check(id->expires > NOW - LEEWAY);

    json_decref(root);
    hoop_identity_unref(id);
}


static void
fuzz_claims(const u_char *p, size_t len)
{
    int          rc;
    char        *t;
    json_t      *root, *exp, *aud;
    hoop_jwt_t   jwt;

    static const char  header[] = "{\"alg\":\"HS256\"}";

    t = fuzz_sign((u_char *) header, sizeof(header) - 1, p, len);

    rc = hoop_jwt_parse(&jwt, (u_char *) t, strlen(t), 0);
    check(rc == HOOP_JWT_OK || rc == HOOP_JWT_MALFORMED);

    if (rc == HOOP_JWT_OK) {
        check(hoop_jwt_verify(&jwt, fuzz_secret, &fuzz_rules, NULL)
              == HOOP_JWT_OK);

        if (hoop_jwt_check(&jwt, &fuzz_rules, NOW) == HOOP_JWT_OK) {

            root = json_loadb((const char *) p, len, 0, NULL);
            check(json_is_object(root));

            exp = json_object_get(root, "exp");
            aud = json_object_get(root, "aud");

            check(json_is_number(exp));
            check(json_number_value(exp) > NOW - LEEWAY);
            check(json_is_string(aud) || json_array_size(aud) > 0);
            check(json_object_get(root, "cnf") == NULL);

            json_decref(root);

            fuzz_identity(&jwt);
        }
    }

    hoop_jwt_clear(&jwt);
    free(t);
}


static void
fuzz_header(const u_char *p, size_t len)
{
    int          rc, i;
    char        *t;
    json_t      *root;
    hoop_jwt_t   jwt, known;

    static hoop_jwt_headers_t  *headers;

    if (headers == NULL) {
        headers = hoop_jwt_headers_create();
        check(headers != NULL);
    }

    t = fuzz_sign(p, len, (u_char *) "{}", 2);

    rc = hoop_jwt_parse(&jwt, (u_char *) t, strlen(t), 0);

    for (i = 0; i < 2; i++) {
        check(hoop_jwt_parse_known(&known, (u_char *) t, strlen(t), headers)
              == (hoop_jwt_e) rc);
        check(rc != HOOP_JWT_OK
              || (known.alg == jwt.alg && json_equal(known.header, jwt.header)
                  && (known.kid.data == NULL) == (jwt.kid.data == NULL)
                  && hoop_str_eq(known.kid, jwt.kid)));
        hoop_jwt_clear(&known);
    }

    if (rc == HOOP_JWT_OK) {
        rc = hoop_jwt_verify(&jwt, fuzz_secret, &fuzz_rules, NULL);
        check((rc == HOOP_JWT_OK) == (jwt.alg == HOOP_JWT_HS256));
        check(hoop_jwt_verify(&jwt, fuzz_ks, &fuzz_rules, NULL)
              != HOOP_JWT_OK);

        root = json_loadb((const char *) p, len, 0, NULL);
        check(json_object_get(root, "alg") != NULL);
        check(json_object_get(root, "crit") == NULL);
        json_decref(root);
    }

    hoop_jwt_clear(&jwt);
    free(t);
}


static void
fuzz_jwks(const u_char *p, size_t len)
{
    char          *t;
    hoop_jwt_t     jwt;
    hoop_jwks_t   *ks;
    hoop_error_t   err;

    static const char  header[] = "{\"alg\":\"HS256\",\"kid\":\"a\"}";

    ks = hoop_jwks_parse(p, len, fuzz_rules.algs, &err);

    if (ks == NULL) {
        check(err.text[0] != '\0');
        return;
    }

    check(hoop_jwks_count(ks) >= 1 && hoop_jwks_count(ks) <= 256);
    hoop_jwks_free(ks);

    /* public keys alone never check a MAC */

    ks = hoop_jwks_parse(p, len, HOOP_JWT_ALGS, &err);

    if (ks) {
        t = fuzz_sign((u_char *) header, sizeof(header) - 1, p, len % 64);
        check(hoop_jwt_parse(&jwt, (u_char *) t, strlen(t), 1) == HOOP_JWT_OK);
        check(hoop_jwt_verify(&jwt, ks, &fuzz_rules, NULL) != HOOP_JWT_OK);
        hoop_jwt_clear(&jwt);
        free(t);
    }

    hoop_jwks_free(ks);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hoop_error_t  err;

    if (fuzz_ks == NULL) {
        fuzz_rules.audiences = &fuzz_aud;
        fuzz_rules.naudiences = 1;
        fuzz_rules.leeway = LEEWAY;
        fuzz_rules.algs = HOOP_JWT_ALGS|HOOP_JWT_HS256|HOOP_JWT_HS384
                          |HOOP_JWT_HS512;

        fuzz_ks = hoop_jwks_parse((const u_char *) fuzz_keys,
                                  sizeof(fuzz_keys) - 1, fuzz_rules.algs,
                                  &err);
        check(fuzz_ks != NULL && hoop_jwks_count(fuzz_ks) == 3);

        fuzz_secret = hoop_jwks_secret((const u_char *) SECRET,
                                       sizeof(SECRET) - 1, HOOP_JWT_HS256,
                                       &err);
        check(fuzz_secret != NULL);
    }

    if (size == 0) {
        return 0;
    }

    switch (data[0]) {
    case 't':
        fuzz_token(data + 1, size - 1);
        break;
    case 'c':
        fuzz_claims(data + 1, size - 1);
        break;
    case 'h':
        fuzz_header(data + 1, size - 1);
        break;
    case 'k':
        fuzz_jwks(data + 1, size - 1);
        break;
    }

    return 0;
}
