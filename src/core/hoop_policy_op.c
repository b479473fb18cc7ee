
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Operators: compiled from a scalar ("equals") or from an object of operators
 * that must all hold, and tested against one subject.
 *
 * Of an absent subject every operator but "exists" says NO (and "not" turns
 * that round).  Of a value whose type an operator does not know, regex and
 * glob of a number, lt of a string, it says UNKNOWN: the target might convert
 * it.  Equality is strict in type, as JSON is.
 */


#include <stdlib.h>

#include "hoop_policy_rule.h"


#define HOOP_OP_MAX_COMPARES  100000
#define HOOP_OP_MAX_ELEMENTS  1024
#define HOOP_OP_MAX_LIMITED   8


typedef struct {
    int         real;
    int64_t     i;
    double      d;
} hoop_number_t;


static int hoop_policy_compile_one(hoop_compile_t *cc, json_t *v, int text,
    hoop_op_t *op);
static int hoop_policy_compile_values(hoop_compile_t *cc, json_t *v, int text,
    hoop_op_t *op);
static int hoop_policy_compile_scalar(hoop_compile_t *cc, json_t *v, int text,
    hoop_op_t *op);
static int hoop_policy_compile_regex(hoop_compile_t *cc, json_t *v,
    hoop_op_t *op);
static hoop_truth_e hoop_policy_test_one(hoop_policy_t *policy,
    const hoop_op_t *op, const hoop_subject_t *subject, const char **why);
static int hoop_policy_equal(const hoop_op_t *op, unsigned n,
    const hoop_subject_t *subject);
static hoop_truth_e hoop_policy_test_list(const hoop_op_t *op,
    const hoop_subject_t *subject, const char **why);
static hoop_truth_e hoop_policy_test_each(hoop_policy_t *policy,
    const hoop_op_t *op, const hoop_subject_t *subject, const char **why);
static hoop_truth_e hoop_policy_test_regex(hoop_policy_t *policy,
    const hoop_op_t *op, hoop_str_t text, const char **why);
static hoop_truth_e hoop_policy_test_number(const hoop_op_t *op,
    const hoop_subject_t *subject, const char **why);
static int hoop_policy_number_json(json_t *v, hoop_number_t *n);
static int hoop_policy_number_text(hoop_str_t s, hoop_number_t *n);
static int hoop_policy_number_compare(const hoop_number_t *a,
    const hoop_number_t *b);


/* in the order of hoop_op_e */

static const char *const  hoop_policy_operators[] = {
    "equals", "any", "all", "glob", "regex", "exists", "lt", "lte", "gt",
    "gte", "cidr", "not", NULL
};


static const char  hoop_policy_why_type[] =
    "a value is of a type that the operator does not know";
static const char  hoop_policy_why_regex[] =
    "a regular expression reached its limits or met invalid UTF-8";
static const char  hoop_policy_why_long[] = "an array is too long to judge";


hoop_op_t *
hoop_policy_compile_op(hoop_compile_t *cc, json_t *conf, int text)
{
    size_t       mark;
    json_t      *v;
    unsigned     i;
    hoop_op_t   *op, *head, **tail;
    const char  *key;

    if (json_is_array(conf)) {
        (void) hoop_policy_error(cc, 0, "wanted a value or an object of "
                                 "operators; for a list write "
                                 "{ \"any\": [...] }");
        return NULL;
    }

    if (!json_is_object(conf)) {
        op = hoop_policy_alloc(cc, sizeof(hoop_op_t));

        if (op == NULL
            || hoop_policy_compile_scalar(cc, conf, text, op) != HOOP_OK)
        {
            return NULL;
        }

        return op;
    }

    if (hoop_policy_object(cc, conf, hoop_policy_operators) != HOOP_OK) {
        return NULL;
    }

    if (json_object_size(conf) == 0) {
        (void) hoop_policy_error(cc, 0, "no operator, wanted equals, any, "
                                 "all, glob, regex, exists, lt, lte, gt, "
                                 "gte, cidr or not");
        return NULL;
    }

    head = NULL;
    tail = &head;

    json_object_foreach(conf, key, v) {

        op = hoop_policy_alloc(cc, sizeof(hoop_op_t));
        if (op == NULL) {
            return NULL;
        }

        for (i = 0; strcmp(hoop_policy_operators[i], key) != 0; i++) {
            /* void */
        }

        op->type = i;
        mark = hoop_policy_push(cc, hoop_cstr(key));

        if (hoop_policy_end(cc, mark, hoop_policy_compile_one(cc, v, text, op))
            != HOOP_OK)
        {
            return NULL;
        }

        *tail = op;
        tail = &op->next;
    }

    return head;
}


static int
hoop_policy_compile_one(hoop_compile_t *cc, json_t *v, int text, hoop_op_t *op)
{
    hoop_error_t  err;

    switch (op->type) {

    case HOOP_OP_EQUALS:
        return hoop_policy_compile_scalar(cc, v, text, op);

    case HOOP_OP_ANY:
    case HOOP_OP_ALL:

        if (json_is_array(v)) {
            return hoop_policy_compile_values(cc, v, text, op);
        }

        if (!json_is_object(v)) {
            return hoop_policy_error(cc, 0, "wanted an array of values, or an "
                                     "object of operators for the elements");
        }

        /* fall through */

    case HOOP_OP_NOT:
        op->sub = hoop_policy_compile_op(cc, v, text);
        return (op->sub != NULL) ? HOOP_OK : HOOP_ERROR;

    case HOOP_OP_GLOB:

        if (!json_is_string(v)) {
            return hoop_policy_error(cc, 0, "wanted a glob in a string");
        }

        op->glob = hoop_str(json_string_value(v), json_string_length(v));

        if (hoop_glob_check(op->glob, 0, &err) != HOOP_OK) {
            return hoop_policy_error(cc, 0, "%s", err.text);
        }

        return HOOP_OK;

    case HOOP_OP_REGEX:
        return hoop_policy_compile_regex(cc, v, op);

    case HOOP_OP_CIDR:
        return hoop_policy_compile_cidr(cc, v, op);

    case HOOP_OP_EXISTS:

        if (!json_is_boolean(v)) {
            return hoop_policy_error(cc, 0, "wanted true or false");
        }

        op->exists = json_is_true(v);
        return HOOP_OK;

    default:

        if (!json_is_number(v)) {
            return hoop_policy_error(cc, 0, "wanted a number");
        }

        op->number = v;
        return HOOP_OK;
    }
}


static int
hoop_policy_compile_values(hoop_compile_t *cc, json_t *v, int text,
    hoop_op_t *op)
{
    size_t  i, n, mark;

    n = json_array_size(v);

    if (n == 0 || n > HOOP_POLICY_MAX_LIST) {
        return hoop_policy_error(cc, 0, "wanted an array of 1 to %d values",
                                 HOOP_POLICY_MAX_LIST);
    }

    op->values = hoop_policy_alloc(cc, n * sizeof(json_t *));
    op->texts = hoop_policy_alloc(cc, n * sizeof(hoop_str_t));

    if (op->values == NULL || op->texts == NULL) {
        return HOOP_ERROR;
    }

    for (i = 0; i < n; i++) {
        mark = hoop_policy_push_index(cc, i);

        if (hoop_policy_compile_scalar(cc, json_array_get(v, i), text, op)
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }

        hoop_policy_pop(cc, mark);
    }

    return HOOP_OK;
}


/*
 * Appends a value.  A text source has no types: there an integer or a boolean
 * stands for its usual spelling.
 */

static int
hoop_policy_compile_scalar(hoop_compile_t *cc, json_t *v, int text,
    hoop_op_t *op)
{
    u_char      *p;
    hoop_buf_t   b;
    hoop_str_t  *s;

    if (json_is_object(v) || json_is_array(v)) {
        return hoop_policy_error(cc, 0, "wanted a string, a number, true, "
                                 "false or null");
    }

    if (op->values == NULL) {
        op->values = hoop_policy_alloc(cc, sizeof(json_t *));
        op->texts = hoop_policy_alloc(cc, sizeof(hoop_str_t));

        if (op->values == NULL || op->texts == NULL) {
            return HOOP_ERROR;
        }
    }

    op->values[op->nvalues] = v;
    s = &op->texts[op->nvalues++];

    if (!text) {
        return HOOP_OK;
    }

    switch (json_typeof(v)) {

    case JSON_STRING:
        *s = hoop_str(json_string_value(v), json_string_length(v));
        return HOOP_OK;

    case JSON_TRUE:
        *s = hoop_cstr("true");
        return HOOP_OK;

    case JSON_FALSE:
        *s = hoop_cstr("false");
        return HOOP_OK;

    case JSON_INTEGER:
        hoop_buf_init(&b, 0);

        if (json_integer_value(v) < 0) {
            (void) hoop_buf_addc(&b, '-');
            (void) hoop_buf_addu(&b, -(uint64_t) json_integer_value(v));

        } else {
            (void) hoop_buf_addu(&b, json_integer_value(v));
        }

        p = b.failed ? NULL : hoop_policy_alloc(cc, b.len);

        if (p == NULL) {
            hoop_buf_free(&b);
            return hoop_policy_nomem(cc);
        }

        memcpy(p, b.data, b.len);
        *s = hoop_str(p, b.len);
        hoop_buf_free(&b);

        return HOOP_OK;

    default:
        return hoop_policy_error(cc, 0, "wanted a string, an integer, true or "
                                 "false: the value compared is text");
    }
}


static int
hoop_policy_compile_regex(hoop_compile_t *cc, json_t *v, hoop_op_t *op)
{
    int              code;
    unsigned         size;
    hoop_policy_t   *policy;
    pcre2_code     **codes;
    PCRE2_UCHAR      text[120];
    PCRE2_SIZE       offset;

    policy = cc->policy;

    if (!json_is_string(v) || json_string_length(v) == 0
        || json_string_length(v) > HOOP_POLICY_MAX_REGEX)
    {
        return hoop_policy_error(cc, 0, "wanted a regular expression in a "
                                 "string of 1 to %d bytes",
                                 HOOP_POLICY_MAX_REGEX);
    }

    if (policy->ncodes == cc->codes_size) {
        size = cc->codes_size ? cc->codes_size * 2 : 16;

        codes = realloc(policy->codes, size * sizeof(pcre2_code *));
        if (codes == NULL) {
            return hoop_policy_nomem(cc);
        }

        policy->codes = codes;
        cc->codes_size = size;
    }

    /* "$" before a trailing newline would let one more line through */

    op->regex = pcre2_compile((PCRE2_SPTR) json_string_value(v),
                              json_string_length(v),
                              PCRE2_UTF|PCRE2_DOLLAR_ENDONLY
                              |PCRE2_NEVER_BACKSLASH_C,
                              &code, &offset, NULL);
    if (op->regex == NULL) {
        (void) pcre2_get_error_message(code, text, sizeof(text));
        return hoop_policy_error(cc, 0, "invalid regular expression at "
                                 "offset %zu: %s", offset, (char *) text);
    }

    policy->codes[policy->ncodes++] = op->regex;

    /* what JIT cannot compile is interpreted, under the same limits */

    (void) pcre2_jit_compile(op->regex, PCRE2_JIT_COMPLETE);

    return HOOP_OK;
}


hoop_truth_e
hoop_policy_test(hoop_policy_t *policy, const hoop_op_t *op,
    const hoop_subject_t *subject, const char **why)
{
    hoop_truth_e  t, truth;

    truth = HOOP_TRUTH_YES;

    for ( /* void */ ; op != NULL; op = op->next) {
        t = hoop_policy_test_one(policy, op, subject, why);

        if (t == HOOP_TRUTH_NO) {
            return t;
        }

        if (t < truth) {
            truth = t;
        }
    }

    return truth;
}


static hoop_truth_e
hoop_policy_test_one(hoop_policy_t *policy, const hoop_op_t *op,
    const hoop_subject_t *subject, const char **why)
{
    hoop_str_t    s;
    hoop_truth_e  t;

    if (subject->type == HOOP_SUBJECT_UNKNOWN) {
        *why = subject->why;
        return HOOP_TRUTH_UNKNOWN;
    }

    if (op->type == HOOP_OP_NOT) {
        t = hoop_policy_test(policy, op->sub, subject, why);
        return HOOP_TRUTH_YES - t;
    }

    if (op->type == HOOP_OP_EXISTS) {
        return (op->exists == (subject->type != HOOP_SUBJECT_ABSENT))
               ? HOOP_TRUTH_YES : HOOP_TRUTH_NO;
    }

    if (subject->type == HOOP_SUBJECT_ABSENT) {
        return HOOP_TRUTH_NO;
    }

    switch (op->type) {

    case HOOP_OP_EQUALS:
        return hoop_policy_equal(op, 0, subject) ? HOOP_TRUTH_YES
                                                 : HOOP_TRUTH_NO;

    case HOOP_OP_ANY:
    case HOOP_OP_ALL:
        return (op->sub != NULL)
               ? hoop_policy_test_each(policy, op, subject, why)
               : hoop_policy_test_list(op, subject, why);

    case HOOP_OP_GLOB:
    case HOOP_OP_REGEX:

        if (subject->type == HOOP_SUBJECT_TEXT) {
            s = subject->text;

        } else if (json_is_string(subject->json)) {
            s = hoop_str(json_string_value(subject->json),
                         json_string_length(subject->json));

        } else {
            *why = hoop_policy_why_type;
            return HOOP_TRUTH_UNKNOWN;
        }

        if (op->type == HOOP_OP_REGEX) {
            return hoop_policy_test_regex(policy, op, s, why);
        }

        return hoop_glob_match(op->glob, 0, s) ? HOOP_TRUTH_YES
                                               : HOOP_TRUTH_NO;

    case HOOP_OP_CIDR:
        return hoop_policy_test_cidr(op, subject, why);

    case HOOP_OP_WHEN:
        return hoop_policy_test_when(policy, op, subject, why);

    case HOOP_OP_MCP:
        return hoop_policy_test_mcp(op, subject, why);

    case HOOP_OP_SET:
        return subject->holds ? HOOP_TRUTH_YES : HOOP_TRUTH_NO;

    case HOOP_OP_GRAPHQL:
        return hoop_policy_test_graphql(op, subject, why);

    case HOOP_OP_SQL:
        return hoop_policy_test_sql(policy, op, subject, why);

    default:
        return hoop_policy_test_number(op, subject, why);
    }
}


static int
hoop_policy_equal(const hoop_op_t *op, unsigned n,
    const hoop_subject_t *subject)
{
    json_t         *a, *b;
    hoop_number_t   x, y;

    if (subject->type == HOOP_SUBJECT_TEXT) {
        return hoop_str_eq(op->texts[n], subject->text);
    }

    a = op->values[n];
    b = subject->json;

    if (json_is_number(a)) {
        return hoop_policy_number_json(a, &x) == HOOP_OK
               && hoop_policy_number_json(b, &y) == HOOP_OK
               && hoop_policy_number_compare(&x, &y) == 0;
    }

    if (json_is_string(a) && json_is_string(b)) {
        return hoop_str_eq(hoop_str(json_string_value(a),
                                    json_string_length(a)),
                           hoop_str(json_string_value(b),
                                    json_string_length(b)));
    }

    return json_typeof(a) == json_typeof(b) && !json_is_string(a);
}


/*
 * "any": the value, or one of its elements, is in the list; "all": each of
 * the list is the value, or one of its elements.
 */

static hoop_truth_e
hoop_policy_test_list(const hoop_op_t *op, const hoop_subject_t *subject,
    const char **why)
{
    int              found;
    size_t           i, k, n;
    hoop_subject_t   element;

    element = *subject;
    n = 1;

    if (subject->type == HOOP_SUBJECT_JSON && json_is_array(subject->json)) {
        n = json_array_size(subject->json);

        if (n > HOOP_OP_MAX_COMPARES / op->nvalues) {
            *why = hoop_policy_why_long;
            return HOOP_TRUTH_UNKNOWN;
        }
    }

    for (i = 0; i < op->nvalues; i++) {
        found = 0;

        for (k = 0; k < n && !found; k++) {

            if (subject->type == HOOP_SUBJECT_JSON
                && json_is_array(subject->json))
            {
                element.json = json_array_get(subject->json, k);
            }

            found = hoop_policy_equal(op, i, &element);
        }

        if (found != (op->type == HOOP_OP_ALL)) {
            return found ? HOOP_TRUTH_YES : HOOP_TRUTH_NO;
        }
    }

    return (op->type == HOOP_OP_ALL) ? HOOP_TRUTH_YES : HOOP_TRUTH_NO;
}


/* The operators over the elements of an array; an empty one gives NO. */

static hoop_truth_e
hoop_policy_test_each(hoop_policy_t *policy, const hoop_op_t *op,
    const hoop_subject_t *subject, const char **why)
{
    size_t          i, n;
    hoop_truth_e    t, truth;
    hoop_subject_t  element;

    if (subject->type != HOOP_SUBJECT_JSON || !json_is_array(subject->json)) {
        return hoop_policy_test(policy, op->sub, subject, why);
    }

    n = json_array_size(subject->json);

    if (n == 0) {
        return HOOP_TRUTH_NO;
    }

    if (n > HOOP_OP_MAX_ELEMENTS) {
        *why = hoop_policy_why_long;
        return HOOP_TRUTH_UNKNOWN;
    }

    element = *subject;
    truth = (op->type == HOOP_OP_ALL) ? HOOP_TRUTH_YES : HOOP_TRUTH_NO;

    for (i = 0; i < n; i++) {
        element.json = json_array_get(subject->json, i);
        t = hoop_policy_test(policy, op->sub, &element, why);

        if ((op->type == HOOP_OP_ALL) ? t < truth : t > truth) {
            truth = t;
        }
    }

    return truth;
}


/*
 * A regex at its limits costs as much as one may; after a few of them in one
 * evaluation the others are not tried.
 */

static hoop_truth_e
hoop_policy_test_regex(hoop_policy_t *policy, const hoop_op_t *op,
    hoop_str_t text, const char **why)
{
    int  rc;

    if (policy->limited < HOOP_OP_MAX_LIMITED) {

        rc = pcre2_match(op->regex, text.data ? text.data : (u_char *) "",
                         text.len, 0, 0, policy->match_data,
                         policy->match_context);
        if (rc >= 0) {
            return HOOP_TRUTH_YES;
        }

        if (rc == PCRE2_ERROR_NOMATCH) {
            return HOOP_TRUTH_NO;
        }

        policy->limited++;
    }

    *why = hoop_policy_why_regex;

    return HOOP_TRUTH_UNKNOWN;
}


static hoop_truth_e
hoop_policy_test_number(const hoop_op_t *op, const hoop_subject_t *subject,
    const char **why)
{
    int            c, rc, holds;
    hoop_number_t  x, y;

    rc = (subject->type == HOOP_SUBJECT_TEXT)
         ? hoop_policy_number_text(subject->text, &x)
         : hoop_policy_number_json(subject->json, &x);

    if (rc != HOOP_OK) {
        *why = hoop_policy_why_type;
        return HOOP_TRUTH_UNKNOWN;
    }

    (void) hoop_policy_number_json(op->number, &y);

    c = hoop_policy_number_compare(&x, &y);

    switch (op->type) {
    case HOOP_OP_LT:
        holds = c < 0;
        break;
    case HOOP_OP_LTE:
        holds = c <= 0;
        break;
    case HOOP_OP_GT:
        holds = c > 0;
        break;
    default:
        holds = c >= 0;
    }

    return holds ? HOOP_TRUTH_YES : HOOP_TRUTH_NO;
}


static int
hoop_policy_number_json(json_t *v, hoop_number_t *n)
{
    n->real = json_is_real(v);
    n->i = json_integer_value(v);
    n->d = json_real_value(v);

    return json_is_number(v) ? HOOP_OK : HOOP_ERROR;
}


/*
 * Decimal digits with an optional sign and fraction, and no spelling that one
 * language reads otherwise than another: no leading zero, no exponent.
 */

static int
hoop_policy_number_text(hoop_str_t s, hoop_number_t *n)
{
    int            minus;
    double         scale;
    unsigned       count;
    const u_char  *p, *end, *digits, *point;

    p = s.data;
    end = p + s.len;
    minus = (p < end && *p == '-');
    digits = p += minus;
    point = NULL;

    n->i = 0;
    scale = 1;

    for (count = 0; p < end && count < 18; p++) {

        if (*p == '.' && point == NULL && p > digits) {
            point = p;
            continue;
        }

        if (*p < '0' || *p > '9') {
            return HOOP_ERROR;
        }

        n->i = n->i * 10 + (*p - '0');
        count++;

        if (point != NULL) {
            scale *= 10;
        }
    }

    if (p != end || count == 0 || point == p - 1
        || (*digits == '0' && p - digits > 1 && point != digits + 1)
        || (point != NULL && count > 15))
    {
        return HOOP_ERROR;
    }

    if (minus) {
        n->i = -n->i;
    }

    /* of up to 15 digits both are exact, and the quotient is rounded once */

    n->real = (point != NULL);
    n->d = n->i / scale;

    return HOOP_OK;
}


/* Exact where one is an integer beyond the precision of a double. */

static int
hoop_policy_number_compare(const hoop_number_t *a, const hoop_number_t *b)
{
    int64_t  i;

    if (!a->real && !b->real) {
        return (a->i > b->i) - (a->i < b->i);
    }

    if (a->real && b->real) {
        return (a->d > b->d) - (a->d < b->d);
    }

    if (a->real) {
        return -hoop_policy_number_compare(b, a);
    }

    if (b->d >= 9223372036854775808.0) {
        return -1;
    }

    if (b->d < -9223372036854775808.0) {
        return 1;
    }

    i = (int64_t) b->d;

    if (a->i != i) {
        return (a->i > i) ? 1 : -1;
    }

    return ((double) i > b->d) - ((double) i < b->d);
}
