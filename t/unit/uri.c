
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoop_uri.h: what is the same URI, and what is none that can be compared.
 */


#include "hoop_uri.h"
#include "tap.h"


static void
is_normal(const char *uri, const char *wanted)
{
    int         rc;
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);

    rc = hoop_uri_normal(hoop_cstr(uri), &b);

    if (wanted == NULL) {
        is_int(rc, HOOP_ERROR, uri);

    } else if (ok(rc == HOOP_OK, "normal: %s", uri)) {
        is_mem(b.data, b.len, wanted, strlen(wanted), uri);
    }

    hoop_buf_free(&b);
}


static void
test_normal(void)
{
    size_t  i;

    static const char  *const cases[][2] = {
        { "https://api.example.com/", "https://api.example.com/" },
        { "HTTPS://API.Example.COM/Path", "https://api.example.com/Path" },
        { "https://h", "https://h/" },
        { "https://h?q", "https://h/" },
        { "https://h#f", "https://h/" },
        { "https://h/a?b=c#d", "https://h/a" },
        { "https://h/a#d?e", "https://h/a" },
        { "https://h:443/a", "https://h/a" },
        { "http://h:80/a", "http://h/a" },
        { "https://h:80/a", "https://h:80/a" },
        { "http://h:443/a", "http://h:443/a" },
        { "https://h:/a", "https://h/a" },
        { "https://h:65535", "https://h:65535/" },
        { "http://[::1]:8080/a", "http://[::1]:8080/a" },
        { "http://[FE80::A]/a", "http://[fe80::a]/a" },
        { "http://127.0.0.1:8000/", "http://127.0.0.1:8000/" },
        { "http://a_b-c.d/", "http://a_b-c.d/" },
        { "https://h/%7Ea%2db%2E%5f", "https://h/~a-b._" },
        { "https://h/%41%7a%30", "https://h/Az0" },
        { "https://h/a%2fb", "https://h/a%2Fb" },
        { "https://h/a%2Fb", "https://h/a%2Fb" },
        { "https://h/a%c3%a9", "https://h/a%C3%A9" },
        { "https://h/%25%32%35", "https://h/%2525" },
        { "https://h/%252e%252e/", "https://h/%252e%252e/" },
        { "https://h/a//b/", "https://h/a//b/" },
        { "https://h//", "https://h//" },
        { "https://h/...", "https://h/..." },
        { "https://h/.a/b./..c/d../.../", "https://h/.a/b./..c/d../.../" },
        { "https://h/a;b=c,d:e@f!$&'()*+", "https://h/a;b=c,d:e@f!$&'()*+" },
        { "https://h/a[1]|b^c\"", "https://h/a[1]|b^c\"" },
        { "https://h/a?\\../%zz", "https://h/a" }
    };

    static const char  *const refused[] = {
        "", "/", "h", "h/a", "//h/a", "https:", "https:/h", "https://",
        "https:///a", "https://?q", "https://:443/", "ftp://h/a",
        "httpsx://h/", "https//h", " https://h/", "https://h /",
        "https://u@h/", "https://u:p@h/", "https://h:443:443/",
        "https://h:0443/", "https://h:0/", "https://h:65536/",
        "https://h:99999/", "https://h:443443/", "https://h:-1/",
        "https://h:+1/", "https://h:8o/", "https://h:44 3/",
        "https://h%2e/", "https://h\\a", "https://[::1/", "https://[]/",
        "https://[::1]a/", "https://[::g]/", "https://::1/",
        "https://h\xc3\xa9/", "https://h/\xc3\xa9", "https://h/a b",
        "https://h/a\\b", "https://h/a\tb", "https://h/a\x7f",
        "https://h/%", "https://h/%4", "https://h/%4g", "https://h/%g4",
        "https://h/a%?", "https://h/%4?1",
        "https://h/.", "https://h/..", "https://h/./a", "https://h/a/..",
        "https://h/a/../b", "https://h/a/./b", "https://h/%2e",
        "https://h/%2E%2e/a", "https://h/.%2e/", "https://h/a/.?q",
        "https://h/a/..#f"
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_normal(cases[i][0], cases[i][1]);

        /* and it is a normal form: nothing more to be done to it */

        is_normal(cases[i][1], cases[i][1]);
    }

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        is_normal(refused[i], NULL);
    }
}


static void
test_origin(void)
{
    int         rc;
    size_t      i;
    hoop_buf_t  b;

    static const char  *const cases[][2] = {
        { "https://API.example.com", "https://api.example.com" },
        { "https://api.example.com:443", "https://api.example.com" },
        { "http://[::1]:8080", "http://[::1]:8080" },
        { "https://h/", NULL }, { "https://h?", NULL }, { "https://h#", NULL },
        { "https://h/a", NULL }, { "h", NULL }, { "", NULL },
        { "https://", NULL }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hoop_buf_init(&b, 0);

        rc = hoop_uri_origin(hoop_cstr(cases[i][0]), &b);

        if (cases[i][1]) {
            ok(rc == HOOP_OK, "origin: %s", cases[i][0]);
            is_mem(b.data, b.len, cases[i][1], strlen(cases[i][1]),
                   cases[i][0]);

        } else {
            ok(rc == HOOP_ERROR, "no origin: \"%s\"", cases[i][0]);
        }

        hoop_buf_free(&b);
    }
}


static void
test_buffer(void)
{
    size_t      cap;
    hoop_buf_t  b;

    static const hoop_str_t  uri = hoop_string("HTTPS://h:8443/a/%2f/b");
    static const hoop_str_t  nul = hoop_string("https://h/a\0b");

    for (cap = 1; cap < uri.len; cap++) {
        hoop_buf_init(&b, cap);

        if (hoop_uri_normal(uri, &b) == HOOP_OK) {
            ok(0, "cap %zu", cap);
        }

        hoop_buf_free(&b);
    }

    hoop_buf_init(&b, cap);
    is_int(hoop_uri_normal(uri, &b), HOOP_OK, "as much as it needs");
    hoop_buf_free(&b);

    hoop_buf_init(&b, 0);
    is_int(hoop_uri_normal(nul, &b), HOOP_ERROR, "a NUL");
    hoop_buf_free(&b);

    hoop_buf_init(&b, 0);
    (void) hoop_buf_adds(&b, "/.");
    is_int(hoop_uri_normal(hoop_cstr("https://h/"), &b), HOOP_OK,
           "behind what is there");
    is_mem(b.data, b.len, "/.https://h/", 12, "appended");
    hoop_buf_free(&b);
}


int
main(void)
{
    test_normal();
    test_origin();
    test_buffer();

    return done_testing();
}
