
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "limits" of a rule that lets pass: how much of an answer.
 */


#include "hoop_policy_rule.h"


/* so that sums of two of them are far from any overflow */
#define HOOP_POLICY_MAX_RESPONSE  ((uint64_t) 1 << 40)


static int hoop_policy_limits_response(hoop_compile_t *cc, json_t *v,
    hoop_limits_t *limits);


static const char *const  hoop_policy_limits_keys[] = {
    "response", NULL
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

    if (hoop_policy_limits_response(cc, json_object_get(conf, "response"),
                                    limits)
        != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    if (limits->response == 0) {
        return hoop_policy_error(cc, 0, "\"limits\" without a limit");
    }

    rule->limits = limits;

    return HOOP_OK;
}


/* a size as nginx has it: "512k" */

static int
hoop_policy_limits_response(hoop_compile_t *cc, json_t *v,
    hoop_limits_t *limits)
{
    size_t       mark;
    uint64_t     n;
    const char  *p;

    if (v == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr("response"));

    n = 0;
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
        n <<= 10;
        p++;
        break;
    case 'm':
    case 'M':
        n <<= 20;
        p++;
        break;
    case 'g':
    case 'G':
        n <<= 30;
        p++;
        break;
    }

    if (*p != '\0' || n > HOOP_POLICY_MAX_RESPONSE) {
        goto invalid;
    }

    limits->response = n;
    hoop_policy_pop(cc, mark);

    return HOOP_OK;

invalid:

    return hoop_policy_error(cc, 0, "invalid size, wanted a string as "
                             "\"65536\", \"512k\", \"10m\" or \"1g\", at most "
                             "\"1024g\"");
}
