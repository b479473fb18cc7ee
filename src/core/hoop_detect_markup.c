
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Values that markup names, in text of any kind:
 *
 *   <password>x</password>             an element, with any prefix,
 *   <entry key="password">x</entry>    one whose "name" or "key" says it,
 *   <add key="password" value="x"/>    its attribute "value",
 *
 * and the parts of multipart/form-data (RFC 7578).
 *
 * Each is found at the last byte before its value can begin, '>' or '=', so
 * that what stands before has been judged already.  A tag is known as far as
 * the left context reaches.  In text the end of an element must be within
 * reach: "mysql -u <user> -p <password>" is none.  In a document that is said
 * to be markup all is left out up to the end tag (hoop_scan_element()).
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE    /* memrchr() */
#endif

#include "hoop_detect_impl.h"


#define HOOP_MARKUP_AHEAD  (HOOP_SCAN_HELD - 16)


/* the bytes from '<' to before i, without the former */

typedef struct {
    const u_char  *p;                      /* in the window, or in data */
    size_t         len;
    u_char         data[HOOP_SCAN_LEFT];
} hoop_tag_t;


/* the last '<' before i, but for the last "skip" bytes; 0: there is none */

static int
hoop_tag_find(const hoop_scan_t *s, size_t i, size_t skip, hoop_tag_t *tag)
{
    size_t         n, left;
    const u_char  *p, *end;

    n = (i > HOOP_SCAN_LEFT) ? HOOP_SCAN_LEFT : i;

    p = (n > skip) ? memrchr(s->p + i - n, '<', n - skip) : NULL;

    if (p) {
        tag->p = p + 1;
        tag->len = s->p + i - tag->p;
        return 1;
    }

    left = HOOP_SCAN_LEFT - n;
    left = (left > s->nleft) ? s->nleft : left;
    skip = (skip > n) ? skip - n : 0;

    if (left <= skip) {
        return 0;
    }

    end = s->left + s->nleft;
    p = memrchr(end - left, '<', left - skip);

    if (p == NULL) {
        return 0;
    }

    left = end - (p + 1);

    memcpy(tag->data, p + 1, left);
    memcpy(tag->data + left, s->p, n);

    tag->p = tag->data;
    tag->len = left + n;

    return 1;
}


/* 1 if it is all of a tag but for what ends it; values in quotes may have '>' */

static int
hoop_tag_whole(const hoop_tag_t *tag)
{
    u_char  c, quote;
    size_t  k;

    if (tag->len == 0
        || (!hoop_is(tag->p[0], HOOP_C_ALPHA) && tag->p[0] != '_'))
    {
        return 0;
    }

    quote = 0;

    for (k = 0; k < tag->len; k++) {
        c = tag->p[k];

        if (quote) {
            quote = (c == quote) ? 0 : quote;

        } else if (hoop_quote(c)) {
            quote = c;

        } else if (c == '>') {
            return 0;
        }
    }

    return quote == 0;
}


/* two of its values may have a '<' */

static int
hoop_tag_before(const hoop_scan_t *s, size_t i, hoop_tag_t *tag)
{
    size_t    skip;
    unsigned  k;

    skip = 0;

    for (k = 0; k < 3; k++) {

        if (!hoop_tag_find(s, i, skip, tag)) {
            return HOOP_NO;
        }

        if (hoop_tag_whole(tag)) {
            return HOOP_YES;
        }

        skip = tag->len + 1;
    }

    return HOOP_NO;
}


/* of the name of an element, with its prefix */

static size_t
hoop_tag_name(const u_char *p, size_t n)
{
    size_t  k;

    for (k = 0; k < n && (hoop_is(p[k], HOOP_C_NAME) || p[k] == ':'); k++) {
        /* void */
    }

    return k;
}


static int
hoop_word_is(const u_char *p, size_t n, const char *word)
{
    size_t  k;

    for (k = 0; k < n && word[k]; k++) {
        if (hoop_lower(p[k]) != (u_char) word[k]) {
            return 0;
        }
    }

    return k == n && word[k] == '\0';
}


/* elements of HTML that have no content, or whose name is none of it */

static int
hoop_tag_bare(const u_char *p, size_t n)
{
    unsigned  i;

    static const char *const  names[] = {
        "a", "area", "base", "br", "button", "col", "embed", "fieldset", "form",
        "frame", "hr", "iframe", "img", "input", "link", "map", "meta",
        "object", "param", "slot", "source", "track", "wbr", NULL
    };

    for (i = 0; names[i]; i++) {
        if (hoop_word_is(p, n, names[i])) {
            return 1;
        }
    }

    return 0;
}


/* what an attribute that names something says, in [p, p + n) of a tag */

static unsigned
hoop_tag_named(const hoop_scan_t *s, const u_char *p, size_t n)
{
    u_char    quote;
    size_t    k, start, len;
    unsigned  det, names;

    for (k = 0; k < n; /* void */ ) {

        if (!hoop_space(p[k])) {
            k++;
            continue;
        }

        while (k < n && hoop_space(p[k])) {
            k++;
        }

        start = k;

        while (k < n && hoop_is(p[k], HOOP_C_NAME)) {
            k++;
        }

        len = k - start;

        while (k < n && hoop_space(p[k])) {
            k++;
        }

        if (len == 0 || k == n || p[k] != '=') {
            k = start + len;
            continue;
        }

        names = hoop_word_is(p + start, len, "name")
                || hoop_word_is(p + start, len, "key")
                || hoop_word_is(p + start, len, "field");

        for (k++; k < n && hoop_space(p[k]); k++) { /* void */ }

        if (k == n) {
            return 0;
        }

        quote = p[k];

        if (hoop_quote(quote)) {
            for (start = ++k; k < n && p[k] != quote; k++) { /* void */ }

        } else {
            for (start = k; k < n && !hoop_space(p[k]) && p[k] != '>'; k++) {
                /* void */
            }
        }

        len = k - start;
        det = 0;

        if (names && k < n) {
            det = s->name(s->ctx, p + start, len);
        }

        if (det) {
            return det;
        }
    }

    return 0;
}


void
hoop_element_init(hoop_element_t *e, const u_char *name, size_t len)
{
    memcpy(e->name, name, len);
    e->len = len;
    e->depth = 0;
    e->state = HOOP_ELEMENT_TEXT;
    e->last[0] = 0;
    e->last[1] = 0;
}


/* what begins with the '<' at p; 0: more must be seen */

static size_t
hoop_element_tag(hoop_element_t *e, const u_char *p, size_t n)
{
    size_t    k;
    unsigned  close;

    if (n == 1) {
        return 0;
    }

    if (p[1] == '!') {

        if (n < 4) {
            return 0;
        }

        if (p[2] == '-' && p[3] == '-') {
            e->state = HOOP_ELEMENT_COMMENT;
            return 4;
        }

        if (p[2] == '[') {
            e->state = HOOP_ELEMENT_CDATA;
            return 3;
        }

        return 2;
    }

    close = (p[1] == '/');
    k = 1 + close;

    if (n - k <= e->len) {
        return memcmp(p + k, e->name, n - k) == 0 ? 0 : 1;
    }

    if (memcmp(p + k, e->name, e->len) != 0) {
        return 1;
    }

    k += e->len;

    if (hoop_is(p[k], HOOP_C_NAME) || p[k] == ':') {
        return k;
    }

    if (!close) {
        e->state = HOOP_ELEMENT_OPEN;
        return k;
    }

    if (e->depth == 0) {
        e->state = HOOP_ELEMENT_DONE;
        return 0;
    }

    e->depth--;

    return k;
}


size_t
hoop_scan_element(hoop_element_t *e, const u_char *p, size_t n)
{
    u_char  c;
    size_t  i, k;

    for (i = 0; i < n; /* void */ ) {
        c = p[i];

        if (e->state == HOOP_ELEMENT_TEXT && c == '<') {

            k = hoop_element_tag(e, p + i, n - i);

            if (k == 0) {
                return i;
            }

            i += k;
            e->last[0] = 0;
            e->last[1] = 0;
            continue;
        }

        if (c == '>') {

            switch (e->state) {

            case HOOP_ELEMENT_OPEN:
                e->depth += (e->last[0] != '/');
                e->state = HOOP_ELEMENT_TEXT;
                break;

            case HOOP_ELEMENT_COMMENT:
                if (e->last[0] == '-' && e->last[1] == '-') {
                    e->state = HOOP_ELEMENT_TEXT;
                }

                break;

            case HOOP_ELEMENT_CDATA:
                if (e->last[0] == ']' && e->last[1] == ']') {
                    e->state = HOOP_ELEMENT_TEXT;
                }
            }
        }

        e->last[1] = e->last[0];
        e->last[0] = c;
        i++;
    }

    return i;
}


/* the '>' of a tag is at i */

int
hoop_detect_element(hoop_scan_t *s, size_t i, hoop_scan_e *event)
{
    size_t      k, n, len;
    unsigned    det;
    hoop_tag_t  tag;

    if (hoop_tag_before(s, i, &tag) == HOOP_NO
        || tag.p[tag.len - 1] == '/')
    {
        return HOOP_NO;
    }

    len = hoop_tag_name(tag.p, tag.len);

    for (k = len; k > 0 && tag.p[k - 1] != ':'; k--) { /* void */ }

    det = s->name(s->ctx, tag.p + k, len - k);

    if (det == 0 && len < tag.len && !hoop_tag_bare(tag.p, len)) {
        det = hoop_tag_named(s, tag.p + len, tag.len - len);
    }

    if (det == 0) {
        return HOOP_NO;
    }

    /* the content */

    i++;
    hoop_element_init(&s->element, tag.p, len);

    n = (s->n - i > HOOP_MARKUP_AHEAD) ? HOOP_MARKUP_AHEAD : s->n - i;

    k = hoop_scan_element(&s->element, s->p + i, n);

    if (s->element.state != HOOP_ELEMENT_DONE) {

        if (n == s->n - i && !s->final) {
            return hoop_more(s, i - 1);
        }

        if (!s->markup || n == 0) {
            return HOOP_NO;
        }

        /* to its end, wherever that is */

        hoop_element_init(&s->element, tag.p, len);
        k = 0;

    } else {

        for (n = 0; n < k && hoop_space(s->p[i + n]); n++) { /* void */ }

        if (n == k) {
            return HOOP_NO;
        }
    }

    *event = HOOP_SCAN_ELEMENT;
    (void) hoop_yes(s, i, i + k, det - 1);

    return HOOP_EVENT;
}


/* 1 if the name that ends before i is this word, and a space before it */

static int
hoop_attribute_is(const hoop_scan_t *s, size_t i, const char *word)
{
    int     c;
    size_t  k, n;

    n = strlen(word);

    for (k = 1; k <= n; k++) {
        c = hoop_before(s, i, k);

        if (c < 0 || hoop_lower((u_char) c) != (u_char) word[n - k]) {
            return 0;
        }
    }

    c = hoop_before(s, i, k);

    return hoop_space(c) || c == ';';
}


/* the end of [i, ...) of a tag, or s->n */

static size_t
hoop_tag_end(const hoop_scan_t *s, size_t i, size_t limit)
{
    u_char  c, quote;

    for (quote = 0; i < limit; i++) {
        c = s->p[i];

        if (quote) {
            quote = (c == quote) ? 0 : quote;

        } else if (hoop_quote(c)) {
            quote = c;

        } else if (c == '>' || c == '<') {
            break;
        }
    }

    return i;
}


/* the '=' of an attribute "value" is at i */

static int
hoop_detect_attribute(hoop_scan_t *s, size_t i)
{
    u_char      quote;
    size_t      k, limit, end;
    unsigned    det;
    hoop_tag_t  tag;

    if (hoop_tag_before(s, i, &tag) == HOOP_NO) {
        return HOOP_NO;
    }

    if (i + 2 >= s->n) {
        return hoop_more(s, i);
    }

    quote = s->p[i + 1];

    if (!hoop_quote(quote) || s->p[i + 2] == quote) {
        return HOOP_NO;
    }

    det = hoop_tag_named(s, tag.p, tag.len);

    if (det == 0) {

        limit = (s->n - i > HOOP_MARKUP_AHEAD) ? i + HOOP_MARKUP_AHEAD : s->n;

        for (k = i + 2; k < limit && s->p[k] != quote; k++) { /* void */ }

        end = (k < limit) ? hoop_tag_end(s, k + 1, limit) : limit;

        if (end == s->n && !s->final) {
            return hoop_more(s, i);
        }

        if (k >= limit) {
            return HOOP_NO;
        }

        det = hoop_tag_named(s, s->p + k + 1, end - k - 1);
    }

    if (det == 0) {
        return HOOP_NO;
    }

    s->quote = quote;
    (void) hoop_yes(s, i + 2, i + 2, det - 1);

    return HOOP_EVENT;
}


/* 1 if "form-data" stands before i, in its line */

static int
hoop_part_before(const hoop_scan_t *s, size_t i)
{
    int     c;
    size_t  k, n;

    static const char  word[] = "form-data";

    n = 0;

    for (k = 1; k <= HOOP_SCAN_LEFT && n < sizeof(word) - 1; k++) {
        c = hoop_before(s, i, k);

        if (c < ' ') {
            return 0;
        }

        c = hoop_lower((u_char) c);
        n = (c == word[sizeof(word) - 2 - n]) ? n + 1 : (c == 'a');
    }

    return n == sizeof(word) - 1;
}


/*
 * The '=' behind "name" of a part is at i.  Its value stands behind an empty
 * line.  What of its header stands between is passed if it can hold nothing,
 * and else is a part of the value.
 */

static int
hoop_detect_part(hoop_scan_t *s, size_t i)
{
    u_char    c, quote;
    size_t    k, n, start, limit, empty;
    unsigned  det, lines, digits, doubt;

    if (!hoop_part_before(s, i)) {
        return HOOP_NO;
    }

    limit = (s->n - i > HOOP_MARKUP_AHEAD) ? i + HOOP_MARKUP_AHEAD : s->n;
    k = i + 1;

    if (k == s->n) {
        return hoop_more(s, i);
    }

    quote = (s->p[k] == '"') ? '"' : 0;
    k += (quote != 0);

    for (start = k; k < limit; k++) {
        c = s->p[k];

        if (quote ? c == quote || c < ' ' : hoop_is(c, HOOP_C_DELIM)) {
            break;
        }
    }

    if (k == limit) {
        return (k == s->n) ? hoop_more(s, i) : HOOP_NO;
    }

    det = s->name(s->ctx, s->p + start, k - start);

    if (det == 0) {
        return HOOP_NO;
    }

    start = k + (quote != 0);
    lines = 0;
    digits = 0;
    doubt = 0;
    empty = 0;

    for (k = start; k < limit; k++) {
        c = s->p[k];

        if (c == '\n' && ++lines == 2) {
            empty = k + 1;
            break;
        }

        if (c == '\n' || c == '\r') {
            continue;
        }

        lines = 0;
        digits += hoop_is(c, HOOP_C_DIGIT);
        doubt |= (c == '@' || digits > 8 || k - start > 100);
    }

    if (empty == 0) {

        if (limit == s->n && !s->final) {
            return hoop_more(s, i);
        }

        empty = start;
        doubt = 1;
    }

    if (doubt) {
        empty = start;
    }

    /* an empty one */

    for (k = empty, n = 0; n < 2; k++) {

        if (k == s->n) {
            return hoop_more(s, i);
        }

        c = s->p[k];

        if (c == '-') {
            n++;

        } else if (n || (c != '\r' && c != '\n') || k - empty == 2) {
            break;
        }
    }

    if (n == 2) {
        return HOOP_NO;
    }

    s->quote = HOOP_PART;
    (void) hoop_yes(s, empty, empty, det - 1);

    return HOOP_EVENT;
}


int
hoop_detect_markup(hoop_scan_t *s, size_t i, hoop_scan_e *event)
{
    int  rc;

    if (s->p[i] == '>') {
        return hoop_detect_element(s, i, event);
    }

    if (s->p[i] != '=') {
        return HOOP_NO;
    }

    if (hoop_attribute_is(s, i, "value")) {
        *event = HOOP_SCAN_VALUE;
        return hoop_detect_attribute(s, i);
    }

    rc = HOOP_NO;

    if (hoop_attribute_is(s, i, "name")) {
        *event = HOOP_SCAN_VALUE;
        rc = hoop_detect_part(s, i);
    }

    return rc;
}
