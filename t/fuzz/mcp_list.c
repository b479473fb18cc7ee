
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Hostile answers of an MCP server: whatever goes on has no entry in a list
 * that was not wanted, as another parser of JSON reads it; it is what that one
 * makes of the answer, less those; it is the same however the answer is split,
 * and it comes through a second time as it is.
 *
 * The first byte says how it is split, its high bit whether it is a stream.
 */


#include <stdlib.h>

#include "hoop_json.h"
#include "hoop_mcp_list.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static const char *const  names[] = {
    "tools", "resources", "resourceTemplates", "prompts"
};

static const char *const  keys[] = { "name", "uri", "uriTemplate", "name" };


static int
wanted(hoop_mcp_list_e list, hoop_str_t name)
{
    return name.len && (name.data[0] + list) % 2;
}


static int
keep(void *ctx, hoop_mcp_list_e list, hoop_str_t name)
{
    return wanted(list, name);
}


static int
run(hoop_mcp_list_t *l, int stream, const u_char *p, size_t len, size_t step)
{
    int      rc;
    size_t   n;
    u_char  *copy;

    hoop_mcp_list_init(l, stream, keep, NULL);

    for (rc = HOOP_OK; len && rc == HOOP_OK; p += n, len -= n) {
        n = len < step ? len : step;

        /* no byte beyond the piece is looked at */

        copy = malloc(n);
        memcpy(copy, p, n);
        rc = hoop_mcp_list_feed(l, copy, n);
        free(copy);
    }

    rc = (rc == HOOP_OK) ? hoop_mcp_list_end(l) : rc;

    if ((rc != HOOP_OK) != (l->why != NULL) || rc == HOOP_NOMEM) {
        abort();
    }

    return rc;
}


/* what must be left of a message that another parser has read */

static void
less(json_t *message)
{
    size_t           k;
    json_t          *list, *entry, *result;
    hoop_mcp_list_e  i;

    result = json_object_get(message, "result");

    for (i = 0; i < HOOP_MCP_LISTS; i++) {
        list = json_object_get(result, names[i]);

        for (k = json_array_size(list); k > 0; k--) {
            entry = json_array_get(list, k - 1);

            if (!json_is_object(entry)
                || hoop_json_variant(entry, hoop_cstr(keys[i]))
                || !wanted(i, hoop_json_member(entry, keys[i])))
            {
                json_array_remove(list, k - 1);
            }
        }
    }
}


static void
document(const hoop_mcp_list_t *l, int rc, const u_char *p, size_t len)
{
    size_t         i;
    json_t        *root, *out, *again;
    hoop_error_t   err;

    root = hoop_json_load(p, len, &err);

    if (rc != HOOP_OK) {

        if (l->out.len) {
            abort();
        }

        json_decref(root);
        return;
    }

    out = json_loadb((char *) l->out.data, l->out.len, JSON_DECODE_ANY, NULL);
    again = json_deep_copy(out);

    less(again);

    for (i = 0; i < json_array_size(again); i++) {
        less(json_array_get(again, i));
    }

    if (out && !json_equal(out, again)) {
        abort();
    }

    less(root);

    for (i = 0; i < json_array_size(root); i++) {
        less(json_array_get(root, i));
    }

    if (root && (out == NULL || !json_equal(root, out))) {
        abort();
    }

    json_decref(again);
    json_decref(out);
    json_decref(root);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int              rc, stream;
    size_t           step;
    const u_char    *p;
    hoop_mcp_list_t  whole, split;

    if (size == 0) {
        return 0;
    }

    stream = data[0] >> 7;
    step = data[0] % 32 + 1;
    p = data + 1;
    size--;

    rc = run(&whole, stream, p, size, size + 1);

    if (rc != run(&split, stream, p, size, step)
        || whole.kept != split.kept
        || whole.removed != split.removed
        || whole.out.len != split.out.len
        || (whole.out.len
            && memcmp(whole.out.data, split.out.data, whole.out.len) != 0)
        || (rc == HOOP_OK && whole.removed == 0
            && (whole.out.len != size
                || (size && memcmp(whole.out.data, p, size) != 0))))
    {
        abort();
    }

    hoop_mcp_list_free(&split);

    if (!stream) {
        document(&whole, rc, p, size);
    }

    /* of a stream that was refused, what went on before */

    if (run(&split, stream, whole.out.data, whole.out.len, 7) != HOOP_OK
        || split.removed != 0
        || split.out.len != whole.out.len)
    {
        abort();
    }

    hoop_mcp_list_free(&split);
    hoop_mcp_list_free(&whole);

    return 0;
}
