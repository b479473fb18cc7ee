
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What a GraphQL document asks for.
 */


#include <stdlib.h>

#include "tap.h"
#include "../../src/core/hoop_graphql.h"


static void test_documents(void);
static void test_refused(void);
static void test_tokens(void);
static void test_limits(void);


static hoop_graphql_t  graphql;


int
main(void)
{
    test_documents();
    test_refused();
    test_tokens();
    test_limits();

    return done_testing();
}


/* "query a b c", or NULL; the text has an end that is guarded */

static const char *
asks(const char *text, size_t len, const char *name)
{
    u_char       *copy;
    size_t        n;
    unsigned      i;
    const char   *why;

    static char         buf[8192];
    static const char  *types[] = {
        "", "query", "mutation", "", "subscription"
    };

    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    why = hoop_graphql_parse(hoop_str(copy, len), hoop_cstr(name), &graphql);

    if (why == NULL) {
        n = snprintf(buf, sizeof(buf), "%s", types[graphql.operation]);

        for (i = 0; i < graphql.n; i++) {
            n += snprintf(buf + n, sizeof(buf) - n, " %.*s",
                          (int) graphql.fields[i].len,
                          graphql.fields[i].data);
        }
    }

    free(copy);

    return why ? NULL : buf;
}


static void
test_documents(void)
{
    size_t       i;
    const char  *got;

    static const struct {
        const char  *text;
        const char  *name;
        const char  *asks;
    } cases[] = {
        { "{a}", "", "query a" },
        { "{ a b, c }", "", "query a b c" },
        { "query { a }", "", "query a" },
        { "query A { a }", "", "query a" },
        { "query A { a }", "A", "query a" },
        { "mutation { a { b } c }", "", "mutation a c" },
        { "subscription S @x(y: 1) { a }", "", "subscription a" },
        { "query query { query }", "query", "query query" },
        { "query A($a: [Int!]! = [1, 2] @d, $b: T = {a: \"}\"}) { a }", "",
          "query a" },
        { "{ alias: real }", "", "query real" },
        { "{ users: deleteUsers(all: true) { id } }", "",
          "query deleteUsers" },
        { "{ a @skip(if: true) b @include(if: false) }", "", "query a b" },
        { "{ a(x: \"} mutation { b }\") { c } }", "", "query a" },
        { "{ a(x: \"\"\"\n} \\\"\"\" \"\" \n\"\"\") b }", "", "query a b" },
        { "{ a(x: \"\\\"}\\\\\") b }", "", "query a b" },
        { "{ a # } mutation { b\n }", "", "query a" },
        { "\xef\xbb\xbf{ a }", "", "query a" },
        { "{ ... on Q { a ... { b } } ...@x { c } d }", "",
          "query a b c d" },
        { "{ ...F } fragment F on Q { a ...G } fragment G on Q { b ...F }", "",
          "query a b" },
        { "fragment F on Q { f } query A { ...F } mutation B { ...F g }",
          "B", "mutation g f" },
        { "{ ...F ...F } fragment F on Q { a }", "", "query a" },
        { "{ ... on on { a } }", "", "query a" },
        { "query A { a } mutation B { b }", "A", "query a" },
        { "query A { a } mutation B { b }", "B", "mutation b" },
        { "{ a } fragment F on Q { x }", "", "query a" },
        { "{ __schema { types { name } } __typename }", "",
          "query __schema __typename" },
        { "{ a(b: $c, d: -1.5e+3, e: E, f: null, g: [{h: 1}, []]) }", "",
          "query a" },
        { "{fragment on: on}", "", "query fragment on" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        got = asks(cases[i].text, strlen(cases[i].text), cases[i].name);

        ok(got != NULL && strcmp(got, cases[i].asks) == 0, "document %zu: %s",
           i, got ? got : "refused");
    }
}


static void
test_refused(void)
{
    size_t  i;

    static const struct {
        const char  *text;
        const char  *name;
    } cases[] = {
        { "", "" }, { " ", "" }, { "# a", "" }, { "{", "" }, { "{}", "" },
        { "{a", "" }, { "{a}}", "" }, { "{a} b", "" }, { "a {b}", "" },
        { "query", "" }, { "query A", "" }, { "query {}", "" },
        { "query A B {a}", "" }, { "Query {a}", "" }, { "{a:}", "" },
        { "{:a}", "" }, { "{a: b: c}", "" }, { "{a(}", "" }, { "{a(]) b}", "" },
        { "{a(b: [1)] }", "" }, { "{a) }", "" }, { "{ ... }", "" },
        { "{ ...on { a } }", "" }, { "{ ...F }", "" },
        { "{ ...F } fragment F on Q { ...F }", "" },
        { "{ ...F(a: 1) } fragment F on Q { a }", "" },
        { "fragment F on Q { a }", "" }, { "fragment on on Q { a } {a}", "" },
        { "fragment F Q { a } { a }", "" },
        { "{ a } fragment F on Q { b } fragment F on Q { c }", "" },
        { "{ a } { b }", "" }, { "{ a } query B { b }", "" },
        { "query A { a } query A { b }", "A" },
        { "query A { a } mutation B { b }", "" },
        { "query A { a } mutation B { b }", "C" },
        { "query A { a }", "a" }, { "{ a }", "A" },
        { "type Q { a: Int }", "" }, { "{ a } type Q { a: Int }", "" },
        { "schema { query: Q }", "" }, { "extend type Q { a: Int }", "" },
        { "\"text\" query A { a }", "" }, { "{ a @ }", "" },
        { "{ a @1 }", "" }, { "query @ { a }", "" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(asks(cases[i].text, strlen(cases[i].text), cases[i].name) == NULL,
           "refused: %s", cases[i].text);
    }
}


/* where parsers have differed over what is a token */

static void
test_tokens(void)
{
    size_t  i;

    static const struct {
        const char  *text;
        size_t       len;
        int          taken;
    } cases[] = {
        { "{ a } # \xe2\x80\xa8", 11, 0 }, { "{ a } # \xe2\x80\xa9", 11, 0 },
        { "{ a } # \xc2\x85", 10, 0 }, { "{ a } # \xe2\x80\xa6", 11, 1 },
        { "{ a } # \x0b", 9, 0 }, { "{ a } # \0", 9, 0 },
        { "{ a # x\r b }", 12, 1 }, { "{ a }\0", 6, 0 }, { "{ a\x0b }", 6, 0 },
        { "{ a\xc2\xa0 }", 7, 0 }, { "{ \xc3\xa9 }", 6, 0 },
        { "{ a(b: \"\xc3\xa9\") }", 14, 1 }, { "{ a(b: \"\xe9\") }", 13, 0 },
        { "{ a(b: \"\n\") }", 13, 0 }, { "{ a(b: \"\\x\") }", 14, 0 },
        { "{ a(b: \"\\u{1F600}\") }", 21, 1 }, { "{ a(b: \"", 8, 0 },
        { "{ a(b: \"\\", 9, 0 }, { "{ a(b: \"\"\"\"", 11, 0 },
        { "{ a(b: \"\"\"\"\"\") }", 16, 1 }, { "{ a(b: \"\") }", 12, 1 },
        { "{ a(b: 1x) }", 12, 0 }, { "{ a(b: -) }", 11, 0 },
        { "{ a(b: -1) }", 12, 1 }, { "{ .. F }", 8, 0 }, { "{ ....F }", 9, 0 },
        { "{ a ? }", 7, 0 }, { "{ a(b: 'c') }", 13, 0 }, { "{ a; b }", 8, 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok((asks(cases[i].text, cases[i].len, "") != NULL) == cases[i].taken,
           "tokens %zu are %staken", i, cases[i].taken ? "" : "not ");
    }
}


static void
test_limits(void)
{
    unsigned    i;
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);

    (void) hoop_buf_adds(&b, "{");

    for (i = 0; i < HOOP_GRAPHQL_MAX_FIELDS; i++) {
        (void) hoop_buf_adds(&b, " a");
    }

    (void) hoop_buf_adds(&b, "}");
    ok(asks((char *) b.data, b.len, "") != NULL, "as many fields as may be");

    b.len--;
    (void) hoop_buf_adds(&b, " a}");
    ok(asks((char *) b.data, b.len, "") == NULL, "one more");

    b.len = 0;
    (void) hoop_buf_adds(&b, "{ a(b: ");

    for (i = 0; i < HOOP_GRAPHQL_MAX_DEPTH - 1; i++) {
        (void) hoop_buf_adds(&b, "[");
    }

    for (i = 0; i < HOOP_GRAPHQL_MAX_DEPTH - 1; i++) {
        (void) hoop_buf_adds(&b, "]");
    }

    (void) hoop_buf_adds(&b, ") }");
    ok(asks((char *) b.data, b.len, "") != NULL, "as deep as may be");

    b.len = 0;

    for (i = 0; i < 100000; i++) {
        (void) hoop_buf_adds(&b, "{a");
    }

    ok(asks((char *) b.data, b.len, "") == NULL, "too deep");

    b.len = 0;

    for (i = 0; i < 50000; i++) {
        (void) hoop_buf_adds(&b, "{...");
    }

    ok(asks((char *) b.data, b.len, "") == NULL, "too deep at the root");

    b.len = 0;

    for (i = 0; i < 300; i++) {
        (void) hoop_buf_adds(&b, "fragment F on Q { a } ");
    }

    ok(asks((char *) b.data, b.len, "") == NULL, "too many definitions");

    b.len = 0;
    (void) hoop_buf_adds(&b, "{ a ");

    while (b.len < HOOP_GRAPHQL_MAX_TEXT - 1) {
        (void) hoop_buf_adds(&b, " ");
    }

    (void) hoop_buf_adds(&b, "}");
    ok(asks((char *) b.data, b.len, "") != NULL, "as long as may be");

    (void) hoop_buf_adds(&b, " ");
    ok(asks((char *) b.data, b.len, "") == NULL, "too long");

    hoop_buf_free(&b);
}
