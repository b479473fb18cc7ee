
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the files of the tokenizer share.
 */


#ifndef _HOOP_SQL_LEX_H_INCLUDED_
#define _HOOP_SQL_LEX_H_INCLUDED_


#include "hoop_sql_impl.h"


/* what a byte may be, before the dialect has its say */

#define C_WORD    0x01          /* may begin a word */
#define C_DIGIT   0x02
#define C_SPACE   0x04
#define C_HIGH    0x08


/* what a dialect has */

#define D_BACKSLASH   0x0001    /* escapes in '...' */
#define D_ESTRING     0x0002    /* E'...' */
#define D_DOLLAR      0x0004    /* $tag$...$tag$ */
#define D_DOLLAR2     0x0008    /* $$...$$ */
#define D_NESTED      0x0010    /* comments in comments */
#define D_HASH        0x0020    /* # comment */
#define D_DQSTRING    0x0040    /* "..." is a string */
#define D_BACKTICK    0x0080    /* `name` */
#define D_BRACKET     0x0100    /* [name] */
#define D_DASHSPACE   0x0200    /* -- is a comment before white space only */
#define D_SLASHES     0x0400    /* // comment */
#define D_QSTRING     0x0800    /* q'[...]' */
#define D_ATWORD      0x1000    /* @name */
#define D_EXECUTABLE  0x2000    /* comments that are executed */
#define D_HASHWORD    0x4000    /* #name */
#define D_GO          0x8000


typedef struct {
    hoop_sql_t          *sql;
    const u_char        *p;            /* the next byte */
    const u_char        *text;
    const u_char        *end;
    unsigned             has;
    hoop_sql_dialect_e   dialect;
} hoop_sql_lex_t;


extern const u_char  hoop_sql_chars[256];


/* HOOP_OK or HOOP_NOMEM; lx->p is left behind the token */

int hoop_sql_push(hoop_sql_lex_t *lx, u_char type, const u_char *start);

/* the target may see other tokens: nothing of the text is called harmless */
void hoop_sql_doubt(hoop_sql_lex_t *lx, const char *why);

/* the rest of the text is one bad token: nobody knows where it ends */
int hoop_sql_lex_bad(hoop_sql_lex_t *lx, const u_char *start,
    const char *why);

/* p: behind the name of a parameter */
void hoop_sql_lex_after_param(hoop_sql_lex_t *lx, const u_char *p);

int hoop_sql_lex_line(hoop_sql_lex_t *lx);
int hoop_sql_lex_comment(hoop_sql_lex_t *lx);
int hoop_sql_lex_quoted(hoop_sql_lex_t *lx, const u_char *start, u_char type,
    u_char quote, int backslash);
int hoop_sql_lex_dollar(hoop_sql_lex_t *lx);
int hoop_sql_lex_qstring(hoop_sql_lex_t *lx, const u_char *start);


#endif /* _HOOP_SQL_LEX_H_INCLUDED_ */
