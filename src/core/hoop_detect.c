
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The scan: candidates, and who looks at each.  See hoop_detect.h.
 */


#define _GNU_SOURCE    /* memmem() */

#include "hoop_block.h"
#include "hoop_head.h"
#include "hoop_pattern.h"
#include "hoop_token.h"


#define HOOP_SCAN_BLOCKS  8            /* at once */


#define D   (HOOP_C_DIGIT|HOOP_C_LOCAL|HOOP_C_TOKEN|HOOP_C_NAME)
#define H   (HOOP_C_ALPHA|HOOP_C_LOCAL|HOOP_C_HEX|HOOP_C_TOKEN|HOOP_C_NAME)
#define L   (HOOP_C_ALPHA|HOOP_C_LOCAL|HOOP_C_TOKEN|HOOP_C_NAME)
#define N   (HOOP_C_LOCAL|HOOP_C_TOKEN|HOOP_C_NAME)


const u_char  hoop_class[256] = {
    [0 ... 0x20] = HOOP_C_DELIM,
    ['0' ... '9'] = D,
    ['a' ... 'f'] = H, ['g' ... 'z'] = L,
    ['A' ... 'F'] = H, ['G' ... 'Z'] = L,
    ['.'] = N, ['-'] = N, ['_'] = N,
    ['%'] = HOOP_C_LOCAL, ['+'] = HOOP_C_LOCAL, ['~'] = HOOP_C_LOCAL,
    ['{'] = HOOP_C_DELIM, ['}'] = HOOP_C_DELIM,
    ['['] = HOOP_C_DELIM, [']'] = HOOP_C_DELIM,
    ['('] = HOOP_C_DELIM, [')'] = HOOP_C_DELIM,
    ['<'] = HOOP_C_DELIM, ['>'] = HOOP_C_DELIM,
    ['"'] = HOOP_C_DELIM, ['\''] = HOOP_C_DELIM, ['`'] = HOOP_C_DELIM,
    [','] = HOOP_C_DELIM, [';'] = HOOP_C_DELIM, ['&'] = HOOP_C_DELIM,
    ['|'] = HOOP_C_DELIM, [0x7f] = HOOP_C_DELIM
};

#undef D
#undef H
#undef L
#undef N


/* those that a set can ask for, and those that are in the default list */

#define HOOP_DETECT_ASK  1
#define HOOP_DETECT_ON   (HOOP_DETECT_ASK|2)
#define HOOP_DETECT_SECRET  (HOOP_DETECT_ON|4)


static const struct {
    const char  *label;
    unsigned     flags;
} hoop_detectors[HOOP_DETECT_MAX] = {
    [HOOP_DETECT_FIELD] = { "FIELD", 0 },
    [HOOP_DETECT_US_SSN] = { "US_SSN", HOOP_DETECT_ON },
    [HOOP_DETECT_CREDIT_CARD] = { "CREDIT_CARD", HOOP_DETECT_ON },
    [HOOP_DETECT_EMAIL] = { "EMAIL", HOOP_DETECT_ON },
    [HOOP_DETECT_AWS_KEY] = { "AWS_KEY", HOOP_DETECT_SECRET },
    [HOOP_DETECT_GITHUB_TOKEN] = { "GITHUB_TOKEN", HOOP_DETECT_SECRET },
    [HOOP_DETECT_STRIPE_KEY] = { "STRIPE_KEY", HOOP_DETECT_SECRET },
    [HOOP_DETECT_JWT] = { "JWT", HOOP_DETECT_SECRET },
    [HOOP_DETECT_PRIVATE_KEY] = { "PRIVATE_KEY", HOOP_DETECT_SECRET },
    [HOOP_DETECT_GOOGLE_KEY] = { "GOOGLE_KEY", HOOP_DETECT_SECRET },
    [HOOP_DETECT_AZURE_KEY] = { "AZURE_KEY", HOOP_DETECT_SECRET },
    [HOOP_DETECT_GITLAB_TOKEN] = { "GITLAB_TOKEN", HOOP_DETECT_SECRET },
    [HOOP_DETECT_SLACK_TOKEN] = { "SLACK_TOKEN", HOOP_DETECT_SECRET },
    [HOOP_DETECT_SQUARE_TOKEN] = { "SQUARE_TOKEN", HOOP_DETECT_SECRET },
    [HOOP_DETECT_TWILIO_KEY] = { "TWILIO_KEY", HOOP_DETECT_SECRET },
    [HOOP_DETECT_SENDGRID_KEY] = { "SENDGRID_KEY", HOOP_DETECT_SECRET },
    [HOOP_DETECT_MAILGUN_KEY] = { "MAILGUN_KEY", HOOP_DETECT_SECRET },
    [HOOP_DETECT_SHOPIFY_TOKEN] = { "SHOPIFY_TOKEN", HOOP_DETECT_SECRET },
    [HOOP_DETECT_REGISTRY_TOKEN] = { "REGISTRY_TOKEN", HOOP_DETECT_SECRET },
    [HOOP_DETECT_DIGITALOCEAN_TOKEN] = { "DIGITALOCEAN_TOKEN",
                                         HOOP_DETECT_SECRET },
    [HOOP_DETECT_DATABRICKS_TOKEN] = { "DATABRICKS_TOKEN", HOOP_DETECT_SECRET },
    [HOOP_DETECT_ANTHROPIC_KEY] = { "ANTHROPIC_KEY", HOOP_DETECT_SECRET },
    [HOOP_DETECT_OPENAI_KEY] = { "OPENAI_KEY", HOOP_DETECT_SECRET },
    [HOOP_DETECT_HUGGINGFACE_TOKEN] = { "HUGGINGFACE_TOKEN",
                                         HOOP_DETECT_SECRET },
    [HOOP_DETECT_TELEGRAM_TOKEN] = { "TELEGRAM_TOKEN", HOOP_DETECT_SECRET },
    [HOOP_DETECT_VAULT_TOKEN] = { "VAULT_TOKEN", HOOP_DETECT_SECRET },
    [HOOP_DETECT_GRAFANA_TOKEN] = { "GRAFANA_TOKEN", HOOP_DETECT_SECRET },
    [HOOP_DETECT_SENTRY_TOKEN] = { "SENTRY_TOKEN", HOOP_DETECT_SECRET },
    [HOOP_DETECT_VENDOR_TOKEN] = { "VENDOR_TOKEN", HOOP_DETECT_SECRET },
    [HOOP_DETECT_IBAN] = { "IBAN", HOOP_DETECT_ON },
    [HOOP_DETECT_PHONE] = { "PHONE", HOOP_DETECT_ON },
    [HOOP_DETECT_URL_PASSWORD] = { "URL_PASSWORD", HOOP_DETECT_SECRET },
    [HOOP_DETECT_CONNECTION_STRING] = { "CONNECTION_STRING",
                                        HOOP_DETECT_SECRET },
    [HOOP_DETECT_GENERIC_SECRET] = { "GENERIC_SECRET", HOOP_DETECT_ASK },
    [HOOP_DETECT_US_ITIN] = { "US_ITIN", HOOP_DETECT_ASK },
    [HOOP_DETECT_UK_NHS] = { "UK_NHS", HOOP_DETECT_ASK },
    [HOOP_DETECT_UK_NINO] = { "UK_NINO", HOOP_DETECT_ASK },
    [HOOP_DETECT_CA_SIN] = { "CA_SIN", HOOP_DETECT_ASK },
    [HOOP_DETECT_AU_TFN] = { "AU_TFN", HOOP_DETECT_ASK },
    [HOOP_DETECT_AU_ABN] = { "AU_ABN", HOOP_DETECT_ASK },
    [HOOP_DETECT_AU_MEDICARE] = { "AU_MEDICARE", HOOP_DETECT_ASK },
    [HOOP_DETECT_IN_AADHAAR] = { "IN_AADHAAR", HOOP_DETECT_ASK },
    [HOOP_DETECT_IN_PAN] = { "IN_PAN", HOOP_DETECT_ASK },
    [HOOP_DETECT_BR_CPF] = { "BR_CPF", HOOP_DETECT_ASK },
    [HOOP_DETECT_BR_CNPJ] = { "BR_CNPJ", HOOP_DETECT_ASK },
    [HOOP_DETECT_US_MBI] = { "US_MBI", HOOP_DETECT_ASK },
    [HOOP_DETECT_US_ROUTING] = { "US_ROUTING", HOOP_DETECT_ASK },
    [HOOP_DETECT_US_BANK] = { "US_BANK", HOOP_DETECT_ASK },
    [HOOP_DETECT_PASSPORT] = { "PASSPORT", HOOP_DETECT_ASK },
    [HOOP_DETECT_DRIVER_LICENSE] = { "DRIVER_LICENSE", HOOP_DETECT_ASK },
    [HOOP_DETECT_DATE_OF_BIRTH] = { "DATE_OF_BIRTH", HOOP_DETECT_ASK },
    [HOOP_DETECT_US_NPI] = { "US_NPI", HOOP_DETECT_ASK },
    [HOOP_DETECT_IP_ADDRESS] = { "IP_ADDRESS", HOOP_DETECT_ASK },
    [HOOP_DETECT_MAC_ADDRESS] = { "MAC_ADDRESS", HOOP_DETECT_ASK },
    [HOOP_DETECT_CRYPTO_WALLET] = { "CRYPTO_WALLET", HOOP_DETECT_ASK },
    [HOOP_DETECT_LITERAL] = { "LITERAL", 0 },
    [HOOP_DETECT_OVERLONG] = { "OVERLONG", 0 }
};


const char *
hoop_detect_label(unsigned detector)
{
    return detector < HOOP_DETECT_MAX ? hoop_detectors[detector].label
                                      : hoop_pattern_label(
                                            detector - HOOP_DETECT_MAX);
}


uint64_t
hoop_detect_default(void)
{
    unsigned  i;
    uint64_t  bits;

    bits = 0;

    for (i = 0; i < HOOP_DETECT_MAX; i++) {
        if ((hoop_detectors[i].flags & HOOP_DETECT_ON) == HOOP_DETECT_ON) {
            bits |= hoop_bit(i);
        }
    }

    return bits;
}


uint64_t
hoop_detect_secrets(void)
{
    unsigned  i;
    uint64_t  bits;

    bits = 0;

    for (i = 0; i < HOOP_DETECT_MAX; i++) {
        if (hoop_detectors[i].flags == HOOP_DETECT_SECRET) {
            bits |= hoop_bit(i);
        }
    }

    return bits;
}


int
hoop_detect_by_name(hoop_str_t name)
{
    size_t       k;
    unsigned     i;
    const char  *label;

    for (i = 0; i < HOOP_DETECT_MAX; i++) {
        label = hoop_detectors[i].label;

        if (!(hoop_detectors[i].flags & HOOP_DETECT_ASK)
            || strlen(label) != name.len)
        {
            continue;
        }

        for (k = 0; k < name.len; k++) {
            if (name.data[k] != hoop_lower((u_char) label[k])) {
                break;
            }
        }

        if (k == name.len) {
            return (int) i;
        }
    }

    return -1;
}


/* the candidates of a block, and which of them are what */

typedef struct {
    uint64_t  all;
    uint64_t  number;
    uint64_t  iban;
    uint64_t  rare;
    uint64_t  context;
    uint64_t  head;
} hoop_candidates_t;


/*
 * n blocks from i on, and the one behind them.  Behind the window there is
 * nothing if the text ends there, else what would make most numbers longer.
 */

static void
hoop_scan_blocks(const hoop_scan_t *s, size_t i, unsigned n, hoop_block_t *b)
{
    size_t    k;
    uint64_t  beyond;

    n++;

    k = (s->n - i + HOOP_BLOCK - 1) / HOOP_BLOCK;
    k = (k > n) ? n : k;

    hoop_blocks_of(s->p + i, s->limit - (s->p + i), k, b);
    memset(b + k, 0, (n - k) * sizeof(hoop_block_t));

    i += n * HOOP_BLOCK;
    b += n;

    /* what was classified behind the window */

    while (i > s->n) {
        i -= HOOP_BLOCK;
        b--;

        beyond = ~(uint64_t) 0;

        if (i < s->n) {
            beyond <<= s->n - i;
        }

        b->head &= ~beyond;
        b->at &= ~beyond;
        b->sign &= ~beyond;
        b->brace &= ~beyond;
        b->dot &= ~beyond;
        b->high &= ~beyond;
        b->plus &= ~beyond;

        if (s->final) {
            b->digit &= ~beyond;
            b->gap &= ~beyond;
            b->upper &= ~beyond;

        } else {
            b->digit |= beyond;
            b->gap |= beyond;
            b->upper |= beyond;
        }
    }
}


uint64_t
hoop_scan_rare(uint64_t detect, const hoop_block_t *b)
{
    uint64_t  rare;

    rare = (detect & HOOP_DETECT_IDS) ? hoop_block_ids(b) : 0;

    if (detect & HOOP_DETECT_ADDRESSES) {
        rare |= hoop_block_addresses(b);
    }

    if (detect & hoop_bit(HOOP_DETECT_CRYPTO_WALLET)) {
        rare |= hoop_block_wallets(b);
    }

    return rare;
}


/* digit: whether the byte before is one; and then, the last one of these */

static void
hoop_scan_candidates(const hoop_scan_t *s, size_t i, const hoop_block_t *b,
    uint64_t *digit, hoop_candidates_t *c)
{
    c->number = hoop_block_numbers(b, *digit, &c->context);
    *digit = b->digit >> 63;

    if ((s->detect & HOOP_DETECT_CONTEXT) == 0) {
        c->context = 0;
    }

    if (s->detect & HOOP_DETECT_ASKED) {
        c->context |= hoop_block_begins(b);
    }

    c->iban = (s->detect & hoop_bit(HOOP_DETECT_IBAN))
              ? hoop_block_ibans(b) : 0;

    c->rare = (s->detect & HOOP_DETECT_RARE) ? hoop_scan_rare(s->detect, b) : 0;

    if (s->detect & HOOP_DETECT_ADDRESSES) {
        c->rare |= b->sign;
    }

    if (s->n - i < HOOP_BLOCK) {
        c->number &= ((uint64_t) 1 << (s->n - i)) - 1;
        c->iban &= ((uint64_t) 1 << (s->n - i)) - 1;
        c->rare &= ((uint64_t) 1 << (s->n - i)) - 1;
        c->context &= ((uint64_t) 1 << (s->n - i)) - 1;
    }

    c->head = b->head;
    c->all = c->number | c->iban | c->rare | c->context | c->head | b->at;

    if (s->detect & hoop_bit(HOOP_DETECT_PHONE)) {
        c->all |= hoop_block_phones(b);
    }

    if (s->names || (s->detect & HOOP_DETECT_PAIRS)) {
        c->all |= b->sign;
    }

    if (s->json) {
        c->all |= b->brace;
    }
}


/* the names that a set asks for go before those that are known anyway */

static int
hoop_candidate_sign(hoop_scan_t *s, size_t i, hoop_scan_e *event)
{
    int  rc;

    if (s->p[i] == '>') {
        return s->names ? hoop_detect_markup(s, i, event) : HOOP_NO;
    }

    rc = HOOP_NO;

    if (s->p[i] == ':' && (s->detect & hoop_bit(HOOP_DETECT_URL_PASSWORD))) {
        rc = hoop_detect_url(s, i);
    }

    if (rc == HOOP_NO && s->names && s->config) {
        *event = HOOP_SCAN_LINE;
        rc = hoop_detect_config(s, i);
    }

    if (rc == HOOP_NO && s->names) {
        *event = HOOP_SCAN_VALUE;
        rc = hoop_detect_value(s, i);

        if (rc == HOOP_NO) {
            rc = hoop_detect_markup(s, i, event);
        }
    }

    if (rc == HOOP_NO && s->p[i] == '='
        && (s->detect & hoop_bit(HOOP_DETECT_CONNECTION_STRING)))
    {
        rc = hoop_detect_pair(s, i, event);
    }

    if (rc == HOOP_NO
        && (s->detect & hoop_bit(HOOP_DETECT_GENERIC_SECRET)))
    {
        rc = hoop_detect_generic(s, i);
    }

    return rc;
}


static int
hoop_candidate_rare(hoop_scan_t *s, size_t i)
{
    int  rc;

    rc = (s->detect & HOOP_DETECT_IDS) ? hoop_detect_id(s, i) : HOOP_NO;

    if (rc == HOOP_NO && (s->detect & HOOP_DETECT_ADDRESSES)) {
        rc = hoop_detect_address(s, i);
    }

    if (rc == HOOP_NO && (s->detect & hoop_bit(HOOP_DETECT_CRYPTO_WALLET))) {
        rc = hoop_detect_wallet(s, i);
    }

    return rc;
}


static int
hoop_candidate(hoop_scan_t *s, const hoop_candidates_t *c, size_t i,
    hoop_scan_e *event)
{
    int       rc;
    uint64_t  bit;

    bit = (uint64_t) 1 << i % HOOP_BLOCK;

    *event = HOOP_SCAN_TOKEN;

    if ((c->head & bit)
        && (s->n - i < HOOP_HEAD || hoop_head_may(s->p + i)))
    {
        rc = hoop_detect_head(s, i, event);

        if (rc != HOOP_NO) {
            return rc;
        }
    }

    if (c->number & bit) {
        rc = hoop_detect_number(s, i);

        if (rc != HOOP_NO) {
            return rc;
        }
    }

    if (c->iban & bit) {
        rc = hoop_detect_iban(s, i);

        if (rc != HOOP_NO) {
            return rc;
        }
    }

    if (c->rare & bit) {
        rc = hoop_candidate_rare(s, i);

        if (rc != HOOP_NO) {
            return rc;
        }
    }

    if (c->context & bit) {
        return hoop_detect_context(s, i);
    }

    switch (s->p[i]) {

    case '+':
    case '(':

        if ((s->detect & hoop_bit(HOOP_DETECT_PHONE)) == 0) {
            return HOOP_NO;
        }

        rc = hoop_detect_phone(s, i);

        return (rc == HOOP_NO && s->p[i] == '(') ? hoop_detect_context(s, i)
                                                 : rc;

    case '@':
        return (s->detect & hoop_bit(HOOP_DETECT_EMAIL))
               ? hoop_detect_email(s, i) : HOOP_NO;

    case ':':
    case '=':
    case '>':
        return hoop_candidate_sign(s, i, event);

    case '{':
        if (i + 1 == s->n) {
            return hoop_more(s, i);
        }

        *event = HOOP_SCAN_JSON;
        (void) hoop_yes(s, i, i, 0);
        return s->p[i + 1] == '"' ? HOOP_EVENT : HOOP_NO;
    }

    return HOOP_NO;
}


/*
 * The first literal in the window: 1 and [start, end).  *part is where the
 * beginning of one stands at the end of the window, or n.
 */

static int
hoop_literal(const hoop_scan_t *s, size_t *start, size_t *end, size_t *part,
    unsigned *which)
{
    int            found;
    size_t         len, k, from;
    unsigned       i;
    const u_char  *p, *q;

    found = 0;
    *part = s->n;

    for (i = 0; i < s->nliterals; i++) {
        p = s->literals[i].data;
        len = s->literals[i].len;

        if (len > HOOP_SCAN_LITERAL) {
            len = HOOP_SCAN_LITERAL;
        }

        if (len == 0) {
            continue;
        }

        q = memmem(s->p, s->n, p, len);

        if (q && (!found || (size_t) (q - s->p) < *start
                  || ((size_t) (q - s->p) == *start
                      && s->literals[i].len > s->literals[*which].len)))
        {
            found = 1;
            *which = i;
            *start = q - s->p;
            *end = *start + len;
        }

        if (s->final) {
            continue;
        }

        from = (s->n >= len) ? s->n - len + 1 : 0;

        for (k = from; k < s->n && k < *part; k++) {
            if (s->p[k] == p[0] && memcmp(s->p + k, p, s->n - k) == 0) {
                *part = k;
                break;
            }
        }
    }

    /* the longest of those that begin at one place must be known */

    if (found && *part <= *start) {
        found = 0;
    }

    return found;
}


/*
 * What may be let go: all before clear, but for what may become a token, and
 * for the local part of an address whose @ stands at clear or behind it.
 */

static hoop_scan_e
hoop_clear(hoop_scan_t *s, size_t clear)
{
    size_t  tail, end;

    s->start = clear;
    s->from = clear;

    if (s->final) {
        return HOOP_SCAN_CLEAR;
    }

    tail = hoop_token_tail(s->p, s->n);
    end = s->n;

    if (clear < tail) {
        tail = clear;
        end = clear;
    }

    while (tail > 0 && end - tail < HOOP_LOCAL_MAX
           && hoop_is(s->p[tail - 1], HOOP_C_LOCAL))
    {
        tail--;
    }

    s->start = tail;
    s->from = tail;

    return HOOP_SCAN_CLEAR;
}


/*
 * A literal goes before all others: it parts the text, and what stands before
 * it is judged as if the text ended there.  Where one may have begun at the
 * end of the window, nothing behind that is looked at yet.
 */

hoop_scan_e
hoop_scan_known(hoop_scan_t *s)
{
    int                rc, literal;
    size_t             i, k, lend, part;
    unsigned           j, n, which;
    uint64_t           digit;
    hoop_scan_e        event;
    hoop_block_t       b[HOOP_SCAN_BLOCKS + 1];
    hoop_candidates_t  c;

    k = 0;
    s->nodot = 0;
    which = 0;
    lend = 0;
    literal = 0;

    if (s->nliterals) {
        literal = hoop_literal(s, &k, &lend, &part, &which);

        if (literal) {
            s->n = k;
            s->final = 1;

        } else {
            s->n = part;
        }
    }

    rc = hoop_before(s, 0, 1);
    digit = (rc >= 0 && hoop_is(rc, HOOP_C_DIGIT));

    /* few blocks at first: most windows have a candidate soon, or end */

    for (i = 0, n = 1; i < s->n; n = (n < HOOP_SCAN_BLOCKS) ? n * 2 : n) {

        hoop_scan_blocks(s, i, n, b);

        for (j = 0; j < n && i < s->n; j++, i += HOOP_BLOCK) {

            hoop_scan_candidates(s, i, &b[j], &digit, &c);

            while (c.all) {
                k = i + hoop_bit_first(c.all);
                c.all &= c.all - 1;

                rc = hoop_candidate(s, &c, k, &event);

                if (rc == HOOP_NO) {
                    continue;
                }

                if (rc == HOOP_MORE) {
                    return hoop_clear(s, s->start);
                }

                s->from = (k < s->start) ? k : s->start;

                return (rc == HOOP_EVENT) ? event : HOOP_SCAN_MATCH;
            }
        }
    }

    if (!literal) {
        return hoop_clear(s, s->n);
    }

    (void) hoop_yes(s, s->n, lend, HOOP_DETECT_LITERAL);
    s->from = s->n;
    s->literal = which;

    return (s->literals[which].len > HOOP_SCAN_LITERAL) ? HOOP_SCAN_PREFIX
                                                        : HOOP_SCAN_MATCH;
}


hoop_scan_e
hoop_scan(hoop_scan_t *s)
{
    hoop_scan_e  event;

    event = hoop_scan_known(s);

    return s->npatterns ? hoop_detect_pattern(s, event) : event;
}


size_t
hoop_scan_token(const u_char *p, size_t n)
{
    size_t  k;

    for (k = 0; k < n && hoop_is(p[k], HOOP_C_TOKEN); k++) { /* void */ }

    return k;
}


size_t
hoop_scan_word(const u_char *p, size_t n)
{
    size_t  k;

    for (k = 0; k < n && !hoop_is(p[k], HOOP_C_DELIM); k++) { /* void */ }

    return k;
}


size_t
hoop_scan_name(const u_char *p)
{
    size_t  k;

    for (k = 0; k < HOOP_NAME_MAX && hoop_is(p[-1 - (ssize_t) k], HOOP_C_NAME);
         k++)
    {
        /* void */
    }

    return k;
}


int
hoop_scan_pem(u_char c)
{
    return hoop_is(c, HOOP_C_ALNUM) || c == '+' || c == '/' || c == '='
           || c == '\n' || c == '\r' || c == ' ' || c == '\t' || c == '\\'
           || c == '-' || c == ':' || c == ',' || c == '.' || c == '_'
           || c == '(' || c == ')'

           /* what comments, quotes and diffs put before a line */

           || c == '*' || c == '#' || c == '>' || c == '|';
}
