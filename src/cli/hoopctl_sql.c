
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl sql classify: SQL on standard input, a line of JSON a statement on
 * standard output.
 */


#include <getopt.h>
#include <stdio.h>

#include "../core/hoop_sql.h"
#include "hoopctl.h"


static int hoopctl_sql_print(const hoop_sql_statement_t *st,
    hoop_sql_dialect_e dialect, hoop_buf_t *b);
static void hoopctl_sql_classes(uint32_t classes, hoop_buf_t *b);


int
hoopctl_sql_classify(int argc, char **argv)
{
    int                  c, rc;
    unsigned             i;
    hoop_buf_t           in, out;
    hoop_sql_t           sql;
    const char          *name;
    hoop_sql_dialect_e   dialect;

    static const struct option  options[] = {
        { "dialect", required_argument, NULL, 'd' },
        { NULL, 0, NULL, 0 }
    };

    name = NULL;
    optind = 1;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {

        if (c != 'd') {
            return hoopctl_usage("sql classify --dialect D");
        }

        name = optarg;
    }

    if (optind != argc) {
        return hoopctl_usage("unexpected argument \"%s\"", argv[optind]);
    }

    if (name == NULL
        || hoop_sql_dialect(hoop_cstr(name), &dialect) != HOOP_OK)
    {
        return hoopctl_usage("dialect postgresql, mysql, tsql, oracle, "
                             "sqlite, clickhouse, snowflake or generic "
                             "wanted");
    }

    if (hoopctl_read("-", &in, 64 * 1024 * 1024) != HOOP_OK) {
        return HOOPCTL_USAGE;
    }

    hoop_buf_init(&out, 0);
    hoop_sql_init(&sql);

    rc = hoop_sql_classify(&sql, dialect, in.len ? in.data
                                                 : (const u_char *) "",
                           in.len);

    for (i = 0; rc == HOOP_OK && i < sql.n; i++) {

        out.len = 0;
        rc = hoopctl_sql_print(&sql.statements[i], dialect, &out);

        if (rc == HOOP_OK) {
            (void) fwrite(out.data, 1, out.len, stdout);
        }
    }

    hoop_sql_clear(&sql);
    hoop_buf_free(&out);
    hoop_buf_free(&in);

    return rc == HOOP_OK ? HOOPCTL_YES : hoopctl_usage("no memory");
}


static int
hoopctl_sql_print(const hoop_sql_statement_t *st, hoop_sql_dialect_e dialect,
    hoop_buf_t *b)
{
    int         rc;
    unsigned    i;
    hoop_buf_t  text;

    (void) hoop_buf_adds(b, "{\"class\":");
    hoopctl_sql_classes(st->classes, b);
    (void) hoop_buf_adds(b, ",\"tables\":[");

    for (i = 0; i < st->ntables; i++) {

        if (i) {
            (void) hoop_buf_addc(b, ',');
        }

        (void) hoop_buf_add_json(b, st->tables[i].data, st->tables[i].len);
    }

    hoop_buf_init(&text, 0);

    rc = hoop_sql_redact(dialect, st->text.data, st->text.len, &text);

    (void) hoop_buf_adds(b, "],\"redacted\":");
    (void) hoop_buf_add_json(b, text.data, text.len);

    hoop_buf_free(&text);

    if (st->why) {
        (void) hoop_buf_adds(b, ",\"why\":");
        (void) hoop_buf_add_json(b, (const u_char *) st->why, strlen(st->why));
    }

    (void) hoop_buf_adds(b, "}\n");

    return b->failed ? HOOP_NOMEM : rc;
}


/* one name, or a list of them */

static void
hoopctl_sql_classes(uint32_t classes, hoop_buf_t *b)
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
