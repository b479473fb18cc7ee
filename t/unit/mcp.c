
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * MCP requests.  A case is headers ("Name: value", a line each), a body with
 * ' for ", and what it comes to: a line for each message, or the code and the
 * text of the error.
 */


#include <stdio.h>
#include <stdlib.h>

#include "tap.h"
#include "../../src/core/hoop_json.h"
#include "../../src/core/hoop_mcp.h"
#include "../../src/core/hoop_media.h"


typedef struct {
    const char  *name;
    const char  *headers;
    const char  *body;
    const char  *wanted;
} case_t;


#define J       "{'jsonrpc':'2.0',"
#define CALL    J "'id':1,'method':'tools/call','params':{'name':'x'}}"
#define V1      "MCP-Protocol-Version: 2025-03-26\n"
#define V2      "MCP-Protocol-Version: 2025-06-18\n"
#define V3      "MCP-Protocol-Version: 2025-11-25\n"
#define V4      "MCP-Protocol-Version: 2026-07-28\n"
#define VERSION "'io.modelcontextprotocol/protocolVersion'"


static const char  *the_headers;


static int
header(void *ctx, hoop_str_t name, hoop_str_t *value)
{
    int          rc;
    size_t       n;
    const char  *p, *colon, *end;

    rc = HOOP_DECLINED;

    for (p = the_headers; p != NULL && *p; p = end + 1) {
        end = strchr(p, '\n');
        colon = strchr(p, ':');
        n = colon - p;

        if (n != name.len || strncasecmp(p, (char *) name.data, n) != 0) {
            continue;
        }

        if (rc != HOOP_DECLINED) {
            return HOOP_ERROR;
        }

        *value = hoop_str(colon + 1, end - colon - 1);
        rc = HOOP_OK;
    }

    return rc;
}


static void
add(char **p, const char *name, hoop_str_t s)
{
    if (s.data != NULL) {
        *p += sprintf(*p, " %s=%.*s", name, (int) s.len, s.data);
    }
}


static const char *
told(const hoop_mcp_t *mcp, int rc)
{
    char                      *p;
    unsigned                   i;
    const hoop_mcp_message_t  *m;

    static char  buf[65536];

    if (rc != HOOP_OK) {
        sprintf(buf, "%d %s", mcp->code, mcp->error.text);
        return buf;
    }

    p = buf;
    *p = '\0';

    for (i = 0; i < mcp->n; i++) {
        m = &mcp->messages[i];

        p += sprintf(p, "%s%s", i ? "\n" : "", hoop_mcp_kind(m->kind));
        add(&p, "method", m->method);
        add(&p, "tool", m->tool);
        add(&p, "prompt", m->prompt);
        add(&p, "uri", m->uri);
        add(&p, "id", m->id);

        if (m->arguments != NULL) {
            p += sprintf(p, " arguments=%zu", json_object_size(m->arguments));
        }
    }

    return buf;
}


/* the body in an exact allocation, so that an over-read is seen */

static int
parse(hoop_mcp_t *mcp, const char *method, const char *type,
    const char *headers, const char *body)
{
    int                i, rc;
    size_t             len;
    hoop_mcp_input_t   in;

    static char  *text;

    the_headers = headers;
    len = body ? strlen(body) : 0;

    free(text);
    text = body ? malloc(len ? len : 1) : NULL;

    for (i = 0; i < (int) len; i++) {
        text[i] = (body[i] == '\'') ? '"' : body[i];
    }

    memset(&in, 0, sizeof(in));
    in.method = hoop_cstr(method);
    in.type = type ? hoop_cstr(type) : hoop_str(NULL, 0);
    in.text = hoop_str(text, len);
    in.header = header;

    rc = hoop_mcp_parse(mcp, &in);

    return rc;
}


static void
check(hoop_mcp_t *mcp, const case_t *c, size_t n)
{
    int  rc;

    for ( /* void */ ; n; n--, c++) {
        rc = parse(mcp, "POST", "application/json", c->headers, c->body);
        is_str(told(mcp, rc), c->wanted, c->name);
    }
}


#define CHECK(cases)  check(&mcp, cases, sizeof(cases) / sizeof(case_t))


static const case_t  messages[] = {
    { "a call", "", CALL, "request method=tools/call tool=x id=1" },
    { "its arguments", "",
      J "'id':1,'method':'tools/call','params':{'name':'x',"
      "'arguments':{'a':1,'b':{}}}}",
      "request method=tools/call tool=x id=1 arguments=2" },
    { "a resource", "",
      J "'id':'r','method':'resources/read','params':{'uri':'file:///x'}}",
      "request method=resources/read uri=file:///x id=\"r\"" },
    { "a subscription", "",
      J "'id':2,'method':'resources/subscribe','params':{'uri':'a:b'}}",
      "request method=resources/subscribe uri=a:b id=2" },
    { "the end of it", "",
      J "'id':2,'method':'resources/unsubscribe','params':{'uri':'a:b'}}",
      "request method=resources/unsubscribe uri=a:b id=2" },
    { "a prompt", "",
      J "'id':2,'method':'prompts/get','params':{'name':'p',"
      "'arguments':{}}}",
      "request method=prompts/get prompt=p id=2 arguments=0" },
    { "completion of a prompt", "",
      J "'id':2,'method':'completion/complete','params':{'ref':"
      "{'type':'ref/prompt','name':'p'},'argument':{}}}",
      "request method=completion/complete prompt=p id=2" },
    { "completion of a resource", "",
      J "'id':2,'method':'completion/complete','params':{'ref':"
      "{'type':'ref/resource','uri':'a:{b}'}}}",
      "request method=completion/complete uri=a:{b} id=2" },
    { "without parameters", "", J "'id':3,'method':'tools/list'}",
      "request method=tools/list id=3" },
    { "empty parameters", "", J "'id':3,'method':'ping','params':{}}",
      "request method=ping id=3" },
    { "a method that nobody knows", "",
      J "'id':3,'method':'x/y','params':{'name':[],'uri':1}}",
      "request method=x/y id=3" },
    { "a notification", "", J "'method':'notifications/initialized'}",
      "notification method=notifications/initialized" },
    { "a call that wants no answer is still a call", "",
      J "'method':'tools/call','params':{'name':'x'}}",
      "notification method=tools/call tool=x" },
    { "a result", "", J "'id':7,'result':{}}", "response id=7" },
    { "an error", "", J "'id':'7','error':{'code':1,'message':'m'}}",
      "response id=\"7\"" },
    { "an error about nothing", "", J "'id':null,'error':{'code':1,"
      "'message':''}}", "response id=null" },
    { "an error without id", "", J "'error':{'code':-1,'message':'m','x':1}}",
      "response" },
    { "members of no meaning", "", J "'id':1,'method':'ping','x':{'id':2}}",
      "request method=ping id=1" },
    { "space", "", " \n{ 'jsonrpc' : '2.0' ,\t'id' : 1 , 'method':'ping'}\r\n",
      "request method=ping id=1" },
    { "an escaped name", "",
      J "'id':1,'m\\u0065thod':'tools\\/c\\u0061ll','p\\u0061rams':"
      "{'n\\u0061me':'dr\\u006fp'}}",
      "request method=tools/call tool=drop id=1" }
};


static const case_t  ids[] = {
    { "2^53 + 1", "", J "'id':9007199254740993,'method':'m'}",
      "request method=m id=9007199254740993" },
    { "the largest", "", J "'id':9223372036854775807,'method':'m'}",
      "request method=m id=9223372036854775807" },
    { "beyond it", "", J "'id':9223372036854775808,'method':'m'}",
      "-32700 number out of range" },
    { "negative", "", J "'id':-1,'method':'m'}", "request method=m id=-1" },
    { "minus zero", "", J "'id':-0,'method':'m'}", "request method=m id=-0" },
    { "zero", "", J "'id':0,'method':'m'}", "request method=m id=0" },
    { "escapes", "", J "'id':'\\u0041\\/\\n','method':'m'}",
      "request method=m id=\"\\u0041\\/\\n\"" },
    { "UTF-8", "", J "'id':'\xc3\xa9','method':'m'}",
      "request method=m id=\"\xc3\xa9\"" },
    { "an empty string", "", J "'id':'','method':'m'}",
      "request method=m id=\"\"" },
    { "a name that is escaped", "", J "'\\u0069\\u0064':5,'method':'m'}",
      "request method=m id=5" },
    { "\"id\" as a value", "", J "'x':'id','id':5,'method':'m'}",
      "request method=m id=5" },
    { "\"id\" in a list", "", J "'x':['id',1],'id':5,'method':'m'}",
      "request method=m id=5" },
    { "ids elsewhere", "",
      J "'params':{'id':6,'x':[{'id':7}]},'id':5,'method':'m'}",
      "request method=m id=5" },
    { "null", "", J "'id':null,'method':'m'}",
      "-32600 \"id\" is neither a string nor an integer" },
    { "null of a result", "", J "'id':null,'result':{}}",
      "-32600 \"id\" is neither a string nor an integer" },
    { "true", "", J "'id':true,'method':'m'}",
      "-32600 \"id\" is neither a string nor an integer" },
    { "a fraction", "", J "'id':1.5,'method':'m'}",
      "-32600 \"id\" is neither a string nor an integer" },
    { "1.0", "", J "'id':1.0,'method':'m'}",
      "-32600 \"id\" is neither a string nor an integer" },
    { "1e2", "", J "'id':1e2,'method':'m'}",
      "-32600 \"id\" is neither a string nor an integer" },
    { "an object", "", J "'id':{},'method':'m'}",
      "-32600 \"id\" is neither a string nor an integer" },
    { "an array", "", J "'id':[1],'method':'m'}",
      "-32600 \"id\" is neither a string nor an integer" }
};


static const case_t  ambiguous[] = {
    { "a member twice", "", J "'id':1,'method':'ping','method':'tools/call'}",
      "-32700 duplicate member name" },
    { "written differently", "",
      J "'id':1,'method':'ping','meth\\u006fd':'tools/call'}",
      "-32700 duplicate member name" },
    { "an id twice", "", J "'id':1,'id':2,'method':'ping'}",
      "-32700 duplicate member name" },
    { "parameters twice", "",
      J "'id':1,'method':'tools/call','params':{'name':'x'},"
      "'params':{'name':'y'}}", "-32700 duplicate member name" },
    { "a name twice", "",
      J "'id':1,'method':'tools/call','params':{'name':'x','name':'y'}}",
      "-32700 duplicate member name" },
    { "an argument twice", "",
      J "'id':1,'method':'tools/call','params':{'name':'x',"
      "'arguments':{'a':{'b':1,'b':2}}}}", "-32700 duplicate member name" },
    { "Method", "", J "'id':1,'method':'ping','Method':'tools/call'}",
      "-32600 the name of a member differs from a known one in case only" },
    { "METHOD alone", "", J "'id':1,'METHOD':'tools/call'}",
      "-32600 the name of a member differs from a known one in case only" },
    { "Id", "", J "'id':1,'Id':2,'method':'ping'}",
      "-32600 the name of a member differs from a known one in case only" },
    { "Params", "", J "'id':1,'method':'tools/call','params':{'name':'x'},"
      "'Params':{'name':'y'}}",
      "-32600 the name of a member differs from a known one in case only" },
    { "paramS, long s", "", J "'id':1,'method':'ping','param\xc5\xbf':{}}",
      "-32600 the name of a member differs from a known one in case only" },
    { "JsonRpc", "", J "'JsonRpc':'1.0','id':1,'method':'ping'}",
      "-32600 the name of a member differs from a known one in case only" },
    { "Result", "", J "'id':1,'method':'ping','Result':{}}",
      "-32600 the name of a member differs from a known one in case only" },
    { "Name", "",
      J "'id':1,'method':'tools/call','params':{'name':'x','Name':'y'}}",
      "-32600 the name of a member differs from a known one in case only" },
    { "NAME, escaped", "",
      J "'id':1,'method':'tools/call','params':{'name':'x',"
      "'N\\u0041ME':'y'}}",
      "-32600 the name of a member differs from a known one in case only" },
    { "Arguments", "",
      J "'id':1,'method':'tools/call','params':{'name':'x',"
      "'Arguments':{}}}",
      "-32600 the name of a member differs from a known one in case only" },
    { "URI", "",
      J "'id':1,'method':'resources/read','params':{'uri':'a:','URI':'b:'}}",
      "-32600 the name of a member differs from a known one in case only" },
    { "Type of a reference", "",
      J "'id':1,'method':'completion/complete','params':{'ref':"
      "{'type':'ref/prompt','name':'p','Type':'ref/resource'}}}",
      "-32600 the name of a member differs from a known one in case only" },
    { "a zero byte, escaped", "",
      J "'id':1,'method':'tools/call','params':{'name':'x\\u0000y'}}",
      "-32700 \\u0000 in a string" },
    { "invalid UTF-8", "",
      J "'id':1,'method':'tools/call','params':{'name':'\xff'}}",
      "-32700 invalid UTF-8" },
    { "overlong UTF-8", "",
      J "'id':1,'method':'tools/call','params':{'name':'\xc1\xa1'}}",
      "-32700 invalid UTF-8" },
    { "half a surrogate", "",
      J "'id':1,'method':'tools/call','params':{'name':'\\ud800'}}",
      "-32700 invalid Unicode escape" },
    { "a byte order mark", "", "\xef\xbb\xbf" CALL,
      "-32700 unexpected character" },
    { "a second document", "", CALL CALL,
      "-32700 bytes after the end of the document" },
    { "and on its own line", "", CALL "\n" CALL,
      "-32700 bytes after the end of the document" },
    { "a comment", "", "/**/" CALL, "-32700 unexpected character" },
    { "a comma at the end", "", J "'id':1,'method':'ping',}",
      "-32700 unexpected token, wanted a member name" },
    { "NaN", "", J "'id':1,'method':'m','params':{'a':NaN}}",
      "-32700 unexpected character" },
    { "a number that is none", "", J "'id':01,'method':'m'}",
      "-32700 number with a leading zero" },
    { "nothing", "", "", "-32700 unexpected end of the document" },
    { "space alone", "", " \n", "-32700 unexpected end of the document" },
    { "half of it", "", J "'id':1,", "-32700 unexpected end of the document" },
    { "both request and result", "", J "'id':1,'method':'ping','result':{}}",
      "-32600 a message is both request and response" },
    { "both request and error", "", J "'id':1,'method':'ping','error':{}}",
      "-32600 a message is both request and response" },
    { "result and error", "", J "'id':1,'result':{},'error':{}}",
      "-32600 a response has both \"result\" and \"error\"" },
    { "a response with parameters", "", J "'id':1,'result':{},'params':{}}",
      "-32600 a response has \"params\"" },
    { "Tools/Call", "",
      J "'id':1,'method':'Tools/Call','params':{'name':'x'}}",
      "-32600 \"method\" differs from a known one in case only" },
    { "a method with a space", "", J "'id':1,'method':'tools/call '}",
      "-32600 \"method\" is not visible ASCII" },
    { "a method with a line end", "", J "'id':1,'method':'tools/call\\n'}",
      "-32600 \"method\" is not visible ASCII" },
    { "a method beyond ASCII", "", J "'id':1,'method':'tool\xc5\xbf/call'}",
      "-32600 \"method\" is not visible ASCII" }
};


static const case_t  invalid[] = {
    { "no version", "", "{'id':1,'method':'ping'}",
      "-32600 \"jsonrpc\" is not \"2.0\"" },
    { "version 1.0", "", "{'jsonrpc':'1.0','id':1,'method':'ping'}",
      "-32600 \"jsonrpc\" is not \"2.0\"" },
    { "a number", "", "{'jsonrpc':2.0,'id':1,'method':'ping'}",
      "-32600 \"jsonrpc\" is not \"2.0\"" },
    { "with a space", "", "{'jsonrpc':'2.0 ','id':1,'method':'ping'}",
      "-32600 \"jsonrpc\" is not \"2.0\"" },
    { "a method that is no string", "", J "'id':1,'method':1}",
      "-32600 \"method\" is not a name" },
    { "an array of methods", "", J "'id':1,'method':['tools/call']}",
      "-32600 \"method\" is not a name" },
    { "null for a method", "", J "'id':1,'method':null}",
      "-32600 \"method\" is not a name" },
    { "an empty method", "", J "'id':1,'method':''}",
      "-32600 \"method\" is not a name" },
    { "neither method nor result", "", J "'id':1}",
      "-32600 a message has no \"method\"" },
    { "a result for nobody", "", J "'result':{}}",
      "-32600 a result has no \"id\"" },
    { "a result that is none", "", J "'id':1,'result':null}",
      "-32600 \"result\" is not an object" },
    { "a list for a result", "", J "'id':1,'result':[]}",
      "-32600 \"result\" is not an object" },
    { "an error that is none", "", J "'id':1,'error':'x'}",
      "-32600 \"error\" is not an object with an integer \"code\" and a "
      "\"message\"" },
    { "an error without a message", "", J "'id':1,'error':{'code':1}}",
      "-32600 \"error\" is not an object with an integer \"code\" and a "
      "\"message\"" },
    { "an error with half a code", "",
      J "'id':1,'error':{'code':1.5,'message':'m'}}",
      "-32600 \"error\" is not an object with an integer \"code\" and a "
      "\"message\"" },
    { "a string", "", "'ping'", "-32600 a message is not an object" },
    { "a number alone", "", "1", "-32600 a message is not an object" },
    { "null alone", "", "null", "-32600 a message is not an object" },
    { "parameters by position", "",
      J "'id':1,'method':'tools/call','params':['x',{}]}",
      "-32602 \"params\" is not an object" },
    { "of any method", "", J "'id':1,'method':'ping','params':[]}",
      "-32602 \"params\" is not an object" },
    { "parameters that are text", "",
      J "'id':1,'method':'tools/call','params':'{}'}",
      "-32602 \"params\" is not an object" },
    { "null parameters", "", J "'id':1,'method':'ping','params':null}",
      "-32602 \"params\" is not an object" },
    { "a call without parameters", "", J "'id':1,'method':'tools/call'}",
      "-32602 \"params\" is not an object" },
    { "a call without name", "",
      J "'id':1,'method':'tools/call','params':{'arguments':{}}}",
      "-32602 \"name\" is not a name" },
    { "a name that is none", "",
      J "'id':1,'method':'tools/call','params':{'name':['x']}}",
      "-32602 \"name\" is not a name" },
    { "an empty name", "",
      J "'id':1,'method':'prompts/get','params':{'name':''}}",
      "-32602 \"name\" is not a name" },
    { "a resource without URI", "",
      J "'id':1,'method':'resources/read','params':{'name':'x'}}",
      "-32602 \"uri\" is not a URI" },
    { "arguments in a list", "",
      J "'id':1,'method':'tools/call','params':{'name':'x',"
      "'arguments':[]}}", "-32602 \"arguments\" is not an object" },
    { "arguments in a string", "",
      J "'id':1,'method':'tools/call','params':{'name':'x',"
      "'arguments':'{}'}}", "-32602 \"arguments\" is not an object" },
    { "arguments null", "",
      J "'id':1,'method':'tools/call','params':{'name':'x',"
      "'arguments':null}}", "-32602 \"arguments\" is not an object" },
    { "completion of nothing", "",
      J "'id':1,'method':'completion/complete','params':{}}",
      "-32602 \"ref\" is not an object" },
    { "completion of a tool", "",
      J "'id':1,'method':'completion/complete','params':{'ref':"
      "{'type':'ref/tool','name':'x'}}}",
      "-32602 \"ref\" is of no known type" },
    { "_meta that is none", "",
      J "'id':1,'method':'ping','params':{'_meta':1}}",
      "-32602 \"_meta\" is not an object" }
};


static const case_t  batches[] = {
    { "a batch", "", "[" CALL "," J "'method':'n'}]",
      "request method=tools/call tool=x id=1\nnotification method=n" },
    { "of one", "", "[" CALL "]", "request method=tools/call tool=x id=1" },
    { "of responses", "", "[" J "'id':1,'result':{}},"
      J "'id':2,'error':{'code':0,'message':''}}]",
      "response id=1\nresponse id=2" },
    { "each with its id", "",
      "[" J "'params':{'x':[{}],'id':0},'id':'a','method':'m'},"
      J "'method':'n','params':{'id':1}}," J "'method':'o','\\u0069d':3}]",
      "request method=m id=\"a\"\nnotification method=n\n"
      "request method=o id=3" },
    { "in 2025-03-26", V1, "[" CALL "]",
      "request method=tools/call tool=x id=1" },
    { "not in 2025-06-18", V2, "[" CALL "]",
      "-32600 this revision knows no batches" },
    { "not in 2025-11-25", V3, "[" CALL "]",
      "-32600 this revision knows no batches" },
    { "not in 2026-07-28", V4 "Mcp-Method: tools/call\nMcp-Name: x\n",
      "[" CALL "]", "-32600 this revision knows no batches" },
    { "empty", "", "[]", "-32600 the batch is empty" },
    { "nested", "", "[[" CALL "]]", "-32600 the batch is nested" },
    { "nested, the second", "", "[" CALL ",[]]", "-32600 the batch is nested" },
    { "of no messages", "", "[" CALL ",1]",
      "-32600 a message is not an object" },
    { "requests and responses", "", "[" CALL "," J "'id':2,'result':{}}]",
      "-32600 the batch has requests and responses" },
    { "one bad member", "",
      "[" CALL "," J "'id':2,'method':'tools/call','params':{}}]",
      "-32602 \"name\" is not a name" },
    { "one id twice", "", "[" CALL "," J "'id':1,'method':'ping'}]",
      "-32600 two messages of the batch have one id" },
    { "in two spellings", "",
      "[" J "'id':'a','method':'m'}," J "'id':'\\u0061','method':'m'}]",
      "-32600 two messages of the batch have one id" },
    { "1 is not \"1\"", "",
      "[" J "'id':1,'method':'m'}," J "'id':'1','method':'m'}]",
      "request method=m id=1\nrequest method=m id=\"1\"" },
    { "initialize", "", "[" J "'id':1,'method':'initialize','params':{}}]",
      "-32600 initialize is part of a batch" },
    { "a member twice", "", "[" CALL "," J "'id':2,'method':'a','method':'b'}]",
      "-32700 duplicate member name" },
    { "null ids", "",
      "[" J "'id':null,'method':'m'}," J "'id':null,'method':'m'}]",
      "-32600 \"id\" is neither a string nor an integer" }
};


static const case_t  mirrored[] = {
    { "both", V4 "Mcp-Method: tools/call\nMcp-Name: x\n", CALL,
      "request method=tools/call tool=x id=1" },
    { "names of headers in any case",
      "mcp-protocol-version: 2026-07-28\nMCP-METHOD: tools/call\n"
      "mcp-name: x\n", CALL, "request method=tools/call tool=x id=1" },
    { "space around", V4 "Mcp-Method: \ttools/call \nMcp-Name:x\n", CALL,
      "request method=tools/call tool=x id=1" },
    { "another method", V4 "Mcp-Method: tools/list\nMcp-Name: x\n", CALL,
      "-32020 Mcp-Method is not the body's method" },
    { "another case", V4 "Mcp-Method: Tools/Call\nMcp-Name: x\n", CALL,
      "-32020 Mcp-Method is not the body's method" },
    { "no method", V4 "Mcp-Name: x\n", CALL, "-32020 Mcp-Method is missing" },
    { "two methods", V4 "Mcp-Method: tools/call\nMcp-Method: tools/call\n"
      "Mcp-Name: x\n", CALL, "-32020 Mcp-Method is there twice" },
    { "another name", V4 "Mcp-Method: tools/call\nMcp-Name: y\n", CALL,
      "-32020 Mcp-Name is not the body's name" },
    { "another case of it", V4 "Mcp-Method: tools/call\nMcp-Name: X\n", CALL,
      "-32020 Mcp-Name is not the body's name" },
    { "no name", V4 "Mcp-Method: tools/call\n", CALL,
      "-32020 Mcp-Name is missing" },
    { "an empty name", V4 "Mcp-Method: tools/call\nMcp-Name: \n", CALL,
      "-32020 Mcp-Name is not the body's name" },
    { "two names", V4 "Mcp-Method: tools/call\nMcp-Name: x\nMcp-Name: y\n",
      CALL, "-32020 Mcp-Name is there twice" },
    { "a name in base64",
      V4 "Mcp-Method: tools/call\nMcp-Name: =?base64?eA==?=\n", CALL,
      "request method=tools/call tool=x id=1" },
    { "that is another",
      V4 "Mcp-Method: tools/call\nMcp-Name: =?base64?eQ==?=\n", CALL,
      "-32020 Mcp-Name is not the body's name" },
    { "without padding",
      V4 "Mcp-Method: tools/call\nMcp-Name: =?base64?eA?=\n", CALL,
      "-32020 Mcp-Name is not the body's name" },
    { "with bits left over",
      V4 "Mcp-Method: tools/call\nMcp-Name: =?base64?eB==?=\n", CALL,
      "-32020 Mcp-Name is not the body's name" },
    { "in upper case, which is no sentinel",
      V4 "Mcp-Method: tools/call\nMcp-Name: =?BASE64?eA==?=\n", CALL,
      "-32020 Mcp-Name is not the body's name" },
    { "beyond ASCII in base64",
      V4 "Mcp-Method: tools/call\nMcp-Name: =?base64?w6k=?=\n",
      J "'id':1,'method':'tools/call','params':{'name':'\\u00e9'}}",
      "request method=tools/call tool=\xc3\xa9 id=1" },
    { "beyond ASCII as it is",
      V4 "Mcp-Method: tools/call\nMcp-Name: \xc3\xa9\n",
      J "'id':1,'method':'tools/call','params':{'name':'\\u00e9'}}",
      "-32020 Mcp-Name has invalid characters" },
    { "a name like a sentinel, as it is",
      V4 "Mcp-Method: tools/call\nMcp-Name: =?base64?literal?=\n",
      J "'id':1,'method':'tools/call','params':{'name':"
      "'=?base64?literal?='}}",
      "-32020 Mcp-Name is not the body's name" },
    { "and in base64", V4 "Mcp-Method: tools/call\n"
      "Mcp-Name: =?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=\n",
      J "'id':1,'method':'tools/call','params':{'name':"
      "'=?base64?literal?='}}",
      "request method=tools/call tool==?base64?literal?= id=1" },
    { "shorter than a sentinel",
      V4 "Mcp-Method: tools/call\nMcp-Name: =?base64?=\n",
      J "'id':1,'method':'tools/call','params':{'name':'=?base64?='}}",
      "request method=tools/call tool==?base64?= id=1" },
    { "the method is not in base64",
      V4 "Mcp-Method: =?base64?cGluZw==?=\n", J "'id':1,'method':'ping'}",
      "-32020 Mcp-Method is not the body's method" },
    { "a resource", V4 "Mcp-Method: resources/read\nMcp-Name: a:b\n",
      J "'id':1,'method':'resources/read','params':{'uri':'a:b',"
      "'name':'c'}}", "request method=resources/read uri=a:b id=1" },
    { "not by another member",
      V4 "Mcp-Method: resources/read\nMcp-Name: c\n",
      J "'id':1,'method':'resources/read','params':{'uri':'a:b',"
      "'name':'c'}}", "-32020 Mcp-Name is not the body's name" },
    { "a prompt", V4 "Mcp-Method: prompts/get\nMcp-Name: p\n",
      J "'id':1,'method':'prompts/get','params':{'name':'p'}}",
      "request method=prompts/get prompt=p id=1" },
    { "a prompt of another name",
      V4 "Mcp-Method: prompts/get\nMcp-Name: q\n",
      J "'id':1,'method':'prompts/get','params':{'name':'p'}}",
      "-32020 Mcp-Name is not the body's name" },
    { "a list has no name", V4 "Mcp-Method: tools/list\n",
      J "'id':1,'method':'tools/list'}", "request method=tools/list id=1" },
    { "so it may not have one", V4 "Mcp-Method: tools/list\nMcp-Name: x\n",
      J "'id':1,'method':'tools/list'}",
      "-32020 Mcp-Name is not the body's name" },
    { "a task", V4 "Mcp-Method: tasks/get\nMcp-Name: t1\n",
      J "'id':1,'method':'tasks/get','params':{'taskId':'t1'}}",
      "request method=tasks/get id=1" },
    { "a notification without", V4, J "'method':'notifications/x'}",
      "notification method=notifications/x" },
    { "and with another's", V4 "Mcp-Method: tools/list\n",
      J "'method':'notifications/x'}",
      "-32020 Mcp-Method is not the body's method" },
    { "a call as a notification is a call", V4,
      J "'method':'tools/call','params':{'name':'x'}}",
      "-32020 Mcp-Method is missing" },
    { "no responses", V4, J "'id':1,'result':{}}",
      "-32600 clients of this revision send no responses" },
    { "the body says so, too", V4 "Mcp-Method: ping\n",
      J "'id':1,'method':'ping','params':{'_meta':{" VERSION
      ":'2026-07-28'}}}", "request method=ping id=1" },
    { "the body says another", V4 "Mcp-Method: ping\n",
      J "'id':1,'method':'ping','params':{'_meta':{" VERSION
      ":'2025-06-18'}}}",
      "-32020 MCP-Protocol-Version is not what the body says" },
    { "only the body says it", "",
      J "'id':1,'method':'ping','params':{'_meta':{" VERSION
      ":'2026-07-28'}}}",
      "-32020 MCP-Protocol-Version is not what the body says" },
    { "the body says it in a list", V4 "Mcp-Method: ping\n",
      J "'id':1,'method':'ping','params':{'_meta':{" VERSION
      ":['2026-07-28']}}}",
      "-32020 MCP-Protocol-Version is not what the body says" },
    { "the session is of no meaning", V4 "Mcp-Session-Id: \x01\n"
      "Mcp-Method: ping\n", J "'id':1,'method':'ping'}",
      "request method=ping id=1" }
};


static const case_t  older[] = {
    { "without a revision headers need not be there", "Mcp-Name: x\n", CALL,
      "request method=tools/call tool=x id=1" },
    { "but be true", "Mcp-Method: tools/list\n", CALL,
      "-32020 Mcp-Method is not the body's method" },
    { "nor in 2025-06-18", V2 "Mcp-Method: tools/call\n", CALL,
      "request method=tools/call tool=x id=1" },
    { "but once", V2 "Mcp-Method: tools/call\nMcp-Method: tools/call\n", CALL,
      "-32020 Mcp-Method is there twice" },
    { "nor in 2025-11-25, but be true", V3 "Mcp-Name: y\n", CALL,
      "-32020 Mcp-Name is not the body's name" },
    { "of each of a batch", "Mcp-Method: tools/call\n",
      "[" CALL "," J "'method':'n'}]",
      "-32020 Mcp-Method is not the body's method" },
    { "a response has neither", "Mcp-Method: x\n", J "'id':1,'result':{}}",
      "-32020 Mcp-Method is not the body's method" },
    { "the oldest", "MCP-Protocol-Version: 2024-11-05\n", CALL,
      "request method=tools/call tool=x id=1" },
    { "one to come", "MCP-Protocol-Version: 2027-01-01\n", CALL,
      "-32022 MCP-Protocol-Version is no known revision" },
    { "none at all", "MCP-Protocol-Version: x\n", CALL,
      "-32022 MCP-Protocol-Version is no known revision" },
    { "empty", "MCP-Protocol-Version:\n", CALL,
      "-32022 MCP-Protocol-Version is no known revision" },
    { "two", V2 V4, CALL, "-32020 MCP-Protocol-Version is there twice" },
    { "two in one", "MCP-Protocol-Version: 2025-06-18, 2026-07-28\n", CALL,
      "-32022 MCP-Protocol-Version is no known revision" },
    { "a session with a space", "Mcp-Session-Id: a b\n", CALL,
      "-32600 Mcp-Session-Id is broken, or there twice" },
    { "two sessions", "Mcp-Session-Id: a\nMcp-Session-Id: a\n", CALL,
      "-32600 Mcp-Session-Id is broken, or there twice" },
    { "an empty session", "Mcp-Session-Id:\n", CALL,
      "-32600 Mcp-Session-Id is broken, or there twice" },
    { "a session beyond ASCII", "Mcp-Session-Id: \xc3\xa9\n", CALL,
      "-32600 Mcp-Session-Id is broken, or there twice" },
    { "a coded body", "Content-Encoding: gzip\n", CALL,
      "-32600 the body is coded" }
};


static void
test_types(hoop_mcp_t *mcp)
{
    int     rc;
    size_t  i;

    static const struct {
        const char  *type;
        int          rc;
    } types[] = {
        { "application/json", HOOP_OK },
        { "Application/JSON", HOOP_OK },
        { "application/json; charset=utf-8", HOOP_OK },
        { "application/json;charset=UTF-8", HOOP_OK },
        { "application/json ; charset=\"utf-8\" ; x=y", HOOP_OK },
        { "application/json;", HOOP_OK },
        { "application/json; charset=utf-16", HOOP_DECLINED },
        { "application/json; charset=utf-8; charset=utf-7", HOOP_DECLINED },
        { "application/json; charset", HOOP_DECLINED },
        { "application/json; charset=\"utf-8", HOOP_DECLINED },
        { "application/json x", HOOP_DECLINED },
        { "application/json, text/plain", HOOP_DECLINED },
        { "application/jsonx", HOOP_DECLINED },
        { "text/plain", HOOP_DECLINED },
        { "text/json", HOOP_DECLINED },
        { "", HOOP_DECLINED },
        { NULL, HOOP_DECLINED }
    };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        rc = parse(mcp, "POST", types[i].type, "", CALL);

        ok(rc == types[i].rc
           && (rc == HOOP_OK || mcp->code == HOOP_MCP_INVALID),
           "type \"%s\"", types[i].type ? types[i].type : "(none)");
    }
}


static void
test_methods(hoop_mcp_t *mcp)
{
    int  rc;

    rc = parse(mcp, "GET", NULL, "Mcp-Session-Id: s1\n", NULL);
    is_str(told(mcp, rc), "stream", "GET");
    is_mem(mcp->session.data, mcp->session.len, "s1", 2, "of a session");

    rc = parse(mcp, "DELETE", NULL, "Mcp-Session-Id: s1\n", NULL);
    is_str(told(mcp, rc), "end", "DELETE");

    rc = parse(mcp, "GET", "application/json", "", CALL);
    is_str(told(mcp, rc), "-32600 GET and DELETE have no body",
           "GET with a body");

    rc = parse(mcp, "GET", NULL, V4, NULL);
    is_str(told(mcp, rc), "-32600 this revision knows POST only",
           "GET in 2026-07-28");

    rc = parse(mcp, "PUT", "application/json", "", CALL);
    is_str(told(mcp, rc),
           "-32600 the HTTP method is not POST, GET or DELETE", "PUT");

    rc = parse(mcp, "POST", "application/json", "mcp-session-id: ~!\n", CALL);
    ok(rc == HOOP_OK && hoop_str_is(mcp->session, "~!"), "POST of a session");

    rc = parse(mcp, "POST", "application/json", V4 "Mcp-Session-Id: s\n"
               "Mcp-Method: tools/call\nMcp-Name: x\n", CALL);
    ok(rc == HOOP_OK && mcp->session.data == NULL,
       "of no session in 2026-07-28");
}


static void
test_limits(hoop_mcp_t *mcp)
{
    int       rc, i, n;
    char     *p;

    static char  text[131072];

    for (n = HOOP_MCP_BATCH; n <= HOOP_MCP_BATCH + 1; n++) {
        p = text + sprintf(text, "[");

        for (i = 0; i < n; i++) {
            p += sprintf(p, "%s{'jsonrpc':'2.0','id':%d,'method':'m'}",
                         i ? "," : "", i);
        }

        sprintf(p, "]");

        rc = parse(mcp, "POST", "application/json", "", text);

        if (n == HOOP_MCP_BATCH) {
            ok(rc == HOOP_OK && mcp->n == HOOP_MCP_BATCH
               && hoop_str_is(mcp->messages[99].id, "99"), "a long batch");

        } else {
            is_str(told(mcp, rc), "-32600 the batch is too long",
                   "one message more");
        }
    }

    for (n = HOOP_MCP_ID - 2; n <= HOOP_MCP_ID - 1; n++) {
        p = text + sprintf(text, "{'jsonrpc':'2.0','id':'");
        memset(p, 'a', n);
        sprintf(p + n, "','method':'m'}");

        rc = parse(mcp, "POST", "application/json", "", text);

        ok((rc == HOOP_OK) == (n == HOOP_MCP_ID - 2), "an id of %d bytes",
           n + 2);
    }

    is_str(mcp->error.text, "\"id\" is too long", "too long");
    ok(mcp->messages[0].id.data == NULL, "and not to be answered");

    p = text + sprintf(text, "{'jsonrpc':'2.0','id':1,'method':'m','params':");

    for (i = 0; i < 70; i++) {
        p += sprintf(p, "{'a':");
    }

    p += sprintf(p, "1");

    for (i = 0; i < 70; i++) {
        p += sprintf(p, "}");
    }

    sprintf(p, "}");

    rc = parse(mcp, "POST", "application/json", "", text);
    is_str(told(mcp, rc), "-32700 nested too deeply", "depth");
}


/* what an error is answered to */

static void
test_answers(hoop_mcp_t *mcp)
{
    int               rc;
    json_t           *root;
    hoop_error_t      err;
    hoop_mcp_input_t  in;

    rc = parse(mcp, "POST", "application/json", V4 "Mcp-Method: x\n",
               J "'\\u0069d':'\\u0041','method':'ping'}");

    ok(rc == HOOP_DECLINED && mcp->n == 1
       && hoop_str_is(mcp->messages[0].id, "\"\\u0041\""), "a sound id");

    rc = parse(mcp, "POST", "application/json", "",
               "{'jsonrpc':'1.0','id':9,'method':'ping'}");
    ok(rc == HOOP_DECLINED && mcp->n == 1
       && hoop_str_is(mcp->messages[0].id, "9"), "of a bad message");

    rc = parse(mcp, "POST", "application/json", "",
               J "'id':{'a':1},'method':'ping'}");
    ok(rc == HOOP_DECLINED && mcp->n == 1 && mcp->messages[0].id.data == NULL,
       "a bad id");

    rc = parse(mcp, "POST", "application/json", "", "[" CALL "," J "'id':2}]");
    ok(rc == HOOP_DECLINED && mcp->n == 0, "a batch");

    rc = parse(mcp, "POST", "application/json", "", "{");
    ok(rc == HOOP_DECLINED && mcp->n == 0 && mcp->error.line == 1
       && mcp->error.column == 2, "a broken body");

    /* loaded by somebody else, without the text */

    root = hoop_json_load((u_char *) "{\"jsonrpc\":\"2.0\",\"id\":1,"
                          "\"method\":\"ping\"}", 40, &err);

    memset(&in, 0, sizeof(in));
    in.method = hoop_cstr("POST");
    in.type = hoop_cstr("application/json");
    in.json = root;

    rc = hoop_mcp_parse(mcp, &in);

    ok(rc == HOOP_OK && mcp->messages[0].id.data == NULL
       && mcp->messages[0].kind == HOOP_MCP_REQUEST
       && json_integer_value(mcp->messages[0].id_value) == 1
       && !mcp->loaded, "without the text");

    json_decref(root);
}


int
main(void)
{
    hoop_mcp_t  mcp;

    memset(&mcp, 0, sizeof(mcp));

    CHECK(messages);
    CHECK(ids);
    CHECK(ambiguous);
    CHECK(invalid);
    CHECK(batches);
    CHECK(mirrored);
    CHECK(older);

    test_types(&mcp);
    test_methods(&mcp);
    test_limits(&mcp);
    test_answers(&mcp);

    hoop_mcp_free(&mcp);

    return done_testing();
}
