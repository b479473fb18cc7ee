
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the parsers of a message share: hoop_http.c reads the head,
 * hoop_http_body.c what is behind it.
 */


#ifndef _HOOP_HTTP_IMPL_H_INCLUDED_
#define _HOOP_HTTP_IMPL_H_INCLUDED_


#include "hoop_http.h"


#define hoop_http_digit(c)   ((c) >= '0' && (c) <= '9')


typedef struct {
    hoop_http_t    *h;
    hoop_error_t   *err;
    const u_char   *head;          /* where it starts */
    const u_char   *p;
    const u_char   *end;
    const u_char   *start;         /* of the line */
    unsigned        line;
    unsigned        in_body:1;
    unsigned        minor:1;       /* of HTTP/1.0 or 1.1 */
    unsigned        length_set:1;
    size_t          length;
} hoop_http_parser_t;


/* the next line, without its end */
int hoop_http_line(hoop_http_parser_t *x, hoop_str_t *line);
int hoop_http_body(hoop_http_parser_t *x);
/* sets err, with a place in the line that was read last; HOOP_ERROR */
int hoop_http_error(hoop_http_parser_t *x, const u_char *at,
    const char *text);


#endif /* _HOOP_HTTP_IMPL_H_INCLUDED_ */
