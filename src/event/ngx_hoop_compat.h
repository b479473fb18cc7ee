
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What differs between nginx 1.22.1 and its successors, in one place.
 */


#ifndef _NGX_HOOP_COMPAT_H_INCLUDED_
#define _NGX_HOOP_COMPAT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


/* 1.23.0: headers of one name are a list */

#if (nginx_version >= 1023000)
#define NGX_HOOP_TABLE_ELT_NEXT    1
#define ngx_hoop_elt_single(h)     (h)->next = NULL
#else
#define NGX_HOOP_TABLE_ELT_NEXT    0
#define ngx_hoop_elt_single(h)
#endif


/* 1.29.0: a 103 goes through filters of its own */

#define NGX_HOOP_EARLY_HINTS       (nginx_version >= 1029000)


#endif /* _NGX_HOOP_COMPAT_H_INCLUDED_ */
