
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Evaluation.  The rules on the request's way through the trie are tried, list
 * by list, and the best match is kept: deny before review before allow, then
 * the earlier file, then the earlier rule.  A rule that could not be better
 * than the best so far is not tried at all.
 *
 * hoop_policy_match() alone says what a rule is about; the trie saves it from
 * comparing, and from being called at all, and never changes what it says.
 *
 * Monitored rules have a trie of their own, which is walked last: all that
 * match are wanted there, and what decides costs no more for them.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE    /* memrchr() */
#endif

#include "hoop_policy_rule.h"


typedef struct {
    const hoop_policy_request_t  *req;
    uint32_t                      method;
    hoop_str_t                    host;      /* without a trailing dot */
    hoop_str_t                    path;
    hoop_str_t                    trimmed;   /* without a trailing slash */
    unsigned                      skip_body:1;
    unsigned                      set:1;     /* it is no rule's, but a set's */
    unsigned                      sure;      /* HOOP_SURE_*, of the rule */

    /* about the last rule tried */
    const char                   *what;
    hoop_str_t                    name;
    const char                   *why;
} hoop_match_t;


typedef struct {
    const hoop_rule_t            *rule;
    const hoop_policy_t          *policy;
    unsigned                      order;     /* of the policy */
    const char                   *why;
} hoop_found_t;


typedef enum {
    HOOP_WALK_ALL = 0,
    HOOP_WALK_BODYLESS,        /* rules that do not look at the body */
    HOOP_WALK_BODY,            /* rules that do, but for that condition */
    HOOP_WALK_MONITOR,         /* monitored rules */
    HOOP_WALK_MONITOR_BODY     /* those that look at the body, as above */
} hoop_walk_e;


/* one walk through the trie of a policy */

typedef struct {
    hoop_policy_t                *policy;
    const hoop_trie_t            *trie;
    unsigned                      order;
    hoop_match_t                 *match;
    hoop_walk_e                   walk;
    hoop_found_t                 *best;      /* NULL: all are wanted */
    hoop_found_t                 *undecided;
    hoop_verdict_t               *verdict;   /* MONITOR */

    hoop_str_t                    path;      /* without its first slash */
    hoop_str_t                    last;      /* its last segment */
    hoop_str_t                    trimmed;   /* that of the trimmed path */
    unsigned                      slash:1;   /* they differ */
} hoop_walk_t;


static void hoop_policy_begin(hoop_match_t *m, hoop_policy_t *const *policies,
    unsigned n, const hoop_policy_request_t *req);
static void hoop_policy_begin_match(hoop_match_t *m,
    const hoop_policy_request_t *req);
static int hoop_policy_walk(hoop_policy_t *policy, unsigned order,
    hoop_match_t *m, hoop_walk_e walk, hoop_found_t *best,
    hoop_found_t *undecided);
static int hoop_policy_walk_plain(hoop_walk_t *w);
static int hoop_policy_walk_start(hoop_walk_t *w);
static int hoop_policy_walk_host(hoop_walk_t *w, uint32_t node,
    hoop_str_t rest);
static int hoop_policy_walk_path(hoop_walk_t *w, uint32_t node,
    hoop_str_t rest);
static int hoop_policy_walk_deep(hoop_walk_t *w, uint32_t node, int end);
static int hoop_policy_walk_set(hoop_walk_t *w, const hoop_trie_set_t *set,
    int from, int to);
static int hoop_policy_try(hoop_walk_t *w, const hoop_trie_entry_t *entry);
static int hoop_policy_better(const hoop_walk_t *w,
    const hoop_trie_entry_t *entry, const hoop_found_t *than);
static hoop_truth_e hoop_policy_match(hoop_policy_t *policy,
    const hoop_rule_t *rule, hoop_match_t *m);
static hoop_truth_e hoop_policy_match_method(const hoop_policy_t *policy,
    const hoop_rule_t *rule, const hoop_match_t *m);
static int hoop_policy_has_method(const hoop_rule_t *rule, uint32_t bit,
    hoop_str_t name);
static int hoop_policy_match_globs(const hoop_list_t *globs, u_char sep,
    hoop_str_t text);
static int hoop_policy_match_issuer(const hoop_rule_t *rule,
    const hoop_identity_t *identity);
static void hoop_policy_judge(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req, hoop_verdict_t *v);
static void hoop_policy_verdict(hoop_verdict_t *v, const hoop_found_t *found);
static void hoop_policy_monitor(hoop_policy_t *const *policies, unsigned n,
    hoop_match_t *m, hoop_verdict_t *v);
static void hoop_policy_monitored(const hoop_walk_t *w, unsigned n);


static const char *const  hoop_policy_sources[] = {
    "sub", "claim", "query", "header", "source", "time", "set", "sql",
    "body", "form", "graphql", "mcp", "mcp", "set", "sql"
};


int
hoop_policy_path_needs_body(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req)
{
    unsigned      i;
    hoop_found_t  best, undecided;
    hoop_match_t  m;

    if (req->identity == NULL) {
        return 0;
    }

    memset(&best, 0, sizeof(hoop_found_t));
    memset(&undecided, 0, sizeof(hoop_found_t));

    hoop_policy_begin(&m, policies, n, req);

    for (i = 0; i < n; i++) {
        (void) hoop_policy_walk(policies[i], i, &m, HOOP_WALK_BODYLESS, &best,
                                &undecided);
    }

    m.skip_body = 1;

    for (i = 0; i < n; i++) {
        if (hoop_policy_walk(policies[i], i, &m, HOOP_WALK_BODY, &best, NULL)) {
            return HOOP_BODY_NEEDED;
        }
    }

    for (i = 0; i < n; i++) {
        if (hoop_policy_walk(policies[i], i, &m, HOOP_WALK_MONITOR_BODY, NULL,
                             NULL))
        {
            return HOOP_BODY_WANTED;
        }
    }

    return 0;
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

    hoop_policy_mcp_begin(req);
    hoop_policy_judge(policies, n, req, v);

    decided = 0;

    while (hoop_policy_mcp_next(req)) {
        hoop_policy_judge(policies, n, req, &other);

        if (hoop_policy_mcp_join(v, &other)) {
            decided = req->mcp->member;
        }
    }

    hoop_policy_mcp_end(req, decided);
}


/* the request, or one message of it */

static void
hoop_policy_judge(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req, hoop_verdict_t *v)
{
    unsigned      i;
    hoop_found_t  best, undecided;
    hoop_match_t  m;

    memset(v, 0, sizeof(hoop_verdict_t));
    memset(&best, 0, sizeof(hoop_found_t));
    memset(&undecided, 0, sizeof(hoop_found_t));

    hoop_policy_begin(&m, policies, n, req);

    for (i = 0; i < n; i++) {
        (void) hoop_policy_walk(policies[i], i, &m, HOOP_WALK_ALL, &best,
                                &undecided);
    }

    hoop_policy_monitor(policies, n, &m, v);

    if (best.rule != NULL) {
        hoop_policy_verdict(v, &best);
        return;
    }

    if (undecided.rule != NULL) {
        hoop_policy_verdict(v, &undecided);
        v->decision = HOOP_VERDICT_ERROR;
        v->reason = hoop_cstr(undecided.why);
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


static void
hoop_policy_monitor(hoop_policy_t *const *policies, unsigned n,
    hoop_match_t *m, hoop_verdict_t *v)
{
    unsigned     i;
    hoop_walk_t  w;

    for (i = 0; i < n; i++) {

        if (policies[i]->monitor.nnodes == 0) {
            continue;
        }

        memset(&w, 0, sizeof(hoop_walk_t));

        w.policy = policies[i];
        w.order = i;
        w.match = m;
        w.walk = HOOP_WALK_MONITOR;
        w.verdict = v;

        (void) hoop_policy_walk_start(&w);
    }
}


/* Policies come in their order, rules as they hang in the trie. */

static void
hoop_policy_monitored(const hoop_walk_t *w, unsigned n)
{
    unsigned           i;
    hoop_verdict_t    *v;
    hoop_monitored_t  *item;
    const hoop_rule_t *rule;

    v = w->verdict;
    rule = &w->policy->rules[n];

    for (i = v->nmonitored; i > 0; i--) {
        item = &v->monitored[i - 1];

        if (item->npolicy != w->order || item->nrule < n) {
            break;
        }

        if (item->nrule == n) {

            /* it has several paths */

            return;
        }
    }

    if (v->nmonitored == HOOP_MONITORED) {
        v->monitored_more = 1;

        if (i == HOOP_MONITORED) {
            return;
        }

    } else {
        v->nmonitored++;
    }

    item = &v->monitored[i];

    memmove(item + 1, item,
            (v->nmonitored - i - 1) * sizeof(hoop_monitored_t));

    item->rule = rule->id;
    item->policy = w->policy->name;
    item->effect = rule->effect;
    item->ambiguous = (w->match->why != NULL);
    item->npolicy = w->order;
    item->nrule = n;
}


static void
hoop_policy_begin(hoop_match_t *m, hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req)
{
    unsigned         i;
    hoop_override_t  override;

    hoop_policy_begin_match(m, req);
    hoop_policy_override(req, &override);

    for (i = 0; i < n; i++) {
        policies[i]->override = override;
        policies[i]->generation++;
        policies[i]->scratch.used = 0;
        policies[i]->form_scratch.used = 0;

        /* of a batch all messages together have so many */

        if (req->mcp == NULL || req->mcp->member == 0) {
            policies[i]->limited = 0;
        }
    }
}


static void
hoop_policy_begin_match(hoop_match_t *m, const hoop_policy_request_t *req)
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


/* 1 only for the walks about the body: a rule was found that needs it. */

static int
hoop_policy_walk(hoop_policy_t *policy, unsigned order, hoop_match_t *m,
    hoop_walk_e walk, hoop_found_t *best, hoop_found_t *undecided)
{
    hoop_walk_t  w;

    memset(&w, 0, sizeof(hoop_walk_t));

    w.policy = policy;
    w.order = order;
    w.match = m;
    w.walk = walk;
    w.best = best;
    w.undecided = undecided;

    return hoop_policy_walk_start(&w);
}


static int
hoop_policy_walk_start(hoop_walk_t *w)
{
    hoop_match_t  *m;
    const u_char  *p;

    m = w->match;

    w->trie = (w->walk == HOOP_WALK_MONITOR
               || w->walk == HOOP_WALK_MONITOR_BODY)
              ? &w->policy->monitor : &w->policy->trie;

    if (w->trie->nnodes == 0) {
        return 0;
    }

    if (m->path.len && m->path.data[0] == '/') {
        w->path = hoop_str(m->path.data + 1, m->path.len - 1);
        w->slash = (m->trimmed.len != m->path.len);

        p = memrchr(m->path.data, '/', m->path.len);
        w->last = hoop_str(p + 1, m->path.data + m->path.len - p - 1);

        p = memrchr(m->path.data, '/', m->trimmed.len);
        w->trimmed = hoop_str(p + 1, m->path.data + m->trimmed.len - p - 1);
    }

    if (w->policy->override.methods) {
        return hoop_policy_walk_plain(w);
    }

    return hoop_policy_walk_host(w, 0, m->host.data ? m->host
                                                    : hoop_str("", 0));
}


/* the trie knows one method of a request only */

static int
hoop_policy_walk_plain(hoop_walk_t *w)
{
    unsigned           i;
    hoop_trie_entry_t  entry;

    memset(&entry, 0, sizeof(hoop_trie_entry_t));
    entry.test = HOOP_TRIE_NONE;

    for (i = 0; i < w->policy->nrules; i++) {

        if (w->policy->rules[i].monitor != (w->trie == &w->policy->monitor)) {
            continue;
        }

        entry.rule = i;
        entry.effect = w->policy->rules[i].effect;

        if ((w->best == NULL || hoop_policy_better(w, &entry, w->best))
            && hoop_policy_try(w, &entry))
        {
            return 1;
        }
    }

    return 0;
}


/* no deeper than the globs of the policy are long */

static int
hoop_policy_walk_host(hoop_walk_t *w, uint32_t n, hoop_str_t rest)
{
    uint32_t                 child;
    hoop_str_t               label;
    const hoop_trie_t       *trie;
    const hoop_trie_node_t  *node;

    trie = w->trie;
    node = &trie->nodes[n];

    if (node->paths[HOOP_TRIE_BELOW] != HOOP_TRIE_NONE
        && hoop_policy_walk_path(w, node->paths[HOOP_TRIE_BELOW], w->path))
    {
        return 1;
    }

    if (!hoop_policy_trie_label(&rest, &label)) {
        return node->paths[HOOP_TRIE_HERE] != HOOP_TRIE_NONE
               && hoop_policy_walk_path(w, node->paths[HOOP_TRIE_HERE],
                                        w->path);
    }

    child = hoop_policy_trie_child(trie, n, label);

    if (child != HOOP_TRIE_NONE && hoop_policy_walk_host(w, child, rest)) {
        return 1;
    }

    return node->star != HOOP_TRIE_NONE && label.len != 0
           && hoop_policy_walk_host(w, node->star, rest);
}


/*
 * To a deny or a review "/a/" is "/a": they are met where the last segment
 * that is left is an empty one, an allow only at the very end.
 */

static int
hoop_policy_walk_path(hoop_walk_t *w, uint32_t n, hoop_str_t rest)
{
    uint32_t                 child;
    hoop_str_t               segment;
    const hoop_trie_t       *trie;
    const hoop_trie_node_t  *node;

    trie = w->trie;
    node = &trie->nodes[n];

    if (hoop_policy_walk_set(w, &node->sets[HOOP_TRIE_BELOW],
                             HOOP_VERDICT_DENY, HOOP_VERDICT_ALLOW))
    {
        return 1;
    }

    if (node->deep != HOOP_TRIE_NONE && rest.data != NULL
        && hoop_policy_walk_deep(w, node->deep, rest.len == 0))
    {
        return 1;
    }

    if (w->slash && rest.data != NULL && rest.len == 0
        && hoop_policy_walk_set(w, &node->sets[HOOP_TRIE_HERE],
                                HOOP_VERDICT_DENY, HOOP_VERDICT_REVIEW))
    {
        return 1;
    }

    if (!hoop_glob_segment(&rest, '/', &segment)) {
        return w->path.data != NULL
               && hoop_policy_walk_set(w, &node->sets[HOOP_TRIE_HERE],
                                       w->slash ? HOOP_VERDICT_ALLOW
                                                : HOOP_VERDICT_DENY,
                                       HOOP_VERDICT_ALLOW);
    }

    child = hoop_policy_trie_child(trie, n, segment);

    if (child != HOOP_TRIE_NONE && hoop_policy_walk_path(w, child, rest)) {
        return 1;
    }

    return node->star != HOOP_TRIE_NONE && segment.len != 0
           && hoop_policy_walk_path(w, node->star, rest);
}


/* end: what is left is an empty segment, which the trimmed path has not */

static int
hoop_policy_walk_deep(hoop_walk_t *w, uint32_t node, int end)
{
    uint32_t            child;
    const hoop_trie_t  *trie;

    trie = w->trie;

    child = (w->slash && end) ? HOOP_TRIE_NONE
                              : hoop_policy_trie_child(trie, node, w->trimmed);

    if (child != HOOP_TRIE_NONE
        && hoop_policy_walk_set(w, &trie->nodes[child].sets[HOOP_TRIE_HERE],
                                HOOP_VERDICT_DENY,
                                w->slash ? HOOP_VERDICT_REVIEW
                                         : HOOP_VERDICT_ALLOW))
    {
        return 1;
    }

    if (!w->slash) {
        return 0;
    }

    child = hoop_policy_trie_child(trie, node, w->last);

    return child != HOOP_TRIE_NONE
           && hoop_policy_walk_set(w, &trie->nodes[child].sets[HOOP_TRIE_HERE],
                                   HOOP_VERDICT_ALLOW, HOOP_VERDICT_ALLOW);
}


/* the rules whose effects are from the one to the other, which is less */

static int
hoop_policy_walk_set(hoop_walk_t *w, const hoop_trie_set_t *set, int from,
    int to)
{
    unsigned                  i;
    const hoop_trie_entry_t  *e, *end;

    if (set->methods == 0) {
        return 0;
    }

    for (i = 0; i < 2; i++) {

        for (e = hoop_policy_trie_list(w->trie, set, w->match->method, i,
                                       &end);
             e < end; e++)
        {
            if (e->effect < to
                || (w->best != NULL && !hoop_policy_better(w, e, w->best)))
            {
                break;
            }

            if (e->effect <= from && hoop_policy_try(w, e)) {
                return 1;
            }
        }
    }

    return 0;
}


static int
hoop_policy_try(hoop_walk_t *w, const hoop_trie_entry_t *entry)
{
    unsigned            body;
    const char         *why;
    hoop_match_t       *m;
    hoop_truth_e        truth;
    hoop_found_t       *found;
    hoop_policy_t      *policy;
    const hoop_rule_t  *rule;

    m = w->match;
    policy = w->policy;

    if (entry->test != HOOP_TRIE_NONE
        && hoop_policy_truth(policy, entry->test, m->req, &why)
           == HOOP_TRUTH_NO)
    {
        return 0;
    }

    rule = &policy->rules[entry->rule];

    body = (w->walk == HOOP_WALK_BODY || w->walk == HOOP_WALK_MONITOR_BODY);

    if ((body && !rule->body)
        || (w->walk == HOOP_WALK_BODYLESS && rule->body))
    {
        return 0;
    }

    /* a path without a slash in front has no place in the trie */

    m->sure = (w->path.data != NULL || rule->paths.n == 0) ? entry->sure : 0;

    truth = hoop_policy_match(policy, rule, m);

    m->sure = 0;

    if (truth == HOOP_TRUTH_NO) {
        return 0;
    }

    if (body) {
        return 1;
    }

    if (w->walk == HOOP_WALK_MONITOR) {

        if (truth == HOOP_TRUTH_YES || rule->effect != HOOP_VERDICT_ALLOW) {
            hoop_policy_monitored(w, entry->rule);
        }

        return 0;
    }

    found = w->best;

    if (truth == HOOP_TRUTH_UNKNOWN && rule->effect == HOOP_VERDICT_ALLOW) {

        if (!hoop_policy_better(w, entry, w->undecided)) {
            return 0;
        }

        found = w->undecided;
    }

    found->rule = rule;
    found->policy = policy;
    found->order = w->order;
    found->why = m->why;

    return 0;
}


static int
hoop_policy_better(const hoop_walk_t *w, const hoop_trie_entry_t *entry,
    const hoop_found_t *than)
{
    if (than->rule == NULL) {
        return 1;
    }

    if (entry->effect != than->rule->effect) {
        return entry->effect > than->rule->effect;
    }

    return (w->order != than->order)
           ? w->order < than->order
           : &w->policy->rules[entry->rule] < than->rule;
}


static hoop_truth_e
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

    hoop_policy_begin_match(&m, req);

    m.set = 1;
    truth = hoop_policy_match(policy, set, &m);
    *why = m.why;

    return truth;
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

    hoop_policy_begin(&m, policies, n, req);

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
