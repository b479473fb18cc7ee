# Copyright (C) ngx_hoop_module authors
#
# Rules about the fields of a form: it is judged as the target will read it, or
# not let through at all.

BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.005 }

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Reached;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => { '/*' => "reached\n" });

our $type = 'application/x-www-form-urlencoded';
our $form = "Content-Type: $type\n" . bearer() . "\n";

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', <<'END');
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

    $block->set_value('config', <<'END');
location /v1/ { hoop on; hoop_body_max 4k; proxy_pass http://up; }
END

    # /v1/pay: up to 500; /v1/run: no command; /v1/none: no rule about a body
    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "form", "rules": [
    { "id": "pay", "effect": "allow",
      "match": { "request": { "path": "/v1/pay" },
                 "form": { "amount": { "lte": 500 },
                           "to name": { "any": ["Ann & Co", "Bob"] } } } },
    { "id": "no-cmd", "effect": "deny", "reason": "no command",
      "match": { "request": { "path": "/v1/run" },
                 "form": { "cmd": { "exists": true } } } },
    { "id": "run", "effect": "allow",
      "match": { "request": { "path": ["/v1/run", "/v1/none"] } } } ] }
END

    $block->set_value('more_headers', $main::form)
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

=== TEST 1: an allow rule about a form
--- request eval
["POST /v1/pay\namount=500&to+name=Bob", "POST /v1/pay\namount=501&to+name=Bob",
 "POST /v1/pay\namount=%35&to%20name=Ann+%26+Co&x=1",
 "POST /v1/pay\namount=5&to+name=Ann+&+Co", "POST /v1/pay\namount=5"]
--- more_headers eval
[($main::form) x 5]
--- error_code eval
[200, 403, 200, 403, 403]
--- reached
POST /v1/pay
POST /v1/pay
--- reached_like
(?s)\r\n\r\namount=500&to\+name=BobPOST



=== TEST 2: a deny rule about a form
--- request eval
["POST /v1/run\na=1", "POST /v1/run\ncmd=1", "POST /v1/run\na=1&c%6Dd",
 "POST /v1/run", "POST /v1/run\na=%zz"]
--- more_headers eval
[($main::form) x 5]
--- error_code eval
[200, 403, 403, 200, 200]
--- reached
POST /v1/run
POST /v1/run
POST /v1/run



=== TEST 3: what two parsers may read differently never passes
--- request eval
[map { "POST /v1/pay\n$_" }
    "amount=5&to+name=Bob&amount=501", "amount=5&to+name=Bob&Amount=501",
    "amount=5&to+name=Bob&amount[]=501", "amount=5;amount=501&to+name=Bob",
    "amount=5&to+name=Bob%00", "amount=5&to+name=Bob&%=1",
    "amount=5&to+name=Bob&x=\n1", "amount=5&to_name=Bob",
    "amount=5&to+name=Bob&_charset_=utf-7", "amount=5&to+name=Bob&x=\x80"]
--- more_headers eval
[($main::form) x 10]
--- error_code eval
[(400) x 10]
--- reached



=== TEST 4: nor does it evade a deny
--- request eval
[map { "POST /v1/run\n$_" }
    "CMD=1", "cmd[]=1", "x;cmd=1", "cmd%00=1", "+cmd=1", "%=1",
    "a=1&_charset_=utf-16", "a=1\r\nb"]
--- more_headers eval
[($main::form) x 8]
--- error_code eval
[(400) x 8]
--- reached
--- events
{"type":"decision","decision":"deny","rule":"no-cmd"}



=== TEST 5: bodies that are no form, and forms in disguise
--- request eval
[("POST /v1/run\ncmd=1") x 8]
--- more_headers eval
[map { $_ . main::bearer() } "", "Content-Type: text/plain\n",
    "Content-Type: multipart/form-data; boundary=x\n",
    "Content-Type: application/json\n", "Content-Type: $main::type; charset=utf-16\n",
    "Content-Type: $main::type\nContent-Encoding: gzip\n",
    "Content-Type: text/plain\nContent-Type: $main::type\n",
    "Content-Type: $main::type;charset\n"]
--- error_code eval
[(400) x 8]
--- reached



=== TEST 6: a charset of UTF-8 is one
--- request eval
[("POST /v1/pay\namount=5&to+name=Bob&_charset_=UTF-8") x 2]
--- more_headers eval
[map { "Content-Type: $_\n" . main::bearer() }
    "$main::type;charset=utf-8", uc($main::type) . "; charset=\"UTF-8\""]
--- error_code eval
[(200) x 2]
--- reached
POST /v1/pay
POST /v1/pay



=== TEST 7: chunks, and a body larger than policy reads
--- raw_request eval
["POST /v1/pay HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
 . $main::form =~ s/\n/\r\n/gr . "Connection: close\r\n\r\n"
 . "5\r\namoun\r\n11\r\nt=7&to%20name=Bob\r\n0\r\n\r\n"]
--- error_code: 200
--- reached
POST /v1/pay



=== TEST 8: a body larger than policy reads
--- request eval
["POST /v1/pay\namount=5&to+name=Bob&x=" . "a" x 5000,
 "POST /v1/none\namount=5&to+name=Bob&x=" . "a" x 5000]
--- more_headers eval
[($main::form) x 2]
--- error_code eval
[413, 200]
--- reached
POST /v1/none



=== TEST 9: as many fields as targets read
--- request eval
"POST /v1/run\n" . "a&" x 999
--- reached
POST /v1/run



=== TEST 10: more
--- request eval
"POST /v1/run\n" . "a&" x 1000 . "cmd"
--- error_code: 400
--- reached
--- error_log
the form has too many fields
