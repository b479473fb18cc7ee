# Copyright (C) ngx_hoop_module authors
#
# Keys of an issuer over HTTP: discovery, rotation, and an issuer that is
# away, closes, hangs or answers nonsense.  No token is refused or let in for
# the want of keys with a wrong word: 503 says that it could not be judged.
#
# A worker fetches as soon as it runs: what the issuer is to do then is told by
# the section "idp", before nginx is started.

use Test::Nginx::Socket 'no_plan';

use IO::Socket::INET;

use lib 't/lib';
use Hoop::Daemon;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $idp = Hoop::Upstream->new(oidc => 1);
our $upstream = Hoop::Upstream->new(routes => {
    '/p/*' => "reached\n",
    '/common/doc' => sprintf('{"issuer":"%s","jwks_uri":"%s/jwks"}',
                             $idp->issuer, $idp->url),
    '/common/tls' => sprintf('{"issuer":"%s","jwks_uri":"%s/jwks"}',
                             $idp->issuer =~ s/http/https/r, $idp->url),
});
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
    $idp->control(keys => 'rsa,ec', fail => '', delay => 0, jwks => 'jwks');
    $idp->control($1 => $2) if ($block->idp // '') =~ /^(\w+)=(\S+)/;
    $idp->reset;
    $idp->down if ($block->idp // '') =~ /^down/;

    $block->set_value('http_config', <<'END') if !defined $block->http_config;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer http://127.0.0.1:$TEST_NGINX_IDP_PORT;
    audience hoop;
    discovery on;
    jwks_pause 200ms;
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
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log;
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
 ["GET", { value => " /p/b", delay_before => 0.3 }], "GET /p/c"]
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
--- idp: down
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
 ["GET", { value => " /p/b", delay_before => 0.3 }], "GET /p/c"]
--- more_headers eval
[main::from_idp(), "", main::from_idp(-key => 'rsa2'), main::from_idp()]
--- error_code eval
[200, 200, 503, 200]
--- response_body_like eval
["reached", "ok", "the issuer's keys cannot be had", "reached"]



=== TEST 8: the issuer closes
--- idp: fail=close
--- more_headers eval
main::from_idp()
--- error_code: 503



=== TEST 9: the issuer hangs; others are served meanwhile
--- idp: fail=hang
--- request eval
["GET /p/a", "GET /index.html"]
--- more_headers eval
[main::from_idp(), ""]
--- error_code eval
[503, 200]



=== TEST 10: the issuer answers nonsense
--- idp: fail=garbage
--- more_headers eval
main::from_idp()
--- error_code: 503
--- error_log
hoop: issuer "idp"



=== TEST 11: the issuer answers 404
--- idp: fail=404
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



=== TEST 14: a client that leaves during the fetch does not stop it
--- idp: delay=0.3
--- request eval
["GET /p/a", "GET /p/b", "GET /idp/__count"]
--- more_headers eval
[main::from_idp(), main::from_idp(), ""]
--- timeout: 400ms
--- abort
--- error_code eval
["", 200, 200]
--- response_body eval
["", "reached\n", "2\n"]



=== TEST 15: two clients wait for one fetch
--- idp: delay=0.2
--- init
main::another_client(3);
--- request eval
["GET /p/a", "GET /idp/__count"]
--- more_headers eval
[main::from_idp(), ""]
--- error_code eval
[200, 200]
--- response_body eval
["reached\n", "2\n"]



=== TEST 16: nobody waits for a fetch that a client who left has started
--- idp: down
--- init
select undef, undef, undef, 0.3;
$main::idp->up;
$main::idp->control(delay => 0.3);
# the last attempt that failed must be longer ago than jwks_pause
select undef, undef, undef, 0.25;
main::another_client(0.2);
--- request eval
["GET /p/a", "GET /idp/__control?delay=0", "GET /p/b", "GET /idp/__count"]
--- more_headers eval
[main::from_idp(), "", main::from_idp(), ""]
--- error_code eval
[(200) x 4]
--- response_body eval
["reached\n", "ok\n", "reached\n", "2\n"]



=== TEST 17: the fetch in the background: the first client does not wait
--- init
select undef, undef, undef, 0.1 while (() = $main::idp->requests) < 2;
select undef, undef, undef, 0.1;
$main::idp->control(fail => 'hang');
--- timeout: 500ms
--- more_headers eval
main::from_idp()
--- error_code: 200
--- response_body
reached



=== TEST 18: the document elsewhere, the key set at another host
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer http://127.0.0.1:$TEST_NGINX_IDP_PORT;
    audience hoop;
    discovery http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/common/doc;
}
--- more_headers eval
main::from_idp()
--- error_code: 200
--- response_body
reached



=== TEST 19: the key set of an issuer with TLS is not fetched without
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://127.0.0.1:$TEST_NGINX_IDP_PORT;
    audience hoop;
    discovery http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/common/tls;
}
--- more_headers eval
main::from_idp(iss => "https://127.0.0.1:$ENV{TEST_NGINX_IDP_PORT}")
--- error_code: 503
--- error_log
has no acceptable "jwks_uri"



=== TEST 20: the key set has moved
--- request eval
["GET /p/a", "GET /idp/__control?jwks=jwks2&keys=rsa2",
 ["GET", { value => " /p/b", delay_before => 0.3 }], "GET /idp/__count"]
--- more_headers eval
[main::from_idp(), "", main::from_idp(-key => 'rsa2'), ""]
--- error_code eval
[(200) x 4]
--- response_body eval
["reached\n", "ok\n", "reached\n", "5\n"]



=== TEST 21: no value of discovery
--- http_config
hoop_issuer idp {
    issuer http://127.0.0.1:1;
    audience hoop;
    discovery off;
}
--- must_die
--- no_error_log
[alert]
[crit]
--- error_log
"discovery" has an invalid value, wanted "on" or the URL of the document



=== TEST 22: hoop_fetch that is no URI
--- config
hoop_fetch @fetch;
location /p/ {
    hoop on;
}
--- must_die
--- no_error_log
[alert]
[crit]
--- error_log
hoop_fetch "@fetch" is not the URI of a location
