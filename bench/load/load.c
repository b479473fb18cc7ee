
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The load of bench/gateway: HTTP/1.1 clients with keepalive and the target
 * behind the gateway, in one process on one core.  It polls and never sleeps:
 * so the gateway under test never pays for waking up who reads what it wrote,
 * a cost that is larger than a whole request on some machines and comes and
 * goes with the speed of the gateway itself.
 *
 *     load --port N --upstream-port N --body FILE [--header FILE]
 *          [--headers FILE] [--uri /v1/x] [--connections 16] [--seconds 3]
 *          [--rate N] [--core 0]
 *
 * The target answers each request with the file as JSON.  "--header": a file
 * with one more header line, a token does not belong to the command line.
 * "--rate": requests are due at fixed times and their latency counts from
 * there; without it each connection sends when it has its answer.
 *
 * A connection of either kind is in the state "idle", "busy" (a request is
 * under way) or closed; what was received lies in buf[0 .. len).  Prints one
 * line and exits with 1 if an answer was not a 200 or a connection was lost.
 */


#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


#define LOAD_BUFFER       (2304 * 1024)
#define LOAD_BODY         (2048 * 1024)
#define LOAD_HEADERS      (64 * 1024 * 1024)
#define LOAD_CONNECTIONS  512
#define LOAD_EVENTS       64
#define LOAD_SECONDS      600
#define LOAD_DRAIN        1000000000   /* ns */
#define LOAD_LATENCY      1000000      /* us; what took longer counts as that */


typedef struct load_connection_s  load_connection_t;

struct load_connection_s {
    void               (*handler)(load_connection_t *c);
    load_connection_t   *next;         /* of the idle ones */
    uint64_t             start;        /* ns */
    size_t               len;
    size_t               left;         /* of the answer, to be sent */
    int                  fd;
    char                 buf[LOAD_BUFFER];
};


static uint64_t load_now(void);
static void load_fail(const char *what);
static size_t load_file(const char *name, char *dst, size_t size);
static int load_socket(unsigned port, struct sockaddr_in *sin);
static void load_add(load_connection_t *c, int fd,
    void (*handler)(load_connection_t *c));
static load_connection_t *load_alloc(void);
static void load_listen(unsigned port);
static void load_connect(unsigned port);
static ssize_t load_recv(load_connection_t *c);
static void load_send(load_connection_t *c, const char *p, size_t len);
static void load_accept_handler(load_connection_t *c);
static void load_target_handler(load_connection_t *c);
static void load_target_send(load_connection_t *c);
static void load_client_handler(load_connection_t *c);
static void load_request(load_connection_t *c, uint64_t start);
static void load_next_header(void);
static ssize_t load_answer(load_connection_t *c);
static ssize_t load_chunks(char *p, char *end);
static double load_percentile(double part);


static int                 load_epoll;
static load_connection_t  *load_idle;
static unsigned            load_busy;

static char                load_request_text[16384];
static size_t              load_request_len;
static size_t              load_request_head;   /* where headers go on */
static char               *load_headers;        /* the next line, or NULL */
static char                load_answer_text[LOAD_BODY + 1024];
static size_t              load_answer_len;

static uint64_t            load_requests;
static uint64_t            load_errors;
static uint64_t            load_bytes;
static uint32_t            load_latency[LOAD_LATENCY + 1];


int
main(int argc, char **argv)
{
    int                  i, n, opt;
    char                *uri, *body, *header, *headers, *text;
    double               seconds, rate;
    uint64_t             start, now, end, due;
    unsigned             port, upstream, connections, core;
    cpu_set_t            set;
    load_connection_t   *c;
    struct epoll_event   events[LOAD_EVENTS];

    static const struct option  options[] = {
        { "port", 1, NULL, 'p' }, { "upstream-port", 1, NULL, 'u' },
        { "body", 1, NULL, 'b' }, { "header", 1, NULL, 'h' },
        { "headers", 1, NULL, 'l' },
        { "uri", 1, NULL, 'i' }, { "connections", 1, NULL, 'c' },
        { "seconds", 1, NULL, 's' }, { "rate", 1, NULL, 'r' },
        { "core", 1, NULL, 'o' }, { NULL, 0, NULL, 0 }
    };

    uri = "/v1/x";
    body = NULL;
    header = NULL;
    headers = NULL;
    port = 0;
    upstream = 0;
    connections = 16;
    seconds = 3;
    rate = 0;
    core = 0;

    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (opt) {
        case 'p': port = atoi(optarg); break;
        case 'u': upstream = atoi(optarg); break;
        case 'b': body = optarg; break;
        case 'h': header = optarg; break;
        case 'l': headers = optarg; break;
        case 'i': uri = optarg; break;
        case 'c': connections = atoi(optarg); break;
        case 's': seconds = atof(optarg); break;
        case 'r': rate = atof(optarg); break;
        case 'o': core = atoi(optarg); break;
        default: return 2;
        }
    }

    if (port == 0 || upstream == 0 || body == NULL || connections == 0
        || connections > LOAD_CONNECTIONS || !(seconds > 0)
        || seconds > LOAD_SECONDS || rate < 0)
    {
        fprintf(stderr, "usage: load --port N --upstream-port N --body FILE "
                        "[--header FILE] [--headers FILE] [--uri URI] "
                        "[--connections 1..%d] [--seconds S] [--rate N] "
                        "[--core N]\n",
                LOAD_CONNECTIONS);
        return 2;
    }

    CPU_ZERO(&set);
    CPU_SET(core, &set);

    if (sched_setaffinity(0, sizeof(set), &set) == -1) {
        load_fail("sched_setaffinity()");
    }

    text = malloc(LOAD_BODY);
    load_epoll = epoll_create1(EPOLL_CLOEXEC);

    if (text == NULL || load_epoll == -1) {
        load_fail("epoll_create1()");
    }

    load_answer_len = load_file(body, text, LOAD_BODY);

    n = sprintf(load_answer_text,
                "HTTP/1.1 200 OK\r\nServer: target\r\n"
                "Content-Type: application/json\r\nContent-Length: %zu\r\n"
                "Connection: keep-alive\r\n\r\n", load_answer_len);

    memcpy(load_answer_text + n, text, load_answer_len);
    load_answer_len += n;

    text[header ? load_file(header, text, 8192) : 0] = '\0';
    text[strcspn(text, "\r\n")] = '\0';

    n = snprintf(load_request_text, sizeof(load_request_text),
                 "GET %s HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n", uri, text,
                 text[0] ? "\r\n" : "");

    if (n >= (int) sizeof(load_request_text)) {
        errno = E2BIG;
        load_fail("request");
    }

    load_request_len = n;
    load_request_head = n - 2;
    free(text);

    if (headers) {
        load_headers = malloc(LOAD_HEADERS);
        if (load_headers == NULL) {
            load_fail("malloc()");
        }

        n = load_file(headers, load_headers, LOAD_HEADERS - 1);
        load_headers[n] = '\0';
    }

    load_listen(upstream);

    while (connections--) {
        load_connect(port);
    }

    start = load_now();
    now = start;
    end = start + (uint64_t) (seconds * 1e9);
    due = start;

    /* the last ones get their answers, or the gateway would log a loss */

    while (now < end || (load_busy && now < end + LOAD_DRAIN)) {
        n = epoll_wait(load_epoll, events, LOAD_EVENTS, 0);

        for (i = 0; i < n; i++) {
            c = events[i].data.ptr;
            c->handler(c);
        }

        now = load_now();

        if (headers && *load_headers == '\0' && now < end) {
            end = now;
        }

        while (load_idle && now < end && (rate == 0 || due <= now)
               && (headers == NULL || *load_headers))
        {
            c = load_idle;
            load_idle = c->next;

            load_request(c, rate ? due : now);

            if (rate) {
                due += (uint64_t) (1e9 / rate);
            }
        }
    }

    printf("requests %llu errors %llu bytes %llu seconds %.3f "
           "p50 %.0f p99 %.0f us\n",
           (unsigned long long) load_requests,
           (unsigned long long) load_errors,
           (unsigned long long) (load_requests ? load_bytes / load_requests
                                               : 0),
           (now - start) / 1e9, load_percentile(0.5),
           load_percentile(0.99));

    return load_errors != 0 || load_busy != 0 || load_requests == 0;
}


static uint64_t
load_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


static void
load_fail(const char *what)
{
    fprintf(stderr, "load: %s failed: %s\n", what, strerror(errno));
    exit(2);
}


static size_t
load_file(const char *name, char *dst, size_t size)
{
    FILE    *f;
    size_t   n;

    f = fopen(name, "r");
    if (f == NULL) {
        load_fail(name);
    }

    n = fread(dst, 1, size, f);
    (void) fclose(f);

    if (n == size) {
        errno = EFBIG;
        load_fail(name);
    }

    return n;
}


static int
load_socket(unsigned port, struct sockaddr_in *sin)
{
    int  fd, one;

    fd = socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0);
    if (fd == -1) {
        load_fail("socket()");
    }

    one = 1;
    (void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(int));

    memset(sin, 0, sizeof(struct sockaddr_in));
    sin->sin_family = AF_INET;
    sin->sin_port = htons(port);
    sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    return fd;
}


static void
load_add(load_connection_t *c, int fd, void (*handler)(load_connection_t *c))
{
    int                 one;
    struct epoll_event  ee;

    c->fd = fd;
    c->len = 0;
    c->left = 0;
    c->handler = handler;

    one = 1;
    (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(int));

    ee.events = EPOLLIN;
    ee.data.ptr = c;

    if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1
        || epoll_ctl(load_epoll, EPOLL_CTL_ADD, fd, &ee) == -1)
    {
        load_fail("epoll_ctl()");
    }
}


static load_connection_t *
load_alloc(void)
{
    load_connection_t  *c;

    c = malloc(sizeof(load_connection_t));
    if (c == NULL) {
        load_fail("malloc()");
    }

    return c;
}


static void
load_listen(unsigned port)
{
    int                 fd;
    struct sockaddr_in  sin;

    fd = load_socket(port, &sin);

    if (bind(fd, (struct sockaddr *) &sin, sizeof(sin)) == -1
        || listen(fd, LOAD_CONNECTIONS) == -1)
    {
        load_fail("listen()");
    }

    load_add(load_alloc(), fd, load_accept_handler);
}


static void
load_connect(unsigned port)
{
    int                 fd;
    load_connection_t  *c;
    struct sockaddr_in  sin;

    fd = load_socket(port, &sin);

    if (connect(fd, (struct sockaddr *) &sin, sizeof(sin)) == -1) {
        load_fail("connect()");
    }

    c = load_alloc();
    load_add(c, fd, load_client_handler);

    c->next = load_idle;
    load_idle = c;
}


/* what was received, 0 for nothing now, -1 for the end of the connection */

static ssize_t
load_recv(load_connection_t *c)
{
    ssize_t  n;

    if (c->len == LOAD_BUFFER - 1) {
        return -1;
    }

    n = recv(c->fd, c->buf + c->len, LOAD_BUFFER - 1 - c->len, 0);

    if (n > 0) {
        c->len += n;
        c->buf[c->len] = '\0';
        return n;
    }

    return (n == -1 && (errno == EAGAIN || errno == EINTR)) ? 0 : -1;
}


/* a request is alone in its socket's buffer: what does not fit is an error */

static void
load_send(load_connection_t *c, const char *p, size_t len)
{
    if (send(c->fd, p, len, MSG_NOSIGNAL) != (ssize_t) len) {
        load_errors++;
    }
}


static void
load_accept_handler(load_connection_t *c)
{
    int  fd;

    fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd != -1) {
        load_add(load_alloc(), fd, load_target_handler);
    }
}


/* the gateway closes connections as it likes: that is no error here */

static void
load_target_handler(load_connection_t *c)
{
    ssize_t  n;

    if (c->left) {
        load_target_send(c);
        return;
    }

    n = load_recv(c);

    if (n == -1) {
        (void) close(c->fd);
        free(c);
        return;
    }

    if (n && c->len >= 4 && memcmp(c->buf + c->len - 4, "\r\n\r\n", 4) == 0) {
        c->len = 0;
        c->left = load_answer_len;
        load_target_send(c);
    }
}


/* a large answer goes as the gateway reads it */

static void
load_target_send(load_connection_t *c)
{
    size_t              left;
    ssize_t             n;
    struct epoll_event  ee;

    left = c->left;

    n = send(c->fd, load_answer_text + load_answer_len - left, left,
             MSG_NOSIGNAL);

    if (n > 0) {
        c->left -= n;

    } else if (n == 0 || errno != EAGAIN) {
        load_errors++;
        c->left = 0;
    }

    if (c->left && left < load_answer_len) {
        return;
    }

    if (c->left == 0 && left == load_answer_len) {
        return;
    }

    /* the first part of several, or the last */

    ee.events = c->left ? EPOLLOUT : EPOLLIN;
    ee.data.ptr = c;

    if (epoll_ctl(load_epoll, EPOLL_CTL_MOD, c->fd, &ee) == -1) {
        load_fail("epoll_ctl()");
    }
}


static void
load_client_handler(load_connection_t *c)
{
    ssize_t   n;
    uint64_t  us;

    n = load_recv(c);

    if (n == 0) {
        return;
    }

    n = (n == -1) ? -1 : load_answer(c);

    if (n == 0) {
        return;
    }

    load_busy--;

    if (n == -1) {
        load_errors++;
        (void) close(c->fd);
        return;
    }

    us = (load_now() - c->start) / 1000;
    load_latency[us < LOAD_LATENCY ? us : LOAD_LATENCY]++;

    load_requests++;
    load_bytes += n;

    c->len = 0;
    c->next = load_idle;
    load_idle = c;
}


static void
load_request(load_connection_t *c, uint64_t start)
{
    c->start = start;
    load_busy++;

    if (load_headers) {
        load_next_header();
    }

    load_send(c, load_request_text, load_request_len);
}


/* a request of its own for each: the text's end is written anew */

static void
load_next_header(void)
{
    size_t  n;

    n = strcspn(load_headers, "\n");

    if (load_request_head + n + 4 > sizeof(load_request_text)) {
        errno = E2BIG;
        load_fail("request");
    }

    memcpy(load_request_text + load_request_head, load_headers, n);
    memcpy(load_request_text + load_request_head + n, "\r\n\r\n", 4);
    load_request_len = load_request_head + n + 4;

    load_headers += n + (load_headers[n] == '\n');
}


/* the size of the body once all of it is there; 0: not yet; -1: not a 200 */

static ssize_t
load_answer(load_connection_t *c)
{
    char  *p, *end, *body, *length;

    end = c->buf + c->len;
    body = strstr(c->buf, "\r\n\r\n");

    if (body == NULL) {
        return 0;
    }

    if (strncmp(c->buf, "HTTP/1.1 200 ", 13) != 0) {
        return -1;
    }

    body += 4;

    for (p = c->buf; p < body; p = strstr(p, "\r\n") + 2) {

        if (strncasecmp(p, "Content-Length:", 15) == 0) {
            length = p + 15;

            if (end - body < strtol(length, NULL, 10)) {
                return 0;
            }

            return (end - body == strtol(length, NULL, 10)) ? end - body : -1;
        }

        if (strncasecmp(p, "Transfer-Encoding:", 18) == 0) {
            return load_chunks(body, end);
        }
    }

    return -1;
}


static ssize_t
load_chunks(char *p, char *end)
{
    char    *q;
    long     n;
    ssize_t  size;

    size = 0;

    for ( ;; ) {
        q = memmem(p, end - p, "\r\n", 2);

        if (q == NULL) {
            return 0;
        }

        n = strtol(p, &p, 16);

        if (p != q || n < 0 || n > LOAD_BUFFER) {
            return -1;
        }

        p += 2;

        if (end - p < n + 2) {
            return 0;
        }

        p += n + 2;
        size += n;

        if (n == 0) {
            return (p == end && size) ? size : -1;
        }
    }
}


static double
load_percentile(double part)
{
    uint64_t  n, seen;

    seen = 0;

    for (n = 0; n < LOAD_LATENCY; n++) {
        seen += load_latency[n];

        if (seen >= load_requests * part) {
            break;
        }
    }

    return n;
}
