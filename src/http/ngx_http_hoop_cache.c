
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The worker's cache of verified tokens: from the SHA-256 of a token to the
 * identity made from it.  A hash table with chains, and a queue from the least
 * to the most recently used.  An entry is good until the token's exp (no
 * leeway) and only while the issuer's key set is the one it was verified with.
 * Refusals are not cached.
 */


#include "ngx_http_hoop.h"


#define NGX_HTTP_HOOP_CACHE_BUCKETS    1024    /* a power of 2 */
#define NGX_HTTP_HOOP_CACHE_ENTRIES    4096


typedef struct ngx_http_hoop_cached_s  ngx_http_hoop_cached_t;

struct ngx_http_hoop_cached_s {
    ngx_http_hoop_cached_t   *next;
    ngx_queue_t               queue;
    ngx_http_hoop_issuer_t   *issuer;
    ngx_uint_t                generation;
    hoop_identity_t          *identity;        /* one reference */
    u_char                    key[32];
};


typedef struct {
    ngx_http_hoop_cached_t   *buckets[NGX_HTTP_HOOP_CACHE_BUCKETS];
    ngx_queue_t               queue;
    ngx_uint_t                n;
} ngx_http_hoop_cache_t;


static ngx_http_hoop_cache_t  *ngx_http_hoop_cache;


static ngx_http_hoop_cached_t *ngx_http_hoop_cache_find(const u_char key[32]);
static void ngx_http_hoop_cache_remove(ngx_http_hoop_cached_t *entry);


ngx_int_t
ngx_http_hoop_cache_init(ngx_cycle_t *cycle)
{
    ngx_http_hoop_cache = ngx_pcalloc(cycle->pool,
                                      sizeof(ngx_http_hoop_cache_t));
    if (ngx_http_hoop_cache == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_init(&ngx_http_hoop_cache->queue);

    return NGX_OK;
}


void
ngx_http_hoop_cache_done(void)
{
    ngx_queue_t  *q;

    if (ngx_http_hoop_cache == NULL) {
        return;
    }

    while (!ngx_queue_empty(&ngx_http_hoop_cache->queue)) {
        q = ngx_queue_head(&ngx_http_hoop_cache->queue);
        ngx_http_hoop_cache_remove(ngx_queue_data(q, ngx_http_hoop_cached_t,
                                                  queue));
    }

    ngx_http_hoop_cache = NULL;
}


hoop_identity_t *
ngx_http_hoop_cache_get(const u_char key[32], ngx_http_hoop_issuer_t **issuer)
{
    ngx_uint_t               generation;
    ngx_http_hoop_cached_t  *entry;

    entry = ngx_http_hoop_cache_find(key);

    if (entry == NULL) {
        return NULL;
    }

    (void) ngx_http_hoop_keys_get(entry->issuer, &generation);

    if (entry->generation != generation
        || entry->identity->expires <= ngx_time())
    {
        ngx_http_hoop_cache_remove(entry);
        return NULL;
    }

    ngx_queue_remove(&entry->queue);
    ngx_queue_insert_tail(&ngx_http_hoop_cache->queue, &entry->queue);

    hoop_identity_ref(entry->identity);
    *issuer = entry->issuer;

    return entry->identity;
}


static ngx_http_hoop_cached_t **
ngx_http_hoop_cache_bucket(const u_char key[32])
{
    uint32_t  n;

    ngx_memcpy(&n, key, sizeof(uint32_t));

    return &ngx_http_hoop_cache->buckets[n & (NGX_HTTP_HOOP_CACHE_BUCKETS - 1)];
}


static ngx_http_hoop_cached_t *
ngx_http_hoop_cache_find(const u_char key[32])
{
    ngx_http_hoop_cached_t  *entry;

    for (entry = *ngx_http_hoop_cache_bucket(key); entry; entry = entry->next) {
        if (ngx_memcmp(entry->key, key, 32) == 0) {
            return entry;
        }
    }

    return NULL;
}


/* a full cache or no memory is no failure: the token is verified again */

void
ngx_http_hoop_cache_put(const u_char key[32], ngx_http_hoop_issuer_t *issuer,
    ngx_uint_t generation, hoop_identity_t *identity, ngx_log_t *log)
{
    ngx_queue_t              *q;
    ngx_http_hoop_cached_t   *entry, **bucket;

    if (ngx_http_hoop_cache->n == NGX_HTTP_HOOP_CACHE_ENTRIES) {
        q = ngx_queue_head(&ngx_http_hoop_cache->queue);
        ngx_http_hoop_cache_remove(ngx_queue_data(q, ngx_http_hoop_cached_t,
                                                  queue));
    }

    entry = ngx_alloc(sizeof(ngx_http_hoop_cached_t), log);
    if (entry == NULL) {
        return;
    }

    ngx_memcpy(entry->key, key, 32);
    entry->issuer = issuer;
    entry->generation = generation;
    entry->identity = identity;
    hoop_identity_ref(entry->identity);

    bucket = ngx_http_hoop_cache_bucket(key);
    entry->next = *bucket;
    *bucket = entry;

    ngx_queue_insert_tail(&ngx_http_hoop_cache->queue, &entry->queue);
    ngx_http_hoop_cache->n++;
}


static void
ngx_http_hoop_cache_remove(ngx_http_hoop_cached_t *entry)
{
    ngx_http_hoop_cached_t  **p;

    for (p = ngx_http_hoop_cache_bucket(entry->key);
         *p != entry;
         p = &(*p)->next)
    {
        /* void */
    }

    *p = entry->next;

    ngx_queue_remove(&entry->queue);
    ngx_http_hoop_cache->n--;

    hoop_identity_unref(entry->identity);
    ngx_free(entry);
}
