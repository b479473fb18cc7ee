
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Signing in: what is sealed, sent, and taken back.  The vector of PKCE is that
 * of RFC 7636, appendix B.
 */


#define _GNU_SOURCE                    /* memmem() */

#include <stdlib.h>

#include "hoop_json.h"
#include "hoop_login.h"
#include "hoop_seal.h"
#include "tap.h"


#define ISSUER  "https://idp.example"
#define RANDOM  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define STATE   "sssssssssssssssssssssssssssssssssssssssssss"


static void
is_text(const u_char *p, size_t len, const char *wanted, const char *name)
{
    is_mem(p, len, wanted, strlen(wanted), name);
}


static int
has(const hoop_buf_t *b, const char *text)
{
    return memmem(b->data, b->len, text, strlen(text)) != NULL;
}


static const char  document[] =
    "{\"issuer\":\"" ISSUER "\","
    "\"authorization_endpoint\":\"https://idp.example/authorize?tenant=1\","
    "\"token_endpoint\":\"https://idp.example/token\"}";


static void
seal(void)
{
    u_char      key[HOOP_SEAL_KEY], other[HOOP_SEAL_KEY], c;
    size_t      i, n;
    hoop_buf_t  a, b, text, long_text;
    hoop_str_t  purpose;

    purpose = hoop_cstr("session x");

    is_int(hoop_seal_key(key, hoop_cstr("secret"), hoop_cstr("a")), HOOP_OK,
           "a key");
    (void) hoop_seal_key(other, hoop_cstr("secret"), hoop_cstr("b"));
    ok(memcmp(key, other, sizeof(key)) != 0, "of its use");

    hoop_buf_init(&a, 0);
    hoop_buf_init(&b, 0);
    hoop_buf_init(&text, 0);

    is_int(hoop_seal(key, purpose, hoop_cstr("hello"), &a), HOOP_OK, "sealed");
    (void) hoop_seal(key, purpose, hoop_cstr("hello"), &b);
    ok(a.len == b.len && memcmp(a.data, b.data, a.len) != 0,
       "never the same twice");
    ok(!has(&a, "hello"), "and not to be read");

    is_int(hoop_seal_open(key, purpose, hoop_str(a.data, a.len), &text),
           HOOP_OK, "opened");
    is_mem(text.data, text.len, "hello", 5, "as it was");

    is_int(hoop_seal_open(other, purpose, hoop_str(a.data, a.len), &text),
           HOOP_DECLINED, "not by another key");
    is_int(hoop_seal_open(key, hoop_cstr("session y"),
                          hoop_str(a.data, a.len), &text),
           HOOP_DECLINED, "nor for another purpose");
    is_int(text.len, 5, "of which nothing comes out");

    n = 0;

    for (i = 0; i < a.len; i++) {
        c = a.data[i];
        a.data[i] = (c == 'A') ? 'B' : 'A';
        n += hoop_seal_open(key, purpose, hoop_str(a.data, a.len), &text)
             == HOOP_OK;
        a.data[i] = c;

        n += hoop_seal_open(key, purpose, hoop_str(a.data, i), &text)
             == HOOP_OK;
    }

    is_int(n, 0, "nor changed or cut at any byte");

    hoop_buf_init(&long_text, 0);

    while (long_text.len < HOOP_SEAL_TEXT(HOOP_SEAL_MAX)) {
        (void) hoop_buf_addc(&long_text, 'x');
    }

    b.len = 0;
    is_int(hoop_seal(key, purpose, hoop_str(long_text.data, long_text.len),
                     &b),
           HOOP_OK, "as much as fits");
    ok(b.len <= HOOP_SEAL_MAX, "fits");
    text.len = 0;
    is_int(hoop_seal_open(key, purpose, hoop_str(b.data, b.len), &text),
           HOOP_OK, "and opens");
    is_mem(text.data, text.len, (char *) long_text.data, long_text.len,
           "as it was");

    (void) hoop_buf_addc(&long_text, 'x');
    is_int(hoop_seal(key, purpose, hoop_str(long_text.data, long_text.len),
                     &b),
           HOOP_LIMIT, "no byte more");

    b.len = 0;
    is_int(hoop_seal(key, purpose, hoop_str(NULL, 0), &b), HOOP_OK, "nothing");
    text.len = 0;
    is_int(hoop_seal_open(key, purpose, hoop_str(b.data, b.len), &text),
           HOOP_OK, "opens");
    is_int(text.len, 0, "as nothing");

    hoop_buf_free(&a);
    hoop_buf_free(&b);
    hoop_buf_free(&text);
    hoop_buf_free(&long_text);
}


static void
pending(void)
{
    hoop_buf_t            b;
    hoop_login_pending_t  p, q;

    is_int(hoop_login_begin(&p, 1000), HOOP_OK, "begun");
    ok(memcmp(p.state, p.nonce, HOOP_LOGIN_RANDOM) != 0
       && memcmp(p.nonce, p.verifier, HOOP_LOGIN_RANDOM) != 0,
       "with three different texts");

    hoop_buf_init(&b, 0);
    (void) hoop_login_pending_write(&p, &b);

    is_int(hoop_login_pending_read(&q, hoop_str(b.data, b.len), 999), HOOP_OK,
           "read");
    ok(memcmp(p.state, q.state, HOOP_LOGIN_RANDOM) == 0
       && memcmp(p.nonce, q.nonce, HOOP_LOGIN_RANDOM) == 0
       && memcmp(p.verifier, q.verifier, HOOP_LOGIN_RANDOM) == 0
       && q.expires == 1000, "as it was");
    is_int(hoop_login_pending_read(&q, hoop_str(b.data, b.len), 1000),
           HOOP_DECLINED, "not when it is over");
    is_int(hoop_login_pending_read(&q, hoop_str(b.data, b.len - 4), 0),
           HOOP_DECLINED, "nor without its end");
    b.data[b.len - 1] = 'x';
    is_int(hoop_login_pending_read(&q, hoop_str(b.data, b.len), 0),
           HOOP_DECLINED, "nor with another one");

    hoop_buf_free(&b);
}


static int
provides(const char *text, const char *issuer, hoop_login_provider_t *p,
    hoop_error_t *err)
{
    int  rc;

    rc = hoop_login_provider(p, hoop_cstr(text), hoop_cstr(issuer), err);

    if (rc == HOOP_OK) {
        hoop_login_provider_free(p);
    }

    return rc;
}


static void
provider(void)
{
    size_t                  i;
    hoop_error_t            err;
    hoop_login_provider_t   p;

    static const struct {
        const char  *text;
        const char  *why;
    } bad[] = {
        { "", "is not a JSON object" },
        { "[]", "is not a JSON object" },
        { "{}", "names another issuer" },
        { "{\"issuer\":\"https://idp.example/\"}", "names another issuer" },
        { "{\"issuer\":\"" ISSUER "\"}",
          "has no acceptable \"authorization_endpoint\"" },
        { "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":"
          "\"http://idp.example/a\"}",
          "has no acceptable \"authorization_endpoint\"" },
        { "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":"
          "\"javascript:alert(1)\"}",
          "has no acceptable \"authorization_endpoint\"" },
        { "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":"
          "\"https://idp.example/a\\r\\nSet-Cookie: x\"}",
          "has no acceptable \"authorization_endpoint\"" },
        { "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":"
          "\"https://idp.example/a\"}",
          "has no acceptable \"token_endpoint\"" },
        { "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":"
          "\"https://idp.example/a\",\"token_endpoint\":\"https://i/#x\"}",
          "has no acceptable \"token_endpoint\"" },
        { "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":"
          "\"https://idp.example/a\",\"token_endpoint\":7}",
          "has no acceptable \"token_endpoint\"" },
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_int(provides(bad[i].text, ISSUER, &p, &err), HOOP_ERROR,
               bad[i].text);
        is_mem((u_char *) err.text, strlen(err.text), bad[i].why,
               strlen(bad[i].why), "why");
    }

    is_int(provides(document, ISSUER, &p, &err), HOOP_OK, "a document");

    (void) hoop_login_provider(&p, hoop_cstr(document), hoop_cstr(ISSUER),
                               &err);
    is_int(p.basic, 1, "basic without a word");
    is_int(p.iss, 0, "no issuer promised");
    is_int(p.pairwise, 0, "nor other names");
    hoop_login_provider_free(&p);

    (void) hoop_login_provider(&p, hoop_cstr(
        "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"https://i/a\","
        "\"token_endpoint\":\"https://i/t\","
        "\"subject_types_supported\":[\"pairwise\"]}"),
        hoop_cstr(ISSUER), &err);
    is_int(p.pairwise, 1, "a person has other names for others");
    hoop_login_provider_free(&p);

    (void) hoop_login_provider(&p, hoop_cstr(
        "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"https://i/a\","
        "\"token_endpoint\":\"https://i/t\","
        "\"subject_types_supported\":[\"pairwise\",\"public\"]}"),
        hoop_cstr(ISSUER), &err);
    is_int(p.pairwise, 0, "or need not have");
    hoop_login_provider_free(&p);

    ok(hoop_login_url_ok(hoop_cstr("HTTPS://x/y"), hoop_cstr(ISSUER)),
       "https");
    ok(!hoop_login_url_ok(hoop_cstr("https://"), hoop_cstr(ISSUER)),
       "with a host");
    ok(hoop_login_url_ok(hoop_cstr("http://x/y"), hoop_cstr("http://i")),
       "http, where the issuer is");
    ok(!hoop_login_url_ok(hoop_cstr("ftp://x/y"), hoop_cstr("http://i")),
       "nothing else");
}


static void
asking(void)
{
    hoop_buf_t              b, headers;
    hoop_error_t            err;
    hoop_login_client_t     c;
    hoop_login_pending_t    pending;
    hoop_login_provider_t   p;

    memcpy(pending.state, STATE, HOOP_LOGIN_RANDOM);
    memcpy(pending.nonce, STATE, HOOP_LOGIN_RANDOM);
    memcpy(pending.verifier, RANDOM, HOOP_LOGIN_RANDOM);

    c.id = hoop_cstr("a b&");
    c.secret = hoop_cstr("p:%+\xc3\xa4");
    c.redirect = hoop_cstr("https://gw/c/callback");
    c.scope = hoop_cstr("openid x");

    (void) hoop_login_provider(&p, hoop_cstr(document), hoop_cstr(ISSUER),
                               &err);
    hoop_buf_init(&b, 0);
    hoop_buf_init(&headers, 0);

    is_int(hoop_login_location(&p, &c, &pending, &b), HOOP_OK, "a URL");
    is_text(b.data, b.len,
            "https://idp.example/authorize?tenant=1&response_type=code"
           "&client_id=a%20b%26&redirect_uri=https%3A%2F%2Fgw%2Fc%2Fcallback"
           "&scope=openid%20x&state=" STATE "&nonce=" STATE
           "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
           "&code_challenge_method=S256",
            "with all that is asked");

    b.len = 0;
    is_int(hoop_login_request(&p, &c, hoop_cstr("4/x+y="), &pending, &headers,
                              &b),
           HOOP_OK, "a form");
    is_text(b.data, b.len,
            "grant_type=authorization_code&code=4%2Fx%2By%3D"
           "&redirect_uri=https%3A%2F%2Fgw%2Fc%2Fcallback"
           "&code_verifier=" RANDOM,
            "without the secret");
    ok(has(&headers, "\r\nAuthorization: Basic "
                     "YSUyMGIlMjY6cCUzQSUyNSUyQiVDMyVBNA==\r\n"),
       "which is in a header");

    p.basic = 0;
    b.len = 0;
    headers.len = 0;
    (void) hoop_login_request(&p, &c, hoop_cstr("c"), &pending, &headers, &b);
    ok(!has(&headers, "Authorization"), "or not");
    ok(has(&b, "&client_id=a%20b%26&client_secret=p%3A%25%2B%C3%A4"),
       "but in the form");

    c.secret = hoop_str(NULL, 0);
    p.basic = 1;
    b.len = 0;
    headers.len = 0;
    (void) hoop_login_request(&p, &c, hoop_cstr("c"), &pending, &headers, &b);
    ok(has(&b, "&client_id=a%20b%26") && !has(&b, "secret")
       && !has(&headers, "Authorization"), "or nowhere");

    hoop_buf_free(&b);
    hoop_buf_free(&headers);
    hoop_login_provider_free(&p);
}


static void
response(void)
{
    int                     rc;
    char                    args[12000];
    size_t                  i;
    hoop_error_t            err;
    hoop_login_pending_t    pending;
    hoop_login_provider_t   p;
    hoop_login_response_t   r;

    static const struct {
        const char  *args;
        unsigned     iss;              /* promised */
        int          rc;
        const char  *code;
        const char  *error;
    } cases[] = {
        { "state=" STATE "&code=4/x%2By", 0, HOOP_OK, "4/x+y", "" },
        { "code=a&x=y&state=" STATE "&session_state=z", 0, HOOP_OK, "a", "" },
        { "code=a&state=" STATE "&iss=https%3A%2F%2Fidp.example", 1, HOOP_OK,
          "a", "" },
        { "code=a&state=" STATE, 1, HOOP_ERROR, NULL, NULL },
        { "code=a&state=" STATE "&iss=https://idp.example/", 0, HOOP_ERROR,
          NULL, NULL },
        { "code=a&state=" STATE "x", 0, HOOP_ERROR, NULL, NULL },
        { "code=a", 0, HOOP_ERROR, NULL, NULL },
        { "", 0, HOOP_ERROR, NULL, NULL },
        { "state=" STATE, 0, HOOP_ERROR, NULL, NULL },
        { "code=&state=" STATE, 0, HOOP_ERROR, NULL, NULL },
        { "code=a%0d&state=" STATE, 0, HOOP_ERROR, NULL, NULL },
        { "code=a&code=b&state=" STATE, 0, HOOP_ERROR, NULL, NULL },
        { "code=a&c%6fde=b&state=" STATE, 0, HOOP_ERROR, NULL, NULL },
        { "code=a&state=" STATE "&state=" STATE, 0, HOOP_ERROR, NULL, NULL },
        { "error=access_denied&error_description=x&state=" STATE, 0, HOOP_OK,
          "", "access_denied" },
        { "error=access_denied", 0, HOOP_ERROR, NULL, NULL },
        { "error=a%22%0a&state=" STATE, 0, HOOP_OK, "", "unknown_error" },
        { "error=x&code=a&state=" STATE, 0, HOOP_OK, "", "x" },
    };

    memcpy(pending.state, STATE, HOOP_LOGIN_RANDOM);
    memset(&p, 0, sizeof(p));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        strcpy(args, cases[i].args);
        p.iss = cases[i].iss;

        rc = hoop_login_response(&r, (u_char *) args, strlen(args), &pending,
                                 hoop_cstr(ISSUER), &p, &err);

        is_int(rc, cases[i].rc, cases[i].args);

        if (rc == HOOP_OK) {
            is_mem(r.code.data, r.code.len, cases[i].code,
                   strlen(cases[i].code), "code");
            is_mem(r.error.data, r.error.len, cases[i].error,
                   strlen(cases[i].error), "error");
        }
    }

    memset(args, 'x', sizeof(args));
    memcpy(args, "code=a&state=" STATE "&x=", 59);
    p.iss = 0;
    is_int(hoop_login_response(&r, (u_char *) args, HOOP_LOGIN_MAX_ARGS,
                               &pending, hoop_cstr(ISSUER), &p, &err),
           HOOP_OK, "as long as may be");
    is_int(hoop_login_response(&r, (u_char *) args, HOOP_LOGIN_MAX_ARGS + 1,
                               &pending, hoop_cstr(ISSUER), &p, &err),
           HOOP_ERROR, "and longer");
}


static void
tokens(void)
{
    size_t                i;
    hoop_error_t          err;
    hoop_login_tokens_t   t;

    static const struct {
        const char  *text;
        const char  *why;              /* NULL: it is good */
    } cases[] = {
        { "{\"id_token\":\"a.b.c\",\"scope\":\"openid\"}", NULL },
        { "{\"id_token\":\"\"}", "the answer has no \"id_token\"" },
        { "{\"id_token\":5}", "the answer has no \"id_token\"" },
        { "{}", "the answer has no \"id_token\"" },
        { "{\"error\":\"invalid_grant\"}",
          "the answer is the error \"invalid_grant\"" },
        { "{\"error\":\"a\\nb\"}", "the answer has no \"id_token\"" },
        { "<html>", "the answer is not a JSON object" },
        { "", "the answer is not a JSON object" },
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_int(hoop_login_tokens(&t, hoop_cstr(cases[i].text), &err),
               cases[i].why ? HOOP_ERROR : HOOP_OK, cases[i].text);

        if (cases[i].why) {
            is_mem((u_char *) err.text, strlen(err.text), cases[i].why,
                   strlen(cases[i].why), "why");
        } else {
            is_mem(t.id_token.data, t.id_token.len, "a.b.c", 5, "the token");
        }

        hoop_login_tokens_free(&t);
    }
}


static void
id_token(void)
{
    size_t         i;
    json_t        *claims;
    const char    *fault;
    hoop_error_t   err;

    static const struct {
        const char  *claims;
        int          good;
    } cases[] = {
        { "{\"nonce\":\"" STATE "\",\"aud\":\"c\",\"iat\":1}", 1 },
        { "{\"nonce\":\"" STATE "\",\"aud\":[\"c\"],\"iat\":1}", 1 },
        { "{\"nonce\":\"" STATE "\",\"aud\":[\"c\",\"d\"],\"azp\":\"c\","
          "\"iat\":1}", 1 },
        { "{\"nonce\":\"" STATE "\",\"aud\":[\"c\",\"d\"],\"iat\":1}", 0 },
        { "{\"nonce\":\"" STATE "\",\"aud\":\"c\",\"azp\":\"d\","
          "\"iat\":1}", 0 },
        { "{\"nonce\":\"" STATE "\",\"aud\":\"c\",\"azp\":null,\"iat\":1}", 0 },
        { "{\"nonce\":\"" STATE "\",\"aud\":\"c\"}", 0 },
        { "{\"nonce\":\"" STATE "\",\"aud\":\"c\",\"iat\":\"1\"}", 0 },
        { "{\"nonce\":\"" RANDOM "\",\"aud\":\"c\",\"iat\":1}", 0 },
        { "{\"aud\":\"c\",\"iat\":1}", 0 },
        { "{\"nonce\":\"" STATE "\",\"aud\":\"c\",\"iat\":1,\"act\":{}}", 0 },
        { "{\"nonce\":\"" STATE "\",\"aud\":\"c\",\"iat\":1,\"cnf\":{}}", 0 },
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        claims = hoop_json_load((u_char *) cases[i].claims,
                                strlen(cases[i].claims), &err);
        fault = hoop_login_id_token(claims, hoop_cstr("c"), (u_char *) STATE);
        ok((fault == NULL) == cases[i].good, cases[i].claims);
        json_decref(claims);
    }
}


static void
session(void)
{
    char                 *text;
    json_t               *claims;
    hoop_buf_t            b;
    hoop_str_t            names[3];
    hoop_error_t          err;
    hoop_login_session_t  s;

    static const char  all[] =
        "{\"iss\":\"i\",\"sub\":\"dana\",\"aud\":\"c\",\"exp\":5,\"iat\":1,"
        "\"nonce\":\"n\",\"at_hash\":\"h\",\"picture\":\"p\",\"dept\":\"d\","
        "\"realm\":{\"roles\":[\"dba\"]},\"act\":{\"sub\":\"x\"},"
        "\"hoop_gateway\":\"g\",\"cnf\":{}}";

    claims = hoop_json_load((u_char *) all, strlen(all), &err);

    names[0] = hoop_cstr("dept");
    names[1] = hoop_cstr("hoop_gateway");
    names[2] = hoop_cstr("act");

    hoop_buf_init(&b, 0);

    is_int(hoop_login_session_write(claims, hoop_cstr("openid"),
                                    hoop_cstr("/realm/roles"), names, 3, 900,
                                    &b),
           HOOP_OK, "written");
    is_int(hoop_login_session_read(&s, hoop_str(b.data, b.len), 899), HOOP_OK,
           "read");

    text = json_dumps(s.claims, JSON_COMPACT|JSON_SORT_KEYS);
    is_text((u_char *) text, strlen(text),
            "{\"aud\":\"c\",\"dept\":\"d\",\"exp\":900,\"iat\":1,\"iss\":\"i\","
           "\"realm\":{\"roles\":[\"dba\"]},\"scope\":\"openid\","
           "\"sub\":\"dana\"}",
            "who it is, and nothing else");
    free(text);

    ok(hoop_login_same(hoop_str(s.csrf, HOOP_LOGIN_RANDOM), s.csrf), "csrf");
    ok(!hoop_login_same(hoop_str(s.csrf, HOOP_LOGIN_RANDOM - 1), s.csrf),
       "which is compared as a whole");
    hoop_login_session_free(&s);

    is_int(hoop_login_session_read(&s, hoop_str(b.data, b.len), 900),
           HOOP_DECLINED, "when it is over");
    ok(s.claims == NULL, "nothing is left");
    is_int(hoop_login_session_read(&s, hoop_cstr("{}"), 0), HOOP_DECLINED,
           "nothing in it");
    is_int(hoop_login_session_read(&s, hoop_cstr("x"), 0), HOOP_DECLINED,
           "no JSON");
    hoop_buf_free(&b);

    hoop_buf_init(&b, 100);
    is_int(hoop_login_session_write(claims, hoop_cstr("openid"),
                                    hoop_cstr("/realm/roles"), names, 3, 900,
                                    &b),
           HOOP_LIMIT, "more than there is room for");
    hoop_buf_free(&b);
    json_decref(claims);
}


int
main(void)
{
    seal();
    pending();
    provider();
    asking();
    response();
    tokens();
    id_token();
    session();

    return done_testing();
}
