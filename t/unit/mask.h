
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the unit programs of the masker share: a case is masked whole, in any
 * two pieces, and in many.
 */


#ifndef _HOOP_TEST_MASK_H_INCLUDED_
#define _HOOP_TEST_MASK_H_INCLUDED_


#include <stdlib.h>

#include <jansson.h>

#include "../../src/core/hoop_mask.h"
#include "tap.h"


#define T  HOOP_MASK_TEXT
#define J  HOOP_MASK_JSON
#define S  HOOP_MASK_SSE
#define F  HOOP_MASK_FORM
#define C  HOOP_MASK_CSV
#define X  HOOP_MASK_MARKUP
#define Y  HOOP_MASK_CONFIG


typedef struct {
    hoop_mask_mode_e   mode;
    const char        *name;
    const char        *in;
    const char        *out;       /* NULL: unchanged */
    const char        *conf;      /* NULL: the default set */
} mask_case_t;


typedef struct {
    hoop_buf_t   out;
    uint32_t    *seed;
    size_t       cap;             /* of one call; 0: all, or by seed */
    int          fail;
} test_sink_t;


static uint32_t
test_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;

    return *seed;
}


static ssize_t
test_sink(void *data, const u_char *p, size_t len)
{
    test_sink_t  *s = data;

    if (s->fail) {
        return -1;
    }

    if (s->cap && len > s->cap) {
        len = s->cap;
    }

    if (s->seed && test_random(s->seed) % 3 == 0) {
        len = test_random(s->seed) % (len + 1);
    }

    return (hoop_buf_add(&s->out, p, len) == HOOP_OK) ? (ssize_t) len : -1;
}


static const hoop_mask_set_t *
test_set(const char *conf)
{
    json_t           *v;
    hoop_error_t      err;
    hoop_mask_set_t  *set;

    if (conf == NULL) {
        return hoop_mask_set_default();
    }

    v = json_loads(conf, 0, NULL);
    set = hoop_mask_set_compile(v, "/m", NULL, &err);
    json_decref(v);

    return set;
}


static void
test_set_free(const hoop_mask_set_t *set)
{
    if (set != hoop_mask_set_default()) {
        hoop_mask_set_free((hoop_mask_set_t *) set);
    }
}


/* feeds [p, p + len) to its end, however often the sink is full */

static int
test_feed(hoop_mask_t *m, const u_char *p, size_t len, unsigned flags,
    test_sink_t *s)
{
    int            rc;
    u_char        *copy;
    const u_char  *q;

    copy = malloc(len ? len : 1);
    memcpy(copy, p, len);
    q = copy;

    do {
        rc = hoop_mask_feed(m, &q, copy + len, flags, test_sink, s);
    } while (rc == HOOP_AGAIN);

    if (rc == HOOP_OK && q != copy + len) {
        rc = HOOP_LIMIT;
    }

    free(copy);

    return rc;
}


static int
test_same(const test_sink_t *s, const char *want, size_t len)
{
    return s->out.len == len && memcmp(s->out.data, want, len) == 0;
}


static void
test_case(const mask_case_t *c)
{
    int                     good;
    size_t                  i, n, len, wlen;
    uint32_t                seed;
    unsigned                k, flags;
    const char             *want;
    test_sink_t             s;
    hoop_mask_t            *m;
    const u_char           *in;
    const hoop_mask_set_t  *set;

    in = (const u_char *) c->in;
    len = strlen(c->in);
    want = c->out ? c->out : c->in;
    wlen = strlen(want);
    set = test_set(c->conf);

    memset(&s, 0, sizeof(s));
    hoop_buf_init(&s.out, 0);

    m = hoop_mask_create(c->mode, &set, 1, NULL, 0, 0);
    (void) test_feed(m, in, len, HOOP_MASK_LAST, &s);
    is_mem(s.out.data, s.out.len, want, wlen, c->name);
    good = (hoop_mask_total(m) == 0) == (c->out == NULL);
    hoop_mask_free(m);

    /* in two pieces, split everywhere, with and without a flush */

    for (i = 0; good && i <= len; i++) {
        for (k = 0; k < 2; k++) {
            s.out.len = 0;
            m = hoop_mask_create(c->mode, &set, 1, NULL, 0, 0);
            (void) test_feed(m, in, i, k ? HOOP_MASK_FLUSH : 0, &s);
            (void) test_feed(m, in + i, len - i, HOOP_MASK_LAST, &s);
            hoop_mask_free(m);
            good = good && test_same(&s, want, wlen);
        }
    }

    /* in many pieces, into a sink that takes what it likes */

    seed = 4711;
    s.seed = &seed;

    for (k = 0; good && k < 60; k++) {
        s.out.len = 0;
        s.cap = k % 5;
        m = hoop_mask_create(c->mode, &set, 1, NULL, 0, 0);

        for (i = 0; i < len; i += n) {
            n = test_random(&seed) % ((k & 1) ? 3 : 12) + 1;
            n = (n > len - i) ? len - i : n;
            flags = (i + n == len) ? HOOP_MASK_LAST
                    : (test_random(&seed) & 1) ? HOOP_MASK_FLUSH : 0;
            (void) test_feed(m, in + i, n, flags, &s);
        }

        hoop_mask_free(m);
        good = test_same(&s, want, wlen);
    }

    if (!ok(good, "%s: in any chunks", c->name)) {
        printf("# got %.*s\n", (int) s.out.len, s.out.data);
    }

    hoop_buf_free(&s.out);
    test_set_free(set);
}


#endif /* _HOOP_TEST_MASK_H_INCLUDED_ */
