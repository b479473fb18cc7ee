
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the project needs around jansson: a strict loader, JSON pointers
 * (RFC 6901) and the place of a value in its text.
 */


#ifndef _HOOP_JSON_H_INCLUDED_
#define _HOOP_JSON_H_INCLUDED_


#include <jansson.h>

#include "hoop_core.h"


#define HOOP_JSON_DEPTH   64


/*
 * Loads one JSON document strictly: valid UTF-8, no duplicate members, no
 * trailing bytes, nesting at most HOOP_JSON_DEPTH, or as little of it as
 * depth says.  Any top-level value.  Returns a new reference, or NULL with err
 * set; the texts never quote input.
 */
json_t *hoop_json_load(const u_char *p, size_t len, hoop_error_t *err);
json_t *hoop_json_load_depth(const u_char *p, size_t len, unsigned depth,
    hoop_error_t *err);

/* the text of a string; data NULL of anything else */

static inline hoop_str_t
hoop_json_string(const json_t *value)
{
    return hoop_str(json_string_value(value), json_string_length(value));
}

static inline hoop_str_t
hoop_json_member(const json_t *object, const char *name)
{
    return hoop_json_string(json_object_get(object, name));
}


/* RFC 6901; "" is the root.  Borrowed reference, or NULL. */
json_t *hoop_json_pointer(json_t *root, hoop_str_t pointer);

/*
 * Takes the next "/segment" off a pointer, unescaped: a span of the pointer,
 * or of buf where it had escapes.  HOOP_ERROR: not a pointer, or an escaped
 * one longer than size.
 */
int hoop_json_segment(hoop_str_t *pointer, hoop_str_t *segment, u_char *buf,
    size_t size);
/* 1 if it is a pointer into a document, not "" */
int hoop_json_pointer_valid(hoop_str_t pointer);
/* the array index that a segment spells, or HOOP_ERROR */
int hoop_json_index(hoop_str_t segment, size_t *index);

/* 1 if a member's name is that name but for its case */
int hoop_json_variant(json_t *object, hoop_str_t name);
/* 1 if the two names differ, but in case only */
int hoop_json_alike(hoop_str_t name, hoop_str_t other);

/*
 * Finds where in the text the value (key = 0) or the member name (key = 1)
 * at a pointer stands, and sets err->line and err->column; of a pointer that
 * leads nowhere, the deepest value on its way.
 */
void hoop_json_locate(const u_char *p, size_t len, const char *pointer,
    int key, hoop_error_t *err);


#endif /* _HOOP_JSON_H_INCLUDED_ */
