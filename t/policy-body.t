# Copyright (C) ngx_hoop_module authors
#
# Rules about the body: it is judged as the target will read it, or not let
# through at all; it reaches the target byte for byte; and it is read only
# where a rule could still look at it.

# many short requests: what a log line may take to be there
BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.005 }

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Reached;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => {
    '/*'     => "reached\n",
    '/v1/to' => { headers => ['X-Accel-Redirect', '@pay'] },
});

our $json = "Content-Type: application/json\n" . bearer() . "\n";

# a JSON text of so many bytes with this amount
sub sized {
    my ($size, $amount) = @_;

    my $text = qq({"amount":$amount,"pad":"");
    my $end = '}';

    return substr($text, 0, -1) . 'x' x ($size - length("$text$end"))
           . "\"$end";
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', <<'END' . ($block->http_config // ''));
server_tokens off;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
upstream up { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
END

    $block->set_value('config', <<'END') if !defined $block->config;
location /v1/ { hoop on; proxy_pass http://up; }
END

    # /v1/pay: up to 500; /v1/sql: no drop; /v1/none: no rule about a body
    $block->set_value('user_files', <<'END' . ($block->user_files // ''));
>>> policy.json
{ "version": 1, "name": "body", "rules": [
    { "id": "pay", "effect": "allow",
      "match": { "request": { "path": "/v1/pay" },
                 "body": { "/amount": { "lte": 500 } } } },
    { "id": "no-drop", "effect": "deny", "reason": "no drop",
      "match": { "request": { "path": "/v1/sql" },
                 "body": { "/query": { "regex": "(?i)\\bdrop\\b" } } } },
    { "id": "sql", "effect": "allow",
      "match": { "request": { "path": "/v1/sql" } } },
    { "id": "deep", "effect": "allow",
      "match": { "request": { "path": "/v1/deep" },
                 "body": { "/a~1b/0/c": true, "/n": null,
                           "/tags": { "any": ["x", "y"] },
                           "/gone": { "exists": false } } } },
    { "id": "empty", "effect": "allow",
      "match": { "request": { "path": "/v1/empty" },
                 "body": { "/force": { "exists": false } } } },
    { "id": "none", "effect": "allow",
      "match": { "request": { "path": ["/v1/none", "/v1/to"] } } } ] }
END

    $block->set_value('more_headers', $main::json)
        if !defined $block->more_headers;
    $block->set_value('reached_unlike', 'eyJ');
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log;
});

Hoop::Reached->install($upstream);
Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: an allow rule about the body
--- request eval
["POST /v1/pay\n{\"amount\":500}", "POST /v1/pay\n{\"amount\":500.5}",
 "POST /v1/pay\n{\"amount\":\"1\"}", "POST /v1/pay\n{\"amount\":null}",
 "POST /v1/pay\n{}", "POST /v1/pay\n[{\"amount\":1}]",
 "POST /v1/pay\n { \"x\" : 1, \"amount\" : 5e2 } "]
--- more_headers eval
[($main::json) x 7]
--- error_code_like eval
['^200$', '^403$', '^40[03]$', '^40[03]$', '^403$', '^403$', '^200$']
--- reached
POST /v1/pay
POST /v1/pay
--- reached_like
(?s)\r\n\r\n\{"amount":500\}POST
--- events
{"type":"request","body_bytes":14,"body_sha256":"0780491803d7a0848aa262e346d8b1a3d7cfa31fe7655948de034ec7c10f84d0"}



=== TEST 2: a deny rule about the body
--- request eval
["POST /v1/sql\n{\"query\":\"select 1\"}",
 "POST /v1/sql\n{\"query\":\"DROP table t\"}",
 "POST /v1/sql\n{\"query\":\"d\\u0072op table t\"}",
 "POST /v1/sql\n{\"qu\\u0065ry\":\"drop table t\"}",
 "POST /v1/sql\n{\"query\":\"select 1\\nDrop\"}", "POST /v1/sql\n{}"]
--- more_headers eval
[($main::json) x 6]
--- error_code eval
[200, 403, 403, 403, 403, 200]
--- response_body_like eval
["reached", ('"detail":"no drop","rule":"no-drop"') x 4, "reached"]
--- reached
POST /v1/sql
POST /v1/sql



=== TEST 3: pointers
--- request eval
["POST /v1/deep\n{\"a/b\":[{\"c\":true}],\"n\":null,\"tags\":[\"z\",\"y\"]}",
 "POST /v1/deep\n{\"a/b\":[{\"c\":1}],\"n\":null,\"tags\":[\"y\"]}",
 "POST /v1/deep\n{\"a/b\":[{\"c\":true}],\"tags\":[\"y\"]}",
 "POST /v1/deep\n{\"a/b\":[{\"c\":true}],\"n\":null,\"tags\":[\"y\"],\"gone\":null}",
 "POST /v1/deep\n{\"a/b\":[{\"c\":true}],\"n\":null,\"tags\":\"x\"}"]
--- more_headers eval
[($main::json) x 5]
--- error_code eval
[200, 403, 403, 403, 200]
--- reached
POST /v1/deep
POST /v1/deep



=== TEST 4: what is not strict JSON is not allowed by a rule that looks at it
--- request eval
my @bad = ('{"amount":1', '{"amount":1}}', '{"amount":1} x', "{'amount':1}",
    '{"amount":1,}', '{"amount":01}', '{"amount":1}{"amount":1}',
    "{\"amount\":1,\"x\":\"\xff\"}", '{"amount":NaN}', '/**/{"amount":1}',
    "\xef\xbb\xbf{\"amount\":1}", "{\"amount\":1,\"x\":\"\\ud800\"}",
    "{\"amount\":1,\"x\":\"a\tb\"}", '{"amount":1e999}',
    '{"x":' . '[' x 65 . ']' x 65 . ',"amount":1}', '"x', 'amount=1');
[map { "POST /v1/pay\n$_" } @bad]
--- more_headers eval
[($main::json) x 17]
--- error_code eval
[(400) x 17]
--- response_headers eval
[("Content-Type: application/problem+json\n!WWW-Authenticate") x 17]
--- response_body_like eval
[('"title":"Bad Request","status":400,"detail":"[^"]+","rule":"pay"') x 17]
--- events
{"type":"decision","decision":"error","rule":"pay","status":400}



=== TEST 5: nor let through by a rule that denies what it looks at
--- request eval
[map { "POST /v1/sql\n$_" } '{"query":"select 1"', '{"query":"drop"', 'drop',
    '{"query":"select 1"}{"query":"drop"}', "{\"query\":\"\xff\"}"]
--- more_headers eval
[($main::json) x 5]
--- error_code eval
[(400) x 5]
--- response_body_like eval
[('"status":400,"detail":"[^"]+","rule":"no-drop"') x 5]
--- events
{"type":"decision","decision":"deny","rule":"no-drop","status":400}



=== TEST 6: duplicate members, in any depth, however written
--- request eval
[map { "POST /v1/$_" } "pay\n{\"amount\":1,\"amount\":1000}",
    "pay\n{\"amount\":1000,\"amount\":1}",
    "pay\n{\"amount\":1,\"am\\u006funt\":1000}",
    "pay\n{\"amount\":1,\"x\":{\"y\":1,\"y\":2}}",
    "sql\n{\"query\":\"select 1\",\"query\":\"drop\"}",
    "pay\n{\"amount\":1,\"Amount\":1000}",
    "pay\n{\"amount\":1,\"other\":1,\"Other\":2}"]
--- more_headers eval
[($main::json) x 7]
--- error_code eval
[(400) x 6, 200]
--- reached
POST /v1/pay



=== TEST 7: a Content-Type that is not JSON, or none
--- request eval
[map { ("POST /v1/pay\n{\"amount\":1}", "POST /v1/sql\n{\"query\":\"drop\"}") }
    1 .. 6]
--- more_headers eval
[map { ("$_" . main::bearer()) x 2 } "", "Content-Type: text/plain\n",
    "Content-Type: application/x-www-form-urlencoded\n",
    "Content-Type: application/jsonx\n", "Content-Type:\n",
    "Content-Type: application/octet-stream; application/json\n"]
--- error_code eval
[(400) x 12]



=== TEST 8: a Content-Type that is JSON
--- request eval
[("POST /v1/pay\n{\"amount\":1}") x 5]
--- more_headers eval
[map { "$_\n" . main::bearer() } "Content-Type: application/json; charset=utf-8",
    "content-type: APPLICATION/JSON;charset=\"UTF-8\"",
    "Content-Type: application/vnd.api+json", "Content-Type: application/json ;x=y",
    "Content-Type: application/json;charset=UTF-8"]
--- error_code eval
[(200) x 5]
--- reached_any



=== TEST 9: a charset that JSON does not have
--- request eval
[("POST /v1/pay\n{\"amount\":1}") x 3]
--- more_headers eval
[map { "Content-Type: application/json; $_\n" . main::bearer() }
    "charset=utf-16", "charset=utf-7", "x=1;CHARSET=\"iso-8859-1\""]
--- error_code eval
[(400) x 3]



=== TEST 10: two Content-Type headers
--- request eval
["POST /v1/pay\n{\"amount\":1}", "POST /v1/sql\n{\"query\":\"drop\"}"]
--- more_headers eval
[("Content-Type: application/json\nContent-Type: text/plain\n"
  . main::bearer()) x 2]
--- error_code eval
[400, 400]



=== TEST 11: a coded body
--- request eval
[("POST /v1/pay\n{\"amount\":1}") x 3]
--- more_headers eval
[map { "Content-Encoding: $_\n" . $main::json } "gzip", "identity", "br"]
--- error_code eval
[(400) x 3]



=== TEST 12: larger than hoop_body_max
--- config
location /v1/ { hoop on; hoop_body_max 1k; proxy_pass http://up; }
--- request eval
["POST /v1/pay\n" . main::sized(1024, 1), "POST /v1/pay\n" . main::sized(1025, 1),
 "POST /v1/sql\n" . main::sized(1025, 1),
 "POST /v1/none\n" . main::sized(5000, 1)]
--- more_headers eval
[($main::json) x 4]
--- error_code eval
[200, 413, 413, 200]
--- response_headers eval
["", ("Content-Type: application/problem+json") x 2, ""]
--- response_body_like eval
["reached", ('"title":"Content Too Large","status":413') x 2, "reached"]
--- reached
POST /v1/pay
POST /v1/none
--- events
{"type":"decision","decision":"allow"}
{"type":"decision","decision":"deny","status":413}
{"type":"decision","decision":"deny","status":413}



=== TEST 13: larger than hoop_body_max, in chunks
--- config
location /v1/ { hoop on; hoop_body_max 1k; proxy_pass http://up; }
--- request eval
my $chunked = sub {
    "POST /v1/pay\n" . CORE::join('', map { sprintf "%x\r\n%s\r\n", length, $_ }
                            $_[0] =~ /.{1,100}/gs) . "0\r\n\r\n";
};
[$chunked->(main::sized(1024, 1)), $chunked->(main::sized(1025, 1)),
 $chunked->(main::sized(300, 501)), $chunked->('{"amount":1}' . ' ' x 1012
                                               . '{"amount":1000}')]
--- more_headers eval
[("Transfer-Encoding: chunked\n" . $main::json) x 4]
--- error_code eval
[200, 413, 403, 413]
--- reached
POST /v1/pay



=== TEST 14: chunks of all sorts
--- request eval
[map { "POST /v1/pay\n$_" }
    "c;ext=1\r\n{\"amount\":1}\r\n0\r\n\r\n",
    "6\r\n{\"amou\r\n6\r\nnt\":1}\r\n0\r\nX-Trailer: 1\r\n\r\n",
    "C\r\n{\"amount\":1}\r\n000\r\n\r\n", "0\r\n\r\n",
    "zz\r\n{\"amount\":1}\r\n0\r\n\r\n", "c\r\n{\"amount\":1}xx0\r\n\r\n",
    "fffffffffffffffff\r\n{}\r\n"]
--- more_headers eval
[("Transfer-Encoding: chunked\n" . $main::json) x 7]
--- error_code_like eval
['^200$', '^200$', '^200$', '^403$', ('^400$') x 3]
--- reached
POST /v1/pay
POST /v1/pay
POST /v1/pay



=== TEST 15: piece by piece on the wire
--- request eval
[[{ value => "POST /v1/pay\n{\"amo" }, { value => "unt\":5", delay_before => 0.05 },
  { value => "01}", delay_before => 0.05 }],
 [{ value => "POST /v1/pay\n{\"amo" }, { value => "unt\":5", delay_before => 0.05 },
  { value => "00}", delay_before => 0.05 }]]
--- more_headers eval
[($main::json) x 2]
--- error_code eval
[403, 200]
--- reached
POST /v1/pay
--- reached_like
\{"amount":500\}$



=== TEST 16: in a temporary file
--- config
location /v1/ {
    hoop on;
    client_body_buffer_size 1k;
    proxy_pass http://up;
}
--- request eval
["POST /v1/pay\n" . main::sized(20000, 1), "POST /v1/pay\n" . main::sized(20000, 501)]
--- more_headers eval
[($main::json) x 2]
--- error_code eval
[200, 403]
--- error_log eval
[qr/a client request body is buffered to a temporary file/]
--- reached
POST /v1/pay
--- reached_like
\{"amount":1,"pad":"x{19979}"\}$



=== TEST 17: in a temporary file always
--- config
location /v1/ {
    hoop on;
    client_body_in_file_only clean;
    proxy_pass http://up;
}
--- request eval
["POST /v1/pay\n{\"amount\":1}", "POST /v1/pay\n{\"amount\":501}",
 "POST /v1/sql\n{\"query\":\"drop\"}"]
--- more_headers eval
[($main::json) x 3]
--- error_code eval
[200, 403, 403]
--- reached
POST /v1/pay
--- reached_like
\{"amount":1\}$



=== TEST 18: no body: nothing is there, nothing is denied
--- request eval
["POST /v1/pay", "GET /v1/pay", "POST /v1/sql", "POST /v1/empty",
 "GET /v1/empty"]
--- more_headers eval
["Content-Length: 0\n" . $main::json, main::bearer(), $main::json, $main::json,
 main::bearer()]
--- error_code eval
[403, 403, 200, 200, 200]
--- reached
POST /v1/sql
POST /v1/empty
GET /v1/empty



=== TEST 19: what must not be there, in what cannot be judged
--- request eval
["POST /v1/empty\n{\"force\":true}", "POST /v1/empty\n{}",
 "POST /v1/empty\nforce", "POST /v1/empty\n{\"force\":1,\"force\":2}",
 "POST /v1/empty\n{\"Force\":true}"]
--- more_headers eval
[($main::json) x 5]
--- error_code eval
[403, 200, 400, 400, 400]
--- reached
POST /v1/empty



=== TEST 20: a GET with a body
--- request eval
["GET /v1/pay\n{\"amount\":1}", "GET /v1/pay\n{\"amount\":501}"]
--- more_headers eval
[($main::json) x 2]
--- error_code eval
[200, 403]
--- reached
GET /v1/pay
--- reached_like
\{"amount":1\}$



=== TEST 21: Expect: 100-continue
--- request eval
[[{ value => "POST /v1/pay\n" },
  { value => "{\"amount\":1}", delay_before => 0.05 }]]
--- more_headers eval
["Content-Length: 12\nExpect: 100-continue\n" . $main::json]
--- error_code: 100
--- response_body_like chomp
HTTP/1\.1 200 OK.*reached
--- reached
POST /v1/pay
--- reached_like
\{"amount":1\}$
--- reached_unlike
Expect



=== TEST 22: Expect: 100-continue, refused by the body
--- request eval
[[{ value => "POST /v1/pay\n" },
  { value => "{\"amount\":501}", delay_before => 0.05 }]]
--- more_headers eval
["Content-Length: 14\nExpect: 100-continue\n" . $main::json]
--- error_code: 100
--- response_body_like chomp
HTTP/1\.1 403 Forbidden.*"status":403



=== TEST 23: the body is not read where no rule can look at it
--- request eval
["POST /v1/none\nnot json at all", "POST /v1/other\n{\"amount\":1}"]
--- more_headers eval
[($main::json) x 2]
--- error_code eval
[200, 403]
--- reached
POST /v1/none
--- no_event_text
body_bytes
body_sha256



=== TEST 24: nor before the caller is known
--- request eval
[[{ value => "POST /v1/pay\n" }, { value => "{\"amount\"", delay_before => 0.05 }]]
--- more_headers
Content-Type: application/json
Content-Length: 100000
--- shutdown: 1
--- error_code: 401



=== TEST 25: proxy_request_buffering off does not pass it before it is judged
--- config
location /v1/ {
    hoop on;
    proxy_http_version 1.1;
    proxy_request_buffering off;
    proxy_pass http://up;
}
--- request eval
[[{ value => "POST /v1/pay\n{\"amo" }, { value => "unt\":501}", delay_before => 0.05 }],
 [{ value => "POST /v1/pay\n{\"amo" }, { value => "unt\":500}", delay_before => 0.05 }],
 "POST /v1/none\nx=1"]
--- more_headers eval
[($main::json) x 3]
--- error_code eval
[403, 200, 200]
--- reached
POST /v1/pay
POST /v1/none
--- reached_like
(?s)\{"amount":500\}.*x=1$



=== TEST 26: the client leaves in the middle of its body
--- request eval
["POST /v1/pay\n{\"amount\":1"]
--- more_headers eval
["Content-Length: 100\n" . $main::json]
--- shutdown: 1
--- ignore_response
--- wait: 0.05
--- events
{"type":"decision","decision":"/^(deny|error)$/","status":400}



=== TEST 27: the client does not finish its body
--- config
location /v1/ {
    hoop on;
    client_body_timeout 100ms;
    proxy_pass http://up;
}
--- request eval
["POST /v1/pay\n{\"amount\":1"]
--- more_headers eval
["Content-Length: 100\n" . $main::json]
--- ignore_response
--- events
{"type":"decision","decision":"error"}



=== TEST 28: client_max_body_size comes first
--- config
location /v1/ {
    hoop on;
    client_max_body_size 10;
    proxy_pass http://up;
}
--- request
POST /v1/pay
{"amount":1}
--- error_code: 413
--- error_log
client intended to send too large body



=== TEST 29: an internal redirect: the same body, judged by the rules there
--- config
location /v1/to { hoop on; hoop_record payload; proxy_pass http://up; }
location /v1/none { hoop on; proxy_intercept_errors on; proxy_pass http://up; }
location @pay { hoop on; rewrite ^ /v1/pay break; proxy_pass http://up; }
--- request eval
["POST /v1/to\n{\"amount\":1}", "POST /v1/to\n{\"amount\":501}",
 "POST /v1/to\nnot json"]
--- more_headers eval
[($main::json) x 3]
--- error_code eval
[200, 403, 400]
--- reached
POST /v1/to
POST /v1/pay
POST /v1/to
POST /v1/to
--- reached_like
\{"amount":1\}POST /v1/pay(?s).*\{"amount":1\}POST /v1/to



=== TEST 30: an internal redirect, after only the head was to be recorded
--- config
location /v1/to {
    hoop on;
    hoop_record payload;
    hoop_record_max 100;
    proxy_pass http://up;
}
location @pay { hoop on; rewrite ^ /v1/pay break; proxy_pass http://up; }
--- request eval
["POST /v1/to\n{\"amount\":1}" . " " x 100 . "{\"amount\":501}x",
 "POST /v1/to\n" . main::sized(200, 501),
 "POST /v1/to\n{\"amount\":1}" . " " x 70000 . "{\"amount\":501}",
 "POST /v1/to\n" . main::sized(200, 1)]
--- more_headers eval
[($main::json) x 4]
--- error_code_like eval
['^400$', '^403$', '^4(00|13)$', '^200$']
--- reached
POST /v1/to
POST /v1/to
POST /v1/to
POST /v1/to
POST /v1/pay



=== TEST 31: a target that is no proxy gets the body, too
--- config
location /v1/ {
    hoop on;
    mirror /mirror;
    proxy_pass http://up;
}
location = /mirror { proxy_pass http://up; }
--- request
POST /v1/pay
{"amount":1}
--- wait: 0.05
--- reached_any
--- reached_like
(?s)POST /v1/pay.*\{"amount":1\}
(?s)POST /mirror.*\{"amount":1\}



=== TEST 32: monitor: judged, and passed as it is
--- config
location /v1/ { hoop monitor; hoop_body_max 1k; proxy_pass http://up; }
--- request eval
["POST /v1/pay\n{\"amount\":501}", "POST /v1/pay\nnot json",
 "POST /v1/pay\n" . main::sized(2000, 1)]
--- more_headers eval
[map { s/Authorization.*//r } ($main::json) x 3]
--- error_code eval
[200, 200, 200]
--- reached
POST /v1/pay
POST /v1/pay
POST /v1/pay



=== TEST 33: a charset that JSON does not have, in disguise
--- request eval
[("POST /v1/pay\n{\"amount\":1}") x 4]
--- more_headers eval
[map { "Content-Type: application/json; $_\n" . main::bearer() }
    "charset=latin1; x=utf-8", "charset=utf-7;x=\"utf-8\"",
    "charset=utf-8; charset=utf-7", "charset=utf-8x"]
--- error_code eval
[(400) x 4]
