
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The shared memory: all pages of the zone as one block,
 *
 *     head       secret, salt, number of the configuration
 *     tokens     hoop_table_t, five eighths of the rest
 *     rates      hoop_replay_t, an eighth
 *     replay     hoop_replay_t, a quarter
 *
 * The tables (src/core/hoop_table.h) never allocate, sweep or grow, so that
 * the slab allocator has nothing more to do once the zone is made.
 *
 * One lock for all, the zone's own mutex: it is the one lock that nginx's
 * master takes away from a worker that has died, and what is done under it is
 * a look at eight entries (at worst, for a key in a nearly full table of
 * replays or rates, at 144), with no call that could block, log or fail.  A
 * worker asks only for tokens that are not in its own cache, so that there is
 * little to contend for.  Entries are whole or free at any instruction: what a dead worker
 * leaves behind is sound.
 *
 * A reload keeps the memory.  What an entry says, that the signature of a
 * token was good by the key with that id, is true under any configuration;
 * claims, key sets and algorithms are judged anew by whoever reads it.  Only
 * the result of a look for a revocation depends on the configuration (the
 * server, the names of issuers): it is good for the one that made it alone,
 * by the number that each gets at its start.
 */


#include "ngx_hoop_zone.h"

#include <openssl/rand.h>


/*
 * With another layout the zone has another name, and so is made anew beside
 * the one that workers of before still use.
 */

#define ngx_hoop_zone_name(n)    ngx_hoop_zone_name_n(n)
#define ngx_hoop_zone_name_n(n)  "hoop_zone:" #n

#define NGX_HOOP_ZONE_REVOKED    1


typedef struct {
    u_char                 secret[32];
    u_char                 salt[32];
    uint32_t               number;         /* of the last configuration */
    size_t                 replay;         /* offsets from here */
    size_t                 rates;
    size_t                 tokens;
} ngx_hoop_zone_sh_t;


/* of one configuration */

typedef struct {
    ngx_hoop_zone_sh_t    *sh;
    ngx_slab_pool_t       *shpool;
    hoop_table_t          *tokens;
    hoop_replay_t         *rates;
    hoop_replay_t         *replay;
    uint32_t               number;
} ngx_hoop_zone_t;


static ngx_int_t ngx_hoop_zone_init_zone(ngx_shm_zone_t *zone, void *data);
static ngx_int_t ngx_hoop_zone_make(ngx_shm_zone_t *zone,
    ngx_hoop_zone_t *z);


extern ngx_module_t  ngx_hoop_module;


static ngx_hoop_zone_t  *ngx_hoop_zone;


ngx_shm_zone_t *
ngx_hoop_zone_add(ngx_conf_t *cf, size_t size)
{
    ngx_shm_zone_t   *zone;
    ngx_hoop_zone_t  *z;

    static ngx_str_t  name =
        ngx_string(ngx_hoop_zone_name(HOOP_TABLE_VERSION));

    z = ngx_pcalloc(cf->pool, sizeof(ngx_hoop_zone_t));
    if (z == NULL) {
        return NULL;
    }

    zone = ngx_shared_memory_add(cf, &name, size, &ngx_hoop_module);
    if (zone == NULL) {
        return NULL;
    }

    zone->init = ngx_hoop_zone_init_zone;
    zone->data = z;

    return zone;
}


/* in the master: data is that of the configuration before, or NULL */

static ngx_int_t
ngx_hoop_zone_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_hoop_zone_t *old = data;

    u_char           *p;
    ngx_hoop_zone_t  *z;

    z = zone->data;
    z->shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (old) {
        z->sh = old->sh;

    } else if (zone->shm.exists) {
        z->sh = z->shpool->data;

    } else if (ngx_hoop_zone_make(zone, z) != NGX_OK) {
        return NGX_ERROR;
    }

    p = (u_char *) z->sh;

    z->tokens = (hoop_table_t *) (p + z->sh->tokens);
    z->rates = (hoop_replay_t *) (p + z->sh->rates);
    z->replay = (hoop_replay_t *) (p + z->sh->replay);
    z->number = ++z->sh->number;

    return NGX_OK;
}


static ngx_int_t
ngx_hoop_zone_make(ngx_shm_zone_t *zone, ngx_hoop_zone_t *z)
{
    u_char  *p;
    size_t   size, head, tokens, rates;

    size = z->shpool->pfree * ngx_pagesize;

    p = ngx_slab_alloc(z->shpool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    z->sh = (ngx_hoop_zone_sh_t *) p;
    z->shpool->data = p;

    head = ngx_align(sizeof(ngx_hoop_zone_sh_t), 64);
    tokens = (size - head) / 8 * 5 / 64 * 64;
    rates = (size - head) / 8 / 64 * 64;

    ngx_memzero(p, head);

    z->sh->tokens = head;
    z->sh->rates = head + tokens;
    z->sh->replay = head + tokens + rates;

    if (RAND_bytes(z->sh->secret, sizeof(z->sh->secret)) != 1
        || RAND_bytes(z->sh->salt, sizeof(z->sh->salt)) != 1)
    {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0, "RAND_bytes() failed");
        return NGX_ERROR;
    }

    if (hoop_table_init(p + z->sh->tokens, tokens, z->sh->salt) == NULL
        || hoop_replay_init(p + z->sh->rates, rates, z->sh->salt) == NULL
        || hoop_replay_init(p + z->sh->replay, size - z->sh->replay,
                            z->sh->salt)
           == NULL)
    {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "the hoop_zone of %uz bytes is too small",
                      zone->shm.size);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_hoop_zone_init(ngx_shm_zone_t *zone)
{
    ngx_hoop_zone = zone ? zone->data : NULL;
}


ngx_int_t
ngx_hoop_zone_token_get(const u_char key[32], ngx_hoop_zone_token_t *token)
{
    int                 rc;
    ngx_hoop_zone_t    *z;
    hoop_table_entry_t  e;

    z = ngx_hoop_zone;

    ngx_shmtx_lock(&z->shpool->mutex);

    rc = hoop_table_get(z->tokens, key, ngx_time(), &e);

    ngx_shmtx_unlock(&z->shpool->mutex);

    if (rc != HOOP_OK) {
        return NGX_DECLINED;
    }

    token->id = e.id;
    token->checked = 0;
    token->revoked = 0;

    if (e.mark >> 1 == (z->number & 0x7fffffff)) {
        token->checked = e.checked;
        token->revoked = e.mark & NGX_HOOP_ZONE_REVOKED;
    }

    return NGX_OK;
}


void
ngx_hoop_zone_token_put(const u_char key[32], uint64_t id, time_t expires)
{
    ngx_hoop_zone_t  *z;

    z = ngx_hoop_zone;

    ngx_shmtx_lock(&z->shpool->mutex);

    hoop_table_put(z->tokens, key, ngx_time(), id, expires);

    ngx_shmtx_unlock(&z->shpool->mutex);
}


void
ngx_hoop_zone_token_check(const u_char key[32], int64_t checked,
    ngx_uint_t revoked)
{
    uint32_t          mark;
    ngx_hoop_zone_t  *z;

    z = ngx_hoop_zone;

    mark = (z->number << 1) | (revoked ? NGX_HOOP_ZONE_REVOKED : 0);

    ngx_shmtx_lock(&z->shpool->mutex);

    hoop_table_check(z->tokens, key, ngx_time(), checked, mark);

    ngx_shmtx_unlock(&z->shpool->mutex);
}


void
ngx_hoop_zone_token_drop(const u_char key[32])
{
    ngx_hoop_zone_t  *z;

    z = ngx_hoop_zone;

    ngx_shmtx_lock(&z->shpool->mutex);

    hoop_table_drop(z->tokens, key);

    ngx_shmtx_unlock(&z->shpool->mutex);
}


ngx_hoop_replay_e
ngx_hoop_zone_replay(const u_char key[32], time_t expires)
{
    hoop_replay_e     rc;
    ngx_hoop_zone_t  *z;

    z = ngx_hoop_zone;

    ngx_shmtx_lock(&z->shpool->mutex);

    rc = hoop_replay_add(z->replay, key, ngx_time(), expires);

    ngx_shmtx_unlock(&z->shpool->mutex);

    return (ngx_hoop_replay_e) rc;
}


/*
 * Of nginx's milliseconds, which are monotonic and of the machine: the same in
 * all workers, old ones and new ones.
 */

static int64_t
ngx_hoop_zone_now(void)
{
    return (int64_t) ngx_current_msec * 1000 + 1;
}


hoop_take_e
ngx_hoop_zone_take(const u_char key[32], const hoop_rate_t *rate,
    int64_t *wait)
{
    hoop_take_e       rc;
    ngx_hoop_zone_t  *z;

    z = ngx_hoop_zone;

    ngx_shmtx_lock(&z->shpool->mutex);

    rc = hoop_replay_take(z->rates, key, ngx_hoop_zone_now(), rate, wait);

    ngx_shmtx_unlock(&z->shpool->mutex);

    return rc;
}


hoop_take_e
ngx_hoop_zone_look(const u_char key[32], const hoop_rate_t *rate,
    int64_t *wait)
{
    hoop_take_e       rc;
    ngx_hoop_zone_t  *z;

    z = ngx_hoop_zone;

    ngx_shmtx_lock(&z->shpool->mutex);

    rc = hoop_replay_look(z->rates, key, ngx_hoop_zone_now(), rate, wait);

    ngx_shmtx_unlock(&z->shpool->mutex);

    return rc;
}


void
ngx_hoop_zone_give(const u_char key[32], const hoop_rate_t *rate)
{
    ngx_hoop_zone_t  *z;

    z = ngx_hoop_zone;

    ngx_shmtx_lock(&z->shpool->mutex);

    hoop_replay_give(z->rates, key, ngx_hoop_zone_now(), rate);

    ngx_shmtx_unlock(&z->shpool->mutex);
}


const u_char *
ngx_hoop_zone_secret(void)
{
    return ngx_hoop_zone->sh->secret;
}


void
ngx_hoop_zone_stats(hoop_table_stats_t *tokens, hoop_replay_stats_t *replay)
{
    ngx_hoop_zone_t  *z;

    z = ngx_hoop_zone;

    ngx_shmtx_lock(&z->shpool->mutex);

    hoop_table_stats(z->tokens, tokens);
    hoop_replay_stats(z->replay, replay);

    ngx_shmtx_unlock(&z->shpool->mutex);
}
