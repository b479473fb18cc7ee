
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl policy explain --policy FILE...
 *     a request as JSON on standard input, its verdict as one line of JSON,
 *     with what decided each rule.  Exit 0 if the request is allowed.
 *
 *     { "identity": { the claims }, "issuer": "corp", "method": "GET",
 *       "host": "...", "path": "/...", "query": "a=b", "headers": { "name":
 *       "value", "twice": ["a", "b"] }, "body": any JSON }
 *
 *     "body_text" in the place of "body" is the body as it would come, of the
 *     Content-Type among the headers or in "content_type", else JSON; "form" is
 *     the same of a form.  What two parsers may read differently is ambiguous.
 *
 * hoopctl policy explain --policy FILE... --http FILE --identity FILE
 *     the same of a message of HTTP: see hoopctl_http.c.
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../core/hoop_json.h"
#include "../core/hoop_policy.h"
#include "../core/hoop_request.h"
#include "hoopctl.h"
#include "hoopctl_policy.h"


static int hoopctl_explain_args(hoopctl_explain_t *e, int argc, char **argv);
static const char **hoopctl_explain_option(hoopctl_http_options_t *o,
    const char *name);
static int hoopctl_explain_options(const hoopctl_http_options_t *o);
static int hoopctl_explain_request(hoopctl_explain_t *e);
static int hoopctl_explain_keys(json_t *root);
static int hoopctl_explain_text(json_t *root, const char *key,
    const char *missing, hoop_str_t *s);
static int hoopctl_explain_body(hoopctl_explain_t *e);
static int hoopctl_explain_headers(hoopctl_explain_t *e, json_t *headers);
static int hoopctl_explain_add(hoopctl_explain_t *e, const char *lower,
    json_t *value);
static int hoopctl_explain_header(void *ctx, hoop_str_t name,
    hoop_str_t *value);
static void hoopctl_explain_answer(hoopctl_explain_t *e,
    const hoop_verdict_t *v);
static void hoopctl_explain_refused(hoopctl_explain_t *e);
static void hoopctl_explain_sql(hoopctl_explain_t *e);
static void hoopctl_explain_monitored(hoop_buf_t *b, const hoop_verdict_t *v);
static void hoopctl_explain_token(hoop_buf_t *b, const hoop_token_rule_t *t);
static void hoopctl_explain_limits(hoop_buf_t *b,
    const hoop_limits_t *limits);
static void hoopctl_explain_list(hoop_buf_t *b, const char *name,
    const hoop_str_t *items, unsigned n);
static void hoopctl_explain_rule(void *ctx, const hoop_policy_trace_t *trace);


int
hoopctl_policy_explain(int argc, char **argv)
{
    int                 rc;
    hoop_verdict_t      v;
    hoopctl_explain_t   e;

    memset(&e, 0, sizeof(hoopctl_explain_t));
    hoop_buf_init(&e.out, 0);

    rc = hoopctl_explain_args(&e, argc, argv);

    if (rc == HOOPCTL_YES) {
        rc = e.options.http ? hoopctl_http_request(&e)
                            : hoopctl_explain_request(&e);
    }

    if (rc == HOOPCTL_YES) {

        if (e.refused) {
            v.decision = HOOP_VERDICT_ERROR;
            hoopctl_explain_refused(&e);

        } else {
            hoop_policy_evaluate(e.policies, e.npolicies, &e.request, &v);
            hoopctl_explain_answer(&e, &v);
        }

        if (e.out.failed) {
            rc = hoopctl_usage("no memory");

        } else {
            (void) fwrite(e.out.data, 1, e.out.len, stdout);

            if (v.decision != HOOP_VERDICT_ALLOW) {
                rc = HOOPCTL_NO;
            }
        }
    }

    hoopctl_explain_free(&e);

    return rc;
}


void
hoopctl_explain_clear(hoopctl_explain_t *e)
{
    hoop_policy_mcp_free(&e->mcp);
    hoop_http_free(&e->message);

    json_decref(e->root);
    json_decref(e->headers);
    json_decref(e->parsed);
    free(e->text);

    e->root = NULL;
    e->headers = NULL;
    e->parsed = NULL;
    e->text = NULL;

    memset(&e->identity, 0, sizeof(hoop_identity_t));
    memset(&e->request, 0, sizeof(hoop_policy_request_t));
}


void
hoopctl_explain_free(hoopctl_explain_t *e)
{
    unsigned  i;

    hoopctl_explain_clear(e);

    for (i = 0; i < e->npolicies; i++) {
        hoop_policy_free(e->policies[i]);
    }

    hoop_buf_free(&e->out);
}


static int
hoopctl_explain_args(hoopctl_explain_t *e, int argc, char **argv)
{
    int             i, rc;
    const char    **option;
    hoop_policy_t  *policy;

    rc = HOOPCTL_YES;

    for (i = 1; i < argc; i++) {

        if (strcmp(argv[i], "--policy") == 0) {
            continue;
        }

        option = hoopctl_explain_option(&e->options, argv[i]);

        if (option != NULL) {

            if (*option != NULL || i + 1 == argc) {
                return hoopctl_usage("wanted %s with a value, once", argv[i]);
            }

            *option = argv[++i];
            continue;
        }

        if (argv[i][0] == '-' || e->npolicies == HOOPCTL_POLICY_MAX_FILES) {
            goto usage;
        }

        policy = hoopctl_policy_load(argv[i], stderr, &rc);

        if (policy == NULL) {
            return HOOPCTL_USAGE;
        }

        e->policies[e->npolicies++] = policy;
    }

    if (e->npolicies != 0) {
        return hoopctl_explain_options(&e->options);
    }

usage:

    return hoopctl_usage("wanted --policy FILE... and a request on "
                         "standard input, or --http FILE --identity FILE");
}


static const char **
hoopctl_explain_option(hoopctl_http_options_t *o, const char *name)
{
    return strcmp(name, "--http") == 0 ? &o->http
           : strcmp(name, "--identity") == 0 ? &o->identity
           : strcmp(name, "--issuer") == 0 ? &o->issuer
           : strcmp(name, "--address") == 0 ? &o->address
           : strcmp(name, "--now") == 0 ? &o->now
           : strcmp(name, "--body-max") == 0 ? &o->body_max : NULL;
}


/* of a request in JSON all of them are its members */

static int
hoopctl_explain_options(const hoopctl_http_options_t *o)
{
    if (o->http == NULL
        && (o->identity || o->issuer || o->address || o->now || o->body_max))
    {
        return hoopctl_usage("--identity, --issuer, --address, --now and "
                             "--body-max go with --http");
    }

    if (o->http != NULL && o->identity == NULL) {
        return hoopctl_usage("--http wants --identity FILE, an object of "
                             "claims");
    }

    if (o->http != NULL && strcmp(o->http, "-") == 0
        && strcmp(o->identity, "-") == 0)
    {
        return hoopctl_usage("one of --http and --identity may be \"-\"");
    }

    return HOOPCTL_YES;
}


static int
hoopctl_explain_request(hoopctl_explain_t *e)
{
    hoop_buf_t    b;
    hoop_error_t  err;

    hoop_buf_init(&b, 0);
    memset(&err, 0, sizeof(hoop_error_t));

    if (hoopctl_read("-", &b, HOOPCTL_POLICY_MAX_FILE) != HOOP_OK) {
        hoop_buf_free(&b);
        return HOOPCTL_USAGE;
    }

    e->root = hoop_json_load(b.data ? b.data : (u_char *) "", b.len, &err);
    hoop_buf_free(&b);

    if (!json_is_object(e->root)) {
        return hoopctl_usage("the request, line %u, column "
                             "%u: %s", err.line, err.column,
                             e->root ? "wanted an object" : err.text);
    }

    return hoopctl_explain_members(e);
}


int
hoopctl_explain_members(hoopctl_explain_t *e)
{
    hoop_policy_request_t  *r;

    r = &e->request;
    r->header = hoopctl_explain_header;
    r->header_ctx = e;

    if (hoopctl_explain_keys(e->root) != HOOP_OK
        || hoopctl_explain_who(e) != HOOPCTL_YES
        || hoopctl_explain_text(e->root, "method", "GET", &r->method)
           != HOOP_OK
        || hoopctl_explain_text(e->root, "host", "", &r->host) != HOOP_OK
        || hoopctl_explain_text(e->root, "path", "/", &r->path) != HOOP_OK
        || hoopctl_explain_text(e->root, "query", "", &r->args) != HOOP_OK
        || hoopctl_explain_headers(e, json_object_get(e->root, "headers"))
           != HOOP_OK)
    {
        return HOOPCTL_USAGE;
    }

    return hoopctl_explain_body(e);
}


int
hoopctl_explain_who(hoopctl_explain_t *e)
{
    json_t                 *v;
    hoop_policy_request_t  *r;

    r = &e->request;
    r->identity = &e->identity;
    r->mcp = &e->mcp;

    e->identity.claims = json_object_get(e->root, "identity");

    if (!json_is_object(e->identity.claims)) {
        return hoopctl_usage("\"identity\" must be an object "
                             "of claims");
    }

    if (hoopctl_explain_text(e->identity.claims, "iss", "",
                             &e->identity.issuer) != HOOP_OK
        || hoopctl_explain_text(e->identity.claims, "sub", "",
                                &e->identity.sub) != HOOP_OK
        || hoopctl_explain_text(e->root, "issuer", "",
                                &e->identity.issuer_name) != HOOP_OK)
    {
        return HOOPCTL_USAGE;
    }

    v = json_object_get(e->root, "source");

    if (v != NULL) {
        if (hoop_address_parse(hoop_json_string(v), r->address) != HOOP_OK) {
            return hoopctl_usage("\"source\" must be an IP address");
        }

        r->address_set = 1;
    }

    v = json_object_get(e->root, "time");

    if (v != NULL && (!json_is_integer(v) || json_integer_value(v) <= 0)) {
        return hoopctl_usage("\"time\" must be a number of seconds since "
                             "1970");
    }

    r->now = v ? json_integer_value(v) : time(NULL);

    return HOOPCTL_YES;
}


/* Of a text without a Content-Type it is known that it is JSON. */

static int
hoopctl_explain_body(hoopctl_explain_t *e)
{
    json_t                 *body, *text, *form, *type;
    hoop_str_t              value;
    const char             *media;
    hoop_error_t            err;
    hoop_policy_request_t  *r;

    r = &e->request;

    body = json_object_get(e->root, "body");
    text = json_object_get(e->root, "body_text");
    form = json_object_get(e->root, "form");
    type = json_object_get(e->root, "content_type");

    if ((body != NULL) + (text != NULL) + (form != NULL) > 1) {
        return hoopctl_usage("one of \"body\", \"body_text\" and \"form\" is "
                             "wanted");
    }

    if ((text != NULL && !json_is_string(text))
        || (form != NULL && !json_is_string(form))
        || (type != NULL && (!json_is_string(type) || text == NULL)))
    {
        return hoopctl_usage("\"body_text\", \"form\" and, with "
                             "\"body_text\", \"content_type\" must be "
                             "strings");
    }

    if (body != NULL) {
        e->text = json_dumps(body, JSON_COMPACT|JSON_ENCODE_ANY);
        if (e->text == NULL) {
            return hoopctl_usage("no memory");
        }

        r->body = HOOP_BODY_JSON;
        r->body_json = body;
        r->body_text = hoop_cstr(e->text);

        return HOOPCTL_YES;
    }

    if (text == NULL && form == NULL) {
        return HOOPCTL_YES;
    }

    media = form ? "application/x-www-form-urlencoded" : "application/json";

    if (type != NULL
        || hoopctl_explain_header(e, hoop_cstr("content-type"), &value)
           == HOOP_DECLINED)
    {
        if (type == NULL) {
            type = json_string(media);

        } else {
            json_incref(type);
        }

        if (hoopctl_explain_add(e, "content-type", type) != HOOP_OK) {
            return hoopctl_usage("no memory");
        }
    }

    hoop_body_judge(r, hoop_json_string(text ? text : form), &err);

    e->parsed = r->body_json;

    return HOOPCTL_YES;
}


static int
hoopctl_explain_keys(json_t *root)
{
    json_t      *v;
    unsigned     i;
    const char  *key;

    static const char  *keys[] = {
        "identity", "issuer", "method", "host", "path", "query", "headers",
        "source", "time", "body", "body_text", "content_type", "form", NULL
    };

    json_object_foreach(root, key, v) {

        for (i = 0; keys[i] != NULL && strcmp(keys[i], key) != 0; i++) {
            /* void */
        }

        if (keys[i] == NULL) {
            (void) hoopctl_usage("unknown key in the request, "
                                 "wanted identity, issuer, method, host, "
                                 "path, query, headers, source, time, "
                                 "body, body_text, content_type, form");
            return HOOP_ERROR;
        }
    }

    return HOOP_OK;
}


static int
hoopctl_explain_text(json_t *root, const char *key, const char *missing,
    hoop_str_t *s)
{
    json_t  *v;

    v = json_object_get(root, key);

    if (v == NULL) {
        *s = hoop_cstr(missing);
        return HOOP_OK;
    }

    if (!json_is_string(v)) {
        (void) hoopctl_usage("\"%s\" must be a string", key);
        return HOOP_ERROR;
    }

    *s = hoop_str(json_string_value(v), json_string_length(v));

    return HOOP_OK;
}


/* Names that differ in case only are one header, sent twice. */

static int
hoopctl_explain_headers(hoopctl_explain_t *e, json_t *headers)
{
    char        *p, lower[1024];
    size_t       i;
    json_t      *v;
    const char  *key;

    e->headers = json_object();
    if (e->headers == NULL) {
        return HOOP_NOMEM;
    }

    json_object_foreach(headers, key, v) {

        (void) snprintf(lower, sizeof(lower), "%s", key);

        for (p = lower; *p; p++) {
            if (*p >= 'A' && *p <= 'Z') {
                *p |= 0x20;
            }
        }

        if (!json_is_array(v)) {
            if (hoopctl_explain_add(e, lower, json_incref(v)) != HOOP_OK) {
                return HOOP_NOMEM;
            }

            continue;
        }

        for (i = 0; i < json_array_size(v); i++) {
            if (hoopctl_explain_add(e, lower,
                                    json_incref(json_array_get(v, i)))
                != HOOP_OK)
            {
                return HOOP_NOMEM;
            }
        }
    }

    return HOOP_OK;
}


/* takes the value over */

static int
hoopctl_explain_add(hoopctl_explain_t *e, const char *lower, json_t *value)
{
    json_t  *list;

    list = json_object_get(e->headers, lower);

    if (list == NULL) {
        list = json_array();

        if (json_object_set_new(e->headers, lower, list) != 0) {
            json_decref(value);
            return HOOP_NOMEM;
        }
    }

    return json_array_append_new(list, value) == 0 ? HOOP_OK : HOOP_NOMEM;
}


static int
hoopctl_explain_header(void *ctx, hoop_str_t name, hoop_str_t *value)
{
    json_t             *list, *v;
    hoopctl_explain_t  *e;

    e = ctx;
    list = json_object_getn(e->headers, (const char *) name.data, name.len);

    if (json_array_size(list) == 0) {
        return HOOP_DECLINED;
    }

    v = json_array_get(list, 0);

    if (json_array_size(list) > 1 || !json_is_string(v)) {
        return HOOP_ERROR;
    }

    *value = hoop_str(json_string_value(v), json_string_length(v));

    return HOOP_OK;
}


static void
hoopctl_explain_answer(hoopctl_explain_t *e, const hoop_verdict_t *v)
{
    size_t       start;
    hoop_buf_t  *b;

    b = &e->out;

    (void) hoop_buf_adds(b, "{\"decision\":\"");
    (void) hoop_buf_adds(b, hoop_verdict_name(v->decision));
    (void) hoop_buf_adds(b, "\"");

    hoopctl_explain_member(b, "rule", v->rule);
    hoopctl_explain_member(b, "reason", v->reason);
    hoopctl_explain_member(b, "policy", v->policy);

    (void) hoop_buf_adds(b, ",\"ambiguous\":");
    (void) hoop_buf_adds(b, v->ambiguous ? "true" : "false");

    hoopctl_explain_sql(e);

    if (e->options.http) {
        hoopctl_http_answer(e, hoop_request_status(v));
    }

    (void) hoop_buf_adds(b, ",\"needs_body\":");
    (void) hoop_buf_adds(b, hoop_policy_needs_body(e->policies, e->npolicies,
                                                   &e->request)
                            ? "true" : "false");

    hoopctl_explain_obligations(b, v);

    (void) hoop_buf_adds(b, ",\"rules\":[");

    start = b->len;

    hoop_policy_explain(e->policies, e->npolicies, &e->request,
                        hoopctl_explain_rule, e);

    if (b->len != start) {
        b->len--;
    }

    (void) hoop_buf_adds(b, "]}\n");
}


/* no policy was asked */

static void
hoopctl_explain_refused(hoopctl_explain_t *e)
{
    hoop_buf_t  *b;

    b = &e->out;

    (void) hoop_buf_adds(b, "{\"decision\":\"error\"");

    hoopctl_explain_member(b, "reason", hoop_cstr(e->reason));
    hoopctl_explain_member(b, "why", hoop_cstr(e->why ? e->why : ""));
    hoopctl_http_answer(e, e->refused);

    (void) hoop_buf_adds(b, ",\"rules\":[]}\n");
}


/* of the evaluation before, so before there is another one */

static void
hoopctl_explain_sql(hoopctl_explain_t *e)
{
    unsigned    omitted;
    hoop_buf_t  sql;

    hoop_buf_init(&sql, 0);

    if (hoop_policy_sql(e->policies, e->npolicies, &sql, &omitted)
        == HOOP_OK)
    {
        (void) hoop_buf_adds(&e->out, ",\"sql\":");
        (void) hoop_buf_add(&e->out, sql.data, sql.len);

        if (omitted) {
            (void) hoop_buf_adds(&e->out, ",\"sql_omitted\":");
            (void) hoop_buf_addu(&e->out, omitted);
        }
    }

    hoop_buf_free(&sql);
}


void
hoopctl_explain_obligations(hoop_buf_t *b, const hoop_verdict_t *v)
{
    static const char  *records[] = { "", "off", "metadata", "payload" };

    hoopctl_explain_monitored(b, v);

    hoopctl_explain_member(b, "credential", v->credential);
    hoopctl_explain_member(b, "record", hoop_cstr(records[v->record]));

    if (v->mask_named) {
        (void) hoop_buf_adds(b, ",\"mask_sets\":");
        (void) hoop_buf_addu(b, v->mask->n);
    }

    if (v->token) {
        hoopctl_explain_token(b, v->token);
    }

    if (v->limits) {
        hoopctl_explain_limits(b, v->limits);
    }

    if (v->list != HOOP_LIST_UNSET) {
        hoopctl_explain_member(b, "list",
                               hoop_cstr(v->list == HOOP_LIST_FILTER
                                         ? "filter" : "pass"));
    }

    if (v->review == NULL) {
        return;
    }

    (void) hoop_buf_adds(b, ",\"review\":{");
    hoopctl_explain_list(b, "approvers", v->review->approvers,
                         v->review->napprovers);
    (void) hoop_buf_adds(b, ",\"count\":");
    (void) hoop_buf_addu(b, v->review->count);
    (void) hoop_buf_adds(b, ",\"ttl\":");
    (void) hoop_buf_addu(b, v->review->ttl);

    if (v->review->scope != HOOP_REVIEW_ONCE) {
        (void) hoop_buf_adds(b, v->review->scope == HOOP_REVIEW_TIME
                                ? ",\"scope\":\"time\"" : ",\"scope\":\"run\"");
    }

    if (v->review->valid) {
        (void) hoop_buf_adds(b, ",\"valid\":");
        (void) hoop_buf_addu(b, v->review->valid);
    }

    if (v->review->reason) {
        (void) hoop_buf_adds(b, ",\"reason\":\"required\"");
    }

    (void) hoop_buf_adds(b, "}");
}


/* rules that are only watched */

static void
hoopctl_explain_monitored(hoop_buf_t *b, const hoop_verdict_t *v)
{
    unsigned                 i;
    const hoop_monitored_t  *m;

    if (v->nmonitored == 0) {
        return;
    }

    (void) hoop_buf_adds(b, ",\"monitored\":[");

    for (i = 0; i < v->nmonitored; i++) {
        m = &v->monitored[i];

        (void) hoop_buf_adds(b, i ? ",{\"policy\":" : "{\"policy\":");
        (void) hoop_buf_add_json(b, m->policy.data, m->policy.len);
        hoopctl_explain_member(b, "rule", m->rule);
        hoopctl_explain_member(b, "effect",
                               hoop_cstr(hoop_verdict_name(m->effect)));
        (void) hoop_buf_adds(b, m->ambiguous ? ",\"ambiguous\":true}" : "}");
    }

    (void) hoop_buf_addc(b, ']');
}


static void
hoopctl_explain_token(hoop_buf_t *b, const hoop_token_rule_t *t)
{
    const char  *comma;

    comma = "";

    (void) hoop_buf_adds(b, ",\"token\":{");

    if (t->naudiences) {
        hoopctl_explain_list(b, "audience", t->audiences, t->naudiences);
        comma = ",";
    }

    if (t->scope_set) {
        (void) hoop_buf_adds(b, comma);
        hoopctl_explain_list(b, "scope", t->scopes, t->nscopes);
        comma = ",";
    }

    if (t->lifetime) {
        (void) hoop_buf_adds(b, comma);
        (void) hoop_buf_adds(b, "\"lifetime\":");
        (void) hoop_buf_addu(b, t->lifetime);
    }

    (void) hoop_buf_addc(b, '}');
}


static void
hoopctl_explain_limits(hoop_buf_t *b, const hoop_limits_t *limits)
{
    unsigned     i;
    const char  *comma;

    comma = "";

    (void) hoop_buf_adds(b, ",\"limits\":{");

    if (limits->rate.interval) {
        (void) hoop_buf_adds(b, "\"interval_us\":");
        (void) hoop_buf_addu(b, limits->rate.interval);
        (void) hoop_buf_adds(b, ",\"burst\":");
        (void) hoop_buf_addu(b, limits->rate.depth / limits->rate.interval - 1);
        comma = ",";
    }

    if (limits->response) {
        (void) hoop_buf_adds(b, comma);
        (void) hoop_buf_adds(b, "\"response\":");
        (void) hoop_buf_addu(b, limits->response);
        comma = ",";
    }

    if (limits->rows.max) {
        (void) hoop_buf_adds(b, comma);
        (void) hoop_buf_adds(b, "\"rows\":");
        (void) hoop_buf_addu(b, limits->rows.max);

        if (limits->rows.at_set) {
            (void) hoop_buf_adds(b, ",\"rows_at\":[");

            for (i = 0; i < limits->rows.nat; i++) {
                (void) hoop_buf_adds(b, i ? "," : "");
                (void) hoop_buf_add_json(b, limits->rows.at[i].data,
                                         limits->rows.at[i].len);
            }

            (void) hoop_buf_addc(b, ']');
        }
    }

    (void) hoop_buf_addc(b, '}');
}


static void
hoopctl_explain_list(hoop_buf_t *b, const char *name, const hoop_str_t *items,
    unsigned n)
{
    unsigned  i;

    (void) hoop_buf_addc(b, '"');
    (void) hoop_buf_adds(b, name);
    (void) hoop_buf_adds(b, "\":[");

    for (i = 0; i < n; i++) {
        (void) hoop_buf_adds(b, i ? "," : "");
        (void) hoop_buf_add_json(b, items[i].data, items[i].len);
    }

    (void) hoop_buf_addc(b, ']');
}


static void
hoopctl_explain_rule(void *ctx, const hoop_policy_trace_t *trace)
{
    hoop_buf_t         *b;
    hoopctl_explain_t  *e;

    e = ctx;
    b = &e->out;

    (void) hoop_buf_adds(b, "{\"policy\":");
    (void) hoop_buf_add_json(b, trace->policy.data, trace->policy.len);

    hoopctl_explain_member(b, "rule", trace->rule);
    hoopctl_explain_member(b, "effect",
                           hoop_cstr(hoop_verdict_name(trace->effect)));

    if (trace->monitor) {
        (void) hoop_buf_adds(b, ",\"monitor\":true");
    }

    (void) hoop_buf_adds(b, ",\"matched\":");
    (void) hoop_buf_adds(b, trace->matched > 0 ? "true"
                            : trace->matched < 0 ? "\"unknown\"" : "false");

    hoopctl_explain_member(b, "because",
                           hoop_cstr(trace->what ? trace->what : ""));
    hoopctl_explain_member(b, "name", trace->name);
    hoopctl_explain_member(b, "why", hoop_cstr(trace->why ? trace->why : ""));

    (void) hoop_buf_adds(b, "},");
}


void
hoopctl_explain_member(hoop_buf_t *b, const char *name, hoop_str_t value)
{
    if (value.len == 0) {
        return;
    }

    (void) hoop_buf_adds(b, ",\"");
    (void) hoop_buf_adds(b, name);
    (void) hoop_buf_adds(b, "\":");
    (void) hoop_buf_add_json(b, value.data, value.len);
}
