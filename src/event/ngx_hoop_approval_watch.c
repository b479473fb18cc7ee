
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Watchers of one approval hang on a node, found by id.  While there is a
 * node, a timer polls them in turn: often, or, as long as Redis tells of
 * changes, now and then.  The nodes belong to this file, the ops in their
 * queues do not.  A node lives as long as it has watchers; one whose watchers
 * are being called is out of the tree ("woken") and is freed by who calls
 * them.
 */


#include "ngx_hoop_approval_int.h"


#define NGX_HOOP_APPROVAL_POLL    500
/* the same while we are told */
#define NGX_HOOP_APPROVAL_CHECK   2000

/* nodes asked about at once: the load of thousands does not grow with them */
#define NGX_HOOP_APPROVAL_POLLED  1024
#define NGX_HOOP_APPROVAL_CHECKED 256


static ngx_hoop_approval_node_t *ngx_hoop_approval_lookup(const u_char *id);
static void ngx_hoop_approval_forget(ngx_hoop_approval_node_t *node);
static void ngx_hoop_approval_poll(ngx_uint_t most);
static ngx_int_t ngx_hoop_approval_ask(ngx_hoop_approval_node_t **nodes,
    ngx_uint_t n);


ngx_int_t
ngx_hoop_approval_watch(ngx_hoop_approval_op_t *op)
{
    ngx_hoop_approval_node_t  *node;

    if (ngx_hoop_approval.rc == NULL
        || op->call != NULL
        || op->node != NULL
        || !ngx_hoop_approval_valid_id(op->id, ngx_strnlen(op->id, 33)))
    {
        return NGX_ERROR;
    }

    node = ngx_hoop_approval_lookup(op->id);

    if (node == NULL) {
        node = ngx_calloc(sizeof(ngx_hoop_approval_node_t),
                          ngx_hoop_approval.cycle->log);
        if (node == NULL) {
            return NGX_ERROR;
        }

        ngx_memcpy(node->id, op->id, 32);

        node->sn.str.len = 32;
        node->sn.str.data = node->id;
        node->sn.node.key = ngx_crc32_short(node->id, 32);

        ngx_rbtree_insert(&ngx_hoop_approval.tree, &node->sn.node);
        ngx_queue_insert_tail(&ngx_hoop_approval.nodes, &node->queue);
        ngx_queue_init(&node->watchers);
    }

    ngx_queue_insert_tail(&node->watchers, &op->queue);
    op->node = node;
    op->active = 1;

    ngx_hoop_approval_attend();

    return NGX_OK;
}


void
ngx_hoop_approval_attend(void)
{
    ngx_hoop_approval_channel_open();

    if (!ngx_hoop_approval.timer.timer_set) {
        ngx_add_timer(&ngx_hoop_approval.timer, NGX_HOOP_APPROVAL_POLL);
    }
}


void
ngx_hoop_approval_unwatch(ngx_hoop_approval_op_t *op)
{
    ngx_hoop_approval_node_t  *node;

    node = op->node;

    ngx_queue_remove(&op->queue);

    op->node = NULL;
    op->active = 0;

    if (ngx_queue_empty(&node->watchers) && !node->woken) {
        ngx_hoop_approval_forget(node);
        ngx_free(node);
    }
}


static ngx_hoop_approval_node_t *
ngx_hoop_approval_lookup(const u_char *id)
{
    ngx_str_t  name;

    name.len = 32;
    name.data = (u_char *) id;

    return (ngx_hoop_approval_node_t *)
               ngx_str_rbtree_lookup(&ngx_hoop_approval.tree, &name,
                                     ngx_crc32_short(name.data, 32));
}


static void
ngx_hoop_approval_forget(ngx_hoop_approval_node_t *node)
{
    ngx_rbtree_delete(&ngx_hoop_approval.tree, &node->sn.node);
    ngx_queue_remove(&node->queue);

    if (node->hurried) {
        node->hurried = 0;
        ngx_queue_remove(&node->due);
    }
}


/*
 * Handlers may cancel other watchers of the node, or watch again.  "Consumed"
 * is for the claim that did it: a watcher must not take it for its own.
 */

void
ngx_hoop_approval_wake(const ngx_hoop_approval_op_t *result)
{
    ngx_queue_t               *q;
    ngx_hoop_approval_e        state;
    ngx_hoop_approval_op_t    *op;
    ngx_hoop_approval_node_t  *node;

    node = ngx_hoop_approval_lookup(result->id);

    if (node == NULL) {
        return;
    }

    state = (result->state == NGX_HOOP_APPROVAL_CONSUMED)
            ? NGX_HOOP_APPROVAL_CLOSED : result->state;

    ngx_hoop_approval_forget(node);
    node->woken = 1;

    while (!ngx_queue_empty(&node->watchers)) {
        q = ngx_queue_head(&node->watchers);
        op = ngx_queue_data(q, ngx_hoop_approval_op_t, queue);

        ngx_queue_remove(q);

        op->node = NULL;
        op->active = 0;
        op->state = state;
        op->expires = result->expires;

        ngx_memcpy(op->by, result->by, sizeof(op->by));
        ngx_memcpy(op->reason, result->reason, sizeof(op->reason));

        op->handler(op);
    }

    ngx_free(node);
}


void
ngx_hoop_approval_timer_handler(ngx_event_t *ev)
{
    if (ngx_queue_empty(&ngx_hoop_approval.nodes)
        && ngx_queue_empty(&ngx_hoop_approval.listeners))
    {
        return;
    }

    if (!ngx_hoop_approval.up
        || ngx_hoop_approval.missed
        || ngx_current_msec - ngx_hoop_approval.polled
           >= NGX_HOOP_APPROVAL_CHECK)
    {
        ngx_hoop_approval.polled = ngx_current_msec;

        ngx_hoop_approval_news();

        /* an answer that is late is not asked for twice */

        if (ngx_hoop_approval.polls == 0) {

            if (ngx_hoop_approval.missed) {
                ngx_hoop_approval.missed = 0;
                ngx_hoop_approval_poll(NGX_MAX_UINT32_VALUE);

            } else if (ngx_hoop_approval.up) {
                ngx_hoop_approval_poll(NGX_HOOP_APPROVAL_CHECKED);

            } else {
                ngx_hoop_approval_poll(NGX_HOOP_APPROVAL_POLLED);
            }
        }
    }

    ngx_add_timer(ev, NGX_HOOP_APPROVAL_POLL);
}


/* those who were not asked about for longest, each once */

static void
ngx_hoop_approval_poll(ngx_uint_t most)
{
    ngx_uint_t                 n;
    ngx_queue_t               *q, *last;
    ngx_hoop_approval_node_t  *nodes[NGX_HOOP_APPROVAL_BATCH];

    if (ngx_queue_empty(&ngx_hoop_approval.nodes)) {
        return;
    }

    last = ngx_queue_last(&ngx_hoop_approval.nodes);
    q = NULL;

    while (most && q != last) {

        for (n = 0; n < NGX_HOOP_APPROVAL_BATCH && most && q != last; most--) {
            q = ngx_queue_head(&ngx_hoop_approval.nodes);
            ngx_queue_remove(q);
            ngx_queue_insert_tail(&ngx_hoop_approval.nodes, q);

            nodes[n++] = ngx_queue_data(q, ngx_hoop_approval_node_t, queue);
        }

        if (ngx_hoop_approval_ask(nodes, n) != NGX_OK) {
            return;
        }
    }
}


void
ngx_hoop_approval_hurry(const u_char *id)
{
    ngx_hoop_approval_node_t  *node;

    node = ngx_hoop_approval_lookup(id);

    if (node == NULL || node->hurried) {
        return;
    }

    node->hurried = 1;
    ngx_queue_insert_tail(&ngx_hoop_approval.due, &node->due);

    ngx_post_event(&ngx_hoop_approval.hurry, &ngx_posted_events);
}


void
ngx_hoop_approval_hurry_handler(ngx_event_t *ev)
{
    ngx_uint_t                 n;
    ngx_queue_t               *q;
    ngx_hoop_approval_node_t  *nodes[NGX_HOOP_APPROVAL_BATCH];

    while (!ngx_queue_empty(&ngx_hoop_approval.due)) {

        for (n = 0;
             n < NGX_HOOP_APPROVAL_BATCH
             && !ngx_queue_empty(&ngx_hoop_approval.due);
             n++)
        {
            q = ngx_queue_head(&ngx_hoop_approval.due);
            ngx_queue_remove(q);

            nodes[n] = ngx_queue_data(q, ngx_hoop_approval_node_t, due);
            nodes[n]->hurried = 0;
        }

        /* what cannot be asked now is polled for later */

        (void) ngx_hoop_approval_ask(nodes, n);
    }
}


static ngx_int_t
ngx_hoop_approval_ask(ngx_hoop_approval_node_t **nodes, ngx_uint_t n)
{
    u_char                    *p;
    u_char                     keys[NGX_HOOP_APPROVAL_BATCH]
                                   [NGX_HOOP_APPROVAL_KEY];
    ngx_uint_t                 i;
    ngx_hoop_approval_args_t   args;

    args.n = 0;

    for (i = 0; i < n; i++) {
        p = ngx_hoop_approval_key(keys[i], "approval:", nodes[i]->id, 32);

        ngx_hoop_approval_arg(&args, keys[i], p - keys[i]);
    }

    for (i = 0; i < n; i++) {
        ngx_hoop_approval_arg(&args, nodes[i]->id, 32);
    }

    if (ngx_hoop_approval_call(NULL, NGX_HOOP_APPROVAL_POLLING, n, &args)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_hoop_approval.polls++;

    return NGX_OK;
}


/*
 * The ids of the answers must be those of the question: the last nkeys - 2
 * arguments.
 */

void
ngx_hoop_approval_polled(ngx_hoop_approval_call_t *call, redisReply *reply)
{
    ngx_uint_t               i, n;
    const char             **ids;
    ngx_hoop_approval_op_t   result;

    n = call->nkeys - 2;
    ids = call->argv + call->argc - n;

    if (reply == NULL
        || reply->type != REDIS_REPLY_ARRAY
        || reply->elements != n)
    {
        return;
    }

    for (i = 0; i < n; i++) {

        if (ngx_hoop_approval_parse(reply->element[i], &result) == NGX_OK
            && result.state != NGX_HOOP_APPROVAL_PENDING
            && ngx_memcmp(result.id, ids[i], 32) == 0)
        {
            ngx_hoop_approval_wake(&result);
        }
    }
}
