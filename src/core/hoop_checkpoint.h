
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Checkpoints: events of a chain that are signed, so that who can write to a
 * slot cannot make its chain anew.  The members of an event "checkpoint" are
 *
 *     "count":COUNT          of the chain's events before it: seq - 1
 *     "head":"<64 hex>"      the hash of the last of them: "prev"
 *     "heads":[{"slot":SLOT,"seq":SEQ,"hash":"<64 hex>"},..]
 *                            the last checkpoint of each other slot of the
 *                            gateway that was known to be kept
 *     "interval":SECONDS     the next one comes by then, if anything happens,
 *     "events":N             or soon after as many events
 *     "kid":".."             of the key: its thumbprint (RFC 7638)
 *     "sig":".."             base64url, 86 bytes
 *
 * in this order, before "prev" and "hash".  The signature is Ed25519 (RFC 8032)
 * over all bytes of the event's text before ,"sig": (the comma not included),
 * so it covers the event's own id, seq and ts, and by "head" all of the chain
 * before it.
 */


#ifndef _HOOP_CHECKPOINT_H_INCLUDED_
#define _HOOP_CHECKPOINT_H_INCLUDED_


#include "hoop_event.h"
#include "hoop_jwt.h"
#include "hoop_signer.h"


#define HOOP_CHECKPOINT_HEADS  256
#define HOOP_CHECKPOINT_KID    256         /* bytes of the longest */


/* of one slot: a checkpoint and its hash */

typedef struct {
    uint32_t        slot;
    uint64_t        seq;
    u_char          hash[HOOP_HASH_LEN];
} hoop_checkpoint_head_t;


/*
 * Appends the members to an event that hoop_event_begin() has begun in b.
 * The key is a private one of Ed25519.  HOOP_OK, HOOP_NOMEM or HOOP_ERROR.
 */
int hoop_checkpoint_write(hoop_buf_t *b, const hoop_chain_t *chain,
    const hoop_signer_t *key, unsigned interval, unsigned events,
    const hoop_checkpoint_head_t *heads, size_t n);


typedef struct {
    uint64_t                count;
    unsigned                interval;      /* seconds */
    unsigned                events;
    u_char                  kid[HOOP_CHECKPOINT_KID + 1];
    size_t                  kid_len;
    hoop_str_t              input;         /* span of the text: is signed */
    u_char                  sig[64];
    size_t                  nheads;
    hoop_checkpoint_head_t  heads[HOOP_CHECKPOINT_HEADS];
} hoop_checkpoint_t;


/*
 * Reads an event of the type "checkpoint"; HOOP_ERROR: it does not say what
 * one has to, or does not fit itself (count and seq, head and prev).
 */
int hoop_checkpoint_parse(hoop_checkpoint_t *cp, const hoop_event_view_t *v,
    hoop_str_t text);

/* HOOP_JWT_OK, HOOP_JWT_NO_KEY, HOOP_JWT_SIGNATURE, HOOP_JWT_INTERNAL */
hoop_jwt_e hoop_checkpoint_verify(const hoop_checkpoint_t *cp,
    const hoop_jwks_t *keys);


#endif /* _HOOP_CHECKPOINT_H_INCLUDED_ */
