# Copyright (C) ngx_hoop_module authors
#
# Who must agree: a request that needs a human waits for one, and an approval
# covers that very request, once, by somebody else than who asked.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Proof;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use Hoop::Daemon qw( wait_for );
use IO::Socket::INET;

our $upstream = Hoop::Upstream->new(routes => {
    '/p/*' => sub { "reached by $_[0]{method}, body of "
                    . length($_[0]{body}) . "\n" },
});
our $redis = Hoop::Redis->new;
$ENV{TEST_NGINX_H2_PORT} = Hoop::Daemon::free_port();

our %who = (
    agent   => bearer(),
    again   => bearer(groups => ['dba'], scope => 'all'),
    other   => bearer(sub => 'agent-2'),
    chain   => bearer(sub => 'alice', act => { sub => 'planner',
                      act => { sub => 'tool', iss => 'https://x.test' } }),
    alice   => bearer(sub => 'alice', groups => ['dba']),
    planner => bearer(sub => 'planner', groups => ['dba']),
    tool    => bearer(sub => 'tool', groups => ['dba']),
    lent    => bearer(sub => 'dana', groups => ['dba'],
                      act => { sub => 'agent-1' }),
    dana    => bearer(sub => 'dana', groups => ['staff', 'dba']),
    dave    => bearer(sub => 'dave', groups => 'dba', -key => 'ec'),
    eve     => bearer(sub => 'eve', groups => ['staff']),
    none    => bearer(sub => 'nobody', groups => undef),
    twin    => bearer(sub => 'agent-1', groups => ['dba'],
                      iss => 'https://other.test'),
);

# a request of the agent; an approval's id
sub agent {
    my ($method, $uri, $body) = @_;

    return ask($method, $uri, $who{agent}, $body);
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

# the only one that is pending, when it is
sub pending_id {
    my $ids = wait_for {
        my $ids = $redis->command('ZRANGE', 'hoop:approvals:pending', 0, -1);
        @$ids ? $ids : undef;
    };

    return $ids->[0] // die "nothing is pending\n";
}

# HTTP/2, as much as is needed for several streams of one connection
sub h2_frame {
    my ($type, $flags, $stream, $payload) = @_;

    return pack('Cn CCN', length($payload) >> 16, length($payload) & 0xffff,
                $type, $flags, $stream) . $payload;
}

sub h2_text {
    my ($text) = @_;

    my $n = length $text;

    return chr($n) . $text if $n < 127;

    my $len = chr 127;
    for ($n -= 127; $n > 127; $n >>= 7) { $len .= chr($n & 127 | 128) }
    return $len . chr($n) . $text;
}

sub h2_open {
    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => $ENV{TEST_NGINX_H2_PORT})
        or die "h2: $!\n";

    syswrite $sock, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . h2_frame(4, 0, 0, '');
    return { sock => $sock, in => '', body => {}, done => {} };
}

sub h2_ask {
    my ($h2, $stream, $method, $path, $body) = @_;

    my ($token) = $who{agent} =~ /: (.*)/;
    my @headers = (':method', $method, ':scheme', 'http', ':path', $path,
                   ':authority', 'localhost', 'authorization', $token);

    syswrite $h2->{sock},
        h2_frame(1, 4, $stream, CORE::join '', map {
            "\0" . h2_text($headers[2 * $_]) . h2_text($headers[2 * $_ + 1])
        } 0 .. 4) . h2_frame(0, 1, $stream, $body // '');
}

# reads until so many streams are done
sub h2_read {
    my ($h2, $n) = @_;

    my $deadline = time + 5;

    while (keys %{ $h2->{done} } < $n && time < $deadline) {
        my $rin = '';
        vec($rin, fileno $h2->{sock}, 1) = 1;
        next if !select $rin, undef, undef, 1;
        last if !sysread $h2->{sock}, $h2->{in}, 65536, length $h2->{in};

        while (length $h2->{in} >= 9) {
            my ($high, $low, $type, $flags, $stream) =
                unpack 'Cn CCN', $h2->{in};
            my $len = ($high << 16) + $low;
            last if length $h2->{in} < 9 + $len;

            my $payload = substr substr($h2->{in}, 0, 9 + $len, ''), 9;
            $h2->{body}{$stream} .= $payload if $type == 0;
            $h2->{done}{$stream} = 1
                if $type == 3 || $type <= 1 && $flags & 1;
        }
    }
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $redis->command('FLUSHALL');
    $upstream->reset;

    $block->set_value('http_config', <<'END') if !defined $block->http_config;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
hoop_issuer other {
    issuer https://other.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
END

    my $wait = $block->approval_wait // '0';
    chomp $wait;

    $block->set_value('config', <<"END") if !defined $block->config;
location /p/ {
    hoop on;
    hoop_approval wait=$wait;
    hoop_policy \$TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_target crm;
    add_header X-Approval \$hoop_approval;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
location /hoop/ {
    hoop_api;
}
location = /count {
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/__count;
}
END

    $block->set_value('user_files', <<'END') if !defined $block->user_files;
>>> policy.json
{ "version": 1, "name": "crm", "rules": [
    { "id": "ok", "effect": "allow", "match": {
        "request": { "method": "GET", "path": "/p/**" } } },
    { "id": "two", "effect": "review", "reason": "four eyes",
      "match": { "request": { "path": "/p/two/**" } },
      "review": { "approvers": ["dba"], "count": 2 } },
    { "id": "anybody", "effect": "review", "reason": "somebody else",
      "match": { "request": { "path": "/p/anybody/**" } },
      "review": {} },
    { "id": "short", "effect": "review", "reason": "soon over",
      "match": { "request": { "path": "/p/short/**" } },
      "review": { "approvers": ["dba"], "ttl": "1s" } },
    { "id": "delete", "effect": "review", "reason": "needs a human",
      "match": { "request": { "method": ["POST", "PUT", "DELETE"],
                              "path": "/p/**" } },
      "review": { "approvers": ["dba"], "ttl": "15m" } },
    { "id": "named", "effect": "allow", "match": {
        "request": { "path": "/p/named", "headers": { "X-Named": "yes" } } } }
] }
END

    $block->set_value('request', 'GET /count') if !defined $block->request;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\n[error]\neyJ")
        if !defined $block->no_error_log;
    $block->set_value('no_event_text', 'eyJ')
        if !defined $block->no_event_text;
});

Hoop::Client->steps;
Hoop::Spool->install;
worker_connections(256);
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: it waits, and the answer says for what
--- request
DELETE /p/a?x=1
--- more_headers eval
$main::who{agent}
--- error_code: 202
--- response_headers_like
Content-Type: application/json
Location: /hoop/approvals/[0-9a-f]{32}
Retry-After: 5
Cache-Control: no-store
Hoop-Session: hs_[0-9a-f]{32}
--- response_body_like chomp
^\{"approval":"[0-9a-f]{32}","state":"pending","rule":"delete","reason":"needs a human","expires":\d{10},"session":"hs_[0-9a-f]{32}"\}\n$
--- events
{"type":"request","method":"DELETE","uri":"/p/a?x=1"}
{"type":"decision","decision":"review","rule":"delete","reason":"needs a human"}
{"type":"approval","state":"pending","rule":"delete","approval":"/^[0-9a-f]{32}$/","identity":{"sub":"agent-1"}}



=== TEST 2: nothing has reached the target, and the same question is one
approval
--- steps
my $id = id_of(agent(DELETE => '/p/a'));
is(id_of(agent(DELETE => '/p/a')), $id, 'the same approval');
is(id_of(ask(DELETE => '/p/a', $who{again})), $id,
   'and with another token of the same subject');
--- response_body
0



=== TEST 3: approved, it passes once; then it is asked anew
--- steps
our $id = id_of(agent(DELETE => '/p/a?x=1'));

my $list = ask(GET => '/hoop/approvals', $who{dana});
is($list->{status}, 200, 'the list');
is($list->{headers}{'content-type'}, 'application/json', 'is JSON');
is(scalar @{ $list->{json}{approvals} }, 1, 'of one');

my $one = ask(GET => "/hoop/approvals/$id", $who{dana});
is($one->{status}, 200, 'and that one');
my $a = $one->{json};
is(delete $a->{similar}, undef, 'none like it was approved before');
is_deeply(delete $a->{history}, [], 'nor was the requester here before');
is_deeply($a, $list->{json}{approvals}[0], 'else it is the same');
is_deeply($a->{scope}, { type => 'once' }, 'it is for one request');
ok(!$a->{reason_required}, 'no reason is asked for');
is("$a->{kind} $a->{uses}", 'request 0', 'and it is not used yet');

is($a->{id}, $id, 'its id');
is($a->{state}, 'pending', 'its state');
is_deeply($a->{requester}, { iss => 'https://idp.test', sub => 'agent-1' },
          'its requester');
is("$a->{method} $a->{uri}", 'DELETE /p/a?x=1', 'its request');
is("$a->{target} $a->{rule} $a->{reason}", 'crm delete needs a human',
   'its target, rule and reason');
is_deeply($a->{approvers}, ['dba'], 'who may decide');
is("$a->{needed} $a->{votes}", '1 0', 'and how many must');
cmp_ok($a->{expires} - $a->{created}, '==', 900, 'how long it lives');
ok(!grep(/excluded/, keys %$a), 'nothing that is not for humans');

my $vote = vote(dana => 'approve', $id, '{"reason":"fine"}');
is($vote->{status}, 200, 'approved');
is("$vote->{json}{state} $vote->{json}{by} $vote->{json}{comment}",
   'approved https://idp.test dana fine', 'so it says');

is(ask(GET => '/hoop/approvals', $who{dana})->{body}, qq({"approvals":[]}\n),
   'nothing is pending any more');

my $passed = agent(DELETE => '/p/a?x=1');
is($passed->{status}, 200, 'it passes');
is($passed->{body}, "reached by DELETE, body of 0\n", 'to the target');
is($passed->{headers}{'x-approval'}, $id, '$hoop_approval');

$a = show($id);
is("$a->{state} $a->{by} $a->{comment}",
   'consumed https://idp.test dana fine', 'it is used up');
is(scalar @{ $a->{voters} }, 1, 'it has a voter');

my $next = id_of(agent(DELETE => '/p/a?x=1'));
isnt($next, $id, 'the next one needs a new one');

my @told = map { { @{ $_->[1] } } }
           @{ $redis->command('XRANGE', 'hoop:approvals', '-', '+') };
is(CORE::join(' ', map { $_->{state} } grep { $_->{approval} eq $id } @told),
   'pending approved consumed', 'each step is announced, once');
is(vote(dana => 'approve', $id)->{status}, 409, 'the old one is closed');
--- response_body
1
--- events
{"type":"request"}
{"type":"decision","decision":"review"}
{"type":"approval","state":"pending"}
{"type":"approval","state":"pending","vote":"approve","outcome":"intent","approver":{"iss":"https://idp.test","sub":"dana"},"reason":"fine"}
{"type":"approval","state":"approved","vote":"approve","outcome":"counted","approver":{"iss":"https://idp.test","sub":"dana"},"reason":"fine"}
{"type":"request","identity":{"sub":"agent-1"}}
{"type":"decision","decision":"review"}
{"type":"approval","state":"consumed","rule":"delete","by":"https://idp.test dana","identity":{"sub":"agent-1"}}
{"type":"response","status":200}
{"type":"request"}
{"type":"decision","decision":"review"}
{"type":"approval","state":"pending"}
{"type":"approval","vote":"approve","outcome":"closed"}



=== TEST 4: a retry once more, through the runner
--- steps
my $id = id_of(agent(POST => '/p/a', 'x=1'));
is(vote(dana => 'approve', $id)->{status}, 200, 'approved');
--- request eval
["POST /p/a\nx=1", "POST /p/a\nx=1"]
--- more_headers eval
[$main::who{agent}, $main::who{agent}]
--- error_code eval
[200, 202]
--- response_body eval
["reached by POST, body of 3\n", qr/"state":"pending"/]



=== TEST 5: denied, with a reason
--- steps
my $id = id_of(agent(DELETE => '/p/a'));
my $vote = vote(dana => 'deny', $id, '{"reason":"not on a Friday"}');
is($vote->{status}, 200, 'denied');
is($vote->{json}{state}, 'denied', 'so it says');
is(vote(dave => 'approve', $id)->{status}, 409, 'nobody overrules it');
--- request eval
["DELETE /p/a", "DELETE /p/a", "GET /count"]
--- more_headers eval
[$main::who{agent}, $main::who{agent}, '']
--- error_code eval
[403, 403, 200]
--- response_body eval
[qr/"title":"Forbidden","status":403,"detail":"approval denied: not on a Friday","rule":"delete","policy":"crm"/,
 qr/"status":403/, "0\n"]
--- events
{"type":"approval","vote":"deny","outcome":"counted","state":"denied","reason":"not on a Friday"}
{"type":"decision","decision":"review"}
{"type":"decision","decision":"deny","status":403,"reason":"approval denied: not on a Friday"}



=== TEST 6: denied without a reason
--- steps
my $id = id_of(agent(DELETE => '/p/a'));
is(vote(dana => 'deny', $id)->{status}, 200, 'denied');
--- request
DELETE /p/a
--- more_headers eval
$main::who{agent}
--- error_code: 403
--- response_body_like: "detail":"approval denied"



=== TEST 7: never by who asked
--- steps
my $id = id_of(agent(DELETE => '/p/a'));

for my $who (qw( agent again lent )) {
    my $res = vote($who => 'approve', $id);
    is($res->{status}, 403, "not by $who");
    is($res->{json}{detail}, 'the requester does not decide', 'as it says');
    is(vote($who => 'deny', $id)->{status}, 403, 'nor denied');
}

is(show($id)->{state}, 'pending', 'it is still pending');
is(show($id)->{votes}, 0, 'without a vote');
--- request
DELETE /p/a
--- more_headers eval
$main::who{agent}
--- error_code: 202
--- events
{"type":"approval","vote":"approve","outcome":"self","state":"pending","approver":{"sub":"agent-1"}}
{"type":"approval","vote":"approve","outcome":"self","approver":{"sub":"dana","act":{"sub":"agent-1"}}}



=== TEST 8: nor by anyone in the act chain
--- steps
my $id = id_of(ask(DELETE => '/p/a', $who{chain}));

for my $who (qw( alice planner )) {
    is(vote($who => 'approve', $id)->{status}, 403, "not by $who");
}

is(vote(tool => 'approve', $id)->{status}, 200,
   'the tool of another issuer is somebody else');
--- request
DELETE /p/a
--- more_headers eval
$main::who{chain}
--- response_body
reached by DELETE, body of 0



=== TEST 9: nor by another name of an actor's issuer
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
hoop_issuer other {
    issuer https://other.test other.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
--- steps
my @dba = (sub => 'planner', groups => ['dba']);
local $who{asks} = bearer(act => { sub => 'planner', iss => 'other.test' });
local $who{name} = bearer(@dba, iss => 'https://other.test');
local $who{alias} = bearer(@dba, iss => 'other.test');
local $who{lent} = bearer(sub => 'dana', groups => ['dba'], iss => 'other.test',
    act => { sub => 'x', act => { sub => 'planner', iss => 'other.test' } });
my $id = id_of(ask(DELETE => '/p/a', $who{asks}));
is(vote($_ => 'approve', $id)->{status}, 403, "not by $_")
    for qw( name alias lent );
local $who{same} = bearer(@dba);
is(vote(same => 'approve', $id)->{status}, 200, 'but by who is called so here');
--- request
DELETE /p/a
--- more_headers eval
$main::who{agent}
--- error_code: 202
--- events
{"type":"request","identity":{"sub":"agent-1","act":{"iss":"https://other.test","sub":"planner"}}}



=== TEST 10: the same name at another issuer is somebody else
--- steps
my $id = id_of(agent(DELETE => '/p/a'));
is(vote(twin => 'approve', $id)->{status}, 200, 'the twin may');
is(ask(DELETE => '/p/a', $who{twin})->{status}, 202,
   'but not use it itself');
--- request
DELETE /p/a
--- more_headers eval
$main::who{agent}
--- response_body
reached by DELETE, body of 0



=== TEST 11: not without the group
--- steps
my $id = id_of(agent(DELETE => '/p/a'));

for my $who (qw( eve none other )) {
    my $res = vote($who => 'approve', $id);
    is($res->{status}, 403, "not by $who");
    is($res->{json}{detail}, 'not an approver of this rule', 'as it says');
    is(vote($who => 'deny', $id)->{status}, 403, 'nor denied');
}

is(vote(dave => 'approve', $id)->{status}, 200, 'a claim of one group');
--- request
DELETE /p/a
--- more_headers eval
$main::who{agent}
--- response_body
reached by DELETE, body of 0
--- events
{"type":"approval","vote":"approve","outcome":"no_right","approver":{"sub":"eve"}}



=== TEST 12: without approvers anybody but the requester
--- steps
my $id = id_of(agent(DELETE => '/p/anybody/a'));
is(vote(again => 'approve', $id)->{status}, 403, 'not the requester');
is(vote(none => 'approve', $id)->{status}, 200, 'somebody else');
--- request
DELETE /p/anybody/a
--- more_headers eval
$main::who{agent}
--- response_body
reached by DELETE, body of 0



=== TEST 13: the groups of another claim
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
    groups /realm/roles;
}
--- steps
my $id = id_of(agent(DELETE => '/p/a'));
is(vote(dana => 'approve', $id)->{status}, 403, 'not those of "groups"');

local $who{boss} = bearer(sub => 'boss', realm => { roles => [1, 'dba'] });
is(vote(boss => 'approve', $id)->{status}, 200, 'but of the pointer');
--- request
DELETE /p/a
--- more_headers eval
$main::who{agent}
--- response_body
reached by DELETE, body of 0



=== TEST 14: two of them, and each of them once
--- steps
my $id = id_of(agent(DELETE => '/p/two/a'));
my $vote = vote(dana => 'approve', $id);

is("$vote->{status} $vote->{json}{state}", '200 pending', 'one of two');
is(id_of(agent(DELETE => '/p/two/a')), $id, 'is not enough');

$vote = vote(dana => 'approve', $id);
is($vote->{status}, 409, 'not twice');
is($vote->{json}{detail}, 'this approver has voted before', 'as it says');

local $who{dana2} = bearer(sub => 'dana', groups => ['dba'], jti => 'x');
is(vote(dana2 => 'approve', $id)->{status}, 409, 'nor by another token');
is(vote(dana => 'deny', $id)->{status}, 409, 'nor the other way');
is(show($id)->{votes}, 1, 'one vote');

$vote = vote(dave => 'approve', $id);
is("$vote->{status} $vote->{json}{state}", '200 approved', 'two of two');
is(scalar @{ show($id)->{voters} }, 2, 'two voters');
--- request
DELETE /p/two/a
--- more_headers eval
$main::who{agent}
--- response_body
reached by DELETE, body of 0
--- events
{"type":"approval","outcome":"counted","state":"pending","approver":{"sub":"dana"}}
{"type":"approval","outcome":"voted"}
{"type":"approval","outcome":"counted","state":"approved","approver":{"sub":"dave"}}
{"type":"approval","state":"consumed"}



=== TEST 15: one who denies is enough
--- steps
my $id = id_of(agent(DELETE => '/p/two/a'));
is(vote(dana => 'approve', $id)->{status}, 200, 'one agrees');
is(vote(dave => 'deny', $id)->{status}, 200, 'one does not');
--- request
DELETE /p/two/a
--- more_headers eval
$main::who{agent}
--- error_code: 403
--- response_body_like: approval denied



=== TEST 16: it covers that very request
--- steps
my $id = id_of(agent(POST => '/p/a?x=1', 'amount=10'));
is(vote(dana => 'approve', $id)->{status}, 200, 'approved');

my %res = (
    body      => agent(POST => '/p/a?x=1', 'amount=11'),
    'no body' => agent(POST => '/p/a?x=1'),
    'a longer body' => agent(POST => '/p/a?x=1', 'amount=10 '),
    method    => agent(PUT => '/p/a?x=1', 'amount=10'),
    uri       => agent(POST => '/p/b?x=1', 'amount=10'),
    'a deeper uri' => agent(POST => '/p/a/?x=1', 'amount=10'),
    'an encoded uri' => agent(POST => '/p/a%20?x=1', 'amount=10'),
    'a longer uri' => agent(POST => '/p/a%3fx=1', 'amount=10'),
    'an encoded query' => agent(POST => '/p/a?%78=1', 'amount=10'),
    query     => agent(POST => '/p/a?x=2', 'amount=10'),
    'no query' => agent(POST => '/p/a', 'amount=10'),
    'more query' => agent(POST => '/p/a?x=1&y', 'amount=10'),
    subject   => ask(POST => '/p/a?x=1', $who{other}, 'amount=10'),
    actor     => ask(POST => '/p/a?x=1',
                     bearer(act => { sub => 'planner' }), 'amount=10'),
    issuer    => ask(POST => '/p/a?x=1', $who{twin}, 'amount=10'),
    'a media type' => ask(POST => '/p/a?x=1',
                          [$who{agent}, 'Content-Type: application/json'],
                          'amount=10'),
    'a header of a rule' => ask(POST => '/p/a?x=1',
                                [$who{agent}, 'X-Named: other'], 'amount=10'),
    'a coding' => ask(POST => '/p/a?x=1',
                      [$who{agent}, 'Content-Encoding: x'], 'amount=10'),
);

my %ids;

for my $what (sort keys %res) {
    $ids{ $res{$what}{json}{approval} // '' } = 1;
    is($res{$what}{status}, 202, "not another $what");
    isnt($res{$what}{json}{approval}, $id, 'but another approval');
}

is(scalar keys %ids, scalar keys %res, 'each has its own');
is($upstream->get('/__count'), "0\n", 'nothing has reached the target');
--- request
POST /p/a?x=1
amount=10
--- more_headers eval
$main::who{agent}
--- response_body
reached by POST, body of 9



=== TEST 17: another spelling of the path is the same request: to the target, too
--- steps
for my $uri (qw( /p/%61?x=1 /p/./a?x=1 //p/b/../a?x=1 )) {
    my $id = id_of(agent(DELETE => '/p/a?x=1'));
    is(id_of(agent(DELETE => $uri)), $id, 'the same approval');
    is(vote(dana => 'approve', $id)->{status}, 200, 'approved');
    is(agent(DELETE => $uri)->{status}, 200, $uri);
    is($upstream->last_request->{uri}, '/p/a?x=1', 'what was approved');
}
--- response_body
3



=== TEST 18: another host is another request
--- config
server_name a.test b.test;
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_target crm;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /hoop/ {
    hoop_api;
}
--- steps
my $id = id_of(ask(DELETE => 'http://a.test/p/a',
                   [$who{agent}, 'Host: a.test']));
is(vote(dana => 'approve', $id)->{status}, 200, 'approved');
--- request eval
["DELETE /p/a", "DELETE /p/a"]
--- more_headers eval
["$main::who{agent}\nHost: b.test", "$main::who{agent}\nHost: a.test"]
--- error_code eval
[202, 200]



=== TEST 19: the body is in a file; a byte of it differs
--- config
client_body_buffer_size 64k;
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /hoop/ {
    hoop_api;
}
--- steps
my $body = 'y' x (10 * 1024 * 1024);
my $id = id_of(agent(POST => '/p/a', $body));
is(vote(dana => 'approve', $id)->{status}, 200, 'approved');

for my $at (0, 7_000_000, length($body) - 1) {
    my $changed = $body;
    substr($changed, $at, 1) = 'x';
    isnt(id_of(agent(POST => '/p/a', $changed)), $id, "another byte at $at");
}

my $res = agent(POST => '/p/a', $body);
is($res->{status}, 200, 'the very body passes');
is($upstream->last_request->{body}, $body, 'to the target');
--- request eval
"POST /p/a\n" . CORE::join ',', 1 .. 30000
--- more_headers eval
$main::who{agent}
--- error_code: 202
--- no_error_log
[alert]
[crit]
[emerg]
[error]
--- events
{"type":"request","body_bytes":168893,"body_sha256":"/^[0-9a-f]{64}$/"}



=== TEST 20: the same body, chunked, is the same request
--- steps
my $id = id_of(agent(POST => '/p/a', 'hello'));
is(vote(dana => 'approve', $id)->{status}, 200, 'approved');
--- raw_request eval
"POST /p/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "$main::who{agent}\r\nTransfer-Encoding: chunked\r\n\r\n"
. "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
--- response_body
reached by POST, body of 5



=== TEST 21: it expires: before a decision
--- steps
my $id = id_of(agent(DELETE => '/p/a'));
$redis->command('HSET', "hoop:approval:$id", 'expires', time - 1);

my $vote = vote(dana => 'approve', $id);
is($vote->{status}, 409, 'too late');
is($vote->{json}{detail}, 'the approval has expired', 'as it says');
is(show($id)->{state}, 'expired', 'it is over');
isnt(id_of(agent(DELETE => '/p/a')), $id, 'a new one is needed');
--- response_body
0
--- events
{"type":"approval","vote":"approve","outcome":"expired","state":"expired"}



=== TEST 22: and after it
--- steps
my $id = id_of(agent(DELETE => '/p/a'));
is(vote(dana => 'approve', $id)->{status}, 200, 'approved');
$redis->command('HSET', "hoop:approval:$id", 'expires', time - 1);

isnt(id_of(agent(DELETE => '/p/a')), $id, 'a new one is needed');
is(show($id)->{state}, 'expired', 'it is over');
--- response_body
0



=== TEST 23: after the ttl of the rule
--- steps
my $id = id_of(agent(DELETE => '/p/short/a'));
my ($a) = @{ ask(GET => '/hoop/approvals', $who{dana})->{json}{approvals} };
cmp_ok($a->{expires} - $a->{created}, '==', 1, 'a second') if $a;

soon { show($id)->{state} eq 'expired' } 'it is over by itself';
is(vote(dana => 'approve', $id)->{status}, 409, 'too late');
is(ask(GET => '/hoop/approvals', $who{dana})->{body}, qq({"approvals":[]}\n),
   'it is in no list');
--- response_body
0



=== TEST 24: held, and answered when it is approved
--- approval_wait: 10s
--- steps
my $held = begin(DELETE => '/p/a', $who{agent});
my $id = pending_id();
ok(!answered($held, 0.05), 'it is held');
is(vote(dana => 'approve', $id)->{status}, 200, 'approved');
my $res = finish($held, 2);
is($res->{status}, 200, 'it goes on at once');
is($res->{body}, "reached by DELETE, body of 0\n", 'to the target');
is(show($id)->{state}, 'consumed', 'it is used up');
--- response_body
1
--- events
{"type":"decision","decision":"review"}
{"type":"approval","state":"pending"}
{"type":"approval","outcome":"counted","state":"approved"}
{"type":"approval","state":"consumed","by":"https://idp.test dana"}
{"type":"response","status":200}



=== TEST 25: held, and approved elsewhere: by another gateway
--- approval_wait: 10s
--- steps
my $held = begin(POST => '/p/a', $who{agent}, 'body');
my $id = pending_id();
$redis->command('HSET', "hoop:approval:$id", 'state', 'approved', 'by', 'x y');
my $res = finish($held, 6);
is($res->{status}, 200, 'it is seen, though nobody has told of it');
is($res->{body}, "reached by POST, body of 4\n", 'the body is still there');
--- response_body
1



=== TEST 26: held, and denied
--- approval_wait: 10s
--- steps
my $held = begin(DELETE => '/p/a', $who{agent});
my $id = pending_id();
is(vote(dana => 'deny', $id, '{"reason":"no \"way\""}')->{status}, 200,
   'denied');
my $res = finish($held, 2);
is($res->{status}, 403, 'it is refused at once');
is($res->{headers}{'content-type'}, 'application/problem+json', 'by us');
is($res->{json}{detail}, 'approval denied: no "way"', 'with the reason');
--- response_body
0
--- events
{"type":"approval","state":"pending"}
{"type":"approval","outcome":"counted","state":"denied"}
{"type":"decision","decision":"deny","status":403}



=== TEST 27: held until the wait is over
--- approval_wait: 100ms
--- request eval
["DELETE /p/a", "GET /count"]
--- more_headers eval
[$main::who{agent}, '']
--- error_code eval
[202, 200]
--- response_body eval
[qr/"state":"pending"/, "0\n"]
--- response_headers_like eval
["Retry-After: 5\nLocation: /hoop/approvals/[0-9a-f]{32}", ""]



=== TEST 28: approved after the wait: the retry passes
--- approval_wait: 50ms
--- steps
my $id = id_of(agent(DELETE => '/p/a'));
is(vote(dana => 'approve', $id)->{status}, 200, 'approved');
--- request
DELETE /p/a
--- more_headers eval
$main::who{agent}
--- response_body
reached by DELETE, body of 0



=== TEST 29: the client leaves while it is held
--- approval_wait: 10s
--- steps
my $held = begin(DELETE => '/p/a', $who{agent});
my $id = pending_id();
soon { grep { $_->{type} eq 'approval' } Hoop::Spool::events() } 'it is held';
hang_up($held);
soon { grep { $_->{type} eq 'response' } Hoop::Spool::events() }
    'it is noticed';
is(vote(dana => 'approve', $id)->{status}, 200, 'approved all the same');
is(show($id)->{state}, 'approved', 'nobody has used it up');
is($upstream->get('/__count'), "0\n", 'nothing has reached the target');
is(agent(DELETE => '/p/a')->{status}, 200, 'the retry passes');
--- response_body
1
--- events
{"type":"approval","state":"pending"}
{"type":"response","aborted":true}
{"type":"approval","state":"consumed"}
{"type":"response","status":200}



=== TEST 30: two are held for the same: one passes
--- approval_wait: 10s
--- steps
my @held = map { begin(DELETE => '/p/a', $who{agent}) } 1 .. 2;
my $id = pending_id();
soon { 2 == grep { $_->{type} eq 'approval' } Hoop::Spool::events() }
    'both are held';
is(vote(dana => 'approve', $id)->{status}, 200, 'approved');
soon { grep { answered($_) } @held } 'one goes on';
isnt(pending_id(), $id, 'the other one asks anew');
is(scalar(grep { answered($_) } @held), 1, 'and is held');

is(vote(dave => 'deny', pending_id())->{status}, 200, 'denied');
is(join(' ', sort map { finish($_)->{status} } @held), '200 403',
   'so it does not pass');
--- response_body
1



=== TEST 31: many are held, for this and that
--- approval_wait: 10s
--- steps
my @held = map { begin(DELETE => "/p/$_", $who{agent}) } 1 .. 20;
my $list;

soon {
    $list = ask(GET => '/hoop/approvals', $who{dana})->{json}{approvals};
    @$list == 20;
} 'all are pending';

for my $a (@$list) {
    vote(dana => $a->{uri} =~ /[02468]$/ ? 'approve' : 'deny', $a->{id});
}

is(join(' ', map { finish($_)->{status} } @held),
   join(' ', (403, 200) x 10), 'each has its own answer');
--- response_body
10



=== TEST 32: the wrong way to the API
--- steps
my $id = id_of(agent(DELETE => '/p/a'));

# method, path, body, headers, status
for my $case (
    [GET  => 'approvals/' . '0' x 32, undef, 404, 'an unknown id'],
    [POST => 'approvals/' . '0' x 32 . '/approve', undef, 404, 'a vote on it'],
    [POST => 'approvals/' . '0' x 32 . '/deny', '{"reason":"x"}', 404,
     'or against it'],
    [GET  => 'approvals/' . uc $id, undef, 404, 'in upper case'],
    [GET  => 'approvals/' . substr($id, 1), undef, 404, 'too short'],
    [GET  => "approvals/0$id", undef, 404, 'too long'],
    [GET  => "approvals/digest:$id", undef, 404, 'another key'],
    [GET  => "approvals/$id%00", undef, 400, 'a NUL'],
    [GET  => "approvals/$id%0d%0aGET", undef, 404, 'a line end'],
    [GET  => "approvals/$id/", undef, 404, 'a slash'],
    [GET  => "approvals/$id/votes", undef, 404, 'an unknown verb'],
    [POST => "approvals/$id/approved", undef, 404, 'another one'],
    [GET  => '', undef, 404, 'nothing'],
    [GET  => 'approval', undef, 404, 'half a word'],
    [GET  => 'approvalsx', undef, 404, 'more than a word'],
    [GET  => "approvals/$id/approve", undef, 405, 'GET of a verb'],
    [PUT  => "approvals/$id/approve", '{}', 405, 'PUT of a verb'],
    [POST => 'approvals', '{}', 405, 'POST of the list'],
    [DELETE => "approvals/$id", undef, 405, 'DELETE of one'],
    [OPTIONS => "approvals/$id", undef, 405, 'OPTIONS of one'],
    [POST => "approvals/$id/approve", '{"reason":', 400, 'half a body'],
    [POST => "approvals/$id/approve", 'fine', 400, 'no JSON'],
    [POST => "approvals/$id/approve", '["fine"]', 400, 'no object'],
    [POST => "approvals/$id/approve", '{"reason":1}', 400, 'no string'],
    [POST => "approvals/$id/approve", '{"comment":"x"}', 400, 'no reason'],
    [POST => "approvals/$id/approve", '{"reason":"x","id":"y"}', 400, 'more'],
    [POST => "approvals/$id/approve", '{"reason":"x","reason":"y"}', 400,
     'twice'],
    [POST => "approvals/$id/approve", "{\"reason\":\"\xff\"}", 400, 'bytes'],
    [POST => "approvals/$id/approve", '{"reason":"' . 'x' x 201 . '"}', 400,
     'a long reason'],
    [POST => "approvals/$id/approve", '[' x 5000, 400, 'depth'],
    [POST => "approvals/$id/approve", ' ' x 20000 . '{}', 413, 'size'],
) {
    my ($method, $path, $body, $status, $what) = @$case;
    my $res = ask($method, "/hoop/$path", $who{dana}, $body);

    is($res->{status}, $status, "$what: $status");

    next if $what eq 'a NUL';

    is($res->{headers}{'content-type'}, 'application/problem+json',
       'a problem') or diag($res->{raw});
    is($res->{json}{status}, $status, 'that says so');
}

is(show($id)->{state}, 'pending', 'nothing was decided');
is(show($id)->{votes}, 0, 'nobody has voted');

is(ask(POST => "/hoop/approvals", $who{dana})->{headers}{allow}, 'GET, HEAD',
   'what is allowed for a list');
is(ask(GET => "/hoop/approvals/$id/deny", $who{dana})->{headers}{allow},
   'POST', 'and for a vote');
is(ask(HEAD => "/hoop/approvals/$id", $who{dana})->{status}, 200, 'HEAD');
is(vote(dana => 'approve', $id, '{}')->{status}, 200, 'an empty object is fine');
--- response_body
0
--- no_error_log
[alert]
[crit]
[emerg]
eyJ



=== TEST 33: a body of the API in pieces, and one too many
--- steps
our $id = id_of(agent(DELETE => '/p/a'));
my $held = begin(POST => "/hoop/approvals/$id/approve",
    "$who{dana}\nTransfer-Encoding: chunked");

syswrite $held->{sock}, "400\r\n" . ' ' x 1024 . "\r\n" for 1 .. 20;
syswrite $held->{sock}, "0\r\n\r\n";
is(finish($held)->{status}, 413, 'too large, chunk by chunk');
is(show($id)->{votes}, 0, 'it is no vote');

$held = begin(POST => "/hoop/approvals/$id/approve",
    "$who{dana}\nTransfer-Encoding: chunked");

for my $part ('{"rea', 'son":"ok"', '}') {
    syswrite $held->{sock}, sprintf "%x\r\n%s\r\n", length $part, $part;
    ok(!answered($held, 0.02), 'a piece is not all of it');
}

syswrite $held->{sock}, "0\r\n\r\n";
my $res = finish($held);
is($res->{status}, 200, 'approved');
is($res->{json}{comment}, 'ok', 'with all of the reason');
--- response_body
0
--- no_error_log
[alert]
[crit]
[emerg]
eyJ



=== TEST 34: nobody gets in without a token
--- request eval
['GET /hoop/approvals', 'GET /hoop/approvals', 'GET /hoop/approvals',
 'POST /hoop/approvals/' . '0' x 32 . '/approve', 'GET /hoop/approvals']
--- more_headers eval
['', main::bearer(exp => 1), 'Authorization: Basic dTpw', '',
 main::bearer(aud => 'x')]
--- error_code eval
[(401) x 5]
--- response_headers_like eval
[('WWW-Authenticate: Bearer realm="hoop".*') x 5]
--- response_body_like eval
[('"title":"Unauthorized","status":401,') x 5]



=== TEST 35: what the agent writes is shown as text
--- steps
my $uri = "/p/<script>alert('1')</script>\"?x=%0d%0a%1b[31m%00\xff\xc3\xa4";
my $id = id_of(agent(DELETE => $uri));
my $list = ask(GET => '/hoop/approvals', $who{dana});

is($list->{status}, 200, 'the list');
is($list->{headers}{'content-type'}, 'application/json', 'is JSON');
unlike($list->{body}, qr/[\x00-\x09\x0b-\x1f\x7f]/, 'no control characters');
ok(utf8::decode(my $copy = $list->{body}), 'UTF-8');
like($list->{json}{approvals}[0]{uri}, qr{^/p/.*script.*alert\('1'\).*\?x=},
     'and the URI is there');
unlike($list->{body}, qr/<script>/, 'as no HTML');
is($list->{headers}{'x-content-type-options'}, 'nosniff', 'for no browser');
--- request
GET /hoop/approvals
--- more_headers eval
$main::who{dana}
--- response_headers
Content-Type: application/json
Cache-Control: no-store
--- response_body_like: "approvals":\[\{



=== TEST 36: no secret in an approval, in Redis or in events
--- steps
local $who{run} = "$who{agent}\nHoop-Run: run 536-22-1234"
    . "\nContent-Type: application/json";
my $body = '{"ssn":"536-22-1234","card":"4111 1111 1111 1111","n":1}';
my $id = id_of(ask(POST => '/p/536-22-1234?ssn=536-22-1234&q=x', $who{run},
                   $body));
my $a = show($id);

like($a->{summary}, qr/"n":1/, 'the body is shown');
like($a->{uri}, qr/\?.*q=x/, 'and the query');
unlike(JSON::PP::encode_json($a), qr/536-22-1234|4111 1111/, 'masked');

my $vote = vote(dana => 'deny', $id, '{"reason":"SSN 536-22-1234"}');
unlike($vote->{body}, qr/536-22-1234/, 'so is the reason');

for my $key (@{ $redis->command('KEYS', '*') }) {
    my $type = $redis->command('TYPE', $key);
    my $text = $type eq 'hash' ? $redis->command('HGETALL', $key)
             : $type eq 'stream' ? $redis->command('XRANGE', $key, '-', '+')
             : [];
    unlike(JSON::PP->new->allow_nonref->latin1->encode($text),
           qr/536-22-1234|4111 1111|eyJ/, "nothing in $key");
}

my $res = ask(POST => '/p/536-22-1234?ssn=536-22-1234&q=x', $who{run}, $body);
is($res->{status}, 403, 'denied');
unlike($res->{body}, qr/536-22-1234/, 'without it, too');
--- response_body
0
--- no_event_text
536-22-1234
4111 1111
eyJ
--- no_error_log
[alert]
[crit]
[emerg]
eyJ
4111 1111



=== TEST 37: Redis forgets its scripts
--- steps
my $id = id_of(agent(DELETE => '/p/a'));
$redis->command('SCRIPT', 'FLUSH');
is(vote(dana => 'approve', $id)->{status}, 200, 'approved all the same');
$redis->command('SCRIPT', 'FLUSH');
--- request
DELETE /p/a
--- more_headers eval
$main::who{agent}
--- response_body
reached by DELETE, body of 0



=== TEST 38: somebody writes nonsense into Redis
--- steps
my $id = id_of(agent(DELETE => '/p/a'));
my $key = "hoop:approval:$id";

$redis->command('HSET', $key, 'votes', 'many');
is(vote(dana => 'approve', $id)->{status}, 503, 'no vote on nonsense');
$redis->command('HSET', $key, 'votes', 0, 'excluded', '[]');
is(vote(again => 'approve', $id)->{status}, 503, 'nor if nobody is excluded');
$redis->command('HSET', $key, 'requester', '{"a":');
is(ask(GET => '/hoop/approvals', $who{dana})->{body}, qq({"approvals":[]}\n),
   'it is not shown');
$redis->command('DEL', $key);
$redis->command('SET', $key, 'x');
is(ask(GET => "/hoop/approvals/$id", $who{dana})->{status}, 503,
   'no hash at all');
--- request
DELETE /p/a
--- more_headers eval
$main::who{agent}
--- error_code: 503
--- response_body_like: "detail":"approvals are not available"
--- no_error_log
[alert]
[crit]
[emerg]
eyJ
--- events
{"type":"decision","decision":"error","status":503}



=== TEST 39: the API needs Redis
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
--- config
location /hoop/ {
    hoop_api;
}
--- must_die
--- suppress_stderr
--- error_log
[emerg]
"hoop_api"
--- no_error_log
[alert]



=== TEST 40: a subrequest is no vote, and no way to a list
--- config
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /hoop/ {
    hoop_api;
}
location = /ssi {
    ssi on;
    default_type text/html;
    root $TEST_NGINX_SERVER_ROOT/html;
}
--- user_files
>>> ssi
[<!--# include virtual="/hoop/approvals" -->]
>>> policy.json
{ "version": 1, "name": "crm", "rules": [] }
--- request
GET /ssi
--- more_headers eval
$main::who{dana}
--- response_body_unlike: approvals"
--- no_error_log
[alert]
[crit]
[emerg]
eyJ



=== TEST 41: half of a secret is none to show: the summary is cut before it
--- steps
for my $at (2030 .. 2048) {
    my $body = 'x ' x int($at / 2) . ' ' x ($at % 2) . "536-22-1234 tail";
    my $id = id_of(ask(POST => "/p/$at", [$who{agent},
                       'Content-Type: text/plain'], $body));
    unlike(show($id)->{summary}, qr/536-?2/, "at $at");
}
--- response_body
0



=== TEST 42: more requests wait behind one that is held; nobody is busy
--- approval_wait: 10s
--- steps
my $held = begin(DELETE => '/p/a', "$who{agent}\nConnection: keep-alive");
syswrite $held->{sock}, "GET /p/b HTTP/1.1\r\nHost: localhost\r\n"
    . "$who{agent}\r\nConnection: close\r\n\r\n" . 'x' x 10000;
my $id = pending_id();

my $ticks = sub {
    open my $fh, '<', '/proc/' . nginx_pid() . '/stat' or die $!;
    my @stat = split ' ', <$fh> =~ s/.*\) //sr;
    return $stat[11] + $stat[12];
};

my $before = $ticks->();
ok(!answered($held, 0.4), 'it is held');
cmp_ok($ticks->() - $before, '<=', 5, 'without work');

is(vote(dana => 'approve', $id)->{status}, 200, 'approved');
my $res = finish($held, 3);
like($res->{raw}, qr{^HTTP/1.1 200.*reached by DELETE.*HTTP/1.1 200.*reached by GET}s,
     'both are answered, in order');
--- response_body
2



=== TEST 43: HTTP/2: streams of one connection are held, each for itself
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=always;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
server {
    listen 127.0.0.1:$TEST_NGINX_H2_PORT http2;
    location /p/ {
        hoop on;
        hoop_approval wait=10s;
        hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
--- steps
my $h2 = h2_open();
h2_ask($h2, 2 * $_ - 1, POST => "/p/$_", 'x=1') for 1 .. 4;

my $list = [];
soon {
    $list = ask(GET => '/hoop/approvals', $who{dana})->{json}{approvals};
    @$list == 4;
} 'all are held';

h2_ask($h2, 9, GET => '/p/b');
h2_read($h2, 1);
like($h2->{body}{9} // '', qr/reached by GET/, 'another one is not');

for my $a (@$list) {
    my $verb = $a->{uri} =~ /[12]$/ ? 'approve' : 'deny';
    is(vote(dana => $verb, $a->{id})->{status}, 200, $verb);
}

h2_read($h2, 5);

like($h2->{body}{2 * $_ - 1} // '', $_ < 3 ? qr/reached by POST, body of 3\n$/
                                           : qr/approval denied/, "stream $_")
    for 1 .. 4;
--- response_body
3



=== TEST 44: HTTP/2: one is taken back, the other one goes on
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
server {
    listen 127.0.0.1:$TEST_NGINX_H2_PORT http2;
    location /p/ {
        hoop on;
        hoop_approval wait=10s;
        hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
}
--- steps
my $h2 = h2_open();
h2_ask($h2, 1, DELETE => '/p/a');
my $id = pending_id();
h2_ask($h2, 3, DELETE => '/p/b');
soon { 2 == grep { $_->{type} eq 'approval' } Hoop::Spool::events() }
    'both are held';

# RST_STREAM
syswrite $h2->{sock}, h2_frame(3, 0, 1, pack 'N', 8);
soon { grep { $_->{type} eq 'response' } Hoop::Spool::events() } 'it is noticed';
is(vote(dana => 'approve', $id)->{status}, 200, 'approved all the same');
is(show($id)->{state}, 'approved', 'nobody has used it up');
is(vote(dana => 'approve', pending_id())->{status}, 200, 'the other one, too');
h2_read($h2, 1);
like($h2->{body}{3} // '', qr/reached by DELETE/, 'which goes on');
--- response_body
1
--- events
{"type":"approval","state":"pending"}
{"type":"response","aborted":true}
{"type":"approval","state":"consumed"}



=== TEST 45: a bound token: one proof for all of the wait, one for each vote
--- approval_wait: 10s
--- steps
my $held = begin(DELETE => '/p/a', my $asked = dpop('/p/a', htm => 'DELETE'));
my $approve = '/hoop/approvals/' . pending_id() . '/approve';
my %dana = (-claims => { sub => 'dana', groups => ['dba'] }, htm => 'POST');
my $voted = dpop($approve, %dana);
my ($token) = $voted =~ /DPoP (eyJ\S+)/;
is(ask(POST => $approve, "Authorization: $_ $token")->{status}, 401,
   "no proof, the scheme $_") for 'Bearer', 'DPoP';
is(ask(POST => $approve, dpop($approve, %dana, htm => 'GET'))->{status}, 401,
   'a proof for another request');
ok(!answered($held, 0.02), 'it waits');
is(ask(POST => $approve, $voted)->{status}, 200, 'voted');
my $res = finish($held, 5);
is($res->{status}, 200, 'it passes, by the proof that it came with');
is(ask(POST => $approve, $voted)->{json}{detail}, 'proof has been used before',
   'another vote');
is(ask(DELETE => '/p/a', $asked)->{json}{detail}, 'proof has been used before',
   'another request');
is($redis->command('ZCARD', 'hoop:approvals:pending'), 0, 'asks nobody');
--- response_body
1
--- events
{"type":"request"}
{"type":"decision","decision":"review","proof":"dpop"}
{"type":"approval","state":"pending"}
{"type":"approval","state":"pending","outcome":"intent"}
{"type":"approval","state":"approved","outcome":"counted"}
{"type":"approval","state":"consumed"}
{"type":"response","status":200}
{"type":"request"}
{"type":"decision","decision":"deny","status":401,"reason":"proof has been used before"}
