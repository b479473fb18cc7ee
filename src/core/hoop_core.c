
/*
 * Copyright (C) ngx_hoop_module authors
 */


#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* SHA256_Init() and its like are "deprecated" in OpenSSL 3, and stay */

#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/sha.h>

#if (defined(__x86_64__) && defined(__GNUC__))

#include <immintrin.h>

#define HOOP_JSON_EXPAND  1

#endif

#include "hoop_core.h"


static const u_char  hoop_hex_digits[] = "0123456789abcdef";


int
hoop_str_like(hoop_str_t a, hoop_str_t b)
{
    u_char  c;
    size_t  i;

    if (a.len != b.len) {
        return 0;
    }

    for (i = 0; i < a.len; i++) {
        c = a.data[i];

        if (c >= 'A' && c <= 'Z') {
            c |= 0x20;
        }

        if (c != b.data[i]) {
            return 0;
        }
    }

    return 1;
}


void
hoop_buf_init(hoop_buf_t *b, size_t cap)
{
    memset(b, 0, sizeof(hoop_buf_t));
    b->cap = cap;
}


void
hoop_buf_free(hoop_buf_t *b)
{
    free(b->data);
    hoop_buf_init(b, b->cap);
}


int
hoop_buf_grow(hoop_buf_t *b, size_t n)
{
    size_t   size;
    u_char  *p;

    if (b->failed) {
        return HOOP_NOMEM;
    }

    if (n > SIZE_MAX / 4 - b->len || (b->cap && n > b->cap - b->len)) {
        b->failed = 1;
        return HOOP_LIMIT;
    }

    size = b->size ? b->size * 2 : 256;

    if (size < b->len + n) {
        size = b->len + n;
    }

    if (b->cap && size > b->cap) {
        size = b->cap;
    }

    p = realloc(b->data, size);
    if (p == NULL) {
        b->failed = 1;
        return HOOP_NOMEM;
    }

    b->data = p;
    b->size = size;

    return HOOP_OK;
}


int
hoop_buf_addu(hoop_buf_t *b, uint64_t n)
{
    u_char  *p, text[20];

    p = text + sizeof(text);

    do {
        *--p = '0' + n % 10;
        n /= 10;
    } while (n);

    return hoop_buf_add(b, p, text + sizeof(text) - p);
}


int
hoop_buf_addhex(hoop_buf_t *b, const void *p, size_t n)
{
    int  rc;

    rc = hoop_buf_reserve(b, 2 * n);
    if (rc != HOOP_OK) {
        return rc;
    }

    hoop_hex(b->data + b->len, p, n);
    b->len += 2 * n;

    return HOOP_OK;
}


/*
 * The length of the UTF-8 sequence at p, 1..4, or 0 if it is not valid: the
 * table of Unicode 3.9, D92 (no overlong form, no surrogate).
 */

static size_t
hoop_utf8_sequence(const u_char *p, size_t len)
{
    size_t  i, n;
    u_char  lo, hi;

    if (p[0] < 0x80) {
        return 1;
    }

    lo = 0x80;
    hi = 0xbf;

    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        n = 2;

    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        n = 3;
        lo = (p[0] == 0xe0) ? 0xa0 : 0x80;
        hi = (p[0] == 0xed) ? 0x9f : 0xbf;

    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        n = 4;
        lo = (p[0] == 0xf0) ? 0x90 : 0x80;
        hi = (p[0] == 0xf4) ? 0x8f : 0xbf;

    } else {
        return 0;
    }

    if (len < n || p[1] < lo || p[1] > hi) {
        return 0;
    }

    for (i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return n;
}


int
hoop_utf8_valid(const u_char *p, size_t len)
{
    size_t    n;
    uint64_t  word;

    while (len) {

        if (len >= 8) {
            memcpy(&word, p, 8);

            if ((word & 0x8080808080808080ULL) == 0) {
                p += 8;
                len -= 8;
                continue;
            }
        }

        n = hoop_utf8_sequence(p, len);
        if (n == 0) {
            return 0;
        }

        p += n;
        len -= n;
    }

    return 1;
}


size_t
hoop_utf8_cut(const u_char *p, size_t len, size_t max)
{
    if (len <= max) {
        return len;
    }

    while (max && (p[max] & 0xc0) == 0x80) {
        max--;
    }

    return max;
}


/*
 * What a byte becomes in a JSON string: 0, itself; 'u', \u00XX; another ASCII
 * character, a backslash and this; 0x80, part of a longer sequence.
 */

static const u_char  hoop_json_escapes[256] = {
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 't', 'n', 'u', 'u', 'r', 'u',
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u',
    'u', 'u', ['"'] = '"', ['\\'] = '\\', [0x7f] = 'u', [0x80 ... 0xff] = 0x80
};


/* source bytes that are escaped at a time, and the most they become */

#define HOOP_JSON_BLOCK  1024
#define HOOP_JSON_MAX    (6 * HOOP_JSON_BLOCK)
/* stores reach beyond that: whole vectors, and the end of a last sequence */
#define HOOP_JSON_SLACK  16


#if (HOOP_JSON_EXPAND)

/*
 * JSON text in a string is full of quotes.  Eight bytes and, in a bit mask,
 * which of them get a backslash before them: a shuffle puts these in, with
 * byte 0 of its source the backslash and bytes 1 to 8 the text.  Byte k of the
 * text goes to place k plus the number of bits set up to its own.
 */

#define hoop_json_place(m, k)                                                 \
    [(k) + __builtin_popcount((m) & ((2 << (k)) - 1))] = (k) + 1

#define hoop_json_row(m)                                                      \
    { hoop_json_place(m, 0), hoop_json_place(m, 1), hoop_json_place(m, 2),    \
      hoop_json_place(m, 3), hoop_json_place(m, 4), hoop_json_place(m, 5),    \
      hoop_json_place(m, 6), hoop_json_place(m, 7) }

#define hoop_json_rows4(m)                                                    \
    hoop_json_row(m), hoop_json_row((m) + 1), hoop_json_row((m) + 2),         \
    hoop_json_row((m) + 3)

#define hoop_json_rows16(m)                                                   \
    hoop_json_rows4(m), hoop_json_rows4((m) + 4), hoop_json_rows4((m) + 8),   \
    hoop_json_rows4((m) + 12)

#define hoop_json_rows64(m)                                                   \
    hoop_json_rows16(m), hoop_json_rows16((m) + 16),                          \
    hoop_json_rows16((m) + 32), hoop_json_rows16((m) + 48)

static const u_char  hoop_json_shuffle[256][16] = {
    hoop_json_rows64(0), hoop_json_rows64(64), hoop_json_rows64(128),
    hoop_json_rows64(192)
};


__attribute__((target("ssse3,popcnt")))
static inline u_char *
hoop_json_expand(u_char *dst, __m128i text, unsigned mask)
{
    __m128i  shuffle;

    text = _mm_or_si128(_mm_slli_si128(text, 1), _mm_cvtsi32_si128('\\'));

    shuffle = _mm_loadu_si128((const __m128i *) hoop_json_shuffle[mask]);

    _mm_storeu_si128((__m128i *) dst, _mm_shuffle_epi8(text, shuffle));

    return dst + 8 + __builtin_popcount(mask);
}


/* as long as there are whole vectors with nothing worse than \" \\ \n \r \t */

__attribute__((target("ssse3,popcnt")))
static u_char *
hoop_json_run(u_char *dst, const u_char **src, const u_char *last)
{
    __m128i        v, m, n, r, t;
    unsigned       hard, soft;
    const u_char  *s;

    for (s = *src; last - s >= 16; s += 16) {

        v = _mm_loadu_si128((const __m128i *) s);

        m = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
                         _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
        soft = _mm_movemask_epi8(m);

        /* signed: less than a space is what is beyond ASCII as well */

        m = _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(' ')),
                         _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f)));
        hard = _mm_movemask_epi8(m);

        if (hard) {
            n = _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'));
            r = _mm_cmpeq_epi8(v, _mm_set1_epi8('\r'));
            t = _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'));

            m = _mm_or_si128(_mm_or_si128(n, r), t);

            if (hard != (unsigned) _mm_movemask_epi8(m)) {

                /* up to what needs more than that */

                _mm_storeu_si128((__m128i *) dst, v);
                hard = __builtin_ctz(hard | soft);

                *src = s + hard;
                return dst + hard;
            }

            soft |= hard;

            n = _mm_and_si128(n, _mm_set1_epi8('n' ^ '\n'));
            r = _mm_and_si128(r, _mm_set1_epi8('r' ^ '\r'));
            t = _mm_and_si128(t, _mm_set1_epi8('t' ^ '\t'));

            v = _mm_xor_si128(v, _mm_or_si128(_mm_or_si128(n, r), t));
        }

        if (soft == 0) {
            _mm_storeu_si128((__m128i *) dst, v);
            dst += 16;
            continue;
        }

        dst = hoop_json_expand(dst, v, soft & 0xff);
        dst = hoop_json_expand(dst, _mm_srli_si128(v, 8), soft >> 8);
    }

    *src = s;

    return dst;
}

#endif


/*
 * Escapes from *src on, until "last" is reached; a UTF-8 sequence that begins
 * before it is taken whole, as far as "end".
 */

static u_char *
hoop_json_escape(u_char *dst, const u_char **src, const u_char *last,
    const u_char *end)
{
    u_char         c;
    size_t         len;
    const u_char  *s;

    s = *src;

    for ( ;; ) {

#if (HOOP_JSON_EXPAND)

        if (last - s >= 16 && __builtin_cpu_supports("ssse3")
            && __builtin_cpu_supports("popcnt"))
        {
            dst = hoop_json_run(dst, &s, last);
        }

#endif

        while (s < last && hoop_json_escapes[*s] == 0) {
            *dst++ = *s++;
        }

        if (s >= last) {
            break;
        }

        c = hoop_json_escapes[*s];

        if (c == 0x80) {
            len = hoop_utf8_sequence(s, end - s);

            if (len) {
                memcpy(dst, s, len);
                dst += len;
                s += len;

            } else {
                dst = (u_char *) memcpy(dst, "\xef\xbf\xbd", 3) + 3;
                s++;
            }

            continue;
        }

        *dst++ = '\\';
        *dst++ = c;

        if (c == 'u') {
            *dst++ = '0';
            *dst++ = '0';
            hoop_hex(dst, s, 1);
            dst += 2;
        }

        s++;
    }

    *src = s;

    return dst;
}


int
hoop_buf_add_json(hoop_buf_t *b, const u_char *s, size_t n)
{
    size_t         room;
    u_char        *p, block[HOOP_JSON_MAX + HOOP_JSON_SLACK];
    const u_char  *last, *end;

    /* an empty text may be nowhere */

    end = n ? s + n : s;

    (void) hoop_buf_addc(b, '"');

    while (s < end && !b->failed) {

        last = s + ((end - s < HOOP_JSON_BLOCK) ? end - s : HOOP_JSON_BLOCK);

        room = 6 * (last - s) + HOOP_JSON_SLACK;

        if (b->cap && room > b->cap - b->len) {

            /* the worst case has no room, the true one may */

            p = hoop_json_escape(block, &s, last, end);
            (void) hoop_buf_add(b, block, p - block);

            continue;
        }

        if (hoop_buf_reserve(b, room) == HOOP_OK) {
            p = b->data + b->len;
            b->len += hoop_json_escape(p, &s, last, end) - p;
        }
    }

    return hoop_buf_addc(b, '"');
}


/*
 * The value of a character of either alphabet, with 0x40 on what only the
 * first one has and 0x80 on what only that of URLs has; foreign ones are
 * neither's.
 */

static const u_char  hoop_base64_values[256] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7e, 0xff, 0xbe, 0xff, 0x7f,
    0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
    0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12,
    0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0xff, 0xff, 0xff, 0xff, 0xbf,
    0xff, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24,
    0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x30,
    0x31, 0x32, 0x33, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff
};


ssize_t
hoop_base64_decode(u_char *dst, const u_char *src, size_t len, int url)
{
    u_char        *start;
    uint32_t       acc;
    unsigned       seen, foreign;
    const u_char  *end, *value;

    start = dst;
    value = hoop_base64_values;
    foreign = url ? 0x40 : 0x80;

    if (!url) {
        if (len % 4 != 0) {
            return -1;
        }

        if (len && src[len - 1] == '=') {
            len--;

            if (src[len - 1] == '=') {
                len--;
            }
        }
    }

    if (len % 4 == 1) {
        return -1;
    }

    seen = 0;

    for (end = src + len - len % 4; src < end; src += 4) {
        seen |= value[src[0]] | value[src[1]] | value[src[2]] | value[src[3]];

        acc = (value[src[0]] & 0x3f) << 18 | (value[src[1]] & 0x3f) << 12
              | (value[src[2]] & 0x3f) << 6 | (value[src[3]] & 0x3f);

        *dst++ = (u_char) (acc >> 16);
        *dst++ = (u_char) (acc >> 8);
        *dst++ = (u_char) acc;
    }

    acc = 0;

    if (len % 4) {
        seen |= value[src[0]] | value[src[1]];
        acc = (value[src[0]] & 0x3f) << 6 | (value[src[1]] & 0x3f);

        if (len % 4 == 3) {
            seen |= value[src[2]];
            acc = acc << 6 | (value[src[2]] & 0x3f);

            *dst++ = (u_char) (acc >> 10);
            *dst++ = (u_char) (acc >> 2);
            acc &= 0x03;

        } else {
            *dst++ = (u_char) (acc >> 4);
            acc &= 0x0f;
        }
    }

    /* two spellings of the same bytes would be two tokens of one signature */

    if ((seen & foreign) || acc != 0) {
        return -1;
    }

    return dst - start;
}


size_t
hoop_base64_encode(u_char *dst, const u_char *src, size_t len, int url)
{
    u_char      *start;
    uint32_t     v;
    const char  *alphabet;

    alphabet = url
        ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    start = dst;

    for ( /* void */ ; len >= 3; src += 3, len -= 3) {
        v = (uint32_t) src[0] << 16 | src[1] << 8 | src[2];

        *dst++ = alphabet[v >> 18];
        *dst++ = alphabet[v >> 12 & 63];
        *dst++ = alphabet[v >> 6 & 63];
        *dst++ = alphabet[v & 63];
    }

    if (len) {
        v = (uint32_t) src[0] << 16 | (len == 2 ? src[1] << 8 : 0);

        *dst++ = alphabet[v >> 18];
        *dst++ = alphabet[v >> 12 & 63];

        if (len == 2) {
            *dst++ = alphabet[v >> 6 & 63];

        } else if (!url) {
            *dst++ = '=';
        }

        if (!url) {
            *dst++ = '=';
        }
    }

    return dst - start;
}


_Static_assert(sizeof(SHA256_CTX) <= sizeof(hoop_sha256_t),
               "hoop_sha256_t is too small");


void
hoop_sha256_init(hoop_sha256_t *s)
{
    (void) SHA256_Init((SHA256_CTX *) s);
}


void
hoop_sha256_update(hoop_sha256_t *s, const void *p, size_t len)
{
    if (len) {
        (void) SHA256_Update((SHA256_CTX *) s, p, len);
    }
}


void
hoop_sha256_final(hoop_sha256_t *s, u_char md[32])
{
    (void) SHA256_Final(md, (SHA256_CTX *) s);
}


void
hoop_sha256(u_char md[32], const void *p, size_t len)
{
    hoop_sha256_t  s;

    hoop_sha256_init(&s);
    hoop_sha256_update(&s, p, len);
    hoop_sha256_final(&s, md);
}


void
hoop_hex(u_char *dst, const u_char *src, size_t len)
{
    while (len--) {
        *dst++ = hoop_hex_digits[*src >> 4];
        *dst++ = hoop_hex_digits[*src++ & 15];
    }
}


void
hoop_error_set(hoop_error_t *err, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
}


const char *
hoop_verdict_name(hoop_verdict_e v)
{
    static const char  *names[] = { "allow", "review", "deny", "error" };

    return names[v];
}
