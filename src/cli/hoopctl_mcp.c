
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl mcp inspect: a request body to an MCP endpoint on standard input;
 * its messages, or why it is refused, on standard output.
 */


#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "../core/hoop_mcp.h"
#include "hoopctl.h"


#define HOOPCTL_MCP_BODY     (16 * 1024 * 1024)
#define HOOPCTL_MCP_HEADERS  64


typedef struct {
    char               *name;          /* lower case */
    hoop_str_t          value;
} hoopctl_mcp_header_t;


typedef struct {
    hoop_mcp_input_t      in;
    hoopctl_mcp_header_t  headers[HOOPCTL_MCP_HEADERS];
    unsigned              nheaders;
} hoopctl_mcp_t;


static int hoopctl_mcp_options(hoopctl_mcp_t *o, int argc, char **argv);
static int hoopctl_mcp_add(hoopctl_mcp_t *o, char *line);
static int hoopctl_mcp_header(void *ctx, hoop_str_t name, hoop_str_t *value);
static void hoopctl_mcp_accepted(hoop_buf_t *b, const hoop_mcp_t *mcp);
static void hoopctl_mcp_refused(hoop_buf_t *b, const hoop_mcp_t *mcp);
static void hoopctl_mcp_member(hoop_buf_t *b, const char *name,
    hoop_str_t value);


int
hoopctl_mcp_inspect(int argc, char **argv)
{
    int            rc;
    hoop_buf_t     body, out;
    hoop_mcp_t     mcp;
    hoopctl_mcp_t  o;

    memset(&o, 0, sizeof(hoopctl_mcp_t));

    rc = hoopctl_mcp_options(&o, argc, argv);
    if (rc != HOOPCTL_YES) {
        return rc;
    }

    if (hoopctl_read("-", &body, HOOPCTL_MCP_BODY) != HOOP_OK) {
        return HOOPCTL_USAGE;
    }

    o.in.text = hoop_str(body.data, body.len);
    o.in.header = hoopctl_mcp_header;
    o.in.header_ctx = &o;

    memset(&mcp, 0, sizeof(hoop_mcp_t));
    hoop_buf_init(&out, 0);

    if (hoop_mcp_parse(&mcp, &o.in) == HOOP_OK) {
        rc = HOOPCTL_YES;
        hoopctl_mcp_accepted(&out, &mcp);

    } else {
        rc = HOOPCTL_NO;
        hoopctl_mcp_refused(&out, &mcp);
    }

    if (out.failed || mcp.code == HOOP_MCP_INTERNAL) {
        rc = hoopctl_usage("no memory");

    } else {
        (void) fwrite(out.data, 1, out.len, stdout);
    }

    hoop_buf_free(&out);
    hoop_mcp_free(&mcp);
    hoop_buf_free(&body);

    return rc;
}


static int
hoopctl_mcp_options(hoopctl_mcp_t *o, int argc, char **argv)
{
    int         c;
    hoop_str_t  type;

    static const struct option  options[] = {
        { "type",   required_argument, NULL, 't' },
        { "header", required_argument, NULL, 'h' },
        { "method", required_argument, NULL, 'm' },
        { NULL, 0, NULL, 0 }
    };

    o->in.method = hoop_cstr("POST");

    optind = 1;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {

        switch (c) {
        case 't':
            o->in.type = hoop_cstr(optarg);
            break;

        case 'h':
            if (hoopctl_mcp_add(o, optarg) != HOOPCTL_YES) {
                return HOOPCTL_USAGE;
            }

            break;

        case 'm':
            o->in.method = hoop_cstr(optarg);
            break;

        default:
            return hoopctl_usage("--type T [--header 'Name: value']... "
                                 "[--method M]");
        }
    }

    if (optind != argc) {
        return hoopctl_usage("unexpected argument \"%s\"", argv[optind]);
    }

    /* two of them are none that can be trusted */

    switch (hoopctl_mcp_header(o, hoop_cstr("content-type"), &type)) {

    case HOOP_OK:
        o->in.type = (o->in.type.data == NULL) ? type : hoop_cstr("");
        break;

    case HOOP_ERROR:
        o->in.type = hoop_cstr("");
        break;

    default:
        break;
    }

    return HOOPCTL_YES;
}


static int
hoopctl_mcp_add(hoopctl_mcp_t *o, char *line)
{
    char                  *p;
    hoopctl_mcp_header_t  *h;

    if (o->nheaders == HOOPCTL_MCP_HEADERS) {
        return hoopctl_usage("more than %d headers", HOOPCTL_MCP_HEADERS);
    }

    p = strchr(line, ':');

    if (p == NULL || p == line) {
        return hoopctl_usage("a header is wanted as 'Name: value', not \"%s\"",
                             line);
    }

    h = &o->headers[o->nheaders++];
    h->name = line;

    *p++ = '\0';

    for (p += strspn(p, " \t"), line = h->name; *line; line++) {
        if (*line >= 'A' && *line <= 'Z') {
            *line |= 0x20;
        }
    }

    h->value = hoop_cstr(p);

    return HOOPCTL_YES;
}


static int
hoopctl_mcp_header(void *ctx, hoop_str_t name, hoop_str_t *value)
{
    int             rc;
    unsigned        i;
    hoopctl_mcp_t  *o;

    o = ctx;
    rc = HOOP_DECLINED;

    for (i = 0; i < o->nheaders; i++) {

        if (!hoop_str_is(name, o->headers[i].name)) {
            continue;
        }

        if (rc != HOOP_DECLINED) {
            return HOOP_ERROR;
        }

        *value = o->headers[i].value;
        rc = HOOP_OK;
    }

    return rc;
}


static void
hoopctl_mcp_accepted(hoop_buf_t *b, const hoop_mcp_t *mcp)
{
    unsigned                   i;
    const hoop_mcp_message_t  *m;

    (void) hoop_buf_adds(b, "{\"verdict\":\"ok\",\"messages\":[");

    for (i = 0; i < mcp->n; i++) {
        m = &mcp->messages[i];

        (void) hoop_buf_adds(b, i ? ",{\"kind\":\"" : "{\"kind\":\"");
        (void) hoop_buf_adds(b, hoop_mcp_kind(m->kind));
        (void) hoop_buf_addc(b, '"');

        hoopctl_mcp_member(b, "method", m->method);
        hoopctl_mcp_member(b, "tool", m->tool);
        hoopctl_mcp_member(b, "prompt", m->prompt);
        hoopctl_mcp_member(b, "uri", m->uri);

        if (m->id.data != NULL) {
            (void) hoop_buf_adds(b, ",\"id\":");
            (void) hoop_buf_add(b, m->id.data, m->id.len);
        }

        (void) hoop_buf_addc(b, '}');
    }

    (void) hoop_buf_adds(b, "]}\n");
}


static void
hoopctl_mcp_refused(hoop_buf_t *b, const hoop_mcp_t *mcp)
{
    char  code[16];

    (void) hoop_buf_adds(b, "{\"verdict\":\"reject\"");

    hoopctl_mcp_member(b, "error", hoop_cstr(mcp->error.text));

    (void) snprintf(code, sizeof(code), ",\"code\":%d", mcp->code);
    (void) hoop_buf_adds(b, code);

    (void) hoop_buf_adds(b, "}\n");
}


static void
hoopctl_mcp_member(hoop_buf_t *b, const char *name, hoop_str_t value)
{
    if (value.data == NULL) {
        return;
    }

    (void) hoop_buf_adds(b, ",\"");
    (void) hoop_buf_adds(b, name);
    (void) hoop_buf_adds(b, "\":");
    (void) hoop_buf_add_json(b, value.data, value.len);
}
