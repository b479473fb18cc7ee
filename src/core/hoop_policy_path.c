
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A segment of a path may have parameters: "/customers;v=1/7".  To servlets,
 * and to others, they are no part of its name, so that "/admin;/x" is
 * "/admin/x" there, and to the rest they are.  What allows such a path must be
 * what allows it without them.
 */


#include <stdlib.h>

#include "hoop_path.h"
#include "hoop_policy_rule.h"


static int hoop_policy_path_plain(const hoop_policy_request_t *req,
    hoop_policy_request_t *plain);


void
hoop_policy_evaluate(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req, hoop_verdict_t *v)
{
    int                    rc;
    hoop_verdict_t         first, other;
    hoop_policy_request_t  plain;

    hoop_policy_path_evaluate(policies, n, req, v);

    if (v->decision != HOOP_VERDICT_ALLOW
        && v->decision != HOOP_VERDICT_REVIEW)
    {
        return;
    }

    rc = hoop_policy_path_plain(req, &plain);

    if (rc == HOOP_DECLINED) {
        return;
    }

    memset(&other, 0, sizeof(hoop_verdict_t));

    if (rc == HOOP_OK) {
        hoop_policy_path_evaluate(policies, n, &plain, &other);
        free((u_char *) plain.path.data);

        hoop_policy_monitored_join(v, &other);

        if (other.decision == v->decision
            && hoop_str_eq(other.rule, v->rule)
            && hoop_str_eq(other.policy, v->policy))
        {
            return;
        }
    }

    first = *v;
    memset(v, 0, sizeof(hoop_verdict_t));

    hoop_policy_monitored_join(v, &first);

    v->decision = HOOP_VERDICT_ERROR;
    v->ambiguous = 1;
    v->rule = other.rule;
    v->policy = other.policy;
    v->reason = hoop_cstr("the path has parameters, and is decided otherwise "
                          "without them");
}


int
hoop_policy_needs_body(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req)
{
    int                    needs, also;
    hoop_policy_request_t  plain;

    needs = hoop_policy_path_needs_body(policies, n, req);

    if (needs != HOOP_BODY_NEEDED
        && hoop_policy_path_plain(req, &plain) == HOOP_OK)
    {
        also = hoop_policy_path_needs_body(policies, n, &plain);
        free((u_char *) plain.path.data);

        if (also == HOOP_BODY_NEEDED || needs == 0) {
            return also;
        }
    }

    return needs;
}


/* HOOP_DECLINED: it has none; the path is to be freed */

static int
hoop_policy_path_plain(const hoop_policy_request_t *req,
    hoop_policy_request_t *plain)
{
    u_char  *p;

    if (req->path.len == 0
        || memchr(req->path.data, ';', req->path.len) == NULL)
    {
        return HOOP_DECLINED;
    }

    p = malloc(req->path.len);
    if (p == NULL) {
        return HOOP_NOMEM;
    }

    *plain = *req;
    plain->path = hoop_str(p, hoop_path_plain(req->path, p));

    return HOOP_OK;
}
