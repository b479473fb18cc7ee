
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The address that a request comes from, and the operator "cidr".
 */


#include "policy.h"


static void test_parse(void);
static void test_ranges(void);
static void test_source(void);
static void test_values(void);
static void test_errors(void);


int
main(void)
{
    test_parse();
    test_ranges();
    test_source();
    test_values();
    test_errors();

    return done_testing();
}


static void
from(const char *address)
{
    req("GET /", NULL);

    if (address != NULL) {
        request.address_set = 1;
        is_int(hoop_address_parse(hoop_cstr(address), request.address),
               HOOP_OK, address);
    }
}


static void
test_parse(void)
{
    size_t  i;
    u_char  a[16], b[16];

    static const char *const  broken[] = {
        "", "10", "10.0.0", "10.0.0.0.0", "10.0.0.256", "010.0.0.1",
        "10.0.0.1 ", " 10.0.0.1", "0x0a.0.0.1", "10.0.0.1/8", "::1::", ":",
        "fe80::1%eth0", "[::1]", "1:2:3:4:5:6:7", "12345::",
        "localhost", "1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1"
    };

    for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        is_int(hoop_address_parse(hoop_cstr(broken[i]), a), HOOP_ERROR,
               broken[i]);
    }

    is_int(hoop_address_parse(hoop_str("10.0.0.1\0", 9), a), HOOP_ERROR,
           "a zero byte");
    is_int(hoop_address_parse(hoop_str(NULL, 0), a), HOOP_ERROR, "nothing");

    is_int(hoop_address_parse(hoop_cstr("10.1.2.3"), a), HOOP_OK, "IPv4");
    is_int(hoop_address_parse(hoop_cstr("::ffff:10.1.2.3"), b), HOOP_OK,
           "mapped");
    ok(memcmp(a, b, 16) == 0, "are the same");
    is_int(hoop_address_parse(hoop_cstr("::FFFF:a01:203"), b), HOOP_OK,
           "mapped, in hex");
    ok(memcmp(a, b, 16) == 0, "are the same, too");
}


static void
test_ranges(void)
{
    size_t          i;
    char            rule[512];
    hoop_policy_t  *p;

    static const struct {
        const char  *cidr;
        const char  *address;
        int          in;
    } cases[] = {
        { "10.0.0.0/8", "10.0.0.0", 1 }, { "10.0.0.0/8", "10.255.255.255", 1 },
        { "10.0.0.0/8", "11.0.0.0", 0 }, { "10.0.0.0/8", "9.255.255.255", 0 },
        { "10.0.0.0/8", "::ffff:10.1.1.1", 1 },
        { "10.0.0.0/8", "::10.1.1.1", 0 }, { "10.0.0.0/8", "a00::", 0 },
        { "10.1.2.128/25", "10.1.2.128", 1 },
        { "10.1.2.128/25", "10.1.2.127", 0 },
        { "10.1.2.4/30", "10.1.2.7", 1 }, { "10.1.2.4/30", "10.1.2.8", 0 },
        { "10.1.2.3", "10.1.2.3", 1 }, { "10.1.2.3", "10.1.2.2", 0 },
        { "10.1.2.3/32", "10.1.2.3", 1 }, { "0.0.0.0/0", "1.2.3.4", 1 },
        { "0.0.0.0/0", "::1", 0 }, { "::/0", "::1", 1 },
        { "::/0", "1.2.3.4", 0 }, { "::/0", "::ffff:1.2.3.4", 0 },
        { "::ffff:10.0.0.0/104", "10.2.3.4", 1 },
        { "::ffff:0:0/96", "1.2.3.4", 1 }, { "::ffff:0:0/96", "::1", 0 },
        { "2001:db8::/32", "2001:db8:ffff::1", 1 },
        { "2001:db8::/32", "2001:db9::", 0 },
        { "2001:db8:0:8000::/49", "2001:db8:0:ffff::", 1 },
        { "2001:db8:0:8000::/49", "2001:db8:0:7fff::", 0 },
        { "::1", "::1", 1 }, { "::1", "::", 0 }, { "::1", "0.0.0.1", 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        snprintf(rule, sizeof(rule), "{'id':'x','effect':'allow','match':"
                 "{'source':{'cidr':'%s'}}}", cases[i].cidr);
        p = policy(rule);
        from(cases[i].address);
        verdict_is(p, cases[i].in ? "allow x" : "deny ", cases[i].cidr);
        hoop_policy_free(p);
    }
}


static void
test_source(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'in','effect':'allow','match':"
               "{'source':{'cidr':['10.0.0.0/8','2001:db8::/32'],"
               "'not':{'cidr':'10.9.0.0/16'}}}}");

    from("10.1.2.3");
    verdict_is(p, "allow in", "one of the ranges");
    from("2001:db8::7");
    verdict_is(p, "allow in", "the other");
    from("10.9.2.3");
    verdict_is(p, "deny ", "but not this part");
    from("192.0.2.1");
    verdict_is(p, "deny ", "elsewhere");
    from(NULL);
    verdict_is(p, "error in ambiguous", "of a Unix socket nothing is known");
    ok(hoop_str_is(verdict.reason, "the connection has no IP address"),
       "with a reason");
    hoop_policy_free(p);

    p = policy("{'id':'out','effect':'deny','match':"
               "{'source':{'not':{'cidr':'10.0.0.0/8'}}}},"
               "{'id':'a','effect':'allow','match':{}}");

    from("10.1.2.3");
    verdict_is(p, "allow a", "inside");
    from("11.1.2.3");
    verdict_is(p, "deny out", "outside");
    from(NULL);
    verdict_is(p, "deny out ambiguous", "unknown is denied");
    hoop_policy_free(p);

    /* its text has one spelling */

    p = policy("{'id':'e','effect':'allow','match':"
               "{'source':{'any':['10.1.2.3','2001:db8::1']}}}");

    from("::ffff:10.1.2.3");
    verdict_is(p, "allow e", "IPv4 is spelled as IPv4");
    from("2001:0DB8:0:0::1");
    verdict_is(p, "allow e", "and IPv6 as RFC 5952 wants it");
    hoop_policy_free(p);
}


/* in what is no address of a connection */

static void
test_values(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'h','effect':'allow','match':{'request':{'path':'/h',"
               "'headers':{'x-for':{'cidr':'10.0.0.0/8'}}}}},"
               "{'id':'b','effect':'allow','match':{'request':{'path':'/b'},"
               "'body':{'/ip':{'any':{'cidr':['10.0.0.0/8','::1']}}}}}");

    headers[0].name = "x-for";
    headers[0].value = "10.2.3.4";
    req("GET /h", NULL);
    verdict_is(p, "allow h", "a header");
    headers[0].value = "11.2.3.4";
    verdict_is(p, "deny ", "of another network");
    headers[0].value = "10.2.3.4, 10.2.3.5";
    verdict_is(p, "error h ambiguous", "what is no address is unknown");
    headers[0].name = NULL;
    verdict_is(p, "deny ", "what is not there is in no range");

    req("POST /b", "{'ip':['192.0.2.1','10.1.1.1']}");
    verdict_is(p, "allow b", "one of an array");
    req("POST /b", "{'ip':'::1'}");
    verdict_is(p, "allow b", "a string");
    req("POST /b", "{'ip':'192.0.2.1'}");
    verdict_is(p, "deny ", "of another network");
    req("POST /b", "{'ip':167837953}");
    verdict_is(p, "error b ambiguous", "a number is unknown");
    req("POST /b", "{'ip':'010.0.0.1'}");
    verdict_is(p, "error b ambiguous", "a zero in front is unknown");

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
        const char  *source;
        const char  *wanted;
    } cases[] = {
        { "{'cidr':[]}", "3:9: wanted a range of addresses as \"10.0.0.0/8\","
          " or an array of 1 to 4096" },
        { "{'cidr':7}", "3:9: wanted a range of addresses as \"10.0.0.0/8\","
          " or an array of 1 to 4096" },
        { "{'cidr':['::1',7]}", "3:16: wanted a string" },
        { "{'cidr':['::1','x']}", "3:16: invalid address in \"x\"" },
        { "{'cidr':'10.0.0.0/33'}", "3:9: invalid length of the prefix in "
          "\"10.0.0.0/33\", wanted 0 to 32" },
        { "{'cidr':'10.0.0.0/08'}", "3:9: invalid length of the prefix in "
          "\"10.0.0.0/08\", wanted 0 to 32" },
        { "{'cidr':'::/129'}", "3:9: invalid length of the prefix in "
          "\"::/129\", wanted 0 to 128" },
        { "{'cidr':'::/'}", "3:9: invalid length of the prefix in "
          "\"::/\", wanted 0 to 128" },
        { "{'cidr':'10.1.2.3/8'}", "3:9: \"10.1.2.3/8\" has bits set behind "
          "its prefix, which is too short or its address not that of a "
          "range" },
        { "['::1']", "3:1: wanted a value or an object of operators; for a "
          "list write { \"any\": [...] }" },
        { "{'cidrs':'::1'}", "3:2: unknown key \"cidrs\", wanted one of "
          "equals, any, all, glob, regex, exists, lt, lte, gt, gte, cidr, "
          "not" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "{'version':1,'name':'t','rules':["
                 "{'id':'x','effect':'deny',\n'match':{'source':\n%s}}]}",
                 cases[i].source);
        p = compile(quoted(text), &err);
        ok(p == NULL, "%s does not compile", cases[i].source);

        snprintf(text, sizeof(text), "%u:%u: %s", err.line, err.column,
                 err.text);
        is_str(text, cases[i].wanted, cases[i].source);
        hoop_policy_free(p);
    }
}
