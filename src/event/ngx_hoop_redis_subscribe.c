
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A connection that listens.  Messages arrive between replies, and look like
 * those to a RESP2 client: arrays whose first element says "message".
 *
 * It is alive as long as Redis answers a PING now and then; while it is not, it
 * is connected again like any other, and its owner knows that messages may have
 * been missed.
 */


#include "ngx_hoop_redis_int.h"


#define NGX_HOOP_REDIS_PING  5000


static void ngx_hoop_redis_subscriber_state(void *data, ngx_uint_t ready);
static void ngx_hoop_redis_subscribed(void *data, redisReply *reply);
static void ngx_hoop_redis_ping_handler(ngx_event_t *ev);
static void ngx_hoop_redis_pong(void *data, redisReply *reply);


void
ngx_hoop_redis_subscribe(ngx_hoop_redis_t *rc, const char *channel,
    void (*handler)(void *data, hoop_str_t message),
    void (*up)(void *data, ngx_uint_t up), void *data)
{
    rc->subscriber.channel = channel;
    rc->subscriber.handler = handler;
    rc->subscriber.up = up;
    rc->subscriber.data = data;

    rc->ping.handler = ngx_hoop_redis_ping_handler;
    rc->ping.data = rc;
    rc->ping.log = &rc->log;
    rc->ping.cancelable = 1;

    /* the first listener of a new connection */

    (void) ngx_hoop_redis_on_state(rc, ngx_hoop_redis_subscriber_state, rc);
}


static void
ngx_hoop_redis_subscriber_state(void *data, ngx_uint_t ready)
{
    ngx_hoop_redis_t *rc = data;

    size_t       len[2];
    const char  *argv[2];

    if (!ready) {
        if (rc->ping.timer_set) {
            ngx_del_timer(&rc->ping);
        }

        rc->subscriber.up(rc->subscriber.data, 0);
        return;
    }

    argv[0] = "SUBSCRIBE";
    len[0] = sizeof("SUBSCRIBE") - 1;
    argv[1] = rc->subscriber.channel;
    len[1] = ngx_strlen(argv[1]);

    (void) ngx_hoop_redis_command(rc, 2, argv, len, ngx_hoop_redis_subscribed,
                                  rc);
}


/* who may not listen does without: there is nothing to try again */

static void
ngx_hoop_redis_subscribed(void *data, redisReply *reply)
{
    ngx_hoop_redis_t *rc = data;

    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY) {

        if (reply != NULL) {
            ngx_log_error(NGX_LOG_NOTICE, &rc->log, 0,
                          "hoop: redis does not let this user subscribe to "
                          "\"%s\", so it is asked more often",
                          rc->subscriber.channel);
        }

        return;
    }

    rc->subscriber.up(rc->subscriber.data, 1);

    ngx_add_timer(&rc->ping, NGX_HOOP_REDIS_PING);
}


static void
ngx_hoop_redis_ping_handler(ngx_event_t *ev)
{
    ngx_hoop_redis_t *rc = ev->data;

    size_t       len;
    const char  *ping;

    ping = "PING";
    len = sizeof("PING") - 1;

    (void) ngx_hoop_redis_command(rc, 1, &ping, &len, ngx_hoop_redis_pong, rc);

    ngx_add_timer(&rc->ping, NGX_HOOP_REDIS_PING);
}


/* one that does not come in time is the end of the connection */

static void
ngx_hoop_redis_pong(void *data, redisReply *reply)
{
}


ngx_uint_t
ngx_hoop_redis_message(ngx_hoop_redis_t *rc, redisReply *reply)
{
    redisReply  **e;

    if (rc->subscriber.channel == NULL
        || reply->type != REDIS_REPLY_ARRAY
        || reply->elements != 3)
    {
        return 0;
    }

    e = reply->element;

    if (e[0]->type != REDIS_REPLY_STRING
        || !hoop_str_is(hoop_str(e[0]->str, e[0]->len), "message"))
    {
        return 0;
    }

    if (e[2]->type == REDIS_REPLY_STRING) {
        rc->subscriber.handler(rc->subscriber.data,
                               hoop_str(e[2]->str, e[2]->len));
    }

    return 1;
}
