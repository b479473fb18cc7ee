
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The hoop_issuer block: whose tokens are believed, and by which rules.
 */


#include "ngx_http_hoop.h"


static char *ngx_http_hoop_issuer_param(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static char *ngx_http_hoop_issuer_string(ngx_conf_t *cf, ngx_str_t *field);
static char *ngx_http_hoop_issuer_time(ngx_conf_t *cf, time_t *field,
    time_t max);
static char *ngx_http_hoop_issuer_algs(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer);


char *
ngx_http_hoop_conf_issuer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_main_conf_t *hmcf = conf;

    char                     *rv;
    ngx_str_t                *value;
    ngx_uint_t                i;
    ngx_conf_t                save;
    ngx_http_hoop_issuer_t   *issuer, **pp;

    value = cf->args->elts;

    issuer = ngx_pcalloc(cf->pool, sizeof(ngx_http_hoop_issuer_t));
    if (issuer == NULL) {
        return NGX_CONF_ERROR;
    }

    issuer->name = value[1];
    issuer->leeway = 30;
    issuer->max_lifetime = 3600;
    issuer->jwks_ttl = 600;
    ngx_str_set(&issuer->groups, "/groups");

    issuer->audiences = ngx_array_create(cf->pool, 2, sizeof(hoop_str_t));
    if (issuer->audiences == NULL) {
        return NGX_CONF_ERROR;
    }

    pp = hmcf->issuers.elts;

    for (i = 0; i < hmcf->issuers.nelts; i++) {
        if (pp[i]->name.len == value[1].len
            && ngx_strcmp(pp[i]->name.data, value[1].data) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate hoop_issuer \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    save = *cf;
    cf->handler = ngx_http_hoop_issuer_param;
    cf->handler_conf = (void *) issuer;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (issuer->issuer.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_issuer \"%V\" has no \"issuer\"",
                           &issuer->name);
        return NGX_CONF_ERROR;
    }

    if (issuer->audiences->nelts == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_issuer \"%V\" has no \"audience\"",
                           &issuer->name);
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < hmcf->issuers.nelts; i++) {
        if (pp[i]->issuer.len == issuer->issuer.len
            && ngx_strncmp(pp[i]->issuer.data, issuer->issuer.data,
                           issuer->issuer.len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop_issuer \"%V\" and \"%V\" name the same "
                               "issuer \"%V\"",
                               &pp[i]->name, &issuer->name, &issuer->issuer);
            return NGX_CONF_ERROR;
        }
    }

    if ((issuer->jwks_file.len != 0) + (issuer->jwks_url.len != 0)
        + issuer->discovery > 1)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_issuer \"%V\" has more than one of "
                           "\"jwks_file\", \"jwks_url\" and \"discovery\"",
                           &issuer->name);
        return NGX_CONF_ERROR;
    }

    if (issuer->algs == 0) {
        issuer->algs = HOOP_JWT_ALGS;
    }

    issuer->rules.issuer = ngx_http_hoop_str(&issuer->issuer);
    issuer->rules.audiences = issuer->audiences->elts;
    issuer->rules.naudiences = issuer->audiences->nelts;
    issuer->rules.algs = issuer->algs;
    issuer->rules.leeway = issuer->leeway;
    issuer->rules.max_lifetime = issuer->max_lifetime;

    issuer->keys = ngx_http_hoop_keys_create(cf, issuer);
    if (issuer->keys == NULL) {
        return NGX_CONF_ERROR;
    }

    pp = ngx_array_push(&hmcf->issuers);
    if (pp == NULL) {
        return NGX_CONF_ERROR;
    }

    *pp = issuer;

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_issuer_param(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf)
{
    char                    *rv;
    ngx_str_t               *value;
    ngx_uint_t               i;
    hoop_str_t              *aud;
    ngx_http_hoop_issuer_t  *issuer;

    issuer = cf->handler_conf;
    value = cf->args->elts;

    if (ngx_strcmp(value[0].data, "issuer") == 0) {
        rv = ngx_http_hoop_issuer_string(cf, &issuer->issuer);

    } else if (ngx_strcmp(value[0].data, "jwks_file") == 0) {
        rv = ngx_http_hoop_issuer_string(cf, &issuer->jwks_file);

        if (rv == NGX_CONF_OK
            && ngx_conf_full_name(cf->cycle, &issuer->jwks_file, 1) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

    } else if (ngx_strcmp(value[0].data, "jwks_url") == 0) {
        rv = ngx_http_hoop_issuer_string(cf, &issuer->jwks_url);

    } else if (ngx_strcmp(value[0].data, "discovery") == 0) {

        /* what is done anyway without jwks_file and jwks_url, by its name */

        rv = (cf->args->nelts == 2
              && ngx_strcmp(value[1].data, "on") == 0)
             ? NGX_CONF_OK : "has an invalid value, wanted \"on\"";
        issuer->discovery = 1;

    } else if (ngx_strcmp(value[0].data, "groups") == 0) {
        issuer->groups.len = 0;
        rv = ngx_http_hoop_issuer_string(cf, &issuer->groups);

        if (rv == NGX_CONF_OK && issuer->groups.data[0] != '/') {
            rv = "is not a JSON pointer";
        }

    } else if (ngx_strcmp(value[0].data, "leeway") == 0) {
        rv = ngx_http_hoop_issuer_time(cf, &issuer->leeway, 600);

    } else if (ngx_strcmp(value[0].data, "max_lifetime") == 0) {
        rv = ngx_http_hoop_issuer_time(cf, &issuer->max_lifetime,
                                            365 * 86400);

    } else if (ngx_strcmp(value[0].data, "jwks_ttl") == 0) {
        rv = ngx_http_hoop_issuer_time(cf, &issuer->jwks_ttl, 7 * 86400);

        if (rv == NGX_CONF_OK && issuer->jwks_ttl == 0) {
            rv = "has an invalid time";
        }

    } else if (ngx_strcmp(value[0].data, "algorithms") == 0) {
        rv = ngx_http_hoop_issuer_algs(cf, issuer);

    } else if (ngx_strcmp(value[0].data, "audience") == 0) {
        rv = NGX_CONF_OK;

        for (i = 1; i < cf->args->nelts; i++) {
            aud = ngx_array_push(issuer->audiences);
            if (aud == NULL) {
                return NGX_CONF_ERROR;
            }

            *aud = ngx_http_hoop_str(&value[i]);
        }

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown directive \"%V\" in hoop_issuer, wanted "
                           "issuer, audience, jwks_file, jwks_url, discovery, "
                           "algorithms, leeway, max_lifetime, jwks_ttl or "
                           "groups", &value[0]);
        return NGX_CONF_ERROR;
    }

    if (rv != NGX_CONF_OK && rv != NGX_CONF_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" %s",
                           &value[0], rv);
        return NGX_CONF_ERROR;
    }

    return rv;
}


static char *
ngx_http_hoop_issuer_string(ngx_conf_t *cf, ngx_str_t *field)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (field->len) {
        return "is duplicate";
    }

    if (cf->args->nelts != 2 || value[1].len == 0) {
        return "takes one value";
    }

    *field = value[1];

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_issuer_time(ngx_conf_t *cf, time_t *field, time_t max)
{
    time_t      t;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (cf->args->nelts != 2) {
        return "takes one value";
    }

    t = ngx_parse_time(&value[1], 1);

    if (t == (time_t) NGX_ERROR || t > max) {
        return "has an invalid time";
    }

    *field = t;

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_issuer_algs(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer)
{
    unsigned     alg;
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        alg = hoop_jwt_alg(ngx_http_hoop_str(&value[i]));

        if (alg == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown algorithm \"%V\", wanted RS256, "
                               "RS384, RS512, PS256, PS384, PS512, ES256, "
                               "ES384, ES512 or EdDSA", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (!(alg & HOOP_JWT_ALGS)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "algorithm \"%V\" is symmetric: whoever can "
                               "check a token could issue one", &value[i]);
            return NGX_CONF_ERROR;
        }

        issuer->algs |= alg;
    }

    return NGX_CONF_OK;
}
