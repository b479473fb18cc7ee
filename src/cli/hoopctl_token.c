
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl token: signs claims, one JSON object a line, or writes the public
 * key set of the keys.  For development, tests and the demo.
 *
 * libjwt signs what it knows: RS, ES and HS; OpenSSL signs PS and EdDSA.
 */


#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include <jwt.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "../core/hoop_json.h"
#include "../core/hoop_jwt.h"
#include "hoopctl.h"


#define HOOPCTL_TOKEN_MAX_KEYS  16
#define HOOPCTL_TOKEN_MAX_FILE  65536
#define HOOPCTL_TOKEN_HS        (HOOP_JWT_HS256|HOOP_JWT_HS384|HOOP_JWT_HS512)

/* the largest number: a modulus of 16384 bits */
#define HOOPCTL_TOKEN_MAX_INT   2048


typedef struct {
    const char         *path;
    const char         *kid;            /* NULL: the thumbprint */
    hoop_buf_t          file;           /* PEM, or the secret of HS */
    EVP_PKEY           *pkey;           /* NULL for HS */
    unsigned            algs;           /* that fit the key */
    hoop_buf_t          jwk;            /* as RFC 7638 hashes it */
    char                thumbprint[44];
} hoopctl_token_key_t;


typedef struct {
    hoopctl_token_key_t   keys[HOOPCTL_TOKEN_MAX_KEYS];
    unsigned              nkeys;
    const char           *alg_name;
    unsigned              alg;
    const char           *typ;
    int                   jwks;
} hoopctl_token_t;


static int hoopctl_token_options(hoopctl_token_t *o, int argc, char **argv);
static int hoopctl_token_key(hoopctl_token_t *o, hoopctl_token_key_t *key);
static int hoopctl_token_pem(hoopctl_token_key_t *key);
static int hoopctl_token_no_password(char *buf, int size, int rwflag,
    void *data);
static int hoopctl_token_jwk(hoopctl_token_key_t *key);
static int hoopctl_token_jwk_ec(hoopctl_token_key_t *key);
static void hoopctl_token_int(hoop_buf_t *b, EVP_PKEY *pkey,
    const char *param, size_t size);
static void hoopctl_token_base64(hoop_buf_t *b, const void *p, size_t len);
static int hoopctl_token_jwks(hoopctl_token_t *o);
static int hoopctl_token_lines(hoopctl_token_t *o);
static int hoopctl_token_libjwt(hoopctl_token_t *o, const char *claims,
    hoop_buf_t *out);
static int hoopctl_token_openssl(hoopctl_token_t *o, const char *claims,
    size_t len, hoop_buf_t *out);
static void hoopctl_token_text(hoop_buf_t *b, const char *text);


int
hoopctl_token(int argc, char **argv)
{
    int               rc;
    unsigned          i;
    hoopctl_token_t  *o;

    o = calloc(1, sizeof(hoopctl_token_t));
    if (o == NULL) {
        return hoopctl_usage("token: not enough memory");
    }

    rc = hoopctl_token_options(o, argc, argv);

    for (i = 0; i < o->nkeys && rc == HOOPCTL_YES; i++) {
        rc = hoopctl_token_key(o, &o->keys[i]);
    }

    if (rc == HOOPCTL_YES) {
        rc = o->jwks ? hoopctl_token_jwks(o) : hoopctl_token_lines(o);
    }

    for (i = 0; i < o->nkeys; i++) {
        if (o->keys[i].file.data) {
            OPENSSL_cleanse(o->keys[i].file.data, o->keys[i].file.size);
        }

        hoop_buf_free(&o->keys[i].file);
        hoop_buf_free(&o->keys[i].jwk);
        EVP_PKEY_free(o->keys[i].pkey);
    }

    free(o);

    return rc;
}


static int
hoopctl_token_options(hoopctl_token_t *o, int argc, char **argv)
{
    int       c;
    unsigned  nkids;

    static const struct option  options[] = {
        { "key", required_argument, NULL, 'k' },
        { "alg", required_argument, NULL, 'a' },
        { "kid", required_argument, NULL, 'i' },
        { "typ", required_argument, NULL, 't' },
        { "jwks", no_argument, NULL, 'j' },
        { NULL, 0, NULL, 0 }
    };

    nkids = 0;
    o->typ = "JWT";

    optind = 1;
    opterr = 0;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {

        switch (c) {

        case 'k':
            if (o->nkeys == HOOPCTL_TOKEN_MAX_KEYS) {
                return hoopctl_usage("token: more than %d --key",
                                     HOOPCTL_TOKEN_MAX_KEYS);
            }

            o->keys[o->nkeys++].path = optarg;
            break;

        case 'i':
            /* the nth --kid names the nth --key */

            if (nkids == HOOPCTL_TOKEN_MAX_KEYS
                || !hoop_utf8_valid((u_char *) optarg, strlen(optarg)))
            {
                return hoopctl_usage("token: too many --kid, or not UTF-8");
            }

            o->keys[nkids++].kid = optarg;
            break;

        case 'a':
            o->alg_name = optarg;
            o->alg = hoop_jwt_alg(hoop_cstr(optarg));

            if (o->alg == 0) {
                return hoopctl_usage("token: --alg \"%s\": wanted one like "
                                     "RS256", optarg);
            }

            break;

        case 't':
            o->typ = optarg;

            if (!hoop_utf8_valid((u_char *) optarg, strlen(optarg))) {
                return hoopctl_usage("token: --typ is not UTF-8");
            }

            break;

        case 'j':
            o->jwks = 1;
            break;

        default:
            return hoopctl_usage("token: unknown option \"%s\", or its value "
                                 "is missing", argv[optind - 1]);
        }
    }

    if (o->nkeys == 0 || optind != argc || nkids > o->nkeys
        || (!o->jwks && (o->alg == 0 || o->nkeys != 1)))
    {
        return hoopctl_usage("token --key FILE --alg RS256 [--kid K] "
                             "[--typ T] | token --jwks --key FILE "
                             "[--kid K] ...");
    }

    if (o->jwks && (o->alg & HOOPCTL_TOKEN_HS)) {
        return hoopctl_usage("token: a secret has no public key set");
    }

    return HOOPCTL_YES;
}


static int
hoopctl_token_key(hoopctl_token_t *o, hoopctl_token_key_t *key)
{
    size_t   min;
    u_char  *end;

    hoop_buf_init(&key->file, HOOPCTL_TOKEN_MAX_FILE);
    hoop_buf_init(&key->jwk, 0);

    if (hoopctl_read(key->path, &key->file, HOOPCTL_TOKEN_MAX_FILE)
        != HOOP_OK)
    {
        return HOOPCTL_USAGE;
    }

    if ((o->alg & HOOPCTL_TOKEN_HS) == 0) {

        if (hoopctl_token_pem(key) != HOOP_OK
            || hoopctl_token_jwk(key) != HOOP_OK)
        {
            return HOOPCTL_USAGE;
        }

        if (o->alg && (o->alg & key->algs) == 0) {
            return hoopctl_usage("token: \"%s\" is no key for %s", key->path,
                                 o->alg_name);
        }

        return HOOPCTL_YES;
    }

    /* the secret is the file without the newline that an editor leaves */

    if (key->file.len) {
        end = key->file.data + key->file.len - 1;
        key->file.len -= (*end == '\n');
    }

    min = (o->alg == HOOP_JWT_HS256) ? 32 : (o->alg == HOOP_JWT_HS384) ? 48
                                                                       : 64;
    if (key->file.len < min) {
        return hoopctl_usage("token: the secret in \"%s\" has %zu bytes, %s "
                             "wants %zu", key->path, key->file.len,
                             o->alg_name, min);
    }

    return HOOPCTL_YES;
}


static int
hoopctl_token_pem(hoopctl_token_key_t *key)
{
    BIO  *bio;

    bio = BIO_new_mem_buf(key->file.data, (int) key->file.len);

    if (bio) {
        key->pkey = PEM_read_bio_PrivateKey(bio, NULL,
                                            hoopctl_token_no_password, NULL);
        if (key->pkey == NULL && BIO_reset(bio) == 1) {
            key->pkey = PEM_read_bio_PUBKEY(bio, NULL,
                                            hoopctl_token_no_password, NULL);
        }

        BIO_free(bio);
    }

    if (key->pkey == NULL) {
        (void) hoopctl_usage("token: \"%s\" is no PEM key without password",
                             key->path);
        return HOOP_ERROR;
    }

    return HOOP_OK;
}


/* OpenSSL would ask on the terminal */

static int
hoopctl_token_no_password(char *buf, int size, int rwflag, void *data)
{
    return -1;
}


/* the members that RFC 7638 hashes, in its order */

static int
hoopctl_token_jwk(hoopctl_token_key_t *key)
{
    int          rc;
    size_t       len;
    u_char       md[32], raw[32];
    hoop_buf_t  *b;

    b = &key->jwk;
    rc = HOOP_OK;

    if (EVP_PKEY_is_a(key->pkey, "RSA")) {
        key->algs = HOOP_JWT_RS256|HOOP_JWT_RS384|HOOP_JWT_RS512
                    |HOOP_JWT_PS256|HOOP_JWT_PS384|HOOP_JWT_PS512;

        (void) hoop_buf_adds(b, "{\"e\":\"");
        hoopctl_token_int(b, key->pkey, OSSL_PKEY_PARAM_RSA_E, 0);
        (void) hoop_buf_adds(b, "\",\"kty\":\"RSA\",\"n\":\"");
        hoopctl_token_int(b, key->pkey, OSSL_PKEY_PARAM_RSA_N, 0);
        (void) hoop_buf_adds(b, "\"}");

    } else if (EVP_PKEY_is_a(key->pkey, "EC")) {
        rc = hoopctl_token_jwk_ec(key);

    } else if (EVP_PKEY_is_a(key->pkey, "ED25519")) {
        key->algs = HOOP_JWT_EDDSA;
        len = sizeof(raw);

        if (EVP_PKEY_get_raw_public_key(key->pkey, raw, &len) != 1) {
            rc = HOOP_ERROR;
        }

        (void) hoop_buf_adds(b, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\","
                             "\"x\":\"");
        hoopctl_token_base64(b, raw, sizeof(raw));
        (void) hoop_buf_adds(b, "\"}");

    } else {
        rc = HOOP_ERROR;
    }

    if (rc != HOOP_OK || b->failed) {
        (void) hoopctl_usage("token: \"%s\": wanted a key of RSA, EC (P-256, "
                             "P-384, P-521) or Ed25519", key->path);
        return HOOP_ERROR;
    }

    hoop_sha256(md, b->data, b->len);
    len = hoop_base64_encode((u_char *) key->thumbprint, md, sizeof(md), 1);
    key->thumbprint[len] = '\0';

    if (key->kid == NULL) {
        key->kid = key->thumbprint;
    }

    return HOOP_OK;
}


static int
hoopctl_token_jwk_ec(hoopctl_token_key_t *key)
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

    if (EVP_PKEY_get_utf8_string_param(key->pkey, OSSL_PKEY_PARAM_GROUP_NAME,
                                       group, sizeof(group), &len)
        != 1)
    {
        return HOOP_ERROR;
    }

    b = &key->jwk;

    for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {

        if (strcmp(group, curves[i].group) != 0) {
            continue;
        }

        key->algs = curves[i].alg;

        (void) hoop_buf_adds(b, "{\"crv\":\"");
        (void) hoop_buf_adds(b, curves[i].curve);
        (void) hoop_buf_adds(b, "\",\"kty\":\"EC\",\"x\":\"");
        hoopctl_token_int(b, key->pkey, OSSL_PKEY_PARAM_EC_PUB_X,
                          curves[i].size);
        (void) hoop_buf_adds(b, "\",\"y\":\"");
        hoopctl_token_int(b, key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y,
                          curves[i].size);
        (void) hoop_buf_adds(b, "\"}");

        return HOOP_OK;
    }

    return HOOP_ERROR;
}


/* size 0: as few octets as the number has */

static void
hoopctl_token_int(hoop_buf_t *b, EVP_PKEY *pkey, const char *param,
    size_t size)
{
    BIGNUM  *bn;
    u_char   buf[HOOPCTL_TOKEN_MAX_INT];

    bn = NULL;

    if (EVP_PKEY_get_bn_param(pkey, param, &bn) == 1) {

        if (size == 0) {
            size = BN_num_bytes(bn);
        }

        if (size <= sizeof(buf)
            && BN_bn2binpad(bn, buf, (int) size) == (int) size)
        {
            hoopctl_token_base64(b, buf, size);
            BN_free(bn);
            return;
        }
    }

    BN_free(bn);
    b->failed = 1;
}


static void
hoopctl_token_base64(hoop_buf_t *b, const void *p, size_t len)
{
    if (hoop_buf_reserve(b, (len + 2) / 3 * 4) == HOOP_OK) {
        b->len += hoop_base64_encode(b->data + b->len, p, len, 1);
    }
}


static int
hoopctl_token_jwks(hoopctl_token_t *o)
{
    int                   rc;
    unsigned              i;
    hoop_buf_t            b;
    hoopctl_token_key_t  *key;

    hoop_buf_init(&b, 0);

    (void) hoop_buf_adds(&b, "{\"keys\":[");

    for (i = 0; i < o->nkeys; i++) {
        key = &o->keys[i];

        if (i) {
            (void) hoop_buf_addc(&b, ',');
        }

        /* without its closing brace */

        (void) hoop_buf_add(&b, key->jwk.data, key->jwk.len - 1);
        (void) hoop_buf_adds(&b, ",\"use\":\"sig\",\"kid\":");
        hoopctl_token_text(&b, key->kid);

        if (o->alg_name) {
            (void) hoop_buf_adds(&b, ",\"alg\":");
            hoopctl_token_text(&b, o->alg_name);
        }

        (void) hoop_buf_addc(&b, '}');
    }

    (void) hoop_buf_adds(&b, "]}\n");

    rc = HOOPCTL_YES;

    if (b.failed || fwrite(b.data, 1, b.len, stdout) != b.len
        || fflush(stdout) != 0)
    {
        rc = hoopctl_usage("token: output error");
    }

    hoop_buf_free(&b);

    return rc;
}


static int
hoopctl_token_lines(hoopctl_token_t *o)
{
    int            rc;
    char          *line;
    size_t         size;
    ssize_t        len;
    json_t        *claims;
    unsigned       n;
    hoop_buf_t     out;
    hoop_error_t   err;

    n = 0;
    size = 0;
    line = NULL;
    rc = HOOPCTL_YES;

    hoop_buf_init(&out, 0);

    while (rc == HOOPCTL_YES && (len = getline(&line, &size, stdin)) > 0) {
        n++;

        while (len && (line[len - 1] == '\n' || line[len - 1] == '\r')) {
            line[--len] = '\0';
        }

        if (len == 0) {
            continue;
        }

        claims = hoop_json_load((u_char *) line, len, &err);

        if (!json_is_object(claims)) {
            rc = hoopctl_usage("token: standard input, line %u: %s", n,
                               claims ? "wanted a JSON object" : err.text);
            json_decref(claims);
            break;
        }

        json_decref(claims);

        out.len = 0;

        if (o->alg & (HOOP_JWT_PS256|HOOP_JWT_PS384|HOOP_JWT_PS512
                      |HOOP_JWT_EDDSA))
        {
            rc = hoopctl_token_openssl(o, line, len, &out);

        } else {
            rc = hoopctl_token_libjwt(o, line, &out);
        }

        (void) hoop_buf_addc(&out, '\n');

        if (rc != HOOP_OK || out.failed) {
            rc = hoopctl_usage("token: \"%s\" cannot sign with %s",
                               o->keys[0].path, o->alg_name);

        } else if (fwrite(out.data, 1, out.len, stdout) != out.len) {
            rc = hoopctl_usage("token: output error");
        }
    }

    if (rc == HOOPCTL_YES && (ferror(stdin) || fflush(stdout) != 0)) {
        rc = hoopctl_usage("token: input or output error");
    }

    free(line);
    hoop_buf_free(&out);

    return rc;
}


static int
hoopctl_token_libjwt(hoopctl_token_t *o, const char *claims, hoop_buf_t *out)
{
    int                   rc;
    char                 *token;
    jwt_t                *jwt;
    hoopctl_token_key_t  *key;

    key = &o->keys[0];

    if (jwt_new(&jwt) != 0) {
        return HOOP_NOMEM;
    }

    rc = HOOP_ERROR;

    /* libjwt's names of algorithms are RFC 7518's; it copies the key */

    if (jwt_set_alg(jwt, jwt_str_alg(o->alg_name), key->file.data,
                    (int) key->file.len)
        == 0
        && jwt_add_header(jwt, "typ", o->typ) == 0
        && (key->kid == NULL || jwt_add_header(jwt, "kid", key->kid) == 0)
        && jwt_add_grants_json(jwt, claims) == 0)
    {
        token = jwt_encode_str(jwt);

        if (token) {
            rc = hoop_buf_adds(out, token);
            free(token);
        }
    }

    jwt_free(jwt);

    return rc;
}


static int
hoopctl_token_openssl(hoopctl_token_t *o, const char *claims, size_t len,
    hoop_buf_t *out)
{
    int                   rc;
    size_t                n;
    u_char                sig[HOOPCTL_TOKEN_MAX_INT];
    hoop_buf_t            header;
    const char           *md;
    EVP_MD_CTX           *ctx;
    EVP_PKEY_CTX         *pctx;
    hoopctl_token_key_t  *key;

    key = &o->keys[0];

    hoop_buf_init(&header, 0);

    (void) hoop_buf_adds(&header, "{\"alg\":");
    hoopctl_token_text(&header, o->alg_name);
    (void) hoop_buf_adds(&header, ",\"kid\":");
    hoopctl_token_text(&header, key->kid);
    (void) hoop_buf_adds(&header, ",\"typ\":");
    hoopctl_token_text(&header, o->typ);
    (void) hoop_buf_addc(&header, '}');

    if (header.failed) {
        hoop_buf_free(&header);
        return HOOP_NOMEM;
    }

    hoopctl_token_base64(out, header.data, header.len);
    (void) hoop_buf_addc(out, '.');
    hoopctl_token_base64(out, claims, len);

    hoop_buf_free(&header);

    ctx = EVP_MD_CTX_new();
    if (ctx == NULL || out->failed) {
        EVP_MD_CTX_free(ctx);
        return HOOP_NOMEM;
    }

    md = (o->alg == HOOP_JWT_EDDSA) ? NULL
         : (o->alg == HOOP_JWT_PS256) ? "SHA256"
         : (o->alg == HOOP_JWT_PS384) ? "SHA384" : "SHA512";

    n = sizeof(sig);
    rc = HOOP_ERROR;

    if (EVP_DigestSignInit_ex(ctx, &pctx, md, NULL, NULL, key->pkey, NULL)
        == 1
        && (md == NULL
            || (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx,
                                                    RSA_PSS_SALTLEN_DIGEST)
                   == 1))
        && EVP_DigestSign(ctx, sig, &n, out->data, out->len) == 1)
    {
        (void) hoop_buf_addc(out, '.');
        hoopctl_token_base64(out, sig, n);
        rc = HOOP_OK;
    }

    EVP_MD_CTX_free(ctx);

    return rc;
}


static void
hoopctl_token_text(hoop_buf_t *b, const char *text)
{
    (void) hoop_buf_add_json(b, (const u_char *) text, strlen(text));
}
