
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Policies: JSON files (schema: policies/schema.json) compiled once into an
 * immutable form, and their evaluation: pure, without allocation per rule.
 *
 * Among matching rules deny beats review beats allow; of equals the first
 * wins, in the order of files and rules.  Nothing matching: the default of the
 * last policy that writes one, else deny.
 *
 * A rule with "monitor" takes no part in that: what it would have said is in
 * the verdict, beside the decision.
 */


#ifndef _HOOP_POLICY_H_INCLUDED_
#define _HOOP_POLICY_H_INCLUDED_


#include <jansson.h>

#include "hoop_core.h"
#include "hoop_jwt.h"
#include "hoop_mcp.h"
#include "hoop_rate.h"
#include "hoop_rows.h"


typedef struct hoop_policy_s  hoop_policy_t;   /* used by one thread */


/* What an approval lets through. */

typedef enum {
    HOOP_REVIEW_ONCE = 0,          /* this request, one time */
    HOOP_REVIEW_TIME,              /* this very request, for some time */
    HOOP_REVIEW_RUN                /* what the rule asks about, in this run of
                                      this identity, for some time */
} hoop_review_scope_e;


struct hoop_review_s {
    hoop_str_t           *approvers;   /* group names; n 0: any approver */
    unsigned              napprovers;
    unsigned              count;       /* distinct approvers needed, 1..16 */
    unsigned              ttl;         /* seconds, 1..604800 */
    hoop_review_scope_e   scope;
    unsigned              valid;       /* seconds from the approval on, 0: until
                                          the ttl is over; ONCE: 0 */
    unsigned              reason;      /* 1: no vote without one */
};


/* What a token that the rule lets be issued may have at most. */

struct hoop_token_rule_s {
    hoop_str_t     *audiences;     /* n 0: as the signer has it */
    unsigned        naudiences;
    hoop_str_t     *scopes;
    unsigned        nscopes;
    unsigned        scope_set:1;   /* 0: as the signer has it */
    unsigned        lifetime;      /* seconds; 0: as the signer has it */
};


/* What a request may bring at most that the rule lets pass. */

struct hoop_limits_s {
    hoop_rate_t       rate;        /* of a subject; interval 0: any */
    uint64_t          response;    /* bytes of the answer; 0: any number */
    hoop_rows_rule_t  rows;        /* of an answer of JSON */
};


/*
 * Compiles the text of one file.  NULL with err set: what was found, what was
 * wanted, line and column.
 */
hoop_policy_t *hoop_policy_compile(const u_char *p, size_t len,
    hoop_error_t *err);


/* What is wrong with a file.  The caller gives the room. */

typedef struct {
    hoop_error_t   *items;
    unsigned        size;
    unsigned        n;         /* size: there may be more that is wrong */
} hoop_errors_t;

/*
 * The same, and where something is wrong, what else is, in the order of the
 * text.  Zones of time are asked for as by hoop_policy_zones(), if fn is set.
 */
hoop_policy_t *hoop_policy_check(const u_char *p, size_t len,
    int (*fn)(void *ctx, hoop_str_t name, hoop_buf_t *file), void *ctx,
    hoop_errors_t *errors);

void hoop_policy_free(hoop_policy_t *policy);

hoop_str_t hoop_policy_name(const hoop_policy_t *policy);
/* SHA-256 of the file's text, in hex (64 bytes) */
hoop_str_t hoop_policy_hash(const hoop_policy_t *policy);
/* number of rules */
unsigned hoop_policy_count(const hoop_policy_t *policy);

typedef struct {
    hoop_str_t      id;
    hoop_verdict_e  effect;
    unsigned        monitor:1;
} hoop_policy_rule_t;

/* the rule with that number, from 0 */
hoop_policy_rule_t hoop_policy_rule(const hoop_policy_t *policy, unsigned n);

/* mask set by name, or NULL; "pii" and "secrets" are there if a rule names
   them, though "masks" does not; a location may name any other */
const hoop_mask_set_t *hoop_policy_mask(const hoop_policy_t *policy,
    hoop_str_t name);
/* calls fn for each credential name that a rule demands, until non-zero */
int hoop_policy_credentials(const hoop_policy_t *policy,
    int (*fn)(void *ctx, hoop_str_t name), void *ctx);
/* the same for each issuer, a name or an URL, that a rule names */
int hoop_policy_issuers(const hoop_policy_t *policy,
    int (*fn)(void *ctx, hoop_str_t name), void *ctx);
/* the same for each header, in lower case, that a rule looks at */
int hoop_policy_headers(const hoop_policy_t *policy,
    int (*fn)(void *ctx, hoop_str_t name), void *ctx);
/* 1 if some rule has "mcp" */
int hoop_policy_knows_mcp(const hoop_policy_t *policy);
/* 1 if some rule has "list": "filter" */
int hoop_policy_filters_lists(const hoop_policy_t *policy);
/*
 * Calls fn for each zone of time that a rule names, to append its TZif file;
 * any answer but HOOP_OK says that there is none.  Of a zone that was not given
 * nothing is known.  HOOP_ERROR with err set, as by hoop_policy_compile().
 */
int hoop_policy_zones(hoop_policy_t *policy,
    int (*fn)(void *ctx, hoop_str_t name, hoop_buf_t *file), void *ctx,
    hoop_error_t *err);


/*
 * What an evaluation finds out of a request to an MCP server, once some rule
 * looks at it.  Zeroed before its first use; what is in it belongs to the
 * request's JSON and text.
 */

#define HOOP_POLICY_MCP_FOLDS     4

typedef struct {
    hoop_mcp_t              mcp;       /* if asked; code 0: accepted */
    unsigned                member;    /* message that decided, of a batch */
    unsigned                asked:1;
    unsigned                open:1;    /* it has not come: see hoop_truth_e */
    unsigned                prefix:1;  /* of its URI only the beginning is
                                          known */
    unsigned                folded;    /* bits: "folds" of that message */
    hoop_str_t              folds[HOOP_POLICY_MCP_FOLDS];
    u_char                 *scratch;   /* owned */
} hoop_policy_mcp_t;

/* all that it owns; it may be used again */
void hoop_policy_mcp_free(hoop_policy_mcp_t *m);


typedef enum {
    HOOP_BODY_NONE = 0,        /* the request has no body */
    HOOP_BODY_UNREAD,          /* it has one; not read because not needed */
    HOOP_BODY_JSON,            /* body_json holds it */
    HOOP_BODY_FORM,            /* application/x-www-form-urlencoded */
    HOOP_BODY_OTHER,           /* neither, by its media type */
    HOOP_BODY_AMBIGUOUS        /* said to be one, but is not to be trusted */
} hoop_body_e;


typedef struct {
    const hoop_identity_t  *identity;
    hoop_str_t              method;
    hoop_str_t              host;      /* lower case, no port */
    hoop_str_t              path;      /* decoded, normalised: nginx's r->uri */
    hoop_str_t              args;      /* raw query, without "?" */
    hoop_body_e             body;
    json_t                 *body_json;
    hoop_str_t              body_text; /* of JSON, FORM and OTHER */
    /* header by lower-case name: HOOP_OK, or HOOP_DECLINED if absent,
       or HOOP_ERROR if it is there more than once; HOOP_AGAIN: see
       hoop_policy_list.h */
    int                   (*header)(void *ctx, hoop_str_t name,
                                    hoop_str_t *value);
    void                   *header_ctx;
    /* where the connection comes from; of IPv4 as ::ffff:a.b.c.d */
    u_char                  address[16];
    unsigned                address_set:1;
    int64_t                 now;       /* Unix seconds; 0: not known */
    hoop_policy_mcp_t      *mcp;       /* written; NULL: it is unknown */
} hoop_policy_request_t;


/* an address as text into its 16 bytes: HOOP_OK, or HOOP_ERROR */
int hoop_address_parse(hoop_str_t text, u_char address[16]);


/* HOOP_OK if the request is MCP, though perhaps no rule has asked */
int hoop_policy_mcp_ask(const hoop_policy_request_t *req);

/*
 * HOOP_BODY_NEEDED if, for this request, some rule that could still match looks
 * at the body: then the caller must read it before it evaluates.  Where only
 * monitored rules do it is HOOP_BODY_WANTED: the caller reads it if nothing
 * speaks against it; to them a body that is not read is unknown.  body is
 * ignored.
 */

#define HOOP_BODY_NEEDED  1
#define HOOP_BODY_WANTED  2

int hoop_policy_needs_body(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req);

/*
 * What a condition cannot judge is "unknown": a body that is ambiguous or not
 * of its type, a duplicate or ambiguous query argument or form field, a
 * duplicate header, a regex at its limits, a value of a type that its operator
 * does not know.  Unknown never matches an allow rule, and matches every deny
 * or review rule as far as its other conditions match; the verdict then has
 * "ambiguous" set, and a denial's reason says what could not be judged.
 *
 * Where nothing matches, but an allow rule would have save for something
 * unknown, the decision is ERROR with "ambiguous" set and the rule named.
 * Without an identity it is ERROR.
 *
 * A path with parameters (";x=1") is judged without them as well: if that is
 * decided otherwise it is ambiguous.
 */
void hoop_policy_evaluate(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req, hoop_verdict_t *verdict);

/* of a header by lower-case name: its bit in "names" of a verdict, or 0 */
unsigned hoop_policy_override_header(hoop_str_t name);

/*
 * Appends the SQL that rules looked at in the last evaluation, as an array of
 * what hoop_sql_record() says, for evidence: it has no literals, and has caps.
 * omitted: how many statements have no room in it.  HOOP_DECLINED: no rule
 * looked at any; HOOP_NOMEM.
 */
int hoop_policy_sql(hoop_policy_t *const *policies, unsigned n,
    hoop_buf_t *out, unsigned *omitted);

/*
 * Why a rule matches or not: its first condition that does not hold, or that
 * is unknown.  For the operator: "what" and "why" are fixed texts, "name" is
 * the policy's.
 */

typedef struct {
    hoop_str_t      policy;
    hoop_str_t      rule;
    hoop_verdict_e  effect;
    unsigned        monitor:1;
    int             matched;   /* 1 yes, 0 no, -1 unknown */
    const char     *what;      /* "path", "claim", ...; NULL: all hold */
    hoop_str_t      name;      /* of the claim, argument, ...; may be empty */
    const char     *why;       /* of unknown, else NULL */
} hoop_policy_trace_t;

/* calls fn for each rule, in order */
void hoop_policy_explain(hoop_policy_t *const *policies, unsigned n,
    const hoop_policy_request_t *req,
    void (*fn)(void *ctx, const hoop_policy_trace_t *trace), void *ctx);


#endif /* _HOOP_POLICY_H_INCLUDED_ */
