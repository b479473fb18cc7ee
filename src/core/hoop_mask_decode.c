
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Decoding through stages, byte by byte where there are escapes and in runs
 * where there are none.
 *
 * A unit is a decoded byte with the input bytes [rs, re) it came from; units
 * follow each other without a gap, so that the input behind any number of
 * decoded bytes is known by counting.  Only one character of several bytes,
 * from one \uXXXX, shares its input bytes; nothing is ever cut within it.
 *
 * A malformed escape in a JSON string becomes one byte 0xff.  In loose text,
 * in forms and in cells of a table its bytes stand for themselves.
 */


#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "hoop_mask_impl.h"


#define HOOP_DEC_NORMAL   0
#define HOOP_DEC_ESCAPE   1            /* after backslash or '%' */
#define HOOP_DEC_HEX      2            /* and up: digits seen + 2 */

#define HOOP_DEC_QUEUE    (2 * HOOP_MASK_PEND)



static const u_char  hoop_special[256] = {
    ['"'] = HOOP_STAGE_JSON|HOOP_STAGE_CSV,
    ['\\'] = HOOP_STAGE_JSON|HOOP_STAGE_LOOSE,
    ['%'] = HOOP_STAGE_FORM|HOOP_STAGE_FOLD,
    ['+'] = HOOP_STAGE_FORM,
    ['&'] = HOOP_STAGE_FOLD,
    [0xc2] = HOOP_STAGE_FOLD, [0xcd] = HOOP_STAGE_FOLD,
    [0xe1] = HOOP_STAGE_FOLD, [0xe2] = HOOP_STAGE_FOLD,
    [0xe3] = HOOP_STAGE_FOLD, [0xef] = HOOP_STAGE_FOLD
};


/* what the character behind a backslash stands for, if not for itself */

static const u_char  hoop_escape[256] = {
    ['n'] = '\n', ['r'] = '\r', ['t'] = '\t', ['b'] = '\b', ['f'] = '\f'
};


static inline void
hoop_emit(hoop_unit_t *out, unsigned *n, u_char c, uint32_t rs, uint32_t re)
{
    out[*n].c = c;
    out[*n].rs = rs;
    out[*n].re = re;
    (*n)++;
}


/* a code unit in UTF-8; a surrogate as three bytes that match nothing */

static void
hoop_emit_code(hoop_unit_t *out, unsigned *n, unsigned code, uint32_t rs,
    uint32_t re)
{
    if (code < 0x80) {
        hoop_emit(out, n, (u_char) code, rs, re);
        return;
    }

    if (code < 0x800) {
        hoop_emit(out, n, (u_char) (0xc0 | code >> 6), rs, re);

    } else {
        hoop_emit(out, n, (u_char) (0xe0 | code >> 12), rs, re);
        hoop_emit(out, n, (u_char) (0x80 | (code >> 6 & 0x3f)), rs, re);
    }

    hoop_emit(out, n, (u_char) (0x80 | (code & 0x3f)), rs, re);
}


/* the escape that was begun is none */

static void
hoop_stage_flush(hoop_stage_t *st, u_char kind, hoop_unit_t *out, unsigned *n)
{
    unsigned  i;

    if (st->state == HOOP_DEC_NORMAL) {
        return;
    }

    if (kind == HOOP_STAGE_JSON) {
        hoop_emit(out, n, 0xff, st->pend[0].rs, st->pend[st->n - 1].re);

    } else {
        for (i = 0; i < st->n; i++) {
            out[(*n)++] = st->pend[i];
        }
    }

    st->state = HOOP_DEC_NORMAL;
    st->n = 0;
}


/* one unit in, up to seven out; 1 if the stage ends before it */

static int
hoop_stage_push(hoop_stage_t *st, u_char kind, const hoop_unit_t *u,
    hoop_unit_t *out, unsigned *n)
{
    int       v;
    u_char    c;
    uint32_t  rs;

    c = u->c;

again:

    if (st->state == HOOP_DEC_NORMAL) {

        if (!(hoop_special[c] & kind)) {
            out[(*n)++] = *u;
            return 0;
        }

        if (c == '"' && kind == HOOP_STAGE_JSON) {
            return 1;
        }

        if (c == '+') {
            hoop_emit(out, n, ' ', u->rs, u->re);
            return 0;
        }

        st->state = HOOP_DEC_ESCAPE;
        st->pend[0] = *u;
        st->n = 1;
        st->code = 0;
        return 0;
    }

    rs = st->pend[0].rs;

    if (kind == HOOP_STAGE_CSV) {

        if (c != '"') {
            hoop_stage_flush(st, kind, out, n);
            goto again;
        }

        hoop_emit(out, n, c, rs, u->re);
        st->state = HOOP_DEC_NORMAL;
        st->n = 0;
        return 0;
    }

    if (kind == HOOP_STAGE_FORM) {
        v = hoop_hex_value(c);

        if (v < 0) {
            hoop_stage_flush(st, kind, out, n);
            goto again;
        }

        st->code = (uint16_t) (st->code << 4 | v);

        if (st->n == 2) {
            hoop_emit(out, n, (u_char) st->code, rs, u->re);
            st->state = HOOP_DEC_NORMAL;
            st->n = 0;

        } else {
            st->pend[st->n++] = *u;
        }

        return 0;
    }

    if (st->state == HOOP_DEC_ESCAPE) {

        if (c == 'u') {
            st->state = HOOP_DEC_HEX;
            st->pend[st->n++] = *u;
            return 0;
        }

        if (hoop_escape[c]) {
            c = hoop_escape[c];

        } else if (kind == HOOP_STAGE_LOOSE && c != '/') {
            out[(*n)++] = st->pend[0];
            out[(*n)++] = *u;
            st->state = HOOP_DEC_NORMAL;
            st->n = 0;
            return 0;
        }

        /* '"', '\\', and what is no escape: a lenient reader takes it */

        hoop_emit(out, n, c, rs, u->re);
        st->state = HOOP_DEC_NORMAL;
        st->n = 0;
        return 0;
    }

    v = hoop_hex_value(c);

    if (v < 0) {
        hoop_stage_flush(st, kind, out, n);
        goto again;
    }

    st->code = (uint16_t) (st->code << 4 | v);

    if (st->n < 5) {
        st->pend[st->n++] = *u;
        return 0;
    }

    hoop_emit_code(out, n, st->code, rs, u->re);
    st->state = HOOP_DEC_NORMAL;
    st->n = 0;

    return 0;
}


typedef struct {
    const u_char    *kinds;
    unsigned         nst;
    size_t           unit;
    size_t           max;
    u_char          *dst;
    hoop_decoded_t  *d;
    hoop_stage_t     st[HOOP_MASK_STAGES + 1];
} hoop_decode_t;


/*
 * Sends n units, or with flush what is pending, through the stages from
 * "from" on.  Returns 1 where decoding is over: a stage ended, max was
 * reached, or a unit is too long.
 */

static int
hoop_decode_push(hoop_decode_t *dc, unsigned from, hoop_unit_t *in, unsigned n,
    int flush)
{
    unsigned         i, k, s;
    hoop_unit_t      a[HOOP_DEC_QUEUE], b[HOOP_DEC_QUEUE], *src, *dst, *t;
    hoop_decoded_t  *d;

    d = dc->d;
    src = a;
    dst = b;

    memcpy(a, in, n * sizeof(hoop_unit_t));

    for (s = from; s < dc->nst; s++) {

        k = 0;

        if (dc->kinds[s] == HOOP_STAGE_FOLD) {

            for (i = 0; i < n; i++) {
                k += hoop_mask_fold_push(&dc->st[s], &src[i], dc->unit,
                                         dst + k);
            }

            if (flush) {
                k += hoop_mask_fold_push(&dc->st[s], NULL, dc->unit, dst + k);
            }

            goto next;
        }

        for (i = 0; i < n; i++) {
            if (hoop_stage_push(&dc->st[s], dc->kinds[s], &src[i], dst, &k)) {

                /* what was pending behind is no more completed */

                if (src[i].re - src[i].rs > dc->unit) {
                    d->hostile = 1;

                } else {
                    d->end = s + 1;
                }

                flush = 1;
                break;
            }
        }

        if (flush && !(d->end == s + 1)) {
            hoop_stage_flush(&dc->st[s], dc->kinds[s], dst, &k);
        }

    next:

        t = src;
        src = dst;
        dst = t;
        n = k;
    }

    for (i = 0; i < n; i++) {

        if (src[i].re - src[i].rs > dc->unit) {
            d->hostile = 1;
            d->end = 0;
            return 1;
        }

        if (d->n >= dc->max) {

            /* the rest of a character that was begun */

            if (src[i].re == d->raw && src[i].c >= 0x80 && src[i].c < 0xc0) {
                goto take;
            }

            d->end = 0;
            d->hostile = 0;
            return 1;
        }

    take:

        if (dc->dst) {
            dc->dst[d->n] = src[i].c;
        }

        d->n++;
        d->raw = src[i].re;
    }

    return d->end || d->hostile;
}


/*
 * One stage of JSON, which is nearly all that is ever decoded: as far as there
 * are but runs without escapes and escapes of one character.
 */

static void
hoop_decode_json(const u_char *src, size_t len, u_char *dst, size_t max,
    hoop_decoded_t *d)
{
    u_char  c;
    size_t  i, n;

    i = d->raw;
    n = d->n;

    while (i < len && n < max) {

#ifdef __SSE2__
        int      m;
        __m128i  v;

        while (len - i >= 16 && max - n >= 16) {
            v = _mm_loadu_si128((const __m128i *) (src + i));

            if (dst) {
                _mm_storeu_si128((__m128i *) (dst + n), v);
            }

            m = _mm_movemask_epi8(_mm_or_si128(
                               _mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
                               _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));

            if (m) {
                m = __builtin_ctz((unsigned) m);
                i += m;
                n += m;
                break;
            }

            i += 16;
            n += 16;
        }

        if (i == len || n == max) {
            break;
        }
#endif

        c = src[i];

        if (c == '"') {
            break;
        }

        if (c != '\\') {

            if (dst) {
                dst[n] = c;
            }

            n++;
            i++;
            continue;
        }

        if (i + 1 == len || src[i + 1] == 'u') {
            break;
        }

        if (dst) {
            c = hoop_escape[src[i + 1]];
            dst[n] = c ? c : src[i + 1];
        }

        n++;
        i += 2;
    }

    d->raw = i;
    d->n = n;
}


/*
 * Where the first escape begins that is not complete.  What is to be folded
 * does not count: it is never longer than a unit.
 */

static size_t
hoop_decode_begun(const hoop_decode_t *dc, size_t len)
{
    size_t    begun;
    unsigned  s;

    begun = len;

    for (s = 0; s < dc->nst; s++) {
        if (dc->kinds[s] != HOOP_STAGE_FOLD
            && dc->st[s].state != HOOP_DEC_NORMAL
            && dc->st[s].pend[0].rs < begun)
        {
            begun = dc->st[s].pend[0].rs;
        }
    }

    return begun;
}


void
hoop_mask_decode(const u_char *kinds, unsigned nst, const u_char *src,
    size_t len, unsigned final, u_char *dst, size_t max, size_t unit,
    hoop_decoded_t *d)
{
    u_char         mask;
    size_t         i, n;
    unsigned       s;
    hoop_unit_t    u;
    hoop_decode_t  dc;

    memset(d, 0, sizeof(hoop_decoded_t));

    dc.kinds = kinds;
    dc.nst = nst;
    dc.unit = unit;
    dc.max = max;
    dc.dst = dst;
    dc.d = d;

    mask = 0;

    for (s = 0; s < nst; s++) {
        dc.st[s].state = HOOP_DEC_NORMAL;
        dc.st[s].n = 0;
        dc.st[s].code = 0;
        mask |= kinds[s];
    }

    for (i = 0; i < len && d->n < max; /* void */ ) {

        if (d->raw == i && nst == 1 && kinds[0] == HOOP_STAGE_JSON) {

            /* nothing is pending */

            hoop_decode_json(src, len, dst, max, d);
            i = d->raw;

            if (i == len || d->n == max) {
                continue;
            }

        } else if (d->raw == i) {

            n = (max - d->n < len - i) ? max - d->n : len - i;
            n += i;

            if (dst) {
                while (i < n && !(hoop_special[src[i]] & mask)) {
                    dst[d->n++] = src[i++];
                }

            } else {
                while (i < n && !(hoop_special[src[i]] & mask)) {
                    d->n++;
                    i++;
                }
            }

            d->raw = i;

            if (i == n) {
                continue;
            }
        }

        u.c = src[i];
        u.rs = (uint32_t) i;
        u.re = (uint32_t) ++i;

        if (hoop_decode_push(&dc, 0, &u, 1, 0)) {
            return;
        }
    }

    if (d->raw == len || d->n >= max) {
        return;
    }

    if (final) {
        (void) hoop_decode_push(&dc, 0, &u, 0, 1);

    } else if (len - hoop_decode_begun(&dc, len) > unit) {
        d->hostile = 1;
    }
}


size_t
hoop_mask_plain(u_char kind, const u_char *p, size_t n)
{
    size_t         i;
    const u_char  *q;

    if (kind == HOOP_STAGE_LOOSE) {
        q = memchr(p, '\\', n);
        return q ? (size_t) (q - p) : n;
    }

    i = 0;

#ifdef __SSE2__

    if (kind == HOOP_STAGE_JSON) {
        int      m;
        __m128i  v;

        for ( /* void */ ; n - i >= 16; i += 16) {
            v = _mm_loadu_si128((const __m128i *) (p + i));
            v = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
                             _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
            m = _mm_movemask_epi8(v);

            if (m) {
                return i + __builtin_ctz(m);
            }
        }
    }

#endif

    while (i < n && !(hoop_special[p[i]] & kind)) {
        i++;
    }

    return i;
}
