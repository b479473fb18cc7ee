
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The things of a request that conditions look at, found once for each
 * evaluation.
 *
 * Two parsers may read one request differently, and the target's parser is
 * not ours.  So a thing is UNKNOWN wherever a common one would see something
 * else:
 *
 *   query    the argument is there twice; under another case, with brackets
 *            behind its name, or with a dot or space for "_" (PHP, ASP.NET,
 *            Rails); it is cut by a ";" (older form parsers); a broken escape
 *            or %00 in it or in any argument's name
 *   header   it is there twice
 *   body     on the way of the pointer an object has a member whose name
 *            differs in case only (Go's encoding/json and others take it for
 *            the same); the body is not JSON, or ambiguous as a whole
 *   form     as of the query; the body is no form, or ambiguous as a whole
 */


#include <stdlib.h>

#include "hoop_policy_rule.h"


static int hoop_policy_slot_open(hoop_source_e source);
static void hoop_policy_slot_header(const hoop_slot_t *slot,
    const hoop_policy_request_t *req, hoop_subject_t *subject);


static const char  hoop_policy_why_header[] = "the header is duplicate";
static const char  hoop_policy_why_case[] =
    "the body has members whose names differ only in case";
static const char  hoop_policy_why_other[] = "the body is not JSON";
static const char  hoop_policy_why_body[] = "the body is not unambiguous JSON";
static const char  hoop_policy_why_query[] =
    "the query argument is duplicate or ambiguous";
static const char  hoop_policy_why_form[] =
    "the form field is duplicate or ambiguous";
static const char  hoop_policy_why_no_form[] =
    "the body is not an unambiguous form";


int
hoop_policy_compile_slot(hoop_compile_t *cc, hoop_source_e source,
    hoop_str_t name, unsigned *n)
{
    char            key[HOOP_POLICY_MAX_POINTER + 2];
    json_t         *v;
    unsigned        size;
    hoop_slot_t    *slots;
    hoop_policy_t  *policy;

    policy = cc->policy;

    /* a pointer of GraphQL has a byte in front */

    key[0] = '0' + source;
    memcpy(key + 1, name.data, name.len);

    v = json_object_getn(cc->slots, key, name.len + 1);

    if (v != NULL) {
        *n = json_integer_value(v);
        return HOOP_OK;
    }

    if (policy->nslots == cc->slots_size) {
        size = cc->slots_size ? cc->slots_size * 2 : 16;

        slots = realloc(policy->slots, size * sizeof(hoop_slot_t));
        if (slots == NULL) {
            return hoop_policy_nomem(cc);
        }

        policy->slots = slots;
        cc->slots_size = size;
    }

    slots = &policy->slots[policy->nslots];
    memset(slots, 0, sizeof(hoop_slot_t));

    slots->source = source;
    slots->name = name;

    if ((source == HOOP_SOURCE_CLAIM || source == HOOP_SOURCE_BODY
         || source == HOOP_SOURCE_MCP_ARGUMENT)
        && hoop_policy_segments(cc, name, &slots->segments, &slots->nsegments)
           != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    if (json_object_setn_new(cc->slots, key, name.len + 1,
                             json_integer(policy->nslots))
        != 0)
    {
        return hoop_policy_nomem(cc);
    }

    *n = policy->nslots++;

    return HOOP_OK;
}


int
hoop_policy_segments(hoop_compile_t *cc, hoop_str_t pointer,
    hoop_str_t **segments, unsigned *n)
{
    size_t   i, count;
    u_char  *buf;

    *segments = NULL;
    *n = 0;

    count = 0;

    for (i = 0; i < pointer.len; i++) {
        count += (pointer.data[i] == '/');
    }

    if (count == 0) {
        return HOOP_OK;
    }

    *segments = hoop_policy_alloc(cc, count * sizeof(hoop_str_t));
    if (*segments == NULL) {
        return HOOP_ERROR;
    }

    while (pointer.len != 0) {
        buf = hoop_policy_alloc(cc, pointer.len);
        if (buf == NULL) {
            return HOOP_ERROR;
        }

        /* the pointer was checked, buf is as large as it can be */

        (void) hoop_json_segment(&pointer, &(*segments)[(*n)++], buf,
                                 pointer.len);
    }

    return HOOP_OK;
}


const hoop_subject_t *
hoop_policy_subject(hoop_policy_t *policy, unsigned n,
    const hoop_policy_request_t *req)
{
    hoop_slot_t     *slot;
    hoop_subject_t  *subject;

    slot = &policy->slots[n];
    subject = &slot->subject;

    if (slot->generation == policy->generation) {
        return subject;
    }

    slot->generation = policy->generation;
    memset(subject, 0, sizeof(hoop_subject_t));

    if (req->mcp != NULL && req->mcp->open
        && hoop_policy_slot_open(slot->source))
    {
        subject->type = HOOP_SUBJECT_OPEN;
        return subject;
    }

    switch (slot->source) {

    case HOOP_SOURCE_SUB:
        subject->type = HOOP_SUBJECT_TEXT;
        subject->text = req->identity->sub;
        break;

    case HOOP_SOURCE_CLAIM:
        hoop_policy_slot_json(slot, req->identity->claims, 0, subject);
        break;

    case HOOP_SOURCE_QUERY:
        hoop_policy_subject_args(&policy->scratch, slot->name, req->args,
                                 hoop_policy_why_query, subject);
        break;

    case HOOP_SOURCE_HEADER:
        hoop_policy_slot_header(slot, req, subject);
        break;

    case HOOP_SOURCE_ADDRESS:
        hoop_policy_subject_address(req, policy->address, subject);
        break;

    case HOOP_SOURCE_TIME:
        hoop_policy_subject_when(req, subject);
        break;

    case HOOP_SOURCE_SET:
    case HOOP_SOURCE_SET_BODY:
        hoop_policy_subject_set(policy, slot->set, req, subject);
        break;

    case HOOP_SOURCE_SQL:
    case HOOP_SOURCE_SQL_BODY:
        subject->type = HOOP_SUBJECT_DATA;
        subject->req = req;
        break;

    case HOOP_SOURCE_MCP:
    case HOOP_SOURCE_MCP_ARGUMENT:
        hoop_policy_subject_mcp(slot, req, subject);
        break;

    case HOOP_SOURCE_BODY:

        if (req->body == HOOP_BODY_NONE) {
            break;
        }

        if (req->body == HOOP_BODY_JSON && req->body_json != NULL) {
            hoop_policy_slot_json(slot, req->body_json, 1, subject);
            break;
        }

        subject->type = HOOP_SUBJECT_UNKNOWN;
        subject->why = (req->body == HOOP_BODY_OTHER) ? hoop_policy_why_other
                                                      : hoop_policy_why_body;
        break;

    case HOOP_SOURCE_GRAPHQL:
        hoop_policy_subject_graphql(policy, slot, req, subject);
        break;

    case HOOP_SOURCE_FORM:

        if (req->body == HOOP_BODY_NONE) {
            break;
        }

        if (req->body == HOOP_BODY_FORM) {
            hoop_policy_subject_args(&policy->form_scratch, slot->name,
                                     req->body_text, hoop_policy_why_form,
                                     subject);
            break;
        }

        subject->type = HOOP_SUBJECT_UNKNOWN;
        subject->why = hoop_policy_why_no_form;
        break;
    }

    return subject;
}


/* what is found in a body alone, but for the names that MCP has in it */

static int
hoop_policy_slot_open(hoop_source_e source)
{
    return source == HOOP_SOURCE_BODY || source == HOOP_SOURCE_FORM
           || source == HOOP_SOURCE_GRAPHQL || source == HOOP_SOURCE_SQL_BODY;
}


void
hoop_policy_slot_json(const hoop_slot_t *slot, json_t *v, int body,
    hoop_subject_t *subject)
{
    size_t             index;
    unsigned           i;
    const hoop_str_t  *segment;

    for (i = 0; i < slot->nsegments && v != NULL; i++) {
        segment = &slot->segments[i];

        if (json_is_object(v)) {

            if (body && hoop_json_variant(v, *segment)) {
                subject->type = HOOP_SUBJECT_UNKNOWN;
                subject->why = hoop_policy_why_case;
                return;
            }

            v = json_object_getn(v, (const char *) segment->data,
                                 segment->len);

        } else if (json_is_array(v)
                   && hoop_json_index(*segment, &index) == HOOP_OK)
        {
            v = json_array_get(v, index);

        } else {
            v = NULL;
        }
    }

    if (v != NULL) {
        subject->type = HOOP_SUBJECT_JSON;
        subject->json = v;
    }
}


static void
hoop_policy_slot_header(const hoop_slot_t *slot,
    const hoop_policy_request_t *req, hoop_subject_t *subject)
{
    int  rc;

    rc = (req->header != NULL)
         ? req->header(req->header_ctx, slot->name, &subject->text)
         : HOOP_DECLINED;

    switch (rc) {

    case HOOP_OK:
        subject->type = HOOP_SUBJECT_TEXT;
        break;

    case HOOP_DECLINED:
        subject->type = HOOP_SUBJECT_ABSENT;
        break;

    case HOOP_AGAIN:
        subject->type = HOOP_SUBJECT_OPEN;
        break;

    default:
        subject->type = HOOP_SUBJECT_UNKNOWN;
        subject->why = hoop_policy_why_header;
    }
}
