
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Readers of a slot: from one segment to the next, one chunk at a time.
 *
 * The buffer holds the bytes of the open segment that end at "offset"; what is
 * before "pos" has been read.  Bytes that are no frame are skipped up to the
 * next place where a frame parses, and counted; a frame that does not end
 * before its segment does is such bytes, too.  The writer's own newest segment
 * is read up to its known size only, which is always the end of a frame.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_hoop_spool.h"


static ngx_hoop_segment_t *ngx_hoop_cursor_segment(ngx_hoop_cursor_t *cur);
static ngx_int_t ngx_hoop_cursor_open(ngx_hoop_cursor_t *cur);
static void ngx_hoop_cursor_leave(ngx_hoop_cursor_t *cur);


void
ngx_hoop_cursor_init(ngx_hoop_cursor_t *cur, ngx_hoop_spool_t *sp)
{
    ngx_memzero(cur, sizeof(ngx_hoop_cursor_t));

    cur->spool = sp;
    cur->fd = NGX_INVALID_FILE;

    hoop_buf_init(&cur->buf, HOOP_FRAME_MAX + NGX_HOOP_SPOOL_CHUNK);
}


void
ngx_hoop_cursor_close(ngx_hoop_cursor_t *cur)
{
    ngx_hoop_cursor_leave(cur);
    hoop_buf_free(&cur->buf);
}


static void
ngx_hoop_cursor_leave(ngx_hoop_cursor_t *cur)
{
    if (cur->fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(cur->fd);
        cur->fd = NGX_INVALID_FILE;
    }

    cur->buf.len = 0;
    cur->pos = 0;
    cur->need = 0;
    cur->offset = 0;
    cur->frame = 0;
    cur->good = 0;
    cur->skipped = 0;
    cur->torn = 0;
    cur->eof = 0;
}


ngx_int_t
ngx_hoop_cursor_seek(ngx_hoop_cursor_t *cur, uint64_t seq)
{
    ngx_uint_t         i;
    ngx_hoop_spool_t  *sp;

    sp = cur->spool;

    ngx_hoop_cursor_leave(cur);

    if (sp->nsegments == 0) {
        cur->first = 0;
        cur->bad = 0;
        return NGX_OK;
    }

    for (i = sp->nsegments - 1; i; i--) {
        if (sp->segments[i].first <= seq) {
            break;
        }
    }

    /* damaged ones of the same first come before it */

    while (i && sp->segments[i - 1].first == sp->segments[i].first) {
        i--;
    }

    cur->first = sp->segments[i].first;
    cur->bad = sp->segments[i].bad;

    return NGX_OK;
}


ngx_int_t
ngx_hoop_cursor_next(ngx_hoop_cursor_t *cur, hoop_frame_t *f)
{
    int      rc;
    size_t   n, left;
    u_char  *p;

    for ( ;; ) {
        left = cur->buf.len - cur->pos;

        if (left == 0) {
            cur->need = 0;
            return NGX_AGAIN;
        }

        p = cur->buf.data + cur->pos;

        rc = hoop_frame_parse(f, p, left);

        if (rc == HOOP_OK && f->slot == cur->spool->slot) {
            cur->frame = cur->offset - left;
            cur->good = cur->frame + f->size;
            cur->pos += f->size;
            return NGX_OK;
        }

        if (rc == HOOP_AGAIN && !cur->eof) {
            cur->need = f->size;
            return NGX_AGAIN;
        }

        if (cur->skipped == 0) {
            cur->torn = (rc == HOOP_AGAIN);
        }

        n = hoop_frame_resync(p, left);

        cur->skipped += n;
        cur->pos += n;
    }
}


void
ngx_hoop_cursor_back(ngx_hoop_cursor_t *cur, hoop_frame_t *f)
{
    cur->pos -= f->size;
    cur->good = cur->frame;
}


ngx_int_t
ngx_hoop_cursor_fill(ngx_hoop_cursor_t *cur)
{
    size_t               left, size;
    ssize_t              n;
    ngx_hoop_spool_t    *sp;
    ngx_hoop_segment_t  *seg;

    sp = cur->spool;

    seg = ngx_hoop_cursor_segment(cur);
    if (seg == NULL) {
        return NGX_DONE;
    }

    left = cur->buf.len - cur->pos;

    if (cur->fd != NGX_INVALID_FILE && cur->offset >= seg->size) {

        if (left) {
            cur->eof = 1;
            return NGX_OK;
        }

        if (cur->skipped && !cur->single) {
            ngx_log_error(NGX_LOG_ALERT, sp->log, 0,
                          "hoop audit: %O unreadable bytes of segment %uL in "
                          "slot %uD were left out", cur->skipped, seg->first,
                          sp->slot);
            cur->skipped = 0;
        }

        if (cur->single || seg == &sp->segments[sp->nsegments - 1]) {
            return NGX_DONE;
        }

        ngx_hoop_cursor_leave(cur);

        seg++;
        cur->first = seg->first;
        cur->bad = seg->bad;
    }

    if (cur->fd == NGX_INVALID_FILE && ngx_hoop_cursor_open(cur) != NGX_OK) {
        return NGX_ERROR;
    }

    if (cur->offset >= seg->size) {
        return NGX_OK;
    }

    if (cur->pos) {
        ngx_memmove(cur->buf.data, cur->buf.data + cur->pos, left);
        cur->buf.len = left;
        cur->pos = 0;
    }

    size = (size_t) ngx_min((off_t) NGX_HOOP_SPOOL_CHUNK,
                            seg->size - cur->offset);

    if (hoop_buf_reserve(&cur->buf, size) != HOOP_OK) {
        cur->buf.failed = 0;
        return NGX_ERROR;
    }

    n = pread(cur->fd, cur->buf.data + left, size, cur->offset);

    if (n <= 0) {
        ngx_log_error(NGX_LOG_CRIT, sp->log, n ? ngx_errno : 0,
                      "hoop audit: pread() of segment %uL in slot %uD failed",
                      seg->first, sp->slot);
        return NGX_ERROR;
    }

    cur->buf.len += n;
    cur->offset += n;
    cur->eof = 0;

    return NGX_OK;
}


/* the segment that is being read or, if that is gone, the next one */

static ngx_hoop_segment_t *
ngx_hoop_cursor_segment(ngx_hoop_cursor_t *cur)
{
    int                  rc;
    ngx_uint_t           i;
    ngx_hoop_spool_t    *sp;
    ngx_hoop_segment_t   key, *seg;

    sp = cur->spool;

    key.first = cur->first;
    key.bad = cur->bad;

    /* it is one of the last, as a rule */

    seg = NULL;

    for (i = sp->nsegments; i; i--) {
        rc = ngx_hoop_segment_cmp(&sp->segments[i - 1], &key);

        if (rc < 0) {
            break;
        }

        seg = &sp->segments[i - 1];

        if (rc == 0) {
            return seg;
        }
    }

    if (seg) {
        ngx_hoop_cursor_leave(cur);
        cur->first = seg->first;
        cur->bad = seg->bad;
    }

    return seg;
}


static ngx_int_t
ngx_hoop_cursor_open(ngx_hoop_cursor_t *cur)
{
    u_char              name[NGX_HOOP_SPOOL_NAME];
    ngx_hoop_segment_t  key;

    key.first = cur->first;
    key.bad = cur->bad;

    ngx_hoop_segment_name(name, &key);

    cur->fd = openat(cur->spool->dir, (char *) name,
                     O_RDONLY|O_NOFOLLOW|O_CLOEXEC);

    if (cur->fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_CRIT, cur->spool->log, ngx_errno,
                      "hoop audit: " ngx_open_file_n
                      " \"%s\" of slot %uD failed", name, cur->spool->slot);
        return NGX_ERROR;
    }

    return NGX_OK;
}


off_t
ngx_hoop_cursor_left(ngx_hoop_cursor_t *cur)
{
    off_t                left;
    ngx_hoop_spool_t    *sp;
    ngx_hoop_segment_t  *seg;

    sp = cur->spool;

    seg = ngx_hoop_cursor_segment(cur);
    if (seg == NULL) {
        return 0;
    }

    left = seg->size - cur->frame;

    for (seg++; seg < sp->segments + sp->nsegments; seg++) {
        left += seg->bad ? 0 : seg->size;
    }

    return left;
}
