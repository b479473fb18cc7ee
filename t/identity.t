# Copyright (C) ngx_hoop_module authors
#
# Who is calling: nothing but one good token of a known issuer gets through,
# and each refusal is answered and recorded without a word of the token.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });

# some members of a JSON header or payload cannot be written as a Perl hash
sub raw_claims {
    my ($more) = @_;

    my $now = time;

    return '{"iss":"https://idp.test","aud":"hoop","sub":"agent-1","iat":'
           . "$now,\"exp\":" . ($now + 60) . "$more}";
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', <<'END') if !defined $block->http_config;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop other;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
END

    $block->set_value('config', <<'END') if !defined $block->config;
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /last {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/__last;
}
END

    $block->set_value('user_files', <<'END') if !defined $block->user_files;
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow",
      "match": { "request": { "path": "/p/**" } } } ] }
END

    $block->set_value('request', 'GET /p/a') if !defined $block->request;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log;
});

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: a good token, RS256; the upstream does not see it
--- request eval
["GET /p/a", "GET /last"]
--- more_headers eval
[main::bearer(), ""]
--- error_code eval
[200, 200]
--- response_headers_like eval
["Hoop-Session: hs_[0-9a-f]{32}", ""]
--- response_body eval
["reached\n", qr/^GET \/p\/a HTTP(?!.*Authorization)(?!.*eyJ)/si]
--- events
{"type":"request","method":"GET","identity":{"iss":"https://idp.test","sub":"agent-1"}}
{"type":"decision","decision":"allow","rule":"all"}
{"type":"response","status":200}
--- no_event_text
eyJ



=== TEST 2: ES256
--- more_headers eval
main::bearer(-key => 'ec')
--- response_body
reached



=== TEST 3: EdDSA
--- more_headers eval
main::bearer(-key => 'ed25519')
--- response_body
reached



=== TEST 4: PS256, by the key that signs RS256 as well
--- more_headers eval
main::bearer(-alg => 'PS256')
--- response_body
reached



=== TEST 5: the scheme is case-insensitive, aud may be a list
--- more_headers eval
"authorization: bEARER " . main::token(aud => ['x', 'other'])
--- response_body
reached



=== TEST 6: no kid, one key that fits
--- more_headers eval
main::bearer(-kid => undef, -key => 'ec')
--- response_body
reached



=== TEST 7: no token
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer realm="hoop"
Content-Type: application/problem+json
Cache-Control: no-store
--- response_body_like: "title":"Unauthorized","status":401,
--- events
{"type":"decision","decision":"deny"}



=== TEST 8: another scheme is no token
--- more_headers
Authorization: Basic dXNlcjpwYXNz
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer realm="hoop"
--- no_event_text
dXNlcjpwYXNz



=== TEST 9: two headers; nginx itself refuses them (and says so, with their
values, in an error_log of level info)
--- more_headers eval
main::bearer() . "\n" . main::bearer()
--- log_level: notice
--- error_code: 400
--- no_event_text
eyJ



=== TEST 10: two headers, one of them of another scheme
--- more_headers eval
"Authorization: Basic dTpw\n" . main::bearer()
--- log_level: notice
--- error_code: 400



=== TEST 11: two tokens in a header
--- more_headers eval
main::bearer() . ' ' . main::token()
--- error_code: 400
--- response_headers_like
WWW-Authenticate: Bearer .*error="invalid_request".*
--- no_event_text
eyJ



=== TEST 12: a list of two credentials
--- more_headers eval
main::bearer() . ', Bearer ' . main::token()
--- error_code: 400
--- response_headers_like
WWW-Authenticate: Bearer .*error="invalid_request".*



=== TEST 13: an empty token
--- raw_request eval
"GET /p/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Authorization: Bearer \r\n\r\n"
--- error_code_like: ^40[01]$



=== TEST 14: garbage
--- request eval
[map { "GET /p/$_" } 1 .. 12]
--- more_headers eval
my $t = main::token();
my ($h, $p, $s) = split /\./, $t;
[map { "Authorization: Bearer $_" }
    'x', '..', '...', 'a.b.c', "$h.$p", "$h.$p.", "$t.", "$t.x", ".$p.$s",
    "$h..$s", "$t=", "$h.$p.$s\x80"]
--- error_code eval
[(401) x 12]
--- response_headers_like eval
[('WWW-Authenticate: Bearer realm="hoop", error="invalid_token", error_description=".*"') x 12]
--- response_body_like eval
[('"status":401') x 12]
--- no_event_text
eyJ



=== TEST 15: a payload that was changed
--- more_headers eval
my ($h, undef, $s) = split /\./, main::token();
my (undef, $p) = split /\./, main::token(sub => 'admin');
"Authorization: Bearer $h.$p.$s"
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer realm="hoop", error="invalid_token", error_description="token signature is invalid"
--- events
{"type":"decision","decision":"deny","reason":"/signature/"}
--- no_event_text
admin



=== TEST 16: alg none, in any letters, with and without a signature
--- request eval
["GET /p/a", "GET /p/b", "GET /p/c", "GET /p/d"]
--- more_headers eval
[main::bearer(-alg => 'none'), main::bearer(-alg => 'None'),
 main::bearer(-alg => 'nOnE', -kid => undef),
 main::bearer(-alg => 'none', -signature => 'x' x 256)]
--- error_code eval
[(401) x 4]
--- response_headers_like eval
[('WWW-Authenticate: Bearer .*error="invalid_token".*') x 4]



=== TEST 17: HS256 with a public key as the secret
--- request eval
["GET /p/a", "GET /p/b", "GET /p/c"]
--- more_headers eval
my $pem = main::public_pem('rsa');
(my $chomped = $pem) =~ s/\n\z//;
[main::bearer(-alg => 'HS256', -secret => $pem),
 main::bearer(-alg => 'HS256', -secret => $chomped, -kid => undef),
 main::bearer(-alg => 'HS256', -key => 'ec',
              -secret => main::public_pem('ec'))]
--- error_code eval
[(401) x 3]
--- response_headers eval
[('WWW-Authenticate: Bearer realm="hoop", error="invalid_token", error_description="token algorithm is not allowed"') x 3]



=== TEST 18: the algorithm of another key
--- request eval
["GET /p/a", "GET /p/b"]
--- more_headers eval
[main::bearer(-alg => 'RS256', -key => 'rsa', -kid => 'ec'),
 main::bearer(-alg => 'ES256', -key => 'ec', -kid => 'rsa')]
--- error_code eval
[401, 401]



=== TEST 19: expired
--- more_headers eval
main::bearer(iat => time - 700, nbf => time - 700, exp => time - 60)
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer realm="hoop", error="invalid_token", error_description="token is expired"
--- events
{"type":"decision","decision":"deny","reason":"token is expired"}



=== TEST 20: expired within the leeway
--- more_headers eval
main::bearer(exp => time - 10)
--- response_body
reached



=== TEST 21: no exp, exp of a wrong type, not yet valid, issued in the future
--- request eval
[map { "GET /p/$_" } 1 .. 5]
--- more_headers eval
[main::bearer(exp => undef), main::bearer(exp => 'tomorrow'),
 main::bearer(nbf => time + 120), main::bearer(iat => time + 120),
 main::bearer(exp => time + 90000)]
--- error_code eval
[(401) x 5]
--- response_headers_like eval
[map { "WWW-Authenticate: Bearer .*error_description=\"$_\"" }
    ('token claim.*') x 2, ('token is not valid yet') x 2,
    'token lifetime.*']



=== TEST 22: wrong aud, no aud, aud of a wrong type
--- request eval
[map { "GET /p/$_" } 1 .. 4]
--- more_headers eval
[main::bearer(aud => 'hoop2'), main::bearer(aud => undef),
 main::bearer(aud => { hoop => 1 }), main::bearer(aud => ['x', 'y'])]
--- error_code eval
[(401) x 4]
--- response_headers_like eval
[('WWW-Authenticate: Bearer .*error="invalid_token".*') x 4]



=== TEST 23: wrong iss, no iss, iss with a slash more
--- request eval
["GET /p/a", "GET /p/b", "GET /p/c"]
--- more_headers eval
[main::bearer(iss => 'https://evil.test'), main::bearer(iss => undef),
 main::bearer(iss => 'https://idp.test/')]
--- error_code eval
[(401) x 3]



=== TEST 24: no sub
--- more_headers eval
main::bearer(sub => undef)
--- error_code: 401



=== TEST 25: a kid that the file does not have, and a key of it under its kid
--- request eval
["GET /p/a", "GET /p/b"]
--- more_headers eval
[main::bearer(-key => 'rsa2'), main::bearer(-key => 'rsa2', -kid => 'rsa')]
--- error_code eval
[401, 401]
--- response_headers eval
[map { "WWW-Authenticate: Bearer realm=\"hoop\", error=\"invalid_token\", error_description=\"$_\"" }
    "token key is unknown", "token signature is invalid"]



=== TEST 26: crit, an embedded key, cnf without a proof
--- request eval
["GET /p/a", "GET /p/b", "GET /p/c"]
--- more_headers eval
my ($key) = @{ JSON::PP::decode_json(main::jwks('rsa2'))->{keys} };
[main::bearer(-header => { crit => ['exp'], exp => 1 }),
 main::bearer(-key => 'rsa2', -kid => undef, -header => { jwk => $key }),
 main::bearer(cnf => { jkt => 'x' })]
--- error_code eval
[401, 401, 401]



=== TEST 27: a member that is there twice
--- request eval
["GET /p/a", "GET /p/b"]
--- more_headers eval
["Authorization: Bearer "
     . main::token_with(main::raw_claims(',"sub":"admin"')),
 "Authorization: Bearer "
     . main::token_with(main::raw_claims(''), -header_text =>
                        '{"alg":"RS256","alg":"none","kid":"rsa"}')]
--- error_code eval
[401, 401]
--- no_event_text
admin



=== TEST 28: a token that is too long
--- more_headers eval
main::bearer(pad => 'x' x 16000)
--- config
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
large_client_header_buffers 4 64k;
--- error_code: 401



=== TEST 29: the location's realm
--- config
location /p/ {
    hoop on;
    hoop_realm "crm";
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer realm="crm"



=== TEST 30: nothing of what was refused has reached the upstream
--- init
$main::upstream->reset;
--- request eval
["GET /p/a", "GET /p/b", "POST /p/c\nbody", "GET /last"]
--- more_headers eval
["", main::bearer(-alg => 'none'), main::bearer(exp => 1), ""]
--- error_code eval
[401, 401, 401, 200]
--- response_body eval
[qr/"status":401/, qr/"status":401/, qr/"status":401/, ""]



=== TEST 31: algorithms of the issuer
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
    algorithms ES256;
}
--- request eval
["GET /p/a", "GET /p/b"]
--- more_headers eval
[main::bearer(-key => 'ec'), main::bearer()]
--- error_code eval
[200, 401]



=== TEST 32: who it was, in variables
--- config
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    add_header X-Who "$hoop_sub|$hoop_issuer|$hoop_actor|$hoop_claim_team";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- more_headers eval
main::bearer(team => 'blue', act => { sub => 'planner' })
--- response_headers_like
X-Who: agent-1\|[^|]*\|planner\|blue
--- events
{"type":"decision","identity":{"sub":"agent-1","act":{"sub":"planner"}}}



=== TEST 33: a broken key set does not start
--- user_files
>>> policy.json
{ "version": 1, "name": "all", "rules": [] }
>>> jwks.json
{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_SERVER_ROOT/html/jwks.json;
}
--- must_die
--- suppress_stderr
--- error_log
[emerg]
jwks.json
--- no_error_log
[alert]
