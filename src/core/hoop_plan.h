
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Plans: what a planner says that an executor is going to do in a run, for a
 * human to approve as a whole.
 *
 *     { "title": "...", "run": "...", "order": "next", "deviation": "deny",
 *       "executor": { "iss": "...", "sub": "..." },
 *       "steps": [ { "purpose": "...", "method": "POST", "path": "/v1/x",
 *                    "body": { "/amount": { "lte": 100 } } },
 *                  { "purpose": "...", "tool": "refund",
 *                    "arguments": { "/id": 7 } } ] }
 *
 * A step is the condition of an allow rule: what cannot be judged is no step.
 * "order", "next" unless written: each step waits for the one before, or "any".
 * "deviation", "deny" unless written: what is no step is refused, or "review".
 */


#ifndef _HOOP_PLAN_H_INCLUDED_
#define _HOOP_PLAN_H_INCLUDED_


#include "hoop_policy.h"


#define HOOP_PLAN_STEPS      64
#define HOOP_PLAN_MAX        32768     /* bytes, as it is posted */
#define HOOP_PLAN_KEPT       49152     /* and as hoop_plan_text() has it */


typedef struct hoop_plan_s  hoop_plan_t;

/* NULL, err set: what was found, what was wanted, in which step */
hoop_plan_t *hoop_plan_parse(const u_char *p, size_t len, hoop_error_t *err);
void hoop_plan_free(hoop_plan_t *plan);

/* of the plan, as long as it lives */
hoop_str_t hoop_plan_title(const hoop_plan_t *plan);
hoop_str_t hoop_plan_run(const hoop_plan_t *plan);
unsigned hoop_plan_steps(const hoop_plan_t *plan);
unsigned hoop_plan_any(const hoop_plan_t *plan);       /* order */
unsigned hoop_plan_reviews(const hoop_plan_t *plan);   /* deviations */
/* data NULL: any of the planner's own subject */
hoop_str_t hoop_plan_executor(const hoop_plan_t *plan);

/* appends the text to be kept and shown: the same plan, in one form */
int hoop_plan_text(const hoop_plan_t *plan, hoop_buf_t *b);

/* bit n - 1: it is step n.  req->mcp must be set, and is written */
uint64_t hoop_plan_match(const hoop_plan_t *plan,
    const hoop_policy_request_t *req);

/* 1 if whoever acts may execute it: the outermost actor, or the subject */
unsigned hoop_plan_allows(const hoop_plan_t *plan,
    const hoop_identity_t *identity);


#endif /* _HOOP_PLAN_H_INCLUDED_ */
