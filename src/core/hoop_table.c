
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Set-associative tables on a given block of memory: a head, then the sets,
 * each of HOOP_TABLE_WAYS entries that lie side by side.
 */


#include "hoop_table.h"


/* of the block: heads and sets begin at a cache line */
#define HOOP_TABLE_ALIGN   64

/* of a replay entry: beyond it the key is not compared */
#define HOOP_REPLAY_KEY    24


/* how sets are chosen: multiplicative hashing with a secret odd factor */

typedef struct {
    uint64_t             factor;
    uint32_t             sets;
} hoop_table_hash_t;


typedef struct {
    u_char               key[HOOP_TABLE_KEY];
    uint64_t             id;
    int64_t              expires;      /* 0: free */
    int64_t              checked;
    uint32_t             mark;
    uint32_t             used;         /* the clock at its last use */
} hoop_table_slot_t;


struct hoop_table_s {
    hoop_table_hash_t    hash;
    uint32_t             clock;        /* may wrap */
    hoop_table_stats_t   stats;
};


typedef struct {
    u_char               key[HOOP_REPLAY_KEY];
    int64_t              expires;      /* 0: free */
} hoop_replay_slot_t;


struct hoop_replay_s {
    hoop_table_hash_t    hash[2];
    hoop_replay_stats_t  stats;
};


_Static_assert(sizeof(hoop_table_slot_t) == 64, "slots share a cache line");
_Static_assert(sizeof(hoop_replay_slot_t) == 32, "slots share a cache line");


#define hoop_table_head(type)                                                 \
    ((sizeof(type) + HOOP_TABLE_ALIGN - 1) / HOOP_TABLE_ALIGN                 \
     * HOOP_TABLE_ALIGN)

/* all that is written of a slot between the two is seen with it, or not */
#define hoop_table_close(slot)                                                \
    __atomic_store_n(&(slot)->expires, 0, __ATOMIC_SEQ_CST)
#define hoop_table_open(slot, t)                                              \
    __atomic_store_n(&(slot)->expires, t, __ATOMIC_SEQ_CST)


static hoop_table_slot_t *hoop_table_set(hoop_table_t *t, const u_char *key);
static hoop_table_slot_t *hoop_table_find(hoop_table_t *t, const u_char *key);
static hoop_replay_slot_t *hoop_replay_set(hoop_replay_t *t, int n,
    const u_char *key);
static hoop_replay_slot_t *hoop_replay_find(hoop_replay_t *t,
    const u_char *key, int64_t now);
static hoop_replay_slot_t *hoop_replay_place(hoop_replay_t *t,
    const u_char *key, int64_t now);
static hoop_replay_slot_t *hoop_replay_free(hoop_replay_slot_t *set,
    int64_t now, int *n);
static hoop_replay_slot_t *hoop_replay_move(hoop_replay_t *t,
    hoop_replay_slot_t *set, int64_t now);
static void hoop_replay_write(hoop_replay_slot_t *slot, const u_char *key,
    int64_t expires);


/* as many sets as fit; 0: not even one */

static int
hoop_table_hash_init(hoop_table_hash_t *hash, size_t size, size_t head,
    size_t slot, const u_char *salt)
{
    size_t  n;

    if (size < head) {
        return 0;
    }

    n = (size - head) / (HOOP_TABLE_WAYS * slot);

    if (n == 0) {
        return 0;
    }

    memcpy(&hash->factor, salt, sizeof(uint64_t));

    hash->factor |= 1;
    hash->sets = (n > UINT32_MAX) ? UINT32_MAX : (uint32_t) n;

    return 1;
}


static inline uint32_t
hoop_table_hash(const hoop_table_hash_t *hash, const u_char *p)
{
    uint64_t  n;

    memcpy(&n, p, sizeof(uint64_t));

    return (uint32_t) (((n * hash->factor) >> 32) * hash->sets >> 32);
}


hoop_table_t *
hoop_table_init(void *mem, size_t size, const u_char salt[32])
{
    size_t         head;
    hoop_table_t  *t;

    t = mem;
    head = hoop_table_head(hoop_table_t);

    if (size < head) {
        return NULL;
    }

    memset(mem, 0, size);

    if (!hoop_table_hash_init(&t->hash, size, head, sizeof(hoop_table_slot_t),
                              salt))
    {
        return NULL;
    }

    return t;
}


size_t
hoop_table_capacity(const hoop_table_t *t)
{
    return (size_t) t->hash.sets * HOOP_TABLE_WAYS;
}


int
hoop_table_get(hoop_table_t *t, const u_char key[HOOP_TABLE_KEY], int64_t now,
    hoop_table_entry_t *e)
{
    hoop_table_slot_t  *slot;

    slot = hoop_table_find(t, key);

    if (slot == NULL || slot->expires <= now) {
        t->stats.misses++;
        return HOOP_DECLINED;
    }

    slot->used = ++t->clock;
    t->stats.hits++;

    e->id = slot->id;
    e->expires = slot->expires;
    e->checked = slot->checked;
    e->mark = slot->mark;

    return HOOP_OK;
}


void
hoop_table_put(hoop_table_t *t, const u_char key[HOOP_TABLE_KEY], int64_t now,
    uint64_t id, int64_t expires)
{
    int                 i;
    hoop_table_slot_t  *slot, *set;

    if (expires <= now) {
        hoop_table_drop(t, key);
        return;
    }

    slot = hoop_table_find(t, key);

    if (slot && slot->id == id && slot->expires == expires) {
        slot->used = ++t->clock;
        return;
    }

    if (slot == NULL) {
        set = hoop_table_set(t, key);
        slot = set;

        for (i = 0; i < HOOP_TABLE_WAYS; i++) {

            if (set[i].expires <= now) {
                slot = &set[i];
                break;
            }

            /* ages, not times: the clock may have wrapped in between */

            if (t->clock - set[i].used > t->clock - slot->used) {
                slot = &set[i];
            }
        }

        if (slot->expires == 0) {
            t->stats.entries++;

        } else if (slot->expires > now) {
            t->stats.evictions++;
        }
    }

    hoop_table_close(slot);

    memcpy(slot->key, key, HOOP_TABLE_KEY);
    slot->id = id;
    slot->checked = 0;
    slot->mark = 0;
    slot->used = ++t->clock;

    hoop_table_open(slot, expires);

    t->stats.inserts++;
}


void
hoop_table_check(hoop_table_t *t, const u_char key[HOOP_TABLE_KEY],
    int64_t now, int64_t checked, uint32_t mark)
{
    int64_t             expires;
    hoop_table_slot_t  *slot;

    slot = hoop_table_find(t, key);

    if (slot == NULL || slot->expires <= now) {
        return;
    }

    /* "checked" must never stand beside the mark of another check */

    expires = slot->expires;

    hoop_table_close(slot);

    slot->checked = checked;
    slot->mark = mark;

    hoop_table_open(slot, expires);
}


void
hoop_table_drop(hoop_table_t *t, const u_char key[HOOP_TABLE_KEY])
{
    hoop_table_slot_t  *slot;

    slot = hoop_table_find(t, key);

    if (slot) {
        hoop_table_close(slot);
        t->stats.entries--;
    }
}


void
hoop_table_stats(const hoop_table_t *t, hoop_table_stats_t *s)
{
    *s = t->stats;
}


static hoop_table_slot_t *
hoop_table_set(hoop_table_t *t, const u_char *key)
{
    u_char  *p;

    p = (u_char *) t + hoop_table_head(hoop_table_t);

    return (hoop_table_slot_t *) p
           + (size_t) hoop_table_hash(&t->hash, key) * HOOP_TABLE_WAYS;
}


static hoop_table_slot_t *
hoop_table_find(hoop_table_t *t, const u_char *key)
{
    int                 i;
    hoop_table_slot_t  *set;

    set = hoop_table_set(t, key);

    for (i = 0; i < HOOP_TABLE_WAYS; i++) {
        if (set[i].expires
            && memcmp(set[i].key, key, HOOP_TABLE_KEY) == 0)
        {
            return &set[i];
        }
    }

    return NULL;
}


hoop_replay_t *
hoop_replay_init(void *mem, size_t size, const u_char salt[32])
{
    size_t          head;
    hoop_replay_t  *t;

    t = mem;
    head = hoop_table_head(hoop_replay_t);

    if (size < head) {
        return NULL;
    }

    memset(mem, 0, size);

    if (!hoop_table_hash_init(&t->hash[0], size, head,
                              sizeof(hoop_replay_slot_t), salt + 8)
        || !hoop_table_hash_init(&t->hash[1], size, head,
                                 sizeof(hoop_replay_slot_t), salt + 16))
    {
        return NULL;
    }

    return t;
}


size_t
hoop_replay_capacity(const hoop_replay_t *t)
{
    return (size_t) t->hash[0].sets * HOOP_TABLE_WAYS;
}


hoop_replay_e
hoop_replay_add(hoop_replay_t *t, const u_char key[HOOP_TABLE_KEY],
    int64_t now, int64_t expires)
{
    hoop_replay_slot_t  *slot;

    slot = hoop_replay_find(t, key, now);

    if (slot) {

        if (expires > slot->expires) {
            hoop_table_open(slot, expires);
        }

        t->stats.seen++;
        return HOOP_REPLAY_SEEN;
    }

    slot = (expires < now) ? NULL : hoop_replay_place(t, key, now);

    if (slot == NULL) {
        t->stats.full++;
        return HOOP_REPLAY_FULL;
    }

    hoop_replay_write(slot, key, expires);

    t->stats.added++;

    return HOOP_REPLAY_NEW;
}


/*
 * The emptier of the two sets takes the key, and where both are full, one of
 * their entries is moved out of the way: nine tenths of the slots are taken
 * before the first key is turned away.
 */

static hoop_replay_slot_t *
hoop_replay_place(hoop_replay_t *t, const u_char *key, int64_t now)
{
    int                  n[2];
    hoop_replay_slot_t  *set[2], *slot[2];

    set[0] = hoop_replay_set(t, 0, key);
    set[1] = hoop_replay_set(t, 1, key);

    slot[0] = hoop_replay_free(set[0], now, &n[0]);
    slot[1] = hoop_replay_free(set[1], now, &n[1]);

    if (n[1] > n[0]) {
        slot[0] = slot[1];
    }

    if (slot[0] == NULL) {
        slot[0] = hoop_replay_move(t, set[0], now);
    }

    if (slot[0] == NULL) {
        slot[0] = hoop_replay_move(t, set[1], now);
    }

    return slot[0];
}


hoop_take_e
hoop_replay_take(hoop_replay_t *t, const u_char key[HOOP_TABLE_KEY],
    int64_t now, const hoop_rate_t *rate, int64_t *wait)
{
    int64_t              until;
    hoop_replay_slot_t  *slot;

    slot = hoop_replay_find(t, key, now);

    if (slot) {
        until = slot->expires;
        *wait = hoop_rate_take(rate, &until, now);

        hoop_table_open(slot, until);

        t->stats.seen++;

        return *wait ? HOOP_TAKE_OVER : HOOP_TAKE_OK;
    }

    slot = hoop_replay_place(t, key, now);

    if (slot == NULL) {
        t->stats.full++;
        return HOOP_TAKE_FULL;
    }

    until = 0;
    *wait = hoop_rate_take(rate, &until, now);

    hoop_replay_write(slot, key, until);

    t->stats.added++;

    return HOOP_TAKE_OK;
}


hoop_take_e
hoop_replay_look(hoop_replay_t *t, const u_char key[HOOP_TABLE_KEY],
    int64_t now, const hoop_rate_t *rate, int64_t *wait)
{
    int64_t              until;
    hoop_replay_slot_t  *slot;

    slot = hoop_replay_find(t, key, now);
    until = slot ? slot->expires : 0;

    *wait = hoop_rate_take(rate, &until, now);

    return *wait ? HOOP_TAKE_OVER : HOOP_TAKE_OK;
}


void
hoop_replay_give(hoop_replay_t *t, const u_char key[HOOP_TABLE_KEY],
    int64_t now, const hoop_rate_t *rate)
{
    int64_t              until;
    hoop_replay_slot_t  *slot;

    slot = hoop_replay_find(t, key, now);

    if (slot) {
        until = slot->expires;
        hoop_rate_give(rate, &until, now);

        hoop_table_open(slot, until);
    }
}


void
hoop_replay_stats(const hoop_replay_t *t, hoop_replay_stats_t *s)
{
    *s = t->stats;
}


static hoop_replay_slot_t *
hoop_replay_set(hoop_replay_t *t, int n, const u_char *key)
{
    u_char  *p;

    p = (u_char *) t + hoop_table_head(hoop_replay_t);

    /* two hashes of different bytes of the key */

    return (hoop_replay_slot_t *) p
           + (size_t) hoop_table_hash(&t->hash[n], key + 8 * n)
             * HOOP_TABLE_WAYS;
}


static hoop_replay_slot_t *
hoop_replay_find(hoop_replay_t *t, const u_char *key, int64_t now)
{
    int                  i, n;
    hoop_replay_slot_t  *set;

    for (n = 0; n < 2; n++) {
        set = hoop_replay_set(t, n, key);

        for (i = 0; i < HOOP_TABLE_WAYS; i++) {
            if (set[i].expires >= now
                && memcmp(set[i].key, key, HOOP_REPLAY_KEY) == 0)
            {
                return &set[i];
            }
        }
    }

    return NULL;
}


/* one of the *n free slots, or NULL */

static hoop_replay_slot_t *
hoop_replay_free(hoop_replay_slot_t *set, int64_t now, int *n)
{
    int                  i;
    hoop_replay_slot_t  *slot;

    *n = 0;
    slot = NULL;

    for (i = 0; i < HOOP_TABLE_WAYS; i++) {
        if (set[i].expires < now) {
            slot = &set[i];
            (*n)++;
        }
    }

    return slot;
}


/*
 * Frees a slot of a full set: the copy in the other set is whole before the
 * slot is written to, so that the entry is in the table at all times.
 */

static hoop_replay_slot_t *
hoop_replay_move(hoop_replay_t *t, hoop_replay_slot_t *set, int64_t now)
{
    int                  i, n;
    hoop_replay_slot_t  *other, *slot;

    for (i = 0; i < HOOP_TABLE_WAYS; i++) {

        other = hoop_replay_set(t, 0, set[i].key);

        if (other == set) {
            other = hoop_replay_set(t, 1, set[i].key);
        }

        slot = hoop_replay_free(other, now, &n);

        if (slot) {
            hoop_replay_write(slot, set[i].key, set[i].expires);

            t->stats.moved++;
            return &set[i];
        }
    }

    return NULL;
}


static void
hoop_replay_write(hoop_replay_slot_t *slot, const u_char *key,
    int64_t expires)
{
    hoop_table_close(slot);

    memcpy(slot->key, key, HOOP_REPLAY_KEY);

    hoop_table_open(slot, expires);
}
