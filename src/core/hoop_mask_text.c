
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The text engine: passes a stream by the detectors, and leaves out what
 * belongs to a secret whose end need not be known to mask it: the body of a
 * PEM key, a token without end, the value of a sensitive name.
 */


#include "hoop_mask_impl.h"


void
hoop_mask_text_init(hoop_mask_t *m, unsigned sniff, unsigned key,
    unsigned embed)
{
    hoop_textual_t  *t;

    t = &m->text;

    t->swallow = 0;
    t->quote = 0;
    t->dashes = 0;
    t->sniff = sniff;
    t->key = key;
    t->embed = embed;
    t->phone = 0;
    t->nleft = 0;

    if (key) {
        m->keylen = 0;
    }
}


void
hoop_mask_to_text(hoop_mask_t *m, unsigned level)
{
    m->kinds[level] = HOOP_STAGE_LOOSE;
    m->nst = level + 1;
    m->engine = HOOP_ENGINE_TEXT;

    hoop_mask_text_init(m, 0, 0, level - m->base <= HOOP_MASK_NESTED);
}


/* the text moves on over n bytes: they become context, or a part of a name */

static void
hoop_text_consume(hoop_mask_t *m, const u_char *p, size_t n)
{
    size_t           k;
    hoop_textual_t  *t;

    t = &m->text;

    if (t->key) {
        m->keylen += n;

        if (n >= HOOP_MASK_KEY) {
            memcpy(m->key, p + n - HOOP_MASK_KEY, HOOP_MASK_KEY);

        } else {
            k = m->keylen - n;
            k = (k > HOOP_MASK_KEY) ? HOOP_MASK_KEY : k;

            if (k + n > HOOP_MASK_KEY) {
                memmove(m->key, m->key + k + n - HOOP_MASK_KEY,
                        HOOP_MASK_KEY - n);
                k = HOOP_MASK_KEY - n;
            }

            memcpy(m->key + k, p, n);
        }
    }

    if (n >= HOOP_SCAN_LEFT) {
        memcpy(t->left, p + n - HOOP_SCAN_LEFT, HOOP_SCAN_LEFT);
        t->nleft = HOOP_SCAN_LEFT;
        return;
    }

    k = t->nleft;

    if (k + n > HOOP_SCAN_LEFT) {
        k = HOOP_SCAN_LEFT - n;
        memmove(t->left, t->left + t->nleft - k, k);
    }

    memcpy(t->left + k, p, n);
    t->nleft = k + n;
}


void
hoop_mask_text_name(hoop_mask_t *m)
{
    size_t  len;

    len = (m->keylen < HOOP_MASK_KEY) ? m->keylen : HOOP_MASK_KEY;

    hoop_text_consume(m, (u_char *) "\"", 1);
    hoop_text_consume(m, m->key, len);
    hoop_text_consume(m, (u_char *) "\"", 1);
}


static size_t
hoop_text_raw(void *data, size_t pos)
{
    hoop_mask_t     *m = data;
    hoop_decoded_t   d;

    if (pos == m->look->n) {
        return m->look->raw;
    }

    hoop_mask_decode(m->kinds, m->look->nst, m->look->src, m->look->raw, 1,
                     NULL, pos, m->unit, &d);
    return d.raw;
}


/* 1 if it is a brace to that level already */

static unsigned
hoop_text_opens(hoop_mask_t *m, size_t pos, unsigned level)
{
    u_char          c[16];
    size_t          raw;
    hoop_decoded_t  d;

    if (m->look->plain) {
        return 1;
    }

    raw = hoop_text_raw(m, pos);

    if (level == 0) {
        return m->look->src[raw] == '{';
    }

    hoop_mask_decode(m->kinds, level, m->look->src + raw, m->look->raw - raw,
                     1, c, 1, m->unit, &d);

    return d.n != 0 && c[0] == '{';
}


static unsigned
hoop_text_name(void *data, const u_char *p, size_t len)
{
    hoop_mask_t  *m = data;

    return hoop_mask_name(m, p, len, &m->name_action);
}


/* the body of a PEM key: to the end of its END line, or what cannot be PEM */

static size_t
hoop_text_pem(hoop_textual_t *t, const u_char *p, size_t n)
{
    u_char  c;
    size_t  k;

    /* dashes: 0..5 in a row in the body, 10..15 in the END line */

    for (k = 0; k < n; k++) {
        c = p[k];

        if (!hoop_scan_pem(c)) {
            t->swallow = 0;
            return k;
        }

        if (c == '-') {
            if (t->dashes % 10 < 5) {
                t->dashes++;
            }

            if (t->dashes == 15) {
                t->swallow = 0;
                return k + 1;
            }

            continue;
        }

        t->dashes = (t->dashes >= 10 || (t->dashes == 5 && c == 'E')) ? 10 : 0;
    }

    return k;
}


/* to a line that begins with "--", or what may become one */

static size_t
hoop_text_part(const u_char *p, size_t n)
{
    size_t  k, i;

    for (k = 0; k < n; k++) {

        if (p[k] != '\r' && p[k] != '\n') {
            continue;
        }

        i = k + (p[k] == '\r');

        if (i < n && p[i] != '\n') {
            continue;
        }

        if ((i + 1 >= n || p[i + 1] == '-') && (i + 2 >= n || p[i + 2] == '-'))
        {
            break;
        }
    }

    return k;
}


/* the value of a name: to its closing quote, or the end of the word or line */

static size_t
hoop_text_value(hoop_textual_t *t, const u_char *p, size_t n, unsigned end)
{
    u_char  c;
    size_t  k;

    if (t->quote == HOOP_PART) {
        k = hoop_text_part(p, n);
        t->swallow = (k < n && n - k >= 4) ? 0 : t->swallow;
        return (t->swallow && end) ? n : k;
    }

    if (t->quote == 0) {
        k = hoop_scan_word(p, n);
        t->swallow = (k < n) ? 0 : t->swallow;
        return k;
    }

    for (k = 0; k < n; k++) {
        c = p[k];

        if (t->quote == '\n') {
            if (c == '\n' || c == '\r' || c == '"' || c == '\'' || c == '<') {
                t->swallow = 0;
                return k;
            }

            continue;
        }

        if (t->quote == HOOP_HEADER) {
            if (c == '\n' || c == '\r' || c == '<') {
                t->swallow = 0;
                return k;
            }

            continue;
        }

        if (t->quote == '}') {
            if (c == ',' || c == '}' || c == ']' || c == '\n' || c == '\r') {
                t->swallow = 0;
                return k;
            }

            continue;
        }

        if (t->quote == HOOP_QUOTE || t->quote == HOOP_APOSTROPHE) {
            if (c == t->quote) {
                t->swallow = 0;
                return k;
            }

            continue;
        }

        /* dashes: backslashes in a row */

        if (c == '\\') {
            t->dashes++;
            t->dashes = (t->dashes > 4) ? 3 : t->dashes;
            continue;
        }

        if (c == (t->quote == '\'' ? '\'' : '"')
            && (t->quote == '\\' ? t->dashes <= 1 : t->dashes % 2 == 0))
        {
            t->swallow = 0;
            return k;
        }

        t->dashes = 0;
    }

    return k;
}


static size_t
hoop_text_swallow(hoop_mask_t *m, const u_char *p, size_t n, unsigned end)
{
    size_t             k;
    const hoop_str_t  *lit;
    hoop_textual_t    *t;

    t = &m->text;

    switch (t->swallow) {

    case HOOP_SWALLOW_PEM:
        return hoop_text_pem(t, p, n);

    case HOOP_SWALLOW_VALUE:
        return hoop_text_value(t, p, n, end);

    case HOOP_SWALLOW_ELEMENT:
        k = hoop_scan_element(&t->element, p, n);

        if (t->element.state == HOOP_ELEMENT_DONE) {
            t->swallow = 0;
            return k;
        }

        return end ? n : k;

    case HOOP_SWALLOW_LINE:
        k = hoop_scan_line(&t->line, p, n, end);
        t->swallow = t->line.done ? 0 : t->swallow;
        return k;

    case HOOP_SWALLOW_TOKEN:
        k = hoop_scan_token(p, n);
        t->swallow = (k < n) ? 0 : t->swallow;
        return k;

    case HOOP_SWALLOW_BASE64:
        k = hoop_scan_base64(p, n);
        t->swallow = (k < n) ? 0 : t->swallow;
        return k;

    case HOOP_SWALLOW_LITERAL:
        lit = &m->literals[t->literal];

        for (k = 0; k < n && t->offset < lit->len; k++) {
            if (p[k] != lit->data[t->offset]) {
                break;
            }

            t->offset++;
        }

        if (k < n || t->offset == lit->len) {
            t->swallow = 0;
        }

        return k;
    }

    return n;
}


void
hoop_mask_scan_init(hoop_mask_t *m, hoop_scan_t *s)
{
    s->left = NULL;
    s->nleft = 0;
    s->detect = m->detect;
    s->final = 0;
    s->names = 0;
    s->json = 0;
    s->phone = 0;
    s->markup = (m->mode == HOOP_MASK_MARKUP);
    s->config = (m->mode == HOOP_MASK_CONFIG);
    s->literals = m->literals;
    s->nliterals = m->nliterals;
    s->patterns = m->patterns;
    s->npatterns = m->npatterns;
    s->token_max = m->token_max;
    s->raw = NULL;
    s->name = hoop_text_name;
    s->ctx = m;
}


/* what an element holds: as a value of its own, if it is one */

static void
hoop_text_element(hoop_mask_t *m, const u_char *p, size_t n, hoop_scan_t *s)
{
    u_char  action;

    action = m->name_action;

    if (n == 0) {
        m->text.swallow = HOOP_SWALLOW_ELEMENT;
        m->text.element = s->element;
    }

    if (action == HOOP_MASK_NULL || action == HOOP_MASK_DROP) {
        m->counts[s->detector]++;
        m->rep_len = 0;
        m->rep_pos = 0;
        return;
    }

    if (n == 0 || n > HOOP_MASK_PEEK || memchr(p, '<', n)) {
        action = HOOP_MASK_REDACT;
        n = 0;
    }

    hoop_mask_replace(m, s->detector, action, p, n, 0, m->nst);
}


static hoop_run_e
hoop_text_event(hoop_mask_t *m, hoop_look_t *lk, hoop_scan_t *s,
    hoop_scan_e event)
{
    unsigned         level;
    hoop_textual_t  *t;

    t = &m->text;

    m->c = s->start;
    m->op_end = s->end;

    switch (event) {

    case HOOP_SCAN_JSON:

        level = m->nst;
        level -= (m->kinds[level - 1] == HOOP_STAGE_LOOSE);

        if (!hoop_text_opens(m, s->start, level)) {

            /* "\u007b" begins no document: JSON would not read it, either */

            m->c = s->start + 1;
            hoop_text_consume(m, lk->p, m->c);

            return HOOP_RUN_MORE;
        }

        hoop_mask_json_init(m, level, 0, 1);

        return HOOP_RUN_SWITCH;

    case HOOP_SCAN_LINE:

        s->quote = s->line.quote;

        /* fall through */

    case HOOP_SCAN_VALUE:

        if (s->detector != HOOP_DETECT_CONNECTION_STRING
            && (m->name_action == HOOP_MASK_NULL
                || m->name_action == HOOP_MASK_DROP))
        {
            m->counts[s->detector]++;
            hoop_mask_add_rep(m, (u_char *) "null", s->quote ? 0 : 4, m->nst);

        } else {
            hoop_mask_replace(m, s->detector, HOOP_MASK_REDACT, NULL, 0, 0,
                              m->nst);
        }

        t->swallow = HOOP_SWALLOW_VALUE;
        t->quote = s->quote;
        t->dashes = 0;

        if (event == HOOP_SCAN_LINE) {
            t->swallow = HOOP_SWALLOW_LINE;
            t->line = s->line;
        }

        break;

    case HOOP_SCAN_ELEMENT:

        hoop_text_element(m, lk->p + s->start, s->end - s->start, s);
        break;

    case HOOP_SCAN_MATCH:

        hoop_mask_replace(m, s->detector, m->actions[s->detector],
                          lk->p + s->start, s->end - s->start, 0, m->nst);
        break;

    default:

        hoop_mask_replace(m, s->detector, HOOP_MASK_REDACT, NULL, 0, 0,
                          m->nst);

        t->dashes = 0;
        t->swallow = HOOP_SWALLOW_TOKEN;

        if (event == HOOP_SCAN_PEM) {
            t->swallow = HOOP_SWALLOW_PEM;

        } else if (event == HOOP_SCAN_BASE64) {
            t->swallow = HOOP_SWALLOW_BASE64;

        } else if (event == HOOP_SCAN_OVERLONG) {
            t->swallow = HOOP_SWALLOW_VALUE;
            t->quote = 0;

        } else if (event == HOOP_SCAN_PREFIX) {
            t->swallow = HOOP_SWALLOW_LITERAL;
            t->literal = s->literal;
            t->offset = HOOP_SCAN_LITERAL;
        }
    }

    hoop_text_consume(m, lk->p, s->end);

    return HOOP_RUN_OP;
}


hoop_run_e
hoop_mask_text_run(hoop_mask_t *m, hoop_look_t *lk)
{
    size_t           i;
    hoop_scan_t      s;
    hoop_scan_e      event;
    hoop_textual_t  *t;

    t = &m->text;

    if (t->swallow) {
        m->c = 0;
        m->rep_len = 0;
        m->op_end = hoop_text_swallow(m, lk->p, lk->n, lk->end);

        if (m->op_end) {
            hoop_text_consume(m, lk->p, m->op_end);
            return HOOP_RUN_OP;
        }

        if (t->swallow) {
            return lk->end ? HOOP_RUN_END : HOOP_RUN_MORE;
        }
    }

    if (t->sniff) {

        for (i = 0; i < lk->n; i++) {
            if (lk->p[i] != ' ' && lk->p[i] != '\n' && lk->p[i] != '\r'
                && lk->p[i] != '\t')
            {
                break;
            }
        }

        if (i == lk->n) {
            m->c = i;
            hoop_text_consume(m, lk->p, i);
            return lk->end ? HOOP_RUN_END : HOOP_RUN_MORE;
        }

        t->sniff = 0;

        if (lk->p[i] == '{' || lk->p[i] == '[') {
            m->c = i;
            hoop_mask_json_init(m, m->nst, 1, 0);
            return HOOP_RUN_SWITCH;
        }
    }

    hoop_mask_scan_init(m, &s);

    m->look = lk;

    s.p = lk->p;
    s.n = lk->n;
    s.limit = lk->limit;
    s.left = t->left;
    s.nleft = t->nleft;
    s.final = (lk->end != 0);
    s.names = m->has_names && t->key != HOOP_KEY_NAME;
    s.json = t->embed;
    s.phone = t->phone;
    s.raw = lk->plain ? NULL : hoop_text_raw;

    event = hoop_scan(&s);

    if (event != HOOP_SCAN_CLEAR) {
        return hoop_text_event(m, lk, &s, event);
    }

    m->c = s.start;
    hoop_text_consume(m, lk->p, s.start);

    return (lk->end && s.start == lk->n) ? HOOP_RUN_END : HOOP_RUN_MORE;
}
