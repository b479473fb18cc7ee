
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * No backtracking anywhere but to the last "**": of the literal pieces between
 * two "*" the leftmost place is always as good as any later one, and the same
 * holds for the segments between two "**".  That is why a hostile text costs
 * no more than its length times the pattern's segments.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "hoop_glob.h"


static int hoop_glob_run(hoop_str_t pattern, hoop_str_t text);
static int hoop_glob_one(hoop_str_t pattern, hoop_str_t text);


int
hoop_glob_check(hoop_str_t pattern, u_char sep, hoop_error_t *err)
{
    unsigned     n;
    hoop_str_t   rest, segment;

    if (pattern.len == 0) {
        hoop_error_set(err, "empty glob");
        return HOOP_ERROR;
    }

    if (pattern.len > HOOP_GLOB_MAX) {
        hoop_error_set(err, "glob is too long, at most %d bytes",
                       HOOP_GLOB_MAX);
        return HOOP_ERROR;
    }

    if (memchr(pattern.data, '\0', pattern.len) != NULL) {
        hoop_error_set(err, "zero byte in a glob");
        return HOOP_ERROR;
    }

    if (sep == 0) {
        return HOOP_OK;
    }

    rest = pattern;

    for (n = 0; hoop_glob_segment(&rest, sep, &segment); n++) {

        if (n == HOOP_GLOB_SEGMENTS) {
            hoop_error_set(err, "glob has too many segments, at most %d",
                           HOOP_GLOB_SEGMENTS);
            return HOOP_ERROR;
        }

        if (segment.len > 2
            && memmem(segment.data, segment.len, "**", 2) != NULL)
        {
            hoop_error_set(err, "\"**\" in a glob must be a whole segment");
            return HOOP_ERROR;
        }
    }

    return HOOP_OK;
}


/*
 * A text has one segment more than separators: "" has one, empty.  What is
 * left over after the last one is the span with data NULL.
 */

int
hoop_glob_segment(hoop_str_t *rest, u_char sep, hoop_str_t *segment)
{
    const u_char  *p;

    if (rest->data == NULL) {
        return 0;
    }

    p = memchr(rest->data, sep, rest->len);

    if (p == NULL) {
        *segment = *rest;
        *rest = hoop_str(NULL, 0);
        return 1;
    }

    *segment = hoop_str(rest->data, p - rest->data);
    *rest = hoop_str(p + 1, rest->len - segment->len - 1);

    return 1;
}


int
hoop_glob_match(hoop_str_t pattern, u_char sep, hoop_str_t text)
{
    int         starred;
    hoop_str_t  ps, ts, p, t, star_p, star_t;

    if (sep == 0) {
        return hoop_glob_run(pattern, text);
    }

    if (text.data == NULL) {
        text = hoop_str("", 0);
    }

    starred = 0;
    star_p = star_t = hoop_str(NULL, 0);

    for ( ;; ) {
        p = pattern;
        t = text;

        if (!hoop_glob_segment(&p, sep, &ps)) {
            if (text.data == NULL) {
                return 1;
            }

        } else if (hoop_str_is(ps, "**")) {

            if (p.data == NULL) {
                return 1;
            }

            starred = 1;
            star_p = pattern = p;
            star_t = text;
            continue;

        } else if (!hoop_glob_segment(&t, sep, &ts)) {

            /* a later start would leave even less text */
            return 0;

        } else if (hoop_glob_one(ps, ts)) {
            pattern = p;
            text = t;
            continue;
        }

        if (!starred || !hoop_glob_segment(&star_t, sep, &ts)) {
            return 0;
        }

        pattern = star_p;
        text = star_t;
    }
}


int
hoop_glob_begins(hoop_str_t pattern, u_char sep, hoop_str_t prefix, int *all)
{
    size_t         n;
    const u_char  *star;

    star = pattern.len ? memchr(pattern.data, '*', pattern.len) : NULL;
    n = star ? (size_t) (star - pattern.data) : pattern.len;

    *all = 0;

    if (prefix.len > n) {

        if (star == NULL || (n && memcmp(pattern.data, prefix.data, n) != 0)) {
            return 0;
        }

    } else if (prefix.len
               && memcmp(pattern.data, prefix.data, prefix.len) != 0)
    {
        return 0;
    }

    *all = (sep != 0 && prefix.len >= n && pattern.len - n == 2
            && pattern.data[n + 1] == '*');

    return 1;
}


static int
hoop_glob_one(hoop_str_t pattern, hoop_str_t text)
{
    if (pattern.len == 1 && pattern.data[0] == '*') {
        return text.len != 0;
    }

    return hoop_glob_run(pattern, text);
}


static int
hoop_glob_run(hoop_str_t pattern, hoop_str_t text)
{
    size_t         n;
    const u_char  *p, *end, *star, *t, *last;

    p = pattern.data;
    end = p + pattern.len;
    t = text.data;
    last = t + text.len;

    star = pattern.len ? memchr(p, '*', pattern.len) : NULL;

    if (star == NULL) {
        return hoop_str_eq(pattern, text);
    }

    /* the pieces at both ends are anchored */

    n = star - p;

    if (text.len < n || (n && memcmp(t, p, n) != 0)) {
        return 0;
    }

    t += n;
    p = star + 1;

    while ((star = (p < end) ? memchr(p, '*', end - p) : NULL) != NULL) {
        n = star - p;

        if (n) {
            t = (t < last) ? memmem(t, last - t, p, n) : NULL;

            if (t == NULL) {
                return 0;
            }

            t += n;
        }

        p = star + 1;
    }

    n = end - p;

    return (size_t) (last - t) >= n && (n == 0 || memcmp(last - n, p, n) == 0);
}
