
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the files of the approvals share: ngx_hoop_approval.c runs scripts,
 * ngx_hoop_approval_watch.c waits for what others decide,
 * ngx_hoop_approval_channel.c is told of it, and ngx_hoop_approval_json.c
 * shows.  Nobody else includes this.
 */


#ifndef _NGX_HOOP_APPROVAL_INT_H_INCLUDED_
#define _NGX_HOOP_APPROVAL_INT_H_INCLUDED_


#include "ngx_hoop_approval.h"


#define NGX_HOOP_APPROVAL_BATCH      64
#define NGX_HOOP_APPROVAL_KEY                                                 \
    (NGX_HOOP_REDIS_PREFIX + sizeof("approval:digest:") + 64)


typedef enum {
    NGX_HOOP_APPROVAL_CLAIM = 0,
    NGX_HOOP_APPROVAL_VOTE,
    NGX_HOOP_APPROVAL_WITHDRAW,
    NGX_HOOP_APPROVAL_POLLING,
    NGX_HOOP_APPROVAL_LISTING,
    NGX_HOOP_APPROVAL_SHOW,
    NGX_HOOP_APPROVAL_PROPOSE,
    NGX_HOOP_APPROVAL_PLAN,
    NGX_HOOP_APPROVAL_STEP,
    NGX_HOOP_APPROVAL_SCRIPTS
} ngx_hoop_approval_script_e;


typedef struct {
    ngx_hoop_approval_op_t      *op;        /* NULL: a poll */
    ngx_hoop_redis_op_t         *redis;
    ngx_hoop_approval_script_e   script;
    ngx_uint_t                   nkeys;
    int                          argc;
    const char                 **argv;
    size_t                      *len;
    unsigned                     full:1;    /* EVAL, not EVALSHA */
} ngx_hoop_approval_call_t;


/* the arguments of a call, before they are copied */

typedef struct {
    ngx_uint_t                   n;
    hoop_str_t                   args[2 * NGX_HOOP_APPROVAL_BATCH + 8];
    u_char                       numbers[3][NGX_INT_T_LEN];
} ngx_hoop_approval_args_t;


typedef struct {
    ngx_str_node_t               sn;
    ngx_queue_t                  queue;
    ngx_queue_t                  watchers;  /* of ngx_hoop_approval_op_t */
    ngx_queue_t                  due;       /* if "hurried" */
    u_char                       id[32];
    unsigned                     woken:1;
    unsigned                     hurried:1; /* to be asked about at once */
} ngx_hoop_approval_node_t;


typedef struct {
    ngx_hoop_redis_t            *rc;
    ngx_cycle_t                 *cycle;
    ngx_rbtree_t                 tree;
    ngx_rbtree_node_t            sentinel;
    ngx_queue_t                  nodes;
    ngx_queue_t                  due;       /* of nodes */
    ngx_queue_t                  listeners;
    ngx_event_t                  timer;
    ngx_event_t                  hurry;
    ngx_event_t                  news;
    ngx_uint_t                   polls;     /* calls in flight */
    ngx_msec_t                   polled;    /* when that was last begun */

    ngx_hoop_redis_conf_t       *conf;
    ngx_hoop_redis_t            *channel;   /* NULL: nobody has waited yet */
    unsigned                     up:1;      /* it is */
    unsigned                     missed:1;  /* ask about all */

    u_char                       sha1[NGX_HOOP_APPROVAL_SCRIPTS][40];
} ngx_hoop_approval_t;


extern ngx_hoop_approval_t  ngx_hoop_approval;


/* ngx_hoop_approval_plan.c */

void ngx_hoop_approval_planned(ngx_hoop_approval_op_t *op,
    redisReply *reply);

/* ngx_hoop_approval.c */

/* a key, and its end */
u_char *ngx_hoop_approval_key(u_char key[NGX_HOOP_APPROVAL_KEY],
    const char *kind, const u_char *id, size_t len);
/* appends names and values of what claim and propose make */
void ngx_hoop_approval_hash(ngx_hoop_approval_args_t *args,
    const ngx_hoop_approval_request_t *req);
void ngx_hoop_approval_text(ngx_hoop_approval_args_t *args,
    const char *name, hoop_str_t value, size_t max);

ngx_int_t ngx_hoop_approval_call(ngx_hoop_approval_op_t *op,
    ngx_hoop_approval_script_e script, ngx_uint_t nkeys,
    ngx_hoop_approval_args_t *args);
ngx_int_t ngx_hoop_approval_parse(redisReply *reply,
    ngx_hoop_approval_op_t *op);
void ngx_hoop_approval_arg(ngx_hoop_approval_args_t *args,
    const void *data, size_t len);
ngx_uint_t ngx_hoop_approval_valid_id(const u_char *p, size_t len);

/* ngx_hoop_approval_watch.c */

void ngx_hoop_approval_unwatch(ngx_hoop_approval_op_t *op);
void ngx_hoop_approval_wake(const ngx_hoop_approval_op_t *result);
void ngx_hoop_approval_timer_handler(ngx_event_t *ev);
/* somebody waits, or listens: the timer runs */
void ngx_hoop_approval_attend(void);
/* asks about this one soon, if somebody waits for it */
void ngx_hoop_approval_hurry(const u_char *id);
void ngx_hoop_approval_hurry_handler(ngx_event_t *ev);
void ngx_hoop_approval_polled(ngx_hoop_approval_call_t *call,
    redisReply *reply);

/* ngx_hoop_approval_channel.c */

void ngx_hoop_approval_channel_open(void);
void ngx_hoop_approval_channel_done(void);
/* tells the listeners, soon and once for many */
void ngx_hoop_approval_news(void);
void ngx_hoop_approval_news_handler(ngx_event_t *ev);

/* ngx_hoop_approval_json.c */

void ngx_hoop_approval_json_init(hoop_buf_t *b);
/* appends what show answers; its state, or NGX_HOOP_APPROVAL_ERROR */
ngx_hoop_approval_e ngx_hoop_approval_json_show(hoop_buf_t *b,
    redisReply *reply);
/* appends what list answers; an approval that is not as it should be is left
   out, so that it does not hide the others */
ngx_int_t ngx_hoop_approval_json_list(hoop_buf_t *b, redisReply *reply);

/* NGX_HOOP_APPROVAL_ERROR if it is not the name of a state */
ngx_hoop_approval_e ngx_hoop_approval_state(const char *p, size_t len);


#endif /* _NGX_HOOP_APPROVAL_INT_H_INCLUDED_ */
