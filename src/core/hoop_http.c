
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * One request as it goes over the wire, for who asks what would become of it.
 * It is read as nginx reads it with its own limits, and where it cannot be, it
 * is refused: a guess about the request would be one about the verdict.
 *
 * So a message is one of three:
 *
 *   - nginx answers it with an error before any module sees it: refused
 *   - nginx takes it, in one of several ways: a name that it may drop, a CR
 *     within a line, bytes behind the body: refused
 *   - taken, and then everything here is what nginx makes of it
 *
 * Lines may end with LF alone, as nginx allows, but for chunks from 1.29 on:
 * who has the message in a file has it so.
 */


#include <stdlib.h>

#include "hoop_http_impl.h"
#include "hoop_path.h"
#include "hoop_request.h"


static int hoop_http_read(hoop_http_parser_t *x);
static int hoop_http_start(hoop_http_parser_t *x);
static int hoop_http_method(hoop_http_parser_t *x, hoop_str_t line);
static int hoop_http_version(hoop_http_parser_t *x, hoop_str_t version);
static int hoop_http_target(hoop_http_parser_t *x, hoop_str_t target);
static int hoop_http_path(hoop_http_parser_t *x, hoop_str_t target);
static int hoop_http_host(hoop_http_parser_t *x, hoop_str_t text, int line);
static int hoop_http_host_end(hoop_http_parser_t *x, hoop_str_t text,
    size_t n);
static int hoop_http_head(hoop_http_parser_t *x);
static int hoop_http_name(hoop_http_parser_t *x, hoop_str_t line,
    hoop_str_t *name);
static int hoop_http_single(hoop_http_parser_t *x, hoop_str_t name);
static int hoop_http_known(hoop_http_parser_t *x,
    const hoop_http_header_t *header);
static int hoop_http_length(hoop_http_parser_t *x, hoop_str_t value);
static int hoop_http_coding(hoop_http_parser_t *x, hoop_str_t value);


#define hoop_http_letter(c)                                                   \
    (((c) >= 'a' && (c) <= 'z') || ((c) >= 'A' && (c) <= 'Z'))


static const hoop_str_t  hoop_http_name_host = hoop_string("host");
static const hoop_str_t  hoop_http_name_length = hoop_string("content-length");
static const hoop_str_t  hoop_http_name_coding =
    hoop_string("transfer-encoding");


/* some nginx or this module refuses to have them twice */

static const hoop_str_t  hoop_http_singles[] = {
    hoop_string("host"),
    hoop_string("content-length"),
    hoop_string("transfer-encoding"),
    hoop_string("authorization"),
    hoop_string("proxy-authorization"),
    hoop_string("content-range"),
    hoop_string("expect"),
    hoop_string("if-match"),
    hoop_string("if-none-match"),
    hoop_string("if-modified-since"),
    hoop_string("if-unmodified-since"),
    hoop_string("if-range")
};


int
hoop_http_parse(hoop_http_t *h, const u_char *p, size_t len,
    hoop_error_t *err)
{
    hoop_http_parser_t  x;

    memset(h, 0, sizeof(hoop_http_t));
    memset(err, 0, sizeof(hoop_error_t));
    memset(&x, 0, sizeof(hoop_http_parser_t));

    x.h = h;
    x.err = err;
    x.p = p;
    x.end = p + len;
    x.start = p;

    if (hoop_http_read(&x) != HOOP_OK) {
        hoop_http_free(h);
        return HOOP_ERROR;
    }

    return HOOP_OK;
}


void
hoop_http_free(hoop_http_t *h)
{
    free((u_char *) h->path.data);
    free((u_char *) h->host.data);
    free(h->headers);
    free(h->decoded);

    memset(h, 0, sizeof(hoop_http_t));
}


int
hoop_http_header(void *ctx, hoop_str_t name, hoop_str_t *value)
{
    int           rc;
    unsigned      i;
    hoop_http_t  *h;

    h = ctx;
    rc = HOOP_DECLINED;

    if (hoop_request_secret(name)) {
        return rc;
    }

    for (i = 0; i < h->nheaders; i++) {

        if (!hoop_str_like(h->headers[i].name, name)) {
            continue;
        }

        if (rc == HOOP_OK) {
            return HOOP_ERROR;
        }

        *value = h->headers[i].value;
        rc = HOOP_OK;
    }

    return rc;
}


static int
hoop_http_read(hoop_http_parser_t *x)
{
    /* as nginx, which may have had another request before */

    while (x->p < x->end && (*x->p == '\r' || *x->p == '\n')) {
        x->line += (*x->p++ == '\n');
    }

    x->head = x->p;

    x->h->headers = malloc(HOOP_HTTP_MAX_HEADERS * sizeof(hoop_http_header_t));

    if (x->h->headers == NULL) {
        return hoop_http_error(x, x->start, "no memory");
    }

    if (hoop_http_start(x) != HOOP_OK || hoop_http_head(x) != HOOP_OK) {
        return HOOP_ERROR;
    }

    return hoop_http_body(x);
}


int
hoop_http_line(hoop_http_parser_t *x, hoop_str_t *line)
{
    size_t         n;
    const u_char  *lf, *bad;

    x->line++;
    x->start = x->p;

    n = x->end - x->p;
    n = (n < HOOP_HTTP_MAX_LINE) ? n : HOOP_HTTP_MAX_LINE;

    lf = n ? memchr(x->p, '\n', n) : NULL;

    if (lf == NULL) {
        return hoop_http_error(x, x->p + n,
                               n == HOOP_HTTP_MAX_LINE
                               ? "the line has more than 8192 bytes"
                               : x->in_body
                               ? "the message ends before its last chunk does"
                               : "the message ends without an empty line "
                                 "behind its headers");
    }

    if (!x->in_body && lf - x->head >= HOOP_HTTP_MAX_HEAD) {
        return hoop_http_error(x, x->p, "the head has more than 32768 bytes");
    }

    *line = hoop_str(x->p, lf - x->p);
    x->p = lf + 1;

    if (line->len && line->data[line->len - 1] == '\r') {
        line->len--;
    }

    bad = line->len ? memchr(line->data, '\r', line->len) : NULL;

    if (bad != NULL) {
        return hoop_http_error(x, bad, "a CR that does not end the line");
    }

    bad = line->len ? memchr(line->data, '\0', line->len) : NULL;

    if (bad != NULL) {
        return hoop_http_error(x, bad, "a NUL");
    }

    return HOOP_OK;
}


/* spaces between the three parts, and behind them, are as many as there are */

static int
hoop_http_start(hoop_http_parser_t *x)
{
    size_t      i, from;
    hoop_str_t  line, target;

    if (hoop_http_line(x, &line) != HOOP_OK
        || hoop_http_method(x, line) != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    for (i = x->h->method.len; i < line.len && line.data[i] == ' '; i++) {
        /* void */
    }

    for (from = i; i < line.len && line.data[i] != ' '; i++) {

        if (line.data[i] < 0x20 || line.data[i] == 0x7f) {
            return hoop_http_error(x, line.data + i,
                                   "a control character in the target");
        }
    }

    target = hoop_str(line.data + from, i - from);

    while (i < line.len && line.data[i] == ' ') {
        i++;
    }

    while (line.len > i && line.data[line.len - 1] == ' ') {
        line.len--;
    }

    if (hoop_http_version(x, hoop_str(line.data + i, line.len - i))
        != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    return hoop_http_target(x, target);
}


static int
hoop_http_method(hoop_http_parser_t *x, hoop_str_t line)
{
    size_t       i;
    u_char       c;
    hoop_str_t  *method;

    method = &x->h->method;

    for (i = 0; i < line.len && line.data[i] != ' '; i++) {
        c = line.data[i];

        if ((c < 'A' || c > 'Z') && c != '_' && c != '-') {
            return hoop_http_error(x, line.data + i,
                                   "a byte that no method has, wanted \"GET "
                                   "/path HTTP/1.1\"");
        }
    }

    if (i == 0) {
        return hoop_http_error(x, line.data,
                               "no method, wanted \"GET /path HTTP/1.1\"");
    }

    *method = hoop_str(line.data, i);

    if (hoop_str_is(*method, "CONNECT") || hoop_str_is(*method, "TRACE")) {
        return hoop_http_error(x, line.data,
                               "CONNECT and TRACE, which nginx does not allow");
    }

    return HOOP_OK;
}


static int
hoop_http_version(hoop_http_parser_t *x, hoop_str_t version)
{
    x->minor = hoop_str_is(version, "HTTP/1.1");

    if (x->minor || hoop_str_is(version, "HTTP/1.0")) {
        return HOOP_OK;
    }

    return hoop_http_error(x, version.data,
                           "wanted HTTP/1.1 or HTTP/1.0 behind a target "
                           "without spaces; a request of HTTP/2 is to be "
                           "written as one of HTTP/1.1");
}


static int
hoop_http_target(hoop_http_parser_t *x, hoop_str_t target)
{
    size_t      i;
    hoop_str_t  scheme;

    static const hoop_str_t  http = hoop_string("http://");
    static const hoop_str_t  https = hoop_string("https://");

    if (target.len && target.data[0] == '/') {
        return hoop_http_path(x, target);
    }

    scheme = https;
    scheme.len -= !(target.len >= https.len
                    && hoop_str_like(hoop_str(target.data, https.len), https));

    if (target.len < scheme.len
        || (scheme.len == http.len
            && !hoop_str_like(hoop_str(target.data, http.len), http)))
    {
        return hoop_http_error(x, target.data,
                               "wanted a target that begins with \"/\", "
                               "\"http://\" or \"https://\"");
    }

    for (i = scheme.len; i < target.len; i++) {
        if (target.data[i] == '/' || target.data[i] == '?') {
            break;
        }
    }

    if (hoop_http_host(x, hoop_str(target.data + scheme.len, i - scheme.len),
                       1)
        != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    return hoop_http_path(x, hoop_str(target.data + i, target.len - i));
}


/* of "?a" and of nothing, behind a host, the path is "/" */

static int
hoop_http_path(hoop_http_parser_t *x, hoop_str_t target)
{
    size_t         n, end;
    u_char        *path;
    hoop_http_t   *h;
    const u_char  *hash, *args;

    h = x->h;

    path = malloc(target.len + 1);
    if (path == NULL) {
        return hoop_http_error(x, x->start, "no memory");
    }

    h->path = hoop_str(path, 0);

    if (hoop_path_normal(target, path, &n) != HOOP_OK) {
        return hoop_http_error(x, target.data,
                               "the path has a broken escape, \"%00\", or a "
                               "\"..\" that leaves the root");
    }

    h->path.len = n;

    if (target.len && target.data[0] == '/') {
        h->target = target;
    }

    hash = target.len ? memchr(target.data, '#', target.len) : NULL;
    end = hash ? (size_t) (hash - target.data) : target.len;

    args = end ? memchr(target.data, '?', end) : NULL;

    if (args != NULL) {
        h->args = hoop_str(args + 1, target.data + end - args - 1);
    }

    return HOOP_OK;
}


/* A host of the request line goes before that of a header; both are checked. */

static int
hoop_http_host(hoop_http_parser_t *x, hoop_str_t text, int line)
{
    size_t  i;
    u_char  c;

    if (text.len && text.data[0] == '[') {

        for (i = 1; i < text.len && text.data[i] != ']'; i++) {
            c = text.data[i];

            if (!hoop_http_letter(c) && !hoop_http_digit(c) && c != ':'
                && c != '.')
            {
                break;
            }
        }

        if (i == text.len || text.data[i] != ']') {
            return hoop_http_error(x, text.data, "\"[\" in a host, and no "
                                   "address and \"]\" behind it");
        }

        return hoop_http_host_end(x, text, i + 1);
    }

    for (i = 0; i < text.len && text.data[i] != ':'; i++) {
        c = text.data[i];

        if (hoop_http_letter(c) || hoop_http_digit(c) || c == '-') {
            continue;
        }

        if (c == '.' && (i == 0 || text.data[i - 1] != '.')) {
            continue;
        }

        /* RFC 3986 allows them, and nginx does in the header alone */

        if (!line && memchr("_~!$&'()*+,;=%", c, 14) != NULL) {
            continue;
        }

        return hoop_http_error(x, text.data + i, "a byte that no host has, or "
                               "a second dot");
    }

    return hoop_http_host_end(x, text, i);
}


/* n bytes are a name or an address; behind them there may be a port */

static int
hoop_http_host_end(hoop_http_parser_t *x, hoop_str_t text, size_t n)
{
    size_t    i, port;
    u_char   *host;

    port = 0;

    for (i = n; i < text.len; i++) {

        if (i == n ? text.data[i] != ':' : !hoop_http_digit(text.data[i])) {
            return hoop_http_error(x, text.data + i,
                                   "wanted \":\" and a port behind the host");
        }

        if (i > n) {
            port = port * 10 + text.data[i] - '0';
        }

        if (port > 65535) {
            return hoop_http_error(x, text.data + i, "there is no such port");
        }
    }

    if (n && text.data[n - 1] == '.') {
        n--;
    }

    if (n == 0) {
        return hoop_http_error(x, text.data, "an empty host");
    }

    if (x->h->host.data != NULL) {
        return HOOP_OK;
    }

    host = malloc(n);
    if (host == NULL) {
        return hoop_http_error(x, x->start, "no memory");
    }

    for (i = 0; i < n; i++) {
        host[i] = (text.data[i] >= 'A' && text.data[i] <= 'Z')
                  ? text.data[i] | 0x20 : text.data[i];
    }

    x->h->host = hoop_str(host, n);

    return HOOP_OK;
}


static int
hoop_http_head(hoop_http_parser_t *x)
{
    hoop_str_t           line, name, value;
    hoop_http_t         *h;
    hoop_http_header_t  *header;

    h = x->h;

    for ( ;; ) {

        if (hoop_http_line(x, &line) != HOOP_OK) {
            return HOOP_ERROR;
        }

        if (line.len == 0) {
            break;
        }

        if (h->nheaders == HOOP_HTTP_MAX_HEADERS) {
            return hoop_http_error(x, line.data, "more than 1000 headers");
        }

        if (hoop_http_name(x, line, &name) != HOOP_OK) {
            return HOOP_ERROR;
        }

        value = hoop_request_value(hoop_str(line.data + name.len + 1,
                                            line.len - name.len - 1));

        header = &h->headers[h->nheaders];
        header->name = name;
        header->value = value;

        if (hoop_http_single(x, name) != HOOP_OK
            || hoop_http_known(x, header) != HOOP_OK)
        {
            return HOOP_ERROR;
        }

        h->nheaders++;
    }

    if (x->minor && hoop_http_header(h, hoop_http_name_host, &value)
                    == HOOP_DECLINED)
    {
        return hoop_http_error(x, x->start, "HTTP/1.1 without a Host header");
    }

    return HOOP_OK;
}


static int
hoop_http_name(hoop_http_parser_t *x, hoop_str_t line, hoop_str_t *name)
{
    size_t  i;
    u_char  c;

    c = line.data[0];

    if (c == ' ' || c == '\t') {
        return hoop_http_error(x, line.data, "a space before the header, which "
                               "some read as the line before, continued");
    }

    for (i = 0; i < line.len && line.data[i] != ':'; i++) {
        c = line.data[i];

        if (hoop_http_letter(c) || hoop_http_digit(c) || c == '-') {
            continue;
        }

        if (c == ' ' || c == '\t') {
            return hoop_http_error(x, line.data + i,
                                   "a space before the colon");
        }

        if (c == '_') {
            return hoop_http_error(x, line.data + i,
                                   "\"_\" in the name of a header, which nginx "
                                   "drops then, or with underscores_in_headers "
                                   "does not");
        }

        return hoop_http_error(x, line.data + i,
                               "a byte in the name of a header other than "
                               "letters, digits and \"-\": nginx refuses or "
                               "drops it");
    }

    if (i == 0 || i == line.len) {
        return hoop_http_error(x, line.data + i, i ? "no colon in a header"
                                                   : "a header without a name");
    }

    *name = hoop_str(line.data, i);

    return HOOP_OK;
}


static int
hoop_http_single(hoop_http_parser_t *x, hoop_str_t name)
{
    size_t    i;
    unsigned  n;

    for (i = 0; i < sizeof(hoop_http_singles) / sizeof(hoop_str_t); i++) {

        if (!hoop_str_like(name, hoop_http_singles[i])) {
            continue;
        }

        for (n = 0; n < x->h->nheaders; n++) {
            if (hoop_str_like(x->h->headers[n].name, hoop_http_singles[i])) {
                (void) hoop_http_error(x, name.data, "");
                hoop_error_set(x->err, "a second \"%s\"",
                               (const char *) hoop_http_singles[i].data);
                return HOOP_ERROR;
            }
        }

        return HOOP_OK;
    }

    return HOOP_OK;
}


/* what the message is framed and addressed by */

static int
hoop_http_known(hoop_http_parser_t *x, const hoop_http_header_t *header)
{
    if (hoop_str_like(header->name, hoop_http_name_host)) {
        return hoop_http_host(x, header->value, 0);
    }

    if (hoop_str_like(header->name, hoop_http_name_length)) {
        return hoop_http_length(x, header->value);
    }

    if (hoop_str_like(header->name, hoop_http_name_coding)) {
        return hoop_http_coding(x, header->value);
    }

    return HOOP_OK;
}


static int
hoop_http_length(hoop_http_parser_t *x, hoop_str_t value)
{
    size_t  i;

    if (x->h->chunked) {
        return hoop_http_error(x, x->start,
                               "Content-Length besides Transfer-Encoding");
    }

    for (i = 0; i < value.len; i++) {

        if (!hoop_http_digit(value.data[i])) {
            break;
        }

        x->length = x->length * 10 + value.data[i] - '0';

        if (x->length > HOOP_HTTP_MAX_BODY) {
            return hoop_http_error(x, value.data,
                                   "a body of more than 4194304 bytes");
        }
    }

    if (i < value.len || i == 0) {
        return hoop_http_error(x, value.data + i,
                               "Content-Length is not a number");
    }

    x->length_set = 1;

    return HOOP_OK;
}


static int
hoop_http_coding(hoop_http_parser_t *x, hoop_str_t value)
{
    static const hoop_str_t  chunked = hoop_string("chunked");

    if (x->length_set) {
        return hoop_http_error(x, x->start,
                               "Transfer-Encoding besides Content-Length");
    }

    if (!x->minor) {
        return hoop_http_error(x, x->start, "Transfer-Encoding in HTTP/1.0");
    }

    if (!hoop_str_like(value, chunked)) {
        return hoop_http_error(x, value.data, "a Transfer-Encoding other than "
                               "\"chunked\"");
    }

    x->h->chunked = 1;

    return HOOP_OK;
}


int
hoop_http_error(hoop_http_parser_t *x, const u_char *at, const char *text)
{
    hoop_error_set(x->err, "%s", text);

    x->err->line = x->line;
    x->err->column = at - x->start + 1;

    return HOOP_ERROR;
}
