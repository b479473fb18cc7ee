
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * "sql" in a policy: a dialect, a line of globs, and behind it the SQL, which
 * is judged by an allow and by a deny of the same classes and tables.
 *
 * What is surely within an allow is surely met by that deny, the record of it
 * is JSON with caps, and a second evaluation says the same.
 */


#include <stdlib.h>

#include "../../src/core/hoop_json.h"
#include "../../src/core/hoop_policy.h"
#include "../../src/core/hoop_sql.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static const char *const  dialects[] = {
    "generic", "postgresql", "mysql", "tsql", "oracle", "sqlite",
    "clickhouse", "snowflake"
};


static hoop_policy_t *
compile(const char *dialect, json_t *tables)
{
    char            *text;
    size_t           i;
    json_t          *rules, *root;
    hoop_error_t     err;
    hoop_policy_t   *policy;

    static const char  *const effects[] = { "allow", "deny" };

    rules = json_array();

    for (i = 0; i < 2; i++) {
        json_array_append_new(rules,
            json_pack("{s:s,s:s,s:{s:{s:s,s:s,s:[s,s,s],s:O}}}", "id",
                      effects[i], "effect", effects[i], "match", "sql", "at",
                      "/q", "dialect", dialect, "class", "read", "multi",
                      "delete", "tables", tables));
    }

    root = json_pack("{s:i,s:s,s:o}", "version", 1, "name", "fuzz", "rules",
                     rules);
    text = json_dumps(root, 0);
    json_decref(root);

    if (text == NULL) {
        return NULL;
    }

    policy = hoop_policy_compile((u_char *) text, strlen(text), &err);
    free(text);

    return policy;
}


static void
walk(void *ctx, const hoop_policy_trace_t *t)
{
    ((int *) ctx)[t->effect == HOOP_VERDICT_DENY] = t->matched;
}


static void
judge(hoop_policy_t *policy, hoop_sql_dialect_e dialect, const uint8_t *p,
    size_t len)
{
    int                     rc, truth[2], again[2];
    json_t                 *v;
    unsigned                i, omitted, tables;
    hoop_buf_t              b;
    hoop_sql_t              sql;
    hoop_error_t            err;
    hoop_verdict_t          verdict;
    hoop_identity_t         id;
    hoop_policy_request_t   req;

    memset(&id, 0, sizeof(id));
    memset(&req, 0, sizeof(req));

    req.identity = &id;
    req.method = hoop_cstr("POST");
    req.path = hoop_cstr("/");
    req.body = HOOP_BODY_JSON;
    req.body_json = json_pack("{s:s%}", "q", (const char *) p, len);

    if (req.body_json == NULL) {
        return;
    }

    hoop_policy_explain(&policy, 1, &req, walk, truth);
    hoop_policy_evaluate(&policy, 1, &req, &verdict);

    hoop_buf_init(&b, 0);

    rc = hoop_policy_sql(&policy, 1, &b, &omitted);

    if (rc != HOOP_OK || b.len > 64 * 1024) {
        abort();
    }

    v = hoop_json_load(b.data, b.len, &err);

    if (json_array_size(v) == 0 || json_array_size(v) > 16) {
        abort();
    }

    hoop_sql_init(&sql);

    if (hoop_sql_classify(&sql, dialect, p, len) != HOOP_OK
        || sql.n != json_array_size(v) + omitted)
    {
        abort();
    }

    for (i = 0, tables = 0; i < sql.n; i++) {
        tables += sql.statements[i].ntables;
    }

    if (truth[0] == 1 && (sql.classes & HOOP_SQL_UNKNOWN)) {
        abort();
    }

    if (truth[0] == 1 && tables != 0 && truth[1] != 1) {
        abort();
    }

    hoop_policy_explain(&policy, 1, &req, walk, again);

    if (memcmp(truth, again, sizeof(truth)) != 0) {
        abort();
    }

    hoop_sql_clear(&sql);
    hoop_buf_free(&b);
    json_decref(v);
    json_decref(req.body_json);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t         *tables;
    unsigned        dialect;
    hoop_policy_t  *policy;
    const uint8_t  *p, *end, *line;

    if (size < 2) {
        return 0;
    }

    dialect = data[0] % 8;
    end = data + size;
    p = memchr(data + 1, '\n', size - 1);
    line = data + 1;

    if (p == NULL) {
        return 0;
    }

    tables = json_array();

    while (line <= p) {
        const uint8_t  *comma;

        comma = memchr(line, ',', p - line);
        comma = comma ? comma : p;

        if (json_array_append_new(tables,
                                  json_stringn((char *) line, comma - line))
            != 0)
        {
            break;
        }

        line = comma + 1;
    }

    policy = compile(dialects[dialect], tables);
    json_decref(tables);

    if (policy != NULL) {
        judge(policy, dialect, p + 1, end - p - 1);
        hoop_policy_free(policy);
    }

    return 0;
}
