
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The "rules" of a policy: everything of a rule but its "match".
 */


#include <stdlib.h>

#include "hoop_policy_rule.h"


typedef struct {
    const char     *key;
    int           (*compile)(hoop_compile_t *cc, json_t *conf,
                             hoop_rule_t *rule);
    unsigned        effect:1;          /* it depends on the rule's effect */
} hoop_policy_rule_part_t;


static int hoop_policy_rule_once(hoop_compile_t *cc, json_t *ids,
    hoop_rule_t *rule);
static int hoop_policy_compile_rule(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_rule_id(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_rule_effect(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_rule_monitor(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_rule_reason(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_rule_record(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_rule_credential(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_rule_mask(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_mask_named(hoop_compile_t *cc, json_t *v,
    const hoop_mask_set_t **set);
static int hoop_policy_mask_builtin(hoop_compile_t *cc, unsigned i,
    const hoop_mask_set_t **set);
static int hoop_policy_rule_review(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_review_approvers(hoop_compile_t *cc, json_t *conf,
    hoop_review_t *review);
static int hoop_policy_review_scope(hoop_compile_t *cc, json_t *conf,
    hoop_review_t *review);


static const char *const  hoop_policy_rule_keys[] = {
    "id", "effect", "reason", "match", "mask", "record", "credential",
    "review", "token", "limits", "list", "monitor", NULL
};

/* a path is compiled as the rule's effect needs it: see "match" */

static const hoop_policy_rule_part_t  hoop_policy_rule_parts[] = {
    { "id", hoop_policy_rule_id, 0 },
    { "effect", hoop_policy_rule_effect, 0 },
    { "monitor", hoop_policy_rule_monitor, 0 },
    { "reason", hoop_policy_rule_reason, 0 },
    { "record", hoop_policy_rule_record, 0 },
    { "credential", hoop_policy_rule_credential, 0 },
    { "mask", hoop_policy_rule_mask, 0 },
    { "review", hoop_policy_rule_review, 1 },
    { "token", hoop_policy_compile_token, 1 },
    { "limits", hoop_policy_compile_limits, 1 },
    { "list", hoop_policy_compile_list, 1 },
    { "match", hoop_policy_compile_match, 0 },
    { NULL, NULL, 0 }
};

static const char *const  hoop_policy_review_keys[] = {
    "approvers", "count", "ttl", "scope", "valid", "reason", NULL
};

/* from HOOP_REVIEW_ONCE on */

static const char *const  hoop_policy_scopes[] = {
    "once", "time", "run", NULL
};

static const char *const  hoop_policy_reasons[] = {
    "optional", "required", NULL
};

/* from HOOP_RECORD_OFF on */

static const char *const  hoop_policy_records[] = {
    "off", "metadata", "payload", NULL
};


/*
 * Mask sets that a rule may name without writing them; a set of the same name
 * in "masks" takes its place.
 */

static const struct {
    const char  *name;
    const char  *conf;
} hoop_policy_builtins[HOOP_POLICY_BUILTINS] = {
    { "pii", "{\"detect\":[\"us_ssn\",\"credit_card\",\"email\"]}" },
    { "secrets", "{\"detect\":[\"secrets\"]}" }
};


int
hoop_policy_compile_rules(hoop_compile_t *cc, json_t *conf)
{
    int             rc;
    size_t          i, n, each;
    json_t         *ids;
    hoop_rule_t    *rule;
    hoop_policy_t  *policy;

    policy = cc->policy;

    if (conf == NULL) {
        return hoop_policy_error(cc, 0, "no \"rules\"");
    }

    (void) hoop_policy_push(cc, hoop_cstr("rules"));

    if (!json_is_array(conf)) {
        return hoop_policy_error(cc, 0, "\"rules\" must be an array");
    }

    n = json_array_size(conf);

    if (n > HOOP_POLICY_MAX_RULES) {
        return hoop_policy_error(cc, 0, "too many rules, at most %d",
                                 HOOP_POLICY_MAX_RULES);
    }

    policy->rules = hoop_policy_alloc(cc, (n + 1) * sizeof(hoop_rule_t));
    if (policy->rules == NULL) {
        return HOOP_ERROR;
    }

    ids = json_object();
    if (ids == NULL) {
        return hoop_policy_nomem(cc);
    }

    rc = HOOP_OK;

    for (i = 0; i < n && rc == HOOP_OK; i++) {
        rule = &policy->rules[i];
        each = hoop_policy_push_index(cc, i);

        rc = hoop_policy_compile_rule(cc, json_array_get(conf, i), rule);

        if (rc == HOOP_OK) {
            rc = hoop_policy_rule_once(cc, ids, rule);
        }

        rc = hoop_policy_end(cc, each, rc);

        policy->nrules++;
    }

    json_decref(ids);

    return rc;
}


static int
hoop_policy_rule_once(hoop_compile_t *cc, json_t *ids, hoop_rule_t *rule)
{
    const char  *id;

    id = (const char *) rule->id.data;

    if (rule->id.len == 0) {
        return HOOP_OK;
    }

    if (json_object_getn(ids, id, rule->id.len) != NULL) {
        (void) hoop_policy_push(cc, hoop_cstr("id"));

        return hoop_policy_error(cc, 0, "duplicate rule id \"%s\"",
                                 hoop_policy_quote(cc, rule->id));
    }

    if (json_object_setn_new(ids, id, rule->id.len, json_true()) != 0) {
        return hoop_policy_nomem(cc);
    }

    return HOOP_OK;
}


/* A rule whose effect is not known cannot have the wrong obligations. */

static int
hoop_policy_compile_rule(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    size_t                          i, mark;
    json_t                         *v;
    const hoop_policy_rule_part_t  *part;

    static const char *const  required[] = { "id", "effect", "match" };

    if (hoop_policy_object_parts(cc, conf, hoop_policy_rule_keys) != HOOP_OK) {
        return HOOP_ERROR;
    }

    mark = cc->path.len;

    for (i = 0; i < sizeof(required) / sizeof(required[0]); i++) {

        if (json_object_get(conf, required[i]) != NULL) {
            continue;
        }

        (void) hoop_policy_error(cc, 0, "rule without \"%s\"%s", required[i],
                                 i == 2 ? ", wanted an object: {} matches "
                                          "every request" : "");

        if (hoop_policy_end(cc, mark, HOOP_ERROR) != HOOP_OK) {
            return HOOP_ERROR;
        }
    }

    rule->effect = HOOP_VERDICT_ERROR;
    rule->review.count = 1;
    rule->review.ttl = 15 * 60;

    for (part = hoop_policy_rule_parts; part->key != NULL; part++) {
        v = json_object_get(conf, part->key);

        if (v == NULL
            || (part->effect && rule->effect == HOOP_VERDICT_ERROR))
        {
            continue;
        }

        (void) hoop_policy_push(cc, hoop_cstr(part->key));

        if (hoop_policy_end(cc, mark, part->compile(cc, v, rule)) != HOOP_OK) {
            return HOOP_ERROR;
        }
    }

    return HOOP_OK;
}


static int
hoop_policy_rule_id(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    hoop_str_t  id;

    if (hoop_policy_name_check(cc, conf, &id) != HOOP_OK) {
        return HOOP_ERROR;
    }

    rule->id = id;

    return HOOP_OK;
}


static int
hoop_policy_rule_effect(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    unsigned  n;

    if (hoop_policy_word(cc, conf, hoop_policy_effects, &n) != HOOP_OK) {
        return HOOP_ERROR;
    }

    rule->effect = n;

    return HOOP_OK;
}


static int
hoop_policy_rule_monitor(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    if (!json_is_boolean(conf)) {
        return hoop_policy_error(cc, 0, "wanted true or false");
    }

    rule->monitor = json_is_true(conf);

    return HOOP_OK;
}


static int
hoop_policy_rule_reason(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    return hoop_policy_string(cc, conf, HOOP_POLICY_MAX_REASON, &rule->reason);
}


static int
hoop_policy_rule_record(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    unsigned  n;

    if (hoop_policy_word(cc, conf, hoop_policy_records, &n) != HOOP_OK) {
        return HOOP_ERROR;
    }

    rule->record = HOOP_RECORD_OFF + n;

    return HOOP_OK;
}


static int
hoop_policy_rule_credential(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule)
{
    return hoop_policy_name_check(cc, conf, &rule->credential);
}


static int
hoop_policy_rule_mask(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    size_t             i, n, mark;
    hoop_mask_list_t  *list;

    list = hoop_policy_alloc(cc, sizeof(hoop_mask_list_t));
    if (list == NULL) {
        return HOOP_ERROR;
    }

    if (json_is_string(conf)
        && strcmp(json_string_value(conf), "default") == 0)
    {
        list->sets[list->n++] = hoop_mask_set_default();

    } else if (json_is_array(conf)) {
        n = json_array_size(conf);

        if (n > HOOP_MASK_SETS) {
            return hoop_policy_error(cc, 0, "too many mask sets in a rule, "
                                     "at most %d", HOOP_MASK_SETS);
        }

        for (i = 0; i < n; i++) {
            mark = hoop_policy_push_index(cc, i);

            if (hoop_policy_end(cc, mark,
                                hoop_policy_mask_named(cc,
                                                       json_array_get(conf, i),
                                                       &list->sets[i]))
                != HOOP_OK)
            {
                return HOOP_ERROR;
            }

            list->n++;
        }

    } else {
        return hoop_policy_error(cc, 0, "\"mask\" must be \"default\" or an "
                                 "array of names of \"masks\"");
    }

    rule->mask = list;

    return HOOP_OK;
}


static int
hoop_policy_mask_named(hoop_compile_t *cc, json_t *v,
    const hoop_mask_set_t **set)
{
    unsigned    i;
    hoop_str_t  name;

    if (!json_is_string(v)) {
        return hoop_policy_error(cc, 0, "name of a mask set must be a string");
    }

    name = hoop_str(json_string_value(v), json_string_length(v));

    *set = hoop_str_is(name, "default") ? hoop_mask_set_default()
                                        : hoop_policy_mask(cc->policy, name);

    for (i = 0; *set == NULL && i < HOOP_POLICY_BUILTINS; i++) {
        if (hoop_str_is(name, hoop_policy_builtins[i].name)) {
            return hoop_policy_mask_builtin(cc, i, set);
        }
    }

    /* one that is wrong is no unknown one */

    if (*set == NULL
        && json_object_getn(json_object_get(cc->policy->root, "masks"),
                            (const char *) name.data, name.len)
           == NULL)
    {
        return hoop_policy_error(cc, 0, "unknown mask set \"%s\", \"masks\" "
                                 "of this policy has no such name",
                                 hoop_policy_quote(cc, name));
    }

    return HOOP_OK;
}


static int
hoop_policy_mask_builtin(hoop_compile_t *cc, unsigned i,
    const hoop_mask_set_t **set)
{
    char                *where;
    json_t              *conf;
    hoop_policy_mask_t  *mask;

    conf = json_loads(hoop_policy_builtins[i].conf, 0, NULL);
    if (conf == NULL) {
        return hoop_policy_nomem(cc);
    }

    where = NULL;
    mask = &cc->policy->masks[cc->policy->nmasks];

    mask->name = hoop_cstr(hoop_policy_builtins[i].name);
    mask->set = hoop_mask_set_compile(conf, "", &where, cc->err);

    json_decref(conf);
    free(where);

    if (mask->set == NULL) {
        return HOOP_ERROR;
    }

    cc->policy->nmasks++;
    *set = mask->set;

    return HOOP_OK;
}


static int
hoop_policy_rule_review(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    json_t         *v;
    size_t          mark;
    hoop_review_t  *review;

    review = &rule->review;

    if (rule->effect != HOOP_VERDICT_REVIEW) {
        return hoop_policy_error(cc, 1, "\"review\" in a rule whose effect is "
                                 "not \"review\"");
    }

    if (hoop_policy_object(cc, conf, hoop_policy_review_keys) != HOOP_OK
        || hoop_policy_review_approvers(cc, json_object_get(conf, "approvers"),
                                        review)
           != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    v = json_object_get(conf, "count");

    if (v != NULL) {

        if (!json_is_integer(v) || json_integer_value(v) < 1
            || json_integer_value(v) > 16)
        {
            (void) hoop_policy_push(cc, hoop_cstr("count"));

            return hoop_policy_error(cc, 0, "\"count\" must be an integer "
                                     "from 1 to 16");
        }

        review->count = json_integer_value(v);
    }

    v = json_object_get(conf, "ttl");

    if (v != NULL) {
        mark = hoop_policy_push(cc, hoop_cstr("ttl"));

        if (hoop_policy_time(cc, v, 7 * 86400, "7d", &review->ttl) != HOOP_OK) {
            return HOOP_ERROR;
        }

        hoop_policy_pop(cc, mark);
    }

    return hoop_policy_review_scope(cc, conf, review);
}


/* "time" says for how long, a "run" may; "once" is over with the request */

static int
hoop_policy_review_scope(hoop_compile_t *cc, json_t *conf,
    hoop_review_t *review)
{
    json_t    *v;
    size_t     mark;
    unsigned   scope;

    v = json_object_get(conf, "reason");
    mark = hoop_policy_push(cc, hoop_cstr("reason"));

    if (v != NULL
        && hoop_policy_word(cc, v, hoop_policy_reasons, &review->reason)
           != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    hoop_policy_pop(cc, mark);

    v = json_object_get(conf, "scope");
    scope = HOOP_REVIEW_ONCE;
    mark = hoop_policy_push(cc, hoop_cstr("scope"));

    if (v != NULL
        && hoop_policy_word(cc, v, hoop_policy_scopes, &scope) != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    v = json_object_get(conf, "valid");

    if (v == NULL && scope == HOOP_REVIEW_TIME) {
        return hoop_policy_error(cc, 0, "\"scope\" \"time\" without "
                                 "\"valid\", wanted for how long");
    }

    hoop_policy_pop(cc, mark);

    review->scope = scope;

    if (v == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr("valid"));

    if (scope == HOOP_REVIEW_ONCE) {
        return hoop_policy_error(cc, 1, "\"valid\" where \"scope\" is "
                                 "\"once\", which is over with the request");
    }

    if (hoop_policy_time(cc, v, 7 * 86400, "7d", &review->valid) != HOOP_OK) {
        return HOOP_ERROR;
    }

    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


static int
hoop_policy_review_approvers(hoop_compile_t *cc, json_t *conf,
    hoop_review_t *review)
{
    size_t  i, n, mark, each;

    if (conf == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr("approvers"));
    n = json_array_size(conf);

    if (n == 0 || n > HOOP_POLICY_MAX_LIST) {
        return hoop_policy_error(cc, 0, "\"approvers\" must be an array of "
                                 "group names; without it anybody may "
                                 "approve");
    }

    review->approvers = hoop_policy_alloc(cc, n * sizeof(hoop_str_t));
    if (review->approvers == NULL) {
        return HOOP_ERROR;
    }

    for (i = 0; i < n; i++) {
        each = hoop_policy_push_index(cc, i);

        if (hoop_policy_string(cc, json_array_get(conf, i),
                               HOOP_POLICY_MAX_REASON, &review->approvers[i])
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }

        review->napprovers++;
        hoop_policy_pop(cc, each);
    }

    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


int
hoop_policy_time(hoop_compile_t *cc, json_t *v, unsigned max,
    const char *words, unsigned *seconds)
{
    uint64_t     n;
    const char  *p;

    n = 0;
    p = json_is_string(v) ? json_string_value(v) : "";

    if (*p < '1' || *p > '9') {
        goto invalid;
    }

    for ( /* void */ ; *p >= '0' && *p <= '9' && n < 1000000; p++) {
        n = n * 10 + (*p - '0');
    }

    switch (*p) {
    case 's':
        break;
    case 'm':
        n *= 60;
        break;
    case 'h':
        n *= 3600;
        break;
    case 'd':
        n *= 86400;
        break;
    default:
        goto invalid;
    }

    if (p[1] != '\0' || n > max) {
        goto invalid;
    }

    *seconds = n;

    return HOOP_OK;

invalid:

    return hoop_policy_error(cc, 0, "invalid time, wanted a string as \"90s\", "
                             "\"15m\", \"2h\" or \"1d\", at most \"%s\"",
                             words);
}
