
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the walk through clean JSON (hoop_mask_fast.c) and the search for the
 * places that it goes by (hoop_mask_places.c) share.
 */


#ifndef _HOOP_MASK_FAST_H_INCLUDED_
#define _HOOP_MASK_FAST_H_INCLUDED_


#include "hoop_block.h"
#include "hoop_mask_json.h"


#define HOOP_FAST_FIRST    2           /* blocks at once, at first, */
#define HOOP_FAST_BLOCKS   16          /* and at last */
#define HOOP_FAST_MEMBER   6           /* places of one, at most */
#define HOOP_FAST_NONE     UINT32_MAX


typedef struct {
    const u_char  *p;
    size_t         n;
    unsigned       state;              /* of the level */
    unsigned       object;             /* the container is one */
    unsigned       floor;              /* a depth that is not left here */

    size_t         at;                 /* of the block that comes */
    unsigned       batch;              /* blocks at once */
    unsigned       ready:1;            /* blocks[0] is classified */
    unsigned       slashes:1;          /* there were backslashes */
    unsigned       dry:1;              /* more places are wanted */

    /* about the byte before "at" */
    uint64_t       escaped;            /* it is a backslash that escapes */
    uint64_t       string;             /* all bits: it is in a string */
    uint64_t       digit;
    uint64_t       scalar;

    unsigned       first;              /* places that are not used yet */
    unsigned       last;
    uint32_t       candidate;          /* the first one not yet passed */

    hoop_block_t   blocks[HOOP_FAST_BLOCKS + 1];
    uint32_t       places[HOOP_FAST_MEMBER + HOOP_FAST_BLOCKS * HOOP_BLOCK];
} hoop_fast_t;


/* more places; HOOP_DECLINED: there are none, or there is a reason to stop */
int hoop_fast_fill(hoop_mask_t *m, hoop_fast_t *f);


#endif /* _HOOP_MASK_FAST_H_INCLUDED_ */
