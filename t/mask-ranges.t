# Copyright (C) ngx_hoop_module authors
#
# What describes the unmasked bytes must not outlive them: ranges, lengths,
# validators, digests, trailers; and answers without a body or beside HTTP.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Replay;
use Hoop::Spool;
use Hoop::Token;

our $upstream = Hoop::Replay->install;

our $auth = bearer();

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: the target is not asked for a range
--- request eval
["GET /p/x", "GET /last", "GET /p/y", "GET /last"]
--- more_headers eval
["$main::auth\nRange: bytes=0-99\nIf-Range: \"x\"", '',
 "$main::auth\nrange: bytes=5-", '']
--- response_body_unlike eval
['REDACTED', '(?i)range', 'REDACTED', '(?i)range']



=== TEST 2: nor with the mask off, for what is recorded and judged is a whole
--- location
hoop_mask off;
--- request eval
["GET /p/x", "GET /last"]
--- more_headers eval
["$main::auth\nRange: bytes=0-99", '']
--- response_body_unlike eval
['REDACTED', '(?i)range']



=== TEST 3: a part of a document is refused, by any sign of it
--- answers eval
[{ status => 206, headers => ['Content-Range: bytes 0-10/11'],
   body => '078-05-1121' },
 { status => 206, body => '078-05-1121' },
 { headers => ['Content-Range: bytes 0-10/11'], body => '078-05-1121' },
 { headers => ['content-range: bytes 0-10/11'], body => '078-05-1121' },
 { status => 206, type => 'multipart/byteranges; boundary=b',
   body => "--b\r\nContent-Range: bytes 0-4/11\r\n\r\n078-0\r\n--b--\r\n" },
 { type => 'Multipart/ByteRanges; boundary=b', body => '078-05-1121' },
 { status => 416, headers => ['Content-Range: bytes */11'],
   body => '078-05-1121' }]
--- error_code eval
[(502) x 7]
--- response_headers eval
[("!Content-Range\nContent-Type: application/problem+json") x 7]
--- response_body_unlike eval
[('078-') x 7]
--- error_log
hoop: answer blocked: the target sends a part of a document
--- events
{"type":"response","status":502,"upstream_status":206,"blocked":"the target sends a part of a document"}
--- no_event_text
078-05



=== TEST 4: 101 is refused, and nothing of what comes after it goes out
--- location
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection upgrade;
--- init
for my $mask ('', 'Upgrade: websocket') {
    my $res = main::ask(["HTTP/1.1 101 Switching Protocols\r\n"
                         . "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
                         . "078-05-1121", ['078-05-1121', 0.02]],
                        headers => ['Upgrade: websocket']);
    Test::More::is($res->{status}, 502, '101 is refused');
    Test::More::unlike($res->{body}, qr/078-/, 'no byte of it');
}
--- answers eval
['x']
--- error_log
hoop: answer blocked: the target switches protocols
--- events
{"type":"response","status":502,"blocked":"the target switches protocols"}



=== TEST 24: an interim answer for the answer, and one without a status line
Of a 103 see t/mask-hints.t.
--- location
proxy_http_version 1.1;
--- init
for my $raw ("HTTP/1.1 100 Continue\r\n\r\n"
             . "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n078-05-1121",
             "<html>078-05-1121</html>")
{
    my $res = main::ask([$raw]);
    Test::More::is($res->{status}, 502, 'refused');
    Test::More::unlike($res->{body}, qr/078-|200 OK/, 'no byte of it');
}
--- answers eval
['x']
--- error_log
hoop: answer blocked: the target sends no final answer
--- events
{"type":"response","status":502,"blocked":"the target sends no final answer"}



=== TEST 25: a percent-encoded value in the query of an URL
--- answers eval
[{ status => 302, headers => ['Location: /x?e=ann%40example.com'
                              . '&s=078%2D05%2D1121&t=1'] }]
--- error_code eval
[302]
--- raw_response_headers_unlike eval
['ann%40|078%2D']
--- raw_response_headers_like eval
['Location: \S*/x\?e=\S*REDACTED\S*&t=1\r']



=== TEST 5: so is it with the mask off: it would pass by the filters unseen
--- location
hoop_mask off;
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection upgrade;
--- init
my $res = main::ask(["HTTP/1.1 101 Switching Protocols\r\n"
                     . "Upgrade: x\r\nConnection: Upgrade\r\n\r\nhello"],
                    headers => ['Upgrade: x']);
Test::More::is($res->{status}, 502, '101 is refused');
--- answers eval
['x']
--- error_log
the target switches protocols



=== TEST 6: validators, digests and lengths go
--- answers eval
[{ body => 'x', headers => [
       'ETag: "abc"', 'Last-Modified: Mon, 05 Jan 2026 10:00:00 GMT',
       'Accept-Ranges: bytes', 'Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==',
       'Digest: sha-256=X', 'digest: md5=X', 'Content-Digest: sha-256=:X:',
       'Repr-Digest: sha-256=:X:', 'X-Kept: yes',
       'Cache-Control: max-age=5'] },
 { body => 'x', headers => ['etag: W/"abc"', 'last-modified: whenever',
                            'ACCEPT-RANGES: bytes'] }]
--- response_headers eval
["!ETag\n!Last-Modified\n!Accept-Ranges\n!Content-MD5\n!Digest\n"
 . "!Content-Digest\n!Repr-Digest\n!Content-Length\nX-Kept: yes\n"
 . "Cache-Control: max-age=5",
 "!ETag\n!Last-Modified\n!Accept-Ranges\n!Content-Length"]
--- response_body eval
['x', 'x']



=== TEST 7: a range that nginx itself would make, of a static file
--- config_more
location /p/file/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    alias $TEST_NGINX_SERVER_ROOT/html/;
}
--- user_files
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow", "match": {} } ] }
>>> a.txt
her SSN is 078-05-1121.
--- request eval
["GET /p/file/a.txt", "GET /p/file/a.txt", "HEAD /p/file/a.txt",
 "GET /p/file/a.txt"]
--- more_headers eval
[$main::auth, "$main::auth\nRange: bytes=11-21", $main::auth,
 "$main::auth\nIf-Modified-Since: Mon, 05 Jan 2026 10:00:00 GMT"]
--- error_code eval
[(200) x 4]
--- response_headers eval
[("!Accept-Ranges\n!Content-Range\n!Content-Length\n!ETag\n!Last-Modified") x 4]
--- response_body eval
["her SSN is [REDACTED:US_SSN].\n", "her SSN is [REDACTED:US_SSN].\n", '',
 "her SSN is [REDACTED:US_SSN].\n"]



=== TEST 8: 304, from the target
--- answers eval
[["HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"],
 ["HTTP/1.1 304 Not Modified\r\nContent-Type: image/png\r\n\r\n"],
 ["HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\n\r\n"]]
--- error_code eval
[(304) x 3]
--- response_body eval
[('') x 3]
--- events
{"type":"response","status":304,"bytes":0}
{"type":"response","status":304,"bytes":0}
{"type":"response","status":304,"bytes":0}



=== TEST 9: 204, and one that lies
--- answers eval
[["HTTP/1.1 204 No Content\r\n\r\n"],
 ["HTTP/1.1 204 No Content\r\nContent-Type: image/png\r\n\r\n"],
 ["HTTP/1.1 204 No Content\r\nContent-Type: text/plain\r\n\r\n078-05-1121"]]
--- error_code eval
[(204) x 3]
--- response_body eval
[('') x 3]
--- events
{"type":"response","status":204,"bytes":0}
{"type":"response","status":204,"bytes":0}



=== TEST 10: HEAD: no body, no length, no hint of a coding that GET would lose
--- init
for my $head ("Content-Type: application/json\r\nContent-Length: 21",
              "Content-Type: text/plain\r\nContent-Length: 9\r\nETag: \"x\"",
              "Content-Type: text/plain\r\nContent-Encoding: gzip",
              "Content-Type: text/plain\r\nContent-Length: 0")
{
    my $res = main::ask(["HTTP/1.1 200 OK\r\n$head\r\n\r\n"],
                        method => 'HEAD');
    Test::More::is($res->{status}, 200, 'HEAD');
    Test::More::ok($res->{complete}, 'no body');
    Test::More::is_deeply(
        [grep { defined } @{ $res->{headers} }{
            qw( content-length etag content-encoding accept-ranges ) }], [],
        'nothing of the unmasked');
}

my $res = main::ask(["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                     . "Content-Encoding: br\r\n\r\n"], method => 'HEAD');
Test::More::is($res->{status}, 502, 'HEAD as GET');
Test::More::ok($res->{complete}, 'no body');
--- answers eval
['x']
--- error_log
hoop: answer blocked
--- events
{"type":"response","status":200,"bytes":0}
{"type":"response","status":200,"bytes":0}
{"type":"response","status":200,"bytes":0}
{"type":"response","status":200,"bytes":0}
{"type":"response","status":502,"blocked":"/coding/"}



=== TEST 11: other statuses have bodies to be masked
--- answers eval
[map { { status => $_, body => "$_ 078-05-1121",
         headers => $_ == 302 ? ['Location: /x'] : [] } }
 201, 203, 299, 300, 302, 400, 401, 403, 404, 409, 429, 500, 502, 503, 599]
--- error_code eval
[201, 203, 299, 300, 302, 400, 401, 403, 404, 409, 429, 500, 502, 503, 599]
--- response_body eval
[map { "$_ [REDACTED:US_SSN]" }
 201, 203, 299, 300, 302, 400, 401, 403, 404, 409, 429, 500, 502, 503, 599]



=== TEST 12: the target's error, shown by proxy_intercept_errors
--- location
proxy_intercept_errors on;
error_page 500 /err.html;
--- user_files
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow", "match": {} } ] }
>>> err.html
sorry
--- answers eval
[{ status => 500, body => '078-05-1121' }]
--- error_code: 500
--- response_body
sorry



=== TEST 13: trailers of the target do not come through
--- location
proxy_http_version 1.1;
--- init
my $c = main::begin(["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                     . "Trailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n"
                     . "1\r\na\r\n0\r\nX-T: 078-05-1121\r\n\r\n"]);
main::read_more($c, undef, 5);
Test::More::is(main::parse($c)->{body}, 'a', 'the body');
Test::More::unlike($c->{raw}, qr/078-05/, 'and nothing behind it');
--- answers eval
['x']



=== TEST 14: X-Accel-Redirect goes to a location that masks for itself
--- config_more
location /p/inner/ {
    internal;
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    alias $TEST_NGINX_SERVER_ROOT/html/;
}
--- user_files
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow", "match": {} } ] }
>>> a.txt
her SSN is 078-05-1121.
--- answers eval
[{ headers => ['X-Accel-Redirect: /p/inner/a.txt'], body => 'x' }]
--- response_body
her SSN is [REDACTED:US_SSN].



=== TEST 15: an HTTP/1.0 client: the end is that of the connection
--- init
for my $n (1, 5000) {
    my $res = main::ask({ body => '078-05-1121 ' x $n }, version => '1.0');
    Test::More::is($res->{body}, '[REDACTED:US_SSN] ' x $n, 'masked');
    Test::More::is($res->{headers}{'content-length'}, undef, 'no length');
}
--- answers eval
['x']



=== TEST 16: two answers on one connection
--- init
my $r = main::replay(main::answer('078-05-1121'));
my $sock = IO::Socket::INET->new('127.0.0.1:' . main::server_port_for_client());
my $one = "GET /p/x HTTP/1.1\r\nHost: localhost\r\n$main::auth\r\n$r\r\n";
print $sock "$one\r\n$one" . "Connection: close\r\n\r\n";
my $text = CORE::join '', <$sock>;
Test::More::is(scalar(() = $text =~ /REDACTED:US_SSN/g), 2, 'both masked');
Test::More::is(scalar(() = $text =~ /^0\r\n\r\n/mg), 2, 'both end');
--- answers eval
['x']



=== TEST 17: a 304 tells no validator either
--- answers eval
[["HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n"
  . "Last-Modified: Mon, 05 Jan 2026 10:00:00 GMT\r\n\r\n"]]
--- error_code: 304
--- response_headers
!ETag
!Last-Modified



=== TEST 18: the target is not asked with one: an ETag may be a digest of what
is masked
--- request eval
["GET /p/x", "GET /last"]
--- more_headers eval
["$main::auth\nIf-None-Match: \"x\"\n"
 . "If-Modified-Since: Mon, 05 Jan 2026 10:00:00 GMT", '']
--- response_body_unlike eval
['REDACTED', '(?im)^if-']



=== TEST 19: the other headers, and the reason phrase
--- init
my $c = main::begin(["HTTP/1.1 200 078-05-1121\r\nContent-Type: text/plain\r\n"
    . "Link: </078-05-1121>\r\nSet-Cookie: s=4111111111111111\r\n"
    . "Location: /x?ssn=078-05-1121\r\nX-A: b\r\nRefresh: 0;078-05-1121\r\n"
    . "\r\nx"]);
main::read_more($c, undef, 5);
Test::More::unlike($c->{raw}, qr/078-05|4111111111111111/, 'no secret');
Test::More::like($c->{raw}, qr/^X-A: b\r$/m, 'others as they were');
--- answers eval
['x']



=== TEST 26: a header by its name
--- masks
"more": { "detect": ["us_ssn"], "fields": ["x_plan"] },
"gone": { "fields": ["x_gone"], "action": "drop" },
"cookies": { "fields": ["set_cookie"], "action": "last4" }
--- rule
"mask": ["more", "gone", "default", "cookies"]
--- answers eval
[{ headers => ['X-Auth-Token: 7', 'API-KEY: pass me', 'X-Plan: gold 1',
               'X-Gone: away', 'Password-Hint: a dog', 'X-Empty-Plan: ',
               'Set-Cookie: sid=0123456789'], body => 'x' }]
--- response_headers
X-Auth-Token: [REDACTED:FIELD]
API-KEY: [REDACTED:FIELD]
X-Plan: [REDACTED:FIELD]
!X-Gone
Password-Hint: a dog
Set-Cookie: **********6789



=== TEST 27: a cookie that the client is to have, by the default set
--- answers eval
[{ headers => ['Set-Cookie: sid=0123456789; Path=/', 'Cookie: sid=0123456789'],
   body => 'x' },
 { headers => ['Set-Cookie: access_token=0123456789; Path=/'], body => 'x' },
 { headers => ['Location: /x?api_key=0123456789&a=b'], body => 'x' }]
--- response_headers eval
["Set-Cookie: sid=0123456789; Path=/\nCookie: [REDACTED:FIELD]",
 'Set-Cookie: access_token=[REDACTED:FIELD]; Path=/',
 '']
--- events
{"type":"response","masked":{"field":1}}
{"type":"response","masked":{"field":1}}
{"type":"response","masked":{"field":1}}



=== TEST 28: a Link stays one, and each URL in it is looked at
--- answers eval
[{ headers => ['Link: </a?api_key=0123456789>; rel="preload"'], body => 'x' },
 { headers => ['Link: </a?api_key=0123456789&b=1>; rel=x, </b>; rel=y,'
               . ' </c?s=078%2D05%2D1121>; title="call 078-05-1121?", <?>, </d?e=2>'],
   body => 'x' },
 { headers => ['Link: ' . CORE::join(', ', map { "</$_?s=078%2D05%2D1121&n=$_>" }
                                     1 .. 90)], body => 'x' }]
--- response_headers eval
['Link: </a?api_key=%5BREDACTED%3AFIELD%5D>; rel="preload"',
 'Link: </a?api_key=%5BREDACTED%3AFIELD%5D&b=1>; rel=x, </b>; rel=y,'
 . ' </c?s=%5BREDACTED%3AUS_SSN%5D>; title="call [REDACTED:US_SSN]?", <?>, </d?e=2>',
 '']
--- raw_response_headers_unlike eval
['0123456789', '0123456789|078(?:-|%2D)', '078(?:-|%2D)']
--- raw_response_headers_like eval
['Link', 'Link', 'US_SSN\S+&n=1>, .*US_SSN\S+&n=90>\r']
