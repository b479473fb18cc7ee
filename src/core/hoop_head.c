
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The heads of tokens.  What begins with one is looked at by hoop_detect.c,
 * which knows it by its first byte.
 */


#include "hoop_head.h"


#define HOOP_HEAD_UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


const hoop_head_t  hoop_heads[] = {

    { 0, { "g", "h", "pousr", "_" } },             /* GitHub */
    { 1, { "h", "u", "b", "_" } },                 /* github_pat_ */

    { 2, { "A", "K", "I", "A" } },                 /* AWS */
    { 2, { "A", "S", "I", "A" } },
    { 2, { "A", "B", "I", "A" } },
    { 2, { "A", "C", "C", "A" } },
    { 2, { "A", "3", "T", HOOP_HEAD_UPPER } },

    { 3, { "rs", "k", "_", "ltp" } },              /* Stripe */
    { 4, { "w", "h", "s", "e" } },

    { 5, { "e", "y", "J", NULL } },                /* JWT */
    { 6, { "-", "B", "E", "G" } },                 /* PEM */

    { 0, { NULL, NULL, NULL, NULL } }
};


/* made once, on the first call, and the same by whomever it is made */

const hoop_head_table_t *
hoop_head_table(void)
{
    u_char              bit;
    unsigned            i, k, c;
    const char         *set;
    const hoop_head_t  *head;

    static unsigned           made;
    static hoop_head_table_t  table;

    if (made) {
        return &table;
    }

    for (i = 0; hoop_heads[i].sets[0] != NULL; i++) {
        head = &hoop_heads[i];
        bit = (u_char) (1u << head->bucket);

        for (k = 0; k < HOOP_HEAD; k++) {
            set = head->sets[k];

            for (c = 0; c < 256; c++) {
                if (set == NULL || (c != 0 && strchr(set, (int) c) != NULL)) {
                    table.low[k][c & 15] |= bit;
                    table.high[k][c >> 4] |= bit;
                }
            }
        }
    }

    made = 1;

    return &table;
}
