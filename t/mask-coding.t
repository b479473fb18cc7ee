# Copyright (C) ngx_hoop_module authors
#
# Coded answers: gzip and deflate are inflated and masked; what cannot be
# inflated, or only in part, is refused or cut off, never passed.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Compress::Raw::Zlib;
use Compress::Zlib;
use Hoop::Daemon qw( temp_dir );
use Hoop::Replay;
use Hoop::Spool;
use Hoop::Token;
use Time::HiRes;

# 8 MB, a secret in each line
our $line = 'the quick brown fox 078-05-1121 jumps over the lazy dog' . "\n";
our $big = $line x (8 * 1024 * 1024 / length $line);
our $masked = $big =~ s/078-05-1121/[REDACTED:US_SSN]/gr;

$ENV{TEST_NGINX_CODED} = temp_dir('coded');

{
    open my $fh, '>:raw', "$ENV{TEST_NGINX_CODED}/big.gz" or die "big.gz: $!\n";
    print $fh Compress::Zlib::memGzip($big);
    close $fh;
}

our $upstream = Hoop::Replay->install(
    routes => { '/p/key' => [long_key()],
                '/p/big' => { type => 'text/plain', gzip => 1,
                              body => $big } });

our $in = '{"ssn":"078-05-1121","note":"4111111111111111"}';
our $out = '{"ssn":"[REDACTED:US_SSN]","note":"[REDACTED:CREDIT_CARD]"}';

sub coded {
    my ($coding, $body, %more) = @_;

    return { type => 'application/json', body => $body, %more,
             headers => ["Content-Encoding: $coding",
                         @{ $more{headers} // [] }] };
}

# without the head and the tail of zlib's format
sub raw_deflate {
    my ($text) = @_;

    my ($d) = deflateInit(-WindowBits => -MAX_WBITS());
    my ($begin) = $d->deflate($text);
    my ($end) = $d->flush;
    return $begin . $end;
}

# the answer cannot go on: what is there of it, if anything, is known to be
# incomplete
sub cut_off {
    my ($answer, $name) = @_;

    my $res = ask($answer);

    Test::More::ok(!$res->{complete}, "$name: incomplete");
    Test::More::unlike($res->{body}, qr/078-05|41111/, "$name: no secret");
}

# an answer of gzip, and what is in it
sub gunzipped {
    my ($headers, $answer) = @_;

    my $res = ask($answer, headers => $headers);
    return ($res, Compress::Zlib::memGunzip($res->{body}) // '');
}

# 100 MB of blanks
sub gzip_bomb {
    my ($d) = Compress::Raw::Zlib::Deflate->new(-WindowBits => 31,
                                                -AppendOutput => 1);
    my $out = '';

    $d->deflate(' ' x 1_000_000, $out) for 1 .. 100;
    $d->flush($out);

    return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
           . "Content-Encoding: gzip\r\n\r\n$out";
}

# a gigabyte of a key that does not end, out of one megabyte
sub long_key {
    my ($d) = Compress::Raw::Zlib::Deflate->new(-WindowBits => 31,
                                                -AppendOutput => 1);
    my ($head, $more) = ('', '');

    $d->deflate("-----BEGIN PRIVATE KEY-----\n", $head);
    $d->flush($head, Z_FULL_FLUSH);
    $d->deflate('MIIEvQIBADANBgkqhkiG' x 50_000, $more);
    $d->flush($more, Z_FULL_FLUSH);

    return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
           . "Content-Encoding: gzip\r\n\r\n$head" . $more x 1000;
}

# the longest of a few short answers beside it, in seconds
sub longest {
    my ($more) = @_;

    my $longest = 0;

    while ($more->()) {
        my $start = Time::HiRes::time();
        my $c = main::begin(undef, path => '/quick');

        main::read_more($c, qr/GIF89a/, 10);
        close $c->{sock};

        my $took = Time::HiRes::time() - $start;
        $longest = $took if $took > $longest;
    }

    return $longest;
}

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: gzip, x-gzip and deflate are inflated and masked
--- answers eval
[main::coded('gzip', Compress::Zlib::memGzip($main::in)),
 main::coded('x-gzip', Compress::Zlib::memGzip($main::in)),
 main::coded('GZip', Compress::Zlib::memGzip($main::in)),
 main::coded('deflate', Compress::Zlib::compress($main::in)),
 main::coded('identity', $main::in), main::coded('', $main::in)]
--- response_headers eval
[("!Content-Encoding\nContent-Type: application/json\n!Content-Length") x 4,
 ("!Content-Length") x 2]
--- response_body eval
[($main::out) x 6]
--- events
{"type":"response","status":200,"masked":{"us_ssn":1,"credit_card":1}}



=== TEST 2: cut into packets and chunks anywhere
--- location
proxy_buffering off;
--- answers eval
[(map { main::coded('gzip', Compress::Zlib::memGzip($main::in), each => $_,
                    wait => 0.0008) } 1, 3, 10),
 main::coded('gzip', Compress::Zlib::memGzip($main::in), each => 1,
             framing => 'chunked', wait => 0),
 main::coded('deflate', Compress::Zlib::compress($main::in), each => 2,
             framing => 'close')]
--- response_body eval
[($main::out) x 5]



=== TEST 3: raw deflate: inflated, or nothing of it
--- init
my $res = main::ask(main::coded('deflate', main::raw_deflate($main::in)));
Test::More::ok($res->{status} == 502 || !$res->{complete}
               || $res->{body} eq $main::out, 'raw deflate');
Test::More::unlike($res->{body}, qr/078-05/, 'raw deflate: no secret');
--- answers eval
['x']
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 4: what says gzip and is zlib's, and the other way round
--- answers eval
[main::coded('gzip', Compress::Zlib::compress($main::in)),
 main::coded('deflate', Compress::Zlib::memGzip($main::in))]
--- response_body eval
[($main::out) x 2]



=== TEST 5: other codings, two codings, two headers
--- answers eval
[(map { main::coded($_, $main::in) } 'br', 'zstd', 'compress', 'x-unknown',
     'gzip, gzip', 'gzip,identity', 'identity, br', 'gzip;q=1', "gzi\tp"),
 (map { main::coded($_->[0], Compress::Zlib::memGzip($main::in),
                    headers => ["content-encoding: $_->[1]"]) }
     ['gzip', 'gzip'], ['gzip', 'identity'], ['identity', 'br'])]
--- error_code eval
[(502) x 12]
--- response_headers eval
[("!Content-Encoding\nContent-Type: application/problem+json") x 12]
--- response_headers_like eval
[('Hoop-Session: hs_\w+') x 12]
--- response_body_like eval
[('^\{.*"status":502,"detail":"the target .*\}$') x 12]
--- response_body_unlike eval
[('078-05') x 12]
--- error_log
hoop: answer blocked: the target
--- events
{"type":"decision","decision":"allow"}
{"type":"response","status":502,"upstream_status":200,"blocked":"the target sends a coding that is not read here"}
{"type":"response","status":502,"blocked":"the target codes its answer twice"}



=== TEST 6: a page of one's own for a blocked answer
--- location
error_page 502 /sorry.html;
--- user_files
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow", "match": {} } ] }
>>> sorry.html
blocked
--- answers eval
[main::coded('br', $main::in)]
--- error_code: 502
--- response_body
blocked
--- error_log
hoop: answer blocked
--- events
{"type":"response","status":502,"blocked":"/coding/"}



=== TEST 7: gzip that is cut short, at every byte
--- init
my $gzip = Compress::Zlib::memGzip($main::in);
my @wrong;
for my $n (0 .. length($gzip) - 1) {
    my $res = main::ask(main::coded('gzip', substr $gzip, 0, $n));
    push @wrong, $n if $res->{complete} || $res->{body} =~ /078-05|41111/;
}
Test::More::is("@wrong", '', 'cut short');
--- answers eval
['x']
--- error_log
hoop: masking cannot go on, the connection is closed
--- events
{"type":"response","aborted":true}



=== TEST 8: garbage: from the start, in the middle, a wrong checksum
--- init
my $gzip = Compress::Zlib::memGzip($main::in x 10);
my $broken = $gzip;
substr($broken, length($gzip) / 2, 4) = "\xff\xff\xff\xff";
my $sum = $gzip;
substr($sum, -8, 1) = chr(255 ^ ord substr $sum, -8, 1);

main::cut_off(main::coded('gzip', 'no gzip at all 078-05-1121'), 'garbage');
main::cut_off(main::coded('gzip', $main::in), 'plain text');
main::cut_off(main::coded('gzip', $broken), 'broken');
main::cut_off(main::coded('gzip', $sum), 'checksum');
--- answers eval
['x']
--- error_log
hoop: inflate() failed



=== TEST 9: something after the end
--- init
my $gzip = Compress::Zlib::memGzip($main::in);
main::cut_off(main::coded('gzip', $gzip . 'tail 078-05-1121'), 'a tail');
main::cut_off({ %{ main::coded('gzip', $gzip . $gzip) },
                split => [length $gzip] }, 'a member more, a packet later');
--- answers eval
['x']
--- error_log
hoop: masking cannot go on



=== TEST 10: an empty body that is said to be gzip; of 204 and HEAD
--- answers eval
[main::coded('gzip', '', status => 204, framing => 'none')]
--- error_code: 204
--- response_body:



=== TEST 11: a bomb: 100 MB out of 100 KB, within the buffers
--- location
hoop_mask_buffers 2 1k;
--- init
main::ask('x');
my $before = main::worker_memory();
my $c = main::begin([main::gzip_bomb()], rcvbuf => 4096);
Test::More::ok(main::read_more($c, qr/\r\n\r\n.{20000}/s, 5, 4096),
               'it comes');
select undef, undef, undef, 0.1;
my $grown = main::worker_memory() - $before;
close $c->{sock};
Test::More::cmp_ok($grown, '<', 2048, "grown by $grown KB");
--- answers eval
['x']



=== TEST 12: the client's gzip is not the target's: masked, then compressed
--- location
gzip on;
gzip_types application/json;
gzip_min_length 1;
gzip_vary on;
gzip_proxied any;
--- init
for my $answer ({ type => 'application/json', body => $main::in },
                main::coded('gzip', Compress::Zlib::memGzip($main::in)))
{
    my ($res, $text) = main::gunzipped(['Accept-Encoding: gzip'], $answer);
    Test::More::is($res->{headers}{'content-encoding'}, 'gzip', 'compressed');
    Test::More::is($text, $main::out, 'and masked');
}
my $res = main::ask(main::coded('gzip', Compress::Zlib::memGzip($main::in)));
Test::More::is($res->{headers}{'content-encoding'}, undef, 'if asked for');
Test::More::is($res->{body}, $main::out, 'and masked anyway');
--- answers eval
['x']
--- events
{"type":"response","status":200,"bytes":59}



=== TEST 13: nginx's gunzip before, and nothing of the target's coding after
--- location
gunzip on;
--- answers eval
[main::coded('gzip', Compress::Zlib::memGzip($main::in))]
--- response_headers
!Content-Encoding
--- response_body eval
$main::out



=== TEST 14: the target is asked for no coding
--- request eval
["GET /p/x", "GET /last"]
--- more_headers eval
[main::bearer() . "\nAccept-Encoding: gzip, br\nTE: gzip, trailers", '']
--- response_body_like eval
['no X-Replay', qr/^Accept-Encoding: identity\r$(?!.*\bbr\b)(?!.*^TE:)/ms]



=== TEST 15: with hoop_mask off, a coded answer is the target's
--- location
hoop_mask off;
--- answers eval
[main::coded('br', 'whatever'),
 main::coded('gzip', Compress::Zlib::memGzip($main::in))]
--- response_headers eval
['Content-Encoding: br', 'Content-Encoding: gzip']
--- response_body eval
['whatever', Compress::Zlib::memGzip($main::in)]



=== TEST 16: a bomb of which nothing comes out: others are answered meanwhile
--- config_more
location = /quick { empty_gif; }
--- timeout: 30
--- init
my $c = main::begin(undef, path => '/p/key');
my $n = 0;
my $longest = main::longest(sub {
    main::read_more($c, undef, 0.01);
    return !$c->{eof} && $n++ < 2000;
});
Test::More::cmp_ok($n, '>', 5, "$n answers meanwhile");
Test::More::cmp_ok($longest, '<', 0.2, "in at most $longest s");
close $c->{sock};
--- answers eval
['x']
--- error_log
masking cannot go on



=== TEST 17: what takes many turns is whole, whoever feeds it, to any client
--- config_more
location /p/raw/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_buffering off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/;
}
location /p/small/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_mask_buffers 2 1k;
    proxy_max_temp_file_size 0;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/;
}
location /p/rate/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    limit_rate 16m;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/;
}
location /p/file/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    gzip_static always;
    alias $TEST_NGINX_CODED/;
}
--- timeout: 30
--- init
for my $path (qw( /p/big /p/raw/big /p/small/big /p/rate/big /p/file/big )) {
    my $c = main::begin(undef, path => $path);
    main::read_more($c, undef, 20);

    my $res = main::parse($c);
    Test::More::ok($res->{body} eq $main::masked, "$path, fast");
    Test::More::ok($res->{complete}, 'complete');

    $c = main::begin(undef, path => $path, rcvbuf => 4096, version => '1.0');
    main::read_more($c, qr/\r\n\r\n.{20000}/s, 5, 4096);
    Time::HiRes::sleep(0.1);
    main::read_more($c, undef, 20);
    Test::More::ok(main::parse($c)->{body} eq $main::masked, 'after a rest');
}
--- answers eval
['x']
