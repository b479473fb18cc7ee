
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Values that are known by the words before them (hoop_context.h): nine digits
 * behind "SSN", a national number behind "phone", and on request what has no
 * form of its own at all.
 *
 * A value begins at a letter or digit, or the parenthesis of an area code.
 * First its shape is looked at as far as that is cheap, then the words, and
 * only then all of it; for what is behind it may have to be waited for.
 */


#include "hoop_context.h"
#include "hoop_detect_impl.h"

#if (HOOP_CONTEXT_BACK > HOOP_SCAN_LEFT)
#error the words before a value are not kept
#endif


/* the kinds whose values have no shape to be known by */
#define HOOP_CONTEXT_ASKED                                                    \
    (~(unsigned) (HOOP_CONTEXT_SSN|HOOP_CONTEXT_PHONE|HOOP_CONTEXT_CLOSE))

#define HOOP_NUMBER_DIGITS  17
#define HOOP_NUMBER_GROUPS  6
#define HOOP_NUMBER_GAP     3          /* separators between two groups */

#define HOOP_LICENSE_MAX    20
#define HOOP_MONTH_MAX      10         /* with what ends it */


/* digits, the groups they stand in, and where each of these ends */

typedef struct {
    u_char    d[HOOP_NUMBER_DIGITS + 1];
    u_char    groups[HOOP_NUMBER_GROUPS];
    u_char    kinds[HOOP_NUMBER_GROUPS];   /* of the gap before it */
    size_t    ends[HOOP_NUMBER_GROUPS];
    unsigned  n;
} hoop_number_t;


static const struct {
    unsigned  kind;
    unsigned  detector;
} hoop_context_kinds[] = {
    { HOOP_CONTEXT_SSN, HOOP_DETECT_US_SSN },
    { HOOP_CONTEXT_PHONE, HOOP_DETECT_PHONE },
    { HOOP_CONTEXT_ROUTING, HOOP_DETECT_US_ROUTING },
    { HOOP_CONTEXT_BANK, HOOP_DETECT_US_BANK },
    { HOOP_CONTEXT_PASSPORT, HOOP_DETECT_PASSPORT },
    { HOOP_CONTEXT_LICENSE, HOOP_DETECT_DRIVER_LICENSE },
    { HOOP_CONTEXT_BIRTH, HOOP_DETECT_DATE_OF_BIRTH },
    { HOOP_CONTEXT_NPI, HOOP_DETECT_US_NPI }
};


/* the kinds that are looked for */

static unsigned
hoop_context_wanted(uint64_t detect)
{
    unsigned  i, kinds;

    kinds = HOOP_CONTEXT_CLOSE;

    for (i = 0; i < sizeof(hoop_context_kinds) / sizeof(hoop_context_kinds[0]);
         i++)
    {
        if (detect & hoop_bit(hoop_context_kinds[i].detector)) {
            kinds |= hoop_context_kinds[i].kind;
        }
    }

    return kinds;
}


static size_t
hoop_context_digits(const u_char *p, size_t n)
{
    size_t  d;

    for (d = 0; d < n && d < 16 && (u_char) (p[d] - '0') <= 9; d++) {
        /* void */
    }

    return d;
}


/*
 * 0 if the n bytes at p, the first d of which are two or four digits, are none
 * of "9469 9966", "12 34 56 78", "12 345 678" and "(12) 345678": dates are not.
 */

static int
hoop_context_eight(const u_char *p, size_t n, size_t d)
{
    size_t  k, g;
    u_char  sep;

    sep = p[d];

    if (sep != ' ' && sep != '-' && sep != ')') {
        return 0;
    }

    k = d + 1;
    k += (sep == ')' && k < n && p[k] == ' ');
    g = hoop_context_digits(p + k, n - k);

    if (k + g == n) {
        return 1;
    }

    if (d == 4) {
        return g == 4;
    }

    if (g != 2 || sep == ')') {
        return g == 3 || g == 6 || (g == 4 && sep == ')');
    }

    return p[k + 2] == sep && hoop_context_digits(p + k + 3, n - k - 3) == 2;
}


/*
 * 0 if no social security or telephone number begins with the n bytes at p.
 * The first group of one that is written in two or more has as many digits as
 * these have; four are a year.
 */

static int
hoop_context_shape(const u_char *p, size_t n, unsigned final)
{
    size_t  d;

    d = hoop_context_digits(p, n);

    if (d == n && d < 16) {
        return !final || d >= 9;
    }

    if (d >= 9 && d <= 13) {
        return d <= 11 || p[0] != '1';
    }

    if (p[0] == '0') {
        return d >= 2 && d <= 15 && (p[1] != '0' || d != 3);
    }

    /* an address of IPv4 has dots throughout */

    if (d == 3 && p[3] == '.') {
        return n < 7 || (p[6] != '.' && (u_char) (p[6] - '0') > 9);
    }

    if (d == 2 || d == 4) {
        return hoop_context_eight(p, n, d);
    }

    return d == 3 || ((d == 5 || d == 6) && p[d] != '.')
           || (d == 1 && p[0] == '1' && p[1] != '.');
}


/* 0 if it is one to four digits, to which nothing more is joined: of a time */

static int
hoop_context_begun(const u_char *p, size_t n)
{
    size_t  d;

    d = hoop_context_digits(p, n);

    return d == 0 || d > 4 || d == n
           || (p[d] != ':' && p[d] != '"' && p[d] != ';' && p[d] != '}'
               && p[d] != ']' && p[d] != '=' && p[d] != '&' && p[d] != '>');
}


/* what must not stand before a value: it is a part of something else */

static int
hoop_context_joined(int c, int before)
{
    switch (c) {

    case '-':
    case '.':
    case ',':

        /* "Tel.0211", but no fraction and no chain of numbers */

        return before >= 0 && hoop_is(before, HOOP_C_DIGIT);

    case '/':
        return before >= 0 && (before == '/' || hoop_is(before, HOOP_C_ALPHA));

    case '+':
    case '_':
    case '$':
    case '%':
    case '~':
    case '^':
    case '@':
        return 1;
    }

    return 0;
}


/* the same behind it: 1 it may end at k; 0: it goes on; -1: not known yet */

static int
hoop_context_end(const hoop_scan_t *s, size_t k)
{
    return (k < s->n && s->p[k] == '%') ? 0
           : hoop_word_end(s, k, "-.,", HOOP_C_DIGIT);
}


/* what separates two groups of digits: its length; 0: nothing; -1: cut off */

static int
hoop_number_gap(const hoop_scan_t *s, size_t i, int *open, u_char *kind)
{
    int       len;
    u_char    c, sep;
    size_t    k;
    unsigned  n;

    *kind = 0;
    k = i;

    for (n = 0; n <= HOOP_NUMBER_GAP; n++) {

        if (k == s->n) {
            return s->final ? 0 : -1;
        }

        c = s->p[k];

        if (hoop_is(c, HOOP_C_DIGIT)) {
            return (int) (k - i);
        }

        if (c == ')' && *open) {
            *open = 0;
            k++;
            continue;
        }

        if (c == '/') {
            *kind = '/';
            k++;
            continue;
        }

        len = hoop_detect_separator(s, k, &sep);

        if (len < 0) {
            return -1;
        }

        if (len == 0) {
            return 0;
        }

        *kind = (*kind == 0 || sep != ' ') ? sep : *kind;
        k += len;
    }

    return 0;
}


/* all groups of digits from i on; YES or MORE */

static int
hoop_number_read(const hoop_scan_t *s, size_t i, hoop_number_t *v)
{
    int     len, open;
    u_char  kind;
    size_t  k, d, total;

    open = 0;

    if (s->p[i] == '(') {
        open = 1;
        i++;
    }

    v->n = 0;
    total = 0;
    kind = 0;

    for (k = i; v->n < HOOP_NUMBER_GROUPS; k += len) {

        for (d = 0; k + d < s->n && total + d <= HOOP_NUMBER_DIGITS; d++) {

            if (!hoop_is(s->p[k + d], HOOP_C_DIGIT)) {
                break;
            }

            v->d[total + d] = s->p[k + d];
        }

        if (k + d == s->n && !s->final) {
            return HOOP_MORE;
        }

        if (d == 0 || total + d > HOOP_NUMBER_DIGITS) {
            break;
        }

        k += d;
        total += d;

        v->groups[v->n] = (u_char) d;
        v->kinds[v->n] = kind;
        v->ends[v->n++] = k;

        len = hoop_number_gap(s, k, &open, &kind);

        if (len < 0) {
            return HOOP_MORE;
        }

        if (len == 0) {
            break;
        }
    }

    return HOOP_YES;
}


/* nine digits together, or in the groups of a number with any separators */

static size_t
hoop_context_ssn(const hoop_number_t *v)
{
    const u_char  *g;

    g = v->groups;

    if (v->n >= 3 && g[0] == 3 && g[1] == 2 && g[2] == 4) {
        return hoop_detect_ssn(v->d) ? 3 : 0;
    }

    if (v->n >= 2 && ((g[0] == 3 && g[1] == 6) || (g[0] == 5 && g[1] == 4))) {
        return hoop_detect_ssn(v->d) ? 2 : 0;
    }

    return (v->n && g[0] == 9 && hoop_detect_ssn(v->d)) ? 1 : 0;
}


/* as many groups as a national number has; 0: it is none */

static size_t
hoop_context_phone(const hoop_number_t *v, int close)
{
    size_t    total, best;
    unsigned  i;

    total = 0;
    best = 0;

    /* a date, maybe with its time */

    if (v->n >= 3 && v->groups[0] <= 2 && v->groups[1] <= 2
        && v->groups[2] == 4)
    {
        return 0;
    }

    for (i = 0; i < v->n; i++) {

        /* a fraction, or a list; a single digit is the "1-" or "0-" before */

        if (i && ((v->kinds[i] == '.' && v->kinds[1] != '.')
                  || (v->groups[i - 1] < 2 && i > 1)))
        {
            break;
        }

        total += v->groups[i];

        /* an extension may be one digit: "901820-0" */

        if ((v->groups[i] >= 2
             || (i && v->d[0] == '0' && v->kinds[i] == '-'))
            && hoop_phone_national(v->d, total, v->groups, i + 1, close))
        {
            best = i + 1;
        }
    }

    return best;
}


/* weights 3, 7, 1, and the first two digits of one that is in use */

static size_t
hoop_context_routing(const hoop_number_t *v)
{
    unsigned       i, sum, first;
    const u_char  *d;

    static const u_char  weights[3] = { 3, 7, 1 };

    d = v->d;

    if (v->n == 0 || v->groups[0] != 9) {
        return 0;
    }

    sum = 0;

    for (i = 0; i < 9; i++) {
        sum += (unsigned) (d[i] - '0') * weights[i % 3];
    }

    first = (d[0] - '0') * 10 + d[1] - '0';

    return sum % 10 == 0 && sum
           && (first <= 12 || (first >= 21 && first <= 32)
               || (first >= 61 && first <= 72) || first == 80);
}


/* 6 to 17 digits, in groups of three at least by spaces or hyphens */

static size_t
hoop_context_bank(const hoop_number_t *v)
{
    size_t    total, best;
    unsigned  i;

    total = 0;
    best = 0;

    for (i = 0; i < v->n; i++) {

        if (v->groups[i] < 3
            || (i && v->kinds[i] != ' ' && v->kinds[i] != '-'))
        {
            break;
        }

        total += v->groups[i];
        best = (total >= 6) ? i + 1 : 0;
    }

    return best;
}


/* ten digits; the check digit is that of a card number behind 80840 */

static size_t
hoop_context_npi(const hoop_number_t *v)
{
    u_char  d[15];

    if (v->n == 0 || v->groups[0] != 10 || (v->d[0] != '1' && v->d[0] != '2')) {
        return 0;
    }

    memcpy(d, "80840", 5);
    memcpy(d + 5, v->d, 10);

    return hoop_detect_luhn(d, sizeof(d)) ? 1 : 0;
}


/* the end of a number of digits that the kinds allow, the longest one */

static int
hoop_context_number(hoop_scan_t *s, size_t i, unsigned kinds)
{
    int            end;
    size_t         n;
    unsigned       k;
    hoop_number_t  v;

    static const struct {
        unsigned  kind;
        unsigned  detector;
    } order[] = {
        { HOOP_CONTEXT_SSN, HOOP_DETECT_US_SSN },
        { HOOP_CONTEXT_ROUTING, HOOP_DETECT_US_ROUTING },
        { HOOP_CONTEXT_NPI, HOOP_DETECT_US_NPI },
        { HOOP_CONTEXT_PHONE, HOOP_DETECT_PHONE },
        { HOOP_CONTEXT_BANK, HOOP_DETECT_US_BANK }
    };

    if (hoop_number_read(s, i, &v) == HOOP_MORE) {
        return hoop_more(s, i);
    }

    for (k = 0; k < sizeof(order) / sizeof(order[0]); k++) {

        switch (kinds & order[k].kind) {

        case HOOP_CONTEXT_SSN:
            n = hoop_context_ssn(&v);
            break;

        case HOOP_CONTEXT_PHONE:
            n = hoop_context_phone(&v, (kinds & HOOP_CONTEXT_CLOSE) != 0);
            break;

        case HOOP_CONTEXT_ROUTING:
            n = hoop_context_routing(&v);
            break;

        case HOOP_CONTEXT_NPI:
            n = hoop_context_npi(&v);
            break;

        case HOOP_CONTEXT_BANK:
            n = hoop_context_bank(&v);
            break;

        default:
            n = 0;
        }

        /* of "(2125550198)" the number alone, which comes next */

        if (n == 0 || (n == 1 && s->p[i] == '(')) {
            continue;
        }

        end = hoop_context_end(s, v.ends[n - 1]);

        if (end < 0) {
            return hoop_more(s, i);
        }

        if (end) {
            return hoop_yes(s, i, v.ends[n - 1], order[k].detector);
        }
    }

    return HOOP_NO;
}


/*
 * Letters, digits and hyphens at i, the first capitals or digits: their number,
 * or HOOP_LICENSE_MAX + 1 for more.
 */

static size_t
hoop_context_token(const hoop_scan_t *s, size_t i, unsigned *digits,
    unsigned *others)
{
    u_char  c;
    size_t  n;

    *digits = 0;
    *others = 0;

    for (n = 0; i + n < s->n && n <= HOOP_LICENSE_MAX; n++) {
        c = s->p[i + n];

        if (hoop_is(c, HOOP_C_DIGIT)) {
            (*digits)++;

        } else if (c != '-' && (c < 'A' || c > 'Z')) {
            break;

        } else {
            *others += (c != '-' && *digits);
        }
    }

    return n;
}


/* passports: up to two letters and digits, 7 to 9; licences: less is known */

static int
hoop_context_document(hoop_scan_t *s, size_t i, unsigned kinds)
{
    int       end;
    size_t    n;
    unsigned  digits, others;

    n = hoop_context_token(s, i, &digits, &others);

    if (i + n == s->n && n <= HOOP_LICENSE_MAX && !s->final) {
        return hoop_more(s, i);
    }

    end = hoop_context_end(s, i + n);

    if (end < 0) {
        return hoop_more(s, i);
    }

    if (!end || n > HOOP_LICENSE_MAX || s->p[i + n - (n > 0)] == '-') {
        return HOOP_NO;
    }

    if ((kinds & HOOP_CONTEXT_PASSPORT) && others == 0 && n <= 9
        && digits >= 6 && n - digits <= 2)
    {
        return hoop_yes(s, i, i + n, HOOP_DETECT_PASSPORT);
    }

    if ((kinds & HOOP_CONTEXT_LICENSE) && digits >= 5) {
        return hoop_yes(s, i, i + n, HOOP_DETECT_DRIVER_LICENSE);
    }

    return HOOP_NO;
}


/* the name of a month, in full or its first three letters, at p; its length */

static size_t
hoop_context_month(const u_char *p, size_t n)
{
    size_t    k;
    unsigned  i;

    static const char  *months[] = {
        "january", "february", "march", "april", "may", "june", "july",
        "august", "september", "october", "november", "december"
    };

    for (i = 0; i < 12; i++) {

        for (k = 0; k < n && months[i][k]; k++) {
            if (hoop_lower(p[k]) != (u_char) months[i][k]) {
                break;
            }
        }

        if (k >= 3 && (k == n || !hoop_is(p[k], HOOP_C_ALNUM))) {
            return k;
        }
    }

    return 0;
}


/* no date goes on at k: unless a name of a month may be cut off there */

static int
hoop_context_undated(hoop_scan_t *s, size_t i, size_t k)
{
    return (s->n - k < HOOP_MONTH_MAX && !s->final) ? hoop_more(s, i) : HOOP_NO;
}


/*
 * A date: three parts, one of which may be a month, the others digits, with one
 * of "/-. " between two and the comma of "March 3, 1980".
 */

static int
hoop_context_date(hoop_scan_t *s, size_t i)
{
    int       end;
    size_t    k, n, d;
    unsigned  part, years, days, months;

    k = i;
    years = 0;
    days = 0;
    months = 0;

    for (part = 0; part < 3; part++) {

        n = s->n - k;

        if (part) {

            if (n && s->p[k] == ',') {
                k++;
                n--;
            }

            if (n == 0 || (s->p[k] != '/' && s->p[k] != '-'
                           && s->p[k] != '.' && s->p[k] != ' '))
            {
                return hoop_context_undated(s, i, k);
            }

            k++;
            n--;

            if (n && s->p[k] == ' ') {
                k++;
                n--;
            }
        }

        for (d = 0; d < n && d < 5 && hoop_is(s->p[k + d], HOOP_C_DIGIT); d++) {
            /* void */
        }

        if (d == 0) {
            d = hoop_context_month(s->p + k, n);

            if (d == 0) {
                return hoop_context_undated(s, i, k);
            }

            months++;
            k += d;
            continue;
        }

        years += (d == 4);
        days += (d <= 2);
        k += d;

        if (n - d < 2 && !s->final) {
            return hoop_more(s, i);
        }

        if (d <= 2 && n - d >= 2
            && (memcmp(s->p + k, "st", 2) == 0 || memcmp(s->p + k, "nd", 2) == 0
                || memcmp(s->p + k, "rd", 2) == 0
                || memcmp(s->p + k, "th", 2) == 0))
        {
            k += 2;
        }
    }

    if (years > 1 || months > 1 || years + days + months != 3) {
        return HOOP_NO;
    }

    end = hoop_context_end(s, k);

    if (end < 0) {
        return hoop_more(s, i);
    }

    return end ? hoop_yes(s, i, k, HOOP_DETECT_DATE_OF_BIRTH) : HOOP_NO;
}


/* the words before i: hoop_context() of the bytes that are kept */

static unsigned
hoop_context_before(const hoop_scan_t *s, size_t i)
{
    size_t  n, left, name;
    u_char  text[HOOP_CONTEXT_BACK];

    static const char  phone[] = "phone ";

    if (i >= HOOP_CONTEXT_BACK) {
        return hoop_context(s->p + i, HOOP_CONTEXT_BACK);
    }

    n = i + s->nleft;
    n = (n > HOOP_CONTEXT_BACK) ? HOOP_CONTEXT_BACK : n;
    left = n - i;

    /* the name is as a word before the text, where that is near enough */

    name = (s->phone && n + sizeof(phone) - 1 < sizeof(text))
           ? sizeof(phone) - 1 : 0;

    if (left == 0 && name == 0) {
        return hoop_context(s->p + i, n);
    }

    memcpy(text, phone, name);

    if (left) {
        memcpy(text + name, s->left + s->nleft - left, left);
    }

    memcpy(text + name + left, s->p, i);

    return hoop_context(text + name + n, name + n);
}


/* what stands at i, if the words before it are of these kinds */

static int
hoop_context_value(hoop_scan_t *s, size_t i, unsigned kinds)
{
    int     rc;
    size_t  k;

    k = i + (s->p[i] == '(');

    if (k == s->n) {
        return hoop_more(s, i);
    }

    rc = HOOP_NO;

    if (kinds & HOOP_CONTEXT_BIRTH) {
        rc = hoop_context_date(s, i);
    }

    if (rc == HOOP_NO && hoop_is(s->p[k], HOOP_C_DIGIT)
        && (kinds & (HOOP_CONTEXT_SSN|HOOP_CONTEXT_PHONE
                     |HOOP_CONTEXT_ROUTING|HOOP_CONTEXT_BANK
                     |HOOP_CONTEXT_NPI)))
    {
        rc = hoop_context_number(s, i, kinds);
    }

    if (rc == HOOP_NO
        && (kinds & (HOOP_CONTEXT_PASSPORT|HOOP_CONTEXT_LICENSE)))
    {
        rc = hoop_context_document(s, i, kinds);
    }

    return rc;
}


/*
 * Reading words is dear: what has no shape must first be what may be one by any
 * of them.
 */

int
hoop_detect_context(hoop_scan_t *s, size_t i)
{
    size_t    k;
    unsigned  wanted, kinds;

    wanted = hoop_context_wanted(s->detect);
    k = i + (s->p[i] == '(');

    if (!(wanted & HOOP_CONTEXT_ASKED)
        && !hoop_context_shape(s->p + k, s->n - k, s->final))
    {
        return HOOP_NO;
    }

    if (hoop_word_before(s, i)
        || hoop_context_joined(hoop_before(s, i, 1), hoop_before(s, i, 2)))
    {
        return HOOP_NO;
    }

    if ((wanted & HOOP_CONTEXT_ASKED)
        && hoop_context_value(s, i, wanted) == HOOP_NO)
    {
        return HOOP_NO;
    }

    kinds = wanted & hoop_context_before(s, i);

    return (kinds & ~HOOP_CONTEXT_CLOSE) ? hoop_context_value(s, i, kinds)
                                         : HOOP_NO;
}


int
hoop_context_may(uint64_t detect, const u_char *p, size_t n, size_t i)
{
    size_t    k;
    unsigned  kinds;

    kinds = hoop_context_wanted(detect);

    if (kinds & HOOP_CONTEXT_ASKED) {

        if (!hoop_context_begun(p + i, n - i)) {
            return 0;
        }

    } else if (!hoop_context_shape(p + i, n - i, 0)) {
        return 0;
    }

    /* a quote stands before what the string begins with */

    if (p[i - 1] == '"' || hoop_context_joined(p[i - 1], p[i - 2])) {
        return 0;
    }

    if (hoop_is(p[i - 1], HOOP_C_ALNUM) && p[i - 2] != '\\') {
        return 0;
    }

    /* back to the quote, or a line feed; other escapes are not read here */

    for (k = 0; k < HOOP_CONTEXT_BACK && p[i - k - 1] != '"'; k++) {

        if (p[i - k - 1] == '\\') {

            if (k == 0 || (p[i - k] != 'n' && p[i - k] != 'r')) {
                return 1;
            }

            k--;
            break;
        }
    }

    kinds &= hoop_context(p + i, k);

    return (kinds & ~HOOP_CONTEXT_CLOSE) != 0;
}
