
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A document is a row of definitions: operations and fragments.  Of each the
 * selections at its root are kept, fields and the fragments that are spread
 * there; what stands below a field is only passed over, bracket by bracket.
 * In the end the fields of the chosen operation are collected, those of each
 * fragment once.
 *
 * Tokens are told apart exactly as by the specification, since what is a string
 * or a comment to one parser and a field to another would be a way round; what
 * older drafts, or careless parsers, take for the end of a line is refused.  No
 * function calls itself, and every table has an end.
 */


#include "hoop_graphql.h"

#include <string.h>


typedef enum {
    HOOP_GRAPHQL_END = 0,
    HOOP_GRAPHQL_NAME,
    HOOP_GRAPHQL_VALUE,            /* a number or a string */
    HOOP_GRAPHQL_SPREAD,           /* "..." */
    HOOP_GRAPHQL_PUNCTUATOR,       /* its byte is the first of the text */
    HOOP_GRAPHQL_ERROR
} hoop_graphql_token_e;


typedef struct {
    hoop_str_t             name;
    unsigned               operation;  /* 0: a fragment */
    unsigned               first;      /* of its selections */
    unsigned               n;
    unsigned               used:1;
} hoop_graphql_definition_t;


typedef struct {
    hoop_str_t             name;
    unsigned               spread:1;
} hoop_graphql_selection_t;


typedef struct {
    const u_char          *p;
    const u_char          *end;

    hoop_graphql_token_e   type;       /* of the token that is next */
    hoop_str_t             token;

    unsigned               ndefinitions;
    unsigned               nselections;
    hoop_graphql_definition_t  definitions[HOOP_GRAPHQL_MAX_DEFINITIONS];
    hoop_graphql_selection_t   selections[HOOP_GRAPHQL_MAX_SELECTIONS];
} hoop_graphql_doc_t;


static const char *hoop_graphql_definition(hoop_graphql_doc_t *d);
static const char *hoop_graphql_selections(hoop_graphql_doc_t *d);
static const char *hoop_graphql_field(hoop_graphql_doc_t *d);
static const char *hoop_graphql_spread(hoop_graphql_doc_t *d,
    unsigned *inline_fragment);
static const char *hoop_graphql_add(hoop_graphql_doc_t *d, hoop_str_t name,
    unsigned spread);
static int hoop_graphql_directives(hoop_graphql_doc_t *d);
static int hoop_graphql_skip(hoop_graphql_doc_t *d);
static const char *hoop_graphql_choose(hoop_graphql_doc_t *d, hoop_str_t name,
    hoop_graphql_definition_t **chosen);
static const char *hoop_graphql_collect(hoop_graphql_doc_t *d,
    hoop_graphql_definition_t *from, hoop_graphql_t *graphql);
static hoop_graphql_definition_t *hoop_graphql_fragment(hoop_graphql_doc_t *d,
    hoop_str_t name);
static void hoop_graphql_next(hoop_graphql_doc_t *d);
static int hoop_graphql_ignored(hoop_graphql_doc_t *d);
static int hoop_graphql_string(hoop_graphql_doc_t *d);
static int hoop_graphql_number(hoop_graphql_doc_t *d);
static int hoop_graphql_is(const hoop_graphql_doc_t *d, u_char c);
static int hoop_graphql_letter(u_char c);
static int hoop_graphql_digit(u_char c);


static const char  hoop_graphql_why_syntax[] =
    "the GraphQL document is not well-formed";
static const char  hoop_graphql_why_large[] =
    "the GraphQL document is too large or too deep";


const char *
hoop_graphql_parse(hoop_str_t text, hoop_str_t name, hoop_graphql_t *graphql)
{
    const char                 *why;
    hoop_graphql_doc_t          d;
    hoop_graphql_definition_t  *chosen;

    graphql->operation = 0;
    graphql->n = 0;

    if (text.len > HOOP_GRAPHQL_MAX_TEXT) {
        return hoop_graphql_why_large;
    }

    if (text.len == 0) {
        return hoop_graphql_why_syntax;
    }

    if (!hoop_utf8_valid(text.data, text.len)) {
        return "the GraphQL document is not UTF-8";
    }

    d.p = text.data;
    d.end = text.data + text.len;
    d.ndefinitions = 0;
    d.nselections = 0;

    hoop_graphql_next(&d);

    do {
        why = hoop_graphql_definition(&d);

        if (why != NULL) {
            return why;
        }

    } while (d.type != HOOP_GRAPHQL_END);

    why = hoop_graphql_choose(&d, name, &chosen);

    if (why != NULL) {
        return why;
    }

    graphql->operation = chosen->operation;

    return hoop_graphql_collect(&d, chosen, graphql);
}


static const char *
hoop_graphql_definition(hoop_graphql_doc_t *d)
{
    const char                 *why;
    hoop_graphql_definition_t  *def;

    if (d->ndefinitions == HOOP_GRAPHQL_MAX_DEFINITIONS) {
        return hoop_graphql_why_large;
    }

    def = &d->definitions[d->ndefinitions++];
    memset(def, 0, sizeof(hoop_graphql_definition_t));

    def->first = d->nselections;

    if (hoop_graphql_is(d, '{')) {
        def->operation = HOOP_GRAPHQL_QUERY;

    } else {

        if (d->type != HOOP_GRAPHQL_NAME) {
            return hoop_graphql_why_syntax;
        }

        if (hoop_str_is(d->token, "query")) {
            def->operation = HOOP_GRAPHQL_QUERY;

        } else if (hoop_str_is(d->token, "mutation")) {
            def->operation = HOOP_GRAPHQL_MUTATION;

        } else if (hoop_str_is(d->token, "subscription")) {
            def->operation = HOOP_GRAPHQL_SUBSCRIPTION;

        } else if (!hoop_str_is(d->token, "fragment")) {
            return "the GraphQL document is not one to execute";
        }

        hoop_graphql_next(d);

        if (d->type == HOOP_GRAPHQL_NAME) {
            def->name = d->token;
            hoop_graphql_next(d);
        }

        if (def->operation == 0) {

            if (def->name.len == 0 || hoop_str_is(def->name, "on")
                || d->type != HOOP_GRAPHQL_NAME
                || !hoop_str_is(d->token, "on"))
            {
                return hoop_graphql_why_syntax;
            }

            hoop_graphql_next(d);

            if (d->type != HOOP_GRAPHQL_NAME) {
                return hoop_graphql_why_syntax;
            }

            hoop_graphql_next(d);

        } else if (hoop_graphql_is(d, '(') && !hoop_graphql_skip(d)) {
            return hoop_graphql_why_syntax;
        }

        if (!hoop_graphql_directives(d)) {
            return hoop_graphql_why_syntax;
        }
    }

    why = hoop_graphql_selections(d);

    def->n = d->nselections - def->first;

    return why;
}


/* those of inline fragments at the root are at the root, too */

static const char *
hoop_graphql_selections(hoop_graphql_doc_t *d)
{
    unsigned     depth, n[HOOP_GRAPHQL_MAX_DEPTH], nested;
    const char  *why;

    if (!hoop_graphql_is(d, '{')) {
        return hoop_graphql_why_syntax;
    }

    hoop_graphql_next(d);

    depth = 0;
    n[0] = 0;

    for ( ;; ) {

        if (hoop_graphql_is(d, '}')) {

            /* a set without a selection is none */

            if (n[depth] == 0) {
                return hoop_graphql_why_syntax;
            }

            hoop_graphql_next(d);

            if (depth-- == 0) {
                return NULL;
            }

            continue;
        }

        n[depth] = 1;
        nested = 0;

        why = (d->type == HOOP_GRAPHQL_SPREAD)
              ? hoop_graphql_spread(d, &nested) : hoop_graphql_field(d);

        if (why != NULL) {
            return why;
        }

        if (nested) {

            if (++depth == HOOP_GRAPHQL_MAX_DEPTH) {
                return hoop_graphql_why_large;
            }

            n[depth] = 0;
        }
    }
}


static const char *
hoop_graphql_field(hoop_graphql_doc_t *d)
{
    hoop_str_t   name;
    const char  *why;

    if (d->type != HOOP_GRAPHQL_NAME) {
        return hoop_graphql_why_syntax;
    }

    name = d->token;
    hoop_graphql_next(d);

    if (hoop_graphql_is(d, ':')) {

        /* that was an alias */

        hoop_graphql_next(d);

        if (d->type != HOOP_GRAPHQL_NAME) {
            return hoop_graphql_why_syntax;
        }

        name = d->token;
        hoop_graphql_next(d);
    }

    why = hoop_graphql_add(d, name, 0);

    if (why != NULL) {
        return why;
    }

    if ((hoop_graphql_is(d, '(') && !hoop_graphql_skip(d))
        || !hoop_graphql_directives(d)
        || (hoop_graphql_is(d, '{') && !hoop_graphql_skip(d)))
    {
        return hoop_graphql_why_syntax;
    }

    return NULL;
}


/* "...Name", or "... on Type {", of which "{" is taken */

static const char *
hoop_graphql_spread(hoop_graphql_doc_t *d, unsigned *inline_fragment)
{
    const char  *why;

    hoop_graphql_next(d);

    if (d->type == HOOP_GRAPHQL_NAME && !hoop_str_is(d->token, "on")) {

        why = hoop_graphql_add(d, d->token, 1);

        if (why != NULL) {
            return why;
        }

        hoop_graphql_next(d);

        return hoop_graphql_directives(d) ? NULL : hoop_graphql_why_syntax;
    }

    if (d->type == HOOP_GRAPHQL_NAME) {
        hoop_graphql_next(d);

        if (d->type != HOOP_GRAPHQL_NAME) {
            return hoop_graphql_why_syntax;
        }

        hoop_graphql_next(d);
    }

    if (!hoop_graphql_directives(d) || !hoop_graphql_is(d, '{')) {
        return hoop_graphql_why_syntax;
    }

    hoop_graphql_next(d);
    *inline_fragment = 1;

    return NULL;
}


static const char *
hoop_graphql_add(hoop_graphql_doc_t *d, hoop_str_t name, unsigned spread)
{
    if (d->nselections == HOOP_GRAPHQL_MAX_SELECTIONS) {
        return hoop_graphql_why_large;
    }

    d->selections[d->nselections].name = name;
    d->selections[d->nselections++].spread = spread;

    return NULL;
}


static int
hoop_graphql_directives(hoop_graphql_doc_t *d)
{
    while (hoop_graphql_is(d, '@')) {
        hoop_graphql_next(d);

        if (d->type != HOOP_GRAPHQL_NAME) {
            return 0;
        }

        hoop_graphql_next(d);

        if (hoop_graphql_is(d, '(') && !hoop_graphql_skip(d)) {
            return 0;
        }
    }

    return 1;
}


/* from an opening bracket to behind the one that closes it */

static int
hoop_graphql_skip(hoop_graphql_doc_t *d)
{
    u_char    c, stack[HOOP_GRAPHQL_MAX_DEPTH];
    unsigned  depth;

    depth = 0;

    do {
        if (d->type == HOOP_GRAPHQL_END || d->type == HOOP_GRAPHQL_ERROR) {
            return 0;
        }

        c = (d->type == HOOP_GRAPHQL_PUNCTUATOR) ? d->token.data[0] : 0;

        switch (c) {

        case '(':
        case '[':
        case '{':

            if (depth == HOOP_GRAPHQL_MAX_DEPTH) {
                return 0;
            }

            stack[depth++] = (c == '(') ? ')' : c + 2;
            break;

        case ')':
        case ']':
        case '}':

            if (stack[--depth] != c) {
                return 0;
            }

            break;

        default:
            break;
        }

        hoop_graphql_next(d);

    } while (depth != 0);

    return 1;
}


static const char *
hoop_graphql_choose(hoop_graphql_doc_t *d, hoop_str_t name,
    hoop_graphql_definition_t **chosen)
{
    unsigned                    i, k, operations;
    hoop_graphql_definition_t  *a, *b;

    *chosen = NULL;
    operations = 0;

    for (i = 0; i < d->ndefinitions; i++) {
        a = &d->definitions[i];

        /* of two of one name one target takes the first, one the last */

        for (k = 0; k < i; k++) {
            b = &d->definitions[k];

            if ((a->operation == 0) == (b->operation == 0)
                && hoop_str_eq(a->name, b->name))
            {
                return "the GraphQL document has two definitions of one name";
            }
        }

        if (a->operation == 0) {
            continue;
        }

        operations++;

        if (name.len == 0 || hoop_str_eq(a->name, name)) {
            *chosen = a;
        }
    }

    if (*chosen == NULL) {
        return "the GraphQL document has no operation of that name";
    }

    if (name.len == 0 && operations != 1) {
        return "the GraphQL document has several operations, and none is "
               "named";
    }

    return NULL;
}


/*
 * The definitions that are reached are a list in the order of "todo"; each is
 * entered once, so cycles come to an end.
 */

static const char *
hoop_graphql_collect(hoop_graphql_doc_t *d, hoop_graphql_definition_t *from,
    hoop_graphql_t *graphql)
{
    unsigned                    i, k, n;
    hoop_graphql_selection_t   *s;
    hoop_graphql_definition_t  *def, *todo[HOOP_GRAPHQL_MAX_DEFINITIONS];

    n = 0;
    todo[n++] = from;
    from->used = 1;

    for (i = 0; i < n; i++) {

        for (k = 0; k < todo[i]->n; k++) {
            s = &d->selections[todo[i]->first + k];

            if (!s->spread) {

                if (graphql->n == HOOP_GRAPHQL_MAX_FIELDS) {
                    return hoop_graphql_why_large;
                }

                graphql->fields[graphql->n++] = s->name;
                continue;
            }

            def = hoop_graphql_fragment(d, s->name);

            if (def == NULL) {
                return "the GraphQL document has no fragment of a name";
            }

            if (!def->used) {
                def->used = 1;
                todo[n++] = def;
            }
        }
    }

    /* fragments that only spread each other */

    return graphql->n ? NULL : hoop_graphql_why_syntax;
}


static hoop_graphql_definition_t *
hoop_graphql_fragment(hoop_graphql_doc_t *d, hoop_str_t name)
{
    unsigned                    i;
    hoop_graphql_definition_t  *def;

    for (i = 0; i < d->ndefinitions; i++) {
        def = &d->definitions[i];

        if (def->operation == 0 && hoop_str_eq(def->name, name)) {
            return def;
        }
    }

    return NULL;
}


static void
hoop_graphql_next(hoop_graphql_doc_t *d)
{
    u_char         c;
    const u_char  *start;

    d->type = HOOP_GRAPHQL_ERROR;
    d->token = hoop_str("", 0);

    if (!hoop_graphql_ignored(d)) {
        return;
    }

    if (d->p == d->end) {
        d->type = HOOP_GRAPHQL_END;
        return;
    }

    start = d->p;
    c = *d->p;

    if (hoop_graphql_letter(c)) {

        while (d->p < d->end
               && (hoop_graphql_letter(*d->p) || hoop_graphql_digit(*d->p)))
        {
            d->p++;
        }

        d->type = HOOP_GRAPHQL_NAME;

    } else if (hoop_graphql_digit(c) || c == '-') {

        if (!hoop_graphql_number(d)) {
            return;
        }

        d->type = HOOP_GRAPHQL_VALUE;

    } else if (c == '"') {

        if (!hoop_graphql_string(d)) {
            return;
        }

        d->type = HOOP_GRAPHQL_VALUE;

    } else if (c == '.') {

        if (d->end - d->p < 3 || d->p[1] != '.' || d->p[2] != '.') {
            return;
        }

        d->p += 3;
        d->type = HOOP_GRAPHQL_SPREAD;

    } else if (c != '\0' && strchr("!$&():=@[]{|}", c) != NULL) {
        d->p++;
        d->type = HOOP_GRAPHQL_PUNCTUATOR;

    } else {
        return;
    }

    d->token = hoop_str(start, d->p - start);
}


/* white space, commas and comments; 0: a comment that may end elsewhere */

static int
hoop_graphql_ignored(hoop_graphql_doc_t *d)
{
    u_char  c;

    while (d->p < d->end) {
        c = *d->p;

        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',') {
            d->p++;
            continue;
        }

        /* a byte order mark */

        if (c == 0xef && d->end - d->p > 2 && d->p[1] == 0xbb
            && d->p[2] == 0xbf)
        {
            d->p += 3;
            continue;
        }

        if (c != '#') {
            break;
        }

        while (d->p < d->end && *d->p != '\n' && *d->p != '\r') {

            /* control characters; NEL, U+2028 and U+2029 end lines, too */

            if ((*d->p < 0x20 && *d->p != '\t') || *d->p == 0x7f
                || (*d->p == 0xc2 && d->p[1] == 0x85)
                || (*d->p == 0xe2 && d->p[1] == 0x80
                    && (d->p[2] == 0xa8 || d->p[2] == 0xa9)))
            {
                return 0;
            }

            d->p++;
        }
    }

    return 1;
}


/* the text is UTF-8, so no character goes past its end */

static int
hoop_graphql_string(hoop_graphql_doc_t *d)
{
    int            block;
    const u_char  *p;

    p = d->p;

    block = (d->end - p > 2 && p[1] == '"' && p[2] == '"');
    p += block ? 3 : 1;

    for ( /* void */ ; p < d->end; p++) {

        if (*p < 0x20 && *p != '\t'
            && !(block && (*p == '\n' || *p == '\r')))
        {
            return 0;
        }

        if (block) {

            if (d->end - p > 3 && memcmp(p, "\\\"\"\"", 4) == 0) {
                p += 3;
                continue;
            }

            if (d->end - p > 2 && memcmp(p, "\"\"\"", 3) == 0) {
                d->p = p + 3;
                return 1;
            }

            continue;
        }

        if (*p == '"') {
            d->p = p + 1;
            return 1;
        }

        if (*p == '\\') {

            if (d->end - p < 2 || p[1] == '\0'
                || strchr("\"\\/bfnrtu", p[1]) == NULL)
            {
                return 0;
            }

            p++;
        }
    }

    return 0;
}


/* no name and no dot may follow it */

static int
hoop_graphql_number(hoop_graphql_doc_t *d)
{
    const u_char  *p;

    p = d->p;

    if (*p == '-') {
        p++;
    }

    if (p == d->end || !hoop_graphql_digit(*p)) {
        return 0;
    }

    for ( /* void */ ; p < d->end; p++) {

        if (hoop_graphql_digit(*p) || *p == '.') {
            continue;
        }

        if ((*p | 0x20) == 'e') {

            if (d->end - p > 1 && (p[1] == '+' || p[1] == '-')) {
                p++;
            }

            continue;
        }

        break;
    }

    if (p < d->end && hoop_graphql_letter(*p)) {
        return 0;
    }

    d->p = p;

    return 1;
}


static int
hoop_graphql_is(const hoop_graphql_doc_t *d, u_char c)
{
    return d->type == HOOP_GRAPHQL_PUNCTUATOR && d->token.data[0] == c;
}


static int
hoop_graphql_letter(u_char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}


static int
hoop_graphql_digit(u_char c)
{
    return c >= '0' && c <= '9';
}
