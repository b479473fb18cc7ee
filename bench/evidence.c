
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What one event costs, by its parts: a kilobyte of JSON text recorded.
 */


#include <stdio.h>
#include <time.h>

#include "hoop_event.h"


#define BENCH_ROUNDS  100000

#define bench(name, bytes, expr)                                              \
    do {                                                                      \
        unsigned  bench_i;                                                    \
        double    bench_start = bench_now();                                  \
                                                                              \
        for (bench_i = 0; bench_i < BENCH_ROUNDS; bench_i++) {                \
            expr;                                                             \
        }                                                                     \
                                                                              \
        bench_print(name, bytes, bench_now() - bench_start);                  \
    } while (0)


static double
bench_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return ts.tv_sec * 1e9 + ts.tv_nsec;
}


static void
bench_print(const char *name, size_t bytes, double ns)
{
    printf("%-24s %7.0f ns", name, ns / BENCH_ROUNDS);

    if (bytes) {
        printf("  %6.0f MB/s", bytes * BENCH_ROUNDS * 1e3 / ns);
    }

    printf("\n");
}


static void
bench_event(hoop_buf_t *b, hoop_chain_t *chain, hoop_str_t data)
{
    size_t                    start;
    static hoop_event_head_t  head = {
        "recording", hoop_string("hs_0123456789abcdef0123456789abcdef"),
        hoop_string("run-42"),
        hoop_string("{\"iss\":\"https://idp.test\",\"sub\":\"agent-7\"}"),
        hoop_string("crm.test")
    };

    start = b->len;
    b->len += HOOP_FRAME_HEADER;

    (void) hoop_event_begin(b, chain, 1924992000000ULL, &head);
    (void) hoop_event_string(b, "direction", hoop_cstr("response"));
    (void) hoop_event_uint(b, "part", 0);
    (void) hoop_event_string(b, "encoding", hoop_cstr("utf8"));
    (void) hoop_event_string(b, "data", data);
    (void) hoop_event_raw(b, "last", hoop_cstr("true"));
    (void) hoop_event_end(b, chain);

    hoop_frame_header(b->data + start, chain->slot, chain->seq, chain->ts,
                      b->len - start - HOOP_FRAME_HEADER);
}


int
main(void)
{
    u_char        md[32], text[1024], plain[1024];
    size_t        n;
    unsigned      sum;
    hoop_buf_t    b;
    hoop_chain_t  chain;

    static const char  row[] =
        "{\"id\": 17, \"name\": \"Customer 17\", \"active\": true, "
        "\"created\": \"2031-04-18T10:15:30Z\", \"tags\": [\"gold\"]}, ";

    for (n = 0; n < sizeof(text); n++) {
        text[n] = row[n % (sizeof(row) - 1)];
        plain[n] = 'a' + n % 26;
    }

    sum = 0;
    hoop_buf_init(&b, 0);
    (void) hoop_buf_reserve(&b, 16384);
    hoop_chain_init(&chain, hoop_str("bench", 5), 0);

    bench("escape JSON text", sizeof(text),
          b.len = 0; (void) hoop_buf_add_json(&b, text, sizeof(text)));
    bench("escape plain text", sizeof(plain),
          b.len = 0; (void) hoop_buf_add_json(&b, plain, sizeof(plain)));
    bench("escape a word", 0,
          b.len = 0; (void) hoop_buf_add_json(&b, (u_char *) "response", 8));
    bench("UTF-8 check", sizeof(text),
          sum += hoop_utf8_valid(text, sizeof(text)));
    bench("SHA-256", sizeof(text), hoop_sha256(md, text, sizeof(text)));
    bench("SHA-256 of a word", 0, hoop_sha256(md, text, 8));
    bench("CRC-32", sizeof(text), sum += hoop_crc32(text, sizeof(text)));
    bench("event", 0,
          b.len = 0; bench_event(&b, &chain, hoop_str("x", 1)));
    bench("event with a recording", 0,
          b.len = 0; bench_event(&b, &chain, hoop_str(text, sizeof(text))));

    printf("# %u, an event of %zu bytes\n", sum & 1, b.len);

    hoop_buf_free(&b);

    return b.failed;
}
