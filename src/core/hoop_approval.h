
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Approvals: the digest that binds one to a request, and the Redis scripts
 * that are its state machine.
 *
 *     pending -> approved -> consumed
 *     pending -> denied | expired | cancelled
 *     approved -> expired
 *
 * Each transition is one atomic script; time is Redis' own.
 *
 *     hoop:approval:<id>               hash    the approval
 *     hoop:approval:digest:<digest>    string  id
 *     hoop:approvals:pending           zset    id by expiry
 *     hoop:approvals                   stream  every transition; and a channel,
 *                                              "<id> <state>" of each
 *     hoop:plan:<SHA-256>              string  id of the plan of one subject's run
 *     hoop:approvals:index             zset    id by creation, the last 50,000
 *     hoop:approvals:of:<SHA-1>        zset    the same of one requester
 *     hoop:approvals:like:<SHA-1>      string  id of the last one approved of
 *                                              that rule, target and method
 */


#ifndef _HOOP_APPROVAL_H_INCLUDED_
#define _HOOP_APPROVAL_H_INCLUDED_


#include "hoop_core.h"


/*
 * SHA-256, in hex, over these parts in this order, each preceded by its length
 * (8 bytes, big-endian): a version, identity, target, method, host, URI with
 * query, headers, rule, policy hash, SHA-256 of the body (no bytes if there is
 * none), and the run, if there is one.
 * No two different lists give the same input.
 *
 * "run" is for an approval of all that a rule asks about in a run: then method,
 * host, URI, headers and body are empty.
 */

typedef struct {
    hoop_str_t      identity;          /* {"iss":..,"sub":..,"act":..} */
    hoop_str_t      target;
    hoop_str_t      method;
    hoop_str_t      host;
    hoop_str_t      uri;               /* as sent, with query */
    hoop_str_t      headers;           /* that change what the body means */
    hoop_str_t      rule;
    hoop_str_t      policy_hash;       /* len 0: not bound to it */
    hoop_str_t      run;               /* len 0: of one request */
    const u_char   *body_sha256;       /* 32 bytes; NULL: no body */
} hoop_approval_subject_t;

void hoop_approval_digest(u_char hex[64], const hoop_approval_subject_t *s);

/* of a plan: whose, "iss sub", in which run */
void hoop_approval_plan_key(u_char hex[64], hoop_str_t subject,
    hoop_str_t run);


/* Lua; the KEYS and ARGV of each stand above it in hoop_approval_script.c */
extern const char  hoop_approval_script_claim[];
extern const char  hoop_approval_script_vote[];
extern const char  hoop_approval_script_cancel[];
extern const char  hoop_approval_script_poll[];
extern const char  hoop_approval_script_list[];
extern const char  hoop_approval_script_show[];
extern const char  hoop_approval_script_propose[];
extern const char  hoop_approval_script_plan[];
extern const char  hoop_approval_script_step[];


#endif /* _HOOP_APPROVAL_H_INCLUDED_ */
