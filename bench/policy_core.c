
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What a decision costs, for policies of several shapes and of 10 to 10,000
 * rules.
 *
 *   services  many services behind one gateway: a host each, some resources,
 *             roles in a claim, an argument here and there; a few rules are
 *             for all.  "few" are requests to them, "many" goes to a path
 *             that every tenth rule is about
 *   anything  all rules have the path "/" and a double star, and no host:
 *             only the method and the caller's groups tell them apart
 *   distinct  the same, but each rule is about a group of its own
 *   regex     the same, but a regex over the subject in each rule
 *   prefix    all rules begin with the same literal segments, then a "*"
 *   nested    all rules have a double star in the middle
 *
 * A request is evaluated BENCH_ROUNDS times, in turns with all others, and its
 * median counts: what else runs on the machine does not.  "median" is that of
 * the requests, "worst" the dearest of them.  The clock's own cost is taken
 * off.  "candidates" is how many rules, on average, match by method, host and
 * path, counted by the slow way.
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hoop_policy.h"


#define BENCH_REQUESTS  512
#define BENCH_ROUNDS    31
#define BENCH_GROUPS    40


typedef struct {
    char                   text[256];
    hoop_policy_request_t  r;
} bench_request_t;


typedef struct {
    const char  *name;
    void       (*rule)(hoop_buf_t *b, unsigned i, unsigned n);
    void       (*request)(bench_request_t *q, unsigned i, unsigned n);
} bench_shape_t;


static unsigned                allocations;
static unsigned                candidates;
static hoop_identity_t         identity;
static bench_request_t         requests[BENCH_REQUESTS];


extern void *__libc_malloc(size_t size);


/* counts who calls it */

void *
malloc(size_t size)
{
    allocations++;

    return __libc_malloc(size);
}


static void
bench_failed(const char *what)
{
    fprintf(stderr, "policy_core: %s failed\n", what);
    exit(1);
}


static double
bench_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return ts.tv_sec * 1e9 + ts.tv_nsec;
}


static int
bench_compare(const void *a, const void *b)
{
    return (*(double *) a > *(double *) b) - (*(double *) a < *(double *) b);
}


static void
bench_add(hoop_buf_t *b, const char *fmt, unsigned a, unsigned c, unsigned d)
{
    int   n;
    char  text[1024];

    n = snprintf(text, sizeof(text), fmt, a, c, d);

    (void) hoop_buf_add(b, text, n);
}


static void
bench_head(hoop_buf_t *b, unsigned i, const char *effect)
{
    (void) hoop_buf_adds(b, i ? ",\n" : "");
    bench_add(b, "{\"id\":\"rule-%u\",\"effect\":\"", i, 0, 0);
    (void) hoop_buf_adds(b, effect);
    (void) hoop_buf_adds(b, "\",\"match\":{");
}


static void
bench_line(bench_request_t *q, const char *method, const char *host,
    const char *path, const char *args)
{
    memset(&q->r, 0, sizeof(hoop_policy_request_t));

    q->r.identity = &identity;
    q->r.method = hoop_cstr(method);

    /* the strings lie as those of a request do, one behind the other */

    (void) snprintf(q->text, sizeof(q->text), "%s%s%s", host, path, args);

    q->r.host = hoop_str(q->text, strlen(host));
    q->r.path = hoop_str(q->text + strlen(host), strlen(path));
    q->r.args = hoop_str(q->text + strlen(host) + strlen(path), strlen(args));
}


static void
bench_services_rule(hoop_buf_t *b, unsigned i, unsigned n)
{
    static const char  *methods[] = {
        "[\"GET\",\"HEAD\"]", "\"POST\"", "[\"PUT\",\"PATCH\"]", "\"DELETE\""
    };

    bench_head(b, i, i % 20 == 7 ? "deny" : i % 10 == 3 ? "review" : "allow");

    if (i % 50 == 49) {

        /* for all services: nobody touches what is internal */

        bench_add(b, "\"request\":{\"host\":\"*.example.com\","
                  "\"path\":\"/internal/r%u/**\"}}}", i, 0, 0);
        return;
    }

    bench_add(b, "\"identity\":{\"issuer\":\"corp\",\"claims\":{\"/groups\":"
              "{\"any\":[\"group-%u\",\"group-%u\"]}}},", i % BENCH_GROUPS,
              (i + 11) % BENCH_GROUPS, 0);

    (void) hoop_buf_adds(b, "\"request\":{\"method\":");

    if (i % 10 == 9) {
        bench_add(b, "[\"GET\",\"POST\"],\"host\":\"search.example.com\","
                  "\"path\":\"/v1/search/**\",\"query\":{\"index\":"
                  "\"i-%u\"}}}}", i, 0, 0);
        return;
    }

    (void) hoop_buf_adds(b, methods[i % 4]);

    bench_add(b, ",\"host\":\"svc-%u.example.com\",\"path\":\"/v1/things-%u",
              i / 20, i / 4 % 5, 0);

    switch (i % 5) {
    case 0:
        (void) hoop_buf_adds(b, "/**\"}}}");
        break;
    case 1:
        (void) hoop_buf_adds(b, "/*\"}}}");
        break;
    case 2:
        (void) hoop_buf_adds(b, "/*/notes/**\"}}}");
        break;
    case 3:
        (void) hoop_buf_adds(b, "\",\"query\":{\"id\":{\"exists\":false}}}}}");
        break;
    default:
        (void) hoop_buf_adds(b, "/report-*\",\"query\":{\"format\":{\"any\":"
                                "[\"csv\",\"pdf\"]}}}}}");
    }
}


/* what some rule is about, with the next one's method now and then */

static void
bench_few(bench_request_t *q, unsigned i, unsigned n)
{
    char  host[64], path[64];

    static const char  *methods[] = { "GET", "POST", "PATCH", "DELETE" };
    static const char  *args[] = { "", "format=csv&lang=de",
                                   "expand=owner%2Cnotes&page=2" };
    static const char  *rest[] = { "", "/1042", "/1042/notes/7", "",
                                   "/report-2026" };

    i = (i * 2654435761u >> 8) % n;

    (void) snprintf(host, sizeof(host), "svc-%u.example.com", i / 20);
    (void) snprintf(path, sizeof(path), "/v1/things-%u%s", i / 4 % 5,
                    rest[i % 5]);

    bench_line(q, methods[(i + (i % 7 == 0)) % 4], host, path, args[i % 3]);
}


static void
bench_many(bench_request_t *q, unsigned i, unsigned n)
{
    char  args[64];

    (void) snprintf(args, sizeof(args), "q=shoes&index=i-%u", i * 10 + 9);

    bench_line(q, i % 2 ? "POST" : "GET", "search.example.com",
               "/v1/search/all", args);
}


static void
bench_anything_rule(hoop_buf_t *b, unsigned i, unsigned n)
{
    bench_head(b, i, i % 2 ? "deny" : "allow");
    bench_add(b, "\"identity\":{\"claims\":{\"/groups\":{\"any\":"
              "[\"other-%u\"]}}},\"request\":{\"method\":[\"GET\",\"POST\"],"
              "\"path\":\"/**\"}}}", i % BENCH_GROUPS, 0, 0);
}


static void
bench_distinct_rule(hoop_buf_t *b, unsigned i, unsigned n)
{
    bench_head(b, i, i % 2 ? "deny" : "allow");
    bench_add(b, "\"identity\":{\"claims\":{\"/groups\":{\"any\":"
              "[\"other-%u\"]}}},\"request\":{\"path\":\"/**\"}}}", i, 0, 0);
}


static void
bench_regex_rule(hoop_buf_t *b, unsigned i, unsigned n)
{
    bench_head(b, i, i % 2 ? "deny" : "allow");
    bench_add(b, "\"identity\":{\"sub\":{\"regex\":\"^robot-%u$\"}},"
              "\"request\":{\"path\":\"/**\"}}}", i % BENCH_GROUPS, 0, 0);
}


static void
bench_prefix_rule(hoop_buf_t *b, unsigned i, unsigned n)
{
    bench_head(b, i, i % 2 ? "deny" : "allow");
    bench_add(b, "\"request\":{\"path\":\"/v1/accounts/*/thing-%u/**\"}}}", i,
              0, 0);
}


static void
bench_nested_rule(hoop_buf_t *b, unsigned i, unsigned n)
{
    bench_head(b, i, i % 2 ? "deny" : "allow");
    bench_add(b, "\"request\":{\"path\":\"/v1/**/thing-%u\"}}}", i, 0, 0);
}


static void
bench_any(bench_request_t *q, unsigned i, unsigned n)
{
    char  path[64];

    (void) snprintf(path, sizeof(path), "/v1/accounts/%u/thing-%u/x", i * 31,
                    i * 7 % n);

    bench_line(q, i % 3 ? "GET" : "POST", "crm.example.com", path, "a=b");
}


static void
bench_nested(bench_request_t *q, unsigned i, unsigned n)
{
    char  path[64];

    (void) snprintf(path, sizeof(path), "/v1/accounts/%u/thing-%u", i * 31,
                    i * 7 % n);

    bench_line(q, "GET", "crm.example.com", path, "");
}


static const bench_shape_t  bench_shapes[] = {
    { "services, few", bench_services_rule, bench_few },
    { "services, many", bench_services_rule, bench_many },
    { "anything", bench_anything_rule, bench_any },
    { "distinct", bench_distinct_rule, bench_any },
    { "regex", bench_regex_rule, bench_any },
    { "prefix", bench_prefix_rule, bench_any },
    { "nested", bench_nested_rule, bench_nested }
};


static hoop_policy_t *
bench_policy(const bench_shape_t *shape, unsigned n)
{
    unsigned        i;
    hoop_buf_t      b;
    hoop_error_t    err;
    hoop_policy_t  *policy;

    hoop_buf_init(&b, 0);

    (void) hoop_buf_adds(&b, "{\"version\":1,\"name\":\"bench\",\"rules\":[");

    for (i = 0; i < n; i++) {
        shape->rule(&b, i, n);
    }

    (void) hoop_buf_adds(&b, "]}");

    policy = hoop_policy_compile(b.data, b.len, &err);
    if (policy == NULL) {
        bench_failed(err.text);
    }

    hoop_buf_free(&b);

    return policy;
}


static void
bench_candidate(void *ctx, const hoop_policy_trace_t *t)
{
    if (t->what == NULL || (strcmp(t->what, "method") != 0
                            && strcmp(t->what, "path") != 0
                            && strcmp(t->what, "host") != 0))
    {
        candidates++;
    }
}


static void
bench_run(const bench_shape_t *shape, unsigned n)
{
    double          start, clock, times[BENCH_ROUNDS], each[BENCH_REQUESTS];
    unsigned        i, k, before;
    hoop_policy_t  *policy;
    hoop_verdict_t  v;

    static double  samples[BENCH_REQUESTS][BENCH_ROUNDS];

    policy = bench_policy(shape, n);
    candidates = 0;

    for (i = 0; i < BENCH_REQUESTS; i++) {
        shape->request(&requests[i], i, n);

        if (i % 16 == 0) {
            hoop_policy_explain(&policy, 1, &requests[i].r, bench_candidate,
                                NULL);
        }

        hoop_policy_evaluate(&policy, 1, &requests[i].r, &v);
    }

    for (k = 0; k < BENCH_ROUNDS; k++) {
        start = bench_now();
        times[k] = bench_now() - start;
    }

    qsort(times, BENCH_ROUNDS, sizeof(double), bench_compare);
    clock = times[BENCH_ROUNDS / 2];

    before = allocations;

    for (k = 0; k < BENCH_ROUNDS; k++) {
        for (i = 0; i < BENCH_REQUESTS; i++) {
            start = bench_now();
            hoop_policy_evaluate(&policy, 1, &requests[i].r, &v);
            samples[i][k] = bench_now() - start - clock;
        }
    }

    before = allocations - before;

    for (i = 0; i < BENCH_REQUESTS; i++) {
        qsort(samples[i], BENCH_ROUNDS, sizeof(double), bench_compare);
        each[i] = samples[i][BENCH_ROUNDS / 2];
    }

    qsort(each, BENCH_REQUESTS, sizeof(double), bench_compare);

    printf("%-16s %5u rules  %7.1f candidates  median %7.2f us  worst %7.2f"
           " us  %u allocations\n", shape->name, n,
           candidates / (BENCH_REQUESTS / 16.0),
           each[BENCH_REQUESTS / 2] / 1e3, each[BENCH_REQUESTS - 1] / 1e3,
           before);

    hoop_policy_free(policy);
}


int
main(int argc, char **argv)
{
    size_t    i;
    unsigned  k;

    static const unsigned  sizes[] = { 10, 1000, 10000 };

    identity.issuer_name = hoop_cstr("corp");
    identity.issuer = hoop_cstr("https://idp.example.com");
    identity.sub = hoop_cstr("agent-7");
    identity.claims = json_pack("{s:s,s:s,s:[s,s,s,s]}",
                                "iss", "https://idp.example.com",
                                "sub", "agent-7", "groups", "agents",
                                "group-3", "group-17", "group-30");

    if (identity.claims == NULL) {
        bench_failed("json_pack()");
    }

    for (i = 0; i < sizeof(bench_shapes) / sizeof(bench_shapes[0]); i++) {
        for (k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
            bench_run(&bench_shapes[i], sizes[k]);
        }
    }

    json_decref(identity.claims);

    return 0;
}
