
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The audit queue of a worker: events into the worker's own spool slot, and
 * from there to Redis.
 *
 * A slot is a folder <path>/<slot>/ with the file "lock" and the segments
 * <first seq, 20 digits>.seg (frames of hoop_event.h).  A process holds one
 * slot for writing by flock() on "lock": the lowest free number, so that old
 * and new workers of a reload never share a chain; the chain goes on from the
 * slot's last event.  A torn tail is cut when a slot is taken.
 *
 * Whoever holds the lock of a slot ships it.  On each connection the stream's
 * last entry id tells where to go on, so a replay sends nothing twice.  Idle
 * slots with unshipped events are adopted for shipping, then let go.
 * A segment is removed once Redis has acknowledged all of it, but never the
 * newest of a slot (it carries the chain).  Without hoop_redis the spool is
 * the store and nothing is removed.
 */


#ifndef _NGX_HOOP_AUDIT_H_INCLUDED_
#define _NGX_HOOP_AUDIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#if (NGX_THREADS)
#include <ngx_thread_pool.h>
#endif

#include "../core/hoop_event.h"
#include "ngx_hoop_checkpoint.h"
#include "ngx_hoop_redis.h"


#define NGX_HOOP_AUDIT_SYNC_OFF      0     /* accepted: written */
#define NGX_HOOP_AUDIT_SYNC_BATCH    1     /* written; fdatasync off-loop */
#define NGX_HOOP_AUDIT_SYNC_ALWAYS   2     /* accepted: synced */

#define NGX_HOOP_AUDIT_FULL_DENY     0
#define NGX_HOOP_AUDIT_FULL_DROP     1     /* a gap event tells the count */


typedef struct {
    ngx_str_t               path;          /* full name, NUL-terminated */
    ngx_str_t               gateway;
    ngx_uint_t              sync;
    ngx_uint_t              on_full;
    off_t                   max_size;      /* of a slot's unshipped spool */
    size_t                  segment_size;  /* rotate beyond it */
    ngx_hoop_sign_conf_t   *sign;          /* NULL: no hoop_audit_sign */
    unsigned                max_size_set:1;    /* counts without hoop_redis */
#if (NGX_THREADS)
    ngx_thread_pool_t      *thread_pool;
#endif
} ngx_hoop_audit_conf_t;


/*
 * hoop_audit PATH [gateway=NAME] [sync=always|batch|off] [on_full=deny|drop]
 *            [max_size=1g] [segment_size=16m];
 * Creates no file: the folder is made in init_module by ngx_hoop_audit_prepare
 * (owner: the worker's user, mode 0700).
 */
char *ngx_hoop_audit_conf_parse(ngx_conf_t *cf, ngx_hoop_audit_conf_t *conf);
ngx_int_t ngx_hoop_audit_prepare(ngx_cycle_t *cycle,
    ngx_hoop_audit_conf_t *conf);

/*
 * Per worker; rc may be NULL.  A failure leaves the audit refusing, until a
 * slot can be had: that is tried again and again.
 */
ngx_int_t ngx_hoop_audit_init(ngx_cycle_t *cycle, ngx_hoop_audit_conf_t *conf,
    ngx_hoop_redis_t *rc);
/* syncs what is left, synchronously; before ngx_hoop_redis_destroy() */
void ngx_hoop_audit_done(void);


/*
 * A transaction: any number of events, then commit or rollback.  All of it
 * happens in one call chain, without returning to the event loop, so there is
 * one transaction a worker.  event() begins an event and returns the buffer
 * for its own members (hoop_event_string() ...), NULL if the audit refuses;
 * end() completes it.
 */
hoop_buf_t *ngx_hoop_audit_event(const hoop_event_head_t *head);
ngx_int_t ngx_hoop_audit_end(void);
void ngx_hoop_audit_rollback(void);

typedef struct ngx_hoop_audit_wait_s  ngx_hoop_audit_wait_t;

struct ngx_hoop_audit_wait_s {
    ngx_queue_t             queue;
    uint64_t                seq;
    /* ok = 0: what was committed could not be made durable */
    void                  (*handler)(ngx_hoop_audit_wait_t *w, ngx_uint_t ok);
    void                   *data;
    unsigned                waiting:1;
};

/*
 * NGX_OK     accepted
 * NGX_AGAIN  written; w->handler is called once it is durable (sync=always,
 *            and w given); the caller cancels w when its request dies
 * NGX_ERROR  not accepted: nothing of the transaction is in the chain
 */
ngx_int_t ngx_hoop_audit_commit(ngx_hoop_audit_wait_t *w);
/*
 * For events that nobody waits for, of a request that is over: written
 * together with the next commit, or else at the end of this turn of the loop.
 * NGX_OK or NGX_ERROR; if the write fails then, a gap event counts them.
 */
ngx_int_t ngx_hoop_audit_commit_later(void);
void ngx_hoop_audit_cancel(ngx_hoop_audit_wait_t *w);
/*
 * On the disk when it returns, unless sync=off; NGX_DECLINED: dropped, as the
 * operator wants it.  It blocks: for what a worker writes once.
 */
ngx_int_t ngx_hoop_audit_commit_now(void);

/*
 * What has to be there before any event of this worker, but a gap: fn, called
 * now, or once that may be, writes it, or finds that somebody else has
 * (NGX_OK).  Until then nothing is accepted (NGX_ERROR), or it is tried again
 * later (NGX_DECLINED).
 */
void ngx_hoop_audit_first(ngx_int_t (*fn)(void));


#endif /* _NGX_HOOP_AUDIT_H_INCLUDED_ */
