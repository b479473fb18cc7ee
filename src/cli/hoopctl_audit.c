
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl audit verify | query | export.
 */


#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hoopctl_audit.h"
#include "../core/hoop_json.h"


#define HOOPCTL_AUDIT_CHAINS   65536


/* a chain under check: of one gateway and slot */

typedef struct {
    u_char           gateway[HOOP_GATEWAY_LEN];
    hoop_chain_t     chain;
    uint64_t         first;

    /* the first fault */
    const char      *fault;
    uint64_t         seq;            /* of the event that is meant */
    char             why[192];
    char             where[96];
    unsigned         missing:1;      /* seq may turn up later: reordered */
} hoopctl_chain_t;


typedef struct {
    hoopctl_chain_t  **chains;
    size_t             nchains;
    hoopctl_chain_t   *last;
    hoopctl_row_t     *row;          /* that "last" was met in */
    uint64_t           events;
    unsigned           strays;       /* faults of no chain */
} hoopctl_verify_t;


typedef struct {
    hoopctl_source_t   src;
    const char        *run;
    const char        *session;
    const char        *type;
    const char        *sub;
    const char        *decision;
    const char        *rule;
    const char        *since_arg;
    const char        *until_arg;
    const char        *db_arg;
    uint64_t           since;
    uint64_t           until;
    unsigned           verbose:1;
} hoopctl_audit_t;


static const char  hoopctl_audit_source_usage[] =
    "    --spool DIR | --redis HOST:PORT|unix:PATH --gateway NAME [--db N]\n"
    "    [--user NAME] [--password-file FILE] [--prefix TEXT]"
    " | --file EXPORT.jsonl|-";


static int hoopctl_audit_options(hoopctl_audit_t *a, int argc, char **argv,
    int filters);
static int hoopctl_audit_usage(const char *word, int filters);
static int hoopctl_audit_time(const char *text, uint64_t *ms);
static int hoopctl_audit_open(hoopctl_source_t *src);
static void hoopctl_audit_close(hoopctl_source_t *src);

static int hoopctl_verify_item(hoopctl_verify_t *v, hoopctl_row_t *row,
    hoopctl_item_t *item);
static hoopctl_chain_t *hoopctl_verify_chain(hoopctl_verify_t *v,
    const hoop_event_view_t *view, int add);
static void hoopctl_verify_check(hoopctl_chain_t *c, hoopctl_item_t *item,
    const hoop_event_view_t *view);
static void hoopctl_verify_fault(hoopctl_chain_t *c, hoopctl_item_t *item,
    hoop_chain_e e, const hoop_event_view_t *view);
static int hoopctl_verify_report(hoopctl_audit_t *a, hoopctl_verify_t *v);

static int hoopctl_query(hoopctl_audit_t *a, int *found);
static int hoopctl_query_advance(hoopctl_row_t *row, int *problems);
static int hoopctl_query_match(hoopctl_audit_t *a, hoopctl_row_t *row,
    int *problems);
static int hoopctl_query_string(json_t *event, const char *name,
    const char *wanted);
static int hoopctl_query_sub(json_t *event, const char *wanted);


int
hoopctl_audit_verify(int argc, char **argv)
{
    int               rc;
    hoopctl_row_t    *row;
    hoopctl_audit_t   a;
    hoopctl_verify_t  v;

    memset(&v, 0, sizeof(hoopctl_verify_t));

    rc = hoopctl_audit_options(&a, argc, argv, 0);
    if (rc != HOOPCTL_YES) {
        return rc;
    }

    rc = hoopctl_audit_open(&a.src);

    for (row = a.src.rows; row && rc >= 0; row = row->link) {

        while ((rc = row->next(row, &row->item)) == 1) {

            if (hoopctl_verify_item(&v, row, &row->item) != HOOP_OK) {
                rc = hoopctl_audit_error("no memory");
                break;
            }
        }
    }

    rc = (rc < 0) ? HOOPCTL_USAGE : hoopctl_verify_report(&a, &v);

    while (v.nchains) {
        free(v.chains[--v.nchains]);
    }

    free(v.chains);
    hoopctl_audit_close(&a.src);

    return rc;
}


static int
hoopctl_verify_item(hoopctl_verify_t *v, hoopctl_row_t *row,
    hoopctl_item_t *item)
{
    int                readable;
    hoop_chain_t       one;
    hoopctl_chain_t   *c;
    hoop_event_view_t  view;

    if (v->row != row) {
        v->row = row;
        v->last = NULL;
    }

    readable = (hoop_event_view(&view, item->text) == HOOP_OK);
    c = NULL;

    if (readable) {
        c = hoopctl_verify_chain(v, &view, 0);
    }

    if (c == NULL) {

        /* of a known chain, or the first of its own if it is sound */

        c = v->last;

        if (readable && !item->problem) {
            hoop_chain_init(&one, view.gateway, view.slot);

            if (hoop_chain_check(&one, item->text, 1) == HOOP_CHAIN_INTACT
                || c == NULL)
            {
                c = hoopctl_verify_chain(v, &view, 1);
                if (c == NULL) {
                    return HOOP_NOMEM;
                }
            }
        }
    }

    if (c == NULL) {
        v->strays++;
        printf("broken: %s: %s (%s)\n",
               item->problem ? item->problem : "unreadable",
               item->problem ? item->why : "it is not an event", item->where);
        return HOOP_OK;
    }

    v->last = c;
    v->events++;

    hoopctl_verify_check(c, item, readable ? &view : NULL);

    return HOOP_OK;
}


static hoopctl_chain_t *
hoopctl_verify_chain(hoopctl_verify_t *v, const hoop_event_view_t *view,
    int add)
{
    size_t            i;
    hoopctl_chain_t  *c, **chains;

    c = v->last;

    if (c && c->chain.slot == view->slot
        && hoop_str_eq(c->chain.gateway, view->gateway))
    {
        return c;
    }

    for (i = 0; i < v->nchains; i++) {
        c = v->chains[i];

        if (c->chain.slot == view->slot
            && hoop_str_eq(c->chain.gateway, view->gateway))
        {
            return c;
        }
    }

    if (!add || v->nchains == HOOPCTL_AUDIT_CHAINS) {
        return NULL;
    }

    chains = realloc(v->chains, (v->nchains + 1) * sizeof(hoopctl_chain_t *));
    if (chains == NULL) {
        return NULL;
    }

    v->chains = chains;

    c = calloc(1, sizeof(hoopctl_chain_t));
    if (c == NULL) {
        return NULL;
    }

    memcpy(c->gateway, view->gateway.data, view->gateway.len);

    hoop_chain_init(&c->chain, hoop_str(c->gateway, view->gateway.len),
                    view->slot);

    v->chains[v->nchains++] = c;

    return c;
}


static void
hoopctl_verify_check(hoopctl_chain_t *c, hoopctl_item_t *item,
    const hoop_event_view_t *view)
{
    int            start;
    hoop_chain_e   e;

    if (c->fault) {

        /* what was missing and comes later was moved, not removed */

        if (c->missing && view && view->seq == c->seq) {
            c->missing = 0;
            c->fault = hoop_chain_strerror(HOOP_CHAIN_REORDERED);
            (void) snprintf(c->why, sizeof(c->why), "it comes later");
            memcpy(c->where, item->where, sizeof(c->where));
        }

        return;
    }

    if (item->text.len == 0) {
        c->fault = item->problem;
        c->seq = c->chain.seq + 1;
        memcpy(c->why, item->why, sizeof(c->why));
        memcpy(c->where, item->where, sizeof(c->where));
        return;
    }

    start = (c->first == 0 || item->restart);

    e = hoop_chain_check(&c->chain, item->text, start);

    if (e == HOOP_CHAIN_INTACT && item->problem) {

        /* the text is right, but it was put where it does not belong */

        c->fault = item->problem;
        c->seq = c->chain.seq;
        memcpy(c->why, item->why, sizeof(c->why));
        memcpy(c->where, item->where, sizeof(c->where));
        return;
    }

    if (e != HOOP_CHAIN_INTACT) {
        hoopctl_verify_fault(c, item, e, view);
        return;
    }

    if (c->first == 0) {
        c->first = c->chain.seq;
    }
}


static void
hoopctl_verify_fault(hoopctl_chain_t *c, hoopctl_item_t *item, hoop_chain_e e,
    const hoop_event_view_t *view)
{
    uint64_t     next;
    const char  *why;

    next = c->chain.seq + 1;

    c->fault = hoop_chain_strerror(e);
    c->seq = c->first ? next : (view ? view->seq : 1);
    memcpy(c->where, item->where, sizeof(c->where));

    why = "";

    switch (e) {

    case HOOP_CHAIN_REMOVED:
        c->missing = 1;
        (void) snprintf(c->why, sizeof(c->why),
                        "event %llu follows on event %llu",
                        (unsigned long long) view->seq,
                        (unsigned long long) c->chain.seq);
        return;

    case HOOP_CHAIN_REORDERED:
        c->seq = view->seq;
        (void) snprintf(c->why, sizeof(c->why),
                        "it comes after event %llu",
                        (unsigned long long) c->chain.seq);
        return;

    case HOOP_CHAIN_CHANGED:
        why = "its hash does not fit its text";
        break;

    case HOOP_CHAIN_FORGED:
        why = "it does not continue the event before it";
        break;

    case HOOP_CHAIN_UNREADABLE:
        why = "it is not an event";
        break;

    case HOOP_CHAIN_INTACT:
        break;
    }

    (void) snprintf(c->why, sizeof(c->why), "%s", why);
}


static int
hoopctl_verify_report(hoopctl_audit_t *a, hoopctl_verify_t *v)
{
    size_t            i, broken;
    hoopctl_chain_t  *c;

    broken = v->strays;

    for (i = 0; i < v->nchains; i++) {
        c = v->chains[i];

        if (c->first > 1) {

            /* trimmed, or not the whole: whoever asks has to know which */

            printf("%.*s:%u begins at event %llu: what came before is not "
                   "here\n", (int) c->chain.gateway.len, c->gateway,
                   c->chain.slot, (unsigned long long) c->first);
        }

        if (a->verbose) {
            printf("%.*s:%u: events %llu to %llu, head %.64s\n",
                   (int) c->chain.gateway.len, c->gateway, c->chain.slot,
                   (unsigned long long) c->first,
                   (unsigned long long) c->chain.seq, c->chain.head);
        }

        if (c->fault) {
            broken++;
            printf("broken: event %.*s:%u:%llu %s: %s (%s)\n",
                   (int) c->chain.gateway.len, c->gateway, c->chain.slot,
                   (unsigned long long) c->seq, c->fault, c->why, c->where);
        }
    }

    if (broken) {
        return HOOPCTL_NO;
    }

    if (v->events == 0) {
        printf("nothing to check: there is no event\n");
        return HOOPCTL_NO;
    }

    printf("intact: %llu events in %zu slots\n",
           (unsigned long long) v->events, v->nchains);

    return HOOPCTL_YES;
}


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


static int
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
hoopctl_audit_usage(const char *word, int filters)
{
    return hoopctl_usage("audit %s %s\n%s%s", word,
                         filters || strcmp(word, "verify") != 0
                         ? "SOURCE" : "SOURCE [--verbose]",
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


static int
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


static void
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
