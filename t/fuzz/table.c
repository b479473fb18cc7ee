
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The shared tables against models that are only right: a script of calls, of
 * four bytes each, on small tables, so that sets are full most of the time.
 *
 * A token is found only as it was last put, never past its end, and never
 * after it was dropped; it may be missing.  A replay key that was remembered
 * is seen until its end, whatever else happens.  Of a rate it gives what the
 * arithmetic of hoop_rate.h does, or says that there is no room.
 */


#include <stdlib.h>

#include "hoop_table.h"


#define KEYS  64


typedef struct {
    uint64_t  id;
    int64_t   expires;
    int64_t   checked;
    uint32_t  mark;
} token_t;


static u_char   keys[KEYS][32];
static token_t  tokens[KEYS];
static int64_t  replay[KEYS];         /* remembered up to here; 0: not */
static int64_t  until[KEYS];          /* owed up to here */


static void
check_token(hoop_table_t *t, unsigned k, int64_t now)
{
    int                 rc;
    hoop_table_entry_t  e;

    rc = hoop_table_get(t, keys[k], now, &e);

    if (rc != HOOP_OK) {
        return;
    }

    if (tokens[k].id != e.id || tokens[k].expires != e.expires
        || e.expires <= now || e.id == 0)
    {
        abort();
    }

    /* a check is lost with the entry, and never another one's */

    if ((e.checked || e.mark)
        && (e.checked != tokens[k].checked || e.mark != tokens[k].mark))
    {
        abort();
    }
}


static void
add_replay(hoop_replay_t *t, unsigned k, int64_t now, int64_t expires)
{
    hoop_replay_e  rc;

    rc = hoop_replay_add(t, keys[k], now, expires);

    if (replay[k] >= now) {
        if (rc != HOOP_REPLAY_SEEN) {
            abort();
        }

        if (expires > replay[k]) {
            replay[k] = expires;
        }

        return;
    }

    if (rc == HOOP_REPLAY_SEEN || (rc == HOOP_REPLAY_NEW && expires < now)) {
        abort();
    }

    if (rc == HOOP_REPLAY_NEW) {
        replay[k] = expires;
    }
}


static void
take_rate(hoop_replay_t *t, unsigned k, int64_t now, unsigned n)
{
    int64_t      wait, wanted;
    hoop_rate_t  rate;

    (void) hoop_rate_init(&rate, 1 + n % 16, 1, n / 16);

    now *= 100000;

    switch (hoop_replay_take(t, keys[k], now, &rate, &wait)) {

    case HOOP_TAKE_FULL:
        if (until[k] >= now) {
            abort();
        }

        return;

    case HOOP_TAKE_OK:
        wait = 0;
        break;

    case HOOP_TAKE_OVER:
        if (wait <= 0) {
            abort();
        }
    }

    wanted = hoop_rate_take(&rate, &until[k], now);

    if (wait != wanted) {
        abort();
    }
}


static void
give_rate(hoop_replay_t *t, unsigned k, int64_t now, unsigned n)
{
    hoop_rate_t  rate;

    (void) hoop_rate_init(&rate, 1 + n % 16, 1, n / 16);

    now *= 100000;
    hoop_replay_give(t, keys[k], now, &rate);

    if (until[k] >= now) {
        hoop_rate_give(&rate, &until[k], now);
    }
}


static void
check_stats(hoop_table_t *t, hoop_replay_t *rt, int64_t now)
{
    unsigned            k;
    hoop_table_stats_t  s;

    hoop_table_stats(t, &s);

    if (s.entries > hoop_table_capacity(t)) {
        abort();
    }

    for (k = 0; k < KEYS; k++) {
        check_token(t, k, now);

        if (replay[k] >= now) {
            add_replay(rt, k, now, now);
        }
    }
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void           *p, *q, *u;
    size_t          n, sets;
    u_char          salt[32];
    int64_t         now;
    uint32_t        i;
    unsigned        k;
    hoop_table_t   *t;
    hoop_replay_t  *rt, *rates;

    if (size < 33) {
        return 0;
    }

    memcpy(salt, data, 32);
    sets = 1 + data[32] % 5;
    data += 33;
    size -= 33;

    for (i = 0; i < KEYS; i++) {
        hoop_sha256(keys[i], &i, sizeof(i));
    }

    memset(tokens, 0, sizeof(tokens));
    memset(replay, 0, sizeof(replay));
    memset(until, 0, sizeof(until));

    /* exact sizes: a byte behind them is the sanitizer's */

    n = 128 + sets * 512;

    p = aligned_alloc(64, n);
    q = aligned_alloc(64, n);
    u = aligned_alloc(64, n);

    t = hoop_table_init(p, n, salt);
    rt = hoop_replay_init(q, n, salt);
    rates = hoop_replay_init(u, n, salt);

    if (t == NULL || rt == NULL || rates == NULL) {
        abort();
    }

    now = 1;

    for (n = 0; n + 4 <= size && n < 4096; n += 4) {

        k = data[n + 1] % KEYS;

        switch (data[n] % 10) {

        case 0:
            check_token(t, k, now);
            break;

        case 1:
            if (tokens[k].id != 1u + data[n + 3] % 4
                || tokens[k].expires != now + data[n + 2])
            {
                tokens[k].checked = 0;
                tokens[k].mark = 0;
            }

            tokens[k].id = 1 + data[n + 3] % 4;
            tokens[k].expires = now + data[n + 2];
            hoop_table_put(t, keys[k], now, tokens[k].id, tokens[k].expires);
            break;

        case 2:
            tokens[k].checked = now + n;
            tokens[k].mark = data[n + 3];
            hoop_table_check(t, keys[k], now, tokens[k].checked,
                             tokens[k].mark);
            break;

        case 3:
            memset(&tokens[k], 0, sizeof(token_t));
            hoop_table_drop(t, keys[k]);
            break;

        case 7:
        case 8:
            take_rate(rates, k, now, data[n + 2]);
            break;

        case 9:
            give_rate(rates, k, now, data[n + 2]);
            break;

        case 4:
        case 5:
            add_replay(rt, k, now, now + data[n + 2] - 4);
            break;

        default:
            now += data[n + 1] % 8;
        }
    }

    check_stats(t, rt, now);

    free(p);
    free(q);
    free(u);

    return 0;
}
