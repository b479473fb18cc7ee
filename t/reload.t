# Copyright (C) ngx_hoop_module authors
#
# Reloads, dying workers and shutdowns under load: no request is lost, none is
# let through without its events, and the chains go on.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( temp_dir wait_for );
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => {
    '/p/*' => "reached\n",
    '/p/slow' => { body => "at last\n", delay => 0.3 },
});
our $redis = Hoop::Redis->new;
our $agent = bearer();
our $dana = bearer(sub => 'dana', groups => ['dba']);

# While n clients ask for one thing after the other, does what it is told;
# returns what came back: { path => status }.
sub under_load {
    my ($n, $what) = @_;

    my $dir = temp_dir('load');

    my @clients = map {
        my $client = $_;

        Hoop::Daemon->spawn(name => "client $client", code => sub {
            open my $log, '>', "$dir/$client" or die "$dir/$client: $!\n";

            for (my $i = 0; !-e "$dir/stop"; $i++) {
                my $res = ask(GET => "/p/$client-$i", $agent);
                syswrite $log, "/p/$client-$i $res->{status}\n";
                select undef, undef, undef, 0.01;
            }
        });
    } 1 .. $n;

    wait_for { $n == grep { -s "$dir/$_" } 1 .. $n };
    $what->();

    open my $stop, '>', "$dir/stop" or die "$dir/stop: $!\n";
    wait_for { !grep { $_->is_running } @clients } 15
        or fail('a client has no answer');

    my %status;

    for my $client (1 .. $n) {
        open my $log, '<', "$dir/$client" or next;
        %status = (%status, map { split } <$log>);
    }

    return %status;
}

# New workers, and the end of the old ones; they may wait for the clock.
sub reload {
    my %old = map { $_ => 1 } workers_now();

    kill HUP => nginx_pid();

    return wait_for {
        my @now = nginx_workers();
        @now == 2 && !grep { $old{$_} } @now;
    } 10;
}

sub workers_now {
    wait_for { 2 == (my @now = nginx_workers()) };
    return nginx_workers();
}

# on its way out, or gone
sub is_leaving {
    my ($pid) = @_;

    open my $fh, '<', "/proc/$pid/cmdline" or return 1;
    return (<$fh> // '') =~ /shutting down/;
}

# how often each path is there
sub seen {
    my %seen;

    $seen{$_->{uri}}++ for $upstream->requests;
    return %seen;
}

sub told {
    my ($type) = @_;

    my @texts = map { $_->{text} } Hoop::Spool::frames();
    my (%uri, %told);

    for my $text (@texts) {
        $uri{$1} = $2 if $text =~ /"type":"request","session":"(\w+)".*?
                                   "uri":"([^"]+)"/x;
    }

    for my $text (@texts) {
        $told{ $uri{$1} // 'a session without a request' }++
            if $text =~ /"type":"$type","session":"(\w+)"/;
    }

    return %told;
}

# the paths of one that are not there once, in the other
sub differences {
    my ($one, $other) = @_;

    return join ' ', grep { ($one->{$_} // 0) != ($other->{$_} // 0) }
                     sort keys %{ { %$one, %$other } };
}

# all of them were answered, by the target, and told of: each once
sub all_is_well {
    my (%status) = @_;

    my %once = map { $_ => 1 } keys %status;

    cmp_ok(scalar keys %status, '>', 20, 'many requests');
    is(CORE::join(' ', grep { $status{$_} != 200 } sort keys %status), '',
       'all were answered');
    is(differences(\%once, { seen() }), '', 'the target has seen each once');

    soon { differences(\%once, { told('response') }) eq '' }
        'each has a response event';
    is(differences(\%once, { told($_) }), '', "each has a $_ event")
        for qw( request decision );
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $redis->command('FLUSHALL');
    $upstream->reset;

    my $sync = $block->sync // 'off';
    chomp $sync;

    $block->set_value('http_config', <<"END") if !defined $block->http_config;
hoop_audit \$TEST_NGINX_SPOOL gateway=t sync=$sync segment_size=64k;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks.json;
}
END

    $block->set_value('config', <<'END') if !defined $block->config;
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /alive {
    return 200 "alive\n";
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

    $block->set_value('request', 'GET /alive') if !defined $block->request;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\n[error]\neyJ")
        if !defined $block->no_error_log;
    $block->set_value('no_event_text', 'eyJ');
});

Hoop::Client->steps;
Hoop::Spool->install;
master_on();
workers(2);
worker_connections(256);
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: reloads under load, sync=off
--- steps
all_is_well(under_load(4, sub { ok(reload(), 'reloaded') for 1 .. 3 }));
--- response_body
alive



=== TEST 2: reloads under load, sync=batch
--- sync: batch
--- steps
all_is_well(under_load(4, sub { ok(reload(), 'reloaded') for 1 .. 3 }));
--- response_body
alive



=== TEST 3: reloads under load, sync=always
--- sync: always
--- steps
all_is_well(under_load(4, sub { ok(reload(), 'reloaded') for 1 .. 3 }));
--- response_body
alive



=== TEST 4: reloads under load, to Redis: each event once, in order
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=batch;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
--- steps
all_is_well(under_load(4, sub { ok(reload(), 'reloaded') for 1 .. 2 }));

my @spool = Hoop::Spool::frames();
soon { @spool == (my @stream = $redis->audit_events('t')) }
    'all are shipped', 10;

my %texts;
push @{ $texts{$_->{key}} }, $_->{text} for $redis->audit_events('t');

for my $slot (map { m{/(\d+)$} } glob "$ENV{TEST_NGINX_SPOOL}/*") {
    is(CORE::join("\n", @{ $texts{"hoop:audit:t:$slot"} // [] }),
       CORE::join("\n", map { $_->{text} }
                        grep { $_->{slot} == $slot } @spool),
       "slot $slot, to the byte");
}
--- response_body
alive



=== TEST 5: a worker is killed under load: its chain goes on
--- steps
my $killed = 0;

my %status = under_load(4, sub {
    for (1 .. 3) {
        my ($victim) = workers_now();
        $killed += kill KILL => $victim;
        wait_for { 2 == grep { $_ != $victim } nginx_workers() };
        select undef, undef, undef, 0.05;
    }
});

is($killed, 3, 'workers were killed');

my %done = map { $_ => 1 } grep { $status{$_} == 200 } keys %status;
my %request = told('request');
my %decision = told('decision');
my %seen = seen();

cmp_ok(keys(%status) - keys(%done), '<=', 3 * 4,
       'no more are lost than were under way');
is(CORE::join(' ', grep { !$request{$_} || !$decision{$_} } keys %done), '',
   'what was answered is told');
is(CORE::join(' ', grep { !$request{$_} || !$decision{$_} } keys %seen), '',
   'what the target saw is told');
is(CORE::join(' ', grep { $_ > 1 } values %request, values %seen), '',
   'nothing is there twice');
--- response_body
alive
--- no_error_log eval
[qr/\[alert\](?!.*exited on signal 9)/, '[crit]', '[emerg]', 'eyJ']



=== TEST 6: a worker is killed with sync=always
--- sync: always
--- steps
my %status = under_load(4, sub {
    my ($victim) = workers_now();
    kill KILL => $victim;
    wait_for { 2 == grep { $_ != $victim } nginx_workers() };
});

my %request = told('request');
my %seen = seen();

is(CORE::join(' ', grep { !$request{$_} }
              keys %seen, grep { $status{$_} == 200 } keys %status), '',
   'what went through is told');
--- response_body
alive
--- no_error_log eval
[qr/\[alert\](?!.*exited on signal 9)/, '[crit]', '[emerg]', 'eyJ']



=== TEST 7: a worker leaves half an event: it is cut off
--- steps
is(ask(GET => '/p/a', $agent)->{status}, 200, 'a request');
soon { my %told = told('response'); $told{'/p/a'} } 'its events';

my ($file) = Hoop::Spool::segments();
open my $fh, '>>:raw', $file or die "$file: $!";
syswrite $fh, "HEV1\x80\0\0\0half an event";
close $fh;

my ($slot) = $file =~ m{/(\d+)/[^/]*$};
my $size = -s $file;
my @old = workers_now();
kill KILL => @old;
soon { my @now = nginx_workers(); @now == 2 && $now[0] != $old[0] }
    'new workers';
soon { !Hoop::Spool::frame_problems() && -s $file < $size } 'it is cut off';
is(ask(GET => '/p/b', $agent)->{status}, 200, 'and it goes on');
--- response_body
alive
--- error_log
has a torn tail
--- no_error_log eval
[qr/\[alert\](?!.*exited on signal 9)/, '[crit]', '[emerg]', 'eyJ']



=== TEST 8: a reload while a request is held: a human still may decide
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=batch;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
--- config
location /p/ {
    hoop on;
    hoop_approval wait=20s;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /hoop/ {
    hoop_api;
}
location = /alive {
    return 200 "alive\n";
}
--- steps
my @held = map { begin(DELETE => "/p/$_", $agent) } 1 .. 4;
my $ids;
soon { @{ $ids = $redis->command('ZRANGE', 'hoop:approvals:pending', 0, -1) }
       == 4 } 'they are held';

my @old = workers_now();
kill HUP => nginx_pid();
soon { my @now = nginx_workers(); @now > 2 } 'there are new workers';
soon { my %now = map { $_ => 1 } nginx_workers();
       2 == grep { !$now{$_} || is_leaving($_) } @old } 'the old ones leave';

ok(!grep({ answered($_) } @held), 'they are still held');

my %vote;

for my $id (@$ids) {
    my $uri = ask(GET => "/hoop/approvals/$id", $dana)->{json}{uri};
    my $verb = $uri =~ /[12]/ ? 'approve' : 'deny';
    is(ask(POST => "/hoop/approvals/$id/$verb", $dana)->{status}, 200, $verb);
}

is(CORE::join(' ', map { finish($_, 5)->{status} } @held), '200 200 403 403',
   'each has its answer');

my %old = map { $_ => 1 } @old;
soon { !grep { $old{$_} } nginx_workers() } 'and the old workers are gone';
--- response_body
alive
--- events
{"type":"approval","state":"pending"}



=== TEST 9: nginx is told to quit while a request is held
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=always;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
--- config
location /p/ {
    hoop on;
    hoop_approval wait=600ms;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- steps
our $quitter = Hoop::Daemon->spawn(name => 'quitter', code => sub {
    my $pid = nginx_pid();
    my $client = bless { %$redis, client => undef }, ref $redis;
    wait_for { @{ $client->command('KEYS', 'hoop:approval:digest:*') } };
    kill QUIT => $pid;
});
--- request
DELETE /p/a
--- more_headers eval
$main::agent
--- error_code: 202
--- response_body_like: "state":"pending"
--- events
{"type":"decision","decision":"review"}
{"type":"approval","state":"pending"}



=== TEST 10: nginx is told to quit while a request is on its way
--- sync: always
--- config
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- steps
our $quitter = Hoop::Daemon->spawn(name => 'quitter', code => sub {
    wait_for { $upstream->requests };
    kill QUIT => nginx_pid();
});
--- request
GET /p/slow
--- more_headers eval
$main::agent
--- response_body
at last
--- events
{"type":"request"}
{"type":"decision","decision":"allow"}
{"type":"response","status":200}



=== TEST 11: a policy that is no longer right: the old one stays
--- steps
my $file = "$ENV{TEST_NGINX_SERVER_ROOT}/html/policy.json";
open my $fh, '>', $file or die "$file: $!";
print $fh '{ "version": 1, "name": "crm", "default": "allow", "ruls": [] }';
close $fh;

my $log = "$ENV{TEST_NGINX_SERVER_ROOT}/logs/error.log";
my @old = workers_now();
kill HUP => nginx_pid();
soon { open my $l, '<', $log; grep { /\[emerg\].*policy\.json/ } <$l> }
    'it is refused';
is("@{[ sort(nginx_workers()) ]}", "@{[ sort @old ]}", 'the workers stay');
is(ask(PUT => '/p/a', $agent)->{status}, 403, 'the old policy is in force');
is(ask(GET => '/p/a', $agent)->{status}, 200, 'all of it');
--- response_body
alive
--- error_log
[emerg]
unknown key "ruls"
--- no_error_log
[alert]
[crit]
[error]
eyJ



=== TEST 12: a new policy is in force for all after a reload
--- steps
is(ask(GET => '/p/a', $agent)->{status}, 200, 'allowed');

my $file = "$ENV{TEST_NGINX_SERVER_ROOT}/html/policy.json";
open my $fh, '>', $file or die "$file: $!";
print $fh '{ "version": 1, "name": "new", "rules": [
    { "id": "no", "effect": "deny", "reason": "no more", "match": {} } ] }';
close $fh;

ok(reload(), 'reloaded');
is(ask(GET => "/p/$_", $agent)->{status}, 403, 'denied') for 1 .. 6;

my %hash = map { $_->{policy_hash} => $_->{policy} }
           grep { $_->{type} eq 'decision' } Hoop::Spool::events();
is(CORE::join(' ', sort values %hash), 'crm new', 'each by its hash');
--- response_body
alive



=== TEST 13: and with sync=always
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=always;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
--- config
location /p/ {
    hoop on;
    hoop_approval wait=20s;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /hoop/ {
    hoop_api;
}
location = /alive {
    return 200 "alive\n";
}
--- steps
my @held = map { begin(DELETE => "/p/$_", $agent) } 1 .. 4;
my $ids;
soon { @{ $ids = $redis->command('ZRANGE', 'hoop:approvals:pending', 0, -1) }
       == 4 } 'they are held';

my @old = workers_now();
kill HUP => nginx_pid();
soon { my @now = nginx_workers(); @now > 2 } 'there are new workers';
soon { my %now = map { $_ => 1 } nginx_workers();
       2 == grep { !$now{$_} || is_leaving($_) } @old } 'the old ones leave';

ok(!grep({ answered($_) } @held), 'they are still held');

my %vote;

for my $id (@$ids) {
    my $uri = ask(GET => "/hoop/approvals/$id", $dana)->{json}{uri};
    my $verb = $uri =~ /[12]/ ? 'approve' : 'deny';
    is(ask(POST => "/hoop/approvals/$id/$verb", $dana)->{status}, 200, $verb);
}

is(CORE::join(' ', map { finish($_, 5)->{status} } @held), '200 200 403 403',
   'each has its answer');

my %old = map { $_ => 1 } @old;
soon { !grep { $old{$_} } nginx_workers() } 'and the old workers are gone';
--- response_body
alive
--- events
{"type":"approval","state":"pending"}



=== TEST 14: one approval, many at once, two workers: one passes
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
--- config
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /hoop/ {
    hoop_api;
}
location = /alive {
    return 200 "alive\n";
}
--- steps
for my $round (1 .. 5) {
    my $id = ask(DELETE => "/p/$round", $agent)->{json}{approval};
    my @votes = map { begin(POST => "/hoop/approvals/$id/approve", $dana) }
                1 .. 4;
    is(CORE::join(' ', sort map { finish($_)->{status} } @votes),
       '200 409 409 409', 'one vote counts');

    my @held = map { begin(DELETE => "/p/$round", $agent) } 1 .. 20;
    my @status = sort map { finish($_)->{status} } @held;
    is("@status", CORE::join(' ', 200, (202) x 19), 'one passes');
}

my %seen = seen();
is(CORE::join(' ', map { "$_=$seen{$_}" } sort keys %seen),
   '/p/1=1 /p/2=1 /p/3=1 /p/4=1 /p/5=1', 'as the target has seen');

soon { 5 == grep { $_->{state} eq 'consumed' }
            grep { $_->{type} eq 'approval' } Hoop::Spool::events() }
    'each is used up once';
--- response_body
alive



=== TEST 15: an approval is one under the policy that asked for it
--- http_config
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
--- config
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /hoop/ {
    hoop_api;
}
location = /alive {
    return 200 "alive\n";
}
--- steps
my $id = ask(DELETE => '/p/a', $agent)->{json}{approval};
my $other = ask(DELETE => '/p/b', $agent)->{json}{approval};
is(ask(POST => "/hoop/approvals/$_/approve", $dana)->{status}, 200, 'approved')
    for $id, $other;

ok(reload(), 'reloaded');
is(ask(DELETE => '/p/b', $agent)->{status}, 200, 'of the same policy');

my $file = "$ENV{TEST_NGINX_SERVER_ROOT}/html/policy.json";
open my $in, '<', $file or die "$file: $!";
my $policy = do { local $/; <$in> };
$policy =~ s/\["dba"\]/["dba"], "count": 2/ or die;
open my $out, '>', $file or die "$file: $!";
print $out $policy;
close $out;

ok(reload(), 'reloaded');
my $res = ask(DELETE => '/p/a', $agent);
is($res->{status}, 202, 'of another one: not any more');
isnt($res->{json}{approval}, $id, 'but a new one');
is(ask(GET => "/hoop/approvals/$res->{json}{approval}", $dana)
       ->{json}{needed}, 2, 'that needs two');
--- response_body
alive
