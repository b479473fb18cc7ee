
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the commands of "hoopctl policy" share: policies from files, and a
 * request from JSON.
 */


#ifndef _HOOPCTL_POLICY_H_INCLUDED_
#define _HOOPCTL_POLICY_H_INCLUDED_


#include "../core/hoop_body.h"
#include "../core/hoop_json.h"
#include "../core/hoop_policy.h"


#define HOOPCTL_POLICY_MAX_FILE   (4 * 1024 * 1024)
#define HOOPCTL_POLICY_MAX_FILES  64


typedef struct {
    hoop_policy_t          *policies[HOOPCTL_POLICY_MAX_FILES];
    unsigned                npolicies;
    json_t                 *root;      /* the request as it was read */
    json_t                 *headers;   /* by lower-case name */
    json_t                 *parsed;    /* of "body_text" */
    char                   *text;      /* of "body" */
    hoop_identity_t         identity;
    hoop_policy_request_t   request;
    hoop_policy_mcp_t       mcp;
    hoop_buf_t              out;
} hoopctl_explain_t;


/* rc: why there is none, NO for a wrong file, USAGE for an unreadable one */
hoop_policy_t *hoopctl_policy_load(const char *file, FILE *out, int *rc);

/* the request from root's members: HOOPCTL_YES, or USAGE, which was said */
int hoopctl_explain_members(hoopctl_explain_t *e);
/* frees the request; the policies stay */
void hoopctl_explain_clear(hoopctl_explain_t *e);
void hoopctl_explain_free(hoopctl_explain_t *e);
/* appends ,"mask_sets":... and what else the verdict demands */
void hoopctl_explain_obligations(hoop_buf_t *b, const hoop_verdict_t *v);


#endif /* _HOOPCTL_POLICY_H_INCLUDED_ */
