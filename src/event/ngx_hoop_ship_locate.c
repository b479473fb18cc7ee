
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Where to go on: the end of the stream is looked for in the spool.
 *
 *    the stream does not exist           send all that is kept
 *    it ends with an event of the spool  go on after it
 *    it ends before the oldest event     send all that is kept: the stream has
 *    that is kept                        lost its end, or is an older spool's
 *    the spool has no event at all       go on with the stream's chain
 *    else                                HALT: somebody else writes there.  To
 *                                        go on would mean to lose events or to
 *                                        pass foreign ones off as ours.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_hoop_ship_int.h"


static ngx_int_t ngx_hoop_ship_parse_id(ngx_hoop_ship_t *ship);
static void ngx_hoop_ship_match(ngx_hoop_ship_t *ship, hoop_frame_t *f);
static void ngx_hoop_ship_oldest(ngx_hoop_ship_t *ship, hoop_frame_t *f);
static void ngx_hoop_ship_rewind(ngx_hoop_ship_t *ship);
static void ngx_hoop_ship_adopt_chain(ngx_hoop_ship_t *ship, hoop_str_t text);
static void ngx_hoop_ship_go(ngx_hoop_ship_t *ship, uint64_t next,
    off_t unshipped);
static void ngx_hoop_ship_halt(ngx_hoop_ship_t *ship);


ngx_int_t
ngx_hoop_ship_located(ngx_hoop_ship_t *ship, redisReply *id,
    redisReply *text)
{
    if (id->len >= NGX_HOOP_SHIP_ID) {
        return NGX_ERROR;
    }

    ngx_memcpy(ship->last, id->str, id->len);
    ship->last_len = id->len;

    ship->rewound = 0;
    ship->has_hash = (text->len != 0);

    if (ship->has_hash) {
        hoop_sha256(ship->last_hash, (u_char *) text->str, text->len);
    }

    if (ship->last_len == 0) {
        ship->last_ts = 0;
        ship->last_seq = 0;

        if (ship->acked) {
            ngx_log_error(NGX_LOG_WARN, ship->log, 0,
                          "hoop audit: stream \"%*s\" is gone, it is sent "
                          "again from the oldest event that is kept",
                          ship->key_len, ship->key);
        }

        /* the oldest one is where it goes on, whatever it is */

        ngx_hoop_ship_rewind(ship);

        return NGX_OK;
    }

    if (ngx_hoop_ship_parse_id(ship) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_hoop_ship_adopt_chain(ship, hoop_str(text->str, text->len));

    return ngx_hoop_cursor_seek(&ship->cursor, ship->last_seq);
}


static ngx_int_t
ngx_hoop_ship_parse_id(ngx_hoop_ship_t *ship)
{
    u_char    *p, *last;
    uint64_t  *n;

    n = &ship->last_ts;
    *n = 0;

    last = ship->last + ship->last_len;

    for (p = ship->last; p < last; p++) {

        if (*p == '-' && n == &ship->last_ts) {
            n = &ship->last_seq;
            *n = 0;
            continue;
        }

        if (*p < '0' || *p > '9' || *n > (UINT64_MAX - (*p - '0')) / 10) {
            return NGX_ERROR;
        }

        *n = *n * 10 + (*p - '0');
    }

    return (n == &ship->last_seq) ? NGX_OK : NGX_ERROR;
}


/* one step; the next one is in the next turn of the event loop */

void
ngx_hoop_ship_locate(ngx_hoop_ship_t *ship)
{
    hoop_frame_t  f;

    while (ngx_hoop_cursor_next(&ship->cursor, &f) == NGX_OK) {

        if (ship->rewound) {
            ngx_hoop_ship_oldest(ship, &f);
            return;
        }

        if (f.seq >= ship->last_seq) {
            ngx_hoop_ship_match(ship, &f);
            return;
        }
    }

    ngx_hoop_ship_fill(ship);
}


void
ngx_hoop_ship_end_of_spool(ngx_hoop_ship_t *ship)
{
    if (!ship->rewound) {
        ngx_hoop_ship_rewind(ship);
        ngx_hoop_ship_later(ship, 0);
        return;
    }

    ngx_hoop_ship_go(ship, ship->chain ? ship->chain->seq + 1 : 0, 0);
}


static void
ngx_hoop_ship_match(ngx_hoop_ship_t *ship, hoop_frame_t *f)
{
    u_char  hash[32];

    if (f->seq == ship->last_seq && f->ts == ship->last_ts) {

        if (ship->has_hash) {
            hoop_sha256(hash, f->text.data, f->text.len);
        }

        if (!ship->has_hash || ngx_memcmp(hash, ship->last_hash, 32) == 0) {
            ship->acked = f->seq;
            ngx_hoop_ship_go(ship, f->seq + 1,
                             ngx_hoop_cursor_left(&ship->cursor) - f->size);
            return;
        }
    }

    ngx_hoop_ship_rewind(ship);
    ngx_hoop_ship_later(ship, 0);
}


static void
ngx_hoop_ship_oldest(ngx_hoop_ship_t *ship, hoop_frame_t *f)
{
    if (ship->last_ts > f->ts
        || (ship->last_ts == f->ts && ship->last_seq >= f->seq))
    {
        ngx_hoop_ship_halt(ship);
        return;
    }

    if (ship->last_len && ship->last_seq + 1 != f->seq) {
        ngx_log_error(NGX_LOG_WARN, ship->log, 0,
                      "hoop audit: stream \"%*s\" ends with \"%*s\", the "
                      "oldest event that is kept is %uL",
                      ship->key_len, ship->key, ship->last_len, ship->last,
                      f->seq);
    }

    ngx_hoop_cursor_back(&ship->cursor, f);

    ship->acked = 0;
    ngx_hoop_ship_go(ship, f->seq, ngx_hoop_spool_size(ship->spool));
}


static void
ngx_hoop_ship_rewind(ngx_hoop_ship_t *ship)
{
    ship->rewound = 1;
    (void) ngx_hoop_cursor_seek(&ship->cursor, 0);
}


/*
 * A spool that was lost (a container's disk, say) need not break the chain, as
 * long as no event has been written: the stream has its end.
 */

static void
ngx_hoop_ship_adopt_chain(ngx_hoop_ship_t *ship, hoop_str_t text)
{
    hoop_chain_t  chain;

    if (ship->chain == NULL || ship->chain->seq || ship->spool->nsegments) {
        return;
    }

    chain = *ship->chain;

    if (hoop_chain_check(&chain, text, 1) != HOOP_CHAIN_INTACT
        || chain.seq != ship->last_seq || chain.ts != ship->last_ts)
    {
        return;
    }

    *ship->chain = chain;

    ngx_log_error(NGX_LOG_NOTICE, ship->log, 0,
                  "hoop audit: slot %uD is empty, its chain goes on after "
                  "event %uL of stream \"%*s\"", ship->spool->slot, chain.seq,
                  ship->key_len, ship->key);
}


static void
ngx_hoop_ship_go(ngx_hoop_ship_t *ship, uint64_t next, off_t unshipped)
{
    ship->next = next;
    ship->sent_ts = ship->last_ts;
    ship->unshipped = ngx_max(unshipped, 0);
    ship->state = NGX_HOOP_SHIP_SEND;

    ngx_hoop_ship_later(ship, 0);
}


static void
ngx_hoop_ship_halt(ngx_hoop_ship_t *ship)
{
    if (!ship->halted) {
        ngx_log_error(NGX_LOG_ALERT, ship->log, 0,
                      "hoop audit: stream \"%*s\" ends with \"%*s\", which is "
                      "not of this spool: events stay in the spool until the "
                      "stream is renamed; does another gateway have this name?",
                      ship->key_len, ship->key, ship->last_len, ship->last);
    }

    ship->halted = 1;
    ship->state = NGX_HOOP_SHIP_HALT;

    if (ship->handler) {
        ship->handler(ship, 0);
        return;
    }

    ngx_hoop_ship_later(ship, NGX_HOOP_SHIP_MAX_RETRY);
}
