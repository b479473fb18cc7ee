
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Detectors that are looked for on request only: what they mask, and that the
 * default set lets all of it pass.
 */


#include <stdio.h>
#include <stdlib.h>

#include "../../src/core/hoop_mask.h"
#include "tap.h"


#define T  HOOP_MASK_TEXT
#define J  HOOP_MASK_JSON
#define S  HOOP_MASK_SSE
#define F  HOOP_MASK_FORM
#define C  HOOP_MASK_CSV
#define Y  HOOP_MASK_CONFIG

#define MBI  "[REDACTED:US_MBI]"
#define NPI  "[REDACTED:US_NPI]"

#define HEALTH  "{\"detect\":[\"us_mbi\",\"us_npi\"]}"

/* strings long enough for the quick way through JSON */
#define LONG  "\"that is a text which is longer than one block of bytes, and "  \
              "holds nothing at all\""


typedef struct {
    hoop_mask_mode_e   mode;
    const char        *name;
    const char        *in;
    const char        *out;       /* NULL: unchanged */
    const char        *conf;      /* NULL: the default set */
} asked_case_t;


static const asked_case_t  cases[] = {

    /* MBI, NPI */

    { T, "mbi", "1EG4-TE5-MK73 1EG4TE5MK73, (1EG4 TE5 MK72).",
      MBI " " MBI ", (" MBI ").", HEALTH },
    { J, "mbi in JSON", "[" LONG ",\"1EG4-TE5-MK73\",\"member 1EG4TE5MK73"
      "\\/x\",\"1\\u0045G4TE5MK73\"]",
      "[" LONG ",\"" MBI "\",\"member " MBI "\\/x\",\"" MBI "\"]", HEALTH },
    { C, "mbi in CSV", "name,id\na,1EG4TE5MK73\nb,\"1EG4-TE5-MK73\"\n",
      "name,id\na," MBI "\nb,\"" MBI "\"\n", HEALTH },
    { F, "mbi in a form", "a=1EG4-TE5-MK73&b=1EG4%2DTE5%2DMK73",
      "a=%5BREDACTED%3AUS_MBI%5D&b=%5BREDACTED%3AUS_MBI%5D", HEALTH },
    { T, "no mbi: letters, digits, layout, neighbours",
      "0EG4TE5MK73 1SG4TE5MK73 1EGOTE5MK73 1EG4TE5MK7 1EG4TE5MK733 "
      "1EG4-TE5MK73 1EG4-TE5 MK73 1eg4te5mk73 X1EG4TE5MK73 1EG4TE5MK73_ "
      "1EG4TE5MK73a 11G4TE5MK73 1EG4TE5M873 a-1EG4TE5MK73 1EG4TE5MK73-1 "
      "1EG44E5MK73", NULL, HEALTH },
    { T, "npi", "NPI 1234567893, npi: 1245319599\nprovider id 1234567893 "
      "National Provider Identifier (NPI) = 1234567893\n",
      "NPI " NPI ", npi: " NPI "\nprovider id 1234567893 "
      "National Provider Identifier (NPI) = " NPI "\n", HEALTH },
    { J, "npi in JSON", "[" LONG ",\"NPI 1234567893\",\"NPI\",\"1234567893\","
      "1234567893,\"prescriber 1245319599 x\",\"npi\\n1234567893\"]",
      "[" LONG ",\"NPI " NPI "\",\"NPI\",\"1234567893\",1234567893,"
      "\"prescriber " NPI " x\",\"npi\\n1234567893\"]", HEALTH },
    { T, "no npi: check digit, length, neighbours, words",
      "NPI 1234567894 NPI 3234567891 NPI 123456789 NPI 12345678930 "
      "NPI 123-456-7893 NPI 1234567893.5\n1234567893 npis\n1234567893 "
      "order 1234567893 npi order 1234567893 NPI x1234567893", NULL, HEALTH },
    { J, "fields of health", "{\"npi\":1234567893,\"providerNpi\":\"x\","
      "\"npi_number\":\"1\",\"patient_mbi\":\"y\",\"MBI\":{\"a\":1},"
      "\"nationalProviderId\":\"z\",\"Medicare Beneficiary Identifier\":"
      "\"q\",\"snpi\":1,\"npi\":null}",
      "{\"npi\":\"" NPI "\",\"providerNpi\":\"" NPI "\",\"npi_number\":\"" NPI
      "\",\"patient_mbi\":\"" MBI "\",\"MBI\":\"" MBI "\","
      "\"nationalProviderId\":\"" NPI "\",\"Medicare Beneficiary Identifier"
      "\":\"" MBI "\",\"snpi\":1,\"npi\":null}", HEALTH },
    { T, "words of these say nothing to others",
      "call my provider. 2125550198 ssn <a>x</npi> 219099999",
      "call my provider. 2125550198 ssn <a>x</npi> [REDACTED:US_SSN]", NULL },

    /* of none of these the default set knows */

    { J, "not in the default set", "{\"npi\":1234567893,\"a\":"
      "\"NPI 1234567893 or 1EG4-TE5-MK73\",\"mbi\":\"1EG4TE5MK73\"}",
      NULL, NULL }
};


static ssize_t
asked_sink(void *ctx, const u_char *p, size_t len)
{
    return hoop_buf_add(ctx, p, len) == HOOP_OK ? (ssize_t) len : -1;
}


static void
asked_feed(hoop_mask_t *m, const u_char *p, size_t len, unsigned flags,
    hoop_buf_t *out)
{
    if (hoop_mask_feed(m, &p, p + len, flags, asked_sink, out) != HOOP_OK) {
        (void) hoop_buf_adds(out, "(failed)");
    }
}


/* in one piece, in any two with and without a flush, and in many */

static void
test_case(const asked_case_t *c)
{
    int               good;
    char             *where;
    json_t           *conf;
    size_t            i, k, n, len, wlen;
    unsigned          flags;
    uint32_t          seed;
    hoop_buf_t        out;
    const char       *want;
    hoop_mask_t      *m;
    hoop_error_t      err;
    const u_char     *in;
    hoop_mask_set_t  *own;

    const hoop_mask_set_t  *set;

    own = NULL;
    set = hoop_mask_set_default();

    if (c->conf) {
        conf = json_loads(c->conf, 0, NULL);
        own = hoop_mask_set_compile(conf, "", &where, &err);
        set = own;
        json_decref(conf);
    }

    in = (const u_char *) c->in;
    len = strlen(c->in);
    want = c->out ? c->out : c->in;
    wlen = strlen(want);
    good = 1;
    seed = 4711;

    hoop_buf_init(&out, 0);

    m = hoop_mask_create(c->mode, &set, 1, NULL, 0, 0);
    asked_feed(m, in, len, HOOP_MASK_LAST, &out);
    is_mem(out.data, out.len, want, wlen, c->name);
    hoop_mask_free(m);

    for (k = 0; k < 2 * len + 50; k++) {
        out.len = 0;
        m = hoop_mask_create(c->mode, &set, 1, NULL, 0, 0);

        if (k < 2 * len) {
            asked_feed(m, in, k / 2, k & 1 ? HOOP_MASK_FLUSH : 0, &out);
            asked_feed(m, in + k / 2, len - k / 2, HOOP_MASK_LAST, &out);

        } else {

            for (i = 0; i < len; i += n) {
                seed = seed * 1103515245 + 12345;
                n = (seed >> 16) % ((k & 1) ? 3 : 12) + 1;
                n = (n > len - i) ? len - i : n;
                flags = (i + n == len) ? HOOP_MASK_LAST
                        : (seed >> 20 & 1) ? HOOP_MASK_FLUSH : 0;
                asked_feed(m, in + i, n, flags, &out);
            }
        }

        hoop_mask_free(m);

        if (out.len != wlen || memcmp(out.data, want, wlen) != 0) {

            if (good) {
                printf("# got %.*s\n", (int) out.len, out.data);
            }

            good = 0;
        }
    }

    ok(good, "%s: in any chunks", c->name);

    hoop_buf_free(&out);
    hoop_mask_set_free(own);
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_case(&cases[i]);
    }

    return done_testing();
}
