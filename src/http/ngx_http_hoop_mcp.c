
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Requests to an MCP server: what a refused caller gets, and what the evidence
 * has of them.
 *
 * Who has asked something gets a JSON-RPC error with his id, and since that is
 * an answer to what he has asked, with the status 200: clients take others for
 * a broken transport, and the model never sees them.  Notifications and
 * responses are answered by the status, as is what could not be read: 400, so
 * that nobody takes it for done.
 *
 * Codes that the revisions have not defined are outside of JSON-RPC's own
 * range, and are the HTTP status that it would have been.
 */


#include "ngx_http_hoop.h"


/* of an event: messages, bytes of a name and of an id */
#define NGX_HTTP_HOOP_MCP_MESSAGES  16
#define NGX_HTTP_HOOP_MCP_NAME      255
#define NGX_HTTP_HOOP_MCP_VERSION   32
#define NGX_HTTP_HOOP_MCP_ID        128

/* of an answer to the longest batch */
#define NGX_HTTP_HOOP_MCP_ANSWER    (1024 * 1024)


static ngx_int_t ngx_http_hoop_mcp_send(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_uint_t status, hoop_str_t detail,
    ngx_int_t code);
static void ngx_http_hoop_mcp_error(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b,
    hoop_str_t id, hoop_buf_t *error);
static void ngx_http_hoop_mcp_quote(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b,
    hoop_mask_mode_e mode, hoop_str_t text);
static void ngx_http_hoop_mcp_body(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b, hoop_str_t detail,
    ngx_int_t code);
static void ngx_http_hoop_mcp_pending(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b);
static void ngx_http_hoop_mcp_versions(ngx_http_hoop_ctx_t *ctx,
    hoop_buf_t *b);
static void ngx_http_hoop_mcp_name(hoop_buf_t *b, const char *name,
    hoop_str_t value);
static ngx_int_t ngx_http_hoop_mcp_session(hoop_str_t value, u_char hex[64]);


static const hoop_str_t  ngx_http_hoop_mcp_session_id =
    hoop_string("mcp-session-id");


ngx_uint_t
ngx_http_hoop_mcp_location(ngx_http_hoop_loc_conf_t *conf)
{
    ngx_uint_t       i;
    hoop_policy_t  **policy;

    policy = conf->policies ? conf->policies->elts : NULL;

    for (i = 0; policy && i < conf->policies->nelts; i++) {
        if (hoop_policy_knows_mcp(policy[i])) {
            return 1;
        }
    }

    return 0;
}


/*
 * A rule has asked; or none had to, since another one refused first, and it is
 * MCP nevertheless.  Without a body there is nobody to answer.
 */

ngx_uint_t
ngx_http_hoop_mcp_is(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t status)
{
    hoop_policy_request_t  req;

    if (ctx->mcp.asked) {

        /* what is not MCP may be refused for something else */

        return ctx->mcp.mcp.code == 0 || status == NGX_HTTP_BAD_REQUEST;
    }

    if (ctx->body_json == NULL || !ngx_http_hoop_mcp_location(ctx->conf)) {
        return 0;
    }

    ngx_http_hoop_policy_request(r, ctx, &req);

    if (hoop_policy_mcp_ask(&req) == HOOP_OK) {
        return 1;
    }

    ctx->mcp.asked = 0;

    return 0;
}


ngx_int_t
ngx_http_hoop_mcp_problem(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t status, hoop_str_t detail)
{
    ngx_int_t  code;

    code = ctx->mcp.mcp.code ? ctx->mcp.mcp.code
           : (status == NGX_HTTP_BAD_REQUEST) ? HOOP_MCP_INVALID
           : (ngx_int_t) status;

    return ngx_http_hoop_mcp_send(r, ctx, status, detail, code);
}


ngx_int_t
ngx_http_hoop_mcp_accepted(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    return ngx_http_hoop_mcp_send(r, ctx, NGX_HTTP_ACCEPTED,
                                  ctx->verdict.reason, NGX_HTTP_ACCEPTED);
}


static ngx_int_t
ngx_http_hoop_mcp_send(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t status, hoop_str_t detail, ngx_int_t code)
{
    ngx_int_t   rc;
    hoop_buf_t  b;

    hoop_buf_init(&b, NGX_HTTP_HOOP_MCP_ANSWER);

    ngx_http_hoop_mcp_errors(r, ctx, &b, detail, code);

    (void) hoop_buf_addc(&b, LF);

    if (ngx_http_hoop_mcp_asks(ctx) && ctx->mcp.mcp.code == 0
        && status != NGX_HTTP_BAD_REQUEST
        && status < NGX_HTTP_INTERNAL_SERVER_ERROR)
    {
        status = NGX_HTTP_OK;

    } else if (status == NGX_HTTP_ACCEPTED) {

        /* which would say that a notification was taken */

        status = NGX_HTTP_FORBIDDEN;
    }

    rc = b.failed ? NGX_HTTP_INTERNAL_SERVER_ERROR
                  : ngx_http_hoop_json(r, status, "application/json", &b);

    hoop_buf_free(&b);

    return rc;
}


void
ngx_http_hoop_mcp_errors(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_buf_t *b, hoop_str_t detail, ngx_int_t code)
{
    hoop_buf_t           error;
    hoop_mcp_t          *mcp;
    ngx_uint_t           i, n, asks;
    hoop_mcp_message_t  *m;

    mcp = &ctx->mcp.mcp;
    asks = ngx_http_hoop_mcp_asks(ctx);

    hoop_buf_init(&error, 16384);

    ngx_http_hoop_mcp_body(r, ctx, &error, detail, code);

    if (mcp->code == 0 && mcp->batch && asks) {
        (void) hoop_buf_addc(b, '[');

        for (i = 0, n = 0; i < mcp->n; i++) {
            m = &mcp->messages[i];

            if (m->kind != HOOP_MCP_REQUEST) {
                continue;
            }

            if (n++) {
                (void) hoop_buf_addc(b, ',');
            }

            ngx_http_hoop_mcp_error(ctx, b, m->id, &error);
        }

        (void) hoop_buf_addc(b, ']');

    } else {
        ngx_http_hoop_mcp_error(ctx, b, asks ? mcp->messages[0].id
                                             : hoop_str(NULL, 0), &error);
    }

    b->failed |= error.failed;

    hoop_buf_free(&error);
}


ngx_uint_t
ngx_http_hoop_mcp_asks(ngx_http_hoop_ctx_t *ctx)
{
    ngx_uint_t   i;
    hoop_mcp_t  *mcp;

    mcp = &ctx->mcp.mcp;

    if (mcp->code != 0) {
        return mcp->n == 1 && mcp->messages[0].id.data != NULL;
    }

    for (i = 0; i < mcp->n; i++) {
        if (mcp->messages[i].kind == HOOP_MCP_REQUEST) {
            return 1;
        }
    }

    return 0;
}


/* the id is the caller's text: masked, as it would be in the target's answer */

static void
ngx_http_hoop_mcp_error(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b,
    hoop_str_t id, hoop_buf_t *error)
{
    (void) hoop_buf_adds(b, "{\"jsonrpc\":\"2.0\",\"id\":");

    if (id.data) {
        ngx_http_hoop_mcp_quote(ctx, b, HOOP_MASK_JSON, id);

    } else {
        (void) hoop_buf_adds(b, "null");
    }

    (void) hoop_buf_adds(b, ",\"error\":");
    (void) hoop_buf_add(b, error->data, error->len);
    (void) hoop_buf_addc(b, '}');
}


/*
 * Input in an answer of ours.  Text becomes a string, and is cut once it is
 * masked: a part of a secret would not be recognised.
 */

static void
ngx_http_hoop_mcp_quote(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b,
    hoop_mask_mode_e mode, hoop_str_t text)
{
    hoop_buf_t  masked;

    hoop_buf_init(&masked, ngx_http_hoop_grown(text.len));

    if (ngx_http_hoop_event_mask(ctx, mode, text, &masked) != NGX_OK) {
        b->failed = 1;

    } else if (mode == HOOP_MASK_JSON) {
        (void) hoop_buf_add(b, masked.data, masked.len);

    } else {
        (void) hoop_buf_add_json(b, masked.data,
                                 hoop_utf8_cut(masked.data, masked.len,
                                               NGX_HTTP_HOOP_MCP_VERSION));
    }

    hoop_buf_free(&masked);
}


/* the same for all messages of a batch */

static void
ngx_http_hoop_mcp_body(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_buf_t *b, hoop_str_t detail, ngx_int_t code)
{
    (void) hoop_buf_adds(b, "{\"code\":");

    if (code < 0) {
        (void) hoop_buf_addc(b, '-');
    }

    (void) hoop_buf_addu(b, (code < 0) ? -code : code);
    (void) hoop_buf_adds(b, ",\"message\":");
    (void) hoop_buf_add_json(b, detail.data, detail.len);
    (void) hoop_buf_adds(b, ",\"data\":{");

    if (ctx->verdict.rule.len) {
        (void) hoop_buf_adds(b, "\"rule\":");
        (void) hoop_buf_add_json(b, ctx->verdict.rule.data,
                                 ctx->verdict.rule.len);
        (void) hoop_buf_adds(b, ",\"policy\":");
        (void) hoop_buf_add_json(b, ctx->verdict.policy.data,
                                 ctx->verdict.policy.len);
        (void) hoop_buf_addc(b, ',');
    }

    (void) hoop_buf_adds(b, "\"reason\":");
    (void) hoop_buf_add_json(b, detail.data, detail.len);

    if (code == NGX_HTTP_ACCEPTED) {
        ngx_http_hoop_mcp_pending(r, ctx, b);
    }

    if (code == HOOP_MCP_VERSION) {
        ngx_http_hoop_mcp_versions(ctx, b);
    }

    (void) hoop_buf_adds(b, ",\"session\":\"");
    (void) hoop_buf_add(b, ctx->session, NGX_HTTP_HOOP_SESSION);
    (void) hoop_buf_adds(b, "\"}}");
}


/* the same call, once it is approved, goes through */

static void
ngx_http_hoop_mcp_pending(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_buf_t *b)
{
    hoop_buf_t  location;

    (void) hoop_buf_adds(b, ",\"approval\":\"");
    (void) hoop_buf_adds(b, (char *) ctx->approval.id);
    (void) hoop_buf_adds(b, "\",\"state\":\"pending\",\"expires\":");
    (void) hoop_buf_addu(b, ctx->approval.expires);

    hoop_buf_init(&location, 65536);

    ngx_http_hoop_approval_location(r, ctx, &location);

    if (location.len) {
        (void) hoop_buf_adds(b, ",\"location\":");
        (void) hoop_buf_add_json(b, location.data, location.len);
    }

    b->failed |= location.failed;

    hoop_buf_free(&location);
}


/* what UnsupportedProtocolVersion has to tell (2026-07-28) */

static void
ngx_http_hoop_mcp_versions(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b)
{
    ngx_uint_t          i;
    const char *const  *revisions;

    (void) hoop_buf_adds(b, ",\"supported\":[");

    revisions = hoop_mcp_revisions();

    for (i = 0; revisions[i]; i++) {
        (void) hoop_buf_adds(b, i ? ",\"" : "\"");
        (void) hoop_buf_adds(b, revisions[i]);
        (void) hoop_buf_addc(b, '"');
    }

    (void) hoop_buf_adds(b, "],\"requested\":");

    ngx_http_hoop_mcp_quote(ctx, b, HOOP_MASK_TEXT, ctx->mcp.mcp.version);
}


/*
 * An approval is for a call, and the id is not part of it: who asks again, once
 * a human has agreed, counts on.  All other bytes are as they were.  No JSON
 * has a zero byte, so this is the digest of no other body.
 */

ngx_int_t
ngx_http_hoop_mcp_digest(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    u_char md[32])
{
    hoop_str_t      id, text;
    hoop_mcp_t     *mcp;
    hoop_sha256_t   sha256;

    if (!ngx_http_hoop_mcp_is(r, ctx, NGX_HTTP_ACCEPTED)) {
        return NGX_DECLINED;
    }

    mcp = &ctx->mcp.mcp;

    if (mcp->batch
        || mcp->messages[0].kind != HOOP_MCP_REQUEST)
    {
        return NGX_DECLINED;
    }

    id = mcp->messages[0].id;
    text = ctx->body_text;

    if (id.data == NULL) {
        return NGX_DECLINED;
    }

    hoop_sha256_init(&sha256);
    hoop_sha256_update(&sha256, text.data, id.data - text.data);
    hoop_sha256_update(&sha256, (u_char *) "", 1);
    hoop_sha256_update(&sha256, id.data + id.len,
                       text.data + text.len - id.data - id.len);
    hoop_sha256_final(&sha256, md);

    return NGX_OK;
}


/*
 * For the event of a request: its messages, masked.  Arguments are part of the
 * body, where that is recorded.
 */

ngx_int_t
ngx_http_hoop_mcp_event(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *event)
{
    ngx_int_t            rc;
    ngx_uint_t           i, n;
    hoop_mcp_t          *mcp;
    hoop_buf_t           b, masked;
    hoop_mcp_message_t  *m;

    mcp = &ctx->mcp.mcp;

    if (!ctx->mcp.asked || mcp->code != 0) {
        return NGX_OK;
    }

    n = ngx_min(mcp->n, NGX_HTTP_HOOP_MCP_MESSAGES);

    hoop_buf_init(&b, 65536);

    for (i = 0; i < n; i++) {
        m = &mcp->messages[i];

        (void) hoop_buf_adds(&b, i ? ",{\"kind\":\"" : "[{\"kind\":\"");
        (void) hoop_buf_adds(&b, hoop_mcp_kind(m->kind));
        (void) hoop_buf_addc(&b, '"');

        ngx_http_hoop_mcp_name(&b, "method", m->method);
        ngx_http_hoop_mcp_name(&b, "tool", m->tool);
        ngx_http_hoop_mcp_name(&b, "prompt", m->prompt);
        ngx_http_hoop_mcp_name(&b, "resource", m->uri);

        if (m->id.data && m->id.len <= NGX_HTTP_HOOP_MCP_ID) {
            (void) hoop_buf_adds(&b, ",\"id\":");
            (void) hoop_buf_add(&b, m->id.data, m->id.len);
        }

        (void) hoop_buf_addc(&b, '}');
    }

    (void) hoop_buf_addc(&b, ']');

    hoop_buf_init(&masked, ngx_http_hoop_grown(b.len));

    rc = b.failed ? NGX_ERROR
                  : ngx_http_hoop_event_mask(ctx, HOOP_MASK_JSON,
                                             hoop_str(b.data, b.len), &masked);

    if (rc == NGX_OK) {
        (void) hoop_event_raw(event, "mcp", hoop_str(masked.data, masked.len));

        if (mcp->n > n) {
            (void) hoop_event_uint(event, "mcp_more", mcp->n - n);
        }
    }

    hoop_buf_free(&masked);
    hoop_buf_free(&b);

    return rc;
}


static void
ngx_http_hoop_mcp_name(hoop_buf_t *b, const char *name, hoop_str_t value)
{
    if (value.data == NULL) {
        return;
    }

    (void) hoop_buf_adds(b, ",\"");
    (void) hoop_buf_adds(b, name);
    (void) hoop_buf_adds(b, "\":");
    (void) hoop_buf_add_json(b, value.data,
                             hoop_utf8_cut(value.data, value.len,
                                           NGX_HTTP_HOOP_MCP_NAME));
}


/*
 * Some servers take the session for proof of who the client is, so it is kept
 * as a hash: it joins the requests of a session, and who has the id finds them.
 */

static ngx_int_t
ngx_http_hoop_mcp_session(hoop_str_t value, u_char hex[64])
{
    u_char  md[32];

    while (value.len && (value.data[0] == ' ' || value.data[0] == '\t')) {
        value.data++;
        value.len--;
    }

    if (value.len == 0) {
        return NGX_DECLINED;
    }

    hoop_sha256(md, value.data, value.len);
    hoop_hex(hex, md, 32);

    return NGX_OK;
}


void
ngx_http_hoop_mcp_event_session(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_uint_t answer, hoop_buf_t *event)
{
    u_char            hex[64];
    hoop_str_t        value;
    ngx_table_elt_t  *h;

    if (!ngx_http_hoop_mcp_location(ctx->conf)) {
        return;
    }

    if (answer) {
        h = ngx_http_hoop_find_out(r, "Mcp-Session-Id", 14, NULL);
        if (h == NULL) {
            return;
        }

        value = ngx_http_hoop_str(&h->value);

    } else if (ngx_http_hoop_header(r, ngx_http_hoop_mcp_session_id, &value)
               != HOOP_OK)
    {
        return;
    }

    if (ngx_http_hoop_mcp_session(value, hex) == NGX_OK) {
        (void) hoop_event_string(event, "mcp_session", hoop_str(hex, 64));
    }
}


ngx_int_t
ngx_http_hoop_mcp_run(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    u_char      hex[64];
    hoop_str_t  value;

    if (!ngx_http_hoop_mcp_location(ctx->conf)
        || ngx_http_hoop_header(r, ngx_http_hoop_mcp_session_id, &value)
           != HOOP_OK
        || ngx_http_hoop_mcp_session(value, hex) != NGX_OK)
    {
        return NGX_OK;
    }

    ctx->run.data = ngx_pnalloc(r->pool, 4 + 32);
    if (ctx->run.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(ctx->run.data, "mcp-", 4);
    ngx_memcpy(ctx->run.data + 4, hex, 32);
    ctx->run.len = 4 + 32;

    return NGX_OK;
}
