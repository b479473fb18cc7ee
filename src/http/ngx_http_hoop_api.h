
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the two halves of hoop_api share: ngx_http_hoop_api.c, the request and
 * its answer, and ngx_http_hoop_api_vote.c, a vote.  Nobody else includes
 * this.
 */


#ifndef _NGX_HTTP_HOOP_API_H_INCLUDED_
#define _NGX_HTTP_HOOP_API_H_INCLUDED_


#include "ngx_http_hoop.h"


#define NGX_HTTP_HOOP_API_BODY  16384
#define NGX_HTTP_HOOP_API_TEXT  1024     /* bytes of a subject, or a filter */


typedef enum {
    NGX_HTTP_HOOP_API_LIST = 0,
    NGX_HTTP_HOOP_API_SHOW,
    NGX_HTTP_HOOP_API_CHECK,
    NGX_HTTP_HOOP_API_INTENT,
    NGX_HTTP_HOOP_API_VOTE,
    NGX_HTTP_HOOP_API_PLAN,        /* its body, then the evidence of it */
    NGX_HTTP_HOOP_API_PROPOSE
} ngx_http_hoop_api_step_e;


/* quoted, 32 hexadecimal digits */
#define NGX_HTTP_HOOP_API_ETAG  34


/* what is done to an approval */

typedef enum {
    NGX_HTTP_HOOP_API_APPROVE = 0,
    NGX_HTTP_HOOP_API_DENY,
    NGX_HTTP_HOOP_API_CANCEL
} ngx_http_hoop_api_verb_e;


typedef struct {
    ngx_http_request_t          *request;
    ngx_http_hoop_ctx_t         *ctx;
    ngx_http_hoop_api_step_e     step;
    ngx_http_hoop_api_verb_e     verb;

    ngx_hoop_approval_op_t       op;
    ngx_hoop_audit_wait_t        audit;

    ngx_str_t                    json;        /* ngx_alloc()ed */
    ngx_str_t                    reason;      /* masked */
    ngx_str_t                    rule;
    ngx_str_t                    state;       /* before the vote */

    ngx_hoop_approval_filter_t   filter;      /* of a list */
    hoop_plan_t                 *plan;        /* that is posted; owned */

    /* a read that waits for something new: see ngx_http_hoop_api_hold.c */

    ngx_hoop_approval_listener_t  listener;
    ngx_event_t                  timer;
    ngx_msec_t                   until;       /* if "holds" */
    u_char                       etag[NGX_HTTP_HOOP_API_ETAG];

    unsigned                     waiting:1;
    unsigned                     audit_ok:1;
    unsigned                     failed:1;    /* no memory for the result */
    unsigned                     plans:1;     /* it is about plans */
    unsigned                     holds:1;     /* it may wait */
    unsigned                     again:1;     /* it has, and asks anew */
} ngx_http_hoop_api_t;


/* ngx_http_hoop_api.c */

/* NGX_AGAIN: the request waits */
ngx_int_t ngx_http_hoop_api_start(ngx_http_hoop_api_t *api);
ngx_int_t ngx_http_hoop_api_send(ngx_http_hoop_api_t *api);
ngx_int_t ngx_http_hoop_api_problem(ngx_http_hoop_api_t *api,
    ngx_uint_t status, const char *detail);

/* ngx_http_hoop_api_query.c: NGX_OK, api->filter set; or what ends the
   request */

ngx_int_t ngx_http_hoop_api_query(ngx_http_hoop_api_t *api);

/* ngx_http_hoop_api_hold.c */

/* for how long it may wait */
void ngx_http_hoop_api_prefer(ngx_http_hoop_api_t *api);
/* what is to be sent is known: NGX_AGAIN, the client has it already and waits;
   NGX_OK: send it; else an error */
ngx_int_t ngx_http_hoop_api_hold(ngx_http_hoop_api_t *api);
void ngx_http_hoop_api_release(ngx_http_hoop_api_t *api);

/* ngx_http_hoop_api_plan.c: what ends the request, or NGX_AGAIN */

ngx_int_t ngx_http_hoop_api_plan(ngx_http_hoop_api_t *api);
ngx_int_t ngx_http_hoop_api_propose(ngx_http_hoop_api_t *api);
ngx_int_t ngx_http_hoop_api_proposed(ngx_http_hoop_api_t *api);

/* the body of the request, at most so many bytes: NGX_OK, or what ends it */
ngx_int_t ngx_http_hoop_api_body(ngx_http_hoop_api_t *api, size_t max,
    hoop_str_t *body);
/* appends "iss sub" */
void ngx_http_hoop_api_subject(ngx_http_hoop_api_t *api, hoop_buf_t *b);

/* ngx_http_hoop_api_vote.c: what ends the request, or NGX_AGAIN; NGX_OK of
   reason: go on */

ngx_int_t ngx_http_hoop_api_reason(ngx_http_hoop_api_t *api);
ngx_int_t ngx_http_hoop_api_check(ngx_http_hoop_api_t *api);
ngx_int_t ngx_http_hoop_api_vote(ngx_http_hoop_api_t *api);
ngx_int_t ngx_http_hoop_api_voted(ngx_http_hoop_api_t *api);


#endif /* _NGX_HTTP_HOOP_API_H_INCLUDED_ */
