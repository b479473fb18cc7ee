
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * JSON pointers (RFC 6901), and where they lead to in the text.
 */


#include <stdlib.h>

#include "hoop_json_lex.h"


static void hoop_json_skip(hoop_json_lex_t *lex);
static int hoop_json_enter(hoop_json_lex_t *lex, hoop_str_t segment,
    const u_char **key);


json_t *
hoop_json_pointer(json_t *root, hoop_str_t pointer)
{
    size_t       i, size;
    u_char      *buf, local[256];
    hoop_str_t   segment;

    buf = local;
    size = sizeof(local);

    if (pointer.len > size) {
        size = pointer.len;

        buf = malloc(size);
        if (buf == NULL) {
            return NULL;
        }
    }

    while (root != NULL && pointer.len != 0) {

        if (hoop_json_segment(&pointer, &segment, buf, size) != HOOP_OK) {
            root = NULL;
            break;
        }

        if (json_is_object(root)) {
            root = json_object_getn(root, (const char *) segment.data,
                                    segment.len);

        } else if (json_is_array(root)
                   && hoop_json_index(segment, &i) == HOOP_OK)
        {
            root = json_array_get(root, i);

        } else {
            root = NULL;
        }
    }

    if (buf != local) {
        free(buf);
    }

    return root;
}


int
hoop_json_pointer_valid(hoop_str_t pointer)
{
    size_t  i;

    if (pointer.len == 0 || pointer.data[0] != '/'
        || !hoop_utf8_valid(pointer.data, pointer.len))
    {
        return 0;
    }

    for (i = 0; i < pointer.len; i++) {
        if (pointer.data[i] == '~'
            && (i + 1 == pointer.len
                || (pointer.data[i + 1] != '0' && pointer.data[i + 1] != '1')))
        {
            return 0;
        }
    }

    return 1;
}


int
hoop_json_segment(hoop_str_t *pointer, hoop_str_t *segment, u_char *buf,
    size_t size)
{
    u_char        *d;
    const u_char  *p, *end, *start;

    if (pointer->len == 0 || pointer->data[0] != '/') {
        return HOOP_ERROR;
    }

    start = pointer->data + 1;
    end = pointer->data + pointer->len;
    d = NULL;

    for (p = start; p < end && *p != '/'; p++) {

        if (*p == '~') {
            if (p + 1 == end || (p[1] != '0' && p[1] != '1')) {
                return HOOP_ERROR;
            }

            if (d == NULL) {
                if (pointer->len > size) {
                    return HOOP_ERROR;
                }

                memcpy(buf, start, p - start);
                d = buf + (p - start);
            }

            *d++ = (*++p == '0') ? '~' : '/';

        } else if (d != NULL) {
            *d++ = *p;
        }
    }

    *segment = (d != NULL) ? hoop_str(buf, d - buf)
                           : hoop_str(start, p - start);
    *pointer = hoop_str(p, end - p);

    return HOOP_OK;
}


int
hoop_json_index(hoop_str_t segment, size_t *index)
{
    size_t  i, n;

    if (segment.len == 0 || segment.len > 9
        || (segment.data[0] == '0' && segment.len > 1))
    {
        return HOOP_ERROR;
    }

    for (n = 0, i = 0; i < segment.len; i++) {
        if (segment.data[i] < '0' || segment.data[i] > '9') {
            return HOOP_ERROR;
        }

        n = n * 10 + (segment.data[i] - '0');
    }

    *index = n;

    return HOOP_OK;
}


/*
 * The text is one that hoop_json_load() accepted.  Where the pointer leads
 * out of the document, the deepest value on its way is named instead: an
 * error about a missing member then points at the object that misses it.
 */

void
hoop_json_locate(const u_char *p, size_t len, const char *pointer, int key,
    hoop_error_t *err)
{
    u_char            buf[256];
    hoop_str_t        rest, segment;
    const u_char     *place, *name;
    hoop_json_lex_t   lex;

    memset(&lex, 0, sizeof(hoop_json_lex_t));

    lex.p = p;
    lex.end = p + len;

    (void) hoop_json_next(&lex);

    place = lex.token;
    name = NULL;
    rest = hoop_cstr(pointer);

    while (rest.len != 0
           && hoop_json_segment(&rest, &segment, buf, sizeof(buf)) == HOOP_OK
           && hoop_json_enter(&lex, segment, &name) == HOOP_OK)
    {
        place = (key && rest.len == 0 && name != NULL) ? name : lex.token;
    }

    hoop_json_place(p, place, err);
}


/*
 * From the first token of a container to the first token of the member or
 * element that segment names.
 */

static int
hoop_json_enter(hoop_json_lex_t *lex, hoop_str_t segment, const u_char **key)
{
    int                 found;
    size_t              i, index;
    json_t             *name;
    hoop_json_token_e   type;

    type = lex->type;
    index = 0;
    *key = NULL;

    if (type != HOOP_JSON_T_OBJECT
        && (type != HOOP_JSON_T_ARRAY
            || hoop_json_index(segment, &index) != HOOP_OK))
    {
        return HOOP_DECLINED;
    }

    for (i = 0; /* void */ ; i++) {

        (void) hoop_json_next(lex);

        if (type == HOOP_JSON_T_ARRAY) {
            if (lex->type == HOOP_JSON_T_ARRAY_END) {
                return HOOP_DECLINED;
            }

            found = (i == index);

        } else {
            if (lex->type != HOOP_JSON_T_STRING) {
                return HOOP_DECLINED;
            }

            *key = lex->token;

            name = json_loadb((const char *) lex->token, lex->p - lex->token,
                              JSON_DECODE_ANY, NULL);

            found = name != NULL
                    && hoop_str_eq(hoop_str(json_string_value(name),
                                            json_string_length(name)),
                                   segment);

            json_decref(name);

            (void) hoop_json_next(lex);     /* ":" */
            (void) hoop_json_next(lex);
        }

        if (found) {
            return HOOP_OK;
        }

        hoop_json_skip(lex);

        if (hoop_json_next(lex) != HOOP_JSON_T_COMMA) {
            return HOOP_DECLINED;
        }
    }
}


/* From the first token of a value to its last. */

static void
hoop_json_skip(hoop_json_lex_t *lex)
{
    unsigned  depth;

    for (depth = 0; /* void */ ; (void) hoop_json_next(lex)) {

        switch (lex->type) {

        case HOOP_JSON_T_OBJECT:
        case HOOP_JSON_T_ARRAY:
            depth++;
            break;

        case HOOP_JSON_T_OBJECT_END:
        case HOOP_JSON_T_ARRAY_END:
            if (depth <= 1) {
                return;
            }

            depth--;
            break;

        case HOOP_JSON_T_EOF:
        case HOOP_JSON_T_BROKEN:
            return;

        default:
            if (depth == 0) {
                return;
            }
        }
    }
}
