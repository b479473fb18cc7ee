
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The body of a message: as long as Content-Length says, or in chunks, and
 * nothing behind it.
 */


#include <stdlib.h>

#include "hoop_http_impl.h"


static int hoop_http_chunks(hoop_http_parser_t *x);
static int hoop_http_chunk(hoop_http_parser_t *x, size_t *size);
static int hoop_http_rest(hoop_http_parser_t *x);


int
hoop_http_body(hoop_http_parser_t *x)
{
    size_t  rest;

    x->in_body = 1;

    if (x->h->chunked) {
        return hoop_http_chunks(x);
    }

    rest = x->end - x->p;

    if (rest < x->length) {
        (void) hoop_http_error(x, x->start, "");
        hoop_error_set(x->err, "Content-Length is %zu, and there are %zu bytes "
                       "behind the head", x->length, rest);
        return HOOP_ERROR;
    }

    x->h->body = hoop_str(x->p, x->length);
    x->p += x->length;

    return hoop_http_rest(x);
}


/* Trailers are nothing to nginx, and are not sent on. */

static int
hoop_http_chunks(hoop_http_parser_t *x)
{
    size_t      size, len, i;
    hoop_str_t  line;

    len = 0;

    x->h->decoded = malloc(x->end - x->p + 1);
    if (x->h->decoded == NULL) {
        return hoop_http_error(x, x->start, "no memory");
    }

    for ( ;; ) {

        if (hoop_http_chunk(x, &size) != HOOP_OK) {
            return HOOP_ERROR;
        }

        if (size == 0) {
            break;
        }

        if (size > (size_t) (x->end - x->p)) {
            return hoop_http_error(x, x->start,
                                   "the message ends within this chunk");
        }

        if (size > HOOP_HTTP_MAX_BODY - len) {
            return hoop_http_error(x, x->start,
                                   "a body of more than 4194304 bytes");
        }

        memcpy(x->h->decoded + len, x->p, size);
        len += size;

        for (i = 0; i < size; i++) {
            x->line += (x->p[i] == '\n');
        }

        x->p += size;

        if (hoop_http_line(x, &line) != HOOP_OK) {
            return HOOP_ERROR;
        }

        if (line.len != 0) {
            return hoop_http_error(x, line.data,
                                   "more bytes than the chunk's size says");
        }
    }

    do {
        if (hoop_http_line(x, &line) != HOOP_OK) {
            return HOOP_ERROR;
        }

    } while (line.len != 0);

    x->h->body = hoop_str(x->h->decoded, len);

    return hoop_http_rest(x);
}


/* the line before a chunk: its size, and extensions, which nginx skips */

static int
hoop_http_chunk(hoop_http_parser_t *x, size_t *size)
{
    size_t      i;
    u_char      c;
    hoop_str_t  line;

    if (hoop_http_line(x, &line) != HOOP_OK) {
        return HOOP_ERROR;
    }

    *size = 0;

    for (i = 0; i < line.len; i++) {
        c = line.data[i];

        if (c >= 'A' && c <= 'F') {
            c |= 0x20;
        }

        if (!hoop_http_digit(c) && (c < 'a' || c > 'f')) {
            break;
        }

        *size = *size * 16 + (hoop_http_digit(c) ? c - '0' : c - 'a' + 10);

        if (*size > HOOP_HTTP_MAX_BODY) {
            return hoop_http_error(x, line.data,
                                   "a body of more than 4194304 bytes");
        }
    }

    if (i == 0
        || (i < line.len && memchr("; \t", line.data[i], 3) == NULL))
    {
        return hoop_http_error(x, line.data + i,
                               "wanted the size of a chunk, in hex");
    }

    return HOOP_OK;
}


/* editors leave a line end there, and nginx skips it */

static int
hoop_http_rest(hoop_http_parser_t *x)
{
    const u_char  *p;

    for (p = x->p; p < x->end && (*p == '\r' || *p == '\n'); p++) {
        /* void */
    }

    if (p == x->end) {
        return HOOP_OK;
    }

    if (x->h->chunked) {
        return hoop_http_error(x, x->start,
                               "bytes behind the last chunk: to nginx they are "
                               "another request");
    }

    (void) hoop_http_error(x, x->start, "");

    if (x->length_set) {
        hoop_error_set(x->err, "Content-Length is %zu, and there are %zu bytes "
                       "behind the head: to nginx the others are another "
                       "request", x->length, x->length + (x->end - x->p));
    } else {
        hoop_error_set(x->err, "%zu bytes behind the head, without "
                       "Content-Length or \"Transfer-Encoding: chunked\": to "
                       "nginx they are another request",
                       (size_t) (x->end - x->p));
    }

    return HOOP_ERROR;
}
