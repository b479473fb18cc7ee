
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A text is a row of pairs with one byte between two of them.  An empty pair
 * is one, too: whatever is not taken out stays as it was written.
 */


#include "hoop_pairs.h"

#include <string.h>


static const u_char *hoop_pairs_end(const u_char *p, const u_char *last,
    hoop_pairs_e kind);
static int hoop_pairs_named(const u_char *p, const u_char *end,
    hoop_pairs_e kind, hoop_str_t name, hoop_str_t *value);
static int hoop_pairs_name_is(const u_char *p, const u_char *end,
    hoop_pairs_e kind, hoop_str_t name);
static const u_char *hoop_pairs_byte(const u_char *p, const u_char *end,
    u_char *c);


size_t
hoop_pairs_find(hoop_str_t text, hoop_pairs_e kind, hoop_str_t name,
    hoop_str_t *value)
{
    size_t         n;
    hoop_str_t     found;
    const u_char  *p, *end, *last;

    n = 0;
    p = text.data;
    last = p + text.len;

    for ( ;; ) {
        end = hoop_pairs_end(p, last, kind);

        if (hoop_pairs_named(p, end, kind, name, &found) && n++ == 0) {
            *value = found;
        }

        if (end == last) {
            return n;
        }

        p = end + 1;
    }
}


size_t
hoop_pairs_remove(hoop_str_t text, hoop_pairs_e kind, hoop_str_t name,
    u_char *out)
{
    u_char        *o;
    unsigned       removed;
    hoop_str_t     value;
    const u_char  *p, *end, *last, *from;

    if (text.len == 0) {
        return 0;
    }

    o = out;
    p = text.data;
    last = p + text.len;
    removed = 0;

    for ( ;; ) {
        end = hoop_pairs_end(p, last, kind);

        if (hoop_pairs_named(p, end, kind, name, &value)) {
            removed = 1;

        } else {

            /*
             * With the byte before it, unless it is the first one now, but
             * a "#" is never left out: what is behind it is no query.
             */

            from = p;

            if (p > text.data && (!removed || o > out || p[-1] == '#')) {
                from = p - 1;

            } else if (kind == HOOP_PAIRS_COOKIE && removed) {

                while (from < end && (*from == ' ' || *from == '\t')) {
                    from++;
                }
            }

            memmove(o, from, end - from);
            o += end - from;
        }

        if (end == last) {
            return o - out;
        }

        p = end + 1;
    }
}


size_t
hoop_pairs_decode(hoop_str_t value, u_char *out)
{
    u_char        *o;
    const u_char  *p, *last;

    o = out;
    p = value.data;
    last = p + value.len;

    while (p < last) {
        p = hoop_pairs_byte(p, last, o++);
    }

    return o - out;
}


static const u_char *
hoop_pairs_end(const u_char *p, const u_char *last, hoop_pairs_e kind)
{
    while (p < last
           && *p != ';'
           && (kind == HOOP_PAIRS_COOKIE || (*p != '&' && *p != '#')))
    {
        p++;
    }

    return p;
}


/* without "=" all of it is the name, and the value is empty */

static int
hoop_pairs_named(const u_char *p, const u_char *end, hoop_pairs_e kind,
    hoop_str_t name, hoop_str_t *value)
{
    const u_char  *eq, *v;

    eq = p;

    while (eq < end && *eq != '=') {
        eq++;
    }

    v = (eq < end) ? eq + 1 : end;

    if (kind == HOOP_PAIRS_COOKIE) {

        while (p < eq && (*p == ' ' || *p == '\t')) {
            p++;
        }

        while (eq > p && (eq[-1] == ' ' || eq[-1] == '\t')) {
            eq--;
        }

        while (v < end && (*v == ' ' || *v == '\t')) {
            v++;
        }

        while (end > v && (end[-1] == ' ' || end[-1] == '\t')) {
            end--;
        }

        if (end - v >= 2 && *v == '"' && end[-1] == '"') {
            v++;
            end--;
        }
    }

    if (!hoop_pairs_name_is(p, eq, kind, name)) {
        return 0;
    }

    *value = hoop_str(v, end - v);

    return 1;
}


static int
hoop_pairs_name_is(const u_char *p, const u_char *end, hoop_pairs_e kind,
    hoop_str_t name)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < name.len; i++) {

        if (p == end) {
            return 0;
        }

        if (kind == HOOP_PAIRS_COOKIE) {
            c = *p++;

        } else {
            p = hoop_pairs_byte(p, end, &c);
        }

        if (hoop_lower(c) != hoop_lower(name.data[i])) {
            return 0;
        }
    }

    return p == end;
}


static const u_char *
hoop_pairs_byte(const u_char *p, const u_char *end, u_char *c)
{
    int  hi, lo;

    *c = (*p == '+') ? ' ' : *p;

    if (*p == '%' && end - p > 2) {
        hi = hoop_hex_value(p[1]);
        lo = hoop_hex_value(p[2]);

        if (hi >= 0 && lo >= 0) {
            *c = (u_char) (hi << 4 | lo);
            return p + 3;
        }
    }

    return p + 1;
}
