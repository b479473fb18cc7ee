
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl revoke: sets, or takes away, a key that hoop_revocation looks for.
 * Which keys those are is told in src/http/ngx_http_hoop_revocation.c.
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hoopctl_redis.h"


/* a day: longer than any token should live */
#define HOOPCTL_REVOKE_TTL       86400
#define HOOPCTL_REVOKE_MAX_TTL   (10LL * 365 * 86400)

/* the gateway takes an earlier time for none */
#define HOOPCTL_REVOKE_MIN_TIME  1000000000LL


typedef struct {
    hoopctl_redis_t   server;
    const char       *db;
    const char       *prefix;
    const char       *issuer;
    const char       *jti;
    const char       *sub;
    const char       *ttl;
    const char       *before;
    int               undo;

    long long         seconds;         /* of ttl; 0: for ever */
    char              value[32];
    hoop_buf_t        key;
} hoopctl_revoke_t;


static int hoopctl_revoke_options(hoopctl_revoke_t *rv, int argc, char **argv);
static int hoopctl_revoke_check(hoopctl_revoke_t *rv);
static int hoopctl_revoke_number(const char *s, const char **end,
    long long *n);
static int hoopctl_revoke_ttl(hoopctl_revoke_t *rv);
static int hoopctl_revoke_before(hoopctl_revoke_t *rv);
static int hoopctl_revoke_run(hoopctl_revoke_t *rv);
static int hoopctl_revoke_print(hoopctl_revoke_t *rv, int found);


int
hoopctl_revoke(int argc, char **argv)
{
    int               rc;
    hoopctl_revoke_t  rv;

    memset(&rv, 0, sizeof(hoopctl_revoke_t));
    hoop_buf_init(&rv.key, 65536);

    rc = hoopctl_revoke_options(&rv, argc, argv);

    if (rc == HOOPCTL_YES) {
        rc = hoopctl_revoke_run(&rv);
    }

    hoop_buf_free(&rv.key);

    return rc;
}


static int
hoopctl_revoke_options(hoopctl_revoke_t *rv, int argc, char **argv)
{
    int          i;
    const char **value;

    for (i = 1; i < argc; i++) {

        if (strcmp(argv[i], "--undo") == 0) {
            rv->undo = 1;
            continue;
        }

        value = strcmp(argv[i], "--redis") == 0 ? &rv->server.address
                : strcmp(argv[i], "--user") == 0 ? &rv->server.user
                : strcmp(argv[i], "--password-file") == 0
                  ? &rv->server.password_file
                : strcmp(argv[i], "--db") == 0 ? &rv->db
                : strcmp(argv[i], "--prefix") == 0 ? &rv->prefix
                : strcmp(argv[i], "--issuer") == 0 ? &rv->issuer
                : strcmp(argv[i], "--jti") == 0 ? &rv->jti
                : strcmp(argv[i], "--sub") == 0 ? &rv->sub
                : strcmp(argv[i], "--ttl") == 0 ? &rv->ttl
                : strcmp(argv[i], "--before") == 0 ? &rv->before
                : NULL;

        if (value == NULL || *value != NULL || i + 1 == argc) {
            goto usage;
        }

        *value = argv[++i];
    }

    if (rv->server.address == NULL
        || rv->issuer == NULL || *rv->issuer == '\0'
        || (rv->jti != NULL) == (rv->sub != NULL)
        || *(rv->jti ? rv->jti : rv->sub) == '\0'
        || (rv->before && (rv->jti || rv->undo))
        || (rv->ttl && rv->undo))
    {
        goto usage;
    }

    return hoopctl_revoke_check(rv);

usage:

    return hoopctl_usage("revoke --redis HOST[:PORT]|unix:PATH"
                         " --issuer NAME --jti J | --sub S\n"
                         "    [--before now|T] [--ttl TIME|forever] [--undo]"
                         " [--db N] [--user U] [--password-file F]\n"
                         "    [--prefix P]\n"
                         "NAME is that of the hoop_issuer block. --before"
                         " spares tokens of a subject that are issued\n"
                         "later. Without --ttl it is for 24h; TIME is a"
                         " number of seconds or ends in s, m, h or d.");
}


static int
hoopctl_revoke_check(hoopctl_revoke_t *rv)
{
    long long    n;
    const char  *end;

    if (rv->db) {
        if (hoopctl_revoke_number(rv->db, &end, &n) != HOOP_OK || *end
            || n > 65535)
        {
            return hoopctl_usage("--db wants a number");
        }

        rv->server.db = (unsigned) n;
    }

    (void) hoop_buf_adds(&rv->key, rv->prefix ? rv->prefix : "hoop:");
    (void) hoop_buf_adds(&rv->key, "revoked:");
    (void) hoop_buf_adds(&rv->key, rv->issuer);
    (void) hoop_buf_adds(&rv->key, rv->jti ? ":jti:" : ":sub:");
    (void) hoop_buf_adds(&rv->key, rv->jti ? rv->jti : rv->sub);

    if (rv->key.failed) {
        return hoopctl_usage("the names are too long");
    }

    if (hoopctl_revoke_ttl(rv) != HOOP_OK) {
        return hoopctl_usage("--ttl wants a time, as in \"24h\", or"
                             " \"forever\"");
    }

    if (hoopctl_revoke_before(rv) != HOOP_OK) {
        return hoopctl_usage("--before wants \"now\" or a Unix time");
    }

    return HOOPCTL_YES;
}


static int
hoopctl_revoke_number(const char *s, const char **end, long long *n)
{
    const char  *p;

    *n = 0;

    for (p = s; *p >= '0' && *p <= '9'; p++) {

        if (p - s == 15) {
            return HOOP_ERROR;
        }

        *n = *n * 10 + (*p - '0');
    }

    *end = p;

    return (p == s) ? HOOP_ERROR : HOOP_OK;
}


static int
hoopctl_revoke_ttl(hoopctl_revoke_t *rv)
{
    long long    n;
    const char  *end;

    rv->seconds = HOOPCTL_REVOKE_TTL;

    if (rv->ttl == NULL) {
        return HOOP_OK;
    }

    if (strcmp(rv->ttl, "forever") == 0) {
        rv->seconds = 0;
        return HOOP_OK;
    }

    if (hoopctl_revoke_number(rv->ttl, &end, &n) != HOOP_OK
        || n == 0 || n > HOOPCTL_REVOKE_MAX_TTL)
    {
        return HOOP_ERROR;
    }

    if (*end) {
        n *= *end == 's' ? 1 : *end == 'm' ? 60 : *end == 'h' ? 3600
             : *end == 'd' ? 86400 : 0;

        if (n == 0 || end[1] || n > HOOPCTL_REVOKE_MAX_TTL) {
            return HOOP_ERROR;
        }
    }

    rv->seconds = n;

    return HOOP_OK;
}


static int
hoopctl_revoke_before(hoopctl_revoke_t *rv)
{
    long long    n;
    const char  *end;

    if (rv->before == NULL) {
        (void) snprintf(rv->value, sizeof(rv->value), "%s",
                        rv->jti ? "revoked" : "all");
        return HOOP_OK;
    }

    if (strcmp(rv->before, "now") == 0) {
        n = (long long) time(NULL);

    } else if (hoopctl_revoke_number(rv->before, &end, &n) != HOOP_OK
               || *end || n < HOOPCTL_REVOKE_MIN_TIME)
    {
        return HOOP_ERROR;
    }

    (void) snprintf(rv->value, sizeof(rv->value), "%lld", n);

    return HOOP_OK;
}


static int
hoopctl_revoke_run(hoopctl_revoke_t *rv)
{
    int            rc, found;
    char           ttl[32];
    redisReply    *reply;
    redisContext  *ctx;

    ctx = hoopctl_redis_open(&rv->server);
    if (ctx == NULL) {
        return HOOPCTL_USAGE;
    }

    (void) snprintf(ttl, sizeof(ttl), "%lld", rv->seconds);

    if (rv->undo) {
        reply = redisCommand(ctx, "DEL %b", rv->key.data, rv->key.len);

    } else if (rv->seconds) {
        reply = redisCommand(ctx, "SET %b %s EX %s", rv->key.data,
                             rv->key.len, rv->value, ttl);
    } else {
        reply = redisCommand(ctx, "SET %b %s", rv->key.data, rv->key.len,
                             rv->value);
    }

    rc = HOOPCTL_USAGE;

    if (hoopctl_redis_check(ctx, reply) == HOOP_OK) {
        found = !rv->undo || (reply->type == REDIS_REPLY_INTEGER
                              && reply->integer > 0);
        rc = hoopctl_revoke_print(rv, found);
    }

    if (reply) {
        freeReplyObject(reply);
    }

    redisFree(ctx);

    return rc;
}


static int
hoopctl_revoke_print(hoopctl_revoke_t *rv, int found)
{
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);

    (void) hoop_buf_adds(&b, "{\"key\":");
    (void) hoop_buf_add_json(&b, rv->key.data, rv->key.len);

    if (rv->undo) {
        (void) hoop_buf_adds(&b, found ? ",\"undone\":true}\n"
                                       : ",\"undone\":false}\n");
    } else {
        (void) hoop_buf_adds(&b, ",\"value\":");
        (void) hoop_buf_add_json(&b, (u_char *) rv->value, strlen(rv->value));

        if (rv->seconds) {
            (void) hoop_buf_adds(&b, ",\"ttl\":");
            (void) hoop_buf_addu(&b, rv->seconds);
        }

        (void) hoop_buf_adds(&b, "}\n");

        if (rv->ttl == NULL) {
            (void) fputs("for 24h; --ttl says how long: at least as long as"
                         " the tokens live\n", stderr);
        }
    }

    if (!b.failed) {
        (void) fwrite(b.data, 1, b.len, stdout);
    }

    hoop_buf_free(&b);

    return found ? HOOPCTL_YES : HOOPCTL_NO;
}
