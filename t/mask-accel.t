# Copyright (C) ngx_hoop_module authors
#
# What a target tells nginx by X-Accel-* headers and to a cache: where the
# answer is, how it is sent and in what charset, how long it may be kept.  None
# of that is a way round the mask.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Encode ();
use Hoop::Daemon qw( temp_dir );
use Hoop::Replay;
use Hoop::Spool;
use Hoop::Token;

our $auth = bearer();
our $long = 'n 078-05-1121 ' x 400;
our $masked = 'n [REDACTED:US_SSN] ' x 400;
our $wide = Encode::encode('UTF-16LE', 'her SSN is 078-05-1121.');

our @valid = ('ETag', '"e"', 'Last-Modified', 'Mon, 05 Jan 2026 10:00:00 GMT',
              'Accept-Ranges', 'bytes');

our $upstream = Hoop::Replay->install(routes => {
    '/p/kept' => { body => $long, headers => [@valid, 'X-Accel-Expires', 60,
                   'X-Note', 'call 078-05-1121', 'Link', '</078-05-1121>'] },
    '/p/missing' => { status => 404, body => $long,
                      headers => ['X-Accel-Expires', 60] },
    '/p/zipped' => { body => $long, gzip => 1,
                     headers => ['X-Accel-Expires', 60] },
    '/p/fresh' => sub {
        my ($req) = @_;

        return { status => 304, headers => ['X-Accel-Expires', 60] }
            if ($req->{headers}{'if-none-match'} // '') eq '"e"';
        return { body => $long, headers => [@valid, 'X-Accel-Expires', 1] };
    },
    '/inner/doc' => { body => $long, headers => ['X-Note', '078-05-1121'] },
    '/inner/wide' => { body => $wide },
    '/inner/again' => { headers => ['X-Accel-Redirect', '/inner/doc'],
                        body => 'x' },
});

our $cache = temp_dir('cache');
chmod 0777, $cache;
$ENV{TEST_NGINX_CACHE} = $cache;

sub seen {
    return map { "$_->{method} $_->{uri}" } $upstream->requests;
}

# all that the cache has on disk
sub cached {
    local $/;
    return CORE::join '', map { open my $fh, '<:raw', $_ or die "$_: $!\n"; <$fh> }
                          glob "$cache/*";
}

add_block_preprocessor(sub {
    my ($block) = @_;

    return if !defined $block->cache;

    unlink glob "$cache/*";

    $block->set_value('location', ($block->location // '') . $block->cache
                      . "proxy_cache c;\nproxy_cache_key \$uri;\n"
                      . "add_header X-Cache \$upstream_cache_status always;\n");
    $block->set_value('http_config', <<'END');
proxy_cache_path $TEST_NGINX_CACHE keys_zone=c:1m use_temp_path=off;
large_client_header_buffers 4 512k;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
END
    $block->set_value('answers', ['x']) if !defined $block->request;
});

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: X-Accel-Redirect to a file, with headers of the answer before it
--- config_more
location /files/ {
    internal;
    default_type text/plain;
    alias $TEST_NGINX_SERVER_ROOT/html/;
}
--- user_files
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow", "match": {} } ] }
>>> a.txt
her SSN is 078-05-1121.
--- answers eval
[{ headers => ['X-Accel-Redirect: /files/a.txt', 'Set-Cookie: s=4111111111111111',
               'Content-Disposition: attachment; filename="078-05-1121.txt"',
               'Cache-Control: private, x="078-05-1121"',
               'Accept-Ranges: bytes'], body => '078-05-1121' }]
--- response_body
her SSN is [REDACTED:US_SSN].
--- response_headers
Set-Cookie: s=[REDACTED:CREDIT_CARD]
Content-Disposition: attachment; filename="[REDACTED:US_SSN].txt"
Cache-Control: private, x="[REDACTED:US_SSN]"
!Accept-Ranges
!Content-Length
!ETag
!Last-Modified



=== TEST 2: the same with a Range, and asked for by HEAD
--- config_more
location /files/ {
    internal;
    default_type text/plain;
    alias $TEST_NGINX_SERVER_ROOT/html/;
}
--- user_files
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow", "match": {} } ] }
>>> a.txt
her SSN is 078-05-1121.
--- init
for my $header ('Range: bytes=11-21', 'If-Modified-Since: Fri, 01 Jan 2100 10:00:00 GMT',
                'If-None-Match: *')
{
    my $res = main::ask({ headers => ['X-Accel-Redirect: /files/a.txt'] },
                        headers => [$header]);
    Test::More::is($res->{status}, 200, "$header: not asked");
    Test::More::is($res->{body}, "her SSN is [REDACTED:US_SSN].\n", 'masked');
    Test::More::is($res->{headers}{'content-range'}, undef, 'a whole');
}
my $res = main::ask(["HTTP/1.1 200 OK\r\nX-Accel-Redirect: /files/a.txt\r\n\r\n"],
                    method => 'HEAD');
Test::More::is($res->{status}, 200, 'HEAD');
Test::More::is_deeply([grep { defined } @{ $res->{headers} }{
                           qw( content-length etag accept-ranges ) }], [],
                      'nothing of the unmasked');
--- answers eval
['x']



=== TEST 3: a media type that is said of a file, and is not its own
--- config_more
location /files/ {
    internal;
    alias $TEST_NGINX_SERVER_ROOT/html/;
}
--- user_files
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow", "match": {} } ] }
>>> a.txt
her SSN is 078-05-1121.
--- answers eval
[{ type => 'image/png', headers => ['X-Accel-Redirect: /files/a.txt'] },
 { type => 'text/plain; charset=utf-16', headers => ['X-Accel-Redirect: /files/a.txt'] },
 { headers => ['X-Accel-Redirect: /files/a.txt', 'Content-Encoding: br'] },
 { status => 206, headers => ['X-Accel-Redirect: /files/a.txt'] }]
--- error_code eval
[502, 502, 200, 502]
--- response_body_unlike eval
[('078-') x 4]
--- no_error_log
[alert]
[crit]
[emerg]
--- events
{"type":"response","status":502,"blocked":"the target sends what is not text"}
{"type":"response","status":502,"blocked":"the target sends a charset that is not read here"}
{"type":"response","status":200,"masked":{"us_ssn":1}}
{"type":"response","status":502,"blocked":"the target sends a part of a document"}



=== TEST 4: to another target, by a location or a name, and once more
--- config_more
location /inner/ {
    internal;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location @inner {
    rewrite ^ /inner/doc break;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- answers eval
[map { { headers => ["X-Accel-Redirect: $_"] } }
 '/inner/doc', '/inner/again', '@inner']
--- response_headers eval
[('X-Note: [REDACTED:US_SSN]') x 3]
--- response_body eval
[($main::masked) x 3]



=== TEST 5: X-Accel-Buffering: no, cut within a value
--- init
for my $each (1, 7) {
    my $res = main::ask({ headers => ['X-Accel-Buffering: no'], each => $each,
                          body => 'a 078-05-1121 b', wait => 0.002,
                          framing => 'chunked' });
    Test::More::is($res->{body}, 'a [REDACTED:US_SSN] b', "by $each");
}
--- answers eval
['x']



=== TEST 6: X-Accel-Limit-Rate: slower, and as whole
--- location
hoop_mask_buffers 2 1k;
--- init
my $start = Time::HiRes::time();
my $res = main::ask({ headers => ['X-Accel-Limit-Rate: 8192'],
                      body => $main::long });
Test::More::is($res->{body}, $main::masked, 'masked');
Test::More::ok($res->{complete}, 'whole');
Test::More::cmp_ok(Time::HiRes::time() - $start, '>', 0.3, 'and slow');
Test::More::is($res->{headers}{'x-accel-limit-rate'}, undef, 'untold');
--- answers eval
['x']



=== TEST 7: X-Accel-Charset: one that is not read is refused
--- location
charset utf-8;
--- config_more
location /wide/ { charset utf-16; }
location /koi/ { charset koi8-r; }
--- answers eval
[{ headers => ['X-Accel-Charset: utf-16'], body => $main::wide },
 { headers => ['X-Accel-Charset: UTF-16'], body => '078-05-1121' },
 { headers => ['X-Accel-Charset: utf-16'], type => 'application/json',
   body => Encode::encode('UTF-16BE', '{"ssn":"078-05-1121"}') },
 { headers => ['X-Accel-Charset: koi8-r'], body => '078-05-1121' },
 { headers => ['X-Accel-Charset: utf-8'], body => 'a 078-05-1121' }]
--- error_code eval
[502, 502, 502, 502, 200]
--- response_body_unlike eval
[("078-|0\0007\0008") x 5]
--- no_error_log
[alert]
[crit]
[emerg]
--- events
{"type":"response","status":502,"blocked":"the target sends a charset that is not read here"}
{"type":"response","status":502,"blocked":"the target sends a charset that is not read here"}
{"type":"response","status":502,"blocked":"the target sends a charset that is not read here"}
{"type":"response","status":502,"blocked":"the target sends a charset that is not read here"}
{"type":"response","status":200,"masked":{"us_ssn":1}}



=== TEST 8: one that nginx does not know, or cannot turn the text into, and none
--- location
charset utf-8;
--- config_more
location /koi/ { charset koi8-r; }
--- init
for my $case (['X-Accel-Charset: utf-16'], ['X-Accel-Charset: off'], ['X-A: b'],
              ['X-Accel-Charset: koi8-r', type => 'text/plain; charset=utf-8'])
{
    my ($header, @type) = @$case;
    my $res = main::ask({ headers => [$header], body => $main::wide, @type });
    Test::More::unlike($res->{body}, qr/078-|0\0007\0/, $header);
    Test::More::ok(!$res->{complete}, 'cut');
    $res = main::ask({ headers => [$header], body => 'a 078-05-1121', @type });
    Test::More::is($res->{body}, 'a [REDACTED:US_SSN]', 'masked');
}
--- answers eval
['x']
--- error_log
is not the text that it is said to be



=== TEST 9: one by which nginx makes digits: its own text is masked
--- http_config
large_client_header_buffers 4 512k;
charset_map koi8-r iso-8859-1 { C0 30; C1 37; }
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
--- location
charset koi8-r;
source_charset koi8-r;
--- answers eval
[{ headers => ['X-Accel-Charset: iso-8859-1'], body => "a \xC0\xC18-05-1121" }]
--- response_headers
Content-Type: text/plain; charset=iso-8859-1
--- response_body chomp
a [REDACTED:US_SSN]



=== TEST 10: a charset that stays with the request over a redirect
--- config_more
location /inner/ {
    internal;
    charset utf-16;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /plain/ {
    internal;
    charset utf-8;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/inner/;
}
--- answers eval
[map { { headers => ["X-Accel-Redirect: $_", 'X-Accel-Charset: utf-16'] } }
 '/inner/wide', '/plain/wide']
--- error_code eval
[502, 502]
--- response_body_unlike eval
[("078-|0\0007\0008") x 2]
--- error_log
hoop: answer blocked: the target sends a charset that is not read here



=== TEST 11: X-Accel-Expires: the cache holds the original, each hit is masked
--- cache
proxy_cache_methods GET HEAD;
--- init
$main::upstream->reset;
for my $n (1 .. 3) {
    my $res = main::ask(undef, path => '/p/kept');
    Test::More::is($res->{headers}{'x-cache'}, $n == 1 ? 'MISS' : 'HIT',
                   "answer $n");
    Test::More::is($res->{body}, $main::masked, 'masked');
    Test::More::is($res->{headers}{'x-note'}, 'call [REDACTED:US_SSN]',
                   'and a header');
    Test::More::is($res->{headers}{link}, '</[REDACTED:US_SSN]>', 'and another');
    Test::More::is_deeply([grep { defined } @{ $res->{headers} }{
                               qw( content-length etag accept-ranges
                                   last-modified x-accel-expires ) }], [],
                          'nothing of the unmasked');
}
Test::More::is_deeply([main::seen()], ['GET /p/kept'], 'asked once');
Test::More::like(main::cached(), qr/n 078-05-1121 n 078-05-1121/, 'kept as it was');
Test::More::unlike(main::cached(), qr/REDACTED/, 'and not as it was sent');
--- events
{"type":"response","status":200,"masked":{"us_ssn":402}}
{"type":"response","status":200,"masked":{"us_ssn":402}}
{"type":"response","status":200,"masked":{"us_ssn":402}}



=== TEST 12: HEAD, a range and conditions, of a miss and of a hit
--- cache
proxy_force_ranges on;
--- init
for my $case ([HEAD => ''], [GET => 'Range: bytes=2-12'], [HEAD => ''],
              [GET => 'Range: bytes=2-12'], [GET => 'Range: bytes=-20'],
              [GET => "Range: bytes=2-12\r\nIf-Range: \"e\""],
              [GET => 'If-None-Match: "e"'], [GET => 'If-Match: "x"'],
              [GET => 'If-Modified-Since: Mon, 05 Jan 2026 10:00:00 GMT'],
              [GET => 'If-Unmodified-Since: Sun, 04 Jan 2026 10:00:00 GMT'])
{
    my ($method, $header) = @$case;
    my $res = main::ask(undef, path => '/p/kept', method => $method,
                        headers => [$header || ()]);
    Test::More::is($res->{status}, 200, "$method $header");
    Test::More::is($res->{body}, $method eq 'GET' ? $main::masked : '',
                   'whole and masked');
    Test::More::is($res->{headers}{'x-note'}, 'call [REDACTED:US_SSN]',
                   'and a header');
    Test::More::is_deeply([grep { defined } @{ $res->{headers} }{
                               qw( content-length content-range etag
                                   accept-ranges last-modified ) }], [],
                          'nothing of the unmasked');
}



=== TEST 13: a 304 of the target for the cache is not the client's
--- cache
proxy_cache_revalidate on;
--- init
my $res = main::ask(undef, path => '/p/fresh');
Test::More::is($res->{headers}{'x-cache'}, 'MISS', 'a miss');
Test::More::is($res->{body}, $main::masked, 'masked');
Hoop::Daemon::wait_for {
    select undef, undef, undef, 0.1;
    $res = main::ask(undef, path => '/p/fresh');
    $res->{headers}{'x-cache'} eq 'REVALIDATED';
} 5;
Test::More::is($res->{headers}{'x-cache'}, 'REVALIDATED', 'asked again');
Test::More::is($res->{status}, 200, 'status');
Test::More::is($res->{body}, $main::masked, 'masked');
$res = main::ask(undef, path => '/p/fresh', headers => ['If-None-Match: "e"']);
Test::More::is($res->{headers}{'x-cache'}, 'HIT', 'and a hit');
Test::More::is($res->{status}, 200, 'status');
Test::More::is($res->{body}, $main::masked, 'masked');



=== TEST 14: an error and a coded answer from the cache
--- cache
--- init
for my $case (['/p/missing', 404], ['/p/zipped', 200]) {
    my ($path, $status) = @$case;
    for my $n (1, 2) {
        my $res = main::ask(undef, path => $path,
                            headers => ['Accept-Encoding: gzip']);
        Test::More::is($res->{headers}{'x-cache'}, $n == 1 ? 'MISS' : 'HIT',
                       "$path, answer $n");
        Test::More::is($res->{status}, $status, 'status');
        Test::More::is($res->{body}, $main::masked, 'masked');
        Test::More::is($res->{headers}{'content-encoding'}, undef, 'inflated');
    }
}



=== TEST 15: what a location without a mask has put there, and the other way
--- cache
--- config_more
location /open/ {
    proxy_cache c;
    proxy_cache_key /p/kept;
    add_header X-Cache $upstream_cache_status;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/kept?;
}
--- init
my $res = main::ask(undef, path => '/open/x');
Test::More::is($res->{headers}{'x-cache'}, 'MISS', 'an open location');
Test::More::is($res->{body}, $main::long, 'as it is');
$res = main::ask(undef, path => '/p/kept');
Test::More::is($res->{headers}{'x-cache'}, 'HIT', 'a protected one');
Test::More::is($res->{body}, $main::masked, 'masked');
$res = main::ask(undef, path => '/open/x', headers => ['Range: bytes=2-12']);
Test::More::is($res->{status}, 206, 'the open one again');
Test::More::is($res->{body}, '078-05-1121', 'a range of the original');



=== TEST 16: an answer that is not judged is not let out of the cache either
--- cache
--- answers eval
[map { { type => 'image/png', headers => ['X-Accel-Expires: 60'],
         body => '078-05-1121' } } 1, 2]
--- request eval
["GET /p/x", "GET /p/x"]
--- error_code eval
[502, 502]
--- response_body_unlike eval
[('078-') x 2]
--- error_log
hoop: answer blocked: the target sends what is not text
