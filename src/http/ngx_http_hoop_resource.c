
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Protected resource metadata (RFC 9728): by what name the protected locations
 * of a server are known, and where tokens for them come from.
 *
 * A resource belongs to a server; one or several locations of it, which name
 * its identifier, are it.  While the configuration is merged they leave here
 * what they ask for, and when all is merged the document is made.  Challenges
 * name its URL, and the handler of hoop_resource_metadata finds it by its path.
 */


#include "ngx_http_hoop.h"


static ngx_str_t *ngx_http_hoop_resource_document(ngx_http_request_t *r);
static ngx_int_t ngx_http_hoop_resource_send(ngx_http_request_t *r,
    ngx_uint_t status, const char **header, ngx_str_t *body);
static ngx_int_t ngx_http_hoop_resource_build(ngx_conf_t *cf,
    ngx_http_hoop_main_conf_t *hmcf, ngx_http_hoop_resource_t *resource,
    hoop_buf_t *b);
static ngx_int_t ngx_http_hoop_resource_servers(ngx_conf_t *cf,
    ngx_http_hoop_main_conf_t *hmcf, ngx_http_hoop_resource_t *resource,
    hoop_buf_t *b);
static ngx_uint_t ngx_http_hoop_resource_server(ngx_str_t *issuer,
    ngx_uint_t n, hoop_buf_t *b);
static void ngx_http_hoop_resource_methods(
    ngx_http_hoop_resource_t *resource, hoop_buf_t *b);
static void ngx_http_hoop_resource_algs(ngx_http_hoop_resource_t *resource,
    hoop_buf_t *b);


ngx_str_t  ngx_http_hoop_resource_prefix =
    ngx_string("/.well-known/oauth-protected-resource");

static ngx_str_t  ngx_http_hoop_resource_unknown =
    ngx_string("{\"type\":\"about:blank\",\"title\":\"Not Found\","
               "\"status\":404,\"detail\":\"no such protected resource\"}\n");

static ngx_str_t  ngx_http_hoop_resource_readonly =
    ngx_string("{\"type\":\"about:blank\",\"title\":\"Method Not Allowed\","
               "\"status\":405,\"detail\":\"metadata can only be read\"}\n");


/* names and values; what is public, any origin may read */

static const char  *ngx_http_hoop_resource_found_headers[] = {
    "Cache-Control", "public, max-age=3600",
    "Access-Control-Allow-Origin", "*",
    "X-Content-Type-Options", "nosniff",
    NULL
};

static const char  *ngx_http_hoop_resource_unknown_headers[] = {
    "Cache-Control", "no-store",
    "Access-Control-Allow-Origin", "*",
    NULL
};

static const char  *ngx_http_hoop_resource_readonly_headers[] = {
    "Allow", "GET, HEAD, OPTIONS",
    "Cache-Control", "no-store",
    "Access-Control-Allow-Origin", "*",
    NULL
};

static const char  *ngx_http_hoop_resource_options_headers[] = {
    "Allow", "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Origin", "*",
    "Access-Control-Allow-Methods", "GET, HEAD",
    "Access-Control-Allow-Headers", "*",
    "Access-Control-Max-Age", "3600",
    NULL
};


/* as a parameter of a challenge */

void
ngx_http_hoop_resource_challenge(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b)
{
    if (ctx->conf->resource) {
        (void) hoop_buf_add(b, ctx->conf->resource->challenge.data,
                            ctx->conf->resource->challenge.len);
    }
}


ngx_int_t
ngx_http_hoop_resource_handler(ngx_http_request_t *r)
{
    ngx_str_t  *document;

    if (r->method == NGX_HTTP_OPTIONS) {

        /* a browser asks whether its application may ask */

        return ngx_http_hoop_resource_send(r, NGX_HTTP_NO_CONTENT,
                                   ngx_http_hoop_resource_options_headers,
                                   NULL);
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_hoop_resource_send(r, NGX_HTTP_NOT_ALLOWED,
                                   ngx_http_hoop_resource_readonly_headers,
                                   &ngx_http_hoop_resource_readonly);
    }

    document = ngx_http_hoop_resource_document(r);

    if (document == NULL) {
        return ngx_http_hoop_resource_send(r, NGX_HTTP_NOT_FOUND,
                                   ngx_http_hoop_resource_unknown_headers,
                                   &ngx_http_hoop_resource_unknown);
    }

    return ngx_http_hoop_resource_send(r, NGX_HTTP_OK,
                                   ngx_http_hoop_resource_found_headers,
                                   document);
}


/*
 * Of the resource whose path stands behind the prefix.  Where nothing does it
 * is that of the server as a whole, or else of the only one in it: a client
 * that has been told no URL may try that place.
 */

static ngx_str_t *
ngx_http_hoop_resource_document(ngx_http_request_t *r)
{
    ngx_uint_t                   i, n;
    ngx_http_hoop_resource_t   **pp, *only;
    ngx_http_core_srv_conf_t    *cscf;
    ngx_http_hoop_main_conf_t   *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hoop_module);
    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    pp = hmcf->resources.elts;
    only = NULL;
    n = 0;

    for (i = 0; i < hmcf->resources.nelts; i++) {

        if (pp[i]->server != cscf) {
            continue;
        }

        if (pp[i]->uri.len == r->uri.len
            && ngx_strncmp(pp[i]->uri.data, r->uri.data, r->uri.len) == 0)
        {
            return &pp[i]->document;
        }

        only = pp[i];
        n++;
    }

    if (n == 1
        && r->uri.len == ngx_http_hoop_resource_prefix.len
        && ngx_strncmp(r->uri.data, ngx_http_hoop_resource_prefix.data,
                       r->uri.len)
           == 0)
    {
        return &only->document;
    }

    return NULL;
}


static ngx_int_t
ngx_http_hoop_resource_send(ngx_http_request_t *r, ngx_uint_t status,
    const char **header, ngx_str_t *body)
{
    ngx_int_t     rc;
    ngx_buf_t    *buf;
    ngx_chain_t   out;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    for ( /* void */ ; *header; header += 2) {
        if (ngx_http_hoop_header_out(r, header[0], hoop_cstr(header[1]))
            == NULL)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    r->headers_out.status = status;

    if (body == NULL) {
        r->header_only = 1;
        return ngx_http_send_header(r);
    }

    if (status == NGX_HTTP_OK) {
        ngx_str_set(&r->headers_out.content_type, "application/json");

    } else {
        ngx_str_set(&r->headers_out.content_type, "application/problem+json");
    }

    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.content_length_n = body->len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    buf = ngx_calloc_buf(r->pool);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    buf->pos = body->data;
    buf->last = body->data + body->len;
    buf->memory = 1;
    buf->last_buf = (r == r->main) ? 1 : 0;
    buf->last_in_chain = 1;

    out.buf = buf;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


/* all servers are read: makes the documents */

ngx_int_t
ngx_http_hoop_resource_init(ngx_conf_t *cf, ngx_http_hoop_main_conf_t *hmcf)
{
    ngx_int_t                   rc;
    hoop_buf_t                  b;
    ngx_uint_t                  i;
    ngx_http_hoop_resource_t  **pp;

    pp = hmcf->resources.elts;

    for (i = 0; i < hmcf->resources.nelts; i++) {

        if (pp[i]->locations == 0) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "hoop_resource \"%V\" is that of no protected "
                               "location", &pp[i]->url);
        }

        hoop_buf_init(&b, 0);

        rc = ngx_http_hoop_resource_build(cf, hmcf, pp[i], &b);

        if (rc == NGX_OK) {
            rc = ngx_http_hoop_resource_keep(cf, &b, &pp[i]->document);
        }

        hoop_buf_free(&b);

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_hoop_resource_build(ngx_conf_t *cf, ngx_http_hoop_main_conf_t *hmcf,
    ngx_http_hoop_resource_t *resource, hoop_buf_t *b)
{
    ngx_uint_t   i;
    hoop_str_t  *scope;

    (void) hoop_buf_adds(b, "{\"resource\":");
    (void) hoop_buf_add_json(b, resource->url.data, resource->url.len);

    if (ngx_http_hoop_resource_servers(cf, hmcf, resource, b) != NGX_OK) {
        return NGX_ERROR;
    }

    scope = resource->scopes.elts;

    for (i = 0; i < resource->scopes.nelts; i++) {
        (void) hoop_buf_adds(b, i ? "," : ",\"scopes_supported\":[");
        (void) hoop_buf_add_json(b, scope[i].data, scope[i].len);
    }

    if (i) {
        (void) hoop_buf_addc(b, ']');
    }

    ngx_http_hoop_resource_methods(resource, b);

    if (resource->name.len) {
        (void) hoop_buf_adds(b, ",\"resource_name\":");
        (void) hoop_buf_add_json(b, resource->name.data, resource->name.len);
    }

    if (resource->documentation.len) {
        (void) hoop_buf_adds(b, ",\"resource_documentation\":");
        (void) hoop_buf_add_json(b, resource->documentation.data,
                                 resource->documentation.len);
    }

    if (resource->mtls) {
        (void) hoop_buf_adds(b, ",\"tls_client_certificate_bound_access_tokens"
                                "\":true");
    }

    ngx_http_hoop_resource_algs(resource, b);

    if (resource->dpop_required && resource->dpop_required
                                   == resource->locations)
    {
        (void) hoop_buf_adds(b, ",\"dpop_bound_access_tokens_required\":true");
    }

    (void) hoop_buf_adds(b, "}\n");

    return NGX_OK;
}


/*
 * Those named, or all.  A client looks an issuer up by its URL: what is none
 * can be named by mistake alone.
 */

static ngx_int_t
ngx_http_hoop_resource_servers(ngx_conf_t *cf, ngx_http_hoop_main_conf_t *hmcf,
    ngx_http_hoop_resource_t *resource, hoop_buf_t *b)
{
    u_char                   *p, *end, *last;
    ngx_str_t                 name;
    ngx_uint_t                i, n;
    ngx_http_hoop_issuer_t  **issuer;

    issuer = hmcf->issuers.elts;
    n = 0;

    if (resource->issuers.len == 0) {

        for (i = 0; i < hmcf->issuers.nelts; i++) {
            n += ngx_http_hoop_resource_server(&issuer[i]->issuer, n, b);
        }

        if (n) {
            (void) hoop_buf_addc(b, ']');
        }

        return NGX_OK;
    }

    last = resource->issuers.data + resource->issuers.len;

    for (p = resource->issuers.data; p <= last; p = end + 1) {
        end = ngx_strlchr(p, last, ',');

        if (end == NULL) {
            end = last;
        }

        name.data = p;
        name.len = end - p;

        for (i = 0; i < hmcf->issuers.nelts; i++) {
            if (hoop_str_eq(ngx_http_hoop_str(&issuer[i]->name),
                            ngx_http_hoop_str(&name)))
            {
                break;
            }
        }

        if (i == hmcf->issuers.nelts) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop_resource \"%V\": no hoop_issuer \"%V\"",
                               &resource->url, &name);
            return NGX_ERROR;
        }

        if (!ngx_http_hoop_resource_server(&issuer[i]->issuer, n, b)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop_resource \"%V\": the issuer of "
                               "hoop_issuer \"%V\" is no URL",
                               &resource->url, &name);
            return NGX_ERROR;
        }

        n++;
    }

    (void) hoop_buf_addc(b, ']');

    return NGX_OK;
}


/* the number of those added: 1, or 0 */

static ngx_uint_t
ngx_http_hoop_resource_server(ngx_str_t *issuer, ngx_uint_t n, hoop_buf_t *b)
{
    if (ngx_strncmp(issuer->data, "https://", 8) != 0
        && ngx_strncmp(issuer->data, "http://", 7) != 0)
    {
        return 0;
    }

    (void) hoop_buf_adds(b, n ? "," : ",\"authorization_servers\":[");
    (void) hoop_buf_add_json(b, issuer->data, issuer->len);

    return 1;
}


/*
 * Those of RFC 6750 that will do in all locations; there may be none, as with a
 * header of another name, or a cookie.
 */

static void
ngx_http_hoop_resource_methods(ngx_http_hoop_resource_t *resource,
    hoop_buf_t *b)
{
    (void) hoop_buf_adds(b, ",\"bearer_methods_supported\":[");

    if (resource->by_header == resource->locations) {
        (void) hoop_buf_adds(b, "\"header\"");
    }

    if (resource->by_query && resource->by_query == resource->locations) {
        (void) hoop_buf_adds(b, resource->by_header == resource->locations
                                ? ",\"query\"" : "\"query\"");
    }

    (void) hoop_buf_addc(b, ']');
}


static void
ngx_http_hoop_resource_algs(ngx_http_hoop_resource_t *resource, hoop_buf_t *b)
{
    u_char      *p, *end, *last;
    ngx_str_t   *names;
    ngx_uint_t   n;

    if (!resource->dpop) {
        return;
    }

    names = &ngx_http_hoop_proof_default.names;
    n = 0;

    for (p = names->data, last = p + names->len; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, ' ');

        if (end == NULL) {
            end = last;
        }

        if (hoop_jwt_alg(hoop_str(p, end - p)) & resource->dpop_algs) {
            (void) hoop_buf_adds(b, n++ ? ","
                                 : ",\"dpop_signing_alg_values_supported\":[");
            (void) hoop_buf_add_json(b, p, end - p);
        }
    }

    if (n) {
        (void) hoop_buf_addc(b, ']');
    }
}


ngx_int_t
ngx_http_hoop_resource_keep(ngx_conf_t *cf, hoop_buf_t *b, ngx_str_t *s)
{
    if (b->failed) {
        return NGX_ERROR;
    }

    s->data = ngx_pnalloc(cf->pool, b->len);
    if (s->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(s->data, b->data, b->len);
    s->len = b->len;

    return NGX_OK;
}
