
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Is a condition true of all rows?
 *
 * The condition is a tree of AND, OR and NOT; a leaf "restricts" if it compares
 * a column with something that is not that column again.  AND restricts if one
 * side does, OR if both do.  Whatever else there is (constants, CASE, a
 * comparison of comparisons, patterns that match anything) counts as true: the
 * answer is about what is surely restricted.
 *
 * A level of parentheses is a condition, a subquery, or a part of a leaf; which
 * of them is known only at its end, when it is added to the leaf outside.
 */


#include "hoop_sql_impl.h"


#define WHERE_COLS    12


#define COL_OTHER     0x01             /* <>, NOT, IS NOT NULL */
#define COL_LESS      0x02
#define COL_MORE      0x04
#define COL_KEY       0x80


typedef struct {
    uint32_t             hash;
    uint16_t             term;         /* of the OR */
    u_char               kind;
} hoop_sql_col_t;


typedef struct {

    /* the leaf */

    uint32_t             cols[WHERE_COLS];
    uint32_t             tables[WHERE_COLS];   /* 0: without one */
    u_char               ncols;
    u_char               kind;
    uint32_t             compared;     /* as many as there are tokens */
    unsigned             not:1;
    unsigned             doubt:1;
    unsigned             between:1;
    unsigned             exists:1;
    unsigned             call:1;
    unsigned             never_null:1; /* COALESCE(...) */
    unsigned             group:1;      /* is nothing but a condition in () */
    unsigned             group_all:1;
    unsigned             any:1;        /* has a token */
    unsigned             id_more:1;    /* id > ?, id <> ? */
    unsigned             cases;        /* open CASEs */

    /* the level */

    unsigned             query:1;
    unsigned             started:1;    /* of a query: behind WHERE */
    unsigned             limited:1;    /* of a query: something else limits */
    unsigned             self:1;       /* of a query: reads the target */
    unsigned             again:1;      /* ... of the same name */
    unsigned             from:1;       /* of a query: reads anything */
    unsigned             outer:1;      /* of a query: selects a name */
    unsigned             list:1;       /* of IN */
    unsigned             boolean:1;
    unsigned             several:1;    /* AND or OR */
    unsigned             xor:1;
    unsigned             every_ok:1;   /* all terms of OR so far restrict */
    unsigned             term_ok:1;    /* a leaf of this term does */
    uint16_t             term;
    u_char               n;
    u_char               more;         /* columns that "seen" has no room for */
    hoop_sql_col_t       seen[WHERE_COLS];
} hoop_sql_cond_t;


typedef struct {
    const hoop_sql_t    *sql;
    const hoop_sql_token_t  *t;
    const hoop_sql_token_t  *end;
    const hoop_sql_token_t  *target;
    unsigned             depth;
    hoop_sql_cond_t      levels[HOOP_SQL_MAX_DEPTH];
} hoop_sql_where_t;


static void hoop_sql_cond_init(hoop_sql_cond_t *c, int query);
static void hoop_sql_cond_leaf(hoop_sql_cond_t *c);
static void hoop_sql_cond_token(hoop_sql_where_t *w, hoop_sql_cond_t *c);
static void hoop_sql_cond_op(hoop_sql_where_t *w, hoop_sql_cond_t *c);
static int hoop_sql_cond_is(hoop_sql_where_t *w, const hoop_sql_token_t *t,
    u_char digit);
static uint32_t hoop_sql_cond_hash(hoop_sql_where_t *w,
    const hoop_sql_token_t *t);
static void hoop_sql_cond_name(hoop_sql_where_t *w, hoop_sql_cond_t *c);
static void hoop_sql_cond_col(hoop_sql_cond_t *c, uint32_t hash,
    uint32_t table);
static void hoop_sql_cond_leaf_end(hoop_sql_where_t *w, hoop_sql_cond_t *c);
static void hoop_sql_cond_term_end(hoop_sql_cond_t *c);
static int hoop_sql_cond_end(hoop_sql_where_t *w, hoop_sql_cond_t *c);
static void hoop_sql_cond_close(hoop_sql_where_t *w);
static void hoop_sql_cond_string(hoop_sql_where_t *w, hoop_sql_cond_t *c);


int
hoop_sql_where_all(const hoop_sql_t *sql, unsigned a, unsigned b,
    unsigned target)
{
    hoop_sql_cond_t   *c;
    hoop_sql_where_t   w;

    w.sql = sql;
    w.t = sql->tokens + a;
    w.end = sql->tokens + b;
    w.target = sql->tokens + target;
    w.depth = 0;

    hoop_sql_cond_init(&w.levels[0], 0);

    /* WHERE CURRENT OF cursor: one row */

    if (b == a + 3 && hoop_sql_kw(w.t) == KW_CURRENT
        && hoop_sql_kw(w.t + 1) == KW_OF)
    {
        return 0;
    }

    for ( /* void */ ; w.t < w.end; w.t++) {

        c = &w.levels[w.depth];

        if (hoop_sql_is_op(w.t, '(')) {

            if (++w.depth == HOOP_SQL_MAX_DEPTH) {
                return 1;
            }

            hoop_sql_cond_init(&w.levels[w.depth],
                               hoop_sql_kw(w.t + 1) == KW_SELECT
                               || hoop_sql_kw(w.t + 1) == KW_WITH
                               || hoop_sql_kw(w.t + 1) == KW_VALUES
                               || hoop_sql_kw(w.t + 1) == KW_TABLE);

            c = &w.levels[w.depth];
            c->list = (hoop_sql_kw(w.t - 1) == KW_IN);

            /* = (SELECT max(id) FROM t) is one row */

            if (hoop_sql_is_op(w.t - 1, '=') && c->query
                && (hoop_sql_token_is(sql, w.t + 2, "max")
                    || hoop_sql_token_is(sql, w.t + 2, "min")))
            {
                c->limited = 1;
            }

            continue;
        }

        if (hoop_sql_is_op(w.t, ')')) {

            if (w.depth == 0) {
                return 1;
            }

            hoop_sql_cond_close(&w);
            continue;
        }

        if (w.t->type == HOOP_SQL_T_BAD || w.t->type == HOOP_SQL_T_GO) {
            return 1;
        }

        hoop_sql_cond_token(&w, c);
    }

    if (w.depth) {
        return 1;
    }

    return !hoop_sql_cond_end(&w, &w.levels[0]);
}


static void
hoop_sql_cond_init(hoop_sql_cond_t *c, int query)
{
    hoop_sql_cond_leaf(c);

    c->query = query;
    c->started = 0;
    c->limited = 0;
    c->self = 0;
    c->again = 0;
    c->from = 0;
    c->outer = 0;
    c->list = 0;
    c->boolean = 0;
    c->several = 0;
    c->xor = 0;
    c->every_ok = 1;
    c->term_ok = 0;
    c->term = 0;
    c->n = 0;
    c->more = 0;
}


static void
hoop_sql_cond_leaf(hoop_sql_cond_t *c)
{
    c->ncols = 0;
    c->compared = 0;
    c->kind = 0;
    c->not = 0;
    c->doubt = 0;
    c->between = 0;
    c->exists = 0;
    c->call = 0;
    c->never_null = 0;
    c->group = 0;
    c->group_all = 0;
    c->any = 0;
    c->id_more = 0;
    c->cases = 0;
}


static void
hoop_sql_cond_token(hoop_sql_where_t *w, hoop_sql_cond_t *c)
{
    unsigned  kw;

    kw = hoop_sql_kw(w->t);

    if (c->query && !c->started) {

        switch (kw) {

        case KW_WHERE:
            c->started = 1;
            hoop_sql_cond_leaf(c);
            break;

        case KW_HAVING:
        case KW_LIMIT:
        case KW_TOP:
        case KW_FETCH:
        case KW_VALUES:
            c->limited = 1;
            break;

        case KW_UNION:
            c->limited = 0;
            c->started = 0;
            c->xor = 1;
            break;

        case KW_FROM:
        case KW_JOIN:
            c->from = 1;

            if (hoop_sql_is_name(w->t + 1)) {

                hoop_str_t  a, b;

                a = hoop_sql_token(w->sql, w->t + 1);
                b = hoop_sql_token(w->sql, w->target);

                if (a.len == b.len || hoop_sql_is_op(w->t + 2, '.')) {
                    c->self = 1;
                    c->again = (hoop_sql_cond_hash(w, w->t + 1)
                                == hoop_sql_cond_hash(w, w->target));
                }
            }

            break;

        default:
            c->outer |= !c->from && hoop_sql_is_name(w->t)
                        && !(hoop_sql_flags(w->t) & (W_RESERVED|W_CONSTANT));
            break;
        }

        return;
    }

    if (c->cases) {
        c->cases += (kw == KW_CASE);
        c->cases -= (kw == KW_END);
        return;
    }

    switch (kw) {

    case KW_AND:
        if (c->between) {
            c->between = 0;
            return;
        }

        c->several = 1;
        hoop_sql_cond_leaf_end(w, c);
        return;

    case KW_OR:
        c->several = 1;
        hoop_sql_cond_leaf_end(w, c);
        hoop_sql_cond_term_end(c);
        return;

    case KW_XOR:
        c->several = 1;
        c->xor = 1;
        hoop_sql_cond_leaf_end(w, c);
        return;

    case KW_NOT:
        c->not = !c->not;
        c->kind |= COL_OTHER;
        c->boolean = 1;
        return;

    case KW_CASE:
        c->cases++;
        c->any = 1;
        c->doubt = 1;
        return;

    case KW_BETWEEN:

        /* id BETWEEN 0 AND 999999999 */

        if (hoop_sql_key_small(w->sql, w->t + 1)
            && (hoop_sql_key_large(w->t + 3, w->end)
                || hoop_sql_key_large(w->t + 4, w->end)))
        {
            c->id_more = 1;
        }

        c->between = 1;
        c->compared++;
        c->boolean = 1;
        return;

    case KW_IN:
    case KW_LIKE:
        c->compared++;
        c->boolean = 1;

        if (hoop_sql_token_is(w->sql, w->t, "notnull")
            || (c->not && hoop_sql_token_is(w->sql, w->t, "isnull")))
        {
            c->id_more = 1;
        }

        return;

    case KW_IS:
        c->compared++;
        c->boolean = 1;

        /* IS NOT NULL, IS DISTINCT FROM NULL, NOT x IS NULL */

        if (c->not
            || (hoop_sql_kw(w->t + 1) == KW_NOT)
               != (hoop_sql_kw(w->t + 1) == KW_DISTINCT
                   || hoop_sql_kw(w->t + 2) == KW_DISTINCT))
        {
            c->id_more = 1;
            c->doubt |= c->never_null;
        }

        return;

    case KW_EXISTS:
        c->exists = 1;
        c->boolean = 1;
        return;

    case KW_ALL:

        /* x <> ALL (...) of nothing is true */

        c->doubt = 1;
        return;

    case KW_GROUP:
    case KW_ORDER:
    case KW_LIMIT:
    case KW_HAVING:
    case KW_UNION:
    case KW_FETCH:
        if (c->query) {
            hoop_sql_cond_leaf_end(w, c);
            c->limited |= (kw != KW_GROUP && kw != KW_ORDER
                           && kw != KW_UNION);
            c->xor |= (kw == KW_UNION);
            return;
        }

        break;

    default:
        break;
    }

    switch (w->t->type) {

    case HOOP_SQL_T_OP:
        hoop_sql_cond_op(w, c);
        return;

    case HOOP_SQL_T_WORD:
    case HOOP_SQL_T_NAME:
        hoop_sql_cond_name(w, c);
        return;

    case HOOP_SQL_T_STRING:
        hoop_sql_cond_string(w, c);
        return;

    default:
        c->any = 1;
        return;
    }
}


static void
hoop_sql_cond_op(hoop_sql_where_t *w, hoop_sql_cond_t *c)
{
    switch (w->t->op) {

    case HOOP_SQL_OP_AND:
        if (w->sql->dialect == HOOP_SQL_POSTGRESQL) {
            c->compared++;
            c->boolean = 1;
            return;
        }

        c->several = 1;
        hoop_sql_cond_leaf_end(w, c);
        return;

    case HOOP_SQL_OP_OR:
        if (w->sql->dialect == HOOP_SQL_MYSQL) {
            c->several = 1;
            hoop_sql_cond_leaf_end(w, c);
            hoop_sql_cond_term_end(c);

        } else if (w->sql->dialect == HOOP_SQL_GENERIC) {
            c->doubt = 1;
        }

        return;

    case '!':
        c->not = !c->not;
        c->kind |= COL_OTHER;
        c->boolean = 1;
        return;

    case HOOP_SQL_OP_NE:
        c->kind |= COL_OTHER;
        c->id_more = 1;
        break;

    case '<':
    case HOOP_SQL_OP_LE:
        c->kind |= COL_LESS;

        /* 0 < id, id < 999999999 */

        if ((w->t[-1].type == HOOP_SQL_T_NUMBER
             && hoop_sql_key_small(w->sql, w->t - 1))
            || hoop_sql_key_large(w->t + 1, w->end))
        {
            c->id_more = 1;
        }

        break;

    case '>':
    case HOOP_SQL_OP_GE:
        c->kind |= COL_MORE;

        /* id > 0, n > -1, s >= '' */

        if (hoop_sql_key_small(w->sql, w->t + 1)) {
            c->id_more = 1;
        }

        if (hoop_sql_is_op(w->t + 1, '-')
            && w->t[2].type == HOOP_SQL_T_NUMBER)
        {
            c->doubt = 1;
        }

        break;

    case HOOP_SQL_OP_MATCH:
    case '=':
    case HOOP_SQL_OP_EQ:
    case '~':
        break;

    case '*':

        /* id * 0, id % 1 */

        if (hoop_sql_cond_is(w, w->t + 1, '0')
            || hoop_sql_cond_is(w, w->t - 1, '0'))
        {
            c->doubt = 1;
        }

        return;

    case '%':
        if (hoop_sql_cond_is(w, w->t + 1, '1')) {
            c->doubt = 1;
        }

        return;

    case ';':
        c->doubt = 1;
        return;

    default:
        return;
    }

    c->compared++;
    c->boolean = 1;
}


/* is the number of one digit */

static int
hoop_sql_cond_is(hoop_sql_where_t *w, const hoop_sql_token_t *t, u_char digit)
{
    return t->type == HOOP_SQL_T_NUMBER && t->len == 1
           && w->sql->text[t->start] == digit;
}


/* strings that match all others */

static void
hoop_sql_cond_string(hoop_sql_where_t *w, hoop_sql_cond_t *c)
{
    size_t        i, n;
    hoop_str_t    s;

    c->any = 1;

    s = hoop_sql_token(w->sql, w->t);

    for (i = 0, n = 0; i < s.len; i++) {
        if (strchr("'\"%_.*^$+?()", s.data[i]) == NULL) {
            n++;
            break;
        }
    }

    if (n == 0
        && !(hoop_sql_is_op(w->t - 1, '=') && s.len >= 2))
    {
        c->doubt = 1;
    }
}


static uint32_t
hoop_sql_cond_hash(hoop_sql_where_t *w, const hoop_sql_token_t *t)
{
    size_t      i;
    uint32_t    hash;
    hoop_str_t  s;

    s = hoop_sql_token(w->sql, t);

    if (t->type == HOOP_SQL_T_NAME) {
        s.data++;
        s.len -= 2;
    }

    hash = HOOP_SQL_HASH;

    for (i = 0; i < s.len; i++) {
        hash = hoop_sql_hash(hash, hoop_lower(s.data[i]));
    }

    return hash;
}


/* a column, a function or a word that is none */

static void
hoop_sql_cond_name(hoop_sql_where_t *w, hoop_sql_cond_t *c)
{
    unsigned  flags;
    uint32_t  hash, table;

    while (w->t + 2 < w->end && hoop_sql_is_op(w->t + 1, '.')
           && hoop_sql_is_name(w->t + 2))
    {
        w->t += 2;
    }

    flags = hoop_sql_flags(w->t);
    c->any = 1;

    if (hoop_sql_is_op(w->t + 1, '(') && !(flags & W_RESERVED)) {
        c->call = 1;

        if (hoop_sql_key_length(w->sql, w->t)) {
            c->kind |= COL_KEY;                  /* LENGTH(x) >= 0 */
        }

        c->never_null |= hoop_sql_token_is(w->sql, w->t, "coalesce")
                         || hoop_sql_token_is(w->sql, w->t, "ifnull")
                         || hoop_sql_token_is(w->sql, w->t, "nvl");

        return;
    }

    if ((flags & (W_RESERVED|W_CONSTANT))
        && !hoop_sql_is_op(w->t - 1, '.'))
    {
        return;
    }

    /* a type before its literal, COLLATE's, ESCAPE's, a cast's */

    if (w->t[1].type == HOOP_SQL_T_STRING
        || hoop_sql_is_op(w->t - 1, HOOP_SQL_OP_CAST)
        || hoop_sql_token_is(w->sql, w->t - 1, "collate")
        || hoop_sql_kw(w->t - 1) == KW_AS)
    {
        return;
    }

    hash = hoop_sql_cond_hash(w, w->t);
    table = 0;

    /* x.id = y.id joins, id = y.id and id = id may not */

    if (hoop_sql_is_op(w->t - 1, '.')) {
        table = hoop_sql_cond_hash(w, w->t - 2) | 1;
    }

    hoop_sql_cond_col(c, hash, table);

    /* a key compared so that it is true of every key */

    if (hoop_sql_key(w->sql, w->t, w->target)) {
        c->kind |= COL_KEY;
    }
}


static void
hoop_sql_cond_col(hoop_sql_cond_t *c, uint32_t hash, uint32_t table)
{
    unsigned  i;

    for (i = 0; i < c->ncols; i++) {
        if (c->cols[i] == hash
            && (c->tables[i] == table || c->tables[i] == 0 || table == 0))
        {
            c->doubt = 1;
            return;
        }
    }

    if (c->ncols == WHERE_COLS) {
        c->doubt = 1;
        return;
    }

    c->cols[c->ncols] = hash;
    c->tables[c->ncols++] = table;
}


/* the leaf restricts or not: it is added to the term of its level */

static void
hoop_sql_cond_leaf_end(hoop_sql_where_t *w, hoop_sql_cond_t *c)
{
    int       ok;
    unsigned  i;

    if (c->group) {
        ok = !c->group_all && !c->doubt;

    } else if (c->exists) {
        ok = !c->doubt;

    } else {
        ok = c->ncols && !c->doubt && c->compared <= 1 && !c->between
             && c->cases == 0;

        if (c->compared == 0 && !(c->call
            && (w->sql->dialect == HOOP_SQL_ORACLE
                || w->sql->dialect == HOOP_SQL_CLICKHOUSE
                || w->sql->dialect == HOOP_SQL_SNOWFLAKE
                || w->sql->dialect == HOOP_SQL_TSQL))
            && w->sql->dialect != HOOP_SQL_POSTGRESQL)
        {
            ok = 0;                              /* WHERE id */
        }

        if ((c->kind & COL_KEY) && c->ncols == 1 && c->id_more) {
            ok = 0;
        }
    }

    for (i = 0; i < c->ncols; i++) {

        if (c->n == WHERE_COLS) {
            c->more = 1;
            break;
        }

        c->seen[c->n].hash = c->cols[i];
        c->seen[c->n].term = c->term;
        c->seen[c->n].kind = c->kind & ~COL_KEY;
        c->n++;
    }

    c->term_ok |= ok;

    hoop_sql_cond_leaf(c);
}


static void
hoop_sql_cond_term_end(hoop_sql_cond_t *c)
{
    c->every_ok &= c->term_ok;
    c->term_ok = 0;
    c->term++;
}


/* 1 if the condition of a level restricts */

static int
hoop_sql_cond_end(hoop_sql_where_t *w, hoop_sql_cond_t *c)
{
    u_char    kinds;
    unsigned  i, k;

    hoop_sql_cond_leaf_end(w, c);
    hoop_sql_cond_term_end(c);

    if (!c->every_ok || c->xor) {
        return 0;
    }

    if (c->term < 2) {
        return 1;
    }

    /* x = 1 OR x <> 1, x < 1 OR x >= 1 */

    for (i = 0; i < c->n; i++) {

        kinds = c->seen[i].kind;

        for (k = i + 1; k < c->n; k++) {

            if (c->seen[k].hash != c->seen[i].hash
                || c->seen[k].term == c->seen[i].term)
            {
                continue;
            }

            kinds |= c->seen[k].kind;

            if ((kinds & COL_OTHER)
                || (kinds & (COL_LESS|COL_MORE)) == (COL_LESS|COL_MORE))
            {
                return 0;
            }
        }

        if (c->more && kinds & (COL_OTHER|COL_MORE|COL_LESS)) {
            return 0;
        }
    }

    return 1;
}


/* ")": the level is added to the leaf outside of it */

static void
hoop_sql_cond_close(hoop_sql_where_t *w)
{
    int               ok, alone;
    unsigned          i, kw;
    hoop_sql_cond_t  *c, *out;

    c = &w->levels[w->depth];
    out = &w->levels[--w->depth];

    if (out->query && !out->started) {

        /* a part of what a subquery selects or reads */

        return;
    }

    if (c->query) {

        ok = c->started && hoop_sql_cond_end(w, c);

        if (!c->from && c->outer) {
            out->doubt = 1;                      /* id = (SELECT id) */

        } else if (out->exists) {

            /* of itself again, joined by what must be its key */

            out->doubt |= !ok || (c->again && !c->several);

        } else if (!ok && !c->limited && c->self) {
            out->doubt = 1;
        }

        out->any = 1;

        return;
    }

    kw = hoop_sql_kw(w->t + 1);

    alone = !out->list && !out->any && out->compared == 0 && !out->exists
            && (w->t + 1 >= w->end || hoop_sql_is_op(w->t + 1, ')')
                || kw == KW_AND || kw == KW_OR || kw == KW_XOR
                || hoop_sql_is_op(w->t + 1, HOOP_SQL_OP_AND)
                || hoop_sql_is_op(w->t + 1, HOOP_SQL_OP_OR)
                || kw == KW_ORDER || kw == KW_GROUP || kw == KW_LIMIT
                || kw == KW_HAVING || kw == KW_UNION || kw == KW_FETCH);

    if (alone) {

        ok = hoop_sql_cond_end(w, c);

        out->group = 1;
        out->group_all = !ok || (out->kind & COL_OTHER && c->several);
        out->any = 1;
        out->boolean = 1;

        for (i = 0; i < c->n; i++) {

            if (out->n == WHERE_COLS) {
                out->more = 1;
                break;
            }

            out->seen[out->n] = c->seen[i];
            out->seen[out->n].term = out->term;
            out->seen[out->n].kind |= out->kind & ~COL_KEY;
            out->n++;
        }

        out->more |= c->more;

        return;
    }

    if (c->boolean || c->several || c->doubt || c->cases) {
        out->doubt = 1;
    }

    for (i = 0; i < c->ncols; i++) {
        hoop_sql_cond_col(out, c->cols[i], c->tables[i]);
    }

    out->call |= c->call;
    out->kind |= c->kind & COL_KEY;
    out->any = 1;
}
