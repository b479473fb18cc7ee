
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A request of HTTP/1.x as text.  Oracles: what is refused has a place and a
 * reason; what is taken is made of the text, and is as nginx would have it;
 * written again, in other words and with lines that end otherwise, it is the
 * same request; with one more byte behind it, it is refused.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hoop_body.h"
#include "hoop_http.h"
#include "hoop_request.h"


#define check(x)                                                              \
    do {                                                                      \
        if (!(x)) {                                                           \
            fprintf(stderr, "line %d: %s\n", __LINE__, #x);                   \
            abort();                                                          \
        }                                                                     \
    } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
within(hoop_str_t s, const u_char *data, size_t size)
{
    check(s.len == 0 || (s.data >= data && s.data + s.len <= data + size));
}


static void
shape(const hoop_http_t *h)
{
    size_t      i;
    unsigned    n;
    hoop_str_t  s;

    check(h->method.len > 0 && h->path.len > 0 && h->path.data[0] == '/');
    check(memchr(h->path.data, '\0', h->path.len) == NULL);
    check(h->target.data == NULL || h->target.data[0] == '/');
    check(h->nheaders <= HOOP_HTTP_MAX_HEADERS);

    for (i = 0; i < h->host.len; i++) {
        check(h->host.data[i] < 'A' || h->host.data[i] > 'Z');
        check(h->host.data[i] > 0x20 && h->host.data[i] < 0x7f);
        check(h->host.data[i] != ':' || h->host.data[0] == '[');
    }

    for (n = 0; n < h->nheaders; n++) {
        s = h->headers[n].name;
        check(s.len > 0);

        for (i = 0; i < s.len; i++) {
            check(s.data[i] == '-' || (s.data[i] >= '0' && s.data[i] <= '9')
                  || ((s.data[i] | 0x20) >= 'a' && (s.data[i] | 0x20) <= 'z'));
        }

        s = h->headers[n].value;

        for (i = 0; i < s.len; i++) {
            check(s.data[i] != '\r' && s.data[i] != '\n' && s.data[i] != '\0');
        }

        check(s.len == 0 || (s.data[0] != ' ' && s.data[0] != '\t'));
        check(s.len == 0 || (s.data[s.len - 1] != ' '
                             && s.data[s.len - 1] != '\t'));
    }
}


static void
add(hoop_buf_t *b, hoop_str_t s)
{
    (void) hoop_buf_add(b, s.data, s.len);
}


/* a host that may be in a request line */

static int
plain(hoop_str_t host)
{
    size_t  i;

    for (i = 0; i < host.len; i++) {
        if (strchr("_~!$&'()*+,;=%", host.data[i]) != NULL) {
            return 0;
        }
    }

    return host.len != 0;
}


/* an absolute form if a host is known, and a length in the place of chunks */

static void
render(const hoop_http_t *h, const char *end, hoop_buf_t *b)
{
    unsigned    n, version;
    hoop_str_t  value;

    static const hoop_str_t  coding = hoop_string("transfer-encoding");

    version = (hoop_http_header((void *) h, hoop_cstr("host"), &value)
               != HOOP_DECLINED);

    add(b, h->method);
    (void) hoop_buf_adds(b, "  ");

    if (h->target.data == NULL) {
        (void) hoop_buf_adds(b, "HTTP://");
        add(b, h->host);
        (void) hoop_buf_adds(b, h->args.len ? "?" : "");
        add(b, h->args);

    } else {

        if (plain(h->host)) {
            (void) hoop_buf_adds(b, "http://");
            add(b, h->host);
            (void) hoop_buf_adds(b, h->host.data[0] == '[' ? ":80" : ".:80");
        }

        add(b, h->target);
    }

    (void) hoop_buf_adds(b, version ? " HTTP/1.1" : " HTTP/1.0");
    (void) hoop_buf_adds(b, end);

    for (n = 0; n < h->nheaders; n++) {

        if (hoop_str_like(h->headers[n].name, coding)) {
            (void) hoop_buf_adds(b, "content-LENGTH:");
            (void) hoop_buf_addu(b, h->body.len);

        } else {
            add(b, h->headers[n].name);
            (void) hoop_buf_addc(b, ':');
            add(b, h->headers[n].value);
            (void) hoop_buf_adds(b, "\t ");
        }

        (void) hoop_buf_adds(b, end);
    }

    (void) hoop_buf_adds(b, end);
    add(b, h->body);
}


static void
same(const hoop_http_t *a, const hoop_http_t *b)
{
    unsigned  n;

    check(hoop_str_eq(a->method, b->method));
    check(hoop_str_eq(a->target, b->target));
    check(hoop_str_eq(a->path, b->path));
    check(hoop_str_eq(a->args, b->args));
    check(hoop_str_eq(a->host, b->host));
    check(hoop_str_eq(a->body, b->body));
    check(a->nheaders == b->nheaders);

    for (n = 0; n < a->nheaders; n++) {
        check(a->chunked
              || hoop_str_eq(a->headers[n].name, b->headers[n].name));
        check(a->chunked
              || hoop_str_eq(a->headers[n].value, b->headers[n].value));
    }
}


static void
again(const hoop_http_t *h, const char *end)
{
    u_char        *copy;
    hoop_buf_t     b;
    hoop_http_t    other;
    hoop_error_t   err;

    hoop_buf_init(&b, 0);
    render(h, end, &b);

    copy = malloc(b.len);
    check(!b.failed && copy != NULL);
    memcpy(copy, b.data, b.len);

    check(hoop_http_parse(&other, copy, b.len, &err) == HOOP_OK);
    same(h, &other);
    hoop_http_free(&other);

    (void) hoop_buf_addc(&b, 'x');
    check(hoop_http_parse(&other, b.data, b.len, &err) == HOOP_ERROR);

    free(copy);
    hoop_buf_free(&b);
}


/* what comes behind it takes whatever it is */

static void
judge(hoop_http_t *h)
{
    const char             *what, *why;
    hoop_error_t            err;
    hoop_policy_request_t   r;

    memset(&r, 0, sizeof(hoop_policy_request_t));

    r.method = h->method;
    r.host = h->host;
    r.path = h->path;
    r.args = h->args;
    r.header = hoop_http_header;
    r.header_ctx = h;

    what = hoop_request_ambiguous(&r, h->target, &why);
    check(what != NULL || why == NULL);

    hoop_body_judge(&r, h->body, &err);
    check((r.body == HOOP_BODY_NONE) == (h->body.len == 0));
    json_decref(r.body_json);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char        *copy;
    unsigned       n;
    hoop_http_t    h;
    hoop_error_t   err;

    copy = malloc(size ? size : 1);
    check(copy != NULL);
    memcpy(copy, data, size);

    if (hoop_http_parse(&h, copy, size, &err) != HOOP_OK) {
        check(err.line > 0 && err.column > 0 && err.text[0] != '\0');
        check(h.headers == NULL && h.decoded == NULL);
        free(copy);
        return 0;
    }

    check(err.text[0] == '\0');

    within(h.method, copy, size);
    within(h.target, copy, size);
    within(h.args, copy, size);

    for (n = 0; n < h.nheaders; n++) {
        within(h.headers[n].name, copy, size);
        within(h.headers[n].value, copy, size);
    }

    check(h.body.len <= size);
    shape(&h);
    judge(&h);

    /* of what is not at a limit already */

    if (size < 4096) {
        again(&h, "\r\n");
        again(&h, "\n");
    }

    hoop_http_free(&h);
    free(copy);

    return 0;
}
