
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The audit of a worker: its slot, and the transaction that puts events there.
 *
 * A transaction is built in one buffer, as frames, with the chain moving along;
 * commit is one write() to the segment.  Until then, and if it fails, the chain
 * and the buffer go back to where they were: what is not in the spool is not in
 * the chain.
 *
 * The buffer is  [deferred][transaction]:  what commit_later() has left goes
 * with the next write, at the latest at the end of this turn of the event loop
 * (the next turn would be one more epoll_wait() for each request that comes
 * alone).
 * "base" is the chain before the first byte of the buffer, "saved" the chain
 * before the transaction.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_hoop_audit_int.h"


static ngx_int_t ngx_hoop_audit_take(ngx_hoop_audit_t *audit);
static ngx_int_t ngx_hoop_audit_take_slot(ngx_hoop_audit_t *audit,
    uint32_t slot);
static void ngx_hoop_audit_state_handler(void *data, ngx_uint_t ready);
static void ngx_hoop_audit_tick_handler(ngx_event_t *ev);
static uint64_t ngx_hoop_audit_now(void);
static ngx_int_t ngx_hoop_audit_open(ngx_hoop_audit_t *audit);
static ngx_uint_t ngx_hoop_audit_unsure(ngx_hoop_audit_t *audit);
static void ngx_hoop_audit_start(ngx_hoop_audit_t *audit);
static hoop_buf_t *ngx_hoop_audit_begin(ngx_hoop_audit_t *audit,
    const hoop_event_head_t *head);
static void ngx_hoop_audit_gap_event(ngx_hoop_audit_t *audit);
static void ngx_hoop_audit_gap(ngx_hoop_audit_t *audit);
static void ngx_hoop_audit_flush_handler(ngx_event_t *ev);
static ngx_int_t ngx_hoop_audit_ready(ngx_hoop_audit_t *audit);
static ngx_int_t ngx_hoop_audit_write(ngx_hoop_audit_t *audit);
static void ngx_hoop_audit_empty(ngx_hoop_audit_t *audit);
static ngx_uint_t ngx_hoop_audit_full(ngx_hoop_audit_t *audit, size_t len);
static ngx_int_t ngx_hoop_audit_lost(ngx_hoop_audit_t *audit, ngx_uint_t full,
    ngx_uint_t events);


ngx_hoop_audit_t  *ngx_hoop_audit;


ngx_int_t
ngx_hoop_audit_init(ngx_cycle_t *cycle, ngx_hoop_audit_conf_t *conf,
    ngx_hoop_redis_t *rc)
{
    ngx_hoop_audit_t  *audit;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    audit = ngx_pcalloc(cycle->pool, sizeof(ngx_hoop_audit_t));
    if (audit == NULL) {
        return NGX_ERROR;
    }

    audit->ident = -1;
    audit->conf = conf;
    audit->cycle = cycle;
    audit->log = cycle->log;
    audit->rc = rc;

    hoop_buf_init(&audit->buf, NGX_HOOP_AUDIT_BUFFER);
    ngx_hoop_spool_init(&audit->spool, cycle->log);
    ngx_hoop_spool_init(&audit->idle_spool, cycle->log);
    ngx_queue_init(&audit->waiting);

    audit->tick.handler = ngx_hoop_audit_tick_handler;
    audit->tick.data = audit;
    audit->tick.log = cycle->log;
    audit->tick.cancelable = 1;

    audit->flush.handler = ngx_hoop_audit_flush_handler;
    audit->flush.data = audit;
    audit->flush.log = cycle->log;

    ngx_hoop_checkpoint_init(audit);

    if (ngx_hoop_audit_sync_init(audit) != NGX_OK) {
        return NGX_ERROR;
    }

    if (rc
        && (ngx_hoop_audit_adopt_init(audit) != NGX_OK
            || ngx_hoop_redis_on_state(rc, ngx_hoop_audit_state_handler, NULL)
               != NGX_OK))
    {
        return NGX_ERROR;
    }

    ngx_hoop_audit = audit;

    ngx_add_timer(&audit->tick, NGX_HOOP_AUDIT_TICK);

    return ngx_hoop_audit_take(audit);
}


void
ngx_hoop_audit_done(void)
{
    ngx_hoop_audit_t  *audit;

    audit = ngx_hoop_audit;

    if (audit == NULL) {
        return;
    }

    if (audit->tick.timer_set) {
        ngx_del_timer(&audit->tick);
    }

    if (audit->flush.posted) {
        ngx_delete_posted_event(&audit->flush);
    }

    ngx_hoop_audit_rollback();
    ngx_hoop_audit_flush_handler(&audit->flush);
    ngx_hoop_audit_gap(audit);

    ngx_hoop_checkpoint_last(audit);
    ngx_hoop_audit_sync_done(audit);
    ngx_hoop_checkpoint_done(audit);

    ngx_hoop_audit_adopt_stop(audit);

    if (audit->open) {
        ngx_hoop_ship_stop(&audit->ship);
        ngx_hoop_spool_release(&audit->spool);
    }

    hoop_buf_free(&audit->buf);

    ngx_hoop_audit = NULL;
}


static ngx_int_t
ngx_hoop_audit_take(ngx_hoop_audit_t *audit)
{
    uint32_t    slot;
    ngx_int_t   rc;
    ngx_uint_t  failed;

    failed = 0;

    for (slot = 0; slot < NGX_HOOP_SPOOL_SLOTS; slot++) {

        rc = ngx_hoop_audit_take_slot(audit, slot);

        if (rc == NGX_OK) {
            audit->retake = 0;
            return NGX_OK;
        }

        /* one slot may be broken, or of another user; not all of them */

        if (rc == NGX_ERROR && ++failed == 4) {
            break;
        }
    }

    audit->retake = audit->retake
                    ? ngx_min(audit->retake * 2, NGX_HOOP_AUDIT_MAX_RETAKE)
                    : NGX_HOOP_AUDIT_TICK;
    audit->retake_at = ngx_current_msec + audit->retake;

    ngx_log_error(NGX_LOG_CRIT, audit->log, 0,
                  "hoop audit: no slot of \"%V\" can be used, "
                  "nothing is accepted", &audit->conf->path);

    return NGX_ERROR;
}


static ngx_int_t
ngx_hoop_audit_take_slot(ngx_hoop_audit_t *audit, uint32_t slot)
{
    ngx_int_t   rc;
    hoop_str_t  gateway;

    rc = ngx_hoop_spool_take(&audit->spool, &audit->conf->path, slot, 1);
    if (rc != NGX_OK) {
        return rc;
    }

    gateway = hoop_str(audit->conf->gateway.data, audit->conf->gateway.len);

    hoop_chain_init(&audit->chain, gateway, slot);

    rc = ngx_hoop_spool_recover(&audit->spool, &audit->chain);
    if (rc != NGX_OK) {
        ngx_hoop_spool_release(&audit->spool);
        return rc;
    }

    audit->spool.sync = (audit->conf->sync != NGX_HOOP_AUDIT_SYNC_OFF);

    audit->open = 1;
    audit->written = audit->chain.seq;
    audit->synced = audit->chain.seq;

    ngx_hoop_checkpoint_taken(audit);

    ngx_hoop_ship_init(&audit->ship, &audit->spool, audit->rc, gateway,
                       audit->log);

    audit->ship.chain = &audit->chain;
    audit->ship.limit = audit->chain.seq;

    ngx_log_error(NGX_LOG_INFO, audit->log, 0,
                  "hoop audit: slot %uD is taken, its chain goes on after "
                  "event %uL", slot, audit->chain.seq);

    if (audit->ready) {
        ngx_hoop_ship_ready(&audit->ship, 1);
    }

    return NGX_OK;
}


static void
ngx_hoop_audit_state_handler(void *data, ngx_uint_t ready)
{
    ngx_hoop_audit_t  *audit;

    audit = ngx_hoop_audit;

    if (audit == NULL) {
        return;
    }

    audit->ready = ready;

    if (!ready) {
        ngx_hoop_audit_adopt_stop(audit);
    }

    if (audit->open) {
        ngx_hoop_ship_ready(&audit->ship, ready);
    }
}


static void
ngx_hoop_audit_tick_handler(ngx_event_t *ev)
{
    ngx_hoop_audit_t  *audit;

    audit = ev->data;

    ngx_add_timer(ev, NGX_HOOP_AUDIT_TICK);

    if (!audit->open) {
        if ((ngx_msec_int_t) (ngx_current_msec - audit->retake_at) >= 0) {
            (void) ngx_hoop_audit_take(audit);
        }

        return;
    }

    ngx_hoop_audit_gap(audit);

    if (!audit->sync_failed && !ngx_hoop_audit_unsure(audit)) {
        (void) ngx_hoop_audit_open(audit);
    }

    ngx_hoop_checkpoint_tick(audit);

    if (audit->rc == NULL) {
        return;
    }

    ngx_hoop_spool_trim(&audit->spool, audit->ship.acked,
                        NGX_HOOP_AUDIT_TRIM_DELAY);

    if (audit->ready && !ngx_exiting) {
        ngx_hoop_audit_adopt(audit);
    }
}


void
ngx_hoop_audit_first(ngx_int_t (*fn)(void))
{
    ngx_hoop_audit_t  *audit;

    audit = ngx_hoop_audit;

    if (audit == NULL) {
        return;
    }

    audit->first = fn;

    if (audit->open && !ngx_hoop_audit_unsure(audit)) {
        (void) ngx_hoop_audit_open(audit);
    }
}


/*
 * NGX_OK: there may be other events.  What fails is tried again by whoever
 * comes next, and by the tick; it is not counted as often as that.
 */

static ngx_int_t
ngx_hoop_audit_open(ngx_hoop_audit_t *audit)
{
    uint64_t     refused, dropped;
    ngx_int_t    rc, (*fn)(void);
    ngx_uint_t   deferred;

    if (audit->first == NULL || ngx_hoop_audit_full(audit, 0)) {
        return NGX_OK;
    }

    fn = audit->first;
    audit->first = NULL;

    refused = audit->refused;
    dropped = audit->dropped;
    deferred = audit->deferred_events;

    rc = fn();

    if (rc == NGX_OK) {
        return NGX_OK;
    }

    audit->first = fn;

    audit->refused = refused;
    audit->dropped = dropped + deferred - audit->deferred_events;

    return (rc == NGX_DECLINED) ? NGX_OK : NGX_ERROR;
}


/*
 * An empty slot may have a stream that goes on after it (the spool was lost):
 * what nobody waits for can wait until that is known.
 */

static ngx_uint_t
ngx_hoop_audit_unsure(ngx_hoop_audit_t *audit)
{
    return audit->rc != NULL && audit->chain.seq == 0
           && audit->ship.state != NGX_HOOP_SHIP_SEND
           && audit->ship.state != NGX_HOOP_SHIP_HALT;
}


ngx_uint_t
ngx_hoop_audit_accepts(ngx_hoop_audit_t *audit)
{
    return audit->open && !audit->sync_failed && audit->first == NULL
           && !ngx_hoop_audit_unsure(audit) && !ngx_hoop_audit_full(audit, 0);
}


static uint64_t
ngx_hoop_audit_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (uint64_t) tp->sec * 1000 + tp->msec;
}


hoop_buf_t *
ngx_hoop_audit_event(const hoop_event_head_t *head)
{
    ngx_hoop_audit_t  *audit;

    audit = ngx_hoop_audit;

    if (audit == NULL) {
        return NULL;
    }

    if (audit->events == 0) {
        ngx_hoop_audit_start(audit);

        if (!audit->open || audit->sync_failed
            || (ngx_hoop_audit_full(audit, 0)
                && audit->conf->on_full == NGX_HOOP_AUDIT_FULL_DENY)
            || ngx_hoop_audit_open(audit) != NGX_OK)
        {
            (void) ngx_hoop_audit_lost(audit, 0, 1);
            audit->failed = 1;
            audit->counted = 1;
            return NULL;
        }

        if (audit->refused || audit->dropped) {
            ngx_hoop_audit_gap_event(audit);
        }
    }

    return ngx_hoop_audit_begin(audit, head);
}


static void
ngx_hoop_audit_start(ngx_hoop_audit_t *audit)
{
    audit->events = 0;
    audit->failed = 0;
    audit->counted = 0;
    audit->gap = 0;

    audit->buf.len = audit->deferred;
    audit->buf.failed = 0;

    if (audit->deferred == 0) {
        audit->base = audit->chain;
    }

    audit->saved = audit->chain;
}


static hoop_buf_t *
ngx_hoop_audit_begin(ngx_hoop_audit_t *audit, const hoop_event_head_t *head)
{
    hoop_buf_t  *b;

    if (audit->failed) {
        return NULL;
    }

    b = &audit->buf;

    audit->frame = b->len;

    if (hoop_buf_reserve(b, HOOP_FRAME_HEADER) == HOOP_OK) {

        b->len += HOOP_FRAME_HEADER;

        if (hoop_event_begin(b, &audit->chain, ngx_hoop_audit_now(), head)
            == HOOP_OK)
        {
            return b;
        }
    }

    audit->failed = 1;

    return NULL;
}


ngx_int_t
ngx_hoop_audit_end(void)
{
    size_t             text;
    hoop_buf_t        *b;
    ngx_hoop_audit_t  *audit;

    audit = ngx_hoop_audit;

    if (audit == NULL || audit->failed) {
        return NGX_ERROR;
    }

    b = &audit->buf;

    if (hoop_event_end(b, &audit->chain) != HOOP_OK) {
        audit->failed = 1;
        return NGX_ERROR;
    }

    text = b->len - audit->frame - HOOP_FRAME_HEADER;

    hoop_frame_header(b->data + audit->frame, audit->chain.slot,
                      audit->chain.seq, audit->chain.ts, text);

    audit->events++;

    return NGX_OK;
}


static void
ngx_hoop_audit_gap_event(ngx_hoop_audit_t *audit)
{
    u_char              since[HOOP_TIME_LEN];
    hoop_buf_t         *b;
    hoop_event_head_t   head;

    ngx_memzero(&head, sizeof(hoop_event_head_t));
    head.type = "gap";

    b = ngx_hoop_audit_begin(audit, &head);
    if (b == NULL) {
        return;
    }

    if (audit->dropped) {
        (void) hoop_event_uint(b, "dropped", audit->dropped);
    }

    if (audit->refused) {
        (void) hoop_event_uint(b, "refused", audit->refused);
    }

    hoop_time_format(since, audit->since);
    (void) hoop_event_string(b, "since", hoop_str(since, HOOP_TIME_LEN));

    (void) ngx_hoop_audit_end();

    audit->gap = 1;
}


/* a gap that no request has told of so far; there is no transaction now */

static void
ngx_hoop_audit_gap(ngx_hoop_audit_t *audit)
{
    if (audit->refused == 0 && audit->dropped == 0) {
        return;
    }

    if (!audit->open || audit->sync_failed || ngx_hoop_audit_full(audit, 0)) {
        return;
    }

    ngx_hoop_audit_start(audit);
    ngx_hoop_audit_gap_event(audit);

    (void) ngx_hoop_audit_commit(NULL);
}


void
ngx_hoop_audit_rollback(void)
{
    ngx_hoop_audit_t  *audit;

    audit = ngx_hoop_audit;

    if (audit
        && (audit->events || audit->failed
            || audit->buf.len > audit->deferred))
    {
        audit->chain = audit->saved;
        ngx_hoop_audit_start(audit);
    }
}


ngx_int_t
ngx_hoop_audit_commit(ngx_hoop_audit_wait_t *w)
{
    ngx_int_t          rc;
    ngx_hoop_audit_t  *audit;

    audit = ngx_hoop_audit;

    if (audit == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_hoop_audit_ready(audit);
    if (rc != NGX_OK) {
        return (rc == NGX_DONE) ? NGX_OK : NGX_ERROR;
    }

    rc = ngx_hoop_audit_write(audit);

    if (rc != NGX_OK || w == NULL
        || audit->conf->sync != NGX_HOOP_AUDIT_SYNC_ALWAYS
        || audit->written == audit->synced)
    {
        return rc;
    }

    w->seq = audit->written;
    ngx_hoop_audit_sync_wait(audit, w);

    return NGX_AGAIN;
}


ngx_int_t
ngx_hoop_audit_commit_now(void)
{
    uint64_t           written;
    ngx_int_t          rc;
    ngx_hoop_audit_t  *audit;

    audit = ngx_hoop_audit;

    written = audit ? audit->written : 0;

    rc = ngx_hoop_audit_commit(NULL);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    if (audit->written == written) {
        return NGX_DECLINED;
    }

    if (audit->conf->sync != NGX_HOOP_AUDIT_SYNC_OFF) {
        ngx_hoop_audit_sync_now(audit);
    }

    return NGX_OK;
}


ngx_int_t
ngx_hoop_audit_commit_later(void)
{
    ngx_int_t          rc;
    ngx_hoop_audit_t  *audit;

    audit = ngx_hoop_audit;

    if (audit == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_hoop_audit_ready(audit);
    if (rc != NGX_OK) {
        return (rc == NGX_DONE) ? NGX_OK : NGX_ERROR;
    }

    if (audit->gap || audit->buf.len > NGX_HOOP_AUDIT_DEFER
        || ngx_hoop_audit_full(audit, audit->buf.len))
    {
        return ngx_hoop_audit_write(audit);
    }

    audit->deferred = audit->buf.len;
    audit->deferred_events += audit->events;

    ngx_hoop_audit_start(audit);

    if (!audit->flush.posted) {
        ngx_post_event(&audit->flush, &ngx_posted_events);
    }

    return NGX_OK;
}


static void
ngx_hoop_audit_flush_handler(ngx_event_t *ev)
{
    ngx_hoop_audit_t  *audit;

    audit = ev->data;

    if (audit->deferred) {
        (void) ngx_hoop_audit_write(audit);
    }
}


/* NGX_OK: there is a sound transaction; NGX_DONE: an empty one */

static ngx_int_t
ngx_hoop_audit_ready(ngx_hoop_audit_t *audit)
{
    if (audit->failed) {

        if (!audit->counted) {
            (void) ngx_hoop_audit_lost(audit, 0, 1);

            ngx_log_error(NGX_LOG_ERR, audit->log, 0,
                          "hoop audit: an event is too large, or there is no "
                          "memory for it");
        }

        ngx_hoop_audit_rollback();
        return NGX_ERROR;
    }

    if (audit->events == 0) {
        ngx_hoop_audit_rollback();
        return NGX_DONE;
    }

    return NGX_OK;
}


/* NGX_OK: written, or dropped as the operator wants it */

static ngx_int_t
ngx_hoop_audit_write(ngx_hoop_audit_t *audit)
{
    ngx_int_t    rc;
    ngx_err_t    err;
    ngx_uint_t   full;
    hoop_buf_t  *b;

    b = &audit->buf;
    full = ngx_hoop_audit_full(audit, b->len);

    if (full
        || ngx_hoop_spool_write(&audit->spool, b->data, b->len,
                                audit->base.seq + 1,
                                audit->conf->segment_size)
           != NGX_OK)
    {
        if (!full) {
            err = ngx_errno;

            if (!audit->write_failed) {
                audit->write_failed = 1;
                ngx_log_error(NGX_LOG_CRIT, audit->log, err,
                              "hoop audit: slot %uD cannot be written, "
                              "nothing is accepted", audit->spool.slot);
            }

            full = (err == NGX_ENOSPC || err == EDQUOT || err == EFBIG);
        }

        rc = ngx_hoop_audit_lost(audit, full, audit->events - audit->gap);

        audit->dropped += audit->deferred_events;
        audit->chain = audit->base;

        ngx_hoop_audit_empty(audit);

        return rc;
    }

    if (audit->gap || audit->write_failed || audit->full) {
        ngx_log_error(NGX_LOG_NOTICE, audit->log, 0,
                      "hoop audit: slot %uD accepts again, %uL transactions "
                      "were refused, %uL events dropped", audit->spool.slot,
                      audit->refused, audit->dropped);

        audit->write_failed = 0;
        audit->full = 0;
    }

    if (audit->gap) {
        audit->refused = 0;
        audit->dropped = 0;
    }

    ngx_hoop_ship_add(&audit->ship, b->data, b->len, audit->base.seq + 1);

    audit->written = audit->chain.seq;

    ngx_hoop_audit_empty(audit);
    ngx_hoop_checkpoint_written(audit);

    if (audit->conf->sync == NGX_HOOP_AUDIT_SYNC_OFF) {
        audit->synced = audit->written;
        ngx_hoop_ship_allow(&audit->ship, audit->written, NGX_HOOP_SHIP_DELAY);

    } else {
        ngx_hoop_audit_sync_dirty(audit);
    }

    return NGX_OK;
}


static void
ngx_hoop_audit_empty(ngx_hoop_audit_t *audit)
{
    audit->deferred = 0;
    audit->deferred_events = 0;

    if (audit->buf.size > NGX_HOOP_AUDIT_KEEP) {
        hoop_buf_free(&audit->buf);
    }

    ngx_hoop_audit_start(audit);
}


void
ngx_hoop_audit_cancel(ngx_hoop_audit_wait_t *w)
{
    if (w->waiting) {
        ngx_hoop_audit_sync_leave(ngx_hoop_audit, w);
    }
}


/* 1 if len more bytes are beyond max_size */

static ngx_uint_t
ngx_hoop_audit_full(ngx_hoop_audit_t *audit, size_t len)
{
    if (audit->rc == NULL && !audit->conf->max_size_set) {
        return 0;
    }

    if (audit->ship.unshipped + (off_t) len < audit->conf->max_size) {
        return 0;
    }

    if (!audit->full) {
        audit->full = 1;
        ngx_log_error(NGX_LOG_CRIT, audit->log, 0,
                      "hoop audit: slot %uD is full, %O bytes of it are not "
                      "shipped: %s", audit->spool.slot, audit->ship.unshipped,
                      audit->conf->on_full == NGX_HOOP_AUDIT_FULL_DENY
                      ? "nothing is accepted" : "events are dropped");
    }

    return 1;
}


/* counts what is not accepted; NGX_OK if the operator wants to go on */

static ngx_int_t
ngx_hoop_audit_lost(ngx_hoop_audit_t *audit, ngx_uint_t full,
    ngx_uint_t events)
{
    if (audit->refused == 0 && audit->dropped == 0) {
        audit->since = ngx_hoop_audit_now();
    }

    if (full && audit->conf->on_full == NGX_HOOP_AUDIT_FULL_DROP) {
        audit->dropped += events;
        return NGX_OK;
    }

    /* none: a gap event on its own */

    if (events) {
        audit->refused++;
    }

    return NGX_ERROR;
}
