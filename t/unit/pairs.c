
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoop_pairs.h: pairs of a name found and taken out of a query or a cookie.
 */


#include "hoop_pairs.h"
#include "tap.h"


typedef struct {
    const char  *text;
    int          n;
    const char  *value;
    const char  *rest;
} pairs_case_t;


static const pairs_case_t  queries[] = {
    { "", 0, NULL, "" },
    { "t=x", 1, "x", "" },
    { "t=x&a=1", 1, "x", "a=1" },
    { "a=1&t=x", 1, "x", "a=1" },
    { "a=1&t=x&b=2", 1, "x", "a=1&b=2" },
    { "a=1;t=x;b=2", 1, "x", "a=1;b=2" },
    { "a=1&t=x;b=2", 1, "x", "a=1;b=2" },
    { "a=1;t=x&b=2", 1, "x", "a=1&b=2" },
    { "t=x&t=y", 2, "x", "" },
    { "t=x&a=1&t=y", 2, "x", "a=1" },
    { "T=x", 1, "x", "" },
    { "%74=x", 1, "x", "" },
    { "%54=x&a", 1, "x", "a" },
    { "%2574=x", 0, NULL, "%2574=x" },
    { "t=", 1, "", "" },
    { "t", 1, "", "" },
    { "a&t&b", 1, "", "a&b" },
    { "t=x=y", 1, "x=y", "" },
    { "t=%41%", 1, "%41%", "" },
    { "=t", 0, NULL, "=t" },
    { "=x&t=y", 1, "y", "=x" },
    { "tt=x&at=y&t1=z", 0, NULL, "tt=x&at=y&t1=z" },
    { "t =x&+t=y&t%00=z", 0, NULL, "t =x&+t=y&t%00=z" },
    { "&&t=x&&a=1&", 1, "x", "&&&a=1&" },
    { "&", 0, NULL, "&" },
    { "t=x&", 1, "x", "" },
    { "&t=x", 1, "x", "" },
    { "a=1#t=x", 1, "x", "a=1" },
    { "t=x#a", 1, "x", "#a" },
    { "a#b&t=x&c", 1, "x", "a#b&c" },
    { "a=t=x", 0, NULL, "a=t=x" },
    { "t=\"x\"", 1, "\"x\"", "" }
};


static const pairs_case_t  cookies[] = {
    { "", 0, NULL, "" },
    { "t=x", 1, "x", "" },
    { "t=x; a=1", 1, "x", "a=1" },
    { "a=1; t=x", 1, "x", "a=1" },
    { "a=1; t=x; b=2", 1, "x", "a=1; b=2" },
    { "a=1;t=x;b=2", 1, "x", "a=1;b=2" },
    { "t=x; t=y", 2, "x", "" },
    { "t=x; T=y; a=1", 2, "x", "a=1" },
    { "t=\"x\"", 1, "x", "" },
    { "t=\"\"", 1, "", "" },
    { "t=\"", 1, "\"", "" },
    { "t=\"x", 1, "\"x", "" },
    { " t = x ; a=1", 1, "x", "a=1" },
    { "\tt\t=\tx\t;\ta=1", 1, "x", "a=1" },
    { "t", 1, "", "" },
    { "t=", 1, "", "" },
    { "a=1; t; b=2", 1, "", "a=1; b=2" },
    { "%74=x", 0, NULL, "%74=x" },
    { "t=%78", 1, "%78", "" },
    { "a=1&t=x", 0, NULL, "a=1&t=x" },
    { "a=\"1; t=x\"", 1, "x\"", "a=\"1" },
    { "a=1, t=x", 0, NULL, "a=1, t=x" },
    { "a=#; t=x", 1, "x", "a=#" },
    { ";;t=x;;", 1, "x", ";;;" },
    { "; ", 0, NULL, "; " },
    { "__Host-t=x; t=y", 1, "y", "__Host-t=x" }
};


static void
test_cases(const pairs_case_t *c, size_t n, hoop_pairs_e kind)
{
    size_t       i, len, found;
    u_char       out[64];
    hoop_str_t   text, name, value;

    name = hoop_cstr("t");

    for (i = 0; i < n; i++) {
        text = hoop_cstr(c[i].text);
        value = hoop_str(NULL, 0);

        found = hoop_pairs_find(text, kind, name, &value);
        is_int(found, c[i].n, c[i].text);

        if (c[i].value) {
            is_mem(value.data, value.len, c[i].value, strlen(c[i].value),
                   c[i].text);
        }

        len = hoop_pairs_remove(text, kind, name, out);
        is_mem(out, len, c[i].rest, strlen(c[i].rest), c[i].text);

        /* in place */

        memcpy(out, text.data, text.len);
        len = hoop_pairs_remove(hoop_str(out, text.len), kind, name, out);
        is_mem(out, len, c[i].rest, strlen(c[i].rest), c[i].text);
    }
}


static void
test_names(void)
{
    u_char      out[64];
    size_t      len;
    hoop_str_t  text, name, value;

    name = hoop_cstr("access_token");
    text = hoop_cstr("a=1&ACCESS%5fto%6Ben=x%2ey&b");

    is_int(hoop_pairs_find(text, HOOP_PAIRS_QUERY, name, &value), 1,
           "an escaped name");
    is_mem(value.data, value.len, "x%2ey", 5, "its value as it is written");

    len = hoop_pairs_decode(value, out);
    is_mem(out, len, "x.y", 3, "and decoded");

    len = hoop_pairs_remove(text, HOOP_PAIRS_QUERY, name, out);
    is_mem(out, len, "a=1&b", 5, "what is left");

    name = hoop_cstr("a b+c");
    text = hoop_cstr("a+b%2Bc=x");

    is_int(hoop_pairs_find(text, HOOP_PAIRS_QUERY, name, &value), 1,
           "a plus sign is a space");
}


static void
test_decode(void)
{
    u_char  out[64];
    size_t  i, len;

    static const char  *const cases[][2] = {
        { "", "" }, { "abc", "abc" }, { "%41%4a%7A", "AJz" }, { "a+b", "a b" },
        { "%", "%" }, { "%4", "%4" }, { "%4g", "%4g" }, { "%%41", "%A" },
        { "%2541", "%41" }, { "100%", "100%" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(out, cases[i][0], strlen(cases[i][0]));
        len = hoop_pairs_decode(hoop_str(out, strlen(cases[i][0])), out);
        is_mem(out, len, cases[i][1], strlen(cases[i][1]), cases[i][0]);
    }
}


int
main(void)
{
    test_cases(queries, sizeof(queries) / sizeof(queries[0]),
               HOOP_PAIRS_QUERY);
    test_cases(cookies, sizeof(cookies) / sizeof(cookies[0]),
               HOOP_PAIRS_COOKIE);
    test_names();
    test_decode();

    return done_testing();
}
