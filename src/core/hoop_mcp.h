
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The Model Context Protocol over HTTP ("streamable HTTP"): what one request
 * to an endpoint asks for.  Revisions 2025-03-26, 2025-06-18, 2025-11-25 and
 * 2026-07-28, and the two older ones, whose messages are the same.
 *
 * What two parsers could read differently is refused, and so is what no
 * revision knows; what is left is a list of messages.
 */


#ifndef _HOOP_MCP_H_INCLUDED_
#define _HOOP_MCP_H_INCLUDED_


#include <jansson.h>

#include "hoop_core.h"


#define HOOP_MCP_BATCH       100       /* messages of a batch, at most */
#define HOOP_MCP_ID          1024      /* bytes of an id as it is written */
#define HOOP_MCP_FOLD        4096      /* bytes of what is folded, at most */


/* codes of JSON-RPC and MCP */
#define HOOP_MCP_PARSE       -32700
#define HOOP_MCP_INVALID     -32600
#define HOOP_MCP_PARAMS      -32602
#define HOOP_MCP_INTERNAL    -32603
#define HOOP_MCP_HEADER      -32020
#define HOOP_MCP_VERSION     -32022


typedef enum {
    HOOP_MCP_REQUEST = 0,
    HOOP_MCP_NOTIFICATION,
    HOOP_MCP_RESPONSE,
    HOOP_MCP_STREAM,           /* GET: what the server sends by itself */
    HOOP_MCP_END               /* DELETE: of the session */
} hoop_mcp_kind_e;


/* one message; data NULL: it has no such thing */

typedef struct {
    hoop_mcp_kind_e  kind;
    hoop_str_t       method;
    hoop_str_t       tool;         /* tools/call */
    hoop_str_t       prompt;       /* prompts/get, completion/complete */
    hoop_str_t       uri;          /* resources/..., completion/complete */
    json_t          *params;       /* NULL: none; an object */
    json_t          *arguments;    /* of a tool or a prompt; the same */
    json_t          *id_value;
    hoop_str_t       id;           /* as it is written in the text */
} hoop_mcp_message_t;


/* zeroed before its first use; strings belong to the JSON, or to the text */

typedef struct {
    hoop_mcp_message_t  *messages; /* owned */
    unsigned             n;
    unsigned             size;
    unsigned             batch:1;
    unsigned             mirrored:1;   /* its revision has Mcp-Method */
    hoop_str_t           session;      /* data NULL: none */
    hoop_str_t           version;      /* data NULL: none */
    json_t              *root;         /* owned if loaded here */
    unsigned             loaded:1;

    int                  code;         /* of the error; 0: accepted */
    hoop_error_t         error;        /* never quotes input */
    const char          *why;          /* the same, as a fixed text */
} hoop_mcp_t;


typedef struct {
    hoop_str_t           method;       /* of HTTP */
    hoop_str_t           type;         /* Content-Type; data NULL: none */
    hoop_str_t           text;         /* of the body; data NULL: not known */
    json_t              *json;         /* borrowed; NULL: to be loaded */
    /* by lower-case name: HOOP_OK, HOOP_DECLINED if absent, HOOP_ERROR if it
       is there more than once */
    int                (*header)(void *ctx, hoop_str_t name,
                                 hoop_str_t *value);
    void                *header_ctx;
} hoop_mcp_input_t;


/*
 * HOOP_OK: n messages, at least one.  HOOP_DECLINED: code and error say why it
 * is refused; of a single message whose id is sound messages[0].id is set, and
 * n is 1, so that the error can be answered to it.  Without the text no id is.
 */
int hoop_mcp_parse(hoop_mcp_t *mcp, const hoop_mcp_input_t *in);
/* all that it owns; it may be used again */
void hoop_mcp_free(hoop_mcp_t *mcp);

/* those that are known, the oldest first; NULL ends it */
const char *const *hoop_mcp_revisions(void);
/* "request", ... */
const char *hoop_mcp_kind(hoop_mcp_kind_e kind);



/*
 * hoop_mcp_fold.c: a name and a URI as the most willing server may take them,
 * to be compared with others in this form.  In buf, of the length and 2 bytes.
 */
hoop_str_t hoop_mcp_fold_name(hoop_str_t name, u_char *buf);
hoop_str_t hoop_mcp_fold_uri(hoop_str_t uri, u_char *buf);


/* between hoop_mcp*.c */

/* sets code and error, a fixed text; HOOP_DECLINED */
int hoop_mcp_refuse(hoop_mcp_t *mcp, int code, const char *text);

/* hoop_mcp_header.c: before, and for each message, after the body is known */

int hoop_mcp_headers(hoop_mcp_t *mcp, const hoop_mcp_input_t *in);
int hoop_mcp_mirror(hoop_mcp_t *mcp, const hoop_mcp_input_t *in,
    const hoop_mcp_message_t *m);


#endif /* _HOOP_MCP_H_INCLUDED_ */
