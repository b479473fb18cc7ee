
/*
 * Copyright (C) ngx_hoop_module authors
 */


#include "hoop_notify.h"
#include "hoop_json.h"

#include <string.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>


/* of one text in a message; Slack takes 3000 of a section */
#define HOOP_NOTIFY_TEXT    400
/* of one in JSON */
#define HOOP_NOTIFY_MEMBER  2048


static int hoop_notify_generic(const hoop_notify_t *n, hoop_buf_t *b);
static int hoop_notify_slack(const hoop_notify_t *n, hoop_buf_t *b);
static void hoop_notify_who(json_t *requester, hoop_buf_t *b);
static void hoop_notify_slack_text(hoop_buf_t *b, hoop_str_t s);
static void hoop_notify_url(const hoop_notify_t *n, hoop_buf_t *b);


static const char *const  hoop_notify_strings[] = {
    "id", "kind", "state", "rule", "target", "method", "uri", "reason", "run",
    "session", "by", "comment", NULL
};

static const char *const  hoop_notify_numbers[] = {
    "created", "expires", "needed", "votes", NULL
};


int
hoop_notify_body(hoop_notify_format_e format, const hoop_notify_t *n,
    hoop_buf_t *b)
{
    int  rc;

    if (hoop_json_member(n->approval, "id").len == 0
        || !json_is_object(json_object_get(n->approval, "requester")))
    {
        return HOOP_ERROR;
    }

    rc = (format == HOOP_NOTIFY_SLACK) ? hoop_notify_slack(n, b)
                                       : hoop_notify_generic(n, b);

    return (rc != HOOP_OK || b->failed || b->len > HOOP_NOTIFY_MAX)
           ? HOOP_ERROR : HOOP_OK;
}


static int
hoop_notify_generic(const hoop_notify_t *n, hoop_buf_t *b)
{
    char        *text;
    json_t      *v;
    unsigned     i;
    hoop_str_t   s;
    hoop_buf_t   url;

    (void) hoop_buf_adds(b, "{\"event\":\"approval.");
    (void) hoop_buf_add(b, n->event.data, n->event.len);
    (void) hoop_buf_adds(b, "\",\"delivery\":");
    (void) hoop_buf_add_json(b, n->delivery.data, n->delivery.len);
    (void) hoop_buf_adds(b, ",\"time\":");
    (void) hoop_buf_addu(b, n->time);
    (void) hoop_buf_adds(b, ",\"approval\":{\"requester\":");

    text = json_dumps(json_object_get(n->approval, "requester"),
                      JSON_COMPACT);
    if (text == NULL) {
        return HOOP_NOMEM;
    }

    (void) hoop_buf_adds(b, strlen(text) <= HOOP_NOTIFY_MEMBER ? text : "{}");
    free(text);

    for (i = 0; hoop_notify_strings[i] != NULL; i++) {
        s = hoop_json_member(n->approval, hoop_notify_strings[i]);

        (void) hoop_buf_addc(b, ',');
        (void) hoop_buf_add_json(b, (u_char *) hoop_notify_strings[i],
                                 strlen(hoop_notify_strings[i]));
        (void) hoop_buf_addc(b, ':');
        (void) hoop_buf_add_json(b, s.data, hoop_utf8_cut(s.data, s.len,
                                                          HOOP_NOTIFY_MEMBER));
    }

    for (i = 0; hoop_notify_numbers[i] != NULL; i++) {
        v = json_object_get(n->approval, hoop_notify_numbers[i]);

        (void) hoop_buf_addc(b, ',');
        (void) hoop_buf_add_json(b, (u_char *) hoop_notify_numbers[i],
                                 strlen(hoop_notify_numbers[i]));
        (void) hoop_buf_addc(b, ':');
        (void) hoop_buf_addu(b, json_integer_value(v) > 0
                                ? json_integer_value(v) : 0);
    }

    (void) hoop_buf_addc(b, '}');

    if (n->console.len) {
        hoop_buf_init(&url, 4096);
        hoop_notify_url(n, &url);

        (void) hoop_buf_adds(b, ",\"url\":");
        (void) hoop_buf_add_json(b, url.data, url.len);

        hoop_buf_free(&url);
    }

    (void) hoop_buf_addc(b, '}');

    return HOOP_OK;
}


/* whoever writes to Redis does not write URLs of ours */

static void
hoop_notify_url(const hoop_notify_t *n, hoop_buf_t *b)
{
    size_t      i;
    hoop_str_t  id;

    id = hoop_json_member(n->approval, "id");

    for (i = 0; i < id.len; i++) {
        if (hoop_hex_value(id.data[i]) < 0) {
            break;
        }
    }

    (void) hoop_buf_add(b, n->console.data, n->console.len);

    if (i && i == id.len && i <= 32) {
        (void) hoop_buf_addc(b, '#');
        (void) hoop_buf_add(b, id.data, id.len);
    }
}


/* one section of mrkdwn, and the same as the text of a notification */

static int
hoop_notify_slack(const hoop_notify_t *n, hoop_buf_t *b)
{
    hoop_buf_t   text;
    hoop_str_t   reason, by;
    const char  *what;

    hoop_buf_init(&text, 16384);

    what = hoop_str_is(n->event, "pending") ? "Approval wanted"
           : hoop_str_is(n->event, "approved") ? "Approved"
           : hoop_str_is(n->event, "denied") ? "Denied"
           : hoop_str_is(n->event, "expired") ? "Expired"
           : hoop_str_is(n->event, "cancelled") ? "Cancelled" : "Used";

    (void) hoop_buf_adds(&text, "*");
    (void) hoop_buf_adds(&text, what);
    (void) hoop_buf_adds(&text, "*: ");

    if (hoop_str_is(hoop_json_member(n->approval, "kind"), "plan")) {
        (void) hoop_buf_adds(&text, "a plan");

    } else {
        hoop_notify_slack_text(&text, hoop_json_member(n->approval, "method"));
        (void) hoop_buf_addc(&text, ' ');
        hoop_notify_slack_text(&text, hoop_json_member(n->approval, "uri"));
    }

    (void) hoop_buf_adds(&text, " at ");
    hoop_notify_slack_text(&text, hoop_json_member(n->approval, "target"));
    (void) hoop_buf_adds(&text, "\nby ");
    hoop_notify_who(json_object_get(n->approval, "requester"), &text);

    reason = hoop_json_member(n->approval, "reason");
    by = hoop_json_member(n->approval, "by");

    (void) hoop_buf_adds(&text, "\nrule ");
    hoop_notify_slack_text(&text, hoop_json_member(n->approval, "rule"));

    if (reason.len) {
        (void) hoop_buf_adds(&text, ": ");
        hoop_notify_slack_text(&text, reason);
    }

    if (by.len && !hoop_str_is(n->event, "pending")) {
        (void) hoop_buf_adds(&text, "\nlast vote by ");
        hoop_notify_slack_text(&text, by);
        (void) hoop_buf_adds(&text, ": ");
        hoop_notify_slack_text(&text, hoop_json_member(n->approval,
                                                       "comment"));
    }

    if (n->console.len) {
        (void) hoop_buf_adds(&text, "\n<");
        hoop_notify_url(n, &text);
        (void) hoop_buf_adds(&text, "|Open>");
    }

    (void) hoop_buf_adds(b, "{\"text\":");
    (void) hoop_buf_add_json(b, text.data, text.len);
    (void) hoop_buf_adds(b, ",\"unfurl_links\":false,\"blocks\":[{\"type\":"
                            "\"section\",\"text\":{\"type\":\"mrkdwn\","
                            "\"text\":");
    (void) hoop_buf_add_json(b, text.data, hoop_utf8_cut(text.data, text.len,
                                                         2900));
    (void) hoop_buf_adds(b, "}}]}");

    if (text.failed) {
        b->failed = 1;
    }

    hoop_buf_free(&text);

    return HOOP_OK;
}


/* the one who acts, then for whom */

static void
hoop_notify_who(json_t *requester, hoop_buf_t *b)
{
    json_t  *act;

    act = json_object_get(requester, "act");

    if (hoop_json_member(act, "sub").len) {
        hoop_notify_slack_text(b, hoop_json_member(act, "sub"));
        (void) hoop_buf_adds(b, " for ");
    }

    hoop_notify_slack_text(b, hoop_json_member(requester, "sub"));
}


/*
 * Literal: three characters are Slack's own, and what would be read as emphasis
 * or ends a line is a space, so that nobody writes a line of ours.
 */

static void
hoop_notify_slack_text(hoop_buf_t *b, hoop_str_t s)
{
    size_t  i, n;

    n = hoop_utf8_cut(s.data, s.len, HOOP_NOTIFY_TEXT);

    for (i = 0; i < n; i++) {

        switch (s.data[i]) {

        case '&':
            (void) hoop_buf_adds(b, "&amp;");
            break;

        case '<':
            (void) hoop_buf_adds(b, "&lt;");
            break;

        case '>':
            (void) hoop_buf_adds(b, "&gt;");
            break;

        case '*':
        case '`':
        case '~':
            (void) hoop_buf_addc(b, ' ');
            break;

        default:
            (void) hoop_buf_addc(b, s.data[i] < 0x20 || s.data[i] == 0x7f
                                    ? ' ' : s.data[i]);
        }
    }

    if (n < s.len) {
        (void) hoop_buf_adds(b, "...");
    }
}


int
hoop_notify_sign(u_char hex[64], hoop_str_t key, int64_t t, hoop_str_t body)
{
    u_char       md[32];
    hoop_buf_t   b;
    unsigned     len;
    int          rc;

    hoop_buf_init(&b, HOOP_NOTIFY_MAX + 64);

    (void) hoop_buf_addu(&b, t);
    (void) hoop_buf_addc(&b, '.');
    (void) hoop_buf_add(&b, body.data, body.len);

    rc = !b.failed
         && HMAC(EVP_sha256(), key.data, (int) key.len, b.data, b.len, md, &len)
            != NULL
         && len == 32;

    if (rc) {
        hoop_hex(hex, md, 32);
    }

    hoop_buf_free(&b);

    return rc ? HOOP_OK : HOOP_ERROR;
}
