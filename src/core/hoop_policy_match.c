
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The "match" member of a rule.
 */


#include <stdlib.h>

#include "hoop_policy_rule.h"


typedef int (*hoop_policy_item_pt)(hoop_compile_t *cc, hoop_rule_t *rule,
    hoop_str_t *item);


typedef struct {
    const char     *key;
    int           (*compile)(hoop_compile_t *cc, json_t *conf,
                             hoop_rule_t *rule);
} hoop_policy_match_part_t;


static int hoop_policy_match_source(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_match_body(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_match_form(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_match_time(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_match_identity(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_match_request(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_match_named(hoop_compile_t *cc, json_t *conf,
    const char *key, hoop_source_e source, hoop_rule_t *rule);
static int hoop_policy_match_member(hoop_compile_t *cc, hoop_source_e source,
    hoop_str_t *name);
static int hoop_policy_match_pointer(hoop_compile_t *cc, hoop_str_t pointer);
static int hoop_policy_match_header(hoop_compile_t *cc, hoop_str_t *name);
static int hoop_policy_match_cond(hoop_compile_t *cc, hoop_source_e source,
    hoop_str_t name, json_t *conf, hoop_rule_t *rule);
static int hoop_policy_match_list(hoop_compile_t *cc, json_t *conf,
    const char *key, hoop_policy_item_pt check, hoop_rule_t *rule,
    hoop_list_t *list);
static int hoop_policy_match_items(hoop_compile_t *cc, json_t *conf,
    const char *key, hoop_policy_item_pt check, hoop_rule_t *rule,
    hoop_list_t *list);
static int hoop_policy_item_method(hoop_compile_t *cc, hoop_rule_t *rule,
    hoop_str_t *item);
static int hoop_policy_item_host(hoop_compile_t *cc, hoop_rule_t *rule,
    hoop_str_t *item);
static int hoop_policy_item_path(hoop_compile_t *cc, hoop_rule_t *rule,
    hoop_str_t *item);
static int hoop_policy_item_issuer(hoop_compile_t *cc, hoop_rule_t *rule,
    hoop_str_t *item);
static int hoop_policy_lower(hoop_compile_t *cc, hoop_str_t *s);
static int hoop_policy_token(hoop_str_t s);
static size_t hoop_policy_members(json_t *conf, const char *key,
    const char *sub);


static const char *const  hoop_policy_match_keys[] = {
    "identity", "request", "source", "time", "use", "body", "form", "graphql",
    "sql", "mcp", NULL
};

static const hoop_policy_match_part_t  hoop_policy_match_parts[] = {
    { "request", hoop_policy_match_request },
    { "identity", hoop_policy_match_identity },
    { "source", hoop_policy_match_source },
    { "time", hoop_policy_match_time },
    { "use", hoop_policy_compile_use },
    { "body", hoop_policy_match_body },
    { "form", hoop_policy_match_form },
    { "graphql", hoop_policy_compile_graphql },
    { "sql", hoop_policy_compile_sql },
    { "mcp", hoop_policy_compile_mcp },
    { NULL, NULL }
};

static const char *const  hoop_policy_identity_keys[] = {
    "issuer", "sub", "claims", NULL
};

static const char *const  hoop_policy_request_keys[] = {
    "method", "host", "path", "query", "headers", NULL
};


static const hoop_str_t  hoop_policy_methods[] = {
    hoop_string("GET"), hoop_string("HEAD"), hoop_string("POST"),
    hoop_string("PUT"), hoop_string("DELETE"), hoop_string("PATCH"),
    hoop_string("OPTIONS"), hoop_string("TRACE"), hoop_string("CONNECT"),
    hoop_string("MKCOL"), hoop_string("COPY"), hoop_string("MOVE"),
    hoop_string("PROPFIND"), hoop_string("PROPPATCH"), hoop_string("LOCK"),
    hoop_string("UNLOCK")
};


uint32_t
hoop_policy_method(hoop_str_t name)
{
    unsigned  i;

    for (i = 0; i < sizeof(hoop_policy_methods) / sizeof(hoop_str_t); i++) {
        if (hoop_str_eq(name, hoop_policy_methods[i])) {
            return (uint32_t) 1 << i;
        }
    }

    return 0;
}


int
hoop_policy_compile_match(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    size_t                           n, mark;
    json_t                          *v;
    const hoop_policy_match_part_t  *part;

    if (hoop_policy_object_parts(cc, conf, hoop_policy_match_keys) != HOOP_OK) {
        return HOOP_ERROR;
    }

    /* "sub", "source", "time", "graphql" and "sql" are one each */

    n = 5 + json_array_size(json_object_get(conf, "use"))
        + hoop_policy_members(conf, "identity", "claims")
        + hoop_policy_members(conf, "request", "query")
        + hoop_policy_members(conf, "request", "headers")
        + hoop_policy_members(conf, "body", NULL)
        + hoop_policy_members(conf, "form", NULL)
        + hoop_policy_mcp_count(json_object_get(conf, "mcp"));

    rule->conds = hoop_policy_alloc(cc, n * sizeof(hoop_cond_t));
    if (rule->conds == NULL) {
        return HOOP_ERROR;
    }

    for (part = hoop_policy_match_parts; part->key != NULL; part++) {
        v = json_object_get(conf, part->key);

        if (v == NULL) {
            continue;
        }

        mark = hoop_policy_push(cc, hoop_cstr(part->key));

        if (hoop_policy_end(cc, mark, part->compile(cc, v, rule)) != HOOP_OK) {
            return HOOP_ERROR;
        }
    }

    return HOOP_OK;
}


static int
hoop_policy_match_source(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    return hoop_policy_match_cond(cc, HOOP_SOURCE_ADDRESS, hoop_cstr("source"),
                                  conf, rule);
}


static int
hoop_policy_match_body(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    return hoop_policy_match_members(cc, conf, HOOP_SOURCE_BODY, rule);
}


static int
hoop_policy_match_form(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    return hoop_policy_match_members(cc, conf, HOOP_SOURCE_FORM, rule);
}


static int
hoop_policy_match_time(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    unsigned    slot;
    hoop_op_t  *op;

    op = hoop_policy_compile_when(cc, conf);

    if (op == NULL
        || hoop_policy_compile_slot(cc, HOOP_SOURCE_TIME, hoop_cstr("time"),
                                    &slot)
           != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    return hoop_policy_match_add(cc, HOOP_SOURCE_TIME, slot, op, conf, rule);
}


static int
hoop_policy_match_identity(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    size_t   mark;
    json_t  *v;

    if (hoop_policy_object_parts(cc, conf, hoop_policy_identity_keys)
        != HOOP_OK
        || hoop_policy_match_list(cc, conf, "issuer", hoop_policy_item_issuer,
                                  rule, &rule->issuers)
           != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    v = json_object_get(conf, "sub");

    if (v != NULL) {
        mark = hoop_policy_push(cc, hoop_cstr("sub"));

        if (hoop_policy_end(cc, mark,
                            hoop_policy_match_cond(cc, HOOP_SOURCE_SUB,
                                                   hoop_cstr("sub"), v, rule))
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }
    }

    return hoop_policy_match_named(cc, conf, "claims", HOOP_SOURCE_CLAIM, rule);
}


static int
hoop_policy_match_request(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    if (hoop_policy_object_parts(cc, conf, hoop_policy_request_keys) != HOOP_OK
        || hoop_policy_match_list(cc, conf, "method", hoop_policy_item_method,
                                  rule, &rule->other_methods)
           != HOOP_OK
        || hoop_policy_match_list(cc, conf, "host", hoop_policy_item_host,
                                  rule, &rule->hosts)
           != HOOP_OK
        || hoop_policy_match_list(cc, conf, "path", hoop_policy_item_path,
                                  rule, &rule->paths)
           != HOOP_OK
        || hoop_policy_match_named(cc, conf, "query", HOOP_SOURCE_QUERY, rule)
           != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    return hoop_policy_match_named(cc, conf, "headers", HOOP_SOURCE_HEADER,
                                   rule);
}


static int
hoop_policy_match_named(hoop_compile_t *cc, json_t *conf, const char *key,
    hoop_source_e source, hoop_rule_t *rule)
{
    size_t   mark;
    json_t  *v;

    v = json_object_get(conf, key);
    if (v == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr(key));

    return hoop_policy_end(cc, mark,
                           hoop_policy_match_members(cc, v, source, rule));
}


/* An object of names, each with a value or an object of operators. */

int
hoop_policy_match_members(hoop_compile_t *cc, json_t *conf,
    hoop_source_e source, hoop_rule_t *rule)
{
    int          rc;
    size_t       mark;
    json_t      *v;
    hoop_str_t   name;
    const char  *member;

    if (!json_is_object(conf)) {
        return hoop_policy_error(cc, 0, "wanted an object of %s",
                                 source == HOOP_SOURCE_QUERY ? "arguments"
                                 : source == HOOP_SOURCE_HEADER ? "headers"
                                 : source == HOOP_SOURCE_FORM ? "form fields"
                                 : "JSON pointers");
    }

    json_object_foreach(conf, member, v) {
        name = hoop_cstr(member);
        mark = hoop_policy_push(cc, name);

        rc = hoop_policy_match_member(cc, source, &name);

        if (rc == HOOP_OK) {
            rc = hoop_policy_match_cond(cc, source, name, v, rule);
        }

        if (hoop_policy_end(cc, mark, rc) != HOOP_OK) {
            return HOOP_ERROR;
        }
    }

    return HOOP_OK;
}


static int
hoop_policy_match_member(hoop_compile_t *cc, hoop_source_e source,
    hoop_str_t *name)
{
    if (name->len > HOOP_POLICY_MAX_POINTER) {
        return hoop_policy_error(cc, 1, "name is too long, at most %d bytes",
                                 HOOP_POLICY_MAX_POINTER);
    }

    switch (source) {

    case HOOP_SOURCE_CLAIM:
    case HOOP_SOURCE_BODY:
    case HOOP_SOURCE_MCP_ARGUMENT:
        return hoop_policy_match_pointer(cc, *name);

    case HOOP_SOURCE_HEADER:
        return hoop_policy_match_header(cc, name);

    default:
        if (name->len == 0) {
            return hoop_policy_error(cc, 1, "empty argument name");
        }

        return HOOP_OK;
    }
}


static int
hoop_policy_match_pointer(hoop_compile_t *cc, hoop_str_t pointer)
{
    if (pointer.len != 0 && !hoop_json_pointer_valid(pointer)) {
        return hoop_policy_error(cc, 1, "invalid JSON pointer \"%s\", "
                                 "wanted \"/name/name\" with \"~1\" for "
                                 "\"/\" and \"~0\" for \"~\"",
                                 hoop_policy_quote(cc, pointer));
    }

    return HOOP_OK;
}


static int
hoop_policy_match_header(hoop_compile_t *cc, hoop_str_t *name)
{
    if (!hoop_policy_token(*name)) {
        return hoop_policy_error(cc, 1, "invalid header name \"%s\"",
                                 hoop_policy_quote(cc, *name));
    }

    if (hoop_policy_lower(cc, name) != HOOP_OK) {
        return HOOP_ERROR;
    }

    if (hoop_str_is(*name, "authorization")) {
        return hoop_policy_error(cc, 1, "the Authorization header is no "
                                 "condition, use \"identity\"");
    }

    return HOOP_OK;
}


static int
hoop_policy_match_cond(hoop_compile_t *cc, hoop_source_e source,
    hoop_str_t name, json_t *conf, hoop_rule_t *rule)
{
    unsigned    slot;
    hoop_op_t  *ops;

    if (hoop_policy_compile_slot(cc, source, name, &slot) != HOOP_OK) {
        return HOOP_ERROR;
    }

    ops = hoop_policy_compile_op(cc, conf, hoop_source_text(source));
    if (ops == NULL) {
        return HOOP_ERROR;
    }

    return hoop_policy_match_add(cc, source, slot, ops, conf, rule);
}


int
hoop_policy_match_add(hoop_compile_t *cc, hoop_source_e source, unsigned slot,
    hoop_op_t *ops, json_t *conf, hoop_rule_t *rule)
{
    unsigned      i;
    hoop_cond_t   cond;
    hoop_slot_t  *slots;

    cond.slot = slot;
    cond.ops = ops;

    if (hoop_policy_compile_cond(cc, conf, &cond) != HOOP_OK) {
        return HOOP_ERROR;
    }

    slots = cc->policy->slots;

    for (i = rule->nconds++; i > 0; i--) {
        if (slots[rule->conds[i - 1].slot].source <= source) {
            break;
        }

        rule->conds[i] = rule->conds[i - 1];
    }

    rule->conds[i] = cond;
    rule->names |= hoop_policy_override_slot(&slots[slot]);

    if (source >= HOOP_SOURCE_BODY) {
        rule->body = 1;
    }

    return HOOP_OK;
}


/* A string, or a non-empty array of strings of which one must match. */

static int
hoop_policy_match_list(hoop_compile_t *cc, json_t *conf, const char *key,
    hoop_policy_item_pt check, hoop_rule_t *rule, hoop_list_t *list)
{
    size_t   mark;
    json_t  *v;

    v = json_object_get(conf, key);
    if (v == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr(key));

    return hoop_policy_end(cc, mark,
                           hoop_policy_match_items(cc, v, key, check, rule,
                                                   list));
}


static int
hoop_policy_match_items(hoop_compile_t *cc, json_t *conf, const char *key,
    hoop_policy_item_pt check, hoop_rule_t *rule, hoop_list_t *list)
{
    int          rc;
    size_t       i, n, mark;
    json_t      *v;
    hoop_str_t   item;

    n = json_is_string(conf) ? 1 : json_array_size(conf);

    if (n == 0) {
        return hoop_policy_error(cc, 0, "\"%s\" must be a string or an array "
                                 "of strings", key);
    }

    if (n > HOOP_POLICY_MAX_LIST) {
        return hoop_policy_error(cc, 0, "too long a list, at most %d",
                                 HOOP_POLICY_MAX_LIST);
    }

    list->items = hoop_policy_alloc(cc, n * sizeof(hoop_str_t));
    if (list->items == NULL) {
        return HOOP_ERROR;
    }

    for (i = 0; i < n; i++) {
        v = json_is_string(conf) ? conf : json_array_get(conf, i);
        mark = (v == conf) ? cc->path.len : hoop_policy_push_index(cc, i);

        rc = hoop_policy_string(cc, v, HOOP_GLOB_MAX, &item);

        if (rc == HOOP_OK) {
            rc = check(cc, rule, &item);
        }

        if (rc == HOOP_OK && item.len != 0) {
            list->items[list->n++] = item;
        }

        if (hoop_policy_end(cc, mark, rc) != HOOP_OK) {
            return HOOP_ERROR;
        }
    }

    return HOOP_OK;
}


static int
hoop_policy_item_method(hoop_compile_t *cc, hoop_rule_t *rule,
    hoop_str_t *item)
{
    size_t    i;
    uint32_t  bit;

    if (!hoop_policy_token(*item)) {
        return hoop_policy_error(cc, 0, "invalid method \"%s\"",
                                 hoop_policy_quote(cc, *item));
    }

    for (i = 0; i < item->len; i++) {
        if (item->data[i] >= 'a' && item->data[i] <= 'z') {
            return hoop_policy_error(cc, 0, "invalid method \"%s\", methods "
                                     "are written in upper case",
                                     hoop_policy_quote(cc, *item));
        }
    }

    bit = hoop_policy_method(*item);

    if (bit) {
        rule->methods |= bit;
        item->len = 0;
    }

    return HOOP_OK;
}


static int
hoop_policy_item_host(hoop_compile_t *cc, hoop_rule_t *rule, hoop_str_t *item)
{
    hoop_error_t  err;

    if (memchr(item->data, '/', item->len) != NULL
        || memchr(item->data, ':', item->len) != NULL)
    {
        return hoop_policy_error(cc, 0, "invalid host \"%s\", wanted a name "
                                 "without scheme, port and path",
                                 hoop_policy_quote(cc, *item));
    }

    if (item->data[item->len - 1] == '.') {
        return hoop_policy_error(cc, 0, "invalid host \"%s\", it ends with "
                                 "a dot", hoop_policy_quote(cc, *item));
    }

    if (hoop_glob_check(*item, '.', &err) != HOOP_OK) {
        return hoop_policy_error(cc, 0, "host: %s", err.text);
    }

    return hoop_policy_lower(cc, item);
}


static int
hoop_policy_item_path(hoop_compile_t *cc, hoop_rule_t *rule, hoop_str_t *item)
{
    hoop_str_t    rest, segment;
    hoop_error_t  err;

    if (item->data[0] != '/') {
        return hoop_policy_error(cc, 0, "invalid path \"%s\", it must begin "
                                 "with \"/\"", hoop_policy_quote(cc, *item));
    }

    if (memchr(item->data, '?', item->len) != NULL
        || memchr(item->data, '#', item->len) != NULL)
    {
        return hoop_policy_error(cc, 0, "invalid path \"%s\", arguments "
                                 "belong into \"query\"",
                                 hoop_policy_quote(cc, *item));
    }

    /* nginx's normalised path has none of these: such a rule never matches */

    rest = hoop_str(item->data + 1, item->len - 1);

    while (hoop_glob_segment(&rest, '/', &segment)) {
        if ((segment.len == 0 && rest.data != NULL)
            || hoop_str_is(segment, ".") || hoop_str_is(segment, ".."))
        {
            return hoop_policy_error(cc, 0, "invalid path \"%s\", it is not "
                                     "normalised: \"//\", \"/.\" or \"/..\"",
                                     hoop_policy_quote(cc, *item));
        }
    }

    if (hoop_glob_check(*item, '/', &err) != HOOP_OK) {
        return hoop_policy_error(cc, 0, "path: %s", err.text);
    }

    /* see hoop_policy_path(): deny and review do not see a trailing slash */

    if (rule->effect != HOOP_VERDICT_ALLOW && item->len > 1
        && item->data[item->len - 1] == '/')
    {
        item->len--;
    }

    return HOOP_OK;
}


static int
hoop_policy_item_issuer(hoop_compile_t *cc, hoop_rule_t *rule,
    hoop_str_t *item)
{
    return HOOP_OK;
}


static int
hoop_policy_lower(hoop_compile_t *cc, hoop_str_t *s)
{
    size_t   i;
    u_char  *p;

    p = hoop_policy_alloc(cc, s->len);
    if (p == NULL) {
        return HOOP_ERROR;
    }

    for (i = 0; i < s->len; i++) {
        p[i] = hoop_lower(s->data[i]);
    }

    s->data = p;

    return HOOP_OK;
}


/* RFC 9110, 5.6.2 */

static int
hoop_policy_token(hoop_str_t s)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < s.len; i++) {
        c = s.data[i];

        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
            && !(c >= '0' && c <= '9')
            && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
        {
            return 0;
        }
    }

    return s.len != 0;
}


static size_t
hoop_policy_members(json_t *conf, const char *key, const char *sub)
{
    conf = json_object_get(conf, key);

    if (sub != NULL) {
        conf = json_object_get(conf, sub);
    }

    return json_object_size(conf);
}
