
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl jwt verify: tokens on standard input, a verdict a line.
 */


#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../core/hoop_json.h"
#include "../core/hoop_jwt.h"
#include "hoopctl.h"


#define HOOPCTL_JWT_MAX_AUD  32


typedef struct {
    hoop_jwks_t        *ks;             /* NULL: no usable key in the file */
    hoop_jwt_rules_t    rules;
    hoop_str_t          audiences[HOOPCTL_JWT_MAX_AUD];
    const char         *jwks;
    int64_t             now;
    int                 signature_only;
} hoopctl_jwt_t;


static int hoopctl_jwt_options(hoopctl_jwt_t *o, int argc, char **argv);
static int hoopctl_jwt_algs(const char *list, unsigned *algs);
static int hoopctl_jwt_number(const char *text, int64_t *n);
static int hoopctl_jwt_keys(hoopctl_jwt_t *o);
static int hoopctl_jwt_public(json_t *jwk);
static hoop_jwt_e hoopctl_jwt_line(hoopctl_jwt_t *o, hoop_buf_t *line);


int
hoopctl_jwt_verify(int argc, char **argv)
{
    int            c, rc;
    hoop_buf_t     line;
    hoopctl_jwt_t  o;

    memset(&o, 0, sizeof(hoopctl_jwt_t));

    rc = hoopctl_jwt_options(&o, argc, argv);
    if (rc != HOOPCTL_YES) {
        return rc;
    }

    if (hoopctl_jwt_keys(&o) != HOOP_OK) {
        return HOOPCTL_USAGE;
    }

    rc = HOOPCTL_YES;

    /* what is over the cap is dropped: "failed" says so */

    hoop_buf_init(&line, HOOP_JWT_MAX_TOKEN + 1);

    do {
        c = getchar();

        if (c != '\n' && c != EOF) {
            (void) hoop_buf_addc(&line, (u_char) c);
            continue;
        }

        if (c == EOF && line.len == 0) {
            break;
        }

        if (line.len && line.data[line.len - 1] == '\r') {
            line.len--;
        }

        if (hoopctl_jwt_line(&o, &line) != HOOP_JWT_OK) {
            rc = HOOPCTL_NO;
        }

        line.len = 0;
        line.failed = 0;

    } while (c != EOF);

    if (ferror(stdin) || fflush(stdout) != 0) {
        rc = hoopctl_usage("jwt verify: input or output error");
    }

    hoop_buf_free(&line);
    hoop_jwks_free(o.ks);

    return rc;
}


static int
hoopctl_jwt_options(hoopctl_jwt_t *o, int argc, char **argv)
{
    int  c;

    static const struct option  options[] = {
        { "jwks", required_argument, NULL, 'j' },
        { "iss", required_argument, NULL, 'i' },
        { "aud", required_argument, NULL, 'a' },
        { "alg", required_argument, NULL, 'g' },
        { "now", required_argument, NULL, 'n' },
        { "leeway", required_argument, NULL, 'l' },
        { "signature-only", no_argument, NULL, 's' },
        { NULL, 0, NULL, 0 }
    };

    /*
     * A secret in a file that is named here is an explicit one, and its type
     * pins it to HS: all algorithms are allowed.
     */

    o->rules.algs = HOOP_JWT_ALGS|HOOP_JWT_HS256|HOOP_JWT_HS384|HOOP_JWT_HS512;
    o->rules.leeway = 30;
    o->rules.audiences = o->audiences;
    o->now = time(NULL);

    optind = 1;
    opterr = 0;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {

        switch (c) {

        case 'j':
            o->jwks = optarg;
            break;

        case 'i':
            o->rules.issuer = hoop_cstr(optarg);
            break;

        case 'a':
            if (o->rules.naudiences == HOOPCTL_JWT_MAX_AUD) {
                return hoopctl_usage("jwt verify: more than %d --aud",
                                     HOOPCTL_JWT_MAX_AUD);
            }

            o->audiences[o->rules.naudiences++] = hoop_cstr(optarg);
            break;

        case 'g':
            if (hoopctl_jwt_algs(optarg, &o->rules.algs) != HOOP_OK) {
                return hoopctl_usage("jwt verify: --alg \"%s\": wanted a list "
                                     "like RS256,ES256", optarg);
            }

            break;

        case 'n':
            if (hoopctl_jwt_number(optarg, &o->now) != HOOP_OK) {
                return hoopctl_usage("jwt verify: --now \"%s\": wanted Unix "
                                     "seconds", optarg);
            }

            break;

        case 'l':
            if (hoopctl_jwt_number(optarg, &o->rules.leeway) != HOOP_OK) {
                return hoopctl_usage("jwt verify: --leeway \"%s\": wanted "
                                     "seconds", optarg);
            }

            break;

        case 's':
            o->signature_only = 1;
            break;

        default:
            return hoopctl_usage("jwt verify: unknown option \"%s\", or its "
                                 "value is missing", argv[optind - 1]);
        }
    }

    if (o->jwks == NULL || optind != argc) {
        return hoopctl_usage("jwt verify --jwks FILE [--iss I] [--aud A] "
                             "[--alg LIST] [--now T] [--leeway S] "
                             "[--signature-only]");
    }

    return HOOPCTL_YES;
}


static int
hoopctl_jwt_algs(const char *list, unsigned *algs)
{
    size_t    n;
    unsigned  alg;

    *algs = 0;

    for ( ;; ) {
        n = strcspn(list, ", ");

        alg = hoop_jwt_alg(hoop_str(list, n));
        if (alg == 0) {
            return HOOP_ERROR;
        }

        *algs |= alg;
        list += n;

        if (*list == '\0') {
            return HOOP_OK;
        }

        list++;
    }
}


/* the cap keeps sums of times far from overflow */

static int
hoopctl_jwt_number(const char *text, int64_t *n)
{
    char       *end;
    long long   value;

    errno = 0;
    value = strtoll(text, &end, 10);

    if (end == text || *end != '\0' || errno || value < 0
        || value > (1LL << 53))
    {
        return HOOP_ERROR;
    }

    *n = value;

    return HOOP_OK;
}


/*
 * A file that is no key set is an error.  One without a usable key is an
 * answer: no token is valid under it.  A single key stands for a set of one.
 *
 * A gateway refuses a key that is published with its private part.  Here the
 * file is the caller's own, and the public part is what the caller means.
 */

static int
hoopctl_jwt_keys(hoopctl_jwt_t *o)
{
    int           rc, private;
    char         *text;
    size_t        i;
    json_t       *root, *keys;
    hoop_buf_t    file, set;
    hoop_error_t  err;

    hoop_buf_init(&file, HOOP_JWT_MAX_JWKS);
    hoop_buf_init(&set, 0);

    rc = HOOP_ERROR;
    root = NULL;
    text = NULL;

    if (hoopctl_read(o->jwks, &file, HOOP_JWT_MAX_JWKS) != HOOP_OK) {
        goto done;
    }

    root = hoop_json_load(file.data, file.len, &err);

    if (root == NULL) {
        (void) hoopctl_usage("jwt verify: \"%s\" line %u, column %u: %s",
                             o->jwks, err.line, err.column, err.text);
        goto done;
    }

    private = 0;
    keys = json_object_get(root, "keys");

    if (json_is_array(keys)) {
        for (i = 0; i < json_array_size(keys); i++) {
            private |= hoopctl_jwt_public(json_array_get(keys, i));
        }

    } else if (json_object_get(root, "kty")) {
        private = hoopctl_jwt_public(root);

    } else {
        (void) hoopctl_usage("jwt verify: \"%s\" is no JWK set: no array "
                             "\"keys\"", o->jwks);
        goto done;
    }

    if (private) {
        fprintf(stderr, "hoopctl jwt verify: \"%s\": has private keys, only "
                "their public part is used\n", o->jwks);
    }

    text = json_dumps(root, JSON_COMPACT);

    if (text && json_is_array(keys)) {
        (void) hoop_buf_adds(&set, text);

    } else if (text) {
        (void) hoop_buf_adds(&set, "{\"keys\":[");
        (void) hoop_buf_adds(&set, text);
        (void) hoop_buf_adds(&set, "]}");
    }

    if (text == NULL || set.failed) {
        (void) hoopctl_usage("jwt verify: not enough memory");
        goto done;
    }

    o->ks = hoop_jwks_parse(set.data, set.len, o->rules.algs, &err);
    if (o->ks == NULL) {
        fprintf(stderr, "hoopctl jwt verify: \"%s\": %s\n", o->jwks, err.text);
    }

    rc = HOOP_OK;

done:

    json_decref(root);
    free(text);
    hoop_buf_free(&file);
    hoop_buf_free(&set);

    return rc;
}


/* 1: there was a private part, which is gone; a secret has none */

static int
hoopctl_jwt_public(json_t *jwk)
{
    int         found;
    size_t      i;
    hoop_str_t  kty;

    static const char  *const names[] = {
        "d", "p", "q", "dp", "dq", "qi", "oth"
    };

    if (!json_is_string(json_object_get(jwk, "kty"))) {
        return 0;
    }

    kty = hoop_json_member(jwk, "kty");
    found = 0;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!hoop_str_is(kty, "oct")
            && json_object_del(jwk, names[i]) == 0)
        {
            found = 1;
        }
    }

    return found;
}


static hoop_jwt_e
hoopctl_jwt_line(hoopctl_jwt_t *o, hoop_buf_t *line)
{
    json_t      *sub;
    hoop_jwt_e   rc;
    hoop_jwt_t   jwt;
    hoop_buf_t   out;

    hoop_buf_init(&out, 0);
    memset(&jwt, 0, sizeof(hoop_jwt_t));

    if (line->failed) {
        rc = HOOP_JWT_MALFORMED;

    } else {
        rc = hoop_jwt_parse(&jwt, line->data, line->len, o->signature_only);
    }

    if (rc == HOOP_JWT_OK) {
        rc = o->ks ? hoop_jwt_verify(&jwt, o->ks, &o->rules, NULL)
                   : HOOP_JWT_NO_KEY;
    }

    if (rc == HOOP_JWT_OK && !o->signature_only) {
        rc = hoop_jwt_check(&jwt, &o->rules, o->now);
    }

    if (rc == HOOP_JWT_OK) {
        (void) hoop_buf_adds(&out, "{\"valid\":true");

        sub = json_object_get(jwt.claims, "sub");

        if (json_is_string(sub)) {
            (void) hoop_buf_adds(&out, ",\"sub\":");
            (void) hoop_buf_add_json(&out,
                                     (const u_char *) json_string_value(sub),
                                     json_string_length(sub));
        }

        (void) hoop_buf_addc(&out, '}');

    } else {
        (void) hoop_buf_adds(&out, "{\"valid\":false,\"error\":\"");
        (void) hoop_buf_adds(&out, hoop_jwt_strerror(rc));
        (void) hoop_buf_adds(&out, "\"}");
    }

    (void) hoop_buf_addc(&out, '\n');

    if (out.failed || fwrite(out.data, 1, out.len, stdout) != out.len) {
        rc = HOOP_JWT_INTERNAL;
    }

    hoop_buf_free(&out);
    hoop_jwt_clear(&jwt);

    return rc;
}
