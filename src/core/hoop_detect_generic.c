
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What is likely to be a secret: a value that looks random behind a name that
 * speaks of one.  It finds much that is none, and is looked for on request.
 */


#include "hoop_token.h"


#define HOOP_GENERIC_MIN      10
#define HOOP_GENERIC_MAX      150
#define HOOP_GENERIC_ENTROPY  35       /* tenths of a bit a character */
#define HOOP_GENERIC_SPACES   4


static const char  *hoop_generic_names[] = {
    "access", "auth", "api", "credential", "creds", "key", "passw", "pwd",
    "secret", "token"
};

/* names that speak of something else */

static const char  *hoop_generic_not[] = {
    "author", "public", "primary", "foreign", "tokens", "tokenizer",
    "tokentype", "keyboard", "keyword", "monkey", "passwordpolicy"
};

/* in values that stand for another */

static const char  *hoop_generic_stops[] = {
    "example", "placeholder", "changeme", "redacted", "your", "xxxx", "dummy",
    "sample", "default"
};


static int
hoop_generic_has(const u_char *p, size_t n, const char **words, unsigned nwords)
{
    size_t    i, k, len;
    unsigned  w;

    for (w = 0; w < nwords; w++) {
        len = strlen(words[w]);

        for (i = 0; i + len <= n; i++) {

            for (k = 0; k < len; k++) {
                if (hoop_lower(p[i + k]) != (u_char) words[w][k]) {
                    break;
                }
            }

            if (k == len) {
                return 1;
            }
        }
    }

    return 0;
}

#define hoop_generic_in(p, n, words)                                          \
    hoop_generic_has(p, n, words, sizeof(words) / sizeof(words[0]))


/* the name before the sign at i, which may be quoted, speaks of a secret */

static int
hoop_generic_name(const hoop_scan_t *s, size_t i)
{
    int     c;
    size_t  k, n;
    u_char  name[HOOP_NAME_MAX];

    k = 1;
    k += (hoop_before(s, i, k) == ' ');
    c = hoop_before(s, i, k);
    k += (c == '"' || c == '\'');

    for (n = 0; k <= HOOP_NAME_MAX; k++) {
        c = hoop_before(s, i, k);

        if (c < 0 || !hoop_is(c, HOOP_C_NAME)) {
            break;
        }

        if (hoop_is(c, HOOP_C_ALNUM)) {
            name[HOOP_NAME_MAX - 1 - n++] = hoop_lower((u_char) c);
        }
    }

    return hoop_generic_in(name + HOOP_NAME_MAX - n, n, hoop_generic_names)
           && !hoop_generic_in(name + HOOP_NAME_MAX - n, n, hoop_generic_not);
}


int
hoop_detect_generic(hoop_scan_t *s, size_t i)
{
    int            quote;
    size_t         k, start, digits;
    const u_char  *p;

    if (!hoop_generic_name(s, i)) {
        return HOOP_NO;
    }

    p = s->p;

    for (k = i + 1; k < s->n && k - i <= HOOP_GENERIC_SPACES; k++) {
        if (p[k] != ' ' && p[k] != '\t' && p[k] != '>') {
            break;
        }
    }

    if (k == s->n) {
        return hoop_more(s, i);
    }

    quote = (p[k] == '"' || p[k] == '\'' || p[k] == '`');
    start = k + quote;
    digits = 0;

    for (k = start; k < s->n && k - start <= HOOP_GENERIC_MAX; k++) {
        if (!hoop_token_is(p[k], HOOP_SET_BASE64) && p[k] != '.') {
            break;
        }

        digits += hoop_is(p[k], HOOP_C_DIGIT);
    }

    if (k == s->n && k - start <= HOOP_GENERIC_MAX && !s->final) {
        return hoop_more(s, i);
    }

    if (k - start < HOOP_GENERIC_MIN || k - start > HOOP_GENERIC_MAX
        || digits == 0 || !hoop_is(p[start], HOOP_C_ALNUM)
        || (k < s->n && !hoop_is(p[k], HOOP_C_DELIM))
        || hoop_entropy(p + start, k - start) < HOOP_GENERIC_ENTROPY
        || hoop_generic_in(p + start, k - start, hoop_generic_stops))
    {
        return HOOP_NO;
    }

    return hoop_yes(s, start, k, HOOP_DETECT_GENERIC_SECRET);
}
