
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoop_credential: named secrets, read at config time from files that nobody
 * else can read.  No variable, log line or event ever has the value; events
 * have the name.
 */


#include "ngx_http_hoop.h"


#define NGX_HTTP_HOOP_CREDENTIAL_MAX  16384


static char *ngx_http_hoop_conf_define_credential(ngx_conf_t *cf,
    ngx_http_hoop_main_conf_t *hmcf, ngx_str_t *value);
static char *ngx_http_hoop_conf_read_secret(ngx_conf_t *cf,
    ngx_http_hoop_credential_t *cred, ngx_str_t *secret);


/*
 * hoop_credential NAME file=PATH [bearer | header=NAME];   defines
 * hoop_credential NAME;                                    uses
 */

char *
ngx_http_hoop_conf_credential(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    ngx_str_t                  *value;
    ngx_http_hoop_main_conf_t  *hmcf;

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hoop_module);
    value = cf->args->elts;

    if (cf->args->nelts > 2) {
        return ngx_http_hoop_conf_define_credential(cf, hmcf, value);
    }

    if (hlcf->credential_name.len) {
        return "is duplicate";
    }

    hlcf->credential_name = value[1];

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_conf_define_credential(ngx_conf_t *cf,
    ngx_http_hoop_main_conf_t *hmcf, ngx_str_t *value)
{
    char                         *rv;
    u_char                       *p;
    size_t                        i;
    ngx_str_t                     secret;
    ngx_uint_t                    n;
    ngx_http_hoop_credential_t   *cred, **pp;

    if (ngx_http_hoop_find_credential(hmcf, ngx_http_hoop_str(&value[1]))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate hoop_credential \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    cred = ngx_pcalloc(cf->pool, sizeof(ngx_http_hoop_credential_t));
    if (cred == NULL) {
        return NGX_CONF_ERROR;
    }

    cred->name = value[1];

    for (n = 2; n < cf->args->nelts; n++) {

        if (ngx_strncmp(value[n].data, "file=", 5) == 0) {
            cred->file.data = value[n].data + 5;
            cred->file.len = value[n].len - 5;

        } else if (ngx_strncmp(value[n].data, "header=", 7) == 0) {
            cred->header.data = value[n].data + 7;
            cred->header.len = value[n].len - 7;

        } else if (ngx_strcmp(value[n].data, "bearer") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\", wanted file=PATH, "
                               "bearer or header=NAME", &value[n]);
            return NGX_CONF_ERROR;
        }
    }

    if (cred->file.len == 0) {
        return "needs file=PATH to define a credential";
    }

    for (i = 0; i < cred->header.len; i++) {
        p = &cred->header.data[i];

        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')
              || (*p >= '0' && *p <= '9') || *p == '-' || *p == '_'))
        {
            return "has a header name with a foreign character";
        }
    }

    if (ngx_conf_full_name(cf->cycle, &cred->file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    rv = ngx_http_hoop_conf_read_secret(cf, cred, &secret);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (cred->header.len) {
        cred->value = secret;
        cred->secret = ngx_http_hoop_str(&secret);

    } else {
        ngx_str_set(&cred->header, "Authorization");

        p = ngx_pnalloc(cf->pool, sizeof("Bearer ") - 1 + secret.len);
        if (p == NULL) {
            return NGX_CONF_ERROR;
        }

        cred->value.data = p;
        p = ngx_cpymem(p, "Bearer ", sizeof("Bearer ") - 1);
        cred->secret = hoop_str(p, secret.len);
        p = ngx_cpymem(p, secret.data, secret.len);
        cred->value.len = p - cred->value.data;
    }

    pp = ngx_array_push(&hmcf->credentials);
    if (pp == NULL) {
        return NGX_CONF_ERROR;
    }

    *pp = cred;

    return NGX_CONF_OK;
}


/* the secret of a 0600 file; what a header cannot carry is refused */

static char *
ngx_http_hoop_conf_read_secret(ngx_conf_t *cf,
    ngx_http_hoop_credential_t *cred, ngx_str_t *secret)
{
    size_t  i;

    if (ngx_http_hoop_conf_read_private(cf, "credential", &cred->file,
                                        NGX_HTTP_HOOP_CREDENTIAL_MAX, secret)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    while (secret->len && (secret->data[secret->len - 1] == LF
                           || secret->data[secret->len - 1] == CR))
    {
        secret->len--;
    }

    if (secret->len < 8) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop credential file \"%V\" has fewer than 8 "
                           "bytes", &cred->file);
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < secret->len; i++) {
        if (secret->data[i] <= 0x20 || secret->data[i] >= 0x7f) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop credential file \"%V\" has a byte at "
                               "offset %uz that no header value of one word "
                               "can carry", &cred->file, i);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


ngx_http_hoop_credential_t *
ngx_http_hoop_find_credential(ngx_http_hoop_main_conf_t *hmcf, hoop_str_t name)
{
    ngx_uint_t                    i;
    ngx_http_hoop_credential_t  **pp;

    pp = hmcf->credentials.elts;

    for (i = 0; i < hmcf->credentials.nelts; i++) {
        if (hoop_str_eq(ngx_http_hoop_str(&pp[i]->name), name)) {
            return pp[i];
        }
    }

    return NULL;
}


int
ngx_http_hoop_conf_credential_known(void *data, hoop_str_t name)
{
    return ngx_http_hoop_find_credential(data, name) == NULL;
}
