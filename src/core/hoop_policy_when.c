
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "time" in the match of a rule: windows of the week in a zone.
 *
 * A window belongs to the day on which it begins: of "fri" from 22:00 to
 * 06:00 the last six hours are on Saturday.  What the clock shows counts; of
 * an hour that a zone has twice both are in, of one that it skips none.
 *
 * Zones are files, which are not for this floor to read: hoop_policy_zones()
 * asks for them once the policy is compiled.  Until then every window of such
 * a zone is unknown.
 */


#include <stdlib.h>

#include "hoop_policy_rule.h"


#define HOOP_WHEN_DAY  86400


struct hoop_when_s {
    unsigned                days;      /* a bit for each; 0 is Sunday */
    int32_t                 from;      /* seconds of the day */
    int32_t                 to;        /* less than from: on the next day */
    unsigned                zone;      /* of the policy's */
};


static int hoop_policy_when(hoop_compile_t *cc, json_t *conf,
    hoop_when_t *when);
static int hoop_policy_when_days(hoop_compile_t *cc, json_t *conf,
    unsigned *days);
static int hoop_policy_when_day(hoop_str_t name);
static int hoop_policy_when_clock(hoop_compile_t *cc, json_t *conf,
    const char *key, int32_t missing, int32_t *seconds);
static int hoop_policy_when_zone(hoop_compile_t *cc, json_t *conf,
    unsigned *n);
static int hoop_policy_when_fixed(hoop_str_t name, int32_t *offset);
static int hoop_policy_when_digits(const u_char *p, int max);
static hoop_truth_e hoop_policy_when_match(const hoop_policy_t *policy,
    const hoop_when_t *when, int64_t now);


static const char *const  hoop_policy_when_keys[] = {
    "days", "from", "to", "zone", NULL
};

static const char  hoop_policy_days[] = "sunmontuewedthufrisat";

static const char  hoop_policy_why_zone[] =
    "the time of the rule's zone is not known";
static const char  hoop_policy_why_time[] =
    "the time of the request is not known";


/* A window, or a list of them. */

hoop_op_t *
hoop_policy_compile_when(hoop_compile_t *cc, json_t *conf)
{
    size_t      i, n, mark;
    hoop_op_t  *op;

    n = json_is_object(conf) ? 1 : json_array_size(conf);

    if (n == 0 || n > HOOP_POLICY_MAX_WHENS) {
        (void) hoop_policy_error(cc, 0, "wanted a window as { \"days\": "
                                 "[\"mon-fri\"], \"from\": \"08:00\", "
                                 "\"to\": \"18:00\", \"zone\": "
                                 "\"Europe/Berlin\" }, or an array of 1 to "
                                 "%d", HOOP_POLICY_MAX_WHENS);
        return NULL;
    }

    op = hoop_policy_alloc(cc, sizeof(hoop_op_t));
    if (op == NULL) {
        return NULL;
    }

    op->type = HOOP_OP_WHEN;
    op->nwhens = n;

    op->whens = hoop_policy_alloc(cc, n * sizeof(hoop_when_t));
    if (op->whens == NULL) {
        return NULL;
    }

    if (json_is_object(conf)) {
        return hoop_policy_when(cc, conf, op->whens) == HOOP_OK ? op : NULL;
    }

    for (i = 0; i < n; i++) {
        mark = hoop_policy_push_index(cc, i);

        if (hoop_policy_end(cc, mark,
                            hoop_policy_when(cc, json_array_get(conf, i),
                                             &op->whens[i]))
            != HOOP_OK)
        {
            return NULL;
        }
    }

    return op;
}


static int
hoop_policy_when(hoop_compile_t *cc, json_t *conf, hoop_when_t *when)
{
    if (hoop_policy_object(cc, conf, hoop_policy_when_keys) != HOOP_OK
        || hoop_policy_when_days(cc, json_object_get(conf, "days"),
                                 &when->days)
           != HOOP_OK
        || hoop_policy_when_clock(cc, conf, "from", 0, &when->from)
           != HOOP_OK
        || hoop_policy_when_clock(cc, conf, "to", HOOP_WHEN_DAY, &when->to)
           != HOOP_OK
        || hoop_policy_when_zone(cc, json_object_get(conf, "zone"),
                                 &when->zone)
           != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    if (when->from == when->to || when->from == HOOP_WHEN_DAY) {
        return hoop_policy_error(cc, 0, "a window of no length; for whole "
                                 "days leave \"from\" and \"to\" out");
    }

    return HOOP_OK;
}


/* "sat", "mon-fri", "fri-mon"; without any all days */

static int
hoop_policy_when_days(hoop_compile_t *cc, json_t *conf, unsigned *days)
{
    int         first, last;
    size_t      i, n, mark, each;
    json_t     *v;
    hoop_str_t  s;

    *days = 0x7f;

    if (conf == NULL) {
        return HOOP_OK;
    }

    *days = 0;
    mark = hoop_policy_push(cc, hoop_cstr("days"));
    n = json_array_size(conf);

    if (n == 0 || n > 7) {
        return hoop_policy_error(cc, 0, "wanted an array of days, as "
                                 "[\"mon-fri\", \"sun\"]");
    }

    for (i = 0; i < n; i++) {
        each = hoop_policy_push_index(cc, i);
        v = json_array_get(conf, i);

        if (hoop_policy_string(cc, v, HOOP_POLICY_MAX_NAME, &s) != HOOP_OK) {
            return HOOP_ERROR;
        }

        first = -1;
        last = -1;

        if (s.len == 3) {
            first = hoop_policy_when_day(s);
            last = first;

        } else if (s.len == 7 && s.data[3] == '-') {
            first = hoop_policy_when_day(hoop_str(s.data, 3));
            last = hoop_policy_when_day(hoop_str(s.data + 4, 3));
        }

        if (first < 0 || last < 0) {
            return hoop_policy_error(cc, 0, "invalid day \"%s\", wanted mon, "
                                     "tue, wed, thu, fri, sat, sun, or two "
                                     "of them as \"mon-fri\"",
                                     hoop_policy_quote(cc, s));
        }

        *days |= 1u << first;

        while (first != last) {
            first = (first + 1) % 7;
            *days |= 1u << first;
        }

        hoop_policy_pop(cc, each);
    }

    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


static int
hoop_policy_when_day(hoop_str_t name)
{
    int  i;

    for (i = 0; i < 7; i++) {
        if (memcmp(name.data, hoop_policy_days + i * 3, 3) == 0) {
            return i;
        }
    }

    return -1;
}


static int
hoop_policy_when_clock(hoop_compile_t *cc, json_t *conf, const char *key,
    int32_t missing, int32_t *seconds)
{
    int         hours, minutes;
    size_t      mark;
    json_t     *v;
    hoop_str_t  s;

    *seconds = missing;
    v = json_object_get(conf, key);

    if (v == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr(key));

    if (hoop_policy_string(cc, v, HOOP_POLICY_MAX_NAME, &s) != HOOP_OK) {
        return HOOP_ERROR;
    }

    hours = -1;
    minutes = -1;

    if (s.len == 5 && s.data[2] == ':') {
        hours = hoop_policy_when_digits(s.data, 24);
        minutes = hoop_policy_when_digits(s.data + 3, 59);
    }

    if (hours < 0 || minutes < 0 || (hours == 24 && minutes != 0)) {
        return hoop_policy_error(cc, 0, "invalid time \"%s\", wanted "
                                 "\"00:00\" to \"24:00\"",
                                 hoop_policy_quote(cc, s));
    }

    *seconds = hours * 3600 + minutes * 60;

    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


/* Each zone is there once in a policy; without one it is UTC. */

static int
hoop_policy_when_zone(hoop_compile_t *cc, json_t *conf, unsigned *n)
{
    size_t               mark;
    int32_t              offset;
    hoop_str_t           name;
    hoop_error_t         place;
    hoop_policy_t       *policy;
    hoop_policy_zone_t  *zone;

    policy = cc->policy;
    mark = hoop_policy_push(cc, hoop_cstr("zone"));

    if (conf == NULL) {
        name = hoop_cstr("UTC");

    } else if (hoop_policy_string(cc, conf, HOOP_POLICY_MAX_NAME, &name)
               != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    for (*n = 0; *n < policy->nzones; (*n)++) {
        if (hoop_str_eq(policy->zones[*n].name, name)) {
            hoop_policy_pop(cc, mark);
            return HOOP_OK;
        }
    }

    if (*n == HOOP_POLICY_MAX_ZONES) {
        return hoop_policy_error(cc, 0, "too many zones, at most %d",
                                 HOOP_POLICY_MAX_ZONES);
    }

    zone = &policy->zones[*n];
    zone->name = name;

    if (hoop_policy_when_fixed(name, &offset) == HOOP_OK) {
        zone->tz = hoop_tz_fixed(offset);

        if (zone->tz == NULL) {
            return hoop_policy_nomem(cc);
        }

    } else if (!hoop_tz_name_valid(name)) {
        return hoop_policy_error(cc, 0, "invalid zone \"%s\", wanted "
                                 "\"UTC\", \"+05:30\" or a name as "
                                 "\"Europe/Berlin\"",
                                 hoop_policy_quote(cc, name));

    } else {

        /* the place, for who finds out that there is no such zone */

        memset(&place, 0, sizeof(hoop_error_t));

        if (hoop_buf_addc(&cc->path, '\0') != HOOP_OK) {
            return hoop_policy_nomem(cc);
        }

        cc->path.len--;

        hoop_json_locate(cc->text, cc->len, (char *) cc->path.data, 0, &place);

        zone->line = place.line;
        zone->column = place.column;
    }

    policy->nzones++;

    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


static int
hoop_policy_when_fixed(hoop_str_t name, int32_t *offset)
{
    int  hours, minutes;

    *offset = 0;

    if (hoop_str_is(name, "UTC")) {
        return HOOP_OK;
    }

    if (name.len != 6 || name.data[3] != ':'
        || (name.data[0] != '+' && name.data[0] != '-'))
    {
        return HOOP_ERROR;
    }

    hours = hoop_policy_when_digits(name.data + 1, 14);
    minutes = hoop_policy_when_digits(name.data + 4, 59);

    if (hours < 0 || minutes < 0) {
        return HOOP_ERROR;
    }

    *offset = hours * 3600 + minutes * 60;

    if (name.data[0] == '-') {
        *offset = -*offset;
    }

    return HOOP_OK;
}


static int
hoop_policy_when_digits(const u_char *p, int max)
{
    int  n;

    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9') {
        return -1;
    }

    n = (p[0] - '0') * 10 + (p[1] - '0');

    return (n <= max) ? n : -1;
}


int
hoop_policy_zones(hoop_policy_t *policy,
    int (*fn)(void *ctx, hoop_str_t name, hoop_buf_t *file), void *ctx,
    hoop_error_t *err)
{
    unsigned  i;

    for (i = 0; i < policy->nzones; i++) {
        if (hoop_policy_zone(policy, i, fn, ctx, err) != HOOP_OK) {
            return HOOP_ERROR;
        }
    }

    return HOOP_OK;
}


int
hoop_policy_zone(hoop_policy_t *policy, unsigned n,
    int (*fn)(void *ctx, hoop_str_t name, hoop_buf_t *file), void *ctx,
    hoop_error_t *err)
{
    int                  rc;
    hoop_buf_t           b;
    hoop_error_t         e;
    hoop_policy_zone_t  *zone;

    zone = &policy->zones[n];

    if (zone->tz != NULL) {
        return HOOP_OK;
    }

    hoop_buf_init(&b, HOOP_TZ_MAX_FILE);

    rc = fn(ctx, zone->name, &b);

    if (rc == HOOP_OK) {
        zone->tz = hoop_tz_parse(b.data, b.len, &e);
    }

    hoop_buf_free(&b);

    if (zone->tz != NULL) {
        return HOOP_OK;
    }

    memset(err, 0, sizeof(hoop_error_t));

    hoop_error_set(err, "zone \"%.*s\": %s", (int) zone->name.len,
                   (char *) zone->name.data,
                   rc == HOOP_OK ? e.text : "no file that can be read");

    err->line = zone->line;
    err->column = zone->column;

    return HOOP_ERROR;
}


void
hoop_policy_subject_when(const hoop_policy_request_t *req,
    hoop_subject_t *subject)
{
    if (req->now <= 0) {
        subject->type = HOOP_SUBJECT_UNKNOWN;
        subject->why = hoop_policy_why_time;
        return;
    }

    subject->type = HOOP_SUBJECT_DATA;
    subject->now = req->now;
}


hoop_truth_e
hoop_policy_test_when(const hoop_policy_t *policy, const hoop_op_t *op,
    const hoop_subject_t *subject, const char **why)
{
    unsigned      i;
    hoop_truth_e  t, truth;

    truth = HOOP_TRUTH_NO;

    for (i = 0; i < op->nwhens && truth != HOOP_TRUTH_YES; i++) {
        t = hoop_policy_when_match(policy, &op->whens[i], subject->now);

        if (t > truth) {
            truth = t;
        }
    }

    if (truth == HOOP_TRUTH_UNKNOWN) {
        *why = hoop_policy_why_zone;
    }

    return truth;
}


static hoop_truth_e
hoop_policy_when_match(const hoop_policy_t *policy, const hoop_when_t *when,
    int64_t now)
{
    int                 in, today, before;
    int32_t             offset, seconds;
    const hoop_tz_t    *tz;

    tz = policy->zones[when->zone].tz;

    if (tz == NULL || hoop_tz_offset(tz, now, &offset) != HOOP_OK) {
        return HOOP_TRUTH_UNKNOWN;
    }

    now += offset;

    /* 1970-01-01 was a Thursday */

    seconds = now % HOOP_WHEN_DAY;
    today = (now / HOOP_WHEN_DAY + 4) % 7;
    before = (today + 6) % 7;

    if (seconds < 0) {
        return HOOP_TRUTH_UNKNOWN;
    }

    if (when->from < when->to) {
        in = (when->days & 1u << today)
             && seconds >= when->from && seconds < when->to;

    } else {
        in = ((when->days & 1u << today) && seconds >= when->from)
             || ((when->days & 1u << before) && seconds < when->to);
    }

    return in ? HOOP_TRUTH_YES : HOOP_TRUTH_NO;
}
