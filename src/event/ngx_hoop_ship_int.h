
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the two halves of shipping share: ngx_hoop_ship.c, the batches, and
 * ngx_hoop_ship_locate.c, the place to go on.  Nobody else includes this.
 */


#ifndef _NGX_HOOP_SHIP_INT_H_INCLUDED_
#define _NGX_HOOP_SHIP_INT_H_INCLUDED_


#include "ngx_hoop_ship.h"


/* ngx_hoop_ship.c */

void ngx_hoop_ship_later(ngx_hoop_ship_t *ship, ngx_msec_t delay);
void ngx_hoop_ship_retry(ngx_hoop_ship_t *ship);
void ngx_hoop_ship_fill(ngx_hoop_ship_t *ship);

/* ngx_hoop_ship_locate.c */

/* notes where the stream ends and begins to look for it */
ngx_int_t ngx_hoop_ship_located(ngx_hoop_ship_t *ship, redisReply *id,
    redisReply *text);
void ngx_hoop_ship_locate(ngx_hoop_ship_t *ship);
void ngx_hoop_ship_end_of_spool(ngx_hoop_ship_t *ship);


#endif /* _NGX_HOOP_SHIP_INT_H_INCLUDED_ */
