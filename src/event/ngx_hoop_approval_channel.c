
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The channel by which Redis tells a worker of each transition, on a connection
 * of its own that is there once somebody has waited.  A message says which
 * approval it is about, and is not believed: it is the reason to ask.
 */


#include "ngx_hoop_approval_int.h"


/* of changes that come together the listeners hear once */
#define NGX_HOOP_APPROVAL_NEWS  100


static void ngx_hoop_approval_message(void *data, hoop_str_t message);
static void ngx_hoop_approval_up(void *data, ngx_uint_t up);


void
ngx_hoop_approval_channel_open(void)
{
    if (ngx_hoop_approval.channel != NULL || ngx_hoop_approval.conf == NULL) {
        return;
    }

    ngx_hoop_approval.channel = ngx_hoop_redis_create(ngx_hoop_approval.cycle,
                                                      ngx_hoop_approval.conf);

    if (ngx_hoop_approval.channel != NULL) {
        ngx_hoop_redis_subscribe(ngx_hoop_approval.channel,
                                 ngx_hoop_approval_stream(),
                                 ngx_hoop_approval_message,
                                 ngx_hoop_approval_up, NULL);
    }
}


const char *
ngx_hoop_approval_stream(void)
{
    return (char *) ngx_hoop_approval.conf->approvals.data;
}


void
ngx_hoop_approval_channel_done(void)
{
    if (ngx_hoop_approval.channel != NULL) {
        ngx_hoop_redis_destroy(ngx_hoop_approval.channel);
        ngx_hoop_approval.channel = NULL;
    }

    ngx_hoop_approval.up = 0;
}


/* "<id> <state>" */

static void
ngx_hoop_approval_message(void *data, hoop_str_t message)
{
    ngx_hoop_approval_news();

    if (message.len < 34
        || message.data[32] != ' '
        || !ngx_hoop_approval_valid_id(message.data, 32))
    {
        return;
    }

    if (hoop_str_is(hoop_str(message.data + 33, message.len - 33), "pending")) {
        return;
    }

    ngx_hoop_approval_hurry(message.data);
}


/* what was missed meanwhile is asked for */

static void
ngx_hoop_approval_up(void *data, ngx_uint_t up)
{
    ngx_hoop_approval.up = up ? 1 : 0;
    ngx_hoop_approval.missed = 1;

    if (ngx_hoop_approval.timer.timer_set) {
        ngx_add_timer(&ngx_hoop_approval.timer, 1);
    }
}


void
ngx_hoop_approval_listen(ngx_hoop_approval_listener_t *listener)
{
    if (listener->active || ngx_hoop_approval.rc == NULL) {
        return;
    }

    listener->active = 1;
    ngx_queue_insert_tail(&ngx_hoop_approval.listeners, &listener->queue);

    ngx_hoop_approval_attend();
}


void
ngx_hoop_approval_unlisten(ngx_hoop_approval_listener_t *listener)
{
    if (listener->active) {
        listener->active = 0;
        ngx_queue_remove(&listener->queue);
    }
}


void
ngx_hoop_approval_news(void)
{
    if (!ngx_queue_empty(&ngx_hoop_approval.listeners)
        && !ngx_hoop_approval.news.timer_set)
    {
        ngx_add_timer(&ngx_hoop_approval.news, NGX_HOOP_APPROVAL_NEWS);
    }
}


void
ngx_hoop_approval_news_handler(ngx_event_t *ev)
{
    ngx_queue_t                   *q, *next;
    ngx_hoop_approval_listener_t  *listener;

    for (q = ngx_queue_head(&ngx_hoop_approval.listeners);
         q != ngx_queue_sentinel(&ngx_hoop_approval.listeners);
         q = next)
    {
        next = ngx_queue_next(q);

        listener = ngx_queue_data(q, ngx_hoop_approval_listener_t, queue);
        listener->handler(listener->data);
    }
}
