
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Tables in text (RFC 4180): the cells of a column whose name in the header
 * line is sensitive are masked as a whole, all others are judged as text.
 *
 * HEAD.  The first line that is not empty names the columns.  It is read as
 * if each of the four separators were the one, and that which parts it most
 * often is; a line "sep=;" before it says so itself.  Columns from the last
 * slot on share it: if one of them is sensitive, so are all.
 *
 * TEXT.  A unit (hoop_mask_unit.c) goes on over cells and lines until a cell
 * begins that is a unit of its own:
 *
 *   MASKED   of a sensitive column: its quotes stay, and what is between them,
 *            or up to the separator, is replaced: then INSIDE, CLOSE, and REST
 *            leave out what is left of it, to the separator;
 *   QUOTED   in quotes, and these are doubled inside, or are not closed within
 *            128 bytes: it is judged without the doubled ones, and may be JSON;
 *            its closing quote is passed by AFTER.
 *
 * A quoted cell is looked at so far ahead whatever the chunks are: until its
 * end or 128 bytes of it are there, its quote is not given to the engines.
 *
 * PLAIN.  What begins with a brace or a bracket is no table, but JSON.
 */


#include <stdlib.h>

#include "hoop_mask_impl.h"


#define HOOP_CSV_SEPARATORS  4
#define HOOP_CSV_COLUMNS     256
#define HOOP_CSV_PEEK        128
#define HOOP_CSV_HEAD_MAX    65536         /* bytes of a header line */

/* unit_state */

#define HOOP_CSV_START       0
#define HOOP_CSV_TEXT        1
#define HOOP_CSV_MASKED      2
#define HOOP_CSV_INSIDE      3
#define HOOP_CSV_CLOSE       4
#define HOOP_CSV_REST        5
#define HOOP_CSV_QUOTED      6
#define HOOP_CSV_AFTER       7
#define HOOP_CSV_PLAIN       8

/* where in the table the bytes are that are not known yet */

#define HOOP_CSV_HEAD        0
#define HOOP_CSV_CELL        1             /* a cell begins */
#define HOOP_CSV_IN          2


/* the header line, as one of the separators has it */

typedef struct {
    unsigned    ncolumns;
    size_t      len;
    u_char      name[HOOP_MASK_KEY];
    u_char      field[HOOP_CSV_COLUMNS];   /* 0, or detector + 1 */
    u_char      action[HOOP_CSV_COLUMNS];
} hoop_csv_head_t;


struct hoop_csv_s {
    u_char           place;
    u_char           next;                 /* unit_state behind this unit */
    u_char           quoted;               /* the header is in quotes */
    u_char           last;                 /* byte of it */
    u_char           line[5];              /* its first bytes */
    size_t           nline;

    unsigned         which;                /* separator */
    unsigned         column;
    unsigned         sensitive:1;          /* there are such columns */
    unsigned         told:1;               /* by "sep=" */

    u_char           separators[HOOP_CSV_SEPARATORS];
    u_char           ends[256];            /* 1: a cell ends before it */
    hoop_csv_head_t  heads[HOOP_CSV_SEPARATORS];
};


hoop_csv_t *
hoop_mask_csv_create(void)
{
    hoop_csv_t  *csv;

    csv = calloc(1, sizeof(hoop_csv_t));

    if (csv) {
        memcpy(csv->separators, ",;\t|", HOOP_CSV_SEPARATORS);
        csv->last = ',';
        csv->ends['\n'] = 1;
        csv->ends['\r'] = 1;
    }

    return csv;
}


size_t
hoop_mask_csv_size(void)
{
    return sizeof(hoop_csv_t);
}


static inline unsigned
hoop_csv_slot(unsigned column)
{
    return (column < HOOP_CSV_COLUMNS) ? column : HOOP_CSV_COLUMNS - 1;
}


/* the name of a column is complete */

static void
hoop_csv_named(hoop_mask_t *m, hoop_csv_head_t *head)
{
    size_t    len;
    u_char    action;
    unsigned  i, det;

    for (len = head->len; len && head->name[len - 1] == ' '; len--) {
        /* void */
    }

    action = 0;
    det = (len && m->has_names) ? hoop_mask_name(m, head->name, len, &action)
                                : 0;

    if (det) {
        i = hoop_csv_slot(head->ncolumns);
        head->field[i] = (u_char) det;
        head->action[i] = action;
    }

    head->ncolumns++;
    head->len = 0;
}


static void
hoop_csv_name_byte(hoop_csv_head_t *head, u_char c)
{
    if (c == ' ' && head->len == 0) {
        return;
    }

    if (head->len == HOOP_MASK_KEY) {
        memmove(head->name, head->name + 1, HOOP_MASK_KEY - 1);
        head->len--;
    }

    head->name[head->len++] = c;
}


/* the header line is over: one of the separators is the one */

static void
hoop_csv_head_end(hoop_mask_t *m, hoop_csv_t *csv)
{
    unsigned          i;
    hoop_csv_head_t  *head;

    if (csv->nline == 5 && memcmp(csv->line, "sep=", 4) == 0 && !csv->told) {
        csv->told = 1;
        csv->separators[0] = csv->line[4];
        csv->nline = 0;
        csv->last = csv->line[4];
        csv->quoted = 0;
        memset(csv->heads, 0, sizeof(csv->heads));
        return;
    }

    csv->which = 0;

    for (i = 0; i < HOOP_CSV_SEPARATORS; i++) {
        hoop_csv_named(m, &csv->heads[i]);

        if (!csv->told
            && csv->heads[i].ncolumns > csv->heads[csv->which].ncolumns)
        {
            csv->which = i;
        }
    }

    head = &csv->heads[csv->which];

    if (head->ncolumns > 1 || csv->told) {
        csv->ends[csv->separators[csv->which]] = 1;
    }

    for (i = 0; i < HOOP_CSV_COLUMNS; i++) {
        csv->sensitive |= (head->field[i] != 0);
    }

    csv->column = 0;
    csv->place = HOOP_CSV_CELL;
}


/* a byte of the header line */

static void
hoop_csv_head_byte(hoop_mask_t *m, hoop_csv_t *csv, u_char c)
{
    unsigned  i, begins;

    if (!csv->quoted && (c == '\n' || c == '\r')) {
        if (csv->nline) {
            hoop_csv_head_end(m, csv);
        }

        return;
    }

    if (csv->nline < sizeof(csv->line)) {
        csv->line[csv->nline] = c;
    }

    if (csv->nline++ == HOOP_CSV_HEAD_MAX) {
        hoop_csv_head_end(m, csv);
        csv->place = HOOP_CSV_IN;
        return;
    }

    begins = (memchr(csv->separators, csv->last, HOOP_CSV_SEPARATORS) != NULL);

    if (c == '"') {
        csv->quoted = csv->quoted ? 0 : (begins || csv->last == '"');
        csv->last = c;
        return;
    }

    if (c != ' ' || !begins) {
        csv->last = c;
    }

    for (i = 0; i < HOOP_CSV_SEPARATORS; i++) {

        if (c == csv->separators[i] && !csv->quoted) {
            hoop_csv_named(m, &csv->heads[i]);

        } else {
            hoop_csv_name_byte(&csv->heads[i], c < ' ' ? ' ' : c);
        }
    }
}


/*
 * A cell that begins with the quote at p: OK and *len, with both quotes;
 * DECLINED for one that is a unit of its own; AGAIN, if more must be seen.
 */

static int
hoop_csv_peek(const u_char *p, size_t n, unsigned final, size_t *len)
{
    size_t  i;

    for (i = 1; i < n && i <= HOOP_CSV_PEEK; i++) {

        if (p[i] != '"') {
            continue;
        }

        if (i + 1 == n) {
            break;
        }

        *len = i + 1;

        /* an empty cell, or quotes inside */

        return (p[i + 1] == '"') ? HOOP_DECLINED : HOOP_OK;
    }

    if (i > HOOP_CSV_PEEK) {
        return HOOP_DECLINED;
    }

    if (!final) {
        return HOOP_AGAIN;
    }

    *len = n;

    return (i < n) ? HOOP_OK : HOOP_DECLINED;
}


/* what of [p, p + n) belongs to the unit, and what follows it */

static void
hoop_csv_find(hoop_mask_t *m, hoop_csv_t *csv, const u_char *p, size_t n,
    unsigned final)
{
    int     rc;
    size_t  i, len;

    i = m->unit_known;

    while (!m->unit_found) {

        switch (csv->place) {

        case HOOP_CSV_HEAD:

            while (i < n && csv->place == HOOP_CSV_HEAD) {
                hoop_csv_head_byte(m, csv, p[i++]);
            }

            break;

        case HOOP_CSV_CELL:

            if (csv->sensitive
                && csv->heads[csv->which].field[hoop_csv_slot(csv->column)])
            {
                m->unit_found = 1;
                csv->next = HOOP_CSV_MASKED;
                break;
            }

            while (i < n && p[i] == ' ') {
                i++;
            }

            if (i == n) {
                break;
            }

            csv->place = HOOP_CSV_IN;

            if (p[i] != '"') {
                break;
            }

            rc = hoop_csv_peek(p + i, n - i, final, &len);

            if (rc == HOOP_OK) {
                i += len;
                break;
            }

            if (rc == HOOP_AGAIN) {
                csv->place = HOOP_CSV_CELL;
                goto done;
            }

            m->unit_found = 1;
            csv->next = HOOP_CSV_QUOTED;
            break;

        default: /* HOOP_CSV_IN */

            while (i < n && !csv->ends[p[i]]) {
                i++;
            }

            if (i == n) {
                break;
            }

            csv->column = (p[i] == '\n' || p[i] == '\r') ? 0 : csv->column + 1;
            csv->place = HOOP_CSV_CELL;
            i++;

            continue;
        }

        if (i == n) {
            break;
        }
    }

done:

    m->unit_known = i;
}


/* the same of a cell in quotes: to the one that closes it */

static void
hoop_csv_find_quote(hoop_mask_t *m, const u_char *p, size_t n, unsigned final)
{
    size_t         i;
    const u_char  *q;

    for (i = m->unit_known; i < n && !m->unit_found; /* void */ ) {

        q = memchr(p + i, '"', n - i);

        if (q == NULL) {
            i = n;
            break;
        }

        i = q - p;

        if (i + 1 == n && !final) {
            break;
        }

        if (i + 1 < n && q[1] == '"') {
            i += 2;
            continue;
        }

        m->unit_found = 1;
    }

    m->unit_known = i;
}


static void
hoop_csv_text(hoop_mask_t *m, unsigned place)
{
    m->csv->place = (u_char) place;

    m->base = 0;
    m->depth = 0;
    m->outer = 0;

    hoop_mask_pair_close(m);
    hoop_mask_to_text(m, 0);
    hoop_mask_unit_begin(m, HOOP_CSV_TEXT);
}


static void
hoop_csv_quoted(hoop_mask_t *m)
{
    m->base = 1;
    m->kinds[0] = HOOP_STAGE_CSV;
    m->depth = 0;
    m->outer = 0;

    hoop_mask_pair_close(m);
    hoop_mask_json_init(m, 1, 1, 0);
    hoop_mask_unit_begin(m, HOOP_CSV_QUOTED);
}


static int
hoop_csv_start(hoop_mask_t *m, const u_char *p, size_t n, unsigned final)
{
    size_t  k;

    k = (n < 3) ? n : 3;

    if (memcmp(p, "\xef\xbb\xbf", k) == 0) {

        if (k < 3 && !final) {
            return HOOP_STEP_MORE;
        }

        if (k == 3) {
            m->pass += 3;
            return HOOP_STEP_GO;
        }
    }

    if (n && (p[0] == ' ' || p[0] == '\n' || p[0] == '\r')) {
        m->pass++;
        return HOOP_STEP_GO;
    }

    if (n && (p[0] == '{' || p[0] == '[')) {
        hoop_mask_core_reset(m);
        m->unit_state = HOOP_CSV_PLAIN;
        return HOOP_STEP_GO;
    }

    hoop_csv_text(m, HOOP_CSV_HEAD);

    return HOOP_STEP_GO;
}


/*
 * The value of a masked cell: up to PEEK bytes of it, without doubled quotes.
 * AGAIN: more must be seen; DECLINED: it is longer.
 */

static int
hoop_csv_value(const hoop_csv_t *csv, const u_char *p, size_t n,
    unsigned final, int quoted, u_char *value, size_t *len)
{
    size_t  i, k;

    for (i = 0, k = 0; i < n; i++) {

        if (k == HOOP_MASK_PEEK) {
            return HOOP_DECLINED;
        }

        if (quoted && p[i] == '"') {

            if (i + 1 == n && !final) {
                return HOOP_AGAIN;
            }

            if (i + 1 == n || p[i + 1] != '"') {
                goto done;
            }

            i++;

        } else if (!quoted && csv->ends[p[i]]) {
            goto done;
        }

        value[k++] = p[i];
    }

    if (!final) {
        return HOOP_AGAIN;
    }

done:

    *len = k;

    return HOOP_OK;
}


/* 1 if the cell at p is empty, with quotes or without; -1: not known yet */

static int
hoop_csv_empty(const hoop_csv_t *csv, const u_char *p, size_t n,
    unsigned final)
{
    if (p[0] != '"') {
        return csv->ends[p[0]];
    }

    if (n < 2) {
        return final ? 0 : -1;
    }

    if (p[1] != '"') {
        return 0;
    }

    return (n > 2) ? csv->ends[p[2]] : final ? 1 : -1;
}


/* the cell of a sensitive column begins at p */

static int
hoop_csv_masked(hoop_mask_t *m, const u_char *p, size_t n, unsigned final)
{
    int          rc, quoted;
    size_t       len;
    u_char       action, value[HOOP_MASK_PEEK];
    unsigned     slot, detector;
    hoop_csv_t  *csv;

    csv = m->csv;

    if (n == 0) {
        return final ? HOOP_STEP_DONE : HOOP_STEP_MORE;
    }

    if (p[0] == ' ' && !csv->ends[' ']) {
        m->pass++;
        return HOOP_STEP_GO;
    }

    rc = hoop_csv_empty(csv, p, n, final);

    if (rc < 0) {
        return HOOP_STEP_MORE;
    }

    quoted = (p[0] == '"');

    if (rc) {
        m->pass += quoted ? 2 : 0;
        hoop_csv_text(m, HOOP_CSV_IN);
        return HOOP_STEP_GO;
    }

    slot = hoop_csv_slot(csv->column);
    detector = csv->heads[csv->which].field[slot] - 1;
    action = csv->heads[csv->which].action[slot];
    len = 0;

    if (hoop_mask_by_value(action)) {
        rc = hoop_csv_value(csv, p + quoted, n - quoted, final, quoted, value,
                            &len);
        if (rc == HOOP_AGAIN) {
            return HOOP_STEP_MORE;
        }

        if (rc == HOOP_DECLINED) {
            action = HOOP_MASK_REDACT;
            len = 0;
        }
    }

    if (action == HOOP_MASK_NULL || action == HOOP_MASK_DROP) {
        m->counts[detector]++;
        m->rep_len = 0;
        m->rep_pos = 0;

    } else {
        hoop_mask_replace(m, detector, action, value, len, 0, 0);
    }

    m->pass += quoted;
    m->drop = 0;
    m->unit_state = quoted ? HOOP_CSV_INSIDE : HOOP_CSV_REST;

    return HOOP_STEP_OP;
}


/* leaves out k bytes of the n that are there, or says how to go on */

static int
hoop_csv_leave(hoop_mask_t *m, size_t k, size_t n, unsigned final)
{
    if (k) {
        m->drop = k;
        m->rep_len = 0;
        m->rep_pos = 0;
        return HOOP_STEP_OP;
    }

    if (n && m->unit_state != HOOP_CSV_INSIDE) {
        return HOOP_STEP_GO;
    }

    return final ? HOOP_STEP_DONE : HOOP_STEP_MORE;
}


static int
hoop_csv_swallow(hoop_mask_t *m, const u_char *p, size_t n, unsigned final)
{
    size_t  k;

    if (m->unit_state == HOOP_CSV_INSIDE) {

        for (k = 0; k < n; k++) {

            if (p[k] != '"') {
                continue;
            }

            if (k + 1 == n && !final) {
                break;
            }

            if (k + 1 == n || p[k + 1] != '"') {
                m->unit_state = HOOP_CSV_CLOSE;
                break;
            }

            k++;
        }

        return hoop_csv_leave(m, k, n, final);
    }

    for (k = 0; k < n && !m->csv->ends[p[k]]; k++) { /* void */ }

    if (k < n) {
        hoop_csv_text(m, HOOP_CSV_IN);
    }

    return hoop_csv_leave(m, k, n, final);
}


int
hoop_mask_csv_step(hoop_mask_t *m, const u_char *p, size_t n, unsigned final)
{
    int  rc;

    switch (m->unit_state) {

    case HOOP_CSV_START:
        return hoop_csv_start(m, p, n, final);

    case HOOP_CSV_PLAIN:
        return hoop_mask_core_step(m, p, n, final);

    case HOOP_CSV_MASKED:
        return hoop_csv_masked(m, p, n, final);

    case HOOP_CSV_INSIDE:
    case HOOP_CSV_REST:
        return hoop_csv_swallow(m, p, n, final);

    case HOOP_CSV_CLOSE:
        m->pass++;
        m->unit_state = HOOP_CSV_REST;
        return HOOP_STEP_GO;

    case HOOP_CSV_AFTER:
        m->pass++;
        hoop_csv_text(m, HOOP_CSV_IN);
        return HOOP_STEP_GO;

    case HOOP_CSV_QUOTED:
        hoop_csv_find_quote(m, p, n, final);
        break;

    default: /* HOOP_CSV_TEXT */
        hoop_csv_find(m, m->csv, p, n, final);
    }

    rc = hoop_mask_unit_core(m, p, m->unit_known, final && m->unit_known == n);

    if (rc != HOOP_STEP_DONE) {
        return rc;
    }

    if (!m->unit_found) {
        return HOOP_STEP_DONE;
    }

    if (m->unit_state == HOOP_CSV_QUOTED) {
        m->unit_state = HOOP_CSV_AFTER;

    } else if (m->csv->next == HOOP_CSV_MASKED) {
        m->unit_state = HOOP_CSV_MASKED;

    } else {
        m->pass++;
        hoop_csv_quoted(m);
    }

    return HOOP_STEP_GO;
}
