
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Cards and social security numbers.
 */


#include "hoop_detect_impl.h"


#define HOOP_CARD_ZEROS  4             /* behind a decimal point */


int
hoop_detect_luhn(const u_char *digits, size_t n)
{
    size_t    i;
    unsigned  d, sum;

    sum = 0;

    for (i = 0; i < n; i++) {
        d = digits[n - 1 - i] - '0';

        if (i & 1) {
            d *= 2;
            d -= (d > 9) ? 9 : 0;
        }

        sum += d;
    }

    return sum % 10 == 0;
}


/*
 * A card has an issuer's number, a length of that issuer, and a check digit.
 * Maestro's range of 50 and 56-69 also holds one product code in ten: of less
 * than sixteen digits only the numbers that its issuers use are taken.
 */

static const struct {
    uint32_t  first;
    uint32_t  last;
    u_char    digits;
    u_char    min;
    u_char    max;
} hoop_iin[] = {
    { 51, 55, 2, 16, 16 },             /* Mastercard */
    { 2221, 2720, 4, 16, 16 },
    { 34, 34, 2, 15, 15 },             /* American Express */
    { 37, 37, 2, 15, 15 },
    { 6011, 6011, 4, 16, 19 },         /* Discover */
    { 644, 649, 3, 16, 19 },
    { 65, 65, 2, 16, 19 },
    { 300, 305, 3, 14, 19 },           /* Diners Club */
    { 3095, 3095, 4, 14, 19 },
    { 36, 36, 2, 14, 19 },
    { 38, 39, 2, 14, 19 },
    { 35, 35, 2, 16, 19 },             /* JCB */
    { 1800, 1800, 4, 15, 15 },
    { 2131, 2131, 4, 15, 15 },
    { 62, 62, 2, 16, 19 },             /* UnionPay */
    { 81, 81, 2, 16, 19 },
    { 2200, 2204, 4, 16, 19 },         /* Mir */
    { 50, 50, 2, 16, 19 },             /* Maestro, Dankort */
    { 56, 58, 2, 16, 19 },
    { 67, 67, 2, 16, 19 },
    { 5018, 5018, 4, 12, 19 },
    { 5020, 5020, 4, 12, 19 },
    { 5038, 5038, 4, 12, 19 },
    { 5893, 5893, 4, 12, 19 },
    { 6304, 6304, 4, 12, 19 },
    { 6759, 6759, 4, 12, 19 },
    { 6761, 6763, 4, 12, 19 }
};


int
hoop_detect_card(const u_char *digits, size_t n)
{
    size_t    i, k;
    uint32_t  v;

    if (n < 12 || n > 19) {
        return 0;
    }

    if (digits[0] == '4') {
        return (n == 13 || n == 16 || n == 19) && hoop_detect_luhn(digits, n);
    }

    for (i = 0; i < sizeof(hoop_iin) / sizeof(hoop_iin[0]); i++) {

        v = 0;

        for (k = 0; k < hoop_iin[i].digits; k++) {
            v = v * 10 + (digits[k] - '0');
        }

        if (v >= hoop_iin[i].first && v <= hoop_iin[i].last
            && n >= hoop_iin[i].min && n <= hoop_iin[i].max)
        {
            return hoop_detect_luhn(digits, n);
        }
    }

    return 0;
}


/* nine digits, from the ranges that were ever issued */

int
hoop_detect_ssn(const u_char *d)
{
    if (d[0] == '9'
        || (d[0] == '0' && d[1] == '0' && d[2] == '0')
        || (d[0] == '6' && d[1] == '6' && d[2] == '6'))
    {
        return 0;
    }

    if (d[3] == '0' && d[4] == '0') {
        return 0;
    }

    return !(d[5] == '0' && d[6] == '0' && d[7] == '0' && d[8] == '0');
}


int
hoop_detect_separator(const hoop_scan_t *s, size_t i, u_char *kind)
{
    size_t         n;
    const u_char  *p;

    p = s->p + i;
    n = s->n - i;

    if (n == 0) {
        return s->final ? 0 : -1;
    }

    switch (p[0]) {

    case ' ':
    case '-':
    case '.':
        *kind = p[0];
        return 1;

    case 0xa0:
    case 0x96:
    case 0x97:
    case 0xad:

        /* behind a digit it is no UTF-8, but a charset of single bytes */

        *kind = (p[0] == 0xa0) ? ' ' : '-';
        return 1;

    case 0xc2:
        if (n < 2) {
            return s->final ? 0 : -1;
        }

        *kind = ' ';
        return (p[1] == 0xa0) ? 2 : 0;

    case 0xe2:
        if (n < 3) {
            return s->final ? 0 : -1;
        }

        if (p[1] == 0x80 && (p[2] == 0xaf || (p[2] >= 0x80 && p[2] <= 0x8a))) {
            *kind = ' ';
            return 3;
        }

        *kind = '-';

        if ((p[1] == 0x80 && p[2] >= 0x90 && p[2] <= 0x95)
            || (p[1] == 0x88 && p[2] == 0x92))
        {
            return 3;
        }
    }

    return 0;
}


/* number of digits at i, at most max + 1 */

static inline size_t
hoop_digits(const hoop_scan_t *s, size_t i, size_t max)
{
    size_t  n;

    for (n = 0; i + n < s->n && n <= max; n++) {
        if ((u_char) (s->p[i + n] - '0') > 9) {
            break;
        }
    }

    return n;
}


static int
hoop_ssn(hoop_scan_t *s, size_t i)
{
    int            len, c;
    size_t         k, n, part;
    u_char         sep, first, digits[9];

    static const u_char  want[3] = { 3, 2, 4 };

    /* not inside a word, a fraction, or a longer chain of numbers */

    if (hoop_word_before(s, i)) {
        return HOOP_NO;
    }

    c = hoop_before(s, i, 1);

    if ((c == '-' || c == '.') && i + s->nleft >= 2
        && hoop_is(hoop_before(s, i, 2), HOOP_C_ALNUM))
    {
        return HOOP_NO;
    }

    k = i;
    n = 0;
    first = 0;

    for (part = 0; part < 3; part++) {

        if (part) {
            len = hoop_detect_separator(s, k, &sep);

            if (len <= 0) {
                return len < 0 ? hoop_more(s, i) : HOOP_NO;
            }

            if (part == 1) {
                first = sep;

            } else if (sep != first) {
                return HOOP_NO;
            }

            k += len;
        }

        c = (int) hoop_digits(s, k, want[part]);

        if (c != want[part]) {
            return (c < want[part] && k + c == s->n) ? hoop_more(s, i)
                                                      : HOOP_NO;
        }

        memcpy(digits + n, s->p + k, c);
        n += c;
        k += c;
    }

    if (!hoop_detect_ssn(digits)) {
        return HOOP_NO;
    }

    if (k == s->n) {
        return s->final ? hoop_yes(s, i, k, HOOP_DETECT_US_SSN)
                        : hoop_more(s, i);
    }

    if (hoop_is(s->p[k], HOOP_C_ALNUM)) {
        return HOOP_NO;
    }

    if (s->p[k] == '-' || s->p[k] == '.') {

        if (k + 1 == s->n && !s->final) {
            return hoop_more(s, i);
        }

        if (k + 1 < s->n && hoop_is(s->p[k + 1], HOOP_C_DIGIT)) {
            return HOOP_NO;
        }
    }

    return hoop_yes(s, i, k, HOOP_DETECT_US_SSN);
}


/* groups as they are printed on cards */

static int
hoop_card_layout(const u_char *g, unsigned n)
{
    unsigned  i;

    if (n == 1) {
        return 1;
    }

    if (n == 2) {
        return g[0] == 8 && g[1] == 8;
    }

    if (n == 3) {
        return g[0] == 4 && g[1] == 6 && (g[2] == 5 || g[2] == 4);
    }

    for (i = 0; i + 1 < n; i++) {
        if (g[i] != 4) {
            return 0;
        }
    }

    return g[n - 1] <= 4;
}


/* 1: a number may end at k; 0: it goes on; -1: not known yet */

static int
hoop_card_end(const hoop_scan_t *s, size_t k)
{
    size_t  d;

    if (k == s->n) {
        return s->final ? 1 : -1;
    }

    if (hoop_is(s->p[k], HOOP_C_DIGIT|HOOP_C_HEX)) {
        return 0;
    }

    if (s->p[k] == '.') {

        /* 4111111111111111.00 is the same number */

        for (d = k + 1; d < s->n && d - k <= HOOP_CARD_ZEROS; d++) {
            if (s->p[d] != '0') {
                return !hoop_is(s->p[d], HOOP_C_DIGIT);
            }
        }

        return (d < s->n) ? 0 : s->final ? 1 : -1;
    }

    return 1;
}


static int
hoop_card(hoop_scan_t *s, size_t i)
{
    int       c, len, end;
    size_t    k, d, total, best;
    u_char    sep, first, g[6], digits[24];
    unsigned  n;

    /* neither in a hex string nor a fraction nor the tail of an id */

    c = hoop_before(s, i, 1);

    if (c >= 0) {
        if (hoop_is(c, HOOP_C_HEX)) {
            return HOOP_NO;
        }

        if ((c == '.' || c == '-') && i + s->nleft >= 2
            && hoop_is(hoop_before(s, i, 2),
                       c == '.' ? HOOP_C_DIGIT : HOOP_C_ALNUM))
        {
            return HOOP_NO;
        }
    }

    k = i;
    best = 0;
    total = 0;
    first = 0;

    for (n = 0; n < 6; /* void */ ) {

        d = hoop_digits(s, k, 19);

        if (total + d > 19) {
            break;
        }

        if (k + d == s->n && !s->final) {
            return hoop_more(s, i);
        }

        if (d == 0) {
            break;
        }

        memcpy(digits + total, s->p + k, d);

        g[n++] = (u_char) d;
        total += d;
        k += d;

        if (total >= 12 && hoop_card_layout(g, n)
            && hoop_detect_card(digits, total))
        {
            end = hoop_card_end(s, k);

            if (end < 0) {
                return hoop_more(s, i);
            }

            if (end) {
                best = k;
            }
        }

        /* 4, 8: a group; 6: the middle of three; else it is the last one */

        if (total >= 19 || (d != 4 && d != 6 && d != 8)) {
            break;
        }

        len = hoop_detect_separator(s, k, &sep);

        if (len < 0) {
            return hoop_more(s, i);
        }

        if (len == 0 || sep == '.' || (n > 1 && sep != first)) {
            break;
        }

        first = sep;
        k += len;
    }

    return best ? hoop_yes(s, i, best, HOOP_DETECT_CREDIT_CARD) : HOOP_NO;
}


int
hoop_detect_number(hoop_scan_t *s, size_t i)
{
    int     rc;
    u_char  c;
    size_t  d;

    d = hoop_digits(s, i, 19);

    if (i + d == s->n && !s->final && d <= 19) {
        return hoop_more(s, i);
    }

    if (d == 3) {
        rc = (s->detect & hoop_bit(HOOP_DETECT_US_SSN)) ? hoop_ssn(s, i)
                                                       : HOOP_NO;

        return (rc == HOOP_NO && (s->detect & hoop_bit(HOOP_DETECT_PHONE)))
               ? hoop_detect_phone(s, i) : rc;
    }

    if (d != 4 && d != 8 && (d < 12 || d > 19)) {
        return HOOP_NO;
    }

    if (!(s->detect & hoop_bit(HOOP_DETECT_CREDIT_CARD))) {
        return HOOP_NO;
    }

    /* a year, a part of a date: the next group has four digits at least */

    if (d < 12 && i + d < s->n) {
        c = s->p[i + d];

        if (c != ' ' && c != '-' && c < 0x80) {
            return HOOP_NO;
        }

        if (c < 0x80 && i + d + 4 < s->n
            && (u_char) (s->p[i + d + 4] - '0') > 9)
        {
            return HOOP_NO;
        }
    }

    return hoop_card(s, i);
}
