# Copyright (C) ngx_hoop_module authors
#
# A body that comes slowly: what has become of the token by then.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Clock;
use Hoop::Daemon qw( wait_for );
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });
our $redis = Hoop::Redis->new;
our $start = clock();

# how many times Redis was asked
sub asked {
    my $stats = $redis->command('INFO', 'commandstats');

    return $stats =~ /cmdstat_mget:calls=(\d+)/ ? $1 : 0;
}

# a request that is let in and waits for the rest of its body, for so long
sub slow {
    my ($method, $seconds, $then, %claims) = @_;

    my $asked = asked();
    my $held = begin($method => '/p/a',
                     [bearer(exp => $start + 100, iat => $start, %claims),
                      'Content-Type: application/json', 'Content-Length: 7']);

    wait_for { asked() > $asked } or die "it is not let in\n";

    # the reply has to come in, too: another request is answered after it
    ask(GET => '/index.html');
    set_clock($start + $seconds);
    $then->() if $then;
    syswrite $held->{sock}, '{"a":1}';

    my $res = finish($held);
    set_clock($start);
    return $res->{json}{detail} // $res->{status};
}

add_block_preprocessor(sub {
    my ($block) = @_;

    set_clock($start);
    $upstream->reset;
    $redis->command('FLUSHALL');
    $redis->command('CONFIG', 'RESETSTAT');

    my $ttl = $block->ttl // '0';
    my $more = $block->more // '';
    chomp($ttl);

    $block->set_value('http_config', <<'END');
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis redis://127.0.0.1:$TEST_NGINX_REDIS_PORT timeout=2s;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
    leeway 5s;
}
END

    $block->set_value('config', <<"END");
location /p/ {
    hoop on;
    $more
    hoop_revocation ttl=$ttl;
    hoop_policy \$TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "slow", "rules": [
    { "id": "body", "effect": "allow",
      "match": { "request": { "method": "POST" },
                 "body": { "/a": { "lte": 1 } } } },
    { "id": "any", "effect": "allow",
      "match": { "request": { "method": "PUT" } } } ] }
END

    $block->set_value('request', 'GET /index.html');
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ");
});

Hoop::Client->steps;
Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: the token ends, by the issuer's leeway
--- steps
is(slow(POST => 0), 200, 'at once');
is(slow(POST => 104), 200, 'in time');
is(slow(POST => 105), 'token is expired', 'too late');
is(scalar(() = $upstream->requests), 2, 'what the target saw');
--- events
{"type":"decision","decision":"deny","status":401,"reason":"token is expired"}



=== TEST 2: it is revoked, and Redis is asked a second time only if it was slow
--- steps
my $revoke = sub { $redis->command('SET', 'hoop:revoked:idp:sub:x', 1) };
is(slow(POST => 0, undef, sub => 'x'), 200, 'at once');
is(asked(), 1, 'asked once');
is(slow(POST => 1, undef, sub => 'x'), 200, 'slow, and good still');
is(asked(), 3, 'asked twice');
is(slow(POST => 1, $revoke, sub => 'x'), 'token is revoked', 'revoked');



=== TEST 3: an answer is good for ttl
--- ttl: 10s
--- steps
my $revoke = sub { $redis->command('SET', "hoop:revoked:idp:sub:$_[0]", 1) };
is(slow(POST => 9, sub { $revoke->('x') }, sub => 'x'), 200, 'good still');
is(slow(POST => 11, sub { $revoke->('y') }, sub => 'y'), 'token is revoked',
   'too old');



=== TEST 4: a body that is read for the record
--- more
hoop_record payload;
--- steps
my $revoke = sub { $redis->command('SET', 'hoop:revoked:idp:sub:x', 1) };
is(slow(PUT => 104), 200, 'in time');
is(slow(PUT => 105), 'token is expired', 'too late');
is(slow(PUT => 1, $revoke, sub => 'x'), 'token is revoked', 'revoked');
--- events
{"type":"decision","decision":"deny","status":401,"rule":"any","reason":"token is revoked"}
