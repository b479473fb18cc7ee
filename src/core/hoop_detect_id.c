
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Ids that a state gives to people and companies.  Each has a layout, as it is
 * written, and a check; without a separator or a letter in it a number is no
 * evidence, for check digits of one in ten or eleven say little.
 *
 * A layout is a byte for each byte: 'd' a digit, 'A' a capital, 'x' either,
 * ' ' a separator, which is the same throughout, 's' the same and a dot may be
 * one too; any other byte stands for itself.
 */


#include "hoop_detect_impl.h"


#define HOOP_ID_MAX  14


static unsigned
hoop_id_sum(const u_char *d, const char *weights, size_t n)
{
    size_t    i;
    unsigned  sum;

    sum = 0;

    for (i = 0; i < n; i++) {
        sum += (unsigned) (d[i] - '0') * (unsigned) (weights[i] - 'a');
    }

    return sum;
}


/* 9xx, and a group in the ranges of 50-65, 70-88, 90-92 and 94-99 */

static int
hoop_id_itin(const u_char *d, size_t n)
{
    unsigned  group;

    group = (d[3] - '0') * 10 + d[4] - '0';

    return d[0] == '9'
           && ((group >= 50 && group <= 65) || (group >= 70 && group <= 88)
               || (group >= 90 && group <= 92) || group >= 94);
}


/* weights are letters, of which 'a' is none: 10 down to 2 */

static int
hoop_id_nhs(const u_char *d, size_t n)
{
    unsigned  check;

    check = 11 - hoop_id_sum(d, "kjihgfedc", 9) % 11;

    return check % 11 == (unsigned) (d[9] - '0') && check != 10;
}


static int
hoop_id_nino(const u_char *d, size_t n)
{
    unsigned  i;

    static const char  *never[] = { "BG", "GB", "NK", "KN", "NT", "TN", "ZZ" };

    if (strchr("DFIQUV", d[0]) || strchr("DFIQUVO", d[1]) || d[8] > 'D') {
        return 0;
    }

    for (i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        if (memcmp(d, never[i], 2) == 0) {
            return 0;
        }
    }

    return 1;
}


static int
hoop_id_sin(const u_char *d, size_t n)
{
    return d[0] != '0' && d[0] != '8' && hoop_detect_luhn(d, n);
}


/* 1, 4, 3, 7, 5, 8, 6, 9, 10 */

static int
hoop_id_tfn(const u_char *d, size_t n)
{
    return hoop_id_sum(d, "bedhfigjk", 9) % 11 == 0;
}


/* 10, 1, 3, 5, ... 19, with the first digit less one */

static int
hoop_id_abn(const u_char *d, size_t n)
{
    return d[0] != '0'
           && (hoop_id_sum(d, "kbdfhjlnprt", 11) + 89 - 10) % 89 == 0;
}


/* 1, 3, 7, 9, 1, 3, 7, 9; the digit behind it is the issue */

static int
hoop_id_medicare(const u_char *d, size_t n)
{
    return d[0] >= '2' && d[0] <= '6' && d[9] != '0'
           && hoop_id_sum(d, "bdhjbdhj", 8) % 10 == (unsigned) (d[8] - '0');
}


/* Verhoeff: the tables follow from the dihedral group of ten */

static unsigned
hoop_id_dihedral(unsigned a, unsigned b)
{
    if (a < 5) {
        return b < 5 ? (a + b) % 5 : 5 + (a + b - 5) % 5;
    }

    return b < 5 ? 5 + (a - 5 + 5 - b) % 5 : (a - b + 5) % 5;
}


static int
hoop_id_aadhaar(const u_char *d, size_t n)
{
    size_t    i, k;
    unsigned  sum, v;

    static const u_char  turn[10] = { 1, 5, 7, 6, 2, 8, 3, 0, 9, 4 };

    if (d[0] < '2') {
        return 0;
    }

    /* no palindrome is given out */

    for (i = 0; i < n / 2 && d[i] == d[n - 1 - i]; i++) { /* void */ }

    if (i == n / 2) {
        return 0;
    }

    sum = 0;

    for (i = 0; i < n; i++) {
        v = d[n - 1 - i] - '0';

        for (k = 0; k < i % 8; k++) {
            v = turn[v];
        }

        sum = hoop_id_dihedral(sum, v);
    }

    return sum == 0;
}


/* the fourth letter is what the holder is */

static int
hoop_id_pan(const u_char *d, size_t n)
{
    return strchr("ABCEFGHJLPT", d[3]) != NULL
           && !(d[5] == '0' && d[6] == '0' && d[7] == '0' && d[8] == '0');
}


/*
 * Two check digits, each over all before it, by weights 2, 3, ... from the
 * right, which begin anew behind "last"; a capital counts as its code less
 * that of '0'.  Not all digits are the same.
 */

static int
hoop_id_brazil(const u_char *d, size_t n, unsigned last)
{
    size_t    i, k;
    unsigned  sum, weight;

    for (i = 1; i < n && d[i] == d[0]; i++) { /* void */ }

    if (i == n) {
        return 0;
    }

    for (k = n - 2; k < n; k++) {
        sum = 0;
        weight = 2;

        for (i = k; i-- > 0; /* void */ ) {
            sum += (unsigned) (d[i] - '0') * weight;
            weight = (weight == last) ? 2 : weight + 1;
        }

        sum %= 11;

        if ((unsigned) (d[k] - '0') != (sum < 2 ? 0 : 11 - sum)) {
            return 0;
        }
    }

    return 1;
}


static int
hoop_id_cpf(const u_char *d, size_t n)
{
    return hoop_id_brazil(d, n, 11);
}


static int
hoop_id_cnpj(const u_char *d, size_t n)
{
    return hoop_id_brazil(d, n, 9);
}


/* begins with 1-9, and has no letter that may be taken for a digit */

static int
hoop_id_mbi(const u_char *d, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (strchr("SLOIBZ", d[i])) {
            return 0;
        }
    }

    return d[0] != '0';
}


static const struct {
    unsigned     detector;
    const char  *layout;
    int        (*check)(const u_char *d, size_t n);
} hoop_ids[] = {
    { HOOP_DETECT_US_ITIN, "dddsddsdddd", hoop_id_itin },
    { HOOP_DETECT_UK_NHS, "ddd ddd dddd", hoop_id_nhs },
    { HOOP_DETECT_UK_NINO, "AAddddddA", hoop_id_nino },
    { HOOP_DETECT_UK_NINO, "AA dd dd dd A", hoop_id_nino },
    { HOOP_DETECT_CA_SIN, "ddd ddd ddd", hoop_id_sin },
    { HOOP_DETECT_AU_TFN, "ddd ddd ddd", hoop_id_tfn },
    { HOOP_DETECT_AU_ABN, "dd ddd ddd ddd", hoop_id_abn },
    { HOOP_DETECT_AU_MEDICARE, "dddd ddddd d", hoop_id_medicare },
    { HOOP_DETECT_IN_AADHAAR, "dddd dddd dddd", hoop_id_aadhaar },
    { HOOP_DETECT_IN_PAN, "AAAAAddddA", hoop_id_pan },
    { HOOP_DETECT_BR_CPF, "ddd.ddd.ddd-dd", hoop_id_cpf },
    { HOOP_DETECT_BR_CNPJ, "xx.xxx.xxx/xxxx-dd", hoop_id_cnpj },
    { HOOP_DETECT_US_MBI, "dAxdAxdAAdd", hoop_id_mbi },
    { HOOP_DETECT_US_MBI, "dAxd Axd AAdd", hoop_id_mbi }
};


static int
hoop_id_match(hoop_scan_t *s, size_t i, const char *layout,
    int (*check)(const u_char *d, size_t n), unsigned detector)
{
    int     len, end;
    u_char  c, sep, first, d[HOOP_ID_MAX];
    size_t  k, n;

    k = i;
    n = 0;
    first = 0;

    for ( /* void */ ; *layout; layout++) {

        if (*layout == ' ' || *layout == 's') {
            len = hoop_detect_separator(s, k, &sep);

            if (len < 0) {
                return hoop_more(s, i);
            }

            if (len == 0 || (sep == '.' && *layout == ' ')
                || (first && sep != first))
            {
                return HOOP_NO;
            }

            first = sep;
            k += len;
            continue;
        }

        if (k == s->n) {
            return hoop_more(s, i);
        }

        c = s->p[k++];

        if (*layout != 'd' && *layout != 'A' && *layout != 'x') {

            if (c != (u_char) *layout) {
                return HOOP_NO;
            }

            continue;
        }

        if (c >= '0' && c <= '9') {

            if (*layout == 'A') {
                return HOOP_NO;
            }

        } else if (c < 'A' || c > 'Z' || *layout == 'd') {
            return HOOP_NO;
        }

        d[n++] = c;
    }

    if (!check(d, n)) {
        return HOOP_NO;
    }

    end = hoop_word_end(s, k, "-./", HOOP_C_DIGIT);

    if (end < 0) {
        return hoop_more(s, i);
    }

    return end ? hoop_yes(s, i, k, detector) : HOOP_NO;
}


int
hoop_detect_id(hoop_scan_t *s, size_t i)
{
    int       c, rc;
    unsigned  k;

    /* not inside a word, a fraction, or a longer chain of numbers */

    if (hoop_word_before(s, i)) {
        return HOOP_NO;
    }

    c = hoop_before(s, i, 1);

    if (c == '_' || ((c == '-' || c == '.' || c == '/') && i + s->nleft >= 2
                     && hoop_is(hoop_before(s, i, 2), HOOP_C_ALNUM)))
    {
        return HOOP_NO;
    }

    for (k = 0; k < sizeof(hoop_ids) / sizeof(hoop_ids[0]); k++) {

        if ((s->detect & hoop_bit(hoop_ids[k].detector)) == 0) {
            continue;
        }

        rc = hoop_id_match(s, i, hoop_ids[k].layout, hoop_ids[k].check,
                           hoop_ids[k].detector);

        if (rc != HOOP_NO) {
            return rc;
        }
    }

    return HOOP_NO;
}
