
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


/*
 * For each place, the buckets of a byte by its low and its high four bits: the
 * byte is in those that are in both.
 */

typedef struct {
    u_char       low[HOOP_HEAD][16];
    u_char       high[HOOP_HEAD][16];
} hoop_head_table_t;

const hoop_head_table_t *hoop_head_table(void);

/* 1 if the four bytes at p are a head, and not only in one bucket with some */
int hoop_head_is(const u_char *p);


#endif /* _HOOP_HEAD_H_INCLUDED_ */
