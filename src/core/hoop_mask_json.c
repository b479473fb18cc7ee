
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The JSON engine: walks the tokens of one stream.
 *
 * Strings without escapes that stand in the window as a whole and hold no
 * candidate are passed here; every other string becomes the active stream of
 * the text engine, and this one goes on at its closing quote.
 *
 * It reads more than RFC 8259 allows where a lenient reader would (control
 * characters in strings, NaN, a document after another); where it cannot go
 * on the rest of the stream is text.
 *
 *   START   BOM, XSSI prefix           KEY    a name, after ','
 *   TOP     a document, or the end     COLON
 *   VALUE   after ':' and ','          AFTER  after a value in a container
 *   FIRST   after '[': value or ']'    QUOTE  the end of a string that was
 *   NAME    after '{': name or '}'            judged as a stream of its own
 */


#include <stdlib.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "hoop_mask_json.h"


/* the paths of a document begin at its root */

static void
hoop_json_root(hoop_mask_t *m)
{
    unsigned  i;

    if (m->has_paths) {
        for (i = 0; i < m->nsets; i++) {
            m->child[i] = m->sets[i]->first;
        }
    }
}


void
hoop_mask_json_init(hoop_mask_t *m, unsigned level, unsigned sniff,
    unsigned embedded)
{
    hoop_level_t  *lev;

    lev = &m->levels[level];

    memset(lev, 0, sizeof(hoop_level_t));
    lev->state = (sniff && level > m->base) ? HOOP_JSON_TOP : HOOP_JSON_START;
    lev->sniff = sniff;
    lev->embedded = embedded;
    lev->base = m->depth;

    if (embedded) {
        lev->state = HOOP_JSON_VALUE;
    }

    if (level > m->base) {
        m->levels[level - 1].naming = 0;
    }

    hoop_json_root(m);

    m->engine = HOOP_ENGINE_JSON;
    m->nst = level;
}


int
hoop_mask_json_between(hoop_mask_t *m)
{
    hoop_level_t  *lev;

    lev = &m->levels[m->nst];

    return m->engine == HOOP_ENGINE_JSON && m->nst == m->base
           && lev->state != HOOP_JSON_QUOTE
           && lev->state != HOOP_JSON_QUOTE_KEY;
}


/*
 * The paths, for the value that comes: m->child are the segments that may
 * follow its name; one that ended here makes it a field.
 */

static void
hoop_json_path(hoop_mask_t *m, hoop_level_t *lev, const u_char *name,
    size_t len)
{
    int            found;
    unsigned       i;
    hoop_frame_t  *frame;

    frame = hoop_mask_frame(m, m->depth - 1);

    for (i = 0; i < m->nsets; i++) {
        found = 0;
        m->child[i] = hoop_mask_set_step(m->sets[i], frame->child[i], name,
                                         len, &found);
        if (found) {
            lev->route = 0;
        }

        if (found && lev->field == 0) {
            lev->field = HOOP_DETECT_FIELD + 1;
            lev->action = m->sets[i]->action;
        }
    }
}


/* the index of an array element as its name; returns its length */

static size_t
hoop_json_index(hoop_mask_t *m, u_char *text)
{
    u_char    *p, digits[12];
    size_t     n;
    uint32_t   v;

    v = hoop_mask_frame(m, m->depth - 1)->index++;
    p = digits + sizeof(digits);

    do {
        *--p = (u_char) ('0' + v % 10);
        v /= 10;
    } while (v);

    n = digits + sizeof(digits) - p;
    memcpy(text, p, n);

    return n;
}


/* before each element of an array */

static void
hoop_json_element(hoop_mask_t *m, hoop_level_t *lev)
{
    size_t  n;
    u_char  text[12];

    lev->masked = 0;

    if (m->has_paths) {
        n = hoop_json_index(m, text);
        hoop_json_path(m, lev, text, n);
    }

    if (m->table) {
        hoop_mask_pair_element(m, lev);
    }
}


static int
hoop_json_open(hoop_mask_t *m, hoop_level_t *lev, int object)
{
    u_char        *frames;
    unsigned       n;
    hoop_frame_t  *frame;

    if (m->depth == HOOP_MASK_DEPTH) {
        return HOOP_JSON_BROKEN;
    }

    if (m->has_paths) {

        if (m->depth == m->nframes) {
            n = m->nframes ? m->nframes * 2 : 16;

            frames = realloc(m->frames, hoop_mask_frames(m, n));
            if (frames == NULL) {
                m->failed = 1;
                return HOOP_JSON_BROKEN;
            }

            m->frames = frames;
            m->nframes = n;
        }

        frame = hoop_mask_frame(m, m->depth);

        memcpy(frame->child, m->child, m->nsets * sizeof(uint64_t));
        frame->index = 0;
    }

    if (object) {
        hoop_bits_set(m->objects, m->depth);
        lev->state = HOOP_JSON_NAME;

    } else {
        hoop_bits_clear(m->objects, m->depth);
        lev->state = HOOP_JSON_FIRST;
    }

    hoop_bits_clear(m->kept, m->depth);
    m->depth++;

    lev->phone = 0;
    hoop_mask_pair_open(m, lev, object);

    return HOOP_JSON_GO;
}


static int
hoop_json_close(hoop_mask_t *m, hoop_level_t *lev, int object)
{
    if (m->depth == lev->base
        || (int) hoop_bits_get(m->objects, m->depth - 1) != object)
    {
        return HOOP_JSON_BROKEN;
    }

    m->depth--;

    hoop_mask_pair_close(m);

    return hoop_json_value_end(m, lev);
}


/* the name of the member that comes */

void
hoop_mask_json_name(hoop_mask_t *m, hoop_level_t *lev, const u_char *p,
    size_t len)
{
    unsigned  det;

    lev->field = 0;
    lev->masked = 0;
    lev->route = (len > 0 && p[0] == '/')
                 || (len > 1 && p[0] == '.' && p[1] == '/');

    if (len > HOOP_MASK_KEY) {
        p += len - HOOP_MASK_KEY;
        len = HOOP_MASK_KEY;
    }

    if (m->has_names) {
        det = hoop_mask_name(m, p, len, &lev->action);

        if (det) {
            lev->field = (u_char) det;
        }
    }

    lev->phone = hoop_mask_phone_name(m, p, len);

    if (m->has_paths) {
        hoop_json_path(m, lev, p, len);
    }

    /* kept, for a name that is followed by no colon */

    if (lev->field) {
        memmove(m->key, p, len);
        m->keylen = len;
    }

    if (m->has_names) {
        hoop_mask_pair_member(m, lev, p, len);
    }
}


void
hoop_mask_json_string_end(hoop_mask_t *m, unsigned level)
{
    m->engine = HOOP_ENGINE_JSON;
    m->nst = level;
    m->depth = m->levels[level].inside;

    hoop_mask_pair_close(m);
}


/* a string: a stream of its own, from behind its quote at i */

static hoop_run_e
hoop_json_push(hoop_mask_t *m, hoop_level_t *lev, size_t i, int key)
{
    unsigned  nested;

    lev->state = key ? HOOP_JSON_QUOTE_KEY : HOOP_JSON_QUOTE;

    lev->inside = m->depth;

    m->c = i + 1;
    m->kinds[m->nst] = HOOP_STAGE_JSON;
    m->nst++;

    nested = (m->nst - m->base <= HOOP_MASK_NESTED);

    m->engine = HOOP_ENGINE_TEXT;
    key = key ? HOOP_KEY_NAME : lev->naming ? HOOP_KEY_VALUE : 0;
    nested = nested && key != HOOP_KEY_NAME;

    hoop_mask_text_init(m, nested, (unsigned) key, nested);

    m->text.phone = lev->phone;

    return HOOP_RUN_SWITCH;
}


/*
 * 1 if a short string may hold something: an address, a name with a value,
 * JSON.  Anything else has 9 bytes at least.
 */

static int
hoop_json_short(const u_char *p, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (p[i] == '@' || p[i] == '=' || p[i] == ':' || p[i] == '{') {
            return 1;
        }
    }

    return 0;
}


/* 1 if a window on a text holds nothing: no stream need be opened for it */

static int
hoop_json_clean(hoop_mask_t *m, const hoop_level_t *lev, const u_char *p,
    size_t n, const u_char *limit, int key)
{
    hoop_scan_t  s;

    hoop_mask_scan_init(m, &s);

    s.p = p;
    s.n = n;
    s.limit = limit;
    s.final = 1;
    s.names = m->has_names && !key;
    s.json = (!key && m->nst + 1 - m->base <= HOOP_MASK_NESTED);

    s.phone = lev->phone;

    return hoop_scan(&s) == HOOP_SCAN_CLEAR;
}


/* the first quote or backslash, or the end */

static const u_char *
hoop_json_stop(const u_char *p, const u_char *end)
{
#ifdef __SSE2__

    int      m;
    __m128i  v;

    while (end - p >= 16) {
        v = _mm_loadu_si128((const __m128i *) p);

        m = _mm_movemask_epi8(_mm_or_si128(
                               _mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
                               _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));
        if (m) {
            return p + __builtin_ctz((unsigned) m);
        }

        p += 16;
    }

#endif

    while (p < end && *p != '"' && *p != '\\') {
        p++;
    }

    return p;
}


static int
hoop_json_string(hoop_mask_t *m, hoop_level_t *lev, hoop_look_t *lk,
    size_t *i, int key)
{
    size_t         n;
    const u_char  *p, *stop;

    p = lk->p + *i + 1;
    stop = hoop_json_stop(p, lk->p + lk->n);

    if (stop == lk->p + lk->n || *stop != '"') {
        return hoop_json_push(m, lev, *i, key);
    }

    n = stop - p;

    if (!key && n && (hoop_json_space(*p) || *p == '{' || *p == '[')) {
        return hoop_json_push(m, lev, *i, key);
    }

    if ((n >= HOOP_SCAN_SHORTEST || hoop_json_short(p, n)
         || (m->nliterals && n >= HOOP_SCAN_SHORTEST_LITERAL)
         || m->npatterns || (m->detect & hoop_bit(HOOP_DETECT_IP_ADDRESS)))
        && !hoop_json_clean(m, lev, p, n, lk->limit, key))
    {
        return hoop_json_push(m, lev, *i, key);
    }

    if (hoop_mask_fold_find(p, n) < n) {
        return hoop_json_push(m, lev, *i, key);
    }

    *i += n + 2;

    if (key) {
        hoop_mask_json_name(m, lev, p, n);
        lev->state = HOOP_JSON_COLON;
        return HOOP_JSON_GO;
    }

    if (lev->naming) {
        hoop_mask_pair_value(m, lev, p, n);
    }

    return hoop_json_value_end(m, lev);
}


static int
hoop_json_value(hoop_mask_t *m, hoop_level_t *lev, hoop_look_t *lk, size_t *i)
{
    u_char  c;

    c = lk->p[*i];

    if (lev->peeked) {
        return hoop_mask_json_dropped(m, lev, lk, i);
    }

    /*
     * The routes of an API and the files of a package are names as well: what
     * is described under "/users/{id}/password" is looked through.
     */

    if (lev->field && lev->route && (c == '{' || c == '[')) {
        lev->field = 0;
    }

    if (lev->field) {
        return hoop_mask_json_masked(m, lev, lk, i);
    }

    switch (c) {

    case '"':
        return hoop_json_string(m, lev, lk, i, 0);

    case '{':
    case '[':
        (*i)++;
        return hoop_json_open(m, lev, c == '{');

    case '-':
        if (*i + 1 == lk->n && lk->end == 0) {
            m->c = *i;
            return HOOP_RUN_MORE;
        }

        if (*i + 1 < lk->n && lk->p[*i + 1] == 'I') {
            return hoop_mask_json_word(m, lev, lk, i);
        }

        /* fall through */

    case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        return hoop_mask_json_number(m, lev, lk, i);
    }

    return hoop_mask_json_word(m, lev, lk, i);
}


/* what may stand before the first document */

static int
hoop_json_start(hoop_mask_t *m, hoop_level_t *lev, hoop_look_t *lk, size_t *i)
{
    size_t         n, len;
    unsigned       k;
    const u_char  *p;

    static const char  *prefixes[] = { "\xef\xbb\xbf", ")]}'" };

    p = lk->p + *i;
    n = lk->n - *i;

    for (k = 0; k < 2; k++) {
        len = strlen(prefixes[k]);

        if (n < len && lk->end == 0 && memcmp(p, prefixes[k], n) == 0) {
            m->c = *i;
            return HOOP_RUN_MORE;
        }

        if (n >= len && memcmp(p, prefixes[k], len) == 0) {
            *i += len;

            if (k == 0) {
                return HOOP_JSON_GO;
            }

            /* ")]}'," is as common */

            lev->state = HOOP_JSON_AFTER;
            return HOOP_JSON_GO;
        }
    }

    lev->state = HOOP_JSON_TOP;

    return HOOP_JSON_GO;
}


/*
 * What cannot be read is text.  Under a masked name, what stands there up to
 * the end of the value is masked before; a name that is followed by no colon
 * is given to the text as its context.
 */

static hoop_run_e
hoop_json_broken(hoop_mask_t *m, hoop_level_t *lev, hoop_look_t *lk,
    size_t i)
{
    unsigned    field, masked, name, quote;
    hoop_run_e  rc;

    field = (lev->state == HOOP_JSON_VALUE) ? lev->field : 0;
    name = (lev->state == HOOP_JSON_COLON) ? lev->field : 0;
    masked = (lev->state == HOOP_JSON_AFTER && lev->masked) || field;
    quote = (field && lk->p[i] == '\'');
    rc = HOOP_RUN_SWITCH;

    m->c = i;
    lev->peeked = 0;

    if (field) {
        rc = hoop_mask_json_op(m, lev, i, quote, field - 1, HOOP_MASK_REDACT,
                          NULL, 0);
    }

    m->depth = lev->base;
    hoop_mask_pair_close(m);
    hoop_mask_to_text(m, m->nst);

    if (masked) {
        m->text.swallow = HOOP_SWALLOW_VALUE;
        m->text.quote = quote ? '\'' : '}';
    }

    if (name) {
        hoop_mask_text_name(m);
    }

    return rc;
}


/* 1 in a container, where nothing is known that would have to be looked at */

static inline int
hoop_json_quick(const hoop_mask_t *m, const hoop_level_t *lev)
{
    return lev->state >= HOOP_JSON_VALUE && lev->state <= HOOP_JSON_AFTER
           && lev->field == 0 && m->depth > lev->base && !lev->peeked
           && !lev->phone
           && !m->has_drop && !m->slow && !lev->naming && !lev->table
           && (m->pair_low == 0 || m->depth < m->pair_low)
           && (m->table < HOOP_TABLE_COLUMNS || m->depth <= m->table_depth);
}


hoop_run_e
hoop_mask_json_run(hoop_mask_t *m, hoop_look_t *lk)
{
    int            rc;
    u_char         c;
    size_t         i, n;
    const u_char  *p;
    hoop_level_t  *lev;

    p = lk->p;
    n = lk->n;
    i = 0;
    lev = &m->levels[m->nst];

    if (lev->swallow) {
        m->c = 0;
        m->rep_len = 0;
        m->op_end = hoop_mask_json_swallow(lev, p, 0, n);

        if (lev->swallow == HOOP_SWALLOW_NUMBER && m->op_end == n && lk->end) {
            lev->swallow = 0;
        }

        if (lev->swallow == 0) {
            (void) hoop_json_value_end(m, lev);
        }

        if (m->op_end) {
            return HOOP_RUN_OP;
        }

        if (lev->swallow) {
            return lk->end ? HOOP_RUN_END : HOOP_RUN_MORE;
        }
    }

    if (lev->embedded && lev->state == HOOP_JSON_TOP) {

        /* the document ended with a replacement */

        return hoop_json_broken(m, lev, lk, 0);
    }

    for ( ;; ) {

        if (hoop_json_quick(m, lev)) {
            i += hoop_mask_json_fast(m, lev, p + i, n - i);
        }

        while (i < n && hoop_json_space(p[i])) {
            i++;
        }

        if (i == n) {
            m->c = n;
            return lk->end ? HOOP_RUN_END : HOOP_RUN_MORE;
        }

        c = p[i];

        switch (lev->state) {

        case HOOP_JSON_START:
            rc = hoop_json_start(m, lev, lk, &i);
            break;

        case HOOP_JSON_TOP:

            if (c == 0x1e) {
                i++;
                continue;
            }

            if (lev->sniff && c != '{' && c != '[') {
                rc = HOOP_JSON_BROKEN;
                break;
            }

            hoop_json_root(m);
            rc = hoop_json_value(m, lev, lk, &i);
            break;

        case HOOP_JSON_VALUE:
            rc = hoop_json_value(m, lev, lk, &i);
            break;

        case HOOP_JSON_FIRST:

            if (c == ']') {
                i++;
                rc = hoop_json_close(m, lev, 0);
                break;
            }

            hoop_json_element(m, lev);
            lev->state = HOOP_JSON_VALUE;
            continue;

        case HOOP_JSON_NAME:

            if (c == '}') {
                i++;
                rc = hoop_json_close(m, lev, 1);
                break;
            }

            if (c == '"' && m->has_drop) {
                rc = hoop_mask_json_peek(m, lev, lk, &i);
                break;
            }

            /* fall through */

        case HOOP_JSON_KEY:

            if (c != '"') {
                rc = HOOP_JSON_BROKEN;
                break;
            }

            rc = hoop_json_string(m, lev, lk, &i, 1);
            break;

        case HOOP_JSON_COLON:

            if (c != ':') {
                rc = HOOP_JSON_BROKEN;
                break;
            }

            i++;
            lev->state = HOOP_JSON_VALUE;
            continue;

        case HOOP_JSON_QUOTE:
        case HOOP_JSON_QUOTE_KEY:

            /* only the quote that ended the stream can stand here */

            i++;

            if (lev->state == HOOP_JSON_QUOTE_KEY) {
                hoop_mask_json_name(m, lev, m->key,
                               m->keylen < HOOP_MASK_KEY ? m->keylen
                                                         : HOOP_MASK_KEY);
                lev->state = HOOP_JSON_COLON;
                continue;
            }

            if (lev->naming) {
                hoop_mask_pair_value(m, lev, m->key,
                               m->keylen < HOOP_MASK_KEY ? m->keylen
                                                         : HOOP_MASK_KEY);
            }

            rc = hoop_json_value_end(m, lev);
            break;

        default: /* HOOP_JSON_AFTER */

            if (m->depth == lev->base) {

                /* behind an XSSI prefix */

                lev->state = HOOP_JSON_TOP;
                i += (c == ',');
                continue;
            }

            if (c == ',') {

                if (!hoop_bits_get(m->objects, m->depth - 1)) {
                    i++;
                    hoop_json_element(m, lev);
                    lev->state = HOOP_JSON_VALUE;
                    continue;
                }

                if (m->has_drop) {
                    rc = hoop_mask_json_peek(m, lev, lk, &i);
                    break;
                }

                i++;
                lev->state = HOOP_JSON_KEY;
                continue;
            }

            if (c == '}' || c == ']') {
                i++;
                rc = hoop_json_close(m, lev, c == '}');
                break;
            }

            rc = HOOP_JSON_BROKEN;
        }

        if (rc == HOOP_JSON_GO) {
            continue;
        }

        if (rc == HOOP_JSON_BROKEN) {
            return hoop_json_broken(m, lev, lk, i);
        }

        return (hoop_run_e) rc;
    }
}
