# Copyright (C) ngx_hoop_module authors
#
# Tokens that are bound to a key (DPoP, RFC 9449): taken with a proof that this
# key has signed for this request, and with each proof once.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Curl;
use Digest::SHA qw( sha256 );
use Hoop::Daemon qw( free_port temp_dir wait_for );
use Hoop::Proof;
use Hoop::Reached;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;
use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 qw( encode_base64url );

our $upstream = Hoop::Upstream->new(routes => {
    '/*' => { body => "reached\n", headers => ['DPoP-Nonce' => 'of-target'] },
    '/p/accel' => { headers => ['X-Accel-Redirect' => '/q/x'] },
    '/m/accel' => { headers => ['X-Accel-Redirect' => '/q/x'] },
});

$ENV{TEST_NGINX_H2_PORT} = free_port();

our $algs = 'algs="ES256 ES384 ES512 EdDSA PS256 PS384 PS512 RS256 RS384'
            . ' RS512"';
our $now = time;
our $before;
our $hoopctl = $ENV{HOOPCTL} || './build/hoopctl';

sub get { return ask(GET => shift, @_) }

# what is said of a refusal
sub why {
    my ($res) = @_;

    return $res->{json}{detail} // "status $res->{status}";
}

sub challenge {
    my ($code, $text) = @_;

    return qq(DPoP realm="hoop", error="$code", error_description="$text", )
           . $algs;
}

# is it refused for the proof, for that reason?
sub refused {
    my ($res, $text, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is($res->{status}, 401, "$name: refused");
    is($res->{headers}{'www-authenticate'},
       challenge('invalid_dpop_proof', $text), "$name: and why");
}

# each case is [its name, the reason, or '' if it is taken, headers]
sub cases {
    for (@_) {
        my ($name, $text, $headers) = @$_;
        my $res = get('/p/a', $headers);

        $text ? refused($res, $text, $name) : is($res->{status}, 200, $name);
    }
}

# a request as it is written here
sub raw {
    my ($text, $headers) = @_;

    my $sock = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', Timeout => 5,
        PeerPort => Test::Nginx::Util::server_port_for_client())
        or return "no connection: $!";

    print $sock join "\r\n", $text, split(/\n/, $headers),
                     "Connection: close\r\n\r\n";
    local $/;
    my $answer = <$sock>;
    return $answer =~ m{^HTTP/1\.\d (\d+)} ? $1 : $answer;
}

# many proofs for one token, by hoopctl: signed without a process for each
sub proofs {
    my ($n, $path, $token) = @_;

    my $json = JSON::PP->new->canonical;
    my $dir = temp_dir('proofs');
    my $key = Hoop::Proof::client_key('ed25519')->{file};
    my $ath = encode_base64url(sha256($token));

    open my $fh, '>', "$dir/claims" or die "$dir/claims: $!\n";
    print $fh $json->encode({ jti => "n$_", htm => 'GET', iat => time,
                              htu => "http://localhost$path", ath => $ath }),
              "\n" for 1 .. $n;
    close $fh;

    local $SIG{CHLD} = 'DEFAULT';
    system("$hoopctl token --key $key --alg EdDSA --typ dpop+jwt"
           . " < $dir/claims > $dir/proofs") == 0 or die "hoopctl token\n";

    open $fh, '<', "$dir/proofs" or die "$dir/proofs: $!\n";
    chomp(my @proofs = <$fh>);
    return @proofs;
}

# their answers, of requests one behind the other on few connections
sub pipelined {
    my ($path, $token, @proofs) = @_;

    my @status;

    local $SIG{PIPE} = 'IGNORE';

    while (my @some = splice @proofs, 0, 100) {
        my $sock = IO::Socket::INET->new(
            PeerAddr => '127.0.0.1', Timeout => 5,
            PeerPort => Test::Nginx::Util::server_port_for_client())
            or die "no connection: $!\n";

        for (0 .. $#some) {
            print $sock "GET $path HTTP/1.1\r\nHost: localhost\r\n"
                . "Authorization: DPoP $token\r\nDPoP: $some[$_]\r\n"
                . ($_ == $#some ? "Connection: close\r\n" : '') . "\r\n";
        }

        local $/;
        push @status, <$sock> =~ m{HTTP/1\.1 (\d+) }g;
    }

    return @status;
}

sub workers_now {
    wait_for { 2 == (my @now = nginx_workers()) };
    return nginx_workers();
}

# what one worker does is in one chain, in order
sub alone (&) {
    my ($what) = @_;

    my ($a, $b) = workers_now();

    hold_worker($b);
    $what->();
    kill CONT => $b;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', <<'END' . ($block->zone // ''));
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
    leeway 5s;
}
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
large_client_header_buffers 4 16k;
upstream up { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
END

    $block->set_value('config', <<"END" . ($block->more // ''));
location /p/ {
    hoop on;
    @{[ $block->location // '' ]}
    proxy_pass http://up;
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

    $block->set_value('reached_any', 1) if !defined $block->reached;
    $block->set_value('reached_unlike', "eyJ\n(?i)^dpop:")
        if !defined $block->reached_unlike;
    $block->set_value('no_event_text', 'eyJ')
        if !defined $block->no_event_text;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log && !defined $block->must_die;
});

Hoop::Client->steps;
Hoop::Reached->install($upstream);
Hoop::Spool->install;
master_on();
workers(2);
log_level('info');
no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: with a proof
--- request
GET /p/a?q=1
--- more_headers eval
main::dpop('/p/a')
--- response_body
reached
--- response_headers
! WWW-Authenticate
! DPoP-Nonce
--- reached
GET /p/a?q=1
--- events
{"type":"request"}
{"type":"decision","decision":"allow","proof":"dpop"}
{"type":"response","status":200}



=== TEST 2: keys of all kinds, and no other header is needed for them
--- steps
for (['ec'], ['ed25519'], ['rsa'], ['rsa', 'PS256'], ['rsa', 'PS512']) {
    my ($key, $alg) = @$_;
    is(get('/p/a', dpop('/p/a', -key => $key, $alg ? (-alg => $alg) : ()))
       ->{status}, 200, join ' ', @$_);
}



=== TEST 3: other methods
--- steps
is(ask($_ => '/p/a', dpop('/p/a', htm => $_), 'x')->{status}, 200, $_)
    for qw( POST PUT DELETE PATCH );
refused(ask(POST => '/p/a', dpop('/p/a'), 'x'), 'proof is for another method',
        'POST with a proof for GET');
refused(get('/p/a', dpop('/p/a', htm => $_)), 'proof is for another method',
        "htm $_") for 'POST', 'get', 'GET ', 'HEAD', '';



=== TEST 4: the scheme Bearer, with a proof and without
--- steps
my $bound = token(cnf => { jkt => jkt() });
my $want = 'Bearer realm="hoop", error="invalid_token", error_description='
           . '"token is bound to a key: wanted scheme DPoP", DPoP ' . $algs;
for ('', "\nDPoP: " . proof('/p/a', -token => $bound)) {
    my $res = get('/p/a', "Authorization: Bearer $bound$_");
    is($res->{status}, 401, 'status');
    is($res->{headers}{'www-authenticate'}, $want, 'challenge');
}
--- reached
--- events
{"type":"request"}
{"type":"decision","decision":"deny","status":401,"reason":"token is bound to a key: wanted scheme DPoP"}
{"type":"request"}
{"type":"decision","decision":"deny","status":401,"reason":"token is bound to a key: wanted scheme DPoP"}



=== TEST 5: the scheme DPoP, of a token that is not bound
--- steps
my $res = get('/p/a', dpop('/p/a', -token => token()));
is($res->{status}, 401, 'status');
is($res->{headers}{'www-authenticate'},
   challenge('invalid_token', 'token is not bound to a key'), 'challenge');
is(get('/p/a', bearer() . "\nDPoP: x")->{status}, 200,
   'while the scheme Bearer does not mind a proof that is none');
--- reached
GET /p/a



=== TEST 6: the scheme is not case-sensitive; the value is one token
--- steps
my $headers = dpop('/p/a');
$headers =~ s/ DPoP / dPOP   /;
is(get('/p/a', $headers)->{status}, 200, 'dPOP');
$headers = dpop('/p/a');
$headers =~ s/\n/, x\n/;
is(get('/p/a', $headers)->{status}, 400, 'two tokens');
$headers = dpop('/p/a');
$headers =~ s/ DPoP / DPoP\t/;
is(get('/p/a', $headers)->{status}, 401, 'a tab');
is(get('/p/a', dpop('/p/a') . "\n" . bearer())->{status}, 400,
   'two Authorization headers');
is(get('/p/a', "Authorization: DPoP")->{status}, 400, 'an empty token');



=== TEST 7: no proof, several, and what is none
--- steps
my $bound = token(cnf => { jkt => jkt() });
my $auth = "Authorization: DPoP $bound";
my $good = sub { proof('/p/a', -token => $bound) };
cases(
    ['none', 'proof is missing', $auth],
    ['an empty one', 'proof is missing', "$auth\nDPoP:"],
    ['two', 'more than one DPoP header',
     "$auth\nDPoP: " . $good->() . "\ndpop: " . $good->()],
    ['the same twice', 'more than one DPoP header',
     "$auth\n" . join "\n", ("DPoP: " . $good->()) x 2],
    ['one and an empty one', 'more than one DPoP header',
     "$auth\nDPoP: " . $good->() . "\nDPoP:"],
    ['two in one', 'proof is malformed',
     "$auth\nDPoP: " . join ', ', $good->(), $good->()],
    ['a word', 'proof is malformed', "$auth\nDPoP: x"],
    ['with padding', 'proof is malformed', "$auth\nDPoP: " . $good->() . '='],
    ['with a parameter', 'proof is malformed',
     "$auth\nDPoP: " . $good->() . ';x=y'],
    ['of more than 8192 bytes', 'proof is malformed',
     "$auth\nDPoP: " . $good->() . 'A' x 7900],
    ['quoted', 'proof is malformed', qq($auth\nDPoP: ") . $good->() . '"'],
    ['the token', 'proof type is not dpop+jwt', "$auth\nDPoP: $bound"],
    ['under another name', 'proof is missing',
     "$auth\nX-DPoP: " . $good->()],
    ['a cookie', 'proof is missing', "$auth\nCookie: DPoP=" . $good->()],
);



=== TEST 8: the header of a proof
--- steps
my ($jwk, $private) = ({ %{ jwk() } }, { %{ jwk() }, d => 'A' x 43 });
my $none = { alg => 'none' };
my $key = 'proof key is missing or not fit for it';
cases(
    ['typ JWT', 'proof type is not dpop+jwt',
     dpop('/p/a', -header => { typ => 'JWT' })],
    ['no typ', 'proof type is not dpop+jwt',
     dpop('/p/a', -header => { typ => undef })],
    ['alg none', 'proof algorithm is not allowed',
     dpop('/p/a', -header => $none, -signature => '')],
    ['HS256', 'proof algorithm is not allowed',
     dpop('/p/a', -header => { alg => 'HS256',
                               jwk => { kty => 'oct', k => 'A' x 43 } })],
    ['a secret in a key', $key,
     dpop('/p/a', -header => { jwk => { %$jwk, k => 'A' x 43 } })],
    ['a private key', $key, dpop('/p/a', -header => { jwk => $private })],
    ['no key', $key, dpop('/p/a', -header => { jwk => undef })],
    ['the name of a key', $key,
     dpop('/p/a', -header => { jwk => undef, kid => 'ec' })],
    ['a key for another algorithm', $key,
     dpop('/p/a', -header => { jwk => { %$jwk, alg => 'ES384' } })],
    ['a key to encrypt with', $key,
     dpop('/p/a', -header => { jwk => { %$jwk, use => 'enc' } })],
    ['crit', 'proof has a header parameter that must be understood',
     dpop('/p/a', -header => { crit => ['x'], x => 1 })],
    ['alg is not the key\'s', $key, dpop('/p/a', -header => { alg => 'EdDSA' })],
    ['no signature', 'proof signature is invalid',
     dpop('/p/a', -signature => '')],
    ['a signature of zeros', 'proof signature is invalid',
     dpop('/p/a', -signature => "\0" x 64)],
);



=== TEST 9: the claims of a proof
--- steps
my $missing = 'proof claim is missing or of a wrong type';
my $token = token(cnf => { jkt => jkt() });
my $other = token(cnf => { jkt => jkt() });
cases(
    (map { ["no $_", $missing, dpop('/p/a', $_ => undef)] }
         qw( jti htm htu iat ath )),
    (map { ["$_ is a list", $missing, dpop('/p/a', $_ => ['x'])] }
         qw( jti htm htu iat ath )),
    ['iat is text', $missing, dpop('/p/a', iat => "$main::now")],
    ['an empty jti', $missing, dpop('/p/a', jti => '')],
    ['a jti of 256 bytes', '', dpop('/p/a', jti => 'j' x 256)],
    ['a jti of 257 bytes', $missing, dpop('/p/a', jti => 'j' x 257)],
    ['a jti of 6000 bytes', $missing, dpop('/p/a', jti => 'j' x 5000)],
    ['an old one', 'proof is too old', dpop('/p/a', iat => time - 62)],
    ['not so old', '', dpop('/p/a', iat => time - 55)],
    ['of tomorrow', 'proof is not valid yet', dpop('/p/a', iat => time + 8)],
    ['of soon', '', dpop('/p/a', iat => time + 4)],
    ['expired', 'proof is too old', dpop('/p/a', exp => time - 10)],
    ['for another token', 'proof is for another token',
     "Authorization: DPoP $other\nDPoP: " . proof('/p/a', -token => $token)],
    ['for no token', 'proof is for another token',
     "Authorization: DPoP $other\nDPoP: " . proof('/p/a')],
);



=== TEST 10: another key: of the proof, and with it of the token
--- steps
my $bound = token(cnf => { jkt => jkt('ec') });
my $res = get('/p/a', dpop('/p/a', -token => $bound, -key => 'ec2'));
is($res->{status}, 401, 'a key of the kind');
is($res->{headers}{'www-authenticate'},
   challenge('invalid_token', 'token is bound to another key'), 'challenge');
$res = get('/p/a', dpop('/p/a', -token => $bound, -key => 'ec2',
                        -header => { jwk => jwk('ec') }));
refused($res, 'proof signature is invalid', 'with the right key in it');



=== TEST 11: the URI of a proof
--- steps
my %htu = (
    'HTTP://LOCALHOST:80/p/%61?x#y' => 1, 'http://localhost/p/a' => 1,
    'http://localhost/%70/a' => 1,
    'http://localhost:8080/p/a' => 0, 'https://localhost/p/a' => 0,
    'http://localhost/p/A' => 0, 'http://localhost/p/a/' => 0,
    'http://localhost/p/b/../a' => 0, 'http://localhost/p/./a' => 0,
    'http://localhost//p/a' => 0, 'http://localhost/p%2Fa' => 0,
    'http://localhost.evil.test/p/a' => 0, 'http://evil.test/p/a' => 0,
    'http://localhost@evil.test/p/a' => 0,
    'http://u@localhost/p/a' => 0, 'http://localhost\\/p/a' => 0,
    'http:/localhost/p/a' => 0, '/p/a' => 0, 'localhost/p/a' => 0,
    "http://localhost/p/a\x{e9}" => 0, "http://l\x{f6}calhost/p/a" => 0,
    'http://xn--lcalhost-n4a/p/a' => 0, ' http://localhost/p/a' => 0,
    'http://localhost/p/a%' => 0, "http://localhost/p/a\x{7f}" => 0,
    '' => 0,
);
for my $htu (sort keys %htu) {
    my $res = get('/p/a', dpop('', htu => $htu));
    my $text = JSON::PP->new->ascii->allow_nonref->encode($htu);
    $htu{$htu} ? is($res->{status}, 200, $text)
               : refused($res, 'proof is for another URI', $text);
}



=== TEST 12: the URI of a request, as the client has written it
--- steps
for (['/p/a?x=/../y', '/p/a'], ['/p/%61', '/p/a'], ['/p/a%2fb', '/p/a%2Fb'],
     ['/p/a%2Fb', '/p/a%2fb'], ['/p/%7Ea', '/p/~a'], ['/p//a', '/p//a'],
     ['/p/%C3%A9', '/p/%c3%a9'], ['/p/a;b', '/p/a;b'], ['/p/a?', '/p/a'])
{
    my ($uri, $path) = @$_;
    is(get($uri, dpop($path))->{status}, 200, "$uri with a proof for $path");
}
refused(get($_->[0], dpop($_->[1])), 'proof is for another URI', $_->[0])
    for ['/p/x/../a', '/p/a'], ['/p/x/../a', '/p/x/../a'], ['/p//a', '/p/a'],
        ['/p/%2e%2e/p/a', '/p/a'], ['/p/a%2Fb', '/p/a/b'],
        ["/p/\xe9", '/p/%E9'], ['/p/a%3Fb', '/p/a'];



=== TEST 13: the Host of a request
--- steps
for (['localhost', 'http://localhost'], ['LOCALHOST', 'http://localhost'],
     ['localhost:80', 'http://localhost'], ['localhost:', 'http://localhost'],
     ['localhost:8080', 'http://localhost:8080'], ['[::1]:81', 'http://[::1]:81'],
     ['other.test', 'http://other.test'])
{
    my ($host, $origin) = @$_;
    is(get('/p/a', "Host: $host\n" . dpop('/p/a', -origin => $origin))
       ->{status}, 200, "$host is $origin");
}
refused(get('/p/a', "Host: $_->[0]\n" . dpop('/p/a', -origin => $_->[1])),
        'proof is for another URI', "$_->[0] is not $_->[1]")
    for ['localhost:8080', 'http://localhost'],
        ['localhost:443', 'https://localhost'],
        ['localhost.', 'http://localhost'],
        ["l\xc3\xb6calhost", "http://l\xf6calhost"],
        ["l\xc3\xb6calhost", "http://xn--lcalhost-n4a"];



=== TEST 14: a request line that names a host, and a request that names none
--- steps
my $of = sub { dpop('/p/a', -origin => $_[0]) };
is(raw("GET http://LocalHost/p/a HTTP/1.1\r\nHost: localhost",
       $of->('http://localhost')), 200, 'the same host');
is(raw("GET http://a.test:81/p/a HTTP/1.1\r\nHost: a.test:81",
       $of->('http://a.test:81')), 200, 'with a port');
is(raw("GET http://a.test/p/a HTTP/1.0", $of->('http://a.test')), 200,
   'no Host');
is(raw("GET http://a.test:81/p/a HTTP/1.0", $of->('http://a.test')), 401,
   'the port counts');
is(raw("GET https://a.test/p/a HTTP/1.0", $of->('https://a.test')), 401,
   'the scheme is that of the connection');
is(raw("GET http://u\@a.test/p/a HTTP/1.0", $of->('http://a.test')), 400,
   'a user is none of nginx');
is(raw("GET /p/a HTTP/1.0", $of->($_)), 401, "no host at all, $_")
    for 'http://localhost', 'http://', 'http:';
my $two = raw("GET /p/a HTTP/1.1\r\nHost: localhost\r\nHost: a.test",
              $of->('http://localhost'));
is($two, 400, 'two of them');

# of two, the target and the rules see that of the request line
my $both = "GET http://a.test/p/a HTTP/1.1\r\nHost: b.test";
like(raw($both, $of->('http://b.test')), qr/^40[01]$/, 'not the Host');



=== TEST 15: hoop_origin
--- location
hoop_origin HTTPS://API.example.com:443;
--- steps
my $of = sub { dpop('/p/a', -origin => $_[0]) };
is(get('/p/a', $of->('https://api.example.com'))->{status}, 200, 'it');
is(get('/p/a', "Host: a.test:81\n" . $of->('https://API.example.com:443'))
   ->{status}, 200, 'whatever the Host');
is(raw("GET /p/a HTTP/1.0", $of->('https://api.example.com')), 200,
   'and without any');
is(raw("GET http://a.test/p/a HTTP/1.0", $of->('https://api.example.com')),
   200, 'and with one in the request line');
refused(get('/p/a', $of->('http://localhost')), 'proof is for another URI',
        'not the Host');
refused(get('/p/a', "Host: a.test\n" . $of->('https://a.test')),
        'proof is for another URI', 'not another');



=== TEST 16: once, whichever worker gets it
--- steps
my $headers = dpop('/p/a');
my ($a, $b) = workers_now();
hold_worker($b);
is(get('/p/a', $headers)->{status}, 200, 'the first time');
refused(get('/p/a', $headers), 'proof has been used before', 'the same worker');
kill CONT => $b;
hold_worker($a);
refused(get('/p/a', $headers), 'proof has been used before',
        'the other worker');
kill CONT => $a;
my ($token) = $headers =~ /DPoP (\S+)/;
is(get('/p/a', dpop('/p/a', -token => $token))->{status}, 200,
   'another proof');
--- reached
GET /p/a
GET /p/a
--- events
{"type":"request"}
{"type":"decision","decision":"allow","proof":"dpop"}
{"type":"response","status":200}
{"type":"request"}
{"type":"decision","decision":"deny","status":401,"reason":"proof has been used before"}



=== TEST 17: many at a time: one gets through
--- steps
my $headers = dpop('/p/a');
my @status = map { finish($_)->{status} }
             map { begin(GET => '/p/a', $headers) } 1 .. 40;
is(scalar(grep { $_ == 200 } @status), 1, 'one');
is(scalar(grep { $_ == 401 } @status), 39, 'and the others not');
--- reached
GET /p/a



=== TEST 18: a jti is its key's own, and that of all its tokens and requests
--- steps
is(get('/p/a', dpop('/p/a', jti => 'shared'))->{status}, 200, 'one key');
is(get('/p/a', dpop('/p/a', jti => 'shared', -key => 'ec2'))->{status}, 200,
   'another key');
refused(get('/p/a', dpop('/p/a', jti => 'shared')),
        'proof has been used before', 'another token');
refused(ask(POST => '/p/b', dpop('/p/b', jti => 'shared', htm => 'POST'), 'x'),
        'proof has been used before', 'another request');
is(get('/p/a', dpop('/p/a', jti => 'Shared'))->{status}, 200, 'another jti');



=== TEST 19: what is refused uses nothing up
--- steps
my $headers = dpop('/p/a');
refused(get('/p/b', $headers), 'proof is for another URI', 'another URI');
refused(ask(POST => '/p/a', $headers, 'x'), 'proof is for another method',
        'another method');
is(get('/p/a', $headers)->{status}, 200, 'and now where it belongs');



=== TEST 20: a token that is known
--- steps
my $token = token(cnf => { jkt => jkt() });
my $with = sub { get('/p/a', dpop('/p/a', -token => $token, @_)) };
is($with->()->{status}, 200, 'it is, from now on') for 1 .. 3;
refused(get('/p/a', "Authorization: DPoP $token"), 'proof is missing',
        'without a proof');
refused($with->(ath => 'A' x 43), 'proof is for another token',
        'a proof for another token');
is($with->(-key => 'ec2')->{status}, 401, 'another key');
is(get('/p/a', "Authorization: Bearer $token")->{status}, 401,
   'the scheme Bearer');



=== TEST 21: redirected within nginx: one proof for it all
--- more
location /q/ { hoop on; hoop_proof required; proxy_pass http://up; }
--- steps
is(get('/p/accel', dpop('/p/accel'))->{status}, 200, 'for what was asked');
refused(get('/p/accel', dpop('/q/x')), 'proof is for another URI',
        'not for what comes of it');
my $res = get('/p/accel', bearer());
is($res->{status}, 401, 'a token that is not bound');
is($res->{json}{detail}, 'token is not bound, as it must be here', 'and why');
--- reached
GET /p/accel
GET /q/x
GET /p/accel



=== TEST 22: redirected to where more is asked for
--- more
location /q/ {
    hoop on;
    hoop_proof optional algorithms=EdDSA window=20s;
    proxy_pass http://up;
}
--- steps
my $res = get('/p/accel', dpop('/p/accel'));
is($res->{status}, 401, 'an algorithm that is not allowed there');
is($res->{json}{detail}, 'proof algorithm is not allowed', 'and why');
$res = get('/p/accel', dpop('/p/accel', -key => 'ed25519', iat => time - 30));
is($res->{json}{detail}, 'proof is too old', 'too old for it');
is(get('/p/accel', dpop('/p/accel', -key => 'ed25519'))->{status}, 200,
   'what is good for both');
--- no_event_text
eyJ
"status":401,"proof"



=== TEST 23: an error_page of a location that is not protected
--- more
location /e/ {
    root $TEST_NGINX_SERVER_ROOT/html;
    error_page 404 405 = /p/error;
}
location /w/ { rewrite ^ /p/w last; }
--- steps
is(get('/e/x', dpop('/e/x'))->{status}, 200, 'for what was asked');
is(ask(POST => '/e/x', dpop('/e/x', htm => 'POST'), 'x')->{status}, 200,
   'by the method that was used');
refused(ask(POST => '/e/x', dpop('/e/x'), 'x'), 'proof is for another method',
        'not that of the redirect');
refused(get('/e/x', dpop('/p/error')), 'proof is for another URI',
        'not for the page');
is(get('/w/x', dpop('/w/x'))->{status}, 200, 'a rewrite');
refused(get('/w/x', dpop('/p/w')), 'proof is for another URI',
        'not for what it makes');



=== TEST 24: a refusal with an error_page: no proof gets through it
--- location
error_page 401 /p/page;
--- steps
my $headers = dpop('/p/a', htm => 'POST');
my $res = get('/p/a', $headers);
is($res->{status}, 401, 'refused');
is($res->{headers}{'www-authenticate'},
   challenge('invalid_dpop_proof', 'proof is for another method'),
   'and why');
--- reached



=== TEST 25: HTTP/2
--- more
listen 127.0.0.1:$TEST_NGINX_H2_PORT http2;
--- steps
my $url = "http://localhost:$ENV{TEST_NGINX_H2_PORT}";
my @args = ('--http2-prior-knowledge', '--resolve',
            "localhost:$ENV{TEST_NGINX_H2_PORT}:127.0.0.1");
my $res = curl("$url/p/a?b", dpop('/p/a', -origin => $url), @args);
is($res->{status}, 200, 'taken');
like($res->{head}, qr{^HTTP/2 }, 'HTTP/2');
$res = curl("$url/p/a", dpop('/p/a'), @args);
is($res->{status}, 401, 'another port');
is($res->{headers}{'www-authenticate'},
   challenge('invalid_dpop_proof', 'proof is for another URI'), 'and why');
$res = curl("$url/p/a", dpop('/p/a', -origin => $url, htm => 'POST'), @args,
            '-d', 'x');
is($res->{status}, 200, 'POST');



=== TEST 26: nothing that comes later sees it
--- location
add_header X-Seen "[$http_dpop|$http_authorization]" always;
--- steps
is(get('/p/a', dpop('/p/a'))->{headers}{'x-seen'}, '[|]', 'by no variable');
--- reached
GET /p/a



=== TEST 27: monitor: on the record, and let pass
--- more
location /m/ { hoop monitor; proxy_pass http://up; }
--- steps
my ($headers, $other) = (dpop('/m/a'), dpop('/p/a'));
alone {
    is(get('/m/a', $headers)->{status}, 200, $_) for 'rightly', 'a second time';
    my $res = get('/m/a', $other);
    is($res->{status}, 200, 'for another URI');
    is($res->{headers}{'www-authenticate'}, undef, 'no challenge');
    is($res->{headers}{'dpop-nonce'}, 'of-target', 'headers as they came');
};
--- reached_unlike
no_such_thing
--- events
{"type":"request"}
{"type":"decision","decision":"allow","proof":"dpop","monitor":true}
{"type":"response","status":200}
{"type":"request"}
{"type":"decision","decision":"deny","status":401,"monitor":true,"reason":"proof has been used before"}
{"type":"response","status":200}
{"type":"request"}
{"type":"decision","decision":"deny","status":401,"monitor":true,"reason":"proof is for another URI"}
{"type":"response","status":200}



=== TEST 28: what monitor has let pass is judged where it counts
--- more
location /m/ { hoop monitor; proxy_pass http://up; }
location /q/ { hoop on; proxy_pass http://up; }
--- steps
my $headers = dpop('/m/accel');
is(get('/m/accel', $headers)->{status}, 200, 'a good one');
is(why(get('/m/accel', $headers)), 'proof has been used before',
   'a second time');
is(why(get('/m/accel', dpop('/q/x'))), 'proof is for another URI',
   'for another URI');
--- reached_unlike
no_such_thing



=== TEST 29: and hidden where it counts
--- more
location /m/ {
    if ($http_dpop$http_authorization = x) { return 204; }
    hoop monitor;
    proxy_pass http://up;
}
location /q/ {
    hoop on;
    error_page 401 = /e/page;
    proxy_set_header X-Seen "[$http_dpop|$http_authorization]";
    proxy_pass http://up;
}
location /e/ { proxy_pass http://up; }
--- steps
for my $path ('/m/accel', '/q/x') {
    is(get('/m/accel', dpop($path))->{status}, 200, "a proof for $path");
    my $seen = ($upstream->requests)[-1];
    like($seen->{raw}, $path eq '/q/x' ? qr{^GET /e/page } : qr{^GET /q/x },
         'where it ends');
    unlike($seen->{raw}, qr/eyJ/, 'without token and proof');
}
--- reached_unlike
no_such_thing



=== TEST 30: required
--- location
hoop_proof required dpop algorithms=ES256,EdDSA;
--- steps
my $algs = 'algs="ES256 EdDSA"';
my $res = get('/p/a');
is($res->{headers}{'www-authenticate'}, qq(DPoP realm="hoop", $algs),
   'no token: no error');
$res = get('/p/a', bearer());
is($res->{status}, 401, 'not bound');
is($res->{headers}{'www-authenticate'},
   'DPoP realm="hoop", error="invalid_token", error_description="token is not '
   . qq(bound to a key, as it must be here", $algs), 'challenge');
$res = get('/p/a', dpop('/p/a', -key => 'rsa'));
is($res->{json}{detail}, 'proof algorithm is not allowed', 'RS256');
is(get('/p/a', dpop('/p/a', -key => $_))->{status}, 200, $_)
    for 'ec', 'ed25519';



=== TEST 31: optional: both schemes are offered
--- location
hoop_proof optional;
--- steps
my $want = qq(Bearer realm="hoop", DPoP $main::algs);
is(get('/p/a')->{headers}{'www-authenticate'}, $want, 'no token');
is(get('/p/a', bearer())->{status}, 200, 'not bound');
is(get('/p/a', dpop('/p/a'))->{status}, 200, 'bound');



=== TEST 32: a window of its own
--- location
hoop_proof optional window=10s;
--- more
location /q/ { hoop on; hoop_proof optional window=10m; proxy_pass http://up; }
--- steps
refused(get('/p/a', dpop('/p/a', iat => time - 12)), 'proof is too old', '10s');
is(get('/q/a', dpop('/q/a', iat => time - 590))->{status}, 200, '10m');
refused(get('/q/a', dpop('/q/a', iat => time - 602)), 'proof is too old',
        'older');



=== TEST 33: a nonce
--- location
hoop_proof required dpop nonce=on;
--- steps
my $token = token(cnf => { jkt => jkt() });
my $with = sub { get('/p/a', dpop('/p/a', -token => $token, @_)) };
my $want = challenge('use_dpop_nonce',
                     'proof needs a nonce that was given recently');
my $res = $with->();
my $nonce = $res->{headers}{'dpop-nonce'};
is($res->{status}, 401, 'none');
is($res->{headers}{'www-authenticate'}, $want, 'challenge');
is($res->{headers}{'cache-control'}, 'no-store', 'not to be kept');
like($nonce, qr/^[\w-]{43}$/, 'and one is given');

for (undef, '', 'x', "${nonce}A", substr($nonce, 1), lc $nonce, [$nonce]) {
    $res = $with->(nonce => $_);
    is($res->{status}, 401, 'another one');
    is($res->{headers}{'www-authenticate'}, $want, 'challenge');
}

my @status = map { $with->(nonce => $nonce)->{status} } 1 .. 6;
is("@status", '200 200 200 200 200 200', 'with it, in each worker');

$res = $with->(nonce => $nonce, -header => { typ => 'JWT' });
is(why($res), 'proof type is not dpop+jwt', 'it is not all');

$res = $with->(-signature => "\0" x 64);
is(why($res), 'proof signature is invalid', 'and for who can sign alone');
is($res->{headers}{'dpop-nonce'}, undef, 'none for others');

my $headers = dpop('/p/a', -token => $token, nonce => $nonce);
is(get('/p/a', $headers)->{status}, 200, 'a proof with it');
is(why(get('/p/a', $headers)), 'proof has been used before', 'once');



=== TEST 34: a nonce by way of a redirect
--- more
location /q/ { hoop on; hoop_proof optional nonce=on; proxy_pass http://up; }
location /m/ { hoop monitor; hoop_proof optional nonce=on; proxy_pass http://up; }
--- steps
for my $path ('/p/accel', '/m/accel') {
    my $res = get($path, dpop($path));
    is($res->{status}, 401, "$path: none");
    like($res->{headers}{'www-authenticate'}, qr/error="use_dpop_nonce"/,
         'challenge');
    my $nonce = $res->{headers}{'dpop-nonce'};
    is(get($path, dpop($path, nonce => $nonce))->{status}, 200, 'with it');
}
my $res = get('/m/a', dpop('/m/a'));
is($res->{status}, 200, 'monitor alone');
--- reached_unlike
no_such_thing



=== TEST 35: a nonce with an error_page for the refusal
--- location
hoop_proof required dpop nonce=on;
error_page 401 /index.html;
--- steps
my $res = get('/p/a', dpop('/p/a'));
is($res->{status}, 401, 'refused');
like($res->{headers}{'dpop-nonce'}, qr/^[\w-]{43}$/, 'with a nonce');



=== TEST 36: a nonce
--- location
hoop_proof required dpop nonce=on;
--- steps
$main::before = get('/p/a', dpop('/p/a'))->{headers}{'dpop-nonce'};
like($main::before, qr/^[\w-]{43}$/, 'a nonce');



=== TEST 37: which is another after a restart
--- location
hoop_proof required dpop nonce=on;
--- steps
my $res = get('/p/a', dpop('/p/a', nonce => $main::before));
is($res->{status}, 401, 'of before');
isnt($res->{headers}{'dpop-nonce'}, $main::before, 'another');



=== TEST 38: more proofs than can be remembered: none is forgotten for it
--- zone
hoop_zone 256k;
--- more
location = /full { hoop on; hoop_mask off; empty_gif; }
--- steps
my $token = token(cnf => { jkt => jkt('ed25519') });
my @proofs = proofs(2500, '/full', $token);
my @status = pipelined('/full', $token, @proofs);
is(scalar @status, 2500, 'each has an answer');
my @taken = grep { $status[$_] == 200 } 0 .. $#status;
my @turned = grep { $status[$_] == 503 } 0 .. $#status;
is(@taken + @turned, 2500, 'one of two');
cmp_ok(scalar @taken, '>', 1700, 'so many are remembered');
cmp_ok(scalar @turned, '>', 300, 'the others are turned away');
my $headers = "Authorization: DPoP $token\nDPoP: ";
my $res = get('/full', $headers . $proofs[$turned[-1]]);
is($res->{status}, 503, 'again and again');
is(why($res), 'proofs cannot be remembered', 'and why');
is($res->{headers}{'retry-after'}, 5, 'come back');
is($res->{headers}{'www-authenticate'}, undef, 'it is no fault of the proof');
@status = pipelined('/full', $token, @proofs[@taken]);
is(scalar(grep { $_ == 401 } @status), scalar @taken, 'none is taken twice');



=== TEST 39: hoopctl dpop is such a client
--- steps
my $dir = temp_dir('client');
my $key = Hoop::Proof::client_key('ec')->{file};
my $by = sub {
    local $SIG{CHLD} = 'DEFAULT';
    my $out = `$hoopctl dpop --key $key @_`;
    chomp $out;
    return $out;
};
my $token = token(cnf => { jkt => $by->('--thumbprint') });
open my $fh, '>', "$dir/token" or die "$dir/token: $!\n";
print $fh "$token\n";
close $fh;
my $proof = $by->("--method GET --url http://localhost/p/a?q --token-file",
                  "$dir/token");
my $headers = "Authorization: DPoP $token\nDPoP: $proof";
is(get('/p/a?limit=10', $headers)->{status}, 200, 'taken');
is(why(get('/p/a', $headers)), 'proof has been used before', 'once');



=== TEST 40: hoop_proof, wrong
--- location: hoop_proof;
--- must_die
--- error_log
invalid number of arguments in "hoop_proof" directive



=== TEST 41: neither optional nor required
--- location: hoop_proof on;
--- must_die
--- error_log
hoop_proof "on", wanted "optional" or "required"



=== TEST 42: an option that is none
--- location: hoop_proof required dpop nonce=yes;
--- must_die
--- error_log
hoop_proof "nonce=yes", wanted dpop or mtls after "required", nonce=on|off, window=TIME or algorithms=ALG,...



=== TEST 43: a window that is too long
--- location: hoop_proof optional window=11m;
--- must_die
--- error_log
hoop_proof "window=11m", wanted a time from 1s to 10m



=== TEST 44: a window that is none
--- location: hoop_proof optional window=x;
--- must_die
--- error_log
hoop_proof "window=x", wanted a time from 1s to 10m



=== TEST 45: an algorithm that is not asymmetric
--- location: hoop_proof optional algorithms=ES256,HS256;
--- must_die
--- error_log
hoop_proof algorithm "HS256", wanted RS256



=== TEST 46: twice
--- location: hoop_proof optional; hoop_proof required;
--- must_die
--- error_log
"hoop_proof" directive is duplicate



=== TEST 47: an origin with a path
--- location: hoop_origin https://api.example.com/;
--- must_die
--- error_log
hoop_origin "https://api.example.com/", wanted a scheme, a host and perhaps a port



=== TEST 48: an origin without a scheme
--- location: hoop_origin api.example.com;
--- must_die
--- error_log
hoop_origin "api.example.com", wanted a scheme



=== TEST 49: a proof of DPoP alone, of a token from elsewhere
--- location: hoop_proof required dpop; hoop_bearer header=X-Token cookie=t;
--- must_die
--- error_log
"hoop_proof required dpop" and "hoop_bearer" without "authorization" let nobody into location "/p/"



=== TEST 50: the same, of a server whose locations know better
--- more
hoop_proof required dpop;
hoop_bearer cookie=t;
location /m/ { hoop on; hoop_proof required; proxy_pass http://up; }
location /q/ {
    hoop on;
    hoop_bearer cookie=t authorization;
    proxy_pass http://up;
}
--- location: hoop_bearer authorization;
--- steps
is(get("/$_/a", dpop("/$_/a"))->{status}, 200, $_) for qw( p q );
is(why(get('/m/a', dpop('/m/a'))), 'no bearer token', 'm');
--- reached
GET /p/a
GET /q/a



=== TEST 51: redirected to where an argument of the client's is taken out
--- more
# buffers of this size lie far above a request's pool
large_client_header_buffers 4 256k;
location /q/ {
    hoop on;
    hoop_bearer authorization query=u;
    proxy_pass http://up;
}
--- steps
is(raw("GET http://a.test:81/p/accel?u=$_ HTTP/1.1\r\nHost: a.test:81",
       dpop('/p/accel', -origin => 'http://a.test:81')), 200,
   length . ' bytes of it')
    for map { 'x' x $_ } 1, 3000;
