
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The HTTP floor: configuration, the context of a request, and what the files
 * of this folder offer one another.  The flow of a request is told in
 * ngx_http_hoop_access.c.
 */


#ifndef _NGX_HTTP_HOOP_H_INCLUDED_
#define _NGX_HTTP_HOOP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>

#include "../core/hoop_body.h"
#include "../core/hoop_core.h"
#include "../core/hoop_event.h"
#include "../core/hoop_json.h"
#include "../core/hoop_jwt.h"
#include "../core/hoop_mask.h"
#include "../core/hoop_mcp_list.h"
#include "../core/hoop_media.h"
#include "../core/hoop_notify.h"
#include "../core/hoop_plan.h"
#include "../core/hoop_policy.h"
#include "../core/hoop_prefer.h"
#include "../core/hoop_request.h"
#include "../core/hoop_rows.h"
#include "../core/hoop_tz.h"
#include "../core/hoop_signer.h"
#include "../event/ngx_hoop_approval.h"
#include "../event/ngx_hoop_audit.h"
#include "../event/ngx_hoop_compat.h"
#include "../event/ngx_hoop_redis.h"
#include "../event/ngx_hoop_config.h"
#include "../event/ngx_hoop_stat.h"
#include "../event/ngx_hoop_zone.h"


#define NGX_HTTP_HOOP_OFF        0
#define NGX_HTTP_HOOP_ON         1
#define NGX_HTTP_HOOP_MONITOR    2

#define NGX_HTTP_HOOP_MAX_MASKS  8

/* RFC 8470, 5.2; nginx has no name and no page for it */
#define NGX_HTTP_HOOP_TOO_EARLY  425

/*
 * The cap of a masked copy of n bytes: a label is longer than the shortest
 * value that it may stand for.
 */
#define ngx_http_hoop_grown(n)   (32 * (n) + 1024)

/*
 * Captured beyond what is kept of a text that is masked as a whole: a secret
 * across the cut would not be recognised.
 */
#define NGX_HTTP_HOOP_SLACK      1024

/* credentials that one request may be given, by way of redirects */
#define NGX_HTTP_HOOP_SECRETS    4

/* "hs_" and 32 hexadecimal digits */
#define NGX_HTTP_HOOP_SESSION    35


#define NGX_HOOP_VERSION         "0.1.0"


/* the configuration of the process, shared by HTTP and, later, stream */

typedef struct {
    ngx_hoop_redis_conf_t        *redis;       /* NULL: no hoop_redis */
    ngx_hoop_audit_conf_t        *audit;       /* NULL: no hoop_audit */
    ngx_shm_zone_t               *zone;        /* NULL: nothing is protected */
    ngx_shm_zone_t               *stats;       /* NULL: and no hoop_audit */
    ngx_array_t                  *issuers;     /* of HTTP; NULL: nothing is
                                                  protected */
    ngx_array_t                  *notify;      /* ngx_http_hoop_notify_t *;
                                                  NULL: no HTTP */
    ngx_array_t                  *policies;    /* ngx_http_hoop_policy_t *;
                                                  NULL: no HTTP */
    ngx_uint_t                    locations;   /* that judge requests, */
    ngx_uint_t                    monitored;   /* and those that only watch */
} ngx_hoop_conf_t;


typedef struct ngx_http_hoop_keys_s      ngx_http_hoop_keys_t;
typedef struct ngx_http_hoop_resource_s  ngx_http_hoop_resource_t;

/* a location of ours to fetch through, and a fetch in flight */
typedef struct ngx_http_hoop_target_s    ngx_http_hoop_target_t;
typedef struct ngx_http_hoop_fetch_s     ngx_http_hoop_fetch_t;


/*
 * Who signs the tokens that are issued here.  A name may be used before its
 * block is there, so it has the place where it was used first.
 */

typedef struct {
    ngx_str_t                     name;
    ngx_str_t                     issuer;      /* the "iss" */
    ngx_array_t                   keys;        /* of hoop_signer_t *; the
                                                  first signs */
    ngx_array_t                   audiences;   /* of hoop_str_t */
    ngx_array_t                   scopes;      /* of hoop_str_t */
    ngx_array_t                   claims;      /* of hoop_str_t */
    time_t                        lifetime;
    ngx_str_t                     jwks;        /* what is published */
    ngx_str_t                     metadata;
    ngx_str_t                     token_uri;   /* locations, if they have */
    ngx_str_t                     jwks_uri;    /* one */
    u_char                       *file;
    ngx_uint_t                    line;
    unsigned                      defined:1;
    unsigned                      scope_set:1;
    unsigned                      described:1; /* by hoop_metadata */
} ngx_http_hoop_signer_t;


typedef struct ngx_http_hoop_exchange_s  ngx_http_hoop_exchange_t;
typedef struct ngx_http_hoop_console_s   ngx_http_hoop_console_t;
typedef struct ngx_http_hoop_login_s     ngx_http_hoop_login_t;


typedef struct {
    ngx_str_t                     name;
    ngx_str_t                     issuer;      /* the "iss" */
    ngx_array_t                   aliases;     /* all of hoop_str_t */
    ngx_array_t                   tenants;
    ngx_array_t                   audiences;
    ngx_array_t                   clients;
    ngx_array_t                   types;
    ngx_array_t                   require;     /* of hoop_jwt_require_t */
    ngx_str_t                     jwks_file;
    ngx_str_t                     jwks_url;
    ngx_str_t                     secret_file; /* for HS */
    ngx_str_t                     discovery_url; /* if not in its usual place */
    ngx_str_t                     groups;      /* JSON pointer */
    hoop_jwt_rules_t              rules;
    time_t                        leeway;
    time_t                        max_lifetime;
    time_t                        jwks_ttl;
    time_t                        jwks_stale;  /* beyond jwks_ttl */
    ngx_msec_t                    jwks_pause;  /* between two attempts */
    ngx_msec_t                    jwks_timeout; /* of all of an attempt */
    ngx_uint_t                    algs;
    ngx_uint_t                    discovery;   /* asked for by name */
    ngx_uint_t                    template;    /* "{tenantid}" in issuer */
    ngx_uint_t                    any_tenant;
    ngx_http_hoop_signer_t       *signer;      /* NULL: its keys are others' */

    /*
     * Of the worker, not of a request: parsed keys and the state of their
     * fetching.  Created at config time for jwks_file, else empty.
     */
    ngx_http_hoop_keys_t         *keys;
} ngx_http_hoop_issuer_t;


/*
 * A named secret.  "value" is what the header carries, "secret" the span in
 * it that must never reach a client, a log or an event.
 */

typedef struct {
    ngx_str_t                     name;
    ngx_str_t                     file;
    ngx_str_t                     header;
    ngx_str_t                     value;
    hoop_str_t                    secret;
} ngx_http_hoop_credential_t;


typedef struct {
    ngx_array_t                   issuers;     /* of ngx_http_hoop_issuer_t * */
    ngx_array_t                   credentials; /* of ..._credential_t * */
    ngx_array_t                   policies;    /* of ngx_http_hoop_policy_t * */
    ngx_array_t                   resources;   /* of ..._resource_t * */
    ngx_array_t                   targets;     /* of ngx_http_hoop_target_t * */
    ngx_array_t                   signers;     /* of ngx_http_hoop_signer_t * */
    ngx_array_t                   notify;      /* of ngx_http_hoop_notify_t * */
    ngx_array_t                   logins;      /* of ngx_http_hoop_login_t * */
    ngx_array_t                   stats;       /* of ngx_hoop_stat_want_t */
    ngx_hoop_conf_t              *core;
    ngx_str_t                     api;         /* first hoop_api location */
    size_t                        zone_size;
    ngx_hoop_sign_conf_t         *sign;        /* NULL: no hoop_audit_sign */
    time_t                        proof_window; /* the longest of all */
    ngx_uint_t                    enabled;     /* some location is protected */
} ngx_http_hoop_main_conf_t;


typedef struct {
    ngx_str_t                     file;
    hoop_policy_t                *policy;
    ngx_hoop_stat_t             **stats;       /* of its rules */
    ngx_uint_t                    used;        /* by a protected location */
} ngx_http_hoop_policy_t;


/* what a token may be bound by: bits */
#define NGX_HTTP_HOOP_PROOF_DPOP  1
#define NGX_HTTP_HOOP_PROOF_MTLS  2


/* where a token may stand; AUTHORIZATION is 0 */

#define NGX_HTTP_HOOP_SOURCE_AUTHORIZATION  0
#define NGX_HTTP_HOOP_SOURCE_HEADER         1
#define NGX_HTTP_HOOP_SOURCE_COOKIE         2
#define NGX_HTTP_HOOP_SOURCE_QUERY          3

/* of one location */
#define NGX_HTTP_HOOP_SOURCES               8


typedef struct {
    ngx_uint_t                    kind;        /* NGX_HTTP_HOOP_SOURCE_* */
    ngx_str_t                     name;        /* but of AUTHORIZATION */
} ngx_http_hoop_source_t;


typedef struct {
    ngx_uint_t                    required;    /* one of these bits, or 0 */
    ngx_uint_t                    nonce;       /* of DPoP proofs, as the rest */
    time_t                        window;
    ngx_uint_t                    algs;
    ngx_str_t                     names;       /* of algs, for a challenge */
} ngx_http_hoop_proof_conf_t;


typedef struct {
    ngx_msec_t                    ttl;         /* 0: asked each time */
    ngx_uint_t                    allow;       /* where it cannot be */
} ngx_http_hoop_revocation_conf_t;


/* hoop_plan */

typedef struct {
    ngx_uint_t                    mode;        /* NGX_HTTP_HOOP_PLAN_OFF ... */
    hoop_review_t                 review;      /* of plans, */
    hoop_review_t                 deviation;   /* and of what is in none */
} ngx_http_hoop_plan_conf_t;

#define NGX_HTTP_HOOP_PLAN_OFF       0
#define NGX_HTTP_HOOP_PLAN_ON        1
#define NGX_HTTP_HOOP_PLAN_REQUIRED  2


typedef struct {
    ngx_uint_t                    mode;        /* NGX_HTTP_HOOP_OFF ... */
    ngx_flag_t                    api;         /* not inherited */
    ngx_http_hoop_console_t      *console;     /* the same; NULL: none */
    ngx_http_hoop_login_t        *login;       /* of either; or NULL */
    ngx_flag_t                    metadata;    /* the same */
    ngx_http_hoop_signer_t       *signer;      /* hoop_token; not inherited */
    ngx_http_hoop_signer_t       *published;   /* hoop_jwks, hoop_metadata */
    ngx_http_handler_pt           handler;     /* of one of those three */
    ngx_str_t                     fetch;
    ngx_http_hoop_target_t       *fetch_target; /* NULL: nothing to fetch by */
    ngx_array_t                  *policies;    /* of hoop_policy_t * */
    ngx_array_t                  *loaded;      /* ngx_http_hoop_policy_t *, of
                                                  the same */
    ngx_hoop_stat_t              *stat;        /* not inherited; or NULL */
    ngx_array_t                  *mask_names;  /* of ngx_str_t */
    hoop_mask_list_t              masks;
    size_t                        mask_hold;
    ngx_bufs_t                    mask_bufs;
    ngx_uint_t                    mask_binary; /* 1: block */
    ngx_uint_t                    record;      /* hoop_record_e */
    size_t                        record_max;
    size_t                        body_max;
    ngx_str_t                     credential_name;
    ngx_http_hoop_credential_t   *credential;
    ngx_http_complex_value_t     *target;
    ngx_http_complex_value_t     *run;
    ngx_msec_t                    approval_wait;
    ngx_uint_t                    approval_max;  /* held in a worker */
    ngx_http_hoop_plan_conf_t    *plan;        /* NULL: off */
    ngx_array_t                  *notify;      /* ngx_http_hoop_notify_t *, of
                                                  a server; not inherited */
    ngx_str_t                     realm;
    ngx_array_t                  *scopes;      /* of hoop_str_t, or NULL */
    ngx_array_t                  *audiences;   /* the same */
    ngx_array_t                  *sources;     /* NULL: Authorization alone */
    ngx_http_hoop_proof_conf_t   *proof;       /* NULL: no hoop_proof */
    ngx_http_hoop_resource_t     *resource;    /* NULL: none */
    ngx_http_hoop_revocation_conf_t  *revocation;  /* NULL: off */
    ngx_uint_t                    limit_deny;  /* 1: where Redis is away */
    /* scheme://host[:port] in normal form; empty: as the request has it */
    ngx_str_t                     origin;
} ngx_http_hoop_loc_conf_t;


/* what clients know some locations of a server by (RFC 9728) */

struct ngx_http_hoop_resource_s {
    ngx_http_core_srv_conf_t     *server;
    ngx_str_t                     url;         /* the identifier, as written */
    ngx_str_t                     uri;         /* of the document; decoded */
    ngx_str_t                     name;
    ngx_str_t                     documentation;
    ngx_str_t                     issuers;     /* names; empty: all */

    /* what its locations ask for */
    ngx_array_t                   scopes;      /* of hoop_str_t */
    ngx_uint_t                    dpop_algs;   /* what all of them take */
    ngx_uint_t                    locations;
    ngx_uint_t                    dpop_required;  /* in so many of them */
    ngx_uint_t                    by_header;   /* the same: Authorization, */
    ngx_uint_t                    by_query;    /* and access_token */
    unsigned                      dpop:1;
    unsigned                      mtls:1;

    ngx_str_t                     challenge;   /* ", resource_metadata=..." */
    ngx_str_t                     document;
};


/*
 * Where a request stands in the access phase.  Who owns it, that is whose
 * event makes it go on, is told in brackets; everywhere else the phase engine
 * does.  Spurious calls of the handler are normal: a state that waits answers
 * NGX_AGAIN until its owner has set the result.
 */

typedef enum {
    NGX_HTTP_HOOP_START = 0,
    NGX_HTTP_HOOP_TOKEN,           /* is there a bearer token? */
    NGX_HTTP_HOOP_VERIFY,          /* cache, keys, signature, claims */
    NGX_HTTP_HOOP_KEYS_WAIT,       /* [key fetch: ngx_http_hoop_keys.c] */
    NGX_HTTP_HOOP_PROOF,           /* is the token the client's own? */
    NGX_HTTP_HOOP_REVOCATION,      /* cache, or ask Redis */
    NGX_HTTP_HOOP_REVOCATION_WAIT, /* [Redis: ngx_http_hoop_revocation.c] */
    NGX_HTTP_HOOP_SCOPE,           /* is it meant and allowed for this? */
    NGX_HTTP_HOOP_IDENTIFIED,      /* body first, or straight to policy? */
    NGX_HTTP_HOOP_BODY_WAIT,       /* [nginx's body reader; NGX_DONE] */
    NGX_HTTP_HOOP_POLICY,          /* evaluate */
    NGX_HTTP_HOOP_PLAN,            /* ask for the plan of the run */
    NGX_HTTP_HOOP_PLAN_WAIT,       /* [approval op: ngx_http_hoop_plan.c] */
    NGX_HTTP_HOOP_DECIDED,         /* body for digest or recording? */
    NGX_HTTP_HOOP_LIMIT,           /* take of a rate */
    NGX_HTTP_HOOP_LIMIT_WAIT,      /* [Redis: ngx_http_hoop_limit.c] */
    NGX_HTTP_HOOP_RECORD,          /* write the events */
    NGX_HTTP_HOOP_RECORD_WAIT,     /* [audit: sync=always] */
    NGX_HTTP_HOOP_CLAIM,           /* ask for the approval */
    NGX_HTTP_HOOP_CLAIM_WAIT,      /* [approval op] */
    NGX_HTTP_HOOP_VOTE_WAIT,       /* [approval watch, or our timer] */
    NGX_HTTP_HOOP_GO,              /* swap the credential in */
    NGX_HTTP_HOOP_PASSED,          /* the request may reach the target */
    NGX_HTTP_HOOP_REFUSED          /* it was answered by us */
} ngx_http_hoop_state_e;


/* a longer chain of actors is refused */
#define NGX_HTTP_HOOP_REVOCATION_ACTORS  8


typedef struct {
    ngx_hoop_redis_op_t          *op;          /* while it waits */
    /* of the subject and the actors: how old; NULL, or of the identity's
       claims */
    json_t                       *iat[1 + NGX_HTTP_HOOP_REVOCATION_ACTORS];
    int64_t                       time;        /* Unix ms, of asking */
    ngx_msec_t                    ttl;         /* by which it has passed */
    ngx_uint_t                    nkeys;
    unsigned                      jtis:5;      /* the first of the keys */
    unsigned                      replied:1;   /* these three are of now */
    unsigned                      failed:1;
    unsigned                      revoked:1;
    unsigned                      passed:1;
    unsigned                      unchecked:1; /* it failed, and may pass */
} ngx_http_hoop_revocation_t;


typedef struct {
    ngx_hoop_redis_op_t          *op;          /* while it waits */
    const hoop_rate_t            *rate;        /* of which it takes, or looks */
    const hoop_rate_t            *spent;       /* of which it has taken */
    u_char                        key[32];
    int64_t                       over;        /* as Redis says, us; or 0 */
    time_t                        wait;        /* of a 429: seconds */
    unsigned                      replied:1;
    unsigned                      failed:1;
    unsigned                      look:1;      /* takes nothing yet */
    unsigned                      whole:1;     /* EVAL, not EVALSHA */

    uint64_t                      bytes;       /* of the answer so far */
    hoop_rows_t                  *rows;        /* NULL: they do not count */
    const char                   *reached;     /* member of "limits", or NULL */
} ngx_http_hoop_limit_t;


/* an answer whose lists are filtered */

typedef struct {
    hoop_mcp_list_t               list;
    size_t                        sent;        /* of what it lets out */
    const char                   *refused;     /* fixed text: the rest of it
                                                  is dropped; or NULL */
    unsigned                      ended:1;
} ngx_http_hoop_mcp_list_t;


/* where a request stands in the plan of its run */

typedef struct {
    u_char                        id[33];      /* empty: there is none */
    ngx_str_t                     text;        /* while it is awaited */
    uint64_t                      steps;       /* bits: what it may be */
    unsigned                      total;       /* steps of the plan */
    unsigned                      step;        /* used up for it */
    unsigned                      any:1;       /* order */
    unsigned                      deviation:1; /* it is no step of the plan */
} ngx_http_hoop_planned_t;


typedef struct {
    ngx_http_request_t           *request;     /* always the main request */
    /* under which "state" was reached; another one after a redirect */
    ngx_http_hoop_loc_conf_t     *conf;
    ngx_http_hoop_state_e         state;
    ngx_http_hoop_state_e         after_body;
    ngx_http_hoop_state_e         after_revocation;
    ngx_http_hoop_state_e         after_limit;
    /* r->uri_changes at that time: an internal redirect moves it */
    ngx_uint_t                    uri_changes;

    u_char                        session[NGX_HTTP_HOOP_SESSION];
    ngx_str_t                     run_sent;    /* as it came */
    ngx_str_t                     run;         /* these three masked */
    ngx_str_t                     target;
    ngx_str_t                     host;
    /* NUL-free, as the client sent it, before any rewrite */
    ngx_str_t                     token;       /* cleared once verified */
    u_char                        token_sha256[32];
    ngx_str_t                     proof;       /* the DPoP header */
    ngx_http_hoop_loc_conf_t     *proof_conf;  /* by which all is proved */
    time_t                        proof_time;  /* of remembering it */
    int64_t                       nonce;       /* its period; 0: none */

    hoop_identity_t              *identity;    /* one reference, or NULL */
    ngx_http_hoop_issuer_t       *issuer;
    ngx_http_hoop_exchange_t     *exchange;    /* NULL: of no hoop_token */
    hoop_verdict_t                verdict;
    hoop_str_t                    sql;         /* that policy looked at: */
    ngx_uint_t                    sql_omitted; /* see hoop_policy_sql() */
    ngx_uint_t                    status;      /* of our refusal, else 0 */
    const char                   *error;       /* of a 401: fixed text */
    /* of the challenge, where it is not what the status has */
    const char                   *error_code;
    /* of the look for a token, which is hidden where it was found */
    ngx_int_t                     token_status;
    const char                   *token_error;

    ngx_http_hoop_revocation_t    revocation;
    ngx_http_hoop_limit_t         limit;

    /* keys: a queue entry while in KEYS_WAIT */
    ngx_queue_t                   queue;

    /* body */
    hoop_buf_t                    body;        /* its head, up to body_cap */
    size_t                        body_cap;
    off_t                         body_size;   /* all of it */
    time_t                        body_time;   /* when reading began */
    hoop_sha256_t                 body_md;
    u_char                        body_sha256[32];
    hoop_body_e                   body_kind;
    json_t                       *body_json;   /* owned */
    hoop_str_t                    body_text;   /* of body; for policy */
    hoop_policy_mcp_t             mcp;         /* of the last decision */

    /* approval */
    ngx_http_hoop_planned_t       plan;
    ngx_hoop_approval_op_t        approval;
    ngx_event_t                   timer;       /* the end of the wait */

    /* evidence */
    ngx_hoop_audit_wait_t         audit;
    ngx_http_hoop_credential_t   *credential;  /* to be injected */
    /* those that were: what must not come back */
    hoop_str_t                    secrets[NGX_HTTP_HOOP_SECRETS];
    ngx_uint_t                    nsecrets;
    hoop_record_e                 record;
    ngx_msec_t                    start;

    /* response, filled by the mask filter */
    hoop_buf_t                    recorded;    /* what the client got */
    size_t                        record_cap;
    hoop_sha256_t                 response_md;
    uint64_t                      response_size;
    uint32_t                      masked[HOOP_DETECT_ALL];
    ngx_http_hoop_mcp_list_t     *mcp_list;    /* NULL: not filtered */
    const char                   *blocked;     /* fixed text: why 502 */
    ngx_http_upstream_t          *blocked_upstream;

    /* entries of r->upstream_states from before it was let through */
    ngx_uint_t                    upstream_states;

    unsigned                      dpop:1;          /* the token's scheme */
    unsigned                      dpop_wanted:1;   /* it should have been */
    unsigned                      proof_many:1;    /* DPoP headers */
    unsigned                      proofs:2;        /* NGX_HTTP_HOOP_PROOF_* */
    unsigned                      remembered:1;    /* the proof: not again */
    unsigned                      nonces:1;        /* the client needs them */
    unsigned                      verified:1;      /* identity, in all */
    unsigned                      keys_queued:1;
    unsigned                      keys_waited:1;   /* not a second time */
    unsigned                      capture:1;       /* body filter: copy */
    unsigned                      body_read:1;
    unsigned                      body_truncated:1;
    unsigned                      body_failed:1;
    unsigned                      audit_done:1;
    unsigned                      audit_ok:1;
    unsigned                      approval_done:1;
    unsigned                      approval_ok:1;   /* used up by us */
    unsigned                      approval_told:1; /* pending event written */
    unsigned                      waited:1;        /* the wait has ended */
    unsigned                      held:1;          /* one of those that wait */
    unsigned                      prefers:1;       /* to wait not so long */
    unsigned                      hidden:1;        /* the token is */
    unsigned                      in_query:1;      /* it stood there */
    unsigned                      in_cookie:1;     /* the same */
    unsigned                      swapped:1;       /* headers are ours */
    unsigned                      recorded_truncated:1;
    unsigned                      record_binary:1;
    unsigned                      record_raw:1;    /* mask before recording */
    unsigned                      mask_failed:1;
    unsigned                      unfiltered:1;    /* monitor: not looked at */
    unsigned                      digest:1;        /* response_md is used */
    unsigned                      complete:1;      /* the last byte went out */
    unsigned                      closed:1;        /* response event written */
    unsigned                      events:1;        /* request event written */
} ngx_http_hoop_ctx_t;


extern ngx_module_t  ngx_hoop_module;
extern ngx_module_t  ngx_http_hoop_module;
extern ngx_module_t  ngx_http_hoop_filter_module;


#define ngx_http_hoop_str(s)       hoop_str((s)->data, (s)->len)

/*
 * The log of a line of ours about a request: nginx's own handler would append
 * the request line, and with it whatever stands in a query.  The session leads
 * to the event, which has it masked.
 */

#define ngx_http_hoop_log(level, r, fmt, ...)                                 \
    do {                                                                      \
        ngx_log_t  _log = *(r)->connection->log;                              \
                                                                              \
        _log.handler = NULL;                                                  \
        ngx_log_error(level, &_log, 0, "hoop: " fmt, __VA_ARGS__);            \
    } while (0)


/* the next of a list of headers; *part is its first part, *i 0 at the start */

static ngx_inline ngx_table_elt_t *
ngx_http_hoop_next(ngx_list_part_t **part, ngx_uint_t *i)
{
    ngx_table_elt_t  *h;

    while (*i >= (*part)->nelts) {
        if ((*part)->next == NULL) {
            return NULL;
        }

        *part = (*part)->next;
        *i = 0;
    }

    h = (*part)->elts;

    return &h[(*i)++];
}


#define ngx_http_hoop_loc(r)                                                  \
    ngx_http_get_module_loc_conf(r, ngx_http_hoop_module)


/* ngx_http_hoop_access.c */

ngx_int_t ngx_http_hoop_preaccess_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_hoop_access_handler(ngx_http_request_t *r);

/* ngx_http_hoop_policy.c: the steps IDENTIFIED and POLICY */

/* as policy sees it */
void ngx_http_hoop_policy_request(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_policy_request_t *req);
ngx_int_t ngx_http_hoop_policy_body(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
/* NGX_DECLINED without another state: it may pass, or be approved */
ngx_int_t ngx_http_hoop_policy_decide(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);

/* ngx_http_hoop_ctx.c */

/* the context of r->main, recovered after an internal redirect; or NULL */
ngx_http_hoop_ctx_t *ngx_http_hoop_ctx(ngx_http_request_t *r);
/* of the main request r, which has none yet */
ngx_http_hoop_ctx_t *ngx_http_hoop_create_ctx(ngx_http_request_t *r);
/* makes a waiting request go on, from whatever event; never runs it itself */
void ngx_http_hoop_wake(ngx_http_hoop_ctx_t *ctx);
/* ends all that is pending; data is a context */
void ngx_http_hoop_detach(void *data);
/* a subrequest: it has no context of its own but this mark */
void ngx_http_hoop_subrequest_refuse(ngx_http_request_t *r);
ngx_uint_t ngx_http_hoop_subrequest_refused(ngx_http_request_t *r);

/* ngx_http_hoop_bearer.c */

/* first of all in a location: looks for the token and hides it; NGX_ERROR: no
   memory */
ngx_int_t ngx_http_hoop_token_take(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
/* NGX_OK, or the status to refuse with, ctx->error set if a token was sent */
ngx_int_t ngx_http_hoop_token(ngx_http_hoop_ctx_t *ctx);

/* ngx_http_hoop_source.c: of a location that has sources */

/* how many tokens there are in those but Authorization, which is *listed or
   not; *value is the first; NGX_ERROR: no memory */
ngx_int_t ngx_http_hoop_source_find(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_str_t *value, size_t *n,
    ngx_uint_t *listed);
/* how many cookies of the name there are; *value is the first one's */
size_t ngx_http_hoop_source_cookie(ngx_http_request_t *r, ngx_str_t *name,
    hoop_str_t *value);
/* out of r's headers, query and request line */
ngx_int_t ngx_http_hoop_source_hide(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
/* the same of those that are arguments, alone */
ngx_int_t ngx_http_hoop_source_hide_query(ngx_http_request_t *r,
    ngx_array_t *sources);
/* a copy of *args, if need be, without the arguments that are sources */
ngx_int_t ngx_http_hoop_source_args(ngx_http_request_t *r,
    ngx_array_t *sources, ngx_str_t *args);
char *ngx_http_hoop_conf_bearer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ngx_http_hoop_identity.c: NGX_OK; NGX_AGAIN: keys are awaited; else the
   status to refuse with, ctx->error set */

ngx_int_t ngx_http_hoop_verify(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx);

/* ngx_http_hoop_proof.c */

/* keeps the request's proof; it is looked for once */
void ngx_http_hoop_proof_take(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx);
/* NGX_OK, or the status to refuse with, ctx->error set */
ngx_int_t ngx_http_hoop_proof(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx);
/* the scheme of a challenge, and what is appended to it */
const char *ngx_http_hoop_proof_scheme(ngx_http_hoop_ctx_t *ctx);
void ngx_http_hoop_proof_challenge(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b);
/* adds the nonce for the next proof to an answer, where there is a new one */
ngx_int_t ngx_http_hoop_proof_nonce(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);

/* appends scheme://host[:port], by which clients reach the location */
void ngx_http_hoop_origin(ngx_http_request_t *r, ngx_http_hoop_loc_conf_t *conf,
    hoop_buf_t *out);

/* ngx_http_hoop_scope.c */

/* NGX_OK, or the status to refuse with, ctx->error and error_code set */
ngx_int_t ngx_http_hoop_scope(ngx_http_hoop_ctx_t *ctx);
/* the scope that the location asks for, as a parameter of a challenge */
void ngx_http_hoop_scope_challenge(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b);
ngx_int_t ngx_http_hoop_scope_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
char *ngx_http_hoop_conf_scope(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_hoop_conf_audience(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hoop_conf_realm(ngx_conf_t *cf, void *post, void *data);

/* ngx_http_hoop_resource.c */

extern ngx_str_t  ngx_http_hoop_resource_prefix;

/* the URL of the metadata, as a parameter of a challenge */
void ngx_http_hoop_resource_challenge(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b);
/* the content handler of hoop_resource_metadata */
ngx_int_t ngx_http_hoop_resource_handler(ngx_http_request_t *r);
/* all is merged: makes the documents */
ngx_int_t ngx_http_hoop_resource_init(ngx_conf_t *cf,
    ngx_http_hoop_main_conf_t *hmcf);
/* a copy of b in cf->pool */
ngx_int_t ngx_http_hoop_resource_keep(ngx_conf_t *cf, hoop_buf_t *b,
    ngx_str_t *s);

/* ngx_http_hoop_resource_conf.c */

char *ngx_http_hoop_conf_resource(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hoop_conf_resource_metadata(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* before conf's mode is merged, and when all of it is */
char *ngx_http_hoop_resource_merge(ngx_conf_t *cf,
    ngx_http_hoop_loc_conf_t *prev, ngx_http_hoop_loc_conf_t *conf);
ngx_int_t ngx_http_hoop_resource_join(ngx_conf_t *cf,
    ngx_http_hoop_loc_conf_t *conf);

/* ngx_http_hoop_proof_conf.c */

char *ngx_http_hoop_conf_proof(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_hoop_conf_origin(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* all of conf is merged: could anybody ever come in? */
char *ngx_http_hoop_proof_check(ngx_conf_t *cf,
    ngx_http_hoop_loc_conf_t *conf);

extern ngx_http_hoop_proof_conf_t  ngx_http_hoop_proof_default;

/* ngx_http_hoop_revocation.c */

/* in a worker; rc NULL: there is no Redis, or no longer */
void ngx_http_hoop_revocation_init(ngx_hoop_redis_t *rc);
/* NGX_OK: go on; NGX_AGAIN: Redis was asked; else the status to refuse with,
   ctx->error set */
ngx_int_t ngx_http_hoop_revocation(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
/* the same, once ctx->revocation.replied is set */
ngx_int_t ngx_http_hoop_revocation_result(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
void ngx_http_hoop_revocation_detach(ngx_http_hoop_ctx_t *ctx);
char *ngx_http_hoop_conf_revocation(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ngx_http_hoop_limit.c: the rate of a rule */

/* in a worker; rc NULL: there is no Redis, or no longer */
void ngx_http_hoop_limit_init(ngx_hoop_redis_t *rc);
/* NGX_OK: go on; NGX_AGAIN: Redis was asked; else the status to refuse with,
   ctx->error set */
ngx_int_t ngx_http_hoop_limit(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx);
/* the same, once ctx->limit.replied is set */
ngx_int_t ngx_http_hoop_limit_result(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
void ngx_http_hoop_limit_detach(ngx_http_hoop_ctx_t *ctx);
char *ngx_http_hoop_conf_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* ngx_http_hoop_cache.c */

ngx_int_t ngx_http_hoop_cache_init(ngx_cycle_t *cycle);
void ngx_http_hoop_cache_done(void);
/* for hoop_jwt_parse_known(); the cache's */
hoop_jwt_headers_t *ngx_http_hoop_cache_headers(void);
/* a new reference, *issuer set; or NULL */
hoop_identity_t *ngx_http_hoop_cache_get(const u_char key[32],
    ngx_http_hoop_issuer_t **issuer);
void ngx_http_hoop_cache_put(const u_char key[32],
    ngx_http_hoop_issuer_t *issuer, uint64_t id, ngx_uint_t generation,
    hoop_identity_t *identity, ngx_log_t *log);
/* NGX_OK: a look for a revocation of that token was taken after the first and
   up to the second of these times (Unix ms), by this worker or another */
ngx_int_t ngx_http_hoop_cache_checked(const u_char key[32], int64_t after,
    int64_t now, ngx_uint_t *revoked);
void ngx_http_hoop_cache_check(const u_char key[32], int64_t checked,
    ngx_uint_t revoked);

/* ngx_http_hoop_keys.c */

ngx_http_hoop_keys_t *ngx_http_hoop_keys_create(ngx_conf_t *cf,
    ngx_http_hoop_issuer_t *issuer);
/* current set or NULL; *generation changes whenever the set does */
hoop_jwks_t *ngx_http_hoop_keys_get(ngx_http_hoop_issuer_t *issuer,
    ngx_uint_t *generation);
/* 1 if it is worth to wait for a fetch: there are no keys, or a kid is unknown;
   and the last attempt is long enough ago */
ngx_uint_t ngx_http_hoop_keys_refetch(ngx_http_hoop_issuer_t *issuer,
    ngx_uint_t unknown_kid);
/* 1 if the last attempt to fetch failed */
ngx_uint_t ngx_http_hoop_keys_failing(ngx_http_hoop_issuer_t *issuer);
/* starts a fetch, or joins that in flight: NGX_AGAIN, the request is woken at
   its end; NGX_ERROR: not, or not again for this request */
ngx_int_t ngx_http_hoop_keys_wait(ngx_http_hoop_ctx_t *ctx);
void ngx_http_hoop_keys_detach(ngx_http_hoop_ctx_t *ctx);
/* in a worker: fetching begins, and ends; issuers may be NULL */
void ngx_http_hoop_keys_init(ngx_array_t *issuers);
void ngx_http_hoop_keys_done(ngx_array_t *issuers);
/* through which location, unless a request knows better */
void ngx_http_hoop_keys_target(ngx_http_hoop_issuer_t *issuer,
    ngx_http_hoop_target_t *target);

/* ngx_http_hoop_fetch.c */

typedef struct {
    const char                   *error;       /* NULL, or a predicate */
    ngx_uint_t                    status;
    hoop_str_t                    head;
    hoop_str_t                    body;
} ngx_http_hoop_answer_t;

/* what it is given is gone when it returns, and so is the fetch */
typedef void (*ngx_http_hoop_fetch_pt)(void *data,
    ngx_http_hoop_answer_t *answer);

/* the location "uri" of the server that is being configured */
ngx_http_hoop_target_t *ngx_http_hoop_fetch_target(ngx_conf_t *cf,
    ngx_http_hoop_main_conf_t *hmcf, ngx_str_t *uri);
/* NULL, or the handler will be called, once, from an event */
ngx_http_hoop_fetch_t *ngx_http_hoop_fetch_start(
    ngx_http_hoop_target_t *target, hoop_str_t url, ngx_msec_t timeout,
    ngx_http_hoop_fetch_pt handler, void *data);
/* the same by POST, at most 32k of each; headers are whole lines, with CRLF */
ngx_http_hoop_fetch_t *ngx_http_hoop_fetch_post(
    ngx_http_hoop_target_t *target, hoop_str_t url, hoop_str_t headers,
    hoop_str_t body, ngx_msec_t timeout, ngx_http_hoop_fetch_pt handler,
    void *data);
/* the handler is not called */
void ngx_http_hoop_fetch_cancel(ngx_http_hoop_fetch_t *fetch);
/* 1: nobody waits for it, a worker that exits may end it */
void ngx_http_hoop_fetch_idle(ngx_http_hoop_fetch_t *fetch, ngx_uint_t idle);
/* sets *value to the first header of that (lower case) name: NGX_OK */
ngx_int_t ngx_http_hoop_fetch_header(ngx_http_hoop_answer_t *answer,
    const char *name, hoop_str_t *value);
ngx_int_t ngx_http_hoop_fetch_url_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
/* 1 if r is the main request of a fetch: it needs no protection */
ngx_uint_t ngx_http_hoop_is_fetch(ngx_http_request_t *r);
ngx_int_t ngx_http_hoop_fetch_post_read_handler(ngx_http_request_t *r);
/* of a main request that is a fetch */
ngx_int_t ngx_http_hoop_fetch_preaccess(ngx_http_request_t *r);

/* ngx_http_hoop_body.c */

ngx_int_t ngx_http_hoop_body_init(ngx_conf_t *cf);
ngx_uint_t ngx_http_hoop_has_body(ngx_http_request_t *r);
/* NGX_OK: read; NGX_DONE: on its way, return it; else a status */
ngx_int_t ngx_http_hoop_body_read(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, size_t cap);
/* judges it: ctx->body_kind, ctx->body_json, ctx->body_text */
void ngx_http_hoop_body_judge(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx);
/* 1 if it is a form by its headers */
ngx_uint_t ngx_http_hoop_body_form(ngx_http_request_t *r);
/* sets *value to the only header of that (lower case) name: HOOP_OK;
   HOOP_DECLINED: none; HOOP_ERROR: several */
int ngx_http_hoop_header(void *data, hoop_str_t name, hoop_str_t *value);

/* ngx_http_hoop_mcp.c */

/* 1 if some rule of its policies has "mcp" */
ngx_uint_t ngx_http_hoop_mcp_location(ngx_http_hoop_loc_conf_t *conf);
/* 1: a refusal with that status is answered in JSON-RPC, by one of the two */
ngx_uint_t ngx_http_hoop_mcp_is(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_uint_t status);
ngx_int_t ngx_http_hoop_mcp_problem(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_uint_t status, hoop_str_t detail);
ngx_int_t ngx_http_hoop_mcp_accepted(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
/* 1 if there is an id to answer to */
ngx_uint_t ngx_http_hoop_mcp_asks(ngx_http_hoop_ctx_t *ctx);
/* appends an error for each of its requests */
void ngx_http_hoop_mcp_errors(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    hoop_buf_t *b, hoop_str_t detail, ngx_int_t code);
/* of the body but for the id of its only request; NGX_DECLINED: it has none */
ngx_int_t ngx_http_hoop_mcp_digest(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, u_char md[32]);
/* members of an event: the messages of a request; the session of the request,
   or that its answer begins */
ngx_int_t ngx_http_hoop_mcp_event(ngx_http_hoop_ctx_t *ctx,
    hoop_buf_t *event);
void ngx_http_hoop_mcp_event_session(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_uint_t answer, hoop_buf_t *event);
/* the session is the run that the request belongs to, if nobody has named one;
   NGX_ERROR: no memory */
ngx_int_t ngx_http_hoop_mcp_run(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);

/* ngx_http_hoop_mcp_list.c: lists of which the caller sees what he may use */

/* 1 if the answer is to be read for them */
ngx_uint_t ngx_http_hoop_mcp_list_wanted(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
/* an answer begins: sets ctx->mcp_list; NGX_ERROR, ctx->blocked set, if it is
   not to be sent */
ngx_int_t ngx_http_hoop_mcp_list_header(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_mask_mode_e mode, ngx_uint_t coded);
/* more of its body, inflated, and its end: NGX_OK, what may go on is in the
   list's "out"; NGX_ERROR: it is to be cut, logged */
ngx_int_t ngx_http_hoop_mcp_list_body(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, const u_char *p, size_t len);
ngx_int_t ngx_http_hoop_mcp_list_end(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
/* a member of the answer's event */
void ngx_http_hoop_mcp_list_event(ngx_http_hoop_ctx_t *ctx,
    hoop_buf_t *event);

/* ngx_http_hoop_approval.c: NGX_OK: consumed; NGX_AGAIN: waiting; else the
   status to answer with */

ngx_int_t ngx_http_hoop_approval_claim(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
ngx_int_t ngx_http_hoop_approval_result(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
/* the wait is over, for now: nothing is pending */
void ngx_http_hoop_approval_release(ngx_http_hoop_ctx_t *ctx);
void ngx_http_hoop_approval_detach(ngx_http_hoop_ctx_t *ctx);

/* the arrays that Redis keeps: who may not vote, and who may */
ngx_int_t ngx_http_hoop_approval_excluded(ngx_http_hoop_ctx_t *ctx,
    hoop_buf_t *b);
ngx_int_t ngx_http_hoop_approval_approvers(const hoop_review_t *review,
    hoop_buf_t *b);

/* ngx_http_hoop_plan.c */

char *ngx_http_hoop_conf_plan(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
/* 1 if a plan of its run would be about this request; its body is read first,
   if "body" */
ngx_uint_t ngx_http_hoop_plan_concerns(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_uint_t body);
/* NGX_OK: asked; else the status to refuse with, ctx->error set */
ngx_int_t ngx_http_hoop_plan_ask(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
/* the same: NGX_OK, go on, the verdict is what follows from the plan;
   NGX_AGAIN: not yet known */
ngx_int_t ngx_http_hoop_plan_result(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
/* members of a decision's event, or of an approval's */
void ngx_http_hoop_plan_event(ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b);
void ngx_http_hoop_plan_done(void);

/* ngx_http_hoop_notify.c: announcements of approvals */

typedef struct {
    ngx_str_t                     url;
    ngx_str_t                     host;        /* of it, for logs */
    ngx_str_t                     secret;      /* len 0: not signed */
    ngx_str_t                     console;
    ngx_str_t                     via;
    ngx_http_hoop_target_t       *target;      /* once all is read */
    hoop_notify_format_e          format;
    ngx_uint_t                    events;      /* bits */
    ngx_msec_t                    timeout;
} ngx_http_hoop_notify_t;

char *ngx_http_hoop_conf_notify(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* of a server, once all is read: NGX_CONF_OK or an error */
char *ngx_http_hoop_notify_check(ngx_conf_t *cf,
    ngx_http_hoop_main_conf_t *hmcf, ngx_http_hoop_loc_conf_t *conf);
/* in the worker that announces; rc may be NULL */
ngx_int_t ngx_http_hoop_notify_init(ngx_cycle_t *cycle, ngx_array_t *notify,
    ngx_hoop_redis_t *rc);
void ngx_http_hoop_notify_done(void);

/* ngx_http_hoop_console.c */

char *ngx_http_hoop_conf_console(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* once all is read: NGX_CONF_OK or an error */
char *ngx_http_hoop_console_check(ngx_conf_t *cf,
    ngx_http_hoop_main_conf_t *hmcf, ngx_http_hoop_loc_conf_t *conf);

/* ngx_http_hoop_login_conf.c */

char *ngx_http_hoop_conf_login(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* one of that name, whose block may come later; NULL: no memory, or no name */
ngx_http_hoop_login_t *ngx_http_hoop_login(ngx_conf_t *cf, ngx_str_t *name);
/* of a location, once all is read: NGX_CONF_OK or an error */
char *ngx_http_hoop_login_check(ngx_conf_t *cf,
    ngx_http_hoop_main_conf_t *hmcf, ngx_http_hoop_loc_conf_t *conf);

/* ngx_http_hoop_login.c */

/* the content handler of what is below a hoop_console; NGX_DECLINED: there is
   nothing of that name */
ngx_int_t ngx_http_hoop_login_handler(ngx_http_request_t *r,
    ngx_http_hoop_login_t *login, hoop_str_t name);

/* ngx_http_hoop_session.c */

/* if the request's token is a session: NGX_OK, or the status to refuse with,
   ctx->error set; NGX_DECLINED: it is none */
ngx_int_t ngx_http_hoop_session_verify(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);

/* ngx_http_hoop_console_files.c */

#define NGX_HTTP_HOOP_CONSOLE_FILES  3

typedef struct {
    ngx_str_t        name;             /* below the location */
    ngx_str_t        type;
    const u_char    *start;
    const u_char    *end;
} ngx_http_hoop_console_file_t;

extern const ngx_http_hoop_console_file_t  ngx_http_hoop_console_files[];

/* ngx_http_hoop_headers.c */

ngx_int_t ngx_http_hoop_headers_init(ngx_conf_t *cf);
/* NGX_DECLINED; or the status for a request with two Authorization headers */
ngx_int_t ngx_http_hoop_headers_refuse(ngx_http_request_t *r);
/* takes the token out of sight of variables and other modules */
ngx_int_t ngx_http_hoop_headers_hide(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
/* 1 if the first len bytes of h's name are that, "_" being the same as "-" */
ngx_uint_t ngx_http_hoop_headers_named(ngx_table_elt_t *h, const u_char *name,
    size_t len);
ngx_int_t ngx_http_hoop_headers_swap(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
/* takes token and credential out of r's headers: r, the main request or a
   subrequest, is on its way to where neither was meant for */
ngx_int_t ngx_http_hoop_headers_strip(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);

/* in the master: which policies are in force is to be written */
ngx_int_t ngx_http_hoop_conf_loaded(ngx_cycle_t *cycle, ngx_hoop_conf_t *conf);

/* ngx_http_hoop_status.c */

/* at config time: what is counted of a location, of a policy's rules */
ngx_int_t ngx_http_hoop_status_location(ngx_conf_t *cf,
    ngx_http_hoop_loc_conf_t *conf);
ngx_int_t ngx_http_hoop_status_policy(ngx_conf_t *cf,
    ngx_http_hoop_policy_t *policy);
/* a decision, before its event is accepted */
void ngx_http_hoop_status_count(ngx_http_hoop_ctx_t *ctx);

/* ngx_http_hoop_evidence.c: each adds one event to the open transaction */

/* of the policy that decided; empty: none did */
hoop_str_t ngx_http_hoop_policy_hash(ngx_http_hoop_ctx_t *ctx);
/* *s, which the client chose, as it may be kept: a copy of at most max bytes */
ngx_int_t ngx_http_hoop_event_text(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_str_t *s, size_t max);

ngx_int_t ngx_http_hoop_event_request(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
ngx_int_t ngx_http_hoop_event_decision(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
ngx_int_t ngx_http_hoop_event_approval(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, const char *state);
ngx_int_t ngx_http_hoop_event_token(ngx_http_hoop_ctx_t *ctx);
/* the closing event, once for each decision that let the request pass */
void ngx_http_hoop_close(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx);
ngx_int_t ngx_http_hoop_log_handler(ngx_http_request_t *r);
/* masked for the record */
ngx_int_t ngx_http_hoop_event_mask(ngx_http_hoop_ctx_t *ctx,
    hoop_mask_mode_e mode, hoop_str_t in, hoop_buf_t *out);
ngx_int_t ngx_http_hoop_event_uri(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_buf_t *out);
/* the body's head, at most max bytes of it; empty if it cannot be judged */
ngx_int_t ngx_http_hoop_event_summary(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, size_t max, hoop_buf_t *out);
/* fills the head from ctx */
void ngx_http_hoop_event_head(ngx_http_hoop_ctx_t *ctx, const char *type,
    hoop_event_head_t *head);

/* ngx_http_hoop_answer.c: what a phase handler returns */

/*
 * The answer of a step that says no, and puts it on the record; NGX_DECLINED in
 * monitor mode, where the no is only on the record.
 */
ngx_int_t ngx_http_hoop_refuse(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t status, hoop_str_t detail);

#define ngx_http_hoop_refuse_text(r, ctx, status, text)                       \
    ngx_http_hoop_refuse(r, ctx, status, hoop_cstr(text))

/* refuses with a problem document (RFC 9457); detail is JSON-escaped here */
ngx_int_t ngx_http_hoop_problem(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_uint_t status, hoop_str_t detail);
/* adds Retry-After to an answer of that status, if it has one */
ngx_int_t ngx_http_hoop_retry(ngx_http_request_t *r, ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t status);
/* a JSON text with a status; takes the buffer's bytes by copy */
ngx_int_t ngx_http_hoop_json(ngx_http_request_t *r, ngx_uint_t status,
    const char *content_type, hoop_buf_t *b);
/* appends where the approval is, if that can be told */
void ngx_http_hoop_approval_location(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_buf_t *b);
ngx_int_t ngx_http_hoop_accepted(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
ngx_table_elt_t *ngx_http_hoop_header_out(ngx_http_request_t *r,
    const char *name, hoop_str_t value);

/* ngx_http_hoop_mask_filter.c */

ngx_int_t ngx_http_hoop_mask_init(ngx_conf_t *cf);
/* r's body will be masked by list, as mode has it; coded: inflated first */
ngx_int_t ngx_http_hoop_mask_create(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, hoop_mask_list_t *list, hoop_mask_mode_e mode,
    ngx_uint_t coded);

/* ngx_http_hoop_limit_filter.c */

/* an answer begins that can be read: NGX_ERROR, ctx->blocked set, if it is not
   to be sent */
ngx_int_t ngx_http_hoop_limit_header(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
/* more of its body, inflated: NGX_ERROR if that is too much, logged */
ngx_int_t ngx_http_hoop_limit_body(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, const u_char *p, size_t len);

/* ngx_http_hoop_header_filter.c */

ngx_int_t ngx_http_hoop_filter_init(ngx_conf_t *cf);
/* the body has ended: of what comes behind it only what is harmless goes on */
void ngx_http_hoop_filter_trailers(ngx_http_request_t *r);
/* the sets that apply to the response, or, for evidence, to what is recorded:
   those, and the default set in any case */
void ngx_http_hoop_masks(ngx_http_hoop_ctx_t *ctx, ngx_uint_t evidence,
    hoop_mask_list_t *list);
/* a header of the answer, the first behind "after", or of all; or NULL */
ngx_table_elt_t *ngx_http_hoop_find_out(ngx_http_request_t *r,
    const char *name, size_t len, ngx_table_elt_t *after);

/* ngx_http_hoop_variables.c */

ngx_int_t ngx_http_hoop_variables_init(ngx_conf_t *cf);
/* 1 if s could end a header line, or a line of a log */
ngx_uint_t ngx_http_hoop_has_control(hoop_str_t s);

/* ngx_http_hoop_credential.c */

char *ngx_http_hoop_conf_credential(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_http_hoop_credential_t *ngx_http_hoop_find_credential(
    ngx_http_hoop_main_conf_t *hmcf, hoop_str_t name);
/* for hoop_policy_credentials(): 1, to stop there, if name is not defined */
int ngx_http_hoop_conf_credential_known(void *data, hoop_str_t name);

/* ngx_http_hoop_issuer.c */

char *ngx_http_hoop_conf_issuer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* whose name it is, or NULL */
ngx_http_hoop_issuer_t *ngx_http_hoop_issuer_find(ngx_http_request_t *r,
    hoop_str_t iss);

/* ngx_http_hoop_signer.c */

char *ngx_http_hoop_conf_signer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hoop_conf_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
/* hoop_jwks and hoop_metadata */
char *ngx_http_hoop_conf_publish(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* found, or made to be defined later; NULL: no memory */
ngx_http_hoop_signer_t *ngx_http_hoop_signer(ngx_conf_t *cf,
    ngx_http_hoop_main_conf_t *hmcf, ngx_str_t *name);
/* once all is read: NGX_CONF_OK or an error */
char *ngx_http_hoop_signers_check(ngx_conf_t *cf,
    ngx_http_hoop_main_conf_t *hmcf);
char *ngx_http_hoop_signer_merge(ngx_conf_t *cf,
    ngx_http_hoop_loc_conf_t *prev, ngx_http_hoop_loc_conf_t *conf);
/* for hoop_policy_issuers(): 1, to stop there, if it is one of a signer */
int ngx_http_hoop_signer_issuer(void *data, hoop_str_t name);

/* ngx_http_hoop_exchange.c: the token endpoint, a part of the access phase */

/* the next token of the request: NGX_OK; NGX_DONE: its body is on its way,
   return it; else the status to refuse with, ctx->error set */
ngx_int_t ngx_http_hoop_exchange_token(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx);
/* whose token it was is known: NGX_OK, ctx->state set; or as above */
ngx_int_t ngx_http_hoop_exchange_identified(ngx_http_hoop_ctx_t *ctx);
/* a rule has allowed it: NGX_OK, and the token is made; or as above */
ngx_int_t ngx_http_hoop_exchange_grant(ngx_http_hoop_ctx_t *ctx);
/* it is refused: by whom it was asked for, and the status that it gets */
ngx_uint_t ngx_http_hoop_exchange_refuse(ngx_http_hoop_ctx_t *ctx,
    ngx_uint_t status);
/* an error answer (RFC 6749, 5.2) */
ngx_int_t ngx_http_hoop_exchange_problem(ngx_http_request_t *r,
    ngx_http_hoop_ctx_t *ctx, ngx_uint_t status, hoop_str_t detail);
/* adds the members of the token's event to it */
ngx_int_t ngx_http_hoop_exchange_event(ngx_http_hoop_ctx_t *ctx,
    hoop_buf_t *b);
/* the content handler */
ngx_int_t ngx_http_hoop_exchange_handler(ngx_http_request_t *r);
/* NGX_OK: *name is that of the issuer whose subject it is, as the claims now
   say; NGX_DECLINED: nobody's */
ngx_int_t ngx_http_hoop_exchange_origin(ngx_http_request_t *r,
    ngx_http_hoop_issuer_t *issuer, hoop_jwt_t *jwt, hoop_str_t *name);

/* ngx_http_hoop_conf.c: directive handlers */

char *ngx_http_hoop_conf_redis(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_hoop_conf_audit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_hoop_conf_audit_sign(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hoop_conf_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hoop_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_hoop_conf_policy(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hoop_conf_mask(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_hoop_conf_approval(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_hoop_conf_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
/* what can only be judged once all is known; NGX_CONF_OK or an error */
char *ngx_http_hoop_conf_check(ngx_conf_t *cf, ngx_http_hoop_main_conf_t *hmcf,
    ngx_http_hoop_loc_conf_t *conf);
/* a small file at config time, NUL-terminated, into cf->pool */
ngx_int_t ngx_http_hoop_conf_read(ngx_conf_t *cf, const char *what,
    ngx_str_t *file, size_t cap, ngx_str_t *content);
/* the same of a file that nobody else may read */
ngx_int_t ngx_http_hoop_conf_read_private(ngx_conf_t *cf, const char *what,
    ngx_str_t *file, size_t cap, ngx_str_t *content);

/* ngx_http_hoop_api.c: the content handler of hoop_api */

ngx_int_t ngx_http_hoop_api_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_HOOP_H_INCLUDED_ */
