
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Checkpoints from hostile bytes: the first byte chooses whether these are an
 * event's text, or are put over one that was signed.  Whatever changes what is
 * signed must not hold.
 */


#include <stdlib.h>

#include "hoop_checkpoint.h"


static hoop_signer_t  *key;
static hoop_jwks_t    *keys;


static void
prepare(void)
{
    hoop_buf_t    set;
    hoop_error_t  err;

    static const char  pem[] =
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
        "-----END PRIVATE KEY-----\n";

    key = hoop_signer_create(hoop_cstr(pem), hoop_str(NULL, 0), &err);

    hoop_buf_init(&set, 0);
    (void) hoop_buf_adds(&set, "{\"keys\":[");
    (void) hoop_signer_jwk(key, HOOP_JWT_EDDSA, &set);
    (void) hoop_buf_adds(&set, "]}");

    keys = hoop_jwks_parse(set.data, set.len, HOOP_JWT_EDDSA, &err);

    hoop_buf_free(&set);

    if (keys == NULL) {
        abort();
    }
}


static int
holds(const u_char *p, size_t len)
{
    hoop_event_view_t         v;
    static hoop_checkpoint_t  cp;

    if (hoop_event_view(&v, hoop_str(p, len)) != HOOP_OK
        || hoop_checkpoint_parse(&cp, &v, hoop_str(p, len)) != HOOP_OK)
    {
        return 0;
    }

    if (cp.count != v.seq - 1 || cp.nheads > HOOP_CHECKPOINT_HEADS
        || cp.kid_len == 0 || cp.input.data != p || cp.input.len >= len)
    {
        abort();
    }

    return hoop_checkpoint_verify(&cp, keys) == HOOP_JWT_OK;
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                  n, at, sent;
    u_char                 *text;
    hoop_buf_t              b;
    hoop_chain_t            chain;
    hoop_event_head_t       head;
    hoop_checkpoint_head_t  one;

    if (key == NULL) {
        prepare();
    }

    if (size < 4) {
        return 0;
    }

    if (data[0] % 2) {
        (void) holds(data + 1, size - 1);
        return 0;
    }

    memset(&head, 0, sizeof(hoop_event_head_t));
    head.type = "checkpoint";

    memset(&one, 0, sizeof(hoop_checkpoint_head_t));
    one.slot = 1;
    one.seq = 1;
    memset(one.hash, '0', HOOP_HASH_LEN);

    hoop_buf_init(&b, 0);
    hoop_chain_init(&chain, hoop_cstr("gw"), 0);

    (void) hoop_event_begin(&b, &chain, 0, &head);
    (void) hoop_checkpoint_write(&b, &chain, key, 60, 10, &one, 1);

    if (hoop_event_end(&b, &chain) != HOOP_OK || !holds(b.data, b.len)) {
        abort();
    }

    sent = b.len;
    text = malloc(sent);
    memcpy(text, b.data, sent);

    at = (data[1] << 8 | data[2]) % b.len;
    n = size - 3 < b.len - at ? size - 3 : b.len - at;

    memcpy(b.data + at, data + 3, n);

    /* all but the hash is covered, which the chain's check looks at */

    if (holds(b.data, b.len) && memcmp(text, b.data, sent - 75) != 0) {
        abort();
    }

    free(text);
    hoop_buf_free(&b);

    return 0;
}
