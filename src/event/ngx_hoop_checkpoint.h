
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Signed checkpoints of the worker's slot (hoop_checkpoint.h): when they are
 * due, what of the other slots they tell, and the second place to which they
 * are copied.
 *
 * A checkpoint is told to others, the other slots and the anchor, only once it
 * is as durable as the operator wants events to be: what a power failure takes
 * must not be missed afterwards.
 */


#ifndef _NGX_HOOP_CHECKPOINT_H_INCLUDED_
#define _NGX_HOOP_CHECKPOINT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "../core/hoop_signer.h"


typedef struct {
    ngx_str_t             file;
    hoop_signer_t        *key;
    ngx_uint_t            interval;        /* seconds */
    ngx_uint_t            events;
    ngx_open_file_t      *anchor;          /* NULL: none */
    ngx_shm_zone_t       *zone;
} ngx_hoop_sign_conf_t;


/*
 * hoop_audit_sign FILE [interval=60s] [events=10000] [anchor=FILE];
 * pem is what is in the file; conf->file is set.
 */
char *ngx_hoop_checkpoint_conf_parse(ngx_conf_t *cf,
    ngx_hoop_sign_conf_t *conf, ngx_str_t *pem);
/* in the master, as root: the anchor is the workers' to write */
ngx_int_t ngx_hoop_checkpoint_prepare(ngx_cycle_t *cycle,
    ngx_hoop_sign_conf_t *conf);


#endif /* _NGX_HOOP_CHECKPOINT_H_INCLUDED_ */
