# Copyright (C) ngx_hoop_module authors
#
# What an approval lets through: one request, that very request for some time,
# or what a rule asks about in a run.  And what else is done to approvals: they
# are cancelled, listed by what they are about, and want a reason.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use Hoop::Daemon qw( wait_for );

our $upstream = Hoop::Upstream->new(routes => {
    '/p/*' => sub { "reached by $_[0]{method}\n" },
});
our $redis = Hoop::Redis->new;

our %who = (
    agent   => bearer(),
    other   => bearer(sub => 'agent-2'),
    chain   => bearer(sub => 'alice', act => { sub => 'planner' }),
    alice   => bearer(sub => 'alice', groups => ['dba']),
    planner => bearer(sub => 'planner', groups => ['dba']),
    dana    => bearer(sub => 'dana', groups => ['dba']),
);

# a request of the agent in a run
sub in_run {
    my ($run, $method, $uri, $body, $who) = @_;

    return ask($method, $uri, [$who{ $who // 'agent' },
                               defined $run ? "Hoop-Run: $run" : ()], $body);
}

sub id_of {
    my ($res) = @_;

    is($res->{status}, 202, 'it waits for a human');
    return $res->{json}{approval} // die "no approval: $res->{raw}\n";
}

sub vote {
    my ($who, $verb, $id, $body) = @_;

    return ask(POST => "/hoop/approvals/$id/$verb", $who{$who}, $body);
}

sub show {
    my ($id) = @_;

    return ask(GET => "/hoop/approvals/$id", $who{dana})->{json};
}

sub list {
    my ($args) = @_;

    return ask(GET => "/hoop/approvals?$args", $who{dana});
}

sub ids { return CORE::join ' ', map { $_->{id} } @{ $_[0]{json}{approvals} } }

sub passes {
    my ($res, $name) = @_;

    like($res->{body}, qr/^reached by [A-Z]+$/, $name);
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $redis->command('FLUSHALL');
    $upstream->reset;

    $block->set_value('http_config', <<'END');
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
END

    my $wait = $block->approval_wait // '0';
    chomp $wait;

    $block->set_value('config', <<"END");
location /p/ {
    hoop on;
    hoop_approval wait=$wait;
    hoop_policy \$TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_target crm;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
location /hoop/ {
    hoop_api;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "crm", "rules": [
    { "id": "time", "effect": "review", "reason": "for a while",
      "match": { "request": { "path": "/p/time/**" } },
      "review": { "approvers": ["dba"], "scope": "time", "valid": "10m" } },
    { "id": "run", "effect": "review", "reason": "in a run",
      "match": { "request": { "path": "/p/run/**" } },
      "review": { "approvers": ["dba"], "scope": "run" } },
    { "id": "why", "effect": "review", "reason": "say why",
      "match": { "request": { "path": "/p/why/**" } },
      "review": { "approvers": ["dba"], "reason": "required" } },
    { "id": "once", "effect": "review", "reason": "needs a human",
      "match": { "request": { "path": "/p/**" } },
      "review": { "approvers": ["dba"] } } ] }
END

    $block->set_value('request', 'GET /hoop/approvals');
    $block->set_value('more_headers', $who{dana});
    $block->set_value('response_body_like', '"approvals"');
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\n[error]");
});

Hoop::Client->steps;
Hoop::Spool->install;

no_long_string();
run_tests();

__DATA__

=== TEST 1: that very request for some time
--- steps
my $id = id_of(in_run('r1', POST => '/p/time/1', 'a=1'));
my $a = show($id);
is_deeply($a->{scope}, { type => 'time', seconds => 600 },
          'a human sees for how long');
is(vote(dana => 'approve', $id)->{status}, 200, 'approved');
cmp_ok(abs(show($id)->{expires} - time - 600), '<=', 5,
       'it counts from the approval on');

passes(in_run('r1', POST => '/p/time/1', 'a=1'), 'it passes');
passes(in_run('r2', POST => '/p/time/1', 'a=1'), 'and again, in whatever run');
is(show($id)->{uses}, 2, 'each is counted');
is(show($id)->{state}, 'approved', 'it stays approved');

isnt(id_of(in_run('r1', POST => '/p/time/1', 'a=2')), $id, 'not another body');
isnt(id_of(in_run('r1', POST => '/p/time/2', 'a=1')), $id, 'nor another path');
isnt(id_of(in_run('r1', PUT => '/p/time/1', 'a=1')), $id, 'nor another method');
isnt(id_of(in_run('r1', POST => '/p/time/1', 'a=1', 'other')), $id,
     'nor somebody else');

$redis->command('HSET', "hoop:approval:$id", 'expires', time - 1);
isnt(id_of(in_run('r1', POST => '/p/time/1', 'a=1')), $id, 'nor after it');
is(show($id)->{state}, 'expired', 'which has expired');
--- events
{"type":"approval","state":"pending","rule":"time","scope":"time"}
{"type":"approval","vote":"approve","outcome":"counted","state":"approved"}
{"type":"approval","state":"consumed","rule":"time","scope":"time"}
{"type":"approval","state":"consumed","rule":"time","scope":"time"}



=== TEST 2: what the rule asks about in this run
--- steps
my $id = id_of(in_run('r1', POST => '/p/run/1', 'a=1'));
is_deeply(show($id)->{scope}, { type => 'run' }, 'a human sees that');
is(show($id)->{run}, 'r1', 'and which run');
is(id_of(in_run('r1', DELETE => '/p/run/2')), $id, 'it is one question');
is(vote(dana => 'approve', $id)->{status}, 200, 'approved');

passes(in_run('r1', POST => '/p/run/1', 'a=1'), 'what was asked about passes');
passes(in_run('r1', DELETE => '/p/run/2'), 'and all else of that rule');
isnt(id_of(in_run('r1', POST => '/p/other')), $id, 'not of another rule');
isnt(id_of(in_run('r2', POST => '/p/run/1', 'a=1')), $id, 'nor in another run');
isnt(id_of(in_run('r1', POST => '/p/run/1', 'a=1', 'other')), $id,
     'nor of somebody else');
isnt(id_of(in_run('r' . 'x' x 128 . '1', GET => '/p/run/1')),
     id_of(in_run('r' . 'x' x 128 . '2', GET => '/p/run/1')),
     'long names are told apart');
isnt(id_of(in_run('078-05-1120 219-09-9999', GET => '/p/run/1')),
     id_of(in_run('078-05-1121 219-09-9998', GET => '/p/run/1')),
     'and those that are masked');



=== TEST 3: without a run it is for one request
--- steps
my $id = id_of(in_run(undef, POST => '/p/run/1', 'a=1'));
is_deeply(show($id)->{scope}, { type => 'once' }, 'a human sees that');
isnt(id_of(in_run(undef, POST => '/p/run/1', 'a=2')), $id, 'not another');
is(vote(dana => 'approve', $id)->{status}, 200, 'approved');
passes(in_run(undef, POST => '/p/run/1', 'a=1'), 'it passes');
isnt(id_of(in_run(undef, POST => '/p/run/1', 'a=1')), $id, 'once');



=== TEST 4: a denial is for all of the run
--- steps
my $id = id_of(in_run('r1', POST => '/p/run/1', 'a=1'));
is(vote(dana => 'deny', $id, '{"reason":"not today"}')->{status}, 200,
   'denied');
my $res = in_run('r1', DELETE => '/p/run/2');
is("$res->{status} $res->{json}{detail}",
   '403 approval denied: not today', 'so is the rest');



=== TEST 5: a reason has to be given
--- steps
my $id = id_of(in_run(undef, POST => '/p/why/1'));
ok(show($id)->{reason_required}, 'it says so');
for my $body (undef, '{}', '{"reason":""}', '{"reason":"  "}') {
    my $res = vote(dana => 'approve', $id, $body);
    is("$res->{status} $res->{json}{detail}",
       '400 the rule wants a reason for each decision', 'not without');
}
is(vote(dana => 'approve', $id, '{"reason":"ticket 12"}')->{json}{state},
   'approved', 'with one it is approved');
passes(in_run(undef, POST => '/p/why/1'), 'and passes');
--- events
{"type":"approval","vote":"approve","outcome":"no_reason","state":"pending"}
{"type":"approval","vote":"approve","outcome":"counted","state":"approved","reason":"ticket 12"}



=== TEST 6: the requester cancels
--- steps
my $id = id_of(in_run(undef, POST => '/p/1', undef, 'chain'));
my $res = vote(dana => 'cancel', $id);
is("$res->{status} $res->{json}{detail}", '403 only the requester cancels',
   'nobody else does');
is(ask(GET => "/hoop/approvals/$id/cancel", $who{alice})->{status}, 405,
   'nor does a GET');
is(vote(planner => 'cancel', $id, '{"reason":"not needed"}')->{json}{state},
   'cancelled', 'who acts for it does');
is(show($id)->{comment}, 'not needed', 'and says why');
is(vote(alice => 'cancel', $id)->{status}, 409, 'once');
is(vote(dana => 'approve', $id)->{status}, 409, 'it is not to be approved');
isnt(id_of(in_run(undef, POST => '/p/1', undef, 'chain')), $id,
     'the next asks anew');
is(vote(alice => 'cancel', '0' x 32)->{status}, 404, 'what is not is not');
--- events
{"type":"approval","vote":"cancel","outcome":"not_requester","state":"pending"}
{"type":"approval","vote":"cancel","outcome":"counted","state":"cancelled"}



=== TEST 7: what waits is answered when it is cancelled
--- approval_wait: 30s
--- steps
my $held = begin(POST => '/p/1', $who{chain});
my $id = (wait_for { my $l = list('')->{json}{approvals}; @$l ? $l : undef })
         ->[0]{id};
is(vote(alice => 'cancel', $id)->{status}, 200, 'cancelled');
my $res = finish($held);
is("$res->{status} $res->{json}{detail}", '403 approval cancelled',
   'it is over');
is($redis->command('ZCARD', 'hoop:approvals:pending'), 0,
   'and does not ask again');



=== TEST 8: lists
--- steps
my $a = id_of(in_run('r1', POST => '/p/1'));
my $b = id_of(in_run('r 2', POST => '/p/run/1'));
my $c = id_of(in_run(undef, POST => '/p/2', undef, 'other'));
is(vote(dana => 'deny', $c)->{status}, 200, 'one is denied');

is(join(' ', sort split / /, ids(list(''))), join(' ', sort $a, $b),
   'two are pending');
is(ids(list('rule=run')), $b, 'one of a rule');
is(ids(list('run=r%202')), $b, 'of a run');
is(ids(list('run=r+2&rule=run&state=pending&kind=request')), $b, 'of all that');
is(ids(list('requester=agent-2')), '', 'none of that agent');
is(ids(list('requester=agent-2&state=all')), $c, 'but one that is denied');
is(ids(list('state=denied')), $c, 'which is the one');
is(ids(list('state=approved')), '', 'none is approved');
is(ids(list('kind=plan&state=all')), '', 'there is no plan');
is(ids(list('target=crm&state=denied')), $c, 'of a target');
is(ids(list('target=crm2&state=all')), '', 'not of another');

my $page = list('state=all&limit=2');
is(scalar @{ $page->{json}{approvals} }, 2, 'two');
my $rest = list("state=all&limit=2&after=$page->{json}{next}");
is(join(' ', sort(split(/ /, ids($page)), ids($rest))),
   join(' ', sort $a, $b, $c), 'and the rest');
ok(!exists $rest->{json}{next}, 'which is all');

for my $bad ('state=x', 'kind=x', 'limit=0', 'limit=101', 'limit=x',
             'after=x', 'after=1-' . 'A' x 32, 'after=' . '1' x 45,
             'rule=' . 'x' x 1025)
{
    is(list($bad)->{status}, 400, 'not ' . substr $bad, 0, 20);
}



=== TEST 9: the history of the requester, and what is like it
--- steps
my $a = id_of(in_run(undef, POST => '/p/1', '{"n":1}'));
is(vote(dana => 'approve', $a)->{status}, 200, 'approved');
passes(in_run(undef, POST => '/p/1', '{"n":1}'), 'used');
my $b = id_of(in_run(undef, POST => '/p/1', '{"n":2}'));
my $c = id_of(in_run(undef, POST => '/p/1', '{"n":2}', 'other'));
my $s = show($b);
is_deeply([map { "$_->{id} $_->{state} $_->{by}" } @{ $s->{history} }],
          ["$a consumed https://idp.test dana"], 'the one before');
is("$s->{similar}{id} $s->{similar}{summary}", "$a {\"n\":1}",
   'to compare with');
is($s->{summary}, '{"n":2}', 'its own');
$s = show($c);
is_deeply($s->{history}, [], 'of somebody else there is none');
is($s->{similar}{id}, $a, 'but what is like it');
