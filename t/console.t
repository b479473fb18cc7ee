# Copyright (C) ngx_hoop_module authors
#
# The page for approvers, as it is served: t/console-browser.t uses it.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;

our $redis = Hoop::Redis->new;

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', <<'END');
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
END

    $block->set_value('config', <<'END') if !defined $block->config;
location /hoop/ {
    hoop_api;
}
location /console/ {
    hoop_console;
}
location /other/ {
    hoop_console api=/a"b<&;
}
END

    if (!defined $block->must_die) {
        $block->set_value('request', 'GET /console/')
            if !defined $block->request;
        $block->set_value('no_error_log', "[alert]\n[crit]\n[error]");
    }
});

Hoop::Client->steps;
Hoop::Spool->install;

no_long_string();
run_tests();

__DATA__

=== TEST 1: the page
--- response_headers
Content-Type: text/html; charset=utf-8
X-Content-Type-Options: nosniff
X-Frame-Options: DENY
Referrer-Policy: no-referrer
Cross-Origin-Opener-Policy: same-origin
Cross-Origin-Resource-Policy: same-origin
Cache-Control: no-cache
Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'
--- response_body_like chomp
<meta name="hoop-api" content="/hoop/">



=== TEST 2: its parts
--- request eval
["GET /console/console.css", "GET /console/console.js?x=1"]
--- response_headers eval
["Content-Type: text/css; charset=utf-8", "Content-Type: text/javascript; charset=utf-8"]
--- response_body_like eval
[qr/^:root \{/m, qr/^'use strict';/m]
--- response_body_unlike
%API%



=== TEST 3: nothing in it is a script, a style or from elsewhere
--- steps
my $html = ask(GET => '/console/')->{body};
unlike($html, qr/<script(?! src="console\.js")/, 'no other script');
unlike($html, qr/\son\w+=|<style|\sstyle=/, 'no handler, no style');
unlike($html . ask(GET => '/console/console.css')->{body},
       qr{(?:src|href)="(?:https?:)?//|url\(|\@import}, 'no other host');
unlike(ask(GET => '/console/console.js')->{body},
       qr/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b
          |new\s+Function|localStorage|sessionStorage(?!\.\w+\('hoop-place')/x,
       'no text becomes markup, no token is stored');



=== TEST 4: tags, and HEAD
--- steps
my $page = ask(GET => '/console/console.js');
like($page->{headers}{etag}, qr/^"[0-9a-f]{32}"$/, 'it has a tag');
my $again = ask(GET => '/console/console.js',
                "If-None-Match: $page->{headers}{etag}");
is("$again->{status} [$again->{body}]", '304 []', 'it is not sent again');
my $head = ask(HEAD => '/console/console.js');
is("$head->{status} $head->{headers}{'content-length'}",
   '200 ' . length $page->{body}, 'its head');
is($head->{headers}{etag}, $page->{headers}{etag}, 'with the same tag');



=== TEST 5: nothing else is there
--- steps
for my $uri (qw( /console/x /console/console.js/ /console/index.html
                 /console/console.jsx /console/session
                 /console/console.js%20 ))
{
    my $res = ask(GET => $uri);
    is("$res->{status} $res->{headers}{'content-type'}",
       '404 application/problem+json', "not $uri");
}
my $res = ask(POST => '/console/', undef, 'x');
is("$res->{status} $res->{headers}{allow}", '405 GET, HEAD', 'methods');
is(ask(GET => '/console')->{status}, 301, 'its name without the slash');
like(ask(GET => '/console')->{headers}{location}, qr{/console/$}, 'leads there');



=== TEST 6: another API, whose name needs care
--- request
GET /other/
--- response_body_like chomp
content="/a&quot;b&lt;&amp;/"



=== TEST 7: without an API
--- config
location /console/ {
    hoop_console;
}
--- must_die
--- error_log
"hoop_console" needs a "hoop_api"



=== TEST 8: not below a regex
--- config
location ~ /console/ {
    hoop_console api=/hoop/;
}
--- must_die
--- error_log
wants a location that is a prefix and ends with "/"



=== TEST 9: not without a slash
--- config
location /console {
    hoop_console api=/hoop/;
}
--- must_die
--- error_log
wants a location that is a prefix and ends with "/"



=== TEST 10: an API that is none
--- config
location /console/ {
    hoop_console api=hoop;
}
--- must_die
--- error_log
invalid parameter "api=hoop", wanted api=URI
