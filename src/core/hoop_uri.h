
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The normal form of an http or https URI (RFC 3986, 6.2.2 and 6.2.3), so that
 * two of them can be compared byte by byte.
 */


#ifndef _HOOP_URI_H_INCLUDED_
#define _HOOP_URI_H_INCLUDED_


#include "hoop_core.h"


/*
 * Appends the normal form of an absolute URI, without query and fragment.
 * HOOP_ERROR: it is none of http or https, or something in it is read in
 * different ways by different parsers: user information, dot segments, a
 * backslash, a broken escape, bytes that are not printable ASCII.  HOOP_NOMEM
 * or HOOP_LIMIT: the buffer's.
 */
int hoop_uri_normal(hoop_str_t uri, hoop_buf_t *out);

/* the same of "scheme://host[:port]" alone, without a slash at its end */
int hoop_uri_origin(hoop_str_t uri, hoop_buf_t *out);


#endif /* _HOOP_URI_H_INCLUDED_ */
