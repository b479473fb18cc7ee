
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The hoop_signer block, and the locations that belong to it: hoop_token, which
 * issues (ngx_http_hoop_exchange.c), hoop_jwks, which publishes the public
 * keys, and hoop_metadata, which says where the others are (RFC 8414).
 *
 * Keys are read at config time, from files that nobody else can read, and so
 * anew with each reload.  What is published is made then, too.  The private
 * ones live in memory of their own, which is wiped when the configuration is
 * let go; what was read of the files is wiped at once.
 */


#include "ngx_http_hoop.h"

#include "../core/hoop_exchange.h"
#include "../core/hoop_uri.h"


#define NGX_HTTP_HOOP_SIGNER_LIFETIME      300
#define NGX_HTTP_HOOP_SIGNER_MAX_LIFETIME  3600

#define NGX_HTTP_HOOP_SIGNER_MAX_CLAIMS    16

/* of the names of audiences, scopes and claims, as in policies */
#define NGX_HTTP_HOOP_SIGNER_MAX_NAME      256


static char *ngx_http_hoop_signer_param(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static char *ngx_http_hoop_signer_url(ngx_conf_t *cf,
    ngx_http_hoop_signer_t *signer);
static char *ngx_http_hoop_signer_keys(ngx_conf_t *cf,
    ngx_http_hoop_signer_t *signer);
static char *ngx_http_hoop_signer_key(ngx_conf_t *cf,
    ngx_http_hoop_signer_t *signer, ngx_str_t *name);
static void ngx_http_hoop_signer_cleanup(void *data);
static char *ngx_http_hoop_signer_lifetime(ngx_conf_t *cf,
    ngx_http_hoop_signer_t *signer);
static char *ngx_http_hoop_signer_names(ngx_conf_t *cf, ngx_array_t *names,
    ngx_uint_t scope);
static char *ngx_http_hoop_signer_claims(ngx_conf_t *cf,
    ngx_http_hoop_signer_t *signer);
static char *ngx_http_hoop_signer_done(ngx_conf_t *cf,
    ngx_http_hoop_signer_t *signer);
static char *ngx_http_hoop_signer_jwks(ngx_conf_t *cf,
    ngx_http_hoop_signer_t *signer);
static char *ngx_http_hoop_signer_metadata(ngx_conf_t *cf,
    ngx_http_hoop_signer_t *signer);
static void ngx_http_hoop_signer_member(hoop_buf_t *b,
    ngx_http_hoop_signer_t *signer, const char *name, ngx_str_t *uri);
static char *ngx_http_hoop_signer_text(ngx_conf_t *cf, hoop_buf_t *b,
    ngx_str_t *text);
static void ngx_http_hoop_signer_location(ngx_http_core_loc_conf_t *clcf,
    ngx_str_t *uri);
static ngx_int_t ngx_http_hoop_jwks_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_hoop_metadata_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_hoop_publish(ngx_http_request_t *r, ngx_str_t *text,
    const char *type);


ngx_http_hoop_signer_t *
ngx_http_hoop_signer(ngx_conf_t *cf, ngx_http_hoop_main_conf_t *hmcf,
    ngx_str_t *name)
{
    ngx_uint_t                i;
    ngx_http_hoop_signer_t   *signer, **pp;

    pp = hmcf->signers.elts;

    for (i = 0; i < hmcf->signers.nelts; i++) {
        if (hoop_str_eq(ngx_http_hoop_str(&pp[i]->name),
                        ngx_http_hoop_str(name)))
        {
            return pp[i];
        }
    }

    signer = ngx_pcalloc(cf->pool, sizeof(ngx_http_hoop_signer_t));
    if (signer == NULL) {
        return NULL;
    }

    signer->name = *name;
    signer->file = cf->conf_file->file.name.data;
    signer->line = cf->conf_file->line;

    if (ngx_array_init(&signer->keys, cf->pool, 2, sizeof(void *)) != NGX_OK
        || ngx_array_init(&signer->audiences, cf->pool, 4, sizeof(hoop_str_t))
           != NGX_OK
        || ngx_array_init(&signer->scopes, cf->pool, 4, sizeof(hoop_str_t))
           != NGX_OK
        || ngx_array_init(&signer->claims, cf->pool, 4, sizeof(hoop_str_t))
           != NGX_OK)
    {
        return NULL;
    }

    pp = ngx_array_push(&hmcf->signers);
    if (pp == NULL) {
        return NULL;
    }

    *pp = signer;

    return signer;
}


char *
ngx_http_hoop_conf_signer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_main_conf_t *hmcf = conf;

    char                    *rv;
    ngx_str_t               *value;
    ngx_conf_t               save;
    ngx_http_hoop_signer_t  *signer;

    value = cf->args->elts;

    signer = ngx_http_hoop_signer(cf, hmcf, &value[1]);
    if (signer == NULL) {
        return NGX_CONF_ERROR;
    }

    if (signer->defined) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate hoop_signer \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    signer->defined = 1;

    save = *cf;
    cf->handler = ngx_http_hoop_signer_param;
    cf->handler_conf = (void *) signer;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_http_hoop_signer_done(cf, signer);
}


static char *
ngx_http_hoop_signer_param(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    char                    *rv;
    ngx_str_t               *value;
    ngx_http_hoop_signer_t  *signer;

    signer = cf->handler_conf;
    value = cf->args->elts;

    if (ngx_strcmp(value[0].data, "issuer") == 0) {
        rv = ngx_http_hoop_signer_url(cf, signer);

    } else if (ngx_strcmp(value[0].data, "key_file") == 0) {
        rv = ngx_http_hoop_signer_keys(cf, signer);

    } else if (ngx_strcmp(value[0].data, "lifetime") == 0) {
        rv = ngx_http_hoop_signer_lifetime(cf, signer);

    } else if (ngx_strcmp(value[0].data, "audience") == 0) {
        rv = ngx_http_hoop_signer_names(cf, &signer->audiences, 0);

    } else if (ngx_strcmp(value[0].data, "scope") == 0) {
        signer->scope_set = 1;
        rv = ngx_http_hoop_signer_names(cf, &signer->scopes, 1);

    } else if (ngx_strcmp(value[0].data, "claim") == 0) {
        rv = ngx_http_hoop_signer_claims(cf, signer);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown directive \"%V\" in hoop_signer, wanted "
                           "issuer, key_file, lifetime, audience, scope or "
                           "claim",
                           &value[0]);
        return NGX_CONF_ERROR;
    }

    if (rv != NGX_CONF_OK && rv != NGX_CONF_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" %s", &value[0], rv);
        return NGX_CONF_ERROR;
    }

    return rv;
}


/* RFC 8414, 2: an URL without query and fragment */

static char *
ngx_http_hoop_signer_url(ngx_conf_t *cf, ngx_http_hoop_signer_t *signer)
{
    int          rc;
    ngx_str_t   *value;
    hoop_buf_t   b;

    value = cf->args->elts;

    if (signer->issuer.len) {
        return "is duplicate";
    }

    if (cf->args->nelts != 2) {
        return "takes one value";
    }

    hoop_buf_init(&b, 4096);
    rc = hoop_uri_normal(ngx_http_hoop_str(&value[1]), &b);
    hoop_buf_free(&b);

    if (rc != HOOP_OK || ngx_strlchr(value[1].data,
                                     value[1].data + value[1].len, '?')
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '#'))
    {
        return "is no http or https URL without query and fragment";
    }

    signer->issuer = value[1];

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_signer_keys(ngx_conf_t *cf, ngx_http_hoop_signer_t *signer)
{
    char        *rv;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (cf->args->nelts < 2) {
        return "takes the name of a file, or several";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        rv = ngx_http_hoop_signer_key(cf, signer, &value[i]);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_signer_key(ngx_conf_t *cf, ngx_http_hoop_signer_t *signer,
    ngx_str_t *name)
{
    ngx_str_t             file, pem;
    ngx_uint_t            i;
    hoop_error_t          err;
    hoop_signer_t        *key, **pp;
    ngx_pool_cleanup_t   *cln;

    file = *name;

    if (ngx_conf_full_name(cf->cycle, &file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_hoop_conf_read_private(cf, "signer key", &file,
                                        HOOP_SIGNER_MAX_KEY, &pem)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&err, sizeof(hoop_error_t));

    key = hoop_signer_create(ngx_http_hoop_str(&pem), hoop_str(NULL, 0), &err);

    ngx_explicit_memzero(pem.data, pem.len);

    if (key == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop signer key \"%V\": %s", &file, err.text);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_hoop_signer_cleanup;
    cln->data = key;

    pp = signer->keys.elts;

    if (signer->keys.nelts == 0 && !hoop_signer_private(key)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop signer key \"%V\" is a public one: the first "
                           "has to sign", &file);
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < signer->keys.nelts; i++) {
        if (hoop_str_eq(hoop_signer_kid(pp[i]), hoop_signer_kid(key))) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop signer key \"%V\" is there twice",
                               &file);
            return NGX_CONF_ERROR;
        }
    }

    pp = ngx_array_push(&signer->keys);
    if (pp == NULL) {
        return NGX_CONF_ERROR;
    }

    *pp = key;

    return NGX_CONF_OK;
}


static void
ngx_http_hoop_signer_cleanup(void *data)
{
    hoop_signer_free(data);
}


static char *
ngx_http_hoop_signer_lifetime(ngx_conf_t *cf, ngx_http_hoop_signer_t *signer)
{
    time_t      t;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (signer->lifetime) {
        return "is duplicate";
    }

    if (cf->args->nelts != 2) {
        return "takes one value";
    }

    t = ngx_parse_time(&value[1], 1);

    if (t == (time_t) NGX_ERROR || t == 0
        || t > NGX_HTTP_HOOP_SIGNER_MAX_LIFETIME)
    {
        return "has an invalid time, wanted at most 1h";
    }

    signer->lifetime = t;

    return NGX_CONF_OK;
}


/* a scope is one word of RFC 6749, 3.3; an audience any text */

static char *
ngx_http_hoop_signer_names(ngx_conf_t *cf, ngx_array_t *names,
    ngx_uint_t scope)
{
    u_char       c;
    size_t       n;
    ngx_str_t   *value;
    hoop_str_t  *name;
    ngx_uint_t   i;

    value = cf->args->elts;

    if (cf->args->nelts < 2) {
        return "takes a value, or several";
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 0 || value[i].len > NGX_HTTP_HOOP_SIGNER_MAX_NAME
            || !hoop_utf8_valid(value[i].data, value[i].len))
        {
            return "has a value that is no text of 1 to 256 bytes";
        }

        for (n = 0; n < value[i].len; n++) {
            c = value[i].data[n];

            if (c < 0x20 || c == 0x7f
                || (scope && (c == ' ' || c > 0x7e || c == '"' || c == '\\')))
            {
                return "has a value with a character that it may not have";
            }
        }

        name = ngx_array_push(names);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = ngx_http_hoop_str(&value[i]);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_signer_claims(ngx_conf_t *cf, ngx_http_hoop_signer_t *signer)
{
    char        *rv;
    hoop_str_t  *name;
    ngx_uint_t   i;

    rv = ngx_http_hoop_signer_names(cf, &signer->claims, 0);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    name = signer->claims.elts;

    for (i = 0; i < signer->claims.nelts; i++) {
        if (!hoop_exchange_claim(name[i])) {
            return "has a claim that is not the subject's to take along";
        }
    }

    return signer->claims.nelts > NGX_HTTP_HOOP_SIGNER_MAX_CLAIMS
           ? "has more than 16 names" : NGX_CONF_OK;
}


static char *
ngx_http_hoop_signer_done(ngx_conf_t *cf, ngx_http_hoop_signer_t *signer)
{
    const char  *missing;

    missing = signer->issuer.len == 0 ? "issuer"
              : signer->keys.nelts == 0 ? "key_file"
              : signer->audiences.nelts == 0 ? "audience" : NULL;

    if (missing) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_signer \"%V\" has no \"%s\"",
                           &signer->name, missing);
        return NGX_CONF_ERROR;
    }

    if (signer->lifetime == 0) {
        signer->lifetime = NGX_HTTP_HOOP_SIGNER_LIFETIME;
    }

    return ngx_http_hoop_signer_jwks(cf, signer);
}


static char *
ngx_http_hoop_signer_jwks(ngx_conf_t *cf, ngx_http_hoop_signer_t *signer)
{
    ngx_uint_t       i;
    hoop_buf_t       b;
    hoop_signer_t  **key;

    hoop_buf_init(&b, HOOP_JWT_MAX_JWKS);

    (void) hoop_buf_adds(&b, "{\"keys\":[");

    key = signer->keys.elts;

    for (i = 0; i < signer->keys.nelts; i++) {
        (void) hoop_buf_adds(&b, i ? "," : "");

        if (hoop_signer_jwk(key[i], hoop_signer_alg(key[i]), &b) != HOOP_OK) {
            b.failed = 1;
        }
    }

    (void) hoop_buf_adds(&b, "]}\n");

    return ngx_http_hoop_signer_text(cf, &b, &signer->jwks);
}


/* takes b over */

static char *
ngx_http_hoop_signer_text(ngx_conf_t *cf, hoop_buf_t *b, ngx_str_t *text)
{
    text->data = b->failed ? NULL : ngx_pnalloc(cf->pool, b->len);

    if (text->data) {
        ngx_memcpy(text->data, b->data, b->len);
        text->len = b->len;
    }

    hoop_buf_free(b);

    return text->data ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_hoop_signers_check(ngx_conf_t *cf, ngx_http_hoop_main_conf_t *hmcf)
{
    ngx_uint_t                i;
    ngx_http_hoop_signer_t  **signer;

    signer = hmcf->signers.elts;

    for (i = 0; i < hmcf->signers.nelts; i++) {

        if (!signer[i]->defined) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "unknown hoop_signer \"%V\" in %s:%ui",
                          &signer[i]->name, signer[i]->file, signer[i]->line);
            return NGX_CONF_ERROR;
        }

        if (!signer[i]->described) {
            continue;
        }

        if (signer[i]->token_uri.len == 0 || signer[i]->jwks_uri.len == 0) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"hoop_metadata\" needs a \"hoop_token\" and a "
                          "\"hoop_jwks\" of hoop_signer \"%V\", in locations "
                          "that are no regular expressions",
                          &signer[i]->name);
            return NGX_CONF_ERROR;
        }

        if (ngx_http_hoop_signer_metadata(cf, signer[i]) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* RFC 8414, 2 and 3.2: a member without any value is left out */

static char *
ngx_http_hoop_signer_metadata(ngx_conf_t *cf, ngx_http_hoop_signer_t *signer)
{
    ngx_uint_t   i;
    hoop_buf_t   b;
    hoop_str_t  *scope;

    hoop_buf_init(&b, 0);

    (void) hoop_buf_adds(&b, "{\"issuer\":");
    (void) hoop_buf_add_json(&b, signer->issuer.data, signer->issuer.len);

    ngx_http_hoop_signer_member(&b, signer, "token_endpoint",
                                &signer->token_uri);
    ngx_http_hoop_signer_member(&b, signer, "jwks_uri", &signer->jwks_uri);

    (void) hoop_buf_adds(&b, ",\"grant_types_supported\":["
                         "\"urn:ietf:params:oauth:grant-type:token-exchange\"]"
                         ",\"token_endpoint_auth_methods_supported\":["
                         "\"none\"]");

    scope = signer->scopes.elts;

    for (i = 0; i < signer->scopes.nelts; i++) {
        (void) hoop_buf_adds(&b, i ? "," : ",\"scopes_supported\":[");
        (void) hoop_buf_add_json(&b, scope[i].data, scope[i].len);
    }

    (void) hoop_buf_adds(&b, i ? "]}\n" : "}\n");

    return ngx_http_hoop_signer_text(cf, &b, &signer->metadata);
}


/* the location is taken to be under the issuer's scheme and host */

static void
ngx_http_hoop_signer_member(hoop_buf_t *b, ngx_http_hoop_signer_t *signer,
    const char *name, ngx_str_t *uri)
{
    u_char      *p, *last;
    hoop_buf_t   url;

    p = ngx_strlchr(signer->issuer.data,
                    signer->issuer.data + signer->issuer.len, ':');
    last = signer->issuer.data + signer->issuer.len;

    for (p += sizeof("://") - 1; p < last && *p != '/'; p++) { /* void */ }

    hoop_buf_init(&url, 0);
    (void) hoop_buf_add(&url, signer->issuer.data, p - signer->issuer.data);
    (void) hoop_buf_add(&url, uri->data, uri->len);

    (void) hoop_buf_adds(b, ",\"");
    (void) hoop_buf_adds(b, name);
    (void) hoop_buf_adds(b, "\":");
    (void) hoop_buf_add_json(b, url.data, url.len);

    b->failed |= url.failed;

    hoop_buf_free(&url);
}


char *
ngx_http_hoop_conf_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    ngx_str_t                  *value;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_hoop_main_conf_t  *hmcf;

    if (hlcf->signer) {
        return "is duplicate";
    }

    if (hlcf->api || hlcf->published) {
        return "cannot be in one location with \"hoop_api\", \"hoop_jwks\" "
               "or \"hoop_metadata\"";
    }

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hoop_module);
    value = cf->args->elts;

    hlcf->signer = ngx_http_hoop_signer(cf, hmcf, &value[1]);
    if (hlcf->signer == NULL) {
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    hlcf->handler = ngx_http_hoop_exchange_handler;
    clcf->handler = hlcf->handler;

    ngx_http_hoop_signer_location(clcf, &hlcf->signer->token_uri);

    return NGX_CONF_OK;
}


char *
ngx_http_hoop_conf_publish(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    ngx_str_t                  *value;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_hoop_main_conf_t  *hmcf;

    if (hlcf->published) {
        return "is duplicate, or beside another of its kind";
    }

    if (hlcf->api || hlcf->signer) {
        return "cannot be in one location with \"hoop_api\" or "
               "\"hoop_token\"";
    }

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hoop_module);
    value = cf->args->elts;

    hlcf->published = ngx_http_hoop_signer(cf, hmcf, &value[1]);
    if (hlcf->published == NULL) {
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (ngx_strcmp(value[0].data, "hoop_metadata") == 0) {
        hlcf->published->described = 1;
        hlcf->handler = ngx_http_hoop_metadata_handler;

    } else {
        hlcf->handler = ngx_http_hoop_jwks_handler;

        ngx_http_hoop_signer_location(clcf, &hlcf->published->jwks_uri);
    }

    clcf->handler = hlcf->handler;

    return NGX_CONF_OK;
}


static void
ngx_http_hoop_signer_location(ngx_http_core_loc_conf_t *clcf, ngx_str_t *uri)
{
#if (NGX_PCRE)
    if (clcf->regex) {
        return;
    }
#endif

    if (uri->len == 0 && clcf->name.len && clcf->name.data[0] == '/') {
        *uri = clcf->name;
    }
}


/* a body in a temporary file would leave tokens on the disk */

char *
ngx_http_hoop_signer_merge(ngx_conf_t *cf, ngx_http_hoop_loc_conf_t *prev,
    ngx_http_hoop_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname && prev->handler) {

        /* "limit_except" and "if" are not another location */

        conf->signer = prev->signer;
        conf->published = prev->published;
        conf->handler = prev->handler;

        clcf->handler = conf->handler;
    }

    if (conf->handler && clcf->handler != conf->handler) {

        /* it would be let through to the other, and issue nothing */

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hoop_token\", \"hoop_jwks\" or "
                           "\"hoop_metadata\" beside another directive that "
                           "answers requests in location \"%V\"",
                           &clcf->name);
        return NGX_CONF_ERROR;
    }

    if (conf->signer == NULL) {
        return NGX_CONF_OK;
    }

    conf->mode = NGX_HTTP_HOOP_ON;

    clcf->client_body_in_file_only = 0;
    clcf->client_body_buffer_size = ngx_max(clcf->client_body_buffer_size,
                                            HOOP_EXCHANGE_MAX_BODY);

    return NGX_CONF_OK;
}


int
ngx_http_hoop_signer_issuer(void *data, hoop_str_t name)
{
    ngx_http_hoop_main_conf_t *hmcf = data;

    ngx_uint_t                i;
    ngx_http_hoop_issuer_t  **issuer;

    issuer = hmcf->issuers.elts;

    for (i = 0; i < hmcf->issuers.nelts; i++) {
        if (issuer[i]->signer
            && (hoop_str_eq(ngx_http_hoop_str(&issuer[i]->name), name)
                || hoop_str_eq(ngx_http_hoop_str(&issuer[i]->issuer), name)))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_hoop_jwks_handler(ngx_http_request_t *r)
{
    ngx_http_hoop_loc_conf_t  *conf;

    conf = ngx_http_hoop_loc(r);

    return ngx_http_hoop_publish(r, &conf->published->jwks,
                                 "application/jwk-set+json");
}


static ngx_int_t
ngx_http_hoop_metadata_handler(ngx_http_request_t *r)
{
    ngx_http_hoop_loc_conf_t  *conf;

    conf = ngx_http_hoop_loc(r);

    return ngx_http_hoop_publish(r, &conf->published->metadata,
                                 "application/json");
}


static ngx_int_t
ngx_http_hoop_publish(ngx_http_request_t *r, ngx_str_t *text, const char *type)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {

        if (ngx_http_hoop_header_out(r, "Allow", hoop_cstr("GET, HEAD"))
            == NULL)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = text->data;
    b->last = text->data + text->len;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = text->len;
    r->headers_out.content_type.data = (u_char *) type;
    r->headers_out.content_type.len = ngx_strlen(type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    if (ngx_http_hoop_header_out(r, "Cache-Control",
                                 hoop_cstr("public, max-age=300"))
        == NULL
        || ngx_http_hoop_header_out(r, "X-Content-Type-Options",
                                    hoop_cstr("nosniff"))
           == NULL)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
