# Copyright (C) ngx_hoop_module authors
#
# Evidence on its way to Redis: each event once, in order and without holes,
# whatever becomes of Redis meanwhile.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( temp_dir wait_for );
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use Compress::Zlib ();
use Digest::SHA qw( sha256_hex );
use IO::Socket::UNIX;

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });
our $redis = Hoop::Redis->new;
our $agent = bearer();
our $hoopctl = $ENV{HOOPCTL} || './build/hoopctl';
our $stream = 'hoop:audit:t:0';

$ENV{TEST_NGINX_GARBAGE} = temp_dir('garbage') . '/socket';

# so many requests, all of which pass
sub requests {
    my ($n) = @_;

    my @bad = grep { $_ != 200 }
              map { ask(GET => "/p/$_", $agent)->{status} } 1 .. $n;
    is("@bad", '', "$n requests pass");
}

# the spool has n events after "config", and so has Redis, byte for byte
sub all_are_shipped {
    my ($n) = @_;

    my @spool;
    soon { $n + 1 == (@spool = Hoop::Spool::frames()) } "$n events are kept";

    my %key = map { ("hoop:audit:t:$_->{slot}" => 1) } @spool;
    my $count = sub {
        my $sum = 0;
        $sum += $redis->command('XLEN', $_) for keys %key;
        return $sum;
    };

    soon { $count->() > $n } 'and shipped', 8;

    my @stream = $redis->audit_events('t');

    for my $key (sort keys %key) {
        my ($slot) = $key =~ /(\d+)$/;
        my @from = grep { $_->{slot} == $slot } @spool;
        my @to = grep { $_->{key} eq $key } @stream;

        is(CORE::join("\n", map { $_->{text} } @to),
           CORE::join("\n", map { $_->{text} } @from),
           "$key: each once, in order, to the byte");
        is(CORE::join(' ', map { $_->{id} } @to),
           CORE::join(' ', map { "$_->{ts}-$_->{seq}" } @from),
           "$key: the ids");
    }
}

# events of a gateway that had this spool before, from first to last
sub texts_of {
    my ($slot, $first, $last, $prev) = @_;

    $prev //= '0' x 64;

    return map {
        my $text = "{\"v\":1,\"id\":\"t:$slot:$_\",\"seq\":$_,"
                   . '"ts":"2026-01-31T12:00:00.000Z","gateway":"t",'
                   . "\"slot\":$slot,\"type\":\"config\",\"prev\":\"$prev\"";
        $prev = sha256_hex($text);
        "$text,\"hash\":\"$prev\"}";
    } $first .. $last;
}

sub write_slot {
    my ($slot, @texts) = @_;

    my $dir = "$ENV{TEST_NGINX_SPOOL}/$slot";
    my ($first) = $texts[0] =~ /"seq":(\d+)/;

    mkdir $dir, 0700;
    open my $lock, '>', "$dir/lock" or die "$dir/lock: $!\n";
    open my $fh, '>:raw', sprintf '%s/%020d.seg', $dir, $first or die $!;

    for my $text (@texts) {
        my ($seq) = $text =~ /"seq":(\d+)/;
        my $rest = pack('V Q< Q<', $slot, $seq, 1769860800000) . $text;

        print $fh pack('a4 V V', 'HEV1', length $text,
                       Compress::Zlib::crc32($rest)), $rest;
    }
}

# exit code and output of hoopctl about what is in Redis
sub hoopctl {
    my ($verb, @args) = @_;

    local $SIG{CHLD} = 'DEFAULT';

    open my $out, '-|', $hoopctl, 'audit', $verb, '--redis',
         'unix:' . $redis->socket, '--gateway', 't', @args
        or die "$hoopctl: $!\n";
    my $text = CORE::join '', <$out>;
    close $out;
    return ($? >> 8, $text);
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $redis->resume;
    $redis->start;
    $redis->command('CONFIG', 'SET', 'maxmemory', 0);
    $redis->command('REPLICAOF', 'NO', 'ONE');
    $redis->command('FLUSHALL');
    $upstream->reset;

    my $audit = $block->audit // 'sync=off';
    my $at = $block->redis_at // 'redis://127.0.0.1:$TEST_NGINX_REDIS_PORT'
                                . ' timeout=300ms';
    chomp($audit, $at);

    $block->set_value('http_config', <<"END");
hoop_audit \$TEST_NGINX_SPOOL gateway=t $audit;
hoop_redis $at;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks.json;
}
END

    $block->set_value('config', <<'END');
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /count {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/__count;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "crm", "rules": [
    { "id": "ok", "effect": "allow", "match": {} } ] }
END

    $block->set_value('request', 'GET /count') if !defined $block->request;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\n[error]\neyJ")
        if !defined $block->no_error_log;
    $block->set_value('no_event_text', 'eyJ');
});

Hoop::Client->steps;
Hoop::Spool->install;
worker_connections(256);
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: events are entries of the slot's stream
--- steps
requests(5);
all_are_shipped(15);
is_deeply($redis->command('KEYS', '*'), [$stream], 'in one stream');

my ($entry) = @{ $redis->command('XRANGE', $stream, '-', '+', 'COUNT', 1) };
is(scalar @{ $entry->[1] }, 2, 'an entry has one field');
is($entry->[1][0], 'event', 'of this name');
--- response_body
5



=== TEST 2: with sync=batch, many at once
--- audit: sync=batch
--- steps
my @held = map { begin(GET => "/p/$_", $agent) } 1 .. 40;
finish($_) for @held;
all_are_shipped(120);
--- response_body
40



=== TEST 3: with sync=always
--- audit: sync=always
--- steps
my @held = map { begin(GET => "/p/$_", $agent) } 1 .. 40;
finish($_) for @held;
all_are_shipped(120);
--- response_body
40



=== TEST 4: over a unix socket, into another database
--- redis_at: unix:$TEST_NGINX_REDIS_SOCKET db=3
--- steps
requests(3);
soon { $redis->command('SELECT', 3); $redis->command('XLEN', $stream) == 10 }
    'there they are';
$redis->command('SELECT', 0);
is_deeply($redis->command('KEYS', '*'), [], 'and nowhere else');
--- response_body
3



=== TEST 5: Redis is killed and started under requests
--- steps
requests(10);
$redis->kill;
requests(10);
$redis->start;
requests(10);
$redis->kill;
$redis->start;
requests(10);
all_are_shipped(120);
--- response_body
40
--- no_error_log
[alert]
[emerg]
eyJ



=== TEST 6: Redis dies while batches are on their way
--- audit: sync=batch
--- steps
for my $round (1 .. 3) {
    my @held = map { begin(GET => "/p/$_", $agent) } 1 .. 20;
    finish($_) for @held[0 .. 9];
    $redis->kill;
    finish($_) for @held[10 .. 19];
    $redis->start;
}

all_are_shipped(180);
--- response_body
60
--- no_error_log
[alert]
[emerg]
eyJ



=== TEST 7: Redis is not there at the start, and comes later
--- post_setup_server_root
$main::redis->stop;
--- steps
requests(30);
$redis->start;
all_are_shipped(90);
requests(3);
all_are_shipped(99);
--- response_body
33
--- no_error_log
[alert]
[crit]
[emerg]
eyJ



=== TEST 8: Redis hangs, and goes on
--- steps
requests(3);
$redis->pause;
requests(10);
select undef, undef, undef, 0.4;
requests(10);
$redis->resume;
all_are_shipped(69);
--- response_body
23
--- no_error_log
[alert]
[crit]
[emerg]
eyJ



=== TEST 9: connections are cut
--- steps
for (1 .. 5) {
    requests(4);
    $redis->command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    requests(4);
}

all_are_shipped(120);
--- response_body
40
--- no_error_log
[alert]
[crit]
[emerg]
eyJ



=== TEST 10: Redis is full for a while, then a replica
--- steps
requests(2);
$redis->command('CONFIG', 'SET', 'maxmemory', 1);
requests(5);
$redis->command('CONFIG', 'SET', 'maxmemory', 0);
all_are_shipped(21);
$redis->command('REPLICAOF', '127.0.0.1', 1);
requests(5);
$redis->command('REPLICAOF', 'NO', 'ONE');
all_are_shipped(36);
--- response_body
12
--- no_error_log
[alert]
[crit]
[emerg]
eyJ



=== TEST 11: something else listens there: the spool keeps it
--- redis_at: redis://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT timeout=200ms
--- steps
requests(10);
soon { 31 == (my @all = Hoop::Spool::frames()) } 'all is kept';
--- request
GET /p/a
--- more_headers eval
$main::agent
--- response_body
reached
--- no_error_log
[alert]
[crit]
[emerg]
eyJ



=== TEST 12: garbage, and answers that were never asked for
--- redis_at: unix:$TEST_NGINX_GARBAGE timeout=200ms
--- post_setup_server_root
my $listen = IO::Socket::UNIX->new(Local => $ENV{TEST_NGINX_GARBAGE},
                                   Listen => 16) or die $!;

our $garbage = Hoop::Daemon->spawn(name => 'garbage', code => sub {
    $SIG{PIPE} = 'IGNORE';
    my @say = ("*1000000000\r\n", "\$-5\r\n", "+OK\r\n" x 100, "\0" x 4096,
               "-ERR eyJ no\r\n" x 3, "*2\r\n:1\r\n*2\r\n:x\r\n", ":1\r\n",
               "\$1099511627776\r\n", '*1' x 65536);

    for (my $i = 0; my $sock = $listen->accept; $i++) {
        syswrite $sock, $say[$i % @say];
        sysread $sock, my $in, 65536;
        syswrite $sock, $say[($i + 1) % @say];
    }
});
--- steps
requests(10);
select undef, undef, undef, 0.5;
requests(10);
soon { 61 == (my @all = Hoop::Spool::frames()) } 'all is kept';
--- response_body
20
--- no_error_log
[alert]
[crit]
[emerg]
eyJ



=== TEST 13: what an earlier run has left is shipped, and the chain goes on
--- post_setup_server_root
main::write_slot(0, main::texts_of(0, 1, 300));
main::write_slot(5, main::texts_of(5, 1, 40));
--- steps
requests(5);
soon { $redis->command('XLEN', 'hoop:audit:t:5') == 40 } 'the idle slot', 8;
all_are_shipped(355);
--- response_body
5



=== TEST 14: of what Redis has already, nothing is sent again
--- post_setup_server_root
my @texts = main::texts_of(0, 1, 300);
main::write_slot(0, @texts);
$main::redis->command('XADD', $main::stream, "1769860800000-$_", 'event',
                      $texts[$_ - 1]) for 1 .. 200;
--- steps
requests(5);
all_are_shipped(315);
--- response_body
5



=== TEST 15: a spool that was trimmed: the stream has what came before
--- post_setup_server_root
my @texts = main::texts_of(0, 1, 300);
main::write_slot(0, @texts[150 .. 299]);
$main::redis->command('XADD', $main::stream, "1769860800000-$_", 'event',
                      $texts[$_ - 1]) for 1 .. 200;
--- steps
requests(5);
soon { $redis->command('XLEN', $stream) == 316 } 'all are there';

my @problems = Hoop::Spool::chain_problems(
    map { $_->{text} } $redis->audit_events('t'));
is("@problems", '', 'in one chain');
--- response_body
5



=== TEST 16: the spool was lost, the stream was not: its chain goes on
--- post_setup_server_root
my @texts = main::texts_of(0, 1, 100);
$main::redis->command('XADD', $main::stream, "1769860800000-$_", 'event',
                      $texts[$_ - 1]) for 1 .. 100;
--- steps
soon { open my $l, '<', "$ENV{TEST_NGINX_SERVER_ROOT}/logs/error.log";
       grep { /slot 0 is empty, its chain goes on after event 100/ } <$l> }
    'its end is found';
requests(5);
soon { $redis->command('XLEN', $stream) == 116 } 'they are shipped', 8;

my @problems = Hoop::Spool::chain_problems(
    map { $_->{text} } $redis->audit_events('t'));
is("@problems", '', 'in one chain');
--- response_body
5



=== TEST 17: a stranger's entry: nothing is sent after it, and it is said
--- steps
requests(2);
all_are_shipped(6);
$redis->command('XADD', $stream, '*', 'event', '{"v":1,"not":"ours"}');
requests(5);
soon { open my $l, '<', "$ENV{TEST_NGINX_SERVER_ROOT}/logs/error.log";
       grep { /\[alert\].*not of this spool/ } <$l> } 'it is said';
is($redis->command('XLEN', $stream), 8, 'nothing is sent');
soon { 22 == (my @all = Hoop::Spool::frames()) } 'the spool keeps it';
--- response_body
7
--- error_log
[alert]
which is not of this spool
--- no_error_log
[crit]
[emerg]
eyJ



=== TEST 18: the stream is deleted: what the spool has is sent again
--- steps
requests(3);
all_are_shipped(9);
$redis->command('DEL', $stream);
requests(1);
all_are_shipped(12);
--- response_body
4
--- no_error_log
[alert]
[crit]
[emerg]
eyJ



=== TEST 19: hoopctl checks and reads what is in Redis
--- steps
if (!-x $hoopctl) {
    diag("$hoopctl is not there: \"make hoopctl\"");
    SKIP: { skip("$hoopctl is not there", 1) }
    requests(10);

} else {
    requests(10);
    all_are_shipped(30);
    my ($rc, $out) = hoopctl('verify');
    is("$rc $out", "0 intact: 31 events in 1 slots\n", 'intact');

    ($rc, $out) = hoopctl('export');
    is("$rc $out", CORE::join('', '0 ', map { "$_->{text}\n" }
                                        $redis->audit_events('t')), 'export');
    ($rc, $out) = hoopctl('query', '--type', 'response');
    is(scalar(my @lines = split /\n/, $out), 10, 'query');

    my @entries = $redis->audit_events('t');
    my $cut = $entries[9];
    my $seq = $cut->{seq};

    $redis->command('XDEL', $stream, $cut->{id});
    ($rc, $out) = hoopctl('verify');
    is($rc, 1, 'an entry that was deleted');
    like($out, qr/^broken: event t:0:$seq removed/m, 'is named');

    $redis->command('DEL', $stream);
    $entries[9]{text} =~ s/"rule":"ok"|"status":200|"uri":"[^"]+"/"x":1/;
    $redis->command('XADD', $stream, $_->{id}, 'event', $_->{text})
        for @entries;
    ($rc, $out) = hoopctl('verify');
    is($rc, 1, 'an entry that was changed');
    like($out, qr/^broken: event t:0:$seq changed/m, 'is named');

    $redis->command('DEL', $stream);
    $redis->command('XADD', $stream, "$entries[$_]{ms}-" . ($_ + 1), 'event',
                    $entries[$_ == 5 ? 4 : $_]{text}) for 0 .. 8;
    ($rc, $out) = hoopctl('verify');
    is($rc, 1, 'one in the place of another');
    like($out, qr/^broken: event t:0:\d+ \w+/m, 'is named');
    $redis->command('DEL', $stream);
}
--- response_body
10
--- no_error_log
[crit]
[emerg]
eyJ



=== TEST 20: what may not be shipped is limited: then nothing passes, until it is
--- audit: sync=off max_size=256k segment_size=64k
--- steps
$redis->stop;

my ($n, $refused) = (0, 0);

my $ask = sub {
    my $passed = ask(GET => "/p/$_[0]", $agent)->{status} == 200;
    $refused++ if !$passed;
    return $passed;
};

$n++ while $n < 500 && $ask->($n);

cmp_ok($n, '>', 50, 'there was room');
cmp_ok($n, '<', 400, 'and an end to it');
is($upstream->get('/__count'), "$n\n", 'nothing more has reached the target');

$redis->start;
soon { $ask->('a') } 'there is room again';

my @texts;
soon { @texts = map { $_->{text} } $redis->audit_events('t');
       $texts[-1] =~ /"type":"response"/ && grep { /"type":"gap"/ } @texts }
    'all are shipped, and how many were not kept';

my @problems = Hoop::Spool::chain_problems(@texts);
is("@problems", '', 'in one chain');

my $told = 0;
$told += /"type":"gap".*"refused":(\d+)/ ? $1 : 0 for @texts;
is($told, 2 * $refused, 'the request and the decision of each');
--- request
GET /p/a
--- more_headers eval
$main::agent
--- response_body
reached
--- error_log eval
[qr/\[crit\].*slot 0 is full/]
--- no_error_log
[alert]
[emerg]
eyJ
