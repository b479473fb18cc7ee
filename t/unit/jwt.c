
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoop_jwt.h: the form of a token, and the identity made of it.
 */


#include "jose.h"


static void
test_names(void)
{
    int          e, bad;
    size_t       i;
    const char  *p;

    static const char  *unknown[] = {
        "none", "None", "NONE", "", "rs256", "RS256 ", "RS1", "HS1", "ES256K",
        "RSA-OAEP", "dir", "A128KW", "Ed448"
    };

    is_int(hoop_jwt_alg(hoop_cstr("RS256")), HOOP_JWT_RS256, "RS256");
    is_int(hoop_jwt_alg(hoop_cstr("PS512")), HOOP_JWT_PS512, "PS512");
    is_int(hoop_jwt_alg(hoop_cstr("ES384")), HOOP_JWT_ES384, "ES384");
    is_int(hoop_jwt_alg(hoop_cstr("EdDSA")), HOOP_JWT_EDDSA, "EdDSA");
    is_int(hoop_jwt_alg(hoop_cstr("HS256")), HOOP_JWT_HS256, "HS256");
    is_int(hoop_jwt_alg(hoop_str("RS256\0", 6)), 0, "RS256 and a NUL");

    for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        ok(hoop_jwt_alg(hoop_cstr(unknown[i])) == 0, "unknown: \"%s\"",
           unknown[i]);
    }

    bad = 0;

    for (e = HOOP_JWT_OK; e <= HOOP_JWT_INTERNAL; e++) {
        for (p = hoop_jwt_strerror(e); *p; p++) {
            bad += (*p < 0x20 || *p > 0x7e || *p == '"' || *p == '\\');
        }

        bad += (p == hoop_jwt_strerror(e));
    }

    is_int(bad, 0, "texts fit an error_description");
}


static void
test_malformed(void)
{
    char         *t, *big;
    size_t        i, n;
    hoop_jwt_t    jwt;
    hoop_jwks_t  *ks;

    static const char  *const forms[] = {
        "", ".", "..", "...", "....", "a", "a.b", "a.b.c", " ",
        "Bearer a.b.c", "{}", "\xff\xfe.\xff.\xff",
        "e30.e30.",                                     /* no alg */
        "bnVsbA.e30.AA", "W10.e30.AA", "IiI.e30.AA",    /* null, [], "" */
        "eyJhbGciOjF9.e30.AA",                          /* alg: 1 */
        "eyJhbGciOiJSUzI1NiIsImtpZCI6MX0.e30.AA",       /* kid: 1 */
        "eyJhbGciOiJSUzI1NiJ9.e30.AA.AA",
        "eyJhbGciOiJSUzI1NiJ9.e30.AA.AA.AA.AA",
        "x.e30.AA.AA.AA",
        "eyJhbGciOiJSUzI1NiJ9.e30.A",
        "eyJhbGciOiJSUzI1NiJ9.e30.AB",                  /* unused bits */
        "eyJhbGciOiJSUzI1NiJ9.e31.AA",
        "eyJhbGciOiJSUzI1NiJ9.e30=.AA",
        "eyJhbGciOiJSUzI1NiJ9.e30.AA==",
        "eyJhbGciOiJSUzI1NiJ9.e30.A+",
        "eyJhbGciOiJSUzI1NiJ9.e30.A/",
        "eyJhbGciOiJSUzI1NiJ9 .e30.AA",
        "eyJhbGciOiJSUzI1NiJ9.e3 0.AA",
        "eyJhbGciOiJSUzI1NiJ9\n.e30.AA",
        "eyJhbGciOiJSUzI1NiJ9.e30.AA\n",
        "eyJhbGciOiJSUzI1Ni.e30.AA"
    };

    static const char  *const jwes[] = {
        /* {"alg":"RSA-OAEP","enc":"A128GCM"}, then "dir" with no key */
        "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkExMjhHQ00ifQ.AA.AA.AA.AA",
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AA.AA.AA",
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0....",
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0.AA.AA",
        /* {"alg":"RS256","enc":null}, {"enc":1}, {"alg":"RS256"} */
        "eyJhbGciOiJSUzI1NiIsImVuYyI6bnVsbH0.e30.AA",
        "eyJlbmMiOjF9.e30.AA",
        "eyJhbGciOiJSUzI1NiJ9.e30.AA.AA.AA",
        "eyJhbGciOiJSUzI1NiJ9.!.!.!.!"
    };

    static const char  *const headers[] = {
        "{\"alg\":\"RS256\",\"alg\":\"RS256\"}",
        "{\"alg\":\"none\",\"alg\":\"RS256\"}",
        "{\"alg\":\"RS256\",\"\\u0061lg\":\"RS256\"}",
        "{\"alg\":\"RS256\",\"x\":{\"a\":1,\"a\":2}}",
        "{\"alg\":\"RS256\"} x",
        "{\"alg\":\"RS256\"}{}",
        "{\"alg\":\"RS256\",}",
        "{'alg':'RS256'}",
        "{\"alg\":\"RS256\",\"x\":\"\xff\"}",
        "{\"alg\":\"RS256\",\"kid\":null}",
        "{\"alg\":\"RS256\",\"typ\":null}",
        "{\"alg\":\"RS256\",\"typ\":[\"JWT\"]}",
        "{\"alg\":\"RS256\",\"cty\":1}",
        "{\"alg\":\"RS256\",\"cty\":{}}",
        "{\"alg\":[\"RS256\"]}",
        "{\"alg\":null}",
        "\xef\xbb\xbf{\"alg\":\"RS256\"}"
    };

    static const char  *const payloads[] = {
        "[]", "null", "1", "\"{}\"", "[{\"exp\":1}]", "{} {}", "x"
    };

    /* in the place of a value, in the header as in the claims */

    static const char  *const values[] = {
        "{\"a\":1,\"a\":1}", "[[{\"b\":[{\"a\":1,\"\\u0061\":2}]}]]",
        "\"\\u0000\"", "\"a\\u0000b\"", "{\"\\u0000\":1}",
        "{\"a\":1,\"a\\u0000\":2}",
        "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800x\"", "\"\\ud800\\ud800\"",
        "\"\\udc00\\ud800\"", "{\"\\udfff\":1}",
        "\"\x80\"", "\"\xff\"", "\"\xc3\"", "\"\xe2\x82\"",
        "\"\xc0\x80\"", "\"\xc1\xa1\"",                     /* overlong */
        "\"\xe0\x80\xaf\"", "\"\xf0\x80\x80\xaf\"",
        "\"\xed\xa0\x80\"", "\"\xed\xa0\x80\xed\xb0\x80\"",   /* surrogates */
        "\"\xf4\x90\x80\x80\"", "\"\xf8\x88\x80\x80\x80\"",
        "{\"\xff\":1}",
        "\"\x01\"", "\"\n\"", "\"\\x\"", "\"\\u12\"", "\"",
        "1e400", "-1e400", "1e99999999999", "18446744073709551616",
        "-9223372036854775809", "01", "-01", "+1", ".5", "1.", "1e", "-", "0x1",
        "NaN", "Infinity", "-Infinity", "True", "nul", "", "[1,]", "[1",
        "{1:1}", "/**/1", "1 //", "{\"a\":1]", "1}{"
    };

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        ok(parse(forms[i], 0) == HOOP_JWT_MALFORMED
           && parse(forms[i], 1) == HOOP_JWT_MALFORMED,
           "malformed token %zu", i);
    }

    for (i = 0; i < sizeof(jwes) / sizeof(jwes[0]); i++) {
        ok(parse(jwes[i], 0) == HOOP_JWT_JWE
           && parse(jwes[i], 1) == HOOP_JWT_JWE, "encrypted token %zu", i);
    }

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        t = token(headers[i], GOOD, "RS256", &rsa);
        ok(parse(t, 1) == HOOP_JWT_MALFORMED, "malformed header %zu", i);
        free(t);
    }

    t = token("{\"alg\":\"RS256\"}", "{\"sub\":\"a\",\"sub\":\"b\"}", "RS256",
              &rsa);
    is_int(parse(t, 0), HOOP_JWT_MALFORMED, "a claim twice");
    is_int(parse(t, 1), HOOP_JWT_OK, "is nothing to the JOSE layer");
    free(t);

    t = token("{\"alg\":\"RS256\"}", "", "RS256", &rsa);
    ks = keys_of(&rsa, "");
    is_int(judge(t, ks, ALL), HOOP_JWT_OK, "an empty payload, signature only");
    is_int(parse(t, 0), HOOP_JWT_MALFORMED, "an empty payload");
    hoop_jwks_free(ks);
    free(t);

    for (i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        t = token("{\"alg\":\"RS256\"}", payloads[i], "RS256", &rsa);
        ok(parse(t, 0) == HOOP_JWT_MALFORMED && parse(t, 1) == HOOP_JWT_OK,
           "claims are %s", payloads[i]);
        free(t);
    }

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char  text[128];

        snprintf(text, sizeof(text), "{\"alg\":\"RS256\",\"x\":%s}",
                 values[i]);
        t = token(text, GOOD, "RS256", &rsa);
        ok(parse(t, 0) == HOOP_JWT_MALFORMED && parse(t, 1)
           == HOOP_JWT_MALFORMED, "malformed value %zu in a header", i);
        free(t);

        t = token("{\"alg\":\"RS256\"}", text, "RS256", &rsa);
        ok(parse(t, 0) == HOOP_JWT_MALFORMED && parse(t, 1) == HOOP_JWT_OK,
           "malformed value %zu in claims", i);
        free(t);
    }

    t = token("{\"alg\":\"RS256\",\"crit\":[\"exp\"],\"exp\":1}", GOOD,
              "RS256", &rsa);
    is_int(parse(t, 0), HOOP_JWT_CRIT, "crit");
    free(t);

    t = token("{\"alg\":\"RS256\",\"crit\":[]}", GOOD, "RS256", &rsa);
    is_int(parse(t, 0), HOOP_JWT_CRIT, "an empty crit");
    free(t);

    t = token("{\"alg\":\"RS256\",\"b64\":false}", GOOD, "RS256", &rsa);
    is_int(parse(t, 0), HOOP_JWT_CRIT, "b64");
    free(t);

    t = token("{\"alg\":\"RS256\",\"b64\":true}", GOOD, "RS256", &rsa);
    is_int(parse(t, 0), HOOP_JWT_CRIT, "b64 that changes nothing");
    free(t);

    t = token("{\"alg\":\"RS256\",\"crit\":null}", GOOD, "RS256", &rsa);
    is_int(parse(t, 0), HOOP_JWT_CRIT, "crit that is no list");
    free(t);

    /* RFC 7515, 4: of a JWE, nothing to a JWS, and the payload is no deflate */

    ks = keys_of(&rsa, "");
    t = token("{\"alg\":\"RS256\",\"zip\":\"DEF\"}", GOOD, "RS256", &rsa);
    is_int(parse(t, 0), HOOP_JWT_OK, "zip is ignored");
    is_int(judge(t, ks, ALL), HOOP_JWT_OK, "and the signature is right");
    hoop_jwks_free(ks);
    free(t);

    t = token("{\"alg\":\"nOnE\"}", GOOD, "RS256", &rsa);
    is_int(parse(t, 0), HOOP_JWT_ALG, "alg nOnE");
    free(t);

    /* nesting: the object itself and 31, then 32 arrays */

    t = token("{\"alg\":\"RS256\",\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
              "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", GOOD, "RS256", &rsa);
    is_int(parse(t, 0), HOOP_JWT_OK, "nesting of 32");
    free(t);

    t = token("{\"alg\":\"RS256\",\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
              "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", GOOD, "RS256", &rsa);
    is_int(parse(t, 0), HOOP_JWT_MALFORMED, "nesting of 33");
    free(t);

    t = token("{\"alg\":\"RS256\",\"x\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
              "[[[[[[[[\"}", GOOD, "RS256", &rsa);
    is_int(parse(t, 0), HOOP_JWT_OK, "brackets in a string");
    free(t);

    /* sizes */

    big = calloc(1, 20000);
    n = sprintf(big, "{\"alg\":\"RS256\",\"x\":\"");
    memset(big + n, 'x', 4096 - n - 2);
    strcpy(big + 4094, "\"}");
    t = token(big, GOOD, "RS256", &rsa);
    is_int(parse(t, 0), HOOP_JWT_OK, "a header of 4 KiB");
    free(t);

    strcpy(big + 4094, "x\"}");
    t = token(big, GOOD, "RS256", &rsa);
    is_int(parse(t, 0), HOOP_JWT_MALFORMED, "a header of 4 KiB and a byte");
    free(t);

    memset(big, 'A', 20000);
    memcpy(big, "eyJhbGciOiJSUzI1NiJ9.e30.", 25);
    is_int(hoop_jwt_parse(&jwt, (u_char *) big, 16384, 0), HOOP_JWT_OK,
           "a token of 16 KiB");
    hoop_jwt_clear(&jwt);
    is_int(hoop_jwt_parse(&jwt, (u_char *) big, 16385, 0), HOOP_JWT_MALFORMED,
           "a token of 16 KiB and a byte");
    hoop_jwt_clear(&jwt);
    free(big);
}


static void
test_headers(void)
{
    char                 header[400], kid[32], *t, *first;
    unsigned             i, bad;
    hoop_jwt_t           a, b;
    hoop_jwt_headers_t  *headers;

    headers = hoop_jwt_headers_create();

    first = token("{\"alg\":\"HS256\",\"kid\":\"0\"}", "{}", "HS256", NULL);
    bad = 0;

    /* more than are kept, each twice, and the first in between */

    for (i = 0; i < 50; i++) {
        snprintf(kid, sizeof(kid), "%u", i);
        snprintf(header, sizeof(header),
                 i % 2 ? "{\"alg\":\"HS256\",\"kid\":\"%s\"}"
                       : "{\"kid\":\"%s\",\"alg\":\"HS512\"}", kid);
        t = token(header, "{\"iss\":\"x\"}", "HS256", NULL);

        bad += hoop_jwt_parse_known(&a, (u_char *) t, strlen(t), headers)
               != HOOP_JWT_OK;
        bad += hoop_jwt_parse_known(&b, (u_char *) t, strlen(t), headers)
               != HOOP_JWT_OK;
        bad += a.header != b.header || a.alg != b.alg
               || a.alg != (i % 2 ? HOOP_JWT_HS256 : HOOP_JWT_HS512)
               || !hoop_str_eq(b.kid, hoop_cstr(kid))
               || !hoop_str_eq(b.issuer, hoop_cstr("x"));

        hoop_jwt_clear(&a);
        hoop_jwt_clear(&b);
        free(t);

        bad += hoop_jwt_parse_known(&a, (u_char *) first, strlen(first),
                                    headers)
               != HOOP_JWT_OK
               || !hoop_str_eq(a.kid, hoop_cstr("0"))
               || a.alg != HOOP_JWT_HS256;
        hoop_jwt_clear(&a);
    }

    is_int(bad, 0, "known headers are what they were");

    /* it outlives what knew it */

    (void) hoop_jwt_parse_known(&a, (u_char *) first, strlen(first), headers);
    hoop_jwt_headers_free(headers);
    ok(hoop_str_eq(a.kid, hoop_cstr("0")), "a header of its own");
    hoop_jwt_clear(&a);

    /* a bad one stays bad, a long one is parsed each time */

    headers = hoop_jwt_headers_create();

    for (i = 0; i < 2; i++) {
        t = token("{\"alg\":\"HS256\",\"crit\":[]}", "{}", "HS256", NULL);
        is_int(hoop_jwt_parse_known(&a, (u_char *) t, strlen(t), headers),
               HOOP_JWT_CRIT, "crit");
        hoop_jwt_clear(&a);
        free(t);

        snprintf(header, sizeof(header), "{\"alg\":\"HS256\",\"x\":\"%0*u\"}",
                 300, i);
        t = token(header, "{}", "HS256", NULL);
        is_int(hoop_jwt_parse_known(&a, (u_char *) t, strlen(t), headers),
               HOOP_JWT_OK, "a long header");
        hoop_jwt_clear(&a);
        free(t);
    }

    hoop_jwt_headers_free(headers);
    hoop_jwt_headers_free(NULL);
    free(first);
}


static hoop_identity_t *
identity(const char *claims)
{
    char              *t;
    hoop_jwt_t         jwt;
    hoop_identity_t   *id;

    t = token("{\"alg\":\"HS256\"}", claims, "HS256", NULL);
    (void) hoop_jwt_parse(&jwt, (u_char *) t, strlen(t), 0);
    id = hoop_identity_create(&jwt, hoop_cstr("corp"));

    ok((id != NULL) == (jwt.claims == NULL), "claims are taken over, or left");

    hoop_jwt_clear(&jwt);
    free(t);

    return id;
}


static void
test_identity(void)
{
    char             *claims, *p;
    int               i;
    json_t           *root;
    hoop_str_t        iss, other;
    hoop_identity_t  *id;

    iss = hoop_cstr("https://i");
    other = hoop_cstr("https://other");

    ok(identity("{\"iss\":\"https://i\",\"sub\":\"\",\"exp\":1700000300}")
       == NULL, "an empty sub is nobody");

    id = identity("{\"iss\":\"https://i\",\"sub\":\"bot\",\"exp\":1700000300.9,"
                  "\"email\":\"x\",\"act\":{\"sub\":\"planner\",\"x\":{},"
                  "\"act\":{\"iss\":\"https://other\",\"sub\":\"alice\"}}}");

    is_mem(id->sub.data, id->sub.len, "bot", 3, "sub");
    is_mem(id->issuer.data, id->issuer.len, "https://i", 9, "issuer");
    is_mem(id->actor.data, id->actor.len, "planner", 7, "actor");
    is_mem(id->issuer_name.data, id->issuer_name.len, "corp", 4, "name");
    is_int(id->expires, 1700000300, "expires");

    p = "{\"iss\":\"https://i\",\"sub\":\"bot\",\"act\":{\"sub\":\"planner\","
        "\"act\":{\"iss\":\"https://other\",\"sub\":\"alice\"}}}";
    is_mem(id->json, id->json_len, p, strlen(p), "json");

    is_int(hoop_identity_involves(id, iss, hoop_cstr("bot")), 1, "subject");
    is_int(hoop_identity_involves(id, iss, hoop_cstr("planner")), 1, "actor");
    is_int(hoop_identity_involves(id, other, hoop_cstr("alice")), 1,
           "an actor of another issuer");
    is_int(hoop_identity_involves(id, iss, hoop_cstr("alice")), 0,
           "somebody of that name");
    is_int(hoop_identity_involves(id, other, hoop_cstr("planner")), 0,
           "an actor without issuer is of the token's");
    is_int(hoop_identity_involves(id, other, hoop_cstr("bot")), 0,
           "the same name at another issuer");
    is_int(hoop_identity_involves(id, iss, hoop_cstr("")), 0, "nobody");

    hoop_identity_ref(id);
    hoop_identity_unref(id);
    is_int(id->refs, 1, "one reference left");
    hoop_identity_unref(id);
    hoop_identity_unref(NULL);

    id = identity("{\"sub\":\"a\",\"azp\":\"app\",\"cid\":\"x\",\"act\":"
                  "{\"sub\":\"b\",\"azp\":\"y\"}}");
    p = "{\"sub\":\"a\",\"client\":\"app\",\"act\":{\"sub\":\"b\"}}";
    is_mem(id->json, id->json_len, p, strlen(p), "json with a client");
    is_mem(id->client.data, id->client.len, "app", 3, "the client");
    hoop_identity_unref(id);

    id = identity("{\"sub\":\"a\",\"cid\":[\"x\"],\"appid\":\"y\"}");
    is_int(id->client.len, 0, "a client that is no name");
    hoop_identity_unref(id);

    id = identity("{\"sub\":\"a\\\"\\\\\\n\\u00e9\",\"act\":{}}");
    p = "{\"sub\":\"a\\\"\\\\\\n\xc3\xa9\",\"act\":{}}";
    is_mem(id->json, id->json_len, p, strlen(p), "json escapes");
    is_int(id->actor.len, 0, "an actor without a name");
    is_int(hoop_identity_involves(id, hoop_str(NULL, 0), hoop_cstr("")), 0,
           "an actor without a name is nobody");
    hoop_identity_unref(id);

    ok(identity("{\"iss\":\"i\"}") == NULL, "no sub");
    ok(identity("{\"sub\":1}") == NULL, "sub is a number");

    /* as deep as a token may nest: the claims and 31 actors */

    claims = malloc(8192);
    p = claims + sprintf(claims, "{\"sub\":\"a\"");
    for (i = 0; i < 31; i++) {
        p += sprintf(p, ",\"act\":{\"sub\":\"b%d\"", i);
    }
    memset(p, '}', 32);
    p[32] = '\0';

    id = identity(claims);
    is_mem(id->json, id->json_len, claims, strlen(claims), "a long chain");
    is_int(hoop_identity_involves(id, hoop_str(NULL, 0), hoop_cstr("b30")), 1,
           "its last actor");
    hoop_identity_unref(id);

    /* the longest name, all of it escaped */

    p = claims + sprintf(claims, "{\"sub\":\"");
    for (i = 0; i < 1200; i++) {
        p += sprintf(p, "\\u0001");
    }
    sprintf(p, "\"}");

    id = identity(claims);
    root = json_loadb((char *) id->json, id->json_len, 0, NULL);
    is_int(json_string_length(json_object_get(root, "sub")), 1200,
           "a name of control characters");
    json_decref(root);
    hoop_identity_unref(id);
    free(claims);
}


int
main(void)
{
    make_keys();

    test_names();
    test_malformed();
    test_headers();
    test_identity();

    free_keys();

    return done_testing();
}
