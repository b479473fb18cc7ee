
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


static void ngx_hoop_approval_json_array(hoop_buf_t *b, redisReply **reply,
    size_t n, ngx_uint_t brief);
static ngx_hoop_approval_e ngx_hoop_approval_json_object(hoop_buf_t *b,
    redisReply *reply, ngx_uint_t brief);
static ngx_int_t ngx_hoop_approval_json_plan(hoop_buf_t *b,
    redisReply *reply);
static void ngx_hoop_approval_json_scope(hoop_buf_t *b, redisReply *reply);
static ngx_uint_t ngx_hoop_approval_json_is(redisReply *reply,
    const char *name, const char *value);
static ngx_int_t ngx_hoop_approval_json_member(hoop_buf_t *b,
    ngx_hoop_approval_kind_e kind, redisReply *value);
static void ngx_hoop_approval_json_voters(hoop_buf_t *b, redisReply *reply);
static redisReply *ngx_hoop_approval_json_find(redisReply *reply,
    const char *name);


/* "fallback" is of those that older ones do not have; NULL: it must be there */

static const struct {
    const char                  *name;
    ngx_hoop_approval_kind_e     kind;
    const char                  *fallback;
    unsigned                     brief;     /* of history, too */
} ngx_hoop_approval_members[] = {
    { "id", NGX_HOOP_APPROVAL_STRING, NULL, 1 },
    { "kind", NGX_HOOP_APPROVAL_STRING, "request", 1 },
    { "state", NGX_HOOP_APPROVAL_STRING, NULL, 1 },
    { "requester", NGX_HOOP_APPROVAL_VALUE, NULL, 0 },
    { "target", NGX_HOOP_APPROVAL_STRING, NULL, 1 },
    { "method", NGX_HOOP_APPROVAL_STRING, NULL, 1 },
    { "uri", NGX_HOOP_APPROVAL_STRING, NULL, 1 },
    { "rule", NGX_HOOP_APPROVAL_STRING, NULL, 1 },
    { "reason", NGX_HOOP_APPROVAL_STRING, NULL, 0 },
    { "summary", NGX_HOOP_APPROVAL_STRING, NULL, 0 },
    { "session", NGX_HOOP_APPROVAL_STRING, NULL, 0 },
    { "run", NGX_HOOP_APPROVAL_STRING, NULL, 0 },
    { "digest", NGX_HOOP_APPROVAL_STRING, NULL, 0 },
    { "approvers", NGX_HOOP_APPROVAL_VALUE, NULL, 0 },
    { "needed", NGX_HOOP_APPROVAL_NUMBER, NULL, 0 },
    { "votes", NGX_HOOP_APPROVAL_NUMBER, NULL, 0 },
    { "uses", NGX_HOOP_APPROVAL_NUMBER, "0", 0 },
    { "created", NGX_HOOP_APPROVAL_NUMBER, NULL, 1 },
    { "expires", NGX_HOOP_APPROVAL_NUMBER, NULL, 0 },
    { "changed", NGX_HOOP_APPROVAL_NUMBER, NULL, 1 },
    { "by", NGX_HOOP_APPROVAL_STRING, NULL, 1 },
    { "comment", NGX_HOOP_APPROVAL_STRING, NULL, 0 }
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
    { "cancelled", NGX_HOOP_APPROVAL_CANCELLED },
    { "unknown", NGX_HOOP_APPROVAL_UNKNOWN },
    { "self", NGX_HOOP_APPROVAL_SELF },
    { "no_right", NGX_HOOP_APPROVAL_NO_RIGHT },
    { "no_reason", NGX_HOOP_APPROVAL_NO_REASON },
    { "voted", NGX_HOOP_APPROVAL_VOTED },
    { "not_requester", NGX_HOOP_APPROVAL_NOT_REQUESTER },
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
    redisReply  *next;

    if (reply->elements == 0
        || reply->element[0]->type != REDIS_REPLY_STRING)
    {
        return NGX_ERROR;
    }

    (void) hoop_buf_adds(b, "{\"approvals\":");
    ngx_hoop_approval_json_array(b, reply->element + 1, reply->elements - 1, 0);

    next = reply->element[0];

    if (next->len) {
        (void) hoop_buf_adds(b, ",\"next\":");
        (void) hoop_buf_add_json(b, (u_char *) next->str, next->len);
    }

    (void) hoop_buf_addc(b, '}');

    return b->failed ? NGX_ERROR : NGX_OK;
}


ngx_hoop_approval_e
ngx_hoop_approval_json_show(hoop_buf_t *b, redisReply *reply)
{
    size_t               len;
    redisReply          *like, *of;
    ngx_hoop_approval_e  state;

    if (reply->elements != 3) {
        return NGX_HOOP_APPROVAL_ERROR;
    }

    like = reply->element[1];
    of = reply->element[2];

    state = ngx_hoop_approval_json_object(b, reply->element[0], 0);

    if (state == NGX_HOOP_APPROVAL_ERROR
        || like->type != REDIS_REPLY_ARRAY
        || of->type != REDIS_REPLY_ARRAY)
    {
        return NGX_HOOP_APPROVAL_ERROR;
    }

    b->len--;                              /* the brace */

    (void) hoop_buf_adds(b, ",\"similar\":");
    len = b->len;

    if (ngx_hoop_approval_json_object(b, like, 0) == NGX_HOOP_APPROVAL_ERROR) {
        b->len = len;
        (void) hoop_buf_adds(b, "null");
    }

    (void) hoop_buf_adds(b, ",\"history\":");
    ngx_hoop_approval_json_array(b, of->element, of->elements, 1);
    (void) hoop_buf_addc(b, '}');

    return b->failed ? NGX_HOOP_APPROVAL_ERROR : state;
}


static void
ngx_hoop_approval_json_array(hoop_buf_t *b, redisReply **reply, size_t n,
    ngx_uint_t brief)
{
    size_t      i, len;
    ngx_uint_t  some;

    (void) hoop_buf_addc(b, '[');

    some = 0;

    for (i = 0; i < n; i++) {
        len = b->len;

        if (some) {
            (void) hoop_buf_addc(b, ',');
        }

        if (ngx_hoop_approval_json_object(b, reply[i], brief)
            == NGX_HOOP_APPROVAL_ERROR)
        {
            b->len = len;

        } else {
            some = 1;
        }
    }

    (void) hoop_buf_addc(b, ']');
}


/* appends an object; its state, or NGX_HOOP_APPROVAL_ERROR */

static ngx_hoop_approval_e
ngx_hoop_approval_json_object(hoop_buf_t *b, redisReply *reply,
    ngx_uint_t brief)
{
    size_t        i;
    ngx_uint_t    n;
    redisReply   *value, *state, other;
    const char   *name;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2) {
        return NGX_HOOP_APPROVAL_ERROR;
    }

    for (i = 0; i < reply->elements; i++) {
        if (reply->element[i]->type != REDIS_REPLY_STRING) {
            return NGX_HOOP_APPROVAL_ERROR;
        }
    }

    n = sizeof(ngx_hoop_approval_members)
        / sizeof(ngx_hoop_approval_members[0]);

    for (i = 0; i < n; i++) {

        if (brief && !ngx_hoop_approval_members[i].brief) {
            continue;
        }

        name = ngx_hoop_approval_members[i].name;
        value = ngx_hoop_approval_json_find(reply, name);

        if (value == NULL && ngx_hoop_approval_members[i].fallback) {
            other.str = (char *) ngx_hoop_approval_members[i].fallback;
            other.len = ngx_strlen(other.str);
            value = &other;
        }

        if (value == NULL) {
            return NGX_HOOP_APPROVAL_ERROR;
        }

        (void) hoop_buf_addc(b, i ? ',' : '{');
        (void) hoop_buf_add_json(b, (const u_char *) name, ngx_strlen(name));
        (void) hoop_buf_addc(b, ':');

        if (ngx_hoop_approval_json_member(b, ngx_hoop_approval_members[i].kind,
                                          value)
            != NGX_OK)
        {
            return NGX_HOOP_APPROVAL_ERROR;
        }
    }

    if (!brief && ngx_hoop_approval_json_is(reply, "kind", "plan")
        && ngx_hoop_approval_json_plan(b, reply) != NGX_OK)
    {
        return NGX_HOOP_APPROVAL_ERROR;
    }

    if (!brief) {
        (void) hoop_buf_adds(b, ",\"reason_required\":");
        (void) hoop_buf_adds(b, ngx_hoop_approval_json_is(reply, "required",
                                                          "1")
                                ? "true" : "false");
        ngx_hoop_approval_json_scope(b, reply);

        (void) hoop_buf_adds(b, ",\"voters\":");
        ngx_hoop_approval_json_voters(b, reply);
    }

    (void) hoop_buf_addc(b, '}');

    if (b->failed) {
        return NGX_HOOP_APPROVAL_ERROR;
    }

    state = ngx_hoop_approval_json_find(reply, "state");

    return ngx_hoop_approval_state(state->str, state->len);
}


/* the plan as it was posted, each step with its state */

static ngx_int_t
ngx_hoop_approval_json_plan(hoop_buf_t *b, redisReply *reply)
{
    char          *text;
    size_t         i;
    u_char         number[NGX_INT_T_LEN + 3];
    json_t        *plan, *steps;
    redisReply    *value, *used;
    const char    *state;
    hoop_error_t   err;

    value = ngx_hoop_approval_json_find(reply, "plan");
    used = ngx_hoop_approval_json_find(reply, "used");

    plan = value ? hoop_json_load((u_char *) value->str, value->len, &err)
                 : NULL;
    steps = json_object_get(plan, "steps");

    for (i = 0; i < json_array_size(steps); i++) {

        /* " 1 2 ": a number, and a space on both sides of it */

        *ngx_sprintf(number, " %uz ", i + 1) = '\0';

        state = "open";

        if (used
            && (ngx_strstr(used->str, number) != NULL
                || ngx_strncmp(used->str, number + 1,
                               ngx_strlen(number + 1)) == 0))
        {
            state = "used";
        }

        if (json_object_set_new(json_array_get(steps, i), "state",
                                json_string(state))
            != 0)
        {
            json_decref(plan);
            return NGX_ERROR;
        }
    }

    text = plan ? json_dumps(plan, JSON_COMPACT) : NULL;
    json_decref(plan);

    if (text == NULL) {
        return NGX_ERROR;
    }

    (void) hoop_buf_adds(b, ",\"plan\":");
    (void) hoop_buf_adds(b, text);
    free(text);

    return NGX_OK;
}


/* what it lets through, and for how long from the approval on */

static void
ngx_hoop_approval_json_scope(hoop_buf_t *b, redisReply *reply)
{
    ngx_int_t    n;
    redisReply  *valid;

    (void) hoop_buf_adds(b, ",\"scope\":{\"type\":");
    (void) hoop_buf_adds(b, ngx_hoop_approval_json_is(reply, "scope", "time")
                            ? "\"time\""
                            : ngx_hoop_approval_json_is(reply, "scope", "run")
                            ? "\"run\"" : "\"once\"");

    valid = ngx_hoop_approval_json_find(reply, "valid");
    n = valid ? ngx_atoi((u_char *) valid->str, valid->len) : 0;

    if (n > 0) {
        (void) hoop_buf_adds(b, ",\"seconds\":");
        (void) hoop_buf_addu(b, n);
    }

    (void) hoop_buf_addc(b, '}');
}


static ngx_uint_t
ngx_hoop_approval_json_is(redisReply *reply, const char *name,
    const char *value)
{
    redisReply  *found;

    found = ngx_hoop_approval_json_find(reply, name);

    return found && hoop_str_is(hoop_str(found->str, found->len), value);
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
