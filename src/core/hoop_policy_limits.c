
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "limits" of a rule that lets pass: how often for one subject, how much of an
 * answer, and how many rows.
 */


#include "hoop_policy_rule.h"


/* so that sums of two of them are far from any overflow */
#define HOOP_POLICY_MAX_RESPONSE  ((uint64_t) 1 << 40)
#define HOOP_POLICY_MAX_ROWS      1000000000


static int hoop_policy_limits_rate(hoop_compile_t *cc, json_t *v,
    json_t *burst, hoop_limits_t *limits);
static int hoop_policy_limits_response(hoop_compile_t *cc, json_t *v,
    hoop_limits_t *limits);
static int hoop_policy_limits_rows(hoop_compile_t *cc, json_t *v,
    hoop_limits_t *limits);
static int hoop_policy_limits_max(hoop_compile_t *cc, json_t *v,
    hoop_limits_t *limits);
static int hoop_policy_limits_at(hoop_compile_t *cc, json_t *v,
    hoop_limits_t *limits);


static const char *const  hoop_policy_limits_keys[] = {
    "rate", "burst", "response", "rows", NULL
};

static const char *const  hoop_policy_rows_keys[] = {
    "at", "max", NULL
};


int
hoop_policy_compile_limits(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    hoop_limits_t  *limits;

    if (rule->effect != HOOP_VERDICT_ALLOW
        && rule->effect != HOOP_VERDICT_REVIEW)
    {
        return hoop_policy_error(cc, 1, "\"limits\" in a rule that lets "
                                 "nothing pass");
    }

    if (hoop_policy_object(cc, conf, hoop_policy_limits_keys) != HOOP_OK) {
        return HOOP_ERROR;
    }

    limits = hoop_policy_alloc(cc, sizeof(hoop_limits_t));
    if (limits == NULL) {
        return HOOP_ERROR;
    }

    if (hoop_policy_limits_rate(cc, json_object_get(conf, "rate"),
                                json_object_get(conf, "burst"), limits)
        != HOOP_OK
        || hoop_policy_limits_response(cc, json_object_get(conf, "response"),
                                       limits)
           != HOOP_OK
        || hoop_policy_limits_rows(cc, json_object_get(conf, "rows"), limits)
           != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    if (limits->rate.interval == 0 && limits->response == 0
        && limits->rows.max == 0)
    {
        return hoop_policy_error(cc, 0, "\"limits\" without a limit");
    }

    rule->limits = limits;

    return HOOP_OK;
}


/* as nginx has it: "10r/s", "60r/m"; and "100r/h" */

static int
hoop_policy_limits_rate(hoop_compile_t *cc, json_t *v, json_t *burst,
    hoop_limits_t *limits)
{
    size_t       mark;
    uint64_t     n, more;
    unsigned     seconds;
    const char  *p;

    if (v == NULL && burst == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr("burst"));

    if (v == NULL) {
        return hoop_policy_error(cc, 1, "\"burst\" without \"rate\"");
    }

    if (burst != NULL
        && (!json_is_integer(burst) || json_integer_value(burst) < 0))
    {
        return hoop_policy_error(cc, 0, "wanted a number of requests");
    }

    more = burst ? (uint64_t) json_integer_value(burst) : 0;

    hoop_policy_pop(cc, mark);
    mark = hoop_policy_push(cc, hoop_cstr("rate"));

    n = 0;
    p = json_is_string(v) ? json_string_value(v) : "";

    if (*p < '1' || *p > '9') {
        goto invalid;
    }

    for ( /* void */ ; *p >= '0' && *p <= '9' && n < 1000000000; p++) {
        n = n * 10 + (*p - '0');
    }

    if (strcmp(p, "r/s") == 0) {
        seconds = 1;

    } else if (strcmp(p, "r/m") == 0) {
        seconds = 60;

    } else if (strcmp(p, "r/h") == 0) {
        seconds = 3600;

    } else {
        goto invalid;
    }

    if (hoop_rate_init(&limits->rate, n, seconds, 0) != HOOP_OK) {
        goto invalid;
    }

    hoop_policy_pop(cc, mark);

    if (hoop_rate_init(&limits->rate, n, seconds, more) != HOOP_OK) {
        mark = hoop_policy_push(cc, hoop_cstr("burst"));

        return hoop_policy_error(cc, 0, "\"burst\" of more than what the rate "
                                 "allows in a week");
    }

    return HOOP_OK;

invalid:

    return hoop_policy_error(cc, 0, "invalid rate, wanted a string as "
                             "\"10r/s\", \"60r/m\" or \"100r/h\", at most "
                             "\"10000r/s\"");
}


/* a size as nginx has it: "512k" */

static int
hoop_policy_limits_response(hoop_compile_t *cc, json_t *v,
    hoop_limits_t *limits)
{
    size_t       mark;
    uint64_t     n;
    unsigned     shift;
    const char  *p;

    if (v == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr("response"));

    n = 0;
    shift = 0;
    p = json_is_string(v) ? json_string_value(v) : "";

    if (*p < '1' || *p > '9') {
        goto invalid;
    }

    for ( /* void */ ; *p >= '0' && *p <= '9'; p++) {
        n = n * 10 + (*p - '0');

        if (n > HOOP_POLICY_MAX_RESPONSE) {
            goto invalid;
        }
    }

    switch (*p) {
    case '\0':
        break;
    case 'k':
    case 'K':
        shift = 10;
        p++;
        break;
    case 'm':
    case 'M':
        shift = 20;
        p++;
        break;
    case 'g':
    case 'G':
        shift = 30;
        p++;
        break;
    }

    if (*p != '\0' || n > HOOP_POLICY_MAX_RESPONSE >> shift) {
        goto invalid;
    }

    limits->response = n << shift;
    hoop_policy_pop(cc, mark);

    return HOOP_OK;

invalid:

    return hoop_policy_error(cc, 0, "invalid size, wanted a string as "
                             "\"65536\", \"512k\", \"10m\" or \"1g\", at most "
                             "\"1024g\"");
}


/* a number, or where they are and how many */

static int
hoop_policy_limits_rows(hoop_compile_t *cc, json_t *v, hoop_limits_t *limits)
{
    size_t   mark, each;
    json_t  *max;

    if (v == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr("rows"));

    if (json_is_object(v)) {

        if (hoop_policy_object(cc, v, hoop_policy_rows_keys) != HOOP_OK) {
            return HOOP_ERROR;
        }

        max = json_object_get(v, "max");

        if (max == NULL) {
            return hoop_policy_error(cc, 0, "\"rows\" without \"max\"");
        }

        each = hoop_policy_push(cc, hoop_cstr("max"));

        if (hoop_policy_limits_max(cc, max, limits) != HOOP_OK) {
            return HOOP_ERROR;
        }

        hoop_policy_pop(cc, each);

        if (hoop_policy_limits_at(cc, json_object_get(v, "at"), limits)
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }

    } else if (hoop_policy_limits_max(cc, v, limits) != HOOP_OK) {
        return HOOP_ERROR;
    }

    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


static int
hoop_policy_limits_max(hoop_compile_t *cc, json_t *v, hoop_limits_t *limits)
{
    if (!json_is_integer(v) || json_integer_value(v) < 1
        || json_integer_value(v) > HOOP_POLICY_MAX_ROWS)
    {
        return hoop_policy_error(cc, 0, "wanted a number of rows from 1 to %d",
                                 HOOP_POLICY_MAX_ROWS);
    }

    limits->rows.max = json_integer_value(v);

    return HOOP_OK;
}


static int
hoop_policy_limits_at(hoop_compile_t *cc, json_t *v, hoop_limits_t *limits)
{
    size_t      mark;
    unsigned    n;
    hoop_str_t  pointer, *at;

    if (v == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr("at"));

    if (!json_is_string(v)
        || json_string_length(v) > HOOP_POLICY_MAX_POINTER)
    {
        goto invalid;
    }

    pointer = hoop_json_string(v);

    if (pointer.len != 0 && !hoop_json_pointer_valid(pointer)) {
        goto invalid;
    }

    if (hoop_policy_segments(cc, pointer, &at, &n) != HOOP_OK) {
        return HOOP_ERROR;
    }

    if (n > HOOP_ROWS_AT) {
        goto invalid;
    }

    limits->rows.at = at;
    limits->rows.nat = n;
    limits->rows.at_set = 1;

    hoop_policy_pop(cc, mark);

    return HOOP_OK;

invalid:

    return hoop_policy_error(cc, 0, "wanted a JSON pointer of at most %d "
                             "segments, as \"/data/items\", or \"\"",
                             HOOP_ROWS_AT);
}
