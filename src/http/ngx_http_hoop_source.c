
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoop_bearer: where a token may stand beside or instead of Authorization, in
 * a header of another name, a cookie or a query argument; and how it gets out
 * of sight again.
 *
 * What is taken out is the place, not the token that was found there: all
 * headers, cookies and arguments of the names, whatever they hold and whatever
 * comes of the request.  A header is left in the list with hash 0 (see
 * ngx_http_hoop_headers.c), a cookie and an argument are not written again.
 *
 * An argument is in four strings of nginx: r->args, which policy judges and
 * the target gets, r->unparsed_uri ($request_uri), r->request_line ($request,
 * and every line of the error log) and, with a page's own requests, Referer.
 * Each is replaced by a copy, since all of them lie in one buffer.
 */


#include "ngx_http_hoop.h"

#include "../core/hoop_pairs.h"


static size_t ngx_http_hoop_source_header(ngx_http_request_t *r,
    ngx_str_t *name, hoop_str_t *value);
static ngx_int_t ngx_http_hoop_source_query(ngx_http_request_t *r,
    ngx_str_t *name, hoop_str_t *value, size_t *n);
static ngx_int_t ngx_http_hoop_source_hide_headers(ngx_http_request_t *r,
    ngx_array_t *sources);
static ngx_int_t ngx_http_hoop_source_cut(ngx_http_request_t *r,
    ngx_array_t *sources, ngx_str_t *s);
static ngx_int_t ngx_http_hoop_source_remove(ngx_http_request_t *r,
    ngx_array_t *sources, ngx_uint_t kind, ngx_str_t *s);
static char *ngx_http_hoop_source_parse(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_hoop_source_t *source);
static char *ngx_http_hoop_source_check(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_hoop_source_t *source);


#define ngx_http_hoop_key_is(h, name)                                         \
    ((h)->key.len == sizeof(name) - 1                                         \
     && ngx_strncasecmp((h)->key.data, (u_char *) name, sizeof(name) - 1)     \
        == 0)


ngx_int_t
ngx_http_hoop_source_find(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_str_t *value, size_t *n, ngx_uint_t *listed)
{
    size_t                   found;
    hoop_str_t               v;
    ngx_uint_t               i;
    ngx_http_hoop_source_t  *source;

    *n = 0;
    *listed = 0;

    v = hoop_str(NULL, 0);

    source = ctx->conf->sources->elts;

    for (i = 0; i < ctx->conf->sources->nelts; i++) {
        found = 0;

        switch (source[i].kind) {

        case NGX_HTTP_HOOP_SOURCE_AUTHORIZATION:
            *listed = 1;
            break;

        case NGX_HTTP_HOOP_SOURCE_HEADER:
            found = ngx_http_hoop_source_header(r, &source[i].name, &v);
            break;

        case NGX_HTTP_HOOP_SOURCE_COOKIE:
            found = ngx_http_hoop_source_cookie(r, &source[i].name, &v);
            ctx->in_cookie |= (found != 0);
            break;

        default: /* NGX_HTTP_HOOP_SOURCE_QUERY */

            if (ngx_http_hoop_source_query(r, &source[i].name, &v, &found)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            ctx->in_query |= (found != 0);
        }

        if (found && *n == 0) {
            *value = v;
        }

        *n += found;
    }

    return NGX_OK;
}


/* with "Bearer" before it, or alone */

static size_t
ngx_http_hoop_source_header(ngx_http_request_t *r, ngx_str_t *name,
    hoop_str_t *value)
{
    size_t            n;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    n = 0;
    i = 0;
    part = &r->headers_in.headers.part;

    while ((h = ngx_http_hoop_next(&part, &i)) != NULL) {

        if (h->hash == 0
            || h->key.len != name->len
            || !ngx_http_hoop_headers_named(h, name->data, name->len)
            || n++)
        {
            continue;
        }

        *value = ngx_http_hoop_str(&h->value);

        if (h->value.len >= 6
            && ngx_strncasecmp(h->value.data, (u_char *) "Bearer", 6) == 0
            && (h->value.len == 6 || h->value.data[6] == ' '))
        {
            *value = hoop_str(h->value.data + 6, h->value.len - 6);
        }
    }

    return n;
}


size_t
ngx_http_hoop_source_cookie(ngx_http_request_t *r, ngx_str_t *name,
    hoop_str_t *value)
{
    size_t            n, found;
    hoop_str_t        v;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    n = 0;
    i = 0;
    part = &r->headers_in.headers.part;

    while ((h = ngx_http_hoop_next(&part, &i)) != NULL) {

        if (!ngx_http_hoop_key_is(h, "cookie")) {
            continue;
        }

        found = hoop_pairs_find(ngx_http_hoop_str(&h->value),
                                HOOP_PAIRS_COOKIE, ngx_http_hoop_str(name),
                                &v);
        if (found && n == 0) {
            *value = v;
        }

        n += found;
    }

    return n;
}


static ngx_int_t
ngx_http_hoop_source_query(ngx_http_request_t *r, ngx_str_t *name,
    hoop_str_t *value, size_t *n)
{
    u_char      *p;
    hoop_str_t   v;

    *n = hoop_pairs_find(ngx_http_hoop_str(&r->args), HOOP_PAIRS_QUERY,
                         ngx_http_hoop_str(name), &v);

    if (*n == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, v.len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *value = hoop_str(p, hoop_pairs_decode(v, p));

    return NGX_OK;
}


ngx_int_t
ngx_http_hoop_source_hide(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    if (ngx_http_hoop_source_hide_headers(r, ctx->conf->sources) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_hoop_source_hide_query(r, ctx->conf->sources);
}


static ngx_int_t
ngx_http_hoop_source_hide_headers(ngx_http_request_t *r, ngx_array_t *sources)
{
    ngx_uint_t               i, j;
    ngx_list_part_t         *part;
    ngx_table_elt_t         *h;
    ngx_http_hoop_source_t  *source;

    source = sources->elts;

    i = 0;
    part = &r->headers_in.headers.part;

    while ((h = ngx_http_hoop_next(&part, &i)) != NULL) {

        for (j = 0; j < sources->nelts; j++) {
            if (source[j].kind == NGX_HTTP_HOOP_SOURCE_HEADER
                && source[j].name.len == h->key.len
                && ngx_http_hoop_headers_named(h, source[j].name.data,
                                               h->key.len))
            {
                h->hash = 0;
            }
        }

        if (ngx_http_hoop_key_is(h, "cookie")) {

            if (h->value.len == 0) {
                continue;
            }

            if (ngx_http_hoop_source_remove(r, sources,
                                            NGX_HTTP_HOOP_SOURCE_COOKIE,
                                            &h->value)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            if (h->value.len == 0) {
                h->hash = 0;
            }

        } else if (ngx_http_hoop_key_is(h, "referer")
                   && ngx_http_hoop_source_cut(r, sources, &h->value)
                      != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_hoop_source_hide_query(ngx_http_request_t *r, ngx_array_t *sources)
{
    if (ngx_http_hoop_source_args(r, sources, &r->args) != NGX_OK
        || ngx_http_hoop_source_cut(r, sources, &r->unparsed_uri) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_hoop_source_cut(r, sources, &r->request_line);
}


/* the query in a URI or a request line: from "?" on, up to a space */

static ngx_int_t
ngx_http_hoop_source_cut(ngx_http_request_t *r, ngx_array_t *sources,
    ngx_str_t *s)
{
    u_char     *p, *o, *end, *last;
    size_t      len;
    ngx_str_t   args;

    last = s->data + s->len;

    p = ngx_strlchr(s->data, last, '?');
    if (p == NULL) {
        return NGX_OK;
    }

    end = ngx_strlchr(p, last, ' ');
    if (end == NULL) {
        end = last;
    }

    args.data = p + 1;
    args.len = len = end - args.data;

    if (ngx_http_hoop_source_args(r, sources, &args) != NGX_OK) {
        return NGX_ERROR;
    }

    if (args.len == len) {
        return NGX_OK;
    }

    o = ngx_pnalloc(r->pool, s->len + 1);
    if (o == NULL) {
        return NGX_ERROR;
    }

    len = p - s->data;
    p = ngx_cpymem(o, s->data, len);

    if (args.len) {

        if (args.data[0] != '#') {
            *p++ = '?';
        }

        p = ngx_cpymem(p, args.data, args.len);
    }

    p = ngx_cpymem(p, end, last - end);

    /* others may print it as a C string */
    *p = '\0';

    s->data = o;
    s->len = p - o;

    return NGX_OK;
}


ngx_int_t
ngx_http_hoop_source_args(ngx_http_request_t *r, ngx_array_t *sources,
    ngx_str_t *args)
{
    return ngx_http_hoop_source_remove(r, sources, NGX_HTTP_HOOP_SOURCE_QUERY,
                                       args);
}


/* replaces s by a copy without those of its pairs that the sources name, if
   there are any */

static ngx_int_t
ngx_http_hoop_source_remove(ngx_http_request_t *r, ngx_array_t *sources,
    ngx_uint_t kind, ngx_str_t *s)
{
    u_char                  *p;
    ngx_uint_t               i;
    hoop_str_t               text, name, value;
    hoop_pairs_e             pairs;
    ngx_http_hoop_source_t  *source;

    p = NULL;
    text = ngx_http_hoop_str(s);
    source = sources->elts;

    pairs = (kind == NGX_HTTP_HOOP_SOURCE_COOKIE) ? HOOP_PAIRS_COOKIE
                                                  : HOOP_PAIRS_QUERY;

    for (i = 0; i < sources->nelts; i++) {

        if (source[i].kind != kind) {
            continue;
        }

        name = ngx_http_hoop_str(&source[i].name);

        if (hoop_pairs_find(text, pairs, name, &value) == 0) {
            continue;
        }

        if (p == NULL) {
            p = ngx_pnalloc(r->pool, text.len);
            if (p == NULL) {
                return NGX_ERROR;
            }
        }

        text = hoop_str(p, hoop_pairs_remove(text, pairs, name, p));
    }

    if (p) {
        s->data = p;
        s->len = text.len;
    }

    return NGX_OK;
}


/* hoop_bearer authorization | header=NAME | cookie=NAME | query=NAME ...; */

char *
ngx_http_hoop_conf_bearer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    char                    *rv;
    ngx_str_t               *value;
    ngx_uint_t               i, j;
    ngx_http_hoop_source_t  *source;

    if (hlcf->sources != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "authorization") == 0)
    {
        hlcf->sources = NULL;
        return NGX_CONF_OK;
    }

    if (cf->args->nelts - 1 > NGX_HTTP_HOOP_SOURCES) {
        return "names more than 8 sources";
    }

    hlcf->sources = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                     sizeof(ngx_http_hoop_source_t));
    if (hlcf->sources == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        source = ngx_array_push(hlcf->sources);
        if (source == NULL) {
            return NGX_CONF_ERROR;
        }

        rv = ngx_http_hoop_source_parse(cf, &value[i], source);
        if (rv != NGX_CONF_OK) {
            return rv;
        }

        for (j = 1; j < i; j++) {
            if (value[i].len == value[j].len
                && ngx_strncasecmp(value[i].data, value[j].data, value[i].len)
                   == 0)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"%V\" is named twice", &value[i]);
                return NGX_CONF_ERROR;
            }
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_source_parse(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_hoop_source_t *source)
{
    ngx_uint_t  i;

    static struct {
        ngx_str_t   prefix;
        ngx_uint_t  kind;
    } kinds[] = {
        { ngx_string("header="), NGX_HTTP_HOOP_SOURCE_HEADER },
        { ngx_string("cookie="), NGX_HTTP_HOOP_SOURCE_COOKIE },
        { ngx_string("query="), NGX_HTTP_HOOP_SOURCE_QUERY }
    };

    if (ngx_strcmp(value->data, "authorization") == 0) {
        ngx_memzero(source, sizeof(ngx_http_hoop_source_t));
        return NGX_CONF_OK;
    }

    for (i = 0; i < 3; i++) {
        if (value->len > kinds[i].prefix.len
            && ngx_strncmp(value->data, kinds[i].prefix.data,
                           kinds[i].prefix.len)
               == 0)
        {
            source->kind = kinds[i].kind;
            source->name.data = value->data + kinds[i].prefix.len;
            source->name.len = value->len - kinds[i].prefix.len;

            return ngx_http_hoop_source_check(cf, value, source);
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "hoop_bearer \"%V\", wanted authorization, header=NAME, "
                       "cookie=NAME or query=NAME", value);

    return NGX_CONF_ERROR;
}


/*
 * A name that needs no escapes.  A header that is taken out of the request is
 * to be none that nginx, the target or this module has another use for.
 */

static char *
ngx_http_hoop_source_check(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_hoop_source_t *source)
{
    u_char              ch;
    size_t              i;
    ngx_str_t          *name;
    ngx_http_header_t  *header;

    name = &source->name;

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];

        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
              || (ch >= '0' && ch <= '9') || ch == '-'
              || ((ch == '_' || ch == '.')
                  && source->kind != NGX_HTTP_HOOP_SOURCE_HEADER)))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop_bearer \"%V\" has a name with a foreign "
                               "character", value);
            return NGX_CONF_ERROR;
        }
    }

    if (source->kind == NGX_HTTP_HOOP_SOURCE_QUERY) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "hoop_bearer \"%V\": a token in a URL is in the "
                           "logs of clients and of proxies before this one, "
                           "and in nginx's own of requests that end before "
                           "they are judged", value);
        return NGX_CONF_OK;
    }

    if (source->kind != NGX_HTTP_HOOP_SOURCE_HEADER) {
        return NGX_CONF_OK;
    }

    for (header = ngx_http_headers_in; header->name.len; header++) {
        if (header->name.len == name->len
            && ngx_strncasecmp(header->name.data, name->data, name->len) == 0)
        {
            goto taken;
        }
    }

    if ((name->len == 4
         && ngx_strncasecmp(name->data, (u_char *) "DPoP", 4) == 0)
        || (name->len == 19
            && ngx_strncasecmp(name->data, (u_char *) "Proxy-Authorization",
                               19)
               == 0)
        || (name->len >= 5
            && ngx_strncasecmp(name->data, (u_char *) "Hoop-", 5) == 0))
    {
        goto taken;
    }

    return NGX_CONF_OK;

taken:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "hoop_bearer \"%V\": that header has another use",
                       value);

    return NGX_CONF_ERROR;
}
