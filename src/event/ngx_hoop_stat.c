
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The shared memory: a head, and for each kind an array of series,
 *
 *     [other][series 1]...[series n][free]...
 *
 * Series are looked up, and new ones appended, by the master alone, when a
 * configuration is loaded.  One that was taken is never given to anybody else:
 * workers of an older configuration may still count there, and whoever reads
 * goes by the number of series, which grows when the series is whole.  What
 * finds no room counts as "other".
 *
 * Workers add without a lock.  The slab allocator, which has nothing more to do
 * once the zone is made, lends its own to whoever settles which configuration is in force.
 */


#include "ngx_hoop_stat.h"


/* with another layout the zone has another name */

#define NGX_HOOP_STAT_NAME       "hoop_stat:2"

#define NGX_HOOP_STAT_LOCATIONS  256
#define NGX_HOOP_STAT_RULES      1024
#define NGX_HOOP_STAT_SERIES                                                  \
    (NGX_HOOP_STAT_LOCATIONS + NGX_HOOP_STAT_RULES + NGX_HOOP_STAT_KINDS)

/* what the slab allocator takes, with an entry for each page */

#define NGX_HOOP_STAT_SIZE                                                    \
    (sizeof(ngx_hoop_stat_sh_t) * 33 / 32 + 16 * ngx_pagesize)


typedef struct {
    ngx_atomic_t            n[NGX_HOOP_STAT_KINDS];    /* without "other" */
    ngx_uint_t              settled;                   /* under the mutex */
    ngx_hoop_stat_t         series[NGX_HOOP_STAT_SERIES];
} ngx_hoop_stat_sh_t;


/* of one configuration */

typedef struct {
    ngx_hoop_stat_sh_t     *sh;
    ngx_array_t            *wants;
} ngx_hoop_stat_zone_t;


static ngx_int_t ngx_hoop_stat_init_zone(ngx_shm_zone_t *zone, void *data);
static ngx_hoop_stat_sh_t *ngx_hoop_stat_make(ngx_shm_zone_t *zone);
static ngx_hoop_stat_t *ngx_hoop_stat_find(ngx_hoop_stat_sh_t *sh,
    ngx_hoop_stat_want_t *want);


extern ngx_module_t  ngx_hoop_module;


static const struct {
    ngx_uint_t   first;
    ngx_uint_t   max;
    const char  *other;
} ngx_hoop_stat_kinds[NGX_HOOP_STAT_KINDS] = {

    { 0, NGX_HOOP_STAT_LOCATIONS,
      "server=\"\",location=\"other\",mode=\"\"" },

    { NGX_HOOP_STAT_LOCATIONS + 1, NGX_HOOP_STAT_RULES,
      "policy=\"\",rule=\"other\",effect=\"\"" }
};


ngx_shm_zone_t *
ngx_hoop_stat_add(ngx_conf_t *cf, ngx_array_t *wants)
{
    ngx_shm_zone_t        *zone;
    ngx_hoop_stat_zone_t  *z;

    static ngx_str_t  name = ngx_string(NGX_HOOP_STAT_NAME);

    z = ngx_pcalloc(cf->pool, sizeof(ngx_hoop_stat_zone_t));
    if (z == NULL) {
        return NULL;
    }

    z->wants = wants;

    zone = ngx_shared_memory_add(cf, &name, NGX_HOOP_STAT_SIZE,
                                 &ngx_hoop_module);
    if (zone == NULL) {
        return NULL;
    }

    zone->init = ngx_hoop_stat_init_zone;
    zone->data = z;

    return zone;
}


/* in the master: data is that of the configuration before, or NULL */

static ngx_int_t
ngx_hoop_stat_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_hoop_stat_zone_t *old = data;

    ngx_uint_t             i;
    ngx_slab_pool_t       *shpool;
    ngx_hoop_stat_want_t  *want;
    ngx_hoop_stat_zone_t  *z;

    z = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (old) {
        z->sh = old->sh;

    } else if (zone->shm.exists) {
        z->sh = shpool->data;

    } else {
        z->sh = ngx_hoop_stat_make(zone);
    }

    if (z->sh == NULL) {
        return NGX_ERROR;
    }

    want = z->wants->elts;

    for (i = 0; i < z->wants->nelts; i++) {
        *want[i].stat = ngx_hoop_stat_find(z->sh, &want[i]);
    }

    return NGX_OK;
}


static ngx_hoop_stat_sh_t *
ngx_hoop_stat_make(ngx_shm_zone_t *zone)
{
    size_t               len;
    ngx_uint_t           i;
    ngx_hoop_stat_t     *stat;
    ngx_slab_pool_t     *shpool;
    ngx_hoop_stat_sh_t  *sh;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    sh = ngx_slab_alloc(shpool, sizeof(ngx_hoop_stat_sh_t));
    if (sh == NULL) {
        return NULL;
    }

    ngx_memzero(sh, sizeof(ngx_hoop_stat_sh_t));

    for (i = 0; i < NGX_HOOP_STAT_KINDS; i++) {
        stat = &sh->series[ngx_hoop_stat_kinds[i].first];
        len = ngx_strlen(ngx_hoop_stat_kinds[i].other);

        ngx_memcpy(stat->labels, ngx_hoop_stat_kinds[i].other, len);
        stat->len = len;
    }

    shpool->data = sh;

    return sh;
}


static ngx_hoop_stat_t *
ngx_hoop_stat_find(ngx_hoop_stat_sh_t *sh, ngx_hoop_stat_want_t *want)
{
    size_t            len;
    ngx_uint_t        i, n;
    ngx_hoop_stat_t  *first, *stat;

    first = &sh->series[ngx_hoop_stat_kinds[want->kind].first];
    n = sh->n[want->kind];
    len = ngx_min(want->labels.len, NGX_HOOP_STAT_LABELS);

    for (i = 1; i <= n; i++) {
        stat = &first[i];

        if (stat->len == len
            && ngx_memcmp(stat->labels, want->labels.data, len) == 0)
        {
            return stat;
        }
    }

    if (n == ngx_hoop_stat_kinds[want->kind].max) {
        return first;
    }

    stat = &first[n + 1];

    ngx_memcpy(stat->labels, want->labels.data, len);
    stat->len = len;

    ngx_memory_barrier();

    sh->n[want->kind] = n + 1;

    return stat;
}


void
ngx_hoop_stat_count(ngx_hoop_stat_t *stat, ngx_uint_t n)
{
    if (stat && n < NGX_HOOP_STAT_NUMBERS) {
        (void) ngx_atomic_fetch_add(&stat->numbers[n], 1);
    }
}


ngx_uint_t
ngx_hoop_stat_list(ngx_shm_zone_t *zone, ngx_uint_t kind,
    ngx_hoop_stat_t **first)
{
    ngx_uint_t             n;
    ngx_hoop_stat_zone_t  *z;

    z = zone->data;
    n = z->sh->n[kind];

    ngx_memory_barrier();

    *first = &z->sh->series[ngx_hoop_stat_kinds[kind].first];

    return n + 1;
}


ngx_int_t
ngx_hoop_stat_settle(ngx_shm_zone_t *zone, ngx_uint_t number,
    ngx_int_t (*fn)(void))
{
    ngx_int_t              rc;
    ngx_slab_pool_t       *shpool;
    ngx_hoop_stat_zone_t  *z;

    z = zone->data;
    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    rc = NGX_OK;

    if (z->sh->settled < number) {
        rc = fn();

        if (rc == NGX_OK) {
            z->sh->settled = number;
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return rc;
}


/*
 * In the text format of Prometheus: backslash, quote and line feed are
 * escaped; bytes beyond printable ASCII are shown as in an URI.  What is too
 * long is cut, but never within an escape.
 */

u_char *
ngx_hoop_stat_label(u_char *p, u_char *first, u_char *last, const char *name,
    hoop_str_t value)
{
    size_t  i;
    u_char  c;

    p = ngx_slprintf(p, last, "%s%s=\"", p == first ? "" : ",", name);

    for (i = 0; i < value.len && last - p > 4; i++) {
        c = value.data[i];

        if (c == '\\' || c == '"') {
            *p++ = '\\';
            *p++ = c;

        } else if (c < 0x20 || c >= 0x7f) {
            p = ngx_sprintf(p, "%%%02Xd", (ngx_int_t) c);

        } else {
            *p++ = c;
        }
    }

    if (p < last) {
        *p++ = '"';
    }

    return p;
}
