
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Key sets of issuers: from a file at config time, or fetched through the
 * location of hoop_fetch, by each worker for itself.  What each issuer's
 * fetching is up to:
 *
 *     IDLE       "timer" is set for the next fetch in the background
 *     DISCOVERY  the discovery document is on its way
 *     KEYS       the key set is
 *
 *     IDLE > [DISCOVERY >] KEYS > IDLE         fetched, or not
 *     IDLE > KEYS > DISCOVERY > KEYS > IDLE    the key set has moved
 *
 * One way from IDLE to IDLE is an attempt, for which jwks_timeout is the limit
 * as a whole.  It begins by the timer (at start, before the keys expire, and
 * again after a failure), or for a request that has no use for the keys at
 * hand, if the last attempt is jwks_pause ago.  It belongs to no request:
 *
 *     join   ngx_http_hoop_keys_wait()    into "waiters"
 *     end    ngx_http_hoop_keys_end()     all leave "waiters" and are woken
 *     death  ngx_http_hoop_keys_detach()  one leaves
 *
 * A worker that exits ends an attempt that nobody waits for, and begins none.
 *
 * A request whose keys are at hand never waits, however old they are: they are
 * dropped (ngx_http_hoop_keys_get) once they have not been had anew for
 * jwks_stale after their time.
 */


#include "ngx_http_hoop.h"

#include "../core/hoop_login.h"


#define NGX_HTTP_HOOP_KEYS_BACKOFF  (5 * 60 * 1000)
#define NGX_HTTP_HOOP_KEYS_FAULT    512

/* an issuer may have its keys fetched more often than we would, but not ever
   again; seconds */
#define NGX_HTTP_HOOP_KEYS_MAX_AGE  60


typedef enum {
    NGX_HTTP_HOOP_KEYS_IDLE = 0,
    NGX_HTTP_HOOP_KEYS_DISCOVERY,
    NGX_HTTP_HOOP_KEYS_KEYS
} ngx_http_hoop_keys_state_e;


struct ngx_http_hoop_keys_s {
    ngx_http_hoop_issuer_t       *issuer;
    hoop_jwks_t                  *set;         /* owned */
    u_char                        sha256[32];  /* of its document */
    ngx_uint_t                    generation;
    ngx_msec_t                    fetched;
    ngx_msec_t                    ttl;         /* from then on */

    ngx_http_hoop_keys_state_e    state;
    ngx_http_hoop_fetch_t        *fetch;       /* NULL: IDLE */
    ngx_http_hoop_target_t       *target;      /* the last that worked */
    ngx_http_hoop_target_t       *current;     /* of this attempt */
    ngx_msec_t                    started;
    ngx_msec_t                    ended;
    ngx_event_t                   timer;
    ngx_uint_t                    failures;    /* since it last worked */
    ngx_queue_t                   waiters;     /* of ngx_http_hoop_ctx_t */

    ngx_str_t                     discovery;   /* where to look for "url" */
    ngx_str_t                     url;         /* owned: the set's */
    u_char                        fault[NGX_HTTP_HOOP_KEYS_FAULT];
    size_t                        fault_len;

    unsigned                      fixed:1;     /* from a file */
    unsigned                      running:1;   /* in a worker, until its end */
    unsigned                      attempted:1; /* "ended" is set */
    unsigned                      known:1;     /* "url" is, from before */
};


static hoop_jwks_t *ngx_http_hoop_keys_signer(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer);
static hoop_jwks_t *ngx_http_hoop_keys_secret(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer);
static ngx_int_t ngx_http_hoop_keys_well_known(ngx_conf_t *cf,
    ngx_http_hoop_keys_t *keys);
static void ngx_http_hoop_keys_timer(ngx_event_t *ev);
static ngx_int_t ngx_http_hoop_keys_start(ngx_http_hoop_keys_t *keys,
    ngx_http_hoop_target_t *target);
static ngx_int_t ngx_http_hoop_keys_fetch(ngx_http_hoop_keys_t *keys);
static void ngx_http_hoop_keys_answer(void *data,
    ngx_http_hoop_answer_t *answer);
static ngx_int_t ngx_http_hoop_keys_discovered(ngx_http_hoop_keys_t *keys,
    hoop_str_t text);
static ngx_int_t ngx_http_hoop_keys_take(ngx_http_hoop_keys_t *keys,
    ngx_http_hoop_answer_t *answer);
static ngx_msec_t ngx_http_hoop_keys_ttl(ngx_http_hoop_keys_t *keys,
    ngx_http_hoop_answer_t *answer);
static void ngx_http_hoop_keys_end(ngx_http_hoop_keys_t *keys, ngx_uint_t ok);
static void ngx_http_hoop_keys_told(ngx_http_hoop_keys_t *keys);
static void ngx_http_hoop_keys_wake(ngx_http_hoop_keys_t *keys);
static ngx_str_t *ngx_http_hoop_keys_asked(ngx_http_hoop_keys_t *keys);
static void ngx_cdecl ngx_http_hoop_keys_fault(ngx_http_hoop_keys_t *keys,
    const char *fmt, ...);
static void ngx_http_hoop_keys_forget(ngx_http_hoop_keys_t *keys);
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

    keys->issuer = issuer;
    ngx_queue_init(&keys->waiters);

    if (issuer->secret_file.len) {
        keys->fixed = 1;
        keys->set = ngx_http_hoop_keys_secret(cf, issuer);

        return keys->set ? keys : NULL;
    }

    if (issuer->signer) {
        keys->fixed = 1;
        keys->set = ngx_http_hoop_keys_signer(cf, issuer);

        return keys->set ? keys : NULL;
    }

    if (issuer->jwks_file.len == 0) {
        return (ngx_http_hoop_keys_well_known(cf, keys) == NGX_OK) ? keys
                                                                   : NULL;
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


/* what a signer publishes is what its tokens are checked with */

static hoop_jwks_t *
ngx_http_hoop_keys_signer(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer)
{
    hoop_jwks_t   *set;
    hoop_error_t   err;

    ngx_memzero(&err, sizeof(hoop_error_t));

    set = hoop_jwks_parse(issuer->signer->jwks.data, issuer->signer->jwks.len,
                          issuer->algs, &err);

    if (set == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_signer \"%V\" has no key for hoop_issuer "
                           "\"%V\": %s", &issuer->signer->name,
                           &issuer->name, err.text);
    }

    return set;
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


/* OpenID Connect Discovery 1.0, 4: a slash at the end of an issuer goes */

static ngx_int_t
ngx_http_hoop_keys_well_known(ngx_conf_t *cf, ngx_http_hoop_keys_t *keys)
{
    u_char     *p;
    ngx_str_t  *name;

    static ngx_str_t  path = ngx_string("/.well-known/openid-configuration");

    if (keys->issuer->discovery_url.len) {
        keys->discovery = keys->issuer->discovery_url;
        return NGX_OK;
    }

    name = &keys->issuer->issuer;

    p = ngx_pnalloc(cf->pool, name->len + path.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    keys->discovery.data = p;
    p = ngx_cpymem(p, name->data, name->len);

    if (p[-1] == '/') {
        p--;
    }

    p = ngx_cpymem(p, path.data, path.len);
    keys->discovery.len = p - keys->discovery.data;

    return NGX_OK;
}


void
ngx_http_hoop_keys_target(ngx_http_hoop_issuer_t *issuer,
    ngx_http_hoop_target_t *target)
{
    if (issuer->keys->target == NULL) {
        issuer->keys->target = target;
    }
}


static void
ngx_http_hoop_keys_cleanup(void *data)
{
    ngx_http_hoop_keys_t *keys = data;

    hoop_jwks_free(keys->set);
    keys->set = NULL;

    ngx_http_hoop_keys_forget(keys);
}


void
ngx_http_hoop_keys_init(ngx_array_t *issuers)
{
    ngx_uint_t                i;
    ngx_http_hoop_keys_t     *keys;
    ngx_http_hoop_issuer_t  **issuer;

    if (issuers == NULL) {
        return;
    }

    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {
        keys = issuer[i]->keys;

        if (keys->fixed || keys->target == NULL) {
            continue;
        }

        keys->running = 1;

        keys->timer.handler = ngx_http_hoop_keys_timer;
        keys->timer.data = keys;
        keys->timer.log = ngx_cycle->log;
        keys->timer.cancelable = 1;

        /* the first client need not wait */

        ngx_add_timer(&keys->timer, 1);
    }
}


void
ngx_http_hoop_keys_done(ngx_array_t *issuers)
{
    ngx_uint_t                i;
    ngx_http_hoop_keys_t     *keys;
    ngx_http_hoop_issuer_t  **issuer;

    if (issuers == NULL) {
        return;
    }

    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {
        keys = issuer[i]->keys;

        keys->running = 0;
        keys->state = NGX_HTTP_HOOP_KEYS_IDLE;

        if (keys->timer.timer_set) {
            ngx_del_timer(&keys->timer);
        }

        if (keys->fetch) {
            ngx_http_hoop_fetch_cancel(keys->fetch);
            keys->fetch = NULL;
        }

        ngx_http_hoop_keys_wake(keys);
    }
}


hoop_jwks_t *
ngx_http_hoop_keys_get(ngx_http_hoop_issuer_t *issuer, ngx_uint_t *generation)
{
    ngx_msec_t             age;
    ngx_http_hoop_keys_t  *keys;

    keys = issuer->keys;

    if (!keys->fixed && keys->set) {

        age = ngx_current_msec - keys->fetched;

        if (age > keys->ttl + (ngx_msec_t) issuer->jwks_stale * 1000) {

            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "hoop: issuer \"%V\": its keys of %M s ago are too "
                          "old and could not be fetched since, its tokens "
                          "cannot be judged", &issuer->name, age / 1000);

            hoop_jwks_free(keys->set);
            keys->set = NULL;
            keys->generation++;
        }
    }

    *generation = keys->generation;

    return keys->set;
}


ngx_uint_t
ngx_http_hoop_keys_refetch(ngx_http_hoop_issuer_t *issuer,
    ngx_uint_t unknown_kid)
{
    ngx_http_hoop_keys_t  *keys;

    keys = issuer->keys;

    if (!keys->running || (keys->set && !unknown_kid)) {
        return 0;
    }

    return keys->fetch
           || !keys->attempted
           || ngx_current_msec - keys->ended >= issuer->jwks_pause;
}


ngx_uint_t
ngx_http_hoop_keys_failing(ngx_http_hoop_issuer_t *issuer)
{
    return issuer->keys->failures != 0;
}


ngx_int_t
ngx_http_hoop_keys_wait(ngx_http_hoop_ctx_t *ctx)
{
    ngx_http_hoop_keys_t  *keys;

    keys = ctx->issuer->keys;

    if (ctx->keys_waited) {
        return NGX_ERROR;
    }

    ctx->keys_waited = 1;

    if (keys->fetch == NULL
        && ngx_http_hoop_keys_start(keys, ctx->conf->fetch_target) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_queue_insert_tail(&keys->waiters, &ctx->queue);
    ctx->keys_queued = 1;

    ngx_http_hoop_fetch_idle(keys->fetch, 0);

    return NGX_AGAIN;
}


void
ngx_http_hoop_keys_detach(ngx_http_hoop_ctx_t *ctx)
{
    ngx_http_hoop_keys_t  *keys;

    if (!ctx->keys_queued) {
        return;
    }

    ngx_queue_remove(&ctx->queue);
    ctx->keys_queued = 0;

    keys = ctx->issuer->keys;

    if (keys->fetch == NULL || !ngx_queue_empty(&keys->waiters)) {
        return;
    }

    if (ngx_exiting) {
        ngx_http_hoop_fetch_cancel(keys->fetch);
        keys->fetch = NULL;
        keys->state = NGX_HTTP_HOOP_KEYS_IDLE;

    } else {
        ngx_http_hoop_fetch_idle(keys->fetch, 1);
    }
}


static void
ngx_http_hoop_keys_timer(ngx_event_t *ev)
{
    ngx_http_hoop_keys_t  *keys;

    keys = ev->data;

    if (ngx_exiting || ngx_terminate) {
        return;
    }

    (void) ngx_http_hoop_keys_start(keys, keys->target);
}


/* from IDLE */

static ngx_int_t
ngx_http_hoop_keys_start(ngx_http_hoop_keys_t *keys,
    ngx_http_hoop_target_t *target)
{
    if (keys->timer.timer_set) {
        ngx_del_timer(&keys->timer);
    }

    keys->current = target ? target : keys->target;
    keys->started = ngx_current_msec;
    keys->known = (keys->url.len != 0);

    if (ngx_http_hoop_keys_fetch(keys) != NGX_OK) {
        ngx_http_hoop_keys_end(keys, 0);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* the next document of the attempt */

static ngx_int_t
ngx_http_hoop_keys_fetch(ngx_http_hoop_keys_t *keys)
{
    ngx_str_t       *url;
    ngx_msec_t       spent;

    keys->state = (keys->issuer->jwks_url.len || keys->url.len)
                  ? NGX_HTTP_HOOP_KEYS_KEYS : NGX_HTTP_HOOP_KEYS_DISCOVERY;

    url = ngx_http_hoop_keys_asked(keys);
    spent = ngx_current_msec - keys->started;

    if (spent >= keys->issuer->jwks_timeout) {
        ngx_http_hoop_keys_fault(keys, "there is no time left for \"%V\"",
                                 url);
        return NGX_ERROR;
    }

    keys->fetch = ngx_http_hoop_fetch_start(keys->current,
                                       ngx_http_hoop_str(url),
                                       keys->issuer->jwks_timeout - spent,
                                       ngx_http_hoop_keys_answer, keys);
    if (keys->fetch == NULL) {
        ngx_http_hoop_keys_fault(keys, "\"%V\" could not be asked for", url);
        return NGX_ERROR;
    }

    ngx_http_hoop_fetch_idle(keys->fetch, ngx_queue_empty(&keys->waiters));

    return NGX_OK;
}


static ngx_str_t *
ngx_http_hoop_keys_asked(ngx_http_hoop_keys_t *keys)
{
    if (keys->state == NGX_HTTP_HOOP_KEYS_DISCOVERY) {
        return &keys->discovery;
    }

    return keys->issuer->jwks_url.len ? &keys->issuer->jwks_url : &keys->url;
}


static void
ngx_http_hoop_keys_answer(void *data, ngx_http_hoop_answer_t *answer)
{
    ngx_http_hoop_keys_t *keys = data;

    ngx_int_t  rc;

    keys->fetch = NULL;
    rc = NGX_ERROR;

    if (ngx_exiting && ngx_queue_empty(&keys->waiters)) {
        keys->state = NGX_HTTP_HOOP_KEYS_IDLE;
        return;
    }

    if (answer->error) {
        ngx_http_hoop_keys_fault(keys, "\"%V\" %s",
                                 ngx_http_hoop_keys_asked(keys),
                                 answer->error);

    } else if (answer->status != NGX_HTTP_OK) {
        ngx_http_hoop_keys_fault(keys,
                                 "\"%V\" answered with status %ui, wanted 200",
                                 ngx_http_hoop_keys_asked(keys),
                                 answer->status);

    } else if (keys->state == NGX_HTTP_HOOP_KEYS_DISCOVERY) {
        rc = ngx_http_hoop_keys_discovered(keys, answer->body);

        if (rc == NGX_OK) {
            rc = ngx_http_hoop_keys_fetch(keys);

            if (rc == NGX_OK) {
                return;
            }
        }

    } else {
        rc = ngx_http_hoop_keys_take(keys, answer);
    }

    if (rc != NGX_OK) {

        /* perhaps it has moved: the next look is for where it is */

        ngx_http_hoop_keys_forget(keys);

        if (keys->known) {
            keys->known = 0;

            ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                          "hoop: issuer \"%V\": %*s, looking where it is now",
                          &keys->issuer->name, keys->fault_len, keys->fault);

            if (ngx_http_hoop_keys_fetch(keys) == NGX_OK) {
                return;
            }
        }
    }

    ngx_http_hoop_keys_end(keys, rc == NGX_OK);
}


/* 4.3 there: the document's issuer must be ours */

static ngx_int_t
ngx_http_hoop_keys_discovered(ngx_http_hoop_keys_t *keys, hoop_str_t text)
{
    size_t                   len;
    json_t                  *doc, *iss, *uri;
    const char              *fault;
    hoop_error_t             err;
    ngx_http_hoop_issuer_t  *issuer;

    issuer = keys->issuer;

    doc = hoop_json_load(text.data, text.len, &err);
    iss = json_object_get(doc, "issuer");
    uri = json_object_get(doc, "jwks_uri");

    if (!json_is_object(doc)) {
        fault = "is not a JSON object";

    } else if (!json_is_string(iss)
               || json_string_length(iss) != issuer->issuer.len
               || ngx_memcmp(json_string_value(iss), issuer->issuer.data,
                             issuer->issuer.len)
                  != 0)
    {
        fault = "names another issuer";

    } else if (!json_is_string(uri)
               || !hoop_login_url_ok(hoop_json_string(uri),
                                     ngx_http_hoop_str(&issuer->issuer)))
    {
        fault = "has no acceptable \"jwks_uri\"";

    } else {
        len = json_string_length(uri);
        keys->url.data = ngx_alloc(len, ngx_cycle->log);

        if (keys->url.data) {
            ngx_memcpy(keys->url.data, json_string_value(uri), len);
            keys->url.len = len;

            json_decref(doc);
            return NGX_OK;
        }

        fault = "could not be kept";
    }

    ngx_http_hoop_keys_fault(keys, "the discovery document \"%V\" %s",
                             &keys->discovery, fault);
    json_decref(doc);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_hoop_keys_take(ngx_http_hoop_keys_t *keys,
    ngx_http_hoop_answer_t *answer)
{
    u_char         md[32];
    hoop_jwks_t   *set;
    hoop_error_t   err;

    hoop_sha256(md, answer->body.data, answer->body.len);

    if (keys->set == NULL || ngx_memcmp(md, keys->sha256, 32) != 0) {

        ngx_memzero(&err, sizeof(hoop_error_t));

        set = hoop_jwks_parse(answer->body.data, answer->body.len,
                              keys->issuer->algs, &err);

        if (set == NULL) {
            ngx_http_hoop_keys_fault(keys, "the key set \"%V\": %s",
                                     ngx_http_hoop_keys_asked(keys), err.text);
            return NGX_ERROR;
        }

        ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                      "hoop: issuer \"%V\": %ui keys", &keys->issuer->name,
                      (ngx_uint_t) hoop_jwks_count(set));

        hoop_jwks_free(keys->set);

        keys->set = set;
        keys->generation++;
        ngx_memcpy(keys->sha256, md, 32);
    }

    keys->fetched = ngx_current_msec;
    keys->ttl = ngx_http_hoop_keys_ttl(keys, answer);

    return NGX_OK;
}


static ngx_msec_t
ngx_http_hoop_keys_ttl(ngx_http_hoop_keys_t *keys,
    ngx_http_hoop_answer_t *answer)
{
    u_char      *p, *last;
    time_t       ttl, age;
    hoop_str_t   value;

    ttl = keys->issuer->jwks_ttl;

    if (ngx_http_hoop_fetch_header(answer, "cache-control", &value)
        != NGX_OK)
    {
        return ttl * 1000;
    }

    p = (u_char *) value.data;
    last = p + value.len;

    p = ngx_strlcasestrn(p, last, (u_char *) "max-age=", 8 - 1);

    if (p == NULL) {
        return ttl * 1000;
    }

    age = 0;

    for (p += 8; p < last && *p >= '0' && *p <= '9' && age < ttl; p++) {
        age = age * 10 + (*p - '0');
    }

    age = ngx_max(age, NGX_HTTP_HOOP_KEYS_MAX_AGE);

    return ngx_min(ttl, age) * 1000;
}


/* back to IDLE */

static void
ngx_http_hoop_keys_end(ngx_http_hoop_keys_t *keys, ngx_uint_t ok)
{
    ngx_uint_t  n;
    ngx_msec_t  delay;

    keys->state = NGX_HTTP_HOOP_KEYS_IDLE;
    keys->ended = ngx_current_msec;
    keys->attempted = 1;

    if (ok) {
        if (keys->failures) {
            ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                          "hoop: issuer \"%V\": its keys are to be had again, "
                          "after %ui failures",
                          &keys->issuer->name, keys->failures);
        }

        keys->failures = 0;
        keys->target = keys->current;

        /* not all workers at once, and before they expire */

        delay = keys->ttl / 100 * (80 + ngx_random() % 11);

    } else {
        ngx_http_hoop_keys_told(keys);

        delay = keys->issuer->jwks_pause;

        for (n = keys->failures++;
             n && delay < NGX_HTTP_HOOP_KEYS_BACKOFF;
             n--)
        {
            delay *= 2;
        }

        delay = ngx_min(delay, NGX_HTTP_HOOP_KEYS_BACKOFF);
        delay = delay / 100 * (75 + ngx_random() % 51);
    }

    ngx_add_timer(&keys->timer, delay);

    ngx_http_hoop_keys_wake(keys);
}


/* one line when it stops to work, not one for each attempt */

static void
ngx_http_hoop_keys_told(ngx_http_hoop_keys_t *keys)
{
    ngx_uint_t  level;

    level = keys->failures ? NGX_LOG_INFO : NGX_LOG_ERR;

    if (keys->set) {
        ngx_log_error(level, ngx_cycle->log, 0,
                      "hoop: issuer \"%V\": %*s; its keys of %M s ago stay in "
                      "use", &keys->issuer->name, keys->fault_len,
                      keys->fault,
                      (ngx_current_msec - keys->fetched) / 1000);

    } else {
        ngx_log_error(level, ngx_cycle->log, 0,
                      "hoop: issuer \"%V\": %*s; its tokens cannot be judged",
                      &keys->issuer->name, keys->fault_len, keys->fault);
    }
}


static void
ngx_http_hoop_keys_wake(ngx_http_hoop_keys_t *keys)
{
    ngx_queue_t          *q;
    ngx_http_hoop_ctx_t  *ctx;

    while (!ngx_queue_empty(&keys->waiters)) {
        q = ngx_queue_head(&keys->waiters);
        ngx_queue_remove(q);

        ctx = ngx_queue_data(q, ngx_http_hoop_ctx_t, queue);
        ctx->keys_queued = 0;

        ngx_http_hoop_wake(ctx);
    }
}


static void ngx_cdecl
ngx_http_hoop_keys_fault(ngx_http_hoop_keys_t *keys, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(keys->fault, keys->fault + NGX_HTTP_HOOP_KEYS_FAULT, fmt,
                      args);
    va_end(args);

    keys->fault_len = p - keys->fault;
}


static void
ngx_http_hoop_keys_forget(ngx_http_hoop_keys_t *keys)
{
    if (keys->url.data) {
        ngx_free(keys->url.data);
        ngx_str_null(&keys->url);
    }
}
