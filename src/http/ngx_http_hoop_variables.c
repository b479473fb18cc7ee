
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What is known of a request, as variables; empty ("not found") before it is.
 * No variable holds a token or a credential, nor what a token says that was
 * refused, be it in monitor mode and so without effect.
 *
 * What a token says goes into headers, where a control character could end a
 * line and a target never sees a blank at either end, so that "alice " would be
 * "alice" there; and into lists, where a comma could make two names of one:
 * such names are none.
 */


#include "ngx_http_hoop.h"


typedef hoop_str_t (*ngx_http_hoop_variable_pt)(ngx_http_hoop_ctx_t *ctx);


static ngx_int_t ngx_http_hoop_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_hoop_name_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_hoop_masked_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_hoop_actors_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_hoop_groups_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static void ngx_http_hoop_add_name(hoop_buf_t *names, const json_t *value);
static ngx_uint_t ngx_http_hoop_changes(hoop_str_t s);
static ngx_int_t ngx_http_hoop_set_names(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, hoop_buf_t *names);
static ngx_int_t ngx_http_hoop_claim_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static hoop_str_t
ngx_http_hoop_get_sub(ngx_http_hoop_ctx_t *ctx)
{
    return ctx->verified ? ctx->identity->sub : hoop_str(NULL, 0);
}


static hoop_str_t
ngx_http_hoop_get_issuer(ngx_http_hoop_ctx_t *ctx)
{
    return ctx->verified ? ctx->identity->issuer : hoop_str(NULL, 0);
}


static hoop_str_t
ngx_http_hoop_get_client(ngx_http_hoop_ctx_t *ctx)
{
    return ctx->verified ? ctx->identity->client : hoop_str(NULL, 0);
}


static hoop_str_t
ngx_http_hoop_get_actor(ngx_http_hoop_ctx_t *ctx)
{
    return ctx->verified ? ctx->identity->actor : hoop_str(NULL, 0);
}


static hoop_str_t
ngx_http_hoop_get_decision(ngx_http_hoop_ctx_t *ctx)
{
    if (ctx->state < NGX_HTTP_HOOP_DECIDED) {
        return hoop_str(NULL, 0);
    }

    return hoop_cstr(hoop_verdict_name(ctx->verdict.decision));
}


static hoop_str_t
ngx_http_hoop_get_rule(ngx_http_hoop_ctx_t *ctx)
{
    return ctx->verdict.rule;
}


static hoop_str_t
ngx_http_hoop_get_reason(ngx_http_hoop_ctx_t *ctx)
{
    return ctx->verdict.reason;
}


static hoop_str_t
ngx_http_hoop_get_session(ngx_http_hoop_ctx_t *ctx)
{
    return hoop_str(ctx->session, NGX_HTTP_HOOP_SESSION);
}


static hoop_str_t
ngx_http_hoop_get_run(ngx_http_hoop_ctx_t *ctx)
{
    return ngx_http_hoop_str(&ctx->run);
}


static hoop_str_t
ngx_http_hoop_get_approval(ngx_http_hoop_ctx_t *ctx)
{
    return hoop_cstr((char *) ctx->approval.id);
}


typedef struct {
    ngx_str_t                    name;
    ngx_http_get_variable_pt     handler;
    ngx_http_hoop_variable_pt    get;
    ngx_uint_t                   flags;
} ngx_http_hoop_variable_t;


static ngx_http_hoop_variable_t  ngx_http_hoop_variables[] = {

    { ngx_string("hoop_sub"), ngx_http_hoop_name_variable,
      ngx_http_hoop_get_sub, NGX_HTTP_VAR_NOCACHEABLE },

    { ngx_string("hoop_issuer"), ngx_http_hoop_name_variable,
      ngx_http_hoop_get_issuer, NGX_HTTP_VAR_NOCACHEABLE },

    { ngx_string("hoop_client"), ngx_http_hoop_name_variable,
      ngx_http_hoop_get_client, NGX_HTTP_VAR_NOCACHEABLE },

    { ngx_string("hoop_actor"), ngx_http_hoop_name_variable,
      ngx_http_hoop_get_actor, NGX_HTTP_VAR_NOCACHEABLE },

    { ngx_string("hoop_actors"), ngx_http_hoop_actors_variable,
      NULL, NGX_HTTP_VAR_NOCACHEABLE },

    { ngx_string("hoop_groups"), ngx_http_hoop_groups_variable,
      NULL, NGX_HTTP_VAR_NOCACHEABLE },

    { ngx_string("hoop_scope"), ngx_http_hoop_scope_variable,
      NULL, NGX_HTTP_VAR_NOCACHEABLE },

    { ngx_string("hoop_decision"), ngx_http_hoop_variable,
      ngx_http_hoop_get_decision, NGX_HTTP_VAR_NOCACHEABLE },

    { ngx_string("hoop_rule"), ngx_http_hoop_variable,
      ngx_http_hoop_get_rule, NGX_HTTP_VAR_NOCACHEABLE },

    { ngx_string("hoop_reason"), ngx_http_hoop_variable,
      ngx_http_hoop_get_reason, NGX_HTTP_VAR_NOCACHEABLE },

    { ngx_string("hoop_session"), ngx_http_hoop_variable,
      ngx_http_hoop_get_session, NGX_HTTP_VAR_NOCACHEABLE },

    { ngx_string("hoop_run"), ngx_http_hoop_variable,
      ngx_http_hoop_get_run, NGX_HTTP_VAR_NOCACHEABLE },

    { ngx_string("hoop_approval"), ngx_http_hoop_variable,
      ngx_http_hoop_get_approval, NGX_HTTP_VAR_NOCACHEABLE },

    { ngx_string("hoop_masked"), ngx_http_hoop_masked_variable,
      NULL, NGX_HTTP_VAR_NOCACHEABLE },

    { ngx_string("hoop_fetch_url"), ngx_http_hoop_fetch_url_variable,
      NULL, NGX_HTTP_VAR_NOCACHEABLE },

    { ngx_string("hoop_claim_"), ngx_http_hoop_claim_variable,
      NULL, NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX },

    { ngx_null_string, NULL, NULL, 0 }
};


ngx_int_t
ngx_http_hoop_variables_init(ngx_conf_t *cf)
{
    ngx_http_variable_t       *var;
    ngx_http_hoop_variable_t  *v;

    for (v = ngx_http_hoop_variables; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->handler;
        var->data = (uintptr_t) v;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_hoop_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_http_hoop_variable_t *var = (ngx_http_hoop_variable_t *) data;

    hoop_str_t            value;
    ngx_http_hoop_ctx_t  *ctx;

    ctx = ngx_http_hoop_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    value = var->get(ctx);

    if (value.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = (u_char *) value.data;
    v->len = value.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hoop_name_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_int_t  rc;

    rc = ngx_http_hoop_variable(r, v, data);

    if (rc == NGX_OK && !v->not_found
        && ngx_http_hoop_changes(hoop_str(v->data, v->len)))
    {
        v->valid = 0;
        v->not_found = 1;
    }

    return rc;
}


/* how many values were masked in the answer */

static ngx_int_t
ngx_http_hoop_masked_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char               *p;
    uint64_t              n;
    ngx_uint_t            i;
    ngx_http_hoop_ctx_t  *ctx;

    ctx = ngx_http_hoop_ctx(r);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    n = 0;

    for (i = 0; i < HOOP_DETECT_ALL; i++) {
        n += ctx->masked[i];
    }

    v->data = p;
    v->len = ngx_sprintf(p, "%uL", n) - p;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


/* from the one who acts to the first who did */

static ngx_int_t
ngx_http_hoop_actors_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    json_t               *act;
    hoop_buf_t            names;
    ngx_http_hoop_ctx_t  *ctx;

    hoop_buf_init(&names, HOOP_JWT_MAX_TOKEN);

    ctx = ngx_http_hoop_ctx(r);

    if (ctx && ctx->verified) {
        act = json_object_get(ctx->identity->claims, "act");

        for ( /* void */ ; act; act = json_object_get(act, "act")) {
            ngx_http_hoop_add_name(&names, json_object_get(act, "sub"));
        }
    }

    return ngx_http_hoop_set_names(r, v, &names);
}


/* as an approver's groups are read: a list of names, or one */

static ngx_int_t
ngx_http_hoop_groups_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    size_t                i;
    json_t               *claim;
    hoop_buf_t            names;
    ngx_http_hoop_ctx_t  *ctx;

    hoop_buf_init(&names, HOOP_JWT_MAX_TOKEN);

    ctx = ngx_http_hoop_ctx(r);

    if (ctx && ctx->verified && ctx->issuer) {
        claim = hoop_json_pointer(ctx->identity->claims,
                                  ngx_http_hoop_str(&ctx->issuer->groups));

        ngx_http_hoop_add_name(&names, claim);

        for (i = 0; i < json_array_size(claim); i++) {
            ngx_http_hoop_add_name(&names, json_array_get(claim, i));
        }
    }

    return ngx_http_hoop_set_names(r, v, &names);
}


/* "failed" as well if there is a name that a list cannot hold */

static void
ngx_http_hoop_add_name(hoop_buf_t *names, const json_t *value)
{
    hoop_str_t  name;

    name = hoop_json_string(value);

    if (name.len == 0) {
        return;
    }

    if (ngx_http_hoop_changes(name) || memchr(name.data, ',', name.len)) {
        names->failed = 1;
        return;
    }

    if (names->len) {
        (void) hoop_buf_addc(names, ',');
    }

    (void) hoop_buf_add(names, name.data, name.len);
}


static ngx_int_t
ngx_http_hoop_set_names(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    hoop_buf_t *names)
{
    v->not_found = 1;

    if (names->failed || names->len == 0) {
        hoop_buf_free(names);
        return NGX_OK;
    }

    v->data = ngx_pnalloc(r->pool, names->len);
    if (v->data == NULL) {
        hoop_buf_free(names);
        return NGX_ERROR;
    }

    ngx_memcpy(v->data, names->data, names->len);

    v->len = names->len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    hoop_buf_free(names);

    return NGX_OK;
}


/* $hoop_claim_NAME: a string, number or boolean at the top of the token */

static ngx_int_t
ngx_http_hoop_claim_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t *name = (ngx_str_t *) data;

    char                  key[128];
    u_char               *p;
    size_t                len;
    json_t               *claim;
    ngx_http_hoop_ctx_t  *ctx;

    v->not_found = 1;

    len = name->len - (sizeof("hoop_claim_") - 1);
    ctx = ngx_http_hoop_ctx(r);

    if (ctx == NULL || !ctx->verified || len >= sizeof(key)) {
        return NGX_OK;
    }

    ngx_memcpy(key, name->data + sizeof("hoop_claim_") - 1, len);
    key[len] = '\0';

    claim = json_object_get(ctx->identity->claims, key);

    if (json_is_string(claim)) {

        if (ngx_http_hoop_changes(hoop_json_string(claim))) {
            return NGX_OK;
        }

        v->data = (u_char *) json_string_value(claim);
        v->len = json_string_length(claim);

    } else if (json_is_integer(claim)) {
        p = ngx_pnalloc(r->pool, NGX_INT64_LEN);
        if (p == NULL) {
            return NGX_ERROR;
        }

        v->data = p;
        v->len = ngx_sprintf(p, "%L", (int64_t) json_integer_value(claim)) - p;

    } else if (json_is_boolean(claim)) {
        v->data = (u_char *) (json_is_true(claim) ? "true" : "false");
        v->len = json_is_true(claim) ? 4 : 5;

    } else {
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


/* 1 if s, as the value of a header, would be read as another one */

static ngx_uint_t
ngx_http_hoop_changes(hoop_str_t s)
{
    return ngx_http_hoop_has_control(s)
           || (s.len && (s.data[0] == ' ' || s.data[s.len - 1] == ' '));
}


ngx_uint_t
ngx_http_hoop_has_control(hoop_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < 0x20 || s.data[i] == 0x7f) {
            return 1;
        }
    }

    return 0;
}
