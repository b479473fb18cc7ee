
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The master knows what is in force, who has loaded it and when, and leaves
 * that in its memory, under a number, where the workers that it then starts
 * have a copy.  It has no slot to write to, a worker has.
 *
 * What the last event has left in force is in the file "config" in the audit's
 * folder, next to the slots: it is there after a reload, a restart, a new
 * binary.  A worker that is to write its first event, or has just started,
 *
 *     lock
 *     a later number was settled, or this one: nothing to do
 *     the file says the same as what is in force: settled
 *     otherwise event, then file; settled
 *     unlock
 *
 * The number that is settled is in shared memory, under a lock that nginx
 * takes away from whoever dies with it.  Who dies between event and file has
 * the event written once more: it may be there twice, but never not at all.
 *
 * No other event of the configuration comes before it: the audit asks for it
 * first, and accepts nothing until it has it.
 */


#include "ngx_hoop_config.h"
#include "ngx_hoop_audit.h"
#include "ngx_hoop_stat.h"

#include <pwd.h>


#define NGX_HOOP_CONFIG_FILE  "config"
#define NGX_HOOP_CONFIG_TEMP  "config.new"


static ngx_int_t ngx_hoop_config_who(ngx_uint_t started);
static void ngx_hoop_config_user(const char *name, const char *id, uid_t uid);
static ngx_int_t ngx_hoop_config_open(void);
static ngx_int_t ngx_hoop_config_settle(void);
static ngx_int_t ngx_hoop_config_write(hoop_str_t before);
static ngx_fd_t ngx_hoop_config_folder(void);
static ngx_int_t ngx_hoop_config_read(ngx_fd_t dir, hoop_buf_t *b);
static ngx_int_t ngx_hoop_config_save(ngx_fd_t dir, hoop_buf_t *b);


/* of the master, and as it was when a worker was started */

static hoop_config_t   *ngx_hoop_config;
static ngx_uint_t       ngx_hoop_config_number;
static const char      *ngx_hoop_config_cause;
static ngx_str_t       *ngx_hoop_config_conf;
static uint64_t         ngx_hoop_config_loaded;    /* ms */
static hoop_buf_t       ngx_hoop_config_by;        /* members, with commas */

/* of a worker */

static ngx_log_t       *ngx_hoop_config_log;
static ngx_shm_zone_t  *ngx_hoop_config_stats;
static ngx_str_t       *ngx_hoop_config_path;
static ngx_uint_t       ngx_hoop_config_sync;


ngx_int_t
ngx_hoop_config_set(ngx_cycle_t *cycle, hoop_config_t *conf)
{
    ngx_time_t  *tp;
    ngx_uint_t   started;

    started = ngx_is_init_cycle(cycle->old_cycle);

    tp = ngx_timeofday();

    ngx_hoop_config = conf;
    ngx_hoop_config_number++;
    ngx_hoop_config_cause = !started ? "reload"
                            : ngx_inherited ? "upgrade" : "start";
    ngx_hoop_config_conf = &cycle->conf_file;
    ngx_hoop_config_loaded = (uint64_t) tp->sec * 1000 + tp->msec;

    return ngx_hoop_config_who(started);
}


/*
 * The user that the master runs as, and, where the kernel keeps it, the one
 * who had logged in to start it.  Nothing from the environment: anybody can
 * say anything there.  A signal does not tell who has sent it, so of a reload
 * the master is all that is known.
 */

static ngx_int_t
ngx_hoop_config_who(ngx_uint_t started)
{
    char        text[16];
    FILE       *f;
    uid_t       uid;
    ngx_int_t   n;

    hoop_buf_free(&ngx_hoop_config_by);
    hoop_buf_init(&ngx_hoop_config_by, 4096);

    ngx_hoop_config_user("user", "uid", getuid());

    f = started ? fopen("/proc/self/loginuid", "r") : NULL;

    if (f) {
        if (fgets(text, sizeof(text), f) != NULL) {
            n = ngx_atoi((u_char *) text, strcspn(text, "\n"));
            uid = (uid_t) n;

            if (n != NGX_ERROR && uid != (uid_t) -1) {
                ngx_hoop_config_user("login", "login_uid", uid);
            }
        }

        (void) fclose(f);
    }

    return ngx_hoop_config_by.failed ? NGX_ERROR : NGX_OK;
}


static void
ngx_hoop_config_user(const char *name, const char *id, uid_t uid)
{
    hoop_buf_t     *b;
    struct passwd  *pw;

    b = &ngx_hoop_config_by;

    (void) hoop_event_uint(b, id, uid);

    pw = getpwuid(uid);

    if (pw) {
        (void) hoop_event_string(b, name, hoop_cstr(pw->pw_name));
    }
}


void
ngx_hoop_config_init(ngx_cycle_t *cycle, ngx_shm_zone_t *stats,
    ngx_str_t *path, ngx_uint_t sync)
{
    ngx_hoop_config_log = cycle->log;
    ngx_hoop_config_stats = stats;
    ngx_hoop_config_path = path;
    ngx_hoop_config_sync = sync;

    ngx_hoop_audit_first(ngx_hoop_config_open);
}


static ngx_int_t
ngx_hoop_config_open(void)
{
    return ngx_hoop_stat_settle(ngx_hoop_config_stats, ngx_hoop_config_number,
                                ngx_hoop_config_settle);
}


/* under the lock */

static ngx_int_t
ngx_hoop_config_settle(void)
{
    ngx_fd_t    dir;
    ngx_int_t   rc;
    hoop_buf_t  before, now;

    hoop_buf_init(&before, HOOP_CONFIG_MAX);
    hoop_buf_init(&now, HOOP_CONFIG_MAX);

    dir = ngx_hoop_config_folder();

    if (dir == NGX_INVALID_FILE
        || ngx_hoop_config_read(dir, &before) != NGX_OK)
    {
        before.len = 0;
    }

    rc = NGX_OK;

    if (hoop_config_state(&now, ngx_hoop_config) != HOOP_OK
        || !hoop_str_eq(hoop_str(now.data, now.len),
                        hoop_str(before.data, before.len)))
    {
        rc = ngx_hoop_config_write(hoop_str(before.data, before.len));

        if (rc == NGX_OK
            && (dir == NGX_INVALID_FILE || now.failed
                || ngx_hoop_config_save(dir, &now) != NGX_OK))
        {
            ngx_log_error(NGX_LOG_ERR, ngx_hoop_config_log, 0,
                          "hoop audit: which policies are in force could not "
                          "be kept in \"%V\", the next start or reload will "
                          "write that again", ngx_hoop_config_path);
        }
    }

    if (dir != NGX_INVALID_FILE) {
        (void) ngx_close_file(dir);
    }

    hoop_buf_free(&before);
    hoop_buf_free(&now);

    return rc;
}


static ngx_int_t
ngx_hoop_config_write(hoop_str_t before)
{
    u_char              time[HOOP_TIME_LEN];
    hoop_buf_t         *b;
    hoop_event_head_t   head;

    ngx_memzero(&head, sizeof(hoop_event_head_t));
    head.type = "config";

    b = ngx_hoop_audit_event(&head);

    if (b == NULL) {
        ngx_hoop_audit_rollback();
        return NGX_ERROR;
    }

    hoop_time_format(time, ngx_hoop_config_loaded);

    (void) hoop_event_string(b, "cause", hoop_cstr(ngx_hoop_config_cause));
    (void) hoop_event_string(b, "loaded", hoop_str(time, HOOP_TIME_LEN));
    (void) hoop_buf_add(b, ngx_hoop_config_by.data, ngx_hoop_config_by.len);
    (void) hoop_event_uint(b, "pid", ngx_process == NGX_PROCESS_SINGLE
                                     ? ngx_pid : ngx_parent);
    (void) hoop_event_string(b, "config",
                             hoop_str(ngx_hoop_config_conf->data,
                                      ngx_hoop_config_conf->len));

    (void) hoop_config_event(b, ngx_hoop_config, before);

    if (ngx_hoop_audit_end() != NGX_OK) {
        ngx_hoop_audit_rollback();
        return NGX_ERROR;
    }

    return ngx_hoop_audit_commit_now();
}


static ngx_fd_t
ngx_hoop_config_folder(void)
{
    ngx_fd_t  dir;

    dir = open((char *) ngx_hoop_config_path->data,
               O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (dir == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ERR, ngx_hoop_config_log, ngx_errno,
                      "hoop audit: " ngx_open_file_n " \"%V\" failed",
                      ngx_hoop_config_path);
    }

    return dir;
}


/* none there yet, or one that is no state: the difference is all of it */

static ngx_int_t
ngx_hoop_config_read(ngx_fd_t dir, hoop_buf_t *b)
{
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_int_t        rc;
    ngx_file_info_t  fi;

    fd = openat(dir, NGX_HOOP_CONFIG_FILE,
                O_RDONLY|O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC);

    if (fd == NGX_INVALID_FILE) {

        if (ngx_errno != NGX_ENOENT) {
            ngx_log_error(NGX_LOG_ERR, ngx_hoop_config_log, ngx_errno,
                          "hoop audit: " ngx_open_file_n " \"%V/%s\" failed",
                          ngx_hoop_config_path, NGX_HOOP_CONFIG_FILE);
        }

        return NGX_DECLINED;
    }

    rc = NGX_ERROR;

    if (ngx_fd_info(fd, &fi) != NGX_FILE_ERROR && ngx_is_file(&fi)
        && ngx_file_size(&fi) <= HOOP_CONFIG_MAX
        && hoop_buf_reserve(b, ngx_file_size(&fi)) == HOOP_OK)
    {
        n = ngx_read_fd(fd, b->data, ngx_file_size(&fi));

        if (n == (ssize_t) ngx_file_size(&fi)) {
            b->len = n;
            rc = NGX_OK;
        }
    }

    (void) ngx_close_file(fd);

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_hoop_config_log, 0,
                      "hoop audit: \"%V/%s\" cannot be read",
                      ngx_hoop_config_path, NGX_HOOP_CONFIG_FILE);
    }

    return rc;
}


/* whole or not at all, and on the disk if events are */

static ngx_int_t
ngx_hoop_config_save(ngx_fd_t dir, hoop_buf_t *b)
{
    ngx_fd_t   fd;
    ngx_int_t  rc;

    fd = openat(dir, NGX_HOOP_CONFIG_TEMP,
                O_WRONLY|O_CREAT|O_TRUNC|O_NOFOLLOW|O_CLOEXEC, 0600);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ERR, ngx_hoop_config_log, ngx_errno,
                      "hoop audit: " ngx_open_file_n " \"%V/%s\" failed",
                      ngx_hoop_config_path, NGX_HOOP_CONFIG_TEMP);
        return NGX_ERROR;
    }

    rc = NGX_OK;

    if (ngx_write_fd(fd, b->data, b->len) != (ssize_t) b->len
        || (ngx_hoop_config_sync && fdatasync(fd) == -1))
    {
        rc = NGX_ERROR;
    }

    (void) ngx_close_file(fd);

    if (rc != NGX_OK
        || renameat(dir, NGX_HOOP_CONFIG_TEMP, dir, NGX_HOOP_CONFIG_FILE)
           == -1)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_hoop_config_log, ngx_errno,
                      "hoop audit: \"%V/%s\" cannot be written",
                      ngx_hoop_config_path, NGX_HOOP_CONFIG_FILE);
        (void) unlinkat(dir, NGX_HOOP_CONFIG_TEMP, 0);
        return NGX_ERROR;
    }

    return NGX_OK;
}
