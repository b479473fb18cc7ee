
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Answers of an MCP server as they come, up to where a document of them ends.
 *
 * Of an event stream the lines before the first one with data go on at once;
 * then all is held up to the blank line.  Where entries are removed the data
 * of the event stands in the place of its first line.
 */


#include "hoop_mcp_list.h"


static int hoop_mcp_list_line(hoop_mcp_list_t *l, size_t end);
static int hoop_mcp_list_send(hoop_mcp_list_t *l);
static size_t hoop_mcp_list_field(hoop_str_t line);
static size_t hoop_mcp_list_eol(const u_char *p, const u_char *end);
static int hoop_mcp_list_event(hoop_mcp_list_t *l);


static const char  hoop_mcp_list_why_large[] =
    "the answer, or an event of it, is larger than is read for a list";


int
hoop_mcp_list_feed(hoop_mcp_list_t *l, const u_char *p, size_t len)
{
    int            rc;
    size_t         n;
    const u_char  *end, *q;

    end = p + len;

    while (p < end) {

        if (l->stream && l->cr) {
            l->cr = 0;

            /* the rest of an end of a line; of lines that went on, too */

            if (*p == '\n') {
                if (hoop_buf_addc(l->event ? &l->held : &l->out, '\n')
                    != HOOP_OK)
                {
                    return HOOP_NOMEM;
                }

                l->line = l->held.len;
                p++;
                continue;
            }
        }

        q = l->stream ? p + hoop_mcp_list_eol(p, end) : end;
        n = (q < end) ? q - p + 1 : q - p;

        if (n > HOOP_MCP_LIST_MAX - l->held.len) {
            return hoop_mcp_list_refuse(l, hoop_mcp_list_why_large);
        }

        if (hoop_buf_add(&l->held, p, n) != HOOP_OK) {
            return HOOP_NOMEM;
        }

        p += n;

        if (q == end) {
            break;
        }

        l->cr = (*q == '\r');

        rc = hoop_mcp_list_line(l, l->held.len - 1);

        if (rc != HOOP_OK) {
            return rc;
        }
    }

    return HOOP_OK;
}


/* what is left without a blank line behind it some take for an event */

int
hoop_mcp_list_end(hoop_mcp_list_t *l)
{
    int         rc;
    hoop_str_t  text;

    if (l->held.len == 0) {
        return HOOP_OK;
    }

    if (l->stream) {

        if (!l->event
            && hoop_mcp_list_field(hoop_str(l->held.data, l->held.len)) == 0)
        {
            return hoop_mcp_list_send(l);
        }

        return hoop_mcp_list_event(l);
    }

    text = hoop_str(l->held.data, l->held.len);

    rc = hoop_mcp_list_document(l, text);

    if (rc == HOOP_DECLINED) {
        return hoop_mcp_list_send(l);
    }

    if (rc == HOOP_OK
        && hoop_buf_add(&l->out, l->rewritten.data, l->rewritten.len)
           != HOOP_OK)
    {
        return HOOP_NOMEM;
    }

    l->held.len = 0;

    return rc;
}


/* a line of the stream, the last that is held, has ended */

static int
hoop_mcp_list_line(hoop_mcp_list_t *l, size_t end)
{
    int         rc;
    hoop_str_t  line;

    line = hoop_str(l->held.data + l->line, end - l->line);
    rc = HOOP_OK;

    if (l->event) {

        if (line.len == 0) {
            rc = hoop_mcp_list_event(l);
        }

    } else if (hoop_mcp_list_field(line)) {
        l->event = 1;

    } else {
        rc = hoop_mcp_list_send(l);
    }

    l->line = l->held.len;

    return rc;
}


static int
hoop_mcp_list_send(hoop_mcp_list_t *l)
{
    if (hoop_buf_add(&l->out, l->held.data, l->held.len) != HOOP_OK) {
        return HOOP_NOMEM;
    }

    l->held.len = 0;
    l->event = 0;

    return HOOP_OK;
}


/* of a line with data: where that begins, which is after a colon; else 0 */

static size_t
hoop_mcp_list_field(hoop_str_t line)
{
    size_t         i;
    const u_char  *p, *end;

    static const char  name[] = "data";

    p = line.data;
    end = p + line.len;

    if (line.len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        p += 3;
    }

    /* as the most willing client would read it */

    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }

    for (i = 0; i < 4; i++) {
        if (p == end || hoop_lower(*p++) != (u_char) name[i]) {
            return 0;
        }
    }

    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }

    if (p == end) {
        return p - line.data;
    }

    if (*p++ != ':') {
        return 0;
    }

    if (p < end && *p == ' ') {
        p++;
    }

    return p - line.data;
}


static size_t
hoop_mcp_list_eol(const u_char *p, const u_char *end)
{
    size_t         n;
    const u_char  *q;

    n = end - p;

    q = memchr(p, '\n', n);

    if (q != NULL) {
        n = q - p;
    }

    q = memchr(p, '\r', n);

    return (q != NULL) ? (size_t) (q - p) : n;
}


/*
 * The lines that are held are an event.  Its document is what all of its lines
 * with data hold, and what does not begin as one can hold no list: the URL of
 * an endpoint (2024-11-05), or nothing.
 */

static int
hoop_mcp_list_event(hoop_mcp_list_t *l)
{
    int            rc;
    size_t         n, i, field, lines;
    hoop_str_t     line, value;
    const u_char  *p, *end, *eol, *q;

    end = l->held.data + l->held.len;
    lines = 0;
    l->data.len = 0;

    for (p = l->held.data; p < end; p = eol) {
        n = hoop_mcp_list_eol(p, end);
        line = hoop_str(p, n);
        eol = p + n;
        eol += (eol < end) + (end - eol > 1 && eol[0] == '\r'
                              && eol[1] == '\n');
        field = hoop_mcp_list_field(line);

        if (field == 0) {
            continue;
        }

        if (lines++) {
            (void) hoop_buf_addc(&l->data, '\n');
        }

        (void) hoop_buf_add(&l->data, line.data + field, line.len - field);
    }

    if (l->data.failed) {
        return HOOP_NOMEM;
    }

    for (i = 0; i < l->data.len; i++) {
        if (l->data.data[i] != ' ' && l->data.data[i] != '\t'
            && l->data.data[i] != '\n')
        {
            break;
        }
    }

    if (i == l->data.len || l->data.data[i] == '/'
        || (hoop_lower(l->data.data[i]) >= 'a'
            && hoop_lower(l->data.data[i]) <= 'z'))
    {
        return hoop_mcp_list_send(l);
    }

    rc = hoop_mcp_list_document(l, hoop_str(l->data.data, l->data.len));

    if (rc == HOOP_DECLINED) {
        return hoop_mcp_list_send(l);
    }

    if (rc != HOOP_OK) {
        return rc;
    }

    lines = 0;

    for (p = l->held.data; p < end; p = eol) {
        n = hoop_mcp_list_eol(p, end);
        line = hoop_str(p, n);
        eol = p + n;
        eol += (eol < end) + (end - eol > 1 && eol[0] == '\r'
                              && eol[1] == '\n');

        if (hoop_mcp_list_field(line) == 0) {
            (void) hoop_buf_add(&l->out, p, eol - p);
            continue;
        }

        if (lines++) {
            continue;
        }

        value = hoop_str(l->rewritten.data, l->rewritten.len);

        while (value.data != NULL) {
            q = value.len ? memchr(value.data, '\n', value.len) : NULL;
            n = q ? (size_t) (q - value.data) : value.len;

            (void) hoop_buf_adds(&l->out, "data: ");
            (void) hoop_buf_add(&l->out, value.data, n);

            if (q == NULL) {
                break;
            }

            (void) hoop_buf_add(&l->out, p + line.len, eol - p - line.len);

            value = hoop_str(q + 1, value.len - n - 1);
        }

        (void) hoop_buf_add(&l->out, p + line.len, eol - p - line.len);
    }

    l->held.len = 0;
    l->event = 0;

    return l->out.failed ? HOOP_NOMEM : HOOP_OK;
}
