# Copyright (C) ngx_hoop_module authors
#
# The helpers of the suites: what they start, sign, serve and read.

use strict;
use warnings;

use lib 't/lib';

use Digest::SHA qw( sha256_hex );
use IO::Socket::INET;
use JSON::PP qw( decode_json );
use MIME::Base64 qw( decode_base64url );
use Test::More;
use Time::HiRes qw( time );

use Hoop::Daemon qw( temp_dir wait_for );
use Hoop::Redis;
use Hoop::Spool qw( chain_problems event_matches frame_problems frames );
use Hoop::Token;
use Hoop::Upstream;


subtest 'a redis of our own' => sub {
    my $redis = Hoop::Redis->new(env => 'R');

    is($ENV{TEST_NGINX_R_PORT}, $redis->port, 'port is exported');
    ok(-S $ENV{TEST_NGINX_R_SOCKET}, 'socket is exported');
    is($redis->command('SET', 'k', "a\r\nb"), 'OK', 'simple string');
    is($redis->command('GET', 'k'), "a\r\nb", 'bulk string');
    is($redis->command('GET', 'none'), undef, 'nil');
    is($redis->command('INCR', 'n'), 1, 'integer');
    $redis->command('XADD', 'hoop:audit:gw:0', '5-2', 'event', 'two');
    $redis->command('XADD', 'hoop:audit:gw:1', '5-1', 'event', 'one');
    is(join(' ', map { $_->{text} } $redis->audit_events), 'one two',
       'events in order, nested arrays');
    ok(!eval { $redis->command('NOPE'); 1 }, 'an error dies');
    like($@, qr/unknown command/, 'with its text');

    $redis->kill;
    ok(!$redis->is_running, 'killed');
    ok(!eval { $redis->command('PING'); 1 }, 'and away');
    $redis->start;
    is($redis->command('GET', 'k'), "a\r\nb", 'data is there again');

    $redis->pause;
    $redis->{timeout} = 0.1;
    ok(!eval { $redis->command('PING'); 1 }, 'paused');
    $redis->{timeout} = 5;
    $redis->resume;
    is($redis->command('PING'), 'PONG', 'resumed');

    $redis->restart;
    is($redis->command('INCR', 'n'), 2, 'restarted');
    is($redis->port, $ENV{TEST_NGINX_R_PORT}, 'on the same port');
};


subtest 'tokens' => sub {
    my ($h, $p, $s) = map { decode_base64url($_) } split /\./, token();
    my $claims = decode_json($p);

    is_deeply(decode_json($h), { alg => 'RS256', kid => 'rsa', typ => 'JWT' },
              'header');
    is($claims->{iss}, 'https://idp.test', 'iss');
    cmp_ok($claims->{exp}, '>', time, 'exp');
    is(length $s, 256, 'signature of 2048 bits');
    isnt($claims->{jti}, decode_json(decode_base64url(
         (split /\./, token())[1]))->{jti}, 'jti is new each time');

    $claims = decode_json(decode_base64url(
        (split /\./, token(aud => undef, exp => 5, act => { sub => 'p' }))[1]));
    ok(!exists $claims->{aud}, 'a claim left out');
    is($claims->{exp}, 5, 'a claim set');
    is($claims->{act}{sub}, 'p', 'a claim added');

    is(length decode_base64url((split /\./, token(-key => 'ec'))[2]), 64,
       'ES256 is raw') for 1 .. 5;
    is(length decode_base64url((split /\./, token(-key => 'ed25519'))[2]), 64,
       'EdDSA');
    like(token(-alg => 'none'), qr/^[\w-]+\.[\w-]+\.$/, 'none');
    is(length decode_base64url((split /\./, token(-alg => 'HS256',
       -secret => public_pem('rsa')))[2]), 32, 'HS256');
    like(public_pem('rsa'), qr/BEGIN PUBLIC KEY/, 'public key');

    my $dir = temp_dir('token');
    my ($signed, $sig) = token() =~ /^(.*)\.(.*)$/;
    write_file("$dir/signed", $signed);
    write_file("$dir/sig", decode_base64url($sig));
    write_file("$dir/pub", public_pem('rsa'));
    is(`openssl dgst -sha256 -verify $dir/pub -signature $dir/sig $dir/signed`,
       "Verified OK\n", 'openssl agrees');

    my @keys = @{ decode_json(jwks('rsa2', 'ec'))->{keys} };
    is(join(' ', map { $_->{kid} } @keys), 'rsa2 ec', 'key set');
};


subtest 'an upstream' => sub {
    my $up = Hoop::Upstream->new(env => 'U', routes => {
        '/text'  => "text\n",
        '/gzip'  => { body => 'a' x 100, gzip => 1 },
        '/slow'  => { chunks => ['ab', ['cd', 0.1], 'ef'] },
        '/206'   => { status => 206, body => 'part',
                      headers => ['Content-Range', 'bytes 0-3/9'] },
        '/raw'   => ["HTTP/1.1 200 Fine\r\n",
                     ["Content-Length: 1\r\n\r\nx", 0.05]],
        '/cut'   => { chunks => ['ab'], cut => 1 },
        '/dir/*' => sub { { status => 201,
                            body => "$_[0]{method} $_[0]{body}" } },
    });

    like(ask($up, "GET /text HTTP/1.0\r\n\r\n"),
         qr/^HTTP\/1\.1 200 OK\r\n.*Content-Length: 5\r\n.*\r\n\r\ntext\n$/s,
         'text');
    like(ask($up, "GET /gzip HTTP/1.0\r\n\r\n"),
         qr/Content-Encoding: gzip\r\n.*\r\n\r\n\x1f\x8b/s, 'gzip');

    my $start = time;
    like(ask($up, "GET /slow HTTP/1.1\r\nConnection: close\r\n\r\n"),
         qr/chunked\r\n.*\r\n\r\n2\r\nab\r\n2\r\ncd\r\n2\r\nef\r\n0\r\n\r\n$/s,
         'chunks');
    cmp_ok(time - $start, '>=', 0.1, 'with a delay');
    like(ask($up, "GET /slow HTTP/1.0\r\n\r\n"), qr/\r\n\r\nabcdef$/,
         'until close, for an old client');
    unlike(ask($up, "GET /cut HTTP/1.1\r\n\r\n"), qr/0\r\n\r\n$/, 'cut');
    like(ask($up, "GET /206 HTTP/1.0\r\n\r\n"),
         qr/^HTTP\/1\.1 206 .*Content-Range: bytes 0-3\/9\r\n/s, 'status');
    is(ask($up, "GET /raw HTTP/1.0\r\n\r\n"),
       "HTTP/1.1 200 Fine\r\nContent-Length: 1\r\n\r\nx", 'raw');
    like(ask($up, "PUT /dir/a?b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                  . "Connection: close\r\n\r\n3\r\nxyz\r\n0\r\n\r\n"),
         qr/201 .*PUT xyz$/s, 'code, chunked request');
    like(ask($up, "GET /text HTTP/1.1\r\n\r\nGET /none HTTP/1.0\r\n\r\n"),
         qr/text\nHTTP\/1\.1 404 /, 'keep-alive, no route');

    is($up->last_request->{uri}, '/none', 'last request');
    is(scalar(() = $up->requests), 10, 'all requests');
    is($up->get('/__count'), "10\n", 'count');
    is($up->get('/__last'), "GET /none HTTP/1.0\r\n\r\n", 'raw request');

    $up->reset;
    is(scalar(() = $up->requests), 0, 'reset');

    $up->down;
    ok(!connect_to($up->port), 'down');
    $up->up;
    like(ask($up, "GET /text HTTP/1.0\r\n\r\n"), qr/text\n$/, 'up again');
};


subtest 'an OpenID provider' => sub {
    my $idp = Hoop::Upstream->new(oidc => 1);
    my $about = decode_json($idp->get('/.well-known/openid-configuration'));

    is($about->{issuer}, $idp->url, 'issuer');
    is($about->{jwks_uri}, $idp->url . '/jwks', 'jwks_uri');
    is($idp->get('/jwks'), jwks(qw( rsa ec ed25519 )), 'keys');

    $idp->control(keys => 'rsa2');
    is($idp->get('/jwks'), jwks('rsa2'), 'rotation');
    $idp->control(fail => 500);
    like(ask($idp, "GET /jwks HTTP/1.0\r\n\r\n"), qr/^HTTP\/1\.1 500 /,
         'failure');
    $idp->control(fail => 'close');
    is(ask($idp, "GET /jwks HTTP/1.0\r\n\r\n"), '', 'closes');
    $idp->control(fail => 'garbage');
    ok(!eval { decode_json($idp->get('/jwks')) }, 'garbage');
    $idp->control(fail => '');
    is($idp->get('/jwks'), jwks('rsa2'), 'heals');
};


subtest 'evidence' => sub {
    my $dir = Hoop::Spool->fresh;
    my @texts = chain(5);

    is("@{[ chain_problems(@texts) ]}", '', 'intact');
    is("@{[ chain_problems(@texts[2 .. 4]) ]}", '', 'intact from the middle');

    my @t = @texts;
    $t[2] =~ s/"n":3/"n":4/;
    like("@{[ chain_problems(@t) ]}", qr/gw:0:3 is changed/, 'changed');

    @t = @texts[0, 1, 3, 4];
    like("@{[ chain_problems(@t) ]}", qr/gw:0:4 comes after 2/, 'removed');

    @t = @texts[0, 2, 1, 3, 4];
    like("@{[ chain_problems(@t) ]}", qr/gw:0:3 comes after 1/, 'reordered');

    @t = (@texts[0, 1], (chain(5, 'other'))[2 .. 4]);
    like("@{[ chain_problems(@t) ]}", qr/gw:0:3 does not follow/, 'forged');

    like("@{[ chain_problems('{\"v\":2}') ]}", qr/no event/, 'not an event');

    mkdir "$dir/0" or die $!;
    my $file = sprintf '%s/0/%020d.seg', $dir, 1;
    my @frames = map { frame(0, $_, $texts[$_ - 1]) } 1 .. 5;

    write_file($file, join '', @frames);
    is("@{[ frame_problems() ]}", '', 'segment');
    is_deeply([map { $_->{text} } frames()], \@texts, 'texts');

    write_file($file, substr join('', @frames), 0, -3);
    like("@{[ frame_problems() ]}", qr/torn text/, 'torn');

    write_file($file, join('', @frames) =~ s/"n":2/"n":7/r);
    like("@{[ frame_problems() ]}", qr/wrong checksum/, 'checksum');

    write_file($file, join '', @frames[0, 2]);
    like("@{[ frame_problems() ]}", qr/frame 1 has slot 0 and seq 3/,
         'a frame is missing');

    my $e = decode_json($texts[0]);
    ok(event_matches($e, { seq => 1, gateway => 'gw' }), 'matches');
    ok(event_matches($e, { ts => '/^2026-/', n => '1' }), 'by regex');
    ok(!event_matches($e, { seq => 2 }), 'another value');
    ok(!event_matches($e, { nothing => 1 }), 'no such member');
    ok(!event_matches({ a => { b => 1 } }, { a => { b => 2 } }), 'nested');
};


subtest 'children of a test leave its processes alone' => sub {
    my $up = Hoop::Upstream->new(env => 'C', routes => { '/' => 'here' });
    my $dir = temp_dir('child');
    my $pid = fork;

    exit 0 if $pid == 0;

    waitpid $pid, 0;
    ok(-d $dir, 'folders');
    is($up->get('/'), 'here', 'servers');
};


done_testing();


sub write_file {
    my ($path, $text) = @_;

    open my $fh, '>:raw', $path or die "$path: $!";
    print $fh $text;
    close $fh;
}


sub connect_to {
    my ($port) = @_;

    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
}


sub ask {
    my ($up, $request) = @_;

    my $sock = connect_to($up->port) or return;
    print $sock $request;
    local $/;
    return scalar(<$sock>) // '';
}


sub chain {
    my ($count, $salt) = @_;

    my $prev = '0' x 64;

    return map {
        my $text = qq({"v":1,"id":"gw:0:$_","seq":$_,)
            . qq("ts":"2026-01-31T12:00:0$_.000Z","gateway":"gw","slot":0,)
            . qq("type":"request","session":"hs_0","n":$_,)
            . '"salt":"' . ($salt // '') . qq(","prev":"$prev");
        $prev = sha256_hex($text);
        qq($text,"hash":"$prev"});
    } 1 .. $count;
}


sub frame {
    my ($slot, $seq, $text) = @_;

    my $tail = pack('V Q< Q<', $slot, $seq, 0) . $text;
    return pack('a4 V V', 'HEV1', length $text, Compress::Zlib::crc32($tail))
           . $tail;
}
