
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A request of HTTP/1.x as text: what is taken, what is refused and where, and
 * what is done with it before a policy is asked.
 */


#include <stdlib.h>

#include "tap.h"
#include "../../src/core/hoop_http.h"
#include "../../src/core/hoop_request.h"


#define H  "Host: a\r\n"


static void test_start(void);
static void test_refused(void);
static void test_headers(void);
static void test_body(void);
static void test_chunks(void);
static void test_caps(void);
static void test_ambiguous(void);
static void test_value(void);
static void test_status(void);
static void test_reads(void);
static int parse(hoop_http_t *h, const char *text, size_t len,
    hoop_error_t *err);


int
main(void)
{
    test_start();
    test_refused();
    test_headers();
    test_body();
    test_chunks();
    test_caps();
    test_ambiguous();
    test_value();
    test_status();
    test_reads();

    return done_testing();
}


static void
test_start(void)
{
    size_t        i;
    hoop_http_t   h;
    hoop_error_t  err;

    static const struct {
        const char  *text;
        const char  *method;
        const char  *target;   /* NULL: none */
        const char  *path;
        const char  *args;
        const char  *host;
    } cases[] = {
        { "GET / HTTP/1.1\r\n" H "\r\n", "GET", "/", "/", "", "a" },
        { "GET / HTTP/1.1\n" "Host: a\n\n", "GET", "/", "/", "", "a" },
        { "\r\n\nGET / HTTP/1.1\r\n" H "\r\n", "GET", "/", "/", "", "a" },
        { "GET  /  HTTP/1.1 \r\n" H "\r\n", "GET", "/", "/", "", "a" },
        { "M-_ /a?b=c?d HTTP/1.0\r\n\r\n", "M-_", "/a?b=c?d", "/a", "b=c?d",
          "" },
        { "GET /a/../%62?x#y HTTP/1.0\r\n\r\n", "GET", "/a/../%62?x#y", "/b",
          "x", "" },
        { "GET /a#b?c HTTP/1.0\r\n\r\n", "GET", "/a#b?c", "/a", "", "" },
        { "GET /a? HTTP/1.0\r\n\r\n", "GET", "/a?", "/a", "", "" },
        { "GET http://A.b:80/c?d HTTP/1.1\r\n" H "\r\n", "GET", "/c?d", "/c",
          "d", "a.b" },
        { "GET HTTPS://a.b./c HTTP/1.1\r\n" H "\r\n", "GET", "/c", "/c", "",
          "a.b" },
        { "GET http://a.b HTTP/1.1\r\n" H "\r\n", "GET", NULL, "/", "",
          "a.b" },
        { "GET http://a.b?c/d HTTP/1.1\r\n" H "\r\n", "GET", NULL, "/", "c/d",
          "a.b" },
        { "GET http://[::1]:80/ HTTP/1.1\r\n" H "\r\n", "GET", "/", "/", "",
          "[::1]" },
        { "GET / HTTP/1.1\r\nHost: [FE80::1]\r\n\r\n", "GET", "/", "/", "",
          "[fe80::1]" },
        { "GET / HTTP/1.1\r\nhOST:A_b.C.:\r\n\r\n", "GET", "/", "/", "",
          "a_b.c" },
        { "GET /\x80\xff HTTP/1.0\r\n\r\n", "GET", "/\x80\xff", "/\x80\xff",
          "", "" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        if (!ok(parse(&h, cases[i].text, strlen(cases[i].text), &err)
                == HOOP_OK,
                "start %zu is taken %s", i, err.text))
        {
            continue;
        }

        ok(hoop_str_is(h.method, cases[i].method)
           && hoop_str_is(h.path, cases[i].path)
           && hoop_str_is(h.args, cases[i].args)
           && hoop_str_is(h.host, cases[i].host)
           && (cases[i].target ? hoop_str_is(h.target, cases[i].target)
                               : h.target.data == NULL)
           && h.body.len == 0,
           "start %zu is \"%.*s\" \"%.*s\" \"%.*s\"", i, (int) h.host.len,
           h.host.data ? (const char *) h.host.data : "", (int) h.path.len,
           h.path.data, (int) h.args.len,
           h.args.data ? (const char *) h.args.data : "");

        hoop_http_free(&h);
    }
}


static void
test_refused(void)
{
    size_t        i;
    hoop_http_t   h;
    hoop_error_t  err;

    static const struct {
        const char  *text;
        unsigned     line;
        unsigned     column;
        const char  *why;
    } cases[] = {
        { "", 1, 1, "without an empty line" },
        { "GET / HTTP/1.1\r\n" H, 3, 1, "without an empty line" },
        { "get / HTTP/1.1\r\n" H "\r\n", 1, 1, "no method has" },
        { " GET / HTTP/1.1\r\n" H "\r\n", 1, 1, "no method" },
        { "G\tT / HTTP/1.1\r\n" H "\r\n", 1, 2, "no method has" },
        { "\n\r\nTRACE / HTTP/1.1\r\n" H "\r\n", 3, 1, "TRACE" },
        { "CONNECT a:1 HTTP/1.1\r\n" H "\r\n", 1, 1, "CONNECT" },
        { "GET /\r\n\r\n", 1, 6, "wanted HTTP/1.1" },
        { "GET / HTTP/0.9\r\n\r\n", 1, 7, "wanted HTTP/1.1" },
        { "GET / HTTP/2\r\n" H "\r\n", 1, 7, "HTTP/2" },
        { "GET / HTTP/1.1x\r\n" H "\r\n", 1, 7, "wanted HTTP/1.1" },
        { "GET / http/1.1\r\n" H "\r\n", 1, 7, "wanted HTTP/1.1" },
        { "GET /a b HTTP/1.1\r\n" H "\r\n", 1, 8, "without spaces" },
        { "GET /a\tb HTTP/1.1\r\n" H "\r\n", 1, 7, "a control character" },
        { "GET /\x7f HTTP/1.1\r\n" H "\r\n", 1, 6, "a control character" },
        { "OPTIONS * HTTP/1.1\r\n" H "\r\n", 1, 9, "begins with" },
        { "GET a HTTP/1.1\r\n" H "\r\n", 1, 5, "begins with" },
        { "GET ftp://a/ HTTP/1.1\r\n" H "\r\n", 1, 5, "begins with" },
        { "GET http:/a/ HTTP/1.1\r\n" H "\r\n", 1, 5, "begins with" },
        { "GET http:///a HTTP/1.1\r\n" H "\r\n", 1, 12, "an empty host" },
        { "GET http://u@a/ HTTP/1.1\r\n" H "\r\n", 1, 13, "no host has" },
        { "GET http://a_b/ HTTP/1.1\r\n" H "\r\n", 1, 13, "no host has" },
        { "GET http://a#b HTTP/1.1\r\n" H "\r\n", 1, 13, "no host has" },
        { "GET http://a:b/ HTTP/1.1\r\n" H "\r\n", 1, 14, "a port" },
        { "GET http://a:65536/ HTTP/1.1\r\n" H "\r\n", 1, 18, "no such port" },
        { "GET http://[::1/ HTTP/1.1\r\n" H "\r\n", 1, 12, "\"[\"" },
        { "GET http://[::1]x/ HTTP/1.1\r\n" H "\r\n", 1, 17, "a port" },
        { "GET /a/../.. HTTP/1.1\r\n" H "\r\n", 1, 5, "leaves the root" },
        { "GET /%0 HTTP/1.1\r\n" H "\r\n", 1, 5, "a broken escape" },
        { "GET /%00 HTTP/1.1\r\n" H "\r\n", 1, 5, "%00" },
        { "GET /a\rb HTTP/1.1\r\n" H "\r\n", 1, 7, "a CR" },
        { "GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n", 3, 5, "a CR" },
        { "GET / HTTP/1.1\r\n" H "X: a\r\r\n\r\n", 3, 5, "a CR" },
        { "GET / HTTP/1.1\r\n" H " X: b\r\n\r\n", 3, 1, "continued" },
        { "GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n", 4, 1, "continued" },
        { "GET / HTTP/1.1\r\n" H "X : b\r\n\r\n", 3, 2, "before the colon" },
        { "GET / HTTP/1.1\r\n" H "X\t: b\r\n\r\n", 3, 2, "before the colon" },
        { "GET / HTTP/1.1\r\n" H "X_Y: b\r\n\r\n", 3, 2, "underscores" },
        { "GET / HTTP/1.1\r\n" H "X.Y: b\r\n\r\n", 3, 2, "drops it" },
        { "GET / HTTP/1.1\r\n" H "\xe9: b\r\n\r\n", 3, 1, "drops it" },
        { "GET / HTTP/1.1\r\n" H "X\r\n\r\n", 3, 2, "no colon" },
        { "GET / HTTP/1.1\r\n" H ": b\r\n\r\n", 3, 1, "without a name" },
        { "GET / HTTP/1.1\r\n\r\n", 2, 1, "without a Host" },
        { "GET / HTTP/1.1\r\n" H H "\r\n", 3, 1, "a second \"host\"" },
        { "GET / HTTP/1.1\r\nHost:\r\n\r\n", 2, 6, "an empty host" },
        { "GET / HTTP/1.1\r\nHost: .\r\n\r\n", 2, 7, "an empty host" },
        { "GET / HTTP/1.1\r\nHost: a..b\r\n\r\n", 2, 9, "a second dot" },
        { "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 2, 8, "no host has" },
        { "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 2, 8, "no host has" },
        { "GET http://a/ HTTP/1.1\r\nHost: a@b\r\n\r\n", 2, 8,
          "no host has" },
        { "GET / HTTP/1.1\r\n" H "Authorization: a\r\nauthorization: b\r\n"
          "\r\n", 4, 1, "a second \"authorization\"" },
        { "GET / HTTP/1.1\r\n" H "Expect: a\r\nExpect: a\r\n\r\n", 4, 1,
          "a second \"expect\"" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(parse(&h, cases[i].text, strlen(cases[i].text), &err) == HOOP_ERROR
           && err.line == cases[i].line && err.column == cases[i].column
           && strstr(err.text, cases[i].why) != NULL && h.headers == NULL,
           "refused %zu, %s: %u:%u %s", i, cases[i].why, err.line, err.column,
           err.text);
    }

    ok(parse(&h, "GET / HTTP/1.0\r\nX: a\0b\r\n\r\n", 26, &err) == HOOP_ERROR
       && err.line == 2 && err.column == 5, "a NUL in a header");
    ok(parse(&h, "GET /\0 HTTP/1.0\r\n\r\n", 19, &err) == HOOP_ERROR
       && err.line == 1 && err.column == 6, "a NUL in the target");
}


static void
test_headers(void)
{
    hoop_str_t    value;
    hoop_http_t   h;
    hoop_error_t  err;

    static const char  text[] =
        "GET / HTTP/1.1\r\n" H "X-A:  \t b\xff c \t\r\nx-b:\r\n"
        "Authorization: Bearer x\r\nDPoP: y\r\nDPoP: z\r\n"
        "Twice: a\r\nTWICE: b\r\n\r\n";

    ok(parse(&h, text, sizeof(text) - 1, &err) == HOOP_OK, "headers");
    is_int(h.nheaders, 8, "all of them");

    ok(hoop_http_header(&h, hoop_cstr("x-a"), &value) == HOOP_OK
       && hoop_str_is(value, "b\xff c"), "without what is around a value");
    ok(hoop_http_header(&h, hoop_cstr("x-b"), &value) == HOOP_OK
       && value.len == 0, "an empty one");
    ok(hoop_http_header(&h, hoop_cstr("twice"), &value) == HOOP_ERROR,
       "one that is there twice");
    ok(hoop_http_header(&h, hoop_cstr("x-c"), &value) == HOOP_DECLINED,
       "one that is not there");
    ok(hoop_http_header(&h, hoop_cstr("authorization"), &value)
       == HOOP_DECLINED, "the token is nobody's");
    ok(hoop_http_header(&h, hoop_cstr("dpop"), &value) == HOOP_DECLINED,
       "nor is its proof");

    hoop_http_free(&h);
    hoop_http_free(&h);
}


static void
test_body(void)
{
    size_t        i;
    hoop_http_t   h;
    hoop_error_t  err;

    static const struct {
        const char  *text;
        const char  *body;     /* NULL: refused */
        const char  *why;
    } cases[] = {
        { "Content-Length: 3\r\n\r\nabc", "abc", NULL },
        { "Content-Length: 3\r\n\r\nabc\r\n\n", "abc", NULL },
        { "Content-Length: 003\r\n\r\na\nb", "a\nb", NULL },
        { "Content-Length: 0\r\n\r\n", "", NULL },
        { "Content-Length: 1\r\n\r\n\n", "\n", NULL },
        { "\r\n\r\n\n", "", NULL },
        { "Content-Length: 4\r\n\r\nabc", NULL, "is 4, and there are 3" },
        { "Content-Length: 3\r\n\r\nabcd", NULL, "is 3, and there are 4" },
        { "Content-Length: 0\r\n\r\na", NULL, "is 0, and there are 1" },
        { "\r\nabc", NULL, "3 bytes behind the head" },
        { "\r\n\r\nGET / HTTP/1.0\r\n\r\n", NULL, "another request" },
        { "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", NULL,
          "a second \"content-length\"" },
        { "Content-Length: 3, 3\r\n\r\nabc", NULL, "not a number" },
        { "Content-Length: +3\r\n\r\nabc", NULL, "not a number" },
        { "Content-Length: 0x3\r\n\r\nabc", NULL, "not a number" },
        { "Content-Length:\r\n\r\n", NULL, "not a number" },
        { "Content-Length: 4194305\r\n\r\nabc", NULL, "more than 4194304" },
        { "Content-Length: 99999999999999999999\r\n\r\nabc", NULL,
          "more than 4194304" },
        { "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", NULL,
          "besides Content-Length" },
        { "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc", NULL,
          "besides Transfer-Encoding" },
        { "Transfer-Encoding: gzip\r\n\r\nabc", NULL, "other than" },
        { "Transfer-Encoding: gzip, chunked\r\n\r\nabc", NULL, "other than" },
        { "Transfer-Encoding: identity\r\n\r\n", NULL, "other than" },
        { "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
          NULL, "a second \"transfer-encoding\"" }
    };

    char  text[512];

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        (void) snprintf(text, sizeof(text), "POST / HTTP/1.1\r\n" H "%s",
                        cases[i].text);

        if (parse(&h, text, strlen(text), &err) != HOOP_OK) {
            ok(cases[i].body == NULL && strstr(err.text, cases[i].why) != NULL
               && err.line > 2, "body %zu: %s", i, err.text);
            continue;
        }

        ok(cases[i].body != NULL && hoop_str_is(h.body, cases[i].body),
           "body %zu has %zu bytes", i, h.body.len);

        hoop_http_free(&h);
    }

    ok(parse(&h, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
             "\r\n", 53, &err) == HOOP_ERROR
       && strstr(err.text, "HTTP/1.0") != NULL, "chunks in HTTP/1.0");
}


static void
test_chunks(void)
{
    size_t        i;
    hoop_http_t   h;
    hoop_error_t  err;

    static const struct {
        const char  *text;
        const char  *body;     /* NULL: refused */
        unsigned     line;     /* from the first chunk */
        const char  *why;
    } cases[] = {
        { "0\r\n\r\n", "", 0, NULL },
        { "3\r\nabc\r\n0\r\n\r\n", "abc", 0, NULL },
        { "3\nabc\n0\n\n", "abc", 0, NULL },
        { "3\r\nabc\r\n0B\r\ndef\r\n\r\nghij\r\n000\r\n\r\n\r\n\n",
          "abcdef\r\n\r\nghij", 0, NULL },
        { "1;a=b\r\nx\r\n1 ;c\r\ny\r\n0\t\r\n\r\n", "xy", 0, NULL },
        { "1\r\nx\r\n0\r\nX-Trailer: a\r\n\r\n", "x", 0, NULL },
        { "", NULL, 1, "before its last chunk" },
        { "3\r\nabc\r\n", NULL, 3, "before its last chunk" },
        { "3\r\nabc\r\n0\r\n", NULL, 4, "before its last chunk" },
        { "4\r\nabc", NULL, 1, "within this chunk" },
        { "2\r\nabc\r\n0\r\n\r\n", NULL, 2, "more bytes" },
        { "4\r\na\n\nb\r\nx\r\n0\r\n\r\n", NULL, 5, "the size of a chunk" },
        { "abc\r\n", NULL, 1, "within this chunk" },
        { "\r\n", NULL, 1, "the size of a chunk" },
        { " 1\r\nx\r\n0\r\n\r\n", NULL, 1, "the size of a chunk" },
        { "-1\r\nx\r\n0\r\n\r\n", NULL, 1, "the size of a chunk" },
        { "0x1\r\nx\r\n0\r\n\r\n", NULL, 1, "the size of a chunk" },
        { "1g\r\nx\r\n0\r\n\r\n", NULL, 1, "the size of a chunk" },
        { "400001\r\nx\r\n0\r\n\r\n", NULL, 1, "more than 4194304" },
        { "ffffffffffffffff1\r\nx\r\n0\r\n\r\n", NULL, 1,
          "more than 4194304" },
        { "0\r\n\r\nGET / HTTP/1.0\r\n\r\n", NULL, 2, "another request" }
    };

    char  text[512];

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        (void) snprintf(text, sizeof(text), "POST / HTTP/1.1\r\n" H
                        "Transfer-encoding: Chunked\r\n\r\n%s",
                        cases[i].text);

        if (parse(&h, text, strlen(text), &err) != HOOP_OK) {
            ok(cases[i].body == NULL && strstr(err.text, cases[i].why) != NULL
               && err.line == cases[i].line + 4, "chunks %zu, line %u: %s", i,
               err.line - 4, err.text);
            continue;
        }

        ok(cases[i].body != NULL && hoop_str_is(h.body, cases[i].body)
           && h.chunked, "chunks %zu are %zu bytes", i, h.body.len);

        hoop_http_free(&h);
    }
}


static void
test_caps(void)
{
    size_t        i, len;
    char         *text;
    hoop_http_t   h;
    hoop_error_t  err;

    text = malloc(65536);

    memset(text, 'a', 65536);
    memcpy(text, "GET /", 5);

    ok(parse(&h, text, 65536, &err) == HOOP_ERROR && err.line == 1
       && strstr(err.text, "more than 8192 bytes") != NULL, "a long line");

    memcpy(text + 8181, " HTTP/1.0\n\n", 12);
    ok(parse(&h, text, 8192, &err) == HOOP_OK && h.path.len == 8177,
       "the longest");
    hoop_http_free(&h);

    len = sprintf(text, "GET / HTTP/1.0\n");

    for (i = 0; i < 1000; i++) {
        len += sprintf(text + len, "a:\n");
    }

    (void) sprintf(text + len, "\n");
    ok(parse(&h, text, len + 1, &err) == HOOP_OK && h.nheaders == 1000,
       "1000 headers");
    hoop_http_free(&h);

    (void) sprintf(text + len, "a:\n\n");
    ok(parse(&h, text, len + 4, &err) == HOOP_ERROR && err.line == 1002
       && strstr(err.text, "more than 1000") != NULL, "one more");

    len = sprintf(text, "GET / HTTP/1.0\n");

    for (i = 0; i < 6; i++) {
        memset(text + len, 'a', 6000);
        text[len + 1] = ':';
        len += 6000;
        text[len++] = '\n';
    }

    text[len] = '\n';
    ok(parse(&h, text, len + 1, &err) == HOOP_ERROR && err.line == 7
       && strstr(err.text, "more than 32768") != NULL, "a large head");

    free(text);
}


static void
test_ambiguous(void)
{
    size_t                  i;
    const char             *what, *why;
    hoop_http_t             h;
    hoop_error_t            err;
    hoop_policy_request_t   r;

    static const struct {
        const char  *text;
        const char  *what;     /* NULL: not */
        int          why;
    } cases[] = {
        { "GET /a/../b%20c?%2541 HTTP/1.1\r\n" H "\r\n", NULL, 0 },
        { "GET /%2541 HTTP/1.1\r\n" H "\r\n", "the path is ambiguous", 1 },
        { "GET /a%5cb HTTP/1.1\r\n" H "\r\n", "the path is ambiguous", 1 },
        { "GET /a/..;/b HTTP/1.1\r\n" H "\r\n", "the path is ambiguous", 1 },
        { "GET http://b/ HTTP/1.1\r\n" H "\r\n", "the host is ambiguous", 0 },
        { "GET http://A.:1?b HTTP/1.1\r\n" H "\r\n", NULL, 0 },
        { "GET / HTTP/1.0\r\n\r\n", NULL, 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        if (!ok(parse(&h, cases[i].text, strlen(cases[i].text), &err)
                == HOOP_OK, "request %zu", i))
        {
            continue;
        }

        memset(&r, 0, sizeof(hoop_policy_request_t));

        r.host = h.host;
        r.path = h.path;
        r.header = hoop_http_header;
        r.header_ctx = &h;

        what = hoop_request_ambiguous(&r, h.target, &why);

        ok((what == NULL) == (cases[i].what == NULL)
           && (what == NULL || strcmp(what, cases[i].what) == 0)
           && (why != NULL) == cases[i].why, "is %s: %s",
           what ? what : "not ambiguous", why ? why : "");

        hoop_http_free(&h);
    }
}


static void
test_value(void)
{
    size_t  i;

    static const char  *cases[][2] = {
        { "", "" }, { "a", "a" }, { " a ", "a" }, { "\ta\t", "a" },
        { " \t a \tb\t ", "a \tb" }, { "\t \t", "" }, { "\va", "\va" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(hoop_str_is(hoop_request_value(hoop_cstr(cases[i][0])),
                       cases[i][1]), "value %zu", i);
    }

    ok(hoop_request_value(hoop_str(NULL, 0)).len == 0, "no value");

    ok(hoop_request_secret(hoop_cstr("AUTHORIZATION"))
       && hoop_request_secret(hoop_cstr("dpop"))
       && !hoop_request_secret(hoop_cstr("dpo"))
       && !hoop_request_secret(hoop_cstr("x-authorization")),
       "headers that have a secret");
}


static void
test_status(void)
{
    size_t          i;
    hoop_verdict_t  v;

    static const struct {
        hoop_verdict_e  decision;
        unsigned        ambiguous;
        unsigned        status;
    } cases[] = {
        { HOOP_VERDICT_ALLOW, 0, 0 }, { HOOP_VERDICT_ALLOW, 1, 0 },
        { HOOP_VERDICT_REVIEW, 0, 0 }, { HOOP_VERDICT_REVIEW, 1, 400 },
        { HOOP_VERDICT_DENY, 0, 403 }, { HOOP_VERDICT_DENY, 1, 400 },
        { HOOP_VERDICT_ERROR, 0, 403 }, { HOOP_VERDICT_ERROR, 1, 400 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&v, 0, sizeof(hoop_verdict_t));

        v.decision = cases[i].decision;
        v.ambiguous = cases[i].ambiguous;

        is_int(hoop_request_status(&v), cases[i].status,
               hoop_verdict_name(v.decision));
    }
}


/* whether the body is read, and how much of it */

static void
test_reads(void)
{
    size_t                  i;
    hoop_error_t            err;
    hoop_policy_t          *policy;
    hoop_identity_t         identity;
    hoop_policy_request_t   r;

    static const char  text[] =
        "{\"version\":1,\"name\":\"p\",\"rules\":["
        "{\"id\":\"a\",\"effect\":\"allow\",\"match\":{\"request\":"
        "{\"path\":\"/a\"},\"body\":{\"/x\":1}}},"
        "{\"id\":\"b\",\"effect\":\"deny\",\"monitor\":true,\"match\":"
        "{\"request\":{\"path\":\"/b\"},\"body\":{\"/x\":1}}}]}";

    static const struct {
        const char           *path;
        int64_t               length;
        hoop_request_body_e   reads;
    } cases[] = {
        { "/a", 1, HOOP_REQUEST_READ }, { "/a", 100, HOOP_REQUEST_READ },
        { "/a", 101, HOOP_REQUEST_LARGE }, { "/a", -1, HOOP_REQUEST_READ },
        { "/b", 100, HOOP_REQUEST_READ }, { "/b", 101, HOOP_REQUEST_UNREAD },
        { "/b", -1, HOOP_REQUEST_UNREAD }, { "/c", 1, HOOP_REQUEST_UNREAD },
        { "/c", 101, HOOP_REQUEST_UNREAD }, { "/c", -1, HOOP_REQUEST_UNREAD }
    };

    policy = hoop_policy_compile((const u_char *) text, sizeof(text) - 1,
                                 &err);

    if (!ok(policy != NULL, "the policy: %s", policy ? "" : err.text)) {
        return;
    }

    memset(&identity, 0, sizeof(hoop_identity_t));
    memset(&r, 0, sizeof(hoop_policy_request_t));

    identity.claims = json_object();
    r.identity = &identity;
    r.method = hoop_cstr("POST");
    r.body = HOOP_BODY_UNREAD;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        r.path = hoop_cstr(cases[i].path);

        ok(hoop_request_body(&policy, 1, &r, cases[i].length, 100)
           == cases[i].reads, "%s of %d bytes is%s read", cases[i].path,
           (int) cases[i].length,
           cases[i].reads == HOOP_REQUEST_READ ? "" : " not");
    }

    json_decref(identity.claims);
    hoop_policy_free(policy);
}


/* from a copy that ends where the text does */

static int
parse(hoop_http_t *h, const char *text, size_t len, hoop_error_t *err)
{
    static u_char  *copy;

    free(copy);

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    return hoop_http_parse(h, copy, len, err);
}
