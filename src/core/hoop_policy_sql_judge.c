
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
 * ClickHouse appends the body to the argument "query".  What they are as one
 * text neither of them says: if both are there the condition is UNKNOWN, but
 * where it is an allow's and NO, or a deny's and YES.
 */


#include <strings.h>

#include "hoop_policy_sql.h"
#include "hoop_sql_record.h"


/* what is kept for the next text is of one as long as that */

#define HOOP_SQL_KEPT          65536

#define HOOP_SQL_MAX_COMPARES  20000

/* of the record: bytes of one statement's, of all, and their number */

#define HOOP_SQL_RECORD_TEXT   1024
#define HOOP_SQL_RECORD_SIZE   16384
#define HOOP_SQL_RECORD_MAX    16

/* the classes of statements whose tables are all named */

#define HOOP_SQL_NAMED                                                        \
    (HOOP_SQL_READ|HOOP_SQL_INSERT|HOOP_SQL_UPDATE|HOOP_SQL_DELETE            \
     |HOOP_SQL_DELETE_ALL|HOOP_SQL_UPDATE_ALL|HOOP_SQL_TRUNCATE               \
     |HOOP_SQL_COPY|HOOP_SQL_EXPLAIN_ANALYZE|HOOP_SQL_MULTI)


static hoop_policy_sql_t *hoop_policy_sql_classify(hoop_policy_t *policy,
    unsigned n, const hoop_policy_request_t *req);
static void hoop_policy_sql_text(hoop_policy_sql_t *sql,
    const hoop_subject_t *subject);
static void hoop_policy_sql_raw(hoop_policy_sql_t *sql,
    const hoop_policy_request_t *req);
static hoop_truth_e hoop_policy_sql_all(const hoop_sql_cond_t *cond,
    const hoop_sql_t *sql, const char **why);
static hoop_truth_e hoop_policy_sql_one(const hoop_sql_cond_t *cond,
    const hoop_sql_statement_t *st, int judge, const char **why);
static int hoop_policy_sql_shows(const hoop_sql_cond_t *cond,
    hoop_str_t text);
static int hoop_policy_sql_told(hoop_policy_t *const *policies, unsigned p,
    unsigned n);


static const char  hoop_policy_why_class[] =
    "it is not known what the SQL does";
static const char  hoop_policy_why_table[] =
    "it is not known which tables the SQL means";
static const char  hoop_policy_why_text[] = "the SQL is not a text";
static const char  hoop_policy_why_raw[] =
    "the body cannot be judged as one text of SQL";
static const char  hoop_policy_why_places[] =
    "the SQL stands in several places that the target joins";
static const char  hoop_policy_why_memory[] = "no memory to judge the SQL";


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
    hoop_policy_sql_t  *sql;

    sql = &policy->sqls[n];

    if (sql->generation == policy->generation) {
        return sql;
    }

    sql->generation = policy->generation;

    if (sql->text.len > HOOP_SQL_KEPT) {
        hoop_sql_clear(&sql->sql);
    }

    sql->text.len = 0;

    if (sql->slot == HOOP_SQL_RAW) {
        hoop_policy_sql_raw(sql, req);

    } else {
        hoop_policy_sql_text(sql, hoop_policy_subject(policy, sql->slot, req));
    }

    if (sql->type == HOOP_SUBJECT_DATA
        && hoop_sql_classify(&sql->sql, sql->dialect, sql->text.data,
                             sql->text.len)
           != HOOP_OK)
    {
        sql->type = HOOP_SUBJECT_UNKNOWN;
        sql->why = hoop_policy_why_memory;
    }

    return sql;
}


static void
hoop_policy_sql_text(hoop_policy_sql_t *sql, const hoop_subject_t *subject)
{
    sql->type = subject->type;
    sql->why = subject->why;

    switch (subject->type) {

    case HOOP_SUBJECT_TEXT:
        sql->type = HOOP_SUBJECT_DATA;
        sql->text = subject->text;
        break;

    case HOOP_SUBJECT_JSON:

        if (json_is_string(subject->json)) {
            sql->type = HOOP_SUBJECT_DATA;
            sql->text = hoop_json_string(subject->json);
            break;
        }

        sql->type = HOOP_SUBJECT_UNKNOWN;
        sql->why = hoop_policy_why_text;
        break;

    default:
        break;
    }
}


/*
 * Whoever executes a whole body looks at its media type seldom, but for one:
 * a multipart body may begin with anything, which is no part of it, and have
 * the SQL behind that.
 */

static void
hoop_policy_sql_raw(hoop_policy_sql_t *sql, const hoop_policy_request_t *req)
{
    int         rc;
    size_t      i, n;
    hoop_str_t  type;

    static const char  multipart[] = "multipart";

    switch (req->body) {

    case HOOP_BODY_NONE:
        sql->type = HOOP_SUBJECT_ABSENT;
        return;

    case HOOP_BODY_JSON:
    case HOOP_BODY_FORM:
    case HOOP_BODY_OTHER:
        break;

    default:
        goto unknown;
    }

    rc = (req->header != NULL)
         ? req->header(req->header_ctx, hoop_cstr("content-type"), &type)
         : HOOP_DECLINED;

    if (rc == HOOP_ERROR) {
        goto unknown;
    }

    n = sizeof(multipart) - 1;

    for (i = 0; rc == HOOP_OK && i + n <= type.len; i++) {
        if (strncasecmp((const char *) type.data + i, multipart, n) == 0) {
            goto unknown;
        }
    }

    sql->type = HOOP_SUBJECT_DATA;
    sql->text = req->body_text;

    return;

unknown:

    sql->type = HOOP_SUBJECT_UNKNOWN;
    sql->why = hoop_policy_why_raw;
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
            && ((st->classes & ~(HOOP_SQL_READ|HOOP_SQL_MULTI))
                || hoop_policy_sql_shows(cond, st->text)))
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


/*
 * What lists the tables of others, their grants or the statements that run
 * reads none that is named.  It must not be within the tables of an allow; a
 * deny that names tables is not about it.  PostgreSQL shows settings alone.
 */

static int
hoop_policy_sql_shows(const hoop_sql_cond_t *cond, hoop_str_t text)
{
    size_t    len;
    unsigned  i;

    static const char *const  words[] = {
        "show", "list", "ls", "pragma", NULL
    };

    if (!cond->every || cond->dialect == HOOP_SQL_POSTGRESQL) {
        return 0;
    }

    for (i = 0; words[i] != NULL; i++) {
        len = strlen(words[i]);

        if (text.len > len
            && strncasecmp((const char *) text.data, words[i], len) == 0
            && !((text.data[len] | 0x20) >= 'a'
                 && (text.data[len] | 0x20) <= 'z'))
        {
            return 1;
        }
    }

    return 0;
}


int
hoop_policy_sql(hoop_policy_t *const *policies, unsigned n, hoop_buf_t *out,
    unsigned *omitted)
{
    size_t              start;
    unsigned            i, k, p, told;
    hoop_policy_sql_t  *sql;

    told = 0;
    *omitted = 0;
    start = out->len;

    for (p = 0; p < n; p++) {
        for (i = 0; i < policies[p]->nsqls; i++) {

            sql = &policies[p]->sqls[i];

            if (sql->generation != policies[p]->generation
                || sql->type != HOOP_SUBJECT_DATA
                || hoop_policy_sql_told(policies, p, i))
            {
                continue;
            }

            for (k = 0; k < sql->sql.n; k++) {

                if (told == HOOP_SQL_RECORD_MAX
                    || out->len - start > HOOP_SQL_RECORD_SIZE)
                {
                    (*omitted)++;
                    continue;
                }

                (void) hoop_buf_addc(out, told++ ? ',' : '[');

                if (hoop_sql_record(&sql->sql.statements[k], sql->dialect,
                                    HOOP_SQL_RECORD_TEXT, out)
                    != HOOP_OK)
                {
                    return HOOP_NOMEM;
                }
            }
        }
    }

    if (told == 0) {
        return HOOP_DECLINED;
    }

    return hoop_buf_addc(out, ']');
}


/* another policy, or another place, has the same text */

static int
hoop_policy_sql_told(hoop_policy_t *const *policies, unsigned p, unsigned n)
{
    unsigned            i, k;
    hoop_policy_sql_t  *sql, *other;

    sql = &policies[p]->sqls[n];

    for (i = 0; i <= p; i++) {
        for (k = 0; k < policies[i]->nsqls && (i < p || k < n); k++) {

            other = &policies[i]->sqls[k];

            if (other->generation == policies[i]->generation
                && other->type == HOOP_SUBJECT_DATA
                && other->dialect == sql->dialect
                && hoop_str_eq(other->text, sql->text))
            {
                return 1;
            }
        }
    }

    return 0;
}
