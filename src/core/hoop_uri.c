
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Normal forms of http and https URIs.  Scheme and host in lower case, no
 * default port, "/" for an empty path, unreserved characters not escaped, all
 * other escapes in upper case.  Nothing else is changed: what would need more
 * than that is refused.
 */


#include "hoop_uri.h"


static int hoop_uri_authority(hoop_str_t *uri, hoop_buf_t *out);
static const u_char *hoop_uri_host(const u_char *p, const u_char *last,
    hoop_buf_t *out);
static int hoop_uri_port(const u_char *p, const u_char *last,
    unsigned standard, hoop_buf_t *out);
static int hoop_uri_path(hoop_str_t uri, hoop_buf_t *out);


static inline int
hoop_uri_alnum(u_char c)
{
    return (hoop_lower(c) >= 'a' && hoop_lower(c) <= 'z')
           || (c >= '0' && c <= '9');
}


int
hoop_uri_normal(hoop_str_t uri, hoop_buf_t *out)
{
    int  rc;

    rc = hoop_uri_authority(&uri, out);

    return (rc == HOOP_OK) ? hoop_uri_path(uri, out) : rc;
}


int
hoop_uri_origin(hoop_str_t uri, hoop_buf_t *out)
{
    int  rc;

    rc = hoop_uri_authority(&uri, out);

    return (rc == HOOP_OK && uri.len) ? HOOP_ERROR : rc;
}


/* takes "scheme://host[:port]" off uri */

static int
hoop_uri_authority(hoop_str_t *uri, hoop_buf_t *out)
{
    int            rc;
    size_t         i, k;
    unsigned       port;
    const u_char  *p, *last, *end;

    static const struct {
        hoop_str_t  prefix;
        unsigned    port;
    } schemes[] = {
        { hoop_string("http://"), 80 },
        { hoop_string("https://"), 443 }
    };

    p = uri->data;
    last = p + uri->len;
    port = 0;

    for (k = 0; k < 2 && port == 0; k++) {

        if (uri->len < schemes[k].prefix.len) {
            continue;
        }

        for (i = 0; i < schemes[k].prefix.len; i++) {
            if (hoop_lower(p[i]) != schemes[k].prefix.data[i]) {
                break;
            }
        }

        if (i == schemes[k].prefix.len) {
            (void) hoop_buf_add(out, schemes[k].prefix.data, i);
            port = schemes[k].port;
            p += i;
        }
    }

    if (port == 0) {
        return HOOP_ERROR;
    }

    for (end = p; end < last; end++) {
        if (*end == '/' || *end == '?' || *end == '#') {
            break;
        }
    }

    p = hoop_uri_host(p, end, out);
    if (p == NULL) {
        return HOOP_ERROR;
    }

    rc = hoop_uri_port(p, end, port, out);
    if (rc != HOOP_OK) {
        return rc;
    }

    *uri = hoop_str(end, last - end);

    return hoop_buf_reserve(out, 0);
}


/*
 * A name or an address, not escaped: what stands behind it, or NULL.  Names
 * beyond ASCII are written in their ASCII form.
 */

static const u_char *
hoop_uri_host(const u_char *p, const u_char *last, hoop_buf_t *out)
{
    u_char         c;
    const u_char  *start;

    start = p;

    if (p < last && *p == '[') {
        (void) hoop_buf_addc(out, *p++);

        for ( /* void */ ; p < last && *p != ']'; p++) {
            c = hoop_lower(*p);

            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')
                  || c == ':' || c == '.'))
            {
                return NULL;
            }

            (void) hoop_buf_addc(out, c);
        }

        if (p == last || p == start + 1) {
            return NULL;
        }

        (void) hoop_buf_addc(out, *p++);

        return p;
    }

    for ( /* void */ ; p < last && *p != ':'; p++) {
        c = hoop_lower(*p);

        if (!hoop_uri_alnum(c) && c != '-' && c != '.' && c != '_') {
            return NULL;
        }

        (void) hoop_buf_addc(out, c);
    }

    return (p == start) ? NULL : p;
}


static int
hoop_uri_port(const u_char *p, const u_char *last, unsigned standard,
    hoop_buf_t *out)
{
    unsigned       port;
    const u_char  *start;

    if (p < last && *p++ != ':') {
        return HOOP_ERROR;
    }

    if (p == last) {
        return HOOP_OK;
    }

    port = 0;

    for (start = p; p < last; p++) {
        if (*p < '0' || *p > '9' || *start == '0' || p - start == 5) {
            return HOOP_ERROR;
        }

        port = port * 10 + (*p - '0');
    }

    if (port > 65535) {
        return HOOP_ERROR;
    }

    if (port == standard) {
        return HOOP_OK;
    }

    (void) hoop_buf_addc(out, ':');

    return hoop_buf_addu(out, port);
}


static int
hoop_uri_path(hoop_str_t uri, hoop_buf_t *out)
{
    int            hi, lo;
    u_char         c;
    size_t         segment, len;
    const u_char  *p, *last;

    static const char  hex[] = "0123456789ABCDEF";

    p = uri.data;
    last = p + uri.len;

    if (p == last || *p != '/') {
        return hoop_buf_addc(out, '/');
    }

    segment = out->len;

    for ( ;; ) {

        if (p == last || *p == '/' || *p == '?' || *p == '#') {

            /* the segment with its slash: "/." or "/.." */

            len = out->failed ? 0 : out->len - segment;

            if ((len == 2 || len == 3) && out->data[segment + 1] == '.'
                && out->data[out->len - 1] == '.')
            {
                return HOOP_ERROR;
            }

            if (p == last || *p != '/') {
                return hoop_buf_reserve(out, 0);
            }

            segment = out->len;
        }

        c = *p++;

        if (c != '%') {

            if (c <= 0x20 || c >= 0x7f || c == '\\') {
                return HOOP_ERROR;
            }

            (void) hoop_buf_addc(out, c);
            continue;
        }

        if (last - p < 2) {
            return HOOP_ERROR;
        }

        hi = hoop_hex_value(p[0]);
        lo = hoop_hex_value(p[1]);

        if (hi < 0 || lo < 0) {
            return HOOP_ERROR;
        }

        p += 2;
        c = (u_char) (hi << 4 | lo);

        if (hoop_uri_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~')
        {
            (void) hoop_buf_addc(out, c);
            continue;
        }

        (void) hoop_buf_addc(out, '%');
        (void) hoop_buf_addc(out, hex[hi]);
        (void) hoop_buf_addc(out, hex[lo]);
    }
}
