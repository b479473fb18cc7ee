# Copyright (C) ngx_hoop_module authors
#
# The test runner must fail where a test is not met: each block here is run
# on its own, as a test file, and is wrong in one way.  It is judged by its
# exit status and by the tests that it says are not ok.

use strict;
use warnings;

use File::Temp;
use Test::More;

my ($lib) = grep { -f "$_/Test/Nginx/Socket.pm" } @INC, 't/lib';
my $dir = File::Temp->newdir('runner-XXXXXX', TMPDIR => 1);
my $ours = -f "$lib/Test/Nginx/Report.pm";
my $port = 20000 + $$ % 10000;

while (my $case = do { local $/ = "\n\n\n"; <DATA> }) {
    my ($name, $expect, $head, $block) =
        $case =~ /^\*\*\* (.*)\n(\S.*)\n((?:\w.*\n)*)(---(?s:.*))/
        or die "bad case: $case";

    next if $name =~ s/ \(stricter\)$// && !$ours;

    my $text = "use Test::Nginx::Socket 'no_plan';\n$head"
               . "run_tests();\n__DATA__\n\n=== TEST 1: x\n$block\n";

    open my $fh, '>', "$dir/case.t" or die "$dir/case.t: $!";
    print $fh $text;
    close $fh;

    local $ENV{TEST_NGINX_SERVROOT} = "$dir/servroot";
    local $ENV{TEST_NGINX_PORT} = $port++;
    delete local $ENV{TEST_NGINX_SERVER_PORT};
    local $ENV{TEST_NGINX_TIMEOUT} = 0.5;

    my $tap = `$^X -I$lib $dir/case.t 2>$dir/stderr`;
    my $status = $?;
    my $stderr = do { local (@ARGV, $/) = "$dir/stderr"; <> };
    my @failed = $tap =~ /^not ok \d+ - (.*)/mg;

    if ($expect eq 'ok') {
        is("@failed $status", ' 0', $name) or diag($tap, $stderr);

    } elsif ($expect =~ /^bail: (.*)/) {
        like("$tap$stderr", qr/^Bail out!.*$1|$1/m, $name);
        isnt($status, 0, "$name - exit status");

    } elsif ($expect =~ /^warn: (.*)/) {
        like($stderr, qr/$1/, $name);

    } else {
        like("@failed", qr/$expect/, $name) or diag($tap, $stderr);
        isnt($status, 0, "$name - exit status") if $ours;
    }
}

done_testing();

__DATA__
*** a block that is met
ok
--- config
--- request
GET /


*** status
status code ok
--- config
--- request
GET /nope


*** status, told
status code ok
--- config
--- request
GET /
--- error_code: 404


*** body
response_body
--- config
--- request
GET /
--- response_body
something else


*** body that is like
response_body_like
--- config
--- request
GET /
--- response_body_like: something else


*** body that is unlike
response_body_unlike
--- config
--- request
GET /
--- response_body_unlike: It works


*** header
header Content-Type ok
--- config
--- request
GET /
--- response_headers
Content-Type: text/x


*** header that is absent
header Content-Type ok
--- config
location = /x { return 204; }
--- request
GET /x
--- error_code: 204
--- response_headers
Content-Type: text/x


*** header that must be absent
header Content-Type not present
--- config
--- request
GET /
--- response_headers
!Content-Type


*** header that is like
header Content-Type like ok
--- config
--- request
GET /
--- response_headers_like
Content-Type: text/x.*


*** raw headers
raw resp headers like
--- config
--- request
GET /
--- raw_response_headers_like: X-Nothing


*** error_log
should match a line in error.log
--- config
--- request
GET /
--- error_log
such a line is not there


*** no_error_log
should not match any line in error.log
--- config
--- request
GET /nope
--- error_code: 404
--- no_error_log
[error]


*** no_error_log, in the middle of several requests
should not match any line in error.log
--- config
--- request eval
["GET /", "GET /nope", "GET /"]
--- error_code eval
[200, 404, 200]
--- no_error_log
[error]


*** grep_error_log
grep_error_log_out
--- config
--- request
GET /nope
--- error_code: 404
--- grep_error_log: failed
--- grep_error_log_out
failed
failed


*** access_log
should match a line in access.log
--- config
--- request
GET /
--- access_log
GET /other


*** must_die, and nginx lives
die as expected
--- config
--- request
GET /
--- must_die


*** must_die, another status
die with the expected exit code
--- config
bogus;
--- request
GET /
--- must_die: 2
--- suppress_stderr


*** must_die, another message
should match a line in error.log
--- config
bogus;
--- request
GET /
--- must_die
--- suppress_stderr
--- error_log
another message


*** nginx does not answer
client socket timed out
--- config
location = /x { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nx"
--- tcp_no_close
--- request
GET /x
--- timeout: 0.2


*** a chunked answer that breaks off
no last chunk found
--- config
location = /x {
    proxy_http_version 1.1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1;
}
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
--- request
GET /x


*** an answer that is cut
warn: response body truncated: 10 expected, but got 5
--- config
location = /x { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"
--- request
GET /x


*** tcp_query
tcp_query ok
--- config
location = /x { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- tcp_listen: $TEST_NGINX_RAND_PORT_1
--- tcp_reply eval
"HTTP/1.0 200 OK\r\n\r\nx"
--- tcp_query
GET / HTTP
--- request
GET /x


*** an unknown variable
bail: TEST_NGINX_NOT_THERE
--- config
location = /x { root $TEST_NGINX_NOT_THERE; }
--- request
GET /x


*** several requests, one expected status
bail: array
--- config
--- request eval
["GET /", "GET /"]
--- error_code: 200


*** a broken configuration (stricter)
bail: cannot start nginx .*unknown directive "bogus"
--- config
bogus;
--- request
GET /
--- suppress_stderr


*** emerg in the log
warn: WARNING: .*\[emerg\].*bogus
--- config
bogus;
--- request
GET /
--- must_die
--- suppress_stderr


*** a section that does not exist (stricter)
section no_eror_log is unknown
--- config
--- request
GET /
--- no_eror_log
[error]


*** a worker that crashes (stricter)
exited on signal 11
master_on();
--- config
--- init
sleep 1 while !-s "$Test::Nginx::Util::PidFile";
open my $fh, '<', $Test::Nginx::Util::PidFile; my $pid = <$fh>; chomp $pid;
select undef, undef, undef, 0.2;
kill SEGV => split ' ', `cat /proc/$pid/task/$pid/children`;
select undef, undef, undef, 0.2;
--- request
GET /


*** nginx that crashes (stricter)
nginx ended by signal 11
--- config
--- init
kill SEGV => $Test::Nginx::Util::Nginx->{pid};
--- request
GET /
