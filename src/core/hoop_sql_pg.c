
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * PostgreSQL's statements, judged by PostgreSQL's own grammar.
 *
 * libpg_query is that grammar, cut out of the server.  Of it only the raw
 * parser is used: what makes protobuf or JSON of the tree recurses without a
 * limit.  Its errors are caught inside of it, its memory is a context that is
 * freed with each text, and its state is the thread's.
 *
 * What the parser says is what the statement is.  The tokens, of which no
 * grammar was asked, are a second opinion: what they find and the tree does
 * not have makes the statement unknown, and whether a WHERE restricts is
 * theirs to say.  A text that does not parse is unknown.
 *
 * The parser takes a time that is linear in the tokens, but for runs of the
 * characters of operators, "+" and slash and star among them, which it reads
 * anew from each of them; both have caps.
 */


#include "hoop_sql_impl.h"


#if (HOOP_HAVE_PG_QUERY)


#include "hoop_sql_pg.h"


#define HOOP_SQL_PG_MAX_RUNS  (1024 * 1024)

/* classes of what is done; the two of a pair are told apart by the tokens */

#define HOOP_SQL_PG_EFFECTS                                                   \
    (HOOP_SQL_INSERT|HOOP_SQL_UPDATE|HOOP_SQL_DELETE|HOOP_SQL_DELETE_ALL      \
     |HOOP_SQL_UPDATE_ALL|HOOP_SQL_DDL|HOOP_SQL_TRUNCATE|HOOP_SQL_GRANT       \
     |HOOP_SQL_COPY|HOOP_SQL_CALL|HOOP_SQL_EXPLAIN_ANALYZE)


static PgQueryInternalParsetreeAndError hoop_sql_pg_parse(hoop_sql_t *sql);
static int hoop_sql_pg_params(hoop_sql_t *sql);
static int hoop_sql_pg_fits(const hoop_sql_t *sql, size_t len);
static void hoop_sql_pg_unknown(hoop_sql_t *sql, const char *why);
static int hoop_sql_pg_judge(hoop_sql_t *sql, List *tree);
static unsigned hoop_sql_pg_text(hoop_sql_t *sql, hoop_sql_statement_t *st,
    RawStmt *raw, unsigned token);
static void hoop_sql_pg_compare(hoop_sql_statement_t *st, uint32_t tokens);
static uint32_t hoop_sql_pg_pair(uint32_t classes, uint32_t tokens,
    uint32_t some, uint32_t every);
static uint32_t hoop_sql_pg_kinds(uint32_t classes);


const char *
hoop_sql_pg_version(void)
{
    return PG_VERSION;
}


int
hoop_sql_pg(hoop_sql_t *sql, size_t len)
{
    int                               rc;
    MemoryContext                     ctx;
    PgQueryInternalParsetreeAndError  result;

    if (sql->doubt || sql->ntokens == 0
        || sql->n == HOOP_SQL_MAX_STATEMENTS)
    {
        return HOOP_OK;                          /* is unknown already */
    }

    if (!hoop_sql_pg_fits(sql, len)) {
        hoop_sql_pg_unknown(sql, "is too long to be parsed");
        return HOOP_OK;
    }

    sql->copy.len = 0;
    sql->copy.failed = 0;

    if (hoop_buf_add(&sql->copy, sql->text, len) != HOOP_OK
        || hoop_buf_addc(&sql->copy, '\0') != HOOP_OK)
    {
        return HOOP_NOMEM;
    }

    ctx = pg_query_enter_memory_context();
    result = hoop_sql_pg_parse(sql);

    if (result.error && hoop_sql_pg_params(sql)) {
        pg_query_free_error(result.error);
        free(result.stderr_buffer);
        result = hoop_sql_pg_parse(sql);
    }

    rc = HOOP_OK;

    if (result.error || result.tree == NIL
        || list_length(result.tree) >= HOOP_SQL_MAX_STATEMENTS)
    {
        hoop_sql_pg_unknown(sql, "is not PostgreSQL's grammar");

    } else {
        rc = hoop_sql_pg_judge(sql, result.tree);
    }

    pg_query_exit_memory_context(ctx);

    if (result.error) {
        pg_query_free_error(result.error);
    }

    free(result.stderr_buffer);

    return rc;
}


static PgQueryInternalParsetreeAndError
hoop_sql_pg_parse(hoop_sql_t *sql)
{
#if (HOOP_PG_QUERY_OPTIONS)
    return pg_query_raw_parse((char *) sql->copy.data, 0);
#else
    return pg_query_raw_parse((char *) sql->copy.data);
#endif
}


/*
 * Makes a value of ? and :name, for which a driver puts one; PostgreSQL itself
 * has no such thing.  1 if there was one.
 */

static int
hoop_sql_pg_params(hoop_sql_t *sql)
{
    int                found;
    unsigned           i;
    hoop_sql_token_t  *t;

    if (sql->ntokens > HOOP_SQL_PG_MAX_TOKENS / 4) {
        return 0;
    }

    for (i = 0, found = 0; i < sql->ntokens; i++) {

        t = &sql->tokens[i];

        if (t->type != HOOP_SQL_T_PARAM || sql->text[t->start] == '$') {
            continue;
        }

        memset(sql->copy.data + t->start, ' ', t->len);
        sql->copy.data[t->start] = '0';
        found = 1;
    }

    return found;
}


static int
hoop_sql_pg_fits(const hoop_sql_t *sql, size_t len)
{
    size_t    i, start, run, sum;
    unsigned  k, cost;

    static const u_char  operators[256] = {
        ['~'] = 1, ['!'] = 1, ['@'] = 1, ['#'] = 1, ['^'] = 1, ['&'] = 1,
        ['|'] = 1, ['`'] = 1, ['?'] = 1, ['+'] = 1, ['-'] = 1, ['*'] = 1,
        ['/'] = 1, ['%'] = 1, ['<'] = 1, ['>'] = 1, ['='] = 1
    };

    cost = sql->ntokens;

    for (k = 0; k < sql->ntokens && cost <= HOOP_SQL_PG_MAX_TOKENS; k++) {
        if (hoop_sql_kw(&sql->tokens[k]) == KW_SELECT) {
            cost += HOOP_SQL_PG_SELECT - 1;
        }
    }

    if (cost > HOOP_SQL_PG_MAX_TOKENS) {
        return 0;
    }

    for (i = 0, sum = 0; i < len; i++) {

        for (start = i; i < len && operators[sql->text[i]]; i++) {
            /* void */
        }

        run = i - start;
        sum += run * run;

        if (sum > HOOP_SQL_PG_MAX_RUNS) {
            return 0;
        }
    }

    return 1;
}


/* what the tokens have said stays, but that it is harmless */

static void
hoop_sql_pg_unknown(hoop_sql_t *sql, const char *why)
{
    unsigned  i;

    for (i = 0; i < sql->n; i++) {
        sql->statements[i].classes &= ~HOOP_SQL_READ;
        hoop_sql_unknown(&sql->statements[i], why);
    }
}


static int
hoop_sql_pg_judge(hoop_sql_t *sql, List *tree)
{
    RawStmt               *raw;
    uint32_t               all, seen[HOOP_SQL_MAX_STATEMENTS];
    unsigned               i, n, token;
    ListCell              *lc;
    hoop_sql_pg_t          w;
    hoop_sql_statement_t  *st;

    n = sql->n;

    for (i = 0, all = 0; i < n; i++) {
        seen[i] = sql->statements[i].classes;
        all |= seen[i];
    }

    sql->n = 0;
    sql->ntables = 0;
    sql->names.len = 0;

    w.sql = sql;
    w.rc = HOOP_OK;
    token = 0;

    foreach(lc, tree) {

        raw = lfirst_node(RawStmt, lc);

        st = &sql->statements[sql->n++];
        memset(st, 0, sizeof(hoop_sql_statement_t));

        token = hoop_sql_pg_text(sql, st, raw, token);

        w.st = st;
        w.scope = NULL;
        w.depth = 0;
        w.nodes = 0;
        w.nfunctions = 0;
        w.again = 0;

        hoop_sql_pg_statement(&w, raw->stmt);

        if (w.nfunctions) {
            w.again = 1;
            w.nodes = 0;
            hoop_sql_pg_statement(&w, raw->stmt);
        }

        if (w.rc != HOOP_OK) {
            return w.rc;
        }

        if ((st->classes & ~HOOP_SQL_MULTI) == 0) {
            hoop_sql_unknown(st, "does something unknown");
        }

        /* a body in SQL has ";" of its own, which the tokens split */

        hoop_sql_pg_compare(st, n == (unsigned) list_length(tree)
                                ? seen[sql->n - 1] : all);

        if (st->classes & ~(HOOP_SQL_READ|HOOP_SQL_MULTI)) {
            st->classes &= ~HOOP_SQL_READ;
        }
    }

    return HOOP_OK;
}


/* its tokens, without ";"; answers the one behind it */

static unsigned
hoop_sql_pg_text(hoop_sql_t *sql, hoop_sql_statement_t *st, RawStmt *raw,
    unsigned token)
{
    size_t             end;
    hoop_sql_token_t  *t, *last;

    t = sql->tokens;
    end = raw->stmt_len ? (size_t) raw->stmt_location + raw->stmt_len
                        : (size_t) -1;

    while (token < sql->ntokens
           && (t[token].start < (size_t) raw->stmt_location
               || hoop_sql_is_op(&t[token], ';')))
    {
        token++;
    }

    st->text = hoop_str(sql->text + t[token].start, 0);
    last = NULL;

    while (token < sql->ntokens && t[token].start < end) {
        last = &t[token++];
    }

    if (last) {
        st->text.len = sql->text + last->start + last->len - st->text.data;
    }

    return token;
}


/* adds what the tokens know, and doubts what they see and the tree has not */

static void
hoop_sql_pg_compare(hoop_sql_statement_t *st, uint32_t tokens)
{
    uint32_t  more;

    st->classes = hoop_sql_pg_pair(st->classes, tokens, HOOP_SQL_DELETE,
                                   HOOP_SQL_DELETE_ALL);
    st->classes = hoop_sql_pg_pair(st->classes, tokens, HOOP_SQL_UPDATE,
                                   HOOP_SQL_UPDATE_ALL);

    more = hoop_sql_pg_kinds(tokens) & ~hoop_sql_pg_kinds(st->classes);

    if (more) {
        st->classes |= tokens & HOOP_SQL_PG_EFFECTS;
        hoop_sql_unknown(st, "is read in another way by its tokens");
    }
}


static uint32_t
hoop_sql_pg_pair(uint32_t classes, uint32_t tokens, uint32_t some,
    uint32_t every)
{
    if ((classes & (some|every)) == 0) {
        return classes;
    }

    if ((tokens & (some|every)) == 0) {
        tokens = every;
    }

    return (classes & ~some) | (tokens & (some|every));
}


static uint32_t
hoop_sql_pg_kinds(uint32_t classes)
{
    if (classes & HOOP_SQL_DELETE_ALL) {
        classes |= HOOP_SQL_DELETE;
    }

    if (classes & HOOP_SQL_UPDATE_ALL) {
        classes |= HOOP_SQL_UPDATE;
    }

    return classes & HOOP_SQL_PG_EFFECTS
           & ~(HOOP_SQL_DELETE_ALL|HOOP_SQL_UPDATE_ALL);
}


#else


const char *
hoop_sql_pg_version(void)
{
    return NULL;
}


int
hoop_sql_pg(hoop_sql_t *sql, size_t len)
{
    return HOOP_OK;
}

#endif
