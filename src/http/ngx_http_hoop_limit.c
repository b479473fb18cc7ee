
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The rate of a rule ("limits"): how many requests of one subject it lets pass,
 * in all workers, and with Redis on all nodes.
 *
 * A unit is taken when a request is about to go on, first from the count of
 * this node, in the zone, and, where there is one, from that of all nodes, in
 * Redis, by one script and its clock:
 *
 *     hoop:limit:{DIGEST}    until when it is paid for (hoop_rate.h), in
 *                            microseconds; it expires then
 *
 * with the digest of policy, rule, issuer and subject.  What Redis refuses is
 * put back here.  Without an answer of Redis the count of the node holds, or
 * the request is refused: hoop_limit says which.
 *
 * A request that needs an approval only looks whether there is a unit, each
 * time before it asks for one: so none is used up in vain, and one that waits
 * takes nothing.  It takes when it has been approved.
 *
 * The command is the request's: its handler leaves the result in the context
 * and wakes the request, and ngx_http_hoop_limit_detach() takes it back.
 */


#include "ngx_http_hoop.h"


/* of a wait that Redis tells: nobody is told to come back later than that */
#define NGX_HTTP_HOOP_LIMIT_MAX_WAIT  HOOP_RATE_MAX_DEPTH


static void ngx_http_hoop_limit_key(ngx_http_hoop_ctx_t *ctx);
static ngx_int_t ngx_http_hoop_limit_over(ngx_http_hoop_ctx_t *ctx,
    int64_t wait);
static ngx_int_t ngx_http_hoop_limit_failed(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
static void ngx_http_hoop_limit_give(ngx_http_hoop_ctx_t *ctx);
static ngx_hoop_redis_op_t *ngx_http_hoop_limit_command(
    ngx_http_hoop_ctx_t *ctx);
static void ngx_http_hoop_limit_handler(void *data, redisReply *reply);


/*
 * KEYS: of the count.  ARGV: interval and depth of the rate, in microseconds;
 * "take", or "look".  0, or how long there is none.  As hoop_rate_take() has
 * it, but for the slack: here is one clock.
 */

static const char  ngx_http_hoop_limit_script[] =
    "local t = redis.call('TIME')\n"
    "local now = t[1] * 1000000 + t[2]\n"
    "local interval, depth = tonumber(ARGV[1]), tonumber(ARGV[2])\n"
    "local at = tonumber(redis.call('GET', KEYS[1]) or now)\n"
    "at = math.max(now, math.min(at, now + depth))\n"
    "local wait = at + interval - depth - now\n"
    "if wait > 0 then return wait end\n"
    "if ARGV[3] == 'take' then\n"
    "    at = at + interval\n"
    "    redis.call('SET', KEYS[1], string.format('%.0f', at), 'PX',\n"
    "               string.format('%.0f', math.ceil((at - now) / 1000)))\n"
    "end\n"
    "return 0\n";


static ngx_hoop_redis_t  *ngx_http_hoop_limit_redis;
static u_char             ngx_http_hoop_limit_sha1[40];

/* the last count of all nodes that was wanted could not be had */
static ngx_uint_t         ngx_http_hoop_limit_failing;


void
ngx_http_hoop_limit_init(ngx_hoop_redis_t *rc)
{
    ngx_hoop_redis_script(ngx_http_hoop_limit_script,
                          ngx_http_hoop_limit_sha1);

    ngx_http_hoop_limit_redis = rc;
    ngx_http_hoop_limit_failing = 0;
}


ngx_int_t
ngx_http_hoop_limit(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    int64_t                 wait;
    const hoop_rate_t      *rate;
    ngx_http_hoop_limit_t  *lm;

    lm = &ctx->limit;
    rate = ctx->verdict.limits ? &ctx->verdict.limits->rate : NULL;

    /* a redirect to where the same rule decides is the same request */

    if (rate == NULL || rate->interval == 0 || lm->spent == rate) {
        return NGX_OK;
    }

    lm->rate = rate;
    lm->look = (ctx->verdict.decision == HOOP_VERDICT_REVIEW
                && !ctx->approval_ok);

    ngx_http_hoop_limit_key(ctx);

    switch (lm->look ? ngx_hoop_zone_look(lm->key, rate, &wait)
                     : ngx_hoop_zone_take(lm->key, rate, &wait))
    {

    case HOOP_TAKE_OK:
        break;

    case HOOP_TAKE_OVER:
        return ngx_http_hoop_limit_over(ctx, wait);

    default:
        ngx_http_hoop_log(NGX_LOG_ERR, r, "%s", "the rate of a rule cannot be "
                          "counted: hoop_zone is full");

        ctx->error = "the rate limit cannot be counted";
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (!lm->look) {
        lm->spent = rate;
    }

    if (ngx_http_hoop_limit_redis == NULL) {
        return NGX_OK;
    }

    lm->replied = 0;
    lm->whole = 0;
    lm->op = ngx_http_hoop_limit_command(ctx);

    return lm->op ? NGX_AGAIN : ngx_http_hoop_limit_failed(r, ctx);
}


/*
 * Names have no NUL in them.  An actor counts for whom he acts, and a token
 * that was issued here for whom it was issued.
 */

static void
ngx_http_hoop_limit_key(ngx_http_hoop_ctx_t *ctx)
{
    ngx_uint_t      i;
    hoop_sha256_t   sha256;

    const hoop_str_t  parts[] = {
        ctx->verdict.policy, ctx->verdict.rule, ctx->identity->issuer_name,
        ctx->identity->sub
    };

    hoop_sha256_init(&sha256);

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        hoop_sha256_update(&sha256, parts[i].data, parts[i].len);
        hoop_sha256_update(&sha256, "", 1);
    }

    hoop_sha256_final(&sha256, ctx->limit.key);
}


static ngx_int_t
ngx_http_hoop_limit_over(ngx_http_hoop_ctx_t *ctx, int64_t wait)
{
    ctx->limit.reached = "rate";
    ctx->limit.wait = (wait + 999999) / 1000000;
    ctx->error = "rate limit";

    return NGX_HTTP_TOO_MANY_REQUESTS;
}


ngx_int_t
ngx_http_hoop_limit_result(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_http_hoop_limit_t  *lm;

    lm = &ctx->limit;

    if (lm->failed) {
        return ngx_http_hoop_limit_failed(r, ctx);
    }

    if (ngx_http_hoop_limit_failing) {
        ngx_http_hoop_limit_failing = 0;

        ngx_http_hoop_log(NGX_LOG_NOTICE, r, "%s",
                          "rates are counted for all nodes again");
    }

    if (lm->over) {
        ngx_http_hoop_limit_give(ctx);

        return ngx_http_hoop_limit_over(ctx, lm->over);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_hoop_limit_failed(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    if (!ngx_http_hoop_limit_failing) {
        ngx_http_hoop_limit_failing = 1;

        ngx_http_hoop_log(NGX_LOG_WARN, r, "rates cannot be counted for all "
                          "nodes: %s", ctx->conf->limit_deny
                          ? "what has one is refused, as \"on_error=deny\" "
                            "has it" : "each node counts alone");
    }

    if (!ctx->conf->limit_deny) {
        return NGX_OK;
    }

    ngx_http_hoop_limit_give(ctx);

    ctx->error = "the rate limit cannot be counted";

    return NGX_HTTP_SERVICE_UNAVAILABLE;
}


static void
ngx_http_hoop_limit_give(ngx_http_hoop_ctx_t *ctx)
{
    if (ctx->limit.spent == ctx->limit.rate) {
        ngx_hoop_zone_give(ctx->limit.key, ctx->limit.rate);
        ctx->limit.spent = NULL;
    }
}


static ngx_hoop_redis_op_t *
ngx_http_hoop_limit_command(ngx_http_hoop_ctx_t *ctx)
{
    u_char                 *p;
    size_t                  len[7];
    hoop_str_t              prefix;
    u_char                  key[NGX_HOOP_REDIS_PREFIX + sizeof("limit:{}")
                                + 64];
    u_char                  interval[NGX_INT64_LEN], depth[NGX_INT64_LEN];
    const char             *argv[7];
    ngx_http_hoop_limit_t  *lm;

    lm = &ctx->limit;

    prefix = ngx_hoop_redis_prefix(ngx_http_hoop_limit_redis);

    p = ngx_cpymem(key, prefix.data, prefix.len);
    p = ngx_cpymem(p, "limit:{", 7);
    hoop_hex(p, lm->key, 32);
    p += 64;
    *p++ = '}';

    argv[0] = lm->whole ? "EVAL" : "EVALSHA";
    len[0] = ngx_strlen(argv[0]);
    argv[1] = lm->whole ? ngx_http_hoop_limit_script
                        : (char *) ngx_http_hoop_limit_sha1;
    len[1] = lm->whole ? sizeof(ngx_http_hoop_limit_script) - 1
                       : sizeof(ngx_http_hoop_limit_sha1);
    argv[2] = "1";
    len[2] = 1;
    argv[3] = (char *) key;
    len[3] = p - key;
    argv[4] = (char *) interval;
    len[4] = ngx_sprintf(interval, "%L", lm->rate->interval) - interval;
    argv[5] = (char *) depth;
    len[5] = ngx_sprintf(depth, "%L", lm->rate->depth) - depth;
    argv[6] = lm->look ? "look" : "take";
    len[6] = 4;

    return ngx_hoop_redis_command(ngx_http_hoop_limit_redis, 7, argv, len,
                                  ngx_http_hoop_limit_handler, ctx);
}


static void
ngx_http_hoop_limit_handler(void *data, redisReply *reply)
{
    ngx_http_hoop_ctx_t *ctx = data;

    ngx_http_hoop_limit_t  *lm;

    lm = &ctx->limit;
    lm->op = NULL;

    if (reply && !lm->whole && ngx_hoop_redis_noscript(reply)) {
        /* a Redis that was started anew: it keeps the script from now on */

        lm->whole = 1;
        lm->op = ngx_http_hoop_limit_command(ctx);

        if (lm->op) {
            return;
        }
    }

    lm->replied = 1;
    lm->failed = (reply == NULL || reply->type != REDIS_REPLY_INTEGER
                  || reply->integer < 0);
    lm->over = lm->failed ? 0 : ngx_min(reply->integer,
                                        NGX_HTTP_HOOP_LIMIT_MAX_WAIT);

    ngx_http_hoop_wake(ctx);
}


/* what was taken stays so: nobody knows how far the request has come */

void
ngx_http_hoop_limit_detach(ngx_http_hoop_ctx_t *ctx)
{
    if (ctx->limit.op) {
        ngx_hoop_redis_cancel(ctx->limit.op);
        ctx->limit.op = NULL;
    }
}


char *
ngx_http_hoop_conf_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    ngx_str_t  *value;

    if (hlcf->limit_deny != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "on_error=local") == 0) {
        hlcf->limit_deny = 0;

    } else if (ngx_strcmp(value[1].data, "on_error=deny") == 0) {
        hlcf->limit_deny = 1;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_limit \"%V\", wanted on_error=local or "
                           "on_error=deny", &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
