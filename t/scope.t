# Copyright (C) ngx_hoop_module authors
#
# What a location asks of a good token: to be meant for it (hoop_audience), and
# allowed there (hoop_scope); and how a refusal says so.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => {
    '/p/*' => "reached\n", '/q/*' => "reached\n",
    '/accel' => { headers => ['X-Accel-Redirect' => '/p/a'] } });

sub tokens {
    return [map { bearer(ref $_ ? (scope => undef, %$_) : (scope => $_)) } @_];
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', <<'END') if !defined $block->http_config;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop https://mcp.test/a https://mcp.test/b;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
END

    $block->set_value('config', <<'END') if !defined $block->config;
add_header X-Scope "[$hoop_scope]";
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
hoop_scope crm.read crm.write;
location /p/ {
    hoop on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /accel {
    hoop on;
    hoop_scope off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /q/ {
    hoop on;
    hoop_scope off;
    hoop_audience https://mcp.test/a https://mcp.test/c;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /p/page {
    hoop on;
    hoop_realm 'a "b" \\ c';
    error_page 401 403 /page.html;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /p/monitor {
    hoop monitor;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /page.html {
}
END

    $block->set_value('user_files', <<'END') if !defined $block->user_files;
>>> page.html
page
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow",
      "match": { "request": { "path": "/**" } } } ] }
END

    $block->set_value('request', 'GET /p/a') if !defined $block->request;
    $block->set_value('no_error_log', defined $block->must_die ? "[alert]\n[crit]"
                                 : "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log;
});

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: all of the scopes, in any order, as each kind of issuer says them
--- request eval
[("GET /p/a") x 4]
--- more_headers eval
main::tokens('crm.write x crm.read', { scp => ['crm.read', 'crm.write'] },
             { scp => 'crm.read crm.write' }, ' crm.read   crm.write ')
--- error_code eval
[200, 200, 200, 200]
--- response_headers eval
["X-Scope: [crm.write x crm.read]", "X-Scope: [crm.read crm.write]",
 "X-Scope: [crm.read crm.write]", "X-Scope: [ crm.read   crm.write ]"]



=== TEST 2: not all of them
--- request eval
[("GET /p/a") x 9]
--- more_headers eval
main::tokens('crm.read', 'crm.readcrm.write', 'crm.read,crm.write', '',
             { scp => ['crm.read crm.write'] }, {}, { scope => 7 },
             'CRM.READ CRM.WRITE',
             { scope => 'x', scp => ['crm.read', 'crm.write'] })
--- error_code eval
[(403) x 9]
--- response_headers eval
[('WWW-Authenticate: Bearer realm="hoop", error="insufficient_scope", error_description="token lacks a scope that is needed here", scope="crm.read crm.write"') x 9]



=== TEST 3: the refusal is on the record, with who it was
--- more_headers eval
main::tokens('crm.read')->[0]
--- error_code: 403
--- response_body_like: "status":403,"detail":"token lacks a scope that is needed here"
--- events
{"type":"request","identity":{"iss":"https://idp.test","sub":"agent-1"}}
{"type":"decision","decision":"deny","status":403,"reason":"token lacks a scope that is needed here"}
--- no_event_text
eyJ



=== TEST 4: no token, another scheme, a bad token
--- request eval
["GET /p/a", "GET /p/a", "GET /p/a", "GET /p/a", "HEAD /p/a", "OPTIONS /p/a"]
--- more_headers eval
["", "Authorization: Basic eDp5", "Authorization: Bearer x",
 "Authorization: Bearerx", "", "Origin: https://app.test"]
--- error_code eval
[401, 401, 401, 401, 401, 401]
--- response_headers eval
[(map { $_ == 2 ? 'WWW-Authenticate: Bearer realm="hoop", error="invalid_token", error_description="token is malformed", scope="crm.read crm.write"'
                : 'WWW-Authenticate: Bearer realm="hoop", scope="crm.read crm.write"' }
  0 .. 5)]



=== TEST 5: a malformed request is told no scope
--- more_headers
Authorization: Bearer a b
--- error_code: 400
--- response_headers
WWW-Authenticate: Bearer realm="hoop", error="invalid_request", error_description="more than one token"



=== TEST 6: the location's audience, beside the issuer's
--- request eval
[("GET /q/a") x 5]
--- more_headers eval
[main::bearer(aud => 'https://mcp.test/a'),
 main::bearer(aud => ['hoop', 'https://mcp.test/a']),
 main::bearer(aud => 'https://mcp.test/b'),
 main::bearer(aud => 'hoop'),
 main::bearer(aud => 'https://mcp.test/c')]
--- error_code eval
[200, 200, 401, 401, 401]
--- response_headers eval
["!WWW-Authenticate", "!WWW-Authenticate",
 ('WWW-Authenticate: Bearer realm="hoop", error="invalid_token", error_description="token audience is not accepted"') x 3]



=== TEST 7: an internal redirect into a location that asks for more
--- request eval
["GET /accel", "GET /accel"]
--- more_headers eval
main::tokens('x', 'crm.read crm.write')
--- error_code eval
[403, 200]
--- response_headers_like eval
['WWW-Authenticate: Bearer realm="hoop", error="insufficient_scope".*', '']



=== TEST 8: the challenge survives error_page, and the realm is quoted
--- request eval
["GET /p/page", "GET /p/page"]
--- more_headers eval
["", main::tokens('x')->[0]]
--- error_code eval
[401, 403]
--- response_headers eval
['WWW-Authenticate: Bearer realm="a \"b\" \\\\ c", scope="crm.read crm.write"',
 'WWW-Authenticate: Bearer realm="a \"b\" \\\\ c", error="insufficient_scope", error_description="token lacks a scope that is needed here", scope="crm.read crm.write"']



=== TEST 9: monitor mode only puts it on the record
--- request
GET /p/monitor
--- more_headers eval
main::tokens('x')->[0]
--- error_code: 200
--- response_headers
!WWW-Authenticate
--- events
{"type":"request","identity":{"sub":"agent-1"}}
{"type":"decision","decision":"deny","monitor":true,"reason":"token lacks a scope that is needed here"}
{"type":"response","status":200}



=== TEST 10: no scope
--- config
hoop_scope "a b";
--- must_die
--- error_log
hoop_scope "a b", wanted printable ASCII



=== TEST 11: "off" is alone
--- config
hoop_scope a off;
--- must_die
--- error_log
"hoop_scope" directive has "off" beside a name



=== TEST 12: too much for a header
--- config eval
"hoop_scope " . 'a' x 1024 . ";"
--- must_die
--- error_log
"hoop_scope" directive has more than 1024 bytes



=== TEST 13: an audience twice
--- config
hoop_audience a b a;
--- must_die
--- error_log
"a" is named twice



=== TEST 14: a realm that no header can have
--- config
hoop_realm "a\nb";
--- must_die
--- error_log
"hoop_realm" directive has a control character
