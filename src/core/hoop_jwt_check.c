
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the claims of a token must say: RFC 7519, RFC 8725, RFC 9068.
 *
 * Times are whole seconds.  A fraction is rounded so that the token lives
 * shorter, and what lies outside of +-2^53 is no time, so that sums with a
 * leeway cannot overflow.
 */


#include <stdio.h>

#include "hoop_json.h"
#include "hoop_jws.h"


#define HOOP_JWT_MAX_TIME     ((int64_t) 1 << 53)
#define HOOP_JWT_MAX_ACTORS   8
#define HOOP_JWT_TENANT       "{tenantid}"
#define HOOP_JWT_GUID         36


static int hoop_jwt_check_type(const hoop_jwt_t *jwt,
    const hoop_jwt_rules_t *rules);
static int hoop_jwt_check_names(const json_t *claims);
static int hoop_jwt_check_actors(const json_t *claims);
static int hoop_jwt_name(const json_t *object, const char *name);
static hoop_jwt_e hoop_jwt_check_issuer(hoop_jwt_t *jwt,
    const hoop_jwt_rules_t *rules);
static int hoop_jwt_accepts_tenant(const json_t *claims,
    const hoop_jwt_rules_t *rules);
static int hoop_jwt_issuer_at(hoop_str_t pattern, hoop_str_t iss,
    hoop_str_t *tid);
static int hoop_jwt_issuer_match(hoop_str_t pattern, hoop_str_t iss,
    hoop_str_t tid);
static size_t hoop_jwt_find_tenant(hoop_str_t pattern);
static hoop_jwt_e hoop_jwt_check_audience(const json_t *claims,
    const hoop_jwt_rules_t *rules);
static hoop_jwt_e hoop_jwt_check_times(const json_t *claims,
    const hoop_jwt_rules_t *rules, int64_t now);
static int hoop_jwt_time(const json_t *claims, const char *name, int up,
    int64_t *time);
static hoop_jwt_e hoop_jwt_check_client(const json_t *claims,
    const hoop_jwt_rules_t *rules);
static int hoop_jwt_has(const json_t *claims, const hoop_jwt_require_t *req);
static int hoop_jwt_is_value(const json_t *value,
    const hoop_jwt_require_t *req);
static int hoop_jwt_listed(hoop_str_t s, const hoop_str_t *list, unsigned n);


/* the proof is asked for last: HOOP_JWT_PROOF says that all else is well */

hoop_jwt_e
hoop_jwt_check(hoop_jwt_t *jwt, const hoop_jwt_rules_t *rules, int64_t now)
{
    unsigned    i;
    hoop_jwt_e  rc;

    if (jwt->claims == NULL) {
        return HOOP_JWT_CLAIM;
    }

    if (!hoop_jwt_check_type(jwt, rules)) {
        return HOOP_JWT_TYPE;
    }

    if (!hoop_jwt_check_names(jwt->claims)
        || !hoop_jwt_check_actors(jwt->claims))
    {
        return HOOP_JWT_CLAIM;
    }

    rc = hoop_jwt_check_issuer(jwt, rules);
    if (rc != HOOP_JWT_OK) {
        return rc;
    }

    rc = hoop_jwt_check_audience(jwt->claims, rules);
    if (rc != HOOP_JWT_OK) {
        return rc;
    }

    rc = hoop_jwt_check_times(jwt->claims, rules, now);
    if (rc != HOOP_JWT_OK) {
        return rc;
    }

    rc = hoop_jwt_check_client(jwt->claims, rules);
    if (rc != HOOP_JWT_OK) {
        return rc;
    }

    for (i = 0; i < rules->nrequire; i++) {
        if (!hoop_jwt_has(jwt->claims, &rules->require[i])) {
            return HOOP_JWT_REQUIRED;
        }
    }

    if (json_object_get(jwt->claims, "cnf")) {
        return HOOP_JWT_PROOF;
    }

    return HOOP_JWT_OK;
}


/* RFC 8725, 3.11: a logout token or a DPoP proof is no access token */

static int
hoop_jwt_check_type(const hoop_jwt_t *jwt, const hoop_jwt_rules_t *rules)
{
    size_t             i;
    u_char             buf[64];
    json_t            *value;
    unsigned           n;
    hoop_str_t         typ;
    const hoop_str_t  *types;

    static const hoop_str_t  prefix = hoop_string("application/");
    static const hoop_str_t  defaults[] = {
        hoop_string("jwt"),
        hoop_string("at+jwt"),
        hoop_string("")
    };

    types = rules->ntypes ? rules->types : defaults;
    n = rules->ntypes ? rules->ntypes
                      : sizeof(defaults) / sizeof(defaults[0]);

    value = json_object_get(jwt->header, "typ");

    if (value == NULL) {
        return hoop_jwt_listed(hoop_str(NULL, 0), types, n);
    }

    typ = hoop_json_string(value);

    if (typ.len == 0 || typ.len > sizeof(buf)) {
        return 0;
    }

    for (i = 0; i < typ.len; i++) {
        buf[i] = hoop_lower(typ.data[i]);
    }

    typ.data = buf;

    if (typ.len > prefix.len && memcmp(buf, prefix.data, prefix.len) == 0) {
        typ.data += prefix.len;
        typ.len -= prefix.len;
    }

    return hoop_jwt_listed(typ, types, n);
}


static int
hoop_jwt_check_names(const json_t *claims)
{
    return hoop_jwt_name(claims, "iss")
           && hoop_jwt_name(claims, "sub")
           && hoop_jwt_name(claims, "jti");
}


/* who cannot be read cannot be put into the evidence */

static int
hoop_jwt_check_actors(const json_t *claims)
{
    unsigned       depth;
    const json_t  *act;

    depth = 0;

    for (act = json_object_get(claims, "act");
         act;
         act = json_object_get(act, "act"))
    {
        if (depth++ == HOOP_JWT_MAX_ACTORS
            || !json_is_object(act)
            || !hoop_jwt_name(act, "sub")
            || !hoop_jwt_name(act, "iss"))
        {
            return 0;
        }
    }

    return 1;
}


/* absent, or a string */

static int
hoop_jwt_name(const json_t *object, const char *name)
{
    json_t  *value;

    value = json_object_get(object, name);

    return value == NULL || json_is_string(value);
}


static hoop_jwt_e
hoop_jwt_check_issuer(hoop_jwt_t *jwt, const hoop_jwt_rules_t *rules)
{
    if (rules->issuer.len == 0) {
        return HOOP_JWT_OK;
    }

    if (json_object_get(jwt->claims, "iss") == NULL) {
        return HOOP_JWT_CLAIM;
    }

    if (hoop_jwt_issued_by(jwt, rules) == 0) {
        return HOOP_JWT_ISSUER;
    }

    if (hoop_jwt_rename(jwt->claims, rules) != HOOP_OK) {
        return HOOP_JWT_INTERNAL;
    }

    jwt->issuer = hoop_json_member(jwt->claims, "iss");

    return HOOP_JWT_OK;
}


/* under two names somebody could approve what he asked for himself */

int
hoop_jwt_rename(json_t *object, const hoop_jwt_rules_t *rules)
{
    int          rc;
    size_t       at;
    unsigned     i;
    hoop_buf_t   name;
    hoop_str_t   iss, tid;

    iss = hoop_json_member(object, "iss");

    for (i = 0; i < rules->naliases; i++) {
        if (hoop_jwt_issuer_at(rules->aliases[i], iss, &tid)) {
            break;
        }
    }

    if (i == rules->naliases) {
        return HOOP_OK;
    }

    hoop_buf_init(&name, 0);

    at = hoop_jwt_find_tenant(rules->issuer);

    (void) hoop_buf_add(&name, rules->issuer.data, at);

    if (at < rules->issuer.len) {
        (void) hoop_buf_add(&name, tid.data, tid.len);
        at += sizeof(HOOP_JWT_TENANT) - 1;
    }

    (void) hoop_buf_add(&name, rules->issuer.data + at, rules->issuer.len - at);

    rc = HOOP_OK;

    if (name.failed
        || json_object_set_new(object, "iss",
                               json_stringn((char *) name.data, name.len))
           != 0)
    {
        rc = HOOP_NOMEM;
    }

    hoop_buf_free(&name);

    return rc;
}


int
hoop_jwt_issued_by(const hoop_jwt_t *jwt, const hoop_jwt_rules_t *rules)
{
    int       rc;
    unsigned  i;

    rc = hoop_jwt_issuer_is(rules->issuer, jwt->claims);

    for (i = 0; rc == 0 && i < rules->naliases; i++) {
        rc = hoop_jwt_issuer_is(rules->aliases[i], jwt->claims);
    }

    return rc == 2
           || (rc == 1 && hoop_jwt_accepts_tenant(jwt->claims, rules));
}


int
hoop_jwt_issuer_of(const hoop_jwt_rules_t *rules, hoop_str_t iss)
{
    int         rc;
    unsigned    i;
    hoop_str_t  tid;

    rc = hoop_jwt_issuer_at(rules->issuer, iss, &tid);

    for (i = 0; rc == 0 && i < rules->naliases; i++) {
        rc = hoop_jwt_issuer_at(rules->aliases[i], iss, &tid);
    }

    return rc;
}


/* the tenant is what stands in its place */

static int
hoop_jwt_issuer_at(hoop_str_t pattern, hoop_str_t iss, hoop_str_t *tid)
{
    size_t  at;

    at = hoop_jwt_find_tenant(pattern);

    *tid = (iss.len >= at + HOOP_JWT_GUID)
           ? hoop_str(iss.data + at, HOOP_JWT_GUID) : hoop_str(NULL, 0);

    return hoop_jwt_issuer_match(pattern, iss, *tid);
}


static int
hoop_jwt_accepts_tenant(const json_t *claims, const hoop_jwt_rules_t *rules)
{
    return rules->any_tenant
           || hoop_jwt_listed(hoop_json_member(claims, "tid"),
                              rules->tenants, rules->ntenants);
}


int
hoop_jwt_issuer_is(hoop_str_t pattern, const json_t *claims)
{
    return hoop_jwt_issuer_match(pattern, hoop_json_member(claims, "iss"),
                                 hoop_json_member(claims, "tid"));
}


static int
hoop_jwt_issuer_match(hoop_str_t pattern, hoop_str_t iss, hoop_str_t tid)
{
    size_t  at, n;

    at = hoop_jwt_find_tenant(pattern);

    if (at == pattern.len) {
        return (iss.data && hoop_str_eq(iss, pattern)) ? 2 : 0;
    }

    if (!hoop_jwt_is_guid(tid)) {
        return 0;
    }

    n = sizeof(HOOP_JWT_TENANT) - 1;

    return iss.len == pattern.len - n + tid.len
           && memcmp(iss.data, pattern.data, at) == 0
           && memcmp(iss.data + at, tid.data, tid.len) == 0
           && memcmp(iss.data + at + tid.len, pattern.data + at + n,
                     pattern.len - at - n)
              == 0;
}


/* where "{tenantid}" begins, or the length */

static size_t
hoop_jwt_find_tenant(hoop_str_t pattern)
{
    size_t         n;
    const u_char  *p;

    n = sizeof(HOOP_JWT_TENANT) - 1;

    p = pattern.len ? memchr(pattern.data, '{', pattern.len) : NULL;

    if (p == NULL || (size_t) (pattern.data + pattern.len - p) < n
        || memcmp(p, HOOP_JWT_TENANT, n) != 0)
    {
        return pattern.len;
    }

    return p - pattern.data;
}


int
hoop_jwt_is_guid(hoop_str_t s)
{
    size_t  i;
    u_char  c;

    if (s.len != HOOP_JWT_GUID) {
        return 0;
    }

    for (i = 0; i < HOOP_JWT_GUID; i++) {
        c = s.data[i];

        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-') {
                return 0;
            }

        } else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return 0;
        }
    }

    return 1;
}


static hoop_jwt_e
hoop_jwt_check_audience(const json_t *claims, const hoop_jwt_rules_t *rules)
{
    int            match;
    size_t         i, n;
    json_t        *aud;
    const json_t  *item;

    aud = json_object_get(claims, "aud");

    if (aud == NULL) {
        return rules->naudiences ? HOOP_JWT_CLAIM : HOOP_JWT_OK;
    }

    if (!json_is_string(aud) && !json_is_array(aud)) {
        return HOOP_JWT_CLAIM;
    }

    match = (rules->naudiences == 0);
    n = json_is_array(aud) ? json_array_size(aud) : 1;

    for (i = 0; i < n; i++) {
        item = json_is_array(aud) ? json_array_get(aud, i) : aud;

        if (!json_is_string(item)) {
            return HOOP_JWT_CLAIM;
        }

        match = match || hoop_jwt_listed(hoop_json_string(item),
                                         rules->audiences, rules->naudiences);
    }

    return match ? HOOP_JWT_OK : HOOP_JWT_AUDIENCE;
}


static hoop_jwt_e
hoop_jwt_check_times(const json_t *claims, const hoop_jwt_rules_t *rules,
    int64_t now)
{
    int      rc_iat, rc_nbf;
    int64_t  exp, iat, nbf;

    rc_iat = hoop_jwt_time(claims, "iat", 1, &iat);
    rc_nbf = hoop_jwt_time(claims, "nbf", 1, &nbf);

    if (hoop_jwt_time(claims, "exp", 0, &exp) != HOOP_OK
        || rc_iat == HOOP_ERROR || rc_nbf == HOOP_ERROR)
    {
        return HOOP_JWT_CLAIM;
    }

    if (now - rules->leeway >= exp) {
        return HOOP_JWT_EXPIRED;
    }

    if (rc_nbf == HOOP_OK && nbf > now + rules->leeway) {
        return HOOP_JWT_NOT_YET;
    }

    if (rc_iat == HOOP_OK && iat > now + rules->leeway) {
        return HOOP_JWT_NOT_YET;
    }

    if (rules->max_lifetime == 0) {
        return HOOP_JWT_OK;
    }

    if (rc_iat == HOOP_OK) {
        return (exp - iat > rules->max_lifetime) ? HOOP_JWT_LIFETIME
                                                 : HOOP_JWT_OK;
    }

    return (exp - now > rules->max_lifetime + rules->leeway)
           ? HOOP_JWT_LIFETIME : HOOP_JWT_OK;
}


/* HOOP_DECLINED: absent; up: round a fraction up */

static int
hoop_jwt_time(const json_t *claims, const char *name, int up, int64_t *time)
{
    double    real;
    json_t   *value;
    int64_t   n;

    value = json_object_get(claims, name);

    if (value == NULL) {
        return HOOP_DECLINED;
    }

    if (json_is_integer(value)) {
        n = json_integer_value(value);

        if (n < -HOOP_JWT_MAX_TIME || n > HOOP_JWT_MAX_TIME) {
            return HOOP_ERROR;
        }

    } else if (json_is_real(value)) {
        real = json_real_value(value);

        /* false for a NaN too */

        if (!(real >= (double) -HOOP_JWT_MAX_TIME
              && real <= (double) HOOP_JWT_MAX_TIME))
        {
            return HOOP_ERROR;
        }

        n = (int64_t) real;

        if (up && (double) n < real) {
            n++;
        }

        if (!up && (double) n > real) {
            n--;
        }

    } else {
        return HOOP_ERROR;
    }

    *time = n;

    return HOOP_OK;
}


/* those that name a client: OpenID Connect, RFC 9068, Okta, Entra ID v1 */

static const char  *const hoop_jwt_clients[] = {
    "azp", "client_id", "cid", "appid"
};


hoop_str_t
hoop_jwt_client(const json_t *claims)
{
    size_t   i;
    json_t  *value;

    for (i = 0; i < sizeof(hoop_jwt_clients) / sizeof(char *); i++) {
        value = json_object_get(claims, hoop_jwt_clients[i]);

        if (value) {
            return hoop_json_string(value);
        }
    }

    return hoop_str(NULL, 0);
}


/* all that are there: of two names one might be the caller's own choice */

static hoop_jwt_e
hoop_jwt_check_client(const json_t *claims, const hoop_jwt_rules_t *rules)
{
    size_t     i;
    json_t    *value;
    unsigned   found;

    if (rules->nclients == 0) {
        return HOOP_JWT_OK;
    }

    found = 0;

    for (i = 0; i < sizeof(hoop_jwt_clients) / sizeof(char *); i++) {
        value = json_object_get(claims, hoop_jwt_clients[i]);

        if (value == NULL) {
            continue;
        }

        if (!json_is_string(value)) {
            return HOOP_JWT_CLAIM;
        }

        if (!hoop_jwt_listed(hoop_json_string(value), rules->clients,
                             rules->nclients))
        {
            return HOOP_JWT_CLIENT;
        }

        found = 1;
    }

    return found ? HOOP_JWT_OK : HOOP_JWT_CLAIM;
}


static int
hoop_jwt_has(const json_t *claims, const hoop_jwt_require_t *req)
{
    size_t   i;
    json_t  *value;

    value = hoop_json_pointer((json_t *) claims, req->pointer);

    if (value == NULL || json_is_null(value)) {
        return 0;
    }

    if (req->nvalues == 0) {
        return 1;
    }

    if (!json_is_array(value)) {
        return hoop_jwt_is_value(value, req);
    }

    for (i = 0; i < json_array_size(value); i++) {
        if (hoop_jwt_is_value(json_array_get(value, i), req)) {
            return 1;
        }
    }

    return 0;
}


/* a string, or a boolean or an integer by its JSON text */

static int
hoop_jwt_is_value(const json_t *value, const hoop_jwt_require_t *req)
{
    char        text[32];
    hoop_str_t  s;

    if (json_is_string(value)) {
        s = hoop_json_string(value);

    } else if (json_is_boolean(value)) {
        s = hoop_cstr(json_is_true(value) ? "true" : "false");

    } else if (json_is_integer(value)) {
        s = hoop_str(text, snprintf(text, sizeof(text), "%lld",
                                    (long long) json_integer_value(value)));
    } else {
        return 0;
    }

    return hoop_jwt_listed(s, req->values, req->nvalues);
}


static int
hoop_jwt_listed(hoop_str_t s, const hoop_str_t *list, unsigned n)
{
    unsigned  i;

    for (i = 0; i < n; i++) {
        if (hoop_str_eq(s, list[i])) {
            return 1;
        }
    }

    return 0;
}
