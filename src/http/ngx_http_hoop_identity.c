
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Who is calling: the bearer token of a request (RFC 6750, 2.1), its check,
 * and the worker's cache of verified tokens.
 *
 * The cache maps the SHA-256 of a token to the identity made from it: a hash
 * table with chains, and a queue from the least to the most recently used.  An
 * entry is good until the token's exp (no leeway) and only while the issuer's
 * key set is the one it was verified with.  Refusals are not cached.
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
static void ngx_http_hoop_cache_add(const u_char key[32],
    ngx_http_hoop_ctx_t *ctx, ngx_uint_t generation, ngx_log_t *log);
static void ngx_http_hoop_cache_remove(ngx_http_hoop_cached_t *entry);
static ngx_int_t ngx_http_hoop_find_token(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_verify_token(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_jwt_t *jwt, const u_char key[32]);


ngx_int_t
ngx_http_hoop_identity_init(ngx_cycle_t *cycle)
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
ngx_http_hoop_identity_done(void)
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


ngx_int_t
ngx_http_hoop_token(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    if (ctx->token_status == 0) {
        ctx->token_status = ngx_http_hoop_find_token(r, ctx);
        ctx->token_error = ctx->error;

        if (ctx->conf->mode == NGX_HTTP_HOOP_ON || ctx->conf->api) {
            ngx_http_hoop_headers_hide(r, ctx);
        }
    }

    ctx->error = ctx->token_error;

    return (ctx->token_status == NGX_HTTP_OK) ? NGX_OK : ctx->token_status;
}


/* exactly one: of two, we and the target might read different ones */

static ngx_int_t
ngx_http_hoop_find_token(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    u_char      *p, *last;
    ngx_int_t    rc;
    hoop_str_t   value;

    static const hoop_str_t  name = hoop_string("authorization");

    rc = ngx_http_hoop_header(r, name, &value);

    if (rc == HOOP_DECLINED) {
        ctx->error = NULL;
        return NGX_HTTP_UNAUTHORIZED;
    }

    if (rc != HOOP_OK) {
        ctx->error = "more than one Authorization header";
        return NGX_HTTP_BAD_REQUEST;
    }

    p = (u_char *) value.data;
    last = p + value.len;

    if (value.len < sizeof("Bearer ") - 1
        || ngx_strncasecmp(p, (u_char *) "Bearer ", sizeof("Bearer ") - 1)
           != 0)
    {
        /* another scheme: as if there were no token */

        ctx->error = NULL;
        return NGX_HTTP_UNAUTHORIZED;
    }

    for (p += sizeof("Bearer ") - 1; p < last && *p == ' '; p++) { /* void */ }

    while (last > p && last[-1] == ' ') {
        last--;
    }

    if (p == last) {
        ctx->error = "the token is empty";
        return NGX_HTTP_BAD_REQUEST;
    }

    if (memchr(p, ' ', last - p) || memchr(p, ',', last - p)) {
        ctx->error = "more than one token";
        return NGX_HTTP_BAD_REQUEST;
    }

    ctx->token.data = p;
    ctx->token.len = last - p;

    return NGX_HTTP_OK;
}


ngx_int_t
ngx_http_hoop_verify(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    u_char                   key[32];
    hoop_jwt_t               jwt;
    hoop_jwt_e               e;
    ngx_int_t                rc;
    ngx_uint_t               generation;
    ngx_http_hoop_cached_t  *entry;

    hoop_sha256(key, ctx->token.data, ctx->token.len);

    entry = ngx_http_hoop_cache_find(key);

    if (entry) {
        (void) ngx_http_hoop_keys_get(entry->issuer, &generation);

        if (entry->generation == generation
            && entry->identity->expires > ngx_time())
        {
            ctx->issuer = entry->issuer;
            ctx->identity = entry->identity;
            hoop_identity_ref(ctx->identity);

            ngx_queue_remove(&entry->queue);
            ngx_queue_insert_tail(&ngx_http_hoop_cache->queue, &entry->queue);

            return NGX_OK;
        }

        ngx_http_hoop_cache_remove(entry);
    }

    e = hoop_jwt_parse(&jwt, ctx->token.data, ctx->token.len, 0);

    if (e != HOOP_JWT_OK) {
        ctx->error = hoop_jwt_strerror(e);
        rc = NGX_HTTP_UNAUTHORIZED;

    } else {
        rc = ngx_http_hoop_verify_token(r, ctx, &jwt, key);
    }

    hoop_jwt_clear(&jwt);

    return rc;
}


static ngx_int_t
ngx_http_hoop_verify_token(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_jwt_t *jwt, const u_char key[32])
{
    hoop_jwt_e                   e;
    ngx_uint_t                   i, generation;
    hoop_jwks_t                 *keys;
    ngx_http_hoop_issuer_t     **issuer;
    ngx_http_hoop_main_conf_t   *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hoop_module);

    ctx->issuer = NULL;
    issuer = hmcf->issuers.elts;

    for (i = 0; i < hmcf->issuers.nelts; i++) {
        if (hoop_str_eq(issuer[i]->rules.issuer, jwt->issuer)) {
            ctx->issuer = issuer[i];
            break;
        }
    }

    if (ctx->issuer == NULL) {
        ctx->error = hoop_jwt_strerror(HOOP_JWT_ISSUER);
        return NGX_HTTP_UNAUTHORIZED;
    }

    keys = ngx_http_hoop_keys_get(ctx->issuer, &generation);

    if (ngx_http_hoop_keys_refetch(ctx->issuer, 0)
        && ngx_http_hoop_keys_wait(r, ctx) == NGX_AGAIN)
    {
        return NGX_AGAIN;
    }

    if (keys == NULL) {
        ctx->error = "the issuer's keys cannot be had";
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    e = hoop_jwt_verify(jwt, keys, &ctx->issuer->rules);

    if (e == HOOP_JWT_NO_KEY
        && ngx_http_hoop_keys_refetch(ctx->issuer, 1)
        && ngx_http_hoop_keys_wait(r, ctx) == NGX_AGAIN)
    {
        return NGX_AGAIN;
    }

    if (e == HOOP_JWT_OK) {
        e = hoop_jwt_check(jwt, &ctx->issuer->rules, ngx_time());
    }

    if (e == HOOP_JWT_NO_KEY && ngx_http_hoop_keys_failing(ctx->issuer)) {
        ctx->error = "the issuer's keys cannot be had";
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (e == HOOP_JWT_INTERNAL) {
        ctx->error = hoop_jwt_strerror(e);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (e != HOOP_JWT_OK) {
        ctx->error = hoop_jwt_strerror(e);
        return NGX_HTTP_UNAUTHORIZED;
    }

    ctx->identity = hoop_identity_create(jwt,
                                       ngx_http_hoop_str(&ctx->issuer->name));
    if (ctx->identity == NULL) {
        ctx->error = "the token has no sub";
        return NGX_HTTP_UNAUTHORIZED;
    }

    ngx_http_hoop_cache_add(key, ctx, generation, r->connection->log);

    return NGX_OK;
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

static void
ngx_http_hoop_cache_add(const u_char key[32], ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t generation, ngx_log_t *log)
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
    entry->issuer = ctx->issuer;
    entry->generation = generation;
    entry->identity = ctx->identity;
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
