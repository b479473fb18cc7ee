# Copyright (C) ngx_hoop_module authors
#
# Where an answer is cut into packets and buffers says nothing about what is
# in it: a secret is found across every cut, and the answer is the same.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Replay;
use Hoop::Spool;

our $upstream = Hoop::Replay->install;

our $key = "-----BEGIN RSA PRIVATE KEY-----\n"
           . join('', map { substr('MIIEpAIBAAKCAQEA' x 4, $_, 48)
                            . substr('q+/Zx9' x 3, $_, 16) . "\n" } 0 .. 2)
           . "-----END RSA PRIVATE KEY-----";

# what, its type, and what it must come out as
our @secrets = (
    ['an SSN in text', 'text/plain',
     'her SSN is 078-05-1121, and', 'her SSN is [REDACTED:US_SSN], and'],
    ['a card in JSON', 'application/json',
     '{"a":["4111 1111 1111 1111",1]}', '{"a":["[REDACTED:CREDIT_CARD]",1]}'],
    ['a field', 'application/json',
     '{"pa\u0073sword":"a\"b\u0022","c":1}',
     '{"pa\u0073sword":"[REDACTED:FIELD]","c":1}'],
    ['a number', 'application/json',
     '[4111111111111111,{"cvv":123}]',
     '["[REDACTED:CREDIT_CARD]",{"cvv":"[REDACTED:FIELD]"}]'],
    ['a key id', 'text/html',
     '<p>AKIAQ3EGSTXR7P2LDWVN</p>', '<p>[REDACTED:AWS_KEY]</p>'],
    ['an event', 'text/event-stream',
     "data: {\"ssn\":\"x\"}\r\n\r\ndata: 078-05-1121\n\n",
     "data: {\"ssn\":\"[REDACTED:US_SSN]\"}\r\n\r\n"
     . "data: [REDACTED:US_SSN]\n\n"],
    ['JSON in JSON', 'application/json',
     '{"t":"{\"n\":\"\u003078-05-1121\"}"}',
     '{"t":"{\"n\":\"[REDACTED:US_SSN]\"}"}'],
    ['a form', 'application/x-www-form-urlencoded',
     'a=1&n=078%2D05%2d1121&pass%77ord=x', undef],
    ['a multi-byte text', 'text/plain; charset=utf-8',
     "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 078-05-1121 \xe2\x82",
     "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 [REDACTED:US_SSN] \xe2\x82"],
);

# in two packets, cut at every byte that is a multiple of step
sub every_cut {
    my ($step, %answer) = @_;

    for my $secret (@secrets) {
        my ($name, $type, $in, $out) = @$secret;
        my @wrong;

        $out //= ask({ %answer, type => $type, body => $in })->{body};

        for my $at (grep { $_ % $step == 0 } 0 .. length $in) {
            my $res = ask({ %answer, type => $type, body => $in,
                            split => [$at], wait => 0.001 });
            push @wrong, "$at: $res->{body}"
                if $res->{body} ne $out || !$res->{complete};
        }

        Test::More::is("@wrong", '', "$name, cut anywhere");
    }
}


# the whole of it by pieces of so many bytes
sub pieces {
    my ($bytes, $wait, %answer) = @_;

    for my $secret (@secrets) {
        my ($name, $type, $in, $out) = @$secret;

        $out //= ask({ %answer, type => $type, body => $in })->{body};

        my $res = ask({ %answer, type => $type, body => $in, each => $bytes,
                        wait => $wait });
        Test::More::is($res->{body}, $out, "$name, by pieces of $bytes");
        Test::More::ok($res->{complete}, "$name, by pieces, is complete");
    }
}

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: two packets, cut at every byte; each goes to the filter at once
--- location
proxy_buffering off;
--- init
main::every_cut(1);
--- answers eval
['x']
--- response_body: x



=== TEST 2: the same through nginx's buffers
--- init
main::every_cut(7);
--- answers eval
['x']
--- response_body: x



=== TEST 3: a chunked upstream, a chunk each
--- location
proxy_http_version 1.1;
proxy_buffering off;
--- init
main::every_cut(5, framing => 'chunked');
--- answers eval
['x']
--- response_body: x



=== TEST 4: an upstream that ends by closing
--- location
proxy_buffering off;
--- init
main::every_cut(6, framing => 'close');
--- answers eval
['x']
--- response_body: x



=== TEST 5: packets of one byte
--- location
proxy_buffering off;
--- init
main::pieces(1, 0.0003);
--- answers eval
['x']
--- response_body: x



=== TEST 6: chunks of one byte, in one packet
--- init
main::pieces(1, 0, framing => 'chunked');
main::pieces(2, 0, framing => 'chunked');
--- answers eval
['x']
--- response_body: x



=== TEST 7: buffers of one byte
--- location
proxy_buffer_size 1k;
proxy_buffers 4096 1;
proxy_busy_buffers_size 1k;
--- init
main::pieces(1000, 0);
main::pieces(7, 0.0003);
--- answers eval
['x' x 3000, 'abc 078-05-1121 ' x 200]
--- response_body eval
['x' x 3000, 'abc [REDACTED:US_SSN] ' x 200]



=== TEST 8: buffers of 64 bytes, and 2 of ours of 1k
--- location
proxy_buffer_size 1k;
proxy_buffers 64 64;
proxy_busy_buffers_size 1k;
hoop_mask_buffers 2 1k;
--- init
main::pieces(3, 0);
--- answers eval
['x' x 3000, 'abc 078-05-1121 ' x 200]
--- response_body eval
['x' x 3000, 'abc [REDACTED:US_SSN] ' x 200]



=== TEST 9: two buffers of 1k, answers of more than that
--- location
hoop_mask_buffers 2 1k;
--- answers eval
[map { { body => 'id 4111111111111111, ' x $_ } } 10, 100, 1000, 20000]
--- response_body eval
[map { 'id [REDACTED:CREDIT_CARD], ' x $_ } 10, 100, 1000, 20000]
--- events
{"type":"response","bytes":270}
{"type":"response","bytes":2700}
{"type":"response","bytes":27000,"masked":{"credit_card":1000}}
{"type":"response","bytes":540000,"masked":{"credit_card":20000}}



=== TEST 10: a private key of many packets
--- location
proxy_buffering off;
--- answers eval
[map { { body => "a\n$main::key\nb\n", each => $_, wait => 0.001 } } 1, 7, 64]
--- response_body eval
[("a\n[REDACTED:PRIVATE_KEY]\nb\n") x 3]



=== TEST 11: a private key that never ends, and JSON with \n in it
--- answers eval
[{ body => "a\n" . substr($main::key, 0, 150) . "\n" . ('QUJD' x 16 . "\n") x 999 },
 { type => 'application/json',
   body => '{"k":"' . ($main::key =~ s/\n/\\n/gr) . '","b":1}' }]
--- response_body eval
["a\n[REDACTED:PRIVATE_KEY]", '{"k":"[REDACTED:PRIVATE_KEY]","b":1}']



=== TEST 12: a secret in the packet of the head, at its edge, and empty packets
--- location
proxy_buffering off;
--- answers eval
[["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n078-05-1121"],
 ["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n0", ['78-05-1121', 0.003]],
 ["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r", ["\n078-05-112", 0.003], ['1', 0.003]],
 ["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n",
  ["4\r\n078-\r\n", 0.002], ["1\r", 0.002], ["\n0\r\n6\r\n5-1121\r\n0\r\n", 0.002], ["\r\n", 0.002]]]
--- response_body eval
[('[REDACTED:US_SSN]') x 4]



=== TEST 13: an empty answer, and one that ends in what could go on
--- answers eval
['', { body => '', framing => 'chunked' }, { body => '', framing => 'close' },
 'x 078-05-112', 'ghp_', '-----BEGIN RSA PRIV', "a\nb", '{"ssn"',
 { type => 'application/json', body => '{"a":"\u00' },
 { type => 'application/json', body => '[1,2' }]
--- response_body eval
['', '', '', 'x 078-05-112', 'ghp_', '-----BEGIN RSA PRIV', "a\nb", '{"ssn"',
 '{"a":"\u00', '[1,2']
