# Copyright (C) ngx_hoop_module authors
#
# JSON answers: judged by fields and by detectors on what strings mean, valid
# JSON again when masked, and the same bytes when nothing matches.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Replay;
use Hoop::Spool;

our $upstream = Hoop::Replay->install;

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: fields of the default set, in any spelling
--- type: application/json
--- cases
{"ssn":"078-05-1121"}
-> {"ssn":"[REDACTED:US_SSN]"}
{"ssn":"anything at all"}
-> {"ssn":"[REDACTED:US_SSN]"}
{"customerSsn":"x","customer_ssn":"y","CUSTOMER-SSN":"z"}
-> {"customerSsn":"[REDACTED:US_SSN]","customer_ssn":"[REDACTED:US_SSN]","CUSTOMER-SSN":"[REDACTED:US_SSN]"}
{"password":"hunter2","db_password":"h","passWord":"h"}
-> {"password":"[REDACTED:FIELD]","db_password":"[REDACTED:FIELD]","passWord":"[REDACTED:FIELD]"}
{"cardNumber":"n/a","card_number":1}
-> {"cardNumber":"[REDACTED:CREDIT_CARD]","card_number":"[REDACTED:CREDIT_CARD]"}
{ "a" : [ { "api_key" : "k" , "b" : 1 } ] }
-> { "a" : [ { "api_key" : "[REDACTED:FIELD]" , "b" : 1 } ] }
{"token_type":"bearer","prompt_tokens":17,"passwordPolicy":"strict","lesson":"x","author":"y"}
->



=== TEST 2: detectors in strings
--- type: application/json
--- cases
{"note":"her number is 078-05-1121, call"}
-> {"note":"her number is [REDACTED:US_SSN], call"}
{"note":"4111 1111 1111 1111"}
-> {"note":"[REDACTED:CREDIT_CARD]"}
{"note":"4111-1111-1111-1111 and 5500005555555559"}
-> {"note":"[REDACTED:CREDIT_CARD] and [REDACTED:CREDIT_CARD]"}
{"id":"AKIAQ3EGSTXR7P2LDWVN"}
-> {"id":"[REDACTED:AWS_KEY]"}
["a","078-05-1121","b"]
-> ["a","[REDACTED:US_SSN]","b"]
"078-05-1121"
-> "[REDACTED:US_SSN]"
{"078-05-1121":1}
-> {"[REDACTED:US_SSN]":1}



=== TEST 3: no secrets: the same bytes
--- type: application/json
--- cases
{"id":"550e8400-e29b-41d4-a716-446655440000","at":1769860800123}
->
{"card":"4111 1111 1111 1112","imei":"490154203237518"}
->
{"ssn-like":"000-12-3456","other":"666-12-3456","third":"912-12-3456"}
->
{ "odd" :  [ 1 , 2.50 , -0.0e+10,true , null ] , "s":"\u00e9\/\t\"\\" }  
->
{"lat":-37.4539148803436467,"zip":"12345-6789","v":"10.0.19041.1"}
->
{"a":{"a":{"a":[[[[]]]]}},"a":1}
->
[]
->
0
->



=== TEST 4: escapes
--- type: application/json
--- cases
{"n":"\u0030\u0037\u0038-05-1121"}
-> {"n":"[REDACTED:US_SSN]"}
{"n":"078\u002d05\u002D1121"}
-> {"n":"[REDACTED:US_SSN]"}
{"n":"07\u00388-05-1121"}
->
{"s\u0073n":"x","\u0073\u0073\u006e":"y"}
-> {"s\u0073n":"[REDACTED:US_SSN]","\u0073\u0073\u006e":"[REDACTED:US_SSN]"}
{"n":"a\n078-05-1121"}
-> {"n":"a\n[REDACTED:US_SSN]"}
{"n":"\tAKIAQ3EGSTXR7P2LDWVN\r\n"}
-> {"n":"\t[REDACTED:AWS_KEY]\r\n"}
{"ssn":"a\"b\\\"c","d":"078-05-1121\\"}
-> {"ssn":"[REDACTED:US_SSN]","d":"[REDACTED:US_SSN]\\"}
{"p\u0061ssword\"":"1","pass\/word":"2"}
-> {"p\u0061ssword\"":"1","pass\/word":"2"}
{"n":"\u0034111\u00201111 1111 111\u0031"}
-> {"n":"[REDACTED:CREDIT_CARD]"}



=== TEST 5: numbers and other values
--- type: application/json
--- cases
{"ssn":78051121,"b":1}
-> {"ssn":"[REDACTED:US_SSN]","b":1}
{"cvv":123}
-> {"cvv":"[REDACTED:FIELD]"}
{"pay":4111111111111111}
-> {"pay":"[REDACTED:CREDIT_CARD]"}
[4111111111111111,4111111111111112]
-> ["[REDACTED:CREDIT_CARD]",4111111111111112]
{"x":0.4111111111111111,"y":1e16}
->
{"ssn":null,"password":true,"secret":false,"cookie":""}
->
{"ssn":-1.5e3}
-> {"ssn":"[REDACTED:US_SSN]"}



=== TEST 6: arrays and objects under a masked name
--- type: application/json
--- cases
{"password":["a",1,null,{"x":"y"}],"b":1}
-> {"password":"[REDACTED:FIELD]","b":1}
{"secret":{"a":{"b":["}","]"]}},"c":"d"}
-> {"secret":"[REDACTED:FIELD]","c":"d"}
{"secret":[],"cookie":{}}
->



=== TEST 7: JSON in strings, to three levels
--- type: application/json
--- cases
{"body":"{\"ssn\":\"x\",\"b\":1}"}
-> {"body":"{\"ssn\":\"[REDACTED:US_SSN]\",\"b\":1}"}
{"body":"{\"n\":\"\\u0030\\u003778-05-1121\"}"}
->
{"body":"{\"n\":\"\\u003078-05-1121\"}"}
-> {"body":"{\"n\":\"[REDACTED:US_SSN]\"}"}
{"content":[{"type":"text","text":"{\"a\":\"{\\\"password\\\":\\\"p\\\"}\"}"}]}
-> {"content":[{"type":"text","text":"{\"a\":\"{\\\"password\\\":\\\"[REDACTED:FIELD]\\\"}\"}"}]}
{"t":"[{\"cvv\": 123}]"}
-> {"t":"[{\"cvv\": \"[REDACTED:FIELD]\"}]"}
{"t":"{\"a\":1","u":"{x}"}
->



=== TEST 8: several documents
--- type: application/x-ndjson
--- cases eval
[["{\"ssn\":\"a\"}\n{\"b\":1}\n\n{\"password\":\"c\"}\n"
  => "{\"ssn\":\"[REDACTED:US_SSN]\"}\n{\"b\":1}\n\n"
     . "{\"password\":\"[REDACTED:FIELD]\"}\n"],
 ["{\"ssn\":\"a\"}{\"ssn\":\"b\"} 1 \"078-05-1121\""
  => "{\"ssn\":\"[REDACTED:US_SSN]\"}{\"ssn\":\"[REDACTED:US_SSN]\"}"
     . " 1 \"[REDACTED:US_SSN]\""],
 ["{\"a\":1}\r\n{\"a\":2}\r\n" => undef]]



=== TEST 9: types of JSON, and JSON by the name of text
--- answers eval
[(map { { type => $_, body => '{"cvv":"1"}' } }
     'Application/JSON; charset=utf-8', 'application/problem+json',
     'application/vnd.api+json;v=1', 'text/json', 'text/plain', 'text/html',
     ''),
 { type => 'application/json-seq', body => "\x1e{\"cvv\":\"1\"}\n" }]
--- response_body eval
[('{"cvv":"[REDACTED:FIELD]"}') x 7, "\x1e{\"cvv\":\"[REDACTED:FIELD]\"}\n"]



=== TEST 10: what is no JSON, though it says so, is judged as text
--- answers eval
[map { { type => 'application/json', body => $_ } }
 '{"a":1,,"n":"078-05-1121"}', '{"ssn":"078-05-1121', 'oops 078-05-1121',
 ")]}',\n{\"n\":\"078-05-1121\"}", "cb({\"n\":\"078-05-1121\"});",
 "\xef\xbb\xbf{\"ssn\":\"x\"}", "{'password': 'x', 'n': '078-05-1121'}",
 "{\"a\":\"\xff\xfe\x01\",\"n\":\"078-05-1121\"}"]
--- error_code eval
[(200) x 8]
--- response_body_unlike eval
[('078-05|"x"') x 8]



=== TEST 11: deep nesting
--- answers eval
[map { { type => 'application/json',
         body => ('{"a":[' x $_) . '{"n":"078-05-1121","password":"hunter2"}'
                 . (']}' x $_) } } 100, 255, 256, 300, 2000]
--- response_body_unlike eval
[('078-05|hunter2') x 5]



=== TEST 12: sets of the policy: fields, paths, no detectors
--- location
hoop_mask hr;
--- masks
"hr": { "fields": ["salary", "/employee/**/note", "/list/*/x", "/top"] }
--- type: application/json
--- cases
{"salary":5,"baseSalary":"6","base_salary":7,"salaryBand":"A"}
-> {"salary":"[REDACTED:FIELD]","baseSalary":"[REDACTED:FIELD]","base_salary":"[REDACTED:FIELD]","salaryBand":"A"}
{"employee":{"note":"a","b":{"c":[{"note":"d"}]}},"note":"e"}
-> {"employee":{"note":"[REDACTED:FIELD]","b":{"c":[{"note":"[REDACTED:FIELD]"}]}},"note":"e"}
{"list":[{"x":1,"y":2},{"x":3}],"x":4}
-> {"list":[{"x":"[REDACTED:FIELD]","y":2},{"x":"[REDACTED:FIELD]"}],"x":4}
{"top":"a","sub":{"top":"b"}}
-> {"top":"[REDACTED:FIELD]","sub":{"top":"b"}}
{"ssn":"078-05-1121","password":"p"}
->



=== TEST 13: actions
--- location
hoop_mask four gone nil own;
--- masks
"four": { "detect": ["us_ssn", "credit_card"], "fields": ["pan"], "action": "last4" },
"gone": { "fields": ["inner"], "action": "drop" },
"nil": { "fields": ["salary"], "action": "null" },
"own": { "patterns": [{ "name": "EMPLOYEE_ID", "regex": "\\bEMP-[0-9]{6}\\b" }], "action": "stars" }
--- type: application/json
--- cases
{"n":"078-05-1121","pan":"4111111111111111"}
-> {"n":"***-**-1121","pan":"************1111"}
{"by":"EMP-123456, EMP-1","to":"\u0045MP-654321"}
-> {"by":"***-******, EMP-1","to":"***-******"}
{"salary":5,"b":{"salary":"x"}}
-> {"salary":null,"b":{"salary":null}}
{"inner":1}
-> {}
{"inner":1,"b":2}
-> {"b":2}
{"a":1,"inner":{"x":[1,2]}}
-> {"a":1}
{"a":1,"inner":"x","b":2}
-> {"a":1,"b":2}
{"inner":1,"inner":2}
-> {}
[{"inner":1},{"a":1,"inner":2}]
-> [{},{"a":1}]



=== TEST 14: equal values have equal hashes
--- location
hoop_mask h;
--- masks
"h": { "detect": ["us_ssn"], "action": "hash" }
--- answers eval
[{ type => 'application/json',
   body => '["078-05-1121","a","078-05-1121","219-09-9998"]' }]
--- response_body_like: ^\["(\[HASH:US_SSN:\w{16,}\])","a","\1","(?!\1)[^"]+"\]$



=== TEST 15: the rule's sets take precedence; [] is none
--- location
hoop_mask default;
--- rule
"mask": []
--- type: application/json
--- cases
{"ssn":"078-05-1121"}
->
--- events
{"type":"response","status":200,"bytes":21}



=== TEST 16: hoop_mask off
--- location
hoop_mask off;
--- type: application/json
--- cases
{"ssn":"078-05-1121"}
->



=== TEST 17: what was masked is counted in the event and in $hoop_masked
--- location
access_log $TEST_NGINX_SERVER_ROOT/logs/access.log hoop;
--- http_config
log_format hoop "masked=$hoop_masked;";
large_client_header_buffers 4 512k;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
--- answers eval
[{ type => 'application/json',
   body => '{"n":["078-05-1121","078-05-1121"],"password":"x",'
           . '"c":"4111111111111111","d":"{\"cvv\":1}"}' }]
--- response_body_like: REDACTED
--- access_log
masked=5;
--- events
{"type":"request","uri":"/p/x"}
{"type":"decision","decision":"allow"}
{"type":"response","status":200,"masked":{"us_ssn":2,"field":2,"credit_card":1}}
--- no_event_text
078-05



=== TEST 18: an object of a thousand members, half of them masked
--- answers eval
[{ type => 'application/json', framing => 'chunked',
   body => '{' . CORE::join(',', map { "\"k$_\":$_,\"ssn\":\"$_\"" } 1 .. 1000)
           . '}' }]
--- response_body eval
'{' . CORE::join(',', map { "\"k$_\":$_,\"ssn\":\"[REDACTED:US_SSN]\"" } 1 .. 1000)
. '}'
--- events
{"type":"response","masked":{"us_ssn":1000}}



=== TEST 19: what a pattern has masked is counted by its name
--- location
hoop_mask own default;
--- masks
"own": { "patterns": [{ "name": "EMPLOYEE_ID", "regex": "\\bEMP-[0-9]{6}\\b" },
                      { "name": "CASE", "regex": "CASE-[0-9]{2}" }] }
--- answers eval
[{ type => 'application/json', framing => 'chunked',
   body => '["EMP-123456, EMP-1","CASE-17 of EMP-654321 078-05-1121"]' }]
--- response_body chop
["[REDACTED:EMPLOYEE_ID], EMP-1","[REDACTED:CASE] of [REDACTED:EMPLOYEE_ID] [REDACTED:US_SSN]"]
--- events
{"type":"response","masked":{"employee_id":2,"case":1,"us_ssn":1}}
--- no_event_text
EMP-123456
CASE-17
