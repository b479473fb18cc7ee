
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "sql" in the match of a rule: a place of the request, or several, a dialect,
 * and the classes and tables that are meant.  See hoop_policy_sql_judge.c for
 * what it says of a request.
 */


#include "hoop_policy_sql.h"


typedef int (*hoop_policy_sql_pt)(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond);


typedef struct {
    const char             *key;
    unsigned                required;
    hoop_policy_sql_pt      compile;
} hoop_policy_sql_part_t;


static int hoop_policy_sql_dialect(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond);
static int hoop_policy_sql_at(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond);
static int hoop_policy_sql_classes(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond);
static int hoop_policy_sql_tables(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond);
static int hoop_policy_sql_each(hoop_compile_t *cc, json_t *conf, unsigned max,
    const char *what, hoop_policy_sql_pt compile, hoop_sql_cond_t *cond);
static int hoop_policy_sql_place(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond);
static int hoop_policy_sql_member(hoop_compile_t *cc, json_t *conf,
    hoop_str_t *name, hoop_source_e *from);
static int hoop_policy_sql_add(hoop_compile_t *cc, unsigned slot,
    hoop_sql_cond_t *cond);
static int hoop_policy_sql_joined(hoop_compile_t *cc,
    const hoop_sql_cond_t *cond);
static int hoop_policy_sql_class(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond);
static int hoop_policy_sql_glob(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond);
static int hoop_policy_sql_slot(hoop_compile_t *cc,
    const hoop_sql_cond_t *cond, unsigned *slot);


static const char *const  hoop_policy_sql_keys[] = {
    "at", "dialect", "class", "tables", NULL
};

static const char *const  hoop_policy_place_keys[] = {
    "query", "form", "body", NULL
};

/* the dialect first: the others need it */

static const hoop_policy_sql_part_t  hoop_policy_sql_parts[] = {
    { "dialect", 1, hoop_policy_sql_dialect },
    { "at", 1, hoop_policy_sql_at },
    { "class", 0, hoop_policy_sql_classes },
    { "tables", 0, hoop_policy_sql_tables },
    { NULL, 0, NULL }
};


int
hoop_policy_compile_sql(hoop_compile_t *cc, json_t *conf, hoop_rule_t *rule)
{
    size_t                         mark;
    json_t                        *v;
    unsigned                       slot;
    hoop_op_t                     *op;
    hoop_sql_cond_t               *cond;
    const hoop_policy_sql_part_t  *part;

    if (hoop_policy_object_parts(cc, conf, hoop_policy_sql_keys) != HOOP_OK) {
        return HOOP_ERROR;
    }

    if (json_object_get(conf, "class") == NULL
        && json_object_get(conf, "tables") == NULL)
    {
        return hoop_policy_error(cc, 0, "\"sql\" without \"class\" and "
                                 "\"tables\"");
    }

    op = hoop_policy_alloc(cc, sizeof(hoop_op_t));
    cond = hoop_policy_alloc(cc, sizeof(hoop_sql_cond_t));

    if (op == NULL || cond == NULL) {
        return HOOP_ERROR;
    }

    op->type = HOOP_OP_SQL;
    op->sql = cond;

    /* without "class": all but unknown to an allow, all to another */

    cond->every = (rule->effect == HOOP_VERDICT_ALLOW);
    cond->classes = cond->every ? HOOP_SQL_ANY & ~HOOP_SQL_UNKNOWN
                                : HOOP_SQL_ANY;

    for (part = hoop_policy_sql_parts; part->key != NULL; part++) {
        v = json_object_get(conf, part->key);

        if (v == NULL) {
            if (part->required) {
                return hoop_policy_error(cc, 0, "\"sql\" without \"%s\"",
                                         part->key);
            }

            continue;
        }

        mark = hoop_policy_push(cc, hoop_cstr(part->key));

        if (hoop_policy_end(cc, mark, part->compile(cc, v, cond)) != HOOP_OK) {
            return HOOP_ERROR;
        }
    }

    if (cond->nplaces == 0) {

        /* what is wrong with them was said */

        return HOOP_OK;
    }

    if (hoop_policy_sql_slot(cc, cond, &slot) != HOOP_OK) {
        return HOOP_ERROR;
    }

    return hoop_policy_match_add(cc, cond->source, slot, op, conf, rule);
}


static int
hoop_policy_sql_dialect(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond)
{
    if (!json_is_string(conf)
        || hoop_sql_dialect(hoop_json_string(conf), &cond->dialect) != HOOP_OK)
    {
        return hoop_policy_error(cc, 0, "wanted one of the dialects "
                                 "\"postgresql\", \"mysql\", \"tsql\", "
                                 "\"oracle\", \"sqlite\", \"clickhouse\", "
                                 "\"snowflake\", \"generic\"");
    }

    return HOOP_OK;
}


static int
hoop_policy_sql_at(hoop_compile_t *cc, json_t *conf, hoop_sql_cond_t *cond)
{
    cond->source = HOOP_SOURCE_SQL;

    if (hoop_policy_sql_each(cc, conf, HOOP_POLICY_MAX_PLACES, "a place",
                             hoop_policy_sql_place, cond)
        != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    return hoop_policy_sql_joined(cc, cond);
}


static int
hoop_policy_sql_classes(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond)
{
    cond->classes = 0;

    if (hoop_policy_sql_each(cc, conf, HOOP_SQL_CLASSES, "a class",
                             hoop_policy_sql_class, cond)
        != HOOP_OK)
    {
        return HOOP_ERROR;
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

    return HOOP_OK;
}


static int
hoop_policy_sql_tables(hoop_compile_t *cc, json_t *conf,
    hoop_sql_cond_t *cond)
{
    size_t  n;

    n = json_is_array(conf) ? json_array_size(conf) : 1;

    cond->tables = hoop_policy_alloc(cc, n * sizeof(hoop_sql_glob_t));
    if (cond->tables == NULL) {
        return HOOP_ERROR;
    }

    return hoop_policy_sql_each(cc, conf, HOOP_POLICY_MAX_TABLES, "a table",
                                hoop_policy_sql_glob, cond);
}


/* one, or a list of them */

static int
hoop_policy_sql_each(hoop_compile_t *cc, json_t *conf, unsigned max,
    const char *what, hoop_policy_sql_pt compile, hoop_sql_cond_t *cond)
{
    size_t  i, n, mark;

    if (!json_is_array(conf)) {
        return compile(cc, conf, cond);
    }

    n = json_array_size(conf);

    if (n == 0 || n > max) {
        return hoop_policy_error(cc, 0, "wanted %s or an array of 1 to %u",
                                 what, max);
    }

    for (i = 0; i < n; i++) {
        mark = hoop_policy_push_index(cc, i);

        if (hoop_policy_end(cc, mark,
                            compile(cc, json_array_get(conf, i), cond))
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }
    }

    return HOOP_OK;
}


static int
hoop_policy_sql_place(hoop_compile_t *cc, json_t *conf, hoop_sql_cond_t *cond)
{
    unsigned       slot;
    hoop_str_t     name;
    hoop_source_e  from;

    from = HOOP_SOURCE_BODY;

    if (json_is_string(conf)) {
        name = hoop_json_string(conf);

        if (name.len > HOOP_POLICY_MAX_POINTER
            || !hoop_json_pointer_valid(name))
        {
            return hoop_policy_error(cc, 0, "invalid JSON pointer \"%s\", "
                                     "wanted one as \"/query\"",
                                     hoop_policy_quote(cc, name));
        }

    } else if (hoop_policy_sql_member(cc, conf, &name, &from) != HOOP_OK) {
        return HOOP_ERROR;
    }

    if (from >= HOOP_SOURCE_BODY) {
        cond->source = HOOP_SOURCE_SQL_BODY;
    }

    if (cond->nplaces == 0) {
        cond->name = name;
    }

    slot = HOOP_SQL_RAW;

    if (from != HOOP_SOURCE_SQL_BODY
        && hoop_policy_compile_slot(cc, from, name, &slot) != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    return hoop_policy_sql_add(cc, slot, cond);
}


/* { "query": name }, { "form": name }, { "body": "raw" } */

static int
hoop_policy_sql_member(hoop_compile_t *cc, json_t *conf, hoop_str_t *name,
    hoop_source_e *from)
{
    size_t       mark;
    json_t      *v;
    const char  *key;

    if (!json_is_object(conf) || json_object_size(conf) != 1) {
        return hoop_policy_error(cc, 0, "wanted a JSON pointer as "
                                 "\"/query\", { \"query\": \"name\" } of an "
                                 "argument, { \"form\": \"name\" } of a field "
                                 "or { \"body\": \"raw\" }");
    }

    if (hoop_policy_object(cc, conf, hoop_policy_place_keys) != HOOP_OK) {
        return HOOP_ERROR;
    }

    key = json_object_iter_key(json_object_iter(conf));
    v = json_object_get(conf, key);

    mark = hoop_policy_push(cc, hoop_cstr(key));

    if (hoop_policy_string(cc, v, HOOP_POLICY_MAX_POINTER, name) != HOOP_OK) {
        return HOOP_ERROR;
    }

    switch (key[0]) {

    case 'q':
        *from = HOOP_SOURCE_QUERY;
        break;

    case 'f':
        *from = HOOP_SOURCE_FORM;
        break;

    default:
        *from = HOOP_SOURCE_SQL_BODY;

        if (!hoop_str_is(*name, "raw")) {
            return hoop_policy_error(cc, 0, "wanted \"raw\", or a JSON "
                                     "pointer for the whole place");
        }
    }

    hoop_policy_pop(cc, mark);

    return HOOP_OK;
}


/* who names one half of what ClickHouse executes does not see the other */

static int
hoop_policy_sql_joined(hoop_compile_t *cc, const hoop_sql_cond_t *cond)
{
    unsigned       i, slot, raw, query;
    hoop_policy_t  *policy;

    if (cond->dialect != HOOP_SQL_CLICKHOUSE) {
        return HOOP_OK;
    }

    policy = cc->policy;
    raw = 0;
    query = 0;

    for (i = 0; i < cond->nplaces; i++) {
        slot = policy->sqls[cond->places[i]].slot;

        if (slot == HOOP_SQL_RAW) {
            raw = 1;

        } else if (policy->slots[slot].source == HOOP_SOURCE_QUERY) {
            query = 1;
        }
    }

    if (raw != query) {
        return hoop_policy_error(cc, 0, "ClickHouse joins the argument and "
                                 "the body, so name both: [{ \"query\": "
                                 "\"query\" }, { \"body\": \"raw\" }]");
    }

    return HOOP_OK;
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


static int
hoop_policy_sql_class(hoop_compile_t *cc, json_t *conf, hoop_sql_cond_t *cond)
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

    cond->classes |= class;

    return HOOP_OK;
}


static int
hoop_policy_sql_glob(hoop_compile_t *cc, json_t *conf, hoop_sql_cond_t *cond)
{
    return hoop_policy_compile_table(cc, conf, cond->dialect,
                                     &cond->tables[cond->ntables++]);
}


/*
 * One for the same places, apart for "every" and "any": conditions of one text
 * are one test of their slot, and these two are not the same.
 */

static int
hoop_policy_sql_slot(hoop_compile_t *cc, const hoop_sql_cond_t *cond,
    unsigned *slot)
{
    u_char    key[HOOP_POLICY_MAX_PLACES + 1];
    unsigned  i;

    key[0] = cond->every ? 'e' : 'a';

    for (i = 0; i < cond->nplaces; i++) {
        key[i + 1] = 'A' + cond->places[i];
    }

    if (hoop_policy_compile_slot(cc, cond->source, hoop_str(key, i + 1), slot)
        != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    cc->policy->slots[*slot].name = cond->name;

    return HOOP_OK;
}
