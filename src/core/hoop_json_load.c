
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The strict loader: one pass over the text, in which an automaton proves the
 * grammar and builds jansson's tree.
 *
 * jansson's own loader would do, but for its time (three to four times this
 * one's, and a token's claims are all that is left of the cost of a token
 * beside its signature), its recursion, and its messages, which quote the
 * input.  Numbers that need care are still read by it.
 *
 * A container hangs on its parent from the moment it is opened, so that the
 * root owns all that there is.
 */


#include <stdlib.h>

#include "hoop_json_lex.h"


/* that many decimal digits are surely an int64_t */
#define HOOP_JSON_DIGITS  18


typedef enum {
    HOOP_JSON_VALUE = 0,
    HOOP_JSON_VALUE_OR_END,        /* after "[" */
    HOOP_JSON_KEY,                 /* after "," in an object */
    HOOP_JSON_KEY_OR_END,          /* after "{" */
    HOOP_JSON_COLON,
    HOOP_JSON_COMMA_OR_END,
    HOOP_JSON_EOF
} hoop_json_want_e;


typedef struct {
    u_char             *data;          /* owned */
    size_t              size;
} hoop_json_scratch_t;


typedef struct {
    hoop_json_lex_t     lex;
    hoop_json_want_e    want;
    unsigned            depth;
    unsigned            max_depth;
    json_t             *root;
    json_t             *open[HOOP_JSON_DEPTH];

    /* of the member whose value comes next */

    hoop_str_t          key;           /* into the text, or into a scratch */
    const u_char       *key_token;

    hoop_json_scratch_t keys;          /* unescaped: the last key ... */
    hoop_json_scratch_t values;        /* ... and the last value */
} hoop_json_load_t;


static int hoop_json_parse(hoop_json_load_t *load);
static int hoop_json_open(hoop_json_load_t *load, json_t *container);
static int hoop_json_close(hoop_json_load_t *load, int object);
static int hoop_json_put(hoop_json_load_t *load, json_t *value);
static int hoop_json_text(hoop_json_load_t *load,
    hoop_json_scratch_t *scratch, hoop_str_t *text);
static const char *hoop_json_unescape(u_char *d, hoop_str_t *text);
static int hoop_json_hex4(const u_char *p);
static json_t *hoop_json_number(hoop_json_load_t *load);
static int hoop_json_failed(hoop_json_load_t *load, const u_char *token,
    const char *why);
static void hoop_json_place_utf8(const u_char *p, size_t len,
    hoop_error_t *err);


static const char  hoop_json_nomem[] = "no memory";

static const char  *const hoop_json_wanted[] = {
    "unexpected token, wanted a value",
    "unexpected token, wanted a value or \"]\"",
    "unexpected token, wanted a member name",
    "unexpected token, wanted a member name or \"}\"",
    "unexpected token, wanted \":\"",
    "unexpected token, wanted \",\" or the end of the container",
    "bytes after the end of the document"
};


json_t *
hoop_json_load(const u_char *p, size_t len, hoop_error_t *err)
{
    return hoop_json_load_depth(p, len, HOOP_JSON_DEPTH, err);
}


json_t *
hoop_json_load_depth(const u_char *p, size_t len, unsigned depth,
    hoop_error_t *err)
{
    int                rc;
    hoop_json_load_t   load;

    err->line = 0;
    err->column = 0;

    if (!hoop_utf8_valid(p, len)) {
        hoop_json_place_utf8(p, len, err);
        hoop_error_set(err, "invalid UTF-8");
        return NULL;
    }

    /* not the whole of it: the stack of containers is filled as it is used */

    memset(&load.lex, 0, sizeof(hoop_json_lex_t));

    load.lex.p = p;
    load.lex.end = p + len;
    load.want = HOOP_JSON_VALUE;
    load.depth = 0;
    load.max_depth = depth;
    load.root = NULL;
    load.key = hoop_str(NULL, 0);
    load.key_token = p;
    load.keys.data = NULL;
    load.keys.size = 0;
    load.values.data = NULL;
    load.values.size = 0;

    rc = hoop_json_parse(&load);

    free(load.keys.data);
    free(load.values.data);

    if (rc != HOOP_OK) {
        json_decref(load.root);

        if (load.lex.broken != hoop_json_nomem) {
            hoop_json_place(p, load.lex.token, err);
        }

        hoop_error_set(err, "%s", load.lex.broken);
        return NULL;
    }

    return load.root;
}


static int
hoop_json_parse(hoop_json_load_t *load)
{
    int                 rc;
    hoop_str_t          text;
    hoop_json_token_e   t;

    for ( ;; ) {
        t = hoop_json_next(&load->lex);

        switch (t) {

        case HOOP_JSON_T_EOF:
            if (load->want == HOOP_JSON_EOF) {
                return HOOP_OK;
            }

            load->lex.broken = "unexpected end of the document";
            return HOOP_ERROR;

        case HOOP_JSON_T_BROKEN:
            return HOOP_ERROR;

        case HOOP_JSON_T_OBJECT_END:
        case HOOP_JSON_T_ARRAY_END:
            rc = hoop_json_close(load, t == HOOP_JSON_T_OBJECT_END);
            break;

        case HOOP_JSON_T_COLON:
            if (load->want != HOOP_JSON_COLON) {
                goto unexpected;
            }

            load->want = HOOP_JSON_VALUE;
            continue;

        case HOOP_JSON_T_COMMA:
            if (load->want != HOOP_JSON_COMMA_OR_END) {
                goto unexpected;
            }

            load->want = json_is_object(load->open[load->depth - 1])
                         ? HOOP_JSON_KEY : HOOP_JSON_VALUE;
            continue;

        case HOOP_JSON_T_STRING:
            if (load->want == HOOP_JSON_KEY
                || load->want == HOOP_JSON_KEY_OR_END)
            {
                load->key_token = load->lex.token;
                load->want = HOOP_JSON_COLON;

                rc = hoop_json_text(load, &load->keys, &load->key);
                break;
            }

            /* fall through */

        default:
            if (load->want > HOOP_JSON_VALUE_OR_END) {
                goto unexpected;
            }

            switch (t) {

            case HOOP_JSON_T_OBJECT:
                rc = hoop_json_open(load, json_object());
                break;

            case HOOP_JSON_T_ARRAY:
                rc = hoop_json_open(load, json_array());
                break;

            case HOOP_JSON_T_STRING:
                rc = hoop_json_text(load, &load->values, &text);

                if (rc == HOOP_OK) {
                    rc = hoop_json_put(load,
                                 json_stringn_nocheck((const char *) text.data,
                                                      text.len));
                }

                break;

            case HOOP_JSON_T_TRUE:
                rc = hoop_json_put(load, json_true());
                break;

            case HOOP_JSON_T_FALSE:
                rc = hoop_json_put(load, json_false());
                break;

            case HOOP_JSON_T_NULL:
                rc = hoop_json_put(load, json_null());
                break;

            default:
                rc = hoop_json_put(load, hoop_json_number(load));
            }
        }

        if (rc != HOOP_OK) {
            return rc;
        }
    }

unexpected:

    return hoop_json_failed(load, load->lex.token,
                            hoop_json_wanted[load->want]);
}


static int
hoop_json_open(hoop_json_load_t *load, json_t *container)
{
    int  rc;

    if (load->depth == load->max_depth) {
        json_decref(container);
        return hoop_json_failed(load, load->lex.token, "nested too deeply");
    }

    rc = hoop_json_put(load, container);

    if (rc == HOOP_OK) {
        load->open[load->depth++] = container;
        load->want = json_is_object(container) ? HOOP_JSON_KEY_OR_END
                                               : HOOP_JSON_VALUE_OR_END;
    }

    return rc;
}


static int
hoop_json_close(hoop_json_load_t *load, int object)
{
    if (load->depth == 0
        || json_is_object(load->open[load->depth - 1]) != object
        || (load->want != HOOP_JSON_COMMA_OR_END
            && load->want != (object ? HOOP_JSON_KEY_OR_END
                                     : HOOP_JSON_VALUE_OR_END)))
    {
        return hoop_json_failed(load, load->lex.token,
                                hoop_json_wanted[load->want]);
    }

    load->want = (--load->depth == 0) ? HOOP_JSON_EOF : HOOP_JSON_COMMA_OR_END;

    return HOOP_OK;
}


/* the value is the tree's from here on, or gone */

static int
hoop_json_put(hoop_json_load_t *load, json_t *value)
{
    int      rc;
    size_t   n;
    json_t  *parent;

    if (value == NULL) {

        /* hoop_json_number() has its own reasons */

        return hoop_json_failed(load, load->lex.token,
                                load->lex.broken ? load->lex.broken
                                                 : hoop_json_nomem);
    }

    if (load->depth == 0) {
        load->root = value;
        load->want = HOOP_JSON_EOF;
        return HOOP_OK;
    }

    load->want = HOOP_JSON_COMMA_OR_END;
    parent = load->open[load->depth - 1];

    if (json_is_array(parent)) {
        rc = json_array_append_new(parent, value);

    } else {
        n = json_object_size(parent);

        rc = json_object_setn_new_nocheck(parent,
                                          (const char *) load->key.data,
                                          load->key.len, value);

        if (rc == 0 && json_object_size(parent) == n) {
            return hoop_json_failed(load, load->key_token,
                                    "duplicate member name");
        }
    }

    if (rc != 0) {
        return hoop_json_failed(load, load->lex.token, hoop_json_nomem);
    }

    return HOOP_OK;
}


/* what the last token says, a string: a span of the text where it can be */

static int
hoop_json_text(hoop_json_load_t *load, hoop_json_scratch_t *scratch,
    hoop_str_t *text)
{
    u_char      *data;
    const char  *why;

    *text = hoop_str(load->lex.token + 1, load->lex.p - load->lex.token - 2);

    if (!load->lex.escaped) {
        return HOOP_OK;
    }

    /* unescaped it is shorter */

    if (scratch->size < text->len) {

        data = realloc(scratch->data, text->len);
        if (data == NULL) {
            return hoop_json_failed(load, load->lex.token, hoop_json_nomem);
        }

        scratch->data = data;
        scratch->size = text->len;
    }

    why = hoop_json_unescape(scratch->data, text);

    return why ? hoop_json_failed(load, load->lex.token, why) : HOOP_OK;
}


/* the lexer has seen that each escape is whole */

static const char *
hoop_json_unescape(u_char *d, hoop_str_t *text)
{
    u_char        *start;
    uint32_t       c, low;
    const u_char  *p, *end;

    static const u_char  simple[256] = {
        ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f',
        ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'
    };

    start = d;
    end = text->data + text->len;

    for (p = text->data; p < end; /* void */ ) {

        if (*p != '\\') {
            *d++ = *p++;
            continue;
        }

        if (p[1] != 'u') {
            *d++ = simple[p[1]];
            p += 2;
            continue;
        }

        c = hoop_json_hex4(p + 2);
        p += 6;

        if (c == 0) {
            return "\\u0000 in a string";
        }

        if (c >= 0xd800 && c <= 0xdfff) {

            if (c > 0xdbff || end - p < 6 || p[0] != '\\' || p[1] != 'u') {
                return "invalid Unicode escape";
            }

            low = hoop_json_hex4(p + 2);
            p += 6;

            if (low < 0xdc00 || low > 0xdfff) {
                return "invalid Unicode escape";
            }

            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }

        if (c < 0x80) {
            *d++ = (u_char) c;

        } else if (c < 0x800) {
            *d++ = (u_char) (0xc0 | c >> 6);
            *d++ = (u_char) (0x80 | (c & 0x3f));

        } else if (c < 0x10000) {
            *d++ = (u_char) (0xe0 | c >> 12);
            *d++ = (u_char) (0x80 | (c >> 6 & 0x3f));
            *d++ = (u_char) (0x80 | (c & 0x3f));

        } else {
            *d++ = (u_char) (0xf0 | c >> 18);
            *d++ = (u_char) (0x80 | (c >> 12 & 0x3f));
            *d++ = (u_char) (0x80 | (c >> 6 & 0x3f));
            *d++ = (u_char) (0x80 | (c & 0x3f));
        }
    }

    *text = hoop_str(start, d - start);

    return NULL;
}


static int
hoop_json_hex4(const u_char *p)
{
    int       n;
    unsigned  i;

    for (n = 0, i = 0; i < 4; i++) {
        n = n << 4 | ((p[i] <= '9') ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
    }

    return n;
}


/* NULL: lex.broken says why, or there is no memory */

static json_t *
hoop_json_number(hoop_json_load_t *load)
{
    json_t         *value;
    json_int_t      n;
    json_error_t    jerr;
    const u_char   *p, *token;

    token = load->lex.token;

    if (load->lex.type == HOOP_JSON_T_INTEGER
        && load->lex.p - token <= HOOP_JSON_DIGITS)
    {
        p = (*token == '-') ? token + 1 : token;

        for (n = 0; p < load->lex.p; p++) {
            n = n * 10 + (*p - '0');
        }

        return json_integer((*token == '-') ? -n : n);
    }

    /* jansson leaves it alone where it has no memory */

    memset(&jerr, 0, sizeof(json_error_t));

    value = json_loadb((const char *) token, load->lex.p - token,
                       JSON_DECODE_ANY, &jerr);

    if (value == NULL && json_error_code(&jerr) == json_error_numeric_overflow)
    {
        load->lex.broken = "number out of range";
    }

    return value;
}


static int
hoop_json_failed(hoop_json_load_t *load, const u_char *token, const char *why)
{
    load->lex.token = token;
    load->lex.broken = why;

    return HOOP_ERROR;
}


static void
hoop_json_place_utf8(const u_char *p, size_t len, hoop_error_t *err)
{
    size_t         n;
    const u_char  *bad;

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
}
