
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * E-mail addresses, and values by the names before them.
 */


#include "hoop_detect_impl.h"


#define HOOP_DOMAIN_MAX    253

#define HOOP_PLAIN_MIN     6           /* bytes of a value without quotes, */
#define HOOP_PLAIN_MAX     64          /* and those that are looked at */


/* names of files, which have the form of an address as "icon@2x.png" */

static int
hoop_file_extension(const u_char *p, size_t n)
{
    size_t    k;
    unsigned  i;

    static const char  *names[] = {
        "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "css", "js", "mjs",
        "cjs", "jsx", "tsx", "json", "map", "html", "htm", "xml", "txt", "pdf",
        "woff", "mp", "ttf", "eot", "csv", "yml", "yaml", "lock", "toml", "exe",
        "dll", "tgz", "gz", "scss", "less", "vue", "min", "bundle", "log"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        for (k = 0; k < n && names[i][k]; k++) {
            if ((p[k] | 0x20) != names[i][k]) {
                break;
            }
        }

        if (k == n && names[i][k] == '\0') {
            return 1;
        }
    }

    return 0;
}


/*
 * The end of a domain name at i, or 0.  The longest run of labels that ends
 * in letters is taken, so that what follows an address cannot hide it.
 */

static size_t
hoop_domain(const hoop_scan_t *s, size_t i, int *more)
{
    u_char  c;
    size_t  k, label, best;
    int     dots, letters;

    *more = 0;
    best = 0;
    dots = 0;
    letters = 1;
    label = i;

    if (i < s->n && !hoop_is(s->p[i], HOOP_C_ALNUM)) {
        return 0;
    }

    for (k = i; /* void */ ; k++) {

        if (k == s->n && !s->final && k - i <= HOOP_DOMAIN_MAX) {
            *more = 1;
            return 0;
        }

        c = (k < s->n) ? s->p[k] : 0;

        if (hoop_is(c, HOOP_C_ALPHA) && k - i < HOOP_DOMAIN_MAX) {
            continue;
        }

        /* a label, or a part of one, ends here */

        if (dots && letters && k - label >= 2 && k - label <= 24
            && !hoop_file_extension(s->p + label, k - label))
        {
            best = k;
        }

        if (c == '.' && k > label && k - i < HOOP_DOMAIN_MAX) {
            dots++;
            letters = 1;
            label = k + 1;
            continue;
        }

        if ((hoop_is(c, HOOP_C_DIGIT) || c == '-')
            && k - i < HOOP_DOMAIN_MAX)
        {
            /* but for an internationalised top level: xn--p1ai */

            letters = (k - label >= 3
                       && (s->p[label] | 0x20) == 'x'
                       && (s->p[label + 1] | 0x20) == 'n'
                       && s->p[label + 2] == '-' && s->p[label + 3] == '-');
            continue;
        }

        return best;
    }
}


int
hoop_detect_email(hoop_scan_t *s, size_t at)
{
    int     more;
    size_t  start, end;

    start = at;

    while (start > 0 && at - start < HOOP_LOCAL_MAX
           && hoop_is(s->p[start - 1], HOOP_C_LOCAL))
    {
        start--;
    }

    while (start < at && (s->p[start] == '.' || s->p[start] == '-'
                          || s->p[start] == '%'))
    {
        start++;
    }

    if (start == at) {
        return HOOP_NO;
    }

    end = hoop_domain(s, at + 1, &more);

    if (more) {
        return hoop_more(s, start);
    }

    if (end == 0) {
        return HOOP_NO;
    }

    if (at - start == 3 && memcmp(s->p + start, "git", 3) == 0) {

        if (end == s->n && !s->final) {
            return hoop_more(s, start);
        }

        if (end < s->n && s->p[end] == ':') {
            return HOOP_NO;
        }
    }

    return hoop_yes(s, start, end, HOOP_DETECT_EMAIL);
}


/*
 * The name that ends k bytes before i; copied, for it may stand partly in the
 * left context.
 */

static size_t
hoop_name(const hoop_scan_t *s, size_t i, size_t k, int quote, u_char *name)
{
    int     c;
    size_t  n;

    for (n = 0; n < HOOP_NAME_MAX; n++) {
        c = hoop_before(s, i, k + n);

        if (quote ? (c == quote || c < 0x20 || c == '\\')
                  : (c < 0 || !hoop_is(c, HOOP_C_NAME)))
        {
            break;
        }

        name[HOOP_NAME_MAX - 1 - n] = (u_char) c;
    }

    if (quote && hoop_before(s, i, k + n) != quote) {
        return 0;
    }

    return n;
}


/* names of HTTP headers, whose values run to the end of the line */

static int
hoop_header_name(const u_char *name, size_t n)
{
    size_t    k;
    unsigned  i;

    static const char  *names[] = {
        "authorization", "proxy-authorization", "cookie", "set-cookie",
        "x-api-key"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        if (strlen(names[i]) != n) {
            continue;
        }

        for (k = 0; k < n && (name[k] | 0x20) == (names[i][k] | 0x20); k++) {
            /* void */
        }

        if (k == n) {
            return 1;
        }
    }

    return 0;
}


/*
 * What stands without quotes behind "name: " or "name = " is a value if it does
 * not look like a word of prose, or like code: six bytes with a digit at least.
 */

static int
hoop_plain_value(hoop_scan_t *s, size_t i, size_t k)
{
    int     digit;
    size_t  n;

    digit = 0;

    for (n = 0; n < HOOP_PLAIN_MAX; n++) {

        if (k + n == s->n) {

            if (!s->final) {
                return hoop_more(s, i);
            }

            break;
        }

        if (s->p[k + n] == '(') {
            return HOOP_NO;
        }

        if (hoop_is(s->p[k + n], HOOP_C_DELIM)) {
            break;
        }

        digit |= hoop_is(s->p[k + n], HOOP_C_DIGIT);
    }

    return (n >= HOOP_PLAIN_MIN && digit) ? HOOP_YES : HOOP_NO;
}


int
hoop_detect_value(hoop_scan_t *s, size_t i)
{
    int       c, rc, quote, line, plain;
    size_t    k, n;
    u_char    name[HOOP_NAME_MAX];
    unsigned  det, spaces;

    quote = 0;
    line = 0;
    plain = 0;
    k = 1;

    c = hoop_before(s, i, 1);

    if (s->p[i] == ':' && c == ' ') {
        k = 2;
        c = hoop_before(s, i, 2);
    }

    while (s->p[i] == '=' && c == ' ' && k <= HOOP_PLAIN_SPACES) {
        plain = 1;
        k++;
        c = hoop_before(s, i, k);
    }

    if (hoop_quote(c)) {
        quote = c;
        k++;

        if (hoop_before(s, i, k) == '\\') {
            k++;
        }

    } else if ((k == 2 && !plain) || c < 0 || !hoop_is(c, HOOP_C_NAME)) {
        return HOOP_NO;
    }

    n = hoop_name(s, i, k, quote, name);

    if (n == 0) {
        return HOOP_NO;
    }

    if (s->p[i] == ':' && !quote) {
        line = hoop_header_name(name + HOOP_NAME_MAX - n, n);
        plain = !line;
    }

    det = s->name(s->ctx, name + HOOP_NAME_MAX - n, n);

    if (det == 0) {
        return HOOP_NO;
    }

    /* the value */

    spaces = (quote || line || plain) ? HOOP_PLAIN_SPACES : 0;
    k = i + 1;

    if (quote && s->p[i] == '=' && k < s->n && s->p[k] == '>') {
        k++;
    }

    while (k < s->n && spaces && (s->p[k] == ' ' || s->p[k] == '\t')) {
        k++;
        spaces--;
    }

    if (k == s->n) {
        return hoop_more(s, i);
    }

    c = s->p[k];
    s->quote = !line ? 0
               : hoop_quote(hoop_before(s, i, n + 1)) ? '\n' : HOOP_HEADER;

    if (hoop_quote(c) || c == '\\') {

        if (k + 2 >= s->n && !s->final) {
            return hoop_more(s, i);
        }

        if (c == '\\') {
            if (k + 2 >= s->n || s->p[k + 1] != '"' || s->p[k + 2] == '\\') {
                return HOOP_NO;
            }

            k++;

        } else if (k + 1 >= s->n || s->p[k + 1] == c) {
            return HOOP_NO;
        }

        k++;
        s->quote = (u_char) c;

    } else if (c == '=' || hoop_is(c, HOOP_C_DELIM)) {
        return HOOP_NO;

    } else if (plain && !quote) {
        rc = hoop_plain_value(s, i, k);

        if (rc != HOOP_YES) {
            return rc;
        }
    }

    (void) hoop_yes(s, k, k, det - 1);
    return HOOP_EVENT;
}
