
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Where a user's own pattern matches: see hoop_pattern.h.
 *
 * What is built in goes first where it begins first; where what it is known by
 * begins within the match of a pattern, or before it, all of both is masked, as
 * what is built in: a pattern may match the user in a URL whose password is
 * masked.  That is waited for no longer than SCAN_HELD bytes from where the
 * match begins, and what stands behind these has no say in it, though it may be
 * known: then the rest of the word is masked as well, for it may be of a long
 * token.
 */


#define _GNU_SOURCE    /* memmem() */

#include "hoop_detect_impl.h"
#include "hoop_pattern.h"


typedef struct {
    int          rc;           /* NO, YES, MORE */
    size_t       start;
    size_t       end;
    unsigned     detector;
    hoop_scan_e  event;
} hoop_pattern_match_t;


/* the first place from "k" on where a match may begin, or n */

static size_t
hoop_pattern_next(const hoop_scan_t *s, const hoop_pattern_t *pt, size_t k)
{
    u_char         c;
    const u_char  *p;

    if (pt->len == 0) {

        for ( /* void */ ; k < s->n; k++) {
            c = s->p[k];

            if ((pt->first[c / 64] >> (c % 64)) & 1) {
                return k;
            }
        }

        return s->n;
    }

    p = memmem(s->p + k, s->n - k, pt->literal, pt->len);

    if (p) {
        return p - s->p;
    }

    if (s->final) {
        return s->n;
    }

    /* the beginning of one at the end of the window */

    if (s->n - k >= pt->len) {
        k = s->n - pt->len + 1;
    }

    while (k < s->n && memcmp(s->p + k, pt->literal, s->n - k) != 0) {
        k++;
    }

    return k;
}


static int
hoop_pattern_at(const hoop_scan_t *s, const hoop_pattern_t *pt, size_t k,
    hoop_pattern_match_t *mt)
{
    int            rc;
    size_t         before, len, left;
    u_char         text[HOOP_PATTERN_AROUND + HOOP_PATTERN_HELD];
    uint32_t       options;
    PCRE2_SIZE    *v;
    const u_char  *p;

    before = s->nleft + k;
    before = (before > HOOP_PATTERN_AROUND) ? HOOP_PATTERN_AROUND : before;

    len = s->n - k;
    options = PCRE2_NOTEMPTY;

    if (len > pt->max + HOOP_PATTERN_AROUND) {
        len = pt->max + HOOP_PATTERN_AROUND;
        options |= PCRE2_NOTEOL|PCRE2_PARTIAL_SOFT;
    }

    if (before == HOOP_PATTERN_AROUND) {
        options |= PCRE2_NOTBOL;
    }

    p = s->p + k - before;

    if (before > k) {
        left = before - k;
        memcpy(text, s->left + s->nleft - left, left);
        memcpy(text + left, s->p, k + len);
        p = text;
    }

    rc = pcre2_match(pt->code, p, before + len, before, options, pt->data,
                     pt->context);

    if (rc == PCRE2_ERROR_NOMATCH) {
        return HOOP_NO;
    }

    mt->start = k;
    mt->detector = pt->id;
    mt->event = HOOP_SCAN_OVERLONG;
    mt->end = k + (len < pt->max ? len : pt->max);

    if (rc == PCRE2_ERROR_PARTIAL) {
        mt->detector = HOOP_DETECT_OVERLONG;

    } else if (rc >= 0) {

        v = pcre2_get_ovector_pointer(pt->data);

        if (v[1] <= before || v[0] > v[1]) {
            return HOOP_NO;
        }

        if (v[1] - before > pt->max) {
            mt->detector = HOOP_DETECT_OVERLONG;

        } else {
            mt->event = HOOP_SCAN_MATCH;
            mt->end = k + v[1] - before;
        }
    }

    return HOOP_YES;
}


/* the first match of any; of those that begin at one place, by their order */

static void
hoop_pattern_find(const hoop_scan_t *s, hoop_pattern_match_t *mt)
{
    size_t                 k;
    unsigned               i;
    const hoop_pattern_t  *pt;

    mt->rc = HOOP_NO;
    mt->start = s->n;

    for (i = 0; i < s->npatterns; i++) {
        pt = s->patterns[i];

        for (k = 0; /* void */ ; k++) {
            k = hoop_pattern_next(s, pt, k);

            if (k >= mt->start) {
                break;
            }

            if (!s->final && s->n - k <= pt->max + HOOP_PATTERN_AROUND) {
                mt->rc = HOOP_MORE;
                mt->start = k;
                break;
            }

            if (hoop_pattern_at(s, pt, k, mt) == HOOP_YES) {
                mt->rc = HOOP_YES;
                break;
            }
        }
    }
}


hoop_scan_e
hoop_detect_pattern(hoop_scan_t *s, hoop_scan_e event)
{
    hoop_pattern_match_t  mt;

    hoop_pattern_find(s, &mt);

    if (mt.rc == HOOP_NO || s->start <= mt.start) {
        return event;
    }

    if (mt.rc == HOOP_YES && s->from < mt.end
        && s->n - mt.start > HOOP_SCAN_HELD)
    {
        s->n = mt.start + HOOP_SCAN_HELD;
        s->final = 0;

        event = hoop_scan_known(s);

        if (event == HOOP_SCAN_CLEAR && s->start < mt.end) {
            mt.event = HOOP_SCAN_OVERLONG;
        }

    } else if (mt.rc == HOOP_MORE
               || (event == HOOP_SCAN_CLEAR && s->start < mt.end))
    {
        s->start = (s->from < mt.start) ? s->from : mt.start;
        return HOOP_SCAN_CLEAR;
    }

    if (event != HOOP_SCAN_CLEAR && event != HOOP_SCAN_JSON
        && s->from < mt.end)
    {
        s->start = mt.start;
        s->end = (s->end < mt.end) ? mt.end : s->end;
        return event;
    }

    (void) hoop_yes(s, mt.start, mt.end, mt.detector);

    return mt.event;
}
