
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The shared tables: what is found and what is not, who has to go, how full
 * they get, and that no single call is slow.
 */


#include <stdlib.h>
#include <time.h>

#include "../../src/core/hoop_table.h"
#include "tap.h"


#define NOW      1000
#define TOKENS   100000

/* the shares of a zone of 10m */
#define BIG      (7 * 1024 * 1024 + 512 * 1024)
#define REPLAYS  (2 * 1024 * 1024 + 512 * 1024)


static u_char  salt[32];


static void *
block(size_t size)
{
    void  *p;

    if (posix_memalign(&p, 64, size) != 0) {
        exit(2);
    }

    memset(p, 0xa5, size);

    return p;
}


static u_char *
key(uint32_t n)
{
    static u_char  md[32];

    hoop_sha256(md, &n, sizeof(n));

    return md;
}


static uint64_t
nanoseconds(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


static void
test_sizes(void)
{
    void  *p;

    p = block(4096);

    ok(hoop_table_init(p, 16, salt) == NULL, "no room for the head");
    ok(hoop_table_init(p, 512, salt) == NULL, "no room for a set");
    ok(hoop_replay_init(p, 16, salt) == NULL, "replay: not for the head");
    ok(hoop_replay_init(p, 256, salt) == NULL, "replay: not for a set");

    is_int(hoop_table_capacity(hoop_table_init(p, 1024, salt)), 8, "one set");
    is_int(hoop_replay_capacity(hoop_replay_init(p, 512, salt)), 8,
           "replay: one set");
    is_int(hoop_table_capacity(hoop_table_init(p, 4096, salt)), 56,
           "seven sets: any number will do");

    free(p);
}


static void
test_tokens(void)
{
    void                *p;
    hoop_table_t        *t;
    hoop_table_entry_t   e;
    hoop_table_stats_t   s;

    p = block(1024);
    t = hoop_table_init(p, 1024, salt);

    is_int(hoop_table_get(t, key(1), NOW, &e), HOOP_DECLINED, "empty");

    hoop_table_put(t, key(1), NOW, 77, NOW + 10);

    is_int(hoop_table_get(t, key(1), NOW + 9, &e), HOOP_OK, "found");
    is_int(e.id, 77, "by which key");
    is_int(e.expires, NOW + 10, "until when");
    is_int(e.checked, 0, "never checked");
    is_int(hoop_table_get(t, key(1), NOW + 10, &e), HOOP_DECLINED,
           "not at its end");
    is_int(hoop_table_get(t, key(2), NOW, &e), HOOP_DECLINED, "no other");

    hoop_table_check(t, key(1), NOW, 123456, 5);
    hoop_table_check(t, key(2), NOW, 999, 9);

    is_int(hoop_table_get(t, key(1), NOW, &e), HOOP_OK, "still found");
    ok(e.checked == 123456 && e.mark == 5, "with the check");
    is_int(hoop_table_get(t, key(2), NOW, &e), HOOP_DECLINED,
           "a check adds nothing");

    hoop_table_put(t, key(1), NOW, 77, NOW + 10);
    is_int(hoop_table_get(t, key(1), NOW, &e), HOOP_OK, "put again");
    ok(e.checked == 123456 && e.mark == 5, "the check stays");

    hoop_table_put(t, key(1), NOW, 78, NOW + 20);
    is_int(hoop_table_get(t, key(1), NOW + 10, &e), HOOP_OK, "replaced");
    ok(e.id == 78 && e.checked == 0 && e.mark == 0, "as a whole");

    hoop_table_stats(t, &s);
    is_int(s.entries, 1, "one entry");

    hoop_table_put(t, key(1), NOW, 79, NOW);
    is_int(hoop_table_get(t, key(1), 1, &e), HOOP_DECLINED,
           "what has expired is not kept");

    hoop_table_put(t, key(3), NOW, 79, NOW + 1);
    hoop_table_drop(t, key(3));
    hoop_table_drop(t, key(3));
    is_int(hoop_table_get(t, key(3), NOW, &e), HOOP_DECLINED, "dropped");

    hoop_table_stats(t, &s);
    is_int(s.entries, 0, "no entry");
    ok(s.hits == 4 && s.misses == 6 && s.inserts == 3 && s.evictions == 0,
       "counted");

    free(p);
}


static void
test_lru(void)
{
    int                  i;
    void                *p;
    hoop_table_t        *t;
    hoop_table_entry_t   e;
    hoop_table_stats_t   s;

    p = block(1024);
    t = hoop_table_init(p, 1024, salt);

    for (i = 0; i < 8; i++) {
        hoop_table_put(t, key(i), NOW, 1 + i, NOW + (i == 5 ? 5 : 100));
    }

    /* used again: all but 1 and 3, in that order of age */

    for (i = 0; i < 8; i++) {
        if (i != 1 && i != 3) {
            (void) hoop_table_get(t, key(i), NOW, &e);
        }
    }

    hoop_table_put(t, key(8), NOW, 9, NOW + 100);

    is_int(hoop_table_get(t, key(1), NOW, &e), HOOP_DECLINED,
           "the least recently used one goes");

    hoop_table_put(t, key(9), NOW + 5, 10, NOW + 100);

    is_int(hoop_table_get(t, key(3), NOW, &e), HOOP_OK,
           "but not where one has expired");
    is_int(hoop_table_get(t, key(5), NOW, &e), HOOP_DECLINED,
           "which goes first");

    hoop_table_stats(t, &s);
    is_int(s.evictions, 1, "one eviction");
    is_int(s.entries, 8, "eight entries");

    free(p);
}


static void
test_replay(void)
{
    int             i, n;
    void           *p;
    hoop_replay_t  *t;

    p = block(512);
    t = hoop_replay_init(p, 512, salt);

    is_int(hoop_replay_add(t, key(1), NOW, NOW + 10), HOOP_REPLAY_NEW, "new");
    is_int(hoop_replay_add(t, key(1), NOW, NOW + 10), HOOP_REPLAY_SEEN,
           "seen");
    is_int(hoop_replay_add(t, key(1), NOW + 10, NOW + 10), HOOP_REPLAY_SEEN,
           "to its very end");
    is_int(hoop_replay_add(t, key(1), NOW + 11, NOW + 20), HOOP_REPLAY_NEW,
           "and new after it");
    is_int(hoop_replay_add(t, key(1), NOW + 11, NOW + 30), HOOP_REPLAY_SEEN,
           "seen with a later end");
    is_int(hoop_replay_add(t, key(1), NOW + 30, NOW + 30), HOOP_REPLAY_SEEN,
           "which is the one that counts");
    is_int(hoop_replay_add(t, key(2), NOW, NOW - 1), HOOP_REPLAY_FULL,
           "what is over cannot be remembered");

    p = memset(p, 0xa5, 512);
    t = hoop_replay_init(p, 512, salt);

    for (n = 0, i = 0; i < 8; i++) {
        n += hoop_replay_add(t, key(i), NOW, NOW + 10) == HOOP_REPLAY_NEW;
    }

    is_int(n, 8, "all slots are used");
    is_int(hoop_replay_add(t, key(8), NOW, NOW + 10), HOOP_REPLAY_FULL,
           "full");

    for (n = 0, i = 0; i < 8; i++) {
        n += hoop_replay_add(t, key(i), NOW, NOW + 10) == HOOP_REPLAY_SEEN;
    }

    is_int(n, 8, "and nothing is forgotten for it");
    is_int(hoop_replay_add(t, key(8), NOW + 11, NOW + 20), HOOP_REPLAY_NEW,
           "there is room once they are over");

    free(p);
}


/* how full it is when a key is turned away for the first time */

static void
test_load(void)
{
    void                 *p;
    size_t                capacity;
    uint32_t              i, n, lost;
    hoop_replay_t        *t;
    hoop_replay_stats_t   s;

    p = block(REPLAYS);
    t = hoop_replay_init(p, REPLAYS, salt);
    capacity = hoop_replay_capacity(t);

    for (n = 0; n < capacity; n++) {
        if (hoop_replay_add(t, key(n), NOW, NOW + 60) != HOOP_REPLAY_NEW) {
            break;
        }
    }

    hoop_replay_stats(t, &s);

    printf("# %u of %zu keys before the first is turned away: %u%%, %llu "
           "moved\n", n, capacity, (unsigned) (n * 100.0 / capacity),
           (unsigned long long) s.moved);

    ok(n * 100.0 / capacity >= 85, "full at 85%% of the slots or later");

    for (lost = 0, i = 0; i < n; i++) {
        lost += hoop_replay_add(t, key(i), NOW + 60, NOW + 60)
                != HOOP_REPLAY_SEEN;
    }

    is_int(lost, 0, "none of them is forgotten");

    free(p);
}


static void
test_many(void)
{
    void                *p;
    uint32_t             i, found;
    uint64_t             t0, t1, worst, sum;
    hoop_table_t        *t;
    hoop_table_entry_t   e;
    hoop_table_stats_t   s;

    p = block(BIG + 64);
    t = hoop_table_init(p, BIG, salt);
    memset((u_char *) p + BIG, 0x5a, 64);

    worst = 0;
    sum = 0;

    for (i = 0; i < TOKENS; i++) {
        (void) key(i);

        t0 = nanoseconds();
        hoop_table_put(t, key(i), NOW, 1 + i, NOW + 600);
        t1 = nanoseconds() - t0;

        sum += t1;

        if (t1 > worst) {
            worst = t1;
        }
    }

    for (found = 0, i = 0; i < TOKENS; i++) {
        if (hoop_table_get(t, key(i), NOW, &e) == HOOP_OK) {
            found += (e.id == 1 + i);
        }
    }

    hoop_table_stats(t, &s);

    printf("# %d tokens, %zu slots: %u are there; an insert, hashing "
           "included, takes %llu ns, the slowest one %llu ns\n", TOKENS,
           hoop_table_capacity(t), found,
           (unsigned long long) (sum / TOKENS), (unsigned long long) worst);

    ok(found >= TOKENS * 9 / 10, "nine of ten tokens stay");
    is_int(found + s.evictions, TOKENS, "each of the others was evicted");
    is_int(s.entries, found, "as many entries as are found");

    for (i = 0; i < 64 && ((u_char *) p)[BIG + i] == 0x5a; i++) { /* void */ }

    is_int(i, 64, "nothing is written behind the block");

    /* the machine may take the processor away: this is no bench */

    ok(worst < 50 * 1000 * 1000, "no insert stalls");

    free(p);
}


int
main(void)
{
    int  i;

    for (i = 0; i < 32; i++) {
        salt[i] = (u_char) (37 * i + 11);
    }

    test_sizes();
    test_tokens();
    test_lru();
    test_replay();
    test_load();
    test_many();

    return done_testing();
}
