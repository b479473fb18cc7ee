
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * hoopctl audit verify: checkpoints.  One that is sound in its chain has to
 * have a good signature, if there are keys; and what it has seen of the other
 * slots has to be there, as it was seen.  Anchors are checkpoints that somebody
 * kept elsewhere: they have to be in their chains.
 *
 * Slots are read one after the other, those of a gateway at work grow
 * meanwhile.  So what seems to be missing at the end of a slot is looked for
 * once more, in what is there by then.
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hoopctl_verify.h"
#include "../core/hoop_json.h"


#define HOOPCTL_VERIFY_KEYS      (1024 * 1024)
#define HOOPCTL_VERIFY_ANCHOR    (256 * 1024 * 1024)

/* of a chain that has no checkpoint to say it */
#define HOOPCTL_VERIFY_INTERVAL  60
#define HOOPCTL_VERIFY_GRACE     60


static int hoopctl_verify_key(hoop_buf_t *set, const char *file);
static int hoopctl_verify_key_pem(hoop_buf_t *set, const char *file,
    hoop_str_t text);
static int hoopctl_verify_key_set(hoop_buf_t *set, const char *file,
    hoop_str_t text);
static int hoopctl_verify_jwk(hoop_buf_t *set, json_t *jwk);
static int hoopctl_verify_point(hoopctl_chain_t *c, const u_char *hash);
static int hoopctl_verify_pin(hoopctl_verify_t *v,
    const hoop_event_view_t *by, uint32_t slot, uint64_t seq,
    const u_char *hash, int anchor);
static int hoopctl_verify_gateway(hoopctl_verify_t *v, hoop_str_t name,
    unsigned *n);
static int hoopctl_verify_anchor(hoopctl_verify_t *v, const char *file);
static int hoopctl_verify_anchored(hoopctl_verify_t *v, const char *file,
    unsigned line, hoop_str_t text);
static int hoopctl_verify_match(hoopctl_chain_t *c, hoopctl_pin_t *pin);
static int hoopctl_verify_again(hoopctl_verify_t *v);
static void hoopctl_verify_judge(hoopctl_verify_t *v, hoopctl_pin_t *pin);
static void hoopctl_verify_tail(hoopctl_verify_t *v, hoopctl_chain_t *c);
static int hoopctl_verify_known(hoopctl_verify_t *v, unsigned gateway);


int
hoopctl_verify_keys(hoopctl_verify_t *v)
{
    int           rc;
    size_t        i;
    hoop_buf_t    set;
    hoop_error_t  err;

    if (v->a->nkeys == 0) {
        return HOOP_OK;
    }

    rc = HOOP_OK;

    hoop_buf_init(&set, 0);
    (void) hoop_buf_adds(&set, "{\"keys\":[");

    for (i = 0; i < v->a->nkeys && rc == HOOP_OK; i++) {
        rc = hoopctl_verify_key(&set, v->a->keys[i]);
    }

    (void) hoop_buf_adds(&set, "]}");

    if (rc == HOOP_OK) {
        v->keys = set.failed ? NULL
                  : hoop_jwks_parse(set.data, set.len, HOOP_JWT_EDDSA, &err);

        if (v->keys == NULL) {
            rc = hoopctl_audit_error("--key: %s", set.failed ? "no memory"
                                                             : err.text);
        }
    }

    hoop_buf_free(&set);

    return rc;
}


/* a PEM text, or a JWK set */

static int
hoopctl_verify_key(hoop_buf_t *set, const char *file)
{
    int         rc;
    hoop_str_t  text;
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);

    rc = hoopctl_read(file, &b, HOOPCTL_VERIFY_KEYS);

    if (rc == HOOP_OK) {
        text = hoop_str(b.data, b.len);

        rc = (b.len && b.data[0] == '{')
             ? hoopctl_verify_key_set(set, file, text)
             : hoopctl_verify_key_pem(set, file, text);
    }

    hoop_buf_free(&b);

    return rc;
}


static int
hoopctl_verify_key_pem(hoop_buf_t *set, const char *file, hoop_str_t text)
{
    int             rc;
    hoop_error_t    err;
    hoop_signer_t  *key;

    key = hoop_signer_create(text, hoop_str(NULL, 0), &err);

    if (key == NULL) {
        return hoopctl_audit_error("--key %s: %s", file, err.text);
    }

    rc = HOOP_OK;

    if (hoop_signer_algs(key) != HOOP_JWT_EDDSA) {
        rc = hoopctl_audit_error("--key %s: it is not one of Ed25519", file);

    } else {
        if (set->data[set->len - 1] != '[') {
            (void) hoop_buf_addc(set, ',');
        }

        (void) hoop_signer_jwk(key, HOOP_JWT_EDDSA, set);
    }

    hoop_signer_free(key);

    return rc;
}


/* whatever their names, checkpoints know keys by their thumbprints */

static int
hoopctl_verify_key_set(hoop_buf_t *set, const char *file, hoop_str_t text)
{
    int           rc;
    size_t        i;
    json_t       *root, *keys;
    hoop_error_t  err;

    root = hoop_json_load(text.data, text.len, &err);

    if (root == NULL) {
        return hoopctl_audit_error("--key %s:%u:%u: %s", file, err.line,
                                   err.column, err.text);
    }

    rc = HOOP_OK;
    keys = json_object_get(root, "keys");

    if (keys == NULL) {
        rc = hoopctl_verify_jwk(set, root);
    }

    for (i = 0; i < json_array_size(keys) && rc == HOOP_OK; i++) {
        rc = hoopctl_verify_jwk(set, json_array_get(keys, i));
    }

    json_decref(root);

    return (rc == HOOP_OK) ? HOOP_OK : hoopctl_audit_error("no memory");
}


static int
hoopctl_verify_jwk(hoop_buf_t *set, json_t *jwk)
{
    u_char  md[32], kid[(sizeof(md) + 2) / 3 * 4];
    char   *text;

    if (!hoop_str_is(hoop_json_member(jwk, "crv"), "Ed25519")
        || hoop_jwk_thumbprint(jwk, md) != HOOP_OK)
    {
        return HOOP_OK;
    }

    if (json_object_set_new(jwk, "kid",
                            json_stringn((char *) kid,
                                hoop_base64_encode(kid, md, sizeof(md), 1)))
        != 0)
    {
        return HOOP_NOMEM;
    }

    text = json_dumps(jwk, JSON_COMPACT);
    if (text == NULL) {
        return HOOP_NOMEM;
    }

    if (set->data[set->len - 1] != '[') {
        (void) hoop_buf_addc(set, ',');
    }

    (void) hoop_buf_adds(set, text);
    free(text);

    return HOOP_OK;
}


int
hoopctl_verify_signed(hoopctl_verify_t *v, hoopctl_chain_t *c,
    const hoop_event_view_t *view, hoopctl_item_t *item)
{
    size_t                    i;
    hoop_jwt_e                e;
    static hoop_checkpoint_t  cp;

    if (!hoop_str_is(view->type, "checkpoint")) {

        if (c->unsigned_ts == 0) {
            c->unsigned_ts = view->ts;
        }

        return HOOP_OK;
    }

    v->checkpoints++;

    if (hoop_checkpoint_parse(&cp, view, item->text) != HOOP_OK) {
        hoopctl_verify_set(c, "forged", view->seq, item->where,
                           "it is not a checkpoint of this chain");
        return HOOP_OK;
    }

    if (v->keys == NULL) {
        v->unchecked++;

    } else {
        e = hoop_checkpoint_verify(&cp, v->keys);

        if (e == HOOP_JWT_NO_KEY) {
            hoopctl_verify_set(c, "forged", view->seq, item->where,
                               "it is signed by the key \"%.64s\", which is "
                               "not one of --key", cp.kid);
            return HOOP_OK;
        }

        if (e != HOOP_JWT_OK) {
            hoopctl_verify_set(c, "forged", view->seq, item->where,
                               "its signature is none of the key \"%.64s\"",
                               cp.kid);
            return HOOP_OK;
        }
    }

    c->signed_seq = view->seq;
    c->signed_ts = view->ts;
    c->unsigned_ts = 0;
    c->interval = cp.interval;
    c->events = cp.events;

    if (hoopctl_verify_point(c, view->hash) != HOOP_OK) {
        return HOOP_NOMEM;
    }

    for (i = 0; i < cp.nheads; i++) {
        if (hoopctl_verify_pin(v, view, cp.heads[i].slot, cp.heads[i].seq,
                               cp.heads[i].hash, 0)
            != HOOP_OK)
        {
            return HOOP_NOMEM;
        }
    }

    return HOOP_OK;
}


static int
hoopctl_verify_point(hoopctl_chain_t *c, const u_char *hash)
{
    hoopctl_point_t  *points;

    /* room for twice as many, whenever it is a power of two */

    if ((c->npoints & (c->npoints - 1)) == 0) {
        points = realloc(c->points, (c->npoints ? 2 * c->npoints : 1)
                                    * sizeof(hoopctl_point_t));
        if (points == NULL) {
            return HOOP_NOMEM;
        }

        c->points = points;
    }

    c->points[c->npoints].seq = c->chain.seq;
    memcpy(c->points[c->npoints].hash, hash, HOOPCTL_PIN_HASH);
    c->npoints++;

    return HOOP_OK;
}


static int
hoopctl_verify_pin(hoopctl_verify_t *v, const hoop_event_view_t *by,
    uint32_t slot, uint64_t seq, const u_char *hash, int anchor)
{
    hoopctl_pin_t    *pin, *pins;
    hoopctl_chain_t  *c;

    if ((v->npins & (v->npins - 1)) == 0) {
        pins = realloc(v->pins, (v->npins ? 2 * v->npins : 1)
                                * sizeof(hoopctl_pin_t));
        if (pins == NULL) {
            return HOOP_NOMEM;
        }

        v->pins = pins;
    }

    pin = &v->pins[v->npins];

    memset(pin, 0, sizeof(hoopctl_pin_t));

    if (hoopctl_verify_gateway(v, by->gateway, &pin->gateway) != HOOP_OK) {
        return HOOP_NOMEM;
    }

    pin->slot = slot;
    pin->by_slot = by->slot;
    pin->by_seq = by->seq;
    pin->by_ts = by->ts;
    pin->anchor = anchor;
    pin->point.seq = seq;
    memcpy(pin->point.hash, hash, HOOPCTL_PIN_HASH);

    /* what is found at once need not be kept */

    c = hoopctl_verify_chain(v, by->gateway, slot, 0);

    if (c == NULL || !hoopctl_verify_match(c, pin)) {
        v->npins++;
    }

    return HOOP_OK;
}


static int
hoopctl_verify_gateway(hoopctl_verify_t *v, hoop_str_t name, unsigned *n)
{
    size_t    i;
    u_char  (*gateways)[HOOP_GATEWAY_LEN + 1];

    for (i = 0; i < v->ngateways; i++) {
        if (hoop_str_eq(hoop_cstr((char *) v->gateways[i]), name)) {
            *n = (unsigned) i;
            return HOOP_OK;
        }
    }

    gateways = realloc(v->gateways, (i + 1) * sizeof(gateways[0]));
    if (gateways == NULL) {
        return HOOP_NOMEM;
    }

    v->gateways = gateways;
    v->ngateways = i + 1;

    memcpy(gateways[i], name.data, name.len);
    gateways[i][name.len] = '\0';

    *n = (unsigned) i;

    return HOOP_OK;
}


int
hoopctl_verify_seen(hoopctl_verify_t *v)
{
    int     rc;
    size_t  i;

    rc = HOOP_OK;

    for (i = 0; i < v->a->nanchors && rc == HOOP_OK; i++) {
        rc = hoopctl_verify_anchor(v, v->a->anchors[i]);
    }

    if (rc == HOOP_OK) {
        rc = hoopctl_verify_again(v);
    }

    if (rc != HOOP_OK) {
        return rc;
    }

    for (i = 0; i < v->npins; i++) {
        if (!v->pins[i].done) {
            hoopctl_verify_judge(v, &v->pins[i]);
        }
    }

    for (i = 0; i < v->nchains; i++) {
        hoopctl_verify_tail(v, v->chains[i]);
    }

    return HOOP_OK;
}


static int
hoopctl_verify_anchor(hoopctl_verify_t *v, const char *file)
{
    int            rc;
    unsigned       line;
    const u_char  *p, *last, *end;
    hoop_buf_t     b;

    hoop_buf_init(&b, 0);

    rc = hoopctl_read(file, &b, HOOPCTL_VERIFY_ANCHOR);

    p = b.data;
    last = b.data + b.len;

    for (line = 1; p < last && rc == HOOP_OK; line++) {
        end = memchr(p, '\n', last - p);
        end = end ? end : last;

        if (end > p) {
            rc = hoopctl_verify_anchored(v, file, line, hoop_str(p, end - p));
        }

        p = end + 1;
    }

    hoop_buf_free(&b);

    return rc;
}


/* an anchor is believed by its signature; it says nothing without a key */

static int
hoopctl_verify_anchored(hoopctl_verify_t *v, const char *file, unsigned line,
    hoop_str_t text)
{
    size_t                    i;
    hoop_chain_t              one;
    hoop_event_view_t         view;
    static hoop_checkpoint_t  cp;

    if (hoop_event_view(&view, text) != HOOP_OK
        || hoop_checkpoint_parse(&cp, &view, text) != HOOP_OK)
    {
        v->strays++;
        printf("broken: anchor unreadable: it is not a checkpoint (%s:%u)\n",
               file, line);
        return HOOP_OK;
    }

    hoop_chain_init(&one, view.gateway, view.slot);

    if (hoop_chain_check(&one, text, 1) != HOOP_CHAIN_INTACT
        || (v->keys && hoop_checkpoint_verify(&cp, v->keys) != HOOP_JWT_OK))
    {
        v->strays++;
        printf("broken: anchor forged: it is not signed by a key of --key "
               "(%s:%u)\n", file, line);
        return HOOP_OK;
    }

    if (hoopctl_verify_pin(v, &view, view.slot, view.seq, view.hash, 1)
        != HOOP_OK)
    {
        return hoopctl_audit_error("no memory");
    }

    for (i = 0; i < cp.nheads; i++) {
        if (hoopctl_verify_pin(v, &view, cp.heads[i].slot, cp.heads[i].seq,
                               cp.heads[i].hash, 0)
            != HOOP_OK)
        {
            return hoopctl_audit_error("no memory");
        }
    }

    return HOOP_OK;
}


/* 1: it is there, or was before what is there */

static int
hoopctl_verify_match(hoopctl_chain_t *c, hoopctl_pin_t *pin)
{
    size_t  from, to, i;

    if (c->first > pin->point.seq) {
        return 1;
    }

    from = 0;
    to = c->npoints;

    while (from < to) {
        i = from + (to - from) / 2;

        if (c->points[i].seq == pin->point.seq) {
            return memcmp(c->points[i].hash, pin->point.hash,
                          HOOPCTL_PIN_HASH)
                   == 0;
        }

        if (c->points[i].seq < pin->point.seq) {
            from = i + 1;

        } else {
            to = i;
        }
    }

    return 0;
}


/*
 * Those that stay: of chains that came after them, of chains that have grown,
 * and those that something was done to.
 */

static int
hoopctl_verify_again(hoopctl_verify_t *v)
{
    int               rc, grown;
    size_t            i, n;
    hoop_str_t        gateway;
    hoopctl_row_t    *row;
    hoopctl_pin_t    *pin;
    hoopctl_chain_t  *c;
    hoop_event_view_t view;

    grown = 0;
    n = 0;

    for (i = 0; i < v->npins; i++) {
        pin = &v->pins[i];
        gateway = hoop_cstr((char *) v->gateways[pin->gateway]);
        c = hoopctl_verify_chain(v, gateway, pin->slot, 0);

        if (c == NULL || !hoopctl_verify_match(c, pin)) {
            grown |= (c == NULL || c->chain.seq < pin->point.seq);
            v->pins[n++] = *pin;
        }
    }

    v->npins = n;

    if (!grown || (v->a->src.file && strcmp(v->a->src.file, "-") == 0)) {
        return HOOP_OK;
    }

    v->a->src.last = &v->a->src.rows;

    rc = hoopctl_audit_open(&v->a->src);

    for (row = v->a->src.rows; row && rc >= 0; row = row->link) {

        while ((rc = row->next(row, &row->item)) == 1) {

            if (hoop_event_view(&view, row->item.text) != HOOP_OK
                || !hoop_str_is(view.type, "checkpoint"))
            {
                continue;
            }

            for (i = 0; i < v->npins; i++) {
                pin = &v->pins[i];

                if (!pin->done && pin->slot == view.slot
                    && pin->point.seq == view.seq
                    && hoop_str_eq(view.gateway, hoop_cstr((char *)
                                                v->gateways[pin->gateway])))
                {
                    pin->done = memcmp(view.hash, pin->point.hash,
                                       HOOPCTL_PIN_HASH)
                                == 0;
                }
            }
        }
    }

    hoopctl_audit_close(&v->a->src);

    return (rc < 0) ? HOOP_ERROR : HOOP_OK;
}


static void
hoopctl_verify_judge(hoopctl_verify_t *v, hoopctl_pin_t *pin)
{
    char              time[HOOP_TIME_LEN + 1];
    const char       *name;
    hoopctl_chain_t  *c;

    name = (const char *) v->gateways[pin->gateway];

    if (!hoopctl_verify_known(v, pin->gateway)) {
        return;
    }

    hoop_time_format((u_char *) time, pin->by_ts);
    time[HOOP_TIME_LEN] = '\0';

    c = hoopctl_verify_chain(v, hoop_cstr(name), pin->slot, 0);

    if (c == NULL) {

        /* it has a place among the chains, if only to be told of once */

        c = hoopctl_verify_chain(v, hoop_cstr(name), pin->slot, 1);

        if (c) {
            hoopctl_verify_set(c, "removed", pin->point.seq, "",
                               "checkpoint %s:%u:%llu of %s has seen it, and "
                               "nothing of this slot is here", name,
                               pin->by_slot, (unsigned long long) pin->by_seq,
                               time);
        }

        return;
    }

    if (c->chain.seq < pin->point.seq) {
        hoopctl_verify_set(c, "truncated", c->chain.seq + 1, "",
                           "the chain ends before it, but %s %s:%u:%llu of %s "
                           "has seen event %llu",
                           pin->anchor ? "the anchor has" : "checkpoint", name,
                           pin->by_slot, (unsigned long long) pin->by_seq,
                           time, (unsigned long long) pin->point.seq);
        return;
    }

    hoopctl_verify_set(c, "forged", pin->point.seq, "",
                       "%s %s:%u:%llu of %s has seen another event in its "
                       "place", pin->anchor ? "the anchor's" : "checkpoint",
                       name, pin->by_slot, (unsigned long long) pin->by_seq,
                       time);
}


/*
 * Whose events these are at all: an anchor may be one for many gateways.  A
 * gateway that was asked for is to be there.
 */

static int
hoopctl_verify_known(hoopctl_verify_t *v, unsigned gateway)
{
    size_t       i;
    hoop_str_t   name;

    name = hoop_cstr((char *) v->gateways[gateway]);

    if (v->a->src.gateway && hoop_str_is(name, v->a->src.gateway)) {
        return 1;
    }

    for (i = 0; i < v->nchains; i++) {
        if (hoop_str_eq(v->chains[i]->chain.gateway, name)) {
            return 1;
        }
    }

    return 0;
}


/* with keys, all has to be signed but what cannot be yet */

static void
hoopctl_verify_tail(hoopctl_verify_t *v, hoopctl_chain_t *c)
{
    uint64_t  now, grace;

    if (v->keys == NULL || c->unsigned_ts == 0) {
        return;
    }

    now = (uint64_t) time(NULL) * 1000;
    grace = 2 * (c->interval ? c->interval : HOOPCTL_VERIFY_INTERVAL)
            + HOOPCTL_VERIFY_GRACE;

    if (c->unsigned_ts + grace * 1000 >= now) {
        return;
    }

    hoopctl_verify_set(c, "unsigned",
                       c->signed_seq ? c->signed_seq + 1 : c->first, "",
                       "no checkpoint has come after it: they were put there, "
                       "or the worker died and nobody has taken the slot "
                       "since");
}


void
hoopctl_verify_signed_free(hoopctl_verify_t *v)
{
    size_t  i;

    for (i = 0; i < v->nchains; i++) {
        free(v->chains[i]->points);
    }

    hoop_jwks_free(v->keys);
    free(v->pins);
    free(v->gateways);
}
