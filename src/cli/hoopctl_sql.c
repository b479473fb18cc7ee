
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl sql classify: SQL on standard input, a line of JSON a statement on
 * standard output.
 */


#include <getopt.h>
#include <stdio.h>

#include "../core/hoop_sql_record.h"
#include "hoopctl.h"


static void hoopctl_sql_help(void);


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
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    name = NULL;
    optind = 1;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {

        if (c == 'h') {
            hoopctl_sql_help();
            return HOOPCTL_YES;
        }

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
        rc = hoop_sql_record(&sql.statements[i], dialect, 0, &out);

        if (rc == HOOP_OK) {
            rc = hoop_buf_addc(&out, '\n');
        }

        if (rc == HOOP_OK) {
            (void) fwrite(out.data, 1, out.len, stdout);
        }
    }

    hoop_sql_clear(&sql);
    hoop_buf_free(&out);
    hoop_buf_free(&in);

    return rc == HOOP_OK ? HOOPCTL_YES : hoopctl_usage("no memory");
}


static void
hoopctl_sql_help(void)
{
    const char  *version;

    version = hoop_sql_pg_version();

    printf("hoopctl sql classify --dialect D\n\n"
           "SQL on standard input, a line of JSON a statement on standard "
           "output.\n\n"
           "D: postgresql, mysql, tsql, oracle, sqlite, clickhouse, snowflake "
           "or generic\n");

    if (version) {
        printf("postgresql: by the grammar of PostgreSQL %s and by tokens\n",
               version);

    } else {
        printf("postgresql: by tokens alone, built without libpg_query\n");
    }
}
