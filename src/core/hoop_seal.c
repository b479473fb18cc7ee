
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Sealed is the base64url of
 *
 *     1   version, 1
 *     12  nonce
 *     n   ciphertext
 *     16  tag, over the purpose, too
 *
 * A random nonce of 96 bits serves 2^32 texts under one key (8.3 there), which
 * is many more than people sign in.
 */


#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "hoop_seal.h"


#define HOOP_SEAL_VERSION  1
#define HOOP_SEAL_HEAD     13
#define HOOP_SEAL_TAG      16


static int hoop_seal_crypt(const u_char key[HOOP_SEAL_KEY],
    hoop_str_t purpose, u_char *p, hoop_str_t text, int seal);


int
hoop_seal(const u_char key[HOOP_SEAL_KEY], hoop_str_t purpose,
    hoop_str_t text, hoop_buf_t *out)
{
    int     rc;
    u_char  raw[HOOP_SEAL_MAX];
    size_t  len;

    if (text.len > HOOP_SEAL_TEXT(HOOP_SEAL_MAX)) {
        return HOOP_LIMIT;
    }

    len = HOOP_SEAL_HEAD + text.len + HOOP_SEAL_TAG;

    raw[0] = HOOP_SEAL_VERSION;

    if (RAND_bytes(raw + 1, HOOP_SEAL_HEAD - 1) != 1) {
        return HOOP_ERROR;
    }

    rc = hoop_seal_crypt(key, purpose, raw, text, 1);

    if (rc != HOOP_OK) {
        return rc;
    }

    rc = hoop_buf_reserve(out, (len + 2) / 3 * 4);

    if (rc == HOOP_OK) {
        out->len += hoop_base64_encode(out->data + out->len, raw, len, 1);
    }

    return rc;
}


int
hoop_seal_open(const u_char key[HOOP_SEAL_KEY], hoop_str_t purpose,
    hoop_str_t sealed, hoop_buf_t *out)
{
    int         rc;
    u_char      raw[HOOP_SEAL_MAX];
    ssize_t     len;

    if (sealed.len > HOOP_SEAL_MAX) {
        return HOOP_DECLINED;
    }

    len = hoop_base64_decode(raw, sealed.data, sealed.len, 1);

    if (len < HOOP_SEAL_HEAD + HOOP_SEAL_TAG || raw[0] != HOOP_SEAL_VERSION) {
        return HOOP_DECLINED;
    }

    len -= HOOP_SEAL_HEAD + HOOP_SEAL_TAG;

    rc = hoop_seal_crypt(key, purpose, raw,
                         hoop_str(raw + HOOP_SEAL_HEAD, len), 0);

    if (rc == HOOP_OK) {
        rc = hoop_buf_add(out, raw + HOOP_SEAL_HEAD, len);
    }

    OPENSSL_cleanse(raw, sizeof(raw));

    return rc;
}


/* with the nonce after p, the text becomes what is behind it; or, to open, what
   is there becomes the text, in place */

static int
hoop_seal_crypt(const u_char key[HOOP_SEAL_KEY], hoop_str_t purpose,
    u_char *p, hoop_str_t text, int seal)
{
    int              rc, n;
    u_char          *body, *tag;
    EVP_CIPHER_CTX  *ctx;

    body = p + HOOP_SEAL_HEAD;
    tag = body + text.len;
    rc = HOOP_ERROR;

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return HOOP_NOMEM;
    }

    if (EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, p + 1, seal) == 1
        && EVP_CipherUpdate(ctx, NULL, &n, p, 1) == 1
        && EVP_CipherUpdate(ctx, NULL, &n, purpose.data, (int) purpose.len)
           == 1
        && (text.len == 0
            || EVP_CipherUpdate(ctx, body, &n, text.data, (int) text.len)
               == 1))
    {
        if (seal) {
            if (EVP_CipherFinal_ex(ctx, tag, &n) == 1
                && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG,
                                       HOOP_SEAL_TAG, tag)
                   == 1)
            {
                rc = HOOP_OK;
            }

        } else if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG,
                                       HOOP_SEAL_TAG, tag)
                   == 1)
        {
            rc = EVP_CipherFinal_ex(ctx, tag, &n) == 1 ? HOOP_OK
                                                       : HOOP_DECLINED;
        }
    }

    EVP_CIPHER_CTX_free(ctx);

    return rc;
}


int
hoop_seal_key(u_char key[HOOP_SEAL_KEY], hoop_str_t secret, hoop_str_t use)
{
    unsigned  len;

    return HMAC(EVP_sha256(), secret.data, (int) secret.len, use.data, use.len,
                key, &len)
           && len == HOOP_SEAL_KEY ? HOOP_OK : HOOP_ERROR;
}
