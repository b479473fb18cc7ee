
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The hoop_issuer block: whose tokens are believed, and by which rules.  A
 * directive in it has an entry in the table below; what depends on several of
 * them is looked at when the block ends.
 */


#include "ngx_http_hoop.h"


#define NGX_HTTP_HOOP_TENANT       "{tenantid}"
#define NGX_HTTP_HOOP_MAX_LEEWAY   600
#define NGX_HTTP_HOOP_MAX_TTL      (7 * 86400)
#define NGX_HTTP_HOOP_MAX_LIFE     (365 * 86400)
#define NGX_HTTP_HOOP_MAX_STALE    (30 * 86400)
#define NGX_HTTP_HOOP_MAX_PAUSE    (300 * 1000)
#define NGX_HTTP_HOOP_MAX_TIMEOUT  (60 * 1000)
#define NGX_HTTP_HOOP_MAX_POINTER  256

#define NGX_HTTP_HOOP_HS                                                      \
    (HOOP_JWT_HS256|HOOP_JWT_HS384|HOOP_JWT_HS512)


typedef struct ngx_http_hoop_param_s  ngx_http_hoop_param_t;

/* returns NGX_CONF_OK, NGX_CONF_ERROR, or what is wrong with the directive */

typedef char *(*ngx_http_hoop_param_pt)(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_http_hoop_param_t *param);

struct ngx_http_hoop_param_s {
    ngx_str_t                name;
    ngx_http_hoop_param_pt   set;
    size_t                   offset;
    time_t                   max;
};


static char *ngx_http_hoop_issuer_init(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer);
static char *ngx_http_hoop_issuer_param(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static char *ngx_http_hoop_issuer_names(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_http_hoop_param_t *param);
static char *ngx_http_hoop_issuer_string(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_http_hoop_param_t *param);
static char *ngx_http_hoop_issuer_file(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_http_hoop_param_t *param);
static char *ngx_http_hoop_issuer_list(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_http_hoop_param_t *param);
static char *ngx_http_hoop_issuer_tenants(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_http_hoop_param_t *param);
static char *ngx_http_hoop_issuer_types(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_http_hoop_param_t *param);
static char *ngx_http_hoop_issuer_require(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_http_hoop_param_t *param);
static char *ngx_http_hoop_issuer_pointer(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_http_hoop_param_t *param);
static char *ngx_http_hoop_issuer_time(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_http_hoop_param_t *param);
static char *ngx_http_hoop_issuer_msec(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_http_hoop_param_t *param);
static char *ngx_http_hoop_issuer_algs(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_http_hoop_param_t *param);
static char *ngx_http_hoop_issuer_discovery(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_http_hoop_param_t *param);
static char *ngx_http_hoop_issuer_signer(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_http_hoop_param_t *param);
static char *ngx_http_hoop_issuer_check(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer);
static char *ngx_http_hoop_issuer_check_names(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_array_t *issuers);
static char *ngx_http_hoop_issuer_check_keys(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer);
static void ngx_http_hoop_issuer_rules(ngx_http_hoop_issuer_t *issuer);


static ngx_http_hoop_param_t  ngx_http_hoop_params[] = {

    { ngx_string("issuer"), ngx_http_hoop_issuer_names, 0, 0 },

    { ngx_string("tenants"), ngx_http_hoop_issuer_tenants, 0, 0 },

    { ngx_string("audience"), ngx_http_hoop_issuer_list,
      offsetof(ngx_http_hoop_issuer_t, audiences), 0 },

    { ngx_string("clients"), ngx_http_hoop_issuer_list,
      offsetof(ngx_http_hoop_issuer_t, clients), 0 },

    { ngx_string("typ"), ngx_http_hoop_issuer_types, 0, 0 },

    { ngx_string("require"), ngx_http_hoop_issuer_require, 0, 0 },

    { ngx_string("jwks_file"), ngx_http_hoop_issuer_file,
      offsetof(ngx_http_hoop_issuer_t, jwks_file), 0 },

    { ngx_string("jwks_url"), ngx_http_hoop_issuer_string,
      offsetof(ngx_http_hoop_issuer_t, jwks_url), 0 },

    { ngx_string("discovery"), ngx_http_hoop_issuer_discovery, 0, 0 },

    { ngx_string("secret_file"), ngx_http_hoop_issuer_file,
      offsetof(ngx_http_hoop_issuer_t, secret_file), 0 },

    { ngx_string("signer"), ngx_http_hoop_issuer_signer, 0, 0 },

    { ngx_string("algorithms"), ngx_http_hoop_issuer_algs, 0, 0 },

    { ngx_string("leeway"), ngx_http_hoop_issuer_time,
      offsetof(ngx_http_hoop_issuer_t, leeway), NGX_HTTP_HOOP_MAX_LEEWAY },

    { ngx_string("max_lifetime"), ngx_http_hoop_issuer_time,
      offsetof(ngx_http_hoop_issuer_t, max_lifetime), NGX_HTTP_HOOP_MAX_LIFE },

    { ngx_string("jwks_ttl"), ngx_http_hoop_issuer_time,
      offsetof(ngx_http_hoop_issuer_t, jwks_ttl), NGX_HTTP_HOOP_MAX_TTL },

    { ngx_string("jwks_stale"), ngx_http_hoop_issuer_time,
      offsetof(ngx_http_hoop_issuer_t, jwks_stale), NGX_HTTP_HOOP_MAX_STALE },

    { ngx_string("jwks_pause"), ngx_http_hoop_issuer_msec,
      offsetof(ngx_http_hoop_issuer_t, jwks_pause), NGX_HTTP_HOOP_MAX_PAUSE },

    { ngx_string("jwks_timeout"), ngx_http_hoop_issuer_msec,
      offsetof(ngx_http_hoop_issuer_t, jwks_timeout),
      NGX_HTTP_HOOP_MAX_TIMEOUT },

    { ngx_string("groups"), ngx_http_hoop_issuer_pointer,
      offsetof(ngx_http_hoop_issuer_t, groups), 0 },

    { ngx_null_string, NULL, 0, 0 }
};


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
    pp = hmcf->issuers.elts;

    for (i = 0; i < hmcf->issuers.nelts; i++) {
        if (hoop_str_eq(ngx_http_hoop_str(&pp[i]->name),
                        ngx_http_hoop_str(&value[1])))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate hoop_issuer \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    issuer = ngx_pcalloc(cf->pool, sizeof(ngx_http_hoop_issuer_t));
    if (issuer == NULL) {
        return NGX_CONF_ERROR;
    }

    issuer->name = value[1];

    rv = ngx_http_hoop_issuer_init(cf, issuer);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    save = *cf;
    cf->handler = ngx_http_hoop_issuer_param;
    cf->handler_conf = (void *) issuer;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (ngx_http_hoop_issuer_check(cf, issuer) != NGX_CONF_OK
        || ngx_http_hoop_issuer_check_names(cf, issuer, &hmcf->issuers)
           != NGX_CONF_OK
        || ngx_http_hoop_issuer_check_keys(cf, issuer) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_http_hoop_issuer_rules(issuer);

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
ngx_http_hoop_issuer_init(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer)
{
    issuer->leeway = NGX_CONF_UNSET;
    issuer->max_lifetime = NGX_CONF_UNSET;
    issuer->jwks_ttl = NGX_CONF_UNSET;
    issuer->jwks_stale = NGX_CONF_UNSET;
    issuer->jwks_pause = NGX_CONF_UNSET_MSEC;
    issuer->jwks_timeout = NGX_CONF_UNSET_MSEC;

    if (ngx_array_init(&issuer->aliases, cf->pool, 2, sizeof(hoop_str_t))
        != NGX_OK
        || ngx_array_init(&issuer->tenants, cf->pool, 2, sizeof(hoop_str_t))
           != NGX_OK
        || ngx_array_init(&issuer->audiences, cf->pool, 2, sizeof(hoop_str_t))
           != NGX_OK
        || ngx_array_init(&issuer->clients, cf->pool, 2, sizeof(hoop_str_t))
           != NGX_OK
        || ngx_array_init(&issuer->types, cf->pool, 2, sizeof(hoop_str_t))
           != NGX_OK
        || ngx_array_init(&issuer->require, cf->pool, 2,
                          sizeof(hoop_jwt_require_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_issuer_param(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf)
{
    char                    *rv;
    u_char                  *p, names[512];
    ngx_str_t               *value;
    ngx_http_hoop_param_t   *param;
    ngx_http_hoop_issuer_t  *issuer;

    issuer = cf->handler_conf;
    value = cf->args->elts;

    for (param = ngx_http_hoop_params; param->name.len; param++) {

        if (value[0].len != param->name.len
            || ngx_strncmp(value[0].data, param->name.data, value[0].len) != 0)
        {
            continue;
        }

        rv = (cf->args->nelts < 2) ? "takes a value"
                                   : param->set(cf, issuer, param);

        if (rv != NGX_CONF_OK && rv != NGX_CONF_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" %s",
                               &value[0], rv);
            return NGX_CONF_ERROR;
        }

        return rv;
    }

    p = names;

    for (param = ngx_http_hoop_params; param->name.len; param++) {
        p = ngx_slprintf(p, names + sizeof(names), "%s%V",
                         (p == names) ? "" : ", ", &param->name);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown directive \"%V\" in hoop_issuer, wanted one "
                       "of %*s", &value[0], (size_t) (p - names), names);

    return NGX_CONF_ERROR;
}


/* the first is the issuer's name, others are accepted in its place */

static char *
ngx_http_hoop_issuer_names(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer,
    ngx_http_hoop_param_t *param)
{
    u_char      *p, *end;
    ngx_str_t   *value;
    ngx_uint_t   i;
    hoop_str_t  *alias;

    value = cf->args->elts;

    if (issuer->issuer.len) {
        return "is duplicate";
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 0) {
            return "is empty";
        }

        end = value[i].data + value[i].len;

        p = ngx_strlchr(value[i].data, end, '{');

        if (p) {
            if ((size_t) (end - p) < sizeof(NGX_HTTP_HOOP_TENANT) - 1
                || ngx_strncmp(p, NGX_HTTP_HOOP_TENANT,
                               sizeof(NGX_HTTP_HOOP_TENANT) - 1)
                   != 0
                || ngx_strlchr(p + 1, end, '{'))
            {
                return "has a brace that is not of one "
                       "\"" NGX_HTTP_HOOP_TENANT "\"";
            }
        }

        if ((p != NULL) != issuer->template && i > 1) {
            return "has \"" NGX_HTTP_HOOP_TENANT "\" in some of its values "
                   "only";
        }

        issuer->template = (p != NULL);

        if (i == 1) {
            issuer->issuer = value[1];
            continue;
        }

        alias = ngx_array_push(&issuer->aliases);
        if (alias == NULL) {
            return NGX_CONF_ERROR;
        }

        *alias = ngx_http_hoop_str(&value[i]);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_issuer_string(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer,
    ngx_http_hoop_param_t *param)
{
    ngx_str_t  *value, *field;

    value = cf->args->elts;
    field = (ngx_str_t *) ((char *) issuer + param->offset);

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
ngx_http_hoop_issuer_file(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer,
    ngx_http_hoop_param_t *param)
{
    char       *rv;
    ngx_str_t  *field;

    rv = ngx_http_hoop_issuer_string(cf, issuer, param);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    field = (ngx_str_t *) ((char *) issuer + param->offset);

    return (ngx_conf_full_name(cf->cycle, field, 1) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_http_hoop_issuer_list(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer,
    ngx_http_hoop_param_t *param)
{
    ngx_str_t    *value;
    ngx_uint_t    i;
    hoop_str_t   *s;
    ngx_array_t  *list;

    value = cf->args->elts;
    list = (ngx_array_t *) ((char *) issuer + param->offset);

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 0) {
            return "has an empty value";
        }

        s = ngx_array_push(list);
        if (s == NULL) {
            return NGX_CONF_ERROR;
        }

        *s = ngx_http_hoop_str(&value[i]);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_issuer_tenants(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer,
    ngx_http_hoop_param_t *param)
{
    ngx_str_t   *value;
    ngx_uint_t   i;
    hoop_str_t  *tenant;

    value = cf->args->elts;

    if (issuer->any_tenant || issuer->tenants.nelts) {
        return "is duplicate";
    }

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "any") == 0) {
        issuer->any_tenant = 1;
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (!hoop_jwt_is_guid(ngx_http_hoop_str(&value[i]))) {
            return "wants GUIDs in lower case, or \"any\"";
        }

        tenant = ngx_array_push(&issuer->tenants);
        if (tenant == NULL) {
            return NGX_CONF_ERROR;
        }

        *tenant = ngx_http_hoop_str(&value[i]);
    }

    return NGX_CONF_OK;
}


/* media types, compared in lower case and without "application/" */

static char *
ngx_http_hoop_issuer_types(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer,
    ngx_http_hoop_param_t *param)
{
    ngx_str_t   *value;
    ngx_uint_t   i;
    hoop_str_t  *type;

    static ngx_str_t  prefix = ngx_string("application/");

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        ngx_strlow(value[i].data, value[i].data, value[i].len);

        if (value[i].len > prefix.len
            && ngx_strncmp(value[i].data, prefix.data, prefix.len) == 0)
        {
            value[i].data += prefix.len;
            value[i].len -= prefix.len;
        }

        if (value[i].len == 0) {
            return "has an empty value, wanted \"none\" for tokens without it";
        }

        type = ngx_array_push(&issuer->types);
        if (type == NULL) {
            return NGX_CONF_ERROR;
        }

        *type = (ngx_strcmp(value[i].data, "none") == 0)
                ? hoop_str(NULL, 0) : ngx_http_hoop_str(&value[i]);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_issuer_require(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer,
    ngx_http_hoop_param_t *param)
{
    ngx_str_t           *value;
    ngx_uint_t           i, n;
    hoop_str_t          *values;
    hoop_jwt_require_t  *req;

    value = cf->args->elts;
    n = cf->args->nelts - 2;

    if (value[1].len > NGX_HTTP_HOOP_MAX_POINTER
        || !hoop_json_pointer_valid(ngx_http_hoop_str(&value[1])))
    {
        return "wants a JSON pointer, as \"/claim\"";
    }

    req = ngx_array_push(&issuer->require);
    values = ngx_palloc(cf->pool, (n + 1) * sizeof(hoop_str_t));

    if (req == NULL || values == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < n; i++) {
        values[i] = ngx_http_hoop_str(&value[i + 2]);
    }

    req->pointer = ngx_http_hoop_str(&value[1]);
    req->values = values;
    req->nvalues = n;

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_issuer_pointer(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer,
    ngx_http_hoop_param_t *param)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (value[1].len > NGX_HTTP_HOOP_MAX_POINTER
        || !hoop_json_pointer_valid(ngx_http_hoop_str(&value[1])))
    {
        return "is not a JSON pointer, as \"/claim\"";
    }

    return ngx_http_hoop_issuer_string(cf, issuer, param);
}


static char *
ngx_http_hoop_issuer_time(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer,
    ngx_http_hoop_param_t *param)
{
    time_t      t, *field;
    ngx_str_t  *value;

    value = cf->args->elts;
    field = (time_t *) ((char *) issuer + param->offset);

    if (*field != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    if (cf->args->nelts != 2) {
        return "takes one value";
    }

    t = ngx_parse_time(&value[1], 1);

    if (t == (time_t) NGX_ERROR || t > param->max
        || (t == 0 && field == &issuer->jwks_ttl))
    {
        return "has an invalid time";
    }

    *field = t;

    return NGX_CONF_OK;
}


/* of at least 10 ms: a pause of nothing is none */

static char *
ngx_http_hoop_issuer_msec(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer,
    ngx_http_hoop_param_t *param)
{
    ngx_int_t    t;
    ngx_str_t   *value;
    ngx_msec_t  *field;

    value = cf->args->elts;
    field = (ngx_msec_t *) ((char *) issuer + param->offset);

    if (*field != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    if (cf->args->nelts != 2) {
        return "takes one value";
    }

    t = ngx_parse_time(&value[1], 0);

    if (t == NGX_ERROR || t < 10 || t > param->max) {
        return "has an invalid time";
    }

    *field = t;

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_issuer_algs(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer,
    ngx_http_hoop_param_t *param)
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
                               "ES384, ES512 or EdDSA, or with a "
                               "\"secret_file\" HS256, HS384 or HS512",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        issuer->algs |= alg;
    }

    return NGX_CONF_OK;
}


/* "on" is what is done anyway without any other source of keys, by its name */

static char *
ngx_http_hoop_issuer_discovery(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_http_hoop_param_t *param)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (issuer->discovery) {
        return "is duplicate";
    }

    issuer->discovery = 1;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "on") == 0) {
        return NGX_CONF_OK;
    }

    if (cf->args->nelts != 2
        || (ngx_strncasecmp(value[1].data, (u_char *) "https://", 8) != 0
            && ngx_strncasecmp(value[1].data, (u_char *) "http://", 7) != 0))
    {
        return "has an invalid value, wanted \"on\" or the URL of the "
               "document";
    }

    issuer->discovery_url = value[1];

    return NGX_CONF_OK;
}


/* its issuer and keys are needed at once: it has to be there already */

static char *
ngx_http_hoop_issuer_signer(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer,
    ngx_http_hoop_param_t *param)
{
    ngx_str_t                  *value;
    ngx_http_hoop_main_conf_t  *hmcf;

    value = cf->args->elts;

    if (issuer->signer) {
        return "is duplicate";
    }

    if (cf->args->nelts != 2) {
        return "takes one value";
    }

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hoop_module);

    issuer->signer = ngx_http_hoop_signer(cf, hmcf, &value[1]);
    if (issuer->signer == NULL) {
        return NGX_CONF_ERROR;
    }

    return issuer->signer->defined ? NGX_CONF_OK
           : "names a hoop_signer that is not defined before it";
}


static char *
ngx_http_hoop_issuer_check(ngx_conf_t *cf, ngx_http_hoop_issuer_t *issuer)
{
    const char  *missing;

    if (issuer->signer && issuer->issuer.len == 0) {
        issuer->issuer = issuer->signer->issuer;
    }

    if (issuer->issuer.len == 0) {
        missing = "issuer";

    } else if (issuer->audiences.nelts == 0) {
        missing = "audience";

    } else if (issuer->template && !issuer->any_tenant
               && issuer->tenants.nelts == 0)
    {
        missing = "tenants";

    } else {
        missing = NULL;
    }

    if (missing) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_issuer \"%V\" has no \"%s\"",
                           &issuer->name, missing);
        return NGX_CONF_ERROR;
    }

    if (!issuer->template && (issuer->any_tenant || issuer->tenants.nelts)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_issuer \"%V\" has \"tenants\", but no "
                           "\"" NGX_HTTP_HOOP_TENANT "\" in \"issuer\"",
                           &issuer->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* the n-th name: the issuer, then its aliases */

static hoop_str_t
ngx_http_hoop_issuer_name(ngx_http_hoop_issuer_t *issuer, ngx_uint_t n)
{
    hoop_str_t  *alias;

    if (n == 0) {
        return ngx_http_hoop_str(&issuer->issuer);
    }

    alias = issuer->aliases.elts;

    return alias[n - 1];
}


static char *
ngx_http_hoop_issuer_check_names(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer, ngx_array_t *issuers)
{
    hoop_str_t                name;
    ngx_uint_t                i, k, n, last;
    ngx_http_hoop_issuer_t   *other, **pp;

    pp = issuers->elts;

    for (n = 0; n <= issuer->aliases.nelts; n++) {
        name = ngx_http_hoop_issuer_name(issuer, n);

        for (i = 0; i <= issuers->nelts; i++) {
            other = (i < issuers->nelts) ? pp[i] : issuer;
            last = (other == issuer) ? n : other->aliases.nelts + 1;

            for (k = 0; k < last; k++) {
                if (!hoop_str_eq(name, ngx_http_hoop_issuer_name(other, k))) {
                    continue;
                }

                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "hoop_issuer \"%V\" and \"%V\" name the "
                                   "same issuer \"%*s\"",
                                   &other->name, &issuer->name,
                                   name.len, name.data);
                return NGX_CONF_ERROR;
            }
        }
    }

    return NGX_CONF_OK;
}


/*
 * One source of keys, and secrets never beside public keys: whoever can check
 * a token of a secret could issue one.
 */

static char *
ngx_http_hoop_issuer_check_keys(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer)
{
    unsigned    alg;
    ngx_uint_t  n;

    n = (issuer->jwks_file.len != 0) + (issuer->jwks_url.len != 0)
        + issuer->discovery;

    if (n > 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_issuer \"%V\" has more than one of "
                           "\"jwks_file\", \"jwks_url\" and \"discovery\"",
                           &issuer->name);
        return NGX_CONF_ERROR;
    }

    if (issuer->signer && (n || issuer->secret_file.len)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_issuer \"%V\" has a \"signer\" beside another "
                           "source of keys", &issuer->name);
        return NGX_CONF_ERROR;
    }

    if (issuer->signer
        && (issuer->aliases.nelts
            || !hoop_str_eq(ngx_http_hoop_str(&issuer->issuer),
                            ngx_http_hoop_str(&issuer->signer->issuer))))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_issuer \"%V\" has another \"issuer\" than its "
                           "hoop_signer \"%V\"", &issuer->name,
                           &issuer->signer->name);
        return NGX_CONF_ERROR;
    }

    if (n && issuer->secret_file.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_issuer \"%V\" has a \"secret_file\" beside "
                           "\"jwks_file\", \"jwks_url\" or \"discovery\"",
                           &issuer->name);
        return NGX_CONF_ERROR;
    }

    if (issuer->secret_file.len == 0 && (issuer->algs & NGX_HTTP_HOOP_HS)) {
        alg = issuer->algs & NGX_HTTP_HOOP_HS;
        alg &= ~(alg - 1);

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_issuer \"%V\": algorithm \"%s\" is "
                           "symmetric and needs a \"secret_file\"",
                           &issuer->name, hoop_jwt_alg_name(alg));
        return NGX_CONF_ERROR;
    }

    if (issuer->secret_file.len
        && (issuer->algs == 0 || (issuer->algs & ~NGX_HTTP_HOOP_HS)))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_issuer \"%V\" has a \"secret_file\" and must "
                           "name its \"algorithms\", of HS256, HS384 and "
                           "HS512 alone", &issuer->name);
        return NGX_CONF_ERROR;
    }

    if (issuer->template && issuer->jwks_file.len == 0
        && issuer->jwks_url.len == 0 && issuer->secret_file.len == 0
        && issuer->discovery_url.len == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_issuer \"%V\": \"" NGX_HTTP_HOOP_TENANT "\" "
                           "leads to no discovery document, wanted its URL "
                           "in \"discovery\", or \"jwks_url\" or "
                           "\"jwks_file\"", &issuer->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void
ngx_http_hoop_issuer_rules(ngx_http_hoop_issuer_t *issuer)
{
    hoop_jwt_rules_t  *rules;

    if (issuer->leeway == NGX_CONF_UNSET) {
        issuer->leeway = 30;
    }

    if (issuer->max_lifetime == NGX_CONF_UNSET) {
        issuer->max_lifetime = 3600;
    }

    if (issuer->jwks_ttl == NGX_CONF_UNSET) {
        issuer->jwks_ttl = 600;
    }

    ngx_conf_init_value(issuer->jwks_stale, 86400);
    ngx_conf_init_msec_value(issuer->jwks_pause, 5000);
    ngx_conf_init_msec_value(issuer->jwks_timeout, 10000);

    if (issuer->groups.len == 0) {
        ngx_str_set(&issuer->groups, "/groups");
    }

    if (issuer->algs == 0) {
        issuer->algs = HOOP_JWT_ALGS;
    }

    rules = &issuer->rules;

    rules->issuer = ngx_http_hoop_str(&issuer->issuer);
    rules->aliases = issuer->aliases.elts;
    rules->naliases = issuer->aliases.nelts;
    rules->tenants = issuer->tenants.elts;
    rules->ntenants = issuer->tenants.nelts;
    rules->any_tenant = issuer->any_tenant;
    rules->audiences = issuer->audiences.elts;
    rules->naudiences = issuer->audiences.nelts;
    rules->clients = issuer->clients.elts;
    rules->nclients = issuer->clients.nelts;
    rules->types = issuer->types.elts;
    rules->ntypes = issuer->types.nelts;
    rules->require = issuer->require.elts;
    rules->nrequire = issuer->require.nelts;
    rules->algs = issuer->algs;
    rules->leeway = issuer->leeway;
    rules->max_lifetime = issuer->max_lifetime;
}


/* one that is named exactly has it before one with a place for tenants */

ngx_http_hoop_issuer_t *
ngx_http_hoop_issuer_find(ngx_http_request_t *r, hoop_str_t iss)
{
    ngx_uint_t                   i;
    ngx_http_hoop_issuer_t      *found, **issuer;
    ngx_http_hoop_main_conf_t   *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hoop_module);

    found = NULL;
    issuer = hmcf->issuers.elts;

    for (i = 0; i < hmcf->issuers.nelts; i++) {

        switch (hoop_jwt_issuer_of(&issuer[i]->rules, iss)) {

        case 2:
            return issuer[i];

        case 1:
            found = found ? found : issuer[i];
            break;
        }
    }

    return found;
}
