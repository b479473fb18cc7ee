
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl approvals: a human's side of hoop_api.
 *
 * One blocking HTTP/1.1 exchange over TCP or TLS, closed by the server.  The
 * token comes from a file or the environment: arguments are seen by everybody on
 * the machine.
 * What is printed is ASCII, so that no text of an approval reaches a terminal
 * as a control sequence.
 */


#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <arpa/inet.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "hoopctl.h"
#include "../core/hoop_json.h"


#define HOOPCTL_APPROVALS_ANSWER   (16 * 1024 * 1024)
#define HOOPCTL_APPROVALS_TOKEN    16384
#define HOOPCTL_APPROVALS_TIMEOUT  30
#define HOOPCTL_APPROVALS_WAIT     20      /* s that a watch is held */
#define HOOPCTL_APPROVALS_PAUSE    2       /* s after a failure of it */
#define HOOPCTL_APPROVALS_FILTERS  7
#define HOOPCTL_APPROVALS_SEEN     4096


typedef struct {
    const char     *what;          /* list, show, approve, ... */
    const char     *id;            /* of a plan: its file */
    const char     *reason;
    const char     *api;
    const char     *token_file;
    const char     *ca;
    const char     *filters[HOOPCTL_APPROVALS_FILTERS];

    char            host[256];
    char            port[8];
    const char     *path;          /* of api, "" or "/..." */
    hoop_buf_t      token;
    hoop_buf_t      plan;
    unsigned        tls:1;

    char            etag[128];     /* of a watch; empty: none yet */
} hoopctl_approvals_t;


/* of one connection */

typedef struct {
    int             fd;
    SSL_CTX        *ctx;
    SSL            *ssl;           /* NULL: plain */
} hoopctl_approvals_conn_t;


static int hoopctl_approvals_options(hoopctl_approvals_t *a, int argc,
    char **argv);
static int hoopctl_approvals_url(hoopctl_approvals_t *a);
static int hoopctl_approvals_token(hoopctl_approvals_t *a);
static int hoopctl_approvals_request(hoopctl_approvals_t *a, hoop_buf_t *b);
static void hoopctl_approvals_filter(hoopctl_approvals_t *a, hoop_buf_t *b);
static int hoopctl_approvals_watch(hoopctl_approvals_t *a);
static int hoopctl_approvals_fresh(json_t *list, char (*seen)[33],
    size_t *nseen);
static int hoopctl_approvals_connect(hoopctl_approvals_t *a);
static int hoopctl_approvals_tls(hoopctl_approvals_t *a,
    hoopctl_approvals_conn_t *c);
static void hoopctl_approvals_close(hoopctl_approvals_conn_t *c);
static int hoopctl_approvals_exchange(hoopctl_approvals_t *a,
    const hoop_buf_t *request, hoop_buf_t *answer);
static int hoopctl_approvals_parse(hoopctl_approvals_t *a, hoop_buf_t *answer,
    hoop_str_t *body);
static int hoopctl_approvals_chunked(hoop_str_t *body);
static int hoopctl_approvals_print(hoopctl_approvals_t *a, int status,
    hoop_str_t body);
static int hoopctl_approvals_line(json_t *json);
static int hoopctl_approvals_error(const char *text, const char *what);


/* options, and arguments of the query */

static const char *const  hoopctl_approvals_filters[] = {
    "state", "kind", "rule", "target", "requester", "run", "limit"
};


int
hoopctl_approvals(int argc, char **argv)
{
    int                  rc, status;
    hoop_str_t           body;
    hoop_buf_t           request, answer;
    hoopctl_approvals_t  a;

    memset(&a, 0, sizeof(hoopctl_approvals_t));

    hoop_buf_init(&a.token, HOOPCTL_APPROVALS_TOKEN + 2);
    hoop_buf_init(&a.plan, 65536);
    hoop_buf_init(&request, 65536);
    hoop_buf_init(&answer, HOOPCTL_APPROVALS_ANSWER);

    rc = hoopctl_approvals_options(&a, argc, argv);

    if (rc == HOOPCTL_YES) {
        rc = HOOPCTL_USAGE;

        if (hoopctl_approvals_url(&a) != HOOP_OK
            || hoopctl_approvals_token(&a) != HOOP_OK
            || (strcmp(a.what, "plan") == 0
                && hoopctl_read(a.id, &a.plan, 65536) != HOOP_OK))
        {
            /* said already */

        } else if (strcmp(a.what, "watch") == 0) {
            rc = hoopctl_approvals_watch(&a);

        } else if (hoopctl_approvals_request(&a, &request) == HOOP_OK
                   && hoopctl_approvals_exchange(&a, &request, &answer)
                      == HOOP_OK)
        {
            status = hoopctl_approvals_parse(&a, &answer, &body);

            if (status > 0) {
                rc = hoopctl_approvals_print(&a, status, body);

            } else {
                (void) hoopctl_approvals_error("not an HTTP answer", NULL);
            }
        }
    }

    if (a.token.data) {
        OPENSSL_cleanse(a.token.data, a.token.size);
    }

    if (request.data) {
        OPENSSL_cleanse(request.data, request.size);
    }

    hoop_buf_free(&a.token);
    hoop_buf_free(&a.plan);
    hoop_buf_free(&request);
    hoop_buf_free(&answer);

    return rc;
}


static int
hoopctl_approvals_options(hoopctl_approvals_t *a, int argc, char **argv)
{
    int          i, k, takes_id, takes_reason, lists, filtered;
    const char **value;

    for (i = 1; i < argc; i++) {

        value = strcmp(argv[i], "--api") == 0 ? &a->api
                : strcmp(argv[i], "--token-file") == 0 ? &a->token_file
                : strcmp(argv[i], "--reason") == 0 ? &a->reason
                : strcmp(argv[i], "--ca") == 0 ? &a->ca
                : NULL;

        for (k = 0; k < HOOPCTL_APPROVALS_FILTERS; k++) {
            if (strncmp(argv[i], "--", 2) == 0
                && strcmp(argv[i] + 2, hoopctl_approvals_filters[k]) == 0)
            {
                value = &a->filters[k];
            }
        }

        if (value != NULL) {
            if (*value != NULL || ++i == argc) {
                goto usage;
            }

            *value = argv[i];

        } else if (argv[i][0] == '-') {
            goto usage;

        } else if (a->what == NULL) {
            a->what = argv[i];

        } else if (a->id == NULL) {
            a->id = argv[i];

        } else {
            goto usage;
        }
    }

    if (a->what == NULL || a->api == NULL) {
        goto usage;
    }

    takes_reason = strcmp(a->what, "approve") == 0
                   || strcmp(a->what, "deny") == 0
                   || strcmp(a->what, "cancel") == 0;
    takes_id = takes_reason || strcmp(a->what, "show") == 0
               || strcmp(a->what, "plan") == 0;
    lists = strcmp(a->what, "list") == 0 || strcmp(a->what, "watch") == 0;

    filtered = 0;

    for (k = 0; k < HOOPCTL_APPROVALS_FILTERS; k++) {
        filtered |= a->filters[k] != NULL;
    }

    if ((!takes_id && !lists)
        || takes_id != (a->id != NULL)
        || (a->reason != NULL && !takes_reason)
        || (filtered && !lists))
    {
        goto usage;
    }

    if (a->id != NULL && strcmp(a->what, "plan") != 0
        && (strlen(a->id) != 32
            || strspn(a->id, "0123456789abcdef") != 32))
    {
        (void) hoopctl_approvals_error("an id has 32 hexadecimal digits",
                                       NULL);
        return HOOPCTL_USAGE;
    }

    return HOOPCTL_YES;

usage:

    return hoopctl_usage("approvals list | watch [--state S] [--kind K]"
                         " [--rule R] [--target T]\n"
                         "              [--requester SUB] [--run R]"
                         " [--limit N]\n"
                         "          show ID | approve ID | deny ID | cancel ID"
                         " [--reason TEXT]\n"
                         "          plan FILE\n"
                         "    --api http[s]://HOST[:PORT]/PATH"
                         " [--token-file FILE] [--ca FILE]\n"
                         "The token is read from FILE or else from the"
                         " environment (HOOP_TOKEN).\n"
                         "watch prints what is new, a line each, until it is"
                         " interrupted.");
}


static int
hoopctl_approvals_url(hoopctl_approvals_t *a)
{
    size_t       len;
    const char  *p, *end, *port;

    for (p = a->api; *p; p++) {
        if ((unsigned char) *p <= ' ' || (unsigned char) *p >= 0x7f
            || strchr("?#@", *p))
        {
            return hoopctl_approvals_error("invalid --api URL", NULL);
        }
    }

    a->tls = strncmp(a->api, "https://", 8) == 0;

    if (!a->tls && strncmp(a->api, "http://", 7) != 0) {
        return hoopctl_approvals_error("--api wants http[s]://HOST[:PORT]"
                                       "/PATH", NULL);
    }

    p = a->api + (a->tls ? 8 : 7);
    end = p + strcspn(p, "/");

    a->path = end;

    if (*p == '[') {
        p++;
        port = memchr(p, ']', end - p);

        if (port == NULL) {
            return hoopctl_approvals_error("invalid --api URL", NULL);
        }

        len = port - p;
        port++;

    } else {
        port = memchr(p, ':', end - p);

        if (port == NULL) {
            port = end;
        }

        len = port - p;
    }

    if (len == 0 || len >= sizeof(a->host)) {
        return hoopctl_approvals_error("invalid --api URL", NULL);
    }

    memcpy(a->host, p, len);
    a->host[len] = '\0';

    strcpy(a->port, a->tls ? "443" : "80");

    if (port != end) {
        port++;
        len = end - port;

        if (port[-1] != ':' || len == 0 || len > 5
            || strspn(port, "0123456789") < len)
        {
            return hoopctl_approvals_error("invalid --api URL", NULL);
        }

        memcpy(a->port, port, len);
        a->port[len] = '\0';
    }

    return HOOP_OK;
}


/* only what RFC 6750 calls a token may become part of a header */

static int
hoopctl_approvals_token(hoopctl_approvals_t *a)
{
    size_t       i;
    u_char       c;
    const char  *env;

    if (a->token_file != NULL) {
        if (hoopctl_read(a->token_file, &a->token, HOOPCTL_APPROVALS_TOKEN)
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }

    } else {
        env = getenv("HOOP_TOKEN");

        if (env == NULL || *env == '\0') {
            return hoopctl_approvals_error("no --token-file and no HOOP_TOKEN",
                                           NULL);
        }

        (void) hoop_buf_adds(&a->token, env);
    }

    while (a->token.len && (a->token.data[a->token.len - 1] == '\n'
                            || a->token.data[a->token.len - 1] == '\r'))
    {
        a->token.len--;
    }

    for (i = 0; i < a->token.len; i++) {
        c = a->token.data[i];

        if ((c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
            && (c < '0' || c > '9') && (c == '\0' || !strchr("-._~+/=", c)))
        {
            break;
        }
    }

    if (a->token.failed || a->token.len == 0 || i != a->token.len) {
        return hoopctl_approvals_error("not a bearer token", NULL);
    }

    return HOOP_OK;
}


static int
hoopctl_approvals_request(hoopctl_approvals_t *a, hoop_buf_t *b)
{
    int         slash, ipv6, posts;
    size_t      len;
    hoop_buf_t  body;

    hoop_buf_init(&body, 65536 + 2);

    if (strcmp(a->what, "plan") == 0) {
        (void) hoop_buf_add(&body, a->plan.data, a->plan.len);

    } else if (a->reason != NULL) {
        (void) hoop_buf_adds(&body, "{\"reason\":");
        (void) hoop_buf_add_json(&body, (const u_char *) a->reason,
                                 strlen(a->reason));
        (void) hoop_buf_addc(&body, '}');
    }

    len = strlen(a->path);
    slash = len > 0 && a->path[len - 1] == '/';
    ipv6 = strchr(a->host, ':') != NULL;

    posts = a->id != NULL && strcmp(a->what, "show") != 0;

    (void) hoop_buf_adds(b, posts ? "POST " : "GET ");
    (void) hoop_buf_adds(b, a->path);
    (void) hoop_buf_adds(b, slash ? "" : "/");

    if (strcmp(a->what, "plan") == 0) {
        (void) hoop_buf_adds(b, "plans");

    } else {
        (void) hoop_buf_adds(b, "approvals");

        if (a->id != NULL) {
            (void) hoop_buf_addc(b, '/');
            (void) hoop_buf_adds(b, a->id);

            if (posts) {
                (void) hoop_buf_addc(b, '/');
                (void) hoop_buf_adds(b, a->what);
            }

        } else {
            hoopctl_approvals_filter(a, b);
        }
    }

    (void) hoop_buf_adds(b, " HTTP/1.1\r\nHost: ");
    (void) hoop_buf_adds(b, ipv6 ? "[" : "");
    (void) hoop_buf_adds(b, a->host);
    (void) hoop_buf_adds(b, ipv6 ? "]:" : ":");
    (void) hoop_buf_adds(b, a->port);
    (void) hoop_buf_adds(b, "\r\nConnection: close\r\n"
                            "Accept: application/json\r\n"
                            "Authorization: Bearer ");
    (void) hoop_buf_add(b, a->token.data, a->token.len);

    if (a->etag[0] != '\0') {
        (void) hoop_buf_adds(b, "\r\nIf-None-Match: ");
        (void) hoop_buf_adds(b, a->etag);
        (void) hoop_buf_adds(b, "\r\nPrefer: wait=");
        (void) hoop_buf_addu(b, HOOPCTL_APPROVALS_WAIT);
    }

    (void) hoop_buf_adds(b, "\r\nContent-Length: ");
    (void) hoop_buf_addu(b, body.len);

    if (body.len) {
        (void) hoop_buf_adds(b, "\r\nContent-Type: application/json");
    }

    (void) hoop_buf_adds(b, "\r\n\r\n");
    (void) hoop_buf_add(b, body.data, body.len);

    if (body.failed) {
        b->failed = 1;
    }

    hoop_buf_free(&body);

    return b->failed ? hoopctl_approvals_error("too long a request", NULL)
                     : HOOP_OK;
}


/* "?name=value&...", all but letters and digits escaped */

static void
hoopctl_approvals_filter(hoopctl_approvals_t *a, hoop_buf_t *b)
{
    int             k, n;
    char            hex[4];
    const u_char   *p;

    n = 0;

    for (k = 0; k < HOOPCTL_APPROVALS_FILTERS; k++) {

        if (a->filters[k] == NULL) {
            continue;
        }

        (void) hoop_buf_addc(b, n++ ? '&' : '?');
        (void) hoop_buf_adds(b, hoopctl_approvals_filters[k]);
        (void) hoop_buf_addc(b, '=');

        for (p = (const u_char *) a->filters[k]; *p; p++) {

            if ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z')
                || (*p >= 'A' && *p <= 'Z'))
            {
                (void) hoop_buf_addc(b, *p);

            } else {
                snprintf(hex, sizeof(hex), "%%%02X", *p);
                (void) hoop_buf_adds(b, hex);
            }
        }
    }
}


/*
 * What is new, a line each: it is asked for again and again, and the gateway
 * holds the answer until there is something.  What fails on the way is said, and
 * tried again; what the gateway refuses is the end.
 */

static int
hoopctl_approvals_watch(hoopctl_approvals_t *a)
{
    int            status, rc;
    char         (*seen)[33];
    size_t         nseen;
    json_t        *json;
    hoop_str_t     body;
    hoop_buf_t     request, answer;
    hoop_error_t   err;

    seen = calloc(HOOPCTL_APPROVALS_SEEN, sizeof(*seen));
    if (seen == NULL) {
        return HOOPCTL_USAGE;
    }

    nseen = 0;
    rc = HOOPCTL_YES;

    while (rc == HOOPCTL_YES) {
        hoop_buf_init(&request, 65536);
        hoop_buf_init(&answer, HOOPCTL_APPROVALS_ANSWER);

        status = -1;

        if (hoopctl_approvals_request(a, &request) == HOOP_OK
            && hoopctl_approvals_exchange(a, &request, &answer) == HOOP_OK)
        {
            status = hoopctl_approvals_parse(a, &answer, &body);
        }

        if (status == 200) {
            json = hoop_json_load(body.data, body.len, &err);
            rc = hoopctl_approvals_fresh(json_object_get(json, "approvals"),
                                         seen, &nseen);
            json_decref(json);

            if (a->etag[0] == '\0') {
                sleep(HOOPCTL_APPROVALS_PAUSE);
            }

        } else if (status >= 400 && status < 500) {
            rc = hoopctl_approvals_print(a, status, body);

        } else if (status != 304) {
            sleep(HOOPCTL_APPROVALS_PAUSE);
        }

        OPENSSL_cleanse(request.data, request.size);
        hoop_buf_free(&request);
        hoop_buf_free(&answer);
    }

    free(seen);

    return rc;
}


static int
hoopctl_approvals_fresh(json_t *list, char (*seen)[33], size_t *nseen)
{
    int          rc;
    size_t       i, k;
    json_t      *one;
    hoop_str_t   id;

    rc = HOOPCTL_YES;

    for (i = 0; rc == HOOPCTL_YES && i < json_array_size(list); i++) {
        one = json_array_get(list, i);
        id = hoop_json_member(one, "id");

        for (k = 0; k < HOOPCTL_APPROVALS_SEEN; k++) {
            if (hoop_str_is(id, seen[k])) {
                break;
            }
        }

        if (id.len != 32 || k < HOOPCTL_APPROVALS_SEEN) {
            continue;
        }

        memcpy(seen[(*nseen)++ % HOOPCTL_APPROVALS_SEEN], id.data, 32);

        rc = hoopctl_approvals_line(one);
    }

    (void) fflush(stdout);

    return rc;
}


static int
hoopctl_approvals_connect(hoopctl_approvals_t *a)
{
    int              rc, fd;
    struct timeval   tv;
    struct addrinfo  hints, *list, *ai;

    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;

    rc = getaddrinfo(a->host, a->port, &hints, &list);

    if (rc != 0) {
        (void) hoopctl_approvals_error(a->host, gai_strerror(rc));
        return -1;
    }

    fd = -1;

    for (ai = list; ai; ai = ai->ai_next) {
        fd = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol);

        if (fd == -1) {
            rc = errno;
            continue;
        }

        tv.tv_sec = HOOPCTL_APPROVALS_TIMEOUT;
        tv.tv_usec = 0;

        if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0
            && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) == 0
            && connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
        {
            break;
        }

        rc = errno;
        close(fd);
        fd = -1;
    }

    freeaddrinfo(list);

    if (fd == -1) {
        (void) hoopctl_approvals_error(a->host, strerror(rc));
    }

    return fd;
}


/* the certificate has to be of the host, by the machine's authorities or --ca */

static int
hoopctl_approvals_tls(hoopctl_approvals_t *a, hoopctl_approvals_conn_t *c)
{
    unsigned char      address[16];
    X509_VERIFY_PARAM  *param;

    c->ctx = SSL_CTX_new(TLS_client_method());

    if (c->ctx == NULL
        || SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION) != 1
        || (a->ca ? SSL_CTX_load_verify_locations(c->ctx, a->ca, NULL)
                  : SSL_CTX_set_default_verify_paths(c->ctx)) != 1)
    {
        return hoopctl_approvals_error(a->ca ? a->ca : "TLS",
                                       "no certificates to check by");
    }

    SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);

    c->ssl = SSL_new(c->ctx);

    if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1) {
        return hoopctl_approvals_error("TLS", "no memory");
    }

    param = SSL_get0_param(c->ssl);

    if (inet_pton(AF_INET, a->host, address) == 1
        || inet_pton(AF_INET6, a->host, address) == 1)
    {
        (void) X509_VERIFY_PARAM_set1_ip_asc(param, a->host);

    } else {
        (void) SSL_set_tlsext_host_name(c->ssl, a->host);
        (void) X509_VERIFY_PARAM_set1_host(param, a->host, 0);
    }

    if (SSL_connect(c->ssl) != 1) {
        return hoopctl_approvals_error(a->host,
                   SSL_get_verify_result(c->ssl) != X509_V_OK
                   ? X509_verify_cert_error_string(
                         SSL_get_verify_result(c->ssl))
                   : "no TLS connection");
    }

    return HOOP_OK;
}


static void
hoopctl_approvals_close(hoopctl_approvals_conn_t *c)
{
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    close(c->fd);
}


static int
hoopctl_approvals_exchange(hoopctl_approvals_t *a, const hoop_buf_t *request,
    hoop_buf_t *answer)
{
    int                        rc;
    char                       buf[16384];
    size_t                     sent;
    ssize_t                    n;
    hoopctl_approvals_conn_t   c;

    memset(&c, 0, sizeof(c));

    c.fd = hoopctl_approvals_connect(a);

    if (c.fd == -1) {
        return HOOP_ERROR;
    }

    if (a->tls && hoopctl_approvals_tls(a, &c) != HOOP_OK) {
        hoopctl_approvals_close(&c);
        return HOOP_ERROR;
    }

    for (sent = 0; sent < request->len; sent += n) {
        n = c.ssl ? SSL_write(c.ssl, request->data + sent, request->len - sent)
                  : send(c.fd, request->data + sent, request->len - sent,
                         MSG_NOSIGNAL);

        if (n <= 0) {
            (void) hoopctl_approvals_error("send", strerror(errno));
            hoopctl_approvals_close(&c);
            return HOOP_ERROR;
        }
    }

    rc = HOOP_OK;

    do {
        n = c.ssl ? SSL_read(c.ssl, buf, sizeof(buf))
                  : recv(c.fd, buf, sizeof(buf), 0);

        if (n > 0) {
            (void) hoop_buf_add(answer, buf, n);
        }

    } while (n > 0 && !answer->failed);

    /* without a close_notify it may be cut: its length is looked at */

    if (n < 0 && (c.ssl == NULL || answer->len == 0)) {
        rc = hoopctl_approvals_error("recv", strerror(errno));
    }

    hoopctl_approvals_close(&c);

    return answer->failed ? hoopctl_approvals_error("too large an answer",
                                                    NULL)
                          : rc;
}


/* the status, with the body; or HOOP_ERROR, also if the body is cut short */

static int
hoopctl_approvals_parse(hoopctl_approvals_t *a, hoop_buf_t *answer,
    hoop_str_t *body)
{
    int         status, chunked;
    char       *p, *line, *end;
    size_t      length_of;
    long long   length;

    if (hoop_buf_addc(answer, '\0') != HOOP_OK) {
        return HOOP_ERROR;
    }

    p = (char *) answer->data;

    if (answer->len < 14
        || (strncmp(p, "HTTP/1.1 ", 9) != 0
            && strncmp(p, "HTTP/1.0 ", 9) != 0)
        || strspn(p + 9, "0123456789") != 3)
    {
        return HOOP_ERROR;
    }

    status = atoi(p + 9);
    chunked = 0;
    length = -1;

    end = strstr(p, "\r\n\r\n");

    if (end == NULL) {
        return HOOP_ERROR;
    }

    for (line = strstr(p, "\r\n"); line < end; line = strstr(line, "\r\n")) {
        line += 2;

        if (strncasecmp(line, "ETag: ", 6) == 0) {
            length_of = strcspn(line + 6, "\r");

            if (strcmp(a->what, "watch") == 0 && length_of < sizeof(a->etag)) {
                memcpy(a->etag, line + 6, length_of);
                a->etag[length_of] = '\0';
            }

        } else if (strncasecmp(line, "Content-Length:", 15) == 0) {
            length = strtoll(line + 15, NULL, 10);

        } else if (strncasecmp(line, "Transfer-Encoding:", 18) == 0) {
            chunked = 1;
        }
    }

    end += 4;

    body->data = (u_char *) end;
    body->len = answer->data + answer->len - 1 - body->data;

    if (chunked) {
        return hoopctl_approvals_chunked(body) == HOOP_OK ? status
                                                          : HOOP_ERROR;
    }

    if (length >= 0) {
        if ((size_t) length > body->len) {
            return HOOP_ERROR;
        }

        body->len = length;
    }

    return status;
}


/* joins the chunks in place; a NUL follows the last byte */

static int
hoopctl_approvals_chunked(hoop_str_t *body)
{
    char          *p, *end, *last;
    u_char        *dst;
    unsigned long  size;

    p = (char *) body->data;
    last = p + body->len;
    dst = (u_char *) p;

    for ( ;; ) {

        if (strspn(p, "0123456789abcdefABCDEF") == 0) {
            return HOOP_ERROR;
        }

        errno = 0;
        size = strtoul(p, &end, 16);

        end = strstr(end, "\r\n");

        if (errno || end == NULL) {
            return HOOP_ERROR;
        }

        p = end + 2;

        if (size == 0) {
            body->len = dst - body->data;
            return HOOP_OK;
        }

        if ((size_t) (last - p) < 2 || size > (size_t) (last - p) - 2
            || memcmp(p + size, "\r\n", 2) != 0)
        {
            return HOOP_ERROR;
        }

        memmove(dst, p, size);
        dst += size;
        p += size + 2;
    }
}


static int
hoopctl_approvals_print(hoopctl_approvals_t *a, int status, hoop_str_t body)
{
    int            rc;
    size_t         i;
    char           text[16];
    json_t        *json, *list, *detail;
    hoop_error_t   err;

    json = hoop_json_load(body.data, body.len, &err);

    if (status != 200 && status != 201) {
        detail = json_object_get(json, "detail");

        snprintf(text, sizeof(text), "%d", status);

        (void) hoopctl_approvals_error(text, NULL);

        if (json_is_string(detail)) {
            (void) hoopctl_approvals_line(json);
        }

        json_decref(json);

        return (status == 403 || status == 404 || status == 409)
               ? HOOPCTL_NO : HOOPCTL_USAGE;
    }

    if (!json_is_object(json)) {
        json_decref(json);
        (void) hoopctl_approvals_error("the answer is no JSON object", NULL);
        return HOOPCTL_USAGE;
    }

    if (strcmp(a->what, "list") != 0) {
        rc = hoopctl_approvals_line(json);

    } else {
        list = json_object_get(json, "approvals");
        rc = HOOPCTL_YES;

        if (!json_is_array(list)) {
            (void) hoopctl_approvals_error("the answer has no list of "
                                           "approvals", NULL);
            rc = HOOPCTL_USAGE;
        }

        for (i = 0; rc == HOOPCTL_YES && i < json_array_size(list); i++) {
            rc = hoopctl_approvals_line(json_array_get(list, i));
        }
    }

    json_decref(json);

    return rc;
}


static int
hoopctl_approvals_line(json_t *json)
{
    char  *text;

    text = json_dumps(json, JSON_COMPACT|JSON_ENSURE_ASCII|JSON_ENCODE_ANY);

    if (text == NULL) {
        return HOOPCTL_USAGE;
    }

    puts(text);
    free(text);

    return HOOPCTL_YES;
}


static int
hoopctl_approvals_error(const char *text, const char *what)
{
    fprintf(stderr, "hoopctl approvals: %s%s%s\n", text, what ? ": " : "",
            what ? what : "");

    return HOOP_ERROR;
}
