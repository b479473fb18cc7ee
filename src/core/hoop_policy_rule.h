
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The compiled form of a policy, shared by hoop_policy*.c and nothing else.
 *
 * A rule is a conjunction.  Its method, host and path are compared in place;
 * everything else is a list of conditions, each a slot and a list of
 * operators.  A slot is one thing of the request that some rule looks at (a
 * claim, a query argument, a header, a body pointer): however many rules look
 * at it, it is found and decoded once in an evaluation.
 *
 * Truth has three values.  UNKNOWN is what cannot be judged: a duplicate
 * argument or header, an ambiguous body, a value of a type that the operator
 * does not know, a regex at its limits.  "and" takes the least, "not" swaps
 * NO and YES.  An allow rule needs YES; deny and review rules take UNKNOWN
 * for YES.  Of a call that has not come yet some things are OPEN, which is not
 * UNKNOWN: see hoop_policy_list.c.
 *
 * Rules are found by host, path and method: see hoop_policy_trie.c.  Equal
 * conditions of several rules are one "test", and of the tests that ask
 * whether a text is in a list those that hold are looked up by the text: see
 * hoop_policy_cond.c.
 *
 * Strings are spans of "root", the policy's JSON, which stays as long as the
 * policy; what is not there is in "pool".  The slots' results, "scratch" and
 * PCRE2's match data are written by an evaluation, so a policy is used by one
 * thread at a time.
 */


#ifndef _HOOP_POLICY_RULE_H_INCLUDED_
#define _HOOP_POLICY_RULE_H_INCLUDED_


#define PCRE2_CODE_UNIT_WIDTH  8
#include <pcre2.h>

#include "hoop_glob.h"
#include "hoop_json.h"
#include "hoop_mask.h"
#include "hoop_policy.h"
#include "hoop_tz.h"


#define HOOP_POLICY_MAX_RULES     10000
#define HOOP_POLICY_MAX_MASKS     64
#define HOOP_POLICY_MAX_LIST      4096
#define HOOP_POLICY_MAX_WHENS     32
#define HOOP_POLICY_MAX_ZONES     32
#define HOOP_POLICY_MAX_SETS      256
#define HOOP_POLICY_MAX_NESTED    8
#define HOOP_POLICY_BUILTINS      2     /* mask sets */
#define HOOP_POLICY_MAX_NAME      64
#define HOOP_POLICY_MAX_REASON    256
#define HOOP_POLICY_MAX_REGEX     4096
#define HOOP_POLICY_MAX_POINTER   1024
#define HOOP_POLICY_MAX_SCRATCH   1048576
#define HOOP_POLICY_ADDRESS       48    /* bytes that an address takes */


typedef enum {
    HOOP_TRUTH_NO = 0,
    HOOP_TRUTH_UNKNOWN,
    HOOP_TRUTH_YES,
    HOOP_TRUTH_OPEN            /* of one condition: it will turn out */
} hoop_truth_e;


typedef enum {
    HOOP_SOURCE_SUB = 0,
    HOOP_SOURCE_CLAIM,
    HOOP_SOURCE_QUERY,
    HOOP_SOURCE_HEADER,
    HOOP_SOURCE_ADDRESS,
    HOOP_SOURCE_TIME,
    HOOP_SOURCE_SET,
    HOOP_SOURCE_SQL,
    HOOP_SOURCE_BODY,          /* from here on: the dearest to look at */
    HOOP_SOURCE_FORM,
    HOOP_SOURCE_GRAPHQL,
    HOOP_SOURCE_MCP,
    HOOP_SOURCE_MCP_ARGUMENT,
    HOOP_SOURCE_SET_BODY,      /* a set that looks at the body */
    HOOP_SOURCE_SQL_BODY
} hoop_source_e;


/* a source whose values are text, not JSON */
#define hoop_source_text(s)                                                   \
    ((s) == HOOP_SOURCE_SUB || (s) == HOOP_SOURCE_QUERY                       \
     || (s) == HOOP_SOURCE_HEADER || (s) == HOOP_SOURCE_ADDRESS               \
     || (s) == HOOP_SOURCE_FORM)


typedef enum {
    HOOP_SUBJECT_ABSENT = 0,
    HOOP_SUBJECT_UNKNOWN,
    HOOP_SUBJECT_TEXT,
    HOOP_SUBJECT_JSON,
    HOOP_SUBJECT_DATA,         /* for the one operator that knows it */
    HOOP_SUBJECT_OPEN          /* what it will be; text: how it begins */
} hoop_subject_e;


typedef struct hoop_graphql_docs_s  hoop_graphql_docs_t;


typedef struct {
    hoop_subject_e          type;
    hoop_str_t              text;
    json_t                 *json;
    const u_char           *address;   /* of a text that spells it, or NULL */
    int64_t                 now;       /* DATA: of the time */
    const hoop_policy_request_t  *req; /* DATA: of SQL */
    unsigned                holds:1;   /* DATA: of a set, of MCP */
    hoop_str_t              folded;    /* of a text of MCP */
    const hoop_graphql_docs_t  *graphql;    /* DATA */
    const char             *why;       /* UNKNOWN: static text */
} hoop_subject_t;


typedef struct hoop_rule_s  hoop_rule_t;


typedef struct {
    hoop_source_e           source;
    hoop_str_t              name;      /* argument, header or pointer */
    const hoop_rule_t      *set;
    hoop_graphql_docs_t    *graphql;
    hoop_str_t             *segments;  /* of a pointer, unescaped */
    unsigned                nsegments;

    uint64_t                generation;
    hoop_subject_t          subject;   /* valid for that generation */

    uint64_t                spread;    /* its lists were looked up in that */
} hoop_slot_t;


typedef enum {
    HOOP_OP_EQUALS = 0,
    HOOP_OP_ANY,
    HOOP_OP_ALL,
    HOOP_OP_GLOB,
    HOOP_OP_REGEX,
    HOOP_OP_EXISTS,
    HOOP_OP_LT,
    HOOP_OP_LTE,
    HOOP_OP_GT,
    HOOP_OP_GTE,
    HOOP_OP_CIDR,
    HOOP_OP_NOT,
    HOOP_OP_WHEN,              /* not to be written; nor what follows */
    HOOP_OP_SET,
    HOOP_OP_GRAPHQL,
    HOOP_OP_SQL,
    HOOP_OP_MCP
} hoop_op_e;


typedef struct hoop_cidr_s          hoop_cidr_t;
typedef struct hoop_when_s          hoop_when_t;
typedef struct hoop_graphql_cond_s  hoop_graphql_cond_t;
typedef struct hoop_sql_cond_s      hoop_sql_cond_t;
typedef struct hoop_policy_sql_s    hoop_policy_sql_t;
typedef struct hoop_mcp_globs_s     hoop_mcp_globs_t;
typedef struct hoop_op_s            hoop_op_t;

struct hoop_op_s {
    hoop_op_e               type;
    unsigned                exists:1;
    unsigned                nvalues;   /* EQUALS: 1; ANY, ALL: of the list */
    json_t                **values;    /* borrowed from the root */
    hoop_str_t             *texts;     /* the same, for a text source */
    json_t                 *number;    /* LT .. GTE */
    hoop_str_t              glob;
    pcre2_code             *regex;     /* owned by the policy */
    hoop_cidr_t            *cidrs;
    unsigned                ncidrs;
    hoop_when_t            *whens;
    unsigned                nwhens;
    hoop_graphql_cond_t    *graphql;
    hoop_sql_cond_t        *sql;
    hoop_mcp_globs_t       *mcp;
    hoop_op_t              *sub;       /* NOT; ANY and ALL over elements */
    hoop_op_t              *next;      /* and */
};


typedef struct {
    unsigned                slot;
    hoop_op_t              *ops;
    unsigned                test;
} hoop_cond_t;


typedef struct {
    unsigned                slot;
    unsigned                listed:1;  /* all its values are in "values" */
    hoop_op_t              *ops;

    uint64_t                generation;
    hoop_truth_e            truth;     /* valid for that generation */
    const char             *why;
} hoop_test_t;


/* a text that tests ask for; places of a hash, chained by "next" */

typedef struct {
    hoop_str_t              text;
    uint32_t                slot;
    uint32_t                test;
    uint32_t                next;
} hoop_value_t;


typedef struct {
    hoop_str_t             *items;
    unsigned                n;
} hoop_list_t;


struct hoop_rule_s {
    hoop_verdict_e          effect;
    hoop_str_t              id;
    hoop_str_t              reason;
    hoop_str_t              credential;
    const hoop_mask_list_t *mask;
    hoop_record_e           record;
    hoop_review_t           review;
    const hoop_token_rule_t  *token;
    const hoop_limits_t    *limits;
    hoop_list_e             list;

    uint32_t                methods;   /* known ones by bit; 0 and n 0: any */
    hoop_list_t             other_methods;
    hoop_list_t             hosts;
    hoop_list_t             paths;
    hoop_list_t             issuers;
    hoop_cond_t            *conds;     /* sorted by source: body is last */
    unsigned                nconds;
    unsigned                names;     /* of hoop_override_t, in conditions */
    unsigned                body:1;    /* it has a condition on the body */
    unsigned                monitor:1;
};


#define HOOP_OVERRIDE_MAX_METHOD  16

/* what could make a request another one; see hoop_policy_override.c */

typedef struct {
    unsigned                found;     /* a bit for each */
    unsigned                methods;   /* those that change the method, */
    size_t                  len;       /* to this one, unless it is unknown */
    u_char                  method[HOOP_OVERRIDE_MAX_METHOD];
    unsigned                unknown:1;
} hoop_override_t;


#define HOOP_TRIE_NONE  UINT32_MAX

#define HOOP_TRIE_HERE   0             /* the text ends at the node */
#define HOOP_TRIE_BELOW  1             /* or goes on */


typedef struct {
    uint32_t                methods;   /* those that have a list */
    uint32_t                first;     /* of its lists */
} hoop_trie_set_t;


typedef struct {
    hoop_str_t              segment;
    uint32_t                parent;
    uint32_t                star;      /* child for any one segment */
    uint32_t                deep;      /* parent of the last segments of "**" */
    uint32_t                paths[2];  /* of a host: the roots of its paths */
    hoop_trie_set_t         sets[2];   /* of a path */
} hoop_trie_node_t;


typedef struct {
    uint32_t                rule;
    uint32_t                test;      /* must not be NO; or NONE */
    uint8_t                 effect;
    uint8_t                 sure;      /* HOOP_SURE_*: what need not be tried */
} hoop_trie_entry_t;


#define HOOP_SURE_METHOD  1
#define HOOP_SURE_HOST    2
#define HOOP_SURE_PATH    4


typedef struct {
    hoop_trie_node_t       *nodes;     /* nodes[0] is the root */
    hoop_trie_entry_t      *entries;   /* list behind list */
    uint32_t               *lists;     /* where each begins; and the end */
    uint32_t               *hash;      /* node numbers, open addressing */
    uint32_t                nnodes;
    uint32_t                nodes_size;
    uint32_t                mask;      /* size of the hash - 1 */
} hoop_trie_t;


typedef struct {
    hoop_str_t              name;
    hoop_mask_set_t        *set;       /* owned */
} hoop_policy_mask_t;


typedef struct {
    hoop_str_t              name;
    hoop_tz_t              *tz;        /* owned; NULL until it is given */
    unsigned                line;
    unsigned                column;
} hoop_policy_zone_t;


/*
 * A named set of conditions, compiled as the match of a rule: in an allow's
 * place ([0]) and in a deny's ([1]), which paths know.
 */

typedef struct {
    hoop_str_t              name;
    json_t                 *conf;
    hoop_rule_t            *rules[2];
    unsigned                slots[2];
    unsigned                depth;     /* how many sets, each in the other */
    unsigned                busy:1;
    unsigned                wrong:1;   /* that was said */
} hoop_policy_set_t;


typedef struct hoop_policy_block_s  hoop_policy_block_t;

struct hoop_policy_block_s {
    hoop_policy_block_t    *next;
    size_t                  used;
    size_t                  size;
    _Alignas(16) u_char     data[];
};


/* decoded values of an evaluation */

typedef struct {
    u_char                 *data;      /* owned */
    size_t                  size;
    size_t                  used;
} hoop_scratch_t;


struct hoop_policy_s {
    json_t                 *root;      /* owned */
    hoop_policy_block_t    *pool;      /* owned; hoop_policy_alloc() */

    hoop_str_t              name;
    u_char                  hash[64];
    unsigned                default_set:1;
    hoop_verdict_e          default_effect;

    hoop_rule_t            *rules;
    unsigned                nrules;
    hoop_policy_mask_t     *masks;
    unsigned                nmasks;
    hoop_policy_zone_t      zones[HOOP_POLICY_MAX_ZONES];
    unsigned                nzones;
    hoop_policy_set_t      *sets;
    unsigned                nsets;
    hoop_graphql_docs_t   **graphqls;
    unsigned                ngraphqls;
    hoop_policy_sql_t      *sqls;      /* what they hold is owned */
    unsigned                nsqls;
    hoop_slot_t            *slots;     /* owned */
    unsigned                nslots;
    hoop_test_t            *tests;     /* owned */
    unsigned                ntests;
    hoop_value_t           *values;    /* owned */
    uint32_t               *values_hash;    /* owned */
    uint32_t                values_mask;
    pcre2_code            **codes;     /* owned, each */
    unsigned                ncodes;
    hoop_trie_t             trie;      /* its arrays are owned */
    hoop_trie_t             monitor;   /* the same, of monitored rules */

    pcre2_match_context    *match_context;
    pcre2_match_data       *match_data;
    pcre2_jit_stack        *jit_stack;

    uint64_t                generation;
    hoop_scratch_t          scratch;   /* of the query */
    hoop_scratch_t          form_scratch;
    hoop_override_t         override;  /* of the request */
    char                    address[HOOP_POLICY_ADDRESS];  /* in text */
    unsigned                limited;   /* regexes that hit limits */
    unsigned                mcp:1;     /* some rule has "mcp" */
};


/* one compilation; path is a JSON pointer to what is being looked at */

typedef struct {
    hoop_policy_t          *policy;
    const u_char           *text;
    size_t                  len;
    hoop_buf_t              path;
    json_t                 *slots;     /* "<source><name>" to slot number */
    json_t                 *tests;     /* "<slot> <operators>" to test number */
    hoop_errors_t          *errors;
    hoop_error_t           *err;       /* the place for the next one */
    unsigned                failed:1;  /* of memory: nothing goes on */
    unsigned                depth;     /* of the sets that are used */
    unsigned                slots_size;
    unsigned                tests_size;
    unsigned                codes_size;
    char                    quoted[2][80];
    unsigned                turn;
} hoop_compile_t;


/* hoop_policy_conf.c */

/* allow, review, deny */
extern const char *const  hoop_policy_effects[];

/* zeroed memory that lives as long as the policy, or NULL with err set */
void *hoop_policy_alloc(hoop_compile_t *cc, size_t size);
/* sets err with the place of the path's value, or of its name if key is set;
   returns HOOP_ERROR */
int hoop_policy_error(hoop_compile_t *cc, int key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int hoop_policy_nomem(hoop_compile_t *cc);
/*
 * The end of a part of the policy that began at mark, and that was found to be
 * rc.  HOOP_OK: to go on with the next one, as one that is wrong is, too, if
 * there is room for what is wrong with the next; in the end there is no policy.
 */
int hoop_policy_end(hoop_compile_t *cc, size_t mark, int rc);
/* a printable beginning of s, for messages; good for two calls */
const char *hoop_policy_quote(hoop_compile_t *cc, hoop_str_t s);
size_t hoop_policy_push(hoop_compile_t *cc, hoop_str_t segment);
size_t hoop_policy_push_index(hoop_compile_t *cc, size_t i);
void hoop_policy_pop(hoop_compile_t *cc, size_t mark);
/* conf must be an object with known keys only; keys ends with NULL */
int hoop_policy_object(hoop_compile_t *cc, json_t *conf,
    const char *const *keys);
/* the same; with an unknown key it is HOOP_OK to go on with the known ones, if
   there is room for what is wrong with them */
int hoop_policy_object_parts(hoop_compile_t *cc, json_t *conf,
    const char *const *keys);
int hoop_policy_string(hoop_compile_t *cc, json_t *v, size_t max,
    hoop_str_t *s);

/* v must be one of the words, which end with NULL: its number */
int hoop_policy_word(hoop_compile_t *cc, json_t *v, const char *const *words,
    unsigned *n);
int hoop_policy_name_valid(hoop_str_t name);
int hoop_policy_name_check(hoop_compile_t *cc, json_t *v, hoop_str_t *name);

/* hoop_policy_rules.c */
int hoop_policy_compile_rules(hoop_compile_t *cc, json_t *conf);
/* a string as "90s", at most max seconds, which is spelled in words */
int hoop_policy_time(hoop_compile_t *cc, json_t *v, unsigned max,
    const char *words, unsigned *seconds);

/* hoop_policy_token.c: "token" of a rule */
int hoop_policy_compile_token(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);

/* hoop_policy_limits.c: "limits" of a rule */
int hoop_policy_compile_limits(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);

/* hoop_policy_list.c: "list" of a rule */
int hoop_policy_compile_list(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);

/* hoop_policy_match.c: "match" of a rule */
int hoop_policy_compile_match(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
/* an object of names, each with a value or an object of operators */
int hoop_policy_match_members(hoop_compile_t *cc, json_t *conf,
    hoop_source_e source, hoop_rule_t *rule);
/* one more condition; there is room for what compile_match counted */
int hoop_policy_match_add(hoop_compile_t *cc, hoop_source_e source,
    unsigned slot, hoop_op_t *ops, json_t *conf, hoop_rule_t *rule);

/* hoop_policy_op.c */
hoop_op_t *hoop_policy_compile_op(hoop_compile_t *cc, json_t *conf, int text);
hoop_truth_e hoop_policy_test(hoop_policy_t *policy, const hoop_op_t *op,
    const hoop_subject_t *subject, const char **why);

/* hoop_policy_address.c: operator "cidr" */
int hoop_policy_compile_cidr(hoop_compile_t *cc, json_t *conf, hoop_op_t *op);
hoop_truth_e hoop_policy_test_cidr(const hoop_op_t *op,
    const hoop_subject_t *subject, const char **why);
/* the source of a request; text is written to buf */
void hoop_policy_subject_address(const hoop_policy_request_t *req,
    char buf[HOOP_POLICY_ADDRESS], hoop_subject_t *subject);

/* hoop_policy_when.c: "time" */
hoop_op_t *hoop_policy_compile_when(hoop_compile_t *cc, json_t *conf);
hoop_truth_e hoop_policy_test_when(const hoop_policy_t *policy,
    const hoop_op_t *op, const hoop_subject_t *subject, const char **why);
/* one zone, as by hoop_policy_zones() */
int hoop_policy_zone(hoop_policy_t *policy, unsigned n,
    int (*fn)(void *ctx, hoop_str_t name, hoop_buf_t *file), void *ctx,
    hoop_error_t *err);
void hoop_policy_subject_when(const hoop_policy_request_t *req,
    hoop_subject_t *subject);

/* hoop_policy_set.c: "conditions", and "use" of a match */
int hoop_policy_compile_sets(hoop_compile_t *cc, json_t *conf);
int hoop_policy_compile_use(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
void hoop_policy_subject_set(hoop_policy_t *policy, const hoop_rule_t *set,
    const hoop_policy_request_t *req, hoop_subject_t *subject);

/* hoop_policy_sql.c: "sql" */
int hoop_policy_compile_sql(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);

/* hoop_policy_sql_judge.c */
hoop_truth_e hoop_policy_test_sql(hoop_policy_t *policy, const hoop_op_t *op,
    const hoop_subject_t *subject, const char **why);
void hoop_policy_sql_free(hoop_policy_t *policy);

/* hoop_policy_mcp.c: "mcp" */
unsigned hoop_policy_mcp_count(json_t *conf);
int hoop_policy_compile_mcp(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
void hoop_policy_subject_mcp(const hoop_slot_t *slot,
    const hoop_policy_request_t *req, hoop_subject_t *subject);
hoop_truth_e hoop_policy_test_mcp(const hoop_op_t *op,
    const hoop_subject_t *subject, const char **why);
/* the same of a subject that is OPEN */
hoop_truth_e hoop_policy_test_open(const hoop_op_t *op,
    const hoop_subject_t *subject);
/* the messages of a batch: the first, the next if there is one, and which of
   them was decided by */
void hoop_policy_mcp_begin(const hoop_policy_request_t *req);
int hoop_policy_mcp_next(const hoop_policy_request_t *req);
int hoop_policy_mcp_join(hoop_verdict_t *v, const hoop_verdict_t *other);
void hoop_policy_mcp_end(const hoop_policy_request_t *req, unsigned decided);

/* hoop_policy_eval.c: of the path as it is; see hoop_policy_path.c */
void hoop_policy_path_evaluate(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req, hoop_verdict_t *v);
int hoop_policy_path_needs_body(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req);

/* hoop_policy_monitor.c: v has the monitored rules of the other as well */
void hoop_policy_monitored_join(hoop_verdict_t *v,
    const hoop_verdict_t *other);

/* hoop_policy_rule.c: the match of a set, as of any rule */
hoop_truth_e hoop_policy_match_set(hoop_policy_t *policy,
    const hoop_rule_t *set, const hoop_policy_request_t *req,
    const char **why);

/* hoop_policy_slot.c */
/* the unescaped segments of a JSON pointer that is valid, or empty */
int hoop_policy_segments(hoop_compile_t *cc, hoop_str_t pointer,
    hoop_str_t **segments, unsigned *n);
int hoop_policy_compile_slot(hoop_compile_t *cc, hoop_source_e source,
    hoop_str_t name, unsigned *slot);
const hoop_subject_t *hoop_policy_subject(hoop_policy_t *policy, unsigned slot,
    const hoop_policy_request_t *req);
/* v NULL: nothing is there; body: names that differ in case are unknown */
void hoop_policy_slot_json(const hoop_slot_t *slot, json_t *v, int body,
    hoop_subject_t *subject);

/* hoop_policy_graphql.c: "graphql" */
int hoop_policy_compile_graphql(hoop_compile_t *cc, json_t *conf,
    hoop_rule_t *rule);
void hoop_policy_subject_graphql(hoop_policy_t *policy,
    const hoop_slot_t *slot, const hoop_policy_request_t *req,
    hoop_subject_t *subject);
hoop_truth_e hoop_policy_test_graphql(const hoop_op_t *op,
    const hoop_subject_t *subject, const char **why);

/* hoop_policy_args.c: the value of a name; why: it is unknown */
void hoop_policy_subject_args(hoop_scratch_t *scratch, hoop_str_t name,
    hoop_str_t args, const char *why, hoop_subject_t *subject);

/* hoop_policy_override.c */
void hoop_policy_override(const hoop_policy_request_t *req,
    hoop_override_t *o);
unsigned hoop_policy_override_slot(const hoop_slot_t *slot);
const char *hoop_policy_override_why(unsigned found, const char **what,
    hoop_str_t *name);

/* hoop_policy_cond.c */
int hoop_policy_compile_cond(hoop_compile_t *cc, json_t *conf,
    hoop_cond_t *cond);
int hoop_policy_cond_index(hoop_policy_t *policy);
/* what hoop_policy_test() says of the test's subject, once an evaluation */
hoop_truth_e hoop_policy_truth(hoop_policy_t *policy, unsigned test,
    const hoop_policy_request_t *req, const char **why);

/* hoop_policy_trie.c */
/* of the rules that are monitored, or are not; without any it stays empty */
int hoop_policy_trie_build(const hoop_policy_t *policy, hoop_trie_t *trie,
    unsigned monitor);
void hoop_policy_trie_free(hoop_trie_t *trie);
uint32_t hoop_policy_trie_child(const hoop_trie_t *trie, uint32_t parent,
    hoop_str_t segment);
/* takes the last label off a host */
int hoop_policy_trie_label(hoop_str_t *rest, hoop_str_t *label);
/* the entries of a set for a method, 0: one that is not known; which is 0 for
   the rules that name it, 1 for the others; an empty span if there are none */
const hoop_trie_entry_t *hoop_policy_trie_list(const hoop_trie_t *trie,
    const hoop_trie_set_t *set, uint32_t method, unsigned which,
    const hoop_trie_entry_t **end);

/* FNV-1a, with its high bits where a mask looks */

static inline uint32_t
hoop_policy_hash_text(uint32_t seed, hoop_str_t s)
{
    size_t    i;
    uint32_t  h;

    h = 2166136261u ^ seed * 2654435761u;

    for (i = 0; i < s.len; i++) {
        h = (h ^ s.data[i]) * 16777619u;
    }

    return h ^ h >> 15;
}


/* the bit of a method, 0 if it is not one of the known */
uint32_t hoop_policy_method(hoop_str_t name);


#endif /* _HOOP_POLICY_RULE_H_INCLUDED_ */
