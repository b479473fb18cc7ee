
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What an announcement of an approval says: as JSON of our own, or as a message
 * that Slack, and what takes the same, understands.  Nothing in it but what is
 * masked already, and never a body.
 */


#ifndef _HOOP_NOTIFY_H_INCLUDED_
#define _HOOP_NOTIFY_H_INCLUDED_


#include <jansson.h>

#include "hoop_core.h"


typedef enum {
    HOOP_NOTIFY_GENERIC = 0,
    HOOP_NOTIFY_SLACK
} hoop_notify_format_e;


typedef struct {
    hoop_str_t      event;             /* "pending", ... */
    hoop_str_t      delivery;          /* of the stream: unique, and in order */
    int64_t         time;              /* of the event; Unix seconds */
    json_t         *approval;          /* as the API shows it; borrowed */
    hoop_str_t      console;           /* URL of the page; len 0: none */
} hoop_notify_t;


/* at most HOOP_NOTIFY_MAX bytes; HOOP_ERROR: not an approval, or no memory */

#define HOOP_NOTIFY_MAX  32768

int hoop_notify_body(hoop_notify_format_e format, const hoop_notify_t *n,
    hoop_buf_t *b);

/* HMAC-SHA-256, in hex, over "<t>.<body>" */
int hoop_notify_sign(u_char hex[64], hoop_str_t key, int64_t t,
    hoop_str_t body);


#endif /* _HOOP_NOTIFY_H_INCLUDED_ */
