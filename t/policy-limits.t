# Copyright (C) ngx_hoop_module authors
#
# The rate of a rule: for each subject, in all workers and, with Redis, on all
# nodes; when a request takes of it, and what a refusal looks like.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( wait_for );
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;
use IO::Socket::INET;

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });
our $redis = Hoop::Redis->new;

our %who = (
    agent  => bearer(),
    other  => bearer(sub => 'agent-2'),
    actor  => bearer(sub => 'agent-1', act => { sub => 'tool' }),
    twin   => bearer(iss => 'https://other.test', -key => 'rsa2'),
    dana   => bearer(sub => 'dana', groups => ['dba']),
);

# the statuses of so many requests
sub get {
    my ($n, $uri, $who) = @_;

    return CORE::join ' ', map {
        ask(GET => $uri // '/p/a', $who{$who // 'agent'})->{status}
    } 1 .. $n;
}

sub vote {
    my ($id) = @_;

    return ask(POST => "/hoop/approvals/$id/approve", $who{dana})->{status};
}

sub limits { @{ $redis->command('KEYS', 'hoop:limit:*') } }

# how many lines of the log have this text
sub logged {
    my ($text) = @_;

    open my $log, '<', "$ENV{TEST_NGINX_SERVER_ROOT}/logs/error.log"
        or die "error.log: $!\n";

    return scalar grep { index($_, $text) >= 0 } <$log>;
}

# Another node that shares nothing but Redis: the same, with a zone of another
# size, which is empty.
sub another_node {
    my %old = map { $_ => 1 } nginx_workers();
    my $file = "$ENV{TEST_NGINX_SERVER_ROOT}/html/zone.conf";

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh "hoop_zone 300k;\n";
    close $fh or die "$file: $!\n";

    kill HUP => nginx_pid();

    soon {
        my @now = nginx_workers();
        @now == 2 && !grep { $old{$_} } @now;
    } 'another node', 10;
}

# Of as many requests as there are paths, over one connection: the statuses.
sub get_all {
    my ($who, @paths) = @_;

    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                   PeerPort => Test::Nginx::Util::server_port_for_client())
        or die "cannot connect: $!\n";
    my ($in, @status) = ('');

    while (my @some = splice @paths, 0, 50) {
        print $sock map { "GET $_ HTTP/1.1\r\nHost: localhost\r\n$who{$who}"
                          . "\r\n\r\n" } @some;
        my $wanted = @status + @some;

        while (@status < $wanted) {
            if ($in =~ s{\AHTTP/1\.1\ (\d+).*?Content-Length:\ (\d+)\r\n.*?
                         (?<=\r\n)\r\n}{}sx)
            {
                my ($status, $length) = ($1, $2);

                while (length $in < $length) {
                    sysread $sock, $in, 65536, length $in or die "eof\n";
                }

                substr $in, 0, $length, '';
                push @status, $status;

            } else {
                sysread $sock, $in, 65536, length $in or die "eof\n";
            }
        }
    }

    return @status;
}

our $rules = <<'END';
{ "version": 1, "name": "crm", "rules": [
    { "id": "five", "effect": "allow",
      "match": { "request": { "path": "/p/a" } },
      "limits": { "rate": "1r/h", "burst": 4 } },
    { "id": "two", "effect": "allow",
      "match": { "request": { "path": "/p/two/**" } },
      "limits": { "rate": "1r/h", "burst": 1 } },
    { "id": "fast", "effect": "allow",
      "match": { "request": { "path": "/p/fast" } },
      "limits": { "rate": "10r/s" } },
    { "id": "free", "effect": "allow",
      "match": { "request": { "path": "/p/free" } } },
    { "id": "ask", "effect": "review",
      "match": { "request": { "path": "/p/ask/**" } },
      "review": { "approvers": ["dba"] },
      "limits": { "rate": "1r/h" } } ] }
END

add_block_preprocessor(sub {
    my ($block) = @_;

    $redis->resume;
    $redis->start;
    $redis->command('FLUSHALL');
    $redis->command('SCRIPT', 'FLUSH');

    my $more = $block->config_more // '';
    my $hoop = $block->hoop // 'on';
    my $with = $block->redis // '';
    chomp($hoop, $with);

    $with = "hoop_redis redis://127.0.0.1:$ENV{TEST_NGINX_REDIS_PORT} $with;"
        if defined $block->redis;

    $block->set_value('http_config', <<"END") if !defined $block->http_config;
include \$TEST_NGINX_SERVER_ROOT/html/zone.conf;
keepalive_requests 10000;
hoop_audit \$TEST_NGINX_SPOOL gateway=t sync=off;
$with
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks.json;
}
hoop_issuer other {
    issuer https://other.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks2.json;
}
END

    $block->set_value('config', <<"END") if !defined $block->config;
hoop_policy \$TEST_NGINX_SERVER_ROOT/html/policy.json;
location /p/ {
    hoop $hoop;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    $more
}
END

    my $policy = $block->policy // $rules;

    $block->set_value('user_files', <<"END");
>>> policy.json
$policy
>>> zone.conf
hoop_zone 256k;
END

    $block->set_value('request', 'GET /p/free') if !defined $block->request;
    $block->set_value('more_headers', $who{agent})
        if !defined $block->more_headers;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log && !defined $block->must_die;
    $block->set_value('no_event_text', 'eyJ') if !defined $block->must_die;
});

Hoop::Client->steps;
Hoop::Spool->install;
master_on();
workers(2);
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: one and the burst, then 429
--- steps
is(get(5), '200 200 200 200 200', 'five');
--- request
GET /p/a
--- error_code: 429
--- response_headers
Content-Type: application/problem+json
Cache-Control: no-store
--- response_headers_like
Retry-After: 3(?:600|59\d)
--- response_body_like eval
qr/\A\{"type":"about:blank","title":"Too Many Requests","status":429,"detail":"rate limit","rule":"five","policy":"crm","session":"hs_[0-9a-f]{32}"\}\n\z/
--- events
{"type":"request","uri":"/p/a","identity":{"iss":"https://idp.test","sub":"agent-1"}}
{"type":"decision","decision":"deny","rule":"five","reason":"rate limit","status":429,"limit":"rate"}



=== TEST 2: whose it is, and of which rule
--- steps
is(get(6), '200 200 200 200 200 429', 'a subject');
is(get(1, '/p/a', 'actor'), '429', 'who acts for him');
is(get(1, '/p/a', 'other'), '200', 'another');
is(get(1, '/p/a', 'twin'), '200', 'one of that name elsewhere');
is(get(3, '/p/two/x'), '200 200 429', 'another rule');
is(get(1, '/p/two/y'), '429', 'whatever it is asked for');
is(get(2, '/p/free'), '200 200', 'a rule without');



=== TEST 3: in all workers
--- steps
my ($one, $two);
soon { 2 == (($one, $two) = nginx_workers()) } 'two workers';
hold_worker($one);
is(get(1, '/p/two/x'), '200', 'by one');
kill CONT => $one;
hold_worker($two);
is(get(2, '/p/two/x'), '200 429', 'by the other');
kill CONT => $two;



=== TEST 4: it comes back
--- steps
my $res;
wait_for { ($res = ask(GET => '/p/fast', $who{agent}))->{status} == 429 };
is($res->{status}, 429, 'over');
is($res->{headers}{'retry-after'}, 1, 'for less than a second');
soon { get(1, '/p/fast') == 200 } 'and no longer';



=== TEST 5: a refusal takes nothing
--- policy
{ "version": 1, "name": "crm", "rules": [
    { "id": "free", "effect": "allow",
      "match": { "request": { "path": "/p/free" } } },
    { "id": "no", "effect": "deny",
      "match": { "request": { "headers": { "x-no": { "exists": true } } } } },
    { "id": "one", "effect": "allow",
      "match": { "request": { "path": "/p/**" } },
      "limits": { "rate": "1r/h" } } ] }
--- steps
for (1 .. 3) {
    is(ask(GET => '/p/a', [$who{agent}, 'X-No: 1'])->{status}, 403, 'denied');
    is(ask(GET => '/p/a')->{status}, 401, 'no token');
}
is(get(2), '200 429', 'it is all there');



=== TEST 6: monitor: it passes, and is on the record
--- hoop: monitor
--- steps
is(get(3, '/p/two/x'), '200 200 200', 'all pass');
--- events
{"type":"decision","decision":"deny","rule":"two","reason":"rate limit","status":429,"limit":"rate","monitor":true}
{"type":"response","status":200}



=== TEST 7: a redirect within nginx is the same request
--- config
hoop on;
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
location /p/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /p/two/ {
    try_files /none /p/two/again/x;
}
location /p/two/again/ {
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- steps
is(get(3, '/p/two/x'), '200 200 429', 'two');



=== TEST 8: a count that has no room is refused
--- config_more
hoop_mask off;
--- policy eval
'{ "version": 1, "name": "crm", "rules": [ '
. (CORE::join ', ', map { qq({ "id": "r$_", "effect": "allow",
    "match": { "request": { "path": "/p/$_" } },
    "limits": { "rate": "1r/h" } }) } 1 .. 1500)
. ', { "id": "free", "effect": "allow",
       "match": { "request": { "path": "/p/free" } } } ] }'
--- steps
my @status = get_all(agent => map { "/p/$_" } 1 .. 1500);
my ($first) = grep { $status[$_] != 200 } 0 .. $#status;
is($status[$first], 503, 'there is no room any more');
cmp_ok($first, '>', 600, "after $first");
my @again = get_all(agent => map { "/p/$_" } 1 .. $first);
is(scalar(grep { $_ == 429 } @again), $first, 'nobody is forgotten');
my $res = ask(GET => '/p/' . ($first + 1), $who{agent});
is($res->{headers}{'retry-after'}, 5, 'later');
like($res->{body}, qr/the rate limit cannot be counted/, 'why');
--- error_log
hoop: the rate of a rule cannot be counted: hoop_zone is full
--- timeout: 20



=== TEST 9: what waits for a human takes nothing until it goes
--- redis
--- config_more
} location /hoop/ { hoop_api;
--- steps
my $res;
for (1 .. 3) {
    $res = ask(GET => '/p/ask/a', $who{agent});
    is($res->{status}, 202, 'it waits');
}
my $other = ask(GET => '/p/ask/b', $who{agent});
is($other->{status}, 202, 'and so does another');
is(vote($res->{json}{approval}), 200, 'approved');
is(vote($other->{json}{approval}), 200, 'both');
is(get(1, '/p/ask/a'), '200', 'it goes');
$res = ask(GET => '/p/ask/b', $who{agent});
is($res->{status}, 429, 'there is none left for the other');
is(ask(GET => "/hoop/approvals/$other->{json}{approval}", $who{dana})
   ->{json}{state}, 'approved', 'whose approval is not used up');
is(get(1, '/p/ask/c'), '429', 'nor is a human asked for what could not go');
is(get(1, '/p/ask/a', 'other'), '202', 'of another he is');
--- events
{"type":"decision","decision":"deny","rule":"ask","reason":"rate limit","status":429,"limit":"rate"}



=== TEST 10: one that is held while a human thinks
--- redis
--- config_more
hoop_approval wait=10s; } location /hoop/ { hoop_api;
--- steps
my @held = map { begin(GET => "/p/ask/$_", $who{agent}) } 1 .. 2;
my $ids = wait_for {
    my $ids = $redis->command('ZRANGE', 'hoop:approvals:pending', 0, -1);
    @$ids == 2 ? $ids : undef;
};
is(vote($_), 200, 'approved') for @$ids;
is((CORE::join ' ', sort map { finish($_)->{status} } @held), '200 429',
   'one of them goes');
is(scalar(limits()), 1, 'one count in Redis');



=== TEST 11: on all nodes
--- redis
--- steps
is(get(1, '/p/two/x'), '200', 'by one');
my ($key) = limits();
like($key, qr/^hoop:limit:\{[0-9a-f]{64}\}$/, 'the key names nobody');
my $ttl = $redis->command('PTTL', $key);
cmp_ok($ttl, '>', 3500_000, "it ends ($ttl)");
cmp_ok($ttl, '<=', 3600_000, 'when it is paid for');
another_node();
is(get(2, '/p/two/x'), '200 429', 'by the other');
is($redis->command('GET', $key) > 1.7e15, 1, 'microseconds');
my $res = ask(GET => '/p/two/x', $who{agent});
like($res->{headers}{'retry-after'}, qr/^3(?:600|5\d\d)$/, 'as Redis says');
is(get(1, '/p/two/x', 'other'), '200', 'another subject');
--- events
{"type":"decision","decision":"deny","rule":"two","reason":"rate limit","status":429,"limit":"rate"}



=== TEST 12: and without Redis on each
--- steps
is(get(3, '/p/two/x'), '200 200 429', 'by one');
another_node();
is(get(3, '/p/two/x'), '200 200 429', 'by the other');



=== TEST 13: what Redis refuses this node has not taken
--- redis
--- steps
is(get(2, '/p/two/x'), '200 200', 'both');
another_node();
is(get(5, '/p/two/x'), '429 429 429 429 429', 'none');
$redis->command('FLUSHALL');
is(get(3, '/p/two/x'), '200 200 429', 'they are all there');



=== TEST 14: a Redis that has forgotten the script
--- redis
--- steps
is(get(1, '/p/two/x'), '200', 'the first');
$redis->command('SCRIPT', 'FLUSH');
is(get(2, '/p/two/x'), '200 429', 'goes on');
$redis->command('SCRIPT', 'FLUSH');



=== TEST 15: Redis is away: each node counts alone
--- redis: timeout=300ms
--- steps
$redis->kill;
is(get(7), '200 200 200 200 200 429 429', 'five, here');
is(logged('rates cannot be counted for all nodes: each node counts alone') > 2,
   '', 'a line of the log for each worker at most');
--- error_log
hoop: rates cannot be counted for all nodes: each node counts alone



=== TEST 16: Redis hangs
--- redis: timeout=300ms
--- steps
is(get(1), '200', 'one');
$redis->pause;
is(get(1), '200', 'one, when it has not answered in time');
my $held = begin(GET => '/p/a', $who{agent});
hang_up($held);
$redis->resume;
soon { get(1, '/p/two/a') == 200 } 'it is back';
--- error_log
each node counts alone



=== TEST 17: on_error=deny
--- redis: timeout=300ms
--- config_more
hoop_limit on_error=deny;
--- steps
my ($held, $other);
soon { 2 == (($held, $other) = nginx_workers()) } 'two workers';
hold_worker($held);
is(get(1), '200', 'one');
$redis->kill;
my $res = ask(GET => '/p/a', $who{agent});
is($res->{status}, 503, 'refused');
is($res->{headers}{'retry-after'}, 5, 'for now');
is($res->{json}{detail}, 'the rate limit cannot be counted', 'why');
is(get(1, '/p/free'), '200', 'where there is nothing to count');
$redis->start;
soon { get(1, '/p/two/x') == 200 } 'it is back', 10;
is(get(5), '200 200 200 200 429', 'what was refused has taken nothing');
kill CONT => $held;
--- error_log
what has one is refused, as "on_error=deny" has it
hoop: rates are counted for all nodes again
--- events
{"type":"decision","decision":"error","rule":"five","reason":"the rate limit cannot be counted","status":503}



=== TEST 18: a key of another type
--- redis
--- config_more
hoop_limit on_error=deny;
--- steps
is(get(1), '200', 'one');
my ($key) = limits();
$redis->command('DEL', $key);
$redis->command('LPUSH', $key, 1);
is(get(1), '503', 'is no count');
$redis->command('SET', $key, 'x');
is(get(1), '503', 'nor is a text');
$redis->command('DEL', $key);
is(get(5), '200 200 200 200 429', 'four are left');
--- error_log
rates cannot be counted for all nodes



=== TEST 19: the client leaves while Redis is asked
--- redis: timeout=2s
--- steps
is(get(1, '/p/two/x'), '200', 'one');
$redis->pause;
my $held = begin(GET => '/p/two/x', $who{agent});
ok(!answered($held, 0.2), 'it is asked');
hang_up($held);
select undef, undef, undef, 0.1;
$redis->resume;
is(get(1, '/p/two/x'), '429', 'it has taken its own');



=== TEST 20: hoop_limit: what it knows
--- config
location /p/ { hoop on; hoop_limit on_error=allow; }
--- must_die
--- error_log
hoop_limit "on_error=allow", wanted on_error=local or on_error=deny



=== TEST 21: hoop_limit: once
--- config
location /p/ { hoop on; hoop_limit on_error=deny; hoop_limit on_error=deny; }
--- must_die
--- error_log
"hoop_limit" directive is duplicate
