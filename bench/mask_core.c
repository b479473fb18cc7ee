
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The masker alone, one core: megabytes a second for bodies of several kinds,
 * a new masker for each body, as it is for each response.
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../src/core/hoop_mask.h"


static size_t       bench_out;
static const char  *bench_only;        /* a part of the names to be run */


static ssize_t
bench_sink(void *ctx, const u_char *p, size_t len)
{
    u_char  *dst = ctx;

    memcpy(dst, p, len < 65536 ? len : 65536);
    bench_out += len;

    return len;
}


/* of the processor: others may run on it as well */

static double
bench_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return ts.tv_sec + ts.tv_nsec / 1e9;
}


static void
bench_run(const char *name, hoop_mask_mode_e mode, const hoop_buf_t *body,
    size_t chunk)
{
    size_t                  i, n, done, check;
    double                  start, spent, best;
    unsigned                round;
    uint32_t                total;
    unsigned                flags;
    hoop_mask_t            *m;
    const u_char           *p;
    const hoop_mask_set_t  *set;

    static u_char  out[65536];

    if (bench_only != NULL && strstr(name, bench_only) == NULL) {
        return;
    }

    set = hoop_mask_set_default();
    total = 0;
    done = 0;
    check = 0;
    best = 0;
    round = 0;
    start = bench_now();

    /* the best of five rounds */

    do {
        m = hoop_mask_create(mode, &set, 1, NULL, 0, 0);
        if (m == NULL) {
            exit(1);
        }

        for (i = 0; i < body->len; i += n) {
            n = (body->len - i < chunk) ? body->len - i : chunk;
            p = body->data + i;
            flags = (i + n == body->len) ? HOOP_MASK_LAST : HOOP_MASK_FLUSH;

            if (hoop_mask_feed(m, &p, p + n, flags, bench_sink, out)
                != HOOP_OK)
            {
                exit(1);
            }
        }

        total = hoop_mask_total(m);
        hoop_mask_free(m);

        done += body->len;

        if (done < check) {
            continue;
        }

        check = done + 1000000;
        spent = bench_now() - start;

        if (spent > 0.2) {
            best = (done / spent > best) ? done / spent : best;
            done = 0;
            check = 0;
            round++;
            start = bench_now();
        }

    } while (round < 5);

    printf("%-22s %8zu bytes in %6zu: %8.0f MB/s, %u masked\n", name,
           body->len, chunk, best / 1e6, total);
}


static void
bench_object(hoop_buf_t *b, unsigned i, int dense)
{
    char  text[512];

    (void) snprintf(text, sizeof(text),
                    "{\"id\":%u,\"name\":\"Customer %u\",\"status\":\"active\","
                    "\"created_at\":\"2024-0%u-11T10:2%u:00Z\",\"balance\":"
                    "%u.%02u,\"tags\":[\"gold\",\"eu-west\",\"b2b\"],"
                    "\"address\":{\"street\":\"%u High Street\",\"city\":"
                    "\"Springfield\",\"zip\":\"%05u\"},\"%s\":\"%s\"}",
                    100000 + i, i, i % 9 + 1, i % 6, i * 37 % 10000, i % 100,
                    i % 300, i * 7919 % 100000, dense ? "contact" : "note",
                    dense ? "jane.doe@example.com"
                          : "called back, wants the yearly plan");
    (void) hoop_buf_adds(b, text);
}


static void
bench_json(hoop_buf_t *b, size_t len, int dense)
{
    unsigned  i;

    hoop_buf_init(b, 0);
    (void) hoop_buf_adds(b, "{\"data\":[");

    for (i = 0; b->len + 300 < len; i++) {
        if (i) {
            (void) hoop_buf_addc(b, ',');
        }

        bench_object(b, i, dense);
    }

    (void) hoop_buf_adds(b, "],\"next\":null}");
}


int
main(int argc, char **argv)
{
    size_t      i;
    hoop_buf_t  b, nested;

    bench_only = (argc > 1) ? argv[1] : NULL;

    bench_json(&b, 1024, 0);
    bench_run("clean JSON", HOOP_MASK_JSON, &b, 1 << 20);
    hoop_buf_free(&b);

    bench_json(&b, 65536, 0);
    bench_run("clean JSON", HOOP_MASK_JSON, &b, 1 << 20);
    bench_run("clean JSON", HOOP_MASK_JSON, &b, 4096);
    bench_run("the same as text", HOOP_MASK_TEXT, &b, 1 << 20);

    /* the same in a JSON string, as a tool result has it */

    hoop_buf_init(&nested, 0);
    (void) hoop_buf_adds(&nested, "{\"content\":[{\"type\":\"text\",\"text\":");
    (void) hoop_buf_add_json(&nested, b.data, b.len);
    (void) hoop_buf_adds(&nested, "}]}");
    bench_run("JSON in JSON", HOOP_MASK_JSON, &nested, 1 << 20);
    hoop_buf_free(&nested);
    hoop_buf_free(&b);

    bench_json(&b, 65536, 1);
    bench_run("dense JSON", HOOP_MASK_JSON, &b, 1 << 20);
    hoop_buf_free(&b);

    hoop_buf_init(&b, 0);

    for (i = 0; b.len < 65536; i++) {
        (void) hoop_buf_adds(&b, "The quick brown fox jumps over the lazy dog, "
                             "and then it rests for a while; nobody knows why."
                             "\n");
    }

    bench_run("text", HOOP_MASK_TEXT, &b, 1 << 20);
    b.len = 0;

    for (i = 0; b.len < 65536; i++) {
        (void) hoop_buf_adds(&b, "The quick brown fox jumps over the lazy dog "
                             "and then calls 219-09-9999, jane@example.com.\n");
    }

    bench_run("dense text", HOOP_MASK_TEXT, &b, 1 << 20);
    b.len = 0;

    (void) hoop_buf_adds(&b, "id,name,city,note,balance\n");

    for (i = 0; b.len < 65536; i++) {
        (void) hoop_buf_adds(&b, "100001,Customer One,Springfield,\"called, "
                             "wants the yearly plan\",1024.50\n");
    }

    bench_run("a table", HOOP_MASK_CSV, &b, 1 << 20);
    b.len = 0;

    (void) hoop_buf_adds(&b, "id,name,password,note,balance\n");

    for (i = 0; b.len < 65536; i++) {
        (void) hoop_buf_adds(&b, "100001,Customer One,hunter2-and-more,\"called"
                             ", wants the yearly plan\",1024.50\n");
    }

    bench_run("a column of secrets", HOOP_MASK_CSV, &b, 1 << 20);
    hoop_buf_free(&b);

    hoop_buf_init(&b, 0);
    (void) hoop_buf_adds(&b, "{}");
    bench_run("an empty object", HOOP_MASK_JSON, &b, 1 << 20);

    return 0;
}
