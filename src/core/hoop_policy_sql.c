
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "sql" in the match of a rule: what the statements at some place of the
 * request would do, and to which tables.
 *
 * A place is where the text is found, mostly by a slot, whose rules of what is
 * ambiguous hold here as well.  A text is classified when the first rule asks
 * for it, once in an evaluation, however many do.
 *
 * An allow needs every statement at every place that is there to be within its
 * classes and tables.  A deny or a review is met by any statement that is of
 * them or may be.  Where no place is there, there is no SQL, and neither holds.
 *
 * ClickHouse appends the body to the argument "query".  What two places are to
 * a target that reads them as one text, neither of them says: there is more
 * than one place then, and the condition is UNKNOWN but where it is an allow's
 * and NO, or a deny's and YES.
 */


#include <stdlib.h>

#include "hoop_policy_sql.h"


/* what is kept for the next text is of one as long as that */

#define HOOP_SQL_KEPT         65536

#define HOOP_SQL_MAX_COMPARES 20000

/* the classes of statements whose tables are all named */

#define HOOP_SQL_NAMED                                                        \
    (HOOP_SQL_READ|HOOP_SQL_INSERT|HOOP_SQL_UPDATE|HOOP_SQL_DELETE            \
     |HOOP_SQL_DELETE_ALL|HOOP_SQL_UPDATE_ALL|HOOP_SQL_TRUNCATE               \
     |HOOP_SQL_COPY|HOOP_SQL_EXPLAIN_ANALYZE|HOOP_SQL_MULTI)

#define HOOP_SQL_ANY          ((1u << HOOP_SQL_CLASSES) - 1)


static int hoop_policy_sql_places(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond, hoop_str_t *name, hoop_source_e *source);
static int hoop_policy_sql_place(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond, hoop_str_t *name, hoop_source_e *source);
static int hoop_policy_sql_add(hoop_compile_t *cc, unsigned slot,
    hoop_sql_cond_t *cond);
static int hoop_policy_sql_dialect(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond);
static int hoop_policy_sql_classes(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond);
static int hoop_policy_sql_class(hoop_compile_t *cc, json_t *conf,
    uint32_t *classes);
static int hoop_policy_sql_tables(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond);
static int hoop_policy_sql_slot(hoop_compile_t *cc, hoop_source_e source,
    const hoop_sql_cond_t *cond, hoop_str_t name, unsigned *slot);
static hoop_policy_sql_t *hoop_policy_sql_classify(hoop_policy_t *policy,
    unsigned n, const hoop_policy_request_t *req);
static hoop_truth_e hoop_policy_sql_all(const hoop_sql_cond_t *cond,
    const hoop_sql_t *sql, const char **why);
static hoop_truth_e hoop_policy_sql_one(const hoop_sql_cond_t *cond,
    const hoop_sql_statement_t *st, int judge, const char **why);


static const char *const  hoop_policy_sql_keys[] = {
    "at", "dialect", "class", "tables", NULL
};

static const char *const  hoop_policy_place_keys[] = {
    "query", NULL
};


static const char  hoop_policy_why_class[] =
    "it is not known what the SQL does";
static const char  hoop_policy_why_table[] =
    "it is not known which tables the SQL means";
static const char  hoop_policy_why_text[] = "the SQL is not a text";
static const char  hoop_policy_why_places[] =
    "the SQL stands in several places that the target may join";
static const char  hoop_policy_why_memory[] = "no memory to judge the SQL";


int
hoop_policy_compile_sql(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    unsigned          slot;
    hoop_op_t        *op;
    hoop_str_t        name;
    hoop_source_e     source;
    hoop_sql_cond_t  *cond;

    if (hoop_policy_object(cc, conf, hoop_policy_sql_keys) != HOOP_OK) {
        return HOOP_ERROR;
    }

    op = hoop_policy_alloc(cc, sizeof(hoop_op_t));
    cond = hoop_policy_alloc(cc, sizeof(hoop_sql_cond_t));

    if (op == NULL || cond == NULL) {
        return HOOP_ERROR;
    }

    op->type = HOOP_OP_SQL;
    op->sql = cond;

    cond->every = (rule->effect == HOOP_VERDICT_ALLOW);

    if (json_object_get(conf, "class") == NULL
        && json_object_get(conf, "tables") == NULL)
    {
        return hoop_policy_error(cc, 0, "\"sql\" without \"class\" and "
                                 "\"tables\"");
    }

    if (hoop_policy_sql_dialect(cc, json_object_get(conf, "dialect"), cond)
        != HOOP_OK
        || hoop_policy_sql_places(cc, json_object_get(conf, "at"), cond,
                                  &name, &source)
           != HOOP_OK
        || hoop_policy_sql_classes(cc, json_object_get(conf, "class"), cond)
           != HOOP_OK
        || hoop_policy_sql_tables(cc, json_object_get(conf, "tables"), cond)
           != HOOP_OK
        || hoop_policy_sql_slot(cc, source, cond, name, &slot) != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    return hoop_policy_match_add(cc, source, slot, op, conf, rule);
}


static int
hoop_policy_sql_dialect(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond)
{
    size_t  mark;

    if (conf == NULL) {
        return hoop_policy_error(cc, 0, "\"sql\" without \"dialect\"");
    }

    mark = hoop_policy_push(cc, hoop_cstr("dialect"));

    if (!json_is_string(conf)
        || hoop_sql_dialect(hoop_json_string(conf), &cond->dialect) != HOOP_OK)
    {
        return hoop_policy_error(cc, 0, "wanted one of the dialects "
                                 "\"postgresql\", \"mysql\", \"tsql\", "
                                 "\"oracle\", \"sqlite\", \"clickhouse\", "
                                 "\"snowflake\", \"generic\"");
    }

    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


/* a place, or a list of them; name: of the first */

static int
hoop_policy_sql_places(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond, hoop_str_t *name, hoop_source_e *source)
{
    size_t      i, n, mark, each;
    hoop_str_t  other;

    if (conf == NULL) {
        return hoop_policy_error(cc, 0, "\"sql\" without \"at\"");
    }

    *source = HOOP_SOURCE_SQL;
    mark = hoop_policy_push(cc, hoop_cstr("at"));

    if (!json_is_array(conf)) {
        if (hoop_policy_sql_place(cc, conf, cond, name, source) != HOOP_OK) {
            return HOOP_ERROR;
        }

        hoop_policy_pop(cc, mark);

        return HOOP_OK;
    }

    n = json_array_size(conf);

    if (n == 0 || n > HOOP_POLICY_MAX_PLACES) {
        return hoop_policy_error(cc, 0, "wanted a place or an array of 1 to "
                                 "%d", HOOP_POLICY_MAX_PLACES);
    }

    for (i = 0; i < n; i++) {
        each = hoop_policy_push_index(cc, i);

        if (hoop_policy_sql_place(cc, json_array_get(conf, i), cond,
                                  i == 0 ? name : &other, source)
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }

        hoop_policy_pop(cc, each);
    }

    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


static int
hoop_policy_sql_place(hoop_compile_t *cc, json_t *conf, hoop_sql_cond_t *cond,
    hoop_str_t *name, hoop_source_e *source)
{
    size_t         mark;
    unsigned       slot;
    hoop_source_e  from;

    if (json_is_string(conf)) {
        *name = hoop_json_string(conf);
        from = HOOP_SOURCE_BODY;

        if (name->len > HOOP_POLICY_MAX_POINTER
            || !hoop_json_pointer_valid(*name))
        {
            return hoop_policy_error(cc, 0, "invalid JSON pointer \"%s\", "
                                     "wanted one as \"/query\"",
                                     hoop_policy_quote(cc, *name));
        }

    } else {
        if (!json_is_object(conf) || json_object_size(conf) != 1) {
            return hoop_policy_error(cc, 0, "wanted a JSON pointer as "
                                     "\"/query\", or { \"query\": \"name\" } "
                                     "of an argument");
        }

        if (hoop_policy_object(cc, conf, hoop_policy_place_keys) != HOOP_OK) {
            return HOOP_ERROR;
        }

        from = HOOP_SOURCE_QUERY;
        mark = hoop_policy_push(cc, hoop_cstr("query"));

        if (hoop_policy_string(cc, json_object_get(conf, "query"),
                               HOOP_POLICY_MAX_POINTER, name)
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }

        hoop_policy_pop(cc, mark);
    }

    if (from >= HOOP_SOURCE_BODY) {
        *source = HOOP_SOURCE_SQL_BODY;
    }

    if (hoop_policy_compile_slot(cc, from, *name, &slot) != HOOP_OK) {
        return HOOP_ERROR;
    }

    return hoop_policy_sql_add(cc, slot, cond);
}


/* each place is there once for a dialect */

static int
hoop_policy_sql_add(hoop_compile_t *cc, unsigned slot, hoop_sql_cond_t *cond)
{
    unsigned            i, n;
    hoop_policy_t      *policy;
    hoop_policy_sql_t  *sql;

    policy = cc->policy;

    if (policy->sqls == NULL) {
        policy->sqls = hoop_policy_alloc(cc, HOOP_POLICY_MAX_SQLS
                                             * sizeof(hoop_policy_sql_t));
        if (policy->sqls == NULL) {
            return HOOP_ERROR;
        }
    }

    for (n = 0; n < policy->nsqls; n++) {
        if (policy->sqls[n].slot == slot
            && policy->sqls[n].dialect == cond->dialect)
        {
            break;
        }
    }

    if (n == HOOP_POLICY_MAX_SQLS) {
        return hoop_policy_error(cc, 0, "too many places of SQL, at most %d",
                                 HOOP_POLICY_MAX_SQLS);
    }

    if (n == policy->nsqls) {
        sql = &policy->sqls[policy->nsqls++];
        sql->slot = slot;
        sql->dialect = cond->dialect;
        hoop_sql_init(&sql->sql);
    }

    for (i = 0; i < cond->nplaces; i++) {
        if (cond->places[i] == n) {
            return hoop_policy_error(cc, 0, "the place is named twice");
        }
    }

    cond->places[cond->nplaces++] = n;

    return HOOP_OK;
}


/* Without "class": all but unknown to an allow, all to a deny or a review. */

static int
hoop_policy_sql_classes(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond)
{
    size_t  i, n, mark, each;

    if (conf == NULL) {
        cond->classes = cond->every ? HOOP_SQL_ANY & ~HOOP_SQL_UNKNOWN
                                    : HOOP_SQL_ANY;
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr("class"));
    n = json_array_size(conf);

    if (json_is_string(conf)) {
        if (hoop_policy_sql_class(cc, conf, &cond->classes) != HOOP_OK) {
            return HOOP_ERROR;
        }

    } else if (n == 0 || n > HOOP_SQL_CLASSES) {
        return hoop_policy_error(cc, 0, "wanted a class or an array of 1 to "
                                 "%d", HOOP_SQL_CLASSES);
    }

    for (i = 0; i < n; i++) {
        each = hoop_policy_push_index(cc, i);

        if (hoop_policy_sql_class(cc, json_array_get(conf, i), &cond->classes)
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }

        hoop_policy_pop(cc, each);
    }

    /* who forbids to delete means all rows as well */

    if (!cond->every) {

        if (cond->classes & HOOP_SQL_DELETE) {
            cond->classes |= HOOP_SQL_DELETE_ALL;
        }

        if (cond->classes & HOOP_SQL_UPDATE) {
            cond->classes |= HOOP_SQL_UPDATE_ALL;
        }
    }

    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


static int
hoop_policy_sql_class(hoop_compile_t *cc, json_t *conf, uint32_t *classes)
{
    uint32_t  class;

    class = json_is_string(conf) ? hoop_sql_class(hoop_json_string(conf)) : 0;

    if (class == 0) {
        return hoop_policy_error(cc, 0, "wanted one of the classes \"read\", "
                                 "\"insert\", \"update\", \"delete\", "
                                 "\"delete_all\", \"update_all\", \"ddl\", "
                                 "\"truncate\", \"grant\", \"copy\", "
                                 "\"call\", \"explain_analyze\", \"multi\", "
                                 "\"unknown\"");
    }

    *classes |= class;

    return HOOP_OK;
}


static int
hoop_policy_sql_tables(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond)
{
    size_t  i, n, mark, each;

    if (conf == NULL) {
        return HOOP_OK;
    }

    mark = hoop_policy_push(cc, hoop_cstr("tables"));
    n = json_is_string(conf) ? 1 : json_array_size(conf);

    if (n == 0 || n > HOOP_POLICY_MAX_TABLES) {
        return hoop_policy_error(cc, 0, "wanted a table or an array of 1 to "
                                 "%d", HOOP_POLICY_MAX_TABLES);
    }

    cond->tables = hoop_policy_alloc(cc, n * sizeof(hoop_sql_glob_t));
    if (cond->tables == NULL) {
        return HOOP_ERROR;
    }

    for (i = 0; i < n; i++) {
        each = json_is_string(conf) ? cc->path.len
                                    : hoop_policy_push_index(cc, i);

        if (hoop_policy_compile_table(cc, json_is_string(conf)
                                          ? conf : json_array_get(conf, i),
                                      cond->dialect, &cond->tables[i])
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }

        hoop_policy_pop(cc, each);
    }

    cond->ntables = n;
    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


/*
 * One for the same places, apart for "every" and "any": conditions of one text
 * are one test of their slot, and these two are not the same.
 */

static int
hoop_policy_sql_slot(hoop_compile_t *cc, hoop_source_e source,
    const hoop_sql_cond_t *cond, hoop_str_t name, unsigned *slot)
{
    u_char    key[HOOP_POLICY_MAX_PLACES + 1];
    unsigned  i;

    key[0] = cond->every ? 'e' : 'a';

    for (i = 0; i < cond->nplaces; i++) {
        key[i + 1] = 'A' + cond->places[i];
    }

    if (hoop_policy_compile_slot(cc, source, hoop_str(key, i + 1), slot)
        != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    cc->policy->slots[*slot].name = name;

    return HOOP_OK;
}


void
hoop_policy_sql_free(hoop_policy_t *policy)
{
    unsigned  i;

    for (i = 0; i < policy->nsqls; i++) {
        hoop_sql_clear(&policy->sqls[i].sql);
    }
}


hoop_truth_e
hoop_policy_test_sql(hoop_policy_t *policy, const hoop_op_t *op,
    const hoop_subject_t *subject, const char **why)
{
    unsigned                i, found;
    const char             *reason;
    hoop_truth_e            t, truth, sure;
    hoop_policy_sql_t      *sql;
    const hoop_sql_cond_t  *cond;

    cond = op->sql;
    found = 0;
    reason = NULL;

    /* what it is if no statement makes it something else */

    sure = cond->every ? HOOP_TRUTH_YES : HOOP_TRUTH_NO;
    truth = sure;

    for (i = 0; i < cond->nplaces; i++) {
        sql = hoop_policy_sql_classify(policy, cond->places[i], subject->req);

        if (sql->type == HOOP_SUBJECT_ABSENT) {
            continue;
        }

        found++;

        if (sql->type == HOOP_SUBJECT_UNKNOWN) {
            t = HOOP_TRUTH_UNKNOWN;
            reason = sql->why;

        } else {
            t = hoop_policy_sql_all(cond, &sql->sql, &reason);
        }

        if (cond->every ? t < truth : t > truth) {
            truth = t;
            *why = reason;
        }
    }

    if (found == 0) {
        return HOOP_TRUTH_NO;
    }

    if (found > 1 && truth == sure && cond->dialect == HOOP_SQL_CLICKHOUSE) {
        truth = HOOP_TRUTH_UNKNOWN;
        *why = hoop_policy_why_places;
    }

    if (truth != HOOP_TRUTH_UNKNOWN) {
        *why = NULL;
    }

    return truth;
}


static hoop_policy_sql_t *
hoop_policy_sql_classify(hoop_policy_t *policy, unsigned n,
    const hoop_policy_request_t *req)
{
    hoop_policy_sql_t     *sql;
    const hoop_subject_t  *subject;

    sql = &policy->sqls[n];

    if (sql->generation == policy->generation) {
        return sql;
    }

    sql->generation = policy->generation;

    if (sql->text.len > HOOP_SQL_KEPT) {
        hoop_sql_clear(&sql->sql);
    }

    sql->text.len = 0;

    subject = hoop_policy_subject(policy, sql->slot, req);

    sql->type = subject->type;
    sql->why = subject->why;

    switch (subject->type) {

    case HOOP_SUBJECT_TEXT:
        sql->text = subject->text;
        break;

    case HOOP_SUBJECT_JSON:

        if (!json_is_string(subject->json)) {
            sql->type = HOOP_SUBJECT_UNKNOWN;
            sql->why = hoop_policy_why_text;
            return sql;
        }

        sql->text = hoop_json_string(subject->json);
        break;

    default:
        return sql;
    }

    sql->type = HOOP_SUBJECT_DATA;

    if (hoop_sql_classify(&sql->sql, sql->dialect, sql->text.data,
                          sql->text.len)
        != HOOP_OK)
    {
        sql->type = HOOP_SUBJECT_UNKNOWN;
        sql->why = hoop_policy_why_memory;
    }

    return sql;
}


static hoop_truth_e
hoop_policy_sql_all(const hoop_sql_cond_t *cond, const hoop_sql_t *sql,
    const char **why)
{
    int           judge;
    unsigned      i, n;
    const char   *reason;
    hoop_truth_e  t, truth;

    for (i = 0, n = 0; i < sql->n; i++) {
        n += sql->statements[i].ntables;
    }

    judge = n * cond->ntables <= HOOP_SQL_MAX_COMPARES;
    truth = cond->every ? HOOP_TRUTH_YES : HOOP_TRUTH_NO;

    for (i = 0; i < sql->n; i++) {
        t = hoop_policy_sql_one(cond, &sql->statements[i], judge, &reason);

        if (cond->every ? t < truth : t > truth) {
            truth = t;
            *why = reason;
        }
    }

    return truth;
}


static hoop_truth_e
hoop_policy_sql_one(const hoop_sql_cond_t *cond,
    const hoop_sql_statement_t *st, int judge, const char **why)
{
    unsigned      i;
    uint32_t      rest;
    hoop_truth_e  t, class, tables;

    rest = st->classes & ~cond->classes;

    if (cond->every) {
        class = (rest == 0) ? HOOP_TRUTH_YES
                : (rest == HOOP_SQL_UNKNOWN) ? HOOP_TRUTH_UNKNOWN
                : HOOP_TRUTH_NO;

    } else {
        class = (rest != st->classes) ? HOOP_TRUTH_YES
                : (rest & HOOP_SQL_UNKNOWN) ? HOOP_TRUTH_UNKNOWN
                : HOOP_TRUTH_NO;
    }

    *why = hoop_policy_why_class;

    if (cond->ntables == 0 || class == HOOP_TRUTH_NO) {
        return class;
    }

    /* tables that are not named may be any */

    tables = cond->every ? HOOP_TRUTH_YES : HOOP_TRUTH_NO;

    if ((st->classes & ~HOOP_SQL_NAMED)
        || (st->ntables == 0
            && (st->classes & ~(HOOP_SQL_READ|HOOP_SQL_MULTI)))
        || !judge)
    {
        tables = HOOP_TRUTH_UNKNOWN;
    }

    for (i = 0; i < st->ntables && judge; i++) {
        t = hoop_policy_sql_table(cond, st->tables[i]);

        if (cond->every ? t < tables : t > tables) {
            tables = t;
        }
    }

    if (tables < class) {
        *why = hoop_policy_why_table;
        return tables;
    }

    return class;
}
