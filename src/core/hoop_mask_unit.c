
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Framing: lines of an event stream, fields of a form.
 *
 * A unit is a stretch of input that the engines see as if it were the whole:
 * the rest of a line, a name, a value.  The bytes between units are passed.
 *
 * In an event stream the data lines of one event are one document: the JSON
 * engine goes on from line to line where a token may end, and the blank line
 * makes it forget.  Other fields and comments are lines of text.
 */


#include "hoop_mask_impl.h"


#define HOOP_SSE_START    0
#define HOOP_SSE_LINE     1
#define HOOP_SSE_SPACE    2            /* the one space after "data:" */
#define HOOP_SSE_DATA     3
#define HOOP_SSE_OTHER    4
#define HOOP_SSE_EOL      5

#define HOOP_FORM_START   0
#define HOOP_FORM_NAME    1
#define HOOP_FORM_EQUAL   2
#define HOOP_FORM_BEGIN   3
#define HOOP_FORM_VALUE   4
#define HOOP_FORM_NEXT    5


/* the end of the unit at p: known bytes have no end, or end there if found */

static void
hoop_unit_find(hoop_mask_t *m, const u_char *p, size_t n, u_char a, u_char b)
{
    size_t  i;

    if (m->unit_found) {
        return;
    }

    for (i = m->unit_known; i < n; i++) {
        if (p[i] == a || p[i] == b) {
            m->unit_found = 1;
            break;
        }
    }

    m->unit_known = i;
}


int
hoop_mask_unit_core(hoop_mask_t *m, const u_char *p, size_t n, unsigned final)
{
    int     rc;
    size_t  pass, moved;

    pass = m->pass;

    if (m->unit_found && m->unit_known <= n) {
        n = m->unit_known;
        final = 1;
    }

    rc = hoop_mask_core_step(m, p, n, final);

    moved = m->pass - pass + m->drop;
    m->unit_known -= (moved < m->unit_known) ? moved : m->unit_known;

    return rc;
}


void
hoop_mask_unit_begin(hoop_mask_t *m, unsigned state)
{
    m->unit_state = (u_char) state;
    m->unit_found = 0;
    m->unit_known = 0;
}


static int
hoop_sse_line(hoop_mask_t *m, const u_char *p, size_t n, unsigned final)
{
    size_t  k;

    if (n == 0) {
        return final ? HOOP_STEP_DONE : HOOP_STEP_MORE;
    }

    if (m->cr) {
        m->cr = 0;

        if (p[0] == '\n') {
            m->pass++;
            return HOOP_STEP_GO;
        }
    }

    if (p[0] == '\n' || p[0] == '\r') {
        hoop_mask_core_reset(m);
        m->unit_state = HOOP_SSE_EOL;
        return HOOP_STEP_GO;
    }

    k = (n < 5) ? n : 5;

    if (memcmp(p, "data:", k) == 0) {

        if (k < 5 && !final) {
            return HOOP_STEP_MORE;
        }

        if (k == 5) {
            m->pass += 5;
            m->unit_state = HOOP_SSE_SPACE;
            return HOOP_STEP_GO;
        }
    }

    /* the document in hand must not notice this line */

    m->unit_engine = m->engine;
    m->unit_nst = (u_char) m->nst;
    m->unit_saved = m->text.swallow;

    m->engine = HOOP_ENGINE_TEXT;
    m->kinds[0] = HOOP_STAGE_LOOSE;
    m->nst = 1;
    hoop_mask_text_init(m, 0, 0, 0);

    hoop_mask_unit_begin(m, HOOP_SSE_OTHER);

    return HOOP_STEP_GO;
}


static void
hoop_sse_line_end(hoop_mask_t *m)
{
    u_char  swallow;

    if (m->unit_state == HOOP_SSE_OTHER) {
        m->engine = m->unit_engine;
        m->nst = m->unit_nst;

        if (m->engine == HOOP_ENGINE_TEXT) {
            hoop_mask_to_text(m, 0);
            m->text.swallow = m->unit_saved;
        }

        return;
    }

    if (hoop_mask_json_between(m)) {
        return;
    }

    /* a string was cut by the line: the event is text; but a key goes on */

    swallow = (m->engine == HOOP_ENGINE_TEXT
               && m->text.swallow == HOOP_SWALLOW_PEM)
              ? HOOP_SWALLOW_PEM : 0;

    m->depth = 0;
    m->outer = 0;
    hoop_mask_to_text(m, 0);
    m->text.swallow = swallow;
}


static int
hoop_sse_step(hoop_mask_t *m, const u_char *p, size_t n, unsigned final)
{
    int     rc;
    size_t  k;

    switch (m->unit_state) {

    case HOOP_SSE_START:

        k = (n < 3) ? n : 3;

        if (memcmp(p, "\xef\xbb\xbf", k) == 0) {
            if (k < 3 && !final) {
                return HOOP_STEP_MORE;
            }

            if (k == 3) {
                m->pass += 3;
            }
        }

        m->unit_state = HOOP_SSE_LINE;
        return HOOP_STEP_GO;

    case HOOP_SSE_LINE:
        return hoop_sse_line(m, p, n, final);

    case HOOP_SSE_SPACE:

        if (n == 0 && !final) {
            return HOOP_STEP_MORE;
        }

        if (n && p[0] == ' ') {
            m->pass++;
        }

        hoop_mask_unit_begin(m, HOOP_SSE_DATA);
        return HOOP_STEP_GO;

    case HOOP_SSE_EOL:

        if (n == 0) {
            return final ? HOOP_STEP_DONE : HOOP_STEP_MORE;
        }

        m->cr = (p[0] == '\r');
        m->pass++;
        m->unit_state = HOOP_SSE_LINE;
        return HOOP_STEP_GO;
    }

    hoop_unit_find(m, p, n, '\r', '\n');

    rc = hoop_mask_unit_core(m, p, n, final);

    if (rc == HOOP_STEP_DONE) {
        hoop_sse_line_end(m);
        m->unit_state = m->unit_found ? HOOP_SSE_EOL : HOOP_SSE_LINE;
        return HOOP_STEP_GO;
    }

    return rc;
}


static void
hoop_form_text(hoop_mask_t *m, unsigned key, unsigned state)
{
    m->engine = HOOP_ENGINE_TEXT;
    m->kinds[0] = HOOP_STAGE_FORM;
    m->nst = 1;
    m->depth = 0;
    m->outer = 0;

    hoop_mask_text_init(m, !key, key, !key);
    hoop_mask_unit_begin(m, state);
}


/* the value of a masked field begins at p */

static int
hoop_form_masked(hoop_mask_t *m, const u_char *p, size_t n, unsigned final)
{
    size_t          len;
    u_char          action, value[HOOP_MASK_PEEK + 8];
    unsigned        detector;
    hoop_decoded_t  d;

    hoop_unit_find(m, p, n, '&', '&');

    len = m->unit_known;

    if (len == 0) {

        if (!m->unit_found && !final) {
            return HOOP_STEP_MORE;
        }

        m->unit_state = HOOP_FORM_VALUE;
        return HOOP_STEP_GO;
    }

    detector = m->unit_field - 1;
    action = m->unit_action;
    d.n = 0;

    if (hoop_mask_by_value(action)) {

        if (len < HOOP_MASK_PEEK && !m->unit_found && !final) {
            return HOOP_STEP_MORE;
        }

        if (len >= HOOP_MASK_PEEK) {
            action = HOOP_MASK_REDACT;

        } else {
            hoop_mask_decode(m->kinds, 1, p, len, 1, value, HOOP_MASK_PEEK,
                             m->unit, &d);
        }
    }

    m->rep_pos = 0;

    if (action == HOOP_MASK_NULL || action == HOOP_MASK_DROP) {
        m->counts[detector]++;
        m->rep_len = 0;

    } else {
        hoop_mask_replace(m, detector, action, value, d.n, 0, 1);
    }

    m->drop = 0;
    m->text.swallow = HOOP_SWALLOW_REST;
    m->text.sniff = 0;
    m->unit_state = HOOP_FORM_VALUE;

    return HOOP_STEP_OP;
}


static int
hoop_form_step(hoop_mask_t *m, const u_char *p, size_t n, unsigned final)
{
    int  rc;

    switch (m->unit_state) {

    case HOOP_FORM_START:
        hoop_form_text(m, 1, HOOP_FORM_NAME);
        return HOOP_STEP_GO;

    case HOOP_FORM_NAME:

        hoop_unit_find(m, p, n, '=', '&');

        rc = hoop_mask_unit_core(m, p, n, final);

        if (rc != HOOP_STEP_DONE) {
            return rc;
        }

        if (!m->unit_found) {
            return HOOP_STEP_DONE;
        }

        m->unit_state = HOOP_FORM_EQUAL;
        return HOOP_STEP_GO;

    case HOOP_FORM_EQUAL:

        if (n == 0) {
            return final ? HOOP_STEP_DONE : HOOP_STEP_MORE;
        }

        m->pass++;

        if (p[0] == '&') {
            m->unit_state = HOOP_FORM_START;
            return HOOP_STEP_GO;
        }

        m->unit_field = (u_char) hoop_mask_name(m, m->key,
                                        m->keylen < HOOP_MASK_KEY
                                        ? m->keylen : HOOP_MASK_KEY,
                                        &m->unit_action);

        hoop_form_text(m, 0, m->unit_field ? HOOP_FORM_BEGIN
                                           : HOOP_FORM_VALUE);

        m->text.phone = hoop_mask_phone_name(m, m->key,
                                        m->keylen < HOOP_MASK_KEY
                                        ? m->keylen : HOOP_MASK_KEY);
        return HOOP_STEP_GO;

    case HOOP_FORM_BEGIN:
        return hoop_form_masked(m, p, n, final);

    case HOOP_FORM_NEXT:

        if (n == 0) {
            return final ? HOOP_STEP_DONE : HOOP_STEP_MORE;
        }

        m->pass++;
        m->unit_state = HOOP_FORM_START;
        return HOOP_STEP_GO;
    }

    hoop_unit_find(m, p, n, '&', '&');

    rc = hoop_mask_unit_core(m, p, n, final);

    if (rc != HOOP_STEP_DONE) {
        return rc;
    }

    if (!m->unit_found) {
        return HOOP_STEP_DONE;
    }

    m->unit_state = HOOP_FORM_NEXT;

    return HOOP_STEP_GO;
}


int
hoop_mask_unit_step(hoop_mask_t *m, const u_char *p, size_t n,
    unsigned final)
{
    switch (m->mode) {

    case HOOP_MASK_SSE:
        return hoop_sse_step(m, p, n, final);

    case HOOP_MASK_FORM:
        return hoop_form_step(m, p, n, final);

    default: /* HOOP_MASK_CSV */
        return hoop_mask_csv_step(m, p, n, final);
    }
}
