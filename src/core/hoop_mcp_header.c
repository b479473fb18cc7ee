
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The headers of MCP.
 *
 * Revision 2026-07-28 has the method and the name of a call in headers as
 * well, for who does not read bodies.  Wherever they are, they must be what the
 * body says: somebody on the way may have gone by them, whatever the revision.
 * In older ones they need not be there, and nothing is ever taken from them.
 */


#include <stdlib.h>

#include "hoop_json.h"
#include "hoop_mcp.h"


#define HOOP_MCP_SENTINEL       "=?base64?"
#define HOOP_MCP_SENTINEL_END   "?="


static int hoop_mcp_header(const hoop_mcp_input_t *in, const char *name,
    hoop_str_t *value);
static int hoop_mcp_session(hoop_mcp_t *mcp, const hoop_mcp_input_t *in);
static int hoop_mcp_name(hoop_mcp_t *mcp, const hoop_mcp_message_t *m,
    hoop_str_t value);
static int hoop_mcp_sentinel(hoop_str_t value);
static int hoop_mcp_named(const hoop_mcp_message_t *m, hoop_str_t name);


static const char *const  hoop_mcp_known[] = {
    "2024-10-07", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25",
    "2026-07-28", NULL
};


const char *const *
hoop_mcp_revisions(void)
{
    return hoop_mcp_known;
}


int
hoop_mcp_headers(hoop_mcp_t *mcp, const hoop_mcp_input_t *in)
{
    unsigned  i;

    switch (hoop_mcp_header(in, "mcp-protocol-version", &mcp->version)) {

    case HOOP_OK:
        break;

    case HOOP_DECLINED:
        return hoop_mcp_session(mcp, in);

    default:
        mcp->version = hoop_str(NULL, 0);
        return hoop_mcp_refuse(mcp, HOOP_MCP_HEADER,
                               "MCP-Protocol-Version is there twice");
    }

    for (i = 0; hoop_mcp_known[i]; i++) {
        if (hoop_str_is(mcp->version, hoop_mcp_known[i])) {
            break;
        }
    }

    if (hoop_mcp_known[i] == NULL) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_VERSION,
                               "MCP-Protocol-Version is no known revision");
    }

    mcp->mirrored = hoop_str_is(mcp->version, "2026-07-28");

    return mcp->mirrored ? HOOP_OK : hoop_mcp_session(mcp, in);
}


/* as hoop_policy_request_t's header, without the space around the value */

static int
hoop_mcp_header(const hoop_mcp_input_t *in, const char *name,
    hoop_str_t *value)
{
    int  rc;

    rc = in->header ? in->header(in->header_ctx, hoop_cstr(name), value)
                    : HOOP_DECLINED;

    if (rc != HOOP_OK) {
        return rc;
    }

    while (value->len
           && (value->data[0] == ' ' || value->data[0] == '\t'))
    {
        value->data++;
        value->len--;
    }

    while (value->len
           && (value->data[value->len - 1] == ' '
               || value->data[value->len - 1] == '\t'))
    {
        value->len--;
    }

    if (value->data == NULL) {
        *value = hoop_str("", 0);
    }

    return HOOP_OK;
}


static int
hoop_mcp_session(hoop_mcp_t *mcp, const hoop_mcp_input_t *in)
{
    int     rc;
    size_t  i;

    rc = hoop_mcp_header(in, "mcp-session-id", &mcp->session);

    if (rc == HOOP_DECLINED) {
        mcp->session = hoop_str(NULL, 0);
        return HOOP_OK;
    }

    for (i = 0; rc == HOOP_OK && i < mcp->session.len; i++) {
        if (mcp->session.data[i] < 0x21 || mcp->session.data[i] > 0x7e) {
            rc = HOOP_ERROR;
        }
    }

    if (rc != HOOP_OK || mcp->session.len == 0) {
        mcp->session = hoop_str(NULL, 0);
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "Mcp-Session-Id is broken, or there twice");
    }

    return HOOP_OK;
}


/*
 * The revision leaves open what a notification must have, and knows no names
 * but those of three methods; what is there must be true in any case.
 */

int
hoop_mcp_mirror(hoop_mcp_t *mcp, const hoop_mcp_input_t *in,
    const hoop_mcp_message_t *m)
{
    int         named;
    hoop_str_t  value;

    named = hoop_str_is(m->method, "tools/call")
            || hoop_str_is(m->method, "prompts/get")
            || hoop_str_is(m->method, "resources/read");

    switch (hoop_mcp_header(in, "mcp-method", &value)) {

    case HOOP_OK:
        if (!hoop_str_eq(value, m->method)) {
            return hoop_mcp_refuse(mcp, HOOP_MCP_HEADER,
                                   "Mcp-Method is not the body's method");
        }

        break;

    case HOOP_DECLINED:
        if (mcp->mirrored && (m->kind == HOOP_MCP_REQUEST || named)) {
            return hoop_mcp_refuse(mcp, HOOP_MCP_HEADER,
                                   "Mcp-Method is missing");
        }

        break;

    default:
        return hoop_mcp_refuse(mcp, HOOP_MCP_HEADER,
                               "Mcp-Method is there twice");
    }

    switch (hoop_mcp_header(in, "mcp-name", &value)) {

    case HOOP_OK:
        return hoop_mcp_name(mcp, m, value);

    case HOOP_DECLINED:
        return (mcp->mirrored && named)
               ? hoop_mcp_refuse(mcp, HOOP_MCP_HEADER, "Mcp-Name is missing")
               : HOOP_OK;

    default:
        return hoop_mcp_refuse(mcp, HOOP_MCP_HEADER, "Mcp-Name is there twice");
    }
}


static int
hoop_mcp_name(hoop_mcp_t *mcp, const hoop_mcp_message_t *m, hoop_str_t value)
{
    int      is;
    size_t   i;
    u_char  *buf;
    ssize_t  n;

    for (i = 0; i < value.len; i++) {
        if ((value.data[i] < 0x20 && value.data[i] != '\t')
            || value.data[i] > 0x7e)
        {
            return hoop_mcp_refuse(mcp, HOOP_MCP_HEADER,
                                   "Mcp-Name has invalid characters");
        }
    }

    if (!hoop_mcp_sentinel(value)) {
        is = hoop_mcp_named(m, value);

    } else {
        value.data += sizeof(HOOP_MCP_SENTINEL) - 1;
        value.len -= sizeof(HOOP_MCP_SENTINEL) - 1
                     + sizeof(HOOP_MCP_SENTINEL_END) - 1;

        buf = malloc(value.len * 3 / 4 + 3);
        if (buf == NULL) {
            return hoop_mcp_refuse(mcp, HOOP_MCP_INTERNAL, "no memory");
        }

        n = hoop_base64_decode(buf, value.data, value.len, 0);
        is = (n >= 0) && hoop_mcp_named(m, hoop_str(buf, n));

        free(buf);
    }

    return is ? HOOP_OK
              : hoop_mcp_refuse(mcp, HOOP_MCP_HEADER,
                                "Mcp-Name is not the body's name");
}


static int
hoop_mcp_sentinel(hoop_str_t value)
{
    size_t  head, tail;

    head = sizeof(HOOP_MCP_SENTINEL) - 1;
    tail = sizeof(HOOP_MCP_SENTINEL_END) - 1;

    return value.len >= head + tail
           && memcmp(value.data, HOOP_MCP_SENTINEL, head) == 0
           && memcmp(value.data + value.len - tail, HOOP_MCP_SENTINEL_END,
                     tail)
              == 0;
}


/* of other methods than the three, extensions mirror what names their object */

static int
hoop_mcp_named(const hoop_mcp_message_t *m, hoop_str_t name)
{
    if (m->tool.data != NULL) {
        return hoop_str_eq(name, m->tool);
    }

    if (hoop_str_is(m->method, "prompts/get")) {
        return hoop_str_eq(name, m->prompt);
    }

    if (m->uri.data != NULL && m->params != NULL
        && json_object_get(m->params, "uri"))
    {
        return hoop_str_eq(name, m->uri);
    }

    return m->params != NULL && name.len != 0
           && (hoop_str_eq(name, hoop_json_member(m->params, "name"))
               || hoop_str_eq(name, hoop_json_member(m->params, "uri"))
               || hoop_str_eq(name, hoop_json_member(m->params, "taskId")));
}
