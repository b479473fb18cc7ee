# Copyright (C) ngx_hoop_module authors
#
# What the workers share: a token that one of them has verified, until its
# exp, and only as long as its key is in the key set.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( wait_for );
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });

sub get { return ask(GET => '/p/a', @_)->{status} }

# how many times a line of the log has this text
sub logged {
    my ($text) = @_;

    open my $log, '<', "$ENV{TEST_NGINX_SERVER_ROOT}/logs/error.log"
        or die "error.log: $!\n";

    return scalar grep { index($_, $text) >= 0 } <$log>;
}

# a token that a worker has not seen was known to the zone
sub known { return logged('http hoop token known to the zone') }

sub workers_now {
    wait_for { 2 == (my @now = nginx_workers()) };
    return nginx_workers();
}

# others in place of those workers
sub others {
    my %old = map { $_ => 1 } @_;

    return wait_for {
        my @now = nginx_workers();
        @now == 2 && !grep { $old{$_} } @now;
    } 10;
}

sub reload {
    my @old = workers_now();

    kill HUP => nginx_pid();
    return others(@old);
}

sub write_file {
    my ($name, $text) = @_;

    my $file = "$ENV{TEST_NGINX_SERVER_ROOT}/html/$name";

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh $text;
    close $fh or die "$file: $!\n";
}

sub issuer {
    my ($rules) = @_;

    return "hoop_issuer idp { issuer https://idp.test; $rules\n"
           . "jwks_file $ENV{TEST_NGINX_SERVER_ROOT}/html/keys.json; }\n";
}

add_block_preprocessor(sub {
    my ($block) = @_;

    my $zone = $block->zone // '';
    chomp $zone;

    $block->set_value('http_config', <<'END') if !defined $block->http_config;
include $TEST_NGINX_SERVER_ROOT/html/zone.conf;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
include $TEST_NGINX_SERVER_ROOT/html/issuer.conf;
END

    $block->set_value('config', <<'END') if !defined $block->config;
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
END

    my $keys = jwks(qw( rsa ec ));
    my $issuer = issuer('audience hoop; leeway 0;');

    $block->set_value('user_files', <<"END");
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow", "match": {} } ] }
>>> zone.conf
$zone
>>> issuer.conf
$issuer
>>> keys.json
$keys
END

    $block->set_value('request', 'GET /p/a') if !defined $block->request;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log && !defined $block->must_die;
});

Hoop::Client->steps;
Hoop::Spool->install;
master_on();
workers(2);
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: the smallest zone
--- zone: hoop_zone 256k;
--- more_headers eval
main::bearer()
--- response_body
reached



=== TEST 2: a large one, whose size is no power of two
--- zone: hoop_zone 33m;
--- more_headers eval
main::bearer()
--- response_body
reached



=== TEST 3: too small
--- zone: hoop_zone 255k;
--- must_die
--- error_log
hoop_zone "255k", wanted a size of at least 256k, as in "10m"



=== TEST 4: no size
--- zone: hoop_zone big;
--- must_die
--- error_log
hoop_zone "big", wanted a size of at least 256k



=== TEST 5: twice
--- zone: hoop_zone 1m; hoop_zone 2m;
--- must_die
--- error_log
"hoop_zone" directive is duplicate



=== TEST 6: what one worker has verified, the other knows
--- log_level: debug
--- steps
my $agent = bearer();
my ($a, $b) = workers_now();
hold_worker($b);
is(get($agent), 200, 'the first worker');
is(known(), 0, 'nobody had seen it');
is(get($agent), 200, 'and again');
is(known(), 1, 'seen twice, it goes into the cache');
is(get($agent), 200, 'and again');
is(known(), 1, 'and is taken from there');
kill CONT => $b;
hold_worker($a);
is(get($agent), 200, 'the second worker');
is(known(), 2, 'which did not verify it');
is(get($agent), 200, 'and again');
is(known(), 2, 'by its own cache');
kill CONT => $a;
--- more_headers eval
main::bearer()
--- response_body
reached
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 7: a reload keeps it, and so does the death of all workers
--- log_level: debug
--- steps
my $agent = bearer();
is(get($agent), 200, 'verified');
ok(reload(), 'reloaded');
is(get($agent), 200, 'taken');
ok(known(), 'and known before');
my $known = known();
my @old = workers_now();
kill KILL => @old;
ok(others(@old), 'new workers');
is(get($agent), 200, 'taken');
is(known(), $known + 1, 'and known before');
--- more_headers eval
main::bearer()
--- response_body
reached
--- no_error_log eval
[qr/\[alert\](?!.*exited on signal 9)/, '[crit]', '[emerg]']



=== TEST 8: another size: it begins empty
--- log_level: debug
--- steps
my $agent = bearer();
is(get($agent), 200, 'verified');
write_file('zone.conf', "hoop_zone 1m;\n");
ok(reload(), 'reloaded');
is(get($agent), 200, 'verified anew');
is(known(), 0, 'since nobody knew it');
ok(reload(), 'reloaded');
is(get($agent), 200, 'taken');
is(known(), 1, 'and known before');
--- more_headers eval
main::bearer()
--- response_body
reached
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 9: a key that has left the key set takes its tokens along
--- log_level: debug
--- steps
my ($rsa, $ec) = (bearer(), bearer(-key => 'ec'));
is(get($_), 200, 'verified') for $rsa, $ec;
write_file('keys.json', jwks('ec'));
ok(reload(), 'reloaded');
is(get($rsa), 401, 'its key is gone');
is(known(), 0, 'whatever the zone said');
is(get($ec), 200, 'the other is still there');
is(known(), 1, 'and needed no check');
write_file('keys.json', jwks(qw( ec rsa )));
ok(reload(), 'reloaded');
is(get($rsa), 200, 'the key is back');
is(known(), 1, 'and the token was verified anew');
--- more_headers eval
main::bearer()
--- response_body
reached
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 10: the claims are judged by the rules of today
--- log_level: debug
--- steps
my $agent = bearer();
is(get($agent), 200, 'verified');
write_file('issuer.conf', issuer('audience other;'));
ok(reload(), 'reloaded');
is(get($agent), 401, 'for another service');
is(known(), 1, 'although it is known');
write_file('issuer.conf', issuer('audience hoop; algorithms ES256;'));
ok(reload(), 'reloaded');
is(get($agent), 401, 'an algorithm that is allowed no more');
write_file('issuer.conf', issuer('audience hoop; max_lifetime 1m;'));
ok(reload(), 'reloaded');
is(get($agent), 401, 'too long a life');
write_file('issuer.conf', issuer('audience hoop;'));
ok(reload(), 'reloaded');
--- more_headers eval
main::bearer()
--- response_body
reached
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 11: a key that is for another's tokens now
--- log_level: debug
--- steps
my $agent = bearer();
my $keys = sub { jwks(qw( rsa ec )) =~ s/"kty"/"issuer":"$_[0]","kty"/gr };
write_file('keys.json', $keys->('https://idp.test'));
ok(reload(), 'reloaded');
is(get($agent), 200, 'verified');
ok(reload(), 'reloaded');
is(get($agent), 200, 'taken');
is(known(), 1, 'and known before');
write_file('keys.json', $keys->('https://other.test'));
ok(reload(), 'reloaded');
is(get($agent), 401, 'the same key, which is not for it');
is(get(bearer()), 401, 'nor for a new one');
is(known(), 1, 'whatever the zone said');
write_file('keys.json', $keys->('https://idp.test'));
ok(reload(), 'reloaded');
is(get($agent), 200, 'it is again');
is(known(), 1, 'and the token was verified anew');
--- more_headers eval
main::bearer()
--- response_body
reached
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 12: not past its exp
--- steps
my $agent = bearer(exp => time + 2);
is(get($agent), 200, 'in time') for 1 .. 4;
soon { get($agent) == 401 } 'too late';
is(get($agent), 401, 'for all') for 1 .. 4;
--- more_headers eval
main::bearer()
--- response_body
reached



=== TEST 13: claims that are large in memory, more of them than a worker keeps
--- zone: hoop_zone 256k;
--- steps
my @list = map { { } } 1 .. 1500;
my @agents = map { bearer(x => \@list) } 1 .. 60;
is(scalar(grep { get($_) != 200 } @agents, @agents), 0, 'all are taken');
--- more_headers eval
main::bearer()
--- response_body
reached
