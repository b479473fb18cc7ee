
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoop_jwt.h: what the claims of a token must say.
 */


#include "jose.h"


#define TID    "11111111-2222-3333-4444-55555555abcd"
#define TID2   "99999999-2222-3333-4444-55555555abcd"


static hoop_jwt_e
checked(const char *header, const char *claims, const hoop_jwt_rules_t *rules)
{
    char        *t;
    hoop_jwt_e   rc;
    hoop_jwt_t   jwt;

    t = token(header, claims, "HS256", NULL);
    rc = hoop_jwt_parse(&jwt, (u_char *) t, strlen(t), 0);

    if (rc == HOOP_JWT_OK) {
        rc = hoop_jwt_check(&jwt, rules, NOW);
    }

    hoop_jwt_clear(&jwt);
    free(t);

    return rc;
}


/* claims without braces, exp added */

static void
claims_case(const hoop_jwt_rules_t *rules, const char *claims, hoop_jwt_e rc)
{
    char  text[2048];

    snprintf(text, sizeof(text), "{%s%s\"exp\":1700000300}", claims,
             *claims ? "," : "");

    is_int(checked("{\"alg\":\"HS256\"}", text, rules), rc, claims);
}


static void
test_claims(void)
{
    char              *t;
    size_t             i;
    hoop_jwt_t         jwt;
    hoop_jwt_rules_t   rules;

    static const hoop_str_t  aud[] = {
        hoop_string("crm"), hoop_string("billing")
    };

    /* rules: issuer https://i, leeway 30, max_lifetime 3600 */

#define I     "\"iss\":\"https://i\",\"aud\":\"crm\""
#define IE    I ",\"exp\":1700000300"
#define A2    "\"act\":{\"act\":{"
#define Z2    "}}"
#define CRM   "\"iss\":\"https://i\",\"exp\":1700000300"

    static const struct {
        const char  *claims;
        hoop_jwt_e   rc;
    } v[] = {
        { GOOD, HOOP_JWT_OK },
        { "{" IE "}", HOOP_JWT_OK },

        { "{" I "}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp\":null}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp\":\"1700000300\"}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp\":true}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp\":[1700000300]}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp\":9223372036854775807}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp\":-9223372036854775808}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp\":1e300}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp\":-1e300}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp\":1e400}", HOOP_JWT_MALFORMED },
        { "{" I ",\"exp\":-1e400}", HOOP_JWT_MALFORMED },
        { "{" I ",\"exp\":18446744073709551616}", HOOP_JWT_MALFORMED },
        { "{" I ",\"exp\":9007199254740992.5}", HOOP_JWT_LIFETIME },
        { "{" I ",\"exp\":9007199254740994.0}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp\":\"\"}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp\":\"1e400\"}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp\":{}}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp\":false}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp\":-1}", HOOP_JWT_EXPIRED },
        { "{" I ",\"exp\":-0}", HOOP_JWT_EXPIRED },
        { "{" I ",\"exp\":-0.0}", HOOP_JWT_EXPIRED },
        { "{" I ",\"exp\":1700000300.5}", HOOP_JWT_OK },
        { "{" I ",\"exp\":17000003e2}", HOOP_JWT_OK },
        { "{" I ",\"EXP\":1700000300}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp \":1700000300}", HOOP_JWT_CLAIM },
        { "{" I ",\"exp\":1,\"exp\":1700000300}", HOOP_JWT_MALFORMED },
        { "{" I ",\"exp\":1,\"\\u0065xp\":1700000300}",
          HOOP_JWT_MALFORMED },
        { "{" I ",\"\\u0065xp\":1700000300}", HOOP_JWT_OK },
        { "{" I ",\"exp\":1699999971}", HOOP_JWT_OK },
        { "{" I ",\"exp\":1699999970}", HOOP_JWT_EXPIRED },
        { "{" I ",\"exp\":1699999970.9}", HOOP_JWT_EXPIRED },
        { "{" I ",\"exp\":1699999971.0}", HOOP_JWT_OK },
        { "{" I ",\"exp\":0}", HOOP_JWT_EXPIRED },
        { "{" I ",\"exp\":-1.5}", HOOP_JWT_EXPIRED },
        { "{" I ",\"exp\":1.7000003e9}", HOOP_JWT_OK },

        { "{" IE ",\"nbf\":1700000030}", HOOP_JWT_OK },
        { "{" IE ",\"nbf\":1700000030.1}", HOOP_JWT_NOT_YET },
        { "{" IE ",\"nbf\":1700000031}", HOOP_JWT_NOT_YET },
        { "{" IE ",\"nbf\":\"0\"}", HOOP_JWT_CLAIM },
        { "{" IE ",\"iat\":1700000030}", HOOP_JWT_OK },
        { "{" IE ",\"iat\":1700000031}", HOOP_JWT_NOT_YET },
        { "{" IE ",\"iat\":\"1\"}", HOOP_JWT_CLAIM },
        { "{" IE ",\"iat\":null}", HOOP_JWT_CLAIM },

        { "{" IE ",\"iat\":1699996700}", HOOP_JWT_OK },
        { "{" IE ",\"iat\":1699996699}", HOOP_JWT_LIFETIME },
        { "{" IE ",\"iat\":-9007199254740992}", HOOP_JWT_LIFETIME },
        { "{" I ",\"exp\":1700003630}", HOOP_JWT_OK },
        { "{" I ",\"exp\":1700003631}", HOOP_JWT_LIFETIME },
        { "{" I ",\"exp\":9007199254740992}", HOOP_JWT_LIFETIME },

        /* the leeway is for two clocks that differ, whichever is read */

        { "{" I ",\"exp\":1699999990,\"iat\":1700000010}", HOOP_JWT_OK },
        { "{" I ",\"exp\":1699999990,\"nbf\":1700000010}", HOOP_JWT_OK },
        { "{" IE ",\"iat\":1e300}", HOOP_JWT_CLAIM },
        { "{" IE ",\"nbf\":-1e300}", HOOP_JWT_CLAIM },
        { "{" IE ",\"nbf\":9007199254740993}", HOOP_JWT_CLAIM },
        { "{" IE ",\"nbf\":9007199254740992}", HOOP_JWT_NOT_YET },
        { "{" IE ",\"nbf\":false}", HOOP_JWT_CLAIM },
        { "{" IE ",\"nbf\":null}", HOOP_JWT_CLAIM },
        { "{" IE ",\"nbf\":1e400}", HOOP_JWT_MALFORMED },
        { "{" IE ",\"nbf\":-1}", HOOP_JWT_OK },
        { "{" IE ",\"iat\":true}", HOOP_JWT_CLAIM },
        { "{" IE ",\"iat\":-1}", HOOP_JWT_LIFETIME },
        { "{" IE ",\"iat\":1700000030.1}", HOOP_JWT_NOT_YET },
        { "{" IE ",\"iat\":4102444800}", HOOP_JWT_NOT_YET },

        { "{\"aud\":\"crm\",\"exp\":1700000300}", HOOP_JWT_CLAIM },
        { "{\"aud\":\"crm\",\"exp\":1700000300,\"iss\":1}", HOOP_JWT_CLAIM },
        { "{\"aud\":\"crm\",\"exp\":1700000300,\"iss\":\"\"}",
          HOOP_JWT_ISSUER },
        { "{\"aud\":\"crm\",\"exp\":1700000300,\"iss\":\"https://i/\"}",
          HOOP_JWT_ISSUER },
        { "{\"aud\":\"crm\",\"exp\":1700000300,\"iss\":\"HTTPS://i\"}",
          HOOP_JWT_ISSUER },

        { "{" CRM "}", HOOP_JWT_CLAIM },
        { "{" CRM ",\"aud\":\"CRM\"}", HOOP_JWT_AUDIENCE },
        { "{" CRM ",\"aud\":\"\"}", HOOP_JWT_AUDIENCE },
        { "{" CRM ",\"aud\":\"crm billing\"}", HOOP_JWT_AUDIENCE },
        { "{" CRM ",\"aud\":[]}", HOOP_JWT_AUDIENCE },
        { "{" CRM ",\"aud\":[\"x\",\"y\"]}", HOOP_JWT_AUDIENCE },
        { "{" CRM ",\"aud\":[\"x\",\"billing\"]}", HOOP_JWT_OK },
        { "{" CRM ",\"aud\":[\"crm\",1]}", HOOP_JWT_CLAIM },
        { "{" CRM ",\"aud\":[[\"crm\"]]}", HOOP_JWT_CLAIM },
        { "{" CRM ",\"aud\":1}", HOOP_JWT_CLAIM },
        { "{" CRM ",\"aud\":{\"crm\":1}}", HOOP_JWT_CLAIM },
        { "{" CRM ",\"aud\":null}", HOOP_JWT_CLAIM },

        { "{" IE ",\"sub\":1}", HOOP_JWT_CLAIM },
        { "{" IE ",\"jti\":1}", HOOP_JWT_CLAIM },
        { "{" IE ",\"act\":\"alice\"}", HOOP_JWT_CLAIM },
        { "{" IE ",\"act\":{\"sub\":1}}", HOOP_JWT_CLAIM },
        { "{" IE ",\"act\":{\"iss\":[]}}", HOOP_JWT_CLAIM },
        { "{" IE ",\"act\":{\"sub\":\"a\",\"act\":[]}}", HOOP_JWT_CLAIM },
        { "{" IE ",\"act\":{\"sub\":\"a\",\"act\":{\"sub\":\"b\"}}}",
          HOOP_JWT_OK },

        { "{" IE ",\"sub\":\"a\\nb\"}", HOOP_JWT_OK },
        { "{" IE ",\"sub\":\"\\u00e9 \\u4e2d\"}", HOOP_JWT_OK },
        { "{" IE ",\"jti\":\"\\u0000\"}", HOOP_JWT_MALFORMED },
        { "{" IE ",\"act\":{" A2 A2 A2 "\"act\":{}" Z2 Z2 Z2 "}}",
          HOOP_JWT_OK },
        { "{" IE ",\"act\":{" A2 A2 A2 A2 "\"sub\":\"x\"" Z2 Z2 Z2 Z2 "}}",
          HOOP_JWT_CLAIM },

        { "{" IE ",\"cnf\":{\"jkt\":\"x\"}}", HOOP_JWT_PROOF },
        { "{" IE ",\"cnf\":null}", HOOP_JWT_PROOF },
        { "{" I ",\"exp\":1,\"cnf\":{}}", HOOP_JWT_EXPIRED }
    };

    static const struct {
        const char  *typ;
        hoop_jwt_e   rc;
    } types[] = {
        { "\"JWT\"", HOOP_JWT_OK },
        { "\"jwt\"", HOOP_JWT_OK },
        { "\"at+jwt\"", HOOP_JWT_OK },
        { "\"AT+JWT\"", HOOP_JWT_OK },
        { "\"application/at+jwt\"", HOOP_JWT_OK },
        { "\"Application/JWT\"", HOOP_JWT_OK },
        { "\"application/\"", HOOP_JWT_TYPE },
        { "\"\"", HOOP_JWT_TYPE },
        { "\"jw\"", HOOP_JWT_TYPE },
        { "\"jwtx\"", HOOP_JWT_TYPE },
        { "\"application/application/jwt\"", HOOP_JWT_TYPE },
        { "\"logout+jwt\"", HOOP_JWT_TYPE },
        { "\"dpop+jwt\"", HOOP_JWT_TYPE },
        { "\"JOSE\"", HOOP_JWT_TYPE },
        { "1", HOOP_JWT_MALFORMED },
        { "null", HOOP_JWT_MALFORMED }
    };

    memset(&rules, 0, sizeof(hoop_jwt_rules_t));
    rules.issuer = hoop_cstr("https://i");
    rules.audiences = aud;
    rules.naudiences = 2;
    rules.leeway = 30;
    rules.max_lifetime = 3600;

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        is_int(checked("{\"alg\":\"HS256\"}", v[i].claims, &rules), v[i].rc,
               v[i].claims);
    }

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        char  header[128];

        snprintf(header, sizeof(header), "{\"alg\":\"HS256\",\"typ\":%s}",
                 types[i].typ);
        is_int(checked(header, GOOD, &rules), types[i].rc, header);
    }

    /* what the rules do not ask for */

    memset(&rules, 0, sizeof(hoop_jwt_rules_t));
    t = token("{\"alg\":\"HS256\"}", "{\"exp\":9007199254740992}", "HS256",
              NULL);
    (void) hoop_jwt_parse(&jwt, (u_char *) t, strlen(t), 0);
    is_int(hoop_jwt_check(&jwt, &rules, NOW), HOOP_JWT_OK, "only exp asked");
    is_int(jwt.issuer.len, 0, "no issuer");
    hoop_jwt_clear(&jwt);

    is_int(hoop_jwt_check(&jwt, &rules, NOW), HOOP_JWT_CLAIM,
           "nothing is left after clear");

    (void) hoop_jwt_parse(&jwt, (u_char *) t, strlen(t), 1);
    is_int(hoop_jwt_check(&jwt, &rules, NOW), HOOP_JWT_CLAIM,
           "claims that were not parsed are not good claims");
    hoop_jwt_clear(&jwt);
    free(t);

    t = token("{\"alg\":\"HS256\"}", "{\"exp\":-1.5}", "HS256", NULL);
    (void) hoop_jwt_parse(&jwt, (u_char *) t, strlen(t), 0);
    is_int(hoop_jwt_check(&jwt, &rules, -2), HOOP_JWT_EXPIRED,
           "a fraction never prolongs");
    hoop_jwt_clear(&jwt);
    free(t);

    t = token("{\"alg\":\"HS256\",\"kid\":\"k\"}", GOOD, "HS256", NULL);
    (void) hoop_jwt_parse(&jwt, (u_char *) t, strlen(t), 0);
    is_mem(jwt.issuer.data, jwt.issuer.len, "https://i", 9, "issuer");
    is_mem(jwt.kid.data, jwt.kid.len, "k", 1, "kid");
    is_int(jwt.alg, HOOP_JWT_HS256, "alg");
    hoop_jwt_clear(&jwt);
    hoop_jwt_clear(&jwt);
    free(t);
}


static void
test_types(void)
{
    size_t             i;
    char               header[128];
    hoop_jwt_rules_t   rules;

    static const hoop_str_t  at[] = {
        hoop_string("at+jwt")
    };

    static const hoop_str_t  own[] = {
        hoop_string("hoop+jwt"), hoop_string("")
    };

    static const struct {
        const char  *typ;
        hoop_jwt_e   at;
        hoop_jwt_e   own;
    } v[] = {
        { "", HOOP_JWT_TYPE, HOOP_JWT_OK },
        { ",\"typ\":\"\"", HOOP_JWT_TYPE, HOOP_JWT_TYPE },
        { ",\"typ\":null", HOOP_JWT_MALFORMED, HOOP_JWT_MALFORMED },
        { ",\"typ\":[\"at+jwt\"]", HOOP_JWT_MALFORMED, HOOP_JWT_MALFORMED },
        { ",\"typ\":\"JWT\"", HOOP_JWT_TYPE, HOOP_JWT_TYPE },
        { ",\"typ\":\"At+Jwt\"", HOOP_JWT_OK, HOOP_JWT_TYPE },
        { ",\"typ\":\"APPLICATION/at+jwt\"", HOOP_JWT_OK, HOOP_JWT_TYPE },
        { ",\"typ\":\"at+jwt \"", HOOP_JWT_TYPE, HOOP_JWT_TYPE },
        { ",\"typ\":\"application/hoop+jwt\"", HOOP_JWT_TYPE, HOOP_JWT_OK },
        { ",\"typ\":\"application/\"", HOOP_JWT_TYPE, HOOP_JWT_TYPE },
        { ",\"typ\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
          "xxxxxxxxxxxxxxxx\"", HOOP_JWT_TYPE, HOOP_JWT_TYPE }
    };

    memset(&rules, 0, sizeof(hoop_jwt_rules_t));

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        snprintf(header, sizeof(header), "{\"alg\":\"HS256\"%s}", v[i].typ);

        rules.types = at;
        rules.ntypes = 1;
        is_int(checked(header, GOOD, &rules), v[i].at, header);

        rules.types = own;
        rules.ntypes = 2;
        is_int(checked(header, GOOD, &rules), v[i].own, header);
    }
}


static void
test_clients(void)
{
    size_t             i;
    hoop_jwt_rules_t   rules;

    static const hoop_str_t  clients[] = {
        hoop_string("app"), hoop_string("cli")
    };

    static const struct {
        const char  *claims;
        hoop_jwt_e   rc;
    } v[] = {
        { "", HOOP_JWT_CLAIM },
        { "\"azp\":\"app\"", HOOP_JWT_OK },
        { "\"client_id\":\"cli\"", HOOP_JWT_OK },
        { "\"cid\":\"app\"", HOOP_JWT_OK },
        { "\"appid\":\"app\"", HOOP_JWT_OK },
        { "\"azp\":\"App\"", HOOP_JWT_CLIENT },
        { "\"azp\":\"\"", HOOP_JWT_CLIENT },
        { "\"azp\":\"app\",\"client_id\":\"cli\"", HOOP_JWT_OK },
        { "\"azp\":\"app\",\"client_id\":\"x\"", HOOP_JWT_CLIENT },
        { "\"azp\":\"app\",\"appid\":\"x\"", HOOP_JWT_CLIENT },
        { "\"azp\":null", HOOP_JWT_CLAIM },
        { "\"azp\":[\"app\"]", HOOP_JWT_CLAIM },
        { "\"azp\":\"app\",\"cid\":1", HOOP_JWT_CLAIM }
    };

    memset(&rules, 0, sizeof(hoop_jwt_rules_t));

    claims_case(&rules, "\"azp\":1", HOOP_JWT_OK);

    rules.clients = clients;
    rules.nclients = 2;

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        claims_case(&rules, v[i].claims, v[i].rc);
    }
}


static void
test_require(void)
{
    size_t               i;
    hoop_jwt_rules_t     rules;
    hoop_jwt_require_t   req;

    static const hoop_str_t  values[] = {
        hoop_string("admin"), hoop_string("true"), hoop_string("-7"),
        hoop_string("")
    };

    static const struct {
        const char  *pointer;
        const char  *claims;
        hoop_jwt_e   any;          /* without values */
        hoop_jwt_e   value;
    } v[] = {
        { "/r", "", HOOP_JWT_REQUIRED, HOOP_JWT_REQUIRED },
        { "/r", "\"r\":null", HOOP_JWT_REQUIRED, HOOP_JWT_REQUIRED },
        { "/r", "\"R\":\"admin\"", HOOP_JWT_REQUIRED, HOOP_JWT_REQUIRED },
        { "/r", "\"r\":\"admin\"", HOOP_JWT_OK, HOOP_JWT_OK },
        { "/r", "\"r\":\"\"", HOOP_JWT_OK, HOOP_JWT_OK },
        { "/r", "\"r\":\"Admin\"", HOOP_JWT_OK, HOOP_JWT_REQUIRED },
        { "/r", "\"r\":\"admin x\"", HOOP_JWT_OK, HOOP_JWT_REQUIRED },
        { "/r", "\"r\":true", HOOP_JWT_OK, HOOP_JWT_OK },
        { "/r", "\"r\":false", HOOP_JWT_OK, HOOP_JWT_REQUIRED },
        { "/r", "\"r\":-7", HOOP_JWT_OK, HOOP_JWT_OK },
        { "/r", "\"r\":-7.0", HOOP_JWT_OK, HOOP_JWT_REQUIRED },
        { "/r", "\"r\":0", HOOP_JWT_OK, HOOP_JWT_REQUIRED },
        { "/r", "\"r\":[]", HOOP_JWT_OK, HOOP_JWT_REQUIRED },
        { "/r", "\"r\":[\"x\",\"admin\"]", HOOP_JWT_OK, HOOP_JWT_OK },
        { "/r", "\"r\":[null,[\"admin\"]]", HOOP_JWT_OK,
          HOOP_JWT_REQUIRED },
        { "/r", "\"r\":{\"admin\":true}", HOOP_JWT_OK, HOOP_JWT_REQUIRED },
        { "/r/admin", "\"r\":{\"admin\":true}", HOOP_JWT_OK, HOOP_JWT_OK },
        { "/r/1", "\"r\":[\"x\",\"admin\"]", HOOP_JWT_OK, HOOP_JWT_OK },
        { "/r/2", "\"r\":[\"x\",\"admin\"]", HOOP_JWT_REQUIRED,
          HOOP_JWT_REQUIRED },
        { "/https:~1~1a.example~1roles",
          "\"https://a.example/roles\":[\"admin\"]", HOOP_JWT_OK,
          HOOP_JWT_OK }
    };

    static const char  *const broken[] = {
        "", "r", "/~", "/~2", "/a~", "/\xff"
    };

    memset(&rules, 0, sizeof(hoop_jwt_rules_t));
    memset(&req, 0, sizeof(hoop_jwt_require_t));

    rules.require = &req;
    rules.nrequire = 1;

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        req.pointer = hoop_cstr(v[i].pointer);
        ok(hoop_json_pointer_valid(req.pointer), "%s", v[i].pointer);

        req.nvalues = 0;
        claims_case(&rules, v[i].claims, v[i].any);

        req.values = values;
        req.nvalues = 4;
        claims_case(&rules, v[i].claims, v[i].value);
    }

    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        ok(!hoop_json_pointer_valid(hoop_cstr(broken[i])),
           "no pointer: %s", broken[i]);
    }
}


static void
test_issuers(void)
{
    char              *t;
    size_t             i;
    json_t            *act;
    hoop_jwt_t         jwt;
    hoop_jwt_rules_t   rules;

    static const hoop_str_t  alias = hoop_string("accounts.example");
    static const hoop_str_t  v1 = hoop_string("https://sts/{tenantid}/");
    static const hoop_str_t  tenants[] = { hoop_string(TID) };

    static const struct {
        const char  *claims;
        hoop_jwt_e   listed;       /* tenants are */
        hoop_jwt_e   any;
    } v[] = {
        { "\"iss\":\"https://m/" TID "/v2.0\",\"tid\":\"" TID "\"",
          HOOP_JWT_OK, HOOP_JWT_OK },
        { "\"iss\":\"https://sts/" TID "/\",\"tid\":\"" TID "\"",
          HOOP_JWT_OK, HOOP_JWT_OK },
        { "\"iss\":\"https://m/" TID2 "/v2.0\",\"tid\":\"" TID2 "\"",
          HOOP_JWT_ISSUER, HOOP_JWT_OK },

        /* the two must agree */
        { "\"iss\":\"https://m/" TID2 "/v2.0\",\"tid\":\"" TID "\"",
          HOOP_JWT_ISSUER, HOOP_JWT_ISSUER },
        { "\"iss\":\"https://m/" TID "/v2.0\",\"tid\":\"" TID2 "\"",
          HOOP_JWT_ISSUER, HOOP_JWT_ISSUER },
        { "\"iss\":\"https://m/" TID "/v2.0\"", HOOP_JWT_ISSUER,
          HOOP_JWT_ISSUER },
        { "\"iss\":\"https://m/" TID "/v2.0\",\"tid\":null",
          HOOP_JWT_ISSUER, HOOP_JWT_ISSUER },
        { "\"tid\":\"" TID "\"", HOOP_JWT_CLAIM, HOOP_JWT_CLAIM },

        /* a tenant is a GUID, in small letters, and not the template */
        { "\"iss\":\"https://m/{tenantid}/v2.0\",\"tid\":\"{tenantid}\"",
          HOOP_JWT_ISSUER, HOOP_JWT_ISSUER },
        { "\"iss\":\"https://m/{tenantid}/v2.0\",\"tid\":\"" TID "\"",
          HOOP_JWT_ISSUER, HOOP_JWT_ISSUER },
        { "\"iss\":\"https://m//v2.0\",\"tid\":\"\"", HOOP_JWT_ISSUER,
          HOOP_JWT_ISSUER },
        { "\"iss\":\"https://m/common/v2.0\",\"tid\":\"common\"",
          HOOP_JWT_ISSUER, HOOP_JWT_ISSUER },
        { "\"iss\":\"https://m/11111111-2222-3333-4444-55555555ABCD/v2.0\","
          "\"tid\":\"11111111-2222-3333-4444-55555555ABCD\"",
          HOOP_JWT_ISSUER, HOOP_JWT_ISSUER },
        { "\"iss\":\"https://m/11111111222233334444-55555555abcd-/v2.0\","
          "\"tid\":\"11111111222233334444-55555555abcd-\"",
          HOOP_JWT_ISSUER, HOOP_JWT_ISSUER },
        { "\"iss\":\"https://m/" TID "/v2.0/\",\"tid\":\"" TID "\"",
          HOOP_JWT_ISSUER, HOOP_JWT_ISSUER },
        { "\"iss\":\"https://n/" TID "/v2.0\",\"tid\":\"" TID "\"",
          HOOP_JWT_ISSUER, HOOP_JWT_ISSUER },
        { "\"iss\":\"\",\"tid\":\"" TID "\"", HOOP_JWT_ISSUER,
          HOOP_JWT_ISSUER }
    };

    memset(&rules, 0, sizeof(hoop_jwt_rules_t));

    /* neither listed nor any: no tenant */

    rules.issuer = hoop_cstr("https://m/{tenantid}/v2.0");
    claims_case(&rules, v[0].claims, HOOP_JWT_ISSUER);

    rules.aliases = &v1;
    rules.naliases = 1;

    for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        rules.tenants = tenants;
        rules.ntenants = 1;
        rules.any_tenant = 0;
        claims_case(&rules, v[i].claims, v[i].listed);

        rules.any_tenant = 1;
        claims_case(&rules, v[i].claims, v[i].any);
    }

    t = token("{\"alg\":\"HS256\"}", "{\"iss\":\"https://sts/" TID "/\","
              "\"tid\":\"" TID "\",\"exp\":1700000300,"
              "\"act\":{\"iss\":\"https://sts/" TID "/\","
              "\"act\":{\"iss\":\"https://sts/" TID2 "/\"}}}",
              "HS256", NULL);
    (void) hoop_jwt_parse(&jwt, (u_char *) t, strlen(t), 0);
    is_int(hoop_jwt_issued_by(&jwt, &rules), 1, "by a template");
    is_int(hoop_jwt_check(&jwt, &rules, NOW), HOOP_JWT_OK, "an alias");
    is_mem(jwt.issuer.data, jwt.issuer.len, "https://m/" TID "/v2.0", 51,
           "has the issuer's name for the tenant");
    act = json_object_get(jwt.claims, "act");
    is_str(json_string_value(json_object_get(act, "iss")),
           "https://sts/" TID "/", "an actor is left alone");
    is_int(hoop_jwt_rename(act, &rules), HOOP_OK, "and renamed");
    is_str(json_string_value(json_object_get(act, "iss")),
           "https://m/" TID "/v2.0", "so has he the issuer's name");
    act = json_object_get(act, "act");
    is_int(hoop_jwt_rename(act, &rules), HOOP_OK, "one of another tenant");
    is_str(json_string_value(json_object_get(act, "iss")),
           "https://m/" TID2 "/v2.0", "has it for that one");
    hoop_jwt_clear(&jwt);
    free(t);

    /* a name by itself */

    rules.any_tenant = 0;

#define OF(iss)  hoop_jwt_issuer_of(&rules, hoop_cstr(iss))

    is_int(OF("https://m/" TID "/v2.0"), 1, "a tenant");
    is_int(OF("https://m/" TID2 "/v2.0"), 1, "one that is not accepted");
    is_int(OF("https://sts/" TID "/"), 1, "by an alias");
    is_int(OF("https://sts/" TID ""), 0, "less than an alias");
    is_int(OF("https://m/" TID "/v2.0/"), 0, "more");
    is_int(OF("https://m/{tenantid}/v2.0"), 0, "the template");
    is_int(OF("https://m/"), 0, "no tenant");
    is_int(OF(""), 0, "no name");

    /* plain names */

    memset(&rules, 0, sizeof(hoop_jwt_rules_t));

    rules.issuer = hoop_cstr("https://accounts.example");
    claims_case(&rules, "\"iss\":\"accounts.example\"", HOOP_JWT_ISSUER);

    rules.aliases = &alias;
    rules.naliases = 1;
    claims_case(&rules, "\"iss\":\"accounts.example\"", HOOP_JWT_OK);
    claims_case(&rules, "\"iss\":\"https://accounts.example\"", HOOP_JWT_OK);
    claims_case(&rules, "\"iss\":\"accounts.example/\"", HOOP_JWT_ISSUER);
    claims_case(&rules, "\"iss\":\"\"", HOOP_JWT_ISSUER);
    claims_case(&rules, "", HOOP_JWT_CLAIM);

    t = token("{\"alg\":\"HS256\"}", "{\"iss\":\"accounts.example\","
              "\"sub\":\"a\",\"exp\":1700000300,\"act\":{\"sub\":\"b\","
              "\"iss\":\"other\",\"act\":{\"iss\":\"accounts.example\","
              "\"sub\":\"c\"}}}", "HS256", NULL);
    (void) hoop_jwt_parse(&jwt, (u_char *) t, strlen(t), 0);

    is_int(hoop_jwt_issued_by(&jwt, &rules), 1, "by an exact name");
    is_int(OF("https://accounts.example"), 2, "exact");
    is_int(OF("accounts.example"), 2, "an exact alias");
    is_int(OF("https://accounts.example/"), 0, "neither");
    is_int(hoop_jwt_issuer_of(&rules, hoop_str(NULL, 0)), 0, "no name");
    is_int(hoop_jwt_check(&jwt, &rules, NOW), HOOP_JWT_OK, "an alias");
    is_mem(jwt.issuer.data, jwt.issuer.len, "https://accounts.example", 24,
           "becomes the issuer's own name");

    act = json_object_get(jwt.claims, "act");
    is_int(hoop_jwt_rename(act, &rules), HOOP_OK, "another issuer's");
    is_str(json_string_value(json_object_get(act, "iss")), "other",
           "name is left alone");
    act = json_object_get(act, "act");
    is_int(hoop_jwt_rename(act, &rules), HOOP_OK, "an alias");
    is_str(json_string_value(json_object_get(act, "iss")),
           "https://accounts.example", "is not");
    is_int(json_object_del(act, "iss"), 0, "no name");
    is_int(hoop_jwt_rename(act, &rules), HOOP_OK, "and none");
    ok(json_object_get(act, "iss") == NULL, "is given");
    hoop_jwt_clear(&jwt);
    free(t);
}


int
main(void)
{
    test_claims();
    test_types();
    test_clients();
    test_require();
    test_issuers();

    return done_testing();
}
