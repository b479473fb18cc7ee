
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl mask: a body on standard input, the masked body on standard output.
 */


#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../core/hoop_mask.h"
#include "hoopctl.h"


#define HOOPCTL_MASK_CHUNK   65536
#define HOOPCTL_MASK_SETS    8
#define HOOPCTL_MASK_POLICY  (16 * 1024 * 1024)


typedef struct {
    const char              *type;
    const char              *policy;
    const char              *detect;
    const char              *fields;
    const char              *action;
    size_t                   chunk;

    const hoop_mask_set_t   *sets[HOOPCTL_MASK_SETS];
    hoop_mask_set_t         *own[HOOPCTL_MASK_SETS];
    unsigned                 nsets;
} hoopctl_mask_t;


static int hoopctl_mask_options(hoopctl_mask_t *o, int argc, char **argv);
static int hoopctl_mask_sets(hoopctl_mask_t *o);
static int hoopctl_mask_policy(hoopctl_mask_t *o);
static int hoopctl_mask_lists(hoopctl_mask_t *o);
static int hoopctl_mask_compile(hoopctl_mask_t *o, json_t *conf,
    const char *pointer, const char *source);
static int hoopctl_mask_run(hoopctl_mask_t *o, hoop_mask_mode_e mode);
static ssize_t hoopctl_mask_sink(void *ctx, const u_char *p, size_t len);


int
hoopctl_mask(int argc, char **argv)
{
    int               rc;
    unsigned          i;
    hoopctl_mask_t    o;
    hoop_mask_mode_e  mode;

    memset(&o, 0, sizeof(hoopctl_mask_t));

    rc = hoopctl_mask_options(&o, argc, argv);
    if (rc != HOOPCTL_YES) {
        return rc;
    }

    mode = hoop_mask_mode(hoop_cstr(o.type));

    if (mode == HOOP_MASK_BINARY) {
        return hoopctl_usage("type \"%s\" is not text", o.type);
    }

    if (mode == HOOP_MASK_REFUSE) {
        return hoopctl_usage("charset of \"%s\" cannot be judged", o.type);
    }

    rc = hoopctl_mask_sets(&o);

    if (rc == HOOPCTL_YES) {
        rc = hoopctl_mask_run(&o, mode);
    }

    for (i = 0; i < HOOPCTL_MASK_SETS; i++) {
        hoop_mask_set_free(o.own[i]);
    }

    return rc;
}


static int
hoopctl_mask_options(hoopctl_mask_t *o, int argc, char **argv)
{
    int    c;
    char  *end;

    static const struct option  options[] = {
        { "type",   required_argument, NULL, 't' },
        { "policy", required_argument, NULL, 'p' },
        { "detect", required_argument, NULL, 'd' },
        { "fields", required_argument, NULL, 'f' },
        { "action", required_argument, NULL, 'a' },
        { "chunk",  required_argument, NULL, 'c' },
        { NULL, 0, NULL, 0 }
    };

    o->type = "";
    o->chunk = HOOPCTL_MASK_CHUNK;

    optind = 1;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {

        switch (c) {
        case 't':
            o->type = optarg;
            break;

        case 'p':
            o->policy = optarg;
            break;

        case 'd':
            o->detect = optarg;
            break;

        case 'f':
            o->fields = optarg;
            break;

        case 'a':
            o->action = optarg;
            break;

        case 'c':
            o->chunk = strtoul(optarg, &end, 10);

            if (end == optarg || *end != '\0' || o->chunk == 0
                || o->chunk > HOOPCTL_MASK_CHUNK)
            {
                return hoopctl_usage("chunk of 1 to %d bytes wanted, not "
                                     "\"%s\"", HOOPCTL_MASK_CHUNK, optarg);
            }

            break;

        default:
            return hoopctl_usage("mask --type T [--policy FILE] "
                                 "[--detect LIST] [--fields LIST] "
                                 "[--action A] [--chunk N]");
        }
    }

    if (optind != argc) {
        return hoopctl_usage("unexpected argument \"%s\"", argv[optind]);
    }

    return HOOPCTL_YES;
}


static int
hoopctl_mask_sets(hoopctl_mask_t *o)
{
    int  rc;

    rc = HOOPCTL_YES;

    if (o->policy) {
        rc = hoopctl_mask_policy(o);
    }

    if (rc == HOOPCTL_YES && (o->detect || o->fields || o->action)) {
        rc = hoopctl_mask_lists(o);
    }

    if (rc == HOOPCTL_YES && o->nsets == 0) {
        o->sets[o->nsets++] = hoop_mask_set_default();
    }

    return rc;
}


/* all mask sets of a policy file */

static int
hoopctl_mask_policy(hoopctl_mask_t *o)
{
    int            rc;
    char           pointer[128];
    json_t        *root, *masks, *conf;
    hoop_buf_t     b;
    const char    *name;
    json_error_t   err;

    hoop_buf_init(&b, 0);

    if (hoopctl_read(o->policy, &b, HOOPCTL_MASK_POLICY) != HOOP_OK) {
        return HOOPCTL_USAGE;
    }

    root = json_loadb((char *) b.data, b.len, JSON_REJECT_DUPLICATES, &err);
    hoop_buf_free(&b);

    if (root == NULL) {
        return hoopctl_usage("policy \"%s\" line %d, column %d: %s",
                             o->policy, err.line, err.column, err.text);
    }

    rc = HOOPCTL_YES;
    masks = json_object_get(root, "masks");

    if (!json_is_object(masks)) {
        rc = hoopctl_usage("policy \"%s\" has no object \"masks\"",
                           o->policy);
        json_decref(root);
        return rc;
    }

    json_object_foreach(masks, name, conf) {
        (void) snprintf(pointer, sizeof(pointer), "/masks/%.64s", name);

        rc = hoopctl_mask_compile(o, conf, pointer, o->policy);
        if (rc != HOOPCTL_YES) {
            break;
        }
    }

    json_decref(root);

    return rc;
}


static json_t *
hoopctl_mask_list(const char *text)
{
    size_t   n;
    json_t  *list;

    list = json_array();

    while (list && *text) {
        n = strcspn(text, ",");

        if (n && json_array_append_new(list, json_stringn(text, n)) != 0) {
            json_decref(list);
            return NULL;
        }

        text += n;
        text += (*text == ',');
    }

    return list;
}


static int
hoopctl_mask_lists(hoopctl_mask_t *o)
{
    int      rc;
    json_t  *conf;

    conf = json_object();
    rc = (conf == NULL);

    /* an action alone is for the default detectors */

    if (o->detect || !o->fields) {
        rc |= json_object_set_new(conf, "detect",
                                  hoopctl_mask_list(o->detect ? o->detect
                                                              : "default"));
    }

    if (o->fields) {
        rc |= json_object_set_new(conf, "fields",
                                  hoopctl_mask_list(o->fields));
    }

    if (o->action) {
        rc |= json_object_set_new(conf, "action", json_string(o->action));
    }

    if (rc) {
        rc = hoopctl_usage("bad list: UTF-8 wanted");

    } else {
        rc = hoopctl_mask_compile(o, conf, "", "the command line");
    }

    json_decref(conf);

    return rc;
}


static int
hoopctl_mask_compile(hoopctl_mask_t *o, json_t *conf, const char *pointer,
    const char *source)
{
    int           rc;
    char         *where;
    hoop_error_t  err;

    if (o->nsets == HOOPCTL_MASK_SETS) {
        return hoopctl_usage("more than %d mask sets", HOOPCTL_MASK_SETS);
    }

    err.text[0] = '\0';
    where = NULL;

    o->own[o->nsets] = hoop_mask_set_compile(conf, pointer, &where, &err);

    if (o->own[o->nsets] == NULL) {
        rc = hoopctl_usage("%s, \"%s\": %s", source, where ? where : pointer,
                           err.text);
        free(where);
        return rc;
    }

    o->sets[o->nsets] = o->own[o->nsets];
    o->nsets++;

    return HOOPCTL_YES;
}


static int
hoopctl_mask_run(hoopctl_mask_t *o, hoop_mask_mode_e mode)
{
    int            rc;
    ssize_t        n;
    hoop_mask_t   *m;
    const u_char  *p;

    static u_char  buf[HOOPCTL_MASK_CHUNK];

    m = hoop_mask_create(mode, o->sets, o->nsets, NULL, 0, 0);
    if (m == NULL) {
        return hoopctl_usage("no memory");
    }

    do {
        n = read(STDIN_FILENO, buf, o->chunk);

        if (n < 0) {
            hoop_mask_free(m);
            return hoopctl_usage("standard input cannot be read");
        }

        p = buf;
        rc = hoop_mask_feed(m, &p, buf + n, n ? 0 : HOOP_MASK_LAST,
                            hoopctl_mask_sink, NULL);

    } while (n && rc == HOOP_OK);

    hoop_mask_free(m);

    if (rc != HOOP_OK || fflush(stdout) != 0) {
        return hoopctl_usage("masking cannot go on");
    }

    return HOOPCTL_YES;
}


static ssize_t
hoopctl_mask_sink(void *ctx, const u_char *p, size_t len)
{
    return (fwrite(p, 1, len, stdout) == len) ? (ssize_t) len : -1;
}
