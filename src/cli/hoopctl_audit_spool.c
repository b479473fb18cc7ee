
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A slot of the spool as a row of events.  Nothing is written, and no lock is
 * kept: a gateway may be at work in the same folder.  What it is just writing
 * is not a torn tail, and what it has just trimmed was not removed.
 */


#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "hoopctl_audit.h"


#define HOOPCTL_SPOOL_CHUNK   (256 * 1024)
#define HOOPCTL_SPOOL_SLOTS   1024


typedef struct {
    hoopctl_row_t   row;
    int             dir;
    unsigned        slot;

    char          **names;           /* of segments, in order */
    size_t          nnames;
    size_t          nread;

    int             fd;
    int             eof;
    int             skipping;
    off_t           offset;          /* of the buffer's pos in the segment */
    hoop_buf_t      buf;
    size_t          pos;
    size_t          used;            /* by the item before */
    unsigned        restart:1;
} hoopctl_slot_t;


static int hoopctl_slot_open(hoopctl_source_t *src, const char *name);
static int hoopctl_slot_list(hoopctl_slot_t *s);
static int hoopctl_slot_cmp(const void *one, const void *two);
static int hoopctl_slot_next(hoopctl_row_t *row, hoopctl_item_t *item);
static int hoopctl_slot_open_segment(hoopctl_slot_t *s);
static int hoopctl_slot_fill(hoopctl_slot_t *s);
static int hoopctl_slot_frame(hoopctl_slot_t *s, hoop_frame_t *f,
    hoopctl_item_t *item);
static int hoopctl_slot_damage(hoopctl_slot_t *s, int torn,
    hoopctl_item_t *item);
static int hoopctl_slot_busy(hoopctl_slot_t *s);
static void hoopctl_slot_free(hoopctl_row_t *row);


int
hoopctl_audit_open_spool(hoopctl_source_t *src)
{
    int             rc, n, found;
    char            name[16];
    struct stat     st;

    if (stat(src->spool, &st) == -1) {
        return hoopctl_audit_error("\"%s\": %s", src->spool, strerror(errno));
    }

    rc = HOOP_OK;
    found = 0;

    for (n = 0; n < HOOPCTL_SPOOL_SLOTS && rc != HOOP_ERROR; n++) {
        (void) snprintf(name, sizeof(name), "%d", n);

        rc = hoopctl_slot_open(src, name);
        found += (rc == HOOP_OK);
    }

    if (rc != HOOP_ERROR && !found) {
        return hoopctl_audit_error("\"%s\" is not a spool: it has no slot",
                                   src->spool);
    }

    return rc == HOOP_ERROR ? HOOP_ERROR : HOOP_OK;
}


static int
hoopctl_slot_open(hoopctl_source_t *src, const char *name)
{
    int              base, dir, err;
    hoopctl_slot_t  *s;

    base = open(src->spool, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    if (base == -1) {
        return hoopctl_audit_error("\"%s\": %s", src->spool, strerror(errno));
    }

    dir = openat(base, name, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);
    err = errno;
    (void) close(base);

    if (dir == -1) {
        return (err == ENOENT) ? HOOP_DECLINED
               : hoopctl_audit_error("\"%s/%s\": %s", src->spool, name,
                                     strerror(err));
    }

    s = (hoopctl_slot_t *) hoopctl_audit_row(src, sizeof(hoopctl_slot_t));
    if (s == NULL) {
        (void) close(dir);
        return HOOP_ERROR;
    }

    s->dir = dir;
    s->fd = -1;
    s->slot = (unsigned) atoi(name);
    s->row.next = hoopctl_slot_next;
    s->row.free = hoopctl_slot_free;

    (void) snprintf(s->row.name, sizeof(s->row.name), "slot %s", name);

    hoop_buf_init(&s->buf, HOOP_FRAME_MAX + HOOPCTL_SPOOL_CHUNK);

    return hoopctl_slot_list(s);
}


static int
hoopctl_slot_list(hoopctl_slot_t *s)
{
    int             fd;
    DIR            *dir;
    char          **names, *name;
    struct dirent  *de;

    fd = openat(s->dir, ".", O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    dir = (fd == -1) ? NULL : fdopendir(fd);

    if (dir == NULL) {
        return hoopctl_audit_error("%s: %s", s->row.name, strerror(errno));
    }

    while ((de = readdir(dir)) != NULL) {

        if (strspn(de->d_name, "0123456789") != 20
            || (strcmp(de->d_name + 20, ".seg") != 0
                && strncmp(de->d_name + 20, ".bad", 4) != 0))
        {
            continue;
        }

        names = realloc(s->names, (s->nnames + 1) * sizeof(char *));
        name = strdup(de->d_name);

        if (names) {
            s->names = names;
        }

        if (names == NULL || name == NULL) {
            free(name);
            (void) closedir(dir);
            return hoopctl_audit_error("no memory");
        }

        names[s->nnames++] = name;
    }

    (void) closedir(dir);

    if (s->nnames) {
        qsort(s->names, s->nnames, sizeof(char *), hoopctl_slot_cmp);
    }

    return HOOP_OK;
}


/* ".bad" sorts before ".seg", as it has to */

static int
hoopctl_slot_cmp(const void *one, const void *two)
{
    return strcmp(*(char *const *) one, *(char *const *) two);
}


static int
hoopctl_slot_next(hoopctl_row_t *row, hoopctl_item_t *item)
{
    int              rc;
    hoop_frame_t     f;
    hoopctl_slot_t  *s;

    s = (hoopctl_slot_t *) row;

    s->pos += s->used;
    s->offset += s->used;
    s->used = 0;

    for ( ;; ) {

        if (s->fd == -1) {
            rc = hoopctl_slot_open_segment(s);

            if (rc == HOOP_DECLINED) {
                return 0;
            }

            if (rc != HOOP_OK) {
                return rc;
            }
        }

        rc = hoop_frame_parse(&f, s->buf.data + s->pos, s->buf.len - s->pos);

        if (rc == HOOP_OK) {
            return hoopctl_slot_frame(s, &f, item);
        }

        if (rc == HOOP_AGAIN && !s->eof) {
            if (hoopctl_slot_fill(s) != HOOP_OK) {
                return HOOP_ERROR;
            }

            continue;
        }

        if (s->pos == s->buf.len) {
            (void) close(s->fd);
            s->fd = -1;
            continue;
        }

        if (hoopctl_slot_damage(s, rc == HOOP_AGAIN, item)) {
            return 1;
        }
    }
}


static int
hoopctl_slot_open_segment(hoopctl_slot_t *s)
{
    for ( ;; ) {

        if (s->nread == s->nnames) {
            return HOOP_DECLINED;
        }

        s->fd = openat(s->dir, s->names[s->nread++],
                       O_RDONLY|O_NOFOLLOW|O_CLOEXEC);

        if (s->fd != -1) {
            break;
        }

        if (errno != ENOENT) {
            return hoopctl_audit_error("%s, segment %s: %s", s->row.name,
                                       s->names[s->nread - 1],
                                       strerror(errno));
        }

        s->restart = 1;
    }

    s->eof = 0;
    s->skipping = 0;
    s->offset = 0;
    s->buf.len = 0;
    s->pos = 0;

    return HOOP_OK;
}


static int
hoopctl_slot_fill(hoopctl_slot_t *s)
{
    size_t   left;
    ssize_t  n;

    left = s->buf.len - s->pos;

    if (s->pos) {
        memmove(s->buf.data, s->buf.data + s->pos, left);
        s->buf.len = left;
        s->pos = 0;
    }

    if (hoop_buf_reserve(&s->buf, HOOPCTL_SPOOL_CHUNK) != HOOP_OK) {
        return hoopctl_audit_error("no memory");
    }

    n = read(s->fd, s->buf.data + left, HOOPCTL_SPOOL_CHUNK);

    if (n == -1) {
        return hoopctl_audit_error("%s, segment %s: %s", s->row.name,
                                   s->names[s->nread - 1], strerror(errno));
    }

    s->buf.len += n;
    s->eof = (n == 0);

    return HOOP_OK;
}


static int
hoopctl_slot_frame(hoopctl_slot_t *s, hoop_frame_t *f, hoopctl_item_t *item)
{
    hoop_event_view_t  v;

    s->used = f->size;
    s->skipping = 0;

    memset(item, 0, sizeof(hoopctl_item_t));

    item->text = f->text;
    item->restart = s->restart;
    s->restart = 0;

    (void) snprintf(item->where, sizeof(item->where),
                    "slot %u, segment %.32s, byte %lld", s->slot,
                    s->names[s->nread - 1], (long long) s->offset);

    /* an unreadable text is for the check of the chain to name */

    if (hoop_event_view(&v, f->text) == HOOP_OK
        && (v.slot != f->slot || v.seq != f->seq || v.ts != f->ts
            || f->slot != s->slot))
    {
        item->problem = "forged";
        (void) snprintf(item->why, sizeof(item->why),
                        "it is not of this place in the spool");
    }

    return 1;
}


/*
 * Bytes that are no frame.  One item for all of them up to the next frame; 0
 * if they are what a gateway is writing at this moment.
 */

static int
hoopctl_slot_damage(hoopctl_slot_t *s, int torn, hoopctl_item_t *item)
{
    size_t  n;
    int     first;

    /* a length that was changed looks like a torn tail */

    n = hoop_frame_resync(s->buf.data + s->pos, s->buf.len - s->pos);

    torn = torn && s->nread == s->nnames && n == s->buf.len - s->pos
           && strcmp(s->names[s->nread - 1] + 20, ".seg") == 0;

    first = !s->skipping;

    memset(item, 0, sizeof(hoopctl_item_t));

    (void) snprintf(item->where, sizeof(item->where),
                    "slot %u, segment %.32s, byte %lld", s->slot,
                    s->names[s->nread - 1], (long long) s->offset);

    s->pos += n;
    s->offset += n;
    s->skipping = 1;

    if (!first || (torn && hoopctl_slot_busy(s))) {
        return 0;
    }

    if (torn) {
        item->problem = "torn";
        (void) snprintf(item->why, sizeof(item->why),
                        "%zu bytes of an event that was being written when "
                        "its gateway died", n);
        return 1;
    }

    item->problem = "unreadable";
    (void) snprintf(item->why, sizeof(item->why),
                    "what is there is not a frame, or its checksum is wrong");

    return 1;
}


static int
hoopctl_slot_busy(hoopctl_slot_t *s)
{
    int  fd, busy;

    fd = openat(s->dir, "lock", O_RDONLY|O_NOFOLLOW|O_CLOEXEC);
    if (fd == -1) {
        return 0;
    }

    busy = (flock(fd, LOCK_SH|LOCK_NB) == -1 && errno == EWOULDBLOCK);

    (void) close(fd);

    return busy;
}


static void
hoopctl_slot_free(hoopctl_row_t *row)
{
    hoopctl_slot_t  *s;

    s = (hoopctl_slot_t *) row;

    if (s->fd != -1) {
        (void) close(s->fd);
    }

    (void) close(s->dir);

    while (s->nnames) {
        free(s->names[--s->nnames]);
    }

    free(s->names);
    hoop_buf_free(&s->buf);
}
