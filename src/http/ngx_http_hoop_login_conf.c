
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The hoop_login block: the gateway as a client of an OpenID provider, for
 * people who sign in with a browser.  A name may be used before its block is
 * there.
 */


#include "ngx_http_hoop_login.h"


#define NGX_HTTP_HOOP_LOGIN_NAME    32
#define NGX_HTTP_HOOP_LOGIN_CLAIMS  16
#define NGX_HTTP_HOOP_LOGIN_SECRET  1024
#define NGX_HTTP_HOOP_LOGIN_LONG    (7 * 24 * 3600)


static char *ngx_http_hoop_login_param(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static char *ngx_http_hoop_login_text(ngx_conf_t *cf, ngx_str_t *text);
static char *ngx_http_hoop_login_secret(ngx_conf_t *cf,
    ngx_http_hoop_login_t *login);
static char *ngx_http_hoop_login_key(ngx_conf_t *cf,
    ngx_http_hoop_login_t *login);
static char *ngx_http_hoop_login_scope(ngx_conf_t *cf,
    ngx_http_hoop_login_t *login);
static char *ngx_http_hoop_login_lifetime(ngx_conf_t *cf,
    ngx_http_hoop_login_t *login);
static char *ngx_http_hoop_login_claims(ngx_conf_t *cf,
    ngx_http_hoop_login_t *login);
static char *ngx_http_hoop_login_done(ngx_conf_t *cf,
    ngx_http_hoop_login_t *login);
static char *ngx_http_hoop_login_ready(ngx_conf_t *cf,
    ngx_http_hoop_main_conf_t *hmcf, ngx_http_hoop_login_t *login);
static ngx_uint_t ngx_http_hoop_login_audible(ngx_http_hoop_login_t *login);
static char *ngx_http_hoop_login_discovery(ngx_conf_t *cf,
    ngx_http_hoop_login_t *login);
static char *ngx_http_hoop_login_source(ngx_conf_t *cf,
    ngx_http_hoop_loc_conf_t *conf);
static ngx_int_t ngx_http_hoop_login_join(ngx_conf_t *cf, ngx_str_t *out,
    const char *head, ngx_str_t *a, const char *middle, ngx_str_t *b);
static void ngx_http_hoop_login_cleanup(void *data);


ngx_http_hoop_login_t *
ngx_http_hoop_login(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t                  i;
    ngx_http_hoop_login_t      *login, **pp;
    ngx_http_hoop_main_conf_t  *hmcf;

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hoop_module);

    pp = hmcf->logins.elts;

    for (i = 0; i < hmcf->logins.nelts; i++) {
        if (hoop_str_eq(ngx_http_hoop_str(&pp[i]->name),
                        ngx_http_hoop_str(name)))
        {
            return pp[i];
        }
    }

    if (name->len == 0 || name->len > NGX_HTTP_HOOP_LOGIN_NAME) {
        goto invalid;
    }

    for (i = 0; i < name->len; i++) {
        if (!((hoop_lower(name->data[i]) >= 'a'
               && hoop_lower(name->data[i]) <= 'z')
              || (name->data[i] >= '0' && name->data[i] <= '9')
              || name->data[i] == '_' || name->data[i] == '-'))
        {
            goto invalid;
        }
    }

    login = ngx_pcalloc(cf->pool, sizeof(ngx_http_hoop_login_t));
    if (login == NULL) {
        return NULL;
    }

    login->name = *name;
    login->lifetime = NGX_CONF_UNSET;
    login->file = cf->conf_file->file.name.data;
    login->line = cf->conf_file->line;

    if (ngx_array_init(&login->claims, cf->pool, 4, sizeof(hoop_str_t))
        != NGX_OK)
    {
        return NULL;
    }

    pp = ngx_array_push(&hmcf->logins);
    if (pp == NULL) {
        return NULL;
    }

    *pp = login;

    return login;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "hoop_login \"%V\", wanted a name of at most 32 "
                       "letters, digits, \"-\" and \"_\"", name);
    return NULL;
}


char *
ngx_http_hoop_conf_login(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                   *rv;
    ngx_str_t              *value;
    ngx_conf_t              save;
    ngx_http_hoop_login_t  *login;

    value = cf->args->elts;

    login = ngx_http_hoop_login(cf, &value[1]);
    if (login == NULL) {
        return NGX_CONF_ERROR;
    }

    if (login->defined) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "duplicate hoop_login \"%V\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    login->defined = 1;

    save = *cf;
    cf->handler = ngx_http_hoop_login_param;
    cf->handler_conf = (void *) login;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    return rv == NGX_CONF_OK ? ngx_http_hoop_login_done(cf, login) : rv;
}


static char *
ngx_http_hoop_login_param(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    char                   *rv;
    ngx_str_t              *value;
    ngx_http_hoop_login_t  *login;

    login = cf->handler_conf;
    value = cf->args->elts;

    if (ngx_strcmp(value[0].data, "issuer") == 0) {
        rv = ngx_http_hoop_login_text(cf, &login->issuer_name);

    } else if (ngx_strcmp(value[0].data, "client_id") == 0) {
        rv = ngx_http_hoop_login_text(cf, &login->client_id);

    } else if (ngx_strcmp(value[0].data, "client_secret_file") == 0) {
        rv = ngx_http_hoop_login_secret(cf, login);

    } else if (ngx_strcmp(value[0].data, "scope") == 0) {
        rv = ngx_http_hoop_login_scope(cf, login);

    } else if (ngx_strcmp(value[0].data, "lifetime") == 0) {
        rv = ngx_http_hoop_login_lifetime(cf, login);

    } else if (ngx_strcmp(value[0].data, "claim") == 0) {
        rv = ngx_http_hoop_login_claims(cf, login);

    } else if (ngx_strcmp(value[0].data, "key_file") == 0) {
        rv = ngx_http_hoop_login_key(cf, login);

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown directive \"%V\" in hoop_login, wanted "
                           "issuer, client_id, client_secret_file, scope, "
                           "lifetime, claim or key_file", &value[0]);
        return NGX_CONF_ERROR;
    }

    if (rv != NGX_CONF_OK && rv != NGX_CONF_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" %s", &value[0], rv);
        return NGX_CONF_ERROR;
    }

    return rv;
}


static char *
ngx_http_hoop_login_text(ngx_conf_t *cf, ngx_str_t *text)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (text->data) {
        return "is duplicate";
    }

    if (cf->args->nelts != 2 || value[1].len == 0 || value[1].len > 255) {
        return "takes one value of at most 255 bytes";
    }

    *text = value[1];

    return NGX_CONF_OK;
}


/* a line's end behind it is none of it */

static char *
ngx_http_hoop_login_secret(ngx_conf_t *cf, ngx_http_hoop_login_t *login)
{
    ngx_str_t   file, text, *value;

    value = cf->args->elts;

    if (login->secret.data) {
        return "is duplicate";
    }

    if (cf->args->nelts != 2) {
        return "takes the name of a file";
    }

    file = value[1];

    if (ngx_conf_full_name(cf->cycle, &file, 1) != NGX_OK
        || ngx_http_hoop_conf_read_private(cf, "client secret", &file,
                                           NGX_HTTP_HOOP_LOGIN_SECRET, &text)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    while (text.len && (text.data[text.len - 1] == '\n'
                        || text.data[text.len - 1] == '\r'))
    {
        text.len--;
    }

    if (text.len == 0 || ngx_http_hoop_has_control(ngx_http_hoop_str(&text))) {
        return "names a file that is empty, or has control characters";
    }

    login->secret = text;

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_login_key(ngx_conf_t *cf, ngx_http_hoop_login_t *login)
{
    ngx_str_t   file, text, *value;

    static const hoop_str_t  use = hoop_string("hoop_login key_file");

    value = cf->args->elts;

    if (login->keyed) {
        return "is duplicate";
    }

    if (cf->args->nelts != 2) {
        return "takes the name of a file";
    }

    file = value[1];

    if (ngx_conf_full_name(cf->cycle, &file, 1) != NGX_OK
        || ngx_http_hoop_conf_read_private(cf, "login key", &file,
                                           NGX_HTTP_HOOP_LOGIN_SECRET, &text)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (text.len < 32) {
        return "names a file of less than 32 bytes, wanted random ones";
    }

    if (hoop_seal_key(login->key, ngx_http_hoop_str(&text), use) != HOOP_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_explicit_memzero(text.data, text.len);
    login->keyed = 1;

    return NGX_CONF_OK;
}


/* with "openid" before them, which makes it a sign-in */

static char *
ngx_http_hoop_login_scope(ngx_conf_t *cf, ngx_http_hoop_login_t *login)
{
    u_char      *p;
    size_t       len;
    ngx_str_t   *value;
    ngx_uint_t   i;

    static ngx_str_t  openid = ngx_string("openid");

    value = cf->args->elts;

    if (login->scope.data) {
        return "is duplicate";
    }

    if (cf->args->nelts < 2) {
        return "takes a scope, or several";
    }

    len = openid.len;

    for (i = 1; i < cf->args->nelts; i++) {
        len += value[i].len + 1;
    }

    if (len > 1024) {
        return "is longer than 1024 bytes";
    }

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    login->scope.data = p;
    p = ngx_cpymem(p, openid.data, openid.len);

    for (i = 1; i < cf->args->nelts; i++) {

        if (hoop_str_eq(ngx_http_hoop_str(&value[i]),
                        ngx_http_hoop_str(&openid)))
        {
            continue;
        }

        *p++ = ' ';
        p = ngx_cpymem(p, value[i].data, value[i].len);
    }

    login->scope.len = p - login->scope.data;

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_login_lifetime(ngx_conf_t *cf, ngx_http_hoop_login_t *login)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (login->lifetime != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    if (cf->args->nelts != 2) {
        return "takes one time";
    }

    login->lifetime = ngx_parse_time(&value[1], 1);

    if (login->lifetime == (time_t) NGX_ERROR || login->lifetime < 60
        || login->lifetime > NGX_HTTP_HOOP_LOGIN_LONG)
    {
        return "is no time of 1m to 7d";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_login_claims(ngx_conf_t *cf, ngx_http_hoop_login_t *login)
{
    ngx_str_t   *value;
    hoop_str_t  *name;
    ngx_uint_t   i;

    value = cf->args->elts;

    if (cf->args->nelts < 2
        || login->claims.nelts + cf->args->nelts - 1
           > NGX_HTTP_HOOP_LOGIN_CLAIMS)
    {
        return "takes the name of a claim, or several, at most 16 in all";
    }

    for (i = 1; i < cf->args->nelts; i++) {
        name = ngx_array_push(&login->claims);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = ngx_http_hoop_str(&value[i]);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_login_done(ngx_conf_t *cf, ngx_http_hoop_login_t *login)
{
    ngx_pool_cleanup_t  *cln;

    if (login->issuer_name.len == 0 || login->client_id.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_login \"%V\" has no \"%s\"", &login->name,
                           login->issuer_name.len ? "client_id" : "issuer");
        return NGX_CONF_ERROR;
    }

    if (login->scope.data == NULL) {
        ngx_str_set(&login->scope, "openid profile email");
    }

    ngx_conf_init_value(login->lifetime, 8 * 3600);

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_hoop_login_cleanup;
    cln->data = login;

    return NGX_CONF_OK;
}


static void
ngx_http_hoop_login_cleanup(void *data)
{
    ngx_http_hoop_login_t *login = data;

    hoop_login_provider_free(&login->provider);

    ngx_explicit_memzero(login->key, sizeof(login->key));

    if (login->secret.len) {
        ngx_explicit_memzero(login->secret.data, login->secret.len);
    }
}


/* a location with login=: hoop_console or hoop_api */

char *
ngx_http_hoop_login_check(ngx_conf_t *cf, ngx_http_hoop_main_conf_t *hmcf,
    ngx_http_hoop_loc_conf_t *conf)
{
    ngx_http_hoop_login_t  *login;

    login = conf->login;

    if (login == NULL) {
        return NGX_CONF_OK;
    }

    if (ngx_http_hoop_login_ready(cf, hmcf, login) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->api) {
        return ngx_http_hoop_login_source(cf, conf);
    }

    if (conf->mode != NGX_HTTP_HOOP_OFF) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hoop_console\" with login=%V in a location that "
                           "\"hoop\" protects: nobody could sign in",
                           &login->name);
        return NGX_CONF_ERROR;
    }

    if (conf->fetch.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hoop_console\" with login=%V needs a "
                           "\"hoop_fetch\" to reach the provider by",
                           &login->name);
        return NGX_CONF_ERROR;
    }

    conf->fetch_target = ngx_http_hoop_fetch_target(cf, hmcf, &conf->fetch);
    if (conf->fetch_target == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_http_hoop_keys_target(login->issuer, conf->fetch_target);

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_login_ready(ngx_conf_t *cf, ngx_http_hoop_main_conf_t *hmcf,
    ngx_http_hoop_login_t *login)
{
    ngx_uint_t                i;
    hoop_jwt_rules_t         *rules;
    ngx_http_hoop_issuer_t  **issuer;

    static const hoop_str_t  types[] = { hoop_string("jwt"), hoop_string("") };

    if (login->ready) {
        return NGX_CONF_OK;
    }

    if (!login->defined) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "unknown hoop_login \"%V\" in %s:%ui", &login->name,
                      login->file, login->line);
        return NGX_CONF_ERROR;
    }

    issuer = hmcf->issuers.elts;

    for (i = 0; i < hmcf->issuers.nelts; i++) {
        if (hoop_str_eq(ngx_http_hoop_str(&issuer[i]->name),
                        ngx_http_hoop_str(&login->issuer_name)))
        {
            login->issuer = issuer[i];
        }
    }

    if (login->issuer == NULL || login->issuer->signer
        || login->issuer->issuer.len == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_login \"%V\" names the issuer \"%V\", wanted "
                           "a hoop_issuer with an \"issuer\" that is no "
                           "signer's", &login->name, &login->issuer_name);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_hoop_login_join(cf, &login->cookie, "__Host-hoop-",
                                 &login->name, "", NULL)
        != NGX_OK
        || ngx_http_hoop_login_join(cf, &login->pending, "__Host-hoop-",
                                    &login->name, "-pending", NULL)
           != NGX_OK
        || ngx_http_hoop_login_join(cf, &login->purpose, "session ",
                                    &login->issuer->issuer, " ",
                                    &login->client_id)
           != NGX_OK
        || ngx_http_hoop_login_join(cf, &login->purpose_pending, "pending ",
                                    &login->issuer->issuer, " ",
                                    &login->client_id)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_hoop_login_discovery(cf, login) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    /* ID Tokens are for the client, and their life ends with the sign-in */

    login->audience = ngx_http_hoop_str(&login->client_id);

    rules = &login->rules;

    *rules = login->issuer->rules;
    rules->audiences = &login->audience;
    rules->naudiences = 1;
    rules->nclients = 0;
    rules->types = types;
    rules->ntypes = 2;
    rules->max_lifetime = 0;

    login->audible = ngx_http_hoop_login_audible(login);
    login->ready = 1;

    return NGX_CONF_OK;
}


/* "api://ID" is another name of the same app at Entra ID */

static ngx_uint_t
ngx_http_hoop_login_audible(ngx_http_hoop_login_t *login)
{
    ngx_str_t   *id;
    hoop_str_t  *audience, tail;
    ngx_uint_t   i;

    id = &login->client_id;
    audience = login->issuer->audiences.elts;

    for (i = 0; i < login->issuer->audiences.nelts; i++) {
        tail = audience[i];

        if (tail.len > id->len && tail.data[tail.len - id->len - 1] == '/') {
            tail = hoop_str(tail.data + tail.len - id->len, id->len);
        }

        if (hoop_str_eq(tail, ngx_http_hoop_str(id))) {
            return 1;
        }
    }

    return 0;
}


/* OpenID Connect Discovery 1.0, 4: a slash at the end of an issuer goes */

static char *
ngx_http_hoop_login_discovery(ngx_conf_t *cf, ngx_http_hoop_login_t *login)
{
    ngx_str_t  issuer;

    if (login->issuer->discovery_url.len) {
        login->discovery = login->issuer->discovery_url;
        return NGX_CONF_OK;
    }

    issuer = login->issuer->issuer;

    if (!hoop_login_url_ok(ngx_http_hoop_str(&issuer),
                           ngx_http_hoop_str(&issuer))
        || login->issuer->template)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_login \"%V\": the issuer \"%V\" leads to no "
                           "discovery document, wanted its URL in "
                           "\"discovery\" of the hoop_issuer", &login->name,
                           &issuer);
        return NGX_CONF_ERROR;
    }

    if (issuer.data[issuer.len - 1] == '/') {
        issuer.len--;
    }

    return ngx_http_hoop_login_join(cf, &login->discovery, "", &issuer,
                                    "/.well-known/openid-configuration", NULL)
           == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* of hoop_api: where a token may stand, and the session's cookie */

static char *
ngx_http_hoop_login_source(ngx_conf_t *cf, ngx_http_hoop_loc_conf_t *conf)
{
    ngx_uint_t               i, n;
    ngx_array_t             *sources;
    ngx_http_hoop_source_t  *source, *from;

    n = conf->sources ? conf->sources->nelts : 0;
    from = conf->sources ? conf->sources->elts : NULL;

    sources = ngx_array_create(cf->pool, n + 2, sizeof(ngx_http_hoop_source_t));
    if (sources == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < n; i++) {
        source = ngx_array_push(sources);
        *source = from[i];
    }

    if (n == 0) {
        source = ngx_array_push(sources);
        source->kind = NGX_HTTP_HOOP_SOURCE_AUTHORIZATION;
        ngx_str_null(&source->name);
    }

    source = ngx_array_push(sources);
    source->kind = NGX_HTTP_HOOP_SOURCE_COOKIE;
    source->name = conf->login->cookie;

    conf->sources = sources;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_hoop_login_join(ngx_conf_t *cf, ngx_str_t *out, const char *head,
    ngx_str_t *a, const char *middle, ngx_str_t *b)
{
    u_char  *p;

    out->len = ngx_strlen(head) + a->len + ngx_strlen(middle)
               + (b ? b->len : 0);

    p = ngx_pnalloc(cf->pool, out->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    out->data = p;
    p = ngx_cpymem(p, head, ngx_strlen(head));
    p = ngx_cpymem(p, a->data, a->len);
    p = ngx_cpymem(p, middle, ngx_strlen(middle));

    if (b) {
        ngx_memcpy(p, b->data, b->len);
    }

    return NGX_OK;
}
