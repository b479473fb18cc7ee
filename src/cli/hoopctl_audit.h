
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Where "hoopctl audit" reads events from.  A source is a number of rows: a
 * slot's folder, a Redis stream, or a file with everything in it.  A row gives
 * one item after the other; an item is an event's text or a problem.
 */


#ifndef _HOOPCTL_AUDIT_H_INCLUDED_
#define _HOOPCTL_AUDIT_H_INCLUDED_


#include "hoopctl.h"
#include "../core/hoop_event.h"


#define HOOPCTL_PREFIX  64


typedef struct {
    hoop_str_t           text;       /* valid until the row's next item */

    /*
     * NULL, or what was done to what should be an event here; text then is
     * empty, or the event's own (changed, forged).  "why" says more.
     */
    const char          *problem;
    char                 why[192];

    unsigned             restart:1;  /* events before it were trimmed */
    char                 where[96];
} hoopctl_item_t;


typedef struct hoopctl_row_s  hoopctl_row_t;

struct hoopctl_row_s {
    hoopctl_row_t       *link;
    /* 1: an item; 0: the end; HOOP_ERROR: said on standard error */
    int                (*next)(hoopctl_row_t *row, hoopctl_item_t *item);
    void               (*free)(hoopctl_row_t *row);
    char                 name[128];

    /* of who reads the source */
    hoopctl_item_t       item;
    hoop_event_view_t    view;
    unsigned             live:1;
};


typedef struct {
    const char          *spool;
    const char          *redis;
    const char          *prefix;           /* of keys; NULL: "hoop:" */
    const char          *gateway;
    const char          *file;
    const char          *user;
    const char          *password_file;
    unsigned             db;

    hoopctl_row_t       *rows;
    hoopctl_row_t      **last;
} hoopctl_source_t;


#define HOOPCTL_FILES  64

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

    /* of verify */
    const char        *keys[HOOPCTL_FILES];
    size_t             nkeys;
    const char        *anchors[HOOPCTL_FILES];
    size_t             nanchors;
} hoopctl_audit_t;


/* HOOPCTL_YES, or HOOPCTL_USAGE with the reason on standard error */
int hoopctl_audit_options(hoopctl_audit_t *a, int argc, char **argv,
    int filters);

/* HOOP_OK, or HOOP_ERROR with the reason on standard error */
int hoopctl_audit_open(hoopctl_source_t *src);
void hoopctl_audit_close(hoopctl_source_t *src);
int hoopctl_audit_open_spool(hoopctl_source_t *src);
int hoopctl_audit_open_redis(hoopctl_source_t *src);
int hoopctl_audit_open_file(hoopctl_source_t *src);

hoopctl_row_t *hoopctl_audit_row(hoopctl_source_t *src, size_t size);
/* "hoopctl audit: ..." on standard error; HOOP_ERROR */
int hoopctl_audit_error(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));


#endif /* _HOOPCTL_AUDIT_H_INCLUDED_ */
