
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the two files of the JSON engine share: states and small things.
 */


#ifndef _HOOP_MASK_JSON_H_INCLUDED_
#define _HOOP_MASK_JSON_H_INCLUDED_


#include "hoop_mask_impl.h"


#define HOOP_JSON_START   0
#define HOOP_JSON_TOP     1
#define HOOP_JSON_VALUE   2
#define HOOP_JSON_FIRST   3
#define HOOP_JSON_NAME    4
#define HOOP_JSON_KEY     5
#define HOOP_JSON_COLON   6
#define HOOP_JSON_AFTER   7
#define HOOP_JSON_QUOTE   8
#define HOOP_JSON_QUOTE_KEY  9

/* m->table, and what lev->table says of an array that comes */

#define HOOP_TABLE_OFF      0
#define HOOP_TABLE_KNOWN    1      /* its columns are */
#define HOOP_TABLE_COLUMNS  2
#define HOOP_TABLE_ROWS     3

/* what a helper answers, beside hoop_run_e */

#define HOOP_JSON_GO      16       /* *i was moved over a token */
#define HOOP_JSON_BROKEN  17


#define hoop_json_space(c)                                                    \
    ((c) == ' ' || (c) == '\n' || (c) == '\r' || (c) == '\t')

#define hoop_bits_get(b, i)  ((b)[(i) / 64] >> ((i) % 64) & 1)
#define hoop_bits_set(b, i)  ((b)[(i) / 64] |= (uint64_t) 1 << ((i) % 64))
#define hoop_bits_clear(b, i)                                                 \
    ((b)[(i) / 64] &= ~((uint64_t) 1 << ((i) % 64)))


/*
 * Behind a number and a space: what may be another group of the number, or be
 * folded to one (hoop_mask_fold.c).
 */

#define hoop_json_goes_on(c)                                                  \
    ((u_char) ((c) - '0') <= 9 || (c) >= 0x80 || (c) == '&' || (c) == '%')


/* a value ends; i is behind it */

static inline int
hoop_json_value_end(hoop_mask_t *m, hoop_level_t *lev)
{
    lev->field = 0;
    lev->naming = 0;
    lev->table = 0;
    lev->phone = 0;

    if (m->depth > lev->base) {
        lev->state = HOOP_JSON_AFTER;
        return HOOP_JSON_GO;
    }

    lev->state = HOOP_JSON_TOP;

    return lev->embedded ? HOOP_JSON_BROKEN : HOOP_JSON_GO;
}


/*
 * hoop_mask_fast.c: passes over tokens that hold nothing, and returns how many
 * bytes they have; in a container, with neither a field nor members to drop.
 */
size_t hoop_mask_json_fast(hoop_mask_t *m, hoop_level_t *lev, const u_char *p,
    size_t n);

/* the helpers answer a hoop_run_e, GO or BROKEN */

int hoop_mask_json_number(hoop_mask_t *m, hoop_level_t *lev, hoop_look_t *lk,
    size_t *i);
int hoop_mask_json_word(hoop_mask_t *m, hoop_level_t *lev, hoop_look_t *lk,
    size_t *i);
int hoop_mask_json_masked(hoop_mask_t *m, hoop_level_t *lev, hoop_look_t *lk,
    size_t *i);
int hoop_mask_json_peek(hoop_mask_t *m, hoop_level_t *lev, hoop_look_t *lk,
    size_t *i);
int hoop_mask_json_dropped(hoop_mask_t *m, hoop_level_t *lev, hoop_look_t *lk,
    size_t *i);
size_t hoop_mask_json_swallow(hoop_level_t *lev, const u_char *p, size_t i,
    size_t n);
hoop_run_e hoop_mask_json_op(hoop_mask_t *m, hoop_level_t *lev, size_t i,
    size_t n, unsigned detector, u_char action, const u_char *value,
    size_t len);
void hoop_mask_json_name(hoop_mask_t *m, hoop_level_t *lev, const u_char *p,
    size_t len);

int hoop_mask_pair_name(const u_char *p, size_t len);
int hoop_mask_table_columns(const u_char *p, size_t len);
void hoop_mask_pair_member(hoop_mask_t *m, hoop_level_t *lev, const u_char *p,
    size_t len);
void hoop_mask_pair_open(hoop_mask_t *m, hoop_level_t *lev, int object);
void hoop_mask_pair_element(hoop_mask_t *m, hoop_level_t *lev);
void hoop_mask_pair_value(hoop_mask_t *m, hoop_level_t *lev, const u_char *p,
    size_t len);


#endif /* _HOOP_MASK_JSON_H_INCLUDED_ */
