
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the workers share: the cache of verified tokens, the proofs of
 * possession that have been used, what subjects have taken of rates, and a
 * secret.
 *
 * There is one zone, made with the first location that is protected.  It
 * survives a reload with the same size; with another it begins empty.
 */


#ifndef _NGX_HOOP_ZONE_H_INCLUDED_
#define _NGX_HOOP_ZONE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "../core/hoop_table.h"


#define NGX_HOOP_ZONE_DEFAULT  (10 * 1024 * 1024)
#define NGX_HOOP_ZONE_MIN      (256 * 1024)


typedef enum {
    NGX_HOOP_REPLAY_NEW = HOOP_REPLAY_NEW,
    NGX_HOOP_REPLAY_SEEN = HOOP_REPLAY_SEEN,
    NGX_HOOP_REPLAY_FULL = HOOP_REPLAY_FULL
} ngx_hoop_replay_e;


typedef struct {
    uint64_t    id;            /* of the key that has verified the token */
    int64_t     checked;       /* last look for a revocation: Unix ms; or 0 */
    ngx_uint_t  revoked;       /* what it found */
} ngx_hoop_zone_token_t;


/* at config time; NULL: an error, already logged */
ngx_shm_zone_t *ngx_hoop_zone_add(ngx_conf_t *cf, size_t size);

/*
 * In a worker, before all that follows, which must not be called where there
 * is no zone: no location is protected.
 */
void ngx_hoop_zone_init(ngx_shm_zone_t *zone);

/* NGX_OK; NGX_DECLINED: the token is not known, or has expired */
ngx_int_t ngx_hoop_zone_token_get(const u_char key[32],
    ngx_hoop_zone_token_t *token);
/* "expires" is the token's exp; one that is known is replaced */
void ngx_hoop_zone_token_put(const u_char key[32], uint64_t id,
    time_t expires);
/* keeps, for a token that is known, what was found at that time */
void ngx_hoop_zone_token_check(const u_char key[32], int64_t checked,
    ngx_uint_t revoked);
void ngx_hoop_zone_token_drop(const u_char key[32]);

/* remembers a 32 byte key (a SHA-256) until "expires" (Unix seconds); FULL:
   could not be remembered, so refuse */
ngx_hoop_replay_e ngx_hoop_zone_replay(const u_char key[32], time_t expires);

/* takes a unit of a rate, by a clock that nobody sets; FULL: could not be
   remembered, so refuse */
hoop_take_e ngx_hoop_zone_take(const u_char key[32], const hoop_rate_t *rate,
    int64_t *wait);
/* the same without taking: OK or OVER */
hoop_take_e ngx_hoop_zone_look(const u_char key[32], const hoop_rate_t *rate,
    int64_t *wait);
/* puts one back that was not used */
void ngx_hoop_zone_give(const u_char key[32], const hoop_rate_t *rate);

/* 32 random bytes made when the zone was, the same in all workers and across
   reloads: for stateless nonces */
const u_char *ngx_hoop_zone_secret(void);

void ngx_hoop_zone_stats(hoop_table_stats_t *tokens,
    hoop_replay_stats_t *replay);


#endif /* _NGX_HOOP_ZONE_H_INCLUDED_ */
