
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Media types.  RFC 8259 knows no charset but UTF-8: one that stands there
 * twice, or in any other dress, is not to be trusted.
 */


#include "hoop_media.h"


static int hoop_media_same(hoop_str_t text, const char *lower);
static int hoop_media_params(const u_char *p, const u_char *end);
static int hoop_media_value(const u_char **p, const u_char *end,
    hoop_str_t *value);


#define hoop_media_space(c)   ((c) == ' ' || (c) == '\t')


int
hoop_media_is(hoop_str_t value, const char *type)
{
    size_t      n;
    hoop_str_t  name;

    for (n = 0; n < value.len; n++) {
        if (value.data[n] == ';' || hoop_media_space(value.data[n])) {
            break;
        }
    }

    name = hoop_str(value.data, n);

    if (type[0] == '+') {

        if (n <= strlen(type)) {
            return HOOP_DECLINED;
        }

        name.data += n - strlen(type);
        name.len = strlen(type);
    }

    if (!hoop_media_same(name, type)) {
        return HOOP_DECLINED;
    }

    return hoop_media_params(value.data + n, value.data + value.len);
}


int
hoop_media_charset(hoop_str_t name)
{
    return hoop_media_same(name, "utf-8") ? HOOP_OK : HOOP_ERROR;
}


static int
hoop_media_same(hoop_str_t text, const char *lower)
{
    size_t  i;

    if (text.len != strlen(lower)) {
        return 0;
    }

    for (i = 0; i < text.len; i++) {
        if (hoop_lower(text.data[i]) != (u_char) lower[i]) {
            return 0;
        }
    }

    return 1;
}


static int
hoop_media_params(const u_char *p, const u_char *end)
{
    unsigned       seen;
    hoop_str_t     name, value;
    const u_char  *start;

    seen = 0;

    for ( ;; ) {

        while (p < end && hoop_media_space(*p)) {
            p++;
        }

        if (p == end) {
            return HOOP_OK;
        }

        if (*p++ != ';') {
            return HOOP_ERROR;
        }

        while (p < end && hoop_media_space(*p)) {
            p++;
        }

        if (p == end || *p == ';') {
            continue;
        }

        for (start = p; p < end && *p != '=' && *p != ';'; p++) {
            /* void */
        }

        if (p == end || *p == ';') {
            return HOOP_ERROR;
        }

        name = hoop_str(start, p - start);
        p++;

        if (hoop_media_value(&p, end, &value) != HOOP_OK) {
            return HOOP_ERROR;
        }

        if (hoop_media_same(name, "charset")
            && (seen++ || hoop_media_charset(value) != HOOP_OK))
        {
            return HOOP_ERROR;
        }
    }
}


static int
hoop_media_value(const u_char **p, const u_char *end, hoop_str_t *value)
{
    const u_char  *s;

    s = *p;

    if (s == end || *s != '"') {

        while (s < end && *s != ';' && *s != '"' && !hoop_media_space(*s)) {
            s++;
        }

        *value = hoop_str(*p, s - *p);
        *p = s;

        return HOOP_OK;
    }

    for (s++; s < end && *s != '"'; s++) {
        if (*s == '\\') {
            return HOOP_ERROR;
        }
    }

    if (s == end) {
        return HOOP_ERROR;
    }

    *value = hoop_str(*p + 1, s - *p - 1);
    *p = s + 1;

    return HOOP_OK;
}
