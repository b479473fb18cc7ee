
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The detectors: what in a decoded text is a secret.
 *
 * hoop_scan() looks at a window on a text and answers with the leftmost thing
 * that matters in it.  The answer never depends on where the window was cut:
 * where the bytes after the window could change it, the answer is that the
 * bytes from "start" on must be seen again with more behind them.  Apart from
 * a JWT, which is bounded by "token_max", what is so held is at most
 * HOOP_SCAN_HELD bytes.
 *
 * A candidate is a place that every secret of a kind must have: where a number
 * of its form may begin, an '@', the head of a token.  They are found by blocks
 * of 64 bytes (hoop_block.h), and an anchored validator looks around each.
 */


#ifndef _HOOP_DETECT_H_INCLUDED_
#define _HOOP_DETECT_H_INCLUDED_


#include "hoop_mask.h"


extern const u_char  hoop_class[256];

#define hoop_bit(d)  ((uint64_t) 1 << (d))

#if (__STDC_VERSION__ >= 201112L)
_Static_assert(HOOP_DETECT_MAX <= 64, "a detector has no bit");
#endif

/* those that words before a value can speak of, and of these, the ones that
   may begin with any letter or digit */
#define HOOP_DETECT_ASKED                                                     \
    (hoop_bit(HOOP_DETECT_US_ROUTING) | hoop_bit(HOOP_DETECT_US_BANK)         \
     | hoop_bit(HOOP_DETECT_PASSPORT) | hoop_bit(HOOP_DETECT_DRIVER_LICENSE)  \
     | hoop_bit(HOOP_DETECT_DATE_OF_BIRTH) | hoop_bit(HOOP_DETECT_US_NPI))
#define HOOP_DETECT_CONTEXT                                                   \
    (hoop_bit(HOOP_DETECT_US_SSN) | hoop_bit(HOOP_DETECT_PHONE)               \
     | HOOP_DETECT_ASKED)

/* those that hoop_detect_id() knows */
#define HOOP_DETECT_IDS                                                       \
    (hoop_bit(HOOP_DETECT_US_MBI) * 2 - hoop_bit(HOOP_DETECT_US_ITIN))

#define HOOP_DETECT_ADDRESSES                                                 \
    (hoop_bit(HOOP_DETECT_IP_ADDRESS) | hoop_bit(HOOP_DETECT_MAC_ADDRESS))

/* those of the ones on request that have candidates of their own */
#define HOOP_DETECT_RARE                                                      \
    (HOOP_DETECT_IDS | HOOP_DETECT_ADDRESSES                                  \
     | hoop_bit(HOOP_DETECT_CRYPTO_WALLET))


#define HOOP_SCAN_LEFT     192    /* bytes of left context that are looked at */
#define HOOP_SCAN_HELD     400
#define HOOP_SCAN_SHORTEST 9      /* no number or token is shorter, but for an
                                     address of IPv4 */
#define HOOP_SCAN_SHORTEST_LITERAL  8
#define HOOP_SCAN_LITERAL  256    /* a longer literal is known by so many */


typedef enum {
    HOOP_SCAN_CLEAR = 0,   /* [0, start) is clean, the rest must wait */
    HOOP_SCAN_MATCH,       /* [start, end) is a secret */
    HOOP_SCAN_TOKEN,       /* so is all of the token that begins at start */
    HOOP_SCAN_BASE64,      /* the same, with what else base64 has */
    HOOP_SCAN_PEM,         /* the head of a PEM key; its body follows */
    HOOP_SCAN_PREFIX,      /* the head of a long literal; its rest follows */
    HOOP_SCAN_OVERLONG,    /* so is all of the word that begins at start */
    HOOP_SCAN_VALUE,       /* the value of a sensitive name begins at start */
    HOOP_SCAN_ELEMENT,     /* [start, end) is the content of an element; empty:
                              that is s->element, and its end is not known */
    HOOP_SCAN_LINE,        /* a value that s->line describes begins at start */
    HOOP_SCAN_JSON         /* a JSON object begins at start */
} hoop_scan_e;


/* the content of an element of markup, from its tag on, to its end tag */

#define HOOP_ELEMENT_TEXT     0
#define HOOP_ELEMENT_OPEN     1        /* in a tag of the same name */
#define HOOP_ELEMENT_COMMENT  2
#define HOOP_ELEMENT_CDATA    3
#define HOOP_ELEMENT_DONE     4        /* the end tag has been found */

typedef struct {
    size_t    len;
    size_t    depth;
    u_char    state;
    u_char    last[2];                 /* the bytes before */
    u_char    name[HOOP_SCAN_LEFT];    /* with its prefix */
} hoop_element_t;


/* the value behind a name that begins its line, in YAML, TOML and ini */

typedef struct {
    size_t    column;                  /* of the name */
    u_char    quote;                   /* or 0 */
    u_char    last;                    /* byte, but for blanks and comments */
    unsigned  triple:1;                /* three of these quotes end it */
    unsigned  below:1;                 /* it is what stands in lines below */
    unsigned  flow:1;                  /* it is in brackets */
    unsigned  escape:1;                /* a backslash is before this byte */
    unsigned  blank:1;                 /* a blank is */
    unsigned  comment:1;
    unsigned  done:1;                  /* the end has been found */
} hoop_line_t;


typedef struct hoop_scan_s     hoop_scan_t;
typedef struct hoop_pattern_s  hoop_pattern_t;

struct hoop_scan_s {
    const u_char       *p;
    size_t              n;
    const u_char       *limit;      /* readable up to here, >= p + n */

    const u_char       *left;       /* what stood before p; the end of it */
    size_t              nleft;

    uint64_t            detect;     /* hoop_bit() of each detector */
    unsigned            final:1;    /* the text ends at n */
    unsigned            names:1;    /* look for name=value */
    unsigned            json:1;     /* look for {" */
    unsigned            phone:1;    /* the name of a number is before it */
    unsigned            markup:1;   /* an element may be of any length */
    unsigned            config:1;   /* lines of "name: value" */

    const hoop_str_t   *literals;
    unsigned            nliterals;

    const hoop_pattern_t *const  *patterns;
    unsigned            npatterns;

    size_t              token_max;
    size_t              nodot;      /* used within */

    /* input bytes behind the first pos bytes; NULL: as many */
    size_t            (*raw)(void *ctx, size_t pos);
    /* 0 or a detector + 1 for a name */
    unsigned          (*name)(void *ctx, const u_char *p, size_t len);
    void               *ctx;

    /* the answer */

    size_t              from;       /* what is known begins here at least: a
                                       URL, of which [start, end) is a part */
    size_t              start;
    size_t              end;
    unsigned            detector;
    unsigned            literal;    /* PREFIX: its number */
    u_char              quote;      /* VALUE: '"', '\'', '\\' for \", 0 a word,
                                       '\n' a line, or one of these */
    hoop_element_t      element;
    hoop_line_t         line;
};

/*
 * What quotes are that were written as references, as &quot;: of a kind of
 * their own, for they do not end what a quote has begun, nor the reverse.
 */
#define HOOP_QUOTE       0x01
#define HOOP_APOSTROPHE  0x02

/* no quotes: up to a line that begins with "--", and the value of a header that
   no quote stands before, as that of "Authorization: Digest a="b", c="d"" */
#define HOOP_PART        0x03
#define HOOP_HEADER      0x04


hoop_scan_e hoop_scan(hoop_scan_t *s);

/*
 * The number of bytes of p, up to n, that are content: all of them, or those
 * before what may become the end tag, or is it (DONE).
 */
size_t hoop_scan_element(hoop_element_t *e, const u_char *p, size_t n);
void hoop_element_init(hoop_element_t *e, const u_char *name, size_t len);

/*
 * The number of bytes of p, up to n, that belong to the value, or those before
 * what may end it, or does (done).  end: nothing follows p + n.
 */
size_t hoop_scan_line(hoop_line_t *line, const u_char *p, size_t n,
    unsigned end);

/* number of bytes of p, up to n, that belong to a token */
size_t hoop_scan_token(const u_char *p, size_t n);

size_t hoop_scan_base64(const u_char *p, size_t n);
/* number of bytes of p, up to n, that belong to a value without quotes */
size_t hoop_scan_word(const u_char *p, size_t n);
/* number of bytes before p, up to those that are known of a name, that belong
   to one; some byte before p does not */
size_t hoop_scan_name(const u_char *p);
/* of a PEM body: 1 if c may stand in it */
int hoop_scan_pem(u_char c);

/* 0: no address of a network has its first colon at i */
int hoop_address_colons(const u_char *p, size_t n, size_t i);

/* 0: no value at i is spoken of by the words before it, which are in a JSON
   string that begins in p */
int hoop_context_may(uint64_t detect, const u_char *p, size_t n, size_t i);

int hoop_detect_card(const u_char *digits, size_t n);
int hoop_detect_ssn(const u_char *digits);
/* of those that a set can ask for; -1: there is none */
int hoop_detect_by_name(hoop_str_t name);
/* the default list, as bits */
uint64_t hoop_detect_default(void);
/* those of secrets, without personal data: the same */
uint64_t hoop_detect_secrets(void);


#endif /* _HOOP_DETECT_H_INCLUDED_ */
