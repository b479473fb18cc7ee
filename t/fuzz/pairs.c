
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A query or a cookie, by the first byte, out of which the pairs of one name
 * are taken.
 *
 * Oracles: none of that name is left, nor does one come into being; pairs of
 * another name are as many as they were, with the same first value; what has
 * none is not changed; in place is the same as not.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hoop_pairs.h"


#define check(x)                                                              \
    do {                                                                      \
        if (!(x)) {                                                           \
            fprintf(stderr, "line %d: %s\n", __LINE__, #x);                   \
            abort();                                                          \
        }                                                                     \
    } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
fuzz_pairs(hoop_str_t text, hoop_pairs_e kind)
{
    size_t      n, k, len;
    u_char     *out, *copy;
    hoop_str_t  rest, value, a, b;

    static const hoop_str_t  token = hoop_string("t_k");
    static const hoop_str_t  other = hoop_string("a");

    out = malloc(text.len + 1);
    copy = malloc(text.len + 1);
    check(out != NULL && copy != NULL);

    memcpy(copy, text.data, text.len);

    n = hoop_pairs_find(text, kind, token, &value);

    if (n) {
        check(value.data >= text.data
              && value.data + value.len <= text.data + text.len);
        check(hoop_pairs_decode(value, out) <= value.len);
    }

    len = hoop_pairs_remove(text, kind, token, out);
    rest = hoop_str(out, len);

    check(len <= text.len);
    check(n != 0 || (len == text.len && memcmp(out, text.data, len) == 0));
    check(n == 0 || len < text.len);
    check(hoop_pairs_find(rest, kind, token, &value) == 0);

    k = hoop_pairs_find(text, kind, other, &a);
    check(hoop_pairs_find(rest, kind, other, &b) == k);
    check(k == 0 || (a.len == b.len && memcmp(a.data, b.data, a.len) == 0));

    check(hoop_pairs_remove(hoop_str(copy, text.len), kind, token, copy)
          == len);
    check(memcmp(copy, out, len) == 0);

    free(out);
    free(copy);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char  *copy;

    if (size < 2) {
        return 0;
    }

    copy = malloc(size - 1);
    check(copy != NULL);

    memcpy(copy, data + 1, size - 1);

    fuzz_pairs(hoop_str(copy, size - 1),
               (data[0] & 1) ? HOOP_PAIRS_COOKIE : HOOP_PAIRS_QUERY);

    free(copy);

    return 0;
}
