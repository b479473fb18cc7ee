
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Directive handlers, and what can only be checked once all is known.  Files
 * are read here, at config time, and never again until the next reload.
 */


#include "ngx_http_hoop.h"


#define NGX_HTTP_HOOP_POLICY_MAX     (4 * 1024 * 1024)
#define NGX_HTTP_HOOP_POLICY_ERRORS  10    /* that are said, of a file */
#define NGX_HTTP_HOOP_ZONES          "/usr/share/zoneinfo"


static ngx_int_t ngx_http_hoop_conf_read_file(ngx_conf_t *cf,
    const char *what, ngx_str_t *file, size_t cap, ngx_uint_t private,
    ngx_str_t *content);
static ngx_http_hoop_policy_t *ngx_http_hoop_conf_load_policy(ngx_conf_t *cf,
    ngx_http_hoop_main_conf_t *hmcf, ngx_str_t *name);
static void ngx_http_hoop_conf_errors(ngx_conf_t *cf, ngx_str_t *file,
    hoop_errors_t *errors);
static int ngx_http_hoop_conf_tz(void *data, hoop_str_t name,
    hoop_buf_t *file);
static char *ngx_http_hoop_conf_masks(ngx_conf_t *cf,
    ngx_http_hoop_loc_conf_t *conf);


ngx_int_t
ngx_http_hoop_conf_read(ngx_conf_t *cf, const char *what, ngx_str_t *file,
    size_t cap, ngx_str_t *content)
{
    return ngx_http_hoop_conf_read_file(cf, what, file, cap, 0, content);
}


ngx_int_t
ngx_http_hoop_conf_read_private(ngx_conf_t *cf, const char *what,
    ngx_str_t *file, size_t cap, ngx_str_t *content)
{
    return ngx_http_hoop_conf_read_file(cf, what, file, cap, 1, content);
}


static ngx_int_t
ngx_http_hoop_conf_read_file(ngx_conf_t *cf, const char *what,
    ngx_str_t *file, size_t cap, ngx_uint_t private, ngx_str_t *content)
{
    u_char           *p;
    off_t             size;
    ssize_t           n;
    ngx_fd_t          fd;
    ngx_file_t        f;
    ngx_file_info_t   fi;

    fd = ngx_open_file(file->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "hoop %s: " ngx_open_file_n " \"%V\" failed",
                           what, file);
        return NGX_ERROR;
    }

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "hoop %s: " ngx_fd_info_n " \"%V\" failed",
                           what, file);
        goto failed;
    }

    size = ngx_file_size(&fi);

    if (!ngx_is_file(&fi) || size > (off_t) cap) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop %s \"%V\" is not a regular file of at most "
                           "%uz bytes", what, file, cap);
        goto failed;
    }

    if (private
        && ((fi.st_mode & 077) || (fi.st_uid != 0 && fi.st_uid != geteuid())))
    {
        /* ngx_sprintf() knows no octal */

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop %s file \"%V\" has mode 0%ui%ui%ui "
                           "and owner %ui, wanted at most 0600 and root or "
                           "the user that starts nginx", what, file,
                           (ngx_uint_t) (fi.st_mode >> 6 & 7),
                           (ngx_uint_t) (fi.st_mode >> 3 & 7),
                           (ngx_uint_t) (fi.st_mode & 7),
                           (ngx_uint_t) fi.st_uid);
        goto failed;
    }

    p = ngx_pnalloc(cf->pool, size + 1);
    if (p == NULL) {
        goto failed;
    }

    ngx_memzero(&f, sizeof(ngx_file_t));

    f.fd = fd;
    f.name = *file;
    f.log = cf->log;

    n = ngx_read_file(&f, p, size, 0);

    if (n != size) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, (n == NGX_ERROR) ? ngx_errno : 0,
                           "hoop %s: " ngx_read_file_n " \"%V\" returned only "
                           "%z bytes instead of %O", what, file, n, size);
        goto failed;
    }

    p[size] = '\0';

    content->data = p;
    content->len = size;

    ngx_close_file(fd);

    return NGX_OK;

failed:

    ngx_close_file(fd);

    return NGX_ERROR;
}


char *
ngx_http_hoop_conf_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_main_conf_t *hmcf = conf;

    if (hmcf->core->redis) {
        return "is duplicate";
    }

    hmcf->core->redis = ngx_pcalloc(cf->pool, sizeof(ngx_hoop_redis_conf_t));
    if (hmcf->core->redis == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_hoop_redis_conf_parse(cf, hmcf->core->redis);
}


char *
ngx_http_hoop_conf_audit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_main_conf_t *hmcf = conf;

    if (hmcf->core->audit) {
        return "is duplicate";
    }

    hmcf->core->audit = ngx_pcalloc(cf->pool, sizeof(ngx_hoop_audit_conf_t));
    if (hmcf->core->audit == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_hoop_audit_conf_parse(cf, hmcf->core->audit);
}


char *
ngx_http_hoop_conf_audit_sign(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_main_conf_t *hmcf = conf;

    char                  *rv;
    ngx_str_t             *value, pem;
    ngx_hoop_sign_conf_t  *sign;

    if (hmcf->sign) {
        return "is duplicate";
    }

    value = cf->args->elts;

    sign = ngx_pcalloc(cf->pool, sizeof(ngx_hoop_sign_conf_t));
    if (sign == NULL) {
        return NGX_CONF_ERROR;
    }

    hmcf->sign = sign;
    sign->file = value[1];

    if (ngx_conf_full_name(cf->cycle, &sign->file, 1) != NGX_OK
        || ngx_http_hoop_conf_read_private(cf, "audit key", &sign->file,
                                           HOOP_SIGNER_MAX_KEY, &pem)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    rv = ngx_hoop_checkpoint_conf_parse(cf, sign, &pem);

    ngx_explicit_memzero(pem.data, pem.len);

    return rv;
}


char *
ngx_http_hoop_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_main_conf_t *hmcf = conf;

    ssize_t     size;
    ngx_str_t  *value;

    if (hmcf->zone_size != NGX_CONF_UNSET_SIZE) {
        return "is duplicate";
    }

    value = cf->args->elts;

    size = ngx_parse_size(&value[1]);

    if (size == NGX_ERROR || size < NGX_HOOP_ZONE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_zone \"%V\", wanted a size of at least "
                           "256k, as in \"10m\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    hmcf->zone_size = size;

    return NGX_CONF_OK;
}


static void
ngx_http_hoop_conf_policy_cleanup(void *data)
{
    hoop_policy_free(data);
}


/* one file named by several locations is compiled once */

static ngx_http_hoop_policy_t *
ngx_http_hoop_conf_load_policy(ngx_conf_t *cf, ngx_http_hoop_main_conf_t *hmcf,
    ngx_str_t *name)
{
    ngx_str_t                 text, file;
    ngx_uint_t                i;
    hoop_error_t              items[NGX_HTTP_HOOP_POLICY_ERRORS];
    hoop_errors_t             errors;
    ngx_pool_cleanup_t       *cln;
    ngx_http_hoop_policy_t   *policy, **pp;

    file = *name;

    if (ngx_conf_full_name(cf->cycle, &file, 1) != NGX_OK) {
        return NULL;
    }

    pp = hmcf->policies.elts;

    for (i = 0; i < hmcf->policies.nelts; i++) {
        if (ngx_strcmp(pp[i]->file.data, file.data) == 0) {
            return pp[i];
        }
    }

    if (ngx_http_hoop_conf_read(cf, "policy", &file, NGX_HTTP_HOOP_POLICY_MAX,
                                &text)
        != NGX_OK)
    {
        return NULL;
    }

    policy = ngx_pcalloc(cf->pool, sizeof(ngx_http_hoop_policy_t));
    if (policy == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    errors.items = items;
    errors.size = NGX_HTTP_HOOP_POLICY_ERRORS;

    policy->file = file;
    policy->policy = hoop_policy_check(text.data, text.len,
                                       ngx_http_hoop_conf_tz, cf, &errors);

    if (policy->policy == NULL) {
        ngx_http_hoop_conf_errors(cf, &file, &errors);
        return NULL;
    }

    cln->handler = ngx_http_hoop_conf_policy_cleanup;
    cln->data = policy->policy;

    if (ngx_http_hoop_status_policy(cf, policy) != NGX_OK) {
        return NULL;
    }

    pp = ngx_array_push(&hmcf->policies);
    if (pp == NULL) {
        return NULL;
    }

    *pp = policy;

    return policy;
}


static void
ngx_http_hoop_conf_errors(ngx_conf_t *cf, ngx_str_t *file,
    hoop_errors_t *errors)
{
    ngx_uint_t     i;
    hoop_error_t  *err;

    for (i = 0; i < errors->n; i++) {
        err = &errors->items[i];

        if (err->line) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop policy \"%V\" line %ui, column %ui: %s",
                               file, (ngx_uint_t) err->line,
                               (ngx_uint_t) err->column, err->text);
        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop policy \"%V\": %s", file, err->text);
        }
    }
}


/* the file of a zone of time; its name was checked */

static int
ngx_http_hoop_conf_tz(void *data, hoop_str_t name, hoop_buf_t *file)
{
    ngx_conf_t *cf = data;

    u_char     path[sizeof(NGX_HTTP_HOOP_ZONES) + HOOP_TZ_MAX_NAME];
    ngx_str_t  full, text;

    full.data = path;
    full.len = ngx_snprintf(path, sizeof(path), "%s/%*s%Z",
                            NGX_HTTP_HOOP_ZONES, name.len, name.data)
               - path - 1;

    if (ngx_http_hoop_conf_read(cf, "zone", &full, HOOP_TZ_MAX_FILE, &text)
        != NGX_OK)
    {
        return HOOP_ERROR;
    }

    return hoop_buf_add(file, text.data, text.len);
}


char *
ngx_http_hoop_conf_policy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    ngx_str_t                  *value;
    ngx_uint_t                  i;
    hoop_policy_t             **p;
    ngx_http_hoop_policy_t     *policy, **loaded;
    ngx_http_hoop_main_conf_t  *hmcf;

    if (hlcf->policies != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hoop_module);
    value = cf->args->elts;

    hlcf->policies = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                      sizeof(hoop_policy_t *));
    hlcf->loaded = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                    sizeof(ngx_http_hoop_policy_t *));

    if (hlcf->policies == NULL || hlcf->loaded == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {
        policy = ngx_http_hoop_conf_load_policy(cf, hmcf, &value[i]);
        if (policy == NULL) {
            return NGX_CONF_ERROR;
        }

        p = ngx_array_push(hlcf->policies);
        loaded = ngx_array_push(hlcf->loaded);

        if (p == NULL || loaded == NULL) {
            return NGX_CONF_ERROR;
        }

        *p = policy->policy;
        *loaded = policy;
    }

    return NGX_CONF_OK;
}


/* policies that are named only where "hoop" is off are not in force */

ngx_int_t
ngx_http_hoop_conf_loaded(ngx_cycle_t *cycle, ngx_hoop_conf_t *conf)
{
    ngx_uint_t                i, n;
    hoop_config_t            *config;
    hoop_config_policy_t     *p;
    ngx_http_hoop_policy_t  **policy;

    n = conf->policies->nelts;
    policy = conf->policies->elts;

    config = ngx_pcalloc(cycle->pool, sizeof(hoop_config_t));
    p = ngx_palloc(cycle->pool, (n + 1) * sizeof(hoop_config_policy_t));

    if (config == NULL || p == NULL) {
        return NGX_ERROR;
    }

    config->policies = p;
    config->locations = conf->locations;
    config->monitored = conf->monitored;
    config->version = hoop_cstr(NGX_HOOP_VERSION);
    config->nginx = hoop_cstr(NGINX_VERSION);

    if (conf->audit->sign) {
        config->sign = hoop_signer_kid(conf->audit->sign->key);
    }

    for (i = 0; i < n; i++) {

        if (policy[i]->used) {
            p->file = ngx_http_hoop_str(&policy[i]->file);
            p->name = hoop_policy_name(policy[i]->policy);
            p->hash = hoop_policy_hash(policy[i]->policy);
            p++;
        }
    }

    config->n = p - config->policies;

    hoop_config_sort(config);

    return ngx_hoop_config_set(cycle, config);
}


char *
ngx_http_hoop_conf_mask(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    ngx_str_t   *value, *name;
    ngx_uint_t   i;

    if (hlcf->mask_names != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts - 1 > NGX_HTTP_HOOP_MAX_MASKS) {
        return "names more than 8 mask sets";
    }

    hlcf->mask_names = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                        sizeof(ngx_str_t));
    if (hlcf->mask_names == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "off") == 0) {

            if (cf->args->nelts != 2) {
                return "has \"off\" beside a name";
            }

            break;
        }

        name = ngx_array_push(hlcf->mask_names);
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = value[i];
    }

    return NGX_CONF_OK;
}


char *
ngx_http_hoop_conf_approval(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    ngx_int_t    n;
    ngx_str_t   *value, s;
    ngx_uint_t   i;

    if (hlcf->approval_wait != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "wait=", 5) == 0) {
            s.data = value[i].data + 5;
            s.len = value[i].len - 5;

            hlcf->approval_wait = ngx_parse_time(&s, 0);

            if (hlcf->approval_wait == (ngx_msec_t) NGX_ERROR
                || hlcf->approval_wait > 3600 * 1000)
            {
                return "has an invalid wait, wanted at most 1h";
            }

        } else if (ngx_strncmp(value[i].data, "max=", 4) == 0) {
            n = ngx_atoi(value[i].data + 4, value[i].len - 4);

            if (n < 1) {
                return "has an invalid max, wanted a number from 1 on";
            }

            hlcf->approval_max = n;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\", wanted wait=TIME "
                               "or max=NUMBER", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    if (hlcf->approval_wait == NGX_CONF_UNSET_MSEC) {
        return "has no wait=TIME";
    }

    return NGX_CONF_OK;
}


char *
ngx_http_hoop_conf_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    ngx_str_t                  *value;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_hoop_main_conf_t  *hmcf;

    if (hlcf->api) {
        return "is duplicate";
    }

    if (hlcf->handler) {
        return "cannot be in one location with \"hoop_token\", "
               "\"hoop_jwks\" or \"hoop_metadata\"";
    }

    if (cf->args->nelts == 2) {
        value = cf->args->elts;

        if (ngx_strncmp(value[1].data, "login=", 6) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\", wanted login=NAME",
                               &value[1]);
            return NGX_CONF_ERROR;
        }

        value[1].data += 6;
        value[1].len -= 6;

        hlcf->login = ngx_http_hoop_login(cf, &value[1]);
        if (hlcf->login == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    hlcf->api = 1;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_hoop_api_handler;

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hoop_module);

    if (hmcf->api.len == 0 && clcf->name.len && clcf->name.data[0] == '/') {
        hmcf->api = clcf->name;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_conf_masks(ngx_conf_t *cf, ngx_http_hoop_loc_conf_t *conf)
{
    ngx_str_t               *name;
    ngx_uint_t               i, j;
    hoop_policy_t          **policy;
    const hoop_mask_set_t   *set;

    if (conf->mask_names == NULL) {
        conf->masks.sets[0] = hoop_mask_set_default();
        conf->masks.n = 1;
        return NGX_CONF_OK;
    }

    name = conf->mask_names->elts;

    for (i = 0; i < conf->mask_names->nelts; i++) {
        set = NULL;

        if (ngx_strcmp(name[i].data, "default") == 0) {
            set = hoop_mask_set_default();

        } else if (conf->policies) {
            policy = conf->policies->elts;

            for (j = 0; j < conf->policies->nelts && set == NULL; j++) {
                set = hoop_policy_mask(policy[j],
                                       ngx_http_hoop_str(&name[i]));
            }
        }

        if (set == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop_mask \"%V\" is in no policy of this "
                               "location", &name[i]);
            return NGX_CONF_ERROR;
        }

        conf->masks.sets[conf->masks.n++] = set;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_hoop_conf_check(ngx_conf_t *cf, ngx_http_hoop_main_conf_t *hmcf,
    ngx_http_hoop_loc_conf_t *conf)
{
    ngx_uint_t                  i, n;
    hoop_policy_t             **policy;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_hoop_issuer_t    **issuer;
    ngx_http_hoop_policy_t    **loaded;
    ngx_http_hoop_source_t     *source;

    hmcf->enabled = 1;

    if (ngx_http_hoop_status_location(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->satisfy == NGX_HTTP_SATISFY_ANY) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"satisfy any\" in a location protected by "
                           "\"hoop\" would let another access rule override "
                           "it");
        return NGX_CONF_ERROR;
    }

    if (hmcf->issuers.nelts == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hoop\" needs a \"hoop_issuer\" in http");
        return NGX_CONF_ERROR;
    }

    if (hmcf->core->audit == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hoop\" needs a \"hoop_audit\" in http");
        return NGX_CONF_ERROR;
    }

    issuer = hmcf->issuers.elts;

    for (i = 0; i < hmcf->issuers.nelts; i++) {
        if (issuer[i]->jwks_file.len == 0 && issuer[i]->secret_file.len == 0
            && issuer[i]->signer == NULL
            && conf->fetch.len == 0 && clcf->name.len)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop_issuer \"%V\" has no \"jwks_file\" and "
                               "there is no \"hoop_fetch\" for its keys",
                               &issuer[i]->name);
            return NGX_CONF_ERROR;
        }
    }

    if (conf->fetch.len) {
        conf->fetch_target = ngx_http_hoop_fetch_target(cf, hmcf,
                                                        &conf->fetch);
        if (conf->fetch_target == NULL) {
            return NGX_CONF_ERROR;
        }

        for (i = 0; i < hmcf->issuers.nelts; i++) {
            ngx_http_hoop_keys_target(issuer[i], conf->fetch_target);
        }
    }

    if (ngx_http_hoop_proof_check(cf, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->revocation && hmcf->core->redis == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hoop_revocation\" needs a \"hoop_redis\" in "
                           "http");
        return NGX_CONF_ERROR;
    }

    if (conf->api) {
        if (hmcf->core->redis == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"hoop_api\" needs a \"hoop_redis\" in http");
            return NGX_CONF_ERROR;
        }

        source = conf->sources ? conf->sources->elts : NULL;

        for (i = 0; source && i < conf->sources->nelts; i++) {
            if (source[i].kind == NGX_HTTP_HOOP_SOURCE_COOKIE) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"hoop_api\" with \"hoop_bearer "
                                   "cookie=%V\": a page of anybody's could "
                                   "have an approver's browser decide",
                                   &source[i].name);
                return NGX_CONF_ERROR;
            }
        }

        return ngx_http_hoop_login_check(cf, hmcf, conf);
    }

    /*
     * Without a policy everything is denied, which is safe, and right for a
     * server block whose locations bring their own.
     */

    if (conf->policies == NULL && clcf->name.len) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "no \"hoop_policy\" in protected location "
                           "\"%V\": every request to it is denied",
                           &clcf->name);
    }

    hmcf->core->locations++;
    hmcf->core->monitored += (conf->mode == NGX_HTTP_HOOP_MONITOR);

    n = conf->policies ? conf->policies->nelts : 0;
    policy = conf->policies ? conf->policies->elts : NULL;
    loaded = conf->policies ? conf->loaded->elts : NULL;

    for (i = 0; i < n; i++) {
        loaded[i]->used = 1;

        if (hoop_policy_issuers(policy[i], ngx_http_hoop_signer_issuer, hmcf)
            != 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "a rule of hoop policy \"%*s\" names an issuer "
                               "of a hoop_signer: its tokens count as those "
                               "of the issuer that they were exchanged for",
                               hoop_policy_name(policy[i]).len,
                               hoop_policy_name(policy[i]).data);
            return NGX_CONF_ERROR;
        }

        if (hoop_policy_credentials(policy[i],
                                    ngx_http_hoop_conf_credential_known, hmcf)
            != 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "a rule of hoop policy \"%*s\" names a "
                               "credential that no hoop_credential defines",
                               hoop_policy_name(policy[i]).len,
                               hoop_policy_name(policy[i]).data);
            return NGX_CONF_ERROR;
        }
    }

    if (conf->credential_name.len) {
        conf->credential = ngx_http_hoop_find_credential(hmcf,
                              ngx_http_hoop_str(&conf->credential_name));
        if (conf->credential == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "unknown hoop_credential \"%V\"",
                               &conf->credential_name);
            return NGX_CONF_ERROR;
        }
    }

    if (conf->mask_bufs.num < 2 || conf->mask_bufs.size < 1024) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hoop_mask_buffers\" must be at least 2 of 1k");
        return NGX_CONF_ERROR;
    }

    if (conf->record_max > 512 * 1024) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hoop_record_max\" must be at most 512k");
        return NGX_CONF_ERROR;
    }

    if (conf->mask_hold < 1024 || conf->mask_hold > 1024 * 1024) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hoop_mask_hold\" must be between 1k and 1m");
        return NGX_CONF_ERROR;
    }

    return ngx_http_hoop_conf_masks(cf, conf);
}
