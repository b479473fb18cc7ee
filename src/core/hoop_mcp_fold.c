
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Names as the most willing server may take them.  Two that differ in this
 * form are different to everybody; two that differ in their spelling alone are
 * the same to some.  So who compares compares both, and where the two answers
 * differ knows that nothing is known.
 *
 * A name is in lower case, without what is blank.  A URI (RFC 3986) besides:
 *
 *   all         escapes decoded, those of escapes too; "\" is "/"; what parsers
 *               of URLs drop (blanks, line ends, the fragment) is not there
 *   authority   without user, trailing dot and the port that http and https
 *               have anyhow; that of a file: URL is empty if it is localhost
 *   path        no empty segment, no "." and no ".."; none at its end
 *   query       not of a file: URL; an escaped "/" stays escaped
 */


#include "hoop_mcp.h"


typedef struct {
    u_char      *start;
    u_char      *last;
} hoop_mcp_out_t;


static hoop_str_t hoop_mcp_fold_scheme(hoop_str_t *rest);
static hoop_str_t hoop_mcp_fold_until(hoop_str_t *rest, const char *set);
static void hoop_mcp_fold_authority(hoop_str_t authority, int file, int web,
    hoop_mcp_out_t *out);
static void hoop_mcp_fold_path(hoop_str_t path, hoop_mcp_out_t *out);
static void hoop_mcp_fold_decode(hoop_str_t s, int slash,
    hoop_mcp_out_t *out);
static void hoop_mcp_fold_char(hoop_mcp_out_t *out, u_char *floor, int c,
    int slash);


hoop_str_t
hoop_mcp_fold_name(hoop_str_t name, u_char *buf)
{
    u_char   c, *p;
    size_t   i;

    p = buf;

    for (i = 0; i < name.len; i++) {
        c = name.data[i];

        if (c <= 0x20 || c == 0x7f) {
            continue;
        }

        *p++ = hoop_lower(c);
    }

    return hoop_str(buf, p - buf);
}


/*
 * In place behind the two bytes by which a URI may grow: "file:/x" is
 * "file:///x".  What is written is never ahead of what is read.
 */

hoop_str_t
hoop_mcp_fold_uri(hoop_str_t uri, u_char *buf)
{
    int             file, web;
    u_char         *p;
    hoop_str_t      rest, scheme, authority, path;
    hoop_mcp_out_t  out;

    rest = hoop_mcp_fold_name(uri, buf + 2);

    for (p = buf + 2; p < rest.data + rest.len && *p != '#'; p++) {
        if (*p == '\\') {
            *p = '/';
        }
    }

    rest.len = p - rest.data;

    out.start = buf;
    out.last = buf;

    scheme = hoop_mcp_fold_scheme(&rest);
    file = hoop_str_is(scheme, "file:");
    web = hoop_str_is(scheme, "http:") || hoop_str_is(scheme, "https:");

    memmove(out.last, scheme.data, scheme.len);
    out.last += scheme.len;

    if (rest.len > 1 && rest.data[0] == '/' && rest.data[1] == '/'
        && scheme.len)
    {
        rest.data += 2;
        rest.len -= 2;

        authority = hoop_mcp_fold_until(&rest, "/?");
        hoop_mcp_fold_authority(authority, file, web, &out);

    } else if (file) {
        *out.last++ = '/';
        *out.last++ = '/';
    }

    path = hoop_mcp_fold_until(&rest, "?");
    hoop_mcp_fold_path(path, &out);

    if (!file) {
        hoop_mcp_fold_decode(rest, 0, &out);
    }

    return hoop_str(buf, out.last - buf);
}


/* with its colon; a glob of it has a star */

static hoop_str_t
hoop_mcp_fold_scheme(hoop_str_t *rest)
{
    u_char      c;
    size_t      i;
    hoop_str_t  scheme;

    for (i = 0; i < rest->len; i++) {
        c = rest->data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
              || c == '+' || c == '-' || c == '.' || c == '*'))
        {
            break;
        }
    }

    if (i == 0 || i == rest->len || rest->data[i] != ':') {
        return hoop_str(rest->data, 0);
    }

    scheme = hoop_str(rest->data, i + 1);

    rest->data += i + 1;
    rest->len -= i + 1;

    return scheme;
}


/* what is before the first of the set's characters; it stays in rest */

static hoop_str_t
hoop_mcp_fold_until(hoop_str_t *rest, const char *set)
{
    size_t      i;
    hoop_str_t  s;

    for (i = 0; i < rest->len; i++) {
        if (strchr(set, rest->data[i]) != NULL) {
            break;
        }
    }

    s = hoop_str(rest->data, i);

    rest->data += i;
    rest->len -= i;

    return s;
}


static void
hoop_mcp_fold_authority(hoop_str_t authority, int file, int web,
    hoop_mcp_out_t *out)
{
    size_t          len, n;
    hoop_mcp_out_t  host;

    *out->last++ = '/';
    *out->last++ = '/';

    for (len = authority.len; len > 0; len--) {
        if (authority.data[len - 1] == '@') {
            authority.data += len;
            authority.len -= len;
            break;
        }
    }

    host.start = out->last;
    host.last = out->last;

    hoop_mcp_fold_decode(authority, 1, &host);

    len = host.last - host.start;

    if (web) {
        n = (len >= 3 && memcmp(host.last - 3, ":80", 3) == 0) ? 3
            : (len >= 4 && memcmp(host.last - 4, ":443", 4) == 0) ? 4 : 0;
        len -= n;
    }

    if (len && host.start[len - 1] == '.') {
        len--;
    }

    if (file && len == 9 && memcmp(host.start, "localhost", 9) == 0) {
        len = 0;
    }

    out->last = host.start + len;
}


static void
hoop_mcp_fold_path(hoop_str_t path, hoop_mcp_out_t *out)
{
    size_t          n;
    u_char         *p, *end, *start, *segment;
    hoop_mcp_out_t  text;

    /* decoded where it is read: it does not get longer */

    text.start = (u_char *) path.data;
    text.last = text.start;

    hoop_mcp_fold_decode(path, 1, &text);

    p = text.start;
    end = text.last;
    start = out->last;

    if (p < end && *p == '/') {
        *out->last++ = '/';
        start++;
    }

    while (p < end) {

        for (segment = p; p < end && *p != '/'; p++) { /* void */ }

        n = p++ - segment;

        if (n == 0 || (n == 1 && segment[0] == '.')) {
            continue;
        }

        if (n == 2 && segment[0] == '.' && segment[1] == '.') {

            while (out->last > start && *--out->last != '/') { /* void */ }

            continue;
        }

        if (out->last > start) {
            *out->last++ = '/';
        }

        memmove(out->last, segment, n);
        out->last += n;
    }
}


/* s may be what out is written over; slash: an escaped one is one as well */

static void
hoop_mcp_fold_decode(hoop_str_t s, int slash, hoop_mcp_out_t *out)
{
    size_t   i;
    u_char  *floor;

    floor = out->last;

    for (i = 0; i < s.len; i++) {
        hoop_mcp_fold_char(out, floor, s.data[i], slash);
    }
}


/* an escape is seen by its last digit, whatever has become that digit */

static void
hoop_mcp_fold_char(hoop_mcp_out_t *out, u_char *floor, int c, int slash)
{
    int  high, low;

    for ( ;; ) {

        low = hoop_hex_value(c);

        if (low < 0 || out->last - floor < 2 || out->last[-2] != '%') {
            break;
        }

        high = hoop_hex_value(out->last[-1]);

        if (high < 0 || (!slash && high * 16 + low == '/')) {
            break;
        }

        out->last -= 2;
        c = hoop_lower(high * 16 + low);

        if (c <= 0x20 || c == 0x7f) {
            return;
        }

        if (c == '\\') {
            c = '/';
        }
    }

    *out->last++ = c;
}
