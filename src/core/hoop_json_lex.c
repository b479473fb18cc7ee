
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * JSON as tokens, strictly by the grammar of RFC 8259.
 */


#include "hoop_json_lex.h"


static hoop_json_token_e hoop_json_broken(hoop_json_lex_t *lex,
    const u_char *p, const char *why);
static hoop_json_token_e hoop_json_lex_string(hoop_json_lex_t *lex);
static hoop_json_token_e hoop_json_lex_number(hoop_json_lex_t *lex);
static hoop_json_token_e hoop_json_lex_word(hoop_json_lex_t *lex,
    const char *word, hoop_json_token_e type);
static const u_char *hoop_json_digits(const u_char *p, const u_char *end);


/* what does not stand for itself in a string */

static const u_char  hoop_json_special[256] = {
    [0 ... 0x1f] = 1, ['"'] = 1, ['\\'] = 1
};


hoop_json_token_e
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
        return lex->type = hoop_json_lex_word(lex, "true", HOOP_JSON_T_TRUE);
    case 'f':
        return lex->type = hoop_json_lex_word(lex, "false", HOOP_JSON_T_FALSE);
    case 'n':
        return lex->type = hoop_json_lex_word(lex, "null", HOOP_JSON_T_NULL);
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

    lex->escaped = 0;

    for (p = lex->p + 1; p < lex->end; p++) {

        if (!hoop_json_special[*p]) {
            continue;
        }

        if (*p == '"') {
            lex->p = p + 1;
            return HOOP_JSON_T_STRING;
        }

        if (*p < 0x20) {
            return hoop_json_broken(lex, p, "control character in a string");
        }

        lex->escaped = 1;

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
    const u_char       *p, *end, *digits;
    hoop_json_token_e   type;

    p = lex->p;
    end = lex->end;
    type = HOOP_JSON_T_INTEGER;

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
        type = HOOP_JSON_T_REAL;
        digits = ++p;
        p = hoop_json_digits(p, end);

        if (p == digits) {
            return hoop_json_broken(lex, lex->p, "broken number");
        }
    }

    if (p < end && (*p == 'e' || *p == 'E')) {
        type = HOOP_JSON_T_REAL;
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

    return type;
}


static hoop_json_token_e
hoop_json_lex_word(hoop_json_lex_t *lex, const char *word,
    hoop_json_token_e type)
{
    size_t  len;

    len = strlen(word);

    if ((size_t) (lex->end - lex->p) < len || memcmp(lex->p, word, len) != 0) {
        return hoop_json_broken(lex, lex->p, "unexpected character");
    }

    lex->p += len;

    return type;
}


void
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
