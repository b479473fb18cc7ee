
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * How an evaluation finds its rules: from the request over the trie to the
 * rule that matches best.  Shared by hoop_policy_eval.c, hoop_policy_walk.c,
 * hoop_policy_rule.c and the walks' other ends, and nothing else.
 */


#ifndef _HOOP_POLICY_WALK_H_INCLUDED_
#define _HOOP_POLICY_WALK_H_INCLUDED_


#include "hoop_policy_rule.h"


/* a request, or one message of it, as rules are compared with it */

typedef struct {
    const hoop_policy_request_t  *req;
    uint32_t                      method;
    hoop_str_t                    host;      /* without a trailing dot */
    hoop_str_t                    path;
    hoop_str_t                    trimmed;   /* without a trailing slash */
    unsigned                      skip_body:1;
    unsigned                      open:1;    /* of the last rule tried: the
                                                rest holds, or is unknown */
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
    HOOP_WALK_MONITOR_BODY,    /* those that look at the body, as above */
    HOOP_WALK_OPEN             /* rules that may match what has not come yet */
} hoop_walk_e;


/* what could become of a call: see hoop_policy_list.c */

typedef struct {
    uint64_t                      review;    /* places, of the first that */
    uint64_t                      unclear;   /* could match; that will, but be
                                                unknown */
    unsigned                      denied:1;
    unsigned                      allowed:1;
    unsigned                      undecided:1;
    unsigned                      filters:1;   /* lists */
} hoop_outlook_t;


/* the walks through the tries of some policies */

typedef struct {
    hoop_match_t                 *match;
    hoop_walk_e                   walk;
    hoop_found_t                  best;
    hoop_found_t                  undecided; /* best allow that is unknown */
    hoop_verdict_t               *verdict;   /* MONITOR: takes what matches */
    hoop_outlook_t               *outlook;   /* OPEN: the same */

    /* the path's parts, once for all policies */
    hoop_str_t                    path;      /* without its first slash */
    hoop_str_t                    last;      /* its last segment */
    hoop_str_t                    trimmed;   /* that of the trimmed path */
    unsigned                      slash:1;   /* they differ */

    /* of the policy that is walked through */
    hoop_policy_t                *policy;
    const hoop_trie_t            *trie;
    unsigned                      order;
} hoop_walk_t;


/* hoop_policy_walk.c */
void hoop_policy_walk_begin(hoop_walk_t *w, hoop_match_t *m, hoop_walk_e walk);
/* 1 only for the walks about the body: a rule was found that needs it */
int hoop_policy_walk(hoop_walk_t *w, hoop_policy_t *policy, unsigned order);

/* hoop_policy_monitor.c: a monitored rule matches */
void hoop_policy_monitored(const hoop_walk_t *w, unsigned rule);

/* hoop_policy_eval.c: of a request whose mcp is open */
void hoop_policy_open_begin(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req);
void hoop_policy_open_walk(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req, hoop_outlook_t *outlook);

/* hoop_policy_list.c: a rule that is not known to fail */
void hoop_policy_outlook(const hoop_walk_t *w, unsigned rule,
    hoop_truth_e truth);

/* hoop_policy_rule.c */
void hoop_policy_match_begin(hoop_match_t *m, const hoop_policy_request_t *req);
hoop_truth_e hoop_policy_match(hoop_policy_t *policy, const hoop_rule_t *rule,
    hoop_match_t *m);


#endif /* _HOOP_POLICY_WALK_H_INCLUDED_ */
