# Copyright (C) ngx_hoop_module authors
#
# What is kept of each request: all of it that an auditor needs, nothing that
# is secret, before the target sees the request, and so that nobody can change
# it unnoticed.

# what nginx inherits: a file that may not grow is an error, not the end
BEGIN { $SIG{XFSZ} = 'IGNORE' }

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( temp_dir wait_for );
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use Compress::Zlib ();
use Digest::SHA qw( sha256_hex );
use JSON::PP ();
use Time::Local qw( timegm_modern );

our $ssn = '536-22-1234';
our $card = '4111 1111 1111 1111';
our $secret = 'Zx9-q7Lw_credential_of_the_target';
our $hoopctl = $ENV{HOOPCTL} || './build/hoopctl';

our $upstream = Hoop::Upstream->new(routes => {
    '/p/plain' => "reached\n",
    '/p/person' => { type => 'application/json',
                     body => qq({"name":"Ann","ssn":"$ssn","card":"$card"}) },
    '/p/gzip' => { body => "SSN $ssn " x 20, gzip => 1 },
    '/p/echo' => sub { { type => 'text/plain', body => $_[0]{raw} } },
    '/p/long' => { body => "0123456789\n" x 5000 },
    '/p/many' => { body => "SSN $ssn and $ssn, card $card\n" },
    '/p/cut' => { chunks => ["one\n", ["two\n", 0.05]], cut => 1 },
    '/p/none' => { status => 404, body => "none\n" },
    '/p/part' => { status => 206, body => 'x',
                   headers => ['Content-Range' => 'bytes 0-0/2'] },
    '/p/image' => { type => 'image/png', body => "\x89PNG$ssn" },
    # a secret at a place
    '/p/at/*' => sub {
        my ($what, $at) = $_[0]{uri} =~ m{/at/(\w+)/(\d+)};
        my $text = $what eq 'ssn' ? $ssn : $what eq 'card' ? $card
                   : 'token=ghp_' . 'k3Jq9' x 8;
        'x ' x int($at / 2) . ' ' x ($at % 2) . "$text tail" . ' y' x 500;
    },
    '/p/hang' => { body => 'x', delay => 5 },
    # what the spool holds when the target sees the request
    '/p/spool' => sub {
        my $dir = $_[0]{headers}{'x-spool'};
        "@{[ map { $_->{type} } Hoop::Spool::events($dir) ]}\n";
    },
});
our $agent = bearer();
our $keys = temp_dir('secrets');

open my $fh, '>', "$keys/crm" or die $!;
print $fh "$secret\n";
close $fh;
chmod 0600, "$keys/crm";
$ENV{TEST_NGINX_SECRETS} = $keys;

sub get {
    my ($uri, @headers) = @_;

    return ask(GET => $uri, [$agent, @headers]);
}

# the texts so far, once there are n of them; the first is "config"
sub texts {
    my ($n) = @_;

    my @texts;

    wait_for { $n <= (@texts = map { $_->{text} } Hoop::Spool::frames()) } 2;
    is(scalar @texts, $n, "$n events");
    return @texts;
}

sub of_type {
    my ($type, $dir) = @_;

    return grep { $_->{type} eq $type } Hoop::Spool::events($dir);
}

# how many of a type there are
sub kept {
    my ($type) = @_;

    return scalar grep { $_->{text} =~ /"type":"$type"/ } Hoop::Spool::frames();
}

# all files of the spool, and what nginx logs
sub everything {
    my $text = '';
    my $logs = "$ENV{TEST_NGINX_SERVER_ROOT}/logs";

    for my $file (glob("$ENV{TEST_NGINX_SPOOL}/* $ENV{TEST_NGINX_SPOOL}/*/*"
                       . " $logs/*"))
    {
        next if !-f $file;
        open my $fh, '<:raw', $file or die "$file: $!\n";
        local $/;
        $text .= <$fh> // '';
    }

    return $text;
}

# exit code and output of hoopctl
sub hoopctl {
    my (@args) = @_;

    local $SIG{CHLD} = 'DEFAULT';

    open my $out, '-|', $hoopctl, @args or die "$hoopctl: $!\n";
    my $text = CORE::join '', <$out>;
    close $out;
    return ($? >> 8, $text);
}

sub no_hoopctl {
    return 0 if -x $hoopctl;

    diag("$hoopctl is not there: \"make hoopctl\"");
    return 1;
}

# another spool with these texts in one segment
sub spool_of {
    my (@texts) = @_;

    my $dir = temp_dir('forged');
    my ($first) = $texts[0] =~ /"seq":(\d+)/;

    mkdir "$dir/0";
    open my $fh, '>:raw', sprintf '%s/0/%020d.seg', $dir, $first or die $!;

    for my $text (@texts) {
        my ($slot, $seq) = $text =~ /"id":"\w+:(\d+):(\d+)"/;
        my ($day, $time, $ms) = $text =~ /"ts":"([\d-]+)T([\d:]+)\.(\d+)Z"/;
        my ($y, $m, $d) = split /-/, $day;
        my $ts = timegm_modern(reverse(split /:/, $time), $d, $m - 1, $y);
        my $rest = pack('V Q< Q<', $slot, $seq, $ts * 1000 + $ms) . $text;

        print $fh pack('a4 V V', 'HEV1', length $text,
                       Compress::Zlib::crc32($rest)), $rest;
    }

    close $fh;
    return $dir;
}

# a text again, with a hash that fits
sub rehash {
    my ($text) = @_;

    substr($text, -75) = '';
    return "$text,\"hash\":\"" . sha256_hex($text) . '"}';
}

sub fsize {
    my ($size) = @_;

    return 0 == system 'prlimit', '--pid', nginx_pid(), "--fsize=$size:";
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $upstream->reset;

    my $audit = $block->audit // 'sync=off';
    my $more = $block->protected // '';
    chomp($audit, $more);

    $block->set_value('http_config', <<"END") if !defined $block->http_config;
hoop_audit \$TEST_NGINX_SPOOL gateway=t $audit;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks.json;
}
END

    $block->set_value('config', <<"END") if !defined $block->config;
location /p/ {
    hoop on;
    hoop_policy \$TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_target crm;
    $more
    proxy_http_version 1.1;
    proxy_read_timeout 600ms;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
location = /count {
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/__count;
}
END

    $block->set_value('user_files', <<'END') if !defined $block->user_files;
>>> policy.json
{ "version": 1, "name": "crm", "rules": [
    { "id": "ok", "effect": "allow", "reason": "reading",
      "match": { "request": { "method": ["GET", "HEAD", "POST"] } } },
    { "id": "no", "effect": "deny", "reason": "not this",
      "match": { "request": { "path": "/p/denied" } } } ] }
END

    $block->set_value('request', 'GET /count') if !defined $block->request;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\n[error]\neyJ")
        if !defined $block->no_error_log;
    $block->set_value('no_event_text', "$ssn\n$card\n$secret\neyJ")
        if !defined $block->no_event_text;
});

Hoop::Client->steps;
Hoop::Spool->install;
worker_connections(256);
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: the events of a request, member by member
--- steps
my $res = get('/p/plain?a=1', 'Hoop-Run: run-7');
is($res->{status}, 200, 'it passes');

my $policy = "$ENV{TEST_NGINX_SERVER_ROOT}/html/policy.json";
open my $fh, '<:raw', $policy or die "$policy: $!";
my $file = do { local $/; <$fh> };

my ($hash, $body) = (sha256_hex($file), sha256_hex($res->{body}));
my $session = $res->{headers}{'hoop-session'};
my $ts = '\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z';
my @texts = texts(4);
my ($prev, $seq) = ($texts[0] =~ /"type":"config".*"hash":"(\w+)"\}$/, 1);

for my $case (
    ['request', '"method":"GET","host":"localhost","uri":"/p/plain\?a=1",'
                . '"source":"127\.0\.0\.1"'],
    ['decision', '"decision":"allow","rule":"ok","reason":"reading",'
                 . "\"policy\":\"crm\",\"policy_hash\":\"$hash\""],
    ['response', '"status":200,"bytes":8,"duration_ms":\d+,'
                 . "\"upstream_status\":200,\"sha256\":\"$body\""],
) {
    my ($type, $own) = @$case;

    like($texts[$seq++],
         qr/^\{"v":1,"id":"t:0:$seq","seq":$seq,"ts":"$ts","gateway":"t",
            "slot":0,"type":"$type","session":"$session","run":"run-7",
            "identity":\{"iss":"https:\/\/idp\.test","sub":"agent-1"\},
            "target":"crm",$own,"prev":"$prev","hash":"([0-9a-f]{64})"\}$/x,
         $type);
    ($prev) = $texts[$seq - 1] =~ /"hash":"(\w+)"\}$/;
}
--- response_body
1



=== TEST 2: a refusal, and one without a token
--- request eval
["GET /p/denied", "GET /p/plain"]
--- more_headers eval
[$main::agent, ""]
--- error_code eval
[403, 401]
--- events
{"type":"request","uri":"/p/denied","seq":2}
{"type":"decision","decision":"deny","rule":"no","reason":"not this","status":403,"policy":"crm","seq":3}
{"type":"request","uri":"/p/plain","seq":4}
{"type":"decision","decision":"deny","status":401,"seq":5}



=== TEST 3: who asked, and who stands behind
--- request
GET /p/plain
--- more_headers eval
main::bearer(sub => 'alice', email => 'x@y.test', act => { sub => 'planner',
             scope => 'x', act => { sub => 'tool', iss => 'https://x.test' } })
--- response_body
reached
--- events
{"type":"request","identity":{"iss":"https://idp.test","sub":"alice","act":{"sub":"planner","act":{"iss":"https://x.test","sub":"tool"}}}}
{"type":"decision","identity":{"sub":"alice","act":{"sub":"planner","act":{"sub":"tool"}}}}
{"type":"response","identity":{"sub":"alice","act":{"sub":"planner","act":{"sub":"tool"}}}}



=== TEST 4: the policy that decided, of two
--- config
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json
                $TEST_NGINX_SERVER_ROOT/html/more.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- user_files
>>> policy.json
{ "version": 1, "name": "one", "rules": [
    { "id": "ok", "effect": "allow", "match": {} } ] }
>>> more.json
{ "version": 1, "name": "two", "rules": [
    { "id": "no", "effect": "deny", "reason": "not this",
      "match": { "request": { "path": "/p/none" } } } ] }
--- steps
is(get('/p/plain')->{status}, 200, 'the one allows');
is(get('/p/none')->{status}, 403, 'the other denies');
texts(6);

my %hash = map { $_->{policy} => $_->{policy_hash} } of_type('decision');
for my $case (['one', 'policy'], ['two', 'more']) {
    open my $fh, '<', "$ENV{TEST_NGINX_SERVER_ROOT}/html/$case->[1].json";
    is($hash{$case->[0]}, sha256_hex(do { local $/; <$fh> }), "of $case->[0]");
}
--- request
GET /p/plain
--- more_headers eval
$main::agent
--- response_body
reached



=== TEST 5: what the caller says is masked: run, host, path, query
--- steps
my $encoded = CORE::join '', map { sprintf '%%%02x', ord } split //, $ssn;

for my $uri ("/p/plain?ssn=$ssn&q=x", "/p/plain?q=x&n=$encoded",
             "/p/plain?x=4111111111111111", '/p/plain?x=4111+1111+1111+1111',
             "/p/plain?password=hunter2hunter2")
{
    is(get($uri, "Hoop-Run: run of $ssn")->{status}, 200, $uri);
}

is(get("/p/$ssn", "Hoop-Run: $ssn", "Host: $ssn.test")->{status}, 404, 'in the path');
texts(19);

my @uris = map { $_->{uri} } of_type('request');
like($uris[0], qr/\?.*q=x/, 'the rest is there');
unlike("@uris", qr/4111111|\+1111|\Q$encoded\E|hunter2/, 'and no secret');
unlike(CORE::join(' ', map { "$_->{run} $_->{host} $_->{target}" }
                       of_type('request')), qr/536/, 'run and host');
--- request eval
"GET /p/plain"
--- more_headers eval
"$main::agent\nHost: localhost"
--- response_body
reached



=== TEST 6: a target by its name in the request is masked, too
--- config
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_target "target of $http_x_target";
    hoop_run "run $arg_run";
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
"GET /p/plain?run=$main::ssn"
--- more_headers eval
"$main::agent\nX-Target: $main::ssn"
--- response_body
reached
--- events
{"type":"request","target":"/^target of \\[REDACTED/","run":"/^run \\[REDACTED/"}



=== TEST 7: a recording of both sides, masked
--- protected: hoop_record payload;
--- steps
my $body = qq({"q":"Ann","ssn":"$ssn","note":"card $card","deep":{"a":[1,"$ssn"]}});
my $res = ask(POST => '/p/person', [$agent, 'Content-Type: application/json'],
              $body);
is($res->{status}, 200, 'it passes');
is($upstream->last_request->{body}, $body, 'the target sees it as it was');
texts(6);

my ($in, $out) = of_type('recording');
is("$in->{direction} $in->{part} $in->{encoding} $in->{last}",
   'request 0 utf8 1', 'the request');
my $data = JSON::PP::decode_json($in->{data});
is($data->{q}, 'Ann', 'what is no secret');
is(scalar @{ $data->{deep}{a} }, 2, 'is as it was');
is("$out->{direction} $out->{part} $out->{encoding} $out->{last}",
   'response 0 utf8 1', 'the response');
is($out->{data}, $res->{body}, 'as the client got it');

my ($req) = of_type('request');
is($req->{body_sha256}, sha256_hex($body), 'digest of what was sent');
is($req->{body_bytes}, length $body, 'and its size');
my ($end) = of_type('response');
is($end->{sha256}, sha256_hex($res->{body}), 'digest of what was got');
is($end->{bytes}, length $res->{body}, 'and its size');
--- response_body
1
--- events
{"type":"request"}
{"type":"recording","direction":"request"}
{"type":"decision"}
{"type":"response","masked":{"us_ssn":1,"credit_card":1}}
{"type":"recording","direction":"response"}



=== TEST 8: bodies that are no JSON: form, text, bytes, broken ones
--- protected: hoop_record payload;
--- steps
my %type = (
    form => ['application/x-www-form-urlencoded', "ssn=$ssn&card=4111+1111+1111+1111&q=x"],
    text => ['text/plain', "SSN $ssn, card $card\n"],
    html => ['text/html', "<b>$ssn</b>"],
    none => [undef, "SSN $ssn"],
    latin => ['text/plain; charset=iso-8859-1', "\xe4 $ssn \xff"],
    bytes => ['application/octet-stream', "\0\1$ssn"],
    broken => ['application/json', qq({"ssn":"$ssn")],
    lines => ['application/x-ndjson', qq({"ssn":"$ssn"}\n{"ssn":"$ssn"}\n)],
    escaped => ['application/json', '{"ssn":"\u0035\u003336-22-1234"}'],
);

for my $name (sort keys %type) {
    my ($type, $body) = @{ $type{$name} };
    my $res = ask(POST => '/p/plain',
                  [$agent, "Hoop-Run: $name",
                   defined $type ? "Content-Type: $type" : ()], $body);
    is($res->{status}, 200, "$name passes");
    is($upstream->last_request->{body}, $body, 'as it is');
}

soon { of_type('response') == keys %type } 'all are told of';

my $all = everything();
unlike($all, qr/536-22|\+1111|u003336/, 'nothing is in the spool or the logs');
my @recorded = grep { $_->{direction} eq 'request' } of_type('recording');

for my $r (@recorded) {
    my $data = $r->{encoding} eq 'base64'
               ? MIME::Base64::decode_base64($r->{data}) : $r->{data};
    unlike($data, qr/536-22/, "nor encoded: $r->{run}");
}

my %run = map { $_->{run} => 1 } @recorded;
ok($run{$_}, "$_ is recorded") for qw( form text html lines escaped );
ok(!$run{bytes}, 'bytes are not');
is(scalar(grep { $_->{body_sha256} } of_type('request')), scalar keys %type,
   'the digest of each is');
--- response_body
9



=== TEST 9: a compressed answer
--- protected: hoop_record payload;
--- request
GET /p/gzip
--- more_headers eval
$main::agent
--- response_body_unlike: 536-22
--- events
{"type":"response","masked":{"us_ssn":20}}
{"type":"recording","direction":"response","data":"/^SSN \\[REDACTED/"}



=== TEST 10: masks are counted
--- request
GET /p/many
--- more_headers eval
$main::agent
--- response_body_like: REDACTED
--- events
{"type":"response","masked":{"us_ssn":2,"credit_card":1}}



=== TEST 11: only so much is recorded, and no half of a secret
--- protected: hoop_record payload; hoop_record_max 100;
--- steps
my $pem = "-----BEGIN PRIVATE KEY-----\n"
          . CORE::join("\n", map { $_ x 64 } 'A' .. 'F')
          . "\n-----END PRIVATE KEY-----";
my %secret = (
    "$ssn tail"  => qr/536-2/, "$card tail" => qr/4111 1/,
    "$card and $ssn" => qr/4111 1|536-2/, $pem => qr/A{8}|C{8}|F{8}/,
    "token=ghp_" . 'k3Jq9' x 8 => qr/ghp_k/,
);
my ($n, %looked, @halves) = (0);

for my $secret (sort keys %secret) {
    for (my $at = 1; $at < 104; $at += 3) {
        my $body = 'x ' x int($at / 2) . (' ' x ($at % 2)) . $secret
                   . ' y' x ($at % 5 * 100);
        my $run = "run-" . ++$n;

        is(ask(POST => '/p/plain', [$agent, 'Content-Type: text/plain',
                                    "Hoop-Run: $run"], $body)->{status},
           200, 'it passes');
        $looked{$run} = $secret{$secret};
    }
}

soon { kept('response') == $n } 'each is told of';
cmp_ok(kept('recording'), '>', $n + 20, 'and recorded, where something is left');

for my $e (of_type('recording')) {
    push @halves, $e->{data} if $e->{direction} eq 'request'
                                && $e->{data} =~ $looked{$e->{run}};
}

is(CORE::join("\n", @halves), '', 'no half of a secret');
--- response_body_like: ^175



=== TEST 12: nor of an answer that is passed as it is
--- protected: hoop_record payload; hoop_record_max 200; hoop_mask off;
--- steps
my @halves;

for my $what (qw( ssn card token )) {
    for (my $at = 100; $at < 200; $at += 2) {
        is(get("/p/at/$what/$at", "Hoop-Run: $what-$at")->{status}, 200,
           'it passes');
    }
}

soon { kept('response') == 150 } 'each is told of';
cmp_ok(kept('recording'), '>', 100, 'and recorded');

for my $e (of_type('recording')) {
    push @halves, $e->{data} if $e->{data} =~ /536-2|4111 1|ghp_k/;
}

is(CORE::join("\n", @halves), '', 'no half of a secret');
--- response_body
150
--- events
{"type":"recording","direction":"response","truncated":true}



=== TEST 13: JSON that is cut is recorded as far as it goes
--- protected: hoop_record payload; hoop_record_max 512;
--- steps
my $body = '{"list":[' . CORE::join(',', map { qq("$ssn") } 1 .. 100) . ']}';
my $res = ask(POST => '/p/plain', [$agent, 'Content-Type: application/json'],
              $body);
is($res->{status}, 200, 'it passes');
texts(6);
my ($in) = of_type('recording');
is($in->{direction}, 'request', 'it is recorded');
ok($in->{truncated}, 'and cut');
my ($req) = of_type('request');
is($req->{body_sha256}, sha256_hex($body), 'the digest is that of all');
--- response_body
1



=== TEST 14: a long one, in parts
--- protected: hoop_record payload;
--- steps
my $res = get('/p/long');
is(length $res->{body}, 55000, 'an answer');
texts(6);
my @parts = of_type('recording');
is(CORE::join('', map { $_->{data} } @parts), $res->{body}, 'is all there');
is(CORE::join(' ', map { $_->{part} } @parts), '0 1', 'in order');
ok(!$parts[0]{last} && $parts[1]{last}, 'the last one says so');
ok(!$parts[1]{truncated}, 'nothing is cut');
--- response_body
1



=== TEST 15: nothing is recorded, or no more than that it was
--- user_files
>>> policy.json
{ "version": 1, "name": "crm", "rules": [
    { "id": "off", "effect": "allow", "record": "off",
      "match": { "request": { "path": "/p/plain" } } },
    { "id": "all", "effect": "allow", "record": "payload",
      "match": { "request": { "path": "/p/person" } } },
    { "id": "some", "effect": "allow",
      "match": { "request": { "path": "/p/none" } } } ] }
--- steps
is(get('/p/plain')->{status}, 200, 'off');
is(get('/p/person')->{status}, 200, 'payload');
is(get('/p/none')->{status}, 404, 'metadata');
my @texts = texts(10);
is(CORE::join(' ', map { /"type":"(\w+)"/ } @texts),
   'config request decision request decision response recording'
   . ' request decision response', 'as the rules say');
--- response_body
3



=== TEST 16: no credential anywhere, wherever the target writes it
--- protected: hoop_record payload; hoop_credential crm;
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
hoop_credential crm file=$TEST_NGINX_SECRETS/crm;
log_format all '$request $status $http_user_agent $hoop_sub $hoop_session';
access_log logs/all.log all;
--- steps
my $res = ask(POST => "/p/echo?x=$secret",
              [$agent, 'Content-Type: text/plain'],
              "my own $secret");
is($res->{status}, 200, 'it passes');
like($upstream->last_request->{headers}{authorization},
     qr/^Bearer \Q$secret\E$/, 'the target gets it');
unlike($upstream->last_request->{raw}, qr/eyJ/, 'and no token');
unlike($res->{raw}, qr/\Q$secret\E|eyJ/, 'the client does not');
like($res->{body}, qr/^Authorization: \[REDACTED/mi, 'but its mask');
texts(6);

my ($decision) = of_type('decision');
is($decision->{credential}, 'crm', 'its name is told');

my @events = map { $_->{text} } Hoop::Spool::frames();
unlike("@events", qr/\Q$secret\E|eyJ/, 'nothing in the events');
--- response_body
1



=== TEST 17: the end of a request, whatever came of it
--- steps
is(get('/p/none')->{status}, 404, 'not found');
is(ask(HEAD => '/p/plain', $agent)->{status}, 200, 'HEAD');
is(get('/p/part')->{status}, 502, 'an answer that cannot be judged');
is(get('/p/hang')->{status}, 504, 'no answer');
is(get('/p/cut')->{status}, 0, 'an answer that breaks off');
$upstream->down;
is(get('/p/plain')->{status}, 502, 'no target');
$upstream->up;

my $left = begin(GET => '/p/hang', $agent);
soon { of_type('decision') == 7 } 'a request is on its way';
hang_up($left);

soon { of_type('response') == 7 } 'each has its end';
my @ends = of_type('response');
is(CORE::join(' ', map { $_->{status} } @ends),
   '404 200 502 504 200 502 499', 'its status');
ok($ends[2]{blocked}, 'what was blocked, and why');
ok($ends[4]{aborted}, 'what broke off');
ok($ends[6]{aborted}, 'what the client did not wait for');
ok(!$ends[0]{aborted} && !$ends[1]{aborted}, 'what did not');
--- request
GET /count
--- error_code: 200
--- no_error_log
[alert]
[crit]
[emerg]
eyJ



=== TEST 18: it is kept before the target sees the request
--- request eval
"GET /p/spool"
--- more_headers eval
"$main::agent\nX-Spool: " . '$ENV{TEST_NGINX_SPOOL}'
--- steps
is(get('/p/spool', "X-Spool: $ENV{TEST_NGINX_SPOOL}")->{body},
   "config request decision\n", 'with sync=off');
--- error_code: 200
--- ignore_response



=== TEST 19: and on the disk, if that is wanted
--- audit: sync=always
--- steps
is(get('/p/spool', "X-Spool: $ENV{TEST_NGINX_SPOOL}")->{body},
   "config request decision\n", 'with sync=always');

my @held = map { begin(GET => "/p/plain?$_", $agent) } 1 .. 30;
is(CORE::join(' ', map { finish($_)->{status} } @held),
   CORE::join(' ', (200) x 30), 'many at once');
soon { of_type('response') == 31 } 'each is told of';
--- response_body
31



=== TEST 20: with sync=batch
--- audit: sync=batch
--- steps
is(get('/p/spool', "X-Spool: $ENV{TEST_NGINX_SPOOL}")->{body},
   "config request decision\n", 'it is written');
--- response_body
1



=== TEST 21: a folder that cannot be used: nothing reaches the target
--- post_setup_server_root
for my $slot (0 .. 3) {
    open my $fh, '>', "$ENV{TEST_NGINX_SPOOL}/$slot" or die $!;
    print $fh "in the way\n";
}
--- request eval
["GET /p/plain", "POST /p/plain\nx", "GET /p/denied", "GET /count"]
--- more_headers eval
[$main::agent, $main::agent, $main::agent, ""]
--- error_code eval
[503, 503, 403, 200]
--- response_body eval
[qr/"title":"Service Unavailable","status":503,"detail":"the evidence cannot be kept"/,
 qr/"status":503/, qr/"status":403/, "0\n"]
--- no_error_log eval
[qr/\[alert\](?!.*no audit spool)/, qr/\[crit\](?!.*hoop audit: )/, '[emerg]',
 'eyJ']
--- no_spool_check



=== TEST 22: and well again when it can
--- post_setup_server_root
for my $slot (0 .. 3) {
    open my $fh, '>', "$ENV{TEST_NGINX_SPOOL}/$slot" or die $!;
}
--- steps
is(get('/p/plain')->{status}, 503, 'refused');
unlink "$ENV{TEST_NGINX_SPOOL}/$_" for 0 .. 3;
soon { get('/p/plain')->{status} == 200 } 'accepted';
--- response_body
1
--- error_log
[alert]
[crit]
can be used, nothing is accepted
--- no_error_log
[emerg]
eyJ
--- events
{"type":"gap"}
{"type":"request"}



=== TEST 23: the disk is full: on_full=deny
--- steps
is(get('/p/plain')->{status}, 200, 'room') for 1 .. 20;
texts(61);

my ($file) = Hoop::Spool::segments();
my $count = $upstream->get('/__count');
ok(fsize(100 + -s $file), 'no more room');

for my $uri (qw( /p/plain /p/person /p/plain )) {
    my $res = get($uri);
    is($res->{status}, 503, 'refused');
    is($res->{json}{detail}, 'the evidence cannot be kept', 'and why');
}

is(get('/p/denied')->{status}, 403, 'a refusal stands');
is($upstream->get('/__count'), $count, 'nothing has reached the target');
is(CORE::join(' ', Hoop::Spool::frame_problems()), '', 'nothing is torn');
ok(fsize('unlimited'), 'room again');
is(get('/p/plain')->{status}, 200, 'accepted');
--- response_body
21
--- error_log eval
qr/\[crit\].*slot 0 cannot be written/
--- no_error_log
[alert]
[emerg]
eyJ
--- events
{"type":"response"}
{"type":"gap","refused":"/^[1-9]/","since":"/Z$/"}
{"type":"request"}
{"type":"decision"}
{"type":"response"}



=== TEST 24: the disk is full: on_full=drop
--- audit: sync=off on_full=drop
--- steps
is(get('/p/plain')->{status}, 200, 'room') for 1 .. 20;
texts(61);

my ($file) = Hoop::Spool::segments();
ok(fsize(100 + -s $file), 'no more room');
is(get('/p/plain')->{status}, 200, 'it passes') for 1 .. 3;
is(get('/p/denied')->{status}, 403, 'but not what may not');
is(CORE::join(' ', Hoop::Spool::frame_problems()), '', 'nothing is torn');
ok(fsize('unlimited'), 'room again');
is(get('/p/plain')->{status}, 200, 'accepted');
--- response_body
24
--- error_log eval
qr/\[crit\].*slot 0 cannot be written/
--- no_error_log
[alert]
[emerg]
eyJ
--- events
{"type":"gap","dropped":11,"since":"/Z$/"}
{"type":"request"}



=== TEST 25: a limit of the configuration
--- audit: sync=off max_size=256k segment_size=64k
--- protected: hoop_record payload;
--- steps
my $n = 0;
$n++ while get('/p/long')->{status} == 200 && $n < 50;

cmp_ok($n, '>', 0, 'there was room');
cmp_ok($n, '<', 50, 'and an end to it');
is($upstream->get('/__count'), "$n\n", 'nothing more reached the target');

my $size = 0;
$size += -s for Hoop::Spool::segments();
cmp_ok($size, '<=', 256 * 1024, 'it has its size');
--- request
GET /p/plain
--- more_headers eval
$main::agent
--- error_code: 503
--- error_log eval
[qr/\[crit\].*slot 0 is full/]
--- no_error_log
[alert]
[emerg]
eyJ



=== TEST 26: hoopctl finds it intact, and finds again
--- steps
if (main::no_hoopctl()) {
    SKIP: { skip("$hoopctl is not there", 1) }

} else {
    my $res = get("/p/person", 'Hoop-Run: r1');
    is($res->{status}, 200, 'a request');
    is(get('/p/denied', 'Hoop-Run: r2')->{status}, 403, 'and another');
    my @texts = texts(6);
    my $session = $res->{headers}{'hoop-session'};
    my @source = ('--spool', $ENV{TEST_NGINX_SPOOL});

    my ($rc, $out) = hoopctl('audit', 'verify', @source);
    is("$rc $out", "0 intact: 6 events in 1 slots\n", 'intact');

    ($rc, $out) = hoopctl('audit', 'export', @source);
    is("$rc $out", CORE::join('', 0, ' ', map { "$_\n" } @texts), 'export');

    my $file = temp_dir('export') . '/all.jsonl';
    open my $fh, '>', $file or die $!;
    print $fh $out;
    close $fh;
    ($rc, $out) = hoopctl('audit', 'verify', '--file', $file);
    is($rc, 0, 'an export is intact');

    for my $case (
        [['--session', $session], [1, 2, 3]], [['--run', 'r2'], [4, 5]],
        [['--type', 'decision'], [2, 5]], [['--decision', 'deny'], [5]],
        [['--type', 'config'], [0]],
        [['--rule', 'ok'], [2]], [['--sub', 'agent-1'], [1 .. 5]],
        [['--sub', 'nobody'], []], [['--since', '1h'], [0 .. 5]],
        [['--until', '2001-01-01'], []],
        [['--type', 'decision', '--run', 'r1'], [2]],
    ) {
        my ($args, $want) = @$case;
        ($rc, $out) = hoopctl('audit', 'query', @source, @$args);
        is($out, CORE::join('', map { "$_\n" } @texts[@$want]), "@$args");
        is($rc, @$want ? 0 : 1, 'exit code');
    }
}
--- response_body_like: ^[01]$



=== TEST 27: hoopctl finds what was done to it
--- steps
is(get('/p/plain')->{status}, 200, 'a request') for 1 .. 3;
my @texts = texts(10);

if (main::no_hoopctl()) {
    SKIP: { skip("$hoopctl is not there", 1) }

} else {
    my ($rc, $out) = hoopctl('audit', 'verify', '--spool', spool_of(@texts));
    is("$rc $out", "0 intact: 10 events in 1 slots\n", 'a copy is intact');

    my @changed = @texts;
    $changed[5] =~ s/"allow"/"deny"/ or die;
    my @quiet = @changed;
    $quiet[5] = rehash($quiet[5]);
    my @status = @texts;
    $status[9] =~ s/"status":200/"status":403/ or die;
    my @removed = @texts;
    splice @removed, 4, 1;
    my @swapped = @texts;
    @swapped[4, 5] = @swapped[5, 4];
    my @added = @texts;
    splice @added, 5, 0, $texts[4];
    my @forged = @texts;
    $forged[4] =~ s/"prev":"\w+"/'"prev":"' . 'a' x 64 . '"'/e;
    $forged[4] = rehash($forged[4]);
    for my $case (
        ['changed', 6, 'changed', @changed],
        ['changed with its hash', 7, 'forged', @quiet],
        ['the last one changed', 10, 'changed', @status],
        ['removed', 5, 'removed', @removed],
        ['reordered', 5, 'reordered', @swapped],
        ['added', 5, 'reordered', @added],
        ['forged', 5, 'forged', @forged],
    ) {
        my ($what, $seq, $word, @events) = @$case;

        my $file = temp_dir('export') . '/all.jsonl';
        open my $fh, '>', $file or die $!;
        print $fh map { "$_\n" } @events;
        close $fh;

        for my $source (['--spool', spool_of(@events)], ['--file', $file]) {
            ($rc, $out) = hoopctl('audit', 'verify', @$source);
            is($rc, 1, "$what, in $source->[0]: found");
            like($out, qr/^broken: event t:0:$seq $word/m,
                 'where, and what was done') or diag($out);
        }
    }
}
--- response_body
3



=== TEST 28: a whole text of another slot or gateway is not taken
--- steps
is(get('/p/plain')->{status}, 200, 'a request') for 1 .. 2;
my @texts = texts(7);

if (main::no_hoopctl()) {
    SKIP: { skip("$hoopctl is not there", 1) }

} else {
    for my $case (['gateway', 's/"t:0:4"/"u:0:4"/; s/"gateway":"t"/"gateway":"u"/'],
                  ['slot', 's/"t:0:4"/"t:7:4"/; s/"slot":0/"slot":7/'],
                  ['number', 's/"t:0:4"/"t:0:9"/; s/"seq":4/"seq":9/'])
    {
        my ($what, $change) = @$case;
        my @events = @texts;

        for ($events[3]) { eval $change; $_ = rehash($_) }
        my ($rc, $out) = hoopctl('audit', 'verify', '--spool',
                                 spool_of(@events));
        is($rc, 1, "another $what is found");
        like($out, qr/^broken: /m, 'and told') or diag($out);
    }
}
--- response_body
2



=== TEST 29: the client leaves before its body is there
--- protected: hoop_record payload;
--- steps
my $left = begin(POST => '/p/plain',
                 "$agent\nContent-Type: text/plain\nContent-Length: 100");
syswrite $left->{sock}, "half of it $ssn";
select undef, undef, undef, 0.02;
hang_up($left);
soon { of_type('decision') == 1 } 'it is told of';
my ($decision) = of_type('decision');
isnt($decision->{decision}, 'allow', 'and not allowed');
--- response_body
0
--- events
{"type":"request","method":"POST","uri":"/p/plain"}
{"type":"decision"}



=== TEST 30: what does not fit into an event is refused; the chain goes on
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
large_client_header_buffers 4 2m;
--- steps
is(get('/p/plain')->{status}, 200, 'a request');
my $n = $upstream->get('/__count');
is(get('/p/plain?q=' . 'x' x 1200000)->{status}, 503, 'a URI that is too long');
is($upstream->get('/__count'), $n, 'does not reach the target');
is(get('/p/plain')->{status}, 200, 'another request');
--- response_body
2
--- no_error_log
[alert]
[crit]
[emerg]
eyJ



=== TEST 31: a body that grows by its masks
--- protected: hoop_record payload;
--- user_files
>>> policy.json
{ "version": 1, "name": "crm", "rules": [
    { "id": "ok", "effect": "allow", "mask": ["hash"], "match": {} } ],
  "masks": { "hash": { "detect": ["email"], "action": "hash" } } }
--- steps
for my $n (1, 100, 2000) {
    is(ask(POST => '/p/plain', [$agent, 'Content-Type: text/plain'],
           'a@b.co ' x $n)->{status}, 200, "$n of them");
}

soon { kept('response') == 3 } 'all are told of';
--- response_body
3
--- no_event_text
a@b.co
