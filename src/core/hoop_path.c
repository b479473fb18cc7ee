
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Between the client's spelling of a path and the target's reading of it stands
 * nginx, and policy sees what nginx makes of it.  The target gets that, escaped
 * again.  Ambiguous is what targets are known to read once more: those on
 * Windows a backslash, servlets a parameter in a segment, those behind a second
 * proxy an escape in an escape, old ones an overlong character.
 */


#include "hoop_path.h"

#include <stdlib.h>
#include <string.h>


static int hoop_path_byte(const u_char **p, const u_char *end);
static int hoop_path_hex(const u_char *p);
static const char *hoop_path_segment(const u_char *p, const u_char *end);
static int hoop_path_overlong(const u_char *p, const u_char *end);


int
hoop_path_normal(hoop_str_t raw, u_char *out, size_t *len)
{
    int            c;
    u_char        *o, *segment;
    const u_char  *p, *end;

    p = raw.data;
    end = p + raw.len;

    o = out;
    *o++ = '/';
    segment = o;

    for ( ;; ) {

        c = '/';

        if (p < end && *p != '?' && *p != '#') {
            c = hoop_path_byte(&p, end);

            if (c <= 0) {
                return HOOP_ERROR;
            }

        } else {
            end = NULL;
        }

        if (c != '/') {
            *o++ = c;
            continue;
        }

        /* at the end of a segment */

        if (o - segment == 1 && segment[0] == '.') {
            o = segment;

        } else if (o - segment == 2 && segment[0] == '.' && segment[1] == '.') {

            if (segment == out + 1) {
                return HOOP_ERROR;
            }

            for (o = segment - 1; o[-1] != '/'; o--) { /* void */ }

            segment = o;

        } else if (o != segment && end != NULL) {
            *o++ = '/';
            segment = o;
        }

        if (end == NULL) {
            *len = o - out;
            return HOOP_OK;
        }
    }
}


static int
hoop_path_byte(const u_char **p, const u_char *end)
{
    int     c;
    u_char  first;

    first = *(*p)++;

    if (first != '%') {
        return first;
    }

    c = (end - *p < 2) ? -1 : hoop_path_hex(*p);
    *p += 2;

    return c;
}


/* two hex digits, or -1 */

static int
hoop_path_hex(const u_char *p)
{
    int  high, low;

    high = hoop_hex_value(p[0]);
    low = hoop_hex_value(p[1]);

    return (high < 0 || low < 0) ? -1 : high * 16 + low;
}


const char *
hoop_path_ambiguous(hoop_str_t path)
{
    const u_char  *p, *end;
    const char    *why;

    p = path.data;
    end = p + path.len;

    for ( /* void */ ; p < end; p++) {

        if (*p == '\\') {
            return "it has a backslash";
        }

        if (*p < 0x20 || *p == 0x7f) {
            return "it has a control character";
        }

        if (*p == '%' && end - p > 2 && hoop_path_hex(p + 1) >= 0) {
            return "it is escaped twice";
        }

        if (*p >= 0x80 && hoop_path_overlong(p, end)) {
            return "it has an overlong character";
        }

        if (*p == '/') {
            why = hoop_path_segment(p + 1, end);

            if (why != NULL) {
                return why;
            }
        }
    }

    return NULL;
}


/* what is behind a slash */

static const char *
hoop_path_segment(const u_char *p, const u_char *end)
{
    const u_char  *dot;

    if (p < end && *p == '/') {
        return "it has an empty segment";
    }

    for (dot = p; dot < end && dot < p + 2 && *dot == '.'; dot++) {
        /* void */
    }

    if (dot > p && (dot == end || *dot == '/' || *dot == ';')) {
        return "it has a dot segment";
    }

    return NULL;
}


/* in more bytes than it takes: some decoders see a slash or a dot there */

static int
hoop_path_overlong(const u_char *p, const u_char *end)
{
    if (p[0] == 0xc0 || p[0] == 0xc1) {
        return 1;
    }

    return end - p > 1
           && ((p[0] == 0xe0 && p[1] >= 0x80 && p[1] < 0xa0)
               || (p[0] == 0xf0 && p[1] >= 0x80 && p[1] < 0x90));
}


const char *
hoop_path_check(hoop_str_t raw, hoop_str_t path)
{
    int          same;
    size_t       len;
    u_char      *buf, small[1024];
    const char  *why;

    why = hoop_path_ambiguous(path);

    if (why != NULL) {
        return why;
    }

    buf = (raw.len < sizeof(small)) ? small : malloc(raw.len + 1);

    if (buf == NULL) {
        return "no memory to read it";
    }

    same = hoop_path_normal(raw, buf, &len) == HOOP_OK
           && hoop_str_eq(hoop_str(buf, len), path);

    if (buf != small) {
        free(buf);
    }

    return same ? NULL : "it is not what was asked for";
}


size_t
hoop_path_plain(hoop_str_t path, u_char *out)
{
    int            skip;
    u_char        *o;
    const u_char  *p, *end;

    o = out;
    skip = 0;

    for (p = path.data, end = p + path.len; p < end; p++) {

        if (*p == ';') {
            skip = 1;
        }

        if (*p == '/') {
            skip = 0;

            /* of "/;x/" nothing is left between the two */

            if (o > out && o[-1] == '/') {
                continue;
            }
        }

        if (!skip) {
            *o++ = *p;
        }
    }

    return o - out;
}


int
hoop_path_host(hoop_str_t header, hoop_str_t host)
{
    size_t         i, len;
    const u_char  *p;

    len = header.len;

    /* a port, which is behind the brackets of IPv6 */

    for (i = len; i > 0; i--) {
        p = header.data + i - 1;

        if (*p == ']') {
            break;
        }

        if (*p == ':') {
            len = i - 1;
            break;
        }
    }

    if (len > 0 && header.data[len - 1] == '.') {
        len--;
    }

    if (host.len > 0 && host.data[host.len - 1] == '.') {
        host.len--;
    }

    if (len != host.len) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (hoop_lower(header.data[i]) != hoop_lower(host.data[i])) {
            return 0;
        }
    }

    return 1;
}
