# Copyright (C) ngx_hoop_module authors
#
# The location through which keys are fetched, amid all that a server may have
# for clients: none of it stops a fetch, nobody else gets in by its way, and
# only such a location names keys.

use Test::Nginx::Socket 'no_plan';

use Time::HiRes qw( time );

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( free_port wait_for );
use Hoop::Proof;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $idp = Hoop::Upstream->new(oidc => 1);
our $upstream = Hoop::Upstream->new(routes => {
    '/p/*' => "reached\n",
    # a target that would like to name the keys
    '/_hoop_fetch' => { type => 'application/json', body => jwks('ec') },
    '/mirror' => 'mirrored',
});

$ENV{TEST_NGINX_CA} = ca();
$ENV{TEST_NGINX_SERVER_CERT} = certificate('server')->{cert};
$ENV{TEST_NGINX_SERVER_KEY} = certificate('server')->{key};
$ENV{TEST_NGINX_SELF_CERT} = certificate('self')->{cert};
$ENV{TEST_NGINX_SELF_KEY} = certificate('self')->{key};
$ENV{TEST_NGINX_TLS_PORT} = free_port();
$ENV{TEST_NGINX_MORE_PORT} = free_port();

sub from_idp {
    return main::bearer(iss => $idp->issuer, @_);
}

sub keys_are_there {
    my $token = from_idp();

    main::ok(wait_for(sub {
        ask(GET => '/p/x', $token)->{status} == 200
    }, 5), 'keys are there');
}

sub told {
    my ($file) = @_;

    open my $log, '<', "$ENV{TEST_NGINX_SERVER_ROOT}/logs/$file"
        or return '';
    local $/;
    return scalar <$log>;
}

Hoop::Client->steps;

add_block_preprocessor(sub {
    my ($block) = @_;

    $_->reset for $idp, $upstream;
    $idp->control(fail => '', keys => 'rsa', delay => 0);

    my $http = $block->http // '';
    my $rules = $block->rules // '';
    my $server = $block->server // '';
    my $fetch = $block->fetch // "internal;\nproxy_pass \$hoop_fetch_url;";

    $block->set_value('http_config', <<"END");
hoop_audit \$TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer http://127.0.0.1:\$TEST_NGINX_IDP_PORT;
    audience hoop;
    jwks_url http://127.0.0.1:\$TEST_NGINX_IDP_PORT/jwks;
    jwks_pause 50ms;
    jwks_timeout 2s;
    $rules
}
$http
END

    $block->set_value('config', <<"END");
$server
hoop_fetch /_hoop_fetch;
location = /_hoop_fetch {
    $fetch
}
location /p/ {
    hoop on;
    hoop_policy \$TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow",
      "match": { "request": { "path": "/p/**" } } } ] }
>>> users
nobody:{PLAIN}x
>>> answer
{}
END

    $block->set_value('request', 'GET /p/x') if !defined $block->request;
    $block->set_value('more_headers', from_idp())
        if !defined $block->more_headers;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log;

    # a fetch that cannot work
    if (defined $block->fails) {
        my $text = $block->fails;
        $block->set_value('error_code', 503);
        $block->set_value('error_log', $text);
    }
});

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: access, limits and rewrites are for clients
--- http
limit_req_zone $server_name zone=req:64k rate=1r/m;
limit_conn_zone $server_name zone=conn:64k;
--- server
satisfy all;
if ($http_authorization = "") {
    return 402;
}
rewrite ^/_hoop_fetch$ /elsewhere;
location /elsewhere { return 410; }
--- fetch
internal;
deny all;
auth_basic closed;
auth_basic_user_file $TEST_NGINX_SERVER_ROOT/html/users;
limit_req zone=req;
limit_conn conn 1;
limit_except POST { deny all; }
try_files /html/answer =404;
proxy_pass $hoop_fetch_url;
--- error_code: 200



=== TEST 2: ... a client does not come through by them
--- request eval
["GET /_hoop_fetch", "GET /_hoop_fetch", "GET /%5fhoop_fetch"]
--- more_headers eval
["", main::from_idp(), "Host: hoop_fetch"]
--- error_code eval
[404, 404, 404]



=== TEST 3: hoop on, at the server and in the location
--- server
hoop on;
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
--- fetch
internal;
hoop on;
proxy_pass $hoop_fetch_url;
--- error_code: 200



=== TEST 4: a mirror gets nothing of it
--- server
mirror /mirror;
location = /mirror {
    internal;
    proxy_set_header Mirrored $request_uri;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- steps
keys_are_there();

my %mirrored;

soon {
    %mirrored = map { $_->{headers}{mirrored} // '' => 1 }
                $upstream->requests;
    $mirrored{'/p/x'}
} 'that of a client is there';
ok(!$mirrored{'/_hoop_fetch'}, 'the other is not');
--- error_code: 200



=== TEST 5: a server that has sockets with TLS and PROXY protocol only
--- http
server {
    listen 127.0.0.1:$TEST_NGINX_TLS_PORT ssl http2;
    listen 127.0.0.1:$TEST_NGINX_MORE_PORT proxy_protocol;
    server_name localhost;
    ssl_certificate $TEST_NGINX_SERVER_CERT;
    ssl_certificate_key $TEST_NGINX_SERVER_KEY;
    ssl_client_certificate $TEST_NGINX_CA;
    ssl_verify_client on;
    real_ip_header proxy_protocol;
    set_real_ip_from 127.0.0.1;
    hoop_fetch /_tls_fetch;
    location = /_tls_fetch {
        internal;
        proxy_pass $hoop_fetch_url?tls;
    }
    location / {
        hoop on;
        hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
--- steps
keys_are_there();
is((grep { $_->{uri} eq '/jwks?tls' } $idp->requests), 1,
   'by the server of the first location, whatever it listens with');
--- error_code: 200



=== TEST 6: what the issuer sees, and what a log and the variables say
--- http
log_format fetch '$remote_addr $remote_port $server_addr $server_port '
                 '$scheme $server_protocol [$http_host] $host $request_uri '
                 '$status [$remote_user] [$proxy_protocol_addr] '
                 '[$tcpinfo_rtt] [$hoop_sub] $connection_requests';
--- fetch
internal;
access_log logs/fetch.log fetch;
proxy_set_header Remote $remote_addr;
proxy_pass $hoop_fetch_url;
--- steps
keys_are_there();

my ($seen) = $idp->requests;

is("$seen->{method} $seen->{uri} $seen->{body}", 'GET /jwks ', 'a GET');
is($seen->{headers}{remote}, '127.0.0.1', 'of our own');
is(join(' ', grep { $_ ne 'connection' } sort keys %{ $seen->{headers} }),
   'host remote', 'with nothing else');
like(told('fetch.log'), qr{^127\.0\.0\.1\ \ 127\.0\.0\.1\ \ http\ HTTP/1\.0
                           \ \[-\]\ localhost\ /_hoop_fetch\ 200\ \[-\]
                           \ \[-\]\ \[-\]\ \[-\]\ 1$}mx, 'the log');
--- error_code: 200



=== TEST 7: the counters of nginx come back to where they were
--- server
location = /status { stub_status; }
--- steps
keys_are_there();
$idp->control(keys => 'rsa,ec');
select undef, undef, undef, 0.1;
ask(GET => '/p/x', from_idp(-key => 'ec'));
soon { ask(GET => '/status')->{body} =~ /Active connections: 1 \n/ }
     'one client is there, which asks';
like(ask(GET => '/status')->{body}, qr/Reading: 0 Writing: 1 Waiting: 0/,
     'and nothing else goes on');
--- error_code: 200



=== TEST 8: connections to the issuer may be kept
--- http
upstream idp { server 127.0.0.1:$TEST_NGINX_IDP_PORT; keepalive 2; }
--- fetch
internal;
proxy_http_version 1.1;
proxy_set_header Connection "";
proxy_pass http://idp/jwks;
--- error_code: 200



=== TEST 9: a cache in between
--- http
proxy_cache_path $TEST_NGINX_SERVER_ROOT/fetch_cache keys_zone=fetch:64k;
--- fetch
internal;
proxy_cache fetch;
proxy_cache_key $hoop_fetch_url;
proxy_cache_valid 200 1m;
proxy_pass $hoop_fetch_url;
--- steps
keys_are_there();
ask(GET => '/p/x', from_idp(-key => 'ec')), select undef, undef, undef, 0.1
    for 1 .. 3;
is(scalar(() = $idp->requests), 1, 'it is asked once');
--- error_code: 200



=== TEST 10: a location that is for clients as well
--- fetch
proxy_pass $hoop_fetch_url;
--- fails
hoop_fetch "/_hoop_fetch" is of location "/_hoop_fetch", which is not internal



=== TEST 11: no such location: a protected target does not name the keys
--- http
server {
    listen 127.0.0.1:$TEST_NGINX_MORE_PORT;
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_fetch /_hoop_fetch;
    location / {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
--- steps
select undef, undef, undef, 0.2;
is((grep { $_->{uri} eq '/_hoop_fetch' } $upstream->requests), 0,
   'it is not asked');
--- error_code: 200
--- error_log
is of location "/", which is not internal



=== TEST 12: an error page of the server is no answer
--- server
error_page 502 =200 /answer.json;
location = /answer.json {
    internal;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/_hoop_fetch;
}
--- fetch
internal;
proxy_pass http://127.0.0.1:1;
--- more_headers eval
main::from_idp(-key => 'ec')
--- fails
its tokens cannot be judged



=== TEST 13: ... nor is one by name
--- server
error_page 502 = @answer;
location @answer {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- fetch
internal;
proxy_pass http://127.0.0.1:1;
--- more_headers eval
main::from_idp(-key => 'ec')
--- fails
answered with status 403, wanted 200



=== TEST 14: a location that rewrites to another
--- server
location /other {
    internal;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/_hoop_fetch;
}
--- fetch
internal;
rewrite ^ /other last;
--- more_headers eval
main::from_idp(-key => 'ec')
--- fails
answered with status 403, wanted 200



=== TEST 15: an issuer over TLS, by an authority that is trusted
--- http
server {
    listen 127.0.0.1:$TEST_NGINX_TLS_PORT ssl;
    ssl_certificate $TEST_NGINX_SERVER_CERT;
    ssl_certificate_key $TEST_NGINX_SERVER_KEY;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_IDP_PORT; }
}
--- fetch
internal;
proxy_ssl_verify on;
proxy_ssl_name localhost;
proxy_ssl_trusted_certificate $TEST_NGINX_CA;
proxy_pass https://127.0.0.1:$TEST_NGINX_TLS_PORT/jwks;
--- error_code: 200



=== TEST 16: ... under another name
--- http
server {
    listen 127.0.0.1:$TEST_NGINX_TLS_PORT ssl;
    ssl_certificate $TEST_NGINX_SERVER_CERT;
    ssl_certificate_key $TEST_NGINX_SERVER_KEY;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_IDP_PORT; }
}
--- fetch
internal;
proxy_ssl_verify on;
proxy_ssl_name idp.test;
proxy_ssl_trusted_certificate $TEST_NGINX_CA;
proxy_pass https://127.0.0.1:$TEST_NGINX_TLS_PORT/jwks;
--- fails
upstream SSL certificate does not match "idp.test"



=== TEST 17: ... by an authority that is not trusted
--- http
server {
    listen 127.0.0.1:$TEST_NGINX_TLS_PORT ssl;
    ssl_certificate $TEST_NGINX_SELF_CERT;
    ssl_certificate_key $TEST_NGINX_SELF_KEY;
    location / { proxy_pass http://127.0.0.1:$TEST_NGINX_IDP_PORT; }
}
--- fetch
internal;
proxy_ssl_verify on;
proxy_ssl_name localhost;
proxy_ssl_trusted_certificate $TEST_NGINX_CA;
proxy_pass https://127.0.0.1:$TEST_NGINX_TLS_PORT/jwks;
--- fails
upstream SSL certificate verify error



=== TEST 18: all connections are in use: what is there stays, and it recovers
--- rules: jwks_ttl 1s;
--- steps
keys_are_there();

my $known = from_idp();
my @idle;

# some are closed to make room for others
soon {
    push @idle, begin(POST => '/p/x', ["Content-Length: 9", $known]) for 1 .. 70;
    hang_up(shift @idle) while @idle > 200;
    told('error.log') =~ /ago stay in use/
} 'the keys cannot be had', 5;
hang_up($_) for @idle;
$idp->control(keys => 'rsa,ec');
my $new = from_idp(-key => 'ec');
soon { ask(GET => '/p/x', $new)->{status} == 200 } 'a new key is there', 5;
is(ask(GET => '/p/x', $known)->{status}, 200, 'as is the known one');
--- no_error_log
[emerg]
eyJ
--- error_code: 200
