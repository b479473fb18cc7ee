
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the compilers of a policy share: checks of JSON values, messages that
 * say where, memory that lives as long as the policy.
 */


#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "hoop_policy_rule.h"


#define HOOP_POLICY_BLOCK  16384


static int hoop_policy_object_unknown(hoop_compile_t *cc, const char *key,
    const char *const *keys);


/* in the order of hoop_verdict_e */

const char *const  hoop_policy_effects[] = {
    "allow", "review", "deny", NULL
};


int
hoop_policy_word(hoop_compile_t *cc, json_t *v, const char *const *words,
    unsigned *n)
{
    char      wanted[120];
    size_t    len;
    unsigned  i;

    len = 0;

    for (i = 0; words[i] != NULL; i++) {

        if (json_is_string(v) && strcmp(json_string_value(v), words[i]) == 0) {
            *n = i;
            return HOOP_OK;
        }

        len += snprintf(wanted + len, sizeof(wanted) - len, "%s\"%s\"",
                        i ? ", " : "", words[i]);
    }

    if (!json_is_string(v)) {
        return hoop_policy_error(cc, 0, "wanted one of the strings %s", wanted);
    }

    return hoop_policy_error(cc, 0, "unknown value \"%s\", wanted one of %s",
                             hoop_policy_quote(cc,
                                 hoop_str(json_string_value(v),
                                          json_string_length(v))),
                             wanted);
}


/*
 * Names go into events, headers and answers: a small alphabet keeps them
 * harmless everywhere.
 */

int
hoop_policy_name_check(hoop_compile_t *cc, json_t *v, hoop_str_t *name)
{
    if (hoop_policy_string(cc, v, HOOP_POLICY_MAX_NAME, name) != HOOP_OK) {
        return HOOP_ERROR;
    }

    if (!hoop_policy_name_valid(*name)) {
        return hoop_policy_error(cc, 0, "invalid name \"%s\", wanted "
                                 "letters, digits, \"-\", \"_\", \".\" "
                                 "and \":\"",
                                 hoop_policy_quote(cc, *name));
    }

    return HOOP_OK;
}


int
hoop_policy_name_valid(hoop_str_t name)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < name.len; i++) {
        c = name.data[i] | 0x20;

        if (!(c >= 'a' && c <= 'z')
            && !(name.data[i] >= '0' && name.data[i] <= '9')
            && (name.data[i] == '\0'
                || strchr("-_.:", name.data[i]) == NULL))
        {
            return 0;
        }
    }

    return name.len != 0 && name.len <= HOOP_POLICY_MAX_NAME;
}


int
hoop_policy_string(hoop_compile_t *cc, json_t *v, size_t max, hoop_str_t *s)
{
    size_t  i;

    if (!json_is_string(v)) {
        return hoop_policy_error(cc, 0, "wanted a string");
    }

    *s = hoop_str(json_string_value(v), json_string_length(v));

    if (s->len == 0 || s->len > max) {
        return hoop_policy_error(cc, 0, "wanted a string of 1 to %zu bytes",
                                 max);
    }

    for (i = 0; i < s->len; i++) {
        if (s->data[i] < 0x20 || s->data[i] == 0x7f) {
            return hoop_policy_error(cc, 0, "control character in a string");
        }
    }

    return HOOP_OK;
}


int
hoop_policy_object(hoop_compile_t *cc, json_t *conf, const char *const *keys)
{
    int          rc;
    size_t       mark;
    json_t      *v;
    unsigned     i;
    const char  *key;

    if (!json_is_object(conf)) {
        return hoop_policy_error(cc, 0, "wanted an object");
    }

    rc = HOOP_OK;
    mark = cc->path.len;

    json_object_foreach(conf, key, v) {

        for (i = 0; keys[i] != NULL; i++) {
            if (strcmp(key, keys[i]) == 0) {
                break;
            }
        }

        if (keys[i] != NULL) {
            continue;
        }

        /* the last one is what the caller returns with */

        if (hoop_policy_end(cc, mark, rc) != HOOP_OK) {
            return HOOP_ERROR;
        }

        rc = hoop_policy_object_unknown(cc, key, keys);
    }

    return rc;
}


static int
hoop_policy_object_unknown(hoop_compile_t *cc, const char *key,
    const char *const *keys)
{
    char      wanted[200];
    size_t    len;
    unsigned  i;

    len = 0;

    for (i = 0; keys[i] != NULL && len < sizeof(wanted); i++) {
        len += snprintf(wanted + len, sizeof(wanted) - len, "%s%s",
                        i ? ", " : "", keys[i]);
    }

    (void) hoop_policy_push(cc, hoop_cstr(key));

    return hoop_policy_error(cc, 1, "unknown key \"%s\", wanted one of %s",
                             hoop_policy_quote(cc, hoop_cstr(key)), wanted);
}


int
hoop_policy_object_parts(hoop_compile_t *cc, json_t *conf,
    const char *const *keys)
{
    int     rc;
    size_t  mark;

    mark = cc->path.len;
    rc = hoop_policy_object(cc, conf, keys);

    return json_is_object(conf) ? hoop_policy_end(cc, mark, rc) : rc;
}


void *
hoop_policy_alloc(hoop_compile_t *cc, size_t size)
{
    void                 *p;
    size_t                n;
    hoop_policy_block_t  *block;

    size = (size + 15) & ~(size_t) 15;
    block = cc->policy->pool;

    if (block == NULL || block->size - block->used < size) {
        n = size > HOOP_POLICY_BLOCK ? size : HOOP_POLICY_BLOCK;

        block = calloc(1, sizeof(hoop_policy_block_t) + n);
        if (block == NULL) {
            (void) hoop_policy_nomem(cc);
            return NULL;
        }

        block->size = n;
        block->next = cc->policy->pool;
        cc->policy->pool = block;
    }

    p = block->data + block->used;
    block->used += size;

    return p;
}


int
hoop_policy_nomem(hoop_compile_t *cc)
{
    cc->failed = 1;
    hoop_error_set(cc->err, "no memory");

    return HOOP_ERROR;
}


int
hoop_policy_end(hoop_compile_t *cc, size_t mark, int rc)
{
    if (rc == HOOP_OK) {
        hoop_policy_pop(cc, mark);
        return HOOP_OK;
    }

    if (cc->failed || cc->errors->n + 1 >= cc->errors->size) {
        return HOOP_ERROR;
    }

    cc->err = &cc->errors->items[++cc->errors->n];
    memset(cc->err, 0, sizeof(hoop_error_t));

    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


int
hoop_policy_error(hoop_compile_t *cc, int key, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(cc->err->text, sizeof(cc->err->text), fmt, args);
    va_end(args);

    if (hoop_buf_addc(&cc->path, '\0') == HOOP_OK) {
        hoop_json_locate(cc->text, cc->len, (char *) cc->path.data, key,
                         cc->err);
    }

    return HOOP_ERROR;
}


const char *
hoop_policy_quote(hoop_compile_t *cc, hoop_str_t s)
{
    char    *out;
    size_t   i, n;

    out = cc->quoted[cc->turn++ & 1];
    n = s.len < 60 ? s.len : 60;

    for (i = 0; i < n; i++) {
        out[i] = (s.data[i] < 0x20 || s.data[i] >= 0x7f) ? '?' : s.data[i];
    }

    memcpy(out + n, s.len > n ? "..." : "", s.len > n ? 4 : 1);

    return out;
}


size_t
hoop_policy_push(hoop_compile_t *cc, hoop_str_t segment)
{
    size_t  i, mark;

    mark = cc->path.len;

    /* the place of its parent will do */

    if (segment.len > HOOP_POLICY_MAX_REGEX) {
        return mark;
    }

    (void) hoop_buf_addc(&cc->path, '/');

    for (i = 0; i < segment.len; i++) {

        switch (segment.data[i]) {
        case '~':
            (void) hoop_buf_add(&cc->path, "~0", 2);
            break;
        case '/':
            (void) hoop_buf_add(&cc->path, "~1", 2);
            break;
        default:
            (void) hoop_buf_addc(&cc->path, segment.data[i]);
        }
    }

    return mark;
}


size_t
hoop_policy_push_index(hoop_compile_t *cc, size_t i)
{
    size_t  mark;

    mark = cc->path.len;

    (void) hoop_buf_addc(&cc->path, '/');
    (void) hoop_buf_addu(&cc->path, i);

    return mark;
}


void
hoop_policy_pop(hoop_compile_t *cc, size_t mark)
{
    cc->path.len = mark;
}
