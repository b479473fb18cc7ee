
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The rules on the request's way through a policy's trie are tried, list by
 * list, and the best match is kept: deny before review before allow, then the
 * earlier file, then the earlier rule.  A rule that could not be better than
 * the best so far is not tried at all.
 *
 * Monitored rules have a trie of their own: all that match are wanted there,
 * so that none is ever the best.
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE    /* memrchr() */
#endif

#include "hoop_policy_walk.h"


#define hoop_policy_walk_monitors(w)                                          \
    ((w)->walk == HOOP_WALK_MONITOR || (w)->walk == HOOP_WALK_MONITOR_BODY)


static int hoop_policy_walk_plain(hoop_walk_t *w);
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


void
hoop_policy_walk_begin(hoop_walk_t *w, hoop_match_t *m, hoop_walk_e walk)
{
    const u_char  *p;

    memset(w, 0, sizeof(hoop_walk_t));

    w->match = m;
    w->walk = walk;

    if (m->path.len && m->path.data[0] == '/') {
        w->path = hoop_str(m->path.data + 1, m->path.len - 1);
        w->slash = (m->trimmed.len != m->path.len);

        p = memrchr(m->path.data, '/', m->path.len);
        w->last = hoop_str(p + 1, m->path.data + m->path.len - p - 1);

        p = memrchr(m->path.data, '/', m->trimmed.len);
        w->trimmed = hoop_str(p + 1, m->path.data + m->trimmed.len - p - 1);
    }
}


int
hoop_policy_walk(hoop_walk_t *w, hoop_policy_t *policy, unsigned order)
{
    hoop_str_t  host;

    w->policy = policy;
    w->order = order;
    w->trie = hoop_policy_walk_monitors(w) ? &policy->monitor : &policy->trie;

    if (w->trie->nnodes == 0) {
        return 0;
    }

    if (policy->override.methods) {
        return hoop_policy_walk_plain(w);
    }

    host = w->match->host;

    return hoop_policy_walk_host(w, 0, host.data ? host : hoop_str("", 0));
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

        if (w->policy->rules[i].monitor != hoop_policy_walk_monitors(w)) {
            continue;
        }

        entry.rule = i;
        entry.effect = w->policy->rules[i].effect;

        if (hoop_policy_better(w, &entry, &w->best)
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
            if (e->effect < to || !hoop_policy_better(w, e, &w->best)) {
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

    if (w->walk == HOOP_WALK_OPEN) {
        hoop_policy_outlook(w, entry->rule, truth);
        return 0;
    }

    if (w->walk == HOOP_WALK_MONITOR) {

        if (truth == HOOP_TRUTH_YES || rule->effect != HOOP_VERDICT_ALLOW) {
            hoop_policy_monitored(w, entry->rule);
        }

        return 0;
    }

    found = &w->best;

    if (truth == HOOP_TRUTH_UNKNOWN && rule->effect == HOOP_VERDICT_ALLOW) {

        if (!hoop_policy_better(w, entry, &w->undecided)) {
            return 0;
        }

        found = &w->undecided;
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
