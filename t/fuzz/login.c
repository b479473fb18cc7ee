
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What an OpenID provider, or somebody in its place, sends; and cookies.  The
 * first byte says which.
 */


#include <stdlib.h>
#include <string.h>

#include "../../src/core/hoop_json.h"
#include "../../src/core/hoop_login.h"
#include "../../src/core/hoop_seal.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
provider(const uint8_t *data, size_t size)
{
    size_t                 i;
    hoop_buf_t             b;
    hoop_error_t           err;
    hoop_login_client_t    c;
    hoop_login_pending_t   pending;
    hoop_login_provider_t  p;

    if (hoop_login_provider(&p, hoop_str(data, size), hoop_cstr("https://i"),
                            &err)
        != HOOP_OK)
    {
        return;
    }

    c.id = hoop_cstr("c");
    c.redirect = hoop_cstr("https://gw/");
    c.scope = hoop_cstr("openid");

    memset(&pending, 'x', sizeof(pending));
    hoop_buf_init(&b, 0);

    if (hoop_login_location(&p, &c, &pending, &b) != HOOP_OK) {
        abort();
    }

    for (i = 0; i < b.len; i++) {
        if (b.data[i] <= 0x20 || b.data[i] >= 0x7f) {
            abort();
        }
    }

    hoop_buf_free(&b);
    hoop_login_provider_free(&p);
}


static void
response(const uint8_t *data, size_t size)
{
    u_char                 *args;
    size_t                  i;
    hoop_error_t            err;
    hoop_login_pending_t    pending;
    hoop_login_provider_t   p;
    hoop_login_response_t   r;

    args = malloc(size + 1);
    if (args == NULL) {
        return;
    }

    memcpy(args, data, size);
    memset(&pending, 's', sizeof(pending));
    memset(&p, 0, sizeof(p));

    if (hoop_login_response(&r, args, size, &pending, hoop_cstr("https://i"),
                            &p, &err)
        == HOOP_OK)
    {
        if ((r.code.len == 0) == (r.error.len == 0)) {
            abort();
        }

        for (i = 0; i < r.code.len; i++) {
            if (r.code.data[i] < 0x20 || r.code.data[i] > 0x7e) {
                abort();
            }
        }
    }

    free(args);
}


static void
tokens(const uint8_t *data, size_t size)
{
    hoop_error_t         err;
    hoop_login_tokens_t  t;

    if (hoop_login_tokens(&t, hoop_str(data, size), &err) == HOOP_OK) {
        if (t.id_token.len == 0) {
            abort();
        }

    } else if (strpbrk(err.text, "\r\n") != NULL) {
        abort();
    }

    hoop_login_tokens_free(&t);
}


/* what is written can be read */

static void
session(const uint8_t *data, size_t size)
{
    json_t                *claims;
    hoop_buf_t             b;
    hoop_error_t           err;
    hoop_login_session_t   s;

    if (hoop_login_session_read(&s, hoop_str(data, size), 0) == HOOP_OK) {
        hoop_login_session_free(&s);
    }

    claims = hoop_json_load(data, size, &err);

    if (json_is_object(claims)) {
        (void) hoop_login_id_token(claims, hoop_cstr("c"), (u_char *)
                        "sssssssssssssssssssssssssssssssssssssssssss");
        hoop_buf_init(&b, 0);

        if (hoop_login_session_write(claims, hoop_cstr("x"),
                                     hoop_cstr("/groups"), NULL, 0, 9, &b)
            == HOOP_OK)
        {
            if (hoop_login_session_read(&s, hoop_str(b.data, b.len), 0)
                == HOOP_OK)
            {
                hoop_login_session_free(&s);

            } else if (hoop_json_member(claims, "sub").len) {
                abort();
            }
        }

        hoop_buf_free(&b);
    }

    json_decref(claims);
}


/* nothing opens that was not sealed, and what was sealed is as it was */

static void
sealed(const uint8_t *data, size_t size)
{
    u_char      key[HOOP_SEAL_KEY];
    hoop_buf_t  b, text;
    hoop_str_t  purpose;

    purpose = hoop_cstr("p");
    memset(key, 'k', sizeof(key));
    hoop_buf_init(&b, 0);
    hoop_buf_init(&text, 0);

    if (hoop_seal_open(key, purpose, hoop_str(data, size), &text)
        != HOOP_DECLINED)
    {
        abort();
    }

    if (hoop_seal(key, purpose, hoop_str(data, size), &b) == HOOP_OK
        && (hoop_seal_open(key, purpose, hoop_str(b.data, b.len), &text)
            != HOOP_OK
            || !hoop_str_eq(hoop_str(text.data, text.len),
                            hoop_str(data, size))))
    {
        abort();
    }

    hoop_buf_free(&b);
    hoop_buf_free(&text);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hoop_login_pending_t  pending;

    if (size == 0) {
        return 0;
    }

    switch (data[0]) {
    case 'p':
        provider(data + 1, size - 1);
        break;
    case 'r':
        response(data + 1, size - 1);
        break;
    case 't':
        tokens(data + 1, size - 1);
        break;
    case 's':
        session(data + 1, size - 1);
        break;
    case 'c':
        sealed(data + 1, size - 1);
        break;
    default:
        (void) hoop_login_pending_read(&pending, hoop_str(data, size), 0);
    }

    return 0;
}
