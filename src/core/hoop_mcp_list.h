
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Lists in the answers of an MCP server: of what tools/list, resources/list,
 * resources/templates/list and prompts/list bring, the entries that somebody
 * wants to keep.  All other bytes stay as they are.
 *
 * An answer is one JSON document or an event stream (text/event-stream) whose
 * events are documents.  A document is held until its end, in a bounded
 * buffer: nothing of it goes on before all of it is judged.
 */


#ifndef _HOOP_MCP_LIST_H_INCLUDED_
#define _HOOP_MCP_LIST_H_INCLUDED_


#include "hoop_core.h"


#define HOOP_MCP_LIST_MAX      1048576     /* bytes of a document, or event */
#define HOOP_MCP_LIST_ENTRIES  4096        /* of one document, at most */
#define HOOP_MCP_LIST_DEPTH    512         /* nesting followed */


typedef enum {
    HOOP_MCP_TOOLS = 0,
    HOOP_MCP_RESOURCES,
    HOOP_MCP_TEMPLATES,
    HOOP_MCP_PROMPTS
} hoop_mcp_list_e;

#define HOOP_MCP_LISTS         4


/* 1: an entry of that name (of resources: URI; of templates: URI template) is
   kept */
typedef int (*hoop_mcp_keep_pt)(void *ctx, hoop_mcp_list_e list,
    hoop_str_t name);


typedef struct {
    hoop_mcp_keep_pt    keep;
    void               *ctx;

    unsigned            stream:1;      /* of events */
    unsigned            event:1;       /* held begins with a line of data */
    unsigned            cr:1;          /* the last line ended by CR */
    size_t              line;          /* in held: of the last one */
    hoop_buf_t          held;          /* a document, or lines */
    hoop_buf_t          data;          /* the document of an event */
    hoop_buf_t          rewritten;

    /* what may go on; the caller takes it out */
    hoop_buf_t          out;

    uint64_t            kept;
    uint64_t            removed;
    const char         *why;           /* of HOOP_ERROR: a fixed text */
} hoop_mcp_list_t;


/* the list that a method asks for, in any case: HOOP_OK; HOOP_DECLINED */
int hoop_mcp_list_method(hoop_str_t method, hoop_mcp_list_e *list);
/* the other way round, and the method that an entry of the list is for */
const char *hoop_mcp_list_name(hoop_mcp_list_e list);
const char *hoop_mcp_list_call(hoop_mcp_list_e list);

void hoop_mcp_list_init(hoop_mcp_list_t *l, int stream, hoop_mcp_keep_pt keep,
    void *ctx);
void hoop_mcp_list_free(hoop_mcp_list_t *l);

/*
 * More of the answer, all of which is taken, and its end.  HOOP_OK; HOOP_ERROR:
 * it cannot be judged, why is set, and nothing more of it may go on than there
 * is in out; HOOP_NOMEM, as HOOP_ERROR.
 */
int hoop_mcp_list_feed(hoop_mcp_list_t *l, const u_char *p, size_t len);
int hoop_mcp_list_end(hoop_mcp_list_t *l);


/* between hoop_mcp_list.c and hoop_mcp_stream.c */

/* HOOP_DECLINED: it stays as it is; HOOP_OK: in "rewritten" it is another one;
   or an error, as above */
int hoop_mcp_list_document(hoop_mcp_list_t *l, hoop_str_t text);
/* sets why; HOOP_ERROR */
int hoop_mcp_list_refuse(hoop_mcp_list_t *l, const char *why);


#endif /* _HOOP_MCP_LIST_H_INCLUDED_ */
