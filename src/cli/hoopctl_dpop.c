
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl dpop: makes a proof of possession (RFC 9449) for one request, as a
 * client does, or tells the thumbprint of its key.  For development and tests.
 */


#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "../core/hoop_dpop.h"
#include "../core/hoop_signer.h"
#include "../core/hoop_uri.h"
#include "hoopctl.h"


typedef struct {
    const char       *key;
    const char       *method;
    const char       *url;
    const char       *token_file;
    const char       *nonce;
    const char       *jti;
    const char       *iat;
    const char       *alg_name;
    unsigned          alg;
    int               thumbprint;
    hoop_signer_t    *signer;
} hoopctl_dpop_t;


static int hoopctl_dpop_options(hoopctl_dpop_t *o, int argc, char **argv);
static int hoopctl_dpop_key(hoopctl_dpop_t *o);
static int hoopctl_dpop_claims(hoopctl_dpop_t *o, hoop_buf_t *b);
static int hoopctl_dpop_iat(hoopctl_dpop_t *o, hoop_buf_t *b);
static int hoopctl_dpop_ath(hoopctl_dpop_t *o, hoop_buf_t *b);
static void hoopctl_dpop_string(hoop_buf_t *b, const char *name,
    const char *value);


int
hoopctl_dpop(int argc, char **argv)
{
    int             rc;
    hoop_buf_t      claims, out;
    hoop_str_t      kid;
    hoopctl_dpop_t  o;

    memset(&o, 0, sizeof(hoopctl_dpop_t));
    hoop_buf_init(&claims, 0);
    hoop_buf_init(&out, 0);

    rc = hoopctl_dpop_options(&o, argc, argv);

    if (rc == HOOPCTL_YES) {
        rc = hoopctl_dpop_key(&o);
    }

    if (rc == HOOPCTL_YES && o.thumbprint) {

        /* which names a key that has no other name */

        kid = hoop_signer_kid(o.signer);
        (void) hoop_buf_add(&out, kid.data, kid.len);

    } else if (rc == HOOPCTL_YES) {
        rc = hoopctl_dpop_claims(&o, &claims);

        if (rc == HOOPCTL_YES
            && hoop_signer_sign(o.signer, o.alg, "dpop+jwt",
                                hoop_str(claims.data, claims.len - 1), &out)
               != HOOP_OK)
        {
            rc = hoopctl_usage("dpop: \"%s\" cannot sign", o.key);
        }
    }

    if (rc == HOOPCTL_YES) {
        (void) hoop_buf_addc(&out, '\n');

        if (out.failed || fwrite(out.data, 1, out.len, stdout) != out.len) {
            rc = hoopctl_usage("dpop: output error");
        }
    }

    hoop_signer_free(o.signer);
    hoop_buf_free(&claims);
    hoop_buf_free(&out);

    return rc;
}


static int
hoopctl_dpop_options(hoopctl_dpop_t *o, int argc, char **argv)
{
    int  c;

    static const struct option  options[] = {
        { "key", required_argument, NULL, 'k' },
        { "method", required_argument, NULL, 'm' },
        { "url", required_argument, NULL, 'u' },
        { "token-file", required_argument, NULL, 'f' },
        { "nonce", required_argument, NULL, 'n' },
        { "jti", required_argument, NULL, 'j' },
        { "iat", required_argument, NULL, 'i' },
        { "alg", required_argument, NULL, 'a' },
        { "thumbprint", no_argument, NULL, 't' },
        { NULL, 0, NULL, 0 }
    };

    optind = 1;
    opterr = 0;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {

        if (optarg && !hoop_utf8_valid((u_char *) optarg, strlen(optarg))) {
            return hoopctl_usage("dpop: an option is not UTF-8");
        }

        switch (c) {

        case 'k':
            o->key = optarg;
            break;

        case 'm':
            o->method = optarg;
            break;

        case 'u':
            o->url = optarg;
            break;

        case 'f':
            o->token_file = optarg;
            break;

        case 'n':
            o->nonce = optarg;
            break;

        case 'j':
            o->jti = optarg;
            break;

        case 'i':
            o->iat = optarg;
            break;

        case 'a':
            o->alg_name = optarg;
            o->alg = hoop_jwt_alg(hoop_cstr(optarg)) & HOOP_JWT_ALGS;

            if (o->alg == 0) {
                return hoopctl_usage("dpop: --alg \"%s\": wanted one like "
                                     "ES256", optarg);
            }

            break;

        case 't':
            o->thumbprint = 1;
            break;

        default:
            return hoopctl_usage("dpop: unknown option \"%s\", or its value is "
                                 "missing", argv[optind - 1]);
        }
    }

    if (o->key == NULL || optind != argc
        || (!o->thumbprint && (o->method == NULL || o->url == NULL)))
    {
        return hoopctl_usage("dpop --key FILE --method M --url U "
                             "[--token-file F] [--nonce N] [--jti J] "
                             "[--iat T] [--alg ALG] | dpop --key FILE "
                             "--thumbprint");
    }

    return HOOPCTL_YES;
}


static int
hoopctl_dpop_key(hoopctl_dpop_t *o)
{
    hoop_buf_t    file;
    hoop_error_t  err;

    static const hoop_str_t  none = hoop_str_null;

    hoop_buf_init(&file, HOOP_SIGNER_MAX_KEY);

    if (hoopctl_read(o->key, &file, HOOP_SIGNER_MAX_KEY) != HOOP_OK) {
        return HOOPCTL_USAGE;
    }

    o->signer = hoop_signer_create(hoop_str(file.data, file.len), none, &err);

    if (file.data) {
        OPENSSL_cleanse(file.data, file.size);
    }

    hoop_buf_free(&file);

    if (o->signer == NULL) {
        return hoopctl_usage("dpop: \"%s\": %s", o->key, err.text);
    }

    if (o->thumbprint) {
        return HOOPCTL_YES;
    }

    if (!hoop_signer_private(o->signer)) {
        return hoopctl_usage("dpop: \"%s\" is a public key", o->key);
    }

    if (o->alg == 0) {
        o->alg = hoop_signer_alg(o->signer);

    } else if ((o->alg & hoop_signer_algs(o->signer)) == 0) {
        return hoopctl_usage("dpop: \"%s\" is no key for %s", o->key,
                             o->alg_name);
    }

    return HOOPCTL_YES;
}


static int
hoopctl_dpop_claims(hoopctl_dpop_t *o, hoop_buf_t *b)
{
    char        text[25];
    size_t      n;
    u_char      random[16];
    hoop_buf_t  htu;

    if (o->jti == NULL) {
        if (RAND_bytes(random, sizeof(random)) != 1) {
            return hoopctl_usage("dpop: no random bytes");
        }

        n = hoop_base64_encode((u_char *) text, random, sizeof(random), 1);
        text[n] = '\0';
    }

    (void) hoop_buf_addc(b, '{');
    hoopctl_dpop_string(b, "jti", o->jti ? o->jti : text);
    (void) hoop_buf_addc(b, ',');
    hoopctl_dpop_string(b, "htm", o->method);
    (void) hoop_buf_adds(b, ",\"htu\":");

    hoop_buf_init(&htu, 0);

    if (hoop_uri_normal(hoop_cstr(o->url), &htu) != HOOP_OK) {
        hoop_buf_free(&htu);
        return hoopctl_usage("dpop: --url \"%s\": wanted an http or https URL "
                             "without dot segments, user or characters to be "
                             "escaped", o->url);
    }

    (void) hoop_buf_add_json(b, htu.data, htu.len);
    hoop_buf_free(&htu);

    if (o->nonce) {
        (void) hoop_buf_addc(b, ',');
        hoopctl_dpop_string(b, "nonce", o->nonce);
    }

    if (hoopctl_dpop_iat(o, b) != HOOPCTL_YES
        || (o->token_file && hoopctl_dpop_ath(o, b) != HOOPCTL_YES))
    {
        return HOOPCTL_USAGE;
    }

    (void) hoop_buf_addc(b, '}');
    (void) hoop_buf_addc(b, '\0');

    return b->failed ? hoopctl_usage("dpop: not enough memory") : HOOPCTL_YES;
}


static int
hoopctl_dpop_iat(hoopctl_dpop_t *o, hoop_buf_t *b)
{
    char       *end;
    long long   n;

    n = time(NULL);

    if (o->iat) {
        errno = 0;
        n = strtoll(o->iat, &end, 10);

        if (end == o->iat || *end != '\0' || errno || n < 0) {
            return hoopctl_usage("dpop: --iat \"%s\": wanted Unix seconds",
                                 o->iat);
        }
    }

    (void) hoop_buf_adds(b, ",\"iat\":");
    (void) hoop_buf_addu(b, n);

    return HOOPCTL_YES;
}


static int
hoopctl_dpop_ath(hoopctl_dpop_t *o, hoop_buf_t *b)
{
    size_t      n;
    u_char      md[32], text[44];
    hoop_buf_t  token;

    hoop_buf_init(&token, 0);

    if (hoopctl_read(o->token_file, &token, HOOP_JWT_MAX_TOKEN + 2) != HOOP_OK)
    {
        return HOOPCTL_USAGE;
    }

    /* without the newline that an editor leaves */

    while (token.len && (token.data[token.len - 1] == '\n'
                         || token.data[token.len - 1] == '\r'))
    {
        token.len--;
    }

    hoop_sha256(md, token.data, token.len);
    n = hoop_base64_encode(text, md, sizeof(md), 1);

    hoop_buf_free(&token);

    (void) hoop_buf_adds(b, ",\"ath\":\"");
    (void) hoop_buf_add(b, text, n);
    (void) hoop_buf_addc(b, '"');

    return HOOPCTL_YES;
}


static void
hoopctl_dpop_string(hoop_buf_t *b, const char *name, const char *value)
{
    (void) hoop_buf_addc(b, '"');
    (void) hoop_buf_adds(b, name);
    (void) hoop_buf_adds(b, "\":");
    (void) hoop_buf_add_json(b, (const u_char *) value, strlen(value));
}
