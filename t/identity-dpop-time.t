# Copyright (C) ngx_hoop_module authors
#
# DPoP proofs as time goes by: to the second how old they may be, how long they
# are remembered, which nonces are taken; and what a reload keeps.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Clock;
use Hoop::Curl;
use Hoop::Daemon qw( free_port wait_for );
use Hoop::Proof;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => {
    '/*' => "reached\n",
    '/p/slow' => { body => "at last\n", delay => 0.4 },
    '/p/accel' => { headers => ['X-Accel-Redirect' => '/q/x'], delay => 0.4 },
});

$ENV{TEST_NGINX_OTHER_PORT} = free_port();

our $start = clock();

# of tokens alone: proofs are made for each request
our $token = token(cnf => { jkt => jkt() }, exp => $start + 1800);

sub request {
    my ($path, %arg) = @_;

    return dpop($path, -token => $main::token, iat => clock(), %arg);
}

sub get { my $path = shift; return ask(GET => $path, request($path, @_)) }

# 200, or why not
sub result {
    my ($res) = @_;

    return $res->{json} ? $res->{json}{detail} : $res->{status};
}

sub nonce { return $_[0]{headers}{'dpop-nonce'} }

sub reload {
    my %old = map { $_ => 1 } nginx_workers();

    kill HUP => nginx_pid();
    return wait_for {
        my @now = nginx_workers();
        @now && !grep { $old{$_} } @now;
    } 10;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    set_clock($main::start);

    $block->set_value('http_config', <<'END' . ($block->http_more // ''));
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
    leeway 5s;
}
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
upstream up { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
END

    $block->set_value('config', <<"END" . ($block->more // ''));
location /p/ {
    hoop on;
    @{[ $block->location // '' ]}
    proxy_pass http://up;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "all", "default": "allow", "rules": [] }
END

    $block->set_value('request', 'GET /index.html');
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ");
});

Hoop::Client->steps;
Hoop::Spool->install;
master_on();
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: how old, and how young
--- steps
my %want = (
    -61 => 'proof is too old', -60 => 200, 0 => 200, 5 => 200,
    6 => 'proof is not valid yet', -60.5 => 'proof is too old',
    5.5 => 'proof is not valid yet', -1e9 => 'proof is too old',
    1e9 => 'proof is not valid yet',
);
is(result(get('/p/a', iat => $start + $_)), $want{$_}, "$_ seconds")
    for sort { $a <=> $b } keys %want;



=== TEST 2: how old, with a window of its own
--- location
hoop_proof optional window=7s;
--- steps
is(result(get('/p/a', iat => $start - 7)), 200, '7 seconds');
is(result(get('/p/a', iat => $start - 8)), 'proof is too old', '8 seconds');



=== TEST 3: remembered for as long as it would be taken
--- steps
for my $iat ($start - 60, $start - 30, $start, $start + 5) {
    set_clock($start);
    my $headers = request('/p/a', iat => $iat);
    my $again = sub { result(ask(GET => '/p/a', $headers)) };
    is($again->(), 200, 'the first time');

    for my $time ($start .. $iat + 60) {
        set_clock($time);
        my $result = $again->();
        next if $result eq 'proof has been used before';
        is($result, 'proof has been used before', "at $time");
    }

    set_clock($iat + 61);
    is($again->(), 'proof is too old', 'and then not, for its age');
}



=== TEST 4: a clock that is set back
--- steps
my $headers = request('/p/a');
is(result(ask(GET => '/p/a', $headers)), 200, 'the first time');
for my $seconds (-3, 300, 0) {
    set_clock($start + $seconds);
    isnt(result(ask(GET => '/p/a', $headers)), 200, "then by $seconds");
}



=== TEST 5: as long as any location would take it
--- location
hoop_origin https://api.test;
hoop_proof optional window=10s;
--- http_more
server {
    listen 127.0.0.1:$TEST_NGINX_OTHER_PORT;
    hoop_origin https://api.test;
    location /p/ { hoop on; hoop_proof optional window=2m; proxy_pass http://up; }
}
--- steps
my $other = "http://127.0.0.1:$ENV{TEST_NGINX_OTHER_PORT}/p/a";
my @request = map { request('/p/a', -origin => 'https://api.test') } 1, 2;
is(result(ask(GET => '/p/a', $request[0])), 200, 'where 10 seconds are enough');
set_clock($start + 119);
is(curl($other, $request[0])->{status}, 401, 'used: where it may be older');
is(curl($other, $request[1])->{status}, 200, 'not used');



=== TEST 6: the nonce of this minute and of the last
--- location
hoop_proof required nonce=on;
--- steps
my $at = sub { set_clock($start + shift); get('/p/a', nonce => shift) };
my $res = $at->(0);
is($res->{status}, 401, 'none');
my $first = nonce($res);

$res = $at->(0, $first);
is($res->{status}, 200, 'that of now');
is(nonce($res), undef, 'there is no other');
is($at->(29, $first)->{status}, 200, 'to the end of the minute');

$res = $at->(30, $first);
is($res->{status}, 200, 'that of the minute before');
my $second = nonce($res);
like($second, qr/^[\w-]{43}$/, 'another is given');
isnt($second, $first, 'which is another');
is(nonce($at->(89, $first)), $second, 'the same, to the end of the minute');

$res = $at->(89, $second);
is($res->{status}, 200, 'it is taken');
is(nonce($res), undef, 'and enough');

$res = $at->(90, $first);
is(result($res), 'proof needs a nonce that was given recently', 'too late');
my $third = nonce($res);
isnt($third, $second, 'with another');
is(nonce($at->(90, $second)), $third, 'as for the one before');

is($at->(29, $third)->{status}, 401, 'one of the future');



=== TEST 7: a refusal for another reason, with a nonce that gets old
--- location
hoop_proof required nonce=on;
--- steps
my $nonce = nonce(get('/p/a'));
set_clock($start + 30);
my $headers = request('/p/a', nonce => $nonce);
ask(GET => '/p/a', $headers);
my $res = ask(GET => '/p/a', $headers);
is(result($res), 'proof has been used before', 'refused');
like(nonce($res), qr/^[\w-]{43}$/, 'and helped');



=== TEST 8: a nonce that gets old while the target thinks
--- location
hoop_proof required nonce=on;
--- steps
my $nonce = nonce(get('/p/a'));
my $held = begin(GET => '/p/slow', request('/p/slow', nonce => $nonce));
soon { grep { $_->{uri} eq '/p/slow' } $upstream->requests } 'at the target';
set_clock($start + 30);
my $res = finish($held);
is($res->{status}, 200, 'answered');
isnt(nonce($res), $nonce, 'another');
is(get('/p/a', nonce => nonce($res))->{status}, 200, 'a good one');



=== TEST 9: redirected late: as of the time when it was taken
--- location
hoop_proof required nonce=on;
--- more
location /q/ { hoop on; hoop_proof required nonce=on window=5s; proxy_pass http://up; }
--- steps
my $nonce = nonce(get('/p/a'));
for my $age (0, 10) {
    set_clock($start);
    $upstream->reset;
    my $held = begin(GET => '/p/accel', request('/p/accel', nonce => $nonce,
                                                iat => $start - $age));
    soon { grep { $_->{uri} eq '/p/accel' } $upstream->requests } 'sent';
    set_clock($start + 300);
    is(result(finish($held)), $age ? 'proof is too old' : 200, "$age s old");
}



=== TEST 10: a reload keeps proofs and nonces
--- location
hoop_proof required nonce=on;
--- steps
my $nonce = nonce(get('/p/a'));
my $headers = request('/p/a', nonce => $nonce);
is(result(ask(GET => '/p/a', $headers)), 200, 'the first time');
ok(reload(), 'reloaded');
is(result(ask(GET => '/p/a', $headers)), 'proof has been used before',
   'the second');
is(result(get('/p/a', nonce => $nonce)), 200, 'another one');
