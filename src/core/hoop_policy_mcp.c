
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "mcp" in the match of a rule: what a request to an MCP server asks for.
 *
 * Each of its members is a condition of its own, over the message that is
 * judged.  A batch is judged message by message, as if each had come alone,
 * and the strictest verdict is that of all.  Since one answer comes back, and
 * one approval is asked for, all must then be under the same obligations.
 *
 * The first condition that is looked at parses the request, once for all
 * policies.  A server may know a name that is spelled otherwise, a URI even
 * more so: what matches a glob as it is written, but not in its folded form,
 * or the other way round, is unknown (hoop_mcp_fold.c).
 */


#include <stdlib.h>

#include "hoop_policy_rule.h"


typedef enum {
    HOOP_POLICY_MCP_METHOD = 0,
    HOOP_POLICY_MCP_TOOL,
    HOOP_POLICY_MCP_RESOURCE,
    HOOP_POLICY_MCP_PROMPT,
    HOOP_POLICY_MCP_RESPONSE,
    HOOP_POLICY_MCP_ANY
} hoop_policy_mcp_e;


struct hoop_mcp_globs_s {
    unsigned                n;
    u_char                  sep;
    hoop_str_t             *globs;
    hoop_str_t             *folded;
};


static int hoop_policy_mcp_globs(hoop_compile_t *cc, json_t *conf,
    hoop_policy_mcp_e what, hoop_rule_t *rule);
static int hoop_policy_mcp_glob(hoop_compile_t *cc, json_t *v, int uri,
    hoop_str_t *glob, hoop_str_t *folded);
static int hoop_policy_mcp_flag(hoop_compile_t *cc, json_t *conf,
    hoop_policy_mcp_e what, hoop_rule_t *rule);
static const hoop_mcp_message_t *hoop_policy_mcp_message(
    const hoop_policy_request_t *req, hoop_subject_t *subject);
static int hoop_policy_mcp_parse(const hoop_policy_request_t *req);
static void hoop_policy_mcp_text(hoop_policy_mcp_t *m, hoop_policy_mcp_e what,
    hoop_str_t text, hoop_subject_t *subject);
static int hoop_policy_mcp_alike(const hoop_verdict_t *a,
    const hoop_verdict_t *b);
static unsigned hoop_policy_mcp_rank(hoop_verdict_e decision);


/* in the order of hoop_policy_mcp_e */

static const char *const  hoop_policy_mcp_names[] = {
    "method", "tool", "resource", "prompt", "response", ""
};

static const char *const  hoop_policy_mcp_keys[] = {
    "method", "tool", "resource", "prompt", "response", "arguments", NULL
};

static const char  hoop_policy_why_unread[] = "the body was not read";
static const char  hoop_policy_why_json[] =
    "the body is not unambiguous JSON";
static const char  hoop_policy_why_media[] =
    "the media type is not application/json in UTF-8";
static const char  hoop_policy_why_name[] =
    "a name differs from the rule's in its spelling only";
static const char  hoop_policy_why_long[] = "a name is too long to judge";
static const char  hoop_policy_why_memory[] = "no memory";
static const char  hoop_policy_why_batch[] =
    "the messages of the batch are under limits or under different "
    "obligations, they can be sent one by one";


unsigned
hoop_policy_mcp_count(json_t *conf)
{
    return json_object_size(conf)
           + json_object_size(json_object_get(conf, "arguments")) + 1;
}


int
hoop_policy_compile_mcp(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    int                rc;
    size_t             mark;
    json_t            *v;
    hoop_policy_mcp_e  what;

    cc->policy->mcp = 1;

    if (hoop_policy_object_parts(cc, conf, hoop_policy_mcp_keys) != HOOP_OK) {
        return HOOP_ERROR;
    }

    if (json_is_true(json_object_get(conf, "response"))
        && json_object_size(conf) != 1)
    {
        return hoop_policy_error(cc, 0, "a response has nothing else that "
                                 "could match");
    }

    for (what = HOOP_POLICY_MCP_METHOD; what < HOOP_POLICY_MCP_ANY; what++) {
        v = json_object_get(conf, hoop_policy_mcp_names[what]);

        if (v == NULL) {
            continue;
        }

        mark = hoop_policy_push(cc, hoop_cstr(hoop_policy_mcp_names[what]));

        rc = (what == HOOP_POLICY_MCP_RESPONSE)
             ? hoop_policy_mcp_flag(cc, v, what, rule)
             : hoop_policy_mcp_globs(cc, v, what, rule);

        if (hoop_policy_end(cc, mark, rc) != HOOP_OK) {
            return HOOP_ERROR;
        }
    }

    v = json_object_get(conf, "arguments");

    if (v != NULL) {
        mark = hoop_policy_push(cc, hoop_cstr("arguments"));

        rc = hoop_policy_match_members(cc, v, HOOP_SOURCE_MCP_ARGUMENT, rule);

        if (hoop_policy_end(cc, mark, rc) != HOOP_OK) {
            return HOOP_ERROR;
        }
    }

    /* whatever it asks, it is asked of a message */

    return hoop_policy_mcp_flag(cc, json_true(), HOOP_POLICY_MCP_ANY, rule);
}


/* a glob, or a list of which one must match */

static int
hoop_policy_mcp_globs(hoop_compile_t *cc, json_t *conf,
    hoop_policy_mcp_e what, hoop_rule_t *rule)
{
    int                rc;
    size_t             i, n, each;
    unsigned           slot;
    hoop_op_t         *op;
    hoop_mcp_globs_t  *list;

    n = json_is_string(conf) ? 1 : json_array_size(conf);

    if (n == 0 || n > HOOP_POLICY_MAX_LIST) {
        return hoop_policy_error(cc, 0, "wanted a glob or an array of 1 to %d",
                                 HOOP_POLICY_MAX_LIST);
    }

    op = hoop_policy_alloc(cc, sizeof(hoop_op_t));
    list = hoop_policy_alloc(cc, sizeof(hoop_mcp_globs_t));

    if (op == NULL || list == NULL) {
        return HOOP_ERROR;
    }

    op->type = HOOP_OP_MCP;
    op->mcp = list;

    list->n = n;
    list->sep = (what == HOOP_POLICY_MCP_RESOURCE) ? '/' : 0;
    list->globs = hoop_policy_alloc(cc, n * sizeof(hoop_str_t));
    list->folded = hoop_policy_alloc(cc, n * sizeof(hoop_str_t));

    if (list->globs == NULL || list->folded == NULL) {
        return HOOP_ERROR;
    }

    for (i = 0; i < n; i++) {
        each = json_is_string(conf) ? cc->path.len
                                    : hoop_policy_push_index(cc, i);

        rc = hoop_policy_mcp_glob(cc, json_is_string(conf)
                                      ? conf : json_array_get(conf, i),
                                  list->sep, &list->globs[i],
                                  &list->folded[i]);

        if (hoop_policy_end(cc, each, rc) != HOOP_OK) {
            return HOOP_ERROR;
        }
    }

    if (hoop_policy_compile_slot(cc, HOOP_SOURCE_MCP,
                                 hoop_cstr(hoop_policy_mcp_names[what]), &slot)
        != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    return hoop_policy_match_add(cc, HOOP_SOURCE_MCP, slot, op, conf, rule);
}


static int
hoop_policy_mcp_glob(hoop_compile_t *cc, json_t *v, int sep,
    hoop_str_t *glob, hoop_str_t *folded)
{
    u_char        *p;
    hoop_error_t   err;

    if (hoop_policy_string(cc, v, HOOP_GLOB_MAX, glob) != HOOP_OK) {
        return HOOP_ERROR;
    }

    if (hoop_glob_check(*glob, sep, &err) != HOOP_OK) {
        return hoop_policy_error(cc, 0, "%s", err.text);
    }

    p = hoop_policy_alloc(cc, glob->len + 2);
    if (p == NULL) {
        return HOOP_ERROR;
    }

    *folded = sep ? hoop_mcp_fold_uri(*glob, p) : hoop_mcp_fold_name(*glob, p);

    return HOOP_OK;
}


static int
hoop_policy_mcp_flag(hoop_compile_t *cc, json_t *conf, hoop_policy_mcp_e what,
    hoop_rule_t *rule)
{
    unsigned    slot;
    hoop_op_t  *op;

    if (!json_is_boolean(conf)) {
        return hoop_policy_error(cc, 0, "wanted true or false");
    }

    op = hoop_policy_alloc(cc, sizeof(hoop_op_t));

    if (op == NULL
        || hoop_policy_compile_slot(cc, HOOP_SOURCE_MCP,
                                    hoop_cstr(hoop_policy_mcp_names[what]),
                                    &slot)
           != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    op->type = HOOP_OP_MCP;
    op->exists = json_is_true(conf);

    return hoop_policy_match_add(cc, HOOP_SOURCE_MCP, slot, op, conf, rule);
}


void
hoop_policy_subject_mcp(const hoop_slot_t *slot,
    const hoop_policy_request_t *req, hoop_subject_t *subject)
{
    hoop_policy_mcp_e          what;
    const hoop_mcp_message_t  *message;

    message = hoop_policy_mcp_message(req, subject);

    if (message == NULL) {
        return;
    }

    if (slot->source == HOOP_SOURCE_MCP_ARGUMENT) {

        if (req->mcp->open && message->uri.data == NULL) {
            subject->type = HOOP_SUBJECT_OPEN;
            return;
        }

        hoop_policy_slot_json(slot, message->arguments, 1, subject);
        return;
    }

    for (what = HOOP_POLICY_MCP_METHOD; what < HOOP_POLICY_MCP_ANY; what++) {
        if (hoop_str_is(slot->name, hoop_policy_mcp_names[what])) {
            break;
        }
    }

    switch (what) {

    case HOOP_POLICY_MCP_METHOD:
        hoop_policy_mcp_text(req->mcp, what, message->method, subject);
        break;

    case HOOP_POLICY_MCP_TOOL:
        hoop_policy_mcp_text(req->mcp, what, message->tool, subject);
        break;

    case HOOP_POLICY_MCP_RESOURCE:
        hoop_policy_mcp_text(req->mcp, what, message->uri, subject);

        if (req->mcp->prefix && subject->type == HOOP_SUBJECT_TEXT) {
            subject->type = HOOP_SUBJECT_OPEN;
        }

        break;

    case HOOP_POLICY_MCP_PROMPT:
        hoop_policy_mcp_text(req->mcp, what, message->prompt, subject);
        break;

    default:
        subject->type = HOOP_SUBJECT_DATA;
        subject->holds = (what == HOOP_POLICY_MCP_ANY
                          || message->kind == HOOP_MCP_RESPONSE);
    }
}


/* the message that is judged; or NULL, subject says what that means */

static const hoop_mcp_message_t *
hoop_policy_mcp_message(const hoop_policy_request_t *req,
    hoop_subject_t *subject)
{
    hoop_policy_mcp_t  *m;

    if (req->body == HOOP_BODY_NONE) {

        /* a stream is opened, or a session ended: nothing is called */

        return NULL;
    }

    m = req->mcp;

    if (m != NULL && req->body != HOOP_BODY_UNREAD
        && (m->asked || hoop_policy_mcp_parse(req) == HOOP_OK)
        && m->mcp.code == 0)
    {
        return &m->mcp.messages[m->member];
    }

    subject->type = HOOP_SUBJECT_UNKNOWN;
    subject->why = (m != NULL && m->asked) ? m->mcp.why
                                           : hoop_policy_why_unread;

    return NULL;
}


int
hoop_policy_mcp_ask(const hoop_policy_request_t *req)
{
    return (req->mcp->asked || hoop_policy_mcp_parse(req) == HOOP_OK)
           && req->mcp->mcp.code == 0
           ? HOOP_OK : HOOP_DECLINED;
}


static int
hoop_policy_mcp_parse(const hoop_policy_request_t *req)
{
    hoop_mcp_t        *mcp;
    hoop_mcp_input_t   in;

    mcp = &req->mcp->mcp;
    req->mcp->asked = 1;

    memset(&in, 0, sizeof(hoop_mcp_input_t));

    in.method = req->method;
    in.header = req->header;
    in.header_ctx = req->header_ctx;
    in.json = req->body_json;

    if (req->body != HOOP_BODY_JSON || in.json == NULL) {
        mcp->n = 0;

        return (req->body == HOOP_BODY_AMBIGUOUS)
               ? hoop_mcp_refuse(mcp, HOOP_MCP_PARSE, hoop_policy_why_json)
               : hoop_mcp_refuse(mcp, HOOP_MCP_INVALID, hoop_policy_why_media);
    }

    in.text = req->body_text;

    if (req->header == NULL
        || req->header(req->header_ctx, hoop_cstr("content-type"), &in.type)
           == HOOP_DECLINED)
    {
        /* by other means the caller knows that it is JSON */

        in.type = hoop_cstr("application/json");
    }

    return hoop_mcp_parse(mcp, &in);
}


static void
hoop_policy_mcp_text(hoop_policy_mcp_t *m, hoop_policy_mcp_e what,
    hoop_str_t text, hoop_subject_t *subject)
{
    u_char  *p;

    if (text.data == NULL) {
        return;
    }

    subject->type = HOOP_SUBJECT_UNKNOWN;

    if (text.len > HOOP_MCP_FOLD) {
        subject->why = hoop_policy_why_long;
        return;
    }

    if (m->scratch == NULL) {
        m->scratch = malloc(HOOP_POLICY_MCP_FOLDS * (HOOP_MCP_FOLD + 2));

        if (m->scratch == NULL) {
            subject->why = hoop_policy_why_memory;
            return;
        }
    }

    if (!(m->folded & 1u << what)) {
        p = m->scratch + what * (HOOP_MCP_FOLD + 2);

        m->folds[what] = (what == HOOP_POLICY_MCP_RESOURCE)
                         ? hoop_mcp_fold_uri(text, p)
                         : hoop_mcp_fold_name(text, p);
        m->folded |= 1u << what;
    }

    subject->type = HOOP_SUBJECT_TEXT;
    subject->text = text;
    subject->folded = m->folds[what];
}


hoop_truth_e
hoop_policy_test_mcp(const hoop_op_t *op, const hoop_subject_t *subject,
    const char **why)
{
    int                      written, folded;
    unsigned                 i;
    const hoop_mcp_globs_t  *list;

    list = op->mcp;

    if (list == NULL) {
        return (subject->holds == op->exists) ? HOOP_TRUTH_YES
                                              : HOOP_TRUTH_NO;
    }

    written = 0;
    folded = 0;

    for (i = 0; i < list->n; i++) {

        if (!written) {
            written = hoop_glob_match(list->globs[i], list->sep,
                                      subject->text);
        }

        if (!folded) {
            folded = hoop_glob_match(list->folded[i], list->sep,
                                     subject->folded);
        }

        if (written && folded) {
            return HOOP_TRUTH_YES;
        }
    }

    if (written == folded) {
        return HOOP_TRUTH_NO;
    }

    *why = hoop_policy_why_name;

    return HOOP_TRUTH_UNKNOWN;
}


/*
 * Of a URI only the beginning is known: it has to match as it is written, in
 * whatever other form it matches.
 */

hoop_truth_e
hoop_policy_test_open(const hoop_op_t *op, const hoop_subject_t *subject)
{
    int                      all, could;
    unsigned                 i;
    const hoop_mcp_globs_t  *list;

    if (op->type != HOOP_OP_MCP || op->mcp == NULL
        || subject->text.data == NULL)
    {
        return HOOP_TRUTH_OPEN;
    }

    list = op->mcp;
    could = 0;

    for (i = 0; i < list->n; i++) {
        could |= hoop_glob_begins(list->globs[i], list->sep, subject->text,
                                  &all);

        if (all) {
            return HOOP_TRUTH_YES;
        }
    }

    return could ? HOOP_TRUTH_OPEN : HOOP_TRUTH_NO;
}


void
hoop_policy_mcp_begin(const hoop_policy_request_t *req)
{
    if (req->mcp != NULL) {
        req->mcp->asked = 0;
        req->mcp->member = 0;
        req->mcp->folded = 0;
    }
}


/*
 * Where no condition has asked for the first message none will for another:
 * they would be judged as it was.
 */

int
hoop_policy_mcp_next(const hoop_policy_request_t *req)
{
    hoop_policy_mcp_t  *m;

    m = req->mcp;

    if (m == NULL || !m->asked || m->mcp.code != 0
        || m->member + 1 >= m->mcp.n)
    {
        return 0;
    }

    m->member++;
    m->folded = 0;

    return 1;
}


/* v becomes what is said of both; 1 if it is another now */

int
hoop_policy_mcp_join(hoop_verdict_t *v, const hoop_verdict_t *other)
{
    unsigned     x, y;
    hoop_list_e  list;

    list = (v->list > other->list) ? v->list : other->list;

    x = hoop_policy_mcp_rank(v->decision);
    y = hoop_policy_mcp_rank(other->decision);

    if (x >= 2 || y >= 2 || hoop_policy_mcp_alike(v, other)) {

        if (y <= x) {
            v->list = list;
            return 0;
        }

        *v = *other;
        v->list = list;

        return 1;
    }

    memset(v, 0, sizeof(hoop_verdict_t));

    v->decision = HOOP_VERDICT_DENY;
    v->policy = other->policy;
    v->reason = hoop_cstr(hoop_policy_why_batch);

    return 1;
}


void
hoop_policy_mcp_end(const hoop_policy_request_t *req, unsigned decided)
{
    if (req->mcp != NULL && req->mcp->member != decided) {
        req->mcp->member = decided;
        req->mcp->folded = 0;
    }
}


static int
hoop_policy_mcp_alike(const hoop_verdict_t *a, const hoop_verdict_t *b)
{
    unsigned  i;

    /* a limit is that of a request, and would be that of many calls */

    if (a->limits != NULL || b->limits != NULL) {
        return 0;
    }

    if (a->rule.data == b->rule.data && a->policy.data == b->policy.data) {
        return 1;
    }

    if (a->review != NULL && b->review != NULL) {
        return 0;
    }

    if ((a->mask == NULL) != (b->mask == NULL)
        || a->record != b->record
        || !hoop_str_eq(a->credential, b->credential)
        || a->token != b->token)
    {
        return 0;
    }

    if (a->mask == NULL || a->mask == b->mask) {
        return 1;
    }

    if (a->mask->n != b->mask->n) {
        return 0;
    }

    for (i = 0; i < a->mask->n; i++) {
        if (a->mask->sets[i] != b->mask->sets[i]) {
            return 0;
        }
    }

    return 1;
}


static unsigned
hoop_policy_mcp_rank(hoop_verdict_e decision)
{
    switch (decision) {
    case HOOP_VERDICT_ALLOW:
        return 0;
    case HOOP_VERDICT_REVIEW:
        return 1;
    case HOOP_VERDICT_ERROR:
        return 2;
    default:
        return 3;
    }
}


void
hoop_policy_mcp_free(hoop_policy_mcp_t *m)
{
    hoop_mcp_free(&m->mcp);
    free(m->scratch);
    memset(m, 0, sizeof(hoop_policy_mcp_t));
}
