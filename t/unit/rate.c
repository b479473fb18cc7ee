
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Rates: what is given in any stretch of time, when the clock stands, runs or
 * goes back; and their table, which forgets nobody who still owes something.
 */


#include <stdlib.h>

#include "../../src/core/hoop_table.h"
#include "tap.h"


#define SECOND   1000000LL
#define EVENTS   20000


static uint64_t  seed = 88172645463325252ULL;


static uint64_t
rnd(uint64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return seed % n;
}


static void
test_init(void)
{
    hoop_rate_t  rate;

    is_int(hoop_rate_init(&rate, 60, 60, 0), HOOP_OK, "60r/m");
    ok(rate.interval == SECOND && rate.depth == SECOND, "one a second");

    is_int(hoop_rate_init(&rate, 3, 1, 10), HOOP_OK, "3r/s");
    ok(rate.interval == 333334 && rate.depth == 11 * 333334,
       "rounded so that there are no more");

    is_int(hoop_rate_init(&rate, 10000, 1, 0), HOOP_OK, "10000r/s");
    is_int(rate.interval, 100, "the fastest");
    is_int(hoop_rate_init(&rate, 10001, 1, 0), HOOP_LIMIT, "too fast");
    is_int(hoop_rate_init(&rate, 600001, 60, 0), HOOP_LIMIT, "too fast, in m");
    is_int(hoop_rate_init(&rate, 0, 1, 0), HOOP_LIMIT, "none at all");
    is_int(hoop_rate_init(&rate, UINT64_MAX, 3600, 0), HOOP_LIMIT, "endless");
    is_int(hoop_rate_init(&rate, 1, 3600, 167), HOOP_OK, "a burst of a week");
    is_int(hoop_rate_init(&rate, 1, 3600, 168), HOOP_LIMIT, "of more");
    is_int(hoop_rate_init(&rate, 1, 3600, UINT64_MAX), HOOP_LIMIT, "endless");
}


static void
test_take(void)
{
    int          i;
    int64_t      until, now;
    hoop_rate_t  rate;

    (void) hoop_rate_init(&rate, 60, 60, 2);

    until = 0;
    now = 1000 * SECOND;

    for (i = 0; i < 3; i++) {
        is_int(hoop_rate_take(&rate, &until, now), 0, "one and the burst");
    }

    is_int(hoop_rate_take(&rate, &until, now), SECOND, "then a second");
    is_int(hoop_rate_take(&rate, &until, now + SECOND / 4), 3 * SECOND / 4,
           "less as it goes by; a refusal costs nothing");
    is_int(hoop_rate_take(&rate, &until, now + SECOND - 1), 1, "nearly");
    is_int(hoop_rate_take(&rate, &until, now + SECOND), 0, "now");
    is_int(hoop_rate_take(&rate, &until, now + SECOND), SECOND, "one only");

    hoop_rate_give(&rate, &until, now + SECOND);
    is_int(hoop_rate_take(&rate, &until, now + SECOND), 0, "what is put back");
    is_int(hoop_rate_take(&rate, &until, now + SECOND), SECOND, "is one");

    now += 100 * SECOND;

    for (i = 0; i < 5; i++) {
        hoop_rate_give(&rate, &until, now);
    }

    for (i = 0; i < 3; i++) {
        is_int(hoop_rate_take(&rate, &until, now), 0, "a burst again");
    }

    ok(hoop_rate_take(&rate, &until, now) > 0,
       "nor is more than a burst put back");

    now -= SECOND / 2;
    is_int(hoop_rate_take(&rate, &until, now), 3 * SECOND / 2,
           "another's clock that is a little behind");

    now -= 86400 * SECOND;
    is_int(hoop_rate_take(&rate, &until, now), SECOND,
           "the clock went back: as after a burst, and not for a day");
    is_int(hoop_rate_take(&rate, &until, now + SECOND), 0, "then it goes on");
}


/*
 * The times are those of a clock on the wall, which is not set back; "back" is
 * how far the clock that is looked at is behind it.
 */

static void
property(unsigned units, unsigned seconds, unsigned burst, int back,
    const char *name)
{
    int64_t      until, now, *taken, behind, most;
    size_t       i, j, n;
    hoop_rate_t  rate;

    taken = malloc(EVENTS * sizeof(int64_t));
    (void) hoop_rate_init(&rate, units, seconds, burst);

    until = 0;
    behind = 0;
    now = 1000000 * SECOND;
    n = 0;

    for (i = 0; i < EVENTS; i++) {
        now += rnd(4) ? rnd(rate.interval / 2 + 1) : rnd(3 * rate.depth);

        if (back && rnd(50) == 0) {
            behind += rnd(2 * rate.depth + 2 * HOOP_RATE_SLACK);
        }

        if (hoop_rate_take(&rate, &until, now - behind) == 0) {

            if (rnd(10) == 0) {
                hoop_rate_give(&rate, &until, now - behind);

            } else {
                taken[n++] = now;
            }
        }
    }

    /* in each stretch that begins and ends with one that was taken */

    for (i = 0; i < n; i++) {
        for (j = i; j < n && j < i + 4 * (burst + 1) + 8; j++) {
            most = 1 + burst + (taken[j] - taken[i]) / rate.interval;

            if ((int64_t) (j - i + 1) > most) {
                ok(0, "%s: %d in %lld us, wanted at most %lld", name,
                   (int) (j - i + 1), (long long) (taken[j] - taken[i]),
                   (long long) most);
                free(taken);
                return;
            }
        }
    }

    ok(n > EVENTS / 20, "%s: never more (%d of %d)", name, (int) n, EVENTS);

    free(taken);
}


static u_char *
key(uint32_t n)
{
    static u_char  md[32];

    hoop_sha256(md, &n, sizeof(n));

    return md;
}


static void
test_table(void)
{
    int             i, n, full, over;
    void           *p;
    int64_t         wait, now;
    hoop_rate_t     minute, second;
    hoop_replay_t  *t;

    static u_char  salt[32];

    if (posix_memalign(&p, 64, 65536) != 0) {
        exit(2);
    }

    t = hoop_replay_init(p, 65536, salt);
    n = hoop_replay_capacity(t);
    now = 5000 * SECOND;

    (void) hoop_rate_init(&minute, 1, 60, 0);
    (void) hoop_rate_init(&second, 1, 1, 1);

    is_int(hoop_replay_take(t, key(1), now, &second, &wait), HOOP_TAKE_OK,
           "the first");
    is_int(hoop_replay_take(t, key(1), now, &second, &wait), HOOP_TAKE_OK,
           "the burst");
    is_int(hoop_replay_take(t, key(1), now, &second, &wait), HOOP_TAKE_OVER,
           "over");
    is_int(wait, SECOND, "for a second");
    is_int(hoop_replay_look(t, key(1), now, &second, &wait), HOOP_TAKE_OVER,
           "it looks so");
    is_int(wait, SECOND, "for that time");

    for (i = 0; i < 9; i++) {
        is_int(hoop_replay_look(t, key(2), now, &second, &wait), HOOP_TAKE_OK,
               "to look takes nothing");
    }

    is_int(hoop_replay_take(t, key(2), now, &second, &wait), HOOP_TAKE_OK,
           "another");

    hoop_replay_give(t, key(1), now, &second);
    hoop_replay_give(t, key(3), now, &second);
    is_int(hoop_replay_take(t, key(1), now, &second, &wait), HOOP_TAKE_OK,
           "put back");
    is_int(hoop_replay_take(t, key(1), now, &second, &wait), HOOP_TAKE_OVER,
           "one only");
    is_int(hoop_replay_take(t, key(3), now, &second, &wait), HOOP_TAKE_OK,
           "nothing to put back where nothing was taken");

    /* full: whoever is in it stays, and whoever is not gets nothing */

    now += 10 * SECOND;
    full = 0;

    for (i = 0; i < 2 * n; i++) {
        if (hoop_replay_take(t, key(i), now, &minute, &wait)
            == HOOP_TAKE_FULL)
        {
            if (full++ == 0) {
                ok(i > n * 9 / 10, "nine tenths of %d before it is full: %d",
                   n, i);
            }
        }
    }

    ok(full >= n, "it is full");

    over = 0;

    for (i = 0; i < n * 9 / 10; i++) {
        over += (hoop_replay_take(t, key(i), now + SECOND, &minute, &wait)
                 == HOOP_TAKE_OVER);
    }

    is_int(over, n * 9 / 10, "nobody is forgotten");

    now += 61 * SECOND;
    full = 0;

    for (i = 0; i < n / 2; i++) {
        full += (hoop_replay_take(t, key(4 * n + i), now, &minute, &wait)
                 != HOOP_TAKE_OK);
    }

    is_int(full, 0, "room again, once nothing is owed");

    free(p);
}


int
main(void)
{
    test_init();
    test_take();

    property(60, 60, 0, 0, "60r/m");
    property(60, 60, 10, 0, "60r/m, 10");
    property(7, 1, 3, 0, "7r/s, 3");
    property(1, 3600, 5, 0, "1r/h, 5");
    property(10000, 1, 100, 0, "10000r/s, 100");
    property(60, 60, 0, 1, "60r/m, the clock goes back");
    property(7, 1, 3, 1, "7r/s, 3, the clock goes back");
    property(60, 60, 10, 1, "60r/m, 10, the clock goes back");

    test_table();

    return done_testing();
}
