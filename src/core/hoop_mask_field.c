
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Values of the JSON engine: numbers and words, and what a mask does to the
 * value of a field: it is replaced at its first byte, and the rest of it is
 * left out as it comes, however long and deep it is.
 */


#include "hoop_mask_json.h"


#define HOOP_JSON_DIGITS  32           /* no number of a detector has more */


static inline int
hoop_json_number_byte(u_char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.'
           || c == 'e' || c == 'E';
}


/*
 * What follows a number or a word.  "4111 1111 1111 1111" and "true@b.com" are
 * no JSON, and must not be found out only after a part of them was passed.
 * OK, AGAIN, or ERROR.
 */

static int
hoop_json_after(hoop_look_t *lk, size_t i)
{
    u_char  c;

    if (i == lk->n) {
        return lk->end ? HOOP_OK : HOOP_AGAIN;
    }

    c = lk->p[i];

    if (c == ' ') {

        if (i + 1 == lk->n) {
            return lk->end ? HOOP_OK : HOOP_AGAIN;
        }

        c = lk->p[i + 1];

        return hoop_json_goes_on(c) ? HOOP_ERROR : HOOP_OK;
    }

    if (hoop_json_space(c) || c == ',' || c == ']' || c == '}' || c == 0x1e) {
        return HOOP_OK;
    }

    return HOOP_ERROR;
}


/* RFC 8259 6, but for leading zeros, which change nothing */

static int
hoop_json_number_valid(const u_char *p, size_t n)
{
    size_t  i, k;

    i = (n && p[0] == '-') ? 1 : 0;

    for (k = i; i < n && p[i] >= '0' && p[i] <= '9'; i++) { /* void */ }

    if (i == k) {
        return 0;
    }

    if (i < n && p[i] == '.') {
        for (k = ++i; i < n && p[i] >= '0' && p[i] <= '9'; i++) { /* void */ }

        if (i == k) {
            return 0;
        }
    }

    if (i < n && (p[i] | 0x20) == 'e') {
        i++;

        if (i < n && (p[i] == '-' || p[i] == '+')) {
            i++;
        }

        for (k = i; i < n && p[i] >= '0' && p[i] <= '9'; i++) { /* void */ }

        if (i == k) {
            return 0;
        }
    }

    return i == n;
}


/* masks [i, i + n) of the look as a value of its own */

hoop_run_e
hoop_mask_json_op(hoop_mask_t *m, hoop_level_t *lev, size_t i, size_t n,
    unsigned detector, u_char action, const u_char *value, size_t len)
{
    m->c = i;
    m->op_end = i + n;

    if (action == HOOP_MASK_DROP) {
        action = HOOP_MASK_NULL;
    }

    hoop_mask_replace(m, detector, action, value, len, 1, m->nst);

    return HOOP_RUN_OP;
}


/*
 * The digits of an integer that is written with a point or an exponent, or 0:
 * 4111111111111111.00 and 4.111111111111111e15 are the same number.
 */

static size_t
hoop_json_integer(const u_char *p, size_t n, u_char *dst)
{
    int       negative;
    size_t    i, len, exponent;
    ssize_t   zeros;
    unsigned  point;

    i = (p[0] == '-');
    len = 0;
    point = 0;
    zeros = 0;

    for ( /* void */ ; i < n && (p[i] | 0x20) != 'e'; i++) {

        if (p[i] == '.') {
            point = 1;
            continue;
        }

        /* so many places are behind the point */

        zeros -= (ssize_t) point;

        if (p[i] == '0' && len == 0) {
            continue;
        }

        if (len == HOOP_JSON_DIGITS) {
            return 0;
        }

        dst[len++] = p[i];
    }

    if (i < n) {
        i++;
        negative = (p[i] == '-');
        i += (p[i] == '-' || p[i] == '+');

        for (exponent = 0; i < n; i++) {
            exponent = exponent * 10 + (size_t) (p[i] - '0');

            if (exponent > HOOP_JSON_DIGITS * 8) {
                return 0;
            }
        }

        zeros += negative ? -(ssize_t) exponent : (ssize_t) exponent;
    }

    for ( /* void */ ; zeros < 0 && len && dst[len - 1] == '0'; zeros++) {
        len--;
    }

    if (zeros < 0 || len == 0 || len + (size_t) zeros > HOOP_JSON_DIGITS) {
        return 0;
    }

    memset(dst + len, '0', (size_t) zeros);

    return len + (size_t) zeros;
}


int
hoop_mask_json_number(hoop_mask_t *m, hoop_level_t *lev, hoop_look_t *lk,
    size_t *i)
{
    int            rc;
    size_t         n, k, max;
    u_char         digits[HOOP_JSON_DIGITS];
    hoop_scan_t    s;
    const u_char  *p;

    p = lk->p + *i;
    max = lk->n - *i;
    max = (max > m->number_max + 1) ? m->number_max + 1 : max;

    for (n = 0; n < max && hoop_json_number_byte(p[n]); n++) { /* void */ }

    if (n > m->number_max) {
        lev->swallow = HOOP_SWALLOW_NUMBER;
        lev->quiet = 0;
        return hoop_mask_json_op(m, lev, *i, n, HOOP_DETECT_OVERLONG,
                            HOOP_MASK_REDACT, NULL, 0);
    }

    rc = hoop_json_after(lk, *i + n);

    if (rc == HOOP_AGAIN) {
        m->c = *i;
        return HOOP_RUN_MORE;
    }

    if (rc == HOOP_ERROR || !hoop_json_number_valid(p, n)) {
        return HOOP_JSON_BROKEN;
    }

    if ((n >= 8 && (m->detect || m->nliterals)) || m->npatterns) {
        hoop_mask_scan_init(m, &s);

        s.p = p;
        s.n = n;
        s.limit = lk->limit;
        s.final = 1;
        s.phone = lev->phone;

        for (k = 0; k < n && (u_char) (p[k] - '0') <= 9; k++) { /* void */ }

        if (k < n) {
            k = hoop_json_integer(p, n, digits);

            if (k) {
                s.p = digits;
                s.n = k;
                s.limit = digits + k;
            }
        }

        if (hoop_scan(&s) != HOOP_SCAN_CLEAR) {
            rc = hoop_mask_json_op(m, lev, *i, n, s.detector,
                              m->actions[s.detector], s.p, s.n);
            (void) hoop_json_value_end(m, lev);
            return rc;
        }
    }

    *i += n;

    return hoop_json_value_end(m, lev);
}


int
hoop_mask_json_word(hoop_mask_t *m, hoop_level_t *lev, hoop_look_t *lk,
    size_t *i)
{
    int            rc;
    size_t         n, len;
    unsigned       k;
    const u_char  *p;

    static const char  *words[] = {
        "true", "false", "null", "NaN", "Infinity", "-Infinity"
    };

    p = lk->p + *i;
    n = lk->n - *i;

    for (k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
        len = strlen(words[k]);

        if (n < len && lk->end == 0 && memcmp(p, words[k], n) == 0) {
            m->c = *i;
            return HOOP_RUN_MORE;
        }

        if (n >= len && memcmp(p, words[k], len) == 0) {

            rc = hoop_json_after(lk, *i + len);

            if (rc == HOOP_AGAIN) {
                m->c = *i;
                return HOOP_RUN_MORE;
            }

            if (rc == HOOP_ERROR) {
                break;
            }

            *i += len;
            return hoop_json_value_end(m, lev);
        }
    }

    return HOOP_JSON_BROKEN;
}


/* passes over what of the masked value is in [i, n); returns the end */

size_t
hoop_mask_json_swallow(hoop_level_t *lev, const u_char *p, size_t i, size_t n)
{
    u_char  c;

    if (lev->swallow == HOOP_SWALLOW_NUMBER) {

        while (i < n && hoop_json_number_byte(p[i])) {
            i++;
        }

        if (i < n) {
            lev->swallow = 0;
        }

        return i;
    }

    /* quiet: 0 outside of strings, 1 in one, 2 after a backslash there */

    while (i < n) {
        c = p[i++];

        if (lev->quiet == 2) {
            lev->quiet = 1;
            continue;
        }

        if (lev->quiet == 1) {

            if (c == '\\') {
                lev->quiet = 2;

            } else if (c == '"') {
                lev->quiet = 0;

                if (lev->swallow == HOOP_SWALLOW_STRING) {
                    lev->swallow = 0;
                    return i;
                }
            }

            continue;
        }

        switch (c) {

        case '"':
            lev->quiet = 1;
            break;

        case '{':
        case '[':
            lev->depth++;
            break;

        case '}':
        case ']':
            if (--lev->depth == 0) {
                lev->swallow = 0;
                return i;
            }
        }
    }

    return i;
}


/*
 * The end of the string at i, which must be near: 0 and *end, or MORE, or
 * DECLINED for a longer one.
 */

static int
hoop_json_near(hoop_look_t *lk, size_t i, size_t limit, size_t *end)
{
    size_t  k, max;

    max = lk->n - i;
    max = (max > limit) ? limit : max;

    for (k = 1; k < max; k++) {

        if (lk->p[i + k] == '\\') {
            k++;
            continue;
        }

        if (lk->p[i + k] == '"') {
            *end = i + k + 1;
            return HOOP_OK;
        }
    }

    return (k >= limit || lk->end) ? HOOP_DECLINED : HOOP_AGAIN;
}


/* the value at i belongs to a masked field */

int
hoop_mask_json_masked(hoop_mask_t *m, hoop_level_t *lev, hoop_look_t *lk,
    size_t *i)
{
    int             rc;
    size_t          n, end, len;
    u_char          c, action, value[HOOP_MASK_PEEK + 8];
    unsigned        detector;
    hoop_run_e      run;
    hoop_decoded_t  d;

    static const u_char  kind = HOOP_STAGE_JSON;

    c = lk->p[*i];
    n = lk->n - *i;
    detector = lev->field - 1;
    action = lev->action;
    len = 0;

    switch (c) {

    case 't':
    case 'f':
    case 'n':
    case 'N':
    case 'I':
        return hoop_mask_json_word(m, lev, lk, i);

    case '"':
    case '{':
    case '[':

        if (n < 2 && lk->end == 0) {
            m->c = *i;
            return HOOP_RUN_MORE;
        }

        if (n >= 2 && lk->p[*i + 1] == (c == '"' ? '"' : c + 2)) {
            *i += 2;
            return hoop_json_value_end(m, lev);
        }

        lev->swallow = (c == '"') ? HOOP_SWALLOW_STRING : HOOP_SWALLOW_TREE;
        lev->quiet = (c == '"');
        lev->depth = 1;
        end = *i + 1;

        if (c == '"' && hoop_mask_by_value(action)) {
            rc = hoop_json_near(lk, *i, HOOP_MASK_PEEK, &end);

            if (rc == HOOP_AGAIN) {
                lev->swallow = 0;
                m->c = *i;
                return HOOP_RUN_MORE;
            }

            if (rc == HOOP_OK) {
                hoop_mask_decode(&kind, 1, lk->p + *i + 1, end - *i - 2, 1,
                                 value, HOOP_MASK_PEEK, m->unit, &d);
                len = d.n;
                end = *i + 1;

            } else {
                action = HOOP_MASK_REDACT;
            }

        } else if (hoop_mask_by_value(action)) {
            action = HOOP_MASK_REDACT;
        }

        run = hoop_mask_json_op(m, lev, *i, 1, detector, action, value, len);
        m->op_end = hoop_mask_json_swallow(lev, lk->p, end, lk->n);
        break;

    default:

        if (c != '-' && (c < '0' || c > '9')) {
            return HOOP_JSON_BROKEN;
        }

        for (end = 1;
             end < n && end < HOOP_MASK_PEEK
             && hoop_json_number_byte(lk->p[*i + end]);
             end++)
        {
            /* void */
        }

        if (hoop_mask_by_value(action)) {

            if (end == n && end < HOOP_MASK_PEEK && lk->end == 0) {
                m->c = *i;
                return HOOP_RUN_MORE;
            }

            if (end == HOOP_MASK_PEEK) {
                action = HOOP_MASK_REDACT;
            }
        }

        lev->masked = 1;
        lev->swallow = HOOP_SWALLOW_NUMBER;
        run = hoop_mask_json_op(m, lev, *i, 1, detector, action, lk->p + *i,
                                end);
        m->op_end = hoop_mask_json_swallow(lev, lk->p, *i + 1, lk->n);

        if (lk->end && m->op_end == lk->n) {
            lev->swallow = 0;
        }
    }

    if (lev->swallow == 0) {
        (void) hoop_json_value_end(m, lev);
    }

    return run;
}


/*
 * Members that may be dropped leave with the comma before them, so a comma
 * waits until the name behind it is known; and while all members so far were
 * dropped, so is the comma of the first that is kept.  At i stands the comma
 * or the first name.
 */

int
hoop_mask_json_peek(hoop_mask_t *m, hoop_level_t *lev, hoop_look_t *lk,
    size_t *i)
{
    int             rc;
    size_t          k, end, max;
    u_char          name[HOOP_MASK_PEEK + 8];
    unsigned        comma;
    hoop_decoded_t  d;

    static const u_char  kind = HOOP_STAGE_JSON;

    comma = (lk->p[*i] == ',');
    max = *i + HOOP_MASK_PEEK;
    end = 0;
    rc = HOOP_AGAIN;

    for (k = *i + comma; k < lk->n && k < max; k++) {
        if (!hoop_json_space(lk->p[k])) {
            break;
        }
    }

    if (k == max) {
        rc = HOOP_DECLINED;

    } else if (k < lk->n) {
        rc = (lk->p[k] == '"' && k < max)
             ? hoop_json_near(lk, k, max - k, &end)
             : HOOP_DECLINED;
    }

    if (rc == HOOP_OK) {
        hoop_mask_decode(&kind, 1, lk->p + k + 1, end - k - 2, 1, name,
                         HOOP_MASK_PEEK, m->unit, &d);
        hoop_mask_json_name(m, lev, name, d.n);

        if (lev->field && lev->action == HOOP_MASK_DROP) {

            for (k = end; k < lk->n && k < end + 16; k++) {
                if (!hoop_json_space(lk->p[k])) {
                    break;
                }
            }

            if (k == lk->n) {
                rc = HOOP_AGAIN;

            } else if (lk->p[k] == ':') {
                m->c = *i;
                m->op_end = k + 1;
                m->rep_len = 0;
                m->counts[lev->field - 1]++;
                lev->state = HOOP_JSON_VALUE;
                lev->peeked = 1;
                return HOOP_RUN_OP;
            }
        }
    }

    if (rc == HOOP_AGAIN && lk->end == 0) {
        m->c = *i;
        return HOOP_RUN_MORE;
    }

    lev->field = 0;
    lev->state = HOOP_JSON_KEY;

    if (comma) {
        (*i)++;

        if (!hoop_bits_get(m->kept, m->depth - 1)) {
            hoop_bits_set(m->kept, m->depth - 1);
            m->c = *i - 1;
            m->op_end = *i;
            m->rep_len = 0;
            return HOOP_RUN_OP;
        }
    }

    hoop_bits_set(m->kept, m->depth - 1);

    return HOOP_JSON_GO;
}


/* the value of a dropped member: nothing stands in its place */

int
hoop_mask_json_dropped(hoop_mask_t *m, hoop_level_t *lev, hoop_look_t *lk,
    size_t *i)
{
    u_char  c;
    size_t  end;

    c = lk->p[*i];
    end = *i + 1;

    if (c == '"' || c == '{' || c == '[') {
        lev->swallow = (c == '"') ? HOOP_SWALLOW_STRING : HOOP_SWALLOW_TREE;
        lev->quiet = (c == '"');
        lev->depth = 1;

    } else if (c == 't' || c == 'f' || c == 'n' || c == 'N' || c == 'I') {

        end = *i;

        if (hoop_mask_json_word(m, lev, lk, &end) == HOOP_RUN_MORE) {
            return HOOP_RUN_MORE;
        }

        if (end == *i) {
            return HOOP_JSON_BROKEN;
        }

    } else if (hoop_json_number_byte(c)) {
        lev->swallow = HOOP_SWALLOW_NUMBER;

    } else {
        return HOOP_JSON_BROKEN;
    }

    lev->peeked = 0;

    m->rep_len = 0;
    m->c = *i;
    m->op_end = lev->swallow
                ? hoop_mask_json_swallow(lev, lk->p, end, lk->n) : end;

    if (lev->swallow == HOOP_SWALLOW_NUMBER && lk->end && m->op_end == lk->n) {
        lev->swallow = 0;
    }

    if (lev->swallow == 0) {
        (void) hoop_json_value_end(m, lev);
    }

    return HOOP_RUN_OP;
}
