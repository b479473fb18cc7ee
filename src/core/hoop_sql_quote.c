
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Comments and quotes: what of an SQL text is no code, and where it is again.
 *
 * Each of these ends where the target's reader ends it, or else the text is in
 * doubt; what has no end is one bad token to the end of the text.
 */


#define _GNU_SOURCE            /* memmem */

#include "hoop_sql_lex.h"


int
hoop_sql_lex_line(hoop_sql_lex_t *lx)
{
    const u_char  *p;

    for (p = lx->p; p < lx->end && *p != '\n'; p++) {

        if (*p == '\0' || *p == '\f' || *p == '\v') {
            return hoop_sql_lex_bad(lx, lx->p, "has a control character");
        }

        /* some end here, others go on */

        if (*p == '\r' && (lx->end - p < 2 || p[1] != '\n')) {
            hoop_sql_doubt(lx, "has a carriage return in a comment");
        }

        /* U+0085, U+2028, U+2029 */

        if ((*p == 0xc2 && lx->end - p > 1 && p[1] == 0x85)
            || (*p == 0xe2 && lx->end - p > 2 && p[1] == 0x80
                && (p[2] == 0xa8 || p[2] == 0xa9)))
        {
            hoop_sql_doubt(lx, "has a line separator in a comment");
        }
    }

    lx->p = p;

    return HOOP_OK;
}


int
hoop_sql_lex_comment(hoop_sql_lex_t *lx)
{
    unsigned       depth;
    const u_char  *p, *start;

    start = lx->p;
    p = start + 2;

    if (p < lx->end && (*p == '!' || *p == 'M')
        && (lx->has & D_EXECUTABLE || lx->dialect == HOOP_SQL_GENERIC))
    {
        if (*p == '!' || (lx->end - p > 1 && p[1] == '!')) {
            return hoop_sql_lex_bad(lx, start, "has a comment that is "
                                               "executed");
        }
    }

    if (p < lx->end && *p == '+'
        && ((lx->has & D_EXECUTABLE) || lx->dialect == HOOP_SQL_GENERIC))
    {

        /* what a hint may set is not looked into */

        for (const u_char *q = p; lx->end - q > 7; q++) {
            if (q[0] == '*' && q[1] == '/') {
                break;
            }

            if ((q[0] | 0x20) == 's' && (q[1] | 0x20) == 'e'
                && (q[2] | 0x20) == 't' && q[3] == '_')
            {
                hoop_sql_doubt(lx, "has a hint that sets a variable");
                break;
            }
        }
    }

    for (depth = 1; lx->end - p >= 2; /* void */ ) {

        if (p[0] == '*' && p[1] == '/') {
            p += 2;

            if (--depth == 0) {
                lx->p = p;
                return HOOP_OK;
            }

            continue;
        }

        if (p[0] == '/' && p[1] == '*') {

            if (lx->has & D_NESTED) {
                depth++;
                p += 2;
                continue;
            }

            hoop_sql_doubt(lx, "has a comment in a comment");
        }

        if (*p == '\0') {
            break;
        }

        p++;
    }

    return hoop_sql_lex_bad(lx, start, "has a comment without an end");
}


/*
 * From lx->p, which is at the opening quote, over doubled quotes.  "start" is
 * where the token begins: its prefix may be in it.
 */

int
hoop_sql_lex_quoted(hoop_sql_lex_t *lx, const u_char *start, u_char type,
    u_char quote, int backslash)
{
    const u_char  *p;

    for (p = lx->p + 1; p < lx->end; p++) {

        if (*p == '\0') {
            break;
        }

        if (*p == '\\') {

            if (backslash) {
                p++;

                if (p == lx->end || *p == '\0') {
                    break;
                }

                continue;
            }

            /*
             * An escape where standard_conforming_strings is off, or where
             * the dialect is not known; a lone one is ESCAPE's.
             */

            if ((lx->dialect == HOOP_SQL_POSTGRESQL
                 || lx->dialect == HOOP_SQL_GENERIC)
                && lx->end - p > 1 && p[1] == quote
                && type == HOOP_SQL_T_STRING
                && !(p == lx->p + 1 && lx->sql->ntokens
                     && hoop_sql_token_is(lx->sql, lx->sql->tokens
                                                   + lx->sql->ntokens - 1,
                                          "escape")))
            {
                hoop_sql_doubt(lx, "has a backslash before a quote");
            }

            if (lx->dialect == HOOP_SQL_GENERIC && quote != ']'
                && lx->end - p > 1
                && (p[1] == quote || p[1] == '\\')
                && type == HOOP_SQL_T_NAME)
            {
                hoop_sql_doubt(lx, "has a backslash before a quote");
            }
        }

        if (*p == quote) {

            if (lx->end - p > 1 && p[1] == quote) {
                p++;
                continue;
            }

            lx->p = p + 1;

            if (type == HOOP_SQL_T_NAME && lx->p - start == 2) {
                hoop_sql_doubt(lx, "has an empty name");
            }

            return hoop_sql_push(lx, type, start);
        }
    }

    return hoop_sql_lex_bad(lx, start, "has a quote without an end");
}


int
hoop_sql_lex_dollar(hoop_sql_lex_t *lx)
{
    size_t         n;
    const u_char  *p, *q, *start;

    start = lx->p;

    for (p = start + 1;
         p < lx->end && (hoop_sql_chars[*p] & (C_WORD|C_DIGIT));
         p++)
    {
        /* void */
    }

    if (p < lx->end && *p == '$'
        && (p == start + 1 || (hoop_sql_chars[start[1]] & C_WORD)))
    {
        n = p + 1 - start;

        if ((lx->has & D_DOLLAR) || (n == 2 && (lx->has & D_DOLLAR2))) {

            q = memmem(start + n, lx->end - start - n, start, n);

            if (q == NULL || memchr(start, '\0', q - start) != NULL) {
                return hoop_sql_lex_bad(lx, start,
                                        "has a quote without an end");
            }

            lx->p = q + n;

            return hoop_sql_push(lx, HOOP_SQL_T_STRING, start);
        }

        return hoop_sql_lex_bad(lx, start, "has a dollar quote");
    }

    if (p == start + 1
        || (p < lx->end && *p == '$' && lx->dialect == HOOP_SQL_CLICKHOUSE))
    {
        return hoop_sql_lex_bad(lx, start, "has a dollar sign");
    }

    hoop_sql_lex_after_param(lx, p);

    lx->p = p;

    return hoop_sql_push(lx, HOOP_SQL_T_PARAM, start);
}


/* Oracle: q'[ ... ]', lx->p at the quote */

int
hoop_sql_lex_qstring(hoop_sql_lex_t *lx, const u_char *start)
{
    u_char         c;
    const u_char  *p;

    p = lx->p + 1;

    if (p < lx->end && *p > ' ' && *p < 0x7f && *p != '\'') {

        switch (*p) {
        case '[':
            c = ']';
            break;
        case '{':
            c = '}';
            break;
        case '(':
            c = ')';
            break;
        case '<':
            c = '>';
            break;
        default:
            c = *p;
        }

        for (p++; lx->end - p >= 2 && *p != '\0'; p++) {
            if (p[0] == c && p[1] == '\'') {
                lx->p = p + 2;
                return hoop_sql_push(lx, HOOP_SQL_T_STRING, start);
            }
        }
    }

    return hoop_sql_lex_bad(lx, start, "has a quote without an end");
}
