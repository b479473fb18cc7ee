
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Counters that the workers share.  A series is a text of labels and some
 * numbers, for one location or one rule of a policy.
 *
 * The zone has one size, so that it survives each reload; with it go the
 * numbers of whatever has the same labels before and after.
 */


#ifndef _NGX_HOOP_STAT_H_INCLUDED_
#define _NGX_HOOP_STAT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "../core/hoop_core.h"


#define NGX_HOOP_STAT_LOCATION  0
#define NGX_HOOP_STAT_RULE      1
#define NGX_HOOP_STAT_KINDS     2

#define NGX_HOOP_STAT_LABELS    240
#define NGX_HOOP_STAT_NUMBERS   4


/* in shared memory */

typedef struct {
    ngx_atomic_t        numbers[NGX_HOOP_STAT_NUMBERS];
    size_t              len;
    u_char              labels[NGX_HOOP_STAT_LABELS];
} ngx_hoop_stat_t;


/* what a configuration wants; the pool of that holds it */

typedef struct {
    ngx_uint_t          kind;
    ngx_str_t           labels;        /* name="value",... */
    ngx_hoop_stat_t   **stat;          /* is set with the zone */
} ngx_hoop_stat_want_t;


/* at config time; wants: of ngx_hoop_stat_want_t, may still grow */
ngx_shm_zone_t *ngx_hoop_stat_add(ngx_conf_t *cf, ngx_array_t *wants);

/* stat may be NULL */
void ngx_hoop_stat_count(ngx_hoop_stat_t *stat, ngx_uint_t n);

/* the series of a kind, in the order in which they were first wanted; the last
   one stands for those that had no room */
ngx_uint_t ngx_hoop_stat_list(ngx_shm_zone_t *zone, ngx_uint_t kind,
    ngx_hoop_stat_t **first);

/*
 * Calls fn, one worker after the other, unless it has succeeded for this
 * number of a configuration, or a later one, before.
 */
ngx_int_t ngx_hoop_stat_settle(ngx_shm_zone_t *zone, ngx_uint_t number,
    ngx_int_t (*fn)(void));

/* name="value" with a comma if it is not the first one */
u_char *ngx_hoop_stat_label(u_char *p, u_char *first, u_char *last,
    const char *name, hoop_str_t value);


#endif /* _NGX_HOOP_STAT_H_INCLUDED_ */
