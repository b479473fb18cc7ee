
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * CRC-32 of spool frames, zlib's.  Every event passes it when it is written,
 * and again when it is shipped from disk; zlib itself takes as long for that
 * as hashing does.
 *
 * With carry-less multiplication: a message is a polynomial over GF(2), and
 * its remainder mod P does not change when its highest 128 bits are replaced
 * by their product with x^n mod P, n places further down ("folding").  So all
 * blocks of 16 bytes go into one register, four at a time where there are as
 * many, and this is reduced at the end (Barrett: a division by P as two
 * multiplications).  Zeros before a message do not change it either: they fill
 * up its first block.  The start value, all ones, is added to its first 32
 * bits.
 *
 * Bits are in reflected order, as CRC-32 has them: the highest is bit 0 of the
 * first byte.
 */


#include <zlib.h>

#include "hoop_core.h"


#if (defined(__x86_64__) && defined(__GNUC__))

#include <immintrin.h>

#define HOOP_CRC_FOLD  1


/* x^(n + 32) and x^(n - 32) mod P, reflected, shifted left by one */

#define HOOP_CRC_512_LOW   0x154442bd4
#define HOOP_CRC_512_HIGH  0x1c6e41596
#define HOOP_CRC_128_LOW   0x1751997d0
#define HOOP_CRC_128_HIGH  0x0ccaa009e
/* x^64 mod P; P; x^64 / P */
#define HOOP_CRC_64        0x163cd6124
#define HOOP_CRC_P         0x1db710641
#define HOOP_CRC_MU        0x1f7011641

#define hoop_crc_load(p)   _mm_loadu_si128((const __m128i *) (p))


/* moves x by the distance of k's factors, onto y */

__attribute__((target("sse2,pclmul")))
static inline __m128i
hoop_crc_fold(__m128i x, __m128i k, __m128i y)
{
    __m128i  low, high;

    low = _mm_clmulepi64_si128(x, k, 0x00);
    high = _mm_clmulepi64_si128(x, k, 0x11);

    return _mm_xor_si128(_mm_xor_si128(low, high), y);
}


/* 128 bits, and the 32 zeros that a CRC has after its message, mod P */

__attribute__((target("sse2,pclmul")))
static inline uint32_t
hoop_crc_reduce(__m128i x)
{
    __m128i  k, word, t;

    word = _mm_set_epi32(0, 0, 0, -1);

    k = _mm_set_epi64x(HOOP_CRC_64, HOOP_CRC_128_HIGH);

    t = _mm_clmulepi64_si128(x, k, 0x00);
    x = _mm_xor_si128(_mm_srli_si128(x, 8), t);

    t = _mm_clmulepi64_si128(_mm_and_si128(x, word), k, 0x10);
    x = _mm_xor_si128(_mm_srli_si128(x, 4), t);

    k = _mm_set_epi64x(HOOP_CRC_MU, HOOP_CRC_P);

    t = _mm_clmulepi64_si128(_mm_and_si128(x, word), k, 0x10);
    t = _mm_clmulepi64_si128(_mm_and_si128(t, word), k, 0x00);
    x = _mm_xor_si128(x, t);

    return (uint32_t) _mm_cvtsi128_si32(_mm_srli_si128(x, 4));
}


/* of at least 32 bytes */

__attribute__((target("sse2,pclmul")))
static uint32_t
hoop_crc_folded(const u_char *p, size_t len)
{
    size_t   i, n;
    u_char   head[32];
    __m128i  k128, k512, x, y[4];

    /* the first block, filled up, and one more, for a start value within 4 */

    n = len % 16 + 16;

    memset(head, 0, 32);
    memcpy(head + 32 - n, p, n);

    for (i = 32 - n; i < 36 - n; i++) {
        head[i] ^= 0xff;
    }

    p += n;
    len -= n;

    k128 = _mm_set_epi64x(HOOP_CRC_128_HIGH, HOOP_CRC_128_LOW);

    x = hoop_crc_fold(hoop_crc_load(head), k128, hoop_crc_load(head + 16));

    if (len >= 128) {
        k512 = _mm_set_epi64x(HOOP_CRC_512_HIGH, HOOP_CRC_512_LOW);

        y[0] = hoop_crc_fold(x, k128, hoop_crc_load(p));
        y[1] = hoop_crc_load(p + 16);
        y[2] = hoop_crc_load(p + 32);
        y[3] = hoop_crc_load(p + 48);

        for (p += 64, len -= 64; len >= 64; p += 64, len -= 64) {
            y[0] = hoop_crc_fold(y[0], k512, hoop_crc_load(p));
            y[1] = hoop_crc_fold(y[1], k512, hoop_crc_load(p + 16));
            y[2] = hoop_crc_fold(y[2], k512, hoop_crc_load(p + 32));
            y[3] = hoop_crc_fold(y[3], k512, hoop_crc_load(p + 48));
        }

        x = hoop_crc_fold(y[0], k128, y[1]);
        x = hoop_crc_fold(x, k128, y[2]);
        x = hoop_crc_fold(x, k128, y[3]);
    }

    for ( /* void */ ; len; p += 16, len -= 16) {
        x = hoop_crc_fold(x, k128, hoop_crc_load(p));
    }

    return ~hoop_crc_reduce(x);
}

#endif


uint32_t
hoop_crc32(const void *p, size_t len)
{
#if (HOOP_CRC_FOLD)

    if (len >= 32 && __builtin_cpu_supports("pclmul")) {
        return hoop_crc_folded(p, len);
    }

#endif

    return (uint32_t) crc32_z(0, p, len);
}
