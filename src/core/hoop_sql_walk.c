
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * One walk over the tokens of a statement.
 *
 * It knows no grammar: for each level of parentheses it keeps the clause that
 * it is in, whether a table is named next, and the DML that has begun there.
 * From that it finds tables, DML wherever it hides, and calls.  What it cannot
 * place makes the statement unknown, so that a wrong guess about the clause
 * costs a false alarm and nothing else: a word that changes data is never
 * ignored because of where it stands, but behind "." and AS, where all
 * dialects see a name.
 */


#include "hoop_sql_walk.h"


static void hoop_sql_walk_op(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    hoop_sql_token_t *t);
static void hoop_sql_walk_open(hoop_sql_walker_t *w);
static void hoop_sql_walk_close(hoop_sql_walker_t *w);
static void hoop_sql_walk_end(hoop_sql_walker_t *w, hoop_sql_level_t *l);
static void hoop_sql_walk_after_cte(hoop_sql_walker_t *w);
static int hoop_sql_walk_name(hoop_sql_walker_t *w, hoop_sql_level_t *l);
static int hoop_sql_walk_named(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    unsigned a);
static int hoop_sql_walk_is_columns(hoop_sql_walker_t *w);
static int hoop_sql_walk_is_dual(hoop_sql_walker_t *w, unsigned a);
static int hoop_sql_walk_is_package(hoop_sql_walker_t *w, unsigned a);
static int hoop_sql_walk_is_nextval(hoop_sql_walker_t *w);


int
hoop_sql_walk(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b, hoop_sql_walk_e mode)
{
    int                rc;
    hoop_sql_level_t  *l;
    hoop_sql_token_t  *t;
    hoop_sql_walker_t  w;

    w.sql = sql;
    w.st = st;
    w.mode = mode;
    w.first = a;
    w.last = b;
    w.depth = 0;
    w.paren = 0;
    w.recursive = 0;
    w.nctes = 0;
    w.naliases = 0;
    w.function = 0;
    w.juxtaposed = (sql->dialect == HOOP_SQL_TSQL
                    || sql->dialect == HOOP_SQL_GENERIC);
    memset(&w.levels[0], 0, sizeof(hoop_sql_level_t));

    for (w.i = a; w.i < b; w.i++) {

        l = &w.levels[w.depth];
        t = &sql->tokens[w.i];

        switch (t->type) {

        case HOOP_SQL_T_WORD:
        case HOOP_SQL_T_NAME:
            rc = hoop_sql_walk_name(&w, l);
            if (rc != HOOP_OK) {
                return rc;
            }

            break;

        case HOOP_SQL_T_OP:
            hoop_sql_walk_op(&w, l, t);
            break;

        case HOOP_SQL_T_BAD:
            hoop_sql_unknown(st, sql->doubt);
            return HOOP_OK;

        case HOOP_SQL_T_STRING:
        case HOOP_SQL_T_NUMBER:
        case HOOP_SQL_T_PARAM:

            if (l->expect
                && !(w.i > a && hoop_sql_kw(t - 1) == KW_TOP))
            {
                /* a table variable, a stage; else a name from elsewhere */

                if ((t->type != HOOP_SQL_T_PARAM
                     || sql->text[t->start] != '@')
                    && mode == HOOP_SQL_WALK_QUERY)
                {
                    hoop_sql_unknown(st, "names a table by a value");
                }

                if (sql->dialect == HOOP_SQL_SNOWFLAKE
                    && sql->text[t->start] == '@')
                {
                    rc = hoop_sql_table(sql, st, w.i, w.i + 1);
                    if (rc != HOOP_OK) {
                        return rc;
                    }
                }

                l->item = w.i;

                if (l->expect == EXPECT_TARGET) {
                    l->target = w.i;
                    l->got = 1;
                    l->clause = CL_FROM;
                }

                l->expect = 0;
            }

            break;

        default:
            break;
        }

        if (st->classes & HOOP_SQL_UNKNOWN && w.depth >= HOOP_SQL_MAX_DEPTH) {
            return HOOP_OK;
        }
    }

    if (w.depth) {
        hoop_sql_unknown(st, "has a parenthesis without an end");
    }

    for ( /* void */ ; /* void */ ; w.depth--) {
        hoop_sql_walk_end(&w, &w.levels[w.depth]);
        hoop_sql_walk_finish(&w, &w.levels[w.depth]);

        if (w.depth == 0) {
            break;
        }
    }

    hoop_sql_from_end(&w);

    return HOOP_OK;
}


static void
hoop_sql_walk_op(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    hoop_sql_token_t *t)
{
    switch (t->op) {

    case '(':
        hoop_sql_walk_open(w);
        return;

    case ')':
        hoop_sql_walk_close(w);
        return;

    case ',':
        if (l->clause == CL_WITH) {
            l->expect = EXPECT_CTE;

        } else if (l->clause == CL_FROM && l->kind != FR_NAMES) {
            l->expect = EXPECT_TABLE;
            l->cond = 0;
        }

        return;

    case '{':

        /* a parameter, an object, {fn now()} */

        if (w->sql->dialect != HOOP_SQL_CLICKHOUSE
            && w->sql->dialect != HOOP_SQL_SNOWFLAKE)
        {
            hoop_sql_unknown(w->st, "has a brace");
        }

        if (l->expect && w->mode == HOOP_SQL_WALK_QUERY) {
            hoop_sql_unknown(w->st, "names a table by a value");
        }

        return;

    case '.':
        if (l->expect && w->mode == HOOP_SQL_WALK_QUERY) {
            hoop_sql_unknown(w->st, "has a name without a beginning");
        }

        return;

    case HOOP_SQL_OP_ASSIGN:
        if (w->sql->dialect == HOOP_SQL_POSTGRESQL && l->kind == FR_CALL
            && hoop_sql_is_name(t - 1)
            && (hoop_sql_is_op(t - 2, '(') || hoop_sql_is_op(t - 2, ',')))
        {
            return;                              /* make_date(year := 2024) */
        }

        hoop_sql_unknown(w->st, "sets a variable");
        return;

    case HOOP_SQL_OP_OTHER:

        /* Snowflake: statement ->> statement */

        if (w->sql->dialect == HOOP_SQL_SNOWFLAKE && t->len == 3
            && w->sql->text[t->start + 2] == '>'
            && hoop_sql_kw(t + 1) != KW_SELECT)
        {
            hoop_sql_unknown(w->st, "has a statement behind another");
        }

        return;

    case HOOP_SQL_OP_AND:
    case HOOP_SQL_OP_OR:
        if (l->end) {
            l->late = 1;
        }

        return;

    default:
        return;
    }
}


static void
hoop_sql_walk_open(hoop_sql_walker_t *w)
{
    u_char             kind;
    unsigned           kw;
    hoop_sql_level_t  *l, *n;

    l = &w->levels[w->depth];
    kw = hoop_sql_kw(&w->sql->tokens[w->i + 1]);

    if (w->paren) {
        kind = w->paren - 1;
        w->paren = 0;

        /* ANY (SELECT ...), ARRAY (SELECT ...) */

        if (kw == KW_SELECT || kw == KW_WITH) {
            kind = FR_QUERY;
        }

    } else if (kw == KW_SELECT || kw == KW_WITH || kw == KW_VALUES
               || kw == KW_INSERT || kw == KW_UPDATE || kw == KW_DELETE
               || kw == KW_MERGE || kw == KW_TABLE || kw == KW_FROM)
    {
        kind = FR_QUERY;

    } else if (l->clause == CL_WITH) {
        kind = FR_QUERY;

    } else if (l->expect) {
        kind = FR_JOIN;

    } else {
        kind = FR_EXPR;
    }

    if (++w->depth == HOOP_SQL_MAX_DEPTH) {
        hoop_sql_unknown(w->st, "is nested too deep");
        w->depth--;
        w->i = w->last - 1;
        return;
    }

    n = &w->levels[w->depth];
    memset(n, 0, sizeof(hoop_sql_level_t));
    n->kind = kind;
    n->ctes = w->nctes;

    hoop_sql_from_open(w, n);

    if (kind == FR_JOIN) {
        n->clause = CL_FROM;
        n->expect = EXPECT_TABLE;
    }
}


static void
hoop_sql_walk_close(hoop_sql_walker_t *w)
{
    hoop_sql_level_t  *l;

    l = &w->levels[w->depth];
    hoop_sql_walk_end(w, l);
    hoop_sql_walk_finish(w, l);

    if (w->depth == 0) {
        hoop_sql_unknown(w->st, "has a parenthesis without a beginning");
        return;
    }

    w->nctes = l->ctes;
    w->depth--;

    hoop_sql_from_close(w, l);

    if (l->kind == FR_QUERY) {
        l--;
        l->from |= (l->clause == CL_FROM) ? FROM_OTHER : 0;

    } else {
        l--;
        l->column |= l[1].column;
        l->from |= l[1].from;
    }

    if (l->clause == CL_WITH) {

        /* from here on its name is the CTE's */

        if (l->cte && !w->recursive) {

            if (w->nctes == HOOP_SQL_MAX_CTES) {
                hoop_sql_unknown(w->st, "has too many parts");

            } else {
                w->ctes[w->nctes++] = l->cte;
            }
        }

        hoop_sql_walk_after_cte(w);

        return;
    }

    if (l->clause == CL_FROM && l->expect == EXPECT_TABLE) {
        l->expect = 0;
    }
}


/* FROM, and nothing: a table whose name was taken for a keyword, or half */

static void
hoop_sql_walk_end(hoop_sql_walker_t *w, hoop_sql_level_t *l)
{
    if (l->expect == EXPECT_TABLE && w->mode == HOOP_SQL_WALK_QUERY) {
        hoop_sql_unknown(w->st, "names no table where one is wanted");
    }
}


/* WITH ... (...): what may follow */

static void
hoop_sql_walk_after_cte(hoop_sql_walker_t *w)
{
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[w->i + 1];

    if (w->i + 1 == w->last) {
        return;
    }

    switch (hoop_sql_kw(t)) {

    case KW_SELECT:
    case KW_INSERT:
    case KW_UPDATE:
    case KW_DELETE:
    case KW_MERGE:
    case KW_REPLACE:
    case KW_VALUES:
    case KW_TABLE:
    case KW_AS:
    case KW_FROM:
        return;

    default:
        break;
    }

    if (hoop_sql_is_op(t, ',') || hoop_sql_is_op(t, '(')
        || hoop_sql_is_op(t, ')')
        || (w->sql->dialect == HOOP_SQL_CLICKHOUSE
            && !hoop_sql_is_name(t))
        || hoop_sql_token_is(w->sql, t, "search")
        || hoop_sql_token_is(w->sql, t, "cycle"))
    {
        return;
    }

    hoop_sql_unknown(w->st, "has an unknown word behind WITH");
}


/* a word or a name that may have several parts */

static int
hoop_sql_walk_name(hoop_sql_walker_t *w, hoop_sql_level_t *l)
{
    int                rc;
    unsigned           a;
    hoop_sql_token_t  *t;

    t = w->sql->tokens;

    if (w->i > w->first && hoop_sql_is_op(&t[w->i - 1], '.')) {
        hoop_sql_walk_member(w);
        return HOOP_OK;
    }

    if (t[w->i].type == HOOP_SQL_T_WORD && t[w->i].word) {

        rc = hoop_sql_walk_word(w, l);
        if (rc != HOOP_DECLINED) {
            return rc;
        }
    }

    a = w->i;

    while (w->i + 2 < w->last && hoop_sql_is_op(&t[w->i + 1], '.')) {

        if (hoop_sql_is_op(&t[w->i + 2], '.')
            && w->i + 3 < w->last && hoop_sql_is_name(&t[w->i + 3]))
        {
            w->i += 3;

        } else if (hoop_sql_is_name(&t[w->i + 2])) {
            w->i += 2;

        } else {
            break;
        }
    }

    return hoop_sql_walk_named(w, l, a);
}


/* tokens a to w->i are one name */

static int
hoop_sql_walk_named(hoop_sql_walker_t *w, hoop_sql_level_t *l, unsigned a)
{
    u_char             expect;
    unsigned           kw;
    hoop_sql_token_t  *t;

    t = w->sql->tokens;
    expect = l->expect;

    if (l->kind == FR_NAMES) {
        if (hoop_sql_is_op(&t[w->i + 1], '(')) {
            hoop_sql_walk_call(w, l, a);
        }

        return HOOP_OK;
    }

    if (expect == EXPECT_CTE) {

        l->expect = 0;
        l->cte = a;

        if (hoop_sql_is_op(&t[w->i + 1], '(')) {

            if (w->sql->dialect == HOOP_SQL_CLICKHOUSE
                && !hoop_sql_walk_is_columns(w))
            {
                hoop_sql_walk_call(w, l, a);

            } else {
                w->paren = FR_NAMES + 1;
            }

        } else if (w->recursive) {

            if (w->nctes == HOOP_SQL_MAX_CTES) {
                hoop_sql_unknown(w->st, "has too many parts");
                return HOOP_OK;
            }
        }

        if (w->recursive && w->nctes < HOOP_SQL_MAX_CTES) {
            w->ctes[w->nctes++] = a;
        }

        return HOOP_OK;
    }

    kw = hoop_sql_kw(&t[w->i]);

    if (kw == KW_NEXTVAL || (a < w->i && hoop_sql_walk_is_nextval(w))) {
        hoop_sql_unknown(w->st, "draws from a sequence");
    }

    if (expect == EXPECT_TARGET) {

        l->expect = 0;
        l->target = w->i;
        l->got = 1;
        l->clause = (l->dml == KW_INSERT) ? CL_NONE : CL_FROM;

        if (hoop_sql_is_op(&t[w->i + 1], '(')) {
            w->paren = FR_NAMES + 1;
        }

        return hoop_sql_table(w->sql, w->st, a, w->i + 1);
    }

    if (hoop_sql_is_op(&t[w->i + 1], '(')) {

        if (w->mode == HOOP_SQL_WALK_DDL && expect && w->depth == 0) {
            l->expect = 0;
            w->paren = FR_CALL + 1;
            return hoop_sql_table(w->sql, w->st, a, w->i + 1);
        }

        hoop_sql_walk_call(w, l, a);
        return HOOP_OK;
    }

    if (expect == EXPECT_TABLE) {

        l->expect = 0;

        l->from |= FROM_OTHER;
        l->item = w->i;

        if (hoop_sql_from_value(w, l, a)) {
            return HOOP_OK;
        }

        /* Oracle: table@elsewhere */

        if (w->sql->dialect == HOOP_SQL_ORACLE
            && hoop_sql_is_op(&t[w->i + 1], '@'))
        {
            do {
                w->i++;
            } while (w->i + 2 < w->last && hoop_sql_is_name(&t[w->i + 1])
                     && w->i++
                     && hoop_sql_is_op(&t[w->i + 1], '.'));
        }

        if (a == w->i && hoop_sql_walk_is_cte(w, &t[a])) {
            return HOOP_OK;
        }

        if ((w->sql->dialect == HOOP_SQL_ORACLE
             || w->sql->dialect == HOOP_SQL_GENERIC)
            && hoop_sql_walk_is_dual(w, a))
        {
            l->from &= ~FROM_OTHER;
            l->from |= FROM_DUAL;
        }

        return hoop_sql_table(w->sql, w->st, a, w->i + 1);
    }

    if (a < w->i && hoop_sql_walk_is_package(w, a)) {
        hoop_sql_unknown(w->st, "may call a function");
    }

    /*
     * Oracle calls functions without parentheses, and DUAL has no columns: a
     * name where a value is wanted is a call, if it reads nothing but DUAL.
     */

    if ((w->sql->dialect == HOOP_SQL_ORACLE
         || w->sql->dialect == HOOP_SQL_GENERIC)
        && a > w->first
        && (!hoop_sql_is_name(&t[a - 1])
            || (hoop_sql_flags(&t[a - 1]) & W_RESERVED))
        && hoop_sql_kw(&t[a - 1]) != KW_AS
        && t[a - 1].type != HOOP_SQL_T_STRING
        && t[a - 1].type != HOOP_SQL_T_NUMBER
        && t[a - 1].type != HOOP_SQL_T_PARAM
        && !hoop_sql_is_op(&t[a - 1], ')')
        && !(hoop_sql_flags(&t[a]) & W_CONSTANT)
        && t[w->i + 1].type != HOOP_SQL_T_STRING     /* DATE '...' */
        && !(l->kind == FR_CALL && hoop_sql_kw(&t[w->i + 1]) == KW_FROM)
        && !hoop_sql_token_is(w->sql, &t[a], "dummy"))
    {
        l->column = 1;
    }

    return HOOP_OK;
}


/* ClickHouse: WITH x (a, b) AS (...), not WITH f(a, b) AS x */

static int
hoop_sql_walk_is_columns(hoop_sql_walker_t *w)
{
    unsigned           n;
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[w->i + 1];

    for (n = 0; n < 64 && hoop_sql_is_name(t + 1); n++) {

        t += 2;

        if (hoop_sql_is_op(t, ')')) {
            return hoop_sql_kw(t + 1) == KW_AS && hoop_sql_is_op(t + 2, '(');
        }

        if (!hoop_sql_is_op(t, ',')) {
            break;
        }
    }

    return 0;
}


int
hoop_sql_walk_is_cte(hoop_sql_walker_t *w, const hoop_sql_token_t *t)
{
    size_t       i;
    unsigned     n;
    hoop_str_t   a, b;

    a = hoop_sql_token(w->sql, t);

    for (n = 0; n < w->nctes; n++) {

        b = hoop_sql_token(w->sql, &w->sql->tokens[w->ctes[n]]);

        if (a.len != b.len || t->type != w->sql->tokens[w->ctes[n]].type) {
            continue;
        }

        if (t->type == HOOP_SQL_T_NAME) {
            if (memcmp(a.data, b.data, a.len) == 0) {
                return 1;
            }

            continue;
        }

        for (i = 0; i < a.len; i++) {
            if (hoop_lower(a.data[i]) != hoop_lower(b.data[i])) {
                break;
            }
        }

        if (i == a.len) {
            return 1;
        }
    }

    return 0;
}


/* DUAL, SYS.DUAL: tokens a to w->i */

static int
hoop_sql_walk_is_dual(hoop_sql_walker_t *w, unsigned a)
{
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[a];

    if (w->i == a + 2 && hoop_sql_token_is(w->sql, t, "sys")) {
        t += 2;

    } else if (w->i != a) {
        return 0;
    }

    return hoop_sql_token_is(w->sql, t, "dual")
           || (t->type == HOOP_SQL_T_NAME
               && hoop_str_is(hoop_sql_token(w->sql, t), "\"DUAL\""));
}


/* Oracle's own packages; others look like tables: tokens a to w->i */

static int
hoop_sql_walk_is_package(hoop_sql_walker_t *w, unsigned a)
{
    size_t       i, n;
    hoop_str_t   s;

    static const char *const  packages[] = { "dbms_", "utl_", "owa_", "htp",
                                             "htf", "apex_", NULL };

    if (w->sql->dialect != HOOP_SQL_ORACLE
        && w->sql->dialect != HOOP_SQL_GENERIC)
    {
        return 0;
    }

    s = hoop_sql_token(w->sql, &w->sql->tokens[w->i - 2]);

    if (s.len && *s.data == '"') {
        s.data++;
        s.len -= 2;
    }

    for (n = 0; packages[n]; n++) {

        for (i = 0; packages[n][i] && i < s.len; i++) {
            if (hoop_lower(s.data[i]) != (u_char) packages[n][i]) {
                break;
            }
        }

        if (packages[n][i] == '\0' && (i == s.len || packages[n][i - 1] == '_'))
        {
            return 1;
        }
    }

    return 0;
}


/* "S"."NEXTVAL" */

static int
hoop_sql_walk_is_nextval(hoop_sql_walker_t *w)
{
    size_t      i;
    hoop_str_t  s;

    static const char  name[] = "nextval";

    s = hoop_sql_token(w->sql, &w->sql->tokens[w->i]);

    if (w->sql->tokens[w->i].type != HOOP_SQL_T_NAME
        || s.len != sizeof(name) + 1)
    {
        return 0;
    }

    for (i = 0; name[i]; i++) {
        if (hoop_lower(s.data[i + 1]) != (u_char) name[i]) {
            return 0;
        }
    }

    return 1;
}
