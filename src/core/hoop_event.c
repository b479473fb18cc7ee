
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The text of an event: written once, front to back, into the caller's buffer,
 * and read back by the fixed places of its common members.  The common members
 * have one spelling only, so that reading needs no JSON parser and two readers
 * cannot differ.
 */


#include "hoop_event.h"


/* ,"hash":"<64 hex>"} and ,"prev":"<64 hex>" */
#define HOOP_EVENT_HASH_TAIL  (sizeof(",\"hash\":\"\"}") - 1 + HOOP_HASH_LEN)
#define HOOP_EVENT_PREV_TAIL  (sizeof(",\"prev\":\"\"") - 1 + HOOP_HASH_LEN)


/* 18446744073709551615 */
#define HOOP_EVENT_UINT       20

/* names, punctuation, numbers and ts of the fixed part */
#define HOOP_EVENT_FIXED      256

#define hoop_event_literal(p, s)                                              \
    hoop_event_copy(p, (const u_char *) s, sizeof(s) - 1)


typedef struct {
    const u_char  *pos;
    const u_char  *last;
} hoop_event_reader_t;


static size_t hoop_event_digits(u_char *dst, uint64_t n);
static int hoop_event_name(hoop_buf_t *b, const char *name);
static void hoop_time_digits(u_char *dst, unsigned n, unsigned width);
static int hoop_event_read(hoop_event_reader_t *r, const char *s);
static int hoop_event_read_uint(hoop_event_reader_t *r, uint64_t *n);
static int hoop_event_read_word(hoop_event_reader_t *r, hoop_str_t *word);
static int hoop_event_is_hex(const u_char *p);


static inline u_char *
hoop_event_copy(u_char *dst, const u_char *src, size_t len)
{
    memcpy(dst, src, len);

    return dst + len;
}


int
hoop_gateway_valid(hoop_str_t gateway)
{
    u_char  c;
    size_t  i;

    if (gateway.len == 0 || gateway.len > HOOP_GATEWAY_LEN) {
        return 0;
    }

    for (i = 0; i < gateway.len; i++) {
        c = gateway.data[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
              || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
        {
            return 0;
        }
    }

    return 1;
}


void
hoop_chain_init(hoop_chain_t *chain, hoop_str_t gateway, uint32_t slot)
{
    memset(chain, 0, sizeof(hoop_chain_t));

    chain->gateway = gateway;
    chain->slot = slot;

    memset(chain->head, '0', HOOP_HASH_LEN);
}


int
hoop_event_begin(hoop_buf_t *b, hoop_chain_t *chain, uint64_t now_ms,
    const hoop_event_head_t *head)
{
    int      rc;
    u_char  *p, seq[HOOP_EVENT_UINT], slot[HOOP_EVENT_UINT];
    size_t   type, nseq, nslot;

    if (chain->seq == UINT64_MAX || now_ms > HOOP_TIME_MAX) {
        b->failed = 1;
        return HOOP_LIMIT;
    }

    /* a clock that was set back must not turn the order of events */

    chain->now = (now_ms > chain->ts) ? now_ms : chain->ts;
    chain->start = b->len;

    type = strlen(head->type);

    /* the fixed part in one go: this is on the path of every request */

    rc = hoop_buf_reserve(b, HOOP_EVENT_FIXED + 2 * chain->gateway.len + type);
    if (rc != HOOP_OK) {
        return rc;
    }

    nseq = hoop_event_digits(seq, chain->seq + 1);
    nslot = hoop_event_digits(slot, chain->slot);

    p = b->data + b->len;

    p = hoop_event_literal(p, "{\"v\":1,\"id\":\"");
    p = hoop_event_copy(p, chain->gateway.data, chain->gateway.len);
    *p++ = ':';
    p = hoop_event_copy(p, slot, nslot);
    *p++ = ':';
    p = hoop_event_copy(p, seq, nseq);
    p = hoop_event_literal(p, "\",\"seq\":");
    p = hoop_event_copy(p, seq, nseq);
    p = hoop_event_literal(p, ",\"ts\":\"");
    hoop_time_format(p, chain->now);
    p += HOOP_TIME_LEN;
    p = hoop_event_literal(p, "\",\"gateway\":\"");
    p = hoop_event_copy(p, chain->gateway.data, chain->gateway.len);
    p = hoop_event_literal(p, "\",\"slot\":");
    p = hoop_event_copy(p, slot, nslot);
    p = hoop_event_literal(p, ",\"type\":\"");
    p = hoop_event_copy(p, (const u_char *) head->type, type);
    *p++ = '"';

    b->len = p - b->data;

    if (head->session.len) {
        (void) hoop_event_string(b, "session", head->session);
    }

    if (head->run.len) {
        (void) hoop_event_string(b, "run", head->run);
    }

    if (head->identity.len) {
        (void) hoop_event_raw(b, "identity", head->identity);
    }

    if (head->target.len) {
        (void) hoop_event_string(b, "target", head->target);
    }

    return b->failed ? HOOP_NOMEM : HOOP_OK;
}


static size_t
hoop_event_digits(u_char *dst, uint64_t n)
{
    size_t   len;
    u_char  *p, text[HOOP_EVENT_UINT];

    p = text + HOOP_EVENT_UINT;

    do {
        *--p = '0' + n % 10;
        n /= 10;
    } while (n);

    len = text + HOOP_EVENT_UINT - p;
    memcpy(dst, p, len);

    return len;
}


static int
hoop_event_name(hoop_buf_t *b, const char *name)
{
    u_char  *p;
    size_t   len;

    len = strlen(name);

    if (hoop_buf_reserve(b, len + 4) != HOOP_OK) {
        return HOOP_NOMEM;
    }

    p = b->data + b->len;

    *p++ = ',';
    *p++ = '"';
    p = hoop_event_copy(p, (const u_char *) name, len);
    *p++ = '"';
    *p++ = ':';

    b->len = p - b->data;

    return HOOP_OK;
}


int
hoop_event_string(hoop_buf_t *b, const char *name, hoop_str_t value)
{
    (void) hoop_event_name(b, name);

    return hoop_buf_add_json(b, value.data, value.len);
}


int
hoop_event_uint(hoop_buf_t *b, const char *name, uint64_t value)
{
    (void) hoop_event_name(b, name);

    return hoop_buf_addu(b, value);
}


int
hoop_event_raw(hoop_buf_t *b, const char *name, hoop_str_t json)
{
    (void) hoop_event_name(b, name);

    return hoop_buf_add(b, json.data, json.len);
}


int
hoop_event_end(hoop_buf_t *b, hoop_chain_t *chain)
{
    int     rc;
    u_char  md[32], *p;

    rc = hoop_buf_reserve(b, HOOP_EVENT_PREV_TAIL + HOOP_EVENT_HASH_TAIL);
    if (rc != HOOP_OK) {
        return rc;
    }

    p = b->data + b->len;

    p = hoop_event_literal(p, ",\"prev\":\"");
    p = hoop_event_copy(p, chain->head, HOOP_HASH_LEN);
    *p++ = '"';

    b->len = p - b->data;

    if (b->len - chain->start > HOOP_EVENT_MAX - HOOP_EVENT_HASH_TAIL) {
        b->failed = 1;
        return HOOP_LIMIT;
    }

    hoop_sha256(md, b->data + chain->start, b->len - chain->start);
    hoop_hex(chain->head, md, sizeof(md));

    p = hoop_event_literal(p, ",\"hash\":\"");
    p = hoop_event_copy(p, chain->head, HOOP_HASH_LEN);
    p = hoop_event_literal(p, "\"}");

    b->len = p - b->data;

    chain->ts = chain->now;
    chain->seq++;

    return HOOP_OK;
}


static void
hoop_time_digits(u_char *dst, unsigned n, unsigned width)
{
    while (width--) {
        dst[width] = '0' + n % 10;
        n /= 10;
    }
}


/*
 * Civil date from days since 1970 and back (proleptic Gregorian).  The year is
 * taken to begin in March, so that the leap day is its last.
 */

void
hoop_time_format(u_char *dst, uint64_t ms)
{
    unsigned  days, secs, era, doe, yoe, doy, mp, year, mon, day;

    days = (unsigned) (ms / 86400000);
    secs = (unsigned) (ms / 1000 % 86400);

    days += 719468;
    era = days / 146097;
    doe = days % 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    day = doy - (153 * mp + 2) / 5 + 1;
    mon = (mp < 10) ? mp + 3 : mp - 9;
    year = yoe + era * 400 + (mon <= 2);

    memcpy(dst, "0000-00-00T00:00:00.000Z", HOOP_TIME_LEN);

    hoop_time_digits(dst, year, 4);
    hoop_time_digits(dst + 5, mon, 2);
    hoop_time_digits(dst + 8, day, 2);
    hoop_time_digits(dst + 11, secs / 3600, 2);
    hoop_time_digits(dst + 14, secs / 60 % 60, 2);
    hoop_time_digits(dst + 17, secs % 60, 2);
    hoop_time_digits(dst + 20, (unsigned) (ms % 1000), 3);
}


int
hoop_time_parse(uint64_t *ms, hoop_str_t text)
{
    size_t         i;
    u_char         back[HOOP_TIME_LEN];
    unsigned       n, year, mon, day, days, yoe, doy, v[7];
    const u_char  *p;

    static const u_char  form[] = "0000-00-00T00:00:00.000Z";
    static const u_char  place[7][2] = {
        { 0, 4 }, { 5, 2 }, { 8, 2 }, { 11, 2 }, { 14, 2 }, { 17, 2 }, { 20, 3 }
    };

    if (text.len != HOOP_TIME_LEN) {
        return HOOP_ERROR;
    }

    p = text.data;

    for (i = 0; i < HOOP_TIME_LEN; i++) {
        if (form[i] == '0' ? (p[i] < '0' || p[i] > '9') : p[i] != form[i]) {
            return HOOP_ERROR;
        }
    }

    for (i = 0; i < 7; i++) {
        v[i] = 0;

        for (n = 0; n < place[i][1]; n++) {
            v[i] = v[i] * 10 + p[place[i][0] + n] - '0';
        }
    }

    year = v[0];
    mon = v[1];
    day = v[2];

    if (year < 1970 || mon < 1 || mon > 12 || day < 1) {
        return HOOP_ERROR;
    }

    year -= (mon <= 2);
    yoe = year % 400;
    doy = (153 * (mon > 2 ? mon - 3 : mon + 9) + 2) / 5 + day - 1;
    days = year / 400 * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;

    *ms = ((uint64_t) days * 86400 + v[3] * 3600 + v[4] * 60 + v[5]) * 1000
          + v[6];

    /* one spelling for one moment: no 30 February, no second 60 */

    hoop_time_format(back, *ms);

    return memcmp(back, p, HOOP_TIME_LEN) == 0 ? HOOP_OK : HOOP_ERROR;
}


int
hoop_event_view(hoop_event_view_t *v, hoop_str_t text)
{
    uint64_t             n;
    hoop_str_t           word, ts;
    hoop_event_reader_t  r;

    if (text.len > HOOP_EVENT_MAX
        || text.len < HOOP_EVENT_PREV_TAIL + HOOP_EVENT_HASH_TAIL)
    {
        return HOOP_ERROR;
    }

    r.last = text.data + text.len;
    r.pos = r.last - HOOP_EVENT_HASH_TAIL - HOOP_EVENT_PREV_TAIL;

    if (hoop_event_read(&r, ",\"prev\":\"") != HOOP_OK) {
        return HOOP_ERROR;
    }

    v->prev = r.pos;
    r.pos += HOOP_HASH_LEN;

    if (hoop_event_read(&r, "\",\"hash\":\"") != HOOP_OK) {
        return HOOP_ERROR;
    }

    v->hash = r.pos;
    r.pos += HOOP_HASH_LEN;

    if (hoop_event_read(&r, "\"}") != HOOP_OK
        || !hoop_event_is_hex(v->prev) || !hoop_event_is_hex(v->hash))
    {
        return HOOP_ERROR;
    }

    r.pos = text.data;
    r.last = v->prev - (sizeof(",\"prev\":\"") - 1);

    if (hoop_event_read(&r, "{\"v\":1,\"id\":\"") != HOOP_OK
        || hoop_event_read_word(&r, &v->gateway) != HOOP_OK
        || !hoop_gateway_valid(v->gateway)
        || hoop_event_read(&r, ":") != HOOP_OK
        || hoop_event_read_uint(&r, &n) != HOOP_OK
        || n > UINT32_MAX)
    {
        return HOOP_ERROR;
    }

    v->slot = (uint32_t) n;

    if (hoop_event_read(&r, ":") != HOOP_OK
        || hoop_event_read_uint(&r, &v->seq) != HOOP_OK
        || v->seq == 0
        || hoop_event_read(&r, "\",\"seq\":") != HOOP_OK
        || hoop_event_read_uint(&r, &n) != HOOP_OK
        || n != v->seq
        || hoop_event_read(&r, ",\"ts\":\"") != HOOP_OK
        || r.last - r.pos < HOOP_TIME_LEN)
    {
        return HOOP_ERROR;
    }

    ts = hoop_str(r.pos, HOOP_TIME_LEN);
    r.pos += HOOP_TIME_LEN;

    if (hoop_time_parse(&v->ts, ts) != HOOP_OK
        || hoop_event_read(&r, "\",\"gateway\":\"") != HOOP_OK
        || hoop_event_read_word(&r, &word) != HOOP_OK
        || !hoop_str_eq(word, v->gateway)
        || hoop_event_read(&r, "\",\"slot\":") != HOOP_OK
        || hoop_event_read_uint(&r, &n) != HOOP_OK
        || n != v->slot
        || hoop_event_read(&r, ",\"type\":\"") != HOOP_OK
        || hoop_event_read_word(&r, &v->type) != HOOP_OK
        || v->type.len == 0
        || hoop_event_read(&r, "\"") != HOOP_OK
        || (r.pos < r.last && *r.pos != ','))
    {
        return HOOP_ERROR;
    }

    return HOOP_OK;
}


static int
hoop_event_read(hoop_event_reader_t *r, const char *s)
{
    size_t  len;

    len = strlen(s);

    if ((size_t) (r->last - r->pos) < len || memcmp(r->pos, s, len) != 0) {
        return HOOP_ERROR;
    }

    r->pos += len;

    return HOOP_OK;
}


/* decimal, without leading zeros */

static int
hoop_event_read_uint(hoop_event_reader_t *r, uint64_t *n)
{
    unsigned       digit;
    const u_char  *start;

    start = r->pos;
    *n = 0;

    while (r->pos < r->last && *r->pos >= '0' && *r->pos <= '9') {
        digit = *r->pos - '0';

        if (*n > (UINT64_MAX - digit) / 10) {
            return HOOP_ERROR;
        }

        *n = *n * 10 + digit;
        r->pos++;
    }

    if (r->pos == start || (*start == '0' && r->pos - start > 1)) {
        return HOOP_ERROR;
    }

    return HOOP_OK;
}


/* up to a colon or a quote, without escapes */

static int
hoop_event_read_word(hoop_event_reader_t *r, hoop_str_t *word)
{
    const u_char  *start;

    start = r->pos;

    while (r->pos < r->last && *r->pos != ':' && *r->pos != '"') {
        if (*r->pos < 0x20 || *r->pos == '\\' || *r->pos > 0x7e) {
            return HOOP_ERROR;
        }

        r->pos++;
    }

    *word = hoop_str(start, r->pos - start);

    return HOOP_OK;
}


static int
hoop_event_is_hex(const u_char *p)
{
    size_t  i;

    for (i = 0; i < HOOP_HASH_LEN; i++) {
        if (!((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f'))) {
            return 0;
        }
    }

    return 1;
}
