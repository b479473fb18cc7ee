
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The content handler of hoop_api: approvals over HTTP, for humans.
 *
 *     GET   <location>/approvals                 LIST
 *     GET   <location>/approvals/<id>            SHOW
 *     POST  <location>/approvals/<id>/approve    CHECK > INTENT > VOTE
 *     POST  <location>/approvals/<id>/deny       CHECK > INTENT > VOTE
 *     POST  <location>/approvals/<id>/cancel     CHECK > INTENT > VOTE
 *     POST  <location>/plans                     PLAN > PROPOSE
 *
 * and "plans" for "approvals" in all else, since a plan is one of them.
 *
 * The access phase has verified the token.  A step names what is awaited; its
 * owner leaves the result and wakes the request, whose write handler is
 * ngx_http_hoop_api_run().  A vote first reads the approval, then writes down
 * that it is going to be cast, and is sent to Redis only once that evidence
 * is kept; what came of it is a second event.
 *
 * While a vote is under way the client's leaving goes unnoticed, so that the
 * second event is written whoever waits for it; Redis answers or times out.
 */


#include "ngx_http_hoop_api.h"


static ngx_int_t ngx_http_hoop_api_route(ngx_http_request_t *r,
    ngx_http_hoop_api_t *api);
static void ngx_http_hoop_api_body_handler(ngx_http_request_t *r);
static void ngx_http_hoop_api_json_free(ngx_http_hoop_api_t *api);
static void ngx_http_hoop_api_op_handler(ngx_hoop_approval_op_t *op);
static void ngx_http_hoop_api_audit_handler(ngx_hoop_audit_wait_t *w,
    ngx_uint_t ok);
static void ngx_http_hoop_api_run(ngx_http_request_t *r);
static ngx_int_t ngx_http_hoop_api_step(ngx_http_hoop_api_t *api);
static ngx_http_hoop_api_t *ngx_http_hoop_api_find(ngx_http_request_t *r);
static void ngx_http_hoop_api_cleanup(void *data);


ngx_int_t
ngx_http_hoop_api_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_http_cleanup_t        *cln;
    ngx_http_hoop_ctx_t       *ctx;
    ngx_http_hoop_api_t       *api;
    ngx_http_hoop_loc_conf_t  *conf;

    conf = ngx_http_hoop_loc(r);
    ctx = ngx_http_hoop_ctx(r);

    /* whatever way led here, it was not by the access phase */

    if (r != r->main
        || ctx == NULL
        || ctx->identity == NULL
        || ctx->conf != conf
        || ctx->state != NGX_HTTP_HOOP_PASSED)
    {
        return NGX_HTTP_FORBIDDEN;
    }

    cln = ngx_http_cleanup_add(r, sizeof(ngx_http_hoop_api_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    api = cln->data;

    ngx_memzero(api, sizeof(ngx_http_hoop_api_t));

    cln->handler = ngx_http_hoop_api_cleanup;

    api->request = r;
    api->ctx = ctx;
    api->op.handler = ngx_http_hoop_api_op_handler;
    api->op.data = api;
    api->audit.handler = ngx_http_hoop_api_audit_handler;
    api->audit.data = api;

    rc = ngx_http_hoop_api_route(r, api);

    if (rc != NGX_OK) {
        return rc;
    }

    if (api->step != NGX_HTTP_HOOP_API_CHECK
        && api->step != NGX_HTTP_HOOP_API_PLAN)
    {
        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        if (api->step == NGX_HTTP_HOOP_API_LIST) {
            rc = ngx_http_hoop_api_query(api);
            if (rc != NGX_OK) {
                return rc;
            }
        }

        ngx_http_hoop_api_prefer(api);

        rc = ngx_http_hoop_api_start(api);

        if (rc == NGX_AGAIN) {
            r->main->count++;
            return NGX_DONE;
        }

        return rc;
    }

    if (api->step == NGX_HTTP_HOOP_API_CHECK
        && api->verb != NGX_HTTP_HOOP_API_CANCEL
        && json_object_get(ctx->identity->claims, "hoop_gateway")
        && json_object_get(ctx->identity->claims, "act"))
    {
        /*
         * A token that its subject lets somebody else act by, for something
         * else: it has the groups of an approver, and not his say.
         */

        return ngx_http_hoop_api_problem(api, NGX_HTTP_FORBIDDEN,
                                         "who acts by an exchanged token does "
                                         "not decide");
    }

    if (r->headers_in.content_length_n
        > (api->step == NGX_HTTP_HOOP_API_PLAN ? HOOP_PLAN_MAX
                                               : NGX_HTTP_HOOP_API_BODY))
    {
        return ngx_http_hoop_api_problem(api,
                                         NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                         api->step == NGX_HTTP_HOOP_API_PLAN
                                         ? "the body is larger than 32k"
                                         : "the body is larger than 16k");
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_hoop_api_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


/* sets the step, what is voted, and the id of op; or has answered */

static ngx_int_t
ngx_http_hoop_api_route(ngx_http_request_t *r, ngx_http_hoop_api_t *api)
{
    u_char                    *p, *last, *id;
    size_t                     len;
    ngx_uint_t                 methods;
    const char                *allow;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    p = r->uri.data;
    last = p + r->uri.len;
    len = clcf->name.len;

    if (len == 0 || len > r->uri.len
        || ngx_strncmp(p, clcf->name.data, len) != 0)
    {
        goto not_found;
    }

    p += len;

    if (p[-1] != '/') {
        if (p == last || *p != '/') {
            goto not_found;
        }

        p++;
    }

    if (last - p >= 9 && ngx_strncmp(p, "approvals", 9) == 0) {
        p += 9;

    } else if (last - p >= 5 && ngx_strncmp(p, "plans", 5) == 0) {
        p += 5;
        api->plans = 1;

    } else {
        goto not_found;
    }

    if (p == last || (*p == '/' && p + 1 == last)) {
        api->step = (api->plans && r->method == NGX_HTTP_POST)
                    ? NGX_HTTP_HOOP_API_PLAN : NGX_HTTP_HOOP_API_LIST;

    } else {
        if (*p++ != '/') {
            goto not_found;
        }

        for (id = p; p < last && *p != '/'; p++) {
            if ((*p < '0' || *p > '9') && (*p < 'a' || *p > 'f')) {
                goto not_found;
            }
        }

        if (p - id != 32) {
            goto not_found;
        }

        ngx_memcpy(api->op.id, id, 32);

        len = last - p;

        if (len == 0) {
            api->step = NGX_HTTP_HOOP_API_SHOW;

        } else if (len == 8 && ngx_strncmp(p, "/approve", 8) == 0) {
            api->step = NGX_HTTP_HOOP_API_CHECK;

        } else if (len == 5 && ngx_strncmp(p, "/deny", 5) == 0) {
            api->step = NGX_HTTP_HOOP_API_CHECK;
            api->verb = NGX_HTTP_HOOP_API_DENY;

        } else if (len == 7 && ngx_strncmp(p, "/cancel", 7) == 0) {
            api->step = NGX_HTTP_HOOP_API_CHECK;
            api->verb = NGX_HTTP_HOOP_API_CANCEL;

        } else {
            goto not_found;
        }
    }

    if (api->step == NGX_HTTP_HOOP_API_CHECK
        || api->step == NGX_HTTP_HOOP_API_PLAN)
    {
        methods = NGX_HTTP_POST;
        allow = "POST";

    } else if (api->step == NGX_HTTP_HOOP_API_LIST && api->plans) {
        methods = NGX_HTTP_GET|NGX_HTTP_HEAD;
        allow = "GET, HEAD, POST";

    } else {
        methods = NGX_HTTP_GET|NGX_HTTP_HEAD;
        allow = "GET, HEAD";
    }

    if (r->method & methods) {
        return NGX_OK;
    }

    if (ngx_http_hoop_header_out(r, "Allow", hoop_cstr(allow)) == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_hoop_api_problem(api, NGX_HTTP_NOT_ALLOWED,
                                     "method not allowed");

not_found:

    return ngx_http_hoop_api_problem(api, NGX_HTTP_NOT_FOUND,
                                     "no such resource");
}


/* NGX_AGAIN: the request waits, and the caller balances its count */

ngx_int_t
ngx_http_hoop_api_start(ngx_http_hoop_api_t *api)
{
    ngx_int_t            rc;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = api->request;
    c = r->connection;

    rc = (api->step == NGX_HTTP_HOOP_API_LIST)
         ? ngx_hoop_approval_list(&api->op, &api->filter)
         : ngx_hoop_approval_show(&api->op);

    if (rc != NGX_OK) {
        return ngx_http_hoop_api_problem(api, NGX_HTTP_SERVICE_UNAVAILABLE,
                                         "approvals are not available");
    }

    api->waiting = 1;
    r->write_event_handler = ngx_http_hoop_api_run;

    if (api->step == NGX_HTTP_HOOP_API_CHECK) {
        r->read_event_handler = ngx_http_block_reading;
        return NGX_AGAIN;
    }

    if (r->discard_body) {
        return NGX_AGAIN;
    }

    r->read_event_handler = ngx_http_test_reading;

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);

    } else if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_AGAIN;
}


static void
ngx_http_hoop_api_body_handler(ngx_http_request_t *r)
{
    ngx_int_t             rc;
    ngx_http_hoop_api_t  *api;

    api = ngx_http_hoop_api_find(r);

    if (api == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (api->step == NGX_HTTP_HOOP_API_PLAN) {
        r->write_event_handler = ngx_http_hoop_api_run;
        r->read_event_handler = ngx_http_block_reading;

        rc = ngx_http_hoop_api_plan(api);

    } else {
        rc = ngx_http_hoop_api_reason(api);

        if (rc == NGX_OK) {
            rc = ngx_http_hoop_api_start(api);
        }
    }

    if (rc != NGX_AGAIN) {
        ngx_http_finalize_request(r, rc);
    }
}


static void
ngx_http_hoop_api_json_free(ngx_http_hoop_api_t *api)
{
    if (api->json.data) {
        ngx_free(api->json.data);
        api->json.data = NULL;
        api->json.len = 0;
    }
}


static void
ngx_http_hoop_api_op_handler(ngx_hoop_approval_op_t *op)
{
    ngx_http_hoop_api_t *api = op->data;

    /* not of the pool: a read that waits gets many of them */

    ngx_http_hoop_api_json_free(api);

    if (op->json.len) {
        api->json.data = ngx_alloc(op->json.len,
                                   api->request->connection->log);

        if (api->json.data != NULL) {
            ngx_memcpy(api->json.data, op->json.data, op->json.len);
            api->json.len = op->json.len;

        } else {
            api->failed = 1;
        }
    }

    api->waiting = 0;

    ngx_http_hoop_wake(api->ctx);
}


static void
ngx_http_hoop_api_audit_handler(ngx_hoop_audit_wait_t *w, ngx_uint_t ok)
{
    ngx_http_hoop_api_t *api = w->data;

    api->audit_ok = ok ? 1 : 0;
    api->waiting = 0;

    ngx_http_hoop_wake(api->ctx);
}


/* the write handler while something is awaited; called spuriously, too */

static void
ngx_http_hoop_api_run(ngx_http_request_t *r)
{
    ngx_int_t             rc;
    ngx_http_hoop_api_t  *api;

    api = ngx_http_hoop_api_find(r);

    if (api == NULL || api->waiting) {
        return;
    }

    rc = ngx_http_hoop_api_step(api);

    if (rc != NGX_AGAIN) {
        r->write_event_handler = ngx_http_request_empty_handler;
        ngx_http_finalize_request(r, rc);
    }
}


static ngx_int_t
ngx_http_hoop_api_step(ngx_http_hoop_api_t *api)
{
    switch (api->step) {

    case NGX_HTTP_HOOP_API_LIST:
    case NGX_HTTP_HOOP_API_SHOW:

        if (api->again) {
            api->again = 0;
            return ngx_http_hoop_api_start(api);
        }

        return ngx_http_hoop_api_send(api);

    case NGX_HTTP_HOOP_API_CHECK:
        return ngx_http_hoop_api_check(api);

    case NGX_HTTP_HOOP_API_INTENT:
        return ngx_http_hoop_api_vote(api);

    case NGX_HTTP_HOOP_API_PLAN:
        return ngx_http_hoop_api_propose(api);

    case NGX_HTTP_HOOP_API_PROPOSE:
        return ngx_http_hoop_api_proposed(api);

    default: /* NGX_HTTP_HOOP_API_VOTE */
        return ngx_http_hoop_api_voted(api);
    }
}


/* 200: of list, show and vote */

ngx_int_t
ngx_http_hoop_api_send(ngx_http_hoop_api_t *api)
{
    ngx_int_t   rc;
    hoop_buf_t  b;

    if (api->op.state == NGX_HOOP_APPROVAL_UNKNOWN) {
        return ngx_http_hoop_api_problem(api, NGX_HTTP_NOT_FOUND,
                                         "no such approval");
    }

    if (api->op.state == NGX_HOOP_APPROVAL_ERROR || api->failed) {
        return ngx_http_hoop_api_problem(api, NGX_HTTP_SERVICE_UNAVAILABLE,
                                         "approvals are not available");
    }

    if (api->step == NGX_HTTP_HOOP_API_LIST
        || api->step == NGX_HTTP_HOOP_API_SHOW)
    {
        rc = ngx_http_hoop_api_hold(api);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    hoop_buf_init(&b, 0);

    switch (api->step) {

    case NGX_HTTP_HOOP_API_LIST:
    case NGX_HTTP_HOOP_API_SHOW:
        (void) hoop_buf_add(&b, api->json.data, api->json.len);
        break;

    default:
        (void) hoop_buf_adds(&b, "{\"approval\":\"");
        (void) hoop_buf_add(&b, api->op.id, 32);
        (void) hoop_buf_adds(&b, "\",\"state\":");
        (void) hoop_buf_add_json(&b, api->state.data, api->state.len);
        (void) hoop_buf_adds(&b, ",\"rule\":");
        (void) hoop_buf_add_json(&b, api->rule.data, api->rule.len);
        (void) hoop_buf_adds(&b, ",\"expires\":");
        (void) hoop_buf_addu(&b, api->op.expires);
        (void) hoop_buf_adds(&b, ",\"by\":");
        (void) hoop_buf_add_json(&b, api->op.by, ngx_strlen(api->op.by));
        (void) hoop_buf_adds(&b, ",\"comment\":");
        (void) hoop_buf_add_json(&b, api->op.reason,
                                 ngx_strlen(api->op.reason));
        (void) hoop_buf_addc(&b, '}');
    }

    (void) hoop_buf_addc(&b, '\n');

    rc = b.failed ? NGX_HTTP_INTERNAL_SERVER_ERROR
                  : ngx_http_hoop_json(api->request, NGX_HTTP_OK,
                                       "application/json", &b);
    hoop_buf_free(&b);

    return rc;
}


ngx_int_t
ngx_http_hoop_api_problem(ngx_http_hoop_api_t *api, ngx_uint_t status,
    const char *detail)
{
    return ngx_http_hoop_problem(api->request, api->ctx, status,
                                 hoop_cstr(detail));
}


/* the module's context of a request is taken: the cleanup holds ours */

static ngx_http_hoop_api_t *
ngx_http_hoop_api_find(ngx_http_request_t *r)
{
    ngx_http_cleanup_t  *cln;

    for (cln = r->main->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_hoop_api_cleanup) {
            return cln->data;
        }
    }

    return NULL;
}


static void
ngx_http_hoop_api_cleanup(void *data)
{
    ngx_http_hoop_api_t *api = data;

    ngx_hoop_approval_cancel(&api->op);
    ngx_http_hoop_api_release(api);
    ngx_http_hoop_api_json_free(api);
    hoop_plan_free(api->plan);

    if (api->audit.waiting) {
        ngx_hoop_audit_cancel(&api->audit);
    }
}
