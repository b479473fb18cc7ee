
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A form: pairs with "&" between them, each a name, "=" and a value.  What is
 * decoded is never longer than what it was decoded from.
 *
 * A ";" that is not escaped separates pairs for some parsers and not for
 * others, an empty pair is skipped by some and counted by others: neither is
 * taken.
 */


#include "hoop_form.h"


static int hoop_form_decode(u_char **dst, const u_char *src, size_t len,
    hoop_str_t *out);


int
hoop_form_parse(u_char *p, size_t len, hoop_form_pair_t *pairs, unsigned max,
    unsigned *n)
{
    int                rc;
    u_char            *dst, *end, *last, *eq;
    hoop_form_pair_t  *pair;

    *n = 0;
    dst = p;
    end = p + len;

    for ( ;; ) {

        if (*n == max) {
            return HOOP_LIMIT;
        }

        pair = &pairs[(*n)++];

        last = (p < end) ? memchr(p, '&', end - p) : NULL;
        if (last == NULL) {
            last = end;
        }

        eq = (p < last) ? memchr(p, '=', last - p) : NULL;
        if (eq == NULL) {
            eq = last;
        }

        rc = hoop_form_decode(&dst, p, eq - p, &pair->name);

        if (rc != HOOP_OK || pair->name.len == 0) {
            return HOOP_ERROR;
        }

        p = (eq < last) ? eq + 1 : eq;

        rc = hoop_form_decode(&dst, p, last - p, &pair->value);

        if (rc != HOOP_OK) {
            return HOOP_ERROR;
        }

        if (last == end) {
            return HOOP_OK;
        }

        p = last + 1;
    }
}


static int
hoop_form_decode(u_char **dst, const u_char *src, size_t len, hoop_str_t *out)
{
    int            high, low;
    u_char         c, *d;
    const u_char  *end;

    d = *dst;
    end = src + len;

    while (src < end) {
        c = *src++;

        if (c <= 0x20 || c >= 0x7f || c == ';') {
            return HOOP_ERROR;
        }

        if (c == '+') {
            c = ' ';

        } else if (c == '%') {

            if (end - src < 2) {
                return HOOP_ERROR;
            }

            high = hoop_hex_value(src[0]);
            low = hoop_hex_value(src[1]);

            if (high < 0 || low < 0) {
                return HOOP_ERROR;
            }

            c = (u_char) (high << 4 | low);
            src += 2;

            if (c < 0x20 || c == 0x7f) {
                return HOOP_ERROR;
            }
        }

        *d++ = c;
    }

    *out = hoop_str(*dst, d - *dst);
    *dst = d;

    return hoop_utf8_valid(out->data, out->len) ? HOOP_OK : HOOP_ERROR;
}
