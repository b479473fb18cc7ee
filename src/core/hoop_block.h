
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Sixty-four bytes at a time: which of them are what, as bits, the first byte
 * in the lowest.  The masker finds by these where there is anything to look
 * at; nothing is decided by them alone.
 *
 * There is one such function for each width of vectors, and one without any,
 * and all say the same.  The widest one that the processor has is taken.
 */


#ifndef _HOOP_BLOCK_H_INCLUDED_
#define _HOOP_BLOCK_H_INCLUDED_


#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "hoop_core.h"


#define HOOP_BLOCK        64
#define HOOP_BLOCK_AHEAD  3            /* bytes behind it that are read */
#define HOOP_BLOCK_APART  7            /* the same, of hoop_block_pair() */


typedef struct {
    uint64_t  quote;       /* " */
    uint64_t  slash;       /* \ */
    uint64_t  op;          /* { } [ ] : and , and two control characters */
    uint64_t  space;       /* of JSON */
    uint64_t  brace;       /* { */
    uint64_t  digit;
    uint64_t  gap;         /* space and hyphen */
    uint64_t  dot;
    uint64_t  high;        /* beyond ASCII */
    uint64_t  at;          /* @ */
    uint64_t  sign;        /* : = and > */
    uint64_t  upper;       /* A-Z */
    uint64_t  plus;        /* + and ( */
    uint64_t  mark;        /* & and %, which may be folded */
    uint64_t  head;        /* a token may begin: see hoop_head.h */
} hoop_block_t;


/* n blocks at p, behind which HOOP_BLOCK_AHEAD bytes can be read as well */
extern void (*hoop_blocks)(const u_char *p, size_t n, hoop_block_t *b);

/* the same of a text of that length; what is not there is zero */
void hoop_blocks_of(const u_char *p, size_t len, size_t n, hoop_block_t *b);

/*
 * Where the bits of n words are, the first of which is at "at": written in
 * order, and returned is how many.  There must be room for 64 * n.
 */
extern size_t (*hoop_places)(const uint64_t *bits, size_t n, uint32_t at,
    uint32_t *places);

/*
 * One of those that there are, for tests: NULL behind the last one, or where
 * the processor cannot run it.
 */
typedef struct {
    const char  *name;
    void       (*blocks)(const u_char *p, size_t n, hoop_block_t *b);
    size_t     (*places)(const uint64_t *bits, size_t n, uint32_t at,
                         uint32_t *places);
} hoop_block_kind_t;

const hoop_block_kind_t *hoop_block_kind(unsigned i);


static inline unsigned
hoop_bit_first(uint64_t bits)
{
    return (unsigned) __builtin_ctzll(bits);
}


/* bit i of the answer: the bits before and at i are odd in number */

static inline uint64_t
hoop_bit_parity(uint64_t bits)
{
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;

    return bits ^ bits << 32;
}


/* where the one byte stands, and the other seven behind it */

static inline uint64_t
hoop_block_pair(const u_char *p, u_char a, u_char b)
{
    unsigned  i;
    uint64_t  bits;

    bits = 0;

#ifdef __SSE2__

    for (i = 0; i < HOOP_BLOCK; i += 16) {
        __m128i  v, w;

        v = _mm_loadu_si128((const __m128i *) (p + i));
        w = _mm_loadu_si128((const __m128i *) (p + i + HOOP_BLOCK_APART));

        v = _mm_and_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8((char) a)),
                          _mm_cmpeq_epi8(w, _mm_set1_epi8((char) b)));

        bits |= (uint64_t) (unsigned) _mm_movemask_epi8(v) << i;
    }

#else

    for (i = 0; i < HOOP_BLOCK; i++) {
        if (p[i] == a && p[i + HOOP_BLOCK_APART] == b) {
            bits |= (uint64_t) 1 << i;
        }
    }

#endif

    return bits;
}


/* where three bytes stand in a row, two of which may be behind the block */

static inline uint64_t
hoop_block_three(const u_char *p, const u_char *three)
{
    unsigned  i;
    uint64_t  bits;

    bits = 0;

#ifdef __SSE2__

    for (i = 0; i < HOOP_BLOCK; i += 16) {
        __m128i  u, v, w;

        u = _mm_loadu_si128((const __m128i *) (p + i));
        v = _mm_loadu_si128((const __m128i *) (p + i + 1));
        w = _mm_loadu_si128((const __m128i *) (p + i + 2));

        u = _mm_and_si128(_mm_cmpeq_epi8(u, _mm_set1_epi8((char) three[0])),
                          _mm_cmpeq_epi8(v, _mm_set1_epi8((char) three[1])));
        u = _mm_and_si128(u,
                          _mm_cmpeq_epi8(w, _mm_set1_epi8((char) three[2])));

        bits |= (uint64_t) (unsigned) _mm_movemask_epi8(u) << i;
    }

#else

    for (i = 0; i < HOOP_BLOCK; i++) {
        if (memcmp(p + i, three, 3) == 0) {
            bits |= (uint64_t) 1 << i;
        }
    }

#endif

    return bits;
}


/* bit i of the answer is bit i + k of the 128 that begin at lo; k 1..63 */

#define hoop_bit_ahead(lo, hi, k)  ((lo) >> (k) | (hi) << (64 - (k)))


/* turns two blocks of bits into where eight of them begin, of the second one
   but for its last seven */

static inline void
hoop_bit_eight(uint64_t *lo, uint64_t *hi)
{
    uint64_t  m, n;

    m = *lo;
    n = *hi;

    m &= hoop_bit_ahead(m, n, 1);
    n &= n >> 1;
    m &= hoop_bit_ahead(m, n, 2);
    n &= n >> 2;

    *lo = m & hoop_bit_ahead(m, n, 4);
    *hi = n & n >> 4;
}


/* where three digits, a dot, three digits, a dot and four digits begin */

static inline uint64_t
hoop_block_dotted(const hoop_block_t *b, uint64_t begin)
{
    uint64_t  d, e, p, q;

    d = b[0].digit;
    e = b[1].digit;
    p = b[0].dot;
    q = b[1].dot;

    begin &= hoop_bit_ahead(p, q, 3) & hoop_bit_ahead(p, q, 7);

    if (begin == 0) {
        return 0;
    }

    /* pairs of digits */

    d &= hoop_bit_ahead(d, e, 1);
    e &= e >> 1;

    return begin & d & hoop_bit_ahead(d, e, 1)
           & hoop_bit_ahead(d, e, 4) & hoop_bit_ahead(d, e, 5)
           & hoop_bit_ahead(d, e, 8) & hoop_bit_ahead(d, e, 10);
}


/*
 * Where a number begins that is grouped as a social security number (3-2-4),
 * or as a telephone number with dots (3.3.4), or that has twelve digits and
 * gaps in a row, which every card has.  All are runs of digits that begin here;
 * any byte beyond ASCII may be of a gap.  "nine" is where nine bytes of that
 * kind begin: what may be one if the words before it say so.
 */

static inline uint64_t
hoop_block_numbers(const hoop_block_t *b, uint64_t digit_before,
    uint64_t *nine)
{
    uint64_t  begin, d, e, h, k, m, n, s, t, ssn;

    d = b[0].digit;
    e = b[1].digit;
    h = b[0].high;
    k = b[1].high;

    begin = d & ~(d << 1 | digit_before);

    /* both are eleven such bytes at least */

    s = b[0].gap | b[0].dot | h;
    t = b[1].gap | b[1].dot | k;

    m = d | s;
    n = e | t;

    hoop_bit_eight(&m, &n);
    begin &= m & hoop_bit_ahead(m, n, 1);
    *nine = begin;

    begin &= hoop_bit_ahead(m, n, 3);

    if (begin == 0) {
        return 0;
    }

    ssn = begin & hoop_bit_ahead(d, e, 1) & hoop_bit_ahead(d, e, 2)
          & hoop_bit_ahead(s, t, 3);

    if (ssn) {
        m = hoop_bit_ahead(d, e, 7) & hoop_bit_ahead(d, e, 8)
            & hoop_bit_ahead(d, e, 9) & hoop_bit_ahead(d, e, 10);
        m = hoop_bit_ahead(h, k, 6) | (hoop_bit_ahead(s, t, 6) & m);
        m &= hoop_bit_ahead(d, e, 4) & hoop_bit_ahead(d, e, 5);

        ssn &= hoop_bit_ahead(h, k, 3) | m;
    }

    ssn |= hoop_block_dotted(b, begin);

    m = d | b[0].gap | h;
    n = e | b[1].gap | k;

    hoop_bit_eight(&m, &n);

    return ssn | (begin & m & hoop_bit_ahead(m, n, 4));
}


/*
 * Where two capitals and two digits begin fifteen bytes that all may be of an
 * IBAN: capitals, digits and gaps.
 */

static inline uint64_t
hoop_block_ibans(const hoop_block_t *b)
{
    uint64_t  begin, m, n;

    /* at first as if all of the block behind were what is wanted there */

    begin = b[0].upper & (b[0].upper >> 1 | (uint64_t) 1 << 63)
            & (b[0].digit >> 2 | (uint64_t) 3 << 62);

    if (begin == 0) {
        return 0;
    }

    begin &= hoop_bit_ahead(b[0].upper, b[1].upper, 1)
             & hoop_bit_ahead(b[0].digit, b[1].digit, 2)
             & hoop_bit_ahead(b[0].digit, b[1].digit, 3);

    if (begin == 0) {
        return 0;
    }

    m = b[0].digit | b[0].upper | b[0].gap | b[0].high;
    n = b[1].digit | b[1].upper | b[1].gap | b[1].high;

    hoop_bit_eight(&m, &n);

    return begin & m & hoop_bit_ahead(m, n, 7);
}


/*
 * Where an id of a person or a company may begin: a capital or a digit, and
 * nine bytes that are one or separate them.
 */

static inline uint64_t
hoop_block_ids(const hoop_block_t *b)
{
    uint64_t  begin, m, n;

    begin = b[0].digit | b[0].upper;

    m = begin | b[0].gap | b[0].dot | b[0].high;
    n = b[1].digit | b[1].upper | b[1].gap | b[1].dot | b[1].high;

    begin &= ~(begin << 1) & hoop_bit_ahead(m, n, 8);

    hoop_bit_eight(&m, &n);

    return begin & m;
}


/*
 * Where an address of IPv4 may begin: digits, one to three of them between a
 * dot and the next; where the first hyphen of a MAC address may be, three bytes
 * before each of four more; and where its first dot may be, five before
 * another.
 */

static inline uint64_t
hoop_block_addresses(const hoop_block_t *b)
{
    unsigned  i;
    uint64_t  d, e, p, q, m, n, mac;

    /* gaps are as many bits apart in both blocks, as far as they are seen */

    p = b[0].gap;
    q = b[1].gap;

    mac = p & hoop_bit_ahead(p, q, 3) & hoop_bit_ahead(p, q, 6)
          & hoop_bit_ahead(p, q, 9) & hoop_bit_ahead(p, q, 12);

    p = b[0].dot;
    q = b[1].dot;

    mac |= p & hoop_bit_ahead(p, q, 5);

    d = b[0].digit;
    e = b[1].digit;
    m = p;
    n = q;

    /* dots before one or two, and so on; the last time it is where it begins */

    for (i = 0; i < 3; i++) {
        m = hoop_bit_ahead(m, n, 1)
            | (hoop_bit_ahead(d, e, 1)
               & (hoop_bit_ahead(m, n, 2)
                  | (hoop_bit_ahead(d, e, 2) & hoop_bit_ahead(m, n, 3))));
        m &= d;

        n = n >> 1 | (e >> 1 & (n >> 2 | (e >> 2 & n >> 3)));
        n &= e;

        if (i < 2) {
            m = p & hoop_bit_ahead(m, n, 1);
            n = q & n >> 1;
        }
    }

    return mac | (m & ~(d << 1));
}


/* where a word of capitals and digits may begin */

static inline uint64_t
hoop_block_begins(const hoop_block_t *b)
{
    uint64_t  m;

    m = b->digit | b->upper;

    return m & ~(m << 1);
}


/*
 * Where a wallet may be found: a word of capitals and digits may begin, and
 * sixteen bytes from there on are of one word.
 */

static inline uint64_t
hoop_block_wallets(const hoop_block_t *b)
{
    unsigned  i;
    uint64_t  m, n;

    m = ~(b[0].quote | b[0].op | b[0].space | b[0].gap | b[0].dot | b[0].at
          | b[0].sign | b[0].high | b[0].plus | b[0].mark);
    n = ~(b[1].quote | b[1].op | b[1].space | b[1].gap | b[1].dot | b[1].at
          | b[1].sign | b[1].high | b[1].plus | b[1].mark);

    for (i = 1; i < 16; i *= 2) {
        m &= hoop_bit_ahead(m, n, i);
        n &= n >> i | ~(~(uint64_t) 0 >> i);
    }

    return hoop_block_begins(b) & m;
}


/*
 * Where a telephone number may begin: a plus or a parenthesis, a digit, and
 * two bytes more that may be of one.
 */

static inline uint64_t
hoop_block_phones(const hoop_block_t *b)
{
    uint64_t  begin, m, n;

    begin = b[0].plus & hoop_bit_ahead(b[0].digit, b[1].digit, 1);

    if (begin == 0) {
        return 0;
    }

    m = b[0].digit | b[0].gap | b[0].dot | b[0].high | b[0].plus;
    n = b[1].digit | b[1].gap | b[1].dot | b[1].high | b[1].plus;

    return begin & hoop_bit_ahead(m, n, 2) & hoop_bit_ahead(m, n, 3);
}


#endif /* _HOOP_BLOCK_H_INCLUDED_ */
