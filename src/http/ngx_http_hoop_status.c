
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What was decided, counted: by location, and by rule.  hoop_status shows it
 * in the text format of Prometheus.
 *
 * A decision counts as often as there is an event of it.  A rule counts where
 * it has decided, or would have: in a "hoop monitor" location, or with
 * "monitor" in the rule.
 */


#include "ngx_http_hoop.h"


/* room for a label with its name */
#define NGX_HTTP_HOOP_LABEL        80
#define NGX_HTTP_HOOP_LABEL_PATH   110
#define NGX_HTTP_HOOP_LABEL_WORD   30

/* the longest line of an answer */
#define NGX_HTTP_HOOP_STATUS_LINE                                             \
    (NGX_HOOP_STAT_LABELS + sizeof("hoop_rule_matches_total{,"                \
                                   "enforced=\"false\"} \n")                  \
     + NGX_ATOMIC_T_LEN)


static ngx_hoop_stat_want_t *ngx_http_hoop_status_want(ngx_conf_t *cf,
    ngx_uint_t kind, ngx_hoop_stat_t **stat);
static ngx_int_t ngx_http_hoop_status_handler(ngx_http_request_t *r);
static ngx_buf_t *ngx_http_hoop_status_text(ngx_http_request_t *r,
    ngx_shm_zone_t *zone);
static u_char *ngx_http_hoop_status_locations(u_char *p, u_char *last,
    ngx_hoop_stat_t *stat, ngx_uint_t n);
static u_char *ngx_http_hoop_status_rules(u_char *p, u_char *last,
    ngx_hoop_stat_t *stat, ngx_uint_t n);


static const char  ngx_http_hoop_status_decisions[] =
    "# HELP hoop_decisions_total Decisions, as there are events of them.\n"
    "# TYPE hoop_decisions_total counter\n";

static const char  ngx_http_hoop_status_matches[] =
    "# HELP hoop_rule_matches_total Requests that a rule has decided, "
    "or would have.\n"
    "# TYPE hoop_rule_matches_total counter\n";


ngx_int_t
ngx_http_hoop_status_location(ngx_conf_t *cf, ngx_http_hoop_loc_conf_t *conf)
{
    u_char                     *p, *start, name[NGX_HTTP_HOOP_LABEL_PATH];
    size_t                      len;
    hoop_str_t                  mode;
    ngx_hoop_stat_want_t       *want;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_core_srv_conf_t   *cscf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    want = ngx_http_hoop_status_want(cf, NGX_HOOP_STAT_LOCATION, &conf->stat);
    if (want == NULL) {
        return NGX_ERROR;
    }

    /* a prefix is what a request begins with; others may have its text */

    len = ngx_snprintf(name, sizeof(name), "%s%V",
                       clcf->exact_match ? "= "
#if (NGX_PCRE)
                       : clcf->regex ? "~ "
#endif
                       : "", &clcf->name)
          - name;

    mode = hoop_cstr(conf->mode == NGX_HTTP_HOOP_MONITOR ? "monitor" : "on");

    start = want->labels.data;

    p = ngx_hoop_stat_label(start, start, start + NGX_HTTP_HOOP_LABEL,
                            "server", ngx_http_hoop_str(&cscf->server_name));
    p = ngx_hoop_stat_label(p, start, p + NGX_HTTP_HOOP_LABEL_PATH,
                            "location", hoop_str(name, len));
    p = ngx_hoop_stat_label(p, start, p + NGX_HTTP_HOOP_LABEL_WORD, "mode",
                            mode);

    want->labels.len = p - start;

    return NGX_OK;
}


ngx_int_t
ngx_http_hoop_status_policy(ngx_conf_t *cf, ngx_http_hoop_policy_t *policy)
{
    u_char                *p, *start;
    ngx_uint_t             i, n;
    hoop_str_t             name;
    hoop_policy_rule_t     rule;
    ngx_hoop_stat_want_t  *want;

    n = hoop_policy_count(policy->policy);

    policy->stats = ngx_pcalloc(cf->pool, (n + 1) * sizeof(ngx_hoop_stat_t *));
    if (policy->stats == NULL) {
        return NGX_ERROR;
    }

    name = hoop_policy_name(policy->policy);

    for (i = 0; i < n; i++) {
        rule = hoop_policy_rule(policy->policy, i);

        want = ngx_http_hoop_status_want(cf, NGX_HOOP_STAT_RULE,
                                         &policy->stats[i]);
        if (want == NULL) {
            return NGX_ERROR;
        }

        start = want->labels.data;

        p = ngx_hoop_stat_label(start, start, start + NGX_HTTP_HOOP_LABEL,
                                "policy", name);
        p = ngx_hoop_stat_label(p, start, p + NGX_HTTP_HOOP_LABEL, "rule",
                                rule.id);
        p = ngx_hoop_stat_label(p, start, p + NGX_HTTP_HOOP_LABEL_WORD,
                                "effect",
                                hoop_cstr(hoop_verdict_name(rule.effect)));

        want->labels.len = p - start;
    }

    return NGX_OK;
}


static ngx_hoop_stat_want_t *
ngx_http_hoop_status_want(ngx_conf_t *cf, ngx_uint_t kind,
    ngx_hoop_stat_t **stat)
{
    ngx_hoop_stat_want_t       *want;
    ngx_http_hoop_main_conf_t  *hmcf;

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hoop_module);

    want = ngx_array_push(&hmcf->stats);
    if (want == NULL) {
        return NULL;
    }

    want->kind = kind;
    want->stat = stat;
    want->labels.len = 0;

    want->labels.data = ngx_pnalloc(cf->pool, NGX_HOOP_STAT_LABELS);
    if (want->labels.data == NULL) {
        return NULL;
    }

    return want;
}


void
ngx_http_hoop_status_count(ngx_http_hoop_ctx_t *ctx)
{
    ngx_uint_t                 i;
    hoop_verdict_t            *v;
    hoop_monitored_t          *m;
    ngx_http_hoop_policy_t   **policy;

    v = &ctx->verdict;

    ngx_hoop_stat_count(ctx->conf->stat, v->decision);

    /* a later decision about the same request is not of its rules */

    if (ctx->events || ctx->conf->loaded == NULL) {
        return;
    }

    policy = ctx->conf->loaded->elts;

    if (v->rule.len
        && (v->decision != HOOP_VERDICT_ERROR || !v->ambiguous))
    {
        ngx_hoop_stat_count(policy[v->npolicy]->stats[v->nrule],
                            ctx->conf->mode == NGX_HTTP_HOOP_MONITOR);
    }

    for (i = 0; i < v->nmonitored; i++) {
        m = &v->monitored[i];
        ngx_hoop_stat_count(policy[m->npolicy]->stats[m->nrule], 1);
    }
}


char *
ngx_http_hoop_conf_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "is in a location that has another handler, "
               "or is duplicate";
    }

    clcf->handler = ngx_http_hoop_status_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_hoop_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_buf_t                  *b;
    ngx_chain_t                 out;
    ngx_http_hoop_main_conf_t  *hmcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hoop_module);

    b = ngx_http_hoop_status_text(r, hmcf->enabled ? hmcf->core->stats : NULL);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = b->last - b->pos;

    ngx_str_set(&r->headers_out.content_type, "text/plain; version=0.0.4");
    r->headers_out.content_type_len = sizeof("text/plain") - 1;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_buf_t *
ngx_http_hoop_status_text(ngx_http_request_t *r, ngx_shm_zone_t *zone)
{
    size_t            size;
    ngx_buf_t        *b;
    ngx_uint_t        locations, rules;
    ngx_hoop_stat_t  *location, *rule;

    location = NULL;
    rule = NULL;
    locations = 0;
    rules = 0;

    /* there is none where nothing is protected */

    if (zone) {
        locations = ngx_hoop_stat_list(zone, NGX_HOOP_STAT_LOCATION,
                                       &location);
        rules = ngx_hoop_stat_list(zone, NGX_HOOP_STAT_RULE, &rule);
    }

    size = sizeof(ngx_http_hoop_status_decisions)
           + sizeof(ngx_http_hoop_status_matches)
           + (locations * 4 + rules * 2) * NGX_HTTP_HOOP_STATUS_LINE;

    b = ngx_create_temp_buf(r->pool, size);
    if (b == NULL) {
        return NULL;
    }

    b->last = ngx_cpymem(b->last, ngx_http_hoop_status_decisions,
                         sizeof(ngx_http_hoop_status_decisions) - 1);
    b->last = ngx_http_hoop_status_locations(b->last, b->end, location,
                                             locations);

    b->last = ngx_cpymem(b->last, ngx_http_hoop_status_matches,
                         sizeof(ngx_http_hoop_status_matches) - 1);
    b->last = ngx_http_hoop_status_rules(b->last, b->end, rule, rules);

    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    return b;
}


static u_char *
ngx_http_hoop_status_locations(u_char *p, u_char *last, ngx_hoop_stat_t *stat,
    ngx_uint_t n)
{
    ngx_uint_t  i, k;

    for (i = 0; i < n; i++) {
        for (k = HOOP_VERDICT_ALLOW; k <= HOOP_VERDICT_ERROR; k++) {
            p = ngx_slprintf(p, last,
                             "hoop_decisions_total{%*s,decision=\"%s\"} %uA\n",
                             stat[i].len, stat[i].labels,
                             hoop_verdict_name(k), stat[i].numbers[k]);
        }
    }

    return p;
}


static u_char *
ngx_http_hoop_status_rules(u_char *p, u_char *last, ngx_hoop_stat_t *stat,
    ngx_uint_t n)
{
    ngx_uint_t  i, k;

    for (i = 0; i < n; i++) {
        for (k = 0; k < 2; k++) {
            p = ngx_slprintf(p, last,
                             "hoop_rule_matches_total{%*s,enforced=\"%s\"} "
                             "%uA\n", stat[i].len, stat[i].labels,
                             k ? "false" : "true", stat[i].numbers[k]);
        }
    }

    return p;
}
