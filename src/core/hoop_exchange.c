
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Token exchange: what is asked for, and what is granted.  Three parties limit
 * what a token may have: the subject's own token, the signer's configuration,
 * and the rule that allows it.  Each only takes away; a scope that none of
 * them names is not to be had.
 */


#include "hoop_exchange.h"
#include "hoop_form.h"
#include "hoop_json.h"


#define HOOP_EXCHANGE_GRANT                                                   \
    "urn:ietf:params:oauth:grant-type:token-exchange"
#define HOOP_EXCHANGE_TYPE     "urn:ietf:params:oauth:token-type:"


typedef enum {
    HOOP_EXCHANGE_GRANT_TYPE = 0,
    HOOP_EXCHANGE_SUBJECT,
    HOOP_EXCHANGE_SUBJECT_TYPE,
    HOOP_EXCHANGE_ACTOR,
    HOOP_EXCHANGE_ACTOR_TYPE,
    HOOP_EXCHANGE_REQUESTED,
    HOOP_EXCHANGE_SCOPE,
    HOOP_EXCHANGE_NPARAMS
} hoop_exchange_param_e;


static int hoop_exchange_params(hoop_exchange_t *x, hoop_form_pair_t *pairs,
    unsigned n, hoop_str_t *params, hoop_exchange_error_t *err);
static int hoop_exchange_target(hoop_exchange_t *x, hoop_form_pair_t *pair,
    hoop_exchange_error_t *err);
static int hoop_exchange_types(hoop_exchange_t *x, hoop_str_t *params,
    hoop_exchange_error_t *err);
static int hoop_exchange_type(hoop_str_t type, const char *const *names);
static int hoop_exchange_split(hoop_str_t text, hoop_str_t *list, unsigned max,
    unsigned *n);
static int hoop_exchange_grant_audience(hoop_exchange_grant_t *g,
    const hoop_exchange_t *x, const hoop_identity_t *subject,
    const hoop_exchange_limits_t *limits, const hoop_token_rule_t *rule);
static int hoop_exchange_for(const json_t *claims, hoop_str_t audience);
static int hoop_exchange_grant_scope(hoop_exchange_grant_t *g,
    const hoop_exchange_t *x, const hoop_identity_t *subject,
    const hoop_exchange_limits_t *limits, const hoop_token_rule_t *rule);
static int hoop_exchange_had(const json_t *claims, hoop_str_t *list,
    unsigned *n);
static int hoop_exchange_in(hoop_str_t s, const hoop_str_t *list, unsigned n);


static const char *const  hoop_exchange_names[] = {
    "grant_type", "subject_token", "subject_token_type", "actor_token",
    "actor_token_type", "requested_token_type", "scope"
};

static const char *const  hoop_exchange_taken[] = {
    "jwt", "access_token", "id_token", NULL
};

static const char *const  hoop_exchange_issued[] = {
    "access_token", "jwt", NULL
};


int
hoop_exchange_parse(hoop_exchange_t *x, u_char *body, size_t len,
    hoop_exchange_error_t *err)
{
    int                rc;
    unsigned           n;
    hoop_str_t         params[HOOP_EXCHANGE_NPARAMS];
    hoop_form_pair_t   pairs[HOOP_EXCHANGE_MAX_PARAMS];

    memset(x, 0, sizeof(hoop_exchange_t));
    memset(params, 0, sizeof(params));

    if (len == 0 || len > HOOP_EXCHANGE_MAX_BODY) {
        return hoop_exchange_fail(err, "invalid_request",
                                  len ? "the body is too large"
                                      : "the body is empty");
    }

    rc = hoop_form_parse(body, len, pairs, HOOP_EXCHANGE_MAX_PARAMS, &n);

    if (rc != HOOP_OK) {
        return hoop_exchange_fail(err, "invalid_request",
                                  rc == HOOP_LIMIT
                                  ? "too many parameters"
                                  : "the body is not a well-formed form");
    }

    if (hoop_exchange_params(x, pairs, n, params, err) != HOOP_OK) {
        return HOOP_ERROR;
    }

    if (params[HOOP_EXCHANGE_GRANT_TYPE].len == 0) {
        return hoop_exchange_fail(err, "invalid_request", "no grant_type");
    }

    if (!hoop_str_is(params[HOOP_EXCHANGE_GRANT_TYPE], HOOP_EXCHANGE_GRANT)) {
        return hoop_exchange_fail(err, "unsupported_grant_type",
                                  "wanted " HOOP_EXCHANGE_GRANT);
    }

    if (hoop_exchange_types(x, params, err) != HOOP_OK) {
        return HOOP_ERROR;
    }

    if (params[HOOP_EXCHANGE_SCOPE].len
        && hoop_exchange_split(params[HOOP_EXCHANGE_SCOPE], x->scopes,
                               HOOP_EXCHANGE_MAX_SCOPES, &x->nscopes)
           != HOOP_OK)
    {
        return hoop_exchange_fail(err, "invalid_scope",
                                  "the scope is malformed or too long");
    }

    return HOOP_OK;
}


/*
 * RFC 6749, 3.2: a parameter without a value is omitted, an unknown one
 * ignored, and none is there twice; but audience and resource may be.
 */

static int
hoop_exchange_params(hoop_exchange_t *x, hoop_form_pair_t *pairs, unsigned n,
    hoop_str_t *params, hoop_exchange_error_t *err)
{
    unsigned  i, k;

    for (i = 0; i < n; i++) {

        if (hoop_str_is(pairs[i].name, "audience")
            || hoop_str_is(pairs[i].name, "resource"))
        {
            if (hoop_exchange_target(x, &pairs[i], err) != HOOP_OK) {
                return HOOP_ERROR;
            }

            continue;
        }

        for (k = 0; k < i; k++) {
            if (hoop_str_eq(pairs[i].name, pairs[k].name)) {
                return hoop_exchange_fail(err, "invalid_request",
                                          "a parameter is there twice");
            }
        }

        for (k = 0; k < HOOP_EXCHANGE_NPARAMS; k++) {
            if (hoop_str_is(pairs[i].name, hoop_exchange_names[k])) {
                params[k] = pairs[i].value;
            }
        }
    }

    return HOOP_OK;
}


/* a resource is an absolute URI without fragment (RFC 8707, 2) */

static int
hoop_exchange_target(hoop_exchange_t *x, hoop_form_pair_t *pair,
    hoop_exchange_error_t *err)
{
    u_char  c;
    size_t  i;

    if (pair->value.len == 0
        || hoop_exchange_in(pair->value, x->audiences, x->naudiences))
    {
        return HOOP_OK;
    }

    if (hoop_str_is(pair->name, "resource")) {

        for (i = 0; i < pair->value.len; i++) {
            c = pair->value.data[i];

            if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
                && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '.'
                                || c == '-')))
            {
                break;
            }
        }

        if (i == 0 || i + 1 >= pair->value.len || pair->value.data[i] != ':'
            || memchr(pair->value.data, '#', pair->value.len)
            || memchr(pair->value.data, ' ', pair->value.len))
        {
            return hoop_exchange_fail(err, "invalid_target",
                                      "a resource is an absolute URI without "
                                      "fragment");
        }
    }

    if (x->naudiences == HOOP_EXCHANGE_MAX_AUDIENCES) {
        return hoop_exchange_fail(err, "invalid_target",
                                  "too many audiences");
    }

    x->audiences[x->naudiences++] = pair->value;

    return HOOP_OK;
}


static int
hoop_exchange_types(hoop_exchange_t *x, hoop_str_t *params,
    hoop_exchange_error_t *err)
{
    hoop_str_t  actor_type;

    x->subject_token = params[HOOP_EXCHANGE_SUBJECT];
    x->subject_type = params[HOOP_EXCHANGE_SUBJECT_TYPE];
    x->actor_token = params[HOOP_EXCHANGE_ACTOR];
    x->requested_type = params[HOOP_EXCHANGE_REQUESTED];

    actor_type = params[HOOP_EXCHANGE_ACTOR_TYPE];

    if (x->subject_token.len == 0) {
        return hoop_exchange_fail(err, "invalid_request", "no subject_token");
    }

    if (!hoop_exchange_type(x->subject_type, hoop_exchange_taken)) {
        return hoop_exchange_fail(err, "invalid_request",
                                  "no subject_token_type, or one that is not "
                                  "taken here");
    }

    if (x->actor_token.len == 0 && actor_type.len) {
        return hoop_exchange_fail(err, "invalid_request",
                                  "an actor_token_type and no actor_token");
    }

    if (x->actor_token.len
        && !hoop_exchange_type(actor_type, hoop_exchange_taken))
    {
        return hoop_exchange_fail(err, "invalid_request",
                                  "no actor_token_type, or one that is not "
                                  "taken here");
    }

    if (x->requested_type.len == 0) {
        x->requested_type = hoop_cstr(HOOP_EXCHANGE_TYPE "access_token");
    }

    if (!hoop_exchange_type(x->requested_type, hoop_exchange_issued)) {
        return hoop_exchange_fail(err, "invalid_request",
                                  "a requested_token_type that is not issued "
                                  "here");
    }

    return HOOP_OK;
}


static int
hoop_exchange_type(hoop_str_t type, const char *const *names)
{
    size_t  len;

    len = sizeof(HOOP_EXCHANGE_TYPE) - 1;

    if (type.len < len || memcmp(type.data, HOOP_EXCHANGE_TYPE, len) != 0) {
        return 0;
    }

    type = hoop_str(type.data + len, type.len - len);

    for ( /* void */ ; *names; names++) {
        if (hoop_str_is(type, *names)) {
            return 1;
        }
    }

    return 0;
}


/* RFC 6749, 3.3: words with one space between them; each is taken once */

static int
hoop_exchange_split(hoop_str_t text, hoop_str_t *list, unsigned max,
    unsigned *n)
{
    hoop_str_t     word;
    const u_char  *p, *end;

    p = text.data;
    end = p + text.len;

    for ( ;; ) {
        word.data = p;

        for ( /* void */ ; p < end && *p != ' '; p++) {
            if (*p < 0x21 || *p > 0x7e || *p == '"' || *p == '\\') {
                return HOOP_ERROR;
            }
        }

        word.len = p - word.data;

        if (word.len == 0) {
            return HOOP_ERROR;
        }

        if (!hoop_exchange_in(word, list, *n)) {

            if (*n == max) {
                return HOOP_LIMIT;
            }

            list[(*n)++] = word;
        }

        if (p++ == end) {
            return HOOP_OK;
        }
    }
}


json_t *
hoop_exchange_body(const hoop_exchange_t *x, const hoop_identity_t *actor)
{
    int      failed;
    json_t  *body, *item;

    body = json_object();

    failed = json_object_set_new(body, "audience",
                                 hoop_exchange_strings(x->audiences,
                                                       x->naudiences))
             || json_object_set_new(body, "scope",
                                    hoop_exchange_strings(x->scopes,
                                                          x->nscopes))
             || json_object_set_new(body, "subject_token_type",
                                    hoop_exchange_string(x->subject_type))
             || json_object_set_new(body, "requested_token_type",
                                    hoop_exchange_string(x->requested_type));

    if (!failed && actor) {
        item = json_object();

        failed = json_object_set_new(item, "iss",
                                     hoop_exchange_string(actor->issuer))
                 || json_object_set_new(item, "sub",
                                        hoop_exchange_string(actor->sub));

        if (failed) {
            json_decref(item);

        } else {
            failed = json_object_set_new(body, "actor", item);
        }
    }

    if (failed) {
        json_decref(body);
        return NULL;
    }

    return body;
}


int
hoop_exchange_grant(hoop_exchange_grant_t *g, const hoop_exchange_t *x,
    const hoop_identity_t *subject, const hoop_identity_t *actor,
    const hoop_exchange_limits_t *limits, const hoop_token_rule_t *rule,
    int64_t now, hoop_exchange_error_t *err)
{
    memset(g, 0, sizeof(hoop_exchange_grant_t));

    if (hoop_exchange_grant_audience(g, x, subject, limits, rule) != HOOP_OK) {
        return hoop_exchange_fail(err, "invalid_target",
                                  "no token for that audience is issued to "
                                  "this subject");
    }

    if (hoop_exchange_grant_scope(g, x, subject, limits, rule) != HOOP_OK) {
        return hoop_exchange_fail(err, "invalid_scope",
                                  "nothing of that scope is granted to this "
                                  "subject");
    }

    g->lifetime = limits->lifetime;

    if (rule && rule->lifetime && rule->lifetime < g->lifetime) {
        g->lifetime = rule->lifetime;
    }

    if (subject->expires - now < g->lifetime) {
        g->lifetime = subject->expires - now;
    }

    if (actor && actor->expires - now < g->lifetime) {
        g->lifetime = actor->expires - now;
    }

    if (g->lifetime < 1) {

        /* taken within the leeway, but nothing is left of it */

        return hoop_exchange_fail(err, "invalid_request",
                                  "token is expired");
    }

    return HOOP_OK;
}


/*
 * A token that was issued here is for somebody already: it is no key to
 * others, unless a rule names them.
 */

static int
hoop_exchange_grant_audience(hoop_exchange_grant_t *g,
    const hoop_exchange_t *x, const hoop_identity_t *subject,
    const hoop_exchange_limits_t *limits, const hoop_token_rule_t *rule)
{
    unsigned           i, n, narrowed;
    const hoop_str_t  *asked;

    narrowed = rule && rule->naudiences;

    if (x->naudiences) {
        asked = x->audiences;
        n = x->naudiences;

    } else {
        asked = narrowed ? rule->audiences : limits->audiences;
        n = narrowed ? rule->naudiences : limits->naudiences;
    }

    for (i = 0; i < n; i++) {

        if (!hoop_exchange_in(asked[i], limits->audiences, limits->naudiences)
            || (narrowed
                && !hoop_exchange_in(asked[i], rule->audiences,
                                     rule->naudiences))
            || (!narrowed && !hoop_exchange_for(subject->claims, asked[i])))
        {
            continue;
        }

        g->audiences[g->naudiences++] = asked[i];

        if (x->naudiences == 0) {

            /* who asks for none gets one */

            break;
        }
    }

    return g->naudiences ? HOOP_OK : HOOP_DECLINED;
}


static int
hoop_exchange_for(const json_t *claims, hoop_str_t audience)
{
    size_t   i;
    json_t  *aud, *item;

    if (json_object_get(claims, "hoop_gateway") == NULL) {
        return 1;
    }

    aud = json_object_get(claims, "aud");

    if (json_is_string(aud)) {
        return hoop_str_eq(audience, hoop_str(json_string_value(aud),
                                              json_string_length(aud)));
    }

    json_array_foreach(aud, i, item) {
        if (json_is_string(item)
            && hoop_str_eq(audience, hoop_str(json_string_value(item),
                                              json_string_length(item))))
        {
            return 1;
        }
    }

    return 0;
}


static int
hoop_exchange_grant_scope(hoop_exchange_grant_t *g, const hoop_exchange_t *x,
    const hoop_identity_t *subject, const hoop_exchange_limits_t *limits,
    const hoop_token_rule_t *rule)
{
    int                had, narrowed;
    unsigned           i, n, nhad;
    hoop_str_t         list[HOOP_EXCHANGE_MAX_SCOPES];
    const hoop_str_t  *asked;

    nhad = 0;
    had = hoop_exchange_had(subject->claims, list, &nhad);
    narrowed = rule && rule->scope_set;

    asked = x->nscopes ? x->scopes : list;
    n = x->nscopes ? x->nscopes : nhad;

    if (!had && !narrowed) {

        /*
         * A token that knows no scopes gets those that a rule names for it,
         * and no others: what the signer has is a bound, and no grant.
         */

        n = 0;
    }

    for (i = 0; i < n; i++) {

        if ((had && !hoop_exchange_in(asked[i], list, nhad))
            || (limits->scope_set
                && !hoop_exchange_in(asked[i], limits->scopes,
                                     limits->nscopes))
            || (narrowed
                && !hoop_exchange_in(asked[i], rule->scopes, rule->nscopes)))
        {
            continue;
        }

        g->scopes[g->nscopes++] = asked[i];
    }

    return (x->nscopes && g->nscopes == 0) ? HOOP_DECLINED : HOOP_OK;
}


/*
 * The scopes of a token: "scope" (RFC 8693, 4.2), or "scp" as some providers
 * call it, each a text or an array.  1 if it has any such claim: then what is
 * not in it, or cannot be read, may not be had.  A token that was issued here
 * without one has none.
 */

static int
hoop_exchange_had(const json_t *claims, hoop_str_t *list, unsigned *n)
{
    size_t   i;
    json_t  *value, *item;

    value = json_object_get(claims, "scope");

    if (value == NULL) {
        value = json_object_get(claims, "scp");
    }

    if (value == NULL) {
        return json_object_get(claims, "hoop_gateway") != NULL;
    }

    if (json_is_string(value)) {
        (void) hoop_exchange_split(hoop_str(json_string_value(value),
                                            json_string_length(value)),
                                   list, HOOP_EXCHANGE_MAX_SCOPES, n);
    }

    for (i = 0; i < json_array_size(value); i++) {
        item = json_array_get(value, i);

        if (json_is_string(item)
            && hoop_exchange_split(hoop_str(json_string_value(item),
                                            json_string_length(item)),
                                   list, HOOP_EXCHANGE_MAX_SCOPES, n)
               == HOOP_LIMIT)
        {
            break;
        }
    }

    return 1;
}


static int
hoop_exchange_in(hoop_str_t s, const hoop_str_t *list, unsigned n)
{
    unsigned  i;

    for (i = 0; i < n; i++) {
        if (hoop_str_eq(s, list[i])) {
            return 1;
        }
    }

    return 0;
}


json_t *
hoop_exchange_strings(const hoop_str_t *list, unsigned n)
{
    json_t    *array;
    unsigned   i;

    array = json_array();

    for (i = 0; i < n; i++) {
        if (json_array_append_new(array, hoop_exchange_string(list[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }

    return array;
}


json_t *
hoop_exchange_string(hoop_str_t s)
{
    return json_stringn(s.len ? (const char *) s.data : "", s.len);
}


int
hoop_exchange_fail(hoop_exchange_error_t *err, const char *code,
    const char *text)
{
    err->code = code;
    err->text = text;

    return HOOP_ERROR;
}
