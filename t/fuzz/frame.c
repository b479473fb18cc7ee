
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Frames and chains from hostile bytes.  The first byte chooses: the rest is
 * a segment; or a text to be checked; or a script of what is done to a sound
 * chain, of which any that changes it has to be found.
 */


#define _GNU_SOURCE
#include <stdlib.h>

#include "hoop_event.h"


#define EVENTS  8


static void
segment(const u_char *p, size_t len)
{
    size_t             n;
    u_char            *again;
    hoop_chain_t       chain;
    hoop_frame_t       f, peek;
    hoop_event_view_t  v;

    hoop_chain_init(&chain, hoop_cstr("gw"), 0);

    while (len) {
        if (hoop_frame_parse(&f, p, len) != HOOP_OK) {
            n = hoop_frame_resync(p, len);

            if (n == 0 || n > len) {
                abort();
            }

            p += n;
            len -= n;
            continue;
        }

        if (f.size > len || f.text.data + f.text.len != p + f.size
            || hoop_frame_peek(&peek, p, len) != HOOP_OK || peek.seq != f.seq)
        {
            abort();
        }

        again = malloc(f.size);
        memcpy(again, p, f.size);
        hoop_frame_header(again, f.slot, f.seq, f.ts, f.text.len);

        if (memcmp(again, p, f.size) != 0) {
            abort();
        }

        free(again);

        (void) hoop_event_view(&v, f.text);
        (void) hoop_chain_check(&chain, f.text, 1);

        p += f.size;
        len -= f.size;
    }
}


static void
one(const u_char *p, size_t len)
{
    u_char             ts[HOOP_TIME_LEN];
    hoop_chain_t       chain;
    hoop_event_view_t  v;

    if (hoop_event_view(&v, hoop_str(p, len)) != HOOP_OK) {
        return;
    }

    if (!hoop_gateway_valid(v.gateway) || v.seq == 0 || v.ts > HOOP_TIME_MAX) {
        abort();
    }

    hoop_time_format(ts, v.ts);

    if (memmem(p, len, ts, sizeof(ts)) == NULL) {
        abort();
    }

    hoop_chain_init(&chain, v.gateway, v.slot);

    if (hoop_chain_check(&chain, hoop_str(p, len), 1) == HOOP_CHAIN_INTACT
        && (chain.seq != v.seq || memcmp(chain.head, v.hash, 64) != 0))
    {
        abort();
    }
}


static void
tamper(const u_char *p, size_t len)
{
    int                i, intact, changed;
    size_t             n, start;
    hoop_buf_t         b[EVENTS], t;
    hoop_chain_t       chain;
    hoop_event_head_t  head;

    hoop_chain_init(&chain, hoop_cstr("gw"), 3);
    memset(&head, 0, sizeof(hoop_event_head_t));
    head.type = "request";

    for (i = 0; i < EVENTS; i++) {
        hoop_buf_init(&b[i], 0);

        n = len / EVENTS;
        head.target = hoop_str(p, n);

        (void) hoop_event_begin(&b[i], &chain, i * 1000, &head);

        if (hoop_event_end(&b[i], &chain) != HOOP_OK) {
            abort();
        }
    }

    changed = 0;

    for (n = 0; n + 3 < len && n < 64; n += 4) {
        i = p[n + 1] % EVENTS;
        start = p[n + 2] % EVENTS;

        switch (p[n] % 3) {

        case 0:
            b[i].data[(p[n + 2] << 8 | p[n + 3]) % b[i].len] ^= p[n];
            break;

        case 1:
            t = b[i];
            b[i] = b[start];
            b[start] = t;
            break;

        default:
            if (b[i].len > p[n + 3]) {
                b[i].len -= p[n + 3];
            }
        }
    }

    /* what is still the same at each place is the same chain */

    hoop_chain_init(&chain, hoop_cstr("gw"), 3);
    memset(&head, 0, sizeof(hoop_event_head_t));
    head.type = "request";
    head.target = hoop_str(p, len / EVENTS);

    hoop_buf_init(&t, 0);

    for (i = 0; i < EVENTS; i++) {
        t.len = 0;
        (void) hoop_event_begin(&t, &chain, i * 1000, &head);
        (void) hoop_event_end(&t, &chain);

        changed |= t.len != b[i].len || memcmp(t.data, b[i].data, t.len) != 0;
    }

    hoop_buf_free(&t);

    hoop_chain_init(&chain, hoop_cstr("gw"), 3);
    intact = 1;

    for (i = 0; i < EVENTS; i++) {
        intact &= hoop_chain_check(&chain, hoop_str(b[i].data, b[i].len), 0)
                  == HOOP_CHAIN_INTACT;
    }

    if (intact == changed) {
        abort();
    }

    for (i = 0; i < EVENTS; i++) {
        hoop_buf_free(&b[i]);
    }
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }

    switch (data[0] % 3) {

    case 0:
        segment(data + 1, size - 1);
        break;

    case 1:
        one(data + 1, size - 1);
        break;

    default:
        tamper(data + 1, size - 1);
    }

    return 0;
}
