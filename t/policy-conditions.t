# Copyright (C) ngx_hoop_module authors
#
# Conditions on what is around a request and in its body: where it comes from,
# and when; and sets of them.

# many short requests: what a log line may take to be there
BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.005 }

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Reached;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

# a day that is three away, whatever midnight does meanwhile
our $far = (qw(sun mon tue wed thu fri sat))[((gmtime)[6] + 3) % 7];

our $upstream = Hoop::Upstream->new(routes => { '/*' => "reached\n" });

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
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
upstream up { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
END

    $block->set_value('config', ($block->server // '') . <<'END');
location / { hoop on; proxy_pass http://up; }
END

    $block->set_value('user_files', ">>> policy.json\n"
        . '{ "version": 1, "name": "conditions", '
        . ($block->conditions // '') . '"rules": [' . "\n"
        . ($block->rules =~ s/DAY/$main::far/r) . '] }' . "\n") if defined $block->rules;

    $block->set_value('more_headers', bearer())
        if !defined $block->more_headers;
    $block->set_value('reached_unlike', 'eyJ');
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log;
});

Hoop::Reached->install($upstream);
Hoop::Spool->install;
no_root_location();
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: the address of the connection
--- rules
{ "id": "loop", "effect": "allow",
  "match": { "request": { "path": "/in" },
             "source": { "cidr": ["10.0.0.0/8", "127.0.0.0/8"] } } },
{ "id": "ten", "effect": "allow",
  "match": { "request": { "path": "/ten" },
             "source": { "cidr": "10.0.0.0/8" } } },
{ "id": "away", "effect": "deny",
  "match": { "request": { "path": "/in" },
             "source": { "not": { "cidr": "127.0.0.1" } } } }
--- request eval
["GET /in", "GET /ten"]
--- more_headers eval
[(main::bearer()) x 2]
--- error_code eval
[200, 403]
--- reached
GET /in



=== TEST 2: a header does not make it another, unless the realip module takes it
--- rules
{ "id": "ten", "effect": "allow",
  "match": { "source": { "cidr": "10.0.0.0/8" } } }
--- request eval
["GET /a", "GET /b"]
--- more_headers eval
["X-Real-IP: 10.1.2.3\n" . main::bearer(),
 "X-Forwarded-For: 10.1.2.3\nForwarded: for=10.1.2.3\n" . main::bearer()]
--- error_code eval
[403, 403]



=== TEST 3: the address that the realip module has found
--- server
set_real_ip_from 127.0.0.1;
real_ip_header X-Forwarded-For;
--- rules
{ "id": "ten", "effect": "allow",
  "match": { "source": { "cidr": ["10.0.0.0/8", "2001:db8::/32"] } } }
--- request eval
[map { "GET /$_" } 0 .. 5]
--- more_headers eval
[map { $_ . main::bearer() } "X-Forwarded-For: 10.1.2.3\n",
    "X-Forwarded-For: 11.1.2.3\n", "X-Forwarded-For: 2001:db8::1\n",
    "X-Forwarded-For: 10.1.2.3, 192.0.2.1\n", "", "X-Forwarded-For: ten\n"]
--- error_code eval
[200, 403, 200, 403, 403, 403]
--- reached
GET /0
GET /2



=== TEST 4: a Unix socket has no address: unknown
--- server
listen unix:$TEST_NGINX_SERVER_ROOT/source.sock;
location /through { proxy_pass http://unix:$TEST_NGINX_SERVER_ROOT/source.sock:/a; }
--- rules
{ "id": "ten", "effect": "allow",
  "match": { "source": { "not": { "cidr": "10.0.0.0/8" } } } }
--- request
GET /through
--- error_code: 400
--- response_body_like: "detail":"the connection has no IP address"



=== TEST 5: a range that is none
--- rules
{ "id": "x", "effect": "allow",
  "match": { "source": { "cidr": "10.1.2.3/8" } } }
--- must_die
--- error_log
line 3, column 34: "10.1.2.3/8" has bits set behind its prefix
--- no_error_log
[alert]



=== TEST 6: windows of time
--- rules
{ "id": "always", "effect": "allow",
  "match": { "request": { "path": "/always" },
             "time": [ { "days": ["mon-wed"], "zone": "Europe/Berlin" },
                       { "days": ["thu-sun"], "zone": "Europe/Berlin" } ] } },
{ "id": "today", "effect": "allow",
  "match": { "request": { "path": "/today" },
             "time": { "days": ["mon-sun"], "from": "00:00", "to": "24:00" } } },
{ "id": "never", "effect": "allow",
  "match": { "request": { "path": "/never" },
             "time": [ { "days": ["DAY"] } ] } }
--- request eval
["GET /always", "GET /today", "GET /never"]
--- more_headers eval
[(main::bearer()) x 3]
--- error_code eval
[200, 200, 403]
--- reached
GET /always
GET /today



=== TEST 7: a zone that is not there
--- rules
{ "id": "x", "effect": "allow",
  "match": { "time": { "zone": "Europe/Atlantis" } } }
--- must_die
--- error_log
hoop zone: open() "/usr/share/zoneinfo/Europe/Atlantis" failed
line 3, column 32: zone "Europe/Atlantis": no file that can be read
--- no_error_log
[alert]



=== TEST 8: a zone that is a folder
--- rules
{ "id": "x", "effect": "allow",
  "match": { "time": { "zone": "Europe" } } }
--- must_die
--- error_log
line 3, column 32: zone "Europe":
--- no_error_log
[alert]



=== TEST 9: sets of conditions
--- conditions
"conditions": {
    "here": { "source": { "cidr": "127.0.0.0/8" } },
    "small": { "use": ["here"], "body": { "/amount": { "lte": 500 } } } },
--- rules
{ "id": "get", "effect": "allow",
  "match": { "use": ["here"], "request": { "path": "/get" } } },
{ "id": "pay", "effect": "allow",
  "match": { "use": ["small"], "request": { "path": "/pay" } } },
{ "id": "big", "effect": "deny", "reason": "too much",
  "match": { "use": [{ "not": "small" }], "request": { "path": "/big" } } },
{ "id": "rest", "effect": "allow",
  "match": { "request": { "path": "/big" } } }
--- request eval
["GET /get", "POST /pay\n{\"amount\":500}", "POST /pay\n{\"amount\":501}",
 "POST /pay\n{\"amount\":1,\"amount\":501}", "POST /big\n{\"amount\":1}",
 "POST /big\n{\"amount\":501}", "POST /big\n{\"amount\":1,"]
--- more_headers eval
[("Content-Type: application/json\n" . main::bearer()) x 7]
--- error_code eval
[200, 200, 403, 400, 200, 403, 400]
--- reached
GET /get
POST /pay
POST /big



=== TEST 10: a set that uses itself
--- conditions
"conditions": { "a": { "use": ["b"] }, "b": { "use": ["a"] } },
--- rules
{ "id": "x", "effect": "allow", "match": {} }
--- must_die
--- error_log
line 1, column 93: the set "a" uses itself
--- no_error_log
[alert]



=== TEST 11: a set about an issuer who is not the caller's
--- conditions
"conditions": { "a": { "identity": { "issuer": "nobody" } } },
--- rules
{ "id": "x", "effect": "allow", "match": { "use": ["a"] } }
--- request
GET /x
--- error_code: 403
