
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A slot of the spool on disk: its lock, its segments, the writer and readers.
 *
 *     <path>/<slot>/lock                   flock()ed by whoever uses the slot
 *     <path>/<slot>/<first seq>.seg        a row of frames (hoop_event.h)
 *     <path>/<slot>/<first seq>.bad        a damaged segment, kept aside
 *
 * Only the newest .seg is written to, at its known end and nowhere else; a
 * write that failed is cut off again.  So a segment is a row of whole frames
 * but for a torn last one after a crash.  A .bad segment still holds good
 * frames: readers skip what is damaged and go on.  It is never removed.
 *
 * Everything here is plain blocking file I/O on small amounts; whoever calls
 * it bounds how often.
 */


#ifndef _NGX_HOOP_SPOOL_H_INCLUDED_
#define _NGX_HOOP_SPOOL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "../core/hoop_event.h"


#define NGX_HOOP_SPOOL_SLOTS    1024
#define NGX_HOOP_SPOOL_CHUNK    (256 * 1024)
#define NGX_HOOP_SPOOL_CLOSING  16
#define NGX_HOOP_SPOOL_NAME     sizeof("18446744073709551615.bad9")


typedef struct {
    uint64_t             first;      /* by its name */
    off_t                size;
    ngx_msec_t           shipped_at;
    unsigned             shipped:1;
    unsigned             bad:4;      /* 0: .seg, 1: .bad, 2: .bad2, ... */
} ngx_hoop_segment_t;


typedef struct {
    ngx_log_t           *log;
    uint32_t             slot;
    ngx_fd_t             dir;        /* NGX_INVALID_FILE: no slot is held */
    ngx_fd_t             lock;
    ngx_fd_t             fd;         /* the newest segment, being written */

    ngx_hoop_segment_t  *segments;   /* ascending */
    ngx_uint_t           nsegments;
    ngx_uint_t           nalloc;

    /* written, not yet synced, no longer the newest */
    ngx_fd_t             closing[NGX_HOOP_SPOOL_CLOSING];
    ngx_uint_t           nclosing;

    unsigned             sync:1;     /* rotated files wait in closing[] */
    unsigned             created:1;  /* the folder has to be synced */
    unsigned             dirty_end:1;    /* a failed write is to be cut */
    unsigned             rotate_failed:1;
} ngx_hoop_spool_t;


/*
 * A reader.  next() parses what is in memory, fill() reads one chunk more;
 * spans that next() returned are valid until fill().
 */

typedef struct {
    ngx_hoop_spool_t    *spool;
    uint64_t             first;      /* of the segment being read */
    unsigned             bad;
    ngx_fd_t             fd;
    off_t                offset;     /* of the end of buf in the segment */

    hoop_buf_t           buf;
    size_t               pos;
    size_t               need;       /* bytes of the frame at pos */

    off_t                frame;      /* where the last frame began */
    off_t                good;       /* and ended */
    off_t                skipped;    /* in this segment */

    unsigned             torn:1;     /* the first skip was a short frame */
    unsigned             eof:1;      /* buf ends where the segment ends */
    unsigned             single:1;   /* does not go on to the next one */
} ngx_hoop_cursor_t;


void ngx_hoop_segment_name(u_char *name, ngx_hoop_segment_t *seg);
int ngx_hoop_segment_cmp(const ngx_hoop_segment_t *a,
    const ngx_hoop_segment_t *b);

void ngx_hoop_spool_init(ngx_hoop_spool_t *sp, ngx_log_t *log);
/*
 * Takes a slot: NGX_OK; NGX_DECLINED: it is another process' or, without
 * "create", does not exist; NGX_ERROR.  The segments are listed.
 */
ngx_int_t ngx_hoop_spool_take(ngx_hoop_spool_t *sp, ngx_str_t *path,
    uint32_t slot, ngx_uint_t create);
void ngx_hoop_spool_release(ngx_hoop_spool_t *sp);

/*
 * For a writer: finds the last event and puts the chain after it, cuts a torn
 * tail, sets a damaged newest segment aside.  NGX_DECLINED: the slot belongs
 * to another gateway name.
 */
ngx_int_t ngx_hoop_spool_recover(ngx_hoop_spool_t *sp, hoop_chain_t *chain);

/* frames whose first has the given seq; on NGX_ERROR nothing was added and
   ngx_errno tells why */
ngx_int_t ngx_hoop_spool_write(ngx_hoop_spool_t *sp, const u_char *p,
    size_t len, uint64_t first, size_t segment_size);

/* all bytes in .seg segments */
off_t ngx_hoop_spool_size(ngx_hoop_spool_t *sp);

/* removes segments all of whose events are <= seq for "delay" by now */
void ngx_hoop_spool_trim(ngx_hoop_spool_t *sp, uint64_t seq,
    ngx_msec_t delay);


void ngx_hoop_cursor_init(ngx_hoop_cursor_t *cur, ngx_hoop_spool_t *sp);
void ngx_hoop_cursor_close(ngx_hoop_cursor_t *cur);
/* goes to the segment that holds seq, if any does */
ngx_int_t ngx_hoop_cursor_seek(ngx_hoop_cursor_t *cur, uint64_t seq);
/* NGX_OK; NGX_AGAIN: fill() first */
ngx_int_t ngx_hoop_cursor_next(ngx_hoop_cursor_t *cur, hoop_frame_t *f);
/* puts the frame that next() has just returned back */
void ngx_hoop_cursor_back(ngx_hoop_cursor_t *cur, hoop_frame_t *f);
/* NGX_OK; NGX_DONE: there is no more for now; NGX_ERROR */
ngx_int_t ngx_hoop_cursor_fill(ngx_hoop_cursor_t *cur);
/* bytes from the last frame's begin to the end of the spool */
off_t ngx_hoop_cursor_left(ngx_hoop_cursor_t *cur);


#endif /* _NGX_HOOP_SPOOL_H_INCLUDED_ */
