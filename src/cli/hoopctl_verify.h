
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the parts of "hoopctl audit verify" share: hoopctl_verify.c, the chains;
 * hoopctl_verify_signed.c, the checkpoints and what they have seen.
 */


#ifndef _HOOPCTL_VERIFY_H_INCLUDED_
#define _HOOPCTL_VERIFY_H_INCLUDED_


#include "hoopctl_audit.h"
#include "../core/hoop_checkpoint.h"


/* as much of a hash as nobody finds another event for */
#define HOOPCTL_PIN_HASH  32           /* hexadecimal digits */


/* a checkpoint of a chain; and one that somebody says there is */

typedef struct {
    uint64_t           seq;
    u_char             hash[HOOPCTL_PIN_HASH];
} hoopctl_point_t;


typedef struct {
    uint32_t           slot;
    uint32_t           by_slot;
    uint64_t           by_seq;
    uint64_t           by_ts;
    hoopctl_point_t    point;
    unsigned           gateway;        /* index of its name */
    unsigned           anchor:1;       /* by the anchor's copy of itself */
    unsigned           done:1;
} hoopctl_pin_t;


/* a chain under check: of one gateway and slot */

typedef struct {
    u_char             gateway[HOOP_GATEWAY_LEN];
    hoop_chain_t       chain;
    uint64_t           first;

    /* checkpoints, ascending */
    hoopctl_point_t   *points;
    size_t             npoints;
    uint64_t           signed_seq;     /* of the last one with a good signature */
    uint64_t           signed_ts;
    unsigned           interval;       /* as it says */
    unsigned           events;
    uint64_t           unsigned_ts;    /* of the first event after it */

    /* the first fault */
    const char        *fault;
    uint64_t           seq;            /* of the event that is meant */
    char               why[192];
    char               where[96];
    unsigned           missing:1;      /* seq may turn up later: reordered */
} hoopctl_chain_t;


typedef struct {
    hoopctl_audit_t   *a;
    hoopctl_chain_t  **chains;
    size_t             nchains;
    hoopctl_chain_t   *last;
    hoopctl_row_t     *row;            /* that "last" was met in */
    uint64_t           events;
    unsigned           strays;         /* faults of no chain */

    hoop_jwks_t       *keys;           /* NULL: no --key */
    uint64_t           checkpoints;
    uint64_t           unchecked;      /* without a key */

    hoopctl_pin_t     *pins;
    size_t             npins;
    u_char           (*gateways)[HOOP_GATEWAY_LEN + 1];
    size_t             ngateways;
} hoopctl_verify_t;


/* of that gateway and slot, or NULL; add: it is made */
hoopctl_chain_t *hoopctl_verify_chain(hoopctl_verify_t *v, hoop_str_t gateway,
    uint32_t slot, int add);
/* sets the fault of a chain that has none yet; fmt as printf's */
void hoopctl_verify_set(hoopctl_chain_t *c, const char *fault, uint64_t seq,
    const char *where, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));


/* hoopctl_verify_signed.c: HOOP_OK, or HOOP_ERROR with the reason told */

int hoopctl_verify_keys(hoopctl_verify_t *v);
/* an event that is sound in its chain */
int hoopctl_verify_signed(hoopctl_verify_t *v, hoopctl_chain_t *c,
    const hoop_event_view_t *view, hoopctl_item_t *item);
/* what checkpoints and anchors have seen against what there is */
int hoopctl_verify_seen(hoopctl_verify_t *v);
void hoopctl_verify_signed_free(hoopctl_verify_t *v);


#endif /* _HOOPCTL_VERIFY_H_INCLUDED_ */
