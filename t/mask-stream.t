# Copyright (C) ngx_hoop_module authors
#
# Answers that take their time: what is decided goes out at once, what is not
# waits and never goes out undecided; a slow client slows the target down, and
# the worker's memory stays what it was.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Digest::SHA;
use Hoop::Daemon;
use Hoop::Replay;
use Hoop::Spool;
use Time::HiRes;

# 20 MB, a secret in each line
our $line = 'the quick brown fox 078-05-1121 jumps over the lazy dog' . "\n";
our $big = $line x (20 * 1024 * 1024 / length $line);
our $masked = $big =~ s/078-05-1121/[REDACTED:US_SSN]/gr;
our $file = substr $big, 0, 3 * 1024 * 1024;

# between two pieces
our $gap = $ENV{TEST_NGINX_USE_VALGRIND} ? 1 : 0.2;

our $upstream = Hoop::Replay->install(routes => {
    '/p/big' => ["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                 . 'Content-Length: ' . length($big) . "\r\n\r\n", $big],
    '/p/held' => ["HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
                  '{"a":"' . ('the quick brown fox ' x 5000)
                  . '","held":"\u0065yJhbGciOiJSUzI1NiJ9.eyJzdWIi'
                  . ('Ab9' x 3900), ['"}', 10]],
});

# Each piece must be there, and all of it, before the next is sent; several
# answers at the same time: [name, path, type, pieces, more of the answer].
sub prompt {
    my (@jobs) = @_;

    for my $job (@jobs) {
        my ($name, $path, $type, $pieces, @more) = @$job;
        my $sent = '';

        $job = { name => $name, pieces => $pieces, want => '', late => '',
                 c => begin(answer({
                     type => $type, framing => 'chunked', @more,
                     body => CORE::join('', map { $_->[0] } @$pieces),
                     split => [map { length($sent .= $_->[0]) } @$pieces],
                     wait => $gap }), path => $path) };
    }

    for my $i (0 .. 2) {
        for my $job (@jobs) {
            my ($in, $out, $end) = @{ $job->{pieces}[$i] };

            $job->{want} .= $out // $in;
            read_more($job->{c}, qr/\r\n\r\n.*\Q$end\E/s, 2 + $gap);

            my $body = parse($job->{c})->{body};
            $job->{late} .= $body if $body ne $job->{want};
        }
    }

    for my $job (@jobs) {
        close $job->{c}{sock};
        Test::More::is($job->{late}, '', "$job->{name}: at once");
    }
}

# What a stream takes at most while the target rests.  Memory that was given
# back is used again, so that each path has a worker of its own.
our %held;

sub held {
    my ($path) = @_;

    ask('x');
    my $before = worker_memory();
    my @c = map { begin(undef, path => $path) } 1 .. 20;
    read_more($_, qr/"held":"/, 5) for @c;
    Time::HiRes::sleep(0.3);
    $held{$path} = (worker_memory() - $before) / @c;

    my $body = parse($c[-1])->{body};
    close $_->{sock} for @c;

    if (keys %held == 2) {
        my $ours = $held{'/p/held'} - $held{'/bare/held'};
        Test::More::cmp_ok($ours, '<', 79, "$ours KB a stream");
    }

    return $body;
}

our $events = [
    ["data: {\"a\":1}\n\n", undef, "1}\n\n"],
    ["data: {\"ssn\":\"x\"}\n\n", "data: {\"ssn\":\"[REDACTED:US_SSN]\"}\n\n",
     "SSN]\"}\n\n"],
    ["event: e\r\ndata: 078-05-1121\r\n\r\n",
     "event: e\r\ndata: [REDACTED:US_SSN]\r\n\r\n", "]\r\n\r\n"],
];

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: pieces go out as they come
--- location
proxy_http_version 1.1;
--- config_more
location /p/off/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_buffering off;
    proxy_http_version 1.1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /p/few/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_mask_buffers 2 1k;
    proxy_buffering off;
    postpone_output 64k;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- init
main::prompt(
    ['events, unbuffered', '/p/off/x', 'text/event-stream', $main::events],
    ['by the word of the target', '/p/x', 'text/event-stream', $main::events,
     headers => ['X-Accel-Buffering: no']],
    ['events in chunks, as nginx does it with buffering on', '/p/x',
     'text/event-stream', $main::events],
    ['events until the target closes', '/p/off/x', 'text/event-stream',
     $main::events, framing => 'close'],
    ['through two buffers of 1k', '/p/few/x', 'text/event-stream',
     $main::events],
    ['lines of JSON', '/p/off/x', 'application/x-ndjson', [
        ["{\"a\":1}\n", undef, "}\n"],
        ["{\"n\":\"078-05-1121\"}\n", "{\"n\":\"[REDACTED:US_SSN]\"}\n",
         "]\"}\n"],
        ["{\"n\":12}\n", undef, "12}\n"]]],
    ['lines of text', '/p/off/x', 'text/plain', [
        ["hello there\n", undef, "there\n"],
        ["078-05-1121 is it\n", "[REDACTED:US_SSN] is it\n", "is it\n"],
        ["at 12\n", undef, "12\n"]]]);
--- answers eval
['x']



=== TEST 2: what is undecided waits for the rest of it, whatever is flushed
--- location
proxy_buffering off;
--- init
my $c = main::begin({ body => 'begin 078-05-1121 end', wait => 0.15,
                      framing => 'chunked', split => [10, 14] });
main::read_more($c, qr/begin/, 2);
Test::More::is(main::parse($c)->{body}, 'begin ', 'the digits are held');
main::read_more($c, qr/078-/, 0.2);
Test::More::is(main::parse($c)->{body}, 'begin ', 'and held');
main::read_more($c, undef, 2);
Test::More::is(main::parse($c)->{body}, 'begin [REDACTED:US_SSN] end', 'done');
--- answers eval
['x']



=== TEST 3: the target dies in a token: what is held never goes out
--- init
my %case = (
    'a short body' => { body => 'begin 078-05-112', length => 100 },
    'a chunk less' => { body => 'begin 078-05-112', framing => 'chunked',
                        cut => 1 },
    'later' => { body => 'begin 078-05-112', framing => 'chunked', cut => 1,
                 split => [12], wait => 0.03 },
    'a key' => { body => "begin -----BEGIN RSA PRIVATE KEY-----\nMIIEow",
                 length => 1000, split => [20], wait => 0.03 },
    'JSON' => { type => 'application/json', length => 100,
                body => '{"begin": 1, "ssn": "secret' },
);
for my $name (sort keys %case) {
    my $res = main::ask($case{$name});
    Test::More::ok(!$res->{complete}, "$name: incomplete");
    Test::More::unlike($res->{body}, qr/078|MII|secret/, "$name: held");
}
--- answers eval
['x']
--- error_log
upstream prematurely closed connection
--- no_error_log
[alert]
[crit]
[emerg]
--- events
{"type":"response","status":200,"aborted":true}
{"type":"response","status":200,"aborted":true}
{"type":"response","status":200,"aborted":true}
{"type":"response","status":200,"aborted":true}
{"type":"response","status":200,"aborted":true}
{"type":"response","status":200,"bytes":1}



=== TEST 4: the same, unbuffered
--- location
proxy_buffering off;
--- init
for my $answer ({ body => 'begin 078-05-112', length => 100, split => [12] },
                { body => 'begin 078-05-112', framing => 'chunked', cut => 1,
                  split => [13] })
{
    my $res = main::ask($answer);
    Test::More::ok(!$res->{complete}, 'incomplete');
    Test::More::unlike($res->{body}, qr/078-/, 'held');
}
--- answers eval
['x']
--- error_log
upstream prematurely closed connection
--- no_error_log
[alert]
[crit]
[emerg]
--- events
{"type":"response","status":200,"aborted":true}
{"type":"response","status":200,"aborted":true}



=== TEST 5: 20 MB through two buffers of 1k to a client that takes a rest
--- location
hoop_mask_buffers 2 1k;
proxy_max_temp_file_size 0;
--- timeout: 20
--- init
main::ask('x');
my $before = main::worker_memory();
my $c = main::begin(undef, path => '/p/big', rcvbuf => 8192);
main::read_more($c, qr/\r\n\r\n.{20000}/s, 5, 4096);
Time::HiRes::sleep(0.3);
main::read_more($c, undef, 20);
my $res = main::parse($c);
my $grown = main::worker_memory() - $before;
Test::More::ok($res->{complete}, 'complete');
Test::More::ok($res->{body} eq $main::masked, 'whole and masked');
Test::More::cmp_ok($grown, '<', 2048, "memory has grown by $grown KB");
--- answers eval
['x']
--- events eval
'{"type":"response","status":200,"bytes":' . length($main::masked)
. ',"sha256":"' . Digest::SHA::sha256_hex($main::masked) . '"}'



=== TEST 6: the same, unbuffered
--- location
hoop_mask_buffers 2 1k;
proxy_buffering off;
--- timeout: 20
--- init
main::ask('x');
my $before = main::worker_memory();
my $c = main::begin(undef, path => '/p/big');
main::read_more($c, qr/\r\n\r\n.{20000}/s, 5, 4096);
Time::HiRes::sleep(0.2);
main::read_more($c, undef, 20);
my $grown = main::worker_memory() - $before;
Test::More::ok(main::parse($c)->{body} eq $main::masked, 'whole and masked');
Test::More::cmp_ok($grown, '<', 2048, "memory has grown by $grown KB");
--- answers eval
['x']



=== TEST 7: by way of a temporary file: it is read back and masked
--- location
proxy_temp_file_write_size 64k;
--- timeout: 20
--- init
my $c = main::begin(undef, path => '/p/big', rcvbuf => 8192);
main::read_more($c, qr/\r\n\r\n.{20000}/s, 5, 4096);
Hoop::Daemon::wait_for {
    open my $fh, '<', Test::Nginx::Util::server_root() . '/logs/error.log';
    grep { /a temporary file/ } <$fh>;
} 10;
main::read_more($c, undef, 20);
Test::More::ok(main::parse($c)->{body} eq $main::masked, 'whole and masked');
--- answers eval
['x']
--- error_log
a temporary file



=== TEST 8: a file, with sendfile, and a client that takes a rest
--- config_more
location = /p/file {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_mask_buffers 2 1k;
    sendfile on;
    postpone_output 64k;
    default_type text/plain;
    alias $TEST_NGINX_SERVER_ROOT/html/big;
}
--- user_files eval
">>> policy.json\n"
. '{ "version": 1, "name": "all", "rules": ['
. '{ "id": "all", "effect": "allow", "match": {} } ] }'
. "\n>>> big\n$main::file"
--- init
my $c = main::begin(undef, path => '/p/file', rcvbuf => 8192);
main::read_more($c, qr/\r\n\r\n.{20000}/s, 5, 4096);
Time::HiRes::sleep(0.2);
main::read_more($c, undef, 10);
my $res = main::parse($c);
my $n = () = $res->{body} =~ /REDACTED:US_SSN/g;
Test::More::ok($res->{complete}, 'complete');
Test::More::is($n, () = $main::file =~ /078-05-1121/g, 'all masked');
Test::More::unlike($res->{body}, qr/078-05/, 'and nothing left');
--- answers eval
['x']



=== TEST 9: postpone_output larger than our buffers does not stall
--- location
hoop_mask_buffers 2 1k;
postpone_output 64k;
--- init
for my $more ({}, { framing => 'chunked', each => 100, wait => 0 },
              { framing => 'close' })
{
    my $res = main::ask({ body => $main::line x 500, %$more }, timeout => 3);
    Test::More::ok($res->{complete}, 'complete');
    Test::More::is(length $res->{body}, 500 * (length($main::line) + 6),
                   'whole');
}
--- answers eval
['x']



=== TEST 10: limit_rate
--- location
hoop_mask_buffers 2 1k;
limit_rate 100k;
--- init
my $res = main::ask({ body => $main::line x 500 }, timeout => 5);
Test::More::ok($res->{complete}, 'complete');
Test::More::is(length $res->{body}, 500 * (length($main::line) + 6), 'whole');
--- answers eval
['x']



=== TEST 11: the client leaves in the middle
--- location
proxy_max_temp_file_size 0;
hoop_mask_buffers 2 1k;
--- init
for my $n (1 .. 3) {
    my $c = main::begin(undef, path => '/p/big', rcvbuf => 8192);
    main::read_more($c, qr/\r\n\r\n.{2000}/s, 5, 4096);
    close $c->{sock};
}
--- answers eval
['x']
--- wait: 0.1
--- events
{"type":"request"}
{"type":"decision"}
{"type":"response","status":200,"aborted":true}
{"type":"response","status":200,"aborted":true}
{"type":"response","status":200,"aborted":true}



=== TEST 12: the client leaves while nothing comes
--- location
proxy_buffering off;
--- init
my $c = main::begin({ framing => 'chunked', body => 'begin 078-05-1121',
                      split => [12], wait => 0.4 });
main::read_more($c, qr/begin/, 2);
close $c->{sock};
Time::HiRes::sleep(0.05);
--- answers eval
['x']
--- events
{"type":"response","status":200,"aborted":true}



=== TEST 13: a token that is longer than what may be held is masked whole
--- location
hoop_mask_hold 8k;
--- init
my $jwt = 'eyJhbGciOiJSUzI1NiJ9.' . 'eyJzdWIi' . ('Ab9' x 20000) . '.x';
for my $more ({}, { each => 999, wait => 0, framing => 'chunked' }) {
    my $res = main::ask({ body => "begin $jwt end", %$more });
    Test::More::ok($res->{complete}, 'complete');
    Test::More::like($res->{body}, qr/^begin \[REDACTED:\w+\] end$/, 'whole');
}
--- answers eval
['x']
--- events
{"type":"response","status":200}



=== TEST 14: a long word that is no token passes, and so does a long string
--- location
hoop_mask_hold 8k;
--- answers eval
['x' x 100000, '"' . 'x' x 100000 . '"',
 { type => 'application/json', body => '{"a":"' . 'x1' x 50000 . '"}' },
 '7' x 100000]
--- response_body eval
['x' x 100000, '"' . 'x' x 100000 . '"', '{"a":"' . 'x1' x 50000 . '"}',
 '7' x 100000]



=== TEST 15: what comes at once goes out at once, and waits for nothing more
nginx's pipe hands on no more than proxy_busy_buffers_size of it in one piece.
--- location
proxy_http_version 1.1;
proxy_buffers 8 4k;
proxy_busy_buffers_size 8k;
--- init
my $text = "the quick brown fox 078-05-1121 jumps over the lazy dog\n" x 500;
my $want = $text =~ s/078-05-1121/[REDACTED:US_SSN]/gr;
for my $framing ('chunked', 'length') {
    my $c = main::begin({ body => $text . "end\n", framing => $framing,
                          split => [length $text], wait => $main::gap * 2 });
    my $early = '';
    for (1 .. 50) {
        $early = main::parse($c)->{body} if $c->{raw} =~ /\r\n\r\n/;
        last if length $early >= length($want) - 5000;
        main::read_more($c, undef, 0.01);
    }
    my ($most) = sort { $b <=> $a }
                 map { hex } $c->{raw} =~ /\r\n([0-9a-f]+)\r\n/g;
    main::read_more($c, undef, 5);

    Test::More::cmp_ok(length $early, '>=', length($want) - 5000,
                       "$framing: what filled a buffer of nginx is there");
    Test::More::ok($early eq substr($want, 0, length $early),
                   "$framing: and masked");
    Test::More::cmp_ok($most, '>', 10000, "$framing: in large chunks");
    Test::More::is(main::parse($c)->{body}, $want . "end\n",
                   "$framing: and the rest");
}
--- answers eval
['x']



=== TEST 16: clients that do not read, through the default buffers
Of nginx itself there are about 50 KB for each of them, with its default buffers.
--- location
proxy_max_temp_file_size 0;
--- timeout: 20
--- init
main::ask('x');
my $before = main::worker_memory();
my @c = map { main::begin(undef, path => '/p/big', rcvbuf => 4096) } 1 .. 20;
main::read_more($_, qr/\r\n\r\n.{3000}/s, 5, 2048) for @c;
Time::HiRes::sleep(0.3);
my $grown = (main::worker_memory() - $before) / @c;
close $_->{sock} for @c;
Test::More::cmp_ok($grown, '<', 120, "$grown KB a stream");
--- answers eval
['x']



=== TEST 17: as much undecided as may be: nginx's own share
--- location
proxy_max_temp_file_size 0;
--- config_more
location /bare/ {
    proxy_max_temp_file_size 0;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/;
}
--- timeout: 20
--- init
main::held('/bare/held');
--- answers eval
['x']



=== TEST 18: the same, masked: 64 KB a stream beside that
Buffers that were filled before are given back, and no more is held than there is
room for beside those that the client has.  With what the heap has in holes and
the request's own it is 67 to 75 KB, and from 80 on without that.
--- location
proxy_max_temp_file_size 0;
--- timeout: 20
--- init
my $body = main::held('/p/held');
Test::More::like($body, qr/fox ","held":"$/, 'it is held');
--- answers eval
['x']
