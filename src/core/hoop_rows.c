
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Rows of JSON, byte by byte: a state, the kinds of the containers that are
 * open, and how far the way to the value that comes is that of the pointer.
 *
 *   BOM     the first three bytes, if they are one
 *   TOP     a value, or the end       COLON   after a name
 *   VALUE   after ':' and ','         AFTER   after a value
 *   FIRST   after '[': value or ']'   SCALAR  in a number or a word
 *   NAME    after ',' in an object    STRING, ESCAPE, UNICODE
 *   MEMBER  after '{': name or '}'
 */


#include "hoop_rows.h"


typedef enum {
    HOOP_ROWS_BOM = 0,
    HOOP_ROWS_TOP,
    HOOP_ROWS_VALUE,
    HOOP_ROWS_FIRST,
    HOOP_ROWS_NAME,
    HOOP_ROWS_MEMBER,
    HOOP_ROWS_COLON,
    HOOP_ROWS_AFTER,
    HOOP_ROWS_SCALAR,
    HOOP_ROWS_STRING,
    HOOP_ROWS_ESCAPE,
    HOOP_ROWS_UNICODE
} hoop_rows_state_e;


static int hoop_rows_byte(hoop_rows_t *rows, u_char c);
static int hoop_rows_value(hoop_rows_t *rows, u_char c);
static int hoop_rows_count(hoop_rows_t *rows);
static int hoop_rows_open(hoop_rows_t *rows, int array);
static int hoop_rows_close(hoop_rows_t *rows, int array);
static int hoop_rows_after(hoop_rows_t *rows, u_char c);
static void hoop_rows_name(hoop_rows_t *rows);
static void hoop_rows_string_end(hoop_rows_t *rows);
static int hoop_rows_string(hoop_rows_t *rows, u_char c);
static int hoop_rows_escape(hoop_rows_t *rows, u_char c);
static int hoop_rows_unicode(hoop_rows_t *rows, u_char c);
static void hoop_rows_compare(hoop_rows_t *rows, const u_char *p, size_t n);
static int hoop_rows_index(hoop_str_t segment, uint64_t n);


#define hoop_rows_in_array(rows)                                              \
    ((rows)->depth                                                            \
     && ((rows)->kinds[((rows)->depth - 1) / 64]                              \
         >> (((rows)->depth - 1) % 64) & 1))


/* what does not stand for itself in a string */

static const u_char  hoop_rows_special[256] = {
    [0 ... 0x1f] = 1, ['"'] = 1, ['\\'] = 1
};

/* numbers, and the three words that there are */

static const u_char  hoop_rows_scalar[256] = {
    ['0' ... '9'] = 1, ['a' ... 'z'] = 1, ['E'] = 1,
    ['+'] = 1, ['-'] = 1, ['.'] = 1
};


int
hoop_rows_type(hoop_str_t type, int *lines)
{
    u_char       text[64];
    size_t       i, n;
    hoop_str_t   s;

    static const char *const  names[] = {
        "application/json", "text/json", "application/x-json", "text/x-json"
    };

    static const char *const  sequences[] = {
        "application/ndjson", "application/x-ndjson", "application/jsonl",
        "application/jsonlines", "application/x-jsonlines",
        "application/json-lines", "application/json-seq",
        "application/stream+json", "application/x-json-stream"
    };

    for (n = 0; n < type.len; n++) {

        if (type.data[n] == ';' || type.data[n] == ' '
            || type.data[n] == '\t')
        {
            break;
        }

        if (n == sizeof(text)) {
            return HOOP_DECLINED;
        }

        text[n] = type.data[n];

        if (text[n] >= 'A' && text[n] <= 'Z') {
            text[n] |= 0x20;
        }
    }

    s = hoop_str(text, n);
    *lines = 1;

    for (i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
        if (hoop_str_is(s, sequences[i])) {
            return HOOP_OK;
        }
    }

    if (n > 9 && memcmp(text + n - 9, "+json-seq", 9) == 0) {
        return HOOP_OK;
    }

    *lines = 0;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (hoop_str_is(s, names[i])) {
            return HOOP_OK;
        }
    }

    return (n > 5 && memcmp(text + n - 5, "+json", 5) == 0) ? HOOP_OK
                                                            : HOOP_DECLINED;
}


void
hoop_rows_init(hoop_rows_t *rows, const hoop_rows_rule_t *rule, int lines)
{
    memset(rows, 0, sizeof(hoop_rows_t));

    rows->rule = rule;
    rows->lines = (lines != 0);
}


int
hoop_rows_feed(hoop_rows_t *rows, const u_char *p, size_t len)
{
    const u_char  *end;

    end = p + len;

    while (p < end && rows->result == HOOP_OK) {

        if (rows->state == HOOP_ROWS_STRING && !rows->equal) {

            /* most of most documents */

            while (p < end && !hoop_rows_special[*p]) {
                p++;
            }

            if (p == end) {
                break;
            }
        }

        rows->result = hoop_rows_byte(rows, *p++);
    }

    return rows->result;
}


static int
hoop_rows_byte(hoop_rows_t *rows, u_char c)
{
    static const u_char  bom[] = { 0xef, 0xbb, 0xbf };

    switch (rows->state) {

    case HOOP_ROWS_STRING:
        return hoop_rows_string(rows, c);

    case HOOP_ROWS_ESCAPE:
        return hoop_rows_escape(rows, c);

    case HOOP_ROWS_UNICODE:
        return hoop_rows_unicode(rows, c);

    case HOOP_ROWS_SCALAR:

        if (hoop_rows_scalar[c]) {
            return HOOP_OK;
        }

        rows->state = HOOP_ROWS_AFTER;
        break;

    case HOOP_ROWS_BOM:

        if (c == bom[rows->pos]) {
            if (++rows->pos == sizeof(bom)) {
                rows->state = HOOP_ROWS_TOP;
            }

            return HOOP_OK;
        }

        if (rows->pos) {
            return HOOP_ERROR;
        }

        rows->state = HOOP_ROWS_TOP;
        break;
    }

    if (c == ' ' || c == '\t' || c == '\n' || c == '\r'
        || (c == 0x1e && rows->lines && rows->depth == 0))
    {
        return HOOP_OK;
    }

    switch (rows->state) {

    case HOOP_ROWS_AFTER:

        if (rows->depth || !rows->lines) {
            return hoop_rows_after(rows, c);
        }

        return hoop_rows_value(rows, c);

    case HOOP_ROWS_COLON:
        rows->state = HOOP_ROWS_VALUE;
        return (c == ':') ? HOOP_OK : HOOP_ERROR;

    case HOOP_ROWS_MEMBER:

        if (c == '}') {
            return hoop_rows_close(rows, 0);
        }

        /* fall through */

    case HOOP_ROWS_NAME:

        if (c != '"') {
            return HOOP_ERROR;
        }

        hoop_rows_name(rows);
        return HOOP_OK;

    case HOOP_ROWS_FIRST:

        if (c == ']') {
            return hoop_rows_close(rows, 1);
        }

        /* fall through */

    default:
        return hoop_rows_value(rows, c);
    }
}


static int
hoop_rows_value(hoop_rows_t *rows, u_char c)
{
    if (hoop_rows_count(rows) != HOOP_OK) {
        return HOOP_LIMIT;
    }

    switch (c) {

    case '[':
        return hoop_rows_open(rows, 1);

    case '{':
        return hoop_rows_open(rows, 0);

    case '"':
        rows->state = HOOP_ROWS_STRING;
        rows->key = 0;
        rows->equal = 0;
        return HOOP_OK;

    default:
        rows->state = HOOP_ROWS_SCALAR;
        return hoop_rows_scalar[c] ? HOOP_OK : HOOP_ERROR;
    }
}


/* a value begins, of a depth that is the length of the way to it */

static int
hoop_rows_count(hoop_rows_t *rows)
{
    unsigned                 depth;
    const hoop_rows_rule_t  *rule;

    rule = rows->rule;
    depth = rows->depth;

    if (rows->lines) {
        rows->count += (depth == 0);

    } else if (hoop_rows_in_array(rows)) {

        if (rows->match > depth - 1) {
            rows->match = depth - 1;
        }

        if (rule->at_set ? depth - 1 == rule->nat && rows->match == rule->nat
                         : rows->arrays == 1)
        {
            rows->count++;
        }

        if (rows->match == depth - 1 && depth <= rule->nat
            && hoop_rows_index(rule->at[depth - 1], rows->index[depth - 1]++))
        {
            rows->match = depth;
        }
    }

    return rows->count > rule->max ? HOOP_LIMIT : HOOP_OK;
}


static int
hoop_rows_open(hoop_rows_t *rows, int array)
{
    unsigned  n;

    n = rows->depth;

    if (n == HOOP_ROWS_DEPTH) {
        return HOOP_ERROR;
    }

    if (array) {
        rows->kinds[n / 64] |= (uint64_t) 1 << n % 64;
        rows->arrays++;
        rows->state = HOOP_ROWS_FIRST;

        if (n < HOOP_ROWS_AT) {
            rows->index[n] = 0;
        }

    } else {
        rows->kinds[n / 64] &= ~((uint64_t) 1 << n % 64);
        rows->state = HOOP_ROWS_MEMBER;
    }

    rows->depth++;

    return HOOP_OK;
}


static int
hoop_rows_close(hoop_rows_t *rows, int array)
{
    if (rows->depth == 0 || (int) hoop_rows_in_array(rows) != array) {
        return HOOP_ERROR;
    }

    rows->depth--;
    rows->arrays -= array;
    rows->state = HOOP_ROWS_AFTER;

    if (rows->match > rows->depth) {
        rows->match = rows->depth;
    }

    return HOOP_OK;
}


static int
hoop_rows_after(hoop_rows_t *rows, u_char c)
{
    switch (c) {

    case ',':
        rows->state = hoop_rows_in_array(rows) ? HOOP_ROWS_VALUE
                                               : HOOP_ROWS_NAME;
        return rows->depth ? HOOP_OK : HOOP_ERROR;

    case ']':
        return hoop_rows_close(rows, 1);

    case '}':
        return hoop_rows_close(rows, 0);

    default:
        return HOOP_ERROR;
    }
}


/* a name begins: is it that of the next segment? */

static void
hoop_rows_name(hoop_rows_t *rows)
{
    if (rows->match > rows->depth - 1) {
        rows->match = rows->depth - 1;
    }

    rows->state = HOOP_ROWS_STRING;
    rows->key = 1;
    rows->pos = 0;
    rows->high = 0;
    rows->equal = (rows->match == rows->depth - 1
                   && rows->depth <= rows->rule->nat);
}


static void
hoop_rows_string_end(hoop_rows_t *rows)
{
    if (!rows->key) {
        rows->state = HOOP_ROWS_AFTER;
        return;
    }

    if (rows->equal && rows->high == 0
        && rows->pos == rows->rule->at[rows->depth - 1].len)
    {
        rows->match = rows->depth;
    }

    rows->state = HOOP_ROWS_COLON;
}


static int
hoop_rows_string(hoop_rows_t *rows, u_char c)
{
    if (c == '"') {
        hoop_rows_string_end(rows);
        return HOOP_OK;
    }

    if (c == '\\') {
        rows->state = HOOP_ROWS_ESCAPE;
        return HOOP_OK;
    }

    hoop_rows_compare(rows, &c, 1);

    return c < 0x20 ? HOOP_ERROR : HOOP_OK;
}


static int
hoop_rows_escape(hoop_rows_t *rows, u_char c)
{
    u_char       byte;
    const char  *p;

    static const char    names[] = "\"\\/bfnrt";
    static const u_char  bytes[] = "\"\\/\b\f\n\r\t";

    if (c == 'u') {
        rows->state = HOOP_ROWS_UNICODE;
        rows->digits = 4;
        rows->code = 0;
        return HOOP_OK;
    }

    p = c ? strchr(names, c) : NULL;

    if (p == NULL) {
        return HOOP_ERROR;
    }

    rows->state = HOOP_ROWS_STRING;

    byte = bytes[p - names];
    hoop_rows_compare(rows, &byte, 1);

    return HOOP_OK;
}


static int
hoop_rows_unicode(hoop_rows_t *rows, u_char c)
{
    u_char    text[4];
    size_t    n;
    uint32_t  code;

    if (c >= '0' && c <= '9') {
        code = c - '0';

    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
        code = (c | 0x20) - 'a' + 10;

    } else {
        return HOOP_ERROR;
    }

    rows->code = rows->code << 4 | code;

    if (--rows->digits) {
        return HOOP_OK;
    }

    rows->state = HOOP_ROWS_STRING;
    code = rows->code;

    if (rows->high) {

        if (code < 0xdc00 || code > 0xdfff) {
            rows->equal = 0;
        }

        code = 0x10000 + ((rows->high - 0xd800) << 10) + (code & 0x3ff);
        rows->high = 0;

    } else if (code >= 0xd800 && code <= 0xdbff) {
        rows->high = code;
        return HOOP_OK;

    } else if (code >= 0xdc00 && code <= 0xdfff) {
        rows->equal = 0;
    }

    n = 0;

    if (code < 0x80) {
        text[n++] = code;

    } else if (code < 0x800) {
        text[n++] = 0xc0 | code >> 6;
        text[n++] = 0x80 | (code & 0x3f);

    } else if (code < 0x10000) {
        text[n++] = 0xe0 | code >> 12;
        text[n++] = 0x80 | (code >> 6 & 0x3f);
        text[n++] = 0x80 | (code & 0x3f);

    } else {
        text[n++] = 0xf0 | code >> 18;
        text[n++] = 0x80 | (code >> 12 & 0x3f);
        text[n++] = 0x80 | (code >> 6 & 0x3f);
        text[n++] = 0x80 | (code & 0x3f);
    }

    hoop_rows_compare(rows, text, n);

    return HOOP_OK;
}


/* more of a name; a surrogate alone is in no segment */

static void
hoop_rows_compare(hoop_rows_t *rows, const u_char *p, size_t n)
{
    hoop_str_t  segment;

    if (!rows->equal) {
        return;
    }

    segment = rows->rule->at[rows->depth - 1];

    if (rows->high || segment.len - rows->pos < n
        || memcmp(segment.data + rows->pos, p, n) != 0)
    {
        rows->equal = 0;
        return;
    }

    rows->pos += n;
}


/* 1 if that is how the number is spelled */

static int
hoop_rows_index(hoop_str_t segment, uint64_t n)
{
    size_t  i;

    for (i = segment.len; i > 0; i--) {

        if (segment.data[i - 1] != '0' + n % 10) {
            return 0;
        }

        n /= 10;

        if (n == 0) {
            return i == 1;
        }
    }

    return 0;
}
