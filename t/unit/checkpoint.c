
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Checkpoints: what is written is read back and holds, and what was changed
 * in any place does not.
 */


#include <stdio.h>
#include <stdlib.h>

#include "../../src/core/hoop_checkpoint.h"
#include "tap.h"


#define KEY                                                                   \
    "-----BEGIN PRIVATE KEY-----\n"                                           \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"      \
    "-----END PRIVATE KEY-----\n"

/* RFC 8037, A.3 */
#define KID  "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
#define X    "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


static hoop_signer_t  *key;
static hoop_jwks_t    *keys;


static hoop_jwks_t *
set(const char *x, const char *kid)
{
    char          text[256];
    hoop_error_t  err;

    (void) snprintf(text, sizeof(text), "{\"keys\":[{\"kty\":\"OKP\","
                    "\"crv\":\"Ed25519\",\"x\":\"%s\",\"kid\":\"%s\"}]}", x,
                    kid);

    return hoop_jwks_parse((u_char *) text, strlen(text), HOOP_JWT_EDDSA,
                           &err);
}


static void
write_one(hoop_buf_t *b, hoop_chain_t *chain, size_t n)
{
    size_t                  i;
    hoop_event_head_t       head;
    hoop_checkpoint_head_t  heads[HOOP_CHECKPOINT_HEADS];

    memset(&head, 0, sizeof(hoop_event_head_t));
    head.type = "checkpoint";

    for (i = 0; i < n; i++) {
        heads[i].slot = 4 + i;
        heads[i].seq = 7 * i + 1;
        memset(heads[i].hash, '0' + i % 10, HOOP_HASH_LEN);
    }

    (void) hoop_event_begin(b, chain, 1769860800000, &head);

    if (hoop_checkpoint_write(b, chain, key, 60, 1000, heads, n) != HOOP_OK
        || hoop_event_end(b, chain) != HOOP_OK)
    {
        printf("Bail out! no checkpoint\n");
        exit(1);
    }
}


/* hash again, so that the chain has nothing to say */

static int
judge(hoop_buf_t *b, hoop_checkpoint_t *cp)
{
    u_char             md[32];
    hoop_str_t         text;
    hoop_event_view_t  v;

    hoop_sha256(md, b->data, b->len - 75);
    hoop_hex(b->data + b->len - 66, md, 32);

    text = hoop_str(b->data, b->len);

    if (hoop_event_view(&v, text) != HOOP_OK
        || hoop_checkpoint_parse(cp, &v, text) != HOOP_OK)
    {
        return -1;
    }

    return hoop_checkpoint_verify(cp, keys);
}


static void
whole(void)
{
    hoop_buf_t                b;
    hoop_jwks_t              *other;
    hoop_chain_t              chain;
    static hoop_checkpoint_t  cp;

    hoop_buf_init(&b, 0);
    hoop_chain_init(&chain, hoop_cstr("gw"), 3);
    chain.seq = 16;
    memset(chain.head, 'a', HOOP_HASH_LEN);

    write_one(&b, &chain, 2);

    is_int(judge(&b, &cp), HOOP_JWT_OK, "what was written holds");
    is_int(cp.count, 16, "count");
    is_int(cp.interval, 60, "interval");
    is_int(cp.events, 1000, "events");
    is_mem(cp.kid, cp.kid_len, KID, sizeof(KID) - 1, "kid");
    is_int(cp.nheads, 2, "heads");
    is_int(cp.heads[1].slot, 5, "of a slot");
    is_int(cp.heads[1].seq, 8, "and seq");
    is_int(cp.heads[1].hash[63], '1', "with its hash");

    other = set("6Nu0EzsqJCkaPpz1KAcaJmFPXNmfiVQx3JSj3vO4hPQ", KID);
    is_int(hoop_checkpoint_verify(&cp, other), HOOP_JWT_SIGNATURE,
           "another key of its name");
    hoop_jwks_free(other);

    other = set(X, "other");
    is_int(hoop_checkpoint_verify(&cp, other), HOOP_JWT_NO_KEY,
           "its key by another name");
    hoop_jwks_free(other);

    b.len = 0;
    hoop_chain_init(&chain, hoop_cstr("gw"), 3);
    write_one(&b, &chain, HOOP_CHECKPOINT_HEADS);
    is_int(judge(&b, &cp), HOOP_JWT_OK, "as many heads as there can be");

    hoop_buf_free(&b);
}


/* each byte of it, changed: refused, whatever the hash says */

static void
changed(void)
{
    size_t                    i, wrong;
    u_char                    old;
    hoop_buf_t                b;
    hoop_chain_t              chain;
    static hoop_checkpoint_t  cp;

    hoop_buf_init(&b, 0);
    hoop_chain_init(&chain, hoop_cstr("gw"), 3);
    chain.seq = 16;
    memset(chain.head, 'a', HOOP_HASH_LEN);
    write_one(&b, &chain, 1);

    wrong = 0;

    for (i = 0; i < b.len - 75; i++) {
        old = b.data[i];
        b.data[i] = (old == '1') ? '2' : '1';

        if (judge(&b, &cp) == HOOP_JWT_OK) {
            printf("# byte %zu\n", i);
            wrong++;
        }

        b.data[i] = old;
    }

    is_int(wrong, 0, "each byte that is changed is found");
    is_int(judge(&b, &cp), HOOP_JWT_OK, "and as it was it holds");

    hoop_buf_free(&b);
}


static void
broken(void)
{
    size_t                    i;
    char                      text[2048], sig[87];
    hoop_event_view_t         v;
    static hoop_checkpoint_t  cp;

#define ZEROS  "00000000000000000000000000000000"                             \
               "00000000000000000000000000000000"
#define ONE    "{\"v\":1,\"id\":\"gw:3:5\",\"seq\":5,"                         \
               "\"ts\":\"2026-01-31T12:00:00.000Z\",\"gateway\":\"gw\","       \
               "\"slot\":3,\"type\":\"%s\"%s,\"sig\":\"%s\","                  \
               "\"prev\":\"" ZEROS "\",\"hash\":\"" ZEROS "\"}"
#define GOOD   ",\"count\":4,\"head\":\"" ZEROS "\",\"heads\":[],"             \
               "\"interval\":1,\"events\":1,\"kid\":\"k\""

    static const struct {
        const char  *name;
        const char  *members;
        int          rc;
    } cases[] = {
        { "the least", GOOD, HOOP_OK },
        { "no members", "", HOOP_ERROR },
        { "twice the same", GOOD ",\"count\":4", HOOP_ERROR },
        { "another count", ",\"count\":5,\"head\":\"" ZEROS "\",\"heads\":[],"
          "\"interval\":1,\"events\":1,\"kid\":\"k\"", HOOP_ERROR },
        { "another head", ",\"count\":4,\"head\":\"1" ZEROS "\",\"heads\":[],"
          "\"interval\":1,\"events\":1,\"kid\":\"k\"", HOOP_ERROR },
        { "no heads", ",\"count\":4,\"head\":\"" ZEROS "\",\"heads\":{},"
          "\"interval\":1,\"events\":1,\"kid\":\"k\"", HOOP_ERROR },
        { "its own slot", ",\"count\":4,\"head\":\"" ZEROS "\",\"heads\":"
          "[{\"slot\":3,\"seq\":1,\"hash\":\"" ZEROS "\"}],"
          "\"interval\":1,\"events\":1,\"kid\":\"k\"", HOOP_ERROR },
        { "an event 0", ",\"count\":4,\"head\":\"" ZEROS "\",\"heads\":"
          "[{\"slot\":2,\"seq\":0,\"hash\":\"" ZEROS "\"}],"
          "\"interval\":1,\"events\":1,\"kid\":\"k\"", HOOP_ERROR },
        { "a negative slot", ",\"count\":4,\"head\":\"" ZEROS "\",\"heads\":"
          "[{\"slot\":-1,\"seq\":1,\"hash\":\"" ZEROS "\"}],"
          "\"interval\":1,\"events\":1,\"kid\":\"k\"", HOOP_ERROR },
        { "a hash in capitals", ",\"count\":4,\"head\":\"" ZEROS "\",\"heads\":"
          "[{\"slot\":2,\"seq\":1,\"hash\":\"A000000000000000000000000000000"
          "00000000000000000000000000000000\"}],"
          "\"interval\":1,\"events\":1,\"kid\":\"k\"", HOOP_ERROR },
        { "no key", ",\"count\":4,\"head\":\"" ZEROS "\",\"heads\":[],"
          "\"interval\":1,\"events\":1,\"kid\":\"\"", HOOP_ERROR },
        { "deep", GOOD ",\"x\":[[[[[]]]]]", HOOP_ERROR }
    };

    memset(sig, 'A', 86);
    sig[86] = '\0';

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void) snprintf(text, sizeof(text), ONE, "checkpoint",
                        cases[i].members, sig);

        ok(hoop_event_view(&v, hoop_cstr(text)) == HOOP_OK
           && hoop_checkpoint_parse(&cp, &v, hoop_cstr(text)) == cases[i].rc,
           "%s", cases[i].name);
    }

    (void) snprintf(text, sizeof(text), ONE, "gap", GOOD, sig);
    ok(hoop_event_view(&v, hoop_cstr(text)) == HOOP_OK
       && hoop_checkpoint_parse(&cp, &v, hoop_cstr(text)) == HOOP_ERROR,
       "another type");

    sig[85] = 'B';
    (void) snprintf(text, sizeof(text), ONE, "checkpoint", GOOD, sig);
    ok(hoop_event_view(&v, hoop_cstr(text)) == HOOP_OK
       && hoop_checkpoint_parse(&cp, &v, hoop_cstr(text)) == HOOP_ERROR,
       "a signature with bits over");
}


int
main(void)
{
    u_char         sig[64];
    hoop_error_t   err;

    key = hoop_signer_create(hoop_cstr(KEY), hoop_str(NULL, 0), &err);
    keys = set(X, KID);

    ok(key != NULL && keys != NULL, "the keys of RFC 8037");

    whole();
    changed();
    broken();

    hoop_signer_free(key);

    key = hoop_signer_secret(hoop_cstr("0123456789abcdef0123456789abcdef"),
                             hoop_str(NULL, 0), &err);
    is_int(hoop_signer_ed25519(key, hoop_cstr("x"), sig), HOOP_ERROR,
           "a secret does not sign");

    hoop_signer_free(key);
    hoop_jwks_free(keys);

    return done_testing();
}
