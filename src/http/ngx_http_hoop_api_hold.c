
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Reads that wait: what is sent has an entity tag, and who asks for something
 * else than that ("If-None-Match") and prefers to wait for it ("Prefer: wait=N",
 * RFC 7240) is answered when it is there, or with 304 when the time is over.
 *
 * Until then it is asked anew whenever some approval has changed.  The timer
 * ticks, so that a worker that exits need not wait for the end.
 */


#include "ngx_http_hoop_api.h"


#define NGX_HTTP_HOOP_API_HOLD  60      /* seconds at most */
#define NGX_HTTP_HOOP_API_TICK  1000


static ngx_uint_t ngx_http_hoop_api_match(ngx_http_hoop_api_t *api);
static void ngx_http_hoop_api_listener(void *data);
static void ngx_http_hoop_api_timer(ngx_event_t *ev);
static void ngx_http_hoop_api_again(ngx_http_hoop_api_t *api);


void
ngx_http_hoop_api_prefer(ngx_http_hoop_api_t *api)
{
    ngx_uint_t        i;
    hoop_prefer_t     prefer;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (api->request->headers_in.if_none_match == NULL) {
        return;
    }

    ngx_memzero(&prefer, sizeof(hoop_prefer_t));

    i = 0;
    part = &api->request->headers_in.headers.part;

    while ((h = ngx_http_hoop_next(&part, &i)) != NULL) {
        if (h->hash && h->key.len == 6
            && ngx_strncasecmp(h->key.data, (u_char *) "prefer", 6) == 0)
        {
            hoop_prefer(ngx_http_hoop_str(&h->value), &prefer);
        }
    }

    if (prefer.has_wait && prefer.wait) {
        api->holds = 1;
        api->until = ngx_current_msec
                     + 1000 * ngx_min(prefer.wait, NGX_HTTP_HOOP_API_HOLD);
    }
}


ngx_int_t
ngx_http_hoop_api_hold(ngx_http_hoop_api_t *api)
{
    u_char            md[32];
    ngx_table_elt_t  *etag;

    ngx_http_hoop_api_release(api);

    hoop_sha256(md, api->json.data, api->json.len);

    api->etag[0] = '"';
    hoop_hex(api->etag + 1, md, 16);
    api->etag[NGX_HTTP_HOOP_API_ETAG - 1] = '"';

    if (api->holds && ngx_http_hoop_api_match(api)) {

        if ((ngx_msec_int_t) (api->until - ngx_current_msec) > 0
            && !ngx_exiting && !ngx_terminate)
        {
            api->waiting = 1;

            api->listener.handler = ngx_http_hoop_api_listener;
            api->listener.data = api;
            ngx_hoop_approval_listen(&api->listener);

            api->timer.handler = ngx_http_hoop_api_timer;
            api->timer.data = api;
            api->timer.log = api->request->connection->log;
            ngx_add_timer(&api->timer, NGX_HTTP_HOOP_API_TICK);

            return NGX_AGAIN;
        }

        if (ngx_http_hoop_header_out(api->request, "Preference-Applied",
                                     hoop_cstr("wait"))
            == NULL)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    /* nginx itself makes a 304 of an answer that the client has */

    etag = ngx_http_hoop_header_out(api->request, "ETag",
                                    hoop_str(api->etag,
                                             NGX_HTTP_HOOP_API_ETAG));
    if (etag == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    api->request->headers_out.etag = etag;

    return NGX_OK;
}


void
ngx_http_hoop_api_release(ngx_http_hoop_api_t *api)
{
    ngx_hoop_approval_unlisten(&api->listener);

    if (api->timer.timer_set) {
        ngx_del_timer(&api->timer);
    }
}


/* one of the tags in If-None-Match, which nginx takes to be one header */

static ngx_uint_t
ngx_http_hoop_api_match(ngx_http_hoop_api_t *api)
{
    u_char     *p, *last;
    ngx_str_t  *list;

    list = &api->request->headers_in.if_none_match->value;

    last = list->data + list->len;

    for (p = list->data;
         last - p >= NGX_HTTP_HOOP_API_ETAG;
         p++)
    {
        if (ngx_memcmp(p, api->etag, NGX_HTTP_HOOP_API_ETAG) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_hoop_api_listener(void *data)
{
    ngx_http_hoop_api_again(data);
}


static void
ngx_http_hoop_api_timer(ngx_event_t *ev)
{
    ngx_http_hoop_api_t *api = ev->data;

    if ((ngx_msec_int_t) (api->until - ngx_current_msec) > 0
        && !ngx_exiting && !ngx_terminate)
    {
        ngx_add_timer(ev, NGX_HTTP_HOOP_API_TICK);
        return;
    }

    ngx_http_hoop_api_again(api);
}


static void
ngx_http_hoop_api_again(ngx_http_hoop_api_t *api)
{
    api->again = 1;
    api->waiting = 0;

    ngx_http_hoop_wake(api->ctx);
}
