
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Rules that are only watched: they decide nothing, and all that match are
 * told.
 */


#include "policy.h"


static void test_decision(void);
static void test_list(void);
static void test_unknown(void);
static void test_body(void);
static void test_several(void);
static void test_readings(void);
static void test_explain(void);
static void test_property(void);
static const char *monitored(hoop_policy_t *p);
static void count(void *ctx, const hoop_policy_trace_t *trace);


int
main(void)
{
    test_decision();
    test_list();
    test_unknown();
    test_body();
    test_several();
    test_readings();
    test_explain();
    test_property();

    return done_testing();
}


static void
test_decision(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'all','effect':'deny','monitor':true,'match':{},"
               "'reason':'no'},"
               "{'id':'ask','effect':'review','monitor':true,'match':{}},"
               "{'id':'get','effect':'allow','monitor':false,'mask':['pii'],"
               "'match':{'request':{'method':'GET'}}},"
               "{'id':'put','effect':'allow','monitor':true,"
               "'match':{'request':{'method':'PUT'}}}");

    req("GET /a", NULL);
    verdict_is(p, "allow get", "a watched deny does not deny");
    is_str(monitored(p), "all deny, ask review", "but is told");
    ok(verdict.mask_named && verdict.mask->n == 1 && verdict.review == NULL,
       "obligations are those of the rule that decides");
    ok(verdict.npolicy == 0 && verdict.nrule == 2, "its number");

    req("PUT /a", NULL);
    verdict_is(p, "deny ", "a watched allow does not allow");
    is_str(monitored(p), "all deny, ask review, put allow", "but is told");

    hoop_policy_free(p);

    p = policy("{'id':'a','effect':'deny','monitor':true,'match':{"
               "'request':{'path':'/a'}}}");

    req("GET /b", NULL);
    verdict_is(p, "deny ", "a policy of watched rules only");
    is_str(monitored(p), "", "of which none matches");

    request.identity = NULL;
    verdict_is(p, "error ", "without an identity");
    is_str(monitored(p), "", "nothing is told");

    hoop_policy_free(p);

    p = policy("{'id':'a','effect':'deny','match':{}}");

    req("GET /b", NULL);
    verdict_is(p, "deny a", "without watched rules");
    is_str(monitored(p), "", "nothing is told");

    hoop_policy_free(p);
}


static void
test_list(void)
{
    char            rules[4096];
    size_t          i, n;
    hoop_policy_t  *p;

    p = policy("{'id':'c','effect':'allow','monitor':true,"
               "'match':{'request':{'path':['/a/**','/*/b','/**/b','/a/b']}}},"
               "{'id':'a','effect':'deny','monitor':true,'match':{"
               "'request':{'method':['GET','PURGE','PUT','POST','DELETE','HEAD'"
               "]}}},"
               "{'id':'b','effect':'deny','monitor':true,"
               "'match':{'request':{'host':['*.example.com','crm.example.com'],"
               "'path':'/a/b'}}}");

    req("GET /a/b", NULL);
    is_str(monitored(p), "c allow, a deny, b deny",
           "once each, in the order of rules");

    req("PURGE /x/b/", NULL);
    is_str(monitored(p), "a deny", "an allow is literal about a slash");

    req("GET /a/b/", NULL);
    is_str(monitored(p), "c allow, a deny, b deny", "a deny is not");

    hoop_policy_free(p);

    for (i = 0, n = 0; i < 12; i++) {
        n += snprintf(rules + n, sizeof(rules) - n, "%s{'id':'%c','effect':"
                      "'%s','monitor':true,'match':{'request':{'path':"
                      "'%s'}}}", i ? "," : "", (char) ('a' + i),
                      i % 3 == 0 ? "deny" : i % 3 == 1 ? "allow" : "review",
                      i % 2 ? "/**" : "/x");
    }

    p = policy(rules);

    req("GET /x", NULL);
    is_str(monitored(p), "a deny, b allow, c review, d deny, e allow, "
           "f review, g deny, h allow, more", "the first eight");

    req("GET /y", NULL);
    is_str(monitored(p), "b allow, d deny, f review, h allow, j deny, "
           "l review", "all of six");

    hoop_policy_free(p);
}


static void
test_unknown(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'a','effect':'deny','monitor':true,'match':{"
               "'request':{'query':{'q':'x'}}}},"
               "{'id':'b','effect':'allow','monitor':true,'match':{"
               "'request':{'query':{'q':'x'}}}},"
               "{'id':'c','effect':'allow','match':{}}");

    req("GET /a?q=x", NULL);
    verdict_is(p, "allow c", "a rule decides");
    is_str(monitored(p), "a deny, b allow", "both match");

    req("GET /a?q=x&q=y", NULL);
    verdict_is(p, "allow c", "what is not known to watched rules");
    is_str(monitored(p), "a deny ambiguous", "is said of a deny");

    hoop_policy_free(p);

    p = policy("{'id':'b','effect':'allow','monitor':true,'match':{"
               "'request':{'query':{'q':'x'}}}}");

    req("GET /a?q=x&q=y", NULL);
    verdict_is(p, "deny ", "is no error");
    is_str(monitored(p), "", "nor is an allow told");

    hoop_policy_free(p);
}


static void
test_body(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'a','effect':'deny','monitor':true,'match':{"
               "'request':{'method':'POST'},'body':{'/a':1}}},"
               "{'id':'b','effect':'deny','match':{"
               "'request':{'path':'/b'},'body':{'/a':1}}},"
               "{'id':'c','effect':'allow','match':{}}");

    req("POST /a", "{'a':1}");
    is_int(hoop_policy_needs_body(&p, 1, &request), HOOP_BODY_WANTED,
           "a watched rule wants a body");
    verdict_is(p, "allow c", "which it has");
    is_str(monitored(p), "a deny", "it matches");

    req("POST /b", "{'a':2}");
    is_int(hoop_policy_needs_body(&p, 1, &request), HOOP_BODY_NEEDED,
           "another one needs it");
    verdict_is(p, "allow c", "which it has");
    is_str(monitored(p), "", "it does not match");

    req("GET /a", "{'a':1}");
    is_int(hoop_policy_needs_body(&p, 1, &request), 0, "nobody needs it");

    req("POST /a", NULL);
    request.body = HOOP_BODY_UNREAD;
    verdict_is(p, "allow c", "it was not read");
    is_str(monitored(p), "a deny ambiguous", "so it is not known");

    hoop_policy_free(p);
}


static void
test_several(void)
{
    char            got[64];
    hoop_policy_t  *p[2];

    p[0] = policy("{'id':'x','effect':'allow','match':{}},"
                  "{'id':'a','effect':'deny','monitor':true,'match':{}}");
    p[1] = policy("{'id':'b','effect':'review','monitor':true,'match':{}},"
                  "{'id':'y','effect':'deny','match':{}},"
                  "{'id':'c','effect':'deny','monitor':true,'match':{}}");

    req("GET /a", NULL);
    hoop_policy_evaluate(p, 2, &request, &verdict);

    snprintf(got, sizeof(got), "%u.%u %u: %u.%u %u.%u %u.%u", verdict.npolicy,
             verdict.nrule, verdict.nmonitored, verdict.monitored[0].npolicy,
             verdict.monitored[0].nrule, verdict.monitored[1].npolicy,
             verdict.monitored[1].nrule, verdict.monitored[2].npolicy,
             verdict.monitored[2].nrule);

    is_str(got, "1.1 3: 0.1 1.0 1.2", "numbers in several files");

    hoop_policy_free(p[0]);
    hoop_policy_free(p[1]);
}


/* a request that is judged more than once: its messages, its readings */

static void
test_readings(void)
{
    hoop_policy_t             *p;
    static hoop_policy_mcp_t   mcp;

    p = policy("{'id':'w','effect':'deny','monitor':true,"
               "'match':{'mcp':{'tool':'w*'}}},"
               "{'id':'r','effect':'deny','monitor':true,"
               "'match':{'mcp':{'tool':'r*'}}},"
               "{'id':'all','effect':'allow','match':{'mcp':{}}},"
               "{'id':'no','effect':'deny','match':{'mcp':{'tool':'n*'}}}");

#define TOOL(n, t)  "{'jsonrpc':'2.0','id':" n ",'method':'tools/call',"      \
                    "'params':{'name':'" t "'}}"

    req("POST /mcp", "[" TOOL("1", "r1") "," TOOL("2", "w1") ","
        TOOL("3", "r2") "]");
    request.mcp = &mcp;
    is_str(monitored(p), "w deny, r deny", "of all messages of a batch");

    req("POST /mcp", "[" TOOL("1", "r1") "," TOOL("2", "n1") ","
        TOOL("3", "w2") "]");
    request.mcp = &mcp;
    is_str(monitored(p), "w deny, r deny", "of a batch that one denies");
    verdict_is(p, "deny no", "which does");

    hoop_policy_free(p);

    p = policy("{'id':'x','effect':'deny','monitor':true,'match':{"
               "'request':{'path':'/a/*'}}},"
               "{'id':'y','effect':'deny','monitor':true,'match':{"
               "'request':{'path':'/a/b'}}},"
               "{'id':'all','effect':'allow','match':{}},"
               "{'id':'c','effect':'deny','match':{'request':{'path':'/c'}}}");

    req("GET /a/b;v=1", NULL);
    verdict_is(p, "allow all", "a path with parameters");
    is_str(monitored(p), "x deny, y deny", "with and without them");

    hoop_policy_free(p);

    p = policy("{'id':'x','effect':'deny','monitor':true,'match':{}},"
               "{'id':'all','effect':'allow','match':{}},"
               "{'id':'c','effect':'deny','match':{'request':{'path':'/c'}}}");

    req("GET /c;v=1", NULL);
    verdict_is(p, "error c ambiguous", "that is decided in two ways");
    is_str(monitored(p), "x deny", "and watched all the same");

    hoop_policy_free(p);
    hoop_policy_mcp_free(&mcp);
}


static void
test_explain(void)
{
    unsigned            n[2];
    hoop_policy_t      *p;
    hoop_policy_rule_t  rule;

    p = policy("{'id':'a','effect':'deny','monitor':true,'match':{}},"
               "{'id':'b','effect':'allow','match':{}}");

    req("GET /a", NULL);
    memset(n, 0, sizeof(n));
    hoop_policy_explain(&p, 1, &request, count, n);

    ok(n[0] == 1 && n[1] == 1, "is explained as any rule");

    rule = hoop_policy_rule(p, 0);
    ok(hoop_str_is(rule.id, "a") && rule.effect == HOOP_VERDICT_DENY
       && rule.monitor, "by its number");

    rule = hoop_policy_rule(p, 1);
    ok(hoop_str_is(rule.id, "b") && !rule.monitor, "and another one");

    hoop_policy_free(p);
}


/* of any mixture the decision is that without the watched rules */

static void
test_property(void)
{
    char            all[8192], some[8192], one[256];
    size_t          i, k, n, m;
    unsigned        bad, told, seed, monitor, matched[2];
    hoop_policy_t  *p, *q;
    hoop_verdict_t  v;

    static const char  *effects[] = { "allow", "review", "deny" };
    static const char  *paths[] = { "/**", "/a", "/a/*", "/**/b", "/*/b/**" };
    static const char  *lines[] = { "GET /a", "PUT /a/b", "GET /x/b/",
                                    "PURGE /a/b/c", "GET /" };

    bad = told = 0;
    seed = 1;

    for (i = 0; i < 300; i++) {

        for (k = 0, n = 0, m = 0; k < 12; k++) {
            seed = seed * 1103515245 + 12345;
            monitor = (seed >> 16) & 1;

            snprintf(one, sizeof(one), "{'id':'r%zu','effect':'%s','monitor':"
                     "%s,'match':{'request':{'path':'%s'%s}}}", k,
                     effects[(seed >> 17) % 3], monitor ? "true" : "false",
                     paths[(seed >> 20) % 5],
                     (seed >> 25) & 1 ? ",'method':'GET'" : "");

            n += snprintf(all + n, sizeof(all) - n, "%s%s", n ? "," : "", one);

            if (!monitor) {
                m += snprintf(some + m, sizeof(some) - m, "%s%s",
                              m ? "," : "", one);
            }
        }

        some[m] = '\0';

        p = policy(all);
        q = policy(some);

        for (k = 0; k < 5; k++) {
            req(lines[k], NULL);

            (void) judge(q);
            v = verdict;
            (void) judge(p);

            bad += (v.decision != verdict.decision
                    || !hoop_str_eq(v.rule, verdict.rule)
                    || v.nmonitored != 0);

            memset(matched, 0, sizeof(matched));
            hoop_policy_explain(&p, 1, &request, count, matched);

            n = verdict.nmonitored;
            told += n;

            bad += (n != (matched[1] < 8 ? matched[1] : 8)
                    || verdict.monitored_more != (matched[1] > 8));

            for (m = 1; m < n; m++) {
                bad += (verdict.monitored[m].nrule
                        <= verdict.monitored[m - 1].nrule);
            }
        }

        hoop_policy_free(p);
        hoop_policy_free(q);
    }

    is_int(bad, 0, "decisions of random policies");
    ok(told > 1000, "with %u matches of watched rules", told);
}


/* how many match: that decide, that are watched */

static void
count(void *ctx, const hoop_policy_trace_t *trace)
{
    unsigned  *n;

    n = ctx;
    n[trace->monitor] += (trace->matched == 1);
}


static const char *
monitored(hoop_policy_t *p)
{
    size_t             n;
    unsigned           i;
    hoop_monitored_t  *m;

    static char  got[1024];

    (void) judge(p);

    got[0] = '\0';

    for (i = 0, n = 0; i < verdict.nmonitored; i++) {
        m = &verdict.monitored[i];

        n += snprintf(got + n, sizeof(got) - n, "%s%.*s %s%s", i ? ", " : "",
                      (int) m->rule.len, (char *) m->rule.data,
                      hoop_verdict_name(m->effect),
                      m->ambiguous ? " ambiguous" : "");
    }

    if (verdict.monitored_more) {
        snprintf(got + n, sizeof(got) - n, ", more");
    }

    return got;
}
