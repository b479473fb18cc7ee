
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The tokens of an SQL text, by dialect.
 *
 * A classifier is passed by where it sees other tokens than its target does:
 * a comment that is none, a quote that is escaped for one of the two.  Where
 * the dialect's rule is sure it is followed; where it depends on the version,
 * on a setting or on the client, "doubt" is set, and nothing of the text is
 * called harmless.
 */


#include <stdlib.h>
#include <strings.h>

#include <limits.h>

#include "hoop_sql_lex.h"


static const unsigned  hoop_sql_has[] = {
    D_ESTRING|D_BACKTICK|D_ATWORD|D_GO,                        /* generic */
    D_ESTRING|D_DOLLAR|D_NESTED,                               /* postgresql */
    D_BACKSLASH|D_HASH|D_DQSTRING|D_BACKTICK|D_DASHSPACE|D_ATWORD
    |D_EXECUTABLE,                                             /* mysql */
    D_NESTED|D_BRACKET|D_ATWORD|D_HASHWORD|D_GO,               /* tsql */
    D_QSTRING,                                                 /* oracle */
    D_BACKTICK|D_BRACKET|D_ATWORD,                             /* sqlite */
    D_BACKSLASH|D_BACKTICK|D_DOLLAR,                           /* clickhouse */
    D_BACKSLASH|D_DOLLAR2|D_SLASHES|D_ATWORD                   /* snowflake */
};


typedef struct {
    char                 text[4];
    u_char               len;
    u_char               op;
} hoop_sql_op_t;


static void hoop_sql_lex_data(hoop_sql_t *sql);
static int hoop_sql_lex_next(hoop_sql_lex_t *lx);
static const u_char *hoop_sql_lex_suffix(const hoop_sql_lex_t *lx,
    const u_char *start, const u_char *p);
static int hoop_sql_lex_number(hoop_sql_lex_t *lx);
static int hoop_sql_lex_foreign(const u_char *p, const u_char *end);
static int hoop_sql_lex_word(hoop_sql_lex_t *lx);
static int hoop_sql_lex_go(hoop_sql_lex_t *lx, const u_char *start);
static int hoop_sql_lex_param(hoop_sql_lex_t *lx);
static int hoop_sql_lex_op(hoop_sql_lex_t *lx);


const u_char  hoop_sql_chars[256] = {
    ['\t'] = C_SPACE, ['\n'] = C_SPACE, ['\v'] = C_SPACE, ['\f'] = C_SPACE,
    ['\r'] = C_SPACE, [' '] = C_SPACE,
    ['0' ... '9'] = C_DIGIT,
    ['A' ... 'Z'] = C_WORD, ['a' ... 'z'] = C_WORD, ['_'] = C_WORD,
    [0x80 ... 0xff] = C_WORD|C_HIGH
};


/* the longest first */

static const hoop_sql_op_t  hoop_sql_ops[] = {
    { "->>", 3, HOOP_SQL_OP_OTHER }, { "#>>", 3, HOOP_SQL_OP_OTHER },
    { "<=>", 3, HOOP_SQL_OP_EQ },    { "<->", 3, HOOP_SQL_OP_OTHER },
    { "!~*", 3, HOOP_SQL_OP_MATCH }, { "~~*", 3, HOOP_SQL_OP_MATCH },
    { "!~~", 3, HOOP_SQL_OP_MATCH },
    { "::",  2, HOOP_SQL_OP_CAST },  { ":=",  2, HOOP_SQL_OP_ASSIGN },
    { "<=",  2, HOOP_SQL_OP_LE },    { ">=",  2, HOOP_SQL_OP_GE },
    { "<>",  2, HOOP_SQL_OP_NE },    { "!=",  2, HOOP_SQL_OP_NE },
    { "^=",  2, HOOP_SQL_OP_NE },    { "==",  2, HOOP_SQL_OP_EQ },
    { "||",  2, HOOP_SQL_OP_OR },    { "&&",  2, HOOP_SQL_OP_AND },
    { "->",  2, HOOP_SQL_OP_OTHER }, { "#>",  2, HOOP_SQL_OP_OTHER },
    { "<<",  2, HOOP_SQL_OP_OTHER }, { ">>",  2, HOOP_SQL_OP_OTHER },
    { "=>",  2, HOOP_SQL_OP_OTHER }, { "@>",  2, HOOP_SQL_OP_MATCH },
    { "<@",  2, HOOP_SQL_OP_MATCH }, { "~*",  2, HOOP_SQL_OP_MATCH },
    { "~~",  2, HOOP_SQL_OP_MATCH }, { "!~",  2, HOOP_SQL_OP_MATCH },
    { "@@",  2, HOOP_SQL_OP_MATCH }, { "",    0, 0 }
};


int
hoop_sql_lex(hoop_sql_t *sql, hoop_sql_dialect_e dialect, const u_char *p,
    size_t len)
{
    int             rc;
    hoop_sql_lex_t  lx;

    sql->ntokens = 0;
    sql->doubt = NULL;
    sql->unsure = UINT_MAX;
    sql->dialect = dialect;
    sql->text = p;

    lx.sql = sql;
    lx.p = p;
    lx.text = p;
    lx.end = p + len;
    lx.has = hoop_sql_has[dialect];
    lx.dialect = dialect;

    rc = HOOP_OK;

    if (len > HOOP_SQL_MAX_TEXT) {
        rc = hoop_sql_lex_bad(&lx, p, "is too long");

    } else if (!hoop_utf8_valid(p, len)) {
        hoop_sql_doubt(&lx, "is not UTF-8");
    }

    while (rc == HOOP_OK && lx.p < lx.end) {
        rc = hoop_sql_lex_next(&lx);
    }

    if (dialect == HOOP_SQL_CLICKHOUSE) {
        hoop_sql_lex_data(sql);
    }

    if (rc == HOOP_OK) {
        rc = hoop_sql_push(&lx, HOOP_SQL_T_END, lx.p);
    }

    if (rc == HOOP_OK) {
        rc = hoop_sql_push(&lx, HOOP_SQL_T_END, lx.p);
    }

    if (rc != HOOP_OK) {
        return rc;
    }

    sql->ntokens -= 2;

    return HOOP_OK;
}


hoop_str_t
hoop_sql_token(const hoop_sql_t *sql, const hoop_sql_token_t *t)
{
    return hoop_str(sql->text + t->start, t->len);
}


int
hoop_sql_token_is(const hoop_sql_t *sql, const hoop_sql_token_t *t,
    const char *lower)
{
    size_t         i;
    const u_char  *p;

    if (t->type != HOOP_SQL_T_WORD) {
        return 0;
    }

    p = sql->text + t->start;

    for (i = 0; i < t->len; i++) {
        if (hoop_lower(p[i]) != (u_char) lower[i]) {
            return 0;
        }
    }

    return lower[i] == '\0';
}


int
hoop_sql_token_in(const hoop_sql_t *sql, const hoop_sql_token_t *t,
    const char *const *list)
{
    for ( /* void */ ; *list; list++) {
        if (hoop_sql_token_is(sql, t, *list)) {
            return 1;
        }
    }

    return 0;
}


int
hoop_sql_push(hoop_sql_lex_t *lx, u_char type, const u_char *start)
{
    size_t             size;
    hoop_sql_t        *sql;
    hoop_sql_token_t  *t;

    sql = lx->sql;

    if (sql->ntokens == sql->tokens_size) {

        /* as many as there may be, so that they are never moved */

        size = lx->end - lx->text + 3;

        if (size > HOOP_SQL_MAX_TOKENS + 3) {
            size = HOOP_SQL_MAX_TOKENS + 3;
        }

        size = (size < 256) ? 256 : size;

        t = realloc(sql->tokens, size * sizeof(hoop_sql_token_t));
        if (t == NULL) {
            return HOOP_NOMEM;
        }

        sql->tokens = t;
        sql->tokens_size = size;
    }

    if (sql->ntokens == HOOP_SQL_MAX_TOKENS && type != HOOP_SQL_T_END) {
        hoop_sql_doubt(lx, "has too many tokens");
        type = HOOP_SQL_T_BAD;
        lx->p = lx->end;
    }

    t = &sql->tokens[sql->ntokens++];
    t->type = type;
    t->start = start - lx->text;
    t->len = lx->p - start;
    t->word = 0;
    t->op = 0;

    return HOOP_OK;
}


/* INSERT ... FORMAT name, and all behind it are the rows, in that format */

static void
hoop_sql_lex_data(hoop_sql_t *sql)
{
    int                insert;
    unsigned           i;
    hoop_sql_token_t  *t;

    insert = 0;

    for (i = 0; i + 2 < sql->ntokens && i + 2 < sql->unsure; i++) {

        t = &sql->tokens[i];

        if (hoop_sql_is_op(t, ';')) {
            insert = 0;

        } else if (hoop_sql_kw(t) == KW_INSERT) {
            insert = 1;

        } else if (insert && hoop_sql_token_is(sql, t, "format")
                   && hoop_sql_is_name(&t[1])
                   && !(hoop_sql_flags(&t[1]) & W_RESERVED))
        {
            sql->unsure = i + 2;
        }
    }
}


void
hoop_sql_doubt(hoop_sql_lex_t *lx, const char *why)
{
    if (lx->sql->doubt == NULL) {
        lx->sql->doubt = why;
        lx->sql->unsure = lx->sql->ntokens;
    }
}


/* the rest of the text is one bad token: nobody knows where it ends */

int
hoop_sql_lex_bad(hoop_sql_lex_t *lx, const u_char *start, const char *why)
{
    hoop_sql_doubt(lx, why);
    lx->p = lx->end;

    return hoop_sql_push(lx, HOOP_SQL_T_BAD, start);
}


static int
hoop_sql_lex_next(hoop_sql_lex_t *lx)
{
    u_char         c, next;
    const u_char  *p;

    p = lx->p;
    c = *p;
    next = (lx->end - p > 1) ? p[1] : '\0';

    if (hoop_sql_chars[c] & C_SPACE) {
        lx->p++;
        return HOOP_OK;
    }

    if (hoop_sql_chars[c] & C_WORD) {
        return hoop_sql_lex_word(lx);
    }

    if ((hoop_sql_chars[c] & C_DIGIT)
        || (c == '.' && (hoop_sql_chars[next] & C_DIGIT)))
    {
        return hoop_sql_lex_number(lx);
    }

    switch (c) {

    case '\'':
        return hoop_sql_lex_quoted(lx, p, HOOP_SQL_T_STRING, c,
                                   lx->has & D_BACKSLASH);

    case '"':
        return hoop_sql_lex_quoted(lx, p,
                                   (lx->has & D_DQSTRING) ? HOOP_SQL_T_STRING
                                                          : HOOP_SQL_T_NAME, c,
                                   (lx->has & D_DQSTRING)
                                   || lx->dialect == HOOP_SQL_CLICKHOUSE);

    case '`':
        if (lx->has & D_BACKTICK) {
            return hoop_sql_lex_quoted(lx, p, HOOP_SQL_T_NAME, c,
                                       lx->dialect == HOOP_SQL_CLICKHOUSE);
        }

        return hoop_sql_lex_bad(lx, p, "has a backtick");

    case '[':
        if (lx->has & D_BRACKET) {
            return hoop_sql_lex_quoted(lx, p, HOOP_SQL_T_NAME, ']', 0);
        }

        if (lx->dialect == HOOP_SQL_GENERIC) {

            /* a name or an index: the same as long as it is a word */

            while (++p < lx->end
                   && (hoop_sql_chars[*p] & (C_WORD|C_DIGIT) || *p == ' '))
            {
                /* void */
            }

            if (p == lx->end || *p != ']') {
                hoop_sql_doubt(lx, "has a bracket");
                break;
            }

            return hoop_sql_lex_quoted(lx, lx->p, HOOP_SQL_T_NAME, ']', 0);
        }

        break;

    case '-':
        if (next == '-') {

            if (lx->has & D_DASHSPACE) {

                if (lx->end - p > 2 && p[2] > ' ' && p[2] != 0x7f) {
                    break;
                }

            } else if (lx->dialect == HOOP_SQL_GENERIC
                       && lx->end - p > 2 && p[2] > ' ' && p[2] != '-')
            {
                hoop_sql_doubt(lx, "has \"--\" that may be no comment");
            }

            return hoop_sql_lex_line(lx);
        }

        break;

    case '/':
        if (next == '*') {
            return hoop_sql_lex_comment(lx);
        }

        if (next == '/') {
            if (lx->has & D_SLASHES) {
                return hoop_sql_lex_line(lx);
            }

            hoop_sql_doubt(lx, "has \"//\" that may be a comment");
        }

        break;

    case '#':
        if (lx->has & D_HASH) {
            return hoop_sql_lex_line(lx);
        }

        if (lx->has & D_HASHWORD) {
            return hoop_sql_lex_word(lx);
        }

        if (lx->dialect != HOOP_SQL_POSTGRESQL) {
            hoop_sql_doubt(lx, "has \"#\" that may be a comment");
        }

        break;

    case '$':
        if (lx->dialect == HOOP_SQL_TSQL
            && ((hoop_sql_chars[next] & C_DIGIT) || next == '.'))
        {
            lx->p++;                             /* money */
            return hoop_sql_lex_number(lx);
        }

        return hoop_sql_lex_dollar(lx);

    case '@':
    case ':':
    case '?':
        return hoop_sql_lex_param(lx);

    case '\\':
        return hoop_sql_lex_bad(lx, p, "has a backslash");

    default:
        if (c < ' ' || c == 0x7f) {
            return hoop_sql_lex_bad(lx, p, "has a control character");
        }
    }

    return hoop_sql_lex_op(lx);
}


/* 0b101, 0o17; Oracle: 1.5f, 2d.  Only where no word is in part of it. */

static const u_char *
hoop_sql_lex_suffix(const hoop_sql_lex_t *lx, const u_char *start,
    const u_char *p)
{
    u_char         c;
    const u_char  *q;

    if (p == lx->end) {
        return p;
    }

    q = p;
    c = hoop_lower(*q++);

    if (lx->dialect == HOOP_SQL_ORACLE) {
        if (c != 'f' && c != 'd') {
            return p;
        }

    } else {
        if (p != start + 1 || *start != '0' || (c != 'b' && c != 'o')
            || lx->dialect == HOOP_SQL_TSQL)
        {
            return p;
        }

        while (q < lx->end && *q >= '0' && *q <= (c == 'b' ? '1' : '7')) {
            q++;
        }

        if (q == p + 1) {
            return p;
        }
    }

    return (q < lx->end && ((hoop_sql_chars[*q] & (C_WORD|C_DIGIT))
                            || *q == '(' || *q == '.'))
           ? p : q;
}


static int
hoop_sql_lex_number(hoop_sql_lex_t *lx)
{
    int            hex;
    const u_char  *p, *start;

    start = p = lx->p;
    hex = (lx->end - p > 2 && p[0] == '0' && (p[1] | 0x20) == 'x');

    if (hex) {

        for (p += 2; p < lx->end
             && ((*p >= '0' && *p <= '9')
                 || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f'));
             p++)
        {
            /* void */
        }

    } else {

        while (p < lx->end
               && ((hoop_sql_chars[*p] & C_DIGIT)
                   || (*p == '_' && p > start && lx->end - p > 1
                       && (hoop_sql_chars[p[1]] & C_DIGIT))))
        {
            p++;
        }

        if (p < lx->end && *p == '.'
            && !(lx->end - p > 1 && p[1] == '.'))
        {
            p++;

            while (p < lx->end && (hoop_sql_chars[*p] & C_DIGIT)) {
                p++;
            }
        }

        if (lx->end - p > 1 && (*p | 0x20) == 'e'
            && ((hoop_sql_chars[p[1]] & C_DIGIT)
                || (lx->end - p > 2 && (p[1] == '+' || p[1] == '-')
                    && (hoop_sql_chars[p[2]] & C_DIGIT))))
        {
            for (p += 2;
                 p < lx->end && (hoop_sql_chars[*p] & C_DIGIT);
                 p++)
            {
                /* void */
            }
        }
    }

    p = hoop_sql_lex_suffix(lx, start, p);

    /* a name that begins with digits, a suffix, or the next word */

    if (p < lx->end && (hoop_sql_chars[*p] & C_WORD) && (hex || p > start + 1)
        && (lx->dialect == HOOP_SQL_MYSQL || lx->dialect == HOOP_SQL_GENERIC
            || hex))
    {
        hoop_sql_doubt(lx, "has a number before a letter");
    }

    lx->p = p;

    return hoop_sql_push(lx, HOOP_SQL_T_NUMBER, start);
}


/*
 * Characters beyond ASCII that some target reads as white space, as a quote or
 * as an ASCII letter.
 */

static int
hoop_sql_lex_foreign(const u_char *p, const u_char *end)
{
    switch (*p) {

    case 0xc2:                     /* U+0085, U+00A0, U+00AD, guillemets */
        return end - p > 1 && (p[1] == 0x85 || p[1] == 0xa0 || p[1] == 0xad
                               || p[1] == 0xab || p[1] == 0xbb
                               || p[1] == 0xb4 || p[1] < 0xa0);

    case 0xc4:                     /* dotted and dotless i */
        return end - p > 1 && (p[1] == 0xb0 || p[1] == 0xb1);

    case 0xc5:                     /* long s */
        return end - p > 1 && p[1] == 0xbf;

    case 0xca:                     /* modifier letters like quotes */
        return end - p > 1 && p[1] >= 0xb9 && p[1] <= 0xbd;

    case 0xe1:                     /* U+1680, U+180E */
        return end - p > 2 && ((p[1] == 0x9a && p[2] == 0x80)
                               || (p[1] == 0xa0 && p[2] == 0x8e));

    case 0xe2:                     /* U+2000 to U+20FF, Kelvin sign */
        return end - p > 2 && (p[1] == 0x80 || p[1] == 0x81
                               || (p[1] == 0x84 && p[2] == 0xaa));

    case 0xe3:                     /* U+3000 and CJK punctuation */
        return end - p > 1 && p[1] == 0x80;

    case 0xef:                     /* U+FEFF, full width forms */
        return end - p > 1 && p[1] >= 0xbb;

    default:
        return 0;
    }
}


static int
hoop_sql_lex_word(hoop_sql_lex_t *lx)
{
    int            rc;
    u_char         c;
    size_t         len;
    uint32_t       hash;
    const u_char  *p, *start;

    start = p = lx->p;
    hash = HOOP_SQL_HASH;

    for ( /* void */ ; p < lx->end; p++) {

        c = *p;

        if (hoop_sql_chars[c] & (C_WORD|C_DIGIT)) {

            if ((hoop_sql_chars[c] & C_HIGH)
                && hoop_sql_lex_foreign(p, lx->end))
            {
                hoop_sql_doubt(lx, "has a character that looks like another");
            }

        } else if (c != '$'
                   && !((c == '#' || c == '@') && (lx->has & D_HASHWORD))
                   && !(c == '#' && lx->dialect == HOOP_SQL_ORACLE))
        {
            break;
        }

        hash = hoop_sql_hash(hash, hoop_lower(c));
    }

    len = p - start;
    lx->p = p;

    if (p < lx->end && *p == '\'') {

        c = hoop_lower(*start);

        if (len == 1 && c == 'e' && (lx->has & D_ESTRING)) {

            if (lx->dialect == HOOP_SQL_GENERIC) {
                hoop_sql_doubt(lx, "has a string with escapes");
            }

            return hoop_sql_lex_quoted(lx, start, HOOP_SQL_T_STRING, '\'', 1);
        }

        if ((lx->has & D_QSTRING)
            && ((len == 1 && c == 'q')
                || (len == 2 && c == 'n' && (start[1] | 0x20) == 'q')))
        {
            return hoop_sql_lex_qstring(lx, start);
        }

        if (c == 'q' && len == 1 && lx->dialect == HOOP_SQL_GENERIC) {
            hoop_sql_doubt(lx, "has a string of unknown quotes");
        }

        if ((len == 1 && (c == 'n' || c == 'b' || c == 'x' || c == 'r'))
            || (*start == '_' && lx->dialect == HOOP_SQL_MYSQL))
        {
            if (*start == '_'
                && (len < 5 || strncasecmp((const char *) start, "_utf8", 5)
                               != 0))
            {
                /* _gbk, _big5, _sjis: a backslash may be half a letter */

                hoop_sql_doubt(lx, "has a string in another character set");
            }

            return hoop_sql_lex_quoted(lx, start, HOOP_SQL_T_STRING, '\'',
                                       lx->has & D_BACKSLASH);
        }
    }

    /* PostgreSQL's U&'...' and U&"..." */

    if (len == 1 && (*start | 0x20) == 'u' && lx->end - p > 1 && *p == '&'
        && (p[1] == '\'' || p[1] == '"'))
    {
        if (p[1] == '"') {
            hoop_sql_doubt(lx, "has a name with escapes");
        }

        lx->p++;

        return hoop_sql_lex_quoted(lx, start,
                                   p[1] == '"' ? HOOP_SQL_T_NAME
                                               : HOOP_SQL_T_STRING, p[1], 0);
    }

    if ((lx->has & D_GO) && len == 2 && (start[0] | 0x20) == 'g'
        && (start[1] | 0x20) == 'o' && hoop_sql_lex_go(lx, start))
    {
        return hoop_sql_push(lx, HOOP_SQL_T_GO, start);
    }

    rc = hoop_sql_push(lx, HOOP_SQL_T_WORD, start);

    if (rc == HOOP_OK) {
        lx->sql->tokens[lx->sql->ntokens - 1].word = hoop_sql_word(start, len,
                                                                   hash);
    }

    return rc;
}


/* GO, alone on its line but for a count, is a word of the client's */

static int
hoop_sql_lex_go(hoop_sql_lex_t *lx, const u_char *start)
{
    const u_char  *p;

    for (p = start; p > lx->text && p[-1] != '\n'; p--) {
        if (p[-1] != ' ' && p[-1] != '\t' && p[-1] != '\r') {
            goto word;
        }
    }

    for (p = start + 2;
         p < lx->end && (*p == ' ' || *p == '\t' || *p == '\r'
                         || (hoop_sql_chars[*p] & C_DIGIT));
         p++)
    {
        /* void */
    }

    if (p == lx->end || *p == '\n' || *p == ';') {
        lx->p = p;
        return 1;
    }

word:

    if (lx->dialect == HOOP_SQL_TSQL) {
        hoop_sql_doubt(lx, "has GO that may end a batch");
    }

    return 0;
}


/* SQLite: whatever is in the parentheses of $name(...) is a part of it */

void
hoop_sql_lex_after_param(hoop_sql_lex_t *lx, const u_char *p)
{
    if (p < lx->end && *p == '(' && (lx->dialect == HOOP_SQL_SQLITE
                                     || lx->dialect == HOOP_SQL_GENERIC))
    {
        hoop_sql_doubt(lx, "has a parameter before a parenthesis");
    }
}


static int
hoop_sql_lex_param(hoop_sql_lex_t *lx)
{
    const u_char  *p, *start;

    start = p = lx->p;

    if (*p == '?') {
        p++;

        while (lx->dialect == HOOP_SQL_SQLITE && p < lx->end
               && (hoop_sql_chars[*p] & C_DIGIT))
        {
            p++;
        }

        lx->p = p;
        return hoop_sql_push(lx, HOOP_SQL_T_PARAM, start);
    }

    if (*p == '@' && !(lx->has & D_ATWORD)) {
        return hoop_sql_lex_op(lx);
    }

    p++;

    if (*start == '@' && p < lx->end && *p == '@') {
        p++;
    }

    while (p < lx->end
           && ((hoop_sql_chars[*p] & (C_WORD|C_DIGIT))
               || (*start == '@'
                   && (*p == '$' || *p == '#' || *p == '~' || *p == '%')
                   && (lx->dialect == HOOP_SQL_TSQL
                       || lx->dialect == HOOP_SQL_SNOWFLAKE))
               || (lx->dialect == HOOP_SQL_SNOWFLAKE && *start == '@'
                   && lx->end - p > 1 && (*p == '/' || *p == '.')
                   && (hoop_sql_chars[p[1]] & (C_WORD|C_DIGIT)))))
    {
        if ((hoop_sql_chars[*p] & C_HIGH) && hoop_sql_lex_foreign(p, lx->end))
        {
            hoop_sql_doubt(lx, "has a character that looks like another");
        }

        p++;
    }

    if (p - start < 2) {
        return hoop_sql_lex_op(lx);
    }

    hoop_sql_lex_after_param(lx, p);

    lx->p = p;

    return hoop_sql_push(lx, HOOP_SQL_T_PARAM, start);
}


static int
hoop_sql_lex_op(hoop_sql_lex_t *lx)
{
    int                   rc;
    u_char                op;
    const u_char         *start;
    const hoop_sql_op_t  *o;

    start = lx->p;
    op = *start;
    lx->p++;

    if (strchr("()[]{},;.+*/%", op) == NULL) {

        for (o = hoop_sql_ops; o->len; o++) {
            if (lx->end - start >= o->len
                && memcmp(start, o->text, o->len) == 0)
            {
                op = o->op;
                lx->p = start + o->len;
                break;
            }
        }
    }

    rc = hoop_sql_push(lx, HOOP_SQL_T_OP, start);

    if (rc == HOOP_OK) {
        lx->sql->tokens[lx->sql->ntokens - 1].op = op;
    }

    return rc;
}
