
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Paths and hosts that two parsers read differently.
 */


#include <stdlib.h>

#include "tap.h"
#include "../../src/core/hoop_path.h"


static void test_normal(void);
static void test_ambiguous(void);
static void test_check(void);
static void test_plain(void);
static void test_host(void);


int
main(void)
{
    test_normal();
    test_ambiguous();
    test_check();
    test_plain();
    test_host();

    return done_testing();
}


static void
test_normal(void)
{
    size_t   i, len;
    u_char  *raw, *out;

    static const struct {
        const char  *raw;
        const char  *path;     /* NULL: none */
    } cases[] = {
        { "/", "/" }, { "", "/" }, { "?a", "/" }, { "/a", "/a" },
        { "/a/", "/a/" }, { "//a///b", "/a/b" }, { "/a//", "/a/" },
        { "/.", "/" }, { "/./", "/" }, { "/a/.", "/a/" }, { "/a/./b", "/a/b" },
        { "/..", NULL }, { "/a/..", "/" }, { "/a/../", "/" },
        { "/a/../..", NULL }, { "/a/b/../c", "/a/c" }, { "/a/b/..", "/a/" },
        { "/a//../b", "/b" }, { "/...", "/..." }, { "/a/.b", "/a/.b" },
        { "/a/..b", "/a/..b" }, { "/a?/../b", "/a" }, { "/a#b", "/a" },
        { "/%61", "/a" }, { "/a%2fb", "/a/b" }, { "/a%2F%2fb", "/a/b" },
        { "/a/%2e%2E/b", "/b" }, { "/a/.%2e/b", "/b" }, { "/a%2f..%2fb", "/b" },
        { "/%2561", "/%61" }, { "/%3f%23", "/?#" }, { "/a+b", "/a+b" },
        { "/%00", NULL }, { "/%", NULL }, { "/%4", NULL }, { "/%4g", NULL },
        { "/%4?1", NULL }, { "/a%5cb", "/a\\b" }, { "/%e9", "/\xe9" },
        { "/a;b/..;/c", "/a;b/..;/c" }, { "a", "/a" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        len = strlen(cases[i].raw);
        raw = malloc(len ? len : 1);
        out = malloc(len + 1);
        memcpy(raw, cases[i].raw, len);

        if (hoop_path_normal(hoop_str(raw, len), out, &len) != HOOP_OK) {
            ok(cases[i].path == NULL, "\"%s\" is none", cases[i].raw);

        } else {
            ok(cases[i].path != NULL
               && hoop_str_is(hoop_str(out, len), cases[i].path),
               "\"%s\" is \"%.*s\"", cases[i].raw, (int) len, out);
        }

        free(raw);
        free(out);
    }

    ok(hoop_path_normal(hoop_str("/a\0b", 4), (u_char[8]) { 0 }, &len)
       == HOOP_ERROR, "a NUL");
}


static void
test_ambiguous(void)
{
    size_t      i;
    hoop_str_t  path;

    static const struct {
        const char  *path;
        int          ambiguous;
    } cases[] = {
        { "/", 0 }, { "/a", 0 }, { "/a/", 0 }, { "/a/b;c/d", 0 },
        { "/.a", 0 }, { "/a/...", 0 }, { "/...;a", 0 }, { "/a/b.;c", 0 },
        { "/100%", 0 }, { "/100%zz", 0 }, { "/a%2", 0 }, { "/a b?#", 0 },
        { "/\xc3\xa9", 0 }, { "/\xe9", 0 }, { "/\xe0\xa4\x85", 0 },
        { "/\xf0\x9f\x98\x80", 0 }, { "/a\xe0", 0 },
        { "/a\\b", 1 }, { "/a\nb", 1 }, { "/\x7f", 1 }, { "/a\x1f", 1 },
        { "/..;a", 1 }, { "/a/.;", 1 }, { "/a/..;b/c", 1 }, { "/a/..", 1 },
        { "/./a", 1 }, { "//a", 1 }, { "/a//", 1 }, { "/a%2eb", 1 },
        { "/%2541", 1 }, { "/%41", 1 }, { "/%fF", 1 },
        { "/\xc0\xaf", 1 }, { "/\xc1\x9c", 1 }, { "/\xe0\x80\xaf", 1 },
        { "/\xf0\x80\x80\xaf", 1 }, { "/\xc0", 1 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        path = hoop_cstr(cases[i].path);

        ok((hoop_path_ambiguous(path) != NULL) == cases[i].ambiguous,
           "path %zu is %sambiguous", i, cases[i].ambiguous ? "" : "not ");
    }
}


static void
test_check(void)
{
    char  big[4096];

    ok(hoop_path_check(hoop_cstr("/a/../b%63?x"), hoop_cstr("/bc")) == NULL,
       "what was asked for");
    ok(hoop_path_check(hoop_cstr("/a/../b"), hoop_cstr("/a")) != NULL,
       "another");
    ok(hoop_path_check(hoop_cstr("/a%"), hoop_cstr("/a%")) != NULL,
       "what cannot be read");
    ok(hoop_path_check(hoop_cstr("/%252e"), hoop_cstr("/%2e")) != NULL,
       "escaped twice");

    memset(big, 'a', sizeof(big));
    big[0] = '/';

    ok(hoop_path_check(hoop_str(big, 4096), hoop_str(big, 4096)) == NULL,
       "a long one");
}


static void
test_plain(void)
{
    size_t  i, len;
    u_char  out[64];

    static const char  *cases[][2] = {
        { "/a", "/a" }, { "/a;b", "/a" }, { "/a;b/c;d/", "/a/c/" },
        { "/;a/b", "/b" }, { "/a/;x", "/a/" }, { "/a/;/;/b", "/a/b" },
        { ";", "" }, { "/;", "/" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        len = hoop_path_plain(hoop_cstr(cases[i][0]), out);

        ok(hoop_str_is(hoop_str(out, len), cases[i][1]), "\"%s\" is \"%s\"",
           cases[i][0], cases[i][1]);
    }
}


static void
test_host(void)
{
    size_t  i;

    static const struct {
        const char  *header;
        const char  *host;
        int          same;
    } cases[] = {
        { "a.b", "a.b", 1 }, { "A.B:80", "a.b", 1 }, { "a.b.", "a.b", 1 },
        { "a.b.:80", "a.b", 1 }, { "a.b", "a.b.", 1 }, { "", "", 1 },
        { "a.b..", "a.b", 0 }, { "a.c", "a.b", 0 }, { "a.b.c", "a.b", 0 },
        { "", "a", 0 }, { "a", "", 0 }, { ":80", "", 1 },
        { "[::1]:80", "[::1]", 1 }, { "[::1]", "[::1]", 1 },
        { "[::2]", "[::1]", 0 }, { "a:b:80", "a", 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(hoop_path_host(hoop_cstr(cases[i].header),
                          hoop_cstr(cases[i].host))
           == cases[i].same,
           "\"%s\" %s \"%s\"", cases[i].header,
           cases[i].same ? "names" : "does not name", cases[i].host);
    }
}
