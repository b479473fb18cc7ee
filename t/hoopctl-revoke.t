#!/usr/bin/perl

# Copyright (C) ngx_hoop_module authors
#
# hoopctl revoke: the keys that it sets, and takes away again.

use strict;
use warnings;

use File::Temp;
use IPC::Run qw(run);
use Test::More;

use lib 't/lib';
use Hoop::Redis;

my $hoopctl = $ENV{HOOPCTL} || './build/hoopctl';
my $redis = Hoop::Redis->new;
my ($out, $err);


sub revoke {
    $out = $err = '';
    run [$hoopctl, 'revoke', @_], '<', '/dev/null', '>', \$out, '2>', \$err;
    return $? >> 8;
}


sub corp {
    return revoke('--redis', '127.0.0.1:' . $redis->port, '--issuer', 'corp',
                  @_);
}


sub value { return $redis->command('GET', "hoop:revoked:corp:$_[0]") }
sub ttl { return $redis->command('TTL', "hoop:revoked:corp:$_[0]") }


is(corp('--jti', 'a:b c'), 0, 'a token');
is($out, qq({"key":"hoop:revoked:corp:jti:a:b c","value":"revoked",)
         . qq("ttl":86400}\n), 'as it says');
like($err, qr/24h/, 'with a word on the time');
is(value('jti:a:b c'), 'revoked', 'the key is there');
cmp_ok(ttl('jti:a:b c'), '<=', 86400, 'for a day');
cmp_ok(ttl('jti:a:b c'), '>', 86000, 'and not less');

is(corp('--sub', 'agent', '--ttl', '2m'), 0, 'a subject');
is(value('sub:agent'), 'all', 'all of it');
cmp_ok(ttl('sub:agent'), '<=', 120, 'for two minutes');
is($err, '', 'and no more words');

is(corp('--sub', 'agent', '--ttl', 'forever', '--before', 'now'), 0,
   'until now');
cmp_ok(abs(value('sub:agent') - time), '<', 10, 'the time');
is(ttl('sub:agent'), -1, 'without an end');

is(corp('--sub', 'agent', '--ttl', '90', '--before', '1700000000'), 0,
   'until then');
is(value('sub:agent'), '1700000000', 'the time');

is(corp('--sub', 'agent', '--undo'), 0, 'undone');
is($out, qq({"key":"hoop:revoked:corp:sub:agent","undone":true}\n),
   'as it says');
is(value('sub:agent'), undef, 'the key is gone');
is(corp('--sub', 'agent', '--undo'), 1, 'there is nothing to undo');

is(revoke('--redis', 'unix:' . $redis->socket, '--db', 3, '--issuer', 'i',
          '--jti', 'x'), 0, 'by a socket, into another database');
is(value('jti:x'), undef, 'not into this one');
$redis->command('SELECT', 3);
is($redis->command('GET', 'hoop:revoked:i:jti:x'), 'revoked', 'but there');
$redis->command('SELECT', 0);

for my $args (
    [], ['--jti', 'x', '--sub', 'y'], ['--jti', ''], ['--sub'],
    ['--jti', 'x', '--before', 'now'], ['--sub', 'x', '--before', '17'],
    ['--sub', 'x', '--before', 'x'], ['--sub', 'x', '--before', '-1'],
    ['--jti', 'x', '--ttl', '0'], ['--jti', 'x', '--ttl', '1w'],
    ['--jti', 'x', '--ttl', ''], ['--jti', 'x', '--ttl', '9' x 20],
    ['--jti', 'x', '--undo', '--ttl', '1h'], ['--jti', 'x', '--db', 'x'],
    ['--jti', 'x', '--jti', 'y'], ['--jti', 'x', 'y'])
{
    is(corp(@$args), 2, "usage: @$args");
    is($out, '', 'and nothing is done');
}

my $password = File::Temp->new;
print $password "s3cret\n";
close $password;

$redis->command(qw( ACL SETUSER ops on >s3cret ~hoop:revoked:* +set +del ));

is(corp('--jti', 'p', '--ttl', '1h', '--user', 'ops', '--password-file',
        $password->filename), 0, 'with a password');
is(value('jti:p'), 'revoked', 'which is taken');

$redis->command(qw( ACL SETUSER ops -set ));

is(corp('--jti', 'q', '--ttl', '1h', '--user', 'ops', '--password-file',
        $password->filename), 2, 'a user who may not');
like($err, qr/NOPERM/, 'as it says');
is($out, '', 'and nothing else');

$redis->stop;
is(corp('--jti', 'z', '--ttl', '1h'), 2, 'no Redis');
like($err, qr/cannot connect/, 'as it says');

done_testing;
