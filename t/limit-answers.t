# Copyright (C) ngx_hoop_module authors
#
# What an answer may hold at most by the "limits" of its rule: what is known
# beforehand is not sent at all, and what turns out on the way is cut, so that
# the client does not take it for whole.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Compress::Zlib;
use Errno qw( ECONNRESET );
use Hoop::Replay;
use Hoop::Spool;
use Hoop::Token;

our $upstream = Hoop::Replay->install;

# a part of the answer comes, or nothing, and not its end; what came
sub cut {
    my ($name, $answer, %opt) = @_;

    my $max = delete $opt{max} // 100;
    my $res = ask($answer, %opt);

    Test::More::like($res->{status}, qr/^(?:0|200)$/, "$name: no other answer");
    Test::More::ok(!$res->{complete}, "$name: it has no end");
    Test::More::cmp_ok(length $res->{body}, '<=', $max, "$name: nor too much");

    return $res->{body};
}

# how a connection ends: '' or the error
sub ending {
    my ($answer, %opt) = @_;

    my $c = begin($answer, %opt);
    my $n;

    do {
        $n = sysread $c->{sock}, my $in, 65536;
    } while ($n);

    return defined $n ? '' : $! == ECONNRESET ? 'reset' : "$!";
}

our $more = <<'END';
location /p/off/ {
    hoop on;
    hoop_mask off;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/;
}
location /p/now/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_buffering off;
    proxy_http_version 1.1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/;
}
location /p/monitor/ {
    hoop monitor;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/;
}
END

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('config_more', $main::more);
    $block->set_value('rule', '"limits": { "response": "100" }')
        if !defined $block->rule;
    $block->set_value('answers', [{ type => 'application/json', body => '[]' }])
        if !defined $block->answers && !defined $block->cases;
    $block->set_value('error_log', "is cut") if defined $block->is_cut;
});

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: so much and no more, however it is framed
--- answers eval
['x' x 100, { body => 'x' x 100, framing => 'chunked', each => 7 },
 { body => 'x' x 100, framing => 'close' }, '',
 { body => 'x' x 100, gzip => 1 }]
--- response_body eval
['x' x 100, 'x' x 100, 'x' x 100, '', 'x' x 100]
--- events
{"type":"response","status":200,"bytes":100}



=== TEST 2: too large by its own word
--- answers eval
['x' x 101]
--- error_code: 502
--- response_headers
Content-Type: application/problem+json
!X-Powered-By
--- response_body_like eval
qr/\A\{"type":"about:blank","title":"Bad Gateway","status":502,"detail":"the answer is larger than its rule allows","rule":"all","policy":"all","session":"hs_[0-9a-f]{32}"\}\n\z/
--- error_log
answer blocked: the answer is larger than its rule allows
--- no_error_log
[alert]
[crit]
[emerg]
--- events
{"type":"decision","decision":"allow"}
{"type":"response","status":502,"bytes":0,"blocked":"the answer is larger than its rule allows","limit":"response"}



=== TEST 3: our own answer is not counted
--- rule: "limits": { "response": "1" }
--- answers eval
['xx']
--- error_code: 502
--- response_body_like: "rule":"all"
--- error_log
answer blocked
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 4: too large on the way, in pieces
--- is_cut
--- init
my $body = main::cut('chunked', { body => 'word ' x 30, each => 20,
                     framing => 'chunked', wait => 0.02 }, path => '/p/now/x');
Test::More::like($body, qr/\A(?:word ){4,}/, 'what was within it came');
--- events
{"type":"response","status":200,"bytes":100,"aborted":true,"limit":"response"}
--- no_error_log
[alert]
[crit]
[emerg]
masking cannot go on



=== TEST 5: in one piece, without a length, and coded
--- is_cut
--- init
my $body = main::cut('one piece', { body => 'x' x 101, framing => 'close' });
Test::More::is($body, '', 'nothing of it is sent');
main::cut('gzip', { body => 'x' x 101, gzip => 1 });
main::cut('gzip without masks', { body => 'x' x 101, gzip => 1 },
          path => '/p/off/x');
main::cut('without masks', { body => 'x' x 101, framing => 'chunked' },
          path => '/p/off/x');
main::cut('masked', { body => '078-05-1121 ' x 9, framing => 'chunked' });
--- events
{"type":"response","status":200,"bytes":0,"aborted":true,"limit":"response"}
{"type":"response","status":200,"bytes":0,"aborted":true,"limit":"response"}
{"type":"response","status":200,"bytes":0,"aborted":true,"limit":"response"}
{"type":"response","status":200,"bytes":0,"aborted":true,"limit":"response"}
{"type":"response","status":200,"bytes":0,"aborted":true,"limit":"response"}
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 6: it is what the target sends that counts, not what masks make of it
--- answers eval
['a@example.com ' x 7]
--- response_body eval
'[REDACTED:EMAIL] ' x 7



=== TEST 7: a client that reads until the end of the connection gets a reset
--- is_cut
--- init
for my $path ('/p/x', '/p/off/x') {
    Test::More::is(main::ending({ body => 'x' x 101, framing => 'close' },
                                path => $path, version => '1.0'),
                   'reset', "HTTP/1.0 $path");
}
Test::More::is(main::ending({ body => 'x' x 100, framing => 'close' },
                            version => '1.0'), '', 'and else an end');
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 8: without masks a length stays, and a coding that is not read is refused
--- answers eval
['x']
--- init
my $res = main::ask('x' x 100, path => '/p/off/x');
Test::More::is($res->{headers}{'content-length'}, 100, 'length');
$res = main::ask({ body => 'x', headers => ['Content-Encoding: br'] },
                 path => '/p/off/x');
Test::More::is($res->{status}, 502, 'brotli');
Test::More::like($res->{body}, qr/a coding that is not read here/, 'why');
$res = main::ask({ body => 'x' x 100, gzip => 1, headers => ['ETag: "a"'] },
                 path => '/p/off/x');
Test::More::is($res->{body}, 'x' x 100, 'gzip is inflated');
Test::More::ok(!exists $res->{headers}{'content-encoding'}, 'no coding');
Test::More::is($res->{headers}{etag}, 'W/"a"', 'another representation');
--- error_log
answer blocked: the target sends a coding that is not read here
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 9: what has no body is not too large
--- init
my $res = main::ask('x' x 101, method => 'HEAD');
Test::More::is($res->{status}, 200, 'HEAD');
$res = main::ask(["HTTP/1.1 304 Not Modified\r\nContent-Length: 101\r\n\r\n"]);
Test::More::is($res->{status}, 304, 'not modified');
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 10: in monitor mode it passes
--- init
my $res = main::ask('x' x 101, path => '/p/monitor/x');
Test::More::is($res->{body}, 'x' x 101, 'all of it');
--- events
{"type":"response","status":200,"bytes":101}



=== TEST 11: a large one, in buffers
--- rule: "limits": { "response": "1m" }
--- is_cut
--- init
my $mega = 'abcdefgh' x 131072;
for my $path ('/p/x', '/p/off/x', '/p/now/x') {
    my $res = main::ask({ body => $mega, framing => 'close' }, path => $path);
    Test::More::ok($res->{body} eq $mega, "whole $path");
    main::cut($path, { body => "$mega.", framing => 'close' }, path => $path,
              max => 1048576);
}
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 12: rows: as many as there may be
--- rule: "limits": { "rows": 3 }
--- type: application/json
--- cases
[1,[2,2,2,2],{"a":[3,3]}]
->
{"data":[1,2,3],"next":"[1,2,3,4]"}
->
{"a":[1],"b":{"c":[2,3]}}
->
{"error":"none"}
->



=== TEST 13: rows: one too many
--- rule: "limits": { "rows": 3 }
--- is_cut
--- init
for my $text ('[1,2,3,4]', '{"data":[1,2,3,4]}', '{"a":[1,2],"b":[3,4]}',
              '[{},{},{},{}]')
{
    for my $path ('/p/x', '/p/off/x') {
        main::cut("$path $text", { type => 'application/json', body => $text },
                  path => $path, max => 0);
    }

    main::cut("gzip $text", { type => 'application/json', body => $text,
                              gzip => 1 }, path => '/p/off/x', max => 0);
}
my $body = main::cut('in pieces',
    { type => 'application/vnd.x+json', body => '[' . join(',', 11 .. 30) . ']',
      each => 3, framing => 'chunked', wait => 0.02 }, path => '/p/now/x');
Test::More::like($body, qr/^\[11,(?:12,?|12,13,?)?\z/, 'what was within it came');
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 14: rows: in the event
--- rule: "limits": { "rows": 3 }
--- is_cut
--- init
main::cut('too many', { type => 'application/json', body => '[1,2,3,4]' },
          max => 0);
--- events
{"type":"decision","decision":"allow"}
{"type":"response","bytes":0,"aborted":true,"limit":"rows"}
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 15: rows at a pointer
--- rule: "limits": { "rows": { "at": "/data/items", "max": 2 } }
--- is_cut
--- init
for my $text ('{"data":{"items":[1,2],"x":[1,2,3]}}', '[1,2,3]') {
    my $res = main::ask({ type => 'application/json', body => $text });
    Test::More::is($res->{body}, $text, $text);
}
main::cut('there', { type => 'application/json', max => 0,
                     body => '{"data":{"items":[1,2,3]}}' });
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 16: lines
--- rule: "limits": { "rows": 3 }
--- is_cut
--- init
for my $type ('application/x-ndjson', 'application/json-seq') {
    my $text = qq({"a":[1,2,3,4]}\n) x 3;
    my $res = main::ask({ type => $type, body => $text });
    Test::More::is($res->{body}, $text, $type);
    main::cut($type, { type => $type, body => "${text}1\n" }, max => 0);
}
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 17: what cannot be counted
--- rule: "limits": { "rows": 1000 }
--- init
for my $text ('[1,]', '[1][2]', '[1] // no', '{"a":[1}', 'id,name',
              '[' x 513, "[\x001]", '{"a":1}{"a":2}')
{
    main::cut("broken $text", { type => 'application/json', body => $text },
              path => '/p/off/x', max => 0);
}
for my $type ('text/csv', 'text/plain', 'text/event-stream', 'image/png',
              'application/json5', '')
{
    for my $status (200, 404, 500) {
        my $res = main::ask({ type => $type, body => 'x', status => $status });
        Test::More::is($res->{status}, 502, "$status of type '$type'");
        Test::More::like($res->{body}, $type eq 'image/png'
                         ? qr/what is not text/ : qr/is not JSON/, 'why');
    }
}
my $res = main::ask({ type => 'application/json', status => 206, body => '[1]',
                      headers => ['Content-Range: bytes 0-2/9'] },
                    path => '/p/off/x');
Test::More::is($res->{status}, 502, 'a part');
$res = main::ask({ type => 'application/json; charset=utf-16', body => '[1]' },
                 path => '/p/off/x');
Test::More::is($res->{status}, 502, 'another charset');
--- error_log
the rows of the answer cannot be counted
answer blocked: the answer is not JSON, and its rows cannot be counted
--- no_error_log
[alert]
[crit]
[emerg]
--- no_spool_check



=== TEST 18: no body has no rows, nor has a page of nginx's own
--- rule: "limits": { "rows": 1 }
--- config
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    proxy_read_timeout 300ms;
}
--- init
my $res = main::ask({ type => '', body => '' });
Test::More::is($res->{status}, 200, 'no body');
$res = main::ask('x', method => 'HEAD');
Test::More::is($res->{status}, 200, 'HEAD');
$res = main::ask(["HTTP/1.1 204 No Content\r\n\r\n"]);
Test::More::is($res->{status}, 204, 'no content');
$res = main::ask([['', 2]]);
Test::More::is($res->{status}, 504, 'the target does not answer');
--- error_log
upstream timed out
--- no_error_log
[alert]
[crit]
[emerg]
