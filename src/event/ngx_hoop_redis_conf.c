
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The arguments of hoop_redis.  Everything that could block is done here,
 * while the configuration is read: names are resolved, the password is read.
 * The password is quoted in no message, and neither is a URL that holds one.
 */


#include "ngx_hoop_redis.h"


#define NGX_HOOP_REDIS_PORT      6379
#define NGX_HOOP_REDIS_SECRET    1024
#define NGX_HOOP_REDIS_MAX_DB    65535


static char *ngx_hoop_redis_conf_url(ngx_conf_t *cf,
    ngx_hoop_redis_conf_t *conf, ngx_str_t *value);
static char *ngx_hoop_redis_conf_db(ngx_conf_t *cf,
    ngx_hoop_redis_conf_t *conf, u_char *p, size_t len);
static char *ngx_hoop_redis_conf_time(ngx_conf_t *cf, ngx_msec_t *msec,
    ngx_str_t *param, size_t skip);
static char *ngx_hoop_redis_conf_prefix(ngx_conf_t *cf,
    ngx_hoop_redis_conf_t *conf);
static ngx_int_t ngx_hoop_redis_conf_key(ngx_conf_t *cf,
    ngx_hoop_redis_conf_t *conf, const char *name, ngx_str_t *key);
static char *ngx_hoop_redis_conf_password(ngx_conf_t *cf,
    ngx_hoop_redis_conf_t *conf, ngx_str_t *path);


char *
ngx_hoop_redis_conf_parse(ngx_conf_t *cf, ngx_hoop_redis_conf_t *conf)
{
    char        *rv;
    ngx_str_t   *value, file;
    ngx_uint_t   i;

    value = cf->args->elts;

    ngx_memzero(conf, sizeof(ngx_hoop_redis_conf_t));

    conf->db = NGX_CONF_UNSET_UINT;
    conf->connect_timeout = NGX_CONF_UNSET_MSEC;
    conf->timeout = NGX_CONF_UNSET_MSEC;

    if (cf->args->nelts < 2) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_redis requires a URL");
        return NGX_CONF_ERROR;
    }

    rv = ngx_hoop_redis_conf_url(cf, conf, &value[1]);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "db=", 3) == 0) {
            rv = ngx_hoop_redis_conf_db(cf, conf, value[i].data + 3,
                                        value[i].len - 3);

        } else if (ngx_strncmp(value[i].data, "user=", 5) == 0
                   && value[i].len > 5
                   && value[i].len - 5 <= NGX_HOOP_REDIS_SECRET
                   && conf->user.len == 0)
        {
            conf->user.len = value[i].len - 5;
            conf->user.data = value[i].data + 5;

        } else if (ngx_strncmp(value[i].data, "password_file=", 14) == 0
                   && value[i].len > 14
                   && conf->password.len == 0)
        {
            file.len = value[i].len - 14;
            file.data = value[i].data + 14;

            rv = ngx_hoop_redis_conf_password(cf, conf, &file);

        } else if (ngx_strncmp(value[i].data, "prefix=", 7) == 0
                   && conf->prefix.len == 0)
        {
            conf->prefix.len = value[i].len - 7;
            conf->prefix.data = value[i].data + 7;

            rv = ngx_hoop_redis_conf_prefix(cf, conf);

        } else if (ngx_strncmp(value[i].data, "timeout=", 8) == 0) {
            rv = ngx_hoop_redis_conf_time(cf, &conf->timeout, &value[i], 8);

        } else if (ngx_strncmp(value[i].data, "connect_timeout=", 16) == 0) {
            rv = ngx_hoop_redis_conf_time(cf, &conf->connect_timeout,
                                          &value[i], 16);

        } else if (ngx_strncmp(value[i].data, "password=", 9) == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop_redis takes its password from a file: "
                               "use \"password_file=\"");
            return NGX_CONF_ERROR;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid or duplicate hoop_redis parameter "
                               "\"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (conf->user.len && conf->password.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"user=\" of hoop_redis requires "
                           "\"password_file=\"");
        return NGX_CONF_ERROR;
    }

    if (conf->prefix.len == 0) {
        ngx_str_set(&conf->prefix, "hoop:");
    }

    if (ngx_hoop_redis_conf_key(cf, conf, "approvals", &conf->approvals)
        != NGX_OK
        || ngx_hoop_redis_conf_key(cf, conf, "approvals:pending",
                                   &conf->pending)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_uint_value(conf->db, 0);
    ngx_conf_init_msec_value(conf->connect_timeout, 1000);
    ngx_conf_init_msec_value(conf->timeout, 2000);

    return NGX_CONF_OK;
}


static char *
ngx_hoop_redis_conf_url(ngx_conf_t *cf, ngx_hoop_redis_conf_t *conf,
    ngx_str_t *value)
{
    char       *rv;
    u_char     *p, *slash, *last;
    ngx_url_t   u;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.default_port = NGX_HOOP_REDIS_PORT;

    if (ngx_strncmp(value->data, "redis://", 8) == 0) {

        p = value->data + 8;
        last = value->data + value->len;

        if (ngx_strlchr(p, last, '@') != NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop_redis takes no credentials in its URL: "
                               "use \"user=\" and \"password_file=\"");
            return NGX_CONF_ERROR;
        }

        slash = ngx_strlchr(p, last, '/');

        if (slash != NULL) {

            if (slash + 1 != last) {
                rv = ngx_hoop_redis_conf_db(cf, conf, slash + 1,
                                            last - slash - 1);
                if (rv != NGX_CONF_OK) {
                    return rv;
                }
            }

            last = slash;
        }

        if (p == last || *p == ':') {
            u.url.len = sizeof("127.0.0.1") - 1 + (last - p);
            u.url.data = ngx_pnalloc(cf->pool, u.url.len);
            if (u.url.data == NULL) {
                return NGX_CONF_ERROR;
            }

            ngx_memcpy(ngx_cpymem(u.url.data, "127.0.0.1",
                                  sizeof("127.0.0.1") - 1),
                       p, last - p);

        } else {
            u.url.len = last - p;
            u.url.data = p;
        }

    } else if (ngx_strncmp(value->data, "unix:/", 6) == 0) {
        u.url = *value;

    } else if (ngx_strncmp(value->data, "rediss://", 9) == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_redis does not support TLS yet");
        return NGX_CONF_ERROR;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_redis requires \"redis://host[:port][/db]\" "
                           "or \"unix:/path\"");
        return NGX_CONF_ERROR;
    }

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in hoop_redis \"%V\"",
                           u.err ? u.err : "failed", value);
        return NGX_CONF_ERROR;
    }

    if (u.naddrs == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no address in hoop_redis \"%V\"", value);
        return NGX_CONF_ERROR;
    }

    conf->url = *value;
    conf->addrs = u.addrs;
    conf->naddrs = u.naddrs;

    return NGX_CONF_OK;
}


/*
 * What stands between the first "{" and the next "}" is all that a cluster
 * makes a key's slot of, if it is not empty.
 */

static char *
ngx_hoop_redis_conf_prefix(ngx_conf_t *cf, ngx_hoop_redis_conf_t *conf)
{
    size_t   i;
    u_char  *p, *open, *close, *last;

    p = conf->prefix.data;
    last = p + conf->prefix.len;

    if (conf->prefix.len == 0 || conf->prefix.len > NGX_HOOP_REDIS_PREFIX) {
        goto invalid;
    }

    for (i = 0; i < conf->prefix.len; i++) {
        if (p[i] <= 0x20 || p[i] >= 0x7f || p[i] == '"' || p[i] == '\\'
            || p[i] == '*' || p[i] == '?' || p[i] == '[')
        {
            goto invalid;
        }
    }

    open = ngx_strlchr(p, last, '{');
    close = open ? ngx_strlchr(open, last, '}') : NULL;

    if (open && (close == NULL || close == open + 1)) {
        goto invalid;
    }

    conf->tagged = (close != NULL);

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid prefix of hoop_redis, wanted at most 64 "
                       "printable characters, as in \"hoop:\" or, for a "
                       "cluster, \"{hoop}:\"");
    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_hoop_redis_conf_key(ngx_conf_t *cf, ngx_hoop_redis_conf_t *conf,
    const char *name, ngx_str_t *key)
{
    key->len = conf->prefix.len + ngx_strlen(name);
    key->data = ngx_pnalloc(cf->pool, key->len + 1);

    if (key->data == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(key->data, "%V%s%Z", &conf->prefix, name);

    return NGX_OK;
}


static char *
ngx_hoop_redis_conf_db(ngx_conf_t *cf, ngx_hoop_redis_conf_t *conf, u_char *p,
    size_t len)
{
    ngx_int_t  n;

    n = ngx_atoi(p, len);

    if (n == NGX_ERROR || n > NGX_HOOP_REDIS_MAX_DB) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid database number \"%*s\" in hoop_redis",
                           len, p);
        return NGX_CONF_ERROR;
    }

    if (conf->db != NGX_CONF_UNSET_UINT) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the database of hoop_redis is given twice");
        return NGX_CONF_ERROR;
    }

    conf->db = n;

    return NGX_CONF_OK;
}


static char *
ngx_hoop_redis_conf_time(ngx_conf_t *cf, ngx_msec_t *msec, ngx_str_t *param,
    size_t skip)
{
    ngx_int_t  n;
    ngx_str_t  s;

    s.len = param->len - skip;
    s.data = param->data + skip;

    n = ngx_parse_time(&s, 0);

    if (n == NGX_ERROR || n == 0 || *msec != NGX_CONF_UNSET_MSEC) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid or duplicate hoop_redis parameter \"%V\"",
                           param);
        return NGX_CONF_ERROR;
    }

    *msec = n;

    return NGX_CONF_OK;
}


/*
 * The descriptor is judged, not the name: what is checked is what is read.
 */

static char *
ngx_hoop_redis_conf_password(ngx_conf_t *cf, ngx_hoop_redis_conf_t *conf,
    ngx_str_t *path)
{
    char             *rv;
    u_char           *p;
    size_t            len;
    ssize_t           n;
    ngx_fd_t          fd;
    ngx_file_info_t   fi;

    if (ngx_conf_full_name(cf->cycle, path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", path);
        return NGX_CONF_ERROR;
    }

    rv = NGX_CONF_ERROR;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", path);
        goto done;
    }

    if (!ngx_is_file(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "password file \"%V\" is not a regular file", path);
        goto done;
    }

    if (ngx_file_access(&fi) & 077) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "password file \"%V\" is open to group or others, "
                           "its mode should be 0600", path);
        goto done;
    }

    if (fi.st_uid != 0 && fi.st_uid != geteuid()) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "password file \"%V\" belongs to neither root "
                           "nor the user that starts nginx", path);
        goto done;
    }

    p = ngx_pnalloc(cf->pool, NGX_HOOP_REDIS_SECRET + 3);
    if (p == NULL) {
        goto done;
    }

    /* a file in one read: more than the limit and a line end is too much */

    n = ngx_read_fd(fd, p, NGX_HOOP_REDIS_SECRET + 3);

    if (n == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_read_fd_n " \"%V\" failed", path);
        goto done;
    }

    len = n;

    if (len && p[len - 1] == '\n') {
        len--;

        if (len && p[len - 1] == '\r') {
            len--;
        }
    }

    if (len == 0 || len > NGX_HOOP_REDIS_SECRET) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "password file \"%V\" is empty or longer than "
                           "%d bytes", path, NGX_HOOP_REDIS_SECRET);
        goto done;
    }

    conf->password.len = len;
    conf->password.data = p;

    rv = NGX_CONF_OK;

done:

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", path);
    }

    return rv;
}
