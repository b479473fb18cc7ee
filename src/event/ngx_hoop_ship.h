
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Shipping of one slot to its Redis stream.
 *
 * One batch of events is under way at a time.  A batch is one script, so that
 * it is in the stream as a whole or not at all, and it is refused unless the
 * stream ends where this side believes it does.  So events never get there
 * twice, in another order, or with one missing in between, whatever happens
 * to the connection, to Redis' memory or to its disk; and a stream that was
 * deleted or written to by somebody else is noticed at the next batch.
 *
 *    WAIT      no connection
 *    ASK       to ask where the stream ends; on each connection, each doubt
 *    LOCATE    looking for that event in the spool, a chunk a tick
 *    SEND      batches, as long as there is something to send
 *    HALT      the stream holds what is not ours; ask again later
 *
 * Events come from the segments until all is read; from then on ("live") the
 * writer hands each one over in memory.  If memory is full, or the connection
 * is lost, the segments are the source again.
 */


#ifndef _NGX_HOOP_SHIP_H_INCLUDED_
#define _NGX_HOOP_SHIP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_hoop_redis.h"
#include "ngx_hoop_spool.h"


#define NGX_HOOP_SHIP_EVENTS     256
#define NGX_HOOP_SHIP_BYTES      (256 * 1024)
#define NGX_HOOP_SHIP_QUEUE      (4 * 1024 * 1024)
#define NGX_HOOP_SHIP_DELAY      2
#define NGX_HOOP_SHIP_MIN_RETRY  100
#define NGX_HOOP_SHIP_MAX_RETRY  10000

#define NGX_HOOP_SHIP_ID         sizeof("18446744073709551615-"              \
                                        "18446744073709551615")
/* what RESP puts around an argument */
#define NGX_HOOP_SHIP_BULK       sizeof("$18446744073709551615" CRLF CRLF)


typedef enum {
    NGX_HOOP_SHIP_WAIT = 0,
    NGX_HOOP_SHIP_ASK,
    NGX_HOOP_SHIP_LOCATE,
    NGX_HOOP_SHIP_SEND,
    NGX_HOOP_SHIP_HALT
} ngx_hoop_ship_state_e;


typedef struct ngx_hoop_ship_s  ngx_hoop_ship_t;

struct ngx_hoop_ship_s {
    /* event ident must be after 3 pointers as in ngx_connection_t */
    void                   *dummy[3];
    ngx_int_t               ident;

    ngx_event_t             event;
    ngx_log_t              *log;
    ngx_hoop_redis_t       *rc;
    ngx_hoop_redis_op_t    *op;
    ngx_hoop_spool_t       *spool;
    ngx_hoop_cursor_t       cursor;

    /* of the slot's writer, for a start over; NULL when adopted */
    hoop_chain_t           *chain;
    /* adopted: called when there is nothing left, or it cannot go on */
    void                  (*handler)(ngx_hoop_ship_t *ship, ngx_uint_t done);

    ngx_hoop_ship_state_e   state;
    ngx_msec_t              retry;

    uint64_t                next;      /* to be sent */
    uint64_t                sent_ts;   /* of the one before it */
    uint64_t                limit;     /* not to be sent beyond */
    uint64_t                acked;
    off_t                   unshipped; /* bytes, an upper bound */

    /* the stream's end: as told by Redis (LOCATE), as expected (SEND) */
    u_char                  last[NGX_HOOP_SHIP_ID];
    size_t                  last_len;
    uint64_t                last_ts;
    uint64_t                last_seq;
    u_char                  last_hash[32];   /* of its text */

    /* under way */
    ngx_uint_t              batch;
    off_t                   batch_size;
    uint64_t                batch_seq;
    uint64_t                batch_ts;

    /* live: frames from queue_pos on are still to be sent */
    hoop_buf_t              queue;
    size_t                  queue_pos;

    size_t                  key_len;
    u_char                  key[sizeof("audit::4294967295")
                                + NGX_HOOP_REDIS_PREFIX + HOOP_GATEWAY_LEN];

    unsigned                live:1;
    unsigned                has_hash:1;
    unsigned                rewound:1; /* LOCATE compares with the oldest */
    unsigned                failing:1; /* and it was logged */
    unsigned                halted:1;
};


void ngx_hoop_ship_init(ngx_hoop_ship_t *ship, ngx_hoop_spool_t *sp,
    ngx_hoop_redis_t *rc, hoop_str_t gateway, ngx_log_t *log);
void ngx_hoop_ship_stop(ngx_hoop_ship_t *ship);
/* the connection has become ready, or was lost */
void ngx_hoop_ship_ready(ngx_hoop_ship_t *ship, ngx_uint_t ready);
/* frames that were just written, the first with the given seq */
void ngx_hoop_ship_add(ngx_hoop_ship_t *ship, const u_char *p, size_t len,
    uint64_t first);
/* events up to seq may be sent from now on */
void ngx_hoop_ship_allow(ngx_hoop_ship_t *ship, uint64_t seq,
    ngx_msec_t delay);


#endif /* _NGX_HOOP_SHIP_H_INCLUDED_ */
