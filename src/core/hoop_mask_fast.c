
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The quick way through JSON that holds nothing: a walk from one place that
 * matters to the next (hoop_mask_places.c), which never sees the bytes between.
 *
 * It passes only what the JSON engine would pass, token by token, and leaves
 * off in front of the first one that it is not sure of: a sensitive name, a
 * string with a candidate or an escape that might hide one, a long number,
 * anything that is no JSON.  The engine goes on there.  So whatever is masked,
 * and how, does not depend on this file; how fast all the rest goes does.
 */


#include "hoop_mask_fast.h"


#define HOOP_FAST_MIN      64          /* bytes for which it is worth it */
#define HOOP_FAST_WINDOW   0x40000000  /* places have 32 bits */
#define HOOP_FAST_NUMBER   16          /* bytes of a number looked at at once */
#define HOOP_FAST_FRACTION 64

/* what an integer may have and hold no card */
#define HOOP_FAST_INTEGER  11


static size_t hoop_fast_run(hoop_mask_t *m, hoop_level_t *lev,
    hoop_fast_t *f, size_t end);
static size_t hoop_fast_scalar(const hoop_mask_t *m, const u_char *p,
    size_t n);


/* the key of that length that ends at p + end; its quote stands before it */

static inline int
hoop_fast_named(hoop_mask_t *m, const u_char *p, size_t end, size_t len)
{
    unsigned  i;

    len = (len > HOOP_MASK_KEY) ? HOOP_MASK_KEY : len;
    p += end;

    for (i = 0; i < m->nsets; i++) {

        if (end >= 3 ? hoop_mask_ends(m->sets[i]->tails, p)
                     : hoop_mask_may(m->sets[i]->tails, p - len, len))
        {
            if (hoop_mask_set_find(m->sets[i], p - len, len)
                || hoop_mask_phone_name(m, p - len, len))
            {
                return 1;
            }
        }
    }

    return 0;
}


/*
 * 1 if a value may be JSON in a string: where paths have indexes or any name,
 * something in it may be a field that nothing else would find.
 */

static inline int
hoop_fast_nested(u_char first)
{
    return first == '{' || first == '[' || first <= ' ' || first == '\\';
}


/* as hoop_json_path(), of a key that no path has; 0: one may have it */

static int
hoop_fast_path(hoop_mask_t *m, const u_char *p, size_t end, size_t len)
{
    unsigned                i;
    uint64_t                state;
    const hoop_frame_t     *frame;
    const hoop_mask_set_t  *set;

    frame = hoop_mask_frame(m, m->depth - 1);
    p += end;

    for (i = 0; i < m->nsets; i++) {
        set = m->sets[i];
        state = frame->child[i];

        if (state != 0
            && ((state & set->any)
                || (end >= 3 ? hoop_mask_ends(set->ends, p)
                             : hoop_mask_may(set->ends, p - len, len))))
        {
            return 0;
        }

        m->child[i] = state & set->deep;
    }

    return 1;
}


/* the same of the next element of an array */

static int
hoop_fast_element(hoop_mask_t *m)
{
    unsigned                i;
    uint64_t                state;
    hoop_frame_t           *frame;
    const hoop_mask_set_t  *set;

    frame = hoop_mask_frame(m, m->depth - 1);

    for (i = 0; i < m->nsets; i++) {
        set = m->sets[i];
        state = frame->child[i];

        if (state != 0 && ((state & set->any) || set->indexes)) {
            return 0;
        }
    }

    for (i = 0; i < m->nsets; i++) {
        m->child[i] = frame->child[i] & m->sets[i]->deep;
    }

    frame->index++;

    return 1;
}


/* the first and the last letter of those that hoop_mask_pair_name() knows */

#define hoop_fast_letter(c)  ((uint32_t) 1 << ((c) & 31))

static inline int
hoop_fast_pair_name(const u_char *p, size_t len)
{
    static const uint32_t  first = hoop_fast_letter('n')
                                   | hoop_fast_letter('k')
                                   | hoop_fast_letter('f')
                                   | hoop_fast_letter('h')
                                   | hoop_fast_letter('v')
                                   | hoop_fast_letter('p');
    static const uint32_t  last = hoop_fast_letter('e')
                                  | hoop_fast_letter('y')
                                  | hoop_fast_letter('d')
                                  | hoop_fast_letter('r');

    return len - 3 <= 6 && (first >> (p[0] & 31) & last >> (p[len - 1] & 31)
                            & 1);
}


/* 1 if a value may be a sensitive name, by its end; "name" stands before it */

static __attribute__((noinline)) int
hoop_fast_pair(hoop_mask_t *m, const u_char *name, size_t len,
    const u_char *end)
{
    unsigned  i;

    for (i = 0; i < m->nsets; i++) {
        if (hoop_mask_ends(m->sets[i]->tails, end)) {
            return hoop_mask_pair_name(name, len);
        }
    }

    return 0;
}


/* 1 if an array of that name may be a part of a table */

static __attribute__((noinline)) int
hoop_fast_table(hoop_mask_t *m, const u_char *p, size_t len)
{
    u_char  c;

    if (m->table) {
        return 1;
    }

    /* all of their names begin with one of these */

    c = len ? hoop_lower(p[0]) : 0;

    return (c == 'c' || c == 'f' || c == 'h' || hoop_is_separator(c))
           && m->has_names && hoop_mask_table_columns(p, len);
}


/* a container begins: 0 if there is no room for it */

static int
hoop_fast_open(hoop_mask_t *m, int object)
{
    hoop_frame_t  *frame;

    if (m->depth == HOOP_MASK_DEPTH) {
        return 0;
    }

    if (m->has_paths) {

        if (m->depth == m->nframes) {
            return 0;
        }

        frame = hoop_mask_frame(m, m->depth);

        memcpy(frame->child, m->child, m->nsets * sizeof(uint64_t));
        frame->index = 0;
    }

    if (object) {
        hoop_bits_set(m->objects, m->depth);

    } else {
        hoop_bits_clear(m->objects, m->depth);
    }

    hoop_bits_clear(m->kept, m->depth);
    m->depth++;

    return 1;
}


size_t
hoop_mask_json_fast(hoop_mask_t *m, hoop_level_t *lev, const u_char *p,
    size_t n)
{
    size_t       end;
    hoop_fast_t  f;

    if (n < HOOP_FAST_MIN) {
        return 0;
    }

    f.p = p;
    f.n = (n < HOOP_FAST_WINDOW) ? n : HOOP_FAST_WINDOW;
    f.at = 0;
    f.batch = HOOP_FAST_FIRST;
    f.ready = 0;
    f.slashes = 0;
    f.escaped = 0;
    f.string = 0;
    f.digit = 0;
    f.scalar = 0;
    f.first = 0;
    f.last = 0;
    f.candidate = HOOP_FAST_NONE;
    f.state = lev->state;
    f.object = hoop_bits_get(m->objects, m->depth - 1);

    /* the document ends with it, or the object of a table does */

    f.floor = lev->base + 1;

    if (m->table && m->table_depth > f.floor && m->depth >= m->table_depth) {
        f.floor = m->table_depth;
    }

    end = 0;

    do {
        end = hoop_fast_run(m, lev, &f, end);

    } while (f.dry && hoop_fast_fill(m, &f) == HOOP_OK);

    lev->state = (u_char) f.state;

    return end;
}


/*
 * Members and elements, as long as their places are known (then it is dry): a
 * name, its colon, a value and what is behind it in one go.  Where anything is
 * unusual it leaves off in front of it.  Returns where what it passed ends.
 */

static size_t
hoop_fast_run(hoop_mask_t *m, hoop_level_t *lev, hoop_fast_t *f, size_t end)
{
    u_char           c;
    size_t           len;
    uint32_t         b, v, candidate;
    unsigned         state, object, masked, paths;
    const u_char    *p;
    const uint32_t  *place, *last;

    p = f->p;
    place = f->places + f->first;
    last = f->places + f->last;
    candidate = f->candidate;

    state = f->state;
    object = f->object;
    masked = lev->masked;
    paths = m->has_paths;

    switch (state) {

    case HOOP_JSON_NAME:
        goto first_member;

    case HOOP_JSON_KEY:
        goto member;

    case HOOP_JSON_FIRST:
        goto first_element;

    case HOOP_JSON_AFTER:
        goto after;

    case HOOP_JSON_VALUE:
        goto element;

    default: /* HOOP_JSON_COLON */

        if (place == last) {
            goto dry;
        }

        if (p[*place] != ':') {
            goto done;
        }

        end = *place++ + 1;
        goto element;
    }

first_member:

    state = HOOP_JSON_NAME;

    if (place < last && p[*place] == '}') {
        goto close;
    }

member:

    if (last - place < 4) {
        goto dry;
    }

    b = place[1];
    v = place[3];

    if (p[place[0]] != '"' || p[place[2]] != ':' || b > candidate
        || hoop_fast_named(m, p, b, b - place[0] - 1)
        || (f->slashes
            && memchr(p + place[0] + 1, '\\', b - place[0] - 1) != NULL)
        || (paths && !hoop_fast_path(m, p, b, b - place[0] - 1)))
    {
        goto done;
    }

    c = p[v];

    if (c == '"' && hoop_fast_pair_name(p + place[0] + 1, b - place[0] - 1)) {

        if (last - place < 5) {
            goto dry;
        }

        /* of a pair the engine has to have seen the name */

        if (place[4] > candidate
            || hoop_fast_pair(m, p + place[0] + 1, b - place[0] - 1,
                              p + place[4]))
        {
            goto done;
        }
    }

    if (c == '[' && hoop_fast_table(m, p + place[0] + 1, b - place[0] - 1)) {
        goto done;
    }

    end = place[2] + 1;
    place += 3;
    masked = 0;

    goto element;

after:

    state = HOOP_JSON_AFTER;

    if (place == last) {
        goto dry;
    }

    c = p[*place];

    if (c == ',') {

        if (object) {
            end = *place++ + 1;
            state = HOOP_JSON_KEY;
            goto member;
        }

        if (paths && !hoop_fast_element(m)) {
            goto done;
        }

        end = *place++ + 1;
        masked = 0;
        goto element;
    }

    if (c == (object ? '}' : ']')) {
        goto close;
    }

    goto done;

first_element:

    state = HOOP_JSON_FIRST;

    if (place == last) {
        goto dry;
    }

    if (p[*place] == ']') {
        goto close;
    }

    if (paths && !hoop_fast_element(m)) {
        goto done;
    }

    masked = 0;

element:

    state = HOOP_JSON_VALUE;

    if (place == last) {
        goto dry;
    }

    v = place[0];
    c = p[v];

    if (c == '"') {

        if (last - place < 2) {
            goto dry;
        }

        if (place[1] > candidate || (paths && hoop_fast_nested(p[v + 1]))) {
            goto done;
        }

        end = place[1] + 1;
        place += 2;

    } else if (c == '{' || c == '[') {

        if (!hoop_fast_open(m, c == '{')) {
            goto done;
        }

        object = (c == '{');
        end = *place++ + 1;

        if (object) {
            goto first_member;
        }

        goto first_element;

    } else {
        len = hoop_fast_scalar(m, p + v, f->n - v);

        if (len == 0) {
            goto done;
        }

        end = v + len;
        place++;
    }

    goto after;

close:

    /* the last one may end more than itself */

    if (m->depth == f->floor) {
        goto done;
    }

    m->depth--;
    object = hoop_bits_get(m->objects, m->depth - 1);
    end = *place++ + 1;

    goto after;

dry:

    f->dry = 1;
    goto leave;

done:

    f->dry = 0;

leave:

    lev->masked = masked;
    f->state = state;
    f->object = object;
    f->first = (unsigned) (place - f->places);

    return end;
}


/* the length of a number or a word that is sure to hold nothing, or 0 */

static size_t
hoop_fast_scalar(const hoop_mask_t *m, const u_char *p, size_t n)
{
    u_char  c;
    size_t  i, k;

    if (n < HOOP_FAST_NUMBER) {
        return 0;
    }

    i = (p[0] == '-');
    k = i;

    while (i < HOOP_FAST_NUMBER - 1 && (u_char) (p[i] - '0') <= 9) {
        i++;
    }

    if (i == k) {

        if (memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0) {
            i = 4;

        } else if (memcmp(p, "false", 5) == 0) {
            i = 5;

        } else {
            return 0;
        }

    } else {

        if (i - k > HOOP_FAST_INTEGER || (m->nliterals && i >= 8)) {
            return 0;
        }

        if (p[i] == '.') {
            k = ++i;

            while (i < n && i < HOOP_FAST_FRACTION
                   && (u_char) (p[i] - '0') <= 9)
            {
                i++;
            }

            if (i == k || i == n || i == HOOP_FAST_FRACTION || m->nliterals) {
                return 0;
            }
        }
    }

    c = p[i];

    if (c == ',' || c == '}' || c == ']' || c == '\n' || c == '\r') {
        return i;
    }

    if (c == ' ' && i + 1 < n && !hoop_json_goes_on(p[i + 1])) {
        return i;
    }

    return 0;
}
