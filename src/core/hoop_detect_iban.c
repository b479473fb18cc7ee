
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Bank accounts as ISO 13616 numbers them: a country, two check digits, and
 * as many capitals and digits as that country has, on paper in fours.
 */


#include "hoop_detect_impl.h"


#define HOOP_IBAN_MAX  34


/* two letters of the country, and the length of its numbers */

static const char  hoop_ibans[] =
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27"
    "DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28"
    "IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22"
    "MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24"
    "SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";


static size_t
hoop_iban_length(const u_char *p)
{
    size_t  i;

    for (i = 0; i < sizeof(hoop_ibans) - 1; i += 4) {
        if (hoop_ibans[i] == p[0] && hoop_ibans[i + 1] == p[1]) {
            return (hoop_ibans[i + 2] - '0') * 10 + hoop_ibans[i + 3] - '0';
        }
    }

    return 0;
}


/* ISO 7064, MOD 97-10: the first four come last, and letters are 10 to 35 */

static int
hoop_iban_check(const u_char *p, size_t n)
{
    size_t    i;
    u_char    c;
    unsigned  sum;

    sum = 0;

    for (i = 4; i < n + 4; i++) {
        c = p[i < n ? i : i - n];

        if (c >= 'A') {
            sum = (sum * 100 + (c - 'A' + 10)) % 97;

        } else {
            sum = (sum * 10 + (c - '0')) % 97;
        }
    }

    return sum == 1;
}


int
hoop_detect_iban(hoop_scan_t *s, size_t i)
{
    int     len;
    u_char  c, sep, first, text[HOOP_IBAN_MAX];
    size_t  k, n, want;

    if (hoop_word_before(s, i) || hoop_before(s, i, 1) == '_') {
        return HOOP_NO;
    }

    if (s->n - i < 2) {
        return hoop_more(s, i);
    }

    want = hoop_iban_length(s->p + i);

    if (want == 0) {
        return HOOP_NO;
    }

    k = i;
    first = 0;

    for (n = 0; n < want; /* void */ ) {

        if (n && n % 4 == 0) {
            len = hoop_detect_separator(s, k, &sep);

            if (len < 0) {
                return hoop_more(s, i);
            }

            if (len) {
                if (sep == '.' || (first && sep != first)) {
                    return HOOP_NO;
                }

                first = sep;
                k += len;
            }
        }

        if (k == s->n) {
            return hoop_more(s, i);
        }

        c = s->p[k];

        if (!hoop_is(c, HOOP_C_ALNUM) || c >= 'a'
            || ((n == 2 || n == 3) && c > '9'))
        {
            return HOOP_NO;
        }

        text[n++] = c;
        k++;
    }

    if (!hoop_iban_check(text, n)) {
        return HOOP_NO;
    }

    if (k == s->n) {
        return s->final ? hoop_yes(s, i, k, HOOP_DETECT_IBAN)
                        : hoop_more(s, i);
    }

    c = s->p[k];

    return (hoop_is(c, HOOP_C_ALNUM) || c == '_')
           ? HOOP_NO : hoop_yes(s, i, k, HOOP_DETECT_IBAN);
}
