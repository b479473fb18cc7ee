# Copyright (C) ngx_hoop_module authors
#
# Approvals when Redis is away, slow, full, or not Redis: what needs a human
# is refused, what needs none goes on, and all is well again by itself.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use Hoop::Daemon qw( wait_for );
use Time::HiRes ();

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });
our $redis = Hoop::Redis->new;
our $agent = bearer();
our $dana = bearer(sub => 'dana', groups => ['dba']);

sub agent {
    my ($method, $uri, $body) = @_;

    return ask($method, $uri, $agent, $body);
}

sub vote {
    my ($id, $verb) = @_;

    return ask(POST => "/hoop/approvals/$id/$verb", $dana)->{status};
}

sub pending_id {
    my $ids = wait_for {
        my $ids = $redis->command('ZRANGE', 'hoop:approvals:pending', 0, -1);
        @$ids ? $ids : undef;
    };

    return $ids->[0] // die "nothing is pending\n";
}

# the same once the gateway knows, too, that it waits
sub held_id {
    my $id = pending_id();

    wait_for { grep { $_->{type} eq 'approval' } Hoop::Spool::events() };
    return $id;
}

# the seconds that something takes
sub took (&) {
    my $start = Time::HiRes::time();

    $_[0]->();
    return Time::HiRes::time() - $start;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $redis->resume;
    $redis->start;
    $redis->command('REPLICAOF', 'NO', 'ONE');
    $redis->command('FLUSHALL');
    $upstream->reset;

    my $with = $block->redis_with // '';
    my $at = $block->redis_at // 'redis://127.0.0.1:$TEST_NGINX_REDIS_PORT';
    chomp($with, $at);

    $block->set_value('http_config', <<"END") if !defined $block->http_config;
hoop_audit \$TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis $at $with;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks.json;
}
END

    my $wait = $block->approval_wait // '0';
    chomp $wait;

    $block->set_value('config', <<"END") if !defined $block->config;
location /p/ {
    hoop on;
    hoop_approval wait=$wait;
    hoop_policy \$TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
location /hoop/ {
    hoop_api;
}
location = /count {
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/__count;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "crm", "rules": [
    { "id": "ok", "effect": "allow",
      "match": { "request": { "method": "GET" } } },
    { "id": "ask", "effect": "review", "reason": "needs a human",
      "match": { "request": { "method": "DELETE" } },
      "review": { "approvers": ["dba"] } } ] }
END

    $block->set_value('request', 'GET /count') if !defined $block->request;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log;
    $block->set_value('no_event_text', 'eyJ');
});

Hoop::Client->steps;
Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: Redis is not there: no approval, no list, and all else goes on
--- post_setup_server_root
$main::redis->stop;
--- request eval
["DELETE /p/a", "GET /p/a", "GET /hoop/approvals",
 "POST /hoop/approvals/" . "0" x 32 . "/approve", "GET /count"]
--- more_headers eval
[$main::agent, $main::agent, $main::dana, $main::dana, ""]
--- error_code eval
[503, 200, 503, 503, 200]
--- response_headers eval
["Content-Type: application/problem+json", "Content-Type: text/plain",
 "Content-Type: application/problem+json",
 "Content-Type: application/problem+json", ""]
--- response_body eval
[qr/"title":"Service Unavailable","status":503,"detail":"approvals are not available","rule":"ask"/,
 "reached\n", qr/"status":503/, qr/"status":503/, "1\n"]
--- events
{"type":"decision","decision":"review","rule":"ask"}
{"type":"decision","decision":"error","status":503,"reason":"approvals are not available"}
{"type":"decision","decision":"allow"}
{"type":"response","status":200}



=== TEST 2: it comes later: no restart is needed
--- post_setup_server_root
$main::redis->stop;
--- steps
is(agent(DELETE => '/p/a')->{status}, 503, 'not yet');
$redis->start;
soon { agent(DELETE => '/p/a')->{status} == 202 } 'but now';
is(vote(pending_id(), 'approve'), 200, 'approved');
is(agent(DELETE => '/p/a')->{status}, 200, 'and through');
--- response_body
1



=== TEST 3: it dies while a request is held, and stays away
--- approval_wait: 400ms
--- steps
my $held = begin(DELETE => '/p/a', $agent);
held_id();
$redis->kill;
is(agent(GET => '/p/a')->{status}, 200, 'all else goes on');
my $res = finish($held, 4);
is($res->{status}, 503, 'it is refused when the wait is over');
is($res->{json}{detail}, 'approvals are not available', 'as it says');
--- response_body
1



=== TEST 4: it dies while a request is held, and comes back
--- approval_wait: 10s
--- steps
my $held = begin(DELETE => '/p/a', $agent);
my $id = held_id();
$redis->kill;
ok(!answered($held, 0.05), 'it is still held');
$redis->start;
soon { vote($id, 'approve') == 200 } 'approved when Redis is back';
my $res = finish($held, 3);
is($res->{status}, 200, 'it goes on');
--- response_body
1



=== TEST 5: an approval survives Redis
--- steps
my $id = agent(DELETE => '/p/a')->{json}{approval};
is(vote($id, 'approve'), 200, 'approved');
$redis->kill;
is(agent(DELETE => '/p/a')->{status}, 503, 'not now');
$redis->start;
my $res;
soon { ($res = agent(DELETE => '/p/a'))->{status} != 503 } 'back';
is($res->{status}, 200, 'it goes through');
is(agent(DELETE => '/p/a')->{status}, 202, 'once');
--- response_body
1



=== TEST 6: it hangs: an answer within the timeout, and nothing goes through
--- redis_with: timeout=200ms
--- steps
$redis->pause;

my ($res, $read, $list);
my $took = took { $res = agent(DELETE => '/p/a') };
is($res->{status}, 503, 'refused');
cmp_ok($took, '<', 1, 'soon');

$took = took { $read = agent(GET => '/p/a') };
is($read->{status}, 200, 'all else goes on');
cmp_ok($took, '<', 0.15, 'without waiting');

$took = took { $list = ask(GET => '/hoop/approvals', $dana) };
is($list->{status}, 503, 'no list');
cmp_ok($took, '<', 2, 'soon');

$redis->resume;
soon { agent(DELETE => '/p/b')->{status} == 202 } 'and well again';
--- response_body
1



=== TEST 7: it hangs while approvals are to be used: at most once
--- redis_with: timeout=150ms connect_timeout=150ms
--- steps
my $id = agent(DELETE => '/p/a')->{json}{approval};
is(vote($id, 'approve'), 200, 'approved');

$redis->pause;
is(agent(DELETE => '/p/a')->{status}, 503, 'not now');
is($upstream->get('/__count'), "0\n", 'nothing went through');
$redis->resume;

my @status;
soon { push @status, agent(DELETE => '/p/a')->{status}; $status[-1] != 503 }
    'well again';
push @status, agent(DELETE => '/p/a')->{status};
cmp_ok(scalar(grep { $_ == 200 } @status), '<=', 1, 'at most once');
cmp_ok($upstream->get('/__count'), '<=', 1, 'as the target sees it');
--- response_body_like: ^[01]$



=== TEST 8: it hangs while a request is held
--- approval_wait: 10s
--- redis_with: timeout=150ms connect_timeout=150ms
--- steps
my $held = begin(DELETE => '/p/a', $agent);
my $id = held_id();
$redis->pause;
is(vote($id, 'approve'), 503, 'no vote meanwhile');
ok(!answered($held, 0.3), 'it is still held');
$redis->resume;
soon { vote($id, 'approve') =~ /200|409/ } 'approved';
is(finish($held, 3)->{status}, 200, 'it goes on');
--- response_body
1
--- events
{"type":"approval","state":"pending"}
{"type":"approval","vote":"approve","outcome":"intent"}
{"type":"approval","vote":"approve","outcome":"/error|counted/"}
{"type":"approval","state":"consumed"}



=== TEST 9: it hangs up
--- redis_at: unix:$TEST_NGINX_REDIS_SOCKET
--- steps
is(agent(DELETE => '/p/a')->{status}, 202, 'it works');
$redis->command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
soon { agent(DELETE => '/p/a')->{status} == 202 } 'it works again';
--- response_body
0



=== TEST 10: it is a replica for a while
--- steps
is(agent(DELETE => '/p/a')->{status}, 202, 'it works');

$redis->command('REPLICAOF', '127.0.0.1', 1);
is(agent(DELETE => '/p/c')->{status}, 503, 'a replica');
$redis->command('REPLICAOF', 'NO', 'ONE');
soon { agent(DELETE => '/p/c')->{status} == 202 } 'a master';
--- response_body
0



=== TEST 11: a password
--- post_setup_server_root
open my $fh, '>', $ENV{TEST_NGINX_SPOOL} . '/../redis.pw' or die $!;
print $fh "s3cret-of-redis\n";
close $fh;
chmod 0600, $ENV{TEST_NGINX_SPOOL} . '/../redis.pw';
$main::redis->command('CONFIG', 'SET', 'requirepass', 's3cret-of-redis');
--- redis_with: password_file=$TEST_NGINX_SPOOL/../redis.pw
--- steps
$redis->command('AUTH', 's3cret-of-redis');
is(agent(DELETE => '/p/a')->{status}, 202, 'the right one');
$redis->command('CONFIG', 'SET', 'requirepass', '');
unlink "$ENV{TEST_NGINX_SPOOL}/../redis.pw";
--- response_body
0
--- no_error_log
[alert]
[crit]
[emerg]
[error]
s3cret



=== TEST 12: no password where one is wanted
--- post_setup_server_root
$main::redis->command('CONFIG', 'SET', 'requirepass', 's3cret-of-redis');
--- steps
is(agent(DELETE => '/p/a')->{status}, 503, 'refused');
$redis->command('AUTH', 's3cret-of-redis');
$redis->command('CONFIG', 'SET', 'requirepass', '');
soon { agent(DELETE => '/p/a')->{status} == 202 } 'no longer wanted';
--- response_body
0



=== TEST 13: something else listens there
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis redis://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
--- request eval
["DELETE /p/a", "GET /p/a", "GET /hoop/approvals"]
--- more_headers eval
[$main::agent, $main::agent, $main::dana]
--- error_code eval
[503, 200, 503]



=== TEST 14: too many are pending
--- steps
$redis->command('EVAL', "for i = 1, 10000 do redis.call('ZADD',"
    . " 'hoop:approvals:pending', 9999999999, i) end return 1", 0);
my $res = agent(DELETE => '/p/a');
is($res->{status}, 503, 'no more');
is($res->{json}{detail}, 'approvals are not available', 'as it says');
is(agent(GET => '/p/a')->{status}, 200, 'all else goes on');
$redis->command('ZREM', 'hoop:approvals:pending', 1);
is(agent(DELETE => '/p/a')->{status}, 202, 'room for one');
--- response_body
1
--- error_log
too many approvals are pending
