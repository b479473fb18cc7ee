# Copyright (C) ngx_hoop_module authors
#
# The same over HTTP/2, where nginx takes buffers back at other times.  The
# client is curl.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Compress::Zlib;
use Digest::SHA;
use Hoop::Daemon qw( free_port temp_dir );
use Hoop::Replay;
use Hoop::Spool;
use Hoop::Token;

our $line = 'the quick brown fox 078-05-1121 jumps over the lazy dog' . "\n";
our $big = $line x 50000;
our $masked = $big =~ s/078-05-1121/[REDACTED:US_SSN]/gr;

our $upstream = Hoop::Replay->install(routes => {
    '/p/big' => ["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                 . 'Content-Length: ' . length($big) . "\r\n\r\n", $big],
    '/p/coded' => { type => 'text/plain', gzip => 1, body => $big },
});

our $soon = $ENV{TEST_NGINX_USE_VALGRIND} ? 1 : 0.2;
our $no_http2 = `curl --version 2>/dev/null` !~ /HTTP2/;
our $dir = temp_dir('h2');

$ENV{TEST_NGINX_H2_PORT} = free_port();

sub slurp {
    my ($file) = @_;

    open my $fh, '<:raw', $file or return '';
    local $/;
    return <$fh> // '';
}

# status, headers as text, body, curl's exit code; several answers: a list
sub h2 {
    my ($answer, @args) = @_;

    my $path = @args && $args[0] =~ m{^/} ? shift @args : '/p/x';

    open my $fh, '>', "$dir/headers" or die "$dir/headers: $!\n";
    print $fh bearer(), "\n";
    print $fh replay(answer($answer)), "\n" if defined $answer;
    close $fh;

    unlink "$dir/head", "$dir/body";

    local $SIG{CHLD} = 'DEFAULT';
    system 'curl', '-sq', '--no-progress-meter', '--noproxy', '*', '--http2-prior-knowledge',
           '--max-time', 10, '-H', "\@$dir/headers", '-D', "$dir/head",
           '-o', "$dir/body", @args,
           "http://127.0.0.1:$ENV{TEST_NGINX_H2_PORT}$path";

    my $head = slurp("$dir/head");

    return { exit => $? >> 8, head => $head, body => slurp("$dir/body"),
             status => $head =~ m{^HTTP/2 (\d+)} ? $1 : 0 };
}

# runs before those that were added earlier
add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('config_more', ($block->config_more // '')
                      . "listen 127.0.0.1:\$TEST_NGINX_H2_PORT http2 sndbuf=8k;\n");
    $block->set_value('skip_eval', '1: $main::no_http2');
    $block->set_value('answers', ['x']) if !defined $block->answers;
});

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: masked, and what describes the unmasked is gone
--- init
my $res = main::h2({ type => 'application/json', headers => ['ETag: "x"'],
                     body => '{"ssn":"078-05-1121","n":1}' });
Test::More::is($res->{status}, 200, 'status');
Test::More::is($res->{body}, '{"ssn":"[REDACTED:US_SSN]","n":1}', 'body');
Test::More::unlike($res->{head}, qr/^(?:etag|content-length):/mi, 'headers');
Test::More::like($res->{head}, qr/^hoop-session: hs_/m, 'session');
Test::More::is($res->{exit}, 0, 'whole');
--- events
{"type":"request","method":"GET","uri":"/p/x"}
{"type":"decision","decision":"allow"}
{"type":"response","status":200,"bytes":33,"masked":{"us_ssn":1}}



=== TEST 2: cut into packets, unbuffered
--- location
proxy_buffering off;
hoop_mask_buffers 2 1k;
--- init
for my $each (1, 5) {
    my $res = main::h2({ body => 'a 078-05-1121 b', each => $each,
                         wait => 0.001, framing => 'chunked' });
    Test::More::is($res->{body}, 'a [REDACTED:US_SSN] b', "by $each");
}



=== TEST 3: more than the buffers and the window, to a fast and a slow client
--- location
hoop_mask_buffers 2 1k;
proxy_max_temp_file_size 0;
http2_chunk_size 100;
--- init
my $res = main::h2(undef, '/p/big');
Test::More::ok($res->{body} eq $main::masked, 'whole and masked');
$res = main::h2(undef, '/p/big', '--limit-rate', '8M');
Test::More::ok($res->{body} eq $main::masked, 'slowly: whole and masked');
Test::More::is($res->{exit}, 0, 'and ended');
--- events eval
'{"type":"response","status":200,"sha256":"'
. Digest::SHA::sha256_hex($main::masked) . '"}'



=== TEST 4: by a temporary file, and unbuffered
--- config_more
location /p/big/file {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_buffers 2 4k;
    proxy_busy_buffers_size 4k;
    proxy_buffer_size 4k;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/big;
}
location /p/big/now {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_buffering off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/big;
}
--- init
for my $path ('/p/big/file', '/p/big/now') {
    my $res = main::h2(undef, $path);
    Test::More::ok($res->{body} eq $main::masked, "$path: whole and masked");
}



=== TEST 5: HEAD, 204, 304
--- init
my $res = main::h2(["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                    . "Content-Length: 11\r\nETag: \"x\"\r\n\r\n"], '--head');
Test::More::is($res->{status}, 200, 'HEAD');
Test::More::unlike($res->{head}, qr/^(?:etag|content-length):/mi, 'headers');
for my $status (204, 304) {
    my $res = main::h2(["HTTP/1.1 $status Status\r\n\r\n"]);
    Test::More::is($res->{status}, $status, "status $status");
    Test::More::is($res->{exit}, 0, 'ended');
    Test::More::is($res->{body}, '', 'no body');
}
--- events
{"type":"response","status":200,"bytes":0}
{"type":"response","status":204,"bytes":0}
{"type":"response","status":304,"bytes":0}



=== TEST 6: what cannot be judged is refused
--- init
for my $answer ({ headers => ['Content-Encoding: br'], body => '078-05-1121' },
                { type => 'image/png', body => '078-05-1121' },
                { status => 206, body => '078-05-1121' })
{
    my $res = main::h2($answer);
    Test::More::is($res->{status}, 502, 'refused');
    Test::More::unlike($res->{body}, qr/078-/, 'no byte of it');
}
--- error_log
hoop: answer blocked
--- events
{"type":"response","status":502,"blocked":"/./"}



=== TEST 7: gzip of the target, gzip for the client
--- location
gzip on;
gzip_types *;
gzip_min_length 1;
gzip_proxied any;
--- init
my $res = main::h2({ body => 'a 078-05-1121', gzip => 1 });
Test::More::is($res->{body}, 'a [REDACTED:US_SSN]', 'inflated');
$res = main::h2({ body => 'a 078-05-1121' }, '-H', 'Accept-Encoding: gzip');
Test::More::like($res->{head}, qr/^content-encoding: gzip\r$/m, 'compressed');
Test::More::is(Compress::Zlib::memGunzip($res->{body}), 'a [REDACTED:US_SSN]',
               'and masked');



=== TEST 8: the target dies in a token: the stream is reset
--- init
for my $more ({ length => 100 }, { framing => 'chunked', cut => 1 }) {
    my $res = main::h2({ body => 'begin 078-05-112', %$more });
    Test::More::isnt($res->{exit}, 0, 'not a whole answer');
    Test::More::unlike($res->{body}, qr/078-/, 'held');
}
--- error_log
upstream prematurely closed connection
--- no_error_log
[alert]
[crit]
[emerg]
--- events
{"type":"response","aborted":true}
{"type":"response","aborted":true}



=== TEST 9: masking cannot go on: the stream is reset
--- init
my $gzip = Compress::Zlib::memGzip(('x' x 70 . "\n") x 9000 . '078-05-1121');
my $res = main::h2({ headers => ['Content-Encoding: gzip'],
                     body => substr $gzip, 0, -9 });
Test::More::isnt($res->{exit}, 0, 'not a whole answer');
Test::More::unlike($res->{body}, qr/078-/, 'held');
--- error_log
hoop: masking cannot go on
--- events
{"type":"response","aborted":true}



=== TEST 10: the client leaves in the middle
--- location
proxy_max_temp_file_size 0;
limit_rate 100k;
--- init
main::h2({ body => "begin\n078-05-1121", split => [6], wait => 5 * $main::soon,
           framing => 'chunked' }, '--max-time', $main::soon);
main::h2(undef, '/p/big', '--max-filesize', '10', '--max-time', $main::soon,
         '--limit-rate', '1');
--- wait: 0.1
--- events
{"type":"response","status":200,"aborted":true}
{"type":"response","status":200,"aborted":true}



=== TEST 11: streams side by side do not mix
--- location
proxy_buffering off;
hoop_mask_buffers 2 1k;
--- init
my @urls = map { ("http://127.0.0.1:$ENV{TEST_NGINX_H2_PORT}/p/x?$_",
                  '-o', "$main::dir/many$_") } 1 .. 8;
my $text = 'n 078-05-1121 ' x 200;
my $res = main::h2({ body => $text, each => 100, wait => 0.001,
                     framing => 'chunked' }, '-Z', '--parallel-immediate',
                   @urls);
for my $n (1 .. 8) {
    Test::More::is(main::slurp("$main::dir/many$n"),
                   'n [REDACTED:US_SSN] ' x 200, "stream $n");
}



=== TEST 12: an answer over a limit of its rule does not end well
--- rule: "limits": { "response": "100" }
--- init
for my $answer ({ body => 'word ' x 30, each => 20, framing => 'chunked',
                  wait => 0.01 },
                { body => 'x' x 101, framing => 'close' })
{
    my $res = main::h2($answer);
    Test::More::is($res->{exit}, 92, 'the stream is reset');
    Test::More::cmp_ok(length $res->{body}, '<=', 100, 'nor is it too much');
}
--- error_log
is cut
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 13: inflated in many turns, to a fast and a slow client
--- config_more
location /p/raw/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_buffering off;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/;
}
--- init
for my $path (qw( /p/coded /p/raw/coded )) {
    my $res = main::h2(undef, $path);
    Test::More::ok($res->{body} eq $main::masked, "$path, fast");
    $res = main::h2(undef, $path, '--limit-rate', '8M');
    Test::More::ok($res->{body} eq $main::masked, 'slow');
    Test::More::is($res->{exit}, 0, 'and ended');
}



=== TEST 14: headers are masked, URLs with their query, cookies by their fields
--- init
my $res = main::h2({ status => 302, body => 'x', headers => [
    'Location: /x?ssn=078-05-1121&e=ann%40example.com&a=1',
    'Content-Location: /y?s=078%2D05%2D1121&b=2',
    'Refresh: 5; url=/z?e=ann%40example.com&c=3',
    'Link: </n?s=078%2D05%2D1121&d=4>; rel="next"',
    'Link: </w/078-05-1121>; rel="last"',
    'Set-Cookie: sid=0123456789; Path=/', 'Set-Cookie: s=4111111111111111',
    'Set-Cookie: access_token=0123456789; Path=/', 'X-Auth-Token: 7',
    'X-Note: call 078-05-1121', 'X-A: b', 'Hoop-Session: hs_0',
    'DPoP-Nonce: n', 'Digest: sha-256=X' ] });
Test::More::is($res->{status}, 302, 'status');
Test::More::is($res->{body}, 'x', 'body');
Test::More::unlike($res->{head}, qr/078-05|078%2D|ann%40|4111111111111111/i,
                   'no value of a detector');
Test::More::unlike($res->{head}, qr/^(?:dpop-nonce|digest|hoop-session: hs_0\r)/m,
                   'nothing that is not the target\'s to say');
for my $line ('location: \S*/x\?\S*REDACTED\S*REDACTED\S*&a=1',
              'content-location: /y\?s=\S*REDACTED\S*&b=2',
              'refresh: 5; url=/z\?e=\S*REDACTED\S*&c=3',
              'link: </n\?s=\S*REDACTED\S*&d=4>; rel="next"',
              'link: </w/\[REDACTED:US_SSN\]>; rel="last"',
              'set-cookie: sid=0123456789; Path=/',
              'set-cookie: s=\[REDACTED:CREDIT_CARD\]',
              'set-cookie: access_token=\[REDACTED:FIELD\]; Path=/',
              'x-auth-token: \[REDACTED:FIELD\]',
              'x-note: call \[REDACTED:US_SSN\]', 'x-a: b',
              'hoop-session: hs_[0-9a-f]{32}')
{
    Test::More::like($res->{head}, qr/^$line\r$/m, $line);
}
--- events
{"type":"response","status":302}
--- no_event_text
078-05
4111111111111111



=== TEST 15: the headers of a HEAD, of a 304 and of what is not text
--- rule: "mask": ["default"]
--- init
for my $case ([["HTTP/1.1 200 OK\r\nX-Note: 078-05-1121\r\n\r\n"], 200, '--head'],
              [["HTTP/1.1 304 Not Modified\r\nX-Note: 078-05-1121\r\n\r\n"], 304],
              [{ status => 404, headers => ['X-Note: 078-05-1121'] }, 404])
{
    my ($answer, $status, @args) = @$case;
    my $res = main::h2($answer, @args);
    Test::More::is($res->{status}, $status, "status $status");
    Test::More::like($res->{head}, qr/^x-note: \[REDACTED:US_SSN\]\r$/m,
                     'masked');
}



=== TEST 16: trailers that nginx is told to add do not come through
--- location
add_trailer X-T $upstream_http_x_note;
add_trailer grpc-status 0;
--- init
my $res = main::h2({ body => 'a 078-05-1121', framing => 'chunked',
                     headers => ['X-Note: 078-05-1121'] });
Test::More::is($res->{body}, 'a [REDACTED:US_SSN]', 'body');
Test::More::is($res->{exit}, 0, 'whole');
Test::More::unlike($res->{head}, qr/078-05|^x-t:/mi, 'none');
Test::More::like($res->{head}, qr/\r\n\r\ngrpc-status: 0\r\n/, 'but a number');



=== TEST 17: nor do those of the target
--- skip_nginx: 6: < 1.27.2
--- location
proxy_http_version 1.1;
proxy_pass_trailers on;
--- init
my $res = main::h2(["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                    . "Trailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n"
                    . "1\r\na\r\n0\r\nX-T: 078-05-1121\r\n"
                    . "Set-Cookie: s=078-05-1121\r\ngrpc-status: 5\r\n\r\n"],
                   '-H', 'TE: trailers');
Test::More::is($res->{body}, 'a', 'body');
Test::More::is($res->{exit}, 0, 'whole');
Test::More::unlike($res->{head}, qr/078-05|^x-t:|^set-cookie:/mi, 'none');
Test::More::like($res->{head}, qr/\r\n\r\ngrpc-status: 5\r\n/, 'but a number');
