
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The events of a request (docs/event.schema.json).  Nothing goes into one
 * that has not been masked: URI, bodies and free text pass the location's mask
 * sets and always the default set, with the injected credential as a literal.
 */


#include "ngx_http_hoop.h"


/* of one recording event; an event stays well below HOOP_EVENT_MAX */
#define NGX_HTTP_HOOP_PART    32768


static ngx_int_t ngx_http_hoop_event_recording(ngx_http_hoop_ctx_t *ctx,
    const char *direction, const u_char *p, size_t len, ngx_uint_t truncated);
static ngx_int_t ngx_http_hoop_event_sql(ngx_http_hoop_ctx_t *ctx,
    hoop_buf_t *b);
static ngx_int_t ngx_http_hoop_event_body(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_event_response(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static void ngx_http_hoop_closed(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_int_t rc, const char *what);


void
ngx_http_hoop_event_head(ngx_http_hoop_ctx_t *ctx, const char *type,
    hoop_event_head_t *head)
{
    head->type = type;
    head->session = hoop_str(ctx->session, NGX_HTTP_HOOP_SESSION);
    head->run = ngx_http_hoop_str(&ctx->run);
    head->target = ngx_http_hoop_str(&ctx->target);

    if (ctx->identity) {
        head->identity = hoop_str(ctx->identity->json,
                                  ctx->identity->json_len);
    } else {
        head->identity = hoop_str(NULL, 0);
    }
}


static hoop_buf_t *
ngx_http_hoop_event(ngx_http_hoop_ctx_t *ctx, const char *type)
{
    hoop_event_head_t  head;

    ngx_http_hoop_event_head(ctx, type, &head);

    return ngx_hoop_audit_event(&head);
}


ngx_int_t
ngx_http_hoop_event_mask(ngx_http_hoop_ctx_t *ctx, hoop_mask_mode_e mode,
    hoop_str_t in, hoop_buf_t *out)
{
    ngx_uint_t        n;
    hoop_str_t        secrets[NGX_HTTP_HOOP_SECRETS + 2];
    hoop_mask_list_t  list;

    ngx_http_hoop_masks(ctx, 1, &list);

    n = ctx->nsecrets;
    ngx_memcpy(secrets, ctx->secrets, n * sizeof(hoop_str_t));

    /* not injected yet, but a caller may know it, and write it */

    if (ctx->credential) {
        secrets[n++] = ctx->credential->secret;
    }

    if (ctx->conf->credential && ctx->conf->credential != ctx->credential) {
        secrets[n++] = ctx->conf->credential->secret;
    }

    return hoop_mask_whole(mode, list.sets, list.n, secrets, n, in, out, NULL)
           == HOOP_OK ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_hoop_event_text(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_str_t *s, size_t max)
{
    ngx_int_t   rc;
    hoop_buf_t  b;

    /*
     * Nearly always it is what it was the last time, a host or a run, and
     * nothing in it had to be masked.
     */

    static u_char                     plain[64];
    static size_t                     len;
    static ngx_http_hoop_loc_conf_t  *conf;

    if (s->len == 0
        || (s->len == len && ctx->conf == conf && ctx->nsecrets == 0
            && ngx_memcmp(s->data, plain, len) == 0))
    {
        return NGX_OK;
    }

    hoop_buf_init(&b, ngx_http_hoop_grown(s->len));

    rc = ngx_http_hoop_event_mask(ctx, HOOP_MASK_TEXT,
                                  hoop_str(s->data, ngx_min(s->len, 4096)),
                                  &b);

    if (rc == NGX_OK && b.len == s->len && b.len <= sizeof(plain)
        && ngx_memcmp(b.data, s->data, b.len) == 0)
    {
        ngx_memcpy(plain, b.data, b.len);
        len = b.len;
        conf = ctx->conf;

        hoop_buf_free(&b);

        return NGX_OK;
    }

    if (rc == NGX_OK) {
        s->len = ngx_min(b.len, max);
        s->data = ngx_pnalloc(r->pool, s->len);

        if (s->data) {
            ngx_memcpy(s->data, b.data, s->len);

        } else {
            rc = NGX_ERROR;
        }
    }

    hoop_buf_free(&b);

    return rc;
}


/*
 * What goes to the target, not the client's spelling of it, which rewrites and
 * redirects leave behind: the path decoded, masked as text and escaped again,
 * the query masked as the form that it is.  In monitor mode the token may be
 * in it.
 */

ngx_int_t
ngx_http_hoop_event_uri(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_buf_t *out)
{
    uintptr_t   n;
    ngx_int_t   rc;
    ngx_str_t   args;
    hoop_buf_t  path;

    hoop_buf_init(&path, ngx_http_hoop_grown(r->uri.len));

    rc = ngx_http_hoop_event_mask(ctx, HOOP_MASK_TEXT,
                                  ngx_http_hoop_str(&r->uri), &path);

    if (rc == NGX_OK) {
        n = ngx_escape_uri(NULL, path.data, path.len, NGX_ESCAPE_URI);

        if (hoop_buf_reserve(out, path.len + 2 * n + 1) == HOOP_OK) {
            (void) ngx_escape_uri(out->data + out->len, path.data, path.len,
                                  NGX_ESCAPE_URI);
            out->len += path.len + 2 * n;

        } else {
            rc = NGX_ERROR;
        }
    }

    hoop_buf_free(&path);

    args = r->args;

    if (rc == NGX_OK && ctx->conf->sources) {
        rc = ngx_http_hoop_source_args(r, ctx->conf->sources, &args);
    }

    if (rc != NGX_OK || args.len == 0) {
        return rc;
    }

    (void) hoop_buf_addc(out, '?');

    return ngx_http_hoop_event_mask(ctx, HOOP_MASK_FORM,
                                    ngx_http_hoop_str(&args), out);
}


ngx_int_t
ngx_http_hoop_event_request(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    u_char       sha256[64];
    ngx_int_t    rc;
    hoop_buf_t  *b, uri;

    b = ngx_http_hoop_event(ctx, "request");
    if (b == NULL) {
        return NGX_ERROR;
    }

    hoop_buf_init(&uri, ngx_http_hoop_grown(r->uri.len + r->args.len));

    rc = ngx_http_hoop_event_uri(r, ctx, &uri);

    (void) hoop_event_string(b, "method", ngx_http_hoop_str(&r->method_name));
    (void) hoop_event_string(b, "host", ngx_http_hoop_str(&ctx->host));
    (void) hoop_event_string(b, "uri", hoop_str(uri.data, uri.len));
    (void) hoop_event_string(b, "source",
                             ngx_http_hoop_str(&r->connection->addr_text));

    hoop_buf_free(&uri);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_hoop_mcp_event_session(r, ctx, 0, b);

    if (ngx_http_hoop_mcp_event(ctx, b) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->body_read && !ctx->body_failed) {
        hoop_hex(sha256, ctx->body_sha256, 32);

        (void) hoop_event_uint(b, "body_bytes", ctx->body_size);
        (void) hoop_event_string(b, "body_sha256", hoop_str(sha256, 64));
    }

    if (ngx_hoop_audit_end() != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->record == HOOP_RECORD_PAYLOAD && ctx->body.len) {
        return ngx_http_hoop_event_body(r, ctx);
    }

    return NGX_OK;
}


/*
 * Masked first, then cut to max bytes, between characters.  Where the end of
 * the text was not captured, the last bytes of what was are not sure: a secret
 * may have been cut there.
 */

static void
ngx_http_hoop_event_cut(hoop_buf_t *b, ngx_uint_t truncated, size_t max)
{
    size_t  n;

    n = b->len;

    if (truncated) {
        n -= ngx_min(n, NGX_HTTP_HOOP_SLACK);
    }

    b->len = hoop_utf8_cut(b->data, b->len, ngx_min(n, max));
}


ngx_int_t
ngx_http_hoop_event_summary(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    size_t max, hoop_buf_t *out)
{
    hoop_str_t        type;
    hoop_mask_mode_e  mode;

    static const hoop_str_t  name = hoop_string("content-type");

    if (ngx_http_hoop_header(r, name, &type) != HOOP_OK) {
        type = hoop_str("", 0);
    }

    mode = hoop_mask_mode(type);

    if (mode == HOOP_MASK_BINARY || mode == HOOP_MASK_REFUSE) {

        /* what cannot be judged is not kept: its digest is */

        return NGX_OK;
    }

    if (ngx_http_hoop_event_mask(ctx, mode,
                                 hoop_str(ctx->body.data, ctx->body.len), out)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_hoop_event_cut(out, ctx->body_truncated, max);

    return NGX_OK;
}


static ngx_int_t
ngx_http_hoop_event_body(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    size_t      max;
    ngx_int_t   rc;
    hoop_buf_t  out;

    max = ctx->conf->record_max;

    hoop_buf_init(&out, ngx_http_hoop_grown(ctx->body.len));

    rc = ngx_http_hoop_event_summary(r, ctx, max, &out);

    if (rc == NGX_OK && out.len) {
        rc = ngx_http_hoop_event_recording(ctx, "request", out.data, out.len,
                                           ctx->body_truncated
                                           || ctx->body.len > max);
    }

    hoop_buf_free(&out);

    return rc;
}


static ngx_int_t
ngx_http_hoop_event_recording(ngx_http_hoop_ctx_t *ctx, const char *direction,
    const u_char *p, size_t len, ngx_uint_t truncated)
{
    int           utf8;
    size_t        n;
    u_char       *coded;
    ngx_uint_t    part;
    hoop_buf_t   *b;

    utf8 = hoop_utf8_valid(p, len);
    part = 0;

    do {
        /* a part of a text ends between characters */

        n = utf8 ? hoop_utf8_cut(p, len, NGX_HTTP_HOOP_PART)
                 : ngx_min(len, NGX_HTTP_HOOP_PART);

        b = ngx_http_hoop_event(ctx, "recording");
        if (b == NULL) {
            return NGX_ERROR;
        }

        (void) hoop_event_string(b, "direction", hoop_cstr(direction));
        (void) hoop_event_uint(b, "part", part++);

        if (utf8) {
            (void) hoop_event_string(b, "encoding", hoop_cstr("utf8"));
            (void) hoop_event_string(b, "data", hoop_str(p, n));

        } else {
            coded = ngx_alloc((n + 2) / 3 * 4, ngx_cycle->log);
            if (coded == NULL) {
                return NGX_ERROR;
            }

            (void) hoop_event_string(b, "encoding", hoop_cstr("base64"));
            (void) hoop_event_string(b, "data",
                       hoop_str(coded, hoop_base64_encode(coded, p, n, 0)));

            ngx_free(coded);
        }

        p += n;
        len -= n;

        if (len == 0) {
            (void) hoop_event_raw(b, "last", hoop_cstr("true"));

            if (truncated) {
                (void) hoop_event_raw(b, "truncated", hoop_cstr("true"));
            }
        }

        if (ngx_hoop_audit_end() != NGX_OK) {
            return NGX_ERROR;
        }

    } while (len);

    return NGX_OK;
}


hoop_str_t
ngx_http_hoop_policy_hash(ngx_http_hoop_ctx_t *ctx)
{
    ngx_uint_t       i;
    hoop_policy_t  **policy;

    policy = ctx->conf->policies ? ctx->conf->policies->elts : NULL;

    for (i = 0; policy && i < ctx->conf->policies->nelts; i++) {
        if (hoop_policy_name(policy[i]).data == ctx->verdict.policy.data) {
            return hoop_policy_hash(policy[i]);
        }
    }

    return hoop_str("", 0);
}


/* what rules that are only watched would have said of the request */

static void
ngx_http_hoop_event_monitored(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b)
{
    ngx_uint_t         i;
    hoop_buf_t         list;
    hoop_monitored_t  *m;

    if (ctx->verdict.nmonitored == 0 || ctx->events) {
        return;
    }

    hoop_buf_init(&list, 0);
    (void) hoop_buf_addc(&list, '[');

    for (i = 0; i < ctx->verdict.nmonitored; i++) {
        m = &ctx->verdict.monitored[i];

        (void) hoop_buf_adds(&list, i ? ",{\"rule\":" : "{\"rule\":");
        (void) hoop_buf_add_json(&list, m->rule.data, m->rule.len);
        (void) hoop_buf_adds(&list, ",\"policy\":");
        (void) hoop_buf_add_json(&list, m->policy.data, m->policy.len);
        (void) hoop_buf_adds(&list, ",\"effect\":\"");
        (void) hoop_buf_adds(&list, hoop_verdict_name(m->effect));
        (void) hoop_buf_adds(&list, m->ambiguous ? "\",\"ambiguous\":true}"
                                                 : "\"}");
    }

    (void) hoop_buf_addc(&list, ']');

    if (list.failed) {
        b->failed = 1;

    } else {
        (void) hoop_event_raw(b, "monitored", hoop_str(list.data, list.len));
    }

    hoop_buf_free(&list);

    if (ctx->verdict.monitored_more) {
        (void) hoop_event_raw(b, "monitored_more", hoop_cstr("true"));
    }
}


ngx_int_t
ngx_http_hoop_event_decision(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    hoop_buf_t  *b;

    ngx_http_hoop_status_count(ctx);

    b = ngx_http_hoop_event(ctx, "decision");
    if (b == NULL) {
        return NGX_ERROR;
    }

    (void) hoop_event_string(b, "decision",
                      hoop_cstr(hoop_verdict_name(ctx->verdict.decision)));

    if (ctx->verdict.rule.len) {
        (void) hoop_event_string(b, "rule", ctx->verdict.rule);
    }

    if (ctx->verdict.reason.len) {
        (void) hoop_event_string(b, "reason", ctx->verdict.reason);
    }

    if (ctx->verdict.policy.len) {
        (void) hoop_event_string(b, "policy", ctx->verdict.policy);
        (void) hoop_event_string(b, "policy_hash",
                                 ngx_http_hoop_policy_hash(ctx));
    }

    if (ctx->status) {
        (void) hoop_event_uint(b, "status", ctx->status);
    }

    if (ctx->limit.reached) {
        (void) hoop_event_string(b, "limit", hoop_cstr(ctx->limit.reached));
    }

    if (ctx->proofs) {
        (void) hoop_event_string(b, "proof",
                  hoop_cstr(ctx->proofs == NGX_HTTP_HOOP_PROOF_DPOP ? "dpop"
                            : ctx->proofs == NGX_HTTP_HOOP_PROOF_MTLS
                              ? "mtls" : "dpop+mtls"));
    }

    if (ctx->revocation.unchecked) {
        (void) hoop_event_string(b, "revocation", hoop_cstr("unchecked"));
    }

    if (ctx->credential) {
        (void) hoop_event_string(b, "credential",
                                 ngx_http_hoop_str(&ctx->credential->name));
    }

    if (ctx->conf->mode == NGX_HTTP_HOOP_MONITOR) {
        (void) hoop_event_raw(b, "monitor", hoop_cstr("true"));
    }

    ngx_http_hoop_plan_event(ctx, b);

    if (ctx->sql.len && ngx_http_hoop_event_sql(ctx, b) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_hoop_event_monitored(ctx, b);

    return ngx_hoop_audit_end();
}


/* it has no literals, but a name may be a secret as well */

static ngx_int_t
ngx_http_hoop_event_sql(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b)
{
    ngx_int_t   rc;
    hoop_buf_t  masked;

    hoop_buf_init(&masked, ngx_http_hoop_grown(ctx->sql.len));

    rc = ngx_http_hoop_event_mask(ctx, HOOP_MASK_JSON, ctx->sql, &masked);

    if (rc == NGX_OK) {
        (void) hoop_event_raw(b, "sql", hoop_str(masked.data, masked.len));

        if (ctx->sql_omitted) {
            (void) hoop_event_uint(b, "sql_omitted", ctx->sql_omitted);
        }
    }

    hoop_buf_free(&masked);

    return rc;
}


ngx_int_t
ngx_http_hoop_event_approval(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    const char *state)
{
    size_t       len;
    hoop_buf_t  *b;

    b = ngx_http_hoop_event(ctx, "approval");
    if (b == NULL) {
        return NGX_ERROR;
    }

    (void) hoop_event_string(b, "approval",
                             hoop_cstr((char *) ctx->approval.id));
    (void) hoop_event_string(b, "state", hoop_cstr(state));
    (void) hoop_event_string(b, "rule", ctx->verdict.rule);

    if (ctx->verdict.review && ctx->plan.steps == 0
        && ctx->verdict.review->scope != HOOP_REVIEW_ONCE)
    {
        (void) hoop_event_string(b, "scope",
                       hoop_cstr(ctx->verdict.review->scope == HOOP_REVIEW_TIME
                                 ? "time" : "run"));
    }

    ngx_http_hoop_plan_event(ctx, b);

    len = ngx_strlen(ctx->approval.by);

    if (len) {
        (void) hoop_event_string(b, "by", hoop_str(ctx->approval.by, len));
    }

    return ngx_hoop_audit_end();
}


ngx_int_t
ngx_http_hoop_event_token(ngx_http_hoop_ctx_t *ctx)
{
    hoop_buf_t  *b;

    b = ngx_http_hoop_event(ctx, "token");

    if (b == NULL || ngx_http_hoop_exchange_event(ctx, b) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_hoop_audit_end();
}


/*
 * The target's status, and how many servers have seen the request if it was
 * more than one (proxy_next_upstream), since it was let through: nginx goes on
 * with the same array after an internal redirect, with an empty entry between.
 */

static void
ngx_http_hoop_event_upstream(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_buf_t *b)
{
    ngx_uint_t                  i, tries, status;
    ngx_http_upstream_state_t  *state;

    if (r->upstream_states == NULL) {
        return;
    }

    tries = 0;
    status = 0;
    state = r->upstream_states->elts;

    for (i = ctx->upstream_states; i < r->upstream_states->nelts; i++) {
        if (state[i].peer) {
            status = state[i].status;
            tries++;
        }
    }

    if (tries) {
        (void) hoop_event_uint(b, "upstream_status", status);
    }

    if (tries > 1) {
        (void) hoop_event_uint(b, "upstream_tries", tries);
    }
}


static ngx_int_t
ngx_http_hoop_event_response(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    u_char       md[32], hex[64];
    ngx_uint_t   i, n;
    hoop_buf_t  *b, masked;
    const char  *label;

    b = ngx_http_hoop_event(ctx, "response");
    if (b == NULL) {
        return NGX_ERROR;
    }

    (void) hoop_event_uint(b, "status", ctx->blocked ? NGX_HTTP_BAD_GATEWAY
                                                     : r->headers_out.status);
    (void) hoop_event_uint(b, "bytes", ctx->unfiltered
                                       ? ngx_max(0, r->connection->sent
                                                    - (off_t) r->header_size)
                                       : (off_t) ctx->response_size);
    (void) hoop_event_uint(b, "duration_ms", ngx_current_msec - ctx->start);

    ngx_http_hoop_event_upstream(r, ctx, b);
    ngx_http_hoop_mcp_event_session(r, ctx, 1, b);
    ngx_http_hoop_mcp_list_event(ctx, b);

    n = 0;
    hoop_buf_init(&masked, 4096);
    (void) hoop_buf_addc(&masked, '{');

    for (i = 0; i < HOOP_DETECT_ALL; i++) {
        if (ctx->masked[i] == 0) {
            continue;
        }

        if (n++) {
            (void) hoop_buf_addc(&masked, ',');
        }

        (void) hoop_buf_addc(&masked, '"');

        for (label = hoop_detect_label(i); *label; label++) {
            (void) hoop_buf_addc(&masked, ngx_tolower(*label));
        }

        (void) hoop_buf_adds(&masked, "\":");
        (void) hoop_buf_addu(&masked, ctx->masked[i]);
    }

    (void) hoop_buf_addc(&masked, '}');

    if (n && !masked.failed) {
        (void) hoop_event_raw(b, "masked", hoop_str(masked.data, masked.len));
    }

    hoop_buf_free(&masked);

    if (ctx->digest && ctx->complete) {
        hoop_sha256_final(&ctx->response_md, md);
        hoop_hex(hex, md, 32);
        (void) hoop_event_string(b, "sha256", hoop_str(hex, 64));
    }

    if (ctx->blocked) {
        (void) hoop_event_string(b, "blocked", hoop_cstr(ctx->blocked));

    } else if (ctx->unfiltered ? r->connection->error
                               : ctx->mask_failed || !ctx->complete)
    {
        (void) hoop_event_raw(b, "aborted", hoop_cstr("true"));
    }

    if (ctx->limit.reached && (ctx->blocked || ctx->mask_failed)) {
        (void) hoop_event_string(b, "limit", hoop_cstr(ctx->limit.reached));
    }

    return ngx_hoop_audit_end();
}


/* the masked answer as the client got it; unmasked ones are masked here */

static ngx_int_t
ngx_http_hoop_event_recorded(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    size_t            n;
    ngx_int_t         rc;
    hoop_buf_t        out;
    hoop_mask_mode_e  mode;

    if (!ctx->record_raw) {
        return ngx_http_hoop_event_recording(ctx, "response",
                                             ctx->recorded.data,
                                             ctx->recorded.len,
                                             ctx->recorded_truncated);
    }

    mode = hoop_mask_mode(ngx_http_hoop_str(&r->headers_out.content_type));

    if (mode == HOOP_MASK_BINARY || mode == HOOP_MASK_REFUSE) {
        return NGX_OK;
    }

    hoop_buf_init(&out, ngx_http_hoop_grown(ctx->recorded.len));

    rc = ngx_http_hoop_event_mask(ctx, mode, hoop_str(ctx->recorded.data,
                                                      ctx->recorded.len),
                                  &out);

    n = out.len;
    ngx_http_hoop_event_cut(&out, ctx->recorded_truncated || !ctx->complete,
                            ctx->conf->record_max);

    if (rc == NGX_OK) {
        rc = ngx_http_hoop_event_recording(ctx, "response", out.data, out.len,
                                           out.len < n);
    }

    hoop_buf_free(&out);

    return rc;
}


ngx_int_t
ngx_http_hoop_log_handler(ngx_http_request_t *r)
{
    ngx_http_hoop_ctx_t  *ctx;

    if (r != r->main) {
        return NGX_OK;
    }

    ctx = ngx_http_hoop_ctx(r);

    if (ctx && ctx->conf && !ctx->conf->api && !ctx->conf->console
        && ctx->state != NGX_HTTP_HOOP_REFUSED)
    {
        ngx_http_hoop_close(r, ctx);
    }

    return NGX_OK;
}


void
ngx_http_hoop_close(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx->closed) {
        return;
    }

    ctx->closed = 1;

    if (!ctx->events) {

        /* it ended before it was decided: the client left, or a fault */

        ctx->verdict.decision = HOOP_VERDICT_ERROR;
        ctx->verdict.reason = hoop_cstr("the request ended undecided");
        ctx->status = r->headers_out.status;

        rc = ngx_http_hoop_event_request(r, ctx);

        if (rc == NGX_OK) {
            rc = ngx_http_hoop_event_decision(r, ctx);
        }

    } else if (ctx->record != HOOP_RECORD_OFF) {
        rc = ngx_http_hoop_event_response(r, ctx);

    } else {
        return;
    }

    ngx_http_hoop_closed(r, ctx, rc, "closing event");

    if (ctx->events && ctx->recorded.len) {

        /* on its own: what is too much of it may not take the other along */

        rc = ngx_http_hoop_event_recorded(r, ctx);

        ngx_http_hoop_closed(r, ctx, rc, "recording");
    }
}


static void
ngx_http_hoop_closed(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_int_t rc, const char *what)
{
    if (rc == NGX_OK && ngx_hoop_audit_commit_later() != NGX_ERROR) {
        return;
    }

    ngx_hoop_audit_rollback();

    ngx_http_hoop_log(NGX_LOG_ERR, r, "the %s of session %*s is lost", what,
                      (size_t) NGX_HTTP_HOOP_SESSION, ctx->session);
}
