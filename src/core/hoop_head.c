
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * See hoop_head.h.
 */


#include "hoop_head.h"
#include "hoop_token.h"


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
