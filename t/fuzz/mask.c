
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The masker.  Oracles:
 *
 *   - in any chunks, with flushes anywhere and a sink of any capacity, the
 *     output is the one for the whole;
 *   - where nothing was masked the output is the input;
 *   - valid JSON stays valid JSON;
 *   - a secret of the dictionary, put into a document in any escapes and any
 *     level of JSON in JSON, with characters that are wider or without a width,
 *     is in no decoded string of the output.
 */


#define _GNU_SOURCE    /* memmem() */

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "../../src/core/hoop_mask.h"


#define FUZZ_LOAD  (JSON_DECODE_ANY|JSON_ALLOW_NUL)


static const char  *secrets[] = {
    "219-09-9999", "4111 1111 1111 1111", "378282246310005",
    "jane.doe@example.com", "AKIAQWERTYUIOPASDFGH",
    "ghp_0123456789abcdefghijABCDEFGHIJ012345", "sk_live_0123456789abcdef",
    "glp" "at-9aB_cD8eF7gH6iJ5kL4m", "xox" "b-123456789012-aBcD0fGhIj2lMnOp",
    "SG" ".aBcDeFgHiJkLmNoPqRsT01.aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcDeFg",
    "a7B8" "Q~aBcDeF.gHiJ~kLmNo-PqRsT_uVwXy01234",
    "1234567890" ":AAaBcDeFgHiJkLmNoPqRsTuVwXyZ0123456",
    "LS0tLS1" "CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUJWd0lCQURBTkJna3Foa2lHOXcw",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "GB82 WEST 1234 5698 7654 32", "DE89370400440532013000",
    "+1 (202) 555-0147", "+442079460958", "(202) 555-0147",
    "correct-horse-battery"
};

#define FUZZ_SECRETS  (sizeof(secrets) / sizeof(secrets[0]))


typedef struct {
    hoop_buf_t       out;
    uint32_t        *seed;      /* NULL: takes all */
} fuzz_sink_t;


static unsigned
fuzz_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;

    return *seed;
}


static ssize_t
fuzz_sink(void *data, const u_char *p, size_t len)
{
    size_t        n;
    fuzz_sink_t  *s = data;

    n = len;

    if (s->seed && fuzz_random(s->seed) % 3 == 0) {
        n = fuzz_random(s->seed) % (len + 1);
    }

    if (hoop_buf_add(&s->out, p, n) != HOOP_OK) {
        abort();
    }

    return n;
}


static void
fuzz_mask(unsigned mode, unsigned action, const u_char *p, size_t len,
    uint32_t *seed, fuzz_sink_t *s, uint32_t *total)
{
    int                     rc;
    size_t                  n, i;
    json_t                 *v;
    u_char                 *copy;
    unsigned                flags, nsets;
    hoop_str_t              literal;
    hoop_mask_t            *m;
    hoop_error_t            err;
    const u_char           *q;
    const hoop_mask_set_t  *sets[2];

    static hoop_mask_set_t  *own[6];

    static const char  *conf[] = {
        "{\"fields\":[\"token\",\"/a/*/b\",\"/**/c\"],\"action\":\"redact\"}",
        "{\"detect\":[\"us_ssn\",\"email\",\"us_itin\",\"uk_nhs\",\"uk_nino\","
            "\"ca_sin\",\"au_abn\",\"in_aadhaar\",\"in_pan\",\"br_cpf\","
            "\"br_cnpj\",\"date_of_birth\",\"generic_secret\"],"
            "\"patterns\":["
            "{\"name\":\"EMP\",\"regex\":\"\\\\bEMP-[0-9]{4,}\",\"max\":12},"
            "{\"name\":\"CAT\",\"regex\":\"CAT-(?:a+)+!\",\"max\":60}],"
            "\"fields\":[\"token\",\"ssn\"],"
            "\"action\":\"last4\"}",
        "{\"detect\":[\"default\"],\"fields\":[\"token\"],"
            "\"action\":\"hash\"}",
        "{\"detect\":[\"credit_card\"],\"fields\":[\"token\",\"/a/*\"],"
            "\"action\":\"null\"}",
        "{\"detect\":[\"default\"],\"fields\":[\"token\",\"/a/b\",\"c\"],"
            "\"action\":\"drop\"}",
        "{\"detect\":[\"default\"],\"fields\":[\"token\",\"/a/b\"],"
            "\"patterns\":["
            "{\"name\":\"ANY\",\"regex\":\"(?<![a-z])[A-Z]{2}[^a]{2,}z\\\\b\","
            "\"scan\":true,\"max\":20},{\"name\":\"SIX\",\"scan\":true,"
            "\"regex\":\"6[0-9]{3}$\"}],\"action\":\"stars\"}"
    };

    nsets = 0;
    action %= 7;

    if (action < 6) {
        if (own[action] == NULL) {
            v = json_loads(conf[action], 0, NULL);
            own[action] = hoop_mask_set_compile(v, "", NULL, &err);
            json_decref(v);

            if (own[action] == NULL) {
                abort();
            }
        }

        sets[nsets++] = own[action];
    }

    sets[nsets++] = hoop_mask_set_default();

    literal = hoop_cstr(secrets[FUZZ_SECRETS - 1]);

    m = hoop_mask_create(mode, sets, nsets, &literal, 1, 8192);
    if (m == NULL) {
        abort();
    }

    (void) hoop_mask_set_hash_key(m, literal);

    for (i = 0; i < len || i == 0; i += n) {

        n = len - i;

        if (s->seed) {
            n = fuzz_random(s->seed) % 4 ? fuzz_random(s->seed) % 8 + 1
                                         : fuzz_random(s->seed) % 200 + 1;
            n = (n > len - i) ? len - i : n;
        }

        flags = (i + n == len) ? HOOP_MASK_LAST
                : (s->seed && fuzz_random(s->seed) % 2) ? HOOP_MASK_FLUSH : 0;

        /* a copy of its own, so that a read over its end is seen */

        copy = malloc(n ? n : 1);
        memcpy(copy, p + i, n);
        q = copy;

        do {
            rc = hoop_mask_feed(m, &q, copy + n, flags, fuzz_sink, s);
        } while (rc == HOOP_AGAIN);

        if (rc != HOOP_OK || q != copy + n) {
            abort();
        }

        free(copy);

        if (len == 0) {
            break;
        }
    }

    *total = hoop_mask_total(m);
    hoop_mask_free(m);
}


static int
fuzz_survives(json_t *v, const char *secret, unsigned depth)
{
    int          rc;
    json_t      *inner, *item;
    size_t       i;
    const char  *key;

    if (json_is_string(v)) {

        /* text that is JSON is judged decoded: "\u002219-09-9999" is no ssn */

        inner = depth ? json_loadb(json_string_value(v), json_string_length(v),
                                   FUZZ_LOAD, NULL) : NULL;
        if (inner == NULL) {
            return memmem(json_string_value(v), json_string_length(v), secret,
                          strlen(secret)) != NULL;
        }

        rc = fuzz_survives(inner, secret, depth - 1);
        json_decref(inner);

        return rc;
    }

    json_object_foreach(v, key, item) {
        if (strstr(key, secret) || fuzz_survives(item, secret, depth)) {
            return 1;
        }
    }

    json_array_foreach(v, i, item) {
        if (fuzz_survives(item, secret, depth)) {
            return 1;
        }
    }

    return 0;
}


static void
fuzz_print(const char *what, hoop_buf_t *b)
{
    fprintf(stderr, "%s ", what);
    fwrite(b->data, 1, b->len, stderr);
    fprintf(stderr, "\n");
}


/* appends text as a JSON string, each byte in one of its spellings */

static void
fuzz_string(hoop_buf_t *b, const u_char *p, size_t n, uint32_t *seed,
    unsigned hard)
{
    char    text[8];
    size_t  i;

    (void) hoop_buf_addc(b, '"');

    for (i = 0; i < n; i++) {

        if (p[i] < 0x80 && (p[i] < 0x20 || p[i] == '"' || p[i] == '\\'
                            || fuzz_random(seed) % 16 < hard))
        {
            (void) snprintf(text, sizeof(text),
                            fuzz_random(seed) & 1 ? "\\u%04x" : "\\u%04X",
                            p[i]);
            (void) hoop_buf_adds(b, text);
            continue;
        }

        (void) hoop_buf_addc(b, p[i]);
    }

    (void) hoop_buf_addc(b, '"');
}


/* the secret as it may be written as well: wider, or with more between */

static void
fuzz_respell(const char *secret, uint32_t *seed, unsigned hard, char *dst)
{
    u_char  c;

    static const char  *widthless[] = {
        "\xe2\x80\x8b", "\xe2\x80\x8d", "\xc2\xad", "\xef\xbb\xbf",
        "\xef\xb8\x8f"
    };

    for ( /* void */ ; *secret; secret++) {
        c = (u_char) *secret;

        if (fuzz_random(seed) % 16 < hard
            && ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
                || (c >= 'a' && c <= 'z') || c == '@'))
        {
            c = (u_char) (c - 0x20);

            *dst++ = (char) 0xef;
            *dst++ = (char) (0xbc + (c >> 6));
            *dst++ = (char) (0x80 | (c & 0x3f));

        } else {
            *dst++ = (char) c;
        }

        if (secret[1] && fuzz_random(seed) % 16 < hard) {
            dst = stpcpy(dst, widthless[fuzz_random(seed) % 5]);
        }
    }

    *dst = '\0';
}


/* a document that holds a secret, after what data says */

static void
fuzz_document(const u_char *data, size_t size, uint32_t *seed,
    const char *plain)
{
    char         secret[512];
    size_t       i;
    json_t      *v;
    uint32_t     total;
    unsigned     level, levels;
    hoop_buf_t   a, b, t;
    fuzz_sink_t  s;

    fuzz_respell(plain, seed, (data[0] & 8) ? data[0] >> 4 : 0, secret);

    hoop_buf_init(&a, 0);
    hoop_buf_init(&b, 0);

    for (i = 0; i < size && i < 40; i++) {
        (void) hoop_buf_addc(&a, data[i] & 0x7f);
    }

    if (memmem(a.data, a.len, secret, strlen(secret))) {

        /* as the prefix has it, it may be a part of something else */

        a.len = 0;
    }

    (void) hoop_buf_adds(&a, (data[0] & 1) ? "\n" : " ");
    (void) hoop_buf_adds(&a, secret);
    (void) hoop_buf_adds(&a, (data[0] & 2) ? "\t" : (data[0] & 4) ? ", x" : "");

    levels = 1 + fuzz_random(seed) % 3;

    for (level = 0; level < levels; level++) {

        b.len = 0;

        switch (fuzz_random(seed) % 4) {
        case 0:
            (void) hoop_buf_adds(&b, "[1,");
            break;
        case 1:
            (void) hoop_buf_adds(&b, "{\"x\": {\"text\":");
            break;
        case 2:
            (void) hoop_buf_adds(&b, "[[true , {\"y\":null},");
            break;
        default:
            (void) hoop_buf_adds(&b, "{\"t\\u0065xt\": ");
        }

        fuzz_string(&b, a.data, a.len, seed, level ? 1 : data[0] % 17);

        (void) hoop_buf_adds(&b, b.data[1] == '1' ? "]" : b.data[1] == '['
                             ? "] ]" : b.data[2] == 'x' ? "}}" : "}");
        t = a;
        a = b;
        b = t;
    }

    v = json_loadb((char *) a.data, a.len, FUZZ_LOAD, NULL);
    if (v == NULL || !fuzz_survives(v, secret, 4)) {
        goto done;
    }

    json_decref(v);

    s.seed = seed;
    hoop_buf_init(&s.out, 0);

    fuzz_mask(HOOP_MASK_JSON, 5, a.data, a.len, seed, &s, &total);

    v = json_loadb((char *) s.out.data, s.out.len, FUZZ_LOAD, NULL);

    if (v == NULL || total == 0 || fuzz_survives(v, secret, 4)) {
        fprintf(stderr, "secret %s\n", secret);
        fuzz_print("in ", &a);
        fuzz_print("out", &s.out);
        abort();
    }

    hoop_buf_free(&s.out);

done:

    json_decref(v);
    hoop_buf_free(&a);
    hoop_buf_free(&b);
}


int
LLVMFuzzerTestOneInput(const u_char *data, size_t size)
{
    json_t        *v, *masked;
    uint32_t       seed, total, again;
    unsigned       mode, action, i;
    const char    *secret;
    fuzz_sink_t    whole, split;

    if (size < 4) {
        return 0;
    }

    mode = data[0] % (HOOP_MASK_FORM + 1);
    action = data[1];
    seed = data[2] * 7919 + data[3] * 31 + 1;
    secret = secrets[data[3] % FUZZ_SECRETS];

    data += 4;
    size -= 4;

    hoop_buf_init(&whole.out, 0);
    whole.seed = NULL;

    fuzz_mask(mode, action, data, size, NULL, &whole, &total);

    if (total == 0
        && (whole.out.len != size
            || (size && memcmp(whole.out.data, data, size) != 0)))
    {
        abort();
    }

    for (i = 0; i < 2; i++) {
        hoop_buf_init(&split.out, 0);
        split.seed = &seed;

        fuzz_mask(mode, action, data, size, &seed, &split, &again);

        if (split.out.len != whole.out.len || again != total
            || (whole.out.len
                && memcmp(split.out.data, whole.out.data, whole.out.len) != 0))
        {
            fprintf(stderr, "mode %u action %u, %u and %u masked\n", mode,
                    action % 6, total, again);
            fuzz_print("whole", &whole.out);
            fuzz_print("split", &split.out);
            abort();
        }

        hoop_buf_free(&split.out);
    }

    /* jansson reads over a NUL behind a number */

    if (mode == HOOP_MASK_JSON && total && !memchr(data, 0, size)) {
        v = json_loadb((char *) data, size, FUZZ_LOAD, NULL);

        if (v) {
            masked = json_loadb((char *) whole.out.data, whole.out.len,
                                FUZZ_LOAD, NULL);
            if (masked == NULL) {
                fuzz_print("not JSON", &whole.out);
                abort();
            }

            json_decref(masked);
            json_decref(v);
        }
    }

    hoop_buf_free(&whole.out);

    if (size) {
        fuzz_document(data, size, &seed, secret);
    }

    return 0;
}
