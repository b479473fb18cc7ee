
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What of a request can make it another one behind the back of its method and
 * path: frameworks take the method of a POST from a header or an argument, some
 * servers the path, and COPY and MOVE have a second path in a header.
 *
 * Whoever allows such a request must have had it in mind: a rule that allows,
 * or asks for a human, does not know what it says yes to unless it names the
 * header or argument, itself or in a set that it uses.  To a deny or review that does
 * not, the method is one or the other: it is unknown whether a list of methods
 * holds that has one of them alone.
 */


#include "hoop_pairs.h"
#include "hoop_policy_rule.h"


#define HOOP_OVERRIDE_QUERY        0x0100
#define HOOP_OVERRIDE_FORM         0x0200


static void hoop_policy_override_args(const hoop_policy_request_t *req,
    hoop_str_t args, unsigned bit, hoop_override_t *o);
static void hoop_policy_override_method(hoop_override_t *o, int known,
    hoop_str_t value);


static const struct {
    hoop_str_t   name;
    const char  *why;
} hoop_policy_overrides[] = {
    { hoop_string("x-http-method-override"), "a header changes the method" },
    { hoop_string("x-http-method"), "a header changes the method" },
    { hoop_string("x-method-override"), "a header changes the method" },
    { hoop_string("x-original-url"), "a header changes the path" },
    { hoop_string("x-rewrite-url"), "a header changes the path" },
    { hoop_string("destination"), "the Destination is not judged" }
};

static const hoop_str_t  hoop_policy_override_arg = hoop_string("_method");


#define HOOP_OVERRIDE_METHODS      3
#define HOOP_OVERRIDE_DESTINATION  5
#define HOOP_OVERRIDE_HEADERS      6


unsigned
hoop_policy_override_header(hoop_str_t name)
{
    unsigned  i;

    for (i = 0; i < HOOP_OVERRIDE_HEADERS; i++) {
        if (hoop_str_eq(name, hoop_policy_overrides[i].name)) {
            return 1u << i;
        }
    }

    return 0;
}


/* what a rule names by a condition on the slot */

unsigned
hoop_policy_override_slot(const hoop_slot_t *slot)
{
    switch (slot->source) {

    case HOOP_SOURCE_HEADER:
        return hoop_policy_override_header(slot->name);

    case HOOP_SOURCE_QUERY:
        return hoop_str_eq(slot->name, hoop_policy_override_arg)
               ? HOOP_OVERRIDE_QUERY : 0;

    case HOOP_SOURCE_FORM:
        return hoop_str_eq(slot->name, hoop_policy_override_arg)
               ? HOOP_OVERRIDE_FORM : 0;

    case HOOP_SOURCE_SET:
    case HOOP_SOURCE_SET_BODY:
        return slot->set->names;

    default:
        return 0;
    }
}


void
hoop_policy_override(const hoop_policy_request_t *req, hoop_override_t *o)
{
    int         rc;
    unsigned    i, n;
    hoop_str_t  value;

    memset(o, 0, sizeof(hoop_override_t));

    n = HOOP_OVERRIDE_HEADERS;

    if (!hoop_str_is(req->method, "COPY") && !hoop_str_is(req->method, "MOVE"))
    {
        n = HOOP_OVERRIDE_DESTINATION;
    }

    for (i = 0; i < n && req->header != NULL; i++) {
        rc = req->header(req->header_ctx, hoop_policy_overrides[i].name,
                         &value);

        if (rc == HOOP_DECLINED) {
            continue;
        }

        o->found |= 1u << i;

        if (i < HOOP_OVERRIDE_METHODS) {
            hoop_policy_override_method(o, rc == HOOP_OK, value);
            o->methods |= 1u << i;
        }
    }

    if (!hoop_str_is(req->method, "POST")) {
        return;
    }

    hoop_policy_override_args(req, req->args, HOOP_OVERRIDE_QUERY, o);

    if (req->body == HOOP_BODY_FORM) {
        hoop_policy_override_args(req, req->body_text, HOOP_OVERRIDE_FORM, o);
    }
}


static void
hoop_policy_override_args(const hoop_policy_request_t *req, hoop_str_t args,
    unsigned bit, hoop_override_t *o)
{
    size_t      n;
    hoop_str_t  value;

    if (args.len == 0) {
        return;
    }

    n = hoop_pairs_find(args, HOOP_PAIRS_QUERY, hoop_policy_override_arg,
                        &value);

    if (n != 0) {
        o->found |= bit;
        o->methods |= bit;
        hoop_policy_override_method(o, n == 1, value);
    }
}


/* one that is a plain word; of two that differ none is known */

static void
hoop_policy_override_method(hoop_override_t *o, int known, hoop_str_t value)
{
    u_char  c, method[HOOP_OVERRIDE_MAX_METHOD];
    size_t  i;

    if (!known || value.len == 0 || value.len > sizeof(method)) {
        o->unknown = 1;
        return;
    }

    for (i = 0; i < value.len; i++) {
        c = value.data[i];

        if (c >= 'a' && c <= 'z') {
            c &= ~0x20;
        }

        if (c < 'A' || c > 'Z') {
            o->unknown = 1;
            return;
        }

        method[i] = c;
    }

    if (o->len != 0
        && (o->len != value.len || memcmp(o->method, method, o->len) != 0))
    {
        o->unknown = 1;
    }

    o->len = value.len;
    memcpy(o->method, method, value.len);
}


/* the first of them, for who asks why */

const char *
hoop_policy_override_why(unsigned found, const char **what, hoop_str_t *name)
{
    unsigned  i;

    for (i = 0; i < HOOP_OVERRIDE_HEADERS; i++) {
        if (found & 1u << i) {
            *what = "header";
            *name = hoop_policy_overrides[i].name;
            return hoop_policy_overrides[i].why;
        }
    }

    *what = (found & HOOP_OVERRIDE_QUERY) ? "query" : "form";
    *name = hoop_policy_override_arg;

    return "an argument changes the method";
}
