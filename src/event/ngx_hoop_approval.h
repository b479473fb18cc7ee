
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Approvals in Redis, seen from a worker: claim, wait, vote, list.
 *
 * Every call starts an operation that the caller owns (embedded in its own
 * memory) and must cancel when it dies; the handler is called once, from the
 * event loop, and must only store the result and post an event.
 */


#ifndef _NGX_HOOP_APPROVAL_H_INCLUDED_
#define _NGX_HOOP_APPROVAL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "../core/hoop_approval.h"
#include "../core/hoop_policy.h"
#include "ngx_hoop_redis.h"


typedef enum {
    NGX_HOOP_APPROVAL_ERROR = 0,   /* Redis away, or a reply not understood */
    NGX_HOOP_APPROVAL_PENDING,
    NGX_HOOP_APPROVAL_APPROVED,    /* only from vote: it is not consumed yet */
    NGX_HOOP_APPROVAL_CONSUMED,    /* from claim: by this very call, which may
                                      pass */
    NGX_HOOP_APPROVAL_DENIED,
    NGX_HOOP_APPROVAL_EXPIRED,
    NGX_HOOP_APPROVAL_CANCELLED,   /* by the requester */
    NGX_HOOP_APPROVAL_UNKNOWN,     /* no such id */
    NGX_HOOP_APPROVAL_SELF,        /* vote: by the requester or its actors */
    NGX_HOOP_APPROVAL_NO_RIGHT,    /* vote: not in an approver group */
    NGX_HOOP_APPROVAL_NO_REASON,   /* vote: there has to be one */
    NGX_HOOP_APPROVAL_VOTED,       /* vote: this approver has voted before */
    NGX_HOOP_APPROVAL_NOT_REQUESTER,  /* cancel: by somebody else */
    NGX_HOOP_APPROVAL_CLOSED       /* vote: no longer pending; watch: used
                                      up by another claim */
} ngx_hoop_approval_e;


/* what claim() writes when it makes a new approval; spans, copied */

typedef struct {
    u_char          digest[64];
    hoop_str_t      requester;         /* {"iss":..,"sub":..,"act":..} */
    /* JSON array of "iss sub" strings: subject and whole act chain */
    hoop_str_t      excluded;
    hoop_str_t      target;
    hoop_str_t      method;
    hoop_str_t      uri;               /* masked */
    hoop_str_t      rule;
    hoop_str_t      reason;
    hoop_str_t      summary;           /* masked request, for the human */
    hoop_str_t      session;
    hoop_str_t      run;
    hoop_str_t      approvers;         /* JSON array of group names */
    ngx_uint_t      count;
    ngx_uint_t      ttl;               /* seconds */
    hoop_review_scope_e  scope;
    ngx_uint_t      valid;             /* seconds; 0: until the ttl is over */
    unsigned        required:1;        /* a reason, for each vote */

    /* of a plan: its text, and hoop_approval_plan_key() */
    hoop_str_t      plan;
    u_char          plan_key[64];
} ngx_hoop_approval_request_t;


/* what list() is to find; empty: any */

typedef struct {
    ngx_uint_t      limit;             /* at most 100 */
    hoop_str_t      state;
    hoop_str_t      kind;
    hoop_str_t      rule;
    hoop_str_t      target;
    hoop_str_t      requester;         /* its "sub" */
    hoop_str_t      run;
    hoop_str_t      after;             /* "next" of an answer */
} ngx_hoop_approval_filter_t;


typedef struct ngx_hoop_approval_op_s  ngx_hoop_approval_op_t;

struct ngx_hoop_approval_op_s {
    /* set by the caller */
    void                  (*handler)(ngx_hoop_approval_op_t *op);
    void                   *data;

    /* the result */
    ngx_hoop_approval_e     state;
    u_char                  id[33];    /* 32 hex, NUL; empty if none */
    ngx_uint_t              expires;   /* Unix seconds */
    u_char                  by[256];   /* last approver's "iss sub", NUL */
    u_char                  reason[256];
    /* list and show: a JSON text; plan: its text; valid during the handler
       only */
    hoop_str_t              json;
    uint64_t                used;      /* of plan: bit n - 1 of step n */

    /* internal */
    ngx_queue_t             queue;     /* of the watchers of one id */
    void                   *node;      /* while watching */
    void                   *call;      /* while a script runs */
    unsigned                active:1;  /* one of the two */
};


/* who wants to know that any approval has changed */

typedef struct {
    /* set by the caller; it must only leave a mark and post an event */
    void                  (*handler)(void *data);
    void                   *data;

    /* internal */
    ngx_queue_t             queue;
    unsigned                active:1;
} ngx_hoop_approval_listener_t;


/*
 * In the worker, after ngx_hoop_redis_create(); rc may be NULL, then nothing
 * can be started.  conf is for a connection of its own.  done() comes before
 * ngx_hoop_redis_destroy().
 */
ngx_int_t ngx_hoop_approval_init(ngx_cycle_t *cycle,
    ngx_hoop_redis_conf_t *conf, ngx_hoop_redis_t *rc);
void ngx_hoop_approval_done(void);

/* a new id, NUL behind it; NGX_ERROR: no randomness */
ngx_int_t ngx_hoop_approval_id(u_char id[33]);

/* NGX_OK: started; NGX_ERROR: cannot be, the handler is not called */

/* finds the approval of this digest, makes it, or uses it up */
ngx_int_t ngx_hoop_approval_claim(ngx_hoop_approval_op_t *op,
    const ngx_hoop_approval_request_t *req);
/* makes a plan, op->id is its id: PENDING, or what is there already of the same
   text; CLOSED: the run has another */
ngx_int_t ngx_hoop_approval_propose(ngx_hoop_approval_op_t *op,
    const ngx_hoop_approval_request_t *req);
/* the plan of that key: its state, text and used steps, or UNKNOWN */
ngx_int_t ngx_hoop_approval_plan(ngx_hoop_approval_op_t *op,
    const u_char key[64]);
/* uses up one of the steps (bits) of op->id: CONSUMED, and op->reason is its
   number; CLOSED: none of them is open; else the state of the plan */
ngx_int_t ngx_hoop_approval_step(ngx_hoop_approval_op_t *op, uint64_t steps,
    ngx_uint_t total, ngx_uint_t any);
/* calls the handler once op->id is no longer pending (told by Redis, or at once
   where the vote passed through this worker; polling behind that): APPROVED, DENIED, EXPIRED, CLOSED
   or UNKNOWN.  Nothing is consumed by it: claim again.  While Redis is away it
   goes on waiting; the deadline is the caller's. */
ngx_int_t ngx_hoop_approval_watch(ngx_hoop_approval_op_t *op);
/* op->id is set by the caller.  groups: JSON array of the approver's groups;
   approver: {"iss":..,"sub":..,"act":..}; subject: "iss sub" */
ngx_int_t ngx_hoop_approval_vote(ngx_hoop_approval_op_t *op,
    ngx_uint_t approve, hoop_str_t approver, hoop_str_t subject,
    hoop_str_t groups, hoop_str_t reason);
/* as vote: subject is who cancels, which only the requester may */
ngx_int_t ngx_hoop_approval_withdraw(ngx_hoop_approval_op_t *op,
    hoop_str_t subject, hoop_str_t reason);
/* the name of the stream of transitions */
const char *ngx_hoop_approval_stream(void);

/* JSON object: "approvals" and, if there are more, "next"; the pending ones
   oldest first, others newest first */
ngx_int_t ngx_hoop_approval_list(ngx_hoop_approval_op_t *op,
    const ngx_hoop_approval_filter_t *filter);
/* JSON object of op->id, with "history" and "similar"; state is its state, or
   UNKNOWN without JSON */
ngx_int_t ngx_hoop_approval_show(ngx_hoop_approval_op_t *op);
void ngx_hoop_approval_cancel(ngx_hoop_approval_op_t *op);

/* from now on; it may be called without a change.  Whoever dies unlistens */
void ngx_hoop_approval_listen(ngx_hoop_approval_listener_t *listener);
void ngx_hoop_approval_unlisten(ngx_hoop_approval_listener_t *listener);


#endif /* _NGX_HOOP_APPROVAL_H_INCLUDED_ */
