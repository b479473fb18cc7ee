# Copyright (C) ngx_hoop_module authors
#
# What a refused client is told (RFC 6750, 3): one challenge, to the letter,
# where another token may help, and none where it would not.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Curl;
use Hoop::Daemon qw( free_port );
use Hoop::Proof;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => {
    '/accel' => { headers => ['X-Accel-Redirect' => '/scoped/x'] },
    '/*' => "reached\n" });
our $redis = Hoop::Redis->new;

$ENV{TEST_NGINX_H2_PORT} = free_port();
$ENV{TEST_NGINX_CLOSED_PORT} = free_port();

our $no_http2 = `curl --version 2>/dev/null` !~ /HTTP2/;
our $meta = 'resource_metadata="https://api.test'
            . '/.well-known/oauth-protected-resource"';

# the challenge, which is to be the only one
sub challenge {
    my (@param) = @_;
    return 'Bearer ' . join ', ', 'realm="r"', @param;
}

sub failed {
    my ($code, $text) = @_;
    return (qq{error="$code"}, qq{error_description="$text"});
}

# that of a client which has sent so many tokens that are no good
our @refused = (
    ['', 401, challenge($meta), 'no bearer token'],
    ['Authorization: Basic eDp5', 401, challenge($meta), 'no bearer token'],
    ['Authorization: Negotiate', 401, challenge($meta), 'no bearer token'],
    ['Authorization: Bearerx y', 401, challenge($meta), 'no bearer token'],
    ['Authorization:', 401, challenge($meta), 'no bearer token'],
    (map { ["Authorization: Bearer $_->[0]", 401,
            challenge(failed('invalid_token', $_->[1]), $meta), $_->[1]] }
        ['x', 'token is malformed'],
        [token(exp => time - 100), 'token is expired'],
        [token(nbf => time + 100), 'token is not valid yet'],
        [token(aud => 'x'), 'token audience is not accepted'],
        [token(iss => 'x'), 'token issuer is not accepted'],
        [token(sub => undef), 'the token has no sub'],
        [token(exp => undef), 'token claim is missing or of a wrong type'],
        [token(-signature => 'x' x 256), 'token signature is invalid']),
    (map { [$_->[0], 400, challenge(failed('invalid_request', $_->[1])),
            $_->[1]] }
        ['Authorization: Bearer', 'the token is empty'],
        ['Authorization: bearer    ', 'the token is empty'],
        ['Authorization: Bearer x y', 'more than one token'],
        ['Authorization: Bearer x,y', 'more than one token'],
        ["Authorization: Bearer x\r\nAuthorization: Bearer x",
         'more than one Authorization header']),
    ['Authorization: dpop', 400,
     'DPoP ' . join(', ', 'realm="r"',
                    failed('invalid_request', 'the token is empty'),
                    'algs="ES256 ES384 ES512 EdDSA PS256 PS384 PS512 RS256'
                    . ' RS384 RS512"'), 'the token is empty'],
);

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', <<'END');
hoop_redis redis://127.0.0.1:$TEST_NGINX_REDIS_PORT;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
hoop_issuer away {
    issuer https://away.test;
    audience hoop;
    jwks_url http://127.0.0.1:$TEST_NGINX_CLOSED_PORT/;
}
END

    $block->set_value('config', ($block->listen // '') . <<'END');
hoop_realm r;
hoop_resource https://api.test;
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
hoop_fetch /_hoop_fetch;
location = /_hoop_fetch {
    internal;
    proxy_pass $hoop_fetch_url;
}
location / {
    hoop on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /scoped/ {
    hoop on;
    hoop_scope a b;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /api/ {
    hoop on;
    hoop_scope approve;
    hoop_api;
}
location /page/ {
    hoop on;
    hoop_scope a;
    error_page 400 401 403 503 /page.html;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /named/ {
    hoop on;
    hoop_scope a;
    error_page 401 403 = @named;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location @named {
    root $TEST_NGINX_SERVER_ROOT/html;
    try_files /page.html =404;
}
location /login/ {
    hoop on;
    error_page 401 https://login.test/;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /same/ {
    hoop on;
    error_page 401 503 /same/error;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /other/ {
    hoop on;
    hoop_audience other;
    error_page 401 /$arg_page/x;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /revocable/ {
    hoop on;
    hoop_revocation;
    error_page 503 /$arg_page/x?page=$arg_page;
    recursive_error_pages on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /denied/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/deny.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /waiting/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/review.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /mcp/ {
    if ($request_method = OPTIONS) {
        add_header Access-Control-Allow-Origin https://app.test;
        add_header Access-Control-Allow-Methods "GET, POST, DELETE";
        add_header Access-Control-Allow-Headers
            "Authorization, DPoP, Content-Type, Last-Event-ID, Mcp-Session-Id, MCP-Protocol-Version";
        return 204;
    }
    add_header Access-Control-Allow-Origin https://app.test always;
    add_header Access-Control-Expose-Headers
        "WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id, Hoop-Session" always;
    hoop on;
    hoop_scope crm.read;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /dpop/ {
    hoop on;
    hoop_scope a;
    hoop_proof required dpop algorithms=ES256,EdDSA nonce=on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /either/ {
    hoop on;
    hoop_scope a;
    hoop_proof optional algorithms=ES256;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /open/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /page.html {
}
END

    $block->set_value('user_files', <<'END');
>>> page.html
page
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow",
      "match": { "request": { "path": "/**" } } } ] }
>>> deny.json
{ "version": 1, "name": "none", "rules": [] }
>>> review.json
{ "version": 1, "name": "review", "rules": [
    { "id": "ask", "effect": "review", "match": {},
      "review": { "approvers": ["dba"] } } ] }
END

    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log;
});

Hoop::Client->steps;
Hoop::Spool->install;
log_level('info');
no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: what a client has sent, and what it is told
--- steps
for (@main::refused) {
    my ($header, $status, $challenge, $detail) = @$_;

    for my $method (qw( GET HEAD POST )) {
        my $res = ask($method => '/x', $header,
                      $method eq 'POST' ? 'a=b' : undef);
        my $name = "$method, $detail";

        is($res->{status}, $status, $name);
        is($res->{headers}{'www-authenticate'}, $challenge, $name);
        is($res->{headers}{'content-type'}, 'application/problem+json', $name);
        is($res->{headers}{'cache-control'}, 'no-store', $name);
        ok(!defined $res->{headers}{'retry-after'}, $name);

        if ($method eq 'HEAD') {
            is($res->{body}, '', $name);

        } else {
            is($res->{json}{status}, $status, $name);
            is($res->{json}{detail}, $detail, $name);
        }
    }
}
--- request
GET /x
--- more_headers eval
main::bearer()
--- response_headers
!WWW-Authenticate



=== TEST 2: a token that lacks a scope
--- request eval
["GET /scoped/x", "HEAD /scoped/x", "GET /scoped/x", "GET /accel"]
--- more_headers eval
[(main::bearer(scope => 'a')) x 2, main::bearer(scope => 'b a'),
 main::bearer()]
--- error_code eval
[403, 403, 200, 403]
--- response_headers eval
[(map { $_ == 2 ? '!WWW-Authenticate'
        : 'WWW-Authenticate: ' . main::challenge(main::failed('insufficient_scope', 'token lacks a scope that is needed here'), 'scope="a b"', $main::meta) }
  0 .. 3)]



=== TEST 3: a no of policy is not about the token
--- request
GET /denied/x
--- more_headers eval
main::bearer()
--- error_code: 403
--- response_headers
!WWW-Authenticate
!Retry-After



=== TEST 4: nothing that the client can do anything about
--- request eval
["GET /x", "HEAD /x"]
--- more_headers eval
[(main::bearer(iss => 'https://away.test')) x 2]
--- error_code eval
[503, 503]
--- response_headers eval
["Retry-After: 5\r\n!WWW-Authenticate\r\nContent-Type: application/problem+json",
 "Retry-After: 5\r\n!WWW-Authenticate"]
--- response_body_like eval
['"status":503,"detail":"the issuer.s keys cannot be had"', '^\z']



=== TEST 5: HTTP/1.0
--- request eval
["GET /x HTTP/1.0", "GET /x HTTP/1.0"]
--- more_headers eval
["", "Authorization: Bearer x"]
--- error_code eval
[401, 401]
--- response_headers eval
["Connection: close\r\nWWW-Authenticate: " . main::challenge($main::meta),
 "WWW-Authenticate: " . main::challenge(main::failed('invalid_token', 'token is malformed'), $main::meta)]



=== TEST 6: approvers are asked for their scope
--- request eval
["GET /api/approvals", ("GET /api/approvals") x 3]
--- more_headers eval
["", main::bearer(scope => 'a b'), main::bearer(scope => 'approve'),
 main::bearer(scope => 'approve', aud => 'x')]
--- error_code eval
[401, 403, 200, 401]
--- response_headers eval
['WWW-Authenticate: ' . main::challenge('scope="approve"', $main::meta),
 'WWW-Authenticate: ' . main::challenge(main::failed('insufficient_scope', 'token lacks a scope that is needed here'), 'scope="approve"', $main::meta),
 '!WWW-Authenticate',
 'WWW-Authenticate: ' . main::challenge(main::failed('invalid_token', 'token audience is not accepted'), 'scope="approve"', $main::meta)]



=== TEST 7: with a page of the operator's
--- request eval
["GET /page/x", "GET /page/x", "GET /page/x", "GET /page/x", "HEAD /page/x",
 "GET /named/x", "GET /login/x", "GET /same/x"]
--- more_headers eval
["", main::bearer(), "Authorization: Bearer", main::bearer(iss => 'https://away.test'),
 "", "", "", ""]
--- error_code eval
[401, 403, 400, 503, 401, 200, 302, 401]
--- response_headers eval
[map { ref $_ ? 'WWW-Authenticate: ' . main::challenge(@$_) : $_ }
 ['scope="a"', $main::meta],
 [main::failed('insufficient_scope', 'token lacks a scope that is needed here'), 'scope="a"', $main::meta],
 [main::failed('invalid_request', 'the token is empty')],
 "Retry-After: 5\r\n!WWW-Authenticate",
 ['scope="a"', $main::meta],
 ['scope="a"', $main::meta],
 [$main::meta], [$main::meta]]
--- response_body_like eval
[("^page\n") x 4, '^\z', "^page\n", '302', '401']



=== TEST 8: a page that is protected has a word of its own
--- steps
my $res;
my $bearer = bearer();
my @other = failed('invalid_token', 'token audience is not accepted');

sub told {
    my ($uri, $status, $challenge, $retry) = @_;

    my $res = ask(GET => $uri, $bearer);

    is($res->{status}, $status, $uri);
    is($res->{json}{status}, $status, $uri) if $uri !~ /=other/;
    is($res->{headers}{'www-authenticate'}, $challenge, $uri);
    is($res->{headers}{'retry-after'}, $retry, $uri);
}

told('/other/x?page=other', 401, challenge(@other, $meta));
told('/other/x?page=scoped', 403,
     challenge(failed('insufficient_scope',
                      'token lacks a scope that is needed here'),
               'scope="a b"', $meta));
told('/other/x?page=denied', 403);

$res = ask(GET => '/other/x?page=waiting', $bearer);
is($res->{status}, 202, 'waiting');
is($res->{json}{state}, 'pending', 'waiting');
is($res->{headers}{'retry-after'}, 5, 'waiting');
is($res->{headers}{'www-authenticate'}, undef, 'waiting');

# the target's answer with the status of the refusal
$res = ask(GET => '/other/x?page=open', $bearer);
is($res->{status}, 401, 'open');
is($res->{body}, "reached\n", 'open');
is($res->{headers}{'www-authenticate'}, challenge(@other, $meta), 'open');

$redis->kill;
told('/other/x?page=revocable', 503, undef, 5);
told('/revocable/x?page=denied', 403);
told('/revocable/x?page=scoped', 403,
     challenge(failed('insufficient_scope',
                      'token lacks a scope that is needed here'),
               'scope="a b"', $meta));
told('/revocable/x?page=other', 401, challenge(@other, $meta));
$redis->start;
--- request
GET /x
--- error_code: 401



=== TEST 9: HTTP/2
--- skip_eval
1: $main::no_http2
--- listen
listen 127.0.0.1:$TEST_NGINX_H2_PORT http2;
--- steps
for (@main::refused) {
    my ($header, $status, $challenge, $detail) = @$_;

    next if $header =~ /:$/;

    my $res = curl("http://127.0.0.1:$ENV{TEST_NGINX_H2_PORT}/x", $header,
                   '--http2-prior-knowledge');

    like($res->{head}, qr{^HTTP/2 $status}, "HTTP/2, $detail");
    is($res->{headers}{'www-authenticate'}, $challenge, "HTTP/2, $detail");
}

my $res = curl("http://127.0.0.1:$ENV{TEST_NGINX_H2_PORT}/x",
               main::bearer(iss => 'https://away.test'),
               '--http2-prior-knowledge');

is($res->{status}, 503, 'HTTP/2, no keys');
is($res->{headers}{'retry-after'}, 5, 'HTTP/2, no keys');
is($res->{headers}{'www-authenticate'}, undef, 'HTTP/2, no keys');
--- request
GET /x
--- error_code: 401



=== TEST 10: an MCP client in a browser
--- steps
my @origin = ('Origin: https://app.test');
my @preflight = (@origin, 'Access-Control-Request-Method: POST',
    'Access-Control-Request-Headers: authorization,content-type');
my $body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
my $res;

sub cors {
    my ($res, $name) = @_;

    is($res->{headers}{'access-control-allow-origin'}, 'https://app.test',
       $name);
    like($res->{headers}{'access-control-expose-headers'},
         qr/WWW-Authenticate/, $name);
}

$upstream->reset;

$res = ask(OPTIONS => '/mcp/x', [@preflight]);
is($res->{status}, 204, 'a preflight that nginx answers');
is($res->{headers}{'access-control-allow-origin'}, 'https://app.test',
   'for the origin');
like($res->{headers}{'access-control-allow-headers'}, qr/Authorization/,
     'with Authorization');
is($res->{headers}{'www-authenticate'}, undef, 'no challenge');

$res = ask(OPTIONS => '/x', [@preflight]);
is($res->{status}, 401, 'a preflight that nobody answers');
is($res->{headers}{'www-authenticate'}, challenge($meta), 'the challenge');
is($res->{json}{detail}, 'no bearer token', 'why');

$res = ask(POST => '/mcp/x', [@origin, 'Content-Type: application/json'],
           $body);
is($res->{status}, 401, 'the first request');
is($res->{headers}{'www-authenticate'}, challenge('scope="crm.read"', $meta),
   'where to get a token, and for what');
cors($res, 'a script may read that');

$res = ask(POST => '/mcp/x', [@origin, 'Content-Type: application/json',
                              bearer(scope => 'x')], $body);
is($res->{status}, 403, 'with another scope');
is($res->{headers}{'www-authenticate'},
   challenge(failed('insufficient_scope',
                    'token lacks a scope that is needed here'),
             'scope="crm.read"', $meta), 'which is needed');
cors($res, 'a script may read that');

is(scalar(() = $upstream->requests), 0, 'nothing has reached the target');

$res = ask(POST => '/mcp/x', [@origin, 'Content-Type: application/json',
                              bearer(scope => 'crm.read')], $body);
is($res->{status}, 200, 'with that');
cors($res, 'a script may read that');
--- request
GET /x
--- error_code: 401



=== TEST 11: a server that wants proofs, to the letter
--- steps
my $algs = 'algs="ES256 EdDSA"';
my $bound = token(scope => 'a', cnf => { jkt => jkt() });
my ($res, $nonce);

sub told_proof {
    my ($name, $uri, $headers, $status, $want) = @_;

    my $res = ask(GET => $uri, $headers);

    is($res->{status}, $status, $name);
    is($res->{headers}{'www-authenticate'}, $want, $name);
    return $res;
}

sub dpop_challenge { return join ', ', 'DPoP realm="r"', @_ }

told_proof('no token, DPoP wanted', '/dpop/x', [], 401,
           dpop_challenge('scope="a"', $meta, $algs));
told_proof('no token, either will do', '/either/x', [], 401,
           challenge('scope="a"', $meta) . ', DPoP algs="ES256"');
told_proof('a bearer token', '/dpop/x', [bearer(scope => 'a')], 401,
           dpop_challenge(failed('invalid_token', 'token is not bound to a '
                                 . 'key, as it must be here'),
                          'scope="a"', $meta, $algs));
told_proof('no proof', '/dpop/x', ["Authorization: DPoP $bound"], 401,
           dpop_challenge(failed('invalid_dpop_proof', 'proof is missing'),
                          'scope="a"', $meta, $algs));
told_proof('a bound token as a bearer\'s', '/either/x',
           ["Authorization: Bearer $bound"], 401,
           challenge(failed('invalid_token', 'token is bound to a key: wanted '
                            . 'scheme DPoP'), 'scope="a"', $meta)
           . ', DPoP algs="ES256"');

$res = told_proof('no nonce', '/dpop/x',
                  [split /\n/, dpop('/dpop/x', -token => $bound)], 401,
                  dpop_challenge(failed('use_dpop_nonce', 'proof needs a '
                                 . 'nonce that was given recently'),
                                 'scope="a"', $meta, $algs));
$nonce = $res->{headers}{'dpop-nonce'};
like($nonce, qr/^[\w-]+\z/, 'the nonce');

$res = ask(GET => '/dpop/x', [split /\n/,
           dpop('/dpop/x', -token => $bound, nonce => $nonce)]);
is($res->{status}, 200, 'with it');

$bound = token(scope => 'b', cnf => { jkt => jkt() });
told_proof('another scope', '/dpop/x', [split /\n/,
           dpop('/dpop/x', -token => $bound, nonce => $nonce)], 403,
           dpop_challenge(failed('insufficient_scope', 'token lacks a scope '
                                 . 'that is needed here'),
                          'scope="a"', $meta, $algs));
told_proof('two tokens', '/dpop/x', ["Authorization: DPoP $bound, x"], 400,
           dpop_challenge(failed('invalid_request', 'more than one token'),
                          $algs));
--- request
GET /x
--- error_code: 401
