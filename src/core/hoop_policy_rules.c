
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The "rules" of a policy: everything of a rule but its "match".
 */


#include <stdlib.h>

#include "hoop_policy_rule.h"


static int hoop_policy_compile_rule(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_rule_mask(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_mask_named(hoop_compile_t *cc, json_t *v,
    const hoop_mask_set_t **set);
static int hoop_policy_mask_builtin(hoop_compile_t *cc, unsigned i,
    const hoop_mask_set_t **set);
static int hoop_policy_rule_review(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);


static const char *const  hoop_policy_rule_keys[] = {
    "id", "effect", "reason", "match", "mask", "record", "credential",
    "review", "token", "limits", NULL
};

static const char *const  hoop_policy_review_keys[] = {
    "approvers", "count", "ttl", NULL
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
    { "secrets", "{\"detect\":[\"aws_key\",\"github_token\","
                 "\"stripe_key\",\"jwt\",\"private_key\"]}" }
};


int
hoop_policy_compile_rules(hoop_compile_t *cc, json_t *conf)
{
    int             rc;
    size_t          i, n, mark, each;
    json_t         *ids;
    hoop_rule_t    *rule;
    hoop_policy_t  *policy;

    policy = cc->policy;

    if (conf == NULL) {
        return hoop_policy_error(cc, 0, "no \"rules\"");
    }

    mark = hoop_policy_push(cc, hoop_cstr("rules"));

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

    for (i = 0; i < n; i++) {
        rule = &policy->rules[i];
        each = hoop_policy_push_index(cc, i);

        rc = hoop_policy_compile_rule(cc, json_array_get(conf, i), rule);
        if (rc != HOOP_OK) {
            break;
        }

        if (json_object_getn(ids, (const char *) rule->id.data, rule->id.len)
            != NULL)
        {
            (void) hoop_policy_push(cc, hoop_cstr("id"));
            rc = hoop_policy_error(cc, 0, "duplicate rule id \"%s\"",
                                   hoop_policy_quote(cc, rule->id));
            break;
        }

        if (json_object_setn_new(ids, (const char *) rule->id.data,
                                 rule->id.len, json_true())
            != 0)
        {
            rc = hoop_policy_nomem(cc);
            break;
        }

        policy->nrules++;
        hoop_policy_pop(cc, each);
    }

    json_decref(ids);
    hoop_policy_pop(cc, mark);

    return rc;
}


static int
hoop_policy_compile_rule(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    size_t      i, mark;
    json_t     *v;
    unsigned    n;

    static const char *const  required[] = { "id", "effect", "match" };

    if (hoop_policy_object(cc, conf, hoop_policy_rule_keys) != HOOP_OK) {
        return HOOP_ERROR;
    }

    for (i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        if (json_object_get(conf, required[i]) == NULL) {
            return hoop_policy_error(cc, 0, "rule without \"%s\"%s",
                                     required[i],
                                     i == 2 ? ", wanted an object: {} matches"
                                              " every request" : "");
        }
    }

    mark = hoop_policy_push(cc, hoop_cstr("id"));

    if (hoop_policy_name_check(cc, json_object_get(conf, "id"), &rule->id)
        != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    hoop_policy_pop(cc, mark);
    mark = hoop_policy_push(cc, hoop_cstr("effect"));

    if (hoop_policy_word(cc, json_object_get(conf, "effect"),
                         hoop_policy_effects, &n)
        != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    rule->effect = n;

    hoop_policy_pop(cc, mark);

    v = json_object_get(conf, "reason");

    if (v != NULL) {
        mark = hoop_policy_push(cc, hoop_cstr("reason"));

        if (hoop_policy_string(cc, v, HOOP_POLICY_MAX_REASON, &rule->reason)
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }

        hoop_policy_pop(cc, mark);
    }

    v = json_object_get(conf, "record");

    if (v != NULL) {
        mark = hoop_policy_push(cc, hoop_cstr("record"));

        if (hoop_policy_word(cc, v, hoop_policy_records, &n) != HOOP_OK) {
            return HOOP_ERROR;
        }

        rule->record = HOOP_RECORD_OFF + n;

        hoop_policy_pop(cc, mark);
    }

    v = json_object_get(conf, "credential");

    if (v != NULL) {
        mark = hoop_policy_push(cc, hoop_cstr("credential"));

        if (hoop_policy_name_check(cc, v, &rule->credential) != HOOP_OK) {
            return HOOP_ERROR;
        }

        hoop_policy_pop(cc, mark);
    }

    if (hoop_policy_rule_mask(cc, json_object_get(conf, "mask"), rule)
        != HOOP_OK
        || hoop_policy_rule_review(cc, json_object_get(conf, "review"), rule)
           != HOOP_OK
        || hoop_policy_compile_token(cc, json_object_get(conf, "token"), rule)
           != HOOP_OK
        || hoop_policy_compile_limits(cc, json_object_get(conf, "limits"), rule)
           != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    mark = hoop_policy_push(cc, hoop_cstr("match"));

    if (hoop_policy_compile_match(cc, json_object_get(conf, "match"), rule)
        != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


static int
hoop_policy_rule_mask(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    size_t             i, n, mark, each;
    hoop_mask_list_t  *list;

    if (conf == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr("mask"));

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
            each = hoop_policy_push_index(cc, i);

            if (hoop_policy_mask_named(cc, json_array_get(conf, i),
                                       &list->sets[i])
                != HOOP_OK)
            {
                return HOOP_ERROR;
            }

            list->n++;
            hoop_policy_pop(cc, each);
        }

    } else {
        return hoop_policy_error(cc, 0, "\"mask\" must be \"default\" or an "
                                 "array of names of \"masks\"");
    }

    rule->mask = list;
    hoop_policy_pop(cc, mark);

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

    if (*set == NULL) {
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
    size_t          i, n, mark, each, item;
    json_t         *v;
    hoop_review_t  *review;

    review = &rule->review;
    review->count = 1;
    review->ttl = 15 * 60;

    if (conf == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr("review"));

    if (rule->effect != HOOP_VERDICT_REVIEW) {
        return hoop_policy_error(cc, 1, "\"review\" in a rule whose effect is "
                                 "not \"review\"");
    }

    if (hoop_policy_object(cc, conf, hoop_policy_review_keys) != HOOP_OK) {
        return HOOP_ERROR;
    }

    v = json_object_get(conf, "approvers");

    if (v != NULL) {
        each = hoop_policy_push(cc, hoop_cstr("approvers"));
        n = json_array_size(v);

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
            item = hoop_policy_push_index(cc, i);

            if (hoop_policy_string(cc, json_array_get(v, i),
                                   HOOP_POLICY_MAX_REASON,
                                   &review->approvers[i])
                != HOOP_OK)
            {
                return HOOP_ERROR;
            }

            review->napprovers++;
            hoop_policy_pop(cc, item);
        }

        hoop_policy_pop(cc, each);
    }

    v = json_object_get(conf, "count");

    if (v != NULL) {
        each = hoop_policy_push(cc, hoop_cstr("count"));

        if (!json_is_integer(v) || json_integer_value(v) < 1
            || json_integer_value(v) > 16)
        {
            return hoop_policy_error(cc, 0, "\"count\" must be an integer "
                                     "from 1 to 16");
        }

        review->count = json_integer_value(v);
        hoop_policy_pop(cc, each);
    }

    v = json_object_get(conf, "ttl");

    if (v != NULL) {
        each = hoop_policy_push(cc, hoop_cstr("ttl"));

        if (hoop_policy_time(cc, v, 7 * 86400, "7d", &review->ttl)
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }

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
