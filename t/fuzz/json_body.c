
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Hostile bodies.  The strict loader takes what jansson takes, but for depth, and
 * makes the same of it; that survives a round trip, every value is located where it stands, and a
 * body member is judged alike by an allow and a deny.
 */


#include <stdlib.h>

#include "../../src/core/hoop_json.h"
#include "../../src/core/hoop_policy.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static const char  both[] =
    "{\"version\":1,\"name\":\"f\",\"rules\":["
    "{\"id\":\"a\",\"effect\":\"%s\",\"match\":{\"body\":{"
    "\"/a\":{\"any\":[1,\"x\",null]},"
    "\"/b/0\":{\"not\":{\"regex\":\"^(a+)+$\"}},"
    "\"/k~1s/sk\":{\"exists\":false}}}}]%s}";


static void
locate(json_t *v, hoop_buf_t *path, const u_char *p, size_t len,
    unsigned depth, unsigned *budget)
{
    size_t         i, mark, n;
    json_t        *child, *found;
    const char    *key, *s;
    const u_char  *at;
    hoop_error_t   err;

    if (depth > HOOP_JSON_DEPTH) {
        abort();
    }

    if (*budget == 0) {
        return;
    }

    --*budget;

    if (hoop_json_pointer(v, hoop_str("", 0)) != v) {
        abort();
    }

    if (hoop_buf_addc(path, '\0') != HOOP_OK) {
        return;
    }

    path->len--;

    hoop_json_locate(p, len, (char *) path->data, 0, &err);

    for (at = p, n = 1; n < err.line; at++) {
        n += (*at == '\n');
    }

    at += err.column - 1;

    found = json_loadb((const char *) at, p + len - at,
                       JSON_DECODE_ANY|JSON_DISABLE_EOF_CHECK, NULL);

    if (found == NULL || !json_equal(found, v)) {
        abort();
    }

    json_decref(found);

    mark = path->len;

    json_array_foreach(v, i, child) {
        (void) hoop_buf_addc(path, '/');
        (void) hoop_buf_addu(path, i);
        locate(child, path, p, len, depth + 1, budget);
        path->len = mark;
    }

    json_object_foreach(v, key, child) {

        /* an escaped segment that long is not followed */

        if (strlen(key) > 100) {
            continue;
        }

        (void) hoop_buf_addc(path, '/');

        for (s = key; *s; s++) {
            if (*s == '~' || *s == '/') {
                (void) hoop_buf_addc(path, '~');
                (void) hoop_buf_addc(path, *s == '~' ? '0' : '1');

            } else {
                (void) hoop_buf_addc(path, *s);
            }
        }

        if (path->len < 250) {
            locate(child, path, p, len, depth + 1, budget);
        }

        path->len = mark;
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                   *text, conf[1024];
    json_t                 *v, *plain, *claims;
    unsigned                budget;
    hoop_buf_t              path;
    hoop_error_t            err;
    hoop_verdict_t          a, d;
    hoop_identity_t         id;
    hoop_policy_request_t   req;

    static hoop_policy_t  *allow, *deny;

    if (allow == NULL) {
        snprintf(conf, sizeof(conf), both, "allow", "");
        allow = hoop_policy_compile((u_char *) conf, strlen(conf), &err);
        snprintf(conf, sizeof(conf), both, "deny", ",\"default\":\"allow\"");
        deny = hoop_policy_compile((u_char *) conf, strlen(conf), &err);

        if (allow == NULL || deny == NULL) {
            abort();
        }
    }

    memset(&err, 0, sizeof(err));
    v = hoop_json_load(data, size, &err);

    if (v == NULL) {
        if (err.text[0] == '\0' || err.line == 0 || err.column == 0) {
            abort();
        }

        plain = json_loadb((const char *) data, size,
                           JSON_DECODE_ANY|JSON_REJECT_DUPLICATES, NULL);

        /* jansson takes a NUL for the end */

        if (plain != NULL && memchr(data, '\0', size) == NULL
            && strcmp(err.text, "nested too deeply") != 0)
        {
            abort();
        }

        json_decref(plain);

    } else {
        plain = json_loadb((const char *) data, size,
                           JSON_DECODE_ANY|JSON_REJECT_DUPLICATES, NULL);
        text = json_dumps(v, JSON_ENCODE_ANY|JSON_REAL_PRECISION(17));

        if (plain == NULL || text == NULL || !json_equal(plain, v)) {
            abort();
        }

        json_decref(plain);

        plain = hoop_json_load((u_char *) text, strlen(text), &err);

        if (plain == NULL || !json_equal(plain, v)) {
            abort();
        }

        json_decref(plain);
        free(text);

        budget = 200;
        hoop_buf_init(&path, 4096);
        locate(v, &path, data, size, 0, &budget);
        hoop_buf_free(&path);
    }

    claims = json_object();

    memset(&id, 0, sizeof(id));
    id.claims = claims;

    memset(&req, 0, sizeof(req));
    req.identity = &id;
    req.method = hoop_cstr("POST");
    req.path = hoop_cstr("/");
    req.body = v ? HOOP_BODY_JSON : HOOP_BODY_AMBIGUOUS;
    req.body_json = v;

    hoop_policy_evaluate(&allow, 1, &req, &a);
    hoop_policy_evaluate(&deny, 1, &req, &d);

    switch (a.decision) {

    case HOOP_VERDICT_ALLOW:
        if (v == NULL || d.decision != HOOP_VERDICT_DENY || d.ambiguous) {
            abort();
        }
        break;

    case HOOP_VERDICT_DENY:
        if (v == NULL || d.decision != HOOP_VERDICT_ALLOW) {
            abort();
        }
        break;

    default:
        if (!a.ambiguous || d.decision != HOOP_VERDICT_DENY || !d.ambiguous) {
            abort();
        }
    }

    json_decref(claims);
    json_decref(v);

    return 0;
}
