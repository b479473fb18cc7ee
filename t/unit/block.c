
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Blocks of 64 bytes: all kinds say the same, and what is found by them is
 * what a plain look finds.  Then the masker's quick way through JSON against
 * its engine, which passes all of it where members may have to be dropped.
 */


#include <stdlib.h>

#include "../../src/core/hoop_block.h"
#include "../../src/core/hoop_detect.h"
#include "../../src/core/hoop_head.h"
#include "../../src/core/hoop_mask.h"
#include "tap.h"


#define BLOCKS  32


static uint32_t  seed = 2463534242u;


static unsigned
any(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;

    return seed % n;
}


/* bytes that matter, and now and then any */

static void
fill(u_char *p, size_t n)
{
    size_t      i;
    const char  few[] = "0123456789012345678901234567 --..\"\\{}[]:,=@'\n\t&%"
                        "ghp_AKIAeyJwhse-BEGsk_live_hub_abcdef\x80\xc2\xa0"
                        "+(@AZ[`{";

    for (i = 0; i < n; i++) {
        p[i] = any(16) ? (u_char) few[any(sizeof(few) - 1)]
                       : (u_char) any(256);
    }
}


static unsigned
plain_class(const hoop_block_t *b, unsigned i, u_char c)
{
    unsigned  bad;

#define IS(set, cond)                                                         \
    bad |= (((set) >> i & 1) != (uint64_t) (cond))

    bad = 0;

    IS(b->quote, c == '"');
    IS(b->slash, c == '\\');
    IS(b->op, c && strchr("{}[]:,\x1a\f", c) != NULL);
    IS(b->space, c && strchr(" \t\r\n", c) != NULL);
    IS(b->brace, c == '{');
    IS(b->digit, c >= '0' && c <= '9');
    IS(b->gap, c == ' ' || c == '-');
    IS(b->dot, c == '.');
    IS(b->high, c >= 0x80);
    IS(b->at, c == '@');
    IS(b->sign, c == ':' || c == '=' || c == '>');
    IS(b->upper, c >= 'A' && c <= 'Z');
    IS(b->plus, c == '+' || c == '(');
    IS(b->mark, c == '&' || c == '%');

    return bad;
}


static void
test_kinds(void)
{
    u_char                    text[BLOCKS * HOOP_BLOCK + HOOP_BLOCK_AHEAD];
    size_t                    i, n[2];
    uint64_t                  bits[BLOCKS];
    uint32_t                  places[2][BLOCKS * HOOP_BLOCK];
    unsigned                  k, round, bad, missed, heads;
    hoop_block_t              b[2][BLOCKS];
    const hoop_block_kind_t  *kind;

    static const char  *tokens[] = {
        "ghp_", "ghr_", "hub_", "AKIA", "A3TX", "sk_l", "eyJh", "-BEG"
    };

    for (k = 0; (kind = hoop_block_kind(k)) != NULL; k++) {

        bad = 0;
        missed = 0;
        heads = 0;

        for (round = 0; round < 300; round++) {

            fill(text, sizeof(text));

            for (i = any(64); i + 4 < sizeof(text); i += 60 + any(64)) {
                memcpy(text + i, tokens[any(8)], 4);
            }

            memset(b, 0x55, sizeof(b));
            hoop_block_kind(0)->blocks(text, BLOCKS, b[0]);
            kind->blocks(text, BLOCKS, b[1]);

            bad += (memcmp(b[0], b[1], sizeof(b[0])) != 0);

            for (i = 0; i < BLOCKS * HOOP_BLOCK; i++) {
                bad += plain_class(&b[1][i / 64], i % 64, text[i]);

                if (hoop_head_is(text + i)) {
                    heads++;
                    missed += !(b[1][i / 64].head >> (i % 64) & 1);
                }
            }

            for (i = 0; i < BLOCKS; i++) {
                bits[i] = round % 3 == 0 ? b[0][i].digit
                          : round % 3 == 1 ? b[0][i].at : ~(uint64_t) 0;
            }

            memset(places, 0, sizeof(places));
            n[0] = hoop_block_kind(0)->places(bits, BLOCKS, 7, places[0]);
            n[1] = kind->places(bits, BLOCKS, 7, places[1]);

            bad += (n[0] != n[1]
                    || memcmp(places[0], places[1], n[0] * sizeof(uint32_t))
                       != 0);

            for (i = 1; i < n[1]; i++) {
                bad += (places[1][i] <= places[1][i - 1]);
            }
        }

        ok(bad == 0, "classes and places of kind \"%s\"", kind->name);
        ok(missed == 0 && heads > 100, "of %u heads none is missed", heads);
    }
}


/* one of texts, wherever it begins, is found by one of the masks */

static void
test_found(uint64_t (*mask)(const hoop_block_t *b), const char *const *texts,
    const char *name)
{
    u_char        text[3 * HOOP_BLOCK + HOOP_BLOCK_AHEAD];
    size_t        i, k;
    unsigned      missed;
    hoop_block_t  b[3];

    missed = 0;

    for ( /* void */ ; *texts; texts++) {
        k = strlen(*texts);

        for (i = 0; i < HOOP_BLOCK; i++) {
            memset(text, 'x', sizeof(text));
            memcpy(text + i, *texts, k);

            hoop_blocks(text, 3, b);
            missed += !(mask(b) >> i & 1);
        }
    }

    is_int(missed, 0, name);
}


static void
test_shapes(void)
{
    size_t        n;
    u_char        text[3 * HOOP_BLOCK + HOOP_BLOCK_AHEAD];
    hoop_block_t  b[3];

    static const char  *ibans[] = {
        "NO9386011117947", "GB82WEST12345698765432",
        "GB82 WEST 1234 5698 7654 32", "DE89-3704-0044-0532-0130-00",
        "DE89\xc2\xa0" "3704\xc2\xa0" "0044\xc2\xa0" "0532", NULL
    };

    static const char  *phones[] = {
        "+12025550147", "+1 202 555 0147", "+1-202", "+1.20", "(202)", "+1(2",
        "+44\xc2\xa0", "+1\xe2\x80\x91", NULL
    };

    static const char  *ids[] = {
        "912-70-1234", "943 476 5919", "AB123456C", "AB 12 34 56 C",
        "ABCPE1234F", "529.982.247-25", "11.222.333/0001-81",
        "12.ABC.345/01DE-35", "51\xc2\xa0" "824\xc2\xa0" "753", NULL
    };

    static const char  none[] =
        "DE89 lower1234567;DE8x370400440532013000;AB12-345-678.9 EF;T10:20;"
        "(a);+a;(1);+00:00;(12);f(x1);";

    test_found(hoop_block_ibans, ibans, "IBANs are found");
    test_found(hoop_block_phones, phones, "telephone numbers are found");
    test_found(hoop_block_ids, ids, "ids are found");

    n = sizeof(none) - 1;
    memset(text, 'x', sizeof(text));
    memcpy(text, none, n);
    hoop_blocks(text, 3, b);
    ok(hoop_block_ibans(b) == 0 && hoop_block_phones(b) == 0
       && hoop_block_ibans(b + 1) == 0 && hoop_block_phones(b + 1) == 0,
       "and nothing in what is neither");
}


/* what is grouped as a number, or has twelve digits and gaps, is found */

static void
test_numbers(void)
{
    u_char        text[3 * HOOP_BLOCK + HOOP_BLOCK_AHEAD];
    size_t        i, k;
    uint64_t      bits, nine;
    unsigned      t, missed;
    hoop_block_t  b[3];

    static const char  *numbers[] = {
        "219-09-9999", "219 09 9999", "219.09.9999", "219\xc2\xa0" "09 9999",
        "219 09\xe2\x80\xaf" "9999", "219\xe2\x80\x91" "09\xe2\x80\x91" "9999",
        "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111",
        "3782 822463 10005", "501800000009",
        "4111\xc2\xa0" "1111\xc2\xa0" "1111\xc2\xa0" "1111",
        "4111 1111\xe2\x80\x83" "1111 1111", "41111111 11111111"
    };

    missed = 0;

    for (t = 0; t < sizeof(numbers) / sizeof(numbers[0]); t++) {
        k = strlen(numbers[t]);

        for (i = 0; i < HOOP_BLOCK; i++) {
            memset(text, 'x', sizeof(text));
            memcpy(text + i, numbers[t], k);

            hoop_blocks(text, 3, b);

            bits = hoop_block_numbers(b, 0, &nine);
            missed += !(bits >> i & 1);
        }
    }

    is_int(missed, 0, "numbers are found wherever they begin");

    missed = 0;

    for (i = 0; i < HOOP_BLOCK; i++) {
        memset(text, 'x', sizeof(text));
        memcpy(text + i, (i & 1) ? "219099999" : "212 555-0", 9);

        hoop_blocks(text, 3, b);

        (void) hoop_block_numbers(b, 0, &nine);
        missed += (nine != (uint64_t) 1 << i);
    }

    is_int(missed, 0, "and what may be one where nine bytes are");

    memset(text, 'x', sizeof(text));
    memcpy(text, "2024-03-11T10:20:30.123Z;12345678901;10.1.2.3;219-09-999;"
                 "219-099-999;219-9-09999", 80);
    hoop_blocks(text, 3, b);
    is_int(hoop_block_numbers(b, 0, &nine), 0, "dates and others are not");

    memset(text, 'x', sizeof(text));
    memcpy(text, "4111111111111111", 16);
    hoop_blocks(text, 3, b);
    is_int(hoop_block_numbers(b, 1, &nine), 0, "nor what began before");
}


static void
json_text(hoop_buf_t *b, unsigned depth, unsigned few)
{
    unsigned  i, n;

    static const char  *strings[] = {
        "", "a", "call me", "2024-03-01T10:20:30Z", "https://example.com/a?b=c",
        "219-09-9999", "x 4111 1111 1111 1111 y", "jane.doe@example.com",
        "a\\nb\\/c", "say \\\"hi\\\"", "\\u0034111111111111111",
        "password=abc12",
        "the password: x", "'password': 'abc'", "Authorization: Bearer abcdef",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345", "[1,2]", " {\\\"a\\\":1}",
        "{\\\"ssn\\\":\\\"219099999\\\"}", "\\\\u0034", "caf\xc3\xa9 12",
        "\xc3\xa9 4111\xc2\xa0" "1111\xc2\xa0" "1111\xc2\xa0" "1111", "\\\\",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0",
        "correct-horse", "correct-h\\u006frse", "AKIAQWERTYUIOPASDFGH", "{x",
        "GB82 WEST 1234 5698 7654 32", "iban DE89370400440532013000.",
        "GB82WEST12345698765433", "call +1 (202) 555-0147 now",
        "+49 30 901820", "(202) 555-0147", "AB12-CD34-EF56-7890", "+0530",
        "EMP-123456", "an EMP\\u002d123456", "see\\/EMP-123456\\n",
        "EMP-1", "\\/p EMP\\/12 AB1234", "secret=",
        "my_secret = 1", "token=\\\"abcdef\\\"", "\\t",
        "SSN 219099999", "call me at 2125550198", "ssn\\n219099999",
        "ssn\\t219099999", "order 219099999", "at 2024-03-01 10:20:30",
        "2125550198", "07911 123456", "passport A12345678", "born 1980-01-02", "acct\\r 12345678",
        "aaaaaaaaaaaaaaaa ssn bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
        "bbbbbbbbbb 219099999", "DL D1234567", "phone (2125550198)"
    };

    static const char  *names[] = {
        "id", "name", "ssn", "password", "created_at", "street", "ss\\u006e",
        "", "x", "user_password", "api_key", "apiKey", "a\\nb", "card-number",
        "4111111111111111", "jane@example.com", "s_s_n", "pin ", "mapping",
        "phone", "mobile_number", "order_number", "Tel.", "phone_id"
    };

    static const char  *scalars[] = {
        "1", "-2", "0.5", "1e9", "true", "false", "null", "1700000000000",
        "4111111111111111", "4111111111111111.00", "-122.4194155",
        "12345678901", "NaN", "01", "219099999", "123456789012.5", "1.25e-3",
        "0.4539148803436467", "2125550198", "612345678"
    };

    if (depth == 0 || any(3) == 0) {

        if (any(2)) {
            (void) hoop_buf_adds(b, "\"");
            (void) hoop_buf_adds(b, strings[any(few ? 5 : sizeof(strings)
                                                  / sizeof(strings[0]))]);
            (void) hoop_buf_adds(b, "\"");

        } else {
            (void) hoop_buf_adds(b, scalars[any(few ? 8 : sizeof(scalars)
                                                  / sizeof(scalars[0]))]);
        }

        return;
    }

    n = any(6);

    if (any(2)) {
        (void) hoop_buf_adds(b, any(4) ? "{" : "{ \n");

        for (i = 0; i < n; i++) {
            (void) hoop_buf_adds(b, i ? any(5) ? "," : " ,\t" : "");
            (void) hoop_buf_adds(b, "\"");
            (void) hoop_buf_adds(b, names[any(few ? 2 : sizeof(names)
                                                / sizeof(names[0]))]);
            (void) hoop_buf_adds(b, any(5) ? "\":" : "\" : ");
            json_text(b, depth - 1, few);
        }

        (void) hoop_buf_adds(b, any(5) ? "}" : " }");
        return;
    }

    (void) hoop_buf_adds(b, any(4) ? "[" : "[ ");

    for (i = 0; i < n; i++) {
        (void) hoop_buf_adds(b, i ? any(5) ? "," : ", " : "");
        json_text(b, depth - 1, few);
    }

    (void) hoop_buf_adds(b, "]");
}


static hoop_mask_set_t *
mask_set(const char *text)
{
    char             *where;
    json_t           *conf;
    hoop_error_t      err;
    hoop_mask_set_t  *set;

    conf = json_loads(text, 0, NULL);
    set = hoop_mask_set_compile(conf, "", &where, &err);
    json_decref(conf);

    if (set == NULL) {
        printf("Bail out! %s: %s\n", text, err.text);
        exit(1);
    }

    return set;
}


static void
test_engine(const hoop_mask_set_t *set, const char *name)
{
    size_t                  i;
    unsigned                round, bad, masked, same;
    hoop_buf_t              text, quick, slow;
    hoop_str_t              literal;
    const hoop_mask_set_t  *sets[2];

    sets[0] = set;
    sets[1] = mask_set("{\"fields\":[\"nosuchname\"],\"action\":\"drop\"}");

    literal = hoop_cstr("correct-horse");
    bad = 0;
    masked = 0;
    same = 0;

    for (round = 0; round < 3000; round++) {

        hoop_buf_init(&text, 0);
        hoop_buf_init(&quick, 0);
        hoop_buf_init(&slow, 0);

        do {
            json_text(&text, 5, round % 4 == 0 ? 1 : any(2));
            (void) hoop_buf_adds(&text, any(3) ? "\n" : "");
        } while (text.len < 600);

        for (i = any(3) ? 0 : 1 + any(3); i > 0; i--) {

            /* what is no JSON any more */

            text.data[any(text.len)] = (u_char) "\"\\{}[]:,x1 @\0\x80"[any(14)];
        }

        bad += (hoop_mask_whole(HOOP_MASK_JSON, sets, 1, &literal, round % 2,
                                hoop_str(text.data, text.len), &quick, NULL)
                != HOOP_OK);
        bad += (hoop_mask_whole(HOOP_MASK_JSON, sets, 2, &literal, round % 2,
                                hoop_str(text.data, text.len), &slow, NULL)
                != HOOP_OK);

        if (quick.len != slow.len
            || memcmp(quick.data, slow.data, slow.len) != 0)
        {
            if (bad++ == 0) {
                printf("# in:    %.*s\n", (int) text.len, text.data);
                printf("# quick: %.*s\n", (int) quick.len, quick.data);
                printf("# slow:  %.*s\n", (int) slow.len, slow.data);
            }
        }

        if (slow.len == text.len
            && memcmp(slow.data, text.data, text.len) == 0)
        {
            same++;

        } else {
            masked++;
        }

        hoop_buf_free(&text);
        hoop_buf_free(&quick);
        hoop_buf_free(&slow);
    }

    ok(bad == 0, "quick and slow are the same: %s", name);
    ok(masked > 500 && same > 500,
       "with something masked in %u and nothing in %u", masked, same);

    hoop_mask_set_free((hoop_mask_set_t *) sets[1]);
}


static void
test_paths(const char *text)
{
    hoop_mask_set_t  *set;

    set = mask_set(text);
    test_engine(set, text);
    hoop_mask_set_free(set);
}


int
main(void)
{
    test_kinds();
    test_numbers();
    test_shapes();
    test_engine(hoop_mask_set_default(), "default");
    test_paths("{\"fields\":[\"/id/**/name\",\"/0/*/id/x\"]}");
    test_paths("{\"fields\":[\"/**/street\",\"/name/id/**/x\"]}");
    test_paths("{\"fields\":[\"/**/*/x\",\"ssn\"],\"action\":\"last4\"}");
    test_paths("{\"patterns\":[{\"name\":\"EMPLOYEE_ID\","
               "\"regex\":\"EMP-[0-9]{6}\"}]}");
    test_paths("{\"patterns\":[{\"name\":\"A\",\"regex\":\"EMP/[0-9]+\"},"
               "{\"name\":\"B\",\"regex\":\"EMP-[0-9]{6}$\"}]}");
    test_paths("{\"patterns\":[{\"name\":\"A\","
               "\"regex\":\"[A-Z]{2}[0-9]{4}\",\"scan\":true},"
               "{\"name\":\"B\",\"regex\":\"[0-9]{2}5[0-9]\","
               "\"scan\":true}]}");
    test_paths("{\"detect\":[\"default\",\"us_bank\",\"passport\","
               "\"driver_license\",\"date_of_birth\"]}");
    test_paths("{\"fields\":[\"/*/*/pin\",\"/x/id\",\"/name/**/1\"]}");

    return done_testing();
}
