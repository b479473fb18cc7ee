
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The way of a request, one re-entrant state machine in the access phase:
 *
 *     START > TOKEN > VERIFY [> KEYS_WAIT > VERIFY] > PROOF
 *       > REVOCATION [> REVOCATION_WAIT] > SCOPE > IDENTIFIED
 *       [> BODY_WAIT [> REVOCATION [> REVOCATION_WAIT]]] > POLICY
 *       [> PLAN > PLAN_WAIT] > DECIDED
 *       [> BODY_WAIT [> REVOCATION [> REVOCATION_WAIT]]]
 *       [> LIMIT [> LIMIT_WAIT]] > RECORD [> RECORD_WAIT]
 *       [> LIMIT [> LIMIT_WAIT] > CLAIM > CLAIM_WAIT
 *         [> VOTE_WAIT > REVOCATION [> REVOCATION_WAIT]
 *           > LIMIT [> LIMIT_WAIT] > CLAIM]
 *         > RECORD [> RECORD_WAIT] > LIMIT [> LIMIT_WAIT]]
 *       > GO > PASSED
 *
 * and from any state > REFUSED.  The handler runs whenever anything happens on
 * the connection: a state that waits answers NGX_AGAIN until its owner (see
 * ngx_http_hoop_state_e) has left a result and called ngx_http_hoop_wake().
 *
 * Each state has a step: NGX_DECLINED says to go on with ctx->state, which it
 * has set; all else is the answer of the phase.
 */


#include "ngx_http_hoop.h"


typedef ngx_int_t (*ngx_http_hoop_step_pt)(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);


static ngx_int_t ngx_http_hoop_step_start(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_start(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_uint_t ngx_http_hoop_early(ngx_http_request_t *r);
static ngx_int_t ngx_http_hoop_step_token(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_verify(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_keys_wait(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_proof(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_revocation(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_scope(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_body_wait(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_policy(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_plan(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_plan_wait(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_decided(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_limit(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_record(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_record_wait(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_claim(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_claim_wait(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_vote_wait(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_go(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_passed(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_step_refused(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_uint_t ngx_http_hoop_expired(ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_record(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static void ngx_http_hoop_record_handler(ngx_hoop_audit_wait_t *w,
    ngx_uint_t ok);
static ngx_int_t ngx_http_hoop_wait(ngx_http_request_t *r);


static const ngx_http_hoop_step_pt  ngx_http_hoop_steps[] = {
    [NGX_HTTP_HOOP_START] = ngx_http_hoop_step_start,
    [NGX_HTTP_HOOP_TOKEN] = ngx_http_hoop_step_token,
    [NGX_HTTP_HOOP_VERIFY] = ngx_http_hoop_step_verify,
    [NGX_HTTP_HOOP_KEYS_WAIT] = ngx_http_hoop_step_keys_wait,
    [NGX_HTTP_HOOP_PROOF] = ngx_http_hoop_step_proof,
    [NGX_HTTP_HOOP_REVOCATION] = ngx_http_hoop_step_revocation,
    [NGX_HTTP_HOOP_REVOCATION_WAIT] = ngx_http_hoop_step_revocation,
    [NGX_HTTP_HOOP_SCOPE] = ngx_http_hoop_step_scope,
    [NGX_HTTP_HOOP_IDENTIFIED] = ngx_http_hoop_policy_body,
    [NGX_HTTP_HOOP_BODY_WAIT] = ngx_http_hoop_step_body_wait,
    [NGX_HTTP_HOOP_POLICY] = ngx_http_hoop_step_policy,
    [NGX_HTTP_HOOP_PLAN] = ngx_http_hoop_step_plan,
    [NGX_HTTP_HOOP_PLAN_WAIT] = ngx_http_hoop_step_plan_wait,
    [NGX_HTTP_HOOP_DECIDED] = ngx_http_hoop_step_decided,
    [NGX_HTTP_HOOP_LIMIT] = ngx_http_hoop_step_limit,
    [NGX_HTTP_HOOP_LIMIT_WAIT] = ngx_http_hoop_step_limit,
    [NGX_HTTP_HOOP_RECORD] = ngx_http_hoop_step_record,
    [NGX_HTTP_HOOP_RECORD_WAIT] = ngx_http_hoop_step_record_wait,
    [NGX_HTTP_HOOP_CLAIM] = ngx_http_hoop_step_claim,
    [NGX_HTTP_HOOP_CLAIM_WAIT] = ngx_http_hoop_step_claim_wait,
    [NGX_HTTP_HOOP_VOTE_WAIT] = ngx_http_hoop_step_vote_wait,
    [NGX_HTTP_HOOP_GO] = ngx_http_hoop_step_go,
    [NGX_HTTP_HOOP_PASSED] = ngx_http_hoop_step_passed,
    [NGX_HTTP_HOOP_REFUSED] = ngx_http_hoop_step_refused
};


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

    do {
        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "http hoop state: %d", (int) ctx->state);

        rc = ngx_http_hoop_steps[ctx->state](r, ctx);

    } while (rc == NGX_DECLINED);

    if (rc == NGX_AGAIN) {
        return ngx_http_hoop_wait(r);
    }

    return rc;
}


static ngx_int_t
ngx_http_hoop_step_start(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    if (ngx_http_hoop_start(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_hoop_early(r)) {
        return ngx_http_hoop_refuse_text(r, ctx, NGX_HTTP_HOOP_TOO_EARLY,
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

    return NGX_DECLINED;
}


/* what must be known of the request before anything of it is changed */

static ngx_int_t
ngx_http_hoop_start(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_str_t                  sent;
    hoop_str_t                 value;
    ngx_http_hoop_loc_conf_t  *conf;

    static const hoop_str_t  name = hoop_string("hoop-run");

    conf = ctx->conf;

    ngx_memzero(&ctx->verdict, sizeof(hoop_verdict_t));
    ctx->sql = hoop_str(NULL, 0);
    ctx->status = 0;
    ctx->error = NULL;
    ctx->error_code = NULL;
    ctx->blocked = NULL;
    ctx->limit.reached = NULL;
    ctx->events = 0;
    ctx->closed = 0;
    ctx->waited = 0;
    ctx->prefers = 0;
    ctx->approval_done = 0;
    ctx->approval_ok = 0;
    ctx->approval_told = 0;
    ctx->approval.id[0] = '\0';
    ngx_memzero(&ctx->plan, sizeof(ngx_http_hoop_planned_t));
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

    sent = ctx->run;

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

    if (ctx->run.len == 0 && ngx_http_hoop_mcp_run(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->run.data != sent.data) {
        ctx->run_sent = ctx->run;
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
ngx_http_hoop_step_token(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ctx->conf->signer ? ngx_http_hoop_exchange_token(r, ctx)
                           : ngx_http_hoop_token(ctx);

    if (rc == NGX_DONE) {
        return NGX_DONE;
    }

    if (rc != NGX_OK) {
        return ngx_http_hoop_refuse_text(r, ctx, rc,
                                         ctx->error ? ctx->error
                                                    : "no bearer token");
    }

    ctx->state = NGX_HTTP_HOOP_VERIFY;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_hoop_step_verify(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_hoop_verify(r, ctx);

    if (rc == NGX_AGAIN) {
        ctx->state = NGX_HTTP_HOOP_KEYS_WAIT;
        return NGX_AGAIN;
    }

    if (rc != NGX_OK) {
        return ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);
    }

    ctx->state = NGX_HTTP_HOOP_PROOF;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_hoop_step_keys_wait(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    if (ctx->keys_queued) {
        return NGX_AGAIN;
    }

    ctx->state = NGX_HTTP_HOOP_VERIFY;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_hoop_step_proof(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    ctx->verified = 0;

    rc = ngx_http_hoop_proof(r, ctx);

    if (rc != NGX_OK) {
        return ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);
    }

    ctx->after_revocation = NGX_HTTP_HOOP_SCOPE;
    ctx->state = NGX_HTTP_HOOP_REVOCATION;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_hoop_step_revocation(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
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
        return NGX_DECLINED;
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


static ngx_int_t
ngx_http_hoop_step_scope(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    ctx->verified = 1;

    rc = ngx_http_hoop_scope(ctx);

    if (rc != NGX_OK) {
        return ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);
    }

    ctx->state = NGX_HTTP_HOOP_IDENTIFIED;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_hoop_step_body_wait(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    if (!ctx->body_read) {

        /* the reader may have failed and finalized the request */

        return r->err_status ? (ngx_int_t) r->err_status : NGX_DONE;
    }

    ctx->state = ctx->after_body;

    if (ctx->identity == NULL || ctx->exchange
        || ctx->body_time == ngx_time())
    {
        return NGX_DECLINED;
    }

    /* it came slowly, and the token may not have lasted so long */

    if (ngx_http_hoop_expired(ctx)) {
        return ngx_http_hoop_refuse_text(r, ctx, NGX_HTTP_UNAUTHORIZED,
                                         ctx->error);
    }

    ctx->revocation.passed = 0;
    ctx->after_revocation = ctx->after_body;
    ctx->state = NGX_HTTP_HOOP_REVOCATION;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_hoop_step_policy(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_hoop_policy_decide(r, ctx);

    if (rc != NGX_DECLINED || ctx->state != NGX_HTTP_HOOP_POLICY) {
        return rc;
    }

    ctx->state = ngx_http_hoop_plan_concerns(r, ctx, 0) ? NGX_HTTP_HOOP_PLAN
                                                        : NGX_HTTP_HOOP_DECIDED;

    rc = ctx->exchange ? ngx_http_hoop_exchange_grant(ctx) : NGX_OK;

    if (rc != NGX_OK) {
        return ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_hoop_step_plan(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_hoop_plan_ask(r, ctx);

    if (rc != NGX_OK) {
        return ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);
    }

    ctx->state = NGX_HTTP_HOOP_PLAN_WAIT;

    return NGX_AGAIN;
}


static ngx_int_t
ngx_http_hoop_step_plan_wait(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_hoop_plan_result(r, ctx);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (rc != NGX_OK) {
        return ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);
    }

    ctx->state = NGX_HTTP_HOOP_DECIDED;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_hoop_step_decided(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t              rc;
    ngx_http_hoop_state_e  next;

    /* what a human is asked for takes nothing before he has agreed */

    next = (ctx->verdict.decision == HOOP_VERDICT_REVIEW)
           ? NGX_HTTP_HOOP_RECORD : NGX_HTTP_HOOP_LIMIT;

    ctx->after_limit = NGX_HTTP_HOOP_RECORD;

    if (ctx->conf->mode != NGX_HTTP_HOOP_ON
        || ctx->body_read
        || (ctx->verdict.decision != HOOP_VERDICT_REVIEW
            && ctx->record != HOOP_RECORD_PAYLOAD)
        || !ngx_http_hoop_has_body(r))
    {
        ctx->state = next;
        return NGX_DECLINED;
    }

    ctx->after_body = next;
    ctx->state = NGX_HTTP_HOOP_BODY_WAIT;

    rc = ngx_http_hoop_body_read(r, ctx, ctx->conf->record_max
                                         + NGX_HTTP_HOOP_SLACK);

    if (rc != NGX_DONE) {
        return ngx_http_hoop_refuse_text(r, ctx, rc,
                                         "the body could not be read");
    }

    return NGX_DONE;
}


static ngx_int_t
ngx_http_hoop_step_limit(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx->state == NGX_HTTP_HOOP_LIMIT) {
        rc = ngx_http_hoop_limit(r, ctx);

    } else if (ctx->limit.replied) {
        rc = ngx_http_hoop_limit_result(r, ctx);

    } else {
        return NGX_AGAIN;
    }

    if (rc == NGX_OK) {
        ctx->state = ctx->after_limit;
        return NGX_DECLINED;
    }

    if (rc == NGX_AGAIN) {
        ctx->state = NGX_HTTP_HOOP_LIMIT_WAIT;
        return NGX_AGAIN;
    }

    /* its approval, if it has one, is not used up */

    ngx_http_hoop_approval_detach(ctx);

    return ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);
}


static ngx_int_t
ngx_http_hoop_step_record(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    ctx->audit_done = 0;
    ctx->audit_ok = 0;
    ctx->state = NGX_HTTP_HOOP_RECORD_WAIT;

    rc = ngx_http_hoop_record(r, ctx);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    ctx->audit_done = 1;
    ctx->audit_ok = (rc == NGX_OK);

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_hoop_step_record_wait(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    if (!ctx->audit_done) {
        return NGX_AGAIN;
    }

    if (!ctx->audit_ok) {
        return ngx_http_hoop_refuse_text(r, ctx, NGX_HTTP_SERVICE_UNAVAILABLE,
                                         "the evidence cannot be kept");
    }

    if (ctx->conf->mode == NGX_HTTP_HOOP_MONITOR) {
        ctx->state = NGX_HTTP_HOOP_PASSED;

    } else if (ctx->verdict.decision == HOOP_VERDICT_REVIEW) {
        ctx->after_limit = ctx->approval_ok ? NGX_HTTP_HOOP_GO
                                            : NGX_HTTP_HOOP_CLAIM;
        ctx->state = NGX_HTTP_HOOP_LIMIT;

    } else {
        ctx->state = NGX_HTTP_HOOP_GO;
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_hoop_step_claim(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ngx_http_hoop_expired(ctx)) {

        /* while a human was thinking: nothing is used up */

        ngx_http_hoop_approval_detach(ctx);

        return ngx_http_hoop_refuse_text(r, ctx, NGX_HTTP_UNAUTHORIZED,
                                         ctx->error);
    }

    rc = ngx_http_hoop_approval_claim(r, ctx);

    if (rc != NGX_OK) {
        return ngx_http_hoop_refuse_text(r, ctx, rc,
                                         "approvals are not available");
    }

    ctx->state = NGX_HTTP_HOOP_CLAIM_WAIT;

    return NGX_AGAIN;
}


static ngx_int_t
ngx_http_hoop_step_claim_wait(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (!ctx->approval_done) {
        return NGX_AGAIN;
    }

    rc = ngx_http_hoop_approval_result(r, ctx);

    if (rc != NGX_AGAIN) {
        ngx_http_hoop_approval_detach(ctx);
    }

    switch (rc) {

    case NGX_OK:

        /* used up: the event of it must be kept before we go on */

        ctx->approval_ok = 1;
        ctx->state = NGX_HTTP_HOOP_RECORD;
        return NGX_DECLINED;

    case NGX_AGAIN:
        ctx->state = NGX_HTTP_HOOP_VOTE_WAIT;
        return NGX_AGAIN;

    case NGX_HTTP_ACCEPTED:
        ctx->state = NGX_HTTP_HOOP_REFUSED;
        ctx->status = NGX_HTTP_ACCEPTED;
        return ngx_http_hoop_accepted(r, ctx);

    default:
        return ngx_http_hoop_refuse_text(r, ctx, rc, ctx->error);
    }
}


static ngx_int_t
ngx_http_hoop_step_vote_wait(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    if (!ctx->approval_done && !ctx->waited) {
        return NGX_AGAIN;
    }

    ngx_http_hoop_approval_release(ctx);

    if (ctx->approval_done) {

        switch (ctx->approval.state) {

        case NGX_HOOP_APPROVAL_CANCELLED:
            ngx_http_hoop_approval_detach(ctx);

            return ngx_http_hoop_refuse_text(r, ctx, NGX_HTTP_FORBIDDEN,
                                             "approval cancelled");

        case NGX_HOOP_APPROVAL_APPROVED:
        case NGX_HOOP_APPROVAL_DENIED:
            break;

        default:

            /* it is over: the claim makes another one */

            ctx->approval_told = 0;
        }
    }

    /* it may have been revoked while a human was thinking */

    ctx->revocation.passed = 0;
    ctx->after_revocation = NGX_HTTP_HOOP_LIMIT;
    ctx->state = NGX_HTTP_HOOP_REVOCATION;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_hoop_step_go(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    if (ngx_http_hoop_headers_swap(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->state = NGX_HTTP_HOOP_PASSED;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_hoop_step_passed(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ctx->upstream_states = r->upstream_states ? r->upstream_states->nelts : 0;

    r->read_event_handler = ngx_http_block_reading;

    return NGX_OK;
}


/* an answer of ours is on its way, or was redirected here */

static ngx_int_t
ngx_http_hoop_step_refused(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    return (ctx->status == NGX_HTTP_ACCEPTED) ? NGX_HTTP_FORBIDDEN
                                              : (ngx_int_t) ctx->status;
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
