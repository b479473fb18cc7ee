
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A blocking connection to Redis: whoever waits for it is a human.
 */


#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include <openssl/crypto.h>

#include "hoopctl_redis.h"


#define HOOPCTL_REDIS_TIMEOUT   10


static redisContext *hoopctl_redis_connect(const hoopctl_redis_t *server);
static int hoopctl_redis_hello(const hoopctl_redis_t *server,
    redisContext *ctx);
static int hoopctl_redis_auth(const hoopctl_redis_t *server,
    redisContext *ctx);


redisContext *
hoopctl_redis_open(const hoopctl_redis_t *server)
{
    redisContext  *ctx;

    ctx = hoopctl_redis_connect(server);

    if (ctx && hoopctl_redis_hello(server, ctx) != HOOP_OK) {
        redisFree(ctx);
        return NULL;
    }

    return ctx;
}


static redisContext *
hoopctl_redis_connect(const hoopctl_redis_t *server)
{
    int              port;
    char             host[256], *colon;
    size_t           len;
    const char      *p;
    redisContext    *ctx;
    struct timeval   tv;

    tv.tv_sec = HOOPCTL_REDIS_TIMEOUT;
    tv.tv_usec = 0;

    p = server->address;

    if (strncmp(p, "unix:", 5) == 0) {
        ctx = redisConnectUnixWithTimeout(p + 5, tv);

    } else {
        if (strncmp(p, "redis://", 8) == 0) {
            p += 8;
        }

        len = strlen(p);

        if (len == 0 || len >= sizeof(host)) {
            (void) hoopctl_usage("invalid address \"%s\"", server->address);
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
                (void) hoopctl_usage("invalid port in \"%s\"",
                                     server->address);
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
        (void) hoopctl_usage("cannot connect to \"%s\": %s", server->address,
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
hoopctl_redis_hello(const hoopctl_redis_t *server, redisContext *ctx)
{
    int          rc;
    redisReply  *reply;

    if (server->password_file && hoopctl_redis_auth(server, ctx) != HOOP_OK) {
        return HOOP_ERROR;
    }

    if (server->db == 0) {
        return HOOP_OK;
    }

    reply = redisCommand(ctx, "SELECT %u", server->db);
    rc = hoopctl_redis_check(ctx, reply);

    if (reply) {
        freeReplyObject(reply);
    }

    return rc;
}


static int
hoopctl_redis_auth(const hoopctl_redis_t *server, redisContext *ctx)
{
    int          rc;
    hoop_buf_t   password;
    redisReply  *reply;

    hoop_buf_init(&password, 4096);

    if (hoopctl_read(server->password_file, &password, 4095) != HOOP_OK) {
        hoop_buf_free(&password);
        return HOOP_ERROR;
    }

    while (password.len && (password.data[password.len - 1] == '\n'
                            || password.data[password.len - 1] == '\r'))
    {
        password.len--;
    }

    if (server->user) {
        reply = redisCommand(ctx, "AUTH %s %b", server->user, password.data,
                             password.len);
    } else {
        reply = redisCommand(ctx, "AUTH %b", password.data, password.len);
    }

    rc = hoopctl_redis_check(ctx, reply);

    if (reply) {
        freeReplyObject(reply);
    }

    if (password.data) {
        OPENSSL_cleanse(password.data, password.size);
    }

    hoop_buf_free(&password);

    return rc;
}


int
hoopctl_redis_check(redisContext *ctx, redisReply *reply)
{
    if (reply == NULL) {
        (void) hoopctl_usage("redis: %s", ctx->errstr);
        return HOOP_ERROR;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        (void) hoopctl_usage("redis: %s", reply->str);
        return HOOP_ERROR;
    }

    return HOOP_OK;
}
