# Copyright (C) ngx_hoop_module authors
#
# An OpenID provider that people sign in at: discovery, keys, an authorization
# endpoint that asks nothing, and a token endpoint that is strict about all that
# OpenID Connect Core 1.0, 3.1, and RFC 7636 say.
#
#     my $idp = Hoop::Provider->new(client => 'console', secret => 's3cret');
#     $idp->issuer;
#     $idp->mode(claims => { sub => 'dana', groups => ['dba'] });
#     $idp->mode(authorize => 'denied');    # an error, instead of a code
#     $idp->mode(token => '{"error":"invalid_grant"}', status => 400);
#     $idp->mode(sign => { -key => 'rsa2' });        # of Hoop::Token
#
# Each mode() stands in the place of all before.  With method => 'post' the
# client is to send its secret in the form, with none to have none; with
# subject => 'pairwise' it has other names of a person for each client.

package Hoop::Provider;

use strict;
use warnings;

use parent 'Hoop::Upstream';

use Digest::SHA qw( sha256 );
use JSON::PP ();
use MIME::Base64 qw( decode_base64 encode_base64url );

use Hoop::Token ();

my $json = JSON::PP->new->canonical->utf8;


sub new {
    my ($class, %opt) = @_;

    my (%mode, %code);
    my $count = 0;

    # in the server, which is another process
    my $issuer = sub { "http://$_[0]{headers}{host}" };

    my %routes = (
        '/mode' => sub {
            my ($req) = @_;
            %mode = %{ $json->decode($req->{body}) };
            return "\n";
        },

        '/authorize' => sub {
            my ($req) = @_;
            my %arg = form($req->{uri} =~ s/^[^?]*\?//r);
            my @back = (state => $arg{state}, iss => $mode{iss} // $issuer->($req));

            return { status => 400, body => "no\n" }
                if $arg{response_type} ne 'code'
                   || $arg{client_id} ne $opt{client}
                   || $arg{scope} !~ /^openid\b/
                   || $arg{code_challenge_method} ne 'S256'
                   || length $arg{code_challenge} != 43
                   || length $arg{state} < 43 || length $arg{nonce} < 43;

            if (($mode{authorize} // '') eq 'denied') {
                push @back, error => 'access_denied',
                            error_description => '<script>&';

            } else {
                my $code = '4/' . ++$count . '+x=';
                $code{$code} = \%arg;
                push @back, code => $code;
            }

            my $back = '';
            while (my ($name, $value) = splice @back, 0, 2) {
                $back .= ($back eq '' ? '?' : '&') . "$name=" . escape($value);
            }

            return { status => 302,
                     headers => [Location => $arg{redirect_uri} . $back] };
        },

        '/token' => sub {
            my ($req) = @_;
            my %arg = form($req->{body});
            my $asked = delete $code{ $arg{code} // '' };

            return { status => $mode{status} // 200, type => 'application/json',
                     body => $mode{token} } if defined $mode{token};

            my $client = $req->{headers}{authorization} // '';
            my ($id, $secret) = $client =~ /^Basic (\S+)$/
                ? map { unescape($_) } split /:/, decode_base64($1), 2 : ();

            if (($opt{method} // 'basic') ne 'basic') {
                ($id, $secret) = @arg{qw( client_id client_secret )};
            }

            my $bad = !$asked ? 'invalid_grant'
                : ($id // '') ne $opt{client} ? 'invalid_client'
                : ($secret // '') ne ($opt{secret} // '') ? 'invalid_client'
                : $arg{grant_type} ne 'authorization_code'
                  ? 'unsupported_grant_type'
                : $arg{redirect_uri} ne $asked->{redirect_uri}
                  ? 'invalid_grant'
                : encode_base64url(sha256($arg{code_verifier}))
                  ne $asked->{code_challenge} ? 'invalid_grant' : undef;

            return { status => 400, type => 'application/json',
                     body => $json->encode({ error => $bad }) } if $bad;

            my %claims = (iss => $issuer->($req), aud => $opt{client},
                          nonce => $asked->{nonce}, sub => 'dana',
                          jti => undef, nbf => undef,
                          groups => ['dba'], %{ $mode{claims} // {} });

            return { type => 'application/json', body => $json->encode({
                access_token => 'opaque', token_type => 'Bearer',
                expires_in => 300, scope => $asked->{scope},
                id_token => Hoop::Token::token(%claims,
                                               %{ $mode{sign} // {} }),
            }) };
        },
    );

    return $class->SUPER::new(oidc => 1, env => $opt{env}, routes => \%routes,
        metadata => {
            authorization_endpoint => sub { "http://127.0.0.1:$_[0]/authorize" },
            token_endpoint => sub { "http://127.0.0.1:$_[0]/token" },
            authorization_response_iss_parameter_supported => JSON::PP::true,
            subject_types_supported => [$opt{subject} // 'public'],
            $opt{method} && $opt{method} ne 'none'
            ? (token_endpoint_auth_methods_supported =>
               ["client_secret_$opt{method}"]) : (),
        });
}


sub mode {
    my ($self, %mode) = @_;

    my $body = $json->encode(\%mode);
    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => $self->port) or die "$!\n";
    print $sock "POST /mode HTTP/1.0\r\nContent-Length: " . length($body)
                . "\r\n\r\n$body";
    local $/;
    <$sock>;
}


sub form {
    my ($text) = @_;

    return map { map { unescape($_) } split /=/, $_, 2 } split /&/, $text;
}


sub unescape {
    my ($text) = @_;

    $text =~ tr/+/ /;
    $text =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
    return $text;
}


sub escape {
    my ($text) = @_;

    return $text =~ s/([^-A-Za-z0-9._~])/sprintf '%%%02X', ord $1/ger;
}


1;
