
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "name=value" in a query or a Cookie header: to find those of a name, and to
 * take them out.  In doubt a pair has the name: what one parser or another
 * would take for it is not to be left behind.
 */


#ifndef _HOOP_PAIRS_H_INCLUDED_
#define _HOOP_PAIRS_H_INCLUDED_


#include "hoop_core.h"


/*
 * Names are compared without regard to case.  Of a query, they are decoded
 * ("%5F", "+"), and pairs end at "&", ";" and "#"; of a cookie, at ";", with
 * white space around name and value, and a value may be in quotes.
 */
typedef enum {
    HOOP_PAIRS_QUERY = 0,
    HOOP_PAIRS_COOKIE
} hoop_pairs_e;


/* how many pairs have the name; *value is the first one's, as it is written */
size_t hoop_pairs_find(hoop_str_t text, hoop_pairs_e kind, hoop_str_t name,
    hoop_str_t *value);
/*
 * All others, into out, which has room for text.len bytes and may be
 * text.data; returns how many bytes they are.  Nothing else changes.
 */
size_t hoop_pairs_remove(hoop_str_t text, hoop_pairs_e kind, hoop_str_t name,
    u_char *out);
/* a value of a query, into out, which has room for value.len bytes and may be
   value.data; what is no escape stands for itself */
size_t hoop_pairs_decode(hoop_str_t value, u_char *out);


#endif /* _HOOP_PAIRS_H_INCLUDED_ */
