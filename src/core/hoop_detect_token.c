
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Tokens and keys with a form of their own, which no row of a table has.
 */


#include "hoop_token.h"


#define HOOP_JOSE_MAX  1024
#define HOOP_PEM_HEAD  88              /* of the base64 of a PEM's first line */
#define HOOP_BOT_MIN   5               /* digits of the number of a bot */
#define HOOP_BOT_MAX   16
#define HOOP_SUM_TEXT  4               /* "ghp_" */
#define HOOP_SUM_OF    30              /* what a checksum is of */
#define HOOP_SUM       6               /* its digits */


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


int
hoop_detect_jwt(hoop_scan_t *s, size_t start, hoop_scan_e *event)
{
    size_t  k, part;
    int     parts;

    (void) event;

    part = start;
    parts = 0;

    /* no run is looked through twice for the end of its header */

    k = (s->nodot > start + 3) ? s->nodot : start + 3;

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


int
hoop_detect_pem(hoop_scan_t *s, size_t i, hoop_scan_e *event)
{
    int            rc;
    size_t         k, n, key;
    const u_char  *p;

    i++;

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
    *event = HOOP_SCAN_PEM;

    return HOOP_EVENT;
}


/* a PEM key as a whole in base64, as secrets of Kubernetes have it */

int
hoop_detect_pem64(hoop_scan_t *s, size_t i, hoop_scan_e *event)
{
    size_t   k, n;
    ssize_t  len;
    u_char   text[HOOP_PEM_HEAD * 3 / 4 + 4];

    if (hoop_word_before(s, i)) {
        return HOOP_NO;
    }

    for (n = 0; i + n < s->n && n < HOOP_PEM_HEAD; n++) {
        if (!hoop_token_is(s->p[i + n], HOOP_SET_BASE64)) {
            break;
        }
    }

    if (i + n == s->n && n < HOOP_PEM_HEAD && !s->final) {
        return hoop_more(s, i);
    }

    len = hoop_base64_decode(text, s->p + i, n & ~(size_t) 3, 0);

    for (k = 0; len >= 11 && k <= (size_t) len - 11; k++) {

        if (memcmp(text + k, "PRIVATE KEY", 11) == 0) {
            (void) hoop_yes(s, i, i + n, HOOP_DETECT_PRIVATE_KEY);
            *event = HOOP_SCAN_BASE64;

            return HOOP_EVENT;
        }
    }

    return HOOP_NO;
}


/* the number of a bot, a colon, and what always begins with an A */

int
hoop_detect_telegram(hoop_scan_t *s, size_t i, hoop_scan_e *event)
{
    int     rc;
    size_t  n;

    static const hoop_token_t  token = {
        "", HOOP_DETECT_TELEGRAM_TOKEN, 0, 0, HOOP_SET_URL, 35, 35, 30, NULL,
        NULL
    };

    for (n = 1; n <= i && hoop_is(s->p[i - n], HOOP_C_DIGIT); n++) {
        if (n == HOOP_BOT_MAX) {
            return HOOP_NO;
        }
    }

    i -= n - 1;

    /* "/bot" stands before it in an URL */

    if (n < HOOP_BOT_MIN
        || (hoop_word_before(s, i)
            && !(hoop_before(s, i, 1) == 't' && hoop_before(s, i, 2) == 'o'
                 && hoop_before(s, i, 3) == 'b')))
    {
        return HOOP_NO;
    }

    rc = hoop_token_run(s, i, i + n + 1, &token, event);

    return rc;
}


/* the CRC-32 of the thirty before, in base 62, stands behind them */

static int
hoop_sum_right(const u_char *p)
{
    size_t    k;
    uint32_t  crc;

    static const char  digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz";

    crc = hoop_crc32(p, HOOP_SUM_OF);

    for (k = HOOP_SUM; k-- > 0; crc /= 62) {
        if (p[HOOP_SUM_OF + k] != (u_char) digits[crc % 62]) {
            return 0;
        }
    }

    return 1;
}


/*
 * A right checksum is certain: neither disorder is asked for then, nor that
 * nothing stands before.  A wrong one says nothing, for tokens are also cut,
 * mangled and made up, and goes by the rules of all.
 */

static int
hoop_detect_summed(hoop_scan_t *s, size_t i, const hoop_token_t *token,
    hoop_scan_e *event)
{
    size_t        k, run;
    hoop_token_t  sure;

    run = i + HOOP_SUM_TEXT;

    for (k = run; k < s->n && k - run < HOOP_SUM_OF + HOOP_SUM; k++) {
        if (!hoop_token_is(s->p[k], HOOP_SET_ALNUM)) {
            return HOOP_NO;
        }
    }

    if (k - run < HOOP_SUM_OF + HOOP_SUM) {
        return hoop_more(s, i);
    }

    if (hoop_sum_right(s->p + run)) {
        sure = *token;
        sure.entropy = 0;

        return hoop_token_run(s, i, run, &sure, event);
    }

    return hoop_word_before(s, i) ? HOOP_NO
                                  : hoop_token_run(s, i, run, token, event);
}


int
hoop_detect_github(hoop_scan_t *s, size_t i, hoop_scan_e *event)
{
    static const hoop_token_t  token = {
        "", HOOP_DETECT_GITHUB_TOKEN, 0, 0, HOOP_SET_ALNUM, 36, 0, 0, NULL,
        NULL
    };

    return hoop_detect_summed(s, i, &token, event);
}


int
hoop_detect_npm(hoop_scan_t *s, size_t i, hoop_scan_e *event)
{
    static const hoop_token_t  token = {
        "", HOOP_DETECT_REGISTRY_TOKEN, 0, 0, HOOP_SET_ALNUM, 36, 0, 25, NULL,
        NULL
    };

    return hoop_detect_summed(s, i, &token, event);
}
