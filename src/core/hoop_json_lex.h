
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Private to the files on JSON and to who must know how a value is spelled:
 * the tokens of JSON (RFC 8259), of text that is valid UTF-8.
 */


#ifndef _HOOP_JSON_LEX_H_INCLUDED_
#define _HOOP_JSON_LEX_H_INCLUDED_


#include "hoop_json.h"


typedef enum {
    HOOP_JSON_T_EOF = 0,
    HOOP_JSON_T_OBJECT,
    HOOP_JSON_T_OBJECT_END,
    HOOP_JSON_T_ARRAY,
    HOOP_JSON_T_ARRAY_END,
    HOOP_JSON_T_COLON,
    HOOP_JSON_T_COMMA,
    HOOP_JSON_T_STRING,
    HOOP_JSON_T_INTEGER,
    HOOP_JSON_T_REAL,
    HOOP_JSON_T_TRUE,
    HOOP_JSON_T_FALSE,
    HOOP_JSON_T_NULL,
    HOOP_JSON_T_BROKEN
} hoop_json_token_e;


/* zeroed, with p and end set */

typedef struct {
    const u_char       *p;
    const u_char       *end;
    const u_char       *token;     /* where the last token begins */
    hoop_json_token_e   type;
    unsigned            escaped:1; /* the last string has a backslash in it */
    const char         *broken;    /* why, if type is BROKEN */
} hoop_json_lex_t;


hoop_json_token_e hoop_json_next(hoop_json_lex_t *lex);

/* sets err->line and err->column, from 1 and in bytes, to where p stands */
void hoop_json_place(const u_char *start, const u_char *p, hoop_error_t *err);


#endif /* _HOOP_JSON_LEX_H_INCLUDED_ */
