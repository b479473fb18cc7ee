
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Patterns of mask sets, from their JSON:
 *
 *   { "name": "EMPLOYEE_ID", "regex": "\\bEMP-[0-9]{6}\\b", "literal": "EMP-",
 *     "max": 16, "scan": false, "action": "redact" }
 *
 * The literal is read off the regular expression: the characters it begins
 * with, behind \b, ^ and lookbehinds.  That nothing else may begin a match is
 * known by there being no alternative to it, and PCRE2 must agree on the first
 * byte; what is not understood here has no literal, and needs "scan".
 *
 * The names are numbered as detectors are, so that they are counted as these;
 * sets that have one name share its number.
 */


#include <stdlib.h>

#include "hoop_detect_impl.h"
#include "hoop_mask_impl.h"


#define HOOP_PATTERN_NAME    32
#define HOOP_PATTERN_REGEX   4096


static struct {
    char      name[HOOP_PATTERN_NAME + 1];
    unsigned  used;
} hoop_pattern_names[HOOP_PATTERN_NAMES];


const char *
hoop_pattern_label(unsigned i)
{
    return (i < HOOP_PATTERN_NAMES && hoop_pattern_names[i].used)
           ? hoop_pattern_names[i].name : "UNKNOWN";
}


/* the number of a name, which is used once more; -1: there is none left */

static int
hoop_pattern_number(const char *name)
{
    int  i, unused;

    unused = -1;

    for (i = 0; i < HOOP_PATTERN_NAMES; i++) {

        if (hoop_pattern_names[i].used == 0) {
            unused = (unused < 0) ? i : unused;
            continue;
        }

        if (strcmp(hoop_pattern_names[i].name, name) == 0) {
            hoop_pattern_names[i].used++;
            return i;
        }
    }

    if (unused >= 0) {
        strcpy(hoop_pattern_names[unused].name, name);
        hoop_pattern_names[unused].used = 1;
    }

    return unused;
}


int
hoop_pattern_numeric(const hoop_pattern_t *pt)
{
    size_t  i;

    for (i = 0; i < pt->len; i++) {
        if (strchr("0123456789+-.eE", pt->literal[i]) == NULL) {
            return 0;
        }
    }

    return 1;
}


/*
 * Behind the atom at p: an escape, a class, a group, or a character; NULL for
 * what is not understood.  *bar is set where an alternative stands in none.
 */

static const char *
hoop_pattern_atom(const char *p, const char *end, unsigned *depth, int *bar)
{
    switch (*p) {

    case '\\':

        if (end - p < 2 || p[1] == 'Q' || p[1] == 'E' || p[1] == 'c'
            || p[1] == 'K')
        {
            return NULL;
        }

        return p + 2;

    case '[':

        p++;
        p += (p < end && *p == '^');
        p += (p < end && *p == ']');

        for ( /* void */ ; p < end && *p != ']'; p++) {

            if (*p == '[' && end - p > 1
                && (p[1] == ':' || p[1] == '.' || p[1] == '='))
            {
                for (p += 2; p < end && *p != ']'; p++) { /* void */ }

            } else if (*p == '\\') {

                if (end - p < 2 || p[1] == 'Q' || p[1] == 'E' || p[1] == 'c') {
                    return NULL;
                }

                p++;
            }
        }

        return (p < end) ? p + 1 : NULL;

    case '(':

        /* verbs, flags and comments may change how all of it is read */

        if (end - p > 1 && p[1] == '*') {
            return NULL;
        }

        if (end - p > 2 && p[1] == '?' && strchr(":=!<>P'|", p[2]) == NULL) {
            return NULL;
        }

        (*depth)++;
        break;

    case ')':

        if (*depth == 0) {
            return NULL;
        }

        (*depth)--;
        break;

    case '|':
        *bar |= (*depth == 0);
        break;
    }

    return p + 1;
}


/* the literal that begins every match, up to size bytes; 0: none is known */

static size_t
hoop_pattern_derive(const char *p, size_t len, u_char *dst, size_t size)
{
    int          bar;
    char         c;
    size_t       n;
    unsigned     depth;
    const char  *q, *end;

    end = p + len;
    depth = 0;
    bar = 0;

    for (q = p; q < end; /* void */ ) {
        q = hoop_pattern_atom(q, end, &depth, &bar);

        if (q == NULL) {
            return 0;
        }
    }

    if (bar || depth) {
        return 0;
    }

    /* what matches no byte; but "\b*" and the like are left alone */

    for ( ;; ) {
        q = p;

        if (end - p > 1 && p[0] == '\\' && (p[1] == 'b' || p[1] == 'B')) {
            q = p + 2;

        } else if (p < end && *p == '^') {
            q = p + 1;

        } else if (end - p > 3 && p[0] == '(' && p[1] == '?' && p[2] == '<'
                   && (p[3] == '=' || p[3] == '!'))
        {
            do {
                q = hoop_pattern_atom(q, end, &depth, &bar);
            } while (depth);
        }

        if (q == p || (q < end && strchr("?*+{", *q))) {
            break;
        }

        p = q;
    }

    for (n = 0; p < end && n < size; n++) {
        c = *p++;

        if (c == '\\') {
            c = (p < end) ? *p++ : 'x';

            if (hoop_is(c, HOOP_C_ALNUM) || c == '\\') {
                break;
            }

        } else if (strchr(".[]{}()*+?|^$", c)) {
            break;
        }

        if (c <= ' ' || c > '~' || c == '"' || c == '&' || c == '%'
            || (p < end && strchr("?*{", *p)))
        {
            break;
        }

        dst[n] = (u_char) c;

        if (p < end && *p == '+') {
            n++;
            break;
        }
    }

    return n;
}


/* from the regular expression as it is found anywhere: what begins a match */

static int
hoop_pattern_begin(hoop_pattern_t *pt, pcre2_code *code, const char *regex,
    size_t len)
{
    size_t           i;
    uint32_t         type, unit;
    const uint8_t   *bits;

    type = 0;
    unit = 0;
    bits = NULL;

    (void) pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODETYPE, &type);
    (void) pcre2_pattern_info(code, PCRE2_INFO_FIRSTCODEUNIT, &unit);
    (void) pcre2_pattern_info(code, PCRE2_INFO_FIRSTBITMAP, &bits);

    for (i = 0; i < 256; i++) {

        /* a match begins with a character */

        if ((i & 0xc0) == 0x80
            || (type == 1 && i != unit
                && !(unit < 0x80 && hoop_is(unit, HOOP_C_ALPHA)
                     && (i | 0x20) == (unit | 0x20)))
            || (type == 0 && bits && !((bits[i / 8] >> (i % 8)) & 1)))
        {
            continue;
        }

        pt->first[i / 64] |= (uint64_t) 1 << (i % 64);
    }

    pt->len = hoop_pattern_derive(regex, len, pt->literal,
                                  HOOP_PATTERN_LITERAL);

    if (type != 1 || unit != pt->literal[0]) {
        pt->len = 0;
    }

    return HOOP_OK;
}


static int
hoop_pattern_code(hoop_pattern_t *pt, json_t *v, hoop_error_t *err)
{
    int          code;
    size_t       len;
    uint32_t     behind, empty, min, options;
    PCRE2_SIZE   at;
    PCRE2_UCHAR  text[128];
    const char  *regex;
    pcre2_code  *any;

    regex = json_string_value(v);
    len = json_string_length(v);

    if (regex == NULL || len == 0 || len > HOOP_PATTERN_REGEX) {
        hoop_error_set(err, "regular expression of 1 to %d bytes wanted",
                       HOOP_PATTERN_REGEX);
        return HOOP_ERROR;
    }

    options = PCRE2_UTF|PCRE2_MATCH_INVALID_UTF|PCRE2_NEVER_BACKSLASH_C
              |PCRE2_DOLLAR_ENDONLY;

    any = pcre2_compile((PCRE2_SPTR) regex, len, options, &code, &at, NULL);

    if (any == NULL) {
        (void) pcre2_get_error_message(code, text, sizeof(text));
        hoop_error_set(err, "regular expression: %s at offset %zu", text,
                       (size_t) at);
        return HOOP_ERROR;
    }

    (void) hoop_pattern_begin(pt, any, regex, len);

    behind = 0;
    empty = 0;
    min = 0;

    (void) pcre2_pattern_info(any, PCRE2_INFO_MAXLOOKBEHIND, &behind);
    (void) pcre2_pattern_info(any, PCRE2_INFO_MATCHEMPTY, &empty);
    (void) pcre2_pattern_info(any, PCRE2_INFO_MINLENGTH, &min);

    pcre2_code_free(any);

    if (behind > HOOP_PATTERN_BEHIND) {
        hoop_error_set(err, "it looks %u characters back; no more than %d "
                       "wanted", (unsigned) behind, HOOP_PATTERN_BEHIND);
        return HOOP_ERROR;
    }

    if (empty) {
        hoop_error_set(err, "it matches the empty string; one that takes a "
                       "character at least wanted");
        return HOOP_ERROR;
    }

    if (min > pt->max) {
        hoop_error_set(err, "its shortest match has %u characters, and "
                       "\"max\" is %zu bytes", (unsigned) min, pt->max);
        return HOOP_ERROR;
    }

    pt->code = pcre2_compile((PCRE2_SPTR) regex, len, options|PCRE2_ANCHORED,
                             &code, &at, NULL);

    if (pt->code == NULL) {
        hoop_error_set(err, "no memory");
        return HOOP_NOMEM;
    }

    /* without it, and on processors that it does not know, it is slower */

    (void) pcre2_jit_compile(pt->code,
                             PCRE2_JIT_COMPLETE|PCRE2_JIT_PARTIAL_SOFT);

    return HOOP_OK;
}


static int
hoop_pattern_name(hoop_pattern_t *pt, json_t *v, hoop_patterns_t *ps,
    hoop_error_t *err)
{
    int          n;
    size_t       len;
    unsigned     i;
    const char  *name;

    name = json_string_value(v);
    len = json_string_length(v);

    if (name == NULL || len == 0 || len > HOOP_PATTERN_NAME
        || strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != len)
    {
        hoop_error_set(err, "name of 1 to %d of A-Z, 0-9 and \"_\" wanted",
                       HOOP_PATTERN_NAME);
        return HOOP_ERROR;
    }

    for (i = 0; i < HOOP_DETECT_MAX; i++) {
        if (strcmp(hoop_detect_label(i), name) == 0) {
            hoop_error_set(err, "\"%s\" is the label of a detector; another "
                           "name wanted", name);
            return HOOP_ERROR;
        }
    }

    for (i = 0; i < ps->n; i++) {
        if (strcmp(hoop_detect_label(ps->patterns[i].id), name) == 0) {
            hoop_error_set(err, "a second pattern \"%s\" in one set", name);
            return HOOP_ERROR;
        }
    }

    n = hoop_pattern_number(name);

    if (n < 0) {
        hoop_error_set(err, "more than %d names of patterns in all sets",
                       HOOP_PATTERN_NAMES);
        return HOOP_LIMIT;
    }

    pt->id = HOOP_DETECT_MAX + (unsigned) n;

    return HOOP_OK;
}


/* the literal that was given, which must be one; or that there is none */

static int
hoop_pattern_literal(hoop_pattern_t *pt, json_t *v, int scan, const char **key,
    hoop_error_t *err)
{
    size_t       n, len;
    const char  *text;

    *key = v ? "/literal" : "/regex";

    if (scan) {
        pt->len = 0;

        if (v) {
            hoop_error_set(err, "\"literal\" and \"scan\" in one pattern; "
                           "one of them wanted");
            return HOOP_ERROR;
        }

        return HOOP_OK;
    }

    n = pt->len;

    if (v == NULL) {

        if (n < HOOP_PATTERN_SHORTEST) {
            hoop_error_set(err, "no literal of %d characters is seen to begin "
                           "every match; \"scan\": true wanted, which asks "
                           "everywhere", HOOP_PATTERN_SHORTEST);
            return HOOP_ERROR;
        }

        return HOOP_OK;
    }

    text = json_string_value(v);
    len = json_string_length(v);

    if (text == NULL || len < HOOP_PATTERN_SHORTEST) {
        hoop_error_set(err, "string of %d bytes at least wanted",
                       HOOP_PATTERN_SHORTEST);
        return HOOP_ERROR;
    }

    if (len > HOOP_PATTERN_LITERAL) {
        len = HOOP_PATTERN_LITERAL;
    }

    if (len > n || memcmp(text, pt->literal, len) != 0) {
        hoop_error_set(err, "\"%.64s\" is not seen to begin every match; "
                       "\"%.*s\" is", text, (int) n, (char *) pt->literal);

        if (n == 0) {
            hoop_error_set(err, "\"%.64s\" is not seen to begin every match; "
                           "\"scan\": true instead wanted", text);
        }

        return HOOP_ERROR;
    }

    pt->len = len;

    return HOOP_OK;
}


static int
hoop_pattern_compile(hoop_patterns_t *ps, json_t *conf, const char **where,
    hoop_error_t *err)
{
    int              rc, action, scan;
    json_t          *v;
    const char      *key;
    hoop_pattern_t  *pt;

    static const char  *known[] = {
        "name", "regex", "literal", "max", "scan", "action"
    };

    *where = "";

    if (!json_is_object(conf)) {
        hoop_error_set(err, "object with \"name\" and \"regex\" wanted");
        return HOOP_ERROR;
    }

    json_object_foreach(conf, key, v) {
        unsigned  i;

        for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            if (strcmp(key, known[i]) == 0) {
                break;
            }
        }

        if (i == sizeof(known) / sizeof(known[0])) {
            hoop_error_set(err, "unknown key \"%.64s\"", key);
            return HOOP_ERROR;
        }
    }

    pt = &ps->patterns[ps->n];
    memset(pt, 0, sizeof(hoop_pattern_t));

    pt->data = ps->data;
    pt->context = ps->context;

    *where = "/max";
    v = json_object_get(conf, "max");

    if (v && (!json_is_integer(v) || json_integer_value(v) < 1
              || json_integer_value(v) > HOOP_PATTERN_MAX))
    {
        hoop_error_set(err, "longest match of 1 to %d bytes wanted",
                       HOOP_PATTERN_MAX);
        return HOOP_ERROR;
    }

    pt->max = v ? (size_t) json_integer_value(v) : HOOP_PATTERN_DEFAULT;

    *where = "/scan";
    v = json_object_get(conf, "scan");

    if (v && !json_is_boolean(v)) {
        hoop_error_set(err, "true or false wanted");
        return HOOP_ERROR;
    }

    scan = json_is_true(v);

    *where = "/action";
    v = json_object_get(conf, "action");
    pt->action = HOOP_MASK_OFF;

    if (v) {
        action = hoop_mask_action(v, err);

        if (action < 0) {
            return HOOP_ERROR;
        }

        pt->action = (u_char) action;
    }

    *where = "/name";
    rc = hoop_pattern_name(pt, json_object_get(conf, "name"), ps, err);

    if (rc != HOOP_OK) {
        return rc;
    }

    /* from now on it is freed with the set */

    ps->n++;

    *where = "/regex";
    rc = hoop_pattern_code(pt, json_object_get(conf, "regex"), err);

    if (rc != HOOP_OK) {
        return rc;
    }

    return hoop_pattern_literal(pt, json_object_get(conf, "literal"), scan,
                                where, err);
}


static int
hoop_patterns_context(hoop_patterns_t *ps)
{
    ps->data = pcre2_match_data_create(1, NULL);
    ps->context = pcre2_match_context_create(NULL);

    if (ps->data == NULL || ps->context == NULL) {
        return HOOP_NOMEM;
    }

    (void) pcre2_set_match_limit(ps->context, 20000);
    (void) pcre2_set_depth_limit(ps->context, 1000);
    (void) pcre2_set_heap_limit(ps->context, 1024);

    /* NULL where there is no JIT */

    ps->stack = pcre2_jit_stack_create(16 * 1024, 256 * 1024, NULL);

    if (ps->stack) {
        pcre2_jit_stack_assign(ps->context, NULL, ps->stack);
    }

    return HOOP_OK;
}


hoop_patterns_t *
hoop_patterns_compile(json_t *conf, char *rest, size_t size,
    hoop_error_t *err)
{
    size_t            i;
    json_t           *v;
    const char       *where;
    hoop_patterns_t  *ps;

    (void) snprintf(rest, size, "/patterns");

    if (!json_is_array(conf) || json_array_size(conf) > HOOP_PATTERNS) {
        hoop_error_set(err, "array of up to %d patterns wanted",
                       HOOP_PATTERNS);
        return NULL;
    }

    ps = calloc(1, sizeof(hoop_patterns_t));

    if (ps == NULL || hoop_patterns_context(ps) != HOOP_OK) {
        hoop_patterns_free(ps);
        hoop_error_set(err, "no memory");
        return NULL;
    }

    json_array_foreach(conf, i, v) {

        if (hoop_pattern_compile(ps, v, &where, err) != HOOP_OK) {
            (void) snprintf(rest, size, "/patterns/%zu%s", i, where);
            hoop_patterns_free(ps);
            return NULL;
        }
    }

    return ps;
}


void
hoop_patterns_free(hoop_patterns_t *ps)
{
    unsigned  i;

    if (ps == NULL) {
        return;
    }

    for (i = 0; i < ps->n; i++) {
        hoop_pattern_names[ps->patterns[i].id - HOOP_DETECT_MAX].used--;
        pcre2_code_free(ps->patterns[i].code);
    }

    pcre2_match_data_free(ps->data);
    pcre2_match_context_free(ps->context);
    pcre2_jit_stack_free(ps->stack);
    free(ps);
}
