
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the two halves of the Redis connection share: ngx_hoop_redis.c, the
 * commands and their bytes, and ngx_hoop_redis_connect.c, its life.  Nobody
 * else includes this.
 */


#ifndef _NGX_HOOP_REDIS_INT_H_INCLUDED_
#define _NGX_HOOP_REDIS_INT_H_INCLUDED_


#include "ngx_hoop_redis.h"


#define NGX_HOOP_REDIS_MAX_OPS       65536
#define NGX_HOOP_REDIS_MAX_QUEUED    (16 * 1024 * 1024)
#define NGX_HOOP_REDIS_MAX_REPLY     (16 * 1024 * 1024)
#define NGX_HOOP_REDIS_MAX_ELEMENTS  (1024 * 1024)

#define NGX_HOOP_REDIS_OUT           65536
#define NGX_HOOP_REDIS_IN            32768

#define NGX_HOOP_REDIS_LISTENERS     4

/* one after the other, before one is given up */
#define NGX_HOOP_REDIS_MOVES         5

#define NGX_HOOP_REDIS_MIN_DELAY     100
#define NGX_HOOP_REDIS_MAX_DELAY     10000
#define NGX_HOOP_REDIS_UNSTABLE_DELAY  1000
/* once somebody asks, no need to wait longer than this between attempts */
#define NGX_HOOP_REDIS_DEMAND_DELAY  1000
/* a connection that lived as long as this was a good one */
#define NGX_HOOP_REDIS_STABLE        5000


typedef enum {
    NGX_HOOP_REDIS_IDLE = 0,
    NGX_HOOP_REDIS_CONNECT,
    NGX_HOOP_REDIS_HANDSHAKE,
    NGX_HOOP_REDIS_READY,
    NGX_HOOP_REDIS_BACKOFF,
    NGX_HOOP_REDIS_CLOSED
} ngx_hoop_redis_state_e;


/* hiredis 1.0 has changed the type of the number of elements */

#if (HIREDIS_MAJOR >= 1)
typedef size_t  ngx_hoop_redis_elements_t;
#else
typedef int  ngx_hoop_redis_elements_t;
#endif


struct ngx_hoop_redis_op_s {
    ngx_queue_t                  queue;
    ngx_hoop_redis_t            *rc;
    ngx_hoop_redis_handler_pt    handler;   /* NULL: cancelled */
    void                        *data;
    ngx_msec_t                   start;

    char                        *cmd;       /* redisFreeCommand(); NULL: sent */
    size_t                       len;

    /* a command of the handshake: its name, and it may be refused */
    const char                  *handshake;
    unsigned                     optional:1;

    unsigned                     pending:1;
    unsigned                     done:1;    /* its handler runs */
};


typedef struct {
    void                       (*handler)(void *data, ngx_uint_t ready);
    void                        *data;
} ngx_hoop_redis_listener_t;


typedef struct {
    const char                  *channel;   /* NULL: no subscriber */
    void                       (*handler)(void *data, hoop_str_t message);
    void                       (*up)(void *data, ngx_uint_t up);
    void                        *data;
} ngx_hoop_redis_subscriber_t;


struct ngx_hoop_redis_s {
    ngx_hoop_redis_conf_t       *conf;
    ngx_pool_t                  *pool;
    ngx_log_t                    log;

    ngx_hoop_redis_state_e       state;
    ngx_uint_t                   addr;      /* of conf->addrs, the current */
    ngx_addr_t                   moved;     /* instead; name.len 0: none */
    ngx_sockaddr_t               moved_addr;
    u_char                       moved_name[NGX_SOCKADDR_STRLEN];
    ngx_uint_t                   moves;     /* since it was READY */
    ngx_connection_t            *connection;

    ngx_queue_t                  queued;
    ngx_queue_t                  pending;
    ngx_uint_t                   nops;      /* in both */
    size_t                       bytes;     /* of commands not yet sent */

    u_char                      *out;
    u_char                      *in;
    u_char                      *pos;
    u_char                      *last;
    ngx_hoop_redis_op_t         *large;

    redisReader                 *reader;
    redisReplyObjectFunctions   *defaults;
    redisReplyObjectFunctions    functions;
    size_t                       fed;       /* of the unfinished reply */
    size_t                       elements;

    ngx_event_t                  flush;
    ngx_event_t                  timer;     /* of the oldest op */
    ngx_event_t                  retry;
    ngx_event_t                  ping;      /* of a subscriber */
    ngx_msec_t                   delay;
    ngx_msec_t                   since;     /* READY */
    ngx_msec_t                   attempted;

    ngx_uint_t                   nlisteners;
    ngx_hoop_redis_listener_t    listeners[NGX_HOOP_REDIS_LISTENERS];

    ngx_hoop_redis_subscriber_t  subscriber;

    const char                  *reason;    /* of the last failure, logged */
    unsigned                     closing:1;
    unsigned                     moving:1;  /* to "moved", at once */
};


/* ngx_hoop_redis.c */

void ngx_hoop_redis_flush(ngx_hoop_redis_t *rc);
void ngx_hoop_redis_unlink(ngx_hoop_redis_t *rc,
    ngx_hoop_redis_op_t *op);
/* all, or only what has been sent: the rest goes over the next connection */
void ngx_hoop_redis_drain(ngx_hoop_redis_t *rc, ngx_uint_t all);
void ngx_hoop_redis_read_handler(ngx_event_t *rev);
void ngx_hoop_redis_write_handler(ngx_event_t *wev);

/* ngx_hoop_redis_subscribe.c */

/* 1: it was one, and is taken care of */
ngx_uint_t ngx_hoop_redis_message(ngx_hoop_redis_t *rc, redisReply *reply);

/* ngx_hoop_redis_connect.c */

ngx_int_t ngx_hoop_redis_test_connect(ngx_hoop_redis_t *rc);
void ngx_hoop_redis_connected(ngx_hoop_redis_t *rc);
void ngx_hoop_redis_handshake_reply(ngx_hoop_redis_t *rc,
    ngx_hoop_redis_op_t *op, redisReply *reply);
void ngx_hoop_redis_fail(ngx_hoop_redis_t *rc, ngx_err_t err,
    const char *reason);
void ngx_hoop_redis_close(ngx_hoop_redis_t *rc);
/* the node of a cluster that has our slot, if the reply names it: the reason
   for going there; else NULL */
const char *ngx_hoop_redis_moved(ngx_hoop_redis_t *rc, redisReply *reply);
void ngx_hoop_redis_retry_handler(ngx_event_t *ev);
u_char *ngx_hoop_redis_log_error(ngx_log_t *log, u_char *buf,
    size_t len);


#endif /* _NGX_HOOP_REDIS_INT_H_INCLUDED_ */
