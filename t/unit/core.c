
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What all rooms of src/core share.  Where there is a fast way, it is held
 * against a slow one that is written here byte by byte.
 */


#include <stdlib.h>
#include <zlib.h>

#include "hoop_core.h"
#include "tap.h"


static uint64_t  seed = 0x9e3779b97f4a7c15ULL;


/* the same numbers in every run */

static unsigned
draw(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return (unsigned) (seed >> 20) % n;
}


static void
test_buf_cap(void)
{
    u_char       big[512];
    unsigned     i, bad;
    hoop_buf_t   b;

    memset(big, 'x', sizeof(big));

    bad = 0;

    for (i = 0; i < 600; i++) {
        hoop_buf_init(&b, 300);

        (void) hoop_buf_add(&b, big, i % 300);
        (void) hoop_buf_add(&b, big, i - i % 300);

        if (b.failed != (i > 300) || (!b.failed && b.len != i)
            || b.size > 300)
        {
            bad++;
        }

        hoop_buf_free(&b);
    }

    is_int(bad, 0, "a buffer takes as much as its cap and no byte more");

    hoop_buf_init(&b, 10);

    is_int(hoop_buf_add(&b, "0123456789", 10), HOOP_OK, "filled to the cap");
    is_int(hoop_buf_add(&b, "", 0), HOOP_OK, "nothing more has room");
    is_int(hoop_buf_addc(&b, 'x'), HOOP_LIMIT, "a byte more has not");
    ok(b.failed, "failure stays");
    ok(hoop_buf_add(&b, "", 0) < 0 && hoop_buf_reserve(&b, 0) < 0
       && hoop_buf_adds(&b, "") < 0, "even nothing is refused then");
    is_mem(b.data, b.len, "0123456789", 10, "what was there is still there");

    b.len = 0;

    ok(hoop_buf_addu(&b, 1) < 0 && hoop_buf_addhex(&b, "x", 1) < 0
       && hoop_buf_add_json(&b, (u_char *) "x", 1) < 0 && b.len == 0,
       "no append does anything after a failure");

    hoop_buf_free(&b);
    ok(b.data == NULL && b.len == 0 && b.size == 0 && !b.failed && b.cap == 10,
       "a freed buffer is as new, with its cap");

    is_int(hoop_buf_reserve(&b, SIZE_MAX), HOOP_LIMIT, "reserve SIZE_MAX");
    hoop_buf_free(&b);

    hoop_buf_init(&b, 0);
    is_int(hoop_buf_reserve(&b, SIZE_MAX), HOOP_LIMIT,
           "reserve SIZE_MAX without a cap");
    hoop_buf_free(&b);
}


static void
test_buf_add(void)
{
    u_char      all[256];
    unsigned    i;
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);

    (void) hoop_buf_adds(&b, "a");
    (void) hoop_buf_addc(&b, '=');
    (void) hoop_buf_addu(&b, 0);
    (void) hoop_buf_addc(&b, ' ');
    (void) hoop_buf_addu(&b, UINT64_MAX);
    (void) hoop_buf_addc(&b, ' ');
    (void) hoop_buf_addhex(&b, "\x00\x7f\xff", 3);

    is_mem(b.data, b.len, "a=0 18446744073709551615 007fff", 31, "appends");

    b.len = 0;

    for (i = 0; i < 256; i++) {
        all[i] = (u_char) i;
    }

    for (i = 0; i < 1000; i++) {
        (void) hoop_buf_add(&b, all, i % 256);
    }

    ok(!b.failed && b.len == 3 * (255 * 256 / 2) + 231 * 232 / 2,
       "grows as needed");
    is_mem(b.data + b.len - 231, 231, all, 231, "and keeps its bytes");

    hoop_buf_free(&b);
}


/* RFC 3629, section 4, as it stands there; the length or 0 */

static size_t
slow_utf8(const u_char *p, size_t len)
{
    uint32_t  c, least;
    unsigned  i, n;

    if (p[0] < 0x80) {
        return 1;
    }

    n = (p[0] & 0xe0) == 0xc0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3
        : (p[0] & 0xf8) == 0xf0 ? 4 : 0;

    if (n == 0 || n > len) {
        return 0;
    }

    least = (n == 2) ? 0x80 : (n == 3) ? 0x800 : 0x10000;
    c = p[0] & (0xff >> (n + 1));

    for (i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        c = c << 6 | (p[i] & 0x3f);
    }

    return (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) ? 0 : n;
}


static int
slow_valid(const u_char *p, size_t len)
{
    size_t  n;

    while (len) {
        n = slow_utf8(p, len);

        if (n == 0) {
            return 0;
        }

        p += n;
        len -= n;
    }

    return 1;
}


static void
slow_json(hoop_buf_t *b, const u_char *s, size_t n)
{
    char    text[8];
    size_t  len;

    (void) hoop_buf_addc(b, '"');

    while (n) {
        len = 1;

        if (*s == '"' || *s == '\\') {
            (void) hoop_buf_addc(b, '\\');
            (void) hoop_buf_addc(b, *s);

        } else if (*s == '\n' || *s == '\r' || *s == '\t') {
            (void) hoop_buf_addc(b, '\\');
            (void) hoop_buf_addc(b, *s == '\n' ? 'n' : *s == '\r' ? 'r' : 't');

        } else if (*s < ' ' || *s == 0x7f) {
            snprintf(text, sizeof(text), "\\u%04x", *s);
            (void) hoop_buf_adds(b, text);

        } else {
            len = slow_utf8(s, n);

            if (len) {
                (void) hoop_buf_add(b, s, len);

            } else {
                (void) hoop_buf_adds(b, "\xef\xbf\xbd");
                len = 1;
            }
        }

        s += len;
        n -= len;
    }

    (void) hoop_buf_addc(b, '"');
}


static unsigned
json_differs(const u_char *s, size_t n)
{
    u_char      *copy;
    unsigned     differs;
    hoop_buf_t   fast, slow, capped;

    /* a copy of its own size: a read beyond it is seen by valgrind and ASan */

    copy = malloc(n ? n : 1);
    memcpy(copy, s, n);

    hoop_buf_init(&fast, 0);
    hoop_buf_init(&slow, 0);

    slow_json(&slow, s, n);
    (void) hoop_buf_add_json(&fast, copy, n);

    differs = (fast.len != slow.len
               || memcmp(fast.data, slow.data, fast.len) != 0
               || !slow_valid(fast.data, fast.len));

    /* a cap that is just enough, and one that is not */

    hoop_buf_init(&capped, slow.len);
    differs |= (hoop_buf_add_json(&capped, copy, n) != HOOP_OK
                || capped.len != slow.len
                || memcmp(capped.data, slow.data, slow.len) != 0);
    hoop_buf_free(&capped);

    hoop_buf_init(&capped, slow.len - 1);
    differs |= (hoop_buf_add_json(&capped, copy, n) == HOOP_OK
                || !capped.failed || capped.len > slow.len - 1);
    hoop_buf_free(&capped);

    hoop_buf_free(&fast);
    hoop_buf_free(&slow);
    free(copy);

    return differs;
}


static void
test_json(void)
{
    size_t       n;
    u_char       s[5000];
    unsigned     i, k, bad;
    hoop_buf_t   b;

    static const char  *kinds[] = {
        "abc \"\\", "\x01\x1f\x7f\n\t\r",
        "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
        "\xed\xa0\x80\xc0\xaf\xf5\xff\xe2\x82"
    };

    hoop_buf_init(&b, 0);
    (void) hoop_buf_add_json(&b, (u_char *) "", 0);
    (void) hoop_buf_add_json(&b, NULL, 0);
    (void) hoop_buf_add_json(&b, (u_char *) "a\"\\\n\x7f/\xc3\xa4\xff", 9);
    is_mem(b.data, b.len,
           "\"\"\"\"\"a\\\"\\\\\\n\\u007f/\xc3\xa4\xef\xbf\xbd\"", 25,
           "JSON strings");
    hoop_buf_free(&b);

    bad = 0;

    for (i = 0; i < 256; i++) {
        for (n = 0; n < 40; n++) {
            memset(s, 'a', sizeof(s));
            s[n] = (u_char) i;
            bad += json_differs(s, 40);
            bad += json_differs(s, n + 1);
        }
    }

    is_int(bad, 0, "every byte at every place of a vector, and at the end");

    bad = 0;

    for (i = 0; i < 65536; i++) {
        s[0] = (u_char) (i >> 8);
        s[1] = (u_char) i;
        s[2] = 0x80;
        s[3] = 0xbf;
        bad += json_differs(s, 2);
        bad += json_differs(s, 4);
    }

    is_int(bad, 0, "every pair of bytes, with and without what may follow");

    bad = 0;

    for (n = 1000; n < 1060; n++) {
        for (i = 0; i < 4; i++) {
            memset(s, 'b', sizeof(s));
            memcpy(s + n, kinds[i], strlen(kinds[i]));
            bad += json_differs(s, n + strlen(kinds[i]));
            bad += json_differs(s, 2000);
        }
    }

    is_int(bad, 0, "sequences over the end of a block");

    memset(s, 1, sizeof(s));
    is_int(json_differs(s, sizeof(s)), 0, "the worst case, many blocks");

    bad = 0;

    for (i = 0; i < 3000; i++) {
        n = draw(i % 10 ? 100 : sizeof(s) - 20);

        for (k = 0; k < n; k++) {
            s[k] = draw(4) ? 'a' + draw(26)
                           : (u_char) kinds[i % 4][draw(strlen(kinds[i % 4]))];
        }

        bad += json_differs(s, n);
    }

    is_int(bad, 0, "what is drawn");
}


static void
test_utf8(void)
{
    size_t    n;
    u_char    s[64];
    unsigned  i, k, bad;

    bad = 0;

    for (i = 0; i < 65536; i++) {
        for (k = 0; k < 4; k++) {
            s[0] = (u_char) (i >> 8);
            s[1] = (u_char) i;
            s[2] = (k & 1) ? 0x80 : 0xbf;
            s[3] = (k & 2) ? 0x80 : 0x7f;

            for (n = 1; n <= 4; n++) {
                bad += hoop_utf8_valid(s, n) != slow_valid(s, n);
            }
        }
    }

    is_int(bad, 0, "UTF-8: every beginning of a sequence");
    bad = 0;

    for (n = 0; n <= 8; n++) {
        static const unsigned char  cuts[] = { 0, 1, 1, 3, 3, 3, 6, 7, 7 };

        bad += hoop_utf8_cut((u_char *) "a\xc3\xa4\xe2\x82\xac" "b", 7, n)
               != cuts[n];
    }

    ok(bad == 0, "UTF-8: it is cut between characters, and only if too long");
    ok(hoop_utf8_cut((u_char *) "\x80\x80\x80", 3, 2) == 0,
       "UTF-8: nor within what is no character");

    ok(hoop_utf8_valid(NULL, 0), "UTF-8: nothing is valid");

    bad = 0;

    for (n = 0; n < sizeof(s); n++) {
        memset(s, 'a', sizeof(s));
        bad += !hoop_utf8_valid(s, sizeof(s));
        s[n] = 0x80;
        bad += hoop_utf8_valid(s, sizeof(s));
        bad += hoop_utf8_valid(s, n + 1);
        bad += !hoop_utf8_valid(s, n);
        s[n] = 0xc3;
        bad += hoop_utf8_valid(s, n + 1);
    }

    is_int(bad, 0, "UTF-8: a stray byte at every place of a word");
}


static void
test_base64(void)
{
    char        c[2];
    size_t      n, len;
    u_char      raw[64], text[96], back[80];
    ssize_t     rc;
    unsigned    i, url, bad;

    static const struct {
        const char  *text;
        int          url;
        int          len;
    } cases[] = {
        { "", 0, 0 }, { "", 1, 0 },
        { "Zg==", 0, 1 }, { "Zm8=", 0, 2 }, { "Zm9v", 0, 3 },
        { "Zg", 1, 1 }, { "Zm8", 1, 2 }, { "Zm9v", 1, 3 },
        { "Zg==", 1, -1 }, { "Zm8=", 1, -1 },
        { "Zg", 0, -1 }, { "Zm8", 0, -1 },
        { "Zh==", 0, -1 }, { "Zm9=", 0, -1 }, { "Zh", 1, -1 }, { "Zm9", 1, -1 },
        { "Z", 1, -1 }, { "Zm9vZ", 1, -1 }, { "Z===", 0, -1 },
        { "====", 0, -1 }, { "=", 1, -1 }, { "Zm9v=", 0, -1 },
        { "Zg==Zg==", 0, -1 },
        { "Zm9v\n", 1, -1 }, { "Zm 9v", 1, -1 }, { "Zm9v ", 0, -1 },
        { "-_-_", 1, 3 }, { "-_-_", 0, -1 }, { "+/+/", 0, 3 },
        { "+/+/", 1, -1 }, { "Zm\xc3\xa4", 1, -1 }
    };

    bad = 0;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rc = hoop_base64_decode(back, (u_char *) cases[i].text,
                                strlen(cases[i].text), cases[i].url);
        if (rc != cases[i].len) {
            printf("# \"%s\": %zd, wanted %d\n", cases[i].text, rc,
                   cases[i].len);
            bad++;
        }
    }

    is_int(bad, 0, "base64: one spelling only");

    is_int(hoop_base64_decode(back, (u_char *) "Zm\0v", 4, 1), -1,
           "base64: no NUL");

    bad = 0;

    for (i = 0; i < 2000; i++) {
        url = i & 1;
        len = draw(sizeof(raw) + 1);

        for (n = 0; n < len; n++) {
            raw[n] = (u_char) draw(256);
        }

        n = hoop_base64_encode(text, raw, len, url);

        bad += (n != (url ? (len * 4 + 2) / 3 : (len + 2) / 3 * 4));
        rc = hoop_base64_decode(back, text, n, url);
        bad += (rc != (ssize_t) len || memcmp(back, raw, len) != 0);

        /* any other character at any place makes other bytes, or none */

        if (n) {
            text[draw(n)] ^= 1 + draw(255);
            rc = hoop_base64_decode(back, text, n, url);
            bad += (rc == (ssize_t) len && memcmp(back, raw, len) == 0);
        }
    }

    is_int(bad, 0, "base64: there and back");

    bad = 0;
    c[1] = 'A';

    for (i = 0; i < 256; i++) {
        c[0] = (char) i;
        rc = hoop_base64_decode(back, (u_char *) c, 2, 1);
        n = (i >= 'A' && i <= 'Z') || (i >= 'a' && i <= 'z')
            || (i >= '0' && i <= '9') || i == '-' || i == '_';
        bad += (rc != (n ? 1 : -1));
    }

    is_int(bad, 0, "base64: 64 characters and no more");
}


static void
test_sha256(void)
{
    size_t         n, at, step;
    u_char         data[1000], whole[32], md[32], hex[64];
    unsigned       bad;
    hoop_sha256_t  s;

    hoop_sha256(md, "abc", 3);
    hoop_hex(hex, md, 32);
    is_mem(hex, 64, "ba7816bf8f01cfea414140de5dae2223"
                    "b00361a396177a9cb410ff61f20015ad", 64, "SHA-256 of abc");

    hoop_sha256(md, NULL, 0);
    hoop_hex(hex, md, 32);
    is_mem(hex, 64, "e3b0c44298fc1c149afbf4c8996fb924"
                    "27ae41e4649b934ca495991b7852b855", 64,
           "SHA-256 of nothing");

    bad = 0;

    for (n = 0; n < sizeof(data); n++) {
        data[n] = (u_char) draw(256);
        hoop_sha256(whole, data, n);

        hoop_sha256_init(&s);

        for (at = 0; at < n; at += step) {
            step = 1 + draw(130);

            if (step > n - at) {
                step = n - at;
            }

            hoop_sha256_update(&s, data + at, step);
            hoop_sha256_update(&s, NULL, 0);
        }

        hoop_sha256_final(&s, md);
        bad += memcmp(md, whole, 32) != 0;
    }

    is_int(bad, 0, "SHA-256 in pieces is that of the whole");
}


static void
test_crc32(void)
{
    size_t    n, at;
    u_char   *p, data[3000];
    unsigned  bad;

    is_int(hoop_crc32("123456789", 9), 0xcbf43926, "CRC-32 of the catalogue");
    is_int(hoop_crc32(NULL, 0), 0, "CRC-32 of nothing");

    for (n = 0; n < sizeof(data); n++) {
        data[n] = (u_char) draw(256);
    }

    bad = 0;

    for (n = 0; n < 1200; n++) {
        p = malloc(n + 1);
        memcpy(p + 1, data, n);
        bad += hoop_crc32(p + 1, n) != crc32(crc32(0, NULL, 0), data, n);
        free(p);
    }

    for (at = 0; at < 64; at++) {
        n = sizeof(data) - 2 * at;
        bad += hoop_crc32(data + at, n) != crc32(0, data + at, n);
    }

    memset(data, 0, sizeof(data));
    bad += hoop_crc32(data, 300) != crc32(0, data, 300);
    memset(data, 0xff, sizeof(data));
    bad += hoop_crc32(data, 300) != crc32(0, data, 300);

    is_int(bad, 0, "CRC-32 is zlib's for every length and alignment");
}


static void
test_error(void)
{
    char          longest[1000];
    hoop_error_t  err;

    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';

    memset(&err, 0, sizeof(err));
    hoop_error_set(&err, "%s \"%.*s\"", longest, 3, "abcdef");
    is_int(strlen(err.text), sizeof(err.text) - 1, "an error text is cut");

    is_str(hoop_verdict_name(HOOP_VERDICT_ALLOW), "allow", "verdict allow");
    is_str(hoop_verdict_name(HOOP_VERDICT_REVIEW), "review", "verdict review");
    is_str(hoop_verdict_name(HOOP_VERDICT_DENY), "deny", "verdict deny");
    is_str(hoop_verdict_name(HOOP_VERDICT_ERROR), "error", "verdict error");
}


int
main(void)
{
    test_buf_cap();
    test_buf_add();
    test_json();
    test_utf8();
    test_base64();
    test_sha256();
    test_crc32();
    test_error();

    return done_testing();
}
