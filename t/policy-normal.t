# Copyright (C) ngx_hoop_module authors
#
# What a target may read in another way than policy has: method, host and path.
# Where the two could part nothing is allowed.

BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.005 }

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use IO::Socket::INET ();

use Hoop::Daemon qw( free_port temp_dir );
use Hoop::Reached;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

$ENV{TEST_NGINX_H2_PORT} = free_port();

our $no_http2 = `curl --version 2>/dev/null` !~ /HTTP2/;

# asks over HTTP/2
sub h2 {
    my ($path, @headers) = @_;

    my $file = temp_dir('h2') . '/header';

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh "$_\n" for @headers, bearer();
    close $fh;

    local $SIG{CHLD} = 'DEFAULT';
    system 'curl', '-sq', '--noproxy', '*', '--http2-prior-knowledge',
           '--path-as-is', '--max-time', 5, '-H', "\@$file", '-o', '/dev/null',
           "http://127.0.0.1:$ENV{TEST_NGINX_H2_PORT}$path";
    unlink $file;
}

# a number of HPACK with a prefix of 7 bits
sub number {
    my ($n) = @_;

    return chr $n if $n < 127;

    my $bytes = chr 127;

    for ($n -= 127; $n >= 128; $n >>= 7) {
        $bytes .= chr($n & 127 | 128);
    }

    return $bytes . chr $n;
}

# the same with pseudo-headers as they are given, which curl does not do
sub h2_raw {
    my (@fields) = @_;

    my ($auth) = bearer() =~ /: (.*)/;
    my $block = '';

    while (my ($name, $value) = splice @fields, 0, 2) {
        $block .= "\0" . number(length $name) . $name
                  . number(length $value) . $value;
    }

    $block .= "\0" . number(13) . 'authorization' . number(length $auth) . $auth;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                     PeerPort => $ENV{TEST_NGINX_H2_PORT}, Timeout => 5)
        or die "h2: $!\n";

    print $socket "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", pack('xxxCxN', 4, 0),
                  substr(pack('N', length $block), 1), pack('CCN', 1, 5, 1),
                  $block;

    # until the end of stream 1
    local $SIG{ALRM} = sub { die "h2: no answer\n" };
    alarm 5;

    while (read($socket, my $head, 9) == 9) {
        my ($len, $type, $flags, $stream) = unpack 'NCCN', "\0$head";

        read $socket, my $payload, $len if $len;

        last if $stream == 1 && ($type == 3 || $type <= 1 && $flags & 1);
        last if $type == 7;
    }

    alarm 0;
    close $socket;
}

our $upstream = Hoop::Upstream->new(routes => { '/*' => "reached\n" });

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', <<'END' . ($block->http_config // ''));
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

    $block->set_value('config', <<'END') if !defined $block->config;
location /p/ { hoop on; proxy_pass http://up; }
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "normal", "rules": [
    { "id": "no-delete", "effect": "deny", "reason": "no delete",
      "match": { "request": { "method": "DELETE", "path": "/p/**" } } },
    { "id": "secret", "effect": "deny", "reason": "a secret",
      "match": { "request": { "path": "/p/secret/**" } } },
    { "id": "role", "effect": "deny",
      "match": { "request": { "path": "/p/**",
                              "headers": { "X-Role": "admin" } } } },
    { "id": "tunnel", "effect": "allow",
      "match": { "request": { "method": "POST", "path": "/p/tunnel",
        "headers": { "X-HTTP-Method-Override": { "exists": true } } } } },
    { "id": "p", "effect": "allow",
      "match": { "request": { "method": ["GET", "POST", "COPY"],
                              "path": "/p/**" } } } ] }
END

    $block->set_value('reached_unlike', 'eyJ')
        if !defined $block->reached_unlike;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ");
});

Hoop::Reached->install($upstream);
Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: a header that changes the method or the path
--- request eval
[("POST /p/a") x 6]
--- more_headers eval
[map { "$_\n" . main::bearer() }
    "X-HTTP-Method-Override: PUT", "X-Http-Method: PATCH",
    "x-method-override: GET", "X-Original-URL: /p/secret",
    "X-Rewrite-URL: /p/b", "X-HTTP-Method-Override: PUT\nX-HTTP-Method: PUT"]
--- error_code eval
[(400) x 6]
--- response_body_like eval
[('"rule":"p"') x 6]
--- reached
--- events
{"type":"decision","decision":"error","rule":"p","status":400}



=== TEST 2: it does not evade what is denied
--- request eval
["POST /p/a", "POST /p/tunnel", "GET /p/a?x=1", "POST /p/a?_method=delete"]
--- more_headers eval
[map { "$_\n" . main::bearer() }
    ("X-HTTP-Method-Override: DELETE") x 3, "X: 1"]
--- error_code eval
[(400) x 4]
--- response_body_like eval
[('"rule":"no-delete"') x 4]
--- reached



=== TEST 3: a rule that names it has it reach the target
--- request
POST /p/tunnel
--- more_headers eval
"X-HTTP-Method-Override: PATCH\nX-Foo: 1\n" . main::bearer()
--- reached
POST /p/tunnel
--- reached_like
(?i)x-http-method-override: PATCH



=== TEST 4: by that very name, and no other one
--- config
underscores_in_headers on;
location /p/ { hoop on; proxy_pass http://up; }
--- request
POST /p/tunnel
--- more_headers eval
"X-HTTP-Method-Override: PATCH\nX_HTTP_Method_Override: DELETE\n" . main::bearer()
--- reached
POST /p/tunnel
--- reached_like
(?i)x-http-method-override: PATCH
--- reached_unlike
eyJ
DELETE



=== TEST 5: an argument that changes the method of a POST
--- request eval
["POST /p/a?_method=PUT", "GET /p/a?_method=PUT", "POST /p/a?a=1;_Method=x"]
--- more_headers eval
[(main::bearer()) x 3]
--- error_code eval
[400, 200, 400]
--- reached
GET /p/a?_method=PUT



=== TEST 6: COPY has a second path
--- request eval
["COPY /p/a", "COPY /p/a"]
--- more_headers eval
["Destination: /p/secret/x\n" . main::bearer(), main::bearer()]
--- error_code eval
[400, 200]
--- reached
COPY /p/a



=== TEST 7: a request line and a Host that differ
--- config
server_name a.test;
location /p/ { hoop on; proxy_set_header Host $http_host; proxy_pass http://up; }
--- request eval
[map { "GET $_" } "http://a.test/p/1", "http://a.test/p/2",
    "http://A.TEST:80/p/3", "/p/4", "http://a.test/p/5"]
--- more_headers eval
[map { "Host: $_\n" . main::bearer() }
    "b.test", "a.test", "a.test.:8080", "A.Test.", "a.test.b.test"]
--- error_code eval
[400, 200, 200, 200, 400]
--- response_body_like eval
['"detail":"the host is ambiguous"', 'reached', 'reached', 'reached',
 '"detail":"the host is ambiguous"']
--- reached
GET /p/2
GET /p/3
GET /p/4



=== TEST 8: an escape in an escape
--- request eval
[map { "GET $_" } "/p/%252e%252e/secret", "/p/a%252fb", "/p/%2541", "/p/%25%35%63",
    "/p/100%25", "/p/100%25zz", "/p/%25?x=%2541"]
--- more_headers eval
[(main::bearer()) x 7]
--- error_code eval
[(400) x 4, (200) x 3]
--- reached
GET /p/100%25
GET /p/100%25zz
GET /p/%25?x=%2541



=== TEST 9: a slash in an overlong form
--- request eval
["GET /p/%c0%ae%c0%ae/secret", "GET /p/..%c0%afsecret", "GET /p/%e0%80%af",
 "GET /p/%c3%a9"]
--- more_headers eval
[(main::bearer()) x 4]
--- error_code eval
[400, 400, 400, 200]
--- reached_like
GET /p/(\xc3\xa9|%C3%A9) 
--- reached_any



=== TEST 10: slashes that are not merged
--- config
merge_slashes off;
location /p/ { hoop on; proxy_pass http://up; }
--- request eval
["GET /p//secret", "GET /p/a//", "GET /p/a/"]
--- more_headers eval
[(main::bearer()) x 3]
--- error_code eval
[400, 400, 200]
--- reached
GET /p/a/



=== TEST 11: parameters of a segment
--- request eval
["GET /p/secret;x/1", "GET /p/;x/secret", "GET /p/a;x=1/b;y", "GET /p;x/a"]
--- more_headers eval
[(main::bearer()) x 4]
--- error_code eval
[400, 400, 200, 404]
--- reached
GET /p/a;x=1/b;y



=== TEST 12: what is encoded is decoded once, and sent as it was judged
--- request eval
[map { "GET $_" } "/p/a%2Fb", "/p/a/..%2fb", "/p/%2e/c", "/p//d", "/%70/e",
    "/p/f%3bx", "/p/secret%2fx", "/x/..%2fp/secret"]
--- more_headers eval
[(main::bearer()) x 8]
--- error_code eval
[(200) x 6, (403) x 2]
--- reached
GET /p/a/b
GET /p/b
GET /p/c
GET /p/d
GET /p/e
GET /p/f;x



=== TEST 13: to $request_uri, too
--- config
location /p/ {
    hoop on;
    if ($request_uri ~ nothing) { return 404; }
    proxy_set_header X-URI $request_uri;
    proxy_pass http://up$request_uri;
}
--- request eval
[map { "GET $_" } "/p/a%2Fb?c=%2f", "/p/a/..%2fb", "//p/c%3fd", "/p/e%20f",
    "/p/%c3%a9"]
--- more_headers eval
[(main::bearer()) x 5]
--- error_code eval
[(200) x 5]
--- reached
GET /p/a/b?c=%2f
GET /p/b
GET /p/c%3Fd
GET /p/e%20f
GET /p/%C3%A9
--- reached_like
X-URI: /p/a/b\?c=%2f
X-URI: /p/c%3Fd



=== TEST 14: a path that was rewritten is judged as it is now
--- config
location /p/ {
    hoop on;
    rewrite ^/p/old/(.*)$ /p/new/$1 break;
    rewrite ^/p/bad$ /p//bad break;
    proxy_pass http://up;
}
--- request eval
["GET /p/old/a%20b", "GET /p/old/secret", "GET /p/bad"]
--- more_headers eval
[(main::bearer()) x 3]
--- error_code eval
[200, 200, 400]
--- reached
GET /p/new/a%20b
GET /p/new/secret



=== TEST 15: monitor says so, and passes it on
--- config
location /p/ { hoop monitor; proxy_pass http://up; }
--- request
POST /p/%2541
--- more_headers eval
"X-HTTP-Method: DELETE\n" . main::bearer()
--- reached
POST /p/%2541
--- reached_unlike
hoop-session
--- events
{"type":"decision","decision":"deny","status":400,"monitor":true}



=== TEST 16: the same over HTTP/2
--- skip_eval: 6: $main::no_http2
--- http_config
server {
    listen 127.0.0.1:$TEST_NGINX_H2_PORT http2;
    location /p/ { hoop on; proxy_pass http://up; }
}
--- init
main::h2('/p/1');
main::h2('/p/2', 'X-HTTP-Method-Override: DELETE');
main::h2('/p/%252e');
main::h2('/p/secret;x/a');
main::h2('/p/a%2fb');
--- request
GET /p/7
--- error_code: 401
--- reached
GET /p/1
GET /p/a/b
--- events
{"type":"decision","decision":"allow","rule":"p"}
{"type":"decision","decision":"deny","rule":"no-delete","status":400}
{"type":"decision","status":400}
{"type":"decision","decision":"error","rule":"secret","status":400}
{"type":"decision","decision":"allow","rule":"p"}
{"type":"decision","decision":"deny","status":401}



=== TEST 17: an authority and a Host that differ, over HTTP/2
--- http_config
server {
    listen 127.0.0.1:$TEST_NGINX_H2_PORT http2;
    location /p/ { hoop on; proxy_set_header Host $http_host; proxy_pass http://up; }
}
--- init
my @get = (':method', 'GET', ':scheme', 'http', ':path');
main::h2_raw(@get, '/p/1', ':authority', 'a.test');
main::h2_raw(@get, '/p/2', ':authority', 'a.test', 'host', 'b.test');
main::h2_raw(@get, '/p/3', 'host', 'a.test');
main::h2_raw(@get, '/p/4', ':authority', 'a.test', 'x-http-method', 'DELETE');
main::h2_raw(@get, '/p/5;/../%2e', ':authority', 'a.test');
--- request
GET /p/7
--- error_code: 401
--- reached
GET /p/1
GET /p/3
GET /p/
--- reached_unlike
b\.test



=== TEST 18: a value with tabs around it, which targets take off
--- request eval
[("GET /p/a") x 4]
--- more_headers eval
[map { "X-Role:$_\n" . main::bearer() } "\tadmin", " admin\t ", " \t admin",
    " admin\tx"]
--- error_code eval
[403, 403, 403, 200]
--- reached
GET /p/a
