
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What an SQL text would do, judged without running it.
 *
 * Each statement has a set of classes.  HOOP_SQL_READ stands alone, or with
 * HOOP_SQL_MULTI: it is only said of what surely changes nothing.  Whatever
 * is not understood, or could be read in two ways by the target, has
 * HOOP_SQL_UNKNOWN, along with the classes that were seen in it.
 *
 * The time is linear in the text, the stack constant, and text, tokens,
 * nesting, statements and tables have caps: what is above one is unknown.
 */


#ifndef _HOOP_SQL_H_INCLUDED_
#define _HOOP_SQL_H_INCLUDED_


#include "hoop_core.h"


#define HOOP_SQL_READ             0x0001
#define HOOP_SQL_INSERT           0x0002
#define HOOP_SQL_UPDATE           0x0004
#define HOOP_SQL_DELETE           0x0008
#define HOOP_SQL_DELETE_ALL       0x0010
#define HOOP_SQL_UPDATE_ALL       0x0020
#define HOOP_SQL_DDL              0x0040
#define HOOP_SQL_TRUNCATE         0x0080
#define HOOP_SQL_GRANT            0x0100
#define HOOP_SQL_COPY             0x0200
#define HOOP_SQL_CALL             0x0400
#define HOOP_SQL_EXPLAIN_ANALYZE  0x0800
#define HOOP_SQL_MULTI            0x1000
#define HOOP_SQL_UNKNOWN          0x2000

#define HOOP_SQL_CLASSES          14

#define HOOP_SQL_MAX_TEXT         (1024 * 1024)
#define HOOP_SQL_MAX_TOKENS       131072
#define HOOP_SQL_MAX_DEPTH        128
#define HOOP_SQL_MAX_STATEMENTS   256
#define HOOP_SQL_MAX_TABLES       1024


typedef enum {
    HOOP_SQL_GENERIC = 0,        /* any: what differs is unknown */
    HOOP_SQL_POSTGRESQL,
    HOOP_SQL_MYSQL,
    HOOP_SQL_TSQL,
    HOOP_SQL_ORACLE,
    HOOP_SQL_SQLITE,
    HOOP_SQL_CLICKHOUSE,
    HOOP_SQL_SNOWFLAKE
} hoop_sql_dialect_e;


typedef struct hoop_sql_token_s  hoop_sql_token_t;


typedef struct {
    uint32_t             classes;
    unsigned             ntables;
    const hoop_str_t    *tables;       /* each once, in order */
    hoop_str_t           text;         /* a span of what was classified */
    const char          *why;          /* of UNKNOWN; NULL otherwise */
    unsigned             unsure:1;     /* names may be parts of literals, */
    unsigned             inner:1;      /* and all of the text */
} hoop_sql_statement_t;


/*
 * All zeros before the first call, which hoop_sql_init() makes it; used again
 * and again, so that its memory is allocated seldom.  What it points to lives
 * until the next call and as long as the text.
 */

typedef struct {
    uint32_t               classes;    /* of all statements */
    unsigned               n;          /* at least 1 */
    hoop_sql_statement_t  *statements;

    unsigned               tokens_only;  /* no grammar: for tests */

    /* private */

    hoop_sql_dialect_e     dialect;
    const u_char          *text;
    const char            *doubt;      /* about where tokens end */
    unsigned               unsure;     /* the first token that may be another,
                                          or data that is no SQL */
    hoop_sql_token_t      *tokens;
    unsigned               ntokens;
    unsigned               tokens_size;
    hoop_str_t            *tables;
    unsigned               ntables;
    hoop_buf_t             names;
    hoop_buf_t             copy;
} hoop_sql_t;


void hoop_sql_init(hoop_sql_t *sql);

/* HOOP_OK or HOOP_NOMEM */
int hoop_sql_classify(hoop_sql_t *sql, hoop_sql_dialect_e dialect,
    const u_char *p, size_t len);

void hoop_sql_clear(hoop_sql_t *sql);

/* the PostgreSQL whose grammar is built in, "15.1"; NULL: there is none */
const char *hoop_sql_pg_version(void);


/*
 * Appends the text as it may be recorded: literals are "?", comments and
 * superfluous white space are gone; of what cannot be read, or may be read in
 * another way, only the beginning is left.  HOOP_OK, HOOP_NOMEM, or HOOP_LIMIT
 * of the buffer.
 */
int hoop_sql_redact(hoop_sql_dialect_e dialect, const u_char *p, size_t len,
    hoop_buf_t *out);


/* a character of a name, as the dialect folds it */
u_char hoop_sql_fold(hoop_sql_dialect_e dialect, u_char c, int quoted);

/* HOOP_OK or HOOP_DECLINED: there is none of this name */
int hoop_sql_dialect(hoop_str_t name, hoop_sql_dialect_e *dialect);

/* the name of one class; the class of a name, 0: there is none */
const char *hoop_sql_class_name(uint32_t class);
uint32_t hoop_sql_class(hoop_str_t name);


#endif /* _HOOP_SQL_H_INCLUDED_ */
