
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Spellings that a reader takes for the same: folded before a text is judged.
 *
 *   full-width letters and digits, and signs of tokens       as in ASCII
 *   characters without a width                                left out
 *   spaces and hyphens that are rare                          NBSP, '-'
 *   references of HTML: &#52; &#x34; &commat;                 the character
 *   %34, of what does not end a value                         the character
 *
 * It is the last stage of every text, and one that is mostly not there: a look
 * decodes through it only where something to be folded was found.
 *
 * The state is what has come and cannot be decided: up to three characters
 * without a width, which become a part of the one behind them, and then the
 * beginning of a spelling.  More of the former in a row, or a spelling that is
 * too long for a unit, are what they are.  All this is decided by bytes that
 * follow, so it does not matter where a look begins.
 *
 * A brace or bracket is always one byte of the input: JSON may begin there.
 */


#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "hoop_detect_impl.h"
#include "hoop_mask_impl.h"


#define HOOP_FOLD_NO      0
#define HOOP_FOLD_MORE    1
#define HOOP_FOLD_CHAR    2
#define HOOP_FOLD_SPACE   3            /* not one that ends a value */
#define HOOP_FOLD_DROP    4

#define HOOP_FOLD_WIDTHLESS  3         /* in a row */
#define HOOP_FOLD_DIGITS     8         /* of a reference */


typedef struct {
    size_t    len;
    u_char    c;
} hoop_fold_t;


static const struct {
    const char  *name;
    uint32_t     code;
} hoop_fold_names[] = {
    { "amp;", '&' }, { "lt;", '<' }, { "gt;", '>' }, { "quot;", '"' },
    { "apos;", '\'' }, { "nbsp;", 0xa0 }, { "commat;", '@' },
    { "period;", '.' }, { "hyphen;", '-' }, { "dash;", '-' },
    { "ndash;", '-' }, { "mdash;", '-' }, { "minus;", '-' },
    { "lowbar;", '_' }, { "UnderBar;", '_' }, { "equals;", '=' },
    { "colon;", ':' }, { "sol;", '/' }, { "bsol;", '\\' }, { "plus;", '+' },
    { "percnt;", '%' }, { "num;", '#' }, { "Tab;", '\t' },
    { "NewLine;", '\n' }, { "ensp;", 0xa0 }, { "emsp;", 0xa0 },
    { "thinsp;", 0xa0 }, { "shy;", 0xad }, { "zwnj;", 0x200c },
    { "zwj;", 0x200d }, { "lrm;", 0x200e }, { "rlm;", 0x200f },
    { "ZeroWidthSpace;", 0x200b }, { "NoBreak;", 0x2060 }
};

#define HOOP_FOLD_NAMES  (sizeof(hoop_fold_names) / sizeof(hoop_fold_names[0]))


static int
hoop_fold_ascii(uint32_t code, hoop_fold_t *f)
{
    if (code == 0 || code == '{' || code == '[') {
        return HOOP_FOLD_NO;
    }

    f->c = (code == '"') ? HOOP_QUOTE
           : (code == '\'') ? HOOP_APOSTROPHE : (u_char) code;

    return HOOP_FOLD_CHAR;
}


/* a character beyond ASCII; "named": it stands as a reference */

static int
hoop_fold_code(uint32_t code, int named, hoop_fold_t *f)
{
    uint32_t  c;

    if (code == 0xad || code == 0x34f || code == 0x180e
        || (code >= 0x200b && code <= 0x200f)
        || (code >= 0x202a && code <= 0x202e)
        || (code >= 0x2060 && code <= 0x206f)
        || (code >= 0xfe00 && code <= 0xfe0f) || code == 0xfeff)
    {
        return HOOP_FOLD_DROP;
    }

    if (code >= 0xff01 && code <= 0xff5e) {
        c = code - 0xff01 + '!';

        if (!hoop_is(c, HOOP_C_ALNUM) && c != '@' && c != '-' && c != '.'
            && c != '_' && c != '+' && c != '=' && c != '/')
        {
            return HOOP_FOLD_NO;
        }

        f->c = (u_char) c;
        return HOOP_FOLD_CHAR;
    }

    if (code == 0x205f || code == 0x3000
        || (named && (code == 0xa0 || code == 0x202f
                      || (code >= 0x2000 && code <= 0x200a))))
    {
        return HOOP_FOLD_SPACE;
    }

    f->c = '-';

    return (code == 0x2043 || code == 0xfe58 || code == 0xfe63
            || (named && (code == 0x2212
                          || (code >= 0x2010 && code <= 0x2015))))
           ? HOOP_FOLD_CHAR : HOOP_FOLD_NO;
}


/* of two or three bytes */

static int
hoop_fold_utf8(const u_char *p, size_t n, hoop_fold_t *f)
{
    size_t    i;
    uint32_t  code;

    f->len = (p[0] < 0xe0) ? 2 : 3;
    code = p[0] & (p[0] < 0xe0 ? 0x1f : 0x0f);

    for (i = 1; i < f->len; i++) {

        if (i == n) {
            return HOOP_FOLD_MORE;
        }

        if ((p[i] & 0xc0) != 0x80) {
            return HOOP_FOLD_NO;
        }

        /* most begin alike, and are letters of some language */

        if (i == 1
            && ((p[0] == 0xe2 && p[1] > 0x81) || (p[0] == 0xe3 && p[1] != 0x80)
                || (p[0] == 0xe1 && p[1] != 0xa0)
                || (p[0] == 0xef && (p[1] < 0xb8 || p[1] > 0xbd))))
        {
            return HOOP_FOLD_NO;
        }

        code = code << 6 | (p[i] & 0x3f);
    }

    return hoop_fold_code(code, 0, f);
}


static int
hoop_fold_percent(const u_char *p, size_t n, hoop_fold_t *f)
{
    int  a, b;

    f->len = 3;

    if (n < 2) {
        return HOOP_FOLD_MORE;
    }

    a = hoop_hex_value(p[1]);

    if (a < 2 || a > 7) {
        return HOOP_FOLD_NO;
    }

    if (n < 3) {
        return HOOP_FOLD_MORE;
    }

    b = hoop_hex_value(p[2]);

    if (b < 0) {
        return HOOP_FOLD_NO;
    }

    f->c = (u_char) (a << 4 | b);

    if (f->c == ' ') {
        return HOOP_FOLD_SPACE;
    }

    return hoop_is(f->c, HOOP_C_ALNUM) || f->c == '@' || f->c == '-'
           || f->c == '.' || f->c == '_' || f->c == '+' || f->c == '='
           || f->c == ':' || f->c == '/'
           ? HOOP_FOLD_CHAR : HOOP_FOLD_NO;
}


/* &#52; &#x34; and, as browsers read it, &#52 in front of anything else */

static int
hoop_fold_number(const u_char *p, size_t n, unsigned final, hoop_fold_t *f)
{
    int       v, hex;
    size_t    i, first;
    uint32_t  code;

    hex = (n > 2 && (p[2] | 0x20) == 'x');
    first = 2 + hex;
    code = 0;

    for (i = first; i < n; i++) {
        v = hoop_hex_value(p[i]);

        if (v < 0 || (v > 9 && !hex)) {
            break;
        }

        if (i - first == HOOP_FOLD_DIGITS) {
            return HOOP_FOLD_NO;
        }

        code = code * (hex ? 16 : 10) + (uint32_t) v;
    }

    if (i == n && !final) {
        return HOOP_FOLD_MORE;
    }

    if (i == first) {
        return HOOP_FOLD_NO;
    }

    f->len = i + (i < n && p[i] == ';');

    return (code < 0x80) ? hoop_fold_ascii(code, f)
                         : hoop_fold_code(code, 1, f);
}


static int
hoop_fold_name(const u_char *p, size_t n, hoop_fold_t *f)
{
    int       more;
    size_t    i, len, k;
    uint32_t  code;

    more = 0;

    for (i = 0; i < HOOP_FOLD_NAMES; i++) {
        len = strlen(hoop_fold_names[i].name);
        k = (n - 1 < len) ? n - 1 : len;

        if (memcmp(p + 1, hoop_fold_names[i].name, k) != 0) {
            continue;
        }

        if (k < len) {
            more = 1;
            continue;
        }

        code = hoop_fold_names[i].code;
        f->len = 1 + len;

        return (code < 0x80) ? hoop_fold_ascii(code, f)
                             : hoop_fold_code(code, 1, f);
    }

    return more ? HOOP_FOLD_MORE : HOOP_FOLD_NO;
}


/* what begins at p; "final": there is nothing behind n */

static int
hoop_fold(const u_char *p, size_t n, unsigned final, hoop_fold_t *f)
{
    int  rc;

    switch (p[0]) {

    case '%':
        rc = hoop_fold_percent(p, n, f);
        break;

    case '&':
        rc = (n == 1) ? HOOP_FOLD_MORE
             : (p[1] == '#') ? hoop_fold_number(p, n, final, f)
             : hoop_fold_name(p, n, f);
        break;

    case 0xc2:
    case 0xcd:
    case 0xe1:
    case 0xe2:
    case 0xe3:
    case 0xef:
        rc = hoop_fold_utf8(p, n, f);
        break;

    default:
        return HOOP_FOLD_NO;
    }

    return (rc == HOOP_FOLD_MORE && final) ? HOOP_FOLD_NO : rc;
}


int
hoop_mask_fold_at(const u_char *p, size_t n)
{
    hoop_fold_t  f;

    return hoop_fold(p, n, 0, &f) != HOOP_FOLD_NO;
}


size_t
hoop_mask_fold_find(const u_char *p, size_t n)
{
    size_t  i;

    i = 0;

#ifdef __SSE2__

    /* most of a text has none: four at once */

    while (n - i >= 64) {
        unsigned  k;
        __m128i   v, all;

        all = _mm_setzero_si128();

        for (k = 0; k < 64; k += 16) {
            v = _mm_loadu_si128((const __m128i *) (p + i + k));

            all = _mm_or_si128(all, _mm_or_si128(v,
                         _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('&')),
                                      _mm_cmpeq_epi8(v, _mm_set1_epi8('%')))));
        }

        if (_mm_movemask_epi8(all)) {
            break;
        }

        i += 64;
    }

    for ( /* void */ ; n - i >= 16; i += 16) {
        unsigned  m;
        __m128i   v;

        v = _mm_loadu_si128((const __m128i *) (p + i));

        m = (unsigned) _mm_movemask_epi8(_mm_or_si128(v,
                        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('&')),
                                     _mm_cmpeq_epi8(v, _mm_set1_epi8('%')))));

        for ( /* void */ ; m; m &= m - 1) {
            unsigned  k = (unsigned) __builtin_ctz(m);

            if (hoop_mask_fold_at(p + i + k, n - i - k)) {
                return i + k;
            }
        }
    }

#endif

    for ( /* void */ ; i < n; i++) {
        if ((p[i] >= 0x80 || p[i] == '&' || p[i] == '%')
            && hoop_mask_fold_at(p + i, n - i))
        {
            return i;
        }
    }

    return n;
}


/* the first of those without a width is taken for something after all */

static void
hoop_fold_evict(hoop_stage_t *st, hoop_unit_t *out, unsigned *n)
{
    out[*n] = st->pend[0];
    out[*n].c = 0xff;
    (*n)++;

    st->n--;
    st->code--;
    memmove(st->pend, st->pend + 1, st->n * sizeof(hoop_unit_t));
}


/* len units behind those without a width are a character c */

static void
hoop_fold_emit(hoop_stage_t *st, int rc, u_char c, unsigned len, size_t unit,
    hoop_unit_t *out, unsigned *n)
{
    uint32_t      rs, re;
    hoop_unit_t  *seq;

    seq = st->pend + st->code;
    re = seq[len - 1].re;

    while (st->code && (c == '{' || c == '[' || re - st->pend[0].rs > unit)) {
        hoop_fold_evict(st, out, n);
    }

    rs = st->pend[0].rs;

    if (rc == HOOP_FOLD_SPACE) {
        out[*n].c = 0xc2;
        out[*n].rs = rs;
        out[*n].re = re;
        (*n)++;

        c = 0xa0;
    }

    out[*n].c = c;
    out[*n].rs = rs;
    out[*n].re = re;
    (*n)++;

    len += st->code;
    st->code = 0;
    st->n -= len;
    memmove(st->pend, st->pend + len, st->n * sizeof(hoop_unit_t));
}


/* one without a width joins those that wait */

static void
hoop_fold_drop(hoop_stage_t *st, unsigned len, hoop_unit_t *out, unsigned *n)
{
    hoop_unit_t  *seq;

    if (st->code == HOOP_FOLD_WIDTHLESS) {
        hoop_fold_evict(st, out, n);
    }

    seq = st->pend + st->code++;
    seq[0].re = seq[len - 1].re;

    st->n -= len - 1;
    memmove(seq + 1, seq + len, (st->n - st->code) * sizeof(hoop_unit_t));
}


unsigned
hoop_mask_fold_push(hoop_stage_t *st, const hoop_unit_t *u, size_t unit,
    hoop_unit_t *out)
{
    int           rc;
    u_char        text[HOOP_MASK_PEND];
    unsigned      i, k, n;
    hoop_fold_t   f;
    hoop_unit_t  *seq;

    n = 0;

    if (u) {

        if (st->n == 0 && u->c < 0x80 && u->c != '&' && u->c != '%') {
            out[0] = *u;
            return 1;
        }

        st->pend[st->n++] = *u;
    }

    while (st->n > st->code) {

        seq = st->pend + st->code;
        k = st->n - st->code;

        for (i = 0; i < k; i++) {
            text[i] = seq[i].c;
        }

        rc = hoop_fold(text, k, u == NULL, &f);

        if (rc == HOOP_FOLD_MORE) {

            if (seq[k - 1].re - seq[0].rs <= unit && st->n < HOOP_MASK_PEND) {
                return n;
            }

            rc = HOOP_FOLD_NO;
        }

        if (rc == HOOP_FOLD_DROP
            && seq[f.len - 1].re - seq[0].rs <= unit)
        {
            hoop_fold_drop(st, (unsigned) f.len, out, &n);
            continue;
        }

        if (rc == HOOP_FOLD_NO || rc == HOOP_FOLD_DROP
            || seq[f.len - 1].re - seq[0].rs > unit)
        {
            rc = HOOP_FOLD_NO;
            f.len = 1;
            f.c = text[0];
        }

        hoop_fold_emit(st, rc, f.c, (unsigned) f.len, unit, out, &n);
    }

    while (u == NULL && st->n) {
        hoop_fold_evict(st, out, &n);
    }

    return n;
}
