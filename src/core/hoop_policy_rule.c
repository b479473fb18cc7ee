
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * One rule and one request: what the rule is about.  The trie saves it from
 * being compared, and from being asked at all, and never changes what is said
 * here (hoop_policy_walk.c).
 */


#include "hoop_policy_walk.h"


static hoop_truth_e hoop_policy_match_method(const hoop_policy_t *policy,
    const hoop_rule_t *rule, const hoop_match_t *m);
static int hoop_policy_has_method(const hoop_rule_t *rule, uint32_t bit,
    hoop_str_t name);
static int hoop_policy_match_globs(const hoop_list_t *globs, u_char sep,
    hoop_str_t text);
static int hoop_policy_match_issuer(const hoop_rule_t *rule,
    const hoop_identity_t *identity);


static const char *const  hoop_policy_sources[] = {
    "sub", "claim", "query", "header", "source", "time", "set", "sql",
    "body", "form", "graphql", "mcp", "mcp", "set", "sql"
};


void
hoop_policy_match_begin(hoop_match_t *m, const hoop_policy_request_t *req)
{
    memset(m, 0, sizeof(hoop_match_t));

    m->req = req;
    m->method = hoop_policy_method(req->method);

    m->host = req->host;

    if (m->host.len && m->host.data[m->host.len - 1] == '.') {
        m->host.len--;
    }

    m->path = req->path;
    m->trimmed = req->path;

    if (m->trimmed.len > 1 && m->trimmed.data[m->trimmed.len - 1] == '/') {
        m->trimmed.len--;
    }
}


hoop_truth_e
hoop_policy_match(hoop_policy_t *policy, const hoop_rule_t *rule,
    hoop_match_t *m)
{
    unsigned            i, found;
    const char         *why;
    hoop_truth_e        t, truth;
    hoop_source_e       source;
    const hoop_cond_t  *cond;

    m->why = NULL;
    m->name = hoop_str(NULL, 0);
    m->open = 0;

    truth = HOOP_TRUTH_YES;

    if (!(m->sure & HOOP_SURE_METHOD)) {
        truth = hoop_policy_match_method(policy, rule, m);

        if (truth == HOOP_TRUTH_NO) {
            m->what = "method";
            return HOOP_TRUTH_NO;
        }
    }

    /*
     * Many targets take "/a/" for "/a": a deny or a review must not be evaded
     * by it, an allow must be literal.
     */

    if (!(m->sure & HOOP_SURE_PATH)
        && !hoop_policy_match_globs(&rule->paths, '/',
                                    rule->effect == HOOP_VERDICT_ALLOW
                                    ? m->path : m->trimmed))
    {
        m->what = "path";
        return HOOP_TRUTH_NO;
    }

    if (!(m->sure & HOOP_SURE_HOST)
        && !hoop_policy_match_globs(&rule->hosts, '.', m->host))
    {
        m->what = "host";
        return HOOP_TRUTH_NO;
    }

    if (!hoop_policy_match_issuer(rule, m->req->identity)) {
        m->what = "issuer";
        return HOOP_TRUTH_NO;
    }

    m->what = NULL;

    found = policy->override.found & ~rule->names;

    if (truth == HOOP_TRUTH_UNKNOWN) {
        found &= policy->override.methods;

    } else if (rule->effect == HOOP_VERDICT_DENY || m->set) {
        found = 0;
    }

    if (found != 0) {
        truth = HOOP_TRUTH_UNKNOWN;
        m->why = hoop_policy_override_why(found, &m->what, &m->name);
    }

    for (i = 0; i < rule->nconds; i++) {
        cond = &rule->conds[i];
        source = policy->slots[cond->slot].source;

        if (source >= HOOP_SOURCE_BODY && m->skip_body) {
            break;
        }

        why = NULL;

        t = hoop_policy_truth(policy, cond->test, m->req, &why);

        if (t == HOOP_TRUTH_OPEN) {
            m->open = 1;
            continue;
        }

        if (t == HOOP_TRUTH_YES
            || (t == HOOP_TRUTH_UNKNOWN && truth == HOOP_TRUTH_UNKNOWN))
        {
            continue;
        }

        truth = t;
        m->what = hoop_policy_sources[source];
        m->name = policy->slots[cond->slot].name;

        if (t == HOOP_TRUTH_NO) {
            m->why = NULL;
            break;
        }

        m->why = why;
    }

    return truth;
}


hoop_truth_e
hoop_policy_match_set(hoop_policy_t *policy, const hoop_rule_t *set,
    const hoop_policy_request_t *req, const char **why)
{
    hoop_match_t  m;
    hoop_truth_e  truth;

    hoop_policy_match_begin(&m, req);

    m.set = 1;
    truth = hoop_policy_match(policy, set, &m);
    *why = m.why;

    return (m.open && truth != HOOP_TRUTH_NO) ? HOOP_TRUTH_OPEN : truth;
}


/* UNKNOWN: one of the method and what a header or argument makes of it */

static hoop_truth_e
hoop_policy_match_method(const hoop_policy_t *policy, const hoop_rule_t *rule,
    const hoop_match_t *m)
{
    int                     has;
    hoop_str_t              method;
    const hoop_override_t  *o;

    if (rule->methods == 0 && rule->other_methods.n == 0) {
        return HOOP_TRUTH_YES;
    }

    has = hoop_policy_has_method(rule, m->method, m->req->method);
    o = &policy->override;

    if (o->methods & ~rule->names) {
        method = hoop_str(o->method, o->len);

        if (o->unknown
            || has != hoop_policy_has_method(rule, hoop_policy_method(method),
                                             method))
        {
            return HOOP_TRUTH_UNKNOWN;
        }
    }

    return has ? HOOP_TRUTH_YES : HOOP_TRUTH_NO;
}


static int
hoop_policy_has_method(const hoop_rule_t *rule, uint32_t bit, hoop_str_t name)
{
    unsigned  i;

    if (rule->methods & bit) {
        return 1;
    }

    for (i = 0; i < rule->other_methods.n; i++) {
        if (hoop_str_eq(rule->other_methods.items[i], name)) {
            return 1;
        }
    }

    return 0;
}


static int
hoop_policy_match_globs(const hoop_list_t *globs, u_char sep, hoop_str_t text)
{
    unsigned  i;

    for (i = 0; i < globs->n; i++) {
        if (hoop_glob_match(globs->items[i], sep, text)) {
            return 1;
        }
    }

    return globs->n == 0;
}


static int
hoop_policy_match_issuer(const hoop_rule_t *rule,
    const hoop_identity_t *identity)
{
    unsigned  i;

    for (i = 0; i < rule->issuers.n; i++) {
        if (hoop_str_eq(rule->issuers.items[i], identity->issuer_name)
            || hoop_str_eq(rule->issuers.items[i], identity->issuer))
        {
            return 1;
        }
    }

    return rule->issuers.n == 0;
}
