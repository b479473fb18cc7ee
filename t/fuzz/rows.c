
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Rows against a tree: what the strict loader takes is counted as its tree has
 * it; and what comes of a text is the same for each split of it.
 *
 * The first byte says how it is split, the second what counts: bit 0 a pointer
 * of two segments, bit 1 lines.
 */


#include <stdlib.h>

#include "hoop_json.h"
#include "hoop_rows.h"


/* elements of the arrays that are in no other */

static uint64_t
outer(json_t *v)
{
    json_t      *each;
    uint64_t     n;
    const char  *key;

    if (json_is_array(v)) {
        return json_array_size(v);
    }

    n = 0;

    json_object_foreach(v, key, each) {
        n += outer(each);
    }

    return n;
}


int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
    int               rc, again;
    json_t           *root;
    size_t            i, n, step;
    u_char            mode, *copy;
    uint64_t          wanted;
    hoop_rows_t       rows, split;
    hoop_error_t      err;
    hoop_rows_rule_t  rule;

    static const hoop_str_t  at[] = { hoop_string("a"), hoop_string("1") };

    if (len < 2) {
        return 0;
    }

    step = p[0] % 16 + 1;
    mode = p[1];
    p += 2;
    len -= 2;

    memset(&rule, 0, sizeof(rule));
    rule.max = UINT64_MAX;
    rule.at = at;
    rule.at_set = mode & 1;
    rule.nat = (mode & 1) ? 2 : 0;

    hoop_rows_init(&rows, &rule, mode & 2);
    rc = hoop_rows_feed(&rows, p, len);

    hoop_rows_init(&split, &rule, mode & 2);
    again = HOOP_OK;

    for (i = 0; i < len; i += n) {
        n = len - i < step ? len - i : step;

        /* an allocation of its own: no byte beyond the piece is looked at */

        copy = malloc(n);
        memcpy(copy, p + i, n);
        again = hoop_rows_feed(&split, copy, n);
        free(copy);
    }

    if (rc != again || rows.count != split.count) {
        abort();
    }

    root = hoop_json_load(p, len, &err);

    if (root) {
        wanted = (mode & 2) ? 1
                 : (mode & 1) ? json_array_size(hoop_json_pointer(root,
                                                          hoop_cstr("/a/1")))
                 : outer(root);

        if (rc != HOOP_OK || rows.count != wanted) {
            abort();
        }

        json_decref(root);
    }

    return 0;
}
