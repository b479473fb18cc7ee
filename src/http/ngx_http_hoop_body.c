
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The request body, where policy, approval or recording needs it: read in the
 * access phase by nginx's own reader, and looked at by a request body filter
 * while it arrives, so that a body in a temporary file is never read back.
 * The filter keeps the head (up to body_cap) and the SHA-256 of all of it.
 */


#include "ngx_http_hoop.h"


static void ngx_http_hoop_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_hoop_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);


static ngx_http_request_body_filter_pt  ngx_http_next_request_body_filter;


ngx_int_t
ngx_http_hoop_body_init(ngx_conf_t *cf)
{
    ngx_http_next_request_body_filter = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = ngx_http_hoop_body_filter;

    return NGX_OK;
}


ngx_uint_t
ngx_http_hoop_has_body(ngx_http_request_t *r)
{
    return r->headers_in.content_length_n > 0 || r->headers_in.chunked;
}


ngx_int_t
ngx_http_hoop_body_read(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    size_t cap)
{
    ngx_int_t  rc;

    if (r->request_body || r->discard_body) {

        /* somebody has read it, or given up on it, before us: not seen */

        ctx->body_failed = 1;
        return NGX_HTTP_BAD_REQUEST;
    }

    hoop_buf_init(&ctx->body, cap);
    ctx->body_cap = cap;
    ctx->body_size = 0;
    ctx->body_time = ngx_time();
    ctx->body_truncated = 0;

    if (ctx->exchange && hoop_buf_reserve(&ctx->body, cap) != HOOP_OK) {

        /* it is wiped in the end, and could not be where it had been before */

        ctx->body_failed = 1;
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    hoop_sha256_init(&ctx->body_md);

    ctx->capture = 1;

    /* may call the handler, and all that follows, before it returns */

    rc = ngx_http_read_client_request_body(r, ngx_http_hoop_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        ctx->capture = 0;
        ctx->body_failed = 1;
        return rc;
    }

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


static void
ngx_http_hoop_body_handler(ngx_http_request_t *r)
{
    ngx_http_hoop_ctx_t  *ctx;

    ctx = ngx_http_hoop_ctx(r);

    ctx->capture = 0;
    ctx->body_read = 1;

    hoop_sha256_final(&ctx->body_md, ctx->body_sha256);

    if (r->request_body == NULL || r->request_body->rest != 0) {
        ctx->body_failed = 1;
    }

    r->preserve_body = 1;

    r->write_event_handler = ngx_http_core_run_phases;
    ngx_http_core_run_phases(r);
}


static ngx_int_t
ngx_http_hoop_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    size_t                size, n;
    ngx_buf_t            *b;
    ngx_chain_t          *cl;
    ngx_http_hoop_ctx_t  *ctx;

    ctx = ngx_http_hoop_ctx(r);

    if (ctx == NULL || !ctx->capture) {
        return ngx_http_next_request_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {
        b = cl->buf;

        if (!ngx_buf_in_memory(b)) {

            if (b->in_file) {
                ctx->body_failed = 1;
            }

            continue;
        }

        size = b->last - b->pos;
        ctx->body_size += size;

        hoop_sha256_update(&ctx->body_md, b->pos, size);

        n = ngx_min(size, ctx->body_cap - ctx->body.len);

        if (n < size) {
            ctx->body_truncated = 1;
        }

        if (n && hoop_buf_add(&ctx->body, b->pos, n) != HOOP_OK) {
            ctx->body_failed = 1;
        }

        if (ctx->exchange && b->temporary) {

            /* the tokens of a form are for nobody else, and for no file */

            ngx_explicit_memzero(b->pos, size);
        }
    }

    return ngx_http_next_request_body_filter(r, in);
}


/* not all of it may be here: it was read for another purpose, or cut */

void
ngx_http_hoop_body_judge(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    hoop_error_t           err;
    hoop_policy_request_t  req;

    if (ctx->body_kind != HOOP_BODY_NONE || ctx->body_size == 0) {
        return;
    }

    if (ctx->body_truncated || ctx->body_failed) {
        ctx->body_kind = HOOP_BODY_AMBIGUOUS;
        return;
    }

    ngx_memzero(&req, sizeof(hoop_policy_request_t));

    req.header = ngx_http_hoop_header;
    req.header_ctx = r;

    hoop_body_judge(&req, hoop_str(ctx->body.data, ctx->body.len), &err);

    ctx->body_kind = req.body;
    ctx->body_json = req.body_json;
    ctx->body_text = req.body_text;

    if (req.body == HOOP_BODY_AMBIGUOUS) {

        /* line 0: it is not about a place */

        ngx_http_hoop_log(NGX_LOG_INFO, r, "ambiguous body, line %ui, column "
                          "%ui: %s, session %*s", (ngx_uint_t) err.line,
                          (ngx_uint_t) err.column, err.text,
                          (size_t) NGX_HTTP_HOOP_SESSION, ctx->session);
    }
}


ngx_uint_t
ngx_http_hoop_body_form(ngx_http_request_t *r)
{
    hoop_str_t  value;

    static const hoop_str_t  media = hoop_string("content-type");
    static const hoop_str_t  coding = hoop_string("content-encoding");

    return ngx_http_hoop_header(r, coding, &value) == HOOP_DECLINED
           && ngx_http_hoop_header(r, media, &value) == HOOP_OK
           && hoop_media_is(value, "application/x-www-form-urlencoded")
              == HOOP_OK;
}


int
ngx_http_hoop_header(void *data, hoop_str_t name, hoop_str_t *value)
{
    ngx_http_request_t *r = data;

    int               rc;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    rc = HOOP_DECLINED;
    i = 0;
    part = &r->headers_in.headers.part;

    while ((header = ngx_http_hoop_next(&part, &i)) != NULL) {

        if (header->hash == 0
            || header->key.len != name.len
            || ngx_strncasecmp(header->key.data, (u_char *) name.data,
                               name.len)
               != 0)
        {
            continue;
        }

        if (rc != HOOP_DECLINED) {
            return HOOP_ERROR;
        }

        *value = hoop_request_value(ngx_http_hoop_str(&header->value));
        rc = HOOP_OK;
    }

    return rc;
}
