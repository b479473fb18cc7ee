
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The way of a request, one re-entrant state machine in the access phase:
 *
 *     START > TOKEN > VERIFY [> KEYS_WAIT > VERIFY] > PROOF
 *       > REVOCATION [> REVOCATION_WAIT] > SCOPE > IDENTIFIED
 *       [> BODY_WAIT [> REVOCATION [> REVOCATION_WAIT]]] > POLICY > DECIDED
 *       [> BODY_WAIT [> REVOCATION [> REVOCATION_WAIT]]]
 *       > RECORD [> RECORD_WAIT]
 *       [> CLAIM > CLAIM_WAIT
 *         [> VOTE_WAIT > REVOCATION [> REVOCATION_WAIT] > CLAIM]
 *         > RECORD [> RECORD_WAIT]]
 *       > GO > PASSED
 *
 * and from any state > REFUSED.  The handler runs whenever anything happens on
 * the connection: a state that waits answers NGX_AGAIN until its owner (see
 * ngx_http_hoop_state_e) has left a result and called ngx_http_hoop_wake().
 */


#include "ngx_http_hoop.h"


static ngx_int_t ngx_http_hoop_start(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_uint_t ngx_http_hoop_early(ngx_http_request_t *r);
static ngx_int_t ngx_http_hoop_run(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_uint_t ngx_http_hoop_expired(ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_revocation_step(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static void ngx_http_hoop_policy_source(struct sockaddr *sockaddr,
    hoop_policy_request_t *req);
static ngx_int_t ngx_http_hoop_identified(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_policy(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_record(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static void ngx_http_hoop_record_handler(ngx_hoop_audit_wait_t *w,
    ngx_uint_t ok);
static ngx_int_t ngx_http_hoop_refuse(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_uint_t status, hoop_str_t detail);
static ngx_int_t ngx_http_hoop_wait(ngx_http_request_t *r);


#define ngx_http_hoop_refuse_text(r, ctx, status, text)                       \
    ngx_http_hoop_refuse(r, ctx, status, hoop_cstr(text))


/*
 * The access phase is not run for subrequests: none is let into a protected
 * location.  (Clones, as slice and a background cache update make, skip this
 * phase; the header filter judges them.)  Whatever leaves for elsewhere goes
 * without token and credential.
 */

ngx_int_t
ngx_http_hoop_preaccess_handler(ngx_http_request_t *r)
{
    ngx_http_hoop_ctx_t       *ctx;
    ngx_http_core_loc_conf_t  *clcf;
    ngx_http_hoop_loc_conf_t  *conf;

    conf = ngx_http_hoop_loc(r);

    if (r == r->main) {

        if (ngx_http_hoop_is_fetch(r)) {
            return ngx_http_hoop_fetch_preaccess(r);
        }

        return (conf->mode == NGX_HTTP_HOOP_OFF && !conf->api)
               ? ngx_http_hoop_headers_refuse(r) : NGX_DECLINED;
    }

    if (ngx_http_hoop_subrequest_refused(r)) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_hoop_ctx(r);

    if (ctx && ngx_http_hoop_headers_strip(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (conf->mode != NGX_HTTP_HOOP_ON && !conf->api) {
        return NGX_DECLINED;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    ngx_http_hoop_log(NGX_LOG_ERR, r, "subrequest to protected location "
                      "\"%V\" refused: nobody has authorised it",
                      &clcf->name);

    ngx_http_hoop_subrequest_refuse(r);

    return NGX_HTTP_FORBIDDEN;
}


ngx_int_t
ngx_http_hoop_access_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_http_hoop_ctx_t       *ctx;
    ngx_http_hoop_loc_conf_t  *conf;

    conf = ngx_http_hoop_loc(r);
    ctx = ngx_http_hoop_ctx(r);

    if (conf->mode == NGX_HTTP_HOOP_OFF && !conf->api) {

        /* perhaps by an internal redirect out of a protected location */

        if (ctx && ngx_http_hoop_headers_strip(r, ctx) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return NGX_DECLINED;
    }

    if (ctx == NULL) {
        ctx = ngx_http_hoop_create_ctx(r);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (ctx->conf != conf
        || (ctx->uri_changes != r->uri_changes
            && ctx->state != NGX_HTTP_HOOP_REFUSED))
    {
        /*
         * The first location, or an internal redirect: into another one, or to
         * another URI of the same.  What was decided was not decided for this.
         * (A refusal stands: its error_page may not be a way round it.)
         */

        ngx_http_hoop_detach(ctx);

        if (ngx_http_hoop_headers_strip(r, ctx) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ctx->conf = conf;
        ctx->state = NGX_HTTP_HOOP_START;
    }

    ctx->uri_changes = r->uri_changes;

    rc = ngx_http_hoop_run(r, ctx);

    if (rc == NGX_AGAIN) {
        return ngx_http_hoop_wait(r);
    }

    return rc;
}


/* what must be known of the request before anything of it is changed */

static ngx_int_t
ngx_http_hoop_start(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    hoop_str_t                 value;
    ngx_http_hoop_loc_conf_t  *conf;

    static const hoop_str_t  name = hoop_string("hoop-run");

    conf = ctx->conf;

    ngx_memzero(&ctx->verdict, sizeof(hoop_verdict_t));
    ctx->status = 0;
    ctx->error = NULL;
    ctx->error_code = NULL;
    ctx->blocked = NULL;
    ctx->events = 0;
    ctx->closed = 0;
    ctx->waited = 0;
    ctx->approval_done = 0;
    ctx->approval_ok = 0;
    ctx->approval_told = 0;
    ctx->approval.id[0] = '\0';
    ctx->credential = NULL;
    ctx->record = conf->record;

    ctx->host = r->headers_in.server;

    /* no variable that is evaluated from here on has it */

    if (ngx_http_hoop_token_take(r, ctx) != NGX_OK
        || ngx_http_hoop_event_text(r, ctx, &ctx->host, 255) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (conf->target) {
        if (ngx_http_complex_value(r, conf->target, &ctx->target) != NGX_OK
            || ngx_http_hoop_event_text(r, ctx, &ctx->target, 255) != NGX_OK)
        {
            return NGX_ERROR;
        }

    } else {
        ctx->target = ctx->host;
    }

    if (conf->run) {
        if (ngx_http_complex_value(r, conf->run, &ctx->run) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (ctx->run.data == NULL
               && ngx_http_hoop_header(r, name, &value) == HOOP_OK)
    {
        ctx->run.data = (u_char *) value.data;
        ctx->run.len = value.len;
    }

    if (ngx_http_hoop_event_text(r, ctx, &ctx->run, 128) != NGX_OK) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * TLS early data: whoever has recorded it can send it again, and until the
 * handshake is over nobody has proved that a certificate is his.
 */

static ngx_uint_t
ngx_http_hoop_early(ngx_http_request_t *r)
{
#if (NGX_HTTP_SSL)

    ngx_ssl_conn_t  *ssl;

    if (r->connection->ssl == NULL) {
        return 0;
    }

    ssl = r->connection->ssl->connection;

#ifdef SSL_ERROR_EARLY_DATA_REJECTED

    /* BoringSSL */

    return SSL_in_early_data(ssl);

#else

    /* not SSL_in_init(), which is 0 while early data is read */

    return !SSL_is_init_finished(ssl);

#endif

#else

    return 0;

#endif
}


static ngx_int_t
ngx_http_hoop_run(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    for ( ;; ) {

        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "http hoop state: %d", (int) ctx->state);

        switch (ctx->state) {

        case NGX_HTTP_HOOP_START:

            if (ngx_http_hoop_start(r, ctx) != NGX_OK) {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            if (ngx_http_hoop_early(r)) {
                return ngx_http_hoop_refuse_text(r, ctx,
                                       NGX_HTTP_HOOP_TOO_EARLY,
                                       "the TLS handshake is not finished");
            }

            if (ctx->exchange && ctx->conf->signer == NULL) {

                /* the tokens were for another location, and not to be let in */

                return ngx_http_hoop_refuse_text(r, ctx, NGX_HTTP_FORBIDDEN,
                                                 "the request was redirected");
            }

            ctx->state = (ctx->identity && ctx->token_status == NGX_HTTP_OK
                          && ctx->conf->signer == NULL)
                         ? NGX_HTTP_HOOP_PROOF : NGX_HTTP_HOOP_TOKEN;
            break;

        case NGX_HTTP_HOOP_TOKEN:

            rc = ctx->conf->signer ? ngx_http_hoop_exchange_token(r, ctx)
                                   : ngx_http_hoop_token(ctx);

            if (rc == NGX_DONE) {
                return NGX_DONE;
            }

            if (rc != NGX_OK) {
                return ngx_http_hoop_refuse_text(r, ctx, rc,
                              ctx->error ? ctx->error : "no bearer token");
            }

            ctx->state = NGX_HTTP_HOOP_VERIFY;
            break;

        case NGX_HTTP_HOOP_VERIFY:

            rc = ngx_http_hoop_verify(r, ctx);

            if (rc == NGX_AGAIN) {
                ctx->state = NGX_HTTP_HOOP_KEYS_WAIT;
                return NGX_AGAIN;
            }

            if (rc != NGX_OK) {
                return ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);
            }

            ctx->state = NGX_HTTP_HOOP_PROOF;
            break;

        case NGX_HTTP_HOOP_KEYS_WAIT:

            if (ctx->keys_queued) {
                return NGX_AGAIN;
            }

            ctx->state = NGX_HTTP_HOOP_VERIFY;
            break;

        case NGX_HTTP_HOOP_PROOF:

            ctx->verified = 0;

            rc = ngx_http_hoop_proof(r, ctx);

            if (rc != NGX_OK) {
                return ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);
            }

            ctx->after_revocation = NGX_HTTP_HOOP_SCOPE;
            ctx->state = NGX_HTTP_HOOP_REVOCATION;
            break;

        case NGX_HTTP_HOOP_REVOCATION:
        case NGX_HTTP_HOOP_REVOCATION_WAIT:

            rc = ngx_http_hoop_revocation_step(r, ctx);

            if (rc != NGX_OK || ctx->state == NGX_HTTP_HOOP_PASSED) {
                return rc;
            }

            break;

        case NGX_HTTP_HOOP_SCOPE:

            ctx->verified = 1;

            rc = ngx_http_hoop_scope(ctx);

            if (rc != NGX_OK) {
                return ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);
            }

            ctx->state = NGX_HTTP_HOOP_IDENTIFIED;
            break;

        case NGX_HTTP_HOOP_IDENTIFIED:

            rc = ngx_http_hoop_identified(r, ctx);

            if (rc != NGX_OK) {
                return rc;
            }

            break;

        case NGX_HTTP_HOOP_BODY_WAIT:

            if (!ctx->body_read) {

                /* the reader may have failed and finalized the request */

                return r->err_status ? (ngx_int_t) r->err_status : NGX_DONE;
            }

            ctx->state = ctx->after_body;

            if (ctx->identity == NULL || ctx->exchange
                || ctx->body_time == ngx_time())
            {
                break;
            }

            /* it came slowly, and the token may not have lasted so long */

            if (ngx_http_hoop_expired(ctx)) {
                return ngx_http_hoop_refuse_text(r, ctx,
                                                 NGX_HTTP_UNAUTHORIZED,
                                                 ctx->error);
            }

            ctx->revocation.passed = 0;
            ctx->after_revocation = ctx->after_body;
            ctx->state = NGX_HTTP_HOOP_REVOCATION;
            break;

        case NGX_HTTP_HOOP_POLICY:

            rc = ngx_http_hoop_policy(r, ctx);

            if (rc != NGX_OK) {
                return rc;
            }

            if (ctx->state == NGX_HTTP_HOOP_POLICY) {
                ctx->state = NGX_HTTP_HOOP_DECIDED;

                rc = ctx->exchange ? ngx_http_hoop_exchange_grant(ctx)
                                   : NGX_OK;

                if (rc != NGX_OK) {
                    return ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);
                }
            }

            break;

        case NGX_HTTP_HOOP_DECIDED:

            ctx->state = NGX_HTTP_HOOP_RECORD;

            if (ctx->conf->mode == NGX_HTTP_HOOP_ON
                && !ctx->body_read
                && (ctx->verdict.decision == HOOP_VERDICT_REVIEW
                    || ctx->record == HOOP_RECORD_PAYLOAD)
                && ngx_http_hoop_has_body(r))
            {
                ctx->after_body = NGX_HTTP_HOOP_RECORD;
                ctx->state = NGX_HTTP_HOOP_BODY_WAIT;

                rc = ngx_http_hoop_body_read(r, ctx, ctx->conf->record_max
                                                     + NGX_HTTP_HOOP_SLACK);

                if (rc != NGX_DONE) {
                    return ngx_http_hoop_refuse_text(r, ctx, rc,
                                               "the body could not be read");
                }

                return NGX_DONE;
            }

            break;

        case NGX_HTTP_HOOP_RECORD:

            ctx->audit_done = 0;
            ctx->audit_ok = 0;
            ctx->state = NGX_HTTP_HOOP_RECORD_WAIT;

            rc = ngx_http_hoop_record(r, ctx);

            if (rc == NGX_AGAIN) {
                return NGX_AGAIN;
            }

            ctx->audit_done = 1;
            ctx->audit_ok = (rc == NGX_OK);
            break;

        case NGX_HTTP_HOOP_RECORD_WAIT:

            if (!ctx->audit_done) {
                return NGX_AGAIN;
            }

            if (!ctx->audit_ok) {
                return ngx_http_hoop_refuse_text(r, ctx,
                                       NGX_HTTP_SERVICE_UNAVAILABLE,
                                       "the evidence cannot be kept");
            }

            if (ctx->conf->mode == NGX_HTTP_HOOP_MONITOR) {
                ctx->state = NGX_HTTP_HOOP_PASSED;

            } else {
                ctx->state =
                    (ctx->verdict.decision == HOOP_VERDICT_REVIEW
                     && !ctx->approval_ok)
                    ? NGX_HTTP_HOOP_CLAIM : NGX_HTTP_HOOP_GO;
            }

            break;

        case NGX_HTTP_HOOP_CLAIM:

            if (ngx_http_hoop_expired(ctx)) {

                /* while a human was thinking: nothing is used up */

                ngx_http_hoop_approval_detach(ctx);

                return ngx_http_hoop_refuse_text(r, ctx,
                                                 NGX_HTTP_UNAUTHORIZED,
                                                 ctx->error);
            }

            rc = ngx_http_hoop_approval_claim(r, ctx);

            if (rc != NGX_OK) {
                return ngx_http_hoop_refuse_text(r, ctx, rc,
                                                 "approvals are not available");
            }

            ctx->state = NGX_HTTP_HOOP_CLAIM_WAIT;
            return NGX_AGAIN;

        case NGX_HTTP_HOOP_CLAIM_WAIT:

            if (!ctx->approval_done) {
                return NGX_AGAIN;
            }

            rc = ngx_http_hoop_approval_result(r, ctx);

            if (rc != NGX_AGAIN) {
                ngx_http_hoop_approval_detach(ctx);
            }

            if (rc == NGX_OK) {

                /* used up: the event of it must be kept before we go on */

                ctx->approval_ok = 1;
                ctx->state = NGX_HTTP_HOOP_RECORD;
                break;
            }

            if (rc == NGX_AGAIN) {
                ctx->state = NGX_HTTP_HOOP_VOTE_WAIT;
                return NGX_AGAIN;
            }

            if (rc == NGX_HTTP_ACCEPTED) {
                ctx->state = NGX_HTTP_HOOP_REFUSED;
                ctx->status = NGX_HTTP_ACCEPTED;
                return ngx_http_hoop_accepted(r, ctx);
            }

            return ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);

        case NGX_HTTP_HOOP_VOTE_WAIT:

            if (!ctx->approval_done && !ctx->waited) {
                return NGX_AGAIN;
            }

            ngx_hoop_approval_cancel(&ctx->approval);

            /* it may have been revoked while a human was thinking */

            ctx->revocation.passed = 0;
            ctx->after_revocation = NGX_HTTP_HOOP_CLAIM;
            ctx->state = NGX_HTTP_HOOP_REVOCATION;
            break;

        case NGX_HTTP_HOOP_GO:

            if (ngx_http_hoop_headers_swap(r, ctx) != NGX_OK) {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }

            ctx->state = NGX_HTTP_HOOP_PASSED;
            break;

        case NGX_HTTP_HOOP_PASSED:

            ctx->upstream_states = r->upstream_states
                                   ? r->upstream_states->nelts : 0;

            r->read_event_handler = ngx_http_block_reading;
            return NGX_OK;

        case NGX_HTTP_HOOP_REFUSED:

            /* an answer of ours is on its way, or was redirected here */

            return ctx->status == NGX_HTTP_ACCEPTED ? NGX_HTTP_FORBIDDEN
                                                    : ctx->status;
        }
    }
}


/* while the request was waiting; by the rule of hoop_jwt_check() */

static ngx_uint_t
ngx_http_hoop_expired(ngx_http_hoop_ctx_t *ctx)
{
    if (ctx->identity->expires + ctx->issuer->leeway > ngx_time()) {
        return 0;
    }

    ctx->error = hoop_jwt_strerror(HOOP_JWT_EXPIRED);

    return 1;
}


static ngx_int_t
ngx_http_hoop_revocation_step(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx->state == NGX_HTTP_HOOP_REVOCATION) {
        rc = ngx_http_hoop_revocation(r, ctx);

    } else if (ctx->revocation.replied) {
        rc = ngx_http_hoop_revocation_result(r, ctx);

    } else {
        return NGX_AGAIN;
    }

    if (rc == NGX_OK) {
        ctx->state = ctx->after_revocation;
        return NGX_OK;
    }

    if (rc == NGX_AGAIN) {
        ctx->state = NGX_HTTP_HOOP_REVOCATION_WAIT;
        return NGX_AGAIN;
    }

    ctx->verified = 0;

    /* if it was waiting for a human: nothing is used up */

    ngx_http_hoop_approval_detach(ctx);

    return ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);
}


static void
ngx_http_hoop_policy_request(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_policy_request_t *req)
{
    ngx_memzero(req, sizeof(hoop_policy_request_t));

    req->identity = ctx->identity;
    req->method = ngx_http_hoop_str(&r->method_name);
    req->host = ngx_http_hoop_str(&r->headers_in.server);
    req->path = ngx_http_hoop_str(&r->uri);
    req->args = ngx_http_hoop_str(&r->args);
    req->body = ctx->body_read ? ctx->body_kind
                : ngx_http_hoop_has_body(r) ? HOOP_BODY_UNREAD
                : HOOP_BODY_NONE;
    req->body_json = ctx->body_json;
    req->header = ngx_http_hoop_header;
    req->header_ctx = r;
    req->now = ngx_time();

    ngx_http_hoop_policy_source(r->connection->sockaddr, req);
}


/* the client as the realip module, if it is there, has left it */

static void
ngx_http_hoop_policy_source(struct sockaddr *sockaddr,
    hoop_policy_request_t *req)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    switch (sockaddr->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) sockaddr;
        req->address[10] = 0xff;
        req->address[11] = 0xff;
        ngx_memcpy(req->address + 12, &sin->sin_addr.s_addr, 4);
        req->address_set = 1;
        break;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sockaddr;
        ngx_memcpy(req->address, sin6->sin6_addr.s6_addr, 16);
        req->address_set = 1;
        break;
#endif

    default:
        break;
    }
}


/*
 * A path that targets are known to read in another way than nginx, and so than
 * policy: a backslash for a slash, a control character, and a dot segment that
 * has a parameter ("..;x").
 */

static ngx_uint_t
ngx_http_hoop_path_ambiguous(ngx_str_t *uri)
{
    u_char  *p, *last, *dot;

    last = uri->data + uri->len;

    for (p = uri->data; p < last; p++) {

        if (*p == '\\' || *p < 0x20 || *p == 0x7f) {
            return 1;
        }

        if (*p != '/') {
            continue;
        }

        for (dot = p + 1; dot < last && dot < p + 3 && *dot == '.'; dot++) {
            /* void */
        }

        if (dot > p + 1 && dot < last && *dot == ';') {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_hoop_identified(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t               rc;
    ngx_array_t            *policies;
    hoop_policy_request_t   req;

    if (ctx->conf->api) {
        ctx->state = NGX_HTTP_HOOP_PASSED;
        return NGX_OK;
    }

    if (ngx_http_hoop_path_ambiguous(&r->uri)) {
        return ngx_http_hoop_refuse_text(r, ctx, NGX_HTTP_BAD_REQUEST,
                                         "the path is ambiguous");
    }

    if (ctx->exchange) {
        rc = ngx_http_hoop_exchange_identified(ctx);

        return (rc == NGX_OK) ? NGX_OK
               : ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);
    }

    policies = ctx->conf->policies;

    if (!ctx->body_read && policies && ngx_http_hoop_has_body(r)) {
        ngx_http_hoop_policy_request(r, ctx, &req);

        if (hoop_policy_needs_body(policies->elts, policies->nelts, &req)) {

            if (r->headers_in.content_length_n > (off_t) ctx->conf->body_max) {
                return ngx_http_hoop_refuse_text(r, ctx,
                                    NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                    "the body is larger than policy reads");
            }

            ctx->after_body = NGX_HTTP_HOOP_POLICY;
            ctx->state = NGX_HTTP_HOOP_BODY_WAIT;

            rc = ngx_http_hoop_body_read(r, ctx, ctx->conf->body_max);

            if (rc != NGX_DONE) {
                return ngx_http_hoop_refuse_text(r, ctx, rc,
                                                 "the body could not be read");
            }

            return NGX_DONE;
        }
    }

    ctx->state = NGX_HTTP_HOOP_POLICY;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hoop_policy(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_array_t                *policies;
    hoop_policy_request_t       req;
    ngx_http_hoop_main_conf_t  *hmcf;

    policies = ctx->conf->policies;

    if (ctx->body_read) {
        if (ctx->body_failed) {
            return ngx_http_hoop_refuse_text(r, ctx, NGX_HTTP_BAD_REQUEST,
                                             "the body could not be read");
        }

        if (ctx->body_truncated && ctx->after_body == NGX_HTTP_HOOP_POLICY) {
            return ngx_http_hoop_refuse_text(r, ctx,
                                    NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                    "the body is larger than policy reads");
        }

        ngx_http_hoop_body_judge(r, ctx);
    }

    ngx_http_hoop_policy_request(r, ctx, &req);

    hoop_policy_evaluate(policies ? policies->elts : NULL,
                         policies ? policies->nelts : 0, &req, &ctx->verdict);

    if (ctx->verdict.record != HOOP_RECORD_UNSET) {
        ctx->record = ctx->verdict.record;
    }

    if (ctx->verdict.decision != HOOP_VERDICT_ALLOW
        && ctx->verdict.ambiguous)
    {
        /* nor may a human be asked to approve what cannot be judged */

        return ngx_http_hoop_refuse(r, ctx, NGX_HTTP_BAD_REQUEST,
                                    ctx->verdict.reason);
    }

    if (ctx->verdict.decision == HOOP_VERDICT_DENY
        || ctx->verdict.decision == HOOP_VERDICT_ERROR)
    {
        return ngx_http_hoop_refuse(r, ctx, NGX_HTTP_FORBIDDEN,
                                    ctx->verdict.reason);
    }

    if (ctx->verdict.credential.len) {
        hmcf = ngx_http_get_module_main_conf(r, ngx_http_hoop_module);

        ctx->credential = ngx_http_hoop_find_credential(hmcf,
                                                     ctx->verdict.credential);
        if (ctx->credential == NULL) {
            return ngx_http_hoop_refuse_text(r, ctx,
                                   NGX_HTTP_SERVICE_UNAVAILABLE,
                                   "the rule's credential is not configured");
        }

    } else {
        ctx->credential = ctx->conf->credential;
    }

    return NGX_OK;
}


/*
 * The events that must be accepted before the target sees the request: first
 * request and decision, and after a review the use of the approval.
 */

static ngx_int_t
ngx_http_hoop_record(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx->approval_ok) {
        rc = ngx_http_hoop_event_approval(r, ctx, "consumed");

    } else {
        rc = ngx_http_hoop_event_request(r, ctx);

        if (rc == NGX_OK) {
            rc = ngx_http_hoop_event_decision(r, ctx);
        }

        if (rc == NGX_OK && ctx->exchange) {
            rc = ngx_http_hoop_event_token(ctx);
        }
    }

    if (rc != NGX_OK) {
        ngx_hoop_audit_rollback();
        return NGX_ERROR;
    }

    ctx->audit.handler = ngx_http_hoop_record_handler;
    ctx->audit.data = ctx;

    rc = ngx_hoop_audit_commit(&ctx->audit);

    if (rc != NGX_ERROR) {
        ctx->events = 1;
    }

    return rc;
}


static void
ngx_http_hoop_record_handler(ngx_hoop_audit_wait_t *w, ngx_uint_t ok)
{
    ngx_http_hoop_ctx_t *ctx = w->data;

    ctx->audit_done = 1;
    ctx->audit_ok = ok;

    ngx_http_hoop_wake(ctx);
}


/*
 * Says no, and puts it on the record.  In monitor mode the no is only on the
 * record.  A refusal stands even when its event cannot be kept.
 */

static ngx_int_t
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
        return NGX_OK;
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


/* parks the request: nothing but its owner's event, or the client's leaving,
   is to move it */

static ngx_int_t
ngx_http_hoop_wait(ngx_http_request_t *r)
{
    ngx_connection_t  *c;

    c = r->connection;

    if (r->read_event_handler == ngx_http_test_reading) {
        return NGX_AGAIN;
    }

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);

    } else if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->read_event_handler = ngx_http_test_reading;

    return NGX_AGAIN;
}
