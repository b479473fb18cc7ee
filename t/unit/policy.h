
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the unit programs of the policy share: one request, one verdict.
 */


#ifndef _HOOP_TEST_POLICY_H_INCLUDED_
#define _HOOP_TEST_POLICY_H_INCLUDED_


#include <stdio.h>
#include <stdlib.h>

#include "tap.h"
#include "../../src/core/hoop_glob.h"
#include "../../src/core/hoop_json.h"
#include "../../src/core/hoop_mask.h"
#include "../../src/core/hoop_policy.h"


typedef struct {
    const char  *name;
    const char  *value;        /* NULL: there twice */
} header_t;


static hoop_identity_t         identity;
static hoop_policy_request_t   request;
static hoop_verdict_t          verdict;
static header_t                headers[8];


/* an exact allocation, so that an over-read is seen */

__attribute__((unused))
static hoop_policy_t *
compile(const char *text, hoop_error_t *err)
{
    size_t          len;
    u_char         *p;
    hoop_policy_t  *policy;

    len = strlen(text);
    p = malloc(len ? len : 1);
    memcpy(p, text, len);

    policy = hoop_policy_compile(p, len, err);

    free(p);

    return policy;
}


/* 'text' with ' for " */

__attribute__((unused))
static const char *
quoted(const char *text)
{
    char         *p;
    static char   buf[65536];

    snprintf(buf, sizeof(buf), "%s", text);

    for (p = buf; *p; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }

    return buf;
}


__attribute__((unused))
static hoop_policy_t *
policy(const char *rules)
{
    char            text[65536];
    hoop_error_t    err;
    hoop_policy_t  *p;

    snprintf(text, sizeof(text),
             "{'version':1,'name':'test','rules':[%s]}", rules);

    p = compile(quoted(text), &err);

    if (p == NULL) {
        ok(0, "compiles: %u:%u %s", err.line, err.column, err.text);
        exit(1);
    }

    return p;
}


__attribute__((unused))
static int
get_header(void *ctx, hoop_str_t name, hoop_str_t *value)
{
    header_t  *h;

    for (h = headers; h->name != NULL; h++) {
        if (hoop_str_is(name, h->name)) {
            if (h->value == NULL) {
                return HOOP_ERROR;
            }

            *value = hoop_cstr(h->value);
            return HOOP_OK;
        }
    }

    return HOOP_DECLINED;
}


__attribute__((unused))
static void
claims(const char *json)
{
    hoop_error_t  err;

    json_decref(identity.claims);

    identity.claims = hoop_json_load((const u_char *) quoted(json),
                                     strlen(json), &err);
    identity.issuer = hoop_cstr("https://idp.example.com");
    identity.issuer_name = hoop_cstr("corp");
    identity.sub = hoop_cstr("agent-7");
}


/* "GET /path?args"; then the body, NULL for none */

__attribute__((unused))
static void
req(const char *line, const char *body)
{
    const char    *p, *q;
    hoop_error_t   err;

    if (identity.claims == NULL) {
        claims("{'groups':['agents','eu'],'tier':3}");
    }

    json_decref(request.body_json);
    memset(&request, 0, sizeof(request));

    p = strchr(line, ' ');
    q = strchr(p, '?');

    request.identity = &identity;
    request.method = hoop_str(line, p - line);
    request.host = hoop_cstr("crm.example.com");
    request.path = hoop_str(p + 1, q ? q - p - 1 : (ptrdiff_t) strlen(p + 1));
    request.args = hoop_cstr(q ? q + 1 : "");
    request.header = get_header;

    if (body != NULL) {
        request.body_json = hoop_json_load((const u_char *) quoted(body),
                                           strlen(body), &err);
        request.body = request.body_json ? HOOP_BODY_JSON
                                         : HOOP_BODY_AMBIGUOUS;
    }
}


__attribute__((unused))
static hoop_verdict_e
judge(hoop_policy_t *p)
{
    hoop_policy_evaluate(&p, 1, &request, &verdict);

    return verdict.decision;
}


__attribute__((unused))
static void
verdict_is(hoop_policy_t *p, const char *wanted, const char *name)
{
    char  got[128];

    (void) judge(p);

    snprintf(got, sizeof(got), "%s %.*s%s",
             hoop_verdict_name(verdict.decision), (int) verdict.rule.len,
             verdict.rule.data ? (char *) verdict.rule.data : "",
             verdict.ambiguous ? " ambiguous" : "");

    is_str(got, wanted, name);
}


#endif /* _HOOP_TEST_POLICY_H_INCLUDED_ */
