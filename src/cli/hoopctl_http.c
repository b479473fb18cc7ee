
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl policy explain --policy FILE... --http FILE --identity FILE
 *     [--issuer NAME] [--address IP] [--now T] [--body-max BYTES]
 *
 *     The message is one of HTTP/1.x as it goes over the wire, or as "curl -v"
 *     prints its head.  The identity is an object of claims, or has them in
 *     "identity", and then may have "issuer", "source" and "time" as well.
 *
 *     It is judged by what judges it in the gateway, in the same order.  Who
 *     asks is taken for proved: the token that may be among the headers is not
 *     looked at, and as in the gateway no rule sees it.
 */


#include <stdio.h>
#include <stdlib.h>

#include "../core/hoop_request.h"
#include "hoopctl.h"
#include "hoopctl_policy.h"


static int hoopctl_http_identity(hoopctl_explain_t *e);
static int hoopctl_http_shape(hoopctl_explain_t *e, json_t *root);
static int hoopctl_http_set(hoopctl_explain_t *e, const char *name,
    const char *value);
static int hoopctl_http_number(const char *text, int64_t *n);
static int hoopctl_http_message(hoopctl_explain_t *e);
static size_t hoopctl_http_curl(u_char *text, size_t len);
static int hoopctl_http_judge(hoopctl_explain_t *e);
static int hoopctl_http_body(hoopctl_explain_t *e, int64_t max);
static int hoopctl_http_refuse(hoopctl_explain_t *e, unsigned status,
    const char *reason);


int
hoopctl_http_request(hoopctl_explain_t *e)
{
    if (hoopctl_http_identity(e) != HOOPCTL_YES
        || hoopctl_explain_who(e) != HOOPCTL_YES
        || hoopctl_http_message(e) != HOOPCTL_YES)
    {
        return HOOPCTL_USAGE;
    }

    return hoopctl_http_judge(e);
}


static int
hoopctl_http_identity(hoopctl_explain_t *e)
{
    int64_t       n;
    json_t       *root;
    hoop_buf_t    b;
    hoop_error_t  err;

    hoop_buf_init(&b, 0);
    memset(&err, 0, sizeof(hoop_error_t));

    if (hoopctl_read(e->options.identity, &b, HOOPCTL_POLICY_MAX_FILE)
        != HOOP_OK)
    {
        return HOOPCTL_USAGE;
    }

    root = hoop_json_load(b.data ? b.data : (u_char *) "", b.len, &err);
    hoop_buf_free(&b);

    if (root == NULL) {
        return hoopctl_usage("the identity, line %u, column %u: %s", err.line,
                             err.column, err.text);
    }

    if (!json_is_object(root)) {
        json_decref(root);
        return hoopctl_usage("the identity must be an object of claims");
    }

    if (hoopctl_http_shape(e, root) != HOOPCTL_YES
        || hoopctl_http_set(e, "issuer", e->options.issuer) != HOOPCTL_YES
        || hoopctl_http_set(e, "source", e->options.address) != HOOPCTL_YES)
    {
        return HOOPCTL_USAGE;
    }

    if (e->options.now == NULL) {
        return HOOPCTL_YES;
    }

    if (hoopctl_http_number(e->options.now, &n) != HOOP_OK) {
        return hoopctl_usage("--now must be a number of seconds since 1970");
    }

    return json_object_set_new(e->root, "time", json_integer(n)) == 0
           ? HOOPCTL_YES : hoopctl_usage("no memory");
}


/* takes root over */

static int
hoopctl_http_shape(hoopctl_explain_t *e, json_t *root)
{
    json_t      *v;
    const char  *key;

    if (json_object_get(root, "identity") == NULL) {
        e->root = json_object();

        return json_object_set_new(e->root, "identity", root) == 0
               ? HOOPCTL_YES : hoopctl_usage("no memory");
    }

    e->root = root;

    json_object_foreach(root, key, v) {

        if (strcmp(key, "identity") != 0 && strcmp(key, "issuer") != 0
            && strcmp(key, "source") != 0 && strcmp(key, "time") != 0)
        {
            return hoopctl_usage("besides \"identity\" an identity may have "
                                 "issuer, source and time");
        }
    }

    return HOOPCTL_YES;
}


static int
hoopctl_http_set(hoopctl_explain_t *e, const char *name, const char *value)
{
    if (value == NULL
        || json_object_set_new(e->root, name, json_string(value)) == 0)
    {
        return HOOPCTL_YES;
    }

    return hoopctl_usage("the %s is not UTF-8", name);
}


static int
hoopctl_http_number(const char *text, int64_t *n)
{
    size_t  i;

    *n = 0;

    for (i = 0; text[i] >= '0' && text[i] <= '9' && i < 15; i++) {
        *n = *n * 10 + text[i] - '0';
    }

    return (text[i] == '\0' && *n > 0) ? HOOP_OK : HOOP_ERROR;
}


static int
hoopctl_http_message(hoopctl_explain_t *e)
{
    size_t        len;
    hoop_buf_t    b;
    hoop_error_t  err;

    hoop_buf_init(&b, 0);

    if (hoopctl_read(e->options.http, &b,
                     HOOP_HTTP_MAX_HEAD + 2 * HOOP_HTTP_MAX_BODY)
        != HOOP_OK)
    {
        return HOOPCTL_USAGE;
    }

    if (b.len == 0) {
        hoop_buf_free(&b);
        return hoopctl_usage("the message is empty");
    }

    e->text = (char *) b.data;
    len = hoopctl_http_curl(b.data, b.len);

    if (hoop_http_parse(&e->message, b.data, len, &err) != HOOP_OK) {
        return hoopctl_usage("the message, line %u, column %u: %s", err.line,
                             err.column, err.text);
    }

    return HOOPCTL_YES;
}


/*
 * "curl -v" has "> " before each line of the head, notes before and behind it,
 * and then the answer, but not the body: of that, who pastes it must take care.
 * Of a note the line end is left, so that lines are counted as in the file.
 */

static size_t
hoopctl_http_curl(u_char *text, size_t len)
{
    int      mark;
    size_t   i, n, o, start;
    u_char  *lf;

    for (i = 0, o = 0; i < len; i = n) {

        lf = memchr(text + i, '\n', len - i);
        n = lf ? (size_t) (lf - text) + 1 : len;
        mark = text[i];

        if (mark == '>') {
            start = i + 1 + (i + 1 < n && text[i + 1] == ' ');

            memmove(text + o, text + start, n - start);
            o += n - start;

            if (n - start > 2 || (n - start == 2 && text[o - 2] != '\r')) {
                continue;
            }

            /* the end of the head */

            if (len - n >= 2 && (memcmp(text + n, "* ", 2) == 0
                                 || memcmp(text + n, "< ", 2) == 0))
            {
                return o;
            }

            memmove(text + o, text + n, len - n);

            return o + len - n;
        }

        if (mark != '*' && mark != '{' && mark != '}') {
            break;
        }

        text[o++] = '\n';
    }

    /* what is left is no head of curl's */

    memmove(text + o, text + i, len - i);

    return o + len - i;
}


static int
hoopctl_http_judge(hoopctl_explain_t *e)
{
    int64_t                 max;
    const char             *reason;
    hoop_http_t            *message;
    hoop_policy_request_t  *r;

    r = &e->request;
    message = &e->message;
    max = HOOP_REQUEST_BODY;

    if (e->options.body_max != NULL
        && hoopctl_http_number(e->options.body_max, &max) != HOOP_OK)
    {
        return hoopctl_usage("--body-max must be a number of bytes");
    }

    r->method = message->method;
    r->host = message->host;
    r->path = message->path;
    r->args = message->args;
    r->header = hoop_http_header;
    r->header_ctx = message;
    r->body = (message->chunked || message->body.len) ? HOOP_BODY_UNREAD
                                                      : HOOP_BODY_NONE;

    reason = hoop_request_ambiguous(r, message->target, &e->why);

    if (reason != NULL) {
        return hoopctl_http_refuse(e, 400, reason);
    }

    return (r->body == HOOP_BODY_NONE) ? HOOPCTL_YES
                                       : hoopctl_http_body(e, max);
}


static int
hoopctl_http_body(hoopctl_explain_t *e, int64_t max)
{
    hoop_http_t         *message;
    hoop_request_body_e  reads;

    message = &e->message;

    reads = hoop_request_body(e->policies, e->npolicies, &e->request,
                              message->chunked ? -1
                              : (int64_t) message->body.len, max);

    if (reads == HOOP_REQUEST_LARGE
        || (reads == HOOP_REQUEST_READ && message->body.len > (size_t) max))
    {
        return hoopctl_http_refuse(e, 413,
                                   "the body is larger than policy reads");
    }

    if (reads == HOOP_REQUEST_READ) {
        hoop_body_judge(&e->request, message->body, &e->body_error);
        e->parsed = e->request.body_json;
    }

    return HOOPCTL_YES;
}


static int
hoopctl_http_refuse(hoopctl_explain_t *e, unsigned status, const char *reason)
{
    e->refused = status;
    e->reason = reason;

    return HOOPCTL_YES;
}


void
hoopctl_http_answer(hoopctl_explain_t *e, unsigned status)
{
    hoop_buf_t             *b;
    hoop_error_t           *err;
    hoop_policy_request_t  *r;

    static const char  *bodies[] = {
        "none", "unread", "json", "form", "other", "ambiguous"
    };

    b = &e->out;
    r = &e->request;
    err = &e->body_error;

    if (status != 0) {
        (void) hoop_buf_adds(b, ",\"status\":");
        (void) hoop_buf_addu(b, status);
    }

    (void) hoop_buf_adds(b, ",\"request\":{\"method\":");
    (void) hoop_buf_add_json(b, r->method.data, r->method.len);

    hoopctl_explain_member(b, "host", r->host);
    hoopctl_explain_member(b, "path", r->path);
    hoopctl_explain_member(b, "query", r->args);
    hoopctl_explain_member(b, "body", hoop_cstr(bodies[r->body]));

    if (r->body == HOOP_BODY_AMBIGUOUS) {
        hoopctl_explain_member(b, "body_why", hoop_cstr(err->text));
    }

    if (err->line) {
        (void) hoop_buf_adds(b, ",\"body_line\":");
        (void) hoop_buf_addu(b, err->line);
        (void) hoop_buf_adds(b, ",\"body_column\":");
        (void) hoop_buf_addu(b, err->column);
    }

    (void) hoop_buf_addc(b, '}');
}
