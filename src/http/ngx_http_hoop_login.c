
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Signing in at the console, with a browser and an OpenID provider:
 *
 *     GET   <console>/session    who has signed in, or where to
 *     GET   <console>/login      DISCOVERY > to the provider
 *     GET   <console>/callback   DISCOVERY > TOKENS > VERIFY > EVENT > back
 *     POST  <console>/logout     EVENT > signed out
 *
 * What is pending between "login" and "callback" is in a sealed cookie, which
 * only the browser that has begun it has: state, nonce and PKCE verifier.  A
 * step names what is awaited; its owner leaves the result and wakes the
 * request, whose write handler is ngx_http_hoop_login_run().
 *
 * A sign-in that fails leads back to the page, with a word about it behind "#";
 * the reason is in the error log and in the evidence.
 */


#include "ngx_http_hoop_login.h"

#include "../core/hoop_uri.h"


#define NGX_HTTP_HOOP_LOGIN_FRESH    (3600 * 1000)


static ngx_int_t ngx_http_hoop_login_session(ngx_http_request_t *r,
    ngx_http_hoop_login_t *login);
static ngx_http_hoop_login_way_t *ngx_http_hoop_login_create(
    ngx_http_request_t *r, ngx_http_hoop_login_t *login);
static ngx_int_t ngx_http_hoop_login_begin(ngx_http_hoop_login_way_t *w);
static ngx_int_t ngx_http_hoop_login_returned(ngx_http_hoop_login_way_t *w);
static ngx_int_t ngx_http_hoop_login_args(ngx_http_hoop_login_way_t *w);
static ngx_int_t ngx_http_hoop_login_logout(ngx_http_hoop_login_way_t *w);
static ngx_int_t ngx_http_hoop_login_wait(ngx_http_hoop_login_way_t *w,
    ngx_int_t rc);
static void ngx_http_hoop_login_run(ngx_http_request_t *r);
static ngx_int_t ngx_http_hoop_login_step(ngx_http_hoop_login_way_t *w);
static ngx_int_t ngx_http_hoop_login_discover(ngx_http_hoop_login_way_t *w);
static void ngx_http_hoop_login_discovered(void *data,
    ngx_http_hoop_answer_t *answer);
static ngx_int_t ngx_http_hoop_login_leave(ngx_http_hoop_login_way_t *w);
static void ngx_http_hoop_login_kept(ngx_hoop_audit_wait_t *audit,
    ngx_uint_t ok);
static ngx_int_t ngx_http_hoop_login_end(ngx_http_hoop_login_way_t *w);
static ngx_int_t ngx_http_hoop_login_redirect(ngx_http_request_t *r,
    hoop_str_t to);
static ngx_http_hoop_login_way_t *ngx_http_hoop_login_find(
    ngx_http_request_t *r);
static void ngx_http_hoop_login_free(void *data);


/* NGX_DECLINED: the name below the console is none of these */

ngx_int_t
ngx_http_hoop_login_handler(ngx_http_request_t *r,
    ngx_http_hoop_login_t *login, hoop_str_t name)
{
    ngx_int_t                   rc;
    ngx_uint_t                  post;
    ngx_http_hoop_login_way_t  *w;

    post = hoop_str_is(name, "logout");

    if (!post && !hoop_str_is(name, "session") && !hoop_str_is(name, "login")
        && !hoop_str_is(name, "callback"))
    {
        return NGX_DECLINED;
    }

    if (r->method != (post ? NGX_HTTP_POST : NGX_HTTP_GET)) {

        if (ngx_http_hoop_header_out(r, "Allow",
                                     hoop_cstr(post ? "POST" : "GET"))
            == NULL)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (hoop_str_is(name, "session")) {
        return ngx_http_hoop_login_session(r, login);
    }

    w = ngx_http_hoop_login_create(r, login);
    if (w == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (post) {
        w->logout = 1;
        rc = ngx_http_hoop_login_logout(w);

    } else if (hoop_str_is(name, "callback")) {
        w->callback = 1;
        rc = ngx_http_hoop_login_returned(w);

    } else {
        rc = ngx_http_hoop_login_begin(w);
    }

    return ngx_http_hoop_login_wait(w, rc);
}


/* what the page asks when it begins; nobody else can read the answer */

static ngx_int_t
ngx_http_hoop_login_session(ngx_http_request_t *r,
    ngx_http_hoop_login_t *login)
{
    ngx_int_t              rc;
    ngx_uint_t             status;
    hoop_str_t             sub;
    hoop_buf_t             b;
    hoop_login_session_t   session;

    hoop_buf_init(&b, 0);

    rc = ngx_http_hoop_session_find(r, login, &session);

    if (rc == NGX_OK) {
        sub = hoop_json_member(session.claims, "sub");

        (void) hoop_buf_adds(&b, "{\"login\":\"login\",\"sub\":");
        (void) hoop_buf_add_json(&b, sub.data, sub.len);
        (void) hoop_buf_adds(&b, ",\"csrf\":");
        (void) hoop_buf_add_json(&b, session.csrf, sizeof(session.csrf));
        (void) hoop_buf_adds(&b, ",\"expires\":");
        (void) hoop_buf_addu(&b, json_integer_value(
                                     json_object_get(session.claims, "exp")));
        (void) hoop_buf_adds(&b, "}\n");

        hoop_login_session_free(&session);
        status = NGX_HTTP_OK;

    } else if (rc == NGX_DECLINED) {
        (void) hoop_buf_adds(&b, "{\"login\":\"login\"}\n");
        status = NGX_HTTP_UNAUTHORIZED;

    } else {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = b.failed ? NGX_HTTP_INTERNAL_SERVER_ERROR
                  : ngx_http_hoop_json(r, status, "application/json", &b);

    hoop_buf_free(&b);

    return rc;
}


static ngx_http_hoop_login_way_t *
ngx_http_hoop_login_create(ngx_http_request_t *r, ngx_http_hoop_login_t *login)
{
    ngx_http_cleanup_t         *cln;
    ngx_http_hoop_ctx_t        *ctx;
    ngx_http_hoop_login_way_t  *w;

    if (ngx_http_hoop_ctx(r)) {

        /* by way of a redirect out of a protected location */

        return NULL;
    }

    ctx = ngx_http_hoop_create_ctx(r);
    if (ctx == NULL) {
        return NULL;
    }

    ctx->conf = ngx_http_hoop_loc(r);
    ctx->uri_changes = r->uri_changes;

    cln = ngx_http_cleanup_add(r, sizeof(ngx_http_hoop_login_way_t));
    if (cln == NULL) {
        return NULL;
    }

    w = cln->data;
    ngx_memzero(w, sizeof(ngx_http_hoop_login_way_t));

    hoop_buf_init(&w->session, NGX_HTTP_HOOP_LOGIN_COOKIE);

    cln->handler = ngx_http_hoop_login_free;

    w->request = r;
    w->ctx = ctx;
    w->login = login;
    w->audit.handler = ngx_http_hoop_login_kept;
    w->audit.data = w;

    return w;
}


/* NGX_AGAIN: the request waits; else it has been answered */

static ngx_int_t
ngx_http_hoop_login_wait(ngx_http_hoop_login_way_t *w, ngx_int_t rc)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    if (rc != NGX_AGAIN) {
        return rc;
    }

    r = w->request;
    c = r->connection;

    r->write_event_handler = ngx_http_hoop_login_run;

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_test_reading;

        if (c->read->ready) {
            ngx_post_event(c->read, &ngx_posted_events);

        } else if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    r->main->count++;

    return NGX_DONE;
}


/* the write handler while something is awaited; called spuriously, too */

static void
ngx_http_hoop_login_run(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_http_hoop_login_way_t  *w;

    w = ngx_http_hoop_login_find(r);

    if (w == NULL || w->waiting || w->ctx->keys_queued) {
        return;
    }

    rc = ngx_http_hoop_login_step(w);

    if (rc != NGX_AGAIN) {
        r->write_event_handler = ngx_http_request_empty_handler;
        ngx_http_finalize_request(r, rc);
    }
}


static ngx_int_t
ngx_http_hoop_login_step(ngx_http_hoop_login_way_t *w)
{
    switch (w->step) {

    case NGX_HTTP_HOOP_LOGIN_DISCOVERY:
        return ngx_http_hoop_login_discover(w);

    case NGX_HTTP_HOOP_LOGIN_TOKENS:
    case NGX_HTTP_HOOP_LOGIN_VERIFY:
        return ngx_http_hoop_login_verify(w);

    default: /* NGX_HTTP_HOOP_LOGIN_EVENT */
        return ngx_http_hoop_login_end(w);
    }
}


static ngx_int_t
ngx_http_hoop_login_begin(ngx_http_hoop_login_way_t *w)
{
    if (hoop_login_begin(&w->pending, ngx_time()
                                      + NGX_HTTP_HOOP_LOGIN_PENDING)
        != HOOP_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_hoop_login_discover(w);
}


/* only who has begun it can end it */

static ngx_int_t
ngx_http_hoop_login_returned(ngx_http_hoop_login_way_t *w)
{
    int         rc;
    u_char      key[HOOP_SEAL_KEY];
    hoop_str_t  value;
    hoop_buf_t  b;

    if (ngx_http_hoop_login_args(w) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_hoop_session_cookie(w->request, &w->login->pending, &value)
        != NGX_OK)
    {
        return ngx_http_hoop_login_fail(w, "begin",
                                        "the browser has begun none");
    }

    if (ngx_http_hoop_session_key(w->login, key) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    hoop_buf_init(&b, 0);

    rc = hoop_seal_open(key, ngx_http_hoop_str(&w->login->purpose_pending),
                        value, &b);

    if (rc == HOOP_OK) {
        rc = hoop_login_pending_read(&w->pending, hoop_str(b.data, b.len),
                                     ngx_time());
    }

    hoop_buf_free(&b);
    ngx_explicit_memzero(key, sizeof(key));

    if (rc != HOOP_OK) {
        return ngx_http_hoop_login_fail(w, "begin",
                                        "what the browser has begun is over, "
                                        "or is not ours");
    }

    return ngx_http_hoop_login_discover(w);
}


/* a code is none of anybody's business, and of no log's */

static ngx_int_t
ngx_http_hoop_login_args(ngx_http_hoop_login_way_t *w)
{
    ngx_array_t          sources;
    ngx_http_request_t  *r;

    static ngx_http_hoop_source_t  names[] = {
        { NGX_HTTP_HOOP_SOURCE_QUERY, ngx_string("code") },
        { NGX_HTTP_HOOP_SOURCE_QUERY, ngx_string("state") }
    };

    r = w->request;

    w->args.data = ngx_pnalloc(r->pool, r->args.len + 1);
    if (w->args.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(w->args.data, r->args.data, r->args.len);
    w->args.len = r->args.len;

    ngx_memzero(&sources, sizeof(ngx_array_t));

    sources.elts = names;
    sources.nelts = 2;

    return ngx_http_hoop_source_hide_query(r, &sources);
}


/* goes on if the provider is known, and asks for it once if not */

static ngx_int_t
ngx_http_hoop_login_discover(ngx_http_hoop_login_way_t *w)
{
    ngx_http_hoop_login_t  *login;

    login = w->login;

    if (w->fault) {
        return ngx_http_hoop_login_fail(w, "unavailable", w->fault);
    }

    if (login->provider.doc
        && ngx_current_msec - login->provided < NGX_HTTP_HOOP_LOGIN_FRESH)
    {
        return w->callback ? ngx_http_hoop_login_code(w)
                           : ngx_http_hoop_login_leave(w);
    }

    w->fetch = ngx_http_hoop_fetch_start(w->ctx->conf->fetch_target,
                                         ngx_http_hoop_str(&login->discovery),
                                         NGX_HTTP_HOOP_LOGIN_TIMEOUT,
                                         ngx_http_hoop_login_discovered, w);
    if (w->fetch == NULL) {
        return ngx_http_hoop_login_fail(w, "unavailable",
                                        "the discovery document could not be "
                                        "asked for");
    }

    w->step = NGX_HTTP_HOOP_LOGIN_DISCOVERY;
    w->waiting = 1;

    return NGX_AGAIN;
}


static void
ngx_http_hoop_login_discovered(void *data, ngx_http_hoop_answer_t *answer)
{
    ngx_http_hoop_login_way_t *w = data;

    hoop_error_t            err;
    ngx_http_hoop_login_t  *login;
    hoop_login_provider_t   provider;

    static const char  what[] = "the discovery document ";

    w->fetch = NULL;
    w->waiting = 0;

    login = w->login;

    if (answer->error) {
        ngx_http_hoop_login_fault(w, what, answer->error);

    } else if (answer->status != NGX_HTTP_OK) {
        ngx_http_hoop_login_fault(w, what, "was not answered with status 200");

    } else if (hoop_login_provider(&provider, answer->body,
                                   ngx_http_hoop_str(&login->issuer->issuer),
                                   &err)
               != HOOP_OK)
    {
        ngx_http_hoop_login_fault(w, what, err.text);

    } else if (provider.pairwise && !login->audible) {

        /* who has asked could approve it under his other name */

        hoop_login_provider_free(&provider);

        ngx_http_hoop_login_fault(w, "", "the provider gives each client "
                                  "another name of the same person, so "
                                  "client_id has to be an audience of the "
                                  "hoop_issuer");

    } else {
        hoop_login_provider_free(&login->provider);

        login->provider = provider;
        login->provided = ngx_current_msec;
    }

    ngx_http_hoop_wake(w->ctx);
}


/* to the provider */

static ngx_int_t
ngx_http_hoop_login_leave(ngx_http_hoop_login_way_t *w)
{
    int                   rc;
    u_char                key[HOOP_SEAL_KEY];
    ngx_int_t             status;
    hoop_buf_t            text, sealed, url;
    hoop_login_client_t   client;

    if (ngx_http_hoop_login_client(w, &client) != NGX_OK
        || ngx_http_hoop_session_key(w->login, key) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    hoop_buf_init(&text, 0);
    hoop_buf_init(&sealed, NGX_HTTP_HOOP_LOGIN_COOKIE);
    hoop_buf_init(&url, 0);

    rc = hoop_login_pending_write(&w->pending, &text);

    if (rc == HOOP_OK) {
        rc = hoop_seal(key, ngx_http_hoop_str(&w->login->purpose_pending),
                       hoop_str(text.data, text.len), &sealed);
    }

    if (rc == HOOP_OK) {
        rc = hoop_login_location(&w->login->provider, &client, &w->pending,
                                 &url);
    }

    /* Lax: it comes back from elsewhere */

    status = NGX_HTTP_INTERNAL_SERVER_ERROR;

    if (rc == HOOP_OK
        && ngx_http_hoop_session_set(w->request, &w->login->pending,
                                     hoop_str(sealed.data, sealed.len),
                                     NGX_HTTP_HOOP_LOGIN_PENDING, 0)
           == NGX_OK)
    {
        status = ngx_http_hoop_login_redirect(w->request,
                                              hoop_str(url.data, url.len));
    }

    hoop_buf_free(&text);
    hoop_buf_free(&sealed);
    hoop_buf_free(&url);
    ngx_explicit_memzero(key, sizeof(key));

    return status;
}


static ngx_int_t
ngx_http_hoop_login_logout(ngx_http_hoop_login_way_t *w)
{
    ngx_int_t              rc;
    const char            *fault;
    hoop_login_session_t   session;

    rc = ngx_http_hoop_session_find(w->request, w->login, &session);

    if (rc == NGX_DECLINED) {

        /* nobody: what the browser may still have goes, too */

        w->outcome = "";
        return ngx_http_hoop_login_end(w);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    fault = ngx_http_hoop_session_csrf(w->request, &session);

    if (fault == NULL) {
        rc = ngx_http_hoop_session_identity(w->ctx, w->login, &session);
    }

    hoop_login_session_free(&session);

    if (fault) {
        return ngx_http_hoop_problem(w->request, w->ctx, NGX_HTTP_FORBIDDEN,
                                     hoop_cstr(fault));
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_hoop_login_event(w, "signed_out");
}


/* what has happened, or has not: it is written before it is told */

ngx_int_t
ngx_http_hoop_login_event(ngx_http_hoop_login_way_t *w, const char *outcome)
{
    ngx_int_t           rc;
    hoop_buf_t         *b;
    hoop_event_head_t   head;

    w->outcome = outcome;
    w->step = NGX_HTTP_HOOP_LOGIN_EVENT;

    ngx_http_hoop_event_head(w->ctx, "login", &head);

    b = ngx_hoop_audit_event(&head);

    if (b != NULL) {
        (void) hoop_event_string(b, "login",
                                 ngx_http_hoop_str(&w->login->name));
        (void) hoop_event_string(b, "issuer",
                             ngx_http_hoop_str(&w->login->issuer->issuer));
        (void) hoop_event_string(b, "outcome", hoop_cstr(outcome));
        (void) hoop_event_string(b, "source",
                  ngx_http_hoop_str(&w->request->connection->addr_text));

        if (w->fault) {
            (void) hoop_event_string(b, "reason", hoop_cstr(w->fault));
        }
    }

    rc = b ? ngx_hoop_audit_end() : NGX_ERROR;

    if (rc == NGX_OK) {
        rc = ngx_hoop_audit_commit(&w->audit);
    }

    if (rc == NGX_AGAIN) {
        w->waiting = 1;
        return NGX_AGAIN;
    }

    if (rc == NGX_OK) {
        w->audit_ok = 1;

    } else {
        ngx_hoop_audit_rollback();
    }

    return ngx_http_hoop_login_end(w);
}


static void
ngx_http_hoop_login_kept(ngx_hoop_audit_wait_t *audit, ngx_uint_t ok)
{
    ngx_http_hoop_login_way_t *w = audit->data;

    w->audit_ok = ok ? 1 : 0;
    w->waiting = 0;

    ngx_http_hoop_wake(w->ctx);
}


/* nobody is let in without evidence; out, always */

static ngx_int_t
ngx_http_hoop_login_end(ngx_http_hoop_login_way_t *w)
{
    ngx_int_t                  rc;
    hoop_buf_t                 b;
    hoop_str_t                 none;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = w->request;
    none = hoop_str(NULL, 0);

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (w->logout) {

        if (ngx_http_hoop_session_set(r, &w->login->cookie, none, 0, 1)
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return NGX_HTTP_NO_CONTENT;
    }

    if (w->word == NULL && !w->audit_ok) {
        w->word = "unavailable";

        ngx_http_hoop_log(NGX_LOG_ERR, r, "sign-in by hoop_login \"%V\" "
                          "refused: the evidence cannot be kept",
                          &w->login->name);
    }

    if (w->callback
        && ngx_http_hoop_session_set(r, &w->login->pending, none, 0, 0)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (w->word == NULL
        && ngx_http_hoop_session_set(r, &w->login->cookie,
                                     hoop_str(w->session.data, w->session.len),
                                     w->login->lifetime, 1)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    hoop_buf_init(&b, 0);

    (void) hoop_buf_add(&b, clcf->name.data, clcf->name.len);

    if (w->word) {
        (void) hoop_buf_adds(&b, "#login=");
        (void) hoop_buf_adds(&b, w->word);
    }

    rc = b.failed ? NGX_HTTP_INTERNAL_SERVER_ERROR
                  : ngx_http_hoop_login_redirect(r, hoop_str(b.data, b.len));

    hoop_buf_free(&b);

    return rc;
}


/* one that is no answer to anything is no event: anybody could write those */

ngx_int_t
ngx_http_hoop_login_fail(ngx_http_hoop_login_way_t *w, const char *word,
    const char *fault)
{
    ngx_uint_t  level;

    w->word = word;
    w->fault = fault;

    level = (ngx_strcmp(word, "unavailable") == 0) ? NGX_LOG_ERR
                                                   : NGX_LOG_WARN;

    ngx_http_hoop_log(level, w->request, "sign-in by hoop_login \"%V\" "
                      "failed: %s, session %*s, client %V", &w->login->name,
                      fault, (size_t) NGX_HTTP_HOOP_SESSION, w->ctx->session,
                      &w->request->connection->addr_text);

    if (!w->callback || ngx_strcmp(word, "begin") == 0) {
        return ngx_http_hoop_login_end(w);
    }

    return ngx_http_hoop_login_event(w, "refused");
}


void
ngx_http_hoop_login_fault(ngx_http_hoop_login_way_t *w, const char *what,
    const char *fault)
{
    ngx_snprintf(w->text, sizeof(w->text), "%s%s%Z", what, fault);
    w->text[sizeof(w->text) - 1] = '\0';

    w->fault = (char *) w->text;
}


static ngx_int_t
ngx_http_hoop_login_redirect(ngx_http_request_t *r, hoop_str_t to)
{
    ngx_int_t  rc;

    /* not headers_out.location, which nginx would complete */

    if (ngx_http_hoop_header_out(r, "Location", to) == NULL
        || ngx_http_hoop_header_out(r, "Cache-Control",
                                    hoop_cstr("no-store"))
           == NULL
        || ngx_http_hoop_header_out(r, "Referrer-Policy",
                                    hoop_cstr("no-referrer"))
           == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_SEE_OTHER;
    r->headers_out.content_length_n = 0;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_send_special(r, NGX_HTTP_LAST);
}


/* where the provider sends browsers to is below where this one is */

ngx_int_t
ngx_http_hoop_login_client(ngx_http_hoop_login_way_t *w,
    hoop_login_client_t *c)
{
    hoop_buf_t                 b, raw;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = w->request;

    if (w->redirect.len == 0) {
        clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

        hoop_buf_init(&raw, 0);
        hoop_buf_init(&b, 0);

        ngx_http_hoop_origin(r, w->ctx->conf, &raw);

        if (!raw.failed
            && hoop_uri_origin(hoop_str(raw.data, raw.len), &b) != HOOP_OK)
        {
            b.failed = 1;
        }

        (void) hoop_buf_add(&b, clcf->name.data, clcf->name.len);
        (void) hoop_buf_adds(&b, "callback");

        if (!raw.failed && !b.failed) {
            w->redirect.data = ngx_pnalloc(r->pool, b.len);

            if (w->redirect.data) {
                ngx_memcpy(w->redirect.data, b.data, b.len);
                w->redirect.len = b.len;
            }
        }

        hoop_buf_free(&raw);
        hoop_buf_free(&b);

        if (w->redirect.len == 0) {
            return NGX_ERROR;
        }
    }

    c->id = ngx_http_hoop_str(&w->login->client_id);
    c->secret = ngx_http_hoop_str(&w->login->secret);
    c->scope = ngx_http_hoop_str(&w->login->scope);
    c->redirect = ngx_http_hoop_str(&w->redirect);

    return NGX_OK;
}


static ngx_http_hoop_login_way_t *
ngx_http_hoop_login_find(ngx_http_request_t *r)
{
    ngx_http_cleanup_t  *cln;

    for (cln = r->main->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_hoop_login_free) {
            return cln->data;
        }
    }

    return NULL;
}


static void
ngx_http_hoop_login_free(void *data)
{
    ngx_http_hoop_login_way_t *w = data;

    if (w->fetch) {
        ngx_http_hoop_fetch_cancel(w->fetch);
        w->fetch = NULL;
    }

    if (w->audit.waiting) {
        ngx_hoop_audit_cancel(&w->audit);
    }

    if (w->parsed) {
        hoop_jwt_clear(&w->jwt);
        w->parsed = 0;
    }

    hoop_login_tokens_free(&w->tokens);
    hoop_buf_free(&w->session);
}
