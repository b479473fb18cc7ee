
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The first byte says what the rest is: a form, the parameters of an exchange
 * that follow a well-formed beginning, or the claims of a subject's token.
 *
 * Oracles: what is encoded strictly is read back as it was, and what was read
 * is the same when it is encoded and read again.  Nothing is granted but what
 * subject, signer and rule all have, and of that only what was asked for.  A
 * chain of actors is bounded, and each of them has a name.
 */


#include <stdio.h>
#include <stdlib.h>

#include "hoop_exchange.h"
#include "hoop_form.h"
#include "hoop_json.h"


#define NOW    1700000000
#define PAIRS  8
#define URN    "urn:ietf:params:oauth:token-type:"
#define BASE                                                                  \
    "grant_type=urn:ietf:params:oauth:grant-type:token-exchange"              \
    "&subject_token=a.b.c&subject_token_type=" URN "jwt"

#define check(x)                                                              \
    do {                                                                      \
        if (!(x)) {                                                           \
            fprintf(stderr, "line %d: %s\n", __LINE__, #x);                   \
            abort();                                                          \
        }                                                                     \
    } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static hoop_str_t  fuzz_audiences[] = {
    hoop_string("crm"), hoop_string("erp"), hoop_string("https://crm")
};

static hoop_str_t  fuzz_scopes[] = {
    hoop_string("read"), hoop_string("write"), hoop_string("x")
};


static u_char *
fuzz_copy(const void *p, size_t len)
{
    u_char  *copy;

    copy = malloc(len + 1);
    check(copy != NULL);

    if (len) {
        memcpy(copy, p, len);
    }

    return copy;
}


/* every byte escaped: nothing in it depends on what needs to be */

static void
fuzz_encode(hoop_buf_t *b, hoop_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        (void) hoop_buf_addc(b, '%');
        (void) hoop_buf_addhex(b, s.data + i, 1);
    }
}


static void
fuzz_form(const u_char *p, size_t len)
{
    int                rc;
    size_t             i, bytes;
    u_char            *copy;
    unsigned           n, k, m;
    hoop_buf_t         b;
    hoop_form_pair_t   pairs[PAIRS], again[PAIRS];

    copy = fuzz_copy(p, len);
    rc = hoop_form_parse(copy, len, pairs, PAIRS, &n);

    /* how many pairs there are, and what is in them, as far as it is plain */

    for (i = 0, k = 1, bytes = 0; i < len; i++) {
        k += (p[i] == '&');
        bytes += (p[i] == '%') ? 0 : (p[i] != '&');

        if (p[i] <= 0x20 || p[i] >= 0x7f || p[i] == ';') {
            check(rc != HOOP_OK);
        }
    }

    if (rc != HOOP_OK) {
        check(rc == HOOP_ERROR || (rc == HOOP_LIMIT && k > PAIRS));
        free(copy);
        return;
    }

    check(n == k && n <= PAIRS);

    hoop_buf_init(&b, 0);

    for (k = 0; k < n; k++) {
        check(pairs[k].name.len > 0);
        check(pairs[k].name.data >= copy
              && pairs[k].name.data + pairs[k].name.len <= copy + len);
        check(pairs[k].value.data + pairs[k].value.len <= copy + len);
        check(pairs[k].name.len + pairs[k].value.len <= bytes);
        check(hoop_utf8_valid(pairs[k].name.data, pairs[k].name.len));
        check(hoop_utf8_valid(pairs[k].value.data, pairs[k].value.len));

        for (i = 0; i < pairs[k].value.len; i++) {
            check(pairs[k].value.data[i] >= 0x20
                  && pairs[k].value.data[i] != 0x7f);
        }

        if (k) {
            (void) hoop_buf_addc(&b, '&');
        }

        fuzz_encode(&b, pairs[k].name);
        (void) hoop_buf_addc(&b, '=');
        fuzz_encode(&b, pairs[k].value);
    }

    check(!b.failed);
    check(hoop_form_parse(b.data, b.len, again, PAIRS, &m) == HOOP_OK);
    check(m == n);

    for (k = 0; k < n; k++) {
        check(hoop_str_eq(pairs[k].name, again[k].name));
        check(hoop_str_eq(pairs[k].value, again[k].value));
    }

    hoop_buf_free(&b);
    free(copy);
}


static int
fuzz_in(hoop_str_t s, const hoop_str_t *list, unsigned n)
{
    unsigned  i;

    for (i = 0; i < n; i++) {
        if (hoop_str_eq(s, list[i])) {
            return 1;
        }
    }

    return 0;
}


/* a word of the claim, however it is told: in a text or in an array of them */

static int
fuzz_has(json_t *claim, hoop_str_t word)
{
    size_t       i;
    const char  *p, *end;

    if (json_is_array(claim)) {

        for (i = 0; i < json_array_size(claim); i++) {
            if (json_is_string(json_array_get(claim, i))
                && fuzz_has(json_array_get(claim, i), word))
            {
                return 1;
            }
        }

        return 0;
    }

    check(json_is_string(claim));

    p = json_string_value(claim);
    end = p + json_string_length(claim);

    for (i = 0; p + i <= end; i++) {

        if (p + i == end || p[i] == ' ') {

            if (hoop_str_eq(hoop_str(p, i), word)) {
                return 1;
            }

            if (p + i == end) {
                return 0;
            }

            p += i + 1;
            i = (size_t) -1;
        }
    }

    return 0;
}


static void
fuzz_granted(const hoop_exchange_t *x, const hoop_identity_t *subject,
    unsigned narrow)
{
    json_t                  *claim, *json;
    unsigned                 i;
    hoop_token_rule_t        rule;
    hoop_exchange_error_t    err;
    hoop_exchange_grant_t    g;
    hoop_exchange_limits_t   limits;

    memset(&limits, 0, sizeof(limits));
    limits.audiences = fuzz_audiences;
    limits.naudiences = 3;
    limits.scopes = fuzz_scopes;
    limits.nscopes = 3;
    limits.scope_set = (narrow & 1);
    limits.lifetime = 300;

    memset(&rule, 0, sizeof(rule));
    rule.audiences = fuzz_audiences + 1;
    rule.naudiences = 2;
    rule.scopes = fuzz_scopes;
    rule.nscopes = 2;
    rule.scope_set = 1;
    rule.lifetime = 120;

    err.code = NULL;

    if (hoop_exchange_grant(&g, x, subject, NULL, &limits,
                            (narrow & 2) ? &rule : NULL, NOW, &err)
        != HOOP_OK)
    {
        check(err.code != NULL && err.text != NULL);
        return;
    }

    check(g.naudiences >= 1);
    check(x->naudiences ? g.naudiences <= x->naudiences : g.naudiences == 1);
    check(g.lifetime >= 1 && g.lifetime <= ((narrow & 2) ? 120 : 300));
    check(NOW + g.lifetime <= subject->expires);

    for (i = 0; i < g.naudiences; i++) {
        check(fuzz_in(g.audiences[i], fuzz_audiences, 3));
        check(!(narrow & 2) || fuzz_in(g.audiences[i], fuzz_audiences + 1, 2));
        check(x->naudiences == 0
              || fuzz_in(g.audiences[i], x->audiences, x->naudiences));
    }

    claim = json_object_get(subject->claims, "scope");
    claim = claim ? claim : json_object_get(subject->claims, "scp");

    for (i = 0; i < g.nscopes; i++) {
        check(g.scopes[i].len > 0);
        check(claim ? fuzz_has(claim, g.scopes[i]) : (narrow & 2) != 0);
        check(!(narrow & 1) || fuzz_in(g.scopes[i], fuzz_scopes, 3));
        check(!(narrow & 2) || fuzz_in(g.scopes[i], fuzz_scopes, 2));
        check(x->nscopes == 0
              || fuzz_in(g.scopes[i], x->scopes, x->nscopes));
        check(!fuzz_in(g.scopes[i], g.scopes, i));
    }

    json = hoop_exchange_body(x, subject);
    check(json_array_size(json_object_get(json, "audience")) == x->naudiences);
    json_decref(json);
}


static hoop_identity_t *
fuzz_identity(const u_char *p, size_t len)
{
    json_t           *claims;
    hoop_jwt_t        jwt;
    hoop_error_t      err;
    hoop_identity_t  *id;

    claims = hoop_json_load(p, len, &err);

    if (!json_is_object(claims)) {
        json_decref(claims);
        return NULL;
    }

    (void) json_object_set_new(claims, "exp", json_integer(NOW + 200));

    memset(&jwt, 0, sizeof(jwt));
    jwt.claims = claims;

    id = hoop_identity_create(&jwt, hoop_cstr("corp"));

    if (id == NULL) {
        json_decref(claims);
    }

    return id;
}


static void
fuzz_parse(const u_char *p, size_t len)
{
    u_char                 *body;
    unsigned                i;
    hoop_exchange_t         x;
    hoop_identity_t        *subject;
    hoop_exchange_error_t   err;

    static const char  claims[] =
        "{\"iss\":\"https://idp\",\"sub\":\"alice\",\"scope\":\"read x y\"}";

    body = malloc(sizeof(BASE) + len);
    check(body != NULL);

    memcpy(body, BASE, sizeof(BASE) - 1);

    if (len) {
        body[sizeof(BASE) - 1] = '&';
        memcpy(body + sizeof(BASE), p, len);
        len++;
    }

    err.code = NULL;

    if (hoop_exchange_parse(&x, body, sizeof(BASE) - 1 + len, &err)
        != HOOP_OK)
    {
        check(err.code != NULL && err.text != NULL);

    } else {
        check(hoop_str_is(x.subject_token, "a.b.c"));
        check(x.naudiences <= HOOP_EXCHANGE_MAX_AUDIENCES);
        check(x.nscopes <= HOOP_EXCHANGE_MAX_SCOPES);

        subject = fuzz_identity((const u_char *) claims, sizeof(claims) - 1);
        check(subject != NULL);

        for (i = 0; i < 4; i++) {
            fuzz_granted(&x, subject, i);
        }

        hoop_identity_unref(subject);
    }

    free(body);
}


static void
fuzz_chain(const hoop_identity_t *subject, const hoop_identity_t *actor)
{
    json_t                 *act, *each;
    unsigned                depth;
    hoop_exchange_error_t   err;

    if (hoop_exchange_act(subject, actor, &act, &err) != HOOP_OK) {
        check(act == NULL && err.code != NULL);
        return;
    }

    depth = 0;

    for (each = act; each; each = json_object_get(each, "act")) {
        check(depth++ < HOOP_EXCHANGE_MAX_ACTORS);
        check(json_string_length(json_object_get(each, "sub")) > 0);
        check(json_is_string(json_object_get(each, "iss")));
        check(json_object_size(each) <= 4);
    }

    check(actor == NULL || depth > 0);

    json_decref(act);
}


/* of a token that an exchange has made, nobody but its origin comes back */

static void
fuzz_issue(const hoop_exchange_t *x, const hoop_identity_t *subject)
{
    json_t                  *claims;
    hoop_exchange_error_t    err;
    hoop_exchange_grant_t    g;
    hoop_exchange_issue_t    issue;
    hoop_exchange_limits_t   limits;

    memset(&limits, 0, sizeof(limits));
    limits.audiences = fuzz_audiences;
    limits.naudiences = 1;
    limits.lifetime = 300;

    check(hoop_exchange_grant(&g, x, subject, NULL, &limits, NULL, NOW, &err)
          == HOOP_OK);

    memset(&issue, 0, sizeof(issue));
    issue.issuer = hoop_cstr("https://gw");
    issue.jti = hoop_cstr("00ff");
    issue.now = NOW;
    issue.subject = subject;
    issue.groups = json_object_get(subject->claims, "groups");
    issue.grant = &g;

    claims = hoop_exchange_claims(&issue);
    check(claims != NULL);
    check(json_integer_value(json_object_get(claims, "exp")) == NOW + 200);
    check(strcmp(json_string_value(json_object_get(claims, "iss")),
                 "https://gw")
          == 0);

    /* an issuer without a name is no origin */

    if (subject->issuer.len == 0) {
        check(hoop_exchange_origin(claims) == HOOP_ERROR);
        json_decref(claims);
        return;
    }

    check(hoop_exchange_origin(claims) == HOOP_OK);
    check(json_equal(json_object_get(claims, "iss"),
                     json_object_get(subject->claims, "iss")));
    check(json_equal(json_object_get(claims, "sub"),
                     json_object_get(subject->claims, "sub")));

    json_decref(claims);
}


static void
fuzz_claims(const u_char *p, size_t len)
{
    u_char                 *body;
    unsigned                i;
    hoop_exchange_t         x;
    hoop_identity_t        *subject, *bot;
    hoop_exchange_error_t   err;

    static const char  claims[] = "{\"iss\":\"https://m\",\"sub\":\"bot\"}";

    subject = fuzz_identity(p, len);

    if (subject == NULL) {
        return;
    }

    bot = fuzz_identity((const u_char *) claims, sizeof(claims) - 1);
    check(bot != NULL);

    fuzz_chain(subject, NULL);
    fuzz_chain(subject, bot);
    fuzz_chain(bot, subject);

    body = fuzz_copy(BASE, sizeof(BASE) - 1);
    check(hoop_exchange_parse(&x, body, sizeof(BASE) - 1, &err) == HOOP_OK);

    for (i = 0; i < 4; i++) {
        fuzz_granted(&x, subject, i);
    }

    fuzz_issue(&x, subject);

    free(body);
    hoop_identity_unref(bot);
    hoop_identity_unref(subject);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }

    switch (data[0]) {
    case 'f':
        fuzz_form(data + 1, size - 1);
        break;
    case 'x':
        fuzz_parse(data + 1, size - 1);
        break;
    case 'c':
        fuzz_claims(data + 1, size - 1);
        break;
    }

    return 0;
}
