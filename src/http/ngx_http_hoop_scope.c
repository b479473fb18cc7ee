
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What a location asks of a token beyond that it is good: to be meant for it
 * (audience, RFC 8707) and to be allowed here (scope, RFC 6749, 3.3).
 *
 * An issuer's own "audience" is checked with the token and remembered with it;
 * these are of the location, and asked with each request and each redirect.
 * A token says its scope in "scope", a string with spaces (RFC 8693, 4.2; RFC
 * 9068), or else in "scp", which is a list with some issuers.
 */


#include "ngx_http_hoop.h"


/* of all names of a location: they go into a header */
#define NGX_HTTP_HOOP_SCOPE_MAX  1024


static ngx_uint_t ngx_http_hoop_scope_audience(ngx_http_hoop_ctx_t *ctx);
static json_t *ngx_http_hoop_scope_claim(ngx_http_hoop_ctx_t *ctx);
static ngx_uint_t ngx_http_hoop_scope_granted(json_t *claim, hoop_str_t name);
static char *ngx_http_hoop_scope_names(ngx_conf_t *cf, ngx_array_t **names);


ngx_int_t
ngx_http_hoop_scope(ngx_http_hoop_ctx_t *ctx)
{
    json_t      *claim;
    ngx_uint_t   i;
    hoop_str_t  *name;

    if (ctx->conf->audiences && !ngx_http_hoop_scope_audience(ctx)) {
        ctx->error = hoop_jwt_strerror(HOOP_JWT_AUDIENCE);
        ctx->error_code = "invalid_token";
        return NGX_HTTP_UNAUTHORIZED;
    }

    if (ctx->conf->scopes == NULL) {
        return NGX_OK;
    }

    claim = ngx_http_hoop_scope_claim(ctx);
    name = ctx->conf->scopes->elts;

    for (i = 0; i < ctx->conf->scopes->nelts; i++) {

        if (!ngx_http_hoop_scope_granted(claim, name[i])) {
            ctx->error = "token lacks a scope that is needed here";
            ctx->error_code = "insufficient_scope";
            return NGX_HTTP_FORBIDDEN;
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_hoop_scope_is(json_t *value, hoop_str_t name)
{
    return json_is_string(value)
           && hoop_str_eq(hoop_str(json_string_value(value),
                                   json_string_length(value)),
                          name);
}


static ngx_uint_t
ngx_http_hoop_scope_audience(ngx_http_hoop_ctx_t *ctx)
{
    size_t       j;
    json_t      *claim, *value;
    ngx_uint_t   i;
    hoop_str_t  *name;

    claim = json_object_get(ctx->identity->claims, "aud");
    name = ctx->conf->audiences->elts;

    for (i = 0; i < ctx->conf->audiences->nelts; i++) {

        if (ngx_http_hoop_scope_is(claim, name[i])) {
            return 1;
        }

        json_array_foreach(claim, j, value) {
            if (ngx_http_hoop_scope_is(value, name[i])) {
                return 1;
            }
        }
    }

    return 0;
}


static json_t *
ngx_http_hoop_scope_claim(ngx_http_hoop_ctx_t *ctx)
{
    json_t  *claim;

    claim = json_object_get(ctx->identity->claims, "scope");

    return claim ? claim : json_object_get(ctx->identity->claims, "scp");
}


static ngx_uint_t
ngx_http_hoop_scope_granted(json_t *claim, hoop_str_t name)
{
    size_t       i;
    json_t      *value;
    const char  *p, *end, *last;

    if (!json_is_string(claim)) {

        json_array_foreach(claim, i, value) {
            if (ngx_http_hoop_scope_is(value, name)) {
                return 1;
            }
        }

        return 0;
    }

    p = json_string_value(claim);
    last = p + json_string_length(claim);

    while (p < last) {
        end = memchr(p, ' ', last - p);

        if (end == NULL) {
            end = last;
        }

        if (hoop_str_eq(hoop_str(p, end - p), name)) {
            return 1;
        }

        p = end + 1;
    }

    return 0;
}


/* no name has a character that a quoted-string would have to escape */

void
ngx_http_hoop_scope_challenge(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b)
{
    ngx_uint_t   i;
    hoop_str_t  *name;

    if (ctx->conf->scopes == NULL) {
        return;
    }

    (void) hoop_buf_adds(b, ", scope=\"");

    name = ctx->conf->scopes->elts;

    for (i = 0; i < ctx->conf->scopes->nelts; i++) {

        if (i) {
            (void) hoop_buf_addc(b, ' ');
        }

        (void) hoop_buf_add(b, name[i].data, name[i].len);
    }

    (void) hoop_buf_addc(b, '"');
}


/*
 * $hoop_scope: with spaces, however the token has it.  None if one of a list
 * has a space in it, which would make two of one.
 */

ngx_int_t
ngx_http_hoop_scope_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char               *p;
    size_t                i, len;
    json_t               *claim, *value;
    ngx_http_hoop_ctx_t  *ctx;

    v->not_found = 1;

    ctx = ngx_http_hoop_ctx(r);

    if (ctx == NULL || !ctx->verified) {
        return NGX_OK;
    }

    claim = ngx_http_hoop_scope_claim(ctx);

    if (json_is_string(claim)) {
        v->data = (u_char *) json_string_value(claim);
        v->len = json_string_length(claim);

    } else {
        len = 0;

        json_array_foreach(claim, i, value) {

            if (json_is_string(value)
                && memchr(json_string_value(value), ' ',
                          json_string_length(value)))
            {
                return NGX_OK;
            }

            len += json_string_length(value) + 1;
        }

        if (len == 0) {
            return NGX_OK;
        }

        p = ngx_pnalloc(r->pool, len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        v->data = p;

        json_array_foreach(claim, i, value) {

            if (!json_is_string(value)) {
                continue;
            }

            if (p != v->data) {
                *p++ = ' ';
            }

            p = ngx_cpymem(p, json_string_value(value),
                           json_string_length(value));
        }

        v->len = p - v->data;
    }

    if (ngx_http_hoop_has_control(hoop_str(v->data, v->len))) {
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


/* "off" alone takes back what an outer level asks; the list is NULL then */

static char *
ngx_http_hoop_scope_names(ngx_conf_t *cf, ngx_array_t **names)
{
    size_t       len;
    ngx_str_t   *value;
    ngx_uint_t   i, j;
    hoop_str_t  *name;

    if (*names != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    len = 0;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        *names = NULL;
        return NGX_CONF_OK;
    }

    *names = ngx_array_create(cf->pool, cf->args->nelts - 1,
                              sizeof(hoop_str_t));
    if (*names == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "off") == 0) {
            return "has \"off\" beside a name";
        }

        if (value[i].len == 0) {
            return "has an empty name";
        }

        for (j = 1; j < i; j++) {
            if (ngx_strcmp(value[i].data, value[j].data) == 0) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"%V\" is named twice", &value[i]);
                return NGX_CONF_ERROR;
            }
        }

        name = ngx_array_push(*names);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = ngx_http_hoop_str(&value[i]);
        len += value[i].len + 1;
    }

    return (len > NGX_HTTP_HOOP_SCOPE_MAX) ? "has more than 1024 bytes"
                                           : NGX_CONF_OK;
}


char *
ngx_http_hoop_conf_scope(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    size_t      j;
    u_char      ch;
    ngx_str_t  *value;
    ngx_uint_t  i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        for (j = 0; j < value[i].len; j++) {
            ch = value[i].data[j];

            if (ch < 0x21 || ch > 0x7e || ch == '"' || ch == '\\') {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "hoop_scope \"%V\", wanted printable ASCII "
                                   "without space, quote and backslash",
                                   &value[i]);
                return NGX_CONF_ERROR;
            }
        }
    }

    return ngx_http_hoop_scope_names(cf, &hlcf->scopes);
}


char *
ngx_http_hoop_conf_audience(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    return ngx_http_hoop_scope_names(cf, &hlcf->audiences);
}


/* what a quoted-string cannot hold, however it is escaped */

char *
ngx_http_hoop_conf_realm(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t *realm = data;

    size_t  i;

    if (realm->len > 256) {
        return "is longer than 256 bytes";
    }

    for (i = 0; i < realm->len; i++) {
        if (realm->data[i] < 0x20 || realm->data[i] == 0x7f) {
            return "has a control character";
        }
    }

    return NGX_CONF_OK;
}
