
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The masker: a stream in, the same stream without its secrets out.
 *
 * The invariant: for every split of the input into chunks the output is the
 * same bytes as for the whole.  Bytes that may still become part of a match
 * are held, at most "hold" bytes; past it the token is masked as a whole.  A
 * flush lets go of all that is decided, and of nothing else.  When nothing
 * matches the output is the input, byte for byte.
 *
 * JSON is judged on decoded strings; numbers are values too; JSON inside a
 * string is judged as JSON (three levels).  Masked JSON stays valid JSON.
 * Input that is not JSON, though it was announced as such, is judged as text
 * from there on; it is never passed for lack of understanding.
 */


#ifndef _HOOP_MASK_H_INCLUDED_
#define _HOOP_MASK_H_INCLUDED_


#include <jansson.h>

#include "hoop_core.h"


#define HOOP_MASK_HOLD     (16 * 1024)     /* default cap of held bytes */
#define HOOP_MASK_DEPTH    512             /* JSON nesting followed */
#define HOOP_PATTERN_NAMES 64              /* of patterns, in all sets */


typedef enum {
    HOOP_MASK_REDACT = 0,      /* [REDACTED:US_SSN] */
    HOOP_MASK_LAST4,
    HOOP_MASK_HASH,            /* keyed HMAC: equal values stay joinable */
    HOOP_MASK_NULL,
    HOOP_MASK_DROP,
    HOOP_MASK_STARS            /* one for each character but separators */
} hoop_mask_action_e;


/* Detectors by number; the names are lower case: "us_ssn". */

typedef enum {
    HOOP_DETECT_FIELD = 0,     /* by key name or path */
    HOOP_DETECT_US_SSN,
    HOOP_DETECT_CREDIT_CARD,
    HOOP_DETECT_EMAIL,
    HOOP_DETECT_AWS_KEY,
    HOOP_DETECT_GITHUB_TOKEN,
    HOOP_DETECT_STRIPE_KEY,
    HOOP_DETECT_JWT,
    HOOP_DETECT_PRIVATE_KEY,
    HOOP_DETECT_IBAN,
    HOOP_DETECT_PHONE,
    HOOP_DETECT_GOOGLE_KEY,
    HOOP_DETECT_AZURE_KEY,
    HOOP_DETECT_GITLAB_TOKEN,
    HOOP_DETECT_SLACK_TOKEN,
    HOOP_DETECT_SQUARE_TOKEN,
    HOOP_DETECT_TWILIO_KEY,
    HOOP_DETECT_SENDGRID_KEY,
    HOOP_DETECT_MAILGUN_KEY,
    HOOP_DETECT_SHOPIFY_TOKEN,
    HOOP_DETECT_REGISTRY_TOKEN,
    HOOP_DETECT_DIGITALOCEAN_TOKEN,
    HOOP_DETECT_DATABRICKS_TOKEN,
    HOOP_DETECT_ANTHROPIC_KEY,
    HOOP_DETECT_OPENAI_KEY,
    HOOP_DETECT_HUGGINGFACE_TOKEN,
    HOOP_DETECT_TELEGRAM_TOKEN,
    HOOP_DETECT_VAULT_TOKEN,
    HOOP_DETECT_GRAFANA_TOKEN,
    HOOP_DETECT_SENTRY_TOKEN,
    HOOP_DETECT_VENDOR_TOKEN,
    HOOP_DETECT_URL_PASSWORD,
    HOOP_DETECT_CONNECTION_STRING,
    HOOP_DETECT_GENERIC_SECRET,
    HOOP_DETECT_US_ITIN,       /* the first, and US_MBI the last, of IDS */
    HOOP_DETECT_UK_NHS,
    HOOP_DETECT_UK_NINO,
    HOOP_DETECT_CA_SIN,
    HOOP_DETECT_AU_TFN,
    HOOP_DETECT_AU_ABN,
    HOOP_DETECT_AU_MEDICARE,
    HOOP_DETECT_IN_AADHAAR,
    HOOP_DETECT_IN_PAN,
    HOOP_DETECT_BR_CPF,
    HOOP_DETECT_BR_CNPJ,
    HOOP_DETECT_US_MBI,
    HOOP_DETECT_US_ROUTING,
    HOOP_DETECT_US_BANK,
    HOOP_DETECT_PASSPORT,
    HOOP_DETECT_DRIVER_LICENSE,
    HOOP_DETECT_DATE_OF_BIRTH,
    HOOP_DETECT_US_NPI,
    HOOP_DETECT_IP_ADDRESS,
    HOOP_DETECT_MAC_ADDRESS,
    HOOP_DETECT_CRYPTO_WALLET,
    HOOP_DETECT_LITERAL,       /* an exact secret, as the injected credential */
    HOOP_DETECT_OVERLONG,      /* a token longer than the hold */
    HOOP_DETECT_MAX
} hoop_detect_e;

/* the patterns of users have numbers too: see hoop_pattern.h */
#define HOOP_DETECT_ALL  (HOOP_DETECT_MAX + HOOP_PATTERN_NAMES)


/* "US_SSN", as it stands in a label; lower-cased in policies and events */
const char *hoop_detect_label(unsigned detector);


/*
 * A mask set is compiled once and immutable: fields, detectors, one action.
 * hoop_mask_set_compile() takes the object of a policy's "masks" member:
 *   { "detect": ["us_ssn", ...], "fields": ["ssn", "/customer/email",
 *     "/(double star)/card_number"], "action": "redact",
 *     "patterns": [ ... ] }
 * pointer is where it stands in its file ("/masks/pii"), for messages only:
 * on error *where receives (strdup()ed) the pointer of the offending value.
 * detect NULL or absent: none.  "default" in detect: the default list.
 */
hoop_mask_set_t *hoop_mask_set_compile(json_t *conf, const char *pointer,
    char **where, hoop_error_t *err);
/* default detectors and default field names, action redact; static, never
   freed */
const hoop_mask_set_t *hoop_mask_set_default(void);
void hoop_mask_set_free(hoop_mask_set_t *set);


typedef enum {
    HOOP_MASK_TEXT = 0,        /* plain, and unknown text */
    HOOP_MASK_JSON,            /* one document, concatenated, NDJSON */
    HOOP_MASK_MARKUP,          /* XML, HTML: text, with elements of any length */
    HOOP_MASK_CONFIG,          /* YAML, TOML, ini: text, with "name: value" */
    HOOP_MASK_SSE,             /* text/event-stream */
    HOOP_MASK_FORM,            /* application/x-www-form-urlencoded */
    HOOP_MASK_CSV,             /* text/csv, text/tab-separated-values */
    HOOP_MASK_BINARY,          /* not text: the caller's policy decides */
    HOOP_MASK_REFUSE           /* text in a charset that cannot be judged */
} hoop_mask_mode_e;

/*
 * The mode for a Content-Type value (RFC 9110 8.3), "" for a missing one,
 * which is judged as text.  Charsets other than UTF-8, US-ASCII and
 * ISO-8859-1 / windows-1252 give REFUSE.
 */
hoop_mask_mode_e hoop_mask_mode(hoop_str_t content_type);
/*
 * 1 if a text with these first bytes, four if it has as many, is coded or in a
 * charset that no header told of: those of gzip and zstd, a byte order mark, or
 * the NULs of two ASCII characters in UTF-16 or of one in UTF-32 (RFC 4627, 3).
 */
int hoop_mask_coded(const u_char *head, size_t n);


typedef struct hoop_mask_s  hoop_mask_t;

/*
 * Takes the masked bytes.  Returns how many of them it took, 0..len; fewer
 * than len says "full", and hoop_mask_feed() then returns HOOP_AGAIN.
 * A negative value aborts with HOOP_ERROR.
 */
typedef ssize_t (*hoop_sink_pt)(void *ctx, const u_char *p, size_t len);

#define HOOP_MASK_FLUSH    0x01            /* let go of what is decided */
#define HOOP_MASK_LAST     0x02            /* the input ends after this */

/*
 * Up to 8 sets apply at once; the first that knows a field or detector says
 * the action.  literals (up to 8) are exact secrets to be masked wherever they
 * stand, as DETECT_LITERAL; shorter ones than 8 bytes are left out; the bytes
 * must outlive the masker, the array need not.  hold 0: HOOP_MASK_HOLD; it is
 * at least 8 KiB.  One malloc()ed object that owns bounded buffers, allocated
 * when needed; with them at most 2 * hold + 8 KiB, and for sets with paths 4 KiB
 * more and 4 KiB for each set, in JSON that is nested 512 deep.  What PCRE2
 * matches patterns with is not in there: that is of the set, for all streams.
 * NULL: no memory, too many of a thing, or a mode that is not text.
 */
hoop_mask_t *hoop_mask_create(hoop_mask_mode_e mode,
    const hoop_mask_set_t *const *sets, unsigned nsets,
    const hoop_str_t *literals, unsigned nliterals, size_t hold);
void hoop_mask_free(hoop_mask_t *m);

/* key for HOOP_MASK_HASH, copied; without one a random key of the process */
int hoop_mask_set_hash_key(hoop_mask_t *m, hoop_str_t key);

/*
 * Feeds [*p, end).  *p is moved over what was consumed.
 *   HOOP_OK      all was consumed and all that is decided was delivered
 *   HOOP_AGAIN   the sink is full: call again with the rest and the same flags
 *   HOOP_ERROR   cannot go on; nothing undecided was delivered.  Sticky.
 * With LAST everything is decided and delivered once HOOP_OK is returned.
 */
int hoop_mask_feed(hoop_mask_t *m, const u_char **p, const u_char *end,
    unsigned flags, hoop_sink_pt sink, void *ctx);

/* bytes that it has now */
size_t hoop_mask_memory(const hoop_mask_t *m);

/* values masked so far, indexed by detector, HOOP_DETECT_ALL of them */
const uint32_t *hoop_mask_counts(const hoop_mask_t *m);
uint32_t hoop_mask_total(const hoop_mask_t *m);

/*
 * Masks a whole value into out, for URIs, header values and bodies that go
 * into events: same rules, no stream.  counts may be NULL.
 */
int hoop_mask_whole(hoop_mask_mode_e mode, const hoop_mask_set_t *const *sets,
    unsigned nsets, const hoop_str_t *literals, unsigned nliterals,
    hoop_str_t in, hoop_buf_t *out, uint32_t *counts);

/*
 * Masks the value of a field that stands alone, as a header does, by its name:
 * what is put in place of all of it goes into out, nothing with the actions
 * "null" and "drop".  HOOP_DECLINED: none of the sets knows the name.
 */
int hoop_mask_named(const hoop_mask_set_t *const *sets, unsigned nsets,
    hoop_str_t name, hoop_str_t value, hoop_buf_t *out, uint32_t *counts);


#endif /* _HOOP_MASK_H_INCLUDED_ */
