
/*
 * Copyright (C) ngx_hoop_module authors
 *
 * The ways round a mask: bodies that hold a secret which a reader would find,
 * spelled so that a look at the bytes alone would not.  Of each it is known
 * what must be gone; nothing more is said about what stands in its place, but
 * that the output is the same for all splits, and JSON where the input was.
 */


#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "../../src/core/hoop_mask.h"
#include "tap.h"


#define GHP   "ghp_0123456789abcdefghijABCDEFGHIJ012345"
#define JWT   "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"
#define PEM   "-----BEGIN RSA PRIVATE KEY-----"
#define PEND  "-----END RSA PRIVATE KEY-----"
#define AWS   "AKIAQWERTYUIOPASDFGH"

#define J     "application/json"
#define T     "text/plain"
#define H     "text/html"
#define S     "text/event-stream"
#define F     "application/x-www-form-urlencoded"
#define C     "text/csv"

#define E(type, name, in, gone)  { type, name, in, sizeof(in) - 1, gone }


typedef struct {
    const char  *type;
    const char  *name;
    const char  *in;
    size_t       len;
    const char  *gone;            /* parted by '|' */
} evade_t;


static const evade_t  bodies[] = {

    /* markup */

    E(H, "an element", "<p>x</p><password>hunter2</password>", "hunter2"),
    E("text/xml", "an element of another kind of letters",
      "<soap:Body><ns1:API-Key xsi:type=\"xsd:string\" xmlns:xsi=\"http://"
      "www.w3.org/2001/XMLSchema-instance\">hunter2</ns1:API-Key>", "hunter2"),
    E("application/xml", "CDATA", "<secret><![CDATA[</secret>hunter2]]></secret>",
      "hunter2"),
    E("application/xml", "elements within", "<credentials><secret><secret>x"
      "</secret><v>hunter2</v></secret></credentials>", "hunter2"),
    E("application/xml", "no end tag", "<secret><a>hunter2</a>", "hunter2"),
    E("application/xml", "a tag over lines", "<secret\n\t a = '>'\n>hunter2"
      "</secret\n>", "hunter2"),
    E(H, "other tags in its attributes", "<secret a='<b>' c=\"<d\">hunter2"
      "</secret>", "hunter2"),
    E(J, "an element in a string", "{\"x\":\"\\u003cpassword>hunter2\\u003c/"
      "password>\"}", "hunter2"),
    E(J, "an attribute in a string", "{\"x\":\"<add key=\\\"Password\\\" value"
      "=\\\"hunter2\\\"/>\"}", "hunter2"),
    E(T, "an attribute before the other", "<add value='hunter2' key='pwd'/>",
      "hunter2"),
    E(T, "an entry of properties", "<entry key=\"db.password\">hunter2</entry>",
      "hunter2"),
    E("multipart/form-data; boundary=b", "a part", "--b\r\nContent-Disposition:"
      " form-data; name=\"password\"\r\n\r\nhunter2\r\n--b--\r\n",
      "hunter2"),
    E("application/yaml", "a word behind a name", "- db:\n   password: correct"
      " horse\n", "correct|horse"),

    /* tables */

    E(C, "a column by its name", "id,password\n1,hunter2\n", "hunter2"),
    E(C, "a name in quotes and capitals", "\"id\",\"API Key\"\n1,hunter2\n",
      "hunter2"),
    E(C, "separators in quotes", "\"a,b\",password\n\"1,\"\"2\",hunter2\n",
      "hunter2"),
    E(C, "a cell of several lines", "password,a\n\"x\nhunter2\",1\n",
      "hunter2"),
    E(C, "doubled quotes in a masked cell", "password,a\n\"x\"\",hunter2\",1\n",
      "hunter2"),
    E(C, "spaces before a quote", "a, password\n1, \"x, hunter2\"\n",
      "hunter2"),
    E(C, "semicolons", "a;password;b\n1,5;hunter2;2,5\n", "hunter2"),
    E(C, "lines end by CR alone", "a,password\r1,hunter2\r", "hunter2"),
    E(C, "JSON in a cell", "a,b\n1,\"{\"\"password\"\":\"\"hunter2\"\"}\"\n",
      "hunter2"),
    E(C, "a number after doubled quotes", "a,b\n1,\"\"\"219-09-9999\"\"\"\n",
      "219-09"),
    E(C, "a byte order mark before the names",
      "\xef\xbb\xbfpassword,a\nhunter2,1\n", "hunter2"),

    /* escapes */

    E(J, "a digit as an escape", "{\"a\":\"4\\u0031111111 1111 1111\","
      "\"b\":\"\\u0034111 1111 1111 1111\"}", "\\u0034111"),
    E(J, "all digits as escapes", "{\"a\":\"\\u0032\\u0031\\u0039\\u002d"
      "\\u0030\\u0039\\u002d\\u0039\\u0039\\u0039\\u0039\"}", "\\u0032\\u0031"),
    E(J, "upper case hex", "[\"jane\\u0040example.com\",\"jane\\u0040"
      "e\\u0078ample.\\u0063om\"]", "jane\\u0040"),
    E(J, "an escaped hyphen", "[\"219\\u002D09\\u002D9999\"]", "9999"),
    E(J, "an escaped solidus", "[\"\\/219-09-9999\\/\"]", "219-09"),
    E(J, "an escaped dot in an address", "[\"jane@example\\u002ecom\"]",
      "jane@"),
    E(J, "an escaped underscore of a token",
      "[\"ghp\\u005f0123456789abcdefghijABCDEFGHIJ012345\"]", "0123456789"),
    E(J, "a token in escapes", "[\"\\u0067\\u0068\\u0070_0123456789abcdefghij"
      "ABCDEFGHIJ012345\"]", "0123456789"),
    E(J, "a JWT with escaped dots", "[\"eyJhbGciOiJIUzI1NiJ9\\u002eeyJzdWIi"
      "OiIxMjM0In0\\u002ec2lnbmF0dXJl\"]", "eyJ"),
    E(J, "a PEM key with escaped dashes", "[\"\\u002d----BEGIN RSA PRIVATE "
      "KEY-----\\nMIIB\\n" PEND "\"]", "MIIB"),
    E(J, "an escaped name", "{\"\\u0070assword\":\"hunter2\"}", "hunter2"),
    E(J, "a name in escapes", "{\"\\u0070\\u0061\\u0073\\u0073\\u0077\\u006f"
      "\\u0072\\u0064\":\"hunter2\"}", "hunter2"),
    E(J, "an escaped separator in a name", "{\"api\\u005fkey\":\"hunter2\"}",
      "hunter2"),
    E(J, "a name with an escaped quote", "{\"x\\\"password\":\"hunter2\"}",
      "hunter2"),
    E(J, "an escaped value of a name", "{\"password\":\"h\\u0075nter2\"}",
      "nter2"),
    E(J, "backslashes, even", "{\"a\":\"\\\\\",\"ssn\":\"219-09-9999\"}",
      "219-09"),
    E(J, "backslashes, odd", "{\"a\":\"\\\\\\\"\",\"b\":\"219-09-9999\"}",
      "219-09"),
    E(J, "backslashes before a token", "[\"C:\\\\\\\\" GHP "\"]", "ghp_"),
    E(J, "a quote before a token", "[\"\\\"" GHP "\\\"\"]", "ghp_"),
    E(J, "a line feed before a token", "[\"a\\n" GHP "\"]", "ghp_"),
    E(J, "a tab before a token", "[\"a\\t" AWS "\"]", "AKIA"),
    E(J, "a carriage return before a token", "[\"a\\r\\n" AWS "\"]", "AKIA"),
    E(J, "escaped line feeds as text", "[\"a\\\\n" GHP "\"]", "ghp_"),
    E(J, "a form feed and a backspace", "[\"\\f" GHP "\",\"\\b" AWS "\"]",
      "ghp_|AKIA"),
    E(J, "a control character before a token", "[\"\\u0001" GHP "\"]", "ghp_"),
    E(J, "an escape that is none", "[\"\\/\\q 219-09-9999\"]", "219-09"),
    E(J, "a lone surrogate", "[\"\\ud83d219-09-9999\"]", "219-09"),
    E(J, "a surrogate pair", "[\"\\ud83d\\ude00 219-09-9999\"]", "219-09"),
    E(J, "a NUL as an escape", "[\"\\u0000219-09-9999\\u0000\"]", "219-09"),

    /* values of any kind */

    E(J, "a card as a number", "{\"a\":4111111111111111}", "4111111"),
    E(J, "a card with a fraction of zeros", "[4111111111111111.0]", "4111111"),
    E(J, "a card with more zeros", "[4111111111111111.0000]", "4111111"),
    E(J, "a card with an exponent", "[4.111111111111111e15]", "4.11111"),
    E(J, "the same in upper case", "[4.111111111111111E+15 ]", "4.11111"),
    E(J, "an exponent of a shifted point", "[41111.11111111111e11]", "41111."),
    E(J, "an exponent that adds zeros", "[3.6e13,400000000000000200e-2,"
      "4000000000000002e0]", "400000000000000200|4000000000000002e0"),
    E(J, "a negative exponent", "[4111111111111111000e-3]", "41111111"),
    E(J, "a card as a negative number", "[-4111111111111111]", "41111111"),
    E(J, "a number below a name", "{\"ssn\":219099999}", "219099999"),
    E(J, "an exponent below a name", "{\"ssn\":2.19099999e8}", "2.19099"),
    E(J, "a list below a name", "{\"password\":[\"hunter2\",{\"a\":3}]}",
      "hunter2"),
    E(J, "an object below a name", "{\"secret\":{\"a\":\"hunter2\"}}",
      "hunter2"),
    E(J, "a brace in a string below a name",
      "{\"secret\":{\"a\":\"}\",\"b\":\"hunter2\"},\"c\":1}", "hunter2"),
    E(J, "a name twice", "{\"password\":\"\",\"password\":\"hunter2\"}",
      "hunter2"),
    E(J, "a name in capitals", "{\"PASSWORD\":\"hunter2\"}", "hunter2"),
    E(J, "a name in camel case", "{\"dbPassword\":\"hunter2\"}", "hunter2"),
    E(J, "a name with hyphens", "{\"x-api-key\":\"hunter2\"}", "hunter2"),
    E(J, "a name with spaces", "{\"Card Number\":\"411\"}", "411"),
    E(J, "a name with dots", "{\"db.user.password\":\"hunter2\"}", "hunter2"),
    E(J, "a secret as a name", "{\"" GHP "\":1,\"219-09-9999\":2}",
      "ghp_|219-09"),
    E(J, "a secret as an escaped name", "{\"\\u0067hp_0123456789abcdefghijABC"
      "DEFGHIJ012345\":1}", "0123456789"),
    E(J, "a string alone", "\"219-09-9999\"", "219-09"),
    E(J, "a number alone", "4111111111111111", "411111"),
    E(J, "deep arrays", "[[[[[[[[[[[[[[[[\"219-09-9999\"]]]]]]]]]]]]]]]]",
      "219-09"),
    E(J, "deep objects", "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":"
      "{\"password\":\"hunter2\"}}}}}}}}", "hunter2"),
    E(J, "a long run of digits before", "[\"00000000000000000000000000000000 "
      "4111111111111111\"]", "4111111111111111"),
    E(J, "a long word before",
      "[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa " GHP "\"]", "ghp_"),
    E(J, "a card in other groups", "[\"4111-1111-1111-1111\","
      "\"3782 822463 10005\",\"41111111 11111111\"]",
      "4111-|3782|41111111"),
    E(J, "white space between all", "{ \"password\"\t:\r\n \"hunter2\" }",
      "hunter2"),

    /* JSON in JSON */

    E(J, "one level", "{\"t\":\"{\\\"password\\\":\\\"hunter2\\\"}\"}",
      "hunter2"),
    E(J, "one level, a number", "{\"t\":\"{\\\"ssn\\\":219099999}\"}",
      "219099999"),
    E(J, "two levels", "{\"t\":\"{\\\"u\\\":\\\"{\\\\\\\"password\\\\\\\":"
      "\\\\\\\"hunter2\\\\\\\"}\\\"}\"}", "hunter2"),
    E(J, "three levels", "{\"t\":\"{\\\"u\\\":\\\"{\\\\\\\"v\\\\\\\":\\\\\\\""
      "{\\\\\\\\\\\\\\\"password\\\\\\\\\\\\\\\":\\\\\\\\\\\\\\\"hunter2"
      "\\\\\\\\\\\\\\\"}\\\\\\\"}\\\"}\"}", "hunter2"),
    E(J, "an escape in the second level", "{\"t\":\"{\\\"a\\\":"
      "\\\"jane\\\\u0040example.com\\\"}\"}", "jane"),
    E(J, "an escape in the third level", "{\"t\":\"{\\\"u\\\":\\\"{"
      "\\\\\\\"a\\\\\\\":\\\\\\\"jane\\\\\\\\u0040example.com\\\\\\\"}\\\"}\"}",
      "jane"),
    E(J, "quotes of the inner level in escapes",
      "{\"t\":\"{\\u0022password\\u0022:\\u0022hunter2\\u0022}\"}", "hunter2"),
    E(J, "all of the inner level in escapes",
      "{\"t\":\"\\u007b\\u0022\\u0070assword\\u0022\\u003a\\u0022hunter2\\u0022"
      "\\u007d\"}", "hunter2"),
    E(J, "white space before the inner level",
      "{\"t\":\" \\n\\t{\\\"password\\\":\\\"hunter2\\\"}\"}", "hunter2"),
    E(J, "text before the inner level",
      "{\"t\":\"got {\\\"password\\\":\\\"hunter2\\\"} and\"}", "hunter2"),
    E(J, "an array as the inner level",
      "{\"t\":\"[{\\\"password\\\":\\\"hunter2\\\"}]\"}", "hunter2"),
    E(J, "inner lines", "{\"t\":\"{\\\"a\\\":1}\\n{\\\"password\\\":"
      "\\\"hunter2\\\"}\\n\"}", "hunter2"),
    E(J, "an inner level that is cut",
      "{\"t\":\"{\\\"a\\\":{\\\"password\\\":\\\"hunter2\"}", "hunter2"),
    E(J, "a PEM key", "{\"t\":\"" PEM "\\nMIIB\\n" PEND "\\n\"}", "MIIB"),
    E(J, "a PEM key without its end", "{\"t\":\"" PEM "\\nMIIB\"}", "MIIB"),
    E(J, "a PEM key with spaces for lines", "{\"t\":\"" PEM " MIIB AAAA " PEND
      "\"}", "MIIB|AAAA"),
    E(J, "a PEM key in the second level", "{\"t\":\"{\\\"k\\\":\\\"" PEM
      "\\\\nMIIB\\\\n" PEND "\\\"}\"}", "MIIB"),
    E(J, "a PEM key in the third level", "{\"t\":\"{\\\"k\\\":\\\"{"
      "\\\\\\\"k\\\\\\\":\\\\\\\"" PEM "\\\\\\\\nMIIB\\\\\\\\n" PEND
      "\\\\\\\"}\\\"}\"}", "MIIB"),
    E(J, "a PEM key with escapes as text", "{\"t\":\"" PEM "\\\\nMIIB\\\\n"
      PEND "\"}", "MIIB"),
    E(J, "a service account", "{\"type\":\"service_account\",\"private_key\":"
      "\"" PEM "\\nMIIB\\n" PEND "\\n\"}", "MIIB"),

    /* shapes */

    E(J, "Lambda", "{\"statusCode\":200,\"headers\":{\"x\":\"y\"},\"body\":"
      "\"{\\\"user\\\":{\\\"ssn\\\":\\\"219-09-9999\\\"}}\"}", "219-09"),
    E(J, "SNS", "{\"Type\":\"Notification\",\"Message\":\"{\\\"Records\\\":[{"
      "\\\"detail\\\":{\\\"password\\\":\\\"hunter2\\\"}}]}\"}", "hunter2"),
    E(J, "SQS with SNS in it", "{\"Records\":[{\"body\":\"{\\\"Message\\\":"
      "\\\"{\\\\\\\"password\\\\\\\":\\\\\\\"hunter2\\\\\\\"}\\\"}\"}]}",
      "hunter2"),
    E(J, "MCP text", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{"
      "\"type\":\"text\",\"text\":\"{\\\"rows\\\":[{\\\"email\\\":"
      "\\\"jane@example.com\\\"}]}\"}]}}", "jane"),
    E(J, "MCP text with a table", "{\"result\":{\"content\":[{\"type\":\"text\""
      ",\"text\":\"id\\tssn\\n1\\t219-09-9999\\n\"}]}}", "219-09"),
    E(J, "MCP structured content", "{\"result\":{\"structuredContent\":{"
      "\"token\":{\"access_token\":\"hunter2\"}}}}", "hunter2"),
    E(J, "arguments of a tool", "{\"choices\":[{\"message\":{\"tool_calls\":[{"
      "\"function\":{\"arguments\":\"{\\\"password\\\":\\\"hunter2\\\"}\"}}]}}"
      "]}", "hunter2"),
    E(J, "a log line", "{\"log\":\"2024-01-01 INFO login ok {\\\"user\\\":1,"
      "\\\"password\\\":\\\"hunter2\\\"}\\n\",\"stream\":\"stdout\"}",
      "hunter2"),
    E(J, "a header in a string", "{\"h\":\"Authorization: Bearer hunter2\\r\\n"
      "Accept: x\"}", "hunter2"),
    E(J, "a query in a string", "{\"u\":\"/login?user=a&password=hunter2&b=1\"}"
      , "hunter2"),
    E(J, "Python in a string", "{\"r\":\"{'password': 'hunter2', 'a': None}\"}",
      "hunter2"),
    E(J, "Ruby in a string", "{\"r\":\"{\\\"password\\\"=>\\\"hunter2\\\"}\"}",
      "hunter2"),
    E(J, "an environment in a string",
      "{\"e\":\"HOME=/root\\nDB_PASSWORD=hunter2\\nA=1\"}", "hunter2"),
    E(J, "a pair of name and value",
      "{\"env\":[{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2\"}]}",
      "hunter2"),
    E(J, "a pair of key and value",
      "{\"tags\":[{\"Key\":\"api_key\",\"Value\":\"hunter2\"},{\"Key\":\"a\","
      "\"Value\":\"b\"}]}", "hunter2"),
    E(J, "a pair with members between", "[{\"name\":\"password\",\"type\":{"
      "\"a\":[1]},\"x\":true,\"value\":\"hunter2\"}]", "hunter2"),
    E(J, "a pair with a number", "[{\"name\":\"ssn\",\"value\":219099999}]",
      "219099999"),
    E(J, "a pair with an escaped name",
      "[{\"name\":\"pass\\u0077ord\",\"value\":\"hunter2\"}]", "hunter2"),
    E(J, "a pair whose name ends in an escape, behind what is clean",
      "{\"id\":1,\"created_at\":\"2024-03-11T10:20:30Z\",\"tags\":[\"gold\","
      "\"b2b\"],\"env\":[{\"name\":\"DB_PASSWOR\\u0044\",\"value\":"
      "\"hunter2\"}]}", "hunter2"),
    E(J, "a pair in the second level", "{\"t\":\"[{\\\"name\\\":"
      "\\\"DB_PASSWORD\\\",\\\"value\\\":\\\"hunter2\\\"}]\"}", "hunter2"),
    E(J, "a table with a row of names", "{\"columns\":[\"id\",\"password\"],"
      "\"rows\":[[1,\"hunter2\"],[2,\"hunter3\"]]}", "hunter2|hunter3"),
    E(J, "a table with numbers", "{\"columns\":[\"ssn\",\"n\"],\"rows\":[["
      "219099999,1],[219099998,2]]}", "219099999|219099998"),
    E(J, "a table with named columns", "{\"columns\":[{\"name\":\"id\"},{"
      "\"name\":\"password\",\"type\":\"text\"}],\"rows\":[[1,\"hunter2\"]]}",
      "hunter2"),
    E(J, "a table with fields and data", "{\"fields\":[\"a\",\"api_key\",\"c\"]"
      ",\"total\":1,\"data\":[[\"x\",\"hunter2\",{\"y\":1}]]}", "hunter2"),
    E(J, "a table in the second level", "{\"t\":\"{\\\"columns\\\":["
      "\\\"password\\\"],\\\"rows\\\":[[\\\"hunter2\\\"]]}\"}", "hunter2"),

    /* more than one document, and less */

    E("application/x-ndjson", "NDJSON", "{\"a\":1}\n{\"password\":\"hunter2\"}"
      "\n{\"ssn\":219099999}\n", "hunter2|219099999"),
    E("application/x-ndjson", "NDJSON with a broken line", "{\"a\":1}\n{oops\n"
      "{\"password\":\"hunter2\"}\n", "hunter2"),
    E("application/json-seq", "json-seq", "\x1e{\"a\":1}\n\x1e{\"password\":"
      "\"hunter2\"}\n", "hunter2"),
    E(J, "concatenated", "{\"a\":1}{\"password\":\"hunter2\"}[\"219-09-9999\"]",
      "hunter2|219-09"),
    E("application/problem+json", "a type with +json",
      "{\"password\":\"hunter2\"}", "hunter2"),
    E(J, "JSONP", "cb({\"password\":\"hunter2\",\"a\":[\"219-09-9999\"]});",
      "hunter2|219-09"),
    E(J, "JSONP with a comment", "/**/ typeof cb === 'function' && cb({"
      "\"password\":\"hunter2\"});", "hunter2"),
    E("application/javascript", "a script", "var x = {\"password\":\"hunter2\","
      " 'secret': 'hunter3'};", "hunter2|hunter3"),
    E(J, "an XSSI prefix", ")]}',\n{\"password\":\"hunter2\"}", "hunter2"),
    E(J, "another XSSI prefix", "while(1);{\"password\":\"hunter2\"}",
      "hunter2"),
    E(J, "yet another", "for(;;);{\"password\":\"hunter2\"}", "hunter2"),
    E(J, "and one more", "{}&& {\"password\":\"hunter2\"}", "hunter2"),
    E(J, "a byte order mark", "\xef\xbb\xbf{\"password\":\"hunter2\"}",
      "hunter2"),
    E(T, "JSON as text", "{\"password\":\"hunter2\"}", "hunter2"),
    E(H, "JSON as HTML", " {\"password\":\"h\\u0075nter2\",\"a\":"
      "\"jane\\u0040example.com\"}", "nter2|jane"),
    E("", "JSON without a type", "{\"password\":\"hunter2\"}", "hunter2"),
    E(J, "cut in a string", "{\"a\":\"219-09-9999", "219-09"),
    E(J, "cut in a masked string", "{\"password\":\"hunter2", "hunter2"),
    E(J, "cut in a number", "{\"a\":4111111111111111", "411111"),
    E(J, "cut behind an escape", "[\"219-09-9999\\", "219-09"),
    E(J, "cut in an escape", "[\"219-09-9999\\u00", "219-09"),
    E(J, "a comma too many", "{\"a\":1,,\"password\":\"hunter2\"}", "hunter2"),
    E(J, "a comma at the end", "{\"a\":[1,],\"password\":\"hunter2\",}",
      "hunter2"),
    E(J, "names without quotes", "{a:1,\"password\":\"hunter2\"}", "hunter2"),
    E(J, "single quotes", "{'password':'hunter2'}", "hunter2"),
    E(J, "comments", "{/* x */\"password\":\"hunter2\"}", "hunter2"),
    E(J, "a value without quotes", "{\"password\":hunter2}", "hunter2"),
    E(J, "a bracket too many", "]{\"password\":\"hunter2\"}", "hunter2"),
    E(J, "a line feed in a string", "{\"a\":\"x\n219-09-9999\"}", "219-09"),
    E(J, "invalid UTF-8", "[\"\xff\xfe""219-09-9999\xc3\"]", "219-09"),
    E(J, "truncated UTF-8 before a quote", "[\"\xe2\x80\",\"219-09-9999\"]",
      "219-09"),
    E(J, "overlong UTF-8", "[\"\xc0\xb2\" ,\"219-09-9999\"]", "219-09"),
    E(J, "a NUL byte", "[\"a\0""219-09-9999\0\",\"" GHP "\0\"]",
      "219-09|ghp_"),
    E(J, "a NUL byte between", "{\"a\":1}\0{\"password\":\"hunter2\"}",
      "hunter2"),

    /* spellings that look alike */

    E(J, "a no-break space", "[\"4111\xc2\xa0""1111\xc2\xa0""1111\xc2\xa0"
      "1111\",\"219\\u00a009\\u00a09999\"]", "4111|9999"),
    E(J, "a narrow no-break space", "[\"4111\\u202f1111\\u202f1111\\u202f1111\""
      "]", "4111"),
    E(J, "a figure dash", "[\"219\xe2\x80\x92""09\xe2\x80\x92""9999\"]",
      "9999"),
    E(J, "a no-break hyphen", "[\"219\\u201109\\u20119999\"]", "9999"),
    E(J, "an en dash", "[\"219\xe2\x80\x93""09\xe2\x80\x93""9999\"]", "9999"),
    E(J, "a minus sign", "[\"219\\u221209\\u22129999\"]", "9999"),
    E(J, "a full-width hyphen", "[\"219\xef\xbc\x8d""09\xef\xbc\x8d""9999\"]",
      "9999"),
    E(J, "an ideographic space", "[\"4111\xe3\x80\x80""1111\xe3\x80\x80""1111"
      "\xe3\x80\x80""1111\"]", "1111\xe3"),
    E(J, "full-width digits", "[\"\xef\xbc\x92\xef\xbc\x91\xef\xbc\x99-\xef\xbc"
      "\x90\xef\xbc\x99-\xef\xbc\x99\xef\xbc\x99\xef\xbc\x99\xef\xbc\x99\"]",
      "\xef\xbc\x99\xef\xbc\x99"),
    E(J, "full-width digits in escapes", "[\"\\uff12\\uff11\\uff19-\\uff10"
      "\\uff19-\\uff19\\uff19\\uff19\\uff19\"]", "\\uff19"),
    E(J, "a full-width at sign", "[\"jane\xef\xbc\xa0""example.com\"]", "jane"),
    E(J, "full-width letters of a name", "{\"\xef\xbd\x90\xef\xbd\x81\xef\xbd"
      "\x93\xef\xbd\x93word\":\"hunter2\"}", "hunter2"),
    E(J, "a zero-width space in a card", "[\"4111\xe2\x80\x8b""1111\xe2\x80\x8b"
      "1111\xe2\x80\x8b""1111\"]", "1111\xe2"),
    E(J, "zero-width characters everywhere", "[\"2\\u200b1\\u200c9\\u200d-"
      "\\ufeff0\\u20609-9\\u200b9\\u200b9\\u200b9\"]", "9\\u200b9"),
    E(J, "zero-width characters before and in a token", "[\"\xe2\x80\x8bgh"
      "\xe2\x80\x8bp_0123456789abc\xe2\x81\xa0""defghijABCDEFGHIJ012345\"]",
      "0123456789"),
    E(J, "three of them", "[\"219\\u200b\\u200c\\u200d-09-9999\"]", "9999"),
    E(J, "a soft hyphen in an address", "[\"jane@exam\xc2\xadple.com\"]",
      "jane"),
    E(J, "a variation selector", "[\"219-09-99\xef\xb8\x8f""99\"]", "219-09"),
    E(J, "a zero-width joiner in a name",
      "{\"pass\\u200dword\":\"hunter2\"}", "hunter2"),
    E(J, "a zero-width space in a PEM head", "[\"-----BEGIN RSA \xe2\x80\x8b"
      "PRIVATE KEY-----\\nMIIB\"]", "MIIB"),
    E(J, "a mark for the direction", "[\"\\u202d219-09-9999\\u202c\"]",
      "219-09"),
    E(J, "a reference in a string", "[\"jane&#64;example.com\",\"jane&commat;"
      "example.com\"]", "jane"),
    E(J, "references of digits", "[\"&#50;&#x31;9-09-9999\"]", "9-09"),
    E(J, "HTML in a string", "{\"html\":\"<td>4111&nbsp;1111&nbsp;1111&nbsp;"
      "1111</td>\"}", "1111"),
    E(J, "an encoded address in a string",
      "{\"u\":\"https://x.org/?e=jane%40example.com&a=1\"}", "jane"),
    E(J, "encoded spaces of a card", "{\"u\":\"/p?n=4111%201111%201111%201111"
      "\"}", "1111"),
    E(J, "an encoded assignment", "{\"u\":\"/r?to=%2Fa%3Fpassword%3Dhunter2\"}",
      "hunter2"),
    E(J, "encoded digits", "[\"%32%31%39-09-9999\"]", "9999"),
    E(J, "a percent sign in an escape", "[\"jane\\u002540example.com\"]",
      "jane"),

    /* text */

    E(T, "escapes in text", "x \\u0034111 1111 1111 1111", "1111"),
    E(T, "a reference in text", "jane&#x40;example.com 219&#45;09&#45;9999",
      "jane|9999"),
    E(H, "references without a semicolon", "219&#450&#57-9999 jane&#64 a "
      "&#50&#49&#57-09-9999", "&#57-09"),
    E(H, "JSON in an attribute", "<div data-x=\"{&quot;password&quot;:&quot;"
      "hunter2&quot;,&quot;a&quot;:1}\">", "hunter2"),
    E(H, "Python in an attribute", "<pre>{&#x27;password&#x27;: &#x27;hunter2"
      "&#x27;}</pre>", "hunter2"),
    E(H, "a no-break space in HTML", "<td>219&nbsp;09&nbsp;9999</td>", "9999"),
    E("application/xml", "a reference in XML", "<a>ghp&#x5f;0123456789abcdefgh"
      "ijABCDEFGHIJ012345</a>", "0123456789"),
    E("application/xml", "a PEM key in XML", "<k a=\"" PEM "&#10;MIIB&#xA;AAAA"
      "\"/>", "MIIB|AAAA"),
    E(T, "an encoded address in text", "GET /?e=jane%40example.com HTTP/1.1",
      "jane"),
    E(T, "zero-width characters in text", "219\xe2\x80\x8b-09-9999", "9999"),
    E("text/plain; charset=iso-8859-1", "a no-break space of one byte",
      "4111\xa0""1111\xa0""1111\xa0""1111, 219\xa0""09\xa0""9999",
      "1111|9999"),
    E("text/plain; charset=windows-1252", "dashes of one byte",
      "219\x96""09\x96""9999, 4111\x97""1111\x97""1111\x97""1111",
      "1111|9999"),
    E("text/csv", "a spreadsheet's number", "id,n\n1,4111111111111111.0\n",
      "41111111"),

    /* events */

    E(S, "lines of one document", "data: {\"password\":\ndata: \"hunter2\"}\n\n"
      , "hunter2"),
    E(S, "no space", "data:{\"password\":\"hunter2\"}\n\n", "hunter2"),
    E(S, "CR", "data: {\"password\":\rdata: \"hunter2\"}\r\r", "hunter2"),
    E(S, "CRLF", "data: {\"password\":\r\ndata: \"hunter2\"}\r\n\r\n",
      "hunter2"),
    E(S, "a byte order mark", "\xef\xbb\xbf""data: {\"password\":\"hunter2\"}"
      "\n\n", "hunter2"),
    E(S, "a comment", ": 219-09-9999\n\ndata: x\n\n", "219-09"),
    E(S, "another field", "event: jane@example.com\nid: " GHP "\n\n",
      "jane|ghp_"),
    E(S, "no blank line at the end", "data: {\"password\":\"hunter2\"}",
      "hunter2"),
    E(S, "a comment between", "data: {\"password\":\n: x\ndata: \"hunter2\"}\n"
      "\n", "hunter2"),
    E(S, "a PEM key over lines", "data: " PEM "\ndata: MIIB\ndata: AAAA\n\n",
      "MIIB|AAAA"),
    E(S, "JSON-RPC with JSON in it", "event: message\ndata: {\"jsonrpc\":"
      "\"2.0\",\"result\":{\"content\":[{\"text\":\"{\\\"password\\\":"
      "\\\"hunter2\\\"}\"}]}}\n\n", "hunter2"),

    /* forms */

    E(F, "an encoded name", "a=1&pass%77ord=hunter2&b=2", "hunter2"),
    E(F, "a name with pluses", "card+number=411&b=2", "411"),
    E(F, "an encoded value", "e=jane%40example.com&n=%32%31%39-09-9999",
      "jane|9999"),
    E(F, "pluses for spaces", "n=4111+1111+1111+1111", "1111"),
    E(F, "JSON in a field", "j=%7B%22password%22%3A%22hunter2%22%7D",
      "hunter2"),
    E(F, "a zero-width space", "n=219%E2%80%8B-09-9999", "9999")
};

#define BODIES  (sizeof(bodies) / sizeof(bodies[0]))


static ssize_t
evade_sink(void *data, const u_char *p, size_t len)
{
    return (hoop_buf_add(data, p, len) == HOOP_OK) ? (ssize_t) len : -1;
}


static uint32_t
evade_mask(const evade_t *e, size_t split, hoop_buf_t *out)
{
    size_t                  i, n;
    u_char                 *copy;
    uint32_t                total;
    hoop_mask_t            *m;
    const u_char           *p;
    const hoop_mask_set_t  *set;

    set = hoop_mask_set_default();
    out->len = 0;

    m = hoop_mask_create(hoop_mask_mode(hoop_cstr(e->type)), &set, 1, NULL, 0,
                         0);

    for (i = 0; i < 2; i++) {
        n = i ? e->len - split : split;
        copy = malloc(n + 1);
        memcpy(copy, e->in + (i ? split : 0), n);
        p = copy;

        (void) hoop_mask_feed(m, &p, copy + n, i ? HOOP_MASK_LAST
                                                 : HOOP_MASK_FLUSH,
                              evade_sink, out);
        free(copy);
    }

    total = hoop_mask_total(m);
    hoop_mask_free(m);

    return total;
}


static int
evade_has(const hoop_buf_t *out, const char *p, size_t n)
{
    size_t  i;

    for (i = 0; i + n <= out->len; i++) {
        if (memcmp(out->data + i, p, n) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
evade_json(const void *p, size_t n)
{
    json_t  *v;

    v = json_loadb(p, n, JSON_DECODE_ANY|JSON_ALLOW_NUL, NULL);
    json_decref(v);

    return v != NULL;
}


static int
evade_body(const evade_t *e)
{
    int          left, same;
    size_t       i, n;
    uint32_t     total;
    hoop_buf_t   whole, split;
    const char  *p;

    hoop_buf_init(&whole, 0);
    hoop_buf_init(&split, 0);

    total = evade_mask(e, 0, &whole);
    left = (total == 0);

    for (p = e->gone; *p; p += n + (p[n] == '|')) {
        n = strcspn(p, "|");
        left |= evade_has(&whole, p, n);
    }

    if (!ok(!left, "%s: %s", e->type, e->name)) {
        printf("# got %.*s\n", (int) whole.len, (char *) whole.data);
    }

    same = 1;

    for (i = 0; i <= e->len; i++) {
        same &= evade_mask(e, i, &split) == total
                && split.len == whole.len
                && memcmp(split.data, whole.data, whole.len) == 0;
    }

    ok(same && (!evade_json(e->in, e->len)
                || evade_json(whole.data, whole.len)),
       "%s: %s: in any two pieces, and JSON as before", e->type, e->name);

    hoop_buf_free(&whole);
    hoop_buf_free(&split);

    return left;
}


int
main(void)
{
    size_t    i;
    unsigned  left;

    left = 0;

    for (i = 0; i < BODIES; i++) {
        left += (unsigned) evade_body(&bodies[i]);
    }

    printf("# %u of %u bodies keep their secret\n", left, (unsigned) BODIES);

    return done_testing();
}
