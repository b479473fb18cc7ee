
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The index of a policy: what it finds is what a plain walk over all rules
 * finds, for rules and requests made of a few words that meet often.
 */


#include "policy.h"


#define ROUNDS    400
#define RULES     12
#define REQUESTS  60


typedef struct {
    int              found;
    int              undecided;
    hoop_verdict_e   decision;
    hoop_str_t       rule;
} plain_t;


static unsigned  seed = 4711;


static unsigned
pick(unsigned n)
{
    seed = seed * 1103515245 + 12345;

    return (seed >> 16) % n;
}


static const char *
word(void)
{
    static const char  *words[] = { "a", "b", "c", "aa", "ab" };

    return words[pick(5)];
}


/* a glob of up to four segments */

static void
glob(char *out, size_t size, const char *sep, int path)
{
    size_t    n;
    unsigned  i, count;

    n = 0;
    count = 1 + pick(4);

    for (i = 0; i < count; i++) {

        n += snprintf(out + n, size - n, "%s%s", (path || i) ? sep : "",
                      pick(4) ? word()
                      : (const char *[]) { "*", "**", "a*", "*b" } [pick(4)]);
    }

    if (path && pick(5) == 0) {
        (void) snprintf(out + n, size - n, "/");
    }
}


static void
plain(void *ctx, const hoop_policy_trace_t *t)
{
    plain_t  *p;

    p = ctx;

    if (t->matched == 0) {
        return;
    }

    if (t->matched < 0 && t->effect == HOOP_VERDICT_ALLOW) {
        p->undecided = 1;
        return;
    }

    if (!p->found || t->effect > p->decision) {
        p->found = 1;
        p->decision = t->effect;
        p->rule = t->rule;
    }
}


static hoop_policy_t *
some_policy(void)
{
    char      rules[16384], path[128], host[128];
    size_t    n;
    unsigned  i;

    static const char  *effects[] = { "allow", "review", "deny" };
    static const char  *methods[] = {
        "'GET'", "['POST','PURGE']", "'PURGE'",
        "['GET','PUT','POST','DELETE','PATCH','HEAD']"
    };

    for (n = 0, i = 0; i < RULES; i++) {
        n += snprintf(rules + n, sizeof(rules) - n,
                      "%s{'id':'r%u','effect':'%s','match':{", i ? "," : "", i,
                      effects[pick(3)]);

        switch (pick(5)) {
        case 0:
            n += snprintf(rules + n, sizeof(rules) - n,
                          "'identity':{'claims':{'/groups':{'any':['%s',"
                          "'%s']}}},", word(), word());
            break;
        case 1:
            n += snprintf(rules + n, sizeof(rules) - n,
                          "'identity':{'claims':{'/groups':'%s'}},", word());
            break;
        case 2:
            n += snprintf(rules + n, sizeof(rules) - n,
                          "'identity':{'sub':{'not':'%s'}},", word());
            break;
        }

        glob(path, sizeof(path), "/", 1);
        n += snprintf(rules + n, sizeof(rules) - n, "'request':{'path':['%s'",
                      path);

        if (pick(3) == 0) {
            glob(path, sizeof(path), "/", 1);
            n += snprintf(rules + n, sizeof(rules) - n, ",'%s'", path);
        }

        n += snprintf(rules + n, sizeof(rules) - n, "]");

        if (pick(2)) {
            glob(host, sizeof(host), ".", 0);
            n += snprintf(rules + n, sizeof(rules) - n, ",'host':'%s'", host);
        }

        if (pick(2)) {
            n += snprintf(rules + n, sizeof(rules) - n, ",'method':%s",
                          methods[pick(4)]);
        }

        if (pick(4) == 0) {
            n += snprintf(rules + n, sizeof(rules) - n,
                          ",'query':{'q':{'any':[1,'%s']}}", word());
        }

        n += snprintf(rules + n, sizeof(rules) - n, "}}}");
    }

    return policy(rules);
}


static void
some_request(char *line, size_t size, char *host, size_t host_size)
{
    size_t    n;
    unsigned  i, count;

    static const char  *methods[] = { "GET", "POST", "PURGE", "PATCH" };
    static const char  *groups[] = {
        "{'groups':['a','ab']}", "{'groups':'b'}", "{'groups':[1,'c']}",
        "{'groups':7}", "{}"
    };
    static const char  *args[] = { "", "?q=a", "?q=1", "?q=b&q=c" };

    n = snprintf(line, size, "%s /", methods[pick(4)]);
    count = pick(5);

    for (i = 0; i < count; i++) {
        n += snprintf(line + n, size - n, "%s%s", i ? "/" : "", word());
    }

    (void) snprintf(line + n, size - n, "%s%s", (count && pick(4) == 0) ? "/"
                                                                        : "",
                    args[pick(4)]);

    claims(groups[pick(5)]);
    req(line, NULL);

    n = 0;
    count = pick(4);

    host[0] = '\0';

    for (i = 0; i < count; i++) {
        n += snprintf(host + n, host_size - n, "%s%s", i ? "." : "", word());
    }

    identity.sub = hoop_cstr(word());
    request.host = hoop_str(count ? host : NULL, n);

    if (pick(20) == 0) {
        request.path = hoop_cstr("*");
    }
}


static int
same(hoop_policy_t *p)
{
    plain_t  wanted;

    memset(&wanted, 0, sizeof(wanted));

    (void) judge(p);
    hoop_policy_explain(&p, 1, &request, plain, &wanted);

    if (wanted.found) {
        return verdict.decision == wanted.decision
               && hoop_str_eq(verdict.rule, wanted.rule);
    }

    return wanted.undecided ? verdict.decision == HOOP_VERDICT_ERROR
                            : verdict.rule.len == 0;
}


static void
differential(void)
{
    char            line[256], host[128];
    unsigned        i, k, wrong, ruled;
    hoop_policy_t  *p;

    wrong = 0;
    ruled = 0;

    for (i = 0; i < ROUNDS; i++) {
        p = some_policy();

        for (k = 0; k < REQUESTS; k++) {
            some_request(line, sizeof(line), host, sizeof(host));

            if (!same(p) && wrong++ == 0) {
                printf("# round %u: %s, host \"%s\"\n", i, line, host);
            }

            ruled += (verdict.rule.len != 0);
        }

        hoop_policy_free(p);
    }

    ok(wrong == 0, "the index finds what a walk over all rules finds: %u of "
       "%u do not", wrong, ROUNDS * REQUESTS);
    ok(ruled > ROUNDS * REQUESTS / 10, "and there is something to find: %u",
       ruled);
}


/* what the lists of texts are not for */

static void
listed(void)
{
    int             i;
    char            groups[8192];
    size_t          n;
    hoop_policy_t  *p;

    p = policy("{'id':'one','effect':'allow','match':{'identity':{'claims':"
               "{'/groups':{'any':['a','b']}}},'request':{'path':'/any'}}},"
               "{'id':'is','effect':'allow','match':{'identity':{'claims':"
               "{'/groups':'a'}},'request':{'path':'/is'}}},"
               "{'id':'not','effect':'allow','match':{'identity':{'claims':"
               "{'/groups':{'not':{'any':['a','b']}}}},"
               "'request':{'path':'/not'}}}");

    claims("{'groups':['x','b']}");
    req("GET /any", NULL);
    verdict_is(p, "allow one", "one element of an array is in the list");
    req("GET /not", NULL);
    verdict_is(p, "deny ", "and so not in none of them");

    claims("{'groups':['a']}");
    req("GET /is", NULL);
    verdict_is(p, "deny ", "an array is not equal to its element");
    req("GET /any", NULL);
    verdict_is(p, "allow one", "but it is in a list");

    claims("{'groups':'a'}");
    req("GET /is", NULL);
    verdict_is(p, "allow is", "a text is equal to itself");
    req("GET /any", NULL);
    verdict_is(p, "allow one", "and in a list of it");

    claims("{'groups':{'a':'b'}}");
    req("GET /any", NULL);
    verdict_is(p, "deny ", "an object is in no list");
    req("GET /not", NULL);
    verdict_is(p, "allow not", "which can be said of it");

    n = snprintf(groups, sizeof(groups), "{'groups':[");

    for (i = 0; i < 200; i++) {
        n += snprintf(groups + n, sizeof(groups) - n, "'g%d',", i);
    }

    (void) snprintf(groups + n, sizeof(groups) - n, "'b']}");

    claims(groups);
    req("GET /any", NULL);
    verdict_is(p, "allow one", "the last of 201 groups is in the list");

    hoop_policy_free(p);
}


int
main(void)
{
    differential();
    listed();

    json_decref(identity.claims);

    return done_testing();
}
