
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A checkpoint is a transaction of its own, between those of requests.  It is
 * due after an interval in which anything was written, at once when many
 * events were (in the same turn of the loop), and when the worker leaves.
 *
 * The last one of each slot is in shared memory, where the other workers find
 * it for theirs: so a slot that loses its end is missed by the rest.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_hoop_audit_int.h"
#include "../core/hoop_checkpoint.h"


#define NGX_HOOP_CHECKPOINT_NAME      "hoop_checkpoint:1"

#define NGX_HOOP_CHECKPOINT_INTERVAL  60
#define NGX_HOOP_CHECKPOINT_EVENTS    10000
#define NGX_HOOP_CHECKPOINT_MAX       1000000


typedef struct {
    uint64_t                   seq;        /* 0: none yet */
    u_char                     hash[HOOP_HASH_LEN];
} ngx_hoop_checkpoint_slot_t;


/* in shared memory, under the slab allocator's mutex */

typedef struct {
    ngx_uint_t                 n;          /* slots that were ever used */
    ngx_hoop_checkpoint_slot_t slots[NGX_HOOP_SPOOL_SLOTS];
} ngx_hoop_checkpoint_sh_t;


static char *ngx_hoop_checkpoint_conf_arg(ngx_conf_t *cf,
    ngx_hoop_sign_conf_t *conf, ngx_str_t *arg);
static void ngx_hoop_checkpoint_cleanup(void *data);
static ngx_int_t ngx_hoop_checkpoint_init_zone(ngx_shm_zone_t *zone,
    void *data);
static void ngx_hoop_checkpoint_handler(ngx_event_t *ev);
static void ngx_hoop_checkpoint_write(ngx_hoop_audit_t *audit);
static size_t ngx_hoop_checkpoint_heads(ngx_hoop_audit_t *audit,
    hoop_checkpoint_head_t *heads);
static void ngx_hoop_checkpoint_publish(ngx_hoop_audit_t *audit);
static void ngx_hoop_checkpoint_anchor(ngx_hoop_audit_t *audit);


extern ngx_module_t  ngx_hoop_module;


char *
ngx_hoop_checkpoint_conf_parse(ngx_conf_t *cf, ngx_hoop_sign_conf_t *conf,
    ngx_str_t *pem)
{
    char                *rv;
    ngx_str_t           *value;
    ngx_uint_t           i;
    hoop_error_t         err;
    ngx_pool_cleanup_t  *cln;

    static ngx_str_t  name = ngx_string(NGX_HOOP_CHECKPOINT_NAME);

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&err, sizeof(hoop_error_t));

    conf->key = hoop_signer_create(hoop_str(pem->data, pem->len),
                                   hoop_str(NULL, 0), &err);

    if (conf->key == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "hoop audit key \"%V\": %s",
                           &conf->file, err.text);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_hoop_checkpoint_cleanup;
    cln->data = conf->key;

    if (!hoop_signer_private(conf->key)
        || hoop_signer_algs(conf->key) != HOOP_JWT_EDDSA)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop audit key \"%V\" is not a private key of "
                           "Ed25519", &conf->file);
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_hoop_checkpoint_conf_arg(cf, conf, &value[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (conf->interval == 0) {
        conf->interval = NGX_HOOP_CHECKPOINT_INTERVAL;
    }

    if (conf->events == 0) {
        conf->events = NGX_HOOP_CHECKPOINT_EVENTS;
    }

    conf->zone = ngx_shared_memory_add(cf, &name,
                              sizeof(ngx_hoop_checkpoint_sh_t) * 33 / 32
                              + 16 * ngx_pagesize, &ngx_hoop_module);
    if (conf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    conf->zone->init = ngx_hoop_checkpoint_init_zone;

    return NGX_CONF_OK;
}


static char *
ngx_hoop_checkpoint_conf_arg(ngx_conf_t *cf, ngx_hoop_sign_conf_t *conf,
    ngx_str_t *arg)
{
    ngx_int_t  n;
    ngx_str_t  value;

    if (ngx_strncmp(arg->data, "interval=", 9) == 0 && conf->interval == 0) {
        value.len = arg->len - 9;
        value.data = arg->data + 9;

        n = ngx_parse_time(&value, 1);

        if (n >= 1 && n <= 86400) {
            conf->interval = n;
            return NGX_CONF_OK;
        }

    } else if (ngx_strncmp(arg->data, "events=", 7) == 0 && conf->events == 0)
    {
        n = ngx_atoi(arg->data + 7, arg->len - 7);

        if (n >= 1 && n <= NGX_HOOP_CHECKPOINT_MAX) {
            conf->events = n;
            return NGX_CONF_OK;
        }

    } else if (ngx_strncmp(arg->data, "anchor=", 7) == 0
               && conf->anchor == NULL && arg->len > 7)
    {
        value.len = arg->len - 7;
        value.data = arg->data + 7;

        conf->anchor = ngx_conf_open_file(cf->cycle, &value);

        return conf->anchor ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\": wanted interval=1s..24h, "
                       "events=1..%d or anchor=FILE, each once", arg,
                       NGX_HOOP_CHECKPOINT_MAX);

    return NGX_CONF_ERROR;
}


static void
ngx_hoop_checkpoint_cleanup(void *data)
{
    hoop_signer_free(data);
}


static ngx_int_t
ngx_hoop_checkpoint_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t  *shpool;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (data) {
        zone->data = data;
        return NGX_OK;
    }

    if (!zone->shm.exists) {
        shpool->data = ngx_slab_calloc(shpool,
                                       sizeof(ngx_hoop_checkpoint_sh_t));
    }

    zone->data = shpool->data;

    return zone->data ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_hoop_checkpoint_prepare(ngx_cycle_t *cycle, ngx_hoop_sign_conf_t *conf)
{
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (conf->anchor == NULL || geteuid() != 0
        || ccf->user == (ngx_uid_t) NGX_CONF_UNSET_UINT)
    {
        return NGX_OK;
    }

    /* SIGUSR1: the workers open their logs anew, as themselves */

    if (fchown(conf->anchor->fd, ccf->user, -1) == -1) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                      "hoop audit: fchown(\"%V\", %d) failed",
                      &conf->anchor->name, ccf->user);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_hoop_checkpoint_init(ngx_hoop_audit_t *audit)
{
    hoop_buf_init(&audit->checkpoint, NGX_HOOP_AUDIT_BUFFER);

    audit->checkpoint_event.handler = ngx_hoop_checkpoint_handler;
    audit->checkpoint_event.data = audit;
    audit->checkpoint_event.log = audit->log;
}


/* what a worker before this one has left unsigned is signed with the next */

void
ngx_hoop_checkpoint_taken(ngx_hoop_audit_t *audit)
{
    audit->checkpoint.len = 0;
    audit->checkpoint_seq = 0;
    audit->checkpoint_at = ngx_current_msec;
    audit->checkpoint_base = audit->chain.seq;
}


void
ngx_hoop_checkpoint_written(ngx_hoop_audit_t *audit)
{
    if (audit->conf->sign
        && audit->chain.seq - audit->checkpoint_base
           >= audit->conf->sign->events
        && !audit->checkpoint_event.posted)
    {
        ngx_post_event(&audit->checkpoint_event, &ngx_posted_events);
    }
}


static void
ngx_hoop_checkpoint_handler(ngx_event_t *ev)
{
    ngx_hoop_audit_t *audit = ev->data;

    if (audit->chain.seq != audit->checkpoint_seq) {
        ngx_hoop_checkpoint_write(audit);
    }
}


void
ngx_hoop_checkpoint_tick(ngx_hoop_audit_t *audit)
{
    if (audit->conf->sign == NULL) {
        return;
    }

    ngx_hoop_checkpoint_publish(audit);

    if (audit->chain.seq == audit->checkpoint_seq
        || ngx_current_msec - audit->checkpoint_at
           < audit->conf->sign->interval * 1000)
    {
        return;
    }

    ngx_hoop_checkpoint_write(audit);
}


void
ngx_hoop_checkpoint_last(ngx_hoop_audit_t *audit)
{
    if (audit->checkpoint_event.posted) {
        ngx_delete_posted_event(&audit->checkpoint_event);
    }

    if (audit->conf->sign && audit->open
        && audit->chain.seq != audit->checkpoint_seq)
    {
        ngx_hoop_checkpoint_write(audit);
    }
}


void
ngx_hoop_checkpoint_done(ngx_hoop_audit_t *audit)
{
    if (audit->conf->sign && audit->open) {
        ngx_hoop_checkpoint_publish(audit);
    }

    hoop_buf_free(&audit->checkpoint);
}


/* one that fails is due again with the next tick; nobody has lost anything */

static void
ngx_hoop_checkpoint_write(ngx_hoop_audit_t *audit)
{
    size_t                   n, len;
    uint64_t                 seq, refused, dropped;
    ngx_uint_t               deferred;
    hoop_buf_t              *b;
    hoop_event_head_t        head;
    ngx_hoop_sign_conf_t    *sign;
    hoop_checkpoint_head_t   heads[HOOP_CHECKPOINT_HEADS];

    sign = audit->conf->sign;

    if (!ngx_hoop_audit_accepts(audit)) {
        return;
    }

    ngx_memzero(&head, sizeof(hoop_event_head_t));
    head.type = "checkpoint";

    n = ngx_hoop_checkpoint_heads(audit, heads);

    refused = audit->refused;
    dropped = audit->dropped;
    deferred = audit->deferred_events;

    b = ngx_hoop_audit_event(&head);

    if (b == NULL
        || hoop_checkpoint_write(b, &audit->chain, sign->key,
                                 (unsigned) sign->interval,
                                 (unsigned) sign->events, heads, n)
           != HOOP_OK
        || ngx_hoop_audit_end() != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ERR, audit->log, 0,
                      "hoop audit: a checkpoint of slot %uD could not be "
                      "signed", audit->spool.slot);

        ngx_hoop_audit_rollback();

        audit->refused = refused;
        audit->dropped = dropped;
        return;
    }

    /* together with those that nobody was told of yet */

    len = audit->checkpoint.len;
    n = audit->frame + HOOP_FRAME_HEADER;

    (void) hoop_buf_add(&audit->checkpoint, b->data + n, b->len - n);
    (void) hoop_buf_addc(&audit->checkpoint, '\n');

    seq = audit->chain.seq;

    if (ngx_hoop_audit_commit(NULL) != NGX_OK || audit->chain.seq != seq) {

        /* those that waited to be written with it are lost, it is not */

        audit->refused = refused;
        audit->dropped = dropped + deferred;
        audit->checkpoint.len = len;
        return;
    }

    audit->checkpoint_seq = seq;
    audit->checkpoint_base = seq;
    audit->checkpoint_at = ngx_current_msec;

    ngx_memcpy(audit->checkpoint_hash, audit->chain.head, HOOP_HASH_LEN);
}


static size_t
ngx_hoop_checkpoint_heads(ngx_hoop_audit_t *audit,
    hoop_checkpoint_head_t *heads)
{
    size_t                     n;
    ngx_uint_t                 i;
    ngx_slab_pool_t           *shpool;
    ngx_hoop_checkpoint_sh_t  *sh;

    sh = audit->conf->sign->zone->data;
    shpool = (ngx_slab_pool_t *) audit->conf->sign->zone->shm.addr;

    n = 0;

    ngx_shmtx_lock(&shpool->mutex);

    for (i = 0; i < sh->n && n < HOOP_CHECKPOINT_HEADS; i++) {

        if (sh->slots[i].seq && i != audit->spool.slot) {
            heads[n].slot = (uint32_t) i;
            heads[n].seq = sh->slots[i].seq;
            ngx_memcpy(heads[n].hash, sh->slots[i].hash, HOOP_HASH_LEN);
            n++;
        }
    }

    ngx_shmtx_unlock(&shpool->mutex);

    return n;
}


static void
ngx_hoop_checkpoint_publish(ngx_hoop_audit_t *audit)
{
    ngx_uint_t                  slot;
    ngx_slab_pool_t            *shpool;
    ngx_hoop_checkpoint_sh_t   *sh;

    if (audit->checkpoint.len == 0 || audit->synced < audit->checkpoint_seq) {
        return;
    }

    slot = audit->spool.slot;
    sh = audit->conf->sign->zone->data;
    shpool = (ngx_slab_pool_t *) audit->conf->sign->zone->shm.addr;

    ngx_shmtx_lock(&shpool->mutex);

    sh->n = ngx_max(sh->n, slot + 1);
    sh->slots[slot].seq = audit->checkpoint_seq;
    ngx_memcpy(sh->slots[slot].hash, audit->checkpoint_hash, HOOP_HASH_LEN);

    ngx_shmtx_unlock(&shpool->mutex);

    if (audit->conf->sign->anchor) {
        ngx_hoop_checkpoint_anchor(audit);
    }

    audit->checkpoint.len = 0;
    audit->checkpoint.failed = 0;
}


/* one write() for all lines, so that workers do not write into each other's */

static void
ngx_hoop_checkpoint_anchor(ngx_hoop_audit_t *audit)
{
    ssize_t           n;
    ngx_err_t         err;
    ngx_open_file_t  *anchor;

    anchor = audit->conf->sign->anchor;

    n = audit->checkpoint.failed
        ? -1 : ngx_write_fd(anchor->fd, audit->checkpoint.data,
                            audit->checkpoint.len);

    err = (n == -1) ? ngx_errno : 0;

    if (n == (ssize_t) audit->checkpoint.len) {
        audit->anchor_failed = 0;
        return;
    }

    if (!audit->anchor_failed) {
        audit->anchor_failed = 1;
        ngx_log_error(NGX_LOG_ALERT, audit->log, err,
                      "hoop audit: the checkpoint %uL of slot %uD could not "
                      "be copied to \"%V\"", audit->checkpoint_seq,
                      audit->spool.slot, &anchor->name);
    }
}
