
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
    json_t      *v;
    size_t       len;
    const char  *key;

    json_object_keylen_foreach(object, key, len, v) {
        if (hoop_json_alike(hoop_str(key, len), name)) {
            return 1;
        }
    }

    return 0;
}


int
hoop_json_alike(hoop_str_t name, hoop_str_t other)
{
    unsigned       a, b;
    const u_char  *p, *q, *pe, *qe;

    /* three bytes of one spelling stand for one of another, at most */

    if (name.len > other.len * 3 || other.len > name.len * 3) {
        return 0;
    }

    p = name.data;
    pe = p + name.len;
    q = other.data;
    qe = q + other.len;

    do {
        a = hoop_json_fold(&p, pe);
        b = hoop_json_fold(&q, qe);
    } while (a == b && a != 0);

    return a == b && !hoop_str_eq(name, other);
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
