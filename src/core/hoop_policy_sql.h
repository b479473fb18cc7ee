
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "sql" in the match of a rule; shared by hoop_policy_sql*.c.
 */


#ifndef _HOOP_POLICY_SQL_H_INCLUDED_
#define _HOOP_POLICY_SQL_H_INCLUDED_


#include "hoop_policy_rule.h"
#include "hoop_sql.h"


#define HOOP_POLICY_MAX_SQLS      32    /* places, each in a dialect */
#define HOOP_POLICY_MAX_PLACES    8     /* of a condition */
#define HOOP_POLICY_MAX_TABLES    64    /* globs of a condition */

#define HOOP_SQL_RAW              UINT32_MAX

#define HOOP_SQL_ANY              ((1u << HOOP_SQL_CLASSES) - 1)


/* A place and a dialect: classified at most once in an evaluation. */

struct hoop_policy_sql_s {
    unsigned                slot;      /* of its text; RAW: the body */
    hoop_sql_dialect_e      dialect;

    uint64_t                generation;
    hoop_subject_e          type;      /* ABSENT, UNKNOWN or DATA */
    const char             *why;       /* UNKNOWN */
    hoop_str_t              text;      /* DATA */
    hoop_sql_t              sql;       /* DATA */
};


typedef struct {
    hoop_str_t              text;      /* folded as the dialect does */
    hoop_str_t              lower;
} hoop_sql_glob_t;


/* op->sql */

struct hoop_sql_cond_s {
    unsigned                every:1;   /* of an allow; else any */
    hoop_source_e           source;
    hoop_str_t              name;      /* of the first place */
    hoop_sql_dialect_e      dialect;
    uint32_t                classes;
    hoop_sql_glob_t        *tables;
    unsigned                ntables;
    unsigned                places[HOOP_POLICY_MAX_PLACES];   /* of sqls */
    unsigned                nplaces;
};


/* hoop_policy_sql_table.c */

/* a glob as it is written, to one that names are compared with */
int hoop_policy_compile_table(hoop_compile_t *cc, json_t *conf,
    hoop_sql_dialect_e dialect, hoop_sql_glob_t *glob);

/* whether a table, as the classifier names it, is one of the condition's */
hoop_truth_e hoop_policy_sql_table(const hoop_sql_cond_t *cond,
    hoop_str_t name);


#endif /* _HOOP_POLICY_SQL_H_INCLUDED_ */
