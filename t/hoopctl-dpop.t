#!/usr/bin/perl

# Copyright (C) ngx_hoop_module authors
#
# hoopctl dpop: proofs of possession for development.

use strict;
use warnings;

use lib 't/lib';
use Digest::SHA qw( sha256 );
use File::Temp qw( tempdir );
use IPC::Run qw( run );
use JSON::PP ();
use MIME::Base64 qw( decode_base64url encode_base64url );
use Test::More;

my $hoopctl = $ENV{HOOPCTL} || './build/hoopctl';
my $dir = tempdir(CLEANUP => 1);
my $json = JSON::PP->new->canonical;
my ($out, $err);


sub hoopctl {
    my (@args) = @_;

    $out = $err = '';
    run [$hoopctl, @args], '<', '/dev/null', '>', \$out, '2>', \$err;
    return $? >> 8;
}


sub file {
    my ($name, $text) = @_;

    open my $f, '>', "$dir/$name" or die "$dir/$name: $!";
    print $f $text;
    close $f;
    return "$dir/$name";
}


sub key {
    my ($name, @args) = @_;

    run ['openssl', 'genpkey', '-out', "$dir/$name.pem", @args],
        '>', '/dev/null', '2>', '/dev/null' or die "openssl genpkey";
    return "$dir/$name.pem";
}


sub parts {
    my ($header, $claims) = split /\./, $out;

    return map { $json->decode(decode_base64url($_)) } $header, $claims;
}


my %key = (
    RS256 => key('rsa', '-algorithm', 'RSA'),
    ES256 => key('p256', qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-256)),
    ES384 => key('p384', qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-384)),
    EdDSA => key('ed', '-algorithm', 'ED25519'),
);

for my $alg (sort keys %key) {
    my @args = ('dpop', '--key', $key{$alg}, '--method', 'POST',
                '--url', 'HTTPS://API.test:443/a%7eb?q=1#f');

    is(hoopctl(@args), 0, $alg);
    like($out, qr/^[\w-]+\.[\w-]+\.[\w-]+\n\z/, 'a token');
    my ($header, $claims) = parts();

    is($header->{typ}, 'dpop+jwt', 'typ');
    is($header->{alg}, $alg, 'alg');
    is(join(' ', sort keys %$header), 'alg jwk typ', 'no other parameter');
    ok(!defined $header->{jwk}{d}, 'no private part');

    is($claims->{htm}, 'POST', 'htm');
    is($claims->{htu}, 'https://api.test/a~b', 'htu');
    cmp_ok(abs($claims->{iat} - time), '<=', 10, 'iat');
    like($claims->{jti}, qr/^[\w-]{22}$/, 'jti');
    is(join(' ', sort keys %$claims), 'htm htu iat jti', 'no other claim');

    # RFC 7638, and the key set has the same key
    my $print = encode_base64url(sha256($json->encode($header->{jwk})));
    is(hoopctl('dpop', '--key', $key{$alg}, '--thumbprint'), 0, 'thumbprint');
    is($out, "$print\n", 'of the key in the proof');

    # a key set of that key verifies it, as a signature
    my $jwks = file('jwks.json', $json->encode({ keys => [$header->{jwk}] }));
    hoopctl(@args);
    run [$hoopctl, qw( jwt verify --signature-only --jwks ), $jwks],
        '<', \$out, '>', \my $verdict;
    is($verdict, qq({"valid":true}\n), 'signed with it');

    my $first = (parts())[1]{jti};
    hoopctl(@args);
    isnt((parts())[1]{jti}, $first, 'each jti is new');
}

my @args = ('dpop', '--key', $key{ES256}, '--method', 'GET', '--url',
            'http://localhost:8080');

is(hoopctl(@args, '--token-file', file('token', "a.b.c\n"), '--nonce', 'n"1',
           '--jti', 'j', '--iat', '1700000000'), 0, 'all options');
my ($header, $claims) = parts();
is($claims->{ath}, encode_base64url(sha256('a.b.c')), 'ath');
is($claims->{nonce}, 'n"1', 'nonce');
is($claims->{jti}, 'j', 'jti');
is($claims->{iat}, 1700000000, 'iat');
is($claims->{htu}, 'http://localhost:8080/', 'htu');

is(hoopctl('dpop', '--key', $key{RS256}, '--method', 'GET', '--url',
           'https://h/', '--alg', 'PS512'), 0, 'another alg');
is((parts())[0]{alg}, 'PS512', 'is used');

# what goes wrong

my $public = "$dir/public.pem";
run ['openssl', 'pkey', '-in', $key{ES256}, '-pubout', '-out', $public];

for my $case (
    [[], qr/--key FILE/],
    [['--key', $key{ES256}], qr/--key FILE/],
    [['--key', $key{ES256}, '--method', 'GET'], qr/--key FILE/],
    [['--key', $key{ES256}, '--url', 'https://h/'], qr/--key FILE/],
    [[@args[1 .. $#args], 'more'], qr/--key FILE/],
    [[@args[1 .. $#args], '--nonce'], qr/value is missing/],
    [[@args[1 .. $#args], '--what'], qr/unknown option/],
    [[@args[1 .. $#args], '--alg', 'RS256'], qr/is no key for RS256/],
    [[@args[1 .. $#args], '--alg', 'HS256'], qr/wanted one like ES256/],
    [[@args[1 .. $#args], '--alg', 'none'], qr/wanted one like ES256/],
    [[@args[1 .. $#args], '--iat', 'x'], qr/wanted Unix seconds/],
    [[@args[1 .. $#args], '--token-file', "$dir/no"], qr/cannot open/],
    [[@args[1 .. $#args], '--url', 'localhost/a'], qr/wanted an http/],
    [[@args[1 .. $#args], '--url', 'https://h/../a'], qr/wanted an http/],
    [[@args[1 .. $#args], '--key', $public], qr/is a public key/],
    [[@args[1 .. $#args], '--key', "$dir/no"], qr/cannot open/],
    [[@args[1 .. $#args], '--key', file('x', 'x')], qr/"\S+x": /],
) {
    is(hoopctl('dpop', @{ $case->[0] }), 2, "refused: $case->[1]");
    like($err, $case->[1], 'and why');
    is($out, '', 'nothing else');
}

done_testing;
