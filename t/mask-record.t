# Copyright (C) ngx_hoop_module authors
#
# What is kept of an exchange: the masked text, cut where it is too long, with
# the digest of what the client got; and never a secret, whatever passed.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Digest::SHA qw( sha256_hex );
use Hoop::Replay;
use Hoop::Spool;
use Hoop::Token;
use MIME::Base64 qw( decode_base64 );

our $upstream = Hoop::Replay->install(routes => {
    '/q/echo' => sub {
        my ($req) = @_;
        return { type => $req->{headers}{'content-type'} // 'text/plain',
                 body => $req->{body} };
    },
});

our $auth = bearer();
our $ssn = '078-05-1121';
our $label = '[REDACTED:US_SSN]';

# one direction's recording, put together: text, parts, the last event
sub recording {
    my ($direction) = @_;

    my @parts;

    Hoop::Daemon::wait_for {
        @parts = grep { $_->{type} eq 'recording'
                        && $_->{direction} eq $direction }
                 Hoop::Spool::events();
        @parts && $parts[-1]{last};
    } 2;

    return CORE::join('', map { $_->{encoding} eq 'base64'
                                ? decode_base64($_->{data}) : $_->{data} }
                          @parts),
           scalar @parts, $parts[-1];
}

sub response_event {
    my @found;

    Hoop::Daemon::wait_for {
        @found = grep { $_->{type} eq 'response' } Hoop::Spool::events();
    } 2;

    return $found[-1];
}

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: the masked answer, and the digest of what the client got
--- location
hoop_record payload;
--- type: application/json
--- cases
{"ssn":"078-05-1121","a":"x"}
-> {"ssn":"[REDACTED:US_SSN]","a":"x"}
--- events eval
my $got = '{"ssn":"[REDACTED:US_SSN]","a":"x"}';
'{"type":"request"}
{"type":"decision"}
{"type":"response","status":200,"bytes":' . length($got) . ',"sha256":"'
. Digest::SHA::sha256_hex($got) . '","masked":{"us_ssn":1}}
{"type":"recording","direction":"response","part":0,"encoding":"utf8","last":true,"data":'
. JSON::PP->new->allow_nonref->encode($got) . '}'
--- no_event_text
078-05
truncated



=== TEST 2: metadata: no payload; off: no closing event
--- config_more
location /p/off/ {
    hoop on;
    hoop_record off;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["GET /p/x", "GET /p/off/x"]
--- error_code eval
[200, 200]
--- wait: 0.05
--- events
{"type":"request","uri":"/p/x"}
{"type":"decision"}
{"type":"response","status":200}
{"type":"request","uri":"/p/off/x"}
{"type":"decision"}
--- no_event_text
recording
no X-Replay



=== TEST 3: hoop_mask off: the client has it, the evidence does not
--- location
hoop_record payload;
hoop_mask off;
--- type: application/json
--- cases
{"ssn":"078-05-1121","a":"x"}
->
--- events eval
'{"type":"response","bytes":29,"sha256":"'
. Digest::SHA::sha256_hex('{"ssn":"078-05-1121","a":"x"}') . '"}
{"type":"recording","direction":"response","data":'
. JSON::PP->new->allow_nonref->encode('{"ssn":"[REDACTED:US_SSN]","a":"x"}')
. '}'
--- no_event_text
078-05



=== TEST 4: an empty list of masks in the rule, the same
--- location
hoop_record payload;
--- rule
"mask": []
--- answers eval
['a 078-05-1121']
--- response_body: a 078-05-1121
--- events
{"type":"recording","direction":"response","data":"a [REDACTED:US_SSN]"}
--- no_event_text
078-05



=== TEST 5: the rule says what is recorded
--- location
hoop_record off;
--- rule
"record": "payload"
--- answers eval
['a 078-05-1121']
--- response_body: a [REDACTED:US_SSN]
--- events
{"type":"recording","direction":"response","data":"a [REDACTED:US_SSN]"}



=== TEST 6: the request: body and URI
--- config_more
location /q/ {
    hoop on;
    hoop_record payload;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request
POST /q/echo?ssn=078-05-1121&b=4111111111111111&c=d
{"password":"hunter2","n":"078-05-1121"}
--- more_headers eval
"$main::auth\nContent-Type: application/json"
--- response_body: {"password":"[REDACTED:FIELD]","n":"[REDACTED:US_SSN]"}
--- events eval
'{"type":"request","method":"POST","uri":"/^\/q\/echo[?].*c=d$/","body_sha256":"'
. Digest::SHA::sha256_hex('{"password":"hunter2","n":"078-05-1121"}') . '"}
{"type":"recording","direction":"request","data":"{\"password\":\"[REDACTED:FIELD]\",\"n\":\"[REDACTED:US_SSN]\"}"}
{"type":"decision"}
{"type":"recording","direction":"response","data":"{\"password\":\"[REDACTED:FIELD]\",\"n\":\"[REDACTED:US_SSN]\"}"}'
--- no_event_text
078-05
hunter2
4111111111



=== TEST 7: a secret in the path
--- request eval
["GET /p/078-05-1121/x", "GET /p/%30%378-05-1121/x", "GET /p/a?n=078%2d05-1121"]
--- error_code eval
[200, 200, 200]
--- no_event_text
078-05
%378-05
078%2d05



=== TEST 8: a long answer is cut, and said to be; the digest covers all of it
--- location
hoop_record payload;
hoop_record_max 1k;
--- init
my $text = "line 078-05-1121 of many\n" x 1000;
my $got = $text =~ s/078-05-1121/[REDACTED:US_SSN]/gr;
my $res = main::ask({ body => $text });
Test::More::ok($res->{body} eq $got, 'the client has all of it');
my ($kept, undef, $last) = main::recording('response');
Test::More::is($kept, substr($got, 0, 1024), 'a k of it is kept');
Test::More::ok($last->{truncated}, 'said to be truncated');
my $event = main::response_event();
Test::More::is($event->{sha256}, Digest::SHA::sha256_hex($got), 'digest');
Test::More::is($event->{bytes}, length $got, 'size');
--- answers eval
['x']
--- no_event_text
078-05



=== TEST 9: cut in the middle of a secret, which the evidence must mask: the
client's answer is not masked
--- location
hoop_record payload;
hoop_record_max 1k;
hoop_mask off;
--- init
for my $pad (1012 .. 1024) {
    main::ask('x ' x ($pad / 2) . (' ' x ($pad % 2)) . '078-05-1121 y');
}
--- answers eval
['x']
--- no_event_text
078-05-1121
078-05-112



=== TEST 10: several parts, cut between characters
--- location
hoop_record payload;
hoop_record_max 256k;
--- init
my $text = "\xe2\x82\xac" x 40000 . ' 078-05-1121';
my $got = $text =~ s/078-05-1121/[REDACTED:US_SSN]/r;
main::ask($text, path => '/p/x', timeout => 5);
my ($kept, $parts, $last) = main::recording('response');
utf8::encode($kept) if utf8::is_utf8($kept);
Test::More::ok($kept eq $got, 'all of it');
Test::More::cmp_ok($parts, '>', 1, "in $parts parts");
Test::More::ok(!$last->{truncated}, 'not truncated');
--- answers eval
['x']



=== TEST 11: bytes that are no UTF-8
--- location
hoop_record payload;
--- init
my $text = "\xff caf\xe9 078-05-1121 \x01\x7f";
main::ask({ body => $text, type => 'text/plain; charset=iso-8859-1' });
my ($kept, undef, $last) = main::recording('response');
Test::More::is($last->{encoding}, 'base64', 'base64');
Test::More::is($kept, $text =~ s/078-05-1121/[REDACTED:US_SSN]/r, 'masked');
--- answers eval
['x']



=== TEST 12: gzip is recorded as the text that it is
--- location
hoop_record payload;
gzip on;
gzip_types *;
gzip_min_length 1;
gzip_proxied any;
--- init
my $res = main::ask({ body => 'a 078-05-1121', gzip => 1 },
                    headers => ['Accept-Encoding: gzip']);
Test::More::is($res->{headers}{'content-encoding'}, 'gzip', 'compressed');
my ($kept) = main::recording('response');
Test::More::is($kept, 'a [REDACTED:US_SSN]', 'text');
--- answers eval
['x']



=== TEST 13: an answer that was coded and not looked into is not recorded
--- location
hoop_record payload;
hoop_mask off;
--- answers eval
[{ body => 'a 078-05-1121', gzip => 1 },
 { body => 'zzz 078-05-1121', headers => ['Content-Encoding: br'] }]
--- error_code eval
[200, 200]
--- wait: 0.03
--- no_event_text
"type":"recording"
078-05



=== TEST 14: no text, passed: a digest and no recording
--- location
hoop_record payload;
hoop_mask_binary pass;
--- answers eval
[{ type => 'image/png', body => "\x89PNG 078-05-1121" }]
--- error_code: 200
--- events eval
'{"type":"response","status":200,"bytes":16,"sha256":"'
. Digest::SHA::sha256_hex("\x89PNG 078-05-1121") . '"}'
--- no_event_text
"type":"recording"
078-05



=== TEST 15: an aborted answer: what was sent is kept, and no digest of a whole
--- location
hoop_record payload;
--- init
main::ask({ body => "begin 219-09-9998\n078-05-112", length => 100 });
my ($kept) = main::recording('response');
Test::More::like($kept, qr/^(?:begin \[REDACTED:US_SSN\]\n?)?$/, 'masked');
my $event = main::response_event();
Test::More::ok($event->{aborted}, 'aborted');
Test::More::is($event->{sha256}, undef, 'no digest');
--- answers eval
['x']
--- error_log
upstream prematurely closed connection
--- no_error_log
[alert]
[crit]
[emerg]
--- no_event_text
078-05
219-09



=== TEST 16: a blocked answer leaves nothing
--- location
hoop_record payload;
--- answers eval
[{ type => 'image/png', body => 'a 078-05-1121' }]
--- error_code: 502
--- error_log
hoop: answer blocked
--- events
{"type":"response","status":502,"blocked":"the target sends what is not text"}
--- no_event_text
078-05



=== TEST 17: an empty answer, HEAD
--- location
hoop_record payload;
--- init
main::ask('');
main::ask(["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"], method => 'HEAD');
--- answers eval
['end']
--- events eval
'{"type":"response","bytes":0,"sha256":"' . Digest::SHA::sha256_hex('') . '"}
{"type":"response","bytes":0}
{"type":"response","bytes":3}
{"type":"recording","direction":"response","data":"end","last":true}'



=== TEST 18: the rule's mask, which leaves the rest: the evidence has neither
--- location
hoop_record payload;
--- masks
"hr": { "fields": ["salary"] }
--- rule
"mask": ["hr"]
--- type: application/json
--- cases
{"ssn":"078-05-1121","salary":5}
-> {"ssn":"078-05-1121","salary":"[REDACTED:FIELD]"}
--- no_event_text
078-05



=== TEST 19: the request's body, of any kind
--- config_more
location /q/ {
    hoop on;
    hoop_record payload;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- request eval
["POST /q/echo\nssn=078-05-1121&password=hunter2&a=b",
 "POST /q/echo\nid,ssn,note\r\n1,078-05-1121,4111111111111111\r\n",
 "POST /q/echo\ncall 078-05-1121, or 4111 1111 1111 1111\n",
 "POST /q/echo\n" . qq({"ssn":"078-05-1121"}\n{"n":"4111111111111111"}\n),
 "POST /q/echo\n<r><ssn>078-05-1121</ssn>&#48;78-05-1121</r>",
 "POST /q/echo\n--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"
 . "078-05-1121\r\n--x--\r\n"]
--- more_headers eval
[map { "$main::auth\nContent-Type: $_" }
     'application/x-www-form-urlencoded', 'text/csv', 'text/plain',
     'application/x-ndjson', 'application/xml',
     'multipart/form-data; boundary=x']
--- error_code eval
[(200) x 6]
--- response_body_unlike eval
[('078-05-1121|hunter2') x 6]
--- events eval
CORE::join "\n", map {
    JSON::PP->new->canonical->encode({ type => 'recording',
                                       direction => 'request', data => $_ })
} 'ssn=%5BREDACTED%3AUS_SSN%5D&password=%5BREDACTED%3AFIELD%5D&a=b',
  "id,ssn,note\r\n1,[REDACTED:US_SSN],[REDACTED:CREDIT_CARD]",
  'call [REDACTED:US_SSN], or [REDACTED:CREDIT_CARD]',
  qq({"ssn":"[REDACTED:US_SSN]"}\n{"n":"[REDACTED:CREDIT_CARD]"}),
  '<r><ssn>[REDACTED:US_SSN]</ssn>[REDACTED:US_SSN]</r>',
  "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"
  . "[REDACTED:US_SSN]\r\n--x--"
--- no_event_text
078-05
&#48;78
hunter2
4111
