
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The token endpoint (RFC 8693).  It goes the way of any other request, with
 * the form's tokens in the place of a bearer token:
 *
 *     START > TOKEN > BODY_WAIT > TOKEN
 *       > VERIFY .. SCOPE > IDENTIFIED          the subject's
 *       [> VERIFY .. SCOPE > IDENTIFIED]        the actor's
 *       > POLICY > DECIDED > RECORD .. GO > PASSED
 *
 * Where policy has decided the token is made, and its event is a part of the
 * transaction that has to be kept before the request goes on.  What is left
 * for the content handler is to send it: other modules' access rules have been
 * asked by then.
 *
 * The identity of the request is the subject.  While the actor's token is at
 * hand it is the actor, or nobody; subject and actor have references here.
 */


#include "ngx_http_hoop.h"

#include <openssl/rand.h>

#include "../core/hoop_exchange.h"


struct ngx_http_hoop_exchange_s {
    hoop_exchange_t           request;         /* spans of form */
    hoop_buf_t                form;            /* decoded in place */
    hoop_exchange_grant_t     grant;
    const char               *code;            /* of a refusal, or NULL */

    hoop_identity_t          *subject;         /* a reference, or NULL */
    hoop_identity_t          *actor;           /* the same */
    ngx_http_hoop_issuer_t   *issuer;          /* of the subject's token */
    json_t                   *act;             /* these two: owned, or NULL */
    json_t                   *parents;

    time_t                    now;             /* when it was issued */
    u_char                    jti[32];
    hoop_buf_t                token;

    unsigned                  parsed:1;
    unsigned                  acting:1;        /* the actor's is at hand */
    unsigned                  issued:1;
    unsigned                  dpop:1;          /* what it is bound to */
    unsigned                  unchecked:1;     /* these two: the subject's */
    unsigned                  proofs:2;
};


static ngx_int_t ngx_http_hoop_exchange_start(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_exchange_form(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static void ngx_http_hoop_exchange_take(ngx_http_hoop_ctx_t *ctx,
    hoop_str_t token);
static void ngx_http_hoop_exchange_restore(ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_exchange_issue(ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_exchange_sign(ngx_http_hoop_ctx_t *ctx,
    json_t *claims);
static ngx_int_t ngx_http_hoop_exchange_json(hoop_buf_t *b, const char *name,
    json_t *json);
static void ngx_http_hoop_exchange_jti(hoop_buf_t *b, const char *name,
    const hoop_identity_t *id);
static ngx_int_t ngx_http_hoop_exchange_answer(ngx_http_request_t *r,
    ngx_http_hoop_exchange_t *ex);
static void ngx_http_hoop_exchange_cleanup(void *data);
static ngx_int_t ngx_http_hoop_exchange_fail(ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t status, const char *error);


ngx_int_t
ngx_http_hoop_exchange_token(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    if (ctx->exchange == NULL) {
        return ngx_http_hoop_exchange_start(r, ctx);
    }

    if (ctx->exchange->parsed || !ctx->body_read) {
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_FORBIDDEN,
                                  "the request was redirected");
    }

    return ngx_http_hoop_exchange_form(r, ctx);
}


static ngx_int_t
ngx_http_hoop_exchange_start(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_pool_cleanup_t        *cln;
    ngx_http_hoop_exchange_t  *ex;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_hoop_exchange_t));
    if (cln == NULL) {
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                           "no memory");
    }

    ex = cln->data;
    ngx_memzero(ex, sizeof(ngx_http_hoop_exchange_t));

    hoop_buf_init(&ex->form, 0);
    hoop_buf_init(&ex->token, 0);

    cln->handler = ngx_http_hoop_exchange_cleanup;
    ctx->exchange = ex;

    if (ctx->token_status || ctx->identity) {

        /* what is here is of another location, and of another token */

        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_FORBIDDEN,
                                           "the request was redirected");
    }

    ctx->token_status = NGX_HTTP_OK;

    ngx_http_hoop_proof_take(r, ctx);

    if (ngx_http_hoop_headers_hide(r, ctx) != NGX_OK) {
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                           "no memory");
    }

    if (r->method != NGX_HTTP_POST) {
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_NOT_ALLOWED,
                                           "the method is not POST");
    }

    if (!ngx_http_hoop_body_form(r)) {
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_BAD_REQUEST,
                                  "the body is not "
                                  "application/x-www-form-urlencoded");
    }

    if (!ngx_http_hoop_has_body(r)) {
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_BAD_REQUEST,
                                           "the body is empty");
    }

    if (r->headers_in.content_length_n > HOOP_EXCHANGE_MAX_BODY) {
        return ngx_http_hoop_exchange_fail(ctx,
                                           NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                           "the body is larger than 64k");
    }

    ctx->after_body = NGX_HTTP_HOOP_TOKEN;
    ctx->state = NGX_HTTP_HOOP_BODY_WAIT;

    rc = ngx_http_hoop_body_read(r, ctx, HOOP_EXCHANGE_MAX_BODY);

    if (rc != NGX_DONE) {
        return ngx_http_hoop_exchange_fail(ctx, rc,
                                           "the body could not be read");
    }

    return NGX_DONE;
}


static ngx_int_t
ngx_http_hoop_exchange_form(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    hoop_exchange_error_t      err;
    ngx_http_hoop_exchange_t  *ex;

    ex = ctx->exchange;

    if (ctx->body_failed) {
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_BAD_REQUEST,
                                           "the body could not be read");
    }

    if (ctx->body_truncated) {
        return ngx_http_hoop_exchange_fail(ctx,
                                           NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                           "the body is larger than 64k");
    }

    /*
     * Out of the reach of recordings, of $request_body, and of wherever else
     * the request may be sent: there it is one without a body.
     */

    ex->form = ctx->body;
    hoop_buf_init(&ctx->body, 0);

    r->request_body->bufs = NULL;
    r->headers_in.content_length_n = 0;
    r->headers_in.chunked = 0;

    ex->parsed = 1;

    if (hoop_exchange_parse(&ex->request, ex->form.data, ex->form.len, &err)
        != HOOP_OK)
    {
        ex->code = err.code;
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_BAD_REQUEST,
                                           err.text);
    }

    ngx_http_hoop_exchange_take(ctx, ex->request.subject_token);

    return NGX_OK;
}


static void
ngx_http_hoop_exchange_take(ngx_http_hoop_ctx_t *ctx, hoop_str_t token)
{
    ctx->token.data = (u_char *) token.data;
    ctx->token.len = token.len;

    ctx->error = NULL;
    ctx->proof_conf = NULL;
    ctx->proofs = 0;
    ctx->keys_waited = 0;
    ctx->revocation.passed = 0;
}


ngx_int_t
ngx_http_hoop_exchange_identified(ngx_http_hoop_ctx_t *ctx)
{
    hoop_exchange_error_t      err;
    ngx_http_hoop_exchange_t  *ex;

    ex = ctx->exchange;

    if (!ex->acting) {
        ex->subject = ctx->identity;
        hoop_identity_ref(ex->subject);

        ex->issuer = ctx->issuer;
        ex->proofs = ctx->proofs;
        ex->unchecked = ctx->revocation.unchecked;

        if (ex->request.actor_token.len) {
            ex->acting = 1;

            hoop_identity_unref(ctx->identity);
            ctx->identity = NULL;

            ngx_http_hoop_exchange_take(ctx, ex->request.actor_token);

            ctx->state = NGX_HTTP_HOOP_VERIFY;
            return NGX_OK;
        }

    } else {
        ex->actor = ctx->identity;
        hoop_identity_ref(ex->actor);

        ngx_http_hoop_exchange_restore(ctx);
    }

    if (hoop_exchange_act(ex->subject, ex->actor, &ex->act, &err) != HOOP_OK
        || hoop_exchange_parents(ex->subject, ex->actor, &ex->parents, &err)
           != HOOP_OK)
    {
        ex->code = err.code;
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_BAD_REQUEST,
                                           err.text);
    }

    ctx->body_kind = HOOP_BODY_JSON;
    ctx->body_json = hoop_exchange_body(&ex->request, ex->actor);

    if (ctx->body_json == NULL) {
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                           "no memory");
    }

    ctx->state = NGX_HTTP_HOOP_POLICY;

    return NGX_OK;
}


/* the subject is the identity again, whatever became of the actor */

static void
ngx_http_hoop_exchange_restore(ngx_http_hoop_ctx_t *ctx)
{
    ngx_http_hoop_exchange_t  *ex;

    ex = ctx->exchange;

    if (!ex->acting) {
        return;
    }

    if (ctx->identity) {
        hoop_identity_unref(ctx->identity);
    }

    ctx->identity = ex->subject;
    hoop_identity_ref(ctx->identity);

    ctx->issuer = ex->issuer;
    ctx->proofs |= ex->proofs;
    ctx->revocation.unchecked |= ex->unchecked;
}


ngx_int_t
ngx_http_hoop_exchange_grant(ngx_http_hoop_ctx_t *ctx)
{
    ngx_http_hoop_signer_t    *signer;
    hoop_exchange_error_t      err;
    hoop_exchange_limits_t     limits;
    ngx_http_hoop_exchange_t  *ex;

    ex = ctx->exchange;
    signer = ctx->conf->signer;

    /* a recording would be of tokens, and no target is given a credential */

    ctx->credential = NULL;

    if (ctx->record == HOOP_RECORD_PAYLOAD) {
        ctx->record = HOOP_RECORD_METADATA;
    }

    if (ctx->verdict.decision != HOOP_VERDICT_ALLOW) {
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_FORBIDDEN,
                                  "a human would have to approve this, and "
                                  "no token is issued by way of an approval");
    }

    ngx_memzero(&limits, sizeof(hoop_exchange_limits_t));

    limits.audiences = signer->audiences.elts;
    limits.naudiences = signer->audiences.nelts;
    limits.scopes = signer->scopes.elts;
    limits.nscopes = signer->scopes.nelts;
    limits.scope_set = signer->scope_set;
    limits.lifetime = signer->lifetime;

    ex->now = ngx_time();

    if (hoop_exchange_grant(&ex->grant, &ex->request, ex->subject, ex->actor,
                            &limits, ctx->verdict.token, ex->now, &err)
        != HOOP_OK)
    {
        ex->code = err.code;
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_BAD_REQUEST,
                                           err.text);
    }

    return ngx_http_hoop_exchange_issue(ctx);
}


static ngx_int_t
ngx_http_hoop_exchange_issue(ngx_http_hoop_ctx_t *ctx)
{
    u_char                     random[16];
    json_t                    *claims;
    ngx_int_t                  rc;
    hoop_exchange_issue_t      issue;
    ngx_http_hoop_exchange_t  *ex;

    ex = ctx->exchange;

    if (RAND_bytes(random, sizeof(random)) != 1) {
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                           "no random bytes for the jti");
    }

    hoop_hex(ex->jti, random, sizeof(random));

    ngx_memzero(&issue, sizeof(hoop_exchange_issue_t));

    issue.issuer = ngx_http_hoop_str(&ctx->conf->signer->issuer);
    issue.jti = hoop_str(ex->jti, sizeof(ex->jti));
    issue.now = ex->now;
    issue.subject = ex->subject;
    issue.actor = ex->actor;
    issue.act = ex->act;
    issue.parents = ex->parents;
    issue.names = ctx->conf->signer->claims.elts;
    issue.nnames = ctx->conf->signer->claims.nelts;
    issue.groups = hoop_json_pointer(ex->subject->claims,
                                   ngx_http_hoop_str(&ex->issuer->groups));
    issue.grant = &ex->grant;

    ex->dpop = (json_object_get(hoop_exchange_cnf(&issue), "jkt") != NULL);

    claims = hoop_exchange_claims(&issue);

    if (claims == NULL) {
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                           "no memory");
    }

    rc = ngx_http_hoop_exchange_sign(ctx, claims);

    json_decref(claims);

    return rc;
}


static ngx_int_t
ngx_http_hoop_exchange_sign(ngx_http_hoop_ctx_t *ctx, json_t *claims)
{
    int                         rc;
    char                       *text;
    hoop_signer_t             **key;
    ngx_http_hoop_exchange_t   *ex;

    ex = ctx->exchange;
    key = ctx->conf->signer->keys.elts;

    text = json_dumps(claims, JSON_COMPACT);

    if (text == NULL) {
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                           "no memory");
    }

    rc = hoop_signer_sign(key[0], hoop_signer_alg(key[0]), "at+jwt",
                          hoop_cstr(text), &ex->token);
    free(text);

    if (rc != HOOP_OK) {
        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                           "the token could not be signed");
    }

    if (ex->token.len > HOOP_JWT_MAX_TOKEN) {

        /* we would not take it ourselves */

        return ngx_http_hoop_exchange_fail(ctx, NGX_HTTP_BAD_REQUEST,
                                  "the token would be longer than 16k");
    }

    ex->issued = 1;

    return NGX_OK;
}


static void
ngx_http_hoop_exchange_cleanup(void *data)
{
    ngx_http_hoop_exchange_t *ex = data;

    hoop_identity_unref(ex->subject);
    hoop_identity_unref(ex->actor);
    json_decref(ex->act);
    json_decref(ex->parents);

    if (ex->form.data) {
        ngx_explicit_memzero(ex->form.data, ex->form.size);
    }

    if (ex->token.data) {
        ngx_explicit_memzero(ex->token.data, ex->token.size);
    }

    hoop_buf_free(&ex->form);
    hoop_buf_free(&ex->token);
}


static ngx_int_t
ngx_http_hoop_exchange_fail(ngx_http_hoop_ctx_t *ctx, ngx_uint_t status,
    const char *error)
{
    ctx->error = error;

    return status;
}


/*
 * A token that is not good makes the request a bad one (RFC 8693, 2.2.2): it
 * was no attempt to be let in here.
 */

ngx_uint_t
ngx_http_hoop_exchange_refuse(ngx_http_hoop_ctx_t *ctx, ngx_uint_t status)
{
    if (ctx->exchange) {
        ctx->exchange->issued = 0;
        ngx_http_hoop_exchange_restore(ctx);
    }

    return (status == NGX_HTTP_UNAUTHORIZED) ? NGX_HTTP_BAD_REQUEST : status;
}


static const char *
ngx_http_hoop_exchange_code(ngx_http_hoop_ctx_t *ctx, ngx_uint_t status)
{
    if (status == NGX_HTTP_SERVICE_UNAVAILABLE) {
        return "temporarily_unavailable";
    }

    if (status >= NGX_HTTP_INTERNAL_SERVER_ERROR) {
        return "server_error";
    }

    if (ctx->exchange && ctx->exchange->code) {
        return ctx->exchange->code;
    }

    /* RFC 9449, 5 and 8: those of a proof are the same here */

    if (ctx->error_code
        && (ngx_strcmp(ctx->error_code, "invalid_dpop_proof") == 0
            || ngx_strcmp(ctx->error_code, "use_dpop_nonce") == 0))
    {
        return ctx->error_code;
    }

    return "invalid_request";
}


/* RFC 6749, 5.2: printable ASCII without quotes and backslashes */

static void
ngx_http_hoop_exchange_description(hoop_buf_t *b, hoop_str_t text)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < text.len; i++) {
        c = text.data[i];

        if (c == '"') {
            c = '\'';

        } else if (c < 0x20 || c > 0x7e || c == '\\') {
            c = '?';
        }

        (void) hoop_buf_addc(b, c);
    }
}


ngx_int_t
ngx_http_hoop_exchange_problem(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t status, hoop_str_t detail)
{
    ngx_int_t   rc;
    hoop_buf_t  b;

    if ((status == NGX_HTTP_NOT_ALLOWED
         && ngx_http_hoop_header_out(r, "Allow", hoop_cstr("POST")) == NULL)
        || ngx_http_hoop_retry(r, ctx, status) != NGX_OK
        || ngx_http_hoop_header_out(r, "Pragma", hoop_cstr("no-cache"))
           == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    hoop_buf_init(&b, 65536);

    (void) hoop_buf_adds(&b, "{\"error\":\"");
    (void) hoop_buf_adds(&b, ngx_http_hoop_exchange_code(ctx, status));
    (void) hoop_buf_adds(&b, "\",\"error_description\":\"");

    if (ctx->exchange && ctx->exchange->acting && ctx->exchange->actor == NULL)
    {
        (void) hoop_buf_adds(&b, "actor_token: ");

    } else if (ctx->exchange && ctx->exchange->parsed
               && ctx->exchange->subject == NULL
               && ctx->exchange->code == NULL)
    {
        (void) hoop_buf_adds(&b, "subject_token: ");
    }

    ngx_http_hoop_exchange_description(&b, detail);

    (void) hoop_buf_adds(&b, "\",\"session\":\"");
    (void) hoop_buf_add(&b, ctx->session, NGX_HTTP_HOOP_SESSION);
    (void) hoop_buf_adds(&b, "\"}\n");

    rc = b.failed ? NGX_HTTP_INTERNAL_SERVER_ERROR
                  : ngx_http_hoop_json(r, status, "application/json", &b);
    hoop_buf_free(&b);

    return rc;
}


/* what the token says, but for whose it is, which each event has */

ngx_int_t
ngx_http_hoop_exchange_event(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b)
{
    ngx_int_t                   rc;
    hoop_buf_t                  scope;
    hoop_signer_t             **key;
    ngx_http_hoop_exchange_t   *ex;

    ex = ctx->exchange;
    key = ctx->conf->signer->keys.elts;

    (void) hoop_event_string(b, "jti", hoop_str(ex->jti, sizeof(ex->jti)));
    (void) hoop_event_string(b, "issuer",
                        ngx_http_hoop_str(&ctx->conf->signer->issuer));
    (void) hoop_event_string(b, "kid", hoop_signer_kid(key[0]));

    hoop_buf_init(&scope, 0);

    rc = hoop_exchange_scope(&ex->grant, &scope) == HOOP_OK ? NGX_OK
                                                            : NGX_ERROR;
    if (rc == NGX_OK && scope.len) {
        (void) hoop_event_string(b, "scope", hoop_str(scope.data, scope.len));
    }

    hoop_buf_free(&scope);

    if (rc != NGX_OK
        || ngx_http_hoop_exchange_json(b, "aud",
                           hoop_exchange_strings(ex->grant.audiences,
                                                 ex->grant.naudiences))
           != NGX_OK
        || (ex->act
            && ngx_http_hoop_exchange_json(b, "act", json_incref(ex->act))
               != NGX_OK))
    {
        return NGX_ERROR;
    }

    (void) hoop_event_uint(b, "exp", ex->now + ex->grant.lifetime);
    (void) hoop_event_string(b, "subject_issuer", ex->subject->issuer_name);

    ngx_http_hoop_exchange_jti(b, "subject_jti", ex->subject);

    if (ex->actor) {
        ngx_http_hoop_exchange_jti(b, "actor_jti", ex->actor);
    }

    return NGX_OK;
}


/* takes the reference over */

static ngx_int_t
ngx_http_hoop_exchange_json(hoop_buf_t *b, const char *name, json_t *json)
{
    char  *text;

    text = json ? json_dumps(json, JSON_COMPACT) : NULL;

    json_decref(json);

    if (text == NULL) {
        return NGX_ERROR;
    }

    (void) hoop_event_raw(b, name, hoop_cstr(text));

    free(text);

    return NGX_OK;
}


static void
ngx_http_hoop_exchange_jti(hoop_buf_t *b, const char *name,
    const hoop_identity_t *id)
{
    json_t  *jti;

    jti = json_object_get(id->claims, "jti");

    if (json_is_string(jti)) {
        (void) hoop_event_string(b, name, hoop_str(json_string_value(jti),
                                                   json_string_length(jti)));
    }
}


ngx_int_t
ngx_http_hoop_exchange_handler(ngx_http_request_t *r)
{
    ngx_http_hoop_ctx_t  *ctx;

    ctx = ngx_http_hoop_ctx(r);

    /* whatever way led here, it was not by the access phase */

    if (r != r->main
        || ctx == NULL
        || ctx->exchange == NULL
        || !ctx->exchange->issued
        || ctx->conf != ngx_http_hoop_loc(r)
        || ctx->state != NGX_HTTP_HOOP_PASSED)
    {
        return NGX_HTTP_FORBIDDEN;
    }

    return ngx_http_hoop_exchange_answer(r, ctx->exchange);
}


/* RFC 8693, 2.2.1 */

static ngx_int_t
ngx_http_hoop_exchange_answer(ngx_http_request_t *r,
    ngx_http_hoop_exchange_t *ex)
{
    time_t      left;
    ngx_int_t   rc;
    hoop_buf_t  b;

    if (ngx_http_hoop_header_out(r, "Pragma", hoop_cstr("no-cache")) == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* the evidence may have taken a while */

    left = ex->now + ex->grant.lifetime - ngx_time();

    hoop_buf_init(&b, 0);

    (void) hoop_buf_adds(&b, "{\"access_token\":\"");
    (void) hoop_buf_add(&b, ex->token.data, ex->token.len);
    (void) hoop_buf_adds(&b, "\",\"issued_token_type\":");
    (void) hoop_buf_add_json(&b, ex->request.requested_type.data,
                             ex->request.requested_type.len);
    (void) hoop_buf_adds(&b, ",\"token_type\":\"");
    (void) hoop_buf_adds(&b, ex->dpop ? "DPoP" : "Bearer");
    (void) hoop_buf_adds(&b, "\",\"expires_in\":");
    (void) hoop_buf_addu(&b, ngx_max(left, 0));

    if (ex->grant.nscopes) {
        (void) hoop_buf_adds(&b, ",\"scope\":\"");

        /* none of its characters is to be escaped */

        if (hoop_exchange_scope(&ex->grant, &b) != HOOP_OK) {
            b.failed = 1;
        }

        (void) hoop_buf_addc(&b, '"');
    }

    (void) hoop_buf_adds(&b, "}\n");

    rc = b.failed ? NGX_HTTP_INTERNAL_SERVER_ERROR
                  : ngx_http_hoop_json(r, NGX_HTTP_OK, "application/json", &b);

    if (b.data) {
        ngx_explicit_memzero(b.data, b.size);
    }

    hoop_buf_free(&b);

    return rc;
}


/*
 * A token that was issued here is its origin's: to policies, approvals, and
 * evidence its subject is the same one, whichever token it has.  An origin
 * that is no longer configured is no longer believed.
 */

ngx_int_t
ngx_http_hoop_exchange_origin(ngx_http_request_t *r,
    ngx_http_hoop_issuer_t *issuer, hoop_jwt_t *jwt, hoop_str_t *name)
{
    json_t                  *iss;
    ngx_http_hoop_issuer_t  *origin;

    *name = ngx_http_hoop_str(&issuer->name);

    if (issuer->signer == NULL) {
        hoop_exchange_foreign(jwt->claims);
        return NGX_OK;
    }

    if (hoop_exchange_origin(jwt->claims) != HOOP_OK) {
        return NGX_DECLINED;
    }

    iss = json_object_get(jwt->claims, "iss");

    origin = ngx_http_hoop_issuer_find(r, hoop_str(json_string_value(iss),
                                                   json_string_length(iss)));
    if (origin == NULL || origin->signer) {
        return NGX_DECLINED;
    }

    /* what was its name then may be an alias now */

    if (hoop_jwt_rename(jwt->claims, &origin->rules) != HOOP_OK) {
        return NGX_ERROR;
    }

    *name = ngx_http_hoop_str(&origin->name);

    return NGX_OK;
}
