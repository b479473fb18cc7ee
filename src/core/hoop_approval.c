
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The digest that binds an approval to a request.
 */


#include "hoop_approval.h"


/* with it the list of parts is fixed */
#define HOOP_APPROVAL_VERSION      "hoop-approval-1"
#define HOOP_APPROVAL_VERSION_RUN  "hoop-approval-run-1"


static void hoop_approval_digest_add(hoop_sha256_t *md, const void *p,
    size_t len);


void
hoop_approval_digest(u_char hex[64], const hoop_approval_subject_t *s)
{
    size_t            i;
    u_char            digest[32];
    hoop_sha256_t     md;
    const hoop_str_t  parts[] = {
        s->run.len ? hoop_cstr(HOOP_APPROVAL_VERSION_RUN)
                   : hoop_cstr(HOOP_APPROVAL_VERSION),
        s->identity, s->target, s->method, s->host, s->uri, s->headers,
        s->rule, s->policy_hash
    };

    hoop_sha256_init(&md);

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        hoop_approval_digest_add(&md, parts[i].data, parts[i].len);
    }

    /* no body is a part of no bytes, an empty body is one of 32 */

    hoop_approval_digest_add(&md, s->body_sha256, s->body_sha256 ? 32 : 0);

    if (s->run.len) {
        hoop_approval_digest_add(&md, s->run.data, s->run.len);
    }

    hoop_sha256_final(&md, digest);
    hoop_hex(hex, digest, 32);
}


void
hoop_approval_plan_key(u_char hex[64], hoop_str_t subject, hoop_str_t run)
{
    u_char         digest[32];
    hoop_sha256_t  md;

    hoop_sha256_init(&md);

    hoop_approval_digest_add(&md, "hoop-plan-1", sizeof("hoop-plan-1") - 1);
    hoop_approval_digest_add(&md, subject.data, subject.len);
    hoop_approval_digest_add(&md, run.data, run.len);

    hoop_sha256_final(&md, digest);
    hoop_hex(hex, digest, 32);
}


static void
hoop_approval_digest_add(hoop_sha256_t *md, const void *p, size_t len)
{
    int       i;
    u_char    size[8];
    uint64_t  n;

    n = len;

    for (i = 7; i >= 0; i--) {
        size[i] = (u_char) n;
        n >>= 8;
    }

    hoop_sha256_update(md, size, 8);
    hoop_sha256_update(md, p, len);
}
