#!/usr/bin/perl

# Copyright (C) ngx_hoop_module authors
#
# hoopctl audit on a spool, on streams and on an export, with events that were
# written down from docs/evidence.md alone: what is intact is called intact,
# and whatever was done to a chain is called by its name.

use strict;
use warnings;

use Compress::Zlib qw(crc32);
use Digest::SHA qw(sha256_hex);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use IPC::Run qw(run);
use POSIX qw(strftime);
use Test::More;

use lib 't/lib';
use Hoop::Redis;

my $hoopctl = $ENV{HOOPCTL} || './build/hoopctl';
my $dir = tempdir(CLEANUP => 1);
my $begin = 1769860800;
my ($out, $err);


sub hoopctl {
    $out = $err = '';
    run [$hoopctl, 'audit', @_], '<', '/dev/null', '>', \$out, '2>', \$err;
    return $? >> 8;
}


sub seal {
    my ($text) = @_;

    return $text . ',"hash":"' . sha256_hex($text) . '"}';
}


# A chain of n events, by the book: [seq, ms, text].

sub chain {
    my ($slot, $n) = @_;
    my $prev = '0' x 64;
    my @events;

    for my $seq (1 .. $n) {
        my $ts = strftime('%Y-%m-%dT%H:%M:%S', gmtime $begin + $seq) . '.000Z';
        my $type = $seq % 2 ? 'request' : 'decision';
        my $own = $seq % 2 ? '"method":"GET"'
                           : '"decision":"deny","rule":"r' . $seq . '"';

        my $text = seal(qq({"v":1,"id":"gw:$slot:$seq","seq":$seq,"ts":"$ts",)
            . qq("gateway":"gw","slot":$slot,"type":"$type",)
            . qq("session":"hs_$seq","run":"run-$slot",)
            . qq("identity":{"iss":"i","sub":"alice","act":{"sub":"bot"}},)
            . qq("target":"crm",$own,"prev":"$prev"));

        ($prev) = $text =~ /"hash":"(\w+)"/;
        push @events, [$seq, ($begin + $seq) * 1000, $text];
    }

    return @events;
}


sub frame {
    my ($slot, $seq, $ms, $text) = @_;
    my $rest = pack('V Q< Q<', $slot, $seq, $ms) . $text;

    return 'HEV1' . pack('V V', length $text, crc32($rest)) . $rest;
}


sub put {
    my ($name, $bytes) = @_;

    open my $f, '>', "$dir/$name" or die "$dir/$name: $!";
    binmode $f;
    print $f $bytes;
    close $f;
    return "$dir/$name";
}


sub export {
    return put('export.jsonl', join '', map { "$_->[2]\n" } @_);
}


# A spool of one slot, in segments of 4 events; hook may spoil its bytes.

sub spool {
    my ($hook, @events) = @_;
    my %segments;

    remove_tree("$dir/spool");
    make_path("$dir/spool/0");
    put('spool/0/lock', "1\n");

    for my $i (0 .. $#events) {
        my $first = $events[$i - $i % 4]->[0];
        $segments{$first} .= frame(0, @{$events[$i]});
    }

    $hook->(\%segments) if $hook;

    put(sprintf('spool/0/%020d.seg', $_), $segments{$_}) for keys %segments;

    return "$dir/spool";
}


# Intact.

my @one = chain(0, 10);
my @two = chain(1, 3);

is hoopctl('verify', '--file', export(@one, @two)), 0, 'an export: 0';
is $out, "intact: 13 events in 2 slots\n", 'and its words';

is hoopctl('verify', '--file', export(map { $_ % 3 ? $one[$_] : ($one[$_],
           $two[$_ / 3] // ()) } 0 .. 9)), 0, 'two slots side by side';

is hoopctl('verify', '--spool', spool(undef, @one)), 0, 'a spool';
is $out, "intact: 10 events in 1 slots\n", 'of three segments';

is hoopctl('verify', '--spool', spool(undef, @one[4 .. 9])), 0,
    'a spool that was trimmed';

like $out, qr/^gw:0 begins at event 5: .*\nintact: 6 events in 1 slots\n/,
    'and it says so';

is hoopctl('verify', '--file', export()), 1, 'of nothing nothing is proven';
is $out, "nothing to check: there is no event\n", 'and it says so';


# What was done to it.

sub spoilt {
    my ($name, $wanted, @texts) = @_;

    is hoopctl('verify', '--file', put('export.jsonl', join '', map { "$_\n" }
               @texts)), 1, "$name: 1";
    like $out, qr/^broken: event gw:0:$wanted: /m, "$name: named";
}

my @t = map { $_->[2] } @one;
my @c;

@c = @t;
$c[4] =~ s/alice/mallo/;
spoilt('changed', '5 changed', @c);

$c[4] = seal(substr $c[4], 0, -75);
spoilt('changed with its hash', '6 forged', @c);

spoilt('removed', '4 removed', @t[0 .. 2, 4 .. 9]);
spoilt('two removed', '4 removed', @t[0 .. 2, 5 .. 9]);
spoilt('turned', '4 reordered', @t[0 .. 2, 4, 3, 5 .. 9]);
spoilt('twice', '4 reordered', @t[0 .. 3, 3 .. 9]);

@c = @t;
$c[6] = '{"v":1}';
spoilt('no event', '7 unreadable', @c);

$c[6] = 'x' x (1024 * 1024 + 100);
spoilt('no event, and long', '7 unreadable', @c);

@c = @t;
($c[0] = substr $c[0], 0, -75) =~ s/"prev":"0/"prev":"1/;
$c[0] = seal($c[0]);
spoilt('a first with a prev', '1 forged', @c[0 .. 0]);

@c = (@t[0 .. 4], map { $_->[2] } @two);
$c[2] =~ s/alice/mallo/;
spoilt('one chain of two', '3 changed', @c);
unlike $out, qr/gw:1/, 'the other is not named';


# What was done to a spool.

sub spoilt_spool {
    my ($name, $wanted, $hook, @events) = @_;

    is hoopctl('verify', '--spool', spool($hook, @events)), 1, "$name: 1";
    like $out, qr/^broken: event gw:0:$wanted: /m, "$name: named";
}

spoilt_spool('a byte', '6 unreadable',
    sub { substr($_[0]{5}, length(frame(0, @{$one[4]})) + 90, 1) ^= "\1" },
    @one);
spoilt_spool('half a frame at the end', '11 torn',
    sub { $_[0]{9} .= substr frame(0, 11, 1, $t[0]), 0, 99 }, @one);
spoilt_spool('half a header at the end', '11 torn',
    sub { $_[0]{9} .= 'HEV1' . "\0" x 9 }, @one);
spoilt_spool('half a frame in the middle', '5 unreadable',
    sub { $_[0]{1} .= substr frame(0, 5, 1, $t[0]), 0, 99 }, @one);
spoilt_spool('a length that hides what follows', '9 unreadable',
    sub { substr($_[0]{9}, 4, 4) = pack 'V', 1000000 }, @one);
spoilt_spool('a segment removed', '5 removed', sub { delete $_[0]{5} }, @one);
spoilt_spool('a header that lies', '2 forged',
    sub { $_[0]{1} = frame(0, @{$one[0]}) . frame(0, 3, $one[1][1], $t[1]) },
    @one[0 .. 3]);


# Reading.

spool(undef, @one);

is hoopctl('query', '--spool', "$dir/spool", '--type', 'decision'), 0, 'query';
is $out, join('', map { "$_\n" } @t[1, 3, 5, 7, 9]), 'byte for byte';

is hoopctl('query', '--spool', "$dir/spool", '--rule', 'r4', '--decision',
    'deny', '--sub', 'bot', '--run', 'run-0', '--session', 'hs_4'), 0,
    'every filter';
is $out, "$t[3]\n", 'finds the one';

is hoopctl('query', '--spool', "$dir/spool", '--since',
    '2026-01-31T12:00:03Z', '--until', $begin + 4), 0, 'a time';
is $out, "$t[2]\n$t[3]\n", 'finds two';

is hoopctl('query', '--spool', "$dir/spool", '--sub', 'carol'), 1, 'nobody';
is $out, '', 'is nothing';

is hoopctl('export', '--spool', "$dir/spool"), 0, 'export';
is $out, join('', map { "$_\n" } @t), 'is all';

is hoopctl('query', '--file', export(@two, @one), '--type', 'request'), 0,
    'a query of an export';

spool(sub { $_[0]{5} =~ s/alice/mallo/ }, @one);
is hoopctl('export', '--spool', "$dir/spool"), 2, 'what is damaged is said';
like $err, qr/unreadable/, 'on standard error';
is scalar(() = $out =~ /\n/g), 9, 'and the rest is there';


# Streams.

my $redis = Hoop::Redis->new;
my @redis = ('--redis', 'unix:' . $redis->socket, '--gateway', 'gw');

sub stream {
    my ($slot, @entries) = @_;

    $redis->command('DEL', "hoop:audit:gw:$slot");
    $redis->command('XADD', "hoop:audit:gw:$slot", $_->[0], 'event', $_->[1])
        for @entries;
}


sub entry { return ["$_[0][1]-$_[0][0]", $_[0][2]] }

my @long = chain(0, 200);

stream(0, map { entry($_) } @long);
stream(1, map { entry($_) } @two);

is hoopctl('verify', @redis), 0, 'two streams';
is $out, "intact: 203 events in 2 slots\n", 'of several pages';

is hoopctl('verify', '--redis', '127.0.0.1:' . $redis->port, '--gateway',
    'gw'), 0, 'by TCP';

is hoopctl('export', @redis), 0, 'export of streams';
is hoopctl('verify', '--file', put('all.jsonl', $out)), 0, 'is whole';

$redis->command('XDEL', 'hoop:audit:gw:0', "$long[99][1]-100");
is hoopctl('verify', @redis), 1, 'an entry deleted';
like $out, qr/^broken: event gw:0:100 removed: /, 'named';

stream(0, map { entry($_) } @one);
$redis->command('XDEL', 'hoop:audit:gw:0', "$one[9][1]-10");
is hoopctl('verify', @redis), 1, 'the last entry deleted';
like $out, qr/^broken: event gw:0:10 removed: /, 'named';

stream(0, (map { entry($_) } @one[0 .. 3]), ["$one[4][1]-9", $one[4][2]]);
is hoopctl('verify', @redis), 1, 'an id of its own';
like $out, qr/^broken: event gw:0:5 forged: /, 'named';

$redis->command('DEL', 'hoop:audit:gw:0');
$redis->command('XADD', 'hoop:audit:gw:0', '1-1', 'a', 'b', 'event', 'c');
is hoopctl('verify', @redis), 1, 'another field';
like $out, qr/^broken: unreadable: .*entry 1-1/, 'named';

$redis->command('DEL', 'hoop:audit:gw:0');
$redis->command('SET', 'hoop:audit:gw:0', 'x');
is hoopctl('verify', @redis), 2, 'not a stream';

is hoopctl('verify', '--redis', 'unix:' . $redis->socket, '--gateway', 'no'),
    2, 'no such gateway';
is hoopctl('verify', '--redis', "unix:$dir/no.sock", '--gateway', 'gw'), 2,
    'no Redis';


# Usage.

for my $args (['verify'], ['verify', '--spool'], ['verify', '--spool', '/a',
    '--file', '/b'], ['verify', '--redis', 'x:1'], ['verify', '--run', 'x',
    '--file', '/b'], ['query', '--file', '/b', '--since', 'yesterday'],
    ['verify', '--file', "$dir/no"], ['verify', '--spool', "$dir/no"],
    ['verify', '--spool', $dir])
{
    is hoopctl(@$args), 2, "usage: @$args";
    isnt $err, '', 'and why';
    is $out, '', 'and nothing else';
}

done_testing();
