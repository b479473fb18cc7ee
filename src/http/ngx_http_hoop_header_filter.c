
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The header filter: it decides once what becomes of an answer.  What cannot be
 * inspected is answered 502; of everything else the headers are cleaned here
 * and the body goes through ngx_http_hoop_mask_filter.c.
 */


#include "ngx_http_hoop.h"


/* queries and what is between them, of one header; the rest is text */
#define NGX_HTTP_HOOP_URLS  64


static ngx_int_t ngx_http_hoop_header_filter(ngx_http_request_t *r);
static ngx_uint_t ngx_http_hoop_filter_passes(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
#if (NGX_HOOP_EARLY_HINTS)
static ngx_int_t ngx_http_hoop_early_hints_filter(ngx_http_request_t *r);
#endif
static ngx_int_t ngx_http_hoop_filter_send(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_subrequest_filter(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_block(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_inspectable(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_uint_t read, hoop_mask_mode_e *mode,
    ngx_uint_t *coded);
static ngx_int_t ngx_http_hoop_coding(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_uint_t *coded);
static ngx_int_t ngx_http_hoop_charset(ngx_str_t *charset);
static ngx_int_t ngx_http_hoop_filter_headers(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_mask_list_t *list);
static void ngx_http_hoop_filter_upstream(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_uint_t ngx_http_hoop_filter_named(ngx_table_elt_t *h,
    ngx_str_t *name);
static ngx_int_t ngx_http_hoop_filter_field(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_mask_list_t *list, ngx_table_elt_t *h);
static ngx_int_t ngx_http_hoop_filter_value(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_mask_list_t *list, ngx_str_t *value,
    u_char url);
static ngx_uint_t ngx_http_hoop_echo(ngx_http_hoop_ctx_t *ctx, ngx_str_t *s);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
#if (NGX_HOOP_EARLY_HINTS)
static ngx_http_output_header_filter_pt  ngx_http_next_early_hints_filter;
#endif


ngx_int_t
ngx_http_hoop_filter_init(ngx_conf_t *cf)
{
    ngx_http_hoop_main_conf_t  *hmcf;

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hoop_module);

    if (!hmcf->enabled) {
        return NGX_OK;
    }

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_hoop_header_filter;

#if (NGX_HOOP_EARLY_HINTS)
    ngx_http_next_early_hints_filter = ngx_http_top_early_hints_filter;
    ngx_http_top_early_hints_filter = ngx_http_hoop_early_hints_filter;
#endif

    return ngx_http_hoop_mask_init(cf);
}


void
ngx_http_hoop_masks(ngx_http_hoop_ctx_t *ctx, ngx_uint_t evidence,
    hoop_mask_list_t *list)
{
    ngx_uint_t              i;
    const hoop_mask_set_t  *set;

    *list = (ctx->verdict.mask_named && ctx->verdict.mask)
            ? *ctx->verdict.mask : ctx->conf->masks;

    if (!evidence) {
        return;
    }

    set = hoop_mask_set_default();

    for (i = 0; i < list->n; i++) {
        if (list->sets[i] == set) {
            return;
        }
    }

    if (list->n == HOOP_MASK_SETS) {
        list->n--;
    }

    list->sets[list->n++] = set;
}


static ngx_int_t
ngx_http_hoop_header_filter(ngx_http_request_t *r)
{
    ngx_uint_t                 read, coded, passed;
    hoop_mask_list_t           list;
    hoop_mask_mode_e           mode;
    ngx_http_hoop_ctx_t       *ctx;

    if (ngx_http_hoop_is_fetch(r) || ngx_http_hoop_subrequest_refused(r)) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_hoop_ctx(r);

    if (ctx == NULL) {
        return ngx_http_next_header_filter(r);
    }

    if (r != r->main) {
        return ngx_http_hoop_subrequest_filter(r, ctx);
    }

    passed = (ctx->state == NGX_HTTP_HOOP_PASSED);

    if (ngx_http_hoop_filter_passes(r, ctx)) {
        ctx->complete = r->header_only;
        ctx->unfiltered = passed;

        return ngx_http_hoop_filter_send(r, ctx);
    }

    if (passed && r->upstream
        && r->upstream->headers_in.status_n == NGX_HTTP_PARTIAL_CONTENT)
    {
        /* slice makes a 200 of it, and a stream of its own of each part */

        ctx->blocked = "the target sends a part of a document";
        return ngx_http_hoop_block(r, ctx);
    }

    ngx_http_hoop_masks(ctx, 0, &list);

    read = (list.n || ctx->nsecrets
            || (ctx->verdict.limits && ctx->verdict.limits->rows.max)
            || ngx_http_hoop_mcp_list_wanted(r, ctx));

    if (ngx_http_hoop_inspectable(r, ctx, read, &mode, &coded) != NGX_OK
        || ngx_http_hoop_limit_header(r, ctx) != NGX_OK
        || ngx_http_hoop_mcp_list_header(r, ctx, mode, coded) != NGX_OK)
    {
        return ngx_http_hoop_block(r, ctx);
    }

    if (mode == HOOP_MASK_BINARY) {

        /* passed by choice: but never with the credential in it */

        list.n = 0;
    }

    if (ngx_http_hoop_filter_headers(r, ctx, &list) != NGX_OK) {
        return NGX_ERROR;
    }

    if (r->headers_out.status == NGX_HTTP_NO_CONTENT
        || r->headers_out.status == NGX_HTTP_NOT_MODIFIED)
    {
        r->header_only = 1;

    }

    if (list.n || ctx->nsecrets || ctx->mcp_list) {
        ngx_http_clear_content_length(r);
        ngx_http_clear_accept_ranges(r);
        ngx_http_clear_last_modified(r);
        ngx_http_clear_etag(r);
    }

    if (coded) {
        ngx_http_clear_content_length(r);
        ngx_http_clear_accept_ranges(r);
        ngx_http_weak_etag(r);

        r->headers_out.content_encoding->hash = 0;
        r->headers_out.content_encoding = NULL;
    }

    if (r->header_only || r->method == NGX_HTTP_HEAD) {
        ctx->complete = 1;

        return ngx_http_hoop_filter_send(r, ctx);
    }

    if (ngx_http_hoop_mask_create(r, ctx, &list, mode, coded) != NGX_OK) {
        return NGX_ERROR;
    }

    r->filter_need_in_memory = 1;

    return ngx_http_hoop_filter_send(r, ctx);
}


/*
 * 1 if the answer is none of a target that is masked.  Masking sticks to the
 * request: whatever a target answers is masked, even by way of a redirect into
 * a location that is not protected, or of an error_page for a refusal or for an
 * answer that was blocked.
 */

static ngx_uint_t
ngx_http_hoop_filter_passes(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    return (ctx->state != NGX_HTTP_HOOP_PASSED
            && r->upstream == ctx->blocked_upstream)
           || ctx->conf->mode != NGX_HTTP_HOOP_ON || ctx->conf->api
           || ctx->conf->signer;
}


#if (NGX_HOOP_EARLY_HINTS)

/*
 * A 103 of the target is headers only, which nginx sends before the answer if
 * "early_hints" says so, past the header filters.  nginx forgets them then: the
 * answer's own come after, and only what was masked is remembered.
 */

static ngx_int_t
ngx_http_hoop_early_hints_filter(ngx_http_request_t *r)
{
    hoop_mask_list_t      list;
    ngx_http_hoop_ctx_t  *ctx;

    if (r != r->main || (ctx = ngx_http_hoop_ctx(r)) == NULL
        || ngx_http_hoop_filter_passes(r, ctx))
    {
        return ngx_http_next_early_hints_filter(r);
    }

    ngx_http_hoop_masks(ctx, 0, &list);

    if (ngx_http_hoop_filter_headers(r, ctx, &list) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_next_early_hints_filter(r);
}

#endif


static ngx_int_t
ngx_http_hoop_filter_send(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    /* what a URL with a token in it has brought (RFC 6750, 2.3) */

    if (ctx->in_query && ctx->conf->mode == NGX_HTTP_HOOP_ON
        && r->headers_out.status < NGX_HTTP_SPECIAL_RESPONSE
        && ngx_http_hoop_header_out(r, "Cache-Control", hoop_cstr("private"))
           == NULL)
    {
        return NGX_ERROR;
    }

    if (ngx_http_hoop_header_out(r, "Hoop-Session",
                           hoop_str(ctx->session, NGX_HTTP_HOOP_SESSION))
        == NULL
        || ngx_http_hoop_proof_nonce(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


/*
 * A subrequest's answer in a protected location would be another stream into
 * the one that is masked.  Only that of a background cache update goes nowhere.
 */

static ngx_int_t
ngx_http_hoop_subrequest_filter(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx)
{
    ngx_http_hoop_loc_conf_t  *conf;

    conf = ngx_http_hoop_loc(r);

    if (conf->mode != NGX_HTTP_HOOP_ON || ctx->conf != conf
        || ctx->state != NGX_HTTP_HOOP_PASSED || r->background)
    {
        return ngx_http_next_header_filter(r);
    }

    ngx_http_hoop_log(NGX_LOG_ERR, r, "answer blocked: a subrequest in a "
                      "protected location, session %*s",
                      (size_t) NGX_HTTP_HOOP_SESSION, ctx->session);

    return NGX_ERROR;
}


/* instead of an answer that cannot be inspected; before any byte of it */

static ngx_int_t
ngx_http_hoop_block(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    ngx_http_hoop_log(NGX_LOG_ERR, r, "answer blocked: %s, session %*s",
                      ctx->blocked, (size_t) NGX_HTTP_HOOP_SESSION,
                      ctx->session);

    /* what the client gets instead is none of the target's answers */

    ngx_http_hoop_close(r, ctx);

    ctx->state = NGX_HTTP_HOOP_REFUSED;
    ctx->status = NGX_HTTP_BAD_GATEWAY;
    ctx->blocked_upstream = r->upstream;

    /*
     * As ngx_http_filter_finalize_request(), with a page that says why.  An
     * error makes the upstream module let go; the page is on its way by then.
     */

    if (r->http_version < NGX_HTTP_VERSION_10 && r->http_protocol.len) {

        /* the target's, which nginx has made ours: there would be no header */

        r->http_version = NGX_HTTP_VERSION_10;
    }

    ngx_http_clean_header(r);
    ngx_memzero(r->ctx, sizeof(void *) * ngx_http_max_module);
    ngx_http_set_ctx(r, ctx, ngx_http_hoop_module);
    r->filter_finalize = 1;

    rc = ngx_http_hoop_problem(r, ctx, NGX_HTTP_BAD_GATEWAY,
                               hoop_cstr(ctx->blocked));

    if (rc == NGX_HTTP_BAD_GATEWAY) {

        /* there is an error_page for it */

        return ngx_http_filter_finalize_request(r, &ngx_http_hoop_module, rc);
    }

    return NGX_ERROR;
}


/*
 * Fails closed.  A 101 would copy sockets past the filters, a part of a
 * document (206) cannot be parsed, a coding that is not inflated here not read.
 */

static ngx_int_t
ngx_http_hoop_inspectable(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t read, hoop_mask_mode_e *mode, ngx_uint_t *coded)
{
    ngx_str_t  *type;

    *coded = 0;
    *mode = HOOP_MASK_TEXT;

    if (r->headers_out.status == NGX_HTTP_SWITCHING_PROTOCOLS) {
        ctx->blocked = "the target switches protocols";
        return NGX_ERROR;
    }

    if (r->headers_out.status < NGX_HTTP_OK) {

        /*
         * An interim answer, which nginx takes for the answer: the header that
         * follows it would go out as text.  Or HTTP/0.9: no status at all.
         */

        ctx->blocked = "the target sends no final answer";
        return NGX_ERROR;
    }

    if (ngx_http_hoop_echo(ctx, &r->headers_out.content_type)) {
        ctx->blocked = "the target sends its credential as a media type";
        return NGX_ERROR;
    }

    if (!read) {

        /* a small answer may be a large one in its coding */

        return ctx->verdict.limits ? ngx_http_hoop_coding(r, ctx, coded)
                                   : NGX_OK;
    }

    type = &r->headers_out.content_type;

    if (r->headers_out.status == NGX_HTTP_PARTIAL_CONTENT
        || ngx_http_hoop_find_out(r, "Content-Range", 13, NULL)
        || (type->len >= 20
            && ngx_strncasecmp(type->data, (u_char *) "multipart/byteranges",
                               20) == 0))
    {
        ctx->blocked = "the target sends a part of a document";
        return NGX_ERROR;
    }

    if (ngx_http_hoop_coding(r, ctx, coded) != NGX_OK) {
        return NGX_ERROR;
    }

    *mode = hoop_mask_mode(ngx_http_hoop_str(type));

    if (*mode != HOOP_MASK_BINARY && r->headers_out.charset.len
        && ngx_http_hoop_charset(&r->headers_out.charset) != NGX_OK)
    {
        *mode = HOOP_MASK_REFUSE;
    }

    if (*mode == HOOP_MASK_REFUSE) {
        ctx->blocked = "the target sends a charset that is not read here";
        return NGX_ERROR;
    }

    if (*mode == HOOP_MASK_BINARY) {

        if (ctx->conf->mask_binary && !r->header_only
            && r->headers_out.status != NGX_HTTP_NO_CONTENT
            && r->headers_out.status != NGX_HTTP_NOT_MODIFIED)
        {
            ctx->blocked = "the target sends what is not text";
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * It is looked for in the list as well: the well-known pointer names one header
 * only.
 */

static ngx_int_t
ngx_http_hoop_coding(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t *coded)
{
    ngx_str_t        *value;
    ngx_table_elt_t  *h;

    h = ngx_http_hoop_find_out(r, "Content-Encoding", 16, NULL);

    if (h == NULL && r->headers_out.content_encoding
        && r->headers_out.content_encoding->hash)
    {
        h = r->headers_out.content_encoding;
    }

    if (h && ngx_http_hoop_find_out(r, "Content-Encoding", 16, h)) {
        ctx->blocked = "the target codes its answer twice";
        return NGX_ERROR;
    }

    value = h ? &h->value : NULL;

    if (value && value->len
        && !(value->len == 8
             && ngx_strncasecmp(value->data, (u_char *) "identity", 8) == 0))
    {
        if ((value->len == 4
             && ngx_strncasecmp(value->data, (u_char *) "gzip", 4) == 0)
            || (value->len == 6
                && ngx_strncasecmp(value->data, (u_char *) "x-gzip", 6) == 0)
            || (value->len == 7
                && ngx_strncasecmp(value->data, (u_char *) "deflate", 7) == 0))
        {
            *coded = 1;
            r->headers_out.content_encoding = h;

        } else {
            ctx->blocked = "the target sends a coding that is not read here";
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* nginx keeps a charset apart from the media type, and may add its own */

static ngx_int_t
ngx_http_hoop_charset(ngx_str_t *charset)
{
    u_char  *p, type[128];

    if (charset->len > 64) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(type, "text/plain; charset=%V", charset);

    return hoop_mask_mode(hoop_str(type, p - type)) == HOOP_MASK_TEXT
           ? NGX_OK : NGX_ERROR;
}


ngx_table_elt_t *
ngx_http_hoop_find_out(ngx_http_request_t *r, const char *name, size_t len,
    ngx_table_elt_t *after)
{
    ngx_uint_t        i, seen;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    seen = (after == NULL);
    i = 0;
    part = &r->headers_out.headers.part;

    while ((h = ngx_http_hoop_next(&part, &i)) != NULL) {

        if (seen && h->hash && h->key.len == len
            && ngx_strncasecmp(h->key.data, (u_char *) name, len) == 0)
        {
            return h;
        }

        if (h == after) {
            seen = 1;
        }
    }

    return NULL;
}


/*
 * What describes the unmasked bytes goes, and what pretends to be of ours; the
 * values of all others are masked, as a whole by a field's name, else as text;
 * one that echoes a credential is taken out.  Trailers are not looked at: they
 * come too late.
 */

static ngx_int_t
ngx_http_hoop_filter_headers(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_mask_list_t *list)
{
    u_char             url;
    ngx_int_t          rc;
    ngx_str_t         *type;
    ngx_uint_t         i;
    ngx_list_part_t   *part;
    ngx_table_elt_t   *h;

    static ngx_str_t  names[] = {
        ngx_string("Content-MD5"),
        ngx_string("Digest"),
        ngx_string("Content-Digest"),
        ngx_string("Repr-Digest"),
        /* of no use to a client whose proofs end here, and taken for ours */
        ngx_string("DPoP-Nonce"),
        ngx_null_string
    };

    static ngx_str_t  urls[] = {
        ngx_string("Location"),
        ngx_string("Content-Location"),
        ngx_string("Refresh"),
        ngx_null_string
    };

    static ngx_str_t  links[] = {
        ngx_string("Link"),
        ngx_null_string
    };

    /* a reason phrase is free text of the target: nginx has its own */

    ngx_str_null(&r->headers_out.status_line);

    if (r->upstream && ctx->nsecrets) {
        ngx_http_hoop_filter_upstream(r, ctx);
    }

    r->headers_out.trailers.part.nelts = 0;
    r->headers_out.trailers.part.next = NULL;
    r->headers_out.trailers.last = &r->headers_out.trailers.part;

    type = &r->headers_out.content_type;

    if (list->n && r->headers_out.content_type_len < type->len) {

        /* parameters: nothing is known of them */

        if (ngx_http_hoop_filter_value(r, ctx, list, type, 0) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    i = 0;
    part = &r->headers_out.headers.part;

    while ((h = ngx_http_hoop_next(&part, &i)) != NULL) {

        if (h->hash == 0) {
            continue;
        }

        if (ngx_http_hoop_filter_named(h, names)
            || (h->key.len >= 5
                && ngx_strncasecmp(h->key.data, (u_char *) "Hoop-", 5) == 0))
        {
            h->hash = 0;
        }

        if (ngx_http_hoop_echo(ctx, &h->value)) {
            h->hash = 0;
            ctx->masked[HOOP_DETECT_LITERAL]++;

            if (r->headers_out.location == h) {
                r->headers_out.location = NULL;
            }
        }

        if (h->hash == 0 || list->n == 0) {
            continue;
        }

        rc = ngx_http_hoop_filter_field(r, ctx, list, h);

        if (rc == NGX_DECLINED) {
            url = ngx_http_hoop_filter_named(h, urls) ? LF
                  : ngx_http_hoop_filter_named(h, links) ? '>' : 0;

            rc = ngx_http_hoop_filter_value(r, ctx, list, &h->value, url);
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * Trailers come with the end of an answer, past the masker: what a gRPC client
 * cannot do without is a number, and all others stay here.
 */

void
ngx_http_hoop_filter_trailers(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    i = 0;
    part = &r->headers_out.trailers.part;

    while ((h = ngx_http_hoop_next(&part, &i)) != NULL) {

        if (h->key.len != sizeof("grpc-status") - 1
            || ngx_strncasecmp(h->key.data, (u_char *) "grpc-status",
                               sizeof("grpc-status") - 1)
               != 0
            || ngx_atoi(h->value.data, h->value.len) == NGX_ERROR)
        {
            h->hash = 0;
        }
    }
}


/* $upstream_http_NAME, and a log with it, would still show an echo */

static void
ngx_http_hoop_filter_upstream(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    i = 0;
    part = &r->upstream->headers_in.headers.part;

    while ((h = ngx_http_hoop_next(&part, &i)) != NULL) {

        if (ngx_http_hoop_echo(ctx, &h->value)) {
            h->hash = 0;
        }
    }
}


static ngx_uint_t
ngx_http_hoop_filter_named(ngx_table_elt_t *h, ngx_str_t *name)
{
    for ( /* void */ ; name->len; name++) {
        if (h->key.len == name->len
            && ngx_strncasecmp(h->key.data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * NGX_DECLINED: the name is of no field.  To the default set all cookies are
 * secrets, but a client cannot do without the ones that it is given.
 */

static ngx_int_t
ngx_http_hoop_filter_field(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_mask_list_t *list, ngx_table_elt_t *h)
{
    int               rc;
    u_char           *p;
    uint32_t          counts[HOOP_DETECT_ALL];
    hoop_buf_t        b;
    ngx_uint_t        i;
    hoop_mask_list_t  some;

    static ngx_str_t  cookies[] = {
        ngx_string("Set-Cookie"),
        ngx_null_string
    };

    if (h->value.len == 0) {
        return NGX_DECLINED;
    }

    some.n = 0;

    for (i = 0; i < list->n; i++) {
        if (list->sets[i] != hoop_mask_set_default()
            || !ngx_http_hoop_filter_named(h, cookies))
        {
            some.sets[some.n++] = list->sets[i];
        }
    }

    hoop_buf_init(&b, ngx_http_hoop_grown(h->value.len));

    rc = hoop_mask_named(some.sets, some.n, ngx_http_hoop_str(&h->key),
                         ngx_http_hoop_str(&h->value), &b, counts);

    if (rc != HOOP_OK) {
        hoop_buf_free(&b);
        return (rc == HOOP_DECLINED) ? NGX_DECLINED : NGX_ERROR;
    }

    p = ngx_pnalloc(r->pool, b.len + 1);

    if (p == NULL) {
        hoop_buf_free(&b);
        return NGX_ERROR;
    }

    ngx_memcpy(p, b.data, b.len);
    p[b.len] = '\0';

    h->value.data = p;
    h->value.len = b.len;

    if (b.len == 0) {
        h->hash = 0;

        if (r->headers_out.location == h) {
            r->headers_out.location = NULL;
        }
    }

    hoop_buf_free(&b);

    for (i = 0; i < HOOP_DETECT_ALL; i++) {
        ctx->masked[i] += counts[i];
    }

    return NGX_OK;
}


/*
 * As text, and what follows the "?" of an URL as the form that it is, up to the
 * byte that ends one: LF, which is in no header, where that is all of the value.
 */

static ngx_int_t
ngx_http_hoop_filter_value(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_mask_list_t *list, ngx_str_t *value, u_char url)
{
    u_char            *p, *end, *last;
    uint32_t           counts[HOOP_DETECT_ALL], more[HOOP_DETECT_ALL];
    ngx_int_t          rc;
    hoop_buf_t         b;
    ngx_uint_t         i, n;
    hoop_mask_mode_e   mode;

    if (value->len < 6) {

        /* shorter than anything that is looked for */

        return NGX_OK;
    }

    hoop_buf_init(&b, ngx_http_hoop_grown(value->len));
    ngx_memzero(counts, sizeof(counts));

    rc = NGX_ERROR;
    mode = HOOP_MASK_TEXT;
    last = value->data + value->len;

    for (p = value->data, n = 0; p < last; p = end, n++) {

        end = NULL;

        if (mode == HOOP_MASK_FORM) {
            end = ngx_strlchr(p, last, url);

        } else if (url && n < NGX_HTTP_HOOP_URLS) {
            end = ngx_strlchr(p, last, '?');
            end = end ? end + 1 : NULL;
        }

        end = end ? end : last;

        if (p < end
            && hoop_mask_whole(mode, list->sets, list->n, NULL, 0,
                               hoop_str(p, end - p), &b, more)
               != HOOP_OK)
        {
            goto done;
        }

        for (i = 0; p < end && i < HOOP_DETECT_ALL; i++) {
            counts[i] += more[i];
        }

        mode = (mode == HOOP_MASK_TEXT) ? HOOP_MASK_FORM : HOOP_MASK_TEXT;
    }

    if (b.len != value->len
        || ngx_memcmp(b.data, value->data, b.len) != 0)
    {
        p = ngx_pnalloc(r->pool, b.len + 1);
        if (p == NULL) {
            goto done;
        }

        ngx_memcpy(p, b.data, b.len);
        p[b.len] = '\0';

        value->data = p;
        value->len = b.len;

        for (i = 0; i < HOOP_DETECT_ALL; i++) {
            ctx->masked[i] += counts[i];
        }
    }

    rc = NGX_OK;

done:

    hoop_buf_free(&b);

    return rc;
}


/* 1 if a credential that was injected stands in s */

static ngx_uint_t
ngx_http_hoop_echo(ngx_http_hoop_ctx_t *ctx, ngx_str_t *s)
{
    ngx_uint_t  i;

    for (i = 0; i < ctx->nsecrets; i++) {
        if (memmem(s->data, s->len, ctx->secrets[i].data,
                   ctx->secrets[i].len))
        {
            return 1;
        }
    }

    return 0;
}
