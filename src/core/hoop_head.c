
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * See hoop_head.h.
 */


#include "hoop_head.h"
#include "hoop_token.h"


hoop_head_filter_t  hoop_head_filter;


/* the heads of a row: all that its sets of characters stand for */

static void
hoop_head_bits(const hoop_token_t *t, size_t len)
{
    char      want[HOOP_HEAD];
    u_char    head[HOOP_HEAD];
    uint32_t  hash;
    unsigned  k, a, b, c, d;

    for (k = 0; k < HOOP_HEAD; k++) {
        want[k] = hoop_token_at(t, len, t->head + k);
    }

    for (a = 0; a < 256; a++) {
        for (b = 0; hoop_token_is(a, want[0]) && b < 256; b++) {
            for (c = 0; hoop_token_is(b, want[1]) && c < 256; c++) {
                for (d = 0; hoop_token_is(c, want[2]) && d < 256; d++) {

                    if (!hoop_token_is(d, want[3])) {
                        continue;
                    }

                    head[0] = (u_char) a;
                    head[1] = (u_char) b;
                    head[2] = (u_char) c;
                    head[3] = (u_char) d;

                    hash = hoop_head_hash(head);
                    hoop_head_filter.bits[hash / 64] |=
                                                (uint64_t) 1 << hash % 64;
                }
            }
        }
    }
}


/* made once, on the first call, and the same by whomever it is made */

const hoop_head_table_t *
hoop_head_table(void)
{
    char                 want;
    u_char               bit;
    size_t               len;
    unsigned             i, k, c;
    const hoop_token_t  *t;

    static unsigned           made;
    static hoop_head_table_t  table;

    if (made) {
        return &table;
    }

    for (i = 0; hoop_tokens[i].text; i++) {
        t = &hoop_tokens[i];
        len = strlen(t->text);
        bit = (u_char) (1u << t->bucket);

        hoop_head_bits(t, len);

        for (k = 0; k < HOOP_HEAD; k++) {
            want = hoop_token_at(t, len, t->head + k);

            for (c = 0; c < 256; c++) {
                if (hoop_token_is((u_char) c, want)) {
                    table.low[k][c & 15] |= bit;
                    table.high[k][c >> 4] |= bit;
                }
            }
        }
    }

    made = 1;
    hoop_head_filter.made = 1;

    return &table;
}


int
hoop_head_is(const u_char *p)
{
    size_t               len;
    unsigned             i, k;
    const hoop_token_t  *t;

    for (i = 0; hoop_tokens[i].text; i++) {
        t = &hoop_tokens[i];
        len = strlen(t->text);

        for (k = 0; k < HOOP_HEAD; k++) {
            if (!hoop_token_is(p[k], hoop_token_at(t, len, t->head + k))) {
                break;
            }
        }

        if (k == HOOP_HEAD) {
            return 1;
        }
    }

    return 0;
}
