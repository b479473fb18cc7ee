
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The streams of a gateway, read page by page over one blocking connection;
 * and an export, a text an event a line.
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include <hiredis/hiredis.h>

#include "hoopctl_audit.h"


#define HOOPCTL_REDIS_SLOTS     1024
#define HOOPCTL_REDIS_PAGE      "64"
#define HOOPCTL_REDIS_TIMEOUT   10


typedef struct {
    redisContext   *ctx;
    unsigned        refs;
} hoopctl_connection_t;


typedef struct {
    hoopctl_row_t          row;
    hoopctl_connection_t  *conn;
    unsigned               slot;
    char                   key[128];
    redisReply            *page;
    size_t                 n;
    uint64_t               ts;       /* of the last entry's id */
    uint64_t               seq;
    unsigned               done:1;
} hoopctl_stream_t;


typedef struct {
    hoopctl_row_t   row;
    FILE           *fp;
    char           *line;
    size_t          size;
    size_t          number;
} hoopctl_lines_t;


static redisContext *hoopctl_redis_connect(hoopctl_source_t *src);
static int hoopctl_redis_hello(hoopctl_source_t *src, redisContext *ctx);
static int hoopctl_redis_auth(hoopctl_source_t *src, redisContext *ctx);
static int hoopctl_redis_check(redisContext *ctx, redisReply *reply);
static int hoopctl_stream_next(hoopctl_row_t *row, hoopctl_item_t *item);
static int hoopctl_stream_page(hoopctl_stream_t *s);
static int hoopctl_stream_entry(hoopctl_stream_t *s, redisReply *entry,
    hoopctl_item_t *item);
static int hoopctl_stream_end(hoopctl_stream_t *s, hoopctl_item_t *item);
static void hoopctl_stream_free(hoopctl_row_t *row);
static int hoopctl_lines_next(hoopctl_row_t *row, hoopctl_item_t *item);
static void hoopctl_lines_free(hoopctl_row_t *row);


int
hoopctl_audit_open_redis(hoopctl_source_t *src)
{
    int                    rc, n, found;
    redisReply            *reply;
    redisContext          *ctx;
    hoopctl_stream_t      *s;
    hoopctl_connection_t  *conn;

    if (!hoop_gateway_valid(hoop_cstr(src->gateway))) {
        return hoopctl_audit_error("\"%s\" cannot be a gateway's name",
                                   src->gateway);
    }

    ctx = hoopctl_redis_connect(src);
    if (ctx == NULL) {
        return HOOP_ERROR;
    }

    conn = calloc(1, sizeof(hoopctl_connection_t));

    if (conn == NULL || hoopctl_redis_hello(src, ctx) != HOOP_OK) {
        free(conn);
        redisFree(ctx);
        return HOOP_ERROR;
    }

    conn->ctx = ctx;
    conn->refs = 1;

    rc = HOOP_OK;
    found = 0;

    for (n = 0; n < HOOPCTL_REDIS_SLOTS; n++) {
        if (redisAppendCommand(ctx, "EXISTS hoop:audit:%s:%d", src->gateway, n)
            != REDIS_OK)
        {
            rc = hoopctl_audit_error("no memory");
            break;
        }
    }

    for (n = 0; n < HOOPCTL_REDIS_SLOTS && rc == HOOP_OK; n++) {

        reply = NULL;
        (void) redisGetReply(ctx, (void **) &reply);

        rc = hoopctl_redis_check(ctx, reply);

        if (rc == HOOP_OK && reply->type == REDIS_REPLY_INTEGER
            && reply->integer == 1)
        {
            s = (hoopctl_stream_t *) hoopctl_audit_row(src,
                                                     sizeof(hoopctl_stream_t));
            if (s == NULL) {
                rc = HOOP_ERROR;

            } else {
                s->row.next = hoopctl_stream_next;
                s->row.free = hoopctl_stream_free;
                s->slot = n;
                s->conn = conn;
                conn->refs++;

                (void) snprintf(s->key, sizeof(s->key), "hoop:audit:%s:%d",
                                src->gateway, n);
                (void) snprintf(s->row.name, sizeof(s->row.name), "slot %d",
                                n);
                found++;
            }
        }

        if (reply) {
            freeReplyObject(reply);
        }
    }

    if (--conn->refs == 0) {
        redisFree(conn->ctx);
        free(conn);
    }

    if (rc == HOOP_OK && !found) {
        return hoopctl_audit_error("there is no stream \"hoop:audit:%s:...\"",
                                   src->gateway);
    }

    return rc;
}


static redisContext *
hoopctl_redis_connect(hoopctl_source_t *src)
{
    int              port;
    char             host[256], *colon;
    size_t           len;
    const char      *p;
    redisContext    *ctx;
    struct timeval   tv;

    tv.tv_sec = HOOPCTL_REDIS_TIMEOUT;
    tv.tv_usec = 0;

    p = src->redis;

    if (strncmp(p, "unix:", 5) == 0) {
        ctx = redisConnectUnixWithTimeout(p + 5, tv);

    } else {
        if (strncmp(p, "redis://", 8) == 0) {
            p += 8;
        }

        len = strlen(p);

        if (len == 0 || len >= sizeof(host)) {
            (void) hoopctl_audit_error("invalid address \"%s\"", src->redis);
            return NULL;
        }

        memcpy(host, p, len + 1);

        colon = strrchr(host, ':');
        port = 6379;

        if (colon && strchr(colon, ']') == NULL) {
            *colon = '\0';
            port = atoi(colon + 1);

            if (strspn(colon + 1, "0123456789") != strlen(colon + 1)
                || port < 1 || port > 65535)
            {
                (void) hoopctl_audit_error("invalid port in \"%s\"",
                                           src->redis);
                return NULL;
            }
        }

        p = host;
        len = strlen(host);

        if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
            host[len - 1] = '\0';
            p++;
        }

        ctx = redisConnectWithTimeout(p, port, tv);
    }

    if (ctx == NULL || ctx->err) {
        (void) hoopctl_audit_error("cannot connect to \"%s\": %s", src->redis,
                                   ctx ? ctx->errstr : "no memory");
        if (ctx) {
            redisFree(ctx);
        }

        return NULL;
    }

    (void) redisSetTimeout(ctx, tv);

    return ctx;
}


static int
hoopctl_redis_hello(hoopctl_source_t *src, redisContext *ctx)
{
    int          rc;
    redisReply  *reply;

    if (src->password_file && hoopctl_redis_auth(src, ctx) != HOOP_OK) {
        return HOOP_ERROR;
    }

    if (src->db == 0) {
        return HOOP_OK;
    }

    reply = redisCommand(ctx, "SELECT %u", src->db);
    rc = hoopctl_redis_check(ctx, reply);

    if (reply) {
        freeReplyObject(reply);
    }

    return rc;
}


static int
hoopctl_redis_auth(hoopctl_source_t *src, redisContext *ctx)
{
    int          rc;
    hoop_buf_t   password;
    redisReply  *reply;

    hoop_buf_init(&password, 4096);

    if (hoopctl_read(src->password_file, &password, 4095) != HOOP_OK) {
        hoop_buf_free(&password);
        return HOOP_ERROR;
    }

    while (password.len && (password.data[password.len - 1] == '\n'
                            || password.data[password.len - 1] == '\r'))
    {
        password.len--;
    }

    if (src->user) {
        reply = redisCommand(ctx, "AUTH %s %b", src->user, password.data,
                             password.len);
    } else {
        reply = redisCommand(ctx, "AUTH %b", password.data, password.len);
    }

    rc = hoopctl_redis_check(ctx, reply);

    if (reply) {
        freeReplyObject(reply);
    }

    memset(password.data, 0, password.size);
    hoop_buf_free(&password);

    return rc;
}


static int
hoopctl_redis_check(redisContext *ctx, redisReply *reply)
{
    if (reply == NULL) {
        return hoopctl_audit_error("redis: %s", ctx->errstr);
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        return hoopctl_audit_error("redis: %s", reply->str);
    }

    return HOOP_OK;
}


static int
hoopctl_stream_next(hoopctl_row_t *row, hoopctl_item_t *item)
{
    hoopctl_stream_t  *s;

    s = (hoopctl_stream_t *) row;

    if (s->done) {
        return 0;
    }

    if (s->page == NULL || s->n == s->page->elements) {

        if (hoopctl_stream_page(s) != HOOP_OK) {
            return HOOP_ERROR;
        }

        if (s->page->elements == 0) {
            s->done = 1;
            return hoopctl_stream_end(s, item);
        }
    }

    return hoopctl_stream_entry(s, s->page->element[s->n++], item);
}


static int
hoopctl_stream_page(hoopctl_stream_t *s)
{
    char  from[64];

    if (s->page) {
        freeReplyObject(s->page);
        s->page = NULL;
    }

    s->n = 0;

    /* "(id" is of Redis 6.2 */

    (void) snprintf(from, sizeof(from), "%llu-%llu",
                    (unsigned long long) s->ts + (s->seq == UINT64_MAX),
                    (unsigned long long) s->seq + 1);

    s->page = redisCommand(s->conn->ctx, "XRANGE %s %s + COUNT "
                           HOOPCTL_REDIS_PAGE, s->key, from);

    if (hoopctl_redis_check(s->conn->ctx, s->page) != HOOP_OK) {
        return HOOP_ERROR;
    }

    if (s->page->type != REDIS_REPLY_ARRAY) {
        return hoopctl_audit_error("\"%s\" is not a stream", s->key);
    }

    return HOOP_OK;
}


static int
hoopctl_stream_entry(hoopctl_stream_t *s, redisReply *entry,
    hoopctl_item_t *item)
{
    unsigned long long   ts, seq;
    redisReply          *id, *fields;
    hoop_event_view_t    v;

    memset(item, 0, sizeof(hoopctl_item_t));

    if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2
        || entry->element[0]->type != REDIS_REPLY_STRING
        || sscanf(entry->element[0]->str, "%llu-%llu", &ts, &seq) != 2)
    {
        return hoopctl_audit_error("\"%s\": an entry is not understood",
                                   s->key);
    }

    id = entry->element[0];
    fields = entry->element[1];

    s->ts = ts;
    s->seq = seq;

    (void) snprintf(item->where, sizeof(item->where), "slot %u, entry %s",
                    s->slot, id->str);

    if (fields->type != REDIS_REPLY_ARRAY || fields->elements != 2
        || fields->element[0]->type != REDIS_REPLY_STRING
        || strcmp(fields->element[0]->str, "event") != 0
        || fields->element[1]->type != REDIS_REPLY_STRING)
    {
        item->problem = "unreadable";
        (void) snprintf(item->why, sizeof(item->why),
                        "the entry has not one field \"event\"");
        return 1;
    }

    item->text = hoop_str(fields->element[1]->str, fields->element[1]->len);

    if (hoop_event_view(&v, item->text) == HOOP_OK
        && (v.slot != s->slot || v.ts != s->ts || v.seq != s->seq))
    {
        item->problem = "forged";
        (void) snprintf(item->why, sizeof(item->why),
                        "it is not of this place in the stream");
    }

    return 1;
}


/* an entry that was deleted at the end has left its id behind */

static int
hoopctl_stream_end(hoopctl_stream_t *s, hoopctl_item_t *item)
{
    int                  rc;
    size_t               i;
    redisReply          *reply;
    unsigned long long   ts, seq;

    reply = redisCommand(s->conn->ctx, "XINFO STREAM %s", s->key);

    if (hoopctl_redis_check(s->conn->ctx, reply) != HOOP_OK) {
        if (reply) {
            freeReplyObject(reply);
        }

        return HOOP_ERROR;
    }

    ts = s->ts;
    seq = s->seq;

    for (i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements;
         i += 2)
    {
        if (reply->element[i]->type == REDIS_REPLY_STRING
            && strcmp(reply->element[i]->str, "last-generated-id") == 0
            && reply->element[i + 1]->type == REDIS_REPLY_STRING)
        {
            (void) sscanf(reply->element[i + 1]->str, "%llu-%llu", &ts, &seq);
        }
    }

    freeReplyObject(reply);

    if (ts == s->ts && seq == s->seq) {
        return 0;
    }

    /* or the gateway has added some meanwhile */

    if (hoopctl_stream_page(s) != HOOP_OK) {
        return HOOP_ERROR;
    }

    if (s->page->elements) {
        s->done = 0;
        rc = hoopctl_stream_entry(s, s->page->element[s->n++], item);
        return rc;
    }

    memset(item, 0, sizeof(hoopctl_item_t));

    item->problem = "removed";
    (void) snprintf(item->where, sizeof(item->where),
                    "slot %u, entry %llu-%llu", s->slot, ts, seq);
    (void) snprintf(item->why, sizeof(item->why),
                    "the stream had entries up to this one");

    return 1;
}


static void
hoopctl_stream_free(hoopctl_row_t *row)
{
    hoopctl_stream_t  *s;

    s = (hoopctl_stream_t *) row;

    if (s->page) {
        freeReplyObject(s->page);
    }

    if (s->conn && --s->conn->refs == 0) {
        redisFree(s->conn->ctx);
        free(s->conn);
    }
}


int
hoopctl_audit_open_file(hoopctl_source_t *src)
{
    FILE             *fp;
    hoopctl_lines_t  *l;

    fp = strcmp(src->file, "-") == 0 ? stdin : fopen(src->file, "re");

    if (fp == NULL) {
        return hoopctl_audit_error("\"%s\": %s", src->file, strerror(errno));
    }

    l = (hoopctl_lines_t *) hoopctl_audit_row(src, sizeof(hoopctl_lines_t));

    if (l == NULL) {
        if (fp != stdin) {
            (void) fclose(fp);
        }

        return HOOP_ERROR;
    }

    l->row.next = hoopctl_lines_next;
    l->row.free = hoopctl_lines_free;
    l->fp = fp;

    (void) snprintf(l->row.name, sizeof(l->row.name), "%.100s", src->file);

    return HOOP_OK;
}


static int
hoopctl_lines_next(hoopctl_row_t *row, hoopctl_item_t *item)
{
    int               c;
    size_t            len;
    hoopctl_lines_t  *l;

    l = (hoopctl_lines_t *) row;

    if (l->line == NULL) {
        l->size = HOOP_EVENT_MAX + 1;

        l->line = malloc(l->size);
        if (l->line == NULL) {
            return hoopctl_audit_error("no memory");
        }
    }

    /* not getline(): a line may be anything, and of any length */

    len = 0;

    while ((c = getc_unlocked(l->fp)) != EOF && c != '\n') {
        if (len < l->size) {
            l->line[len++] = (char) c;
        }
    }

    if (c == EOF && ferror(l->fp)) {
        return hoopctl_audit_error("%s: %s", l->row.name, strerror(errno));
    }

    if (c == EOF && len == 0) {
        return 0;
    }

    l->number++;

    memset(item, 0, sizeof(hoopctl_item_t));

    item->text = hoop_str(l->line, len);
    (void) snprintf(item->where, sizeof(item->where), "line %zu", l->number);

    return 1;
}


static void
hoopctl_lines_free(hoopctl_row_t *row)
{
    hoopctl_lines_t  *l;

    l = (hoopctl_lines_t *) row;

    if (l->fp && l->fp != stdin) {
        (void) fclose(l->fp);
    }

    free(l->line);
}
