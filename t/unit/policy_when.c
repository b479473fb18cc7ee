
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Windows of time.
 */


#include <time.h>

#include "policy.h"


static void test_windows(void);
static void test_unknown(void);
static void test_errors(void);


int
main(void)
{
    test_windows();
    test_unknown();
    test_errors();

    return done_testing();
}


static int
zone_file(void *ctx, hoop_str_t name, hoop_buf_t *b)
{
    char    path[256], buf[65536];
    FILE   *f;
    size_t  n;

    snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.*s", (int) name.len,
             (char *) name.data);

    f = fopen(path, "r");
    if (f == NULL) {
        return HOOP_DECLINED;
    }

    n = fread(buf, 1, sizeof(buf), f);
    fclose(f);

    return hoop_buf_add(b, buf, n);
}


/* "2026-11-25 10:00:00", in UTC */

static int64_t
utc(const char *text)
{
    struct tm  tm;

    memset(&tm, 0, sizeof(tm));

    if (sscanf(text, "%d-%d-%d %d:%d:%d", &tm.tm_year, &tm.tm_mon,
               &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec)
        != 6)
    {
        return 0;
    }

    tm.tm_year -= 1900;
    tm.tm_mon -= 1;

    return timegm(&tm);
}


static void
test_windows(void)
{
    size_t          i;
    char            rule[512];
    hoop_error_t    err;
    hoop_policy_t  *p;

    static const struct {
        const char  *window;
        const char  *now;
        int          in;
    } cases[] = {
        /* 2026-11-25 is a Wednesday */
        { "{}", "2026-11-25 10:00:00", 1 },
        { "{'days':['wed']}", "2026-11-25 00:00:00", 1 },
        { "{'days':['wed']}", "2026-11-25 23:59:59", 1 },
        { "{'days':['wed']}", "2026-11-26 00:00:00", 0 },
        { "{'days':['wed']}", "2026-11-24 23:59:59", 0 },
        { "{'days':['mon-fri']}", "2026-11-27 12:00:00", 1 },
        { "{'days':['mon-fri']}", "2026-11-28 12:00:00", 0 },
        { "{'days':['mon-fri']}", "2026-11-29 12:00:00", 0 },
        { "{'days':['mon-fri']}", "2026-11-30 12:00:00", 1 },
        { "{'days':['fri-mon']}", "2026-11-29 12:00:00", 1 },
        { "{'days':['fri-mon']}", "2026-11-24 12:00:00", 0 },
        { "{'days':['sat','tue-wed']}", "2026-11-28 12:00:00", 1 },
        { "{'days':['sat','tue-wed']}", "2026-11-26 12:00:00", 0 },
        { "{'from':'08:00','to':'18:00'}", "2026-11-25 08:00:00", 1 },
        { "{'from':'08:00','to':'18:00'}", "2026-11-25 07:59:59", 0 },
        { "{'from':'08:00','to':'18:00'}", "2026-11-25 17:59:59", 1 },
        { "{'from':'08:00','to':'18:00'}", "2026-11-25 18:00:00", 0 },
        { "{'from':'18:00'}", "2026-11-25 23:59:59", 1 },
        { "{'from':'18:00'}", "2026-11-26 00:00:00", 0 },
        { "{'to':'08:00'}", "2026-11-25 00:00:00", 1 },
        { "{'to':'24:00'}", "2026-11-25 23:59:59", 1 },

        /* across midnight: the day is that of the beginning */
        { "{'days':['fri'],'from':'22:00','to':'06:00'}",
          "2026-11-27 21:59:59", 0 },
        { "{'days':['fri'],'from':'22:00','to':'06:00'}",
          "2026-11-27 22:00:00", 1 },
        { "{'days':['fri'],'from':'22:00','to':'06:00'}",
          "2026-11-28 05:59:59", 1 },
        { "{'days':['fri'],'from':'22:00','to':'06:00'}",
          "2026-11-28 06:00:00", 0 },
        { "{'days':['fri'],'from':'22:00','to':'06:00'}",
          "2026-11-27 05:00:00", 0 },
        { "{'days':['sat'],'from':'22:00','to':'06:00'}",
          "2026-11-29 05:00:00", 1 },
        { "{'days':['sun'],'from':'22:00','to':'00:00'}",
          "2026-11-29 23:00:00", 1 },
        { "{'days':['sun'],'from':'22:00','to':'00:00'}",
          "2026-11-30 00:00:00", 0 },

        /* fixed offsets */
        { "{'from':'08:00','to':'09:00','zone':'UTC'}",
          "2026-11-25 08:30:00", 1 },
        { "{'from':'08:00','to':'09:00','zone':'+05:30'}",
          "2026-11-25 02:30:00", 1 },
        { "{'from':'08:00','to':'09:00','zone':'+05:30'}",
          "2026-11-25 02:29:59", 0 },
        { "{'days':['thu'],'zone':'+05:30'}", "2026-11-25 18:30:00", 1 },
        { "{'days':['tue'],'zone':'-08:00'}", "2026-11-25 07:59:59", 1 },

        /* summer and winter */
        { "{'from':'08:00','zone':'Europe/Berlin'}",
          "2026-07-01 06:00:00", 1 },
        { "{'from':'08:00','zone':'Europe/Berlin'}",
          "2026-07-01 05:59:59", 0 },
        { "{'from':'08:00','zone':'Europe/Berlin'}",
          "2026-12-01 06:59:59", 0 },
        { "{'from':'08:00','zone':'Europe/Berlin'}",
          "2026-12-01 07:00:00", 1 },

        /* 2026-10-25, 02:30 is there twice, and on 2026-03-29 never */
        { "{'from':'02:30','to':'02:31','zone':'Europe/Berlin'}",
          "2026-10-25 00:30:00", 1 },
        { "{'from':'02:30','to':'02:31','zone':'Europe/Berlin'}",
          "2026-10-25 01:30:00", 1 },
        { "{'from':'02:00','to':'03:00','zone':'Europe/Berlin'}",
          "2026-03-29 00:59:59", 0 },
        { "{'from':'02:00','to':'03:00','zone':'Europe/Berlin'}",
          "2026-03-29 01:00:00", 0 },

        /* one of several */
        { "[{'days':['mon']},{'days':['wed'],'to':'11:00'}]",
          "2026-11-25 10:00:00", 1 },
        { "[{'days':['mon']},{'days':['wed'],'to':'11:00'}]",
          "2026-11-25 11:00:00", 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        snprintf(rule, sizeof(rule), "{'id':'x','effect':'allow','match':"
                 "{'time':%s}}", cases[i].window);
        p = policy(rule);

        is_int(hoop_policy_zones(p, zone_file, NULL, &err), HOOP_OK, "zones");

        req("GET /", NULL);
        request.now = utc(cases[i].now);
        verdict_is(p, cases[i].in ? "allow x" : "deny ", cases[i].now);
        hoop_policy_free(p);
    }
}


static void
test_unknown(void)
{
    hoop_error_t    err;
    hoop_policy_t  *p;

    p = policy("{'id':'x','effect':'allow','match':{'time':{}}},"
               "{'id':'d','effect':'deny','match':{'request':{'path':'/d'},"
               "'time':{'zone':'Nowhere/Else'}}}");

    req("GET /", NULL);
    verdict_is(p, "error x ambiguous", "a request without a time");
    ok(hoop_str_is(verdict.reason, "the time of the request is not known"),
       "with a reason");

    req("GET /d", NULL);
    request.now = 1000000000;
    verdict_is(p, "deny d ambiguous", "a zone that was not given");
    ok(hoop_str_is(verdict.reason,
                   "the time of the rule's zone is not known"),
       "with a reason");

    is_int(hoop_policy_zones(p, zone_file, NULL, &err), HOOP_ERROR,
           "a zone that is not there");
    is_str(err.text, "zone \"Nowhere/Else\": no file that can be read", "says so");
    is_int(err.line, 1, "and where: line");
    is_int(err.column, 159, "column");
    hoop_policy_free(p);
}


static void
test_errors(void)
{
    size_t          i;
    char            text[512];
    hoop_error_t    err;
    hoop_policy_t  *p;

    static const struct {
        const char  *window;
        const char  *wanted;
    } cases[] = {
        { "[]", "3:1: wanted a window as" },
        { "'mon'", "3:1: wanted a window as" },
        { "[{},7]", "3:5: wanted an object" },
        { "{'day':['mon']}", "3:2: unknown key \"day\", wanted one of days, "
          "from, to, zone" },
        { "{'days':'mon'}", "3:9: wanted an array of days" },
        { "{'days':[]}", "3:9: wanted an array of days" },
        { "{'days':['mon','montag']}", "3:16: invalid day \"montag\"" },
        { "{'days':['Mon']}", "3:10: invalid day \"Mon\"" },
        { "{'days':['mon:fri']}", "3:10: invalid day \"mon:fri\"" },
        { "{'from':'8:00'}", "3:9: invalid time \"8:00\"" },
        { "{'from':'08:60'}", "3:9: invalid time \"08:60\"" },
        { "{'to':'24:01'}", "3:7: invalid time \"24:01\"" },
        { "{'to':800}", "3:7: wanted a string" },
        { "{'from':'08:00','to':'08:00'}", "3:1: a window of no length" },
        { "{'from':'24:00'}", "3:1: a window of no length" },
        { "{'from':'24:00','to':'01:00'}", "3:1: a window of no length" },
        { "{'zone':'../../etc/passwd'}", "3:9: invalid zone" },
        { "{'zone':'+5'}", "3:9: " }, { "{'zone':'+15:00'}", "3:9: invalid" },
        { "{'zone':7}", "3:9: wanted a string" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "{'version':1,'name':'t','rules':["
                 "{'id':'x','effect':'deny',\n'match':{'time':\n%s}}]}",
                 cases[i].window);
        p = compile(quoted(text), &err);

        if (p != NULL) {
            (void) hoop_policy_zones(p, zone_file, NULL, &err);
        }

        snprintf(text, sizeof(text), "%u:%u: %s", err.line, err.column,
                 err.text);
        text[strlen(cases[i].wanted)] = '\0';
        is_str(text, cases[i].wanted, cases[i].window);
        hoop_policy_free(p);
    }
}
