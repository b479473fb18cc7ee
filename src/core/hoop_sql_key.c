
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Keys, and the values that every key is above or below: "id > 0" is true of
 * all rows, though it compares a column.
 */


#include "hoop_sql_impl.h"


int
hoop_sql_key(const hoop_sql_t *sql, const hoop_sql_token_t *t,
    const hoop_sql_token_t *target)
{
    size_t      i;
    u_char      last;
    hoop_str_t  s, table;

    static const char *const  keys[] = { "id", "_id", "rowid", "uuid", "guid",
                                         "ctid", "oid", "pk", NULL };

    if (hoop_sql_token_in(sql, t, keys)) {
        return 1;
    }

    s = hoop_sql_token(sql, t);
    table = hoop_sql_token(sql, target);

    if (t->type == HOOP_SQL_T_NAME) {
        s.data++;
        s.len -= 2;
    }

    if (target->type == HOOP_SQL_T_NAME) {
        table.data++;
        table.len -= 2;
    }

    if (s.len < 2) {
        return 0;
    }

    last = hoop_lower(s.data[s.len - 1]);

    if (last != 'd' && last != 'o') {
        return 0;
    }

    for (i = 0; i < s.len && i < table.len; i++) {
        if (hoop_lower(s.data[i]) != hoop_lower(table.data[i])) {
            break;
        }
    }

    /* "y" becomes "ies" */

    i += (i && i + 2 < s.len && hoop_lower(s.data[i]) == 'y');

    s.data += i;
    s.len -= i;

    if (s.len == 3 && *s.data == '_') {
        s.data++;
        s.len--;
    }

    return (i >= 3 && s.len == 2
            && ((hoop_lower(s.data[0]) == 'i' && last == 'd')
                || (hoop_lower(s.data[0]) == 'n' && last == 'o')))
           || (i == 0 && s.len == 2 && hoop_lower(s.data[0]) == 'i'
               && last == 'd');
}


/* LENGTH(x) >= 0 is true as well */

int
hoop_sql_key_length(const hoop_sql_t *sql, const hoop_sql_token_t *t)
{
    static const char *const  lengths[] = {
        "length", "len", "char_length", "character_length", "octet_length",
        "datalength", "abs", NULL
    };

    return hoop_sql_token_in(sql, t, lengths);
}


int
hoop_sql_key_small(const hoop_sql_t *sql, const hoop_sql_token_t *t)
{
    size_t      i;
    hoop_str_t  s;

    if (t->type != HOOP_SQL_T_NUMBER) {
        return 1;
    }

    s = hoop_sql_token(sql, t);

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return 1;
        }
    }

    return s.data[0] == '0' || (s.len == 1 && s.data[0] == '1');
}


int
hoop_sql_key_large(const hoop_sql_token_t *t, const hoop_sql_token_t *end)
{
    return t < end && t->type == HOOP_SQL_T_NUMBER && t->len >= 9;
}
