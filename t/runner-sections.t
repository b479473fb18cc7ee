# Copyright (C) ngx_hoop_module authors
#
# The test runner on plain nginx: each section and function that the suites
# may use does what it says.  It runs under Test::Nginx::Socket as well, with
# the same count of tests.

use Test::Nginx::Socket 'no_plan';

no_long_string();
env_to_nginx('RUNNER_TEST=1', 'PATH');

our $HtmlDir = html_dir();

$ENV{TEST_NGINX_HTML_DIR} ||= $HtmlDir;
$ENV{TEST_NGINX_GREETING} = 'hello';

my $seen = 0;

add_block_preprocessor(sub {
    my ($block) = @_;

    if (defined $block->preset) {
        $block->set_value('config', 'location /preset { return 200 ok; }');
        $block->set_value('request', 'GET /preset');
    }
});

add_response_body_check(sub {
    my ($block, $body, $req_idx, $repeated_req_idx, $dry_run) = @_;

    if (defined $block->body_length) {
        Test::More::is(length $body, $block->body_length,
                       $block->name . ' - length of the body');
    }
});

add_cleanup_handler(sub { $seen++ });

run_tests();

Test::More::is($seen, 1, 'cleanup handlers have run once');

sub shout {
    return uc $_[0];
}

__DATA__

=== TEST 1: defaults: status 200, index.html, no log of errors
--- config
--- request
GET /
--- response_body chomp
<html><head><title>It works!</title></head><body>It works!</body></html>
--- response_headers
Content-Type: text/html
!X-Absent
--- no_error_log
[error]
[alert]



=== TEST 2: request line defaults, comments before it
--- config
location ~ ^ { return 200 "$request|$http_host|$http_connection\n"; }
--- request
# a comment

GET
--- response_body
GET / HTTP/1.1|localhost|close



=== TEST 3: request with a body: trimmed, with a length
--- config
location /body {
    proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/echo;
}
location /echo {
    client_body_buffer_size 1k;
    return 200 "$request_method $http_content_length\n";
}
--- request
POST /body
  hello world

--- response_body
POST 11



=== TEST 4: more_headers, HTTP version, comments in it
--- config
location ~ ^ { return 200 "$server_protocol $http_x_one $http_host\n"; }
--- request
GET /x HTTP/1.0
--- more_headers
# not sent
X-One: 1
Host: example.org
--- response_body
HTTP/1.0 1 example.org



=== TEST 5: chunked request
--- config
location = /t {
    client_body_in_single_buffer on;
    proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/len;
}
location = /len { return 200 "$http_content_length\n"; }
--- more_headers
Transfer-Encoding: chunked
--- request eval
"POST /t
5\r
hello\r
0\r
\r
"
--- response_body
5



=== TEST 6: several requests, arrays for what is expected
--- config
location /a { add_header X-Which a; return 200 "A\n"; }
location /b { add_header X-Which b; return 403 "B\n"; }
--- request eval
["GET /a", "GET /b", "POST /a\nbody"]
--- more_headers eval
["X-A: 1", "", "X-C: 3"]
--- error_code eval
[200, 403, 200]
--- response_body eval
["A\n", qr/^B$/, "A\n"]
--- response_headers eval
["X-Which: a", "!X-Which", "X-Which: a"]
--- no_error_log
[crit]



=== TEST 7: packets with delays
--- config
location ~ ^ { return 200 "$uri $http_x_late\n"; }
--- raw_request eval
["GET /sp", "lit HTTP/1.0\r\nX-", "Late: yes\r\n\r\n"]
--- raw_request_middle_delay: 0.02
--- response_body
/split yes



=== TEST 8: packets of a request in an array, the runner adds headers
--- config
location = /t {
    proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/len;
}
location = /len { return 200 "$http_content_length $arg_x\n"; }
--- request eval
[["PO", { value => "ST /t\nhel", delay_before => 0.01 },
  { value => "lo", delay_before => 0.02 }]]
--- response_body eval
["5 \n"]



=== TEST 9: pipelined requests
--- config
location ~ ^ { return 200 "$uri $http_connection\n"; }
--- pipelined_requests eval
["GET /1", "GET /2", "GET /3"]
--- response_body eval
["/1 keep-alive\n", "/2 keep-alive\n", "/3 close\n"]



=== TEST 10: raw_request
--- config
location ~ ^ { return 200 "$server_protocol $uri\n"; }
--- raw_request eval
"GET /raw HTTP/1.0\r\n\r\n"
--- response_body
HTTP/1.0 /raw



=== TEST 11: response_body_like and raw headers
--- config
location ~ ^ {
    add_header X-Twice one;
    add_header X-Twice two;
    return 200 "abc\n";
}
--- request
GET /
--- response_body_like: ^a.c$
--- raw_response_headers_like: X-Twice: one\r\nX-Twice: two
--- raw_response_headers_unlike: X-Thrice
--- response_headers
X-Twice: one, two



=== TEST 12: response_body_unlike, response_headers_like
--- config
location ~ ^ { add_header X-Id id-$pid; return 200 "abc\n"; }
--- request
GET /
--- response_body_unlike: xyz
--- response_headers_like
X-Id: id-\d+



=== TEST 13: error_code_like, error_log with a regex
--- config
--- request
GET /nope
--- error_code_like: ^40[34]$
--- error_log eval
[qr/open\(\) ".*nope" failed/, "No such file"]



=== TEST 14: grep_error_log
--- config
--- request eval
["GET /nope"]
--- error_code eval
[404]
--- grep_error_log eval
qr/nope" failed/
--- grep_error_log_out
nope" failed
--- log_level: error



=== TEST 15: log_level keeps debug lines out
--- skip_eval: 3: $ENV{TEST_NGINX_USE_HUP}
--- config
--- request
GET /
--- log_level: warn
--- no_error_log
[debug]
[info]



=== TEST 16: user_files
--- config
location /f/ { alias $TEST_NGINX_HTML_DIR/sub/; }
--- user_files
>>> sub/one.txt
one
two
>>> sub/two.txt 201001020304.05
$TEST_NGINX_GREETING
--- request eval
["GET /f/one.txt", "GET /f/two.txt"]
--- response_body eval
["one\ntwo\n", "hello\n"]
--- response_headers eval
["Content-Length: 8", "Last-Modified: Sat, 02 Jan 2010 03:04:05 GMT"]



=== TEST 17: user_files by eval, with a full name
--- config
location = /g { alias $TEST_NGINX_SERVER_ROOT/html/g; }
--- user_files eval
[["g" => "\0\xff\n"], ["$main::HtmlDir/h" => "h"]]
--- request eval
["GET /g", "GET /h"]
--- response_body eval
["\0\xff\n", "h"]



=== TEST 18: must_die
--- config
no_such_directive on;
--- request
GET /
--- must_die
--- suppress_stderr
--- error_log
unknown directive "no_such_directive"
--- no_error_log
[alert]
[emerg] the impossible



=== TEST 19: must_die with a status
--- config
root;
--- must_die: 1
--- suppress_stderr
--- error_log
[emerg]
invalid number of arguments in "root" directive



=== TEST 20: http_config, main_config, post_main_config, random ports
--- main_config
env RUNNER_MAIN=1;
--- http_config
map $uri $mapped { default "mapped"; }
server {
    listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
    location / { return 200 "$mapped $server_port\n"; }
}
--- post_main_config
timer_resolution 100ms;
--- config
location ~ ^ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /
--- response_body
mapped $TEST_NGINX_RAND_PORT_1



=== TEST 21: tcp_listen, tcp_query
--- config
location ~ ^ {
    proxy_http_version 1.0;
    proxy_set_header Host up;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 201 Made\r\nX-Up: 1\r\n\r\nfrom the mock"
--- tcp_reply_delay: 10ms
--- tcp_query eval
"GET /q HTTP/1.0\r\nHost: up\r\nConnection: close\r\n\r\n"
--- tcp_query_len: 48
--- request
GET /q
--- error_code: 201
--- response_headers
X-Up: 1
--- response_body chomp
from the mock



=== TEST 22: tcp_reply in parts and by code
--- config
location ~ ^ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
sub { ["HTTP/1.0 200 OK\r\n\r\n", "length ", "> 10: ",
       length $_[0] > 10 ? "yes" : "no"] }
--- request
GET /
--- response_body chomp
length > 10: yes



=== TEST 23: client abort
--- config
location ~ ^ { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\n"
--- tcp_no_close
--- request
GET /
--- timeout: 200ms
--- abort
--- ignore_response
--- wait: 0.05
--- error_log
client prematurely closed connection



=== TEST 24: the mock never answers in time
--- config
location ~ ^ {
    proxy_read_timeout 50ms;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply: x
--- tcp_reply_delay: 2s
--- request
GET /
--- error_code: 504
--- error_log
upstream timed out



=== TEST 25: HEAD, 304, 204
--- config
location = /204 { return 204; }
--- request eval
["HEAD /index.html", "GET /index.html", "GET /204"]
--- more_headers eval
["", "If-Modified-Since: Thu, 01 Jan 2037 00:00:00 GMT", ""]
--- error_code eval
[200, 200, 204]
--- response_body eval
["", qr/It works/, ""]



=== TEST 26: chunked answers are decoded
--- config
location ~ ^ {
    proxy_http_version 1.1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
["HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
 "5\r\nhello\r\n", "6;ext=1\r\n world\r\n", "0\r\n\r\n"]
--- request
GET /
--- response_headers
Transfer-Encoding: chunked
--- response_body chomp
hello world



=== TEST 27: access_log
--- config
location ~ ^ { return 200 "x"; }
--- request
GET /find-me
--- access_log
GET /find-me HTTP/1.1
--- no_access_log
GET /other



=== TEST 28: filters of Test::Base and of the test file
--- config
location ~ ^ { return 200 "ABC"; }
--- request
GET /
--- response_body chomp shout
abc



=== TEST 29: response_body_filters
--- config
location ~ ^ { return 200 "abc"; }
--- request
GET /
--- response_body_filters
uc length
--- response_body: 3



=== TEST 30: a preprocessor, a body check
--- preset
--- body_length: 2
--- response_body: ok



=== TEST 31: skip_nginx, skipped
--- skip_nginx
3: > 0.1.0: too new
--- config
bogus;
--- request
GET /
--- response_body
x



=== TEST 32: skip_nginx, not skipped
--- skip_nginx
2: < 0.8.0
--- config
location ~ ^ { return 200 "y"; }
--- request
GET /
--- response_body: y



=== TEST 33: skip_eval
--- skip_eval: 2: 1 + 1 == 2
--- config
bogus;
--- request
GET /
--- response_body: x



=== TEST 34: SKIP
--- SKIP
--- config
bogus;
--- request
GET /



=== TEST 35: init
--- config
--- init
open my $fh, '>', "$main::HtmlDir/made" or die $!;
print $fh 'by init';
close $fh;
--- request
GET /made
--- response_body: by init



=== TEST 36: server_name, $ServerPort
--- config
location ~ ^ { return 200 "$server_name $server_port\n"; }
--- server_name: \d+
--- request
GET /
--- response_body_like: ^\\d\+ $ServerPort



=== TEST 37: response_body_json_sort
--- config
location ~ ^ { return 200 '{"b":1,"a":[2]}'; }
--- request
GET /
--- response_body_json_sort
--- response_body
{"a":[2],"b":1}



=== TEST 38: large answers and bodies
--- config
location = /big {
    client_body_buffer_size 4k;
    proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/len;
}
location = /len { return 200 "$http_content_length\n"; }
--- user_files eval
[["big.txt" => "0123456789" x 100000]]
--- request eval
["GET /big.txt", "POST /big\n" . "x" x 500000]
--- response_body eval
["0123456789" x 100000, "500000\n"]



=== TEST 39: an answer of HTTP/0.9
--- config
location ~ ^ { return 200 "old"; }
--- raw_request eval
"GET /\r\n"
--- http09
--- response_body: old



=== TEST 40: half-close by the client
--- config
location ~ ^ { return 200 "still here"; }
--- raw_request eval
"GET / HTTP/1.0\r\n\r\n"
--- shutdown: 1
--- response_body: still here
