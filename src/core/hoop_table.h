
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Tables on a block of memory that the caller owns and, perhaps, shares between
 * processes: verified tokens, keys that must not come twice, and what callers
 * have taken of a rate.
 *
 * They are arrays of sets of eight entries; a key belongs into one set, or, in
 * the second and third table, into one of two.  So each call looks at a fixed number of
 * entries, nothing is allocated after init, and nothing is swept or resized:
 * the slowest call costs about what the average one does.
 *
 * Nothing here locks.  Whoever shares a table holds one lock for each call,
 * reading ones included.  A process that dies inside of a call leaves no entry
 * half written: "expires" is cleared before and set after all else, so that
 * the entry is whole, or free.
 *
 * Keys are hashes (SHA-256): any of their bytes are as good as random.  The
 * salt keeps those who can choose what is hashed from aiming at one set.
 *
 * Times are the caller's, in whole seconds (of a rate in microseconds), and at
 * least 1.
 */


#ifndef _HOOP_TABLE_H_INCLUDED_
#define _HOOP_TABLE_H_INCLUDED_


#include "hoop_core.h"
#include "hoop_rate.h"


/* changes with the layout of any table */
#define HOOP_TABLE_VERSION  2

#define HOOP_TABLE_WAYS     8
#define HOOP_TABLE_KEY      32


/*
 * Verified tokens: that the signature of the token with this SHA-256 was found
 * good by the key with this id.  A set that is full loses an entry that has
 * expired or else the one that was used least recently.
 */

typedef struct {
    uint64_t        id;                /* of the key; never 0 */
    int64_t         expires;           /* good before, not at, this time */
    int64_t         checked;           /* the caller's; 0: never */
    uint32_t        mark;              /* the caller's, of that check */
} hoop_table_entry_t;


typedef struct {
    uint64_t        entries;           /* taken, expired ones included */
    uint64_t        hits;
    uint64_t        misses;
    uint64_t        inserts;
    uint64_t        evictions;         /* of entries that were still good */
} hoop_table_stats_t;


typedef struct hoop_table_s  hoop_table_t;


/* NULL: too small; mem is aligned to 64 bytes.  A table that is there already
   is used by its address. */
hoop_table_t *hoop_table_init(void *mem, size_t size, const u_char salt[32]);
size_t hoop_table_capacity(const hoop_table_t *t);

/* HOOP_OK; HOOP_DECLINED: not there, or expired */
int hoop_table_get(hoop_table_t *t, const u_char key[HOOP_TABLE_KEY],
    int64_t now, hoop_table_entry_t *e);
/* an entry that says otherwise is replaced; what has expired is not kept */
void hoop_table_put(hoop_table_t *t, const u_char key[HOOP_TABLE_KEY],
    int64_t now, uint64_t id, int64_t expires);
/* sets "checked" and "mark", where the entry is there */
void hoop_table_check(hoop_table_t *t, const u_char key[HOOP_TABLE_KEY],
    int64_t now, int64_t checked, uint32_t mark);
void hoop_table_drop(hoop_table_t *t, const u_char key[HOOP_TABLE_KEY]);
void hoop_table_stats(const hoop_table_t *t, hoop_table_stats_t *s);


/*
 * Keys that must not come twice: no entry is given up before it has expired.
 * Where both sets of a key are full, and no entry of theirs can move into its
 * other set, the key cannot be remembered, and whoever asks has to refuse.
 * Keys are compared by 24 of their bytes.
 */

typedef enum {
    HOOP_REPLAY_NEW = 0,               /* remembered from now on */
    HOOP_REPLAY_SEEN,
    HOOP_REPLAY_FULL                   /* could not be remembered */
} hoop_replay_e;


typedef struct {
    uint64_t        added;
    uint64_t        moved;
    uint64_t        seen;
    uint64_t        full;
} hoop_replay_stats_t;


typedef struct hoop_replay_s  hoop_replay_t;


hoop_replay_t *hoop_replay_init(void *mem, size_t size, const u_char salt[32]);
size_t hoop_replay_capacity(const hoop_replay_t *t);

/*
 * Remembers the key up to and including the second "expires", or the later one
 * if it is seen again.  One that lies in the past cannot be remembered.
 */
hoop_replay_e hoop_replay_add(hoop_replay_t *t,
    const u_char key[HOOP_TABLE_KEY], int64_t now, int64_t expires);
void hoop_replay_stats(const hoop_replay_t *t, hoop_replay_stats_t *s);


/*
 * Rates: a table of the same kind, with each key until when it owes something
 * (hoop_rate.h).  No entry is given up before: to forget one would be to begin
 * its count anew.  A key that cannot be remembered gets nothing.
 */

typedef enum {
    HOOP_TAKE_OK = 0,
    HOOP_TAKE_OVER,                    /* *wait says how long it is over */
    HOOP_TAKE_FULL                     /* could not be remembered */
} hoop_take_e;


hoop_take_e hoop_replay_take(hoop_replay_t *t,
    const u_char key[HOOP_TABLE_KEY], int64_t now, const hoop_rate_t *rate,
    int64_t *wait);
/* the same without taking: OK or OVER */
hoop_take_e hoop_replay_look(hoop_replay_t *t,
    const u_char key[HOOP_TABLE_KEY], int64_t now, const hoop_rate_t *rate,
    int64_t *wait);
/* a unit that was taken and not used */
void hoop_replay_give(hoop_replay_t *t, const u_char key[HOOP_TABLE_KEY],
    int64_t now, const hoop_rate_t *rate);


#endif /* _HOOP_TABLE_H_INCLUDED_ */
