
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The steps between a request and its verdict that are neither about nginx nor
 * about a rule.
 */


#include "hoop_path.h"
#include "hoop_request.h"


int
hoop_request_secret(hoop_str_t name)
{
    static const hoop_str_t  token = hoop_string("authorization");
    static const hoop_str_t  proof = hoop_string("dpop");

    return hoop_str_like(name, token) || hoop_str_like(name, proof);
}


hoop_str_t
hoop_request_value(hoop_str_t value)
{
    while (value.len && (value.data[0] == ' ' || value.data[0] == '\t')) {
        value = hoop_str(value.data + 1, value.len - 1);
    }

    while (value.len && (value.data[value.len - 1] == ' '
                         || value.data[value.len - 1] == '\t'))
    {
        value.len--;
    }

    return value;
}


/*
 * What a target may read in another way than nginx, and so than policy, has:
 * see hoop_path.c.  Of a request line that names a host nginx takes that one,
 * and a target that is sent $http_host the other.
 */

const char *
hoop_request_ambiguous(const hoop_policy_request_t *req, hoop_str_t raw,
    const char **why)
{
    int         rc;
    hoop_str_t  host;

    static const hoop_str_t  name = hoop_string("host");

    *why = raw.data ? hoop_path_check(raw, req->path)
                    : hoop_path_ambiguous(req->path);

    if (*why != NULL) {
        return "the path is ambiguous";
    }

    rc = req->header(req->header_ctx, name, &host);

    if (rc == HOOP_ERROR
        || (rc == HOOP_OK && !hoop_path_host(host, req->host)))
    {
        return "the host is ambiguous";
    }

    return NULL;
}


hoop_request_body_e
hoop_request_body(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req, int64_t length, size_t max)
{
    int  needs, large;

    needs = hoop_policy_needs_body(policies, n, req);

    if (needs == 0) {
        return HOOP_REQUEST_UNREAD;
    }

    large = (length > 0 && (uint64_t) length > max);

    if (needs == HOOP_BODY_WANTED && (large || length < 0)) {

        /* for rules that are only watched nothing is refused */

        return HOOP_REQUEST_UNREAD;
    }

    return large ? HOOP_REQUEST_LARGE : HOOP_REQUEST_READ;
}


/* Nor may a human be asked to approve what cannot be judged. */

unsigned
hoop_request_status(const hoop_verdict_t *v)
{
    if (v->decision == HOOP_VERDICT_ALLOW) {
        return 0;
    }

    if (v->ambiguous) {
        return 400;
    }

    return (v->decision == HOOP_VERDICT_REVIEW) ? 0 : 403;
}
