
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the files of the masker share, and how it works.
 *
 * Streams and stages.  Stream 0 is the input.  A stage decodes a stream into
 * the next: the contents of a JSON string, a form field, or text in which
 * escapes may stand.  JSON in a string in JSON is then stream 1, its strings
 * are stream 2, and so on; only one stream, the innermost, is looked at.
 *
 * Nothing is ever encoded back.  What is decided to be clean leaves as the
 * input bytes behind it, found by decoding again and counting; only a label
 * is encoded, through all stages, from the innermost out.
 *
 * A look is a window on the active stream.  An engine (JSON or text) says of
 * it: the first "c" bytes are decided and clean; then, maybe, the bytes up to
 * "op_end" are replaced by what is in rep.  All state is moved on by exactly
 * these bytes, so that it does not matter where the next look begins.  That
 * is the whole of the chunking invariant, and it rests on one rule: an engine
 * may decide only by bytes it has seen and by limits that count bytes of the
 * stream, never by where the window ends.
 *
 * Held bytes.  A byte of stream N may stand for up to "unit" input bytes,
 * hold / 400 of them; an escape longer than that is no honest one, and the
 * rest of the outermost string is masked.  No engine waits for more than
 * HOOP_SCAN_HELD bytes, so what waits is at most hold.
 *
 * The queue.  What was decided and not yet taken by the sink: pass bytes of
 * input to deliver, then drop bytes of input to leave out, then rep.
 */


#ifndef _HOOP_MASK_IMPL_H_INCLUDED_
#define _HOOP_MASK_IMPL_H_INCLUDED_


#include "hoop_mask.h"
#include "hoop_detect.h"
#include "hoop_pattern.h"


#define HOOP_MASK_SETS     8
#define HOOP_MASK_LITERALS 8
#define HOOP_MASK_NESTED   3           /* levels of JSON in JSON strings */
#define HOOP_MASK_LEVELS   (HOOP_MASK_NESTED + 2)
#define HOOP_MASK_STAGES   (HOOP_MASK_LEVELS + 1)
#define HOOP_MASK_PEND     32          /* bytes that may be one character */
#define HOOP_MASK_PEEK     300         /* of a value looked at as a whole */
#define HOOP_MASK_KEY      96
#define HOOP_MASK_REP      1024
#define HOOP_MASK_AHEAD    512         /* input decoded at once, at first */
#define HOOP_MASK_IDLE     1000        /* steps in a row that pass nothing: some
                                          levels of nesting, and decoding more;
                                          beyond, it would never end */
#define HOOP_MASK_SEGMENTS 64          /* path segments in one set */
#define HOOP_MASK_MIN_HOLD 8192

#define HOOP_MASK_END      255         /* look.end: the input, or its unit */

#define HOOP_MASK_OFF      255         /* no action */


/* kinds of stages, as bits */

#define HOOP_STAGE_JSON    0x01
#define HOOP_STAGE_LOOSE   0x02        /* JSON escapes in any text */
#define HOOP_STAGE_FORM    0x04        /* percent-encoding */
#define HOOP_STAGE_FOLD    0x08        /* hoop_mask_fold.c, the last one */
#define HOOP_STAGE_CSV     0x10        /* two quotes for one, in a cell */


/* fields */

typedef struct {
    hoop_str_t              name;      /* normalised */
    u_char                  detector;  /* its label */
    u_char                  next;      /* of the same last byte, + 1 */
} hoop_mask_name_t;


typedef struct {
    hoop_str_t              name;      /* normalised; NULL data: any */
    unsigned                deep:1;    /* any number of segments */
    unsigned                last:1;
} hoop_mask_segment_t;


struct hoop_mask_set_s {
    uint64_t                detect;
    u_char                  action;
    unsigned                is_static:1;

    hoop_patterns_t        *patterns;  /* or NULL */

    hoop_mask_name_t       *names;
    unsigned                nnames;
    uint64_t                tails[512];    /* bits: hoop_mask_tail() */
    u_char                  head[256];

    hoop_mask_segment_t     segments[HOOP_MASK_SEGMENTS];
    unsigned                nsegments;
    uint64_t                first;     /* segments that begin a path */
    uint64_t                deep;      /* those that any name leaves alive */
    uint64_t                any;       /* those that any name moves on */
    unsigned                indexes:1; /* some segment may be an index */
    uint64_t                ends[512]; /* as tails, of segments */
};


/* the value must be known as a whole: a longer one is redacted */

static inline int
hoop_mask_by_value(u_char action)
{
    return action == HOOP_MASK_LAST4 || action == HOOP_MASK_HASH
           || action == HOOP_MASK_STARS;
}


static inline int
hoop_is_separator(u_char c)
{
    return c == '_' || c == '-' || c == ' ' || c == '.';
}


/* of the last three bytes of a name; there are bytes that are as one */

static inline unsigned
hoop_mask_tail(u_char a, u_char b, u_char c)
{
    return (a & 31u) << 10 | (b & 31u) << 5 | (c & 31u);
}


/* an action by its name; -1 and err: there is none */
int hoop_mask_action(json_t *conf, hoop_error_t *err);

/* adds the ends of such a name to those that are not passed unseen */
void hoop_mask_set_tails(uint64_t *tails, hoop_str_t name);
void hoop_mask_phone_tails(uint64_t *tails);
/* 1 if a name is that of a telephone number: a value that might be one is */
int hoop_mask_phone_name(const hoop_mask_t *m, const u_char *p, size_t len);
unsigned hoop_mask_set_find(const hoop_mask_set_t *set, const u_char *p,
    size_t len);


/* 0: no name ends in these bytes, at least three, whatever they are */

static inline int
hoop_mask_ends(const uint64_t *tails, const u_char *end)
{
    unsigned  tail;

    tail = hoop_mask_tail(end[-3], end[-2], end[-1]);

    return (tails[tail / 64] >> (tail % 64)) & 1;
}


/* the same of a name of any length; nothing is as a separator */

static inline int
hoop_mask_may(const uint64_t *tails, const u_char *p, size_t len)
{
    u_char  last[3];

    if (len >= 3) {
        return hoop_mask_ends(tails, p + len);
    }

    last[0] = 0;
    last[1] = (len == 2) ? p[0] : 0;
    last[2] = len ? p[len - 1] : 0;

    return hoop_mask_ends(tails, last + 3);
}


/* 0, or the detector + 1 of a sensitive name */

static inline unsigned
hoop_mask_set_name(const hoop_mask_set_t *set, const u_char *p, size_t len)
{
    return hoop_mask_may(set->tails, p, len) ? hoop_mask_set_find(set, p, len)
                                             : 0;
}


/*
 * One step of the paths of a set: the segments that may come next, after the
 * name, or *found set to 1 if a path ended.
 */
uint64_t hoop_mask_set_step(const hoop_mask_set_t *set, uint64_t state,
    const u_char *name, size_t len, int *found);


/* decoding */

typedef struct {
    uint32_t                rs;        /* input bytes [rs, re) */
    uint32_t                re;
    u_char                  c;
} hoop_unit_t;


typedef struct {
    u_char                  state;
    u_char                  n;
    uint16_t                code;
    hoop_unit_t             pend[HOOP_MASK_PEND];
} hoop_stage_t;


typedef struct {
    size_t                  n;         /* bytes decoded */
    size_t                  raw;       /* input bytes behind them */
    unsigned                end;       /* the stage that ended, or 0 */
    unsigned                hostile:1;
} hoop_decoded_t;


/*
 * Decodes src through nst stages into dst (which may be NULL to count only),
 * until max bytes are made, a stage ends, or src does.  "final": src is all.
 */
void hoop_mask_decode(const u_char *kinds, unsigned nst, const u_char *src,
    size_t len, unsigned final, u_char *dst, size_t max, size_t unit,
    hoop_decoded_t *d);


/* engines */

typedef enum {
    HOOP_RUN_MORE = 0,         /* c is as far as it can be decided */
    HOOP_RUN_OP,               /* then [c, op_end) is to be replaced */
    HOOP_RUN_SWITCH,           /* c, and another stream is active */
    HOOP_RUN_END               /* all was decided up to the look's end */
} hoop_run_e;


typedef struct {
    const u_char           *p;
    size_t                  n;
    const u_char           *limit;     /* readable up to here */
    const u_char           *src;       /* the input behind it */
    size_t                  raw;       /* so many bytes of it */
    unsigned                nst;       /* stages between */
    unsigned                end;       /* stage that ends after n, or END */
    unsigned                plain:1;   /* p is src */
    unsigned                partial:1; /* there is more input to be seen */
    unsigned                hostile:1;
} hoop_look_t;


typedef struct {
    u_char                  state;
    u_char                  field;     /* detector + 1 of the next value */
    u_char                  action;
    u_char                  swallow;   /* masked value that goes on */
    u_char                  quiet;     /* in string, after backslash */
    u_char                  naming;    /* the next value may be a name */
    u_char                  table;     /* it is a part of a table */
    unsigned                sniff:1;   /* must begin with { or [ */
    unsigned                embedded:1;/* text follows the first document */
    unsigned                peeked:1;
    unsigned                masked:1;  /* the last value was */
    unsigned                route:1;   /* its name is one, as "/users/token" */
    unsigned                phone:1;   /* its name is that of a number */
    uint32_t                depth;     /* of the swallowed value */
    unsigned                base;      /* frames of outer levels */
    unsigned                inside;    /* frames where a string began */
} hoop_level_t;


/* as long as there are sets: hoop_mask_frame() */

typedef struct {
    uint32_t                index;     /* of the array element */
    uint64_t                child[];
} hoop_frame_t;


typedef enum {
    HOOP_ENGINE_JSON = 0,
    HOOP_ENGINE_TEXT
} hoop_engine_e;


typedef struct {
    u_char                  swallow;   /* what is masked, and goes on */
    u_char                  quote;
    u_char                  dashes;
    u_char                  sniff;     /* JSON may begin here */
    u_char                  key;       /* HOOP_KEY_... */
    u_char                  embed;     /* JSON may begin anywhere */
    u_char                  phone;     /* the name of a number is before it */
    uint32_t                literal;
    size_t                  offset;
    size_t                  nleft;
    u_char                  left[HOOP_SCAN_LEFT];
    hoop_element_t          element;   /* that is left out */
    hoop_line_t             line;      /* the same */
} hoop_textual_t;


typedef struct hoop_csv_s  hoop_csv_t;


struct hoop_mask_s {
    hoop_mask_mode_e        mode;
    unsigned                failed:1;
    unsigned                done:1;
    unsigned                has_names:1;
    unsigned                has_paths:1;
    unsigned                has_drop:1;
    unsigned                slow:1;        /* not every candidate is known */
    unsigned                outer:1;       /* masks the outermost string */
    unsigned                outer_quiet:1;
    unsigned                cr:1;          /* SSE: the last line ended by CR */

    /* what to look for */

    const hoop_mask_set_t  *sets[HOOP_MASK_SETS];
    unsigned                nsets;
    uint64_t                detect;
    u_char                  actions[HOOP_DETECT_ALL];
    hoop_str_t              literals[HOOP_MASK_LITERALS];
    unsigned                nliterals;
    u_char                 *folded[HOOP_MASK_LITERALS];   /* or NULL */
    const hoop_pattern_t  **patterns;      /* of all sets */
    unsigned                npatterns;

    /* limits */

    size_t                  hold;
    size_t                  unit;
    size_t                  number_max;
    size_t                  token_max;

    /* streams */

    hoop_engine_e           engine;
    unsigned                nst;           /* stages of the active stream */
    unsigned                base;          /* first level that may be JSON */
    u_char                  kinds[HOOP_MASK_STAGES + 1];   /* and FOLD */
    hoop_level_t            levels[HOOP_MASK_STAGES];
    hoop_textual_t          text;
    size_t                  keylen;        /* may be more than is kept */
    u_char                  key[HOOP_MASK_KEY];

    /* containers: of all levels, one above the other */

    unsigned                depth;
    uint64_t                objects[HOOP_MASK_DEPTH / 64];
    uint64_t                kept[HOOP_MASK_DEPTH / 64];
    u_char                 *frames;        /* where sets have paths */
    unsigned                nframes;
    uint64_t                child[HOOP_MASK_SETS]; /* of the next value */

    /* pairs and tables: hoop_mask_pair.c */

    unsigned                pair_low;
    u_char                  pair_action;
    u_char                  table;
    u_char                  table_action;
    unsigned                table_depth;
    unsigned                table_index;
    uint64_t                table_columns;

    /* lines of SSE, fields of a form */

    u_char                  unit_state;
    u_char                  unit_field;
    u_char                  unit_action;
    u_char                  unit_saved;
    u_char                  unit_engine;
    u_char                  unit_nst;
    unsigned                unit_found:1;
    size_t                  unit_known;
    hoop_csv_t             *csv;           /* tables: hoop_mask_csv.c */

    /* what an engine says */

    size_t                  c;
    size_t                  op_end;
    hoop_look_t            *look;          /* while a text is looked at */
    u_char                  name_action;   /* of the name found last */

    /* the queue */

    size_t                  pass;
    size_t                  drop;
    size_t                  rep_pos;
    size_t                  rep_len;

    /* buffers */

    size_t                  dlimit;
    size_t                  ahead;         /* text: nothing to be decoded */
    u_char                 *window;
    size_t                  wpos;
    size_t                  wlen;
    size_t                  wsize;
    u_char                 *decoded;
    size_t                  dsize;

    uint32_t                counts[HOOP_DETECT_ALL];

    unsigned                keyed:1;
    u_char                  hash_key[32];

    u_char                  rep[HOOP_MASK_REP];
    u_char                  pair[HOOP_MASK_DEPTH];   /* 0, or detector + 1 */
};


static inline size_t
hoop_mask_frames(const hoop_mask_t *m, unsigned n)
{
    return n * (sizeof(hoop_frame_t) + m->nsets * sizeof(uint64_t));
}


static inline hoop_frame_t *
hoop_mask_frame(hoop_mask_t *m, unsigned depth)
{
    return (hoop_frame_t *) (m->frames + hoop_mask_frames(m, depth));
}


/* text.key */

#define HOOP_KEY_NAME         1        /* the text is a name */
#define HOOP_KEY_VALUE        2        /* it is a value, and may be a name */

/* text.swallow */

#define HOOP_SWALLOW_PEM      1
#define HOOP_SWALLOW_TOKEN    2
#define HOOP_SWALLOW_LITERAL  3
#define HOOP_SWALLOW_VALUE    4
#define HOOP_SWALLOW_REST     5        /* all of this text */
#define HOOP_SWALLOW_BASE64   6
#define HOOP_SWALLOW_ELEMENT  7
#define HOOP_SWALLOW_LINE     8

/* level.swallow */

#define HOOP_SWALLOW_STRING   1
#define HOOP_SWALLOW_TREE     2
#define HOOP_SWALLOW_NUMBER   3


hoop_run_e hoop_mask_json_run(hoop_mask_t *m, hoop_look_t *lk);
void hoop_mask_json_init(hoop_mask_t *m, unsigned level, unsigned sniff,
    unsigned embedded);
/* the string that was opened at this level has ended */
void hoop_mask_json_string_end(hoop_mask_t *m, unsigned level);
/* JSON between two tokens, where a line of SSE may end */
int hoop_mask_json_between(hoop_mask_t *m);

/* pairs and tables; those that are open are less deep from now on */
void hoop_mask_pair_close(hoop_mask_t *m);

hoop_run_e hoop_mask_text_run(hoop_mask_t *m, hoop_look_t *lk);
void hoop_mask_text_init(hoop_mask_t *m, unsigned sniff, unsigned key,
    unsigned embed);
/* the name in m->key stands before the text, in quotes */
void hoop_mask_text_name(hoop_mask_t *m);
/* the active stream goes on as text */
void hoop_mask_to_text(hoop_mask_t *m, unsigned level);

void hoop_mask_scan_init(hoop_mask_t *m, hoop_scan_t *s);
unsigned hoop_mask_name(hoop_mask_t *m, const u_char *p, size_t len,
    u_char *action);

/* a step of SSE or form framing, see hoop_mask_unit.c */
int hoop_mask_unit_step(hoop_mask_t *m, const u_char *p, size_t n,
    unsigned final);
/* the same of the engines on what is known of the unit at p */
int hoop_mask_unit_core(hoop_mask_t *m, const u_char *p, size_t n,
    unsigned final);
void hoop_mask_unit_begin(hoop_mask_t *m, unsigned state);
/* the same of a table; the object is malloc()ed */
hoop_csv_t *hoop_mask_csv_create(void);
size_t hoop_mask_csv_size(void);
int hoop_mask_csv_step(hoop_mask_t *m, const u_char *p, size_t n,
    unsigned final);
/* a step of the engines on [p, p + n), which is a unit if "final" */
int hoop_mask_core_step(hoop_mask_t *m, const u_char *p, size_t n,
    unsigned final);
void hoop_mask_core_reset(hoop_mask_t *m);

#define HOOP_STEP_MORE   0             /* nothing can be decided */
#define HOOP_STEP_GO     1             /* pass was moved, or state */
#define HOOP_STEP_OP     2             /* the queue has a replacement */
#define HOOP_STEP_DONE   3             /* all of the unit was decided */
#define HOOP_STEP_ERROR  4

/*
 * Counts a masked value and writes what replaces it, encoded through the
 * first nst stages.  whole: the replacement is a JSON value of its own.
 */
void hoop_mask_replace(hoop_mask_t *m, unsigned detector, u_char action,
    const u_char *value, size_t len, int whole, unsigned nst);
void hoop_mask_add_rep(hoop_mask_t *m, const u_char *p, size_t n,
    unsigned nst);

/* the first byte that is not literal in this kind of stage, or n */
size_t hoop_mask_plain(u_char kind, const u_char *p, size_t n);

/* hoop_mask_fold.c: where the first spelling begins that is folded, or may do
   so when more is known; n if there is none */
size_t hoop_mask_fold_find(const u_char *p, size_t n);
/* the same of the byte at p alone: 1 if one begins, or may begin, there */
int hoop_mask_fold_at(const u_char *p, size_t n);
/* one unit in, or NULL for the end of all; returns how many are in out */
unsigned hoop_mask_fold_push(hoop_stage_t *st, const hoop_unit_t *u,
    size_t unit, hoop_unit_t *out);


#endif /* _HOOP_MASK_IMPL_H_INCLUDED_ */
