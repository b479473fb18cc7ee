
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The signature stands at a fixed place from the text's end, so that the part
 * that is signed needs no parser to be found; the rest is strict JSON.
 */


#include "hoop_checkpoint.h"
#include "hoop_json.h"


#define HOOP_CHECKPOINT_SIG   86           /* base64url of 64 bytes */
#define HOOP_CHECKPOINT_DEPTH 4

/* ,"sig":"<86>" and what comes after it, up to the text's end */
#define HOOP_CHECKPOINT_OPEN  (sizeof(",\"sig\":\"") - 1)
#define HOOP_CHECKPOINT_TAIL                                                  \
    (HOOP_CHECKPOINT_OPEN + HOOP_CHECKPOINT_SIG + 1                           \
     + sizeof(",\"prev\":\"\",\"hash\":\"\"}") - 1 + 2 * HOOP_HASH_LEN)


static int hoop_checkpoint_sig(hoop_checkpoint_t *cp, hoop_str_t text);
static int hoop_checkpoint_members(hoop_checkpoint_t *cp,
    const hoop_event_view_t *v, json_t *event);
static int hoop_checkpoint_heads(hoop_checkpoint_t *cp,
    const hoop_event_view_t *v, json_t *heads);
static int hoop_checkpoint_uint(json_t *object, const char *name,
    uint64_t max, uint64_t *n);
static int hoop_checkpoint_hash(hoop_str_t hash);


int
hoop_checkpoint_write(hoop_buf_t *b, const hoop_chain_t *chain,
    const hoop_signer_t *key, unsigned interval, unsigned events,
    const hoop_checkpoint_head_t *heads, size_t n)
{
    size_t  i;
    u_char  sig[64], text[(sizeof(sig) + 2) / 3 * 4];

    (void) hoop_event_uint(b, "count", chain->seq);
    (void) hoop_event_string(b, "head", hoop_str(chain->head, HOOP_HASH_LEN));
    (void) hoop_event_raw(b, "heads", hoop_cstr("["));

    for (i = 0; i < n; i++) {
        (void) hoop_buf_adds(b, i ? ",{\"slot\":" : "{\"slot\":");
        (void) hoop_buf_addu(b, heads[i].slot);
        (void) hoop_event_uint(b, "seq", heads[i].seq);
        (void) hoop_event_string(b, "hash",
                                 hoop_str(heads[i].hash, HOOP_HASH_LEN));
        (void) hoop_buf_addc(b, '}');
    }

    (void) hoop_buf_addc(b, ']');
    (void) hoop_event_uint(b, "interval", interval);
    (void) hoop_event_uint(b, "events", events);
    (void) hoop_event_string(b, "kid", hoop_signer_kid(key));

    if (b->failed) {
        return HOOP_NOMEM;
    }

    if (hoop_signer_ed25519(key, hoop_str(b->data + chain->start,
                                          b->len - chain->start), sig)
        != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    return hoop_event_string(b, "sig",
               hoop_str(text, hoop_base64_encode(text, sig, sizeof(sig), 1)));
}


int
hoop_checkpoint_parse(hoop_checkpoint_t *cp, const hoop_event_view_t *v,
    hoop_str_t text)
{
    int           rc;
    json_t       *event;
    hoop_error_t  err;

    memset(cp, 0, sizeof(hoop_checkpoint_t));

    if (!hoop_str_is(v->type, "checkpoint")
        || hoop_checkpoint_sig(cp, text) != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    event = hoop_json_load_depth(text.data, text.len, HOOP_CHECKPOINT_DEPTH,
                                 &err);
    if (event == NULL) {
        return HOOP_ERROR;
    }

    rc = hoop_checkpoint_members(cp, v, event);

    json_decref(event);

    return rc;
}


static int
hoop_checkpoint_sig(hoop_checkpoint_t *cp, hoop_str_t text)
{
    u_char         sig[HOOP_CHECKPOINT_SIG + 3];
    const u_char  *p;

    if (text.len <= HOOP_CHECKPOINT_TAIL) {
        return HOOP_ERROR;
    }

    p = text.data + text.len - HOOP_CHECKPOINT_TAIL;

    if (memcmp(p, ",\"sig\":\"", HOOP_CHECKPOINT_OPEN) != 0
        || p[HOOP_CHECKPOINT_OPEN + HOOP_CHECKPOINT_SIG] != '"'
        || hoop_base64_decode(sig, p + HOOP_CHECKPOINT_OPEN,
                              HOOP_CHECKPOINT_SIG, 1)
           != (ssize_t) sizeof(cp->sig))
    {
        return HOOP_ERROR;
    }

    memcpy(cp->sig, sig, sizeof(cp->sig));
    cp->input = hoop_str(text.data, p - text.data);

    return HOOP_OK;
}


static int
hoop_checkpoint_members(hoop_checkpoint_t *cp, const hoop_event_view_t *v,
    json_t *event)
{
    uint64_t    interval, events;
    hoop_str_t  head, kid;

    head = hoop_json_member(event, "head");
    kid = hoop_json_member(event, "kid");

    if (hoop_checkpoint_uint(event, "count", INT64_MAX, &cp->count) != HOOP_OK
        || hoop_checkpoint_uint(event, "interval", UINT32_MAX, &interval)
           != HOOP_OK
        || hoop_checkpoint_uint(event, "events", UINT32_MAX, &events)
           != HOOP_OK
        || cp->count != v->seq - 1
        || !hoop_str_eq(head, hoop_str(v->prev, HOOP_HASH_LEN))
        || kid.len == 0 || kid.len > HOOP_CHECKPOINT_KID)
    {
        return HOOP_ERROR;
    }

    cp->interval = (unsigned) interval;
    cp->events = (unsigned) events;
    cp->kid_len = kid.len;
    memcpy(cp->kid, kid.data, kid.len);

    return hoop_checkpoint_heads(cp, v, json_object_get(event, "heads"));
}


static int
hoop_checkpoint_heads(hoop_checkpoint_t *cp, const hoop_event_view_t *v,
    json_t *heads)
{
    size_t                   i, n;
    json_t                  *head;
    uint64_t                 slot;
    hoop_str_t               hash;
    hoop_checkpoint_head_t  *h;

    n = json_array_size(heads);

    if (!json_is_array(heads) || n > HOOP_CHECKPOINT_HEADS) {
        return HOOP_ERROR;
    }

    for (i = 0; i < n; i++) {
        h = &cp->heads[i];
        head = json_array_get(heads, i);
        hash = hoop_json_member(head, "hash");

        if (hoop_checkpoint_uint(head, "slot", UINT32_MAX, &slot) != HOOP_OK
            || hoop_checkpoint_uint(head, "seq", INT64_MAX, &h->seq)
               != HOOP_OK
            || hoop_checkpoint_hash(hash) != HOOP_OK
            || slot == v->slot || h->seq == 0)
        {
            return HOOP_ERROR;
        }

        h->slot = (uint32_t) slot;
        memcpy(h->hash, hash.data, HOOP_HASH_LEN);
    }

    cp->nheads = n;

    return HOOP_OK;
}


static int
hoop_checkpoint_uint(json_t *object, const char *name, uint64_t max,
    uint64_t *n)
{
    json_t  *value;

    value = json_object_get(object, name);

    if (!json_is_integer(value) || json_integer_value(value) < 0
        || (uint64_t) json_integer_value(value) > max)
    {
        return HOOP_ERROR;
    }

    *n = (uint64_t) json_integer_value(value);

    return HOOP_OK;
}


static int
hoop_checkpoint_hash(hoop_str_t hash)
{
    size_t  i;

    if (hash.len != HOOP_HASH_LEN) {
        return HOOP_ERROR;
    }

    for (i = 0; i < hash.len; i++) {
        if (hoop_hex_value(hash.data[i]) == -1
            || (hash.data[i] >= 'A' && hash.data[i] <= 'F'))
        {
            return HOOP_ERROR;
        }
    }

    return HOOP_OK;
}


hoop_jwt_e
hoop_checkpoint_verify(const hoop_checkpoint_t *cp, const hoop_jwks_t *keys)
{
    return hoop_jwks_verify(keys, HOOP_JWT_EDDSA, hoop_str(cp->kid,
                            cp->kid_len), cp->input, cp->sig, sizeof(cp->sig),
                            NULL);
}
