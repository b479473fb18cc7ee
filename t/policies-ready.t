#!/usr/bin/perl

# Copyright (C) ngx_hoop_module authors
#
# The policies that are there to start from: each is valid, has cases, and each
# of its rules decides in one of them at least.

use strict;
use warnings;

use JSON::PP;
use Test::More;

my $hoopctl = $ENV{HOOPCTL} || './build/hoopctl';


sub json {
    my ($file) = @_;

    open my $f, '<', $file or die "$file: $!";
    return decode_json(do { local $/; <$f> });
}

my @files = grep { !/schema\.json$/ } glob 'policies/*.json';
cmp_ok(scalar @files, '>', 5, 'there are policies');

for my $file (@files) {
    my ($name) = $file =~ m{([^/]+)\.json$};
    my $cases = "policies/tests/$name.json";

    my $out = `$hoopctl policy check $file 2>&1`;
    is($?, 0, "$file is valid") or diag($out);

    $out = `$hoopctl policy test $cases 2>&1`;
    is($?, 0, "$cases passes") or diag($out);

    my %decides = map { ($_->{expect}{rule} // '') => 1 }
                      @{json($cases)->{cases}};
    my @idle = grep { !$decides{$_} } map { $_->{id} }
                    @{json($file)->{rules}};
    is("@idle", '', "each rule of $file decides a case");
}

done_testing();
