# Copyright (C) ngx_hoop_module authors
#
# Keys, certificates and proofs of a client whose tokens are bound to them.
#
#     dpop('/p/a', ...)          headers: a bound token and a proof of it
#     proof('/p/a', ...)         the proof alone
#     jkt('ec')                  the thumbprint that a token is bound by
#     certificate('alice')       { cert => FILE, key => FILE, x5t => '...' };
#                                the same name: the same certificate
#     ca()                       who has signed them
#
# Claims are changed by name (htm => 'POST'; undef: without it), and
#
#     -token => '...'            another token; for dpop(): instead of one
#     -claims => {...}           more claims for the token that dpop() makes
#     -key => 'ed25519'          one of: ec, ec2, ed25519, rsa
#     -alg => 'PS256'
#     -header => {...}           more, or other, members of the header
#     -origin => 'https://x'     for htu; http://localhost
#
# Keys and certificates are made by the openssl command, which signs, too.

package Hoop::Proof;

use strict;
use warnings;

use Digest::SHA qw( sha256 );
use Exporter 'import';
use JSON::PP ();
use MIME::Base64 qw( decode_base64 encode_base64url );

use Hoop::Daemon qw( temp_dir );
use Hoop::Token;

our @EXPORT = qw( ca certificate dpop jkt jwk proof );

my $json = JSON::PP->new->canonical->ascii;
my $dir = temp_dir('proof');
my (%key, %cert);
my $count = 0;

my %kinds = (
    ec => ['ES256', qw( EC -pkeyopt ec_paramgen_curve:P-256 )],
    ec2 => ['ES256', qw( EC -pkeyopt ec_paramgen_curve:P-256 )],
    ed25519 => ['EdDSA', 'ED25519'],
    rsa => ['RS256', 'RSA'],
);


sub client_key {
    my ($name) = @_;

    return $key{$name} if $key{$name};

    my ($alg, @kind) = @{ $kinds{$name} // die "no key $name\n" };
    my $file = "$dir/$name.key";

    openssl('genpkey', '-algorithm', @kind, '-out', $file);

    my $spki = openssl('pkey', '-in', $file, '-pubout', '-outform', 'DER');
    my $jwk;

    if ($alg eq 'ES256') {
        my ($x, $y) = unpack 'x27 a32 a32', $spki;
        $jwk = { kty => 'EC', crv => 'P-256', x => encode_base64url($x),
                 y => encode_base64url($y) };

    } elsif ($alg eq 'EdDSA') {
        $jwk = { kty => 'OKP', crv => 'Ed25519',
                 x => encode_base64url(substr $spki, -32) };

    } else {
        my $n = openssl('pkey', '-in', $file, '-pubout', '-text', '-noout');
        $n =~ /Modulus:\s*(.*?)\s*Exponent:/s or die "no modulus\n";
        ($n = $1) =~ s/[^0-9a-f]//g;
        $n =~ s/^00//;
        $jwk = { kty => 'RSA', e => 'AQAB',
                 n => encode_base64url(pack 'H*', $n) };
    }

    return $key{$name} = { file => $file, alg => $alg, jwk => $jwk };
}


sub jwk { return client_key(@_ ? @_ : 'ec')->{jwk} }


# RFC 7638: these have no other members
sub jkt { return encode_base64url(sha256($json->encode(jwk(@_)))) }


sub proof {
    my ($path, %arg) = @_;

    my %opt = map { $_ => delete $arg{$_} } grep { /^-/ } keys %arg;
    my $key = client_key($opt{-key} // 'ec');
    my $now = time;

    my %claim = (
        jti => "p$$-$now-" . ++$count, htm => 'GET', iat => $now,
        htu => ($opt{-origin} // 'http://localhost') . $path,
        ath => encode_base64url(sha256($opt{-token} // '')), %arg,
    );

    delete @claim{ grep { !defined $claim{$_} } keys %claim };

    return Hoop::Token::token_with($json->encode(\%claim),
        -key => $key->{file}, -kid => undef, -alg => $opt{-alg} // $key->{alg},
        -header => { typ => 'dpop+jwt', jwk => $key->{jwk},
                     %{ $opt{-header} // {} } },
        map { exists $opt{$_} ? ($_ => $opt{$_}) : () }
            qw( -signature -header_text ));
}


sub dpop {
    my ($path, %arg) = @_;

    my $claims = delete $arg{-claims} // {};
    my $token = $arg{-token}
        // token(cnf => { jkt => jkt($arg{-key} // 'ec') }, %$claims);

    return "Authorization: DPoP $token\nDPoP: "
           . proof($path, %arg, -token => $token);
}


sub ca {
    my $file = "$dir/ca";

    if (!-e "$file.pem") {
        openssl(qw( req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256
                    -nodes -days 2 -subj /CN=ca -keyout ), "$file.key",
                '-out', "$file.pem");
    }

    return "$file.pem";
}


sub certificate {
    my ($name) = @_;

    return $cert{$name} if $cert{$name};

    my $ca = ca();
    my $file = "$dir/cert-$name";
    my $serial = 100 + keys %cert;

    openssl(qw( req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj ),
            "/CN=$name", '-addext', 'subjectAltName=DNS:localhost',
            '-keyout', "$file.key", '-out', "$file.csr");

    # "self": nobody has signed it but its owner
    openssl(qw( x509 -req -days 2 -copy_extensions copy -set_serial ), $serial,
            '-in', "$file.csr", '-out', "$file.pem",
            $name eq 'self' ? ('-signkey', "$file.key")
                : ('-CA', $ca, '-CAkey', $ca =~ s/pem$/key/r));

    my $der = openssl('x509', '-in', "$file.pem", '-outform', 'DER');

    return $cert{$name} = { cert => "$file.pem", key => "$file.key",
                            x5t => encode_base64url(sha256($der)) };
}


sub openssl {
    my (@args) = @_;

    # the runner's SIGCHLD setting must not matter here
    local $SIG{CHLD} = 'DEFAULT';

    open my $fh, '-|:raw', 'sh', '-c', 'exec openssl "$@" 2>/dev/null',
        'openssl', @args or die "openssl: $!\n";
    local $/;
    my $out = <$fh>;
    close $fh or die "openssl @args failed\n";
    return $out // '';
}


1;
