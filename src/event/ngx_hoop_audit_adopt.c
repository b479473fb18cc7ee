
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Idle slots: what a worker left when it died, or what an old one left over a
 * reload.  Each worker looks for them once a tick, takes one whose lock is
 * free, ships what it holds, and lets it go.
 *
 * A writer rewrites the lock file when it takes the slot.  So a slot that was
 * found shipped needs no second look as long as its lock file has the same
 * mtime.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_hoop_audit_int.h"


#define NGX_HOOP_AUDIT_BUSY_DELAY    2000
#define NGX_HOOP_AUDIT_FAILED_DELAY  10000
#define NGX_HOOP_AUDIT_HALTED_DELAY  60000


static ngx_int_t ngx_hoop_audit_adopt_slot(ngx_hoop_audit_t *audit, int dir,
    const char *name);
static ngx_int_t ngx_hoop_audit_adopt_gateway(ngx_hoop_audit_t *audit,
    u_char *gateway, size_t *len);
static void ngx_hoop_audit_adopt_later(ngx_hoop_audit_t *audit, uint32_t slot,
    ngx_msec_t delay);
static void ngx_hoop_audit_adopt_handler(ngx_hoop_ship_t *ship,
    ngx_uint_t done);


ngx_int_t
ngx_hoop_audit_adopt_init(ngx_hoop_audit_t *audit)
{
    audit->idle = ngx_pcalloc(audit->cycle->pool,
                              NGX_HOOP_SPOOL_SLOTS
                              * sizeof(ngx_hoop_audit_idle_t));

    return audit->idle ? NGX_OK : NGX_ERROR;
}


void
ngx_hoop_audit_adopt(ngx_hoop_audit_t *audit)
{
    DIR            *dir;
    struct dirent  *de;

    if (audit->adopting) {
        return;
    }

    dir = opendir((char *) audit->conf->path.data);
    if (dir == NULL) {
        return;
    }

    while ((de = readdir(dir)) != NULL) {
        if (ngx_hoop_audit_adopt_slot(audit, dirfd(dir), de->d_name)
            == NGX_OK)
        {
            break;
        }
    }

    (void) closedir(dir);
}


static ngx_int_t
ngx_hoop_audit_adopt_slot(ngx_hoop_audit_t *audit, int dir, const char *name)
{
    size_t                  len;
    u_char                  gateway[HOOP_GATEWAY_LEN];
    char                    lock[sizeof("1023/lock")];
    ngx_int_t               slot, rc;
    struct stat             st;
    ngx_hoop_audit_idle_t  *idle;

    len = ngx_strlen(name);

    if (len > 4) {
        return NGX_DECLINED;
    }

    slot = ngx_atoi((u_char *) name, len);

    if (slot == NGX_ERROR || slot >= NGX_HOOP_SPOOL_SLOTS
        || slot == (ngx_int_t) audit->spool.slot
        || (name[0] == '0' && len > 1))
    {
        return NGX_DECLINED;
    }

    idle = &audit->idle[slot];

    if (idle->wait) {
        if ((ngx_msec_int_t) (ngx_current_msec - idle->retry) < 0) {
            return NGX_DECLINED;
        }

        idle->wait = 0;
    }

    *ngx_sprintf((u_char *) lock, "%i/lock", slot) = '\0';

    if (fstatat(dir, lock, &st, AT_SYMLINK_NOFOLLOW) == -1) {
        return NGX_DECLINED;
    }

    if (idle->shipped && idle->mtime.tv_sec == st.st_mtim.tv_sec
        && idle->mtime.tv_nsec == st.st_mtim.tv_nsec)
    {
        return NGX_DECLINED;
    }

    rc = ngx_hoop_spool_take(&audit->idle_spool, &audit->conf->path, slot, 0);

    if (rc != NGX_OK) {
        ngx_hoop_audit_adopt_later(audit, slot,
                                   rc == NGX_ERROR
                                   ? NGX_HOOP_AUDIT_HALTED_DELAY
                                   : NGX_HOOP_AUDIT_BUSY_DELAY);
        return NGX_DECLINED;
    }

    idle->shipped = 0;

    /* as it was before this process held the lock; nobody changes it now */

    audit->idle_mtime = st.st_mtim;

    rc = ngx_hoop_audit_adopt_gateway(audit, gateway, &len);

    if (rc != NGX_OK) {

        if (rc == NGX_DONE) {
            idle->shipped = 1;
            idle->mtime = st.st_mtim;

        } else {
            ngx_hoop_audit_adopt_later(audit, slot,
                                       NGX_HOOP_AUDIT_HALTED_DELAY);
        }

        ngx_hoop_spool_release(&audit->idle_spool);
        return NGX_DECLINED;
    }

    ngx_hoop_ship_init(&audit->idle_ship, &audit->idle_spool, audit->rc,
                       hoop_str(gateway, len), audit->log);

    audit->idle_ship.handler = ngx_hoop_audit_adopt_handler;
    audit->idle_ship.dummy[0] = audit;
    audit->adopting = 1;

    ngx_hoop_ship_ready(&audit->idle_ship, 1);

    return NGX_OK;
}


/* whose slot it is: NGX_DONE if there is no event to tell */

static ngx_int_t
ngx_hoop_audit_adopt_gateway(ngx_hoop_audit_t *audit, u_char *gateway,
    size_t *len)
{
    ngx_int_t          rc;
    hoop_frame_t       f;
    hoop_event_view_t  v;
    ngx_hoop_cursor_t  cur;

    ngx_hoop_cursor_init(&cur, &audit->idle_spool);

    (void) ngx_hoop_cursor_seek(&cur, UINT64_MAX);

    for ( ;; ) {

        if (ngx_hoop_cursor_next(&cur, &f) == NGX_OK) {
            rc = NGX_ERROR;

            if (hoop_event_view(&v, f.text) == HOOP_OK) {
                ngx_memcpy(gateway, v.gateway.data, v.gateway.len);
                *len = v.gateway.len;
                rc = NGX_OK;
            }

            break;
        }

        rc = ngx_hoop_cursor_fill(&cur);

        if (rc == NGX_OK) {
            continue;
        }

        if (rc == NGX_ERROR || cur.first == 0
            || audit->idle_spool.nsegments == 0
            || cur.first == audit->idle_spool.segments[0].first)
        {
            break;
        }

        /* the newest has none: a crash right after a rotation */

        (void) ngx_hoop_cursor_seek(&cur, cur.first - 1);
    }

    ngx_hoop_cursor_close(&cur);

    return rc;
}


static void
ngx_hoop_audit_adopt_later(ngx_hoop_audit_t *audit, uint32_t slot,
    ngx_msec_t delay)
{
    audit->idle[slot].wait = 1;
    audit->idle[slot].retry = ngx_current_msec + delay;
}


static void
ngx_hoop_audit_adopt_handler(ngx_hoop_ship_t *ship, ngx_uint_t done)
{
    uint32_t           slot;
    ngx_hoop_audit_t  *audit;

    audit = ship->dummy[0];
    slot = ship->spool->slot;

    if (done) {
        ngx_hoop_spool_trim(ship->spool, ship->acked, 0);

        audit->idle[slot].shipped = 1;
        audit->idle[slot].mtime = audit->idle_mtime;

    } else {
        ngx_hoop_audit_adopt_later(audit, slot,
                                   ship->halted ? NGX_HOOP_AUDIT_HALTED_DELAY
                                                : NGX_HOOP_AUDIT_FAILED_DELAY);
    }

    ngx_hoop_audit_adopt_stop(audit);
}


void
ngx_hoop_audit_adopt_stop(ngx_hoop_audit_t *audit)
{
    if (audit->adopting) {
        audit->adopting = 0;
        ngx_hoop_ship_stop(&audit->idle_ship);
        ngx_hoop_spool_release(&audit->idle_spool);
    }
}
