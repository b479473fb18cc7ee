
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * How a row of the table of tokens is matched.  See hoop_token.h.
 */


#include "hoop_token.h"


#define HOOP_TOKEN_ROWS   256
#define HOOP_TOKEN_LIST   4096         /* t/unit/token.c says what it takes */
#define HOOP_LOG_FRACTION 12           /* bits behind the point */
#define HOOP_RUN_DOTS     4            /* full stops behind a token */


#define S(set)  (1u << HOOP_SET_ ## set)

#define HOOP_SETS_ANY                                                         \
    (S(WORD)|S(URL)|S(DOT)|S(TILDE)|S(BASE64)|S(PATH))
#define HOOP_SETS_LETTER  (HOOP_SETS_ANY|S(ALNUM))


const uint16_t  hoop_token_sets[256] = {
    ['0' ... '9'] = HOOP_SETS_LETTER|S(DIGIT)|S(HEX)|S(UPPER),
    ['a' ... 'f'] = HOOP_SETS_LETTER|S(HEX),
    ['g' ... 'z'] = HOOP_SETS_LETTER,
    ['A' ... 'F'] = HOOP_SETS_LETTER|S(HEX)|S(UPPER),
    ['G' ... 'Z'] = HOOP_SETS_LETTER|S(UPPER),
    ['_'] = HOOP_SETS_ANY,
    ['-'] = S(URL)|S(DOT)|S(TILDE)|S(BASE64)|S(PATH),
    ['.'] = S(DOT)|S(TILDE),
    ['~'] = S(TILDE),
    ['+'] = S(BASE64),
    ['='] = S(BASE64),
    ['/'] = S(BASE64)|S(PATH),
    ['@'] = S(PATH)
};

#undef S


/* rows by the first byte of the head; they are few, and in order */

typedef struct {
    int16_t      rows[256];            /* where in "list" they begin */
    int16_t      list[HOOP_TOKEN_LIST];
    u_char       lengths[HOOP_TOKEN_ROWS];
} hoop_token_index_t;

static unsigned            hoop_token_made;
static hoop_token_index_t  hoop_token_index;


static void
hoop_token_make(void)
{
    size_t               len;
    unsigned             c, i, n;
    const hoop_token_t  *t;
    hoop_token_index_t  *x;

    x = &hoop_token_index;
    n = 0;

    for (i = 0; hoop_tokens[i].text; i++) {
        x->lengths[i] = (u_char) strlen(hoop_tokens[i].text);
    }

    for (c = 0; c < 256; c++) {
        x->rows[c] = (int16_t) n;

        for (i = 0; (t = &hoop_tokens[i])->text; i++) {
            len = x->lengths[i];

            if (hoop_token_is((u_char) c, hoop_token_at(t, len, t->head))) {
                x->list[n++] = (int16_t) i;
            }
        }

        x->list[n++] = -1;
    }

    hoop_token_made = 1;
}


const int16_t *
hoop_token_rows(u_char c)
{
    if (!hoop_token_made) {
        hoop_token_make();
    }

    return hoop_token_index.list + hoop_token_index.rows[c];
}


size_t
hoop_scan_base64(const u_char *p, size_t n)
{
    size_t  k;

    for (k = 0; k < n && hoop_token_is(p[k], HOOP_SET_BASE64); k++) {
        /* void */
    }

    return k;
}


/* the rows whose heads may begin so far back in the last bytes of a text */

size_t
hoop_token_tail(const u_char *p, size_t n)
{
    size_t               k, i, len;
    const int16_t       *row;
    const hoop_token_t  *t;

    k = (n < HOOP_TOKEN_HEAD) ? 0 : n - HOOP_TOKEN_HEAD + 1;

    for ( /* void */ ; k < n; k++) {

        for (row = hoop_token_rows(p[k]); *row >= 0; row++) {
            t = &hoop_tokens[*row];
            len = hoop_token_index.lengths[*row];

            for (i = k + 1; i < n; i++) {
                if (!hoop_token_is(p[i],
                                   hoop_token_at(t, len, t->head + i - k)))
                {
                    break;
                }
            }

            if (i == n) {
                return k;
            }
        }
    }

    return n;
}


int
hoop_token_may(uint64_t detect, const u_char *p, size_t n, size_t i)
{
    size_t               k, start, end, len;
    const int16_t       *row;
    const hoop_token_t  *t;

    for (row = hoop_token_rows(p[i]); *row >= 0; row++) {
        t = &hoop_tokens[*row];
        len = hoop_token_index.lengths[*row];

        if (!(detect & hoop_bit(t->detector)) || i < t->head) {
            continue;
        }

        start = i - t->head;
        end = t->head + HOOP_TOKEN_HEAD;
        end = (len > end) ? len : end;
        end = (start + end > n) ? n - start : end;

        for (k = 0; k < end; k++) {
            if (!hoop_token_is(p[start + k], hoop_token_at(t, len, k))) {
                break;
            }
        }

        if (k < end && p[start + k] != '\\') {
            continue;
        }

        if (t->find == NULL && start > 0
            && hoop_is(p[start - 1], HOOP_C_ALNUM)
            && (start == 1 || p[start - 2] != '\\'))
        {
            continue;
        }

        return 1;
    }

    return 0;
}


/* the binary logarithm of n, 1..65535 */

static unsigned
hoop_log2(unsigned n)
{
    unsigned  bits, k;
    uint64_t  x;

    bits = 31 - (unsigned) __builtin_clz(n);
    x = (uint64_t) n << (32 - bits);
    bits <<= HOOP_LOG_FRACTION;

    /* squaring doubles what is behind the point */

    for (k = HOOP_LOG_FRACTION; k-- > 0; /* void */ ) {
        x = (x >> 16) * (x >> 16);

        if (x >> 33) {
            bits |= 1u << k;
            x >>= 1;
        }
    }

    return bits;
}


unsigned
hoop_entropy(const u_char *p, size_t n)
{
    size_t    i;
    unsigned  c, sum;
    uint16_t  counts[256];

    if (n == 0 || n > 0xffff) {
        return 0;
    }

    memset(counts, 0, sizeof(counts));

    for (i = 0; i < n; i++) {
        counts[p[i]]++;
    }

    sum = 0;

    for (c = 0; c < 256; c++) {
        if (counts[c] > 1) {
            sum += counts[c] * hoop_log2(counts[c]);
        }
    }

    /* log n - sum(c log c) / n */

    return (hoop_log2((unsigned) n) - sum / (unsigned) n) * 10
           >> HOOP_LOG_FRACTION;
}


/* 1: the beginning stands at start; 0: not; -1: as far as is seen */

static int
hoop_token_text(const hoop_scan_t *s, size_t start, const hoop_token_t *t,
    size_t len)
{
    size_t  k;

    for (k = 0; k < len; k++) {

        if (start + k == s->n) {
            return -1;
        }

        if (!hoop_token_is(s->p[start + k], t->text[k])) {
            return 0;
        }
    }

    return 1;
}


/* a run that does not end is a token to be masked as a whole */

int
hoop_token_run(hoop_scan_t *s, size_t start, size_t run, const hoop_token_t *t,
    hoop_scan_e *event)
{
    size_t         k, n, limit;
    const u_char  *p;

    limit = t->max ? t->max + HOOP_RUN_DOTS : HOOP_RUN_MAX;

    for (k = run; k < s->n && k - run < limit; k++) {
        if (!hoop_token_is(s->p[k], (char) t->set)) {
            break;
        }
    }

    n = k - run;

    if (k == s->n && n < limit && !s->final) {
        return hoop_more(s, start);
    }

    if (n < limit && k < s->n && hoop_is(s->p[k], HOOP_C_ALNUM)) {
        return HOOP_NO;
    }

    /* the full stop of a sentence is not a part */

    while (n && n < HOOP_RUN_MAX && s->p[k - 1] == '.') {
        k--;
        n--;
    }

    if (n < t->min || (t->max && n > t->max)) {
        return HOOP_NO;
    }

    p = s->p + start;

    if ((t->entropy && hoop_entropy(s->p + run, n) < t->entropy)
        || (t->check && !t->check(p, k - start, run - start)))
    {
        return HOOP_NO;
    }

    (void) hoop_yes(s, start, k, t->detector);

    if (n < HOOP_RUN_MAX) {
        return HOOP_YES;
    }

    *event = (t->set == HOOP_SET_BASE64 || t->set == HOOP_SET_PATH)
             ? HOOP_SCAN_BASE64 : HOOP_SCAN_TOKEN;

    return HOOP_EVENT;
}


/*
 * What has the head of a token at i: the first row of the table that matches.
 * A row that might match with more bytes keeps those after it waiting.
 */

int
hoop_detect_head(hoop_scan_t *s, size_t i, hoop_scan_e *event)
{
    int                  rc;
    size_t               start, len;
    const int16_t       *row;
    const hoop_token_t  *t;

    if (s->n - i < HOOP_TOKEN_HEAD) {

        /* held as what may be a head, if more may come */

        return HOOP_NO;
    }

    for (row = hoop_token_rows(s->p[i]); *row >= 0; row++) {
        t = &hoop_tokens[*row];

        if (!(s->detect & hoop_bit(t->detector)) || i < t->head) {
            continue;
        }

        start = i - t->head;
        len = hoop_token_index.lengths[*row];

        rc = hoop_token_text(s, start, t, len);

        if (rc == 0 || (t->find == NULL && hoop_word_before(s, start))) {
            continue;
        }

        *event = HOOP_SCAN_TOKEN;

        if (rc < 0) {
            rc = hoop_more(s, start);

        } else if (t->find) {
            rc = t->find(s, start, event);

        } else {
            rc = hoop_token_run(s, start, start + len, t, event);
        }

        if (rc != HOOP_NO) {
            return rc;
        }
    }

    return HOOP_NO;
}
