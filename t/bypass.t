# Copyright (C) ngx_hoop_module authors
#
# Nothing is a way round (P1): whatever nginx offers to get from one location
# to another, and whatever a client may write on the wire, the upstream has
# received what was decided on, and nothing else.  Each block says what did
# reach it; without the section: nothing.

# many short requests: what a log line may take to be there
BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.005 }

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Daemon qw( free_port temp_dir );
use Hoop::Reached;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

$ENV{TEST_NGINX_CACHE} = temp_dir('cache');
$ENV{TEST_NGINX_H2_PORT} = free_port();

our $no_http2 = `curl --version 2>/dev/null` !~ /HTTP2/;

# asks for these paths over HTTP/2; curl 7.88 cannot reuse such a connection
sub h2 {
    my ($header, @paths) = @_;

    my $file = "$ENV{TEST_NGINX_CACHE}.header";

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh $header;
    close $fh;

    local $SIG{CHLD} = 'DEFAULT';
    system 'curl', '-sq', '--noproxy', '*', '--http2-prior-knowledge',
           '--path-as-is', '--max-time', 5, '-H', "\@$file", '-o', '/dev/null',
           "http://127.0.0.1:$ENV{TEST_NGINX_H2_PORT}$_" for @paths;
    unlink $file;
}

# /any/accel?/uri answers with X-Accel-Redirect to it
sub redirect {
    my ($req) = @_;

    return { headers => ['X-Accel-Redirect', $req->{query}], body => '' };
}

our $inner = "GET /p/inner HTTP/1.1\r\nHost: localhost\r\n" . bearer()
             . "\r\n\r\n";

our $upstream = Hoop::Upstream->new(routes => {
    '/*'          => "reached\n",
    '/open/accel' => \&redirect,
    '/p/accel'    => \&redirect,
    '/p/missing'  => { status => 404, body => "missing\n" },
    '/p/upgrade'  => ["HTTP/1.1 101 Switching Protocols\r\n"
                      . "Upgrade: x\r\nConnection: upgrade\r\n\r\nraw"],
    '/p/ssi'      => { type => 'text/html', body =>
                       '[<!--# include virtual="/q/ok" -->'
                       . '<!--# include virtual="/p/secret/x" -->'
                       . '<!--# include virtual="/p/other" -->]' },
    '/p/part'     => { status => 206, body => 'abcd',
                       headers => ['Content-Range', 'bytes 0-3/8'] },
    '/auth/no'    => { status => 403 },
});

add_block_preprocessor(sub {
    my ($block) = @_;

    my $preamble = <<'END';
server_tokens off;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
upstream up { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
END

    my $locations = <<'END';
location /p/ { hoop on; proxy_pass http://up; }
location /q/ { hoop on; proxy_pass http://up; }
location /open/ { proxy_pass http://up; }
END

    my $http = $block->http_config // '';

    # a policy of the block takes the place of this one
    $preamble =~ s/^hoop_policy .*\n//m if $http =~ /^hoop_policy/m;
    $block->set_value('http_config', $preamble . $http);

    # the block's own "location /p/" takes the place of this one
    my $config = $block->config // '';
    my $rest = join '', grep {
        my ($prefix) = /^(location \S+ )/;
        index($config, $prefix) < 0;
    } split /^/, $locations;

    $block->set_value('config', $config . $rest);

    $block->set_value('user_files', <<'END' . ($block->user_files // ''));
>>> policy.json
{ "version": 1, "name": "ways", "rules": [
    { "id": "secret", "effect": "deny", "reason": "a secret",
      "match": { "request": { "path": "/p/secret/**" } } },
    { "id": "p", "effect": "allow",
      "match": { "request": { "method": ["GET", "POST"],
                              "path": ["/p/**", "/t/**", "/q/ok"] } } },
    { "id": "options", "effect": "allow",
      "match": { "request": { "method": "OPTIONS", "path": "/p/opt" } } } ] }
END

    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log;

    # an open location passes the client's headers on
    $block->set_value('reached_unlike',
                      "eyJ\n" . ($block->reached_unlike // ''))
        if ($block->reached // '') !~ m{ /(?:open|m|n)/};
});

Hoop::Reached->install($upstream);
Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: error_page into a protected location
--- config
location /e/ { root $TEST_NGINX_SERVER_ROOT/html; error_page 404 = /p/a; }
location /f/ { root $TEST_NGINX_SERVER_ROOT/html; error_page 404 = /p/secret/x; }
--- request eval
["GET /e/x", "GET /e/x", "GET /f/x"]
--- more_headers eval
["", main::bearer(), main::bearer()]
--- error_code eval
[401, 200, 403]
--- response_body_like eval
['"status":401', "reached", '"rule":"secret"']
--- reached
GET /p/a
--- events
{"type":"request","uri":"/p/a"}
{"type":"decision","decision":"deny","status":401}
{"type":"decision","decision":"allow","rule":"p"}
{"type":"decision","decision":"deny","rule":"secret"}



=== TEST 2: error_page into a protected named location
--- config
location /t/ { root $TEST_NGINX_SERVER_ROOT/html; error_page 404 = @p; }
location /e/ { root $TEST_NGINX_SERVER_ROOT/html; error_page 404 = @p; }
location @p { hoop on; proxy_pass http://up; }
--- request eval
["GET /t/x", "GET /t/x", "GET /e/x"]
--- more_headers eval
["", main::bearer(), main::bearer()]
--- error_code eval
[401, 200, 403]
--- reached
GET /t/x



=== TEST 3: try_files into a protected location
--- config
location /r/ { root $TEST_NGINX_SERVER_ROOT/html; try_files $uri /p/a; }
location /t/ { root $TEST_NGINX_SERVER_ROOT/html; try_files $uri @p; }
location @p { hoop on; proxy_pass http://up; }
--- request eval
["GET /r/x", "GET /t/x", "GET /r/x", "GET /t/x"]
--- more_headers eval
["", "", main::bearer(), main::bearer()]
--- error_code eval
[401, 401, 200, 200]
--- reached
GET /p/a
GET /t/x



=== TEST 4: X-Accel-Redirect into a protected location
--- request eval
["GET /open/accel?/p/a", "GET /open/accel?/p/a",
 "GET /open/accel?/p/secret/x"]
--- more_headers eval
["", main::bearer(), main::bearer()]
--- error_code eval
[401, 200, 403]
--- reached
GET /open/accel?/p/a
GET /open/accel?/p/a
GET /p/a
GET /open/accel?/p/secret/x



=== TEST 5: X-Accel-Redirect from one protected location into another
--- request eval
["GET /p/accel?/q/ok", "GET /p/accel?/q/no"]
--- more_headers eval
[main::bearer(), main::bearer()]
--- error_code eval
[200, 403]
--- reached
GET /p/accel?/q/ok
GET /q/ok
GET /p/accel?/q/no
--- events
{"type":"decision","decision":"allow","rule":"p"}
{"type":"decision","decision":"allow","rule":"p"}
{"type":"response","status":200}
{"type":"decision","decision":"allow","rule":"p"}
{"type":"decision","decision":"deny","reason":"no rule matches"}



=== TEST 6: rewrite ... last
--- config
rewrite ^/old/(.*) /p/$1;
location /r/ { rewrite ^/r/(.*) /p/$1 last; }
--- request eval
["GET /r/a", "GET /old/a", "GET /r/secret/x", "GET /old/secret/x", "GET /r/a"]
--- more_headers eval
["", "", (main::bearer()) x 3]
--- error_code eval
[401, 401, 403, 403, 200]
--- reached
GET /p/a



=== TEST 7: rewrite ... break: what is sent is what is judged
--- config
location /p/ { hoop on; rewrite ^/p/b/(.*) /p/$1 break; proxy_pass http://up; }
--- request eval
["GET /p/b/secret/x", "GET /p/b/a"]
--- more_headers eval
[main::bearer(), main::bearer()]
--- error_code eval
[403, 200]
--- reached
GET /p/a



=== TEST 8: an SSI include of an open page into a protected location
--- config
location = /page.html { root $TEST_NGINX_SERVER_ROOT/html; ssi on; }
--- user_files
>>> page.html
[<!--# include virtual="/p/a" -->]
--- request eval
["GET /page.html", "GET /page.html"]
--- more_headers eval
["", main::bearer()]
--- error_code eval
[200, 200]
--- response_body_unlike eval
["reached", "reached"]
--- error_log
subrequest to protected location "/p/" refused



=== TEST 9: mirror into a protected location
--- config
location /m/ { mirror /p/a; proxy_pass http://up; }
--- request eval
["GET /m/x", "POST /m/x\nbody"]
--- more_headers eval
["", ""]
--- error_code eval
[200, 200]
--- error_log
subrequest to protected location "/p/" refused
--- reached
GET /m/x
POST /m/x



=== TEST 10: auth_request into a protected location
--- config
location /a/ { auth_request /p/a; proxy_pass http://up; }
--- request
GET /a/x
--- more_headers eval
main::bearer()
--- error_code: 403
--- error_log
subrequest to protected location "/p/" refused



=== TEST 11: auth_request beside us: both must agree, and we are asked first
--- config
location /p/ { hoop on; auth_request /auth/yes; proxy_pass http://up; }
location /q/ { hoop on; auth_request /auth/no; proxy_pass http://up; }
location /auth/ { proxy_pass http://up; }
--- request eval
["GET /p/a", "GET /p/secret/x", "GET /p/a", "GET /q/ok"]
--- more_headers eval
["", (main::bearer()) x 3]
--- error_code eval
[401, 403, 200, 403]
--- reached
GET /auth/yes
GET /p/a
GET /auth/no



=== TEST 12: addition of a protected location
--- config
location = /page.html {
    root $TEST_NGINX_SERVER_ROOT/html;
    addition_types *;
    add_before_body /p/a;
    add_after_body /p/b;
}
--- user_files
>>> page.html
page
--- request
GET /page.html
--- more_headers eval
main::bearer()
--- response_body_unlike: reached
--- error_log
subrequest to protected location "/p/" refused



=== TEST 13: post_action into a protected location
--- config
location /m/ { post_action /p/a; proxy_pass http://up; }
location /n/ { post_action /p/secret/x; proxy_pass http://up; }
--- request eval
["GET /m/x", "GET /n/x"]
--- more_headers eval
["", main::bearer()]
--- error_code eval
[200, 200]
--- reached
GET /m/x
GET /n/x



=== TEST 14: limit_except is no other location
--- config
location /p/ {
    hoop on;
    proxy_pass http://up;
    limit_except GET { allow all; proxy_pass http://up; }
}
location /q/ { hoop on; proxy_pass http://up; limit_except GET { deny all; } }
--- request eval
["GET /p/a", "POST /p/a\nx", "POST /p/secret/x\nx", "POST /q/ok\nx",
 "POST /p/a\nx"]
--- more_headers eval
["", "", (main::bearer()) x 3]
--- error_code eval
[401, 401, 403, 403, 200]
--- reached
POST /p/a



=== TEST 15: nested and regex locations, and if, inherit
--- config
location /n/ {
    hoop on;
    proxy_pass http://up;
    location ~ \.php$ { proxy_pass http://up; }
    location /n/deep/ { proxy_pass http://up; }
    if ($arg_x) { proxy_pass http://up; }
}
--- request eval
["GET /n/a.php", "GET /n/deep/a", "GET /n/a?x=1", "GET /n/a", "GET /n/a.php",
 "GET /n/a?x=1"]
--- more_headers eval
[("") x 4, main::bearer(), main::bearer()]
--- error_code eval
[(401) x 4, 403, 403]



=== TEST 16: satisfied by nobody else: allow and auth_basic do not overrule
--- config
location /p/ { hoop on; allow all; proxy_pass http://up; }
location /q/ { hoop on; deny all; proxy_pass http://up; }
--- request eval
["GET /p/a", "GET /q/ok"]
--- more_headers eval
["", main::bearer()]
--- error_code eval
[401, 403]



=== TEST 17: a static file and an index
--- config
location /p/ { hoop on; root $TEST_NGINX_SERVER_ROOT/html; index a.html; }
--- user_files
>>> p/a.html
a page
--- request eval
["GET /p/a.html", "GET /p/", "GET /p/a.html"]
--- more_headers eval
["", "", main::bearer()]
--- error_code eval
[401, 401, 200]
--- response_body eval
[qr/"status":401/, qr/"status":401/, "a page\n"]



=== TEST 18: methods, without a token
--- request eval
[(map { "$_ /p/a" } qw( HEAD OPTIONS PUT DELETE PATCH PROPFIND FOO )),
 "TRACE /p/a", "CONNECT /p/a"]
--- more_headers eval
[("") x 9]
--- error_code_like eval
[('^401$') x 7, '^405$', '^40[05]$']



=== TEST 19: methods, with a token: GET is not HEAD
--- request eval
["HEAD /p/a", "OPTIONS /p/a", "FOO /p/a", "GET /p/a", "OPTIONS /p/opt"]
--- more_headers eval
[(main::bearer()) x 5]
--- error_code eval
[403, 403, 403, 200, 200]
--- reached
GET /p/a
OPTIONS /p/opt



=== TEST 20: a method is not overridden by a header, for us
--- request
DELETE /p/a
--- more_headers eval
"X-HTTP-Method-Override: GET\n" . main::bearer()
--- error_code: 400



=== TEST 21: ways to write a path, without a token
--- request eval
[map { "GET $_" }
    "//p/a", "/./p/a", "/open/../p/a", "/open/..%2fp/a", "/open/%2e%2e/p/a",
    "/open//../p/a", "/%70/a", "/p%2fa", "/p/%2e/a", "/x/../p/a",
    "http://localhost/p/a", "HTTP://LOCALHOST:80//p/a", "/p/a?x=/open/",
    "/p/a#/open/"]
--- more_headers eval
[("") x 14]
--- error_code eval
[(401) x 14]



=== TEST 22: ways to write a path that is denied
--- request eval
[map { "GET $_" }
    "/p//secret/x", "/p/./secret/x", "/p/a/../secret/x", "/p/a/..%2fsecret/x",
    "/p/a%2f..%2fsecret/x", "/p/%73ecret/x", "/p/secret", "/p/secret/",
    "/p/secret//x", "/p/secret/%2e%2e/secret/x", "/p%2fsecret%2fx",
    "http://localhost/p/secret/x", "/p/a/%2e%2e/secret/x?y", "/p/secret/x;y"]
--- more_headers eval
[(main::bearer()) x 14]
--- error_code eval
[(403) x 14]
--- response_body_like eval
[('"rule":"secret"') x 14]



=== TEST 23: paths that nginx does not take
--- request eval
["GET /p/%00", "GET /p/%zz", "GET /../p/a", "GET p/a", "GET /p/%"]
--- more_headers eval
[(main::bearer()) x 5]
--- error_code eval
[(400) x 5]



=== TEST 24: parameters of a segment belong to it
--- config
location /q/ { hoop on; proxy_pass http://up; }
--- request eval
["GET /q/ok;x=1", "GET /q;x/ok", "GET /q/ok/"]
--- more_headers eval
[(main::bearer()) x 3]
--- error_code eval
[403, 404, 403]



=== TEST 25: proxy_pass with a URI sends what was judged
--- config
location /p/ { hoop on; proxy_pass http://up/p/; }
--- request eval
["GET /p/a/..%2fb", "GET /p//c%3fd=e", "GET /p/f%20g?h=%2f", "GET /p/%25x"]
--- more_headers eval
[(main::bearer()) x 4]
--- error_code eval
[(200) x 4]
--- reached
GET /p/b
GET /p/c%3Fd=e
GET /p/f%20g?h=%2f
GET /p/%25x



=== TEST 61: a path that targets are known to read in another way
--- config
location /p/ { hoop on; proxy_pass http://up; }
--- request eval
["GET /p/..;/secret/x", "GET /p/a/..;b=c/secret/x", "GET /p/.;/secret/x",
 "GET /p/x/..%5csecret", "GET /p/%0asecret", "GET /p/%7f"]
--- more_headers eval
[(main::bearer()) x 6]
--- error_code eval
[(400) x 6]
--- response_body_like eval
[('"detail":"the path is ambiguous"') x 6]



=== TEST 26: the host that is judged
--- user_files
>>> host.json
{ "version": 1, "name": "host", "rules": [
    { "id": "api", "effect": "allow",
      "match": { "request": { "host": "api.test", "path": "/p/**" } } } ] }
--- config
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/host.json;
    proxy_set_header Host $host;
    proxy_pass http://up;
}
--- request eval
["GET /p/1", "GET /p/2", "GET /p/3", "GET /p/4", "GET http://evil.test/p/5",
 "GET http://api.test./p/6"]
--- more_headers eval
[map { "Host: $_\n" . main::bearer() }
    "api.test", "API.Test.:8080", "evil.test", "x.api.test", "api.test",
    "evil.test"]
--- error_code eval
[200, 200, 403, 403, 400, 400]
--- reached
GET /p/1
GET /p/2
--- reached_unlike
evil



=== TEST 27: two Host headers, a Host that is none
--- request eval
[("GET /p/a") x 3]
--- more_headers eval
[map { "$_\n" . main::bearer() }
    "Host: localhost\nHost: evil.test", "Host: a b", "Host: \@/"]
--- error_code eval
[(400) x 3]



=== TEST 28: no Host
--- raw_request eval
"GET /p/a HTTP/1.1\r\nConnection: close\r\n" . main::bearer() . "\r\n\r\n"
--- error_code: 400



=== TEST 29: pipelined requests are judged one by one
--- pipelined_requests eval
["GET /p/a", "GET /p/b", "GET /p/c", "GET /p/secret/x", "GET /p/d"]
--- more_headers eval
["", main::bearer(), "", main::bearer(), main::bearer()]
--- error_code eval
[401, 200, 401, 403, 200]
--- reached
GET /p/b
GET /p/d



=== TEST 30: a refused request's body is no request
--- pipelined_requests eval
["POST /p/a\n$main::inner", "GET /open/after"]
--- more_headers eval
["Content-Length: " . length($main::inner), ""]
--- error_code eval
[401, 200]
--- response_body_like eval
['"status":401', 'reached']
--- reached
GET /open/after



=== TEST 31: length and chunks at once, a wrong length, an unknown coding
--- request eval
[("POST /p/a\n0\r\n\r\n") x 5]
--- more_headers eval
[map { "$_\n" . main::bearer() }
    "Content-Length: 5\nTransfer-Encoding: chunked",
    "Content-Length: 5\nContent-Length: 6", "Content-Length: -1",
    "Content-Length: 5\nTransfer-Encoding: gzip, chunked",
    "Content-Length: 5\nTransfer-Encoding: xchunked"]
--- error_code eval
[400, 400, 400, 501, 501]



=== TEST 32: HTTP/1.0 without a Host, and without a token
--- raw_request eval
"GET /p/a HTTP/1.0\r\n\r\n"
--- error_code: 401



=== TEST 33: HTTP/1.0 without a Host
--- raw_request eval
"GET /p/b HTTP/1.0\r\n" . main::bearer() . "\r\n\r\n"
--- reached
GET /p/b



=== TEST 34: HTTP/0.9
--- raw_request eval
"GET /p/a\r\n"
--- ignore_response
--- events
{"type":"decision","decision":"deny","status":401}



=== TEST 35: early errors, with an error_page into a protected location
--- http_config
error_page 400 405 414 = /p/a;
large_client_header_buffers 2 1k;
--- request eval
["TRACE /x", "GET /x HTTP/9.0", "GET /" . "x" x 2000, "G\0T /x", "GET /%00",
 "GET /x"]
--- more_headers eval
[("") x 5, "Content-Length: x"]
--- error_code_like eval
['^401$', '^505$', ('^(400|401|414)$') x 4]



=== TEST 36: refused, and an error_page in the same location
--- config
location /p/ {
    hoop on;
    error_page 401 403 = /p/a;
    recursive_error_pages on;
    proxy_pass http://up;
}
--- request eval
["GET /p/b", "GET /p/secret/x"]
--- more_headers eval
["", main::bearer()]
--- error_code_like eval
['^(401|403|500)$', '^(200|403|500)$']
--- no_error_log
[alert]
[crit]
[emerg]
eyJ
--- reached_any
--- reached_unlike
secret



=== TEST 37: refused, and an error_page that is open: only that is shown
--- config
location /p/ { hoop on; error_page 401 403 /refused.html; proxy_pass http://up; }
location = /refused.html { root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> refused.html
refused
--- request eval
["GET /p/a", "GET /p/secret/x"]
--- more_headers eval
["", main::bearer()]
--- error_code eval
[401, 403]
--- response_headers_like eval
["WWW-Authenticate: Bearer realm=\"hoop\"\nHoop-Session: hs_[0-9a-f]{32}",
 "Hoop-Session: hs_[0-9a-f]{32}"]
--- response_body eval
["refused\n", "refused\n"]



=== TEST 38: a whole server is protected, and what it says of itself
--- config
hoop on;
location = /health { hoop off; proxy_pass http://up; }
location /t/ { proxy_pass http://up; }
--- request eval
["GET /health", "GET /t/x", "GET /t/x", "GET /index.html", "GET /none"]
--- more_headers eval
["", "", main::bearer(), "", main::bearer()]
--- error_code eval
[200, 401, 200, 401, 403]
--- reached
GET /health
GET /t/x



=== TEST 39: from a location that only watches into one that protects
--- config
location /w/ {
    hoop monitor;
    proxy_intercept_errors on;
    error_page 404 = /p/a;
    root $TEST_NGINX_SERVER_ROOT/html;
}
--- request eval
["GET /w/x", "GET /w/x"]
--- more_headers eval
["", main::bearer()]
--- error_code eval
[401, 200]
--- reached
GET /p/a
--- events
{"type":"decision","decision":"deny","monitor":true}
{"type":"decision","decision":"deny","status":401}



=== TEST 40: an answer from a cache is for who may have it
--- http_config
proxy_cache_path $TEST_NGINX_CACHE keys_zone=c:1m use_temp_path=off;
--- config
location /p/ {
    hoop on;
    proxy_cache c;
    proxy_cache_key $uri;
    proxy_cache_valid 1m;
    proxy_pass http://up;
}
location /t/ { proxy_cache c; proxy_cache_key /p/a; proxy_pass http://up; }
--- request eval
["GET /p/a", "GET /p/a", "GET /p/a", "HEAD /p/a", "GET /p/a"]
--- more_headers eval
[main::bearer(), "", main::bearer(sub => "other", exp => 1), main::bearer(),
 main::bearer()]
--- error_code eval
[200, 401, 401, 403, 200]
--- response_body eval
["reached\n", qr/"status":401/, qr/"status":401/, "", "reached\n"]
--- reached
GET /p/a



=== TEST 41: a switch of protocols
--- config
location /p/ {
    hoop on;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection upgrade;
    proxy_pass http://up;
}
--- request
GET /p/upgrade
--- more_headers eval
"Upgrade: x\nConnection: upgrade, close\n" . main::bearer()
--- error_code: 502
--- response_body_unlike: raw
--- error_log
hoop: answer blocked: the target switches protocols
--- reached
GET /p/upgrade
--- events
{"type":"decision","decision":"allow"}
{"type":"response","status":502,"blocked":"the target switches protocols"}



=== TEST 42: Range of a static file: all of it is judged
--- config
location /p/ { hoop on; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> p/a.txt
ssn 078-05-1121 end
--- request
GET /p/a.txt
--- more_headers eval
"Range: bytes=4-9\n" . main::bearer()
--- response_headers
!Content-Range
!Accept-Ranges
!ETag
!Last-Modified
--- response_body_unlike: 078



=== TEST 43: If-None-Match and If-Modified-Since tell nothing without a token
--- config
location /p/ { hoop on; root $TEST_NGINX_SERVER_ROOT/html; }
--- user_files
>>> p/a.txt 201801010000.00
a
--- request
GET /p/a.txt
--- more_headers
If-Modified-Since: Tue, 19 Jan 2038 03:14:07 GMT
If-None-Match: *
--- error_code: 401



=== TEST 44: X-Accel-Redirect within a protected location
--- request eval
["GET /p/accel?/p/secret/x", "GET /p/accel?/p/a", "GET /p/accel?/p/missing"]
--- more_headers eval
[(main::bearer()) x 3]
--- error_code eval
[403, 200, 404]
--- reached
GET /p/accel?/p/secret/x
GET /p/accel?/p/a
GET /p/a
GET /p/accel?/p/missing
GET /p/missing
--- events
{"type":"decision","decision":"allow","rule":"p"}
{"type":"decision","decision":"deny","rule":"secret","status":403}



=== TEST 45: an index within a protected location
--- config
location /p/ { hoop on; root $TEST_NGINX_SERVER_ROOT/html; index b.html; }
--- user_files
>>> p/secret/b.html
a secret
>>> p/b.html
a page
>>> none.json
{ "version": 1, "name": "none", "rules": [
    { "id": "no-page", "effect": "deny",
      "match": { "request": { "path": "/p/b.html" } } },
    { "id": "folder", "effect": "allow",
      "match": { "request": { "path": "/p/**" } } } ] }
--- http_config
hoop_policy $TEST_NGINX_SERVER_ROOT/html/none.json;
--- request
GET /p/
--- more_headers eval
main::bearer()
--- error_code: 403
--- response_body_like: "rule":"no-page"



=== TEST 46: the target's error leads to another URI of the same location
--- config
location /p/ {
    hoop on;
    proxy_intercept_errors on;
    error_page 404 = /p/secret/x;
    proxy_pass http://up;
}
--- request
GET /p/missing
--- more_headers eval
main::bearer()
--- error_code: 403
--- reached
GET /p/missing



=== TEST 47: the target's error leads to an error_page in place of the answer
--- config
location /p/ {
    hoop on;
    proxy_intercept_errors on;
    error_page 404 = /p/a;
    proxy_pass http://up;
}
--- request
GET /p/missing
--- more_headers eval
main::bearer()
--- response_body
reached
--- reached
GET /p/missing
GET /p/a



=== TEST 48: a redirect out into an open location: masked all the same
--- user_files
>>> file.txt
ssn 078-05-1120, card 4111 1111 1111 1111
--- request
GET /p/accel?/file.txt
--- more_headers eval
main::bearer()
--- response_body_like: ^ssn \[REDACTED:US_SSN\], card \[REDACTED
--- reached
GET /p/accel?/file.txt



=== TEST 49: a redirect out to an open upstream: without the token
--- request
GET /p/accel?/open/x
--- more_headers eval
main::bearer()
--- response_body
reached
--- reached
GET /p/accel?/open/x
GET /open/x
--- reached_unlike
eyJ



=== TEST 50: an SSI include of a protected page into protected locations
--- config
location /p/ { hoop on; ssi on; proxy_pass http://up; }
--- request
GET /p/ssi
--- more_headers eval
main::bearer()
--- response_body_unlike: reached
--- reached
GET /p/ssi
--- error_log
subrequest to protected location "/p/" refused



=== TEST 51: two tokens, with an error_page into a protected location
--- http_config
error_page 400 = /q/ok;
--- request eval
["GET /p/a", "GET /open/x"]
--- more_headers eval
[(main::bearer() . "\n" . main::bearer()) x 2]
--- error_code eval
[400, 400]



=== TEST 52: refused, and an error_page to an open upstream: no token goes there
--- config
location /p/ { hoop on; error_page 403 = @open; proxy_pass http://up; }
location @open { proxy_pass http://up; }
--- request
GET /p/secret/x
--- more_headers eval
main::bearer()
--- reached
GET /p/secret/x



=== TEST 53: refused twice on the way: one challenge
--- config
location /p/ { hoop on; error_page 401 = /q/ok; proxy_pass http://up; }
--- request
GET /p/a
--- error_code: 401
--- raw_response_headers_unlike: WWW-Authenticate.*WWW-Authenticate



=== TEST 54: try_files to another URI of the same location
--- config
location /p/ {
    hoop on;
    root $TEST_NGINX_SERVER_ROOT/html;
    try_files $uri /p/secret/x;
}
--- user_files
>>> p/secret/x
a secret
--- request
GET /p/none
--- more_headers eval
main::bearer()
--- error_code: 403
--- response_body_like: "rule":"secret"



=== TEST 55: slices: a part of a document cannot be judged
--- config
location /p/ {
    hoop on;
    slice 4;
    proxy_http_version 1.1;
    proxy_set_header Range $slice_range;
    proxy_pass http://up;
}
--- request
GET /p/part
--- more_headers eval
main::bearer()
--- error_code: 502
--- error_log
answer blocked
--- reached
GET /p/part



=== TEST 56: a PUT into a protected folder
--- config
location /p/ {
    hoop on;
    root $TEST_NGINX_CACHE;
    dav_methods PUT DELETE MOVE COPY;
    create_full_put_path on;
}
--- request eval
["PUT /p/a\nbody", "PUT /p/a\nbody", "GET /p/a"]
--- more_headers eval
["", main::bearer(), main::bearer()]
--- error_code eval
[401, 403, 404]
--- error_log eval
[qr/./]



=== TEST 57: chunks in a request of HTTP/1.0
--- raw_request eval
"POST /p/a HTTP/1.0\r\n" . main::bearer()
. "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
--- error_code: 400



=== TEST 58: a header name with a blank, and a folded one
--- raw_request eval
"GET /p/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Authorization : " . main::bearer() =~ s/^.*?: //r . "\r\n\r\n"
--- error_code_like: ^40[01]$



=== TEST 59: a folded header
--- raw_request eval
"GET /p/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "X: y\r\n " . main::bearer() . "\r\n\r\n"
--- error_code_like: ^40[01]$



=== TEST 60: the same over HTTP/2
--- skip_eval: 11: $main::no_http2
--- http_config
server {
    listen 127.0.0.1:$TEST_NGINX_H2_PORT http2;
    location /p/ { hoop on; proxy_pass http://up; }
}
--- init
main::h2('', '/p/1');
main::h2(main::bearer(), '/p/2', '/p/secret/x', '//p/a/../secret/x',
         '/p/a/..%2fsecret/x', '/p/3');
main::h2(main::bearer() . "\n" . main::bearer(), '/p/4', '/p/5');
main::h2("Host: evil.test\n" . main::bearer(), '/p/6');
--- request
GET /p/7
--- error_code: 401
--- reached
GET /p/2
GET /p/3
GET /p/6
--- events
{"type":"decision","decision":"deny","status":401}
{"type":"decision","decision":"allow","rule":"p"}
{"type":"decision","decision":"deny","rule":"secret","status":403}
{"type":"decision","decision":"deny","rule":"secret","status":403}
{"type":"decision","decision":"deny","rule":"secret","status":403}
{"type":"decision","decision":"allow","rule":"p"}
{"type":"decision","decision":"deny","status":400}
{"type":"decision","decision":"deny","status":400}
{"type":"request","host":"evil.test"}
{"type":"decision","decision":"allow","rule":"p"}
{"type":"decision","decision":"deny","status":401}
