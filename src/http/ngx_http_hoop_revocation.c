
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Revocation: a token is refused if Redis has a key that names its jti, its
 * subject or one of its actors,
 *
 *     hoop:revoked:NAME:jti:JTI    any value
 *     hoop:revoked:NAME:sub:SUB    a Unix time (of 2001 or later): what was
 *                                  issued until then; any other value: all
 *
 * with NAME the name of the hoop_issuer block.  A token that was issued here is
 * one of its subject, too, as old as the one that was exchanged first, and of
 * each actor, as old as the one that he had; and it is refused with any that it
 * was made of.  One MGET asks for all of them.
 * Its result is kept with the token, by the worker and in the zone, and asked
 * for again when "ttl" has gone by.
 *
 * The command is the request's: its handler leaves the result in the context
 * and wakes the request, and ngx_http_hoop_revocation_detach() takes it back.
 */


#include "ngx_http_hoop.h"

#include "../core/hoop_exchange.h"


#define NGX_HTTP_HOOP_REVOCATION_TTL      5000
#define NGX_HTTP_HOOP_REVOCATION_MAX_TTL  (3600 * 1000)

/*
 * An earlier time is none: whoever has set a key to "1" did not mean what was
 * issued in 1970.
 */
#define NGX_HTTP_HOOP_REVOCATION_MIN_TIME 1000000000

/* the command, two jtis and those of the parents, the subject, the actors */
#define NGX_HTTP_HOOP_REVOCATION_ARGS                                         \
    (4 + HOOP_EXCHANGE_MAX_PARENTS + NGX_HTTP_HOOP_REVOCATION_ACTORS)


typedef struct {
    hoop_buf_t     keys;
    ngx_uint_t     n;
    size_t         end[NGX_HTTP_HOOP_REVOCATION_ARGS];
} ngx_http_hoop_revocation_args_t;


static ngx_int_t ngx_http_hoop_revocation_failed(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_revocation_ask(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_http_hoop_revocation_args_t *args);
static const char *ngx_http_hoop_revocation_keys(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_http_hoop_revocation_args_t *args);
static ngx_int_t ngx_http_hoop_revocation_parents(ngx_http_request_t *r,
    json_t *claims, ngx_http_hoop_revocation_args_t *args);
static void ngx_http_hoop_revocation_key(ngx_http_hoop_revocation_args_t *args,
    ngx_str_t *issuer, const char *kind, json_t *value);
static void ngx_http_hoop_revocation_handler(void *data, redisReply *reply);
static ngx_uint_t ngx_http_hoop_revocation_covers(json_t *iat,
    redisReply *reply);


static ngx_hoop_redis_t  *ngx_http_hoop_revocation_redis;

/* the last check that was wanted could not be made */
static ngx_uint_t         ngx_http_hoop_revocation_failing;


void
ngx_http_hoop_revocation_init(ngx_hoop_redis_t *rc)
{
    ngx_http_hoop_revocation_redis = rc;
    ngx_http_hoop_revocation_failing = 0;
}


static int64_t
ngx_http_hoop_revocation_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + tp->msec;
}


ngx_int_t
ngx_http_hoop_revocation(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    int64_t                           now;
    ngx_int_t                         rc;
    ngx_uint_t                        revoked;
    ngx_http_hoop_revocation_t       *rv;
    ngx_http_hoop_revocation_args_t   args;

    rv = &ctx->revocation;
    rv->unchecked = 0;

    if (ctx->conf->revocation == NULL
        || (rv->passed && rv->ttl <= ctx->conf->revocation->ttl))
    {
        return NGX_OK;
    }

    rv->passed = 0;

    now = ngx_http_hoop_revocation_now();

    if (ctx->conf->revocation->ttl
        && ngx_http_hoop_cache_checked(ctx->token_sha256,
                                  now - (int64_t) ctx->conf->revocation->ttl,
                                  now, &revoked)
           == NGX_OK)
    {
        rv->revoked = revoked;
        rv->failed = 0;

        return ngx_http_hoop_revocation_result(r, ctx);
    }

    rv->time = now;
    rv->replied = 0;

    hoop_buf_init(&args.keys, 131072);

    rc = ngx_http_hoop_revocation_ask(r, ctx, &args);

    hoop_buf_free(&args.keys);

    return rc;
}


static ngx_int_t
ngx_http_hoop_revocation_ask(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_http_hoop_revocation_args_t *args)
{
    size_t       start, len[NGX_HTTP_HOOP_REVOCATION_ARGS];
    ngx_uint_t   i;
    const char  *argv[NGX_HTTP_HOOP_REVOCATION_ARGS];

    ctx->error = ngx_http_hoop_revocation_keys(r, ctx, args);

    if (ctx->error) {
        return NGX_HTTP_UNAUTHORIZED;
    }

    if (args->keys.failed) {
        ctx->error = "revocation cannot be checked";
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    argv[0] = "MGET";
    len[0] = 4;
    start = 0;

    for (i = 0; i < args->n; i++) {
        argv[i + 1] = (char *) args->keys.data + start;
        len[i + 1] = args->end[i] - start;
        start = args->end[i];
    }

    ctx->revocation.nkeys = args->n;

    if (ngx_http_hoop_revocation_redis) {
        ctx->revocation.op =
            ngx_hoop_redis_command(ngx_http_hoop_revocation_redis,
                                   (int) args->n + 1, argv, len,
                                   ngx_http_hoop_revocation_handler, ctx);
    }

    if (ctx->revocation.op == NULL) {
        return ngx_http_hoop_revocation_failed(r, ctx);
    }

    return NGX_AGAIN;
}


/* NULL, or why the token cannot be looked up */

static const char *
ngx_http_hoop_revocation_keys(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_http_hoop_revocation_args_t *args)
{
    json_t                  *claims, *first, *jti, *act, *iss, **iat;
    ngx_str_t                subject;
    ngx_uint_t               depth;
    ngx_http_hoop_issuer_t  *issuer;

    args->n = 0;
    claims = ctx->identity->claims;

    jti = json_object_get(claims, "jti");

    if (jti) {
        if (json_string_length(jti) == 0) {
            return "token jti is no text that could be revoked";
        }

        ngx_http_hoop_revocation_key(args, &ctx->issuer->name, "jti", jti);
    }

    /* of one that was issued here: what it was issued for (hoop_exchange.h) */

    subject.len = ctx->identity->issuer_name.len;
    subject.data = (u_char *) ctx->identity->issuer_name.data;

    first = claims;

    if (ctx->issuer->signer) {
        first = json_object_get(claims, "hoop_origin");
        jti = json_object_get(first, "jti");

        if (json_string_length(jti)) {
            ngx_http_hoop_revocation_key(args, &subject, "jti", jti);
        }

        if (ngx_http_hoop_revocation_parents(r, claims, args) != NGX_OK) {
            return "token has more parents than can be looked up";
        }
    }

    ctx->revocation.jtis = args->n;

    iat = ctx->revocation.iat;
    *iat++ = json_object_get(first, "iat");

    ngx_http_hoop_revocation_key(args, &subject, "sub",
                                 json_object_get(claims, "sub"));

    act = json_object_get(claims, "act");

    for (depth = 0; act; act = json_object_get(act, "act")) {

        if (depth++ == NGX_HTTP_HOOP_REVOCATION_ACTORS) {
            return "token has more actors than can be looked up";
        }

        if (json_string_length(json_object_get(act, "sub")) == 0) {
            return "token has an actor who cannot be looked up";
        }

        iss = json_object_get(act, "iss");

        issuer = iss ? ngx_http_hoop_issuer_find(r,
                                          hoop_str(json_string_value(iss),
                                                   json_string_length(iss)))
                     : ctx->issuer;

        /* of an issuer without a name here nobody can be revoked */

        if (issuer) {
            *iat++ = json_object_get(ctx->issuer->signer ? act : claims,
                                     "iat");
            ngx_http_hoop_revocation_key(args, &issuer->name, "sub",
                                         json_object_get(act, "sub"));
        }
    }

    return NULL;
}


/* of an issuer that is no longer known here nothing can be revoked */

static ngx_int_t
ngx_http_hoop_revocation_parents(ngx_http_request_t *r, json_t *claims,
    ngx_http_hoop_revocation_args_t *args)
{
    size_t                   i;
    json_t                  *parents, *item, *iss, *jti;
    ngx_http_hoop_issuer_t  *issuer;

    parents = json_object_get(claims, "hoop_parents");

    if (json_array_size(parents) > HOOP_EXCHANGE_MAX_PARENTS) {
        return NGX_ERROR;
    }

    json_array_foreach(parents, i, item) {
        iss = json_object_get(item, "iss");
        jti = json_object_get(item, "jti");

        if (!json_is_string(iss) || json_string_length(jti) == 0) {
            continue;
        }

        issuer = ngx_http_hoop_issuer_find(r,
                                           hoop_str(json_string_value(iss),
                                                    json_string_length(iss)));
        if (issuer) {
            ngx_http_hoop_revocation_key(args, &issuer->name, "jti", jti);
        }
    }

    return NGX_OK;
}


static void
ngx_http_hoop_revocation_key(ngx_http_hoop_revocation_args_t *args,
    ngx_str_t *issuer, const char *kind, json_t *value)
{
    hoop_buf_t  *b;
    hoop_str_t   prefix;

    b = &args->keys;
    prefix = ngx_hoop_redis_prefix(ngx_http_hoop_revocation_redis);

    (void) hoop_buf_add(b, prefix.data, prefix.len);
    (void) hoop_buf_adds(b, "revoked:");
    (void) hoop_buf_add(b, issuer->data, issuer->len);
    (void) hoop_buf_addc(b, ':');
    (void) hoop_buf_adds(b, kind);
    (void) hoop_buf_addc(b, ':');
    (void) hoop_buf_add(b, json_string_value(value),
                        json_string_length(value));

    args->end[args->n++] = b->len;
}


static void
ngx_http_hoop_revocation_handler(void *data, redisReply *reply)
{
    ngx_http_hoop_ctx_t *ctx = data;

    ngx_uint_t                   i;
    redisReply                  *e;
    ngx_http_hoop_revocation_t  *rv;

    rv = &ctx->revocation;

    rv->op = NULL;
    rv->replied = 1;
    rv->revoked = 0;
    rv->failed = (reply == NULL || reply->type != REDIS_REPLY_ARRAY
                  || reply->elements != rv->nkeys);

    for (i = 0; !rv->failed && i < rv->nkeys; i++) {
        e = reply->element[i];

        if (e->type == REDIS_REPLY_NIL) {
            continue;
        }

        if (e->type != REDIS_REPLY_STRING) {
            rv->failed = 1;

        } else if (i < rv->jtis
                   || ngx_http_hoop_revocation_covers(rv->iat[i - rv->jtis],
                                                      e))
        {
            rv->revoked = 1;
        }
    }

    ngx_http_hoop_wake(ctx);
}


/* a value that is no time is of all tokens, and so is any for one without */

static ngx_uint_t
ngx_http_hoop_revocation_covers(json_t *iat, redisReply *reply)
{
    size_t       i;
    json_int_t   until;

    if (reply->len == 0 || reply->len > 18) {
        return 1;
    }

    until = 0;

    for (i = 0; i < (size_t) reply->len; i++) {
        if (reply->str[i] < '0' || reply->str[i] > '9') {
            return 1;
        }

        until = until * 10 + (reply->str[i] - '0');
    }

    if (until < NGX_HTTP_HOOP_REVOCATION_MIN_TIME) {
        return 1;
    }

    if (json_is_integer(iat)) {
        return json_integer_value(iat) <= until;
    }

    return !json_is_real(iat) || json_real_value(iat) <= (double) until;
}


ngx_int_t
ngx_http_hoop_revocation_result(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx)
{
    ngx_http_hoop_revocation_t  *rv;

    rv = &ctx->revocation;

    if (rv->failed) {
        return ngx_http_hoop_revocation_failed(r, ctx);
    }

    if (rv->replied) {
        ngx_http_hoop_cache_check(ctx->token_sha256, rv->time, rv->revoked);
        rv->replied = 0;

        if (ngx_http_hoop_revocation_failing) {
            ngx_http_hoop_revocation_failing = 0;

            ngx_http_hoop_log(NGX_LOG_NOTICE, r, "%s",
                              "revocation is checked again");
        }
    }

    if (rv->revoked) {
        ctx->error = "token is revoked";
        return NGX_HTTP_UNAUTHORIZED;
    }

    rv->passed = 1;
    rv->ttl = ctx->conf->revocation->ttl;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hoop_revocation_failed(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx)
{
    ctx->revocation.replied = 0;

    if (!ctx->conf->revocation->allow) {
        ctx->error = "revocation cannot be checked";
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (!ngx_http_hoop_revocation_failing) {
        ngx_http_hoop_revocation_failing = 1;

        ngx_http_hoop_log(NGX_LOG_WARN, r, "%s",
                          "revocation cannot be checked, and tokens are "
                          "taken without it, as \"on_error=allow\" has it");
    }

    /* a redirect to where this is not allowed asks again */

    ctx->revocation.unchecked = 1;

    return NGX_OK;
}


void
ngx_http_hoop_revocation_detach(ngx_http_hoop_ctx_t *ctx)
{
    if (ctx->revocation.op) {
        ngx_hoop_redis_cancel(ctx->revocation.op);
        ctx->revocation.op = NULL;
    }
}


char *
ngx_http_hoop_conf_revocation(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    ngx_str_t                        *value, s;
    ngx_uint_t                        i;
    ngx_http_hoop_revocation_conf_t  *rcf;

    if (hlcf->revocation != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        hlcf->revocation = NULL;
        return NGX_CONF_OK;
    }

    rcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_hoop_revocation_conf_t));
    if (rcf == NULL) {
        return NGX_CONF_ERROR;
    }

    rcf->ttl = NGX_HTTP_HOOP_REVOCATION_TTL;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "ttl=", 4) == 0) {
            s.data = value[i].data + 4;
            s.len = value[i].len - 4;

            rcf->ttl = ngx_parse_time(&s, 0);

            if (rcf->ttl == (ngx_msec_t) NGX_ERROR
                || rcf->ttl > NGX_HTTP_HOOP_REVOCATION_MAX_TTL)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "hoop_revocation \"%V\", wanted a time of "
                                   "at most 1h", &value[i]);
                return NGX_CONF_ERROR;
            }

        } else if (ngx_strcmp(value[i].data, "on_error=deny") == 0) {
            rcf->allow = 0;

        } else if (ngx_strcmp(value[i].data, "on_error=allow") == 0) {
            rcf->allow = 1;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop_revocation \"%V\", wanted ttl=TIME, "
                               "on_error=deny, on_error=allow, or \"off\" "
                               "alone", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    hlcf->revocation = rcf;

    return NGX_CONF_OK;
}
