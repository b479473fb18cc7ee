
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoop_form.h and hoop_exchange.h: the form is read strictly, nothing is
 * granted that one of three parties does not have, and the claims of the new
 * token say who it is and who acts.
 */


#include <stdlib.h>

#include "hoop_exchange.h"
#include "hoop_form.h"
#include "hoop_json.h"
#include "tap.h"


#define NOW   1700000000
#define URN   "urn:ietf:params:oauth:token-type:"
#define GRANT "grant_type=urn:ietf:params:oauth:grant-type:token-exchange"
#define GATEWAY  "\"hoop_gateway\":\"https://gw\","
#define BASE  GRANT "&subject_token=a.b.c&subject_token_type=" URN "jwt"


static hoop_exchange_t        x;
static hoop_exchange_error_t  err;
static u_char                 body[HOOP_EXCHANGE_MAX_BODY + 16];


static int
parsed(const char *text)
{
    size_t  len;

    len = strlen(text);
    memcpy(body, text, len);
    memset(&err, 0, sizeof(err));

    return hoop_exchange_parse(&x, body, len, &err);
}


static hoop_identity_t *
identity(const char *json, const char *name)
{
    json_t           *claims;
    hoop_jwt_t        jwt;
    hoop_error_t      e;

    claims = hoop_json_load((const u_char *) json, strlen(json), &e);

    if (json_object_get(claims, "exp") == NULL) {
        json_object_set_new(claims, "exp", json_integer(NOW + 600));
    }

    memset(&jwt, 0, sizeof(jwt));
    jwt.claims = claims;

    return hoop_identity_create(&jwt, hoop_cstr(name));
}


static const char *
text_of(json_t *json)
{
    static char  *text;

    free(text);
    text = json_dumps(json, JSON_COMPACT|JSON_SORT_KEYS|JSON_ENCODE_ANY);

    return text ? text : "(null)";
}


static hoop_identity_t *
party(const char *claims)
{
    char  text[1024];

    snprintf(text, sizeof(text), "{\"iss\":\"https://i\",\"sub\":\"s\",%s}",
             claims);

    return identity(text, "corp");
}


static void
test_form(void)
{
    int               rc;
    char             *many;
    size_t            i;
    u_char            buf[256];
    unsigned          n;
    hoop_form_pair_t  pairs[4];

    static const struct {
        const char  *text;
        int          rc;
        const char  *joined;
    } forms[] = {
        { "a=b", HOOP_OK, "a=b;" },
        { "a=b&c=d", HOOP_OK, "a=b;c=d;" },
        { "a=b&a=c", HOOP_OK, "a=b;a=c;" },
        { "a", HOOP_OK, "a=;" },
        { "a=", HOOP_OK, "a=;" },
        { "a=b=c", HOOP_OK, "a=b=c;" },
        { "a=b+c%20d%2b", HOOP_OK, "a=b c d+;" },
        { "%61=%41", HOOP_OK, "a=A;" },
        { "a=%c3%a9", HOOP_OK, "a=\xc3\xa9;" },
        { "a=%26b%3dc", HOOP_OK, "a=&b=c;" },
        { "a=1&b=2&c=3&d=4", HOOP_OK, "a=1;b=2;c=3;d=4;" },
        { "a=1&b=2&c=3&d=4&e=5", HOOP_LIMIT, NULL },
        { "", HOOP_ERROR, NULL }, { "=", HOOP_ERROR, NULL },
        { "=b", HOOP_ERROR, NULL }, { "&", HOOP_ERROR, NULL },
        { "a=b&", HOOP_ERROR, NULL }, { "a=b&&c=d", HOOP_ERROR, NULL },
        { "a=%", HOOP_ERROR, NULL }, { "a=%4", HOOP_ERROR, NULL },
        { "a=%4g", HOOP_ERROR, NULL }, { "a=%u0041", HOOP_ERROR, NULL },
        { "a=%4&b=1", HOOP_ERROR, NULL },
        { "a=%00", HOOP_ERROR, NULL }, { "a=%0a", HOOP_ERROR, NULL },
        { "a=%7f", HOOP_ERROR, NULL }, { "a=\x01", HOOP_ERROR, NULL },
        { "a=b c", HOOP_ERROR, NULL }, { "a=b\r\n", HOOP_ERROR, NULL },
        { "a=b;c=d", HOOP_ERROR, NULL }, { "a=\xc3\xa9", HOOP_ERROR, NULL },
        { "a=%c3", HOOP_ERROR, NULL }, { "a=%c3&b=%a9", HOOP_ERROR, NULL },
        { "a=%ed%a0%80", HOOP_ERROR, NULL }
    };

    char  joined[256];

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        memcpy(buf, forms[i].text, strlen(forms[i].text));

        rc = hoop_form_parse(buf, strlen(forms[i].text), pairs, 4, &n);
        is_int(rc, forms[i].rc, forms[i].text);

        if (rc == HOOP_OK && forms[i].joined) {
            unsigned  k;
            size_t    len = 0;

            for (k = 0; k < n; k++) {
                len += snprintf(joined + len, sizeof(joined) - len,
                                "%.*s=%.*s;", (int) pairs[k].name.len,
                                pairs[k].name.data, (int) pairs[k].value.len,
                                pairs[k].value.data);
            }

            is_str(joined, forms[i].joined, "its pairs");
        }
    }

    many = calloc(1, 70000);

    for (i = 0; i < 64; i++) {
        strcat(many, i ? "&x=1" : BASE);
    }

    is_int(parsed(many), HOOP_ERROR, "an unknown parameter twice");
    free(many);
}


static void
test_parse(void)
{
    size_t  i;
    char    text[4096];

    static const struct {
        const char  *more;
        const char  *code;
    } bad[] = {
        { "&subject_token=a.b.d", "invalid_request" },
        { "&grant_type=x", "invalid_request" },
        { "&scope=a&scope=b", "invalid_request" },
        { "&x=1&x=1", "invalid_request" },
        { "&actor_token=a.b.c", "invalid_request" },
        { "&actor_token=a.b.c&actor_token_type=jwt", "invalid_request" },
        { "&actor_token_type=" URN "jwt", "invalid_request" },
        { "&requested_token_type=" URN "refresh_token", "invalid_request" },
        { "&requested_token_type=" URN "id_token", "invalid_request" },
        { "&requested_token_type=jwt", "invalid_request" },
        { "&scope=a++b", "invalid_scope" },
        { "&scope=+a", "invalid_scope" },
        { "&scope=a+", "invalid_scope" },
        { "&scope=%22", "invalid_scope" },
        { "&scope=%c3%a9", "invalid_scope" },
        { "&resource=crm", "invalid_target" },
        { "&resource=/crm", "invalid_target" },
        { "&resource=:x", "invalid_target" },
        { "&resource=1a:x", "invalid_target" },
        { "&resource=https:", "invalid_target" },
        { "&resource=https://crm%23x", "invalid_target" },
        { "&resource=https://crm+x", "invalid_target" },
        { "&audience=1&audience=2&audience=3&audience=4&audience=5&audience=6"
          "&audience=7&audience=8&audience=9&audience=a&audience=b&audience=c"
          "&audience=d&audience=e&audience=f&audience=g&audience=h",
          "invalid_target" },
        { "&", "invalid_request" }
    };

    is_int(parsed(BASE), HOOP_OK, "the least");
    ok(hoop_str_is(x.subject_token, "a.b.c") && x.actor_token.len == 0
       && x.naudiences == 0 && x.nscopes == 0
       && hoop_str_is(x.requested_type, URN "access_token"), "its parts");

    is_int(parsed(BASE "&actor_token=d.e.f&actor_token_type=" URN "access_token"
                  "&audience=crm&audience=erp&resource=https://x/y"
                  "&resource=urn:x&audience=crm&scope=read+write+read&x=1"
                  "&requested_token_type=" URN "jwt&client_id="),
           HOOP_OK, "all of it");
    ok(hoop_str_is(x.actor_token, "d.e.f") && x.naudiences == 4
       && hoop_str_is(x.audiences[2], "https://x/y") && x.nscopes == 2
       && hoop_str_is(x.scopes[1], "write")
       && hoop_str_is(x.requested_type, URN "jwt"), "its parts");

    is_int(parsed(BASE "&scope=&audience=&actor_token=&actor_token_type="),
           HOOP_OK, "parameters without a value are omitted");
    ok(x.naudiences == 0 && x.nscopes == 0 && x.actor_token.len == 0,
       "as if they were not there");

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(text, sizeof(text), "%s%s", BASE, bad[i].more);

        is_int(parsed(text), HOOP_ERROR, bad[i].more);
        is_str(err.code, bad[i].code, err.text);
    }

    is_int(parsed(""), HOOP_ERROR, "nothing");
    is_int(parsed("subject_token=a"), HOOP_ERROR, "no grant_type");
    is_str(err.code, "invalid_request", err.text);
    is_int(parsed("grant_type=client_credentials"), HOOP_ERROR, "another");
    is_str(err.code, "unsupported_grant_type", err.text);
    is_int(parsed(GRANT), HOOP_ERROR, "no subject_token");
    is_int(parsed(GRANT "&subject_token=a"), HOOP_ERROR, "no type");
    is_int(parsed(GRANT "&subject_token=a&subject_token_type=" URN "saml2"),
           HOOP_ERROR, "a type that is not taken");

    memset(body, 'a', sizeof(body));
    is_int(hoop_exchange_parse(&x, body, HOOP_EXCHANGE_MAX_BODY + 1, &err),
           HOOP_ERROR, "too large");
}


static void
test_act(void)
{
    int               i;
    json_t           *act;
    char              text[8192], name[32];
    hoop_identity_t  *alice, *bot, *other;

    alice = identity("{\"iss\":\"https://idp\",\"sub\":\"alice\"}", "corp");
    bot = identity("{\"iss\":\"https://m\",\"sub\":\"bot\",\"client_id\":\"c\"}",
                   "machines");

    is_int(hoop_exchange_act(alice, NULL, &act, &err), HOOP_OK, "nobody acts");
    ok(act == NULL, "no act");

    is_int(hoop_exchange_act(alice, bot, &act, &err), HOOP_OK, "an actor");
    is_str(text_of(act), "{\"iss\":\"https://m\",\"sub\":\"bot\"}", "acts");
    json_decref(act);

    other = identity("{\"iss\":\"https://idp\",\"sub\":\"alice\",\"act\":{"
                     "\"sub\":\"planner\",\"x\":1,\"act\":{\"iss\":\"https://o\","
                     "\"sub\":\"first\"}}}", "corp");

    is_int(hoop_exchange_act(other, bot, &act, &err), HOOP_OK, "a chain");
    is_str(text_of(act), "{\"act\":{\"act\":{\"iss\":\"https://o\",\"sub\":"
           "\"first\"},\"iss\":\"https://idp\",\"sub\":\"planner\"},"
           "\"iss\":\"https://m\",\"sub\":\"bot\"}",
           "is extended, and each has an issuer");
    json_decref(act);

    is_int(hoop_exchange_act(other, NULL, &act, &err), HOOP_OK, "a chain");
    is_str(text_of(act), "{\"act\":{\"iss\":\"https://o\",\"sub\":\"first\"},"
           "\"iss\":\"https://idp\",\"sub\":\"planner\"}", "is kept");
    json_decref(act);

    is_int(hoop_exchange_act(alice, other, &act, &err), HOOP_OK,
           "an actor for whom others act");
    is_str(text_of(act), "{\"act\":{\"act\":{\"iss\":\"https://idp\",\"sub\":"
           "\"alice\"},\"iss\":\"https://o\",\"sub\":\"first\"},"
           "\"iss\":\"https://idp\",\"sub\":\"planner\"}",
           "those who act come first");
    json_decref(act);
    hoop_identity_unref(other);

    hoop_identity_unref(bot);
    bot = party("\"iat\":7,\"act\":{\"sub\":\"b\",\"iat\":9}");
    other = party(GATEWAY "\"iat\":5,\"hoop_origin\":{\"iat\":1.5},"
                  "\"act\":{\"sub\":\"c\",\"iat\":3,\"act\":{\"sub\":\"d\"}}");

    is_int(hoop_exchange_act(other, bot, &act, &err), HOOP_OK, "of an age");
    is_str(text_of(act), "{\"act\":{\"act\":{\"act\":{\"iss\":\"https://i\","
           "\"sub\":\"d\"},\"iat\":3,\"iss\":\"https://i\",\"sub\":\"c\"},"
           "\"iat\":7,\"iss\":\"https://i\",\"sub\":\"s\"},"
           "\"iat\":7,\"iss\":\"https://i\",\"sub\":\"b\"}",
           "which only a gateway tells of others");
    json_decref(act);

    is_int(hoop_exchange_act(bot, other, &act, &err), HOOP_OK, "the other way");
    is_str(text_of(act), "{\"act\":{\"act\":{\"act\":{\"iat\":7,\"iss\":"
           "\"https://i\",\"sub\":\"b\"},\"iat\":1.5,\"iss\":\"https://i\","
           "\"sub\":\"s\"},\"iss\":\"https://i\",\"sub\":\"d\"},"
           "\"iat\":3,\"iss\":\"https://i\",\"sub\":\"c\"}",
           "an actor is as old as his first token");
    json_decref(act);
    hoop_identity_unref(other);

    strcpy(text, "{\"iss\":\"https://idp\",\"sub\":\"alice\"");

    for (i = 0; i < 8; i++) {
        sprintf(name, ",\"act\":{\"sub\":\"a%d\"", i);
        strcat(text, name);
    }

    strcat(text, "}}}}}}}}}");
    other = identity(text, "corp");

    is_int(hoop_exchange_act(other, NULL, &act, &err), HOOP_OK, "eight");
    json_decref(act);
    is_int(hoop_exchange_act(other, bot, &act, &err), HOOP_ERROR, "nine");
    is_str(err.code, "invalid_request", err.text);
    hoop_identity_unref(other);

    other = identity("{\"iss\":\"https://idp\",\"sub\":\"alice\",\"act\":{"
                     "\"client\":\"x\"}}", "corp");
    is_int(hoop_exchange_act(other, bot, &act, &err), HOOP_ERROR, "no sub");
    hoop_identity_unref(other);

    hoop_identity_unref(alice);
    hoop_identity_unref(bot);
}


static void
test_may_act(void)
{
    json_t           *act;
    size_t            i;
    char              text[512];
    hoop_identity_t  *alice, *bot;

    static const struct {
        const char  *may_act;
        int          actor;
        int          rc;
    } t[] = {
        { "{\"sub\":\"bot\",\"iss\":\"https://m\"}", 1, HOOP_OK },
        { "{\"sub\":\"bot\",\"iss\":\"https://m\",\"client_id\":\"c\"}", 1,
          HOOP_OK },
        { "{\"client_id\":\"c\",\"iss\":\"https://m\"}", 1, HOOP_OK },
        { "{\"sub\":\"bot\"}", 1, HOOP_ERROR },       /* of idp, that is */
        { "{\"sub\":\"bob\",\"iss\":\"https://m\"}", 1, HOOP_ERROR },
        { "{\"sub\":\"bot\",\"iss\":\"https://n\"}", 1, HOOP_ERROR },
        { "{\"sub\":\"bot\",\"iss\":\"https://m\",\"client_id\":\"d\"}", 1,
          HOOP_ERROR },
        { "{\"sub\":\"bot\",\"iss\":\"https://m\",\"none\":null}", 1,
          HOOP_ERROR },
        { "{\"iss\":\"https://m\"}", 1, HOOP_ERROR },
        { "{\"sub\":\"bot\",\"iss\":1}", 1, HOOP_ERROR },
        { "{}", 1, HOOP_ERROR },
        { "null", 1, HOOP_ERROR },
        { "[\"bot\"]", 1, HOOP_ERROR },
        { "{\"sub\":\"alice\"}", 0, HOOP_ERROR }
    };

    bot = identity("{\"iss\":\"https://m\",\"sub\":\"bot\",\"client_id\":\"c\"}",
                   "machines");

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        snprintf(text, sizeof(text), "{\"iss\":\"https://idp\",\"sub\":"
                 "\"alice\",\"may_act\":%s}", t[i].may_act);
        alice = identity(text, "corp");

        is_int(hoop_exchange_act(alice, t[i].actor ? bot : NULL, &act, &err),
               t[i].rc, t[i].may_act);

        json_decref(act);
        hoop_identity_unref(alice);
    }

    hoop_identity_unref(bot);
}


static const char *
joined(const hoop_str_t *list, unsigned n)
{
    unsigned     i;
    size_t       len;
    static char  text[1024];

    len = 0;
    text[0] = '\0';

    for (i = 0; i < n; i++) {
        len += snprintf(text + len, sizeof(text) - len, "%s%.*s",
                        i ? " " : "", (int) list[i].len, list[i].data);
    }

    return text;
}


static void
test_grant(void)
{
    size_t                   i;
    char                     text[2048];
    hoop_identity_t         *subject;
    hoop_token_rule_t        rule;
    hoop_exchange_grant_t    g;
    hoop_exchange_limits_t   limits;

    static hoop_str_t  audiences[] = {
        hoop_string("crm"), hoop_string("erp"), hoop_string("hr")
    };

    static hoop_str_t  scopes[] = {
        hoop_string("read"), hoop_string("write"), hoop_string("delete")
    };

    static hoop_str_t  narrow[] = { hoop_string("hr"), hoop_string("erp"),
                                    hoop_string("none") };

    static const struct {
        const char  *claims;       /* the subject's scope */
        const char  *more;         /* asked for */
        unsigned     signer;       /* scopes of the signer + 1; 0: not set */
        unsigned     rule;         /* 1: audience, 2: scope, 4: lifetime,
                                      8: no scope at all */
        const char  *audience;
        const char  *scope;        /* or the error's code in place of both */
    } t[] = {
        { "", "", 0, 0, "crm", "" },
        { "", "&audience=erp", 0, 0, "erp", "" },
        { "", "&audience=erp&audience=crm", 0, 0, "erp crm", "" },
        { "", "&audience=x&audience=crm", 0, 0, "crm", "" },
        { "", "&audience=x", 0, 0, NULL, "invalid_target" },
        { "", "&audience=CRM", 0, 0, NULL, "invalid_target" },
        { "", "", 0, 1, "hr", "" },
        { "", "&audience=crm", 0, 1, NULL, "invalid_target" },
        { "", "&audience=none", 0, 1, NULL, "invalid_target" },
        { "", "&audience=erp&audience=crm", 0, 1, "erp", "" },

        /* nobody names a scope: there is none to be had */
        { "", "&scope=admin", 0, 0, NULL, "invalid_scope" },
        { "", "&scope=read", 4, 0, NULL, "invalid_scope" },
        { "", "", 4, 0, "crm", "" },
        { "\"scope\":\"read write\",", "", 0, 0, "crm", "read write" },
        { "\"scope\":\"read write\",", "&scope=write", 0, 0, "crm", "write" },
        { "\"scope\":\"read\",", "&scope=write", 4, 0, NULL, "invalid_scope" },
        { "\"scope\":\"read x\",", "", 4, 0, "crm", "read" },
        { "\"scope\":\"x\",", "", 4, 0, "crm", "" },
        { "\"scope\":[\"read\",\"write\",1],", "", 0, 0, "crm", "read write" },
        { "\"scp\":\"read\",", "", 0, 0, "crm", "read" },
        { "\"scp\":[\"read\"],", "&scope=read+write", 0, 0, "crm", "read" },
        { "\"scope\":7,", "&scope=read", 4, 0, NULL, "invalid_scope" },
        { "\"scope\":\"\",", "&scope=read", 4, 0, NULL, "invalid_scope" },
        { "\"scope\":null,", "&scope=read", 4, 0, NULL, "invalid_scope" },
        { "\"scope\":\"read\",\"scp\":\"write\",", "&scope=write", 4, 0, NULL,
          "invalid_scope" },

        /* but that a rule names */
        { "", "&scope=read+delete", 4, 2, "crm", "read" },
        { "", "", 4, 2, "crm", "" },
        { "", "&scope=write", 2, 2, NULL, "invalid_scope" },
        { "", "&scope=delete", 4, 2, NULL, "invalid_scope" },
        { "", "&scope=read", 0, 2, "crm", "read" },
        { "\"scope\":\"read write\",", "", 0, 8, "crm", "" },
        { "\"scope\":\"read write\",", "&scope=read", 0, 8, NULL,
          "invalid_scope" },
        { "", "&scope=read", 1, 0, NULL, "invalid_scope" },

        /* one that was issued here is for somebody, with a scope, or none */
        { GATEWAY "\"aud\":\"erp\",", "", 0, 0, "erp", "" },
        { GATEWAY "\"aud\":\"erp\",", "&audience=crm", 0, 0, NULL,
          "invalid_target" },
        { GATEWAY "\"aud\":[\"erp\",\"hr\"],", "&audience=hr&audience=crm", 0,
          0, "hr", "" },
        { GATEWAY "\"aud\":\"x\",", "", 0, 0, NULL, "invalid_target" },
        { GATEWAY, "", 0, 0, NULL, "invalid_target" },
        { GATEWAY "\"aud\":\"crm\",", "&audience=hr", 0, 1, "hr", "" },
        { GATEWAY "\"aud\":\"crm\",", "&scope=read", 0, 2, NULL,
          "invalid_scope" },
        { GATEWAY "\"aud\":\"crm\",\"scope\":\"read\",", "", 0, 2, "crm",
          "read" }
    };

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        snprintf(text, sizeof(text), "{%s\"iss\":\"https://idp\",\"sub\":"
                 "\"alice\"}", t[i].claims);
        subject = identity(text, "corp");

        snprintf(text, sizeof(text), "%s%s", BASE, t[i].more);
        is_int(parsed(text), HOOP_OK, t[i].more);

        memset(&limits, 0, sizeof(limits));
        limits.audiences = audiences;
        limits.naudiences = 3;
        limits.scopes = scopes;
        limits.scope_set = (t[i].signer != 0);
        limits.nscopes = t[i].signer ? t[i].signer - 1 : 0;
        limits.lifetime = 300;

        memset(&rule, 0, sizeof(rule));

        if (t[i].rule & 1) {
            rule.audiences = narrow;
            rule.naudiences = 3;
        }

        if (t[i].rule & (2|8)) {
            rule.scopes = scopes;
            rule.nscopes = (t[i].rule & 2) ? 2 : 0;
            rule.scope_set = 1;
        }

        if (t[i].audience == NULL) {
            is_int(hoop_exchange_grant(&g, &x, subject, NULL, &limits,
                                       t[i].rule ? &rule : NULL, NOW, &err),
                   HOOP_ERROR, t[i].claims);
            is_str(err.code, t[i].scope, err.text);

        } else {
            is_int(hoop_exchange_grant(&g, &x, subject, NULL, &limits,
                                       t[i].rule ? &rule : NULL, NOW, &err),
                   HOOP_OK, t[i].claims);
            is_str(joined(g.audiences, g.naudiences), t[i].audience,
                   "audience");
            is_str(joined(g.scopes, g.nscopes), t[i].scope, "scope");
        }

        hoop_identity_unref(subject);
    }
}


static void
test_lifetime(void)
{
    size_t                   i;
    char                     text[256];
    hoop_identity_t         *subject, *actor;
    hoop_token_rule_t        rule;
    hoop_exchange_grant_t    g;
    hoop_exchange_limits_t   limits;

    static hoop_str_t  audience = hoop_string("crm");

    /* 0: no actor, no rule; wanted 0: refused */

    static const struct {
        int  subject, actor, rule, wanted;
    } t[] = {
        { 600, 0, 0, 300 }, { 600, 0, 120, 120 }, { 60, 0, 120, 60 },
        { 600, 30, 120, 30 }, { 600, 0, 3600, 300 }, { 1, 0, 0, 1 },
        { 0, 0, 0, 0 }, { -10, 0, 0, 0 }, { 600, -1, 0, 0 }
    };

    (void) parsed(BASE);

    memset(&limits, 0, sizeof(limits));
    limits.audiences = &audience;
    limits.naudiences = 1;
    limits.lifetime = 300;

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        sprintf(text, "{\"iss\":\"https://i\",\"sub\":\"a\",\"exp\":%d}",
                NOW + t[i].subject);
        subject = identity(text, "corp");

        sprintf(text, "{\"iss\":\"https://i\",\"sub\":\"b\",\"exp\":%d}",
                NOW + t[i].actor);
        actor = t[i].actor ? identity(text, "corp") : NULL;

        memset(&rule, 0, sizeof(rule));
        rule.lifetime = t[i].rule;

        (void) ok((hoop_exchange_grant(&g, &x, subject, actor, &limits, &rule,
                                       NOW, &err) == HOOP_OK)
                  == (t[i].wanted != 0), "lifetime %zu", i);

        if (t[i].wanted) {
            is_int(g.lifetime, t[i].wanted, "the shortest of all");
        }

        hoop_identity_unref(subject);
        hoop_identity_unref(actor);
    }
}


static void
test_claims(void)
{
    json_t                  *act, *claims, *again;
    hoop_identity_t         *alice, *bot, *back;
    hoop_exchange_grant_t    g;
    hoop_exchange_issue_t    issue;

    alice = identity("{\"iss\":\"https://idp\",\"sub\":\"alice\",\"jti\":\"j1\","
                     "\"realm\":{\"roles\":[\"dba\",7,\"ops\"]},"
                     "\"azp\":\"app\",\"email\":\"a@b.c\"}", "corp");
    bot = identity("{\"iss\":\"https://m\",\"sub\":\"bot\",\"client_id\":\"c\","
                   "\"cnf\":{\"jkt\":\"k\"}}", "machines");

    memset(&g, 0, sizeof(g));
    g.audiences[0] = hoop_cstr("crm");
    g.naudiences = 1;
    g.scopes[0] = hoop_cstr("read");
    g.scopes[1] = hoop_cstr("write");
    g.nscopes = 2;
    g.lifetime = 120;

    memset(&issue, 0, sizeof(issue));
    issue.issuer = hoop_cstr("https://gw");
    issue.jti = hoop_cstr("00ff");
    issue.now = NOW;
    issue.subject = alice;
    issue.actor = bot;
    issue.grant = &g;
    issue.groups = json_object_get(json_object_get(alice->claims, "realm"),
                                   "roles");

    (void) hoop_exchange_act(alice, bot, &act, &err);
    issue.act = act;

    claims = hoop_exchange_claims(&issue);
    is_str(text_of(claims), "{\"act\":{\"iss\":\"https://m\",\"sub\":\"bot\"},"
           "\"aud\":\"crm\",\"client_id\":\"c\",\"cnf\":{\"jkt\":\"k\"},"
           "\"exp\":1700000120,\"groups\":[\"dba\",\"ops\"],"
           "\"hoop_origin\":{\"iss\":\"https://idp\",\"jti\":\"j1\","
           "\"sub\":\"alice\"},\"iat\":1700000000,\"iss\":\"https://gw\","
           "\"jti\":\"00ff\",\"nbf\":1700000000,\"scope\":\"read write\","
           "\"sub\":\"corp:alice\"}", "the claims, and no others");

    /* back at the gateway it is alice of corp again */

    is_int(hoop_exchange_origin(claims), HOOP_OK, "of a gateway");
    is_str(json_string_value(json_object_get(claims, "iss")), "https://idp",
           "the issuer of its origin");
    is_str(json_string_value(json_object_get(claims, "sub")), "alice",
           "its subject");
    is_str(json_string_value(json_object_get(claims, "hoop_gateway")),
           "https://gw", "and by whom");

    {
        hoop_jwt_t  jwt;

        memset(&jwt, 0, sizeof(jwt));
        jwt.claims = claims;
        back = hoop_identity_create(&jwt, hoop_cstr("corp"));
    }

    json_decref(act);
    (void) hoop_exchange_act(back, NULL, &act, &err);

    issue.subject = back;
    issue.actor = NULL;
    issue.act = act;
    issue.groups = NULL;
    issue.jti = hoop_cstr("11ee");
    g.naudiences = 2;
    g.audiences[1] = hoop_cstr("erp");
    g.nscopes = 0;

    again = hoop_exchange_claims(&issue);
    is_str(text_of(again), "{\"act\":{\"iss\":\"https://m\",\"sub\":\"bot\"},"
           "\"aud\":[\"crm\",\"erp\"],\"client_id\":\"c\","
           "\"cnf\":{\"jkt\":\"k\"},\"exp\":1700000120,"
           "\"hoop_origin\":{\"iss\":\"https://idp\",\"jti\":\"j1\","
           "\"sub\":\"alice\"},\"iat\":1700000000,\"iss\":\"https://gw\","
           "\"jti\":\"11ee\",\"nbf\":1700000000,\"sub\":\"corp:alice\"}",
           "exchanged again: the origin stays");

    json_decref(again);
    json_decref(act);
    hoop_identity_unref(back);
    hoop_identity_unref(alice);
    hoop_identity_unref(bot);
}


static void
test_parents(void)
{
    size_t            i;
    json_t           *parents;
    hoop_identity_t  *subject, *actor;

    static const struct {
        const char  *subject, *actor, *wanted;
    } t[] = {
        { "\"jti\":\"j\"", NULL, NULL },
        { "\"jti\":\"j\"", "\"x\":1", NULL },
        { "\"jti\":\"j\"", "\"jti\":7", NULL },
        { "\"jti\":\"j\"", "\"jti\":\"b\"",
          "[{\"iss\":\"https://i\",\"jti\":\"b\"}]" },
        { GATEWAY "\"jti\":\"g\",\"hoop_origin\":{\"jti\":\"j\"}", NULL,
          "[{\"iss\":\"https://gw\",\"jti\":\"g\"}]" },
        { GATEWAY "\"jti\":\"g\",\"hoop_parents\":"
          "[{\"iss\":\"https://i\",\"jti\":\"b\"},1,{\"jti\":\"x\"}]",
          "\"jti\":\"b\"",
          "[{\"iss\":\"https://gw\",\"jti\":\"g\"},"
          "{\"iss\":\"https://i\",\"jti\":\"b\"}]" },
        { "\"jti\":\"j\",\"hoop_parents\":"
          "[{\"iss\":\"https://i\",\"jti\":\"b\"}]",
          GATEWAY "\"jti\":\"g\",\"hoop_origin\":{\"jti\":\"k\"}",
          "[{\"iss\":\"https://gw\",\"jti\":\"g\"},"
          "{\"iss\":\"https://i\",\"jti\":\"k\"}]" }
    };

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        subject = party(t[i].subject);
        actor = t[i].actor ? party(t[i].actor) : NULL;

        is_int(hoop_exchange_parents(subject, actor, &parents, &err), HOOP_OK,
               t[i].subject);

        if (t[i].wanted) {
            is_str(text_of(parents), t[i].wanted, "its parents");

        } else {
            ok(parents == NULL, "none but the origin");
        }

        json_decref(parents);
        hoop_identity_unref(subject);
        hoop_identity_unref(actor);
    }
}


static void
test_many_parents(void)
{
    int               i, rc;
    json_t           *parents, *list;
    hoop_identity_t  *subject;

    for (i = HOOP_EXCHANGE_MAX_PARENTS - 1; i <= HOOP_EXCHANGE_MAX_PARENTS;
         i++)
    {
        subject = party(GATEWAY "\"jti\":\"g\"");
        list = json_array();

        while (json_array_size(list) < (size_t) i) {
            json_array_append_new(list, json_pack("{s:s,s:o}", "iss", "i",
                          "jti", json_sprintf("%zu", json_array_size(list))));
        }

        json_object_set_new((json_t *) subject->claims, "hoop_parents", list);

        rc = hoop_exchange_parents(subject, NULL, &parents, &err);

        if (i < HOOP_EXCHANGE_MAX_PARENTS) {
            is_int(rc, HOOP_OK, "as many as there can be");
            is_int(json_array_size(parents), HOOP_EXCHANGE_MAX_PARENTS,
                   "are all there");

        } else {
            is_int(rc, HOOP_ERROR, "one more");
            is_str(err.code, "invalid_request", "is refused");
            ok(parents == NULL, "without any");
        }

        json_decref(parents);
        hoop_identity_unref(subject);
    }
}


static void
test_taken_along(void)
{
    json_t                 *claims;
    hoop_identity_t        *alice;
    hoop_exchange_grant_t   g;
    hoop_exchange_issue_t   issue;

    static const hoop_str_t  names[] = {
        hoop_string("dept"), hoop_string("none"), hoop_string("amr")
    };

    memset(&g, 0, sizeof(g));
    g.audiences[0] = hoop_cstr("crm");
    g.naudiences = 1;
    g.lifetime = 60;

    alice = party("\"iat\":5,\"dept\":{\"a\":[1]},\"amr\":null,\"x\":1");

    memset(&issue, 0, sizeof(issue));
    issue.issuer = hoop_cstr("https://gw");
    issue.jti = hoop_cstr("00ff");
    issue.subject = alice;
    issue.grant = &g;
    issue.names = names;
    issue.nnames = 3;
    issue.parents = json_array();

    claims = hoop_exchange_claims(&issue);
    is_str(text_of(claims), "{\"amr\":null,\"aud\":\"crm\","
           "\"dept\":{\"a\":[1]},\"exp\":60,\"hoop_origin\":{\"iat\":5,"
           "\"iss\":\"https://i\",\"sub\":\"s\"},\"hoop_parents\":[],"
           "\"iat\":0,\"iss\":\"https://gw\",\"jti\":\"00ff\",\"nbf\":0,"
           "\"sub\":\"corp:s\"}", "those that are named");

    json_decref(claims);
    json_decref(issue.parents);
    hoop_identity_unref(alice);

    ok(hoop_exchange_claim(hoop_cstr("dept"))
       && hoop_exchange_claim(hoop_cstr("hoop"))
       && hoop_exchange_claim(hoop_cstr("ISS")), "others' claims");
    ok(!hoop_exchange_claim(hoop_cstr("iss"))
       && !hoop_exchange_claim(hoop_cstr("scp"))
       && !hoop_exchange_claim(hoop_cstr("cid"))
       && !hoop_exchange_claim(hoop_cstr("appid"))
       && !hoop_exchange_claim(hoop_cstr("hoop_"))
       && !hoop_exchange_claim(hoop_cstr("hoop_origin"))
       && !hoop_exchange_claim(hoop_cstr("")), "and those that are not");
}


static void
test_origin(void)
{
    json_t        *claims;
    size_t         i;
    hoop_error_t   e;

    static const char  *const bad[] = {
        "{\"iss\":\"g\",\"sub\":\"corp:a\"}",
        "{\"iss\":\"g\",\"sub\":\"corp:a\",\"hoop_origin\":1}",
        "{\"iss\":\"g\",\"sub\":\"corp:a\",\"hoop_origin\":{\"iss\":\"i\"}}",
        "{\"iss\":\"g\",\"sub\":\"a\",\"hoop_origin\":{\"sub\":\"a\"}}",
        "{\"iss\":\"g\",\"sub\":\"a\",\"hoop_origin\":{\"iss\":1,"
            "\"sub\":\"a\"}}",
        "{\"iss\":\"g\",\"sub\":\"a\",\"hoop_origin\":{\"iss\":\"i\","
            "\"sub\":\"\"}}"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        claims = hoop_json_load((const u_char *) bad[i], strlen(bad[i]), &e);

        is_int(hoop_exchange_origin(claims), HOOP_ERROR, bad[i]);
        is_str(json_string_value(json_object_get(claims, "iss")), "g",
               "is as it was");
        json_decref(claims);
    }

    claims = json_pack("{s:s,s:s}", "iss", "i", "hoop_gateway", "https://gw");
    hoop_exchange_foreign(claims);
    is_str(text_of(claims), "{\"iss\":\"i\"}",
           "no other issuer says that it is a gateway");
    json_decref(claims);
}


static void
test_body(void)
{
    json_t           *json;
    hoop_identity_t  *bot;

    bot = identity("{\"iss\":\"https://m\",\"sub\":\"bot\"}", "machines");

    (void) parsed(BASE "&audience=crm&resource=https://x&scope=a+b");
    json = hoop_exchange_body(&x, bot);
    is_str(text_of(json), "{\"actor\":{\"iss\":\"https://m\",\"sub\":\"bot\"},"
           "\"audience\":[\"crm\",\"https://x\"],\"requested_token_type\":\""
           URN "access_token\",\"scope\":[\"a\",\"b\"],"
           "\"subject_token_type\":\"" URN "jwt\"}", "what rules see");
    json_decref(json);

    (void) parsed(BASE);
    json = hoop_exchange_body(&x, NULL);
    is_str(text_of(json), "{\"audience\":[],\"requested_token_type\":\""
           URN "access_token\",\"scope\":[],\"subject_token_type\":\""
           URN "jwt\"}", "nothing asked for, and nobody acts");
    json_decref(json);

    hoop_identity_unref(bot);
}


int
main(void)
{
    test_form();
    test_parse();
    test_act();
    test_may_act();
    test_grant();
    test_lifetime();
    test_claims();
    test_parents();
    test_many_parents();
    test_taken_along();
    test_origin();
    test_body();

    return done_testing();
}
