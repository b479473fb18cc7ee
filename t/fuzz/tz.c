
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Zones of time: a file that is taken answers for any time, within bounds.
 */


#include <stdlib.h>

#include "../../src/core/hoop_tz.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t        t;
    int32_t        offset;
    hoop_tz_t     *tz;
    hoop_error_t   err;

    (void) hoop_tz_name_valid(hoop_str(data, size));

    tz = hoop_tz_parse(data, size, &err);

    if (tz == NULL) {
        if (err.text[0] == '\0') {
            abort();
        }

        return 0;
    }

    for (t = -8000000000; t < 8000000000; t += 400000007) {
        if (hoop_tz_offset(tz, t, &offset) == HOOP_OK
            && (offset < -200000 || offset > 200000))
        {
            abort();
        }
    }

    (void) hoop_tz_offset(tz, INT64_MIN, &offset);
    (void) hoop_tz_offset(tz, INT64_MAX, &offset);

    hoop_tz_free(tz);

    return 0;
}
