#!/usr/bin/perl

# Copyright (C) ngx_hoop_module authors
#
# hoopctl mcp inspect: its form, which others build on, and its status.  What
# is refused and why: t/unit/mcp.c.

use strict;
use warnings;

use IPC::Run qw( run );
use Test::More;

my $hoopctl = $ENV{HOOPCTL} || './build/hoopctl';
my @json = ('--type', 'application/json');
my ($out, $err);


sub inspect {
    my ($body, @args) = @_;

    $out = $err = '';
    run [$hoopctl, 'mcp', 'inspect', @args], '<', \$body, '>', \$out,
        '2>', \$err;
    return $? >> 8;
}


sub call {
    my ($id) = @_;

    return qq({"jsonrpc":"2.0","id":$id,"method":"tools/call",)
           . '"params":{"name":"x","arguments":{"password":"secret"}}}';
}


is(inspect(call(1), @json), 0, 'a call');
is($out, '{"verdict":"ok","messages":[{"kind":"request",'
         . '"method":"tools/call","tool":"x","id":1}]}' . "\n", 'its form');

is(inspect(call('"\u0041\/"'), @json), 0, 'an escaped id');
like($out, qr/"id":"\\u0041\\\/"\}/, 'byte for byte');

is(inspect('[' . call('9007199254740993')
           . ',{"jsonrpc":"2.0","method":"notifications/x"}]', @json),
   0, 'a batch');
is($out, '{"verdict":"ok","messages":[{"kind":"request",'
         . '"method":"tools/call","tool":"x","id":9007199254740993},'
         . '{"kind":"notification","method":"notifications/x"}]}' . "\n",
   'its form');

is(inspect('{"jsonrpc":"2.0","id":1,"method":"resources/read",'
           . '"params":{"uri":"a:\"b\u00e9"}}', @json), 0, 'a resource');
like($out, qr/"uri":"a:\\"b\xc3\xa9"/, 'its URI');

is(inspect('{"jsonrpc":"2.0","id":1,"method":"prompts/get",'
           . '"params":{"name":"p"}}', @json), 0, 'a prompt');
like($out, qr/"prompt":"p"/, 'its name');

is(inspect('', '--method', 'GET'), 0, 'GET');
is($out, '{"verdict":"ok","messages":[{"kind":"stream"}]}' . "\n",
   'its form');

is(inspect('', '--method', 'DELETE', '--header', 'Mcp-Session-Id: s'), 0,
   'DELETE');
like($out, qr/"kind":"end"/, 'its kind');

is(inspect('{"a":1,"a":2}', @json), 1, 'what is refused');
is($out, '{"verdict":"reject","error":"duplicate member name",'
         . '"code":-32700}' . "\n", 'its form');

my @modern = map { ('--header', $_) } 'MCP-Protocol-Version: 2026-07-28',
    'MCP-METHOD:tools/call';

is(inspect(call(1), @json, @modern, '--header', 'mcp-name: =?base64?eA==?='),
   0, 'mirrored headers');
is(inspect(call(1), @json, @modern, '--header', 'Mcp-Name: y'), 1,
   'that are not true');
like($out, qr/"code":-32020/, 'and their code');
is(inspect(call(1), @json, @modern), 1, 'that are not there');
is(inspect(call(1), @json, (@modern, '--header', 'Mcp-Name: x') x 2), 1,
   'that are there twice');

is(inspect(call(1), '--header', 'Content-Type: application/json'), 0,
   'a type as a header');
is(inspect(call(1), @json, '--header', 'Content-Type: text/plain'), 1,
   'two types');
is(inspect(call(1)), 1, 'no type');

for my $args (['--header', 'x'], ['--header', ':x'], ['--no'], ['file']) {
    is(inspect(call(1), @json, @$args), 2, "usage: @$args");
    is($out, '', 'nothing on standard output');
    isnt($err, '', 'but on standard error');
}

done_testing();
