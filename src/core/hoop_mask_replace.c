
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * What replaces a secret: labels, stars, the last four, keyed hashes; encoded through
 * the stages of the stream it stands in.
 */


#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "hoop_mask_impl.h"


static u_char  hoop_mask_process_key[32];
static int     hoop_mask_process_keyed;


/*
 * A star for each character, but for separators and, of a value that is long
 * enough not to be shown for the most part, as many of the last letters and
 * digits as are to be shown.
 */

static size_t
hoop_mask_stars(u_char *dst, const u_char *p, size_t len, size_t show)
{
    u_char  c;
    size_t  i, n, total, seen;

    total = 0;

    for (i = 0; i < len; i++) {
        c = p[i];
        total += (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
                 || (c >= 'A' && c <= 'Z');
    }

    if (total < 8) {
        show = 0;
    }

    n = 0;
    seen = 0;

    for (i = 0; i < len; i++) {
        c = p[i];

        if ((c & 0xc0) == 0x80) {
            continue;
        }

        /* the second half of a character that was escaped as two */

        if (c == 0xed && i >= 3 && len - i >= 2 && p[i - 3] == 0xed
            && (p[i - 2] & 0xf0) == 0xa0 && (p[i + 1] & 0xf0) == 0xb0)
        {
            continue;
        }

        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
            || (c >= 'A' && c <= 'Z'))
        {
            seen++;
            dst[n++] = (seen > total - show) ? c : '*';
            continue;
        }

        dst[n++] = (c == ' ' || c == '-' || c == '.' || c == '@' || c == '_'
                    || c == '/' || c == ':' || c == '+')
                   ? c : '*';
    }

    return n;
}


/*
 * HMAC-SHA256 over the detector and the value, in the form in which equal
 * values are equal: digits of a card, an address in lower case.
 */

static size_t
hoop_mask_hash(hoop_mask_t *m, u_char *dst, unsigned detector,
    const u_char *p, size_t len)
{
    size_t         i, n;
    u_char         c, text[HOOP_MASK_PEEK + 64], md[EVP_MAX_MD_SIZE];
    unsigned       mdlen;
    const u_char  *key;

    if (m->keyed) {
        key = m->hash_key;

    } else {
        if (!hoop_mask_process_keyed) {
            if (RAND_bytes(hoop_mask_process_key, 32) != 1) {
                return 0;
            }

            hoop_mask_process_keyed = 1;
        }

        key = hoop_mask_process_key;
    }

    n = strlen(hoop_detect_label(detector));
    memcpy(text, hoop_detect_label(detector), n);
    text[n++] = '\0';

    for (i = 0; i < len; i++) {
        c = p[i];

        if (detector == HOOP_DETECT_US_SSN
            || detector == HOOP_DETECT_CREDIT_CARD)
        {
            if (c < '0' || c > '9') {
                continue;
            }

        } else if (detector == HOOP_DETECT_EMAIL && c >= 'A' && c <= 'Z') {
            c |= 0x20;
        }

        text[n++] = c;
    }

    if (HMAC(EVP_sha256(), key, 32, text, n, md, &mdlen) == NULL) {
        return 0;
    }

    hoop_hex(dst, md, 12);
    OPENSSL_cleanse(text, sizeof(text));

    return 24;
}


static size_t
hoop_mask_encode(u_char kind, u_char *dst, const u_char *p, size_t n)
{
    u_char  c;
    size_t  i, k;

    static const u_char  hex[] = "0123456789ABCDEF";

    for (i = 0, k = 0; i < n && k < HOOP_MASK_REP - 3; i++) {
        c = p[i];

        if (kind == HOOP_STAGE_JSON && (c == '"' || c == '\\')) {
            dst[k++] = '\\';
            dst[k++] = c;

        } else if (kind == HOOP_STAGE_CSV && c == '"') {
            dst[k++] = c;
            dst[k++] = c;

        } else if (kind == HOOP_STAGE_FORM
                   && !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
                        || (c >= 'A' && c <= 'Z') || c == '-' || c == '.'
                        || c == '_' || c == '*'))
        {
            dst[k++] = '%';
            dst[k++] = hex[c >> 4];
            dst[k++] = hex[c & 15];

        } else {
            dst[k++] = c;
        }
    }

    return k;
}


void
hoop_mask_add_rep(hoop_mask_t *m, const u_char *p, size_t n, unsigned nst)
{
    u_char  text[HOOP_MASK_REP];

    memcpy(m->rep, p, n);

    while (nst--) {
        if (m->kinds[nst] != HOOP_STAGE_LOOSE) {
            n = hoop_mask_encode(m->kinds[nst], text, m->rep, n);
            memcpy(m->rep, text, n);
        }
    }

    m->rep_len = n;
    m->rep_pos = 0;
}


void
hoop_mask_replace(hoop_mask_t *m, unsigned detector, u_char action,
    const u_char *value, size_t len, int whole, unsigned nst)
{
    size_t       n, k;
    u_char       text[HOOP_MASK_PEEK + 64];
    const char  *label;

    m->counts[detector]++;

    n = 0;
    label = hoop_detect_label(detector);

    if (whole && (action == HOOP_MASK_NULL || action == HOOP_MASK_DROP)) {
        n = (action == HOOP_MASK_NULL) ? 4 : 0;
        hoop_mask_add_rep(m, (u_char *) "null", n, nst);
        return;
    }

    if (whole) {
        text[n++] = '"';
    }

    if (len && len <= HOOP_MASK_PEEK
        && (action == HOOP_MASK_LAST4 || action == HOOP_MASK_STARS))
    {
        n += hoop_mask_stars(text + n, value, len,
                             action == HOOP_MASK_LAST4 ? 4 : 0);
        goto done;
    }

    if (len && len <= HOOP_MASK_PEEK && action == HOOP_MASK_HASH) {
        memcpy(text + n, "[HASH:", 6);
        n += 6;
        k = strlen(label);
        memcpy(text + n, label, k);
        n += k;
        text[n++] = ':';

        k = hoop_mask_hash(m, text + n, detector, value, len);

        if (k) {
            n += k;
            text[n++] = ']';
            goto done;
        }

        n = (whole != 0);
    }

    memcpy(text + n, "[REDACTED:", 10);
    n += 10;
    k = strlen(label);
    memcpy(text + n, label, k);
    n += k;
    text[n++] = ']';

done:

    if (whole) {
        text[n++] = '"';
    }

    hoop_mask_add_rep(m, text, n, nst);
}
