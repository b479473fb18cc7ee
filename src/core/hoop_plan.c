
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Each step becomes a policy of one allow rule, so that plans are read, and
 * requests judged, exactly as policies are.
 */


#include "hoop_plan.h"
#include "hoop_json.h"

#include <stdlib.h>
#include <string.h>


#define HOOP_PLAN_NAME       128       /* bytes of a run */
#define HOOP_PLAN_TEXT       256       /* of a title, a purpose, a subject */


struct hoop_plan_s {
    json_t         *json;
    unsigned        n;
    unsigned        any:1;
    unsigned        reviews:1;
    hoop_policy_t  *steps[HOOP_PLAN_STEPS];
};


static int hoop_plan_head(hoop_plan_t *plan, hoop_error_t *err);
static int hoop_plan_executor_check(json_t *executor, hoop_error_t *err);
static int hoop_plan_choice(json_t *json, const char *name, const char *first,
    const char *second, unsigned *is_second, hoop_error_t *err);
static int hoop_plan_string(json_t *v, size_t max);
static int hoop_plan_step(hoop_plan_t *plan, unsigned n, hoop_error_t *err);
static json_t *hoop_plan_rule(json_t *step);
static const char *hoop_plan_unknown(json_t *object,
    const char *const *known);


static const char *const  hoop_plan_members[] = {
    "title", "run", "order", "deviation", "executor", "steps", NULL
};

static const char *const  hoop_plan_step_members[] = {
    "n", "purpose", "method", "path", "query", "body", "form", "sql",
    "graphql", "tool", "arguments", NULL
};

/* of a step, where they stand in a rule's match, too */

static const char *const  hoop_plan_conditions[] = {
    "body", "form", "sql", "graphql", NULL
};


hoop_plan_t *
hoop_plan_parse(const u_char *p, size_t len, hoop_error_t *err)
{
    unsigned      i;
    hoop_buf_t    text;
    hoop_plan_t  *plan;

    if (len > HOOP_PLAN_KEPT) {
        hoop_error_set(err, "the plan is too long");
        return NULL;
    }

    plan = calloc(1, sizeof(hoop_plan_t));
    if (plan == NULL) {
        hoop_error_set(err, "no memory");
        return NULL;
    }

    plan->json = hoop_json_load(p, len, err);

    if (plan->json == NULL || hoop_plan_head(plan, err) != HOOP_OK) {
        hoop_plan_free(plan);
        return NULL;
    }

    for (i = 0; i < plan->n; i++) {
        if (hoop_plan_step(plan, i, err) != HOOP_OK) {
            hoop_plan_free(plan);
            return NULL;
        }
    }

    /* what is kept must be read again */

    hoop_buf_init(&text, HOOP_PLAN_KEPT);

    if (hoop_plan_text(plan, &text) != HOOP_OK) {
        hoop_error_set(err, "the plan is too long");
        hoop_plan_free(plan);
        plan = NULL;
    }

    hoop_buf_free(&text);

    return plan;
}


void
hoop_plan_free(hoop_plan_t *plan)
{
    unsigned  i;

    if (plan == NULL) {
        return;
    }

    for (i = 0; i < plan->n; i++) {
        hoop_policy_free(plan->steps[i]);
    }

    json_decref(plan->json);
    free(plan);
}


static int
hoop_plan_head(hoop_plan_t *plan, hoop_error_t *err)
{
    size_t    n;
    json_t   *json, *steps;
    unsigned  reviews, any;

    json = plan->json;

    if (!json_is_object(json)) {
        hoop_error_set(err, "the plan is not an object");
        return HOOP_ERROR;
    }

    if (hoop_plan_unknown(json, hoop_plan_members) != NULL) {
        hoop_error_set(err, "the plan has another member than \"title\", "
                            "\"run\", \"order\", \"deviation\", \"executor\", "
                            "\"steps\"");
        return HOOP_ERROR;
    }

    if (!hoop_plan_string(json_object_get(json, "title"), HOOP_PLAN_TEXT)) {
        hoop_error_set(err, "\"title\" is not a text of 1 to 256 bytes "
                            "without control characters");
        return HOOP_ERROR;
    }

    if (!hoop_plan_string(json_object_get(json, "run"), HOOP_PLAN_NAME)) {
        hoop_error_set(err, "\"run\" is not a text of 1 to 128 bytes "
                            "without control characters");
        return HOOP_ERROR;
    }

    if (hoop_plan_choice(json, "order", "next", "any", &any, err) != HOOP_OK
        || hoop_plan_choice(json, "deviation", "deny", "review", &reviews, err)
           != HOOP_OK
        || hoop_plan_executor_check(json_object_get(json, "executor"), err)
           != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    plan->any = any;
    plan->reviews = reviews;

    steps = json_object_get(json, "steps");
    n = json_array_size(steps);

    if (n == 0 || n > HOOP_PLAN_STEPS) {
        hoop_error_set(err, "\"steps\" is not an array of 1 to 64 steps");
        return HOOP_ERROR;
    }

    plan->n = n;

    return HOOP_OK;
}


static int
hoop_plan_executor_check(json_t *executor, hoop_error_t *err)
{
    json_t  *iss;

    static const char *const  known[] = { "iss", "sub", NULL };

    if (executor == NULL) {
        return HOOP_OK;
    }

    iss = json_object_get(executor, "iss");

    if (!json_is_object(executor)
        || hoop_plan_unknown(executor, known) != NULL
        || !hoop_plan_string(json_object_get(executor, "sub"), HOOP_PLAN_TEXT)
        || (iss && !hoop_plan_string(iss, HOOP_PLAN_TEXT)))
    {
        hoop_error_set(err, "\"executor\" is not an object with a \"sub\" and "
                            "perhaps an \"iss\"");
        return HOOP_ERROR;
    }

    return HOOP_OK;
}


static int
hoop_plan_choice(json_t *json, const char *name, const char *first,
    const char *second, unsigned *is_second, hoop_error_t *err)
{
    json_t  *v;

    v = json_object_get(json, name);

    *is_second = 0;

    if (v == NULL) {
        return json_object_set_new(json, name, json_string(first)) == 0
               ? HOOP_OK : HOOP_NOMEM;
    }

    *is_second = hoop_str_is(hoop_json_string(v), second);

    if (!*is_second && !hoop_str_is(hoop_json_string(v), first)) {
        hoop_error_set(err, "\"%s\" is neither \"%s\" nor \"%s\"", name, first,
                       second);
        return HOOP_ERROR;
    }

    return HOOP_OK;
}


/* for humans, too: no control characters */

static int
hoop_plan_string(json_t *v, size_t max)
{
    size_t      i;
    hoop_str_t  s;

    s = hoop_json_string(v);

    if (!json_is_string(v) || s.len == 0 || s.len > max) {
        return 0;
    }

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < 0x20 || s.data[i] == 0x7f) {
            return 0;
        }
    }

    return 1;
}


static const char *
hoop_plan_unknown(json_t *object, const char *const *known)
{
    json_t      *v;
    unsigned     i;
    const char  *key;

    json_object_foreach(object, key, v) {

        for (i = 0; known[i] != NULL && strcmp(key, known[i]) != 0; i++) {
            /* void */
        }

        if (known[i] == NULL) {
            return key;
        }
    }

    return NULL;
}


static int
hoop_plan_step(hoop_plan_t *plan, unsigned n, hoop_error_t *err)
{
    char         *text;
    json_t       *step, *rule;
    unsigned      tool;
    hoop_error_t  why;

    step = json_array_get(json_object_get(plan->json, "steps"), n);

    if (!json_is_object(step)
        || hoop_plan_unknown(step, hoop_plan_step_members) != NULL)
    {
        hoop_error_set(err, "step %u is not an object with \"purpose\", and "
                            "\"method\" and \"path\", perhaps \"query\", "
                            "\"body\", \"form\", \"sql\", \"graphql\", or "
                            "\"tool\", perhaps \"arguments\"", n + 1);
        return HOOP_ERROR;
    }

    if (!hoop_plan_string(json_object_get(step, "purpose"), HOOP_PLAN_TEXT)) {
        hoop_error_set(err, "step %u: \"purpose\" is not a text of 1 to 256 "
                            "bytes without control characters", n + 1);
        return HOOP_ERROR;
    }

    tool = json_object_get(step, "tool") != NULL;

    if (tool
        ? (json_object_get(step, "method") || json_object_get(step, "path")
           || json_object_get(step, "query")
           || !hoop_plan_string(json_object_get(step, "tool"), HOOP_PLAN_TEXT))
        : (json_object_get(step, "arguments")
           || !hoop_plan_string(json_object_get(step, "method"), 32)
           || !hoop_plan_string(json_object_get(step, "path"), 1024)))
    {
        hoop_error_set(err, "step %u has neither \"method\" and \"path\" nor "
                            "\"tool\" alone", n + 1);
        return HOOP_ERROR;
    }

    if (json_object_set_new(step, "n", json_integer(n + 1)) != 0) {
        hoop_error_set(err, "no memory");
        return HOOP_ERROR;
    }

    rule = hoop_plan_rule(step);
    text = rule ? json_dumps(rule, JSON_COMPACT) : NULL;
    json_decref(rule);

    if (text == NULL) {
        hoop_error_set(err, "no memory");
        return HOOP_ERROR;
    }

    plan->steps[n] = hoop_policy_compile((u_char *) text, strlen(text), &why);

    free(text);

    if (plan->steps[n] == NULL) {
        hoop_error_set(err, "step %u: %s", n + 1, why.text);
        return HOOP_ERROR;
    }

    return HOOP_OK;
}


/* a policy of one rule, or NULL: no memory */

static json_t *
hoop_plan_rule(json_t *step)
{
    json_t    *match, *inner, *tool;
    unsigned   i, failed;

    match = json_object();
    inner = json_object();
    tool = json_object_get(step, "tool");
    failed = 0;

    if (tool) {
        failed |= json_object_set(inner, "tool", tool) != 0;

        if (json_object_get(step, "arguments")) {
            failed |= json_object_set(inner, "arguments",
                                      json_object_get(step, "arguments")) != 0;
        }

    } else {
        failed |= json_object_set(inner, "method",
                                  json_object_get(step, "method")) != 0;
        failed |= json_object_set(inner, "path",
                                  json_object_get(step, "path")) != 0;

        if (json_object_get(step, "query")) {
            failed |= json_object_set(inner, "query",
                                      json_object_get(step, "query")) != 0;
        }
    }

    failed |= json_object_set_new(match, tool ? "mcp" : "request", inner) != 0;

    for (i = 0; hoop_plan_conditions[i] != NULL; i++) {
        if (json_object_get(step, hoop_plan_conditions[i])) {
            failed |= json_object_set(match, hoop_plan_conditions[i],
                                      json_object_get(step,
                                          hoop_plan_conditions[i])) != 0;
        }
    }

    if (failed) {
        json_decref(match);
        return NULL;
    }

    return json_pack("{s:i, s:s, s:[{s:s, s:s, s:o}]}", "version", 1, "name",
                     "plan", "rules", "id", "step", "effect", "allow",
                     "match", match);
}


hoop_str_t
hoop_plan_title(const hoop_plan_t *plan)
{
    return hoop_json_member(plan->json, "title");
}


hoop_str_t
hoop_plan_run(const hoop_plan_t *plan)
{
    return hoop_json_member(plan->json, "run");
}


unsigned
hoop_plan_steps(const hoop_plan_t *plan)
{
    return plan->n;
}


unsigned
hoop_plan_any(const hoop_plan_t *plan)
{
    return plan->any;
}


unsigned
hoop_plan_reviews(const hoop_plan_t *plan)
{
    return plan->reviews;
}


hoop_str_t
hoop_plan_executor(const hoop_plan_t *plan)
{
    return hoop_json_member(json_object_get(plan->json, "executor"), "sub");
}


int
hoop_plan_text(const hoop_plan_t *plan, hoop_buf_t *b)
{
    char  *text;

    text = json_dumps(plan->json, JSON_COMPACT|JSON_SORT_KEYS);
    if (text == NULL) {
        return HOOP_NOMEM;
    }

    (void) hoop_buf_adds(b, text);

    free(text);

    return b->failed ? HOOP_NOMEM : HOOP_OK;
}


uint64_t
hoop_plan_match(const hoop_plan_t *plan, const hoop_policy_request_t *req)
{
    unsigned         i;
    uint64_t         steps;
    hoop_policy_t   *policy;
    hoop_verdict_t   verdict;

    steps = 0;

    for (i = 0; i < plan->n; i++) {
        policy = plan->steps[i];

        hoop_policy_evaluate(&policy, 1, req, &verdict);

        if (verdict.decision == HOOP_VERDICT_ALLOW) {
            steps |= (uint64_t) 1 << i;
        }
    }

    return steps;
}


unsigned
hoop_plan_allows(const hoop_plan_t *plan, const hoop_identity_t *identity)
{
    json_t      *act, *executor;
    hoop_str_t   sub, iss;

    executor = json_object_get(plan->json, "executor");

    if (executor == NULL) {
        return 1;
    }

    sub = identity->sub;
    iss = identity->issuer;

    act = json_object_get(identity->claims, "act");

    if (act) {
        sub = hoop_json_member(act, "sub");

        if (json_object_get(act, "iss")) {
            iss = hoop_json_member(act, "iss");
        }
    }

    return sub.len != 0
           && hoop_str_eq(sub, hoop_json_member(executor, "sub"))
           && (json_object_get(executor, "iss") == NULL
               || hoop_str_eq(iss, hoop_json_member(executor, "iss")));
}
