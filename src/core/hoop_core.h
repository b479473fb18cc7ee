
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What every room of src/core shares: strings, buffers, errors, the verdict.
 *
 * Floor 1.  No nginx header is included here or in any file of this folder;
 * nothing here blocks, logs, reads a clock or opens a file.  The same code
 * runs in the nginx worker, in hoopctl, in the unit tests and under a fuzzer.
 *
 * Memory is malloc()ed; every object has one owner and one _free() function,
 * which accepts NULL.  Functions return HOOP_OK or a negative code.
 */


#ifndef _HOOP_CORE_H_INCLUDED_
#define _HOOP_CORE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>


#define HOOP_OK          0
#define HOOP_ERROR      -1    /* broken input or failed library call */
#define HOOP_AGAIN      -2    /* the sink or the input is exhausted */
#define HOOP_NOMEM      -3
#define HOOP_LIMIT      -4    /* a stated cap was exceeded */
#define HOOP_DECLINED   -5    /* not found, does not apply */


/* A span.  Not NUL-terminated, not owned.  Same layout as ngx_str_t. */

typedef struct {
    size_t          len;
    const u_char   *data;
} hoop_str_t;


#define hoop_string(s)       { sizeof(s) - 1, (const u_char *) (s) }
#define hoop_str_null        { 0, NULL }

static inline hoop_str_t
hoop_str(const void *data, size_t len)
{
    hoop_str_t  s = { len, (const u_char *) data };
    return s;
}

static inline hoop_str_t
hoop_cstr(const char *s)
{
    return hoop_str(s, strlen(s));
}

static inline int
hoop_str_eq(hoop_str_t a, hoop_str_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline int
hoop_str_is(hoop_str_t a, const char *b)
{
    return hoop_str_eq(a, hoop_cstr(b));
}

/* the same as b, which is in lower case, but for the case of A-Z */
int hoop_str_like(hoop_str_t a, hoop_str_t b);


/*
 * A growable buffer with a hard cap.  Failure is sticky: after the first
 * failed append (cap or memory) "failed" stays set and the following appends
 * do nothing, so that a caller may append a whole object and check once.
 */

typedef struct {
    u_char         *data;
    size_t          len;
    size_t          size;
    size_t          cap;       /* 0: no cap */
    unsigned        failed:1;
} hoop_buf_t;


void hoop_buf_init(hoop_buf_t *b, size_t cap);
void hoop_buf_free(hoop_buf_t *b);
/* the slow half of hoop_buf_reserve() */
int hoop_buf_grow(hoop_buf_t *b, size_t n);


/* makes room for n more bytes */

static inline int
hoop_buf_reserve(hoop_buf_t *b, size_t n)
{
    if (!b->failed && n <= b->size - b->len) {
        return HOOP_OK;
    }

    return hoop_buf_grow(b, n);
}


static inline int
hoop_buf_add(hoop_buf_t *b, const void *p, size_t n)
{
    int  rc;

    rc = hoop_buf_reserve(b, n);

    if (rc == HOOP_OK && n) {
        memcpy(b->data + b->len, p, n);
        b->len += n;
    }

    return rc;
}


static inline int
hoop_buf_addc(hoop_buf_t *b, u_char c)
{
    int  rc;

    rc = hoop_buf_reserve(b, 1);

    if (rc == HOOP_OK) {
        b->data[b->len++] = c;
    }

    return rc;
}


static inline int
hoop_buf_adds(hoop_buf_t *b, const char *s)
{
    return hoop_buf_add(b, s, strlen(s));
}


int hoop_buf_addu(hoop_buf_t *b, uint64_t n);     /* decimal */
int hoop_buf_addhex(hoop_buf_t *b, const void *p, size_t n);
/*
 * Appends s as a JSON string with its quotes (RFC 8259).  Invalid UTF-8 is
 * replaced by U+FFFD, so that what comes out is always valid JSON.
 */
int hoop_buf_add_json(hoop_buf_t *b, const u_char *s, size_t n);


/* of an ASCII letter; of any other byte that itself */

static inline u_char
hoop_lower(u_char c)
{
    return (c >= 'A' && c <= 'Z') ? (u_char) (c | 0x20) : c;
}


/* -1: it is no hexadecimal digit */

static inline int
hoop_hex_value(u_char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c = hoop_lower(c);

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


/* 1 if valid UTF-8 (no overlong form, no surrogate, <= U+10FFFF) */
int hoop_utf8_valid(const u_char *p, size_t len);
/* how much of it to keep: at most max bytes, and no part of a character */
size_t hoop_utf8_cut(const u_char *p, size_t len, size_t max);


/*
 * base64 (RFC 4648).  "url" selects the URL alphabet without padding, and
 * decoding is then strict: no padding, no white space, no foreign character,
 * unused bits zero.  dst needs (len * 3 / 4 + 3) or ((len + 2) / 3 * 4) bytes.
 * Return the number of bytes written, or -1.
 */
ssize_t hoop_base64_decode(u_char *dst, const u_char *src, size_t len, int url);
size_t hoop_base64_encode(u_char *dst, const u_char *src, size_t len, int url);

/*
 * SHA-256, whole or in pieces.  OpenSSL's own block code without its provider
 * look-ups, which cost more than a short message does; no allocation, no
 * failure.
 */

typedef struct {
    uint64_t        opaque[16];
} hoop_sha256_t;

void hoop_sha256_init(hoop_sha256_t *s);
void hoop_sha256_update(hoop_sha256_t *s, const void *p, size_t len);
void hoop_sha256_final(hoop_sha256_t *s, u_char md[32]);

void hoop_sha256(u_char md[32], const void *p, size_t len);
void hoop_hex(u_char *dst, const u_char *src, size_t len);  /* 2 * len bytes */

/* CRC-32 as zlib's, where the processor helps at ten times its pace */
uint32_t hoop_crc32(const void *p, size_t len);


/*
 * What was found, what was wanted, and where.  line and column are 1-based,
 * 0 where they do not apply; column counts bytes.
 */

typedef struct {
    unsigned        line;
    unsigned        column;
    char            text[256];
} hoop_error_t;


void hoop_error_set(hoop_error_t *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));


/*
 * The verdict: the one decision type that crosses the floors.  Its pointers
 * belong to the policy that made it and live as long as that policy.
 */

typedef enum {
    HOOP_VERDICT_ALLOW = 0,
    HOOP_VERDICT_REVIEW,
    HOOP_VERDICT_DENY,
    HOOP_VERDICT_ERROR
} hoop_verdict_e;


typedef enum {
    HOOP_RECORD_UNSET = 0,
    HOOP_RECORD_OFF,
    HOOP_RECORD_METADATA,
    HOOP_RECORD_PAYLOAD
} hoop_record_e;


/* what becomes of the lists of an MCP server; the greater one holds for all
   messages of a batch */

typedef enum {
    HOOP_LIST_UNSET = 0,
    HOOP_LIST_PASS,
    HOOP_LIST_FILTER
} hoop_list_e;


typedef struct hoop_mask_set_s    hoop_mask_set_t;
typedef struct hoop_mask_list_s   hoop_mask_list_t;
typedef struct hoop_review_s      hoop_review_t;
typedef struct hoop_token_rule_s  hoop_token_rule_t;
typedef struct hoop_limits_s      hoop_limits_t;


#define HOOP_MASK_SETS   8

/* The mask sets that a rule names: they apply together; n 0: no masking. */

struct hoop_mask_list_s {
    unsigned                n;
    const hoop_mask_set_t  *sets[HOOP_MASK_SETS];
};


#define HOOP_MONITORED   8

/* What a rule that is only watched would have said. */

typedef struct {
    hoop_str_t              rule;
    hoop_str_t              policy;
    hoop_verdict_e          effect;
    unsigned                ambiguous:1;   /* it could not be judged */
    unsigned                npolicy;       /* among those of the evaluation */
    unsigned                nrule;         /* in the policy */
} hoop_monitored_t;


typedef struct {
    hoop_verdict_e          decision;
    hoop_str_t              rule;          /* id; empty: the default */
    hoop_str_t              reason;        /* for humans; never input */
    hoop_str_t              policy;        /* its name */
    const hoop_mask_list_t *mask;          /* NULL: the location's own */
    unsigned                mask_named:1;  /* the rule has a "mask" key */
    unsigned                ambiguous:1;   /* not all could be judged */
    unsigned                names;         /* of overrides that the rule names */
    hoop_record_e           record;
    hoop_list_e             list;
    hoop_str_t              credential;    /* name; empty: the location's */
    const hoop_review_t    *review;        /* set for REVIEW */
    const hoop_token_rule_t  *token;       /* of ALLOW; NULL: it has none */
    const hoop_limits_t    *limits;        /* of ALLOW and REVIEW; NULL: none */

    /* of a verdict with a rule */
    unsigned                npolicy;       /* among those of the evaluation */
    unsigned                nrule;         /* in the policy */

    /* the first ones, in the order of files and rules */
    unsigned                nmonitored;
    unsigned                monitored_more:1;   /* there were others */
    hoop_monitored_t        monitored[HOOP_MONITORED];
} hoop_verdict_t;


const char *hoop_verdict_name(hoop_verdict_e v);   /* "allow", "deny", ... */


#endif /* _HOOP_CORE_H_INCLUDED_ */
