
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "token" of an allow rule: what may be in a token that the rule lets be
 * issued (RFC 8693).  It only takes away.
 */


#include "hoop_policy_rule.h"


#define HOOP_POLICY_MAX_LIFETIME  3600


static int hoop_policy_token_list(hoop_compile_t *cc, json_t *conf,
    const char *name, size_t min, int scope, hoop_list_t *list);
static int hoop_policy_token_scope(hoop_compile_t *cc, hoop_str_t scope);


static const char *const  hoop_policy_token_keys[] = {
    "audience", "scope", "lifetime", NULL
};


int
hoop_policy_compile_token(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    json_t             *v;
    hoop_list_t         audience, scope;
    hoop_token_rule_t  *token;

    if (rule->effect != HOOP_VERDICT_ALLOW) {
        return hoop_policy_error(cc, 1, "\"token\" in a rule whose effect is "
                                 "not \"allow\"");
    }

    if (hoop_policy_object(cc, conf, hoop_policy_token_keys) != HOOP_OK
        || hoop_policy_token_list(cc, conf, "audience", 1, 0, &audience)
           != HOOP_OK
        || hoop_policy_token_list(cc, conf, "scope", 0, 1, &scope) != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    token = hoop_policy_alloc(cc, sizeof(hoop_token_rule_t));
    if (token == NULL) {
        return HOOP_ERROR;
    }

    token->audiences = audience.items;
    token->naudiences = audience.n;
    token->scopes = scope.items;
    token->nscopes = scope.n;
    token->scope_set = (json_object_get(conf, "scope") != NULL);

    v = json_object_get(conf, "lifetime");

    if (v != NULL) {
        (void) hoop_policy_push(cc, hoop_cstr("lifetime"));

        if (hoop_policy_time(cc, v, HOOP_POLICY_MAX_LIFETIME, "1h",
                             &token->lifetime)
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }
    }

    rule->token = token;

    return HOOP_OK;
}


static int
hoop_policy_token_list(hoop_compile_t *cc, json_t *conf, const char *name,
    size_t min, int scope, hoop_list_t *list)
{
    size_t   i, n, mark, each;
    json_t  *v;

    list->n = 0;
    list->items = NULL;

    v = json_object_get(conf, name);

    if (v == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr(name));
    n = json_array_size(v);

    if (!json_is_array(v) || n < min || n > HOOP_POLICY_MAX_LIST) {
        return hoop_policy_error(cc, 0, "\"%s\" must be an array of %sstrings",
                                 name, min ? "one or more " : "");
    }

    list->items = hoop_policy_alloc(cc, (n + 1) * sizeof(hoop_str_t));
    if (list->items == NULL) {
        return HOOP_ERROR;
    }

    for (i = 0; i < n; i++) {
        each = hoop_policy_push_index(cc, i);

        if (hoop_policy_string(cc, json_array_get(v, i),
                               HOOP_POLICY_MAX_REASON, &list->items[i])
            != HOOP_OK
            || (scope
                && hoop_policy_token_scope(cc, list->items[i]) != HOOP_OK))
        {
            return HOOP_ERROR;
        }

        list->n++;
        hoop_policy_pop(cc, each);
    }

    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


/* RFC 6749, 3.3: one word of printable ASCII */

static int
hoop_policy_token_scope(hoop_compile_t *cc, hoop_str_t scope)
{
    size_t  i;

    for (i = 0; i < scope.len; i++) {
        if (scope.data[i] <= 0x20 || scope.data[i] >= 0x7f
            || scope.data[i] == '"' || scope.data[i] == '\\')
        {
            return hoop_policy_error(cc, 0, "invalid scope \"%s\", wanted one "
                                     "word without quotes and backslashes",
                                     hoop_policy_quote(cc, scope));
        }
    }

    return HOOP_OK;
}
