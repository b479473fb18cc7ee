# Copyright (C) ngx_hoop_module authors
#
# Keys of an issuer over time: one fetch for many requests, no storm for keys
# that are not there, refreshing in the background, how long old keys may be
# used, rotation in all workers, several issuers, and the end of a worker in
# the midst of it.

use Test::Nginx::Socket 'no_plan';

use Time::HiRes qw( time );

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( wait_for );
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $cache_control = '';
our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });
our $other = Hoop::Upstream->new(oidc => 1, env => 'OTHER');
our $idp = Hoop::Upstream->new(oidc => 1, failures => {
    short => { headers => ['Cache-Control' => 'public, max-age=1'],
               body => Hoop::Token::jwks('rsa') },
});

sub from_idp {
    return main::bearer(iss => $idp->issuer, @_);
}

sub status {
    return ask(GET => '/p/x', @_)->{status};
}

# how often the issuer was asked; an nginx of a test before may still ask
our $block = 0;

sub fetches {
    return scalar grep { $_->{uri} eq "/jwks?$block" } $idp->requests;
}

sub keys_are_there {
    my ($token) = @_;

    $token //= from_idp();
    main::ok(wait_for(sub { status($token) == 200 }, 10), 'keys are there');
}

# as many requests at once, each by one of the tokens: their statuses
sub at_once {
    my @held = map { begin(GET => '/p/x', $_) } @_;

    return join ' ', map { finish($_)->{status} } @held;
}

sub workers_now {
    my ($n) = @_;

    wait_for { $n == (my @now = nginx_workers()) };
    return nginx_workers();
}

# other workers in place of all those
sub others {
    my %old = map { $_ => 1 } @_;

    return wait_for {
        my @now = nginx_workers();
        @now == keys %old && !grep { $old{$_} } @now;
    } 5;
}

# a new token of this key is taken (or not) by all workers
sub all_workers_say {
    my ($status, $key) = @_;

    my $token = from_idp(-key => $key);

    return wait_for {
        30 == grep { status($token) == $status } 1 .. 30;
    } 8;
}

sub write_keys {
    my $file = "$ENV{TEST_NGINX_SERVER_ROOT}/html/keys.json";

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh main::jwks(@_);
    close $fh or die "$file: $!\n";
}

sub logged {
    my ($text) = @_;

    open my $log, '<', "$ENV{TEST_NGINX_SERVER_ROOT}/logs/error.log"
        or die "error.log: $!\n";

    return scalar grep { index($_, $text) >= 0 } <$log>;
}

Hoop::Client->steps;
master_on();

add_block_preprocessor(sub {
    my ($block) = @_;

    workers($block->workers // 1);

    $_->control(keys => 'rsa', fail => '', delay => 0) for $idp, $other;
    $idp->control($1 => $2) if ($block->idp // '') =~ /^(\w+)=(\S+)/;
    $_->reset for $idp, $other;
    $main::block++;

    my $rules = $block->rules // '';

    $block->set_value('http_config', <<"END");
hoop_audit \$TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer http://127.0.0.1:\$TEST_NGINX_IDP_PORT;
    audience hoop;
    jwks_url http://127.0.0.1:\$TEST_NGINX_IDP_PORT/jwks?$main::block;
    $rules
}
hoop_issuer other {
    issuer http://127.0.0.1:\$TEST_NGINX_OTHER_PORT;
    audience hoop;
    discovery on;
    jwks_pause 50ms;
}
hoop_issuer file {
    issuer https://file.test;
    audience hoop;
    jwks_file \$TEST_NGINX_SERVER_ROOT/html/keys.json;
}
END

    $block->set_value('config', <<'END');
hoop_fetch /_hoop_fetch;
location = /_hoop_fetch {
    internal;
    proxy_pass $hoop_fetch_url;
}
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
END

    my $keys = jwks('rsa');

    $block->set_value('user_files', <<"END");
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow",
      "match": { "request": { "path": "/p/**" } } } ] }
>>> keys.json
$keys
END

    $block->set_value('request', 'GET /index.html');
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log;
});

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: many requests without keys wait for one fetch
--- idp: delay=0.3
--- steps
my $tokens = [map { from_idp() } 1 .. 20];

is(at_once(@$tokens), join(' ', (200) x 20), 'all of them have their answer');
is(fetches(), 1, 'the issuer was asked once');



=== TEST 2: many requests with an unknown key wait for one fetch
--- rules: jwks_pause 10ms;
--- steps
keys_are_there();
select undef, undef, undef, 0.05;
$idp->reset;
$idp->control(delay => 0.3, keys => 'rsa,ec');
is(at_once((map { from_idp(-key => 'ec') } 1 .. 20), from_idp()),
   join(' ', (200) x 21), 'all of them have their answer');
is(fetches(), 1, 'the issuer was asked once');



=== TEST 3: keys that are not there: one fetch a pause, 401 at once between
--- rules: jwks_pause 4s;
--- steps
keys_are_there();

my @tokens = map { from_idp(-kid => "k$_") } 1 .. 10;

select undef, undef, undef, 4.1;
$idp->reset;

my $start = time;

is(join(' ', map { status($_) } @tokens), join(' ', (401) x 10),
   'each of them is unknown');
cmp_ok(time - $start, '<', 3.8, 'without delay');
is(fetches(), 1, 'the issuer was asked once');
is(status(from_idp()), 200, 'a known key is good');



=== TEST 4: while the issuer fails, an unknown key cannot be judged
--- rules: jwks_pause 10s;
--- idp: fail=500
--- steps
soon { fetches() } 'the issuer was asked';
is(status(from_idp()), 503, 'no keys');

my $start = time;

is(status(from_idp()), 503, 'no keys yet') for 1 .. 10;
cmp_ok(time - $start, '<', 8, 'without delay');
is(fetches(), 1, 'and without a fetch');
--- error_log
its tokens cannot be judged



=== TEST 5: anew before they expire, with no request
--- rules: jwks_ttl 1s;
--- steps
my $start = time;

soon { fetches() >= 4 } 'the issuer is asked again and again', 8;
cmp_ok(time - $start, '>', 2, 'not more often than asked for');
cmp_ok(time - $start, '<', 5, 'nor less');



=== TEST 6: max-age makes it sooner, but not ever again
--- rules: jwks_ttl 10m;
--- idp: fail=short
--- steps
keys_are_there();
select undef, undef, undef, 1.5;
is(fetches(), 1, 'a max-age of 1s is one of 60s');



=== TEST 7: old keys are used until jwks_stale, cached tokens or not
--- rules: jwks_ttl 1s; jwks_stale 1s; jwks_pause 100ms;
--- steps
my $token = from_idp();

keys_are_there($token);
$idp->control(fail => 500);

my $start = time;

is(status($token), 200, 'they are new');
select undef, undef, undef, 0.01 while status($token) == 200
                                       && time - $start < 5;
cmp_ok(time - $start, '>', 1, 'they were used while stale');
cmp_ok(time - $start, '<', 2.5, 'but not for long');
is(status($token), 503, 'a token that was cached cannot be judged');
is(status(from_idp()), 503, 'nor can a new one');
$idp->control(fail => '');
keys_are_there($token);
--- error_log
too old and could not be fetched since
its keys are to be had again



=== TEST 8: jwks_stale 0: expired is expired
--- rules: jwks_ttl 1s; jwks_stale 0;
--- steps
my $token = from_idp();

keys_are_there($token);
$idp->control(fail => 500);

my $start = time;

select undef, undef, undef, 0.01 while status($token) == 200
                                       && time - $start < 5;
cmp_ok(time - $start, '<', 1.5, 'they were used while fresh');
is(status($token), 503, 'a token that was cached cannot be judged');
--- error_log
too old and could not be fetched since



=== TEST 9: rotation, in all workers: new keys come, tokens of old ones die
--- rules: jwks_ttl 1s; jwks_pause 50ms;
--- workers: 2
--- steps
workers_now(2);

my $old = from_idp();

ok((wait_for { 30 == grep { status($old) == 200 } 1 .. 30 }),
   'a token that all workers have cached');
$idp->control(keys => 'ec,rsa2');
ok(all_workers_say(200, 'ec'), 'all of them know a new key');
ok(all_workers_say(200, 'rsa2'), 'and the other');
ok((wait_for { 30 == grep { status($old) == 401 } 1 .. 30 }),
   'the old one is refused by all, in spite of caches and zone');
ok(all_workers_say(401, 'rsa'), 'and so are new tokens of it');
$idp->control(keys => 'rsa');
ok((wait_for { 30 == grep { status($old) == 200 } 1 .. 30 } 8),
   'until it is there again');



=== TEST 10: one issuer hangs, others are served
--- idp: fail=hang
--- rules: jwks_timeout 3s;
--- steps
my $waiting = begin(GET => '/p/x', from_idp());
my $start = time;

keys_are_there(main::bearer(iss => $other->issuer));
is(status(main::bearer(iss => 'https://file.test')), 200, 'that of the file');
cmp_ok(time - $start, '<', 2.8, 'they do not wait for it');
ok(!answered($waiting), 'but the one of the issuer does');
is(finish($waiting)->{status}, 503, 'until the time is over');
--- error_log
took too long



=== TEST 11: an issuer dies, another lives, and it is back
--- rules: jwks_ttl 1s; jwks_stale 0; jwks_pause 50ms;
--- steps
my @tokens = (from_idp(), main::bearer(iss => $other->issuer));

keys_are_there($_) for @tokens;
$idp->down;
soon { status($tokens[0]) == 503 } 'the keys of one are gone';
is(status($tokens[1]), 200, 'not those of the other');
$idp->up;
keys_are_there($_) for @tokens;
--- error_log
its keys are to be had again



=== TEST 12: a key set of a file is read anew on reload
--- steps
my @by = map { main::bearer(iss => 'https://file.test', -key => $_) }
         qw( rsa ec );

is(status($by[0]), 200, 'the one is there');
is(status($by[1]), 401, 'the other is not');
write_keys('ec');
is(status($by[0]), 200, 'as long as nobody says so');

my @old = workers_now(1);

kill HUP => nginx_pid();
ok(others(@old), 'reload');
soon { status($by[1]) == 200 } 'now the other is';
is(status($by[0]), 401, 'and the one is not');



=== TEST 13: a reload while a fetch hangs: the worker does not wait for it
--- idp: fail=hang
--- rules: jwks_timeout 30s;
--- steps
soon { fetches() } 'a fetch is in flight';

my @old = workers_now(1);
my $start = time;

kill HUP => nginx_pid();
ok(others(@old), 'the old worker has gone');
cmp_ok(time - $start, '<', 3, 'soon');
is(logged('cut by the end'), 0, 'and without a word');
--- no_error_log
[alert]
[crit]
[emerg]
open socket
looking where it is now



=== TEST 14: ... unless a request does, until that leaves
--- idp: fail=hang
--- rules: jwks_timeout 30s;
--- steps
my $waiting = begin(GET => '/p/x', from_idp());
my @old = workers_now(1);

soon { fetches() } 'a fetch is in flight';
select undef, undef, undef, 0.2;
kill HUP => nginx_pid();
soon { my @now = nginx_workers(); @now == 2 } 'a new worker';
select undef, undef, undef, 0.3;
ok((grep { $_ == $old[0] } nginx_workers()), 'the old worker waits');
ok(!answered($waiting), 'as does the request');
hang_up($waiting);
ok(others(@old), 'the old worker has gone');
--- no_error_log
[alert]
[crit]
[emerg]
open socket



=== TEST 15: ... and is answered, when the issuer does
--- idp: delay=1
--- steps
my $waiting = begin(GET => '/p/x', from_idp());
my @old = workers_now(1);

soon { fetches() } 'a fetch is in flight';
select undef, undef, undef, 0.2;
kill HUP => nginx_pid();
is(finish($waiting)->{status}, 200, 'by the old worker');
ok(others(@old), 'which has gone');



=== TEST 16: a worker is killed while it fetches
--- idp: fail=hang
--- steps
my $waiting = begin(GET => '/p/x', from_idp());
my @old = workers_now(1);

soon { fetches() } 'a fetch is in flight';
$idp->control(fail => '');
kill KILL => @old;
is(finish($waiting)->{status}, 0, 'its request dies with it');
ok(others(@old), 'another worker');
keys_are_there();
--- no_error_log
[crit]
[emerg]
eyJ
--- error_log
exited on signal 9



=== TEST 17: descriptors do not pile up
--- rules: jwks_ttl 1s; jwks_pause 10ms; jwks_timeout 100ms;
--- steps
keys_are_there();

my ($pid) = workers_now(1);
my $open = sub { scalar(() = glob "/proc/$pid/fd/*") };

soon { fetches() >= 3 } 'some fetches';

my $before = $open->();

$idp->control(fail => 'hang');
$idp->reset;
soon { status(from_idp(-key => 'ec')); fetches() >= 8 } 'some that hang', 8;
$idp->control(fail => '');
keys_are_there();
soon { $open->() <= $before + 2 } 'no more descriptors than before';
