# Copyright (C) ngx_hoop_module authors
#
# A Redis Cluster of two nodes: approvals, limits, revocations and evidence have
# their keys in one slot, whichever node the gateway asks first, and follow it
# to another.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( wait_for );
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use Test::More;

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });
our @node = map { Hoop::Redis->new(env => $_, args => [
    '--cluster-enabled', 'yes', '--cluster-node-timeout', 2000,
    '--cluster-port', Hoop::Daemon::free_port()]) } qw( ONE TWO );
our @name = map { $_->command('CLUSTER', 'MYID') } @node;
our $agent = bearer();
our $dana = bearer(sub => 'dana', groups => ['dba']);
our $late = bearer(sub => 'late', jti => 'x1');

# they know one another, and the second has all slots
$node[0]->command('CLUSTER', 'MEET', '127.0.0.1', $node[1]->port,
                  $node[1]->command('CONFIG', 'GET', 'cluster-port')->[1]);
$node[1]->command('CLUSTER', 'ADDSLOTSRANGE', 0, 16383);

for my $n (0, 1) {
    wait_for { $node[$n]->command('CLUSTER', 'NODES') =~ /connected 0-16383/
               && $node[$n]->command('CLUSTER', 'INFO') =~ /state:ok/ } 20
        or die "no cluster:\n" . $node[$n]->command('CLUSTER', 'NODES');
}

# the slot of our keys, with nothing in it, is the first node's from now on
sub move_slot {
    my $slot = slot();

    $node[1]->command('FLUSHALL');
    $node[$_]->command('CLUSTER', 'SETSLOT', $slot, 'NODE', $name[0]) for 0, 1;
}

sub slot { return $node[0]->command('CLUSTER', 'KEYSLOT', '{hoop}:approvals') }

sub keys_of {
    my ($n) = @_;

    return CORE::join ' ', sort grep { !/digest/ } map {
        s/[0-9a-f]{32,}/ID/gr } @{ $node[$n]->command('KEYS', '*') };
}

sub claimed {
    my ($uri) = @_;

    my $id;
    wait_for { $id = ask(POST => $uri, $agent)->{json}{approval} } 10;
    return $id // die "nothing is pending\n";
}

add_block_preprocessor(sub {
    my ($block) = @_;

    my $redis = $block->redis // 'redis://127.0.0.1:$TEST_NGINX_ONE_PORT'
                                 . ' "prefix={hoop}:"';
    chomp $redis;

    $block->set_value('http_config', <<"END");
hoop_audit \$TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis $redis;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks.json;
}
END

    $block->set_value('config', <<'END');
location /p/ {
    hoop on;
    hoop_revocation;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_target crm;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /w/ {
    hoop on;
    hoop_approval wait=10s;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_target crm;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/;
}
location /hoop/ {
    hoop_api;
}
location = /ok {
    return 204;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "crm", "rules": [
    { "id": "few", "effect": "allow",
      "match": { "request": { "path": "/p/few" } },
      "limits": { "rate": "1r/h" } },
    { "id": "ask", "effect": "review", "reason": "needs a human",
      "match": { "request": { "method": "POST" } },
      "review": { "approvers": ["dba"] } } ] }
END

    if (defined $block->emerg) {
        $block->set_value('must_die', '');
        $block->set_value('error_log', $block->emerg);
        $block->set_value('no_error_log', '[alert]');
        return;
    }

    $block->set_value('request', 'GET /ok');
    $block->set_value('error_code', 204);
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]")
        if !defined $block->no_error_log;
});

Hoop::Client->steps;
Hoop::Spool->install;

log_level('info');
no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: the keys are at the other node, all of them
--- steps
my $id = claimed('/p/a');
is(ask(POST => "/hoop/approvals/$id/approve", $dana)->{status}, 200, 'approved');
is(ask(POST => '/p/a', $agent)->{status}, 200, 'and let through');
is(CORE::join(' ', map { ask(GET => '/p/few', $agent)->{status} } 1, 2), '200 429',
   'a rate');
soon { keys_of(1) =~ /audit:t:0/ } 'evidence is shipped';
like(keys_of(1), qr/\{hoop\}:approval:ID \{hoop\}:approvals .*\{hoop\}:limit:\{ID/,
     'all begin alike');
unlike(keys_of(1), qr/(?<!\{)hoop:/, 'none otherwise');
is(keys_of(0), '', 'and none is at the first');
my $ctl = 'build/hoopctl';
is(scalar `$ctl revoke --redis 127.0.0.1:$ENV{TEST_NGINX_TWO_PORT} --prefix {hoop}: --issuer idp --jti x1 2>&1` =~ /\S/ ? 1 : 0,
   1, 'a token is revoked');
is(ask(GET => '/p/few', $late)->{status}, 401, 'and not taken');
is(system("$ctl audit verify --redis 127.0.0.1:$ENV{TEST_NGINX_TWO_PORT}"
          . " --prefix {hoop}: --gateway t >/dev/null 2>&1"), 0,
   'the chain is read from there');
--- error_log
redis is a cluster, and another node has the keys



=== TEST 2: who waits is woken
--- steps
my $held = begin(POST => '/w/held', $agent);
my $id;
wait_for { ($id) = @{ $node[1]->command('ZRANGE', '{hoop}:approvals:pending', 0, -1) } };
is(ask(POST => "/hoop/approvals/$id/approve", $dana)->{status}, 200, 'approved');
is(finish($held, 2)->{status}, 200, 'and goes on');



=== TEST 3: the slot moves to the other node
--- steps
claimed('/p/b');
move_slot();
my $id = claimed('/p/c');
is(ask(POST => "/hoop/approvals/$id/approve", $dana)->{status}, 200, 'approved');
is(ask(POST => '/p/c', $agent)->{status}, 200, 'and let through');
like(keys_of(0), qr/approval:ID/, 'there');



=== TEST 4: without a hash tag it is said what is missing
--- redis
redis://127.0.0.1:$TEST_NGINX_ONE_PORT
--- steps
is(ask(POST => '/p/d', $agent)->{status}, 503, 'refused');
--- error_log
hoop_redis needs a prefix with a hash tag, as in "{hoop}:"



=== TEST 5: a prefix of one's own, without a cluster
--- redis
redis://127.0.0.1:$TEST_NGINX_ONE_PORT "prefix={acme}hoop/"
--- steps
claimed('/p/e');
like(CORE::join(' ', @{ $node[0]->command('KEYS', '*') },
                @{ $node[1]->command('KEYS', '*') }),
     qr/\{acme\}hoop\/approval:[0-9a-f]{32}/, 'it is there');



=== TEST 6: no prefix
--- redis
redis://127.0.0.1:1 "prefix="
--- emerg
invalid prefix of hoop_redis



=== TEST 7: an empty hash tag
--- redis
redis://127.0.0.1:1 "prefix={}hoop:"
--- emerg
invalid prefix of hoop_redis



=== TEST 8: an open one
--- redis
redis://127.0.0.1:1 "prefix={hoop:"
--- emerg
invalid prefix of hoop_redis
