
/*
 * Copyright (C) ngx_hoop_module authors
 */


#include <stdlib.h>

#include "tap.h"
#include "../../src/core/hoop_json.h"


static void test_good(void);
static void test_values(void);
static void test_bad(void);
static void test_depth(void);
static void test_pointer(void);
static void test_locate(void);
static void test_no_quotes(void);


int
main(void)
{
    test_good();
    test_values();
    test_bad();
    test_depth();
    test_pointer();
    test_locate();
    test_no_quotes();

    return done_testing();
}


static void
test_good(void)
{
    json_t        *v;
    size_t         i;
    hoop_error_t   err;

    static const char  *docs[] = {
        "{}", "[]", "0", "-0", "1.5e+10", "\"\"", "true", "false", "null",
        " \t\r\n{ \"a\" : [ 1 , 2 , { } , [ ] ] } \n",
        "{\"a\":{\"a\":{\"a\":1}}}", "\"\\u00e9\\ud83d\\ude00\\/\\\\\"",
        "\"\xc3\xa9\xf0\x9f\x98\x80\"", "[9223372036854775807]", "1E-2",
        "{\"\":1,\" \":2}"
    };

    for (i = 0; i < sizeof(docs) / sizeof(docs[0]); i++) {
        memset(&err, 0, sizeof(err));
        v = hoop_json_load((const u_char *) docs[i], strlen(docs[i]), &err);
        ok(v != NULL, "loads %zu: %s", i, v ? "" : err.text);
        json_decref(v);
    }
}


/* the tree is the one that jansson would have made */

static void
test_values(void)
{
    json_t        *ours, *theirs;
    size_t         i, len;
    u_char        *p;
    hoop_error_t   err;

    static const char  *docs[] = {
        "[0,-0,7,-7,123456789012345678,-123456789012345678]",
        "[1234567890123456789,-1234567890123456789]",
        "[9223372036854775807,-9223372036854775808]",
        "[0.1,-2.5e3,1E5,123456789012345678901.5,5e-324]",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u0001\\u007f\\u0080\\u07ff\\u0800\\uFFFF\\uaBcD\"",
        "\"\\ud800\\udc00\\uDBFF\\uDFFFx\"",
        "\"\x7f\xc2\x80\xf4\x8f\xbf\xbf\\u0041\"",
        "{\"\\u0061\":{\"\\n\":[{\"\\\\\":\"\\\"\"}]},\"\\u0061b\":1,\"\":[]}",
        "{\"a\":true,\"b\":false,\"c\":null,\"d\":[true,[],{}]}",
        ("{\"k00\":0,\"k01\":1,\"k02\":2,\"k03\":3,\"k04\":4,\"k05\":5,"
         "\"k06\":6,\"k07\":7,\"k08\":8,\"k09\":9,\"k10\":10,\"k11\":11}")
    };

    for (i = 0; i < sizeof(docs) / sizeof(docs[0]); i++) {
        len = strlen(docs[i]);
        p = malloc(len);
        memcpy(p, docs[i], len);

        ours = hoop_json_load(p, len, &err);
        theirs = json_loadb((char *) p, len, JSON_DECODE_ANY, NULL);

        ok(theirs != NULL && json_equal(ours, theirs), "same tree %zu", i);

        json_decref(ours);
        json_decref(theirs);
        free(p);
    }
}


static void
test_bad(void)
{
    json_t        *v;
    size_t         i, len;
    u_char        *p;
    hoop_error_t   err;

    static const struct {
        const char  *doc;
        unsigned     line;
        unsigned     column;
        const char  *text;
    } docs[] = {
        { "", 1, 1, "unexpected end of the document" },
        { " \n ", 2, 2, "unexpected end of the document" },
        { "{", 1, 2, "unexpected end of the document" },
        { "[1,\n 2", 2, 3, "unexpected end of the document" },
        { "[1,]", 1, 4, "unexpected token, wanted a value" },
        { "[,1]", 1, 2, "unexpected token, wanted a value or \"]\"" },
        { "{\"a\":1,}", 1, 8, "unexpected token, wanted a member name" },
        { "{1:1}", 1, 2, "unexpected token, wanted a member name or \"}\"" },
        { "{\"a\" 1}", 1, 6, "unexpected token, wanted \":\"" },
        { "{\"a\":1 \"b\":2}", 1, 8,
          "unexpected token, wanted \",\" or the end of the container" },
        { "[1}", 1, 3,
          "unexpected token, wanted \",\" or the end of the container" },
        { "{\"a\":}", 1, 6, "unexpected token, wanted a value" },
        { "}", 1, 1, "unexpected token, wanted a value" },
        { "1 2", 1, 3, "bytes after the end of the document" },
        { "{}\n{}", 2, 1, "bytes after the end of the document" },
        { "{\"a\":1,\n \"b\":2, \"a\":3}", 2, 9, "duplicate member name" },
        { "{\"a\":1,\"\\u0061\":3}", 1, 8, "duplicate member name" },
        { "[{\"x\":{\"b\":1,\"b\":1}}]", 1, 14, "duplicate member name" },
        { "[01]", 1, 2, "number with a leading zero" },
        { "-", 1, 1, "broken number" },
        { "1.", 1, 1, "broken number" },
        { "1e", 1, 1, "broken number" },
        { "+1", 1, 1, "unexpected character" },
        { ".5", 1, 1, "unexpected character" },
        { "NaN", 1, 1, "unexpected character" },
        { "nul", 1, 1, "unexpected character" },
        { "tru\n", 1, 1, "unexpected character" },
        { "'a'", 1, 1, "unexpected character" },
        { "// x\n1", 1, 1, "unexpected character" },
        { "\xef\xbb\xbf{}", 1, 1, "unexpected character" },
        { "\"a\nb\"", 1, 3, "control character in a string" },
        { "\"ab", 1, 1, "string is not closed" },
        { "\"ab\\", 1, 1, "string is not closed" },
        { "\"ab\\u00", 1, 1, "string is not closed" },
        { "\"\\x41\"", 1, 2, "invalid escape" },
        { "\"\\u00g0\"", 1, 2, "invalid escape" },
        { "[\"\\ud800\"]", 1, 2, "invalid Unicode escape" },
        { "[\"\\udc00x\"]", 1, 2, "invalid Unicode escape" },
        { "[\"\\ud800\\u0041\"]", 1, 2, "invalid Unicode escape" },
        { "[\"\\ud800\\ud800\"]", 1, 2, "invalid Unicode escape" },
        { "[\"\\ud800\\n0041a\"]", 1, 2, "invalid Unicode escape" },
        { "{\"\\udfff\":1}", 1, 2, "invalid Unicode escape" },
        { "[-99999999999999999999]", 1, 2, "number out of range" },
        { "{\"a\":1,\"b\":{\"c\":[]},\"a\":[1]}", 1, 21,
          "duplicate member name" },
        { "[1, \"\\u0000\"]", 1, 5, "\\u0000 in a string" },
        { "{\"\\u0000\":1}", 1, 2, "\\u0000 in a string" },
        { "[\n99999999999999999999]", 2, 1, "number out of range" },
        { "1e999", 1, 1, "number out of range" },
        { "\"\n\xff\"", 2, 1, "invalid UTF-8" },
        { "\"\xc0\x80\"", 1, 2, "invalid UTF-8" },
        { "\"\xed\xa0\x80\"", 1, 2, "invalid UTF-8" },
        { "\"ab\xe2\x82", 1, 4, "invalid UTF-8" }
    };

    for (i = 0; i < sizeof(docs) / sizeof(docs[0]); i++) {

        /* an exact allocation, so that an over-read is seen */

        len = strlen(docs[i].doc);
        p = malloc(len ? len : 1);
        memcpy(p, docs[i].doc, len);

        memset(&err, 0, sizeof(err));
        v = hoop_json_load(p, len, &err);

        ok(v == NULL && strcmp(err.text, docs[i].text) == 0
           && err.line == docs[i].line && err.column == docs[i].column,
           "refuses %zu: %u:%u %s", i, err.line, err.column, err.text);

        json_decref(v);
        free(p);
    }

    v = hoop_json_load((const u_char *) "1\0", 2, &err);
    ok(v == NULL, "a NUL after the document");
    json_decref(v);
}


static void
test_depth(void)
{
    u_char        *p;
    size_t         n;
    json_t        *v;
    hoop_error_t   err;

    p = malloc(4 * 1024 * 1024);

    for (n = HOOP_JSON_DEPTH; n <= HOOP_JSON_DEPTH + 1; n++) {
        memset(p, '[', n);
        memset(p + n, ']', n);
        v = hoop_json_load(p, 2 * n, &err);
        ok((v != NULL) == (n == HOOP_JSON_DEPTH), "depth %zu", n);
        json_decref(v);
    }

    is_str(err.text, "nested too deeply", "it says so");
    is_int(err.column, HOOP_JSON_DEPTH + 1, "at the byte");

    memset(p, '[', 4 * 1024 * 1024);
    v = hoop_json_load(p, 4 * 1024 * 1024, &err);
    ok(v == NULL, "four million brackets");
    json_decref(v);

    /* containers of both kinds come off the stack as they went on */

    v = hoop_json_load((const u_char *) "[{\"a\":[{\"b\":[]}]},{}]", 21, &err);
    ok(v != NULL, "mixed nesting");
    json_decref(v);

    v = hoop_json_load((const u_char *) "[{\"a\":[{\"b\":[]]}},{}]", 21, &err);
    ok(v == NULL, "crossed nesting");
    json_decref(v);

    free(p);
}


static void
test_pointer(void)
{
    char           big[600], key[600];
    size_t         i;
    json_t        *root, *v;
    hoop_error_t   err;

    /* RFC 6901, section 5, and what lies beside it */

    static const char  doc[] =
        "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,"
        "\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8,"
        "\"o\":{\"p\":{\"~1\":9,\"0\":10}}}";

    static const struct {
        const char  *pointer;
        int          value;        /* -1: absent */
    } cases[] = {
        { "/", 0 }, { "/a~1b", 1 }, { "/c%d", 2 }, { "/e^f", 3 },
        { "/g|h", 4 }, { "/i\\j", 5 }, { "/k\"l", 6 }, { "/ ", 7 },
        { "/m~0n", 8 }, { "/o/p/~01", 9 }, { "/o/p/0", 10 },
        { "/m~n", -1 }, { "/m~", -1 }, { "/m~2n", -1 }, { "foo", -1 },
        { "/foo/2", -1 }, { "/foo/-", -1 }, { "/foo/00", -1 },
        { "/foo/01", -1 }, { "/foo/+1", -1 }, { "/foo/1 ", -1 },
        { "/foo/", -1 }, { "/foo/18446744073709551617", -1 },
        { "/foo/0/x", -1 }, { "/o/p/", -1 }, { "//", -1 }, { "/Foo", -1 }
    };

    root = hoop_json_load((const u_char *) doc, sizeof(doc) - 1, &err);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        v = hoop_json_pointer(root, hoop_cstr(cases[i].pointer));

        ok(cases[i].value == -1
               ? v == NULL
               : json_is_integer(v)
                 && json_integer_value(v) == cases[i].value,
           "pointer \"%s\"", cases[i].pointer);
    }

    ok(hoop_json_pointer(root, hoop_cstr("")) == root, "the root");

    v = hoop_json_pointer(root, hoop_cstr("/foo/1"));
    ok(v != NULL && strcmp(json_string_value(v), "baz") == 0, "an element");

    ok(hoop_json_pointer(NULL, hoop_cstr("/a")) == NULL, "no document");
    json_decref(root);

    /* a segment longer than the buffer on the stack */

    memset(big, 'x', sizeof(big));
    big[0] = '/';
    big[300] = '~';
    big[301] = '0';

    memset(key, 'x', sizeof(key));
    key[299] = '~';
    key[sizeof(big) - 2] = '\0';

    root = json_object();
    json_object_set_new(root, key, json_integer(1));

    ok(hoop_json_pointer(root, hoop_str(big, sizeof(big))) != NULL,
       "a long escaped pointer");
    ok(hoop_json_pointer(root, hoop_str(big, sizeof(big) - 1)) == NULL,
       "and one byte less of it");
    json_decref(root);
}


static void
test_locate(void)
{
    size_t         i;
    json_t        *v;
    hoop_error_t   err;

    static const char  doc[] =
        "{ \"version\": 1,\n"
        "  \"skip\": { \"x\": [1, {\"y\": \"}]\\\"\"}], \"rules\": 0 },\n"
        "  \"rules\": [\n"
        "    { \"id\": \"a\" },\n"
        "    { \"id\": \"b\",\n"
        "      \"m\\u0061tch\": { \"/a/b\": [10, 20],\n"
        "\t\"q\" :\n"
        "  true } } ] }\n";

    static const struct {
        const char  *pointer;
        int          key;
        unsigned     line;
        unsigned     column;
    } cases[] = {
        { "", 0, 1, 1 },
        { "/version", 1, 1, 3 },
        { "/version", 0, 1, 14 },
        { "/rules", 0, 3, 12 },
        { "/rules/0", 0, 4, 5 },
        { "/rules/1/id", 1, 5, 7 },
        { "/rules/1/id", 0, 5, 13 },
        { "/rules/1/match", 1, 6, 7 },
        { "/rules/1/match/~1a~1b/1", 0, 6, 36 },
        { "/rules/1/match/q", 1, 7, 2 },
        { "/rules/1/match/q", 0, 8, 3 },
        { "/skip/x/1/y", 0, 2, 28 },
        /* what is not there: its nearest parent */
        { "/rules/0/effect", 0, 4, 5 },
        { "/rules/7", 0, 3, 12 },
        { "/nothing/at/all", 1, 1, 1 },
        { "/version/x", 0, 1, 14 },
        { "rules", 0, 1, 1 }
    };

    v = hoop_json_load((const u_char *) doc, sizeof(doc) - 1, &err);
    ok(v != NULL, "the document loads");
    json_decref(v);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        hoop_json_locate((const u_char *) doc, sizeof(doc) - 1,
                         cases[i].pointer, cases[i].key, &err);

        ok(err.line == cases[i].line && err.column == cases[i].column,
           "locates %s \"%s\": %u:%u", cases[i].key ? "name" : "value",
           cases[i].pointer, err.line, err.column);
    }
}


static void
test_no_quotes(void)
{
    size_t         i;
    json_t        *v;
    hoop_error_t   err;

    static const char  *docs[] = {
        "{\"hunter2\":1,\"hunter2\":2}", "[hunter2]", "\"hunter2",
        "{\"a\":\"hunter2\" \"hunter2\"}", "[\"hunter2\\q\"]",
        "hunter2", "{\"hunter2\\u0000\":1}", "[\"hunter2\xff\"]"
    };

    for (i = 0; i < sizeof(docs) / sizeof(docs[0]); i++) {
        v = hoop_json_load((const u_char *) docs[i], strlen(docs[i]), &err);
        ok(v == NULL && strstr(err.text, "hunter") == NULL,
           "no input in the text: %s", err.text);
        json_decref(v);
    }
}
