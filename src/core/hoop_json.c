
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The strict loader runs twice over the text.  The first pass is a lexer and
 * an iterative automaton over its tokens: it proves the grammar of RFC 8259
 * and the nesting, so that jansson, which recurses, never sees depth, and it
 * knows the byte where something went wrong.  The second pass is jansson's,
 * which builds the tree and refuses duplicate members.  Whatever either
 * refuses is refused.
 *
 * jansson's own messages quote the input, which may be a secret; only its
 * error codes and positions are used.
 */


#include <stdlib.h>

#include "hoop_json.h"


typedef enum {
    HOOP_JSON_T_EOF = 0,
    HOOP_JSON_T_OBJECT,
    HOOP_JSON_T_OBJECT_END,
    HOOP_JSON_T_ARRAY,
    HOOP_JSON_T_ARRAY_END,
    HOOP_JSON_T_COLON,
    HOOP_JSON_T_COMMA,
    HOOP_JSON_T_STRING,
    HOOP_JSON_T_SCALAR,        /* number, true, false, null */
    HOOP_JSON_T_BROKEN
} hoop_json_token_e;


typedef struct {
    const u_char       *start;
    const u_char       *p;
    const u_char       *end;
    const u_char       *token;     /* where the last token begins */
    hoop_json_token_e   type;
    const char         *broken;    /* why, if type is BROKEN */
} hoop_json_lex_t;


static hoop_json_token_e hoop_json_next(hoop_json_lex_t *lex);
static hoop_json_token_e hoop_json_broken(hoop_json_lex_t *lex,
    const u_char *p, const char *why);
static hoop_json_token_e hoop_json_lex_string(hoop_json_lex_t *lex);
static hoop_json_token_e hoop_json_lex_number(hoop_json_lex_t *lex);
static hoop_json_token_e hoop_json_lex_word(hoop_json_lex_t *lex,
    const char *word);
static const u_char *hoop_json_digits(const u_char *p, const u_char *end);
static int hoop_json_grammar(hoop_json_lex_t *lex);
static void hoop_json_place(const u_char *start, const u_char *p,
    hoop_error_t *err);
static void hoop_json_jansson_error(const u_char *p, size_t len,
    json_error_t *jerr, hoop_error_t *err);
static void hoop_json_skip(hoop_json_lex_t *lex);
static int hoop_json_enter(hoop_json_lex_t *lex, hoop_str_t segment,
    const u_char **key);


json_t *
hoop_json_load(const u_char *p, size_t len, hoop_error_t *err)
{
    size_t            n;
    json_t           *root;
    json_error_t      jerr;
    const u_char     *bad;
    hoop_json_lex_t   lex;

    err->line = 0;
    err->column = 0;

    /* jansson leaves it alone where it has no memory */

    memset(&jerr, 0, sizeof(json_error_t));

    if (!hoop_utf8_valid(p, len)) {

        for (bad = p; bad < p + len; bad += n) {
            for (n = 1; n <= 4 && n <= (size_t) (p + len - bad); n++) {
                if (hoop_utf8_valid(bad, n)) {
                    break;
                }
            }

            if (n > 4 || n > (size_t) (p + len - bad)) {
                break;
            }
        }

        hoop_json_place(p, bad, err);
        hoop_error_set(err, "invalid UTF-8");
        return NULL;
    }

    memset(&lex, 0, sizeof(hoop_json_lex_t));

    lex.start = p;
    lex.p = p;
    lex.end = p + len;
    lex.token = p;

    if (hoop_json_grammar(&lex) != HOOP_OK) {
        hoop_json_place(p, lex.token, err);
        hoop_error_set(err, "%s", lex.broken);
        return NULL;
    }

    root = json_loadb((const char *) p, len,
                      JSON_REJECT_DUPLICATES|JSON_DECODE_ANY, &jerr);
    if (root == NULL) {
        hoop_json_jansson_error(p, len, &jerr, err);
        return NULL;
    }

    return root;
}


/*
 * The grammar as an automaton: "want" is what may come next, "objects" has
 * one bit for each open container, set for an object.  HOOP_JSON_DEPTH is
 * the width of that word.
 */

#if (HOOP_JSON_DEPTH > 64)
#error "the stack of hoop_json_grammar() is a 64-bit word"
#endif


static int
hoop_json_grammar(hoop_json_lex_t *lex)
{
    unsigned           depth;
    uint64_t           objects;
    hoop_json_token_e  t;

    enum {
        want_value = 0,
        want_value_or_end,         /* after "[" */
        want_key,                  /* after "," in an object */
        want_key_or_end,           /* after "{" */
        want_colon,
        want_comma_or_end,
        want_eof
    } want;

    static const char  *wanted[] = {
        "unexpected token, wanted a value",
        "unexpected token, wanted a value or \"]\"",
        "unexpected token, wanted a member name",
        "unexpected token, wanted a member name or \"}\"",
        "unexpected token, wanted \":\"",
        "unexpected token, wanted \",\" or the end of the container",
        "bytes after the end of the document"
    };

    depth = 0;
    objects = 0;
    want = want_value;

    for ( ;; ) {
        t = hoop_json_next(lex);

        switch (t) {

        case HOOP_JSON_T_EOF:
            if (want == want_eof) {
                return HOOP_OK;
            }

            lex->broken = "unexpected end of the document";
            return HOOP_ERROR;

        case HOOP_JSON_T_OBJECT:
        case HOOP_JSON_T_ARRAY:
            if (want > want_value_or_end) {
                goto unexpected;
            }

            if (depth == HOOP_JSON_DEPTH) {
                lex->broken = "nested too deeply";
                return HOOP_ERROR;
            }

            depth++;
            objects = objects << 1 | (t == HOOP_JSON_T_OBJECT);
            want = (t == HOOP_JSON_T_OBJECT) ? want_key_or_end
                                             : want_value_or_end;
            break;

        case HOOP_JSON_T_OBJECT_END:
        case HOOP_JSON_T_ARRAY_END:
            if (depth == 0
                || (objects & 1) != (t == HOOP_JSON_T_OBJECT_END)
                || (want != want_comma_or_end
                    && want != (t == HOOP_JSON_T_OBJECT_END
                                ? want_key_or_end : want_value_or_end)))
            {
                goto unexpected;
            }

            objects >>= 1;
            want = (--depth == 0) ? want_eof : want_comma_or_end;
            break;

        case HOOP_JSON_T_COLON:
            if (want != want_colon) {
                goto unexpected;
            }

            want = want_value;
            break;

        case HOOP_JSON_T_COMMA:
            if (want != want_comma_or_end) {
                goto unexpected;
            }

            want = (objects & 1) ? want_key : want_value;
            break;

        case HOOP_JSON_T_STRING:
            if (want == want_key || want == want_key_or_end) {
                want = want_colon;
                break;
            }

            /* fall through */

        case HOOP_JSON_T_SCALAR:
            if (want > want_value_or_end) {
                goto unexpected;
            }

            want = (depth == 0) ? want_eof : want_comma_or_end;
            break;

        case HOOP_JSON_T_BROKEN:
            return HOOP_ERROR;
        }
    }

unexpected:

    lex->broken = wanted[want];

    return HOOP_ERROR;
}


static hoop_json_token_e
hoop_json_next(hoop_json_lex_t *lex)
{
    u_char  c;

    while (lex->p < lex->end
           && (*lex->p == ' ' || *lex->p == '\t' || *lex->p == '\n'
               || *lex->p == '\r'))
    {
        lex->p++;
    }

    lex->token = lex->p;

    if (lex->p == lex->end) {
        return lex->type = HOOP_JSON_T_EOF;
    }

    c = *lex->p;

    switch (c) {
    case '{':
        lex->type = HOOP_JSON_T_OBJECT;
        break;
    case '}':
        lex->type = HOOP_JSON_T_OBJECT_END;
        break;
    case '[':
        lex->type = HOOP_JSON_T_ARRAY;
        break;
    case ']':
        lex->type = HOOP_JSON_T_ARRAY_END;
        break;
    case ':':
        lex->type = HOOP_JSON_T_COLON;
        break;
    case ',':
        lex->type = HOOP_JSON_T_COMMA;
        break;
    case '"':
        return lex->type = hoop_json_lex_string(lex);
    case 't':
        return lex->type = hoop_json_lex_word(lex, "true");
    case 'f':
        return lex->type = hoop_json_lex_word(lex, "false");
    case 'n':
        return lex->type = hoop_json_lex_word(lex, "null");
    default:
        return lex->type = hoop_json_lex_number(lex);
    }

    lex->p++;

    return lex->type;
}


static hoop_json_token_e
hoop_json_broken(hoop_json_lex_t *lex, const u_char *p, const char *why)
{
    lex->token = p;
    lex->broken = why;

    return HOOP_JSON_T_BROKEN;
}


static hoop_json_token_e
hoop_json_lex_string(hoop_json_lex_t *lex)
{
    u_char         c;
    unsigned       n;
    const u_char  *p;

    for (p = lex->p + 1; p < lex->end; p++) {

        if (*p == '"') {
            lex->p = p + 1;
            return HOOP_JSON_T_STRING;
        }

        if (*p < 0x20) {
            return hoop_json_broken(lex, p, "control character in a string");
        }

        if (*p != '\\') {
            continue;
        }

        if (++p == lex->end) {
            break;
        }

        if (*p == 'u') {
            for (n = 1; n <= 4; n++) {
                if (p + n == lex->end) {
                    return hoop_json_broken(lex, lex->p,
                                            "string is not closed");
                }

                c = p[n] | 0x20;

                if (!((p[n] >= '0' && p[n] <= '9') || (c >= 'a' && c <= 'f'))) {
                    return hoop_json_broken(lex, p - 1, "invalid escape");
                }
            }

            p += 4;
            continue;
        }

        if (*p == '\0' || strchr("\"\\/bfnrt", *p) == NULL) {
            return hoop_json_broken(lex, p - 1, "invalid escape");
        }
    }

    return hoop_json_broken(lex, lex->p, "string is not closed");
}


static const u_char *
hoop_json_digits(const u_char *p, const u_char *end)
{
    while (p < end && *p >= '0' && *p <= '9') {
        p++;
    }

    return p;
}


static hoop_json_token_e
hoop_json_lex_number(hoop_json_lex_t *lex)
{
    const u_char  *p, *end, *digits;

    p = lex->p;
    end = lex->end;

    if (*p == '-') {
        p++;
    }

    digits = p;
    p = hoop_json_digits(p, end);

    if (p == digits) {
        return hoop_json_broken(lex, lex->p, p == lex->p
                                    ? "unexpected character" : "broken number");
    }

    if (*digits == '0' && p - digits > 1) {
        return hoop_json_broken(lex, lex->p, "number with a leading zero");
    }

    if (p < end && *p == '.') {
        digits = ++p;
        p = hoop_json_digits(p, end);

        if (p == digits) {
            return hoop_json_broken(lex, lex->p, "broken number");
        }
    }

    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;

        if (p < end && (*p == '+' || *p == '-')) {
            p++;
        }

        digits = p;
        p = hoop_json_digits(p, end);

        if (p == digits) {
            return hoop_json_broken(lex, lex->p, "broken number");
        }
    }

    lex->p = p;

    return HOOP_JSON_T_SCALAR;
}


static hoop_json_token_e
hoop_json_lex_word(hoop_json_lex_t *lex, const char *word)
{
    size_t  len;

    len = strlen(word);

    if ((size_t) (lex->end - lex->p) < len || memcmp(lex->p, word, len) != 0) {
        return hoop_json_broken(lex, lex->p, "unexpected character");
    }

    lex->p += len;

    return HOOP_JSON_T_SCALAR;
}


static void
hoop_json_place(const u_char *start, const u_char *p, hoop_error_t *err)
{
    const u_char  *line;

    err->line = 1;
    line = start;

    for ( /* void */ ; start < p; start++) {
        if (*start == '\n') {
            err->line++;
            line = start + 1;
        }
    }

    err->column = p - line + 1;
}


/*
 * The text has passed the grammar, so what is left is what a grammar cannot
 * say.  jansson's position is where its lexer stands after the token.
 */

static void
hoop_json_jansson_error(const u_char *p, size_t len, json_error_t *jerr,
    hoop_error_t *err)
{
    const u_char     *token;
    hoop_json_lex_t   lex;

    switch (json_error_code(jerr)) {
    case json_error_duplicate_key:
        hoop_error_set(err, "duplicate member name");
        break;
    case json_error_null_character:
    case json_error_null_byte_in_key:
        hoop_error_set(err, "\\u0000 in a string");
        break;
    case json_error_numeric_overflow:
        hoop_error_set(err, "number out of range");
        break;
    case json_error_invalid_syntax:
        /* the only thing left is half of a surrogate pair */
        hoop_error_set(err, "invalid Unicode escape");
        break;
    default:
        hoop_error_set(err, "no memory");
        return;
    }

    memset(&lex, 0, sizeof(hoop_json_lex_t));

    lex.start = p;
    lex.p = p;
    lex.end = p + len;

    token = p;

    while (hoop_json_next(&lex) != HOOP_JSON_T_EOF
           && lex.type != HOOP_JSON_T_BROKEN
           && lex.token - p < jerr->position)
    {
        token = lex.token;
    }

    hoop_json_place(p, token, err);
}


json_t *
hoop_json_pointer(json_t *root, hoop_str_t pointer)
{
    size_t       i, size;
    u_char      *buf, local[256];
    hoop_str_t   segment;

    buf = local;
    size = sizeof(local);

    if (pointer.len > size) {
        size = pointer.len;

        buf = malloc(size);
        if (buf == NULL) {
            return NULL;
        }
    }

    while (root != NULL && pointer.len != 0) {

        if (hoop_json_segment(&pointer, &segment, buf, size) != HOOP_OK) {
            root = NULL;
            break;
        }

        if (json_is_object(root)) {
            root = json_object_getn(root, (const char *) segment.data,
                                    segment.len);

        } else if (json_is_array(root)
                   && hoop_json_index(segment, &i) == HOOP_OK)
        {
            root = json_array_get(root, i);

        } else {
            root = NULL;
        }
    }

    if (buf != local) {
        free(buf);
    }

    return root;
}


int
hoop_json_pointer_valid(hoop_str_t pointer)
{
    size_t  i;

    if (pointer.len == 0 || pointer.data[0] != '/'
        || !hoop_utf8_valid(pointer.data, pointer.len))
    {
        return 0;
    }

    for (i = 0; i < pointer.len; i++) {
        if (pointer.data[i] == '~'
            && (i + 1 == pointer.len
                || (pointer.data[i + 1] != '0' && pointer.data[i + 1] != '1')))
        {
            return 0;
        }
    }

    return 1;
}


int
hoop_json_segment(hoop_str_t *pointer, hoop_str_t *segment, u_char *buf,
    size_t size)
{
    u_char        *d;
    const u_char  *p, *end, *start;

    if (pointer->len == 0 || pointer->data[0] != '/') {
        return HOOP_ERROR;
    }

    start = pointer->data + 1;
    end = pointer->data + pointer->len;
    d = NULL;

    for (p = start; p < end && *p != '/'; p++) {

        if (*p == '~') {
            if (p + 1 == end || (p[1] != '0' && p[1] != '1')) {
                return HOOP_ERROR;
            }

            if (d == NULL) {
                if (pointer->len > size) {
                    return HOOP_ERROR;
                }

                memcpy(buf, start, p - start);
                d = buf + (p - start);
            }

            *d++ = (*++p == '0') ? '~' : '/';

        } else if (d != NULL) {
            *d++ = *p;
        }
    }

    *segment = (d != NULL) ? hoop_str(buf, d - buf)
                           : hoop_str(start, p - start);
    *pointer = hoop_str(p, end - p);

    return HOOP_OK;
}


int
hoop_json_index(hoop_str_t segment, size_t *index)
{
    size_t  i, n;

    if (segment.len == 0 || segment.len > 9
        || (segment.data[0] == '0' && segment.len > 1))
    {
        return HOOP_ERROR;
    }

    for (n = 0, i = 0; i < segment.len; i++) {
        if (segment.data[i] < '0' || segment.data[i] > '9') {
            return HOOP_ERROR;
        }

        n = n * 10 + (segment.data[i] - '0');
    }

    *index = n;

    return HOOP_OK;
}


/*
 * The text is one that hoop_json_load() accepted.  Where the pointer leads
 * out of the document, the deepest value on its way is named instead: an
 * error about a missing member then points at the object that misses it.
 */

void
hoop_json_locate(const u_char *p, size_t len, const char *pointer, int key,
    hoop_error_t *err)
{
    u_char            buf[256];
    hoop_str_t        rest, segment;
    const u_char     *place, *name;
    hoop_json_lex_t   lex;

    memset(&lex, 0, sizeof(hoop_json_lex_t));

    lex.start = p;
    lex.p = p;
    lex.end = p + len;

    (void) hoop_json_next(&lex);

    place = lex.token;
    name = NULL;
    rest = hoop_cstr(pointer);

    while (rest.len != 0
           && hoop_json_segment(&rest, &segment, buf, sizeof(buf)) == HOOP_OK
           && hoop_json_enter(&lex, segment, &name) == HOOP_OK)
    {
        place = (key && rest.len == 0 && name != NULL) ? name : lex.token;
    }

    hoop_json_place(p, place, err);
}


/*
 * From the first token of a container to the first token of the member or
 * element that segment names.
 */

static int
hoop_json_enter(hoop_json_lex_t *lex, hoop_str_t segment, const u_char **key)
{
    int                 found;
    size_t              i, index;
    json_t             *name;
    hoop_json_token_e   type;

    type = lex->type;
    index = 0;
    *key = NULL;

    if (type != HOOP_JSON_T_OBJECT
        && (type != HOOP_JSON_T_ARRAY
            || hoop_json_index(segment, &index) != HOOP_OK))
    {
        return HOOP_DECLINED;
    }

    for (i = 0; /* void */ ; i++) {

        (void) hoop_json_next(lex);

        if (type == HOOP_JSON_T_ARRAY) {
            if (lex->type == HOOP_JSON_T_ARRAY_END) {
                return HOOP_DECLINED;
            }

            found = (i == index);

        } else {
            if (lex->type != HOOP_JSON_T_STRING) {
                return HOOP_DECLINED;
            }

            *key = lex->token;

            name = json_loadb((const char *) lex->token, lex->p - lex->token,
                              JSON_DECODE_ANY, NULL);

            found = name != NULL
                    && hoop_str_eq(hoop_str(json_string_value(name),
                                            json_string_length(name)),
                                   segment);

            json_decref(name);

            (void) hoop_json_next(lex);     /* ":" */
            (void) hoop_json_next(lex);
        }

        if (found) {
            return HOOP_OK;
        }

        hoop_json_skip(lex);

        if (hoop_json_next(lex) != HOOP_JSON_T_COMMA) {
            return HOOP_DECLINED;
        }
    }
}


/* From the first token of a value to its last. */

static void
hoop_json_skip(hoop_json_lex_t *lex)
{
    unsigned  depth;

    for (depth = 0; /* void */ ; (void) hoop_json_next(lex)) {

        switch (lex->type) {

        case HOOP_JSON_T_OBJECT:
        case HOOP_JSON_T_ARRAY:
            depth++;
            break;

        case HOOP_JSON_T_OBJECT_END:
        case HOOP_JSON_T_ARRAY_END:
            if (depth <= 1) {
                return;
            }

            depth--;
            break;

        case HOOP_JSON_T_EOF:
        case HOOP_JSON_T_BROKEN:
            return;

        default:
            if (depth == 0) {
                return;
            }
        }
    }
}
