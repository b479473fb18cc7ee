# Copyright (C) ngx_hoop_module authors
#
# Plans: a planner says what is going to be done in a run, a human approves all
# of it, and the executor's requests pass where they are its steps, each once.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use Hoop::Daemon qw( wait_for );
use JSON::PP ();

our $upstream = Hoop::Upstream->new(routes => {
    '/p/*' => sub { "reached by $_[0]{method} $_[0]{path}\n" },
    '/mcp' => sub { (200, { 'Content-Type' => 'application/json' },
                     '{"jsonrpc":"2.0","id":1,"result":{}}') },
});
our $redis = Hoop::Redis->new;

our %who = (
    planner  => bearer(sub => 'alice', act => { sub => 'planner' }),
    executor => bearer(sub => 'alice', act => { sub => 'executor' }),
    other    => bearer(sub => 'bob', act => { sub => 'executor' }),
    alice    => bearer(sub => 'alice', groups => ['ops']),
    dana     => bearer(sub => 'dana', groups => ['ops']),
    eve      => bearer(sub => 'eve', groups => ['staff']),
);

our $json = JSON::PP->new->canonical;

sub step { return { purpose => 'why', method => $_[0], path => $_[1], @_[2 .. $#_] } }

sub the_plan {
    my ($steps, %more) = @_;

    return { title => 'Clean up', run => 'r1', steps => $steps, %more };
}

sub post {
    my ($plan, $who) = @_;

    return ask(POST => '/hoop/plans', $who{ $who // 'planner' },
               ref $plan ? $json->encode($plan) : $plan);
}

sub vote {
    my ($who, $verb, $id, $body) = @_;

    return ask(POST => "/hoop/plans/$id/$verb", $who{$who}, $body);
}

# an approved plan; its id
sub approved {
    my $res = post(the_plan(@_));
    is($res->{status}, 201, 'the plan is there') or diag $res->{raw};
    my $id = $res->{json}{approval};
    is(vote(dana => 'approve', $id)->{json}{state}, 'approved', 'and approved');
    return $id;
}

# a request of the executor in the run
sub act_in {
    my ($run, $method, $uri, $body, $who) = @_;

    return ask($method, $uri, [$who{ $who // 'executor' },
                               'Content-Type: application/json',
               defined $run ? "Hoop-Run: $run" : ()], $body);
}

sub act { return act_in('r1', @_) }

sub passes { like($_[0]{body}, qr/^reached by/, $_[1]) or diag $_[0]{raw} }

sub deviates {
    my ($res, $name) = @_;

    is("$res->{status} " . ($res->{json}{detail} // $res->{body}),
       "403 not a step of the run's plan that is open", $name);
}

sub steps_of {
    my ($id) = @_;

    my $a = ask(GET => "/hoop/plans/$id", $who{dana})->{json};
    return CORE::join ' ', map { "$_->{n}:$_->{state}" } @{ $a->{plan}{steps} };
}

sub mcp {
    my ($method, $params, $batch) = @_;

    my $call = { jsonrpc => '2.0', id => 1, method => $method,
                 params => $params // {} };
    my $res = ask(POST => '/mcp', [$who{executor}, 'Hoop-Run: r1',
                  'Content-Type: application/json',
                  'Accept: application/json, text/event-stream'],
                  $json->encode($batch ? [$call, { %$call, id => 2 }] : $call));
    return $res->{json};
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

    my $plan = $block->hoop_plan // 'on approver=ops';
    my $wait = $block->approval_wait // '0';
    chomp($plan, $wait);

    $block->set_value('config', <<"END");
hoop_plan $plan;
hoop_approval wait=$wait;
hoop_target crm;
location /p/ {
    hoop on;
    hoop_policy \$TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
location /mcp {
    hoop on;
    hoop_policy \$TEST_NGINX_SERVER_ROOT/html/mcp.json;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
location /none/ {
    hoop_plan off;
    hoop_api;
}
location /hoop/ {
    hoop_api;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "crm", "rules": [
    { "id": "secret", "effect": "deny", "reason": "never",
      "match": { "request": { "path": "/p/secret/**" } } },
    { "id": "delete", "effect": "review", "reason": "needs a human",
      "match": { "request": { "method": "DELETE", "path": "/p/**" } },
      "review": { "approvers": ["ops"] } },
    { "id": "ok", "effect": "allow",
      "match": { "request": { "path": "/p/**" } } } ] }
>>> mcp.json
{ "version": 1, "name": "mcp", "rules": [
    { "id": "all", "effect": "allow", "match": { "mcp": {} } } ] }
END

    if (!defined $block->must_die) {
        $block->set_value('request', 'GET /hoop/plans');
        $block->set_value('more_headers', $who{dana});
        $block->set_value('response_body_like', '"approvals"');
        $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\n[error]")
            if !defined $block->no_error_log;
    }
});

Hoop::Client->steps;
Hoop::Spool->install;

no_long_string();
run_tests();

__DATA__

=== TEST 1: in order, each once
--- steps
my $res = post(the_plan([step('GET', '/p/1'), step('DELETE', '/p/1'),
                     step('POST', '/p/*/done', body => { '/n' => { lte => 5 } })]));
is($res->{status}, 201, 'posted');
my $id = $res->{json}{approval};
is($res->{headers}{location}, "/hoop/plans/$id", 'where it is');
is("$res->{json}{state} $res->{json}{run} $res->{json}{steps}",
   'pending r1 3', 'what it says');

my $a = ask(GET => "/hoop/plans/$id", $who{dana})->{json};
is("$a->{kind} $a->{state} $a->{rule} $a->{reason} $a->{run}",
   'plan pending plan Clean up r1', 'as an approval');
is_deeply($a->{approvers}, ['ops'], 'who may decide');
is_deeply($a->{scope}, { type => 'run', seconds => 3600 }, 'for how long');
is("$a->{plan}{title} $a->{plan}{order} $a->{plan}{deviation}",
   'Clean up next deny', 'the plan itself');
is(ask(GET => '/hoop/plans', $who{dana})->{json}{approvals}[0]{id}, $id,
   'in the list of plans');
is(ask(GET => '/hoop/approvals?kind=request', $who{dana})->{body},
   qq({"approvals":[]}\n), 'not in that of requests');

is(act(GET => '/p/1')->{status}, 202, 'before it is approved its steps wait');
is(vote(alice => 'approve', $id)->{status}, 403, 'not by the subject');
is(vote(eve => 'approve', $id)->{status}, 403, 'nor without the group');
is(vote(dana => 'approve', $id)->{status}, 200, 'but by somebody else');

deviates(act(DELETE => '/p/1'), 'the second step before the first');
passes(act(GET => '/p/1'), 'the first');
deviates(act(GET => '/p/1'), 'once');
is(steps_of($id), '1:used 2:open 3:open', 'one is used');
passes(act(DELETE => '/p/1'), 'the second, which needs no other approval');
deviates(act(POST => '/p/1/done', '{"n":6}'), 'the third with another body');
passes(act(POST => '/p/1/done', '{"n":5}'), 'the third');
deviates(act(POST => '/p/1/done', '{"n":5}'), 'after the last');
is(ask(GET => "/hoop/plans/$id", $who{dana})->{json}{state}, 'consumed',
   'the plan is used up');

is(act_in('r2', DELETE => '/p/1')->{status}, 202, 'another run has no plan');
passes(act_in('r2', GET => '/p/1'), 'and goes by policy');
passes(act_in(undef, GET => '/p/1'), 'so does what is in none');
passes(act_in('r1', GET => '/p/1', undef, 'other'),
       'and the same run of somebody else');
--- events
{"type":"approval","state":"pending","rule":"plan","run":"r1","plan_sha256":"/^[0-9a-f]{64}$/"}
{"type":"decision","decision":"review","rule":"ok","plan":"/^[0-9a-f]{32}$/"}
{"type":"approval","state":"pending","plan":"/^[0-9a-f]{32}$/"}
{"type":"approval","vote":"approve","outcome":"self"}
{"type":"approval","vote":"approve","outcome":"no_right"}
{"type":"approval","vote":"approve","outcome":"counted","state":"approved"}
{"type":"decision","decision":"deny","status":403,"deviation":true}
{"type":"decision","decision":"review","rule":"ok"}
{"type":"approval","state":"consumed","step":1}
{"type":"decision","decision":"deny","status":403,"deviation":true}
{"type":"approval","state":"consumed","rule":"delete","step":2}
{"type":"approval","state":"consumed","step":3}



=== TEST 2: in any order
--- steps
my $id = approved([step('GET', '/p/1'), step('DELETE', '/p/1'),
                   step('GET', '/p/*')], order => 'any');
passes(act(DELETE => '/p/1'), 'the second first');
passes(act(GET => '/p/1'), 'the first');
passes(act(GET => '/p/1'), 'the third is met by it, too');
is(steps_of($id), '1:used 2:used 3:used', 'all are used');
deviates(act(GET => '/p/1'), 'then it is over');



=== TEST 3: what policy denies stays denied, and is not used up
--- steps
my $id = approved([step('GET', '/p/secret/1'), step('GET', '/p/1')],
                  order => 'any');
my $res = act(GET => '/p/secret/1');
is("$res->{status} $res->{json}{detail}", '403 never', 'by the rule');
is(steps_of($id), '1:open 2:open', 'nothing is used');



=== TEST 4: a deviation that is reviewed
--- steps
my $id = approved([step('GET', '/p/1')], deviation => 'review');
my $res = act(POST => '/p/2', 'x=1');
is("$res->{status} $res->{json}{reason}",
   "202 not a step of the run's plan that is open", 'it waits for a human');
my $a = ask(GET => "/hoop/approvals/$res->{json}{approval}", $who{dana})->{json};
is("$a->{kind} $a->{scope}{type}", 'request once', 'about this request');
is_deeply($a->{approvers}, ['ops'], 'of the same humans');
is(vote(dana => 'approve', $a->{id})->{status}, 200, 'who agrees');
passes(act(POST => '/p/2', 'x=1'), 'it passes');
is(act(POST => '/p/2', 'x=1')->{status}, 202, 'once');
is(steps_of($id), '1:open', 'no step is used');
passes(act(GET => '/p/1'), 'which is there');
--- events
{"type":"decision","decision":"review","deviation":true}
{"type":"approval","state":"pending","deviation":true}
{"type":"approval","state":"consumed","deviation":true}



=== TEST 5: held until the plan is approved
--- approval_wait: 20s
--- steps
my $id = post(the_plan([step('POST', '/p/1')]))->{json}{approval};
my $held = begin(POST => '/p/1', [$who{executor}, 'Hoop-Run: r1'], 'body');
ok(!answered($held, 0.3), 'it waits');
deviates(act(GET => '/p/1'), 'what is no step does not');
is(vote(dana => 'approve', $id)->{status}, 200, 'approved');
passes(finish($held, 5), 'and goes on');

$id = post(the_plan([step('POST', '/p/1')], run => 'r2'))->{json}{approval};
$held = begin(POST => '/p/1', [$who{executor}, 'Hoop-Run: r2'], 'body');
ok(!answered($held, 0.2), 'another waits');
is(vote(dana => 'deny', $id, '{"reason":"no"}')->{status}, 200, 'denied');
my $res = finish($held, 5);
is("$res->{status} $res->{json}{detail}", '403 approval denied: no',
   'and is refused');
$res = act_in('r2', POST => '/p/1', 'body');
is("$res->{status} $res->{json}{detail}",
   '403 the plan of this run was denied', 'so is all of the run');



=== TEST 6: an executor by name
--- steps
my $id = approved([step('GET', '/p/1')],
                  executor => { sub => 'executor', iss => 'https://idp.test' });
deviates(act(GET => '/p/1', undef, 'planner'), 'not the planner');
deviates(act(GET => '/p/1', undef, 'alice'), 'nor the subject');
passes(act(GET => '/p/1'), 'but who is named');



=== TEST 7: one plan a run; it can be cancelled, and ends
--- steps
my $plan = the_plan([step('GET', '/p/1')]);
my $id = post($plan)->{json}{approval};
is(post($plan)->{json}{approval}, $id, 'the same is the same');
my ($slot) = @{ $redis->command('KEYS', 'hoop:plan:*') };
is('hoop:' . $redis->command('HGET', "hoop:approval:$id", 'slot'), $slot,
   'and knows its place');
my $res = post(the_plan([step('GET', '/p/2')]));
is($res->{status}, 409, 'another is one too many');
is(post(the_plan([step('GET', '/p/2')]), 'other')->{status}, 201,
   'of somebody else it is not');

is(vote(dana => 'approve', $id)->{status}, 200, 'approved');
is(vote(dana => 'cancel', $id)->{status}, 403, 'not cancelled by others');
is(vote(planner => 'cancel', $id)->{status}, 200, 'but by who has posted it');
passes(act(GET => '/p/9'), 'the run has no plan any more');

$id = approved([step('GET', '/p/1'), step('GET', '/p/2')]);
passes(act(GET => '/p/1'), 'a new one');
$redis->command('HSET', "hoop:approval:$id", 'expires', time - 1);
passes(act(GET => '/p/9'), 'until its time is over');



=== TEST 8: a plan is required
--- hoop_plan: required approver=ops
--- steps
my $res = act_in(undef, GET => '/p/1');
is("$res->{status} $res->{json}{detail}", '403 no run, and so no plan',
   'not without a run');
$res = act(GET => '/p/1');
is("$res->{status} $res->{json}{detail}", '403 this run has no plan',
   'nor without a plan');
approved([step('GET', '/p/1')]);
passes(act(GET => '/p/1'), 'with it');



=== TEST 9: calls of tools
--- steps
my $id = approved([{ purpose => 'refund', tool => 'refund',
                     arguments => { '/id' => 7 } },
                   { purpose => 'tell', tool => 'mail' }]);

ok(mcp('initialize', { protocolVersion => '2025-06-18', capabilities => {},
       clientInfo => { name => 'x', version => 1 } })->{result},
   'the conversation begins');
ok(mcp('tools/list')->{result}, 'tools are listed');
ok(mcp('tools/call', { name => 'mail', arguments => {} })->{error},
   'the second call before the first');
ok(mcp('tools/call', { name => 'refund', arguments => { id => 8 } })->{error},
   'another argument');
my $batch = mcp('tools/call', { name => 'refund', arguments => { id => 7 } }, 1);
is(scalar(grep { $_->{error} } @$batch), 2, 'two at once');
ok(mcp('tools/call', { name => 'refund', arguments => { id => 7 } })->{result},
   'the first call');
my $again = mcp('tools/call', { name => 'refund', arguments => { id => 7 } });
like($again->{error}{data}{reason}, qr/not a step of the run's plan/,
     'once, and a model can read why');
ok(mcp('tools/call', { name => 'mail', arguments => {} })->{result},
   'the second');



=== TEST 10: exactly once, whoever hurries
--- approval_wait: 0
--- steps
my $id = approved([map { step('POST', '/p/*') } 1 .. 3], order => 'any');
my @held = map { begin(POST => "/p/$_", [$who{executor}, 'Hoop-Run: r1'], 'x') }
           1 .. 30;
my @res = map { finish($_, 10) } @held;
is(scalar(grep { $_->{status} == 200 } @res), 3, 'three pass');
is(scalar(grep { $_->{status} == 403 } @res), 27, 'and no more');
is(steps_of($id), '1:used 2:used 3:used', 'each step once');



=== TEST 11: plans that are none
--- steps
for my $case (
    ['', 'unexpected end of the document'],
    ['{', 'expected'],
    ['[]', 'the plan is not an object'],
    ['{"title":1}', '"title" is not a text'],
    [the_plan([]), '"steps" is not an array of 1 to 64 steps'],
    [the_plan([map { step('GET', '/') } 1 .. 65]), '"steps" is not an array'],
    [the_plan([step('GET', '/p')], run => ''), '"run" is not a text'],
    [the_plan([step('GET', '/p')], run => "a\nb"), '"run" is not a text'],
    [the_plan([step('GET', '/p')], order => 'x'), '"order" is neither'],
    [the_plan([step('GET', '/p')], deviation => 'x'), '"deviation" is neither'],
    [the_plan([step('GET', '/p')], executor => {}), '"executor" is not an object'],
    [the_plan([step('GET', '/p')], x => 1), 'the plan has another member'],
    [the_plan([step('GET', '/p'), {}]), 'step 2: "purpose" is not'],
    [the_plan([step('GET', '/p', x => 1)]), 'step 1 is not an object with'],
    [the_plan([{ purpose => 'x', method => 'GET' }]), 'step 1 has neither'],
    [the_plan([step('GET', '/p', tool => 'x')]), 'step 1 has neither'],
    [the_plan([step('GET', 'p')]), 'step 1: '],
    [the_plan([step('GET', '/p', body => 1)]), 'step 1: '],
    [the_plan([step('GET', '/p', body => { a => 1 })]), 'step 1: '],
    [the_plan([step('GET', '/p', body => { '/ssn' => '219-09-9999' })]),
     'the plan holds what would be masked'],
    [the_plan([step('GET', '/p')], title => 'x 4111 1111 1111 1111'),
     'the plan holds what would be masked'],
) {
    my $res = post($case->[0]);
    is($res->{status}, 400, 'refused');
    like($res->{json}{detail}, qr/\Q$case->[1]/, $case->[1]);
}
is(post('x' x 40000)->{status}, 413, 'too large');
is(ask(GET => '/hoop/plans/1', $who{dana})->{status}, 404, 'no such plan');
is(ask(PUT => '/hoop/plans', $who{dana}, '{}')->{headers}{allow},
   'GET, HEAD, POST', 'methods');
is(ask(POST => '/none/plans', $who{dana}, '{}')->{status}, 404,
   'there may be none');
is(@{ $redis->command('KEYS', 'hoop:plan:*') }, 0, 'nothing is there');
--- no_event_text
219-09-9999
4111 1111



=== TEST 12: a large one, from a file
--- steps
my $res = post(the_plan([map { step('GET', "/p/$_/" . 'x' x 380) } 1 .. 64]));
is($res->{status}, 201, 'it is taken');
is(vote(dana => 'approve', $res->{json}{approval})->{status}, 200, 'approved');
passes(act(GET => '/p/1/' . 'x' x 380), 'and used');



=== TEST 13: the description of the API says what there is
--- steps
open my $in, '<', 'docs/openapi.json' or die "docs/openapi.json: $!\n";
my $doc = JSON::PP->new->utf8->decode(do { local $/; <$in> });
my $id = post(the_plan([step('GET', '/p/1')]))->{json}{approval};

my $show = ask(GET => "/hoop/plans/$id", $who{dana})->{json};
my $known = $doc->{components}{schemas}{approval}{properties};
is(join(' ', grep { !$known->{$_} } sort keys %$show), '',
   'all members are described');
is(join(' ', grep { !exists $show->{$_} } sort keys %$known), '',
   'and there is none that is not');

for my $path (sort keys %{ $doc->{paths} }) {
    my $methods = $doc->{paths}{$path};
    (my $uri = "/hoop$path") =~ s/\{id\}/'0' x 32/e;

    for my $method (qw( get post put )) {
        my $res = ask(uc $method => $uri, $who{dana},
                      $method eq 'get' ? undef : '{}');

        if ($methods->{$method}) {
            my $said = $methods->{$method}{responses}{ $res->{status} };
            ok($said, "$method $path: $res->{status} is described");
            unlike($res->{body}, qr/no such resource/, 'and is there');

        } else {
            is($res->{status}, 405, "$method $path is not there");
        }
    }
}



=== TEST 14: an unknown value
--- hoop_plan: maybe
--- must_die
--- error_log
invalid value "maybe", wanted on, required or off



=== TEST 15: an unknown parameter
--- hoop_plan: on count=0
--- must_die
--- error_log
invalid parameter "count=0", wanted approver=GROUP, count=1..16, ttl=TIME, valid=TIME
