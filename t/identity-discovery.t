# Copyright (C) ngx_hoop_module authors
#
# Keys of an issuer over HTTP: discovery, rotation, and an issuer that is
# away, closes, hangs or answers nonsense.  No token is refused or let in for
# the want of keys with a wrong word: 503 says that it could not be judged.

use Test::Nginx::Socket 'no_plan';

use IO::Socket::INET;

use lib 't/lib';
use Hoop::Daemon;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });
our $idp = Hoop::Upstream->new(oidc => 1);
our $other;

sub from_idp {
    return main::bearer(iss => $idp->issuer, @_);
}

# another client that asks for /p/other and leaves after so many seconds
sub another_client {
    my ($seconds) = @_;

    my $port = server_port();
    my $request = "GET /p/other HTTP/1.0\r\nHost: localhost\r\n"
                  . from_idp() . "\r\n\r\n";

    $main::other = Hoop::Daemon->spawn(name => 'client', code => sub {
        my $sock = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
        print $sock $request;
        select undef, undef, undef, $seconds;
    });

    select undef, undef, undef, 0.1;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $idp->up;
    $idp->control(keys => 'rsa,ec', fail => '', delay => 0);
    $idp->reset;

    $block->set_value('http_config', <<'END') if !defined $block->http_config;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer http://127.0.0.1:$TEST_NGINX_IDP_PORT;
    audience hoop;
    discovery on;
}
END

    $block->set_value('config', <<'END') if !defined $block->config;
hoop_fetch /_hoop_fetch;
location = /_hoop_fetch {
    internal;
    proxy_pass $hoop_fetch_url;
    proxy_pass_request_headers off;
    proxy_pass_request_body off;
    proxy_read_timeout 1500ms;
    subrequest_output_buffer_size 256k;
}
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /idp/ { proxy_pass http://127.0.0.1:$TEST_NGINX_IDP_PORT/; }
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow",
      "match": { "request": { "path": "/p/**" } } } ] }
END

    $block->set_value('request', 'GET /p/a') if !defined $block->request;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ");
});

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: discovery, then the key set, once for many tokens
--- request eval
["GET /p/a", "GET /p/b", "GET /p/c", "GET /idp/__count"]
--- more_headers eval
[main::from_idp(), main::from_idp(), main::from_idp(-key => 'ec'), ""]
--- error_code eval
[(200) x 4]
--- response_body eval
[("reached\n") x 3, "2\n"]



=== TEST 2: the agent's token does not go to the issuer
--- request eval
["GET /p/a", "GET /idp/__requests"]
--- more_headers eval
["X-Other: secret-header\n" . main::from_idp(), ""]
--- error_code eval
[200, 200]
--- response_body_unlike eval
["authorization", qr/authorization|secret-header/i]



=== TEST 3: a POST's body is kept for the upstream, not for the issuer
--- request eval
["POST /p/a\nthe body", "GET /idp/__requests", "GET /p-last"]
--- more_headers eval
[main::from_idp(), "", ""]
--- config
hoop_fetch /_hoop_fetch;
location = /_hoop_fetch {
    internal;
    proxy_pass $hoop_fetch_url;
    subrequest_output_buffer_size 256k;
}
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /p-last {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/__last;
}
location /idp/ { proxy_pass http://127.0.0.1:$TEST_NGINX_IDP_PORT/; }
--- error_code eval
[200, 200, 200]
--- response_body_like eval
["reached", qr/^(?!.*content-length)(?!.*authorization)/si,
 "the body\$"]



=== TEST 4: rotation: an unknown kid makes the keys be fetched again
--- request eval
["GET /p/a", "GET /idp/__control?keys=rsa2",
 ["GET", { value => " /p/b", delay_before => 6 }], "GET /p/c"]
--- timeout: 10
--- more_headers eval
[main::from_idp(), "", main::from_idp(-key => 'rsa2'), main::from_idp()]
--- error_code eval
[200, 200, 200, 401]
--- response_body_like eval
["reached", "ok", "reached", "token key is unknown"]



=== TEST 5: unknown kids do not make a storm of fetches
--- request eval
["GET /p/0", (map { "GET /p/$_" } 1 .. 8), "GET /idp/__count"]
--- more_headers eval
[main::from_idp(), (map { main::from_idp(-kid => "k$_") } 1 .. 8), ""]
--- error_code eval
[200, (401) x 8, 200]
--- response_body_like eval
["reached", ("token key is unknown") x 8, '^[23]$']



=== TEST 6: the issuer is away from the start
--- init
$main::idp->down;
--- more_headers eval
main::from_idp()
--- error_code: 503
--- response_headers
Content-Type: application/problem+json
!WWW-Authenticate
--- response_body_like: "status":503,"detail":"the issuer's keys cannot be had"
--- error_log
connect() failed
--- events
{"type":"decision","decision":"error"}
--- no_event_text
eyJ



=== TEST 7: an unknown kid while the issuer is away; known keys go on
--- request eval
["GET /p/a", "GET /idp/__control?fail=500",
 ["GET", { value => " /p/b", delay_before => 6 }], "GET /p/c"]
--- timeout: 10
--- more_headers eval
[main::from_idp(), "", main::from_idp(-key => 'rsa2'), main::from_idp()]
--- error_code eval
[200, 200, 503, 200]
--- response_body_like eval
["reached", "ok", "the issuer's keys cannot be had", "reached"]



=== TEST 8: the issuer closes
--- init
$main::idp->control(fail => 'close');
--- more_headers eval
main::from_idp()
--- error_code: 503



=== TEST 9: the issuer hangs; others are served meanwhile
--- init
$main::idp->control(fail => 'hang');
--- request eval
["GET /p/a", "GET /index.html"]
--- more_headers eval
[main::from_idp(), ""]
--- error_code eval
[503, 200]



=== TEST 10: the issuer answers nonsense
--- init
$main::idp->control(fail => 'garbage');
--- more_headers eval
main::from_idp()
--- error_code: 503
--- error_log
hoop: issuer "idp"



=== TEST 11: the issuer answers 404
--- init
$main::idp->control(fail => '404');
--- more_headers eval
main::from_idp()
--- error_code: 503
--- error_log
answered with status 404



=== TEST 12: the document names another issuer
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer http://localhost:$TEST_NGINX_IDP_PORT;
    audience hoop;
    discovery on;
}
resolver 127.0.0.1:1;
upstream localhost { server 127.0.0.1:$TEST_NGINX_IDP_PORT; }
--- config
hoop_fetch /_hoop_fetch;
location = /_hoop_fetch {
    internal;
    proxy_pass http://127.0.0.1:$TEST_NGINX_IDP_PORT/.well-known/openid-configuration;
    subrequest_output_buffer_size 256k;
}
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- more_headers eval
main::from_idp(iss => "http://localhost:$ENV{TEST_NGINX_IDP_PORT}")
--- error_code: 503
--- error_log
names another issuer



=== TEST 13: the fetch location is internal
--- request
GET /_hoop_fetch
--- error_code: 404



=== TEST 14: a client that leaves during the fetch does not stop the next
--- init
$main::idp->control(fail => 'hang');
--- request eval
["GET /p/a", "GET /idp/__control?fail=", "GET /p/b"]
--- more_headers eval
[main::from_idp(), "", main::from_idp()]
--- timeout: 700ms
--- abort
--- error_code eval
["", 200, 200]
--- response_body_like eval
["", "ok", "reached"]



=== TEST 15: two clients wait for one fetch
--- init
$main::idp->control(delay => 0.2);
main::another_client(3);
--- request eval
["GET /p/a", "GET /idp/__count"]
--- more_headers eval
[main::from_idp(), ""]
--- error_code eval
[200, 200]
--- response_body eval
["reached\n", "2\n"]



=== TEST 16: the client that fetches leaves, another takes over
--- init
$main::idp->control(delay => 0.3);
main::another_client(0.2);
--- request eval
["GET /p/a", "GET /idp/__control?delay=0", "GET /p/b"]
--- more_headers eval
[main::from_idp(), "", main::from_idp()]
--- error_code eval
[200, 200, 200]
--- response_body eval
["reached\n", "ok\n", "reached\n"]
