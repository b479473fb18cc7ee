
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Two parsers of a form part their ways over more than its fields.  As a whole
 * it is ambiguous if
 *
 *   - it has a byte that whoever encodes a form escapes: a control character,
 *     a line feed at its end, which some take off and others for a value
 *   - it is not UTF-8, or "_charset_" says so, which is what it says to some
 *   - it has more fields than common targets read: PHP's max_input_vars and
 *     Django's DATA_UPLOAD_MAX_NUMBER_FIELDS are 1000, and PHP goes on without
 *     the others
 */


#include "hoop_body.h"
#include "hoop_json.h"
#include "hoop_media.h"
#include "hoop_pairs.h"


static int hoop_body_header(const hoop_policy_request_t *req,
    const char *name, hoop_str_t *value);
static const char *hoop_body_form(hoop_str_t text);


void
hoop_body_judge(hoop_policy_request_t *req, hoop_str_t text,
    hoop_error_t *err)
{
    int          rc, json, form;
    hoop_str_t   value;
    const char  *why;

    memset(err, 0, sizeof(hoop_error_t));

    req->body = HOOP_BODY_NONE;
    req->body_json = NULL;
    req->body_text = hoop_str(NULL, 0);

    if (text.len == 0) {
        return;
    }

    req->body = HOOP_BODY_AMBIGUOUS;

    if (hoop_body_header(req, "content-encoding", &value) != HOOP_DECLINED) {
        hoop_error_set(err, "it has a Content-Encoding");
        return;
    }

    rc = hoop_body_header(req, "content-type", &value);

    if (rc == HOOP_ERROR) {
        hoop_error_set(err, "it has several Content-Type headers");
        return;
    }

    json = HOOP_DECLINED;
    form = HOOP_DECLINED;

    if (rc == HOOP_OK) {
        json = hoop_media_is(value, "application/json");

        if (json == HOOP_DECLINED) {
            json = hoop_media_is(value, "+json");
        }

        form = hoop_media_is(value, "application/x-www-form-urlencoded");
    }

    if (json == HOOP_ERROR || form == HOOP_ERROR) {
        hoop_error_set(err, "its media type has broken parameters, or names "
                       "a charset other than UTF-8");
        return;
    }

    if (json == HOOP_OK) {
        req->body_json = hoop_json_load(text.data, text.len, err);

        if (req->body_json == NULL) {
            return;
        }

        req->body = HOOP_BODY_JSON;

    } else if (form == HOOP_OK) {
        why = hoop_body_form(text);

        if (why != NULL) {
            hoop_error_set(err, "%s", why);
            return;
        }

        req->body = HOOP_BODY_FORM;

    } else {
        req->body = HOOP_BODY_OTHER;
    }

    req->body_text = text;
}


static int
hoop_body_header(const hoop_policy_request_t *req, const char *name,
    hoop_str_t *value)
{
    if (req->header == NULL) {
        return HOOP_DECLINED;
    }

    return req->header(req->header_ctx, hoop_cstr(name), value);
}


/* NULL, or why it is ambiguous */

static const char *
hoop_body_form(hoop_str_t text)
{
    u_char      c;
    size_t      i, n, fields;
    hoop_str_t  charset;

    static const hoop_str_t  name = hoop_string("_charset_");

    fields = 1;

    for (i = 0; i < text.len; i++) {
        c = text.data[i];

        if (c < 0x20 || c == 0x7f) {
            return "the form has a control character";
        }

        fields += (c == '&' || c == ';');
    }

    if (fields > HOOP_BODY_MAX_FIELDS) {
        return "the form has too many fields";
    }

    if (!hoop_utf8_valid(text.data, text.len)) {
        return "the form is not UTF-8";
    }

    n = hoop_pairs_find(text, HOOP_PAIRS_QUERY, name, &charset);

    if (n > 1 || (n == 1 && hoop_media_charset(charset) != HOOP_OK)) {
        return "the form names a charset other than UTF-8";
    }

    return NULL;
}
