
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoop_proof and hoop_origin: what a location wants of proofs of possession,
 * and by which origin its clients know it.
 */


#include "ngx_http_hoop.h"

#include "../core/hoop_uri.h"


#define NGX_HTTP_HOOP_PROOF_WINDOW      60
#define NGX_HTTP_HOOP_PROOF_WINDOW_MAX  600


static char *ngx_http_hoop_proof_option(ngx_conf_t *cf,
    ngx_http_hoop_proof_conf_t *proof, ngx_str_t *value);
static char *ngx_http_hoop_proof_algs(ngx_conf_t *cf,
    ngx_http_hoop_proof_conf_t *proof, u_char *p, u_char *last);


/* where there is no hoop_proof */

ngx_http_hoop_proof_conf_t  ngx_http_hoop_proof_default = {
    0,
    0,
    NGX_HTTP_HOOP_PROOF_WINDOW,
    HOOP_JWT_ALGS,
    ngx_string("ES256 ES384 ES512 EdDSA PS256 PS384 PS512 RS256 RS384 RS512")
};


char *
ngx_http_hoop_conf_proof(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    char                        *rv;
    ngx_str_t                   *value;
    ngx_uint_t                   i;
    ngx_http_hoop_main_conf_t   *hmcf;
    ngx_http_hoop_proof_conf_t  *proof;

    if (hlcf->proof != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    proof = ngx_palloc(cf->pool, sizeof(ngx_http_hoop_proof_conf_t));
    if (proof == NULL) {
        return NGX_CONF_ERROR;
    }

    *proof = ngx_http_hoop_proof_default;
    proof->algs = 0;

    value = cf->args->elts;
    i = 2;

    if (ngx_strcmp(value[1].data, "required") == 0) {
        proof->required = NGX_HTTP_HOOP_PROOF_DPOP|NGX_HTTP_HOOP_PROOF_MTLS;

        if (i < cf->args->nelts && ngx_strcmp(value[i].data, "dpop") == 0) {
            proof->required = NGX_HTTP_HOOP_PROOF_DPOP;
            i++;

        } else if (i < cf->args->nelts
                   && ngx_strcmp(value[i].data, "mtls") == 0)
        {
            proof->required = NGX_HTTP_HOOP_PROOF_MTLS;
            i++;
        }

    } else if (ngx_strcmp(value[1].data, "optional") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_proof \"%V\", wanted \"optional\" or "
                           "\"required\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    for ( /* void */ ; i < cf->args->nelts; i++) {
        rv = ngx_http_hoop_proof_option(cf, proof, &value[i]);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (proof->algs == 0) {
        proof->algs = ngx_http_hoop_proof_default.algs;
    }

#if !(NGX_HTTP_SSL)

    if (proof->required == NGX_HTTP_HOOP_PROOF_MTLS) {
        return "wants client certificates of an nginx without TLS";
    }

#endif

    hmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_hoop_module);

    hmcf->proof_window = ngx_max(hmcf->proof_window, proof->window);

    hlcf->proof = proof;

    return NGX_CONF_OK;
}


static char *
ngx_http_hoop_proof_option(ngx_conf_t *cf, ngx_http_hoop_proof_conf_t *proof,
    ngx_str_t *value)
{
    u_char     *p;
    size_t      len;
    ngx_str_t   s;

    p = value->data;
    len = value->len;

    if (ngx_strcmp(p, "nonce=on") == 0) {
        proof->nonce = 1;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(p, "nonce=off") == 0) {
        proof->nonce = 0;
        return NGX_CONF_OK;
    }

    if (len > 7 && ngx_strncmp(p, "window=", 7) == 0) {
        s.data = p + 7;
        s.len = len - 7;

        proof->window = ngx_parse_time(&s, 1);

        if (proof->window < 1
            || proof->window > NGX_HTTP_HOOP_PROOF_WINDOW_MAX)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop_proof \"%V\", wanted a time from 1s to "
                               "10m", value);
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    if (len > 11 && ngx_strncmp(p, "algorithms=", 11) == 0) {
        return ngx_http_hoop_proof_algs(cf, proof, p + 11, p + len);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "hoop_proof \"%V\", wanted dpop or mtls after "
                       "\"required\", nonce=on|off, window=TIME or "
                       "algorithms=ALG,...", value);
    return NGX_CONF_ERROR;
}


/* the names are kept for challenges, in which blanks stand between them */

static char *
ngx_http_hoop_proof_algs(ngx_conf_t *cf, ngx_http_hoop_proof_conf_t *proof,
    u_char *p, u_char *last)
{
    u_char    *end;
    unsigned   alg;

    if (proof->algs) {
        return "has \"algorithms=\" twice";
    }

    proof->names.data = p;
    proof->names.len = last - p;

    for ( ;; ) {
        end = ngx_strlchr(p, last, ',');

        if (end == NULL) {
            end = last;
        }

        alg = hoop_jwt_alg(hoop_str(p, end - p)) & HOOP_JWT_ALGS;

        if (alg == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "hoop_proof algorithm \"%*s\", wanted RS256, "
                               "RS384, RS512, PS256, PS384, PS512, ES256, "
                               "ES384, ES512 or EdDSA", (size_t) (end - p), p);
            return NGX_CONF_ERROR;
        }

        proof->algs |= alg;

        if (end == last) {
            return NGX_CONF_OK;
        }

        *end = ' ';
        p = end + 1;
    }
}


char *
ngx_http_hoop_conf_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_hoop_loc_conf_t *hlcf = conf;

    char        *rv;
    ngx_str_t   *value;
    hoop_buf_t   b;

    if (hlcf->origin.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    hoop_buf_init(&b, 0);

    if (hoop_uri_origin(ngx_http_hoop_str(&value[1]), &b) == HOOP_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "hoop_origin \"%V\", wanted a scheme, a host and "
                           "perhaps a port, as in \"https://api.example.com\"",
                           &value[1]);
        rv = NGX_CONF_ERROR;
        goto done;
    }

    rv = NGX_CONF_ERROR;

    if (!b.failed) {
        hlcf->origin.data = ngx_pnalloc(cf->pool, b.len);

        if (hlcf->origin.data) {
            ngx_memcpy(hlcf->origin.data, b.data, b.len);
            hlcf->origin.len = b.len;
            rv = NGX_CONF_OK;
        }
    }

done:

    hoop_buf_free(&b);

    return rv;
}


/*
 * A token that is bound to a key is taken from Authorization only.  Of what a
 * server block has, its locations are judged, which may have something else;
 * the tokens of a hoop_token are in the body.
 */

char *
ngx_http_hoop_proof_check(ngx_conf_t *cf, ngx_http_hoop_loc_conf_t *conf)
{
    ngx_uint_t                 i;
    ngx_http_hoop_source_t    *source;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (conf->sources == NULL || conf->signer || clcf->name.len == 0
        || conf->proof == NULL
        || conf->proof->required != NGX_HTTP_HOOP_PROOF_DPOP)
    {
        return NGX_CONF_OK;
    }

    source = conf->sources->elts;

    for (i = 0; i < conf->sources->nelts; i++) {
        if (source[i].kind == NGX_HTTP_HOOP_SOURCE_AUTHORIZATION) {
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"hoop_proof required dpop\" and \"hoop_bearer\" "
                       "without \"authorization\" let nobody into location "
                       "\"%V\"", &clcf->name);

    return NGX_CONF_ERROR;
}
