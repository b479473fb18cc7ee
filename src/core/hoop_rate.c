
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A rate: see hoop_rate.h.
 */


#include "hoop_rate.h"


static int64_t hoop_rate_now(const hoop_rate_t *rate, int64_t until,
    int64_t now);


int
hoop_rate_init(hoop_rate_t *rate, uint64_t units, unsigned seconds,
    uint64_t burst)
{
    uint64_t  period;

    period = (uint64_t) seconds * 1000000;

    if (units == 0 || units > period / HOOP_RATE_MIN_INTERVAL) {
        return HOOP_LIMIT;
    }

    /* rounded up: never more than was asked for */

    rate->interval = (period + units - 1) / units;

    if (burst >= (uint64_t) (HOOP_RATE_MAX_DEPTH / rate->interval)) {
        return HOOP_LIMIT;
    }

    rate->depth = (burst + 1) * rate->interval;

    return HOOP_OK;
}


int64_t
hoop_rate_take(const hoop_rate_t *rate, int64_t *until, int64_t now)
{
    int64_t  wait;

    *until = hoop_rate_now(rate, *until, now);

    wait = *until + rate->interval - rate->depth - now;

    if (wait > 0) {
        return wait;
    }

    *until += rate->interval;

    return 0;
}


void
hoop_rate_give(const hoop_rate_t *rate, int64_t *until, int64_t now)
{
    *until = hoop_rate_now(rate, *until - rate->interval, now);
}


/*
 * When the clock went back nobody knows for how long he has not come: he is
 * taken for one who has had all of the burst just now, and not for one who
 * must wait until the clock is where it was.
 */

static int64_t
hoop_rate_now(const hoop_rate_t *rate, int64_t until, int64_t now)
{
    if (until < now) {
        return now;
    }

    if (until - now > rate->depth + HOOP_RATE_SLACK) {
        return now + rate->depth;
    }

    return until;
}
