
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl policy check [--json] FILE...
 *     what is wrong with the files, all of it, a line each: "FILE:12:5: unknown
 *     key ..."; of a file that nginx would take "FILE: ok, ...".  Exit 0 if it
 *     would take all.
 *
 *     With --json one array of what is wrong, each as { "file": ...,
 *     "line": 12, "column": 5, "error": "..." }.
 */


#include <stdio.h>
#include <stdlib.h>

#include "../core/hoop_tz.h"
#include "hoopctl.h"
#include "hoopctl_policy.h"


#define HOOPCTL_CHECK_ERRORS  100


typedef struct {
    hoop_error_t            items[HOOPCTL_CHECK_ERRORS];
    hoop_errors_t           errors;
    hoop_buf_t             *json;      /* NULL: lines on standard output */
} hoopctl_check_t;


static int hoopctl_check_file(hoopctl_check_t *c, const char *file);
static hoop_policy_t *hoopctl_check_compile(hoopctl_check_t *c,
    const char *file, int *rc);
static void hoopctl_check_json(hoop_buf_t *b, const char *file,
    const hoop_error_t *err);
static void hoopctl_check_text(FILE *out, const char *file,
    const hoop_errors_t *errors);
static int hoopctl_check_zone(void *ctx, hoop_str_t name, hoop_buf_t *file);


int
hoopctl_policy_check(int argc, char **argv)
{
    int              i, rc, one;
    hoop_buf_t       json;
    hoopctl_check_t  c;

    i = 1;
    c.json = NULL;
    hoop_buf_init(&json, 0);

    if (argc > 1 && strcmp(argv[1], "--json") == 0) {
        c.json = &json;
        i++;
    }

    if (i == argc || argv[i][0] == '-') {
        return hoopctl_usage("wanted [--json] FILE...");
    }

    rc = HOOPCTL_YES;

    for ( /* void */ ; i < argc; i++) {
        one = hoopctl_check_file(&c, argv[i]);
        rc = (one > rc) ? one : rc;
    }

    if (c.json == NULL) {
        return rc;
    }

    if (json.failed) {
        rc = hoopctl_usage("no memory");

    } else {
        printf("[%.*s]\n", (int) json.len, json.len ? (char *) json.data : "");
    }

    hoop_buf_free(&json);

    return rc;
}


static int
hoopctl_check_file(hoopctl_check_t *c, const char *file)
{
    int             rc;
    unsigned        i;
    hoop_str_t      name, hash;
    hoop_policy_t  *policy;

    policy = hoopctl_check_compile(c, file, &rc);

    if (policy == NULL) {

        if (c->json == NULL) {
            hoopctl_check_text(stdout, file, &c->errors);
            return rc;
        }

        for (i = 0; i < c->errors.n; i++) {
            hoopctl_check_json(c->json, file, &c->errors.items[i]);
        }

        return rc;
    }

    if (c->json == NULL) {
        name = hoop_policy_name(policy);
        hash = hoop_policy_hash(policy);

        printf("%s: ok, policy \"%.*s\", %u rules, sha256 %.*s\n", file,
               (int) name.len, name.data, hoop_policy_count(policy),
               (int) hash.len, hash.data);
    }

    hoop_policy_free(policy);

    return HOOPCTL_YES;
}


hoop_policy_t *
hoopctl_policy_load(const char *file, FILE *out, int *rc)
{
    int              one;
    hoop_policy_t   *policy;
    hoopctl_check_t  c;

    policy = hoopctl_check_compile(&c, file, &one);

    if (policy == NULL) {
        hoopctl_check_text(out, file, &c.errors);
        *rc = (one > *rc) ? one : *rc;
    }

    return policy;
}


/* without a policy: NO and what is wrong with it, or USAGE, which was said */

static hoop_policy_t *
hoopctl_check_compile(hoopctl_check_t *c, const char *file, int *rc)
{
    hoop_buf_t      b;
    hoop_policy_t  *policy;

    memset(&c->errors, 0, sizeof(hoop_errors_t));

    c->errors.items = c->items;
    c->errors.size = HOOPCTL_CHECK_ERRORS;

    hoop_buf_init(&b, 0);

    if (hoopctl_read(file, &b, HOOPCTL_POLICY_MAX_FILE) != HOOP_OK) {
        hoop_buf_free(&b);
        *rc = HOOPCTL_USAGE;
        return NULL;
    }

    policy = hoop_policy_check(b.data ? b.data : (u_char *) "", b.len,
                               hoopctl_check_zone, NULL, &c->errors);

    *rc = policy ? HOOPCTL_YES : HOOPCTL_NO;

    hoop_buf_free(&b);

    return policy;
}


static void
hoopctl_check_json(hoop_buf_t *b, const char *file, const hoop_error_t *err)
{
    (void) hoop_buf_adds(b, b->len ? ",\n {\"file\":" : "{\"file\":");
    (void) hoop_buf_add_json(b, (const u_char *) file, strlen(file));
    (void) hoop_buf_adds(b, ",\"line\":");
    (void) hoop_buf_addu(b, err->line);
    (void) hoop_buf_adds(b, ",\"column\":");
    (void) hoop_buf_addu(b, err->column);
    (void) hoop_buf_adds(b, ",\"error\":");
    (void) hoop_buf_add_json(b, (const u_char *) err->text, strlen(err->text));
    (void) hoop_buf_addc(b, '}');
}


static void
hoopctl_check_text(FILE *out, const char *file, const hoop_errors_t *errors)
{
    unsigned             i;
    const hoop_error_t  *err;

    for (i = 0; i < errors->n; i++) {
        err = &errors->items[i];
        fprintf(out, "%s:%u:%u: %s\n", file, err->line, err->column, err->text);
    }

    if (errors->n == errors->size) {
        fprintf(out, "%s: %u errors, there may be more\n", file, errors->n);
    }
}


/* the file of a zone of time; its name was checked */

static int
hoopctl_check_zone(void *ctx, hoop_str_t name, hoop_buf_t *file)
{
    char  path[128];

    (void) snprintf(path, sizeof(path), "/usr/share/zoneinfo/%.*s",
                    (int) name.len, (char *) name.data);

    return hoopctl_read(path, file, HOOP_TZ_MAX_FILE);
}
