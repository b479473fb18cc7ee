
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A rate, as the generic cell rate algorithm has it: all that is kept of a
 * caller is a time, "until": when all that he has taken is paid for.  Each unit
 * moves it on by "interval", and none is given that would move it further ahead
 * of now than "depth".  So in any t there are at most 1 + burst + t / interval
 * units, and a caller whose "until" has passed is as one who never came.
 *
 * Times are microseconds, of any clock that is the same for all who look at
 * one "until".
 */


#ifndef _HOOP_RATE_H_INCLUDED_
#define _HOOP_RATE_H_INCLUDED_


#include "hoop_core.h"


#define HOOP_RATE_MIN_INTERVAL  100LL
#define HOOP_RATE_MAX_DEPTH     (7 * 86400 * 1000000LL)

/*
 * Workers' clocks differ by what one of them takes for a round of events.
 * Further ahead than depth and this "until" cannot be: the clock went back.
 */
#define HOOP_RATE_SLACK         1000000LL


typedef struct {
    int64_t         interval;          /* of one unit; 0: there is no rate */
    int64_t         depth;             /* (burst + 1) * interval */
} hoop_rate_t;


/* "units" in so many seconds; HOOP_LIMIT: more, or more of a burst, than the
   two limits above leave room for */
int hoop_rate_init(hoop_rate_t *rate, uint64_t units, unsigned seconds,
    uint64_t burst);

/* takes a unit: 0; or nothing: how long it is until there is one */
int64_t hoop_rate_take(const hoop_rate_t *rate, int64_t *until, int64_t now);
/* puts one back that was taken and not used */
void hoop_rate_give(const hoop_rate_t *rate, int64_t *until, int64_t now);


#endif /* _HOOP_RATE_H_INCLUDED_ */
