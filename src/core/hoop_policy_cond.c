
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Conditions, shared among rules.
 *
 * Rules say the same thing again and again: that the caller is in a group.
 * Conditions of one text over one slot are one test, whose truth is found at
 * most once in an evaluation.
 *
 * Where rules ask for different things, it is mostly for a text out of a list
 * of their own.  Such a test is "listed": its texts stand in a hash, with the
 * slot.  The first of them that an evaluation asks for looks up what the
 * subject holds and marks all listed tests of the slot that hold; of the others
 * it is then known that they do not.  So a thousand rules for a thousand groups
 * cost as much as the caller has groups.
 */


#include <stdlib.h>

#include "hoop_policy_rule.h"


/* their product is below HOOP_OP_MAX_COMPARES of hoop_policy_op.c */

#define HOOP_COND_MAX_VALUES    1024
#define HOOP_COND_MAX_ELEMENTS  64


static int hoop_policy_cond_listed(const hoop_test_t *test, int text);
static int hoop_policy_cond_spread(hoop_policy_t *policy, unsigned n,
    const hoop_policy_request_t *req);
static void hoop_policy_cond_mark(hoop_policy_t *policy, unsigned slot,
    hoop_str_t text, int element);
static uint32_t hoop_policy_cond_find(const hoop_policy_t *policy,
    uint32_t slot, hoop_str_t text, uint32_t *place);


/* cond has its slot and operators, compiled from conf */

int
hoop_policy_compile_cond(hoop_compile_t *cc, json_t *conf, hoop_cond_t *cond)
{
    int             rc;
    char           *text;
    json_t         *v;
    unsigned        size;
    hoop_buf_t      key;
    hoop_test_t    *tests;
    hoop_policy_t  *policy;

    policy = cc->policy;

    text = json_dumps(conf, JSON_COMPACT|JSON_SORT_KEYS|JSON_ENCODE_ANY);
    if (text == NULL) {
        return hoop_policy_nomem(cc);
    }

    hoop_buf_init(&key, 0);

    (void) hoop_buf_addu(&key, cond->slot);
    (void) hoop_buf_addc(&key, ' ');
    (void) hoop_buf_adds(&key, text);

    free(text);

    if (key.failed) {
        goto nomem;
    }

    v = json_object_getn(cc->tests, (char *) key.data, key.len);

    if (v != NULL) {
        cond->test = json_integer_value(v);
        hoop_buf_free(&key);
        return HOOP_OK;
    }

    if (policy->ntests == cc->tests_size) {
        size = cc->tests_size ? cc->tests_size * 2 : 16;

        tests = realloc(policy->tests, size * sizeof(hoop_test_t));
        if (tests == NULL) {
            goto nomem;
        }

        policy->tests = tests;
        cc->tests_size = size;
    }

    rc = json_object_setn_new(cc->tests, (char *) key.data, key.len,
                              json_integer(policy->ntests));
    if (rc != 0) {
        goto nomem;
    }

    hoop_buf_free(&key);

    cond->test = policy->ntests++;

    tests = &policy->tests[cond->test];
    memset(tests, 0, sizeof(hoop_test_t));

    tests->slot = cond->slot;
    tests->ops = cond->ops;

    return HOOP_OK;

nomem:

    hoop_buf_free(&key);

    return hoop_policy_nomem(cc);
}


int
hoop_policy_cond_index(hoop_policy_t *policy)
{
    size_t         n;
    unsigned       i, k;
    uint32_t       place, count;
    hoop_str_t     text;
    hoop_test_t   *test;
    hoop_value_t  *value;

    count = 0;

    for (i = 0; i < policy->ntests; i++) {
        test = &policy->tests[i];

        test->listed = hoop_policy_cond_listed(test,
                           hoop_source_text(policy->slots[test->slot].source));

        if (test->listed) {
            count += test->ops->nvalues;
        }
    }

    for (n = 16; n < (size_t) count * 2; n *= 2) { /* void */ }

    policy->values_mask = n - 1;
    policy->values_hash = malloc(n * sizeof(uint32_t));
    policy->values = malloc((count + 1) * sizeof(hoop_value_t));

    if (policy->values_hash == NULL || policy->values == NULL) {
        return HOOP_NOMEM;
    }

    memset(policy->values_hash, 0xff, n * sizeof(uint32_t));

    count = 0;

    for (i = 0; i < policy->ntests; i++) {
        test = &policy->tests[i];

        if (!test->listed) {
            continue;
        }

        for (k = 0; k < test->ops->nvalues; k++) {
            text = test->ops->texts[k];

            if (!hoop_source_text(policy->slots[test->slot].source)) {
                text = hoop_json_string(test->ops->values[k]);
            }

            value = &policy->values[count];

            value->text = text;
            value->slot = test->slot;
            value->test = i;
            value->next = hoop_policy_cond_find(policy, test->slot, text,
                                                &place);

            policy->values_hash[place] = count++;
        }
    }

    return HOOP_OK;
}


static int
hoop_policy_cond_listed(const hoop_test_t *test, int text)
{
    unsigned          i;
    const hoop_op_t  *op;

    op = test->ops;

    if (op->next != NULL || op->sub != NULL
        || (op->type != HOOP_OP_EQUALS && op->type != HOOP_OP_ANY)
        || op->nvalues > HOOP_COND_MAX_VALUES)
    {
        return 0;
    }

    for (i = 0; i < op->nvalues && !text; i++) {
        if (!json_is_string(op->values[i])) {
            return 0;
        }
    }

    return 1;
}


hoop_truth_e
hoop_policy_truth(hoop_policy_t *policy, unsigned n,
    const hoop_policy_request_t *req, const char **why)
{
    hoop_test_t           *test;
    const hoop_subject_t  *subject;

    test = &policy->tests[n];

    if (test->generation != policy->generation) {

        if (test->listed && hoop_policy_cond_spread(policy, test->slot, req)) {

            /* not even marked as one that does not hold: it is cheap */

            if (test->generation != policy->generation) {
                return HOOP_TRUTH_NO;
            }

        } else {
            test->generation = policy->generation;
            test->why = NULL;

            subject = hoop_policy_subject(policy, test->slot, req);

            test->truth = (subject->type == HOOP_SUBJECT_OPEN)
                          ? hoop_policy_test_open(test->ops, subject)
                          : hoop_policy_test(policy, test->ops, subject,
                                             &test->why);
        }
    }

    *why = test->why;

    return test->truth;
}


/* 1: what holds of the slot's listed tests is marked */

static int
hoop_policy_cond_spread(hoop_policy_t *policy, unsigned n,
    const hoop_policy_request_t *req)
{
    size_t                 i, count;
    json_t                *v;
    hoop_slot_t           *slot;
    const hoop_subject_t  *subject;

    slot = &policy->slots[n];

    if (slot->spread == policy->generation) {
        return 1;
    }

    subject = hoop_policy_subject(policy, n, req);

    switch (subject->type) {

    case HOOP_SUBJECT_ABSENT:
        break;

    case HOOP_SUBJECT_TEXT:
        hoop_policy_cond_mark(policy, n, subject->text, 0);
        break;

    case HOOP_SUBJECT_JSON:

        if (json_is_string(subject->json)) {
            hoop_policy_cond_mark(policy, n, hoop_json_string(subject->json),
                                  0);
            break;
        }

        count = json_array_size(subject->json);

        if (count > HOOP_COND_MAX_ELEMENTS) {
            return 0;
        }

        for (i = 0; i < count; i++) {
            v = json_array_get(subject->json, i);

            if (json_is_string(v)) {
                hoop_policy_cond_mark(policy, n, hoop_json_string(v), 1);
            }
        }

        break;

    default:
        return 0;
    }

    slot->spread = policy->generation;

    return 1;
}


/* element: the text is one of an array, which "equals" never is */

static void
hoop_policy_cond_mark(hoop_policy_t *policy, unsigned slot, hoop_str_t text,
    int element)
{
    uint32_t             n, place;
    hoop_test_t         *test;
    const hoop_value_t  *value;

    for (n = hoop_policy_cond_find(policy, slot, text, &place);
         n != HOOP_TRIE_NONE; n = value->next)
    {
        value = &policy->values[n];
        test = &policy->tests[value->test];

        if (element && test->ops->type == HOOP_OP_EQUALS) {
            continue;
        }

        test->generation = policy->generation;
        test->truth = HOOP_TRUTH_YES;
        test->why = NULL;
    }
}


/* the hash is at most half full, and its keys are the policy's */

static uint32_t
hoop_policy_cond_find(const hoop_policy_t *policy, uint32_t slot,
    hoop_str_t text, uint32_t *place)
{
    uint32_t             h, n;
    const hoop_value_t  *value;

    h = hoop_policy_hash_text(slot, text);

    for ( /* void */ ; /* void */ ; h++) {
        *place = h & policy->values_mask;
        n = policy->values_hash[*place];

        if (n == HOOP_TRIE_NONE) {
            return n;
        }

        value = &policy->values[n];

        if (value->slot == slot && hoop_str_eq(value->text, text)) {
            return n;
        }
    }
}
