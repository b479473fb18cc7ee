
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl audit query | export, and the arguments of all of its words.
 */


#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hoopctl_audit.h"
#include "../core/hoop_json.h"


static const char  hoopctl_audit_source_usage[] =
    "    --spool DIR | --redis HOST:PORT|unix:PATH --gateway NAME [--db N]\n"
    "    [--user NAME] [--password-file FILE] [--prefix TEXT]"
    " | --file EXPORT.jsonl|-";


static int hoopctl_audit_keys(hoopctl_audit_t *a, const char *option,
    const char *file);
static int hoopctl_audit_usage(const char *word, int filters);
static int hoopctl_audit_time(const char *text, uint64_t *ms);

static int hoopctl_query(hoopctl_audit_t *a, int *found);
static int hoopctl_query_advance(hoopctl_row_t *row, int *problems);
static int hoopctl_query_match(hoopctl_audit_t *a, hoopctl_row_t *row,
    int *problems);
static int hoopctl_query_string(json_t *event, const char *name,
    const char *wanted);
static int hoopctl_query_sub(json_t *event, const char *wanted);


int
hoopctl_audit_query(int argc, char **argv)
{
    int              rc, found;
    hoopctl_audit_t  a;

    rc = hoopctl_audit_options(&a, argc, argv, 1);
    if (rc != HOOPCTL_YES) {
        return rc;
    }

    rc = hoopctl_query(&a, &found);

    if (rc == HOOPCTL_YES && !found) {
        rc = HOOPCTL_NO;
    }

    return rc;
}


int
hoopctl_audit_export(int argc, char **argv)
{
    int              rc, found;
    hoopctl_audit_t  a;

    rc = hoopctl_audit_options(&a, argc, argv, 0);
    if (rc != HOOPCTL_YES) {
        return rc;
    }

    return hoopctl_query(&a, &found);
}


/* all rows side by side, the oldest event first */

static int
hoopctl_query(hoopctl_audit_t *a, int *found)
{
    int             rc, problems;
    hoopctl_row_t  *row, *min;

    *found = 0;
    problems = 0;

    rc = hoopctl_audit_open(&a->src);

    for (row = a->src.rows; row && rc == HOOP_OK; row = row->link) {
        rc = hoopctl_query_advance(row, &problems);
    }

    while (rc == HOOP_OK) {
        min = NULL;

        for (row = a->src.rows; row; row = row->link) {
            if (row->live && (min == NULL || row->view.ts < min->view.ts)) {
                min = row;
            }
        }

        if (min == NULL) {
            break;
        }

        if (hoopctl_query_match(a, min, &problems)) {
            *found = 1;

            if (fwrite(min->item.text.data, 1, min->item.text.len, stdout)
                != min->item.text.len
                || putchar('\n') == EOF)
            {
                rc = hoopctl_audit_error("write: %s", strerror(errno));
                break;
            }
        }

        rc = hoopctl_query_advance(min, &problems);
    }

    hoopctl_audit_close(&a->src);

    if (rc == HOOP_OK && fflush(stdout) == EOF) {
        rc = hoopctl_audit_error("write: %s", strerror(errno));
    }

    return (rc == HOOP_OK && !problems) ? HOOPCTL_YES : HOOPCTL_USAGE;
}


static int
hoopctl_query_advance(hoopctl_row_t *row, int *problems)
{
    int  rc;

    for ( ;; ) {
        rc = row->next(row, &row->item);
        row->live = (rc == 1);

        if (rc != 1) {
            return rc;
        }

        if (row->item.problem) {
            (void) hoopctl_audit_error("%s: %s (%s)", row->item.problem,
                                       row->item.why, row->item.where);

            /* a torn tail never was an event */

            *problems |= (strcmp(row->item.problem, "torn") != 0);
        }

        if (hoop_event_view(&row->view, row->item.text) == HOOP_OK) {
            return HOOP_OK;
        }

        if (!row->item.problem) {
            (void) hoopctl_audit_error("unreadable: it is not an event (%s)",
                                       row->item.where);
            *problems = 1;
        }
    }
}


static int
hoopctl_query_match(hoopctl_audit_t *a, hoopctl_row_t *row, int *problems)
{
    int            match;
    json_t        *event;
    hoop_error_t   err;

    if (row->view.ts < a->since || row->view.ts > a->until
        || (a->type && !hoop_str_is(row->view.type, a->type)))
    {
        return 0;
    }

    if (!a->run && !a->session && !a->sub && !a->decision && !a->rule) {
        return 1;
    }

    event = hoop_json_load(row->item.text.data, row->item.text.len, &err);

    if (event == NULL) {
        (void) hoopctl_audit_error("unreadable: it is not JSON (%s)",
                                   row->item.where);
        *problems = 1;
        return 0;
    }

    match = hoopctl_query_string(event, "run", a->run)
            && hoopctl_query_string(event, "session", a->session)
            && hoopctl_query_string(event, "decision", a->decision)
            && hoopctl_query_string(event, "rule", a->rule)
            && hoopctl_query_sub(event, a->sub);

    json_decref(event);

    return match;
}


static int
hoopctl_query_string(json_t *event, const char *name, const char *wanted)
{
    json_t  *value;

    if (wanted == NULL) {
        return 1;
    }

    value = json_object_get(event, name);

    return json_is_string(value)
           && hoop_str_eq(hoop_str(json_string_value(value),
                                   json_string_length(value)),
                          hoop_cstr(wanted));
}


/* the subject, or any actor on its behalf (RFC 8693) */

static int
hoopctl_query_sub(json_t *event, const char *wanted)
{
    json_t  *identity;

    if (wanted == NULL) {
        return 1;
    }

    for (identity = json_object_get(event, "identity");
         identity;
         identity = json_object_get(identity, "act"))
    {
        if (hoopctl_query_string(identity, "sub", wanted)) {
            return 1;
        }
    }

    return 0;
}


int
hoopctl_audit_options(hoopctl_audit_t *a, int argc, char **argv, int filters)
{
    int          i;
    size_t       n;
    const char **value;

    const struct {
        const char   *name;
        const char  **value;
        int           filter;
    } options[] = {
        { "--spool", &a->src.spool, 0 },
        { "--redis", &a->src.redis, 0 },
        { "--gateway", &a->src.gateway, 0 },
        { "--file", &a->src.file, 0 },
        { "--user", &a->src.user, 0 },
        { "--password-file", &a->src.password_file, 0 },
        { "--db", &a->db_arg, 0 },
        { "--prefix", &a->src.prefix, 0 },
        { "--run", &a->run, 1 },
        { "--session", &a->session, 1 },
        { "--type", &a->type, 1 },
        { "--sub", &a->sub, 1 },
        { "--decision", &a->decision, 1 },
        { "--rule", &a->rule, 1 },
        { "--since", &a->since_arg, 1 },
        { "--until", &a->until_arg, 1 }
    };

    memset(a, 0, sizeof(hoopctl_audit_t));

    a->until = UINT64_MAX;
    a->src.last = &a->src.rows;

    for (i = 1; i < argc; i++) {

        if (strcmp(argv[i], "--verbose") == 0) {
            a->verbose = 1;
            continue;
        }

        if (!filters && strcmp(argv[0], "verify") == 0 && i + 1 < argc
            && (strcmp(argv[i], "--key") == 0
                || strcmp(argv[i], "--anchor") == 0))
        {
            if (hoopctl_audit_keys(a, argv[i], argv[i + 1]) != HOOP_OK) {
                return hoopctl_usage("audit verify: at most %d files of %s",
                                     HOOPCTL_FILES, argv[i]);
            }

            i++;
            continue;
        }

        value = NULL;

        for (n = 0; n < sizeof(options) / sizeof(options[0]); n++) {
            if (strcmp(argv[i], options[n].name) == 0
                && filters >= options[n].filter)
            {
                value = options[n].value;
            }
        }

        if (value == NULL || *value != NULL || ++i == argc) {
            return hoopctl_audit_usage(argv[0], filters);
        }

        *value = argv[i];
    }

    if ((a->src.spool != NULL) + (a->src.redis != NULL)
        + (a->src.file != NULL) != 1
        || (a->src.redis != NULL) != (a->src.gateway != NULL))
    {
        return hoopctl_audit_usage(argv[0], filters);
    }

    if (a->src.prefix && strlen(a->src.prefix) > HOOPCTL_PREFIX) {
        return hoopctl_usage("--prefix wants at most 64 bytes");
    }

    if (a->db_arg) {
        if (strspn(a->db_arg, "0123456789") != strlen(a->db_arg)
            || strlen(a->db_arg) > 5 || a->db_arg[0] == '\0')
        {
            return hoopctl_audit_usage(argv[0], filters);
        }

        a->src.db = (unsigned) atoi(a->db_arg);
    }

    if ((a->since_arg
         && hoopctl_audit_time(a->since_arg, &a->since) != HOOP_OK)
        || (a->until_arg
            && hoopctl_audit_time(a->until_arg, &a->until) != HOOP_OK))
    {
        return hoopctl_usage("audit %s: a time is 2026-01-31T12:00:00Z, "
                             "2026-01-31, seconds since 1970, or how long ago: "
                             "90s, 15m, 2h, 7d", argv[0]);
    }

    return HOOPCTL_YES;
}


static int
hoopctl_audit_keys(hoopctl_audit_t *a, const char *option, const char *file)
{
    size_t       *n;
    const char  **files;

    n = (strcmp(option, "--key") == 0) ? &a->nkeys : &a->nanchors;
    files = (n == &a->nkeys) ? a->keys : a->anchors;

    if (*n == HOOPCTL_FILES) {
        return HOOP_ERROR;
    }

    files[(*n)++] = file;

    return HOOP_OK;
}


static int
hoopctl_audit_usage(const char *word, int filters)
{
    return hoopctl_usage("audit %s %s\n%s%s", word,
                         filters || strcmp(word, "verify") != 0
                         ? "SOURCE"
                         : "SOURCE [--key FILE]... [--anchor FILE]..."
                           " [--verbose]",
                         hoopctl_audit_source_usage,
                         filters
                         ? "\n    [--run R] [--session S] [--type T] [--sub S]"
                           " [--decision D] [--rule R]\n"
                           "    [--since TIME] [--until TIME]"
                         : "");
}


static int
hoopctl_audit_time(const char *text, uint64_t *ms)
{
    char                full[HOOP_TIME_LEN + 1], *end;
    size_t              len;
    unsigned long long  n;

    len = strlen(text);

    if (len == strspn(text, "0123456789smhd") && len && text[0] <= '9') {
        errno = 0;
        n = strtoull(text, &end, 10);

        if (errno || n > HOOP_TIME_MAX / 1000 || (*end && end[1])) {
            return HOOP_ERROR;
        }

        if (*end == '\0') {
            *ms = n * 1000;
            return HOOP_OK;
        }

        n *= (*end == 's') ? 1 : (*end == 'm') ? 60 : (*end == 'h') ? 3600
             : 86400;

        *ms = (uint64_t) time(NULL);
        *ms = (n < *ms) ? (*ms - n) * 1000 : 0;

        return HOOP_OK;
    }

    strcpy(full, "0000-00-00T00:00:00.000Z");

    if (len == 10) {
        memcpy(full, text, 10);

    } else if (len == 20 && text[19] == 'Z') {
        memcpy(full, text, 19);

    } else if (len == HOOP_TIME_LEN) {
        memcpy(full, text, HOOP_TIME_LEN);

    } else {
        return HOOP_ERROR;
    }

    return hoop_time_parse(ms, hoop_str(full, HOOP_TIME_LEN));
}


int
hoopctl_audit_open(hoopctl_source_t *src)
{
    if (src->spool) {
        return hoopctl_audit_open_spool(src);
    }

    if (src->redis) {
        return hoopctl_audit_open_redis(src);
    }

    return hoopctl_audit_open_file(src);
}


void
hoopctl_audit_close(hoopctl_source_t *src)
{
    hoopctl_row_t  *row;

    while (src->rows) {
        row = src->rows;
        src->rows = row->link;

        if (row->free) {
            row->free(row);
        }

        free(row);
    }
}


hoopctl_row_t *
hoopctl_audit_row(hoopctl_source_t *src, size_t size)
{
    hoopctl_row_t  *row;

    row = calloc(1, size);

    if (row == NULL) {
        (void) hoopctl_audit_error("no memory");
        return NULL;
    }

    *src->last = row;
    src->last = &row->link;

    return row;
}


int
hoopctl_audit_error(const char *fmt, ...)
{
    va_list  args;

    (void) fflush(stdout);
    (void) fputs("hoopctl audit: ", stderr);

    va_start(args, fmt);
    (void) vfprintf(stderr, fmt, args);
    va_end(args);

    (void) fputc('\n', stderr);

    return HOOP_ERROR;
}
