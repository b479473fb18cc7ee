
/*
 * Copyright (C) ngx_hoop_module authors
 */


#include "hoop_sql_record.h"


static void hoop_sql_record_classes(uint32_t classes, hoop_buf_t *b);
static int hoop_sql_record_tables(const hoop_sql_statement_t *st, size_t max,
    hoop_buf_t *b);


int
hoop_sql_record(const hoop_sql_statement_t *st, hoop_sql_dialect_e dialect,
    size_t max, hoop_buf_t *out)
{
    int         rc, truncated;
    hoop_buf_t  text;

    (void) hoop_buf_adds(out, "{\"class\":");
    hoop_sql_record_classes(st->classes, out);

    (void) hoop_buf_adds(out, ",\"tables\":[");
    truncated = st->unsure || hoop_sql_record_tables(st, max, out);

    /* a token that has no room is left out as a whole, with all behind it */

    hoop_buf_init(&text, max);

    rc = st->inner ? HOOP_OK
                   : hoop_sql_redact(dialect, st->text.data, st->text.len,
                                     &text);

    if (rc == HOOP_LIMIT) {
        truncated = 1;
        rc = HOOP_OK;
    }

    (void) hoop_buf_adds(out, "],\"redacted\":");
    (void) hoop_buf_add_json(out, text.len ? text.data : (const u_char *) "",
                             text.len);

    hoop_buf_free(&text);

    if (st->why) {
        (void) hoop_buf_adds(out, ",\"why\":");
        (void) hoop_buf_add_json(out, (const u_char *) st->why,
                                 strlen(st->why));
    }

    (void) hoop_buf_adds(out, truncated ? ",\"truncated\":true}" : "}");

    return out->failed ? HOOP_NOMEM : rc;
}


/* one name, or a list of them */

static void
hoop_sql_record_classes(uint32_t classes, hoop_buf_t *b)
{
    int       list;
    uint32_t  rest, class;

    list = (classes & (classes - 1)) != 0;

    if (list) {
        (void) hoop_buf_addc(b, '[');
    }

    for (rest = classes; rest; rest &= rest - 1) {

        class = rest & -rest;

        if (rest != classes) {
            (void) hoop_buf_addc(b, ',');
        }

        (void) hoop_buf_addc(b, '"');
        (void) hoop_buf_adds(b, hoop_sql_class_name(class));
        (void) hoop_buf_addc(b, '"');
    }

    if (list) {
        (void) hoop_buf_addc(b, ']');
    }
}


/* 1: not all of them */

static int
hoop_sql_record_tables(const hoop_sql_statement_t *st, size_t max,
    hoop_buf_t *b)
{
    size_t    len;
    unsigned  i;

    len = 0;

    for (i = 0; i < st->ntables; i++) {

        len += st->tables[i].len;

        if (max && len > max) {
            return 1;
        }

        if (i) {
            (void) hoop_buf_addc(b, ',');
        }

        (void) hoop_buf_add_json(b, st->tables[i].data, st->tables[i].len);
    }

    return 0;
}
