
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The answers that are ours: problem documents (RFC 9457), the challenges
 * (RFC 6750, 3, RFC 9449, 7.1, RFC 9728, 5.1), and 202 for what waits for a
 * human.  A status for which the location has an error_page is left to nginx.
 * Callers of an MCP server get what ngx_http_hoop_mcp.c says.
 */


#include "ngx_http_hoop.h"


static ngx_int_t ngx_http_hoop_challenge(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_uint_t status);
static void ngx_http_hoop_forget(ngx_http_request_t *r);
static ngx_uint_t ngx_http_hoop_error_page(ngx_http_request_t *r,
    ngx_uint_t status);
static const char *ngx_http_hoop_title(ngx_uint_t status);


ngx_table_elt_t *
ngx_http_hoop_header_out(ngx_http_request_t *r, const char *name,
    hoop_str_t value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    h->hash = 1;
    ngx_hoop_elt_single(h);
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->lowcase_key = NULL;

    h->value.data = ngx_pnalloc(r->pool, value.len + 1);
    if (h->value.data == NULL) {
        h->hash = 0;
        return NULL;
    }

    ngx_memcpy(h->value.data, value.data, value.len);
    h->value.len = value.len;

    return h;
}


/* a quoted-string (RFC 9110, 5.6.4) of text without control characters */

static void
ngx_http_hoop_quote(hoop_buf_t *b, ngx_str_t *text)
{
    size_t  i;

    (void) hoop_buf_addc(b, '"');

    for (i = 0; i < text->len; i++) {

        if (text->data[i] == '"' || text->data[i] == '\\') {
            (void) hoop_buf_addc(b, '\\');
        }

        (void) hoop_buf_addc(b, text->data[i]);
    }

    (void) hoop_buf_addc(b, '"');
}


/*
 * No error code where no token was sent (RFC 6750, 3.1).  The description is
 * a fixed text of ours, without quotes and backslashes.
 */

static ngx_int_t
ngx_http_hoop_challenge(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t status)
{
    ngx_int_t         rc;
    hoop_buf_t        b;
    ngx_table_elt_t  *h;

    hoop_buf_init(&b, 4096);

    (void) hoop_buf_adds(&b, ngx_http_hoop_proof_scheme(ctx));
    (void) hoop_buf_adds(&b, " realm=");
    ngx_http_hoop_quote(&b, &ctx->conf->realm);

    if (ctx->error) {
        (void) hoop_buf_adds(&b, ", error=\"");
        (void) hoop_buf_adds(&b, ctx->error_code ? ctx->error_code
                                 : status == NGX_HTTP_UNAUTHORIZED
                                 ? "invalid_token" : "invalid_request");
        (void) hoop_buf_adds(&b, "\", error_description=\"");
        (void) hoop_buf_adds(&b, ctx->error);
        (void) hoop_buf_addc(&b, '"');
    }

    if (status != NGX_HTTP_BAD_REQUEST) {
        ngx_http_hoop_scope_challenge(ctx, &b);
        ngx_http_hoop_resource_challenge(ctx, &b);
    }

    ngx_http_hoop_proof_challenge(ctx, &b);

    rc = NGX_ERROR;

    if (!b.failed) {
        h = ngx_http_hoop_header_out(r, "WWW-Authenticate",
                                     hoop_str(b.data, b.len));
        if (h) {
            r->headers_out.www_authenticate = h;
            rc = NGX_OK;
        }
    }

    hoop_buf_free(&b);

    return rc;
}


/*
 * A refusal whose error_page is a protected location leaves its headers and
 * its status to that: what is answered there is another matter.
 */

static void
ngx_http_hoop_forget(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    i = 0;
    part = &r->headers_out.headers.part;

    while ((h = ngx_http_hoop_next(&part, &i)) != NULL) {

        if ((h->key.len == 16
             && ngx_strncasecmp(h->key.data, (u_char *) "WWW-Authenticate",
                                16)
                == 0)
            || (h->key.len == 11
                && ngx_strncasecmp(h->key.data, (u_char *) "Retry-After", 11)
                   == 0))
        {
            h->hash = 0;
        }
    }

    r->headers_out.www_authenticate = NULL;
    r->err_status = 0;
}


static ngx_uint_t
ngx_http_hoop_error_page(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_uint_t                 i;
    ngx_http_err_page_t       *page;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->error_pages == NULL || r->error_page) {
        return 0;
    }

    page = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {
        if (page[i].status == (ngx_int_t) status) {
            return 1;
        }
    }

    return 0;
}


static const char *
ngx_http_hoop_title(ngx_uint_t status)
{
    switch (status) {
    case NGX_HTTP_BAD_REQUEST:
        return "Bad Request";
    case NGX_HTTP_UNAUTHORIZED:
        return "Unauthorized";
    case NGX_HTTP_FORBIDDEN:
        return "Forbidden";
    case NGX_HTTP_NOT_FOUND:
        return "Not Found";
    case NGX_HTTP_NOT_ALLOWED:
        return "Method Not Allowed";
    case NGX_HTTP_CONFLICT:
        return "Conflict";
    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        return "Content Too Large";
    case NGX_HTTP_HOOP_TOO_EARLY:
        return "Too Early";
    case NGX_HTTP_TOO_MANY_REQUESTS:
        return "Too Many Requests";
    case NGX_HTTP_BAD_GATEWAY:
        return "Bad Gateway";
    case NGX_HTTP_SERVICE_UNAVAILABLE:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}


/*
 * Says no, and puts it on the record.  In monitor mode the no is only on the
 * record.  A refusal stands even when its event cannot be kept.
 */

ngx_int_t
ngx_http_hoop_refuse(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t status, hoop_str_t detail)
{
    ngx_int_t   rc;
    ngx_uint_t  level;

    if (status == NGX_HTTP_UNAUTHORIZED) {
        ctx->verified = 0;
    }

    if (ctx->conf->signer) {
        status = ngx_http_hoop_exchange_refuse(ctx, status);
    }

    ctx->status = status;

    if (ctx->verdict.decision == HOOP_VERDICT_ALLOW
        || ctx->verdict.decision == HOOP_VERDICT_REVIEW)
    {
        /* the rule would have let it pass, and something else does not */

        ctx->verdict.decision = (status >= 500) ? HOOP_VERDICT_ERROR
                                                : HOOP_VERDICT_DENY;
        ctx->verdict.reason = detail;
    }

    rc = ctx->events ? NGX_OK : ngx_http_hoop_event_request(r, ctx);

    if (rc != NGX_OK
        || ngx_http_hoop_event_decision(r, ctx) != NGX_OK
        || ngx_hoop_audit_commit(NULL) == NGX_ERROR)
    {
        ngx_hoop_audit_rollback();

        ngx_http_hoop_log(NGX_LOG_WARN, r,
                          "the event of the refusal in session %*s could not "
                          "be kept", (size_t) NGX_HTTP_HOOP_SESSION,
                          ctx->session);

    } else {
        ctx->events = 1;
    }

    if (ctx->conf->mode == NGX_HTTP_HOOP_MONITOR && !ctx->conf->api
        && !ctx->body_failed)
    {
        /* a body given up half way is no request to pass on, in no mode */

        ctx->state = NGX_HTTP_HOOP_PASSED;
        return NGX_DECLINED;
    }

    ctx->state = NGX_HTTP_HOOP_REFUSED;

    level = (status >= 500) ? NGX_LOG_ERR : NGX_LOG_INFO;

    ngx_http_hoop_log(level, r, "refused with %ui, rule \"%*s\": %*s, "
                      "session %*s, client %V", status,
                      ctx->verdict.rule.len, ctx->verdict.rule.data,
                      detail.len, detail.data,
                      (size_t) NGX_HTTP_HOOP_SESSION, ctx->session,
                      &r->connection->addr_text);

    return ngx_http_hoop_problem(r, ctx, status, detail);
}


/* when to come back, where that is known, or worth a try */

ngx_int_t
ngx_http_hoop_retry(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t status)
{
    u_char  text[NGX_TIME_T_LEN], *last;

    switch (status) {

    case NGX_HTTP_TOO_MANY_REQUESTS:
        last = ngx_sprintf(text, "%T", ctx->limit.wait);
        break;

    case NGX_HTTP_SERVICE_UNAVAILABLE:
        last = ngx_sprintf(text, "5");
        break;

    default:
        return NGX_OK;
    }

    return ngx_http_hoop_header_out(r, "Retry-After",
                                    hoop_str(text, last - text))
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_hoop_problem(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t status, hoop_str_t detail)
{
    ngx_int_t   rc;
    hoop_buf_t  b;

    ngx_http_hoop_forget(r);

    if (ctx->conf->signer) {
        return ngx_http_hoop_exchange_problem(r, ctx, status, detail);
    }

    if ((status == NGX_HTTP_UNAUTHORIZED
         || (status == NGX_HTTP_BAD_REQUEST && ctx->error)
         || (status == NGX_HTTP_FORBIDDEN && ctx->error_code))
        && ngx_http_hoop_challenge(r, ctx, status) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_hoop_retry(r, ctx, status) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* who has not proved who he is follows the challenge, not the protocol */

    if (status != NGX_HTTP_UNAUTHORIZED && !ctx->error_code
        && ngx_http_hoop_mcp_is(r, ctx, status))
    {
        return ngx_http_hoop_mcp_problem(r, ctx, status, detail);
    }

    if (ngx_http_hoop_error_page(r, status)) {
        return status;
    }

    hoop_buf_init(&b, 65536);

    (void) hoop_buf_adds(&b, "{\"type\":\"about:blank\",\"title\":\"");
    (void) hoop_buf_adds(&b, ngx_http_hoop_title(status));
    (void) hoop_buf_adds(&b, "\",\"status\":");
    (void) hoop_buf_addu(&b, status);
    (void) hoop_buf_adds(&b, ",\"detail\":");
    (void) hoop_buf_add_json(&b, detail.data, detail.len);

    if (ctx->verdict.rule.len) {
        (void) hoop_buf_adds(&b, ",\"rule\":");
        (void) hoop_buf_add_json(&b, ctx->verdict.rule.data,
                                 ctx->verdict.rule.len);
        (void) hoop_buf_adds(&b, ",\"policy\":");
        (void) hoop_buf_add_json(&b, ctx->verdict.policy.data,
                                 ctx->verdict.policy.len);
    }

    (void) hoop_buf_adds(&b, ",\"session\":\"");
    (void) hoop_buf_add(&b, ctx->session, NGX_HTTP_HOOP_SESSION);
    (void) hoop_buf_adds(&b, "\"}\n");

    rc = b.failed ? NGX_HTTP_INTERNAL_SERVER_ERROR
                  : ngx_http_hoop_json(r, status, "application/problem+json",
                                       &b);
    hoop_buf_free(&b);

    return rc;
}


/*
 * From a phase handler a sent answer is told by a status below 300: NGX_OK
 * would mean "go on", and ngx_http_finalize_request() takes it as done.
 */

ngx_int_t
ngx_http_hoop_json(ngx_http_request_t *r, ngx_uint_t status,
    const char *content_type, hoop_buf_t *b)
{
    ngx_int_t     rc;
    ngx_buf_t    *buf;
    ngx_chain_t   out;

    if (status == NGX_HTTP_BAD_REQUEST
        || status == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE
        || (r->request_body && r->request_body->rest != 0))
    {
        /* a body given up half way: what follows it is no request */

        r->keepalive = 0;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    buf = ngx_create_temp_buf(r->pool, b->len);
    if (buf == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    buf->last = ngx_cpymem(buf->last, b->data, b->len);
    buf->last_buf = (r == r->main) ? 1 : 0;
    buf->last_in_chain = 1;

    r->headers_out.status = status;
    r->headers_out.content_length_n = b->len;
    r->headers_out.content_type.data = (u_char *) content_type;
    r->headers_out.content_type.len = ngx_strlen(content_type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);

    if (ngx_http_hoop_header_out(r, "Cache-Control", hoop_cstr("no-store"))
        == NULL
        || ngx_http_hoop_header_out(r, "X-Content-Type-Options",
                                    hoop_cstr("nosniff"))
           == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK) {
        return rc;
    }

    if (!r->header_only) {
        out.buf = buf;
        out.next = NULL;

        if (ngx_http_output_filter(r, &out) == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    return NGX_HTTP_OK;
}


/* nothing where there is no hoop_api */

void
ngx_http_hoop_approval_location(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b)
{
    ngx_http_hoop_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hoop_module);

    if (hmcf->api.len == 0) {
        return;
    }

    (void) hoop_buf_add(b, hmcf->api.data, hmcf->api.len);

    if (hmcf->api.data[hmcf->api.len - 1] != '/') {
        (void) hoop_buf_addc(b, '/');
    }

    (void) hoop_buf_adds(b, "approvals/");
    (void) hoop_buf_adds(b, (char *) ctx->approval.id);
}


ngx_int_t
ngx_http_hoop_accepted(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t   rc;
    hoop_buf_t  b;

    ngx_http_hoop_forget(r);

    hoop_buf_init(&b, 65536);

    ngx_http_hoop_approval_location(r, ctx, &b);

    if (b.len) {

        if (b.failed
            || ngx_http_hoop_header_out(r, "Location",
                                        hoop_str(b.data, b.len))
               == NULL)
        {
            hoop_buf_free(&b);
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        b.len = 0;
    }

    if (ngx_http_hoop_header_out(r, "Retry-After", hoop_cstr("5")) == NULL
        || (ctx->prefers
            && ngx_http_hoop_header_out(r, "Preference-Applied",
                                        hoop_cstr("respond-async")) == NULL))
    {
        hoop_buf_free(&b);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_hoop_mcp_is(r, ctx, NGX_HTTP_ACCEPTED)) {
        hoop_buf_free(&b);
        return ngx_http_hoop_mcp_accepted(r, ctx);
    }

    (void) hoop_buf_adds(&b, "{\"approval\":\"");
    (void) hoop_buf_adds(&b, (char *) ctx->approval.id);
    (void) hoop_buf_adds(&b, "\",\"state\":\"pending\",\"rule\":");
    (void) hoop_buf_add_json(&b, ctx->verdict.rule.data,
                             ctx->verdict.rule.len);
    (void) hoop_buf_adds(&b, ",\"reason\":");
    (void) hoop_buf_add_json(&b, ctx->verdict.reason.data,
                             ctx->verdict.reason.len);
    (void) hoop_buf_adds(&b, ",\"expires\":");
    (void) hoop_buf_addu(&b, ctx->approval.expires);
    (void) hoop_buf_adds(&b, ",\"session\":\"");
    (void) hoop_buf_add(&b, ctx->session, NGX_HTTP_HOOP_SESSION);
    (void) hoop_buf_adds(&b, "\"}\n");

    rc = b.failed ? NGX_HTTP_INTERNAL_SERVER_ERROR
                  : ngx_http_hoop_json(r, NGX_HTTP_ACCEPTED,
                                       "application/json", &b);
    hoop_buf_free(&b);

    return rc;
}
