
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Approvals in Redis, seen from a worker.
 *
 * A call is one run of a script.  It owns a copy of its arguments, since a
 * server that does not know the script (NOSCRIPT) is sent it once in full.
 * It is referenced by the pending Redis command and, unless it is a poll, by
 * the op it was made for; either end frees it: the reply, or the cancel.
 */


#include "ngx_hoop_approval_int.h"

#include <openssl/rand.h>


#define NGX_HOOP_APPROVAL_LIST       100
#define NGX_HOOP_APPROVAL_MAX_TTL    (30 * 86400)
#define NGX_HOOP_APPROVAL_MAX_JSON   65536
#define NGX_HOOP_APPROVAL_MAX_TEXT   1024
#define NGX_HOOP_APPROVAL_MAX_URI    8192
#define NGX_HOOP_APPROVAL_MAX_SUMMARY  16384


static ngx_int_t ngx_hoop_approval_send(ngx_hoop_approval_call_t *call);
static void ngx_hoop_approval_reply_handler(void *data, redisReply *reply);
static void ngx_hoop_approval_result(ngx_hoop_approval_op_t *op,
    redisReply *reply);
static void ngx_hoop_approval_copy(u_char *dst, size_t size,
    redisReply *reply);
static void ngx_hoop_approval_json(ngx_hoop_approval_op_t *op,
    redisReply *reply, ngx_uint_t list);


ngx_hoop_approval_t  ngx_hoop_approval;


static const char *const  ngx_hoop_approval_scripts[] = {
    hoop_approval_script_claim,
    hoop_approval_script_vote,
    hoop_approval_script_cancel,
    hoop_approval_script_poll,
    hoop_approval_script_list,
    hoop_approval_script_show,
    hoop_approval_script_propose,
    hoop_approval_script_plan,
    hoop_approval_script_step
};


ngx_int_t
ngx_hoop_approval_init(ngx_cycle_t *cycle, ngx_hoop_redis_conf_t *conf,
    ngx_hoop_redis_t *rc)
{
    ngx_uint_t   i;

    ngx_memzero(&ngx_hoop_approval, sizeof(ngx_hoop_approval_t));

    for (i = 0; i < NGX_HOOP_APPROVAL_SCRIPTS; i++) {
        ngx_hoop_redis_script(ngx_hoop_approval_scripts[i],
                              ngx_hoop_approval.sha1[i]);
    }

    ngx_hoop_approval.rc = rc;
    ngx_hoop_approval.cycle = cycle;
    ngx_hoop_approval.conf = conf;

    ngx_rbtree_init(&ngx_hoop_approval.tree, &ngx_hoop_approval.sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_queue_init(&ngx_hoop_approval.nodes);
    ngx_queue_init(&ngx_hoop_approval.due);
    ngx_queue_init(&ngx_hoop_approval.listeners);

    ngx_hoop_approval.hurry.handler = ngx_hoop_approval_hurry_handler;
    ngx_hoop_approval.hurry.data = &ngx_hoop_approval;
    ngx_hoop_approval.hurry.log = cycle->log;

    ngx_hoop_approval.news.handler = ngx_hoop_approval_news_handler;
    ngx_hoop_approval.news.data = &ngx_hoop_approval;
    ngx_hoop_approval.news.log = cycle->log;
    ngx_hoop_approval.news.cancelable = 1;

    ngx_hoop_approval.timer.handler = ngx_hoop_approval_timer_handler;
    ngx_hoop_approval.timer.data = &ngx_hoop_approval;
    ngx_hoop_approval.timer.log = cycle->log;
    ngx_hoop_approval.timer.cancelable = 1;

    return NGX_OK;
}


/*
 * Watchers are let go without a word: their requests are ending with the
 * process.  Calls in flight end when the Redis connection is destroyed.
 */

void
ngx_hoop_approval_done(void)
{
    ngx_queue_t               *q;
    ngx_hoop_approval_op_t    *op;
    ngx_hoop_approval_node_t  *node;

    if (ngx_hoop_approval.rc == NULL) {
        return;
    }

    if (ngx_hoop_approval.timer.timer_set) {
        ngx_del_timer(&ngx_hoop_approval.timer);
    }

    if (ngx_hoop_approval.news.timer_set) {
        ngx_del_timer(&ngx_hoop_approval.news);
    }

    if (ngx_hoop_approval.hurry.posted) {
        ngx_delete_posted_event(&ngx_hoop_approval.hurry);
    }

    ngx_hoop_approval_channel_done();

    while (!ngx_queue_empty(&ngx_hoop_approval.nodes)) {
        q = ngx_queue_head(&ngx_hoop_approval.nodes);
        node = ngx_queue_data(q, ngx_hoop_approval_node_t, queue);

        /* the last one takes the node with it */

        q = ngx_queue_head(&node->watchers);
        op = ngx_queue_data(q, ngx_hoop_approval_op_t, queue);

        ngx_hoop_approval_unwatch(op);
    }

    while (!ngx_queue_empty(&ngx_hoop_approval.listeners)) {
        q = ngx_queue_head(&ngx_hoop_approval.listeners);

        ngx_hoop_approval_unlisten(ngx_queue_data(q,
                                       ngx_hoop_approval_listener_t, queue));
    }

    ngx_hoop_approval.rc = NULL;
}


ngx_int_t
ngx_hoop_approval_id(u_char id[33])
{
    u_char  random[16];

    if (RAND_bytes(random, sizeof(random)) != 1) {
        return NGX_ERROR;
    }

    hoop_hex(id, random, sizeof(random));
    id[32] = '\0';

    return NGX_OK;
}


ngx_int_t
ngx_hoop_approval_claim(ngx_hoop_approval_op_t *op,
    const ngx_hoop_approval_request_t *req)
{
    u_char                    *p;
    u_char                     id[33];
    u_char                     digest_key[NGX_HOOP_APPROVAL_KEY];
    u_char                     key[NGX_HOOP_APPROVAL_KEY];
    ngx_hoop_approval_args_t   args;

    if (req->excluded.len < 2 || ngx_hoop_approval_id(id) != NGX_OK) {
        return NGX_ERROR;
    }

    args.n = 0;

    p = ngx_hoop_approval_key(digest_key, "approval:digest:", req->digest, 64);
    ngx_hoop_approval_arg(&args, digest_key, p - digest_key);

    p = ngx_hoop_approval_key(key, "approval:", id, 32);
    ngx_hoop_approval_arg(&args, key, p - key);

    ngx_hoop_approval_arg(&args, id, 32);
    ngx_hoop_approval_hash(&args, req);

    return ngx_hoop_approval_call(op, NGX_HOOP_APPROVAL_CLAIM, 2, &args);
}


u_char *
ngx_hoop_approval_key(u_char key[NGX_HOOP_APPROVAL_KEY], const char *kind,
    const u_char *id, size_t len)
{
    u_char     *p;
    ngx_str_t  *prefix;

    prefix = &ngx_hoop_approval.conf->prefix;

    p = ngx_cpymem(key, prefix->data, prefix->len);
    p = ngx_cpymem(p, kind, ngx_strlen(kind));

    return ngx_cpymem(p, id, len);
}


/* ttl and digest, then names and values */

void
ngx_hoop_approval_hash(ngx_hoop_approval_args_t *args,
    const ngx_hoop_approval_request_t *req)
{
    ngx_uint_t   i;
    hoop_str_t   numbers[3];

    static const char *const   scopes[] = { "once", "time", "run" };

    const ngx_uint_t  values[] = {
        ngx_max(1, ngx_min(req->ttl, NGX_HOOP_APPROVAL_MAX_TTL)),
        ngx_max(1, req->count),
        req->valid
    };

    for (i = 0; i < 3; i++) {
        numbers[i] = hoop_str(args->numbers[i],
                              ngx_sprintf(args->numbers[i], "%ui", values[i])
                              - args->numbers[i]);
    }

    ngx_hoop_approval_arg(args, numbers[0].data, numbers[0].len);
    ngx_hoop_approval_arg(args, req->digest, 64);

    ngx_hoop_approval_text(args, "requester", req->requester,
                           NGX_HOOP_APPROVAL_MAX_JSON);
    ngx_hoop_approval_text(args, "excluded", req->excluded,
                           NGX_HOOP_APPROVAL_MAX_JSON);
    ngx_hoop_approval_text(args, "approvers", req->approvers.len
                                              ? req->approvers
                                              : hoop_cstr("[]"),
                           NGX_HOOP_APPROVAL_MAX_JSON);
    ngx_hoop_approval_text(args, "needed", numbers[1], NGX_INT_T_LEN);
    ngx_hoop_approval_text(args, "scope", hoop_cstr(scopes[req->scope]),
                           NGX_INT_T_LEN);
    ngx_hoop_approval_text(args, "valid", numbers[2], NGX_INT_T_LEN);
    ngx_hoop_approval_text(args, "required",
                           req->required ? hoop_cstr("1") : hoop_cstr("0"), 1);
    ngx_hoop_approval_text(args, "kind", req->plan.len ? hoop_cstr("plan")
                                                       : hoop_cstr("request"),
                           NGX_INT_T_LEN);
    ngx_hoop_approval_text(args, "target", req->target,
                           NGX_HOOP_APPROVAL_MAX_TEXT);
    ngx_hoop_approval_text(args, "method", req->method,
                           NGX_HOOP_APPROVAL_MAX_TEXT);
    ngx_hoop_approval_text(args, "uri", req->uri, NGX_HOOP_APPROVAL_MAX_URI);
    ngx_hoop_approval_text(args, "rule", req->rule,
                           NGX_HOOP_APPROVAL_MAX_TEXT);
    ngx_hoop_approval_text(args, "reason", req->reason,
                           NGX_HOOP_APPROVAL_MAX_TEXT);
    ngx_hoop_approval_text(args, "summary", req->summary,
                           NGX_HOOP_APPROVAL_MAX_SUMMARY);
    ngx_hoop_approval_text(args, "session", req->session,
                           NGX_HOOP_APPROVAL_MAX_TEXT);
    ngx_hoop_approval_text(args, "run", req->run,
                           NGX_HOOP_APPROVAL_MAX_TEXT);
}


ngx_int_t
ngx_hoop_approval_vote(ngx_hoop_approval_op_t *op, ngx_uint_t approve,
    hoop_str_t approver, hoop_str_t subject, hoop_str_t groups,
    hoop_str_t reason)
{
    u_char                    *p;
    u_char                     key[NGX_HOOP_APPROVAL_KEY];
    ngx_hoop_approval_args_t   args;

    if (!ngx_hoop_approval_valid_id(op->id, ngx_strnlen(op->id, 33))
        || subject.len == 0
        || subject.len > NGX_HOOP_APPROVAL_MAX_TEXT
        || approver.len > NGX_HOOP_APPROVAL_MAX_JSON
        || groups.len > NGX_HOOP_APPROVAL_MAX_JSON
        || reason.len > NGX_HOOP_APPROVAL_MAX_TEXT)
    {
        return NGX_ERROR;
    }

    p = ngx_hoop_approval_key(key, "approval:", op->id, 32);

    args.n = 0;

    ngx_hoop_approval_arg(&args, key, p - key);

    ngx_hoop_approval_arg(&args, op->id, 32);

    if (approve) {
        ngx_hoop_approval_arg(&args, "approve", 7);

    } else {
        ngx_hoop_approval_arg(&args, "deny", 4);
    }

    if (groups.len == 0) {
        groups = hoop_cstr("[]");
    }

    ngx_hoop_approval_arg(&args, subject.data, subject.len);
    ngx_hoop_approval_arg(&args, groups.data, groups.len);
    ngx_hoop_approval_arg(&args, reason.data, reason.len);
    ngx_hoop_approval_arg(&args, approver.data, approver.len);

    return ngx_hoop_approval_call(op, NGX_HOOP_APPROVAL_VOTE, 1, &args);
}


ngx_int_t
ngx_hoop_approval_withdraw(ngx_hoop_approval_op_t *op, hoop_str_t subject,
    hoop_str_t reason)
{
    u_char                    *p;
    u_char                     key[NGX_HOOP_APPROVAL_KEY];
    ngx_hoop_approval_args_t   args;

    if (!ngx_hoop_approval_valid_id(op->id, ngx_strnlen(op->id, 33))
        || subject.len == 0
        || subject.len > NGX_HOOP_APPROVAL_MAX_TEXT
        || reason.len > NGX_HOOP_APPROVAL_MAX_TEXT)
    {
        return NGX_ERROR;
    }

    p = ngx_hoop_approval_key(key, "approval:", op->id, 32);

    args.n = 0;

    ngx_hoop_approval_arg(&args, key, p - key);
    ngx_hoop_approval_arg(&args, op->id, 32);
    ngx_hoop_approval_arg(&args, subject.data, subject.len);
    ngx_hoop_approval_arg(&args, reason.data, reason.len);

    return ngx_hoop_approval_call(op, NGX_HOOP_APPROVAL_WITHDRAW, 1, &args);
}


ngx_int_t
ngx_hoop_approval_list(ngx_hoop_approval_op_t *op,
    const ngx_hoop_approval_filter_t *filter)
{
    u_char                     limit[NGX_INT_T_LEN];
    ngx_uint_t                 i, n;
    ngx_hoop_approval_args_t   args;
    const hoop_str_t           wanted[] = {
        filter->state, filter->kind, filter->rule, filter->target,
        filter->requester, filter->run, filter->after
    };

    args.n = 0;

    n = ngx_max(1, ngx_min(filter->limit, NGX_HOOP_APPROVAL_LIST));

    ngx_hoop_approval_arg(&args, limit,
                          ngx_sprintf(limit, "%ui", n) - limit);

    for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {

        if (wanted[i].len > NGX_HOOP_APPROVAL_MAX_TEXT) {
            return NGX_ERROR;
        }

        ngx_hoop_approval_arg(&args, wanted[i].data, wanted[i].len);
    }

    return ngx_hoop_approval_call(op, NGX_HOOP_APPROVAL_LISTING, 0, &args);
}


ngx_int_t
ngx_hoop_approval_show(ngx_hoop_approval_op_t *op)
{
    u_char                    *p;
    u_char                     key[NGX_HOOP_APPROVAL_KEY];
    ngx_hoop_approval_args_t   args;

    if (!ngx_hoop_approval_valid_id(op->id, ngx_strnlen(op->id, 33))) {
        return NGX_ERROR;
    }

    p = ngx_hoop_approval_key(key, "approval:", op->id, 32);

    args.n = 0;

    ngx_hoop_approval_arg(&args, key, p - key);
    ngx_hoop_approval_arg(&args, op->id, 32);

    return ngx_hoop_approval_call(op, NGX_HOOP_APPROVAL_SHOW, 1, &args);
}


void
ngx_hoop_approval_cancel(ngx_hoop_approval_op_t *op)
{
    ngx_hoop_approval_call_t  *call;

    op->active = 0;

    call = op->call;

    if (call != NULL) {
        ngx_hoop_redis_cancel(call->redis);
        ngx_free(call);

        op->call = NULL;
    }

    if (op->node != NULL) {
        ngx_hoop_approval_unwatch(op);
    }
}


/*
 * Copies the arguments into one block, with the pointers to them in front;
 * "EVALSHA sha1 nkeys pending stream" comes before what the caller gave.
 */

ngx_int_t
ngx_hoop_approval_call(ngx_hoop_approval_op_t *op,
    ngx_hoop_approval_script_e script, ngx_uint_t nkeys,
    ngx_hoop_approval_args_t *args)
{
    u_char                    *p;
    u_char                     number[NGX_INT_T_LEN];
    size_t                     size;
    ngx_uint_t                 i, n;
    hoop_str_t                 head[5];
    const hoop_str_t          *arg;
    ngx_hoop_redis_conf_t     *conf;
    ngx_hoop_approval_call_t  *call;

    if (ngx_hoop_approval.rc == NULL
        || (op != NULL && (op->call != NULL || op->node != NULL)))
    {
        return NGX_ERROR;
    }

    conf = ngx_hoop_approval.conf;
    nkeys += 2;

    head[0] = hoop_cstr("EVALSHA");
    head[1] = hoop_str(ngx_hoop_approval.sha1[script], 40);
    head[2] = hoop_str(number, ngx_sprintf(number, "%ui", nkeys) - number);
    head[3] = hoop_str(conf->pending.data, conf->pending.len);
    head[4] = hoop_str(conf->approvals.data, conf->approvals.len);

    n = args->n + 5;
    size = sizeof(ngx_hoop_approval_call_t)
           + n * (sizeof(char *) + sizeof(size_t));

    for (i = 0; i < n; i++) {
        size += (i < 5) ? head[i].len : args->args[i - 5].len;
    }

    call = ngx_alloc(size, ngx_hoop_approval.cycle->log);
    if (call == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(call, sizeof(ngx_hoop_approval_call_t));

    call->op = op;
    call->script = script;
    call->nkeys = nkeys;
    call->argc = n;
    call->argv = (const char **) (call + 1);
    call->len = (size_t *) (call->argv + n);

    p = (u_char *) (call->len + n);

    for (i = 0; i < n; i++) {
        arg = (i < 5) ? &head[i] : &args->args[i - 5];

        call->argv[i] = (const char *) p;
        call->len[i] = arg->len;

        if (arg->len) {
            p = ngx_cpymem(p, arg->data, arg->len);
        }
    }

    if (ngx_hoop_approval_send(call) != NGX_OK) {
        ngx_free(call);
        return NGX_ERROR;
    }

    if (op != NULL) {
        op->call = call;
        op->active = 1;
        op->json.len = 0;
        op->json.data = NULL;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_hoop_approval_send(ngx_hoop_approval_call_t *call)
{
    call->redis = ngx_hoop_redis_command(ngx_hoop_approval.rc, call->argc,
                                         call->argv, call->len,
                                         ngx_hoop_approval_reply_handler, call);

    return call->redis != NULL ? NGX_OK : NGX_ERROR;
}


static void
ngx_hoop_approval_reply_handler(void *data, redisReply *reply)
{
    ngx_hoop_approval_call_t *call = data;

    ngx_hoop_approval_op_t      *op;
    ngx_hoop_approval_script_e   script;

    script = call->script;

    if (reply != NULL && reply->type == REDIS_REPLY_ERROR) {

        if (!call->full
            && ngx_hoop_approval.rc != NULL
            && ngx_hoop_redis_noscript(reply))
        {
            call->full = 1;
            call->argv[0] = "EVAL";
            call->len[0] = 4;
            call->argv[1] = ngx_hoop_approval_scripts[script];
            call->len[1] = ngx_strlen(call->argv[1]);

            if (ngx_hoop_approval_send(call) == NGX_OK) {
                return;
            }

        } else if (reply->len >= 5
                   && ngx_strncmp(reply->str, "FULL ", 5) == 0)
        {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "hoop: too many approvals are pending");

        } else {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "hoop: redis answered an approval script with "
                          "an error");
        }

        reply = NULL;
    }

    op = call->op;

    if (op == NULL) {
        ngx_hoop_approval.polls--;
        ngx_hoop_approval_polled(call, reply);
        ngx_free(call);
        return;
    }

    op->call = NULL;
    op->active = 0;
    ngx_free(call);

    switch (script) {

    case NGX_HOOP_APPROVAL_LISTING:
    case NGX_HOOP_APPROVAL_SHOW:
        ngx_hoop_approval_json(op, reply, script == NGX_HOOP_APPROVAL_LISTING);
        break;

    case NGX_HOOP_APPROVAL_PLAN:
        ngx_hoop_approval_planned(op, reply);
        break;

    default:
        ngx_hoop_approval_result(op, reply);
    }
}


/* of claim and vote */

static void
ngx_hoop_approval_result(ngx_hoop_approval_op_t *op, redisReply *reply)
{
    ngx_hoop_approval_op_t  result;

    if (ngx_hoop_approval_parse(reply, op) != NGX_OK) {
        op->state = NGX_HOOP_APPROVAL_ERROR;
        op->handler(op);
        return;
    }

    /* what the op points to may be gone after its handler */

    result = *op;

    op->handler(op);

    switch (result.state) {

    case NGX_HOOP_APPROVAL_APPROVED:
    case NGX_HOOP_APPROVAL_CONSUMED:
    case NGX_HOOP_APPROVAL_DENIED:
    case NGX_HOOP_APPROVAL_EXPIRED:
    case NGX_HOOP_APPROVAL_CANCELLED:
        ngx_hoop_approval_wake(&result);
        break;

    default:
        break;
    }
}


/*
 * { state, id, expires, by, comment } into the result part of op, which is
 * not touched unless all of it is as it should be.
 */

ngx_int_t
ngx_hoop_approval_parse(redisReply *reply, ngx_hoop_approval_op_t *op)
{
    redisReply          **e;
    ngx_hoop_approval_e   state;

    if (reply == NULL
        || reply->type != REDIS_REPLY_ARRAY
        || reply->elements != 5)
    {
        return NGX_ERROR;
    }

    e = reply->element;

    if (e[0]->type != REDIS_REPLY_STRING
        || e[1]->type != REDIS_REPLY_STRING
        || e[2]->type != REDIS_REPLY_INTEGER
        || e[3]->type != REDIS_REPLY_STRING
        || e[4]->type != REDIS_REPLY_STRING
        || e[2]->integer < 0
        || !ngx_hoop_approval_valid_id((u_char *) e[1]->str, e[1]->len))
    {
        return NGX_ERROR;
    }

    state = ngx_hoop_approval_state(e[0]->str, e[0]->len);

    if (state == NGX_HOOP_APPROVAL_ERROR) {
        return NGX_ERROR;
    }

    op->state = state;
    op->expires = (ngx_uint_t) e[2]->integer;

    ngx_memcpy(op->id, e[1]->str, 32);
    op->id[32] = '\0';

    ngx_hoop_approval_copy(op->by, sizeof(op->by), e[3]);
    ngx_hoop_approval_copy(op->reason, sizeof(op->reason), e[4]);

    return NGX_OK;
}


/* cut before a character that does not fit, and at a NUL */

static void
ngx_hoop_approval_copy(u_char *dst, size_t size, redisReply *reply)
{
    size_t  len;

    len = ngx_strnlen((u_char *) reply->str, reply->len);
    len = hoop_utf8_cut((u_char *) reply->str, len, size - 1);

    ngx_memcpy(dst, reply->str, len);
    dst[len] = '\0';
}


static void
ngx_hoop_approval_json(ngx_hoop_approval_op_t *op, redisReply *reply,
    ngx_uint_t list)
{
    hoop_buf_t  b;

    ngx_hoop_approval_json_init(&b);

    op->state = NGX_HOOP_APPROVAL_ERROR;

    if (reply != NULL && reply->type == REDIS_REPLY_ARRAY) {

        if (list) {
            if (ngx_hoop_approval_json_list(&b, reply) == NGX_OK) {
                op->state = NGX_HOOP_APPROVAL_PENDING;
            }

        } else if (reply->elements == 0) {
            op->state = NGX_HOOP_APPROVAL_UNKNOWN;

        } else {
            op->state = ngx_hoop_approval_json_show(&b, reply);
        }
    }

    if (op->state != NGX_HOOP_APPROVAL_ERROR) {
        op->json = hoop_str(b.data, b.len);
    }

    op->handler(op);

    hoop_buf_free(&b);
}


void
ngx_hoop_approval_arg(ngx_hoop_approval_args_t *args, const void *data,
    size_t len)
{
    args->args[args->n++] = hoop_str(data, len);
}


/* a name and its value, cut between two characters where it is too long */

void
ngx_hoop_approval_text(ngx_hoop_approval_args_t *args, const char *name,
    hoop_str_t value, size_t max)
{
    ngx_hoop_approval_arg(args, name, ngx_strlen(name));
    ngx_hoop_approval_arg(args, value.data,
                          hoop_utf8_cut(value.data, value.len, max));
}


ngx_uint_t
ngx_hoop_approval_valid_id(const u_char *p, size_t len)
{
    if (len != 32) {
        return 0;
    }

    while (len--) {
        if ((*p < '0' || *p > '9') && (*p < 'a' || *p > 'f')) {
            return 0;
        }

        p++;
    }

    return 1;
}
