
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The body filter's buffers: masked bytes are gathered in them and passed on.
 */


#include "ngx_http_hoop_filter.h"


static ngx_int_t ngx_http_hoop_filter_room(ngx_http_hoop_filter_ctx_t *fctx);
static ngx_buf_t *ngx_http_hoop_filter_buf(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx);
static ngx_buf_t *ngx_http_hoop_filter_bare(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx);
static ngx_int_t ngx_http_hoop_filter_emit(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx);
static void ngx_http_hoop_filter_event(ngx_event_t *ev);


ssize_t
ngx_http_hoop_filter_sink(void *data, const u_char *p, size_t len)
{
    void **sink = data;

    size_t                       n, taken;
    ngx_buf_t                   *b;
    ngx_http_request_t          *r;
    ngx_http_hoop_filter_ctx_t  *fctx;

    r = sink[0];
    fctx = sink[1];
    taken = 0;

    while (taken < len) {
        b = ngx_http_hoop_filter_buf(r, fctx);

        if (b == NULL) {
            return fctx->failed ? -1 : (ssize_t) taken;
        }

        n = ngx_min(len - taken, (size_t) (b->end - b->last));

        b->last = ngx_cpymem(b->last, p + taken, n);
        taken += n;

        if (b->last == b->end) {

            /* not to be kept back: we may be waiting for this very buffer */

            b->recycled = 1;

            if (ngx_http_hoop_filter_emit(r, fctx) != NGX_OK) {
                return -1;
            }
        }
    }

    return taken;
}


/* how many buffers there may be beside what the masker has */

static ngx_int_t
ngx_http_hoop_filter_room(ngx_http_hoop_filter_ctx_t *fctx)
{
    size_t       max, held;
    ngx_bufs_t  *bufs;

    bufs = &fctx->main->conf->mask_bufs;

    max = ngx_max(NGX_HTTP_HOOP_MEMORY, bufs->num * bufs->size);
    held = fctx->mask ? hoop_mask_memory(fctx->mask) : 0;

    return (held < max) ? (max - held) / bufs->size : 0;
}


ngx_uint_t
ngx_http_hoop_filter_full(ngx_http_hoop_filter_ctx_t *fctx)
{
    return (fctx->out || fctx->busy) && fctx->bufs > 2
           && ngx_http_hoop_filter_room(fctx) < fctx->bufs;
}


void
ngx_http_hoop_filter_trim(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx)
{
    ngx_buf_t     *b;
    ngx_int_t      room;
    ngx_chain_t   *cl, **ll;

    room = ngx_max(ngx_http_hoop_filter_room(fctx), 2);

    ll = &fctx->free;

    while (fctx->bufs > room && *ll) {
        cl = *ll;
        b = cl->buf;

        /* one that is within a block of the pool stays */

        if (b->start == NULL || ngx_pfree(r->pool, b->start) != NGX_OK) {
            ll = &cl->next;
            continue;
        }

        b->start = NULL;

        *ll = cl->next;
        cl->next = fctx->bare;
        fctx->bare = cl;

        fctx->bufs--;
    }
}


/* the buffer being filled, a free one, or a new one within the bound */

static ngx_buf_t *
ngx_http_hoop_filter_buf(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx)
{
    size_t        size;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (fctx->buf) {
        return fctx->buf;
    }

    while (fctx->free) {
        cl = fctx->free;
        fctx->free = cl->next;
        b = cl->buf;

        if (b->start == NULL) {

            /* it has carried flags only */

            cl->next = fctx->bare;
            fctx->bare = cl;
            continue;
        }

        ngx_free_chain(r->pool, cl);

        b->pos = b->start;
        b->last = b->start;
        b->flush = 0;
        b->recycled = 0;
        b->last_buf = 0;
        b->last_in_chain = 0;

        fctx->buf = b;

        return b;
    }

    if (fctx->bufs == fctx->main->conf->mask_bufs.num
        || (fctx->bufs >= 2 && ngx_http_hoop_filter_room(fctx) <= fctx->bufs))
    {
        return NULL;
    }

    b = ngx_http_hoop_filter_bare(r, fctx);
    if (b == NULL) {
        fctx->failed = 1;
        return NULL;
    }

    size = fctx->main->conf->mask_bufs.size;

    b->start = ngx_palloc(r->pool, size);
    if (b->start == NULL) {
        fctx->failed = 1;
        return NULL;
    }

    b->end = b->start + size;
    b->pos = b->start;
    b->last = b->start;
    b->temporary = 1;

    fctx->bufs++;
    fctx->buf = b;

    return b;
}


/*
 * A header without memory: one that has carried flags, or that gave its memory
 * back, if there is one.  For the pool keeps what it gave for a header until
 * the request ends, and a stream may go on for days.
 */

static ngx_buf_t *
ngx_http_hoop_filter_bare(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    cl = fctx->bare;

    if (cl) {
        fctx->bare = cl->next;
        b = cl->buf;
        ngx_free_chain(r->pool, cl);

        ngx_memzero(b, sizeof(ngx_buf_t));

    } else {
        b = ngx_calloc_buf(r->pool);
        if (b == NULL) {
            return NULL;
        }
    }

    b->tag = (ngx_buf_tag_t) &ngx_http_hoop_filter_module;

    return b;
}


/* the buffer goes into the chain; from here on its bytes are the client's */

static ngx_int_t
ngx_http_hoop_filter_emit(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx)
{
    size_t                size, n;
    ngx_buf_t            *b;
    ngx_chain_t          *cl;
    ngx_http_hoop_ctx_t  *ctx;

    b = fctx->buf;
    ctx = fctx->main;
    fctx->buf = NULL;

    cl = ngx_alloc_chain_link(r->pool);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    cl->buf = b;
    cl->next = NULL;
    *fctx->last_out = cl;
    fctx->last_out = &cl->next;

    size = b->last - b->pos;
    ctx->response_size += size;

    if (ctx->digest) {
        hoop_sha256_update(&ctx->response_md, b->pos, size);
    }

    if (fctx->record) {
        n = ngx_min(size, ctx->record_cap - ctx->recorded.len);

        if (n < size) {
            ctx->recorded_truncated = 1;
        }

        if (n && hoop_buf_add(&ctx->recorded, b->pos, n) != HOOP_OK) {
            ctx->recorded_truncated = 1;
        }
    }

    return NGX_OK;
}


/*
 * nginx's event pipe hands on what it reads in pieces of a buffer or two, each
 * to be sent at once, though mostly the next has arrived by then.  So they wait
 * in our buffers while the pipe reads on.  When those are full, or a flush or
 * the end comes, all goes out; at the latest by an event that is handled before
 * the worker sleeps again.
 */

ngx_uint_t
ngx_http_hoop_filter_gather(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx)
{
    ngx_http_upstream_t  *u;

    u = r->upstream;

    if (fctx->nomem || fctx->flush || fctx->finished || fctx->late
        || (fctx->out == NULL && !fctx->prompt)
        || u == NULL || u->pipe == NULL || u->peer.connection == NULL
        || u->pipe->upstream != u->peer.connection)
    {
        return 0;
    }

    if (!fctx->event.posted) {
        fctx->event.data = r;
        fctx->event.handler = ngx_http_hoop_filter_event;
        fctx->event.log = r->connection->log;

        ngx_post_event(&fctx->event, &ngx_posted_events);
    }

    r->buffered |= NGX_HTTP_HOOP_BUFFERED;

    return 1;
}


void
ngx_http_hoop_filter_yield(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx)
{
    fctx->nomem = 1;
    fctx->yield = 1;

    if (!fctx->turn.posted) {
        fctx->turn.data = r;
        fctx->turn.handler = ngx_http_hoop_filter_event;
        fctx->turn.log = r->connection->log;

        ngx_post_event(&fctx->turn, &ngx_posted_next_events);
    }
}


static void
ngx_http_hoop_filter_event(ngx_event_t *ev)
{
    ngx_connection_t            *c;
    ngx_http_request_t          *r;
    ngx_http_upstream_t         *u;
    ngx_http_hoop_filter_ctx_t  *fctx;

    r = ev->data;
    c = r->connection;

    fctx = ngx_http_get_module_ctx(r, ngx_http_hoop_filter_module);

    if (fctx == NULL || fctx->done || fctx->failed || c->error) {
        return;
    }

    ngx_http_set_log_request(c->log, r);

    if (ev == &fctx->turn) {

        /* who feeds us may be waiting for his buffers */

        ngx_post_event(c->write, &ngx_posted_events);

        fctx->yield = 0;
        fctx->inflated = 0;
    }

    fctx->late = 1;

    if (ngx_http_hoop_body_filter(r, NULL) == NGX_ERROR) {

        /* as the pipe itself would have it: to a cache it may go on */

        u = r->upstream;

        if (u && u->pipe) {
            u->pipe->downstream_error = 1;
        }

        ngx_post_event(c->write, &ngx_posted_events);
    }

    fctx->late = 0;
}


/*
 * Ends a round: a half-filled buffer is sent when something must go out now,
 * and flags ride on the last buffer, or on a bare one.  An upstream buffer
 * marked "recycled" asks for haste as nginx understands it; without that and
 * without a flush, the end may still come in the same packet as the text.
 */

ngx_int_t
ngx_http_hoop_filter_flags(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (fctx->buf && fctx->buf->last > fctx->buf->pos
        && (fctx->flush || fctx->finished || fctx->prompt))
    {
        fctx->buf->recycled = fctx->prompt;

        if (ngx_http_hoop_filter_emit(r, fctx) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (!fctx->nomem) {
        fctx->prompt = 0;
    }

    if (fctx->nomem || (!fctx->finished && !fctx->flush)) {
        return NGX_OK;
    }

    if (fctx->out) {
        for (cl = fctx->out; cl->next; cl = cl->next) { /* void */ }

        b = cl->buf;

    } else {
        b = ngx_http_hoop_filter_bare(r, fctx);
        if (b == NULL) {
            return NGX_ERROR;
        }

        cl = ngx_alloc_chain_link(r->pool);
        if (cl == NULL) {
            return NGX_ERROR;
        }

        cl->buf = b;
        cl->next = NULL;

        *fctx->last_out = cl;
        fctx->last_out = &cl->next;
    }

    if (fctx->flush) {
        b->flush = 1;
        fctx->flush = 0;
    }

    if (fctx->finished) {
        b->last_buf = !fctx->sync;
        b->last_in_chain = 1;

        if (fctx->sync && b->start == NULL) {
            b->sync = 1;
        }
    }

    return NGX_OK;
}
