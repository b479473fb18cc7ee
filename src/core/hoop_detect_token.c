
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Tokens and keys with a form of their own.
 */


#include "hoop_detect_impl.h"
#include "hoop_head.h"


#define HOOP_RUN_MAX   255
#define HOOP_JOSE_MAX  1024


static int
hoop_aws(hoop_scan_t *s, size_t i)
{
    size_t         k, n;
    const u_char  *p;

    p = s->p + i;
    n = s->n - i;

    if (n >= 2 && p[1] != 'K' && p[1] != 'S' && p[1] != 'B' && p[1] != 'C'
        && p[1] != '3')
    {
        return HOOP_NO;
    }

    if (hoop_word_before(s, i)) {
        return HOOP_NO;
    }

    for (k = 1; k < n && k < 20; k++) {
        if (!hoop_is(p[k], HOOP_C_ALNUM) || (p[k] >= 'a' && p[k] <= 'z')) {
            return HOOP_NO;
        }
    }

    if (k == n && (k < 20 || !s->final)) {
        return hoop_more(s, i);
    }

    if (memcmp(p, "AKIA", 4) != 0 && memcmp(p, "ASIA", 4) != 0
        && memcmp(p, "ABIA", 4) != 0 && memcmp(p, "ACCA", 4) != 0
        && memcmp(p, "A3T", 3) != 0)
    {
        return HOOP_NO;
    }

    if (n > 20 && hoop_is(p[20], HOOP_C_ALNUM)) {
        return HOOP_NO;
    }

    /* the key of the vendor's own documents */

    if (memcmp(p + 13, "EXAMPLE", 7) == 0) {
        return HOOP_NO;
    }

    return hoop_yes(s, i, i + 20, HOOP_DETECT_AWS_KEY);
}


/*
 * A run of letters and digits (and '_' where wanted) at i, of at least min
 * bytes.  A run that does not end is a token to be masked as a whole.
 */

static int
hoop_run(hoop_scan_t *s, size_t start, size_t i, size_t min, int under,
    unsigned detector)
{
    size_t  k;

    for (k = i; k < s->n && k - i < HOOP_RUN_MAX; k++) {
        if (!hoop_is(s->p[k], HOOP_C_ALNUM) && !(under && s->p[k] == '_')) {
            break;
        }
    }

    if (k == s->n && k - i < HOOP_RUN_MAX && !s->final) {
        return hoop_more(s, start);
    }

    if (k - i < min) {
        return HOOP_NO;
    }

    (void) hoop_yes(s, start, k, detector);

    return (k - i == HOOP_RUN_MAX) ? HOOP_EVENT : HOOP_YES;
}


/* 1: text stands at i; 0: not; -1: as far as is seen */

static int
hoop_at(const hoop_scan_t *s, size_t i, const char *text, size_t len)
{
    size_t  n;

    n = s->n - i;

    if (n >= len) {
        return memcmp(s->p + i, text, len) == 0;
    }

    if (memcmp(s->p + i, text, n) != 0) {
        return 0;
    }

    return s->final ? 0 : -1;
}


static int
hoop_stripe(hoop_scan_t *s, size_t i)
{
    int       rc;
    unsigned  k;

    static const char  *modes[] = { "live_", "test_", "prod_" };

    if (s->p[i] == 'w') {
        rc = hoop_at(s, i, "whsec_", 6);

        if (rc <= 0 || hoop_word_before(s, i)) {
            return rc < 0 ? hoop_more(s, i) : HOOP_NO;
        }

        return hoop_run(s, i, i + 6, 24, 0, HOOP_DETECT_STRIPE_KEY);
    }

    if (s->p[i + 1] != 'k' || s->p[i + 2] != '_' || hoop_word_before(s, i)) {
        return HOOP_NO;
    }

    for (k = 0; k < 3; k++) {
        rc = hoop_at(s, i + 3, modes[k], 5);

        if (rc < 0) {
            return hoop_more(s, i);
        }

        if (rc) {
            return hoop_run(s, i, i + 8, 10, 1, HOOP_DETECT_STRIPE_KEY);
        }
    }

    return HOOP_NO;
}


static int
hoop_github(hoop_scan_t *s, size_t i)
{
    int            rc;
    const u_char  *p;

    p = s->p + i;

    if (p[0] == 'g') {

        if (p[1] != 'h' || memchr("pousr", p[2], 5) == NULL || p[3] != '_'
            || hoop_word_before(s, i))
        {
            return HOOP_NO;
        }

        return hoop_run(s, i, i + 4, 36, 0, HOOP_DETECT_GITHUB_TOKEN);
    }

    if (i < 3 || memcmp(p - 3, "github_", 7) != 0
        || hoop_word_before(s, i - 3))
    {
        return HOOP_NO;
    }

    rc = hoop_at(s, i + 4, "pat_", 4);

    if (rc <= 0) {
        return rc ? hoop_more(s, i - 3) : HOOP_NO;
    }

    return hoop_run(s, i - 3, i + 8, 40, 1, HOOP_DETECT_GITHUB_TOKEN);
}


/* a JOSE header is a JSON object that names its algorithm */

static int
hoop_jose_header(const u_char *p, size_t n)
{
    size_t   i;
    ssize_t  len;
    u_char   text[HOOP_JOSE_MAX * 3 / 4 + 4];

    if (n > HOOP_JOSE_MAX) {
        return 0;
    }

    len = hoop_base64_decode(text, p, n, 1);

    for (i = 0; len >= 5 && i <= (size_t) len - 5; i++) {
        if (memcmp(text + i, "\"alg\"", 5) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
hoop_jwt_long(hoop_scan_t *s, size_t start, size_t end)
{
    size_t  len;

    len = end - start;

    if (len > HOOP_SCAN_HELD && s->raw) {
        len = s->raw(s->ctx, end) - s->raw(s->ctx, start);
    }

    if (len <= s->token_max) {
        return 0;
    }

    (void) hoop_yes(s, start, start, HOOP_DETECT_OVERLONG);
    return 1;
}


static int
hoop_jwt(hoop_scan_t *s, size_t i)
{
    size_t  k, start, part;
    int     parts;

    if (i < 2 || s->p[i - 2] != 'e' || s->p[i - 1] != 'y') {
        return HOOP_NO;
    }

    start = i - 2;
    part = start;
    parts = 0;

    /* no run is looked through twice for the end of its header */

    k = (s->nodot > i + 1) ? s->nodot : i + 1;

    for ( /* void */ ; k < s->n; k++) {

        if (s->p[k] != '.') {
            if (hoop_is(s->p[k], HOOP_C_TOKEN)
                && (parts || k - start <= HOOP_JOSE_MAX))
            {
                continue;
            }

            break;
        }

        if (parts == 0) {
            s->nodot = k;

            if (k - start < 7 || !hoop_jose_header(s->p + start, k - start)) {
                return HOOP_NO;
            }

        } else if (parts == 4) {
            break;
        }

        parts++;
        part = k + 1;
    }

    if (parts == 0 && k < s->n) {
        s->nodot = k;
        return HOOP_NO;
    }

    if (k == s->n && !s->final) {
        return hoop_jwt_long(s, start, k) ? HOOP_EVENT : hoop_more(s, start);
    }

    if (hoop_jwt_long(s, start, k < s->n ? k + 1 : k)) {
        return HOOP_EVENT;
    }

    if (parts < 2) {
        return HOOP_NO;
    }

    /* the full stop of a sentence is not a part */

    if (part == k && parts > 2) {
        k--;
    }

    return hoop_yes(s, start, k, HOOP_DETECT_JWT);
}


static int
hoop_pem(hoop_scan_t *s, size_t i)
{
    int            rc;
    size_t         k, n, key;
    const u_char  *p;

    if (i < 5 || memcmp(s->p + i - 5, "-----", 5) != 0) {
        return HOOP_NO;
    }

    rc = hoop_at(s, i, "BEGIN ", 6);

    if (rc <= 0) {
        return rc ? hoop_more(s, i - 5) : HOOP_NO;
    }

    p = s->p + i + 6;
    n = s->n - i - 6;
    key = 0;

    for (k = 0; k < n && k < 64; k++) {

        if (p[k] == '-') {
            break;
        }

        if (p[k] != ' ' && !hoop_is(p[k], HOOP_C_ALNUM)) {
            return HOOP_NO;
        }

        if (k >= 10 && memcmp(p + k - 10, "PRIVATE KEY", 11) == 0) {
            key = k + 1;
        }
    }

    if (k == 64) {
        return HOOP_NO;
    }

    if (k == n) {
        return hoop_more(s, i - 5);
    }

    if (key == 0 || (k != key && !(k == key + 6
                                   && memcmp(p + key, " BLOCK", 6) == 0)))
    {
        return HOOP_NO;
    }

    rc = hoop_at(s, i + 6 + k, "-----", 5);

    if (rc < 0) {
        return hoop_more(s, i - 5);
    }

    if (rc == 0) {
        return HOOP_NO;
    }

    (void) hoop_yes(s, i - 5, i + 6 + k + 5, HOOP_DETECT_PRIVATE_KEY);
    return HOOP_EVENT;
}


/* the byte is one of those that a head begins with, or looks like one */

int
hoop_detect_head(hoop_scan_t *s, size_t i, hoop_scan_e *event)
{
    if (s->n - i < HOOP_HEAD) {

        /* held as what may be any token, if more may come */

        return HOOP_NO;
    }

    switch (s->p[i]) {

    case 'A':
        return (s->detect & hoop_bit(HOOP_DETECT_AWS_KEY)) ? hoop_aws(s, i)
                                                          : HOOP_NO;

    case 'e':
        return (s->detect & hoop_bit(HOOP_DETECT_JWT)) ? hoop_jwt(s, i + 2)
                                                      : HOOP_NO;

    case 'g':
    case 'h':
        return (s->detect & hoop_bit(HOOP_DETECT_GITHUB_TOKEN))
               ? hoop_github(s, i) : HOOP_NO;

    case 'r':
    case 's':
    case 'w':
        return (s->detect & hoop_bit(HOOP_DETECT_STRIPE_KEY))
               ? hoop_stripe(s, i) : HOOP_NO;

    case '-':
        *event = HOOP_SCAN_PEM;
        return (s->detect & hoop_bit(HOOP_DETECT_PRIVATE_KEY))
               ? hoop_pem(s, i + 1) : HOOP_NO;
    }

    return HOOP_NO;
}
