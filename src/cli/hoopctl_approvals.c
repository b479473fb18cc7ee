
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl approvals: a human's side of hoop_api.
 *
 * One blocking HTTP/1.1 exchange over TCP, closed by the server; no TLS yet,
 * so it is for the gateway's own host or a tunnel.  The token comes from a
 * file or the environment: arguments are seen by everybody on the machine.
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

#include <openssl/crypto.h>

#include "hoopctl.h"
#include "../core/hoop_json.h"


#define HOOPCTL_APPROVALS_ANSWER   (16 * 1024 * 1024)
#define HOOPCTL_APPROVALS_TOKEN    16384
#define HOOPCTL_APPROVALS_TIMEOUT  30


typedef struct {
    const char     *what;          /* list, show, approve, deny */
    const char     *id;
    const char     *reason;
    const char     *api;
    const char     *token_file;

    char            host[256];
    char            port[8];
    const char     *path;          /* of api, "" or "/..." */
    hoop_buf_t      token;
} hoopctl_approvals_t;


static int hoopctl_approvals_options(hoopctl_approvals_t *a, int argc,
    char **argv);
static int hoopctl_approvals_url(hoopctl_approvals_t *a);
static int hoopctl_approvals_token(hoopctl_approvals_t *a);
static int hoopctl_approvals_request(hoopctl_approvals_t *a, hoop_buf_t *b);
static int hoopctl_approvals_connect(hoopctl_approvals_t *a);
static int hoopctl_approvals_exchange(hoopctl_approvals_t *a,
    const hoop_buf_t *request, hoop_buf_t *answer);
static int hoopctl_approvals_parse(hoop_buf_t *answer, hoop_str_t *body);
static int hoopctl_approvals_chunked(hoop_str_t *body);
static int hoopctl_approvals_print(hoopctl_approvals_t *a, int status,
    hoop_str_t body);
static int hoopctl_approvals_line(json_t *json);
static int hoopctl_approvals_error(const char *text, const char *what);


int
hoopctl_approvals(int argc, char **argv)
{
    int                  rc, status;
    hoop_str_t           body;
    hoop_buf_t           request, answer;
    hoopctl_approvals_t  a;

    memset(&a, 0, sizeof(hoopctl_approvals_t));

    hoop_buf_init(&a.token, HOOPCTL_APPROVALS_TOKEN + 2);
    hoop_buf_init(&request, 65536);
    hoop_buf_init(&answer, HOOPCTL_APPROVALS_ANSWER);

    rc = hoopctl_approvals_options(&a, argc, argv);

    if (rc == HOOPCTL_YES) {
        rc = HOOPCTL_USAGE;

        if (hoopctl_approvals_url(&a) == HOOP_OK
            && hoopctl_approvals_token(&a) == HOOP_OK
            && hoopctl_approvals_request(&a, &request) == HOOP_OK
            && hoopctl_approvals_exchange(&a, &request, &answer) == HOOP_OK)
        {
            status = hoopctl_approvals_parse(&answer, &body);

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
    hoop_buf_free(&request);
    hoop_buf_free(&answer);

    return rc;
}


static int
hoopctl_approvals_options(hoopctl_approvals_t *a, int argc, char **argv)
{
    int          i, takes_id, takes_reason;
    const char **value;

    for (i = 1; i < argc; i++) {

        value = strcmp(argv[i], "--api") == 0 ? &a->api
                : strcmp(argv[i], "--token-file") == 0 ? &a->token_file
                : strcmp(argv[i], "--reason") == 0 ? &a->reason
                : NULL;

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
                   || strcmp(a->what, "deny") == 0;
    takes_id = takes_reason || strcmp(a->what, "show") == 0;

    if ((!takes_id && strcmp(a->what, "list") != 0)
        || takes_id != (a->id != NULL)
        || (a->reason != NULL && !takes_reason))
    {
        goto usage;
    }

    if (a->id != NULL
        && (strlen(a->id) != 32
            || strspn(a->id, "0123456789abcdef") != 32))
    {
        (void) hoopctl_approvals_error("an id has 32 hexadecimal digits",
                                       NULL);
        return HOOPCTL_USAGE;
    }

    return HOOPCTL_YES;

usage:

    return hoopctl_usage("approvals list | show ID"
                         " | approve ID [--reason TEXT]"
                         " | deny ID [--reason TEXT]\n"
                         "    --api http://HOST[:PORT]/PATH"
                         " [--token-file FILE]\n"
                         "The token is read from FILE or else from the"
                         " environment (HOOP_TOKEN).\n"
                         "https is not supported yet: use it on the gateway's"
                         " own host or through a tunnel.");
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

    if (strncmp(a->api, "https://", 8) == 0) {
        return hoopctl_approvals_error("https is not supported yet", NULL);
    }

    if (strncmp(a->api, "http://", 7) != 0) {
        return hoopctl_approvals_error("--api wants http://HOST[:PORT]/PATH",
                                       NULL);
    }

    p = a->api + 7;
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

    strcpy(a->port, "80");

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
    int         slash, ipv6;
    size_t      len;
    hoop_buf_t  body;

    hoop_buf_init(&body, 16384);

    if (a->reason != NULL) {
        (void) hoop_buf_adds(&body, "{\"reason\":");
        (void) hoop_buf_add_json(&body, (const u_char *) a->reason,
                                 strlen(a->reason));
        (void) hoop_buf_addc(&body, '}');
    }

    len = strlen(a->path);
    slash = len > 0 && a->path[len - 1] == '/';
    ipv6 = strchr(a->host, ':') != NULL;

    (void) hoop_buf_adds(b, a->id != NULL && strcmp(a->what, "show") != 0
                            ? "POST " : "GET ");
    (void) hoop_buf_adds(b, a->path);
    (void) hoop_buf_adds(b, slash ? "approvals" : "/approvals");

    if (a->id != NULL) {
        (void) hoop_buf_addc(b, '/');
        (void) hoop_buf_adds(b, a->id);

        if (strcmp(a->what, "show") != 0) {
            (void) hoop_buf_addc(b, '/');
            (void) hoop_buf_adds(b, a->what);
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


static int
hoopctl_approvals_exchange(hoopctl_approvals_t *a, const hoop_buf_t *request,
    hoop_buf_t *answer)
{
    int      fd;
    char     buf[16384];
    size_t   sent;
    ssize_t  n;

    fd = hoopctl_approvals_connect(a);

    if (fd == -1) {
        return HOOP_ERROR;
    }

    for (sent = 0; sent < request->len; sent += n) {
        n = send(fd, request->data + sent, request->len - sent, MSG_NOSIGNAL);

        if (n <= 0) {
            (void) hoopctl_approvals_error("send", strerror(errno));
            close(fd);
            return HOOP_ERROR;
        }
    }

    do {
        n = recv(fd, buf, sizeof(buf), 0);

        if (n > 0) {
            (void) hoop_buf_add(answer, buf, n);
        }

    } while (n > 0 && !answer->failed);

    if (n < 0) {
        (void) hoopctl_approvals_error("recv", strerror(errno));
    }

    close(fd);

    if (answer->failed) {
        return hoopctl_approvals_error("too large an answer", NULL);
    }

    return n < 0 ? HOOP_ERROR : HOOP_OK;
}


/* the status, with the body; or HOOP_ERROR, also if the body is cut short */

static int
hoopctl_approvals_parse(hoop_buf_t *answer, hoop_str_t *body)
{
    int         status, chunked;
    char       *p, *line, *end;
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

        if (strncasecmp(line, "Content-Length:", 15) == 0) {
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

    if (status != 200) {
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
