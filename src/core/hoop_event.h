
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Evidence: one event is one JSON object (docs/event.schema.json), chained to
 * the one before it in its slot, and framed in a spool segment.
 *
 * An event's text is
 *
 *     {"v":1,"id":"GATEWAY:SLOT:SEQ","seq":SEQ,"ts":"2026-01-31T12:00:00.000Z",
 *      "gateway":"..","slot":SLOT,"type":"..","session":"..","run":"..",
 *      "identity":{..},"target":"..", own members ..,
 *      "prev":"<64 hex>","hash":"<64 hex>"}
 *
 * without white space between its tokens.  "hash" is the last member: the
 * SHA-256 of all bytes of the text before ,"hash": (the comma not included).
 * "prev" is the hash of the event with seq - 1 in the same slot, 64 zeros for
 * seq 1.  Members that do not apply (run, identity, ...) are left out.
 * The text is kept and shipped byte for byte; it is never re-encoded.
 *
 * The Redis entry of an event has the explicit id <ms of ts>-<seq>, in the
 * stream hoop:audit:<gateway>:<slot>, and one field "event" with the text.
 * ts never goes back within a slot, seq counts 1, 2, 3, ...
 */


#ifndef _HOOP_EVENT_H_INCLUDED_
#define _HOOP_EVENT_H_INCLUDED_


#include "hoop_core.h"


#define HOOP_EVENT_MAX     (1024 * 1024)   /* cap of one event's text */
#define HOOP_HASH_LEN      64
#define HOOP_GATEWAY_LEN   64
#define HOOP_TIME_LEN      24

/* 9999-12-31T23:59:59.999Z */
#define HOOP_TIME_MAX      253402300799999ULL


typedef struct {
    hoop_str_t      gateway;           /* [A-Za-z0-9._-]{1,64}, not owned */
    uint32_t        slot;
    uint64_t        seq;               /* of the last event, 0: none yet */
    uint64_t        ts;                /* of the last event, ms since 1970 */
    u_char          head[HOOP_HASH_LEN];   /* hash of the last event, hex */

    /* the event between begin and end */
    size_t          start;             /* its place in the buffer */
    uint64_t        now;               /* its ts */
} hoop_chain_t;


typedef struct {
    const char     *type;
    hoop_str_t      session;
    hoop_str_t      run;
    hoop_str_t      identity;          /* a JSON object's text, or len 0 */
    hoop_str_t      target;
} hoop_event_head_t;


/* 1 if it may name a gateway */
int hoop_gateway_valid(hoop_str_t gateway);

void hoop_chain_init(hoop_chain_t *chain, hoop_str_t gateway, uint32_t slot);

/*
 * Appends an event to b: begin, own members in any number, end.  The chain
 * moves in end only; to undo, copy *chain and b->len before and put them back.
 * Member names are ours (no escaping); hoop_event_raw() takes valid JSON.
 */
int hoop_event_begin(hoop_buf_t *b, hoop_chain_t *chain, uint64_t now_ms,
    const hoop_event_head_t *head);
int hoop_event_string(hoop_buf_t *b, const char *name, hoop_str_t value);
int hoop_event_uint(hoop_buf_t *b, const char *name, uint64_t value);
int hoop_event_raw(hoop_buf_t *b, const char *name, hoop_str_t json);
int hoop_event_end(hoop_buf_t *b, hoop_chain_t *chain);


/* ms since 1970 as "2026-01-31T12:00:00.000Z", HOOP_TIME_LEN bytes, and back */
void hoop_time_format(u_char *dst, uint64_t ms);
int hoop_time_parse(uint64_t *ms, hoop_str_t text);


/*
 * The common members of an event's text, read back by their places.  HOOP_OK,
 * or HOOP_ERROR if the text does not open and close as an event of this
 * version does.  The spans point into the text.
 */

typedef struct {
    hoop_str_t      gateway;
    uint32_t        slot;
    uint64_t        seq;
    uint64_t        ts;
    hoop_str_t      type;
    const u_char   *prev;              /* HOOP_HASH_LEN bytes each */
    const u_char   *hash;
} hoop_event_view_t;

int hoop_event_view(hoop_event_view_t *v, hoop_str_t text);


/*
 * A frame of a spool segment, integers little-endian:
 *
 *     0  "HEV1"
 *     4  u32  length of the text
 *     8  u32  CRC-32 (zlib) over bytes 12.. of the frame, text included
 *    12  u32  slot
 *    16  u64  seq
 *    24  u64  ts, ms
 *    32  the text
 *
 * A segment is a row of frames with nothing between them.  The length is below
 * 2^24, so a header holds a zero byte, which JSON text never does: a frame
 * cannot be hidden in another frame's text.
 */

#define HOOP_FRAME_HEADER  32
#define HOOP_FRAME_MAX     (HOOP_FRAME_HEADER + HOOP_EVENT_MAX)

typedef struct {
    uint32_t        slot;
    uint64_t        seq;
    uint64_t        ts;
    hoop_str_t      text;
    size_t          size;              /* of the whole frame */
} hoop_frame_t;

/* writes HOOP_FRAME_HEADER bytes for a text that follows it in memory */
void hoop_frame_header(u_char *dst, uint32_t slot, uint64_t seq, uint64_t ts,
    size_t len);
/*
 * HOOP_OK; HOOP_AGAIN: more bytes needed (a torn tail, at the end of a file),
 * f->size then is how many are, as far as that is known;
 * HOOP_ERROR: not a frame or a wrong checksum.
 */
int hoop_frame_parse(hoop_frame_t *f, const u_char *p, size_t len);
/* the same without the checksum, for frames that never left memory */
int hoop_frame_peek(hoop_frame_t *f, const u_char *p, size_t len);
/*
 * After damage: how many bytes to skip until the next place where a frame may
 * begin, at least 1; len if there is none.
 */
size_t hoop_frame_resync(const u_char *p, size_t len);


/*
 * The offline check of one event text against the chain so far.  On HOOP_OK
 * the chain has moved to it.  start = 1: the text opens what is checked, and
 * its seq and prev are taken as given (but prev of seq 1 is all zeros).
 * chain->gateway and chain->slot are what the event has to be of.
 */

typedef enum {
    HOOP_CHAIN_INTACT = 0,
    HOOP_CHAIN_UNREADABLE,     /* not an event of this version */
    HOOP_CHAIN_CHANGED,        /* hash does not fit the text */
    HOOP_CHAIN_REMOVED,        /* seq jumps forward */
    HOOP_CHAIN_REORDERED,      /* seq goes back or stays */
    HOOP_CHAIN_FORGED          /* seq fits, the rest does not */
} hoop_chain_e;

hoop_chain_e hoop_chain_check(hoop_chain_t *chain, hoop_str_t text, int start);
const char *hoop_chain_strerror(hoop_chain_e e);


#endif /* _HOOP_EVENT_H_INCLUDED_ */
