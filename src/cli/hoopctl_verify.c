
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl audit verify: each chain, event by event, and what is said of it.
 */


#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "hoopctl_verify.h"


#define HOOPCTL_AUDIT_CHAINS   65536


static int hoopctl_verify_item(hoopctl_verify_t *v, hoopctl_row_t *row,
    hoopctl_item_t *item);
static int hoopctl_verify_check(hoopctl_verify_t *v, hoopctl_chain_t *c,
    hoopctl_item_t *item, const hoop_event_view_t *view);
static void hoopctl_verify_fault(hoopctl_chain_t *c, hoopctl_item_t *item,
    hoop_chain_e e, const hoop_event_view_t *view);
static void hoopctl_verify_told(hoopctl_verify_t *v, hoopctl_chain_t *c);
static int hoopctl_verify_report(hoopctl_audit_t *a, hoopctl_verify_t *v);


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

    v.a = &a;

    rc = hoopctl_verify_keys(&v);

    if (rc == HOOP_OK) {
        rc = hoopctl_audit_open(&a.src);
    }

    for (row = a.src.rows; row && rc >= 0; row = row->link) {

        while ((rc = row->next(row, &row->item)) == 1) {

            if (hoopctl_verify_item(&v, row, &row->item) != HOOP_OK) {
                rc = hoopctl_audit_error("no memory");
                break;
            }
        }
    }

    hoopctl_audit_close(&a.src);

    if (rc >= 0) {
        rc = hoopctl_verify_seen(&v);
    }

    rc = (rc < 0) ? HOOPCTL_USAGE : hoopctl_verify_report(&a, &v);

    hoopctl_verify_signed_free(&v);

    while (v.nchains) {
        free(v.chains[--v.nchains]);
    }

    free(v.chains);

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
        c = hoopctl_verify_chain(v, view.gateway, view.slot, 0);
    }

    if (c == NULL) {

        /* of a known chain, or the first of its own if it is sound */

        c = v->last;

        if (readable && !item->problem) {
            hoop_chain_init(&one, view.gateway, view.slot);

            if (hoop_chain_check(&one, item->text, 1) == HOOP_CHAIN_INTACT
                || c == NULL)
            {
                c = hoopctl_verify_chain(v, view.gateway, view.slot, 1);
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

    return hoopctl_verify_check(v, c, item, readable ? &view : NULL);
}


hoopctl_chain_t *
hoopctl_verify_chain(hoopctl_verify_t *v, hoop_str_t gateway, uint32_t slot,
    int add)
{
    size_t            i;
    hoopctl_chain_t  *c, **chains;

    c = v->last;

    if (c && c->chain.slot == slot && hoop_str_eq(c->chain.gateway, gateway))
    {
        return c;
    }

    for (i = 0; i < v->nchains; i++) {
        c = v->chains[i];

        if (c->chain.slot == slot && hoop_str_eq(c->chain.gateway, gateway))
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

    memcpy(c->gateway, gateway.data, gateway.len);

    hoop_chain_init(&c->chain, hoop_str(c->gateway, gateway.len), slot);

    v->chains[v->nchains++] = c;

    return c;
}


static int
hoopctl_verify_check(hoopctl_verify_t *v, hoopctl_chain_t *c,
    hoopctl_item_t *item, const hoop_event_view_t *view)
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

        return HOOP_OK;
    }

    if (item->text.len == 0) {
        hoopctl_verify_set(c, item->problem, c->chain.seq + 1, item->where,
                           "%s", item->why);
        return HOOP_OK;
    }

    start = (c->first == 0 || item->restart);

    e = hoop_chain_check(&c->chain, item->text, start);

    if (e == HOOP_CHAIN_INTACT && item->problem) {

        /* the text is right, but it was put where it does not belong */

        hoopctl_verify_set(c, item->problem, c->chain.seq, item->where, "%s",
                           item->why);
        return HOOP_OK;
    }

    if (e != HOOP_CHAIN_INTACT) {
        hoopctl_verify_fault(c, item, e, view);
        return HOOP_OK;
    }

    if (c->first == 0) {
        c->first = c->chain.seq;
    }

    return hoopctl_verify_signed(v, c, view, item);
}


void
hoopctl_verify_set(hoopctl_chain_t *c, const char *fault, uint64_t seq,
    const char *where, const char *fmt, ...)
{
    va_list  args;

    if (c->fault) {
        return;
    }

    c->fault = fault;
    c->seq = seq;

    va_start(args, fmt);
    (void) vsnprintf(c->why, sizeof(c->why), fmt, args);
    va_end(args);

    (void) snprintf(c->where, sizeof(c->where), "%s", where);
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


static void
hoopctl_verify_told(hoopctl_verify_t *v, hoopctl_chain_t *c)
{
    char  time[HOOP_TIME_LEN + 1];

    if (c->signed_seq == 0) {
        return;
    }

    hoop_time_format((u_char *) time, c->signed_ts);
    time[HOOP_TIME_LEN] = '\0';

    printf("%.*s:%u: signed up to event %llu, at %s\n",
           (int) c->chain.gateway.len, c->gateway, c->chain.slot,
           (unsigned long long) c->signed_seq, time);

    if (v->keys && c->signed_seq < c->chain.seq) {
        printf("%.*s:%u: events %llu to %llu are not signed yet\n",
               (int) c->chain.gateway.len, c->gateway, c->chain.slot,
               (unsigned long long) c->signed_seq + 1,
               (unsigned long long) c->chain.seq);
    }
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

            hoopctl_verify_told(v, c);
        }

        if (c->fault) {
            broken++;
            printf("broken: event %.*s:%u:%llu %s: %s%s%s%s\n",
                   (int) c->chain.gateway.len, c->gateway, c->chain.slot,
                   (unsigned long long) c->seq, c->fault, c->why,
                   c->where[0] ? " (" : "", c->where, c->where[0] ? ")" : "");
        }
    }

    if (broken) {
        return HOOPCTL_NO;
    }

    if (v->events == 0) {
        printf("nothing to check: there is no event\n");
        return HOOPCTL_NO;
    }

    if (v->keys) {
        printf("%llu checkpoints are signed by a key of --key\n",
               (unsigned long long) v->checkpoints);
    }

    if (v->unchecked) {
        printf("%llu checkpoints: their signatures were not checked, there is "
               "no --key\n", (unsigned long long) v->unchecked);
    }

    printf("intact: %llu events in %zu slots\n",
           (unsigned long long) v->events, v->nchains);

    return HOOPCTL_YES;
}
