
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Announcements of whatever stands in Redis: JSON, within bounds, and a message
 * whose lines are ours.
 */


#include <stdlib.h>
#include <string.h>

#include "../../src/core/hoop_json.h"
#include "../../src/core/hoop_notify.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t          i;
    json_t         *v;
    unsigned        lines, format;
    const char     *text;
    hoop_buf_t      b;
    hoop_error_t    err;
    hoop_notify_t   n;

    n.event = hoop_cstr("denied");
    n.delivery = hoop_cstr("1-0");
    n.time = 1;
    n.console = hoop_cstr("https://gw/c/");
    n.approval = hoop_json_load(data, size, &err);

    for (format = HOOP_NOTIFY_GENERIC; format <= HOOP_NOTIFY_SLACK; format++) {
        hoop_buf_init(&b, 0);

        if (hoop_notify_body(format, &n, &b) == HOOP_OK) {
            v = hoop_json_load(b.data, b.len, &err);

            if (v == NULL || b.len > HOOP_NOTIFY_MAX) {
                abort();
            }

            text = json_string_value(json_object_get(v, "text"));
            lines = 0;

            for (i = 0; text && text[i]; i++) {
                lines += text[i] == '\n';
            }

            if (format == HOOP_NOTIFY_SLACK && (text == NULL || lines > 4)) {
                abort();
            }

            json_decref(v);
        }

        hoop_buf_free(&b);
    }

    json_decref(n.approval);

    return 0;
}
