
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Text that a client keeps for us, and can neither read nor change: AES-256-GCM
 * (NIST SP 800-38D) with a random nonce, as base64url.
 */


#ifndef _HOOP_SEAL_H_INCLUDED_
#define _HOOP_SEAL_H_INCLUDED_


#include "hoop_core.h"


#define HOOP_SEAL_KEY       32
/* of what can be opened: no cookie is longer */
#define HOOP_SEAL_MAX       4096
/* of the text that fits into len bytes of it */
#define HOOP_SEAL_TEXT(len) ((len) / 4 * 3 - 1 - 12 - 16)


/*
 * Appends the sealed text to out.  What is sealed for one purpose does not open
 * for another; the purpose is no secret.  HOOP_NOMEM or HOOP_LIMIT: of out, or
 * the text is too long; HOOP_ERROR: OpenSSL's.
 */
int hoop_seal(const u_char key[HOOP_SEAL_KEY], hoop_str_t purpose,
    hoop_str_t text, hoop_buf_t *out);
/* appends the text; HOOP_DECLINED: not sealed by the key for the purpose */
int hoop_seal_open(const u_char key[HOOP_SEAL_KEY], hoop_str_t purpose,
    hoop_str_t sealed, hoop_buf_t *out);
/* the key for a use of a secret: HMAC-SHA-256 over the name of the use */
int hoop_seal_key(u_char key[HOOP_SEAL_KEY], hoop_str_t secret,
    hoop_str_t use);


#endif /* _HOOP_SEAL_H_INCLUDED_ */
