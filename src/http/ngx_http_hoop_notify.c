
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoop_notify: transitions of approvals, as the stream in Redis has them, are
 * announced to a webhook.
 *
 * One worker of each nginx reads.  Those of all nginx are consumers of one group
 * for each webhook, so that an entry is sent by one of them and is there until
 * it is acknowledged: what a consumer has taken and not acknowledged for two
 * minutes another one takes.  A delivery may come twice, after a crash, and says
 * which it is.
 *
 *     GROUP > CLAIM > READ > SHOW > SEND > ACK > CLAIM
 *                      READ > IDLE             nothing there: until something is
 *                             SEND > RETRY > SEND
 *
 * A step is a command, or the way to the webhook; its owner calls back, and the
 * next begins.
 */


#include "ngx_http_hoop.h"


#define NGX_HTTP_HOOP_NOTIFY_MAX     8
#define NGX_HTTP_HOOP_NOTIFY_KEPT    "120000"       /* ms; see above */
#define NGX_HTTP_HOOP_NOTIFY_RETRY   1000           /* ms, then doubled */
#define NGX_HTTP_HOOP_NOTIFY_LONG    60000
#define NGX_HTTP_HOOP_NOTIFY_AGE     (24 * 3600)    /* s: given up */


typedef enum {
    NGX_HTTP_HOOP_NOTIFY_GROUP = 0,
    NGX_HTTP_HOOP_NOTIFY_CLAIM,
    NGX_HTTP_HOOP_NOTIFY_READ,
    NGX_HTTP_HOOP_NOTIFY_SHOW,
    NGX_HTTP_HOOP_NOTIFY_SEND,
    NGX_HTTP_HOOP_NOTIFY_ACK,
    NGX_HTTP_HOOP_NOTIFY_IDLE
} ngx_http_hoop_notify_step_e;


typedef struct {
    ngx_http_hoop_notify_t        *conf;
    ngx_http_hoop_notify_step_e    step;
    u_char                         group[sizeof("notify:") + 16];
    u_char                         consumer[64];

    /* what is under way; of these one at a time */
    ngx_hoop_redis_op_t           *redis;
    ngx_hoop_approval_op_t         op;
    ngx_http_hoop_fetch_t         *fetch;
    ngx_event_t                    timer;
    ngx_hoop_approval_listener_t   listener;

    /* the entry */
    u_char                         id[48];
    u_char                         state[16];
    hoop_buf_t                     body;
    ngx_msec_t                     delay;
    ngx_uint_t                     tries;
} ngx_http_hoop_notifier_t;


static ngx_int_t ngx_http_hoop_notify_parameter(ngx_conf_t *cf,
    ngx_str_t *value, ngx_http_hoop_notify_t *notify);
static ngx_int_t ngx_http_hoop_notify_url(ngx_conf_t *cf,
    ngx_http_hoop_notify_t *notify);
static void ngx_http_hoop_notify_run(ngx_http_hoop_notifier_t *n);
static ngx_int_t ngx_http_hoop_notify_command(ngx_http_hoop_notifier_t *n,
    ngx_hoop_redis_handler_pt handler, ngx_uint_t argc, ...);
static void ngx_http_hoop_notify_grouped(void *data, redisReply *reply);
static void ngx_http_hoop_notify_claimed(void *data, redisReply *reply);
static void ngx_http_hoop_notify_got(void *data, redisReply *reply);
static void ngx_http_hoop_notify_acked(void *data, redisReply *reply);
static void ngx_http_hoop_notify_kept(void *data, redisReply *reply);
static void ngx_http_hoop_notify_entries(ngx_http_hoop_notifier_t *n,
    redisReply *entries);
static ngx_uint_t ngx_http_hoop_notify_wanted(ngx_http_hoop_notifier_t *n,
    redisReply *fields);
static void ngx_http_hoop_notify_shown(ngx_hoop_approval_op_t *op);
static void ngx_http_hoop_notify_send(ngx_http_hoop_notifier_t *n);
static ngx_int_t ngx_http_hoop_notify_headers(ngx_http_hoop_notifier_t *n,
    hoop_buf_t *b);
static void ngx_http_hoop_notify_sent(void *data,
    ngx_http_hoop_answer_t *answer);
static void ngx_http_hoop_notify_again(ngx_http_hoop_notifier_t *n,
    const char *why, ngx_uint_t status);
static void ngx_http_hoop_notify_next(ngx_http_hoop_notifier_t *n,
    ngx_http_hoop_notify_step_e step, ngx_msec_t delay);
static void ngx_http_hoop_notify_timer(ngx_event_t *ev);
static void ngx_http_hoop_notify_news(void *data);


static ngx_hoop_redis_t          *ngx_http_hoop_notify_rc;
static ngx_http_hoop_notifier_t  *ngx_http_hoop_notifiers;
static ngx_uint_t                 ngx_http_hoop_nnotifiers;


static const char *const  ngx_http_hoop_notify_events[] = {
    "pending", "approved", "denied", "expired", "cancelled", "consumed", NULL
};


char *
ngx_http_hoop_conf_notify(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    ngx_str_t               *value;
    ngx_uint_t               i;
    ngx_http_hoop_notify_t  *notify, **pn;

    if (hlcf->notify == NULL) {
        hlcf->notify = ngx_array_create(cf->pool, 2, sizeof(void *));
        if (hlcf->notify == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    notify = ngx_pcalloc(cf->pool, sizeof(ngx_http_hoop_notify_t));
    pn = ngx_array_push(hlcf->notify);

    if (notify == NULL || pn == NULL) {
        return NGX_CONF_ERROR;
    }

    *pn = notify;

    notify->timeout = 10000;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_http_hoop_notify_parameter(cf, &value[i], notify) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (notify->via.len == 0) {
        return "has no via=URI, an internal location that passes on to "
               "$hoop_fetch_url";
    }

    if (notify->events == 0) {
        notify->events = 1;
    }

    return ngx_http_hoop_notify_url(cf, notify) == NGX_OK ? NGX_CONF_OK
                                                          : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_hoop_notify_parameter(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_hoop_notify_t *notify)
{
    ngx_int_t    n;
    ngx_str_t    s;
    ngx_uint_t   i;

    if (ngx_strncmp(value->data, "http://", 7) == 0
        || ngx_strncmp(value->data, "https://", 8) == 0)
    {
        if (notify->url.len) {
            goto invalid;
        }

        notify->url = *value;
        return NGX_OK;
    }

    s.data = (u_char *) ngx_strchr(value->data, '=');

    if (s.data == NULL || s.data[1] == '\0') {
        goto invalid;
    }

    s.data++;
    s.len = value->data + value->len - s.data;

    if (ngx_strncmp(value->data, "url_file=", 9) == 0 && notify->url.len == 0) {
        return ngx_http_hoop_conf_read_private(cf, "webhook URL", &s, 2048,
                                               &notify->url);
    }

    if (ngx_strncmp(value->data, "secret_file=", 12) == 0) {
        n = ngx_http_hoop_conf_read_private(cf, "webhook secret", &s, 1024,
                                            &notify->secret);
        if (n != NGX_OK) {
            return n;
        }

        while (notify->secret.len
               && notify->secret.data[notify->secret.len - 1] <= ' ')
        {
            notify->secret.len--;
        }

        if (notify->secret.len < 16) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "the secret in \"%V\" is "
                               "shorter than 16 bytes", &s);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    if (ngx_strncmp(value->data, "via=", 4) == 0) {
        notify->via = s;
        return NGX_OK;
    }

    if (ngx_strncmp(value->data, "console=", 8) == 0
        && (ngx_strncmp(s.data, "http://", 7) == 0
            || ngx_strncmp(s.data, "https://", 8) == 0)
        && !ngx_http_hoop_has_control(ngx_http_hoop_str(&s))
        && strpbrk((char *) s.data, "<>|\"# ") == NULL)
    {
        notify->console = s;
        return NGX_OK;
    }

    if (ngx_strcmp(value->data, "format=slack") == 0) {
        notify->format = HOOP_NOTIFY_SLACK;
        return NGX_OK;
    }

    if (ngx_strcmp(value->data, "format=generic") == 0) {
        notify->format = HOOP_NOTIFY_GENERIC;
        return NGX_OK;
    }

    if (ngx_strncmp(value->data, "timeout=", 8) == 0) {
        n = ngx_parse_time(&s, 0);

        if (n >= 100 && n <= 60000) {
            notify->timeout = n;
            return NGX_OK;
        }
    }

    if (ngx_strncmp(value->data, "event=", 6) == 0) {
        for (i = 0; ngx_http_hoop_notify_events[i] != NULL; i++) {
            if (ngx_strcmp(s.data, ngx_http_hoop_notify_events[i]) == 0) {
                notify->events |= 1 << i;
                return NGX_OK;
            }
        }
    }

invalid:

    /* not quoted: it may be a part of the URL */

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter, wanted one URL or url_file=PATH, "
                       "via=URI, format=generic or slack, secret_file=PATH, "
                       "event=pending, approved, denied, expired, cancelled or "
                       "consumed, console=URL, timeout=TIME (100ms to 60s)");

    return NGX_ERROR;
}


/* of what may be a secret as a whole the beginning is told in logs */

static ngx_int_t
ngx_http_hoop_notify_url(ngx_conf_t *cf, ngx_http_hoop_notify_t *notify)
{
    u_char     *p, *last;
    ngx_str_t  *url;

    url = &notify->url;

    while (url->len && url->data[url->len - 1] <= ' ') {
        url->len--;
    }

    last = url->data + url->len;

    if (url->len > 10
        && (ngx_strncmp(url->data, "https://", 8) == 0
            || ngx_strncmp(url->data, "http://", 7) == 0))
    {
        for (p = url->data; p < last; p++) {
            if (*p <= ' ' || *p >= 0x7f) {
                break;
            }
        }

        if (p == last) {
            p = (u_char *) ngx_strchr(url->data, ':') + 3;

            notify->host.data = url->data;

            while (p < last && *p != '/' && *p != '?' && *p != '#') {

                /* a password, even though none belongs there */

                if (*p == '@') {
                    goto invalid;
                }

                p++;
            }

            notify->host.len = p - url->data;

            return NGX_OK;
        }
    }

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"hoop_notify\" has no valid "
                       "URL, wanted http:// or https://, a host and a path");

    return NGX_ERROR;
}


char *
ngx_http_hoop_notify_check(ngx_conf_t *cf, ngx_http_hoop_main_conf_t *hmcf,
    ngx_http_hoop_loc_conf_t *conf)
{
    ngx_uint_t               i;
    ngx_http_hoop_notify_t  **pn, **notify;

    if (conf->notify == NULL) {
        return NGX_CONF_OK;
    }

    if (hmcf->core->redis == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hoop_notify\" needs a \"hoop_redis\" in http");
        return NGX_CONF_ERROR;
    }

    notify = conf->notify->elts;

    for (i = 0; i < conf->notify->nelts; i++) {

        if (notify[i]->target != NULL) {
            continue;
        }

        notify[i]->target = ngx_http_hoop_fetch_target(cf, hmcf,
                                                       &notify[i]->via);
        pn = ngx_array_push(&hmcf->notify);

        if (notify[i]->target == NULL || pn == NULL) {
            return NGX_CONF_ERROR;
        }

        *pn = notify[i];

        if (hmcf->notify.nelts > NGX_HTTP_HOOP_NOTIFY_MAX) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "more than 8 \"hoop_notify\"");
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_hoop_notify_init(ngx_cycle_t *cycle, ngx_array_t *notify,
    ngx_hoop_redis_t *rc)
{
    u_char                     md[32];
    ngx_uint_t                 i;
    hoop_sha256_t              sha;
    ngx_http_hoop_notify_t   **conf;
    ngx_http_hoop_notifier_t  *n;

    if (rc == NULL || notify == NULL || notify->nelts == 0) {
        return NGX_OK;
    }

    ngx_http_hoop_notifiers = ngx_pcalloc(cycle->pool,
                            notify->nelts * sizeof(ngx_http_hoop_notifier_t));
    if (ngx_http_hoop_notifiers == NULL) {
        return NGX_ERROR;
    }

    ngx_http_hoop_notify_rc = rc;
    ngx_http_hoop_nnotifiers = notify->nelts;

    conf = notify->elts;

    for (i = 0; i < notify->nelts; i++) {
        n = &ngx_http_hoop_notifiers[i];

        n->conf = conf[i];

        hoop_sha256_init(&sha);
        hoop_sha256_update(&sha, conf[i]->url.data, conf[i]->url.len);
        hoop_sha256_update(&sha, &conf[i]->format, sizeof(conf[i]->format));
        hoop_sha256_final(&sha, md);

        ngx_memcpy(n->group, "notify:", 7);
        hoop_hex(n->group + 7, md, 8);
        n->group[23] = '\0';

        (void) ngx_snprintf(n->consumer, sizeof(n->consumer), "%P-%xL%Z",
                            ngx_pid, (uint64_t) ngx_random() << 24
                                     ^ (uint64_t) ngx_time());

        n->timer.handler = ngx_http_hoop_notify_timer;
        n->timer.data = n;
        n->timer.log = cycle->log;
        n->timer.cancelable = 1;

        n->listener.handler = ngx_http_hoop_notify_news;
        n->listener.data = n;

        n->op.handler = ngx_http_hoop_notify_shown;
        n->op.data = n;

        hoop_buf_init(&n->body, 2 * HOOP_NOTIFY_MAX);

        ngx_http_hoop_notify_next(n, NGX_HTTP_HOOP_NOTIFY_GROUP, 1);
    }

    return NGX_OK;
}


void
ngx_http_hoop_notify_done(void)
{
    ngx_uint_t                 i;
    ngx_http_hoop_notifier_t  *n;

    for (i = 0; i < ngx_http_hoop_nnotifiers; i++) {
        n = &ngx_http_hoop_notifiers[i];

        if (n->redis) {
            ngx_hoop_redis_cancel(n->redis);
            n->redis = NULL;
        }

        if (n->fetch) {
            ngx_http_hoop_fetch_cancel(n->fetch);
            n->fetch = NULL;
        }

        if (n->timer.timer_set) {
            ngx_del_timer(&n->timer);
        }

        ngx_hoop_approval_cancel(&n->op);
        ngx_hoop_approval_unlisten(&n->listener);

        hoop_buf_free(&n->body);
    }

    ngx_http_hoop_nnotifiers = 0;
    ngx_http_hoop_notify_rc = NULL;
}


/* one step: what cannot be begun is tried again */

static void
ngx_http_hoop_notify_run(ngx_http_hoop_notifier_t *n)
{
    ngx_int_t  rc;

    if (ngx_exiting || ngx_terminate) {

        /* what is taken and not sent is another's in two minutes */

        return;
    }

    rc = NGX_OK;

    switch (n->step) {

    case NGX_HTTP_HOOP_NOTIFY_GROUP:
        rc = ngx_http_hoop_notify_command(n, ngx_http_hoop_notify_grouped, 6,
                 "XGROUP", "CREATE", ngx_hoop_approval_stream(), n->group, "$",
                 "MKSTREAM");
        break;

    case NGX_HTTP_HOOP_NOTIFY_IDLE:
    case NGX_HTTP_HOOP_NOTIFY_CLAIM:
        rc = ngx_http_hoop_notify_command(n, ngx_http_hoop_notify_claimed, 8,
                 "XAUTOCLAIM", ngx_hoop_approval_stream(), n->group,
                 n->consumer, NGX_HTTP_HOOP_NOTIFY_KEPT, "0-0", "COUNT", "1");
        break;

    case NGX_HTTP_HOOP_NOTIFY_READ:
        rc = ngx_http_hoop_notify_command(n, ngx_http_hoop_notify_got, 9,
                 "XREADGROUP", "GROUP", n->group, n->consumer, "COUNT", "1",
                 "STREAMS", ngx_hoop_approval_stream(), ">");
        break;

    case NGX_HTTP_HOOP_NOTIFY_SHOW:
        rc = ngx_hoop_approval_show(&n->op);
        break;

    case NGX_HTTP_HOOP_NOTIFY_SEND:
        ngx_http_hoop_notify_send(n);
        break;

    case NGX_HTTP_HOOP_NOTIFY_ACK:
        rc = ngx_http_hoop_notify_command(n, ngx_http_hoop_notify_acked, 4,
                 "XACK", ngx_hoop_approval_stream(), n->group, n->id);
        break;
    }

    if (rc != NGX_OK) {
        ngx_http_hoop_notify_next(n, n->step, NGX_HTTP_HOOP_NOTIFY_RETRY);
    }
}


static ngx_int_t
ngx_http_hoop_notify_command(ngx_http_hoop_notifier_t *n,
    ngx_hoop_redis_handler_pt handler, ngx_uint_t argc, ...)
{
    size_t       len[9];
    va_list      args;
    ngx_uint_t   i;
    const char  *argv[9];

    va_start(args, argc);

    for (i = 0; i < argc; i++) {
        argv[i] = va_arg(args, const char *);
        len[i] = ngx_strlen(argv[i]);
    }

    va_end(args);

    n->redis = ngx_hoop_redis_command(ngx_http_hoop_notify_rc, argc, argv, len,
                                      handler, n);

    return n->redis ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_hoop_notify_grouped(void *data, redisReply *reply)
{
    ngx_http_hoop_notifier_t *n = data;

    n->redis = NULL;

    if (reply == NULL
        || (reply->type == REDIS_REPLY_ERROR
            && (reply->len < 9
                || ngx_strncmp(reply->str, "BUSYGROUP", 9) != 0)))
    {
        ngx_http_hoop_notify_next(n, NGX_HTTP_HOOP_NOTIFY_GROUP,
                                  NGX_HTTP_HOOP_NOTIFY_RETRY);
        return;
    }

    ngx_http_hoop_notify_next(n, NGX_HTTP_HOOP_NOTIFY_CLAIM, 0);
}


/* { next, { entry, ... }, ... } */

static void
ngx_http_hoop_notify_claimed(void *data, redisReply *reply)
{
    ngx_http_hoop_notifier_t *n = data;

    n->redis = NULL;

    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {

        /* the stream may have gone, and the group with it */

        ngx_http_hoop_notify_next(n, NGX_HTTP_HOOP_NOTIFY_GROUP,
                                  NGX_HTTP_HOOP_NOTIFY_RETRY);
        return;
    }

    if (reply->type == REDIS_REPLY_ARRAY
        && reply->elements >= 2
        && reply->element[1]->type == REDIS_REPLY_ARRAY
        && reply->element[1]->elements)
    {
        ngx_http_hoop_notify_entries(n, reply->element[1]);
        return;
    }

    ngx_http_hoop_notify_next(n, NGX_HTTP_HOOP_NOTIFY_READ, 0);
}


/* { { stream, { entry, ... } } }, or nothing */

static void
ngx_http_hoop_notify_got(void *data, redisReply *reply)
{
    ngx_http_hoop_notifier_t *n = data;

    redisReply  *stream;

    n->redis = NULL;

    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
        ngx_http_hoop_notify_next(n, NGX_HTTP_HOOP_NOTIFY_GROUP,
                                  NGX_HTTP_HOOP_NOTIFY_RETRY);
        return;
    }

    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1) {
        stream = reply->element[0];

        if (stream->type == REDIS_REPLY_ARRAY
            && stream->elements == 2
            && stream->element[1]->type == REDIS_REPLY_ARRAY
            && stream->element[1]->elements)
        {
            ngx_http_hoop_notify_entries(n, stream->element[1]);
            return;
        }
    }

    n->step = NGX_HTTP_HOOP_NOTIFY_IDLE;
    ngx_hoop_approval_listen(&n->listener);
}


/* { id, { name, value, ... } } */

static void
ngx_http_hoop_notify_entries(ngx_http_hoop_notifier_t *n, redisReply *entries)
{
    redisReply  *entry, *id;

    entry = entries->element[0];

    if (entry->type != REDIS_REPLY_ARRAY
        || entry->elements != 2
        || entry->element[0]->type != REDIS_REPLY_STRING
        || entry->element[0]->len >= (int) sizeof(n->id))
    {
        ngx_http_hoop_notify_next(n, NGX_HTTP_HOOP_NOTIFY_READ,
                                  NGX_HTTP_HOOP_NOTIFY_RETRY);
        return;
    }

    id = entry->element[0];

    ngx_memcpy(n->id, id->str, id->len);
    n->id[id->len] = '\0';

    n->delay = NGX_HTTP_HOOP_NOTIFY_RETRY;
    n->tries = 0;

    ngx_http_hoop_notify_next(n, ngx_http_hoop_notify_wanted(n,
                                                             entry->element[1])
                                 ? NGX_HTTP_HOOP_NOTIFY_SHOW
                                 : NGX_HTTP_HOOP_NOTIFY_ACK, 0);
}


/* a vote of several leaves it pending, and is no news to who is to vote */

static ngx_uint_t
ngx_http_hoop_notify_wanted(ngx_http_hoop_notifier_t *n, redisReply *fields)
{
    size_t       i;
    hoop_str_t   name, value, id, state, by;
    ngx_uint_t   k;

    id = hoop_str(NULL, 0);
    state = id;
    by = id;

    if (fields->type != REDIS_REPLY_ARRAY) {
        return 0;
    }

    for (i = 0; i + 1 < fields->elements; i += 2) {

        if (fields->element[i]->type != REDIS_REPLY_STRING
            || fields->element[i + 1]->type != REDIS_REPLY_STRING)
        {
            return 0;
        }

        name = hoop_str(fields->element[i]->str, fields->element[i]->len);
        value = hoop_str(fields->element[i + 1]->str,
                         fields->element[i + 1]->len);

        if (hoop_str_is(name, "approval")) {
            id = value;

        } else if (hoop_str_is(name, "state")) {
            state = value;

        } else if (hoop_str_is(name, "by")) {
            by = value;
        }
    }

    for (k = 0; ngx_http_hoop_notify_events[k] != NULL; k++) {
        if (hoop_str_is(state, ngx_http_hoop_notify_events[k])) {
            break;
        }
    }

    if (ngx_http_hoop_notify_events[k] == NULL
        || (n->conf->events & (1 << k)) == 0
        || (k == 0 && by.len)
        || id.len != 32)
    {
        return 0;
    }

    ngx_memcpy(n->op.id, id.data, 32);
    n->op.id[32] = '\0';

    ngx_memcpy(n->state, state.data, state.len);
    n->state[state.len] = '\0';

    return 1;
}


static void
ngx_http_hoop_notify_shown(ngx_hoop_approval_op_t *op)
{
    ngx_http_hoop_notifier_t *n = op->data;

    hoop_error_t   err;
    hoop_notify_t  what;

    if (op->state == NGX_HOOP_APPROVAL_ERROR) {
        ngx_http_hoop_notify_next(n, NGX_HTTP_HOOP_NOTIFY_SHOW,
                                  NGX_HTTP_HOOP_NOTIFY_RETRY);
        return;
    }

    /* one that is not there any more is no news */

    what.event = hoop_cstr((char *) n->state);
    what.delivery = hoop_cstr((char *) n->id);
    what.time = ngx_atoi(n->id, strcspn((char *) n->id, "-"));
    what.time = what.time > 0 ? what.time / 1000 : 0;
    what.console = ngx_http_hoop_str(&n->conf->console);
    what.approval = op->json.len ? hoop_json_load(op->json.data, op->json.len,
                                                  &err)
                                 : NULL;
    n->body.len = 0;

    if (what.approval == NULL
        || hoop_notify_body(n->conf->format, &what, &n->body) != HOOP_OK)
    {
        json_decref(what.approval);
        ngx_http_hoop_notify_next(n, NGX_HTTP_HOOP_NOTIFY_ACK, 0);
        return;
    }

    json_decref(what.approval);

    ngx_http_hoop_notify_next(n, NGX_HTTP_HOOP_NOTIFY_SEND, 0);
}


static void
ngx_http_hoop_notify_send(ngx_http_hoop_notifier_t *n)
{
    hoop_buf_t  headers;

    hoop_buf_init(&headers, 4096);

    if (ngx_http_hoop_notify_headers(n, &headers) == NGX_OK) {
        n->fetch = ngx_http_hoop_fetch_post(n->conf->target,
                                            ngx_http_hoop_str(&n->conf->url),
                                            hoop_str(headers.data, headers.len),
                                            hoop_str(n->body.data, n->body.len),
                                            n->conf->timeout,
                                            ngx_http_hoop_notify_sent, n);
    }

    hoop_buf_free(&headers);

    if (n->fetch == NULL) {
        ngx_http_hoop_notify_again(n, "could not be begun", 0);
    }
}


static ngx_int_t
ngx_http_hoop_notify_headers(ngx_http_hoop_notifier_t *n, hoop_buf_t *b)
{
    u_char  hex[64];

    (void) hoop_buf_adds(b, "Content-Type: application/json" CRLF
                            "User-Agent: ngx_hoop_module/" NGX_HOOP_VERSION CRLF
                            "Hoop-Event: approval.");
    (void) hoop_buf_adds(b, (char *) n->state);
    (void) hoop_buf_adds(b, CRLF "Hoop-Delivery: ");
    (void) hoop_buf_adds(b, (char *) n->id);
    (void) hoop_buf_adds(b, CRLF);

    if (n->conf->secret.len) {

        if (hoop_notify_sign(hex, ngx_http_hoop_str(&n->conf->secret),
                             ngx_time(), hoop_str(n->body.data, n->body.len))
            != HOOP_OK)
        {
            return NGX_ERROR;
        }

        (void) hoop_buf_adds(b, "Hoop-Signature: t=");
        (void) hoop_buf_addu(b, ngx_time());
        (void) hoop_buf_adds(b, ",v1=");
        (void) hoop_buf_add(b, hex, 64);
        (void) hoop_buf_adds(b, CRLF);
    }

    return (b->failed
            || ngx_http_hoop_has_control(hoop_str(n->id, ngx_strlen(n->id))))
           ? NGX_ERROR : NGX_OK;
}


static void
ngx_http_hoop_notify_sent(void *data, ngx_http_hoop_answer_t *answer)
{
    ngx_http_hoop_notifier_t *n = data;

    n->fetch = NULL;

    if (answer->error == NULL && answer->status >= 200 && answer->status < 300)
    {
        ngx_http_hoop_notify_next(n, NGX_HTTP_HOOP_NOTIFY_ACK, 0);
        return;
    }

    ngx_http_hoop_notify_again(n, answer->error ? answer->error
                                                : "was answered",
                               answer->error ? 0 : answer->status);
}


static void
ngx_http_hoop_notify_again(ngx_http_hoop_notifier_t *n, const char *why,
    ngx_uint_t status)
{
    ngx_uint_t           level;
    ngx_msec_t           delay;
    hoop_notify_t        what;

    what.time = ngx_atoi(n->id, strcspn((char *) n->id, "-")) / 1000;

    if (ngx_time() - what.time > NGX_HTTP_HOOP_NOTIFY_AGE) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "hoop: the announcement %s of approval %s to \"%V\" is "
                      "given up after a day", n->id, n->op.id,
                      &n->conf->host);

        ngx_http_hoop_notify_next(n, NGX_HTTP_HOOP_NOTIFY_ACK, 0);
        return;
    }

    delay = n->delay * (75 + ngx_random() % 51) / 100;

    n->delay = ngx_min(n->delay * 2, NGX_HTTP_HOOP_NOTIFY_LONG);

    level = n->tries++ ? NGX_LOG_INFO : NGX_LOG_ERR;

    ngx_log_error(level, ngx_cycle->log, 0,
                  "hoop: the announcement %s of approval %s to \"%V\" %s %ui, "
                  "again in %M ms", n->id, n->op.id, &n->conf->host, why,
                  status, delay);

    /* it stays with this consumer */

    if (ngx_http_hoop_notify_command(n, ngx_http_hoop_notify_kept, 7, "XCLAIM",
                                     ngx_hoop_approval_stream(), n->group,
                                     n->consumer, "0", n->id, "JUSTID")
        != NGX_OK)
    {
        n->redis = NULL;
    }

    ngx_http_hoop_notify_next(n, NGX_HTTP_HOOP_NOTIFY_SEND, delay);
}


static void
ngx_http_hoop_notify_kept(void *data, redisReply *reply)
{
    ngx_http_hoop_notifier_t *n = data;

    n->redis = NULL;
}


static void
ngx_http_hoop_notify_acked(void *data, redisReply *reply)
{
    ngx_http_hoop_notifier_t *n = data;

    n->redis = NULL;

    ngx_http_hoop_notify_next(n, reply ? NGX_HTTP_HOOP_NOTIFY_CLAIM
                                       : NGX_HTTP_HOOP_NOTIFY_ACK,
                              reply ? 0 : NGX_HTTP_HOOP_NOTIFY_RETRY);
}


/* from an event of its own: steps do not call one another */

static void
ngx_http_hoop_notify_next(ngx_http_hoop_notifier_t *n,
    ngx_http_hoop_notify_step_e step, ngx_msec_t delay)
{
    n->step = step;

    ngx_add_timer(&n->timer, delay);
}


static void
ngx_http_hoop_notify_timer(ngx_event_t *ev)
{
    ngx_http_hoop_notifier_t *n = ev->data;

    /* XCLAIM of before is still awaited */

    if (n->redis) {
        ngx_http_hoop_notify_next(n, n->step, 100);
        return;
    }

    ngx_http_hoop_notify_run(n);
}


static void
ngx_http_hoop_notify_news(void *data)
{
    ngx_http_hoop_notifier_t *n = data;

    if (n->step == NGX_HTTP_HOOP_NOTIFY_IDLE) {
        ngx_hoop_approval_unlisten(&n->listener);
        ngx_http_hoop_notify_next(n, NGX_HTTP_HOOP_NOTIFY_CLAIM, 0);
    }
}
