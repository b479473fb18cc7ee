
/*
 * Copyright (C) ngx_hoop_module authors
 */


#include "hoop_prefer.h"

#include <string.h>
#include <strings.h>


static size_t hoop_prefer_token(const u_char *p, size_t i, size_t n);
static size_t hoop_prefer_value(const u_char *p, size_t i, size_t n,
    hoop_str_t *value);
static size_t hoop_prefer_space(const u_char *p, size_t i, size_t n);
static void hoop_prefer_add(hoop_prefer_t *p, hoop_str_t name,
    hoop_str_t value);


/* 1#( token [ "=" ( token | quoted-string ) ] *( ";" [ parameter ] ) ) */

void
hoop_prefer(hoop_str_t header, hoop_prefer_t *prefer)
{
    size_t         i, k, n;
    unsigned       first;
    hoop_str_t     name, value;
    const u_char  *p;

    p = header.data;
    n = header.len;
    i = 0;
    first = 1;

    while (i < n) {

        i = hoop_prefer_space(p, i, n);

        if (i < n && (p[i] == ',' || p[i] == ';')) {
            first = (p[i] == ',');
            i++;
            continue;
        }

        k = hoop_prefer_token(p, i, n);

        if (k == i) {
            return;
        }

        name = hoop_str(p + i, k - i);
        value = hoop_str(NULL, 0);

        i = hoop_prefer_space(p, k, n);

        if (i < n && p[i] == '=') {
            i = hoop_prefer_space(p, i + 1, n);
            k = hoop_prefer_value(p, i, n, &value);

            if (k == i) {
                return;
            }

            i = hoop_prefer_space(p, k, n);
        }

        if (i < n && p[i] != ',' && p[i] != ';') {
            return;
        }

        /* behind ";" is a parameter of the preference: none that is known */

        if (first) {
            hoop_prefer_add(prefer, name, value);
            first = 0;
        }
    }
}


static void
hoop_prefer_add(hoop_prefer_t *p, hoop_str_t name, hoop_str_t value)
{
    size_t    i;
    unsigned  n;

    if (name.len == 13 && strncasecmp((char *) name.data, "respond-async", 13)
                          == 0)
    {
        p->async = 1;
        return;
    }

    if (p->has_wait || name.len != 4
        || strncasecmp((char *) name.data, "wait", 4) != 0
        || value.len == 0)
    {
        return;
    }

    n = 0;

    for (i = 0; i < value.len; i++) {

        if (value.data[i] < '0' || value.data[i] > '9') {
            return;
        }

        n = n * 10 + (value.data[i] - '0');

        if (n > HOOP_PREFER_MAX) {
            n = HOOP_PREFER_MAX;
        }
    }

    p->has_wait = 1;
    p->wait = n;
}


static size_t
hoop_prefer_space(const u_char *p, size_t i, size_t n)
{
    while (i < n && (p[i] == ' ' || p[i] == '\t')) {
        i++;
    }

    return i;
}


static size_t
hoop_prefer_token(const u_char *p, size_t i, size_t n)
{
    u_char  c;

    for ( ; i < n; i++) {
        c = p[i];

        if ((c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
            && (c < '0' || c > '9')
            && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
        {
            break;
        }
    }

    return i;
}


/* of a quoted one the text between the quotes, as it stands there */

static size_t
hoop_prefer_value(const u_char *p, size_t i, size_t n, hoop_str_t *value)
{
    size_t  k;

    if (i == n || p[i] != '"') {
        k = hoop_prefer_token(p, i, n);
        *value = hoop_str(p + i, k - i);

        return k;
    }

    for (k = i + 1; k < n && p[k] != '"'; k++) {
        if (p[k] == '\\') {
            k++;
        }
    }

    if (k >= n) {
        return i;
    }

    *value = hoop_str(p + i + 1, k - i - 1);

    return k + 1;
}
