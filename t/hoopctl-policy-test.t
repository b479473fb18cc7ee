#!/usr/bin/perl

# Copyright (C) ngx_hoop_module authors
#
# hoopctl policy test and diff: cases, their verdicts, and what changed.

use strict;
use warnings;

use File::Temp qw(tempdir);
use IPC::Run qw(run);
use Test::More;

my $hoopctl = $ENV{HOOPCTL} || './build/hoopctl';
my $dir = tempdir(CLEANUP => 1);
my ($out, $err);


sub hoopctl {
    my (@args) = @_;

    $out = $err = '';
    run [$hoopctl, 'policy', @args], '<', '/dev/null', '>', \$out, '2>', \$err;
    return $? >> 8;
}


sub file {
    my ($name, $text) = @_;

    open my $f, '>', "$dir/$name" or die "$dir/$name: $!";
    print $f $text;
    close $f;
    return "$dir/$name";
}


sub cases {
    my ($cases, $more) = @_;

    return file('cases.json', '{"policies":["p.json"],"defaults":{"identity":'
                . '{"sub":"a","groups":["g"]},"path":"/a"},' . ($more || '')
                . "\"cases\":[$cases]}");
}

my $old = file('p.json', <<'JSON');
{ "version": 1, "name": "p", "rules": [
  { "id": "read", "effect": "allow",
    "match": { "identity": { "claims": { "/groups": { "any": ["g"] } } },
               "request": { "method": "GET", "path": "/a/**" } } },
  { "id": "all", "effect": "review", "match": {
      "request": { "method": "DELETE", "query": { "id": { "exists": false } }
  } } } ] }
JSON

my $yes = '{"name":"reads","request":{},'
          . '"expect":{"decision":"allow","rule":"read"}}';
my $twice = '{"name":"twice","request":{"method":"DELETE","query":"id=1&id=2"},'
            . '"expect":{"decision":"review","ambiguous":true}}';
my $default = '{"name":"writes","request":{"method":"PUT"},'
              . '"expect":{"decision":"deny","rule":""}}';

is(hoopctl('test', cases("$yes,$twice,$default")), 0, 'all as expected');
is($out, "ok 1 - $dir/cases.json: reads\nok 2 - $dir/cases.json: twice\n"
         . "ok 3 - $dir/cases.json: writes\n1..3\n", 'as TAP');

for (['the decision', 'deny', '"rule":"read"'], ['the rule', 'allow',
     '"rule":"other"'], ['no rule', 'allow', '"rule":""'],
     ['ambiguity', 'allow', '"ambiguous":true'])
{
    my ($what, $decision, $more) = @$_;

    is(hoopctl('test', cases('{"name":"n # skip","request":{},"expect":'
                             . "{\"decision\":\"$decision\",$more}}")), 1,
       "$what is not as expected");
    like($out, qr/^not ok 1 - [^#\n]*: n \. skip$/m, 'no directive of TAP');
    like($out, qr/^# got allow, rule "read": /m, 'and what it is');
}

is(hoopctl('test', cases($yes), cases("$yes,$yes")), 0, 'several files');
like($out, qr/^1\.\.4$/m, 'have one plan');

for (['no case', ''], ['an unknown member', '{"name":"a","request":{},'
      . '"expect":{"decision":"deny"},"skip":true}'],
     ['a request with an unknown member', '{"name":"a","request":{"pth":"/"},'
      . '"expect":{"decision":"deny"}}'],
     ['no expectation', '{"name":"a","request":{},"expect":{}}'],
     ['no name', '{"request":{},"expect":{"decision":"deny"}}'],
     ['no object', '7'])
{
    my ($what, $cases) = @$_;

    is(hoopctl('test', cases($cases)), 2, "$what is an error");
    like($out, qr/^Bail out!/m, 'without a plan');
    isnt($err, '', 'that is told');
}

is(hoopctl('test', cases($yes, '"identities":{},')), 2, 'unknown member');
is(hoopctl('test', file('bad.json', '{"policies":[],')), 2, 'no JSON');
like($err, qr/bad\.json:1:\d+: /, 'with its place');
is(hoopctl('test', "$dir/none.json"), 2, 'no file');
is(hoopctl('test'), 2, 'no argument');
is(hoopctl('test', file('none.json', '{"policies":["x.json"],"cases":'
                        . "[$yes]}")), 2, 'a policy that is not there');
is(hoopctl('test', file('abs.json', "{\"policies\":[\"$dir/p.json\"],"
                        . '"cases":[{"name":"a","request":{"identity":{}},'
                        . '"expect":{"decision":"deny"}}]}')), 0,
   'an absolute name of a policy');

# what changes

my $cases = cases("$yes,$twice,$default");

is(hoopctl('diff', $old, $old, '--cases', $cases), 0, 'nothing changed');
is($out, '', 'nothing to say');

open my $f, '<', $old or die $!;
my $text = do { local $/; <$f> };
close $f;

(my $deny = $text) =~ s/"review"/"deny"/;
is(hoopctl('diff', $old, file('new.json', $deny), '--cases', $cases), 1,
   'an effect changed');
is($out, '{"case":"twice","old":{"decision":"review","rule":"all",'
         . '"ambiguous":true,"review":{"approvers":[],"count":1,"ttl":900}},'
         . '"new":{"decision":"deny","rule":"all","ambiguous":true}}' . "\n",
   'in one case');

(my $mask = $text) =~ s/"allow",/"allow", "mask": "default",/;
is(hoopctl('diff', $old, '--cases', $cases, file('new.json', $mask)), 1,
   'an obligation changed');
like($out, qr/^\{"case":"reads",.*"new":\{[^}]*"mask_sets":1\}\}\n\z/,
     'in one case');

(my $watch = $text) =~ s/"review",/"review", "monitor": true,/;
is(hoopctl('diff', $old, '--cases', $cases, file('new.json', $watch)), 1,
   'a rule is only watched');
is($out, '{"case":"twice","old":{"decision":"review","rule":"all",'
         . '"ambiguous":true,"review":{"approvers":[],"count":1,"ttl":900}},'
         . '"new":{"decision":"deny","rule":"","monitored":[{"policy":"p",'
         . '"rule":"all","effect":"review","ambiguous":true}]}}' . "\n",
   'which is told');

(my $other = $text) =~ s/"id": "read"/"id": "look"/;
is(hoopctl('diff', $old, file('new.json', $other), '--cases', $cases), 1,
   'another rule decides');

is(hoopctl('diff', $old, '--cases', $cases), 2, 'one policy');
is(hoopctl('diff', $old, $old, $old, '--cases', $cases), 2, 'three policies');
is(hoopctl('diff', $old, $old), 2, 'no cases');
is(hoopctl('diff', $old, file('new.json', '{}'), '--cases', $cases), 2,
   'a policy that is none');
like($err, qr/new\.json:1:1: /, 'with its place');

# bodies, as they would come

file('p.json', <<'JSON');
{ "version": 1, "name": "p", "rules": [
  { "id": "form", "effect": "allow", "match": { "form": { "id": 7 } } },
  { "id": "json", "effect": "allow", "match": { "body": { "/id": 7 } } } ] }
JSON

for (['"form":"id=%37"', 'allow', 'form'], ['"form":"id=8"', 'error', 'json'],
     ['"form":"id=7&id=8"', 'error', 'form'], ['"form":""', 'deny', ''],
     ['"body":{"id":7}', 'allow', 'json'],
     ['"body_text":"{\"id\":7}"', 'allow', 'json'],
     ['"body_text":"id=7"', 'error', 'form'],
     ['"body_text":"id=7","content_type":"application/x-www-form-urlencoded"',
      'allow', 'form'],
     ['"body_text":"{\"id\":7}","content_type":"text/plain"', 'error',
      'form'],
     ['"body_text":"{\"id\":7}","content_type":"x/y+json;charset=utf-7"',
      'error', 'form'],
     ['"body_text":"id=7","headers":{"Content-Type":'
      . '"application/x-www-form-urlencoded"}', 'allow', 'form'],
     ['"form":"id=7","headers":{"Content-Type":["a/b","a/b"]}', 'error',
      'form'],
     ['"form":"id=7","headers":{"Content-Encoding":"gzip"}', 'error', 'form'])
{
    my ($request, $decision, $rule) = @$_;

    is(hoopctl('test', cases("{\"name\":\"n\",\"request\":{$request},\"expect\":"
                             . "{\"decision\":\"$decision\",\"rule\":"
                             . "\"$rule\"}}")), 0, $request)
        or diag($out);
}

for ('"form":7', '"body_text":{}', '"body":7,"content_type":"a/b"',
     '"body_text":"7","content_type":7', '"form":"","body_text":""')
{
    is(hoopctl('test', cases("{\"name\":\"n\",\"request\":{$_},\"expect\":"
                             . '{"decision":"deny"}}')), 2,
       "$_ is an error");
}

# what of SQL was looked at is told, without its literals

my $sql = file('sql.json', <<'JSON');
{ "version": 1, "name": "s", "rules": [
  { "id": "q", "effect": "allow",
    "match": { "sql": { "at": "/q", "dialect": "sqlite", "class": "read" } } } ] }
JSON

for (['{"q":"SELECT a FROM t WHERE b = \'secret\'"}', 0,
      qr/,"sql":\[\{"class":"read","tables":\["t"\],"redacted":"SELECT a FROM t WHERE b = \?"\}\],/],
     ['{"q":"DROP TABLE secret"}', 1, qr/,"sql":\[\{"class":"ddl",/],
     ['{"p":"secret"}', 1, qr/^(?!.*"sql":\[)/])
{
    my ($body, $rc, $like) = @$_;

    run [$hoopctl, 'policy', 'explain', '--policy', $sql],
        '<', \"{\"identity\":{},\"body\":$body}", '>', \$out, '2>', \$err;
    is($? >> 8, $rc, "explain $body");
    like($out, $like, 'its SQL');
}

# and what becomes of a list

my $list = file('list.json', <<'JSON');
{ "version": 1, "name": "l", "rules": [
  { "id": "f", "effect": "allow", "list": "filter",
    "match": { "request": { "path": "/f" } } },
  { "id": "p", "effect": "allow", "list": "pass",
    "match": { "request": { "path": "/p" } } },
  { "id": "n", "effect": "allow", "match": {} } ] }
JSON

for (['/f', qr/,"list":"filter"/], ['/p', qr/,"list":"pass"/],
     ['/n', qr/^(?!.*"list":)/])
{
    my ($path, $like) = @$_;

    run [$hoopctl, 'policy', 'explain', '--policy', $list],
        '<', \"{\"identity\":{},\"path\":\"$path\"}", '>', \$out,
        '2>', \$err;
    is($? >> 8, 0, "explain $path");
    like($out, $like, 'its list');
}

done_testing();
