# Copyright (C) ngx_hoop_module authors
#
# Which policies are in force, in the evidence: once whenever that changes,
# before anything is decided by them, and not when it does not.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( wait_for );
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use Digest::SHA qw( sha256_hex );
use JSON::PP ();

our $upstream = Hoop::Upstream->new(routes => { '/*' => "reached\n" });
our $agent = bearer();
our $me = getpwuid($<);
our $started;

sub root { $ENV{TEST_NGINX_SERVER_ROOT} }
sub file { root() . "/html/$_[0].json" }

# the policy's text, with another rule's id
sub text {
    my ($name, $id) = @_;

    return qq({ "version": 1, "name": "$name", "rules": [\n)
           . qq(    { "id": "$id", "effect": "allow", "match": {} } ] }\n);
}

sub hash {
    return sha256_hex(text(@_));
}

sub put {
    my ($name, $id) = @_;

    open my $fh, '>', file($name) or die file($name) . ": $!\n";
    print $fh text($name, $id);
    close $fh;
}

# changes nginx.conf
sub configure {
    my ($from, $to) = @_;

    my $name = root() . '/conf/nginx.conf';

    open my $fh, '<', $name or die "$name: $!\n";
    local $/;
    my $conf = <$fh>;
    $conf =~ s/$from/$to/g or die "no $from in $name\n";

    open $fh, '>', $name or die "$name: $!\n";
    print $fh $conf;
    close $fh;
}

# all that there are to be
sub workers_now {
    wait_for { 3 == (my @now = nginx_workers()) } 10;
    return nginx_workers();
}

# new workers, and the end of the old ones
sub reload {
    my %old = map { $_ => 1 } workers_now();

    kill HUP => nginx_pid();

    my $done = wait_for {
        my @now = nginx_workers();
        @now == keys %old && !grep { $old{$_} } @now;
    } 10;

    return ok($done, "reloaded");
}

sub pid_file { root() . '/logs/nginx.pid' }

sub stop {
    kill QUIT => nginx_pid();
    soon { !-e pid_file() } 'stopped';
}

# one that has no parent, as a binary that is to be changed must not
sub start {
    my $root = root();

    # execve() of the next binary looks at no PATH
    my ($binary) = grep { -x } map { "$_$Test::Nginx::Util::NginxBinary" }
                               '', map { "$_/" } split /:/, $ENV{PATH};

    is(system($binary, '-e', "$root/logs/error.log",
              '-p', "$root/", '-c', "$root/conf/nginx.conf"), 0, 'started');
    workers_now();
    $started = nginx_pid();
}

sub end {
    return if !defined $started;

    kill QUIT => $started;
    wait_for { !kill 0 => $started } or kill KILL => $started;
    undef $started;
}

sub get {
    my ($status, $name) = @_;

    is(ask(GET => '/v1/x', $agent)->{status}, $status, $name // 'a request');
}

sub configs {
    return grep { $_->{type} eq 'config' } Hoop::Spool::events();
}

# n of them, and not one more, although each worker has had its chance
sub told {
    my ($n, $name) = @_;

    soon { $n <= (my @now = configs()) } "$name: told";
    is(scalar configs(), $n, "$name: once");

    return (sort { $a->{ts} cmp $b->{ts} } configs())[-1];
}

# FILE CHANGE of each
sub changes {
    return CORE::join ' ', map {
        my ($name) = $_->{file} =~ m{(\w+)\.json$};
        "$name-" . ($_->{change} // 'same')
    } @{ $_[0]{policies} };
}

add_block_preprocessor(sub {
    my ($block) = @_;

    my $sync = $block->sync // 'off';
    chomp $sync;

    $block->set_value('http_config', <<"END" . ($block->http_config // ''));
hoop_audit \$TEST_NGINX_SPOOL gateway=t sync=$sync;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks.json;
}
upstream up { server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }
END

    $block->set_value('config', <<'END') if !defined $block->config;
location /v1/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/a.json;
    proxy_pass http://up;
}
location /v2/ {
    hoop monitor;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/b.json
                $TEST_NGINX_SERVER_ROOT/html/a.json;
    proxy_pass http://up;
}
location /none/ {
    hoop off;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/c.json;
    proxy_pass http://up;
}
location = /alive { return 200 "alive\n"; }
END

    $block->set_value('user_files', CORE::join '',
                      map { ">>> $_.json\n" . text($_, 'one') } qw( a b c ));
    $block->set_value('request', 'GET /alive');
    $block->set_value('response_body', "alive\n");
    $block->set_value('no_event_text', "\"id\":\"one\"\njwks\neyJ");
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\n[error]")
        if !defined $block->no_error_log;
});

Hoop::Spool->install;
add_test_cleanup_handler(\&end);
Hoop::Client->steps;
master_on();
workers(3);
no_root_location();
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: a start: all that is in force is new, and it is the first event
--- steps
my $e = told(1, 'the start');

is($e->{seq}, 1, 'the first of its chain');
is($e->{cause}, 'start', 'its cause');
is($e->{uid}, $<, 'the user');
is($e->{user}, $main::me, 'and the name');
is($e->{pid}, nginx_pid(), 'the master');
like($e->{config}, qr{/nginx\.conf$}, 'the configuration');
like($e->{nginx}, qr/^1\.\d+\.\d+$/, 'the version of nginx');
like($e->{version}, qr/^\d+\.\d+\.\d+$/, 'and of the module');
like($e->{loaded}, qr/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, 'when');
cmp_ok($e->{loaded}, 'le', $e->{ts}, 'before it was written');
is($e->{locations}, 2, 'locations');
is($e->{locations_monitor}, 1, 'one of them is watched only');
is($e->{changed}, 2, 'policies that are new');
is(changes($e), 'a-added b-added', 'those that are in force');
is($e->{policies}[0]{file}, file('a'), 'the file');
is($e->{policies}[0]{policy}, 'a', 'the name');
is($e->{policies}[0]{hash}, hash('a', 'one'), 'the hash of the file');

get(200);
soon { grep { $_->{type} eq 'decision'
              && $_->{policy_hash} eq $e->{policies}[0]{hash} }
       Hoop::Spool::events() } 'the hash of the decision';

is((stat "$ENV{TEST_NGINX_SPOOL}/config")[2] & 0777, 0600,
   'what is kept is for the owner');



=== TEST 2: a reload: what has changed, and nothing if nothing has
--- steps
told(1, 'the start');
reload();
get(200);
told(1, 'nothing new');

put('a', 'two');
reload();

my $e = told(2, 'a change');

is($e->{cause}, 'reload', 'its cause');
is(changes($e), 'a-changed b-same', 'one has');
is($e->{changed}, 1, 'one');
is($e->{policies}[0]{old}, hash('a', 'one'), 'what it was');
is($e->{policies}[0]{hash}, hash('a', 'two'), 'what it is');
is($e->{policies}[1]{hash}, hash('b', 'one'), 'the other');

get(200);
reload();
get(200);
told(2, 'nothing new again');



=== TEST 3: a policy that is not in force any more
--- steps
told(1, 'the start');

configure('hoop monitor;', 'hoop off;');
reload();

my $e = told(2, 'one location less');

is(changes($e), 'b-removed a-same', 'its policy is not in force');
is($e->{policies}[0]{old}, hash('b', 'one'), 'which that was');
ok(!exists $e->{policies}[0]{hash}, 'and there is none now');
is($e->{locations}, 1, 'locations');
is($e->{locations_monitor}, 0, 'none is watched only');

configure('hoop on;', 'hoop off;');
reload();

$e = told(3, 'nothing is protected');

is(changes($e), 'a-removed', 'no policy is in force');
is($e->{locations}, 0, 'no location');

configure('hoop off;', 'hoop on;');
reload();

$e = told(4, 'all is protected');
is(changes($e), 'a-added b-added c-added', 'all are in force');



=== TEST 4: a configuration that is not taken is not told of
--- steps
told(1, 'the start');

put('a', 'one" "');
my @old = sort { $a <=> $b } workers_now();
kill HUP => nginx_pid();
soon { open my $fh, '<', root() . '/logs/error.log' or return 0;
       grep { /\[emerg\].*hoop policy/ } <$fh> } 'it is refused';

get(200);
is("@{[ sort { $a <=> $b } nginx_workers() ]}", "@old", 'the same workers');
told(1, 'nothing new');
--- no_error_log eval
['[alert]', '[crit]', '[error]']



=== TEST 5: a worker that dies has changed nothing
--- steps
told(1, 'the start');

my @old = workers_now();
kill KILL => @old;
soon { my %now = map { $_ => 1 } nginx_workers();
       3 == keys %now && !grep { $now{$_} } @old } 'new workers';
get(200);
told(1, 'nothing new');
--- no_error_log eval
[qr/\[alert\](?!.*exited on signal 9)/, '[crit]', '[emerg]', '[error]']



=== TEST 6: a restart, with what was in force, and with something else
--- sync: always
--- steps
told(1, 'the start');
configure('daemon off;', 'daemon on;');

for my $id (qw( one two )) {
    stop();
    put('a', $id);
    start();
    get(200);

    my $e = told($id eq 'one' ? 1 : 2, "with $id");

    next if $id eq 'one';

    is($e->{cause}, 'start', 'the cause');
    is($e->{pid}, nginx_pid(), 'the master');
    is(changes($e), 'a-changed b-same', 'one has changed');
    is($e->{policies}[0]{old}, hash('a', 'one'), 'what it was');
}



=== TEST 7: a new binary
--- steps
told(1, 'the start');
configure('daemon off;', 'daemon on;');
stop();
start();

for my $id (qw( one two )) {
    my $old = nginx_pid();

    put('a', $id);
    kill USR2 => $old;
    soon { (nginx_pid() // $old) != $old } 'two masters';
    $started = nginx_pid();
    kill QUIT => $old;
    soon { !kill 0 => $old } 'one master';
    get(200);

    my $e = told($id eq 'one' ? 1 : 2, "with $id");

    next if $id eq 'one';

    is($e->{cause}, 'upgrade', 'the cause');
    is($e->{pid}, nginx_pid(), 'the new master');
    is(changes($e), 'a-changed b-same', 'one has changed');
}



=== TEST 8: what cannot be told is not decided by
--- steps
told(1, 'the start');
get(200);

# no slot that new workers could take; the old ones have theirs
my $spool = $ENV{TEST_NGINX_SPOOL};
soon { 3 == grep { -e "$spool/$_/lock" } 0 .. 2 } 'each has its slot';

for my $slot (0 .. 7) {
    rename "$spool/$slot", "$spool/held-$slot";
    open my $fh, '>', "$spool/$slot" or die "$spool/$slot: $!\n";
}

put('a', 'two');
reload();
get(503, 'nothing is decided');
told(1, 'nothing is there');

for my $slot (0 .. 7) {
    unlink "$spool/$slot";
    rename "$spool/held-$slot", "$spool/$slot";
}

soon { ask(GET => '/v1/x', $agent)->{status} == 200 } 'it is', 10;

my $e = told(2, 'it is there');
is(changes($e), 'a-changed b-same', 'what has changed');

my %at;
for (Hoop::Spool::events()) {
    $at{$_->{slot}} //= $_->{type}
        if ($_->{policy_hash} // '') eq hash('a', 'two')
           || $_->{type} eq 'config' && $_->{seq} == $e->{seq}
              && $_->{slot} == $e->{slot};
}
is($at{ $e->{slot} }, 'config', 'before what is decided by it');
--- no_error_log eval
['[emerg]']



=== TEST 9: what is kept is not what was written
--- steps
told(1, 'the start');

my $kept = "$ENV{TEST_NGINX_SPOOL}/config";

open my $fh, '>', $kept or die "$kept: $!\n";
print $fh '{"policies":[{"file":"/x","policy":"x","hash":"x"}]}';
close $fh;

reload();

my $e = told(2, 'after that');
is(changes($e), 'a-added b-added', 'all counts as new');

unlink $kept;
symlink file('a'), $kept;
reload();
told(3, 'a link is not followed');
ok(!-l $kept, 'nor kept');
--- no_error_log eval
['[alert]', '[crit]', '[emerg]']
