
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Named sets of conditions, and their use in the match of a rule.
 *
 * A set is compiled as a rule's match is, and is one condition of whoever uses
 * it: its slot's subject is whether it holds, found once in an evaluation.  A
 * set may use others.  There are no cycles, so an evaluation ends, and no more
 * than HOOP_POLICY_MAX_NESTED, so it ends before the stack does.
 *
 * Deny and review rules see no slash at the end of a path, allow rules do, and
 * a set must not let a rule be evaded that its text in that rule would not: so
 * it is compiled for both.  Under "not" the two change places.
 */


#include "hoop_policy_rule.h"


static int hoop_policy_use_item(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
static int hoop_policy_use(hoop_compile_t *cc, json_t *conf, int not,
    hoop_rule_t *rule);
static hoop_policy_set_t *hoop_policy_set_find(hoop_policy_t *policy,
    hoop_str_t name);
static int hoop_policy_set_compile(hoop_compile_t *cc, hoop_policy_set_t *set);
static int hoop_policy_set_place(hoop_compile_t *cc, hoop_policy_set_t *set,
    unsigned wide);


static const char *const  hoop_policy_use_keys[] = {
    "not", NULL
};


int
hoop_policy_compile_sets(hoop_compile_t *cc, json_t *conf)
{
    int             rc;
    size_t          mark, each;
    json_t         *v;
    unsigned        i;
    hoop_str_t      name;
    const char     *key;
    hoop_policy_t  *policy;

    policy = cc->policy;

    if (conf == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr("conditions"));

    if (!json_is_object(conf)) {
        return hoop_policy_error(cc, 0, "wanted an object of sets of "
                                 "conditions by name");
    }

    if (json_object_size(conf) > HOOP_POLICY_MAX_SETS) {
        return hoop_policy_error(cc, 0, "too many sets of conditions, at most "
                                 "%d", HOOP_POLICY_MAX_SETS);
    }

    policy->sets = hoop_policy_alloc(cc, (json_object_size(conf) + 1)
                                         * sizeof(hoop_policy_set_t));
    if (policy->sets == NULL) {
        return HOOP_ERROR;
    }

    /* all names first: a set may use one that stands below it */

    json_object_foreach(conf, key, v) {
        name = hoop_cstr(key);
        each = hoop_policy_push(cc, name);

        rc = HOOP_OK;

        if (!hoop_policy_name_valid(name)) {
            rc = hoop_policy_error(cc, 1, "invalid name of a set, wanted 1 "
                                   "to %d letters, digits, \"-\", \"_\", "
                                   "\".\" and \":\"", HOOP_POLICY_MAX_NAME);
        }

        policy->sets[policy->nsets].name = name;
        policy->sets[policy->nsets].conf = v;
        policy->sets[policy->nsets++].wrong = (rc != HOOP_OK);

        if (hoop_policy_end(cc, each, rc) != HOOP_OK) {
            return HOOP_ERROR;
        }
    }

    hoop_policy_pop(cc, mark);

    for (i = 0; i < policy->nsets; i++) {
        if (hoop_policy_set_compile(cc, &policy->sets[i]) != HOOP_OK) {
            return HOOP_ERROR;
        }
    }

    return HOOP_OK;
}


/* A name, or a list of names and of { "not": name }. */

int
hoop_policy_compile_use(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    size_t  i, n, mark;

    n = json_array_size(conf);

    if (n == 0 || n > HOOP_POLICY_MAX_SETS) {
        return hoop_policy_error(cc, 0, "wanted an array of 1 to %d names of "
                                 "sets, each as \"name\" or { \"not\": "
                                 "\"name\" }", HOOP_POLICY_MAX_SETS);
    }

    for (i = 0; i < n; i++) {
        mark = hoop_policy_push_index(cc, i);

        if (hoop_policy_end(cc, mark,
                            hoop_policy_use_item(cc, json_array_get(conf, i),
                                                 rule))
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }
    }

    return HOOP_OK;
}


static int
hoop_policy_use_item(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    json_t  *v;

    if (!json_is_object(conf)) {
        return hoop_policy_use(cc, conf, 0, rule);
    }

    if (hoop_policy_object(cc, conf, hoop_policy_use_keys) != HOOP_OK) {
        return HOOP_ERROR;
    }

    v = json_object_get(conf, "not");

    if (v != NULL) {
        (void) hoop_policy_push(cc, hoop_cstr("not"));
    }

    return hoop_policy_use(cc, v, 1, rule);
}


static int
hoop_policy_use(hoop_compile_t *cc, json_t *conf, int not, hoop_rule_t *rule)
{
    json_t             *key;
    unsigned            wide, slot;
    hoop_op_t          *op, *inner;
    hoop_str_t          name;
    hoop_source_e       source;
    hoop_policy_set_t  *set;

    if (hoop_policy_string(cc, conf, HOOP_POLICY_MAX_NAME, &name) != HOOP_OK) {
        return HOOP_ERROR;
    }

    set = hoop_policy_set_find(cc->policy, name);

    if (set == NULL) {
        return hoop_policy_error(cc, 0, "no set \"%s\" in \"conditions\"",
                                 hoop_policy_quote(cc, name));
    }

    if (set->busy) {
        return hoop_policy_error(cc, 0, "the set \"%s\" uses itself",
                                 hoop_policy_quote(cc, name));
    }

    if (hoop_policy_set_compile(cc, set) != HOOP_OK) {
        return HOOP_ERROR;
    }

    /* who uses it is as right as can be told */

    if (set->wrong) {
        return HOOP_OK;
    }

    if (set->depth >= HOOP_POLICY_MAX_NESTED) {
        return hoop_policy_error(cc, 0, "the set \"%s\" uses sets that use "
                                 "sets, more than %d of them",
                                 hoop_policy_quote(cc, name),
                                 HOOP_POLICY_MAX_NESTED - 1);
    }

    if (set->depth > cc->depth) {
        cc->depth = set->depth;
    }

    op = hoop_policy_alloc(cc, sizeof(hoop_op_t));
    if (op == NULL) {
        return HOOP_ERROR;
    }

    op->type = HOOP_OP_SET;

    if (not) {
        inner = op;

        op = hoop_policy_alloc(cc, sizeof(hoop_op_t));
        if (op == NULL) {
            return HOOP_ERROR;
        }

        op->type = HOOP_OP_NOT;
        op->sub = inner;
    }

    wide = (rule->effect != HOOP_VERDICT_ALLOW) != (not != 0);
    slot = set->slots[wide];
    source = cc->policy->slots[slot].source;
    key = not ? json_false() : json_true();

    return hoop_policy_match_add(cc, source, slot, op, key, rule);
}


static hoop_policy_set_t *
hoop_policy_set_find(hoop_policy_t *policy, hoop_str_t name)
{
    unsigned  i;

    for (i = 0; i < policy->nsets; i++) {
        if (hoop_str_eq(policy->sets[i].name, name)) {
            return &policy->sets[i];
        }
    }

    return NULL;
}


/* Once; an error has the place in "conditions", wherever it is used. */

static int
hoop_policy_set_compile(hoop_compile_t *cc, hoop_policy_set_t *set)
{
    int         rc;
    unsigned    n, depth;
    hoop_buf_t  path;

    if (set->rules[1] != NULL || set->wrong) {
        return HOOP_OK;
    }

    path = cc->path;
    depth = cc->depth;

    hoop_buf_init(&cc->path, path.cap);
    cc->depth = 0;
    set->busy = 1;

    (void) hoop_policy_push(cc, hoop_cstr("conditions"));
    (void) hoop_policy_push(cc, set->name);

    n = cc->errors->n;

    rc = hoop_policy_end(cc, cc->path.len, hoop_policy_set_place(cc, set, 0));

    set->wrong = (cc->errors->n != n);

    if (rc == HOOP_OK && !set->wrong) {
        rc = hoop_policy_set_place(cc, set, 1);
    }

    set->busy = 0;
    set->depth = cc->depth + 1;

    hoop_buf_free(&cc->path);

    cc->depth = depth;
    cc->path = path;

    return rc;
}


static int
hoop_policy_set_place(hoop_compile_t *cc, hoop_policy_set_t *set,
    unsigned wide)
{
    u_char          key[HOOP_POLICY_MAX_NAME + 2];
    hoop_rule_t    *rule;
    hoop_slot_t    *slot;
    hoop_source_e   source;

    rule = hoop_policy_alloc(cc, sizeof(hoop_rule_t));
    if (rule == NULL) {
        return HOOP_ERROR;
    }

    rule->effect = wide ? HOOP_VERDICT_DENY : HOOP_VERDICT_ALLOW;

    if (hoop_policy_compile_match(cc, set->conf, rule) != HOOP_OK) {
        return HOOP_ERROR;
    }

    /* no name has a slash */

    memcpy(key, set->name.data, set->name.len);
    key[set->name.len] = '/';
    key[set->name.len + 1] = '0' + wide;

    source = rule->body ? HOOP_SOURCE_SET_BODY : HOOP_SOURCE_SET;

    if (hoop_policy_compile_slot(cc, source, hoop_str(key, set->name.len + 2),
                                 &set->slots[wide])
        != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    slot = &cc->policy->slots[set->slots[wide]];
    slot->name = set->name;
    slot->set = rule;

    set->rules[wide] = rule;

    return HOOP_OK;
}


void
hoop_policy_subject_set(hoop_policy_t *policy, const hoop_rule_t *set,
    const hoop_policy_request_t *req, hoop_subject_t *subject)
{
    hoop_truth_e  truth;

    truth = hoop_policy_match_set(policy, set, req, &subject->why);

    subject->type = (truth == HOOP_TRUTH_UNKNOWN) ? HOOP_SUBJECT_UNKNOWN
                    : (truth == HOOP_TRUTH_OPEN) ? HOOP_SUBJECT_OPEN
                    : HOOP_SUBJECT_DATA;
    subject->holds = (truth == HOOP_TRUTH_YES);
}
