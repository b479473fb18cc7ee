
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A request of HTTP/1.x as text, read as nginx reads it.
 */


#ifndef _HOOP_HTTP_H_INCLUDED_
#define _HOOP_HTTP_H_INCLUDED_


#include "hoop_core.h"


/* a line and a head are those that nginx takes by itself */
#define HOOP_HTTP_MAX_LINE     8192
#define HOOP_HTTP_MAX_HEAD     32768
#define HOOP_HTTP_MAX_HEADERS  1000
#define HOOP_HTTP_MAX_BODY     (4 * 1024 * 1024)


typedef struct {
    hoop_str_t           name;     /* as it was sent */
    hoop_str_t           value;
} hoop_http_header_t;


/* Spans are into the text, which the caller keeps, where not said otherwise. */

typedef struct {
    hoop_str_t           method;
    hoop_str_t           target;   /* path and query, as they came; data NULL:
                                      an absolute form without a path */
    hoop_str_t           path;     /* owned; normalised: nginx's r->uri */
    hoop_str_t           args;     /* without "?" */
    hoop_str_t           host;     /* owned; lower case, no port; len 0: none */
    hoop_http_header_t  *headers;  /* owned */
    unsigned             nheaders;
    unsigned             chunked:1;
    hoop_str_t           body;     /* len 0: none */
    u_char              *decoded;  /* owned; where chunks were put together */
} hoop_http_t;


/*
 * HOOP_ERROR with err set: what nginx refuses, and what it takes but others may
 * read in another way.  Nothing is to be freed then.
 */
int hoop_http_parse(hoop_http_t *h, const u_char *p, size_t len,
    hoop_error_t *err);
void hoop_http_free(hoop_http_t *h);

/*
 * A header as policy gets it, with a hoop_http_t in ctx: HOOP_OK, HOOP_DECLINED
 * if there is none, HOOP_ERROR if there are several.  What has a token in it is
 * not there: see hoop_request_secret().
 */
int hoop_http_header(void *ctx, hoop_str_t name, hoop_str_t *value);


#endif /* _HOOP_HTTP_H_INCLUDED_ */
