
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
    char      want;
    u_char    head[HOOP_HEAD], chars[HOOP_HEAD][256];
    uint32_t  hash;
    unsigned  k, c, n[HOOP_HEAD], at[HOOP_HEAD];

    for (k = 0; k < HOOP_HEAD; k++) {
        want = hoop_token_at(t, len, t->head + k);
        n[k] = 0;
        at[k] = 0;

        for (c = 0; c < 256; c++) {
            if (hoop_token_is((u_char) c, want)) {
                chars[k][n[k]++] = (u_char) c;
            }
        }
    }

    /* counts through them, as an odometer does */

    for (k = 0; k < HOOP_HEAD; /* void */ ) {

        for (k = 0; k < HOOP_HEAD; k++) {
            head[k] = chars[k][at[k]];
        }

        hash = hoop_head_hash(head);
        hoop_head_filter.bits[hash / 64] |= (uint64_t) 1 << hash % 64;

        for (k = 0; k < HOOP_HEAD && ++at[k] == n[k]; k++) {
            at[k] = 0;
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
