
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The body filter: what the header filter let through is masked while it flows.
 *
 * It copies: input is consumed into our own, bounded buffers and
 * the upstream's never go on (nginx's event pipe may free those under HTTP/2).
 * That is cheap beside a system call, which is why those are saved:
 * ngx_http_hoop_mask_out.c gathers what one turn of the event loop brings.
 *
 *     in        links to input not consumed yet; buf->pos moves as it is
 *     inflate   for a coded body: 16k of text between zlib and the masker
 *     list      of an MCP server: holds a document, or an event, before that
 *     out       filled buffers, to be sent; then they are in "busy"
 *     busy      sent, and not yet written to the client by nginx
 *     free      to be filled again; with busy at most hoop_mask_buffers of
 *               them, and fewer while the masker holds much
 *
 * No free buffer: "nomem", the input stays where it is (that is how the
 * upstream is slowed down), and r->buffered makes nginx call again.  So it is
 * when much was inflated at once: "yield", an event goes on in the next turn.
 */


#include "ngx_http_hoop_filter.h"


static void ngx_http_hoop_filter_cut(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx);
static void ngx_http_hoop_filter_cleanup(void *data);
static ngx_int_t ngx_http_hoop_filter_process(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx);
static ngx_int_t ngx_http_hoop_filter_take(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx, const u_char **p, const u_char *end);
static ngx_int_t ngx_http_hoop_filter_listed(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx);
static ngx_int_t ngx_http_hoop_filter_feed(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx, const u_char **p, const u_char *end,
    ngx_uint_t flags);
static ngx_int_t ngx_http_hoop_filter_slices(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx, const u_char **p, const u_char *end,
    ngx_uint_t flags);
static ngx_int_t ngx_http_hoop_filter_text(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx, const u_char *p, const u_char *end);
static ngx_int_t ngx_http_hoop_filter_inflate(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx, ngx_buf_t *b);


static ngx_http_output_body_filter_pt  ngx_http_next_body_filter;


ngx_int_t
ngx_http_hoop_mask_init(ngx_conf_t *cf)
{
    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_hoop_body_filter;

    return NGX_OK;
}


ngx_int_t
ngx_http_hoop_mask_create(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_mask_list_t *list, hoop_mask_mode_e mode, ngx_uint_t coded)
{
    ngx_uint_t                   i;
    ngx_pool_cleanup_t          *cln;
    ngx_http_hoop_filter_ctx_t  *fctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_hoop_filter_ctx_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    fctx = cln->data;
    ngx_memzero(fctx, sizeof(ngx_http_hoop_filter_ctx_t));

    cln->handler = ngx_http_hoop_filter_cleanup;

    fctx->main = ctx;
    fctx->list = ctx->mcp_list;
    fctx->last_out = &fctx->out;
    fctx->inspect = (list->n != 0);
    ngx_memcpy(fctx->masked, ctx->masked, sizeof(fctx->masked));
    fctx->record = (ctx->record == HOOP_RECORD_PAYLOAD
                    && mode != HOOP_MASK_BINARY
                    && (list->n || r->headers_out.content_encoding == NULL));

    if (list->n || ctx->nsecrets) {
        fctx->mask = hoop_mask_create(mode == HOOP_MASK_BINARY
                                          ? HOOP_MASK_TEXT : mode,
                                      list->sets, list->n, ctx->secrets,
                                      ctx->nsecrets, ctx->conf->mask_hold);
        if (fctx->mask == NULL) {
            return NGX_ERROR;
        }
    }

    /* what did not pass the default set is masked before it is recorded */

    ctx->record_raw = 1;

    for (i = 0; i < list->n; i++) {
        if (list->sets[i] == hoop_mask_set_default()) {
            ctx->record_raw = 0;
        }
    }

    hoop_buf_free(&ctx->recorded);
    ctx->record_cap = ctx->conf->record_max
                      + (ctx->record_raw ? NGX_HTTP_HOOP_SLACK : 0);
    hoop_buf_init(&ctx->recorded, ctx->record_cap);
    ctx->response_size = 0;

    if (ctx->record != HOOP_RECORD_OFF) {
        hoop_sha256_init(&ctx->response_md);
        ctx->digest = 1;
    }

    if (coded) {
        fctx->text = ngx_palloc(r->pool, NGX_HTTP_HOOP_INFLATE);
        if (fctx->text == NULL) {
            return NGX_ERROR;
        }

        /* 15 + 32: gzip or zlib, told by the first bytes */

        if (inflateInit2(&fctx->zstream, MAX_WBITS + 32) != Z_OK) {
            return NGX_ERROR;
        }

        fctx->coded = 1;
        fctx->text_pos = fctx->text;
        fctx->text_last = fctx->text;
    }

    ngx_http_set_ctx(r, fctx, ngx_http_hoop_filter_module);

    return NGX_OK;
}


static void
ngx_http_hoop_filter_cleanup(void *data)
{
    ngx_http_hoop_filter_ctx_t *fctx = data;

    if (fctx->event.posted) {
        ngx_delete_posted_event(&fctx->event);
    }

    if (fctx->turn.posted) {
        ngx_delete_posted_event(&fctx->turn);
    }

    hoop_mask_free(fctx->mask);
    fctx->mask = NULL;

    if (fctx->coded) {
        (void) inflateEnd(&fctx->zstream);
        fctx->coded = 0;
    }
}


ngx_int_t
ngx_http_hoop_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_int_t                    rc;
    ngx_uint_t                   i;
    const uint32_t              *counts;
    ngx_http_hoop_filter_ctx_t  *fctx;

    fctx = ngx_http_get_module_ctx(r, ngx_http_hoop_filter_module);

    if (fctx == NULL || fctx->done) {
        return ngx_http_next_body_filter(r, in);
    }

    if (fctx->failed) {
        return NGX_ERROR;
    }

    if (in && ngx_chain_add_copy(r->pool, &fctx->in, in) != NGX_OK) {
        fctx->failed = 1;
        return NGX_ERROR;
    }

    if (fctx->yield) {
        r->buffered |= NGX_HTTP_HOOP_BUFFERED;
        return NGX_AGAIN;
    }

    if (fctx->nomem) {

        /* flush busy buffers */

        if (ngx_http_next_body_filter(r, NULL) == NGX_ERROR) {
            fctx->failed = 1;
            return NGX_ERROR;
        }

        ngx_chain_update_chains(r->pool, &fctx->free, &fctx->busy, &fctx->out,
                              (ngx_buf_tag_t) &ngx_http_hoop_filter_module);
        fctx->last_out = &fctx->out;
        fctx->nomem = 0;

        ngx_http_hoop_filter_trim(r, fctx);
    }

    for ( ;; ) {

        rc = ngx_http_hoop_filter_process(r, fctx);

        if (fctx->mask) {
            counts = hoop_mask_counts(fctx->mask);

            for (i = 0; i < HOOP_DETECT_ALL; i++) {
                fctx->main->masked[i] = fctx->masked[i] + counts[i];
            }
        }

        if (rc == NGX_ERROR) {
            break;
        }

        if (ngx_http_hoop_filter_gather(r, fctx)) {
            return NGX_OK;
        }

        if (ngx_http_hoop_filter_flags(r, fctx) != NGX_OK) {
            break;
        }

        if (fctx->nomem) {
            r->buffered |= NGX_HTTP_HOOP_BUFFERED;

        } else {
            r->buffered &= ~NGX_HTTP_HOOP_BUFFERED;
        }

        if (fctx->out == NULL) {
            ngx_http_hoop_filter_trim(r, fctx);

            return (fctx->busy || fctx->yield) ? NGX_AGAIN : NGX_OK;
        }

        if (fctx->finished && !fctx->nomem) {
            fctx->done = 1;
            fctx->main->complete = 1;

            ngx_http_hoop_filter_trailers(r);
        }

        rc = ngx_http_next_body_filter(r, fctx->out);

        if (rc == NGX_ERROR) {
            fctx->failed = 1;
            return NGX_ERROR;
        }

        ngx_chain_update_chains(r->pool, &fctx->free, &fctx->busy, &fctx->out,
                              (ngx_buf_tag_t) &ngx_http_hoop_filter_module);
        fctx->last_out = &fctx->out;

        ngx_http_hoop_filter_trim(r, fctx);

        if (fctx->done) {
            return rc;
        }

        if (!fctx->nomem) {
            return rc;
        }

        if (fctx->free == NULL || fctx->yield) {

            /* the client is slow: nothing more until it has read */

            return NGX_AGAIN;
        }

        fctx->nomem = 0;
    }

    ngx_http_hoop_filter_cut(r, fctx);

    return NGX_ERROR;
}


/* the stream ends here: bytes that are not decided never go out */

static void
ngx_http_hoop_filter_cut(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx)
{
    ngx_chain_t    *cl;
    struct linger   linger;

    fctx->failed = 1;
    r->buffered &= ~NGX_HTTP_HOOP_BUFFERED;

    fctx->main->mask_failed = 1;

    for (cl = fctx->out; cl; cl = cl->next) {
        fctx->main->response_size -= ngx_buf_size(cl->buf);
    }

    if (r->http_version < NGX_HTTP_VERSION_20 && !r->chunked
        && r->headers_out.content_length_n == -1)
    {
        /* the client would take the end of the connection for that of the
           answer: it gets a reset instead */

        linger.l_onoff = 1;
        linger.l_linger = 0;

        if (setsockopt(r->connection->fd, SOL_SOCKET, SO_LINGER,
                       (const void *) &linger, sizeof(struct linger))
            == -1)
        {
            ngx_http_hoop_log(NGX_LOG_ALERT, r, "setsockopt(SO_LINGER) "
                              "failed: %d", ngx_socket_errno);
        }
    }

    if (fctx->main->limit.reached == NULL
        && (fctx->list == NULL || fctx->list->refused == NULL))
    {
        ngx_http_hoop_log(NGX_LOG_ERR, r, "masking cannot go on, the "
                          "connection is closed, session %*s",
                          (size_t) NGX_HTTP_HOOP_SESSION, fctx->main->session);
    }
}


/* moves input through the masker: NGX_OK; NGX_ERROR */

static ngx_int_t
ngx_http_hoop_filter_process(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx)
{
    u_char         *pos;
    ngx_buf_t      *b;
    ngx_int_t       rc;
    ngx_chain_t    *cl;
    const u_char   *p;

    for ( ;; ) {

        /* text that is inflated or let out, and not yet masked, comes first */

        rc = ngx_http_hoop_filter_listed(r, fctx);

        if (rc != NGX_OK || fctx->nomem) {
            return rc;
        }

        if (fctx->text_pos < fctx->text_last) {
            rc = ngx_http_hoop_filter_take(r, fctx, &fctx->text_pos,
                                           fctx->text_last);
            if (rc != NGX_OK || fctx->nomem) {
                return rc;
            }
        }

        cl = fctx->in;

        if (cl == NULL) {
            break;
        }

        b = cl->buf;

        if (b->in_file && !ngx_buf_in_memory(b)) {

            /* filter_need_in_memory was not honoured: never pass it unseen */

            return NGX_ERROR;
        }

        if (ngx_buf_in_memory(b) && b->pos < b->last) {

            if (fctx->coded) {

                if (fctx->inflated >= NGX_HTTP_HOOP_TURN) {
                    ngx_http_hoop_filter_yield(r, fctx);
                    return NGX_OK;
                }

                rc = ngx_http_hoop_filter_inflate(r, fctx, b);

                if (rc != NGX_OK) {
                    return rc;
                }

                if (fctx->text_pos < fctx->text_last || b->pos < b->last) {
                    continue;
                }

            } else {
                p = b->pos;
                pos = b->pos;

                rc = ngx_http_hoop_filter_take(r, fctx, &p, b->last);

                b->pos = pos + (p - pos);

                if (rc != NGX_OK || fctx->nomem) {
                    return rc;
                }
            }
        }

        if (b->flush || b->sync) {
            fctx->flush = 1;
        }

        if (b->recycled) {
            fctx->prompt = 1;
        }

        if (b->last_buf || b->last_in_chain) {
            fctx->last = 1;
            fctx->sync = !b->last_buf;
        }

        /* a buffer may be of a file as well: all of it has been taken */

        if (b->in_file) {
            b->file_pos = b->file_last;
        }

        fctx->in = cl->next;
        ngx_free_chain(r->pool, cl);
    }

    if (fctx->last && !fctx->finished) {

        if (fctx->coded && !fctx->coded_end) {

            /* cut short: what came so far was judged, the rest is missing */

            return NGX_ERROR;
        }

        if (ngx_http_hoop_mcp_list_end(r, fctx->main) != NGX_OK) {
            return NGX_ERROR;
        }

        rc = ngx_http_hoop_filter_listed(r, fctx);

        if (rc != NGX_OK || fctx->nomem) {
            return rc;
        }

        p = NULL;

        rc = ngx_http_hoop_filter_feed(r, fctx, &p, NULL, HOOP_MASK_LAST);

        if (rc != NGX_OK || fctx->nomem) {
            return rc;
        }

        fctx->finished = 1;

    } else if (fctx->flush) {
        p = NULL;

        rc = ngx_http_hoop_filter_feed(r, fctx, &p, NULL, HOOP_MASK_FLUSH);

        if (rc != NGX_OK || fctx->nomem) {
            return rc;
        }
    }

    return NGX_OK;
}


/* text of the target; a list takes all of it, and lets out what it may */

static ngx_int_t
ngx_http_hoop_filter_take(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx, const u_char **p, const u_char *end)
{
    const u_char  *start;

    if (fctx->list == NULL) {
        return ngx_http_hoop_filter_feed(r, fctx, p, end, 0);
    }

    start = *p;
    *p = end;

    if (ngx_http_hoop_limit_body(r, fctx->main, start, end - start) != NGX_OK
        || ngx_http_hoop_mcp_list_body(r, fctx->main, start, end - start)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_hoop_filter_listed(r, fctx);
}


/* what the list has let out goes on; all of it, or nomem is set */

static ngx_int_t
ngx_http_hoop_filter_listed(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx)
{
    ngx_int_t                  rc;
    hoop_buf_t                *out;
    const u_char              *p;
    ngx_http_hoop_mcp_list_t  *ml;

    ml = fctx->list;

    if (ml == NULL || ml->list.out.len == 0) {
        return NGX_OK;
    }

    out = &ml->list.out;
    p = out->data + ml->sent;

    rc = ngx_http_hoop_filter_feed(r, fctx, &p, out->data + out->len, 0);

    ml->sent = p - out->data;

    if (rc == NGX_OK && !fctx->nomem) {
        out->len = 0;
        ml->sent = 0;
    }

    return rc;
}


static ngx_int_t
ngx_http_hoop_filter_text(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx, const u_char *p, const u_char *end)
{
    while (fctx->nhead < 4 && p < end) {
        fctx->head[fctx->nhead++] = *p++;
    }

    if (fctx->nhead == 4) {
        fctx->inspect = 0;
    }

    if (!hoop_mask_coded(fctx->head, fctx->nhead)) {
        return NGX_OK;
    }

    ngx_http_hoop_log(NGX_LOG_ERR, r, "the target's answer is not the text "
                      "that it is said to be, session %*s",
                      (size_t) NGX_HTTP_HOOP_SESSION, fctx->main->session);

    return NGX_ERROR;
}


/* NGX_OK, with nomem set where not all could be placed */

static ngx_int_t
ngx_http_hoop_filter_feed(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx, const u_char **p, const u_char *end,
    ngx_uint_t flags)
{
    ssize_t        n;
    void          *sink[2];
    const u_char  *start;

    sink[0] = r;
    sink[1] = fctx;
    start = *p;

    if (fctx->inspect && ngx_http_hoop_filter_text(r, fctx, *p, end) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (fctx->mask == NULL) {
        n = ngx_http_hoop_filter_sink(sink, *p, end - *p);
        *p += n;

        if (n < 0) {
            return NGX_ERROR;
        }

        fctx->nomem = (*p < end);

    } else if (ngx_http_hoop_filter_slices(r, fctx, p, end, flags) != NGX_OK) {
        return NGX_ERROR;
    }

    /* of a list it was counted as it came */

    return fctx->list ? NGX_OK
                      : ngx_http_hoop_limit_body(r, fctx->main, start,
                                                 *p - start);
}


/*
 * The buffers that the client has are not given back, so that the masker comes
 * to hold more only where there is room beside them.
 */

static ngx_int_t
ngx_http_hoop_filter_slices(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx, const u_char **p, const u_char *end,
    ngx_uint_t flags)
{
    void          *sink[2];
    const u_char  *last;

    sink[0] = r;
    sink[1] = fctx;

    do {
        if (*p < end && ngx_http_hoop_filter_full(fctx)) {
            fctx->nomem = 1;
            return NGX_OK;
        }

        last = (end - *p > NGX_HTTP_HOOP_SLICE) ? *p + NGX_HTTP_HOOP_SLICE
                                                : end;

        switch (hoop_mask_feed(fctx->mask, p, last, last == end ? flags : 0,
                               ngx_http_hoop_filter_sink, sink))
        {
        case HOOP_OK:
            break;

        case HOOP_AGAIN:
            fctx->nomem = 1;
            return NGX_OK;

        default:
            return NGX_ERROR;
        }

    } while (*p < end);

    return NGX_OK;
}


/* fills the text buffer from b; at least one of the two makes progress */

static ngx_int_t
ngx_http_hoop_filter_inflate(ngx_http_request_t *r,
    ngx_http_hoop_filter_ctx_t *fctx, ngx_buf_t *b)
{
    int  rc;

    if (fctx->coded_end) {

        /* bytes after the end: another member, that nobody promised */

        return NGX_ERROR;
    }

    fctx->zstream.next_in = b->pos;
    fctx->zstream.avail_in = b->last - b->pos;
    fctx->zstream.next_out = fctx->text;
    fctx->zstream.avail_out = NGX_HTTP_HOOP_INFLATE;

    rc = inflate(&fctx->zstream, Z_NO_FLUSH);

    b->pos = fctx->zstream.next_in;

    fctx->text_pos = fctx->text;
    fctx->text_last = fctx->zstream.next_out;
    fctx->inflated += fctx->text_last - fctx->text_pos;

    if (rc == Z_STREAM_END) {
        fctx->coded_end = 1;
        return NGX_OK;
    }

    if (rc != Z_OK && rc != Z_BUF_ERROR) {
        ngx_http_hoop_log(NGX_LOG_ERR, r, "inflate() failed: %d", rc);
        return NGX_ERROR;
    }

    if (fctx->text_pos == fctx->text_last && b->pos < b->last) {
        return NGX_ERROR;
    }

    return NGX_OK;
}
