# Copyright (C) ngx_hoop_module authors
#
# Answers that nginx puts together: of subrequests, from a cache, in slices.
# Nothing of a protected location gets past the mask by way of them.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Daemon qw( temp_dir );
use Hoop::Replay;
use Hoop::Spool;
use Hoop::Token;

our $auth = bearer();
our $secret = 'n 078-05-1121 ';

our $upstream = Hoop::Replay->install(routes => {
    '/p/page' => { type => 'text/html',
                   body => 'a 078-05-1121 <!--# include virtual="/inc" --> b' },
    '/p/pages' => { type => 'text/html',
                    body => 'a <!--# include virtual="/p/inc" --> b'
                            . ' <!--# include virtual="/q/inc" --> c'
                            . ' <!--# include virtual="/p/pages" --> d' },
    '/p/echo' => { type => 'text/html',
                   body => '<!--# set var="v" value="219-09-9998" -->'
                           . '<!--# echo var="v" --> 078-05-1121' },
    '/inc' => { type => 'text/html', body => 'INC' },
    '/p/inc' => { type => 'text/html', body => 'P 4111111111111111' },
    '/q/inc' => { type => 'text/html', body => 'Q 4111111111111111' },
    '/open/page' => { type => 'text/html',
                      body => 'o <!--# include virtual="/p/inc" --> o' },
    '/p/doc' => { body => $secret x 400, headers => ['ETag', '"e"',
                  'Cache-Control', 'max-age=60'] },
    '/p/stale' => { body => $secret x 400,
                    headers => ['Cache-Control', 'max-age=1'] },
    '/p/sliced' => sub {
        my ($req) = @_;
        my ($from, $to) = ($req->{headers}{range} // '') =~ /=(\d+)-(\d+)/;
        my $text = $secret x 400;

        return { body => $text } if !defined $from;
        return { status => 206, headers => ['Content-Range',
                     "bytes $from-$to/" . length $text, 'ETag', '"e"'],
                 body => substr $text, $from, $to - $from + 1 };
    },
    '/mirror' => 'mirrored',
});

our $cache = temp_dir('cache');
chmod 0777, $cache;
$ENV{TEST_NGINX_CACHE} = $cache;

# seen by the target since the last reset
sub seen {
    return map { "$_->{method} $_->{uri}" } $upstream->requests;
}

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: a page is masked, and then completed
--- location
ssi on;
--- config_more
location = /inc {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /p/page
--- response_body: a [REDACTED:US_SSN] INC b
--- events
{"type":"request","uri":"/p/page"}
{"type":"decision","decision":"allow"}
{"type":"response","status":200,"masked":{"us_ssn":1}}



=== TEST 2: the directives themselves pass the mask
--- location
ssi on;
--- request
GET /p/echo
--- response_body_like: ^\S.* \[REDACTED:US_SSN\]$
--- response_body_unlike: 219-09



=== TEST 3: no way into a protected location, the same one, and the same page
--- location
ssi on;
--- config_more
location /q/ {
    hoop on;
    hoop_mask off;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- init
$main::upstream->reset;
--- request
GET /p/pages
--- ignore_response
--- error_log
subrequest
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 4: what the client got of that, and the target
--- location
ssi on;
--- config_more
location /q/ {
    hoop on;
    hoop_mask off;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- init
$main::upstream->reset;
my $res = main::ask(undef, path => '/p/pages');
Test::More::unlike($res->{body}, qr/[PQ] 4111/, 'no secret');
Test::More::is_deeply([grep { m{/inc} } main::seen()], [],
                      'not asked for what was not decided');
--- answers eval
['x']
--- error_log
subrequest
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 5: nor from an open location, with or without a token
--- config_more
location /open/ {
    ssi on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- init
$main::upstream->reset;
--- request eval
["GET /open/page", "GET /open/page"]
--- more_headers eval
[$main::auth, '']
--- response_body_like eval
['^o .* o$', '^o .* o$']
--- response_body_unlike eval
['P 4111|REDACTED', 'P 4111|REDACTED']
--- error_log eval
qr/subrequest to protected location "\/p\/" refused/



=== TEST 6: addition: before and after
--- location
add_before_body /inc;
add_after_body /inc;
addition_types *;
--- config_more
location = /inc {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
GET /p/inc
--- response_body: INCP [REDACTED:CREDIT_CARD]INC



=== TEST 7: addition of a protected location
--- config_more
location = /open/inc {
    add_after_body /p/inc;
    addition_types *;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/inc;
}
--- init
my $res = main::ask(undef, path => '/open/inc');
Test::More::unlike($res->{body}, qr/[PQ] 4111/, 'no secret');
--- answers eval
['x']
--- error_log
subrequest to protected location
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 8: mirror: the copy is without the agent's token
--- location
mirror /mirror;
--- config_more
location = /mirror {
    internal;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/mirror;
}
--- init
$main::upstream->reset;
--- answers eval
['n 078-05-1121']
--- response_body: n [REDACTED:US_SSN]
--- wait: 0.05
--- request eval
["GET /p/x"]



=== TEST 9: what the mirror saw
--- location
mirror /mirror;
--- config_more
location = /mirror {
    internal;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/mirror;
}
--- init
$main::upstream->reset;
main::ask('n 078-05-1121');
Hoop::Daemon::wait_for { main::seen() == 2 } 2;
my ($copy) = grep { $_->{uri} eq '/mirror' } $main::upstream->requests;
Test::More::ok(defined $copy, 'there is a copy');
Test::More::unlike($copy->{raw}, qr/eyJ|^authorization:/mi, 'without a token');
--- answers eval
['x']



=== TEST 10: a cache holds the original; a hit is masked like a miss
--- http_config
proxy_cache_path $TEST_NGINX_CACHE keys_zone=c:1m use_temp_path=off;
large_client_header_buffers 4 512k;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
--- location
proxy_cache c;
proxy_cache_key $uri;
add_header X-Cache $upstream_cache_status;
--- request eval
["GET /p/doc", "GET /p/doc", "GET /p/doc"]
--- more_headers eval
[$main::auth, $main::auth, "$main::auth\nIf-None-Match: \"e\""]
--- response_headers eval
["X-Cache: MISS\n!ETag", ("X-Cache: HIT\n!ETag\n!Content-Length") x 2]
--- response_body eval
[('n [REDACTED:US_SSN] ' x 400) x 3]



=== TEST 11: a stale hit, and the background update beside it
--- http_config
proxy_cache_path $TEST_NGINX_CACHE keys_zone=c:1m use_temp_path=off;
large_client_header_buffers 4 512k;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
--- location
proxy_cache c;
proxy_cache_key $uri;
proxy_cache_use_stale updating;
proxy_cache_background_update on;
add_header X-Cache $upstream_cache_status;
--- init
my $res = main::ask(undef, path => '/p/stale');
Test::More::is($res->{headers}{'x-cache'}, 'MISS', 'a miss');
$main::upstream->reset;
Hoop::Daemon::wait_for {
    select undef, undef, undef, 0.05;
    $res = main::ask(undef, path => '/p/stale');
    $res->{headers}{'x-cache'} eq 'STALE';
} 5;
Test::More::is($res->{headers}{'x-cache'}, 'STALE', 'a stale hit');
Test::More::is($res->{body}, 'n [REDACTED:US_SSN] ' x 400, 'masked');
Hoop::Daemon::wait_for { main::seen() } 2;
Test::More::is_deeply([main::seen()], ['GET /p/stale'], 'updated');
$res = main::ask(undef, path => '/p/stale');
Test::More::is($res->{headers}{'x-cache'}, 'HIT', 'a hit again');
Test::More::is($res->{body}, 'n [REDACTED:US_SSN] ' x 400, 'masked');
--- answers eval
['x']



=== TEST 12: slices are parts of a document
--- location
slice 1k;
proxy_set_header Range $slice_range;
proxy_http_version 1.1;
--- request
GET /p/sliced
--- error_code: 502
--- response_body_unlike: 078-05
--- error_log
the target sends a part of a document
--- events
{"type":"response","status":502,"blocked":"the target sends a part of a document"}



=== TEST 13: auth_request beside it: its answers go nowhere
--- location
auth_request /ok;
--- config_more
location = /ok {
    internal;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/inc;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
}
--- answers eval
['n 078-05-1121']
--- response_body: n [REDACTED:US_SSN]



=== TEST 14: error_page and try_files into a protected location
--- location
proxy_intercept_errors on;
error_page 404 = /p/fallback;
--- config_more
location = /p/fallback {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/inc;
}
location /t/ {
    try_files /none @at;
}
location @at {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["GET /p/x", "GET /t/x", "GET /t/x"]
--- more_headers eval
[$main::auth . "\n" . main::replay(main::answer({ status => 404 })),
 $main::auth, '']
--- error_code eval
[200, 404, 401]
--- response_body_like eval
['^P \[REDACTED:CREDIT_CARD\]$', 'no route', '"status":401']



=== TEST 15: from a protected location into an open one: the mask goes along
--- location
proxy_intercept_errors on;
error_page 404 = /open;
--- config_more
location = /open {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/inc;
}
--- answers eval
[{ status => 404 }, { headers => ['X-Accel-Redirect: /open'] }]
--- response_body eval
[('P [REDACTED:CREDIT_CARD]') x 2]
