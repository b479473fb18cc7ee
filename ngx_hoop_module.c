
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The table of contents: every directive, every hook of a process and every
 * phase of a request, with the file that carries it out.
 *
 *     post read   ngx_http_hoop_fetch.c     requests of our own
 *     preaccess   ngx_http_hoop_access.c    subrequests stay outside
 *     access      ngx_http_hoop_access.c    token, policy, approval, evidence
 *     header      ngx_http_hoop_header_filter.c  fail closed, or mask ...
 *     body        ngx_http_hoop_mask_filter.c    ... while it flows
 *     log         ngx_http_hoop_evidence.c  the closing events
 */


#include "src/http/ngx_http_hoop.h"


static void *ngx_hoop_create_conf(ngx_cycle_t *cycle);
static ngx_int_t ngx_hoop_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_hoop_init_process(ngx_cycle_t *cycle);
static void ngx_hoop_exit_process(ngx_cycle_t *cycle);

static ngx_int_t ngx_http_hoop_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_hoop_postconfiguration(ngx_conf_t *cf);
static void *ngx_http_hoop_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_hoop_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_hoop_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_hoop_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);


#define NGX_HTTP_HOOP_ANYWHERE                                                \
    NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF


static ngx_conf_enum_t  ngx_http_hoop_modes[] = {
    { ngx_string("off"), NGX_HTTP_HOOP_OFF },
    { ngx_string("on"), NGX_HTTP_HOOP_ON },
    { ngx_string("monitor"), NGX_HTTP_HOOP_MONITOR },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_hoop_records[] = {
    { ngx_string("off"), HOOP_RECORD_OFF },
    { ngx_string("metadata"), HOOP_RECORD_METADATA },
    { ngx_string("payload"), HOOP_RECORD_PAYLOAD },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_hoop_binaries[] = {
    { ngx_string("pass"), 0 },
    { ngx_string("block"), 1 },
    { ngx_null_string, 0 }
};


static ngx_conf_post_t  ngx_http_hoop_realm_post = {
    ngx_http_hoop_conf_realm
};


static ngx_command_t  ngx_http_hoop_commands[] = {

    { ngx_string("hoop"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hoop_loc_conf_t, mode),
      &ngx_http_hoop_modes },

    { ngx_string("hoop_issuer"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_hoop_conf_issuer,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_fetch"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hoop_loc_conf_t, fetch),
      NULL },

    { ngx_string("hoop_realm"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hoop_loc_conf_t, realm),
      &ngx_http_hoop_realm_post },

    { ngx_string("hoop_scope"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_hoop_conf_scope,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_audience"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_hoop_conf_audience,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_bearer"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_hoop_conf_bearer,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_resource"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_hoop_conf_resource,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_resource_metadata"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_hoop_conf_resource_metadata,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_proof"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_hoop_conf_proof,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_origin"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_hoop_conf_origin,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_revocation"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_NOARGS|NGX_CONF_TAKE12,
      ngx_http_hoop_conf_revocation,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_limit"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_hoop_conf_limit,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_policy"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_hoop_conf_policy,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hoop_loc_conf_t, policies),
      NULL },

    { ngx_string("hoop_body_max"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hoop_loc_conf_t, body_max),
      NULL },

    { ngx_string("hoop_target"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hoop_loc_conf_t, target),
      NULL },

    { ngx_string("hoop_run"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hoop_loc_conf_t, run),
      NULL },

    { ngx_string("hoop_approval"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_TAKE12,
      ngx_http_hoop_conf_approval,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_plan"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_hoop_conf_plan,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_notify"),
      NGX_HTTP_SRV_CONF|NGX_CONF_1MORE,
      ngx_http_hoop_conf_notify,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_hoop_conf_api,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_console"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE12,
      ngx_http_hoop_conf_console,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_login"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_hoop_conf_login,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_hoop_conf_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_signer"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_hoop_conf_signer,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_token"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_hoop_conf_token,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_jwks"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_hoop_conf_publish,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_metadata"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_hoop_conf_publish,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_credential"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_TAKE123,
      ngx_http_hoop_conf_credential,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_mask"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_1MORE,
      ngx_http_hoop_conf_mask,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_mask_hold"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hoop_loc_conf_t, mask_hold),
      NULL },

    { ngx_string("hoop_mask_buffers"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_TAKE2,
      ngx_conf_set_bufs_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hoop_loc_conf_t, mask_bufs),
      NULL },

    { ngx_string("hoop_mask_binary"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hoop_loc_conf_t, mask_binary),
      &ngx_http_hoop_binaries },

    { ngx_string("hoop_record"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hoop_loc_conf_t, record),
      &ngx_http_hoop_records },

    { ngx_string("hoop_record_max"),
      NGX_HTTP_HOOP_ANYWHERE|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_hoop_loc_conf_t, record_max),
      NULL },

    { ngx_string("hoop_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_hoop_conf_redis,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_hoop_conf_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_audit"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_hoop_conf_audit,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("hoop_audit_sign"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_hoop_conf_audit_sign,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_core_module_t  ngx_hoop_module_ctx = {
    ngx_string("hoop"),
    ngx_hoop_create_conf,
    NULL
};


ngx_module_t  ngx_hoop_module = {
    NGX_MODULE_V1,
    &ngx_hoop_module_ctx,                  /* module context */
    NULL,                                  /* module directives */
    NGX_CORE_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_hoop_init_module,                  /* init module */
    ngx_hoop_init_process,                 /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_hoop_exit_process,                 /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_module_t  ngx_http_hoop_module_ctx = {
    ngx_http_hoop_preconfiguration,        /* preconfiguration */
    ngx_http_hoop_postconfiguration,       /* postconfiguration */

    ngx_http_hoop_create_main_conf,        /* create main configuration */
    ngx_http_hoop_init_main_conf,          /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_hoop_create_loc_conf,         /* create location configuration */
    ngx_http_hoop_merge_loc_conf           /* merge location configuration */
};


ngx_module_t  ngx_http_hoop_module = {
    NGX_MODULE_V1,
    &ngx_http_hoop_module_ctx,             /* module context */
    ngx_http_hoop_commands,                /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/*
 * A module of its own for the place in the filter chain: "config" puts it
 * after everything that changes the text of an answer.
 */

static ngx_http_module_t  ngx_http_hoop_filter_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_hoop_filter_init,             /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_hoop_filter_module = {
    NGX_MODULE_V1,
    &ngx_http_hoop_filter_module_ctx,      /* module context */
    NULL,                                  /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* the worker's connection; NULL without hoop_redis */

static ngx_hoop_redis_t  *ngx_hoop_redis;

/* the parts of a process are up */

static ngx_uint_t         ngx_hoop_running;


static void *
ngx_hoop_create_conf(ngx_cycle_t *cycle)
{
    /*
     * set by ngx_pcalloc():
     *
     *     conf->redis = NULL;
     *     conf->audit = NULL;
     *     conf->zone = NULL;
     *     conf->stats = NULL;
     *     conf->issuers = NULL;
     *     conf->policies = NULL;
     *     conf->locations = 0;
     *     conf->monitored = 0;
     */

    return ngx_pcalloc(cycle->pool, sizeof(ngx_hoop_conf_t));
}


/* in the master, or the single process: as root, before the workers */

static ngx_int_t
ngx_hoop_init_module(ngx_cycle_t *cycle)
{
    ngx_hoop_conf_t  *conf;

    conf = (ngx_hoop_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_hoop_module);

    if (ngx_test_config) {
        return NGX_OK;
    }

    if (conf->audit && ngx_hoop_audit_prepare(cycle, conf->audit) != NGX_OK) {
        return NGX_ERROR;
    }

    if (conf->audit && conf->audit->sign
        && ngx_hoop_checkpoint_prepare(cycle, conf->audit->sign) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (conf->audit && ngx_http_hoop_conf_loaded(cycle, conf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_hoop_running) {

        /*
         * "master_process off" and a reload: the process stays, and nobody
         * else tells its parts that their configuration goes
         */

        ngx_hoop_exit_process((ngx_cycle_t *) ngx_cycle);

        return ngx_hoop_init_process(cycle);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_hoop_init_process(ngx_cycle_t *cycle)
{
    ngx_hoop_conf_t  *conf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    conf = (ngx_hoop_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_hoop_module);

    ngx_hoop_running = 1;

    ngx_hoop_zone_init(conf->zone);

    if (conf->redis) {
        ngx_hoop_redis = ngx_hoop_redis_create(cycle, conf->redis);
        if (ngx_hoop_redis == NULL) {
            return NGX_ERROR;
        }

        if (ngx_hoop_approval_init(cycle, conf->redis, ngx_hoop_redis)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_hoop_revocation_init(ngx_hoop_redis);

        /* one worker announces */

        if (ngx_worker == 0
            && ngx_http_hoop_notify_init(cycle, conf->notify, ngx_hoop_redis)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_http_hoop_limit_init(ngx_hoop_redis);

    if (conf->audit
        && ngx_hoop_audit_init(cycle, conf->audit, ngx_hoop_redis) != NGX_OK)
    {
        /* what needs evidence is refused; the rest of nginx goes on serving */

        ngx_log_error(NGX_LOG_ALERT, cycle->log, 0,
                      "hoop: no audit spool, protected requests are refused");
    }

    if (conf->audit) {
        ngx_hoop_config_init(cycle, conf->stats, &conf->audit->path,
                             conf->audit->sync != NGX_HOOP_AUDIT_SYNC_OFF);
    }

    if (ngx_http_hoop_cache_init(cycle) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_hoop_keys_init(conf->issuers);

    return NGX_OK;
}


static void
ngx_hoop_exit_process(ngx_cycle_t *cycle)
{
    ngx_hoop_conf_t  *conf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return;
    }

    conf = (ngx_hoop_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_hoop_module);

    ngx_hoop_running = 0;

    ngx_http_hoop_keys_done(conf->issuers);
    ngx_http_hoop_cache_done();

    if (conf->audit) {
        ngx_hoop_audit_done();
    }

    if (ngx_hoop_redis) {
        ngx_http_hoop_notify_done();
        ngx_hoop_approval_done();
        ngx_http_hoop_plan_done();
        ngx_http_hoop_revocation_init(NULL);
        ngx_http_hoop_limit_init(NULL);
        ngx_hoop_redis_destroy(ngx_hoop_redis);
        ngx_hoop_redis = NULL;
    }
}


static ngx_int_t
ngx_http_hoop_preconfiguration(ngx_conf_t *cf)
{
    return ngx_http_hoop_variables_init(cf);
}


static ngx_int_t
ngx_http_hoop_add_handler(ngx_conf_t *cf, ngx_uint_t phase,
    ngx_http_handler_pt handler)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[phase].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = handler;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hoop_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_hoop_main_conf_t  *hmcf;

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hoop_module);

    if (ngx_http_hoop_resource_init(cf, hmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    hmcf->core->policies = &hmcf->policies;
    hmcf->core->notify = &hmcf->notify;

    if (hmcf->core->audit) {
        hmcf->core->audit->sign = hmcf->sign;

    } else if (hmcf->sign) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"hoop_audit_sign\" needs a \"hoop_audit\" in "
                           "http");
        return NGX_ERROR;
    }

    /* that nothing is protected any more is evidence, too */

    if (hmcf->enabled || hmcf->core->audit) {
        hmcf->core->stats = ngx_hoop_stat_add(cf, &hmcf->stats);
        if (hmcf->core->stats == NULL) {
            return NGX_ERROR;
        }
    }

    if (!hmcf->enabled) {
        return NGX_OK;
    }

    if (ngx_http_hoop_add_handler(cf, NGX_HTTP_POST_READ_PHASE,
                                  ngx_http_hoop_fetch_post_read_handler)
        != NGX_OK
        || ngx_http_hoop_add_handler(cf, NGX_HTTP_PREACCESS_PHASE,
                                     ngx_http_hoop_preaccess_handler)
           != NGX_OK
        || ngx_http_hoop_add_handler(cf, NGX_HTTP_ACCESS_PHASE,
                                     ngx_http_hoop_access_handler)
           != NGX_OK
        || ngx_http_hoop_add_handler(cf, NGX_HTTP_LOG_PHASE,
                                     ngx_http_hoop_log_handler)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    hmcf->core->issuers = &hmcf->issuers;

    hmcf->core->zone = ngx_hoop_zone_add(cf, hmcf->zone_size);
    if (hmcf->core->zone == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_hoop_headers_init(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_hoop_body_init(cf);
}


static void *
ngx_http_hoop_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_hoop_main_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_hoop_main_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->api = { 0, NULL };
     *     conf->enabled = 0;
     */

    if (ngx_array_init(&conf->issuers, cf->pool, 4, sizeof(void *)) != NGX_OK
        || ngx_array_init(&conf->notify, cf->pool, 2, sizeof(void *)) != NGX_OK
        || ngx_array_init(&conf->logins, cf->pool, 2, sizeof(void *)) != NGX_OK
        || ngx_array_init(&conf->credentials, cf->pool, 4, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&conf->policies, cf->pool, 4, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&conf->resources, cf->pool, 4, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&conf->targets, cf->pool, 4, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&conf->signers, cf->pool, 2, sizeof(void *))
           != NGX_OK
        || ngx_array_init(&conf->stats, cf->pool, 16,
                          sizeof(ngx_hoop_stat_want_t))
           != NGX_OK)
    {
        return NULL;
    }

    conf->zone_size = NGX_CONF_UNSET_SIZE;
    conf->proof_window = ngx_http_hoop_proof_default.window;

    conf->core = (ngx_hoop_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                                  ngx_hoop_module);
    return conf;
}


static char *
ngx_http_hoop_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_hoop_main_conf_t *hmcf = conf;

    ngx_conf_init_size_value(hmcf->zone_size, NGX_HOOP_ZONE_DEFAULT);

    return ngx_http_hoop_signers_check(cf, hmcf);
}


static void *
ngx_http_hoop_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_hoop_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_hoop_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->api = 0;
     *     conf->metadata = 0;
     *     conf->signer = NULL;
     *     conf->published = NULL;
     *     conf->handler = NULL;
     *     conf->fetch = { 0, NULL };
     *     conf->fetch_target = NULL;
     *     conf->stat = NULL;
     *     conf->masks = { 0 };
     *     conf->mask_bufs = { 0, 0 };
     *     conf->credential_name = { 0, NULL };
     *     conf->credential = NULL;
     *     conf->target = NULL;
     *     conf->run = NULL;
     *     conf->realm = { 0, NULL };
     *     conf->origin = { 0, NULL };
     */

    conf->mode = NGX_CONF_UNSET_UINT;
    conf->policies = NGX_CONF_UNSET_PTR;
    conf->loaded = NGX_CONF_UNSET_PTR;
    conf->scopes = NGX_CONF_UNSET_PTR;
    conf->audiences = NGX_CONF_UNSET_PTR;
    conf->sources = NGX_CONF_UNSET_PTR;
    conf->proof = NGX_CONF_UNSET_PTR;
    conf->resource = NGX_CONF_UNSET_PTR;
    conf->revocation = NGX_CONF_UNSET_PTR;
    conf->limit_deny = NGX_CONF_UNSET_UINT;
    conf->mask_names = NGX_CONF_UNSET_PTR;
    conf->mask_hold = NGX_CONF_UNSET_SIZE;
    conf->mask_binary = NGX_CONF_UNSET_UINT;
    conf->record = NGX_CONF_UNSET_UINT;
    conf->record_max = NGX_CONF_UNSET_SIZE;
    conf->body_max = NGX_CONF_UNSET_SIZE;
    conf->approval_wait = NGX_CONF_UNSET_MSEC;
    conf->approval_max = NGX_CONF_UNSET_UINT;
    conf->plan = NGX_CONF_UNSET_PTR;

    return conf;
}


static char *
ngx_http_hoop_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_hoop_loc_conf_t *prev = parent;
    ngx_http_hoop_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t  *clcf;

    if (ngx_http_hoop_resource_merge(cf, prev, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_conf_merge_uint_value(conf->mode, prev->mode, NGX_HTTP_HOOP_OFF);
    ngx_conf_merge_str_value(conf->fetch, prev->fetch, "");
    ngx_conf_merge_str_value(conf->realm, prev->realm, "hoop");
    ngx_conf_merge_ptr_value(conf->policies, prev->policies, NULL);
    ngx_conf_merge_ptr_value(conf->loaded, prev->loaded, NULL);
    ngx_conf_merge_ptr_value(conf->scopes, prev->scopes, NULL);
    ngx_conf_merge_ptr_value(conf->audiences, prev->audiences, NULL);
    ngx_conf_merge_ptr_value(conf->sources, prev->sources, NULL);
    ngx_conf_merge_ptr_value(conf->proof, prev->proof, NULL);
    ngx_conf_merge_ptr_value(conf->resource, prev->resource, NULL);
    ngx_conf_merge_ptr_value(conf->revocation, prev->revocation, NULL);
    ngx_conf_merge_uint_value(conf->limit_deny, prev->limit_deny, 0);
    ngx_conf_merge_str_value(conf->origin, prev->origin, "");
    ngx_conf_merge_ptr_value(conf->mask_names, prev->mask_names, NULL);
    ngx_conf_merge_size_value(conf->mask_hold, prev->mask_hold,
                              HOOP_MASK_HOLD);
    ngx_conf_merge_bufs_value(conf->mask_bufs, prev->mask_bufs, 6, 8192);
    ngx_conf_merge_uint_value(conf->mask_binary, prev->mask_binary, 1);
    ngx_conf_merge_uint_value(conf->record, prev->record,
                              HOOP_RECORD_METADATA);
    ngx_conf_merge_size_value(conf->record_max, prev->record_max, 65536);
    ngx_conf_merge_size_value(conf->body_max, prev->body_max,
                              HOOP_REQUEST_BODY);
    ngx_conf_merge_str_value(conf->credential_name, prev->credential_name, "");
    ngx_conf_merge_msec_value(conf->approval_wait, prev->approval_wait, 0);
    ngx_conf_merge_uint_value(conf->approval_max, prev->approval_max, 0);
    ngx_conf_merge_ptr_value(conf->plan, prev->plan, NULL);

    if (conf->target == NULL) {
        conf->target = prev->target;
    }

    if (conf->run == NULL) {
        conf->run = prev->run;
    }

    if (prev->api) {
        clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

        if (clcf->noname) {

            /* "limit_except" and "if" are not another location */

            conf->api = 1;
            conf->login = prev->login;
            clcf->handler = ngx_http_hoop_api_handler;
        }
    }

    if (ngx_http_hoop_signer_merge(cf, prev, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_hoop_notify_check(cf,
               ngx_http_conf_get_module_main_conf(cf, ngx_http_hoop_module),
               conf)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_hoop_console_check(cf,
               ngx_http_conf_get_module_main_conf(cf, ngx_http_hoop_module),
               conf)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (conf->mode == NGX_HTTP_HOOP_OFF && !conf->api) {
        return NGX_CONF_OK;
    }

    if (conf->resource
        && ngx_http_hoop_resource_join(cf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_hoop_conf_check(cf,
               ngx_http_conf_get_module_main_conf(cf, ngx_http_hoop_module),
               conf);
}
