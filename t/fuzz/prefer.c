
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The Prefer header: within bounds, and what stands in it twice changes nothing.
 */


#include <stdlib.h>
#include <string.h>

#include "../../src/core/hoop_prefer.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hoop_prefer_t  p, again;

    memset(&p, 0, sizeof(p));
    hoop_prefer(hoop_str(data, size), &p);

    if (p.wait > HOOP_PREFER_MAX || (!p.has_wait && p.wait)) {
        abort();
    }

    again = p;
    hoop_prefer(hoop_str(data, size), &again);

    if (again.async != p.async || again.has_wait != p.has_wait
        || again.wait != p.wait)
    {
        abort();
    }

    return 0;
}
