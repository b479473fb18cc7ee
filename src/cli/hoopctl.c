
/*
 * Copyright (C) ngx_hoop_module authors
 */


#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "hoopctl.h"


typedef struct {
    const char     *group;
    const char     *name;              /* NULL: the group is the command */
    int           (*handler)(int argc, char **argv);
    const char     *help;
} hoopctl_command_t;


static int hoopctl_help(FILE *out);


static const hoopctl_command_t  hoopctl_commands[] = {

    { "policy", "check", hoopctl_policy_check,
      "[--json] FILE...: are these policies valid, and if not, why?" },

    { "policy", "explain", hoopctl_policy_explain,
      "--policy FILE...: verdict on a request (JSON), rule by rule\n"
      "      --policy FILE... --http FILE --identity FILE [--issuer NAME]\n"
      "      [--address IP] [--now T] [--body-max BYTES]: on a message of HTTP" },

    { "policy", "test", hoopctl_policy_test,
      "FILE...: do these cases get the verdicts they expect?  (TAP)" },

    { "policy", "diff", hoopctl_policy_diff,
      "OLD NEW --cases FILE: which cases get another verdict?" },

    { "sql", "classify", hoopctl_sql_classify,
      "--dialect D: what statements would do, a line each" },

    { "jwt", "verify", hoopctl_jwt_verify,
      "--jwks FILE [--iss I] [--aud A] [--alg LIST] [--now T] [--leeway S]\n"
      "      [--signature-only]: tokens, one a line" },

    { "token", NULL, hoopctl_token,
      "--key FILE --alg ALG [--kid K] [--typ T]: signs claims, one a line\n"
      "      --jwks --key FILE...: the public key set" },

    { "dpop", NULL, hoopctl_dpop,
      "--key FILE --method M --url U [--token-file F] [--nonce N] [--jti J]\n"
      "      [--iat T] [--alg ALG]: a proof of possession for a request\n"
      "      --key FILE --thumbprint: what a token is bound by, its cnf.jkt" },

    { "mask", NULL, hoopctl_mask,
      "--type T [--policy FILE] [--detect LIST] [--fields LIST]\n"
      "      [--action A] [--chunk N]" },

    { "mcp", "inspect", hoopctl_mcp_inspect,
      "--type T [--header 'Name: value']... [--method M]: one request body" },

    { "audit", "verify", hoopctl_audit_verify,
      "--spool DIR | --redis ADDRESS --gateway NAME | --file FILE" },

    { "audit", "query", hoopctl_audit_query,
      "SOURCE [--run R] [--session S] [--type T] [--sub S] [--decision D]\n"
      "      [--rule R] [--since T] [--until T]" },

    { "audit", "export", hoopctl_audit_export,
      "SOURCE: all events, one a line" },

    { "approvals", NULL, hoopctl_approvals,
      "list | show ID | approve ID | deny ID [--reason R] --api URL\n"
      "      [--token-file FILE]   (or the token in HOOP_TOKEN)" },

    { "revoke", NULL, hoopctl_revoke,
      "--redis ADDRESS --issuer NAME --jti J | --sub S [--before now|T]\n"
      "      [--ttl TIME|forever] [--undo]: for hoop_revocation" },

    { NULL, NULL, NULL, NULL }
};


static char  hoopctl_word[64] = "hoopctl";


int
main(int argc, char **argv)
{
    int                       rc, words;
    const hoopctl_command_t  *cmd;

    if (argc == 2 && (strcmp(argv[1], "help") == 0
                      || strcmp(argv[1], "--help") == 0))
    {
        return hoopctl_help(stdout);
    }

    for (cmd = hoopctl_commands; cmd->group; cmd++) {

        words = cmd->name ? 2 : 1;

        if (argc < words + 1
            || strcmp(argv[1], cmd->group) != 0
            || (cmd->name && strcmp(argv[2], cmd->name) != 0))
        {
            continue;
        }

        (void) snprintf(hoopctl_word, sizeof(hoopctl_word), "hoopctl %s%s%s",
                        cmd->group, cmd->name ? " " : "",
                        cmd->name ? cmd->name : "");

        rc = cmd->handler(argc - words, argv + words);

        /* a full disk or a closed pipe is no success */

        if (fflush(stdout) != 0 || ferror(stdout)) {
            return hoopctl_usage("cannot write: %s", strerror(errno));
        }

        return rc;
    }

    (void) hoopctl_help(stderr);

    return HOOPCTL_USAGE;
}


static int
hoopctl_help(FILE *out)
{
    const hoopctl_command_t  *cmd;

    fprintf(out, "usage: hoopctl COMMAND ...   (exit status: 0 yes, 1 no, "
                 "2 usage or error)\n\n");

    for (cmd = hoopctl_commands; cmd->group; cmd++) {
        fprintf(out, "  %s%s%s\n      %s\n", cmd->group, cmd->name ? " " : "",
                cmd->name ? cmd->name : "", cmd->help);
    }

    return HOOPCTL_YES;
}


int
hoopctl_usage(const char *fmt, ...)
{
    va_list  args;

    fprintf(stderr, "%s: ", hoopctl_word);

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);

    fprintf(stderr, "\n");

    return HOOPCTL_USAGE;
}


int
hoopctl_read(const char *path, hoop_buf_t *b, size_t cap)
{
    int     rc;
    FILE   *f;
    size_t  n;

    f = (strcmp(path, "-") == 0) ? stdin : fopen(path, "rb");

    if (f == NULL) {
        (void) hoopctl_usage("cannot open \"%s\": %s", path, strerror(errno));
        return HOOP_ERROR;
    }

    hoop_buf_init(b, cap);

    do {
        rc = hoop_buf_reserve(b, 1);

        if (rc == HOOP_OK && b->size - b->len < 65536
            && (cap == 0 || cap - b->len >= 65536))
        {
            rc = hoop_buf_reserve(b, 65536);
        }

        if (rc != HOOP_OK) {

            /* exactly cap bytes are still fine */

            b->failed = 0;

            if (b->len == cap && fgetc(f) == EOF && !ferror(f)) {
                rc = HOOP_OK;
                break;
            }

            (void) hoopctl_usage("\"%s\" is larger than %zu bytes", path, cap);
            break;
        }

        n = fread(b->data + b->len, 1, b->size - b->len, f);
        b->len += n;

    } while (n);

    if (rc == HOOP_OK && ferror(f)) {
        (void) hoopctl_usage("cannot read \"%s\": %s", path, strerror(errno));
        rc = HOOP_ERROR;
    }

    if (f != stdin) {
        (void) fclose(f);
    }

    if (rc != HOOP_OK) {
        hoop_buf_free(b);
        return HOOP_ERROR;
    }

    return HOOP_OK;
}
