
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the target sees of the request's headers: not the agent's token, no
 * Range, no coding that could not be judged, no header of ours made by the
 * client, and the credential in the agent's stead.
 *
 * Upstream modules copy the list r->headers_in.headers, so the list is built
 * anew; the well-known pointers of r->headers_in are moved to the copies.
 *
 * The credential's element has hash 0, by which nginx's variables ($http_...)
 * pass over it while upstream modules do not, and a lowcase_key that is no
 * name, so that no lookup by name finds it: a "proxy_set_header" of the same
 * name does not take its place.
 *
 * One thing is taken from nginx: it refuses a second Authorization header and
 * logs both values.  The entry for that name in the table of known headers, a
 * part of this configuration alone, is replaced by one of ours that does not
 * log them; where a location is not protected the request is refused as before
 * (ngx_http_hoop_headers_refuse()), where it is, by the access phase.
 */


#include "ngx_http_hoop.h"


static void ngx_http_hoop_headers_forget(ngx_http_request_t *r,
    ngx_uint_t sources);
static ngx_int_t ngx_http_hoop_headers_uri(ngx_http_request_t *r);
static ngx_uint_t ngx_http_hoop_headers_drop(ngx_table_elt_t *h,
    ngx_http_hoop_ctx_t *ctx);
static ngx_table_elt_t *ngx_http_hoop_headers_copy(ngx_http_request_t *r,
    ngx_list_t *list, ngx_table_elt_t *h);
static ngx_int_t ngx_http_hoop_headers_add(ngx_http_request_t *r,
    ngx_list_t *list, const char *name, const char *lowcase, u_char *value,
    size_t len);
static ngx_int_t ngx_http_hoop_headers_credential(ngx_http_request_t *r,
    ngx_list_t *list, ngx_http_hoop_credential_t *cred);
static ngx_int_t ngx_http_hoop_headers_authorization(ngx_http_request_t *r,
    ngx_table_elt_t *h, ngx_uint_t offset);


static hoop_str_t  ngx_http_hoop_dropped[] = {
    hoop_string("authorization"),
    hoop_string("proxy-authorization"),
    hoop_string("dpop"),
    hoop_string("range"),
    hoop_string("if-range"),
    hoop_string("accept-encoding"),
    hoop_string("te"),
    hoop_string("want-digest"),
    hoop_string("want-repr-digest"),
    hoop_str_null
};


/* the method and path that were judged are those of the request, but to a rule
   that has looked at the header */

static hoop_str_t  ngx_http_hoop_overrides[] = {
    hoop_string("x-http-method"),
    hoop_string("x-http-method-override"),
    hoop_string("x-method-override"),
    hoop_string("x-original-url"),
    hoop_string("x-rewrite-url"),
    hoop_str_null
};


static hoop_str_t  ngx_http_hoop_conditional[] = {
    hoop_string("if-match"),
    hoop_string("if-none-match"),
    hoop_string("if-modified-since"),
    hoop_string("if-unmodified-since"),
    hoop_str_null
};


ngx_int_t
ngx_http_hoop_headers_init(ngx_conf_t *cf)
{
    ngx_hash_t                 *hash;
    ngx_uint_t                  key;
    ngx_hash_elt_t             *elt;
    ngx_http_header_t          *header, *ours;
    ngx_http_core_main_conf_t  *cmcf;

    static ngx_str_t  name = ngx_string("authorization");

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    hash = &cmcf->headers_in_hash;
    key = ngx_hash_key(name.data, name.len);

    header = ngx_hash_find(hash, key, name.data, name.len);
    if (header == NULL) {
        return NGX_OK;
    }

    ours = ngx_palloc(cf->pool, sizeof(ngx_http_header_t));
    if (ours == NULL) {
        return NGX_ERROR;
    }

    *ours = *header;
    ours->handler = ngx_http_hoop_headers_authorization;

    /* as ngx_hash_find() walks */

    elt = hash->buckets[key % hash->size];

    while (elt->value != header) {
        elt = (ngx_hash_elt_t *) ngx_align_ptr(&elt->name[0] + elt->len,
                                               sizeof(void *));
    }

    elt->value = ours;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hoop_headers_authorization(ngx_http_request_t *r, ngx_table_elt_t *h,
    ngx_uint_t offset)
{
    if (r->headers_in.authorization == NULL) {
        ngx_hoop_elt_single(h);
        r->headers_in.authorization = h;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_hoop_headers_refuse(ngx_http_request_t *r)
{
    hoop_str_t  value;

    static const hoop_str_t  name = hoop_string("authorization");

    if (r->headers_in.authorization == NULL
        || ngx_http_hoop_header(r, name, &value) != HOOP_ERROR)
    {
        return NGX_DECLINED;
    }

    ngx_http_hoop_log(NGX_LOG_INFO, r, "%s", "client sent duplicate header "
                      "line: \"Authorization\"");

    return NGX_HTTP_BAD_REQUEST;
}


/* the elements of token and proof get hash 0, as the credential will have */

ngx_int_t
ngx_http_hoop_headers_hide(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    i = 0;
    part = &r->headers_in.headers.part;

    while ((header = ngx_http_hoop_next(&part, &i)) != NULL) {

        if (hoop_request_secret(ngx_http_hoop_str(&header->key))) {
            header->hash = 0;
        }
    }

    r->headers_in.authorization = NULL;
    ctx->hidden = 1;

    if (ctx->conf->sources && ngx_http_hoop_source_hide(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_hoop_headers_forget(r, ctx->conf->sources != NULL);

    return NGX_OK;
}


/* what an earlier phase has evaluated is remembered */

static void
ngx_http_hoop_headers_forget(ngx_http_request_t *r, ngx_uint_t sources)
{
    ngx_str_t                  *name;
    ngx_uint_t                  i;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {
        name = &v[i].name;

        if ((name->len == 18
             && ngx_strncmp(name->data, "http_authorization", 18) == 0)
            || (name->len == 11
                && ngx_strncmp(name->data, "request_uri", 11) == 0)
            || (name->len == 9
                && ngx_strncmp(name->data, "http_dpop", 9) == 0)
            || (sources
                && (ngx_strncmp(name->data, "http_", 5) == 0
                    || ngx_strncmp(name->data, "cookie_", 7) == 0
                    || ngx_strncmp(name->data, "arg_", 4) == 0
                    || ngx_strncmp(name->data, "request", 7) == 0
                    || (name->len == 4
                        && ngx_strncmp(name->data, "args", 4) == 0)
                    || (name->len == 7
                        && ngx_strncmp(name->data, "is_args", 7) == 0)
                    || (name->len == 12
                        && ngx_strncmp(name->data, "query_string", 12) == 0))))
        {
            r->variables[i].valid = 0;
            r->variables[i].not_found = 0;
        }
    }
}


/*
 * Copies r's headers into a list of its own, without those that drop() names:
 * the parts of the old one may be shared with the main request.
 */

static ngx_int_t
ngx_http_hoop_headers_rebuild(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_list_t *list,
    ngx_uint_t (*drop)(ngx_table_elt_t *h, ngx_http_hoop_ctx_t *ctx))
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *header;

    if (ngx_list_init(list, r->pool, 16, sizeof(ngx_table_elt_t)) != NGX_OK) {
        return NGX_ERROR;
    }

    i = 0;
    part = &r->headers_in.headers.part;

    while ((header = ngx_http_hoop_next(&part, &i)) != NULL) {

        if (drop(header, ctx)) {
            continue;
        }

        if (ngx_http_hoop_headers_copy(r, list, header) == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static void
ngx_http_hoop_headers_set(ngx_http_request_t *r, ngx_list_t *list)
{
    r->headers_in.headers = *list;

    /* "last" of a list of one part points into the list itself */

    if (list->last == &list->part) {
        r->headers_in.headers.last = &r->headers_in.headers.part;
    }
}


/* upstream modules copy what has hash 0: those elements are all ours */

static ngx_uint_t
ngx_http_hoop_headers_secret(ngx_table_elt_t *h, ngx_http_hoop_ctx_t *ctx)
{
    return h->hash == 0;
}


ngx_int_t
ngx_http_hoop_headers_strip(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_list_t  list;

    if (!ctx->hidden && !ctx->swapped) {
        return NGX_OK;
    }

    if (ngx_http_hoop_headers_rebuild(r, ctx, &list,
                                      ngx_http_hoop_headers_secret)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_hoop_headers_set(r, &list);

    if (r == r->main) {
        ctx->hidden = 0;
        ctx->swapped = 0;
    }

    return NGX_OK;
}


/*
 * A target that has seen a credential may hand it on, by a redirect, into an
 * answer of another: each is looked for to the end of the request.
 */

static ngx_int_t
ngx_http_hoop_headers_remember(ngx_http_hoop_ctx_t *ctx)
{
    ngx_uint_t  i;

    for (i = 0; i < ctx->nsecrets; i++) {
        if (ctx->secrets[i].data == ctx->credential->secret.data) {
            return NGX_OK;
        }
    }

    if (ctx->nsecrets == NGX_HTTP_HOOP_SECRETS) {
        return NGX_ERROR;
    }

    ctx->secrets[ctx->nsecrets++] = ctx->credential->secret;

    return NGX_OK;
}


ngx_int_t
ngx_http_hoop_headers_swap(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    ngx_list_t  list;

    if (ctx->swapped) {
        return NGX_OK;
    }

#if (NGX_HTTP_GZIP)
    /* decide now what the client accepts: afterwards it seems to be nothing */
    (void) ngx_http_gzip_ok(r);
#endif

    if (ngx_http_hoop_headers_rebuild(r, ctx, &list,
                                      ngx_http_hoop_headers_drop)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    r->headers_in.authorization = NULL;
    r->headers_in.range = NULL;
    r->headers_in.if_range = NULL;

    if (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) {
        r->headers_in.if_match = NULL;
        r->headers_in.if_none_match = NULL;
        r->headers_in.if_modified_since = NULL;
        r->headers_in.if_unmodified_since = NULL;
    }

#if (NGX_HTTP_GZIP)
    r->headers_in.accept_encoding = NULL;
#endif

    if (ngx_http_hoop_headers_add(r, &list, "Accept-Encoding",
                                  "accept-encoding", (u_char *) "identity",
                                  sizeof("identity") - 1)
        != NGX_OK
        || ngx_http_hoop_headers_add(r, &list, "Hoop-Session", "hoop-session",
                                     ctx->session, NGX_HTTP_HOOP_SESSION)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->credential
        && (ngx_http_hoop_headers_credential(r, &list, ctx->credential)
            != NGX_OK
            || ngx_http_hoop_headers_remember(ctx) != NGX_OK))
    {
        return NGX_ERROR;
    }

    ngx_http_hoop_headers_set(r, &list);
    ctx->swapped = 1;

    return ngx_http_hoop_headers_uri(r);
}


/*
 * The target gets the path that policy has judged, decoded once and normalised,
 * and not the client's spelling of it; by $request_uri, too, which is what
 * fastcgi_params and its kin send.  Of a path that was rewritten that is still
 * what was asked for, as front controllers want it.
 */

static ngx_int_t
ngx_http_hoop_headers_uri(ngx_http_request_t *r)
{
    size_t      len;
    u_char     *p;
    uintptr_t   escape;

    if (!r->valid_unparsed_uri) {
        return NGX_OK;
    }

    escape = 2 * ngx_escape_uri(NULL, r->uri.data, r->uri.len,
                                NGX_ESCAPE_URI);
    len = r->uri.len + escape;

    if (r->args.len) {
        len += 1 + r->args.len;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    r->unparsed_uri.data = p;
    r->unparsed_uri.len = len;

    if (escape) {
        p = (u_char *) ngx_escape_uri(p, r->uri.data, r->uri.len,
                                      NGX_ESCAPE_URI);

    } else {
        p = ngx_cpymem(p, r->uri.data, r->uri.len);
    }

    if (r->args.len) {
        *p++ = '?';
        ngx_memcpy(p, r->args.data, r->args.len);
    }

    r->valid_unparsed_uri = 0;

    ngx_http_hoop_headers_forget(r, 0);

    return NGX_OK;
}


/* a CGI-like target cannot tell "_" from "-" */

ngx_uint_t
ngx_http_hoop_headers_named(ngx_table_elt_t *h, const u_char *name, size_t len)
{
    u_char  a, b;
    size_t  i;

    for (i = 0; i < len; i++) {
        a = ngx_tolower(h->key.data[i]);
        b = ngx_tolower(name[i]);

        if (a != b && !(a == '_' && b == '-') && !(a == '-' && b == '_')) {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
ngx_http_hoop_headers_drop(ngx_table_elt_t *h, ngx_http_hoop_ctx_t *ctx)
{
    hoop_str_t           *name, lower;
    ngx_http_request_t   *r;

    if (ngx_http_hoop_headers_secret(h, ctx)) {
        return 1;
    }

    r = ctx->request;

    for (name = ngx_http_hoop_dropped; name->data; name++) {
        if (h->key.len == name->len
            && ngx_http_hoop_headers_named(h, name->data, name->len))
        {
            return 1;
        }
    }

    for (name = ngx_http_hoop_overrides; name->data; name++) {
        if (h->key.len == name->len
            && ngx_http_hoop_headers_named(h, name->data, name->len))
        {
            lower = hoop_str(h->lowcase_key, h->key.len);

            return !(ctx->verdict.names & hoop_policy_override_header(lower));
        }
    }

    if (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) {

        /* a validator that holds would confirm a guess of what is masked */

        for (name = ngx_http_hoop_conditional; name->data; name++) {
            if (h->key.len == name->len
                && ngx_http_hoop_headers_named(h, name->data, name->len))
            {
                return 1;
            }
        }
    }

    if (h->key.len >= 5
        && ngx_http_hoop_headers_named(h, (u_char *) "hoop-", 5))
    {
        return 1;
    }

    /* two of one name: the target might take the agent's */

    return ctx->credential
           && h->key.len == ctx->credential->header.len
           && ngx_http_hoop_headers_named(h, ctx->credential->header.data,
                                          h->key.len);
}


static ngx_table_elt_t *
ngx_http_hoop_headers_copy(ngx_http_request_t *r, ngx_list_t *list,
    ngx_table_elt_t *h)
{
    ngx_table_elt_t            *copy, **pointer;
    ngx_http_header_t          *hh;
    ngx_http_core_main_conf_t  *cmcf;

    copy = ngx_list_push(list);
    if (copy == NULL) {
        return NULL;
    }

    *copy = *h;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    hh = ngx_hash_find(&cmcf->headers_in_hash, h->hash, h->lowcase_key,
                       h->key.len);

    if (hh == NULL || hh->offset == 0) {
        return copy;
    }

    pointer = (ngx_table_elt_t **) ((char *) &r->headers_in + hh->offset);

#if (NGX_HOOP_TABLE_ELT_NEXT)

    /* a list of equal names, in order: find the link to h and turn it */

    while (*pointer && *pointer != h) {
        pointer = &(*pointer)->next;
    }

#else

    if (hh->offset == offsetof(ngx_http_headers_in_t, cookies)
#if (NGX_HTTP_X_FORWARDED_FOR)
        || hh->offset == offsetof(ngx_http_headers_in_t, x_forwarded_for)
#endif
       )
    {
        ngx_uint_t    i;
        ngx_array_t  *array;

        array = (ngx_array_t *) pointer;
        pointer = array->elts;

        for (i = 0; i < array->nelts; i++) {
            if (pointer[i] == h) {
                pointer[i] = copy;
            }
        }

        return copy;
    }

#endif

    if (*pointer == h) {
        *pointer = copy;
    }

    return copy;
}


static ngx_int_t
ngx_http_hoop_headers_add(ngx_http_request_t *r, ngx_list_t *list,
    const char *name, const char *lowcase, u_char *value, size_t len)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(list);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->lowcase_key = (u_char *) lowcase;
    h->hash = ngx_hash_key(h->lowcase_key, h->key.len);
    h->value.data = value;
    h->value.len = len;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hoop_headers_credential(ngx_http_request_t *r, ngx_list_t *list,
    ngx_http_hoop_credential_t *cred)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(list);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->lowcase_key = ngx_pcalloc(r->pool, cred->header.len);
    if (h->lowcase_key == NULL) {
        return NGX_ERROR;
    }

    h->key = cred->header;
    h->value = cred->value;

    return NGX_OK;
}
