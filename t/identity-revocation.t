# Copyright (C) ngx_hoop_module authors
#
# Revoked tokens, subjects and actors, as keys in Redis say; how long an answer
# is good for; and what happens when there is none.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( wait_for );
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });
our $redis = Hoop::Redis->new;

# the status of a GET, and why
sub get {
    my ($agent, $uri) = @_;

    my $res = ask(GET => $uri // '/p/a', $agent);
    return $res->{status} == 200 ? 200
           : "$res->{status} " . ($res->{json}{detail} // '');
}

sub revoke {
    my ($what, $value) = @_;

    $redis->command('SET', "hoop:revoked:$what", $value // 1);
}

# how many times Redis was asked
sub asked {
    my $stats = $redis->command('INFO', 'commandstats');

    return $stats =~ /cmdstat_mget:calls=(\d+)/ ? $1 : 0;
}

# how many lines of the log have this text
sub logged {
    my ($text) = @_;

    open my $log, '<', "$ENV{TEST_NGINX_SERVER_ROOT}/logs/error.log"
        or die "error.log: $!\n";

    return scalar grep { index($_, $text) >= 0 } <$log>;
}

our $revoked = '401 token is revoked';
our $unchecked = '503 revocation cannot be checked';

add_block_preprocessor(sub {
    my ($block) = @_;

    $redis->resume;
    $redis->start;
    $redis->command('FLUSHALL');
    $redis->command('CONFIG', 'RESETSTAT');

    my $with = $block->revocation // 'ttl=0';
    my $hoop = $block->hoop // 'on';
    my $more = $block->config_more // '';
    my $timeout = $block->redis_timeout // '300ms';
    chomp($with, $hoop, $more, $timeout);

    $block->set_value('http_config', <<"END") if !defined $block->http_config;
hoop_audit \$TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis redis://127.0.0.1:\$TEST_NGINX_REDIS_PORT timeout=$timeout;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks.json;
}
hoop_issuer other {
    issuer https://other.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks2.json;
}
END

    $block->set_value('config', <<"END") if !defined $block->config;
hoop_revocation $with;
hoop_policy \$TEST_NGINX_SERVER_ROOT/html/policy.json;
location /p/ {
    hoop $hoop;
    hoop_approval wait=10s;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
location /off/ {
    hoop on;
    hoop_revocation off;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/p/;
}
location /hoop/ {
    hoop_api;
}
$more
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow",
      "match": { "request": { "method": "GET" } } },
    { "id": "ask", "effect": "review",
      "match": { "request": { "method": "DELETE" } },
      "review": { "approvers": ["dba"] } } ] }
END

    $block->set_value('request', 'GET /off/a') if !defined $block->request;
    $block->set_value('more_headers', bearer())
        if !defined $block->more_headers;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log && !defined $block->must_die;
    $block->set_value('no_event_text', 'eyJ') if !defined $block->must_die;
});

Hoop::Client->steps;
Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: a token, by its jti; the answer and the event
--- init
main::revoke('idp:jti:number-1');
--- request
GET /p/a
--- more_headers eval
main::bearer(jti => 'number-1')
--- error_code: 401
--- response_headers
WWW-Authenticate: Bearer realm="hoop", error="invalid_token", error_description="token is revoked"
--- events
{"type":"request","identity":{"iss":"https://idp.test","sub":"agent-1"}}
{"type":"decision","decision":"deny","status":401,"reason":"token is revoked"}



=== TEST 2: which jti, of which issuer; any value
--- steps
my ($one, $two) = map { bearer(jti => $_) } 'one', 'two';
is(get($one), 200, 'good');
revoke('idp:jti:one', '');
is(get($one), $revoked, 'revoked');
is(get($two), 200, 'the other is not');
revoke('other:jti:two');
revoke('idp:sub:two');
revoke('idp:jti:tw');
is(get($two), 200, 'of another issuer, kind, length');
$redis->command('DEL', 'hoop:revoked:idp:jti:one');
is(get($one), 200, 'good again');



=== TEST 3: a subject, all of its tokens
--- steps
my $agent = bearer(sub => "a b\n\x{c3}\x{a9}:*", jti => undef);
is(get($agent), 200, 'a token without a jti');
revoke("idp:sub:a b\n\x{c3}\x{a9}:*", 'all');
is(get($agent), $revoked, 'revoked');
is(get(bearer()), 200, 'nobody else is');



=== TEST 4: a subject, what was issued before a time
--- steps
my $now = time;
my %iat = (early => $now - 100, at => $now - 50, late => $now - 49);
my %agent = map { $_ => bearer(iat => $iat{$_}, exp => $now + 60) } keys %iat;
$agent{none} = bearer(iat => undef, nbf => undef);
$agent{real} = bearer(iat => $now - 49.5, exp => $now + 60);
is(get($agent{$_}), 200, "$_ is good") for sort keys %agent;
revoke('idp:sub:agent-1', $now - 50);
is(get($agent{$_}), $revoked, "$_ is revoked") for qw( early at none );
is(get($agent{$_}), 200, "$_ is good") for qw( late real );
revoke('idp:sub:agent-1', $_), is(get($agent{late}), $revoked, "\"$_\": all")
    for '', 'x', 0, 1, 999999999, ' 1', '1 ', '-1', '1.5', '1e1', '9' x 30, $now . "\n";



=== TEST 5: actors, of the token's issuer and of others
--- steps
my $agent = bearer(act => { sub => 'exec', act => {
    sub => 'planner', iss => 'https://other.test', act => {
    sub => 'stranger', iss => 'https://unknown.test' } } });
is(get($agent), 200, 'good');
revoke('idp:sub:planner');
revoke('idp:sub:stranger');
revoke('other:sub:exec');
is(get($agent), 200, 'the same names elsewhere');
revoke('idp:sub:exec');
is(get($agent), $revoked, 'the actor');
$redis->command('FLUSHALL');
revoke('other:sub:planner');
is(get($agent), $revoked, 'the actor behind it');



=== TEST 6: by whatever name an issuer goes
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis redis://127.0.0.1:$TEST_NGINX_REDIS_PORT timeout=300ms;
hoop_issuer idp {
    issuer https://idp.test idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
hoop_issuer other {
    issuer https://other.test other.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks2.json;
}
hoop_issuer many {
    issuer "https://m.test/{tenantid}/v2.0" "https://sts.test/{tenantid}/";
    tenants 11111111-2222-3333-4444-55555555abcd;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks2.json;
}
--- steps
my ($t1, $t2) = qw( 11111111-2222-3333-4444-55555555abcd
                    99999999-2222-3333-4444-55555555abcd );
my %agent = map { $_->[0] => bearer(act => { sub => 'a', iss => $_->[1] }) }
    ['idp', 'idp.test'], ['other', 'other.test'],
    ['name', "https://m.test/$t1/v2.0"], ['alias', "https://sts.test/$t1/"],
    ['no tenant of ours', "https://sts.test/$t2/"];
$agent{sub} = bearer(iss => 'idp.test', sub => 'a', act => { sub => 'b' });
is(get($agent{$_}), 200, "good: $_") for sort keys %agent;
revoke('idp:sub:a');
is(get($agent{$_}), $revoked, $_) for 'idp', 'sub';
is(get($agent{$_}), 200, "$_, not yet") for 'other', 'name', 'alias';
revoke('other:sub:a');
is(get($agent{other}), $revoked, 'other');
revoke('many:sub:a');
is(get($agent{$_}), $revoked, $_) for 'name', 'alias', 'no tenant of ours';



=== TEST 7: what cannot be looked up is refused
--- steps
sub chain { my ($n) = @_; { sub => "a$n", $n > 1 ? (act => chain($n - 1)) : () } }
is(get(bearer(act => chain(8))), 200, 'eight actors');
like(get(bearer(@$_)), qr/^401 ./, "$_->[0]") for
    [act => chain(9)], [act => 'x'], [act => []], [act => {}],
    [act => { sub => '' }], [act => { sub => 7 }],
    [act => { sub => 'a', act => 'x' }],
    [jti => 7], [jti => ''], [jti => {}], [jti => [1]];
is(get(bearer(jti => 'x' x 4000, sub => 'y' x 600)), 200, 'long ones can be');
revoke('idp:jti:' . 'x' x 4000);
is(get(bearer(jti => 'x' x 4000)), $revoked, 'and are');



=== TEST 8: an answer is good for a while: one question for many requests
--- revocation: ttl=1h
--- steps
my $agent = bearer();
is(get($agent), 200, 'good') for 1 .. 5;
is(asked(), 1, 'Redis was asked once');
revoke('idp:sub:agent-1');
is(get($agent), 200, 'still');
is(get(bearer()), $revoked, 'another token is not');
is(asked(), 2, 'a question of its own');
my $bad = bearer();
is(get($bad), $revoked, 'revoked');
$redis->command('FLUSHALL');
is(get($bad), $revoked, 'still');
is(asked(), 3, 'that is kept as well');



=== TEST 9: ... but not for longer than that
--- revocation: ttl=50ms
--- steps
my $agent = bearer();
is(get($agent), 200, 'good');
revoke('idp:sub:agent-1');
soon { get($agent) eq $revoked } 'revoked';
$redis->command('FLUSHALL');
soon { get($agent) eq '200' } 'and good again';



=== TEST 10: ttl=0: asked each time
--- steps
my $agent = bearer();
is(get($agent), 200, 'good') for 1 .. 3;
is(asked(), 3, 'three questions');



=== TEST 11: off asks nothing
--- revocation: off
--- steps
revoke('idp:sub:agent-1');
is(get(bearer()), 200, 'taken');
is(asked(), 0, 'nobody asked');



=== TEST 12: an answer within the ttl needs no Redis
--- revocation: ttl=1h
--- steps
my $agent = bearer();
is(get($agent), 200, 'good');
$redis->stop;
is(get($agent), 200, 'good');
is(get(bearer()), $unchecked, 'a new one is not');



=== TEST 13: Redis is not there: 503, and the event says why
--- post_setup_server_root
$main::redis->stop;
--- request
GET /p/a
--- error_code: 503
--- response_headers
Content-Type: application/problem+json
!WWW-Authenticate
--- response_body_like: "status":503,"detail":"revocation cannot be checked"
--- events
{"type":"request"}
{"type":"decision","decision":"error","status":503,"reason":"revocation cannot be checked"}



=== TEST 14: it comes later, dies, is slow, answers nonsense
--- post_setup_server_root
$main::redis->stop;
--- steps
my $agent = bearer();
is(get($agent), $unchecked, 'not there');
$redis->start;
soon { get($agent) eq '200' } 'there';
$redis->pause;
is(get($agent), $unchecked, 'it does not answer in time');
$redis->resume;
soon { get($agent) eq '200' } 'there';
$redis->kill;
is(get($agent), $unchecked, 'gone');
$redis->start;
soon { get($agent) eq '200' } 'back';
$redis->command(qw( ACL SETUSER default -mget ));
is(get($agent), $unchecked, 'it may not be asked that');
$redis->command(qw( ACL SETUSER default +mget ));
is(get($agent), 200, 'now it may');



=== TEST 15: on_error=allow: taken, and it is on the record; said once
--- revocation: ttl=0 on_error=allow
--- post_setup_server_root
$main::redis->stop;
--- steps
my $agent = bearer();
is(get($agent), 200, 'taken') for 1 .. 2;
is(logged('tokens are taken without it'), 1, 'said once');
--- request
GET /p/a
--- response_body
reached
--- events
{"type":"decision","decision":"allow","revocation":"unchecked"}
{"type":"response","status":200}
{"type":"decision","decision":"allow","revocation":"unchecked"}



=== TEST 16: on_error=allow: while Redis answers, revoked is revoked
--- revocation: ttl=0 on_error=allow
--- steps
my $agent = bearer();
revoke('idp:sub:agent-1');
is(get($agent), $revoked, 'revoked');
$redis->pause;
is(get($agent), 200, 'nobody knows');
$redis->resume;
soon { get($agent) eq $revoked } 'revoked again';
--- error_log eval
[qr/\[warn\].*revocation cannot be checked/,
 qr/\[notice\].*revocation is checked again/]



=== TEST 17: hoop_api is no way round
--- steps
my $dana = bearer(sub => 'dana', groups => ['dba']);
is(get($dana, '/hoop/approvals'), 200, 'may look');
revoke('idp:sub:dana');
is(get($dana, '/hoop/approvals'), $revoked, 'no longer');
$redis->stop;
is(get($dana, '/hoop/approvals'), $unchecked, 'nor without Redis');



=== TEST 18: monitor: on the record only
--- hoop: monitor
--- init
main::revoke('idp:sub:agent-1');
--- request
GET /p/a
--- response_body
reached
--- events
{"type":"decision","decision":"deny","reason":"token is revoked","monitor":true}
{"type":"response","status":200}



=== TEST 19: an internal redirect from where it is off
--- config_more
location = /from {
    hoop on;
    hoop_revocation off;
    try_files /none /p/a;
}
--- steps
my $agent = bearer();
is(get($agent, '/from'), 200, 'good');
revoke('idp:sub:agent-1');
is(get($agent, '/from'), $revoked, 'asked where it is on');
is(get($agent, '/off/a'), 200, 'and nowhere else');



=== TEST 20: an error page is no way round
--- config_more
location /e/ {
    hoop on;
    error_page 401 503 = /p/a;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/;
}
--- steps
my $agent = bearer();
is(get($agent, '/e/a'), 200, 'good');
revoke('idp:sub:agent-1');
is(get($agent, '/e/a'), $revoked, 'revoked');
$redis->stop;
is(get($agent, '/e/a'), $unchecked, 'and not known');



=== TEST 21: revoked while a human was thinking
--- redis_timeout: 10s
--- steps
my $dana = bearer(sub => 'dana', groups => ['dba']);
my $held = begin(DELETE => '/p/a', bearer());
my $id = (wait_for { my $ids = $redis->command('ZRANGE',
    'hoop:approvals:pending', 0, -1); @$ids ? $ids : undef })->[0];
revoke('idp:sub:agent-1');
is(ask(POST => "/hoop/approvals/$id/approve", $dana)->{status}, 200,
   'approved');
my $res = finish($held, 5);
is($res->{status}, 401, 'too late');
is($res->{json}{detail}, 'token is revoked', 'as it says');
is($redis->command('HGET', "hoop:approval:$id", 'state'), 'approved',
   'and it is not used up');



=== TEST 22: the client leaves while Redis is asked
--- steps
my $agent = bearer();
$redis->pause;
my @held = map { begin(GET => '/p/a', $agent) } 1 .. 3;
ok(!answered($_, 0.02), 'it waits') for @held;
hang_up($_) for @held;
$redis->resume;
soon { get(bearer()) eq '200' } 'and all is well';



=== TEST 23: no Redis
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
--- config
location / {
    hoop on;
    hoop_revocation;
}
--- must_die
--- error_log
"hoop_revocation" needs a "hoop_redis" in http



=== TEST 24: a time that is none
--- revocation: ttl=2h
--- must_die
--- error_log
hoop_revocation "ttl=2h", wanted a time of at most 1h



=== TEST 25: an unknown word
--- revocation: ttl=1s off
--- must_die
--- error_log
hoop_revocation "off", wanted ttl=TIME, on_error=deny, on_error=allow, or "off" alone



=== TEST 26: twice
--- config_more
hoop_revocation off;
--- must_die
--- error_log
"hoop_revocation" directive is duplicate



=== TEST 27: an internal redirect to where an answer gets old sooner
--- config_more
location = /from {
    hoop on;
    hoop_revocation ttl=1h;
    try_files /none /p/a;
}
location = /to {
    hoop on;
    try_files /none /old/a;
}
location /old/ {
    hoop on;
    hoop_revocation ttl=1h;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/p/;
}
--- steps
my $agent = bearer();
is(get($agent, '/old/a'), 200, 'good');
is(asked(), 1, 'asked once');
is(get($agent, '/from'), 200, 'still good');
is(asked(), 2, 'asked where it must be new');
is(get($agent, '/to'), 200, 'the other way');
is(asked(), 3, 'once is enough');
revoke('idp:sub:agent-1');
is(get($agent, '/old/a'), 200, 'an old answer is good here');
is(get($agent, '/from'), $revoked, 'and not there');



=== TEST 28: monitor: a revoked token names nobody
--- hoop
monitor;
add_header X-Sub "<$hoop_sub>"
--- steps
my $agent = bearer();
is(ask(GET => '/p/a', $agent)->{headers}{'x-sub'}, '<agent-1>', 'good');
revoke('idp:sub:agent-1');
is(ask(GET => '/p/a', $agent)->{headers}{'x-sub'}, '<>', 'revoked');
--- events
{"type":"decision","decision":"deny","status":401,"monitor":true,"reason":"token is revoked"}
