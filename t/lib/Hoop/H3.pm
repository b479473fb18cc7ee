# Copyright (C) ngx_hoop_module authors
#
# HTTP/3, by a client in Python: python3-aioquic of Debian 13, or where
# $TEST_NGINX_AIOQUIC names a python that has it.
#
#     my $why = Hoop::H3::missing();       # what there is not, or ''
#     my ($res, $more) = h3($port, { path => '/p/x', headers => ["A: b"] }, ...);
#     $res->{status}, $res->{head} (as text), $res->{headers}{'hoop-session'},
#     $res->{body}, $res->{hints} and $res->{trailers} (as text),
#     $res->{ended}, $res->{reset}
#
# t/lib/h3.py says what else a request may have.  Several go side by side.

package Hoop::H3;

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw( dirname );
use IPC::Open2 qw( open2 );
use JSON::PP ();
use MIME::Base64 qw( decode_base64 );

our @EXPORT = qw( h3 );

my $json = JSON::PP->new->latin1;
my $python = $ENV{TEST_NGINX_AIOQUIC} // 'python3';
my $client = dirname(__FILE__) . '/../h3.py';


sub missing {
    my $nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';

    return 'nginx is without http_v3_module'
        if `$nginx -V 2>&1` !~ /--with-http_v3_module/;

    return "$python is without aioquic"
        if system("$python -c 'import aioquic.h3.connection' 2>/dev/null");

    return '';
}


sub h3 {
    my ($port, @requests) = @_;

    for my $request (@requests) {
        $request->{headers} = [map { [split /:\s*/, $_, 2] }
                                   @{ $request->{headers} // [] }];
    }

    local $SIG{CHLD} = 'DEFAULT';
    my $pid = open2(my $out, my $in, $python, $client);

    print $in $json->encode({ port => 0 + $port, requests => \@requests });
    close $in;

    my $text = do { local $/; <$out> };
    waitpid $pid, 0;
    die "no answer from $python $client\n" if $? || !length($text // '');

    my @res = map { answer($_) } @{ $json->decode($text) };
    return wantarray ? @res : $res[0];
}


sub answer {
    my ($answer) = @_;

    my %res = (%$answer, status => 0, headers => {},
               body => decode_base64($answer->{body}),
               head => lines($answer->{headers}),
               hints => join('', map { lines($_) } @{ $answer->{hints} }),
               trailers => lines($answer->{trailers}));

    for (@{ $answer->{headers} // [] }) {
        my ($name, $value) = @$_;
        my $h = \$res{headers}{$name};

        $$h = defined $$h ? "$$h, $value" : $value;
        $res{status} = $value if $name eq ':status';
    }

    return \%res;
}


sub lines {
    return join '', map { "$_->[0]: $_->[1]\n" } @{ $_[0] // [] };
}


1;
