# Copyright (C) ngx_hoop_module authors
#
# Trying out: rules that are only watched, locations that are, and what would
# have happened, in the evidence and in the counters of hoop_status.

# many short requests: what a log line may take to be there
BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.005 }

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( wait_for );
use Hoop::Reached;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => { '/*' => "reached\n" });
our $json = "Content-Type: application/json\n" . bearer() . "\n";

# the counters, { "labels" => number }, of those that are not zero
sub counters {
    my $res = ask(GET => '/status');

    $res->{status} == 200 or die "status: $res->{status}\n";

    return { map { /^(\w+\{.*\}) (\d+)$/ && $2 ? ($1 => $2) : () }
             split /\n/, $res->{body} };
}

sub policy {
    my ($rules) = @_;

    my $file = html_dir() . '/policy.json';

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh qq({ "version": 1, "name": "p", "rules": [ $rules ] }\n);
    close $fh;
}

# new workers, and the end of the old ones
sub reload {
    my %old = map { $_ => 1 } nginx_workers();

    kill HUP => nginx_pid();

    wait_for {
        my @now = nginx_workers();
        @now && !grep { $old{$_} } @now;
    } 10 or die "no reload\n";
}

our $watched = '{ "id": "w", "effect": "deny", "monitor": true,
                  "match": { "request": { "path": "/v1/w" } } },';
our $allow = '{ "id": "all", "effect": "allow", "match": {} }';

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', <<'END' . ($block->http_config // ''));
server_tokens off;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
upstream up { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
END

    $block->set_value('config', <<'END') if !defined $block->config;
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
location /v1/ { hoop on; proxy_pass http://up; }
location /try/ { hoop monitor; proxy_pass http://up; }
location = /status { hoop_status; allow 127.0.0.1; deny all; }
END

    if (defined $block->rules) {
        $block->set_value('user_files', ">>> policy.json\n"
            . '{ "version": 1, "name": "p", "rules": [' . "\n"
            . $block->rules . "] }\n" . ($block->user_files // ''));
    }

    $block->set_value('request', 'GET /v1/w') if !defined $block->request;
    $block->set_value('more_headers', main::bearer())
        if !defined $block->more_headers;
    $block->set_value('reached_any', '') if !defined $block->reached;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log;
});

Hoop::Reached->install($upstream);
Hoop::Spool->install;
Hoop::Client->steps;
master_on();
no_root_location();
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: a watched deny lets pass, and is on the record
--- rules eval
$main::watched . $main::allow
--- request
GET /v1/w
--- response_body
reached
--- reached
GET /v1/w
--- events
{"type":"decision","decision":"allow","rule":"all","monitored":[{"rule":"w","policy":"p","effect":"deny"}]}



=== TEST 2: one that does not match is not
--- rules eval
$main::watched . $main::allow
--- request
GET /v1/x
--- response_body
reached
--- reached
GET /v1/x
--- events
{"type":"decision","decision":"allow","rule":"all"}
--- no_event_text
monitored



=== TEST 3: a watched allow opens nothing
--- rules
{ "id": "w", "effect": "allow", "monitor": true, "match": {} },
{ "id": "r", "effect": "review", "monitor": true, "match": {} }
--- request
GET /v1/w
--- error_code: 403
--- reached
--- events
{"type":"decision","decision":"deny","reason":"no rule matches","monitored":[{"rule":"w","policy":"p","effect":"allow"},{"rule":"r","policy":"p","effect":"review"}]}



=== TEST 4: a rule whose monitor is false decides
--- rules
{ "id": "w", "effect": "deny", "monitor": false, "match": {} }
--- request
GET /v1/w
--- error_code: 403
--- reached
--- events
{"type":"decision","decision":"deny","rule":"w"}
--- no_event_text
monitored



=== TEST 5: what it cannot judge is said
--- rules
{ "id": "w", "effect": "deny", "monitor": true,
  "match": { "request": { "query": { "q": "x" } } } },
{ "id": "all", "effect": "allow", "match": {} }
--- request
GET /v1/w?q=x&q=y
--- response_body
reached
--- reached
GET /v1/w?q=x&q=y
--- events
{"type":"decision","decision":"allow","rule":"all","monitored":[{"rule":"w","policy":"p","effect":"deny","ambiguous":true}]}



=== TEST 6: a body is read for a watched rule
--- rules
{ "id": "w", "effect": "deny", "monitor": true,
  "match": { "body": { "/a": 1 } } },
{ "id": "all", "effect": "allow", "match": {} }
--- request
POST /v1/w
{"a":1}
--- more_headers eval
$main::json
--- response_body
reached
--- reached
POST /v1/w
--- reached_like
\{"a":1\}
--- events
{"type":"request","body_bytes":7}
{"type":"decision","decision":"allow","rule":"all","monitored":[{"rule":"w","policy":"p","effect":"deny"}]}



=== TEST 7: but never refused for it: too large, of no known length
--- config
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
location /v1/ { hoop on; hoop_body_max 6; proxy_pass http://up; }
--- rules
{ "id": "w", "effect": "deny", "monitor": true,
  "match": { "body": { "/a": 1 } } },
{ "id": "all", "effect": "allow", "match": {} }
--- request eval
["POST /v1/long\n{\"a\":1}", "POST /v1/chunked\n7\r\n{\"a\":1}\r\n0\r\n\r\n"]
--- more_headers eval
[$main::json, $main::json . "Transfer-Encoding: chunked\n"]
--- response_body eval
["reached\n", "reached\n"]
--- reached
POST /v1/long
POST /v1/chunked
--- events
{"type":"decision","decision":"allow","rule":"all","monitored":[{"rule":"w","policy":"p","effect":"deny","ambiguous":true}]}
{"type":"decision","decision":"allow","rule":"all","monitored":[{"rule":"w","policy":"p","effect":"deny","ambiguous":true}]}



=== TEST 8: no more than eight are told
--- rules eval
CORE::join('', map { qq({ "id": "w$_", "effect": "deny", "monitor": true, "match": {} },) } 1 .. 9) . $main::allow
--- request
GET /v1/w
--- response_body
reached
--- reached
GET /v1/w
--- events
{"type":"decision","decision":"allow","rule":"all","monitored_more":true}
--- no_event_text
"w9"



=== TEST 9: counted by location and by rule
--- rules eval
$main::watched . '{ "id": "no", "effect": "deny", "match": { "request": { "path": "/*/no" } } },' . $main::allow
--- steps
is(ask(GET => $_, bearer())->{status}, /no$/ && /^.v1/ ? 403 : 200, $_)
    for '/v1/a', '/v1/w', '/v1/w', '/v1/no', '/try/a', '/try/no', '/try/no';
is(ask(GET => '/v1/a')->{status}, 401, 'nobody');
is_deeply(counters(), {
    'hoop_decisions_total{server="localhost",location="/v1/",mode="on",decision="allow"}' => 3,
    'hoop_decisions_total{server="localhost",location="/v1/",mode="on",decision="deny"}' => 2,
    'hoop_decisions_total{server="localhost",location="/try/",mode="monitor",decision="allow"}' => 1,
    'hoop_decisions_total{server="localhost",location="/try/",mode="monitor",decision="deny"}' => 2,
    'hoop_rule_matches_total{policy="p",rule="w",effect="deny",enforced="false"}' => 2,
    'hoop_rule_matches_total{policy="p",rule="no",effect="deny",enforced="true"}' => 1,
    'hoop_rule_matches_total{policy="p",rule="no",effect="deny",enforced="false"}' => 2,
    'hoop_rule_matches_total{policy="p",rule="all",effect="allow",enforced="true"}' => 3,
    'hoop_rule_matches_total{policy="p",rule="all",effect="allow",enforced="false"}' => 1,
}, 'counters');
--- request
GET /v1/a
--- response_body
reached
--- reached_any



=== TEST 10: the form of the answer
--- rules eval
$main::allow
--- request eval
["GET /status", "HEAD /status", "POST /status"]
--- more_headers
--- error_code eval
[200, 200, 405]
--- response_headers eval
[("Content-Type: text/plain; version=0.0.4") x 2, '']
--- response_body_like eval
[qr/\A# HELP hoop_decisions_total .*\n# TYPE hoop_decisions_total counter\n(?:hoop_decisions_total\{server="[^"]*",location="[^"]*",mode="\w*",decision="\w+"\} 0\n)+# HELP hoop_rule_matches_total .*\n# TYPE hoop_rule_matches_total counter\n(?:hoop_rule_matches_total\{policy="\w*",rule="\w+",effect="\w*",enforced="\w+"\} 0\n)+\z/, qr/\A\z/, qr/405/]
--- reached



=== TEST 11: without anything protected
--- config
location / { hoop_status; }
--- request
GET /
--- more_headers
--- response_body
# HELP hoop_decisions_total Decisions, as there are events of them.
# TYPE hoop_decisions_total counter
# HELP hoop_rule_matches_total Requests that a rule has decided, or would have.
# TYPE hoop_rule_matches_total counter
--- reached



=== TEST 12: a reload keeps what was counted, of what is still there
--- rules eval
$main::watched . $main::allow
--- steps
is(ask(GET => '/v1/w', bearer())->{status}, 200, 'before');
policy($main::watched . '{ "id": "new", "effect": "allow", "match": {} }');
reload();
is(ask(GET => '/v1/w', bearer())->{status}, 200, 'after');
is_deeply(counters(), {
    'hoop_decisions_total{server="localhost",location="/v1/",mode="on",decision="allow"}' => 2,
    'hoop_rule_matches_total{policy="p",rule="w",effect="deny",enforced="false"}' => 2,
    'hoop_rule_matches_total{policy="p",rule="all",effect="allow",enforced="true"}' => 1,
    'hoop_rule_matches_total{policy="p",rule="new",effect="allow",enforced="true"}' => 1,
}, 'counters');
--- request
GET /v1/a
--- response_body
reached
--- reached_any



=== TEST 13: more rules than there is room for
--- rules eval
CORE::join('', map { qq({ "id": "r$_", "effect": "deny", "match": { "request": { "path": "/v1/$_" } } },) } 1 .. 1030) . $main::allow
--- steps
is(ask(GET => "/v1/$_", bearer())->{status}, 403, "rule $_")
    for 1, 1024, 1025, 1030;
is_deeply({ map { /rule="(\w+)"/ ? ($1 => counters()->{$_}) : () }
            keys %{ counters() } },
          { r1 => 1, r1024 => 1, other => 2 }, 'the others together');
--- request
GET /v1/a
--- response_body
reached
--- reached_any



=== TEST 14: names are written as Prometheus wants them
--- config
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
location ~ "^/v1/\w+$" { hoop on; proxy_pass http://up; }
location = /v1/é { hoop on; proxy_pass http://up; }
location = /status { hoop_status; }
--- rules eval
$main::allow
--- steps
is(ask(GET => $_, bearer())->{status}, 200, $_) for '/v1/a', '/v1/%C3%A9';
is_deeply([grep { /^hoop_dec/ } sort keys %{ counters() }], [
    'hoop_decisions_total{server="localhost",location="= /v1/%C3%A9",mode="on",decision="allow"}',
    'hoop_decisions_total{server="localhost",location="~ ^/v1/\\\\w+$",mode="on",decision="allow"}',
], 'labels');
--- request
GET /v1/a
--- response_body
reached
--- reached_any



=== TEST 15: hoop_status where something else answers
--- config
location / { proxy_pass http://up; hoop_status; }
--- rules eval
$main::allow
--- must_die
--- suppress_stderr
--- no_error_log
[alert]
--- error_log
[emerg]
"hoop_status" directive is in a location that has another handler



=== TEST 16: monitor is true or false
--- rules
{ "id": "w", "effect": "deny", "monitor": 1, "match": {} }
--- must_die
--- suppress_stderr
--- no_error_log
[alert]
--- error_log
[emerg]
policy.json" line 2, column 43: wanted true or false
