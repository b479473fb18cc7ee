
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Media types (RFC 9110, 8.3.1) of bodies that are text in UTF-8 or nothing.
 */


#ifndef _HOOP_MEDIA_H_INCLUDED_
#define _HOOP_MEDIA_H_INCLUDED_


#include "hoop_core.h"


/*
 * HOOP_OK if the value of a Content-Type is of that type (lower case; "+json":
 * any that ends so), with no charset but UTF-8; HOOP_DECLINED: of another type;
 * HOOP_ERROR: its parameters are broken, name another charset, or name one
 * twice.
 */
int hoop_media_is(hoop_str_t value, const char *type);
/* HOOP_OK if it names UTF-8, else HOOP_ERROR */
int hoop_media_charset(hoop_str_t name);


#endif /* _HOOP_MEDIA_H_INCLUDED_ */
