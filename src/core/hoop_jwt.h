
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * JSON Web Tokens: key sets (RFC 7517), signatures (RFC 7515, 7518, 8037) and
 * claims (RFC 7519), with the advice of RFC 8725.
 *
 * A key set is parsed once into OpenSSL keys and is immutable afterwards; a
 * signature check never parses a key.  The algorithm is pinned by the key and
 * by the caller's allow list, never by the token alone.  Compact form only,
 * base64url without padding, no duplicate member, "crit" refused; "jku",
 * "x5u", "x5c" and "jwk" of a token's header are never used as key sources.
 *
 * Caps: token 16 KiB, header 4 KiB, JSON nesting 32, key set 1 MiB and 256
 * keys, RSA moduli of 2048 to 8192 bits.
 */


#ifndef _HOOP_JWT_H_INCLUDED_
#define _HOOP_JWT_H_INCLUDED_


#include <jansson.h>

#include "hoop_core.h"


#define HOOP_JWT_RS256    0x0001
#define HOOP_JWT_RS384    0x0002
#define HOOP_JWT_RS512    0x0004
#define HOOP_JWT_PS256    0x0008
#define HOOP_JWT_PS384    0x0010
#define HOOP_JWT_PS512    0x0020
#define HOOP_JWT_ES256    0x0040
#define HOOP_JWT_ES384    0x0080
#define HOOP_JWT_ES512    0x0100
#define HOOP_JWT_EDDSA    0x0200
#define HOOP_JWT_HS256    0x0400
#define HOOP_JWT_HS384    0x0800
#define HOOP_JWT_HS512    0x1000

/* all asymmetric ones; HS only on explicit demand */
#define HOOP_JWT_ALGS     0x03ff

#define HOOP_JWT_MAX_TOKEN    16384
#define HOOP_JWT_MAX_JWKS     (1024 * 1024)
#define HOOP_JWT_MAX_SECRET   1024


typedef enum {
    HOOP_JWT_OK = 0,
    HOOP_JWT_MALFORMED,        /* not a compact JWS, broken JSON, caps */
    HOOP_JWT_JWE,              /* encrypted: RFC 7516 */
    HOOP_JWT_ALG,              /* unknown, not allowed, or not the key's */
    HOOP_JWT_CRIT,
    HOOP_JWT_NO_KEY,           /* no key of the set fits: kid or type */
    HOOP_JWT_SIGNATURE,
    HOOP_JWT_ISSUER,
    HOOP_JWT_AUDIENCE,
    HOOP_JWT_EXPIRED,
    HOOP_JWT_NOT_YET,          /* nbf, or iat in the future */
    HOOP_JWT_LIFETIME,         /* longer than max_lifetime allows */
    HOOP_JWT_TYPE,             /* typ */
    HOOP_JWT_CLAIM,            /* a claim missing or of a wrong type */
    HOOP_JWT_CLIENT,           /* azp and the like */
    HOOP_JWT_REQUIRED,         /* a required claim or value */
    HOOP_JWT_PROOF,            /* cnf present: proof of possession needed */
    HOOP_JWT_INTERNAL          /* memory or OpenSSL */
} hoop_jwt_e;


/* short fixed text for error_description and logs; no input in it */
const char *hoop_jwt_strerror(hoop_jwt_e e);

/* "RS256" -> its bit, 0 if unknown; "none" is unknown */
unsigned hoop_jwt_alg(hoop_str_t name);
/* of one bit, and back; NULL: it is none */
const char *hoop_jwt_alg_name(unsigned alg);


typedef struct hoop_jwks_s  hoop_jwks_t;


/*
 * Parses a JWKS document.  Keys that cannot be used (unknown kty or crv,
 * use other than sig, too short, private parts, ...) are skipped; a set
 * without one usable key is an error, as is a document that is no JWKS.
 *
 * Symmetric keys ("oct") are taken only if algs has an HS bit, and a set that
 * has usable keys of both kinds is an error.  Of two different keys with the
 * same kid and an algorithm in common nobody knows which is meant: neither is
 * used.
 */
hoop_jwks_t *hoop_jwks_parse(const u_char *p, size_t len, unsigned algs,
    hoop_error_t *err);
/* a set of the one public key that jwk is; not a private or secret one */
hoop_jwks_t *hoop_jwks_single(json_t *jwk, unsigned algs, hoop_error_t *err);
/* of one secret, which must suffice for each of algs, all of them HS */
hoop_jwks_t *hoop_jwks_secret(const u_char *p, size_t len, unsigned algs,
    hoop_error_t *err);
void hoop_jwks_free(hoop_jwks_t *ks);
unsigned hoop_jwks_count(const hoop_jwks_t *ks);

/*
 * A key's id stands for the key and what it may check: the head of SHA-256
 * over its thumbprint, its algorithms and its "issuer".  It is the same
 * wherever and whenever the key is read, and never 0.
 */
int hoop_jwks_has(const hoop_jwks_t *ks, uint64_t id);

/* RFC 7638 with SHA-256; HOOP_ERROR: jwk is no key of a known type */
int hoop_jwk_thumbprint(json_t *jwk, u_char md[32]);

/*
 * The bare signature: HOOP_JWT_OK, HOOP_JWT_ALG, HOOP_JWT_NO_KEY,
 * HOOP_JWT_SIGNATURE or HOOP_JWT_INTERNAL.  kid.data is NULL where the token
 * names no key.  At most eight keys are tried.  With HOOP_JWT_OK, *id is that
 * of the key, if id is not NULL.  One thread at a time: keys keep their
 * verification contexts.
 */
hoop_jwt_e hoop_jwks_verify(const hoop_jwks_t *ks, unsigned alg,
    hoop_str_t kid, hoop_str_t input, const u_char *sig, size_t len,
    uint64_t *id);


/* A parsed, not yet verified token.  Spans point into the caller's token. */

typedef struct {
    hoop_str_t      token;
    hoop_str_t      signing_input;
    unsigned        alg;               /* one HOOP_JWT_* bit */
    json_t         *header;            /* one reference; not to be changed */
    json_t         *claims;            /* owned; NULL with signature_only */
    hoop_str_t      kid;               /* into header; data NULL if absent */
    hoop_str_t      issuer;            /* into claims; unverified */
    u_char         *signature;         /* owned */
    size_t          signature_len;
} hoop_jwt_t;


/* A claim that must be there, not null; with values: must be or have one. */

typedef struct {
    hoop_str_t                 pointer;    /* RFC 6901 */
    const hoop_str_t          *values;
    unsigned                   nvalues;    /* 0: any value */
} hoop_jwt_require_t;


/*
 * What a token must say.  Of each list one must match; n 0: not checked.
 *
 * "issuer" is the issuer's name, aliases are others that it is known by.  Each
 * is exact, or has one "{tenantid}", in the place of which the token's own
 * "tid" is put; that must be a GUID, and one of tenants, or any_tenant set.
 *
 * types are header types in lower case, without "application/"; an empty one
 * stands for a token without "typ".  Without a list: jwt, at+jwt and none.
 */

typedef struct {
    hoop_str_t                 issuer;     /* len 0: not checked */
    const hoop_str_t          *aliases;
    unsigned                   naliases;
    const hoop_str_t          *tenants;
    unsigned                   ntenants;
    unsigned                   any_tenant;
    const hoop_str_t          *audiences;
    unsigned                   naudiences;
    const hoop_str_t          *clients;
    unsigned                   nclients;
    const hoop_str_t          *types;
    unsigned                   ntypes;
    const hoop_jwt_require_t  *require;    /* all of them */
    unsigned                   nrequire;
    unsigned                   algs;          /* allowed HOOP_JWT_* bits */
    int64_t                    leeway;        /* seconds */
    int64_t                    max_lifetime;  /* seconds, exp - iat; 0: any */
} hoop_jwt_rules_t;


/*
 * Headers that have been parsed before: those of one key are all alike.  For
 * one thread at a time; never more than 16 headers of 256 bytes.
 */

typedef struct hoop_jwt_headers_s  hoop_jwt_headers_t;

/* NULL: no memory */
hoop_jwt_headers_t *hoop_jwt_headers_create(void);
void hoop_jwt_headers_free(hoop_jwt_headers_t *headers);


/*
 * hoop_jwt_parse() fills *jwt; on any result hoop_jwt_clear() must be called.
 * hoop_jwt_parse_known() does the same by headers, and adds to them.
 * With signature_only the payload need only be base64url: claims stay NULL.
 * hoop_jwt_verify() checks alg against rules->algs and the signature against
 * the keys of the set: the one named by kid, else each that fits the alg; id
 * is as with hoop_jwks_verify().
 * hoop_jwt_check() checks the claims at the time now (Unix seconds): exp is
 * required, and what the rules ask for; a token with cnf gives
 * HOOP_JWT_PROOF.  Where "iss" is an alias, it is set to the issuer's own name
 * in the claims, so that nobody has two names.  Actors may be of any issuer:
 * theirs are left to hoop_jwt_rename().
 */
hoop_jwt_e hoop_jwt_parse(hoop_jwt_t *jwt, const u_char *p, size_t len,
    int signature_only);
hoop_jwt_e hoop_jwt_parse_known(hoop_jwt_t *jwt, const u_char *p, size_t len,
    hoop_jwt_headers_t *headers);
hoop_jwt_e hoop_jwt_verify(const hoop_jwt_t *jwt, const hoop_jwks_t *ks,
    const hoop_jwt_rules_t *rules, uint64_t *id);
hoop_jwt_e hoop_jwt_check(hoop_jwt_t *jwt, const hoop_jwt_rules_t *rules,
    int64_t now);
/* 1 if it is of that issuer by its unverified "iss" and "tid" */
int hoop_jwt_issued_by(const hoop_jwt_t *jwt, const hoop_jwt_rules_t *rules);
/*
 * Whether iss is a name of that issuer: 2 for an exact name, 1 for one with
 * any tenant in the place of "{tenantid}", else 0.
 */
int hoop_jwt_issuer_of(const hoop_jwt_rules_t *rules, hoop_str_t iss);
/* if "iss" of object is an alias, it is set to the issuer's own name */
int hoop_jwt_rename(json_t *object, const hoop_jwt_rules_t *rules);
/* 1 for the one form in which Entra ID writes a tenant */
int hoop_jwt_is_guid(hoop_str_t s);
void hoop_jwt_clear(hoop_jwt_t *jwt);


/*
 * Who is calling: made from a verified token, immutable, counted (one worker,
 * one thread: the count is not atomic).  It outlives the token's buffers.
 */

typedef struct {
    unsigned        refs;
    int64_t         expires;           /* Unix seconds; exp without leeway */
    hoop_str_t      issuer;            /* spans into claims */
    hoop_str_t      sub;
    hoop_str_t      actor;             /* act.sub, outermost; len 0: none */
    hoop_str_t      client;            /* azp, client_id, cid or appid */
    json_t         *claims;            /* owned */
    hoop_str_t      issuer_name;       /* config name; lives with the config */
    u_char         *json;              /* owned: {"iss":..,"sub":..,"act":..}
                                          ready to be put into events */
    size_t          json_len;
} hoop_identity_t;


/*
 * Takes jwt->claims over, and with them jwt->issuer, which becomes null.
 * NULL: no memory, or no "sub" string; the claims are the token's still.
 */
hoop_identity_t *hoop_identity_create(hoop_jwt_t *jwt, hoop_str_t issuer_name);
void hoop_identity_ref(hoop_identity_t *id);
void hoop_identity_unref(hoop_identity_t *id);
/* 1 if sub names the subject or anyone in the act chain, at the same issuer */
int hoop_identity_involves(const hoop_identity_t *id, hoop_str_t issuer,
    hoop_str_t sub);


#endif /* _HOOP_JWT_H_INCLUDED_ */
