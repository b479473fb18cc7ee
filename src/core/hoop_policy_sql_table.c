
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Names of tables against the globs of a rule.
 *
 * A glob is written as a name is in SQL: what is not quoted is folded as the
 * dialect does, "Quoted" stands as it is; "*" is any run within a part, "**"
 * any number of parts.  The classifier gives names folded in the same way.
 *
 * What a name means is up to the target: its search path, its current
 * database, whether case matters to it.  So a name that may be one of the
 * glob's is UNKNOWN:
 *
 *   it has fewer parts than the glob, and is what the glob ends with
 *   it differs in case only
 *   it has quotes, spaces at an end, an empty part or very many of them
 *
 * A name with more parts than the glob, which it ends with, is the glob's in a
 * deny or review, and is not in an allow.  And what belongs to the target
 * itself (pg_catalog, sqlite_master) is never allowed by a "*" alone: the glob
 * must spell it, as a shell wants the dot of a hidden file.
 */


#include "hoop_policy_sql.h"


#define HOOP_SQL_MAX_NAME   512
#define HOOP_SQL_MAX_PARTS  8

#define hoop_sql_bit(d)  (1u << HOOP_SQL_ ## d)

#define HOOP_SQL_ALL   (~0u)

#define HOOP_SQL_EXACT   0     /* a whole part */
#define HOOP_SQL_PREFIX  1     /* the beginning of one */
#define HOOP_SQL_ALONE   2     /* that, of a name that is not qualified */


static int hoop_policy_table_fold(hoop_compile_t *cc, hoop_str_t written,
    hoop_sql_dialect_e dialect, hoop_sql_glob_t *glob);
static int hoop_policy_table_odd(const hoop_sql_cond_t *cond,
    hoop_str_t name);
static hoop_truth_e hoop_policy_table_one(const hoop_sql_cond_t *cond,
    hoop_str_t glob, hoop_str_t name);
static int hoop_policy_table_hidden(hoop_sql_dialect_e dialect,
    hoop_str_t glob, hoop_str_t name);
static size_t hoop_policy_table_system(hoop_sql_dialect_e dialect,
    hoop_str_t part, int alone);


/* what of the target's own can be read by whoever is connected */

static const struct {
    const char  *name;
    unsigned     how;
    unsigned     dialects;
} hoop_policy_table_systems[] = {
    { "information_schema", HOOP_SQL_EXACT, HOOP_SQL_ALL },
    { "pg_", HOOP_SQL_PREFIX, hoop_sql_bit(POSTGRESQL) },
    { "mysql", HOOP_SQL_EXACT, hoop_sql_bit(MYSQL) },
    { "performance_schema", HOOP_SQL_EXACT, hoop_sql_bit(MYSQL) },
    { "sys", HOOP_SQL_EXACT, hoop_sql_bit(MYSQL)|hoop_sql_bit(ORACLE) },
    { "sys", HOOP_SQL_PREFIX, hoop_sql_bit(TSQL) },
    { "system", HOOP_SQL_EXACT,
      hoop_sql_bit(CLICKHOUSE)|hoop_sql_bit(ORACLE) },
    { "all_", HOOP_SQL_ALONE, hoop_sql_bit(ORACLE) },
    { "cdb_", HOOP_SQL_ALONE, hoop_sql_bit(ORACLE) },
    { "dba_", HOOP_SQL_ALONE, hoop_sql_bit(ORACLE) },
    { "user_", HOOP_SQL_ALONE, hoop_sql_bit(ORACLE) },
    { "v$", HOOP_SQL_ALONE, hoop_sql_bit(ORACLE) },
    { "gv$", HOOP_SQL_ALONE, hoop_sql_bit(ORACLE) },
    { "sqlite_", HOOP_SQL_PREFIX, hoop_sql_bit(SQLITE) },
    { "snowflake", HOOP_SQL_EXACT, hoop_sql_bit(SNOWFLAKE) },
    { NULL, 0, 0 }
};


int
hoop_policy_compile_table(hoop_compile_t *cc, json_t *conf,
    hoop_sql_dialect_e dialect, hoop_sql_glob_t *glob)
{
    hoop_str_t    written;
    hoop_error_t  err;

    if (hoop_policy_string(cc, conf, HOOP_SQL_MAX_NAME, &written) != HOOP_OK
        || hoop_policy_table_fold(cc, written, dialect, glob) != HOOP_OK)
    {
        return HOOP_ERROR;
    }

    if (hoop_glob_check(glob->text, '.', &err) != HOOP_OK) {
        return hoop_policy_error(cc, 0, "table: %s", err.text);
    }

    return HOOP_OK;
}


static int
hoop_policy_table_fold(hoop_compile_t *cc, hoop_str_t written,
    hoop_sql_dialect_e dialect, hoop_sql_glob_t *glob)
{
    int      quoted;
    size_t   i, n;
    u_char   c, *text, *lower;

    text = hoop_policy_alloc(cc, written.len);
    lower = hoop_policy_alloc(cc, written.len);

    if (text == NULL || lower == NULL) {
        return HOOP_ERROR;
    }

    quoted = 0;

    for (i = 0, n = 0; i < written.len; i++) {
        c = written.data[i];

        if (c == '"') {

            /* of a whole part */

            if (quoted ? (i + 1 < written.len && written.data[i + 1] != '.')
                       : (i != 0 && written.data[i - 1] != '.'))
            {
                break;
            }

            quoted = !quoted;
            continue;
        }

        if (c == '`' || c == '[' || c == ']'
            || (quoted && (c == '.' || c == '*')))
        {
            break;
        }

        text[n] = hoop_sql_fold(dialect, c, quoted);
        lower[n++] = hoop_lower(c);
    }

    if (i < written.len || quoted || n == 0) {
        return hoop_policy_error(cc, 0, "invalid table \"%s\", wanted a name "
                                 "as schema.table, with \"*\" for any; a part "
                                 "whose case is to stand in double quotes, "
                                 "without \".\" and \"*\"",
                                 hoop_policy_quote(cc, written));
    }

    glob->text = hoop_str(text, n);
    glob->lower = hoop_str(lower, n);

    return HOOP_OK;
}


hoop_truth_e
hoop_policy_sql_table(const hoop_sql_cond_t *cond, hoop_str_t name)
{
    int           odd, own;
    size_t        i;
    u_char        lower[HOOP_SQL_MAX_NAME];
    unsigned      n;
    hoop_str_t    low;
    hoop_truth_e  t, truth;

    if (name.len > HOOP_SQL_MAX_NAME || name.len == 0) {
        return HOOP_TRUTH_UNKNOWN;
    }

    for (i = 0; i < name.len; i++) {
        lower[i] = hoop_lower(name.data[i]);
    }

    low = hoop_str(lower, name.len);
    odd = hoop_policy_table_odd(cond, name);

    /* few are: by a glob that spells nothing all of them are hidden */

    own = cond->every
          && hoop_policy_table_hidden(cond->dialect, hoop_str("", 0), low);

    truth = (odd && !cond->every) ? HOOP_TRUTH_UNKNOWN : HOOP_TRUTH_NO;

    for (n = 0; n < cond->ntables && truth != HOOP_TRUTH_YES; n++) {

        if (own
            && hoop_policy_table_hidden(cond->dialect, cond->tables[n].lower,
                                        low))
        {
            continue;
        }

        t = hoop_policy_table_one(cond, cond->tables[n].text, name);

        if (t == HOOP_TRUTH_NO
            && hoop_policy_table_one(cond, cond->tables[n].lower, low)
               != HOOP_TRUTH_NO)
        {
            t = HOOP_TRUTH_UNKNOWN;
        }

        if (t == HOOP_TRUTH_YES && cond->every && odd) {
            t = HOOP_TRUTH_UNKNOWN;
        }

        if (t > truth) {
            truth = t;
        }
    }

    return truth;
}


/* a name whose parts, or whose letters, two readers may see differently */

static int
hoop_policy_table_odd(const hoop_sql_cond_t *cond, hoop_str_t name)
{
    size_t      i;
    unsigned    n;
    hoop_str_t  rest, part;

    for (i = 0; i < name.len; i++) {

        switch (name.data[i]) {

        case '"':
        case '\'':
        case '`':
        case '[':
        case ']':
        case '\\':
            return 1;

        default:
            if (name.data[i] < 0x20 || name.data[i] == 0x7f) {
                return 1;
            }

            if (name.data[i] >= 0x80
                && cond->dialect != HOOP_SQL_POSTGRESQL
                && cond->dialect != HOOP_SQL_CLICKHOUSE
                && cond->dialect != HOOP_SQL_SQLITE)
            {
                return 1;
            }
        }
    }

    rest = name;

    for (n = 0; hoop_glob_segment(&rest, '.', &part); n++) {
        if (part.len == 0 || part.data[0] == ' '
            || part.data[part.len - 1] == ' ' || n == HOOP_SQL_MAX_PARTS)
        {
            return 1;
        }
    }

    return 0;
}


static hoop_truth_e
hoop_policy_table_one(const hoop_sql_cond_t *cond, hoop_str_t glob,
    hoop_str_t name)
{
    unsigned    n;
    hoop_str_t  rest, part;

    if (hoop_glob_match(glob, '.', name)) {
        return HOOP_TRUTH_YES;
    }

    rest = name;

    for (n = 0; n < HOOP_SQL_MAX_PARTS && !cond->every; n++) {

        (void) hoop_glob_segment(&rest, '.', &part);

        if (rest.data == NULL) {
            break;
        }

        if (hoop_glob_match(glob, '.', rest)) {
            return HOOP_TRUTH_YES;
        }
    }

    rest = glob;

    for ( ;; ) {

        (void) hoop_glob_segment(&rest, '.', &part);

        if (rest.data == NULL) {
            return HOOP_TRUTH_NO;
        }

        if (hoop_glob_match(rest, '.', name)) {
            return HOOP_TRUTH_UNKNOWN;
        }
    }
}


/* 1: a part of the name is the target's own, and the glob does not spell it */

static int
hoop_policy_table_hidden(hoop_sql_dialect_e dialect, hoop_str_t glob,
    hoop_str_t name)
{
    int         alone;
    size_t      n;
    hoop_str_t  rest, part, globs, spelled;

    rest = name;
    alone = (memchr(name.data, '.', name.len) == NULL);

    while (hoop_glob_segment(&rest, '.', &part)) {

        n = hoop_policy_table_system(dialect, part, alone);

        if (n == 0) {
            continue;
        }

        globs = glob;

        while (hoop_glob_segment(&globs, '.', &spelled)) {
            if (spelled.len >= n && memcmp(spelled.data, part.data, n) == 0) {
                n = 0;
                break;
            }
        }

        if (n != 0) {
            return 1;
        }
    }

    return 0;
}


static size_t
hoop_policy_table_system(hoop_sql_dialect_e dialect, hoop_str_t part,
    int alone)
{
    size_t    len;
    unsigned  i, how;

    for (i = 0; hoop_policy_table_systems[i].name != NULL; i++) {

        if (dialect != HOOP_SQL_GENERIC
            && !(hoop_policy_table_systems[i].dialects & (1u << dialect)))
        {
            continue;
        }

        how = hoop_policy_table_systems[i].how;
        len = strlen(hoop_policy_table_systems[i].name);

        if (part.len < len || (how == HOOP_SQL_EXACT && part.len != len)
            || (how == HOOP_SQL_ALONE && !alone))
        {
            continue;
        }

        if (memcmp(part.data, hoop_policy_table_systems[i].name, len) == 0) {
            return len;
        }
    }

    return 0;
}
