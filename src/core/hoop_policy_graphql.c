
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "graphql" in the match of a rule: the type of the operation that a request
 * would have executed, and its top-level fields.
 *
 * Without "at" the document is where GraphQL over HTTP has it: in the member
 * "query" of a JSON body, or of each element of an array; in the field of that
 * name of a form; in a body of application/graphql; or in the argument "query".
 * Targets differ in which of two they take, so two are unknown.  So is a body
 * in which none is found, and a name of a document that the target has already:
 * what it holds is not to be seen.  With "at", a JSON pointer, it is there and
 * nowhere else.
 *
 * Documents are read once in an evaluation, however many rules look at them.
 */


#include "hoop_graphql.h"
#include "hoop_media.h"
#include "hoop_pairs.h"
#include "hoop_policy_rule.h"


#define HOOP_GRAPHQL_MAX_BATCH   16
#define HOOP_GRAPHQL_MAX_PLACES  8
#define HOOP_GRAPHQL_ANY                                                      \
    (HOOP_GRAPHQL_QUERY|HOOP_GRAPHQL_MUTATION|HOOP_GRAPHQL_SUBSCRIPTION)


/* documents at a place */

struct hoop_graphql_docs_s {
    hoop_str_t              at;        /* data NULL: where GraphQL has them */
    hoop_str_t              member;    /* last segment of the pointer */
    unsigned                body;      /* slot of what it is a member of */
    unsigned                query;     /* slots of the arguments and fields */
    unsigned                query_name;
    unsigned                form;
    unsigned                form_name;

    uint64_t                generation;
    const char             *why;       /* UNKNOWN */
    unsigned                n;
    hoop_graphql_t          docs[HOOP_GRAPHQL_MAX_BATCH];
};


struct hoop_graphql_cond_s {
    unsigned                every:1;   /* of an allow */
    unsigned                operations;
    hoop_list_t             fields;
};


static int hoop_policy_graphql_operations(hoop_compile_t *cc, json_t *conf,
    hoop_graphql_cond_t *cond);
static int hoop_policy_graphql_fields(hoop_compile_t *cc, json_t *conf,
    hoop_graphql_cond_t *cond);
static hoop_graphql_docs_t *hoop_policy_graphql_place(hoop_compile_t *cc,
    json_t *conf);
static int hoop_policy_graphql_slots(hoop_compile_t *cc,
    hoop_graphql_docs_t *docs);
static void hoop_policy_graphql_find(hoop_policy_t *policy,
    hoop_graphql_docs_t *docs, const hoop_policy_request_t *req);
static int hoop_policy_graphql_kept_args(hoop_str_t args, int query);
static void hoop_policy_graphql_body(hoop_policy_t *policy,
    hoop_graphql_docs_t *docs, const hoop_policy_request_t *req);
static void hoop_policy_graphql_json(hoop_policy_t *policy,
    hoop_graphql_docs_t *docs, const hoop_policy_request_t *req);
static void hoop_policy_graphql_object(hoop_graphql_docs_t *docs,
    json_t *object);
static void hoop_policy_graphql_args(hoop_policy_t *policy,
    hoop_graphql_docs_t *docs, unsigned text, unsigned name,
    const hoop_policy_request_t *req);
static void hoop_policy_graphql_add(hoop_graphql_docs_t *docs,
    hoop_str_t text, hoop_str_t name);
static hoop_truth_e hoop_policy_graphql_one(const hoop_graphql_cond_t *cond,
    const hoop_graphql_t *graphql);


static const char *const  hoop_policy_graphql_keys[] = {
    "operation", "fields", "at", NULL
};

static const char *const  hoop_policy_graphql_types[] = {
    "query", "mutation", "subscription", NULL
};

/* of documents that a target keeps, beside the query or in its stead */

static const hoop_str_t  hoop_policy_graphql_kept[] = {
    hoop_string("id"), hoop_string("hash"), hoop_string("queryId"),
    hoop_string("documentId"), hoop_string("doc_id")
};

#define HOOP_GRAPHQL_COMMON  2    /* of them */


static const char  hoop_policy_why_none[] =
    "there is no GraphQL document to look into";
static const char  hoop_policy_why_two[] =
    "there is a GraphQL document in the query and in the body";
static const char  hoop_policy_why_type[] =
    "the GraphQL document is not a text";
static const char  hoop_policy_why_kept[] =
    "the GraphQL document may be one that the target keeps";
static const char  hoop_policy_why_batch[] =
    "there are too many GraphQL documents";


int
hoop_policy_compile_graphql(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule)
{
    u_char                key[HOOP_POLICY_MAX_POINTER + 1];
    size_t                len;
    unsigned              slot;
    hoop_op_t            *op;
    hoop_graphql_cond_t  *cond;
    hoop_graphql_docs_t  *docs;

    if (hoop_policy_object(cc, conf, hoop_policy_graphql_keys) != HOOP_OK) {
        return HOOP_ERROR;
    }

    op = hoop_policy_alloc(cc, sizeof(hoop_op_t));
    cond = hoop_policy_alloc(cc, sizeof(hoop_graphql_cond_t));

    if (op == NULL || cond == NULL) {
        return HOOP_ERROR;
    }

    op->type = HOOP_OP_GRAPHQL;
    op->graphql = cond;

    cond->every = (rule->effect == HOOP_VERDICT_ALLOW);

    if (hoop_policy_graphql_operations(cc, json_object_get(conf, "operation"),
                                       cond)
        != HOOP_OK
        || hoop_policy_graphql_fields(cc, json_object_get(conf, "fields"),
                                      cond)
           != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    docs = hoop_policy_graphql_place(cc, json_object_get(conf, "at"));
    if (docs == NULL) {
        return HOOP_ERROR;
    }

    /* equal conditions are one test of their slot, but for "every" and "any" */

    len = docs->at.len;
    key[0] = cond->every ? 'e' : 'a';

    if (len != 0) {
        memcpy(key + 1, docs->at.data, len);
    }

    if (hoop_policy_compile_slot(cc, HOOP_SOURCE_GRAPHQL,
                                 hoop_str(key, len + 1), &slot)
        != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    cc->policy->slots[slot].name = docs->at.data ? docs->at
                                                 : hoop_cstr("query");
    cc->policy->slots[slot].graphql = docs;

    return hoop_policy_match_add(cc, HOOP_SOURCE_GRAPHQL, slot, op, conf,
                                 rule);
}


static int
hoop_policy_graphql_operations(hoop_compile_t *cc, json_t *conf,
    hoop_graphql_cond_t *cond)
{
    size_t    i, n, mark, each;
    unsigned  type;

    if (conf == NULL) {
        cond->operations = HOOP_GRAPHQL_ANY;
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr("operation"));
    n = json_is_string(conf) ? 1 : json_array_size(conf);

    if (n == 0 || n > 3) {
        return hoop_policy_error(cc, 0, "wanted \"query\", \"mutation\", "
                                 "\"subscription\" or an array of them");
    }

    for (i = 0; i < n; i++) {
        each = json_is_string(conf) ? cc->path.len
                                    : hoop_policy_push_index(cc, i);

        if (hoop_policy_word(cc, json_is_string(conf)
                                 ? conf : json_array_get(conf, i),
                             hoop_policy_graphql_types, &type)
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }

        cond->operations |= 1u << type;
        hoop_policy_pop(cc, each);
    }

    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


static int
hoop_policy_graphql_fields(hoop_compile_t *cc, json_t *conf,
    hoop_graphql_cond_t *cond)
{
    size_t        i, n, mark, each;
    hoop_str_t   *item;
    hoop_error_t  err;

    if (conf == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr("fields"));
    n = json_is_string(conf) ? 1 : json_array_size(conf);

    if (n == 0 || n > HOOP_POLICY_MAX_LIST) {
        return hoop_policy_error(cc, 0, "wanted a field or an array of 1 to "
                                 "%d, with \"*\" for any characters",
                                 HOOP_POLICY_MAX_LIST);
    }

    cond->fields.items = hoop_policy_alloc(cc, n * sizeof(hoop_str_t));
    if (cond->fields.items == NULL) {
        return HOOP_ERROR;
    }

    for (i = 0; i < n; i++) {
        each = json_is_string(conf) ? cc->path.len
                                    : hoop_policy_push_index(cc, i);
        item = &cond->fields.items[i];

        if (hoop_policy_string(cc, json_is_string(conf)
                                   ? conf : json_array_get(conf, i),
                               HOOP_GLOB_MAX, item)
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }

        if (hoop_glob_check(*item, 0, &err) != HOOP_OK) {
            return hoop_policy_error(cc, 0, "field: %s", err.text);
        }

        hoop_policy_pop(cc, each);
    }

    cond->fields.n = n;
    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


/* one for each place */

static hoop_graphql_docs_t *
hoop_policy_graphql_place(hoop_compile_t *cc, json_t *conf)
{
    size_t                mark;
    unsigned              i;
    hoop_str_t            at;
    hoop_policy_t        *policy;
    hoop_graphql_docs_t  *docs;

    policy = cc->policy;
    at = hoop_str(NULL, 0);

    mark = hoop_policy_push(cc, hoop_cstr("at"));

    if (conf != NULL) {
        at = hoop_json_string(conf);

        if (at.data == NULL || at.len > HOOP_POLICY_MAX_POINTER
            || !hoop_json_pointer_valid(at))
        {
            (void) hoop_policy_error(cc, 0, "wanted a JSON pointer as "
                                     "\"/query\"");
            return NULL;
        }
    }

    for (i = 0; i < policy->ngraphqls; i++) {
        docs = policy->graphqls[i];

        if ((docs->at.data == NULL) == (at.data == NULL)
            && hoop_str_eq(docs->at, at))
        {
            hoop_policy_pop(cc, mark);
            return docs;
        }
    }

    if (policy->graphqls == NULL) {
        policy->graphqls = hoop_policy_alloc(cc, HOOP_GRAPHQL_MAX_PLACES
                                             * sizeof(hoop_graphql_docs_t *));
        if (policy->graphqls == NULL) {
            return NULL;
        }
    }

    if (policy->ngraphqls == HOOP_GRAPHQL_MAX_PLACES) {
        (void) hoop_policy_error(cc, conf == NULL, "too many places of "
                                 "GraphQL, at most %d",
                                 HOOP_GRAPHQL_MAX_PLACES);
        return NULL;
    }

    docs = hoop_policy_alloc(cc, sizeof(hoop_graphql_docs_t));
    if (docs == NULL) {
        return NULL;
    }

    docs->at = at;

    if (hoop_policy_graphql_slots(cc, docs) != HOOP_OK) {
        return NULL;
    }

    policy->graphqls[policy->ngraphqls++] = docs;
    hoop_policy_pop(cc, mark);

    return docs;
}


static int
hoop_policy_graphql_slots(hoop_compile_t *cc, hoop_graphql_docs_t *docs)
{
    size_t      len;
    u_char     *buf;
    hoop_str_t  last;

    static const hoop_str_t  query = hoop_string("query");
    static const hoop_str_t  name = hoop_string("operationName");

    if (docs->at.data == NULL) {
        docs->member = query;

        return (hoop_policy_compile_slot(cc, HOOP_SOURCE_BODY, hoop_str("", 0),
                                         &docs->body) == HOOP_OK
                && hoop_policy_compile_slot(cc, HOOP_SOURCE_QUERY, query,
                                            &docs->query) == HOOP_OK
                && hoop_policy_compile_slot(cc, HOOP_SOURCE_QUERY, name,
                                            &docs->query_name) == HOOP_OK
                && hoop_policy_compile_slot(cc, HOOP_SOURCE_FORM, query,
                                            &docs->form) == HOOP_OK
                && hoop_policy_compile_slot(cc, HOOP_SOURCE_FORM, name,
                                            &docs->form_name) == HOOP_OK)
               ? HOOP_OK : HOOP_ERROR;
    }

    for (len = docs->at.len; docs->at.data[len - 1] != '/'; len--) {
        /* void */
    }

    last = hoop_str(docs->at.data + len - 1, docs->at.len - len + 1);

    buf = hoop_policy_alloc(cc, last.len);
    if (buf == NULL) {
        return HOOP_ERROR;
    }

    /* the pointer was checked, buf is as large as it can be */

    (void) hoop_json_segment(&last, &docs->member, buf, last.len);

    return hoop_policy_compile_slot(cc, HOOP_SOURCE_BODY,
                                    hoop_str(docs->at.data, len - 1),
                                    &docs->body);
}


void
hoop_policy_subject_graphql(hoop_policy_t *policy, const hoop_slot_t *slot,
    const hoop_policy_request_t *req, hoop_subject_t *subject)
{
    hoop_graphql_docs_t  *docs;

    docs = slot->graphql;

    if (docs->generation != policy->generation) {
        docs->generation = policy->generation;
        docs->why = NULL;
        docs->n = 0;

        hoop_policy_graphql_find(policy, docs, req);
    }

    if (docs->why != NULL) {
        subject->type = HOOP_SUBJECT_UNKNOWN;
        subject->why = docs->why;

    } else if (docs->n != 0) {
        subject->type = HOOP_SUBJECT_DATA;
        subject->graphql = docs;
    }
}


static void
hoop_policy_graphql_find(hoop_policy_t *policy, hoop_graphql_docs_t *docs,
    const hoop_policy_request_t *req)
{
    const hoop_subject_t  *query, *name;

    if (docs->at.data != NULL) {

        if (req->body == HOOP_BODY_NONE) {
            return;
        }

        if (req->body != HOOP_BODY_JSON) {
            docs->why = hoop_policy_subject(policy, docs->body, req)->why;
            return;
        }

        hoop_policy_graphql_json(policy, docs, req);

        return;
    }

    query = hoop_policy_subject(policy, docs->query, req);
    name = hoop_policy_subject(policy, docs->query_name, req);

    if (req->body == HOOP_BODY_NONE) {

        if (hoop_policy_graphql_kept_args(req->args,
                                          query->type != HOOP_SUBJECT_ABSENT))
        {
            docs->why = hoop_policy_why_kept;

        } else if (query->type != HOOP_SUBJECT_ABSENT) {
            hoop_policy_graphql_args(policy, docs, docs->query,
                                     docs->query_name, req);
        }

        return;
    }

    if (query->type != HOOP_SUBJECT_ABSENT
        || name->type != HOOP_SUBJECT_ABSENT)
    {
        docs->why = hoop_policy_why_two;
        return;
    }

    hoop_policy_graphql_body(policy, docs, req);
}


/* "id" and "hash" are many things where there is no document beside them */

static int
hoop_policy_graphql_kept_args(hoop_str_t args, int query)
{
    size_t      i;
    hoop_str_t  value;

    static const hoop_str_t  extensions = hoop_string("extensions");

    if (args.len == 0) {
        return 0;
    }

    for (i = query ? 0 : HOOP_GRAPHQL_COMMON;
         i < sizeof(hoop_policy_graphql_kept) / sizeof(hoop_str_t);
         i++)
    {
        if (hoop_pairs_find(args, HOOP_PAIRS_QUERY,
                            hoop_policy_graphql_kept[i], &value))
        {
            return 1;
        }
    }

    return !query && hoop_pairs_find(args, HOOP_PAIRS_QUERY, extensions,
                                     &value) != 0;
}


static void
hoop_policy_graphql_body(hoop_policy_t *policy, hoop_graphql_docs_t *docs,
    const hoop_policy_request_t *req)
{
    hoop_str_t  type;

    switch (req->body) {

    case HOOP_BODY_JSON:
        hoop_policy_graphql_json(policy, docs, req);
        return;

    case HOOP_BODY_FORM:
        hoop_policy_graphql_args(policy, docs, docs->form, docs->form_name,
                                 req);
        return;

    case HOOP_BODY_OTHER:

        if (req->header != NULL
            && req->header(req->header_ctx, hoop_cstr("content-type"), &type)
               == HOOP_OK
            && hoop_media_is(type, "application/graphql") == HOOP_OK)
        {
            hoop_policy_graphql_add(docs, req->body_text, hoop_str("", 0));
            return;
        }

        /* fall through */

    default:
        docs->why = hoop_policy_why_none;
    }
}


/* an object, or an array of them */

static void
hoop_policy_graphql_json(hoop_policy_t *policy, hoop_graphql_docs_t *docs,
    const hoop_policy_request_t *req)
{
    size_t                 i, n;
    const hoop_subject_t  *subject;

    subject = hoop_policy_subject(policy, docs->body, req);

    if (subject->type != HOOP_SUBJECT_JSON) {
        docs->why = (subject->type == HOOP_SUBJECT_UNKNOWN)
                    ? subject->why : hoop_policy_why_none;
        return;
    }

    if (!json_is_array(subject->json)) {
        hoop_policy_graphql_object(docs, subject->json);
        return;
    }

    n = json_array_size(subject->json);

    if (n == 0) {
        docs->why = hoop_policy_why_none;
    }

    for (i = 0; i < n && docs->why == NULL; i++) {
        hoop_policy_graphql_object(docs, json_array_get(subject->json, i));
    }
}


static void
hoop_policy_graphql_object(hoop_graphql_docs_t *docs, json_t *object)
{
    json_t      *query, *name;
    size_t       i;
    hoop_str_t   kept;

    static const hoop_str_t  operation = hoop_string("operationName");

    query = json_object_getn(object, (const char *) docs->member.data,
                             docs->member.len);
    name = json_object_get(object, "operationName");

    if (query == NULL || json_is_null(query)) {
        docs->why = hoop_policy_why_none;
        return;
    }

    for (i = 0;
         i < sizeof(hoop_policy_graphql_kept) / sizeof(hoop_str_t);
         i++)
    {
        kept = hoop_policy_graphql_kept[i];

        if (json_object_getn(object, (const char *) kept.data, kept.len)
            || hoop_json_variant(object, kept))
        {
            docs->why = hoop_policy_why_kept;
            return;
        }
    }

    if (!json_is_string(query)
        || (name != NULL && !json_is_string(name) && !json_is_null(name))
        || hoop_json_variant(object, docs->member)
        || hoop_json_variant(object, operation))
    {
        docs->why = hoop_policy_why_type;
        return;
    }

    hoop_policy_graphql_add(docs, hoop_json_string(query),
                            json_is_string(name) ? hoop_json_string(name)
                                                 : hoop_str("", 0));
}


static void
hoop_policy_graphql_args(hoop_policy_t *policy, hoop_graphql_docs_t *docs,
    unsigned text, unsigned name, const hoop_policy_request_t *req)
{
    const hoop_subject_t  *query, *operation;

    query = hoop_policy_subject(policy, text, req);
    operation = hoop_policy_subject(policy, name, req);

    if (query->type == HOOP_SUBJECT_ABSENT) {
        docs->why = hoop_policy_why_none;
        return;
    }

    if (query->type == HOOP_SUBJECT_UNKNOWN
        || operation->type == HOOP_SUBJECT_UNKNOWN)
    {
        docs->why = (query->type == HOOP_SUBJECT_UNKNOWN) ? query->why
                                                          : operation->why;
        return;
    }

    hoop_policy_graphql_add(docs, query->text,
                            operation->type == HOOP_SUBJECT_TEXT
                            ? operation->text : hoop_str("", 0));
}


static void
hoop_policy_graphql_add(hoop_graphql_docs_t *docs, hoop_str_t text,
    hoop_str_t name)
{
    if (docs->n == HOOP_GRAPHQL_MAX_BATCH) {
        docs->why = hoop_policy_why_batch;
        return;
    }

    docs->why = hoop_graphql_parse(text, name, &docs->docs[docs->n]);

    if (docs->why == NULL) {
        docs->n++;
    }
}


/*
 * An allow needs every operation to be of its types, with fields of its own
 * alone; to a deny or a review one will do, and one field.
 */

hoop_truth_e
hoop_policy_test_graphql(const hoop_op_t *op, const hoop_subject_t *subject,
    const char **why)
{
    unsigned                    i;
    hoop_truth_e                t;
    const hoop_graphql_cond_t  *cond;
    const hoop_graphql_docs_t  *docs;

    cond = op->graphql;

    if (subject->type == HOOP_SUBJECT_UNKNOWN) {
        *why = subject->why;
        return HOOP_TRUTH_UNKNOWN;
    }

    if (subject->type != HOOP_SUBJECT_DATA) {
        return HOOP_TRUTH_NO;
    }

    docs = subject->graphql;

    for (i = 0; i < docs->n; i++) {
        t = hoop_policy_graphql_one(cond, &docs->docs[i]);

        if ((t == HOOP_TRUTH_YES) != cond->every) {
            return t;
        }
    }

    return cond->every ? HOOP_TRUTH_YES : HOOP_TRUTH_NO;
}


static hoop_truth_e
hoop_policy_graphql_one(const hoop_graphql_cond_t *cond,
    const hoop_graphql_t *graphql)
{
    unsigned  i, k;

    if ((graphql->operation & cond->operations) == 0) {
        return HOOP_TRUTH_NO;
    }

    if (cond->fields.n == 0) {
        return HOOP_TRUTH_YES;
    }

    for (i = 0; i < graphql->n; i++) {

        for (k = 0; k < cond->fields.n; k++) {
            if (hoop_glob_match(cond->fields.items[k], 0, graphql->fields[i]))
            {
                break;
            }
        }

        if ((k < cond->fields.n) != cond->every) {
            return cond->every ? HOOP_TRUTH_NO : HOOP_TRUTH_YES;
        }
    }

    return cond->every ? HOOP_TRUTH_YES : HOOP_TRUTH_NO;
}
