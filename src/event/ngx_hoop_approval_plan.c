
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Plans in Redis: an approval of a kind of its own, found by whose run it is,
 * and used up step by step.
 */


#include "ngx_hoop_approval_int.h"

#include "../core/hoop_plan.h"


ngx_int_t
ngx_hoop_approval_propose(ngx_hoop_approval_op_t *op,
    const ngx_hoop_approval_request_t *req)
{
    u_char                    *p, *slot;
    u_char                     key[NGX_HOOP_APPROVAL_KEY];
    u_char                     plan[NGX_HOOP_APPROVAL_KEY];
    ngx_hoop_approval_args_t   args;

    if (req->excluded.len < 2
        || req->plan.len == 0
        || req->plan.len > HOOP_PLAN_KEPT
        || !ngx_hoop_approval_valid_id(op->id, ngx_strnlen(op->id, 33)))
    {
        return NGX_ERROR;
    }

    args.n = 0;

    p = ngx_hoop_approval_key(plan, "plan:", req->plan_key, 64);
    slot = p - (sizeof("plan:") - 1 + 64);
    ngx_hoop_approval_arg(&args, plan, p - plan);

    p = ngx_hoop_approval_key(key, "approval:", op->id, 32);
    ngx_hoop_approval_arg(&args, key, p - key);

    ngx_hoop_approval_arg(&args, op->id, 32);
    ngx_hoop_approval_hash(&args, req);
    ngx_hoop_approval_text(&args, "plan", req->plan, HOOP_PLAN_KEPT);
    ngx_hoop_approval_text(&args, "slot",
                           hoop_str(slot, sizeof("plan:") - 1 + 64),
                           sizeof("plan:") + 64);

    return ngx_hoop_approval_call(op, NGX_HOOP_APPROVAL_PROPOSE, 2, &args);
}


ngx_int_t
ngx_hoop_approval_plan(ngx_hoop_approval_op_t *op, const u_char key[64])
{
    u_char                    *p;
    u_char                     plan[NGX_HOOP_APPROVAL_KEY];
    ngx_hoop_approval_args_t   args;

    args.n = 0;

    p = ngx_hoop_approval_key(plan, "plan:", key, 64);
    ngx_hoop_approval_arg(&args, plan, p - plan);

    return ngx_hoop_approval_call(op, NGX_HOOP_APPROVAL_PLAN, 1, &args);
}


ngx_int_t
ngx_hoop_approval_step(ngx_hoop_approval_op_t *op, uint64_t steps,
    ngx_uint_t total, ngx_uint_t any)
{
    u_char                    *p;
    u_char                     key[NGX_HOOP_APPROVAL_KEY];
    u_char                     numbers[HOOP_PLAN_STEPS + 1][NGX_INT_T_LEN];
    ngx_uint_t                 i;
    ngx_hoop_approval_args_t   args;

    if (!ngx_hoop_approval_valid_id(op->id, ngx_strnlen(op->id, 33))) {
        return NGX_ERROR;
    }

    p = ngx_hoop_approval_key(key, "approval:", op->id, 32);

    args.n = 0;

    ngx_hoop_approval_arg(&args, key, p - key);
    ngx_hoop_approval_arg(&args, op->id, 32);

    p = ngx_sprintf(numbers[HOOP_PLAN_STEPS], "%ui", total);
    ngx_hoop_approval_arg(&args, numbers[HOOP_PLAN_STEPS],
                          p - numbers[HOOP_PLAN_STEPS]);

    ngx_hoop_approval_arg(&args, any ? "any" : "next", any ? 3 : 4);

    for (i = 0; i < HOOP_PLAN_STEPS; i++) {
        if (steps & ((uint64_t) 1 << i)) {
            p = ngx_sprintf(numbers[i], "%ui", i + 1);
            ngx_hoop_approval_arg(&args, numbers[i], p - numbers[i]);
        }
    }

    return ngx_hoop_approval_call(op, NGX_HOOP_APPROVAL_STEP, 1, &args);
}


/* { state, id, expires, by, comment, plan, used } */

void
ngx_hoop_approval_planned(ngx_hoop_approval_op_t *op, redisReply *reply)
{
    size_t        i;
    ngx_uint_t    n;
    redisReply   *plan, *used, head;

    op->used = 0;
    op->state = NGX_HOOP_APPROVAL_ERROR;

    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY) {
        goto done;
    }

    if (reply->elements == 0) {
        op->state = NGX_HOOP_APPROVAL_UNKNOWN;
        goto done;
    }

    if (reply->elements != 7
        || reply->element[5]->type != REDIS_REPLY_STRING
        || reply->element[6]->type != REDIS_REPLY_STRING)
    {
        goto done;
    }

    head = *reply;
    head.elements = 5;

    if (ngx_hoop_approval_parse(&head, op) != NGX_OK) {
        op->state = NGX_HOOP_APPROVAL_ERROR;
        goto done;
    }

    plan = reply->element[5];
    used = reply->element[6];

    n = 0;

    for (i = 0; i < used->len; i++) {

        if (used->str[i] >= '0' && used->str[i] <= '9' && n < 1000) {
            n = n * 10 + used->str[i] - '0';
            continue;
        }

        if (used->str[i] != ' ' || n == 0 || n > HOOP_PLAN_STEPS) {
            op->state = NGX_HOOP_APPROVAL_ERROR;
            goto done;
        }

        op->used |= (uint64_t) 1 << (n - 1);
        n = 0;
    }

    op->json = hoop_str(plan->str, plan->len);

done:

    op->handler(op);

    op->json = hoop_str(NULL, 0);
}
