
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Blocks of 64 bytes of JSON are turned into the places of quotes, of the signs
 * between values and of the first bytes of numbers and words; and the first
 * place in a string is found where a detector would look, or where an escape
 * might hide something (hoop_block.h).
 */


#include "hoop_mask_fast.h"
#include "hoop_detect_impl.h"
#include "hoop_head.h"
#include "hoop_token.h"


static void hoop_fast_classify(hoop_fast_t *f, unsigned n);
static uint64_t hoop_fast_block(hoop_mask_t *m, hoop_fast_t *f,
    const hoop_block_t *b);
static uint64_t hoop_fast_escapes(hoop_fast_t *f, uint64_t slash,
    uint64_t *doubt);
static uint64_t hoop_fast_heads(hoop_mask_t *m, const hoop_fast_t *f,
    uint64_t heads);
static int hoop_fast_element(const hoop_mask_t *m, const u_char *p);
static uint64_t hoop_fast_signs(hoop_mask_t *m, const hoop_fast_t *f,
    uint64_t signs);
static uint64_t hoop_fast_contexts(hoop_mask_t *m, const hoop_fast_t *f,
    uint64_t values);
static uint64_t hoop_fast_rare(const hoop_mask_t *m, const hoop_fast_t *f,
    const hoop_block_t *b, uint64_t string);
static uint64_t hoop_fast_folds(const hoop_fast_t *f, uint64_t bytes);
static uint64_t hoop_fast_literals(hoop_mask_t *m, const hoop_fast_t *f);
static uint64_t hoop_fast_patterns(hoop_mask_t *m, const hoop_fast_t *f);


int
hoop_fast_fill(hoop_mask_t *m, hoop_fast_t *f)
{
    uint32_t  at;
    uint64_t  bits[HOOP_FAST_BLOCKS];
    unsigned  i, n;

    do {
        if (f->at >= f->n || f->candidate < HOOP_FAST_NONE) {
            return HOOP_DECLINED;
        }

        n = f->last - f->first;

        if (n == 0) {
            f->slashes = 0;
        }

        memmove(f->places, f->places + f->first, n * sizeof(uint32_t));
        f->first = 0;
        f->last = n;

        n = f->batch;
        f->batch = (n < HOOP_FAST_BLOCKS) ? n * 2 : HOOP_FAST_BLOCKS;

        hoop_fast_classify(f, n);

        at = (uint32_t) f->at;

        for (i = 0; i < n && f->at < f->n; i++) {
            bits[i] = hoop_fast_block(m, f, &f->blocks[i]);
            f->at += HOOP_BLOCK;
        }

        f->last += hoop_places(bits, i, at, f->places + f->last);

        f->blocks[0] = f->blocks[n];
        f->ready = 1;

    } while (f->last < HOOP_FAST_MEMBER);

    return HOOP_OK;
}


/* n blocks, and the one behind them */

static void
hoop_fast_classify(hoop_fast_t *f, unsigned n)
{
    size_t    at;
    unsigned  i;

    i = f->ready;
    at = f->at + i * HOOP_BLOCK;
    at = (at < f->n) ? at : f->n;

    hoop_blocks_of(f->p + at, f->n - at, n + 1 - i, &f->blocks[i]);
}


/* the places of one block, as bits; and its candidates */

static uint64_t
hoop_fast_block(hoop_mask_t *m, hoop_fast_t *f, const hoop_block_t *b)
{
    uint64_t  quote, string, op, scalar, bits, cand, doubt, values;

    quote = b->quote;
    doubt = 0;

    if (b->slash | f->escaped) {
        quote &= ~hoop_fast_escapes(f, b->slash, &doubt);
        doubt |= (m->nliterals || m->npatterns) ? b->slash | 1 : 0;
    }

    /* from an opening quote on, without the closing one */

    string = hoop_bit_parity(quote) ^ f->string;
    f->string = (uint64_t) ((int64_t) string >> 63);

    op = b->op & ~string;
    scalar = ~(op | b->space | string | quote);
    bits = quote | op | (scalar & ~(scalar << 1 | f->scalar));
    f->scalar = scalar >> 63;

    cand = b->at | doubt | hoop_block_numbers(b, f->digit, &values);
    f->digit = b->digit >> 63;

    if (m->detect & hoop_bit(HOOP_DETECT_IBAN)) {
        cand |= hoop_block_ibans(b);
    }

    if (m->detect & hoop_bit(HOOP_DETECT_PHONE)) {
        cand |= hoop_block_phones(b);
    }

    if (m->detect & HOOP_DETECT_RARE) {
        cand |= hoop_fast_rare(m, f, b, string);
    }

    if (m->nliterals) {
        cand |= hoop_fast_literals(m, f);
    }

    if (m->npatterns) {
        cand |= hoop_fast_patterns(m, f);
    }

    cand &= string;

    if (b->head & string) {
        cand |= hoop_fast_heads(m, f, b->head & string);
    }

    if (m->detect & HOOP_DETECT_ASKED) {
        values |= hoop_block_begins(b);
    }

    /* nothing stands before what a string begins with */

    values &= string & ~(quote << 1);

    if (values && (m->detect & HOOP_DETECT_CONTEXT)) {
        cand |= hoop_fast_contexts(m, f, values);
    }

    if ((b->sign & string)
        && (m->has_names
            || (m->detect & (hoop_bit(HOOP_DETECT_CONNECTION_STRING)
                             | hoop_bit(HOOP_DETECT_GENERIC_SECRET)))))
    {
        cand |= hoop_fast_signs(m, f, b->sign & string);
    }

    if ((b->mark | b->high) & string) {
        cand |= hoop_fast_folds(f, (b->mark | b->high) & string);
    }

    if (cand && f->candidate == HOOP_FAST_NONE) {
        f->candidate = (uint32_t) f->at + hoop_bit_first(cand);
    }

    if (f->n - f->at < HOOP_BLOCK) {
        bits &= ((uint64_t) 1 << (f->n - f->at)) - 1;
    }

    return bits;
}


/* 1 if an escape is none that a detector or a name might be made of */

static inline int
hoop_fast_harmless(u_char c)
{
    return c == 'n' || c == 't' || c == 'r' || c == '/' || c == 'b'
           || c == 'f';
}


/*
 * The bytes that a backslash takes its meaning from, in order; doubt are the
 * escapes that are not harmless.
 */

static uint64_t
hoop_fast_escapes(hoop_fast_t *f, uint64_t slash, uint64_t *doubt)
{
    size_t    k;
    uint64_t  bit, escaped;

    escaped = f->escaped;

    if (escaped) {
        *doubt |= !hoop_fast_harmless(f->p[f->at]);
    }

    f->escaped = 0;
    f->slashes = 1;

    slash &= ~escaped;

    while (slash) {
        bit = slash & -slash;

        if (bit >> 63) {
            f->escaped = 1;
            break;
        }

        escaped |= bit << 1;
        slash &= ~(bit | bit << 1);

        k = f->at + hoop_bit_first(bit) + 1;

        if (k >= f->n) {
            break;
        }

        if (!hoop_fast_harmless(f->p[k])) {
            *doubt |= bit;
        }
    }

    return escaped;
}


/* those of the bytes that may begin a token which do; they stand in strings */

static uint64_t
hoop_fast_heads(hoop_mask_t *m, const hoop_fast_t *f, uint64_t heads)
{
    size_t    k;
    uint64_t  bit, cand;

    cand = 0;

    while (heads) {
        bit = heads & -heads;
        heads &= heads - 1;

        k = f->at + hoop_bit_first(bit);

        if (f->n - k >= HOOP_HEAD && !hoop_head_may(f->p + k)) {
            continue;
        }

        if (hoop_token_may(m->detect, f->p, f->n, k)) {
            cand |= bit;
        }
    }

    return cand;
}


/* 0 if the '>' at p ends a tag that has no attributes, nor a sensitive name */

static int
hoop_fast_element(const hoop_mask_t *m, const u_char *p)
{
    u_char    c;
    unsigned  i;
    ssize_t   len;

    len = (ssize_t) hoop_scan_name(p);
    c = p[-1 - len];

    if (c == '/') {
        return len && p[-2 - len] != '<'
               && (p[-2 - len] != '\\' || p[-3 - len] != '<');
    }

    if (c != '<' || len == HOOP_NAME_MAX) {
        return len || c != '"';
    }

    for (i = 0; i < m->nsets; i++) {
        if (hoop_mask_may(m->sets[i]->tails, p - len, (size_t) len)) {
            return 1;
        }
    }

    return 0;
}


/* those ':', '=' and '>' behind which the value of a sensitive name may be */

static uint64_t
hoop_fast_signs(hoop_mask_t *m, const hoop_fast_t *f, uint64_t signs)
{
    u_char         c;
    size_t         k, len;
    uint64_t       bit, cand;
    unsigned       i, may;
    const u_char  *p;

    cand = 0;

    while (signs) {
        bit = signs & -signs;
        signs &= signs - 1;

        k = f->at + hoop_bit_first(bit);

        /* it is in a string: a quote stands before it */

        p = f->p + k;
        c = hoop_lower(p[-1]);

        if (p[0] == '>') {
            cand |= m->has_names && hoop_fast_element(m, p) ? bit : 0;
            continue;
        }

        if (c == '\'' || c == ' ') {
            cand |= bit;
            continue;
        }

        /* of an attribute "value", or a part by its "name" */

        if (p[0] == '=' && c == 'e'
            && (hoop_lower(p[-2]) == 'u' || hoop_lower(p[-2]) == 'm'))
        {
            cand |= bit;
            continue;
        }

        if ((p[0] == '=' && hoop_pair_may(p)
             && (m->detect & hoop_bit(HOOP_DETECT_CONNECTION_STRING)))
            || (m->detect & hoop_bit(HOOP_DETECT_GENERIC_SECRET)))
        {
            cand |= bit;
            continue;
        }

        may = hoop_is_separator(c);

        for (i = 0; i < m->nsets; i++) {
            may |= m->sets[i]->head[c];
        }

        if (!may) {
            continue;
        }

        len = hoop_scan_name(p);

        for (i = 0; i < m->nsets; i++) {
            if (hoop_mask_may(m->sets[i]->tails, p - len, len)) {
                cand |= bit;
                break;
            }
        }
    }

    return cand;
}


/* those values that the words before them speak of */

static uint64_t
hoop_fast_contexts(hoop_mask_t *m, const hoop_fast_t *f, uint64_t values)
{
    uint64_t  bit, cand;

    cand = 0;

    while (values) {
        bit = values & -values;
        values &= values - 1;

        if (hoop_context_may(m->detect, f->p, f->n,
                             f->at + hoop_bit_first(bit)))
        {
            cand |= bit;
        }
    }

    return cand;
}


/* what is looked for on request */

static __attribute__((noinline)) uint64_t
hoop_fast_rare(const hoop_mask_t *m, const hoop_fast_t *f,
    const hoop_block_t *b, uint64_t string)
{
    uint64_t  bit, bits, cand;

    cand = hoop_scan_rare(m->detect, b);

    if (m->detect & HOOP_DETECT_ADDRESSES) {

        for (bits = b->sign & string; bits; bits &= bits - 1) {
            bit = bits & -bits;

            if (hoop_address_colons(f->p, f->n, f->at + hoop_bit_first(bit))) {
                cand |= bit;
            }
        }
    }

    return cand;
}


/* those bytes where something begins that is to be folded */

static uint64_t
hoop_fast_folds(const hoop_fast_t *f, uint64_t bytes)
{
    size_t    k;
    uint64_t  bit, cand;

    cand = 0;

    while (bytes) {
        bit = bytes & -bytes;
        bytes &= bytes - 1;

        k = f->at + hoop_bit_first(bit);

        if (hoop_mask_fold_at(f->p + k, f->n - k)) {
            cand |= bit;
        }
    }

    return cand;
}


/* the places where a literal may stand: its first and its eighth byte do */

static uint64_t
hoop_fast_literals(hoop_mask_t *m, const hoop_fast_t *f)
{
    size_t         n;
    uint64_t       cand;
    unsigned       i;
    const u_char  *p, *literal;

    u_char  tail[HOOP_BLOCK + HOOP_BLOCK_APART];

    p = f->p + f->at;
    n = f->n - f->at;

    if (n < sizeof(tail)) {
        memcpy(tail, p, n);
        memset(tail + n, 0, sizeof(tail) - n);
        p = tail;
    }

    cand = 0;

    for (i = 0; i < m->nliterals; i++) {
        literal = m->literals[i].data;
        cand |= hoop_block_pair(p, literal[0], literal[HOOP_BLOCK_APART]);
    }

    return cand;
}


/* the places where the literal of a pattern may begin: three bytes of it do */

static uint64_t
hoop_fast_patterns(hoop_mask_t *m, const hoop_fast_t *f)
{
    size_t         n;
    uint64_t       cand;
    unsigned       i;
    const u_char  *p;

    u_char  tail[HOOP_BLOCK + HOOP_PATTERN_SHORTEST - 1];

    p = f->p + f->at;
    n = f->n - f->at;

    if (n < sizeof(tail)) {
        memcpy(tail, p, n);
        memset(tail + n, 0, sizeof(tail) - n);
        p = tail;
    }

    cand = 0;

    for (i = 0; i < m->npatterns; i++) {
        cand |= hoop_block_three(p, m->patterns[i]->literal);
    }

    return cand;
}
