
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "name=value&name=value", as a query and a form have it: the value of a name,
 * decoded once, or UNKNOWN, see hoop_policy_slot.c.
 */


#include <stdlib.h>

#include "hoop_policy_rule.h"


typedef enum {
    HOOP_NAME_OTHER = 0,
    HOOP_NAME_EXACT,
    HOOP_NAME_UNKNOWN
} hoop_name_e;


static hoop_name_e hoop_policy_args_piece(hoop_str_t name, hoop_str_t piece);
static hoop_name_e hoop_policy_args_name(hoop_str_t name, hoop_str_t piece);
static int hoop_policy_args_decode(hoop_scratch_t *scratch, size_t args,
    hoop_str_t *value);
static int hoop_policy_args_char(const u_char **p, const u_char *end);
static u_char hoop_policy_args_alike(u_char c);


void
hoop_policy_subject_args(hoop_scratch_t *scratch, hoop_str_t name,
    hoop_str_t args, const char *why, hoop_subject_t *subject)
{
    hoop_str_t     rest, piece, value;
    const u_char  *p;

    rest = args;

    if (args.len == 0) {
        return;
    }

    while (hoop_glob_segment(&rest, '&', &piece)) {

        switch (hoop_policy_args_piece(name, piece)) {

        case HOOP_NAME_OTHER:
            continue;

        case HOOP_NAME_EXACT:
            if (subject->type == HOOP_SUBJECT_ABSENT) {
                break;
            }

            /* fall through */

        default:
            goto unknown;
        }

        p = memchr(piece.data, '=', piece.len);

        value = p ? hoop_str(p + 1, piece.data + piece.len - p - 1)
                  : hoop_str(piece.data + piece.len, 0);

        if (hoop_policy_args_decode(scratch, args.len, &value) != HOOP_OK) {
            goto unknown;
        }

        subject->type = HOOP_SUBJECT_TEXT;
        subject->text = value;
    }

    return;

unknown:

    subject->type = HOOP_SUBJECT_UNKNOWN;
    subject->why = why;
}


static hoop_name_e
hoop_policy_args_piece(hoop_str_t name, hoop_str_t piece)
{
    hoop_str_t   rest, part;
    hoop_name_e  found;

    found = hoop_policy_args_name(name, piece);

    if (memchr(piece.data, ';', piece.len) == NULL) {
        return found;
    }

    if (found != HOOP_NAME_OTHER) {
        return HOOP_NAME_UNKNOWN;
    }

    rest = piece;

    while (hoop_glob_segment(&rest, ';', &part)) {
        if (hoop_policy_args_name(name, part) != HOOP_NAME_OTHER) {
            return HOOP_NAME_UNKNOWN;
        }
    }

    return HOOP_NAME_OTHER;
}


static hoop_name_e
hoop_policy_args_name(hoop_str_t name, hoop_str_t piece)
{
    int            c, exact, alike, bracket;
    size_t         i;
    const u_char  *p, *end;

    p = memchr(piece.data, '=', piece.len);
    end = p ? p : piece.data + piece.len;

    i = 0;
    exact = 1;
    alike = 1;
    bracket = 0;

    for (p = piece.data; p < end; /* void */ ) {
        c = hoop_policy_args_char(&p, end);

        if (c <= 0) {
            return HOOP_NAME_UNKNOWN;
        }

        if (i < name.len) {

            if (i == 0 && c == ' ' && name.data[0] != ' ') {
                exact = 0;
                continue;
            }

            if (c != name.data[i]) {
                exact = 0;

                if (hoop_policy_args_alike(c)
                    != hoop_policy_args_alike(name.data[i]))
                {
                    alike = 0;
                }
            }

            i++;
            continue;
        }

        exact = 0;

        if (c == '[') {
            bracket = 1;
        }

        if (!bracket) {
            alike = 0;
        }
    }

    if (i < name.len || !alike) {
        return HOOP_NAME_OTHER;
    }

    return exact ? HOOP_NAME_EXACT : HOOP_NAME_UNKNOWN;
}


/*
 * Each argument is decoded at most once in an evaluation, so scratch as large
 * as all of them never has to move under the spans that point into it.
 */

static int
hoop_policy_args_decode(hoop_scratch_t *scratch, size_t args,
    hoop_str_t *value)
{
    int            c;
    u_char        *d;
    const u_char  *p, *end;

    if (memchr(value->data, '%', value->len) == NULL
        && memchr(value->data, '+', value->len) == NULL)
    {
        return HOOP_OK;
    }

    if (scratch->size < args) {

        if (args > HOOP_POLICY_MAX_SCRATCH || scratch->used != 0) {
            return HOOP_LIMIT;
        }

        free(scratch->data);
        scratch->size = 0;

        scratch->data = malloc(args);
        if (scratch->data == NULL) {
            return HOOP_NOMEM;
        }

        scratch->size = args;
    }

    if (value->len > scratch->size - scratch->used) {
        return HOOP_LIMIT;
    }

    d = scratch->data + scratch->used;
    p = value->data;
    end = p + value->len;

    while (p < end) {
        c = hoop_policy_args_char(&p, end);

        if (c <= 0) {
            return HOOP_ERROR;
        }

        *d++ = c;
    }

    value->data = scratch->data + scratch->used;
    value->len = d - value->data;
    scratch->used += value->len;

    return HOOP_OK;
}


/* The next byte, decoded; -1: a broken escape. */

static int
hoop_policy_args_char(const u_char **p, const u_char *end)
{
    int       i;
    u_char    c, lower;
    unsigned  n;

    c = *(*p)++;

    if (c == '+') {
        return ' ';
    }

    if (c != '%') {
        return c;
    }

    if (end - *p < 2) {
        return -1;
    }

    for (n = 0, i = 0; i < 2; i++) {
        c = *(*p)++;
        lower = c | 0x20;

        if (c >= '0' && c <= '9') {
            n = n * 16 + (c - '0');

        } else if (lower >= 'a' && lower <= 'f') {
            n = n * 16 + (lower - 'a' + 10);

        } else {
            return -1;
        }
    }

    return n;
}


static u_char
hoop_policy_args_alike(u_char c)
{
    return (c == '.' || c == ' ' || c == '[') ? '_' : hoop_lower(c);
}
