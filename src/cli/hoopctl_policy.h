
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the commands of "hoopctl policy" share: policies from files, and a
 * request from JSON or from a message of HTTP.
 */


#ifndef _HOOPCTL_POLICY_H_INCLUDED_
#define _HOOPCTL_POLICY_H_INCLUDED_


#include "../core/hoop_body.h"
#include "../core/hoop_http.h"
#include "../core/hoop_json.h"
#include "../core/hoop_policy.h"


#define HOOPCTL_POLICY_MAX_FILE   (4 * 1024 * 1024)
#define HOOPCTL_POLICY_MAX_FILES  64


/* of "explain --http", as they were written; NULL: not there */

typedef struct {
    const char             *http;
    const char             *identity;
    const char             *issuer;
    const char             *address;
    const char             *now;
    const char             *body_max;
} hoopctl_http_options_t;


typedef struct {
    hoop_policy_t          *policies[HOOPCTL_POLICY_MAX_FILES];
    unsigned                npolicies;
    json_t                 *root;      /* the request as it was read */
    json_t                 *headers;   /* by lower-case name */
    json_t                 *parsed;    /* of "body_text" */
    char                   *text;      /* of "body", or the message */
    hoopctl_http_options_t  options;
    hoop_http_t             message;
    hoop_error_t            body_error;
    unsigned                refused;   /* its status: no policy was asked */
    const char             *reason;
    const char             *why;       /* more about it, or NULL */
    hoop_identity_t         identity;
    hoop_policy_request_t   request;
    hoop_policy_mcp_t       mcp;
    hoop_buf_t              out;
} hoopctl_explain_t;


/* rc: why there is none, NO for a wrong file, USAGE for an unreadable one */
hoop_policy_t *hoopctl_policy_load(const char *file, FILE *out, int *rc);

/* the request from root's members: HOOPCTL_YES, or USAGE, which was said */
int hoopctl_explain_members(hoopctl_explain_t *e);
/* of them who asks, from where and when */
int hoopctl_explain_who(hoopctl_explain_t *e);
/* frees the request; the policies stay */
void hoopctl_explain_clear(hoopctl_explain_t *e);
void hoopctl_explain_free(hoopctl_explain_t *e);
/* appends ,"mask_sets":... and what else the verdict demands */
void hoopctl_explain_obligations(hoop_buf_t *b, const hoop_verdict_t *v);
/* ,"name":"value", unless it is empty */
void hoopctl_explain_member(hoop_buf_t *b, const char *name, hoop_str_t value);

/* the request from the message that the options name, as far as the gateway
   would read it; "refused" is set if it asks no policy */
int hoopctl_http_request(hoopctl_explain_t *e);
/* appends the status that the client would get, unless it is 0, and how the
   message was read */
void hoopctl_http_answer(hoopctl_explain_t *e, unsigned status);


#endif /* _HOOPCTL_POLICY_H_INCLUDED_ */
