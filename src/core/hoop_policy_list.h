
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What a caller could use of the lists of an MCP server, as policies have it:
 * what hoop_mcp_list.h keeps.
 */


#ifndef _HOOP_POLICY_LIST_H_INCLUDED_
#define _HOOP_POLICY_LIST_H_INCLUDED_


#include "hoop_mcp_list.h"
#include "hoop_policy.h"


typedef struct {
    hoop_policy_t *const   *policies;
    unsigned                n;
    hoop_policy_request_t   like;      /* the call that could come */
    hoop_policy_mcp_t       mcp;
    hoop_mcp_message_t      message;
    int                   (*header)(void *ctx, hoop_str_t name,
                                    hoop_str_t *value);
    void                   *header_ctx;
} hoop_policy_list_t;


/*
 * Of req the caller, the host, the path and its query count, the time, and the
 * headers: one that may be another one in a call is answered HOOP_AGAIN.  For
 * as long as no other request is evaluated; then ended, and begun again.
 */
void hoop_policy_list_begin(hoop_policy_list_t *pl,
    hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req);
void hoop_policy_list_end(hoop_policy_list_t *pl);

/*
 * 1 if a call of that tool, a get of that prompt, or a read of that resource,
 * or of one that the template stands for, could be allowed or reviewed, by
 * what its arguments are; 0 if it will surely be denied.  data is a
 * hoop_policy_list_t: this is a hoop_mcp_keep_pt.
 */
int hoop_policy_list_keep(void *data, hoop_mcp_list_e list, hoop_str_t name);


/* 1 if a request for some list could be under a rule that filters it */
int hoop_policy_list_filters(hoop_policy_list_t *pl);


#endif /* _HOOP_POLICY_LIST_H_INCLUDED_ */
