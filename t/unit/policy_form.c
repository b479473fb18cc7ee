
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * Forms: what a body is, and the fields of it that rules look at.
 */


#include "policy.h"
#include "../../src/core/hoop_body.h"


#define FORM  "application/x-www-form-urlencoded"


static void test_kinds(void);
static void test_as_a_whole(void);
static void test_fields(void);
static void test_other_bodies(void);
static void test_several(void);
static void test_large(void);
static void test_config(void);


static hoop_error_t  error;


int
main(void)
{
    test_kinds();
    test_as_a_whole();
    test_fields();
    test_other_bodies();
    test_several();
    test_large();
    test_config();

    return done_testing();
}


/* the body as it comes, in memory of its own; what the last one had is freed */

static hoop_body_e
post(const char *type, const char *text, size_t len)
{
    static u_char  *copy;

    req("POST /", NULL);

    memset(headers, 0, sizeof(headers));

    if (type != NULL) {
        headers[0].name = "content-type";
        headers[0].value = type;
    }

    free(copy);
    copy = malloc(len ? len : 1);
    memcpy(copy, text, len);

    hoop_body_judge(&request, hoop_str(copy, len), &error);

    return request.body;
}


static void
test_kinds(void)
{
    size_t  i;

    static const struct {
        const char   *type;
        const char   *text;
        hoop_body_e   body;
    } cases[] = {
        { "application/json", "{}", HOOP_BODY_JSON },
        { "Application/JSON; charset=\"UTF-8\"", "[1]", HOOP_BODY_JSON },
        { "application/vnd.api+json", "1", HOOP_BODY_JSON },
        { "application/problem+JSON;a=b", "1", HOOP_BODY_JSON },
        { "application/json", "", HOOP_BODY_NONE },
        { "application/json", "{", HOOP_BODY_AMBIGUOUS },
        { "application/json;charset=latin1", "{}", HOOP_BODY_AMBIGUOUS },
        { "application/json charset=utf-8", "{}", HOOP_BODY_AMBIGUOUS },
        { "x/y+json; charset=utf-16", "{}", HOOP_BODY_AMBIGUOUS },
        { "+json", "{}", HOOP_BODY_OTHER },
        { "x/json", "{}", HOOP_BODY_OTHER },
        { "application/jsonx", "{}", HOOP_BODY_OTHER },
        { "application/json, text/plain", "{}", HOOP_BODY_OTHER },
        { "text/plain;charset=latin1", "{}", HOOP_BODY_OTHER },
        { "multipart/form-data; boundary=x", "--x", HOOP_BODY_OTHER },
        { NULL, "{}", HOOP_BODY_OTHER },
        { "", "{}", HOOP_BODY_OTHER },
        { FORM, "a=b", HOOP_BODY_FORM },
        { FORM, "", HOOP_BODY_NONE },
        { "Application/X-WWW-Form-Urlencoded;charset=utf-8", "a",
          HOOP_BODY_FORM },
        { FORM ";charset=iso-8859-1", "a=b", HOOP_BODY_AMBIGUOUS },
        { FORM ";charset=utf-8;charset=utf-8", "a=b", HOOP_BODY_AMBIGUOUS },
        { FORM ";charset", "a=b", HOOP_BODY_AMBIGUOUS },
        { FORM "x", "a=b", HOOP_BODY_OTHER }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_int(post(cases[i].type, cases[i].text, strlen(cases[i].text)),
               cases[i].body, cases[i].type ? cases[i].type : "no type");

        ok((request.body_json != NULL) == (request.body == HOOP_BODY_JSON)
           && hoop_str_is(request.body_text,
                          request.body == HOOP_BODY_AMBIGUOUS
                          ? "" : cases[i].text)
           && (error.text[0] != '\0')
              == (request.body == HOOP_BODY_AMBIGUOUS),
           "with its text, if it is to be trusted");
    }

    headers[1].name = "content-encoding";
    headers[1].value = "identity";
    hoop_body_judge(&request, hoop_str("a=b", 3), &error);
    is_int(request.body, HOOP_BODY_AMBIGUOUS, "coded");
    is_str(error.text, "it has a Content-Encoding", "why");

    headers[1].name = NULL;
    headers[0].value = NULL;
    hoop_body_judge(&request, hoop_str("a=b", 3), &error);
    is_int(request.body, HOOP_BODY_AMBIGUOUS, "two media types");

    request.header = NULL;
    hoop_body_judge(&request, hoop_str("a=b", 3), &error);
    is_int(request.body, HOOP_BODY_OTHER, "no headers at all");
}


static void
test_as_a_whole(void)
{
    size_t      i;
    hoop_buf_t  b;

    static const struct {
        const char   *text;
        size_t        len;
        hoop_body_e   body;
    } cases[] = {
        { "a=1&b=2", 7, HOOP_BODY_FORM },
        { "&&=", 3, HOOP_BODY_FORM },
        { "a=\xc3\xa9", 4, HOOP_BODY_FORM },
        { "a=\xe9", 3, HOOP_BODY_AMBIGUOUS },
        { "a=%E9", 5, HOOP_BODY_FORM },
        { "a=1\n", 4, HOOP_BODY_AMBIGUOUS },
        { "a=1\r\n", 5, HOOP_BODY_AMBIGUOUS },
        { "a=1\nb=2", 7, HOOP_BODY_AMBIGUOUS },
        { "a=\0", 3, HOOP_BODY_AMBIGUOUS },
        { "a=\x7f", 3, HOOP_BODY_AMBIGUOUS },
        { "_charset_=utf-8&a=1", 19, HOOP_BODY_FORM },
        { "a=1&_charset_=UTF-8", 19, HOOP_BODY_FORM },
        { "_charset_=&a=1", 14, HOOP_BODY_AMBIGUOUS },
        { "_charset_&a=1", 13, HOOP_BODY_AMBIGUOUS },
        { "_charset_=utf-7&a=1", 19, HOOP_BODY_AMBIGUOUS },
        { "_%63harset_=utf-7", 17, HOOP_BODY_AMBIGUOUS },
        { "a=1;_Charset_=utf-7", 19, HOOP_BODY_AMBIGUOUS },
        { "_charset_=utf-8&_charset_=utf-8", 31, HOOP_BODY_AMBIGUOUS }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(post(FORM, cases[i].text, cases[i].len) == cases[i].body,
           "form %zu", i);
    }

    hoop_buf_init(&b, 0);

    for (i = 1; i < HOOP_BODY_MAX_FIELDS; i++) {
        (void) hoop_buf_adds(&b, i % 2 ? "a&" : "b;");
    }

    is_int(post(FORM, (char *) b.data, b.len), HOOP_BODY_FORM,
           "as many fields as PHP reads");

    (void) hoop_buf_addc(&b, '&');

    is_int(post(FORM, (char *) b.data, b.len), HOOP_BODY_AMBIGUOUS,
           "one more");

    hoop_buf_free(&b);
}


static void
test_fields(void)
{
    size_t          i;
    hoop_policy_t  *allow, *deny;

    /* what an allow and what a deny of id=7 say; "u" is unknown */

    static const struct {
        const char  *text;
        char         verdict;
    } cases[] = {
        { "id=7", 'y' }, { "id=8", 'n' }, { "x=7", 'n' }, { "id", 'n' },
        { "a=1&id=7&b=2", 'y' }, { "&&id=7&", 'y' }, { "i%64=%37", 'y' },
        { "id=%2537", 'n' }, { "id=7=", 'n' }, { "idx=7", 'n' },
        { "id=7&id=7", 'u' }, { "id=7&i%64=8", 'u' }, { "id=8&id=9", 'u' },
        { "ID=7", 'u' }, { "id=7&Id=8", 'u' }, { "id[]=7", 'u' },
        { "id%5B%5D=8", 'u' }, { "+id=7", 'u' }, { " id=7", 'u' },
        { "id=7;x=1", 'u' }, { "x=1;id=7", 'u' }, { "x=1;y=2", 'n' },
        { "id=7%", 'u' }, { "id=%zz", 'u' }, { "%zz=1&id=7", 'u' },
        { "id%00=7", 'u' }, { "id=7%00", 'u' }, { "x=%zz&id=7", 'y' },
        { "id=7#", 'n' }, { "id=7\n", 'u' }, { "x=\x80&id=7", 'u' },
        { "id=7&_charset_=utf-16", 'u' }
    };

    allow = policy("{'id':'x','effect':'allow','match':{'form':{'id':7}}}");
    deny = policy("{'id':'x','effect':'deny','match':{'form':{'id':'7'}}},"
                  "{'id':'y','effect':'allow','match':{}}");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void) post(FORM, cases[i].text, strlen(cases[i].text));

        ok(judge(allow) == (cases[i].verdict == 'y' ? HOOP_VERDICT_ALLOW
                            : cases[i].verdict == 'n' ? HOOP_VERDICT_DENY
                            : HOOP_VERDICT_ERROR)
           && verdict.ambiguous == (cases[i].verdict == 'u'),
           "allow of form %zu", i);

        ok(judge(deny) == (cases[i].verdict == 'n' ? HOOP_VERDICT_ALLOW
                                                   : HOOP_VERDICT_DENY),
           "deny of form %zu", i);
    }

    hoop_policy_free(allow);
    hoop_policy_free(deny);
}


static void
test_other_bodies(void)
{
    hoop_policy_t  *p;

    p = policy("{'id':'a','effect':'allow','match':"
               "{'form':{'force':{'exists':false}}}}");

    req("POST /", NULL);
    verdict_is(p, "allow a", "without a body nothing is there");
    (void) post(FORM, "a=1", 3);
    verdict_is(p, "allow a", "not in the form");
    (void) post(FORM, "force", 5);
    verdict_is(p, "deny ", "in the form");
    (void) post("application/json", "{}", 2);
    verdict_is(p, "error a ambiguous", "JSON is no form");
    is_str((char *) verdict.reason.data, "the body is not an unambiguous form",
           "why");
    (void) post("multipart/form-data; boundary=x", "--x--", 5);
    verdict_is(p, "error a ambiguous", "multipart is unknown");
    (void) post(NULL, "a=1", 3);
    verdict_is(p, "error a ambiguous", "no media type is unknown");
    (void) post(FORM, "a=1\n", 4);
    verdict_is(p, "error a ambiguous", "an ambiguous form");

    request.body = HOOP_BODY_UNREAD;
    verdict_is(p, "error a ambiguous", "one that was not read");
    is_int(hoop_policy_needs_body(&p, 1, &request), 1, "it is to be read");

    hoop_policy_free(p);

    p = policy("{'id':'a','effect':'allow','match':"
               "{'body':{'/force':{'exists':false}}}}");

    (void) post(FORM, "a=1", 3);
    verdict_is(p, "error a ambiguous", "a form is no JSON");

    hoop_policy_free(p);
}


static void
test_several(void)
{
    hoop_policy_t  *p;

    p = compile(quoted("{'version':1,'name':'f','conditions':"
                       "{'big':{'form':{'n':{'gt':100}}}},'rules':["
                       "{'id':'x','effect':'allow','match':"
                       "{'request':{'query':{'a b':'3 4'}},'form':"
                       "{'a b':'1 2','c':{'any':['x','y&z']},"
                       "'d':{'regex':'^%$'}}}},"
                       "{'id':'r','effect':'review','match':"
                       "{'use':['big']}}]}"), &error);

    ok(p != NULL, "with a set that looks at a form");

    (void) post(FORM, "a+b=1+2&c=y%26z&d=%25", 21);
    request.args = hoop_cstr("a+b=3+4");
    verdict_is(p, "allow x", "query and form are decoded apart");

    (void) post(FORM, "a+b=1+2&c=%78&d=%25", 19);
    request.args = hoop_cstr("a%20b=3%204");
    verdict_is(p, "allow x", "again, in another form");

    (void) post(FORM, "a+b=1+2&c=x&d=%25&n=101", 23);
    request.args = hoop_cstr("a+b=3+4");
    verdict_is(p, "review r", "by the set");

    hoop_policy_free(p);
}


static void
test_large(void)
{
    size_t          i;
    hoop_buf_t      b;
    hoop_policy_t  *p;

    p = policy("{'id':'x','effect':'allow','match':"
               "{'form':{'id':{'glob':'*7'}}}}");

    hoop_buf_init(&b, 0);
    (void) hoop_buf_adds(&b, "id=");

    for (i = 0; i < 100000; i++) {
        (void) hoop_buf_adds(&b, "%41");
    }

    (void) hoop_buf_adds(&b, "7");

    (void) post(FORM, (char *) b.data, b.len);
    verdict_is(p, "allow x", "as large as a body may be");

    (void) post(FORM, "id=%37", 6);
    verdict_is(p, "allow x", "a small one after it");

    for (i = 0; i < 300000; i++) {
        (void) hoop_buf_adds(&b, "%41");
    }

    (void) hoop_buf_adds(&b, "7");

    (void) post(FORM, (char *) b.data, b.len);
    verdict_is(p, "error x ambiguous", "more than is ever decoded");

    hoop_buf_free(&b);
    hoop_policy_free(p);
}


static void
test_config(void)
{
    size_t          i;
    char            text[512];
    hoop_error_t    err;
    hoop_policy_t  *p;

    static const struct {
        const char  *form;
        const char  *error;
    } cases[] = {
        { "7", "wanted an object of form fields" },
        { "[]", "wanted an object of form fields" },
        { "{'':1}", "empty argument name" },
        { "{'a':{'equls':1}}", "unknown key \"equls\"" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "{'version':1,'name':'x','rules':["
                 "{'id':'a','effect':'allow','match':{'form':%s}}]}",
                 cases[i].form);

        p = compile(quoted(text), &err);

        ok(p == NULL && strstr(err.text, cases[i].error) != NULL,
           "%s: %s", cases[i].form, p ? "compiled" : err.text);

        hoop_policy_free(p);
    }
}
