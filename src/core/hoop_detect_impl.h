
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the files of the detectors share.  Every validator returns NO, YES,
 * MORE or EVENT and sets s->start and s->end; for MORE, s->start is where the
 * doubt begins.
 */


#ifndef _HOOP_DETECT_IMPL_H_INCLUDED_
#define _HOOP_DETECT_IMPL_H_INCLUDED_


#include "hoop_block.h"
#include "hoop_detect.h"


#define HOOP_NO     0
#define HOOP_YES    1
#define HOOP_MORE   2
#define HOOP_EVENT  3      /* YES, and s->event says what */

#define HOOP_LOCAL_MAX   64
#define HOOP_NAME_MAX    56

#define HOOP_PLAIN_SPACES  8    /* before and behind the sign of a name */

#define HOOP_C_DIGIT  0x01
#define HOOP_C_ALPHA  0x02
#define HOOP_C_LOCAL  0x04      /* of the local part of an address */
#define HOOP_C_HEX    0x08      /* a-f, A-F */
#define HOOP_C_TOKEN  0x10      /* base64url and '.' */
#define HOOP_C_NAME   0x40      /* of a key name in text */
#define HOOP_C_DELIM  0x80      /* ends a value without quotes */

#define HOOP_C_ALNUM  (HOOP_C_DIGIT|HOOP_C_ALPHA)


/* those that look at names and schemes */
#define HOOP_DETECT_PAIRS                                                     \
    (hoop_bit(HOOP_DETECT_URL_PASSWORD)                                       \
     | hoop_bit(HOOP_DETECT_CONNECTION_STRING)                                \
     | hoop_bit(HOOP_DETECT_GENERIC_SECRET))


#define hoop_is(c, mask)  ((hoop_class[(u_char) (c)] & (mask)) != 0)



int hoop_detect_number(hoop_scan_t *s, size_t i);
int hoop_detect_iban(hoop_scan_t *s, size_t i);
int hoop_detect_phone(hoop_scan_t *s, size_t i);
int hoop_detect_id(hoop_scan_t *s, size_t i);
/* where in the first of two blocks what is on request may be found, but for the
   colons of addresses */
uint64_t hoop_scan_rare(uint64_t detect, const hoop_block_t *b);
/* of a network: a digit, or its first colon, hyphen or dot is at i */
int hoop_detect_address(hoop_scan_t *s, size_t i);
/* of a wallet: the word begins at i, or a 1 is there */
int hoop_detect_wallet(hoop_scan_t *s, size_t i);
/* what is known by the words before it */
int hoop_detect_context(hoop_scan_t *s, size_t i);
/* n digits in that many groups may be a telephone number as it is written in
   its country; close: nothing else can be meant */
int hoop_phone_national(const u_char *d, size_t n, const u_char *groups,
    unsigned ngroups, int close);
int hoop_detect_luhn(const u_char *digits, size_t n);
/* the scan for all but patterns */
hoop_scan_e hoop_scan_known(hoop_scan_t *s);
/* what a pattern makes of the answer of all others */
hoop_scan_e hoop_detect_pattern(hoop_scan_t *s, hoop_scan_e event);
int hoop_detect_email(hoop_scan_t *s, size_t at);
/* what begins with, or has, the head of a token at i: see hoop_token.h */
int hoop_detect_head(hoop_scan_t *s, size_t i, hoop_scan_e *event);
int hoop_detect_value(hoop_scan_t *s, size_t i);
/* the same for a name that begins its line; that is HOOP_SCAN_LINE */
int hoop_detect_config(hoop_scan_t *s, size_t i);
/* the same where markup says the name; a '=' or '>' is at i */
int hoop_detect_markup(hoop_scan_t *s, size_t i, hoop_scan_e *event);
int hoop_detect_url(hoop_scan_t *s, size_t i);
int hoop_detect_pair(hoop_scan_t *s, size_t i, hoop_scan_e *event);
int hoop_detect_generic(hoop_scan_t *s, size_t i);
/* 0: no name of a pair ends before the '=' at end */
int hoop_pair_may(const u_char *end);


/*
 * The length of a separator inside a grouped number: space, hyphen and dot,
 * and the Unicode kin of the first two that print alike.  A tab is another
 * column and a line feed another row.  0: none; -1: cut off by the end of the
 * window.
 */
int hoop_detect_separator(const hoop_scan_t *s, size_t i, u_char *kind);


static inline int
hoop_space(int c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}


static inline int
hoop_quote(int c)
{
    return c == '"' || c == '\'' || c == HOOP_QUOTE || c == HOOP_APOSTROPHE;
}


/* the byte that is k before position i, or -1 where the text begins */

static inline int
hoop_before(const hoop_scan_t *s, size_t i, size_t k)
{
    if (k <= i) {
        return s->p[i - k];
    }

    k -= i;

    return k <= s->nleft ? s->left[s->nleft - k] : -1;
}


/*
 * 1: a word may end at k; 0: it goes on, or one of "signs" joins it to what is
 * of "joined"; -1: not known yet.
 */

static inline int
hoop_word_end(const hoop_scan_t *s, size_t k, const char *signs, int joined)
{
    if (k == s->n) {
        return s->final ? 1 : -1;
    }

    if (hoop_is(s->p[k], HOOP_C_ALNUM) || s->p[k] == '_') {
        return 0;
    }

    for ( /* void */ ; *signs; signs++) {

        if (s->p[k] != (u_char) *signs) {
            continue;
        }

        if (k + 1 == s->n) {
            return s->final ? 1 : -1;
        }

        return !hoop_is(s->p[k + 1], joined);
    }

    return 1;
}


/*
 * What stands before a token.  An escape that was not decoded at this level
 * ("\n" as two bytes, in logs and double-encoded text) ends a word too.
 */

static inline int
hoop_word_before(const hoop_scan_t *s, size_t i)
{
    int  c, b;

    c = hoop_before(s, i, 1);

    if (c < 0 || !hoop_is(c, HOOP_C_ALNUM)) {
        return 0;
    }

    if (c == 'n' || c == 'r' || c == 't') {
        b = hoop_before(s, i, 2);
        return b != '\\';
    }

    return 1;
}


static inline int
hoop_more(hoop_scan_t *s, size_t start)
{
    s->start = start;
    return s->final ? HOOP_NO : HOOP_MORE;
}


static inline int
hoop_yes(hoop_scan_t *s, size_t start, size_t end, unsigned detector)
{
    s->start = start;
    s->end = end;
    s->detector = detector;
    return HOOP_YES;
}


#endif /* _HOOP_DETECT_IMPL_H_INCLUDED_ */
