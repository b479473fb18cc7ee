# Copyright (C) ngx_hoop_module authors
#
# Tokens, good and bad, signed with the keys of t/data/keys; the kid of a key
# is its file name.
#
#     token()                            sub agent-1 of https://idp.test
#     token(sub => 'x', aud => undef)    other claims; undef: without it
#     token(-key => 'ec')                ES256
#     token(-alg => 'none')
#     token(-alg => 'HS256', -secret => public_pem('rsa'))
#     token(-key => '/path/key.pem', -alg => 'ES256')
#     token(-header => { crit => ['x'] }, -kid => undef)
#
# Signing is done by the openssl command, and by nothing of the project: a
# second opinion on its JOSE code.

package Hoop::Token;

use strict;
use warnings;

use Cwd qw( abs_path );
use Digest::SHA qw( hmac_sha256 hmac_sha384 hmac_sha512 );
use Exporter 'import';
use File::Basename qw( dirname );
use File::Temp;
use IPC::Open2 qw( open2 );
use JSON::PP ();
use MIME::Base64 qw( encode_base64url );

our @EXPORT = qw( bearer jwks jwks_file key_file public_pem token
                  token_with );

our $Issuer = 'https://idp.test';

my $keys = abs_path(dirname(__FILE__) . '/../../data/keys');
my $json = JSON::PP->new->canonical->latin1;
my %default_alg = (rsa => 'RS256', rsa2 => 'RS256', ec => 'ES256',
                   ed25519 => 'EdDSA');
my $count = 0;

$ENV{TEST_NGINX_KEYS} = $keys;


sub key_file {
    my ($name) = @_;

    return $name =~ m{/} ? $name : "$keys/$name.pem";
}


sub jwks_file {
    return "$keys/jwks.json";
}


# a key set with the keys of these names
sub jwks {
    my (@names) = @_;

    my %key;

    for my $file (qw( jwks.json jwks2.json )) {
        open my $fh, '<', "$keys/$file" or die "$keys/$file: $!\n";
        local $/;
        $key{ $_->{kid} } = $_ for @{ $json->decode(<$fh>)->{keys} };
    }

    return $json->encode({ keys => [map { $key{$_} // die "no key $_\n" }
                                        @names] });
}


sub public_pem {
    my ($name) = @_;

    return openssl('', 'pkey', '-in', key_file($name), '-pubout');
}


sub claims {
    my (%claim) = @_;

    my $now = time;

    %claim = (
        iss => $Issuer, aud => 'hoop', sub => 'agent-1',
        groups => ['agents'], iat => $now - 5, nbf => $now - 5,
        exp => $now + 600, jti => "t$$-$now-" . ++$count, %claim,
    );

    delete @claim{ grep { !defined $claim{$_} } keys %claim };
    return \%claim;
}


sub token {
    my (%arg) = @_;

    my %opt = map { $_ => delete $arg{$_} } grep { /^-/ } keys %arg;

    return token_with($json->encode(claims(%arg)), %opt);
}


# a token with this very text as its payload
sub token_with {
    my ($payload, %opt) = @_;

    my $key = $opt{-key} // 'rsa';
    my $alg = $opt{-alg} // $default_alg{$key} // die "no key $key\n";
    my %header = (alg => $alg, typ => 'JWT',
                  kid => exists $opt{-kid} ? $opt{-kid} : $key,
                  %{ $opt{-header} // {} });

    delete @header{ grep { !defined $header{$_} } keys %header };

    my $input = encode_base64url($opt{-header_text}
                                 // $json->encode(\%header))
                . '.' . encode_base64url($payload);
    my $signature = $opt{-signature} // sign($alg, $key, $input, $opt{-secret});

    return $input . '.' . encode_base64url($signature);
}


sub bearer {
    return 'Authorization: Bearer ' . token(@_);
}


sub sign {
    my ($alg, $key, $input, $secret) = @_;

    return '' if lc $alg eq 'none';

    my ($kind, $bits) = $alg =~ /^(..)(\d{3})$/;

    if ($alg eq 'EdDSA') {
        my $file = File::Temp->new;
        print $file $input;
        close $file;
        return openssl('', 'pkeyutl', '-sign', '-rawin', '-inkey',
                       key_file($key), '-in', $file->filename);
    }

    die "unknown alg $alg\n" if !defined $kind;

    if ($kind eq 'HS') {
        my $hmac = { 256 => \&hmac_sha256, 384 => \&hmac_sha384,
                     512 => \&hmac_sha512 }->{$bits};
        return $hmac->($input, $secret // 'secret');
    }

    my @pss = $kind eq 'PS' ? qw( -sigopt rsa_padding_mode:pss
                                  -sigopt rsa_pss_saltlen:digest ) : ();
    my $signature = openssl($input, 'dgst', "-sha$bits", '-sign',
                            key_file($key), @pss);

    return $kind eq 'ES' ? raw_ecdsa($signature, 32) : $signature;
}


# r and s, each of so many bytes, of a DER sequence of two integers
sub raw_ecdsa {
    my ($der, $size) = @_;

    my (undef, undef, $rest) = unpack 'C C a*', $der;
    my ($r, $s) = unpack 'x C/a x C/a', $rest;

    for ($r, $s) {
        s/^\0+//;
        $_ = ("\0" x ($size - length)) . $_;
    }

    return $r . $s;
}


sub openssl {
    my ($in, @args) = @_;

    # the runner's SIGCHLD and PIPE settings must not matter here
    local $SIG{CHLD} = 'DEFAULT';

    my $pid = open2(my $from, my $to, 'openssl', @args);
    binmode $_ for $from, $to;
    print $to $in;
    close $to;

    local $/;
    my $out = <$from>;
    waitpid $pid, 0;

    die "openssl @args failed\n" if $? != 0;
    return $out;
}


1;
