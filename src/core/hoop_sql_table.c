
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The names of the tables of a statement.
 */


#include "hoop_sql_impl.h"


#define HOOP_SQL_STATEMENT_TABLES  64


static int hoop_sql_table_end(hoop_sql_t *sql, hoop_sql_statement_t *st,
    size_t start);


u_char
hoop_sql_fold(hoop_sql_dialect_e dialect, u_char c, int quoted)
{
    switch (dialect) {

    case HOOP_SQL_SQLITE:
        return hoop_lower(c);

    case HOOP_SQL_GENERIC:
    case HOOP_SQL_POSTGRESQL:
        return quoted ? c : hoop_lower(c);

    case HOOP_SQL_ORACLE:
    case HOOP_SQL_SNOWFLAKE:
        return (!quoted && c >= 'a' && c <= 'z') ? c & ~0x20 : c;

    default:
        return c;
    }
}


/*
 * As the target resolves it: what is not quoted is folded as the dialect does,
 * and a part with a dot of its own keeps its quotes.
 */

int
hoop_sql_table(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b)
{
    int                quoted;
    size_t             i, start;
    u_char             c, q;
    unsigned           n;
    hoop_buf_t        *names;
    hoop_str_t         s;
    hoop_sql_token_t  *t;

    names = &sql->names;
    start = names->len;

    for (n = a; n < b; n++) {

        t = &sql->tokens[n];
        s = hoop_sql_token(sql, t);

        if (t->type == HOOP_SQL_T_NAME) {

            q = s.data[s.len - 1];
            quoted = (memchr(s.data, '.', s.len) != NULL);

            for (i = quoted ? 0 : 1; i + !quoted < s.len; i++) {

                c = s.data[i];

                if (c == q && i && i + 1 < s.len && s.data[i + 1] == q) {
                    i++;
                }

                (void) hoop_buf_addc(names,
                                     hoop_sql_fold(sql->dialect, c, 1));
            }

            continue;
        }

        for (i = 0; i < s.len; i++) {

            /* but the name of a stage */

            c = (*s.data == '@') ? s.data[i]
                                 : hoop_sql_fold(sql->dialect, s.data[i], 0);

            (void) hoop_buf_addc(names, c);
        }
    }

    return hoop_sql_table_end(sql, st, start);
}


int
hoop_sql_table_add(hoop_sql_t *sql, hoop_sql_statement_t *st,
    const char *const *parts, unsigned n)
{
    int       quoted;
    size_t    start;
    unsigned  i;

    start = sql->names.len;

    for (i = 0; i < n; i++) {

        if (i) {
            (void) hoop_buf_addc(&sql->names, '.');
        }

        quoted = (strchr(parts[i], '.') != NULL);

        if (quoted) {
            (void) hoop_buf_addc(&sql->names, '"');
        }

        (void) hoop_buf_adds(&sql->names, parts[i]);

        if (quoted) {
            (void) hoop_buf_addc(&sql->names, '"');
        }
    }

    return hoop_sql_table_end(sql, st, start);
}


/* the name that begins at "start" of the names is that of a table */

static int
hoop_sql_table_end(hoop_sql_t *sql, hoop_sql_statement_t *st, size_t start)
{
    size_t       i, len;
    unsigned     n, k;
    hoop_buf_t  *names;

    names = &sql->names;

    if (names->failed) {
        return HOOP_NOMEM;
    }

    len = names->len - start;

    /* this statement's are the last ones, and end where the names do */

    for (n = 0, i = start; n < st->ntables; n++) {

        k = sql->ntables - 1 - n;
        i -= sql->tables[k].len;

        if (sql->tables[k].len == len
            && memcmp(names->data + i, names->data + start, len) == 0)
        {
            names->len = start;
            return HOOP_OK;
        }
    }

    if (st->ntables == HOOP_SQL_STATEMENT_TABLES
        || sql->ntables == HOOP_SQL_MAX_TABLES)
    {
        hoop_sql_unknown(st, "names too many tables");
        names->len = start;
        return HOOP_OK;
    }

    sql->tables[sql->ntables++] = hoop_str(NULL, len);
    st->ntables++;

    return HOOP_OK;
}
