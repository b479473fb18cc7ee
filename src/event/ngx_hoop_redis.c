
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The Redis connection of a worker: nginx moves the bytes, hiredis knows the
 * protocol.
 *
 *     IDLE > CONNECT > HANDSHAKE > READY      and back to CONNECT through
 *     BACKOFF after any failure; CLOSED is for good.
 *
 * An op lives in one of two queues, both in order of issue:
 *
 *     queued     formatted, its bytes not yet given to the socket
 *     pending    its bytes are out or in the out buffer; a reply is due
 *
 * Replies are positional: the head of "pending" owns the next one, so that an
 * op that nobody wants any more stays there without a handler, and a reply
 * that is late or not understood costs the whole connection.  All ops of a
 * lost connection end with a NULL reply: whoever asked decides whether it is
 * safe to ask again.
 *
 * Commands issued in one turn of the event loop leave in one send: command()
 * only posts the flush event.  pos..last is what is being sent, either in the
 * out buffer (copies of many small commands) or in one "large" op.
 *
 * No function calls a handler except from the read, write and timer events
 * and ngx_hoop_redis_destroy().
 */


#include "ngx_hoop_redis_int.h"

#include <ngx_sha1.h>

#include "../core/hoop_core.h"


static ngx_uint_t ngx_hoop_redis_refuses(ngx_hoop_redis_t *rc);
static ngx_hoop_redis_op_t *ngx_hoop_redis_queue(ngx_hoop_redis_t *rc,
    char *cmd, size_t len, ngx_hoop_redis_handler_pt handler, void *data);
static void ngx_hoop_redis_flush_handler(ngx_event_t *ev);
static void ngx_hoop_redis_fill(ngx_hoop_redis_t *rc);
static void ngx_hoop_redis_sent(ngx_hoop_redis_t *rc, ngx_hoop_redis_op_t *op);
static ngx_int_t ngx_hoop_redis_replies(ngx_hoop_redis_t *rc);
static ngx_int_t ngx_hoop_redis_reply(ngx_hoop_redis_t *rc,
    redisReply *reply);
static const char *ngx_hoop_redis_fatal(redisReply *reply);
static void ngx_hoop_redis_finish(ngx_hoop_redis_op_t *op, redisReply *reply);
static void ngx_hoop_redis_timer_handler(ngx_event_t *ev);


ngx_hoop_redis_t *
ngx_hoop_redis_create(ngx_cycle_t *cycle, ngx_hoop_redis_conf_t *conf)
{
    ngx_pool_t        *pool;
    ngx_hoop_redis_t  *rc;

    pool = ngx_create_pool(4096, cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    rc = ngx_pcalloc(pool, sizeof(ngx_hoop_redis_t));
    if (rc == NULL) {
        goto failed;
    }

    rc->out = ngx_palloc(pool, NGX_HOOP_REDIS_OUT);
    rc->in = ngx_palloc(pool, NGX_HOOP_REDIS_IN);

    if (rc->out == NULL || rc->in == NULL) {
        goto failed;
    }

    rc->conf = conf;
    rc->pool = pool;
    rc->pos = rc->out;
    rc->last = rc->out;
    rc->delay = NGX_HOOP_REDIS_MIN_DELAY;

    rc->log = *cycle->log;
    rc->log.handler = ngx_hoop_redis_log_error;
    rc->log.data = rc;
    rc->log.action = NULL;

    pool->log = &rc->log;

    ngx_queue_init(&rc->queued);
    ngx_queue_init(&rc->pending);

    rc->flush.handler = ngx_hoop_redis_flush_handler;
    rc->flush.data = rc;
    rc->flush.log = &rc->log;

    rc->timer.handler = ngx_hoop_redis_timer_handler;
    rc->timer.data = rc;
    rc->timer.log = &rc->log;
    rc->timer.cancelable = 1;

    rc->retry.handler = ngx_hoop_redis_retry_handler;
    rc->retry.data = rc;
    rc->retry.log = &rc->log;
    rc->retry.cancelable = 1;

    /*
     * Each worker begins with another address.  The queue of the next turn:
     * events posted otherwise would wait for the first event of the loop.
     */

    rc->addr = ngx_worker % conf->naddrs;

    ngx_post_event(&rc->retry, &ngx_posted_next_events);

    return rc;

failed:

    ngx_destroy_pool(pool);

    return NULL;
}


void
ngx_hoop_redis_destroy(ngx_hoop_redis_t *rc)
{
    if (rc == NULL) {
        return;
    }

    rc->state = NGX_HOOP_REDIS_CLOSED;

    ngx_hoop_redis_close(rc);

    if (rc->retry.posted) {
        ngx_delete_posted_event(&rc->retry);
    }

    if (rc->retry.timer_set) {
        ngx_del_timer(&rc->retry);
    }

    if (rc->ping.timer_set) {
        ngx_del_timer(&rc->ping);
    }

    ngx_hoop_redis_drain(rc, 1);

    ngx_destroy_pool(rc->pool);
}


hoop_str_t
ngx_hoop_redis_prefix(ngx_hoop_redis_t *rc)
{
    static const hoop_str_t  standard = hoop_string("hoop:");

    return rc ? hoop_str(rc->conf->prefix.data, rc->conf->prefix.len)
              : standard;
}


ngx_uint_t
ngx_hoop_redis_available(ngx_hoop_redis_t *rc)
{
    return rc->state != NGX_HOOP_REDIS_BACKOFF
           && rc->state != NGX_HOOP_REDIS_CLOSED;
}


ngx_int_t
ngx_hoop_redis_on_state(ngx_hoop_redis_t *rc,
    void (*handler)(void *data, ngx_uint_t ready), void *data)
{
    ngx_hoop_redis_listener_t  *listener;

    if (rc->nlisteners == NGX_HOOP_REDIS_LISTENERS) {
        return NGX_ERROR;
    }

    listener = &rc->listeners[rc->nlisteners++];

    listener->handler = handler;
    listener->data = data;

    return NGX_OK;
}


ngx_hoop_redis_op_t *
ngx_hoop_redis_command(ngx_hoop_redis_t *rc, int argc, const char **argv,
    const size_t *argvlen, ngx_hoop_redis_handler_pt handler, void *data)
{
    int         i;
    char       *cmd;
    size_t      size;
    long long   len;

    if (ngx_hoop_redis_refuses(rc)) {
        return NULL;
    }

    size = 0;

    for (i = 0; i < argc; i++) {
        if (argvlen[i] > NGX_HOOP_REDIS_MAX_QUEUED - rc->bytes - size) {
            return NULL;
        }

        size += argvlen[i];
    }

    len = redisFormatCommandArgv(&cmd, argc, argv, argvlen);
    if (len < 0) {
        return NULL;
    }

    return ngx_hoop_redis_queue(rc, cmd, (size_t) len, handler, data);
}


ngx_hoop_redis_op_t *
ngx_hoop_redis_command_raw(ngx_hoop_redis_t *rc, u_char *cmd, size_t len,
    ngx_hoop_redis_handler_pt handler, void *data)
{
    if (ngx_hoop_redis_refuses(rc)
        || len > NGX_HOOP_REDIS_MAX_QUEUED - rc->bytes)
    {
        redisFreeCommand((char *) cmd);
        return NULL;
    }

    return ngx_hoop_redis_queue(rc, (char *) cmd, len, handler, data);
}


static ngx_uint_t
ngx_hoop_redis_refuses(ngx_hoop_redis_t *rc)
{
    if (rc->state == NGX_HOOP_REDIS_BACKOFF) {

        if (ngx_current_msec - rc->attempted >= NGX_HOOP_REDIS_DEMAND_DELAY) {
            ngx_add_timer(&rc->retry, 1);
        }

        return 1;
    }

    return rc->state == NGX_HOOP_REDIS_CLOSED
           || rc->nops >= NGX_HOOP_REDIS_MAX_OPS
           || rc->bytes >= NGX_HOOP_REDIS_MAX_QUEUED;
}


/* owns the command, which is freed as hiredis frees its own */

static ngx_hoop_redis_op_t *
ngx_hoop_redis_queue(ngx_hoop_redis_t *rc, char *cmd, size_t len,
    ngx_hoop_redis_handler_pt handler, void *data)
{
    ngx_hoop_redis_op_t  *op;

    op = ngx_calloc(sizeof(ngx_hoop_redis_op_t), &rc->log);
    if (op == NULL) {
        redisFreeCommand(cmd);
        return NULL;
    }

    op->rc = rc;
    op->handler = handler;
    op->data = data;
    op->start = ngx_current_msec;
    op->cmd = cmd;
    op->len = len;

    ngx_queue_insert_tail(&rc->queued, &op->queue);

    rc->nops++;
    rc->bytes += op->len;

    if (!rc->timer.timer_set) {
        ngx_add_timer(&rc->timer, rc->conf->timeout);
    }

    /* somebody waits: a worker that exits gracefully should wait, too */

    rc->timer.cancelable = (rc->subscriber.channel != NULL);

    if (rc->state == NGX_HOOP_REDIS_READY) {
        ngx_post_event(&rc->flush, &ngx_posted_events);
    }

    return op;
}


void
ngx_hoop_redis_cancel(ngx_hoop_redis_op_t *op)
{
    if (op == NULL || op->done) {
        return;
    }

    op->handler = NULL;

    if (op->pending) {
        return;
    }

    /* nothing of it has left: it never happens */

    ngx_hoop_redis_unlink(op->rc, op);
    ngx_hoop_redis_sent(op->rc, op);

    ngx_free(op);
}


void
ngx_hoop_redis_script(const char *script, u_char sha1[40])
{
    u_char      md[20];
    ngx_sha1_t  ctx;

    ngx_sha1_init(&ctx);
    ngx_sha1_update(&ctx, script, ngx_strlen(script));
    ngx_sha1_final(md, &ctx);

    hoop_hex(sha1, md, 20);
}


ngx_uint_t
ngx_hoop_redis_noscript(redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR && reply->len >= 8
           && ngx_strncmp(reply->str, "NOSCRIPT", 8) == 0;
}


void
ngx_hoop_redis_write_handler(ngx_event_t *wev)
{
    ngx_connection_t  *c;
    ngx_hoop_redis_t  *rc;

    c = wev->data;
    rc = c->data;

    if (wev->timedout) {
        ngx_hoop_redis_fail(rc, NGX_ETIMEDOUT,
                            rc->state == NGX_HOOP_REDIS_CONNECT
                            ? "connect timed out" : "handshake timed out");
        return;
    }

    if (rc->state == NGX_HOOP_REDIS_CONNECT) {

        if (ngx_hoop_redis_test_connect(rc) == NGX_OK) {
            ngx_hoop_redis_connected(rc);
        }

        return;
    }

    ngx_hoop_redis_flush(rc);
}


static void
ngx_hoop_redis_flush_handler(ngx_event_t *ev)
{
    ngx_hoop_redis_t  *rc;

    rc = ev->data;

    ngx_hoop_redis_flush(rc);
}


void
ngx_hoop_redis_flush(ngx_hoop_redis_t *rc)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = rc->connection;

    if (c == NULL || rc->state == NGX_HOOP_REDIS_CONNECT) {
        return;
    }

    while (c->write->ready) {

        if (rc->pos == rc->last) {
            ngx_hoop_redis_fill(rc);

            if (rc->pos == rc->last) {
                break;
            }
        }

        n = c->send(c, rc->pos, rc->last - rc->pos);

        if (n == NGX_ERROR) {
            ngx_hoop_redis_fail(rc, 0, "send failed");
            return;
        }

        if (n == NGX_AGAIN) {
            break;
        }

        rc->pos += n;

        if (rc->pos == rc->last && rc->large != NULL) {
            ngx_hoop_redis_sent(rc, rc->large);

            rc->large = NULL;
            rc->pos = rc->out;
            rc->last = rc->out;
        }
    }

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        ngx_hoop_redis_fail(rc, 0, "event failed");
    }
}


/* moves commands from "queued" into the out buffer, as many as fit */

static void
ngx_hoop_redis_fill(ngx_hoop_redis_t *rc)
{
    ngx_queue_t          *q;
    ngx_hoop_redis_op_t  *op;

    if (rc->state != NGX_HOOP_REDIS_READY) {
        return;
    }

    rc->pos = rc->out;
    rc->last = rc->out;

    while (!ngx_queue_empty(&rc->queued)) {

        q = ngx_queue_head(&rc->queued);
        op = ngx_queue_data(q, ngx_hoop_redis_op_t, queue);

        if (op->len > (size_t) (rc->out + NGX_HOOP_REDIS_OUT - rc->last)) {

            if (rc->last != rc->out) {
                return;
            }

            rc->large = op;
            rc->pos = (u_char *) op->cmd;
            rc->last = rc->pos + op->len;

        } else {
            rc->last = ngx_cpymem(rc->last, op->cmd, op->len);

            ngx_hoop_redis_sent(rc, op);
        }

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&rc->pending, q);
        op->pending = 1;

        if (rc->large != NULL) {
            return;
        }
    }
}


static void
ngx_hoop_redis_sent(ngx_hoop_redis_t *rc, ngx_hoop_redis_op_t *op)
{
    if (op->cmd != NULL) {
        rc->bytes -= op->len;

        redisFreeCommand(op->cmd);
        op->cmd = NULL;
    }
}


void
ngx_hoop_redis_read_handler(ngx_event_t *rev)
{
    ssize_t            n;
    ngx_connection_t  *c;
    ngx_hoop_redis_t  *rc;

    c = rev->data;
    rc = c->data;

    if (c->close) {

        /* worker_shutdown_timeout has passed */

        rc->closing = 1;
        ngx_hoop_redis_fail(rc, 0, "worker is shutting down");
        return;
    }

    if (rc->state == NGX_HOOP_REDIS_CONNECT) {

        /* either an error, or data that are read once we are connected */

        (void) ngx_hoop_redis_test_connect(rc);
        return;
    }

    for ( ;; ) {

        n = c->recv(c, rc->in, NGX_HOOP_REDIS_IN);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n == 0) {
            ngx_hoop_redis_fail(rc, 0, "redis closed connection");
            return;
        }

        if (n == NGX_ERROR) {
            ngx_hoop_redis_fail(rc, 0, "recv failed");
            return;
        }

        rc->fed += n;

        if (rc->fed > NGX_HOOP_REDIS_MAX_REPLY + NGX_HOOP_REDIS_IN) {
            ngx_hoop_redis_fail(rc, 0, "too large reply");
            return;
        }

        if (redisReaderFeed(rc->reader, (char *) rc->in, n) != REDIS_OK) {
            ngx_hoop_redis_fail(rc, 0, "no memory");
            return;
        }

        if (ngx_hoop_redis_replies(rc) != NGX_OK) {
            return;
        }
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_hoop_redis_fail(rc, 0, "event failed");
    }
}


/* NGX_ERROR: the connection is gone */

static ngx_int_t
ngx_hoop_redis_replies(ngx_hoop_redis_t *rc)
{
    void  *reply;

    for ( ;; ) {
        reply = NULL;

        if (redisReaderGetReply(rc->reader, &reply) != REDIS_OK) {
            ngx_hoop_redis_fail(rc, 0, "protocol error");
            return NGX_ERROR;
        }

        if (reply == NULL) {
            return NGX_OK;
        }

        rc->fed = rc->reader->len - rc->reader->pos;
        rc->elements = 0;

        if (ngx_hoop_redis_reply(rc, reply) != NGX_OK) {
            return NGX_ERROR;
        }
    }
}


/* owns the reply */

static ngx_int_t
ngx_hoop_redis_reply(ngx_hoop_redis_t *rc, redisReply *reply)
{
    const char           *reason;
    ngx_queue_t          *q;
    ngx_hoop_redis_op_t  *op;

    if (rc->state == NGX_HOOP_REDIS_READY && ngx_hoop_redis_message(rc, reply))
    {
        freeReplyObject(reply);
        return NGX_OK;
    }

    if (ngx_queue_empty(&rc->pending) || reply->type > REDIS_REPLY_ERROR) {
        reason = "unexpected data";
        goto failed;
    }

    q = ngx_queue_head(&rc->pending);
    op = ngx_queue_data(q, ngx_hoop_redis_op_t, queue);

    if (op == rc->large) {
        reason = "reply to a command not yet sent";
        goto failed;
    }

    if (op->handshake) {
        ngx_hoop_redis_handshake_reply(rc, op, reply);
        freeReplyObject(reply);

        return rc->connection != NULL ? NGX_OK : NGX_ERROR;
    }

    reason = ngx_hoop_redis_moved(rc, reply);

    if (reason == NULL) {
        reason = ngx_hoop_redis_fatal(reply);
    }

    if (reason != NULL) {
        goto failed;
    }

    ngx_hoop_redis_unlink(rc, op);
    ngx_hoop_redis_finish(op, reply);

    freeReplyObject(reply);

    return NGX_OK;

failed:

    freeReplyObject(reply);

    ngx_hoop_redis_fail(rc, 0, reason);

    return NGX_ERROR;
}


/* an error that is about the server, not about the command */

static const char *
ngx_hoop_redis_fatal(redisReply *reply)
{
    ngx_uint_t  i;

    static const struct {
        size_t       len;
        const char  *code;
        const char  *reason;
    } codes[] = {
        { 8, "LOADING ", "redis is loading its data" },
        { 9, "READONLY ", "redis is a read only replica" },
        { 11, "MASTERDOWN ", "redis has lost its master" },
        { 7, "NOAUTH ", "redis wants authentication" },
        { 4, "ASK ", "redis is a cluster that moves the keys just now" },
        { 9, "TRYAGAIN ", "redis is a cluster that moves the keys just now" },
        { 10, "CROSSSLOT ", "redis is a cluster, for which hoop_redis needs a "
                            "prefix with a hash tag, as in \"{hoop}:\"" },
        { 12, "CLUSTERDOWN ", "redis is a cluster that is down" }
    };

    if (reply->type != REDIS_REPLY_ERROR) {
        return NULL;
    }

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (reply->len >= codes[i].len
            && ngx_strncmp(reply->str, codes[i].code, codes[i].len) == 0)
        {
            return codes[i].reason;
        }
    }

    return NULL;
}


void
ngx_hoop_redis_unlink(ngx_hoop_redis_t *rc, ngx_hoop_redis_op_t *op)
{
    ngx_queue_remove(&op->queue);

    rc->nops--;

    if (rc->nops == 0) {
        rc->timer.cancelable = 1;
    }
}


/* the op is in no queue; it dies here */

static void
ngx_hoop_redis_finish(ngx_hoop_redis_op_t *op, redisReply *reply)
{
    op->done = 1;

    ngx_hoop_redis_sent(op->rc, op);

    if (op->handler != NULL) {
        op->handler(op->data, reply);
    }

    ngx_free(op);
}


/*
 * The timer is not moved with every reply: when it fires it looks for the
 * oldest op, which is the head of "pending", or of "queued" if there is none.
 * The handshake has a timer of its own.
 */

static void
ngx_hoop_redis_timer_handler(ngx_event_t *ev)
{
    ngx_msec_t            passed;
    ngx_queue_t          *q;
    ngx_hoop_redis_t     *rc;
    ngx_hoop_redis_op_t  *op;

    rc = ev->data;

    if (rc->state == NGX_HOOP_REDIS_READY && !ngx_queue_empty(&rc->pending)) {
        q = ngx_queue_head(&rc->pending);

    } else if (!ngx_queue_empty(&rc->queued)) {
        q = ngx_queue_head(&rc->queued);

    } else {
        return;
    }

    op = ngx_queue_data(q, ngx_hoop_redis_op_t, queue);

    passed = ngx_current_msec - op->start;

    if (passed >= rc->conf->timeout) {
        ngx_hoop_redis_fail(rc, NGX_ETIMEDOUT, "command timed out");
        return;
    }

    ngx_add_timer(ev, rc->conf->timeout - passed);
}


/*
 * Handlers may cancel other ops meanwhile; new commands are refused in the
 * states this is called in, or are not "pending", so it comes to an end.
 */

void
ngx_hoop_redis_drain(ngx_hoop_redis_t *rc, ngx_uint_t all)
{
    ngx_queue_t          *q, *queue;
    ngx_hoop_redis_op_t  *op;

    for ( ;; ) {

        queue = &rc->pending;

        if (all && ngx_queue_empty(queue)) {
            queue = &rc->queued;
        }

        if (ngx_queue_empty(queue)) {
            break;
        }

        q = ngx_queue_head(queue);
        op = ngx_queue_data(q, ngx_hoop_redis_op_t, queue);

        ngx_hoop_redis_unlink(rc, op);
        ngx_hoop_redis_finish(op, NULL);
    }

    if (!ngx_queue_empty(&rc->queued) && !rc->timer.timer_set) {
        ngx_add_timer(&rc->timer, rc->conf->timeout);
    }
}
