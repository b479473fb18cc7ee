
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Signatures: the vectors of RFC 7515 and RFC 8037, every algorithm with
 * libjwt as the second opinion, and what an attacker would sign.
 */


#include <jwt.h>
#include <openssl/param_build.h>

#include "jose.h"


/* libjwt with a PEM or a secret; 1 if it accepts */

static int
libjwt_decode(const char *t, const void *key, size_t len, jwt_alg_t *alg)
{
    jwt_t  *jwt;

    if (jwt_decode(&jwt, t, key, (int) len) != 0) {
        ERR_clear_error();
        return 0;
    }

    *alg = jwt_get_alg(jwt);
    jwt_free(jwt);

    return 1;
}


/* libjwt with the public PEM; 1 if it accepts, and by the algorithm named */

static int
second_opinion(const char *t, const char *alg, test_key_t *key)
{
    jwt_alg_t    by;
    const char  *text;

    text = key ? key->pem : SECRET;

    return libjwt_decode(t, text, strlen(text), &by) && by == jwt_str_alg(alg);
}


/* a member of a key by OpenSSL, not by hoop; returns its length */

static int
member(json_t *jwk, const char *name, u_char *dst)
{
    int          n;
    char         text[1024];
    size_t       i, len;
    const char  *value;

    value = json_string_value(json_object_get(jwk, name));
    len = strlen(value);

    for (i = 0; i < len; i++) {
        text[i] = (value[i] == '-') ? '+' : (value[i] == '_') ? '/' : value[i];
    }

    while (i % 4) {
        text[i++] = '=';
    }

    n = EVP_DecodeBlock(dst, (u_char *) text, (int) i);

    return n - (int) (i - len);
}


/* libjwt knows no JWK: 1 if it accepts with a key of these members */

static int
libjwt_takes(const char *t, const char *members)
{
    int              n, e, rc;
    char             text[2048], *key;
    BIGNUM          *bn[2];
    u_char           buf[1024], more[1024];
    json_t          *jwk;
    EVP_PKEY        *pkey;
    jwt_alg_t        alg;
    OSSL_PARAM      *params;
    const char      *kty;
    EVP_PKEY_CTX    *ctx;
    OSSL_PARAM_BLD  *bld;

    snprintf(text, sizeof(text), "{%s}", members);
    jwk = json_loads(text, 0, NULL);
    kty = json_string_value(json_object_get(jwk, "kty"));

    if (strcmp(kty, "oct") == 0) {
        n = member(jwk, "k", buf);
        json_decref(jwk);
        return libjwt_decode(t, buf, n, &alg);
    }

    bld = OSSL_PARAM_BLD_new();
    bn[0] = NULL;
    bn[1] = NULL;

    if (strcmp(kty, "RSA") == 0) {
        n = member(jwk, "n", buf);
        e = member(jwk, "e", more);
        bn[0] = BN_bin2bn(buf, n, NULL);
        bn[1] = BN_bin2bn(more, e, NULL);
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn[0]);
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, bn[1]);

    } else {
        buf[0] = 0x04;
        n = 1 + member(jwk, "x", buf + 1);
        n += member(jwk, "y", buf + n);
        OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
                          json_string_value(json_object_get(jwk, "crv")), 0);
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, buf, n);
    }

    pkey = NULL;
    params = OSSL_PARAM_BLD_to_param(bld);
    ctx = EVP_PKEY_CTX_new_from_name(NULL, kty, NULL);
    EVP_PKEY_fromdata_init(ctx);
    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);

    key = pem(pkey, 0);
    rc = libjwt_decode(t, key, strlen(key), &alg);

    free(key);
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    BN_free(bn[0]);
    BN_free(bn[1]);
    json_decref(jwk);

    return rc;
}


static void
test_vectors(void)
{
    char          t[2048];
    size_t        i;
    hoop_jwks_t  *ks;

    static const char  payload[] =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
        "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    /* RFC 7520: the payload of section 4, and the key of section 3.3 */

    static const char  story[] =
        "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlv"
        "dXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24n"
        "dCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91"
        "IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";

    static const char  rsa_7520[] =
        "\"kty\":\"RSA\",\"kid\":\"bilbo.baggins@hobbiton.example"
        "\",\"use\":\"sig\",\"e\":\"AQAB\",\"n\":\""
        "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRoj"
        "dNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2l"
        "bzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6c"
        "S6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3"
        "-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwU"
        "kRz5iaiQkqgc5gHdrNP5zw\"";

    static const struct {
        const char  *name;
        const char  *jwk;
        const char  *header;
        const char  *payload;
        const char  *sig;
    } v[] = {
        { "RFC 7515 A.1 HS256",
          "\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQ"
          "Lr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"",
          "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", payload,
          "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" },

        { "RFC 7515 A.2 RS256",
          "\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\""
          "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp"
          "-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW"
          "vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs"
          "LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k"
          "G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2"
          "PAcDTW9gb54h4FRWyuXpoQ\"",
          "eyJhbGciOiJSUzI1NiJ9", payload,
          "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7"
          "AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
          "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
          "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"
          "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"
          "p0igcN_IoypGlUPQGe77Rw" },

        { "RFC 7515 A.3 ES256",
          "\"kty\":\"EC\",\"crv\":\"P-256\","
          "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
          "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"",
          "eyJhbGciOiJFUzI1NiJ9", payload,
          "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
          "pmWQxfKTUJqPP3-Kg6NU1Q" },

        { "RFC 7515 A.4 ES512",
          "\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\""
          "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvL"
          "FV1jSfS9tsz4qUxcWceqwQGk\",\"y\":\""
          "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4K"
          "kd0AZMaZmh9ubmf63e3kyMj2\"",
          "eyJhbGciOiJFUzUxMiJ9", "UGF5bG9hZA",
          "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZq"
          "wqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8Kp"
          "EHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn" },

        { "RFC 8037 A.4 EdDSA",
          "\"kty\":\"OKP\",\"crv\":\"Ed25519\","
          "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"",
          "eyJhbGciOiJFZERTQSJ9", "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
          "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5B"
          "hVsPt9g7sVvpAr_MuM0KAg" },

        { "RFC 7520 4.1 RS256",
          rsa_7520,
          "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhh"
          "bXBsZSJ9", story,
          "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZo"
          "pdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmD"
          "LJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9e"
          "Ro4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2"
          "aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH8"
          "4ogoree7vjbU5y18kDquDg" },

        { "RFC 7520 4.2 PS384",
          rsa_7520,
          "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhh"
          "bXBsZSJ9", story,
          "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN"
          "6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvW"
          "Xzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ij"
          "Q7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6ui"
          "P1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmW"
          "jwZ6oD4ifKo8DYM-X72Eaw" },

        { "RFC 7520 4.3 ES512",
          "\"kty\":\"EC\",\"kid\":\"bilbo.baggins@hobbiton.example"
          "\",\"use\":\"sig\",\"crv\":\"P-521\",\"x\":\""
          "AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqv"
          "jyekWF-7ytDyRXYgCF5cj0Kt\",\"y\":\""
          "AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgD"
          "PrwQrJmbnX9cwlGfP-HqHZR1\"",
          "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhh"
          "bXBsZSJ9", story,
          "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9"
          "Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD89"
          "0jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2" },

        { "RFC 7520 4.4 HS256",
          "\"kty\":\"oct\",\"kid\":\"018c0ae5-4d9b-471b-bfd6-eef314bc7037"
          "\",\"use\":\"sig\",\"alg\":\"HS256"
          "\",\"k\":\"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg\"",
          "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVl"
          "ZjMxNGJjNzAzNyJ9", story,
          "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0" }
    };

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        snprintf(t, sizeof(t), "{\"keys\":[{%s}]}", v[i].jwk);
        ks = keys(t, ALL);

        if (!ok(ks != NULL, "%s: key", v[i].name)) {
            continue;
        }

        snprintf(t, sizeof(t), "%s.%s.%s", v[i].header, v[i].payload,
                 v[i].sig);
        is_int(judge(t, ks, ALL), HOOP_JWT_OK, v[i].name);

        /* libjwt wants claims in it */

        if (v[i].payload == payload) {
            ok(libjwt_takes(t, v[i].jwk), "%s: libjwt agrees", v[i].name);
        }

        snprintf(t, sizeof(t), "%s.%s.%s", v[i].header, b64s("{}"), v[i].sig);
        is_int(judge(t, ks, ALL), HOOP_JWT_SIGNATURE,
               "the same signature on another payload");

        if (v[i].payload == payload) {
            ok(!libjwt_takes(t, v[i].jwk), "and so says libjwt");
        }

        hoop_jwks_free(ks);
    }

    is_int(parse("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
                 "hgyY", 0),
           HOOP_JWT_MALFORMED, "a payload that is not JSON, in full mode");

    /* RFC 7515 A.5 */

    is_int(parse("eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTk"
                 "zODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.",
                 1),
           HOOP_JWT_ALG, "RFC 7515 A.5: alg none");

    /* RFC 7515 A.6: the same by JSON serialization, shortened */

    is_int(parse("{\"payload\":\"e30\",\"protected\":\"eyJhbGciOiJFUzI1NiJ9\","
                 "\"signature\":\"DtEh\"}", 1),
           HOOP_JWT_MALFORMED, "RFC 7515 A.6: not the compact form");

    is_int(parse("eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20"
                 "vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9VTkRFRklORUQ"
                 "iOnRydWUNCn0.RkFJTA.", 1),
           HOOP_JWT_CRIT, "RFC 7515 appendix E: crit");

    /* RFC 7797 4.2, with the payload in its place, and encoded */

    is_int(parse("eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19."
                 "$.02.A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY", 1),
           HOOP_JWT_CRIT, "RFC 7797 4.2: an unencoded payload");
    is_int(parse("eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19."
                 "JC4wMg.A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY", 1),
           HOOP_JWT_CRIT, "RFC 7797 4.2: another payload than what is signed");
}


static void
test_algorithm(const char *alg, test_key_t *key)
{
    int           libjwt, differ, accepted, mine, theirs;
    char         *t, *dot, *bad;
    size_t        i, n;
    u_char        sig[1100];
    jwt_t        *jwt;
    hoop_jwks_t  *ks;

    libjwt = (jwt_str_alg(alg) != JWT_ALG_INVAL);

    ks = key ? keys_of(key, "")
             : keys("{\"keys\":[{\"kty\":\"oct\",\"k\":\""
                    "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5"
                    "YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg\"}]}", ALL);

    t = token(header_of(alg), GOOD, alg, key);

    ok(judge(t, ks, hoop_jwt_alg(hoop_cstr(alg))) == HOOP_JWT_OK, "%s", alg);
    ok(judge(t, ks, ALL) == HOOP_JWT_OK, "%s again, on the same key", alg);
    ok(judge(t, ks, ALL & ~hoop_jwt_alg(hoop_cstr(alg))) == HOOP_JWT_ALG,
       "%s where it is not allowed", alg);

    if (libjwt) {
        ok(second_opinion(t, alg, key), "%s: libjwt agrees", alg);

        jwt_new(&jwt);
        jwt_add_grants_json(jwt, GOOD);
        jwt_set_alg(jwt, jwt_str_alg(alg),
                    (u_char *) (key ? key->private_pem : SECRET),
                    strlen(key ? key->private_pem : SECRET));
        bad = jwt_encode_str(jwt);
        ok(bad && judge(bad, ks, ALL) == HOOP_JWT_OK, "%s signed by libjwt",
           alg);
        free(bad);
        jwt_free(jwt);
    }

    /* every byte of the signature, one bit each */

    dot = strrchr(t, '.');
    n = hoop_base64_decode(sig, (u_char *) dot + 1, strlen(dot + 1), 1);
    bad = malloc(strlen(t) + 16);

    accepted = 0;
    differ = 0;

    for (i = 0; i < n; i++) {
        sig[i] ^= 1 << i % 8;
        sprintf(bad, "%.*s.%s", (int) (dot - t), t, b64(sig, n));
        sig[i] ^= 1 << i % 8;

        mine = (judge(bad, ks, ALL) == HOOP_JWT_OK);
        accepted += mine;

        /* it parses the PEM each time: some are enough */

        if (libjwt && i % 16 == 0) {
            theirs = second_opinion(bad, alg, key);
            differ += (mine != theirs);
        }
    }

    ok(accepted == 0, "%s: no changed signature is accepted", alg);

    /* lengths */

    accepted = 0;
    memset(sig + n, 0, 4);

    for (i = 0; i <= n + 2; i++) {
        sprintf(bad, "%.*s.%s", (int) (dot - t), t, b64(sig, i));
        mine = (judge(bad, ks, ALL) == HOOP_JWT_OK);
        accepted += (mine && i != n);

        if (libjwt && (i % 16 == 0 || i > n - 2)) {
            theirs = second_opinion(bad, alg, key);
            differ += (mine != theirs);
        }
    }

    ok(accepted == 0, "%s: no other length is accepted", alg);

    /* every character of header and payload */

    accepted = 0;

    for (i = 0; i < (size_t) (dot - t); i++) {
        strcpy(bad, t);
        bad[i] = (bad[i] == 'A') ? 'B' : 'A';
        mine = (judge(bad, ks, ALL) == HOOP_JWT_OK);
        accepted += mine;

        if (libjwt && i % 8 == 0) {
            theirs = second_opinion(bad, alg, key);
            differ += (mine != theirs);
        }
    }

    ok(accepted == 0, "%s: no changed input is accepted", alg);
    ok(differ == 0, "%s: libjwt sees all of it alike", alg);

    is_int(ERR_peek_error(), 0, "OpenSSL's error queue is left empty");

    free(bad);
    free(t);
    hoop_jwks_free(ks);
}


static void
test_pss(void)
{
    int           i;
    char          t[2048];
    size_t        n;
    u_char        sig[1024];
    hoop_jwks_t  *ks;

    static const struct {
        const char  *alg;
        int          salt;
        const char  *mgf;
        hoop_jwt_e   rc;
    } v[] = {
        { "PS256", 32, NULL, HOOP_JWT_OK },
        { "PS256", 0, NULL, HOOP_JWT_SIGNATURE },
        { "PS256", 20, NULL, HOOP_JWT_SIGNATURE },
        { "PS256", 31, NULL, HOOP_JWT_SIGNATURE },
        { "PS256", RSA_PSS_SALTLEN_MAX, NULL, HOOP_JWT_SIGNATURE },
        { "PS256", 32, "SHA1", HOOP_JWT_SIGNATURE },
        { "PS256", 32, "SHA512", HOOP_JWT_SIGNATURE },
        { "PS384", 48, NULL, HOOP_JWT_OK },
        { "PS384", 32, NULL, HOOP_JWT_SIGNATURE },
        { "PS512", 64, NULL, HOOP_JWT_OK },
        { "PS512", 32, NULL, HOOP_JWT_SIGNATURE }
    };

    ks = keys_of(&rsa, "");

    for (i = 0; i < (int) (sizeof(v) / sizeof(v[0])); i++) {
        n = sprintf(t, "%s.", b64s(header_of(v[i].alg)));
        sprintf(t + n, "%s", b64s(GOOD));
        n = sign(sig, v[i].alg, &rsa, t, v[i].salt, v[i].mgf);
        sprintf(t + strlen(t), ".%s", b64(sig, n));

        ok(judge(t, ks, ALL) == v[i].rc, "%s, salt %d, MGF1 %s", v[i].alg,
           v[i].salt, v[i].mgf ? v[i].mgf : "of the hash");
    }

    /* PKCS #1 v1.5 under the name of PSS, and the reverse */

    n = sprintf(t, "%s.", b64s(header_of("PS256")));
    sprintf(t + n, "%s", b64s(GOOD));
    n = sign(sig, "RS256", &rsa, t, 0, NULL);
    sprintf(t + strlen(t), ".%s", b64(sig, n));
    is_int(judge(t, ks, ALL), HOOP_JWT_SIGNATURE, "PS256 made by RS256");

    n = sprintf(t, "%s.", b64s(header_of("RS256")));
    sprintf(t + n, "%s", b64s(GOOD));
    n = sign(sig, "PS256", &rsa, t, 32, NULL);
    sprintf(t + strlen(t), ".%s", b64(sig, n));
    is_int(judge(t, ks, ALL), HOOP_JWT_SIGNATURE, "RS256 made by PS256");

    hoop_jwks_free(ks);
}


static void
ecdsa_case(hoop_jwks_t *ks, const char *input, const u_char *sig, size_t n,
    hoop_jwt_e rc, const char *name)
{
    char  t[2048];

    snprintf(t, sizeof(t), "%s.%s", input, b64(sig, n));
    is_int(judge(t, ks, ALL), rc, name);
}


static void
test_ecdsa(void)
{
    int           i, zeros;
    char          input[1024], t[2048];
    BIGNUM       *order, *s;
    size_t        n;
    u_char        sig[1024], bad[1024], der[256];
    EVP_MD_CTX   *ctx;
    hoop_jwks_t  *ks;

    ks = keys_of(&p256, "");

    n = sprintf(input, "%s.", b64s(header_of("ES256")));
    sprintf(input + n, "%s", b64s(GOOD));

    n = sign(sig, "ES256", &p256, input, 0, NULL);
    ecdsa_case(ks, input, sig, n, HOOP_JWT_OK, "r || s");

    memset(bad, 0, sizeof(bad));
    ecdsa_case(ks, input, bad, 64, HOOP_JWT_SIGNATURE, "r = s = 0");
    ecdsa_case(ks, input, bad, 0, HOOP_JWT_SIGNATURE, "an empty signature");

    memcpy(bad, sig, 32);
    ecdsa_case(ks, input, bad, 64, HOOP_JWT_SIGNATURE, "s = 0");

    memset(bad, 0, 32);
    memcpy(bad + 32, sig + 32, 32);
    ecdsa_case(ks, input, bad, 64, HOOP_JWT_SIGNATURE, "r = 0");

    order = NULL;
    EVP_PKEY_get_bn_param(p256.pkey, OSSL_PKEY_PARAM_EC_ORDER, &order);

    BN_bn2binpad(order, bad, 32);
    BN_bn2binpad(order, bad + 32, 32);
    ecdsa_case(ks, input, bad, 64, HOOP_JWT_SIGNATURE, "r = s = order");

    memset(bad, 0xff, 64);
    ecdsa_case(ks, input, bad, 64, HOOP_JWT_SIGNATURE, "r = s = 2^256 - 1");

    /* n - s is a signature too, but n + s is none */

    s = BN_bin2bn(sig + 32, 32, NULL);
    BN_add(s, s, order);
    BN_bn2binpad(s, bad + 33, 33);
    bad[0] = 0;
    memcpy(bad + 1, sig, 32);
    ecdsa_case(ks, input, bad, 66, HOOP_JWT_SIGNATURE, "s + order, 66 bytes");
    BN_free(s);
    BN_free(order);

    bad[0] = 0;
    memcpy(bad + 1, sig, 32);
    bad[33] = 0;
    memcpy(bad + 34, sig + 32, 32);
    ecdsa_case(ks, input, bad, 66, HOOP_JWT_SIGNATURE, "leading zeros");

    ctx = EVP_MD_CTX_new();
    EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, p256.pkey, NULL);
    n = sizeof(der);
    EVP_DigestSign(ctx, der, &n, (u_char *) input, strlen(input));
    EVP_MD_CTX_free(ctx);
    ecdsa_case(ks, input, der, n, HOOP_JWT_SIGNATURE, "DER");

    /* numbers shorter than the field, of every curve */

    zeros = 0;

    for (i = 0; i < 2000 && zeros < 4; i++) {
        n = sign(sig, "ES256", &p256, input, 0, NULL);

        if (sig[0] == 0 || sig[32] == 0) {
            zeros++;
            ecdsa_case(ks, input, sig, 64, HOOP_JWT_OK,
                       "r or s with a leading zero");
        }
    }

    hoop_jwks_free(ks);

    /* another curve and hash than the key's */

    ks = keys_of(&p384, "");
    n = sprintf(t, "%s.", b64s(header_of("ES256")));
    sprintf(t + n, "%s", b64s(GOOD));
    n = sign(sig, "ES256", &p384, t, 0, NULL);
    sprintf(t + strlen(t), ".%s", b64(sig, n));
    is_int(judge(t, ks, ALL), HOOP_JWT_NO_KEY, "ES256 on P-384");
    hoop_jwks_free(ks);
}


static void
test_confusion(void)
{
    char          t[4096], *attack;
    size_t        n;
    u_char        sig[64];
    unsigned      len;
    hoop_jwks_t  *ks, *named;

    ks = keys_of(&rsa, "");
    named = keys_of(&rsa, ",\"kid\":\"k\"");

    n = sprintf(t, "%s.", b64s("{\"alg\":\"HS256\",\"kid\":\"k\"}"));
    sprintf(t + n, "%s", b64s(GOOD));
    HMAC(EVP_sha256(), rsa.pem, (int) strlen(rsa.pem), (u_char *) t,
         strlen(t), sig, &len);
    sprintf(t + strlen(t), ".%s", b64(sig, len));

    is_int(judge(t, ks, HOOP_JWT_ALGS), HOOP_JWT_ALG,
           "HS256 by the public key: not allowed");
    is_int(judge(t, named, ALL), HOOP_JWT_ALG,
           "HS256 by the public key: not that key's");
    is_int(judge(t, ks, ALL), HOOP_JWT_NO_KEY,
           "HS256 by the public key: no key of that type");
    ok(second_opinion(t, "HS256", &rsa), "(libjwt would have taken it)");

    hoop_jwks_free(named);
    named = keys_of(&rsa, ",\"kid\":\"k\",\"alg\":\"RS512\"");

    attack = token("{\"alg\":\"RS256\",\"kid\":\"k\"}", GOOD, "RS256", &rsa);
    is_int(judge(attack, named, ALL), HOOP_JWT_ALG,
           "RS256 on a key that is for RS512");
    free(attack);

    /* the token brings its own key */

    snprintf(t, sizeof(t), "{\"alg\":\"RS256\",\"jku\":\"https://evil/\","
             "\"x5u\":\"https://evil/\",\"jwk\":{%s}}", rsa2.jwk);
    attack = token(t, GOOD, "RS256", &rsa2);
    is_int(judge(attack, ks, ALL), HOOP_JWT_SIGNATURE,
           "jwk, jku and x5u of the header are no keys");
    free(attack);

    attack = token(t, GOOD, "RS256", &rsa);
    is_int(judge(attack, ks, ALL), HOOP_JWT_OK,
           "and are ignored where the signature is right");
    free(attack);

    hoop_jwks_free(named);
    hoop_jwks_free(ks);
}


int
main(void)
{
    make_keys();

    test_vectors();
    test_algorithm("RS256", &rsa);
    test_algorithm("RS384", &rsa);
    test_algorithm("RS512", &rsa2);
    test_algorithm("PS256", &rsa);
    test_algorithm("PS384", &rsa2);
    test_algorithm("PS512", &rsa);
    test_algorithm("ES256", &p256);
    test_algorithm("ES384", &p384);
    test_algorithm("ES512", &p521);
    test_algorithm("EdDSA", &ed);
    test_algorithm("HS256", NULL);
    test_algorithm("HS384", NULL);
    test_algorithm("HS512", NULL);
    test_pss();
    test_ecdsa();
    test_confusion();

    free_keys();

    return done_testing();
}
