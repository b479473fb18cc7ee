
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The state before comes from a file, and is not believed to be one: what is
 * not as hoop_config_state() writes it counts as nothing, so that at worst too
 * much is said to have changed.
 */


#include <stdlib.h>

#include "hoop_config.h"
#include "hoop_json.h"


#define HOOP_CONFIG_DEPTH  3


typedef struct {
    hoop_buf_t     *b;
    size_t          end;               /* of what may be filled */
    unsigned        told;
    unsigned        changed;
    unsigned        more;
} hoop_config_list_t;


static int hoop_config_cmp(const void *one, const void *two);
static json_t *hoop_config_load(hoop_str_t before);
static int hoop_config_known(const json_t *policy);
static const hoop_config_policy_t *hoop_config_find(const hoop_config_t *conf,
    hoop_str_t file);
static void hoop_config_list(hoop_config_list_t *list,
    const hoop_config_t *conf, const json_t *before, int changed);
static void hoop_config_gone(hoop_config_list_t *list,
    const hoop_config_t *conf, const json_t *before);
static void hoop_config_policy(hoop_config_list_t *list,
    const hoop_config_policy_t *policy, const char *change, hoop_str_t old);
static void hoop_config_string(hoop_buf_t *b, const char *name,
    hoop_str_t value);
static void hoop_config_uint(hoop_buf_t *b, const char *name, uint64_t value);


void
hoop_config_sort(hoop_config_t *conf)
{
    if (conf->n) {
        qsort(conf->policies, conf->n, sizeof(hoop_config_policy_t),
              hoop_config_cmp);
    }
}


static int
hoop_config_cmp(const void *one, const void *two)
{
    int         rc;
    hoop_str_t  a, b;

    a = ((const hoop_config_policy_t *) one)->file;
    b = ((const hoop_config_policy_t *) two)->file;

    rc = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

    return rc ? rc : (a.len > b.len) - (a.len < b.len);
}


int
hoop_config_state(hoop_buf_t *b, const hoop_config_t *conf)
{
    size_t                       i;
    const hoop_config_policy_t  *p;

    (void) hoop_buf_adds(b, "{\"v\":1");

    hoop_config_string(b, "version", conf->version);
    hoop_config_string(b, "nginx", conf->nginx);
    hoop_config_uint(b, "locations", conf->locations);
    hoop_config_uint(b, "locations_monitor", conf->monitored);

    if (conf->sign.len) {
        hoop_config_string(b, "sign", conf->sign);
    }

    (void) hoop_buf_adds(b, ",\"policies\":[");

    for (i = 0; i < conf->n; i++) {
        p = &conf->policies[i];

        (void) hoop_buf_adds(b, i ? ",{\"file\":" : "{\"file\":");
        (void) hoop_buf_add_json(b, p->file.data, p->file.len);
        hoop_config_string(b, "policy", p->name);
        hoop_config_string(b, "hash", p->hash);
        (void) hoop_buf_addc(b, '}');
    }

    return hoop_buf_adds(b, "]}");
}


int
hoop_config_event(hoop_buf_t *b, const hoop_config_t *conf, hoop_str_t before)
{
    json_t              *root, *policies;
    hoop_str_t           sign;
    hoop_config_list_t   list;

    root = hoop_config_load(before);
    policies = json_object_get(root, "policies");

    hoop_config_string(b, "version", conf->version);
    hoop_config_string(b, "nginx", conf->nginx);
    hoop_config_uint(b, "locations", conf->locations);
    hoop_config_uint(b, "locations_monitor", conf->monitored);

    if (conf->sign.len) {
        hoop_config_string(b, "sign", conf->sign);
    }

    sign = hoop_json_member(root, "sign");

    if (sign.len && !hoop_str_eq(sign, conf->sign)) {
        hoop_config_string(b, "sign_old", sign);
    }

    (void) hoop_buf_adds(b, ",\"policies\":[");

    memset(&list, 0, sizeof(hoop_config_list_t));
    list.b = b;
    list.end = b->len + HOOP_CONFIG_EVENT_MAX;

    hoop_config_list(&list, conf, policies, 1);
    hoop_config_gone(&list, conf, policies);
    hoop_config_list(&list, conf, policies, 0);

    (void) hoop_buf_addc(b, ']');

    if (list.more) {
        hoop_config_uint(b, "policies_more", list.more);
    }

    hoop_config_uint(b, "changed", list.changed);

    json_decref(root);

    return b->failed ? HOOP_ERROR : HOOP_OK;
}


static json_t *
hoop_config_load(hoop_str_t before)
{
    size_t                 i;
    json_t                *root, *policies, *value;
    hoop_error_t           err;
    hoop_config_policy_t   last, p;

    if (before.len == 0) {
        return NULL;
    }

    root = hoop_json_load_depth(before.data, before.len, HOOP_CONFIG_DEPTH,
                                &err);
    policies = json_object_get(root, "policies");

    if (!json_is_array(policies)) {
        json_decref(root);
        return NULL;
    }

    last.file = hoop_str(NULL, 0);

    json_array_foreach(policies, i, value) {
        p.file = hoop_json_member(value, "file");

        if (!hoop_config_known(value)
            || (i && hoop_config_cmp(&last, &p) >= 0))
        {
            json_decref(root);
            return NULL;
        }

        last = p;
    }

    return root;
}


static int
hoop_config_known(const json_t *policy)
{
    size_t      i;
    hoop_str_t  hash;

    hash = hoop_json_member(policy, "hash");

    if (hoop_json_member(policy, "file").data == NULL
        || hoop_json_member(policy, "policy").data == NULL
        || hash.len != HOOP_CONFIG_HASH)
    {
        return 0;
    }

    for (i = 0; i < hash.len; i++) {
        if (!((hash.data[i] >= '0' && hash.data[i] <= '9')
              || (hash.data[i] >= 'a' && hash.data[i] <= 'f')))
        {
            return 0;
        }
    }

    return 1;
}


static const hoop_config_policy_t *
hoop_config_find(const hoop_config_t *conf, hoop_str_t file)
{
    hoop_config_policy_t  key;

    if (conf->n == 0) {
        return NULL;
    }

    key.file = file;

    return bsearch(&key, conf->policies, conf->n,
                   sizeof(hoop_config_policy_t), hoop_config_cmp);
}


/* what is in force: what is new or other, or else what is as it was */

static void
hoop_config_list(hoop_config_list_t *list, const hoop_config_t *conf,
    const json_t *before, int changed)
{
    size_t                       i, at;
    json_t                      *value;
    hoop_str_t                   old;
    const char                  *change;
    hoop_config_policy_t         was;
    const hoop_config_policy_t  *p;

    at = 0;

    for (i = 0; i < conf->n; i++) {
        p = &conf->policies[i];
        old = hoop_str(NULL, 0);

        /* both are by file: what was passed is not looked at again */

        while ((value = json_array_get(before, at)) != NULL) {
            was.file = hoop_json_member(value, "file");

            if (hoop_config_cmp(&was, p) >= 0) {
                break;
            }

            at++;
        }

        if (value && hoop_str_eq(was.file, p->file)) {
            old = hoop_json_member(value, "hash");
        }

        change = (old.len == 0) ? "added"
                 : hoop_str_eq(old, p->hash) ? NULL : "changed";

        if ((change != NULL) == changed) {
            hoop_config_policy(list, p, change, old);
        }
    }
}


static void
hoop_config_gone(hoop_config_list_t *list, const hoop_config_t *conf,
    const json_t *before)
{
    size_t                 i;
    json_t                *value;
    hoop_config_policy_t   p;

    json_array_foreach(before, i, value) {
        p.file = hoop_json_member(value, "file");
        p.name = hoop_json_member(value, "policy");
        p.hash = hoop_str(NULL, 0);

        if (hoop_config_find(conf, p.file) == NULL) {
            hoop_config_policy(list, &p, "removed",
                               hoop_json_member(value, "hash"));
        }
    }
}


static void
hoop_config_policy(hoop_config_list_t *list, const hoop_config_policy_t *policy,
    const char *change, hoop_str_t old)
{
    size_t       len;
    hoop_buf_t  *b;

    list->changed += (change != NULL);

    if (list->more) {
        list->more++;
        return;
    }

    b = list->b;
    len = b->len;

    (void) hoop_buf_adds(b, list->told ? ",{\"file\":" : "{\"file\":");
    (void) hoop_buf_add_json(b, policy->file.data, policy->file.len);
    hoop_config_string(b, "policy", policy->name);

    if (policy->hash.len) {
        hoop_config_string(b, "hash", policy->hash);
    }

    if (change) {
        hoop_config_string(b, "change", hoop_cstr(change));

        if (old.len) {
            hoop_config_string(b, "old", old);
        }
    }

    (void) hoop_buf_addc(b, '}');

    if (b->len > list->end) {
        b->len = len;
        list->more++;
        return;
    }

    list->told++;
}


static void
hoop_config_string(hoop_buf_t *b, const char *name, hoop_str_t value)
{
    (void) hoop_buf_adds(b, ",\"");
    (void) hoop_buf_adds(b, name);
    (void) hoop_buf_adds(b, "\":");
    (void) hoop_buf_add_json(b, value.data, value.len);
}


static void
hoop_config_uint(hoop_buf_t *b, const char *name, uint64_t value)
{
    (void) hoop_buf_adds(b, ",\"");
    (void) hoop_buf_adds(b, name);
    (void) hoop_buf_adds(b, "\":");
    (void) hoop_buf_addu(b, value);
}
