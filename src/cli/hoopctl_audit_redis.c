
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The streams of a gateway, read page by page over one blocking connection;
 * and an export, a text an event a line.
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "hoopctl_audit.h"
#include "hoopctl_redis.h"


#define HOOPCTL_REDIS_SLOTS     1024
#define HOOPCTL_REDIS_PAGE      "64"


typedef struct {
    redisContext   *ctx;
    unsigned        refs;
} hoopctl_connection_t;


typedef struct {
    hoopctl_row_t          row;
    hoopctl_connection_t  *conn;
    unsigned               slot;
    char                   key[HOOPCTL_PREFIX + 128];
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
    const char            *prefix;
    redisContext          *ctx;
    hoopctl_redis_t        server;
    hoopctl_stream_t      *s;
    hoopctl_connection_t  *conn;

    if (!hoop_gateway_valid(hoop_cstr(src->gateway))) {
        return hoopctl_audit_error("\"%s\" cannot be a gateway's name",
                                   src->gateway);
    }

    server.address = src->redis;
    server.user = src->user;
    server.password_file = src->password_file;
    server.db = src->db;

    ctx = hoopctl_redis_open(&server);
    if (ctx == NULL) {
        return HOOP_ERROR;
    }

    conn = calloc(1, sizeof(hoopctl_connection_t));

    if (conn == NULL) {
        redisFree(ctx);
        return hoopctl_audit_error("no memory");
    }

    conn->ctx = ctx;
    conn->refs = 1;

    rc = HOOP_OK;
    found = 0;
    prefix = src->prefix ? src->prefix : "hoop:";

    for (n = 0; n < HOOPCTL_REDIS_SLOTS; n++) {
        if (redisAppendCommand(ctx, "EXISTS %saudit:%s:%d", prefix,
                               src->gateway, n)
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

                (void) snprintf(s->key, sizeof(s->key), "%saudit:%s:%d",
                                prefix, src->gateway, n);
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
        return hoopctl_audit_error("there is no stream \"%saudit:%s:...\"",
                                   prefix, src->gateway);
    }

    return rc;
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
