
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Tokens: the compact form, the header, the claims.
 *
 * Times are whole seconds.  A fraction is rounded so that the token lives
 * shorter, and what lies outside of +-2^53 is no time, so that sums with a
 * leeway cannot overflow.
 */


#include <stdlib.h>

#include "hoop_json.h"
#include "hoop_jwt.h"


#define HOOP_JWT_MAX_HEADER   4096
#define HOOP_JWT_MAX_DEPTH    32
#define HOOP_JWT_MAX_TIME     ((int64_t) 1 << 53)


static int hoop_jwt_five_parts(const u_char *p, const u_char *end);
static hoop_jwt_e hoop_jwt_parse_header(hoop_jwt_t *jwt, const u_char *p,
    size_t len);
static json_t *hoop_jwt_load(const u_char *p, size_t len);
static int hoop_jwt_check_type(const hoop_jwt_t *jwt);
static int hoop_jwt_check_strings(const json_t *claims);
static hoop_jwt_e hoop_jwt_check_issuer(const json_t *claims,
    const hoop_jwt_rules_t *rules);
static hoop_jwt_e hoop_jwt_check_audience(const json_t *claims,
    const hoop_jwt_rules_t *rules);
static int hoop_jwt_time(const json_t *claims, const char *name, int up,
    int64_t *time);
static hoop_jwt_e hoop_jwt_check_times(const json_t *claims,
    const hoop_jwt_rules_t *rules, int64_t now);
static int hoop_jwt_check_actors(const json_t *claims);
static hoop_str_t hoop_jwt_string(const json_t *value);


const char *
hoop_jwt_strerror(hoop_jwt_e e)
{
    switch (e) {
    case HOOP_JWT_OK:
        return "token is valid";
    case HOOP_JWT_MALFORMED:
        return "token is malformed";
    case HOOP_JWT_JWE:
        return "token is encrypted, wanted a signed one";
    case HOOP_JWT_ALG:
        return "token algorithm is not allowed";
    case HOOP_JWT_CRIT:
        return "token has a header parameter that must be understood";
    case HOOP_JWT_NO_KEY:
        return "token key is unknown";
    case HOOP_JWT_SIGNATURE:
        return "token signature is invalid";
    case HOOP_JWT_ISSUER:
        return "token issuer is not accepted";
    case HOOP_JWT_AUDIENCE:
        return "token audience is not accepted";
    case HOOP_JWT_EXPIRED:
        return "token is expired";
    case HOOP_JWT_NOT_YET:
        return "token is not valid yet";
    case HOOP_JWT_LIFETIME:
        return "token lifetime is too long";
    case HOOP_JWT_TYPE:
        return "token type is not accepted";
    case HOOP_JWT_CLAIM:
        return "token claim is missing or of a wrong type";
    case HOOP_JWT_PROOF:
        return "token needs a proof of possession";
    case HOOP_JWT_INTERNAL:
        break;
    }

    return "token cannot be checked";
}


hoop_jwt_e
hoop_jwt_parse(hoop_jwt_t *jwt, const u_char *p, size_t len,
    int signature_only)
{
    u_char         buf[HOOP_JWT_MAX_TOKEN * 3 / 4 + 3];
    ssize_t        n;
    hoop_jwt_e     rc;
    const u_char  *end, *payload, *signature;

    memset(jwt, 0, sizeof(hoop_jwt_t));

    jwt->token = hoop_str(p, len);

    if (len == 0 || len > HOOP_JWT_MAX_TOKEN) {
        return HOOP_JWT_MALFORMED;
    }

    end = p + len;

    payload = memchr(p, '.', len);
    if (payload == NULL) {
        return HOOP_JWT_MALFORMED;
    }

    payload++;

    signature = memchr(payload, '.', end - payload);
    if (signature == NULL) {
        return HOOP_JWT_MALFORMED;
    }

    signature++;

    jwt->signing_input = hoop_str(p, signature - 1 - p);

    rc = hoop_jwt_parse_header(jwt, p, payload - 1 - p);
    if (rc != HOOP_JWT_OK) {
        return rc;
    }

    if (hoop_jwt_five_parts(signature, end)) {
        return HOOP_JWT_JWE;
    }

    jwt->signature = malloc((end - signature) * 3 / 4 + 3);
    if (jwt->signature == NULL) {
        return HOOP_JWT_INTERNAL;
    }

    n = hoop_base64_decode(jwt->signature, signature, end - signature, 1);
    if (n < 0) {
        return HOOP_JWT_MALFORMED;
    }

    jwt->signature_len = n;

    n = hoop_base64_decode(buf, payload, signature - 1 - payload, 1);
    if (n < 0) {
        return HOOP_JWT_MALFORMED;
    }

    if (signature_only) {
        return HOOP_JWT_OK;
    }

    jwt->claims = hoop_jwt_load(buf, n);
    if (jwt->claims == NULL) {
        return HOOP_JWT_MALFORMED;
    }

    jwt->issuer = hoop_jwt_string(json_object_get(jwt->claims, "iss"));

    return HOOP_JWT_OK;
}


/* what follows the second dot has exactly two more of them */

static int
hoop_jwt_five_parts(const u_char *p, const u_char *end)
{
    unsigned  dots;

    for (dots = 0; (p = memchr(p, '.', end - p)) != NULL; p++) {
        dots++;
    }

    return dots == 2;
}


static hoop_jwt_e
hoop_jwt_parse_header(hoop_jwt_t *jwt, const u_char *p, size_t len)
{
    u_char   buf[HOOP_JWT_MAX_HEADER + 3];
    json_t  *alg, *kid;
    ssize_t  n;

    if (len > (HOOP_JWT_MAX_HEADER * 4 + 2) / 3) {
        return HOOP_JWT_MALFORMED;
    }

    n = hoop_base64_decode(buf, p, len, 1);
    if (n < 0) {
        return HOOP_JWT_MALFORMED;
    }

    jwt->header = hoop_jwt_load(buf, n);
    if (jwt->header == NULL) {
        return HOOP_JWT_MALFORMED;
    }

    if (json_object_get(jwt->header, "enc")) {
        return HOOP_JWT_JWE;
    }

    alg = json_object_get(jwt->header, "alg");
    kid = json_object_get(jwt->header, "kid");

    if (!json_is_string(alg) || (kid && !json_is_string(kid))) {
        return HOOP_JWT_MALFORMED;
    }

    /* "b64" (RFC 7797) would change what is signed; none is understood here */

    if (json_object_get(jwt->header, "crit")
        || json_object_get(jwt->header, "b64"))
    {
        return HOOP_JWT_CRIT;
    }

    jwt->alg = hoop_jwt_alg(hoop_jwt_string(alg));
    if (jwt->alg == 0) {
        return HOOP_JWT_ALG;
    }

    jwt->kid = hoop_jwt_string(kid);

    return HOOP_JWT_OK;
}


/* nesting is checked before the parser, which recurses, sees the text */

static json_t *
hoop_jwt_load(const u_char *p, size_t len)
{
    int            quoted;
    json_t        *root;
    unsigned       depth;
    hoop_error_t   err;
    const u_char  *c, *end;

    depth = 0;
    quoted = 0;
    end = p + len;

    for (c = p; c < end; c++) {

        if (quoted) {
            if (*c == '\\') {
                c++;

            } else if (*c == '"') {
                quoted = 0;
            }

            continue;
        }

        if (*c == '"') {
            quoted = 1;

        } else if (*c == '{' || *c == '[') {
            if (++depth > HOOP_JWT_MAX_DEPTH) {
                return NULL;
            }

        } else if ((*c == '}' || *c == ']') && depth) {
            depth--;
        }
    }

    root = hoop_json_load(p, len, &err);

    if (root && !json_is_object(root)) {
        json_decref(root);
        return NULL;
    }

    return root;
}


void
hoop_jwt_clear(hoop_jwt_t *jwt)
{
    json_decref(jwt->header);
    json_decref(jwt->claims);
    free(jwt->signature);

    memset(jwt, 0, sizeof(hoop_jwt_t));
}


hoop_jwt_e
hoop_jwt_verify(const hoop_jwt_t *jwt, const hoop_jwks_t *ks,
    const hoop_jwt_rules_t *rules, uint64_t *id)
{
    if ((jwt->alg & rules->algs) == 0) {
        return HOOP_JWT_ALG;
    }

    return hoop_jwks_verify(ks, jwt->alg, jwt->kid, jwt->signing_input,
                            jwt->signature, jwt->signature_len, id);
}


/* the proof is asked for last: HOOP_JWT_PROOF says that all else is well */

hoop_jwt_e
hoop_jwt_check(const hoop_jwt_t *jwt, const hoop_jwt_rules_t *rules,
    int64_t now)
{
    hoop_jwt_e  rc;

    if (jwt->claims == NULL) {
        return HOOP_JWT_CLAIM;
    }

    if (!hoop_jwt_check_type(jwt)) {
        return HOOP_JWT_TYPE;
    }

    if (!hoop_jwt_check_strings(jwt->claims)
        || !hoop_jwt_check_actors(jwt->claims))
    {
        return HOOP_JWT_CLAIM;
    }

    rc = hoop_jwt_check_issuer(jwt->claims, rules);
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

    if (json_object_get(jwt->claims, "cnf")) {
        return HOOP_JWT_PROOF;
    }

    return HOOP_JWT_OK;
}


/* RFC 8725, 3.11: a logout token or a DPoP proof is no access token */

static int
hoop_jwt_check_type(const hoop_jwt_t *jwt)
{
    size_t      i, k;
    u_char      c;
    json_t     *value;
    hoop_str_t  typ;

    static const hoop_str_t  prefix = hoop_string("application/");
    static const hoop_str_t  types[] = {
        hoop_string("jwt"),
        hoop_string("at+jwt")
    };

    value = json_object_get(jwt->header, "typ");

    if (value == NULL) {
        return 1;
    }

    if (!json_is_string(value)) {
        return 0;
    }

    typ = hoop_jwt_string(value);

    for (i = 0; i < prefix.len && i < typ.len; i++) {
        c = typ.data[i];
        c = (c >= 'A' && c <= 'Z') ? c | 0x20 : c;

        if (c != prefix.data[i]) {
            break;
        }
    }

    if (i == prefix.len) {
        typ.data += i;
        typ.len -= i;
    }

    for (k = 0; k < sizeof(types) / sizeof(types[0]); k++) {

        if (typ.len != types[k].len) {
            continue;
        }

        for (i = 0; i < typ.len; i++) {
            c = typ.data[i];
            c = (c >= 'A' && c <= 'Z') ? c | 0x20 : c;

            if (c != types[k].data[i]) {
                break;
            }
        }

        if (i == typ.len) {
            return 1;
        }
    }

    return 0;
}


static int
hoop_jwt_check_strings(const json_t *claims)
{
    size_t   i;
    json_t  *value;

    static const char  *const names[] = { "iss", "sub", "jti" };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        value = json_object_get(claims, names[i]);

        if (value && !json_is_string(value)) {
            return 0;
        }
    }

    return 1;
}


static hoop_jwt_e
hoop_jwt_check_issuer(const json_t *claims, const hoop_jwt_rules_t *rules)
{
    json_t  *iss;

    if (rules->issuer.len == 0) {
        return HOOP_JWT_OK;
    }

    iss = json_object_get(claims, "iss");

    if (iss == NULL) {
        return HOOP_JWT_CLAIM;
    }

    return hoop_str_eq(hoop_jwt_string(iss), rules->issuer)
           ? HOOP_JWT_OK : HOOP_JWT_ISSUER;
}


static hoop_jwt_e
hoop_jwt_check_audience(const json_t *claims, const hoop_jwt_rules_t *rules)
{
    size_t         i, n;
    json_t        *aud;
    unsigned       k, match;
    hoop_str_t     value;
    const json_t  *item;

    aud = json_object_get(claims, "aud");

    if (aud == NULL) {
        return rules->naudiences ? HOOP_JWT_CLAIM : HOOP_JWT_OK;
    }

    if (!json_is_string(aud) && !json_is_array(aud)) {
        return HOOP_JWT_CLAIM;
    }

    match = 0;
    n = json_is_array(aud) ? json_array_size(aud) : 1;

    for (i = 0; i < n; i++) {
        item = json_is_array(aud) ? json_array_get(aud, i) : aud;

        if (!json_is_string(item)) {
            return HOOP_JWT_CLAIM;
        }

        value = hoop_jwt_string(item);

        for (k = 0; k < rules->naudiences && !match; k++) {
            match = hoop_str_eq(value, rules->audiences[k]);
        }
    }

    return (match || rules->naudiences == 0) ? HOOP_JWT_OK
                                             : HOOP_JWT_AUDIENCE;
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


/* who cannot be read cannot be put into the evidence */

static int
hoop_jwt_check_actors(const json_t *claims)
{
    const json_t  *act, *value;

    for (act = json_object_get(claims, "act");
         act;
         act = json_object_get(act, "act"))
    {
        if (!json_is_object(act)) {
            return 0;
        }

        value = json_object_get(act, "sub");

        if (value && !json_is_string(value)) {
            return 0;
        }

        value = json_object_get(act, "iss");

        if (value && !json_is_string(value)) {
            return 0;
        }
    }

    return 1;
}


static hoop_str_t
hoop_jwt_string(const json_t *value)
{
    if (!json_is_string(value)) {
        return hoop_str(NULL, 0);
    }

    return hoop_str(json_string_value(value), json_string_length(value));
}
