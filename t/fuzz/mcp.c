
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Hostile MCP requests: "Name: value" lines, an empty line, the body.  What is
 * accepted is what another parser of JSON makes of the body, message by
 * message; ids are spans of the text that spell the value; mirrored headers are
 * true; and another spelling of the same comes to the same.
 *
 * A policy allows a batch only if it allows each message of it, and nothing
 * that is not accepted.
 */


#include <stdlib.h>

#include "../../src/core/hoop_json.h"
#include "../../src/core/hoop_mcp.h"
#include "../../src/core/hoop_policy.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


typedef struct {
    const u_char  *p;
    const u_char  *end;
} lines_t;


static const char *
member(json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}


static int
same(hoop_str_t s, const char *text)
{
    return text != NULL && hoop_str_is(s, text);
}


static int
header(void *ctx, hoop_str_t name, hoop_str_t *value)
{
    int            rc;
    size_t         i;
    lines_t       *lines;
    const u_char  *p, *end;

    lines = ctx;
    rc = HOOP_DECLINED;

    for (p = lines->p; p < lines->end; p = end + 1) {
        end = memchr(p, '\n', lines->end - p);

        if (end == NULL) {
            end = lines->end;
        }

        if ((size_t) (end - p) <= name.len || p[name.len] != ':') {
            continue;
        }

        for (i = 0; i < name.len && (p[i] | 0x20) == (name.data[i] | 0x20);
             i++)
        {
            /* void */
        }

        if (i < name.len) {
            continue;
        }

        if (rc == HOOP_OK) {
            return HOOP_ERROR;
        }

        *value = hoop_str(p + name.len + 1, end - p - name.len - 1);
        rc = HOOP_OK;
    }

    return rc;
}


static void
accepted(const hoop_mcp_input_t *in, const hoop_mcp_message_t *m, json_t *v,
    int mirrored)
{
    json_t      *params, *id;
    hoop_str_t   value;

    params = json_object_get(v, "params");

    if (!same(hoop_cstr("2.0"), member(v, "jsonrpc"))
        || (params != NULL && !json_is_object(params)))
    {
        abort();
    }

    if (m->id.data != NULL) {

        if (m->id.data < in->text.data
            || m->id.data + m->id.len > in->text.data + in->text.len)
        {
            abort();
        }

        id = json_loadb((const char *) m->id.data, m->id.len,
                        JSON_DECODE_ANY, NULL);

        if (id == NULL || !json_equal(id, json_object_get(v, "id"))) {
            abort();
        }

        json_decref(id);
    }

    if ((m->id.data == NULL) != (json_object_get(v, "id") == NULL)
        || (m->id.data == NULL) != (m->id_value == NULL))
    {
        abort();
    }

    if (m->kind == HOOP_MCP_RESPONSE) {

        if (json_object_get(v, "method") != NULL || mirrored
            || (json_object_get(v, "result") == NULL)
               == (json_object_get(v, "error") == NULL))
        {
            abort();
        }

        return;
    }

    if (!same(m->method, member(v, "method"))
        || (m->kind == HOOP_MCP_REQUEST) != (m->id.data != NULL)
        || json_object_get(v, "result") || json_object_get(v, "error"))
    {
        abort();
    }

    if (hoop_str_is(m->method, "tools/call")) {
        if (!same(m->tool, member(params, "name"))) {
            abort();
        }

    } else if (m->tool.data != NULL) {
        abort();
    }

    if (hoop_str_is(m->method, "prompts/get")
        && !same(m->prompt, member(params, "name")))
    {
        abort();
    }

    if (hoop_str_is(m->method, "resources/read")
        && !same(m->uri, member(params, "uri")))
    {
        abort();
    }

    if (mirrored && m->kind == HOOP_MCP_REQUEST
        && (in->header(in->header_ctx, hoop_cstr("mcp-method"), &value)
            != HOOP_OK
            || value.len < m->method.len))
    {
        abort();
    }
}


/* another spelling of the same */

static void
again(const hoop_mcp_input_t *in, const hoop_mcp_t *mcp, json_t *root)
{
    char              *text;
    unsigned           i;
    hoop_mcp_t         other;
    hoop_mcp_input_t   spelled;

    text = json_dumps(root, JSON_ENSURE_ASCII|JSON_INDENT(1)|JSON_SORT_KEYS);
    if (text == NULL) {
        abort();
    }

    spelled = *in;
    spelled.text = hoop_cstr(text);

    memset(&other, 0, sizeof(other));

    /* an id may have become longer than it may be */

    if (hoop_mcp_parse(&other, &spelled) == HOOP_OK) {

        if (other.n != mcp->n) {
            abort();
        }

        for (i = 0; i < mcp->n; i++) {
            if (other.messages[i].kind != mcp->messages[i].kind
                || !hoop_str_eq(other.messages[i].tool, mcp->messages[i].tool)
                || !hoop_str_eq(other.messages[i].uri, mcp->messages[i].uri)
                || !hoop_str_eq(other.messages[i].method,
                                mcp->messages[i].method))
            {
                abort();
            }
        }

    } else if (strcmp(other.error.text, "\"id\" is too long") != 0) {
        abort();
    }

    hoop_mcp_free(&other);
    free(text);
}


/* an exact allocation, so that an over-write is seen */

static void
folded(hoop_str_t s)
{
    u_char      *buf, *again;
    hoop_str_t   name, uri;

    buf = malloc(s.len + 2);
    again = malloc(s.len + 2);

    name = hoop_mcp_fold_name(s, buf);

    if (name.len > s.len
        || !hoop_str_eq(name, hoop_mcp_fold_name(name, again)))
    {
        abort();
    }

    uri = hoop_mcp_fold_uri(s, buf);

    if (uri.len > s.len + 2
        || memchr(uri.data, ' ', uri.len) != NULL
        || memchr(uri.data, '\\', uri.len) != NULL)
    {
        abort();
    }

    free(again);
    free(buf);
}


static hoop_policy_t *
rules(void)
{
    hoop_error_t           err;
    static hoop_policy_t  *policy;

    static const char  text[] =
        "{\"version\":1,\"name\":\"m\",\"rules\":["
        "{\"id\":\"a\",\"effect\":\"allow\",\"match\":{\"mcp\":"
        "{\"tool\":[\"x*\",\"get*\"]}}},"
        "{\"id\":\"b\",\"effect\":\"allow\",\"mask\":[],\"match\":{\"mcp\":"
        "{\"method\":[\"ping\",\"notifications/*\",\"n\"]}}},"
        "{\"id\":\"c\",\"effect\":\"allow\",\"match\":{\"mcp\":"
        "{\"resource\":[\"file:///**\",\"a:*\"]}}},"
        "{\"id\":\"d\",\"effect\":\"allow\",\"match\":{\"mcp\":"
        "{\"response\":true}}},"
        "{\"id\":\"e\",\"effect\":\"deny\",\"match\":{\"mcp\":{\"arguments\":"
        "{\"/a\":{\"exists\":true}}}}}]}";

    if (policy == NULL) {
        policy = hoop_policy_compile((const u_char *) text,
                                     sizeof(text) - 1, &err);
        if (policy == NULL) {
            abort();
        }
    }

    return policy;
}


static hoop_verdict_e
judged(const hoop_mcp_input_t *in, json_t *body)
{
    hoop_policy_t           *policy;
    hoop_verdict_t           verdict;
    hoop_identity_t          identity;
    hoop_policy_request_t    req;

    static hoop_policy_mcp_t  mcp;

    policy = rules();

    memset(&identity, 0, sizeof(identity));
    memset(&req, 0, sizeof(req));

    req.identity = &identity;
    req.method = in->method;
    req.path = hoop_cstr("/mcp");
    req.header = in->header;
    req.header_ctx = in->header_ctx;
    req.mcp = &mcp;
    req.body = body ? HOOP_BODY_JSON : HOOP_BODY_AMBIGUOUS;
    req.body_json = body;

    hoop_policy_evaluate(&policy, 1, &req, &verdict);

    if (!mcp.asked || (mcp.mcp.code == 0 && mcp.member >= mcp.mcp.n)
        || (mcp.mcp.code != 0 && mcp.mcp.why == NULL))
    {
        abort();
    }

    return verdict.decision;
}


static void
policy(const hoop_mcp_input_t *in, const hoop_mcp_t *mcp, json_t *root)
{
    int       all;
    unsigned  i;

    all = (judged(in, root) == HOOP_VERDICT_ALLOW);

    for (i = 0; all && mcp->batch && i < mcp->n; i++) {
        if (judged(in, json_array_get(root, i)) != HOOP_VERDICT_ALLOW) {
            abort();
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                rc;
    json_t            *root, *id;
    lines_t            lines;
    unsigned           i;
    hoop_str_t         raw;
    const u_char      *p;
    hoop_mcp_input_t   in;

    static hoop_mcp_t  mcp;

    for (p = data; p < data + size; p++) {
        if (*p == '\n' && (p == data || p[-1] == '\n')) {
            break;
        }
    }

    if (p == data + size) {
        return 0;
    }

    lines.p = data;
    lines.end = p++;

    memset(&in, 0, sizeof(in));
    in.method = hoop_cstr("POST");
    in.text = hoop_str(p, data + size - p);
    in.header = header;
    in.header_ctx = &lines;

    if (header(&lines, hoop_cstr("content-type"), &in.type) != HOOP_OK) {
        in.type = hoop_cstr("application/json");
    }

    folded(in.text);

    rc = hoop_mcp_parse(&mcp, &in);

    root = json_loadb((const char *) in.text.data, in.text.len,
                      JSON_DECODE_ANY|JSON_REJECT_DUPLICATES, NULL);

    if (rc != HOOP_OK) {

        if (mcp.code == 0 || mcp.error.text[0] == '\0' || mcp.n > 1) {
            abort();
        }

        if (mcp.n == 1 && mcp.messages[0].id.data != NULL) {
            raw = mcp.messages[0].id;
            id = json_loadb((const char *) raw.data, raw.len, JSON_DECODE_ANY,
                            NULL);

            if (id == NULL || !json_equal(id, json_object_get(root, "id"))) {
                abort();
            }

            json_decref(id);
        }

        json_decref(root);

        if (judged(&in, NULL) == HOOP_VERDICT_ALLOW) {
            abort();
        }

        return 0;
    }

    if (root == NULL || mcp.n == 0 || mcp.n > HOOP_MCP_BATCH || mcp.code != 0
        || mcp.batch != json_is_array(root)
        || mcp.n != (mcp.batch ? json_array_size(root) : 1))
    {
        abort();
    }

    for (i = 0; i < mcp.n; i++) {
        accepted(&in, &mcp.messages[i],
                 mcp.batch ? json_array_get(root, i) : root, mcp.mirrored);
    }

    again(&in, &mcp, root);
    policy(&in, &mcp, root);

    json_decref(root);

    return 0;
}
