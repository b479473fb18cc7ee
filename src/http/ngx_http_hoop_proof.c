
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Proof of possession: a token that is bound to a client certificate (RFC
 * 8705) or to a key (DPoP, RFC 9449) is taken from nobody but who has it.
 *
 * The certificate is that of the connection, and TLS has seen to it that the
 * client has its key; whether it is a good one is for ssl_verify_client to
 * say.  A DPoP proof is made for one request.  It is judged by itself first
 * (hoop_dpop.h) and remembered last, in the memory that workers share: what
 * fails uses nothing up.
 *
 * A request needs one proof, however often it is redirected: each location
 * judges it by what it asks for, as of the time when it was remembered, which
 * is done once.  A refusal that a location in monitor mode has let pass is
 * none.
 *
 * Nonces need no memory either (hoop_dpop_nonce()): that of this minute is
 * given, and taken with that of the minute before.  A location in monitor mode
 * gives none, since it changes nothing, and so asks for none.
 */


#include "ngx_http_hoop.h"

#include "../core/hoop_dpop.h"
#include "../core/hoop_uri.h"


static ngx_int_t ngx_http_hoop_proof_refuse(ngx_http_hoop_ctx_t *ctx,
    const char *code, const char *text);
static ngx_int_t ngx_http_hoop_proof_certificate(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_str_t thumbprint);
static ngx_int_t ngx_http_hoop_proof_dpop(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_str_t jkt);
static hoop_dpop_e ngx_http_hoop_proof_judge(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_str_t jkt, hoop_dpop_t *dpop);
static ngx_int_t ngx_http_hoop_proof_remember(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_dpop_t *dpop);
static ngx_int_t ngx_http_hoop_proof_nonces(int64_t period,
    hoop_str_t nonces[2]);
static hoop_str_t ngx_http_hoop_proof_method(ngx_http_request_t *r);
static void ngx_http_hoop_proof_uri(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_buf_t *out);
static hoop_str_t ngx_http_hoop_proof_authority(ngx_http_request_t *r);


#define ngx_http_hoop_proof_of(ctx)                                           \
    ((ctx)->conf->proof ? (ctx)->conf->proof : &ngx_http_hoop_proof_default)


/* while the header can be seen */

void
ngx_http_hoop_proof_take(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    int         rc;
    hoop_str_t  value;

    static const hoop_str_t  name = hoop_string("dpop");

    rc = ngx_http_hoop_header(r, name, &value);

    if (rc == HOOP_OK) {
        ctx->proof.data = (u_char *) value.data;
        ctx->proof.len = value.len;
    }

    ctx->proof_many = (rc == HOOP_ERROR);
}


ngx_int_t
ngx_http_hoop_proof(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    int                          rc;
    ngx_int_t                    status;
    ngx_uint_t                   kinds;
    hoop_cnf_t                   cnf;
    ngx_http_hoop_proof_conf_t  *proof;

    proof = ngx_http_hoop_proof_of(ctx);

    rc = hoop_cnf_read(ctx->identity->claims, &cnf);

    if (rc == HOOP_ERROR) {
        return ngx_http_hoop_proof_refuse(ctx, "invalid_token",
                           "token is bound to what cannot be proved here");
    }

    kinds = (cnf.jkt.len ? NGX_HTTP_HOOP_PROOF_DPOP : 0)
            | (cnf.x5t.len ? NGX_HTTP_HOOP_PROOF_MTLS : 0);

    if (proof->required && (proof->required & kinds) == 0) {
        return ngx_http_hoop_proof_refuse(ctx, "invalid_token",
                           proof->required == NGX_HTTP_HOOP_PROOF_DPOP
                           ? "token is not bound to a key, as it must be here"
                           : proof->required == NGX_HTTP_HOOP_PROOF_MTLS
                           ? "token is not bound to a certificate, as it must "
                             "be here"
                           : "token is not bound, as it must be here");
    }

    if (ctx->proof_conf == ctx->conf) {
        return NGX_OK;
    }

    ctx->proofs = 0;

    if (ctx->dpop && cnf.jkt.len == 0) {
        return ngx_http_hoop_proof_refuse(ctx, "invalid_token",
                                          "token is not bound to a key");
    }

    /* of the tokens of an exchange the scheme is not told, nor is it needed */

    if (cnf.jkt.len && !ctx->dpop && ctx->exchange == NULL) {
        ctx->dpop_wanted = 1;

        return ngx_http_hoop_proof_refuse(ctx, "invalid_token",
                                "token is bound to a key: wanted scheme DPoP");
    }

    if (cnf.x5t.len) {
        status = ngx_http_hoop_proof_certificate(r, ctx, cnf.x5t);

        if (status != NGX_OK) {
            return status;
        }
    }

    if (cnf.jkt.len) {
        status = ngx_http_hoop_proof_dpop(r, ctx, cnf.jkt);

        if (status != NGX_OK) {
            return status;
        }
    }

    ctx->proof_conf = ctx->conf;
    ctx->proofs = kinds;

    return NGX_OK;
}


static ngx_int_t
ngx_http_hoop_proof_refuse(ngx_http_hoop_ctx_t *ctx, const char *code,
    const char *text)
{
    ctx->error_code = code;
    ctx->error = text;

    return NGX_HTTP_UNAUTHORIZED;
}


static ngx_int_t
ngx_http_hoop_proof_certificate(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_str_t thumbprint)
{
#if (NGX_HTTP_SSL)

    int        rc;
    X509      *cert;
    u_char     md[EVP_MAX_MD_SIZE];
    unsigned   len;

    cert = r->connection->ssl
           ? SSL_get_peer_certificate(r->connection->ssl->connection) : NULL;

    if (cert) {
        rc = X509_digest(cert, EVP_sha256(), md, &len);

        X509_free(cert);

        if (rc != 1 || len != 32) {
            ERR_clear_error();
            ngx_http_hoop_log(NGX_LOG_ERR, r, "%s", "X509_digest() failed");
            ctx->error = "the client's certificate cannot be read";
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return hoop_cnf_match(thumbprint, md) ? NGX_OK
               : ngx_http_hoop_proof_refuse(ctx, "invalid_token",
                                 "token is bound to another certificate");
    }

#endif

    return ngx_http_hoop_proof_refuse(ctx, "invalid_token",
                                      "token is bound to a certificate, and "
                                      "the client has shown none");
}


static ngx_int_t
ngx_http_hoop_proof_dpop(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_str_t jkt)
{
    hoop_dpop_e  e;
    hoop_dpop_t  dpop;

    if (ctx->proof_many) {
        return ngx_http_hoop_proof_refuse(ctx, "invalid_dpop_proof",
                                          "more than one DPoP header");
    }

    if (ctx->proof.len == 0) {
        return ngx_http_hoop_proof_refuse(ctx, "invalid_dpop_proof",
                                          "proof is missing");
    }

    e = ngx_http_hoop_proof_judge(r, ctx, jkt, &dpop);

    switch (e) {

    case HOOP_DPOP_OK:
        return ctx->remembered ? NGX_OK
                               : ngx_http_hoop_proof_remember(r, ctx, &dpop);

    case HOOP_DPOP_BINDING:
        return ngx_http_hoop_proof_refuse(ctx, "invalid_token",
                                          hoop_dpop_strerror(e));

    case HOOP_DPOP_NONCE:
        return ngx_http_hoop_proof_refuse(ctx, "use_dpop_nonce",
                                          hoop_dpop_strerror(e));

    case HOOP_DPOP_INTERNAL:
        ctx->error = hoop_dpop_strerror(e);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;

    default:
        return ngx_http_hoop_proof_refuse(ctx, "invalid_dpop_proof",
                                          hoop_dpop_strerror(e));
    }
}


static hoop_dpop_e
ngx_http_hoop_proof_judge(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_str_t jkt, hoop_dpop_t *dpop)
{
    int64_t                      period;
    hoop_buf_t                   uri;
    hoop_str_t                   nonces[2];
    hoop_dpop_e                  e;
    hoop_dpop_rules_t            rules;
    ngx_http_hoop_proof_conf_t  *proof;

    proof = ngx_http_hoop_proof_of(ctx);

    ngx_memzero(&rules, sizeof(hoop_dpop_rules_t));

    rules.method = ngx_http_hoop_proof_method(r);

    /* a proof for a token endpoint knows of no token (RFC 9449, 5) */

    rules.token_sha256 = ctx->exchange ? NULL : ctx->token_sha256;
    rules.jkt = jkt;
    rules.algs = proof->algs;
    rules.now = ctx->remembered ? ctx->proof_time : ngx_time();
    rules.window = proof->window;
    rules.leeway = ctx->issuer->leeway;

    period = rules.now / HOOP_DPOP_PERIOD;

    if (proof->nonce
        && (ctx->conf->mode != NGX_HTTP_HOOP_MONITOR || ctx->conf->api))
    {
        if (ngx_http_hoop_proof_nonces(period, nonces) != NGX_OK) {
            return HOOP_DPOP_INTERNAL;
        }

        rules.nonces = nonces;
        rules.nnonces = 2;
    }

    hoop_buf_init(&uri, 0);
    ngx_http_hoop_proof_uri(r, ctx, &uri);

    rules.uri = hoop_str(uri.data, uri.len);

    e = uri.failed ? HOOP_DPOP_INTERNAL
                   : hoop_dpop_check(ngx_http_hoop_str(&ctx->proof), &rules,
                                     dpop);
    hoop_buf_free(&uri);

    if (rules.nnonces && (e == HOOP_DPOP_OK || e == HOOP_DPOP_NONCE)) {
        ctx->nonces = 1;
        ctx->nonce = (e == HOOP_DPOP_OK) ? period - dpop->nonce : 0;
    }

    return e;
}


/*
 * For as long as any location would take it: one with a shorter window may be
 * reached under the same origin.
 */

static ngx_int_t
ngx_http_hoop_proof_remember(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_dpop_t *dpop)
{
    time_t                      expires;
    ngx_http_hoop_main_conf_t  *hmcf;

    hmcf = ngx_http_get_module_main_conf(r, ngx_http_hoop_module);

    expires = dpop->expires + hmcf->proof_window
              - ngx_http_hoop_proof_of(ctx)->window;

    switch (ngx_hoop_zone_replay(dpop->replay, expires)) {

    case NGX_HOOP_REPLAY_NEW:
        ctx->remembered = 1;
        ctx->proof_time = ngx_time();
        return NGX_OK;

    case NGX_HOOP_REPLAY_SEEN:
        return ngx_http_hoop_proof_refuse(ctx, "invalid_dpop_proof",
                                          "proof has been used before");

    default: /* NGX_HOOP_REPLAY_FULL */
        ctx->error = "proofs cannot be remembered";
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }
}


/* those of a period and of the one before it; they are kept by this worker */

static ngx_int_t
ngx_http_hoop_proof_nonces(int64_t period, hoop_str_t nonces[2])
{
    ngx_uint_t  i;

    static u_char   text[2][HOOP_DPOP_THUMBPRINT];
    static int64_t  current;

    if (current != period) {
        current = 0;

        for (i = 0; i < 2; i++) {
            if (hoop_dpop_nonce(ngx_hoop_zone_secret(), period - i, text[i])
                != HOOP_OK)
            {
                return NGX_ERROR;
            }
        }

        current = period;
    }

    nonces[0] = hoop_str(text[0], HOOP_DPOP_THUMBPRINT);
    nonces[1] = hoop_str(text[1], HOOP_DPOP_THUMBPRINT);

    return NGX_OK;
}


/* with a refusal for its sake, and when the one that the client has gets old */

ngx_int_t
ngx_http_hoop_proof_nonce(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx)
{
    int64_t     period;
    hoop_str_t  nonces[2];

    period = ngx_time() / HOOP_DPOP_PERIOD;

    if (!ctx->nonces || ctx->nonce == period) {
        return NGX_OK;
    }

    if (ngx_http_hoop_proof_nonces(period, nonces) != NGX_OK
        || ngx_http_hoop_header_out(r, "DPoP-Nonce", nonces[0]) == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* the client's: nginx makes a GET of it on the way to an error_page */

static hoop_str_t
ngx_http_hoop_proof_method(ngx_http_request_t *r)
{
    u_char  *p, *last;

    p = r->request_line.data;
    last = p + r->request_line.len;

    while (p < last && *p != ' ') {
        p++;
    }

    return hoop_str(r->request_line.data, p - r->request_line.data);
}


/*
 * What the client has asked for, as it wrote it: before rewrites, redirects
 * and nginx's own normalisation.  Left empty, which is no URI of any proof,
 * where it has no normal form.
 */

static void
ngx_http_hoop_proof_uri(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_buf_t *out)
{
    hoop_buf_t  raw;

    hoop_buf_init(&raw, 0);

    ngx_http_hoop_origin(r, ctx->conf, &raw);

    (void) hoop_buf_add(&raw, r->unparsed_uri.data, r->unparsed_uri.len);

    if (raw.failed) {
        out->failed = 1;

    } else if (hoop_uri_normal(hoop_str(raw.data, raw.len), out)
               == HOOP_ERROR)
    {
        out->len = 0;
    }

    hoop_buf_free(&raw);
}


void
ngx_http_hoop_origin(ngx_http_request_t *r, ngx_http_hoop_loc_conf_t *conf,
    hoop_buf_t *out)
{
    hoop_str_t  authority;

    if (conf->origin.len) {
        (void) hoop_buf_add(out, conf->origin.data, conf->origin.len);
        return;
    }

    authority = ngx_http_hoop_proof_authority(r);

    (void) hoop_buf_adds(out, "http");

#if (NGX_HTTP_SSL)
    if (r->connection->ssl) {
        (void) hoop_buf_addc(out, 's');
    }
#endif

    (void) hoop_buf_adds(out, "://");
    (void) hoop_buf_add(out, authority.data, authority.len);
}


/*
 * A request line that names the whole URI is stronger than Host, and so is the
 * :authority of HTTP/2 and 3, of which older releases of nginx make a Host.
 * The host of a request line ends before its port; it is in the buffer that was
 * read, of which r->request_line may be a copy by now (ngx_http_hoop_source.c).
 */

static hoop_str_t
ngx_http_hoop_proof_authority(ngx_http_request_t *r)
{
    u_char  *p;

    if (r->host_start && r->host_end) {
        p = r->host_end;

        if (r->http_version < NGX_HTTP_VERSION_20) {

            /* nginx has found one of these there, or there is no request */

            while (*p > ' ' && *p != '/' && *p != '?' && *p != '#') {
                p++;
            }
        }

        return hoop_str(r->host_start, p - r->host_start);
    }

    if (r->headers_in.host == NULL) {
        return hoop_str(NULL, 0);
    }

    return ngx_http_hoop_str(&r->headers_in.host->value);
}


const char *
ngx_http_hoop_proof_scheme(ngx_http_hoop_ctx_t *ctx)
{
    return (ctx->dpop
            || ngx_http_hoop_proof_of(ctx)->required
               == NGX_HTTP_HOOP_PROOF_DPOP)
           ? "DPoP" : "Bearer";
}


/*
 * What follows the parameters of a challenge of that scheme: those of DPoP, or
 * a second challenge (RFC 9449, 7.2), where the operator or the token wants
 * it.
 */

void
ngx_http_hoop_proof_challenge(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b)
{
    ngx_http_hoop_proof_conf_t  *proof;

    proof = ngx_http_hoop_proof_of(ctx);

    if (ngx_http_hoop_proof_scheme(ctx)[0] == 'D') {
        (void) hoop_buf_adds(b, ", algs=\"");

    } else if (ctx->dpop_wanted
               || (ctx->conf->proof
                   && proof->required != NGX_HTTP_HOOP_PROOF_MTLS))
    {
        (void) hoop_buf_adds(b, ", DPoP algs=\"");

    } else {
        return;
    }

    (void) hoop_buf_add(b, proof->names.data, proof->names.len);
    (void) hoop_buf_addc(b, '"');
}
