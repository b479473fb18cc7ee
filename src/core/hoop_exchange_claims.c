
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The claims of a token that is issued: who acts, and whose it is.
 *
 * The subject of a token has to be unique with its issuer (RFC 7519, 4.1.2),
 * and the subjects of two issuers may have one name.  So "sub" is the name of
 * the subject's issuer in the configuration, a colon, and the subject, which a
 * claim of its own has apart:
 *
 *     "iss": "https://gateway", "sub": "corp:alice",
 *     "hoop_origin": { "iss": "https://idp", "sub": "alice", "jti": "...",
 *                      "iat": ... },
 *     "hoop_parents": [ { "iss": "https://gateway", "jti": "..." }, ... ]
 *
 * "jti" and "iat" are those of the token that was exchanged first; the other
 * ones that it was made of are its parents.  Each actor in "act" has the "iat"
 * of the token that he came by, so that what revokes the tokens that he had at
 * a time revokes what he has made of them later.
 */


#include "hoop_exchange.h"


static int hoop_exchange_may_act(const hoop_identity_t *subject,
    const hoop_identity_t *actor);
static int hoop_exchange_actors(json_t *chain, const hoop_identity_t *id);
static int hoop_exchange_actor(json_t *chain, hoop_str_t iss, hoop_str_t sub,
    json_t *iat);
static int hoop_exchange_parents_of(json_t *parents,
    const hoop_identity_t *id, int actor);
static int hoop_exchange_parent(json_t *parents, json_t *iss, json_t *jti);
static json_t *hoop_exchange_groups(json_t *groups);
static json_t *hoop_exchange_sub(const hoop_identity_t *subject);
static json_t *hoop_exchange_origin_of(const hoop_identity_t *subject);
static json_t *hoop_exchange_first(const hoop_identity_t *id);


int
hoop_exchange_act(const hoop_identity_t *subject, const hoop_identity_t *actor,
    json_t **act, hoop_exchange_error_t *err)
{
    int      rc;
    size_t   i;
    json_t  *chain, *inner, *item;

    *act = NULL;

    if (!hoop_exchange_may_act(subject, actor)) {
        return hoop_exchange_fail(err, "invalid_request",
                                  "the subject_token's may_act does not name "
                                  "this actor");
    }

    chain = json_array();
    if (chain == NULL) {
        return hoop_exchange_fail(err, "server_error", "no memory");
    }

    rc = HOOP_OK;

    if (actor) {
        rc = hoop_exchange_actors(chain, actor);

        if (rc == HOOP_OK) {
            rc = hoop_exchange_actor(chain, actor->issuer, actor->sub,
                                     json_object_get(hoop_exchange_first(actor),
                                                     "iat"));
        }
    }

    if (rc == HOOP_OK) {
        rc = hoop_exchange_actors(chain, subject);
    }

    /* from the innermost, who acted first */

    inner = NULL;

    for (i = json_array_size(chain); rc == HOOP_OK && i; i--) {
        item = json_array_get(chain, i - 1);

        if (inner && json_object_set_new(item, "act", inner) != 0) {
            rc = HOOP_NOMEM;
        }

        inner = (rc == HOOP_OK) ? json_incref(item) : NULL;
    }

    json_decref(chain);

    if (rc == HOOP_OK) {
        *act = inner;
        return HOOP_OK;
    }

    return rc == HOOP_LIMIT
           ? hoop_exchange_fail(err, "invalid_request",
                                "the chain of actors is too long")
           : rc == HOOP_NOMEM
           ? hoop_exchange_fail(err, "server_error", "no memory")
           : hoop_exchange_fail(err, "invalid_request",
                                "an actor of the chain has no sub");
}


/*
 * RFC 8693, 4.4: each member of may_act is a claim of the party that may; one
 * that names no issuer is of the subject's.
 */

static int
hoop_exchange_may_act(const hoop_identity_t *subject,
    const hoop_identity_t *actor)
{
    json_t      *may_act, *value;
    hoop_str_t   iss;
    const char  *name;

    may_act = json_object_get(subject->claims, "may_act");

    if (may_act == NULL) {
        return 1;
    }

    if (!json_is_object(may_act) || actor == NULL
        || json_object_size(may_act) == 0)
    {
        return 0;
    }

    value = json_object_get(may_act, "iss");
    iss = json_is_string(value) ? hoop_str(json_string_value(value),
                                           json_string_length(value))
                                : subject->issuer;

    if ((value && !json_is_string(value)) || !hoop_str_eq(iss, actor->issuer)) {
        return 0;
    }

    json_object_foreach(may_act, name, value) {

        if (strcmp(name, "iss") != 0
            && !json_equal(value, json_object_get(actor->claims, name)))
        {
            return 0;
        }
    }

    return json_object_size(may_act)
           > (json_object_get(may_act, "iss") ? 1 : 0);
}


static int
hoop_exchange_actors(json_t *chain, const hoop_identity_t *id)
{
    int         rc;
    json_t     *act, *iss, *sub, *iat, *gateway;
    hoop_str_t  issuer;

    gateway = json_object_get(id->claims, "hoop_gateway");

    for (act = json_object_get(id->claims, "act");
         act;
         act = json_object_get(act, "act"))
    {
        iss = json_object_get(act, "iss");
        sub = json_object_get(act, "sub");
        iat = json_object_get(gateway ? act : id->claims, "iat");

        if (!json_is_string(sub) || (iss && !json_is_string(iss))) {
            return HOOP_ERROR;
        }

        issuer = iss ? hoop_str(json_string_value(iss),
                                json_string_length(iss))
                     : id->issuer;

        rc = hoop_exchange_actor(chain, issuer,
                                 hoop_str(json_string_value(sub),
                                          json_string_length(sub)),
                                 iat);
        if (rc != HOOP_OK) {
            return rc;
        }
    }

    return HOOP_OK;
}


static int
hoop_exchange_actor(json_t *chain, hoop_str_t iss, hoop_str_t sub,
    json_t *iat)
{
    json_t  *item;

    if (sub.len == 0) {
        return HOOP_ERROR;
    }

    if (json_array_size(chain) == HOOP_EXCHANGE_MAX_ACTORS) {
        return HOOP_LIMIT;
    }

    item = json_object();

    if (json_object_set_new(item, "iss", hoop_exchange_string(iss)) != 0
        || json_object_set_new(item, "sub", hoop_exchange_string(sub)) != 0
        || (json_is_number(iat) && json_object_set(item, "iat", iat) != 0))
    {
        json_decref(item);
        return HOOP_NOMEM;
    }

    return json_array_append_new(chain, item) == 0 ? HOOP_OK : HOOP_NOMEM;
}


int
hoop_exchange_parents(const hoop_identity_t *subject,
    const hoop_identity_t *actor, json_t **parents,
    hoop_exchange_error_t *err)
{
    int      rc;
    json_t  *list;

    *parents = NULL;

    list = json_array();
    if (list == NULL) {
        return hoop_exchange_fail(err, "server_error", "no memory");
    }

    rc = hoop_exchange_parents_of(list, subject, 0);

    if (rc == HOOP_OK && actor) {
        rc = hoop_exchange_parents_of(list, actor, 1);
    }

    if (rc == HOOP_OK && json_array_size(list)) {
        *parents = list;
        return HOOP_OK;
    }

    json_decref(list);

    return rc == HOOP_OK ? HOOP_OK
           : rc == HOOP_LIMIT
           ? hoop_exchange_fail(err, "invalid_request",
                                "the chain of exchanges is too long")
           : hoop_exchange_fail(err, "server_error", "no memory");
}


/* the origin is the subject's, so that of the actor's token is one of them */

static int
hoop_exchange_parents_of(json_t *parents, const hoop_identity_t *id, int actor)
{
    int      rc;
    size_t   i;
    json_t  *gateway, *iss, *jti, *list, *item;

    iss = json_object_get(id->claims, "iss");
    jti = json_object_get(id->claims, "jti");
    gateway = json_object_get(id->claims, "hoop_gateway");

    if (gateway == NULL) {
        return actor ? hoop_exchange_parent(parents, iss, jti) : HOOP_OK;
    }

    rc = hoop_exchange_parent(parents, gateway, jti);

    if (rc == HOOP_OK && actor) {
        jti = json_object_get(json_object_get(id->claims, "hoop_origin"),
                              "jti");
        rc = hoop_exchange_parent(parents, iss, jti);
    }

    list = json_object_get(id->claims, "hoop_parents");

    for (i = 0; rc == HOOP_OK && i < json_array_size(list); i++) {
        item = json_array_get(list, i);

        rc = hoop_exchange_parent(parents, json_object_get(item, "iss"),
                                  json_object_get(item, "jti"));
    }

    return rc;
}


/* one without a jti cannot be revoked on its own */

static int
hoop_exchange_parent(json_t *parents, json_t *iss, json_t *jti)
{
    size_t   i;
    json_t  *item, *parent;

    if (!json_is_string(iss) || json_string_length(jti) == 0) {
        return HOOP_OK;
    }

    item = json_object();

    if (json_object_set(item, "iss", iss) != 0
        || json_object_set(item, "jti", jti) != 0)
    {
        json_decref(item);
        return HOOP_NOMEM;
    }

    json_array_foreach(parents, i, parent) {
        if (json_equal(parent, item)) {
            json_decref(item);
            return HOOP_OK;
        }
    }

    if (json_array_size(parents) == HOOP_EXCHANGE_MAX_PARENTS) {
        json_decref(item);
        return HOOP_LIMIT;
    }

    return json_array_append_new(parents, item) == 0 ? HOOP_OK : HOOP_NOMEM;
}


int
hoop_exchange_claim(hoop_str_t name)
{
    size_t  i;

    static const char  *const taken[] = {
        "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "act", "may_act",
        "cnf", "scope", "scp", "client_id", "azp", "cid", "appid", "groups",
        "nonce", "at_hash", "c_hash"
    };

    if (name.len == 0
        || (name.len >= 5 && memcmp(name.data, "hoop_", 5) == 0))
    {
        return 0;
    }

    for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        if (hoop_str_is(name, taken[i])) {
            return 0;
        }
    }

    return 1;
}


json_t *
hoop_exchange_claims(const hoop_exchange_issue_t *issue)
{
    int                           failed;
    json_t                       *claims, *value;
    unsigned                      i;
    hoop_buf_t                    scope;
    hoop_str_t                    client;
    const hoop_exchange_grant_t  *g;

    g = issue->grant;
    claims = json_object();
    hoop_buf_init(&scope, 0);

    failed = json_object_set_new(claims, "iss",
                                 hoop_exchange_string(issue->issuer))
             || json_object_set_new(claims, "sub",
                                    hoop_exchange_sub(issue->subject))
             || json_object_set_new(claims, "aud",
                                    g->naudiences == 1
                                    ? hoop_exchange_string(g->audiences[0])
                                    : hoop_exchange_strings(g->audiences,
                                                            g->naudiences))
             || json_object_set_new(claims, "exp",
                                    json_integer(issue->now + g->lifetime))
             || json_object_set_new(claims, "iat", json_integer(issue->now))
             || json_object_set_new(claims, "nbf", json_integer(issue->now))
             || json_object_set_new(claims, "jti",
                                    hoop_exchange_string(issue->jti))
             || json_object_set_new(claims, "hoop_origin",
                                    hoop_exchange_origin_of(issue->subject));

    if (!failed && g->nscopes) {
        failed = hoop_exchange_scope(g, &scope) != HOOP_OK
                 || json_object_set_new(claims, "scope",
                                        json_stringn((char *) scope.data,
                                                     scope.len));
    }

    if (!failed && issue->act) {
        failed = json_object_set(claims, "act", issue->act);
    }

    if (!failed && issue->parents) {
        failed = json_object_set(claims, "hoop_parents", issue->parents);
    }

    for (i = 0; !failed && i < issue->nnames; i++) {
        value = json_object_get(issue->subject->claims,
                                (const char *) issue->names[i].data);

        if (value) {
            failed = json_object_set(claims,
                                     (const char *) issue->names[i].data,
                                     value);
        }
    }

    value = hoop_exchange_cnf(issue);

    if (!failed && value) {
        failed = json_object_set(claims, "cnf", value);
    }

    /* whose it was that asked (RFC 8693, 4.3) */

    client = issue->actor ? issue->actor->client : issue->subject->client;

    if (!failed && client.len) {
        failed = json_object_set_new(claims, "client_id",
                                     hoop_exchange_string(client));
    }

    if (!failed && issue->groups) {
        failed = json_object_set_new(claims, "groups",
                                     hoop_exchange_groups(issue->groups));
    }

    hoop_buf_free(&scope);

    if (failed) {
        json_decref(claims);
        return NULL;
    }

    return claims;
}


int
hoop_exchange_scope(const hoop_exchange_grant_t *g, hoop_buf_t *out)
{
    unsigned  i;

    for (i = 0; i < g->nscopes; i++) {
        if (i) {
            (void) hoop_buf_addc(out, ' ');
        }

        (void) hoop_buf_add(out, g->scopes[i].data, g->scopes[i].len);
    }

    return out->failed ? HOOP_NOMEM : HOOP_OK;
}


/*
 * The subject's; where it has none, the actor's: who has asked with a key in
 * its hand need not get a token that anybody could use.
 */

json_t *
hoop_exchange_cnf(const hoop_exchange_issue_t *issue)
{
    json_t  *cnf;

    cnf = json_object_get(issue->subject->claims, "cnf");

    if (cnf == NULL && issue->actor) {
        cnf = json_object_get(issue->actor->claims, "cnf");
    }

    return cnf;
}


/* what an approver's groups are read from: strings, or one */

static json_t *
hoop_exchange_groups(json_t *groups)
{
    size_t   i;
    json_t  *list, *item;

    list = json_array();

    if (json_is_string(groups) && json_array_append(list, groups) != 0) {
        json_decref(list);
        return NULL;
    }

    for (i = 0; i < json_array_size(groups); i++) {
        item = json_array_get(groups, i);

        if (json_is_string(item) && json_array_append(list, item) != 0) {
            json_decref(list);
            return NULL;
        }
    }

    return list;
}


static json_t *
hoop_exchange_sub(const hoop_identity_t *subject)
{
    json_t      *sub;
    hoop_buf_t   b;

    hoop_buf_init(&b, 0);

    (void) hoop_buf_add(&b, subject->issuer_name.data,
                        subject->issuer_name.len);
    (void) hoop_buf_addc(&b, ':');
    (void) hoop_buf_add(&b, subject->sub.data, subject->sub.len);

    sub = b.failed ? NULL : json_stringn((char *) b.data, b.len);

    hoop_buf_free(&b);

    return sub;
}


static json_t *
hoop_exchange_origin_of(const hoop_identity_t *subject)
{
    json_t  *origin, *first, *jti, *iat;

    first = hoop_exchange_first(subject);
    jti = json_object_get(first, "jti");
    iat = json_object_get(first, "iat");

    origin = json_object();

    if (json_object_set_new(origin, "iss",
                            hoop_exchange_string(subject->issuer))
        || json_object_set_new(origin, "sub",
                               hoop_exchange_string(subject->sub))
        || (json_is_string(jti) && json_object_set(origin, "jti", jti))
        || (json_is_number(iat) && json_object_set(origin, "iat", iat)))
    {
        json_decref(origin);
        return NULL;
    }

    return origin;
}


/* what has the jti and the iat of the token that was exchanged first */

static json_t *
hoop_exchange_first(const hoop_identity_t *id)
{
    return json_object_get(id->claims, "hoop_gateway")
           ? json_object_get(id->claims, "hoop_origin") : id->claims;
}


int
hoop_exchange_origin(json_t *claims)
{
    json_t  *iss, *sub, *origin;

    origin = json_object_get(claims, "hoop_origin");
    iss = json_object_get(origin, "iss");
    sub = json_object_get(origin, "sub");

    if (json_string_length(iss) == 0 || json_string_length(sub) == 0) {
        return HOOP_ERROR;
    }

    if (json_object_set(claims, "hoop_gateway", json_object_get(claims, "iss"))
        || json_object_set(claims, "iss", iss)
        || json_object_set(claims, "sub", sub))
    {
        return HOOP_ERROR;
    }

    return HOOP_OK;
}


void
hoop_exchange_foreign(json_t *claims)
{
    (void) json_object_del(claims, "hoop_gateway");
}
