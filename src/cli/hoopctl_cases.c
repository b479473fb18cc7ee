
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl policy test FILE...
 *     evaluates cases and says whether the verdicts are the expected, as TAP.
 *     Exit 0 if all are.
 *
 * hoopctl policy diff OLD NEW --cases FILE
 *     a line of JSON for each case that the one policy judges otherwise than
 *     the other.  Exit 0 if there is none.
 *
 *     { "policies": ["crm.json"],           from where the file of cases is
 *       "defaults": { members of each request, where it has none },
 *       "cases": [ { "name": "...", "request": { as for explain },
 *                    "expect": { "decision": "deny", "rule": "" } } ] }
 *
 *     A member of "expect" that is not written may be anything; an empty rule
 *     is the default.
 */


#include <stdio.h>
#include <stdlib.h>

#include "hoopctl.h"
#include "hoopctl_policy.h"


#define HOOPCTL_CASES_MAX  10000


typedef struct {
    const char             *file;
    json_t                 *root;
    json_t                 *cases;     /* of the root, checked */
    hoopctl_explain_t       explain;
} hoopctl_cases_t;


static int hoopctl_cases_load(hoopctl_cases_t *c, const char *file);
static int hoopctl_cases_check(hoopctl_cases_t *c);
static int hoopctl_cases_wrong(hoopctl_cases_t *c, size_t i,
    const char *what);
static int hoopctl_cases_known(json_t *object, const char *const *keys);
static int hoopctl_cases_policies(hoopctl_cases_t *c);
static int hoopctl_cases_judge(hoopctl_cases_t *c, size_t i,
    hoop_policy_t *const *policies, unsigned n, hoop_verdict_t *v);
static void hoopctl_cases_free(hoopctl_cases_t *c);
static int hoopctl_test_file(hoopctl_cases_t *c, unsigned *number,
    unsigned *failed);
static int hoopctl_test_met(json_t *expect, const hoop_verdict_t *v);
static void hoopctl_test_text(hoop_str_t s);
static int hoopctl_diff_run(hoopctl_cases_t *c, hoop_policy_t *const *pair);
static void hoopctl_diff_verdict(hoop_buf_t *b, const hoop_verdict_t *v);


static const char *const  hoopctl_cases_keys[] = {
    "policies", "defaults", "cases", NULL
};

static const char *const  hoopctl_case_keys[] = {
    "name", "request", "expect", NULL
};

static const char *const  hoopctl_expect_keys[] = {
    "decision", "rule", "ambiguous", NULL
};


int
hoopctl_policy_test(int argc, char **argv)
{
    int              i, rc, worst;
    unsigned         number, failed;
    hoopctl_cases_t  c;

    if (argc < 2 || argv[1][0] == '-') {
        return hoopctl_usage("wanted FILE... of cases");
    }

    worst = HOOPCTL_YES;
    number = 0;
    failed = 0;

    for (i = 1; i < argc; i++) {

        rc = hoopctl_cases_load(&c, argv[i]);

        if (rc == HOOPCTL_YES) {
            rc = hoopctl_cases_policies(&c);
        }

        if (rc == HOOPCTL_YES) {
            rc = hoopctl_test_file(&c, &number, &failed);
        }

        hoopctl_cases_free(&c);

        if (rc > worst) {
            worst = rc;
        }
    }

    /* without a plan no reader of TAP takes it for a success */

    if (worst == HOOPCTL_USAGE) {
        printf("Bail out!  not all cases could be judged\n");
        return worst;
    }

    printf("1..%u\n", number);

    if (failed) {
        printf("# %u of %u failed\n", failed, number);
    }

    return worst;
}


static int
hoopctl_test_file(hoopctl_cases_t *c, unsigned *number, unsigned *failed)
{
    int              met;
    size_t           i;
    json_t          *expect, *one;
    hoop_verdict_t   v;

    for (i = 0; i < json_array_size(c->cases); i++) {
        one = json_array_get(c->cases, i);
        expect = json_object_get(one, "expect");

        if (hoopctl_cases_judge(c, i, c->explain.policies,
                                c->explain.npolicies, &v)
            != HOOPCTL_YES)
        {
            return HOOPCTL_USAGE;
        }

        met = hoopctl_test_met(expect, &v);

        printf("%sok %u - %s: ", met ? "" : "not ", ++*number, c->file);
        hoopctl_test_text(hoop_json_member(one, "name"));
        printf("\n");

        if (!met) {
            ++*failed;

            printf("# got %s, rule \"%.*s\"%s: %.*s\n",
                   hoop_verdict_name(v.decision), (int) v.rule.len,
                   v.rule.data ? (char *) v.rule.data : "",
                   v.ambiguous ? ", ambiguous" : "", (int) v.reason.len,
                   v.reason.data ? (char *) v.reason.data : "");
        }

        hoopctl_explain_clear(&c->explain);
    }

    return *failed ? HOOPCTL_NO : HOOPCTL_YES;
}


static int
hoopctl_test_met(json_t *expect, const hoop_verdict_t *v)
{
    json_t  *ambiguous;

    ambiguous = json_object_get(expect, "ambiguous");

    return hoop_str_is(hoop_json_member(expect, "decision"),
                       hoop_verdict_name(v->decision))
           && (json_object_get(expect, "rule") == NULL
               || hoop_str_eq(hoop_json_member(expect, "rule"), v->rule))
           && (ambiguous == NULL || json_is_true(ambiguous) == v->ambiguous);
}


/* "#" begins a directive of TAP, which would make a failure none */

static void
hoopctl_test_text(hoop_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        putchar((s.data[i] < 0x20 || s.data[i] == 0x7f || s.data[i] == '#')
                ? '.' : s.data[i]);
    }
}


int
hoopctl_policy_diff(int argc, char **argv)
{
    int              i, rc;
    const char      *file;
    unsigned         n;
    hoop_policy_t   *pair[2];
    hoopctl_cases_t  c;

    n = 0;
    file = NULL;
    pair[0] = pair[1] = NULL;

    rc = HOOPCTL_YES;

    for (i = 1; i < argc && rc == HOOPCTL_YES; i++) {

        if (strcmp(argv[i], "--cases") == 0 && i + 1 < argc && file == NULL) {
            file = argv[++i];
            continue;
        }

        if (argv[i][0] == '-' || n == 2) {
            n = 0;
            break;
        }

        pair[n] = hoopctl_policy_load(argv[i], stderr, &rc);
        n += (pair[n] != NULL);
    }

    if (rc != HOOPCTL_YES) {
        rc = HOOPCTL_USAGE;

    } else if (n != 2 || file == NULL) {
        rc = hoopctl_usage("wanted OLD NEW --cases FILE");

    } else {
        rc = hoopctl_cases_load(&c, file);

        if (rc == HOOPCTL_YES) {
            rc = hoopctl_diff_run(&c, pair);
        }

        hoopctl_cases_free(&c);
    }

    hoop_policy_free(pair[0]);
    hoop_policy_free(pair[1]);

    return rc;
}


static int
hoopctl_diff_run(hoopctl_cases_t *c, hoop_policy_t *const *pair)
{
    int              rc;
    size_t           i, k;
    hoop_str_t       name;
    hoop_buf_t       b[2], line;
    hoop_verdict_t   v;

    rc = HOOPCTL_YES;

    hoop_buf_init(&b[0], 0);
    hoop_buf_init(&b[1], 0);
    hoop_buf_init(&line, 0);

    for (i = 0; i < json_array_size(c->cases); i++) {

        for (k = 0; k < 2; k++) {
            b[k].len = 0;

            if (hoopctl_cases_judge(c, i, &pair[k], 1, &v) != HOOPCTL_YES) {
                rc = HOOPCTL_USAGE;
                goto done;
            }

            hoopctl_diff_verdict(&b[k], &v);
            hoopctl_explain_clear(&c->explain);
        }

        if (hoop_str_eq(hoop_str(b[0].data, b[0].len),
                        hoop_str(b[1].data, b[1].len)))
        {
            continue;
        }

        name = hoop_json_member(json_array_get(c->cases, i), "name");
        line.len = 0;

        (void) hoop_buf_adds(&line, "{\"case\":");
        (void) hoop_buf_add_json(&line, name.data, name.len);
        (void) hoop_buf_adds(&line, ",\"old\":");
        (void) hoop_buf_add(&line, b[0].data, b[0].len);
        (void) hoop_buf_adds(&line, ",\"new\":");
        (void) hoop_buf_add(&line, b[1].data, b[1].len);
        (void) hoop_buf_adds(&line, "}\n");

        (void) fwrite(line.data, 1, line.len, stdout);

        rc = HOOPCTL_NO;
    }

    if (b[0].failed || b[1].failed || line.failed) {
        rc = hoopctl_usage("no memory");
    }

done:

    hoop_buf_free(&b[0]);
    hoop_buf_free(&b[1]);
    hoop_buf_free(&line);

    return rc;
}


static void
hoopctl_diff_verdict(hoop_buf_t *b, const hoop_verdict_t *v)
{
    (void) hoop_buf_adds(b, "{\"decision\":\"");
    (void) hoop_buf_adds(b, hoop_verdict_name(v->decision));
    (void) hoop_buf_adds(b, "\",\"rule\":");
    (void) hoop_buf_add_json(b, v->rule.data, v->rule.len);

    if (v->ambiguous) {
        (void) hoop_buf_adds(b, ",\"ambiguous\":true");
    }

    hoopctl_explain_obligations(b, v);

    (void) hoop_buf_addc(b, '}');
}


static int
hoopctl_cases_load(hoopctl_cases_t *c, const char *file)
{
    hoop_buf_t    b;
    hoop_error_t  err;

    memset(c, 0, sizeof(hoopctl_cases_t));
    memset(&err, 0, sizeof(hoop_error_t));

    c->file = file;
    hoop_buf_init(&b, 0);

    if (hoopctl_read(file, &b, HOOPCTL_POLICY_MAX_FILE) != HOOP_OK) {
        return HOOPCTL_USAGE;
    }

    c->root = hoop_json_load(b.data ? b.data : (u_char *) "", b.len, &err);
    hoop_buf_free(&b);

    if (c->root == NULL) {
        return hoopctl_usage("%s:%u:%u: %s", file, err.line, err.column,
                             err.text);
    }

    return hoopctl_cases_check(c);
}


static int
hoopctl_cases_check(hoopctl_cases_t *c)
{
    size_t   i;
    json_t  *v, *expect;

    c->cases = json_object_get(c->root, "cases");
    v = json_object_get(c->root, "defaults");

    if (!hoopctl_cases_known(c->root, hoopctl_cases_keys)
        || !json_is_array(c->cases) || (v != NULL && !json_is_object(v)))
    {
        return hoopctl_usage("%s: wanted an object with \"cases\", an array, "
                             "\"policies\" and \"defaults\"", c->file);
    }

    if (json_array_size(c->cases) == 0
        || json_array_size(c->cases) > HOOPCTL_CASES_MAX)
    {
        return hoopctl_usage("%s: wanted 1 to %d cases", c->file,
                             HOOPCTL_CASES_MAX);
    }

    for (i = 0; i < json_array_size(c->cases); i++) {
        v = json_array_get(c->cases, i);

        if (!hoopctl_cases_known(v, hoopctl_case_keys)
            || hoop_json_member(v, "name").len == 0
            || !json_is_object(json_object_get(v, "request")))
        {
            return hoopctl_cases_wrong(c, i, "wanted \"name\", \"request\" "
                                       "and \"expect\"");
        }

        expect = json_object_get(v, "expect");

        if (!hoopctl_cases_known(expect, hoopctl_expect_keys)
            || hoop_json_member(expect, "decision").data == NULL
            || (json_object_get(expect, "rule") != NULL
                && !json_is_string(json_object_get(expect, "rule")))
            || (json_object_get(expect, "ambiguous") != NULL
                && !json_is_boolean(json_object_get(expect, "ambiguous"))))
        {
            return hoopctl_cases_wrong(c, i, "\"expect\" must be an object of "
                                       "\"decision\", and may have \"rule\" "
                                       "and \"ambiguous\"");
        }
    }

    return HOOPCTL_YES;
}


static int
hoopctl_cases_wrong(hoopctl_cases_t *c, size_t i, const char *what)
{
    return hoopctl_usage("%s: case %zu: %s", c->file, i + 1, what);
}


static int
hoopctl_cases_known(json_t *object, const char *const *keys)
{
    json_t      *v;
    unsigned     i;
    const char  *key;

    if (!json_is_object(object)) {
        return 0;
    }

    json_object_foreach(object, key, v) {

        for (i = 0; keys[i] != NULL && strcmp(keys[i], key) != 0; i++) {
            /* void */
        }

        if (keys[i] == NULL) {
            return 0;
        }
    }

    return 1;
}


/* their names are relative to the file of cases */

static int
hoopctl_cases_policies(hoopctl_cases_t *c)
{
    int                 rc;
    char                path[4096];
    size_t              i, n, dir;
    json_t             *list, *v;
    const char         *slash;
    hoopctl_explain_t  *e;

    e = &c->explain;
    list = json_object_get(c->root, "policies");
    n = json_array_size(list);

    if (n == 0 || n > HOOPCTL_POLICY_MAX_FILES) {
        return hoopctl_usage("%s: \"policies\" must be an array of 1 to %d "
                             "names of files", c->file,
                             HOOPCTL_POLICY_MAX_FILES);
    }

    slash = strrchr(c->file, '/');
    dir = slash ? slash - c->file + 1 : 0;

    for (i = 0; i < n; i++) {
        v = json_array_get(list, i);

        if (!json_is_string(v)
            || dir + json_string_length(v) >= sizeof(path))
        {
            return hoopctl_usage("%s: the name of a policy must be a string",
                                 c->file);
        }

        (void) snprintf(path, sizeof(path), "%.*s%s",
                        json_string_value(v)[0] == '/' ? 0 : (int) dir,
                        c->file, json_string_value(v));

        rc = HOOPCTL_YES;
        e->policies[i] = hoopctl_policy_load(path, stderr, &rc);

        if (e->policies[i] == NULL) {
            return HOOPCTL_USAGE;
        }

        e->npolicies++;
    }

    return HOOPCTL_YES;
}


static int
hoopctl_cases_judge(hoopctl_cases_t *c, size_t i,
    hoop_policy_t *const *policies, unsigned n, hoop_verdict_t *v)
{
    json_t             *request, *defaults;
    hoopctl_explain_t  *e;

    e = &c->explain;

    defaults = json_object_get(c->root, "defaults");
    request = json_object_get(json_array_get(c->cases, i), "request");

    e->root = json_copy(request);

    if (e->root == NULL
        || (defaults != NULL
            && json_object_update_missing(e->root, defaults) != 0))
    {
        return hoopctl_usage("no memory");
    }

    if (hoopctl_explain_members(e) != HOOPCTL_YES) {
        return hoopctl_cases_wrong(c, i, "its request is not to be judged");
    }

    hoop_policy_evaluate(policies, n, &e->request, v);

    return HOOPCTL_YES;
}


static void
hoopctl_cases_free(hoopctl_cases_t *c)
{
    hoopctl_explain_free(&c->explain);
    json_decref(c->root);
}
