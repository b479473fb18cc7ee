
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A request target.  Oracles: an independent, slow normaliser, which works on a
 * list of segments, makes the same of it, or neither makes anything; what is
 * taken is in its normal form, and so is that once it was escaped and read again;
 * no parameter is left in a plain path; and a path is no other one's.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/hoop_path.h"


#define check(x)                                                              \
    do {                                                                      \
        if (!(x)) {                                                           \
            fprintf(stderr, "line %d: %s\n", __LINE__, #x);                   \
            abort();                                                          \
        }                                                                     \
    } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static int
digit(int c)
{
    const char  *p;

    static const char  digits[] = "0123456789abcdefABCDEF";

    p = (c == '\0') ? NULL : strchr(digits, c);

    return p ? (p - digits > 15 ? (int) (p - digits) - 6
                                : (int) (p - digits)) : -1;
}


/* decodes all, then splits, then puts together; -1: it cannot */

static int
slow(const u_char *raw, size_t size, u_char *out)
{
    int      trailing;
    size_t   i, k, n, len, at;
    size_t  *from, *to;
    u_char  *text;

    text = malloc(size + 1);
    from = malloc((size + 2) * sizeof(size_t));
    to = malloc((size + 2) * sizeof(size_t));
    check(text != NULL && from != NULL && to != NULL);

    len = 0;

    for (i = 0; i < size && raw[i] != '?' && raw[i] != '#'; i++) {
        if (raw[i] == '%') {
            if (size - i < 3 || digit(raw[i + 1]) < 0
                || digit(raw[i + 2]) < 0)
            {
                goto failed;
            }

            text[len] = digit(raw[i + 1]) * 16 + digit(raw[i + 2]);
            i += 2;

        } else {
            text[len] = raw[i];
        }

        if (text[len++] == '\0') {
            goto failed;
        }
    }

    n = 0;
    trailing = 1;

    for (at = 0; at <= len; at = k + 1) {
        for (k = at; k < len && text[k] != '/'; k++) { /* void */ }

        trailing = 1;

        if (k == at || (k - at == 1 && text[at] == '.')) {
            continue;
        }

        if (k - at == 2 && text[at] == '.' && text[at + 1] == '.') {
            if (n == 0) {
                goto failed;
            }

            n--;
            continue;
        }

        trailing = 0;
        from[n] = at;
        to[n++] = k;
    }

    len = 0;

    for (i = 0; i < n; i++) {
        out[len++] = '/';
        memcpy(out + len, text + from[i], to[i] - from[i]);
        len += to[i] - from[i];
    }

    if (trailing) {
        out[len++] = '/';
    }

    free(text);
    free(from);
    free(to);

    return (int) len;

failed:

    free(text);
    free(from);
    free(to);

    return -1;
}


/* as nginx escapes a path for the target */

static size_t
escape(const u_char *p, size_t len, u_char *out)
{
    size_t  i, n;

    for (i = 0, n = 0; i < len; i++) {
        if (p[i] <= 0x20 || p[i] >= 0x7f || strchr("%?#", p[i]) != NULL) {
            n += sprintf((char *) out + n, "%%%02X", p[i]);

        } else {
            out[n++] = p[i];
        }
    }

    return n;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int          n;
    size_t       len, plain;
    u_char      *out, *want, *sent, *copy;
    hoop_str_t   raw, path;

    raw = hoop_str(data, size);
    out = malloc(size + 1);
    want = malloc(size + 2);
    copy = malloc(size + 1);
    sent = malloc(3 * size + 8);
    check(out != NULL && want != NULL && copy != NULL && sent != NULL);

    n = slow(data, size, want);

    if (hoop_path_normal(raw, out, &len) != HOOP_OK) {
        check(n == -1);

        (void) hoop_path_ambiguous(raw);
        check(hoop_path_check(raw, hoop_str("/", 1)) != NULL);

        goto done;
    }

    check(len <= size + 1);
    check(n == (int) len && memcmp(out, want, len) == 0);

    path = hoop_str(out, len);

    plain = hoop_path_plain(path, copy);
    check(plain <= len && plain > 0 && copy[0] == '/');
    check(memchr(copy, ';', plain) == NULL);
    check(hoop_path_plain(hoop_str(copy, plain), copy) == plain);

    if (hoop_path_check(raw, path) == NULL) {
        check(hoop_path_ambiguous(path) == NULL);

        n = (int) escape(out, len, sent);
        check(hoop_path_check(hoop_str(sent, n), path) == NULL);

        /* read twice it is the same as read once */

        check(memchr(out, '?', len) || memchr(out, '#', len)
              || memchr(out, '%', len)
              || hoop_path_check(path, path) == NULL);

        out[len - 1] ^= 1;
        check(hoop_path_check(raw, path) != NULL);

    } else {
        check(hoop_path_ambiguous(path) != NULL);
    }

    check(hoop_path_host(raw, raw) || memchr(data, ':', size) != NULL);

done:

    free(out);
    free(want);
    free(copy);
    free(sent);

    return 0;
}
