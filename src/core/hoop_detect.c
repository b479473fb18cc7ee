
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The scan: candidates, and who looks at each.  See hoop_detect.h.
 */


#define _GNU_SOURCE    /* memmem() */

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "hoop_detect_impl.h"


#define D   (HOOP_C_DIGIT|HOOP_C_LOCAL|HOOP_C_TOKEN|HOOP_C_CAND|HOOP_C_NAME)
#define H   (HOOP_C_ALPHA|HOOP_C_LOCAL|HOOP_C_HEX|HOOP_C_TOKEN|HOOP_C_NAME)
#define L   (HOOP_C_ALPHA|HOOP_C_LOCAL|HOOP_C_TOKEN|HOOP_C_NAME)
#define N   (HOOP_C_LOCAL|HOOP_C_TOKEN|HOOP_C_NAME)


const u_char  hoop_class[256] = {
    [0 ... 0x20] = HOOP_C_DELIM,
    ['0' ... '9'] = D,
    ['a' ... 'f'] = H, ['g' ... 'z'] = L,
    ['A' ... 'B'] = H|HOOP_C_CAND, ['C' ... 'F'] = H,
    ['G' ... 'I'] = L, ['J'] = L|HOOP_C_CAND, ['K' ... 'Z'] = L,
    ['.'] = N, ['-'] = N, ['_'] = N|HOOP_C_CAND,
    ['%'] = HOOP_C_LOCAL, ['+'] = HOOP_C_LOCAL,
    ['@'] = HOOP_C_CAND, [':'] = HOOP_C_CAND, ['='] = HOOP_C_CAND,
    ['{'] = HOOP_C_CAND|HOOP_C_DELIM,
    [';'] = HOOP_C_CAND|HOOP_C_DELIM, ['<'] = HOOP_C_CAND|HOOP_C_DELIM,
    ['>'] = HOOP_C_CAND|HOOP_C_DELIM, ['?'] = HOOP_C_CAND,
    ['"'] = HOOP_C_DELIM, ['\''] = HOOP_C_DELIM, [','] = HOOP_C_DELIM,
    ['&'] = HOOP_C_DELIM, ['('] = HOOP_C_DELIM, [')'] = HOOP_C_DELIM,
    ['}'] = HOOP_C_DELIM, ['['] = HOOP_C_DELIM, [']'] = HOOP_C_DELIM,
    ['|'] = HOOP_C_DELIM, ['`'] = HOOP_C_DELIM, [0x7f] = HOOP_C_DELIM
};

#undef D
#undef H
#undef L
#undef N


static const char  *hoop_labels[HOOP_DETECT_MAX] = {
    "FIELD", "US_SSN", "CREDIT_CARD", "EMAIL", "AWS_KEY", "GITHUB_TOKEN",
    "STRIPE_KEY", "JWT", "PRIVATE_KEY", "LITERAL", "OVERLONG"
};


const char *
hoop_detect_label(unsigned detector)
{
    return detector < HOOP_DETECT_MAX ? hoop_labels[detector] : "UNKNOWN";
}


int
hoop_detect_by_name(hoop_str_t name)
{
    size_t       k;
    unsigned     i;
    const char  *label;

    for (i = HOOP_DETECT_US_SSN; i <= HOOP_DETECT_PRIVATE_KEY; i++) {
        label = hoop_labels[i];

        if (strlen(label) != name.len) {
            continue;
        }

        for (k = 0; k < name.len; k++) {
            if (name.data[k] != (u_char) (label[k] == '_' ? '_'
                                                          : label[k] | 0x20))
            {
                break;
            }
        }

        if (k == name.len) {
            return (int) i;
        }
    }

    return -1;
}


static int
hoop_candidate(hoop_scan_t *s, size_t i, hoop_scan_e *event)
{
    *event = HOOP_SCAN_TOKEN;

    switch (s->p[i]) {

    case '@':
        return (s->detect & hoop_bit(HOOP_DETECT_EMAIL))
               ? hoop_detect_email(s, i) : HOOP_NO;

    case 'A':
        return (s->detect & hoop_bit(HOOP_DETECT_AWS_KEY))
               ? hoop_detect_aws(s, i) : HOOP_NO;

    case 'B':
        *event = HOOP_SCAN_PEM;
        return (s->detect & hoop_bit(HOOP_DETECT_PRIVATE_KEY))
               ? hoop_detect_pem(s, i) : HOOP_NO;

    case 'J':
        return (s->detect & hoop_bit(HOOP_DETECT_JWT))
               ? hoop_detect_jwt(s, i) : HOOP_NO;

    case '_':
        return hoop_detect_underscore(s, i);

    case ':':
    case '=':
        *event = HOOP_SCAN_VALUE;
        return s->names ? hoop_detect_value(s, i) : HOOP_NO;

    case '{':
        if (!s->json) {
            return HOOP_NO;
        }

        if (i + 1 == s->n) {
            return hoop_more(s, i);
        }

        *event = HOOP_SCAN_JSON;
        (void) hoop_yes(s, i, i, 0);
        return s->p[i + 1] == '"' ? HOOP_EVENT : HOOP_NO;

    case ';':
    case '<':
    case '>':
    case '?':
        return HOOP_NO;
    }

    return hoop_detect_number(s, i);
}


/*
 * The candidates among the sixteen bytes at p as a bit mask.  *digit says on
 * entry and return whether the byte before was a digit: only the first digit
 * of a run is a candidate.
 */

static inline unsigned
hoop_candidates(const u_char *p, size_t n, const u_char *limit,
    unsigned *digit)
{
    unsigned  mask, digits, i;

#ifdef __SSE2__

    __m128i  v, x;

    if (limit - p >= 16) {
        v = _mm_loadu_si128((const __m128i *) p);

        /* 0-9 : ; < = > ? @ A B are neighbours */

        x = _mm_sub_epi8(v, _mm_set1_epi8(0x30));
        digits = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(x,
                                       _mm_set1_epi8(9)), x));
        x = _mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x12)), x);
        x = _mm_or_si128(x, _mm_cmpeq_epi8(v, _mm_set1_epi8('_')));
        x = _mm_or_si128(x, _mm_cmpeq_epi8(v, _mm_set1_epi8('J')));
        x = _mm_or_si128(x, _mm_cmpeq_epi8(v, _mm_set1_epi8('{')));
        mask = _mm_movemask_epi8(x);

        if (n < 16) {
            mask &= (1u << n) - 1;
        }

        mask &= ~(digits & (digits << 1 | *digit));
        *digit = digits >> 15;

        return mask;
    }

#endif

    mask = 0;
    digits = 0;

    for (i = 0; i < n && i < 16; i++) {
        if (hoop_class[p[i]] & (HOOP_C_CAND|HOOP_C_DIGIT)) {
            mask |= 1u << i;

            if (hoop_class[p[i]] & HOOP_C_DIGIT) {
                digits |= 1u << i;
            }
        }
    }

    mask &= ~(digits & (digits << 1 | *digit));
    *digit = digits >> 15;

    return mask;
}


/*
 * The first literal in the window: 1 and [start, end).  *part is where the
 * beginning of one stands at the end of the window, or n.
 */

static int
hoop_literal(const hoop_scan_t *s, size_t *start, size_t *end, size_t *part,
    unsigned *which)
{
    int            found;
    size_t         len, k, from;
    unsigned       i;
    const u_char  *p, *q;

    found = 0;
    *part = s->n;

    for (i = 0; i < s->nliterals; i++) {
        p = s->literals[i].data;
        len = s->literals[i].len;

        if (len > HOOP_SCAN_LITERAL) {
            len = HOOP_SCAN_LITERAL;
        }

        if (len == 0) {
            continue;
        }

        q = memmem(s->p, s->n, p, len);

        if (q && (!found || (size_t) (q - s->p) < *start
                  || ((size_t) (q - s->p) == *start
                      && s->literals[i].len > s->literals[*which].len)))
        {
            found = 1;
            *which = i;
            *start = q - s->p;
            *end = *start + len;
        }

        if (s->final) {
            continue;
        }

        from = (s->n >= len) ? s->n - len + 1 : 0;

        for (k = from; k < s->n && k < *part; k++) {
            if (s->p[k] == p[0] && memcmp(s->p + k, p, s->n - k) == 0) {
                *part = k;
                break;
            }
        }
    }

    /* the longest of those that begin at one place must be known */

    if (found && *part <= *start) {
        found = 0;
    }

    return found;
}


static hoop_scan_e
hoop_clear(hoop_scan_t *s, size_t clear)
{
    size_t  tail;

    s->start = clear;

    if (s->final) {
        return HOOP_SCAN_CLEAR;
    }

    for (tail = s->n;
         tail > 0 && s->n - tail < HOOP_LOCAL_MAX
         && hoop_is(s->p[tail - 1], HOOP_C_LOCAL);
         tail--)
    {
        /* what may become the local part of an address, or any token */
    }

    if (tail < clear) {
        s->start = tail;
    }

    return HOOP_SCAN_CLEAR;
}


/*
 * A literal goes before all others: it parts the text, and what stands before
 * it is judged as if the text ended there.  Where one may have begun at the
 * end of the window, nothing behind that is looked at yet.
 */

hoop_scan_e
hoop_scan(hoop_scan_t *s)
{
    int          rc, literal;
    size_t       i, k, lend, part;
    unsigned     mask, digit, which;
    hoop_scan_e  event;

    k = 0;
    s->nodot = 0;
    which = 0;
    lend = 0;
    literal = 0;

    if (s->nliterals) {
        literal = hoop_literal(s, &k, &lend, &part, &which);

        if (literal) {
            s->n = k;
            s->final = 1;

        } else {
            s->n = part;
        }
    }

    rc = hoop_before(s, 0, 1);
    digit = (rc >= 0 && hoop_is(rc, HOOP_C_DIGIT));

    for (i = 0; i < s->n; i += 16) {

        mask = hoop_candidates(s->p + i, s->n - i, s->limit, &digit);

        while (mask) {
            k = i + __builtin_ctz(mask);
            mask &= mask - 1;

            rc = hoop_candidate(s, k, &event);

            if (rc == HOOP_NO) {
                continue;
            }

            if (rc == HOOP_MORE) {
                return hoop_clear(s, s->start);
            }

            return (rc == HOOP_EVENT) ? event : HOOP_SCAN_MATCH;
        }
    }

    if (!literal) {
        return hoop_clear(s, s->n);
    }

    (void) hoop_yes(s, s->n, lend, HOOP_DETECT_LITERAL);
    s->literal = which;

    return (s->literals[which].len > HOOP_SCAN_LITERAL) ? HOOP_SCAN_PREFIX
                                                        : HOOP_SCAN_MATCH;
}


size_t
hoop_scan_token(const u_char *p, size_t n)
{
    size_t  k;

    for (k = 0; k < n && hoop_is(p[k], HOOP_C_TOKEN); k++) { /* void */ }

    return k;
}


size_t
hoop_scan_word(const u_char *p, size_t n)
{
    size_t  k;

    for (k = 0; k < n && !hoop_is(p[k], HOOP_C_DELIM); k++) { /* void */ }

    return k;
}


int
hoop_scan_pem(u_char c)
{
    return hoop_is(c, HOOP_C_ALNUM) || c == '+' || c == '/' || c == '='
           || c == '\n' || c == '\r' || c == ' ' || c == '\t' || c == '\\'
           || c == '-' || c == ':' || c == ',' || c == '.' || c == '_'
           || c == '(' || c == ')';
}
