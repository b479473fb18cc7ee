
/*
 * Copyright (C) ngx_hoop_module authors
 */


#include "mask.h"


#define GHP   "ghp_0123456789abcdefghijABCDEFGHIJ012345"
#define JWT   "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"
#define PEM   "-----BEGIN RSA PRIVATE KEY-----"
#define PEND  "-----END RSA PRIVATE KEY-----"

#define IDS                                                                   \
    "{\"detect\":[\"us_itin\",\"uk_nhs\",\"uk_nino\",\"ca_sin\",\"au_tfn\","  \
    "\"au_abn\",\"au_medicare\",\"in_aadhaar\",\"in_pan\",\"br_cpf\","        \
    "\"br_cnpj\"]}"


static const mask_case_t  cases[] = {

    /* what is a brace only to a lenient reader begins no document */

    { T, "an escaped brace", "\\u007b\"", NULL, NULL },
    { T, "an escaped brace and a name",
      "\\u007b\"password\":\"x9x9\",\"n\":\"219-09-9999\"}",
      "\\u007b\"password\":\"[REDACTED:FIELD]\","
      "\"n\":\"[REDACTED:US_SSN]\"}", NULL },
    { T, "a brace by reference", "&#123;\"password\":\"abc12345\"}",
      "&#123;\"password\":\"[REDACTED:FIELD]\"}", NULL },
    { T, "a full-width brace", "\xef\xbd\x9b\"password\":\"abc12345\"}",
      "\xef\xbd\x9b\"password\":\"[REDACTED:FIELD]\"}", NULL },
    { J, "the same in a string",
      "[\"\\\\u007b\\\"\",\"\\\\u007b\\\"password\\\":\\\"abc12345\\\"}\","
      "\"\xef\xbd\x9b\\\"\"]",
      "[\"\\\\u007b\\\"\",\"\\\\u007b\\\"password\\\":\\\"[REDACTED:FIELD]\\\"}\","
      "\"\xef\xbd\x9b\\\"\"]", NULL },
    { J, "and where JSON is broken", "\\u007b\"", NULL, NULL },

    /* detectors */

    { J, "ssn", "{\"a\":\"x 219-09-9999.\"}",
      "{\"a\":\"x [REDACTED:US_SSN].\"}", NULL },
    { J, "ssn with spaces", "[\"219 09 9999\"]", "[\"[REDACTED:US_SSN]\"]",
      NULL },
    { J, "card", "[\"4111 1111 1111 1111\",\"378282246310005\","
      "\"3782-822463-10005\"]",
      "[\"[REDACTED:CREDIT_CARD]\",\"[REDACTED:CREDIT_CARD]\","
      "\"[REDACTED:CREDIT_CARD]\"]", NULL },
    { J, "card and no-break spaces",
      "[\"4111\xc2\xa0""1111\xc2\xa0""1111\xc2\xa0""1111\"]",
      "[\"[REDACTED:CREDIT_CARD]\"]", NULL },
    { J, "card before another number", "[\"4111111111111111 20250101\"]",
      "[\"[REDACTED:CREDIT_CARD] 20250101\"]", NULL },
    { J, "email", "[\"Jane <jane.doe+x@mail.example.co.uk>\",\"a@b.com1\"]",
      "[\"Jane <[REDACTED:EMAIL]>\",\"[REDACTED:EMAIL]1\"]", NULL },
    { J, "email with an international top level", "[\"a@b.xn--p1ai\"]",
      "[\"[REDACTED:EMAIL]\"]", NULL },
    { J, "iban", "[\"GB82WEST12345698765432\",\"x DE89 3704 0044 0532 0130 00"
      " y\",\"FR14-2004-1010-0505-0001-3M02-606.\"]",
      "[\"[REDACTED:IBAN]\",\"x [REDACTED:IBAN] y\",\"[REDACTED:IBAN].\"]",
      NULL },
    { T, "iban before another word",
      "NO93 8601 1117 947 BIC NDEANOKK;MT84MALT011000012345MTLCAST001S 12",
      "[REDACTED:IBAN] BIC NDEANOKK;[REDACTED:IBAN] 12", NULL },
    { J, "iban with no-break spaces",
      "[\"BE68\xc2\xa0" "5390\xc2\xa0" "0754\xc2\xa0" "7034\"]",
      "[\"[REDACTED:IBAN]\"]", NULL },
    { J, "iban in escapes", "[\"GB82 W\\u0045ST 1234 5698 7654 32\"]",
      "[\"[REDACTED:IBAN]\"]", NULL },
    { T, "phone", "+1 202 555 0147, +12025550147; tel:+1-202-555-0147 "
      "+1 (202) 555-0147x12 (202) 555-0147, (202)555.0147",
      "[REDACTED:PHONE], [REDACTED:PHONE]; tel:[REDACTED:PHONE] "
      "[REDACTED:PHONE]x12 [REDACTED:PHONE], [REDACTED:PHONE]", NULL },
    { J, "phone of other countries", "[\"+44 20 7946 0958\",\"+442079460958\","
      "\"+44 (0)20 7946 0958\",\"+49 30 901820\",\"+33 1 23 45 67 89\","
      "\"+353 1 679 3000\",\"+55 11 91234-5678\",\"+7 495 123-45-67\","
      "\"+500 12345\",\"+91 98765 43210\",\"+81-3-1234-5678\"]",
      "[\"[REDACTED:PHONE]\",\"[REDACTED:PHONE]\",\"[REDACTED:PHONE]\","
      "\"[REDACTED:PHONE]\",\"[REDACTED:PHONE]\",\"[REDACTED:PHONE]\","
      "\"[REDACTED:PHONE]\",\"[REDACTED:PHONE]\",\"[REDACTED:PHONE]\","
      "\"[REDACTED:PHONE]\",\"[REDACTED:PHONE]\"]", NULL },
    { T, "phone in groups", "202-555-0147 1-555-123-4567, 202.555.0147. (x)",
      "[REDACTED:PHONE] 1-[REDACTED:PHONE], [REDACTED:PHONE]. (x)",
      NULL },
    { T, "phone before another number",
      "+1 202 555 0147 20250101 +44 20 7946 0958 2024-01-11",
      "[REDACTED:PHONE] 20250101 [REDACTED:PHONE] 2024-01-11", NULL },
    { F, "phone in a form", "p=%2B1+202+555+0147&q=%28202%29+555-0147",
      "p=%5BREDACTED%3APHONE%5D&q=%5BREDACTED%3APHONE%5D", NULL },
    { J, "ids", "[\"912-70-1234\",\"912 70 1234\",\"943 476 5919\","
      "\"AB123456C\",\"AB 12 34 56 C\",\"130-692-544\",\"876 543 210\","
      "\"51 824 753 556\",\"2123 45670 1\",\"2341 2341 2346\","
      "\"ABCPE1234F\",\"529.982.247-25\",\"11.222.333/0001-81\","
      "\"12.ABC.345\\/01DE-35\"]",
      "[\"[REDACTED:US_ITIN]\",\"[REDACTED:US_ITIN]\",\"[REDACTED:UK_NHS]\","
      "\"[REDACTED:UK_NINO]\",\"[REDACTED:UK_NINO]\",\"[REDACTED:CA_SIN]\","
      "\"[REDACTED:AU_TFN]\",\"[REDACTED:AU_ABN]\","
      "\"[REDACTED:AU_MEDICARE]\",\"[REDACTED:IN_AADHAAR]\","
      "\"[REDACTED:IN_PAN]\",\"[REDACTED:BR_CPF]\",\"[REDACTED:BR_CNPJ]\","
      "\"[REDACTED:BR_CNPJ]\"]", IDS },
    { T, "ids in text", "NINO AB123456C, x 529.982.247-25; 51 824 753 556 12",
      "NINO [REDACTED:UK_NINO], x [REDACTED:BR_CPF]; [REDACTED:AU_ABN] 12",
      IDS },
    { J, "no ids: checks, ranges, layouts, neighbours",
      "[\"912-66-1234\",\"812-70-1234\",\"943 476 5918\",\"BG123456C\","
      "\"AB123456E\",\"DA123456C\",\"046 454 286\",\"130 692 545\","
      "\"123 456 783\",\"51 824 753 557\",\"2123 45671 1\","
      "\"7123 45670 1\",\"2341 2341 2347\",\"1341 2341 2346\","
      "\"ABCDE1234F\",\"529.982.247-26\",\"111.111.111-11\","
      "\"11.222.333/0001-82\",\"12.ABC.345/01DE-36\",\"9434765919\","
      "\"943 476-5919\",\"123-456 782\",\"AB123456CD\",\"XAB123456C\","
      "\"1-123 456 782\",\"123-456-782-1\",\"x_ABCPE1234F\",9434765919,"
      "\"ab123456c\",\"00.000.000/0000-00\"]", NULL, IDS },
    { J, "fields that come with a detector",
      "{\"dateOfBirth\":\"1970-01-01\",\"user\":{\"dob\":19700101},"
      "\"routing_number\":121000358,\"bankAccount\":{\"id\":1},"
      "\"Passport No\":\"X1\",\"drivers-license\":\"D1\",\"cpf\":"
      "52998224725,\"birthplace\":\"b\",\"account\":\"a\",\"adob\":1}",
      "{\"dateOfBirth\":\"[REDACTED:DATE_OF_BIRTH]\",\"user\":{\"dob\":"
      "\"[REDACTED:DATE_OF_BIRTH]\"},\"routing_number\":"
      "\"[REDACTED:US_ROUTING]\",\"bankAccount\":\"[REDACTED:US_BANK]\","
      "\"Passport No\":\"[REDACTED:PASSPORT]\",\"drivers-license\":"
      "\"[REDACTED:DRIVER_LICENSE]\",\"cpf\":\"[REDACTED:BR_CPF]\","
      "\"birthplace\":\"b\",\"account\":\"a\",\"adob\":1}",
      "{\"detect\":[\"date_of_birth\",\"us_routing\",\"us_bank\","
      "\"passport\",\"driver_license\",\"br_cpf\"]}" },
    { J, "aws", "[\"AKIAQWERTYUIOPASDFGH\"]", "[\"[REDACTED:AWS_KEY]\"]",
      NULL },
    { J, "github", "[\"" GHP "\",\"github_pat_01234567890123456789AB_"
      "01234567890123456789012345678901234567890123456789012345678\"]",
      "[\"[REDACTED:GITHUB_TOKEN]\",\"[REDACTED:GITHUB_TOKEN]\"]", NULL },
    { J, "stripe", "[\"sk_live_0123456789abcd\",\"rk_test_0123456789abcd\"]",
      "[\"[REDACTED:STRIPE_KEY]\",\"[REDACTED:STRIPE_KEY]\"]", NULL },
    { J, "jwt", "[\"Bearer " JWT ".\",\"eyJhbGciOiJub25lIn0.eyJhIjoxfQ.\"]",
      "[\"Bearer [REDACTED:JWT].\",\"[REDACTED:JWT]\"]", NULL },
    { J, "pem", "[\"x" PEM "\\nMIIB+/=\\nabc\\n" PEND "\\ny\",\"" PEM
      "\\nMIIcut\"]",
      "[\"x[REDACTED:PRIVATE_KEY]\\ny\",\"[REDACTED:PRIVATE_KEY]\"]", NULL },
    { T, "values of config files", "password: hunter2\napi_key: \"3f9a8b7c\"\n"
      "aws_secret_access_key = wJalrXUtnFEMI7\nPASSWORD   =   'x y'\n"
      "  secret: 'a'  # b\nssn: 219099999\n",
      "password: [REDACTED:FIELD]\napi_key: \"[REDACTED:FIELD]\"\n"
      "aws_secret_access_key = [REDACTED:FIELD]\n"
      "PASSWORD   =   '[REDACTED:FIELD]'\n"
      "  secret: '[REDACTED:FIELD]'  # b\nssn: [REDACTED:US_SSN]\n", NULL },
    { T, "prose and code", "Password: must be 8 characters\nsecret: none\n"
      "if (password == other1) {\npassword = request.get1(\"x\")\n"
      "my password : hunter22\nkeyboard: 102keys\npassword: \n"
      "password = None\n", NULL, NULL },
    { J, "values of config files in strings",
      "[\"password: hunter2 x\",\"secret = abc123 x\",\"a\\nssn: 219099999\"]",
      "[\"password: [REDACTED:FIELD] x\",\"secret = [REDACTED:FIELD] x\","
      "\"a\\nssn: [REDACTED:US_SSN]\"]", NULL },
    { T, "pem in comments", " * " PEM "\n * MIIBAAAA\n * BBBB\n * " PEND " x\n"
      "# " PEM "\n# MIIBAAAA\n# " PEND "\n> " PEM "\n> MIIBAAAA\n",
      " * [REDACTED:PRIVATE_KEY] x\n# [REDACTED:PRIVATE_KEY]\n"
      "> [REDACTED:PRIVATE_KEY]", NULL },
    { J, "pem with double escapes", "[\"" PEM "\\\\nMIIB\\\\n" PEND "\"]",
      "[\"[REDACTED:PRIVATE_KEY]\"]", NULL },

    /* the ways round, tier "default" */

    { J, "escaped digits", "[\"\\u0034111\\u0031111 1111\\u002d0000\","
      "\"\\u00319-09\",\"\\u0032\\u0031\\u0039-0\\u0039-9999\"]",
      "[\"\\u0034111\\u0031111 1111\\u002d0000\","
      "\"\\u00319-09\",\"[REDACTED:US_SSN]\"]", NULL },
    { J, "escaped solidus", "[\"\\/219-09-9999\\/\"]",
      "[\"\\/[REDACTED:US_SSN]\\/\"]", NULL },
    { J, "escaped key name", "{\"pass\\u0077ord\":\"x\"}",
      "{\"pass\\u0077ord\":\"[REDACTED:FIELD]\"}", NULL },
    { J, "line feed before a token", "[\"a\\n" GHP "\",\"a\\\\n" GHP "\"]",
      "[\"a\\n[REDACTED:GITHUB_TOKEN]\",\"a\\\\n[REDACTED:GITHUB_TOKEN]\"]",
      NULL },
    { J, "backslash parity", "[\"\\\\\",\"219-09-9999\",\"\\\\\\\"\","
      "\"219-09-9999\"]",
      "[\"\\\\\",\"[REDACTED:US_SSN]\",\"\\\\\\\"\",\"[REDACTED:US_SSN]\"]",
      NULL },
    { J, "duplicate keys", "{\"password\":\"a\",\"password\":\"b\"}",
      "{\"password\":\"[REDACTED:FIELD]\",\"password\":\"[REDACTED:FIELD]\"}",
      NULL },
    { J, "numbers", "{\"n\":4111111111111111,\"ssn\":219099999,"
      "\"m\":[4111111111111111.00]}",
      "{\"n\":\"[REDACTED:CREDIT_CARD]\",\"ssn\":\"[REDACTED:US_SSN]\","
      "\"m\":[\"[REDACTED:CREDIT_CARD]\"]}", NULL },
    { J, "routes are no names of objects", "{\"/users/{id}/password\":{\"put\":"
      "{\"password\":\"x\"}},\"./key/secret\":[\"./secret.js\"],"
      "\"/db/password\":\"x\",\"db/password\":{\"value\":\"x\"}}",
      "{\"/users/{id}/password\":{\"put\":{\"password\":"
      "\"[REDACTED:FIELD]\"}},\"./key/secret\":[\"./secret.js\"],"
      "\"/db/password\":\"[REDACTED:FIELD]\","
      "\"db/password\":\"[REDACTED:FIELD]\"}", NULL },
    { J, "object keys", "{\"a@b.com\":1,\"" GHP "\":{\"x\":2}}",
      "{\"[REDACTED:EMAIL]\":1,\"[REDACTED:GITHUB_TOKEN]\":{\"x\":2}}", NULL },
    { J, "deep nesting", "[[[[[[[[[[{\"a\":[[[\"a@b.com\"]]]}]]]]]]]]]]",
      "[[[[[[[[[[{\"a\":[[[\"[REDACTED:EMAIL]\"]]]}]]]]]]]]]]", NULL },
    { J, "JSON in JSON", "{\"text\":\"{\\\"ssn\\\":219099999,\\\"a\\\":"
      "\\\"\\\\u0061@b.com\\\",\\\"t\\\":\\\"{\\\\\\\"password\\\\\\\":"
      "\\\\\\\"x\\\\\\\"}\\\"}\"}",
      "{\"text\":\"{\\\"ssn\\\":\\\"[REDACTED:US_SSN]\\\",\\\"a\\\":"
      "\\\"[REDACTED:EMAIL]\\\",\\\"t\\\":\\\"{\\\\\\\"password\\\\\\\":"
      "\\\\\\\"[REDACTED:FIELD]\\\\\\\"}\\\"}\"}", NULL },
    { J, "JSON in a log line in JSON",
      "{\"m\":\"got {\\\"password\\\":\\\"x\\\"} from a@b.com\"}",
      "{\"m\":\"got {\\\"password\\\":\\\"[REDACTED:FIELD]\\\"} from "
      "[REDACTED:EMAIL]\"}", NULL },
    { J, "NDJSON, json-seq and concatenated",
      "{\"ssn\":1}\n{\"ssn\":2}{\"ssn\":3}\n\x1e{\"ssn\":4}\n",
      "{\"ssn\":\"[REDACTED:US_SSN]\"}\n{\"ssn\":\"[REDACTED:US_SSN]\"}"
      "{\"ssn\":\"[REDACTED:US_SSN]\"}\n\x1e{\"ssn\":\"[REDACTED:US_SSN]\"}\n",
      NULL },
    { J, "BOM", "\xef\xbb\xbf{\"ssn\":\"x\"}",
      "\xef\xbb\xbf{\"ssn\":\"[REDACTED:US_SSN]\"}", NULL },
    { J, "XSSI prefix", ")]}',\n{\"password\":[1]}",
      ")]}',\n{\"password\":\"[REDACTED:FIELD]\"}", NULL },
    { J, "JSONP", "cb({\"password\":[1,{\"a\":2}]});",
      "cb({\"password\":\"[REDACTED:FIELD]\"});", NULL },
    { T, "JSON as text", " {\"password\":{\"a\":[\"}\"]}}\n",
      " {\"password\":\"[REDACTED:FIELD]\"}\n", NULL },
    { T, "JSON in HTML", "<script>var x={\"api_key\":\"q\"};</script>",
      "<script>var x={\"api_key\":\"[REDACTED:FIELD]\"};</script>", NULL },
    { J, "broken JSON", "{\"a\":oops,\"m\":\"\\u0061@b.com\","
      "\"password\":\"a\\\"b\",'secret':'x' ssn=123&x=1}",
      "{\"a\":oops,\"m\":\"[REDACTED:EMAIL]\","
      "\"password\":\"[REDACTED:FIELD]\",'secret':'[REDACTED:FIELD]' "
      "ssn=[REDACTED:US_SSN]&x=1}", NULL },
    { J, "broken under a masked name", "{\"password\":correct horse,\"b\":1}",
      "{\"password\":\"[REDACTED:FIELD]\",\"b\":1}", NULL },
    { J, "a broken number", "{\"card_number\":4111 1111 1111 1111,\"a\":"
      "4111 1111 1111 1111}",
      "{\"card_number\":\"[REDACTED:CREDIT_CARD]\" ,\"a\":"
      "[REDACTED:CREDIT_CARD]}", NULL },
    { J, "truncated", "{\"a\":[\"a@b.com\",\"password\",{\"password\":\"ab",
      "{\"a\":[\"[REDACTED:EMAIL]\",\"password\",{\"password\":"
      "\"[REDACTED:FIELD]\"", NULL },
    { J, "an unterminated string", "[\"a@b.com", "[\"[REDACTED:EMAIL]", NULL },
    { J, "invalid UTF-8 and NUL-like escapes",
      "[\"\xff\xfe""a@b.com\xff\",\"\\u0000a@b.com\\ud800\"]",
      "[\"\xff\xfe[REDACTED:EMAIL]\xff\",\"\\u0000[REDACTED:EMAIL]\\ud800\"]",
      NULL },

    { S, "SSE", ": hi a@b.com\ndata: {\"ssn\":\r\ndata:1}\r\rid: x\n"
      "data:219-09-9999 [DONE]\n\ndata: {\"a\":\"b@c.com\"}",
      ": hi [REDACTED:EMAIL]\ndata: {\"ssn\":\r\ndata:\"[REDACTED:US_SSN]\"}"
      "\r\rid: x\ndata:[REDACTED:US_SSN] [DONE]\n\ndata: {\"a\":"
      "\"[REDACTED:EMAIL]\"}", NULL },
    { S, "SSE: a comment inside of a document",
      "\xef\xbb\xbf""data: {\"password\":\n: ping\ndata: \"x\"}\n\n",
      "\xef\xbb\xbf""data: {\"password\":\n: ping\ndata: "
      "\"[REDACTED:FIELD]\"}\n\n", NULL },
    { S, "SSE: a key over several lines",
      "data: " PEM "\ndata: MIIB\ndata: AAAA\ndata: " PEND "\ndata: x\n\n",
      "data: [REDACTED:PRIVATE_KEY]\ndata: \ndata: \ndata: \ndata: x\n\n",
      NULL },
    { F, "form", "a=1&Pass%77ord=hunter2&e=a%40b.com&n=4111+1111+1111+1111"
      "&j=%7B%22ssn%22%3A%221%22%7D&ssn=",
      "a=1&Pass%77ord=%5BREDACTED%3AFIELD%5D&e=%5BREDACTED%3AEMAIL%5D"
      "&n=%5BREDACTED%3ACREDIT_CARD%5D"
      "&j=%7B%22ssn%22%3A%22%5BREDACTED%3AUS_SSN%5D%22%7D&ssn=", NULL },
    { T, "headers and queries in text",
      "GET /x?password=a&b=1\nAuthorization: Bearer abc\nSet-Cookie: a=b; c\n",
      "GET /x?password=[REDACTED:FIELD]&b=1\nAuthorization: "
      "[REDACTED:FIELD]\nSet-Cookie: [REDACTED:FIELD]\n", NULL },
    { T, "python repr", "{'password': 'x\\'y', 'a': 1}",
      "{'password': '[REDACTED:FIELD]', 'a': 1}", NULL },
    { T, "escapes in text", "x \\u0061@b.com y", "x [REDACTED:EMAIL] y",
      NULL },
    { T, "markup: an element",
      "a <password>hunter2</password> b <n:apiKey>x y</n:apiKey>",
      "a <password>[REDACTED:FIELD]</password> b <n:apiKey>[REDACTED:"
      "FIELD]</n:apiKey>", NULL },
    { T, "markup: with attributes, and empty ones",
      "<ssn type=\"x>y\">1</ssn><ssn a='b'>2</ssn ><password/>3<passw"
      "ord></password>4<password> \n</password>5",
      "<ssn type=\"x>y\">[REDACTED:US_SSN]</ssn><ssn a='b'>[REDACTED:US_SSN]</ssn ><p"
      "assword/>3<password></password>4<password> \n</password>5", NULL },
    { T, "markup: no element",
      "mysql -u <user> -p <password> [db]; a <password> is x; <b>pass"
      "word</b>",
      NULL, NULL },
    { T, "markup: other elements",
      "<passwords-of>x</passwords-of><p>y</p><br/><!-- <x> --><user>z"
      "</user>",
      NULL, NULL },
    { T, "markup: what is in it goes as a whole",
      "<secret><a>1</a><secret b=\"/\">2</secret><secret/>3<!--</secr"
      "et>--><![CDATA[</secret>]]></secret>4",
      "<secret>[REDACTED:FIELD]</secret>4", NULL },
    { T, "markup: an element by its attribute",
      "<entry key=\"db.password\">x</entry><string name = 'api_key' t"
      "=\"1\">y</string><a name=\"password\">z</a><Item Key=\"user\">"
      "u</Item>",
      "<entry key=\"db.password\">[REDACTED:FIELD]</entry><string nam"
      "e = 'api_key' t=\"1\">[REDACTED:FIELD]</string><a name=\"passw"
      "ord\">z</a><Item Key=\"user\">u</Item>", NULL },
    { T, "markup: an attribute by another",
      "<add key=\"Password\" value=\"x y\"/><input value='2' type=\"t"
      "ext\" name=\"ssn\"><p name=\"user\" value=\"3\"/>",
      "<add key=\"Password\" value=\"[REDACTED:FIELD]\"/><input value"
      "='[REDACTED:US_SSN]' type=\"text\" name=\"ssn\"><p name=\"user"
      "\" value=\"3\"/>", NULL },
    { T, "markup: attributes of their own",
      "<user password=\"x\" name=\"y\"/>",
      "<user password=\"[REDACTED:FIELD]\" name=\"y\"/>", NULL },
    { T, "markup: detectors in attributes and behind",
      "<password a=\"bob@x.com\">bob@x.com</password> 219-09-9999",
      "<password a=\"[REDACTED:EMAIL]\">[REDACTED:FIELD]</password> ["
      "REDACTED:US_SSN]", NULL },
    { T, "markup: the last four",
      "<iban>GB82 WEST 1234</iban><iban><a>GB82WEST5678</a></iban>",
      "<iban>**** **** 1234</iban><iban>[REDACTED:IBAN]</iban>", "{\"fields\":[\"iban\"],\"action\":\"last4\"}" },
    { T, "markup: null",
      "<iban>GB82</iban><add key=\"iban\" value=\"x\"/>",
      "<iban></iban><add key=\"iban\" value=\"\"/>", "{\"fields\":[\"iban\"],\"action\":\"null\"}" },
    { X, "markup: no end tag",
      "<a><password>hunter2<b>",
      "<a><password>[REDACTED:FIELD]", NULL },
    { X, "markup: JSON all the same",
      "{\"password\":\"x\"}",
      "{\"password\":\"[REDACTED:FIELD]\"}", NULL },
    { J, "markup in JSON",
      "{\"a\":\"<password>x</password><p>y</p>\",\"b\":\"<add key=\\"
      "\"secret\\\" value=\\\"z\\\" \\/>\",\"c\":\"<b>x<\\/b> a -> b"
      "\"}",
      "{\"a\":\"<password>[REDACTED:FIELD]</password><p>y</p>\",\"b\""
      ":\"<add key=\\\"secret\\\" value=\\\"[REDACTED:FIELD]\\\" \\/>"
      "\",\"c\":\"<b>x<\\/b> a -> b\"}", NULL },
    { S, "markup in an event",
      "data: <password>x</password>\n\n",
      "data: <password>[REDACTED:FIELD]</password>\n\n", NULL },
    { T, "parts of a form",
      "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
      "--b\r\ncontent-disposition: form-data; name=\"password\"\r\n\r"
      "\nhunter2\r\n-x\r\n--b\r\nContent-Disposition: Form-Data; name"
      "=secret; filename=\"s\"\r\nContent-Type: text/plain\r\n\r\nx\n"
      "y--\r\n--b\r\nContent-Disposition: form-data; name=\"cvv\"\r\n"
      "\r\n\r\n--b--\r\n",
      "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
      "--b\r\ncontent-disposition: form-data; name=\"password\"\r\n\r"
      "\n[REDACTED:FIELD]\r\n--b\r\nContent-Disposition: Form-Data; n"
      "ame=secret; filename=\"s\"\r\nContent-Type: text/plain\r\n\r\n"
      "[REDACTED:FIELD]\r\n--b\r\nContent-Disposition: form-data; nam"
      "e=\"cvv\"\r\n\r\n\r\n--b--\r\n", NULL },
    { T, "parts of a form: cut off, and headers that hold something",
      "form-data; name=\"ssn\"; filename=\"bob@x.com\"\n\n12\n--b\nfo"
      "rm-data; name=\"cvv\"\r\n\r\n7",
      "form-data; name=\"ssn\"[REDACTED:US_SSN]\n--b\nform-data; name"
      "=\"cvv\"\r\n\r\n[REDACTED:FIELD]", NULL },
    { Y, "lines of a configuration",
      "password: correct horse\n- api_key: x # y\nuser: bob\npwd = "
      "ab\nnote: my password: is\n'api key' : q\r\n\r\nz: 1",
      "password: [REDACTED:FIELD]\n- api_key: [REDACTED:FIELD]\nuse"
      "r: bob\npwd = [REDACTED:FIELD]\nnote: my password: is\n"
      "'api key' : [REDACTED:FIELD]\r\n\r\nz: 1", NULL },
    { Y, "configuration: quotes",
      "password: it's x\ncvv: 'it''s y' # c\npwd: \"a \\\" b\"\nssn: ''\n"
      "- passwd: '''q'''\nsecret: \"a\" b\ncookie: \"\"\nsecret: 'a\\'\nz: 1",
      "password: [REDACTED:FIELD]\ncvv: '[REDACTED:FIELD]' # c\n"
      "pwd: \"[REDACTED:FIELD]\"\nssn: ''\n- passwd: '[REDACTED:FIELD]'\n"
      "secret: \"[REDACTED:FIELD]\ncookie: \"\"\nsecret: '[REDACTED:FIELD]'\n"
      "z: 1", NULL },
    { Y, "configuration: what names hold",
      "secret:\n  a: \"b\"\n# c\n  - d\npassword:\nuser: bob\ncvv: # why\n"
      "\n  q\nx:\n pwd: |\n   x\n\n   y\n\n z: 1\n passwd:\n - a\n - b\n z: 1\n"
      "ssn:\n---\nsecret: a\n  b\n\n\nz: 1\n",
      "secret:\n  [REDACTED:FIELD]\npassword:\nuser: bob\ncvv: # why\n"
      "\n  [REDACTED:FIELD]\nx:\n pwd: [REDACTED:FIELD]\n\n z: 1\n passwd:\n"
      " [REDACTED:FIELD]\n z: 1\n"
      "ssn:\n---\nsecret: [REDACTED:FIELD]\n\n\nz: 1\n", NULL },
    { Y, "configuration: brackets",
      "secret: {a: b,\n  c: d}\npwd = [\n\"a\", # [\n \"b\"\n]\nz: 1\n"
      "cvv = [ # [\n1\n,2]\nz: 1",
      "secret: [REDACTED:FIELD]\npwd = [REDACTED:FIELD]\nz: 1\n"
      "cvv = [REDACTED:FIELD]\nz: 1", NULL },
    { Y, "configuration: three quotes",
      "secret = \"\"\"\na\"b\\\"\"\"\"\"\nz = 1\npwd = '''a''b\\'''\nz = 1\n"
      "cvv = \"\"\"\"\"\"\nz = 1\n",
      "secret = \"\"\"[REDACTED:FIELD]\"\"\"\nz = 1\n"
      "pwd = '''[REDACTED:FIELD]'''\nz = 1\n"
      "cvv = \"\"\"[REDACTED:FIELD]\"\"\"\nz = 1\n", NULL },
    { C, "a table", "id,ssn,note\r\n1,219099999,a\r\n2,,b\n"
      "3,\"x, \"\"y\"\"\nz\",c\n",
      "id,ssn,note\r\n1,[REDACTED:US_SSN],a\r\n2,,b\n"
      "3,\"[REDACTED:US_SSN]\",c\n", NULL },
    { C, "tables: the first and the last column, and nothing behind",
      "password,a,cvv\nhunter2,1,123\n\"\",2,\"\"\n,3,\nhorse,4,999",
      "password,a,cvv\n[REDACTED:FIELD],1,[REDACTED:FIELD]\n\"\",2,\"\"\n,3,\n"
      "[REDACTED:FIELD],4,[REDACTED:FIELD]", NULL },
    { C, "tables: separators",
      "a;db_password;c,d\n1;x,y;3\n", "a;db_password;c,d\n"
      "1;[REDACTED:FIELD];3\n", NULL },
    { C, "tables: tabs", "a\tAPI Key\n1\tx y,z\n\tq\n",
      "a\tAPI Key\n1\t[REDACTED:FIELD]\n\t[REDACTED:FIELD]\n", NULL },
    { C, "tables: bars", "a|secret|b\n1|x|2\r3|y|4\r",
      "a|secret|b\n1|[REDACTED:FIELD]|2\r3|[REDACTED:FIELD]|4\r", NULL },
    { C, "tables: sep=", "sep=;\r\na,b;ssn\r\n1,2;3\r\n",
      "sep=;\r\na,b;ssn\r\n1,2;[REDACTED:US_SSN]\r\n", NULL },
    { C, "tables: one column", "\xef\xbb\xbf\n\npassword\na,b\n\"c\"\n",
      "\xef\xbb\xbf\n\npassword\n[REDACTED:FIELD]\n\"[REDACTED:FIELD]\"\n",
      NULL },
    { C, "tables: names in quotes", "\"id, no\", \"Social Security\nNumber\" ,"
      "\"x\"\"password\"\n\"1,2\", \"3,4\" ,5\n",
      "\"id, no\", \"Social Security\nNumber\" ,\"x\"\"password\"\n"
      "\"1,2\", \"[REDACTED:US_SSN]\",[REDACTED:FIELD]\n", NULL },
    { C, "tables: a quote inside of a word is one",
      "a 5\" pipe,password\n6\" x,y \"z\n",
      "a 5\" pipe,password\n6\" x,[REDACTED:FIELD]\n", NULL },
    { C, "tables: what follows a closing quote goes too",
      "password,a\n\"x\"y,1\n\"x\" \"y,2\n",
      "password,a\n\"[REDACTED:FIELD]\",1\n\"[REDACTED:FIELD]\",2\n", NULL },
    { C, "tables: no closing quote", "a,password\n1,\"x\ny,z",
      "a,password\n1,\"[REDACTED:FIELD]", NULL },
    { C, "tables: detectors in all cells",
      "a@b.com,n\n\"x \"\"219-09-9999\"\" y\",4111 1111 1111 1111,"
      "\"jane.doe@example.com\"\n",
      "[REDACTED:EMAIL],n\n\"x \"\"[REDACTED:US_SSN]\"\" y\","
      "[REDACTED:CREDIT_CARD],\"[REDACTED:EMAIL]\"\n", NULL },
    { C, "tables: JSON in cells",
      "a,b\n\"{\"\"password\"\":\"\"x\"\",\"\"n\"\":\"\"\"\"}\",1\n"
      "\"[{\"\"ssn\"\":1,\"\"t\"\":\"\"a\\\"\"b@c.com\"\"}]\",2\n",
      "a,b\n\"{\"\"password\"\":\"\"[REDACTED:FIELD]\"\",\"\"n\"\":\"\"\"\"}\","
      "1\n\"[{\"\"ssn\"\":\"\"[REDACTED:US_SSN]\"\",\"\"t\"\":"
      "\"\"a\\\"\"[REDACTED:EMAIL]\"\"}]\",2\n", NULL },
    { C, "tables: JSON in cells, cut off, ends with its cell",
      "a,b\n\"{\"\"password\"\":\"\"x\",1\n\"{\"\"secret\"\":[1,2\",3\n",
      "a,b\n\"{\"\"password\"\":\"\"[REDACTED:FIELD]\"\"\",1\n"
      "\"{\"\"secret\"\":\"\"[REDACTED:FIELD]\"\"\",3\n", NULL },
    { C, "tables: JSON in a cell of tabs", "a\tb\n{\"password\":\"x\","
      "\"y\":\"\"}\t1\n",
      "a\tb\n{\"password\":\"[REDACTED:FIELD]\",\"y\":\"\"}\t1\n", NULL },
    { C, "tables: clean", "a,b\n\"x\",\"\"\n\"\"\"y\"\"\",1\n,,,\n\n\"", NULL,
      NULL },
    { C, "tables: no table, but JSON", " [{\"password\":\"x\"},\n\"a@b.com\"]",
      " [{\"password\":\"[REDACTED:FIELD]\"},\n\"[REDACTED:EMAIL]\"]", NULL },
    { C, "tables: the last four", "id,iban,x\n1,GB82WEST12345698765432,a\n"
      "2,\"GB82 \"\"WEST\"\" 5432\",b\n3,\"GB82-5678\",\"\"\n",
      "id,iban,x\n1,******************5432,a\n2,\"**** ****** 5432\",b\n"
      "3,\"****-5678\",\"\"\n",
      "{\"fields\":[\"iban\"],\"action\":\"last4\"}" },
    { C, "tables: what the text before a cell looks like is no matter",
      "ssn,{\"\n1,{\"\n2,\"a\": 41111\n3,x", "ssn,{\"\n[REDACTED:US_SSN],"
      "{\"\n[REDACTED:US_SSN],\"a\": 41111\n[REDACTED:US_SSN],x", NULL },
    { C, "tables: null", "id,iban\n1,GB82\n2,\"GB\"\"82\"x\n",
      "id,iban\n1,\n2,\"\"\n", "{\"fields\":[\"iban\"],\"action\":\"null\"}" },
    { C, "tables: a key in quotes", "a,b\n\"" PEM "\nMIIB\nQUJD\n" PEND
      "\",1\n", "a,b\n\"[REDACTED:PRIVATE_KEY]\",1\n", NULL },
    { T, "adjacent cells", "219-09-9999\t4111111111111111,a@b.com",
      "[REDACTED:US_SSN]\t[REDACTED:CREDIT_CARD],[REDACTED:EMAIL]", NULL },

    /* fields */

    { J, "names", "{\"dbPassword\":\"a\",\"customer_ssn\":\"b\",\"API-Key\":"
      "\"c\",\"access token\":\"d\",\"x.private_key\":\"e\",\"CVV\":1}",
      "{\"dbPassword\":\"[REDACTED:FIELD]\",\"customer_ssn\":"
      "\"[REDACTED:US_SSN]\",\"API-Key\":\"[REDACTED:FIELD]\","
      "\"access token\":\"[REDACTED:FIELD]\",\"x.private_key\":"
      "\"[REDACTED:PRIVATE_KEY]\",\"CVV\":\"[REDACTED:FIELD]\"}", NULL },
    { J, "null, true, empty stay", "{\"password\":null,\"ssn\":true,"
      "\"cvv\":\"\",\"secret\":[],\"apikey\":{}}", NULL, NULL },
    { J, "trees", "{\"secret\":{\"a\":[\"}\",\"\\\"]\"],\"b\":{}},\"c\":1}",
      "{\"secret\":\"[REDACTED:FIELD]\",\"c\":1}", NULL },
    { J, "paths", "{\"customer\":{\"email\":\"x\",\"a\":{\"email\":\"y\"}},"
      "\"items\":[{\"q\":1},{\"q\":{\"z\":2}}],\"d\":[[{\"cardNumber\":3}]],"
      "\"email\":\"z\"}",
      "{\"customer\":{\"email\":\"[REDACTED:FIELD]\",\"a\":{\"email\":\"y\"}},"
      "\"items\":[{\"q\":1},{\"q\":\"[REDACTED:FIELD]\"}],\"d\":[[{"
      "\"cardNumber\":\"[REDACTED:FIELD]\"}]],\"email\":\"z\"}",
      "{\"fields\":[\"/customer/email\",\"/items/1/*\",\"/**/card_number\"]}" },
    { J, "paths in documents one after the other",
      "{\"a\":{\"b\":1,\"c\":[1]}}\n{\"a\":{\"b\":2}}[]{\"a\":{\"b\":3}}",
      "{\"a\":{\"b\":\"[REDACTED:FIELD]\",\"c\":[1]}}\n{\"a\":{\"b\":"
      "\"[REDACTED:FIELD]\"}}[]{\"a\":{\"b\":\"[REDACTED:FIELD]\"}}",
      "{\"fields\":[\"/a/b\"]}" },
    { J, "paths in JSON in JSON", "{\"t\":\"{\\\"a\\\":{\\\"b\\\":1}}\"}",
      "{\"t\":\"{\\\"a\\\":{\\\"b\\\":\\\"[REDACTED:FIELD]\\\"}}\"}",
      "{\"fields\":[\"/a/b\"]}" },

    /* patterns */

    { J, "pattern",
      "[\"EMP-123456\",\"a EMP-123456.\",{\"EMP-123456\":\"\\u0045MP\\u00"
      "2d123456\"},\"{\\\"a\\\":\\\"EMP-123456\\\"}\"]",
      "[\"[REDACTED:EMPLOYEE_ID]\",\"a [REDACTED:EMPLOYEE_ID].\",{\"[REDA"
      "CTED:EMPLOYEE_ID]\":\"[REDACTED:EMPLOYEE_ID]\"},\"{\\\"a\\\":\\\"["
      "REDACTED:EMPLOYEE_ID]\\\"}\"]",
      "{\"patterns\": [{\"name\": \"EMPLOYEE_ID\", \"regex\": \"\\\\bEMP-"
      "[0-9]{6}\\\\b\", \"literal\": \"EMP-\", \"max\": 16}]}" },
    { J, "pattern that does not match",
      "[\"EMP-12345\",\"EMP-1234567\",\"XEMP-123456\",\"EMP\",\"E\",\"EMP"
      "-\",123456]",
      NULL,
      "{\"patterns\": [{\"name\": \"EMPLOYEE_ID\", \"regex\": \"\\\\bEMP-"
      "[0-9]{6}\\\\b\", \"literal\": \"EMP-\", \"max\": 16}]}" },
    { T, "pattern in text",
      "EMP-EMP-123456 EMP-123456",
      "EMP-[REDACTED:EMPLOYEE_ID] [REDACTED:EMPLOYEE_ID]",
      "{\"patterns\": [{\"name\": \"EMPLOYEE_ID\", \"regex\": \"\\\\bEMP-"
      "[0-9]{6}\\\\b\", \"literal\": \"EMP-\", \"max\": 16}]}" },
    { T, "pattern in text, folded",
      "EMP&#45;12345\357\274\226 x",
      "[REDACTED:EMPLOYEE_ID] x",
      "{\"patterns\": [{\"name\": \"EMPLOYEE_ID\", \"regex\": \"\\\\bEMP-"
      "[0-9]{6}\\\\b\", \"literal\": \"EMP-\", \"max\": 16}]}" },
    { F, "pattern in a form",
      "a=EMP%2D123456&EMP-123456=b+EMP-123456",
      "a=%5BREDACTED%3AEMPLOYEE_ID%5D&%5BREDACTED%3AEMPLOYEE_ID%5D=b+%5BR"
      "EDACTED%3AEMPLOYEE_ID%5D",
      "{\"patterns\": [{\"name\": \"EMPLOYEE_ID\", \"regex\": \"\\\\bEMP-"
      "[0-9]{6}\\\\b\", \"literal\": \"EMP-\", \"max\": 16}]}" },
    { S, "pattern in an event stream",
      "data: {\"a\":\"EMP-123456\"}\n\n: EMP-123456\n\n",
      "data: {\"a\":\"[REDACTED:EMPLOYEE_ID]\"}\n\n: [REDACTED:EMPLOYEE_I"
      "D]\n\n",
      "{\"patterns\": [{\"name\": \"EMPLOYEE_ID\", \"regex\": \"\\\\bEMP-"
      "[0-9]{6}\\\\b\", \"literal\": \"EMP-\", \"max\": 16}]}" },
    { T, "match that is longer than max",
      "a KEY-abcdefgh KEY-abcdefghi b",
      "a [REDACTED:KEY] [REDACTED:OVERLONG] b",
      "{\"patterns\": [{\"name\": \"KEY\", \"regex\": \"KEY-[a-z]+\", \"m"
      "ax\": 12}]}" },
    { J, "match that is much longer",
      "[\"KEY-abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghi"
      "jabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcde"
      "fghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghija"
      "bcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefg"
      "hijabcdefghijabcdefghijabcdefghijabcdefghij x\"]",
      "[\"[REDACTED:OVERLONG] x\"]",
      "{\"patterns\": [{\"name\": \"KEY\", \"regex\": \"KEY-[a-z]+\", \"m"
      "ax\": 12}]}" },
    { J, "pattern that is tried everywhere",
      "[\"xAB1234y\",\"ab1234\",{\"k\":\"AB12345\"}]",
      "[\"x[REDACTED:S]y\",\"ab1234\",{\"k\":\"[REDACTED:S]5\"}]",
      "{\"patterns\": [{\"name\": \"S\", \"regex\": \"[A-Z]{2}[0-9]{4}\","
      " \"scan\": true, \"max\": 6}]}" },
    { J, "pattern of numbers",
      "[771234,77123,{\"a\":-771234,\"b\":7712340}]",
      "[\"[REDACTED:N]\",77123,{\"a\":\"[REDACTED:N]\",\"b\":7712340}]",
      "{\"patterns\": [{\"name\": \"N\", \"regex\": \"\\\\b77[0-9]{4}\\\\"
      "b\", \"scan\": true}]}" },
    { J, "literal of digits",
      "[900123456,\"x 900123456\",9001]",
      "[\"[REDACTED:N]\",\"x [REDACTED:N]\",9001]",
      "{\"patterns\": [{\"name\": \"N\", \"regex\": \"900[0-9]{6}\"}]}" },
    { J, "name of a path that no colon follows, behind another",
      "[{\"ssn\"{\"c\"=x1y2z3", NULL,
      "{\"fields\":[\"ssn\",\"/**/c\"]}" },
    { T, "pattern within what a value is known by",
      "see postgres://app12:hunter2@db/app34, app5:x://app6@h",
      "see postgres://[REDACTED:URL_PASSWORD]@db/[REDACTED:APP], "
      "[REDACTED:APP]:x://[REDACTED:APP]@h",
      "{\"detect\":[\"default\"],\"patterns\":[{\"name\":\"APP\","
      "\"regex\":\"app[0-9]+\",\"max\":20}]}" },
    { J, "pattern that may begin in it",
      "[\"a://PQ:s3cr3t@\\u0000y\",\"PQ:s3cr3t@\\u0000y\"]",
      "[\"a://PQ:[REDACTED:URL_PASSWORD]@\\u0000y\",\"PQ:s3cr3t@\\u0000y\"]",
      "{\"detect\":[\"default\"],\"patterns\":[{\"name\":\"ANY\","
      "\"regex\":\"[A-Z]{2}[^a]{2,}z\\\\b\",\"scan\":true,\"max\":10}]}" },
    { J, "action of a pattern",
      "[\"EMP-123456 TAX-77\"]",
      "[\"***-**3456 [REDACTED:TAX]\"]",
      "{\"patterns\": [{\"name\": \"EMPLOYEE_ID\", \"regex\": \"\\\\bEMP-"
      "[0-9]{6}\\\\b\", \"literal\": \"EMP-\", \"max\": 16, \"action\": "
      "\"last4\"}, {\"name\": \"TAX\", \"regex\": \"TAX-[0-9]+\"}], \"act"
      "ion\": \"redact\"}" },
    { J, "pattern and null",
      "[900123456,\"a 900123456\"]",
      "[null,\"a [REDACTED:N]\"]",
      "{\"patterns\": [{\"name\": \"N\", \"regex\": \"900[0-9]{6}\"}], \""
      "action\": \"null\"}" },
    { J, "pattern that gives up",
      "[\"CAT-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "a b!\"]",
      "[\"[REDACTED:CAT]\"]",
      "{\"patterns\": [{\"name\": \"CAT\", \"regex\": \"CAT-(?:a+)+!\", "
      "\"max\": 100}]}" },
    { T, "lookarounds",
      "id=EMP-1 no=EMP-2 id=EMP-3! id=EMP-4",
      "id=[REDACTED:L] no=EMP-2 id=EMP-3! id=[REDACTED:L]",
      "{\"patterns\": [{\"name\": \"L\", \"regex\": \"(?<=id=)EMP-[0-9](?"
      "!!)\"}]}" },
    { T, "what is built in within a pattern",
      "x password=abcdefgh y",
      "x [REDACTED:FIELD] y",
      "{\"fields\": [\"password\"], \"patterns\": [{\"name\": \"P\", \"re"
      "gex\": \"password=[a-d]+\"}]}" },
    { T, "pattern within what is built in",
      "jane.EMP-123456@example.com EMP-123456",
      "[REDACTED:EMAIL] [REDACTED:EMPLOYEE_ID]",
      "{\"patterns\": [{\"name\": \"EMPLOYEE_ID\", \"regex\": \"\\\\bEMP-"
      "[0-9]{6}\\\\b\", \"literal\": \"EMP-\", \"max\": 16}], \"detect\":"
      " [\"email\"]}" },
    { T, "long token that begins within a pattern", "x Bearer "
      "eyJhbGciOiJIUzI1NiJ9.QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmN"
      "kZWZnaGlqa2xtbm9wcXJzdHV2d3h5egQUJDREVGR0hJSktMTU5PUFFSU1RVV"
      "ldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5egQUJDREVGR0hJSktMTU5"
      "PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5egQUJDREVGR"
      "0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5e"
      "gQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJ"
      "zdHV2d3h5egQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa"
      "2xtbm9wcXJzdHV2d3h5egQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmN"
      "kZWZnaGlqa2xtbm9wcXJzdHV2d3h5egQUJDREVGR0hJSktMTU5PUFFSU1RVV"
      "ldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5egQUJDREVGR0hJSktMTU5"
      "PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5eg"
      ".c2lnbmF0dXJl y", "x [REDACTED:B] y",
      "{\"detect\":[\"jwt\"],\"patterns\":[{\"name\":\"B\","
      "\"regex\":\"Bearer [a-zA-Z0-9]{5}\"}]}" },
    { T, "two patterns at one place",
      "EMP-1234567",
      "[REDACTED:A]67",
      "{\"patterns\": [{\"name\": \"A\", \"regex\": \"EMP-[0-9]{5}\"}, {"
      "\"name\": \"B\", \"regex\": \"EMP-[0-9]+\"}]}" },
    { T, "bytes that are no UTF-8", "\xff" "EMP-123456\xff EMP-12\xff" "3456",
      "\xff[REDACTED:EMPLOYEE_ID]\xff EMP-12\xff" "3456",
      "{\"patterns\": [{\"name\": \"EMPLOYEE_ID\", \"regex\": \"\\\\bEMP-"
      "[0-9]{6}\\\\b\", \"literal\": \"EMP-\", \"max\": 16}]}" },

    /* actions */

    { J, "last4", "{\"pan\":\"4111-1111-1111-1111\",\"n\":4111111111111111,"
      "\"s\":\"219-09-9999\",\"p\":\"short\",\"o\":{\"a\":1}}",
      "{\"pan\":\"****-****-****-1111\",\"n\":\"************1111\","
      "\"s\":\"***-**-9999\",\"p\":\"*****\",\"o\":\"[REDACTED:FIELD]\"}",
      "{\"detect\":[\"default\"],\"fields\":[\"p\",\"o\"],"
      "\"action\":\"last4\"}" },
    { J, "last4 decodes", "{\"p\":\"\\u0061bcdefg\\u0068i\\\"\"}",
      "{\"p\":\"*****fghi*\"}", "{\"fields\":[\"p\"],\"action\":\"last4\"}" },
    { J, "stars", "{\"pan\":\"4111-1111-1111-1111\",\"n\":4111111111111111,"
      "\"s\":\"a 219-09-9999, b\",\"p\":\"short\",\"o\":[\"a\"],\"e\":\"\"}",
      "{\"pan\":\"****-****-****-****\",\"n\":\"****************\","
      "\"s\":\"a ***-**-****, b\",\"p\":\"*****\",\"o\":\"[REDACTED:FIELD]\","
      "\"e\":\"\"}",
      "{\"detect\":[\"default\"],\"fields\":[\"p\",\"o\",\"e\"],"
      "\"action\":\"stars\"}" },
    { J, "stars for characters, not bytes", "{\"p\":\"Z\xc3\xbcrich "
      "\\u00e9\\n\\ud83d\\ude00-\\\"x\",\"q\":-12.5e+3,\"r\":7}",
      "{\"p\":\"****** ***-**\",\"q\":\"-**.**+*\",\"r\":\"*\"}",
      "{\"fields\":[\"p\",\"q\",\"r\"],\"action\":\"stars\"}" },
    { J, "stars for what is too long",
      "{\"p\":\"" "0123456789" "0123456789" "0123456789" "0123456789"
      "0123456789" "0123456789" "0123456789" "0123456789" "0123456789"
      "0123456789" "0123456789" "0123456789" "0123456789" "0123456789"
      "0123456789" "0123456789" "0123456789" "0123456789" "0123456789"
      "0123456789" "0123456789" "0123456789" "0123456789" "0123456789"
      "0123456789" "0123456789" "0123456789" "0123456789" "0123456789"
      "0123456789" "0123456789\"}",
      "{\"p\":\"[REDACTED:FIELD]\"}",
      "{\"fields\":[\"p\"],\"action\":\"stars\"}" },
    { F, "stars in forms", "p=a%20b%C3%A9%26&q=219-09-9999&r=1",
      "p=*%20***&q=***-**-****&r=1",
      "{\"detect\":[\"us_ssn\"],\"fields\":[\"p\"],\"action\":\"stars\"}" },
    { J, "null", "{\"p\":\"x\",\"q\":[{\"p\":{}},{\"p\":[1]}],\"n\":"
      "4111111111111111,\"s\":\"a 219-09-9999\"}",
      "{\"p\":null,\"q\":[{\"p\":{}},{\"p\":null}],\"n\":null,"
      "\"s\":\"a [REDACTED:US_SSN]\"}",
      "{\"detect\":[\"default\"],\"fields\":[\"p\"],\"action\":\"null\"}" },
    { J, "drop first", "{\"p\":1,\"a\":2}", "{\"a\":2}",
      "{\"fields\":[\"p\"],\"action\":\"drop\"}" },
    { J, "drop last", "{\"a\":2,\"p\":\"x\"}", "{\"a\":2}",
      "{\"fields\":[\"p\"],\"action\":\"drop\"}" },
    { J, "drop in the middle", "{\"a\":2 , \"p\" : [1,2] , \"b\":3}",
      "{\"a\":2   , \"b\":3}", "{\"fields\":[\"p\"],\"action\":\"drop\"}" },
    { J, "drop all", "{\"p\":null,\"p\":true,\"p\":{\"p\":1}}", "{}",
      "{\"fields\":[\"p\"],\"action\":\"drop\"}" },
    { J, "drop all but one", "{\"p\":1,\"p\":2,\"a\":3,\"p\":4,\"b\":5}",
      "{\"a\":3,\"b\":5}", "{\"fields\":[\"p\"],\"action\":\"drop\"}" },
    { J, "drop with a distant colon",
      "{\"p\"                :1,\"a\":2,\"p\"                 :3}",
      "{\"a\":2,\"p\"                 :null}",
      "{\"fields\":[\"p\"],\"action\":\"drop\"}" },
    { J, "drop by path, array items are null",
      "{\"a\":[1,2],\"p\":{\"q\":1,\"r\":2}}",
      "{\"a\":[null,null],\"p\":{\"r\":2}}",
      "{\"fields\":[\"/a/*\",\"/p/q\"],\"action\":\"drop\"}" },

    /* what must stay */

    { J, "uuids", "[\"41111111-1111-1111-1111-111111111111\","
      "\"550e8400-e29b-41d4-a716-446655440000\"]", NULL, NULL },
    { J, "epochs and snowflakes", "[1700000000000,\"1700000000000000\","
      "1234567890123456789,175928847299117063]", NULL, NULL },
    { J, "imei and iccid", "[\"490154203237518\",\"8944110068256270054\","
      "\"356938035643809\"]", NULL, NULL },
    { J, "fractions and coordinates", "[0.4539148803436467,"
      "\"0.4111111111111111\",-122.4194155]", NULL, NULL },
    { J, "no card: Luhn, length, issuer", "[\"4111111111111112\","
      "\"411111111111111\",\"9111111111111111\"]", NULL, NULL },
    { J, "no ssn: never issued", "[\"000-12-3456\",\"666-12-3456\","
      "\"900-12-3456\",\"219-00-9999\",\"219-09-0000\",\"219-09-99999\","
      "\"1219-09-9999\",\"219-09-9999-1\"]", NULL, NULL },
    { J, "nine digits alone", "[219099999,\"219099999\"]", NULL, NULL },
    { J, "zip+4, dates, chains", "[\"202-555-01477\",\"12345-6789\","
      "\"202-555-0147-1\",\"a-202-555-0147\",\"202-555.0147\","
      "\"202 555 0147\",\"102-555-0147\",\"/202-555-0147\","
      "\"2024-01-11T10:20:00Z\",\"2024-01-11T10:20:00+0530\"]", NULL, NULL },
    { T, "phone: groups that say so", "+1-102-911-0147x5 +41 (0)96 471 07 95 "
      "001-748-088-2851x8 751-954-9268-Office 166-684-7899x12 "
      "(044)688-7538x7 1-202-555-0147-Fax",
      "[REDACTED:PHONE]x5 [REDACTED:PHONE] "
      "001-[REDACTED:PHONE]x8 [REDACTED:PHONE]-Office [REDACTED:PHONE]x12 "
      "[REDACTED:PHONE]x7 1-[REDACTED:PHONE]-Fax", NULL },
    { T, "no phone: chains", "751-954-9268-12 202-555-0147-ab 166-684-7899 "
      "166-684-7899xa 2001-748-088-2851 202.555.0147.tar 44 (0)x",
      NULL, NULL },
    { J, "no phone: country, length, area, neighbours",
      "[\"+0 202 555 0147\",\"+1 202 555 014\",\"+1 1025 55 0147\","
      "\"+12029110147\",\"+1 202 555 01478\",\"++12025550147\","
      "\"x+12025550147\",\"+12025550147a\",\"+999 123 456 789\","
      "\"+1500000000\",\"+12345678\",\"+50000000\",\"+1   202 555 0147\","
      "\"(102) 555-0147\",\"(202) 5555-0147\",\"f(202) 555-0147\","
      "\"(2024) 555-0147\",\"(2024-01-11)\",\"ab/+12025550147/c==\"]",
      NULL, NULL },
    { J, "no iban: check digits, length, country, neighbours",
      "[\"GB82WEST12345698765433\",\"GB82WEST1234569876543\","
      "\"ZZ82WEST12345698765432\",\"GB82WEST123456987654321\","
      "\"XGB82WEST12345698765432\",\"gb82west12345698765432\","
      "\"GB82 WES T123 4569 8765 432\",\"GB82.WEST.1234.5698.7654.32\","
      "\"GB82\\tWEST\\t1234\\t5698\\t7654\\t32\",\"AB12-CD34-EF56-7890\","
      "\"1Z999AA10123456784\",\"01ARZ3NDEKTSV4RRFFQ69G5FAV\"]", NULL, NULL },
    { J, "no address", "[\"icon@2x.png\",\"@types/node@18.0.0\","
      "\"git@github.com:a/b.git\",\"a@b\",\"@handle\"]", NULL, NULL },
    { J, "hashes", "[\"d41d8cd98f00b204e9800998ecf8427e\",\"e3b0c44298fc1c149"
      "afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"]", NULL, NULL },
    { J, "cursors and public keys", "[\"eyJpZCI6MTIzfQ\","
      "\"pk_live_0123456789abcdef\",\"task_test_0123456789\","
      "\"eyJhIjoxfQ.eyJhIjoxfQ.abc\"]", NULL, NULL },
    { J, "names that are none", "{\"token_type\":\"bearer\",\"max_tokens\":5,"
      "\"prompt_tokens\":9,\"author\":\"x\",\"compass\":\"n\",\"keyboard\":"
      "\"k\",\"password_policy\":\"p\",\"primary_key\":\"id\","
      "\"reset_password\":\"/r\",\"classn\":\"q\",\"lesson\":1}", NULL, NULL },
    { J, "certificates", "[\"-----BEGIN CERTIFICATE-----\\nMII\\n"
      "-----END CERTIFICATE-----\",\"-----BEGIN PUBLIC KEY-----\"]", NULL,
      NULL },
    { J, "masked already", "{\"a\":\"[REDACTED:US_SSN]\"}", NULL, NULL },
    { J, "strange but valid", " [ 1e5 , -0.0, \"\\ud83d\\ude00\", {\"\":{}}, "
      "[], \"\\u2028\", 1E-2, \"{x\", \"[y\", \"{\\\"a\\\":\", true ] \n",
      NULL, NULL },
    { T, "prose", "The password is secret: ask. a == b, x=1; {\"} Cookies: 3",
      NULL, NULL },
    { F, "plain form", "a=1&b=2&&c&=d&x=%zz%4", NULL, NULL },
    { S, "plain events", "event: x\ndata: {\"a\":1}\ndata\n\n:\n\ndata: [DONE]"
      "\n\nretry: 5\r\n", NULL, NULL }
};

#define CASES  (sizeof(cases) / sizeof(cases[0]))


static int
test_text(hoop_mask_t *m, const char *text, unsigned flags, test_sink_t *s)
{
    return test_feed(m, (const u_char *) text, strlen(text), flags, s);
}


static void
test_whole(const char *in, const char *want, const hoop_str_t *lit,
    unsigned nlit, const char *name)
{
    uint32_t                counts[HOOP_DETECT_ALL];
    hoop_buf_t              out;
    const hoop_mask_set_t  *set;

    set = hoop_mask_set_default();
    hoop_buf_init(&out, 0);

    is_int(hoop_mask_whole(HOOP_MASK_JSON, &set, 1, lit, nlit, hoop_cstr(in),
                           &out, counts), HOOP_OK, name);
    is_mem(out.data, out.len, want, strlen(want), name);
    hoop_buf_free(&out);
}


static void
test_named(void)
{
    uint32_t                counts[HOOP_DETECT_ALL];
    hoop_buf_t              out;
    const hoop_mask_set_t  *set;

    set = hoop_mask_set_default();
    hoop_buf_init(&out, 0);

    is_int(hoop_mask_named(&set, 1, hoop_cstr("X-Auth-Token"), hoop_cstr("7"),
                           &out, counts), HOOP_OK, "a header by its name");
    is_mem(out.data, out.len, "[REDACTED:FIELD]", 16, "all of its value");
    is_int(counts[HOOP_DETECT_FIELD], 1, "and counted");
    is_int(hoop_mask_named(&set, 1, hoop_cstr("X-Author"), hoop_cstr("7"),
                           &out, counts), HOOP_DECLINED, "another header");
    is_int(out.len, 16, "is not touched");
    is_int(hoop_mask_named(NULL, 0, hoop_cstr("Password"), hoop_cstr("7"),
                           &out, counts), HOOP_DECLINED, "without a set");

    hoop_buf_free(&out);
}


static void
test_literals(void)
{
    char        longlit[1200], in[4000];
    size_t      i;
    hoop_str_t  lit[2];

    lit[0] = hoop_cstr("correct-horse-battery");

    test_whole("{\"a\":\"xcorrect-horse-batteryx\",\"b\":\"corr\\u0065ct-"
               "horse-battery\"}",
               "{\"a\":\"x[REDACTED:LITERAL]x\",\"b\":\"[REDACTED:LITERAL]\"}",
               lit, 1, "literal in JSON");
    test_whole("oops correct-horse-battery@b.com",
               "oops [REDACTED:LITERAL]@b.com", lit, 1, "literal in text");
    test_whole("[12345678901]", "[12345678901]", lit, 1, "no literal");

    lit[1] = hoop_cstr("12345678");
    test_whole("[12345678,\"a\"]", "[\"[REDACTED:LITERAL]\",\"a\"]", lit, 2,
               "literal number");

    for (i = 0; i < sizeof(longlit); i++) {
        longlit[i] = (char) ('a' + i * 7 % 26);
    }

    lit[0] = hoop_str(longlit, sizeof(longlit));
    (void) snprintf(in, sizeof(in), "[\"x %.*s y\",\"%.*s\"]",
                    (int) sizeof(longlit), longlit, 100, longlit);

    {
        char  want[400];

        (void) snprintf(want, sizeof(want),
                        "[\"x [REDACTED:LITERAL] y\",\"%.*s\"]", 100, longlit);
        test_whole(in, want, lit, 1, "a long literal");
    }
}


static void
test_hash(void)
{
    size_t                  len;
    char                   *a, *b;
    test_sink_t             s;
    hoop_mask_t            *m;
    const hoop_mask_set_t  *set;

    set = test_set("{\"detect\":[\"credit_card\"],\"fields\":[\"p\"],"
                   "\"action\":\"hash\"}");
    memset(&s, 0, sizeof(s));

    m = hoop_mask_create(HOOP_MASK_JSON, &set, 1, NULL, 0, 0);
    (void) hoop_mask_set_hash_key(m, hoop_cstr("key"));
    (void) test_text(m, "[\"4111 1111 1111 1111\",4111111111111111,"
                     "{\"p\":\"4111111111111111\"}]", HOOP_MASK_LAST, &s);
    hoop_mask_free(m);
    (void) hoop_buf_addc(&s.out, '\0');

    a = strstr((char *) s.out.data, "[HASH:CREDIT_CARD:");
    ok(a != NULL, "hash names its detector");
    b = a ? strstr(a + 1, "[HASH:CREDIT_CARD:") : NULL;
    len = sizeof("[HASH:CREDIT_CARD:012345678901234567890123]") - 1;
    ok(b && memcmp(a, b, len) == 0, "equal values have equal hashes");
    ok(strstr((char *) s.out.data, "[HASH:FIELD:") != NULL, "hash of a field");
    ok(strstr((char *) s.out.data, "1111") == NULL, "no value in it");

    hoop_buf_free(&s.out);
    test_set_free(set);
}


/* what is decided leaves with a flush; what may still match stays */

static void
test_flush(void)
{
    test_sink_t             s;
    hoop_mask_t            *m;
    const hoop_mask_set_t  *set;

    set = hoop_mask_set_default();
    memset(&s, 0, sizeof(s));

    m = hoop_mask_create(HOOP_MASK_SSE, &set, 1, NULL, 0, 0);
    (void) test_text(m, "data: {\"a\":\"hello\"}\n\n", HOOP_MASK_FLUSH, &s);
    is_int(s.out.len, 21, "an event leaves with its flush");
    (void) test_text(m, "data: {\"a\":\"219-09", HOOP_MASK_FLUSH, &s);
    is_int(s.out.len, 33, "half a number does not");
    (void) test_text(m, "-9999\"}\n\n", HOOP_MASK_FLUSH,
                     &s);
    is_mem(s.out.data + 33, s.out.len - 33, "[REDACTED:US_SSN]\"}\n\n", 21,
           "and leaves masked");
    hoop_mask_free(m);
    s.out.len = 0;

    m = hoop_mask_create(HOOP_MASK_TEXT, &set, 1, NULL, 0, 0);
    (void) test_text(m, "hello jane, ", 0, &s);
    is_int(s.out.len, 12, "text that cannot match is not held");
    (void) test_text(m, "jane", HOOP_MASK_FLUSH, &s);
    is_int(s.out.len, 12, "a name may become an address");
    (void) test_text(m, "", HOOP_MASK_LAST, &s);
    is_int(s.out.len, 16, "and does not at the end");

    hoop_mask_free(m);
    hoop_buf_free(&s.out);
}


/*
 * Bytes made by "unit" repeated, between head and tail, in chunks.  want NULL:
 * unchanged; any: whatever comes is the same for all chunks.
 */

static const char  any[] = "";


static void
test_big(hoop_mask_mode_e mode, const char *head, const char *unit,
    size_t total, const char *tail, const char *want, const char *name)
{
    int                     rc, good;
    size_t                  i, k, len, n, chunk;
    u_char                 *in;
    hoop_buf_t              first;
    test_sink_t             s;
    hoop_mask_t            *m;
    const hoop_mask_set_t  *set;

    static const size_t  chunks[] = { 1 << 24, 1, 4096, 7, 33000 };

    set = hoop_mask_set_default();
    hoop_buf_init(&first, 0);

    hoop_buf_init(&s.out, 0);
    (void) hoop_buf_adds(&s.out, head);

    for (n = strlen(unit); s.out.len < total; /* void */ ) {
        (void) hoop_buf_add(&s.out, unit, n);
    }

    (void) hoop_buf_adds(&s.out, tail);
    in = s.out.data;
    len = s.out.len;
    good = 1;

    for (k = 0; k < sizeof(chunks) / sizeof(chunks[0]); k++) {
        memset(&s, 0, sizeof(s));
        chunk = chunks[k];
        rc = HOOP_OK;

        m = hoop_mask_create(mode, &set, 1, NULL, 0, 8192);

        for (i = 0; i < len && rc == HOOP_OK; i += n) {
            n = (len - i < chunk) ? len - i : chunk;
            rc = test_feed(m, in + i, n, i + n == len ? HOOP_MASK_LAST : 0,
                           &s);
        }

        hoop_mask_free(m);

        if (k == 0) {
            first = s.out;

            if (rc != HOOP_OK
                || (want == NULL
                    && (s.out.len != len || memcmp(s.out.data, in, len) != 0))
                || (want != NULL && want != any
                    && !test_same(&s, want, strlen(want))))
            {
                good = 0;
                printf("# rc %d, %zu bytes: %.*s\n", rc, s.out.len,
                       s.out.len < 200 ? (int) s.out.len : 200, s.out.data);
            }

            continue;
        }

        if (rc != HOOP_OK
            || !test_same(&s, (const char *) first.data, first.len))
        {
            good = 0;
            printf("# chunks of %zu: rc %d, %zu bytes\n", chunk, rc,
                   s.out.len);
        }

        hoop_buf_free(&s.out);
    }

    ok(good, "%s", name);

    hoop_buf_free(&first);
    free(in);
}


/* as much as there can be: nested, in a table, and a token that goes on */

static void
test_memory(void)
{
    size_t            i, k, before, full;
    test_sink_t       s;
    hoop_mask_t      *m;

    const hoop_mask_set_t          *sets[2];
    static const hoop_mask_mode_e  modes[] = { J, S, T, C };

    sets[0] = test_set("{\"detect\":[\"default\"],\"fields\":[\"/a/b\"]}");
    sets[1] = test_set("{\"fields\":[\"/**/c\"]}");

    for (k = 0; k < sizeof(modes) / sizeof(modes[0]); k++) {
        memset(&s, 0, sizeof(s));

        m = hoop_mask_create(modes[k], sets, 2, NULL, 0, 0);
        before = hoop_mask_memory(m);

        if (modes[k] == S) {
            (void) test_text(m, "data: ", 0, &s);
        }

        for (i = 0; i < 500 && modes[k] != C; i++) {
            (void) test_text(m, "[", 0, &s);
        }

        (void) test_text(m, modes[k] == C ? "a,b\n\"" : "\"", 0, &s);
        (void) test_text(m, "\\u0065yJhbGciOiJSUzI1NiJ9.eyJz", 0, &s);

        for (i = 0; i < 11000; i += 10) {
            (void) test_text(m, "Ab9dAb9dAb", HOOP_MASK_FLUSH, &s);
        }

        ok(s.out.len < 600, "undecided: %zu bytes are out", s.out.len);

        full = hoop_mask_memory(m);
        ok(before <= 8 * 1024 && full >= before + 11000
           && full <= 2 * HOOP_MASK_HOLD + 20 * 1024,
           "%zu bytes at first, then %zu", before, full);

        hoop_mask_free(m);
        hoop_buf_free(&s.out);
    }

    test_set_free(sets[0]);
    test_set_free(sets[1]);
}


static void
test_limits(void)
{
    test_big(J, "[\"", "abc def ", 300000, "\"]", NULL, "a long string");
    test_big(J, "[\"", "\\u0061bc ", 200000, "\"]", NULL,
             "a long string of escapes");
    test_big(J, "[\"", "abcdefgh", 100000, "@b.com\"]", any,
             "a long word");
    test_big(J, "{\"password\":\"", "x\\\"", 100000, "\"}",
             "{\"password\":\"[REDACTED:FIELD]\"}", "a long masked string");
    test_big(J, "{\"password\":", "[", 100000, "", "{\"password\":"
             "\"[REDACTED:FIELD]\"", "a bomb under a masked name");
    test_big(J, "", "[", 60000, "", NULL, "a depth bomb");
    test_big(J, "[", "1", 60000, ",2]", "[\"[REDACTED:OVERLONG]\",2]",
             "a number without end");
    test_big(J, "[\"eyJhbGciOiJIUzI1NiJ9.", "abcd", 20000, ".x y\"]",
             "[\"[REDACTED:OVERLONG] y\"]", "a token longer than the hold");
    test_big(J, "[\"eyJhbGciOiJIUzI1NiJ9.", "abcd", 4000, ".x y\"]",
             "[\"[REDACTED:JWT] y\"]", "a long token");
    test_big(J, "[\"" PEM "\\n", "QUJD\\n", 40000, PEND " y\"]",
             "[\"[REDACTED:PRIVATE_KEY] y\"]", "a key longer than the hold");
    test_big(T, "k " PEM "\n", "MIIJKQIBAAKCAgEAq1Z3k9dXb0hWn3/Rr+3yFzv8sQ"
             "wq7m1ZbYk5cT2dLw0Uo6aP\n", 3300, PEND " y", "k [REDACTED:"
             "PRIVATE_KEY] y", "a key of 4096 bits");
    test_big(J, "[\"ghp_", "abcd", 40000, " y\"]",
             "[\"[REDACTED:GITHUB_TOKEN] y\"]", "an endless run");
    test_big(J, "{\"", "k", 40000, "password\":\"x\"}", any,
             "a long name");
    test_big(J, "", " ", 40000, "{\"ssn\":1}", any, "spaces");
    test_big(J, "[\"{\\\"a\\\":\\\"",
             "\\u005c\\u0075\\u0030\\u0030\\u0036\\u0031", 40000,
             "@b.com\\\"}\"]", any, "escaped escapes");
    test_big(S, "data: ", "{\"a\":\"x\"} ", 40000, "\n\n", NULL,
             "a long line");
    test_big(F, "a=", "%41", 40000, "&b=1", NULL, "a long form field");
    test_big(C, "a,b\n\"", "x\"\"y ", 40000, "\",1\n", NULL, "a long cell");
    test_big(C, "a,b\n", "\"", 40000, "\n", any, "quotes in a table");
    test_big(C, "a,ssn\n1,\"", "x\"\",\n", 40000, "\"\n2,", "a,ssn\n1,"
             "\"[REDACTED:US_SSN]\"\n2,", "a long masked cell");
    test_big(C, "", "a,b ", 200000, "\n\"219-09-9999\"\n", any,
             "a long header line");
    test_big(C, "ssn", ",a", 2000, "\n1,2\n", any, "many columns");
    test_big(C, "a,b\n", "\"\\u0061\\u0040\",\"\"", 40000, "\n", NULL,
             "escapes in a table");
    test_big(T, "", "eyJ4", 60000, " x", NULL, "eyJ without end");
    test_big(T, "", "<a ", 60000, " x", NULL, "< without end");
    test_big(T, "<secret>", "<secret>", 20000, "</secret>", NULL,
             "elements in one another");
    test_big(X, "<secret>", "<secret>", 20000, "</secret>",
             "<secret>[REDACTED:FIELD]", "elements in one another, in XML");
    test_big(X, "<secret>", "</secre", 20000, "</secret>x",
             "<secret>[REDACTED:FIELD]</secret>x", "end tags that are none");
    test_big(T, "form-data; name=secret\n\n", "\r\n-", 40000, "\n--x\n",
             "form-data; name=secret\n\n[REDACTED:FIELD]\n--x\n",
             "a part without end");
    test_big(T, "", "a@", 60000, " x", NULL, "@ without end");
    test_big(T, "", "4111-", 60000, " x", NULL, "digits without end");
    test_big(T, "", "{\"", 60000, " x", NULL, "quotes without end");
}


static void
test_errors(void)
{
    char                   *where;
    json_t                 *v;
    size_t                  i;
    test_sink_t             s;
    hoop_mask_t            *m;
    hoop_error_t            err;
    const u_char           *p;
    hoop_mask_set_t        *set;
    const hoop_mask_set_t  *def;

    static const struct {
        const char  *conf;
        const char  *where;
    } bad[] = {
        { "[]", "/m" },
        { "{\"detect\":1}", "/m/detect" },
        { "{\"detect\":[\"us_ssn\",\"nope\"]}", "/m/detect/1" },
        { "{\"detect\":[5]}", "/m/detect/0" },
        { "{\"fields\":{}}", "/m/fields" },
        { "{\"fields\":[\"\"]}", "/m/fields/0" },
        { "{\"fields\":[\"a\",\"*_token\"]}", "/m/fields/1" },
        { "{\"fields\":[\"/\"]}", "/m/fields/0" },
        { "{\"fields\":[\"/a/**\"]}", "/m/fields/0" },
        { "{\"action\":\"burn\"}", "/m/action" },
        { "{\"alow\":[]}", "/m/alow" },
        { "{\"patterns\": {}}",
          "/m/patterns" },
        { "{\"patterns\": [5]}",
          "/m/patterns/0" },
        { "{\"patterns\": [{\"name\": \"a\", \"regex\": \"abc\"}]}",
          "/m/patterns/0/name" },
        { "{\"patterns\": [{\"name\": \"US_SSN\", \"regex\": \"abc\"}]}",
          "/m/patterns/0/name" },
        { "{\"patterns\": [{\"name\": \"OVERLONG\", \"regex\": \"abc\"}]}",
          "/m/patterns/0/name" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"abc\"}, {\"name\": "
          "\"A\", \"regex\": \"abc\"}]}",
          "/m/patterns/1/name" },
        { "{\"patterns\": [{\"name\": \"A\"}]}",
          "/m/patterns/0/regex" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"abc(\"}]}",
          "/m/patterns/0/regex" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"ab\"}]}",
          "/m/patterns/0/regex" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"abc|def\"}]}",
          "/m/patterns/0/regex" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"(?i)abcdef\"}]}",
          "/m/patterns/0/regex" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"abc?d\"}]}",
          "/m/patterns/0/regex" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"[]|]abc|def\"}]}",
          "/m/patterns/0/regex" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"abcd[]|x]|def\"}]}",
          "/m/patterns/0/regex" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"(?:abcd)?\", \"scan"
          "\": true}]}",
          "/m/patterns/0/regex" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"abcd{30}\", \"max\""
          ": 20}]}",
          "/m/patterns/0/regex" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"(?<=.{17})abcd\"}]}",
          "/m/patterns/0/regex" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"abcd\", \"max\": 25"
          "7}]}",
          "/m/patterns/0/max" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"abcd\", \"max\": \""
          "9\"}]}",
          "/m/patterns/0/max" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"abcd\", \"literal\""
          ": \"bcd\"}]}",
          "/m/patterns/0/literal" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"abcd\", \"literal\""
          ": \"abcdef\"}]}",
          "/m/patterns/0/literal" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"abcd\", \"literal\""
          ": \"abc\", \"scan\": true}]}",
          "/m/patterns/0/literal" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"abcd\", \"scan\": 1"
          "}]}",
          "/m/patterns/0/scan" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"abcd\", \"action\":"
          " \"burn\"}]}",
          "/m/patterns/0/action" },
        { "{\"patterns\": [{\"name\": \"A\", \"regex\": \"abcd\", \"litreal\""
          ": \"abc\"}]}",
          "/m/patterns/0" }
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        v = json_loads(bad[i].conf, 0, NULL);
        where = NULL;
        set = hoop_mask_set_compile(v, "/m", &where, &err);
        ok(set == NULL && where && strcmp(where, bad[i].where) == 0
           && err.text[0], "refused: %s (%s)", bad[i].conf, err.text);
        free(where);
        json_decref(v);
        hoop_mask_set_free(set);
    }

    def = hoop_mask_set_default();
    memset(&s, 0, sizeof(s));
    s.fail = 1;

    m = hoop_mask_create(HOOP_MASK_JSON, &def, 1, NULL, 0, 0);
    p = (const u_char *) "[1]";
    is_int(hoop_mask_feed(m, &p, p + 3, 0, test_sink, &s), HOOP_ERROR,
           "a sink that fails");
    s.fail = 0;
    is_int(hoop_mask_feed(m, &p, p, HOOP_MASK_LAST, test_sink, &s),
           HOOP_ERROR, "is not asked again");
    hoop_mask_free(m);

    ok(hoop_mask_create(HOOP_MASK_BINARY, &def, 1, NULL, 0, 0) == NULL,
       "no masker for what is no text");
    hoop_mask_free(NULL);
    hoop_mask_set_free(NULL);
}


static void
test_modes(void)
{
    size_t  i;

    static const struct {
        const char        *type;
        hoop_mask_mode_e   mode;
    } types[] = {
        { "", T }, { "text/plain", T }, { "garbage", T },
        { "application/json", J }, { " Application/JSON ; charset=UTF-8", J },
        { "application/problem+json", J }, { "application/x-ndjson", J },
        { "text/event-stream; charset=\"utf-8\"", S },
        { "application/x-www-form-urlencoded", F },
        { "text/html; charset=ISO-8859-1", X }, { "image/svg+xml", X },
        { "text/xml", X }, { "application/soap+xml; action=a", X },
        { "text/xml; charset=utf-16", HOOP_MASK_REFUSE },
        { "Application/YAML", Y }, { "application/openapi+yaml", Y },
        { "application/toml", Y }, { "text/markdown", T },
        { "image/png", HOOP_MASK_BINARY },
        { "application/octet-stream", HOOP_MASK_BINARY },
        { "application/json; charset=utf-16", HOOP_MASK_REFUSE },
        { "text/plain;a=b;CHARSET=\"UTF-\\32\"", HOOP_MASK_REFUSE },
        { "text/plain; charset=utf-7", HOOP_MASK_REFUSE },
        { "text/plain; charset=utf-8; charset=utf-16", HOOP_MASK_REFUSE },
        { "text/plain; charset", T }, { "text/plain; charset=", T },
        { "multipart/form-data; boundary=x", T },
        { "text/csv; header=present", C }, { "Text/Tab-Separated-Values", C },
        { "text/csv; charset=utf-8; Header=\"Absent\"", T },
        { "text/csv; charset=utf-16; header=absent", HOOP_MASK_REFUSE }
    };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        is_int(hoop_mask_mode(hoop_cstr(types[i].type)), types[i].mode,
               types[i].type);
    }
}


int
main(void)
{
    size_t  i;

    test_modes();

    for (i = 0; i < CASES; i++) {
        test_case(&cases[i]);
    }

    test_named();
    test_literals();
    test_hash();
    test_flush();
    test_limits();
    test_memory();
    test_errors();

    return done_testing();
}
