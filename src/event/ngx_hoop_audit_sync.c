
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Durability: fdatasync() in a thread, one at a time, for all that was written
 * until it began.  sync=batch begins one a while after the first write, or as
 * soon as there is much to be shipped (memory holds only so much of it);
 * sync=always at the end of the event loop's turn; who waits is woken in the
 * order of commits.
 *
 * Events are shipped once they are durable, not before: a stream must not hold
 * what a power failure takes from the spool, or the chain would fork.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_hoop_audit_int.h"


static void ngx_hoop_audit_sync_handler(ngx_event_t *ev);
static void ngx_hoop_audit_sync_begin(ngx_hoop_audit_t *audit);
static void ngx_hoop_audit_sync_collect(ngx_hoop_audit_t *audit);
static void ngx_hoop_audit_sync_run(void *data, ngx_log_t *log);
#if (NGX_THREADS)
static void ngx_hoop_audit_sync_thread_handler(ngx_event_t *ev);
#endif
static void ngx_hoop_audit_sync_end(ngx_hoop_audit_t *audit);
static void ngx_hoop_audit_sync_wake(ngx_hoop_audit_t *audit, uint64_t seq,
    ngx_uint_t ok);
static void ngx_hoop_audit_sync_patience_handler(ngx_event_t *ev);


ngx_int_t
ngx_hoop_audit_sync_init(ngx_hoop_audit_t *audit)
{
    audit->sync_event.handler = ngx_hoop_audit_sync_handler;
    audit->sync_event.data = audit;
    audit->sync_event.log = audit->log;
    audit->sync_event.cancelable = 1;

    audit->patience.handler = ngx_hoop_audit_sync_patience_handler;
    audit->patience.data = audit;
    audit->patience.log = audit->log;

#if (NGX_THREADS)

    audit->task = ngx_thread_task_alloc(audit->cycle->pool,
                                        sizeof(ngx_hoop_audit_sync_t));
    if (audit->task == NULL) {
        return NGX_ERROR;
    }

    audit->sync = audit->task->ctx;
    audit->task->handler = ngx_hoop_audit_sync_run;
    audit->task->event.handler = ngx_hoop_audit_sync_thread_handler;
    audit->task->event.data = audit;
    audit->task->event.log = audit->log;

#else

    audit->sync = ngx_pcalloc(audit->cycle->pool,
                              sizeof(ngx_hoop_audit_sync_t));
    if (audit->sync == NULL) {
        return NGX_ERROR;
    }

#endif

    return NGX_OK;
}


void
ngx_hoop_audit_sync_dirty(ngx_hoop_audit_t *audit)
{
    ngx_event_t  *ev;

    ev = &audit->sync_event;

    if (audit->syncing || audit->written == audit->synced || ev->posted) {
        return;
    }

    if (!audit->sync_failed
        && (audit->conf->sync == NGX_HOOP_AUDIT_SYNC_ALWAYS
            || audit->written - audit->synced >= NGX_HOOP_AUDIT_SYNC_EVENTS))
    {
        if (ev->timer_set) {
            ngx_del_timer(ev);
        }

        ngx_post_event(ev, &ngx_posted_events);
        return;
    }

    if (!ev->timer_set) {
        ngx_add_timer(ev, audit->sync_failed ? NGX_HOOP_AUDIT_SYNC_RETRY
                                             : NGX_HOOP_AUDIT_SYNC_DELAY);
    }
}


static void
ngx_hoop_audit_sync_handler(ngx_event_t *ev)
{
    ngx_hoop_audit_t  *audit;

    audit = ev->data;

    ev->timedout = 0;

    if (audit->syncing) {
        return;
    }

    ngx_hoop_audit_sync_begin(audit);

    if (audit->syncing) {
        return;
    }

    /* no threads: here and now, it is that or no durability */

    ngx_hoop_audit_sync_run(audit->sync, audit->log);
    ngx_hoop_audit_sync_end(audit);
}


void
ngx_hoop_audit_sync_now(ngx_hoop_audit_t *audit)
{
    if (audit->syncing) {
        return;
    }

    ngx_hoop_audit_sync_collect(audit);
    ngx_hoop_audit_sync_run(audit->sync, audit->log);
    ngx_hoop_audit_sync_end(audit);
}


static void
ngx_hoop_audit_sync_begin(ngx_hoop_audit_t *audit)
{
    ngx_hoop_audit_sync_collect(audit);

#if (NGX_THREADS)

    if (audit->conf->thread_pool
        && ngx_thread_task_post(audit->conf->thread_pool, audit->task)
           == NGX_OK)
    {
        audit->syncing = 1;
    }

#endif
}


static void
ngx_hoop_audit_sync_collect(ngx_hoop_audit_t *audit)
{
    ngx_uint_t              i;
    ngx_hoop_spool_t       *sp;
    ngx_hoop_audit_sync_t  *sync;

    sp = &audit->spool;
    sync = audit->sync;

    sync->n = 0;
    sync->err = 0;
    sync->seq = audit->written;

    for (i = 0; i < sp->nclosing; i++) {
        sync->fd[sync->n++] = sp->closing[i];
    }

    sync->nclosing = sp->nclosing;

    if (sp->fd != NGX_INVALID_FILE) {
        sync->fd[sync->n++] = sp->fd;
    }

    sync->created = sp->created;

    if (sync->created) {
        sync->fd[sync->n++] = sp->dir;
        sp->created = 0;
    }
}


static void
ngx_hoop_audit_sync_run(void *data, ngx_log_t *log)
{
    ngx_hoop_audit_sync_t *sync = data;

    ngx_uint_t  i;

    for (i = 0; i < sync->n; i++) {
        if (fdatasync(sync->fd[i]) == -1) {
            sync->err = ngx_errno;
            return;
        }
    }
}


#if (NGX_THREADS)

static void
ngx_hoop_audit_sync_thread_handler(ngx_event_t *ev)
{
    ngx_hoop_audit_t *audit = ev->data;

    audit->syncing = 0;

    ngx_hoop_audit_sync_end(audit);
}

#endif


static void
ngx_hoop_audit_sync_end(ngx_hoop_audit_t *audit)
{
    ngx_uint_t              i;
    ngx_hoop_spool_t       *sp;
    ngx_hoop_audit_sync_t  *sync;

    sp = &audit->spool;
    sync = audit->sync;

    if (sync->err) {
        sp->created |= sync->created;

        if (!audit->sync_failed) {
            audit->sync_failed = 1;
            ngx_log_error(NGX_LOG_ALERT, audit->log, sync->err,
                          "hoop audit: fdatasync() in slot %uD failed, events "
                          "from %uL on may be lost with the power, "
                          "nothing is accepted", sp->slot, audit->synced + 1);
        }

        /* then another place should have them, soon */

        ngx_hoop_ship_allow(&audit->ship, sync->seq, 0);

        ngx_hoop_audit_sync_wake(audit, sync->seq, 0);
        ngx_hoop_audit_sync_dirty(audit);

        return;
    }

    if (audit->sync_failed) {
        audit->sync_failed = 0;
        ngx_log_error(NGX_LOG_NOTICE, audit->log, 0,
                      "hoop audit: slot %uD can be synced again", sp->slot);
    }

    for (i = 0; i < sync->nclosing; i++) {
        (void) ngx_close_file(sp->closing[i]);
    }

    sp->nclosing -= sync->nclosing;

    for (i = 0; i < sp->nclosing; i++) {
        sp->closing[i] = sp->closing[i + sync->nclosing];
    }

    audit->synced = sync->seq;

    ngx_hoop_ship_allow(&audit->ship, audit->synced, 0);

    ngx_hoop_audit_sync_wake(audit, audit->synced, 1);

    if (audit->patience.timer_set) {

        /* who waits now came later: the disk is busy and does not hang */

        ngx_add_timer(&audit->patience, NGX_HOOP_AUDIT_SYNC_PATIENCE);
    }

    ngx_hoop_audit_sync_dirty(audit);
}


static void
ngx_hoop_audit_sync_wake(ngx_hoop_audit_t *audit, uint64_t seq, ngx_uint_t ok)
{
    ngx_queue_t            *q;
    ngx_hoop_audit_wait_t  *w;

    while (!ngx_queue_empty(&audit->waiting)) {
        q = ngx_queue_head(&audit->waiting);
        w = ngx_queue_data(q, ngx_hoop_audit_wait_t, queue);

        if (w->seq > seq) {
            break;
        }

        ngx_hoop_audit_sync_leave(audit, w);
        w->handler(w, ok);
    }
}


/*
 * Neither a posted event nor a thread's task keeps a worker that was told to
 * quit: only a timer does, and so there is one while anybody waits.
 */

void
ngx_hoop_audit_sync_wait(ngx_hoop_audit_t *audit, ngx_hoop_audit_wait_t *w)
{
    w->waiting = 1;
    ngx_queue_insert_tail(&audit->waiting, &w->queue);

    if (!audit->patience.timer_set) {
        ngx_add_timer(&audit->patience, NGX_HOOP_AUDIT_SYNC_PATIENCE);
    }
}


void
ngx_hoop_audit_sync_leave(ngx_hoop_audit_t *audit, ngx_hoop_audit_wait_t *w)
{
    ngx_queue_remove(&w->queue);
    w->waiting = 0;

    if (ngx_queue_empty(&audit->waiting) && audit->patience.timer_set) {
        ngx_del_timer(&audit->patience);
    }
}


/* a disk that hangs: those who have waited long enough are refused */

static void
ngx_hoop_audit_sync_patience_handler(ngx_event_t *ev)
{
    ngx_hoop_audit_t *audit = ev->data;

    ngx_log_error(NGX_LOG_ALERT, audit->log, 0,
                  "hoop audit: fdatasync() in slot %uD does not end, nothing "
                  "is accepted", audit->spool.slot);

    ngx_hoop_audit_sync_wake(audit, audit->written, 0);
}


/*
 * The thread pool is gone by now, and with it any task: its threads leave only
 * when they are idle.  Requests that wait die with the process.
 */

void
ngx_hoop_audit_sync_done(ngx_hoop_audit_t *audit)
{
    if (audit->sync_event.timer_set) {
        ngx_del_timer(&audit->sync_event);
    }

    if (audit->sync_event.posted) {
        ngx_delete_posted_event(&audit->sync_event);
    }

    if (audit->patience.timer_set) {
        ngx_del_timer(&audit->patience);
    }

    if (audit->written == audit->synced || !audit->open) {
        return;
    }

    ngx_hoop_audit_sync_collect(audit);
    ngx_hoop_audit_sync_run(audit->sync, audit->log);

    if (audit->sync->err) {
        ngx_log_error(NGX_LOG_ALERT, audit->log, audit->sync->err,
                      "hoop audit: fdatasync() in slot %uD failed at exit",
                      audit->spool.slot);
        return;
    }

    audit->synced = audit->sync->seq;
}
