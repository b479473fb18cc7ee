
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * libjwt signs what it can: RS, ES and HS with the type "JWT".  It knows
 * neither PS nor EdDSA; and 1.10.2, Debian 12's, writes "JWT" whatever type it
 * was told, where an access token has to say "at+jwt" (RFC 9068, 2.1).  Those
 * are signed by OpenSSL, with the key parsed once.
 *
 * libjwt takes the key as a text with each token and parses it anew, which is
 * why the text is kept.  That is what its tokens cost, in us of CPU, claims of
 * 350 bytes:
 *
 *               libjwt     OpenSSL     the bare signature
 *     ES256        481          28             25
 *     RS256        964         279            278
 *     EdDSA          -          33             32
 *
 * so that a gateway, which issues "at+jwt", never waits for a parser.
 */


#include <stdlib.h>

#include <jwt.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "hoop_signer.h"


/* the largest number: a modulus of 16384 bits */
#define HOOP_SIGNER_MAX_INT  2048

/* bits: nobody takes a signature of another (hoop_jwk.c) */
#define HOOP_SIGNER_MIN_RSA  2048
#define HOOP_SIGNER_MAX_RSA  8192

#define HOOP_SIGNER_RSA      (HOOP_JWT_RS256|HOOP_JWT_RS384|HOOP_JWT_RS512    \
                              |HOOP_SIGNER_PSS)
#define HOOP_SIGNER_PSS      (HOOP_JWT_PS256|HOOP_JWT_PS384|HOOP_JWT_PS512)
#define HOOP_SIGNER_ES       (HOOP_JWT_ES256|HOOP_JWT_ES384|HOOP_JWT_ES512)
#define HOOP_SIGNER_HS       (HOOP_JWT_HS256|HOOP_JWT_HS384|HOOP_JWT_HS512)


struct hoop_signer_s {
    u_char          *text;             /* owned, wiped: PEM or secret */
    size_t           len;
    EVP_PKEY        *pkey;             /* NULL for a secret */
    unsigned         algs;
    unsigned         private:1;
    hoop_buf_t       jwk;              /* as RFC 7638 hashes it */
    hoop_str_t       kid;              /* owned; data NULL: none */
};


static hoop_signer_t *hoop_signer_alloc(hoop_str_t text, hoop_error_t *err);
static int hoop_signer_pem(hoop_signer_t *signer);
static int hoop_signer_no_password(char *buf, int size, int rwflag,
    void *data);
static int hoop_signer_public(hoop_signer_t *signer);
static int hoop_signer_public_ec(hoop_signer_t *signer);
static void hoop_signer_int(hoop_buf_t *b, EVP_PKEY *pkey, const char *param,
    size_t size);
static void hoop_signer_base64(hoop_buf_t *b, const void *p, size_t len);
static int hoop_signer_name(hoop_signer_t *signer, hoop_str_t kid);
static int hoop_signer_libjwt(const hoop_signer_t *signer, unsigned alg,
    const char *typ, hoop_str_t claims, hoop_buf_t *out);
static int hoop_signer_openssl(const hoop_signer_t *signer, unsigned alg,
    const char *typ, hoop_str_t claims, hoop_buf_t *out);
static int hoop_signer_digest(const hoop_signer_t *signer, unsigned alg,
    EVP_MD_CTX *ctx);
static int hoop_signer_raw(const hoop_signer_t *signer, u_char *sig,
    size_t *len);


hoop_signer_t *
hoop_signer_create(hoop_str_t pem, hoop_str_t kid, hoop_error_t *err)
{
    hoop_signer_t  *signer;

    signer = hoop_signer_alloc(pem, err);
    if (signer == NULL) {
        return NULL;
    }

    if (hoop_signer_pem(signer) != HOOP_OK) {
        hoop_error_set(err, "no PEM key without password");
        goto failed;
    }

    if (hoop_signer_public(signer) != HOOP_OK) {
        hoop_error_set(err, "wanted a key of RSA (2048 to 8192 bits), EC "
                       "(P-256, P-384, P-521) or Ed25519");
        goto failed;
    }

    if (hoop_signer_name(signer, kid) != HOOP_OK) {
        hoop_error_set(err, "no memory");
        goto failed;
    }

    return signer;

failed:

    hoop_signer_free(signer);

    return NULL;
}


hoop_signer_t *
hoop_signer_secret(hoop_str_t secret, hoop_str_t kid, hoop_error_t *err)
{
    hoop_signer_t  *signer;

    signer = hoop_signer_alloc(secret, err);
    if (signer == NULL) {
        return NULL;
    }

    /* RFC 7518, 3.2: a secret is at least as long as the hash */

    if (secret.len >= 32) {
        signer->algs |= HOOP_JWT_HS256;
    }

    if (secret.len >= 48) {
        signer->algs |= HOOP_JWT_HS384;
    }

    if (secret.len >= 64) {
        signer->algs |= HOOP_JWT_HS512;
    }

    signer->private = 1;

    if (kid.data != NULL && hoop_signer_name(signer, kid) != HOOP_OK) {
        hoop_error_set(err, "no memory");
        hoop_signer_free(signer);
        return NULL;
    }

    return signer;
}


static hoop_signer_t *
hoop_signer_alloc(hoop_str_t text, hoop_error_t *err)
{
    hoop_signer_t  *signer;

    if (text.len > HOOP_SIGNER_MAX_KEY) {
        hoop_error_set(err, "longer than %d bytes", HOOP_SIGNER_MAX_KEY);
        return NULL;
    }

    signer = calloc(1, sizeof(hoop_signer_t));
    if (signer == NULL) {
        hoop_error_set(err, "no memory");
        return NULL;
    }

    hoop_buf_init(&signer->jwk, 0);

    signer->len = text.len;
    signer->text = malloc(text.len + 1);

    if (signer->text == NULL) {
        hoop_error_set(err, "no memory");
        hoop_signer_free(signer);
        return NULL;
    }

    if (text.len) {
        memcpy(signer->text, text.data, text.len);
    }

    signer->text[text.len] = '\0';

    return signer;
}


void
hoop_signer_free(hoop_signer_t *signer)
{
    if (signer == NULL) {
        return;
    }

    if (signer->text) {
        OPENSSL_cleanse(signer->text, signer->len);
        free(signer->text);
    }

    EVP_PKEY_free(signer->pkey);
    hoop_buf_free(&signer->jwk);
    free((u_char *) signer->kid.data);
    free(signer);
}


static int
hoop_signer_pem(hoop_signer_t *signer)
{
    BIO  *bio;

    bio = BIO_new_mem_buf(signer->text, (int) signer->len);
    if (bio == NULL) {
        return HOOP_NOMEM;
    }

    (void) ERR_set_mark();

    signer->pkey = PEM_read_bio_PrivateKey(bio, NULL, hoop_signer_no_password,
                                           NULL);
    if (signer->pkey) {
        signer->private = 1;

    } else if (BIO_reset(bio) == 1) {
        signer->pkey = PEM_read_bio_PUBKEY(bio, NULL, hoop_signer_no_password,
                                           NULL);
    }

    BIO_free(bio);

    /* what it says of a text that is no key is not for others to find */

    (void) ERR_pop_to_mark();

    return signer->pkey ? HOOP_OK : HOOP_ERROR;
}


/* OpenSSL would ask on the terminal */

static int
hoop_signer_no_password(char *buf, int size, int rwflag, void *data)
{
    return -1;
}


/* the members that RFC 7638 hashes, in its order */

static int
hoop_signer_public(hoop_signer_t *signer)
{
    int          rc, bits;
    size_t       len;
    u_char       raw[32];
    EVP_PKEY    *pkey;
    hoop_buf_t  *b;

    b = &signer->jwk;
    pkey = signer->pkey;
    rc = HOOP_OK;

    if (EVP_PKEY_is_a(pkey, "RSA")) {
        bits = EVP_PKEY_get_bits(pkey);

        if (bits < HOOP_SIGNER_MIN_RSA || bits > HOOP_SIGNER_MAX_RSA) {
            return HOOP_ERROR;
        }

        signer->algs = HOOP_SIGNER_RSA;

        (void) hoop_buf_adds(b, "{\"e\":\"");
        hoop_signer_int(b, pkey, OSSL_PKEY_PARAM_RSA_E, 0);
        (void) hoop_buf_adds(b, "\",\"kty\":\"RSA\",\"n\":\"");
        hoop_signer_int(b, pkey, OSSL_PKEY_PARAM_RSA_N, 0);
        (void) hoop_buf_adds(b, "\"}");

    } else if (EVP_PKEY_is_a(pkey, "EC")) {
        rc = hoop_signer_public_ec(signer);

    } else if (EVP_PKEY_is_a(pkey, "ED25519")) {
        signer->algs = HOOP_JWT_EDDSA;
        len = sizeof(raw);

        if (EVP_PKEY_get_raw_public_key(pkey, raw, &len) != 1) {
            return HOOP_ERROR;
        }

        (void) hoop_buf_adds(b, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\","
                             "\"x\":\"");
        hoop_signer_base64(b, raw, sizeof(raw));
        (void) hoop_buf_adds(b, "\"}");

    } else {
        rc = HOOP_ERROR;
    }

    return (rc != HOOP_OK || b->failed) ? HOOP_ERROR : HOOP_OK;
}


static int
hoop_signer_public_ec(hoop_signer_t *signer)
{
    char         group[64];
    size_t       i, len;
    hoop_buf_t  *b;

    static const struct {
        const char  *group;
        const char  *curve;
        size_t       size;
        unsigned     alg;
    } curves[] = {
        { "prime256v1", "P-256", 32, HOOP_JWT_ES256 },
        { "secp384r1", "P-384", 48, HOOP_JWT_ES384 },
        { "secp521r1", "P-521", 66, HOOP_JWT_ES512 }
    };

    if (EVP_PKEY_get_utf8_string_param(signer->pkey,
                                       OSSL_PKEY_PARAM_GROUP_NAME, group,
                                       sizeof(group), &len)
        != 1)
    {
        return HOOP_ERROR;
    }

    b = &signer->jwk;

    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {

        if (strcmp(group, curves[i].group) != 0) {
            continue;
        }

        signer->algs = curves[i].alg;

        (void) hoop_buf_adds(b, "{\"crv\":\"");
        (void) hoop_buf_adds(b, curves[i].curve);
        (void) hoop_buf_adds(b, "\",\"kty\":\"EC\",\"x\":\"");
        hoop_signer_int(b, signer->pkey, OSSL_PKEY_PARAM_EC_PUB_X,
                        curves[i].size);
        (void) hoop_buf_adds(b, "\",\"y\":\"");
        hoop_signer_int(b, signer->pkey, OSSL_PKEY_PARAM_EC_PUB_Y,
                        curves[i].size);
        (void) hoop_buf_adds(b, "\"}");

        return HOOP_OK;
    }

    return HOOP_ERROR;
}


/* size 0: as few octets as the number has */

static void
hoop_signer_int(hoop_buf_t *b, EVP_PKEY *pkey, const char *param, size_t size)
{
    BIGNUM  *bn;
    u_char   buf[HOOP_SIGNER_MAX_INT];

    bn = NULL;

    if (EVP_PKEY_get_bn_param(pkey, param, &bn) == 1) {

        if (size == 0) {
            size = BN_num_bytes(bn);
        }

        if (size <= sizeof(buf)
            && BN_bn2binpad(bn, buf, (int) size) == (int) size)
        {
            hoop_signer_base64(b, buf, size);
            BN_free(bn);
            return;
        }
    }

    BN_free(bn);
    b->failed = 1;
}


static void
hoop_signer_base64(hoop_buf_t *b, const void *p, size_t len)
{
    if (hoop_buf_reserve(b, (len + 2) / 3 * 4) == HOOP_OK) {
        b->len += hoop_base64_encode(b->data + b->len, p, len, 1);
    }
}


static int
hoop_signer_name(hoop_signer_t *signer, hoop_str_t kid)
{
    u_char  *p, md[32], thumbprint[44];

    if (kid.data == NULL) {
        hoop_sha256(md, signer->jwk.data, signer->jwk.len);

        kid.data = thumbprint;
        kid.len = hoop_base64_encode(thumbprint, md, sizeof(md), 1);
    }

    p = malloc(kid.len + 1);
    if (p == NULL) {
        return HOOP_NOMEM;
    }

    memcpy(p, kid.data, kid.len);
    p[kid.len] = '\0';

    signer->kid = hoop_str(p, kid.len);

    return HOOP_OK;
}


unsigned
hoop_signer_algs(const hoop_signer_t *signer)
{
    return signer->algs;
}


unsigned
hoop_signer_alg(const hoop_signer_t *signer)
{
    return signer->algs & (~signer->algs + 1);
}


int
hoop_signer_private(const hoop_signer_t *signer)
{
    return signer->private;
}


hoop_str_t
hoop_signer_kid(const hoop_signer_t *signer)
{
    return signer->kid;
}


int
hoop_signer_sign(const hoop_signer_t *signer, unsigned alg, const char *typ,
    hoop_str_t claims, hoop_buf_t *out)
{
    int  rc;

    if (!signer->private || (alg & signer->algs) == 0
        || hoop_jwt_alg_name(alg) == NULL)
    {
        return HOOP_ERROR;
    }

    if ((alg & HOOP_SIGNER_HS) && strcmp(typ, "JWT") != 0) {
        return HOOP_ERROR;
    }

    (void) ERR_set_mark();

    if (strcmp(typ, "JWT") == 0
        && (alg & (HOOP_SIGNER_PSS|HOOP_JWT_EDDSA)) == 0)
    {
        rc = hoop_signer_libjwt(signer, alg, typ, claims, out);

    } else {
        rc = hoop_signer_openssl(signer, alg, typ, claims, out);
    }

    (void) ERR_pop_to_mark();

    return (rc == HOOP_OK && out->failed) ? HOOP_NOMEM : rc;
}


static int
hoop_signer_libjwt(const hoop_signer_t *signer, unsigned alg, const char *typ,
    hoop_str_t claims, hoop_buf_t *out)
{
    int          rc;
    char        *token;
    jwt_t       *jwt;
    const char  *kid;

    if (jwt_new(&jwt) != 0) {
        return HOOP_NOMEM;
    }

    rc = HOOP_ERROR;
    kid = (const char *) signer->kid.data;

    /* libjwt's names of algorithms are RFC 7518's; it copies the key */

    if (jwt_set_alg(jwt, jwt_str_alg(hoop_jwt_alg_name(alg)), signer->text,
                    (int) signer->len)
        == 0
        && jwt_add_header(jwt, "typ", typ) == 0
        && (kid == NULL || jwt_add_header(jwt, "kid", kid) == 0)
        && jwt_add_grants_json(jwt, (const char *) claims.data) == 0)
    {
        token = jwt_encode_str(jwt);

        if (token) {
            rc = hoop_buf_adds(out, token);
            OPENSSL_cleanse(token, strlen(token));
            free(token);
        }
    }

    jwt_free(jwt);

    return rc;
}


static int
hoop_signer_openssl(const hoop_signer_t *signer, unsigned alg, const char *typ,
    hoop_str_t claims, hoop_buf_t *out)
{
    int          rc;
    size_t       n, start;
    u_char       sig[HOOP_SIGNER_MAX_INT];
    hoop_buf_t   header;
    EVP_MD_CTX  *ctx;

    hoop_buf_init(&header, 0);

    (void) hoop_buf_adds(&header, "{\"alg\":\"");
    (void) hoop_buf_adds(&header, hoop_jwt_alg_name(alg));

    if (strcmp(typ, "dpop+jwt") == 0) {
        (void) hoop_buf_adds(&header, "\",\"jwk\":");
        (void) hoop_buf_add(&header, signer->jwk.data, signer->jwk.len);

    } else {
        (void) hoop_buf_adds(&header, "\",\"kid\":");
        (void) hoop_buf_add_json(&header, signer->kid.data, signer->kid.len);
    }

    (void) hoop_buf_adds(&header, ",\"typ\":");
    (void) hoop_buf_add_json(&header, (const u_char *) typ, strlen(typ));
    (void) hoop_buf_addc(&header, '}');

    if (header.failed) {
        hoop_buf_free(&header);
        return HOOP_NOMEM;
    }

    start = out->len;

    hoop_signer_base64(out, header.data, header.len);
    (void) hoop_buf_addc(out, '.');
    hoop_signer_base64(out, claims.data, claims.len);

    hoop_buf_free(&header);

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL || out->failed) {
        EVP_MD_CTX_free(ctx);
        return HOOP_NOMEM;
    }

    n = sizeof(sig);
    rc = hoop_signer_digest(signer, alg, ctx);

    if (rc == HOOP_OK
        && (EVP_DigestSign(ctx, sig, &n, out->data + start, out->len - start)
            != 1
            || ((alg & HOOP_SIGNER_ES)
                && hoop_signer_raw(signer, sig, &n) != HOOP_OK)))
    {
        rc = HOOP_ERROR;
    }

    if (rc == HOOP_OK) {
        (void) hoop_buf_addc(out, '.');
        hoop_signer_base64(out, sig, n);
    }

    EVP_MD_CTX_free(ctx);

    return rc;
}


static int
hoop_signer_digest(const hoop_signer_t *signer, unsigned alg, EVP_MD_CTX *ctx)
{
    const char    *md;
    EVP_PKEY_CTX  *pctx;

    md = (alg == HOOP_JWT_EDDSA) ? NULL
         : (alg & (HOOP_JWT_RS256|HOOP_JWT_PS256|HOOP_JWT_ES256)) ? "SHA256"
         : (alg & (HOOP_JWT_RS384|HOOP_JWT_PS384|HOOP_JWT_ES384)) ? "SHA384"
         : "SHA512";

    if (EVP_DigestSignInit_ex(ctx, &pctx, md, NULL, NULL, signer->pkey, NULL)
        != 1)
    {
        return HOOP_ERROR;
    }

    if ((alg & HOOP_SIGNER_PSS)
        && (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1
            || EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST)
               != 1))
    {
        return HOOP_ERROR;
    }

    return HOOP_OK;
}


/* from a SEQUENCE of two INTEGERs to r and s side by side (RFC 7518, 3.4) */

static int
hoop_signer_raw(const hoop_signer_t *signer, u_char *sig, size_t *len)
{
    int            rc, size;
    ECDSA_SIG     *ecdsa;
    const u_char  *p;

    p = sig;
    size = (EVP_PKEY_get_bits(signer->pkey) + 7) / 8;

    ecdsa = d2i_ECDSA_SIG(NULL, &p, (long) *len);
    if (ecdsa == NULL) {
        return HOOP_ERROR;
    }

    rc = HOOP_ERROR;

    if (BN_bn2binpad(ECDSA_SIG_get0_r(ecdsa), sig, size) == size
        && BN_bn2binpad(ECDSA_SIG_get0_s(ecdsa), sig + size, size) == size)
    {
        *len = 2 * size;
        rc = HOOP_OK;
    }

    ECDSA_SIG_free(ecdsa);

    return rc;
}


int
hoop_signer_ed25519(const hoop_signer_t *signer, hoop_str_t text,
    u_char sig[64])
{
    int          rc;
    size_t       n;
    EVP_MD_CTX  *ctx;

    if (!signer->private || !(signer->algs & HOOP_JWT_EDDSA)) {
        return HOOP_ERROR;
    }

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return HOOP_NOMEM;
    }

    (void) ERR_set_mark();

    n = 64;
    rc = hoop_signer_digest(signer, HOOP_JWT_EDDSA, ctx);

    if (rc == HOOP_OK
        && (EVP_DigestSign(ctx, sig, &n, text.data, text.len) != 1 || n != 64))
    {
        rc = HOOP_ERROR;
    }

    EVP_MD_CTX_free(ctx);
    (void) ERR_pop_to_mark();

    return rc;
}


int
hoop_signer_jwk(const hoop_signer_t *signer, unsigned alg, hoop_buf_t *out)
{
    if (signer->pkey == NULL) {
        return HOOP_ERROR;
    }

    /* without its closing brace */

    (void) hoop_buf_add(out, signer->jwk.data, signer->jwk.len - 1);
    (void) hoop_buf_adds(out, ",\"use\":\"sig\",\"kid\":");
    (void) hoop_buf_add_json(out, signer->kid.data, signer->kid.len);

    if (alg) {
        (void) hoop_buf_adds(out, ",\"alg\":\"");
        (void) hoop_buf_adds(out, hoop_jwt_alg_name(alg));
        (void) hoop_buf_addc(out, '"');
    }

    (void) hoop_buf_addc(out, '}');

    return out->failed ? HOOP_NOMEM : HOOP_OK;
}
