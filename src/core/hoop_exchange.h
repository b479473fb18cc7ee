
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Token exchange (RFC 8693): what is asked for, what of it may be granted, and
 * the claims of the token that is issued.
 */


#ifndef _HOOP_EXCHANGE_H_INCLUDED_
#define _HOOP_EXCHANGE_H_INCLUDED_


#include "hoop_core.h"
#include "hoop_jwt.h"
#include "hoop_policy.h"


#define HOOP_EXCHANGE_MAX_BODY       65536
#define HOOP_EXCHANGE_MAX_PARAMS     64
#define HOOP_EXCHANGE_MAX_AUDIENCES  16
#define HOOP_EXCHANGE_MAX_SCOPES     64
#define HOOP_EXCHANGE_MAX_ACTORS     8
#define HOOP_EXCHANGE_MAX_PARENTS    16


/* code is RFC 6749's or RFC 8693's, text is fixed: no input is in either */

typedef struct {
    const char     *code;
    const char     *text;
} hoop_exchange_error_t;


/* The request.  Spans of the body, which was decoded in place. */

typedef struct {
    hoop_str_t      subject_token;
    hoop_str_t      subject_type;
    hoop_str_t      actor_token;           /* len 0: none */
    hoop_str_t      requested_type;        /* never empty */
    hoop_str_t      audiences[HOOP_EXCHANGE_MAX_AUDIENCES];
    unsigned        naudiences;
    hoop_str_t      scopes[HOOP_EXCHANGE_MAX_SCOPES];
    unsigned        nscopes;
} hoop_exchange_t;


/* HOOP_OK, or HOOP_ERROR with err set */
int hoop_exchange_parse(hoop_exchange_t *x, u_char *body, size_t len,
    hoop_exchange_error_t *err);


/*
 * The chain of actors of the new token, outermost first: those of the actor's
 * own token, the actor, those of the subject's.  Each has "iss", "sub" and, if
 * his token had it, "iat".  *act is a new reference, NULL where nobody acts.
 * HOOP_ERROR with err set: the subject's may_act names another actor, or the
 * chain cannot be made.
 */
int hoop_exchange_act(const hoop_identity_t *subject,
    const hoop_identity_t *actor, json_t **act, hoop_exchange_error_t *err);

/*
 * The tokens that the new one is made of, each with "iss" and "jti", but for
 * the one that its origin tells: what revokes one of them revokes it.  *parents
 * is a new reference, NULL where there is none.  HOOP_ERROR with err set.
 */
int hoop_exchange_parents(const hoop_identity_t *subject,
    const hoop_identity_t *actor, json_t **parents,
    hoop_exchange_error_t *err);

/*
 * The exchange as rules see it in the place of a body, a new reference:
 * {"audience":[..],"scope":[..],"actor":{"iss":..,"sub":..},
 *  "subject_token_type":"..","requested_token_type":".."}
 */
json_t *hoop_exchange_body(const hoop_exchange_t *x,
    const hoop_identity_t *actor);


/* what may be granted at all; the first audience is the default */

typedef struct {
    hoop_str_t     *audiences;
    unsigned        naudiences;
    hoop_str_t     *scopes;
    unsigned        nscopes;
    unsigned        scope_set:1;
    int64_t         lifetime;
} hoop_exchange_limits_t;


typedef struct {
    hoop_str_t      audiences[HOOP_EXCHANGE_MAX_AUDIENCES];
    unsigned        naudiences;
    hoop_str_t      scopes[HOOP_EXCHANGE_MAX_SCOPES];
    unsigned        nscopes;
    int64_t         lifetime;              /* seconds, at least 1 */
} hoop_exchange_grant_t;


/*
 * What is asked for, as far as limits, rule (or NULL) and the subject's token
 * have it.  The spans of the grant are those of x, limits, rule and the
 * subject's claims.
 */
int hoop_exchange_grant(hoop_exchange_grant_t *g, const hoop_exchange_t *x,
    const hoop_identity_t *subject, const hoop_identity_t *actor,
    const hoop_exchange_limits_t *limits, const hoop_token_rule_t *rule,
    int64_t now, hoop_exchange_error_t *err);


typedef struct {
    hoop_str_t                    issuer;
    hoop_str_t                    jti;
    int64_t                       now;
    const hoop_identity_t        *subject;
    const hoop_identity_t        *actor;       /* or NULL */
    json_t                       *act;         /* borrowed, or NULL */
    json_t                       *parents;     /* the same */
    json_t                       *groups;      /* the subject's; or NULL */
    const hoop_str_t             *names;       /* of claims to take
                                                  along, with a NUL each */
    unsigned                      nnames;
    const hoop_exchange_grant_t  *grant;
} hoop_exchange_issue_t;

/* 0: it means something to who checks tokens, and cannot be taken along */
int hoop_exchange_claim(hoop_str_t name);

/* a new reference, or NULL: no memory */
json_t *hoop_exchange_claims(const hoop_exchange_issue_t *issue);
/* the scopes, with spaces between them */
int hoop_exchange_scope(const hoop_exchange_grant_t *g, hoop_buf_t *out);
/* the proof that the new token will ask for, borrowed; NULL: none */
json_t *hoop_exchange_cnf(const hoop_exchange_issue_t *issue);


/*
 * Claims of a token that a gateway issued, as those of its origin: iss and sub
 * become what hoop_origin says, and hoop_gateway the issuer that signed it.
 * HOOP_ERROR: there is no such origin.  So a subject is the same one to rules,
 * approvals and evidence whichever token it has.
 */
int hoop_exchange_origin(json_t *claims);
/* takes out of other tokens what only hoop_exchange_origin() may put there */
void hoop_exchange_foreign(json_t *claims);


/* of hoop_exchange*.c alone */

json_t *hoop_exchange_string(hoop_str_t s);
json_t *hoop_exchange_strings(const hoop_str_t *list, unsigned n);
int hoop_exchange_fail(hoop_exchange_error_t *err, const char *code,
    const char *text);


#endif /* _HOOP_EXCHANGE_H_INCLUDED_ */
