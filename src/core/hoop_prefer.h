
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The Prefer header (RFC 7240): "respond-async" and "wait".
 */


#ifndef _HOOP_PREFER_H_INCLUDED_
#define _HOOP_PREFER_H_INCLUDED_


#include "hoop_core.h"


typedef struct {
    unsigned        async:1;           /* respond-async */
    unsigned        has_wait:1;
    unsigned        wait;              /* seconds, at most HOOP_PREFER_MAX */
} hoop_prefer_t;


#define HOOP_PREFER_MAX  86400


/*
 * Adds what one header says to *p, which the caller has cleared: of several
 * headers, and within one, the first of each preference counts (section 2).
 * What is not understood is not there: a preference is no demand.
 */
void hoop_prefer(hoop_str_t header, hoop_prefer_t *p);


#endif /* _HOOP_PREFER_H_INCLUDED_ */
