
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A zone is an array of transitions in order: from "at" on, "offset" holds.
 * The first has the least of all times.  Those of the file's 64-bit block come
 * first; the rule in its footer, which goes on for ever, is written out until
 * the end of 2199, and after that nothing is known.
 */


#include <stdlib.h>

#include "hoop_tz.h"


#define HOOP_TZ_HEADER    44
#define HOOP_TZ_MAX       4096       /* transitions of a file */
#define HOOP_TZ_END       2200       /* a year */
#define HOOP_TZ_DAY       86400
#define HOOP_TZ_FAR       (26 * 3600)


typedef struct {
    int64_t             at;
    int32_t             offset;
} hoop_transition_t;


struct hoop_tz_s {
    int64_t             end;           /* from here on nothing is known */
    unsigned            n;
    hoop_transition_t   transitions[];
};


/* the counts of a header, RFC 8536, 3.1 */

typedef struct {
    uint32_t            isutc;
    uint32_t            isstd;
    uint32_t            leap;
    uint32_t            time;
    uint32_t            type;
    uint32_t            chars;
} hoop_tz_counts_t;


/* when the year's time changes: "M3.5.0/2", "J60", "59" */

typedef struct {
    char                kind;          /* M, J, or 0 */
    int                 month;
    int                 week;
    int                 day;
    int32_t             time;
} hoop_tz_date_t;


typedef struct {
    const u_char       *p;
    const u_char       *end;
} hoop_tz_text_t;


static int hoop_tz_header(const u_char *p, const u_char *end,
    hoop_tz_counts_t *c);
static size_t hoop_tz_size(const hoop_tz_counts_t *c, unsigned time);
static int hoop_tz_block(hoop_tz_t *zone, const u_char *p,
    const hoop_tz_counts_t *c);
static int hoop_tz_footer(hoop_tz_t *zone, const u_char *p,
    const u_char *end);
static int hoop_tz_abbreviation(hoop_tz_text_t *t);
static int hoop_tz_clock(hoop_tz_text_t *t, int limit, int32_t *seconds);
static int hoop_tz_date(hoop_tz_text_t *t, hoop_tz_date_t *date);
static int hoop_tz_number(hoop_tz_text_t *t, int from, int to, int *n);
static int64_t hoop_tz_moment(int year, const hoop_tz_date_t *date);
static int64_t hoop_tz_days(int year, int month);
static int hoop_tz_leap(int year);
static void hoop_tz_add(hoop_tz_t *zone, int64_t at, int32_t offset);
static uint32_t hoop_tz_u32(const u_char *p);
static int64_t hoop_tz_i64(const u_char *p);


int
hoop_tz_name_valid(hoop_str_t name)
{
    u_char  c;
    size_t  i;

    if (name.len == 0 || name.len > HOOP_TZ_MAX_NAME) {
        return 0;
    }

    for (i = 0; i < name.len; i++) {
        c = name.data[i];

        if (c == '/') {
            if (i == 0 || i == name.len - 1 || name.data[i - 1] == '/') {
                return 0;
            }

            continue;
        }

        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
            && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '+')
        {
            return 0;
        }
    }

    return 1;
}


hoop_tz_t *
hoop_tz_fixed(int32_t offset)
{
    hoop_tz_t  *zone;

    zone = malloc(sizeof(hoop_tz_t) + sizeof(hoop_transition_t));
    if (zone == NULL) {
        return NULL;
    }

    zone->n = 0;
    zone->end = INT64_MAX;

    hoop_tz_add(zone, INT64_MIN, offset);

    return zone;
}


hoop_tz_t *
hoop_tz_parse(const u_char *p, size_t len, hoop_error_t *err)
{
    size_t               n;
    hoop_tz_t         *zone;
    const u_char        *end;
    hoop_tz_counts_t   c;

    memset(err, 0, sizeof(hoop_error_t));
    end = p + len;

    /* a block of 32-bit times, which is skipped, and then the one that counts */

    if (len > HOOP_TZ_MAX_FILE || hoop_tz_header(p, end, &c) != HOOP_OK) {
        hoop_error_set(err, "no TZif file");
        return NULL;
    }

    if (p[4] < '2') {
        hoop_error_set(err, "a TZif file of version 1, wanted 2 or later");
        return NULL;
    }

    n = HOOP_TZ_HEADER + hoop_tz_size(&c, 4);

    if (n > len || hoop_tz_header(p + n, end, &c) != HOOP_OK
        || hoop_tz_size(&c, 8) > (size_t) (end - p) - n - HOOP_TZ_HEADER
        || c.time > HOOP_TZ_MAX || c.type == 0 || c.type > 256)
    {
        hoop_error_set(err, "a broken TZif file");
        return NULL;
    }

    if (c.leap != 0) {
        hoop_error_set(err, "a TZif file that counts leap seconds");
        return NULL;
    }

    p += n + HOOP_TZ_HEADER;

    zone = malloc(sizeof(hoop_tz_t)
                  + (c.time + 1 + (HOOP_TZ_END - 1970) * 2)
                    * sizeof(hoop_transition_t));
    if (zone == NULL) {
        hoop_error_set(err, "no memory");
        return NULL;
    }

    zone->n = 0;
    zone->end = INT64_MAX;

    if (hoop_tz_block(zone, p, &c) != HOOP_OK
        || hoop_tz_footer(zone, p + hoop_tz_size(&c, 8), end) != HOOP_OK)
    {
        hoop_error_set(err, "a broken TZif file");
        free(zone);
        return NULL;
    }

    return zone;
}


void
hoop_tz_free(hoop_tz_t *zone)
{
    free(zone);
}


int
hoop_tz_offset(const hoop_tz_t *zone, int64_t time, int32_t *offset)
{
    unsigned  low, high, middle;

    if (time >= zone->end) {
        return HOOP_ERROR;
    }

    /* the last that is not after the time; the first never is */

    low = 0;
    high = zone->n;

    while (high - low > 1) {
        middle = low + (high - low) / 2;

        if (zone->transitions[middle].at <= time) {
            low = middle;

        } else {
            high = middle;
        }
    }

    *offset = zone->transitions[low].offset;

    return HOOP_OK;
}


static int
hoop_tz_header(const u_char *p, const u_char *end, hoop_tz_counts_t *c)
{
    if (end - p < HOOP_TZ_HEADER || memcmp(p, "TZif", 4) != 0) {
        return HOOP_ERROR;
    }

    p += 20;

    c->isutc = hoop_tz_u32(p);
    c->isstd = hoop_tz_u32(p + 4);
    c->leap = hoop_tz_u32(p + 8);
    c->time = hoop_tz_u32(p + 12);
    c->type = hoop_tz_u32(p + 16);
    c->chars = hoop_tz_u32(p + 20);

    return HOOP_OK;
}


/* below 2^39, however large the counts */

static size_t
hoop_tz_size(const hoop_tz_counts_t *c, unsigned time)
{
    return (size_t) c->time * (time + 1) + (size_t) c->type * 6 + c->chars
           + (size_t) c->leap * (time + 4) + c->isstd + c->isutc;
}


static int
hoop_tz_block(hoop_tz_t *zone, const u_char *p,
    const hoop_tz_counts_t *c)
{
    int64_t        at;
    int32_t        offset;
    uint32_t       i;
    const u_char  *types, *kinds;

    kinds = p + (size_t) c->time * 8;
    types = kinds + c->time;

    for (i = 0; i < c->type; i++) {
        offset = (int32_t) hoop_tz_u32(types + i * 6);

        if (offset < -HOOP_TZ_FAR || offset > HOOP_TZ_FAR) {
            return HOOP_ERROR;
        }
    }

    /* before the first transition the first type holds */

    hoop_tz_add(zone, INT64_MIN, (int32_t) hoop_tz_u32(types));

    for (i = 0; i < c->time; i++) {
        at = hoop_tz_i64(p + (size_t) i * 8);

        if (kinds[i] >= c->type || at < zone->transitions[zone->n - 1].at) {
            return HOOP_ERROR;
        }

        hoop_tz_add(zone, at,
                      (int32_t) hoop_tz_u32(types + kinds[i] * 6));
    }

    return HOOP_OK;
}


/*
 * RFC 8536, 3.3: between two newlines nothing, or "CET-1CEST,M3.5.0,M10.5.0/3"
 * as POSIX has it.  Its offsets are west of UTC.
 */

static int
hoop_tz_footer(hoop_tz_t *zone, const u_char *p, const u_char *end)
{
    int                year;
    int64_t            last, at[2];
    int32_t            offset, standard, summer;
    hoop_tz_text_t   t;
    hoop_tz_date_t   begins, ends;

    if (p == end || *p++ != '\n') {
        return HOOP_ERROR;
    }

    t.p = p;
    t.end = memchr(p, '\n', end - p);
    last = zone->transitions[zone->n - 1].at;

    if (t.end == NULL) {
        return HOOP_ERROR;
    }

    if (t.p == t.end) {
        zone->end = (zone->n == 1) ? INT64_MAX : last;
        return HOOP_OK;
    }

    if (hoop_tz_abbreviation(&t) != HOOP_OK
        || hoop_tz_clock(&t, 24, &offset) != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    standard = -offset;

    if (t.p == t.end) {

        /* what holds from the last transition on */

        if (zone->n == 1) {
            zone->transitions[0].offset = standard;
        }

        return zone->transitions[zone->n - 1].offset == standard
               ? HOOP_OK : HOOP_ERROR;
    }

    if (hoop_tz_abbreviation(&t) != HOOP_OK) {
        return HOOP_ERROR;
    }

    summer = standard + 3600;

    if (t.p < t.end && *t.p != ',') {

        if (hoop_tz_clock(&t, 24, &offset) != HOOP_OK) {
            return HOOP_ERROR;
        }

        summer = -offset;
    }

    if (hoop_tz_date(&t, &begins) != HOOP_OK
        || hoop_tz_date(&t, &ends) != HOOP_OK
        || t.p != t.end)
    {
        return HOOP_ERROR;
    }

    for (year = 1970; year < HOOP_TZ_END; year++) {
        at[0] = hoop_tz_moment(year, &begins) - standard;
        at[1] = hoop_tz_moment(year, &ends) - summer;

        /* south of the equator summer ends first */

        if (at[0] < at[1]) {
            hoop_tz_add(zone, at[0], summer);
            hoop_tz_add(zone, at[1], standard);

        } else {
            hoop_tz_add(zone, at[1], standard);
            hoop_tz_add(zone, at[0], summer);
        }
    }

    zone->end = hoop_tz_days(HOOP_TZ_END, 1) * HOOP_TZ_DAY
                - HOOP_TZ_FAR;

    return HOOP_OK;
}


/* "CET", or "<+03>" */

static int
hoop_tz_abbreviation(hoop_tz_text_t *t)
{
    u_char         c;
    const u_char  *start;

    if (t->p < t->end && *t->p == '<') {
        start = memchr(t->p, '>', t->end - t->p);

        if (start == NULL) {
            return HOOP_ERROR;
        }

        t->p = start + 1;
        return HOOP_OK;
    }

    for (start = t->p; t->p < t->end; t->p++) {
        c = *t->p | 0x20;

        if (c < 'a' || c > 'z') {
            break;
        }
    }

    return (t->p - start >= 3) ? HOOP_OK : HOOP_ERROR;
}


/* "3", "-1:30", "+167:00:00" */

static int
hoop_tz_clock(hoop_tz_text_t *t, int limit, int32_t *seconds)
{
    int  i, n, minus, unit;

    minus = 0;

    if (t->p < t->end && (*t->p == '-' || *t->p == '+')) {
        minus = (*t->p++ == '-');
    }

    if (hoop_tz_number(t, 0, limit, &n) != HOOP_OK) {
        return HOOP_ERROR;
    }

    *seconds = n * 3600;
    unit = 60;

    for (i = 0; i < 2 && t->p < t->end && *t->p == ':'; i++) {
        t->p++;

        if (hoop_tz_number(t, 0, 59, &n) != HOOP_OK) {
            return HOOP_ERROR;
        }

        *seconds += n * unit;
        unit = 1;
    }

    if (minus) {
        *seconds = -*seconds;
    }

    return HOOP_OK;
}


static int
hoop_tz_date(hoop_tz_text_t *t, hoop_tz_date_t *date)
{
    memset(date, 0, sizeof(hoop_tz_date_t));

    if (t->p == t->end || *t->p++ != ',') {
        return HOOP_ERROR;
    }

    if (t->p < t->end && *t->p == 'M') {
        date->kind = *t->p++;

        if (hoop_tz_number(t, 1, 12, &date->month) != HOOP_OK
            || t->p == t->end || *t->p++ != '.'
            || hoop_tz_number(t, 1, 5, &date->week) != HOOP_OK
            || t->p == t->end || *t->p++ != '.'
            || hoop_tz_number(t, 0, 6, &date->day) != HOOP_OK)
        {
            return HOOP_ERROR;
        }

    } else {

        if (t->p < t->end && *t->p == 'J') {
            date->kind = *t->p++;
        }

        if (hoop_tz_number(t, date->kind ? 1 : 0, 365, &date->day)
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }
    }

    date->time = 2 * 3600;

    if (t->p < t->end && *t->p == '/') {
        t->p++;
        return hoop_tz_clock(t, 167, &date->time);
    }

    return HOOP_OK;
}


static int
hoop_tz_number(hoop_tz_text_t *t, int from, int to, int *n)
{
    const u_char  *start;

    *n = 0;

    for (start = t->p; t->p < t->end && *t->p >= '0' && *t->p <= '9'; t->p++) {

        if (t->p - start == 3) {
            return HOOP_ERROR;
        }

        *n = *n * 10 + (*t->p - '0');
    }

    return (t->p != start && *n >= from && *n <= to) ? HOOP_OK : HOOP_ERROR;
}


/* local seconds since 1970 */

static int64_t
hoop_tz_moment(int year, const hoop_tz_date_t *date)
{
    int64_t  first, next, day;

    switch (date->kind) {

    case 'M':
        first = hoop_tz_days(year, date->month);
        next = (date->month == 12) ? hoop_tz_days(year + 1, 1)
                                   : hoop_tz_days(year, date->month + 1);

        /* 1970-01-01 was a Thursday */

        day = first + (date->day - (first + 4) % 7 + 7) % 7
              + (date->week - 1) * 7;

        if (day >= next) {
            day -= 7;
        }

        break;

    case 'J':

        /* February 29 is never counted */

        day = hoop_tz_days(year, 1) + date->day - 1;

        if (date->day >= 60 && hoop_tz_leap(year)) {
            day++;
        }

        break;

    default:
        day = hoop_tz_days(year, 1) + date->day;
    }

    return day * HOOP_TZ_DAY + date->time;
}


/* from 1970-01-01 to the first of the month */

static int64_t
hoop_tz_days(int year, int month)
{
    int  past;

    static const int  months[] = {
        0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334
    };

    past = year - 1;

    return (int64_t) 365 * (year - 1970)
           + past / 4 - past / 100 + past / 400 - 477
           + months[month - 1] + (month > 2 && hoop_tz_leap(year));
}


static int
hoop_tz_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}


/* of the footer's, those before the file's own last one do not count */

static void
hoop_tz_add(hoop_tz_t *zone, int64_t at, int32_t offset)
{
    if (zone->n != 0 && at < zone->transitions[zone->n - 1].at) {
        return;
    }

    zone->transitions[zone->n].at = at;
    zone->transitions[zone->n].offset = offset;
    zone->n++;
}


static uint32_t
hoop_tz_u32(const u_char *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
           | (uint32_t) p[2] << 8 | p[3];
}


static int64_t
hoop_tz_i64(const u_char *p)
{
    return (int64_t) ((uint64_t) hoop_tz_u32(p) << 32
                      | hoop_tz_u32(p + 4));
}
