
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Members whose names differ in case only: for Go's encoding/json and others
 * they are one member, and which of them counts is theirs to choose.
 */


#include "hoop_json.h"


static unsigned hoop_json_fold(const u_char **p, const u_char *end);


int
hoop_json_variant(json_t *object, hoop_str_t name)
{
    json_t        *v;
    size_t         len;
    const char    *key;
    unsigned       a, b;
    const u_char  *p, *q, *pe, *qe;

    json_object_keylen_foreach(object, key, len, v) {

        /* three bytes of one spelling stand for one of another, at most */

        if (len > name.len * 3 || name.len > len * 3) {
            continue;
        }

        p = (const u_char *) key;
        pe = p + len;
        q = name.data;
        qe = q + name.len;

        do {
            a = hoop_json_fold(&p, pe);
            b = hoop_json_fold(&q, qe);
        } while (a == b && a != 0);

        if (a == b && (len != name.len || memcmp(key, name.data, len) != 0)) {
            return 1;
        }
    }

    return 0;
}


/*
 * The next byte, upper case as lower; the two letters beyond ASCII that fold
 * into it (U+017F, U+212A) as well.  0 at the end: no name has a zero byte.
 */

static unsigned
hoop_json_fold(const u_char **p, const u_char *end)
{
    unsigned  c;

    if (*p == end) {
        return 0;
    }

    c = *(*p)++;

    if (c >= 'A' && c <= 'Z') {
        return c | 0x20;
    }

    if (c == 0xc5 && *p < end && **p == 0xbf) {
        *p += 1;
        return 's';
    }

    if (c == 0xe2 && end - *p >= 2 && (*p)[0] == 0x84 && (*p)[1] == 0xaa) {
        *p += 2;
        return 'k';
    }

    return c;
}
