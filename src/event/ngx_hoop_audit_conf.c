
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The directive "hoop_audit", and what the master does before workers start.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_hoop_audit_int.h"


#define NGX_HOOP_AUDIT_MAX_SIZE      ((off_t) 1024 * 1024 * 1024)
#define NGX_HOOP_AUDIT_SEGMENT_SIZE  (16 * 1024 * 1024)
#define NGX_HOOP_AUDIT_MIN_SEGMENT   (4 * 1024)


typedef struct {
    ngx_str_t    name;
    ngx_uint_t   value;
} ngx_hoop_audit_enum_t;


static char *ngx_hoop_audit_conf_arg(ngx_conf_t *cf,
    ngx_hoop_audit_conf_t *conf, ngx_str_t *arg);
static ngx_int_t ngx_hoop_audit_conf_enum(ngx_hoop_audit_enum_t *e,
    ngx_str_t *value, ngx_uint_t *n);
static char *ngx_hoop_audit_conf_defaults(ngx_conf_t *cf,
    ngx_hoop_audit_conf_t *conf);
static ngx_int_t ngx_hoop_audit_conf_gateway(ngx_conf_t *cf,
    ngx_hoop_audit_conf_t *conf);


static ngx_hoop_audit_enum_t  ngx_hoop_audit_syncs[] = {
    { ngx_string("off"), NGX_HOOP_AUDIT_SYNC_OFF },
    { ngx_string("batch"), NGX_HOOP_AUDIT_SYNC_BATCH },
    { ngx_string("always"), NGX_HOOP_AUDIT_SYNC_ALWAYS },
    { ngx_null_string, 0 }
};


static ngx_hoop_audit_enum_t  ngx_hoop_audit_fulls[] = {
    { ngx_string("deny"), NGX_HOOP_AUDIT_FULL_DENY },
    { ngx_string("drop"), NGX_HOOP_AUDIT_FULL_DROP },
    { ngx_null_string, 0 }
};


char *
ngx_hoop_audit_conf_parse(ngx_conf_t *cf, ngx_hoop_audit_conf_t *conf)
{
    char        *rv;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (conf->path.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ngx_memzero(conf, sizeof(ngx_hoop_audit_conf_t));

    conf->sync = NGX_HOOP_AUDIT_SYNC_BATCH;
    conf->on_full = NGX_HOOP_AUDIT_FULL_DENY;
    conf->path = value[1];

    if (conf->path.len == 0) {
        return "requires a folder";
    }

    if (ngx_conf_full_name(cf->cycle, &conf->path, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->path.len > 1 && conf->path.data[conf->path.len - 1] == '/') {
        conf->path.data[--conf->path.len] = '\0';
    }

    if (conf->path.len > NGX_MAX_PATH - 64) {
        return "has too long a name";
    }

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_hoop_audit_conf_arg(cf, conf, &value[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return ngx_hoop_audit_conf_defaults(cf, conf);
}


static char *
ngx_hoop_audit_conf_arg(ngx_conf_t *cf, ngx_hoop_audit_conf_t *conf,
    ngx_str_t *arg)
{
    off_t      size;
    ngx_str_t  value;

    if (ngx_strncmp(arg->data, "gateway=", 8) == 0) {
        conf->gateway.len = arg->len - 8;
        conf->gateway.data = arg->data + 8;

        if (hoop_gateway_valid(hoop_str(conf->gateway.data,
                                        conf->gateway.len)))
        {
            return NGX_CONF_OK;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid gateway name \"%V\": letters, digits, "
                           "\".\", \"_\" and \"-\" are allowed, at most %d",
                           &conf->gateway, HOOP_GATEWAY_LEN);
        return NGX_CONF_ERROR;
    }

    if (ngx_strncmp(arg->data, "sync=", 5) == 0) {
        value.len = arg->len - 5;
        value.data = arg->data + 5;

        if (ngx_hoop_audit_conf_enum(ngx_hoop_audit_syncs, &value, &conf->sync)
            == NGX_OK)
        {
            return NGX_CONF_OK;
        }

        goto invalid;
    }

    if (ngx_strncmp(arg->data, "on_full=", 8) == 0) {
        value.len = arg->len - 8;
        value.data = arg->data + 8;

        if (ngx_hoop_audit_conf_enum(ngx_hoop_audit_fulls, &value,
                                     &conf->on_full)
            == NGX_OK)
        {
            return NGX_CONF_OK;
        }

        goto invalid;
    }

    if (ngx_strncmp(arg->data, "max_size=", 9) == 0) {
        value.len = arg->len - 9;
        value.data = arg->data + 9;

        size = ngx_parse_offset(&value);

        if (size < NGX_HOOP_AUDIT_MIN_SEGMENT) {
            goto invalid;
        }

        conf->max_size = size;
        conf->max_size_set = 1;

        return NGX_CONF_OK;
    }

    if (ngx_strncmp(arg->data, "segment_size=", 13) == 0) {
        value.len = arg->len - 13;
        value.data = arg->data + 13;

        size = ngx_parse_size(&value);

        if (size < NGX_HOOP_AUDIT_MIN_SEGMENT) {
            goto invalid;
        }

        conf->segment_size = size;

        return NGX_CONF_OK;
    }

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"", arg);

    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_hoop_audit_conf_enum(ngx_hoop_audit_enum_t *e, ngx_str_t *value,
    ngx_uint_t *n)
{
    for ( /* void */ ; e->name.len; e++) {
        if (e->name.len == value->len
            && ngx_strncmp(e->name.data, value->data, value->len) == 0)
        {
            *n = e->value;
            return NGX_OK;
        }
    }

    return NGX_ERROR;
}


static char *
ngx_hoop_audit_conf_defaults(ngx_conf_t *cf, ngx_hoop_audit_conf_t *conf)
{
    if (conf->max_size == 0) {
        conf->max_size = NGX_HOOP_AUDIT_MAX_SIZE;
    }

    if (conf->segment_size == 0) {
        conf->segment_size = (size_t) ngx_min(NGX_HOOP_AUDIT_SEGMENT_SIZE,
                                              conf->max_size / 4);
    }

    if ((off_t) conf->segment_size > conf->max_size) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"segment_size\" %uz is above \"max_size\" %O",
                           conf->segment_size, conf->max_size);
        return NGX_CONF_ERROR;
    }

    if (conf->gateway.len == 0
        && ngx_hoop_audit_conf_gateway(cf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

#if (NGX_THREADS)

    if (conf->sync != NGX_HOOP_AUDIT_SYNC_OFF) {
        conf->thread_pool = ngx_thread_pool_add(cf, NULL);
        if (conf->thread_pool == NULL) {
            return NGX_CONF_ERROR;
        }
    }

#endif

    return NGX_CONF_OK;
}


/* the host's name, as far as it can be one of a gateway */

static ngx_int_t
ngx_hoop_audit_conf_gateway(ngx_conf_t *cf, ngx_hoop_audit_conf_t *conf)
{
    ngx_uint_t  i;
    hoop_str_t  one;

    conf->gateway.len = ngx_min(cf->cycle->hostname.len, HOOP_GATEWAY_LEN);
    conf->gateway.data = ngx_pstrdup(cf->pool, &cf->cycle->hostname);

    if (conf->gateway.data == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < conf->gateway.len; i++) {
        one = hoop_str(&conf->gateway.data[i], 1);

        if (!hoop_gateway_valid(one)) {
            conf->gateway.data[i] = '-';
        }
    }

    if (conf->gateway.len == 0) {
        ngx_str_set(&conf->gateway, "localhost");
    }

    return NGX_OK;
}


ngx_int_t
ngx_hoop_audit_prepare(ngx_cycle_t *cycle, ngx_hoop_audit_conf_t *conf)
{
    ngx_err_t         err;
    ngx_core_conf_t  *ccf;
    ngx_file_info_t   fi;

    if (ngx_test_config) {
        return NGX_OK;
    }

    if (ngx_create_dir(conf->path.data, 0700) == NGX_FILE_ERROR) {
        err = ngx_errno;

        if (err != NGX_EEXIST) {
            ngx_log_error(NGX_LOG_EMERG, cycle->log, err,
                          "hoop audit: " ngx_create_dir_n " \"%V\" failed",
                          &conf->path);
            return NGX_ERROR;
        }
    }

    if (ngx_file_info(conf->path.data, &fi) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                      "hoop audit: " ngx_file_info_n " \"%V\" failed",
                      &conf->path);
        return NGX_ERROR;
    }

    if (!ngx_is_dir(&fi)) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "hoop audit: \"%V\" is not a folder", &conf->path);
        return NGX_ERROR;
    }

    if (fi.st_mode & (S_IRWXG|S_IRWXO)) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "hoop audit: folder \"%V\" is open to other users",
                      &conf->path);
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (geteuid() != 0 || ccf->user == (ngx_uid_t) NGX_CONF_UNSET_UINT
        || fi.st_uid == ccf->user)
    {
        return NGX_OK;
    }

    if (chown((const char *) conf->path.data, ccf->user, -1) == -1) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                      "hoop audit: chown(\"%V\", %d) failed", &conf->path,
                      ccf->user);
        return NGX_ERROR;
    }

    return NGX_OK;
}
