
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The life of the Redis connection: connect, handshake, ready, failure, and
 * the delay before the next attempt.  The states are told in
 * ngx_hoop_redis.c.
 */


#include "ngx_hoop_redis_int.h"
#include <ngx_event_connect.h>


static ngx_addr_t *ngx_hoop_redis_addr(ngx_hoop_redis_t *rc);
static void ngx_hoop_redis_connect(ngx_hoop_redis_t *rc);
static redisReader *ngx_hoop_redis_reader(ngx_hoop_redis_t *rc);
static void *ngx_hoop_redis_create_array(const redisReadTask *task,
    ngx_hoop_redis_elements_t elements);
static ngx_int_t ngx_hoop_redis_handshake(ngx_hoop_redis_t *rc);
static ngx_int_t ngx_hoop_redis_handshake_add(ngx_hoop_redis_t *rc, int argc,
    const char **argv, const size_t *argvlen, ngx_uint_t optional);
static const char *ngx_hoop_redis_error_code(redisReply *reply);
static void ngx_hoop_redis_ready(ngx_hoop_redis_t *rc);


void
ngx_hoop_redis_retry_handler(ngx_event_t *ev)
{
    ngx_hoop_redis_t  *rc;

    rc = ev->data;

    ngx_hoop_redis_connect(rc);
}


static ngx_addr_t *
ngx_hoop_redis_addr(ngx_hoop_redis_t *rc)
{
    return rc->moved.name.len ? &rc->moved : &rc->conf->addrs[rc->addr];
}


static void
ngx_hoop_redis_connect(ngx_hoop_redis_t *rc)
{
    ngx_int_t               rv;
    ngx_addr_t             *addr;
    ngx_uint_t              level;
    ngx_connection_t       *c;
    ngx_peer_connection_t   pc;

    addr = ngx_hoop_redis_addr(rc);

    rc->state = NGX_HOOP_REDIS_CONNECT;
    rc->attempted = ngx_current_msec;
    rc->log.action = "connecting to redis";

    ngx_memzero(&pc, sizeof(ngx_peer_connection_t));

    pc.sockaddr = addr->sockaddr;
    pc.socklen = addr->socklen;
    pc.name = &addr->name;
    pc.get = ngx_event_get_peer;
    pc.log = &rc->log;
    pc.log_error = NGX_ERROR_ERR;
    pc.so_keepalive = (addr->sockaddr->sa_family != AF_UNIX);

    /* a failure that goes on was logged when it began */

    level = rc->log.log_level;

    if (rc->reason != NULL
        && ngx_strcmp(rc->reason, "connect failed") == 0
        && level < NGX_LOG_DEBUG)
    {
        rc->log.log_level = ngx_min(level, NGX_LOG_ALERT);
    }

    rv = ngx_event_connect_peer(&pc);

    rc->log.log_level = level;

    if (rv == NGX_ERROR || rv == NGX_BUSY || rv == NGX_DECLINED) {
        ngx_hoop_redis_fail(rc, 0, "connect failed");
        return;
    }

    c = pc.connection;

    c->data = rc;
    c->pool = rc->pool;
    c->log = &rc->log;
    c->read->log = c->log;
    c->write->log = c->log;
    c->read->handler = ngx_hoop_redis_read_handler;
    c->write->handler = ngx_hoop_redis_write_handler;

    rc->connection = c;

    rc->reader = ngx_hoop_redis_reader(rc);
    if (rc->reader == NULL) {
        ngx_hoop_redis_fail(rc, 0, "no memory");
        return;
    }

    ngx_add_timer(c->write, rc->conf->connect_timeout);

    if (rv == NGX_OK) {
        ngx_hoop_redis_connected(rc);
    }
}


ngx_int_t
ngx_hoop_redis_test_connect(ngx_hoop_redis_t *rc)
{
    int        err;
    socklen_t  len;

    err = 0;
    len = sizeof(int);

    /* BSDs and Linux return 0 and set a pending error in err */

    if (getsockopt(rc->connection->fd, SOL_SOCKET, SO_ERROR, (void *) &err,
                   &len)
        == -1)
    {
        err = ngx_socket_errno;
    }

    if (err) {
        ngx_hoop_redis_fail(rc, err, "connect failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_hoop_redis_connected(ngx_hoop_redis_t *rc)
{
    ngx_addr_t        *addr;
    ngx_connection_t  *c;

    c = rc->connection;
    addr = ngx_hoop_redis_addr(rc);

    if (addr->sockaddr->sa_family != AF_UNIX && ngx_tcp_nodelay(c) != NGX_OK) {
        ngx_hoop_redis_fail(rc, 0, "setsockopt() failed");
        return;
    }

    rc->state = NGX_HOOP_REDIS_HANDSHAKE;
    rc->log.action = "in handshake with redis";

    if (ngx_hoop_redis_handshake(rc) != NGX_OK) {
        ngx_hoop_redis_fail(rc, 0, "no memory");
        return;
    }

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);
    }

    ngx_hoop_redis_flush(rc);
}


/*
 * The reader builds replies with the functions of hiredis, except that the
 * size of an array is checked before memory is asked for: the count stands in
 * the first bytes of a reply, and a hostile one costs nothing to send.
 */

static redisReader *
ngx_hoop_redis_reader(ngx_hoop_redis_t *rc)
{
    redisReader  *reader;

    reader = redisReaderCreate();
    if (reader == NULL) {
        return NULL;
    }

    rc->defaults = reader->fn;
    rc->functions = *reader->fn;
    rc->functions.createArray = ngx_hoop_redis_create_array;

    reader->fn = &rc->functions;
    reader->privdata = rc;

    rc->fed = 0;
    rc->elements = 0;

    return reader;
}


static void *
ngx_hoop_redis_create_array(const redisReadTask *task,
    ngx_hoop_redis_elements_t elements)
{
    ngx_hoop_redis_t  *rc;

    rc = task->privdata;

    if ((size_t) elements > NGX_HOOP_REDIS_MAX_ELEMENTS - rc->elements) {
        return NULL;
    }

    rc->elements += elements;

    return rc->defaults->createArray(task, elements);
}


/*
 * All commands of the handshake leave together.  PING comes last, since it is
 * refused by a server that is still loading its data.
 */

static ngx_int_t
ngx_hoop_redis_handshake(ngx_hoop_redis_t *rc)
{
    u_char                  name[64], db[NGX_INT_T_LEN];
    size_t                  len[3];
    const char             *argv[3];
    ngx_hoop_redis_conf_t  *conf;

    conf = rc->conf;

    rc->pos = rc->out;
    rc->last = rc->out;

    if (conf->password.len) {
        argv[0] = "AUTH";
        len[0] = 4;
        argv[1] = (const char *) conf->user.data;
        len[1] = conf->user.len;
        argv[conf->user.len ? 2 : 1] = (const char *) conf->password.data;
        len[conf->user.len ? 2 : 1] = conf->password.len;

        if (ngx_hoop_redis_handshake_add(rc, conf->user.len ? 3 : 2, argv, len,
                                         0)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (conf->db) {
        argv[0] = "SELECT";
        len[0] = 6;
        argv[1] = (const char *) db;
        len[1] = ngx_sprintf(db, "%ui", conf->db) - db;

        if (ngx_hoop_redis_handshake_add(rc, 2, argv, len, 0) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    argv[0] = "CLIENT";
    len[0] = 6;
    argv[1] = "SETNAME";
    len[1] = 7;
    argv[2] = (const char *) name;
    len[2] = ngx_sprintf(name, "nginx-hoop-%P", ngx_pid) - name;

    if (ngx_hoop_redis_handshake_add(rc, 3, argv, len, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    if (conf->tagged) {

        /* a node of a cluster says whether our keys are its */

        argv[0] = "EXISTS";
        len[0] = 6;
        argv[1] = (const char *) conf->approvals.data;
        len[1] = conf->approvals.len;

        if (ngx_hoop_redis_handshake_add(rc, 2, argv, len, 1) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    argv[0] = "PING";
    len[0] = 4;

    return ngx_hoop_redis_handshake_add(rc, 1, argv, len, 0);
}


static ngx_int_t
ngx_hoop_redis_handshake_add(ngx_hoop_redis_t *rc, int argc, const char **argv,
    const size_t *argvlen, ngx_uint_t optional)
{
    char                 *cmd;
    long long             len;
    ngx_hoop_redis_op_t  *op;

    len = redisFormatCommandArgv(&cmd, argc, argv, argvlen);
    if (len < 0) {
        return NGX_ERROR;
    }

    op = NULL;

    if (len <= rc->out + NGX_HOOP_REDIS_OUT - rc->last) {
        op = ngx_calloc(sizeof(ngx_hoop_redis_op_t), &rc->log);
    }

    if (op != NULL) {
        rc->last = ngx_cpymem(rc->last, cmd, len);

        op->rc = rc;
        op->start = ngx_current_msec;
        op->handshake = argv[0];
        op->optional = optional;
        op->pending = 1;

        ngx_queue_insert_tail(&rc->pending, &op->queue);
        rc->nops++;
    }

    /* it may hold the password */

    ngx_explicit_memzero(cmd, len);
    redisFreeCommand(cmd);

    return op != NULL ? NGX_OK : NGX_ERROR;
}


void
ngx_hoop_redis_handshake_reply(ngx_hoop_redis_t *rc, ngx_hoop_redis_op_t *op,
    redisReply *reply)
{
    const char  *reason;

    reason = ngx_hoop_redis_moved(rc, reply);

    if (reason != NULL) {
        ngx_hoop_redis_fail(rc, 0, reason);
        return;
    }

    if (reply->type == REDIS_REPLY_ERROR && !op->optional) {

        if (rc->reason == NULL
            || ngx_strcmp(rc->reason, "handshake refused") != 0)
        {
            ngx_log_error(NGX_LOG_ERR, &rc->log, 0,
                          "hoop: redis refused %s with %s",
                          op->handshake, ngx_hoop_redis_error_code(reply));
        }

        ngx_hoop_redis_fail(rc, 0, "handshake refused");
        return;
    }

    ngx_hoop_redis_unlink(rc, op);
    ngx_free(op);

    if (ngx_queue_empty(&rc->pending)) {
        ngx_hoop_redis_ready(rc);
    }
}


/*
 * "MOVED <slot> <address>:<port>".  A name, or no address, is not followed: a
 * cluster says addresses unless it is told otherwise.
 */

const char *
ngx_hoop_redis_moved(ngx_hoop_redis_t *rc, redisReply *reply)
{
    u_char      *p, *last, *port;
    ngx_int_t    n;
    ngx_pool_t  *pool;
    ngx_addr_t   addr;

    if (reply->type != REDIS_REPLY_ERROR || reply->len < 6
        || ngx_strncmp(reply->str, "MOVED ", 6) != 0)
    {
        return NULL;
    }

    if (!rc->conf->tagged) {
        return "redis is a cluster, for which hoop_redis needs a prefix with "
               "a hash tag, as in \"{hoop}:\"";
    }

    if (++rc->moves > NGX_HOOP_REDIS_MOVES) {
        return "redis is a cluster that moves the keys in circles";
    }

    p = (u_char *) reply->str + 6;
    last = (u_char *) reply->str + reply->len;

    p = ngx_strlchr(p, last, ' ');
    p = p ? p + 1 : last;

    for (port = last; port > p && port[-1] != ':'; port--) {
        /* void */
    }

    n = (port > p + 1) ? ngx_atoi(port, last - port) : NGX_ERROR;

    /* of its own: this may happen as often as the other side likes */

    pool = ngx_create_pool(512, &rc->log);
    if (pool == NULL) {
        return "no memory";
    }

    if (n < 1 || n > 65535
        || ngx_parse_addr(pool, &addr, p, port - 1 - p) != NGX_OK)
    {
        ngx_destroy_pool(pool);
        return "redis is a cluster that names no address of a node";
    }

    ngx_inet_set_port(addr.sockaddr, (in_port_t) n);

    ngx_memcpy(&rc->moved_addr, addr.sockaddr, addr.socklen);
    ngx_destroy_pool(pool);

    rc->moved.sockaddr = &rc->moved_addr.sockaddr;
    rc->moved.socklen = addr.socklen;
    rc->moved.name.data = rc->moved_name;
    rc->moved.name.len = ngx_sock_ntop(rc->moved.sockaddr, rc->moved.socklen,
                                       rc->moved_name, NGX_SOCKADDR_STRLEN, 1);
    rc->moving = 1;

    return "redis is a cluster, and another node has the keys";
}


/*
 * Of an error only a known code is logged: the text, and the code of a hostile
 * server, may quote the arguments of the command.
 */

static const char *
ngx_hoop_redis_error_code(redisReply *reply)
{
    size_t      len;
    ngx_uint_t  i;

    static const char *const  codes[] = {
        "ERR", "WRONGPASS", "NOAUTH", "NOPERM", "DENIED", "LOADING",
        "MASTERDOWN"
    };

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        len = ngx_strlen(codes[i]);

        if (reply->len > len
            && ngx_strncmp(reply->str, codes[i], len) == 0
            && reply->str[len] == ' ')
        {
            return codes[i];
        }
    }

    return "an unknown error";
}


static void
ngx_hoop_redis_ready(ngx_hoop_redis_t *rc)
{
    ngx_uint_t         i, level;
    ngx_connection_t  *c;

    c = rc->connection;

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    /* the password was here */

    ngx_explicit_memzero(rc->out, rc->last - rc->out);
    rc->pos = rc->out;
    rc->last = rc->out;

    rc->state = NGX_HOOP_REDIS_READY;
    rc->moves = 0;
    rc->since = ngx_current_msec;
    rc->log.action = NULL;

    level = (rc->reason && rc->subscriber.channel == NULL) ? NGX_LOG_NOTICE
                                                           : NGX_LOG_INFO;

    ngx_log_error(level, &rc->log, 0, "hoop: redis connection established");

    rc->reason = NULL;

    for (i = 0; i < rc->nlisteners; i++) {
        rc->listeners[i].handler(rc->listeners[i].data, 1);
    }

    ngx_post_event(&rc->flush, &ngx_posted_events);
}


/*
 * The end of a connection, of any age.  A reason is logged loudly once, until
 * another one takes its place or a connection is established.
 */

void
ngx_hoop_redis_fail(ngx_hoop_redis_t *rc, ngx_err_t err, const char *reason)
{
    ngx_uint_t  i, again, level, ready, stable, moving;
    ngx_msec_t  delay, limit;

    ready = (rc->state == NGX_HOOP_REDIS_READY);
    moving = rc->moving && !rc->closing;

    again = rc->reason != NULL && ngx_strcmp(rc->reason, reason) == 0;
    level = (again || rc->closing || rc->subscriber.channel || moving)
            ? NGX_LOG_INFO : NGX_LOG_ERR;

    ngx_log_error(level, &rc->log, err, "hoop: %s", reason);

    rc->reason = reason;
    rc->moving = 0;

    ngx_hoop_redis_close(rc);

    if (rc->closing) {
        rc->state = NGX_HOOP_REDIS_CLOSED;

    } else {
        rc->state = NGX_HOOP_REDIS_BACKOFF;

        if (ready) {
            stable = ngx_current_msec - rc->since >= NGX_HOOP_REDIS_STABLE;
            limit = stable ? NGX_HOOP_REDIS_MIN_DELAY
                           : NGX_HOOP_REDIS_UNSTABLE_DELAY;

            rc->delay = ngx_min(rc->delay, limit);
        }

        /* workers that have lost it together should not return together */

        delay = rc->delay * (75 + ngx_random() % 51) / 100;

        if (moving) {
            rc->state = NGX_HOOP_REDIS_IDLE;
            delay = 1;

        } else {
            rc->delay = ngx_min(rc->delay * 2, NGX_HOOP_REDIS_MAX_DELAY);
            rc->moved.name.len = 0;
            rc->addr = (rc->addr + 1) % rc->conf->naddrs;
        }

        ngx_add_timer(&rc->retry, delay);
    }

    if (ready) {
        for (i = 0; i < rc->nlisteners; i++) {
            rc->listeners[i].handler(rc->listeners[i].data, 0);
        }
    }

    ngx_hoop_redis_drain(rc, !moving);
}


void
ngx_hoop_redis_close(ngx_hoop_redis_t *rc)
{
    rc->log.action = NULL;

    if (rc->flush.posted) {
        ngx_delete_posted_event(&rc->flush);
    }

    if (rc->timer.timer_set) {
        ngx_del_timer(&rc->timer);
    }

    rc->timer.cancelable = 1;

    if (rc->connection != NULL) {
        ngx_close_connection(rc->connection);
        rc->connection = NULL;
    }

    if (rc->reader != NULL) {
        redisReaderFree(rc->reader);
        rc->reader = NULL;
    }

    rc->large = NULL;

    ngx_explicit_memzero(rc->out, NGX_HOOP_REDIS_OUT);
    rc->pos = rc->out;
    rc->last = rc->out;
}


u_char *
ngx_hoop_redis_log_error(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char            *p;
    ngx_hoop_redis_t  *rc;

    rc = log->data;
    p = buf;

    if (log->action) {
        p = ngx_snprintf(buf, len, " while %s", log->action);
        len -= p - buf;
    }

    return ngx_snprintf(p, len, ", redis \"%V\"",
                        &ngx_hoop_redis_addr(rc)->name);
}
