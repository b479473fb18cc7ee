
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the parts of the audit share: ngx_hoop_audit.c, the slot and the
 * transaction; ngx_hoop_audit_sync.c, durability; ngx_hoop_checkpoint.c, what
 * is signed; ngx_hoop_audit_adopt.c, idle slots; ngx_hoop_audit_conf.c.  Nobody else includes this.
 */


#ifndef _NGX_HOOP_AUDIT_INT_H_INCLUDED_
#define _NGX_HOOP_AUDIT_INT_H_INCLUDED_


#include "ngx_hoop_audit.h"
#include "ngx_hoop_ship.h"
#include "ngx_hoop_spool.h"


#define NGX_HOOP_AUDIT_BUFFER      (4 * 1024 * 1024)
#define NGX_HOOP_AUDIT_KEEP        (256 * 1024)
#define NGX_HOOP_AUDIT_DEFER       (64 * 1024)
#define NGX_HOOP_AUDIT_TICK        1000
#define NGX_HOOP_AUDIT_SYNC_DELAY  50
#define NGX_HOOP_AUDIT_SYNC_EVENTS 1024
#define NGX_HOOP_AUDIT_SYNC_RETRY  1000
#define NGX_HOOP_AUDIT_SYNC_PATIENCE 30000

/*
 * Acknowledged segments are kept this long: a Redis that syncs its append-only
 * file every second may forget what it has acknowledged.
 */
#define NGX_HOOP_AUDIT_TRIM_DELAY  10000

#define NGX_HOOP_AUDIT_MAX_RETAKE  60000


/*
 * What a sync works on; while it runs, in a thread, it belongs to the thread.
 * The descriptors stay open until it is over.
 */

typedef struct {
    ngx_fd_t                fd[NGX_HOOP_SPOOL_CLOSING + 2];
    ngx_uint_t              n;
    ngx_uint_t              nclosing;      /* the first of fd[] */
    ngx_uint_t              created;       /* the last of fd[] is the folder */
    ngx_err_t               err;
    uint64_t                seq;           /* covered by it */
} ngx_hoop_audit_sync_t;


/* an idle slot of which nothing has to be shipped, as long as its lock file
   has not changed; or one that is not to be tried before a time */

typedef struct {
    struct timespec         mtime;
    ngx_msec_t              retry;
    unsigned                shipped:1;
    unsigned                wait:1;
} ngx_hoop_audit_idle_t;


typedef struct {
    /* event ident must be after 3 pointers as in ngx_connection_t */
    void                   *dummy[3];
    ngx_int_t               ident;

    ngx_hoop_audit_conf_t  *conf;
    ngx_cycle_t            *cycle;
    ngx_log_t              *log;
    ngx_hoop_redis_t       *rc;
    ngx_uint_t              ready;         /* of the connection */

    /* the slot */
    ngx_hoop_spool_t        spool;
    hoop_chain_t            chain;
    ngx_hoop_ship_t         ship;
    ngx_event_t             tick;
    ngx_msec_t              retake;
    ngx_msec_t              retake_at;

    /* the transaction */
    hoop_buf_t              buf;
    hoop_chain_t            base;
    hoop_chain_t            saved;
    ngx_uint_t              events;
    size_t                  deferred;      /* bytes */
    ngx_uint_t              deferred_events;
    ngx_event_t             flush;
    size_t                  frame;         /* where the current event began */

    /* what is to be written before anything else; or NULL */
    ngx_int_t             (*first)(void);

    /* what was not accepted, and not yet told by a gap event */
    uint64_t                refused;       /* transactions */
    uint64_t                dropped;       /* events */
    uint64_t                since;         /* ms */

    /* durability */
    uint64_t                written;
    uint64_t                synced;
    ngx_event_t             sync_event;
    ngx_queue_t             waiting;       /* by seq */
    /* the bound of their wait; a worker that exits gracefully stays for it */
    ngx_event_t             patience;
    ngx_hoop_audit_sync_t  *sync;
#if (NGX_THREADS)
    ngx_thread_task_t      *task;
#endif

    /* the last checkpoint; texts of those that others are to be told of */
    hoop_buf_t              checkpoint;
    uint64_t                checkpoint_seq;    /* 0: none by this worker */
    u_char                  checkpoint_hash[HOOP_HASH_LEN];
    uint64_t                checkpoint_base;   /* events are counted from */
    ngx_msec_t              checkpoint_at;
    ngx_event_t             checkpoint_event;

    /* the adopted slot, one at a time */
    ngx_hoop_spool_t        idle_spool;
    ngx_hoop_ship_t         idle_ship;
    ngx_hoop_audit_idle_t  *idle;          /* [NGX_HOOP_SPOOL_SLOTS] */
    struct timespec         idle_mtime;

    unsigned                open:1;        /* a slot is held */
    unsigned                in_event:1;
    unsigned                failed:1;      /* the transaction */
    unsigned                counted:1;     /* as refused */
    unsigned                gap:1;         /* it begins with a gap event */
    unsigned                full:1;        /* and it was logged */
    unsigned                write_failed:1;    /* and it was logged */
    unsigned                sync_failed:1;
    unsigned                syncing:1;
    unsigned                adopting:1;
    unsigned                anchor_failed:1;
} ngx_hoop_audit_t;


/* the one of this worker; NULL before init() and after done() */
extern ngx_hoop_audit_t  *ngx_hoop_audit;


/* ngx_hoop_audit.c */

/* 1 if an event of nobody's would be accepted now */
ngx_uint_t ngx_hoop_audit_accepts(ngx_hoop_audit_t *audit);

/* ngx_hoop_checkpoint.c */

void ngx_hoop_checkpoint_init(ngx_hoop_audit_t *audit);
/* a slot was taken, something was written, a second has gone by */
void ngx_hoop_checkpoint_taken(ngx_hoop_audit_t *audit);
void ngx_hoop_checkpoint_written(ngx_hoop_audit_t *audit);
void ngx_hoop_checkpoint_tick(ngx_hoop_audit_t *audit);
/* the worker leaves: before the last sync, and after it */
void ngx_hoop_checkpoint_last(ngx_hoop_audit_t *audit);
void ngx_hoop_checkpoint_done(ngx_hoop_audit_t *audit);

/* ngx_hoop_audit_sync.c */

ngx_int_t ngx_hoop_audit_sync_init(ngx_hoop_audit_t *audit);
/* something was written */
void ngx_hoop_audit_sync_dirty(ngx_hoop_audit_t *audit);
void ngx_hoop_audit_sync_wait(ngx_hoop_audit_t *audit,
    ngx_hoop_audit_wait_t *w);
void ngx_hoop_audit_sync_leave(ngx_hoop_audit_t *audit,
    ngx_hoop_audit_wait_t *w);
void ngx_hoop_audit_sync_done(ngx_hoop_audit_t *audit);
/* here and now; while a thread syncs, the next of its syncs does */
void ngx_hoop_audit_sync_now(ngx_hoop_audit_t *audit);

/* ngx_hoop_audit_adopt.c */

ngx_int_t ngx_hoop_audit_adopt_init(ngx_hoop_audit_t *audit);
void ngx_hoop_audit_adopt(ngx_hoop_audit_t *audit);
void ngx_hoop_audit_adopt_stop(ngx_hoop_audit_t *audit);


#endif /* _NGX_HOOP_AUDIT_INT_H_INCLUDED_ */
