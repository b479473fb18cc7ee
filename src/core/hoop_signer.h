
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * A key that signs tokens (RFC 7515, compact), and what is published of it
 * (RFC 7517).  Text in, text out: who reads the key's file is not told here.
 */


#ifndef _HOOP_SIGNER_H_INCLUDED_
#define _HOOP_SIGNER_H_INCLUDED_


#include "hoop_core.h"
#include "hoop_jwt.h"


#define HOOP_SIGNER_MAX_KEY  65536     /* of a PEM text or a secret */


typedef struct hoop_signer_s  hoop_signer_t;


/*
 * Of a PEM text: a private key without password, or a public one, which can
 * only be published.  kid.data NULL: the key's thumbprint (RFC 7638).
 * NULL with err set.
 */
hoop_signer_t *hoop_signer_create(hoop_str_t pem, hoop_str_t kid,
    hoop_error_t *err);
/* of a secret, for HS256 and its like; kid.data NULL: none */
hoop_signer_t *hoop_signer_secret(hoop_str_t secret, hoop_str_t kid,
    hoop_error_t *err);
/* wipes what is secret */
void hoop_signer_free(hoop_signer_t *signer);

/* HOOP_JWT_* bits that fit the key; of those the one to use unless told */
unsigned hoop_signer_algs(const hoop_signer_t *signer);
unsigned hoop_signer_alg(const hoop_signer_t *signer);
/* 0: a public key */
int hoop_signer_private(const hoop_signer_t *signer);
hoop_str_t hoop_signer_kid(const hoop_signer_t *signer);

/*
 * Appends the token.  claims is the text of a JSON object, NUL-terminated;
 * alg one of the key's; HS knows the type "JWT" alone.  The type "dpop+jwt" is
 * a proof of possession: it carries the key in the place of its kid.  HOOP_OK,
 * HOOP_NOMEM or HOOP_ERROR; what was appended then is no token.
 */
int hoop_signer_sign(const hoop_signer_t *signer, unsigned alg,
    const char *typ, hoop_str_t claims, hoop_buf_t *out);

/* the bare signature (RFC 8032); HOOP_ERROR also of any other kind of key */
int hoop_signer_ed25519(const hoop_signer_t *signer, hoop_str_t text,
    u_char sig[64]);

/* appends the public key as a JWK; alg 0: none is named */
int hoop_signer_jwk(const hoop_signer_t *signer, unsigned alg,
    hoop_buf_t *out);


#endif /* _HOOP_SIGNER_H_INCLUDED_ */
