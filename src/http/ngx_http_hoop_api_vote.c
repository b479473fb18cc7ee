
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A vote of hoop_api: its reason, the evidence of it, the vote itself, and
 * what came of it.
 */


#include "ngx_http_hoop_api.h"


#define NGX_HTTP_HOOP_API_REASON    200      /* characters */
#define NGX_HTTP_HOOP_API_GROUPS    65536


static ngx_int_t ngx_http_hoop_api_reason_parse(ngx_http_hoop_api_t *api,
    u_char *p, size_t len);
static ngx_int_t ngx_http_hoop_api_reason_mask(ngx_http_hoop_api_t *api,
    hoop_str_t text);
static ngx_int_t ngx_http_hoop_api_groups(ngx_http_hoop_api_t *api,
    hoop_buf_t *b);
static ngx_int_t ngx_http_hoop_api_event(ngx_http_hoop_api_t *api,
    const char *state, const char *outcome);


/* NGX_OK, or what ends the request */

ngx_int_t
ngx_http_hoop_api_reason(ngx_http_hoop_api_t *api)
{
    ngx_int_t   rc;
    hoop_str_t  body;

    rc = ngx_http_hoop_api_body(api, NGX_HTTP_HOOP_API_BODY, &body);

    if (rc != NGX_OK || body.len == 0) {
        return rc;
    }

    return ngx_http_hoop_api_reason_parse(api, (u_char *) body.data, body.len);
}


static ngx_int_t
ngx_http_hoop_api_reason_parse(ngx_http_hoop_api_t *api, u_char *p,
    size_t len)
{
    size_t         i, n, chars;
    json_t        *body, *reason;
    ngx_int_t      rc;
    const char    *text;
    hoop_error_t   err;

    body = hoop_json_load(p, len, &err);

    if (body == NULL) {
        return ngx_http_hoop_api_problem(api, NGX_HTTP_BAD_REQUEST,
                                         "the body is not valid JSON");
    }

    reason = json_object_get(body, "reason");

    if (!json_is_object(body)
        || json_object_size(body) != (reason ? 1 : 0)
        || (reason && !json_is_string(reason)))
    {
        rc = ngx_http_hoop_api_problem(api, NGX_HTTP_BAD_REQUEST,
                        "the body may have the member \"reason\" only, "
                        "which is a string");

    } else if (reason) {
        text = json_string_value(reason);
        n = json_string_length(reason);
        chars = 0;

        for (i = 0; i < n; i++) {
            chars += ((u_char) text[i] & 0xc0) != 0x80;
        }

        if (chars > NGX_HTTP_HOOP_API_REASON) {
            rc = ngx_http_hoop_api_problem(api, NGX_HTTP_BAD_REQUEST,
                                           "the reason is longer than 200 "
                                           "characters");
        } else {
            rc = ngx_http_hoop_api_reason_mask(api, hoop_str(text, n));
        }

    } else {
        rc = NGX_OK;
    }

    json_decref(body);

    return rc;
}


/* it goes into Redis and into events: what a human pastes is masked first */

static ngx_int_t
ngx_http_hoop_api_reason_mask(ngx_http_hoop_api_t *api, hoop_str_t text)
{
    size_t            n;
    ngx_int_t         rc;
    hoop_buf_t        b;
    hoop_mask_list_t  list;

    hoop_buf_init(&b, 65536);

    ngx_http_hoop_masks(api->ctx, 1, &list);

    rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    if (hoop_mask_whole(HOOP_MASK_TEXT, list.sets, list.n, NULL, 0, text, &b,
                        NULL)
        == HOOP_OK)
    {
        n = hoop_utf8_cut(b.data, b.len, NGX_HTTP_HOOP_API_TEXT);

        api->reason.data = ngx_pnalloc(api->request->pool, n + 1);

        if (api->reason.data != NULL) {
            if (n) {
                ngx_memcpy(api->reason.data, b.data, n);
            }

            api->reason.len = n;
            rc = NGX_OK;
        }
    }

    hoop_buf_free(&b);

    return rc;
}


/* the approval is known: evidence of the vote before the vote */

ngx_int_t
ngx_http_hoop_api_check(ngx_http_hoop_api_t *api)
{
    size_t         len;
    json_t        *json, *rule, *state;
    u_char        *p;
    ngx_int_t      rc;
    hoop_error_t   err;

    if (api->op.state == NGX_HOOP_APPROVAL_UNKNOWN) {
        return ngx_http_hoop_api_problem(api, NGX_HTTP_NOT_FOUND,
                                         "no such approval");
    }

    if (api->op.state == NGX_HOOP_APPROVAL_ERROR || api->failed) {
        return ngx_http_hoop_api_problem(api, NGX_HTTP_SERVICE_UNAVAILABLE,
                                         "approvals are not available");
    }

    json = hoop_json_load(api->json.data, api->json.len, &err);
    rule = json_object_get(json, "rule");
    state = json_object_get(json, "state");

    if (!json_is_string(rule) || !json_is_string(state)) {
        json_decref(json);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    len = json_string_length(rule) + json_string_length(state);

    p = ngx_pnalloc(api->request->pool, len + 1);
    if (p == NULL) {
        json_decref(json);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    api->rule.data = p;
    api->rule.len = json_string_length(rule);
    p = ngx_cpymem(p, json_string_value(rule), api->rule.len);

    api->state.data = p;
    api->state.len = json_string_length(state);
    p = ngx_cpymem(p, json_string_value(state), api->state.len);
    *p = '\0';

    json_decref(json);

    api->step = NGX_HTTP_HOOP_API_INTENT;

    rc = ngx_http_hoop_api_event(api, (char *) api->state.data, "intent");

    if (rc == NGX_OK) {
        rc = ngx_hoop_audit_commit(&api->audit);
    }

    if (rc == NGX_AGAIN) {
        api->waiting = 1;
        return NGX_AGAIN;
    }

    if (rc == NGX_OK) {
        api->audit_ok = 1;

    } else {
        ngx_hoop_audit_rollback();
    }

    return ngx_http_hoop_api_vote(api);
}


ngx_int_t
ngx_http_hoop_api_vote(ngx_http_hoop_api_t *api)
{
    ngx_int_t         rc;
    hoop_buf_t        subject, groups;
    hoop_identity_t  *identity;

    if (!api->audit_ok) {
        return ngx_http_hoop_api_problem(api, NGX_HTTP_SERVICE_UNAVAILABLE,
                                         "the evidence cannot be kept");
    }

    api->step = NGX_HTTP_HOOP_API_VOTE;

    identity = api->ctx->identity;

    hoop_buf_init(&subject, NGX_HTTP_HOOP_API_TEXT);
    hoop_buf_init(&groups, NGX_HTTP_HOOP_API_GROUPS);

    ngx_http_hoop_api_subject(api, &subject);

    rc = NGX_ERROR;

    if (subject.failed) {

        /* nobody can be told by it */

    } else if (api->verb == NGX_HTTP_HOOP_API_CANCEL) {
        rc = ngx_hoop_approval_withdraw(&api->op,
                                        hoop_str(subject.data, subject.len),
                                        ngx_http_hoop_str(&api->reason));

    } else if (ngx_http_hoop_api_groups(api, &groups) == NGX_OK) {
        rc = ngx_hoop_approval_vote(&api->op,
                                    api->verb == NGX_HTTP_HOOP_API_APPROVE,
                                    hoop_str(identity->json,
                                             identity->json_len),
                                    hoop_str(subject.data, subject.len),
                                    hoop_str(groups.data, groups.len),
                                    ngx_http_hoop_str(&api->reason));
    }

    hoop_buf_free(&subject);
    hoop_buf_free(&groups);

    if (rc == NGX_OK) {
        api->waiting = 1;
        return NGX_AGAIN;
    }

    api->op.state = NGX_HOOP_APPROVAL_ERROR;

    return ngx_http_hoop_api_voted(api);
}


/* an array of names; a claim that is one name is a group, too */

static ngx_int_t
ngx_http_hoop_api_groups(ngx_http_hoop_api_t *api, hoop_buf_t *b)
{
    size_t       i, n;
    json_t      *claim, *group;
    hoop_str_t   pointer;

    if (api->ctx->issuer && api->ctx->issuer->groups.len) {
        pointer = ngx_http_hoop_str(&api->ctx->issuer->groups);

    } else {
        pointer = hoop_cstr("/groups");
    }

    claim = hoop_json_pointer(api->ctx->identity->claims, pointer);

    (void) hoop_buf_addc(b, '[');

    if (json_is_string(claim)) {
        (void) hoop_buf_add_json(b, (u_char *) json_string_value(claim),
                                 json_string_length(claim));
    }

    n = 0;

    for (i = 0; i < json_array_size(claim); i++) {
        group = json_array_get(claim, i);

        if (!json_is_string(group)) {
            continue;
        }

        if (n++) {
            (void) hoop_buf_addc(b, ',');
        }

        (void) hoop_buf_add_json(b, (u_char *) json_string_value(group),
                                 json_string_length(group));
    }

    (void) hoop_buf_addc(b, ']');

    return b->failed ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_http_hoop_api_voted(ngx_http_hoop_api_t *api)
{
    ngx_uint_t   status;
    const char  *state, *outcome, *detail;

    state = (char *) api->state.data;
    status = NGX_HTTP_CONFLICT;

    switch (api->op.state) {

    case NGX_HOOP_APPROVAL_PENDING:
    case NGX_HOOP_APPROVAL_APPROVED:
    case NGX_HOOP_APPROVAL_DENIED:
    case NGX_HOOP_APPROVAL_CANCELLED:
        state = api->op.state == NGX_HOOP_APPROVAL_PENDING ? "pending"
                : api->op.state == NGX_HOOP_APPROVAL_APPROVED ? "approved"
                : api->op.state == NGX_HOOP_APPROVAL_DENIED ? "denied"
                : "cancelled";
        outcome = "counted";
        status = NGX_HTTP_OK;
        detail = NULL;
        break;

    case NGX_HOOP_APPROVAL_SELF:
        status = NGX_HTTP_FORBIDDEN;
        outcome = "self";
        detail = "the requester does not decide";
        break;

    case NGX_HOOP_APPROVAL_NO_RIGHT:
        status = NGX_HTTP_FORBIDDEN;
        outcome = "no_right";
        detail = "not an approver of this rule";
        break;

    case NGX_HOOP_APPROVAL_NO_REASON:
        status = NGX_HTTP_BAD_REQUEST;
        outcome = "no_reason";
        detail = "the rule wants a reason for each decision";
        break;

    case NGX_HOOP_APPROVAL_NOT_REQUESTER:
        status = NGX_HTTP_FORBIDDEN;
        outcome = "not_requester";
        detail = "only the requester cancels";
        break;

    case NGX_HOOP_APPROVAL_VOTED:
        outcome = "voted";
        detail = "this approver has voted before";
        break;

    case NGX_HOOP_APPROVAL_CLOSED:
        outcome = "closed";
        detail = "the approval is no longer pending";
        break;

    case NGX_HOOP_APPROVAL_EXPIRED:
        state = "expired";
        outcome = "expired";
        detail = "the approval has expired";
        break;

    case NGX_HOOP_APPROVAL_UNKNOWN:
        status = NGX_HTTP_NOT_FOUND;
        outcome = "unknown";
        detail = "no such approval";
        break;

    default:
        outcome = "error";
        status = NGX_HTTP_SERVICE_UNAVAILABLE;
        detail = "approvals are not available";
    }

    /* the intent is in the evidence already, and the vote is cast */

    if (ngx_http_hoop_api_event(api, state, outcome) != NGX_OK
        || ngx_hoop_audit_commit(NULL) == NGX_ERROR)
    {
        ngx_hoop_audit_rollback();

        ngx_http_hoop_log(NGX_LOG_ERR, api->request, "the event of a vote on "
                          "approval \"%s\" is lost", api->op.id);
    }

    if (detail != NULL) {
        return ngx_http_hoop_api_problem(api, status, detail);
    }

    api->state.len = ngx_strlen(state);
    api->state.data = (u_char *) state;

    return ngx_http_hoop_api_send(api);
}


/* adds an event to the transaction; the caller commits, or rolls back */

static ngx_int_t
ngx_http_hoop_api_event(ngx_http_hoop_api_t *api, const char *state,
    const char *outcome)
{
    hoop_buf_t         *b;
    hoop_identity_t    *identity;
    hoop_event_head_t   head;

    static const char *const  votes[] = { "approve", "deny", "cancel" };

    ngx_http_hoop_event_head(api->ctx, "approval", &head);

    b = ngx_hoop_audit_event(&head);
    if (b == NULL) {
        return NGX_ERROR;
    }

    identity = api->ctx->identity;

    (void) hoop_event_string(b, "approval", hoop_str(api->op.id, 32));
    (void) hoop_event_string(b, "state", hoop_cstr(state));
    (void) hoop_event_string(b, "rule", ngx_http_hoop_str(&api->rule));
    (void) hoop_event_string(b, "vote", hoop_cstr(votes[api->verb]));
    (void) hoop_event_string(b, "outcome", hoop_cstr(outcome));
    (void) hoop_event_raw(b, "approver",
                          hoop_str(identity->json, identity->json_len));

    if (api->reason.len) {
        (void) hoop_event_string(b, "reason",
                                 ngx_http_hoop_str(&api->reason));
    }

    return ngx_hoop_audit_end();
}
