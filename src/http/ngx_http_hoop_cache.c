
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The worker's cache of verified tokens: from the SHA-256 of a token to the
 * identity made from it.  A hash table with chains, and a queue from the least
 * to the most recently used.  An entry is good until the token's exp (no
 * leeway) and only while the key that has verified it is in the issuer's key
 * set.  Refusals are not cached.
 *
 * The bound: 4096 entries, and 16 MiB for what they hold, whichever comes
 * first.  Claims are weighed as the trees that they are: a token of 16 KiB may
 * become one of over a megabyte.
 *
 * Behind it stands the zone that the workers share (ngx_hoop_zone.h), which
 * knows no identities, but that a signature was good; what gets in here has
 * been there before.
 */


#include "ngx_http_hoop.h"


#define NGX_HTTP_HOOP_CACHE_BUCKETS    1024    /* a power of 2 */
#define NGX_HTTP_HOOP_CACHE_ENTRIES    4096
#define NGX_HTTP_HOOP_CACHE_BYTES      (16 * 1024 * 1024)

/* what jansson 2.14 and malloc() take for one of these, rounded up */
#define NGX_HTTP_HOOP_CACHE_OBJECT     256
#define NGX_HTTP_HOOP_CACHE_MEMBER     128
#define NGX_HTTP_HOOP_CACHE_ARRAY      160
#define NGX_HTTP_HOOP_CACHE_ELEMENT    16
#define NGX_HTTP_HOOP_CACHE_SCALAR     80


typedef struct ngx_http_hoop_cached_s  ngx_http_hoop_cached_t;

struct ngx_http_hoop_cached_s {
    ngx_http_hoop_cached_t   *next;
    ngx_queue_t               queue;
    ngx_http_hoop_issuer_t   *issuer;
    uint64_t                  id;              /* of the key */
    ngx_uint_t                generation;      /* of a set that has it */
    hoop_identity_t          *identity;        /* one reference */
    size_t                    weight;
    int64_t                   checked;         /* for revocation; 0: never */
    ngx_uint_t                revoked;
    u_char                    key[32];
};


typedef struct {
    ngx_http_hoop_cached_t   *buckets[NGX_HTTP_HOOP_CACHE_BUCKETS];
    ngx_queue_t               queue;
    ngx_uint_t                n;
    size_t                    bytes;
    hoop_jwt_headers_t       *headers;
} ngx_http_hoop_cache_t;


static ngx_http_hoop_cache_t  *ngx_http_hoop_cache;


static ngx_http_hoop_cached_t *ngx_http_hoop_cache_find(const u_char key[32]);
static ngx_uint_t ngx_http_hoop_cache_valid(ngx_http_hoop_cached_t *entry);
static size_t ngx_http_hoop_cache_weigh(json_t *value);
static void ngx_http_hoop_cache_remove_oldest(void);
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

    ngx_http_hoop_cache->headers = hoop_jwt_headers_create();
    if (ngx_http_hoop_cache->headers == NULL) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_hoop_cache_done(void)
{
    if (ngx_http_hoop_cache == NULL) {
        return;
    }

    while (ngx_http_hoop_cache->n) {
        ngx_http_hoop_cache_remove_oldest();
    }

    hoop_jwt_headers_free(ngx_http_hoop_cache->headers);

    ngx_http_hoop_cache = NULL;
}


hoop_jwt_headers_t *
ngx_http_hoop_cache_headers(void)
{
    return ngx_http_hoop_cache->headers;
}


hoop_identity_t *
ngx_http_hoop_cache_get(const u_char key[32], ngx_http_hoop_issuer_t **issuer)
{
    ngx_http_hoop_cached_t  *entry;

    entry = ngx_http_hoop_cache_find(key);

    if (entry == NULL) {
        return NULL;
    }

    if (!ngx_http_hoop_cache_valid(entry)) {
        ngx_http_hoop_cache_remove(entry);
        return NULL;
    }

    ngx_queue_remove(&entry->queue);
    ngx_queue_insert_tail(&ngx_http_hoop_cache->queue, &entry->queue);

    hoop_identity_ref(entry->identity);
    *issuer = entry->issuer;

    return entry->identity;
}


/* a set that changes costs each entry one look for its key */

static ngx_uint_t
ngx_http_hoop_cache_valid(ngx_http_hoop_cached_t *entry)
{
    ngx_uint_t    generation;
    hoop_jwks_t  *keys;

    if (entry->identity->expires <= ngx_time()) {
        return 0;
    }

    keys = ngx_http_hoop_keys_get(entry->issuer, &generation);

    if (keys == NULL) {
        return 0;
    }

    if (entry->generation != generation) {

        if (!hoop_jwks_has(keys, entry->id)) {
            return 0;
        }

        entry->generation = generation;
    }

    return 1;
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
    uint64_t id, ngx_uint_t generation, hoop_identity_t *identity,
    ngx_log_t *log)
{
    size_t                    weight;
    ngx_http_hoop_cached_t   *entry, **bucket;

    if (identity->expires <= ngx_time()) {
        return;
    }

    entry = ngx_http_hoop_cache_find(key);

    if (entry) {
        ngx_http_hoop_cache_remove(entry);
    }

    weight = sizeof(ngx_http_hoop_cached_t) + sizeof(hoop_identity_t)
             + identity->json_len
             + ngx_http_hoop_cache_weigh(identity->claims);

    if (weight > NGX_HTTP_HOOP_CACHE_BYTES) {
        return;
    }

    while (ngx_http_hoop_cache->n == NGX_HTTP_HOOP_CACHE_ENTRIES
           || ngx_http_hoop_cache->bytes > NGX_HTTP_HOOP_CACHE_BYTES - weight)
    {
        ngx_http_hoop_cache_remove_oldest();
    }

    entry = ngx_alloc(sizeof(ngx_http_hoop_cached_t), log);
    if (entry == NULL) {
        return;
    }

    ngx_memcpy(entry->key, key, 32);
    entry->issuer = issuer;
    entry->id = id;
    entry->generation = generation;
    entry->weight = weight;
    entry->checked = 0;
    entry->revoked = 0;
    entry->identity = identity;
    hoop_identity_ref(entry->identity);

    bucket = ngx_http_hoop_cache_bucket(key);
    entry->next = *bucket;
    *bucket = entry;

    ngx_queue_insert_tail(&ngx_http_hoop_cache->queue, &entry->queue);
    ngx_http_hoop_cache->n++;
    ngx_http_hoop_cache->bytes += weight;
}


ngx_int_t
ngx_http_hoop_cache_checked(const u_char key[32], int64_t after, int64_t now,
    ngx_uint_t *revoked)
{
    ngx_hoop_zone_token_t    token;
    ngx_http_hoop_cached_t  *entry;

    entry = ngx_http_hoop_cache_find(key);

    if (entry && entry->checked > after && entry->checked <= now) {
        *revoked = entry->revoked;
        return NGX_OK;
    }

    if (ngx_hoop_zone_token_get(key, &token) != NGX_OK
        || token.checked <= after
        || token.checked > now)
    {
        return NGX_DECLINED;
    }

    if (entry) {
        entry->checked = token.checked;
        entry->revoked = token.revoked;
    }

    *revoked = token.revoked;

    return NGX_OK;
}


void
ngx_http_hoop_cache_check(const u_char key[32], int64_t checked,
    ngx_uint_t revoked)
{
    ngx_http_hoop_cached_t  *entry;

    entry = ngx_http_hoop_cache_find(key);

    if (entry) {
        entry->checked = checked;
        entry->revoked = revoked;
    }

    ngx_hoop_zone_token_check(key, checked, revoked);
}


/* as deep as a token's JSON may nest */

static size_t
ngx_http_hoop_cache_weigh(json_t *value)
{
    size_t       n, i;
    json_t      *member;
    const char  *name;

    switch (json_typeof(value)) {

    case JSON_OBJECT:
        n = NGX_HTTP_HOOP_CACHE_OBJECT;

        json_object_foreach(value, name, member) {
            n += NGX_HTTP_HOOP_CACHE_MEMBER + ngx_strlen(name)
                 + ngx_http_hoop_cache_weigh(member);
        }

        return n;

    case JSON_ARRAY:
        n = NGX_HTTP_HOOP_CACHE_ARRAY;

        json_array_foreach(value, i, member) {
            n += NGX_HTTP_HOOP_CACHE_ELEMENT
                 + ngx_http_hoop_cache_weigh(member);
        }

        return n;

    case JSON_STRING:
        return NGX_HTTP_HOOP_CACHE_SCALAR + json_string_length(value);

    default:
        return NGX_HTTP_HOOP_CACHE_SCALAR;
    }
}


static void
ngx_http_hoop_cache_remove_oldest(void)
{
    ngx_queue_t  *q;

    q = ngx_queue_head(&ngx_http_hoop_cache->queue);

    ngx_http_hoop_cache_remove(ngx_queue_data(q, ngx_http_hoop_cached_t,
                                              queue));
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
    ngx_http_hoop_cache->bytes -= entry->weight;

    hoop_identity_unref(entry->identity);
    ngx_free(entry);
}
