#!/usr/bin/perl

# Copyright (C) ngx_hoop_module authors
#
# hoopctl token signs, hoopctl jwt verify judges: design section 12.

use strict;
use warnings;

use File::Temp qw(tempdir);
use IPC::Run qw(run);
use Test::More;

my $hoopctl = $ENV{HOOPCTL} || './build/hoopctl';
my $dir = tempdir(CLEANUP => 1);
my $now = 1700000000;
my ($out, $err);


sub hoopctl {
    my ($in, @args) = @_;

    $out = $err = '';

    # from a file: who ends without reading a pipe would end us by SIGPIPE
    run [$hoopctl, @args], '<', file('stdin', $in), '>', \$out,
        '2>', \$err;
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


my %key = (
    RS => key('rsa', '-algorithm', 'RSA'),
    ES256 => key('p256', qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-256)),
    ES384 => key('p384', qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-384)),
    ES512 => key('p521', qw(-algorithm EC -pkeyopt ec_paramgen_curve:P-521)),
    EdDSA => key('ed', '-algorithm', 'ED25519'),
);
$key{PS} = $key{RS};

my $claims = qq({"iss":"https://i","sub":"bot","aud":"crm","exp":@{[$now + 60]}});

is(hoopctl('', 'token', '--jwks', map { ('--key', $key{$_}) }
           qw(RS ES256 ES384 ES512 EdDSA)), 0, 'token --jwks');
unlike($out, qr/"(d|p|q|dp|dq|qi)"/, 'no private part in it');
my $jwks = file('jwks.json', $out);

my @verify = ('jwt', 'verify', '--jwks', $jwks);
my @full = (@verify, '--iss', 'https://i', '--aud', 'crm', '--now', $now);
my %token;

for my $alg (qw(RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA)) {
    my $key = $key{$alg} || $key{substr $alg, 0, 2};

    is(hoopctl("$claims\n$claims", 'token', '--key', $key, '--alg', $alg), 0,
       "token --alg $alg");
    is(scalar(my @lines = split /\n/, $out), 2, 'a token a line');
    $token{$alg} = $lines[0];

    is(hoopctl($out, @full), 0, "$alg verifies");
    is($out, qq({"valid":true,"sub":"bot"}\n) x 2, 'a verdict a line');
}

# the thumbprint of RFC 8037, A.3

my $rfc8037 = file('rfc8037.pem', <<'PEM');
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
PEM
hoopctl('', 'token', '--jwks', '--key', $rfc8037);
like($out, qr/"kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"/,
     'the kid is the thumbprint');

hoopctl('', 'token', '--jwks', '--key', $rfc8037, '--kid', 'a"b');
like($out, qr/"kid":"a\\"b"/, 'or what --kid says');

# secrets

my $secret = 's' x 32;
my $hs = file('secret', "$secret\n");
is(hoopctl($claims, 'token', '--key', $hs, '--alg', 'HS256'), 0, 'HS256');
my $oct = file('oct.json', '{"kty":"oct","k":"' . ('c3Nz' x 10) . 'c3M"}');
is(hoopctl($out, 'jwt', 'verify', '--jwks', $oct, '--now', $now), 0,
   'HS256 with a single JWK');
is(hoopctl($claims, 'token', '--key', $hs, '--alg', 'HS512'), 2,
   'a secret too short for HS512');
unlike($err, qr/\Q$secret\E/, 'and not shown');

# verdicts

is(hoopctl($token{RS256}, @verify, '--now', $now + 100), 1, 'expired');
is($out, qq({"valid":false,"error":"token is expired"}\n), 'says so');
is(hoopctl($token{RS256}, @verify, '--now', $now + 100, '--leeway', 100), 0,
   '--leeway');
is(hoopctl($token{RS256}, @verify, '--now', $now + 100, '--signature-only'),
   0, '--signature-only');
is($out, qq({"valid":true}\n), 'says no more');
is(hoopctl($token{RS256}, @full, '--aud', 'billing'), 0, 'one --aud of two');
is(hoopctl($token{RS256}, @verify, '--now', $now, '--aud', 'billing'), 1,
   'another --aud');
is(hoopctl($token{RS256}, @verify, '--now', $now, '--iss', 'x'), 1, '--iss');
is(hoopctl($token{RS256}, @full, '--alg', 'PS256,ES256'), 1, '--alg');
is($out, qq({"valid":false,"error":"token algorithm is not allowed"}\n),
   'says so');

is(hoopctl("$token{RS256}\r\n\nx\n" . 'A' x 100000 . "\n$token{ES256}\n",
           @full), 1, 'good and bad lines');
is($out, join('', map { "$_\n" }
    '{"valid":true,"sub":"bot"}',
    ('{"valid":false,"error":"token is malformed"}') x 3,
    '{"valid":true,"sub":"bot"}'), 'each has its verdict');
is(hoopctl('', @full), 0, 'no line');
is($out, '', 'no verdict');

# files

is(hoopctl($token{RS256}, 'jwt', 'verify', '--jwks', file('a', '<html>')), 2,
   'a file that is no JSON');
is(hoopctl($token{RS256}, 'jwt', 'verify', '--jwks', file('b', '{}')), 2,
   'a file that is no key set');
is(hoopctl($token{RS256}, 'jwt', 'verify', '--jwks', "$dir/none"), 2,
   'a file that is not there');
is(hoopctl($token{RS256}, 'jwt', 'verify', '--jwks',
           file('c', '{"keys":[{"kty":"RSA","use":"enc"}]}')), 1,
   'a set without a usable key');
is($out, qq({"valid":false,"error":"token key is unknown"}\n),
   'has no valid token');
like($err, qr/"use" is not "sig"/, 'and the reason is on standard error');

# a private key stands for its public part (RFC 8037, A.1 and A.4)

my $private = '"kty":"OKP","crv":"Ed25519",'
    . '"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",'
    . '"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"';
my $signed = 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.'
    . 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7'
    . 'sVvpAr_MuM0KAg';

for ("{$private}", qq({"keys":["x",{"kty":7},{$private}]})) {
    is(hoopctl($signed, 'jwt', 'verify', '--signature-only', '--jwks',
               file('d', $_)), 0, 'a private key verifies');
    like($err, qr/only their public part is used/, 'and is told of');
    unlike($err, qr/nWGxne/, 'and not shown');
}

is(hoopctl($signed, 'jwt', 'verify', '--signature-only', '--jwks',
           file('e', qq({$private,"key_ops":["sign"]}))), 1,
   'but not if its key_ops do not say so');

# usage

is(hoopctl('', 'jwt', 'verify'), 2, 'no --jwks');
is(hoopctl('', @verify, '--foo'), 2, 'unknown option');
is(hoopctl('', @verify, '--alg', 'none'), 2, '--alg none');
is(hoopctl('', @verify, '--now', 'x'), 2, '--now x');
is(hoopctl('', @verify, '--leeway', '-1'), 2, '--leeway -1');
is(hoopctl('', 'token', '--key', $key{RS}), 2, 'token without --alg');
is(hoopctl('', 'token', '--key', $key{RS}, '--alg', 'ES256'), 2,
   'a key that does not fit');
is(hoopctl('[]', 'token', '--key', $key{RS}, '--alg', 'RS256'), 2,
   'claims that are no object');
is(hoopctl('{"a":1,"a":2}', 'token', '--key', $key{RS}, '--alg', 'RS256'), 2,
   'claims with a member twice');
is(hoopctl('', 'token', '--key', $jwks, '--alg', 'RS256'), 2,
   'a key that is no PEM');

done_testing();
