
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The table of tokens, see hoop_token.h, and what some of them are asked for
 * beyond it.
 *
 * Where the head of a token stands, and in which bucket, was chosen so that
 * documents, JSON and base64 have few bytes that are in a bucket and no head;
 * t/unit/token.c counts them.  Of rows with one head the first that matches
 * decides.
 */


#include "hoop_token.h"


/* the keys of the vendor's own documents are none */

static int
hoop_check_aws(const u_char *p, size_t n, size_t run)
{
    (void) run;

    return memcmp(p + n - 7, "EXAMPLE", 7) != 0;
}


/* what is random has letters of both cases, and digits */

static int
hoop_check_mixed(const u_char *p, size_t n, size_t run)
{
    unsigned  found;

    found = 0;

    for ( /* void */ ; run < n; run++) {
        found |= (p[run] >= '0' && p[run] <= '9') ? 1
                 : (p[run] >= 'A' && p[run] <= 'Z') ? 2
                 : (p[run] >= 'a' && p[run] <= 'z') ? 4 : 0;
    }

    return found == 7;
}


/* the vendor's mark in the middle, "OpenAI" in base64 */

static int
hoop_check_openai(const u_char *p, size_t n, size_t run)
{
    for ( /* void */ ; run + 8 <= n; run++) {
        if (memcmp(p + run, "T3BlbkFJ", 8) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
hoop_check_grafana(const u_char *p, size_t n, size_t run)
{
    (void) n;

    return p[run + 32] == '_';
}


/* the dots of pat.account.token.secret */

static int
hoop_check_harness(const u_char *p, size_t n, size_t run)
{
    (void) n;

    return p[run + 22] == '.' && p[run + 47] == '.';
}


/* it ends in a UUID (RFC 9562, section 4), of any version */

static int
hoop_check_uuid(const u_char *p, size_t n, size_t run)
{
    size_t  k;

    (void) run;

    if (n < 36) {
        return 0;
    }

    for (k = 0, p += n - 36; k < 36; k++) {

        if (k == 8 || k == 13 || k == 18 || k == 23) {
            if (p[k] != '-') {
                return 0;
            }

        } else if (!hoop_token_is(p[k], HOOP_SET_HEX)) {
            return 0;
        }
    }

    return 1;
}


static int
hoop_check_slack(const u_char *p, size_t n, size_t run)
{
    (void) n;

    return memcmp(p + run, "services/", 9) == 0
           || memcmp(p + run, "workflows/", 10) == 0
           || memcmp(p + run, "triggers/", 9) == 0;
}


const hoop_token_t  hoop_tokens[] = {

    /* AWS: ids of keys, and keys of Bedrock */

    { "AKIA", HOOP_DETECT_AWS_KEY, 0, 4,
      HOOP_SET_UPPER, 16, 16, 30, hoop_check_aws, NULL },
    { "ASIA", HOOP_DETECT_AWS_KEY, 0, 3,
      HOOP_SET_UPPER, 16, 16, 30, hoop_check_aws, NULL },
    { "ABIA", HOOP_DETECT_AWS_KEY, 0, 3,
      HOOP_SET_UPPER, 16, 16, 30, hoop_check_aws, NULL },
    { "ACCA", HOOP_DETECT_AWS_KEY, 0, 3,
      HOOP_SET_UPPER, 16, 16, 30, hoop_check_aws, NULL },
    { "A3T\3", HOOP_DETECT_AWS_KEY, 0, 5,
      HOOP_SET_UPPER, 16, 16, 30, hoop_check_aws, NULL },
    { "ABSK", HOOP_DETECT_AWS_KEY, 0, 3,
      HOOP_SET_BASE64, 109, 0, 40, NULL, NULL },
    { "bedrock-api-key-", HOOP_DETECT_AWS_KEY, 5, 1,
      HOOP_SET_BASE64, 28, 0, 25, NULL, NULL },

    /* Google: API keys, OAuth secrets and tokens */

    { "AIza", HOOP_DETECT_GOOGLE_KEY, 0, 2,
      HOOP_SET_URL, 35, 0, 30, NULL, NULL },
    { "GOCSPX-", HOOP_DETECT_GOOGLE_KEY, 4, 1,
      HOOP_SET_URL, 28, 0, 25, NULL, NULL },
    { "ya29.", HOOP_DETECT_GOOGLE_KEY, 0, 3,
      HOOP_SET_DOT, 20, 0, 30, NULL, NULL },

    /* Azure: secrets of applications */

    { "\10\10\10\1Q~", HOOP_DETECT_AZURE_KEY, 3, 1,
      HOOP_SET_TILDE, 31, 36, 30, NULL, NULL },

    /* GitHub */

    { "ghp_", HOOP_DETECT_GITHUB_TOKEN, 1, 1,
      HOOP_SET_ALNUM, 36, 0, 0, NULL, hoop_detect_github },
    { "gho_", HOOP_DETECT_GITHUB_TOKEN, 1, 1,
      HOOP_SET_ALNUM, 36, 0, 0, NULL, hoop_detect_github },
    { "ghu_", HOOP_DETECT_GITHUB_TOKEN, 0, 7,
      HOOP_SET_ALNUM, 36, 0, 0, NULL, hoop_detect_github },
    { "ghs_", HOOP_DETECT_GITHUB_TOKEN, 0, 7,
      HOOP_SET_ALNUM, 36, 0, 0, NULL, hoop_detect_github },
    { "ghr_", HOOP_DETECT_GITHUB_TOKEN, 0, 7,
      HOOP_SET_ALNUM, 36, 0, 0, NULL, hoop_detect_github },
    { "github_pat_", HOOP_DETECT_GITHUB_TOKEN, 8, 5,
      HOOP_SET_WORD, 40, 0, 0, NULL, NULL },

    /* GitLab */

    { "glpat-", HOOP_DETECT_GITLAB_TOKEN, 0, 6,
      HOOP_SET_DOT, 20, 0, 25, NULL, NULL },
    { "gldt-", HOOP_DETECT_GITLAB_TOKEN, 0, 7,
      HOOP_SET_DOT, 20, 0, 25, NULL, NULL },
    { "glft-", HOOP_DETECT_GITLAB_TOKEN, 2, 5,
      HOOP_SET_DOT, 20, 0, 25, NULL, NULL },
    { "glrt-", HOOP_DETECT_GITLAB_TOKEN, 0, 7,
      HOOP_SET_DOT, 20, 0, 25, NULL, NULL },
    { "glptt-", HOOP_DETECT_GITLAB_TOKEN, 2, 2,
      HOOP_SET_DOT, 20, 0, 25, NULL, NULL },
    { "gloas-", HOOP_DETECT_GITLAB_TOKEN, 0, 6,
      HOOP_SET_DOT, 20, 0, 25, NULL, NULL },
    { "glsoat-", HOOP_DETECT_GITLAB_TOKEN, 0, 6,
      HOOP_SET_DOT, 20, 0, 25, NULL, NULL },
    { "glcbt-", HOOP_DETECT_GITLAB_TOKEN, 3, 5,
      HOOP_SET_DOT, 20, 0, 25, NULL, NULL },
    { "glagent-", HOOP_DETECT_GITLAB_TOKEN, 0, 6,
      HOOP_SET_DOT, 20, 0, 25, NULL, NULL },
    { "glimt-", HOOP_DETECT_GITLAB_TOKEN, 3, 5,
      HOOP_SET_DOT, 20, 0, 25, NULL, NULL },
    { "glffct-", HOOP_DETECT_GITLAB_TOKEN, 2, 7,
      HOOP_SET_DOT, 20, 0, 25, NULL, NULL },
    { "GR1348941", HOOP_DETECT_GITLAB_TOKEN, 0, 3,
      HOOP_SET_URL, 20, 0, 25, NULL, NULL },
    { "_gitlab_session=", HOOP_DETECT_GITLAB_TOKEN, 2, 2,
      HOOP_SET_ALNUM, 32, 0, 25, NULL, NULL },

    /* Slack, and its web hooks */

    { "xoxb-\1", HOOP_DETECT_SLACK_TOKEN, 0, 0,
      HOOP_SET_URL, 16, 0, 25, NULL, NULL },
    { "xoxp-\1", HOOP_DETECT_SLACK_TOKEN, 2, 1,
      HOOP_SET_URL, 20, 0, 25, NULL, NULL },
    { "xoxe-\1", HOOP_DETECT_SLACK_TOKEN, 0, 0,
      HOOP_SET_URL, 20, 0, 25, NULL, NULL },
    { "xoxa-\1", HOOP_DETECT_SLACK_TOKEN, 2, 1,
      HOOP_SET_URL, 10, 0, 25, NULL, NULL },
    { "xoxr-\1", HOOP_DETECT_SLACK_TOKEN, 0, 0,
      HOOP_SET_URL, 10, 0, 25, NULL, NULL },
    { "xoxd-\1", HOOP_DETECT_SLACK_TOKEN, 0, 0,
      HOOP_SET_URL, 20, 0, 25, NULL, NULL },
    { "xoxo-\1", HOOP_DETECT_SLACK_TOKEN, 2, 1,
      HOOP_SET_URL, 10, 0, 25, NULL, NULL },
    { "xoxs-\1", HOOP_DETECT_SLACK_TOKEN, 0, 0,
      HOOP_SET_URL, 10, 0, 25, NULL, NULL },
    { "xoxe.xox", HOOP_DETECT_SLACK_TOKEN, 0, 0,
      HOOP_SET_URL, 40, 0, 30, NULL, NULL },
    { "xapp-\1-", HOOP_DETECT_SLACK_TOKEN, 2, 1,
      HOOP_SET_URL, 10, 0, 25, NULL, NULL },
    { "hooks.slack.com/", HOOP_DETECT_SLACK_TOKEN, 9, 1,
      HOOP_SET_PATH, 40, 0, 30, hoop_check_slack, NULL },

    /* Stripe; what begins with pk_ is public */

    { "sk_live_", HOOP_DETECT_STRIPE_KEY, 5, 5,
      HOOP_SET_WORD, 10, 0, 0, NULL, NULL },
    { "sk_test_", HOOP_DETECT_STRIPE_KEY, 0, 1,
      HOOP_SET_WORD, 10, 0, 0, NULL, NULL },
    { "sk_prod_", HOOP_DETECT_STRIPE_KEY, 0, 1,
      HOOP_SET_WORD, 10, 0, 0, NULL, NULL },
    { "rk_live_", HOOP_DETECT_STRIPE_KEY, 0, 1,
      HOOP_SET_WORD, 10, 0, 0, NULL, NULL },
    { "rk_test_", HOOP_DETECT_STRIPE_KEY, 0, 1,
      HOOP_SET_WORD, 10, 0, 0, NULL, NULL },
    { "rk_prod_", HOOP_DETECT_STRIPE_KEY, 0, 1,
      HOOP_SET_WORD, 10, 0, 0, NULL, NULL },
    { "whsec_", HOOP_DETECT_STRIPE_KEY, 3, 5,
      HOOP_SET_ALNUM, 24, 0, 0, NULL, NULL },

    /* Square */

    { "EAAA", HOOP_DETECT_SQUARE_TOKEN, 0, 3,
      HOOP_SET_URL, 22, 0, 35, hoop_check_mixed, NULL },
    { "sq0atp-", HOOP_DETECT_SQUARE_TOKEN, 4, 1,
      HOOP_SET_URL, 22, 0, 0, NULL, NULL },
    { "sq0csp-", HOOP_DETECT_SQUARE_TOKEN, 4, 1,
      HOOP_SET_URL, 22, 0, 0, NULL, NULL },

    /* Twilio */

    { "SK", HOOP_DETECT_TWILIO_KEY, 0, 4,
      HOOP_SET_HEX, 32, 32, 25, NULL, NULL },

    /* SendGrid */

    { "SG.", HOOP_DETECT_SENDGRID_KEY, 0, 1,
      HOOP_SET_DOT, 66, 66, 35, NULL, NULL },

    /* Mailgun */

    { "key-", HOOP_DETECT_MAILGUN_KEY, 1, 1,
      HOOP_SET_HEX, 32, 32, 25, NULL, NULL },

    /* Shopify */

    { "shpat_", HOOP_DETECT_SHOPIFY_TOKEN, 0, 0,
      HOOP_SET_HEX, 32, 32, 25, NULL, NULL },
    { "shpca_", HOOP_DETECT_SHOPIFY_TOKEN, 4, 4,
      HOOP_SET_HEX, 32, 32, 25, NULL, NULL },
    { "shppa_", HOOP_DETECT_SHOPIFY_TOKEN, 3, 1,
      HOOP_SET_HEX, 32, 32, 25, NULL, NULL },
    { "shpss_", HOOP_DETECT_SHOPIFY_TOKEN, 0, 0,
      HOOP_SET_HEX, 32, 32, 25, NULL, NULL },

    /* registries of packages: npm, PyPI, RubyGems, Docker Hub */

    { "npm_", HOOP_DETECT_REGISTRY_TOKEN, 1, 1,
      HOOP_SET_ALNUM, 36, 0, 25, NULL, hoop_detect_npm },
    { "pypi-AgEIcHlwaS5vcmc", HOOP_DETECT_REGISTRY_TOKEN, 1, 2,
      HOOP_SET_URL, 50, 0, 0, NULL, NULL },
    { "rubygems_", HOOP_DETECT_REGISTRY_TOKEN, 6, 5,
      HOOP_SET_HEX, 48, 48, 25, NULL, NULL },
    { "dckr_pat_", HOOP_DETECT_REGISTRY_TOKEN, 6, 5,
      HOOP_SET_URL, 27, 0, 25, NULL, NULL },
    { "dckr_oat_", HOOP_DETECT_REGISTRY_TOKEN, 6, 5,
      HOOP_SET_URL, 27, 0, 25, NULL, NULL },

    /* DigitalOcean */

    { "doo_v1_", HOOP_DETECT_DIGITALOCEAN_TOKEN, 4, 5,
      HOOP_SET_HEX, 64, 64, 25, NULL, NULL },
    { "dop_v1_", HOOP_DETECT_DIGITALOCEAN_TOKEN, 4, 5,
      HOOP_SET_HEX, 64, 64, 25, NULL, NULL },
    { "dor_v1_", HOOP_DETECT_DIGITALOCEAN_TOKEN, 4, 5,
      HOOP_SET_HEX, 64, 64, 25, NULL, NULL },

    /* Databricks */

    { "dapi", HOOP_DETECT_DATABRICKS_TOKEN, 1, 4,
      HOOP_SET_HEX, 32, 32, 25, NULL, NULL },

    /* Anthropic */

    { "sk-ant-", HOOP_DETECT_ANTHROPIC_KEY, 0, 1,
      HOOP_SET_URL, 40, 0, 35, hoop_check_mixed, NULL },

    /* OpenAI */

    { "sk-proj-", HOOP_DETECT_OPENAI_KEY, 0, 1,
      HOOP_SET_URL, 40, 0, 35, hoop_check_mixed, NULL },
    { "sk-svcacct-", HOOP_DETECT_OPENAI_KEY, 0, 1,
      HOOP_SET_URL, 40, 0, 35, hoop_check_mixed, NULL },
    { "sk-admin-", HOOP_DETECT_OPENAI_KEY, 0, 1,
      HOOP_SET_URL, 40, 0, 35, hoop_check_mixed, NULL },
    { "sk-", HOOP_DETECT_OPENAI_KEY, 0, 1,
      HOOP_SET_URL, 48, 0, 35, hoop_check_openai, NULL },

    /* Hugging Face */

    { "hf_", HOOP_DETECT_HUGGINGFACE_TOKEN, 0, 1,
      HOOP_SET_ALNUM, 34, 40, 30, NULL, NULL },
    { "api_org_", HOOP_DETECT_HUGGINGFACE_TOKEN, 5, 1,
      HOOP_SET_ALNUM, 34, 40, 30, NULL, NULL },

    /* bots of Telegram */

    { "\1:A", HOOP_DETECT_TELEGRAM_TOKEN, 0, 0,
      HOOP_SET_URL, 34, 0, 30, NULL, hoop_detect_telegram },

    /* Vault */

    { "hvs.", HOOP_DETECT_VAULT_TOKEN, 1, 5,
      HOOP_SET_URL, 24, 0, 30, hoop_check_mixed, NULL },
    { "hvb.", HOOP_DETECT_VAULT_TOKEN, 0, 2,
      HOOP_SET_URL, 24, 0, 30, hoop_check_mixed, NULL },
    { "hvr.", HOOP_DETECT_VAULT_TOKEN, 0, 2,
      HOOP_SET_URL, 24, 0, 30, hoop_check_mixed, NULL },

    /* Grafana */

    { "glsa_", HOOP_DETECT_GRAFANA_TOKEN, 2, 1,
      HOOP_SET_WORD, 41, 41, 30, hoop_check_grafana, NULL },
    { "glc_", HOOP_DETECT_GRAFANA_TOKEN, 0, 6,
      HOOP_SET_BASE64, 32, 0, 30, hoop_check_mixed, NULL },
    { "eyJrIjoi", HOOP_DETECT_GRAFANA_TOKEN, 0, 5,
      HOOP_SET_BASE64, 70, 0, 30, hoop_check_mixed, NULL },

    /* Sentry */

    { "sntrys_", HOOP_DETECT_SENTRY_TOKEN, 2, 0,
      HOOP_SET_BASE64, 40, 0, 30, hoop_check_mixed, NULL },
    { "sntryu_", HOOP_DETECT_SENTRY_TOKEN, 2, 0,
      HOOP_SET_HEX, 64, 64, 25, NULL, NULL },

    /* 1Password, Heroku, Atlassian, Linear, Postman, New Relic, PlanetScale */

    { "ops_eyJ", HOOP_DETECT_VENDOR_TOKEN, 1, 5,
      HOOP_SET_BASE64, 100, 0, 30, hoop_check_mixed, NULL },
    { "HRKU-AA", HOOP_DETECT_VENDOR_TOKEN, 0, 3,
      HOOP_SET_URL, 58, 0, 30, NULL, NULL },
    { "ATATT3", HOOP_DETECT_VENDOR_TOKEN, 0, 5,
      HOOP_SET_BASE64, 100, 0, 30, hoop_check_mixed, NULL },
    { "ATCTT3", HOOP_DETECT_VENDOR_TOKEN, 2, 3,
      HOOP_SET_BASE64, 100, 0, 30, hoop_check_mixed, NULL },
    { "lin_api_", HOOP_DETECT_VENDOR_TOKEN, 5, 1,
      HOOP_SET_ALNUM, 40, 0, 30, NULL, NULL },
    { "lin_oauth_", HOOP_DETECT_VENDOR_TOKEN, 1, 1,
      HOOP_SET_ALNUM, 40, 0, 25, NULL, NULL },
    { "PMAK-", HOOP_DETECT_VENDOR_TOKEN, 2, 1,
      HOOP_SET_URL, 59, 59, 25, NULL, NULL },
    { "NRAK-", HOOP_DETECT_VENDOR_TOKEN, 2, 1,
      HOOP_SET_UPPER, 27, 27, 25, NULL, NULL },
    { "pscale_tkn_", HOOP_DETECT_VENDOR_TOKEN, 0, 2,
      HOOP_SET_DOT, 32, 0, 25, NULL, NULL },
    { "pscale_pw_", HOOP_DETECT_VENDOR_TOKEN, 7, 1,
      HOOP_SET_DOT, 32, 0, 25, NULL, NULL },
    { "pscale_oauth_", HOOP_DETECT_VENDOR_TOKEN, 0, 2,
      HOOP_SET_DOT, 32, 0, 25, NULL, NULL },

    /*
     * Alibaba, JFrog, ClickHouse, Clojars, Doppler, Duffel, Dynatrace,
     * EasyPost, Facebook, Flutterwave, Fly.io, Frame.io, Terraform, 42, Notion,
     * Octopus, Perplexity, Pulumi, ReadMe, Scalingo, Brevo, SettleMint,
     * Shippo, Sourcegraph, Cloudflare, Infracost, Prefect
     */

    { "LTAI", HOOP_DETECT_VENDOR_TOKEN, 0, 3,
      HOOP_SET_ALNUM, 12, 26, 25, NULL, NULL },
    { "AKCp", HOOP_DETECT_VENDOR_TOKEN, 0, 4,
      HOOP_SET_ALNUM, 69, 69, 30, NULL, NULL },
    { "cmVmdGtu", HOOP_DETECT_VENDOR_TOKEN, 1, 7,
      HOOP_SET_ALNUM, 56, 56, 30, NULL, NULL },
    { "4b1d", HOOP_DETECT_VENDOR_TOKEN, 0, 6,
      HOOP_SET_ALNUM, 38, 38, 35, hoop_check_mixed, NULL },
    { "CLOJARS_", HOOP_DETECT_VENDOR_TOKEN, 3, 3,
      HOOP_SET_ALNUM, 60, 60, 25, NULL, NULL },
    { "dp.pt.", HOOP_DETECT_VENDOR_TOKEN, 0, 1,
      HOOP_SET_DOT, 40, 0, 25, NULL, NULL },
    { "dp.st.", HOOP_DETECT_VENDOR_TOKEN, 0, 1,
      HOOP_SET_DOT, 40, 0, 25, NULL, NULL },
    { "dp.ct.", HOOP_DETECT_VENDOR_TOKEN, 0, 1,
      HOOP_SET_DOT, 40, 0, 25, NULL, NULL },
    { "dp.sa.", HOOP_DETECT_VENDOR_TOKEN, 3, 1,
      HOOP_SET_DOT, 40, 0, 25, NULL, NULL },
    { "duffel_", HOOP_DETECT_VENDOR_TOKEN, 2, 7,
      HOOP_SET_URL, 48, 0, 25, NULL, NULL },
    { "dt0c01.", HOOP_DETECT_VENDOR_TOKEN, 0, 6,
      HOOP_SET_DOT, 89, 89, 25, NULL, NULL },
    { "EZAK", HOOP_DETECT_VENDOR_TOKEN, 0, 5,
      HOOP_SET_ALNUM, 54, 54, 30, NULL, NULL },
    { "EZTK", HOOP_DETECT_VENDOR_TOKEN, 0, 5,
      HOOP_SET_ALNUM, 54, 54, 30, NULL, NULL },
    { "EAAM", HOOP_DETECT_VENDOR_TOKEN, 0, 3,
      HOOP_SET_ALNUM, 100, 0, 35, NULL, NULL },
    { "EAAC", HOOP_DETECT_VENDOR_TOKEN, 0, 3,
      HOOP_SET_ALNUM, 100, 0, 35, NULL, NULL },
    { "FLWSECK", HOOP_DETECT_VENDOR_TOKEN, 1, 3,
      HOOP_SET_URL, 18, 0, 25, NULL, NULL },
    { "fo1_", HOOP_DETECT_VENDOR_TOKEN, 0, 6,
      HOOP_SET_URL, 43, 0, 30, NULL, NULL },
    { "fm2_", HOOP_DETECT_VENDOR_TOKEN, 0, 7,
      HOOP_SET_BASE64, 100, 0, 30, NULL, NULL },
    { "fm1a_", HOOP_DETECT_VENDOR_TOKEN, 2, 1,
      HOOP_SET_BASE64, 100, 0, 30, NULL, NULL },
    { "fio-u-", HOOP_DETECT_VENDOR_TOKEN, 0, 6,
      HOOP_SET_URL, 64, 0, 25, NULL, NULL },
    { "\4\4\4\4\4\4\4\4\4\4\4\4\4\4.atlasv1.",
      HOOP_DETECT_VENDOR_TOKEN, 15, 2,
      HOOP_SET_BASE64, 60, 0, 30, NULL, NULL },
    { "s-s4t2ud-", HOOP_DETECT_VENDOR_TOKEN, 6, 5,
      HOOP_SET_HEX, 64, 64, 25, NULL, NULL },
    { "s-s4t2af-", HOOP_DETECT_VENDOR_TOKEN, 6, 1,
      HOOP_SET_HEX, 64, 64, 25, NULL, NULL },
    { "ntn_", HOOP_DETECT_VENDOR_TOKEN, 1, 1,
      HOOP_SET_ALNUM, 43, 50, 30, NULL, NULL },
    { "API-", HOOP_DETECT_VENDOR_TOKEN, 1, 1,
      HOOP_SET_UPPER, 26, 26, 30, NULL, NULL },
    { "pplx-", HOOP_DETECT_VENDOR_TOKEN, 1, 0,
      HOOP_SET_ALNUM, 48, 0, 25, NULL, NULL },
    { "pul-", HOOP_DETECT_VENDOR_TOKEN, 0, 2,
      HOOP_SET_HEX, 40, 40, 25, NULL, NULL },
    { "rdme_", HOOP_DETECT_VENDOR_TOKEN, 2, 5,
      HOOP_SET_ALNUM, 70, 0, 25, NULL, NULL },
    { "tk-us-", HOOP_DETECT_VENDOR_TOKEN, 0, 1,
      HOOP_SET_URL, 48, 0, 30, NULL, NULL },
    { "xkeysib-", HOOP_DETECT_VENDOR_TOKEN, 3, 2,
      HOOP_SET_URL, 81, 0, 25, NULL, NULL },
    { "sm_aat_", HOOP_DETECT_VENDOR_TOKEN, 0, 1,
      HOOP_SET_ALNUM, 16, 0, 25, NULL, NULL },
    { "sm_pat_", HOOP_DETECT_VENDOR_TOKEN, 0, 1,
      HOOP_SET_ALNUM, 16, 0, 25, NULL, NULL },
    { "sm_sat_", HOOP_DETECT_VENDOR_TOKEN, 0, 1,
      HOOP_SET_ALNUM, 16, 0, 25, NULL, NULL },
    { "shippo_", HOOP_DETECT_VENDOR_TOKEN, 4, 1,
      HOOP_SET_WORD, 45, 0, 25, NULL, NULL },
    { "sgp_", HOOP_DETECT_VENDOR_TOKEN, 1, 1,
      HOOP_SET_WORD, 40, 0, 25, NULL, NULL },
    { "v1.0-\2\2\2\2\2\2", HOOP_DETECT_VENDOR_TOKEN, 0, 5,
      HOOP_SET_URL, 165, 165, 30, NULL, NULL },
    { "ico-", HOOP_DETECT_VENDOR_TOKEN, 1, 1,
      HOOP_SET_ALNUM, 32, 32, 30, hoop_check_mixed, NULL },
    { "pnu_", HOOP_DETECT_VENDOR_TOKEN, 1, 5,
      HOOP_SET_ALNUM, 36, 36, 30, NULL, NULL },
    /*
     * Alchemy, Apify, Contentful, Deno, Figma, Flexport, Groq, Harness,
     * HubSpot, Langfuse, LangSmith, LaunchDarkly, Mapbox, web hooks of Teams,
     * Discord and Zapier, New Relic, NVIDIA, Pagar.me, PostHog, Rootly, Sourcegraph,
     * Spectral, Supabase, Tailscale, Teamwork, xAI, Ubidots, Photoroom,
     * Robinhood, MailerSend, Typeform, Buildkite, CircleCI, Snyk, Pinecone,
     * OpenRouter, Cerebras, Jina, Tavily, E2B, Neon, Inngest, Stytch, Plaid,
     * Trello, Netlify, Render, Vercel, SonarQube, Tencent, Honeycomb, Axiom,
     * Logfire, 1Password's secret keys
     */

    { "alcht_", HOOP_DETECT_VENDOR_TOKEN, 2, 7,
      HOOP_SET_ALNUM, 30, 30, 30, NULL, NULL },
    { "apify_api_", HOOP_DETECT_VENDOR_TOKEN, 3, 1,
      HOOP_SET_ALNUM, 36, 36, 30, NULL, NULL },
    { "CFPAT-", HOOP_DETECT_VENDOR_TOKEN, 3, 5,
      HOOP_SET_URL, 43, 43, 30, NULL, NULL },
    { "ddp_", HOOP_DETECT_VENDOR_TOKEN, 0, 6,
      HOOP_SET_ALNUM, 36, 36, 30, NULL, NULL },
    { "ddw_", HOOP_DETECT_VENDOR_TOKEN, 1, 1,
      HOOP_SET_ALNUM, 36, 36, 30, NULL, NULL },
    { "figd_", HOOP_DETECT_VENDOR_TOKEN, 0, 6,
      HOOP_SET_URL, 40, 60, 30, NULL, NULL },
    { "figp_", HOOP_DETECT_VENDOR_TOKEN, 2, 1,
      HOOP_SET_URL, 40, 60, 30, NULL, NULL },
    { "figo_", HOOP_DETECT_VENDOR_TOKEN, 2, 1,
      HOOP_SET_URL, 40, 60, 30, NULL, NULL },
    { "shltm_", HOOP_DETECT_VENDOR_TOKEN, 3, 1,
      HOOP_SET_URL, 40, 40, 30, NULL, NULL },
    { "gsk_", HOOP_DETECT_VENDOR_TOKEN, 0, 6,
      HOOP_SET_ALNUM, 52, 52, 30, NULL, NULL },
    { "pat.", HOOP_DETECT_VENDOR_TOKEN, 1, 5,
      HOOP_SET_DOT, 68, 68, 30, hoop_check_harness, NULL },
    { "pat-na1-", HOOP_DETECT_VENDOR_TOKEN, 1, 5,
      HOOP_SET_URL, 36, 36, 25, hoop_check_uuid, NULL },
    { "pat-eu1-", HOOP_DETECT_VENDOR_TOKEN, 5, 5,
      HOOP_SET_URL, 36, 36, 25, hoop_check_uuid, NULL },
    { "sk-lf-", HOOP_DETECT_VENDOR_TOKEN, 0, 1,
      HOOP_SET_URL, 36, 36, 25, hoop_check_uuid, NULL },
    { "lsv2_pt_", HOOP_DETECT_VENDOR_TOKEN, 0, 2,
      HOOP_SET_WORD, 43, 43, 30, NULL, NULL },
    { "lsv2_sk_", HOOP_DETECT_VENDOR_TOKEN, 0, 2,
      HOOP_SET_WORD, 43, 43, 30, NULL, NULL },
    { "api-\2\2\2\2\2\2\2\2-", HOOP_DETECT_VENDOR_TOKEN, 1, 1,
      HOOP_SET_URL, 27, 27, 25, hoop_check_uuid, NULL },
    { "sdk-\2\2\2\2\2\2\2\2-", HOOP_DETECT_VENDOR_TOKEN, 1, 1,
      HOOP_SET_URL, 27, 27, 25, hoop_check_uuid, NULL },
    { "sk.eyJ", HOOP_DETECT_VENDOR_TOKEN, 0, 1,
      HOOP_SET_DOT, 70, 0, 30, NULL, NULL },
    { "webhook.office.com/webhookb2/", HOOP_DETECT_VENDOR_TOKEN, 2, 7,
      HOOP_SET_PATH, 36, 0, 30, NULL, NULL },
    { "discord.com/api/webhooks/", HOOP_DETECT_VENDOR_TOKEN, 5, 5,
      HOOP_SET_PATH, 60, 0, 30, NULL, NULL },
    { "discordapp.com/api/webhooks/", HOOP_DETECT_VENDOR_TOKEN, 8, 1,
      HOOP_SET_PATH, 60, 0, 30, NULL, NULL },
    { "hooks.zapier.com/hooks/catch/", HOOP_DETECT_VENDOR_TOKEN, 14, 7,
      HOOP_SET_PATH, 10, 0, 20, NULL, NULL },
    { "NRII-", HOOP_DETECT_VENDOR_TOKEN, 2, 1,
      HOOP_SET_URL, 32, 32, 30, NULL, NULL },
    { "NRIQ-", HOOP_DETECT_VENDOR_TOKEN, 2, 1,
      HOOP_SET_URL, 32, 32, 30, NULL, NULL },
    { "NRRA-", HOOP_DETECT_VENDOR_TOKEN, 2, 1,
      HOOP_SET_HEX, 42, 42, 25, NULL, NULL },
    { "nvapi-", HOOP_DETECT_VENDOR_TOKEN, 2, 2,
      HOOP_SET_URL, 60, 70, 30, NULL, NULL },
    { "ak_live_", HOOP_DETECT_VENDOR_TOKEN, 0, 1,
      HOOP_SET_ALNUM, 30, 30, 30, NULL, NULL },
    { "ak_test_", HOOP_DETECT_VENDOR_TOKEN, 0, 1,
      HOOP_SET_ALNUM, 30, 30, 30, NULL, NULL },
    { "phx_", HOOP_DETECT_VENDOR_TOKEN, 1, 1,
      HOOP_SET_WORD, 43, 48, 30, NULL, NULL },
    { "rootly_", HOOP_DETECT_VENDOR_TOKEN, 3, 0,
      HOOP_SET_HEX, 64, 64, 25, NULL, NULL },
    { "slk_", HOOP_DETECT_VENDOR_TOKEN, 0, 7,
      HOOP_SET_HEX, 64, 64, 25, NULL, NULL },
    { "spu-", HOOP_DETECT_VENDOR_TOKEN, 1, 5,
      HOOP_SET_HEX, 32, 32, 25, NULL, NULL },
    { "sbp_", HOOP_DETECT_VENDOR_TOKEN, 1, 1,
      HOOP_SET_ALNUM, 40, 40, 25, NULL, NULL },
    { "tskey-", HOOP_DETECT_VENDOR_TOKEN, 3, 1,
      HOOP_SET_URL, 18, 0, 30, NULL, NULL },
    { "tkn.v1_", HOOP_DETECT_VENDOR_TOKEN, 4, 5,
      HOOP_SET_BASE64, 71, 80, 30, NULL, NULL },
    { "xai-", HOOP_DETECT_VENDOR_TOKEN, 1, 1,
      HOOP_SET_WORD, 80, 80, 30, NULL, NULL },
    { "BBFF-", HOOP_DETECT_VENDOR_TOKEN, 2, 1,
      HOOP_SET_ALNUM, 30, 30, 30, NULL, NULL },
    { "sk_pr_", HOOP_DETECT_VENDOR_TOKEN, 0, 1,
      HOOP_SET_WORD, 42, 0, 25, NULL, NULL },
    { "rh-api-", HOOP_DETECT_VENDOR_TOKEN, 0, 1,
      HOOP_SET_URL, 36, 36, 25, hoop_check_uuid, NULL },
    { "mlsn.", HOOP_DETECT_VENDOR_TOKEN, 2, 1,
      HOOP_SET_HEX, 64, 64, 25, NULL, NULL },
    { "tfp_", HOOP_DETECT_VENDOR_TOKEN, 1, 1,
      HOOP_SET_URL, 40, 60, 30, NULL, NULL },
    { "bkua_", HOOP_DETECT_VENDOR_TOKEN, 2, 1,
      HOOP_SET_HEX, 40, 40, 25, NULL, NULL },
    { "CCIPAT_", HOOP_DETECT_VENDOR_TOKEN, 4, 5,
      HOOP_SET_WORD, 40, 0, 30, NULL, NULL },
    { "CCIPRJ_", HOOP_DETECT_VENDOR_TOKEN, 4, 1,
      HOOP_SET_WORD, 40, 0, 30, NULL, NULL },
    { "snyk_uat.", HOOP_DETECT_VENDOR_TOKEN, 6, 5,
      HOOP_SET_DOT, 40, 0, 30, NULL, NULL },
    { "snyk_sat.", HOOP_DETECT_VENDOR_TOKEN, 6, 5,
      HOOP_SET_DOT, 40, 0, 30, NULL, NULL },
    { "pcsk_", HOOP_DETECT_VENDOR_TOKEN, 1, 6,
      HOOP_SET_WORD, 50, 80, 30, NULL, NULL },
    { "sk-or-v1-", HOOP_DETECT_VENDOR_TOKEN, 6, 5,
      HOOP_SET_HEX, 64, 64, 25, NULL, NULL },
    { "csk-", HOOP_DETECT_VENDOR_TOKEN, 0, 6,
      HOOP_SET_ALNUM, 48, 48, 30, NULL, NULL },
    { "jina_", HOOP_DETECT_VENDOR_TOKEN, 2, 5,
      HOOP_SET_ALNUM, 60, 60, 30, NULL, NULL },
    { "tvly-", HOOP_DETECT_VENDOR_TOKEN, 1, 0,
      HOOP_SET_URL, 32, 60, 30, hoop_check_mixed, NULL },
    { "e2b_", HOOP_DETECT_VENDOR_TOKEN, 2, 4,
      HOOP_SET_HEX, 40, 40, 25, NULL, NULL },
    { "napi_", HOOP_DETECT_VENDOR_TOKEN, 2, 1,
      HOOP_SET_ALNUM, 60, 70, 30, NULL, NULL },
    { "signkey-prod-", HOOP_DETECT_VENDOR_TOKEN, 5, 1,
      HOOP_SET_HEX, 64, 64, 25, NULL, NULL },
    { "secret-live-", HOOP_DETECT_VENDOR_TOKEN, 4, 5,
      HOOP_SET_URL, 36, 60, 30, NULL, NULL },
    { "access-production-", HOOP_DETECT_VENDOR_TOKEN, 3, 2,
      HOOP_SET_URL, 36, 36, 25, hoop_check_uuid, NULL },
    { "access-sandbox-", HOOP_DETECT_VENDOR_TOKEN, 3, 2,
      HOOP_SET_URL, 36, 36, 25, hoop_check_uuid, NULL },
    { "access-development-", HOOP_DETECT_VENDOR_TOKEN, 3, 2,
      HOOP_SET_URL, 36, 36, 25, hoop_check_uuid, NULL },
    { "ATTA", HOOP_DETECT_VENDOR_TOKEN, 0, 3,
      HOOP_SET_HEX, 72, 72, 30, NULL, NULL },
    { "nfp_", HOOP_DETECT_VENDOR_TOKEN, 1, 1,
      HOOP_SET_ALNUM, 36, 40, 30, NULL, NULL },
    { "rnd_", HOOP_DETECT_VENDOR_TOKEN, 1, 5,
      HOOP_SET_ALNUM, 28, 32, 30, hoop_check_mixed, NULL },
    { "vercel_blob_rw_", HOOP_DETECT_VENDOR_TOKEN, 12, 1,
      HOOP_SET_WORD, 40, 60, 30, NULL, NULL },
    { "squ_", HOOP_DETECT_VENDOR_TOKEN, 1, 5,
      HOOP_SET_HEX, 40, 40, 25, NULL, NULL },
    { "sqp_", HOOP_DETECT_VENDOR_TOKEN, 1, 1,
      HOOP_SET_HEX, 40, 40, 25, NULL, NULL },
    { "sqa_", HOOP_DETECT_VENDOR_TOKEN, 1, 1,
      HOOP_SET_HEX, 40, 40, 25, NULL, NULL },
    { "AKID", HOOP_DETECT_VENDOR_TOKEN, 0, 4,
      HOOP_SET_ALNUM, 32, 36, 35, hoop_check_mixed, NULL },
    { "hcaik_", HOOP_DETECT_VENDOR_TOKEN, 3, 1,
      HOOP_SET_ALNUM, 58, 60, 30, NULL, NULL },
    { "xaat-", HOOP_DETECT_VENDOR_TOKEN, 2, 5,
      HOOP_SET_URL, 36, 36, 25, hoop_check_uuid, NULL },
    { "xapt-", HOOP_DETECT_VENDOR_TOKEN, 1, 2,
      HOOP_SET_URL, 36, 36, 25, hoop_check_uuid, NULL },
    { "pylf_v1_", HOOP_DETECT_VENDOR_TOKEN, 5, 5,
      HOOP_SET_WORD, 40, 60, 30, NULL, NULL },
    { "A3-\3\3\3\3\3\3-", HOOP_DETECT_VENDOR_TOKEN, 0, 5,
      HOOP_SET_URL, 29, 30, 30, NULL, NULL },

    /* keys: of age, PEM, and PEM in base64 */

    { "AGE-SECRET-KEY-1", HOOP_DETECT_PRIVATE_KEY, 8, 5,
      HOOP_SET_UPPER, 58, 58, 30, NULL, NULL },

    /* JWT */

    { "eyJ", HOOP_DETECT_JWT, 0, 5,
      HOOP_SET_URL, 0, 0, 0, NULL, hoop_detect_jwt },

    /* keys: of age, PEM, and PEM in base64 */

    { "-BEGIN ", HOOP_DETECT_PRIVATE_KEY, 2, 3,
      HOOP_SET_UPPER, 0, 0, 0, NULL, hoop_detect_pem },
    { "LS0tLS1CRUdJTi", HOOP_DETECT_PRIVATE_KEY, 4, 3,
      HOOP_SET_BASE64, 40, 0, 0, NULL, hoop_detect_pem64 },

    { NULL, 0, 0, 0, 0, 0, 0, 0, NULL, NULL }
};
