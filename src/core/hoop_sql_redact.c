
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The form of an SQL text that may be recorded.
 */


#include "hoop_sql_impl.h"


static int hoop_sql_redact_is_value(const hoop_sql_t *sql, unsigned i,
    unsigned clause);
static const char *hoop_sql_redact_param(const hoop_sql_t *sql,
    const hoop_sql_token_t *t);


int
hoop_sql_redact(hoop_sql_dialect_e dialect, const u_char *p, size_t len,
    hoop_buf_t *out)
{
    int                rc;
    size_t             end;
    unsigned           i, clause;
    hoop_str_t         s;
    hoop_sql_t         sql;
    const char        *mark;
    hoop_sql_token_t  *t;

    hoop_sql_init(&sql);

    clause = KW_NONE;

    rc = hoop_sql_lex(&sql, dialect, p, len);

    for (i = 0, end = 0; rc == HOOP_OK && i < sql.ntokens; i++) {

        t = &sql.tokens[i];

        /* GO stands on a line of its own */

        if (t->type == HOOP_SQL_T_GO
            || (i && t[-1].type == HOOP_SQL_T_GO))
        {
            rc = hoop_buf_addc(out, '\n');

        } else if (i && t->start > end) {
            rc = hoop_buf_addc(out, ' ');
        }

        if (rc != HOOP_OK) {
            break;
        }

        if (i == sql.unsure) {
            rc = hoop_buf_addc(out, '?');
            break;
        }

        end = t->start + t->len;
        s = hoop_sql_token(&sql, t);
        mark = hoop_sql_redact_param(&sql, t);

        if (hoop_sql_flags(t) & W_RESERVED) {
            clause = hoop_sql_kw(t);
        }

        if (hoop_sql_redact_is_value(&sql, i, clause)) {
            rc = hoop_buf_addc(out, '?');

        } else if (mark) {
            rc = hoop_buf_adds(out, mark);

        } else if (t->type == HOOP_SQL_T_GO) {
            rc = hoop_buf_adds(out, "GO");

        } else {
            rc = hoop_buf_add(out, s.data, s.len);
        }
    }

    hoop_sql_clear(&sql);

    return rc;
}


static int
hoop_sql_redact_is_value(const hoop_sql_t *sql, unsigned i, unsigned clause)
{
    hoop_sql_token_t  *t;

    t = &sql->tokens[i];

    switch (t->type) {

    case HOOP_SQL_T_STRING:
    case HOOP_SQL_T_NUMBER:
    case HOOP_SQL_T_BAD:
        return 1;

    case HOOP_SQL_T_NAME:

        /* where "..." may be a string after all, and is compared as one */

        if (sql->text[t->start] != '"' || i == 0
            || (sql->dialect != HOOP_SQL_GENERIC
                && sql->dialect != HOOP_SQL_SQLITE
                && sql->dialect != HOOP_SQL_TSQL))
        {
            return 0;
        }

        if (hoop_sql_is_op(t + 1, '.') || hoop_sql_is_op(t + 1, '(')) {
            return 0;
        }

        if (clause == KW_VALUES || clause == KW_IN
            || hoop_sql_kw(t - 1) == KW_LIKE
            || hoop_sql_kw(t - 1) == KW_BETWEEN
            || (i > 2 && hoop_sql_kw(t - 1) == KW_AND
                && hoop_sql_kw(t - 3) == KW_BETWEEN))
        {
            return 1;
        }

        switch (t[-1].type == HOOP_SQL_T_OP ? t[-1].op : 0) {
        case '=':
        case '<':
        case '>':
        case HOOP_SQL_OP_EQ:
        case HOOP_SQL_OP_NE:
        case HOOP_SQL_OP_LE:
        case HOOP_SQL_OP_GE:
        case HOOP_SQL_OP_OR:
            return 1;
        default:
            return 0;
        }

    default:
        return 0;
    }
}


/*
 * A number behind ":" is a value of an object or a map where the dialect has
 * them, and behind "$" money in T-SQL: NULL of any other parameter.
 */

static const char *
hoop_sql_redact_param(const hoop_sql_t *sql, const hoop_sql_token_t *t)
{
    u_char  mark, c;

    if (t->type != HOOP_SQL_T_PARAM || t->len < 2) {
        return NULL;
    }

    mark = sql->text[t->start];
    c = sql->text[t->start + 1];

    if (c < '0' || c > '9') {
        return NULL;
    }

    switch (sql->dialect) {

    case HOOP_SQL_GENERIC:
        return (mark == ':') ? ":?" : (mark == '$') ? "?" : NULL;

    case HOOP_SQL_CLICKHOUSE:
    case HOOP_SQL_SNOWFLAKE:
        return (mark == ':') ? ":?" : NULL;

    default:
        return NULL;
    }
}
