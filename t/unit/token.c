
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The table of tokens: each row is found in every mode and however the text is
 * split, what looks like one stays, and the heads are rare in what has none.
 *
 * No token stands here as such: they are made of a pattern, in which {u16} is
 * sixteen characters of a set.
 */


#include <stdio.h>
#include <stdlib.h>

#include "../../src/core/hoop_block.h"
#include "../../src/core/hoop_head.h"
#include "../../src/core/hoop_mask.h"
#include "../../src/core/hoop_token.h"
#include "tap.h"


typedef struct {
    const char  *label;
    const char  *pattern;
} token_case_t;


static const token_case_t  tokens[] = {
    { "AWS_KEY", "AKIA{u16}" },
    { "AWS_KEY", "ASIA{u16}" },
    { "AWS_KEY", "ABIA{u16}" },
    { "AWS_KEY", "ACCA{u16}" },
    { "AWS_KEY", "A3TX{u16}" },
    { "AWS_KEY", "ABSK{b109}" },
    { "GOOGLE_KEY", "AIza{w35}" },
    { "GOOGLE_KEY", "GOCSPX-{w28}" },
    { "GOOGLE_KEY", "ya29.{w60}" },
    { "AZURE_KEY", "a7B8Q~{w34}" },
    { "AZURE_KEY", "_~.1Q~{w31}" },
    { "GITHUB_TOKEN", "ghp_{a36}" },
    { "GITHUB_TOKEN", "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" },
    { "REGISTRY_TOKEN", "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" },
    { "REGISTRY_TOKEN", "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" },
    { "GITHUB_TOKEN", "ghs_{a36}" },
    { "GITHUB_TOKEN", "github_pat_{a22}_{a59}" },
    { "GITLAB_TOKEN", "glpat-{w20}" },
    { "GITLAB_TOKEN", "glpat-{w27}.{x9}" },
    { "GITLAB_TOKEN", "gldt-{w20}" },
    { "GITLAB_TOKEN", "glft-{w20}" },
    { "GITLAB_TOKEN", "glrt-{w20}" },
    { "GITLAB_TOKEN", "glptt-{x40}" },
    { "GITLAB_TOKEN", "gloas-{x64}" },
    { "GITLAB_TOKEN", "glsoat-{w20}" },
    { "GITLAB_TOKEN", "glcbt-{a2}_{w20}" },
    { "GITLAB_TOKEN", "glagent-{w50}" },
    { "GITLAB_TOKEN", "glimt-{w25}" },
    { "GITLAB_TOKEN", "glffct-{w20}" },
    { "SLACK_TOKEN", "xoxb-{d12}-{d12}-{a24}" },
    { "SLACK_TOKEN", "xoxp-{d12}-{d12}-{d12}-{x32}" },
    { "SLACK_TOKEN", "xoxa-2-{d10}-{a24}" },
    { "SLACK_TOKEN", "xoxr-{d10}-{a24}" },
    { "SLACK_TOKEN", "xoxo-{d9}-{d9}-{x20}" },
    { "SLACK_TOKEN", "xoxs-{d9}-{d9}-{x20}" },
    { "SLACK_TOKEN", "xoxe.xoxb-1-{u163}" },
    { "SLACK_TOKEN", "xoxe-1-{u146}" },
    { "SLACK_TOKEN", "xapp-1-{u11}-{d13}-{x64}" },
    { "SLACK_TOKEN", "hooks.slack.com/services/T{u8}/B{u8}/{a24}" },
    { "SLACK_TOKEN", "hooks.slack.com/workflows/T{u8}/A{u8}/{d17}/{a24}" },
    { "STRIPE_KEY", "sk_live_{a24}" },
    { "STRIPE_KEY", "rk_prod_{a99}" },
    { "STRIPE_KEY", "sk_test_{a10}" },
    { "STRIPE_KEY", "whsec_{a32}" },
    { "SQUARE_TOKEN", "EAAA{w60}" },
    { "SQUARE_TOKEN", "sq0atp-{w22}" },
    { "SQUARE_TOKEN", "sq0csp-{w43}" },
    { "TWILIO_KEY", "SK{x32}" },
    { "SENDGRID_KEY", "SG.{w22}.{w43}" },
    { "MAILGUN_KEY", "key-{x32}" },
    { "SHOPIFY_TOKEN", "shpat_{x32}" },
    { "SHOPIFY_TOKEN", "shpca_{x32}" },
    { "SHOPIFY_TOKEN", "shppa_{x32}" },
    { "SHOPIFY_TOKEN", "shpss_{x32}" },
    { "REGISTRY_TOKEN", "npm_{a36}" },
    { "REGISTRY_TOKEN", "pypi-AgEIcHlwaS5vcmc{w120}" },
    { "REGISTRY_TOKEN", "rubygems_{x48}" },
    { "REGISTRY_TOKEN", "dckr_pat_{w27}" },
    { "REGISTRY_TOKEN", "dckr_oat_{w32}" },
    { "DIGITALOCEAN_TOKEN", "dop_v1_{x64}" },
    { "DIGITALOCEAN_TOKEN", "doo_v1_{x64}" },
    { "DIGITALOCEAN_TOKEN", "dor_v1_{x64}" },
    { "DATABRICKS_TOKEN", "dapi{x32}" },
    { "ANTHROPIC_KEY", "sk-ant-api03-{w93}AA" },
    { "ANTHROPIC_KEY", "sk-ant-admin01-{w93}AA" },
    { "OPENAI_KEY", "sk-proj-{w74}T3BlbkFJ{w74}" },
    { "OPENAI_KEY", "sk-svcacct-{w58}T3BlbkFJ{w58}" },
    { "OPENAI_KEY", "sk-admin-{w58}T3BlbkFJ{w58}" },
    { "OPENAI_KEY", "sk-{a20}T3BlbkFJ{a20}" },
    { "HUGGINGFACE_TOKEN", "hf_{a34}" },
    { "HUGGINGFACE_TOKEN", "api_org_{a34}" },
    { "TELEGRAM_TOKEN", "{d10}:AA{w33}" },
    { "TELEGRAM_TOKEN", "{d8}:AA{w33}" },
    { "VAULT_TOKEN", "hvs.{w96}" },
    { "VAULT_TOKEN", "hvb.{w150}" },
    { "GRAFANA_TOKEN", "glsa_{a32}_{x8}" },
    { "GRAFANA_TOKEN", "glc_{b80}" },
    { "GRAFANA_TOKEN", "eyJrIjoi{a90}" },
    { "SENTRY_TOKEN", "sntrys_eyJ{b120}_{a43}" },
    { "SENTRY_TOKEN", "sntryu_{x64}" },
    { "VENDOR_TOKEN", "ops_eyJ{a250}" },
    { "VENDOR_TOKEN", "HRKU-AA{w58}" },
    { "VENDOR_TOKEN", "ATATT3{w180}={u8}" },
    { "VENDOR_TOKEN", "lin_api_{a40}" },
    { "VENDOR_TOKEN", "PMAK-{x24}-{x34}" },
    { "VENDOR_TOKEN", "NRAK-{u27}" },
    { "VENDOR_TOKEN", "pscale_tkn_{w43}" },
    { "VENDOR_TOKEN", "pscale_pw_{w43}" },
    { "VENDOR_TOKEN", "A3-{u6}-{u11}-{u5}-{u5}-{u5}" },
    { "VENDOR_TOKEN", "A3-{u6}-{u6}-{u5}-{u5}-{u5}-{u5}" },
    { "AWS_KEY", "bedrock-api-key-{a60}" },
    { "GITLAB_TOKEN", "GR1348941{w20}" },
    { "GITLAB_TOKEN", "_gitlab_session={x32}" },
    { "SLACK_TOKEN", "xoxa-2-{a16}" },
    { "SLACK_TOKEN", "xapp-1-A{u8}-{d4}-{x12}" },
    { "VENDOR_TOKEN", "LTAI{a20}" },
    { "VENDOR_TOKEN", "AKCp{a69}" },
    { "VENDOR_TOKEN", "cmVmdGtu{a56}" },
    { "VENDOR_TOKEN", "4b1d{a38}" },
    { "VENDOR_TOKEN", "CLOJARS_{x60}" },
    { "VENDOR_TOKEN", "dp.pt.{a43}" },
    { "VENDOR_TOKEN", "dp.st.dev.{a43}" },
    { "VENDOR_TOKEN", "duffel_live_{w43}" },
    { "VENDOR_TOKEN", "dt0c01.{u24}.{u64}" },
    { "VENDOR_TOKEN", "EZAK{a54}" },
    { "VENDOR_TOKEN", "EZTK{a54}" },
    { "VENDOR_TOKEN", "EAAM{a120}" },
    { "VENDOR_TOKEN", "EAAC{a180}" },
    { "VENDOR_TOKEN", "FLWSECK_TEST-{x32}-X" },
    { "VENDOR_TOKEN", "fo1_{w43}" },
    { "VENDOR_TOKEN", "fm2_{b120}" },
    { "VENDOR_TOKEN", "fm1a_{b120}" },
    { "VENDOR_TOKEN", "fio-u-{w64}" },
    { "VENDOR_TOKEN", "{a14}.atlasv1.{w67}" },
    { "VENDOR_TOKEN", "s-s4t2ud-{x64}" },
    { "VENDOR_TOKEN", "s-s4t2af-{x64}" },
    { "VENDOR_TOKEN", "ntn_{d11}{a35}" },
    { "VENDOR_TOKEN", "API-{u26}" },
    { "VENDOR_TOKEN", "pplx-{a48}" },
    { "VENDOR_TOKEN", "pul-{x40}" },
    { "VENDOR_TOKEN", "rdme_{x70}" },
    { "VENDOR_TOKEN", "tk-us-{w48}" },
    { "VENDOR_TOKEN", "xkeysib-{x64}-{a16}" },
    { "VENDOR_TOKEN", "sm_pat_{a16}" },
    { "VENDOR_TOKEN", "sm_aat_{a20}" },
    { "VENDOR_TOKEN", "shippo_live_{x40}" },
    { "VENDOR_TOKEN", "sgp_{x40}" },
    { "VENDOR_TOKEN", "sgp_{x16}_{x40}" },
    { "VENDOR_TOKEN", "v1.0-{x24}-{x146}" },
    { "VENDOR_TOKEN", "ico-{a32}" },
    { "VENDOR_TOKEN", "pnu_{a36}" },
    { "VENDOR_TOKEN", "alcht_{a30}" },
    { "VENDOR_TOKEN", "apify_api_{a36}" },
    { "VENDOR_TOKEN", "CFPAT-{w43}" },
    { "VENDOR_TOKEN", "ddp_{a36}" },
    { "VENDOR_TOKEN", "ddw_{a36}" },
    { "VENDOR_TOKEN", "figd_{w40}" },
    { "VENDOR_TOKEN", "figp_{w48}" },
    { "VENDOR_TOKEN", "figo_{w40}" },
    { "VENDOR_TOKEN", "shltm_{w40}" },
    { "VENDOR_TOKEN", "gsk_{a52}" },
    { "VENDOR_TOKEN", "pat.{a22}.{x24}.{a20}" },
    { "VENDOR_TOKEN", "pat-na1-{x8}-{x4}-{x4}-{x4}-{x12}" },
    { "VENDOR_TOKEN", "pat-eu1-{x8}-{x4}-{x4}-{x4}-{x12}" },
    { "VENDOR_TOKEN", "sk-lf-{x8}-{x4}-{x4}-{x4}-{x12}" },
    { "VENDOR_TOKEN", "lsv2_pt_{x32}_{x10}" },
    { "VENDOR_TOKEN", "lsv2_sk_{x32}_{x10}" },
    { "VENDOR_TOKEN", "api-{x8}-{x4}-{x4}-{x4}-{x12}" },
    { "VENDOR_TOKEN", "sdk-{x8}-{x4}-{x4}-{x4}-{x12}" },
    { "VENDOR_TOKEN", "sk.eyJ{a90}.{a22}" },
    { "VENDOR_TOKEN", "webhook.office.com/webhookb2/{x8}-{x4}-{x4}-"
      "{x4}-{x12}@{x8}-{x4}-{x4}-{x4}-{x12}/IncomingWebhook/{x32}/{x8}"
      "-{x4}-{x4}-{x4}-{x12}" },
    { "VENDOR_TOKEN", "discord.com/api/webhooks/{d18}/{w68}" },
    { "VENDOR_TOKEN", "discordapp.com/api/webhooks/{d18}/{w68}" },
    { "VENDOR_TOKEN", "hooks.zapier.com/hooks/catch/{d7}/{a7}" },
    { "VENDOR_TOKEN", "NRII-{w32}" },
    { "VENDOR_TOKEN", "NRIQ-{w32}" },
    { "VENDOR_TOKEN", "NRRA-{x42}" },
    { "VENDOR_TOKEN", "nvapi-{w64}" },
    { "VENDOR_TOKEN", "ak_live_{a30}" },
    { "VENDOR_TOKEN", "ak_test_{a30}" },
    { "VENDOR_TOKEN", "phx_{a43}" },
    { "VENDOR_TOKEN", "rootly_{x64}" },
    { "VENDOR_TOKEN", "slk_{x64}" },
    { "VENDOR_TOKEN", "spu-{x32}" },
    { "VENDOR_TOKEN", "sbp_{x40}" },
    { "VENDOR_TOKEN", "tskey-auth-{a11}-{a32}" },
    { "VENDOR_TOKEN", "tkn.v1_{a71}=" },
    { "VENDOR_TOKEN", "xai-{a80}" },
    { "VENDOR_TOKEN", "BBFF-{a30}" },
    { "VENDOR_TOKEN", "sk_pr_default_{x40}" },
    { "VENDOR_TOKEN", "rh-api-{x8}-{x4}-{x4}-{x4}-{x12}" },
    { "VENDOR_TOKEN", "mlsn.{x64}" },
    { "VENDOR_TOKEN", "tfp_{a44}" },
    { "VENDOR_TOKEN", "bkua_{x40}" },
    { "VENDOR_TOKEN", "CCIPAT_{a22}_{x40}" },
    { "VENDOR_TOKEN", "CCIPRJ_{a22}_{x40}" },
    { "VENDOR_TOKEN", "snyk_uat.{x8}.{w80}" },
    { "VENDOR_TOKEN", "snyk_sat.{x8}.{w80}" },
    { "VENDOR_TOKEN", "pcsk_{a6}_{a58}" },
    { "VENDOR_TOKEN", "sk-or-v1-{x64}" },
    { "VENDOR_TOKEN", "csk-{a48}" },
    { "VENDOR_TOKEN", "jina_{a60}" },
    { "VENDOR_TOKEN", "tvly-dev-{a32}" },
    { "VENDOR_TOKEN", "e2b_{x40}" },
    { "VENDOR_TOKEN", "napi_{a64}" },
    { "VENDOR_TOKEN", "signkey-prod-{x64}" },
    { "VENDOR_TOKEN", "secret-live-{w36}" },
    { "VENDOR_TOKEN", "access-production-{x8}-{x4}-{x4}-{x4}-{x12}" },
    { "VENDOR_TOKEN", "access-sandbox-{x8}-{x4}-{x4}-{x4}-{x12}" },
    { "VENDOR_TOKEN", "access-development-{x8}-{x4}-{x4}-{x4}-{x12}" },
    { "VENDOR_TOKEN", "ATTA{x72}" },
    { "VENDOR_TOKEN", "nfp_{a36}" },
    { "VENDOR_TOKEN", "rnd_{a28}" },
    { "VENDOR_TOKEN", "vercel_blob_rw_{a16}_{a30}" },
    { "VENDOR_TOKEN", "squ_{x40}" },
    { "VENDOR_TOKEN", "sqp_{x40}" },
    { "VENDOR_TOKEN", "sqa_{x40}" },
    { "VENDOR_TOKEN", "AKID{a32}" },
    { "VENDOR_TOKEN", "hcaik_{a58}" },
    { "VENDOR_TOKEN", "xaat-{x8}-{x4}-{x4}-{x4}-{x12}" },
    { "VENDOR_TOKEN", "xapt-{x8}-{x4}-{x4}-{x4}-{x12}" },
    { "VENDOR_TOKEN", "pylf_v1_us_{a43}" },
    { "PRIVATE_KEY", "AGE-SECRET-KEY-1{u58}" },
    { "PRIVATE_KEY", "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpN{a400}" },
    { "PRIVATE_KEY", "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1J{a60}==" },
    { "PRIVATE_KEY", "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZLS0tLS0K{b80}" }
};

#define TOKENS  (sizeof(tokens) / sizeof(tokens[0]))


/* what must stay as it is */

static const char  *misses[] = {
    "AKIAXXXXXXXXXXXXXXXX", "AKIA{u15}", "AKIA{u17}", "xAKIA{u16}",
    "AKIA{u9}EXAMPLE", "AIza{w34}", "AIzaXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
    "8Q~{w34}", "a7Bx8Q~{w34}", "glpat-{w10}", "glpat-xxxxxxxxxxxxxxxxxxxxxxx",
    "xoxb-your-token-goes-in-here-please", "xoxb-{d9}",
    "hooks.slack.com/docs/{a60}", "pk_live_{a24}", "pk_test_{a24}",
    "task_test_{a24}", "desk_live_{a24}", "EAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "SK{x31}", "SK{x33}", "SKU{x32}", "AC{x32}", "SG.{w22}.{w42}",
    "SG.{w23}.{w43}", "FLWPUBK_TEST-{x32}-X", "EAAC{a60}", "4b1d{x36}",
    "API-{u20}", "a.atlasv1.{w67}", "key-{x31}", "key-{x33}", "monkey-{x32}",
    "shpat_{x31}", "dop_v1_{x63}", "dapi{x31}", "dapi{x33}", "npm_{a20}",
    "xghp_{a36}", "npm_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1yLcDC", "xnpm_{a36}",
    "npm_config_registry_and_more_of_these_names", "hf_{a33}", "shf_{a34}",
    "sk-circle-fade-dot-with-a-very-long-name-of-a-class-in-a-style",
    "mask-{a60}", "task-{a60}", "sk-{a40}", "sk-ant-is-a-prefix",
    "sk-ant-REPLACE-ME-WITH-YOUR-OWN-KEY-PLEASE-DO-IT-NOW",
    "{d4}:AA{w33}", "12:AM", "{d17}:AA{w33}", "{d10}:AA{w20}", "hvs.short",
    "hvs.this-is-a-very-long-host-name-in-some-domain", "glsa_{a20}",
    "eyJrIjoiMSJ9", "ops_eyJ{a20}", "PMAK-{x24}", "NRAK-{u26}", "NRAK-{u28}",
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSURYVENDQWtXZ0F3SUJBZ0lKQUt{a60}",
    "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KTUlJQklqQU5CZ2txaGtpRzl3MEJBUUVG{a}",
    "${AKIA}", "{{ghp_token}}", "ghp_${TOKEN}", "glpat-<token>", "sk_live_...",
    "arn:aws:iam::{d12}:role/AKIA", "cus_{a24}", "price_{a24}", "ch_{a24}",
    "data:image/png;base64,iVBORw0KGgo{b120}", "acct_{a16}", "sha512-{b80}==",
    "pat.{a22}x{x24}.{a20}", "pattern.{a60}", "pat-na1-{x36}", "ATTA{x40}",
    "api-docs-of-the-second-version", "sdk-{x8}-{x4}-{x4}", "csk-{a40}",
    "access-production-of-the-system-and-more-of-these-words", "figd_{w20}",
    "discord.com/api/webhooks/{d18}", "nvapi-{w40}", "task-lf-{x36}",
    "sk-lf-{x8}-{x4}-{x4}-{x4}-{x11}z", "AKIDXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
    "xaat-{x36}", "squ_{x41}", "learn.webhook.office.com/webhookb2/docs",
    "{x8}-{x4}-{x4}-{x4}-{x12}", "{x40}", "{x64}", "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "00-{x32}-{x16}-01", "{d12}-{a32}.apps.googleusercontent.com"
};

#define MISSES  (sizeof(misses) / sizeof(misses[0]))


static uint32_t  seed;


static uint32_t
any(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;

    return seed % n;
}


static char
any_of(char set)
{
    static const char  all[] = "0123456789abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    switch (set) {
    case 'd':
        return all[any(10)];
    case 'x':
        return all[any(16)];
    case 'u':
        return any(3) ? all[36 + any(26)] : all[any(10)];
    case 'w':
        return any(20) ? all[any(62)] : "_-"[any(2)];
    case 'b':
        return any(20) ? all[any(62)] : '+';
    }

    return all[any(62)];
}


/* the last character of a part is a letter or a digit */

static void
compose(hoop_buf_t *b, const char *pattern)
{
    char         set, c;
    int          n;
    const char  *p;

    for (p = pattern; *p; p++) {

        if (*p != '{' || p[1] == '{' || p[1] == 'A' || p[1] == 'g'
            || p[1] == 'T')
        {
            (void) hoop_buf_addc(b, (u_char) *p);
            continue;
        }

        set = p[1];
        n = atoi(p + 2);
        n = n ? n : 40;

        do {
            c = any_of(set);

            if (n == 1 && !((c >= '0' && c <= '9') || (c | 0x20) >= 'a')) {
                continue;
            }

            (void) hoop_buf_addc(b, (u_char) c);
            n--;
        } while (n);

        p = strchr(p, '}');
    }
}


static ssize_t
sink(void *data, const u_char *p, size_t len)
{
    return (hoop_buf_add(data, p, len) == HOOP_OK) ? (ssize_t) len : -1;
}


/* masks [p, p + n) in two pieces */

static const hoop_mask_set_t  *test_set;      /* NULL: the default one */


static void
mask(hoop_mask_mode_e mode, const u_char *p, size_t n, size_t split,
    unsigned flags, hoop_buf_t *out)
{
    hoop_mask_t            *m;
    const u_char           *q;
    const hoop_mask_set_t  *set;

    set = test_set ? test_set : hoop_mask_set_default();
    out->len = 0;

    m = hoop_mask_create(mode, &set, 1, NULL, 0, 0);

    q = p;
    (void) hoop_mask_feed(m, &q, p + split, flags, sink, out);
    (void) hoop_mask_feed(m, &q, p + n, HOOP_MASK_LAST, sink, out);

    hoop_mask_free(m);
}


static int
in_any_pieces(hoop_mask_mode_e mode, hoop_buf_t *in, hoop_buf_t *want)
{
    int         good;
    size_t      i;
    hoop_buf_t  out;

    good = 1;
    hoop_buf_init(&out, 0);

    for (i = 0; good && i < in->len * 2 + 2; i++) {
        mask(mode, in->data, in->len, i / 2, i & 1 ? HOOP_MASK_FLUSH : 0,
             &out);

        good = (out.len == want->len
                && memcmp(out.data, want->data, want->len) == 0);

        if (!good) {
            printf("# split at %zu: %.*s\n# got %.*s\n", i / 2,
                   (int) in->len, in->data, (int) out.len, out.data);
        }
    }

    hoop_buf_free(&out);

    return good;
}


static void
percent(hoop_buf_t *b, const u_char *p, size_t n)
{
    char    text[4];
    size_t  i;

    for (i = 0; i < n; i++) {
        (void) snprintf(text, sizeof(text), "%%%02X", p[i]);
        (void) hoop_buf_adds(b, text);
    }
}


/* the text in a frame of each mode, and what is to become of it */

static int
in_any_mode(const hoop_buf_t *text, const char *label)
{
    int         good;
    size_t      i;
    hoop_buf_t  in, want;

    static const struct {
        hoop_mask_mode_e   mode;
        const char        *before;
        const char        *after;
    } frames[] = {
        { HOOP_MASK_TEXT, "x ", ". y" },
        { HOOP_MASK_TEXT, "t='", "'" },
        { HOOP_MASK_TEXT, "", "" },
        { HOOP_MASK_JSON, "[1,{\"some\":\"text that is long enough for two "
          "blocks\",\"t\":\"", "\"}]" },
        { HOOP_MASK_JSON, "[1,{\"some\":\"text that is long enough for two "
          "blocks\",\"t\":\"a\\b", " b\",\"c\":\"and one more of it\"}]" },
        { HOOP_MASK_JSON, "{\"a\":\"{\\\"t\\\":\\\"x\\\\n", "\\\"}\"}" },
        { HOOP_MASK_SSE, "data: ", "\n\n" },
        { HOOP_MASK_SSE, "data: {\"t\":\"", "\"}\r\n\r\n" },
        { HOOP_MASK_FORM, "a=1&b=", "&c=2" }
    };

    good = 1;
    hoop_buf_init(&in, 0);
    hoop_buf_init(&want, 0);

    for (i = 0; good && i < sizeof(frames) / sizeof(frames[0]); i++) {
        in.len = 0;
        want.len = 0;

        (void) hoop_buf_adds(&in, frames[i].before);
        (void) hoop_buf_adds(&want, frames[i].before);

        if (frames[i].mode == HOOP_MASK_FORM) {
            percent(&in, text->data, text->len);

        } else {
            (void) hoop_buf_add(&in, text->data, text->len);
        }

        if (label == NULL) {
            want.len = 0;
            (void) hoop_buf_add(&want, in.data, in.len);

        } else {
            (void) hoop_buf_adds(&want, frames[i].mode == HOOP_MASK_FORM
                                 ? "%5BREDACTED%3A" : "[REDACTED:");
            (void) hoop_buf_adds(&want, label);
            (void) hoop_buf_adds(&want, frames[i].mode == HOOP_MASK_FORM
                                 ? "%5D" : "]");
        }

        (void) hoop_buf_adds(&in, frames[i].after);
        (void) hoop_buf_adds(&want, frames[i].after);

        good = in_any_pieces(frames[i].mode, &in, &want);
    }

    hoop_buf_free(&in);
    hoop_buf_free(&want);

    return good;
}


static void
test_tokens(void)
{
    size_t      i;
    hoop_buf_t  b;

    hoop_buf_init(&b, 0);

    for (i = 0; i < TOKENS; i++) {
        b.len = 0;
        compose(&b, tokens[i].pattern);
        ok(in_any_mode(&b, tokens[i].label), "found: %s", tokens[i].pattern);
    }

    for (i = 0; i < MISSES; i++) {
        b.len = 0;
        compose(&b, misses[i]);
        ok(in_any_mode(&b, NULL), "stays: %s", misses[i]);
    }

    hoop_buf_free(&b);
}


/* in brackets: what is to be masked */

static void
test_pairs(void)
{
    char         label[32];
    size_t       i;
    unsigned     mode, good;
    hoop_buf_t   in, want;
    const char  *p;

    static const token_case_t  cases[] = {
        { "URL_PASSWORD", "see postgres://app:[hunter2]@db.example.com/x ok" },
        { "URL_PASSWORD", "redis://:[s3cr3t!$&]@10.0.0.1:6379/0" },
        { "URL_PASSWORD", "a://u:[p]@h" },
        { "URL_PASSWORD", "amqps://u:[p@ss:w0rd]@h, https://x/y@z:1" },
        { "URL_PASSWORD", "jdbc:mysql://u:[p%40ss;x=1]@h1:3306,h2:3306/d" },
        { "URL_PASSWORD", "https://git.user:[gh-pass]@host.example/r.git" },
        { "URL_PASSWORD", "http://corp@example.com:[pw]@proxy:3128" },
        { "CONNECTION_STRING", "DefaultEndpointsProtocol=https;AccountName=x;"
          "AccountKey=[a0B1c2D3e4F5g6H7i8J9k0L1m2N3o4P5==];Suffix=y" },
        { "CONNECTION_STRING", "https://x/y?sv=1&sig="
          "[a0B1c2%2F3e4F5g6H7i8J9k0%3D]&se=2" },
        { "CONNECTION_STRING", "https://s3/k?X-Amz-Signature="
          "[0123456789abcdef0123456789abcdef]" },
        { "CONNECTION_STRING", "Endpoint=sb://x/;SharedAccessKeyName=a;"
          "SharedAccessKey=[a0B1c2D3e4F5g6H7i8J9k0L1m2N3o4P5=]" },
        { "FIELD", "Server=x;Password=[hunter2];Database=y" },
        { "FIELD", "GET /cb?access_token=[a0B1c2D3e4F5g6H7]&x=1" }
    };

    static const char  *stay[] = {
        "https://example.com:8080/a@b:c", "http://h/p?q=a:b@c",
        "https://user:${PASS}@host/", "https://user:$PASS@host/",
        "https://user:****@host/", "https://user:%s@host/",
        "http://{user}:{pass}@host/", "see http://host: it@home",
        "design=0123456789abcdef0123456789", "sig=short", "AccountKey=${KEY};",
        "x-amz-signature=${SIG}", "monkey=0123456789abcdef0123456789"
    };

    hoop_buf_init(&in, 0);
    hoop_buf_init(&want, 0);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        good = 1;

        for (mode = 0; good && mode < 3; mode++) {
            in.len = 0;
            want.len = 0;
            (void) snprintf(label, sizeof(label), "[REDACTED:%s",
                            cases[i].label);

            p = (mode == 0) ? "" : (mode == 1) ? "data: " : "{\"a\":[\"";
            (void) hoop_buf_adds(&in, p);
            (void) hoop_buf_adds(&want, p);

            for (p = cases[i].pattern; *p; p++) {
                if (*p == '[') {
                    (void) hoop_buf_adds(&want, label);

                    while (p[1] != ']') {
                        (void) hoop_buf_addc(&in, (u_char) *++p);
                    }

                } else {
                    (void) hoop_buf_addc(&want, (u_char) *p);

                    if (*p != ']') {
                        (void) hoop_buf_addc(&in, (u_char) *p);
                    }
                }
            }

            p = (mode == 0) ? "" : (mode == 1) ? "\n\n" : "\"]}";
            (void) hoop_buf_adds(&in, p);
            (void) hoop_buf_adds(&want, p);

            good = in_any_pieces(mode == 0 ? HOOP_MASK_TEXT
                                 : mode == 1 ? HOOP_MASK_SSE : HOOP_MASK_JSON,
                                 &in, &want);
        }

        ok(good, "found: %s", cases[i].pattern);
    }

    for (i = 0; i < sizeof(stay) / sizeof(stay[0]); i++) {
        in.len = 0;
        (void) hoop_buf_adds(&in, stay[i]);
        ok(in_any_mode(&in, NULL), "stays: %s", stay[i]);
    }

    hoop_buf_free(&in);
    hoop_buf_free(&want);
}


/* as a policy has it that lists detectors and no names */

static void
test_pairs_alone(void)
{
    size_t            i;
    json_t           *v;
    hoop_buf_t        out;
    hoop_error_t      err;
    hoop_mask_set_t  *set;

    static const struct {
        const char  *in;
        const char  *out;
    } cases[] = {
        { "Server=x; Pwd={a;b}; y", "Server=x; Pwd={[REDACTED:"
          "CONNECTION_STRING]}; y" },
        { "Password='a b';Uid=y", "Password='[REDACTED:CONNECTION_STRING]';"
          "Uid=y" },
        { "host=h user=u password=p dbname=d", "host=h user=u password="
          "[REDACTED:CONNECTION_STRING] dbname=d" },
        { "password=x if asked", "password=x if asked" },
        { "pwd=`pwd`;", "pwd=`pwd`;" }
    };

    v = json_loads("{\"detect\":[\"secrets\"]}", 0, NULL);
    set = hoop_mask_set_compile(v, "", NULL, &err);
    json_decref(v);
    hoop_buf_init(&out, 0);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const hoop_mask_set_t  *sets = set;

        out.len = 0;
        (void) hoop_mask_whole(HOOP_MASK_TEXT, &sets, 1, NULL, 0,
                               hoop_cstr(cases[i].in), &out, NULL);
        is_mem(out.data, out.len, cases[i].out, strlen(cases[i].out),
               cases[i].in);
    }

    hoop_buf_free(&out);
    hoop_mask_set_free(set);
}


static void
test_generic(void)
{
    size_t            i;
    json_t           *v;
    hoop_buf_t        in, want;
    hoop_error_t      err;
    hoop_mask_set_t  *set;

    static const struct {
        const char  *before;
        const char  *value;            /* NULL: stays */
        const char  *after;
    } cases[] = {
        { "the api_key=", "{a24}", " is new" },
        { "MY_TOKEN: ", "{a32}", "" },
        { "x 'authKey' => '", "{a40}", "', y" },
        { "clientSecret = `", "{a30}", "`" },
        { "api_key={a8}", NULL, "" },
        { "api_key=abcdefghijklmnopqrs", NULL, "" },
        { "token=000000000000000000000", NULL, "" },
        { "author={a30}", NULL, "" },
        { "colour={a30}", NULL, "" },
        { "token=your-token-{a20}", NULL, "" },
        { "the key: https://example.org/{a20}", NULL, "" },
        { "max_tokens={a30}", NULL, "" },
        { "key={a160}", NULL, "" }
    };

    v = json_loads("{\"detect\":[\"generic_secret\"]}", 0, NULL);
    set = hoop_mask_set_compile(v, "", NULL, &err);
    json_decref(v);
    test_set = set;

    hoop_buf_init(&in, 0);
    hoop_buf_init(&want, 0);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned  k, good;

        static const struct {
            hoop_mask_mode_e   mode;
            const char        *before;
            const char        *after;
        } frames[] = {
            { HOOP_MASK_TEXT, "", "\n" },
            { HOOP_MASK_SSE, "data: ", "\n\n" },
            { HOOP_MASK_JSON, "{\"some\":\"that is a long text, longer than "
              "one block of bytes is\",\"a\":[\"", "\"]}" }
        };

        good = 1;

        for (k = 0; good && k < 3; k++) {
            in.len = 0;
            (void) hoop_buf_adds(&in, frames[k].before);
            compose(&in, cases[i].before);

            want.len = 0;
            (void) hoop_buf_add(&want, in.data, in.len);

            if (cases[i].value) {
                compose(&in, cases[i].value);
                (void) hoop_buf_adds(&want, "[REDACTED:GENERIC_SECRET]");
            }

            (void) hoop_buf_adds(&in, cases[i].after);
            (void) hoop_buf_adds(&want, cases[i].after);
            (void) hoop_buf_adds(&in, frames[k].after);
            (void) hoop_buf_adds(&want, frames[k].after);

            good = in_any_pieces(frames[k].mode, &in, &want);
        }

        ok(good, "generic: %s", cases[i].before);
    }

    test_set = NULL;
    hoop_mask_set_free(set);
    hoop_buf_free(&in);
    hoop_buf_free(&want);
}


static void
test_rows(void)
{
    size_t               len, k;
    unsigned             i, bad, n;
    const hoop_token_t  *t;

    bad = 0;
    n = 0;

    for (i = 0; (t = &hoop_tokens[i])->text; i++) {
        len = strlen(t->text);

        /* what stands before a head is held as what may be of an address */

        for (k = 0; k < t->head; k++) {
            bad += (t->text[k] >= HOOP_SET_MAX
                    && !hoop_is(t->text[k], HOOP_C_LOCAL));
        }

        bad += (t->bucket > 7 || t->head >= len || t->max > HOOP_RUN_MAX - 5
                || t->min >= HOOP_RUN_MAX || (t->max && t->min > t->max));
    }

    for (k = 0; k < 256; k++) {
        const int16_t  *row;

        for (row = hoop_token_rows((u_char) k); *row >= 0; row++) {
            n++;
        }
    }

    ok(bad == 0, "all of the %u rows are well-formed", i);
    ok(n + 256 < 4096, "their index has %u entries", n);
}


static void
test_entropy(void)
{
    is_int(hoop_entropy((const u_char *) "aaaaaaaa", 8), 0, "no entropy");
    is_int(hoop_entropy((const u_char *) "abababab", 8), 10, "one bit");
    is_int(hoop_entropy((const u_char *) "0123456789abcdef", 16), 40,
           "four bits");
    is_int(hoop_entropy((const u_char *) "aab", 3), 9, "0.918 bits");
    is_int(hoop_entropy(NULL, 0), 0, "of nothing");
}


/* every head of every row has its bit, and few of what is none */

static void
test_filter(void)
{
    char                 want;
    size_t               len;
    u_char               head[HOOP_HEAD];
    unsigned             i, k, c, missing, seen, n;
    const hoop_token_t  *t;

    (void) hoop_head_table();

    missing = 0;
    seen = 0;

    for (i = 0; (t = &hoop_tokens[i])->text; i++) {
        len = strlen(t->text);

        for (n = 0; n < 4096; n++) {

            for (k = 0; k < HOOP_HEAD; k++) {
                want = hoop_token_at(t, len, t->head + k);

                do {
                    c = (unsigned) random() & 0xff;
                } while (!hoop_token_is((u_char) c, want));

                head[k] = (u_char) c;
            }

            seen++;
            missing += !hoop_head_may(head);
        }
    }

    ok(seen > 4096 && missing == 0, "of %u heads %u are not in the filter",
       seen, missing);

    for (n = 0, seen = 0; n < 65536; n++) {

        for (k = 0; k < HOOP_HEAD; k++) {
            head[k] = (u_char) ('a' + random() % 26);
        }

        seen += hoop_head_may(head);
    }

    ok(seen < 8192, "of 65536 that are none %u are in it", seen);
}


/*
 * In 1024 KB: candidates of the blocks, those that the filter leaves, and those
 * that are heads.
 */

static void
count(const u_char *p, size_t n, unsigned *blocks, unsigned *left,
    unsigned *heads)
{
    size_t        i;
    uint64_t      bits;
    hoop_block_t  b;

    *blocks = 0;
    *left = 0;
    *heads = 0;

    for (i = 0; i + HOOP_BLOCK + HOOP_BLOCK_AHEAD <= n; i += HOOP_BLOCK) {
        hoop_blocks(p + i, 1, &b);

        for (bits = b.head; bits; bits &= bits - 1) {
            *blocks += 1;
            *left += hoop_head_may(p + i + hoop_bit_first(bits));
            *heads += hoop_token_may(hoop_detect_default(), p, n,
                                     i + hoop_bit_first(bits));
        }
    }

    *blocks = (unsigned) ((uint64_t) *blocks * 1048576 / n);
    *left = (unsigned) ((uint64_t) *left * 1048576 / n);
    *heads = (unsigned) ((uint64_t) *heads * 1048576 / n);
}


static void
test_rare(void)
{
    FILE        *f;
    char         line[4096];
    size_t       i;
    unsigned     blocks, left, heads;
    hoop_buf_t   b;

    static const char  *names[] = {
        "docs/reference.md", "docs/policies.md", "docs/security.md",
        "docs/sql.md", "policies/schema.json", "src/core/hoop_mask.c"
    };

    hoop_buf_init(&b, 0);

    for (i = 0; i < 1 << 20; i++) {
        (void) hoop_buf_addc(&b, (u_char) any_of('b'));
    }

    count(b.data, b.len, &blocks, &left, &heads);
    ok(blocks < 32768 && left < 4096 && heads < 64, "base64: in a MB %u bytes "
       "are in a bucket, %u in the filter and %u heads", blocks, left, heads);

    b.len = 0;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        f = fopen(names[i], "r");

        while (f && fgets(line, sizeof(line), f)) {
            (void) hoop_buf_adds(&b, line);
        }

        if (f) {
            (void) fclose(f);
        }
    }

    /* one of these costs a test of a bit, which most do not pass */

    count(b.data, b.len ? b.len : 1, &blocks, &left, &heads);
    ok(blocks < 12288 && left < 1024 && heads < 256, "text of %zu bytes: in a "
       "MB %u are in a bucket, %u in the filter and %u heads", b.len, blocks,
       left, heads);

    hoop_buf_free(&b);
}


int
main(void)
{
    seed = 2463534242u;

    test_rows();
    test_entropy();
    test_filter();
    test_rare();
    test_tokens();
    test_pairs();
    test_pairs_alone();
    test_generic();

    return done_testing();
}
