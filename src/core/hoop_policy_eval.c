
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Evaluation: the verdict of some policies about a request.  What decides is
 * looked for first, then the monitored rules, which cost it nothing more.
 */


#include "hoop_policy_walk.h"


static void hoop_policy_request(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req);
static void hoop_policy_message(hoop_match_t *m,
    hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req);
static void hoop_policy_judge(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req, hoop_verdict_t *v);
static void hoop_policy_verdict(hoop_verdict_t *v, const hoop_found_t *found);
static int hoop_policy_walk_all(hoop_policy_t *const *policies, unsigned n,
    hoop_walk_t *w);


int
hoop_policy_path_needs_body(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req)
{
    hoop_walk_t   w, body;
    hoop_match_t  m;

    if (req->identity == NULL) {
        return 0;
    }

    hoop_policy_request(policies, n, req);
    hoop_policy_message(&m, policies, n, req);

    hoop_policy_walk_begin(&w, &m, HOOP_WALK_BODYLESS);
    (void) hoop_policy_walk_all(policies, n, &w);

    m.skip_body = 1;

    /* the body is of no use to what could not be better */

    hoop_policy_walk_begin(&body, &m, HOOP_WALK_BODY);
    body.best = w.best;

    if (hoop_policy_walk_all(policies, n, &body)) {
        return HOOP_BODY_NEEDED;
    }

    hoop_policy_walk_begin(&body, &m, HOOP_WALK_MONITOR_BODY);

    return hoop_policy_walk_all(policies, n, &body) ? HOOP_BODY_WANTED : 0;
}


void
hoop_policy_path_evaluate(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req, hoop_verdict_t *v)
{
    unsigned        decided;
    hoop_verdict_t  other;

    memset(v, 0, sizeof(hoop_verdict_t));

    if (req->identity == NULL) {
        v->decision = HOOP_VERDICT_ERROR;
        v->reason = hoop_cstr("no verified identity");
        return;
    }

    hoop_policy_request(policies, n, req);
    hoop_policy_mcp_begin(req);
    hoop_policy_judge(policies, n, req, v);

    decided = 0;

    while (hoop_policy_mcp_next(req)) {
        hoop_policy_judge(policies, n, req, &other);
        hoop_policy_monitored_join(&other, v);

        if (hoop_policy_mcp_join(v, &other)) {
            decided = req->mcp->member;
        }

        hoop_policy_monitored_join(v, &other);
    }

    hoop_policy_mcp_end(req, decided);
}


/* the request, or one message of it */

static void
hoop_policy_judge(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req, hoop_verdict_t *v)
{
    unsigned      i;
    hoop_walk_t   w, monitor;
    hoop_match_t  m;

    memset(v, 0, sizeof(hoop_verdict_t));

    hoop_policy_message(&m, policies, n, req);

    hoop_policy_walk_begin(&w, &m, HOOP_WALK_ALL);
    (void) hoop_policy_walk_all(policies, n, &w);

    hoop_policy_walk_begin(&monitor, &m, HOOP_WALK_MONITOR);
    monitor.verdict = v;
    (void) hoop_policy_walk_all(policies, n, &monitor);

    if (w.best.rule != NULL) {
        hoop_policy_verdict(v, &w.best);
        return;
    }

    if (w.undecided.rule != NULL) {
        hoop_policy_verdict(v, &w.undecided);
        v->decision = HOOP_VERDICT_ERROR;
        v->reason = hoop_cstr(w.undecided.why);
        v->token = NULL;
        v->limits = NULL;
        return;
    }

    v->decision = HOOP_VERDICT_DENY;

    for (i = 0; i < n; i++) {
        if (policies[i]->default_set || v->policy.len == 0) {
            v->policy = policies[i]->name;
        }

        if (policies[i]->default_set) {
            v->decision = policies[i]->default_effect;
        }
    }

    v->reason = hoop_cstr(v->decision == HOOP_VERDICT_ALLOW
                          ? "no rule matches, the default is allow"
                          : "no rule matches");
}


static void
hoop_policy_verdict(hoop_verdict_t *v, const hoop_found_t *found)
{
    const hoop_rule_t  *rule;

    rule = found->rule;

    v->decision = rule->effect;
    v->rule = rule->id;
    v->reason = rule->reason;
    v->policy = found->policy->name;
    v->mask = rule->mask;
    v->mask_named = (rule->mask != NULL);
    v->record = rule->record;
    v->credential = rule->credential;
    v->npolicy = found->order;
    v->nrule = rule - found->policy->rules;
    v->token = rule->token;
    v->names = rule->names;
    v->limits = rule->limits;
    v->list = rule->list;

    if (rule->effect == HOOP_VERDICT_REVIEW) {
        v->review = &rule->review;
    }

    if (found->why != NULL) {
        v->ambiguous = 1;

        if (rule->effect == HOOP_VERDICT_DENY) {
            v->reason = hoop_cstr(found->why);
        }
    }

    if (v->reason.len == 0 && rule->effect != HOOP_VERDICT_ALLOW) {
        v->reason = hoop_cstr(rule->effect == HOOP_VERDICT_DENY
                              ? "denied by a rule" : "needs an approval");
    }
}


void
hoop_policy_open_begin(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req)
{
    hoop_policy_request(policies, n, req);
}


void
hoop_policy_open_walk(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req, hoop_outlook_t *outlook)
{
    hoop_walk_t   w;
    hoop_match_t  m;

    hoop_policy_message(&m, policies, n, req);

    hoop_policy_walk_begin(&w, &m, HOOP_WALK_OPEN);
    w.outlook = outlook;
    (void) hoop_policy_walk_all(policies, n, &w);
}


/* 1: one of the walks found that the body is needed */

static int
hoop_policy_walk_all(hoop_policy_t *const *policies, unsigned n,
    hoop_walk_t *w)
{
    unsigned  i;

    for (i = 0; i < n; i++) {
        if (hoop_policy_walk(w, policies[i], i)) {
            return 1;
        }
    }

    return 0;
}


/* what all messages of a batch have together: their headers, and regexes that
   hit their limits */

static void
hoop_policy_request(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req)
{
    unsigned         i;
    hoop_override_t  override;

    hoop_policy_override(req, &override);

    for (i = 0; i < n; i++) {
        policies[i]->override = override;
        policies[i]->limited = 0;
    }
}


static void
hoop_policy_message(hoop_match_t *m, hoop_policy_t *const *policies,
    unsigned n, const hoop_policy_request_t *req)
{
    unsigned  i;

    hoop_policy_match_begin(m, req);

    for (i = 0; i < n; i++) {
        policies[i]->generation++;
        policies[i]->scratch.used = 0;
        policies[i]->form_scratch.used = 0;
    }
}


void
hoop_policy_explain(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req,
    void (*fn)(void *ctx, const hoop_policy_trace_t *trace), void *ctx)
{
    unsigned             i, k;
    hoop_match_t         m;
    hoop_truth_e         truth;
    const hoop_rule_t   *rule;
    hoop_policy_trace_t  trace;

    if (req->identity == NULL) {
        return;
    }

    hoop_policy_request(policies, n, req);
    hoop_policy_message(&m, policies, n, req);

    for (i = 0; i < n; i++) {
        for (k = 0; k < policies[i]->nrules; k++) {
            rule = &policies[i]->rules[k];
            truth = hoop_policy_match(policies[i], rule, &m);

            memset(&trace, 0, sizeof(hoop_policy_trace_t));

            trace.policy = policies[i]->name;
            trace.rule = rule->id;
            trace.effect = rule->effect;
            trace.monitor = rule->monitor;
            trace.matched = (truth == HOOP_TRUTH_YES)
                            - (truth == HOOP_TRUTH_UNKNOWN);
            trace.what = m.what;
            trace.name = m.name;
            trace.why = m.why;

            fn(ctx, &trace);
        }
    }
}
