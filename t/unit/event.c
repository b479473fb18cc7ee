
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Events, frames and chains: what is written is read back, and whatever is
 * done to a chain is named for what it is.
 */


#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "hoop_event.h"
#include "tap.h"


#define EVENTS  6


static hoop_str_t  text[EVENTS];
static hoop_buf_t  all;

static const char  zeros[] = "00000000000000000000000000000000"
                             "00000000000000000000000000000000";


static int
add(hoop_buf_t *b, hoop_chain_t *chain, uint64_t now, const char *type)
{
    hoop_event_head_t  head;

    memset(&head, 0, sizeof(hoop_event_head_t));

    head.type = type;
    head.session = hoop_cstr("hs_00000000000000000000000000000001");
    head.run = hoop_cstr("run \"1\"\n");
    head.identity = hoop_cstr("{\"iss\":\"https://idp\",\"sub\":\"alice\"}");
    head.target = hoop_cstr("crm\x80");

    if (hoop_event_begin(b, chain, now, &head) != HOOP_OK) {
        return HOOP_ERROR;
    }

    (void) hoop_event_string(b, "method", hoop_cstr("GET"));
    (void) hoop_event_uint(b, "status", UINT64_MAX);
    (void) hoop_event_raw(b, "masked", hoop_cstr("{\"us_ssn\":2}"));

    return hoop_event_end(b, chain);
}


static void
make(void)
{
    int           i;
    size_t        start[EVENTS + 1];
    hoop_chain_t  chain;

    hoop_buf_init(&all, 0);
    hoop_chain_init(&chain, hoop_cstr("gw-1.example"), 7);

    for (i = 0; i < EVENTS; i++) {
        start[i] = all.len;
        (void) add(&all, &chain, 1769860800000 + i, "request");
    }

    start[EVENTS] = all.len;

    for (i = 0; i < EVENTS; i++) {
        text[i] = hoop_str(all.data + start[i], start[i + 1] - start[i]);
    }
}


/* the texts of the given order, "0123"; the first fault, and where */

static hoop_chain_e
check(const char *order, int *at)
{
    hoop_chain_e  e;
    hoop_chain_t  chain;

    hoop_chain_init(&chain, hoop_cstr("gw-1.example"), 7);

    for (*at = 0; order[*at]; (*at)++) {
        e = hoop_chain_check(&chain, text[order[*at] - '0'], *at == 0);
        if (e != HOOP_CHAIN_INTACT) {
            return e;
        }
    }

    return HOOP_CHAIN_INTACT;
}


static void
is_fault(const char *order, hoop_chain_e wanted, int place, const char *name)
{
    int           at;
    hoop_chain_e  e;

    e = check(order, &at);

    ok(e == wanted && at == place, "%s: %s at %d", name, hoop_chain_strerror(e),
       at);
}


static void
test_text(void)
{
    u_char         hash[64], md[32];
    json_t        *json;
    json_error_t   err;

    static const char  begin[] =
        "{\"v\":1,\"id\":\"gw-1.example:7:1\",\"seq\":1,"
        "\"ts\":\"2026-01-31T12:00:00.000Z\",\"gateway\":\"gw-1.example\","
        "\"slot\":7,\"type\":\"request\","
        "\"session\":\"hs_00000000000000000000000000000001\","
        "\"run\":\"run \\\"1\\\"\\n\","
        "\"identity\":{\"iss\":\"https://idp\",\"sub\":\"alice\"},"
        "\"target\":\"crm\xef\xbf\xbd\","
        "\"method\":\"GET\",\"status\":18446744073709551615,"
        "\"masked\":{\"us_ssn\":2},\"prev\":\"";

    is_mem(text[0].data, sizeof(begin) - 1, begin, sizeof(begin) - 1,
           "the text, to the letter");
    is_mem(text[0].data + sizeof(begin) - 1, 64, zeros, 64,
           "prev of the first is zeros");

    hoop_sha256(md, text[0].data, text[0].len - 75);
    hoop_hex(hash, md, 32);

    is_mem(text[0].data + text[0].len - 66, 64, hash, 64,
           "hash is of all before its comma");
    is_mem(text[1].data + text[1].len - 75 - 65, 64, hash, 64,
           "prev is the hash before");

    json = json_loadb((const char *) text[2].data, text[2].len,
                      JSON_REJECT_DUPLICATES|JSON_DECODE_INT_AS_REAL, &err);
    ok(json != NULL, "it is JSON");
    json_decref(json);
}


static void
test_time(void)
{
    int        i, bad;
    time_t     t;
    u_char     out[HOOP_TIME_LEN + 1];
    char       wanted[64];
    uint64_t   ms, back;
    struct tm  tm;

    out[HOOP_TIME_LEN] = '\0';

    hoop_time_format(out, 0);
    is_str((char *) out, "1970-01-01T00:00:00.000Z", "the epoch");

    hoop_time_format(out, HOOP_TIME_MAX);
    is_str((char *) out, "9999-12-31T23:59:59.999Z", "the last moment");

    hoop_time_format(out, 951782400000ULL + 1);
    is_str((char *) out, "2000-02-29T00:00:00.001Z", "a leap day");

    bad = 0;
    srandom(1);

    for (i = 0; i < 20000; i++) {
        ms = (((uint64_t) random() << 31) ^ random()) % (HOOP_TIME_MAX + 1);

        t = (time_t) (ms / 1000);
        gmtime_r(&t, &tm);
        strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%S", &tm);
        sprintf(wanted + strlen(wanted), ".%03dZ", (int) (ms % 1000));

        hoop_time_format(out, ms);
        bad += strcmp(wanted, (char *) out) != 0;
        bad += hoop_time_parse(&back, hoop_str(out, HOOP_TIME_LEN)) != HOOP_OK
               || back != ms;
    }

    is_int(bad, 0, "20000 moments as the C library has them, and back");

    ok(hoop_time_parse(&ms, hoop_cstr("2026-02-30T00:00:00.000Z")) != HOOP_OK,
       "30 February");
    ok(hoop_time_parse(&ms, hoop_cstr("2026-01-01T24:00:00.000Z")) != HOOP_OK,
       "hour 24");
    ok(hoop_time_parse(&ms, hoop_cstr("2026-01-01T00:00:60.000Z")) != HOOP_OK,
       "second 60");
    ok(hoop_time_parse(&ms, hoop_cstr("2026-00-01T00:00:00.000Z")) != HOOP_OK,
       "month 0");
    ok(hoop_time_parse(&ms, hoop_cstr("1969-12-31T23:59:59.999Z")) != HOOP_OK,
       "before the epoch");
    ok(hoop_time_parse(&ms, hoop_cstr("2026-01-01 00:00:00.000Z")) != HOOP_OK,
       "a space");
    ok(hoop_time_parse(&ms, hoop_cstr("2026-01-01T00:00:00Z")) != HOOP_OK,
       "no milliseconds");
}


static void
test_chain(void)
{
    int           i, at;
    size_t        n, bad, fits;
    u_char        copy[2048], md[32];
    hoop_chain_t  chain, before;
    hoop_chain_e  e;

    ok(check("012345", &at) == HOOP_CHAIN_INTACT, "intact");
    ok(check("2345", &at) == HOOP_CHAIN_INTACT, "intact from its third");

    is_fault("01245", HOOP_CHAIN_REMOVED, 3, "the fourth removed");
    is_fault("01345", HOOP_CHAIN_REMOVED, 2, "the third removed");
    is_fault("0112345", HOOP_CHAIN_REORDERED, 2, "the second twice");
    is_fault("0120345", HOOP_CHAIN_REORDERED, 3, "the first again");
    is_fault("102345", HOOP_CHAIN_REORDERED, 1, "the first two turned");
    is_fault("021345", HOOP_CHAIN_REMOVED, 1, "two in the middle turned");

    /* every single byte, every way: it never passes as it is */

    bad = 0;

    for (n = 0; n < text[1].len; n++) {
        for (i = 1; i < 256; i += 13) {
            hoop_chain_init(&chain, hoop_cstr("gw-1.example"), 7);
            (void) hoop_chain_check(&chain, text[0], 1);
            before = chain;

            memcpy(copy, text[1].data, text[1].len);
            copy[n] ^= i;

            e = hoop_chain_check(&chain, hoop_str(copy, text[1].len), 0);

            bad += (e == HOOP_CHAIN_INTACT)
                   || memcmp(&chain, &before, sizeof(chain)) != 0;
        }
    }

    is_int(bad, 0, "each byte changed is found, and the chain stays");

    bad = 0;

    for (n = 0; n < text[1].len; n++) {
        hoop_chain_init(&chain, hoop_cstr("gw-1.example"), 7);
        bad += hoop_chain_check(&chain, hoop_str(text[1].data, n), 1)
               == HOOP_CHAIN_INTACT;
    }

    is_int(bad, 0, "each shorter text is found");

    /* changed, and its own hash made to fit */

    hoop_chain_init(&chain, hoop_cstr("gw-1.example"), 7);
    (void) hoop_chain_check(&chain, text[0], 1);

    memcpy(copy, text[1].data, text[1].len);
    memcpy((u_char *) strstr((char *) copy, "alice"), "mallo", 5);

    e = hoop_chain_check(&chain, hoop_str(copy, text[1].len), 0);
    is_str(hoop_chain_strerror(e), "changed", "a subject changed");

    hoop_sha256(md, copy, text[1].len - 75);
    hoop_hex(copy + text[1].len - 66, md, 32);

    e = hoop_chain_check(&chain, hoop_str(copy, text[1].len), 0);
    is_str(hoop_chain_strerror(e), "intact", "its hash made to fit");

    e = hoop_chain_check(&chain, text[2], 0);
    is_str(hoop_chain_strerror(e), "forged",
           "but then the next does not continue it");

    /* of another slot or gateway */

    hoop_chain_init(&chain, hoop_cstr("gw-1.example"), 8);
    e = hoop_chain_check(&chain, text[0], 1);
    is_str(hoop_chain_strerror(e), "forged", "of another slot");

    hoop_chain_init(&chain, hoop_cstr("gw-2.example"), 7);
    e = hoop_chain_check(&chain, text[0], 1);
    is_str(hoop_chain_strerror(e), "forged", "of another gateway");

    /* seq 1 begins a chain and nothing else does */

    fits = text[0].len;
    memcpy(copy, text[0].data, fits);
    copy[fits - 75 - 65] = '1';
    hoop_sha256(md, copy, fits - 75);
    hoop_hex(copy + fits - 66, md, 32);

    hoop_chain_init(&chain, hoop_cstr("gw-1.example"), 7);
    e = hoop_chain_check(&chain, hoop_str(copy, fits), 1);
    is_str(hoop_chain_strerror(e), "forged", "a first event with a prev");

    e = hoop_chain_check(&chain, hoop_cstr("{}"), 1);
    is_str(hoop_chain_strerror(e), "unreadable", "an empty object");
    e = hoop_chain_check(&chain, hoop_str(NULL, 0), 1);
    is_str(hoop_chain_strerror(e), "unreadable", "nothing");
}


static void
test_view(void)
{
    size_t             i, len;
    u_char             copy[2048];
    char              *at;
    hoop_event_view_t  v;

    static const struct {
        const char  *from;
        const char  *to;
    } wrong[] = {
        { "{\"v\":1", "{\"v\":2" },
        { ":7:1\"", ":8:1\"" },
        { "\"seq\":1", "\"seq\":2" },
        { "\"seq\":1", "\"seq\":0" },
        { "2026-01-31", "2026-01-32" },
        { "\"slot\":7", "\"slot\":9" },
        { "gateway\":\"gw-1", "gateway\":\"gw-2" },
        { "\"gw-1.example:", "\"gw/1.example:" },
        { "\"type\":\"request\"", "\"type\":\"requ\\st\"" },
        { "\"type\":\"r", "\"type\":\"\"" },
        { "request\",", "request\"}" },
        { "\"prev\":\"0", "\"prev\":\"G" },
        { "\"prev\"", "\"pref\"" },
        { "\"hash\"", "\"hasj\"" }
    };

    ok(hoop_event_view(&v, text[3]) == HOOP_OK, "an event is read back");
    is_mem(v.gateway.data, v.gateway.len, "gw-1.example", 12, "its gateway");
    is_int(v.slot, 7, "its slot");
    is_int(v.seq, 4, "its seq");
    is_int(v.ts, 1769860800003, "its ts");
    is_mem(v.type.data, v.type.len, "request", 7, "its type");

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        len = text[0].len;
        memcpy(copy, text[0].data, len);
        copy[len] = '\0';

        at = strstr((char *) copy, wrong[i].from);
        memcpy(at, wrong[i].to, strlen(wrong[i].to));

        ok(hoop_event_view(&v, hoop_str(copy, len)) != HOOP_OK,
           "not an event: %s", wrong[i].to);
    }
}


static void
test_limits(void)
{
    u_char             *big;
    hoop_buf_t          b;
    hoop_chain_t        chain, saved;
    hoop_event_head_t   head;

    static const hoop_str_t  name = hoop_string("a");

    hoop_chain_init(&chain, name, 0);
    saved = chain;

    memset(&head, 0, sizeof(hoop_event_head_t));
    head.type = "recording";

    big = malloc(HOOP_EVENT_MAX);
    memset(big, 'x', HOOP_EVENT_MAX);

    hoop_buf_init(&b, 0);
    (void) hoop_event_begin(&b, &chain, 5, &head);
    (void) hoop_event_string(&b, "data", hoop_str(big, HOOP_EVENT_MAX));
    is_int(hoop_event_end(&b, &chain), HOOP_LIMIT, "an event over the cap");
    ok(b.failed && chain.seq == 0, "and the chain has not moved");
    hoop_buf_free(&b);

    chain = saved;
    hoop_buf_init(&b, 270);
    (void) hoop_event_begin(&b, &chain, 5, &head);
    (void) hoop_event_string(&b, "data", hoop_str(big, 100));
    ok(hoop_event_end(&b, &chain) != HOOP_OK && chain.seq == 0,
       "a buffer that is full");
    hoop_buf_free(&b);

    chain = saved;
    hoop_buf_init(&b, 0);
    chain.seq = UINT64_MAX;
    ok(hoop_event_begin(&b, &chain, 5, &head) != HOOP_OK, "no seq left");
    hoop_buf_free(&b);

    chain = saved;
    hoop_buf_init(&b, 0);
    ok(hoop_event_begin(&b, &chain, HOOP_TIME_MAX + 1, &head) != HOOP_OK,
       "a moment after the last");
    hoop_buf_free(&b);

    chain = saved;
    hoop_buf_init(&b, 0);
    (void) add(&b, &chain, 5000, "a");
    (void) add(&b, &chain, 4000, "b");
    ok(chain.ts == 5000 && chain.seq == 2, "a clock set back does not turn ts");

    /* rollback: what comes after is as if nothing had been */

    saved = chain;
    b.len = 0;
    (void) add(&b, &chain, 6000, "c");
    big = realloc(big, b.len);
    memcpy(big, b.data, b.len);
    chain = saved;
    b.len = 0;
    (void) add(&b, &chain, 6000, "d");
    chain = saved;
    b.len = 0;
    (void) add(&b, &chain, 6000, "c");
    is_mem(b.data, b.len, big, b.len, "rolled back and done again");

    hoop_buf_free(&b);
    free(big);

    ok(!hoop_gateway_valid(hoop_cstr("")), "a gateway needs a name");
    ok(!hoop_gateway_valid(hoop_cstr("a:b")), "without a colon");
    ok(!hoop_gateway_valid(hoop_cstr("a\"b")), "without a quote");
    ok(!hoop_gateway_valid(hoop_str(zeros, 64 + 1)), "of at most 64");
    ok(hoop_gateway_valid(hoop_str(zeros, 64)), "64 is fine");
}


static void
test_frame(void)
{
    int           i, bad;
    size_t        n, len, pos;
    u_char       *p;
    hoop_frame_t  f;

    len = 0;
    p = malloc(all.len + EVENTS * HOOP_FRAME_HEADER);

    for (i = 0; i < EVENTS; i++) {
        memcpy(p + len + HOOP_FRAME_HEADER, text[i].data, text[i].len);
        hoop_frame_header(p + len, 7, i + 1, 1769860800000 + i, text[i].len);
        len += HOOP_FRAME_HEADER + text[i].len;
    }

    is_mem(p, 4, "HEV1", 4, "the magic");
    is_int(p[4] | p[5] << 8 | p[6] << 16, text[0].len, "little-endian length");
    is_int(p[12], 7, "slot");
    is_int(p[16], 1, "seq");

    for (i = 0, pos = 0, bad = 0; i < EVENTS; i++, pos += f.size) {
        bad += hoop_frame_parse(&f, p + pos, len - pos) != HOOP_OK
               || f.seq != (uint64_t) i + 1 || f.slot != 7
               || f.ts != 1769860800000ULL + i || !hoop_str_eq(f.text, text[i]);
    }

    ok(bad == 0 && pos == len, "a row of frames is read back");

    for (n = 0, bad = 0; n < HOOP_FRAME_HEADER + text[0].len; n++) {
        bad += hoop_frame_parse(&f, p, n) != HOOP_AGAIN;
    }

    is_int(bad, 0, "each shorter frame needs more");
    ok(hoop_frame_parse(&f, p, n) == HOOP_OK, "and the whole is enough");

    for (n = 0, bad = 0; n < HOOP_FRAME_HEADER + text[0].len; n++) {
        p[n] ^= 0x10;
        bad += hoop_frame_parse(&f, p, len) == HOOP_OK;
        p[n] ^= 0x10;
    }

    is_int(bad, 0, "each byte changed is found");

    /* damage: reading goes on at the next frame */

    p[40] ^= 1;
    n = hoop_frame_resync(p, len);
    ok(hoop_frame_parse(&f, p + n, len - n) == HOOP_OK && f.seq == 2,
       "the frame after a damaged one");
    is_int(hoop_frame_resync(p, 100), 100, "no frame in sight");
    is_int(hoop_frame_resync((u_char *) "xHE", 3), 1, "perhaps one cut off");

    memset(p + 4, 0, 4);
    ok(hoop_frame_parse(&f, p, len) == HOOP_ERROR, "an empty text");
    p[6] = 0x10;
    p[4] = 1;
    ok(hoop_frame_parse(&f, p, len) == HOOP_ERROR, "a text over the cap");

    free(p);
}


int
main(void)
{
    make();

    test_text();
    test_time();
    test_chain();
    test_view();
    test_limits();
    test_frame();

    hoop_buf_free(&all);

    return done_testing();
}
