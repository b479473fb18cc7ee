
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Telephone numbers that say what they are: E.164 with its plus, and the form
 * "(202) 555-0147" of the North American plan.
 *
 * Digits alone are no evidence, so the country code must be one that is in
 * use, and the length one that its numbers have.  A number ends behind a group
 * of digits: the last one that its country has room for.
 */


#include "hoop_detect_impl.h"


#define HOOP_PHONE_MAX  15

/* groups that end behind 1, 4 and 7 digits: "+1 202 555 0147" */
#define HOOP_PHONE_NANP  (1 << 1 | 1 << 4 | 1 << 7)

/* what stands before an area: the code as it is dialled from abroad */
#define HOOP_PHONE_001   2


/*
 * Lengths of whole numbers by the first two digits of the code, where the code
 * has two; of those with three the shortest are written without separators in
 * nothing that is known to be a telephone number.
 */

static const struct {
    u_char  code;
    u_char  min;
    u_char  max;
} hoop_phones[] = {
    { 20, 10, 12 }, { 27, 11, 11 }, { 30, 12, 12 }, { 31, 11, 11 },
    { 32, 10, 11 }, { 33, 11, 11 }, { 34, 11, 11 }, { 36, 10, 11 },
    { 39, 9, 13 },  { 40, 11, 11 }, { 41, 11, 11 }, { 43, 10, 13 },
    { 44, 11, 13 }, { 45, 10, 10 }, { 46, 9, 12 },  { 47, 10, 10 },
    { 48, 11, 11 }, { 49, 10, 14 }, { 51, 10, 11 }, { 52, 12, 13 },
    { 53, 10, 10 }, { 54, 12, 13 }, { 55, 12, 13 }, { 56, 11, 11 },
    { 57, 10, 12 }, { 58, 12, 12 }, { 60, 10, 12 }, { 61, 11, 11 },
    { 62, 10, 14 }, { 63, 11, 12 }, { 64, 10, 12 }, { 65, 10, 10 },
    { 66, 10, 11 }, { 81, 11, 12 }, { 82, 10, 12 }, { 84, 11, 12 },
    { 86, 12, 13 }, { 90, 12, 12 }, { 91, 12, 12 }, { 92, 11, 12 },
    { 93, 11, 11 }, { 94, 11, 11 }, { 95, 9, 12 },  { 98, 12, 12 }
};

/* the first two digits of the codes that have three */
static const char  hoop_phone_three[] =
    "21 22 23 24 25 26 29 35 37 38 42 50 59 67 68 69 80 85 87 88 96 97 99 ";


/* [2-9]xx, [2-9]xx, neither of which is N11: area and exchange */

static int
hoop_phone_nanp(const u_char *d)
{
    return d[0] >= '2' && d[3] >= '2'
           && !(d[1] == '1' && d[2] == '1')
           && !(d[4] == '1' && d[5] == '1')
           && d[1] != '9';
}


/*
 * An area as it is printed before an exchange.  Of that nothing is asked: made
 * up numbers are written as "555-123-4567".
 */

static int
hoop_phone_printed(const u_char *d)
{
    return d[0] >= '2' && d[1] != '9' && !(d[1] == '1' && d[2] == '1');
}


/* 1: a number of n digits that ends a group; bits: where others do */

static int
hoop_phone_length(const u_char *d, size_t n, unsigned groups)
{
    unsigned  i, code;

    if (d[0] == '1') {
        return n == 11 && (groups == HOOP_PHONE_NANP || hoop_phone_nanp(d + 1));
    }

    if (d[0] == '7') {
        return n == 11 && d[1] >= '3';
    }

    code = (d[0] - '0') * 10 + d[1] - '0';

    for (i = 0; i < sizeof(hoop_phones) / sizeof(hoop_phones[0]); i++) {
        if (hoop_phones[i].code == code) {
            return n >= hoop_phones[i].min && n <= hoop_phones[i].max;
        }
    }

    if (code == 99 && d[2] == '9') {
        return 0;
    }

    for (i = 0; i + 3 < sizeof(hoop_phone_three); i += 3) {
        if (hoop_phone_three[i] == d[0] && hoop_phone_three[i + 1] == d[1]) {
            return n >= (groups ? 8 : 10) && n <= 13;
        }
    }

    return 0;
}


/* 1: a number may end at k; 0: it goes on; -1: not known yet */

static int
hoop_phone_end(const hoop_scan_t *s, size_t k)
{
    if (k == s->n) {
        return s->final ? 1 : -1;
    }

    /* an extension may follow: "x12" */

    return s->p[k] == 'x' || s->p[k] == 'X'
           || (!hoop_is(s->p[k], HOOP_C_ALNUM) && s->p[k] != '_');
}


/*
 * What may stand between two digits, at most two of: separators, and the
 * parentheses of an area code.  Returns the length, which is followed by a
 * digit; 0: nothing of it; -1: cut off.
 */

static int
hoop_phone_between(const hoop_scan_t *s, size_t i, size_t digits, int *open)
{
    int       len, was;
    u_char    c, kind;
    size_t    k;
    unsigned  n;

    k = i;
    was = *open;

    for (n = 0; n < 3; n++) {

        if (k == s->n) {
            return s->final ? 0 : -1;
        }

        c = s->p[k];

        if (hoop_is(c, HOOP_C_DIGIT)) {
            return (int) (k - i);
        }

        if (c == '(' && !*open && digits <= 4) {
            *open = 1;
            k++;
            continue;
        }

        if (c == ')' && *open) {
            *open = 0;
            k++;
            continue;
        }

        len = hoop_detect_separator(s, k, &kind);

        if (len < 0) {
            return -1;
        }

        if (len == 0) {
            break;
        }

        k += len;
    }

    *open = was;

    return 0;
}


/* E.164, the plus at i */

static int
hoop_phone_plus(hoop_scan_t *s, size_t i)
{
    int       c, len, end, open;
    u_char    d[HOOP_PHONE_MAX + 1];
    size_t    k, n, best;
    unsigned  groups;

    c = hoop_before(s, i, 1);

    if (hoop_word_before(s, i) || c == '+' || c == '/' || c == '_') {
        return HOOP_NO;
    }

    if (i + 1 == s->n) {
        return hoop_more(s, i);
    }

    if (s->p[i + 1] < '1' || s->p[i + 1] > '9') {
        return HOOP_NO;
    }

    n = 0;
    best = 0;
    open = 0;
    groups = 0;

    for (k = i + 1; /* void */ ; k += len) {

        /* the "(0)" of "+41 (0)96 471 07 95" is not dialled */

        if (open && k + 1 < s->n && s->p[k] == '0' && s->p[k + 1] == ')') {
            k++;
        }

        for ( /* void */ ; k < s->n && hoop_is(s->p[k], HOOP_C_DIGIT); k++) {

            if (n == HOOP_PHONE_MAX) {
                goto done;
            }

            d[n++] = s->p[k];
        }

        if (k == s->n && !s->final) {
            return hoop_more(s, i);
        }

        if (!open && n >= 8 && hoop_phone_length(d, n, groups)) {
            end = hoop_phone_end(s, k);

            if (end < 0) {
                return hoop_more(s, i);
            }

            if (end) {
                best = k;
            }
        }

        len = hoop_phone_between(s, k, n, &open);

        if (len < 0) {
            return hoop_more(s, i);
        }

        if (len == 0) {
            break;
        }

        groups |= 1 << n;
    }

done:

    return best ? hoop_yes(s, i, best, HOOP_DETECT_PHONE) : HOOP_NO;
}


/* the number of [i, k), if it ends there: neither a word nor a chain goes on */

static int
hoop_phone_yes(hoop_scan_t *s, size_t i, size_t k)
{
    int     end;
    size_t  n;

    end = hoop_phone_end(s, k);

    if (end < 0) {
        return hoop_more(s, i);
    }

    if (k < s->n && (s->p[k] == '-' || s->p[k] == '.')) {

        for (n = 1; n <= 3; n++) {

            if (k + n == s->n) {

                if (!s->final) {
                    return hoop_more(s, i);
                }

                break;
            }

            if (!hoop_is(s->p[k + n], HOOP_C_ALPHA)) {
                break;
            }
        }

        /* a word may follow: "202-555-0147-Office" */

        if (k + n < s->n && n <= 3 && hoop_is(s->p[k + n], HOOP_C_ALNUM)) {
            return HOOP_NO;
        }

        if (n > 1 && (n <= 3 || s->p[k] == '.')) {
            return HOOP_NO;
        }
    }

    return end ? hoop_yes(s, i, k, HOOP_DETECT_PHONE) : HOOP_NO;
}


/* the same for ten digits in their groups, which begin with an area */

static int
hoop_phone_ten(hoop_scan_t *s, size_t i, size_t k, const u_char *d, int begins)
{
    int  ext;

    if (begins == HOOP_PHONE_001 || hoop_phone_printed(d)) {
        return hoop_phone_yes(s, i, k);
    }

    /* no area, but an extension */

    if (k + 1 >= s->n && !s->final) {
        return hoop_more(s, i);
    }

    ext = (k + 1 < s->n && s->p[k] == 'x' && hoop_is(s->p[k + 1], HOOP_C_DIGIT));

    return ext ? hoop_phone_yes(s, i, k) : HOOP_NO;
}


/* 0, 1 if digits at i begin a number, or follow the "1-" of one, or 001 */

static int
hoop_phone_begins(const hoop_scan_t *s, size_t i)
{
    int     c, b;
    size_t  k;

    k = 1;
    c = hoop_before(s, i, 1);

    if ((c == '-' || c == '.') && hoop_before(s, i, 2) == '1') {
        k = 3;
        c = hoop_before(s, i, 3);

        if (c == '0' && hoop_before(s, i, 4) == '0') {
            c = hoop_before(s, i, 5);

            return (c < 0 || (!hoop_is(c, HOOP_C_ALNUM) && c != '-' && c != '.'
                              && c != '_' && c != '/')) ? HOOP_PHONE_001 : 0;
        }
    }

    if (k == 1 && hoop_word_before(s, i)) {
        return 0;
    }

    if (c < 0 || (k == 1 && c != '-' && c != '.' && c != '_' && c != '/')) {
        return 1;
    }

    if (k == 3 && hoop_is(c, HOOP_C_ALNUM)) {
        return 0;
    }

    b = hoop_before(s, i, k + 1);

    return c != '_' && c != '/'
           && !((c == '-' || c == '.') && b >= 0 && hoop_is(b, HOOP_C_ALNUM));
}


/* "(202) 555-0147", the parenthesis at i */

static int
hoop_phone_area(hoop_scan_t *s, size_t i)
{
    int       len;
    u_char    kind, d[10];
    size_t    k;
    unsigned  n;

    if (hoop_word_before(s, i)) {
        return HOOP_NO;
    }

    k = i + 1;

    for (n = 0; n < 10; n++, k++) {

        if (n == 3) {

            if (k == s->n) {
                return hoop_more(s, i);
            }

            if (s->p[k] != ')') {
                return HOOP_NO;
            }

            k++;
        }

        if (n == 3 || n == 6) {
            len = hoop_detect_separator(s, k, &kind);

            if (len < 0) {
                return hoop_more(s, i);
            }

            if (len == 0 && n == 6) {
                return (k == s->n) ? hoop_more(s, i) : HOOP_NO;
            }

            k += len;
        }

        if (k == s->n) {
            return hoop_more(s, i);
        }

        if (!hoop_is(s->p[k], HOOP_C_DIGIT)) {
            return HOOP_NO;
        }

        d[n] = s->p[k];
    }

    return hoop_phone_ten(s, i, k, d, 1);
}


/* "202-555-0147", "202.555.0147", behind "1-" too: the area at i */

static int
hoop_phone_groups(hoop_scan_t *s, size_t i)
{
    int       len, begins;
    u_char    kind, first, d[10];
    size_t    k;
    unsigned  n;

    begins = hoop_phone_begins(s, i);

    if (!begins) {
        return HOOP_NO;
    }

    k = i;
    first = 0;

    for (n = 0; n < 10; n++, k++) {

        if (n == 3 || n == 6) {
            len = hoop_detect_separator(s, k, &kind);

            if (len < 0) {
                return hoop_more(s, i);
            }

            if (len == 0 || kind == ' ' || (first && kind != first)) {
                return HOOP_NO;
            }

            first = kind;
            k += len;
        }

        if (k == s->n) {
            return hoop_more(s, i);
        }

        if (!hoop_is(s->p[k], HOOP_C_DIGIT)) {
            return HOOP_NO;
        }

        d[n] = s->p[k];
    }

    return hoop_phone_ten(s, i, k, d, begins);
}


/*
 * Numbers without the code of their country, which the words before them call
 * a telephone number: of the North American plan, or with the 0 or 00 that is
 * dialled before an area or a country.  Nine to eleven digits of any other
 * kind, and those with the code of a country, are one if they stand next to
 * such a word.
 */

int
hoop_phone_national(const u_char *d, size_t n, const u_char *groups,
    unsigned ngroups, int close)
{
    if (d[0] == '0') {

        if (d[1] == '0') {
            return n >= 11 && n <= HOOP_PHONE_MAX
                   && hoop_phone_length(d + 2, n - 2, ngroups > 1);
        }

        return n >= 9 && n <= 12;
    }

    if (n == 11 && d[0] == '1' && hoop_phone_nanp(d + 1)) {
        return groups[0] == 1 || ngroups == 1;
    }

    if (n == 10 && d[0] >= '2') {

        if (ngroups == 3 && groups[0] == 3 && groups[1] == 3) {
            return hoop_phone_printed(d);
        }

        if (hoop_phone_nanp(d)
            && (ngroups == 1 || (ngroups == 2 && groups[0] % 3 == 0)))
        {
            return 1;
        }
    }

    if (!close || n < 8 || (d[0] == '1' && n != 11)) {
        return 0;
    }

    /* eight are one if they have groups, and are no date and no two years */

    if (n == 8) {
        return ngroups > 1
               && !(groups[0] == 4 && (ngroups > 2
                                       || (memcmp(d, "20", 2) == 0
                                           && memcmp(d + 4, "20", 2) == 0)));
    }

    return n <= 11 || hoop_phone_length(d, n, ngroups > 1);
}


int
hoop_detect_phone(hoop_scan_t *s, size_t i)
{
    switch (s->p[i]) {

    case '+':
        return hoop_phone_plus(s, i);

    case '(':
        return hoop_phone_area(s, i);

    default:
        return hoop_phone_groups(s, i);
    }
}
