
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Key sets of issuers: from a file at config time, or fetched by a subrequest
 * to the hoop_fetch location, so that TLS trust, resolver, proxy and timeouts
 * are nginx's own directives.
 *
 * One fetch an issuer is in flight in a worker.  The request that starts it is
 * the fetcher: its subrequests (discovery, then the key set) live and die with
 * it.  All who need the keys, the fetcher included, stand in "waiters".
 *
 *     join   ngx_http_hoop_keys_wait()      queued, NGX_AGAIN
 *     step   ngx_http_hoop_keys_wait()      again, by the fetcher: next URL
 *     end    ngx_http_hoop_keys_finish()    all leave the queue and are woken
 *     death  ngx_http_hoop_keys_detach()    a waiter leaves; a fetcher ends the
 *                                           fetch, and a woken waiter starts
 *                                           the next one
 */


#include "ngx_http_hoop.h"


/* seconds between two attempts, whatever the reason */
#define NGX_HTTP_HOOP_KEYS_PAUSE    5

/* keys are used for so many ttls when they cannot be fetched anew */
#define NGX_HTTP_HOOP_KEYS_STALE    24

#define NGX_HTTP_HOOP_KEYS_TRIES    2


struct ngx_http_hoop_keys_s {
    hoop_jwks_t           *set;            /* owned */
    ngx_uint_t             generation;
    time_t                 fetched;
    time_t                 attempted;
    time_t                 restarted;      /* after a fetcher has left */
    ngx_queue_t            waiters;        /* of ngx_http_hoop_ctx_t */
    ngx_http_hoop_ctx_t   *fetcher;
    u_char                *url;            /* owned: the set's, discovered */
    size_t                 url_len;
    unsigned               fixed:1;        /* from a file */
    unsigned               failed:1;       /* the last attempt */
};


/* of a fetch subrequest, in ngx_http_hoop_module's slot */

typedef struct {
    ngx_str_t              url;
    ngx_http_hoop_ctx_t   *fetcher;        /* of the main request */
    unsigned               discovery:1;
} ngx_http_hoop_fetch_t;


static hoop_jwks_t *ngx_http_hoop_keys_secret(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer);
static ngx_int_t ngx_http_hoop_fetch(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_fetch_done(ngx_http_request_t *r, void *data,
    ngx_int_t rc);
static ngx_int_t ngx_http_hoop_fetch_discovery(ngx_http_request_t *r,
    ngx_http_hoop_issuer_t *issuer, hoop_str_t text);
static ngx_int_t ngx_http_hoop_fetch_keys(ngx_http_request_t *r,
    ngx_http_hoop_issuer_t *issuer, hoop_str_t text);
static ngx_int_t ngx_http_hoop_fetch_url_ok(ngx_http_hoop_issuer_t *issuer,
    const char *url, size_t len);
static void ngx_http_hoop_keys_finish(ngx_http_hoop_keys_t *keys);
static void ngx_http_hoop_keys_cleanup(void *data);


ngx_http_hoop_keys_t *
ngx_http_hoop_keys_create(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer)
{
    ngx_str_t              text;
    hoop_error_t           err;
    ngx_pool_cleanup_t    *cln;
    ngx_http_hoop_keys_t  *keys;

    keys = ngx_pcalloc(cf->pool, sizeof(ngx_http_hoop_keys_t));
    if (keys == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_hoop_keys_cleanup;
    cln->data = keys;

    ngx_queue_init(&keys->waiters);

    if (issuer->secret_file.len) {
        keys->fixed = 1;
        keys->set = ngx_http_hoop_keys_secret(cf, issuer);

        return keys->set ? keys : NULL;
    }

    if (issuer->jwks_file.len == 0) {
        return keys;
    }

    if (ngx_http_hoop_conf_read(cf, "key set", &issuer->jwks_file,
                                HOOP_JWT_MAX_JWKS, &text)
        != NGX_OK)
    {
        return NULL;
    }

    ngx_memzero(&err, sizeof(hoop_error_t));

    keys->fixed = 1;
    keys->set = hoop_jwks_parse(text.data, text.len, issuer->algs, &err);

    if (keys->set == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop key set \"%V\": %s",
                           &issuer->jwks_file, err.text);
        return NULL;
    }

    return keys;
}


/* raw bytes; an editor's newline at the end is not of the secret */

static hoop_jwks_t *
ngx_http_hoop_keys_secret(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer)
{
    ngx_str_t      text;
    hoop_jwks_t   *set;
    hoop_error_t   err;

    if (ngx_http_hoop_conf_read_private(cf, "secret", &issuer->secret_file,
                                        HOOP_JWT_MAX_SECRET + 1, &text)
        != NGX_OK)
    {
        return NULL;
    }

    set = hoop_jwks_secret(text.data,
                           (text.len && text.data[text.len - 1] == LF)
                           ? text.len - 1 : text.len, issuer->algs, &err);

    ngx_explicit_memzero(text.data, text.len);

    if (set == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "hoop secret file \"%V\": %s",
                           &issuer->secret_file, err.text);
    }

    return set;
}


static void
ngx_http_hoop_keys_cleanup(void *data)
{
    ngx_http_hoop_keys_t *keys = data;

    hoop_jwks_free(keys->set);
    keys->set = NULL;

    if (keys->url) {
        ngx_free(keys->url);
        keys->url = NULL;
    }
}


hoop_jwks_t *
ngx_http_hoop_keys_get(ngx_http_hoop_issuer_t *issuer, ngx_uint_t *generation)
{
    ngx_http_hoop_keys_t  *keys;

    keys = issuer->keys;

    if (!keys->fixed && keys->set
        && ngx_time() - keys->fetched
           > NGX_HTTP_HOOP_KEYS_STALE * issuer->jwks_ttl)
    {
        hoop_jwks_free(keys->set);
        keys->set = NULL;
        keys->generation++;
    }

    *generation = keys->generation;

    return keys->set;
}


ngx_uint_t
ngx_http_hoop_keys_refetch(ngx_http_hoop_issuer_t *issuer,
    ngx_uint_t unknown_kid)
{
    time_t                 now;
    ngx_http_hoop_keys_t  *keys;

    keys = issuer->keys;

    if (keys->fixed) {
        return 0;
    }

    if (keys->fetcher) {
        return keys->set == NULL || unknown_kid;
    }

    now = ngx_time();

    if (keys->attempted && now - keys->attempted < NGX_HTTP_HOOP_KEYS_PAUSE) {
        return 0;
    }

    return keys->set == NULL || unknown_kid
           || now - keys->fetched > issuer->jwks_ttl;
}


ngx_uint_t
ngx_http_hoop_keys_failing(ngx_http_hoop_issuer_t *issuer)
{
    return issuer->keys->failed;
}


ngx_int_t
ngx_http_hoop_keys_wait(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_http_hoop_keys_t  *keys;

    keys = ctx->issuer->keys;

    if (!ctx->keys_queued) {

        if (ctx->fetches++ == NGX_HTTP_HOOP_KEYS_TRIES) {
            return NGX_ERROR;
        }

        ngx_queue_insert_tail(&keys->waiters, &ctx->queue);
        ctx->keys_queued = 1;

        if (keys->fetcher == NULL) {
            keys->fetcher = ctx;
            keys->attempted = ngx_time();
            ctx->keys_fetcher = 1;
            ctx->fetch_done = 1;
            keys->failed = 0;
        }
    }

    if (!ctx->keys_fetcher || !ctx->fetch_done) {
        return NGX_AGAIN;
    }

    /* the fetcher, between two subrequests */

    ctx->fetch_done = 0;

    if (!ctx->keys_failed) {
        switch (ngx_http_hoop_fetch(r, ctx)) {

        case NGX_AGAIN:
            return NGX_AGAIN;

        case NGX_ERROR:
            ctx->keys_failed = 1;
            break;

        default: /* NGX_OK: nothing left to fetch */
            break;
        }
    }

    if (ctx->keys_failed) {
        keys->failed = 1;
        ctx->keys_failed = 0;
    }

    ngx_http_hoop_keys_finish(keys);

    return NGX_OK;
}


/* starts the next subrequest: NGX_AGAIN; NGX_OK: all was fetched */

static ngx_int_t
ngx_http_hoop_fetch(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    u_char                      *p;
    ngx_http_request_t          *sr;
    ngx_http_hoop_keys_t        *keys;
    ngx_http_hoop_fetch_t       *fetch;
    ngx_http_hoop_issuer_t      *issuer;
    ngx_http_post_subrequest_t  *ps;

    static ngx_str_t  well_known =
        ngx_string("/.well-known/openid-configuration");

    issuer = ctx->issuer;
    keys = issuer->keys;

    if (keys->fetched == keys->attempted && keys->set) {
        return NGX_OK;
    }

    fetch = ngx_pcalloc(r->pool, sizeof(ngx_http_hoop_fetch_t));
    if (fetch == NULL) {
        return NGX_ERROR;
    }

    fetch->fetcher = ctx;

    if (issuer->jwks_url.len) {
        fetch->url = issuer->jwks_url;

    } else if (keys->url) {
        fetch->url.data = ngx_pnalloc(r->pool, keys->url_len);
        if (fetch->url.data == NULL) {
            return NGX_ERROR;
        }

        fetch->url.len = keys->url_len;
        ngx_memcpy(fetch->url.data, keys->url, keys->url_len);

    } else {
        fetch->discovery = 1;

        p = ngx_pnalloc(r->pool, issuer->issuer.len + well_known.len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        fetch->url.data = p;
        p = ngx_cpymem(p, issuer->issuer.data, issuer->issuer.len);

        if (p > fetch->url.data && p[-1] == '/') {
            p--;
        }

        p = ngx_cpymem(p, well_known.data, well_known.len);
        fetch->url.len = p - fetch->url.data;
    }

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));
    if (ps == NULL) {
        return NGX_ERROR;
    }

    ps->handler = ngx_http_hoop_fetch_done;
    ps->data = fetch;

    if (ngx_http_subrequest(r, &ctx->conf->fetch, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_WAITED
                            |NGX_HTTP_SUBREQUEST_IN_MEMORY)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /*
     * Allocate a fake request body, so that nobody reads or closes the
     * client's, and give the fetch headers of its own: whatever the location
     * says, the agent's token and cookies do not go to the issuer.
     */

    sr->request_body = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));
    if (sr->request_body == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&sr->headers_in, sizeof(ngx_http_headers_in_t));

    sr->headers_in.content_length_n = -1;
    sr->headers_in.keep_alive_n = -1;
    sr->headers_in.server = r->headers_in.server;

    if (ngx_list_init(&sr->headers_in.headers, r->pool, 4,
                      sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

#if (nginx_version < 1023000)
    if (ngx_array_init(&sr->headers_in.cookies, r->pool, 2,
                       sizeof(ngx_table_elt_t *))
        != NGX_OK)
    {
        return NGX_ERROR;
    }
#endif

    sr->header_in = r->header_in;

    ngx_http_set_ctx(sr, fetch, ngx_http_hoop_module);

    return NGX_AGAIN;
}


ngx_uint_t
ngx_http_hoop_is_fetch(ngx_http_request_t *r)
{
    return r != r->main
           && ngx_http_get_module_ctx(r, ngx_http_hoop_module) != NULL;
}


/* the page of a refusal is no answer of a target: it may be shown */

void
ngx_http_hoop_mark_refused(ngx_http_request_t *r)
{
    static ngx_http_hoop_fetch_t  none;

    ngx_http_set_ctx(r, &none, ngx_http_hoop_module);
}


ngx_int_t
ngx_http_hoop_fetch_url_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_hoop_fetch_t  *fetch;

    if (!ngx_http_hoop_is_fetch(r)) {
        v->not_found = 1;
        return NGX_OK;
    }

    fetch = ngx_http_get_module_ctx(r, ngx_http_hoop_module);

    v->data = fetch->url.data;
    v->len = fetch->url.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


/* the end of a subrequest: keeps the result and leaves; the parent goes on */

static ngx_int_t
ngx_http_hoop_fetch_done(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_http_hoop_fetch_t *fetch = data;

    ngx_buf_t               *b;
    hoop_str_t               text;
    ngx_http_hoop_ctx_t     *ctx;
    ngx_http_hoop_issuer_t  *issuer;

    ctx = fetch->fetcher;

    /* called again when the subrequest is finalized a second time */

    if (ctx->fetch_done || !ctx->keys_fetcher) {
        return rc;
    }

    issuer = ctx->issuer;
    ctx->fetch_done = 1;
    ctx->keys_failed = 1;

    if (rc == NGX_ERROR || r->headers_out.status != NGX_HTTP_OK
        || (rc >= NGX_HTTP_SPECIAL_RESPONSE))
    {
        ngx_http_hoop_log(NGX_LOG_ERR, r,
                      "issuer \"%V\": \"%V\" answered with status %ui",
                      &issuer->name, &fetch->url, r->headers_out.status);
        return rc;
    }

    if (r->headers_out.content_encoding
        && r->headers_out.content_encoding->value.len)
    {
        ngx_http_hoop_log(NGX_LOG_ERR, r,
                      "issuer \"%V\": \"%V\" answered with "
                      "Content-Encoding, wanted none",
                      &issuer->name, &fetch->url);
        return rc;
    }

    b = r->out ? r->out->buf : NULL;
    text = b ? hoop_str(b->pos, b->last - b->pos) : hoop_str("", 0);

    if ((fetch->discovery
         ? ngx_http_hoop_fetch_discovery(r, issuer, text)
         : ngx_http_hoop_fetch_keys(r, issuer, text))
        == NGX_OK)
    {
        ctx->keys_failed = 0;
    }

    return rc;
}


/* OpenID Connect Discovery 1.0, 4.3: the document's issuer must be ours */

static ngx_int_t
ngx_http_hoop_fetch_discovery(ngx_http_request_t *r,
    ngx_http_hoop_issuer_t *issuer, hoop_str_t text)
{
    u_char                *url;
    size_t                 len;
    json_t                *doc, *iss, *uri;
    ngx_int_t              rc;
    const char            *fault;
    hoop_error_t           err;
    ngx_http_hoop_keys_t  *keys;

    rc = NGX_ERROR;
    keys = issuer->keys;

    doc = hoop_json_load(text.data, text.len, &err);
    iss = json_object_get(doc, "issuer");
    uri = json_object_get(doc, "jwks_uri");

    if (!json_is_object(doc)) {
        fault = "is not a JSON object";
        goto done;
    }

    if (!json_is_string(iss)
        || json_string_length(iss) != issuer->issuer.len
        || ngx_memcmp(json_string_value(iss), issuer->issuer.data,
                      issuer->issuer.len)
           != 0)
    {
        fault = "names another issuer";
        goto done;
    }

    if (!json_is_string(uri)
        || ngx_http_hoop_fetch_url_ok(issuer, json_string_value(uri),
                                      json_string_length(uri))
           != NGX_OK)
    {
        fault = "has no acceptable \"jwks_uri\"";
        goto done;
    }

    len = json_string_length(uri);

    url = ngx_alloc(len, r->connection->log);
    if (url == NULL) {
        fault = "could not be kept";
        goto done;
    }

    ngx_memcpy(url, json_string_value(uri), len);

    keys->url = url;
    keys->url_len = len;

    fault = NULL;
    rc = NGX_OK;

done:

    if (fault) {
        ngx_http_hoop_log(NGX_LOG_ERR, r,
                      "issuer \"%V\": the discovery document %s",
                      &issuer->name, fault);
    }

    json_decref(doc);

    return rc;
}


/* http:// only where the issuer itself is http://; nothing that could end an
   URL inside a request line */

static ngx_int_t
ngx_http_hoop_fetch_url_ok(ngx_http_hoop_issuer_t *issuer, const char *url,
    size_t len)
{
    size_t  i;

    if (len > 2048) {
        return NGX_ERROR;
    }

    for (i = 0; i < len; i++) {
        if ((u_char) url[i] <= 0x20 || (u_char) url[i] >= 0x7f
            || url[i] == '"' || url[i] == '\\' || url[i] == '#')
        {
            return NGX_ERROR;
        }
    }

    if (len > 8 && ngx_strncasecmp((u_char *) url, (u_char *) "https://", 8)
                   == 0)
    {
        return NGX_OK;
    }

    if (len > 7
        && ngx_strncasecmp((u_char *) url, (u_char *) "http://", 7) == 0
        && issuer->issuer.len > 7
        && ngx_strncasecmp(issuer->issuer.data, (u_char *) "http://", 7) == 0)
    {
        return NGX_OK;
    }

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_hoop_fetch_keys(ngx_http_request_t *r, ngx_http_hoop_issuer_t *issuer,
    hoop_str_t text)
{
    hoop_jwks_t           *set;
    hoop_error_t           err;
    ngx_http_hoop_keys_t  *keys;

    keys = issuer->keys;
    ngx_memzero(&err, sizeof(hoop_error_t));

    set = hoop_jwks_parse(text.data, text.len, issuer->algs, &err);

    if (set == NULL) {
        ngx_http_hoop_log(NGX_LOG_ERR, r,
                      "issuer \"%V\": the key set: %s",
                      &issuer->name, err.text);
        return NGX_ERROR;
    }

    ngx_http_hoop_log(NGX_LOG_INFO, r,
                  "issuer \"%V\": %ui keys", &issuer->name,
                  (ngx_uint_t) hoop_jwks_count(set));

    hoop_jwks_free(keys->set);

    keys->set = set;
    keys->generation++;
    keys->fetched = keys->attempted;

    return NGX_OK;
}


static void
ngx_http_hoop_keys_finish(ngx_http_hoop_keys_t *keys)
{
    ngx_queue_t          *q;
    ngx_http_hoop_ctx_t  *ctx;

    if (keys->failed && keys->url) {

        /* perhaps it has moved: ask for it anew the next time */

        ngx_free(keys->url);
        keys->url = NULL;
    }

    while (!ngx_queue_empty(&keys->waiters)) {
        q = ngx_queue_head(&keys->waiters);
        ngx_queue_remove(q);

        ctx = ngx_queue_data(q, ngx_http_hoop_ctx_t, queue);
        ctx->keys_queued = 0;

        if (ctx != keys->fetcher) {
            ngx_http_hoop_wake(ctx);
        }
    }

    if (keys->fetcher) {
        keys->fetcher->keys_fetcher = 0;
        keys->fetcher = NULL;
    }
}


void
ngx_http_hoop_keys_detach(ngx_http_hoop_ctx_t *ctx)
{
    ngx_http_hoop_keys_t  *keys;

    if (!ctx->keys_queued) {
        return;
    }

    keys = ctx->issuer->keys;

    ngx_queue_remove(&ctx->queue);
    ctx->keys_queued = 0;

    if (ctx->keys_fetcher) {

        /*
         * The client left and took the subrequest along.  Another may try at
         * once, but only once in a while: leaving must be no way to make us
         * call on the issuer ever again.
         */

        ctx->keys_fetcher = 0;
        keys->fetcher = NULL;

        if (ngx_time() - keys->restarted >= NGX_HTTP_HOOP_KEYS_PAUSE) {
            keys->restarted = ngx_time();
            keys->attempted = 0;
        }

        ngx_http_hoop_keys_finish(keys);
    }
}
