
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Lines of YAML 1.2, TOML 1.0 and ini, whose value is named by what begins the
 * line.  The value ends with the line, or with a quote; or it goes on, in
 * lines that are indented more: scalars of more lines, blocks behind "|" and
 * ">", and what a name of YAML holds.
 */


#include "hoop_detect_impl.h"


#define HOOP_CONFIG_BLANKS  256    /* bytes between a name and what it holds */


static int
hoop_blank(int c)
{
    return c == ' ' || c == '\t';
}


static int
hoop_eol(int c)
{
    return c == '\n' || c == '\r';
}


/*
 * The name that ends k bytes before i, and its column: -1 if it is not the
 * first in its line.  Copied, for it may stand partly in the left context.
 */

static int
hoop_config_name(const hoop_scan_t *s, size_t i, size_t k, u_char *name,
    size_t *len)
{
    int     c, quote, column;
    size_t  n;

    c = hoop_before(s, i, k);
    quote = hoop_quote(c) ? c : 0;
    k += (quote != 0);

    for (n = 0; n < HOOP_NAME_MAX; n++) {
        c = hoop_before(s, i, k);

        if (quote ? (c == quote || c < ' ')
                  : (c < 0 || !hoop_is(c, HOOP_C_NAME)))
        {
            break;
        }

        name[HOOP_NAME_MAX - 1 - n] = (u_char) c;
        k++;
    }

    *len = n;

    if (n == 0 || (quote && c != quote)) {
        return -1;
    }

    /* a hyphen that begins an item of a list is no part of a name */

    k += (quote != 0);

    for (column = 0; column < HOOP_SCAN_LEFT; column++) {
        c = hoop_before(s, i, k + column);

        if (c < 0 || hoop_eol(c)) {
            return column;
        }

        if (!hoop_blank(c) && c != '-') {
            break;
        }
    }

    return -1;
}


/*
 * What a name holds whose line has nothing else: *start is moved to the first
 * byte of it.  In a list the items may stand right below the name.
 */

static int
hoop_config_below(hoop_scan_t *s, size_t i, size_t *start)
{
    u_char  c;
    size_t  k, column, limit;

    column = 0;
    limit = (s->n - i > HOOP_CONFIG_BLANKS) ? i + HOOP_CONFIG_BLANKS : s->n;

    for (k = *start; k < limit; k++) {
        c = s->p[k];

        if (hoop_eol(c)) {
            column = 0;
            continue;
        }

        if (hoop_blank(c)) {
            column++;
            continue;
        }

        if (column > s->line.column) {
            break;
        }

        if (c == '#') {
            while (k + 1 < limit && !hoop_eol(s->p[k + 1])) {
                k++;
            }

            continue;
        }

        if (c != '-' || column < s->line.column) {
            return HOOP_NO;
        }

        if (k + 1 == s->n) {
            return hoop_more(s, i);
        }

        if (!hoop_space(s->p[k + 1])) {
            return HOOP_NO;
        }

        break;
    }

    if (k == s->n) {
        return hoop_more(s, i);
    }

    *start = k;

    return HOOP_YES;
}


/* how the value at *start is quoted; NO: it is empty */

static int
hoop_config_quote(hoop_scan_t *s, size_t i, size_t *start)
{
    u_char  c;
    size_t  k;

    k = *start;
    c = s->p[k];

    if (!hoop_quote(c)) {
        return HOOP_YES;
    }

    if (k + 3 >= s->n && !s->final) {
        return hoop_more(s, i);
    }

    if (k + 1 == s->n) {
        return HOOP_NO;
    }

    if (s->p[k + 1] != c) {
        s->line.quote = c;
        *start = k + 1;
        return HOOP_YES;
    }

    if (k + 2 == s->n || hoop_is(s->p[k + 2], HOOP_C_DELIM)) {

        if (k + 2 == s->n || s->p[k + 2] != c) {
            return HOOP_NO;
        }

        /* three: a text of TOML, or one of YAML that begins with "''" */

        if (s->p[i] == '=') {
            s->line.quote = c;
            s->line.triple = 1;
            *start = k + 3;

        } else if (c == '\'') {
            s->line.quote = c;
            *start = k + 1;
        }
    }

    return HOOP_YES;
}


/* the ':' or '=' behind a name is at i */

int
hoop_detect_config(hoop_scan_t *s, size_t i)
{
    int       rc, column;
    u_char    c, name[HOOP_NAME_MAX];
    size_t    k, len;
    unsigned  det;

    for (k = 1; k <= HOOP_PLAIN_SPACES && hoop_blank(hoop_before(s, i, k)); k++)
    {
        /* void */
    }

    column = hoop_config_name(s, i, k, name, &len);

    if (column == -1) {
        return HOOP_NO;
    }

    det = s->name(s->ctx, name + HOOP_NAME_MAX - len, len);

    if (det == 0) {
        return HOOP_NO;
    }

    memset(&s->line, 0, sizeof(hoop_line_t));
    s->line.column = column;

    /* the value */

    for (k = i + 1; k < s->n && hoop_blank(s->p[k]); k++) {
        if (k - i == HOOP_CONFIG_BLANKS) {
            break;
        }
    }

    if (k == s->n) {
        return hoop_more(s, i);
    }

    c = s->p[k];

    if (hoop_eol(c) || c == '#') {

        if (s->p[i] == '=') {
            return HOOP_NO;
        }

        while (k < s->n && !hoop_eol(s->p[k]) && k - i < HOOP_CONFIG_BLANKS) {
            k++;
        }

        s->line.below = 1;
        rc = hoop_config_below(s, i, &k);

    } else {
        s->line.flow = (c == '[' || c == '{');
        rc = hoop_config_quote(s, i, &k);
    }

    if (rc != HOOP_YES) {
        return rc;
    }

    (void) hoop_yes(s, k, k, det - 1);

    return HOOP_EVENT;
}


/*
 * How many bytes there are up to the text of the next line that belongs to the
 * value; 0: it ends here, before the end of the line at p; -1: not known yet.
 */

static ssize_t
hoop_line_next(const hoop_line_t *line, const u_char *p, size_t n)
{
    u_char  c;
    size_t  k, column;

    column = 0;

    for (k = 1; k < n; k++) {

        if (k == HOOP_CONFIG_BLANKS) {
            return k;
        }

        c = p[k];

        if (hoop_eol(c)) {
            column = 0;

        } else if (hoop_blank(c)) {
            column++;

        } else {
            break;
        }
    }

    if (k == n) {
        return -1;
    }

    if (column > line->column) {
        return k;
    }

    if (line->flow) {
        return (line->last == ',' || line->last == '[' || line->last == '{'
                || c == ']' || c == '}' || c == ',') ? (ssize_t) k : 0;
    }

    if (!line->below) {
        return 0;
    }

    if (c == '#') {
        return k;
    }

    if (column < line->column || c != '-') {
        return 0;
    }

    return (k + 1 == n) ? -1 : hoop_space(p[k + 1]) ? (ssize_t) k : 0;
}


/*
 * The quote at p: how many bytes of it belong to the value; 0: it ends there;
 * -1: not known yet.  *plain: it ends with its line, as if there were no quotes
 */

static ssize_t
hoop_line_quote(const hoop_line_t *line, const u_char *p, size_t n,
    unsigned *plain)
{
    size_t  k;

    *plain = 0;

    if (line->triple) {

        /* the last three in a row: two before them may be content */

        for (k = 0; k < n && k < 4 && p[k] == line->quote; k++) { /* void */ }

        return (k == 4) ? 1 : (k == n) ? -1 : (k == 3) ? 0 : (ssize_t) k;
    }

    if (n > 1 && p[1] == line->quote) {
        return 2;
    }

    for (k = 1; k < n && k <= HOOP_PLAIN_SPACES && hoop_blank(p[k]); k++) {
        /* void */
    }

    if (k == n) {
        return -1;
    }

    if (hoop_eol(p[k]) || (p[k] != 0 && strchr("#;,]}", p[k]))) {
        return 0;
    }

    *plain = 1;

    return k;
}


static void
hoop_line_plain(hoop_line_t *line, u_char c)
{
    if (hoop_blank(c)) {
        line->blank = 1;
        return;
    }

    line->comment |= (c == '#' && line->blank);
    line->blank = 0;

    if (!line->comment) {
        line->last = c;
    }
}


size_t
hoop_scan_line(hoop_line_t *line, const u_char *p, size_t n, unsigned end)
{
    u_char    c;
    size_t    i;
    ssize_t   k;
    unsigned  plain;

    for (i = 0; i < n; i += k) {
        c = p[i];
        k = 1;

        if (line->escape) {
            line->escape = 0;

        } else if (line->quote == 0 && !hoop_eol(c)) {
            hoop_line_plain(line, c);

        } else if (line->quote == 0) {
            k = hoop_line_next(line, p + i, n - i);
            line->blank = (k > 0);
            line->comment &= (k <= 0);

        } else if (c == '\\') {
            line->escape = (line->quote == '"' || line->quote == HOOP_QUOTE);

        } else if (c == line->quote) {
            k = hoop_line_quote(line, p + i, n - i, &plain);

            if (plain) {
                line->quote = 0;
            }
        }

        if (k == -1 && !end) {
            break;
        }

        if (k <= 0) {
            line->done = 1;
            break;
        }
    }

    return i;
}
