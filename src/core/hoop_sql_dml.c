
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Where DML begins and ends, and where a word begins another statement.
 */


#include "hoop_sql_walk.h"


int
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

            if ((w->sql->dialect == HOOP_SQL_MYSQL
                 || w->sql->dialect == HOOP_SQL_SNOWFLAKE) && w->i > w->first)
            {
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


void
hoop_sql_walk_begins(hoop_sql_walker_t *w, hoop_sql_level_t *l, unsigned kw)
{
    unsigned           prev;
    hoop_sql_token_t  *t;

    t = &w->sql->tokens[w->i];
    prev = hoop_sql_kw(t - 1);

    switch (kw) {

    case KW_SELECT:

        /* harmless in itself: only whether it is a part has to be told */

        if (w->mode == HOOP_SQL_WALK_QUERY && l->clause >= CL_SELECT
            && !l->dml && prev != KW_UNION && prev != KW_ALL
            && prev != KW_DISTINCT && prev != KW_AS
            && !hoop_sql_is_op(t - 1, '('))
        {
            w->st->classes |= HOOP_SQL_MULTI;
        }

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
                || hoop_sql_token_is(w->sql, t, "disable")
                || hoop_sql_token_is(w->sql, t, "add")))
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
