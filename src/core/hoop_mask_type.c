
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The mode for a media type.  What is text by any name is judged as text;
 * what is none by its name is for the caller's policy; what cannot be judged
 * because of its charset is refused.
 */


#include "hoop_mask.h"


#define HOOP_TYPE_MAX  128


static inline int
hoop_type_space(u_char c)
{
    return c == ' ' || c == '\t';
}


static int
hoop_type_ends(hoop_str_t s, const char *end)
{
    size_t  len;

    len = strlen(end);

    return s.len > len && memcmp(s.data + s.len - len, end, len) == 0;
}


static int
hoop_type_starts(hoop_str_t s, const char *start)
{
    size_t  len;

    len = strlen(start);

    return s.len >= len && memcmp(s.data, start, len) == 0;
}


static int
hoop_type_listed(hoop_str_t s, const char *const *list)
{
    for ( /* void */ ; *list; list++) {
        if (hoop_str_is(s, *list)) {
            return 1;
        }
    }

    return 0;
}


static const char *const  hoop_type_json[] = {
    "application/json", "text/json", "text/x-json", "application/x-json",
    "application/ndjson", "application/x-ndjson", "application/jsonl",
    "application/jsonlines", "application/x-jsonlines",
    "application/json-lines", "application/json-seq",
    "application/stream+json", "application/x-json-stream",
    "application/csp-report", "application/json5", NULL
};

static const char *const  hoop_type_text[] = {
    "application/javascript", "application/x-javascript",
    "application/ecmascript", "application/sql", "application/graphql",
    "application/x-sh", "application/x-httpd-php", "application/rtf",
    "application/x-pem-file", "application/pem-certificate-chain",
    "application/problem", "application/http", "application/x-subrip",
    "application/mbox", "application/node", "application/jwt",
    "application/jose", "application/x-ldif", NULL
};

static const char *const  hoop_type_markup[] = {
    "text/html", "text/xml", "text/xsl", "application/xml",
    "application/xml-dtd", NULL
};

static const char *const  hoop_type_config[] = {
    "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml",
    "text/vnd.yaml", "application/toml", "text/toml", "text/x-toml",
    "text/x-ini", "text/x-java-properties", "text/x-properties", NULL
};

static const char *const  hoop_type_tables[] = {
    "text/csv", "text/x-csv", "text/comma-separated-values",
    "text/tab-separated-values", "text/tsv", "text/x-tsv", "application/csv",
    "application/x-csv", NULL
};

static const char *const  hoop_type_charsets[] = {
    "utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968", "iso-8859-1",
    "iso8859-1", "iso_8859-1", "latin1", "l1", "windows-1252", "cp1252",
    "x-cp1252", NULL
};


static hoop_mask_mode_e
hoop_type_mode(hoop_str_t type)
{
    if (type.len == 0 || memchr(type.data, '/', type.len) == NULL) {
        return HOOP_MASK_TEXT;
    }

    if (hoop_str_is(type, "text/event-stream")) {
        return HOOP_MASK_SSE;
    }

    if (hoop_str_is(type, "application/x-www-form-urlencoded")) {
        return HOOP_MASK_FORM;
    }

    if (hoop_type_ends(type, "+json") || hoop_type_ends(type, "+json-seq")
        || hoop_type_listed(type, hoop_type_json))
    {
        return HOOP_MASK_JSON;
    }

    if (hoop_type_listed(type, hoop_type_tables)) {
        return HOOP_MASK_CSV;
    }

    if (hoop_type_ends(type, "+xml") || hoop_type_listed(type, hoop_type_markup))
    {
        return HOOP_MASK_MARKUP;
    }

    if (hoop_type_ends(type, "+yaml")
        || hoop_type_listed(type, hoop_type_config))
    {
        return HOOP_MASK_CONFIG;
    }

    if (hoop_type_starts(type, "text/") || hoop_type_starts(type, "multipart/")
        || hoop_type_starts(type, "message/")
        || hoop_type_ends(type, "+jwt")
        || hoop_type_listed(type, hoop_type_text))
    {
        return HOOP_MASK_TEXT;
    }

    return HOOP_MASK_BINARY;
}


/*
 * 1 if a parameter named charset, of any case, has a value we can judge;
 * headless: a table is said to have no header line (RFC 7111, 4)
 */

static int
hoop_type_params(const u_char *p, const u_char *end, int *headless)
{
    u_char         c, text[HOOP_TYPE_MAX];
    size_t         n;
    int            quoted, charset, header;
    const u_char  *name;

    while (p < end) {

        while (p < end && (*p == ';' || hoop_type_space(*p))) {
            p++;
        }

        for (name = p; p < end && *p != '=' && *p != ';'; p++) { /* void */ }

        if (p == end || *p == ';') {
            continue;
        }

        charset = 0;
        header = 0;

        if (p - name == 7 || p - name == 6) {
            for (n = 0; n < (size_t) (p - name); n++) {
                text[n] = hoop_lower(name[n]);
            }

            charset = (n == 7 && memcmp(text, "charset", 7) == 0);
            header = (n == 6 && memcmp(text, "header", 6) == 0);
        }

        p++;
        quoted = (p < end && (*p == '"' || *p == '\''));
        c = quoted ? *p++ : ';';

        for (n = 0; p < end && *p != c; p++) {

            if (quoted && *p == '\\' && end - p > 1) {
                p++;
            }

            if (!quoted && hoop_type_space(*p)) {
                continue;
            }

            if (n == sizeof(text)) {
                return !charset;
            }

            text[n++] = hoop_lower(*p);
        }

        if (charset && n
            && !hoop_type_listed(hoop_str(text, n), hoop_type_charsets))
        {
            return 0;
        }

        if (header && hoop_str_is(hoop_str(text, n), "absent")) {
            *headless = 1;
        }

        while (p < end && *p != ';') {
            p++;
        }
    }

    return 1;
}


hoop_mask_mode_e
hoop_mask_mode(hoop_str_t content_type)
{
    int                headless;
    size_t             n;
    u_char             text[HOOP_TYPE_MAX];
    const u_char      *p, *end;
    hoop_mask_mode_e   mode;

    p = content_type.data;
    end = p + content_type.len;

    while (p < end && hoop_type_space(*p)) {
        p++;
    }

    for (n = 0;
         p < end && *p != ';' && *p != ',' && !hoop_type_space(*p);
         p++)
    {
        if (n == sizeof(text)) {
            return HOOP_MASK_TEXT;
        }

        text[n++] = hoop_lower(*p);
    }

    mode = hoop_type_mode(hoop_str(text, n));

    headless = 0;

    if (mode != HOOP_MASK_BINARY && !hoop_type_params(p, end, &headless)) {
        return HOOP_MASK_REFUSE;
    }

    return (mode == HOOP_MASK_CSV && headless) ? HOOP_MASK_TEXT : mode;
}


int
hoop_mask_coded(const u_char *h, size_t n)
{
    return (n >= 2
            && (memcmp(h, "\x1f\x8b", 2) == 0
                || memcmp(h, "\xfe\xff", 2) == 0
                || memcmp(h, "\xff\xfe", 2) == 0))
           || (n >= 4
               && (memcmp(h, "\x28\xb5\x2f\xfd", 4) == 0
                   || (h[0] == 0 && h[1] != 0 && h[2] == 0 && h[3] != 0)
                   || (h[0] != 0 && h[1] == 0 && h[2] != 0 && h[3] == 0)
                   || (h[0] == 0 && h[1] == 0 && h[2] == 0 && h[3] != 0)
                   || (h[0] != 0 && h[1] == 0 && h[2] == 0 && h[3] == 0)));
}
