
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The body filter's own: what ngx_http_hoop_mask_filter.c reads and masks goes
 * into buffers of ngx_http_hoop_mask_out.c.
 */


#ifndef _NGX_HTTP_HOOP_FILTER_H_INCLUDED_
#define _NGX_HTTP_HOOP_FILTER_H_INCLUDED_


#include "ngx_http_hoop.h"

#include <zlib.h>


/* the one bit of r->buffered that no filter beside image_filter uses */
#define NGX_HTTP_HOOP_BUFFERED    0x08

#define NGX_HTTP_HOOP_INFLATE     16384

/*
 * Inflated before others have their turn: what a worker reads at once may stand
 * for a thousand times as much.
 */
#define NGX_HTTP_HOOP_TURN        (512 * 1024)

/* of output and of what is held together, unless there are more buffers */
#define NGX_HTTP_HOOP_MEMORY      (64 * 1024)

/* masked before that is looked at again */
#define NGX_HTTP_HOOP_SLICE       4096


typedef struct {
    ngx_http_hoop_ctx_t   *main;           /* of the main request */
    hoop_mask_t           *mask;           /* owned */
    ngx_http_hoop_mcp_list_t  *list;       /* or NULL */

    ngx_chain_t           *in;
    ngx_chain_t           *out;
    ngx_chain_t          **last_out;
    ngx_chain_t           *free;
    ngx_chain_t           *busy;
    ngx_chain_t           *bare;           /* headers without memory */
    ngx_buf_t             *buf;            /* being filled, or NULL */
    ngx_int_t              bufs;

    z_stream               zstream;
    u_char                *text;           /* of inflated bytes */
    const u_char          *text_pos;
    const u_char          *text_last;

    uint32_t               masked[HOOP_DETECT_ALL];   /* in the headers */
    u_char                 head[4];        /* the first bytes of the text */
    ngx_uint_t             nhead;

    size_t                 inflated;       /* in this turn */

    ngx_event_t            event;          /* posted: send what is gathered */
    ngx_event_t            turn;           /* posted: go on inflating */

    unsigned               inspect:1;      /* is it what it is said to be? */
    unsigned               coded:1;        /* zstream is open */
    unsigned               coded_end:1;    /* its end has been seen */
    unsigned               record:1;
    unsigned               nomem:1;
    unsigned               yield:1;        /* the turn is over */
    unsigned               flush:1;        /* pass a flush on */
    unsigned               prompt:1;       /* upstream is not done yet: send */
    unsigned               late:1;         /* gather no more */
    unsigned               last:1;         /* the end has been read */
    unsigned               sync:1;         /* ... of a subrequest */
    unsigned               finished:1;     /* ... and decided */
    unsigned               done:1;         /* ... and passed on */
    unsigned               failed:1;
} ngx_http_hoop_filter_ctx_t;


ngx_int_t ngx_http_hoop_body_filter(ngx_http_request_t *r, ngx_chain_t *in);

/* takes masked bytes; data: r and its filter's context */
ssize_t ngx_http_hoop_filter_sink(void *data, const u_char *p, size_t len);
/* 1 if what there is waits for what else this turn of the event loop brings */
ngx_uint_t ngx_http_hoop_filter_gather(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx);
/* 1 if the client has to take some of it before the masker holds more */
ngx_uint_t ngx_http_hoop_filter_full(ngx_http_hoop_filter_ctx_t *fctx);
/* gives back free buffers where the masker has come to hold more */
void ngx_http_hoop_filter_trim(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx);
/* goes on in the next turn of the event loop */
void ngx_http_hoop_filter_yield(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx);
/* ends a round: what must go out now is in fctx->out */
ngx_int_t ngx_http_hoop_filter_flags(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx);


#endif /* _NGX_HTTP_HOOP_FILTER_H_INCLUDED_ */
