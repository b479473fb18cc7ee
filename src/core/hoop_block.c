
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * See hoop_block.h.  With vectors, two classes are found by a shuffle: a byte
 * is one of a set, no two of which have the same low four bits, if it is what
 * stands there for its own.
 */


#if defined(__x86_64__) && defined(__GNUC__)
#define HOOP_BLOCK_X86  1
#include <immintrin.h>
#endif

#include "hoop_block.h"
#include "hoop_head.h"


#define HOOP_BLOCK_QUOTE  0x0001
#define HOOP_BLOCK_SLASH  0x0002
#define HOOP_BLOCK_OP     0x0004
#define HOOP_BLOCK_SPACE  0x0008
#define HOOP_BLOCK_BRACE  0x0010
#define HOOP_BLOCK_DIGIT  0x0020
#define HOOP_BLOCK_GAP    0x0040
#define HOOP_BLOCK_DOT    0x0080
#define HOOP_BLOCK_AT     0x0100
#define HOOP_BLOCK_SIGN   0x0200
#define HOOP_BLOCK_UPPER  0x0400
#define HOOP_BLOCK_PLUS   0x0800
#define HOOP_BLOCK_MARK   0x1000


static void hoop_blocks_first(const u_char *p, size_t n, hoop_block_t *b);
static size_t hoop_places_first(const uint64_t *bits, size_t n, uint32_t at,
    uint32_t *places);
static void hoop_blocks_plain(const u_char *p, size_t n, hoop_block_t *b);
static size_t hoop_places_plain(const uint64_t *bits, size_t n, uint32_t at,
    uint32_t *places);
static uint64_t hoop_block_heads(const u_char *p);

#if (HOOP_BLOCK_X86)
static void hoop_blocks_avx2(const u_char *p, size_t n, hoop_block_t *b);
static size_t hoop_places_avx2(const uint64_t *bits, size_t n, uint32_t at,
    uint32_t *places);
static void hoop_blocks_avx512(const u_char *p, size_t n, hoop_block_t *b);
static size_t hoop_places_avx512(const uint64_t *bits, size_t n, uint32_t at,
    uint32_t *places);
#endif


void (*hoop_blocks)(const u_char *p, size_t n, hoop_block_t *b) =
    hoop_blocks_first;

size_t (*hoop_places)(const uint64_t *bits, size_t n, uint32_t at,
    uint32_t *places) = hoop_places_first;


/* each is wider than the one before */

static const hoop_block_kind_t  hoop_block_kinds[] = {
    { "plain", hoop_blocks_plain, hoop_places_plain },
#if (HOOP_BLOCK_X86)
    { "avx2", hoop_blocks_avx2, hoop_places_avx2 },
    { "avx512", hoop_blocks_avx512, hoop_places_avx512 },
#endif
};


/* '\x1a' and '\f' differ from ':' and ',' by a bit that is not looked at */

static const uint16_t  hoop_block_class[128] = {
    ['"'] = HOOP_BLOCK_QUOTE,
    ['\\'] = HOOP_BLOCK_SLASH,
    ['{'] = HOOP_BLOCK_OP|HOOP_BLOCK_BRACE,
    ['}'] = HOOP_BLOCK_OP, ['['] = HOOP_BLOCK_OP, [']'] = HOOP_BLOCK_OP,
    [','] = HOOP_BLOCK_OP, ['\f'] = HOOP_BLOCK_OP, [0x1a] = HOOP_BLOCK_OP,
    [':'] = HOOP_BLOCK_OP|HOOP_BLOCK_SIGN, ['='] = HOOP_BLOCK_SIGN,
    ['>'] = HOOP_BLOCK_SIGN,
    ['\t'] = HOOP_BLOCK_SPACE, ['\n'] = HOOP_BLOCK_SPACE,
    ['\r'] = HOOP_BLOCK_SPACE,
    [' '] = HOOP_BLOCK_SPACE|HOOP_BLOCK_GAP, ['-'] = HOOP_BLOCK_GAP,
    ['0' ... '9'] = HOOP_BLOCK_DIGIT,
    ['.'] = HOOP_BLOCK_DOT,
    ['@'] = HOOP_BLOCK_AT,
    ['A' ... 'Z'] = HOOP_BLOCK_UPPER,
    ['+'] = HOOP_BLOCK_PLUS, ['('] = HOOP_BLOCK_PLUS,
    ['&'] = HOOP_BLOCK_MARK, ['%'] = HOOP_BLOCK_MARK
};


const hoop_block_kind_t *
hoop_block_kind(unsigned i)
{
    int  can;

    if (i >= sizeof(hoop_block_kinds) / sizeof(hoop_block_kinds[0])) {
        return NULL;
    }

    can = 1;

#if (HOOP_BLOCK_X86)

    if (i == 1) {
        can = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")
              && __builtin_cpu_supports("popcnt");
    }

    if (i == 2) {
        can = __builtin_cpu_supports("avx512bw")
              && __builtin_cpu_supports("avx512vbmi2")
              && __builtin_cpu_supports("popcnt");
    }

#endif

    return can ? &hoop_block_kinds[i] : NULL;
}


static void
hoop_block_choose(void)
{
    unsigned                  i;
    const hoop_block_kind_t  *kind;

    for (i = 0; (kind = hoop_block_kind(i)) != NULL; i++) {
        hoop_blocks = kind->blocks;
        hoop_places = kind->places;
    }
}


static void
hoop_blocks_first(const u_char *p, size_t n, hoop_block_t *b)
{
    hoop_block_choose();
    hoop_blocks(p, n, b);
}


void
hoop_blocks_of(const u_char *p, size_t len, size_t n, hoop_block_t *b)
{
    size_t  k;

    u_char  tail[HOOP_BLOCK + HOOP_BLOCK_AHEAD];

    if (len >= sizeof(tail)) {
        k = (len - HOOP_BLOCK_AHEAD) / HOOP_BLOCK;
        k = (k > n) ? n : k;

        hoop_blocks(p, k, b);

        b += k;
        n -= k;
        p += k * HOOP_BLOCK;
        len -= k * HOOP_BLOCK;
    }

    for ( /* void */ ; n > 0 && len > 0; n--) {

        k = (len < sizeof(tail)) ? len : sizeof(tail);

        memcpy(tail, p, k);
        memset(tail + k, 0, sizeof(tail) - k);

        hoop_blocks(tail, 1, b++);

        k = (len < HOOP_BLOCK) ? len : HOOP_BLOCK;
        p += k;
        len -= k;
    }

    memset(b, 0, n * sizeof(hoop_block_t));
}


static size_t
hoop_places_first(const uint64_t *bits, size_t n, uint32_t at,
    uint32_t *places)
{
    hoop_block_choose();

    return hoop_places(bits, n, at, places);
}


static void
hoop_blocks_plain(const u_char *p, size_t n, hoop_block_t *b)
{
    unsigned  i, c;
    uint64_t  bit;

    for ( /* void */ ; n > 0; n--, p += HOOP_BLOCK, b++) {

        memset(b, 0, sizeof(hoop_block_t));

        for (i = 0; i < HOOP_BLOCK; i++) {
            bit = (uint64_t) 1 << i;

            if (p[i] >= 0x80) {
                b->high |= bit;
                continue;
            }

            c = hoop_block_class[p[i]];

            if (c == 0) {
                continue;
            }

            b->quote |= (c & HOOP_BLOCK_QUOTE) ? bit : 0;
            b->slash |= (c & HOOP_BLOCK_SLASH) ? bit : 0;
            b->op |= (c & HOOP_BLOCK_OP) ? bit : 0;
            b->space |= (c & HOOP_BLOCK_SPACE) ? bit : 0;
            b->brace |= (c & HOOP_BLOCK_BRACE) ? bit : 0;
            b->digit |= (c & HOOP_BLOCK_DIGIT) ? bit : 0;
            b->gap |= (c & HOOP_BLOCK_GAP) ? bit : 0;
            b->dot |= (c & HOOP_BLOCK_DOT) ? bit : 0;
            b->at |= (c & HOOP_BLOCK_AT) ? bit : 0;
            b->sign |= (c & HOOP_BLOCK_SIGN) ? bit : 0;
            b->upper |= (c & HOOP_BLOCK_UPPER) ? bit : 0;
            b->plus |= (c & HOOP_BLOCK_PLUS) ? bit : 0;
            b->mark |= (c & HOOP_BLOCK_MARK) ? bit : 0;
        }

        b->head = hoop_block_heads(p);
    }
}


static size_t
hoop_places_plain(const uint64_t *bits, size_t n, uint32_t at,
    uint32_t *places)
{
    size_t     i;
    uint32_t  *p;
    uint64_t   b;

    p = places;

    for (i = 0; i < n; i++, at += HOOP_BLOCK) {
        for (b = bits[i]; b != 0; b &= b - 1) {
            *p++ = at + hoop_bit_first(b);
        }
    }

    return p - places;
}


static uint64_t
hoop_block_heads(const u_char *p)
{
    unsigned                  i, k, in;
    uint64_t                  bits;
    const hoop_head_table_t  *t;

    t = hoop_head_table();
    bits = 0;

    for (i = 0; i < HOOP_BLOCK; i++) {
        in = 0xff;

        for (k = 0; k < HOOP_HEAD && in; k++) {
            in &= t->low[k][p[i + k] & 15] & t->high[k][p[i + k] >> 4];
        }

        bits |= in ? (uint64_t) 1 << i : 0;
    }

    return bits;
}


#if (HOOP_BLOCK_X86)

/* by the low four bits; a byte that cannot be what stands there is none */

#define HOOP_BLOCK_SPACES                                                     \
    ' ', -1, -1, -1, -1, -1, -1, -1, -1, '\t', '\n', -1, -1, '\r', -1, -1

#define HOOP_BLOCK_OPS                                                        \
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, ':', '{', ',', '}', -1, -1


#define HOOP_BLOCK_SIGNS                                                      \
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, ':', -1, -1, '=', '>', -1

#define HOOP_BLOCK_GAPS                                                       \
    ' ', -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, '-', -1, -1

#define HOOP_BLOCK_PLUSES                                                     \
    -1, -1, -1, -1, -1, -1, -1, -1, '(', -1, -1, '+', -1, -1, -1, -1


#define HOOP_AVX2  __attribute__((target("avx2")))


HOOP_AVX2 static inline uint64_t
hoop_avx2_bits(__m256i a, __m256i b)
{
    return (uint32_t) _mm256_movemask_epi8(a)
           | (uint64_t) (uint32_t) _mm256_movemask_epi8(b) << 32;
}


HOOP_AVX2 static inline __m256i
hoop_avx2_range(__m256i v, char first, char n)
{
    v = _mm256_sub_epi8(v, _mm256_set1_epi8(first));

    return _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(n - 1)), v);
}


HOOP_AVX2 static inline __m256i
hoop_avx2_head(const u_char *p, __m256i low, __m256i high)
{
    __m256i  v, w;

    v = _mm256_loadu_si256((const __m256i *) p);
    w = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15));
    v = _mm256_and_si256(v, _mm256_set1_epi8(15));

    return _mm256_and_si256(_mm256_shuffle_epi8(low, v),
                            _mm256_shuffle_epi8(high, w));
}


/* written out, as compilers leave a loop of four one */

HOOP_AVX2 static inline __m256i
hoop_avx2_heads(const u_char *p, const __m256i *low, const __m256i *high)
{
    __m256i  in;

    in = _mm256_and_si256(
             _mm256_and_si256(hoop_avx2_head(p, low[0], high[0]),
                              hoop_avx2_head(p + 1, low[1], high[1])),
             _mm256_and_si256(hoop_avx2_head(p + 2, low[2], high[2]),
                              hoop_avx2_head(p + 3, low[3], high[3])));

    return _mm256_cmpeq_epi8(in, _mm256_setzero_si256());
}

#if (HOOP_HEAD != 4)
#error hoop_avx2_heads() looks at four bytes
#endif


HOOP_AVX2 static void
hoop_blocks_avx2(const u_char *p, size_t n, hoop_block_t *b)
{
    __m256i                   v, w, x, y, low[HOOP_HEAD], high[HOOP_HEAD];
    unsigned                  k;
    const hoop_head_table_t  *t;

    const __m256i  spaces = _mm256_setr_epi8(HOOP_BLOCK_SPACES,
                                             HOOP_BLOCK_SPACES);
    const __m256i  ops = _mm256_setr_epi8(HOOP_BLOCK_OPS, HOOP_BLOCK_OPS);
    const __m256i  signs = _mm256_setr_epi8(HOOP_BLOCK_SIGNS,
                                            HOOP_BLOCK_SIGNS);
    const __m256i  gaps = _mm256_setr_epi8(HOOP_BLOCK_GAPS, HOOP_BLOCK_GAPS);
    const __m256i  pluses = _mm256_setr_epi8(HOOP_BLOCK_PLUSES,
                                             HOOP_BLOCK_PLUSES);
    const __m256i  bit = _mm256_set1_epi8(0x20);

    t = hoop_head_table();

    for (k = 0; k < HOOP_HEAD; k++) {
        low[k] = _mm256_broadcastsi128_si256(
                             _mm_loadu_si128((const __m128i *) t->low[k]));
        high[k] = _mm256_broadcastsi128_si256(
                             _mm_loadu_si128((const __m128i *) t->high[k]));
    }

#define hoop_is(c)                                                            \
    hoop_avx2_bits(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(c)),                 \
                   _mm256_cmpeq_epi8(w, _mm256_set1_epi8(c)))

    /* nothing beyond ASCII is in a set: the shuffle has zero for it */

#define hoop_in(set)                                                          \
    hoop_avx2_bits(_mm256_cmpeq_epi8(v, _mm256_shuffle_epi8(set, v)),         \
                   _mm256_cmpeq_epi8(w, _mm256_shuffle_epi8(set, w)))

    for ( /* void */ ; n > 0; n--, p += HOOP_BLOCK, b++) {

        v = _mm256_loadu_si256((const __m256i *) p);
        w = _mm256_loadu_si256((const __m256i *) (p + 32));

        b->quote = hoop_is('"');
        b->slash = hoop_is('\\');
        b->brace = hoop_is('{');
        b->dot = hoop_is('.');
        b->at = hoop_is('@');
        b->sign = hoop_in(signs);
        b->gap = hoop_in(gaps);
        b->plus = hoop_in(pluses);
        b->high = hoop_avx2_bits(v, w);
        b->mark = hoop_avx2_bits(hoop_avx2_range(v, '%', 2),
                                 hoop_avx2_range(w, '%', 2));

        b->digit = hoop_avx2_bits(hoop_avx2_range(v, '0', 10),
                                  hoop_avx2_range(w, '0', 10));
        b->upper = hoop_avx2_bits(hoop_avx2_range(v, 'A', 26),
                                  hoop_avx2_range(w, 'A', 26));

        b->space = hoop_in(spaces);

        x = _mm256_cmpeq_epi8(_mm256_or_si256(v, bit),
                              _mm256_shuffle_epi8(ops, v));
        y = _mm256_cmpeq_epi8(_mm256_or_si256(w, bit),
                              _mm256_shuffle_epi8(ops, w));
        b->op = hoop_avx2_bits(x, y) & ~b->high;

        b->head = ~hoop_avx2_bits(hoop_avx2_heads(p, low, high),
                                  hoop_avx2_heads(p + 32, low, high));
    }

#undef hoop_is
#undef hoop_in
}


/* eight at once: how many there are is not to be guessed by branches */

__attribute__((target("avx2,bmi,popcnt"))) static size_t
hoop_places_avx2(const uint64_t *bits, size_t n, uint32_t at,
    uint32_t *places)
{
    size_t     i;
    uint32_t  *p, *end, rest[8];
    uint64_t   b;
    unsigned   k, count;

    end = places;

    for (i = 0; i < n; i++, at += HOOP_BLOCK) {
        b = bits[i];
        p = end;
        count = (unsigned) _mm_popcnt_u64(b);
        end += count;

        for ( /* void */ ; p + 8 <= places + HOOP_BLOCK * n && p < end;
             p += 8)
        {
            for (k = 0; k < 8; k++) {
                p[k] = at + (uint32_t) _tzcnt_u64(b);
                b = _blsr_u64(b);
            }
        }

        if (p < end) {

            for (k = 0; k < 8; k++) {
                rest[k] = at + (uint32_t) _tzcnt_u64(b);
                b = _blsr_u64(b);
            }

            memcpy(p, rest, (end - p) * sizeof(uint32_t));
        }
    }

    return end - places;
}


#define HOOP_AVX512                                                           \
    __attribute__((target("avx512f,avx512bw,avx512vbmi2,popcnt")))


HOOP_AVX512 static void
hoop_blocks_avx512(const u_char *p, size_t n, hoop_block_t *b)
{
    __m512i                   v, u, x, y, in, low[HOOP_HEAD], high[HOOP_HEAD];
    unsigned                  k;
    const hoop_head_table_t  *t;

    const __m512i  spaces = _mm512_broadcast_i32x4(
                                         _mm_setr_epi8(HOOP_BLOCK_SPACES));
    const __m512i  ops = _mm512_broadcast_i32x4(
                                         _mm_setr_epi8(HOOP_BLOCK_OPS));

    t = hoop_head_table();

    for (k = 0; k < HOOP_HEAD; k++) {
        low[k] = _mm512_broadcast_i32x4(
                             _mm_loadu_si128((const __m128i *) t->low[k]));
        high[k] = _mm512_broadcast_i32x4(
                             _mm_loadu_si128((const __m128i *) t->high[k]));
    }

#define hoop_is(c)  _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c))

    for ( /* void */ ; n > 0; n--, p += HOOP_BLOCK, b++) {

        v = _mm512_loadu_si512(p);

        b->quote = hoop_is('"');
        b->slash = hoop_is('\\');
        b->brace = hoop_is('{');
        b->dot = hoop_is('.');
        b->at = hoop_is('@');
        b->sign = hoop_is(':')
                  | _mm512_cmplt_epu8_mask(_mm512_sub_epi8(v,
                                                     _mm512_set1_epi8('=')),
                                           _mm512_set1_epi8(2));
        b->mark = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(v,
                                                     _mm512_set1_epi8('%')),
                                         _mm512_set1_epi8(2));
        b->gap = hoop_is(' ') | hoop_is('-');
        b->plus = hoop_is('+') | hoop_is('(');
        b->high = _mm512_movepi8_mask(v);

        b->digit = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(v,
                                                      _mm512_set1_epi8('0')),
                                          _mm512_set1_epi8(10));
        b->upper = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(v,
                                                      _mm512_set1_epi8('A')),
                                          _mm512_set1_epi8(26));

        b->space = _mm512_cmpeq_epi8_mask(v, _mm512_shuffle_epi8(spaces, v))
                   & ~b->high;
        b->op = _mm512_cmpeq_epi8_mask(_mm512_or_si512(v,
                                                    _mm512_set1_epi8(0x20)),
                                       _mm512_shuffle_epi8(ops, v))
                & ~b->high;

        in = _mm512_set1_epi8(-1);

        for (k = 0; k < HOOP_HEAD; k++) {
            u = _mm512_loadu_si512(p + k);

            x = _mm512_and_si512(u, _mm512_set1_epi8(15));
            y = _mm512_and_si512(_mm512_srli_epi16(u, 4),
                                 _mm512_set1_epi8(15));

            in = _mm512_and_si512(in, _mm512_and_si512(
                                          _mm512_shuffle_epi8(low[k], x),
                                          _mm512_shuffle_epi8(high[k], y)));
        }

        b->head = _mm512_test_epi8_mask(in, in);
    }

#undef hoop_is
}


HOOP_AVX512 static size_t
hoop_places_avx512(const uint64_t *bits, size_t n, uint32_t at,
    uint32_t *places)
{
    size_t     i;
    __m512i    v, base;
    uint32_t  *p, *end;

    static const u_char  order[HOOP_BLOCK] = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
        20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37,
        38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55,
        56, 57, 58, 59, 60, 61, 62, 63
    };

    const __m512i  all = _mm512_loadu_si512(order);

    end = places;

    for (i = 0; i < n; i++, at += HOOP_BLOCK) {
        p = end;
        end += _mm_popcnt_u64(bits[i]);

        /* what is written behind the end is in the room of this word */

        v = _mm512_maskz_compress_epi8(bits[i], all);
        base = _mm512_set1_epi32((int) at);

        _mm512_storeu_si512(p, _mm512_add_epi32(base,
                           _mm512_cvtepu8_epi32(_mm512_castsi512_si128(v))));

        if (end - p > 16) {
            _mm512_storeu_si512(p + 16, _mm512_add_epi32(base,
                       _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(v, 1))));
        }

        if (end - p > 32) {
            _mm512_storeu_si512(p + 32, _mm512_add_epi32(base,
                       _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(v, 2))));
            _mm512_storeu_si512(p + 48, _mm512_add_epi32(base,
                       _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(v, 3))));
        }
    }

    return end - places;
}

#endif
