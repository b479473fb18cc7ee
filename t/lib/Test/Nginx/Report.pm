# Copyright (C) ngx_hoop_module authors
#
# What a failed test tells.

package Test::Nginx::Report;

use strict;
use warnings;

use Exporter 'import';
use Test::More ();

use Test::Nginx::Util;

our @EXPORT_OK = qw( explain_log fmt_str is_str );


# a line's text, on one line
sub fmt_str {
    my ($s) = @_;

    chomp $s;
    $s =~ s/"/\\"/g;
    $s =~ s/\r/\\r/g;
    $s =~ s/\n/\\n/g;
    return $s;
}


# Equal, or like a regex.  A difference is shown as a diff where there are
# several lines, and with the first byte that differs in any case.
sub is_str {
    my ($got, $want, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    if (ref $want eq 'Regexp') {
        return Test::More::like($got, $want, $name);
    }

    if (!defined $got || !defined $want) {
        return Test::More::is($got, $want, $name);
    }

    if ($got eq $want) {
        return Test::More::ok(1, $name);
    }

    Test::More::ok(0, $name);

    if ("$got$want" =~ /\n./s && eval { require Text::Diff; 1 }) {
        Test::More::diag(Text::Diff::diff(\$want, \$got,
            { FILENAME_A => 'expected', FILENAME_B => 'got', MTIME_A => 0,
              MTIME_B => 0 }));
    }

    my $at = 0;
    $at++ while $at < length $got && $at < length $want
                && substr($got, $at, 1) eq substr($want, $at, 1);

    Test::More::diag(sprintf "     got: %s\nexpected: %s\n"
        . "differs at byte %d, lengths %d and %d",
        around($got, $at), around($want, $at), $at, length $got,
        length $want);

    return 0;
}


sub around {
    my ($s, $at) = @_;

    my $from = $at > 40 ? $at - 40 : 0;
    my $text = '"' . escape(substr $s, $from, 120) . '"';

    $text = "...$text" if $from > 0;
    $text .= '...' if length $s > $from + 120;
    return $text;
}


sub escape {
    my ($s) = @_;

    my %short = ("\n" => '\n', "\r" => '\r', "\t" => '\t', '"' => '\"',
                 '\\' => '\\\\');

    $s =~ s{([\x00-\x1f"\\\x7f-\x{ffff}])}
           {$short{$1} // sprintf '\\x%02x', ord $1}ge;
    return $s;
}


my $explained = '';


# the end of the log without its debug lines, said once
sub explain_log {
    my ($lines) = @_;

    if (!defined $lines) {
        open my $fh, '<:raw', $Test::Nginx::Util::ErrLogFile or return;
        $lines = [<$fh>];
    }

    my @told = grep { !/\[debug\]/ } @$lines;

    splice @told, 0, @told - 20 if @told > 20;
    return if !@told || "@told" eq $explained;

    $explained = "@told";
    Test::More::diag("error.log has:\n", @told);
}


1;
