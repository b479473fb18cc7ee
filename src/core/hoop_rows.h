
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Counts the rows of an answer while it flows: of one JSON document the
 * elements of arrays, of JSON lines the lines.  No tree is built, nothing is
 * allocated, and however the input is split the result is the same.
 *
 * It is as strict as RFC 8259 in all that has to do with structure: what two
 * parsers could see as different numbers of rows is an error, not a number.
 */


#ifndef _HOOP_ROWS_H_INCLUDED_
#define _HOOP_ROWS_H_INCLUDED_


#include "hoop_core.h"


#define HOOP_ROWS_DEPTH   512          /* nesting followed */
#define HOOP_ROWS_AT      16           /* segments of a pointer */


/* what counts, and up to which number */

typedef struct {
    uint64_t            max;           /* 0: there is no limit */
    const hoop_str_t   *at;            /* segments, unescaped */
    unsigned            nat;
    /* 1: elements of the arrays at that pointer (RFC 6901); 0: of all arrays
       that are in no other array, together */
    unsigned            at_set:1;
} hoop_rows_rule_t;


typedef struct {
    const hoop_rows_rule_t  *rule;
    uint64_t            count;
    int                 result;        /* of the last call */

    uint8_t             state;
    unsigned            lines:1;       /* values one after another: rows */
    unsigned            key:1;         /* the string is a member's name */
    unsigned            equal:1;       /* so far to the segment that it may be */
    unsigned            depth;         /* containers that are open */
    unsigned            arrays;        /* of them */
    unsigned            match;         /* segments that lead to the value */

    size_t              pos;           /* in that segment */
    unsigned            digits;        /* of an escape, to come */
    uint32_t            code;
    uint32_t            high;          /* a surrogate that waits for another */

    uint64_t            index[HOOP_ROWS_AT];   /* of arrays on the way */
    uint64_t            kinds[HOOP_ROWS_DEPTH / 64];   /* 1: an array */
} hoop_rows_t;


/* HOOP_OK: a Content-Type of what can be counted, *lines set; HOOP_DECLINED:
   of anything else, or none */
int hoop_rows_type(hoop_str_t type, int *lines);

/* lines: JSON lines, or a JSON text sequence (RFC 7464) */
void hoop_rows_init(hoop_rows_t *rows, const hoop_rows_rule_t *rule,
    int lines);

/*
 * HOOP_OK; HOOP_LIMIT: there are more than max; HOOP_ERROR: it is not what it
 * should be, or nested too deep.  The last two are final.
 */
int hoop_rows_feed(hoop_rows_t *rows, const u_char *p, size_t len);


#endif /* _HOOP_ROWS_H_INCLUDED_ */
