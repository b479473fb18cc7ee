
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What the files of hoop_sql share: tokens, words, the walk.
 */


#ifndef _HOOP_SQL_IMPL_H_INCLUDED_
#define _HOOP_SQL_IMPL_H_INCLUDED_


#include "hoop_sql.h"


typedef enum {
    HOOP_SQL_T_END = 0,
    HOOP_SQL_T_WORD,             /* unquoted: a keyword or a name */
    HOOP_SQL_T_NAME,             /* a quoted name */
    HOOP_SQL_T_STRING,
    HOOP_SQL_T_NUMBER,
    HOOP_SQL_T_PARAM,            /* ?, $1, :name, @name */
    HOOP_SQL_T_OP,               /* op: one byte or HOOP_SQL_OP_... */
    HOOP_SQL_T_GO,               /* T-SQL: the end of a batch */
    HOOP_SQL_T_BAD               /* from here to the end: not understood */
} hoop_sql_token_e;


/* operators of several bytes; all are outside of ASCII */

enum {
    HOOP_SQL_OP_CAST = 0x80,     /* :: */
    HOOP_SQL_OP_ASSIGN,          /* := */
    HOOP_SQL_OP_LE,
    HOOP_SQL_OP_GE,
    HOOP_SQL_OP_NE,              /* <> != ^= */
    HOOP_SQL_OP_EQ,              /* == <=> */
    HOOP_SQL_OP_OR,              /* || */
    HOOP_SQL_OP_AND,             /* && */
    HOOP_SQL_OP_MATCH,           /* ~* ~~ !~ and their like */
    HOOP_SQL_OP_OTHER            /* a value from values: -> ->> #> => << >> */
};


struct hoop_sql_token_s {
    uint32_t             start;
    uint32_t             len;
    uint16_t             word;         /* index of hoop_sql_words, 0: none */
    u_char               type;
    u_char               op;
};


/* the words that the walk knows by name; the others differ in flags alone */

typedef enum {
    KW_NONE = 0,
    KW_ALL, KW_ALTER, KW_ANALYZE, KW_AND, KW_ANY, KW_APPLY, KW_ARRAY, KW_AS,
    KW_BEGIN, KW_BETWEEN, KW_BY, KW_CALL, KW_CASE, KW_COMMIT, KW_CONFLICT,
    KW_COPY, KW_CREATE, KW_CURRENT, KW_DELETE, KW_DESC, KW_DESCRIBE,
    KW_DISTINCT, KW_DO, KW_DROP, KW_DUMPFILE, KW_END, KW_EXECUTE, KW_EXISTS,
    KW_EXPLAIN, KW_FALSE, KW_FETCH, KW_FIRST, KW_FOR, KW_FROM, KW_FUNCTION,
    KW_GRANT, KW_GROUP, KW_HAVING, KW_IF, KW_IN, KW_INDEX, KW_INSERT, KW_INTO,
    KW_IS, KW_JOIN, KW_KEY, KW_LATERAL, KW_LIKE, KW_LIMIT, KW_LOAD, KW_LOCK,
    KW_MERGE, KW_NEXT, KW_NEXTVAL, KW_NO, KW_NOT, KW_NULL, KW_OF, KW_ON,
    KW_ONLY, KW_OPTION, KW_OR, KW_ORDER, KW_OUTFILE, KW_OVERWRITE, KW_PLAN,
    KW_PRAGMA, KW_PROCEDURE, KW_PROGRAM, KW_RECURSIVE, KW_REPLACE,
    KW_RETURNING, KW_REVOKE, KW_ROLE, KW_ROLLBACK, KW_SELECT, KW_SET,
    KW_SETTINGS, KW_SHARE, KW_SHOW, KW_SOURCE, KW_START, KW_TABLE, KW_THEN,
    KW_TO, KW_TOP, KW_TRUNCATE, KW_UNION, KW_UPDATE, KW_USER, KW_USING,
    KW_VALUE, KW_VALUES, KW_VIEW, KW_WHEN, KW_WHERE, KW_WITH, KW_XOR,
    KW_SAVEPOINT, KW_RELEASE, KW_LOCKS, KW_MODIFIER, KW_CLONE
} hoop_sql_kw_e;


#define W_RESERVED   0x01        /* is no table and no column */
#define W_PAREN      0x02        /* may stand before "(" and calls nothing */
#define W_FUNCTION   0x04        /* its call surely changes nothing */
#define W_CONSTANT   0x08        /* names a value that is no column */
#define W_DANGER     0x10        /* never stands unquoted in a query */
#define W_BEGINS     0x20        /* T-SQL: begins a statement, ";" or not */
#define W_BEGINS_ANY 0x40        /* generic as well */


typedef struct {
    const char          *name;         /* lower case */
    u_char               len;
    u_char               kw;
    u_char               flags;
} hoop_sql_word_t;


extern hoop_sql_word_t  hoop_sql_words[];
extern const char       hoop_sql_functions[];


/* index of the word, 0: it is none of them; hash: of its lower case */
unsigned hoop_sql_word(const u_char *p, size_t len, uint32_t hash);

#define hoop_sql_hash(h, c)  (((h) ^ (c)) * 16777619u)
#define HOOP_SQL_HASH        2166136261u

/* the keyword of a token; KW_NONE of what is quoted or no word */

static inline unsigned
hoop_sql_kw(const hoop_sql_token_t *t)
{
    return t->type == HOOP_SQL_T_WORD ? hoop_sql_words[t->word].kw : KW_NONE;
}

static inline unsigned
hoop_sql_flags(const hoop_sql_token_t *t)
{
    return t->type == HOOP_SQL_T_WORD ? hoop_sql_words[t->word].flags : 0;
}

static inline int
hoop_sql_is_op(const hoop_sql_token_t *t, u_char op)
{
    return t->type == HOOP_SQL_T_OP && t->op == op;
}

static inline int
hoop_sql_is_name(const hoop_sql_token_t *t)
{
    return t->type == HOOP_SQL_T_WORD || t->type == HOOP_SQL_T_NAME;
}


/*
 * Fills sql->tokens, with two HOOP_SQL_T_END behind the last; sql->doubt is
 * set where the target may see other tokens.  HOOP_OK or HOOP_NOMEM.
 */
int hoop_sql_lex(hoop_sql_t *sql, hoop_sql_dialect_e dialect, const u_char *p,
    size_t len);

/* the token as it stands in the text */
hoop_str_t hoop_sql_token(const hoop_sql_t *sql, const hoop_sql_token_t *t);
/* is this word, in any case */
int hoop_sql_token_is(const hoop_sql_t *sql, const hoop_sql_token_t *t,
    const char *lower);
/* is one of these, the last of which is NULL */
int hoop_sql_token_in(const hoop_sql_t *sql, const hoop_sql_token_t *t,
    const char *const *list);


/* The modes of a walk over the tokens of one statement. */

typedef enum {
    HOOP_SQL_WALK_QUERY = 0,
    HOOP_SQL_WALK_DDL,           /* words of DML in it mean nothing */
    HOOP_SQL_WALK_SHOW
} hoop_sql_walk_e;

/*
 * Walks tokens a <= i < b, adds to st->classes and st->why, and to the tables.
 * Sets no HOOP_SQL_READ.
 */
int hoop_sql_walk(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b, hoop_sql_walk_e mode);

/* adds a table of name tokens a <= i < b, unless the statement has it */
int hoop_sql_table(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b);
/* the same, of the parts of its name, folded and without quotes */
int hoop_sql_table_add(hoop_sql_t *sql, hoop_sql_statement_t *st,
    const char *const *parts, unsigned n);

/*
 * Statements that are no queries, tokens a <= i < b; the last two answer
 * whether the statement is a harmless one, and add nothing.
 */
int hoop_sql_first(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b);
int hoop_sql_explain(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b);
int hoop_sql_describe(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b);
int hoop_sql_copy(hoop_sql_t *sql, hoop_sql_statement_t *st, unsigned a,
    unsigned b);
int hoop_sql_harmless(const hoop_sql_t *sql, unsigned a, unsigned b);
int hoop_sql_pragma(const hoop_sql_t *sql, unsigned a, unsigned b);

static inline void
hoop_sql_unknown(hoop_sql_statement_t *st, const char *why)
{
    st->classes |= HOOP_SQL_UNKNOWN;

    if (st->why == NULL) {
        st->why = why;
    }
}

/*
 * 1 if a condition of tokens a <= i < b may be true of all rows of the table
 * that the token "target" names, 0 if it depends on a column of each row.
 */
int hoop_sql_where_all(const hoop_sql_t *sql, unsigned a, unsigned b,
    unsigned target);

/* 1 if the name is that of a key of the table that "target" names: its id */
int hoop_sql_key(const hoop_sql_t *sql, const hoop_sql_token_t *t,
    const hoop_sql_token_t *target);
/* a function whose value is like a key's */
int hoop_sql_key_length(const hoop_sql_t *sql, const hoop_sql_token_t *t);
/* 1 if no key is known to be less than the value, or none greater */
int hoop_sql_key_small(const hoop_sql_t *sql, const hoop_sql_token_t *t);
int hoop_sql_key_large(const hoop_sql_token_t *t, const hoop_sql_token_t *end);


/* a name that is a column's, and no function's of anybody */
int hoop_sql_from_member(hoop_str_t name);
/* a function in FROM that answers several columns */
int hoop_sql_from_rows(hoop_str_t name);
/* one whose only column is named as its alias is */
int hoop_sql_from_named(hoop_str_t name);


/*
 * Judges anew, by PostgreSQL's grammar, what was judged by the tokens; without
 * the library that stands.  HOOP_OK or HOOP_NOMEM.
 */
int hoop_sql_pg(hoop_sql_t *sql, size_t len);


#endif /* _HOOP_SQL_IMPL_H_INCLUDED_ */
