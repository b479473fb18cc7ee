
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The words that mean something to the classifier, in a hash table that is
 * filled once, before main() or when the module is loaded.
 */


#include "hoop_sql_impl.h"


#define HOOP_SQL_WORDS  4096
#define HOOP_SQL_SLOTS  16384          /* a power of two */

#define W(name, kw, flags)  { name, sizeof(name) - 1, kw, flags }


static void hoop_sql_words_init(void) __attribute__((constructor));


/* 0 is no word; behind the last of these the functions are added */

hoop_sql_word_t  hoop_sql_words[HOOP_SQL_WORDS] = {
    { "", 0, KW_NONE, 0 },

    W("against", KW_NONE, W_PAREN),
    W("all", KW_ALL, W_RESERVED|W_PAREN),
    W("add", KW_NONE, W_BEGINS),
    W("alter", KW_ALTER, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("analyse", KW_ANALYZE, 0),
    W("analyze", KW_ANALYZE, 0),
    W("and", KW_AND, W_RESERVED|W_PAREN),
    W("anti", KW_NONE, W_RESERVED),
    W("any", KW_ANY, W_RESERVED|W_PAREN|W_FUNCTION),
    W("apply", KW_APPLY, W_RESERVED|W_PAREN),
    W("array", KW_ARRAY, W_RESERVED|W_PAREN|W_FUNCTION),
    W("as", KW_AS, W_RESERVED|W_PAREN),
    W("asc", KW_NONE, 0),
    W("asof", KW_NONE, W_RESERVED),
    W("at", KW_NONE, W_PAREN),
    W("backup", KW_NONE, W_RESERVED|W_BEGINS|W_BEGINS_ANY),
    W("begin", KW_BEGIN, W_BEGINS),
    W("bernoulli", KW_NONE, 0),
    W("between", KW_BETWEEN, W_RESERVED|W_PAREN),
    W("block", KW_NONE, W_PAREN),
    W("bulk", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("by", KW_BY, W_RESERVED|W_PAREN),
    W("call", KW_CALL, 0),
    W("case", KW_CASE, W_RESERVED|W_PAREN),
    W("changes", KW_NONE, W_PAREN|W_FUNCTION),
    W("columns", KW_NONE, W_PAREN|W_FUNCTION),
    W("keep", KW_NONE, W_PAREN),
    W("checkpoint", KW_NONE, W_BEGINS),
    W("clone", KW_CLONE, 0),
    W("close", KW_NONE, W_BEGINS),
    W("collate", KW_NONE, W_RESERVED),
    W("commit", KW_COMMIT, W_BEGINS),
    W("conflict", KW_CONFLICT, W_PAREN),
    W("connect", KW_NONE, W_RESERVED),
    W("copy", KW_COPY, 0),
    W("create", KW_CREATE, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("cross", KW_NONE, W_RESERVED),
    W("cube", KW_NONE, W_PAREN|W_FUNCTION),
    W("current", KW_CURRENT, W_RESERVED),
    W("current_catalog", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("current_date", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("current_role", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("current_schema", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("connect_by_iscycle", KW_NONE, W_CONSTANT),
    W("connect_by_isleaf", KW_NONE, W_CONSTANT),
    W("current_time", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("current_timestamp", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("current_user", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("dbcc", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("deallocate", KW_NONE, W_BEGINS),
    W("declare", KW_NONE, W_RESERVED|W_BEGINS|W_BEGINS_ANY),
    W("dbtimezone", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("default", KW_NONE, W_RESERVED|W_CONSTANT|W_FUNCTION),
    W("define", KW_NONE, 0),
    W("delayed", KW_MODIFIER, 0),
    W("delete", KW_DELETE, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("deny", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("desc", KW_DESC, W_PAREN),
    W("describe", KW_DESCRIBE, 0),
    W("disable", KW_NONE, W_BEGINS),
    W("distinct", KW_DISTINCT, W_RESERVED|W_PAREN),
    W("do", KW_DO, 0),
    W("drop", KW_DROP, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("dual", KW_NONE, 0),
    W("dumpfile", KW_DUMPFILE, 0),
    W("else", KW_NONE, W_RESERVED|W_PAREN),
    W("enable", KW_NONE, W_BEGINS),
    W("end", KW_END, W_RESERVED|W_PAREN),
    W("escape", KW_NONE, W_RESERVED),
    W("except", KW_UNION, W_RESERVED|W_PAREN),
    W("exec", KW_EXECUTE, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("exclude", KW_NONE, W_PAREN|W_FUNCTION),
    W("execute", KW_EXECUTE, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("exists", KW_EXISTS, W_RESERVED|W_PAREN),
    W("explain", KW_EXPLAIN, 0),
    W("false", KW_FALSE, W_RESERVED|W_CONSTANT),
    W("fetch", KW_FETCH, W_RESERVED|W_BEGINS),
    W("filter", KW_NONE, W_PAREN|W_FUNCTION),
    W("final", KW_NONE, W_RESERVED),
    W("first", KW_FIRST, W_PAREN|W_FUNCTION),
    W("following", KW_NONE, 0),
    W("for", KW_FOR, W_RESERVED),
    W("force", KW_NONE, 0),
    W("format", KW_NONE, W_FUNCTION),
    W("from", KW_FROM, W_RESERVED|W_PAREN),
    W("full", KW_NONE, W_RESERVED),
    W("function", KW_FUNCTION, 0),
    W("glob", KW_LIKE, W_RESERVED|W_PAREN|W_FUNCTION),
    W("global", KW_NONE, W_RESERVED),
    W("go", KW_NONE, W_BEGINS),
    W("goto", KW_NONE, W_BEGINS),
    W("grant", KW_GRANT, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("group", KW_GROUP, W_RESERVED),
    W("groups", KW_NONE, 0),
    W("having", KW_HAVING, W_RESERVED|W_PAREN),
    W("high_priority", KW_MODIFIER, 0),
    W("holdlock", KW_LOCKS, 0),
    W("if", KW_IF, W_FUNCTION|W_BEGINS),
    W("ignore", KW_MODIFIER, 0),
    W("ilike", KW_LIKE, W_RESERVED|W_PAREN),
    W("in", KW_IN, W_RESERVED|W_PAREN),
    W("index", KW_INDEX, W_PAREN),
    W("inner", KW_NONE, W_RESERVED),
    W("insert", KW_INSERT,
      W_RESERVED|W_DANGER
      |W_FUNCTION|W_BEGINS|W_BEGINS_ANY),
    W("intersect", KW_UNION, W_RESERVED|W_PAREN),
    W("interval", KW_NONE, W_RESERVED|W_PAREN|W_FUNCTION),
    W("into", KW_INTO, W_RESERVED|W_PAREN|W_DANGER),
    W("is", KW_IS, W_RESERVED|W_PAREN),
    W("isnull", KW_LIKE, W_FUNCTION),
    W("join", KW_JOIN, W_RESERVED|W_PAREN),
    W("key", KW_KEY, W_PAREN),
    W("kill", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("lateral", KW_LATERAL, W_RESERVED|W_PAREN),
    W("left", KW_NONE, W_RESERVED|W_FUNCTION),
    W("level", KW_NONE, W_CONSTANT),
    W("like", KW_LIKE, W_RESERVED|W_PAREN|W_FUNCTION),
    W("limit", KW_LIMIT, W_RESERVED|W_PAREN),
    W("lineno", KW_NONE, W_BEGINS),
    W("load", KW_LOAD, 0),
    W("localtime", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("localtimestamp", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("lock", KW_LOCK, 0),
    W("low_priority", KW_MODIFIER, 0),
    W("match_recognize", KW_NONE, W_PAREN),
    W("match_condition", KW_NONE, W_PAREN|W_FUNCTION),
    W("materialized", KW_NONE, W_RESERVED|W_PAREN),
    W("measures", KW_NONE, 0),
    W("merge", KW_MERGE, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("minus", KW_UNION, W_RESERVED|W_PAREN),
    W("move", KW_NONE, W_BEGINS),
    W("natural", KW_NONE, W_RESERVED),
    W("next", KW_NEXT, 0),
    W("nextval", KW_NEXTVAL, 0),
    W("no", KW_NO, 0),
    W("nolock", KW_NONE, 0),
    W("not", KW_NOT, W_RESERVED|W_PAREN),
    W("notnull", KW_LIKE, 0),
    W("null", KW_NULL, W_RESERVED|W_CONSTANT|W_PAREN),
    W("nulls", KW_NONE, W_PAREN),
    W("of", KW_OF, W_PAREN),
    W("offset", KW_NONE, W_PAREN),
    W("on", KW_ON, W_RESERVED|W_PAREN),
    W("only", KW_ONLY, W_RESERVED|W_PAREN),
    W("open", KW_NONE, W_BEGINS),
    W("option", KW_OPTION, W_RESERVED|W_PAREN),
    W("or", KW_OR, W_RESERVED|W_PAREN),
    W("order", KW_ORDER, W_RESERVED),
    W("ordinality", KW_NONE, 0),
    W("outer", KW_NONE, W_RESERVED),
    W("outfile", KW_OUTFILE, 0),
    W("over", KW_NONE, W_PAREN),
    W("overlaps", KW_LIKE, W_PAREN),
    W("overwrite", KW_OVERWRITE, 0),
    W("partition", KW_NONE, W_RESERVED),
    W("pattern", KW_NONE, W_PAREN),
    W("percent", KW_NONE, 0),
    W("pivot", KW_NONE, W_PAREN),
    W("plan", KW_PLAN, 0),
    W("pragma", KW_PRAGMA, 0),
    W("preceding", KW_NONE, 0),
    W("prewhere", KW_WHERE, W_RESERVED|W_PAREN),
    W("print", KW_NONE, W_BEGINS),
    W("prior", KW_NONE, 0),
    W("procedure", KW_PROCEDURE, 0),
    W("program", KW_PROGRAM, 0),
    W("quick", KW_MODIFIER, 0),
    W("qualify", KW_NONE, W_RESERVED|W_PAREN),
    W("raiserror", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("range", KW_NONE, W_FUNCTION),
    W("readtext", KW_NONE, W_BEGINS),
    W("receive", KW_NONE, W_BEGINS),
    W("reconfigure", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("recursive", KW_RECURSIVE, W_RESERVED),
    W("regexp", KW_LIKE, W_RESERVED|W_PAREN),
    W("release", KW_RELEASE, 0),
    W("rename", KW_NONE, W_PAREN|W_FUNCTION),
    W("repeatable", KW_NONE, W_PAREN),
    W("replace", KW_REPLACE, W_FUNCTION),
    W("restore", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("return", KW_NONE, W_BEGINS),
    W("returning", KW_RETURNING, W_RESERVED|W_PAREN),
    W("revert", KW_NONE, W_BEGINS),
    W("revoke", KW_REVOKE, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("right", KW_NONE, W_RESERVED|W_FUNCTION),
    W("rlike", KW_LIKE, W_RESERVED|W_PAREN),
    W("role", KW_ROLE, 0),
    W("rollback", KW_ROLLBACK, W_BEGINS),
    W("rollup", KW_NONE, W_PAREN|W_FUNCTION),
    W("row", KW_NONE, W_PAREN|W_FUNCTION),
    W("rownum", KW_NONE, W_CONSTANT),
    W("rows", KW_NONE, 0),
    W("sample", KW_NONE, W_RESERVED|W_PAREN),
    W("save", KW_NONE, W_BEGINS),
    W("savepoint", KW_SAVEPOINT, 0),
    W("seed", KW_NONE, W_PAREN),
    W("select", KW_SELECT, W_RESERVED|W_PAREN|W_BEGINS|W_BEGINS_ANY),
    W("semi", KW_NONE, W_RESERVED),
    W("send", KW_NONE, W_BEGINS),
    W("separator", KW_NONE, W_RESERVED),
    W("sessiontimezone", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("session_user", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("set", KW_SET, W_RESERVED|W_BEGINS|W_BEGINS_ANY),
    W("serializable", KW_LOCKS, 0),
    W("sets", KW_NONE, W_PAREN),
    W("settings", KW_SETTINGS, 0),
    W("setuser", KW_NONE, W_BEGINS),
    W("share", KW_SHARE, 0),
    W("show", KW_SHOW, 0),
    W("shutdown", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("similar", KW_LIKE, W_RESERVED),
    W("some", KW_ANY, W_RESERVED|W_PAREN|W_FUNCTION),
    W("source", KW_SOURCE, 0),
    W("start", KW_START, 0),
    W("straight_join", KW_JOIN, W_RESERVED|W_PAREN),
    W("sysdate", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("system", KW_NONE, 0),
    W("system_user", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("systimestamp", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("table", KW_TABLE, W_RESERVED|W_PAREN),
    W("tablock", KW_LOCKS, 0),
    W("tablockx", KW_LOCKS, 0),
    W("tablesample", KW_NONE, W_RESERVED|W_PAREN),
    W("then", KW_THEN, W_RESERVED|W_PAREN),
    W("throw", KW_NONE, W_BEGINS),
    W("ties", KW_NONE, 0),
    W("to", KW_TO, 0),
    W("top", KW_TOP, W_PAREN),
    W("true", KW_NONE, W_RESERVED|W_CONSTANT),
    W("truncate", KW_TRUNCATE, W_DANGER|W_FUNCTION|W_BEGINS|W_BEGINS_ANY),
    W("uid", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("unbounded", KW_NONE, 0),
    W("union", KW_UNION, W_RESERVED|W_PAREN),
    W("unknown", KW_NONE, W_CONSTANT),
    W("unpivot", KW_NONE, W_PAREN),
    W("update", KW_UPDATE, W_RESERVED|W_DANGER|W_BEGINS|W_BEGINS_ANY),
    W("updlock", KW_LOCKS, 0),
    W("updatetext", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("use", KW_NONE, W_BEGINS),
    W("user", KW_USER, W_CONSTANT|W_FUNCTION),
    W("using", KW_USING, W_RESERVED|W_PAREN),
    W("utc_date", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("utc_time", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("utc_timestamp", KW_NONE, W_CONSTANT|W_FUNCTION),
    W("value", KW_VALUE, 0),
    W("values", KW_VALUES, W_RESERVED|W_PAREN|W_FUNCTION),
    W("view", KW_VIEW, 0),
    W("waitfor", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("when", KW_WHEN, W_RESERVED|W_PAREN),
    W("where", KW_WHERE, W_RESERVED|W_PAREN),
    W("while", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("window", KW_NONE, W_RESERVED),
    W("with", KW_WITH, W_RESERVED|W_PAREN),
    W("xlock", KW_LOCKS, 0),
    W("writetext", KW_NONE, W_BEGINS|W_BEGINS_ANY),
    W("xor", KW_XOR, W_RESERVED|W_PAREN),
};


static uint16_t  hoop_sql_slots[HOOP_SQL_SLOTS];


unsigned
hoop_sql_word(const u_char *p, size_t len, uint32_t hash)
{
    size_t                  i;
    unsigned                n, slot;
    const hoop_sql_word_t  *w;

    for (slot = hash % HOOP_SQL_SLOTS;
         (n = hoop_sql_slots[slot]) != 0;
         slot = (slot + 1) % HOOP_SQL_SLOTS)
    {
        w = &hoop_sql_words[n];

        if (w->len != len) {
            continue;
        }

        for (i = 0; i < len; i++) {
            if (hoop_lower(p[i]) != (u_char) w->name[i]) {
                break;
            }
        }

        if (i == len) {
            return n;
        }
    }

    return 0;
}


static void
hoop_sql_words_add(unsigned n)
{
    size_t                  i;
    uint32_t                hash;
    unsigned                slot;
    const hoop_sql_word_t  *w;

    w = &hoop_sql_words[n];
    hash = HOOP_SQL_HASH;

    for (i = 0; i < w->len; i++) {
        hash = hoop_sql_hash(hash, (u_char) w->name[i]);
    }

    slot = hash % HOOP_SQL_SLOTS;

    while (hoop_sql_slots[slot]) {
        slot = (slot + 1) % HOOP_SQL_SLOTS;
    }

    hoop_sql_slots[slot] = n;
}


static void
hoop_sql_words_init(void)
{
    unsigned           n;
    const char        *p;
    hoop_sql_word_t   *w;

    for (n = 1; hoop_sql_words[n].name; n++) {
        hoop_sql_words_add(n);
    }

    for (p = hoop_sql_functions; *p; p += w->len + 1) {

        w = &hoop_sql_words[n];
        w->name = p;
        w->len = strchr(p, ' ') - p;
        w->kw = KW_NONE;
        w->flags = W_FUNCTION;

        hoop_sql_words_add(n++);
    }
}
