
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * application/x-www-form-urlencoded, read strictly: what two parsers could
 * read differently is refused.
 */


#ifndef _HOOP_FORM_H_INCLUDED_
#define _HOOP_FORM_H_INCLUDED_


#include "hoop_core.h"


typedef struct {
    hoop_str_t      name;
    hoop_str_t      value;
} hoop_form_pair_t;


/*
 * Decodes in place; the pairs are spans of p, in order, and a name may be
 * there several times.  HOOP_OK; HOOP_LIMIT: more than max pairs; HOOP_ERROR:
 * a broken escape, an empty name, a byte that an encoder would have escaped,
 * or text that is not UTF-8 or has control characters.
 */
int hoop_form_parse(u_char *p, size_t len, hoop_form_pair_t *pairs,
    unsigned max, unsigned *n);


#endif /* _HOOP_FORM_H_INCLUDED_ */
