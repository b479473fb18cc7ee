
/*
 * Copyright (C) ngx_hoop_module authors
 */


#include <stdlib.h>

#include "hoop_json.h"
#include "hoop_notify.h"
#include "tap.h"


static void
body(hoop_notify_format_e format, const char *event, const char *approval,
    const char *console, hoop_buf_t *b, int *rc)
{
    hoop_error_t   err;
    hoop_notify_t  n;

    memset(&n, 0, sizeof(n));

    n.event = hoop_cstr(event);
    n.delivery = hoop_cstr("17-0");
    n.time = 17;
    n.approval = hoop_json_load((u_char *) approval, strlen(approval), &err);
    n.console = hoop_cstr(console);

    hoop_buf_init(b, 0);

    *rc = hoop_notify_body(format, &n, b);

    json_decref(n.approval);
}


int
main(void)
{
    int            rc;
    char           hex[65];
    char          *big;
    json_t        *v;
    hoop_buf_t     b;
    hoop_error_t   err;

    static const char  hostile[] =
        "{\"id\":\"ab\",\"kind\":\"request\",\"requester\":{\"iss\":\"i\","
        "\"sub\":\"<!channel>\",\"act\":{\"sub\":\"x&y\"}},\"method\":\"PUT\","
        "\"uri\":\"/a*b`~\",\"target\":\"crm\",\"rule\":\"r\\nby admin\","
        "\"reason\":\"\\u0007\\u007f\",\"summary\":\"secret body\","
        "\"expires\":5,\"needed\":2,\"votes\":-1}";

    body(HOOP_NOTIFY_GENERIC, "pending", hostile, "https://gw/c/", &b, &rc);

    is_int(rc, HOOP_OK, "JSON");
    is_mem(b.data, b.len,
           "{\"event\":\"approval.pending\",\"delivery\":\"17-0\",\"time\":17,"
           "\"approval\":{\"requester\":{\"iss\":\"i\",\"sub\":\"<!channel>\","
           "\"act\":{\"sub\":\"x&y\"}},\"id\":\"ab\",\"kind\":\"request\","
           "\"state\":\"\",\"rule\":\"r\\nby admin\",\"target\":\"crm\","
           "\"method\":\"PUT\",\"uri\":\"/a*b`~\","
           "\"reason\":\"\\u0007\\u007f\",\"run\":\"\",\"session\":\"\","
           "\"by\":\"\",\"comment\":\"\",\"created\":0,\"expires\":5,"
           "\"needed\":2,\"votes\":0},\"url\":\"https://gw/c/#ab\"}",
           strlen("{\"event\":\"approval.pending\",\"delivery\":\"17-0\",\"time\":17,"
           "\"approval\":{\"requester\":{\"iss\":\"i\",\"sub\":\"<!channel>\","
           "\"act\":{\"sub\":\"x&y\"}},\"id\":\"ab\",\"kind\":\"request\","
           "\"state\":\"\",\"rule\":\"r\\nby admin\",\"target\":\"crm\","
           "\"method\":\"PUT\",\"uri\":\"/a*b`~\","
           "\"reason\":\"\\u0007\\u007f\",\"run\":\"\",\"session\":\"\","
           "\"by\":\"\",\"comment\":\"\",\"created\":0,\"expires\":5,"
           "\"needed\":2,\"votes\":0},\"url\":\"https://gw/c/#ab\"}"),
           "says this, and not the body");
    hoop_buf_free(&b);

    body(HOOP_NOTIFY_SLACK, "pending", hostile, "https://gw/c/", &b, &rc);

    is_int(rc, HOOP_OK, "a message");
    v = hoop_json_load(b.data, b.len, &err);
    is_str(hoop_json_member(v, "text").len
           ? json_string_value(json_object_get(v, "text")) : "",
           "*Approval wanted*: PUT /a b   at crm\n"
           "by x&amp;y for &lt;!channel&gt;\nrule r by admin:   \n"
           "<https://gw/c/#ab|Open>",
           "names nobody, and has no line of others");
    json_decref(v);
    hoop_buf_free(&b);

    body(HOOP_NOTIFY_SLACK, "denied", "{\"id\":\"ab\",\"kind\":\"plan\","
         "\"requester\":{\"sub\":\"s\"},\"by\":\"i dana\",\"comment\":\"no\"}",
         "", &b, &rc);
    v = hoop_json_load(b.data, b.len, &err);
    is_str(json_string_value(json_object_get(v, "text")),
           "*Denied*: a plan at \nby s\nrule \nlast vote by i dana: no",
           "of a plan");
    json_decref(v);
    hoop_buf_free(&b);

    body(HOOP_NOTIFY_SLACK, "pending", "{\"id\":\"a\\n|x>\",\"kind\":\"plan\","
         "\"requester\":{\"sub\":\"s\"}}", "https://gw/c/", &b, &rc);
    v = hoop_json_load(b.data, b.len, &err);
    is_str(json_string_value(json_object_get(v, "text")),
           "*Approval wanted*: a plan at \nby s\nrule \n<https://gw/c/|Open>",
           "an id that is none is in no link");
    json_decref(v);
    hoop_buf_free(&b);

    body(HOOP_NOTIFY_GENERIC, "pending", "{}", "", &b, &rc);
    is_int(rc, HOOP_ERROR, "what is no approval is not announced");
    hoop_buf_free(&b);

    big = malloc(400 * 1024);
    strcpy(big, "{\"id\":\"ab\",\"requester\":{\"sub\":\"");
    memset(big + strlen(big), 'x', 100000);
    strcpy(big + 30 + 100000, "\"},\"uri\":\"");
    memset(big + strlen(big), '*', 100000);
    strcat(big, "\"}");

    body(HOOP_NOTIFY_GENERIC, "pending", big, "", &b, &rc);
    ok(rc == HOOP_OK && b.len < 8192, "a large one is cut");
    hoop_buf_free(&b);
    body(HOOP_NOTIFY_SLACK, "pending", big, "", &b, &rc);
    ok(rc == HOOP_OK && b.len < 8192, "and so is its message");
    v = hoop_json_load(b.data, b.len, &err);
    ok(v != NULL, "which is JSON");
    json_decref(v);
    hoop_buf_free(&b);
    free(big);

    /* echo -n '1.x' | openssl dgst -sha256 -hmac k */

    memset(hex, 0, sizeof(hex));
    is_int(hoop_notify_sign((u_char *) hex, hoop_cstr("k"), 1, hoop_cstr("x")),
           HOOP_OK, "signed");
    is_str(hex, "976cb87e4f568d1c0f03f32859e90af8597cf00b978ba37c229c97d3a15b8449", "as openssl does");

    return done_testing();
}
