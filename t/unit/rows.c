
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Rows: what counts as one, what is no JSON, and that the split of the input
 * does not matter.
 */


#include <stdio.h>
#include <stdlib.h>

#include "../../src/core/hoop_rows.h"
#include "tap.h"


#define MANY   1000000000
#define BROKEN -1

/* rows of all outermost arrays; of lines */
#define OUTER  NULL
#define LINES  ((const char *) -1)


static hoop_str_t        at[HOOP_ROWS_AT];
static hoop_rows_rule_t  rule;


/* "a|b": segments; OUTER, LINES */

static void
set_rule(const char *path, uint64_t max)
{
    const char  *p;

    memset(&rule, 0, sizeof(rule));
    rule.max = max;

    if (path == OUTER || path == LINES) {
        return;
    }

    rule.at = at;
    rule.at_set = 1;

    while (*path) {
        p = strchr(path, '|');
        p = p ? p : path + strlen(path);

        at[rule.nat++] = hoop_str(path, p - path);
        path = *p ? p + 1 : p;
    }
}


/* the same for each split in two, and byte by byte */

static int64_t
count(const char *text, size_t len, const char *path, uint64_t max, int *same)
{
    int          rc, again;
    u_char      *copy;
    size_t       i, n;
    uint64_t     total;
    hoop_rows_t  rows;

    set_rule(path, max);

    copy = malloc(len + 1);
    memcpy(copy, text, len);

    hoop_rows_init(&rows, &rule, path == LINES);
    rc = hoop_rows_feed(&rows, copy, len);
    total = rows.count;
    *same = 1;

    for (i = 0; i <= len; i++) {
        hoop_rows_init(&rows, &rule, path == LINES);

        (void) hoop_rows_feed(&rows, copy, i);
        again = hoop_rows_feed(&rows, copy + i, len - i);

        if (again != rc || rows.count != total) {
            *same = 0;
        }
    }

    hoop_rows_init(&rows, &rule, path == LINES);

    for (again = HOOP_OK, n = 0; n < len; n++) {
        again = hoop_rows_feed(&rows, copy + n, 1);
    }

    if (again != rc || rows.count != total) {
        *same = 0;
    }

    free(copy);

    return rc == HOOP_ERROR ? BROKEN : (int64_t) total;
}


/* on one line, as TAP wants it */

static const char *
shown(const char *text)
{
    size_t       i;
    static char  buf[256];

    for (i = 0; text[i] && i < sizeof(buf) - 1; i++) {
        buf[i] = (u_char) text[i] < 0x20 ? ' ' : text[i];
    }

    buf[i] = '\0';

    return buf;
}


static void
test_counts(void)
{
    int      same;
    size_t   i;
    int64_t  n;

    static const struct {
        const char  *path;
        const char  *text;
        int64_t      rows;
    } cases[] = {
        { OUTER, "", 0 },
        { OUTER, " \r\n\t", 0 },
        { OUTER, "[]", 0 },
        { OUTER, " [ ] ", 0 },
        { OUTER, "[1]", 1 },
        { OUTER, "[1,2 , 3]\n", 3 },
        { OUTER, "[null,true,-1.5e+3,\"x\",{},[]]", 6 },
        { OUTER, "\xef\xbb\xbf[1,2]", 2 },
        { OUTER, "[[1,2,3],[4],[]]", 3 },
        { OUTER, "[{\"a\":[1,2,3]},{\"a\":[1]}]", 2 },
        { OUTER, "{\"data\":[1,2,3],\"next\":null}", 3 },
        { OUTER, "{\"a\":[1,2],\"b\":{\"c\":[3,[4,5]]},\"d\":[]}", 4 },
        { OUTER, "{\"a\":1}", 0 },
        { OUTER, "7", 0 },
        { OUTER, "\"[1,2,3]\"", 0 },
        { OUTER, "[\"],[\",\"\\\"],\",\"\\\\\"]", 3 },
        { OUTER, "[\"\\u005d,\"]", 1 },
        { OUTER, "[1", 1 },
        { OUTER, "{\"a\":[1,2", 2 },
        { OUTER, "[", 0 },

        { OUTER, "[1,]", BROKEN },
        { OUTER, "[,1]", BROKEN },
        { OUTER, "[1 2]", BROKEN },
        { OUTER, "[1,,2]", BROKEN },
        { OUTER, "[1}", BROKEN },
        { OUTER, "{\"a\":1]", BROKEN },
        { OUTER, "]", BROKEN },
        { OUTER, "[1]]", BROKEN },
        { OUTER, "[1][2]", BROKEN },
        { OUTER, "[1],[2]", BROKEN },
        { OUTER, "[1] x", BROKEN },
        { OUTER, "[1]\x1e", BROKEN },
        { OUTER, "[1/**/,2]", BROKEN },
        { OUTER, "// x\n[1]", BROKEN },
        { OUTER, "['a','b']", BROKEN },
        { OUTER, "[\"a\nb\"]", BROKEN },
        { OUTER, "[\"\\x41\"]", BROKEN },
        { OUTER, "[\"\\u00g0\"]", BROKEN },
        { OUTER, "[NaN]", BROKEN },
        { OUTER, "{a:[1]}", BROKEN },
        { OUTER, "{\"a\"[1]}", BROKEN },
        { OUTER, "{\"a\":[1],}", BROKEN },
        { OUTER, "{\"a\":[1] \"b\":[2]}", BROKEN },
        { OUTER, "{\"a\",\"b\"}", BROKEN },
        { OUTER, "{1:[2]}", BROKEN },
        { OUTER, ")]}',\n[1]", BROKEN },
        { OUTER, "\xef\xbb[1]", BROKEN },
        { OUTER, "\xff\xfe[", BROKEN },
        { OUTER, "[\xc3\xa4]", BROKEN },
        { OUTER, "id,name\n1,x\n", BROKEN },

        { "", "[1,[2,3],4]", 3 },
        { "", "{\"a\":[1,2]}", 0 },
        { "data", "{\"data\":[1,[2,3],{\"data\":[4]}],\"x\":[5]}", 3 },
        { "data", "{\"x\":{\"data\":[1]},\"data\":[2]}", 1 },
        { "data", "{\"data\":{\"data\":[1,2]}}", 0 },
        { "data", "{\"data\":[1],\"data\":[2,3]}", 3 },
        { "data", "{\"d\\u0061t\\u0061\":[1,2]}", 2 },
        { "data", "{\"dat\":[1],\"dataa\":[1],\"Data\":[1],\"\":[1]}", 0 },
        { "data", "[{\"data\":[1]}]", 0 },
        { "a|b", "{\"a\":{\"b\":[1,2],\"c\":[3]},\"b\":[4]}", 2 },
        { "a|b", "{\"a\":{\"x\":{\"b\":[1]}},\"c\":{\"b\":[2]}}", 0 },
        { "a|b", "{\"a\":{},\"b\":[1]}", 0 },
        { "a|b", "{\"a\":1,\"x\":{\"b\":[1]},\"a\":{\"b\":[1,1]}}", 2 },
        { "0", "[[1,2],[3]]", 2 },
        { "1", "[[1,2],[3],[4,5]]", 1 },
        { "10", "[0,0,0,0,0,0,0,0,0,0,[1,2,3],[4]]", 3 },
        { "01", "[0,[1]]", 0 },
        { "r|0|d", "{\"r\":[{\"d\":[1,2]},{\"d\":[3]}]}", 2 },
        { "r|1|d", "{\"r\":[{\"d\":[1,2]},{\"d\":[3]}]}", 1 },
        { "r|0", "{\"r\":[[1]],\"q\":[[2]],\"r\":[[3]]}", 2 },
        { "1", "{\"1\":[1,2]}", 2 },
        { "\xc3\xa4", "{\"\\u00e4\":[1]}", 1 },
        { "\xe2\x82\xac", "{\"\\u20aC\":[1]}", 1 },
        { "\xf0\x9f\x98\x80", "{\"\\ud83d\\ude00\":[1]}", 1 },
        { "\xf0\x9f\x98\x80", "{\"\xf0\x9f\x98\x80\":[1]}", 1 },
        { "\xf0\x9f\x98\x80", "{\"\\ud83d\":[1],\"\\ud83dx\":[1],"
                              "\"\\ud83d\\ud83d\":[1],\"\\ude00\":[1]}", 0 },
        { "\"/", "{\"\\\"\\/\":[1]}", 1 },
        { "data", "{\"data\":[1}", BROKEN },

        { LINES, "", 0 },
        { LINES, "{\"a\":[1,2,3]}\n{\"a\":[]}\n\n[1,2]\r\n", 3 },
        { LINES, "1\n2\n\"x\"\nnull", 4 },
        { LINES, "\x1e{\"a\":1}\n\x1e{\"a\":2}\n", 2 },
        { LINES, "{}{}[]\"a\"\"b\"", 5 },
        { LINES, "{}\n,{}", BROKEN },
        { LINES, "{\x1e}", BROKEN },
        { LINES, "{}\n]", BROKEN },
        { LINES, "{} x!", BROKEN },
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        n = count(cases[i].text, strlen(cases[i].text), cases[i].path, MANY,
                  &same);

        ok(n == cases[i].rows && same, "%s %s: %d%s",
           cases[i].path == OUTER ? "outer" : cases[i].path == LINES
           ? "lines" : cases[i].path, shown(cases[i].text), (int) n,
           same ? "" : ", by the split");
    }

    is_int(count("[\"\0\"]", 5, OUTER, MANY, &same), BROKEN, "NUL in a string");
    is_int(count("\0", 1, OUTER, MANY, &same), BROKEN, "NUL");
}


static void
test_limit(void)
{
    int          same;
    hoop_rows_t  rows;

    set_rule(OUTER, 2);
    hoop_rows_init(&rows, &rule, 0);

    is_int(hoop_rows_feed(&rows, (u_char *) "[1,2", 4), HOOP_OK, "two of two");
    is_int(hoop_rows_feed(&rows, (u_char *) ",", 1), HOOP_OK, "and a comma");
    is_int(hoop_rows_feed(&rows, (u_char *) " {", 2), HOOP_LIMIT,
           "the third, as soon as it begins");
    is_int(hoop_rows_feed(&rows, (u_char *) "}]", 2), HOOP_LIMIT,
           "that is final");

    set_rule(OUTER, 2);
    hoop_rows_init(&rows, &rule, 0);

    is_int(hoop_rows_feed(&rows, (u_char *) "[1,}", 4), HOOP_ERROR, "broken");
    is_int(hoop_rows_feed(&rows, (u_char *) "1]", 2), HOOP_ERROR,
           "that is final, too");

    is_int(count("[1,2]", 5, OUTER, 2, &same), 2, "as many as there may be");
    is_int(count("1\n2\n3", 5, LINES, 2, &same), 3, "lines, one too many");
    ok(same, "at any split");
    is_int(count("{\"d\":[1,2,3]}", 13, "d", 2, &same), 3, "at a pointer");
    ok(same, "at any split");
}


static void
test_depth(void)
{
    size_t       i;
    u_char       open[2] = { '[', '{' };
    hoop_rows_t  rows;

    for (i = 0; i < 2; i++) {
        unsigned  n;

        set_rule("a|b", MANY);
        hoop_rows_init(&rows, &rule, 0);

        for (n = 0; hoop_rows_feed(&rows, &open[i], 1) == HOOP_OK; n++) {
            if (i) {
                (void) hoop_rows_feed(&rows, (u_char *) "\"a\":", 4);
            }
        }

        is_int(n, HOOP_ROWS_DEPTH, "so deep and no deeper");
        is_int(rows.result, HOOP_ERROR, "then it is an error");
    }

    set_rule(OUTER, MANY);
    hoop_rows_init(&rows, &rule, 0);

    for (i = 0; i < HOOP_ROWS_DEPTH; i++) {
        (void) hoop_rows_feed(&rows, open, 1);
    }

    for (i = 0; i < HOOP_ROWS_DEPTH; i++) {
        (void) hoop_rows_feed(&rows, (u_char *) "]", 1);
    }

    is_int(rows.result, HOOP_OK, "and out again");
    is_int(rows.count, 1, "one row");
    is_int(hoop_rows_feed(&rows, (u_char *) "]", 1), HOOP_ERROR, "no further");
}


static void
test_types(void)
{
    int     rc, lines;
    size_t  i;

    static const struct {
        const char  *type;
        int          lines;            /* -1: not counted */
    } cases[] = {
        { "application/json", 0 }, { "Application/JSON;charset=utf-8", 0 },
        { "application/json ; x", 0 }, { "text/json\t", 0 },
        { "application/problem+json", 0 }, { "application/vnd.x+json; v=1", 0 },
        { "application/x-ndjson", 1 }, { "application/stream+json", 1 },
        { "application/json-seq", 1 }, { "application/geo+json-seq", 1 },
        { "application/JSONL", 1 },
        { "", -1 }, { "json", -1 }, { "+json", -1 }, { "text/plain", -1 },
        { "text/csv", -1 }, { "application/json5", -1 },
        { "text/event-stream", -1 }, { "application/jsonp", -1 },
        { "application/json,text/csv", -1 },
        { "application/vnd.123456789012345678901234567890123456789012345"
          "67890123456789+json", -1 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        lines = 7;
        rc = hoop_rows_type(hoop_cstr(cases[i].type), &lines);

        ok(cases[i].lines == -1 ? rc == HOOP_DECLINED
                                : rc == HOOP_OK && lines == cases[i].lines,
           "type \"%s\"", cases[i].type);
    }
}


int
main(void)
{
    test_types();
    test_counts();
    test_limit();
    test_depth();

    return done_testing();
}
