# Copyright (C) ngx_hoop_module authors
#
# The same over HTTP/3, of an nginx that has it.  The client is Hoop::H3's.

use Test::Nginx::Socket;

use lib 't/lib';
use Compress::Zlib;
use Hoop::Daemon qw( free_port );
use Hoop::H3;

my $missing;

BEGIN {
    $missing = Hoop::H3::missing();
    plan($missing ? (skip_all => $missing) : 'no_plan');
}

use Hoop::Proof;
use Hoop::Replay;
use Hoop::Spool;
use Hoop::Token;

our $line = 'the quick brown fox 078-05-1121 jumps over the lazy dog' . "\n";
our $big = $line x 20000;
our $masked = $big =~ s/078-05-1121/[REDACTED:US_SSN]/gr;

our $upstream = Hoop::Replay->install(routes => {
    '/p/big' => ["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                 . 'Content-Length: ' . length($big) . "\r\n\r\n", $big],
    '/p/coded' => { type => 'text/plain', gzip => 1, body => $big },
});

our $auth = bearer();

$ENV{TEST_NGINX_H3_PORT} = free_port();
$ENV{TEST_NGINX_SERVER_CERT} = certificate('server')->{cert};
$ENV{TEST_NGINX_SERVER_KEY} = certificate('server')->{key};

# answers are told to the upstream in a header; a path stands for itself
sub get {
    my ($answer, %more) = @_;

    my @headers = @{ delete $more{headers} // [] };

    return { path => '/p/x', %more,
             headers => [$auth, @headers, defined $answer
                         ? main::replay(main::answer($answer)) : ()] };
}

sub ask3 {
    return h3($ENV{TEST_NGINX_H3_PORT}, get(@_));
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('config_more', ($block->config_more // '') . <<'END');
listen 127.0.0.1:$TEST_NGINX_H3_PORT quic;
ssl_certificate $TEST_NGINX_SERVER_CERT;
ssl_certificate_key $TEST_NGINX_SERVER_KEY;
ssl_protocols TLSv1.3;
END
    $block->set_value('answers', ['x']) if !defined $block->answers;
});

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: masked, and what describes the unmasked is gone
--- init
my $res = main::ask3({ type => 'application/json', headers => ['ETag: "x"'],
                       body => '{"ssn":"078-05-1121","n":1}' });
Test::More::is($res->{status}, 200, 'status');
Test::More::is($res->{body}, '{"ssn":"[REDACTED:US_SSN]","n":1}', 'body');
Test::More::unlike($res->{head}, qr/^(?:etag|content-length):/mi, 'headers');
Test::More::like($res->{head}, qr/^hoop-session: hs_/m, 'session');
Test::More::ok($res->{ended}, 'whole');
--- events
{"type":"request","method":"GET","uri":"/p/x"}
{"type":"decision","decision":"allow"}
{"type":"response","status":200,"bytes":33,"masked":{"us_ssn":1}}



=== TEST 2: headers are masked, URLs with their query, cookies by their fields
--- init
my $res = main::ask3({ status => 302, body => 'x', headers => [
    'Location: /x?ssn=078-05-1121&e=ann%40example.com&a=1',
    'Refresh: 5; url=/z?e=ann%40example.com&c=3',
    'Link: </n?s=078%2D05%2D1121&d=4>; rel="next"',
    'Set-Cookie: sid=0123456789; Path=/', 'Set-Cookie: s=4111111111111111',
    'X-Auth-Token: 7', 'X-Note: call 078-05-1121', 'X-A: b',
    'Hoop-Session: hs_0', 'DPoP-Nonce: n', 'Digest: sha-256=X' ] });
Test::More::is($res->{status}, 302, 'status');
Test::More::is($res->{body}, 'x', 'body');
Test::More::unlike($res->{head}, qr/078-05|078%2D|ann%40|4111111111111111/i,
                   'no value of a detector');
Test::More::unlike($res->{head}, qr/^(?:dpop-nonce|digest|hoop-session: hs_0$)/m,
                   'nothing that is not the target\'s to say');
for my $line ('location: \S*/x\?\S*REDACTED\S*REDACTED\S*&a=1',
              'refresh: 5; url=/z\?e=\S*REDACTED\S*&c=3',
              'link: </n\?s=\S*REDACTED\S*&d=4>; rel="next"',
              'set-cookie: sid=0123456789; Path=/',
              'set-cookie: s=\[REDACTED:CREDIT_CARD\]',
              'x-auth-token: \[REDACTED:FIELD\]',
              'x-note: call \[REDACTED:US_SSN\]', 'x-a: b',
              'hoop-session: hs_[0-9a-f]{32}')
{
    Test::More::like($res->{head}, qr/^$line$/m, $line);
}
--- events
{"type":"response","status":302}
--- no_event_text
078-05
4111111111111111



=== TEST 3: cut into packets, unbuffered
--- location
proxy_buffering off;
hoop_mask_buffers 2 1k;
--- init
for my $each (1, 5) {
    my $res = main::ask3({ body => 'a 078-05-1121 b', each => $each,
                           wait => 0.001, framing => 'chunked' });
    Test::More::is($res->{body}, 'a [REDACTED:US_SSN] b', "by $each");
}



=== TEST 4: more than the buffers and the window, and inflated
--- location
hoop_mask_buffers 2 1k;
proxy_max_temp_file_size 0;
--- init
for my $path ('/p/big', '/p/coded') {
    my $res = main::ask3(undef, path => $path);
    Test::More::ok($res->{body} eq $main::masked, "$path: whole and masked");
    Test::More::ok($res->{ended}, 'and ended');
}



=== TEST 5: streams side by side do not mix
--- location
proxy_buffering off;
hoop_mask_buffers 2 1k;
--- init
my @res = main::h3($ENV{TEST_NGINX_H3_PORT}, map {
    main::get({ body => "n$_ 078-05-1121 " x 100, each => 100, wait => 0.001,
                framing => 'chunked' })
} 1 .. 8);
for my $n (1 .. 8) {
    Test::More::is($res[$n - 1]{body}, "n$n [REDACTED:US_SSN] " x 100,
                   "stream $n");
}



=== TEST 6: HEAD, 204, 304
--- init
my $res = main::ask3(["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                      . "Content-Length: 11\r\nETag: \"x\"\r\n"
                      . "X-Note: 078-05-1121\r\n\r\n"], method => 'HEAD');
Test::More::is($res->{status}, 200, 'HEAD');
Test::More::unlike($res->{head}, qr/^(?:etag|content-length):/mi, 'headers');
Test::More::is($res->{headers}{'x-note'}, '[REDACTED:US_SSN]', 'masked');
for my $status (204, 304) {
    my $res = main::ask3(["HTTP/1.1 $status Status\r\n\r\n"]);
    Test::More::is($res->{status}, $status, "status $status");
    Test::More::ok($res->{ended}, 'ended');
    Test::More::is($res->{body}, '', 'no body');
}



=== TEST 7: what cannot be judged is refused
--- init
for my $answer ({ headers => ['Content-Encoding: br'], body => '078-05-1121' },
                { type => 'image/png', body => '078-05-1121' },
                { status => 206, body => '078-05-1121' })
{
    my $res = main::ask3($answer);
    Test::More::is($res->{status}, 502, 'refused');
    Test::More::unlike($res->{body}, qr/078-/, 'no byte of it');
}
--- error_log
hoop: answer blocked
--- events
{"type":"response","status":502,"blocked":"/./"}



=== TEST 8: the target dies in a token, masking cannot go on: the stream is reset
--- init
my $gzip = Compress::Zlib::memGzip(('x' x 70 . "\n") x 9000 . '078-05-1121');
for my $answer ({ body => 'begin 078-05-112', length => 100 },
                { body => 'begin 078-05-112', framing => 'chunked', cut => 1 },
                { headers => ['Content-Encoding: gzip'],
                  body => substr $gzip, 0, -9 })
{
    my $res = main::ask3($answer);
    Test::More::ok(!$res->{ended}, 'not a whole answer');
    Test::More::isnt($res->{reset}, undef, 'but a reset one');
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
{"type":"response","aborted":true}



=== TEST 9: the client leaves in the middle
--- location
proxy_max_temp_file_size 0;
hoop_mask_buffers 2 1k;
--- init
main::ask3(undef, path => '/p/big', leave => 2000);
--- wait: 0.1
--- events
{"type":"response","status":200,"aborted":true}



=== TEST 10: no trailers but a number
--- location
proxy_pass_trailers on;
add_trailer X-T $upstream_http_x_note;
--- init
my $res = main::ask3(["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                      . "X-Note: 078-05-1121\r\n"
                      . "Trailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n"
                      . "1\r\na\r\n0\r\nX-U: 078-05-1121\r\n"
                      . "grpc-status: 5\r\n\r\n"], headers => ['TE: trailers']);
Test::More::is($res->{body}, 'a', 'body');
Test::More::is($res->{trailers}, "grpc-status: 5\n", 'trailers');



=== TEST 11: a 103 before it
--- location
early_hints 1;
--- init
my $res = main::ask3(["HTTP/1.1 103 Early Hints\r\nX-Note: call 078-05-1121\r\n"
                      . "Link: </a?s=078%2D05%2D1121&b=1>; rel=preload\r\n"
                      . "Hoop-Session: hs_0\r\n\r\n"
                      . "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                      . "Connection: close\r\n\r\n", ['a 078-05-1121', 0.05]]);
Test::More::is($res->{hints}, <<'END', 'masked');
:status: 103
x-note: call [REDACTED:US_SSN]
link: </a?s=%5BREDACTED%3AUS_SSN%5D&b=1>; rel=preload
END
Test::More::is($res->{status}, 200, 'the answer');
Test::More::is($res->{body}, 'a [REDACTED:US_SSN]', 'and it is masked');



=== TEST 12: without a token, and a body that is judged
--- rule: "limits": { "response": "100" }
--- init
my ($res, $more) = main::h3($ENV{TEST_NGINX_H3_PORT}, { path => '/p/x' },
    main::get({ body => 'a 078-05-1121' }, method => 'POST',
              body => '{"ssn":"078-05-1121"}',
              headers => ['Content-Type: application/json']));
Test::More::is($res->{status}, 401, 'refused');
Test::More::is($more->{status}, 200, 'let through');
Test::More::is($more->{body}, 'a [REDACTED:US_SSN]', 'masked');
$res = main::ask3({ body => 'word ' x 30, each => 20, framing => 'chunked',
                    wait => 0.01 });
Test::More::ok(!$res->{ended}, 'over a limit it does not end well');
Test::More::cmp_ok(length $res->{body}, '<=', 100, 'nor is it too much');
--- error_log
is cut
--- no_error_log
[alert]
[crit]
[emerg]
