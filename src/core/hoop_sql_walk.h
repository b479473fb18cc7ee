
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the files of the walk share: its state.
 */


#ifndef _HOOP_SQL_WALK_H_INCLUDED_
#define _HOOP_SQL_WALK_H_INCLUDED_


#include "hoop_sql_impl.h"


#define HOOP_SQL_MAX_CTES     64
#define HOOP_SQL_MAX_ALIASES  32


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


#define FROM_DUAL      1
#define FROM_OTHER     2


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
    u_char               column;       /* a name that may be a call */
    u_char               from;         /* FROM_ */
    u_char               cond;         /* behind ON or USING of a JOIN */
    u_char               rows;         /* of ROWS FROM: 1 and its functions */
    uint16_t             ctes;         /* when the frame was opened */
    uint32_t             target;       /* token */
    uint32_t             where;        /* first token of the condition */
    uint32_t             end;          /* the token behind it */
    uint32_t             cte;          /* name of the one being defined */
    uint32_t             item;         /* the last table in FROM */
    uint32_t             function;     /* name of the one in FROM that it is
                                          the arguments of, 0: none */
} hoop_sql_level_t;


/* a function in FROM whose row may be one value */

typedef struct {
    uint32_t             hashes[2];    /* of its name and its alias */
    uint32_t             column;       /* token of its name, 0: not known */
    u_char               any;          /* its name may be any */
} hoop_sql_alias_t;


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
    unsigned              nctes;
    unsigned              naliases;
    uint32_t              function;    /* of the next "(", see the level */
    uint32_t              ctes[HOOP_SQL_MAX_CTES];
    hoop_sql_alias_t      aliases[HOOP_SQL_MAX_ALIASES];
    hoop_sql_level_t      levels[HOOP_SQL_MAX_DEPTH];
} hoop_sql_walker_t;


/*
 * A word that the walk knows by name; may move w->i.  HOOP_DECLINED: it is a
 * name here.
 */
int hoop_sql_walk_word(hoop_sql_walker_t *w, hoop_sql_level_t *l);

/* 1 if a CTE has the name */
int hoop_sql_walk_is_cte(hoop_sql_walker_t *w, const hoop_sql_token_t *t);

/* a name before "(": a call, unless it gives names to columns */
void hoop_sql_walk_call(hoop_sql_walker_t *w, hoop_sql_level_t *l, unsigned a);
void hoop_sql_walk_member(hoop_sql_walker_t *w);
void hoop_sql_walk_apply(hoop_sql_walker_t *w);

/* functions in FROM: at "(", at ")", at a name, at the end of the statement */
void hoop_sql_from_open(hoop_sql_walker_t *w, hoop_sql_level_t *l);
void hoop_sql_from_close(hoop_sql_walker_t *w, hoop_sql_level_t *l);
int hoop_sql_from_value(hoop_sql_walker_t *w, hoop_sql_level_t *l, unsigned a);
void hoop_sql_from_end(hoop_sql_walker_t *w);
/* at the name behind (f(...)).: its row is one indeed */
int hoop_sql_from_is_row(hoop_sql_walker_t *w);

/* where alias.name may be a call */

static inline int
hoop_sql_from_calls(const hoop_sql_walker_t *w)
{
    return w->mode == HOOP_SQL_WALK_QUERY
           && (w->sql->dialect == HOOP_SQL_POSTGRESQL
               || w->sql->dialect == HOOP_SQL_GENERIC);
}

/* Oracle: DUAL has no columns, so that a name is a function's */
void hoop_sql_walk_dual(hoop_sql_walker_t *w, hoop_sql_level_t *l);

/* a word of DML: it begins there, or HOOP_DECLINED */
int hoop_sql_walk_dml(hoop_sql_walker_t *w, hoop_sql_level_t *l, unsigned kw);
/* a word that begins a statement, not at the beginning of one */
void hoop_sql_walk_begins(hoop_sql_walker_t *w, hoop_sql_level_t *l,
    unsigned kw);

/* the DML that has begun on a level ends: is it of all rows? */
void hoop_sql_walk_finish(hoop_sql_walker_t *w, hoop_sql_level_t *l);


#endif /* _HOOP_SQL_WALK_H_INCLUDED_ */
