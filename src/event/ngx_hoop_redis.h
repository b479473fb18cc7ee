
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * One pipelined Redis connection a worker: nginx's transport, hiredis' RESP.
 *
 * States: IDLE > CONNECT > HANDSHAKE (AUTH, SELECT, CLIENT SETNAME) > READY,
 * and on any failure BACKOFF > CONNECT.  The connection belongs to the cycle
 * of its process; commands belong to their caller until they are sent, and
 * the pending queue keeps a {handler, data} pair for each reply due.
 */


#ifndef _NGX_HOOP_REDIS_H_INCLUDED_
#define _NGX_HOOP_REDIS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <hiredis/hiredis.h>

#include "../core/hoop_core.h"


typedef struct {
    ngx_str_t               url;           /* as written, for messages */
    ngx_addr_t             *addrs;         /* resolved at config time */
    ngx_uint_t              naddrs;
    ngx_str_t               user;
    ngx_str_t               password;      /* from password_file=; no log */
    ngx_uint_t              db;
    ngx_str_t               prefix;        /* of all keys; "hoop:" */
    ngx_str_t               approvals;     /* stream and channel; with a NUL */
    ngx_str_t               pending;       /* their zset */
    ngx_uint_t              tagged;        /* all keys are in one slot */
    ngx_msec_t              connect_timeout;   /* default 1s */
    ngx_msec_t              timeout;           /* of a command, default 2s */
} ngx_hoop_redis_conf_t;


#define NGX_HOOP_REDIS_PREFIX  64          /* its length at most */


typedef struct ngx_hoop_redis_s     ngx_hoop_redis_t;
typedef struct ngx_hoop_redis_op_s  ngx_hoop_redis_op_t;

/*
 * reply is NULL when the connection was lost, the command timed out or the
 * queue was torn down; it is freed after the handler returns.  The handler
 * may issue and cancel commands, but not destroy the connection, and must not
 * touch a request directly: it stores the result and posts an event.
 */
typedef void (*ngx_hoop_redis_handler_pt)(void *data, redisReply *reply);


/*
 * hoop_redis redis://[host][:port][/db] | unix:/path [db=N] [user=NAME]
 *            [password_file=PATH] [timeout=T] [connect_timeout=T]
 *            [prefix=TEXT];
 * Reads the arguments of cf->args.  NGX_CONF_OK or an error already logged.
 */
char *ngx_hoop_redis_conf_parse(ngx_conf_t *cf, ngx_hoop_redis_conf_t *conf);

/* what all keys begin with */
hoop_str_t ngx_hoop_redis_prefix(ngx_hoop_redis_t *rc);

/* in a worker only; connects by a posted event, never blocks */
ngx_hoop_redis_t *ngx_hoop_redis_create(ngx_cycle_t *cycle,
    ngx_hoop_redis_conf_t *conf);
/* closes; every pending handler is called with NULL */
void ngx_hoop_redis_destroy(ngx_hoop_redis_t *rc);

/* 1 if commands can be expected to be answered soon (not in BACKOFF); a
   command that is refused then may bring the next attempt forward */
ngx_uint_t ngx_hoop_redis_available(ngx_hoop_redis_t *rc);

/* called each time the connection becomes READY, before queued commands are
   sent, and with ready = 0 when it is lost; several may be registered */
ngx_int_t ngx_hoop_redis_on_state(ngx_hoop_redis_t *rc,
    void (*handler)(void *data, ngx_uint_t ready), void *data);

/*
 * Makes of a new connection a subscriber: of all that is published on the
 * channel the handler gets the text, which it must not trust, and it may not
 * destroy the connection.  "up" changes with what can be expected to arrive.
 * Commands but PING are not for this connection.  Its failures are logged as
 * information: the other connection of the worker tells them.
 */
void ngx_hoop_redis_subscribe(ngx_hoop_redis_t *rc, const char *channel,
    void (*handler)(void *data, hoop_str_t message),
    void (*up)(void *data, ngx_uint_t up), void *data);

/*
 * Queues a command; the arguments are copied before the call returns.  NULL
 * if it cannot be queued (BACKOFF, queue full, memory): then the handler is
 * not called.  Otherwise it is called exactly once, never from within this
 * call, unless the op is cancelled: then never.
 */
ngx_hoop_redis_op_t *ngx_hoop_redis_command(ngx_hoop_redis_t *rc, int argc,
    const char **argv, const size_t *argvlen,
    ngx_hoop_redis_handler_pt handler, void *data);
/*
 * The same for what is RESP already, a whole command in malloc()ed memory: it
 * is taken over in any case, and not copied.
 */
ngx_hoop_redis_op_t *ngx_hoop_redis_command_raw(ngx_hoop_redis_t *rc,
    u_char *cmd, size_t len, ngx_hoop_redis_handler_pt handler, void *data);
void ngx_hoop_redis_cancel(ngx_hoop_redis_op_t *op);

/* the name of a script, for EVALSHA */
void ngx_hoop_redis_script(const char *script, u_char sha1[40]);
/* 1 if the reply says that the server does not know it: EVAL brings it there */
ngx_uint_t ngx_hoop_redis_noscript(redisReply *reply);


#endif /* _NGX_HOOP_REDIS_H_INCLUDED_ */
