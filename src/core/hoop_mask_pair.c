
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Names that are values: { "name": "DB_PASSWORD", "value": "..." }, and a
 * table that has the names of its columns in a list, { "columns": [...],
 * "rows": [[...], ...] }.
 *
 * A pair is known by the depth of its object, from the name to the object's
 * end; of pairs that are open, m->pair_low is the lowest one, and the quick
 * way through JSON is not taken in it.  There is one table at a time: D is the
 * depth of its object's members, its columns and rows are at D + 1, and the
 * cells at D + 2.
 */


#include "hoop_mask_json.h"


#define HOOP_TABLE_CELLS  64           /* columns that are told apart */


static int
hoop_pair_word(const char *const *list, const u_char *p, size_t len)
{
    size_t  i, k;

    for ( /* void */ ; *list; list++) {

        /* a separator is left out of both */

        for (i = 0, k = 0; i < len; i++) {

            if (hoop_is_separator(p[i])) {
                continue;
            }

            if ((*list)[k] == '\0' || hoop_lower(p[i]) != (u_char) (*list)[k]) {
                break;
            }

            k++;
        }

        if (i == len && (*list)[k] == '\0') {
            return 1;
        }
    }

    return 0;
}


int
hoop_mask_pair_name(const u_char *p, size_t len)
{
    static const char *const  names[] = {
        "name", "key", "field", "header", "variable", "parameter", NULL
    };

    return len >= 3 && len <= 9 && hoop_pair_word(names, p, len);
}


int
hoop_mask_table_columns(const u_char *p, size_t len)
{
    static const char *const  names[] = {
        "columns", "fields", "headers", "header", "columnnames", "fieldnames",
        "cols", NULL
    };

    return len >= 4 && len <= 12 && hoop_pair_word(names, p, len);
}


static int
hoop_table_rows(const u_char *p, size_t len)
{
    static const char *const  names[] = {
        "rows", "data", "values", "records", "results", "items", "tuples", NULL
    };

    return len >= 4 && len <= 8 && hoop_pair_word(names, p, len);
}


/* what a member's name says of its value, and of those of others */

void
hoop_mask_pair_member(hoop_mask_t *m, hoop_level_t *lev, const u_char *p,
    size_t len)
{
    static const char *const  values[] = { "value", "val", NULL };

    lev->table = 0;
    lev->naming = (u_char) hoop_mask_pair_name(p, len);

    if (m->pair_low && m->depth >= m->pair_low && m->pair[m->depth - 1]
        && lev->field == 0 && hoop_pair_word(values, p, len))
    {
        lev->field = m->pair[m->depth - 1];
        lev->action = m->pair_action;
        lev->naming = 0;
    }

    if (m->table == HOOP_TABLE_KNOWN && m->depth == m->table_depth
        && hoop_table_rows(p, len))
    {
        lev->table = HOOP_TABLE_ROWS;

    } else if (m->table != HOOP_TABLE_ROWS && hoop_mask_table_columns(p, len)) {
        lev->table = HOOP_TABLE_COLUMNS;
    }
}


/* a container was opened; m->depth is that of what it holds */

void
hoop_mask_pair_open(hoop_mask_t *m, hoop_level_t *lev, int object)
{
    m->pair[m->depth - 1] = 0;

    if (m->pair_low >= m->depth) {
        m->pair_low = 0;
    }

    if (lev->table && !object) {

        if (lev->table == HOOP_TABLE_COLUMNS) {
            m->table_depth = m->depth - 1;
            m->table_columns = 0;
        }

        m->table = lev->table;
        m->table_index = 0;

    } else if (m->table == HOOP_TABLE_ROWS && m->depth == m->table_depth + 2) {
        m->table_index = 0;
    }

    lev->table = 0;
    lev->naming = 0;
}


/* one was closed, or more of them */

void
hoop_mask_pair_close(hoop_mask_t *m)
{
    if (m->pair_low > m->depth) {
        m->pair_low = 0;
    }

    if (m->table == HOOP_TABLE_OFF || m->depth > m->table_depth) {
        return;
    }

    m->table = (m->depth == m->table_depth && m->table_columns)
               ? HOOP_TABLE_KNOWN : HOOP_TABLE_OFF;
}


/* an element of an array comes */

void
hoop_mask_pair_element(hoop_mask_t *m, hoop_level_t *lev)
{
    unsigned  i;

    lev->naming = 0;

    if (m->table == HOOP_TABLE_COLUMNS && m->depth == m->table_depth + 1) {
        m->table_index++;
        lev->naming = 1;
    }

    if (m->table == HOOP_TABLE_ROWS && m->depth == m->table_depth + 2) {
        i = m->table_index++;

        if (i < HOOP_TABLE_CELLS && (m->table_columns >> i & 1)
            && lev->field == 0)
        {
            lev->field = HOOP_DETECT_FIELD + 1;
            lev->action = m->table_action;
        }
    }
}


/* a string that may be a name was read */

void
hoop_mask_pair_value(hoop_mask_t *m, hoop_level_t *lev, const u_char *p,
    size_t len)
{
    u_char    action;
    unsigned  det;

    lev->naming = 0;

    if (len > HOOP_MASK_KEY) {
        p += len - HOOP_MASK_KEY;
        len = HOOP_MASK_KEY;
    }

    det = m->has_names ? hoop_mask_name(m, p, len, &action) : 0;

    if (det == 0 || m->depth == 0) {
        return;
    }

    if (m->table == HOOP_TABLE_COLUMNS && m->depth <= m->table_depth + 2) {

        /* the index is of the element that comes next */

        if (m->table_index <= HOOP_TABLE_CELLS) {
            m->table_columns |= (uint64_t) 1 << (m->table_index - 1);
            m->table_action = action;
        }

        return;
    }

    if (hoop_bits_get(m->objects, m->depth - 1)) {
        m->pair[m->depth - 1] = (u_char) det;
        m->pair_action = action;

        if (m->pair_low == 0 || m->pair_low > m->depth) {
            m->pair_low = m->depth;
        }
    }
}
