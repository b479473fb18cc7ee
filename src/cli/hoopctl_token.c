
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl token: signs claims, one JSON object a line, or writes the public
 * key set of the keys.  For development, tests and the demo.
 */


#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "../core/hoop_json.h"
#include "../core/hoop_jwt.h"
#include "../core/hoop_signer.h"
#include "hoopctl.h"


#define HOOPCTL_TOKEN_MAX_KEYS  16
#define HOOPCTL_TOKEN_HS        (HOOP_JWT_HS256|HOOP_JWT_HS384|HOOP_JWT_HS512)


typedef struct {
    const char         *path;
    const char         *kid;            /* NULL: the thumbprint */
    hoop_signer_t      *signer;
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
static int hoopctl_token_jwks(hoopctl_token_t *o);
static int hoopctl_token_lines(hoopctl_token_t *o);


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
        hoop_signer_free(o->keys[i].signer);
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
    int           rc;
    hoop_buf_t    file;
    hoop_str_t    kid;
    hoop_error_t  err;

    hoop_buf_init(&file, HOOP_SIGNER_MAX_KEY);

    rc = hoopctl_read(key->path, &file, HOOP_SIGNER_MAX_KEY);

    if (rc == HOOP_OK) {
        kid = key->kid ? hoop_cstr(key->kid) : hoop_str(NULL, 0);

        if (o->alg & HOOPCTL_TOKEN_HS) {

            /* without the newline that an editor leaves */

            if (file.len && file.data[file.len - 1] == '\n') {
                file.len--;
            }

            key->signer = hoop_signer_secret(hoop_str(file.data, file.len),
                                             kid, &err);

        } else {
            key->signer = hoop_signer_create(hoop_str(file.data, file.len),
                                             kid, &err);
        }
    }

    if (file.data) {
        OPENSSL_cleanse(file.data, file.size);
    }

    hoop_buf_free(&file);

    if (rc != HOOP_OK) {
        return HOOPCTL_USAGE;
    }

    if (key->signer == NULL) {
        return hoopctl_usage("token: \"%s\": %s", key->path, err.text);
    }

    if (o->alg && (o->alg & hoop_signer_algs(key->signer)) == 0) {
        return hoopctl_usage("token: \"%s\" is no key for %s, or too short",
                             key->path, o->alg_name);
    }

    return HOOPCTL_YES;
}


static int
hoopctl_token_jwks(hoopctl_token_t *o)
{
    int         rc;
    unsigned    i;
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);

    (void) hoop_buf_adds(&b, "{\"keys\":[");

    for (i = 0; i < o->nkeys; i++) {
        if (i) {
            (void) hoop_buf_addc(&b, ',');
        }

        (void) hoop_signer_jwk(o->keys[i].signer, o->alg, &b);
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

        rc = hoop_signer_sign(o->keys[0].signer, o->alg, o->typ,
                              hoop_str(line, len), &out);

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
