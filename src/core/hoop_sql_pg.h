
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the files of PostgreSQL's own grammar share.  Only they see the
 * headers of PostgreSQL, which are those of the major version of the library.
 */


#ifndef _HOOP_SQL_PG_H_INCLUDED_
#define _HOOP_SQL_PG_H_INCLUDED_


#include <postgres.h>
#include <nodes/parsenodes.h>
#include <pg_query.h>
#include <pg_query/pg_query_internal.h>

#include "hoop_sql_impl.h"


/*
 * A longer text is not parsed: what it takes is bounded by the tokens, a SELECT
 * counting for several.
 */

#define HOOP_SQL_PG_MAX_TOKENS   16384
#define HOOP_SQL_PG_SELECT       8

#define HOOP_SQL_PG_MAX_DEPTH    256
#define HOOP_SQL_PG_MAX_NODES    (16 * HOOP_SQL_PG_MAX_TOKENS)
#define HOOP_SQL_PG_MAX_CTES     64
#define HOOP_SQL_PG_MAX_ALIASES  32


typedef struct hoop_sql_pg_scope_s  hoop_sql_pg_scope_t;

/* the CTEs that are seen: the first "n" of the list, then those outside */

struct hoop_sql_pg_scope_s {
    List                 *ctes;
    int                   n;
    hoop_sql_pg_scope_t  *outer;
};


typedef struct {
    hoop_sql_t           *sql;
    hoop_sql_statement_t *st;
    hoop_sql_pg_scope_t  *scope;
    int                   rc;
    unsigned              depth;
    unsigned              nodes;

    /* functions in FROM, whose whole rows may be values */

    RangeFunction        *functions[HOOP_SQL_PG_MAX_ALIASES];
    unsigned              nfunctions;
    unsigned              again:1;     /* the second walk, that knows them */
} hoop_sql_pg_t;


/* the classes and tables of one statement are added to w->st */
void hoop_sql_pg_statement(hoop_sql_pg_t *w, Node *node);

/*
 * Adds what a query or an expression does to w->st; HOOP_SQL_READ is left to
 * the caller.  Memory that lacks is in w->rc.
 */
void hoop_sql_pg_walk(hoop_sql_pg_t *w, void *node);
void hoop_sql_pg_list(hoop_sql_pg_t *w, List *list);

/* a table is named, which is no CTE if it is a target */
void hoop_sql_pg_relation(hoop_sql_pg_t *w, RangeVar *rv, int target);
/* the same, of a list of strings */
void hoop_sql_pg_names(hoop_sql_pg_t *w, List *names);


#endif /* _HOOP_SQL_PG_H_INCLUDED_ */
