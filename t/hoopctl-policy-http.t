# Copyright (C) ngx_hoop_module authors
#
# hoopctl policy explain --http says of the bytes of a request what the gateway
# does with these very bytes; and its options.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use IO::Socket::INET ();
use JSON::PP ();

use Hoop::Client;
use Hoop::Daemon qw( temp_dir );
use Hoop::Spool qw( events );
use Hoop::Token;
use Hoop::Upstream;

our $hoopctl = $ENV{HOOPCTL} || './build/hoopctl';
our $dir = temp_dir('http');
our $upstream = Hoop::Upstream->new(routes => { '/*' => "reached\n" });
our $json = JSON::PP->new->utf8;

our $policy = <<'JSON';
{ "version": 1, "name": "h", "rules": [
    { "id": "no-delete", "effect": "deny", "reason": "no delete",
      "match": { "request": { "method": "DELETE", "path": "/p/**" } } },
    { "id": "secret", "effect": "deny", "reason": "a secret",
      "match": { "request": { "path": "/p/secret/**" } } },
    { "id": "role", "effect": "deny", "match": { "request": {
        "path": "/p/**", "headers": { "X-Role": { "equals": "admin" } } } } },
    { "id": "far", "effect": "deny",
      "match": { "request": { "path": "/p/far" },
                 "source": { "not": { "cidr": "127.0.0.0/8" } } } },
    { "id": "big", "effect": "deny", "reason": "too much",
      "match": { "request": { "method": "POST", "path": "/p/pay" },
                 "body": { "/n": { "gt": 5 } } } },
    { "id": "watched", "effect": "deny", "monitor": true,
      "match": { "request": { "path": "/p/watched" },
                 "body": { "/n": { "gt": 5 } } } },
    { "id": "p", "effect": "allow", "match": {
        "identity": { "issuer": "idp", "claims": { "/groups": { "any":
            ["agents"] } } },
        "request": { "method": ["GET", "POST", "COPY"], "path": "/p/**" } } },
    { "id": "form", "effect": "allow", "match": {
        "request": { "method": "POST", "path": "/f/**" },
        "form": { "a": "1" } } },
    { "id": "host", "effect": "allow", "match": {
        "request": { "method": "GET", "host": "a.test", "path": "/h/**" } } },
    { "id": "root", "effect": "allow", "match": {
        "request": { "host": "a.test", "path": "/",
                     "query": { "x": "1" } } } } ] }
JSON

sub file {
    my ($name, $text) = @_;

    open my $f, '>:raw', "$dir/$name" or die "$dir/$name: $!\n";
    print $f $text;
    close $f;
    return "$dir/$name";
}

our @args = ('--policy', file('policy.json', $policy));
our $claims = '{"iss":"https://idp.test","sub":"agent-1","groups":["agents"]}';
our $who = file('who.json', $claims);

# exit status, what it says, and what it complains about
sub explain {
    my ($input, @more) = @_;

    my $in = file('in', $input);

    local $SIG{CHLD} = 'DEFAULT';
    my $rc = system('sh', '-c', 'exec "$@" < ' . "$in > $dir/out 2> $dir/err",
                    'sh', $hoopctl, 'policy', 'explain', @args, @more);

    return ($rc >> 8, map { open my $f, '<:raw', "$dir/$_" or die; local $/;
                            <$f> // '' } qw( out err ));
}

# the status of the answer to these bytes
sub status {
    my ($message) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                     PeerPort => $ENV{TEST_NGINX_SERVER_PORT}, Timeout => 5)
        or die "cannot connect: $!\n";

    local $SIG{ALRM} = sub { die "no answer\n" };
    local $SIG{PIPE} = 'IGNORE';
    alarm 5;
    syswrite $socket, $message;
    my $line = <$socket> // '';
    alarm 0;
    close $socket;

    return $line =~ m{^HTTP/1\.1 (\d+)} ? $1 : 0;
}

our $bearer = bearer();

# lines end as they do on the wire, and the token is behind the request line
sub message {
    my ($text) = @_;

    $text =~ s/\n/\r\n/g if $text !~ /\r/;
    $text =~ s/^(.*? HTTP\/.*?(\r?\n))/"$1$bearer$2"/se;
    return $text;
}

sub decisions {
    return grep { $_->{type} eq 'decision' } events();
}

# what is judged
sub compare {
    my ($name, $status, $message) = @_;

    $message = message($message);

    my $before = decisions();
    my ($rc, $out, $err) = explain($message, '--http', '-', '--identity', $who,
                                   '--issuer', 'idp', '--address', '127.0.0.1',
                                   '--body-max', '100');
    my $said = eval { $json->decode($out) } // {};

    is(status($message), $status, "$name: nginx answers $status");
    is($rc, $status == 200 ? 0 : 1, "$name: the exit status") or diag($err);
    is($said->{status} // 200, $status, "$name: the status");

    my @decisions = decisions();
    splice @decisions, 0, $before;
    is(@decisions, 1, "$name: one decision");

    my $event = $decisions[0];

    is($said->{rule} // '', $event->{rule} // '', "$name: the rule");
    is($said->{reason} // '', $event->{reason} // '', "$name: the reason");
    is(@{ $said->{monitored} // [] }, @{ $event->{monitored} // [] },
       "$name: what is watched");

    # what no policy was asked about is denied
    is($said->{decision}, $event->{decision}, "$name: the decision")
        if @{ $said->{rules} // [] };
}

# what is not: nginx refuses it, or takes it in one of several ways
sub refused {
    my ($name, $status, $message, $why) = @_;

    $message = message($message);
    $why //= 'line \d+, column \d+: \w';

    my ($rc, $out, $err) = explain($message, '--http', '-', '--identity', $who);

    is("$rc$out", 2, "$name: no verdict");
    like($err, qr/^hoopctl policy explain: the message, $why/, "$name: why");
    is(status($message), $status, "$name: nginx answers $status");
}

sub chunked {
    my ($type, @chunks) = @_;

    return "Host: a.test\nContent-Type: $type\nTransfer-Encoding: chunked\n\n"
           . join '', map { sprintf "%x\n%s\n", length, $_ } @chunks, '';
}

sub body {
    my ($type, $body) = @_;

    return "Host: a.test\nContent-Type: $type\nContent-Length: "
           . length($body) . "\n\n$body";
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $upstream->up;
    $upstream->reset;

    $block->set_value('http_config', <<'END');
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
upstream up { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
END

    $block->set_value('config', <<'END');
hoop_body_max 100;
location / { hoop on; proxy_pass http://up; }
END

    $block->set_value('user_files', ">>> policy.json\n$policy");
    $block->set_value('request', 'GET /p/last');
    $block->set_value('more_headers', $bearer);
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ");
});

Hoop::Client->steps;
Hoop::Spool->install;
log_level('info');
no_long_string();
no_root_location();
run_tests();

__DATA__

=== TEST 1: methods, paths and hosts
--- steps
my $h = " HTTP/1.1\nHost: a.test\n\n";

main::compare(@$_) for
    ['a path', 200, "GET /p/a?x=y$h"],
    ['lines that end with LF', 200, "GET /p/a HTTP/1.1\nHost: a.test\n\n"],
    ['another method', 403, "PUT /p/a$h"],
    ['a denied one', 403, "DELETE /p/a$h"],
    ['a secret', 403, "GET /p/secret/a$h"],
    ['by its escapes', 403, "GET /p/x/%2e%2e/secre%74%2fa$h"],
    ['by its parameter', 400, "GET /p/secret;x/a$h"],
    ['escaped twice', 400, "GET /p/%2573ecret$h"],
    ['a backslash', 400, "GET /p/a%5cb$h"],
    ['an overlong character', 400, "GET /p/%c0%af$h"],
    ['bytes beyond ASCII', 200, "GET /p/\xc3\xa9\xff$h"],
    ['a fragment', 200, "GET /p/a#/../secret?x$h"],
    ['no rule', 403, "GET /x$h"],
    ['spaces', 200, "GET   /p/a   HTTP/1.1  \nHost: a.test\n\n"],
    ['HTTP/1.0', 200, "GET /p/a HTTP/1.0\n\n"],
    ['HTTP/1.0 without a host', 403, "GET /h/a HTTP/1.0\n\n"],
    ['the host', 200, "GET /h/a HTTP/1.1\nHost: A.Test.:80\n\n"],
    ['another host', 403, "GET /h/a HTTP/1.1\nHost: b.test\n\n"],
    ['a host of odd bytes', 403, "GET /h/a HTTP/1.1\nHost: a_.test\n\n"],
    ['an address', 403, "GET /h/a HTTP/1.1\nHost: [::1]:80\n\n"],
    ['an absolute form', 200, "GET http://A.test:80/h/a$h"],
    ['with another Host', 400, "GET http://a.test/h/a HTTP/1.1\n"
                               . "Host: b.test\n\n"],
    ['without a path', 403, "GET http://a.test$h"],
    ['with a query alone', 200, "GET http://a.test?x=1$h"],
    ['a path of the root', 200, "GET /?x=1$h"],
    ['the connection', 200, "GET /p/far$h"],
    ['a line before it', 200, "\nGET /p/a$h"];



=== TEST 2: headers
--- steps
my $h = " HTTP/1.1\nHost: a.test\n";

main::compare(@$_) for
    ['an override', 400, "POST /p/a${h}X-HTTP-Method-Override: PUT\n\n"],
    ['of what is denied', 400, "POST /p/a${h}x-method-override:delete\n\n"],
    ['in an argument', 400, "POST /p/a?_method=PUT${h}\n"],
    ['a second path', 400, "COPY /p/a${h}Destination: /p/b\n\n"],
    ['of no use here', 200, "GET /p/a${h}Destination: /p/b\n\n"],
    ['a value', 403, "GET /p/a${h}X-Role: admin\n\n"],
    ['tabs around it', 403, "GET /p/a${h}X-Role:\t admin \t\n\n"],
    ['another one', 200, "GET /p/a${h}X-Role: admin b\n\n"],
    ['one that is there twice', 400, "GET /p/a${h}X-Role: a\nx-role: b\n\n"],
    ['an empty one', 200, "GET /p/a${h}X-Role:\n\n"],
    ['one of odd bytes', 200, "GET /p/a${h}X-Role: \xff\x01\t\n\n"];



=== TEST 3: bodies
--- steps
my $json = 'application/json';
my $form = 'application/x-www-form-urlencoded';
my $pay = "POST /p/pay HTTP/1.1\n";

main::compare(@$_) for
    ['a body', 200, $pay . main::body($json, '{"n":5}')],
    ['too much', 403, $pay . main::body($json, '{"n":6}')],
    ['in chunks', 403, $pay . main::chunked($json, '{"n"', ':6', '}')],
    ['less, in chunks', 200, $pay . main::chunked($json, '{"n":4}')],
    ['chunks with extensions and a trailer', 403, $pay
     . "Host: a\nContent-Type: $json\nTransfer-Encoding: Chunked\n\n"
     . "7 ;a=b\n{\"n\":6}\n00;x\nX-Role: admin\n\n"],
    ['no chunk', 200, $pay . main::chunked($json)],
    ['of another type', 400, $pay . main::body('text/plain', '{"n":5}')],
    ['of a type behind a tab', 403, $pay
     . "Host: a\nContent-Type:\t$json\nContent-Length: 7\n\n{\"n\":6}"],
    ['a member twice', 400, $pay . main::body($json, '{"n":1,"n":9}')],
    ['two types', 400, $pay . "Content-Type: text/plain\n"
                       . main::body($json, '{"n":1}')],
    ['coded', 400, $pay . "Content-Encoding: gzip\n"
                   . main::body($json, '{"n":1}')],
    ['larger than is read', 413, $pay . main::body($json, ' ' x 101)],
    ['and in chunks', 413, $pay . main::chunked($json, ' ' x 60, ' ' x 41)],
    ['as large', 403, $pay . main::chunked($json, '{"n":6}' . ' ' x 93)],
    ['larger where nobody looks', 200, "POST /p/a HTTP/1.1\n"
                                       . main::body($json, ' ' x 101)],
    ['watched', 200, "POST /p/watched HTTP/1.1\n"
                     . main::body($json, '{"n":6}')],
    ['watched, but too large', 200, "POST /p/watched HTTP/1.1\n"
                                    . main::body($json, ' ' x 101)],
    ['watched, but in chunks', 200, "POST /p/watched HTTP/1.1\n"
                                    . main::chunked($json, '{"n":4}')],
    ['a form', 200, "POST /f/a HTTP/1.1\n" . main::body($form, 'a=1&b=2')],
    ['another form', 403, "POST /f/a HTTP/1.1\n" . main::body($form, 'a=2')],
    ['a field twice', 400, "POST /f/a HTTP/1.1\n"
                           . main::body($form, 'a=1&a=2')],
    ['a form with a line end', 400, "POST /f/a HTTP/1.1\n"
                                    . main::body($form, "a=1\r\n")],
    ['a method in a form', 400, "POST /f/a HTTP/1.1\n"
                                . main::body($form, 'a=1&_method=PUT')],
    ['of which nobody reads', 200, "POST /p/a HTTP/1.1\n"
                                   . main::body($form, '_method=PUT')];



=== TEST 4: what nginx refuses
--- steps
my $h = " HTTP/1.1\nHost: a.test\n";

main::refused(@$_) for
    ['a method in lower case', 400, "get /p/a$h\n"],
    ['TRACE', 405, "TRACE /p/a$h\n"],
    ['two spaces in a target', 400, "GET /p/a b$h\n"],
    ['an asterisk', 400, "OPTIONS *$h\n"],
    ['a control character', 400, "GET /p/\x01$h\n"],
    ['a broken escape', 400, "GET /p/%4$h\n"],
    ['an escaped NUL', 400, "GET /p/%00$h\n"],
    ['out of the root', 400, "GET /p/../..$h\n"],
    ['another version', 505, "GET /p/a HTTP/2.0\nHost: a\n\n"],
    ['no Host', 400, "GET /p/a HTTP/1.1\n\n"],
    ['two of them', 400, "GET /p/a${h}Host: a.test\n\n"],
    ['an empty one', 400, "GET /p/a HTTP/1.1\nHost:\n\n"],
    ['one with two dots', 400, "GET /p/a HTTP/1.1\nHost: a..b\n\n"],
    ['one with a slash', 400, "GET /p/a HTTP/1.1\nHost: a/b\n\n"],
    ['a user in the target', 400, "GET http://u\@a.test/p/a$h\n"],
    ['a NUL', 400, "GET /p/a${h}X: a\0b\n\n"],
    ['a CR within a line', 400, "GET /p/a HTTP/1.1\r\nHost: a\r\n"
                                . "X: a\rb\r\n\r\n"],
    ['two lengths', 400, "POST /p/a${h}Content-Length: 1\n"
                         . "Content-Length: 1\n\na"],
    ['a length that is none', 400, "POST /p/a${h}Content-Length: 1,1\n\na"],
    ['a length and chunks', 400, "POST /p/a${h}Content-Length: 6\n"
        . "Transfer-Encoding: chunked\n\n1\na\n0\n\n"],
    ['chunks in HTTP/1.0', 400, "POST /p/a HTTP/1.0\n"
        . "Transfer-Encoding: chunked\n\n0\n\n"],
    ['another coding', 501, "POST /p/a${h}Transfer-Encoding: gzip\n\na"],
    ['a folded line', 400, "GET /p/a${h}X: a\n b\n\n"],
    ['a space before a colon', 400, "GET /p/a${h}X : a\n\n"],
    ['two tokens', 400, "GET /p/a${h}Authorization: Bearer x\n\n"],
    ['two expectations', 400, "GET /p/a${h}Expect: a\nExpect: a\n\n"],
    ['a chunk without its size', 400, "POST /p/pay${h}"
        . "Transfer-Encoding: chunked\n\nx\na\n0\n\n"],
    ['a chunk that is longer', 400, "POST /p/pay${h}"
        . "Transfer-Encoding: chunked\n\n1\nab\n0\n\n"];



=== TEST 5: what is more than one thing
--- steps
my $h = " HTTP/1.1\nHost: a.test\n";

main::refused(@$_) for
    ['a name that nginx drops', 200, "GET /p/a${h}X_Role: admin\n\n",
     'line 4, column 2: "_" in the name'],
    ['another one', 200, "GET /p/a${h}X.Role: admin\n\n",
     'line 4, column 2: a byte in the name'],
    ['no colon', 200, "GET /p/a${h}X-Role\n\n", 'line 4, column 7: no colon'],
    ['bytes behind the body', 200, "POST /p/a${h}Content-Length: 1\n\nabc",
     'line 5, column 1: Content-Length is 1, and there are 3 bytes'],
    ['a body without a length', 200, "POST /p/a${h}\nabc",
     'line 4, column 1: 3 bytes behind the head'],
    ['two requests', 200, "GET /p/a${h}\nGET /p/a${h}\n",
     'line 4, column 1: \d+ bytes behind the head'],
    ['another scheme', 200, "GET ws://a.test/p/a$h\n",
     'line 1, column 5: wanted a target'],
    ['a CR too many', 200, "GET /p/a HTTP/1.1\r\nHost: a.test\r\r\n\r\n",
     'line 3, column 13: a CR'];



=== TEST 6: who asks, and options
--- steps
my $get = "GET /p/far HTTP/1.1\nHost: a.test\n\n";
my @http = ('--http', '-', '--identity', $main::who, '--issuer', 'idp');

is((main::explain($get, @http, '--address', '127.0.0.1'))[0], 0, 'allowed');
is((main::explain($get, @http, '--address', '10.0.0.1'))[0], 1,
   'not from there');
like((main::explain($get, @http))[1], qr/"rule":"far".*"ambiguous":true/,
     'nor from nowhere');
is((main::explain($get, @http, '--address', 'x'))[0], 2, 'no address');

my $shape = main::file('shape.json', '{"identity":' . $main::claims
                       . ',"issuer":"idp","source":"127.0.0.1","time":1}');

is((main::explain($get, '--http', '-', '--identity', $shape))[0], 0,
   'an identity with its source');
is((main::explain($get, '--http', '-', '--identity', $shape, '--address',
                  '::1'))[0], 1, 'of which an option is stronger');
is((main::explain($get, '--http', '-', '--identity', $shape, '--issuer',
                  'other'))[0], 1, 'or another one');
is((main::explain($main::claims, '--identity', '-', '--issuer', 'idp',
                  '--address', '127.0.0.1', '--http',
                  main::file('get', $get)))[0], 0, 'the message in a file');

my $night = main::file('night.json', '{"version":1,"name":"n","rules":[{"id":'
    . '"n","effect":"deny","match":{"time":{"zone":"UTC","from":"00:00",'
    . '"to":"06:00"}}}]}');
my $at = sub { (main::explain($get, $night, @http, '--address', '127.0.0.1',
                              '--now', $_[0]))[0] };

is($at->(86400), 1, 'at night');
is($at->(86400 + 43200), 0, 'by day');

for (['', 'the message is empty'], ["GET / HTTP/1.1\n",
     'the message, line 2, column 1: the message ends'],
     ["x" x 9000, 'the message, line 1, column 8193: the line'])
{
    my ($rc, $out, $err) = main::explain($$_[0], @http);

    is("$rc$out", 2, 'no message');
    like($err, qr/^hoopctl policy explain: $$_[1]/, 'and why');
}

my $bad = main::file('bad.json', '[');

for ([@http, '--now', '1x'], [@http, '--now'], [@http, @http],
     [@http, '--body-max', '0'], ['--http', '-'], ['--identity', $main::who],
     ['--issuer', 'idp'], ['--http', '-', '--identity', '-'],
     ['--http', '-', '--identity', $bad], [@http, '--scheme', 'http'],
     ['--http', '-', '--identity', main::file('array.json', '[]')],
     ['--http', '-', '--identity', main::file('more.json',
      '{"identity":{},"method":"PUT"}')], ['--http', '/nowhere/x',
      '--identity', $main::who])
{
    my ($rc, $out, $err) = main::explain($get, @$_);

    is("$rc$out", 2, "@$_[0, 1] ... is wrong usage");
    isnt($err, '', 'and told');
}



=== TEST 7: as curl prints it
--- steps
my @http = ('--http', '-', '--identity', $main::who, '--issuer', 'idp');
my $head = "* Connected to a.test\n> POST /p/pay HTTP/1.1\r\n"
           . "> Host: a.test\r\n> Content-Type: application/json\r\n";
my $tail = "* upload completely sent off\n< HTTP/1.1 200 OK\r\n< \r\n";

is((main::explain("$head> Content-Length: 7\r\n> \r\n{\"n\":5}\n", @http))[0],
   0, 'with its body');
is((main::explain("$head> Content-Length: 7\n>\n{\"n\":6}", @http))[0], 1,
   'and another one');
like((main::explain("$head> Content-Length: 7\r\n> \r\n$tail", @http))[2],
     qr/Content-Length is 7, and there are 0 bytes/, 'without it');
is((main::explain("$head> \r\n$tail", @http))[0], 0, 'with the answer');
like((main::explain("$head> X : a\r\n> \r\n", @http))[2], qr/line 5, column 2/,
     'lines are counted as in the file');
is((main::explain("> GET /p/a HTTP/1.1", @http))[0], 2, 'a line of it');
is((main::explain(">", @http))[0], 2, 'less');
