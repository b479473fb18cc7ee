
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Only members that are named here are shown, each as the type it must have:
 * Redis is not trusted to hold valid JSON, and what is not ours stays there.
 */


#include "ngx_hoop_approval_int.h"
#include "../core/hoop_json.h"


#define NGX_HOOP_APPROVAL_JSON_MAX   (8 * 1024 * 1024)


typedef enum {
    NGX_HOOP_APPROVAL_STRING = 0,
    NGX_HOOP_APPROVAL_NUMBER,
    NGX_HOOP_APPROVAL_VALUE
} ngx_hoop_approval_kind_e;


static ngx_int_t ngx_hoop_approval_json_member(hoop_buf_t *b,
    ngx_hoop_approval_kind_e kind, redisReply *value);
static void ngx_hoop_approval_json_voters(hoop_buf_t *b, redisReply *reply);
static redisReply *ngx_hoop_approval_json_find(redisReply *reply,
    const char *name);


static const struct {
    const char                  *name;
    ngx_hoop_approval_kind_e     kind;
} ngx_hoop_approval_members[] = {
    { "id", NGX_HOOP_APPROVAL_STRING },
    { "state", NGX_HOOP_APPROVAL_STRING },
    { "requester", NGX_HOOP_APPROVAL_VALUE },
    { "target", NGX_HOOP_APPROVAL_STRING },
    { "method", NGX_HOOP_APPROVAL_STRING },
    { "uri", NGX_HOOP_APPROVAL_STRING },
    { "rule", NGX_HOOP_APPROVAL_STRING },
    { "reason", NGX_HOOP_APPROVAL_STRING },
    { "summary", NGX_HOOP_APPROVAL_STRING },
    { "session", NGX_HOOP_APPROVAL_STRING },
    { "run", NGX_HOOP_APPROVAL_STRING },
    { "digest", NGX_HOOP_APPROVAL_STRING },
    { "approvers", NGX_HOOP_APPROVAL_VALUE },
    { "needed", NGX_HOOP_APPROVAL_NUMBER },
    { "votes", NGX_HOOP_APPROVAL_NUMBER },
    { "created", NGX_HOOP_APPROVAL_NUMBER },
    { "expires", NGX_HOOP_APPROVAL_NUMBER },
    { "changed", NGX_HOOP_APPROVAL_NUMBER },
    { "by", NGX_HOOP_APPROVAL_STRING },
    { "comment", NGX_HOOP_APPROVAL_STRING }
};


static const struct {
    const char                  *name;
    ngx_hoop_approval_e          state;
} ngx_hoop_approval_states[] = {
    { "pending", NGX_HOOP_APPROVAL_PENDING },
    { "approved", NGX_HOOP_APPROVAL_APPROVED },
    { "consumed", NGX_HOOP_APPROVAL_CONSUMED },
    { "denied", NGX_HOOP_APPROVAL_DENIED },
    { "expired", NGX_HOOP_APPROVAL_EXPIRED },
    { "unknown", NGX_HOOP_APPROVAL_UNKNOWN },
    { "self", NGX_HOOP_APPROVAL_SELF },
    { "no_right", NGX_HOOP_APPROVAL_NO_RIGHT },
    { "voted", NGX_HOOP_APPROVAL_VOTED },
    { "closed", NGX_HOOP_APPROVAL_CLOSED }
};


ngx_hoop_approval_e
ngx_hoop_approval_state(const char *p, size_t len)
{
    ngx_uint_t  i, n;

    n = sizeof(ngx_hoop_approval_states) / sizeof(ngx_hoop_approval_states[0]);

    for (i = 0; i < n; i++) {
        if (hoop_str_is(hoop_str(p, len), ngx_hoop_approval_states[i].name)) {
            return ngx_hoop_approval_states[i].state;
        }
    }

    return NGX_HOOP_APPROVAL_ERROR;
}


void
ngx_hoop_approval_json_init(hoop_buf_t *b)
{
    hoop_buf_init(b, NGX_HOOP_APPROVAL_JSON_MAX);
}


ngx_int_t
ngx_hoop_approval_json_list(hoop_buf_t *b, redisReply *reply)
{
    size_t      i, len;
    ngx_uint_t  n;

    (void) hoop_buf_addc(b, '[');

    n = 0;

    for (i = 0; i < reply->elements; i++) {
        len = b->len;

        if (n) {
            (void) hoop_buf_addc(b, ',');
        }

        if (ngx_hoop_approval_json_object(b, reply->element[i])
            == NGX_HOOP_APPROVAL_ERROR)
        {
            b->len = len;

        } else {
            n++;
        }
    }

    (void) hoop_buf_addc(b, ']');

    return b->failed ? NGX_ERROR : NGX_OK;
}


ngx_hoop_approval_e
ngx_hoop_approval_json_object(hoop_buf_t *b, redisReply *reply)
{
    size_t        i;
    ngx_uint_t    n;
    redisReply   *value, *state;
    const char   *name;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2) {
        return NGX_HOOP_APPROVAL_ERROR;
    }

    for (i = 0; i < reply->elements; i++) {
        if (reply->element[i]->type != REDIS_REPLY_STRING) {
            return NGX_HOOP_APPROVAL_ERROR;
        }
    }

    (void) hoop_buf_addc(b, '{');

    n = sizeof(ngx_hoop_approval_members)
        / sizeof(ngx_hoop_approval_members[0]);

    for (i = 0; i < n; i++) {
        name = ngx_hoop_approval_members[i].name;
        value = ngx_hoop_approval_json_find(reply, name);

        if (value == NULL) {
            return NGX_HOOP_APPROVAL_ERROR;
        }

        if (i) {
            (void) hoop_buf_addc(b, ',');
        }

        (void) hoop_buf_add_json(b, (const u_char *) name, ngx_strlen(name));
        (void) hoop_buf_addc(b, ':');

        if (ngx_hoop_approval_json_member(b, ngx_hoop_approval_members[i].kind,
                                          value)
            != NGX_OK)
        {
            return NGX_HOOP_APPROVAL_ERROR;
        }
    }

    (void) hoop_buf_adds(b, ",\"voters\":");
    ngx_hoop_approval_json_voters(b, reply);
    (void) hoop_buf_addc(b, '}');

    if (b->failed) {
        return NGX_HOOP_APPROVAL_ERROR;
    }

    state = ngx_hoop_approval_json_find(reply, "state");

    return ngx_hoop_approval_state(state->str, state->len);
}


static ngx_int_t
ngx_hoop_approval_json_member(hoop_buf_t *b, ngx_hoop_approval_kind_e kind,
    redisReply *value)
{
    json_t        *json;
    ngx_int_t      n;
    hoop_error_t   err;

    switch (kind) {

    case NGX_HOOP_APPROVAL_NUMBER:
        n = ngx_atoi((u_char *) value->str, value->len);

        if (n == NGX_ERROR) {
            return NGX_ERROR;
        }

        (void) hoop_buf_addu(b, n);
        return NGX_OK;

    case NGX_HOOP_APPROVAL_VALUE:
        json = hoop_json_load((u_char *) value->str, value->len, &err);

        if (json == NULL) {
            return NGX_ERROR;
        }

        json_decref(json);

        (void) hoop_buf_add(b, value->str, value->len);
        return NGX_OK;

    default:
        (void) hoop_buf_add_json(b, (u_char *) value->str, value->len);
        return NGX_OK;
    }
}


/* "vote:<iss sub>" is "approve|deny TIME COMMENT"; any other is left out */

static void
ngx_hoop_approval_json_voters(hoop_buf_t *b, redisReply *reply)
{
    u_char      *p, *last, *vote, *end;
    size_t       i;
    ngx_int_t    time;
    redisReply  *name, *value;
    ngx_uint_t   n;

    (void) hoop_buf_addc(b, '[');

    n = 0;

    for (i = 0; i < reply->elements; i += 2) {
        name = reply->element[i];
        value = reply->element[i + 1];

        if (name->len <= 5 || ngx_strncmp(name->str, "vote:", 5) != 0) {
            continue;
        }

        vote = (u_char *) value->str;
        last = vote + value->len;

        end = ngx_strlchr(vote, last, ' ');

        if (end == NULL) {
            continue;
        }

        p = ngx_strlchr(end + 1, last, ' ');

        if (p == NULL) {
            continue;
        }

        time = ngx_atoi(end + 1, p - end - 1);

        if (time == NGX_ERROR) {
            continue;
        }

        if (n++) {
            (void) hoop_buf_addc(b, ',');
        }

        (void) hoop_buf_adds(b, "{\"by\":");
        (void) hoop_buf_add_json(b, (u_char *) name->str + 5, name->len - 5);
        (void) hoop_buf_adds(b, ",\"vote\":");
        (void) hoop_buf_add_json(b, vote, end - vote);
        (void) hoop_buf_adds(b, ",\"time\":");
        (void) hoop_buf_addu(b, time);
        (void) hoop_buf_adds(b, ",\"comment\":");
        (void) hoop_buf_add_json(b, p + 1, last - p - 1);
        (void) hoop_buf_addc(b, '}');
    }

    (void) hoop_buf_addc(b, ']');
}


static redisReply *
ngx_hoop_approval_json_find(redisReply *reply, const char *name)
{
    size_t  i, len;

    len = ngx_strlen(name);

    for (i = 0; i < reply->elements; i += 2) {
        if (reply->element[i]->len == len
            && ngx_strncmp(reply->element[i]->str, name, len) == 0)
        {
            return reply->element[i + 1];
        }
    }

    return NULL;
}
