
/*
 * Copyright (C) ngx_hoop_module authors
 */


#include <stdlib.h>

#include "hoop_prefer.h"
#include "tap.h"


static const struct {
    const char  *text;
    int          async;
    int          wait;                 /* -1: none */
} cases[] = {
    { "", 0, -1 },
    { "respond-async", 1, -1 },
    { "Respond-Async", 1, -1 },
    { "wait=10", 0, 10 },
    { "wait = 10", 0, 10 },
    { "WAIT=\"10\"", 0, 10 },
    { "respond-async, wait=10", 1, 10 },
    { "wait=10,respond-async", 1, 10 },
    { " , ,respond-async,,\twait=3", 1, 3 },
    { "wait=1, wait=2", 0, 1 },
    { "wait=x, wait=2", 0, 2 },
    { "wait, wait=2", 0, 2 },
    { "return=minimal; wait=5", 0, -1 },
    { "return=minimal; foo=\"a,b;c\"; x, wait=5", 0, 5 },
    { "foo=\"a\\\"b\", wait=5", 0, 5 },
    { "foo;bar; , wait=5", 0, 5 },
    { "respond-async; wait=100", 1, -1 },
    { "wait=-1", 0, -1 },
    { "wait=1.5", 0, -1 },
    { "wait=99999999999999999999", 0, HOOP_PREFER_MAX },
    { "wait=", 0, -1 },
    { "wait=\"5", 0, -1 },
    { "wait=\"5\\", 0, -1 },
    { "wait=5 6", 0, -1 },
    { "=5, wait=5", 0, -1 },
    { "respond-asynchronously", 0, -1 },
    { "a b, wait=5", 0, -1 },
    { "(x), wait=5", 0, -1 },
};


int
main(void)
{
    char           *copy;
    size_t          i, len;
    hoop_prefer_t   p;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        /* a copy of its own, so that valgrind sees a read over its end */

        len = strlen(cases[i].text);
        copy = malloc(len ? len : 1);
        memcpy(copy, cases[i].text, len);

        memset(&p, 0, sizeof(p));
        hoop_prefer(hoop_str(copy, len), &p);

        ok(p.async == (unsigned) cases[i].async
           && p.has_wait == (cases[i].wait >= 0)
           && (!p.has_wait || p.wait == (unsigned) cases[i].wait),
           "\"%s\"", cases[i].text);

        free(copy);
    }

    memset(&p, 0, sizeof(p));
    hoop_prefer(hoop_cstr("wait=1"), &p);
    hoop_prefer(hoop_cstr("respond-async, wait=2"), &p);

    ok(p.async && p.has_wait && p.wait == 1, "of several headers the first");

    return done_testing();
}
