
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The words of the walk: which clause they begin, whether a table is named
 * next, and the DML that begins and ends there.
 */


#include "hoop_sql_walk.h"


static int hoop_sql_walk_dml(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    unsigned kw);
static void hoop_sql_walk_begins(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    unsigned kw);
static void hoop_sql_walk_into(hoop_sql_walker_t *w, hoop_sql_level_t *l);
static void hoop_sql_walk_with(hoop_sql_walker_t *w, hoop_sql_level_t *l);
static void hoop_sql_walk_dual(hoop_sql_walker_t *w, hoop_sql_level_t *l);
static void hoop_sql_walk_table(hoop_sql_walker_t *w);


/* HOOP_DECLINED: it is a name here */

int
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

        if (l->from) {
            hoop_sql_walk_dual(w, l);
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

    case KW_APPLY:
        if (l->clause == CL_SELECT
            && w->sql->dialect == HOOP_SQL_CLICKHOUSE)
        {
            hoop_sql_walk_apply(w);
            return HOOP_OK;
        }

        /* fall through */

    case KW_JOIN:
        l->expect = (prev == KW_ARRAY) ? 0 : EXPECT_TABLE;
        l->clause = CL_FROM;
        return HOOP_OK;

    case KW_LATERAL:
    case KW_ONLY:
        return HOOP_OK;

    case KW_TABLE:
        if (call && w->sql->dialect == HOOP_SQL_ORACLE) {
            hoop_sql_walk_table(w);
        }

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
        if (l->end && l->dml != KW_MERGE) {
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
        if (l->dml == KW_INSERT && w->sql->dialect == HOOP_SQL_TSQL
            && w->mode == HOOP_SQL_WALK_QUERY && hoop_sql_is_name(t + 1))
        {
            /* INSERT INTO t EXEC procedure */

            w->st->classes |= HOOP_SQL_CALL;
            l->clause = CL_OTHER;
            l->expect = 0;
            return HOOP_OK;
        }

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

    case KW_LOCKS:
        if (w->juxtaposed) {
            hoop_sql_unknown(w->st, "locks rows");
        }

        return HOOP_DECLINED;

    default:
        break;
    }

    if (flags & W_RESERVED) {
        return HOOP_OK;
    }

    /* INSERT LOW_PRIORITY IGNORE t: where a word of the target follows */

    if (kw == KW_MODIFIER && l->expect == EXPECT_TARGET && !l->got
        && (hoop_sql_is_name(t + 1) || hoop_sql_kw(t + 1) != KW_NONE)
        && hoop_sql_kw(t + 1) != KW_SET && hoop_sql_kw(t + 1) != KW_VALUES
        && hoop_sql_kw(t + 1) != KW_SELECT && hoop_sql_kw(t + 1) != KW_WHERE)
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

        /* ALTER DATABASE x SET ... */

        if (w->mode == HOOP_SQL_WALK_DDL
            && hoop_sql_kw(&w->sql->tokens[w->first]) == KW_ALTER)
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
        if (kw == KW_EXECUTE && l->dml == KW_INSERT
            && w->mode == HOOP_SQL_WALK_QUERY)
        {
            return;
        }

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

    case KW_NONE:

        /* ALTER LOGIN x ENABLE, ALTER TABLE t DISABLE TRIGGER x */

        if (w->mode == HOOP_SQL_WALK_DDL
            && hoop_sql_kw(&w->sql->tokens[w->first]) == KW_ALTER
            && (hoop_sql_token_is(w->sql, t, "enable")
                || hoop_sql_token_is(w->sql, t, "disable")))
        {
            return;
        }

        break;

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

    /* unnest(...) WITH ORDINALITY AS x (...) */

    if (hoop_sql_token_is(w->sql, t, "ordinality")
        && w->i > w->first && hoop_sql_is_op(t - 2, ')')
        && !hoop_sql_is_op(t + 2, '('))
    {
        return;
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

void
hoop_sql_walk_finish(hoop_sql_walker_t *w, hoop_sql_level_t *l)
{
    int       all;
    uint32_t  some, every;

    hoop_sql_walk_dual(w, l);

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


/* Oracle: DUAL has no columns, so that a name is a function's */

static void
hoop_sql_walk_dual(hoop_sql_walker_t *w, hoop_sql_level_t *l)
{
    if (l->column && l->from == FROM_DUAL) {
        hoop_sql_unknown(w->st, "may call a function");
    }

    if (l->kind == FR_QUERY) {
        l->column = 0;
        l->from = 0;
    }
}


/* Oracle: TABLE(f), where f needs no parentheses to be called */

static void
hoop_sql_walk_table(hoop_sql_walker_t *w)
{
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[w->i + 2];

    if (!hoop_sql_is_name(t)) {
        return;
    }

    while (hoop_sql_is_op(t + 1, '.') && hoop_sql_is_name(t + 2)) {
        t += 2;
    }

    if (hoop_sql_is_op(t + 1, ')')) {
        hoop_sql_unknown(w->st, "may call a function");
    }
}
