# Copyright (C) ngx_hoop_module authors
#
# Requests to an MCP server: each message is judged by what it asks for, what
# is refused is answered so that a client hands it to the model, and the
# evidence has what was asked for, and in which session.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( wait_for );
use Hoop::Reached;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use Digest::SHA qw( sha256_hex );
use JSON::PP ();

our $upstream = Hoop::Upstream->new(routes => {
    '/mcp'  => "reached\n",
    '/rest' => "reached\n",
    '/new'  => { body => "reached\n",
                 headers => ['Mcp-Session-Id', 'session-1'] },
});
our $redis = Hoop::Redis->new;

our $json = "Content-Type: application/json\n" . bearer();
our $modern = "$json\nMCP-Protocol-Version: 2026-07-28";
our $session = sha256_hex('session-1');
our $run = 'mcp-' . substr $session, 0, 32;

my $coder = JSON::PP->new->utf8->canonical;

# a message; of a call, of a reading
sub message {
    my ($id, $method, $params) = @_;

    return '{"jsonrpc":"2.0"' . (defined $id ? ",\"id\":$id" : '')
           . ",\"method\":\"$method\""
           . (defined $params ? ",\"params\":$params" : '') . '}';
}

sub call {
    my ($id, $tool, $arguments) = @_;

    return message($id, 'tools/call',
                   $coder->encode({ name => $tool,
                                    arguments => $arguments // {} }));
}

sub post {
    my ($body, $headers, $path) = @_;

    return ask(POST => $path // '/mcp', $headers // $main::json, $body);
}

# the only error of an answer, which has to be all that there is
sub error_of {
    my ($res) = @_;

    is($res->{headers}{'content-type'}, 'application/json', 'JSON');
    is($res->{json}{jsonrpc}, '2.0', 'of JSON-RPC');
    like($res->{json}{error}{data}{session}, qr/^hs_[0-9a-f]{32}$/,
         'with the session in the evidence');
    return $res->{json}{error};
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', <<"END" . ($block->http_config // ''));
server_tokens off;
hoop_audit \$TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis unix:\$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks.json;
}
hoop_policy \$TEST_NGINX_SERVER_ROOT/html/policy.json;
upstream up { server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }
END

    $block->set_value('config', <<'END') if !defined $block->config;
location ~ ^/(mcp|new|rest)$ { hoop on; proxy_pass http://up; }
location /hoop/ { hoop_api; }
END

    $block->set_value('user_files', <<'END') if !defined $block->user_files;
>>> policy.json
{ "version": 1, "name": "mcp", "rules": [
    { "id": "talk", "effect": "allow",
      "match": { "request": { "path": ["/mcp", "/new"] },
                 "mcp": { "method": ["initialize", "ping", "tools/list",
                                     "notifications/*"] } } },
    { "id": "stream", "effect": "allow",
      "match": { "request": { "path": "/mcp", "method": ["GET", "DELETE"] } } },
    { "id": "answers", "effect": "allow",
      "match": { "request": { "path": "/mcp" },
                 "mcp": { "response": true } } },
    { "id": "read", "effect": "allow",
      "match": { "request": { "path": "/mcp" },
                 "mcp": { "tool": ["get_*", "list_*"],
                          "arguments": { "/limit": { "not": { "gt": 10 } } } } } },
    { "id": "docs", "effect": "allow",
      "match": { "request": { "path": "/mcp" },
                 "mcp": { "resource": "file:///docs/**" } } },
    { "id": "write", "effect": "review", "reason": "it writes",
      "match": { "request": { "path": "/mcp" },
                 "mcp": { "tool": "put_*" } },
      "review": { "approvers": ["dba"] } },
    { "id": "never", "effect": "deny", "reason": "never \"that\"",
      "match": { "request": { "path": "/mcp" },
                 "mcp": { "tool": "rm*" } } },
    { "id": "closed", "effect": "deny", "reason": "closed",
      "match": { "request": { "path": "/mcp",
                              "query": { "closed": { "exists": true } } } } },
    { "id": "rest", "effect": "deny", "reason": "no rest",
      "match": { "request": { "path": "/rest" } } } ] }
END

    $block->set_value('request', 'GET /mcp') if !defined $block->request;
    $block->set_value('more_headers', $main::json)
        if !defined $block->more_headers;
    $block->set_value('reached_unlike', 'eyJ');
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ");
});

Hoop::Client->steps;
Hoop::Reached->install($upstream);
Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: what is allowed reaches the server as it was sent
--- request eval
["POST /mcp\n" . main::call(1, 'get_x', { limit => 10 }),
 "POST /mcp\n" . main::message(undef, 'notifications/initialized'),
 "POST /mcp\n" . '{"jsonrpc":"2.0","id":7,"result":{}}',
 "POST /mcp\n" . main::message('"a"', 'resources/read',
                               '{"uri":"file:///docs/a"}'),
 "GET /mcp", "DELETE /mcp"]
--- more_headers eval
[($main::json) x 6]
--- error_code eval
[(200) x 6]
--- reached
POST /mcp
POST /mcp
POST /mcp
POST /mcp
GET /mcp
DELETE /mcp
--- reached_like
"name":"get_x"
--- events
{"type":"request","mcp":[{"kind":"request","method":"tools/call","tool":"get_x","id":1}]}
{"type":"decision","decision":"allow","rule":"read"}
{"type":"request","mcp":[{"kind":"notification","method":"notifications/initialized"}]}
{"type":"request","mcp":[{"kind":"response","id":7}]}
{"type":"decision","decision":"allow","rule":"answers"}
{"type":"request","mcp":[{"kind":"request","method":"resources/read","resource":"file:///docs/a","id":"a"}]}
{"type":"decision","decision":"allow","rule":"stream"}



=== TEST 2: a request that is denied is answered to its id
--- request eval
["POST /mcp\n" . main::call('9007199254740993', 'rm'),
 "POST /mcp\n" . main::call('"\u0041\/"', 'rm'),
 "POST /mcp\n" . main::call('-0', 'get_x', { limit => 11 })]
--- more_headers eval
[($main::json) x 3]
--- error_code eval
[200, 200, 200]
--- response_headers eval
[("Content-Type: application/json\nCache-Control: no-store") x 3]
--- response_body_like eval
['^\{"jsonrpc":"2.0","id":9007199254740993,"error":\{"code":403,'
 . '"message":"never \\\\"that\\\\"","data":\{"rule":"never",'
 . '"policy":"mcp","reason":"never \\\\"that\\\\"",'
 . '"session":"hs_[0-9a-f]{32}"\}\}\}\n$',
 '"id":"\\\\u0041\\\\/","error"',
 '"id":-0,"error":\{"code":403,"message":"no rule matches","data":\{"reason"']
--- reached
--- events
{"type":"request","mcp":[{"kind":"request","method":"tools/call","tool":"rm","id":9007199254740993}]}
{"type":"decision","decision":"deny","rule":"never","status":403}



=== TEST 3: a notification or a response that is denied is told by the status
--- request eval
["POST /mcp\n" . main::message(undef, 'x/y'),
 "POST /mcp\n" . main::call(undef, 'rm'),
 "POST /new\n" . '{"jsonrpc":"2.0","id":7,"result":{}}']
--- more_headers eval
[($main::json) x 3]
--- error_code eval
[403, 403, 403]
--- response_body_like eval
[('^\{"jsonrpc":"2.0","id":null,"error":\{"code":403,') x 3]
--- reached



=== TEST 4: batches
--- request eval
["POST /mcp\n[" . main::call(1, 'get_a') . ',' . main::call(2, 'list_b')
 . ']',
 "POST /mcp\n[" . main::call(1, 'get_a') . ','
 . main::message(undef, 'notifications/x') . ',' . main::call(2, 'rm')
 . ']',
 "POST /mcp\n[" . main::message(undef, 'notifications/x') . ','
 . main::call(undef, 'rm') . ']',
 "POST /mcp\n[" . main::call(1, 'get_a') . ','
 . main::message(2, 'resources/read', '{"uri":"file:///etc/passwd"}') . ']']
--- more_headers eval
[($main::json) x 4]
--- error_code eval
[200, 200, 403, 200]
--- response_body_like eval
["reached",
 '^\[\{"jsonrpc":"2.0","id":1,"error":\{"code":403,"message":"never[^\]]*'
 . '\}\},\{"jsonrpc":"2.0","id":2,"error":\{[^\]]*\}\}\]\n$',
 '^\{"jsonrpc":"2.0","id":null,"error":',
 '^\[\{[^\]]*no rule matches[^\]]*\]\n$']
--- reached
POST /mcp
--- events
{"type":"request","mcp":[{"kind":"request","method":"tools/call","tool":"get_a","id":1},{"kind":"request","method":"tools/call","tool":"list_b","id":2}]}
{"type":"decision","decision":"allow","rule":"read"}
{"type":"decision","decision":"deny","rule":"never"}



=== TEST 5: what could be read in two ways is refused with 400
--- request eval
["POST /mcp\n" . '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":'
 . '{"name":"get_x","n\u0061me":"rm"}}',
 "POST /mcp\n" . '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":'
 . '{"name":"get_x","Name":"rm"}}',
 "POST /mcp\n" . main::call('null', 'get_x'),
 "POST /mcp\n" . main::call(3, 'Get_x'),
 "POST /mcp\n" . main::message(4, 'resources/read',
                               '{"uri":"file:///docs/../etc/passwd"}'),
 "POST /mcp\n" . '{"jsonrpc":"2.0","method":"tools/call","id":5,"params":[]}',
 "POST /mcp\n" . '[' . main::call(6, 'get_x') . ',1]',
 "PUT /mcp\n" . main::call(7, 'get_x')]
--- more_headers eval
[($main::json) x 8]
--- error_code eval
[(400) x 8]
--- response_body_like eval
['^\{"jsonrpc":"2.0","id":null,"error":\{"code":-32700,',
 '^\{"jsonrpc":"2.0","id":1,"error":\{"code":-32600,"message":"the name of',
 '^\{"jsonrpc":"2.0","id":null,"error":\{"code":-32600,',
 '"id":3,"error":\{"code":-32600,"message":"a name differs from the rule',
 '"id":4,"error":\{"code":-32600,', '"id":5,"error":\{"code":-32602,',
 '"id":null,"error":\{"code":-32600,', '"code":-32600,"message":"the HTTP']
--- reached
--- events
{"type":"decision","status":400}
{"type":"decision","decision":"deny","rule":"never","reason":"the name of a member differs from a known one in case only","status":400}
{"type":"decision","decision":"error","rule":"docs","status":400}



=== TEST 6: mirrored headers
--- request eval
[("POST /mcp\n" . main::call(1, 'get_x')) x 4]
--- more_headers eval
["$main::modern\nMcp-Method: tools/call\nMcp-Name: get_x",
 "$main::modern\nMcp-Method: tools/call\nMcp-Name: get_y",
 "$main::modern\nMcp-Method: tools/call",
 "$main::json\nMCP-Protocol-Version: 2031-01-01"]
--- error_code eval
[200, 400, 400, 400]
--- response_body_like eval
['reached', '"id":1,"error":\{"code":-32020,"message":"Mcp-Name is not',
 '"id":1,"error":\{"code":-32020,"message":"Mcp-Name is missing',
 '"id":1,"error":\{"code":-32022,.*"supported":\[.*"2026-07-28"\],'
 . '"requested":"2031-01-01"']
--- reached
POST /mcp



=== TEST 7: what is not JSON, and what is not MCP
--- request eval
["POST /mcp\n<x/>", "POST /mcp\n{}", "POST /mcp\n[]",
 "POST /rest\n" . main::call(1, 'get_x'), "POST /rest\n{}", "POST /mcp"]
--- more_headers eval
["Content-Type: text/xml\n" . Hoop::Token::bearer(), ($main::json) x 5]
--- error_code eval
[400, 400, 400, 403, 403, 403]
--- response_body_like eval
['"id":null,"error":\{"code":-32600,"message":"the media type',
 '"id":null,"error":\{"code":-32600,', '"id":null,"error":\{"code":-32600,',
 ('"type":"about:blank"') x 3]
--- reached



=== TEST 8: a refusal by a rule that does not look at the message
--- request
POST /mcp?closed=1
{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"get_x"}}
--- error_code: 200
--- response_body_like: "id":8,"error":\{"code":403,"message":"closed","data":\{"rule":"closed"
--- reached
--- events
{"type":"decision","decision":"deny","rule":"closed","status":403}



=== TEST 9: an error page is for people
--- config
error_page 403 400 /page.html;
location ~ ^/(mcp|rest)$ { hoop on; proxy_pass http://up; }
location = /page.html { return 200 "a page\n"; }
--- request eval
["POST /mcp\n" . main::call(1, 'rm'), "POST /mcp\n" . main::message(1, ''),
 "POST /rest\n{}"]
--- more_headers eval
[($main::json) x 3]
--- error_code eval
[200, 400, 403]
--- response_body_like eval
['"id":1,"error":', '"id":1,"error":', 'a page']
--- reached



=== TEST 10: who has no token gets a challenge
--- request
POST /mcp
{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"get_x"}}
--- more_headers
Content-Type: application/json
--- error_code: 401
--- response_headers_like
WWW-Authenticate: Bearer realm=.*
--- response_body_like: "status":401
--- reached



=== TEST 11: a session is a run, and its id is not in the evidence
--- request eval
["POST /new\n" . main::message(1, 'initialize', '{}'),
 "POST /mcp\n" . main::call(1, 'get_x'), "GET /mcp", "DELETE /mcp",
 "POST /mcp\n" . main::call(1, 'get_x')]
--- more_headers eval
[$main::json, ("$main::json\nMcp-Session-Id: session-1") x 3,
 "$main::json\nMcp-Session-Id: session-1\nHoop-Run: mine"]
--- error_code eval
[(200) x 5]
--- reached
POST /new
POST /mcp
GET /mcp
DELETE /mcp
POST /mcp
--- events eval
qq({"type":"response","mcp_session":"$main::session"}\n)
. qq({"type":"request","mcp_session":"$main::session","run":"$main::run"}\n)
. qq({"type":"decision","run":"$main::run"}\n)
. qq({"type":"request","method":"GET","mcp_session":"$main::session","run":"$main::run"}\n)
. qq({"type":"request","method":"DELETE","run":"$main::run"}\n)
. qq({"type":"request","mcp_session":"$main::session","run":"mine"}\n)
--- no_event_text
session-1



=== TEST 12: names and ids are masked, and cut
--- request eval
["POST /mcp\n" . main::call('"123-45-6789"', 'get_123-45-6788'),
 "POST /mcp\n" . main::call(1, 'get_' . 'x' x 300),
 "POST /mcp\n[" . CORE::join(',', map { main::call($_, "get_$_") } 1 .. 20)
 . ']']
--- more_headers eval
[($main::json) x 3]
--- error_code eval
[200, 200, 200]
--- reached
POST /mcp
POST /mcp
POST /mcp
--- events eval
'{"type":"request","mcp":[{"kind":"request","method":"tools/call",'
. '"tool":"get_[REDACTED:US_SSN]","id":"[REDACTED:US_SSN]"}]}' . "\n"
. '{"type":"request","mcp":[{"kind":"request","method":"tools/call",'
. '"tool":"get_' . 'x' x 251 . '","id":1}]}' . "\n"
. '{"type":"request","mcp_more":4}' . "\n"
--- no_event_text
123-45-678



=== TEST 13: a call that needs a human
--- steps
my $body = call(1, 'put_x');
my $res = post($body);
is($res->{status}, 200, 'answered');
is($res->{json}{id}, 1, 'to the id');
my $error = error_of($res);
is($error->{code}, 202, 'not yet');
is($error->{message}, 'it writes', 'the reason');
like($error->{data}{approval}, qr/^[0-9a-f]{32}$/, 'the approval');
is($error->{data}{rule}, 'write', 'the rule');
is($error->{data}{state}, 'pending', 'the state');
is($error->{data}{location}, "/hoop/approvals/$error->{data}{approval}",
   'where it is');

$res = post(call(undef, 'put_x'));
is($res->{status}, 403, 'a notification was not taken');
is(error_of($res)->{code}, 202, 'and why');

$res = post($body);
is($res->{json}{error}{data}{approval}, $error->{data}{approval},
   'the same call, the same approval');

is(ask(POST => "/hoop/approvals/$error->{data}{approval}/approve",
       bearer(sub => 'dana', groups => ['dba']))->{status}, 200, 'approved');
isnt(post(call(2, 'put_y'))->{json}{error}{data}{approval},
     $error->{data}{approval}, 'another call is another one');
isnt(post(call(2, 'put_x', { a => 1 }))->{json}{error}{data}{approval},
     $error->{data}{approval}, 'as are other arguments');
isnt(post("[$body]")->{json}[0]{error}{data}{approval},
     $error->{data}{approval}, 'and a batch');
$res = post(call('"two"', 'put_x'));
is($res->{body}, "reached\n", 'with another id it goes through');
is(post($body)->{json}{error}{code}, 202, 'once');

$res = post($body, "$main::json\nMCP-Protocol-Version: 2025-06-18");
isnt($res->{json}{error}{data}{approval}, $error->{data}{approval},
     'read in another way it is another call');
--- error_code: 200
--- reached
POST /mcp
GET /mcp
