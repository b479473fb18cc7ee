
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * JSON-RPC 2.0 messages as MCP has them.
 *
 * The strict loader has refused what is no JSON, or JSON with a member twice.
 * Refused here: a member whose name differs from one of ours in case only; an
 * id that is null (a notification to some, a request to others), or neither a
 * string nor an integer; a message that is request and response at once, or
 * neither; parameters by position; a call without a name.
 *
 * An id is answered as it was written: 2^53 + 1 is not every parser's, nor is
 * "\u0041" everybody's "A".  So ids are found in the text as well.
 */


#include <stdlib.h>

#include "hoop_json_lex.h"
#include "hoop_mcp.h"
#include "hoop_media.h"


typedef enum {
    HOOP_MCP_PLAIN = 0,        /* nothing in its parameters is looked at */
    HOOP_MCP_TOOL,
    HOOP_MCP_PROMPT,
    HOOP_MCP_URI,
    HOOP_MCP_REF
} hoop_mcp_shape_e;


typedef struct {
    const char        *method;
    hoop_mcp_shape_e   shape;
} hoop_mcp_method_t;


static void hoop_mcp_answerable(hoop_mcp_t *mcp, const hoop_mcp_input_t *in);
static int hoop_mcp_bodyless(hoop_mcp_t *mcp, const hoop_mcp_input_t *in,
    hoop_mcp_kind_e kind);
static int hoop_mcp_body(hoop_mcp_t *mcp, const hoop_mcp_input_t *in);
static int hoop_mcp_batch(hoop_mcp_t *mcp);
static int hoop_mcp_alloc(hoop_mcp_t *mcp, size_t n);
static int hoop_mcp_message(hoop_mcp_t *mcp, json_t *v, hoop_mcp_message_t *m);
static int hoop_mcp_id(hoop_mcp_t *mcp, json_t *v, hoop_mcp_message_t *m);
static int hoop_mcp_call(hoop_mcp_t *mcp, json_t *v, hoop_mcp_message_t *m);
static int hoop_mcp_response(hoop_mcp_t *mcp, json_t *v,
    hoop_mcp_message_t *m);
static int hoop_mcp_shape(hoop_str_t method, hoop_mcp_shape_e *shape);
static int hoop_mcp_params(hoop_mcp_t *mcp, hoop_mcp_message_t *m,
    hoop_mcp_shape_e shape);
static int hoop_mcp_reference(hoop_mcp_t *mcp, hoop_mcp_message_t *m);
static int hoop_mcp_text(hoop_mcp_t *mcp, json_t *object, const char *name,
    hoop_str_t *text);
static int hoop_mcp_meta(hoop_mcp_t *mcp, json_t *params);
static int hoop_mcp_variants(hoop_mcp_t *mcp, json_t *object,
    const char *const *names);
static void hoop_mcp_ids(hoop_mcp_t *mcp, hoop_str_t text);
static int hoop_mcp_id_key(const hoop_json_lex_t *lex);


static const hoop_mcp_method_t  hoop_mcp_methods[] = {
    { "tools/call",            HOOP_MCP_TOOL },
    { "prompts/get",           HOOP_MCP_PROMPT },
    { "resources/read",        HOOP_MCP_URI },
    { "resources/subscribe",   HOOP_MCP_URI },
    { "resources/unsubscribe", HOOP_MCP_URI },
    { "completion/complete",   HOOP_MCP_REF },
    { NULL, HOOP_MCP_PLAIN }
};

static const char *const  hoop_mcp_envelope[] = {
    "jsonrpc", "id", "method", "params", "result", "error", NULL
};

static const char *const  hoop_mcp_members[] = {
    "_meta", "name", "uri", "arguments", "ref", NULL
};

static const char *const  hoop_mcp_ref_members[] = {
    "type", "name", "uri", NULL
};

static const char *const  hoop_mcp_meta_members[] = {
    "io.modelcontextprotocol/protocolVersion", NULL
};


const char *
hoop_mcp_kind(hoop_mcp_kind_e kind)
{
    static const char *const  names[] = {
        "request", "notification", "response", "stream", "end"
    };

    return names[kind];
}


void
hoop_mcp_free(hoop_mcp_t *mcp)
{
    if (mcp->loaded) {
        json_decref(mcp->root);
    }

    free(mcp->messages);
    memset(mcp, 0, sizeof(hoop_mcp_t));
}


int
hoop_mcp_refuse(hoop_mcp_t *mcp, int code, const char *text)
{
    mcp->code = code;
    mcp->why = text;
    mcp->error.line = 0;
    mcp->error.column = 0;

    hoop_error_set(&mcp->error, "%s", text);

    return HOOP_DECLINED;
}


int
hoop_mcp_parse(hoop_mcp_t *mcp, const hoop_mcp_input_t *in)
{
    if (mcp->loaded) {
        json_decref(mcp->root);
    }

    mcp->root = NULL;
    mcp->loaded = 0;
    mcp->n = 0;
    mcp->batch = 0;
    mcp->mirrored = 0;
    mcp->session = hoop_str(NULL, 0);
    mcp->version = hoop_str(NULL, 0);
    mcp->code = 0;
    mcp->why = NULL;
    mcp->error.text[0] = '\0';

    if (hoop_mcp_headers(mcp, in) != HOOP_OK) {
        hoop_mcp_answerable(mcp, in);
        return HOOP_DECLINED;
    }

    if (hoop_str_is(in->method, "POST")) {
        return hoop_mcp_body(mcp, in);
    }

    if (hoop_str_is(in->method, "GET")) {
        return hoop_mcp_bodyless(mcp, in, HOOP_MCP_STREAM);
    }

    if (hoop_str_is(in->method, "DELETE")) {
        return hoop_mcp_bodyless(mcp, in, HOOP_MCP_END);
    }

    return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                           "the HTTP method is not POST, GET or DELETE");
}


/* a message that is refused for its headers, if somebody has read it */

static void
hoop_mcp_answerable(hoop_mcp_t *mcp, const hoop_mcp_input_t *in)
{
    json_t              *id;
    hoop_mcp_message_t  *m;

    if (!json_is_object(in->json) || in->text.data == NULL
        || hoop_mcp_alloc(mcp, 1) != HOOP_OK)
    {
        return;
    }

    hoop_mcp_ids(mcp, in->text);

    m = &mcp->messages[0];
    id = json_object_get(in->json, "id");

    if ((!json_is_string(id) && !json_is_integer(id))
        || m->id.len > HOOP_MCP_ID)
    {
        m->id = hoop_str(NULL, 0);
    }
}


static int
hoop_mcp_bodyless(hoop_mcp_t *mcp, const hoop_mcp_input_t *in,
    hoop_mcp_kind_e kind)
{
    if (in->text.len != 0 || in->json != NULL) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "GET and DELETE have no body");
    }

    if (mcp->mirrored) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "this revision knows POST only");
    }

    if (hoop_mcp_alloc(mcp, 1) != HOOP_OK) {
        return HOOP_DECLINED;
    }

    mcp->messages[0].kind = kind;

    return HOOP_OK;
}


static int
hoop_mcp_body(hoop_mcp_t *mcp, const hoop_mcp_input_t *in)
{
    int          rc;
    json_t      *v;
    unsigned     i;
    hoop_str_t   coding;

    if (in->header != NULL
        && in->header(in->header_ctx, hoop_cstr("content-encoding"), &coding)
           != HOOP_DECLINED)
    {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID, "the body is coded");
    }

    if (in->type.data == NULL
        || hoop_media_is(in->type, "application/json") != HOOP_OK)
    {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "the media type is not application/json in "
                               "UTF-8");
    }

    mcp->root = in->json;

    if (mcp->root == NULL) {
        mcp->root = hoop_json_load(in->text.data, in->text.len, &mcp->error);

        if (mcp->root == NULL) {
            mcp->code = HOOP_MCP_PARSE;
            mcp->why = "the body is not strict JSON";
            return HOOP_DECLINED;
        }

        mcp->loaded = 1;
    }

    if (json_is_array(mcp->root)) {
        rc = hoop_mcp_batch(mcp);

    } else {
        rc = hoop_mcp_alloc(mcp, 1);
    }

    if (rc != HOOP_OK) {
        return rc;
    }

    if (in->text.data != NULL) {
        hoop_mcp_ids(mcp, in->text);
    }

    for (i = 0; i < mcp->n; i++) {
        v = mcp->batch ? json_array_get(mcp->root, i) : mcp->root;

        rc = hoop_mcp_message(mcp, v, &mcp->messages[i]);

        if (rc == HOOP_OK) {
            rc = hoop_mcp_mirror(mcp, in, &mcp->messages[i]);
        }

        if (rc != HOOP_OK) {

            /* which of several the error is about cannot be answered */

            mcp->n = mcp->batch ? 0 : 1;
            return HOOP_DECLINED;
        }
    }

    return HOOP_OK;
}


/* Batches came with JSON-RPC and went with 2025-06-18. */

static int
hoop_mcp_batch(hoop_mcp_t *mcp)
{
    size_t      i, k, n;
    json_t     *v, *id;
    unsigned    calls, responses;

    mcp->batch = 1;

    if (mcp->version.data != NULL
        && (mcp->mirrored || hoop_str_is(mcp->version, "2025-06-18")
            || hoop_str_is(mcp->version, "2025-11-25")))
    {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "this revision knows no batches");
    }

    n = json_array_size(mcp->root);

    if (n == 0) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID, "the batch is empty");
    }

    if (n > HOOP_MCP_BATCH) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID, "the batch is too long");
    }

    calls = 0;
    responses = 0;

    for (i = 0; i < n; i++) {
        v = json_array_get(mcp->root, i);

        if (!json_is_object(v)) {
            return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID, json_is_array(v)
                                   ? "the batch is nested"
                                   : "a message is not an object");
        }

        if (json_object_get(v, "method") == NULL) {
            responses++;
            continue;
        }

        calls++;

        if (hoop_str_is(hoop_json_member(v, "method"), "initialize")) {
            return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                                   "initialize is part of a batch");
        }

        /* which of two answers would be whose? */

        id = json_object_get(v, "id");

        if (!json_is_string(id) && !json_is_integer(id)) {
            continue;
        }

        for (k = 0; k < i; k++) {
            if (json_equal(id, json_object_get(json_array_get(mcp->root, k),
                                               "id")))
            {
                return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                                       "two messages of the batch have one "
                                       "id");
            }
        }
    }

    if (calls && responses) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "the batch has requests and responses");
    }

    return hoop_mcp_alloc(mcp, n);
}


static int
hoop_mcp_alloc(hoop_mcp_t *mcp, size_t n)
{
    hoop_mcp_message_t  *messages;

    if (n > mcp->size) {
        messages = realloc(mcp->messages, n * sizeof(hoop_mcp_message_t));

        if (messages == NULL) {
            return hoop_mcp_refuse(mcp, HOOP_MCP_INTERNAL, "no memory");
        }

        mcp->messages = messages;
        mcp->size = n;
    }

    memset(mcp->messages, 0, n * sizeof(hoop_mcp_message_t));
    mcp->n = n;

    return HOOP_OK;
}


static int
hoop_mcp_message(hoop_mcp_t *mcp, json_t *v, hoop_mcp_message_t *m)
{
    if (!json_is_object(v)) {
        m->id = hoop_str(NULL, 0);
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "a message is not an object");
    }

    if (hoop_mcp_id(mcp, v, m) != HOOP_OK
        || hoop_mcp_variants(mcp, v, hoop_mcp_envelope) != HOOP_OK)
    {
        return HOOP_DECLINED;
    }

    if (!hoop_str_is(hoop_json_member(v, "jsonrpc"), "2.0")) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "\"jsonrpc\" is not \"2.0\"");
    }

    return json_object_get(v, "method") ? hoop_mcp_call(mcp, v, m)
                                        : hoop_mcp_response(mcp, v, m);
}


static int
hoop_mcp_id(hoop_mcp_t *mcp, json_t *v, hoop_mcp_message_t *m)
{
    m->id_value = json_object_get(v, "id");

    if (m->id_value == NULL) {
        return HOOP_OK;
    }

    /* an error about a message that could not be read has no other */

    if (json_is_null(m->id_value) && json_object_get(v, "method") == NULL
        && json_object_get(v, "error") != NULL)
    {
        return HOOP_OK;
    }

    if (!json_is_string(m->id_value) && !json_is_integer(m->id_value)) {
        m->id = hoop_str(NULL, 0);
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "\"id\" is neither a string nor an integer");
    }

    if (m->id.len > HOOP_MCP_ID
        || json_string_length(m->id_value) > HOOP_MCP_ID)
    {
        m->id = hoop_str(NULL, 0);
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID, "\"id\" is too long");
    }

    return HOOP_OK;
}


static int
hoop_mcp_call(hoop_mcp_t *mcp, json_t *v, hoop_mcp_message_t *m)
{
    size_t            i;
    hoop_mcp_shape_e  shape;

    m->kind = m->id_value ? HOOP_MCP_REQUEST : HOOP_MCP_NOTIFICATION;

    if (json_object_get(v, "result") || json_object_get(v, "error")) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "a message is both request and response");
    }

    m->method = hoop_json_member(v, "method");

    if (m->method.len == 0) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "\"method\" is not a name");
    }

    for (i = 0; i < m->method.len; i++) {
        if (m->method.data[i] <= 0x20 || m->method.data[i] >= 0x7f) {
            return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                                   "\"method\" is not visible ASCII");
        }
    }

    if (hoop_mcp_shape(m->method, &shape) != HOOP_OK) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "\"method\" differs from a known one in case "
                               "only");
    }

    m->params = json_object_get(v, "params");

    if (m->params == NULL && shape == HOOP_MCP_PLAIN) {
        return HOOP_OK;
    }

    if (!json_is_object(m->params)) {
        m->params = NULL;
        return hoop_mcp_refuse(mcp, HOOP_MCP_PARAMS,
                               "\"params\" is not an object");
    }

    return hoop_mcp_params(mcp, m, shape);
}


static int
hoop_mcp_response(hoop_mcp_t *mcp, json_t *v, hoop_mcp_message_t *m)
{
    json_t  *error;

    m->kind = HOOP_MCP_RESPONSE;
    error = json_object_get(v, "error");

    if ((json_object_get(v, "result") == NULL) == (error == NULL)) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID, error
                               ? "a response has both \"result\" and \"error\""
                               : "a message has no \"method\"");
    }

    if (json_object_get(v, "params")) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "a response has \"params\"");
    }

    if (error == NULL && !json_is_object(json_object_get(v, "result"))) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "\"result\" is not an object");
    }

    if (error == NULL && m->id_value == NULL) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID, "a result has no \"id\"");
    }

    if (error != NULL
        && (!json_is_integer(json_object_get(error, "code"))
            || !json_is_string(json_object_get(error, "message"))))
    {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "\"error\" is not an object with an integer "
                               "\"code\" and a \"message\"");
    }

    if (mcp->mirrored) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                               "clients of this revision send no responses");
    }

    return HOOP_OK;
}


static int
hoop_mcp_shape(hoop_str_t method, hoop_mcp_shape_e *shape)
{
    size_t                    i, len;
    const hoop_mcp_method_t  *known;

    for (known = hoop_mcp_methods; known->method; known++) {
        len = strlen(known->method);

        if (len != method.len) {
            continue;
        }

        for (i = 0; i < len; i++) {
            if ((method.data[i] | 0x20) != (known->method[i] | 0x20)) {
                break;
            }
        }

        if (i < len) {
            continue;
        }

        *shape = known->shape;

        return hoop_str_is(method, known->method) ? HOOP_OK : HOOP_ERROR;
    }

    *shape = HOOP_MCP_PLAIN;

    return HOOP_OK;
}


static int
hoop_mcp_params(hoop_mcp_t *mcp, hoop_mcp_message_t *m,
    hoop_mcp_shape_e shape)
{
    int  rc;

    if (hoop_mcp_variants(mcp, m->params, hoop_mcp_members) != HOOP_OK
        || hoop_mcp_meta(mcp, m->params) != HOOP_OK)
    {
        return HOOP_DECLINED;
    }

    switch (shape) {

    case HOOP_MCP_TOOL:
        rc = hoop_mcp_text(mcp, m->params, "name", &m->tool);
        break;

    case HOOP_MCP_PROMPT:
        rc = hoop_mcp_text(mcp, m->params, "name", &m->prompt);
        break;

    case HOOP_MCP_URI:
        return hoop_mcp_text(mcp, m->params, "uri", &m->uri);

    case HOOP_MCP_REF:
        return hoop_mcp_reference(mcp, m);

    default:
        return HOOP_OK;
    }

    if (rc != HOOP_OK) {
        return rc;
    }

    m->arguments = json_object_get(m->params, "arguments");

    if (m->arguments != NULL && !json_is_object(m->arguments)) {
        m->arguments = NULL;
        return hoop_mcp_refuse(mcp, HOOP_MCP_PARAMS,
                               "\"arguments\" is not an object");
    }

    return HOOP_OK;
}


/* what completion/complete is about */

static int
hoop_mcp_reference(hoop_mcp_t *mcp, hoop_mcp_message_t *m)
{
    json_t      *ref;
    hoop_str_t   type;

    ref = json_object_get(m->params, "ref");

    if (!json_is_object(ref)) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_PARAMS,
                               "\"ref\" is not an object");
    }

    if (hoop_mcp_variants(mcp, ref, hoop_mcp_ref_members) != HOOP_OK) {
        return HOOP_DECLINED;
    }

    type = hoop_json_member(ref, "type");

    if (hoop_str_is(type, "ref/prompt")) {
        return hoop_mcp_text(mcp, ref, "name", &m->prompt);
    }

    if (hoop_str_is(type, "ref/resource")) {
        return hoop_mcp_text(mcp, ref, "uri", &m->uri);
    }

    return hoop_mcp_refuse(mcp, HOOP_MCP_PARAMS,
                           "\"ref\" is of no known type");
}


static int
hoop_mcp_text(hoop_mcp_t *mcp, json_t *object, const char *name,
    hoop_str_t *text)
{
    *text = hoop_json_member(object, name);

    if (text->len == 0) {
        *text = hoop_str(NULL, 0);
        return hoop_mcp_refuse(mcp, HOOP_MCP_PARAMS, name[0] == 'n'
                               ? "\"name\" is not a name"
                               : "\"uri\" is not a URI");
    }

    return HOOP_OK;
}


/* The revision that a message says it is of is that of the header. */

static int
hoop_mcp_meta(hoop_mcp_t *mcp, json_t *params)
{
    json_t  *meta, *version;

    meta = json_object_get(params, "_meta");

    if (meta == NULL) {
        return HOOP_OK;
    }

    if (!json_is_object(meta)) {
        return hoop_mcp_refuse(mcp, HOOP_MCP_PARAMS,
                               "\"_meta\" is not an object");
    }

    if (hoop_mcp_variants(mcp, meta, hoop_mcp_meta_members) != HOOP_OK) {
        return HOOP_DECLINED;
    }

    version = json_object_get(meta, hoop_mcp_meta_members[0]);

    if (version == NULL) {
        return HOOP_OK;
    }

    if (mcp->version.data == NULL
        || !json_is_string(version)
        || !hoop_str_eq(hoop_json_string(version), mcp->version))
    {
        return hoop_mcp_refuse(mcp, HOOP_MCP_HEADER,
                               "MCP-Protocol-Version is not what the body "
                               "says");
    }

    return HOOP_OK;
}


static int
hoop_mcp_variants(hoop_mcp_t *mcp, json_t *object, const char *const *names)
{
    for ( /* void */ ; *names; names++) {

        if (hoop_json_variant(object, hoop_cstr(*names))) {
            return hoop_mcp_refuse(mcp, HOOP_MCP_INVALID,
                                   "the name of a member differs from a known "
                                   "one in case only");
        }
    }

    return HOOP_OK;
}


/* The text is one that was loaded: each message has one id at most. */

static void
hoop_mcp_ids(hoop_mcp_t *mcp, hoop_str_t text)
{
    unsigned             depth, level, found;
    hoop_json_lex_t      lex;
    hoop_json_token_e    last;
    hoop_mcp_message_t  *m;

    memset(&lex, 0, sizeof(hoop_json_lex_t));

    lex.p = text.data;
    lex.end = text.data + text.len;

    level = mcp->batch ? 2 : 1;      /* of a message's members */
    depth = 0;
    found = 0;
    last = HOOP_JSON_T_EOF;
    m = mcp->messages;

    for ( ;; ) {

        switch (hoop_json_next(&lex)) {

        case HOOP_JSON_T_EOF:
        case HOOP_JSON_T_BROKEN:
            return;

        case HOOP_JSON_T_OBJECT:
        case HOOP_JSON_T_ARRAY:
            depth++;
            found = 0;
            break;

        case HOOP_JSON_T_OBJECT_END:
        case HOOP_JSON_T_ARRAY_END:
            depth--;
            found = 0;

            if (mcp->batch && depth == 1 && ++m == mcp->messages + mcp->n) {
                return;
            }

            break;

        case HOOP_JSON_T_STRING:
            if (depth == level && !found
                && (last == HOOP_JSON_T_OBJECT || last == HOOP_JSON_T_COMMA)
                && hoop_mcp_id_key(&lex))
            {
                found = 1;
                break;
            }

            /* fall through */

        default:
            if (found && lex.type != HOOP_JSON_T_COLON) {
                m->id = hoop_str(lex.token, lex.p - lex.token);
                found = 0;
            }
        }

        last = lex.type;
    }
}


static int
hoop_mcp_id_key(const hoop_json_lex_t *lex)
{
    int          is;
    json_t      *name;

    if (!lex->escaped) {
        return lex->p - lex->token == 4 && memcmp(lex->token, "\"id\"", 4) == 0;
    }

    /* two characters, spelled out */

    if (lex->p - lex->token > 14) {
        return 0;
    }

    name = json_loadb((const char *) lex->token, lex->p - lex->token,
                      JSON_DECODE_ANY, NULL);

    is = name != NULL && hoop_str_is(hoop_json_string(name), "id");

    json_decref(name);

    return is;
}
