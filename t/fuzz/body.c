
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A body by its headers, and the arguments of a query and of a form: what
 * policy lets pass because "x" is "1" has that one "x" to a plain decoder, too.
 *
 * The first line is the Content-Type, the second the query; the body follows.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hoop_body.h"
#include "hoop_rows.h"


static const char  rules[] =
    "{ \"version\": 1, \"name\": \"p\", \"rules\": ["
    "{ \"id\": \"form\", \"effect\": \"allow\", \"match\": {"
    "    \"request\": { \"path\": \"/form\" }, \"form\": { \"x\": \"1\" } } },"
    "{ \"id\": \"query\", \"effect\": \"allow\", \"match\": {"
    "    \"request\": { \"path\": \"/query\","
    "                   \"query\": { \"x\": \"1\" } } } },"
    "{ \"id\": \"json\", \"effect\": \"allow\", \"match\": {"
    "    \"request\": { \"path\": \"/json\" }, \"body\": { \"/x\": 1 } } } ] }";


static int
header(void *ctx, hoop_str_t name, hoop_str_t *value)
{
    hoop_str_t *type = ctx;

    if (!hoop_str_eq(name, hoop_cstr("content-type")) || type->len == 0) {
        return HOOP_DECLINED;
    }

    *value = *type;

    return HOOP_OK;
}


static hoop_str_t
line(const u_char **p, const u_char *last)
{
    hoop_str_t     s;
    const u_char  *end;

    end = memchr(*p, '\n', last - *p);
    s = hoop_str(*p, (end ? end : last) - *p);
    *p = end ? end + 1 : last;

    return s;
}


static int
hex(u_char c)
{
    return (c >= '0' && c <= '9') ? c - '0'
           : (c >= 'a' && c <= 'f') ? c - 'a' + 10
           : (c >= 'A' && c <= 'F') ? c - 'A' + 10 : -1;
}


/* the next part up to the separator, decoded once; 1 if it is that text */

static int
is(const u_char **p, const u_char *last, const char *stop, const char *text)
{
    int     same;
    u_char  c;

    same = 1;

    for ( /* void */ ; *p < last; (*p)++) {

        if (memchr(stop, **p, strlen(stop))) {
            break;
        }

        c = **p;

        if (c == '+') {
            c = ' ';

        } else if (c == '%' && last - *p > 2
                   && hex((*p)[1]) >= 0 && hex((*p)[2]) >= 0)
        {
            c = hex((*p)[1]) * 16 + hex((*p)[2]);
            *p += 2;
        }

        same = same && *text && c == (u_char) *text++;
    }

    return same && *text == '\0';
}


/* there is one "x", and it is "1" */

static int
plain(hoop_str_t args)
{
    int            name, value;
    unsigned       n, good;
    const u_char  *p, *last;

    n = 0;
    good = 0;
    last = args.data + args.len;

    for (p = args.data; p < last; p++) {

        name = is(&p, last, "&=", "x");
        value = 0;

        if (p < last && *p == '=') {
            p++;
            value = is(&p, last, "&", "1");
        }

        n += name;
        good += name && value;
    }

    return n == 1 && good == 1;
}


static hoop_verdict_e
judge(hoop_policy_t *policy, hoop_policy_request_t *req, const char *path)
{
    hoop_verdict_t  v;

    req->path = hoop_cstr(path);

    memset(&v, 0, sizeof(v));
    hoop_policy_evaluate(&policy, 1, req, &v);

    return v.decision;
}


int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
    int                     lines;
    hoop_str_t              type, text;
    const u_char           *last;
    hoop_error_t            err;
    hoop_identity_t         id;
    hoop_policy_request_t   req;

    static hoop_policy_t   *policy;

    if (policy == NULL) {
        policy = hoop_policy_compile((const u_char *) rules,
                                     sizeof(rules) - 1, &err);
        if (policy == NULL) {
            fprintf(stderr, "%s\n", err.text);
            abort();
        }
    }

    last = p + size;

    memset(&id, 0, sizeof(id));
    memset(&req, 0, sizeof(req));

    type = line(&p, last);

    req.identity = &id;
    req.method = hoop_cstr("PUT");
    req.args = line(&p, last);
    req.header = header;
    req.header_ctx = &type;

    id.claims = json_object();
    id.issuer = hoop_cstr("https://idp.example.com");
    id.issuer_name = hoop_cstr("corp");
    id.sub = hoop_cstr("agent");

    text = hoop_str(p, last - p);

    hoop_body_judge(&req, text, &err);

    if ((req.body == HOOP_BODY_NONE) != (text.len == 0)
        || (req.body == HOOP_BODY_JSON) != (req.body_json != NULL)
        || (req.body == HOOP_BODY_AMBIGUOUS) != (err.text[0] != '\0')
        || (req.body_text.len && !hoop_str_eq(req.body_text, text)))
    {
        abort();
    }

    if (judge(policy, &req, "/query") == HOOP_VERDICT_ALLOW
        && !plain(req.args))
    {
        abort();
    }

    if (judge(policy, &req, "/form") == HOOP_VERDICT_ALLOW
        && (req.body != HOOP_BODY_FORM || !plain(text)))
    {
        abort();
    }

    if (judge(policy, &req, "/json") == HOOP_VERDICT_ALLOW
        && req.body != HOOP_BODY_JSON)
    {
        abort();
    }

    (void) hoop_rows_type(type, &lines);

    json_decref(req.body_json);
    json_decref(id.claims);

    return 0;
}
