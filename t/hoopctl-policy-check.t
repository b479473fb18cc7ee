#!/usr/bin/perl

# Copyright (C) ngx_hoop_module authors
#
# hoopctl policy check: all that is wrong with policy files, and where.

use strict;
use warnings;

use File::Temp qw(tempdir);
use IPC::Run qw(run);
use JSON::PP;
use Test::More;

my $hoopctl = $ENV{HOOPCTL} || './build/hoopctl';
my $dir = tempdir(CLEANUP => 1);
my ($out, $err);


sub check {
    $out = $err = '';
    run [$hoopctl, 'policy', 'check', @_], '<', '/dev/null', '>', \$out,
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

my $right = file('right.json', '{"version":1,"name":"p","rules":[]}');
my $wrong = file('wrong.json', <<'JSON');
{ "version": 1, "name": "p",
  "rules": [
    { "id": "a", "effect": "alow", "match": {} },
    { "id": "b", "effect": "deny", "mach": {},
      "match": { "body": { "/q": { "regex": "(drop" } } } },
    { "id": "b", "effect": "deny",
      "match": { "time": { "zone": "Europe/Nowhere" } } } ] }
JSON
my $broken = file('broken.json', qq({ "version": 1,\n  "rules": [ } ] }\n));

is(check($right), 0, 'a policy');
like($out, qr/^\Q$right\E: ok, policy "p", 0 rules, sha256 [0-9a-f]{64}\n\z/,
     'is told');

is(check($wrong), 1, 'one that is wrong');
is(scalar(my @lines = split /\n/, $out), 5, 'a line each');
like($lines[0], qr/^\Q$wrong\E:3:28: unknown value "alow", wanted one of /,
     'an effect');
like($lines[1], qr/^\Q$wrong\E:4:36: unknown key "mach", wanted one of /,
     'a key');
like($lines[2], qr/^\Q$wrong\E:5:45: invalid regular expression at offset 5/,
     'a regex');
like($lines[3], qr/^\Q$wrong\E:6:13: duplicate rule id "b"$/, 'an id');
like($lines[4], qr/^\Q$wrong\E:7:36: zone "Europe\/Nowhere": /, 'a zone');

is(check($broken), 1, 'no JSON');
like($out, qr/^\Q$broken\E:2:14: [^\n]+\n\z/, 'one line');

is(check($right, $broken, $wrong), 1, 'several files');
is(scalar(@lines = split /\n/, $out), 7, 'all of them');
like($lines[0], qr/ok, policy/, 'in their order');

# for a program

is(check('--json', $right), 0, 'nothing wrong');
is($out, "[]\n", 'an empty array');

is(check('--json', $broken, $right, $wrong), 1, 'something wrong');
my $list = decode_json($out);
is(scalar(@$list), 6, 'an element each');
is_deeply([sort keys %{$list->[0]}], ['column', 'error', 'file', 'line'],
          'its members');
is_deeply([map { "$_->{file}:$_->{line}:$_->{column}" } @$list],
          ["$broken:2:14", map { "$wrong:$_" } '3:28', '4:36', '5:45', '6:13',
           '7:36'], 'their places');
is($list->[1]{error}, 'unknown value "alow", wanted one of "allow", "review", '
   . '"deny"', 'what is wrong');

# no more than a hundred

my $many = file('many.json', '{"version":1,"name":"p","rules":['
                . join(',', map { "\n{}" } 1 .. 60) . ']}');

is(check($many), 1, 'a hundred and more');
is(scalar(@lines = split /\n/, $out), 101, 'are not all told');
is($lines[100], "$many: 100 errors, there may be more", 'which is told');

is(check("$dir/none.json", $wrong), 2, 'a file that is not there');
like($err, qr/none\.json/, 'by its name');
is(scalar(@lines = split /\n/, $out), 5, 'the next one is checked');
is(check('--json', "$dir/none.json"), 2, 'the same');
is($out, "[]\n", 'for a program');

is(check(), 2, 'no file');
is(check('--json'), 2, 'no file');
is(check('--yaml', $right), 2, 'no such option');

done_testing();
