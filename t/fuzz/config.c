
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What was in force, from hostile bytes: whatever they are, the event that
 * comes of them is JSON and has all that is in force.
 */


#define _GNU_SOURCE
#include <stdlib.h>

#include "hoop_config.h"
#include "hoop_json.h"


#define HASH  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"


int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
    size_t                i, now;
    json_t               *root, *policies, *value;
    hoop_buf_t            b;
    hoop_error_t          err;
    hoop_config_t         conf;
    hoop_config_policy_t  policy[2];

    memset(&conf, 0, sizeof(hoop_config_t));

    policy[0].file = hoop_cstr("/a");
    policy[1].file = hoop_cstr("/b");

    for (i = 0; i < 2; i++) {
        policy[i].name = hoop_cstr("p");
        policy[i].hash = hoop_cstr(HASH);
    }

    conf.policies = policy;
    conf.n = 2;
    conf.version = hoop_cstr("0.1");
    conf.nginx = hoop_cstr("1.22");

    hoop_buf_init(&b, 0);
    (void) hoop_buf_adds(&b, "{\"x\":1");

    if (hoop_config_event(&b, &conf, hoop_str(p, len)) != HOOP_OK) {
        abort();
    }

    (void) hoop_buf_addc(&b, '}');

    root = hoop_json_load(b.data, b.len, &err);
    policies = json_object_get(root, "policies");

    if (policies == NULL) {
        abort();
    }

    now = 0;

    json_array_foreach(policies, i, value) {
        now += (json_object_get(value, "hash") != NULL);
    }

    /* what has no room is not told, and only then */

    if (now != 2 && json_object_get(root, "policies_more") == NULL) {
        abort();
    }

    json_decref(root);
    hoop_buf_free(&b);

    return 0;
}
