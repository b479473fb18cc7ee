
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoop_console: the page for approvers.  It is the same for everybody and asks
 * for no token; what it shows it gets from the approval API, with the token of
 * whoever looks at it.
 */


#include "ngx_http_hoop.h"


#define NGX_HTTP_HOOP_CONSOLE_ETAG  34      /* quoted, 32 hexadecimal digits */


struct ngx_http_hoop_console_s {
    ngx_str_t   api;                        /* URI of a hoop_api location */
    ngx_str_t   content[NGX_HTTP_HOOP_CONSOLE_FILES];
    u_char      etag[NGX_HTTP_HOOP_CONSOLE_FILES][NGX_HTTP_HOOP_CONSOLE_ETAG];
};


static ngx_int_t ngx_http_hoop_console_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_hoop_console_headers(ngx_http_request_t *r);
static ngx_int_t ngx_http_hoop_console_refuse(ngx_http_request_t *r,
    ngx_uint_t status);
static char *ngx_http_hoop_console_page(ngx_conf_t *cf,
    ngx_http_hoop_console_t *console);
static void ngx_http_hoop_console_escape(hoop_buf_t *b, ngx_str_t *s);


/* nothing from elsewhere, and no text that becomes a script */

static const struct {
    const char  *name;
    const char  *value;
} ngx_http_hoop_console_header[] = {
    { "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; "
      "img-src 'self' data:; connect-src 'self'; form-action 'self'; "
      "frame-ancestors 'none'; base-uri 'none'; "
      "require-trusted-types-for 'script'" },
    { "X-Content-Type-Options", "nosniff" },
    { "X-Frame-Options", "DENY" },
    { "Referrer-Policy", "no-referrer" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Permissions-Policy",
      "camera=(), geolocation=(), microphone=(), payment=(), usb=()" },
    { "Cache-Control", "no-cache" }
};


char *
ngx_http_hoop_conf_console(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_http_hoop_console_t   *console;
    ngx_http_core_loc_conf_t  *clcf;

    if (hlcf->console) {
        return "is duplicate";
    }

    if (hlcf->api || hlcf->handler) {
        return "wants a location of its own";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->exact_match || clcf->noname || clcf->named
#if (NGX_PCRE)
        || clcf->regex
#endif
        || clcf->name.len == 0 || clcf->name.data[clcf->name.len - 1] != '/')
    {
        return "wants a location that is a prefix and ends with \"/\"";
    }

    console = ngx_pcalloc(cf->pool, sizeof(ngx_http_hoop_console_t));
    if (console == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "api=/", 5) == 0
            && console->api.len == 0)
        {
            console->api.data = value[i].data + 4;
            console->api.len = value[i].len - 4;

        } else if (ngx_strncmp(value[i].data, "login=", 6) == 0
                   && hlcf->login == NULL)
        {
            value[i].data += 6;
            value[i].len -= 6;

            hlcf->login = ngx_http_hoop_login(cf, &value[i]);
            if (hlcf->login == NULL) {
                return NGX_CONF_ERROR;
            }

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\", wanted api=URI or "
                               "login=NAME", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    hlcf->console = console;

    clcf->handler = ngx_http_hoop_console_handler;
    clcf->auto_redirect = 1;

    return NGX_CONF_OK;
}


char *
ngx_http_hoop_console_check(ngx_conf_t *cf, ngx_http_hoop_main_conf_t *hmcf,
    ngx_http_hoop_loc_conf_t *conf)
{
    ngx_http_hoop_console_t  *console;

    console = conf->console;

    if (console == NULL || console->content[0].data) {
        return NGX_CONF_OK;
    }

    if (console->api.len == 0) {
        console->api = hmcf->api;
    }

    if (console->api.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"hoop_console\" needs a "
                           "\"hoop_api\" in a location before it, or api=URI");
        return NGX_CONF_ERROR;
    }

    if (ngx_http_hoop_login_check(cf, hmcf, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_hoop_console_page(cf, console);
}


/* with the URI of the API in it */

static char *
ngx_http_hoop_console_page(ngx_conf_t *cf, ngx_http_hoop_console_t *console)
{
    u_char                              *p, *mark, *end, md[32];
    ngx_uint_t                           i;
    hoop_buf_t                           b;
    const ngx_http_hoop_console_file_t  *file;

    static u_char  name[] = "%API%";

    for (i = 0; i < NGX_HTTP_HOOP_CONSOLE_FILES; i++) {
        file = &ngx_http_hoop_console_files[i];

        hoop_buf_init(&b, 1024 * 1024);

        p = (u_char *) file->start;
        end = (u_char *) file->end;

        mark = ngx_strlcasestrn(p, end, name, sizeof(name) - 2);

        if (mark) {
            (void) hoop_buf_add(&b, p, mark - p);
            ngx_http_hoop_console_escape(&b, &console->api);

            if (console->api.data[console->api.len - 1] != '/') {
                (void) hoop_buf_addc(&b, '/');
            }

            p = mark + sizeof(name) - 1;
        }

        (void) hoop_buf_add(&b, p, end - p);

        console->content[i].data = b.failed ? NULL
                                            : ngx_pnalloc(cf->pool, b.len);

        if (console->content[i].data == NULL) {
            hoop_buf_free(&b);
            return NGX_CONF_ERROR;
        }

        ngx_memcpy(console->content[i].data, b.data, b.len);
        console->content[i].len = b.len;

        hoop_sha256(md, b.data, b.len);

        console->etag[i][0] = '"';
        hoop_hex(console->etag[i] + 1, md, 16);
        console->etag[i][NGX_HTTP_HOOP_CONSOLE_ETAG - 1] = '"';

        hoop_buf_free(&b);
    }

    return NGX_CONF_OK;
}


static void
ngx_http_hoop_console_escape(hoop_buf_t *b, ngx_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {

        switch (s->data[i]) {

        case '&':
            (void) hoop_buf_adds(b, "&amp;");
            break;

        case '<':
            (void) hoop_buf_adds(b, "&lt;");
            break;

        case '"':
            (void) hoop_buf_adds(b, "&quot;");
            break;

        default:
            (void) hoop_buf_addc(b, s->data[i]);
        }
    }
}


static ngx_int_t
ngx_http_hoop_console_handler(ngx_http_request_t *r)
{
    size_t                     len;
    u_char                    *name;
    ngx_int_t                  rc;
    ngx_buf_t                 *b;
    ngx_uint_t                 i;
    ngx_chain_t                out;
    ngx_table_elt_t           *etag;
    ngx_http_hoop_console_t   *console;
    ngx_http_core_loc_conf_t  *clcf;
    ngx_http_hoop_loc_conf_t  *conf;

    conf = ngx_http_hoop_loc(r);
    console = conf->console;

    if (r != r->main || console == NULL) {
        return NGX_HTTP_FORBIDDEN;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (r->uri.len < clcf->name.len
        || ngx_strncmp(r->uri.data, clcf->name.data, clcf->name.len) != 0)
    {
        return ngx_http_hoop_console_refuse(r, NGX_HTTP_NOT_FOUND);
    }

    name = r->uri.data + clcf->name.len;
    len = r->uri.len - clcf->name.len;

    if (conf->login) {
        rc = ngx_http_hoop_login_handler(r, conf->login, hoop_str(name, len));

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    if ((r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) == 0) {

        if (ngx_http_hoop_header_out(r, "Allow", hoop_cstr("GET, HEAD"))
            == NULL)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_hoop_console_refuse(r, NGX_HTTP_NOT_ALLOWED);
    }

    for (i = 0; i < NGX_HTTP_HOOP_CONSOLE_FILES; i++) {
        if (len == ngx_http_hoop_console_files[i].name.len
            && ngx_strncmp(name, ngx_http_hoop_console_files[i].name.data, len)
               == 0)
        {
            break;
        }
    }

    if (i == NGX_HTTP_HOOP_CONSOLE_FILES) {
        return ngx_http_hoop_console_refuse(r, NGX_HTTP_NOT_FOUND);
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL || ngx_http_hoop_console_headers(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    etag = ngx_http_hoop_header_out(r, "ETag",
                                    hoop_str(console->etag[i],
                                             NGX_HTTP_HOOP_CONSOLE_ETAG));
    if (etag == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.etag = etag;
    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = console->content[i].len;
    r->headers_out.content_type = ngx_http_hoop_console_files[i].type;
    r->headers_out.content_type_len = ngx_strlchr(
                                          r->headers_out.content_type.data,
                                          r->headers_out.content_type.data
                                          + r->headers_out.content_type.len,
                                          ';')
                                      - r->headers_out.content_type.data;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->pos = console->content[i].data;
    b->last = b->pos + console->content[i].len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_http_hoop_console_headers(ngx_http_request_t *r)
{
    ngx_uint_t  i, n;

    n = sizeof(ngx_http_hoop_console_header)
        / sizeof(ngx_http_hoop_console_header[0]);

    for (i = 0; i < n; i++) {
        if (ngx_http_hoop_header_out(r, ngx_http_hoop_console_header[i].name,
                               hoop_cstr(ngx_http_hoop_console_header[i].value))
            == NULL)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_hoop_console_refuse(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_int_t   rc;
    hoop_buf_t  b;

    hoop_buf_init(&b, 1024);

    (void) hoop_buf_adds(&b, status == NGX_HTTP_NOT_FOUND
              ? "{\"type\":\"about:blank\",\"title\":\"Not Found\","
                "\"status\":404,\"detail\":\"no such resource\"}\n"
              : "{\"type\":\"about:blank\",\"title\":\"Not Allowed\","
                "\"status\":405,\"detail\":\"method not allowed\"}\n");

    rc = b.failed ? NGX_HTTP_INTERNAL_SERVER_ERROR
                  : ngx_http_hoop_json(r, status, "application/problem+json",
                                       &b);
    hoop_buf_free(&b);

    return rc;
}
