
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The heads of tokens: the four bytes by which a token of a kind is found.
 * Each is a set of characters; the sets of one bucket are joined place by
 * place, so that a bucket of heads that are not alike finds much that is none.
 * They come from the table of tokens (hoop_token.h), which says the bucket of
 * each.
 */


#ifndef _HOOP_HEAD_H_INCLUDED_
#define _HOOP_HEAD_H_INCLUDED_


#include "hoop_core.h"


#define HOOP_HEAD          4
#define HOOP_HEAD_BUCKETS  8
#define HOOP_HEAD_BITS     16


/*
 * For each place, the buckets of a byte by its low and its high four bits: the
 * byte is in those that are in both.
 */

typedef struct {
    u_char       low[HOOP_HEAD][16];
    u_char       high[HOOP_HEAD][16];
} hoop_head_table_t;

const hoop_head_table_t *hoop_head_table(void);


/*
 * A bit for each head, by a hash of its four bytes: most of what is in a bucket
 * with heads and is none has no bit here.  Until it is made, with the table,
 * every bit is held to be set.  The factor was chosen, of 4000, as the one by
 * which the fewest words of documents, code and JSON have a bit.
 */

typedef struct {
    unsigned     made;
    uint64_t     bits[(1 << HOOP_HEAD_BITS) / 64];
} hoop_head_filter_t;

extern hoop_head_filter_t  hoop_head_filter;


static inline uint32_t
hoop_head_hash(const u_char *p)
{
    uint32_t  v;

    memcpy(&v, p, HOOP_HEAD);

    return v * 0x3b9b56afu >> (32 - HOOP_HEAD_BITS);
}


/* 0: the four bytes at p are no head */

static inline int
hoop_head_may(const u_char *p)
{
    uint32_t  hash;

    hash = hoop_head_hash(p);

    return !hoop_head_filter.made
           || (hoop_head_filter.bits[hash / 64] >> hash % 64 & 1);
}


/* 1 if the four bytes at p are a head, and not only in one bucket with some */
int hoop_head_is(const u_char *p);


#endif /* _HOOP_HEAD_H_INCLUDED_ */
