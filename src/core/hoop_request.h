
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What happens to a request around its evaluation, wherever it is judged: in
 * the gateway, and where somebody asks what the gateway would do.
 */


#ifndef _HOOP_REQUEST_H_INCLUDED_
#define _HOOP_REQUEST_H_INCLUDED_


#include "hoop_policy.h"


/* bytes of a body that are read, unless the location says another number */
#define HOOP_REQUEST_BODY  65536


/* 1 if a header of that name, in any case, is taken out before policy looks at
   the request: it has the token, or its proof */
int hoop_request_secret(hoop_str_t name);

/* the value of a header as targets take it, without the tabs around it, which
   nginx leaves there, and the spaces, which it does not */
hoop_str_t hoop_request_value(hoop_str_t value);

/*
 * NULL, or what of a request is so ambiguous that no policy is asked: it is
 * answered by 400.  raw: what the path was made of; data NULL: something else
 * than the request's target.  Of a path "why" says more, else it is NULL.
 */
const char *hoop_request_ambiguous(const hoop_policy_request_t *req,
    hoop_str_t raw, const char **why);

/*
 * Whether the body is read before policy is asked.  length: how many bytes it
 * is said to have, -1 if that is not known; max: how many may be read.  LARGE:
 * it is needed, and is not read: 413.
 */

typedef enum {
    HOOP_REQUEST_UNREAD = 0,
    HOOP_REQUEST_READ,
    HOOP_REQUEST_LARGE
} hoop_request_body_e;

hoop_request_body_e hoop_request_body(hoop_policy_t *const *policies,
    unsigned n, const hoop_policy_request_t *req, int64_t length, size_t max);

/* the status of the answer that a verdict is by itself: 400 or 403; 0: the
   request goes on to the target, or to the approvers */
unsigned hoop_request_status(const hoop_verdict_t *v);


#endif /* _HOOP_REQUEST_H_INCLUDED_ */
