
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Which policies are in force, as evidence: an event "config" whenever that
 * changes, by a start, a reload or a new binary.
 */


#ifndef _NGX_HOOP_CONFIG_H_INCLUDED_
#define _NGX_HOOP_CONFIG_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "../core/hoop_config.h"


/*
 * In the master, once a configuration is to be the one in force, before it
 * starts its workers; conf is sorted, and stays as long as the cycle.
 */
ngx_int_t ngx_hoop_config_set(ngx_cycle_t *cycle, hoop_config_t *conf);

/* in a worker, once its audit is there; path is the audit's */
void ngx_hoop_config_init(ngx_cycle_t *cycle, ngx_shm_zone_t *stats,
    ngx_str_t *path, ngx_uint_t sync);


#endif /* _NGX_HOOP_CONFIG_H_INCLUDED_ */
