
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoop_resource and hoop_resource_metadata, and what a resource learns of its
 * locations while they are merged.
 */


#include "ngx_http_hoop.h"

#include "../core/hoop_uri.h"


#define NGX_HTTP_HOOP_RESOURCE_URL_MAX  1024


static char *ngx_http_hoop_resource_check(ngx_conf_t *cf, ngx_str_t *url);
static ngx_uint_t ngx_http_hoop_resource_safe(ngx_str_t *url);
static ngx_http_hoop_resource_t *ngx_http_hoop_resource_find(ngx_conf_t *cf,
    ngx_http_hoop_main_conf_t *hmcf, ngx_str_t *url);
static ngx_int_t ngx_http_hoop_resource_place(ngx_conf_t *cf,
    ngx_http_hoop_resource_t *resource);
static char *ngx_http_hoop_resource_option(ngx_conf_t *cf,
    ngx_http_hoop_resource_t *resource, ngx_str_t *value);


char *
ngx_http_hoop_conf_resource(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    char                       *rv;
    ngx_str_t                  *value;
    ngx_uint_t                  i;
    ngx_http_hoop_resource_t   *resource;
    ngx_http_hoop_main_conf_t  *hmcf;

    if (hlcf->resource != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {

        if (cf->args->nelts != 2) {
            return "has parameters beside \"off\"";
        }

        hlcf->resource = NULL;
        return NGX_CONF_OK;
    }

    rv = ngx_http_hoop_resource_check(cf, &value[1]);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hoop_module);

    resource = ngx_http_hoop_resource_find(cf, hmcf, &value[1]);
    if (resource == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_http_hoop_resource_option(cf, resource, &value[i]);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    hlcf->resource = resource;

    return NGX_CONF_OK;
}


/*
 * Clients compare identifiers byte by byte: it is wanted in the form that all
 * of them would make of it.  Of a bare origin there are two, with a slash and
 * without.
 */

static char *
ngx_http_hoop_resource_check(ngx_conf_t *cf, ngx_str_t *url)
{
    int         rc;
    char       *rv;
    size_t      len;
    hoop_buf_t  b;

    if (url->len > NGX_HTTP_HOOP_RESOURCE_URL_MAX) {
        return "has an identifier of more than 1024 bytes";
    }

    hoop_buf_init(&b, 0);

    rv = NGX_CONF_ERROR;

    rc = hoop_uri_normal(ngx_http_hoop_str(url), &b);

    if (rc == HOOP_ERROR || ngx_strchr(url->data, '?')
        || ngx_strchr(url->data, '#') || ngx_strchr(url->data, '"')
        || ngx_strstr(url->data + 8, "//"))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_resource \"%V\", wanted a URL without query "
                           "and fragment, as in \"https://api.example.com/mcp"
                           "\"", url);
        goto done;
    }

    if (b.failed) {
        goto done;
    }

    len = b.len - (b.len == url->len + 1 && b.data[url->len] == '/');

    if (!hoop_str_eq(hoop_str(b.data, len), ngx_http_hoop_str(url))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_resource \"%V\", wanted its normal form, "
                           "\"%*s\"", url, b.len, b.data);
        goto done;
    }

    if (!ngx_http_hoop_resource_safe(url)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_resource \"%V\", wanted https: http is for "
                           "a loopback alone", url);
        goto done;
    }

    rv = NGX_CONF_OK;

done:

    hoop_buf_free(&b);

    return rv;
}


static ngx_uint_t
ngx_http_hoop_resource_safe(ngx_str_t *url)
{
    u_char     *p;
    size_t      len, left;
    in_addr_t   addr;

    if (ngx_strncmp(url->data, "http://", 7) != 0) {
        return 1;
    }

    p = url->data + 7;
    left = url->len - 7;

    if (left >= 5 && ngx_strncmp(p, "[::1]", 5) == 0) {
        return 1;
    }

    for (len = 0; len < left && p[len] != ':' && p[len] != '/'; len++) {
        /* void */
    }

    if (len == 9 && ngx_strncmp(p, "localhost", 9) == 0) {
        return 1;
    }

    addr = ngx_inet_addr(p, len);

    return addr != INADDR_NONE && (ntohl(addr) >> 24) == 127;
}


/* of this server; or a new one */

static ngx_http_hoop_resource_t *
ngx_http_hoop_resource_find(ngx_conf_t *cf, ngx_http_hoop_main_conf_t *hmcf,
    ngx_str_t *url)
{
    ngx_uint_t                  i;
    ngx_http_core_srv_conf_t   *cscf;
    ngx_http_hoop_resource_t   *resource, **pp;

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    pp = hmcf->resources.elts;

    for (i = 0; i < hmcf->resources.nelts; i++) {
        if (pp[i]->server == cscf
            && hoop_str_eq(ngx_http_hoop_str(&pp[i]->url),
                           ngx_http_hoop_str(url)))
        {
            return pp[i];
        }
    }

    resource = ngx_pcalloc(cf->pool, sizeof(ngx_http_hoop_resource_t));
    if (resource == NULL) {
        return NULL;
    }

    resource->server = cscf;
    resource->url = *url;
    resource->dpop_algs = HOOP_JWT_ALGS;

    if (ngx_array_init(&resource->scopes, cf->pool, 4, sizeof(hoop_str_t))
        != NGX_OK
        || ngx_http_hoop_resource_place(cf, resource) != NGX_OK)
    {
        return NULL;
    }

    for (i = 0; i < hmcf->resources.nelts; i++) {
        if (pp[i]->server == cscf
            && hoop_str_eq(ngx_http_hoop_str(&pp[i]->uri),
                           ngx_http_hoop_str(&resource->uri)))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop_resource \"%V\" has the same path as "
                               "\"%V\" in this server", url, &pp[i]->url);
            return NULL;
        }
    }

    pp = ngx_array_push(&hmcf->resources);
    if (pp == NULL) {
        return NULL;
    }

    *pp = resource;

    return resource;
}


/*
 * The document's URL: the well-known name comes between origin and path, and a
 * path of a slash alone is none (RFC 9728, 3.1).
 */

static ngx_int_t
ngx_http_hoop_resource_place(ngx_conf_t *cf,
    ngx_http_hoop_resource_t *resource)
{
    u_char      *p, *path, *last;
    ngx_int_t    rc;
    hoop_buf_t   b;

    last = resource->url.data + resource->url.len;
    path = (u_char *) ngx_strstr(resource->url.data, "://") + 3;

    while (path < last && *path != '/') {
        path++;
    }

    hoop_buf_init(&b, 0);

    (void) hoop_buf_adds(&b, ", resource_metadata=\"");
    (void) hoop_buf_add(&b, resource->url.data, path - resource->url.data);
    (void) hoop_buf_add(&b, ngx_http_hoop_resource_prefix.data,
                        ngx_http_hoop_resource_prefix.len);

    if (last - path > 1) {
        (void) hoop_buf_add(&b, path, last - path);

    } else {
        path = last;
    }

    (void) hoop_buf_addc(&b, '"');

    rc = ngx_http_hoop_resource_keep(cf, &b, &resource->challenge);

    hoop_buf_free(&b);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    /* nginx decodes the path of a request, with its slashes */

    p = ngx_pnalloc(cf->pool, ngx_http_hoop_resource_prefix.len
                              + (last - path));
    if (p == NULL) {
        return NGX_ERROR;
    }

    resource->uri.data = p;

    p = ngx_cpymem(p, ngx_http_hoop_resource_prefix.data,
                   ngx_http_hoop_resource_prefix.len);

    ngx_unescape_uri(&p, &path, last - path, 0);

    resource->uri.len = p - resource->uri.data;

    return NGX_OK;
}


static char *
ngx_http_hoop_resource_option(ngx_conf_t *cf,
    ngx_http_hoop_resource_t *resource, ngx_str_t *value)
{
    ngx_str_t   s, *field;
    ngx_uint_t  i;

    struct {
        ngx_str_t   name;
        ngx_str_t  *field;
    } options[] = {
        { ngx_string("name="), &resource->name },
        { ngx_string("documentation="), &resource->documentation },
        { ngx_string("issuers="), &resource->issuers }
    };

    field = NULL;
    ngx_str_null(&s);

    for (i = 0; i < 3; i++) {
        if (value->len > options[i].name.len
            && ngx_strncmp(value->data, options[i].name.data,
                           options[i].name.len)
               == 0)
        {
            field = options[i].field;
            s.data = value->data + options[i].name.len;
            s.len = value->len - options[i].name.len;
        }
    }

    if (field == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_resource \"%V\", wanted name=TEXT, "
                           "documentation=URL or issuers=NAME,...", value);
        return NGX_CONF_ERROR;
    }

    if (field->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_resource \"%V\": this server's resource "
                           "\"%V\" has that already", value, &resource->url);
        return NGX_CONF_ERROR;
    }

    if (field == &resource->documentation
        && ngx_strncmp(s.data, "https://", 8) != 0
        && ngx_strncmp(s.data, "http://", 7) != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_resource \"%V\", wanted a URL", value);
        return NGX_CONF_ERROR;
    }

    *field = s;

    return NGX_CONF_OK;
}


char *
ngx_http_hoop_conf_resource_metadata(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    ngx_http_core_loc_conf_t  *clcf;

    if (hlcf->metadata) {
        return "is duplicate";
    }

    hlcf->metadata = 1;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_hoop_resource_handler;

    return NGX_CONF_OK;
}


/* what is public asks for no token, whatever the server says */

char *
ngx_http_hoop_resource_merge(ngx_conf_t *cf,
    ngx_http_hoop_loc_conf_t *prev, ngx_http_hoop_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (prev->metadata) {
        clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

        if (clcf->noname) {

            /* "limit_except" and "if" are not another location */

            conf->metadata = 1;
            clcf->handler = ngx_http_hoop_resource_handler;
        }
    }

    if (!conf->metadata) {
        return NGX_CONF_OK;
    }

    if (conf->mode == NGX_CONF_UNSET_UINT) {
        conf->mode = NGX_HTTP_HOOP_OFF;
    }

    if (conf->mode != NGX_HTTP_HOOP_OFF || conf->api) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hoop_resource_metadata\" in a location with "
                           "\"%s\": clients read it before they have a "
                           "token", conf->api ? "hoop_api" : "hoop");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* what a protected location, merged by now, asks for */

ngx_int_t
ngx_http_hoop_resource_join(ngx_conf_t *cf, ngx_http_hoop_loc_conf_t *conf)
{
    ngx_uint_t                    i, j;
    hoop_str_t                   *scope, *known;
    ngx_http_hoop_source_t       *source;
    ngx_http_hoop_resource_t     *resource;
    ngx_http_hoop_proof_conf_t   *proof;
#if (NGX_HTTP_SSL)
    ngx_http_ssl_srv_conf_t      *sscf;
#endif

    resource = conf->resource;
    proof = conf->proof;

    for (i = 0; conf->scopes && i < conf->scopes->nelts; i++) {
        scope = (hoop_str_t *) conf->scopes->elts + i;
        known = resource->scopes.elts;

        for (j = 0; j < resource->scopes.nelts; j++) {
            if (hoop_str_eq(known[j], *scope)) {
                break;
            }
        }

        if (j == resource->scopes.nelts) {
            known = ngx_array_push(&resource->scopes);
            if (known == NULL) {
                return NGX_ERROR;
            }

            *known = *scope;
        }
    }

    resource->locations++;

    if (conf->sources == NULL) {
        resource->by_header++;
    }

    for (i = 0; conf->sources && i < conf->sources->nelts; i++) {
        source = (ngx_http_hoop_source_t *) conf->sources->elts + i;

        if (source->kind == NGX_HTTP_HOOP_SOURCE_AUTHORIZATION) {
            resource->by_header++;

        } else if (source->kind == NGX_HTTP_HOOP_SOURCE_QUERY
                   && source->name.len == 12
                   && ngx_strncmp(source->name.data, "access_token", 12) == 0)
        {
            resource->by_query++;
        }
    }

    if (proof == NULL) {
        return NGX_OK;
    }

    if (proof->required != NGX_HTTP_HOOP_PROOF_MTLS) {
        resource->dpop = 1;
        resource->dpop_algs &= proof->algs;
    }

    if (proof->required == NGX_HTTP_HOOP_PROOF_DPOP) {
        resource->dpop_required++;
    }

#if (NGX_HTTP_SSL)

    sscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_ssl_module);

    if (proof->required != NGX_HTTP_HOOP_PROOF_DPOP && sscf->verify) {
        resource->mtls = 1;
    }

#endif

    return NGX_OK;
}
