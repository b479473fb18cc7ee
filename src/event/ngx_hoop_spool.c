
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The lock, the list of segments, recovery, the writer.  The readers are in
 * ngx_hoop_cursor.c.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <sys/file.h>

#include "ngx_hoop_spool.h"


static ngx_int_t ngx_hoop_spool_mkdir(ngx_hoop_spool_t *sp, ngx_str_t *path,
    u_char *name);
static ngx_int_t ngx_hoop_spool_list(ngx_hoop_spool_t *sp);
static ngx_int_t ngx_hoop_spool_parse(const char *name,
    ngx_hoop_segment_t *seg);
static int ngx_libc_cdecl ngx_hoop_spool_cmp(const void *one, const void *two);
static ngx_hoop_segment_t *ngx_hoop_spool_push(ngx_hoop_spool_t *sp);
static ngx_int_t ngx_hoop_spool_scan(ngx_hoop_spool_t *sp, ngx_uint_t i,
    hoop_chain_t *chain, ngx_uint_t *found);
static ngx_int_t ngx_hoop_spool_head(ngx_hoop_spool_t *sp, hoop_frame_t *f,
    hoop_chain_t *chain);
static ngx_int_t ngx_hoop_spool_repair(ngx_hoop_spool_t *sp,
    ngx_hoop_cursor_t *cur);
static ngx_int_t ngx_hoop_spool_open(ngx_hoop_spool_t *sp, uint64_t first,
    size_t len, size_t segment_size);
static ngx_int_t ngx_hoop_spool_rotate(ngx_hoop_spool_t *sp, uint64_t first);
static ngx_int_t ngx_hoop_spool_cut(ngx_hoop_spool_t *sp, off_t size);


void
ngx_hoop_segment_name(u_char *name, ngx_hoop_segment_t *seg)
{
    u_char  *p;

    p = ngx_sprintf(name, "%020uL.%s", seg->first, seg->bad ? "bad" : "seg");

    if (seg->bad > 1) {
        *p++ = '0' + seg->bad;
    }

    *p = '\0';
}


void
ngx_hoop_spool_init(ngx_hoop_spool_t *sp, ngx_log_t *log)
{
    ngx_memzero(sp, sizeof(ngx_hoop_spool_t));

    sp->log = log;
    sp->dir = NGX_INVALID_FILE;
    sp->lock = NGX_INVALID_FILE;
    sp->fd = NGX_INVALID_FILE;
}


ngx_int_t
ngx_hoop_spool_take(ngx_hoop_spool_t *sp, ngx_str_t *path, uint32_t slot,
    ngx_uint_t create)
{
    size_t     len;
    u_char    *p, pid[NGX_INT64_LEN + 1], name[NGX_MAX_PATH];
    ngx_err_t  err;

    p = ngx_snprintf(name, NGX_MAX_PATH - 1, "%V/%uD", path, slot);
    *p = '\0';

    if (create && ngx_hoop_spool_mkdir(sp, path, name) != NGX_OK) {
        return NGX_ERROR;
    }

    sp->slot = slot;
    sp->dir = open((char *) name, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);

    if (sp->dir == NGX_INVALID_FILE) {
        err = ngx_errno;

        if (err == NGX_ENOENT && !create) {
            return NGX_DECLINED;
        }

        ngx_log_error(NGX_LOG_CRIT, sp->log, err,
                      "hoop audit: " ngx_open_file_n " \"%s\" failed", name);
        return NGX_ERROR;
    }

    sp->lock = openat(sp->dir, "lock", O_RDWR|O_CREAT|O_NOFOLLOW|O_CLOEXEC,
                      0600);

    if (sp->lock == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_CRIT, sp->log, ngx_errno,
                      "hoop audit: " ngx_open_file_n " \"%s/lock\" failed",
                      name);
        ngx_hoop_spool_release(sp);
        return NGX_ERROR;
    }

    if (flock(sp->lock, LOCK_EX|LOCK_NB) == -1) {
        err = ngx_errno;
        ngx_hoop_spool_release(sp);

        if (err == EWOULDBLOCK) {
            return NGX_DECLINED;
        }

        ngx_log_error(NGX_LOG_CRIT, sp->log, err,
                      "hoop audit: flock() \"%s/lock\" failed", name);
        return NGX_ERROR;
    }

    if (ngx_hoop_spool_list(sp) != NGX_OK) {
        ngx_hoop_spool_release(sp);
        return NGX_ERROR;
    }

    if (create) {

        /* for people, and a new mtime for the adopters */

        len = ngx_sprintf(pid, "%P\n", ngx_pid) - pid;

        if (ftruncate(sp->lock, 0) == -1
            || pwrite(sp->lock, pid, len, 0) != (ssize_t) len)
        {
            ngx_log_error(NGX_LOG_WARN, sp->log, ngx_errno,
                          "hoop audit: write() \"%s/lock\" failed", name);
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_hoop_spool_mkdir(ngx_hoop_spool_t *sp, ngx_str_t *path, u_char *name)
{
    ngx_fd_t   fd;
    ngx_err_t  err;

    if (ngx_create_dir(name, 0700) == NGX_FILE_ERROR) {
        err = ngx_errno;

        if (err == NGX_EEXIST) {
            return NGX_OK;
        }

        ngx_log_error(NGX_LOG_CRIT, sp->log, err,
                      "hoop audit: " ngx_create_dir_n " \"%s\" failed", name);
        return NGX_ERROR;
    }

    fd = open((char *) path->data, O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (fd != NGX_INVALID_FILE) {
        (void) fsync(fd);
        (void) ngx_close_file(fd);
    }

    return NGX_OK;
}


void
ngx_hoop_spool_release(ngx_hoop_spool_t *sp)
{
    ngx_uint_t  i;

    for (i = 0; i < sp->nclosing; i++) {
        (void) ngx_close_file(sp->closing[i]);
    }

    if (sp->fd != NGX_INVALID_FILE) {
        (void) ngx_close_file(sp->fd);
    }

    if (sp->dir != NGX_INVALID_FILE) {
        (void) ngx_close_file(sp->dir);
    }

    if (sp->segments) {
        ngx_free(sp->segments);
    }

    /* the lock goes last */

    if (sp->lock != NGX_INVALID_FILE) {
        (void) ngx_close_file(sp->lock);
    }

    ngx_hoop_spool_init(sp, sp->log);
}


static ngx_int_t
ngx_hoop_spool_list(ngx_hoop_spool_t *sp)
{
    DIR                 *dir;
    ngx_fd_t             fd;
    struct stat          st;
    struct dirent       *de;
    ngx_hoop_segment_t  *seg, one;

    fd = openat(sp->dir, ".", O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    if (fd == NGX_INVALID_FILE) {
        goto failed;
    }

    dir = fdopendir(fd);
    if (dir == NULL) {
        (void) ngx_close_file(fd);
        goto failed;
    }

    while ((de = readdir(dir)) != NULL) {

        if (ngx_hoop_spool_parse(de->d_name, &one) != NGX_OK
            || fstatat(sp->dir, de->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1
            || !S_ISREG(st.st_mode))
        {
            continue;
        }

        seg = ngx_hoop_spool_push(sp);
        if (seg == NULL) {
            (void) closedir(dir);
            return NGX_ERROR;
        }

        *seg = one;
        seg->size = st.st_size;
    }

    (void) closedir(dir);

    if (sp->nsegments > 1) {
        ngx_qsort(sp->segments, sp->nsegments, sizeof(ngx_hoop_segment_t),
                  ngx_hoop_spool_cmp);
    }

    return NGX_OK;

failed:

    ngx_log_error(NGX_LOG_CRIT, sp->log, ngx_errno,
                  "hoop audit: " ngx_open_dir_n " of slot %uD failed",
                  sp->slot);

    return NGX_ERROR;
}


static ngx_int_t
ngx_hoop_spool_parse(const char *name, ngx_hoop_segment_t *seg)
{
    ngx_uint_t  i;

    ngx_memzero(seg, sizeof(ngx_hoop_segment_t));

    for (i = 0; i < 20; i++) {
        if (name[i] < '0' || name[i] > '9'
            || seg->first > (UINT64_MAX - (name[i] - '0')) / 10)
        {
            return NGX_ERROR;
        }

        seg->first = seg->first * 10 + name[i] - '0';
    }

    name += 20;

    if (strcmp(name, ".seg") == 0) {
        return NGX_OK;
    }

    if (strncmp(name, ".bad", 4) != 0) {
        return NGX_ERROR;
    }

    name += 4;

    if (name[0] == '\0') {
        seg->bad = 1;
        return NGX_OK;
    }

    if (name[0] >= '2' && name[0] <= '9' && name[1] == '\0') {
        seg->bad = name[0] - '0';
        return NGX_OK;
    }

    return NGX_ERROR;
}


/* of the same first, the one set aside earlier comes first, the .seg last */

static int ngx_libc_cdecl
ngx_hoop_spool_cmp(const void *one, const void *two)
{
    return ngx_hoop_segment_cmp(one, two);
}


int
ngx_hoop_segment_cmp(const ngx_hoop_segment_t *a, const ngx_hoop_segment_t *b)
{
    if (a->first != b->first) {
        return (a->first < b->first) ? -1 : 1;
    }

    return (a->bad ? a->bad : 16) - (b->bad ? b->bad : 16);
}


static ngx_hoop_segment_t *
ngx_hoop_spool_push(ngx_hoop_spool_t *sp)
{
    ngx_uint_t           n;
    ngx_hoop_segment_t  *seg;

    if (sp->nsegments == sp->nalloc) {
        n = sp->nalloc ? sp->nalloc * 2 : 8;

        seg = ngx_alloc(n * sizeof(ngx_hoop_segment_t), sp->log);
        if (seg == NULL) {
            return NULL;
        }

        if (sp->segments) {
            ngx_memcpy(seg, sp->segments,
                       sp->nsegments * sizeof(ngx_hoop_segment_t));
            ngx_free(sp->segments);
        }

        sp->segments = seg;
        sp->nalloc = n;
    }

    seg = &sp->segments[sp->nsegments++];
    ngx_memzero(seg, sizeof(ngx_hoop_segment_t));

    return seg;
}


/*
 * The chain goes on after the last event that can be read.  It is looked for
 * from the newest segment back; as a rule the newest one has it.
 */

ngx_int_t
ngx_hoop_spool_recover(ngx_hoop_spool_t *sp, hoop_chain_t *chain)
{
    ngx_int_t            rc;
    ngx_uint_t           i, found;
    hoop_str_t           gateway;
    u_char               name[NGX_HOOP_SPOOL_NAME];
    ngx_hoop_segment_t  *seg;

    gateway = chain->gateway;
    found = 0;

    for (i = sp->nsegments; i && !found; i--) {
        rc = ngx_hoop_spool_scan(sp, i - 1, chain, &found);
        if (rc != NGX_OK) {
            chain->gateway = gateway;
            return rc;
        }
    }

    chain->gateway = gateway;

    if (sp->nsegments == 0) {
        return NGX_OK;
    }

    seg = &sp->segments[sp->nsegments - 1];

    if (!found && seg->first > 1) {
        chain->seq = seg->first - 1;

        ngx_log_error(NGX_LOG_ALERT, sp->log, 0,
                      "hoop audit: slot %uD has segments but no event can be "
                      "read, its chain is broken at %uL", sp->slot,
                      seg->first);
    }

    if (seg->size == 0 && !seg->bad && seg->first != chain->seq + 1) {

        /* a name that promises what did not follow */

        ngx_hoop_segment_name(name, seg);

        if (unlinkat(sp->dir, (char *) name, 0) == -1) {
            ngx_log_error(NGX_LOG_CRIT, sp->log, ngx_errno,
                          "hoop audit: " ngx_delete_file_n " \"%s\" failed",
                          name);
            return NGX_ERROR;
        }

        sp->nsegments--;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_hoop_spool_scan(ngx_hoop_spool_t *sp, ngx_uint_t i, hoop_chain_t *chain,
    ngx_uint_t *found)
{
    ngx_int_t          rc;
    hoop_frame_t       f;
    ngx_hoop_cursor_t  cur;

    ngx_hoop_cursor_init(&cur, sp);

    cur.first = sp->segments[i].first;
    cur.bad = sp->segments[i].bad;
    cur.single = 1;

    rc = NGX_OK;

    for ( ;; ) {

        if (ngx_hoop_cursor_next(&cur, &f) == NGX_OK) {

            /* the one before has been good so far: the last one is kept */

            rc = ngx_hoop_spool_head(sp, &f, chain);
            if (rc != NGX_OK) {
                break;
            }

            *found = 1;
            continue;
        }

        rc = ngx_hoop_cursor_fill(&cur);

        if (rc == NGX_DONE) {
            rc = NGX_OK;
            break;
        }

        if (rc == NGX_ERROR) {
            break;
        }
    }

    if (rc == NGX_OK && cur.skipped && i == sp->nsegments - 1 && !cur.bad) {
        rc = ngx_hoop_spool_repair(sp, &cur);
    }

    ngx_hoop_cursor_close(&cur);

    return rc;
}


static ngx_int_t
ngx_hoop_spool_head(ngx_hoop_spool_t *sp, hoop_frame_t *f, hoop_chain_t *chain)
{
    hoop_event_view_t  v;

    chain->seq = f->seq;
    chain->ts = ngx_min(f->ts, HOOP_TIME_MAX);

    if (hoop_event_view(&v, f->text) != HOOP_OK) {

        /* whatever follows, the check of the chain names this event */

        ngx_log_error(NGX_LOG_ALERT, sp->log, 0,
                      "hoop audit: event %uL of slot %uD is unreadable",
                      f->seq, sp->slot);
        ngx_memset(chain->head, '0', HOOP_HASH_LEN);

        return NGX_OK;
    }

    ngx_memcpy(chain->head, v.hash, HOOP_HASH_LEN);

    return hoop_str_eq(v.gateway, chain->gateway) ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_hoop_spool_repair(ngx_hoop_spool_t *sp, ngx_hoop_cursor_t *cur)
{
    u_char               from[NGX_HOOP_SPOOL_NAME], to[NGX_HOOP_SPOOL_NAME];
    ngx_uint_t           bad;
    ngx_hoop_segment_t  *seg, aside;

    seg = &sp->segments[sp->nsegments - 1];

    ngx_hoop_segment_name(from, seg);

    if (cur->torn && cur->good + cur->skipped == seg->size) {

        ngx_log_error(NGX_LOG_WARN, sp->log, 0,
                      "hoop audit: segment \"%s\" of slot %uD has a torn tail, "
                      "%O bytes cut", from, sp->slot, cur->skipped);

        sp->fd = openat(sp->dir, (char *) from,
                        O_RDWR|O_NOFOLLOW|O_CLOEXEC);

        if (sp->fd == NGX_INVALID_FILE) {
            ngx_log_error(NGX_LOG_CRIT, sp->log, ngx_errno,
                          "hoop audit: " ngx_open_file_n " \"%s\" failed",
                          from);
            return NGX_ERROR;
        }

        return ngx_hoop_spool_cut(sp, cur->good);
    }

    aside = *seg;

    for (bad = 1; bad < 10; bad++) {
        aside.bad = bad;
        ngx_hoop_segment_name(to, &aside);

        if (faccessat(sp->dir, (char *) to, F_OK, AT_SYMLINK_NOFOLLOW) == -1) {
            break;
        }
    }

    ngx_log_error(NGX_LOG_ALERT, sp->log, 0,
                  "hoop audit: segment \"%s\" of slot %uD is damaged, "
                  "%O bytes unreadable, kept aside as \"%s\"",
                  from, sp->slot, cur->skipped, to);

    if (bad == 10
        || renameat(sp->dir, (char *) from, sp->dir, (char *) to) == -1)
    {
        ngx_log_error(NGX_LOG_CRIT, sp->log, ngx_errno,
                      "hoop audit: " ngx_rename_file_n " \"%s\" failed", from);
        return NGX_ERROR;
    }

    seg->bad = bad;

    return NGX_OK;
}


ngx_int_t
ngx_hoop_spool_write(ngx_hoop_spool_t *sp, const u_char *p, size_t len,
    uint64_t first, size_t segment_size)
{
    off_t                offset, size;
    ssize_t              n;
    ngx_err_t            err;
    ngx_hoop_segment_t  *seg;

    if (ngx_hoop_spool_open(sp, first, len, segment_size) != NGX_OK) {
        return NGX_ERROR;
    }

    seg = &sp->segments[sp->nsegments - 1];
    size = seg->size;

    if (sp->dirty_end && ngx_hoop_spool_cut(sp, size) != NGX_OK) {
        return NGX_ERROR;
    }

    offset = size;

    while (len) {
        n = pwrite(sp->fd, p, len, offset);

        if (n <= 0) {
            err = n ? ngx_errno : NGX_ENOSPC;

            if (err == NGX_EINTR) {
                continue;
            }

            if (offset != size) {
                (void) ngx_hoop_spool_cut(sp, size);
            }

            ngx_set_errno(err);
            return NGX_ERROR;
        }

        p += n;
        len -= n;
        offset += n;
    }

    seg->size = offset;

    return NGX_OK;
}


/* sees to it that sp->fd is where an event with this seq goes */

static ngx_int_t
ngx_hoop_spool_open(ngx_hoop_spool_t *sp, uint64_t first, size_t len,
    size_t segment_size)
{
    u_char               name[NGX_HOOP_SPOOL_NAME];
    ngx_uint_t           full;
    ngx_hoop_segment_t  *seg;

    seg = sp->nsegments ? &sp->segments[sp->nsegments - 1] : NULL;

    if (seg == NULL || seg->bad) {
        return ngx_hoop_spool_rotate(sp, first);
    }

    full = (seg->size && seg->size + (off_t) len > (off_t) segment_size);

    if (sp->sync && sp->nclosing == NGX_HOOP_SPOOL_CLOSING) {

        /* the disk does not keep up */

        full = 0;
    }

    if (full && ngx_hoop_spool_rotate(sp, first) == NGX_OK) {
        sp->rotate_failed = 0;
        return NGX_OK;
    }

    if (full && !sp->rotate_failed) {

        /* an overlong segment is better than no evidence */

        sp->rotate_failed = 1;
        ngx_log_error(NGX_LOG_CRIT, sp->log, ngx_errno,
                      "hoop audit: a new segment of slot %uD cannot be made",
                      sp->slot);
    }

    if (sp->fd != NGX_INVALID_FILE) {
        return NGX_OK;
    }

    ngx_hoop_segment_name(name, seg);

    sp->fd = openat(sp->dir, (char *) name, O_RDWR|O_NOFOLLOW|O_CLOEXEC);

    return (sp->fd == NGX_INVALID_FILE) ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_hoop_spool_rotate(ngx_hoop_spool_t *sp, uint64_t first)
{
    u_char               name[NGX_HOOP_SPOOL_NAME];
    ngx_fd_t             fd;
    ngx_hoop_segment_t  *seg, one;

    if (sp->dirty_end) {
        ngx_set_errno(EIO);
        return NGX_ERROR;
    }

    ngx_memzero(&one, sizeof(ngx_hoop_segment_t));
    one.first = first;

    ngx_hoop_segment_name(name, &one);

    fd = openat(sp->dir, (char *) name,
                O_RDWR|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0600);

    if (fd == NGX_INVALID_FILE) {
        return NGX_ERROR;
    }

    seg = ngx_hoop_spool_push(sp);
    if (seg == NULL) {
        (void) unlinkat(sp->dir, (char *) name, 0);
        (void) ngx_close_file(fd);
        ngx_set_errno(NGX_ENOMEM);
        return NGX_ERROR;
    }

    *seg = one;

    if (sp->fd != NGX_INVALID_FILE) {

        if (sp->sync) {
            sp->closing[sp->nclosing++] = sp->fd;

        } else {
            (void) ngx_close_file(sp->fd);
        }
    }

    sp->fd = fd;
    sp->created = 1;

    return NGX_OK;
}


/*
 * While the end is dirty nothing may be written after it: a later reader would
 * take the remains for damage.
 */

static ngx_int_t
ngx_hoop_spool_cut(ngx_hoop_spool_t *sp, off_t size)
{
    if (ftruncate(sp->fd, size) == -1) {

        if (!sp->dirty_end) {
            ngx_log_error(NGX_LOG_CRIT, sp->log, ngx_errno,
                          "hoop audit: ftruncate() in slot %uD failed",
                          sp->slot);
        }

        sp->dirty_end = 1;
        return NGX_ERROR;
    }

    sp->segments[sp->nsegments - 1].size = size;
    sp->dirty_end = 0;

    return NGX_OK;
}


off_t
ngx_hoop_spool_size(ngx_hoop_spool_t *sp)
{
    off_t       size;
    ngx_uint_t  i;

    size = 0;

    for (i = 0; i < sp->nsegments; i++) {
        if (!sp->segments[i].bad) {
            size += sp->segments[i].size;
        }
    }

    return size;
}


void
ngx_hoop_spool_trim(ngx_hoop_spool_t *sp, uint64_t seq, ngx_msec_t delay)
{
    u_char               name[NGX_HOOP_SPOOL_NAME];
    ngx_uint_t           i, n;
    ngx_hoop_segment_t  *seg;

    n = 0;

    for (i = 0; i < sp->nsegments; i++) {
        seg = &sp->segments[i];

        if (i < sp->nsegments - 1 && !seg->bad && seg[1].first <= seq + 1) {

            if (!seg->shipped) {
                seg->shipped = 1;
                seg->shipped_at = ngx_current_msec;
            }

            if (ngx_current_msec - seg->shipped_at >= delay) {
                ngx_hoop_segment_name(name, seg);

                if (unlinkat(sp->dir, (char *) name, 0) == 0) {
                    continue;
                }

                ngx_log_error(NGX_LOG_ERR, sp->log, ngx_errno,
                              "hoop audit: " ngx_delete_file_n
                              " \"%s\" of slot %uD failed", name, sp->slot);

                seg->shipped_at = ngx_current_msec;
            }
        }

        if (n != i) {
            sp->segments[n] = *seg;
        }

        n++;
    }

    sp->nsegments = n;
}
