
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Fetches over HTTP that no client's request has to carry: a worker asks
 * itself for a location of its configuration, so that resolver, TLS trust,
 * outgoing proxy and cache are nginx's own directives there.
 *
 * A fetch is a socket pair.  nginx gets one end as if it had been accepted on
 * a listening socket of ours, which is never opened and belongs to no cycle's
 * list; a small client has the other:
 *
 *     start   ngx_http_hoop_fetch_start()   both ends, request written, timer
 *     read    ngx_http_hoop_fetch_read()    head, body, as far as the caps let
 *     end     ngx_http_hoop_fetch_done()    closes our end, calls the handler,
 *                                           frees: once, and from an event
 *     cancel  ngx_http_hoop_fetch_cancel()  by the owner: no call
 *
 * nginx notices that our end has gone as it does with any client that leaves;
 * its end lives by its own rules and knows the fetch only by way of the list
 * of those that are in flight.
 *
 * The request on nginx's end is known by its listening socket, which nothing
 * that a client can send will imitate.  It goes where "internal" and the rules
 * for clients (server rewrites, access, limits) do not stop it, but there
 * only: an internal redirect, which an answer can ask for, is the end of it, as
 * is a location that is not internal.
 */


#include "ngx_http_hoop.h"


#define NGX_HTTP_HOOP_FETCH_HEAD   (16 * 1024)
#define NGX_HTTP_HOOP_FETCH_BODY   (1024 * 1024)
#define NGX_HTTP_HOOP_FETCH_CHUNK  (16 * 1024)
/* of headers, and of a body: an empty socket takes both at once */
#define NGX_HTTP_HOOP_FETCH_POST   (32 * 1024)


struct ngx_http_hoop_target_s {
    ngx_str_t                  uri;
    ngx_str_t                  request;     /* what is written */
    ngx_listening_t           *listening;   /* one for each server */
};


struct ngx_http_hoop_fetch_s {
    ngx_queue_t                queue;       /* of those in flight */
    ngx_pool_t                *pool;        /* of this and of the log */
    ngx_connection_t          *connection;  /* ours */
    ngx_connection_t          *peer;        /* nginx's: to compare only, ... */
    ngx_atomic_uint_t          number;      /* ... for it may be reused */
    ngx_uint_t                 uri_changes; /* of its request, at the start */
    ngx_str_t                  url;
    hoop_buf_t                 buf;         /* head and body */
    size_t                     head;        /* length, 0: not yet all of it */
    ngx_uint_t                 status;
    off_t                      length;      /* told for the body, or -1 */
    ngx_http_hoop_fetch_pt     handler;
    void                      *data;
};


static ngx_http_hoop_fetch_t *ngx_http_hoop_fetch_begin(
    ngx_http_hoop_target_t *target, hoop_str_t request, hoop_str_t url,
    ngx_msec_t timeout, ngx_http_hoop_fetch_pt handler, void *data);
static ngx_int_t ngx_http_hoop_fetch_connect(ngx_http_hoop_fetch_t *fetch,
    ngx_http_hoop_target_t *target, hoop_str_t request, ngx_socket_t s,
    ngx_msec_t timeout);
static ngx_int_t ngx_http_hoop_fetch_accept(ngx_http_hoop_fetch_t *fetch,
    ngx_listening_t *ls, ngx_socket_t s);
static void ngx_http_hoop_fetch_accepted(ngx_connection_t *c);
static void ngx_http_hoop_fetch_write(ngx_event_t *wev);
static void ngx_http_hoop_fetch_read(ngx_event_t *rev);
static ngx_int_t ngx_http_hoop_fetch_parse(ngx_http_hoop_fetch_t *fetch,
    const char **error);
static ngx_int_t ngx_http_hoop_fetch_head(ngx_http_hoop_fetch_t *fetch,
    size_t len, const char **error);
static void ngx_http_hoop_fetch_done(ngx_http_hoop_fetch_t *fetch,
    const char *error);
static void ngx_http_hoop_fetch_free(ngx_http_hoop_fetch_t *fetch);
static ngx_http_hoop_fetch_t *ngx_http_hoop_fetch_find(ngx_http_request_t *r);
static ngx_int_t ngx_http_hoop_fetch_skip(ngx_http_request_t *r,
    ngx_http_phase_handler_pt checker);


/* those in flight in this worker */

static ngx_queue_t  ngx_http_hoop_fetches = {
    &ngx_http_hoop_fetches, &ngx_http_hoop_fetches
};


ngx_http_hoop_target_t *
ngx_http_hoop_fetch_target(ngx_conf_t *cf, ngx_http_hoop_main_conf_t *hmcf,
    ngx_str_t *uri)
{
    u_char                     *p;
    uintptr_t                   escape;
    ngx_uint_t                  i;
    ngx_http_port_t            *port;
    ngx_listening_t            *ls;
    struct sockaddr_in         *sin;
    ngx_http_in_addr_t         *addr;
    ngx_http_hoop_target_t     *target, **pt;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_core_srv_conf_t   *cscf;

    if (uri->data[0] != '/') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_fetch \"%V\" is not the URI of a location, "
                           "wanted one that starts with \"/\"", uri);
        return NULL;
    }

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    clcf = cscf->ctx->loc_conf[ngx_http_core_module.ctx_index];

    ls = NULL;
    pt = hmcf->targets.elts;

    for (i = 0; i < hmcf->targets.nelts; i++) {

        port = pt[i]->listening->servers;
        addr = port->addrs;

        if (addr->conf.default_server != cscf) {
            continue;
        }

        ls = pt[i]->listening;

        if (pt[i]->uri.len == uri->len
            && ngx_strncmp(pt[i]->uri.data, uri->data, uri->len) == 0)
        {
            return pt[i];
        }
    }

    if (ls == NULL) {

        ls = ngx_pcalloc(cf->pool, sizeof(ngx_listening_t));
        port = ngx_pcalloc(cf->pool, sizeof(ngx_http_port_t));
        addr = ngx_pcalloc(cf->pool, sizeof(ngx_http_in_addr_t));
        sin = ngx_pcalloc(cf->pool, sizeof(struct sockaddr_in));

        if (ls == NULL || port == NULL || addr == NULL || sin == NULL) {
            return NULL;
        }

        sin->sin_family = AF_INET;
        sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);

        /* no TLS, HTTP/2 or PROXY protocol, whatever the server listens with */

        addr->addr = sin->sin_addr.s_addr;
        addr->conf.default_server = cscf;

        port->addrs = addr;
        port->naddrs = 1;

        ls->fd = (ngx_socket_t) -1;
        ls->type = SOCK_STREAM;
        ls->sockaddr = (struct sockaddr *) sin;
        ls->socklen = sizeof(struct sockaddr_in);
        ngx_str_set(&ls->addr_text, "hoop_fetch");
        ls->handler = ngx_http_hoop_fetch_accepted;
        ls->servers = port;
        ls->pool_size = cscf->connection_pool_size;
        ls->logp = clcf->error_log;
    }

    target = ngx_pcalloc(cf->pool, sizeof(ngx_http_hoop_target_t));
    pt = ngx_array_push(&hmcf->targets);

    if (target == NULL || pt == NULL) {
        return NULL;
    }

    *pt = target;

    escape = 2 * ngx_escape_uri(NULL, uri->data, uri->len, NGX_ESCAPE_URI);

    p = ngx_pnalloc(cf->pool, uri->len + escape
                              + sizeof("GET  HTTP/1.0" CRLF CRLF) - 1);
    if (p == NULL) {
        return NULL;
    }

    target->uri = *uri;
    target->listening = ls;
    target->request.data = p;

    p = ngx_cpymem(p, "GET ", sizeof("GET ") - 1);
    p = (u_char *) ngx_escape_uri(p, uri->data, uri->len, NGX_ESCAPE_URI);
    p = ngx_cpymem(p, " HTTP/1.0" CRLF CRLF,
                   sizeof(" HTTP/1.0" CRLF CRLF) - 1);

    target->request.len = p - target->request.data;

    return target;
}


ngx_http_hoop_fetch_t *
ngx_http_hoop_fetch_start(ngx_http_hoop_target_t *target, hoop_str_t url,
    ngx_msec_t timeout, ngx_http_hoop_fetch_pt handler, void *data)
{
    return ngx_http_hoop_fetch_begin(target,
                                     ngx_http_hoop_str(&target->request), url,
                                     timeout, handler, data);
}


/* what is written is the request of a GET, and then not quite */

ngx_http_hoop_fetch_t *
ngx_http_hoop_fetch_post(ngx_http_hoop_target_t *target, hoop_str_t url,
    hoop_str_t headers, hoop_str_t body, ngx_msec_t timeout,
    ngx_http_hoop_fetch_pt handler, void *data)
{
    size_t                  line;
    hoop_buf_t              b;
    ngx_http_hoop_fetch_t  *fetch;

    if (body.len > NGX_HTTP_HOOP_FETCH_POST
        || headers.len > NGX_HTTP_HOOP_FETCH_POST)
    {
        return NULL;
    }

    line = target->request.len - (sizeof(CRLF CRLF) - 1);

    hoop_buf_init(&b, 2 * NGX_HTTP_HOOP_FETCH_POST + line + 128);

    (void) hoop_buf_adds(&b, "POST ");
    (void) hoop_buf_add(&b, target->request.data + sizeof("GET ") - 1,
                        line - (sizeof("GET ") - 1));
    (void) hoop_buf_adds(&b, CRLF "Content-Length: ");
    (void) hoop_buf_addu(&b, body.len);
    (void) hoop_buf_adds(&b, CRLF);
    (void) hoop_buf_add(&b, headers.data, headers.len);
    (void) hoop_buf_adds(&b, CRLF);
    (void) hoop_buf_add(&b, body.data, body.len);

    fetch = b.failed ? NULL
                     : ngx_http_hoop_fetch_begin(target,
                                                 hoop_str(b.data, b.len), url,
                                                 timeout, handler, data);
    hoop_buf_free(&b);

    return fetch;
}


static ngx_http_hoop_fetch_t *
ngx_http_hoop_fetch_begin(ngx_http_hoop_target_t *target, hoop_str_t request,
    hoop_str_t url, ngx_msec_t timeout, ngx_http_hoop_fetch_pt handler,
    void *data)
{
    ngx_log_t              *log;
    ngx_pool_t             *pool;
    ngx_socket_t            s[2];
    ngx_connection_t       *c;
    ngx_http_hoop_fetch_t  *fetch;

    if (socketpair(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0, s)
        == -1)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_socket_errno,
                      "hoop: socketpair() for a fetch failed");
        return NULL;
    }

    c = ngx_get_connection(s[0], ngx_cycle->log);

    if (c == NULL) {
        (void) ngx_close_socket(s[0]);
        (void) ngx_close_socket(s[1]);
        return NULL;
    }

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        goto failed;
    }

    fetch = ngx_pcalloc(pool, sizeof(ngx_http_hoop_fetch_t));
    log = ngx_palloc(pool, sizeof(ngx_log_t));

    if (fetch == NULL || log == NULL) {
        goto failed;
    }

    fetch->url.len = url.len;
    fetch->url.data = ngx_pnalloc(pool, url.len + 1);
    if (fetch->url.data == NULL) {
        goto failed;
    }

    ngx_memcpy(fetch->url.data, url.data, url.len);

    *log = *ngx_cycle->log;
    log->connection = 0;
    log->handler = NULL;
    log->data = NULL;
    log->action = NULL;

    pool->log = log;

    c->log = log;
    c->data = fetch;
    c->type = SOCK_STREAM;

    fetch->pool = pool;
    fetch->connection = c;
    fetch->length = -1;
    fetch->handler = handler;
    fetch->data = data;

    hoop_buf_init(&fetch->buf,
                  NGX_HTTP_HOOP_FETCH_HEAD + NGX_HTTP_HOOP_FETCH_BODY
                  + NGX_HTTP_HOOP_FETCH_CHUNK);

    ngx_queue_insert_tail(&ngx_http_hoop_fetches, &fetch->queue);

    if (ngx_http_hoop_fetch_connect(fetch, target, request, s[1], timeout)
        != NGX_OK)
    {
        ngx_http_hoop_fetch_cancel(fetch);
        return NULL;
    }

    return fetch;

failed:

    if (pool) {
        ngx_destroy_pool(pool);
    }

    ngx_close_connection(c);
    (void) ngx_close_socket(s[1]);

    return NULL;
}


/* takes the socket, which is nginx's end, in any case */

static ngx_int_t
ngx_http_hoop_fetch_connect(ngx_http_hoop_fetch_t *fetch,
    ngx_http_hoop_target_t *target, hoop_str_t request, ngx_socket_t s,
    ngx_msec_t timeout)
{
    ssize_t            n;
    ngx_connection_t  *c;

    c = fetch->connection;

    c->recv = ngx_recv;
    c->send = ngx_send;
    c->recv_chain = ngx_recv_chain;
    c->send_chain = ngx_send_chain;

    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->start_time = ngx_current_msec;

    c->read->log = c->log;
    c->read->handler = ngx_http_hoop_fetch_read;

    c->write->log = c->log;
    c->write->handler = ngx_http_hoop_fetch_write;
    c->write->ready = 1;

    /* after ours: the first thing that a shortage takes is an idle client */

    if (ngx_http_hoop_fetch_accept(fetch, target->listening, s) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    /* an empty socket takes it as a whole */

    n = c->send(c, (u_char *) request.data, request.len);

    if (n != (ssize_t) request.len) {
        return NGX_ERROR;
    }

    /*
     * The total time: it is never set anew.  Not cancelable, for requests may
     * wait for what is fetched, and a worker that exits is to answer them.
     */

    ngx_add_timer(c->read, timeout);

    return NGX_OK;
}


/* what ngx_event_accept() does; takes the socket in any case */

static ngx_int_t
ngx_http_hoop_fetch_accept(ngx_http_hoop_fetch_t *fetch, ngx_listening_t *ls,
    ngx_socket_t s)
{
    ngx_log_t         *log;
    ngx_connection_t  *c;

    c = ngx_get_connection(s, ngx_cycle->log);

    if (c == NULL) {
        (void) ngx_close_socket(s);
        return NGX_ERROR;
    }

    c->type = SOCK_STREAM;
    c->log = ngx_cycle->log;

#if (NGX_STAT_STUB)
    (void) ngx_atomic_fetch_add(ngx_stat_active, 1);
#endif

    c->pool = ngx_create_pool(ls->pool_size, ngx_cycle->log);
    if (c->pool == NULL) {
        goto failed;
    }

    c->sockaddr = ngx_palloc(c->pool, ls->socklen);
    log = ngx_palloc(c->pool, sizeof(ngx_log_t));

    if (c->sockaddr == NULL || log == NULL) {
        goto failed;
    }

    ngx_memcpy(c->sockaddr, ls->sockaddr, ls->socklen);
    *log = *ls->logp;

    c->recv = ngx_recv;
    c->send = ngx_send;
    c->recv_chain = ngx_recv_chain;
    c->send_chain = ngx_send_chain;

    c->log = log;
    c->pool->log = log;

    c->socklen = ls->socklen;
    c->listening = ls;
    c->local_sockaddr = ls->sockaddr;
    c->local_socklen = ls->socklen;
    ngx_str_set(&c->addr_text, "127.0.0.1");

    /* it says AF_INET, and is none */

    c->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;
    c->tcp_nodelay = NGX_TCP_NODELAY_DISABLED;

    c->read->log = log;
    c->write->log = log;
    c->write->ready = 1;

    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->start_time = ngx_current_msec;

    if (ngx_add_conn && (ngx_event_flags & NGX_USE_EPOLL_EVENT) == 0) {
        if (ngx_add_conn(c) == NGX_ERROR) {
            goto failed;
        }
    }

    log->data = NULL;
    log->handler = NULL;

    fetch->peer = c;
    fetch->number = c->number;

    /* it may have closed it on return: then our end reads an end of file */

    ls->handler(c);

    return NGX_OK;

failed:

    if (c->pool) {
        ngx_destroy_pool(c->pool);
        c->pool = NULL;
        c->log = ngx_cycle->log;
    }

    ngx_close_connection(c);

#if (NGX_STAT_STUB)
    (void) ngx_atomic_fetch_add(ngx_stat_active, -1);
#endif

    return NGX_ERROR;
}


/* also what the connections of fetches are known by */

static void
ngx_http_hoop_fetch_accepted(ngx_connection_t *c)
{
#if (NGX_HTTP_SSL)
    ngx_http_connection_t  *hc;
#endif

    ngx_http_init_connection(c);

#if (NGX_HTTP_SSL)

    if (c->destroyed) {
        return;
    }

    /* before 1.25.1 there was "ssl on", whatever the socket */

    hc = c->data;
    hc->ssl = 0;

#endif
}


static void
ngx_http_hoop_fetch_write(ngx_event_t *wev)
{
    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, wev->log, 0, "http hoop fetch write");
}


static void
ngx_http_hoop_fetch_read(ngx_event_t *rev)
{
    u_char                 *p;
    ssize_t                 n;
    ngx_int_t               rc;
    const char             *error;
    ngx_connection_t       *c;
    ngx_http_hoop_fetch_t  *fetch;

    c = rev->data;
    fetch = c->data;

    if (rev->timedout) {
        ngx_http_hoop_fetch_done(fetch, "took too long");
        return;
    }

    if (c->close) {
        ngx_http_hoop_fetch_done(fetch, "was cut by the end of the worker");
        return;
    }

    for ( ;; ) {

        if (hoop_buf_reserve(&fetch->buf, NGX_HTTP_HOOP_FETCH_CHUNK)
            != HOOP_OK)
        {
            ngx_http_hoop_fetch_done(fetch, "could not be kept");
            return;
        }

        p = fetch->buf.data + fetch->buf.len;
        n = c->recv(c, p, NGX_HTTP_HOOP_FETCH_CHUNK);

        if (n == NGX_AGAIN) {
            if (ngx_handle_read_event(rev, 0) != NGX_OK) {
                ngx_http_hoop_fetch_done(fetch, "could not be read");
            }

            return;
        }

        if (n <= 0) {
            break;
        }

        fetch->buf.len += n;

        rc = ngx_http_hoop_fetch_parse(fetch, &error);

        if (rc != NGX_AGAIN) {
            ngx_http_hoop_fetch_done(fetch, error);
            return;
        }
    }

    if (n == NGX_ERROR) {
        error = "could not be read";

    } else if (fetch->buf.len == 0) {
        error = "was not answered";

    } else if (fetch->head == 0 || fetch->length != -1) {
        error = "was answered, but the answer was cut";

    } else {
        error = NULL;
    }

    ngx_http_hoop_fetch_done(fetch, error);
}


/* NGX_AGAIN: more is to come; else *error tells how it ended */

static ngx_int_t
ngx_http_hoop_fetch_parse(ngx_http_hoop_fetch_t *fetch, const char **error)
{
    u_char      *p;
    size_t       max, body;
    hoop_buf_t  *b;

    b = &fetch->buf;
    *error = NULL;

    if (fetch->head == 0) {
        max = ngx_min(b->len, NGX_HTTP_HOOP_FETCH_HEAD);

        p = ngx_strlcasestrn(b->data, b->data + max,
                             (u_char *) CRLF CRLF, 4 - 1);
        if (p == NULL) {
            if (max < NGX_HTTP_HOOP_FETCH_HEAD) {
                return NGX_AGAIN;
            }

            *error = "was answered with more than 16k of header";
            return NGX_ERROR;
        }

        if (ngx_http_hoop_fetch_head(fetch, p + 4 - b->data, error)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    body = b->len - fetch->head;

    if (body > NGX_HTTP_HOOP_FETCH_BODY
        || fetch->length > NGX_HTTP_HOOP_FETCH_BODY)
    {
        *error = "was answered with more than 1m";
        return NGX_ERROR;
    }

    /*
     * Not waiting for the end of the connection: a cache that is brought up to
     * date after it has answered would hold it open.
     */

    if (fetch->length != -1 && (off_t) body >= fetch->length) {
        b->len = fetch->head + fetch->length;
        return NGX_OK;
    }

    return NGX_AGAIN;
}


/* the text of it was made by nginx */

static ngx_int_t
ngx_http_hoop_fetch_head(ngx_http_hoop_fetch_t *fetch, size_t len,
    const char **error)
{
    ngx_int_t               status;
    hoop_str_t              value;
    ngx_http_hoop_answer_t  answer;

    answer.head = hoop_str(fetch->buf.data, len);

    status = NGX_ERROR;

    if (len > sizeof("HTTP/1.1 200") - 1
        && ngx_strncmp(fetch->buf.data, "HTTP/1.", 7) == 0
        && fetch->buf.data[8] == ' ')
    {
        status = ngx_atoi(fetch->buf.data + 9, 3);
    }

    if (status < 200) {
        *error = "was answered without a status";
        return NGX_ERROR;
    }

    fetch->head = len;
    fetch->status = status;

    if (ngx_http_hoop_fetch_header(&answer, "content-length", &value)
        == NGX_OK)
    {
        fetch->length = ngx_atoof((u_char *) value.data, value.len);

        if (fetch->length == NGX_ERROR) {
            *error = "was answered with an invalid Content-Length";
            return NGX_ERROR;
        }
    }

    if (ngx_http_hoop_fetch_header(&answer, "content-encoding", &value)
        == NGX_OK
        && !(value.len == 8
             && ngx_strncasecmp((u_char *) value.data, (u_char *) "identity",
                                8)
                == 0))
    {
        *error = "was answered with Content-Encoding, wanted none";
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_hoop_fetch_header(ngx_http_hoop_answer_t *answer, const char *name,
    hoop_str_t *value)
{
    size_t   len;
    u_char  *p, *last, *eol;

    len = ngx_strlen(name);
    p = (u_char *) answer->head.data;
    last = p + answer->head.len;

    for ( ;; ) {

        eol = ngx_strlchr(p, last, LF);
        if (eol == NULL) {
            return NGX_DECLINED;
        }

        /* the head ends with an empty line: the next one is here as well */

        p = eol + 1;

        if ((size_t) (last - p) <= len || p[len] != ':'
            || ngx_strncasecmp(p, (u_char *) name, len) != 0)
        {
            continue;
        }

        p += len + 1;

        eol = ngx_strlchr(p, last, CR);
        if (eol == NULL) {
            return NGX_DECLINED;
        }

        while (p < eol && *p == ' ') {
            p++;
        }

        while (p < eol && eol[-1] == ' ') {
            eol--;
        }

        *value = hoop_str(p, eol - p);

        return NGX_OK;
    }
}


static void
ngx_http_hoop_fetch_done(ngx_http_hoop_fetch_t *fetch, const char *error)
{
    ngx_http_hoop_answer_t  answer;

    answer.error = error;
    answer.status = fetch->status;
    answer.head = hoop_str(fetch->buf.data, fetch->head);
    answer.body = hoop_str(fetch->buf.data + fetch->head,
                           fetch->buf.len - fetch->head);

    ngx_queue_remove(&fetch->queue);
    ngx_close_connection(fetch->connection);

    fetch->handler(fetch->data, &answer);

    ngx_http_hoop_fetch_free(fetch);
}


void
ngx_http_hoop_fetch_cancel(ngx_http_hoop_fetch_t *fetch)
{
    ngx_queue_remove(&fetch->queue);
    ngx_close_connection(fetch->connection);
    ngx_http_hoop_fetch_free(fetch);
}


/* nginx closes what is idle when a worker begins to exit */

void
ngx_http_hoop_fetch_idle(ngx_http_hoop_fetch_t *fetch, ngx_uint_t idle)
{
    fetch->connection->idle = idle;
}


static void
ngx_http_hoop_fetch_free(ngx_http_hoop_fetch_t *fetch)
{
    hoop_buf_free(&fetch->buf);
    ngx_destroy_pool(fetch->pool);
}


/* the side of nginx */

ngx_uint_t
ngx_http_hoop_is_fetch(ngx_http_request_t *r)
{
    ngx_listening_t  *ls;

    if (r != r->main) {
        return 0;
    }

    ls = r->connection->listening;

    return ls && ls->handler == ngx_http_hoop_fetch_accepted;
}


/* NULL for one that has been cancelled, too */

static ngx_http_hoop_fetch_t *
ngx_http_hoop_fetch_find(ngx_http_request_t *r)
{
    ngx_queue_t            *q;
    ngx_connection_t       *c;
    ngx_http_hoop_fetch_t  *fetch;

    c = r->connection;

    if (!ngx_http_hoop_is_fetch(r)) {
        return NULL;
    }

    for (q = ngx_queue_head(&ngx_http_hoop_fetches);
         q != ngx_queue_sentinel(&ngx_http_hoop_fetches);
         q = ngx_queue_next(q))
    {
        fetch = ngx_queue_data(q, ngx_http_hoop_fetch_t, queue);

        if (fetch->peer == c && fetch->number == c->number) {
            return fetch;
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_hoop_fetch_post_read_handler(ngx_http_request_t *r)
{
    ngx_http_hoop_fetch_t  *fetch;

    if (!ngx_http_hoop_is_fetch(r)) {
        return NGX_DECLINED;
    }

    fetch = ngx_http_hoop_fetch_find(r);
    if (fetch == NULL) {
        return NGX_HTTP_FORBIDDEN;
    }

    fetch->uri_changes = r->uri_changes;
    r->internal = 1;

    return ngx_http_hoop_fetch_skip(r, ngx_http_core_find_config_phase);
}


ngx_int_t
ngx_http_hoop_fetch_preaccess(ngx_http_request_t *r)
{
    ngx_http_hoop_fetch_t     *fetch;
    ngx_http_core_loc_conf_t  *clcf;

    fetch = ngx_http_hoop_fetch_find(r);

    if (fetch == NULL || fetch->uri_changes != r->uri_changes) {

        /* an error page, or by an X-Accel-Redirect: not our way */

        return (r->err_status >= NGX_HTTP_SPECIAL_RESPONSE)
               ? (ngx_int_t) r->err_status : NGX_HTTP_FORBIDDEN;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!clcf->internal) {

        /* one for clients: the targets behind it are to name no keys */

        ngx_http_hoop_log(NGX_LOG_ERR, r, "hoop_fetch \"%V\" is of location "
                          "\"%V\", which is not internal", &r->uri,
                          &clcf->name);

        return NGX_HTTP_FORBIDDEN;
    }

    /* nor is a limit of the server for its clients meant for us */

    r->limit_rate = 0;
    r->limit_rate_set = 1;

    return ngx_http_hoop_fetch_skip(r, ngx_http_core_content_phase);
}


/* goes on with the first handler of another phase: what is skipped is meant
   for clients */

static ngx_int_t
ngx_http_hoop_fetch_skip(ngx_http_request_t *r,
    ngx_http_phase_handler_pt checker)
{
    ngx_int_t                   i;
    ngx_http_phase_handler_t   *ph;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    ph = cmcf->phase_engine.handlers;

    for (i = r->phase_handler + 1; ph[i].checker; i++) {

        if (ph[i].checker == checker) {

            /* NGX_DECLINED takes the step that is missing */

            r->phase_handler = i - 1;
            return NGX_DECLINED;
        }
    }

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


ngx_int_t
ngx_http_hoop_fetch_url_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_hoop_fetch_t  *fetch;

    fetch = ngx_http_hoop_fetch_find(r);

    if (fetch == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    /* the request may outlive the fetch */

    v->data = ngx_pstrdup(r->pool, &fetch->url);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    v->len = fetch->url.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}
