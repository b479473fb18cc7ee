
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Lists in the answers of an MCP server: what stays, byte by byte, however the
 * answer is split, and what is refused.
 */


#include <stdio.h>
#include <stdlib.h>

#include "tap.h"
#include "../../src/core/hoop_mcp_list.h"


#define R(result)  "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" result "}"
#define N(name)    "{\"name\":\"" name "\"}"


static char  asked[256];


/* what begins with "get", "file:" or a letter beyond ASCII is kept */

static int
keep(void *ctx, hoop_mcp_list_e list, hoop_str_t name)
{
    size_t  len;

    len = strlen(asked);

    snprintf(asked + len, sizeof(asked) - len, "%d:%.*s ", (int) list,
             (int) name.len, name.data);

    return (name.len >= 3 && memcmp(name.data, "get", 3) == 0)
           || (name.len >= 5 && memcmp(name.data, "file:", 5) == 0)
           || name.data[0] >= 0x80;
}


/* in pieces of that size, each an allocation of its own */

static int
run(hoop_mcp_list_t *l, int stream, const char *text, size_t len, size_t step)
{
    int      rc;
    size_t   n;
    u_char  *copy;

    hoop_mcp_list_init(l, stream, keep, NULL);
    asked[0] = '\0';

    for (rc = HOOP_OK; len && rc == HOOP_OK; text += n, len -= n) {
        n = len < step ? len : step;

        copy = malloc(n);
        memcpy(copy, text, n);
        rc = hoop_mcp_list_feed(l, copy, n);
        free(copy);
    }

    return (rc == HOOP_OK) ? hoop_mcp_list_end(l) : rc;
}


static void
becomes(int stream, const char *text, const char *wanted, unsigned removed,
    const char *name)
{
    int              rc, good;
    size_t           i;
    hoop_mcp_list_t  l;

    static const size_t  steps[] = { 1, 2, 3, 5, 11, 4096 };

    good = 1;

    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        rc = run(&l, stream, text, strlen(text), steps[i]);

        if (rc != HOOP_OK || l.out.len != strlen(wanted)
            || memcmp(l.out.data, wanted, l.out.len) != 0
            || l.removed != removed)
        {
            printf("# by %zu: %d, %u removed: %.*s\n", steps[i], rc,
                   (unsigned) l.removed, (int) l.out.len, l.out.data);
            good = 0;
        }

        hoop_mcp_list_free(&l);
    }

    ok(good, "%s", name);
}


static void
stays(int stream, const char *text, const char *name)
{
    becomes(stream, text, text, 0, name);
}


static void
refused(int stream, const char *text, const char *why)
{
    int              good;
    size_t           step;
    hoop_mcp_list_t  l;

    good = 1;

    for (step = 1; step < 4096; step *= 7) {

        if (run(&l, stream, text, strlen(text), step) != HOOP_ERROR
            || strcmp(l.why, why) != 0
            || l.out.len != 0)
        {
            printf("# by %zu: %s: %.*s\n", step, l.why ? l.why : "taken",
                   (int) l.out.len, l.out.data);
            good = 0;
        }

        hoop_mcp_list_free(&l);
    }

    ok(good, "refused: %.*s", (int) strcspn(text, "\r\n"), text);
}


static void
test_entries(void)
{
    becomes(0, R("{\"tools\":[" N("rm") "," N("get_a") "," N("put")
                 "],\"nextCursor\":\"c\"}"),
            R("{\"tools\":[" N("get_a") "],\"nextCursor\":\"c\"}"), 2,
            "one of three, and the cursor");
    becomes(0, R("{\"nextCursor\":\"c\",\"tools\":[" N("get_a") "," N("rm") ","
                 N("get_b") "]}"),
            R("{\"nextCursor\":\"c\",\"tools\":[" N("get_a") "," N("get_b")
              "]}"), 1,
            "the one between");
    becomes(0, R("{\"tools\":[" N("get_a") "," N("rm") "," N("put") "]}"),
            R("{\"tools\":[" N("get_a") "]}"), 2, "the first");
    becomes(0, R("{\"tools\":[" N("rm") "," N("put") "," N("get_a") "]}"),
            R("{\"tools\":[" N("get_a") "]}"), 2, "the last");
    becomes(0, R("{\"tools\":[" N("rm") "," N("put") "]}"),
            R("{\"tools\":[]}"), 2, "none");
    becomes(0, R("{\"tools\":[" N("rm") "]}"), R("{\"tools\":[]}"), 1,
            "none of one");
    stays(0, R("{\"tools\":[" N("get_a") "," N("get_b") "]}"), "all");
    stays(0, R("{\"tools\":[]}"), "of nothing, nothing");

    becomes(0, " { \"result\" : { \"tools\" : [ " N("rm") " ,\n " N("get_a")
               " , " N("put") " ,\t" N("get_b") " ] , \"x\" : [ 1 , 2 ] } }\r\n",
            " { \"result\" : { \"tools\" : [\n " N("get_a")
               " ,\t" N("get_b") " ] , \"x\" : [ 1 , 2 ] } }\r\n", 2,
            "all else stays byte for byte");

    becomes(0, R("{\"tools\":[{\"name\":\"get_a\",\"inputSchema\":{\"type\":"
                 "\"object\",\"properties\":{\"name\":{\"type\":\"string\"},"
                 "\"tools\":[{},[],1.5e3,null,true,\"\\\"]\"]}}},"
                 "{\"inputSchema\":{\"properties\":{\"name\":{}}},"
                 "\"name\":\"rm\"}]}"),
            R("{\"tools\":[{\"name\":\"get_a\",\"inputSchema\":{\"type\":"
                 "\"object\",\"properties\":{\"name\":{\"type\":\"string\"},"
                 "\"tools\":[{},[],1.5e3,null,true,\"\\\"]\"]}}}]}"), 1,
            "what stands deeper is none of its names");
}


static void
test_lists(void)
{
    becomes(0, R("{\"resources\":[{\"uri\":\"file:///a\",\"name\":\"x\"},"
                 "{\"name\":\"file:\",\"uri\":\"db://b\"}]}"),
            R("{\"resources\":[{\"uri\":\"file:///a\",\"name\":\"x\"}]}"), 1,
            "resources by URI");
    is_str(asked, "1:file:///a 1:db://b ", "and by nothing else");

    becomes(0, R("{\"resourceTemplates\":[{\"uriTemplate\":\"file:///{p}\"},"
                 "{\"uriTemplate\":\"{x}\",\"uri\":\"file:///\"}]}"),
            R("{\"resourceTemplates\":[{\"uriTemplate\":\"file:///{p}\"}]}"),
            1, "templates");
    becomes(0, R("{\"prompts\":[" N("get_p") "," N("p") "]}"),
            R("{\"prompts\":[" N("get_p") "]}"), 1, "prompts");
    is_str(asked, "3:get_p 3:p ", "are not tools");

    becomes(0, R("{\"prompts\":[" N("p") "],\"tools\":[" N("t") "]}"),
            R("{\"prompts\":[],\"tools\":[]}"), 2, "two lists");

    stays(0, R("{\"content\":[" N("rm") "],\"tool\":[" N("rm") "]}"),
          "no lists");
    stays(0, "{\"tools\":[" N("rm") "],\"params\":{\"tools\":[" N("rm") "]},"
             "\"error\":{\"data\":{\"tools\":[" N("rm") "]}}}",
          "nor are lists outside of a result");
    stays(0, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}", "null");
    stays(0, "{\"result\":[{\"tools\":[" N("rm") "]}]}", "an array");
    stays(0, "17", "a number");
    stays(0, "\"\"", "a text");
    stays(0, "", "nothing");
}


static void
test_names(void)
{
    becomes(0, R("{\"t\\u006fols\":[{\"n\\u0061me\":\"r\\u006d\"},"
                 "{\"name\":\"g\\u0065t\\n\"},{\"name\":\"\\u00e4\"}]}"),
            R("{\"t\\u006fols\":[{\"name\":\"g\\u0065t\\n\"},"
              "{\"name\":\"\\u00e4\"}]}"),
            1, "names in escapes");
    is_str(asked, "0:rm 0:get\n 0:\xc3\xa4 ", "are judged as texts");

    becomes(0, R("{\"tools\":[{\"name\":\"get_a\",\"name\":\"get_b\"},"
                 "{\"name\":\"get_a\",\"n\\u0061me\":\"rm\"},"
                 "{\"name\":\"get_a\",\"Name\":\"rm\"},"
                 "{\"NAME\":\"get_a\"},"
                 "{\"name\":[\"get_a\"]},{\"name\":null},{\"name\":\"\"},"
                 "{\"title\":\"get_a\"},{},[],[" N("get_a") "],\"get_a\",1,null,"
                 "{\"name\":\"get_a\\u0000\"},{\"name\":\"get_a\\ud800\"},"
                 "{\"name\":\"get_a\",\"na\\u0000me\":1}]}"),
            R("{\"tools\":[]}"), 17, "what has no name for sure is removed");
    is_str(asked, "", "and not asked for");

    refused(0, R("{\"tools\":[],\"tools\":[" N("rm") "]}"),
            "a member on the way to a list is there twice, or in another "
            "case");
    refused(0, R("{\"tools\":[],\"t\\u006fols\":[" N("rm") "]}"),
            "a member on the way to a list is there twice, or in another "
            "case");
    refused(0, R("{\"Tools\":[" N("rm") "]}"),
            "a member on the way to a list is there twice, or in another "
            "case");
    refused(0, R("{\"tool\xc5\xbf\":[" N("rm") "]}"),
            "a member on the way to a list is there twice, or in another "
            "case");
    refused(0, "{\"result\":{},\"result\":{\"tools\":[" N("rm") "]}}",
            "a member on the way to a list is there twice, or in another "
            "case");
    refused(0, "{\"Result\":{\"tools\":[" N("rm") "]}}",
            "a member on the way to a list is there twice, or in another "
            "case");
    refused(0, "{\"r\\u0000\":1,\"result\":{}}",
            "a member on the way to a list is there twice, or in another "
            "case");
    refused(0, R("{\"tools\":{\"0\":" N("rm") "}}"), "a list is not an array");
    refused(0, R("{\"tools\":null}"), "a list is not an array");
}


static void
test_batch(void)
{
    becomes(0, "[" R("{\"tools\":[" N("rm") "]}") ",{\"id\":2,\"result\":{}},"
               R("{\"prompts\":[" N("p") "," N("get") "]}") "]",
            "[" R("{\"tools\":[]}") ",{\"id\":2,\"result\":{}},"
            R("{\"prompts\":[" N("get") "]}") "]", 2, "each of a batch");
    stays(0, "[]", "an empty one");
    stays(0, "[1,null,\"a\"]", "of no messages");
    refused(0, "[[" R("{\"tools\":[" N("rm") "]}") "]]",
            "the answer is a nested batch");
}


static void
test_broken(void)
{
    size_t  i;

    static const char  broken[] =
        "the answer is not JSON, or nested too deep";

    static const char *const  texts[] = {
        "{", "[", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}",
        "{,}", "[1,]", "[,1]", "[1 2]", "{\"a\" 1}", "{a:1}", "{\"a\":1]",
        "[1}", "{\"result\":{\"tools\":[}}}", "{\"result\":{\"tools\":[{},]}}",
        "{\"result\":{\"tools\":[" N("rm") "}}",
        "{\"result\":{\"tools\":[" N("rm") "]", "{\"result\":{\"tools\":[1 1]}}",
        "{\"result\":{\"tools\":[]]}", "{} {}", "{}x", "\xef\xbb\xbf{}", "'a'",
        "NaN", "{\"a\":[[1,{\"b\":}]]}", "{\"a\":[{]}]}", "{\"a\":\"\n\"}",
        " ", "}", "]", ":", ",", "{\"a\":{\"b\":[[],{},[{]]}}"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        refused(0, texts[i], broken);
    }

    refused(0, "{\"a\":\"\xff\"}", "the answer is not UTF-8");
}


static char *
nested(unsigned depth, size_t *len)
{
    char  *p;

    p = malloc(6 + 2 * depth + 1);

    memcpy(p, "{\"a\":", 5);
    memset(p + 5, '[', depth);
    memset(p + 5 + depth, ']', depth);
    p[5 + 2 * depth] = '}';
    *len = 6 + 2 * depth;

    return p;
}


static void
test_caps(void)
{
    char            *p;
    size_t           len;
    unsigned         i;
    hoop_buf_t       b;
    hoop_mcp_list_t  l;

    p = nested(HOOP_MCP_LIST_DEPTH, &len);
    ok(run(&l, 0, p, len, 4096) == HOOP_OK && l.out.len == len,
       "as deep as may be");
    hoop_mcp_list_free(&l);
    free(p);

    p = nested(HOOP_MCP_LIST_DEPTH + 1, &len);
    ok(run(&l, 0, p, len, 4096) == HOOP_ERROR && l.out.len == 0,
       "and deeper");
    hoop_mcp_list_free(&l);
    free(p);

    hoop_buf_init(&b, 0);

    for (i = 0; i <= HOOP_MCP_LIST_ENTRIES; i++) {
        (void) hoop_buf_adds(&b, i ? ",0" : "{\"result\":{\"tools\":[0");

        if (i == HOOP_MCP_LIST_ENTRIES - 1) {
            (void) hoop_buf_adds(&b, "]}}");
            ok(run(&l, 0, (char *) b.data, b.len, 65536) == HOOP_OK
               && l.removed == HOOP_MCP_LIST_ENTRIES, "as long as may be");
            hoop_mcp_list_free(&l);
            b.len -= 3;
        }
    }

    (void) hoop_buf_adds(&b, "]}}");
    ok(run(&l, 0, (char *) b.data, b.len, 65536) == HOOP_ERROR
       && strcmp(l.why, "a list is too long to judge") == 0, "and longer");
    hoop_mcp_list_free(&l);

    hoop_buf_free(&b);

    p = malloc(HOOP_MCP_LIST_MAX + 9);
    memset(p, ' ', HOOP_MCP_LIST_MAX + 9);
    p[0] = '1';

    ok(run(&l, 0, p, HOOP_MCP_LIST_MAX, 65536) == HOOP_OK
       && l.out.len == HOOP_MCP_LIST_MAX, "as large as may be");
    hoop_mcp_list_free(&l);

    ok(run(&l, 0, p, HOOP_MCP_LIST_MAX + 1, 65536) == HOOP_ERROR
       && l.out.len == 0, "and larger");
    hoop_mcp_list_free(&l);

    memcpy(p, "id: 1\n\ndata:", 12);
    ok(run(&l, 1, p, HOOP_MCP_LIST_MAX + 9, 65536) == HOOP_ERROR
       && l.out.len == 7, "an event that is too large, behind one that is not");
    hoop_mcp_list_free(&l);

    memcpy(p, "id: 1\n\nx: ", 10);
    ok(run(&l, 1, p, HOOP_MCP_LIST_MAX + 9, 65536) == HOOP_ERROR
       && l.out.len == 7, "and a line");
    hoop_mcp_list_free(&l);

    free(p);
}


#define T  R("{\"tools\":[" N("rm") "," N("get") "]}")
#define K  R("{\"tools\":[" N("get") "]}")


static void
test_stream(void)
{
    hoop_mcp_list_t  l;

    becomes(1, "data: " T "\n\n", "data: " K "\n\n", 1, "an event");
    becomes(1, "data:" T "\r\n\r\n", "data: " K "\r\n\r\n", 1,
            "CR LF, and no space");
    becomes(1, "data:  " T "\r\r", "data:  " K "\r\r", 1, "CR, two spaces");
    becomes(1, ": x\nevent: message\nid: 5\ndata: " T "\nretry: 1\n\n"
               "data: " T "\n\n",
            ": x\nevent: message\nid: 5\ndata: " K "\nretry: 1\n\n"
            "data: " K "\n\n", 2, "other fields");
    becomes(1, "data: {\"result\":\ndata:{\"tools\":[\r\ndata: " N("rm")
               ",\n: c\ndata: " N("get") "]\ndata\ndata:}}\n\n",
            "data: {\"result\":\ndata: {\"tools\":[\ndata: " N("get") "]\n"
            "data: \ndata: }}\n: c\n\n", 1, "several lines");
    becomes(1, "data: " T, "data: " K, 1, "without its end");
    becomes(1, "data: " T "\n", "data: " K "\n", 1, "with half of it");
    becomes(1, "\xef\xbb\xbf" "data: " T "\n\n", "data: " K "\n\n", 1,
            "a byte order mark");
    becomes(1, " Data : " T "\n\n", "data: " K "\n\n", 1, "a spelling of it");
    becomes(1, "data: [" T "," T "]\n\n", "data: [" K "," K "]\n\n", 2,
            "a batch");

    stays(1, "data: " K "\n\n\n\nid: 7\n\n: ping\n\n", "nothing to remove");
    stays(1, "event: endpoint\r\ndata: /messages?a=b\r\n\r\n"
             "data\n\ndata:\n\ndata: \n\ndata: http://x/\n\ndata: hello\n\n",
          "what is no document");
    stays(1, "x: " T "\ndatax: " T "\n:data: " T "\n\n", "other fields");
    stays(1, "", "nothing");
    stays(1, "\n\r\r\n\n", "blank lines");

    refused(1, "data: {\"result\":\n\n",
            "the answer is not JSON, or nested too deep");
    refused(1, "data: {\"result\":{\"tools\":[" N("get") "]}}\n"
               "data: " T "\n\n",
            "the answer is not JSON, or nested too deep");
    refused(1, "data: {} {}\n\n", "the answer is not JSON, or nested too deep");
    refused(1, "data: )]}'" T "\n\n",
            "the answer is not JSON, or nested too deep");
    refused(1, "data: \xff\n\n", "the answer is not UTF-8");
    refused(1, "data: {", "the answer is not JSON, or nested too deep");

    ok(run(&l, 1, "id: 1\ndata: 1\n\nid: 2\ndata: {\n\ndata: 3\n\n", 43, 9)
       == HOOP_ERROR, "one that is refused");
    ok(l.out.len == 21 && memcmp(l.out.data, "id: 1\ndata: 1\n\nid: 2\n", 21)
       == 0, "does not take back what was before");
    hoop_mcp_list_free(&l);

    hoop_mcp_list_init(&l, 1, keep, NULL);
    (void) hoop_mcp_list_feed(&l, (u_char *) ": keep\nid: 1\ndata: 1\n", 21);
    ok(l.out.len == 13, "what has no data goes on at once");
    (void) hoop_mcp_list_feed(&l, (u_char *) "\n", 1);
    ok(l.out.len == 22, "and an event with its end");
    hoop_mcp_list_free(&l);
}


static void
test_methods(void)
{
    hoop_mcp_list_e  list;

    ok(hoop_mcp_list_method(hoop_cstr("tools/list"), &list) == HOOP_OK
       && list == HOOP_MCP_TOOLS, "tools/list");
    ok(hoop_mcp_list_method(hoop_cstr("resources/templates/list"), &list)
       == HOOP_OK && list == HOOP_MCP_TEMPLATES, "resources/templates/list");
    ok(hoop_mcp_list_method(hoop_cstr("Prompts/LIST"), &list) == HOOP_OK
       && list == HOOP_MCP_PROMPTS, "in any case");
    ok(hoop_mcp_list_method(hoop_cstr("tools/call"), &list) == HOOP_DECLINED
       && hoop_mcp_list_method(hoop_cstr("tools/lists"), &list)
          == HOOP_DECLINED
       && hoop_mcp_list_method(hoop_str(NULL, 0), &list) == HOOP_DECLINED,
       "no others");
    is_str(hoop_mcp_list_call(HOOP_MCP_TEMPLATES), "resources/read",
           "what a template is for");
}


int
main(void)
{
    test_entries();
    test_lists();
    test_names();
    test_batch();
    test_broken();
    test_caps();
    test_stream();
    test_methods();

    return done_testing();
}
