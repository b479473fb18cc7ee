# Copyright (C) ngx_hoop_module authors
#
# Tokens that are bound to a client certificate (RFC 8705): taken over the
# connection of that certificate, and over no other.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Curl;
use Hoop::Daemon qw( free_port temp_dir wait_for );
use Hoop::Proof;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;
use IO::Select;
use IO::Socket::INET;
use IPC::Open2 qw( open2 );
use Test::More ();

our $upstream = Hoop::Upstream->new(routes => {
    '/p/*' => "reached\n", '/accel*' => { headers => ['X-Accel-Redirect'
                                                     => '/r/x'] } });
our ($alice, $bob, $self) = map { certificate($_) } qw( alice bob self );

$ENV{TEST_NGINX_TLS_PORT} = free_port();
$ENV{TEST_NGINX_CA} = ca();
$ENV{TEST_NGINX_SERVER_CERT} = certificate('server')->{cert};
$ENV{TEST_NGINX_SERVER_KEY} = certificate('server')->{key};

our $url = "https://localhost:$ENV{TEST_NGINX_TLS_PORT}";

sub bound {
    my ($cert, %claims) = @_;

    return bearer(cnf => { 'x5t#S256' => $cert->{x5t} }, %claims);
}

our $dir = temp_dir('mtls');

# one request over a TLS session that can be kept
sub s_client {
    my ($request, @args) = @_;

    local $SIG{CHLD} = 'DEFAULT';

    my $pid = open2(my $from, my $to, qw( openssl s_client -ign_eof -connect ),
                    "127.0.0.1:$ENV{TEST_NGINX_TLS_PORT}", '-servername',
                    'localhost', '-CAfile', ca(), @args);
    print $to $request;
    close $to;
    my $out = join '', <$from>;
    waitpid $pid, 0;
    return $out;
}

# the same, but nothing comes back, and no more of the client gets through than
# its early data, until that is answered: as for one who replays it
sub s_client_early {
    my ($request, $path, @args) = @_;

    my $relay = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
        or die "relay: $!\n";

    local $SIG{CHLD} = 'DEFAULT';
    local $SIG{PIPE} = 'IGNORE';

    my $pid = open2(my $from, my $to, qw( openssl s_client -ign_eof -connect ),
                    '127.0.0.1:' . $relay->sockport, '-servername',
                    'localhost', '-CAfile', ca(), @args);
    print $to $request;
    close $to;

    my $client = $relay->accept;
    my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $ENV{TEST_NGINX_TLS_PORT});
    my $in = '';

    # records of other types, then one of type 23
    for (my $at = 0; ; ) {
        my ($type, $len) = unpack 'C x2 n', substr($in, $at) . "\0" x 5;

        if (length $in < $at + 5 + $len) {
            sysread $client, $in, 65536, length $in or last;
            next;
        }

        last if $type == 23;
        $at += 5 + $len;
    }

    syswrite $server, $in;

    wait_for {
        open my $log, '<', "$ENV{TEST_NGINX_SERVER_ROOT}/logs/access.log"
            or return;
        scalar grep { index($_, "GET $path ") >= 0 } <$log>;
    };

    my $select = IO::Select->new($client, $server);

    RELAY: while (my @ready = $select->can_read(10)) {
        for my $sock (@ready) {
            sysread $sock, my $data, 65536 or last RELAY;
            syswrite $sock == $client ? $server : $client, $data;
        }
    }

    close $_ for $client, $server;
    my $out = join '', <$from>;
    waitpid $pid, 0;
    return $out;
}

sub by {
    my ($cert) = @_;

    return ('--cacert', ca(), $cert ? ('--cert', $cert->{cert}, '--key',
                                       $cert->{key}) : ());
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', <<'END');
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
ssl_protocols TLSv1.2 TLSv1.3;
ssl_certificate $TEST_NGINX_SERVER_CERT;
ssl_certificate_key $TEST_NGINX_SERVER_KEY;
END

    $block->set_value('config', <<"END" . ($block->more // ''));
listen 127.0.0.1:\$TEST_NGINX_TLS_PORT ssl http2;
ssl_verify_client @{[ $block->verify // 'on' ]};
ssl_client_certificate \$TEST_NGINX_CA;
location /p/ {
    hoop on;
    @{[ $block->location // '' ]}
    hoop_policy \$TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "all", "default": "allow", "rules": [] }
END

    if (!defined $block->request) {
        $block->set_value('request', 'GET /index.html');
        $block->set_value('error_code', 200);
    }

    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log;
});

Hoop::Client->steps;
Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: its certificate, TLS 1.3 and HTTP/2
--- steps
my $res = curl("$url/p/a", bound($alice), by($alice), '--tlsv1.3');
Test::More::is($res->{status}, 200, 'status');
Test::More::is($res->{body}, "reached\n", 'body');
Test::More::like($res->{head}, qr{^HTTP/2 }, 'HTTP/2');
--- events
{"type":"request"}
{"type":"decision","decision":"allow","proof":"mtls"}
{"type":"response","status":200}



=== TEST 2: TLS 1.2, HTTP/1.1
--- steps
my $res = curl("$url/p/a", bound($alice), by($alice), '--http1.1',
               '--tls-max', '1.2');
Test::More::is($res->{status}, 200, 'status');
Test::More::like($res->{head}, qr{^HTTP/1.1 }, 'HTTP/1.1');



=== TEST 3: another's certificate, of the same authority
--- steps
my $res = curl("$url/p/a", bound($alice), by($bob));
Test::More::is($res->{status}, 401, 'status');
Test::More::is($res->{headers}{'www-authenticate'},
    'Bearer realm="hoop", error="invalid_token", '
    . 'error_description="token is bound to another certificate"',
    'challenge');
Test::More::is($res->{headers}{'cache-control'}, 'no-store', 'not kept');
--- events
{"type":"request"}
{"type":"decision","decision":"deny","status":401,"reason":"token is bound to another certificate"}



=== TEST 4: no certificate
--- verify: optional
--- steps
my $res = curl("$url/p/a", bound($alice), by());
Test::More::is($res->{status}, 401, 'status');
Test::More::like($res->{headers}{'www-authenticate'},
    qr/^Bearer .*error="invalid_token".*the client has shown none"$/,
    'challenge');
$res = curl("$url/p/a", bound($alice), by($alice));
Test::More::is($res->{status}, 200, 'and with it');
--- no_event_text
"proof":"dpop



=== TEST 5: nobody asks for certificates
--- verify: off
--- steps
my $res = curl("$url/p/a", bound($alice), by($alice));
Test::More::is($res->{status}, 401, 'status');
Test::More::like($res->{body}, qr/the client has shown none/, 'detail');



=== TEST 6: no TLS
--- verify: off
--- request
GET /p/a
--- more_headers eval
main::bound($main::alice)
--- error_code: 401
--- response_headers_like
WWW-Authenticate: Bearer .*error="invalid_token".*the client has shown none"



=== TEST 7: of no authority, where the thumbprint is all that counts
--- verify: optional_no_ca
--- steps
my $res = curl("$url/p/a", bound($self), by($self));
Test::More::is($res->{status}, 200, 'its own');
$res = curl("$url/p/a", bound($alice), by($self));
Test::More::is($res->{status}, 401, 'not another');



=== TEST 8: of no authority, where that counts: nginx says so
--- verify: optional
--- steps
my $res = curl("$url/p/a", bound($self), by($self));
Test::More::is($res->{status}, 400, 'status');
Test::More::unlike($res->{body}, qr/reached/, 'body');



=== TEST 9: a token that is not bound
--- verify: optional
--- steps
Test::More::is(curl("$url/p/a", bearer(), by())->{status}, 200,
               'needs no certificate');
Test::More::is(curl("$url/p/a", bearer(), by($alice))->{status}, 200,
               'nor minds one');
--- events
{"type":"request"}
{"type":"decision","decision":"allow"}
{"type":"response","status":200}
{"type":"request"}
{"type":"decision","decision":"allow"}
{"type":"response","status":200}
--- no_event_text
"proof"



=== TEST 10: unless the location wants it
--- verify: optional
--- location
hoop_proof required mtls;
--- steps
my $res = curl("$url/p/a", bearer(), by($alice));
Test::More::is($res->{status}, 401, 'not bound');
Test::More::is($res->{headers}{'www-authenticate'},
    'Bearer realm="hoop", error="invalid_token", error_description='
    . '"token is not bound to a certificate, as it must be here"',
    'challenge');
Test::More::is(curl("$url/p/a", bound($alice), by($alice))->{status}, 200,
               'bound');
Test::More::is(curl("$url/p/a", bound($alice), by())->{status}, 401,
               'bound, and not shown');



=== TEST 11: every request of a connection, of a cached token
--- steps
my @urls = map { "$url/p/$_" } 1 .. 5;
my @res = curl(\@urls, bound($alice), by($alice));
Test::More::is(join(' ', map { $_->{status} } @res), '200 200 200 200 200',
               'one connection');
my $token = bound($alice);
Test::More::is(curl("$url/p/a", $token, by($alice))->{status}, 200, 'its own');
Test::More::is(curl("$url/p/a", $token, by($bob))->{status}, 401,
               'not another, though the token is known');



=== TEST 12: a session that is taken up again has the certificate still
--- more
ssl_session_cache shared:hoop_t:1m;
--- steps
for my $version ('tls1_2', 'tls1_3') {
    my $session = "$dir/$version";

    for my $n (1, 2) {
        my $out = s_client("GET /p/$n HTTP/1.1\r\nHost: localhost\r\n"
            . "Connection: close\r\n" . bound($alice) . "\r\n\r\n",
            "-$version", $n == 1 ? '-sess_out' : '-sess_in', $session,
            '-cert', $alice->{cert}, '-key', $alice->{key});

        Test::More::like($out, qr{HTTP/1\.1 200 }, "$version: $n");
        Test::More::like($out, $n == 1 ? qr/^New, /m : qr/^Reused, /m,
                         'the session');
    }
}



=== TEST 13: what is no thumbprint, and what else a token may be bound to
--- steps
my $x5t = $alice->{x5t};
my @cnf = ({}, undef, [], 'x', 1, JSON::PP::true, { 'x5t#S256' => undef },
           { 'x5t#S256' => '' }, { 'x5t#S256' => "$x5t=" },
           { 'x5t#S256' => lc $x5t }, { 'x5t#S256' => substr $x5t, 1 },
           { 'x5t#S256' => [$x5t] }, { 'x5t' => $x5t }, { kid => 'x' },
           { 'x5t#S256' => $x5t, kid => 'x' },
           { jwk => { kty => 'EC' } });
my $json = JSON::PP->new->canonical;
for my $cnf (@cnf) {
    my $claims = Hoop::Token::claims();
    $claims->{cnf} = $cnf;
    my $token = token_with($json->encode($claims));
    my $res = curl("$url/p/a", "Authorization: Bearer $token", by($alice));
    my $text = JSON::PP->new->allow_nonref->canonical->encode($cnf);
    Test::More::is($res->{status}, 401, "cnf $text");
    Test::More::like($res->{headers}{'www-authenticate'},
                     qr/error="invalid_token"/, 'challenge');
}



=== TEST 14: monitor: on the record, and let pass
--- verify: optional
--- more
location /m/ {
    hoop monitor;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    add_header X-Who "<$hoop_sub|$hoop_issuer|$hoop_scope|$hoop_actors|$hoop_groups|$hoop_claim_sub>";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/;
}
--- steps
my @claims = (scope => 'a b', act => { sub => 'x' }, groups => ['dba']);
my $res = curl("$url/m/a", bound($alice, @claims), by($bob));
Test::More::is($res->{status}, 200, 'passes');
Test::More::is($res->{headers}{'x-who'}, '<|||||>', 'as nobody');
$res = curl("$url/m/a", bound($alice, @claims), by($alice));
Test::More::is($res->{status}, 200, 'passes, rightly');
Test::More::is($res->{headers}{'x-who'},
               '<agent-1|https://idp.test|a b|x|dba|agent-1>', 'as who it is');
--- events
{"type":"request"}
{"type":"decision","decision":"deny","status":401,"monitor":true,"reason":"token is bound to another certificate"}
{"type":"response","status":200}
{"type":"request"}
{"type":"decision","decision":"allow","proof":"mtls","monitor":true}
{"type":"response","status":200}



=== TEST 15: what monitor has let pass is judged where it counts
--- verify: optional
--- more
location /m/ {
    hoop monitor;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/accel;
}
location /r/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/;
}
--- steps
my $res = curl("$url/m/a", bound($alice), by($bob));
Test::More::is($res->{status}, 401, "another's");
Test::More::unlike($res->{body}, qr/reached/, 'not reached');
$res = curl("$url/m/a", bound($alice), by($alice));
Test::More::is($res->{status}, 200, 'its own');
Test::More::is($res->{body}, "reached\n", 'reached');



=== TEST 16: a redirect into a location that wants more
--- verify: optional
--- more
location /first/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/accel;
}
location /r/ {
    hoop on;
    hoop_proof required;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/;
}
--- steps
my $res = curl("$url/first/a", bearer(), by($alice));
Test::More::is($res->{status}, 401, 'not bound');
Test::More::like($res->{body}, qr/token is not bound, as it must be here/,
                 'detail');
$res = curl("$url/first/a", bound($alice), by($alice));
Test::More::is($res->{status}, 200, 'bound');



=== TEST 17: bound to a certificate and to a key: both are proved
--- verify: optional
--- location
hoop_proof required;
--- steps
my $token = token(cnf => { 'x5t#S256' => $alice->{x5t}, jkt => jkt() });
my $with = sub {
    my ($by, %arg) = @_;
    return curl("$url/p/a", dpop('/p/a', -token => $token, -origin => $url,
                                 %arg), by($by));
};
my $res = $with->($bob);
Test::More::is($res->{status}, 401, "another's certificate");
Test::More::is($res->{headers}{'www-authenticate'},
    'DPoP realm="hoop", error="invalid_token", error_description="token is '
    . 'bound to another certificate", algs="ES256 ES384 ES512 EdDSA PS256 '
    . 'PS384 PS512 RS256 RS384 RS512"', 'challenge');
Test::More::is($with->()->{status}, 401, 'no certificate');
$res = $with->($alice, -key => 'ec2');
Test::More::like($res->{body}, qr/token is bound to another key/,
                 'another key');
$res = curl("$url/p/a", "Authorization: DPoP $token", by($alice));
Test::More::like($res->{body}, qr/proof is missing/, 'no proof');
$res = curl("$url/p/a", "Authorization: Bearer $token", by($alice));
Test::More::like($res->{body}, qr/wanted scheme DPoP/, 'the scheme Bearer');
my @proof = (jti => 'both');
Test::More::is($with->($bob, @proof)->{status}, 401, 'one of the two');
Test::More::is($with->($alice, @proof)->{status}, 200,
               'both, and the refusal has used nothing up');
Test::More::like($with->($alice, @proof)->{body},
                 qr/proof has been used before/, 'once');
--- events
{"type":"decision","decision":"allow","proof":"dpop+mtls"}
{"type":"response","status":200}



=== TEST 18: early data may be a replay, and proves no certificate
--- more
ssl_session_cache shared:hoop_e:1m;
ssl_early_data on;
location /m/ {
    hoop monitor;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    add_header X-Sub "<$hoop_sub>";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/;
}
--- steps
my @cert = ('-tls1_3', '-cert', $alice->{cert}, '-key', $alice->{key});
my $text = sub {
    return "GET $_[0] HTTP/1.1\r\nHost: localhost\r\n"
           . "Connection: $_[1]\r\n" . bound($alice) . "\r\n\r\n";
};
my $session = "$dir/early";
my $early = sub {
    my ($path) = @_;

    my $first = s_client($text->('/p/new', 'close'), @cert, '-sess_out',
                         $session);
    Test::More::like($first, qr{HTTP/1\.1 200 }, 'a new session');
    open my $fh, '>', "$dir/early.txt" or die;
    print $fh $text->($path, 'keep-alive');
    close $fh;
    return s_client_early($text->('/p/late', 'close'), $path, @cert,
                          '-sess_in', $session, '-early_data',
                          "$dir/early.txt");
};
$upstream->reset;
my $out = $early->('/p/early');
Test::More::like($out, qr/^Early data was accepted/m, 'early data');
Test::More::like($out, qr{HTTP/1\.1 425 }, 'refused');
Test::More::like($out, qr/"title":"Too Early","status":425,"detail":"the TLS handshake is not finished"/, 'the answer');
Test::More::like($out, qr{HTTP/1\.1 200 .*^reached}ms,
                 'once the handshake is over');
Test::More::is(join(' ', map { $_->{uri} } $upstream->requests),
               '/p/new /p/late', 'what the target saw');
$out = $early->('/m/early');
Test::More::like($out, qr/^Early data was accepted/m, 'early data');
Test::More::like($out, qr/^X-Sub: <>\r$/m, 'monitor: passed, without a name');
--- events
{"type":"request"}
{"type":"decision","decision":"allow","proof":"mtls"}
{"type":"response","status":200}
{"type":"request"}
{"type":"decision","decision":"deny","status":425,"reason":"the TLS handshake is not finished"}
{"type":"request"}
{"type":"decision","decision":"allow","proof":"mtls"}
{"type":"response","status":200}
{"type":"request"}
{"type":"decision","decision":"allow","proof":"mtls"}
{"type":"response","status":200}
{"type":"request"}
{"type":"decision","decision":"deny","status":425,"monitor":true}
{"type":"response","status":200}
{"type":"request"}
{"type":"decision","decision":"allow","proof":"mtls"}
{"type":"response","status":200}
--- no_event_text
"status":425,"proof"
