
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What a list of hoop_api is asked for: the arguments of the query.
 */


#include "ngx_http_hoop_api.h"


#define NGX_HTTP_HOOP_API_LIMIT  100


static ngx_int_t ngx_http_hoop_api_arg(ngx_http_hoop_api_t *api,
    const char *name, hoop_str_t *value);
static ngx_uint_t ngx_http_hoop_api_word(hoop_str_t value,
    const char *const *words);
static ngx_uint_t ngx_http_hoop_api_cursor(hoop_str_t value);


static const char *const  ngx_http_hoop_api_states[] = {
    "pending", "approved", "consumed", "denied", "expired", "cancelled", "all",
    NULL
};

static const char *const  ngx_http_hoop_api_kinds[] = {
    "request", "plan", NULL
};


ngx_int_t
ngx_http_hoop_api_query(ngx_http_hoop_api_t *api)
{
    ngx_int_t                    n;
    ngx_uint_t                   i;
    hoop_str_t                   limit;
    ngx_hoop_approval_filter_t  *filter;

    filter = &api->filter;

    const struct {
        const char  *name;
        hoop_str_t  *value;
    } args[] = {
        { "state", &filter->state },
        { "kind", &filter->kind },
        { "rule", &filter->rule },
        { "target", &filter->target },
        { "requester", &filter->requester },
        { "run", &filter->run },
        { "after", &filter->after },
        { "limit", &limit }
    };

    for (i = 0; i < sizeof(args) / sizeof(args[0]); i++) {
        n = ngx_http_hoop_api_arg(api, args[i].name, args[i].value);

        if (n != NGX_OK) {
            return n;
        }
    }

    if (filter->state.len == 0) {
        filter->state = hoop_cstr("pending");

    } else if (!ngx_http_hoop_api_word(filter->state, ngx_http_hoop_api_states))
    {
        return ngx_http_hoop_api_problem(api, NGX_HTTP_BAD_REQUEST,
                   "\"state\" is not one of pending, approved, consumed, "
                   "denied, expired, cancelled, all");
    }

    if (hoop_str_is(filter->state, "all")) {
        filter->state.len = 0;
    }

    if (filter->kind.len
        && !ngx_http_hoop_api_word(filter->kind, ngx_http_hoop_api_kinds))
    {
        return ngx_http_hoop_api_problem(api, NGX_HTTP_BAD_REQUEST,
                   "\"kind\" is neither request nor plan");
    }

    if (api->plans) {
        filter->kind = hoop_cstr("plan");
    }

    if (filter->after.len && !ngx_http_hoop_api_cursor(filter->after)) {
        return ngx_http_hoop_api_problem(api, NGX_HTTP_BAD_REQUEST,
                   "\"after\" is not the \"next\" of an answer");
    }

    filter->limit = NGX_HTTP_HOOP_API_LIMIT;

    if (limit.len) {
        n = ngx_atoi((u_char *) limit.data, limit.len);

        if (n < 1 || n > NGX_HTTP_HOOP_API_LIMIT) {
            return ngx_http_hoop_api_problem(api, NGX_HTTP_BAD_REQUEST,
                       "\"limit\" is not a number from 1 to 100");
        }

        filter->limit = n;
    }

    return NGX_OK;
}


/* decoded; empty if there is none */

static ngx_int_t
ngx_http_hoop_api_arg(ngx_http_hoop_api_t *api, const char *name,
    hoop_str_t *value)
{
    u_char     *dst, *src;
    size_t      i;
    ngx_str_t   raw;

    *value = hoop_str(NULL, 0);

    if (ngx_http_arg(api->request, (u_char *) name, ngx_strlen(name), &raw)
        != NGX_OK
        || raw.len == 0)
    {
        return NGX_OK;
    }

    if (raw.len > NGX_HTTP_HOOP_API_TEXT) {
        return ngx_http_hoop_api_problem(api, NGX_HTTP_BAD_REQUEST,
                                         "an argument is longer than 1024 "
                                         "bytes");
    }

    dst = ngx_pnalloc(api->request->pool, raw.len);
    if (dst == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    *value = hoop_str(dst, 0);

    for (i = 0; i < raw.len; i++) {
        dst[i] = (raw.data[i] == '+') ? ' ' : raw.data[i];
    }

    src = dst;
    ngx_unescape_uri(&dst, &src, raw.len, 0);

    value->len = dst - (u_char *) value->data;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_hoop_api_word(hoop_str_t value, const char *const *words)
{
    ngx_uint_t  i;

    for (i = 0; words[i] != NULL; i++) {
        if (hoop_str_is(value, words[i])) {
            return 1;
        }
    }

    return 0;
}


/* "<seconds>-<id>" */

static ngx_uint_t
ngx_http_hoop_api_cursor(hoop_str_t value)
{
    size_t  i, dash;

    if (value.len < 34 || value.len > 32 + 1 + 12) {
        return 0;
    }

    dash = value.len - 33;

    for (i = 0; i < value.len; i++) {
        if (i == dash) {
            if (value.data[i] != '-') {
                return 0;
            }

        } else if ((value.data[i] < '0' || value.data[i] > '9')
                   && (i < dash || value.data[i] < 'a' || value.data[i] > 'f'))
        {
            return 0;
        }
    }

    return 1;
}
