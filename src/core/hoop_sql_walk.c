
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


#include "hoop_sql_impl.h"


#define HOOP_SQL_MAX_CTES  64


typedef enum {
    CL_NONE = 0,
    CL_WITH,
    CL_SELECT,
    CL_FROM,
    CL_SET,
    CL_OTHER
} hoop_sql_clause_e;


typedef enum {
    FR_QUERY = 0,                /* a statement or subquery */
    FR_JOIN,                     /* FROM (a JOIN b ...) */
    FR_EXPR,
    FR_CALL,                     /* arguments: FROM is none of a query */
    FR_NAMES                     /* columns: no tables, no calls */
} hoop_sql_frame_e;


#define EXPECT_TABLE   1
#define EXPECT_TARGET  2         /* is changed, thus never a CTE */
#define EXPECT_CTE     3


typedef struct {
    u_char               kind;
    u_char               clause;
    u_char               expect;
    u_char               dml;          /* KW_INSERT, KW_UPDATE, ... */
    u_char               late;         /* AND, OR behind the end of WHERE */
    u_char               got;          /* the target of the DML is known */
    uint16_t             ctes;         /* when the frame was opened */
    uint32_t             target;       /* token */
    uint32_t             where;        /* first token of the condition */
    uint32_t             end;          /* the token behind it */
    uint32_t             cte;          /* name of the one being defined */
} hoop_sql_level_t;


typedef struct {
    hoop_sql_t           *sql;
    hoop_sql_statement_t *st;
    hoop_sql_walk_e       mode;
    unsigned              first;
    unsigned              last;
    unsigned              i;
    unsigned              depth;
    u_char                paren;       /* of the next "(": FR_ and one */
    u_char                juxtaposed;  /* statements need no ";" */
    u_char                recursive;
    u_char                column;      /* a name that may be a call */
    unsigned              nctes;
    uint32_t              ctes[HOOP_SQL_MAX_CTES];
    hoop_sql_level_t      levels[HOOP_SQL_MAX_DEPTH];
} hoop_sql_walker_t;


static void hoop_sql_walk_op(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    hoop_sql_token_t *t);
static void hoop_sql_walk_open(hoop_sql_walker_t *w);
static void hoop_sql_walk_close(hoop_sql_walker_t *w);
static void hoop_sql_walk_after_cte(hoop_sql_walker_t *w);
static int hoop_sql_walk_name(hoop_sql_walker_t *w, hoop_sql_level_t *l);
static int hoop_sql_walk_named(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    unsigned a);
static void hoop_sql_walk_call(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    unsigned a);
static int hoop_sql_walk_word(hoop_sql_walker_t *w, hoop_sql_level_t *l);
static int hoop_sql_walk_dml(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    unsigned kw);
static void hoop_sql_walk_begins(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    unsigned kw);
static void hoop_sql_walk_into(hoop_sql_walker_t *w, hoop_sql_level_t *l);
static void hoop_sql_walk_with(hoop_sql_walker_t *w, hoop_sql_level_t *l);
static void hoop_sql_walk_finish(hoop_sql_walker_t *w, hoop_sql_level_t *l);
static int hoop_sql_is_dual(hoop_sql_t *sql);
static int hoop_sql_walk_is_cte(hoop_sql_walker_t *w,
    const hoop_sql_token_t *t);


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
    w.column = 0;
    w.nctes = 0;
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

    if (w.column && st->ntables == 1
        && hoop_sql_is_dual(sql))
    {
        hoop_sql_unknown(st, "may call a function");
    }

    if (w.depth) {
        hoop_sql_unknown(st, "has a parenthesis without an end");
    }

    for ( /* void */ ; /* void */ ; w.depth--) {
        hoop_sql_walk_finish(&w, &w.levels[w.depth]);

        if (w.depth == 0) {
            break;
        }
    }

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
        }

        return;

    case '{':
        if (w->sql->dialect != HOOP_SQL_CLICKHOUSE) {
            hoop_sql_unknown(w->st, "has a brace");
        }

        return;

    case '.':
        if (l->expect) {
            hoop_sql_unknown(w->st, "has a name without a beginning");
        }

        return;

    case HOOP_SQL_OP_ASSIGN:
        hoop_sql_unknown(w->st, "sets a variable");
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

        if (kind == FR_NAMES && (kw == KW_SELECT || kw == KW_WITH)) {
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
    hoop_sql_walk_finish(w, l);

    if (w->depth == 0) {
        hoop_sql_unknown(w->st, "has a parenthesis without a beginning");
        return;
    }

    w->nctes = l->ctes;
    w->depth--;
    l = &w->levels[w->depth];

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

    if (w->i > w->first && hoop_sql_is_op(&t[w->i - 1], '.')
        && t[w->i].type == HOOP_SQL_T_WORD)
    {
        /* behind what is no name: (x).y, ?.y */

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

            if (w->sql->dialect == HOOP_SQL_CLICKHOUSE) {
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

    if (kw == KW_NEXTVAL) {
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

        if (a == w->i && hoop_sql_walk_is_cte(w, &t[a])) {
            return HOOP_OK;
        }

        return hoop_sql_table(w->sql, w->st, a, w->i + 1);
    }

    /*
     * Oracle calls functions without parentheses, and DUAL has no columns: a
     * name where a value is wanted is a call, if it reads nothing but DUAL.
     */

    if (w->sql->dialect == HOOP_SQL_ORACLE && a > w->first
        && (!hoop_sql_is_name(&t[a - 1])
            || (hoop_sql_flags(&t[a - 1]) & W_RESERVED))
        && hoop_sql_kw(&t[a - 1]) != KW_AS
        && t[a - 1].type != HOOP_SQL_T_STRING
        && t[a - 1].type != HOOP_SQL_T_NUMBER
        && t[a - 1].type != HOOP_SQL_T_PARAM
        && !hoop_sql_is_op(&t[a - 1], ')')
        && !(hoop_sql_flags(&t[a]) & W_CONSTANT)
        && !(l->kind == FR_CALL && hoop_sql_kw(&t[w->i + 1]) == KW_FROM)
        && !hoop_sql_token_is(w->sql, &t[a], "dummy"))
    {
        w->column = 1;
    }

    return HOOP_OK;
}


/* a name before "(": a call, unless it gives names to columns */

static void
hoop_sql_walk_call(hoop_sql_walker_t *w, hoop_sql_level_t *l, unsigned a)
{
    int                harmless;
    unsigned           flags;
    hoop_sql_token_t  *t, *prev;

    t = w->sql->tokens;
    prev = (a > w->first) ? &t[a - 1] : NULL;
    flags = hoop_sql_flags(&t[w->i]);

    if (l->clause == CL_FROM && l->expect == 0 && a == w->i && prev
        && l->kind != FR_CALL
        && a > w->first + 1 && !(flags & (W_RESERVED|W_PAREN))
        && (hoop_sql_kw(prev) == KW_AS || hoop_sql_is_op(prev, ')')
            || (hoop_sql_is_name(prev)
                && !(hoop_sql_flags(prev) & (W_RESERVED|W_PAREN))
                && !(hoop_sql_is_name(prev - 1)
                     && !(hoop_sql_flags(prev - 1) & W_RESERVED))))
        && !hoop_sql_is_op(&t[w->i + 2], ')'))
    {
        w->paren = FR_NAMES + 1;
        return;
    }

    /* Oracle's outer join: a column and (+) */

    if (prev && hoop_sql_is_op(&t[w->i + 2], '+')
        && hoop_sql_is_op(&t[w->i + 3], ')')
        && w->sql->dialect == HOOP_SQL_ORACLE)
    {
        w->paren = FR_NAMES + 1;
        return;
    }

    if (prev && hoop_sql_token_is(w->sql, prev, "tablesample")) {
        w->paren = FR_NAMES + 1;
        return;
    }

    w->paren = FR_CALL + 1;

    if (w->mode == HOOP_SQL_WALK_DDL) {

        /* columns, types, arguments */

        l->expect = 0;
        return;
    }

    harmless = 0;

    if (a == w->i) {
        harmless = (flags & (W_FUNCTION|W_RESERVED)) != 0;

        if (!harmless && (flags & W_PAREN) && prev) {

            /* FILTER (, KEEP (, ...: a part of what stands before it */

            harmless = (hoop_sql_kw(&t[w->i]) != KW_NONE
                        || hoop_sql_is_op(prev, ')')
                        || (prev->type != HOOP_SQL_T_OP
                            && !(hoop_sql_flags(prev) & W_RESERVED)));
        }

        if (!harmless && l->expect == EXPECT_TABLE
            && w->sql->dialect == HOOP_SQL_TSQL
            && hoop_sql_kw(&t[w->i + 2]) == KW_NONE
            && hoop_sql_token_is(w->sql, &t[w->i + 2], "nolock"))
        {
            harmless = 1;
        }

    } else if (w->sql->dialect == HOOP_SQL_POSTGRESQL) {
        harmless = (flags & W_FUNCTION) && w->i == a + 2
                   && hoop_sql_token_is(w->sql, &t[a], "pg_catalog");

    } else if (w->sql->dialect == HOOP_SQL_TSQL) {

        /* methods of the type xml, but modify() */

        harmless = (w->i == a + 2
                    && (hoop_sql_kw(&t[w->i]) == KW_VALUE
                        || hoop_sql_token_is(w->sql, &t[w->i], "nodes")
                        || hoop_sql_token_is(w->sql, &t[w->i], "query")
                        || hoop_sql_token_is(w->sql, &t[w->i], "exist")));
    }

    if (!harmless) {
        hoop_sql_unknown(w->st, "calls a function that is not known to be "
                                "harmless");
    }

    l->expect = 0;
}


/* HOOP_DECLINED: it is a name here */

static int
hoop_sql_walk_word(hoop_sql_walker_t *w, hoop_sql_level_t *l)
{
    int                call;
    unsigned           kw, prev, next, flags;
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[w->i];
    kw = hoop_sql_kw(t);
    flags = hoop_sql_flags(t);
    prev = (w->i > w->first) ? hoop_sql_kw(t - 1) : KW_NONE;
    next = hoop_sql_kw(t + 1);
    call = hoop_sql_is_op(t + 1, '(');

    if (call && (flags & W_FUNCTION)
        && !(kw == KW_VALUES || kw == KW_INSERT))
    {
        return HOOP_DECLINED;
    }

    if (w->mode == HOOP_SQL_WALK_SHOW && w->i <= w->first + 1) {
        return HOOP_OK;
    }

    if (prev == KW_AS && w->mode == HOOP_SQL_WALK_QUERY
        && l->clause != CL_WITH && (flags & (W_DANGER|W_BEGINS))
        && !call && kw != KW_SELECT && kw != KW_INTO)
    {
        return HOOP_OK;
    }

    if (w->juxtaposed && w->i > w->first
        && (flags & (w->sql->dialect == HOOP_SQL_TSQL ? W_BEGINS
                                                      : W_BEGINS_ANY)))
    {
        hoop_sql_walk_begins(w, l, kw);
    }

    switch (kw) {

    case KW_SELECT:
        if (w->mode == HOOP_SQL_WALK_DDL && prev != KW_AS
            && l->kind == FR_EXPR)
        {
            l->kind = FR_QUERY;
        }

        l->clause = CL_SELECT;
        l->expect = 0;
        return HOOP_OK;

    case KW_FROM:
        if (l->kind == FR_CALL || l->kind == FR_NAMES
            || prev == KW_DISTINCT)
        {
            return HOOP_OK;
        }

        l->expect = (prev == KW_DELETE) ? EXPECT_TARGET : EXPECT_TABLE;
        l->clause = CL_FROM;
        return HOOP_OK;

    case KW_JOIN:
    case KW_APPLY:
        l->expect = (prev == KW_ARRAY) ? 0 : EXPECT_TABLE;
        l->clause = CL_FROM;
        return HOOP_OK;

    case KW_LATERAL:
    case KW_ONLY:
        return HOOP_OK;

    case KW_TABLE:
        if (!call && l->expect == 0) {
            l->expect = EXPECT_TABLE;

            if (prev == KW_DROP) {
                l->clause = CL_FROM;
            }
        }

        return HOOP_OK;

    case KW_INTO:
        hoop_sql_walk_into(w, l);
        return HOOP_OK;

    case KW_INSERT:
    case KW_UPDATE:
    case KW_DELETE:
    case KW_MERGE:
    case KW_REPLACE:
        return hoop_sql_walk_dml(w, l, kw);

    case KW_USING:
        if (l->dml == KW_DELETE || l->dml == KW_MERGE) {
            l->clause = CL_FROM;
            l->expect = EXPECT_TABLE;

        } else if (call) {
            w->paren = FR_NAMES + 1;
        }

        return HOOP_OK;

    case KW_ON:
        if (l->dml == KW_MERGE && l->where == 0) {
            l->where = w->i + 1;
        }

        if (w->mode == HOOP_SQL_WALK_DDL && l->kind == FR_QUERY
            && w->depth == 0 && next != KW_DELETE && next != KW_UPDATE)
        {
            l->expect = EXPECT_TABLE;

        } else {
            l->expect = 0;
        }

        return HOOP_OK;

    case KW_WHEN:
        if (l->dml == KW_MERGE && l->where && l->end == 0) {
            l->end = w->i;
        }

        return HOOP_OK;

    case KW_WHERE:
        if ((l->dml == KW_UPDATE || l->dml == KW_DELETE) && l->where == 0) {
            l->where = w->i + 1;
        }

        l->clause = CL_OTHER;
        l->expect = 0;
        return HOOP_OK;

    case KW_AND:
    case KW_OR:
    case KW_XOR:
        if (l->end) {
            l->late = 1;
        }

        return HOOP_OK;

    case KW_OPTION:
    case KW_SETTINGS:
    case KW_LIMIT:
    case KW_ORDER:
    case KW_GROUP:
    case KW_HAVING:
    case KW_UNION:
    case KW_RETURNING:
        if (l->where && l->end == 0 && l->dml != KW_MERGE) {
            l->end = w->i;
        }

        if (kw == KW_SETTINGS && w->sql->dialect != HOOP_SQL_CLICKHOUSE) {
            return HOOP_DECLINED;
        }

        l->clause = CL_OTHER;
        l->expect = 0;
        return HOOP_OK;

    case KW_SET:
        l->clause = CL_SET;
        l->expect = 0;
        return HOOP_OK;

    case KW_VALUES:
        l->clause = CL_OTHER;
        l->expect = 0;
        return HOOP_OK;

    case KW_WITH:
        hoop_sql_walk_with(w, l);
        return HOOP_OK;

    case KW_FOR:
        if (next == KW_UPDATE || next == KW_SHARE || next == KW_KEY
            || next == KW_NO)
        {
            hoop_sql_unknown(w->st, "locks rows");
        }

        l->expect = 0;
        return HOOP_OK;

    case KW_LOCK:
        if (next == KW_IN) {
            hoop_sql_unknown(w->st, "locks rows");
        }

        return HOOP_DECLINED;

    case KW_VALUE:
        if (prev == KW_NEXT && next == KW_FOR) {
            hoop_sql_unknown(w->st, "draws from a sequence");
        }

        return HOOP_DECLINED;

    case KW_AS:
        if (call && l->clause == CL_FROM) {
            w->paren = FR_NAMES + 1;           /* AS (a int, b text) */
        }

        return HOOP_OK;

    case KW_TRUNCATE:
        if (w->mode == HOOP_SQL_WALK_QUERY) {
            w->st->classes |= HOOP_SQL_TRUNCATE;
        }

        l->expect = EXPECT_TABLE;
        l->clause = CL_FROM;
        return HOOP_OK;

    case KW_DROP:
    case KW_CREATE:
    case KW_ALTER:
        if (w->mode == HOOP_SQL_WALK_QUERY) {
            w->st->classes |= HOOP_SQL_DDL;
            hoop_sql_unknown(w->st, "has DDL in it");
        }

        return HOOP_OK;

    case KW_GRANT:
    case KW_REVOKE:
        if (w->mode == HOOP_SQL_WALK_QUERY) {
            w->st->classes |= HOOP_SQL_GRANT;
            hoop_sql_unknown(w->st, "has GRANT or REVOKE in it");
        }

        return HOOP_OK;

    case KW_EXECUTE:
        if (w->mode == HOOP_SQL_WALK_QUERY) {
            w->st->classes |= HOOP_SQL_CALL;
            hoop_sql_unknown(w->st, "executes something");
        }

        return HOOP_OK;

    case KW_VIEW:
    case KW_INDEX:
        if (w->mode == HOOP_SQL_WALK_DDL && kw == KW_VIEW && l->expect == 0
            && w->i <= w->first + 4)
        {
            l->expect = EXPECT_TABLE;
            return HOOP_OK;
        }

        return HOOP_DECLINED;

    case KW_IF:
    case KW_NOT:
    case KW_EXISTS:
        return HOOP_OK;              /* of a table, or of a condition */

    case KW_OVERWRITE:
        if (l->dml == KW_INSERT && !l->got) {
            w->st->classes |= HOOP_SQL_TRUNCATE;
            return HOOP_OK;
        }

        return HOOP_DECLINED;

    case KW_TOP:
        if (l->clause == CL_SELECT || l->expect) {

            if (call) {
                w->paren = FR_EXPR + 1;
            }

            return HOOP_OK;
        }

        return HOOP_DECLINED;

    case KW_FUNCTION:
    case KW_PROCEDURE:
        if (l->dml == KW_INSERT && !l->got) {
            hoop_sql_unknown(w->st, "writes through a function");
        }

        return HOOP_DECLINED;

    case KW_RECURSIVE:
        return HOOP_OK;

    default:
        break;
    }

    if (flags & W_RESERVED) {
        return HOOP_OK;
    }

    /* INSERT IGNORE, LOW_PRIORITY, ... and its like: any word before a word */

    if (l->expect == EXPECT_TARGET && !l->got
        && (hoop_sql_token_is(w->sql, t, "ignore")))
    {
        return HOOP_OK;
    }

    return HOOP_DECLINED;
}


static int
hoop_sql_walk_dml(hoop_sql_walker_t *w, hoop_sql_level_t *l, unsigned kw)
{
    unsigned           prev, next;
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[w->i];
    prev = (w->i > w->first) ? hoop_sql_kw(t - 1) : KW_NONE;
    next = hoop_sql_kw(t + 1);

    if (w->mode == HOOP_SQL_WALK_DDL) {

        /* ON DELETE, BEFORE UPDATE, GRANT INSERT; ClickHouse means it */

        if (!(w->sql->dialect == HOOP_SQL_CLICKHOUSE
              && (kw == KW_UPDATE || kw == KW_DELETE))
            && !(w->depth && w->i > w->first && hoop_sql_is_op(t - 1, '(')
                 && (next == KW_FROM || next == KW_INTO
                     || hoop_sql_kw(t + 2) == KW_SET)))
        {
            return HOOP_OK;
        }
    }

    if (w->mode == HOOP_SQL_WALK_SHOW && w->i == w->first + 1) {
        return HOOP_OK;
    }

    if (kw == KW_REPLACE) {

        if (w->i != w->first && next != KW_INTO)
        {
            return HOOP_DECLINED;
        }

        w->st->classes |= HOOP_SQL_INSERT|HOOP_SQL_UPDATE;
        kw = KW_INSERT;

    } else if (kw == KW_INSERT) {

        if (hoop_sql_is_op(t + 1, '(') && prev != KW_THEN) {

            /* MySQL's function, or a trick */

            if (w->sql->dialect == HOOP_SQL_MYSQL && w->i > w->first) {
                return HOOP_DECLINED;
            }

            hoop_sql_unknown(w->st, "has a strange INSERT");
        }

        w->st->classes |= HOOP_SQL_INSERT;

        if (next == KW_OR
            && hoop_sql_kw(t + 2) == KW_REPLACE)
        {
            w->st->classes |= HOOP_SQL_UPDATE;
            w->i += 2;

        } else if (next == KW_OR) {
            w->i += 2;                           /* IGNORE, ROLLBACK, ... */
        }

    } else if (kw == KW_UPDATE) {

        if (prev == KW_FOR
            || (prev == KW_KEY && w->i >= w->first + 2
                && (hoop_sql_kw(t - 2) == KW_NO)))
        {
            hoop_sql_unknown(w->st, "locks rows");
            return HOOP_OK;
        }

        if (prev == KW_KEY || prev == KW_DO || prev == KW_THEN) {
            w->st->classes |= HOOP_SQL_UPDATE;

            if (l->dml != KW_INSERT && l->dml != KW_MERGE) {
                hoop_sql_unknown(w->st, "has a strange UPDATE");
            }

            return HOOP_OK;
        }

        if (next == KW_OR) {
            w->i += 2;
        }

    } else if (kw == KW_DELETE) {

        if (prev == KW_THEN) {
            w->st->classes |= HOOP_SQL_DELETE;

            if (w->i >= w->first + 2 && hoop_sql_kw(t - 2) == KW_SOURCE) {
                w->st->classes |= HOOP_SQL_DELETE_ALL;
            }

            if (l->dml != KW_MERGE) {
                hoop_sql_unknown(w->st, "has a strange DELETE");
            }

            return HOOP_OK;
        }

    } else if (next == KW_JOIN || next == KW_UNION) {
        return HOOP_OK;                          /* MERGE: a hint */
    }

    if (prev == KW_THEN) {
        return HOOP_OK;                          /* INSERT of a MERGE */
    }

    hoop_sql_walk_finish(w, l);

    l->dml = kw;
    l->got = 0;
    l->expect = (w->mode == HOOP_SQL_WALK_DDL) ? 0 : EXPECT_TARGET;
    l->clause = CL_NONE;

    return HOOP_OK;
}


/* a word that begins a statement, not at the beginning of one */

static void
hoop_sql_walk_begins(hoop_sql_walker_t *w, hoop_sql_level_t *l, unsigned kw)
{
    unsigned           prev;
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[w->i];
    prev = hoop_sql_kw(t - 1);

    switch (kw) {

    case KW_SELECT:

        /* harmless in itself, so that whether it is a part does not matter */

        return;

    case KW_SET:
        if (l->dml == KW_UPDATE || l->dml == KW_MERGE || prev == KW_UPDATE
            || l->dml == KW_INSERT)
        {
            return;
        }

        break;

    case KW_FETCH:
        if (hoop_sql_kw(t + 1) == KW_NEXT || hoop_sql_kw(t + 1) == KW_FIRST) {
            return;
        }

        break;

    case KW_INSERT:
    case KW_UPDATE:
    case KW_DELETE:
    case KW_MERGE:

        if (w->mode == HOOP_SQL_WALK_DDL) {

            if (w->depth == 0
                && (hoop_sql_kw(t + 1) == KW_FROM
                    || hoop_sql_kw(t + 1) == KW_INTO
                    || hoop_sql_kw(t + 2) == KW_SET))
            {
                w->st->classes |= (kw == KW_INSERT) ? HOOP_SQL_INSERT
                                  : (kw == KW_UPDATE) ? HOOP_SQL_UPDATE_ALL
                                  : HOOP_SQL_DELETE_ALL;
                break;
            }

            return;
        }

        if (kw == KW_MERGE && (hoop_sql_kw(t + 1) == KW_JOIN
                               || hoop_sql_kw(t + 1) == KW_UNION))
        {
            return;
        }

        if (prev == KW_THEN || prev == KW_DO || prev == KW_KEY
            || prev == KW_FOR || hoop_sql_is_op(t - 1, ')')
            || hoop_sql_is_op(t - 1, '(') || prev == KW_EXPLAIN
            || prev == KW_ANALYZE)
        {
            return;
        }

        w->st->classes |= HOOP_SQL_MULTI;
        return;

    case KW_TRUNCATE:
    case KW_DROP:
    case KW_CREATE:
    case KW_ALTER:
    case KW_GRANT:
    case KW_REVOKE:
    case KW_EXECUTE:
        if (w->mode == HOOP_SQL_WALK_DDL) {

            /* ALTER TABLE t ALTER COLUMN c, DROP CONSTRAINT, WITH GRANT */

            if (kw == KW_TRUNCATE) {
                w->st->classes |= HOOP_SQL_TRUNCATE;

            } else if (kw == KW_EXECUTE) {
                w->st->classes |= HOOP_SQL_CALL;
            }

            return;
        }

        w->st->classes |= HOOP_SQL_MULTI;
        return;

    case KW_IF:
        if (w->mode == HOOP_SQL_WALK_DDL) {
            return;
        }

        break;

    case KW_BEGIN:
    default:
        break;
    }

    w->st->classes |= HOOP_SQL_MULTI;
    hoop_sql_unknown(w->st, "has the beginning of another statement in it");
}


static void
hoop_sql_walk_into(hoop_sql_walker_t *w, hoop_sql_level_t *l)
{
    unsigned           next;
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[w->i];
    next = hoop_sql_kw(t + 1);

    if (w->mode == HOOP_SQL_WALK_DDL) {
        l->expect = EXPECT_TABLE;
        return;
    }

    if ((l->dml == KW_INSERT || l->dml == KW_MERGE)
        && (!l->got || w->sql->dialect == HOOP_SQL_ORACLE
            || w->sql->dialect == HOOP_SQL_SNOWFLAKE))
    {
        l->expect = EXPECT_TARGET;
        return;
    }

    if (next == KW_OUTFILE || next == KW_DUMPFILE) {
        w->st->classes |= HOOP_SQL_COPY;
        l->expect = 0;
        return;
    }

    if (t[1].type == HOOP_SQL_T_PARAM
        || w->sql->dialect == HOOP_SQL_ORACLE
        || w->sql->dialect == HOOP_SQL_MYSQL
        || l->dml)
    {
        hoop_sql_unknown(w->st, "has INTO");
        l->expect = 0;
        return;
    }

    /* SELECT INTO a new table */

    w->st->classes |= HOOP_SQL_DDL|HOOP_SQL_INSERT;
    l->expect = EXPECT_TABLE;
    l->clause = CL_OTHER;
}


/* WITH: of CTEs where a name and AS follow, else a hint or an option */

static void
hoop_sql_walk_with(hoop_sql_walker_t *w, hoop_sql_level_t *l)
{
    unsigned           kw;
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[w->i + 1];
    kw = hoop_sql_kw(t);

    if (kw == KW_FUNCTION || kw == KW_PROCEDURE) {
        if (!hoop_sql_is_op(t + 1, '(') && hoop_sql_kw(t + 1) != KW_AS) {
            hoop_sql_unknown(w->st, "defines a function");
            return;
        }
    }

    if (kw == KW_RECURSIVE) {
        w->recursive = 1;
        t++;

    } else {
        w->recursive = 0;
    }

    if (hoop_sql_is_name(t) && !(hoop_sql_flags(t) & W_RESERVED)
        && (hoop_sql_kw(t + 1) == KW_AS || hoop_sql_is_op(t + 1, '(')))
    {
        l->clause = CL_WITH;
        l->expect = EXPECT_CTE;
        l->cte = 0;
        return;
    }

    if (l->clause == CL_NONE
        && w->sql->dialect == HOOP_SQL_CLICKHOUSE)
    {
        l->clause = CL_SELECT;
    }

    l->expect = 0;
}


/* the DML that has begun on a level ends: is it of all rows? */

static void
hoop_sql_walk_finish(hoop_sql_walker_t *w, hoop_sql_level_t *l)
{
    int       all;
    uint32_t  some, every;

    if (l->dml != KW_UPDATE && l->dml != KW_DELETE && l->dml != KW_MERGE) {
        l->dml = 0;
        return;
    }

    all = 1;

    if (l->where && !l->late) {
        all = hoop_sql_where_all(w->sql, l->where, l->end ? l->end : w->i,
                                 l->target);
    }

    if (l->dml == KW_UPDATE) {
        some = HOOP_SQL_UPDATE;
        every = HOOP_SQL_UPDATE_ALL;

    } else if (l->dml == KW_DELETE) {
        some = HOOP_SQL_DELETE;
        every = HOOP_SQL_DELETE_ALL;

    } else {

        /* what a MERGE does was seen behind THEN */

        some = 0;
        every = 0;

        if (all) {
            every |= (w->st->classes & HOOP_SQL_UPDATE) ? HOOP_SQL_UPDATE_ALL
                                                        : 0;
            every |= (w->st->classes & HOOP_SQL_DELETE) ? HOOP_SQL_DELETE_ALL
                                                        : 0;
        }

        if (!(w->st->classes
              & (HOOP_SQL_INSERT|HOOP_SQL_UPDATE|HOOP_SQL_DELETE)))
        {
            hoop_sql_unknown(w->st, "has a strange MERGE");
        }
    }

    w->st->classes |= all ? every : some;

    l->dml = 0;
    l->where = 0;
    l->end = 0;
    l->late = 0;
}


static int
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
            if (hoop_sql_lower(a.data[i]) != hoop_sql_lower(b.data[i])) {
                break;
            }
        }

        if (i == a.len) {
            return 1;
        }
    }

    return 0;
}


/* the last table that was added */

static int
hoop_sql_is_dual(hoop_sql_t *sql)
{
    size_t  len;

    len = sql->tables[sql->ntables - 1].len;

    return (len == 4 && memcmp(sql->names.data + sql->names.len - 4, "DUAL", 4)
                        == 0)
           || (len == 8 && memcmp(sql->names.data + sql->names.len - 8,
                                  "SYS.DUAL", 8) == 0);
}
