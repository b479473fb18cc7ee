
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
 */


#include <stdlib.h>

#include "hoop_policy_rule.h"


typedef enum {
    HOOP_NAME_OTHER = 0,
    HOOP_NAME_EXACT,
    HOOP_NAME_UNKNOWN
} hoop_name_e;


static int hoop_policy_slot_segments(hoop_compile_t *cc, hoop_slot_t *slot);
static void hoop_policy_slot_json(const hoop_slot_t *slot, json_t *v,
    int body, hoop_subject_t *subject);
static void hoop_policy_slot_header(const hoop_slot_t *slot,
    const hoop_policy_request_t *req, hoop_subject_t *subject);
static void hoop_policy_slot_query(hoop_policy_t *policy,
    const hoop_slot_t *slot, hoop_str_t args, hoop_subject_t *subject);
static hoop_name_e hoop_policy_slot_piece(hoop_str_t name, hoop_str_t piece);
static hoop_name_e hoop_policy_slot_name(hoop_str_t name, hoop_str_t piece);
static int hoop_policy_slot_decode(hoop_policy_t *policy, size_t args,
    hoop_str_t *value);
static int hoop_policy_slot_char(const u_char **p, const u_char *end);
static u_char hoop_policy_slot_alike(u_char c);


static const char  hoop_policy_why_query[] =
    "the query argument is duplicate or ambiguous";
static const char  hoop_policy_why_header[] = "the header is duplicate";
static const char  hoop_policy_why_case[] =
    "the body has members whose names differ only in case";
static const char  hoop_policy_why_other[] = "the body is not JSON";
static const char  hoop_policy_why_body[] = "the body is not unambiguous JSON";


int
hoop_policy_compile_slot(hoop_compile_t *cc, hoop_source_e source,
    hoop_str_t name, unsigned *n)
{
    char            key[HOOP_POLICY_MAX_POINTER + 1];
    json_t         *v;
    unsigned        size;
    hoop_slot_t    *slots;
    hoop_policy_t  *policy;

    policy = cc->policy;

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

    if ((source == HOOP_SOURCE_CLAIM || source == HOOP_SOURCE_BODY)
        && hoop_policy_slot_segments(cc, slots) != HOOP_OK)
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


static int
hoop_policy_slot_segments(hoop_compile_t *cc, hoop_slot_t *slot)
{
    size_t       i, n;
    u_char      *buf;
    hoop_str_t   rest, *segment;

    n = 0;

    for (i = 0; i < slot->name.len; i++) {
        n += (slot->name.data[i] == '/');
    }

    if (n == 0) {
        return HOOP_OK;
    }

    slot->segments = hoop_policy_alloc(cc, n * sizeof(hoop_str_t));
    if (slot->segments == NULL) {
        return HOOP_ERROR;
    }

    rest = slot->name;

    while (rest.len != 0) {
        buf = hoop_policy_alloc(cc, rest.len);
        if (buf == NULL) {
            return HOOP_ERROR;
        }

        segment = &slot->segments[slot->nsegments++];

        /* the pointer was checked, buf is as large as it can be */

        (void) hoop_json_segment(&rest, segment, buf, rest.len);
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

    switch (slot->source) {

    case HOOP_SOURCE_SUB:
        subject->type = HOOP_SUBJECT_TEXT;
        subject->text = req->identity->sub;
        break;

    case HOOP_SOURCE_CLAIM:
        hoop_policy_slot_json(slot, req->identity->claims, 0, subject);
        break;

    case HOOP_SOURCE_QUERY:
        hoop_policy_slot_query(policy, slot, req->args, subject);
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
    }

    return subject;
}


static void
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

    default:
        subject->type = HOOP_SUBJECT_UNKNOWN;
        subject->why = hoop_policy_why_header;
    }
}


static void
hoop_policy_slot_query(hoop_policy_t *policy, const hoop_slot_t *slot,
    hoop_str_t args, hoop_subject_t *subject)
{
    hoop_str_t     rest, piece, value;
    const u_char  *p;

    rest = args;

    if (args.len == 0) {
        return;
    }

    while (hoop_glob_segment(&rest, '&', &piece)) {

        switch (hoop_policy_slot_piece(slot->name, piece)) {

        case HOOP_NAME_OTHER:
            continue;

        case HOOP_NAME_EXACT:
            if (subject->type == HOOP_SUBJECT_ABSENT) {
                break;
            }

            /* fall through */

        default:
            goto unknown;
        }

        p = memchr(piece.data, '=', piece.len);

        value = p ? hoop_str(p + 1, piece.data + piece.len - p - 1)
                  : hoop_str(piece.data + piece.len, 0);

        if (hoop_policy_slot_decode(policy, args.len, &value) != HOOP_OK) {
            goto unknown;
        }

        subject->type = HOOP_SUBJECT_TEXT;
        subject->text = value;
    }

    return;

unknown:

    subject->type = HOOP_SUBJECT_UNKNOWN;
    subject->why = hoop_policy_why_query;
}


static hoop_name_e
hoop_policy_slot_piece(hoop_str_t name, hoop_str_t piece)
{
    hoop_str_t   rest, part;
    hoop_name_e  found;

    found = hoop_policy_slot_name(name, piece);

    if (memchr(piece.data, ';', piece.len) == NULL) {
        return found;
    }

    if (found != HOOP_NAME_OTHER) {
        return HOOP_NAME_UNKNOWN;
    }

    rest = piece;

    while (hoop_glob_segment(&rest, ';', &part)) {
        if (hoop_policy_slot_name(name, part) != HOOP_NAME_OTHER) {
            return HOOP_NAME_UNKNOWN;
        }
    }

    return HOOP_NAME_OTHER;
}


static hoop_name_e
hoop_policy_slot_name(hoop_str_t name, hoop_str_t piece)
{
    int            c, exact, alike, bracket;
    size_t         i;
    const u_char  *p, *end;

    p = memchr(piece.data, '=', piece.len);
    end = p ? p : piece.data + piece.len;

    i = 0;
    exact = 1;
    alike = 1;
    bracket = 0;

    for (p = piece.data; p < end; /* void */ ) {
        c = hoop_policy_slot_char(&p, end);

        if (c <= 0) {
            return HOOP_NAME_UNKNOWN;
        }

        if (i < name.len) {

            if (i == 0 && c == ' ' && name.data[0] != ' ') {
                exact = 0;
                continue;
            }

            if (c != name.data[i]) {
                exact = 0;

                if (hoop_policy_slot_alike(c)
                    != hoop_policy_slot_alike(name.data[i]))
                {
                    alike = 0;
                }
            }

            i++;
            continue;
        }

        exact = 0;

        if (c == '[') {
            bracket = 1;
        }

        if (!bracket) {
            alike = 0;
        }
    }

    if (i < name.len || !alike) {
        return HOOP_NAME_OTHER;
    }

    return exact ? HOOP_NAME_EXACT : HOOP_NAME_UNKNOWN;
}


/*
 * Each argument is decoded at most once in an evaluation, so scratch as large
 * as all of them never has to move under the spans that point into it.
 */

static int
hoop_policy_slot_decode(hoop_policy_t *policy, size_t args, hoop_str_t *value)
{
    int            c;
    u_char        *d;
    const u_char  *p, *end;

    if (memchr(value->data, '%', value->len) == NULL
        && memchr(value->data, '+', value->len) == NULL)
    {
        return HOOP_OK;
    }

    if (policy->scratch_size < args) {

        if (args > HOOP_POLICY_MAX_SCRATCH || policy->scratch_used != 0) {
            return HOOP_LIMIT;
        }

        free(policy->scratch);
        policy->scratch_size = 0;

        policy->scratch = malloc(args);
        if (policy->scratch == NULL) {
            return HOOP_NOMEM;
        }

        policy->scratch_size = args;
    }

    if (value->len > policy->scratch_size - policy->scratch_used) {
        return HOOP_LIMIT;
    }

    d = policy->scratch + policy->scratch_used;
    p = value->data;
    end = p + value->len;

    while (p < end) {
        c = hoop_policy_slot_char(&p, end);

        if (c <= 0) {
            return HOOP_ERROR;
        }

        *d++ = c;
    }

    value->data = policy->scratch + policy->scratch_used;
    value->len = d - value->data;
    policy->scratch_used += value->len;

    return HOOP_OK;
}


/* The next byte, decoded; -1: a broken escape. */

static int
hoop_policy_slot_char(const u_char **p, const u_char *end)
{
    int       i;
    u_char    c, lower;
    unsigned  n;

    c = *(*p)++;

    if (c == '+') {
        return ' ';
    }

    if (c != '%') {
        return c;
    }

    if (end - *p < 2) {
        return -1;
    }

    for (n = 0, i = 0; i < 2; i++) {
        c = *(*p)++;
        lower = c | 0x20;

        if (c >= '0' && c <= '9') {
            n = n * 16 + (c - '0');

        } else if (lower >= 'a' && lower <= 'f') {
            n = n * 16 + (lower - 'a' + 10);

        } else {
            return -1;
        }
    }

    return n;
}


static u_char
hoop_policy_slot_alike(u_char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c | 0x20;
    }

    return (c == '.' || c == ' ' || c == '[') ? '_' : c;
}
