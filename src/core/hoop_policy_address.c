
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Addresses, and the operator "cidr" over them.
 *
 * All are 16 bytes, IPv4 as ::ffff:a.b.c.d, so that a client is the same on a
 * socket of either family.  But a range of IPv6 has no IPv4 address in it, not
 * even ::/0, unless it is one of IPv4 in that spelling.
 */


#include <arpa/inet.h>

#include "hoop_policy_rule.h"


struct hoop_cidr_s {
    u_char                  address[16];
    unsigned                bits;      /* of 128 */
    unsigned                ipv4:1;
};


static int hoop_policy_cidr(hoop_compile_t *cc, json_t *v, hoop_cidr_t *cidr);
static int hoop_policy_cidr_bits(hoop_str_t text, unsigned *bits);
static int hoop_policy_cidr_clear(const hoop_cidr_t *cidr);
static int hoop_policy_cidr_match(const hoop_cidr_t *cidr,
    const u_char *address, int ipv4);
static int hoop_policy_ipv4(const u_char *address);


static const u_char  hoop_policy_mapped[12] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
};

static const char  hoop_policy_why_source[] =
    "the connection has no IP address";
static const char  hoop_policy_why_address[] = "a value is no IP address";


int
hoop_address_parse(hoop_str_t text, u_char address[16])
{
    char  s[HOOP_POLICY_ADDRESS];

    if (text.len == 0 || text.len >= sizeof(s)
        || memchr(text.data, '\0', text.len) != NULL)
    {
        return HOOP_ERROR;
    }

    memcpy(s, text.data, text.len);
    s[text.len] = '\0';

    if (strchr(s, ':') != NULL) {
        return inet_pton(AF_INET6, s, address) == 1 ? HOOP_OK : HOOP_ERROR;
    }

    memcpy(address, hoop_policy_mapped, 12);

    return inet_pton(AF_INET, s, address + 12) == 1 ? HOOP_OK : HOOP_ERROR;
}


/* A range, or a list of them; an address is a range of one. */

int
hoop_policy_compile_cidr(hoop_compile_t *cc, json_t *conf, hoop_op_t *op)
{
    size_t  i, n, mark;

    n = json_is_string(conf) ? 1 : json_array_size(conf);

    if (n == 0 || n > HOOP_POLICY_MAX_LIST) {
        return hoop_policy_error(cc, 0, "wanted a range of addresses as "
                                 "\"10.0.0.0/8\", or an array of 1 to %d",
                                 HOOP_POLICY_MAX_LIST);
    }

    op->cidrs = hoop_policy_alloc(cc, n * sizeof(hoop_cidr_t));
    if (op->cidrs == NULL) {
        return HOOP_ERROR;
    }

    if (json_is_string(conf)) {
        op->ncidrs = 1;
        return hoop_policy_cidr(cc, conf, op->cidrs);
    }

    for (i = 0; i < n; i++) {
        mark = hoop_policy_push_index(cc, i);

        if (hoop_policy_cidr(cc, json_array_get(conf, i), &op->cidrs[i])
            != HOOP_OK)
        {
            return HOOP_ERROR;
        }

        hoop_policy_pop(cc, mark);
    }

    op->ncidrs = n;

    return HOOP_OK;
}


static int
hoop_policy_cidr(hoop_compile_t *cc, json_t *v, hoop_cidr_t *cidr)
{
    int            ipv4;
    unsigned       bits;
    hoop_str_t     text, address;
    const u_char  *slash;

    if (hoop_policy_string(cc, v, HOOP_POLICY_MAX_NAME, &text) != HOOP_OK) {
        return HOOP_ERROR;
    }

    slash = memchr(text.data, '/', text.len);

    address = slash ? hoop_str(text.data, slash - text.data) : text;

    if (hoop_address_parse(address, cidr->address) != HOOP_OK) {
        return hoop_policy_error(cc, 0, "invalid address in \"%s\"",
                                 hoop_policy_quote(cc, text));
    }

    ipv4 = (memchr(address.data, ':', address.len) == NULL);
    bits = ipv4 ? 32 : 128;

    if (slash != NULL
        && hoop_policy_cidr_bits(hoop_str(slash + 1, text.data + text.len
                                                     - slash - 1),
                                 &bits)
           != HOOP_OK)
    {
        return hoop_policy_error(cc, 0, "invalid length of the prefix in "
                                 "\"%s\", wanted 0 to %d",
                                 hoop_policy_quote(cc, text), ipv4 ? 32 : 128);
    }

    cidr->bits = ipv4 ? bits + 96 : bits;
    cidr->ipv4 = (cidr->bits >= 96 && hoop_policy_ipv4(cidr->address));

    if (!hoop_policy_cidr_clear(cidr)) {
        return hoop_policy_error(cc, 0, "\"%s\" has bits set behind its "
                                 "prefix, which is too short or its address "
                                 "not that of a range",
                                 hoop_policy_quote(cc, text));
    }

    return HOOP_OK;
}


/* bits: how many there may be; a number has no zero in front */

static int
hoop_policy_cidr_bits(hoop_str_t text, unsigned *bits)
{
    size_t    i;
    unsigned  n;

    if (text.len == 0 || text.len > 3
        || (text.len > 1 && text.data[0] == '0'))
    {
        return HOOP_ERROR;
    }

    for (n = 0, i = 0; i < text.len; i++) {

        if (text.data[i] < '0' || text.data[i] > '9') {
            return HOOP_ERROR;
        }

        n = n * 10 + (text.data[i] - '0');
    }

    if (n > *bits) {
        return HOOP_ERROR;
    }

    *bits = n;

    return HOOP_OK;
}


static int
hoop_policy_cidr_clear(const hoop_cidr_t *cidr)
{
    unsigned  i;

    for (i = cidr->bits; i < 128; i++) {
        if (cidr->address[i / 8] & (0x80 >> i % 8)) {
            return 0;
        }
    }

    return 1;
}


hoop_truth_e
hoop_policy_test_cidr(const hoop_op_t *op, const hoop_subject_t *subject,
    const char **why)
{
    int            ipv4;
    u_char         buf[16];
    unsigned       i;
    hoop_str_t     text;
    const u_char  *address;

    address = subject->address;

    if (address == NULL) {
        text = (subject->type == HOOP_SUBJECT_TEXT)
               ? subject->text : hoop_json_string(subject->json);

        if (text.data == NULL || hoop_address_parse(text, buf) != HOOP_OK) {
            *why = hoop_policy_why_address;
            return HOOP_TRUTH_UNKNOWN;
        }

        address = buf;
    }

    ipv4 = hoop_policy_ipv4(address);

    for (i = 0; i < op->ncidrs; i++) {
        if (hoop_policy_cidr_match(&op->cidrs[i], address, ipv4)) {
            return HOOP_TRUTH_YES;
        }
    }

    return HOOP_TRUTH_NO;
}


static int
hoop_policy_cidr_match(const hoop_cidr_t *cidr, const u_char *address,
    int ipv4)
{
    u_char    mask;
    unsigned  bytes;

    bytes = cidr->bits / 8;

    if (cidr->ipv4 != (unsigned) ipv4
        || memcmp(cidr->address, address, bytes) != 0)
    {
        return 0;
    }

    if (cidr->bits % 8 == 0) {
        return 1;
    }

    mask = (u_char) (0xff << (8 - cidr->bits % 8));

    return ((cidr->address[bytes] ^ address[bytes]) & mask) == 0;
}


void
hoop_policy_subject_address(const hoop_policy_request_t *req,
    char buf[HOOP_POLICY_ADDRESS], hoop_subject_t *subject)
{
    const u_char  *p;

    p = req->address;

    if (!req->address_set) {
        subject->type = HOOP_SUBJECT_UNKNOWN;
        subject->why = hoop_policy_why_source;
        return;
    }

    if (hoop_policy_ipv4(p)) {
        (void) inet_ntop(AF_INET, p + 12, buf, HOOP_POLICY_ADDRESS);

    } else {
        (void) inet_ntop(AF_INET6, p, buf, HOOP_POLICY_ADDRESS);
    }

    subject->type = HOOP_SUBJECT_TEXT;
    subject->text = hoop_cstr(buf);
    subject->address = p;
}


static int
hoop_policy_ipv4(const u_char *address)
{
    return memcmp(address, hoop_policy_mapped, 12) == 0;
}
