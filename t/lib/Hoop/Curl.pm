# Copyright (C) ngx_hoop_module authors
#
# What the runner's own client does not speak: TLS and HTTP/2, by curl.
#
#     my $res = curl('https://localhost:1/p/a', $headers, @args);
#     $res->{status}, $res->{headers}{'hoop-session'}, $res->{body},
#     $res->{exit}
#
# headers are lines, a list of them, or nothing.  The answers to several URLs,
# over one connection, come as a list.

package Hoop::Curl;

use strict;
use warnings;

use Exporter 'import';

use Hoop::Daemon qw( temp_dir );

our @EXPORT = qw( curl );

my $dir = temp_dir('curl');


sub slurp {
    my ($file) = @_;

    open my $fh, '<:raw', $file or return '';
    local $/;
    return <$fh> // '';
}


sub curl {
    my ($urls, $headers, @args) = @_;

    my @urls = ref $urls ? @$urls : $urls;
    my @lines = ref $headers ? @$headers : split /\r?\n/, $headers // '';
    my @command = qw( curl -sq --no-progress-meter --noproxy * --max-time 10
                      --path-as-is );

    # not among the arguments, which everybody on the machine can read
    open my $fh, '>', "$dir/headers" or die "$dir/headers: $!\n";
    print $fh "$_\n" for @lines;
    close $fh;

    for my $n (0 .. $#urls) {
        unlink "$dir/head$n", "$dir/body$n";
        push @command, '--next' if $n;
        push @command, '-H', "\@$dir/headers", '-D', "$dir/head$n", '-o',
                       "$dir/body$n", @args, $urls[$n];
    }

    local $SIG{CHLD} = 'DEFAULT';
    system @command;

    my $exit = $? >> 8;
    my @res;

    for my $n (0 .. $#urls) {
        my $head = slurp("$dir/head$n");
        my %res = (exit => $exit, body => slurp("$dir/body$n"), head => $head,
                   status => $head =~ m{^HTTP/\S+ (\d+)} ? $1 : 0,
                   headers => {});

        while ($head =~ /^([^:\s]+):[ ]*([^\r\n]*)/mg) {
            my $h = \$res{headers}{lc $1};
            $$h = defined $$h ? "$$h, $2" : $2;
        }

        push @res, \%res;
    }

    return wantarray ? @res : $res[0];
}


1;
