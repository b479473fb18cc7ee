
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Passwords in URLs, and members of connection strings and of signed URLs:
 * values that have no form, but stand where only a secret does.
 */


#include "hoop_token.h"


#define HOOP_URL_MAX      300          /* from the colon to the host */
#define HOOP_PAIR_MAX     255          /* of a value that is seen as a whole */
#define HOOP_PAIR_BEFORE  48           /* bytes of the member before it */


typedef struct {
    const char  *name;         /* in lower case, without separators */
    unsigned     min;          /* of its value */
    unsigned     whole:1;      /* a name that ends in it is another */
    unsigned     member:1;     /* counts only next to another member */
} hoop_pair_t;


static const hoop_pair_t  hoop_pairs[] = {
    { "accountkey", 20, 0, 0 },
    { "sharedaccesskey", 20, 0, 0 },
    { "sig", 20, 1, 0 },
    { "xamzsignature", 32, 0, 0 },
    { "xamzsecuritytoken", 32, 0, 0 },
    { "xgoogsignature", 32, 0, 0 },
    { "accesstoken", 8, 0, 0 },
    { "refreshtoken", 8, 0, 0 },
    { "clientsecret", 8, 0, 0 },
    { "password", 1, 0, 1 },
    { "pwd", 1, 0, 1 }
};

#define HOOP_PAIRS  (sizeof(hoop_pairs) / sizeof(hoop_pairs[0]))


/* what stands for a value that is put in later, or was taken out */

static int
hoop_placeholder(const u_char *p, size_t n)
{
    size_t  i;

    if (n == 0) {
        return 1;
    }

    if (p[0] == '[' || p[0] == '<' || (p[0] == '{' && n > 1 && p[1] == '{')) {
        return 1;
    }

    if (p[0] == '%' && n == 2) {
        return 1;
    }

    for (i = (p[0] == '$'); i < n; i++) {
        if (p[0] == '$' ? (!hoop_is(p[i], HOOP_C_ALNUM) && p[i] != '_')
                        : (p[i] != p[0]))
        {
            break;
        }
    }

    return i == n && (p[0] == '$' || p[0] == '*' || p[0] == 'x' || p[0] == 'X'
                      || p[0] == '.');
}


/* what cannot stand between the scheme and the host */

static int
hoop_url_end(u_char c)
{
    return c <= ' ' || c == 0x7f || strchr("\"'<>\\^`{|}[]/?#", c) != NULL;
}


/* the colon of an URL is at i */

int
hoop_detect_url(hoop_scan_t *s, size_t i)
{
    int     c;
    size_t  k, colon, at;

    c = hoop_before(s, i, 1);

    if (c < 0 || !hoop_is(c, HOOP_C_ALNUM)) {
        return HOOP_NO;
    }

    for (k = i + 1; k < i + 3; k++) {

        if (k == s->n) {
            return hoop_more(s, i);
        }

        if (s->p[k] != '/') {
            return HOOP_NO;
        }
    }

    colon = 0;
    at = 0;

    for ( /* void */ ; k - i < HOOP_URL_MAX; k++) {

        if (k == s->n) {

            if (s->final) {
                break;
            }

            return hoop_more(s, i);
        }

        c = s->p[k];

        if (hoop_url_end((u_char) c)) {
            break;
        }

        if (c == ':' && colon == 0) {
            colon = k + 1;
        }

        /* the last one: some passwords have one as well */

        if (c == '@' && colon) {
            at = k;
        }
    }

    if (at <= colon || hoop_placeholder(s->p + colon, at - colon)) {
        return HOOP_NO;
    }

    return hoop_yes(s, colon, at, HOOP_DETECT_URL_PASSWORD);
}


/* 0 if no name of a pair ends in these three bytes */

int
hoop_pair_may(const u_char *end)
{
    u_char    c;
    unsigned  i;

    c = hoop_lower(end[-1]);

    for (i = 0; i < HOOP_PAIRS; i++) {
        if (c == (u_char) hoop_pairs[i].name[strlen(hoop_pairs[i].name) - 1]) {
            return 1;
        }
    }

    return 0;
}


/*
 * The pair whose name stands before i.  The bytes before that name are
 * *before bytes back.
 */

static const hoop_pair_t *
hoop_pair_find(const hoop_scan_t *s, size_t i, size_t *before)
{
    int       c;
    size_t    k, n, len;
    u_char    name[HOOP_NAME_MAX];
    unsigned  j;

    n = 0;

    for (k = 1; k <= HOOP_NAME_MAX; k++) {
        c = hoop_before(s, i, k);

        if (c < 0 || !hoop_is(c, HOOP_C_NAME)) {
            break;
        }

        if (hoop_is(c, HOOP_C_ALNUM)) {
            name[HOOP_NAME_MAX - 1 - n++] = hoop_lower((u_char) c);
        }
    }

    *before = k;

    for (j = 0; j < HOOP_PAIRS; j++) {
        len = strlen(hoop_pairs[j].name);

        if (len <= n && (len == n || !hoop_pairs[j].whole)
            && memcmp(name + HOOP_NAME_MAX - len, hoop_pairs[j].name, len)
               == 0)
        {
            return &hoop_pairs[j];
        }
    }

    return NULL;
}


/* 1 if a member of a connection string ends k bytes before i */

static int
hoop_pair_member(const hoop_scan_t *s, size_t i, size_t k)
{
    int     c, space;
    size_t  last;

    space = 0;
    last = HOOP_SCAN_LEFT < k + HOOP_PAIR_BEFORE ? HOOP_SCAN_LEFT
                                                 : k + HOOP_PAIR_BEFORE;

    for ( /* void */ ; k <= last; k++) {
        c = hoop_before(s, i, k);

        if (c == ' ' && space == 0) {
            space = 1;
            continue;
        }

        if (c == ';' || (space == 0 && (c == '?' || c == '&'))) {
            return 1;
        }

        if (space == 0 || c <= ' ') {
            return 0;
        }

        if (c == '=') {
            return 1;
        }

        space = 2;
    }

    return 0;
}


/* the '=' behind a name is at i */

int
hoop_detect_pair(hoop_scan_t *s, size_t i, hoop_scan_e *event)
{
    int                 c, quote;
    size_t              k, start, before;
    const hoop_pair_t  *pair;

    pair = hoop_pair_find(s, i, &before);

    if (pair == NULL) {
        return HOOP_NO;
    }

    start = i + 1;

    if (start == s->n) {
        return hoop_more(s, i);
    }

    c = s->p[start];
    quote = (c == '"' || c == '\'') ? c : (c == '{') ? '}' : 0;
    start += (quote != 0);

    for (k = start; k - start < HOOP_PAIR_MAX; k++) {

        if (k == s->n) {

            if (s->final) {
                break;
            }

            return hoop_more(s, i);
        }

        if (quote ? s->p[k] == quote || s->p[k] < ' '
                  : hoop_is(s->p[k], HOOP_C_DELIM) || s->p[k] == '\\')
        {
            break;
        }
    }

    if (k - start < pair->min || hoop_placeholder(s->p + start, k - start)) {
        return HOOP_NO;
    }

    /* a password without a form must stand in a string of such members */

    if (pair->member && !hoop_pair_member(s, i, before)) {

        k += (quote && k < s->n && s->p[k] == quote);

        if (k == s->n && !s->final) {
            return hoop_more(s, i);
        }

        if (k == s->n || s->p[k] != ';') {
            return HOOP_NO;
        }

        k -= (quote && s->p[k - 1] == quote);
    }

    (void) hoop_yes(s, start, k, HOOP_DETECT_CONNECTION_STRING);

    if (k - start < HOOP_PAIR_MAX) {
        return HOOP_YES;
    }

    s->end = start;
    s->quote = (quote == '}') ? '}' : (u_char) quote;
    *event = HOOP_SCAN_VALUE;

    return HOOP_EVENT;
}
