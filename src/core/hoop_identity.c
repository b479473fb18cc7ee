
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Who is calling.  The spans point into the claims, which the identity owns;
 * the chain of actors (RFC 8693, 4.1) is as deep as a token may nest.
 */


#include <stdlib.h>

#include "hoop_json.h"
#include "hoop_jws.h"


/* each of 16 KiB of claims may become six bytes of escape */
#define HOOP_IDENTITY_MAX_JSON  (8 * HOOP_JWT_MAX_TOKEN)


static int hoop_identity_encode(hoop_identity_t *id);
static void hoop_identity_member(hoop_buf_t *b, const char *name,
    hoop_str_t value);


hoop_identity_t *
hoop_identity_create(hoop_jwt_t *jwt, hoop_str_t issuer_name)
{
    json_t           *exp;
    hoop_identity_t  *id;

    /* an empty one would be the same nobody for all who have it */

    if (json_string_length(json_object_get(jwt->claims, "sub")) == 0) {
        return NULL;
    }

    id = calloc(1, sizeof(hoop_identity_t));
    if (id == NULL) {
        return NULL;
    }

    id->refs = 1;
    id->issuer_name = issuer_name;
    id->claims = jwt->claims;

    exp = json_object_get(jwt->claims, "exp");

    /* hoop_jwt_check() has seen that it is in the range */

    if (json_is_integer(exp)) {
        id->expires = json_integer_value(exp);

    } else if (json_is_real(exp) && json_real_value(exp) > 0
               && json_real_value(exp) < (double) INT64_MAX)
    {
        id->expires = (int64_t) json_real_value(exp);
    }

    id->issuer = hoop_json_member(id->claims, "iss");
    id->sub = hoop_json_member(id->claims, "sub");
    id->actor = hoop_json_member(json_object_get(id->claims, "act"), "sub");
    id->client = hoop_jwt_client(id->claims);

    if (hoop_identity_encode(id) != HOOP_OK) {
        free(id);
        return NULL;
    }

    jwt->claims = NULL;
    jwt->issuer = hoop_str(NULL, 0);

    return id;
}


void
hoop_identity_ref(hoop_identity_t *id)
{
    id->refs++;
}


void
hoop_identity_unref(hoop_identity_t *id)
{
    if (id == NULL || --id->refs) {
        return;
    }

    json_decref(id->claims);
    free(id->json);
    free(id);
}


/*
 * An actor that names no issuer is of the token's.  A token without any "iss"
 * has the empty one.
 */

int
hoop_identity_involves(const hoop_identity_t *id, hoop_str_t issuer,
    hoop_str_t sub)
{
    hoop_str_t     iss;
    const json_t  *act;

    if (hoop_str_eq(id->issuer, issuer) && hoop_str_eq(id->sub, sub)) {
        return 1;
    }

    for (act = json_object_get(id->claims, "act");
         act;
         act = json_object_get(act, "act"))
    {
        if (!json_is_string(json_object_get(act, "sub"))
            || !hoop_str_eq(hoop_json_member(act, "sub"), sub))
        {
            continue;
        }

        iss = json_object_get(act, "iss") ? hoop_json_member(act, "iss")
                                          : id->issuer;

        if (hoop_str_eq(iss, issuer)) {
            return 1;
        }
    }

    return 0;
}


/* only names of persons and programs: other members may be anything */

static int
hoop_identity_encode(hoop_identity_t *id)
{
    unsigned       depth;
    hoop_buf_t     b;
    const json_t  *object;

    hoop_buf_init(&b, HOOP_IDENTITY_MAX_JSON);

    depth = 0;

    for (object = id->claims;
         json_is_object(object);
         object = json_object_get(object, "act"))
    {
        if (depth++) {
            (void) hoop_buf_adds(&b, b.data[b.len - 1] == '{' ? "\"act\":"
                                                              : ",\"act\":");
        }

        (void) hoop_buf_addc(&b, '{');

        if (json_is_string(json_object_get(object, "iss"))) {
            hoop_identity_member(&b, "iss",
                                 hoop_json_member(object, "iss"));
        }

        if (json_is_string(json_object_get(object, "sub"))) {
            hoop_identity_member(&b, "sub",
                                 hoop_json_member(object, "sub"));
        }

        if (depth == 1 && id->client.len) {
            hoop_identity_member(&b, "client", id->client);
        }

        if (b.failed) {
            break;
        }
    }

    while (depth--) {
        (void) hoop_buf_addc(&b, '}');
    }

    if (b.failed) {
        hoop_buf_free(&b);
        return HOOP_NOMEM;
    }

    id->json = b.data;
    id->json_len = b.len;

    return HOOP_OK;
}


static void
hoop_identity_member(hoop_buf_t *b, const char *name, hoop_str_t value)
{
    if (b->failed == 0 && b->data[b->len - 1] != '{') {
        (void) hoop_buf_addc(b, ',');
    }

    (void) hoop_buf_add_json(b, (const u_char *) name, strlen(name));
    (void) hoop_buf_addc(b, ':');
    (void) hoop_buf_add_json(b, value.data, value.len);
}
