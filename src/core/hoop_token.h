
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Tokens that vendors issue, by table: a fixed beginning, and behind it a run
 * of characters of one set, whose length and disorder are known.
 */


#ifndef _HOOP_TOKEN_H_INCLUDED_
#define _HOOP_TOKEN_H_INCLUDED_


#include "hoop_detect_impl.h"


#define HOOP_RUN_MAX     255           /* of a run that is seen as a whole */
#define HOOP_TOKEN_HEAD  4


/*
 * The sets of characters.  In the text of a beginning the number of a set
 * stands for one character of it.
 */

typedef enum {
    HOOP_SET_DIGIT = 1,
    HOOP_SET_HEX,
    HOOP_SET_UPPER,            /* and digits */
    HOOP_SET_ALNUM,
    HOOP_SET_WORD,             /* alnum _ */
    HOOP_SET_URL,              /* alnum _ - */
    HOOP_SET_DOT,              /* alnum _ - . */
    HOOP_SET_TILDE,            /* alnum _ - . ~ */
    HOOP_SET_BASE64,           /* alnum _ - + / = */
    HOOP_SET_PATH,             /* alnum _ - / @ */
    HOOP_SET_MAX
} hoop_set_e;


typedef struct hoop_token_s  hoop_token_t;

struct hoop_token_s {
    const char  *text;         /* the beginning */
    u_char       detector;
    u_char       head;         /* where in it the four bytes stand by which it
                                  is found, which may end in the run */
    u_char       bucket;       /* see hoop_head.h */
    u_char       set;          /* of the run */
    uint16_t     min;
    uint16_t     max;          /* 0: the run may be of any length */
    u_char       entropy;      /* at least, in tenths of a bit a character */

    /* what else must be true of the n bytes; the run begins at "run" */
    int        (*check)(const u_char *p, size_t n, size_t run);

    /* the whole of it, where it is no run; i is where the token begins */
    int        (*find)(hoop_scan_t *s, size_t i, hoop_scan_e *event);
};


/* text NULL ends it */
extern const hoop_token_t  hoop_tokens[];


/* bit n: the character is of set n */
extern const uint16_t  hoop_token_sets[256];

static inline int
hoop_token_is(u_char c, char want)
{
    return (want > 0 && want < HOOP_SET_MAX)
           ? (hoop_token_sets[c] >> want) & 1 : c == (u_char) want;
}


/* the character at k of a token, or the set of it */

static inline char
hoop_token_at(const hoop_token_t *t, size_t len, size_t k)
{
    return k < len ? t->text[k] : (char) t->set;
}


/* the rows whose heads may begin with c: their numbers, in order, then -1 */
const int16_t *hoop_token_rows(u_char c);

/* where a head may begin of which the text has not all, or n */
size_t hoop_token_tail(const u_char *p, size_t n);

/*
 * 0 if what stands at p + i, in n bytes of a JSON string as it is written, is
 * no head of a token to be detected, whatever follows.
 */
int hoop_token_may(uint64_t detect, const u_char *p, size_t n, size_t i);

int hoop_token_run(hoop_scan_t *s, size_t start, size_t run,
    const hoop_token_t *t, hoop_scan_e *event);

/* tenths of a bit a character */
unsigned hoop_entropy(const u_char *p, size_t n);

/* those that are no runs: see hoop_detect_token.c */
int hoop_detect_jwt(hoop_scan_t *s, size_t i, hoop_scan_e *event);
int hoop_detect_pem(hoop_scan_t *s, size_t i, hoop_scan_e *event);
int hoop_detect_pem64(hoop_scan_t *s, size_t i, hoop_scan_e *event);
int hoop_detect_github(hoop_scan_t *s, size_t i, hoop_scan_e *event);
int hoop_detect_npm(hoop_scan_t *s, size_t i, hoop_scan_e *event);
int hoop_detect_telegram(hoop_scan_t *s, size_t i, hoop_scan_e *event);


#endif /* _HOOP_TOKEN_H_INCLUDED_ */
