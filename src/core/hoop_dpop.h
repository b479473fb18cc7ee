
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Proof of possession: what a token is bound to (RFC 7800: its "cnf"), by the
 * thumbprint of a client certificate (RFC 8705) or of a key that signs a proof
 * for each request (DPoP, RFC 9449).
 *
 * A proof is a token of its own and is read with the same rigour (hoop_jwt.h);
 * its one key source is the "jwk" of its header, which is the point of it: the
 * token names the thumbprint of that key.  Cap: 8 KiB.
 */


#ifndef _HOOP_DPOP_H_INCLUDED_
#define _HOOP_DPOP_H_INCLUDED_


#include "hoop_jwt.h"


#define HOOP_DPOP_MAX_PROOF   8192
#define HOOP_DPOP_MAX_JTI     256


/* base64url of a SHA-256, as a thumbprint and a nonce are written */
#define HOOP_DPOP_THUMBPRINT  43

/* a nonce is that of so many seconds */
#define HOOP_DPOP_PERIOD      60


/* What a token is bound to; len 0: not by this.  Spans point into claims. */

typedef struct {
    hoop_str_t          jkt;
    hoop_str_t          x5t;             /* x5t#S256 */
} hoop_cnf_t;


/*
 * HOOP_OK; HOOP_DECLINED: claims have no "cnf"; HOOP_ERROR: it cannot be
 * fulfilled here: no object, empty, with a member other than these two, or
 * with one that is no thumbprint.
 */
int hoop_cnf_read(const json_t *claims, hoop_cnf_t *cnf);

/* 1 if thumbprint is that of md; in constant time */
int hoop_cnf_match(hoop_str_t thumbprint, const u_char md[32]);


typedef enum {
    HOOP_DPOP_OK = 0,
    HOOP_DPOP_MALFORMED,       /* not a compact JWS, broken JSON, caps */
    HOOP_DPOP_TYPE,
    HOOP_DPOP_ALG,
    HOOP_DPOP_CRIT,
    HOOP_DPOP_KEY,             /* no jwk, not public, not fit for alg */
    HOOP_DPOP_CLAIM,           /* a claim missing or of a wrong type */
    HOOP_DPOP_METHOD,
    HOOP_DPOP_URI,
    HOOP_DPOP_OLD,
    HOOP_DPOP_FUTURE,
    HOOP_DPOP_TOKEN,           /* ath */
    HOOP_DPOP_BINDING,         /* the token wants another key */
    HOOP_DPOP_SIGNATURE,
    HOOP_DPOP_NONCE,           /* good, but with none of the nonces */
    HOOP_DPOP_INTERNAL
} hoop_dpop_e;


/* short fixed text for error_description and logs; no input in it */
const char *hoop_dpop_strerror(hoop_dpop_e e);


typedef struct {
    hoop_str_t          method;          /* of the request */
    hoop_str_t          uri;             /* as hoop_uri_normal() makes it */
    const u_char       *token_sha256;    /* 32 bytes; NULL: "ath" is not
                                            looked at (RFC 9449, 5) */
    hoop_str_t          jkt;             /* of the token */
    unsigned            algs;            /* allowed; asymmetric ones count */
    int64_t             now;             /* Unix seconds */
    int64_t             window;          /* how old iat may be */
    int64_t             leeway;          /* how far ahead iat may be */
    const hoop_str_t   *nonces;          /* one is wanted; n 0: none is */
    unsigned            nnonces;
} hoop_dpop_rules_t;


typedef struct {
    u_char              replay[32];      /* of jkt and jti: once only */
    int64_t             expires;         /* when it would be too old anyway */
    unsigned            nonce;           /* which one it has */
} hoop_dpop_t;


/*
 * Checks everything of RFC 9449, 4.3, but that the proof is new: *dpop, set
 * with HOOP_DPOP_OK, has what to remember it by.
 */
hoop_dpop_e hoop_dpop_check(hoop_str_t proof, const hoop_dpop_rules_t *rules,
    hoop_dpop_t *dpop);

/*
 * The nonce of a period, that is of time / HOOP_DPOP_PERIOD: who has the
 * secret needs no memory of those that were given.  HOOP_OK or HOOP_ERROR.
 */
int hoop_dpop_nonce(const u_char secret[32], int64_t period,
    u_char text[HOOP_DPOP_THUMBPRINT]);


#endif /* _HOOP_DPOP_H_INCLUDED_ */
