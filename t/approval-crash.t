# Copyright (C) ngx_hoop_module authors
#
# Approvals under attack and in trouble: two gateways and many retries at once,
# and workers, gateways and Redis that are killed at any moment.  What a human
# has approved passes once, at most, and what was confirmed is not lost.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Gateway;
use Hoop::Redis;
use Hoop::Token;
use Hoop::Upstream;

use Hoop::Daemon qw( wait_for );
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use Test::More;
use Time::HiRes qw( sleep time );

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });
our $redis = Hoop::Redis->new;
our $agent = bearer();
our $dana = bearer(sub => 'dana', groups => ['dba']);
our $coder = JSON::PP->new->utf8;
our $dir = Hoop::Daemon::temp_dir('crash');

open my $policy, '>', "$dir/policy.json" or die "$dir: $!\n";
print $policy <<'END';
{ "version": 1, "name": "crm", "rules": [
    { "id": "once", "effect": "review", "reason": "needs a human",
      "match": { "request": { "path": "/p/**" } },
      "review": { "approvers": ["dba"] } } ] }
END
close $policy;
chmod 0755, "$dir";
$ENV{TEST_NGINX_CRASH_DIR} = "$dir";

sub gateway {
    my ($wait, $workers) = @_;

    return Hoop::Gateway->new(workers => $workers, main => <<'END',
hoop_audit $SPOOL gateway=t sync=off;
hoop_redis redis://127.0.0.1:$TEST_NGINX_REDIS_PORT timeout=1s;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
END
        http => <<"END");
location /p/ {
    hoop on;
    hoop_approval wait=$wait;
    hoop_policy \$TEST_NGINX_CRASH_DIR/policy.json;
    hoop_target crm;
    proxy_next_upstream off;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
location /hoop/ {
    hoop_api;
}
END
}

# a connection with a request on it, at a port
sub send_to {
    my ($port, $method, $uri, $header, $body) = @_;

    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => $port) or return undef;
    $body //= '';
    syswrite $sock, "$method $uri HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n"
        . "$header\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
    return $sock;
}

# status and body; 0 where it broke off
sub read_all {
    my ($sock, $seconds) = @_;

    return (0, '') if !defined $sock;

    my $in = '';
    my $end = time + ($seconds // 8);

    while (time < $end) {
        my $rin = '';
        vec($rin, fileno $sock, 1) = 1;
        select $rin, undef, undef, 0.2 or next;
        sysread $sock, $in, 65536, length $in or last;
    }

    return $in =~ m{\AHTTP/1\.1 (\d+).*?\r\n\r\n(.*)}s ? ($1, $2) : (0, '');
}

sub call { return read_all(send_to(@_)) }

sub reached {
    my ($uri) = @_;

    return scalar grep { $_->{uri} eq $uri } $upstream->requests;
}

# asks until it is answered by what is there, and gives its id
sub ask_for {
    my ($port, $uri) = @_;

    my $id;
    wait_for {
        my ($status, $body) = call($port, POST => $uri, $agent, 'x');
        $status == 202 && ($id = $coder->decode($body)->{approval});
    } 15;
    return $id // die "nothing is pending\n";
}

sub state_of {
    my ($id) = @_;

    my $state;
    wait_for { eval { $state = $redis->command('HGET', "hoop:approval:$id",
                                               'state'); 1 } } 10;
    return $state // 'lost';
}

# a human, a retry, and something that is killed in between; again and again
sub rounds {
    my ($n, $gw, $kill) = @_;

    my %seen;

    for my $round (1 .. $n) {
        my $uri = "/p/$round-" . int(rand 1e9);
        my $id = ask_for($gw->port, $uri);
        my $delay = rand 0.006;
        my $early = rand() < 0.5;

        my $vote = send_to($gw->port, POST => "/hoop/approvals/$id/approve",
                           $dana);
        if ($early) { sleep $delay; $kill->() }
        my ($confirmed) = read_all($vote);
        my @tries = map { send_to($gw->port, POST => $uri, $agent, 'x') } 1, 2;
        if (!$early) { sleep $delay; $kill->() }
        my @status = map { (read_all($_))[0] } @tries;

        my $passed = grep { $_ == 200 } @status;
        my $state = state_of($id);

        if ($confirmed == 200 && $state eq 'approved') {
            wait_for { (call($gw->port, POST => $uri, $agent, 'x'))[0] == 200
                       && ++$passed } 10;
            $state = state_of($id);
        }

        my $reached = reached($uri);

        if ($reached > 1 || $passed > 1) {
            fail("round $round: it has passed $reached times, $passed answers");
            return;
        }

        if ($confirmed == 200 && $state ne 'consumed') {
            fail("round $round: confirmed, and $state");
            return;
        }

        if ($reached && $state ne 'consumed') {
            fail("round $round: it has passed, and is $state");
            return;
        }

        $seen{"$confirmed $state " . ($reached ? 'reached' : 'not')}++;
    }

    pass("$n rounds: " . CORE::join ', ', map { "$seen{$_} times $_" }
                                          sort keys %seen);
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $redis->start if !$redis->is_running;
    $redis->command('FLUSHALL');
    $upstream->reset;

    $block->set_value('config', 'location = /ok { return 204; }');
    $block->set_value('request', 'GET /ok');
    $block->set_value('error_code', 204);
    $block->set_value('no_error_log', "[alert]\n[crit]");
});

Hoop::Client->steps;

no_long_string();
run_tests();

__DATA__

=== TEST 1: 200 retries at once over two gateways: one passes
--- steps
my @gw = map { gateway(0, 2) } 1, 2;

for my $round (1 .. 3) {
    my $uri = "/p/race-$round";
    my $id = ask_for($gw[0]->port, $uri);
    is(ask_for($gw[1]->port, $uri), $id, 'it is one question for both');
    is((call($gw[1]->port, POST => "/hoop/approvals/$id/approve", $dana))[0],
       200, 'approved at the other');

    my @socks = map { send_to($gw[$_ % 2]->port, POST => $uri, $agent, 'x') }
                1 .. 200;
    my %status;
    for my $sock (@socks) {
        my ($status) = read_all($sock, 20);
        $status{$status}++;
    }

    is($status{200}, 1, 'one passes');
    is($status{202}, 199, 'and the others wait for another');
    is(reached($uri), 1, 'the target has seen one');
}



=== TEST 2: 100 that are held over two gateways
--- steps
my @gw = map { gateway('20s', 2) } 1, 2;
my @socks = map { send_to($gw[$_ % 2]->port, POST => '/p/held', $agent, 'x') }
            1 .. 100;
my $ids;
wait_for { $ids = $redis->command('ZRANGE', 'hoop:approvals:pending', 0, -1);
           @$ids == 1 };
sleep 0.3;
is((call($gw[0]->port, POST => "/hoop/approvals/$ids->[0]/approve", $dana))[0],
   200, 'approved');
my $select = IO::Select->new(@socks);
my ($one) = $select->can_read(5);
is((read_all($one))[0], 200, 'one goes on');
is(scalar($select->can_read(0.5)), 1, 'the others wait');
is(reached('/p/held'), 1, 'the target has seen one');



=== TEST 3: a worker is killed
--- steps
my $gw = gateway(0, 2);
rounds(25, $gw, sub {
    my @workers = $gw->workers;
    kill KILL => $workers[rand @workers];
});



=== TEST 4: a gateway is killed
--- steps
my $gw = gateway(0, 1);
rounds(12, $gw, sub {
    kill KILL => -$gw->master;
    waitpid $gw->master, 0;
    $gw->start;
});



=== TEST 5: Redis is killed
--- steps
my $gw = gateway(0, 1);
rounds(12, $gw, sub { $redis->kill; $redis->start });



=== TEST 6: the clock of a gateway does not matter: it is Redis' own
--- steps
my $gw = gateway(0, 1);
my $id = ask_for($gw->port, '/p/clock');
my ($seconds) = @{ $redis->command('TIME') };
my $expires = $redis->command('HGET', "hoop:approval:$id", 'expires');
cmp_ok(abs($expires - $seconds - 900), '<=', 2, 'it expires by it');
$redis->command('HSET', "hoop:approval:$id", 'expires', $seconds - 1);
is((call($gw->port, POST => "/hoop/approvals/$id/approve", $dana))[0], 409,
   'what is over is not approved');
isnt(ask_for($gw->port, '/p/clock'), $id, 'and asked anew');
