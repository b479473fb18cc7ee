# Copyright (C) ngx_hoop_module authors
#
# How requests wait for a human: woken at once wherever the vote is cast, not
# more of them than there is room for, and not longer than the client prefers.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use Hoop::Daemon qw( wait_for );
use Time::HiRes qw( time );

our $upstream = Hoop::Upstream->new(routes => {
    '/p/*' => sub { "reached, prefer=" . ($_[0]{headers}{prefer} // '') . "\n" },
});
our $redis = Hoop::Redis->new;
our $agent = bearer();
our $dana = bearer(sub => 'dana', groups => ['dba']);

sub vote {
    my ($id, $verb) = @_;

    return ask(POST => "/hoop/approvals/$id/$verb", $dana);
}

# so many that wait, their ids in order of their beginning
sub pending_ids {
    my ($n) = @_;

    my $ids = wait_for {
        my $ids = $redis->command('ZRANGE', 'hoop:approvals:pending', 0, -1);
        @$ids == $n ? $ids : undef;
    };

    die "not $n are pending\n" if !$ids;
    return @$ids;
}

# a worker listens
sub channel {
    return wait_for {
        $redis->command('PUBSUB', 'NUMSUB', 'hoop:approvals')->[1] > 0;
    };
}

# milliseconds from the answer to a vote to that of what has waited
sub resumed {
    my ($uri) = @_;

    my $held = begin(POST => $uri, $agent);
    my ($id) = pending_ids(1);
    is(vote($id, 'approve')->{status}, 200, 'approved');
    my $start = time;
    my $res = finish($held, 5);
    is($res->{status}, 200, 'and through');
    return 1000 * (time - $start);
}

sub median { return (sort { $a <=> $b } @_)[@_ / 2] }

add_block_preprocessor(sub {
    my ($block) = @_;

    $redis->command('FLUSHALL');
    $upstream->reset;

    my $with = $block->redis_with // '';
    chomp $with;

    $block->set_value('http_config', <<"END");
hoop_audit \$TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis unix:\$TEST_NGINX_REDIS_SOCKET $with;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks.json;
}
END

    my $approval = $block->approval // 'wait=30s';
    chomp $approval;

    $block->set_value('config', <<"END");
location /p/ {
    hoop on;
    hoop_approval $approval;
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
    { "id": "once", "effect": "review", "reason": "needs a human",
      "match": { "request": { "path": "/p/**" } },
      "review": { "approvers": ["dba"] } } ] }
END

    if (!defined $block->must_die) {
        $block->set_value('request', 'GET /hoop/approvals');
        $block->set_value('more_headers', $dana);
        $block->set_value('response_body_like', '"approvals"');
    }

    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\n[error]")
        if !defined $block->no_error_log && !defined $block->must_die;
});

Hoop::Client->steps;
Hoop::Spool->install;

workers(2);
master_on();
no_long_string();
run_tests();

__DATA__

=== TEST 1: woken at once, in whichever worker it waits
--- steps
ok(resumed('/p/first') < 5000, 'the first brings the channel');
ok(channel(), 'which is there');

my @ms = map { resumed("/p/$_") } 1 .. 11;
cmp_ok(median(@ms), '<', 50, 'at once: ' . CORE::join ' ', map { int } @ms);



=== TEST 2: without the right to subscribe it is asked for
--- redis_with: user=agent password_file=$TEST_NGINX_SPOOL/../redis-wait.pw
--- post_setup_server_root
$main::redis->command('ACL', 'SETUSER', 'agent', 'on', '>secret', '~*',
                      'resetchannels', '+@all');
my $file = "$ENV{TEST_NGINX_SPOOL}/../redis-wait.pw";
open my $out, '>', $file or die "$file: $!\n";
chmod 0600, $file;
print $out "secret\n";
close $out;
--- steps
ok(resumed("/p/$_") < 2000, 'within two seconds') for 1 .. 2;
is($redis->command('PUBSUB', 'NUMSUB', 'hoop:approvals')->[1], 0,
   'nobody has subscribed');
--- grep_error_log: does not let this user subscribe
--- grep_error_log_out eval
qr/does not let this user subscribe/



=== TEST 3: a channel that breaks comes again, and nothing is missed
--- steps
resumed('/p/first');
ok(channel(), 'it is there');
my $held = begin(POST => '/p/2', $agent);
my ($id) = pending_ids(1);

$redis->command('CLIENT', 'KILL', 'TYPE', 'pubsub');
is(vote($id, 'approve')->{status}, 200, 'approved meanwhile');
is(finish($held, 5)->{status}, 200, 'it is seen');
ok(channel(), 'and it is there again');
my @ms = map { resumed("/p/$_") } 3 .. 7;
cmp_ok(median(@ms), '<', 50, 'at once: ' . CORE::join ' ', map { int } @ms);



=== TEST 4: what is published by others is not believed
--- steps
resumed('/p/first');
ok(channel(), 'it is there');
my $held = begin(POST => '/p/2', $agent);
my ($id) = pending_ids(1);

for my $text ("$id approved", "$id consumed", "$id cancelled", "$id denied",
              "$id ", $id, '', 'x' x 100_000, "\0" x 40)
{
    $redis->command('PUBLISH', 'hoop:approvals', $text);
}

ok(!answered($held, 0.3), 'it waits on');
is(vote($id, 'approve')->{status}, 200, 'until it is approved');
is(finish($held, 5)->{status}, 200, 'and passes');



=== TEST 5: not more than there is room for
--- approval: wait=30s max=2
--- steps
my @held = map { begin(POST => "/p/$_", $agent) } 1, 2;
my @ids = pending_ids(2);

# both workers may hold two
my $res;
my @more;
for my $n (3 .. 9) {
    my $one = begin(POST => "/p/$n", $agent);
    if (answered($one, 0.4)) {
        $res = finish($one);
        last;
    }
    push @more, $one;
}

is($res->{status}, 503, 'one more is too many');
is($res->{json}{detail}, 'too many requests wait for a human', 'and says so');
is($res->{headers}{'retry-after'}, 5, 'to come again');
cmp_ok(@held + @more, '<=', 4, 'two for each worker');

my $async = ask(POST => '/p/async', [$agent, 'Prefer: respond-async']);
is($async->{status}, 202, 'who does not want to wait need not');

hang_up($_) for @held, @more;
my $again = wait_for {
    my $one = begin(POST => '/p/again', $agent);
    if (answered($one, 0.2)) { finish($one); return undef }
    hang_up($one);
    1;
};
ok($again, 'who leaves makes room');
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 6: not longer than the client prefers
--- approval: wait=30s
--- steps
my $start = time;
my $res = ask(POST => '/p/1', [$agent, 'Prefer: respond-async']);
is($res->{status}, 202, 'not at all');
is($res->{headers}{'preference-applied'}, 'respond-async', 'as it preferred');
cmp_ok(time - $start, '<', 3, 'at once');

$start = time;
$res = ask(POST => '/p/1', [$agent, 'Prefer: wait=1']);
is($res->{status}, 202, 'a second');
is($res->{headers}{'preference-applied'}, 'respond-async', 'as it preferred');
cmp_ok(time - $start, '>=', 0.9, 'not less');
cmp_ok(time - $start, '<', 5, 'nor much more');

$start = time;
$res = ask(POST => '/p/1', [$agent, 'Prefer: respond-async, wait=1',
                            'Prefer: wait=20']);
is($res->{status}, 202, 'the first of two counts');
cmp_ok(time - $start, '<', 5, 'which is a second');

my $held = begin(POST => '/p/2', [$agent, 'Prefer: wait=3600, handling=lenient']);
my ($id) = grep { $_ ne $res->{json}{approval} } pending_ids(2);
vote($id, 'approve');
like(finish($held)->{body}, qr/^reached, prefer=wait=3600/,
     'what is approved in time passes, and the target sees the preference');



=== TEST 7: and never longer than the location lets it
--- approval: wait=100ms
--- steps
my $start = time;
my $res = ask(POST => '/p/1', [$agent, 'Prefer: wait=20']);
is($res->{status}, 202, 'it is over');
ok(!exists $res->{headers}{'preference-applied'}, 'its wish is not met');
cmp_ok(time - $start, '<', 5, 'a tenth of a second');



=== TEST 8: a list has a tag
--- approval: wait=0
--- steps
my $list = ask(GET => '/hoop/approvals', $dana);
like($list->{headers}{etag}, qr/^"[0-9a-f]{32}"$/, 'its tag');
my $again = ask(GET => '/hoop/approvals',
                [$dana, "If-None-Match: $list->{headers}{etag}"]);
is("$again->{status} [$again->{body}]", '304 []', 'the same is not sent');
is(ask(POST => '/p/1', $agent)->{status}, 202, 'something is new');
$again = ask(GET => '/hoop/approvals',
             [$dana, "If-None-Match: $list->{headers}{etag}"]);
is($again->{status}, 200, 'which is');
isnt($again->{headers}{etag}, $list->{headers}{etag}, 'with another tag');

my ($id) = pending_ids(1);
my $one = ask(GET => "/hoop/approvals/$id", $dana);
is(ask(GET => "/hoop/approvals/$id",
       [$dana, "If-None-Match: \"x\", W/$one->{headers}{etag}"])->{status},
   304, 'so has each approval');



=== TEST 9: and who has it may wait for something new
--- approval: wait=0
--- steps
my $list = ask(GET => '/hoop/approvals', $dana);
my @wait = ($dana, "If-None-Match: $list->{headers}{etag}", 'Prefer: wait=20');

my @held = map { begin(GET => '/hoop/approvals', [@wait]) } 1 .. 4;
ok(!answered($_, 0.1), 'it waits') for @held;

my $start = time;
is(ask(POST => '/p/1', $agent)->{status}, 202, 'something is new');
my @res = map { finish($_, 5) } @held;
cmp_ok(time - $start, '<', 3, 'which is told soon');
is(scalar @{ $_->{json}{approvals} }, 1, 'to all') for @res;

my ($id) = pending_ids(1);
my $one = ask(GET => "/hoop/approvals/$id", $dana);
my $held = begin(GET => "/hoop/approvals/$id",
                 [$dana, "If-None-Match: $one->{headers}{etag}",
                  'Prefer: wait=20']);
ok(!answered($held, 0.1), 'it waits for one');
is(vote($id, 'deny')->{status}, 200, 'that is decided');
is(finish($held, 5)->{json}{state}, 'denied', 'and told of');

$start = time;
my $res = ask(GET => "/hoop/approvals?state=approved",
              [$dana, 'If-None-Match: "x"', 'Prefer: wait=20']);
is($res->{status}, 200, 'what it does not have is sent');
$res = ask(GET => "/hoop/approvals?state=approved",
           [$dana, "If-None-Match: $res->{headers}{etag}", 'Prefer: wait=1']);
is($res->{status}, 304, 'nothing new in a second');
is($res->{headers}{'preference-applied'}, 'wait', 'which was waited for');
cmp_ok(time - $start, '>=', 0.9, 'in full');
cmp_ok(time - $start, '<', 5, 'and no longer');



=== TEST 10: a reader that leaves, and a reload, end the wait
--- approval: wait=0
--- steps
my $list = ask(GET => '/hoop/approvals', $dana);
my @wait = ($dana, "If-None-Match: $list->{headers}{etag}", 'Prefer: wait=60');

hang_up(begin(GET => '/hoop/approvals', [@wait])) for 1 .. 5;
my $held = begin(GET => '/hoop/approvals', [@wait]);
ok(!answered($held, 0.2), 'one stays');

my %old = map { $_ => 1 } nginx_workers();
kill HUP => nginx_pid();
is(finish($held, 5)->{status}, 304, 'until the worker is to exit');
soon { my @now = nginx_workers(); @now == 2 && !grep { $old{$_} } @now }
    'which it does';



=== TEST 11: what is held lives through a reload, and ends the old worker then
--- steps
my %old;
wait_for { 2 == keys %{ +{ %old = map { $_ => 1 } nginx_workers() } } };
my @held = map { begin(POST => "/p/held-$_", $agent) } 1 .. 6;
my @ids = pending_ids(6);

kill HUP => nginx_pid();
soon { 2 == grep { !$old{$_} } nginx_workers() } 'there are new workers';
is(vote($_, 'approve')->{status}, 200, 'approved there') for @ids;
is(finish($_, 5)->{status}, 200, 'and through') for @held;
soon { my @now = nginx_workers(); @now == 2 && !grep { $old{$_} } @now }
    'no old worker stays';



=== TEST 12: a max that is none
--- approval: wait=1s max=0
--- must_die
--- error_log
has an invalid max, wanted a number from 1 on



=== TEST 13: without a wait
--- approval: max=5
--- must_die
--- error_log
has no wait=TIME



=== TEST 14: an unknown word
--- approval: wait=1s min=5
--- must_die
--- error_log
invalid parameter "min=5", wanted wait=TIME or max=NUMBER
