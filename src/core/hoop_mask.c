
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The masker: creation, looks at the input, the window and the queue.
 * See hoop_mask_impl.h for how it works.
 *
 * The engines look at the caller's bytes directly.  Only what cannot be
 * decided is copied to the window; when more input comes, a little of it is
 * put behind, and as soon as the held bytes are decided the rest of what was
 * put there is given back.
 */


#include <stdlib.h>

#include <openssl/crypto.h>

#include "hoop_mask_impl.h"


/*
 * The exact secrets.  A text in which something is folded is looked at in that
 * form, so what a literal has of it is folded as well.
 */

static int
hoop_mask_literals(hoop_mask_t *m, const hoop_str_t *literals, unsigned n)
{
    u_char          *p;
    unsigned         i;
    hoop_str_t      *lit;
    hoop_decoded_t   d;

    static const u_char  kind = HOOP_STAGE_FOLD;

    for (i = 0; i < n; i++) {

        if (literals[i].len < HOOP_SCAN_SHORTEST_LITERAL) {
            continue;
        }

        lit = &m->literals[m->nliterals];
        *lit = literals[i];

        if (hoop_mask_fold_find(lit->data, lit->len) < lit->len) {

            p = malloc(lit->len);
            if (p == NULL) {
                return HOOP_NOMEM;
            }

            m->folded[m->nliterals] = p;

            hoop_mask_decode(&kind, 1, lit->data, lit->len, 1, p, lit->len,
                             lit->len, &d);

            if (d.n >= HOOP_SCAN_SHORTEST_LITERAL) {
                *lit = hoop_str(p, d.n);
            }
        }

        m->nliterals++;
    }

    return HOOP_OK;
}


/* the patterns of all sets, in one list */

static int
hoop_mask_patterns(hoop_mask_t *m)
{
    unsigned                i, k, n;
    const hoop_pattern_t   *pt;
    const hoop_patterns_t  *ps;

    for (i = 0, n = 0; i < m->nsets; i++) {
        n += m->sets[i]->patterns ? m->sets[i]->patterns->n : 0;
    }

    if (n == 0) {
        return HOOP_OK;
    }

    m->patterns = malloc(n * sizeof(hoop_pattern_t *));
    if (m->patterns == NULL) {
        return HOOP_NOMEM;
    }

    for (i = 0; i < m->nsets; i++) {
        ps = m->sets[i]->patterns;

        for (k = 0; ps && k < ps->n; k++) {
            pt = &ps->patterns[k];

            m->patterns[m->npatterns++] = pt;
            m->slow |= hoop_pattern_numeric(pt);

            if (m->actions[pt->id] == HOOP_MASK_OFF) {
                m->actions[pt->id] = (pt->action == HOOP_MASK_OFF)
                                     ? m->sets[i]->action : pt->action;
            }
        }
    }

    return HOOP_OK;
}


hoop_mask_t *
hoop_mask_create(hoop_mask_mode_e mode, const hoop_mask_set_t *const *sets,
    unsigned nsets, const hoop_str_t *literals, unsigned nliterals,
    size_t hold)
{
    unsigned      i, k;
    hoop_mask_t  *m;

    if (mode > HOOP_MASK_CSV || nsets > HOOP_MASK_SETS
        || nliterals > HOOP_MASK_LITERALS)
    {
        return NULL;
    }

    m = malloc(sizeof(hoop_mask_t));
    if (m == NULL) {
        return NULL;
    }

    memset(m, 0, offsetof(hoop_mask_t, hash_key));
    memset(m->actions, HOOP_MASK_OFF, sizeof(m->actions));

    m->mode = mode;

    for (i = 0; i < nsets; i++) {

        if (sets[i] == NULL) {
            continue;
        }

        m->sets[m->nsets++] = sets[i];
        m->detect |= sets[i]->detect;
        m->has_names |= (sets[i]->nnames != 0);
        m->has_paths |= (sets[i]->nsegments != 0);
        m->has_drop |= (sets[i]->action == HOOP_MASK_DROP
                        && (sets[i]->nnames || sets[i]->nsegments));

        for (k = 0; k < HOOP_DETECT_MAX; k++) {
            if ((sets[i]->detect & hoop_bit(k))
                && m->actions[k] == HOOP_MASK_OFF)
            {
                m->actions[k] = sets[i]->action;
            }
        }
    }

    if (hoop_mask_patterns(m) != HOOP_OK) {
        hoop_mask_free(m);
        return NULL;
    }

    m->actions[HOOP_DETECT_LITERAL] = HOOP_MASK_REDACT;
    m->actions[HOOP_DETECT_OVERLONG] = HOOP_MASK_REDACT;

    if (hoop_mask_literals(m, literals, nliterals) != HOOP_OK) {
        hoop_mask_free(m);
        return NULL;
    }

    m->hold = hold ? hold : HOOP_MASK_HOLD;
    m->hold = (m->hold < HOOP_MASK_MIN_HOLD) ? HOOP_MASK_MIN_HOLD : m->hold;
    m->unit = m->hold / (HOOP_SCAN_HELD + 2);
    m->number_max = m->hold / 16;
    m->token_max = m->hold - m->hold / 4;
    m->dlimit = HOOP_MASK_AHEAD;

    if (mode == HOOP_MASK_CSV) {
        m->csv = hoop_mask_csv_create();

        if (m->csv == NULL) {
            hoop_mask_free(m);
            return NULL;
        }
    }

    m->base = (mode == HOOP_MASK_FORM);

    hoop_mask_core_reset(m);

    return m;
}


void
hoop_mask_free(hoop_mask_t *m)
{
    unsigned  i;

    if (m == NULL) {
        return;
    }

    for (i = 0; i < HOOP_MASK_LITERALS; i++) {
        if (m->folded[i]) {
            OPENSSL_cleanse(m->folded[i], m->literals[i].len);
            free(m->folded[i]);
        }
    }

    if (m->window) {
        OPENSSL_cleanse(m->window, m->wsize);
        free(m->window);
    }

    if (m->decoded) {
        OPENSSL_cleanse(m->decoded, m->dsize);
        free(m->decoded);
    }

    free(m->patterns);
    free(m->csv);
    free(m->frames);
    OPENSSL_cleanse(m->hash_key, sizeof(m->hash_key));
    free(m);
}


int
hoop_mask_set_hash_key(hoop_mask_t *m, hoop_str_t key)
{
    /* a key of any length, as HMAC itself would shorten it */

    hoop_sha256(m->hash_key, key.data, key.len);
    m->keyed = 1;

    return HOOP_OK;
}


void
hoop_mask_core_reset(hoop_mask_t *m)
{
    m->depth = 0;
    m->outer = 0;

    hoop_mask_pair_close(m);

    if (m->mode != HOOP_MASK_FORM) {
        hoop_mask_json_init(m, 0, m->mode != HOOP_MASK_JSON, 0);
    }
}


unsigned
hoop_mask_name(hoop_mask_t *m, const u_char *p, size_t len, u_char *action)
{
    unsigned  i, det;

    for (i = 0; i < m->nsets; i++) {
        det = hoop_mask_set_name(m->sets[i], p, len);

        if (det) {
            *action = m->sets[i]->action;
            return det;
        }
    }

    return 0;
}


/* a window on the active stream, over the input [p, p + n) */

static int
hoop_mask_look(hoop_mask_t *m, const u_char *p, size_t n, unsigned final,
    hoop_look_t *lk)
{
    u_char          *data;
    size_t           max, i, k;
    unsigned         fold;
    hoop_decoded_t   d;

    memset(lk, 0, sizeof(hoop_look_t));

    lk->src = p;
    lk->p = p;
    lk->limit = p + n;
    lk->plain = 1;
    lk->nst = m->nst;

    if (m->nst == 0) {
        lk->n = n;
        lk->raw = n;
        lk->end = final ? HOOP_MASK_END : 0;
        return HOOP_OK;
    }

    if (m->nst == 1) {

        /* each look is searched for escapes and literals anew */

        max = (n > m->dlimit * 4) ? m->dlimit * 4 : n;

        fold = 0;

        if (m->engine == HOOP_ENGINE_TEXT) {
            i = (m->ahead < max) ? m->ahead : max;
            k = i + hoop_mask_plain(m->kinds[0], p + i, max - i);

            i += hoop_mask_fold_find(p + i, k - i);
            fold = (i < k);
            k = i;
            m->ahead = k;

        } else {
            k = hoop_mask_plain(m->kinds[0], p, max);
        }

        lk->n = k;
        lk->raw = k;

        if (k == n) {
            lk->end = final ? HOOP_MASK_END : 0;
            return HOOP_OK;
        }

        if (k == max) {
            lk->partial = 1;
            return HOOP_OK;
        }

        if (m->kinds[0] == HOOP_STAGE_JSON && p[k] == '"' && !fold) {
            lk->end = 1;
            return HOOP_OK;
        }

        if (k >= 64 && m->dlimit == HOOP_MASK_AHEAD) {
            lk->partial = 1;
            return HOOP_OK;
        }
    }

    max = (n > m->dlimit) ? m->dlimit : n;
    max = (max > m->hold) ? m->hold : max;

    if (m->dsize < max + 16) {
        k = (max + 16 < 1024) ? 1024 : max + 16;

        data = realloc(m->decoded, k);
        if (data == NULL) {
            return HOOP_NOMEM;
        }

        m->decoded = data;
        m->dsize = k;
    }

    hoop_mask_decode(m->kinds, m->nst, p, max, final && max == n, m->decoded,
                     max, m->unit, &d);

    if (m->engine == HOOP_ENGINE_TEXT
        && hoop_mask_fold_find(m->decoded, d.n) < d.n)
    {
        m->kinds[lk->nst++] = HOOP_STAGE_FOLD;

        hoop_mask_decode(m->kinds, lk->nst, p, max, final && max == n,
                         m->decoded, max, m->unit, &d);
    }

    lk->plain = 0;
    lk->p = m->decoded;
    lk->limit = m->decoded + m->dsize;
    lk->n = d.n;
    lk->raw = d.raw;
    lk->end = d.end;
    lk->hostile = d.hostile;

    if (!d.end && !d.hostile) {
        lk->partial = (max < n);

        if (final && max == n) {
            lk->end = HOOP_MASK_END;
        }
    }

    return HOOP_OK;
}


static size_t
hoop_mask_map(hoop_mask_t *m, hoop_look_t *lk, size_t pos)
{
    hoop_decoded_t  d;

    if (lk->plain) {
        return pos;
    }

    if (pos == lk->n) {
        return lk->raw;
    }

    hoop_mask_decode(m->kinds, lk->nst, lk->src, lk->raw, 1, NULL, pos,
                     m->unit, &d);
    return d.raw;
}


/* the rest of the outermost string is masked: to its quote, or the end */

static int
hoop_mask_outer(hoop_mask_t *m, const u_char *p, size_t n, unsigned final)
{
    size_t  i;

    if (m->kinds[0] != HOOP_STAGE_JSON) {
        m->drop = n;
        return n ? HOOP_STEP_OP : final ? HOOP_STEP_DONE : HOOP_STEP_MORE;
    }

    for (i = 0; i < n; i++) {

        if (m->outer_quiet) {
            m->outer_quiet = 0;
            continue;
        }

        if (p[i] == '\\') {
            m->outer_quiet = 1;

        } else if (p[i] == '"') {
            m->outer = 0;
            hoop_mask_json_string_end(m, 0);
            break;
        }
    }

    m->drop = i;

    if (i) {
        return HOOP_STEP_OP;
    }

    if (!m->outer) {
        return HOOP_STEP_GO;
    }

    return final ? HOOP_STEP_DONE : HOOP_STEP_MORE;
}


int
hoop_mask_core_step(hoop_mask_t *m, const u_char *p, size_t n,
    unsigned final)
{
    size_t       raw, end;
    hoop_run_e   run;
    hoop_look_t  lk;

    m->rep_len = 0;
    m->rep_pos = 0;

    if (m->outer) {
        return hoop_mask_outer(m, p, n, final);
    }

    if (hoop_mask_look(m, p, n, final, &lk) != HOOP_OK) {
        return HOOP_STEP_ERROR;
    }

    run = (m->engine == HOOP_ENGINE_JSON) ? hoop_mask_json_run(m, &lk)
                                          : hoop_mask_text_run(m, &lk);
    if (m->failed) {
        return HOOP_STEP_ERROR;
    }

    raw = hoop_mask_map(m, &lk, m->c);
    end = (run == HOOP_RUN_OP) ? hoop_mask_map(m, &lk, m->op_end) : raw;

    m->pass += raw;
    m->ahead -= (end < m->ahead) ? end : m->ahead;

    switch (run) {

    case HOOP_RUN_OP:
        m->drop = end - raw;
        m->dlimit = HOOP_MASK_AHEAD;
        return HOOP_STEP_OP;

    case HOOP_RUN_SWITCH:
        m->dlimit = HOOP_MASK_AHEAD;
        m->ahead = 0;
        return HOOP_STEP_GO;

    case HOOP_RUN_END:
        m->dlimit = HOOP_MASK_AHEAD;
        m->ahead = 0;

        if (lk.end == HOOP_MASK_END) {
            return HOOP_STEP_DONE;
        }

        hoop_mask_json_string_end(m, lk.end - 1);
        return HOOP_STEP_GO;

    default: /* HOOP_RUN_MORE */
        break;
    }

    if (lk.hostile) {
        m->ahead = 0;
        m->outer = 1;
        m->outer_quiet = 0;
        m->drop = 0;
        hoop_mask_replace(m, HOOP_DETECT_OVERLONG, HOOP_MASK_REDACT, NULL, 0,
                          0, 1);
        return HOOP_STEP_OP;
    }

    if (m->c) {
        m->dlimit = HOOP_MASK_AHEAD;
        return HOOP_STEP_GO;
    }

    if (lk.partial) {
        if (m->dlimit >= m->hold) {
            return HOOP_STEP_ERROR;
        }

        m->dlimit *= 4;
        return HOOP_STEP_GO;
    }

    return HOOP_STEP_MORE;
}


static int
hoop_mask_sink(hoop_mask_t *m, const u_char *p, size_t n, hoop_sink_pt sink,
    void *ctx, size_t *taken)
{
    ssize_t  rc;

    *taken = 0;

    rc = sink(ctx, p, n);

    if (rc < 0 || (size_t) rc > n) {
        m->failed = 1;
        return HOOP_ERROR;
    }

    *taken = rc;

    return ((size_t) rc < n) ? HOOP_AGAIN : HOOP_OK;
}


/* moves over n bytes of the window, or where there is none, the input */

static void
hoop_mask_advance(hoop_mask_t *m, const u_char **p, size_t n)
{
    if (m->wlen == 0) {
        *p += n;
        return;
    }

    m->wpos += n;
    m->wlen -= n;

    if (m->wlen == 0) {
        m->wpos = 0;
    }
}


static int
hoop_mask_deliver(hoop_mask_t *m, const u_char **p, const u_char *end,
    hoop_sink_pt sink, void *ctx)
{
    int            rc;
    size_t         n, avail;
    const u_char  *src;

    while (m->pass || m->drop) {
        avail = m->wlen ? m->wlen : (size_t) (end - *p);

        if (avail == 0) {
            return HOOP_AGAIN;
        }

        if (m->pass == 0) {
            n = (m->drop < avail) ? m->drop : avail;
            hoop_mask_advance(m, p, n);
            m->drop -= n;
            continue;
        }

        src = m->wlen ? m->window + m->wpos : *p;
        n = (m->pass < avail) ? m->pass : avail;

        rc = hoop_mask_sink(m, src, n, sink, ctx, &n);

        hoop_mask_advance(m, p, n);
        m->pass -= n;

        if (rc != HOOP_OK) {
            return rc;
        }
    }

    if (m->rep_len > m->rep_pos) {
        rc = hoop_mask_sink(m, m->rep + m->rep_pos, m->rep_len - m->rep_pos,
                            sink, ctx, &n);
        m->rep_pos += n;

        if (rc != HOOP_OK) {
            return rc;
        }
    }

    m->rep_len = 0;
    m->rep_pos = 0;

    return HOOP_OK;
}


/* puts up to n bytes more into the window; returns how many, or -1 */

static ssize_t
hoop_mask_append(hoop_mask_t *m, const u_char *p, size_t n)
{
    size_t   size;
    u_char  *data;

    if (n > m->hold - m->wlen) {
        n = m->hold - m->wlen;
    }

    if (m->wpos && m->wpos + m->wlen + n > m->wsize) {
        memmove(m->window, m->window + m->wpos, m->wlen);
        m->wpos = 0;
    }

    if (m->wlen + n > m->wsize) {
        size = m->wsize ? m->wsize * 2 : 512;
        size = (size < m->wlen + n) ? m->wlen + n : size;
        size = (size > m->hold) ? m->hold : size;

        data = realloc(m->window, size);
        if (data == NULL) {
            return -1;
        }

        m->window = data;
        m->wsize = size;
    }

    memcpy(m->window + m->wpos + m->wlen, p, n);
    m->wlen += n;

    return n;
}


int
hoop_mask_feed(hoop_mask_t *m, const u_char **p, const u_char *end,
    unsigned flags, hoop_sink_pt sink, void *ctx)
{
    int            rc, step, held;
    size_t         n, put, pass;
    ssize_t        k;
    unsigned       final, idle;
    const u_char  *v;

    if (m->failed) {
        return HOOP_ERROR;
    }

    put = 0;

    /* what is held is known to want more */

    held = (m->wlen != 0);
    step = (held && *p != end) ? HOOP_STEP_MORE : HOOP_STEP_GO;

    for ( ;; ) {

        rc = hoop_mask_deliver(m, p, end, sink, ctx);

        if (rc != HOOP_OK) {
            return rc;
        }

        if (step == HOOP_STEP_DONE || m->done) {
            m->done = 1;

            if (m->wlen || *p != end) {
                goto failed;
            }

            return HOOP_OK;
        }

        if (m->wlen && m->wlen <= put) {
            *p -= m->wlen;
            m->wlen = 0;
            m->wpos = 0;
            put = 0;
        }

        if (step == HOOP_STEP_MORE) {

            n = end - *p;

            if (n == 0) {
                return HOOP_OK;
            }

            if (held && m->wlen == 0) {

                /* all that was held is decided: on with the input itself */

                held = 0;
                goto look;
            }

            if (held && n > 256 && n > m->wlen) {
                n = (m->wlen > 256) ? m->wlen : 256;
            }

            k = hoop_mask_append(m, *p, n);

            if (k <= 0 || (!held && (size_t) k < n)) {
                goto failed;
            }

            *p += k;

            if (!held) {
                return HOOP_OK;
            }

            put += k;
        }

    look:

        held = (m->wlen != 0);
        v = m->wlen ? m->window + m->wpos : *p;
        n = m->wlen ? m->wlen : (size_t) (end - *p);

        final = (flags & HOOP_MASK_LAST) && (m->wlen == 0 || *p == end);

        idle = 0;

        do {
            pass = m->pass;

            step = (m->mode >= HOOP_MASK_SSE)
                   ? hoop_mask_unit_step(m, v + m->pass, n - m->pass, final)
                   : hoop_mask_core_step(m, v + m->pass, n - m->pass, final);

            idle = (m->pass == pass) ? idle + 1 : 0;

            if (idle > HOOP_MASK_IDLE) {
                goto failed;
            }

        } while (step == HOOP_STEP_GO);

        if (step == HOOP_STEP_ERROR || (step == HOOP_STEP_MORE && final)) {
            goto failed;
        }
    }

failed:

    m->failed = 1;

    return HOOP_ERROR;
}


size_t
hoop_mask_memory(const hoop_mask_t *m)
{
    size_t    n;
    unsigned  i;

    n = sizeof(hoop_mask_t) + m->wsize + m->dsize
        + m->npatterns * sizeof(hoop_pattern_t *)
        + hoop_mask_frames(m, m->nframes);

    if (m->csv) {
        n += hoop_mask_csv_size();
    }

    for (i = 0; i < m->nliterals; i++) {
        n += m->folded[i] ? m->literals[i].len : 0;
    }

    return n;
}


const uint32_t *
hoop_mask_counts(const hoop_mask_t *m)
{
    return m->counts;
}


uint32_t
hoop_mask_total(const hoop_mask_t *m)
{
    uint32_t  total;
    unsigned  i;

    total = 0;

    for (i = 0; i < HOOP_DETECT_ALL; i++) {
        total += m->counts[i];
    }

    return total;
}


static ssize_t
hoop_mask_whole_sink(void *ctx, const u_char *p, size_t len)
{
    return (hoop_buf_add(ctx, p, len) == HOOP_OK) ? (ssize_t) len : -1;
}


int
hoop_mask_whole(hoop_mask_mode_e mode, const hoop_mask_set_t *const *sets,
    unsigned nsets, const hoop_str_t *literals, unsigned nliterals,
    hoop_str_t in, hoop_buf_t *out, uint32_t *counts)
{
    int            rc;
    hoop_mask_t   *m;
    const u_char  *p;

    m = hoop_mask_create(mode, sets, nsets, literals, nliterals, 0);
    if (m == NULL) {
        return HOOP_ERROR;
    }

    p = in.data;

    rc = hoop_mask_feed(m, &p, p + in.len, HOOP_MASK_LAST,
                        hoop_mask_whole_sink, out);

    if (counts) {
        memcpy(counts, m->counts, sizeof(m->counts));
    }

    hoop_mask_free(m);

    return rc;
}


int
hoop_mask_named(const hoop_mask_set_t *const *sets, unsigned nsets,
    hoop_str_t name, hoop_str_t value, hoop_buf_t *out, uint32_t *counts)
{
    int           rc;
    u_char        action;
    unsigned      i, det;
    hoop_mask_t  *m;

    det = 0;

    for (i = 0; i < nsets && det == 0; i++) {
        det = hoop_mask_set_name(sets[i], name.data, name.len);
    }

    if (det == 0) {
        return HOOP_DECLINED;
    }

    m = hoop_mask_create(HOOP_MASK_TEXT, sets, nsets, NULL, 0, 0);
    if (m == NULL) {
        return HOOP_ERROR;
    }

    rc = HOOP_OK;
    det = hoop_mask_name(m, name.data, name.len, &action);

    if (action == HOOP_MASK_NULL || action == HOOP_MASK_DROP) {
        m->counts[det - 1]++;

    } else {
        hoop_mask_replace(m, det - 1, action, value.data, value.len, 0, 0);
        rc = hoop_buf_add(out, m->rep, m->rep_len);
    }

    memcpy(counts, m->counts, sizeof(m->counts));

    hoop_mask_free(m);

    return rc;
}
