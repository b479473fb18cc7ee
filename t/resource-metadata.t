# Copyright (C) ngx_hoop_module authors
#
# Protected resource metadata (RFC 9728): a refusal names the document, and the
# document what a client needs to get a token.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => { '/*' => "reached\n" });

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', <<'END')
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
hoop_issuer other {
    issuer https://other.test/realm;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
hoop_issuer local {
    issuer urn:local;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
END
        if !defined $block->http_config;

    $block->set_value('config', $block->config . <<'END');
location /.well-known/oauth-protected-resource {
    hoop_resource_metadata;
}
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
END

    $block->set_value('user_files', <<'END') if !defined $block->user_files;
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow",
      "match": { "request": { "path": "/**" } } } ] }
END

    $block->set_value('no_error_log', defined $block->must_die ? "[alert]\n[crit]"
                                 : "[alert]\n[crit]\n[emerg]\n[error]")
        if !defined $block->no_error_log;
});

Hoop::Spool->install;
no_long_string();
run_tests();

__DATA__

=== TEST 1: from the refusal to the document, for an MCP server
--- config
location /mcp {
    hoop on;
    hoop_resource https://api.test/mcp "name=CRM \"tools\""
                  documentation=https://docs.test/?a=b#c issuers=other,idp;
    hoop_scope crm.read crm.write;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["POST /mcp", "GET /.well-known/oauth-protected-resource/mcp",
 "GET /.well-known/oauth-protected-resource"]
--- error_code eval
[401, 200, 200]
--- response_headers eval
['WWW-Authenticate: Bearer realm="hoop", scope="crm.read crm.write", resource_metadata="https://api.test/.well-known/oauth-protected-resource/mcp"',
 ("Content-Type: application/json\r\nCache-Control: public, max-age=3600\r\nAccess-Control-Allow-Origin: *\r\nX-Content-Type-Options: nosniff\r\n!WWW-Authenticate") x 2]
--- response_body_like eval
['"status":401,"detail":"no bearer token"',
 ('^\{"resource":"https://api.test/mcp",'
  . quotemeta('"authorization_servers":["https://other.test/realm",'
              . '"https://idp.test"],'
              . '"scopes_supported":["crm.read","crm.write"],'
              . '"bearer_methods_supported":["header"],'
              . '"resource_name":"CRM \\"tools\\"",'
              . '"resource_documentation":"https://docs.test/?a=b#c"}')
  . '\n\z') x 2]



=== TEST 2: all issuers that have a URL, unless some are named
--- config
location /a {
    hoop on;
    hoop_resource https://api.test/a;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /.well-known/oauth-protected-resource/a
--- response_body
{"resource":"https://api.test/a","authorization_servers":["https://idp.test","https://other.test/realm"],"bearer_methods_supported":["header"]}



=== TEST 3: a token that may not enter here
--- config
location /a {
    hoop on;
    hoop_resource https://api.test/a;
    hoop_scope x;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["GET /a", "GET /a", "GET /a", "GET /a"]
--- more_headers eval
[main::bearer(scope => 'y'), main::bearer(aud => 'z'), 'Authorization: Bearer a b',
 main::bearer(scope => 'x')]
--- error_code eval
[403, 401, 400, 200]
--- response_headers eval
['WWW-Authenticate: Bearer realm="hoop", error="insufficient_scope", error_description="token lacks a scope that is needed here", scope="x", resource_metadata="https://api.test/.well-known/oauth-protected-resource/a"',
 'WWW-Authenticate: Bearer realm="hoop", error="invalid_token", error_description="token audience is not accepted", scope="x", resource_metadata="https://api.test/.well-known/oauth-protected-resource/a"',
 'WWW-Authenticate: Bearer realm="hoop", error="invalid_request", error_description="more than one token"',
 '!WWW-Authenticate']



=== TEST 4: a resource of several locations; another inside of it; none
--- config
hoop on;
hoop_resource https://api.test;
hoop_scope base;
location /a {
    hoop_scope one two;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /b {
    hoop_scope two three;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    location /b/c {
        hoop_resource https://api.test/b/c/;
        hoop_scope inner;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
location /none {
    hoop_resource off;
    hoop_scope off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["GET /a", "GET /b", "GET /b/c/d", "GET /none",
 "GET /.well-known/oauth-protected-resource",
 "GET /.well-known/oauth-protected-resource/b/c/",
 "GET /.well-known/oauth-protected-resource/b/c"]
--- error_code eval
[401, 401, 401, 401, 200, 200, 404]
--- response_headers eval
['WWW-Authenticate: Bearer realm="hoop", scope="one two", resource_metadata="https://api.test/.well-known/oauth-protected-resource"',
 'WWW-Authenticate: Bearer realm="hoop", scope="two three", resource_metadata="https://api.test/.well-known/oauth-protected-resource"',
 'WWW-Authenticate: Bearer realm="hoop", scope="inner", resource_metadata="https://api.test/.well-known/oauth-protected-resource/b/c/"',
 'WWW-Authenticate: Bearer realm="hoop"', '', '', '']
--- response_body_like eval
['', '', '', '',
 qr{^\{"resource":"https://api.test",.*"scopes_supported":\["base","one","two","three"\]},
 qr{^\{"resource":"https://api.test/b/c/",.*"scopes_supported":\["inner"\]},
 'no such protected resource']



=== TEST 5: one resource, two locations that name it
--- config
location /a {
    hoop on;
    hoop_resource https://api.test/r name=R;
    hoop_scope one;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /b {
    hoop on;
    hoop_resource https://api.test/r issuers=idp;
    hoop_scope two;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /.well-known/oauth-protected-resource/r
--- response_body
{"resource":"https://api.test/r","authorization_servers":["https://idp.test"],"scopes_supported":["one","two"],"bearer_methods_supported":["header"],"resource_name":"R"}



=== TEST 6: proofs of possession
--- config
ssl_verify_client optional_no_ca;
location /a {
    hoop on;
    hoop_resource https://api.test/a;
    hoop_proof required dpop algorithms=ES256,EdDSA;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /b {
    hoop on;
    hoop_resource https://api.test/b;
    hoop_proof required dpop algorithms=ES256,EdDSA;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    location /b/c {
        hoop_proof optional algorithms=EdDSA,RS256;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
location /c {
    hoop on;
    hoop_resource https://api.test/c;
    hoop_proof required mtls;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["GET /.well-known/oauth-protected-resource/a",
 "GET /.well-known/oauth-protected-resource/b",
 "GET /.well-known/oauth-protected-resource/c", "GET /a"]
--- error_code eval
[200, 200, 200, 401]
--- response_headers_like eval
['', '', '',
 'WWW-Authenticate: DPoP realm="hoop", resource_metadata="https://api.test/.well-known/oauth-protected-resource/a", algs="ES256 EdDSA"']
--- response_body_like eval
['ted":\["header"\],"dpop_signing_alg_values_supported":\["ES256","EdDSA"\],"dpop_bound_access_tokens_required":true\}$',
 'ted":\["header"\],"tls_client_certificate_bound_access_tokens":true,"dpop_signing_alg_values_supported":\["EdDSA"\]\}$',
 'ted":\["header"\],"tls_client_certificate_bound_access_tokens":true\}$', '']



=== TEST 7: no certificate can be bound where nobody asks for one
--- config
location /a {
    hoop on;
    hoop_resource https://api.test/a;
    hoop_proof required;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /.well-known/oauth-protected-resource/a
--- response_body_unlike: tls_client



=== TEST 8: what is there to read can only be read
--- config
location /a {
    hoop on;
    hoop_resource https://api.test/a;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /b {
    hoop on;
    hoop_resource https://api.test/b;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["HEAD /.well-known/oauth-protected-resource/a",
 "GET /.well-known/oauth-protected-resource/a?x=y HTTP/1.0",
 "POST /.well-known/oauth-protected-resource/a\n{}",
 "DELETE /.well-known/oauth-protected-resource/x",
 "OPTIONS /.well-known/oauth-protected-resource/a",
 "GET /.well-known/oauth-protected-resource",
 "GET /.well-known/oauth-protected-resource/A",
 "GET /.well-known/oauth-protected-resource/a/",
 "GET /.well-known/oauth-protected-resourcea",
 "HEAD /.well-known/oauth-protected-resource/x"]
--- error_code eval
[200, 200, 405, 405, 204, 404, 404, 404, 404, 404]
--- response_headers_like eval
["Content-Length: 144\r\nCache-Control: public, max-age=3600",
 "Content-Length: 144\r\nCache-Control: public, max-age=3600",
 ("Allow: GET, HEAD, OPTIONS\r\nCache-Control: no-store\r\nContent-Type: application/problem.json") x 2,
 "Access-Control-Allow-Origin: \\*\r\nAccess-Control-Allow-Headers: \\*\r\nAccess-Control-Allow-Methods: GET, HEAD",
 ("Cache-Control: no-store\r\nAccess-Control-Allow-Origin: \\*\r\nContent-Type: application/problem.json") x 5]
--- response_body_like eval
['^\z', '"resource":"https://api.test/a"', ('"status":405,"detail":"metadata can only be read"') x 2,
 '^\z', ('"status":404,"detail":"no such protected resource"') x 4, '^\z']



=== TEST 9: of this server, by another it is not known
--- config
location /a {
    hoop on;
    hoop_resource https://api.test/a;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
server {
    listen $TEST_NGINX_SERVER_PORT;
    server_name two.test;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    location /a {
        hoop on;
        hoop_resource https://two.test/a;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location /b {
        hoop on;
        hoop_resource https://two.test/b;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location /.well-known/oauth-protected-resource {
        hoop_resource_metadata;
    }
}
--- raw_request eval
[map { "GET /.well-known/oauth-protected-resource/$_->[1] HTTP/1.1\r\nHost: $_->[0]\r\nConnection: close\r\n\r\n" }
 ['localhost', 'a'], ['two.test', 'a'], ['localhost', 'b'], ['two.test', 'b']]
--- error_code eval
[200, 200, 404, 200]
--- response_body_like eval
['https://api.test/a', 'https://two.test/a', 'no such', 'https://two.test/b']



=== TEST 10: nothing of the server keeps clients from it
--- config
hoop on;
hoop_resource http://127.0.0.1:8080/;
location /a {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["GET /a", "GET /.well-known/oauth-protected-resource"]
--- error_code eval
[401, 200]
--- response_headers_like eval
['WWW-Authenticate: Bearer realm="hoop", resource_metadata="http://127.0.0.1:8080/.well-known/oauth-protected-resource"', '']
--- response_body_like eval
['', '"resource":"http://127.0.0.1:8080/"']



=== TEST 11: a path with what URLs escape
--- config
location /a {
    hoop on;
    hoop_resource https://api.test/a%20b/%C3%A9;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /b {
    hoop on;
    hoop_resource http://[::1]:8080/b;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["GET /.well-known/oauth-protected-resource/a%20b/%c3%a9", "GET /a"]
--- error_code eval
[200, 401]
--- response_headers_like eval
['', 'WWW-Authenticate: Bearer realm="hoop", resource_metadata="https://api.test/.well-known/oauth-protected-resource/a%20b/%C3%A9"']
--- response_body_like eval
['"resource":"https://api.test/a%20b/%C3%A9"', '']



=== TEST 12: an error page and a monitored location
--- config
hoop_resource https://api.test/;
location /a {
    hoop on;
    error_page 401 /page;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /m {
    hoop monitor;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /page {
    return 401 page;
}
--- request eval
["GET /a", "GET /m"]
--- error_code eval
[401, 200]
--- response_headers eval
['WWW-Authenticate: Bearer realm="hoop", resource_metadata="https://api.test/.well-known/oauth-protected-resource"',
 '!WWW-Authenticate']



=== TEST 13: a query
--- config
hoop_resource https://api.test/?a;
--- must_die
--- error_log
hoop_resource "https://api.test/?a", wanted a URL without query and fragment



=== TEST 14: no URL
--- config
hoop_resource crm;
--- must_die
--- error_log
hoop_resource "crm", wanted a URL



=== TEST 15: not as clients will write it
--- config
hoop_resource https://API.test:443/%7ea;
--- must_die
--- error_log
hoop_resource "https://API.test:443/%7ea", wanted its normal form, "https://api.test/~a"



=== TEST 16: in the clear, for others
--- config
hoop_resource http://127.0.0.1.api.test/;
--- must_die
--- error_log
hoop_resource "http://127.0.0.1.api.test/", wanted https



=== TEST 17: two that would have the same document
--- config
hoop_resource https://api.test;
location /a {
    hoop_resource https://other.test/;
}
--- must_die
--- error_log
hoop_resource "https://other.test/" has the same path as "https://api.test" in this server



=== TEST 18: an issuer that is not there
--- config
location /a {
    hoop on;
    hoop_resource https://api.test issuers=idp,nobody;
}
--- must_die
--- error_log
hoop_resource "https://api.test": no hoop_issuer "nobody"



=== TEST 19: an issuer that nobody can look up
--- config
location /a {
    hoop on;
    hoop_resource https://api.test issuers=local;
}
--- must_die
--- error_log
hoop_resource "https://api.test": the issuer of hoop_issuer "local" is no URL



=== TEST 20: an unknown parameter
--- config
hoop_resource https://api.test title=x;
--- must_die
--- error_log
hoop_resource "title=x", wanted name=TEXT, documentation=URL or issuers=NAME,...



=== TEST 21: said twice
--- config
hoop_resource https://api.test name=a;
location /a {
    hoop_resource https://api.test name=b;
}
--- must_die
--- error_log
hoop_resource "name=b": this server's resource "https://api.test" has that already



=== TEST 22: metadata for those who have a token
--- config
location /m {
    hoop on;
    hoop_resource_metadata;
}
--- must_die
--- error_log
"hoop_resource_metadata" in a location with "hoop": clients read it before they have a token



=== TEST 23: a resource that nothing protects
--- config
location /a {
    hoop_resource https://api.test/a;
}
--- request
GET /.well-known/oauth-protected-resource/a
--- response_body_like: "resource":"https://api.test/a"
--- error_log
hoop_resource "https://api.test/a" is that of no protected location
--- no_error_log
[alert]
[crit]
