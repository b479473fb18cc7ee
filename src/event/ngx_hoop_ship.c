
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Shipping: batches and their replies.  Where to go on after a doubt is found
 * out in ngx_hoop_ship_locate.c.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_hoop_ship_int.h"


/*
 * KEYS[1]  the stream
 * ARGV[1]  the id of its last entry, empty if it does not exist
 * ARGV[2], ARGV[3], ...  ids and texts to be added
 *
 * Returns the number of entries added; or, where the stream does not end with
 * ARGV[1], {id, text} of its end and nothing is added.  The last generated id
 * counts, not the last entry: it outlives XTRIM and XDEL, as XADD's own check
 * does.
 */

static const char  ngx_hoop_ship_script[] =
    "local id, last, text = '', false, ''\n"
    "if redis.call('EXISTS', KEYS[1]) == 1 then\n"
    "  local s = redis.call('XINFO', 'STREAM', KEYS[1])\n"
    "  for i = 1, #s, 2 do\n"
    "    if s[i] == 'last-generated-id' then id = s[i + 1]\n"
    "    elseif s[i] == 'last-entry' then last = s[i + 1] end\n"
    "  end\n"
    "end\n"
    "if id ~= ARGV[1] then\n"
    "  if last and last[1] == id and last[2][1] == 'event' then\n"
    "    text = last[2][2]\n"
    "  end\n"
    "  return {id, text}\n"
    "end\n"
    "for i = 2, #ARGV, 2 do\n"
    "  redis.call('XADD', KEYS[1], ARGV[i], 'event', ARGV[i + 1])\n"
    "end\n"
    "return (#ARGV - 1) / 2\n";


static void ngx_hoop_ship_event_handler(ngx_event_t *ev);
static void ngx_hoop_ship_ask(ngx_hoop_ship_t *ship);
static void ngx_hoop_ship_ask_reply(void *data, redisReply *reply);
static void ngx_hoop_ship_send(ngx_hoop_ship_t *ship);
static ngx_int_t ngx_hoop_ship_next(ngx_hoop_ship_t *ship, hoop_frame_t *f);
static void ngx_hoop_ship_back(ngx_hoop_ship_t *ship, hoop_frame_t *f);
static void ngx_hoop_ship_idle(ngx_hoop_ship_t *ship);
static ngx_int_t ngx_hoop_ship_post(ngx_hoop_ship_t *ship, ngx_uint_t n);
static void ngx_hoop_ship_bulk(hoop_buf_t *cmd, const u_char *p, size_t len);
static size_t ngx_hoop_ship_id(u_char *dst, uint64_t ts, uint64_t seq);
static void ngx_hoop_ship_send_reply(void *data, redisReply *reply);
static void ngx_hoop_ship_lost(ngx_hoop_ship_t *ship, redisReply *reply);
static void ngx_hoop_ship_to_disk(ngx_hoop_ship_t *ship);


/*
 * The batch being built: there is one at a time in a worker, and the command
 * copies the texts.
 */

static hoop_frame_t  ngx_hoop_ship_frames[NGX_HOOP_SHIP_EVENTS];


void
ngx_hoop_ship_init(ngx_hoop_ship_t *ship, ngx_hoop_spool_t *sp,
    ngx_hoop_redis_t *rc, hoop_str_t gateway, ngx_log_t *log)
{
    hoop_str_t  prefix;

    ngx_memzero(ship, sizeof(ngx_hoop_ship_t));

    ship->ident = -1;
    ship->log = log;
    ship->rc = rc;
    ship->spool = sp;
    ship->limit = UINT64_MAX;
    ship->retry = NGX_HOOP_SHIP_MIN_RETRY;
    ship->unshipped = ngx_hoop_spool_size(sp);

    ship->event.handler = ngx_hoop_ship_event_handler;
    ship->event.data = ship;
    ship->event.log = log;
    ship->event.cancelable = 1;

    ngx_hoop_cursor_init(&ship->cursor, sp);
    hoop_buf_init(&ship->queue, NGX_HOOP_SHIP_QUEUE);

    prefix = ngx_hoop_redis_prefix(rc);

    ship->key_len = ngx_sprintf(ship->key, "%*saudit:%*s:%uD", prefix.len,
                                prefix.data, gateway.len, gateway.data,
                                sp->slot)
                    - ship->key;
}


void
ngx_hoop_ship_stop(ngx_hoop_ship_t *ship)
{
    if (ship->op) {
        ngx_hoop_redis_cancel(ship->op);
        ship->op = NULL;
    }

    if (ship->event.timer_set) {
        ngx_del_timer(&ship->event);
    }

    if (ship->event.posted) {
        ngx_delete_posted_event(&ship->event);
    }

    ngx_hoop_cursor_close(&ship->cursor);
    hoop_buf_free(&ship->queue);

    ship->live = 0;
    ship->state = NGX_HOOP_SHIP_WAIT;
}


void
ngx_hoop_ship_ready(ngx_hoop_ship_t *ship, ngx_uint_t ready)
{
    ngx_hoop_ship_to_disk(ship);

    if (!ready) {
        ship->state = NGX_HOOP_SHIP_WAIT;
        return;
    }

    ship->state = NGX_HOOP_SHIP_ASK;

    if (ship->op == NULL) {
        ngx_hoop_ship_later(ship, 1);
    }
}


void
ngx_hoop_ship_add(ngx_hoop_ship_t *ship, const u_char *p, size_t len,
    uint64_t first)
{
    size_t  left;

    ship->unshipped += len;

    if (!ship->live) {
        return;
    }

    left = ship->queue.len - ship->queue_pos;

    /* moved only when less than was sent: so each byte once, on average */

    if (ship->queue_pos > left && ship->queue.len + len > ship->queue.size) {
        ngx_memmove(ship->queue.data, ship->queue.data + ship->queue_pos,
                    left);

        ship->queue.len = left;
        ship->queue_pos = 0;
    }

    if (hoop_buf_add(&ship->queue, p, len) != HOOP_OK) {
        ngx_hoop_ship_to_disk(ship);
    }
}


void
ngx_hoop_ship_allow(ngx_hoop_ship_t *ship, uint64_t seq, ngx_msec_t delay)
{
    ship->limit = seq;

    if (ship->state == NGX_HOOP_SHIP_SEND && ship->op == NULL
        && !ship->event.timer_set && !ship->event.posted)
    {
        ngx_hoop_ship_later(ship, delay);
    }
}


/* 0: in the next turn of the event loop */

void
ngx_hoop_ship_later(ngx_hoop_ship_t *ship, ngx_msec_t delay)
{
    if (delay == 0) {
        ngx_post_event(&ship->event, &ngx_posted_next_events);
        return;
    }

    ngx_add_timer(&ship->event, delay);
}


static void
ngx_hoop_ship_event_handler(ngx_event_t *ev)
{
    ngx_hoop_ship_t  *ship;

    ship = ev->data;

    ev->timedout = 0;

    if (ship->op) {
        return;
    }

    switch (ship->state) {

    case NGX_HOOP_SHIP_WAIT:
        return;

    case NGX_HOOP_SHIP_HALT:
        ship->state = NGX_HOOP_SHIP_ASK;

        /* fall through */

    case NGX_HOOP_SHIP_ASK:
        ngx_hoop_ship_ask(ship);
        return;

    case NGX_HOOP_SHIP_LOCATE:
        ngx_hoop_ship_locate(ship);
        return;

    case NGX_HOOP_SHIP_SEND:
        ngx_hoop_ship_send(ship);
        return;
    }
}


static void
ngx_hoop_ship_ask(ngx_hoop_ship_t *ship)
{
    /* no stream ends with this */

    ngx_memcpy(ship->last, "?", 1);
    ship->last_len = 1;
    ship->batch = 0;

    if (ngx_hoop_ship_post(ship, 0) != NGX_OK) {
        ngx_hoop_ship_retry(ship);
    }
}


static void
ngx_hoop_ship_ask_reply(void *data, redisReply *reply)
{
    ngx_hoop_ship_t *ship = data;

    ship->op = NULL;

    if (ship->state != NGX_HOOP_SHIP_ASK) {
        return;
    }

    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY
        || reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_STRING
        || reply->element[1]->type != REDIS_REPLY_STRING
        || ngx_hoop_ship_located(ship, reply->element[0], reply->element[1])
           != NGX_OK)
    {
        ngx_hoop_ship_lost(ship, reply);
        return;
    }

    ship->state = NGX_HOOP_SHIP_LOCATE;
    ngx_hoop_ship_later(ship, 0);
}


static void
ngx_hoop_ship_send(ngx_hoop_ship_t *ship)
{
    size_t         size;
    ngx_int_t      rc;
    ngx_uint_t     n;
    hoop_frame_t  *f;

    size = 0;
    rc = NGX_DONE;
    ship->batch_size = 0;

    for (n = 0; n < NGX_HOOP_SHIP_EVENTS; n++) {

        f = &ngx_hoop_ship_frames[n];

        rc = ngx_hoop_ship_next(ship, f);
        if (rc != NGX_OK) {
            break;
        }

        if (f->seq > ship->limit
            || (n && size + f->size > NGX_HOOP_SHIP_BYTES))
        {
            ngx_hoop_ship_back(ship, f);
            rc = NGX_DONE;
            break;
        }

        size += f->size;
        ship->batch_seq = f->seq;
        ship->batch_ts = f->ts;
    }

    if (n == 0) {

        if (rc == NGX_DONE) {
            ngx_hoop_ship_idle(ship);
            return;
        }

        /* NGX_AGAIN: the next chunk in the next turn */

        ngx_hoop_ship_fill(ship);
        return;
    }

    ship->batch_size = size;

    if (ngx_hoop_ship_post(ship, n) != NGX_OK) {

        /* the place is lost, and there may be no connection for a while */

        ngx_hoop_ship_to_disk(ship);
        ship->state = NGX_HOOP_SHIP_ASK;
        ngx_hoop_ship_retry(ship);
        return;
    }

    ship->next = ship->batch_seq + 1;
    ship->sent_ts = ship->batch_ts;
}


/* NGX_OK; NGX_DONE: there is none; NGX_AGAIN: a chunk has to be read first */

static ngx_int_t
ngx_hoop_ship_next(ngx_hoop_ship_t *ship, hoop_frame_t *f)
{
    if (ship->live) {

        if (hoop_frame_peek(f, ship->queue.data + ship->queue_pos,
                            ship->queue.len - ship->queue_pos)
            != HOOP_OK)
        {
            return NGX_DONE;
        }

        ship->queue_pos += f->size;
        return NGX_OK;
    }

    while (ngx_hoop_cursor_next(&ship->cursor, f) == NGX_OK) {

        /*
         * Of a frame whose place was tampered with the stream would refuse
         * the id; it stays in the spool, for the check of the chain.
         */

        if (f->seq >= ship->next && f->ts >= ship->sent_ts) {
            return NGX_OK;
        }
    }

    return NGX_AGAIN;
}


static void
ngx_hoop_ship_back(ngx_hoop_ship_t *ship, hoop_frame_t *f)
{
    if (ship->live) {
        ship->queue_pos -= f->size;
        return;
    }

    ngx_hoop_cursor_back(&ship->cursor, f);
}


void
ngx_hoop_ship_fill(ngx_hoop_ship_t *ship)
{
    switch (ngx_hoop_cursor_fill(&ship->cursor)) {

    case NGX_OK:
        ngx_hoop_ship_later(ship, 0);
        return;

    case NGX_DONE:

        if (ship->state == NGX_HOOP_SHIP_LOCATE) {
            ngx_hoop_ship_end_of_spool(ship);
            return;
        }

        /* all that is written has been read */

        if (ship->chain) {
            ngx_hoop_cursor_close(&ship->cursor);
            ship->live = 1;
        }

        ngx_hoop_ship_idle(ship);
        return;

    default: /* NGX_ERROR */

        ngx_hoop_ship_to_disk(ship);
        ship->state = NGX_HOOP_SHIP_ASK;
        ngx_hoop_ship_retry(ship);
    }
}


static void
ngx_hoop_ship_idle(ngx_hoop_ship_t *ship)
{
    if (ship->live) {

        if (ship->queue_pos == ship->queue.len) {
            ship->queue.len = 0;
            ship->queue_pos = 0;
            ship->unshipped = 0;

            if (ship->queue.size > NGX_HOOP_SHIP_BYTES) {
                hoop_buf_free(&ship->queue);
            }
        }

        return;
    }

    if (ship->handler) {
        ship->handler(ship, 1);
    }
}


/*
 * RESP is written here, and not by hiredis: this is on the path of every
 * request, and the texts are copied once.
 */

static ngx_int_t
ngx_hoop_ship_post(ngx_hoop_ship_t *ship, ngx_uint_t n)
{
    u_char         id[NGX_HOOP_SHIP_ID];
    size_t         len, size;
    ngx_uint_t     i;
    hoop_buf_t     cmd;
    hoop_frame_t  *f;

    size = sizeof(ngx_hoop_ship_script) + ship->key_len + ship->last_len
           + 5 * NGX_HOOP_SHIP_BULK;

    for (i = 0; i < n; i++) {
        size += ngx_hoop_ship_frames[i].text.len + NGX_HOOP_SHIP_ID
                + 2 * NGX_HOOP_SHIP_BULK;
    }

    hoop_buf_init(&cmd, 0);
    (void) hoop_buf_reserve(&cmd, size);

    (void) hoop_buf_addc(&cmd, '*');
    (void) hoop_buf_addu(&cmd, 5 + 2 * n);
    (void) hoop_buf_add(&cmd, CRLF, 2);

    ngx_hoop_ship_bulk(&cmd, (u_char *) "EVAL", 4);
    ngx_hoop_ship_bulk(&cmd, (u_char *) ngx_hoop_ship_script,
                       sizeof(ngx_hoop_ship_script) - 1);
    ngx_hoop_ship_bulk(&cmd, (u_char *) "1", 1);
    ngx_hoop_ship_bulk(&cmd, ship->key, ship->key_len);
    ngx_hoop_ship_bulk(&cmd, ship->last, ship->last_len);

    for (i = 0; i < n; i++) {
        f = &ngx_hoop_ship_frames[i];

        len = ngx_hoop_ship_id(id, f->ts, f->seq);

        ngx_hoop_ship_bulk(&cmd, id, len);
        ngx_hoop_ship_bulk(&cmd, f->text.data, f->text.len);
    }

    if (cmd.failed) {
        hoop_buf_free(&cmd);
        return NGX_ERROR;
    }

    ship->batch = n;

    ship->op = ngx_hoop_redis_command_raw(ship->rc, cmd.data, cmd.len,
                                          n ? ngx_hoop_ship_send_reply
                                            : ngx_hoop_ship_ask_reply,
                                          ship);

    return ship->op ? NGX_OK : NGX_ERROR;
}


static void
ngx_hoop_ship_bulk(hoop_buf_t *cmd, const u_char *p, size_t len)
{
    (void) hoop_buf_addc(cmd, '$');
    (void) hoop_buf_addu(cmd, len);
    (void) hoop_buf_add(cmd, CRLF, 2);
    (void) hoop_buf_add(cmd, p, len);
    (void) hoop_buf_add(cmd, CRLF, 2);
}


static size_t
ngx_hoop_ship_id(u_char *dst, uint64_t ts, uint64_t seq)
{
    u_char  *p, text[NGX_HOOP_SHIP_ID];

    p = text + NGX_HOOP_SHIP_ID;

    do {
        *--p = (u_char) ('0' + seq % 10);
        seq /= 10;
    } while (seq);

    *--p = '-';

    do {
        *--p = (u_char) ('0' + ts % 10);
        ts /= 10;
    } while (ts);

    ngx_memcpy(dst, p, text + NGX_HOOP_SHIP_ID - p);

    return text + NGX_HOOP_SHIP_ID - p;
}


static void
ngx_hoop_ship_send_reply(void *data, redisReply *reply)
{
    ngx_hoop_ship_t *ship = data;

    ship->op = NULL;

    if (ship->state != NGX_HOOP_SHIP_SEND) {

        /* the connection was lost, and perhaps made again, meanwhile */

        if (ship->state == NGX_HOOP_SHIP_ASK) {
            ngx_hoop_ship_later(ship, 1);
        }

        return;
    }

    if (reply == NULL || reply->type != REDIS_REPLY_INTEGER
        || reply->integer != (long long) ship->batch)
    {
        if (reply && reply->type == REDIS_REPLY_ARRAY) {
            ngx_log_error(NGX_LOG_WARN, ship->log, 0,
                          "hoop audit: stream \"%*s\" was changed by somebody "
                          "else", ship->key_len, ship->key);
        }

        ngx_hoop_ship_to_disk(ship);
        ship->state = NGX_HOOP_SHIP_ASK;
        ngx_hoop_ship_lost(ship, reply);
        return;
    }

    ship->acked = ship->batch_seq;
    ship->last_len = ngx_hoop_ship_id(ship->last, ship->batch_ts,
                                      ship->batch_seq);

    ship->unshipped -= ngx_min(ship->batch_size, ship->unshipped);
    ship->retry = NGX_HOOP_SHIP_MIN_RETRY;

    if (ship->failing || ship->halted) {
        ship->failing = 0;
        ship->halted = 0;
        ngx_log_error(NGX_LOG_NOTICE, ship->log, 0,
                      "hoop audit: stream \"%*s\" takes events again",
                      ship->key_len, ship->key);
    }

    ngx_hoop_ship_send(ship);
}


/* an answer that is none: later, and not too often */

static void
ngx_hoop_ship_lost(ngx_hoop_ship_t *ship, redisReply *reply)
{
    size_t  len;

    if (reply && !ship->failing && reply->type != REDIS_REPLY_ARRAY) {
        ship->failing = 1;

        /* what Redis says first: it may quote arguments further on */

        len = (reply->type == REDIS_REPLY_ERROR) ? ngx_min(reply->len, 80) : 0;

        ngx_log_error(NGX_LOG_ERR, ship->log, 0,
                      "hoop audit: stream \"%*s\" takes no events: \"%*s\", "
                      "they wait in the spool", ship->key_len, ship->key,
                      len, len ? reply->str : "");
    }

    ngx_hoop_ship_retry(ship);
}


void
ngx_hoop_ship_retry(ngx_hoop_ship_t *ship)
{
    if (ship->handler) {

        /* an adopted slot is not held for long without need */

        ship->handler(ship, 0);
        return;
    }

    ngx_hoop_ship_later(ship, ship->retry);

    ship->retry = ngx_min(ship->retry * 2, NGX_HOOP_SHIP_MAX_RETRY);
}


static void
ngx_hoop_ship_to_disk(ngx_hoop_ship_t *ship)
{
    ship->live = 0;
    ship->queue.failed = 0;
    ship->queue_pos = 0;

    hoop_buf_free(&ship->queue);

    /* of no use before the next seek, but when it was live */

    (void) ngx_hoop_cursor_seek(&ship->cursor, ship->next);
}
