# Copyright (C) ngx_hoop_module authors
#
# What the rules of a location say is what happens, what is answered and what
# is on the record: effects and their order, conditions on identity and
# request, obligations, several files, and the mode that only watches.

# many short requests: what a log line may take to be there
BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.005 }

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Daemon qw( temp_dir );
use Hoop::Reached;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $redis = Hoop::Redis->new;
our $upstream = Hoop::Upstream->new(routes => {
    '/*'   => "reached\n",
    '/pii' => { type => 'application/json', body =>
                '{"ssn":"078-05-1120","mail":"a@b.test","salary":1200}' },
});

$ENV{TEST_NGINX_SECRETS} = temp_dir('secrets');

{
    my $file = "$ENV{TEST_NGINX_SECRETS}/key";

    open my $fh, '>', $file or die "$file: $!\n";
    chmod 0600, $file;
    print $fh "key-0b77d2e4f9\n";
    close $fh;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $redis->command('FLUSHALL');

    $block->set_value('http_config', <<'END' . ($block->http_config // ''));
server_tokens off;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis redis://127.0.0.1:$TEST_NGINX_REDIS_PORT;
hoop_issuer corp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
hoop_issuer partner {
    issuer https://partner.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks2.json;
}
hoop_credential key file=$TEST_NGINX_SECRETS/key;
upstream up { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
END

    $block->set_value('config', <<'END') if !defined $block->config;
hoop_target crm;
location / {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://up;
}
location /hoop { hoop_api; }
END

    # "rules" is what the block is about; the rest is the same everywhere
    if (defined $block->rules) {
        $block->set_value('user_files', ">>> policy.json\n"
            . '{ "version": 1, "name": "crm", "rules": [' . "\n"
            . $block->rules . '] }' . "\n" . ($block->user_files // ''));
    }

    $block->set_value('more_headers', main::bearer())
        if !defined $block->more_headers;
    $block->set_value('reached_any', '') if !defined $block->reached;
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

=== TEST 1: a rule that allows
--- rules
{ "id": "read", "effect": "allow", "reason": "reading is fine",
  "match": { "request": { "method": "GET", "path": "/v1/**" } } }
--- request
GET /v1/a?b=c
--- response_headers_like
Hoop-Session: hs_[0-9a-f]{32}
--- response_body
reached
--- reached
GET /v1/a?b=c
--- events
{"type":"request","method":"GET","host":"localhost","uri":"/v1/a?b=c","source":"127.0.0.1","target":"crm","gateway":"t","session":"/^hs_[0-9a-f]{32}$/","identity":{"iss":"https://idp.test","sub":"agent-1"}}
{"type":"decision","decision":"allow","rule":"read","reason":"reading is fine","policy":"crm","policy_hash":"/^[0-9a-f]{64}$/","target":"crm"}
{"type":"response","status":200,"upstream_status":200,"bytes":8}



=== TEST 2: a rule that denies, and all members of the answer
--- rules
{ "id": "no", "effect": "deny", "reason": "a \"reason\" with <é>",
  "match": { "request": { "path": "/v1/no" } } },
{ "id": "read", "effect": "allow", "match": {} }
--- request
GET /v1/no
--- error_code: 403
--- response_headers
Content-Type: application/problem+json
Cache-Control: no-store
!WWW-Authenticate
!Location
--- response_body_like chomp
^\{"type":"about:blank","title":"Forbidden","status":403,"detail":"a \\"reason\\" with <é>","rule":"no","policy":"crm","session":"hs_[0-9a-f]{32}"\}\n$
--- reached
--- events
{"type":"request","uri":"/v1/no"}
{"type":"decision","decision":"deny","rule":"no","policy":"crm","status":403}
--- no_event_text
"type":"response"



=== TEST 3: nothing matches: denied, and no rule is named
--- rules
{ "id": "read", "effect": "allow", "match": { "request": { "path": "/v2" } } }
--- request
GET /v1/a
--- error_code: 403
--- response_headers
Content-Type: application/problem+json
--- response_body_like chomp
^\{"type":"about:blank","title":"Forbidden","status":403,"detail":"no rule matches",("policy":"crm",)?"session":"hs_[0-9a-f]{32}"\}\n$
--- reached
--- events
{"type":"decision","decision":"deny","reason":"no rule matches","status":403}
--- no_event_text
"rule"



=== TEST 4: no rules at all, and no policy at all
--- rules
--- config
location /a { hoop on; proxy_pass http://up;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json; }
location /b { hoop on; proxy_pass http://up; }
--- request eval
["GET /a", "GET /b"]
--- more_headers eval
[(main::bearer()) x 2]
--- error_code eval
[403, 403]
--- reached



=== TEST 5: the default may be to allow
--- user_files
>>> policy.json
{ "version": 1, "name": "open", "default": "allow", "rules": [
    { "id": "no", "effect": "deny",
      "match": { "request": { "path": "/no" } } } ] }
--- request eval
["GET /a", "GET /no", "GET /a"]
--- more_headers eval
[(main::bearer()) x 2, ""]
--- error_code eval
[200, 403, 401]
--- reached
GET /a
--- events
{"type":"decision","decision":"allow","reason":"no rule matches, the default is allow"}
{"type":"decision","decision":"deny","rule":"no"}



=== TEST 6: a rule that asks for a human
--- rules
{ "id": "all", "effect": "allow", "match": {} },
{ "id": "drop", "effect": "review", "reason": "dropping needs a human",
  "match": { "request": { "method": "DELETE" } },
  "review": { "approvers": ["dba"], "ttl": "2m" } }
--- request
DELETE /v1/a
--- error_code: 202
--- response_headers_like
Content-Type: application/json
Retry-After: 5
Location: (http://localhost(:\d+)?)?/hoop/approvals/[\w-]+
Cache-Control: no-store
Hoop-Session: hs_[0-9a-f]{32}
--- response_body_like chomp
^\{"approval":"[\w-]+","state":"pending","rule":"drop","reason":"dropping needs a human","expires":\d+,"session":"hs_[0-9a-f]{32}"\}\n$
--- reached
--- events
{"type":"request","method":"DELETE"}
{"type":"decision","decision":"review","rule":"drop"}
{"type":"approval","state":"pending","rule":"drop","approval":"/./"}



=== TEST 7: deny beats review beats allow, whatever the order
--- rules
{ "id": "allow", "effect": "allow", "match": {} },
{ "id": "deny", "effect": "deny",
  "match": { "request": { "query": { "d": { "exists": true } } } } },
{ "id": "review", "effect": "review",
  "match": { "request": { "query": { "r": { "exists": true } } } } },
{ "id": "deny-too", "effect": "deny",
  "match": { "request": { "query": { "d": { "exists": true } } } } },
{ "id": "allow-too", "effect": "allow", "match": {} }
--- request eval
["GET /a", "GET /a?r", "GET /a?d", "GET /a?r&d"]
--- more_headers eval
[(main::bearer()) x 4]
--- error_code eval
[200, 202, 403, 403]
--- response_body_like eval
["reached", '"rule":"review"', '"rule":"deny"', '"rule":"deny"']
--- reached
GET /a
--- events
{"type":"decision","decision":"allow","rule":"allow"}
{"type":"decision","decision":"review","rule":"review","reason":"needs an approval"}
{"type":"decision","decision":"deny","rule":"deny","reason":"denied by a rule"}
{"type":"decision","decision":"deny","rule":"deny"}



=== TEST 8: path globs
--- rules
{ "id": "one", "effect": "allow", "match": { "request": {
    "path": ["/one/*", "/any/**", "/a/*/z", "/a/**/y", "/f/*.json", "/exact",
             "/sp ace", "/ü", "/slash/"] } } }
--- request eval
[map { "GET $_" }
    "/one/x", "/one", "/one/", "/one/x/y", "/any", "/any/", "/any/x/y/z",
    "/a/b/z", "/a/b/c/z", "/a/y", "/a/b/c/y", "/f/x.json", "/f/x.jsonx",
    "/f/x/y.json", "/exact", "/exact/", "/Exact", "/exactly", "/sp%20ace",
    "/%C3%BC", "/%c3%bc", "/ex%61ct", "/slash/", "/slash"]
--- more_headers eval
[(main::bearer()) x 24]
--- error_code eval
[200, 403, 403, 403, 200, 200, 200,
 200, 403, 200, 200, 200, 403,
 403, 200, 403, 403, 403, 200,
 200, 200, 200, 200, 403]



=== TEST 9: a rule that denies does not mind a slash at the end
--- rules
{ "id": "no", "effect": "deny", "match": { "request": { "path": ["/no", "/nor/"] } } },
{ "id": "all", "effect": "allow", "match": {} }
--- request eval
["GET /no", "GET /no/", "GET /nor", "GET /nor/", "GET /no//", "GET /not"]
--- more_headers eval
[(main::bearer()) x 6]
--- error_code eval
[(403) x 5, 200]



=== TEST 10: methods
--- rules
{ "id": "rw", "effect": "allow", "match": { "request": {
    "method": ["GET", "PUT", "QUERY"], "path": "/m" } } }
--- request eval
[map { "$_ /m" } qw( GET PUT QUERY HEAD POST QUERYX )]
--- more_headers eval
[(main::bearer()) x 6]
--- error_code eval
[200, 200, 200, 403, 403, 403]
--- reached
GET /m
PUT /m
QUERY /m



=== TEST 11: claims
--- rules
{ "id": "c", "effect": "allow", "match": { "identity": { "claims": {
    "/groups": { "any": ["agents", "bots"] },
    "/level": { "gte": 3, "lt": 10 },
    "/org/unit": "crm",
    "/mail": { "glob": "*@corp.test", "not": { "glob": "intern*" } } } } } }
--- request eval
[map { "GET /$_" } 0 .. 9]
--- more_headers eval
my %good = (groups => ['x', 'bots'], level => 3, org => { unit => 'crm' },
            mail => 'ann@corp.test');
[main::bearer(%good), map { main::bearer(%good, @$_) }
    [groups => ['x']], [groups => 'agents'], [groups => undef],
    [level => 10], [level => "3"], [org => { unit => 'erp' }],
    [org => 'crm'], [mail => 'intern1@corp.test'], [mail => undef]]
--- error_code_like eval
['^200$', '^403$', '^200$', '^403$', '^403$', '^40[03]$', '^403$',
 '^403$', '^403$', '^403$']



=== TEST 12: issuer and subject
--- rules
{ "id": "partner", "effect": "deny", "reason": "not for partners",
  "match": { "identity": { "issuer": "partner" },
             "request": { "path": "/corp/**" } } },
{ "id": "by-url", "effect": "allow",
  "match": { "identity": { "issuer": "https://partner.test",
                           "sub": { "any": ["p-1", "p-2"] } } } },
{ "id": "corp", "effect": "allow", "match": { "identity": { "issuer": "corp" } } }
--- request eval
["GET /corp/a", "GET /corp/a", "GET /a", "GET /a"]
--- more_headers eval
my @partner = (iss => 'https://partner.test', -key => 'rsa2');
[main::bearer(), main::bearer(@partner, sub => 'p-1'),
 main::bearer(@partner, sub => 'p-2'), main::bearer(@partner, sub => 'p-3')]
--- error_code eval
[200, 403, 200, 403]
--- response_body_like eval
["reached", "not for partners", "reached", "no rule matches"]
--- events
{"type":"decision","decision":"allow","rule":"corp","identity":{"iss":"https://idp.test"}}
{"type":"decision","decision":"deny","rule":"partner","identity":{"iss":"https://partner.test"}}



=== TEST 13: a token of one issuer, signed by the key of another
--- rules
{ "id": "all", "effect": "allow", "match": {} }
--- request
GET /a
--- more_headers eval
main::bearer(iss => 'https://partner.test', -key => 'rsa')
--- error_code: 401
--- reached



=== TEST 14: query arguments
--- rules
{ "id": "q", "effect": "allow", "match": { "request": { "query": {
    "id": { "regex": "^[0-9]{1,6}$" }, "sort": { "any": ["asc", "desc"] },
    "all": { "exists": false }, "sp ace": { "not": "x" } } } } }
--- request eval
[map { "GET /q?$_" } "id=7&sort=asc", "sort=desc&id=123456&x=1",
    "id=1234567&sort=asc", "id=7", "id=7&sort=asc&all", "id=7&sort=asc&all=1",
    "id=%37&sort=a%73c", "id=7&sort=asc&sp+ace=x", "id=7&sort=asc&sp%20ace=y",
    "id=7%0A&sort=asc", "ID=7&sort=asc", ""]
--- more_headers eval
[(main::bearer()) x 12]
--- error_code eval
[200, 200, 403, 403, 403, 403, 200, 403, 200, 403, 400, 403]



=== TEST 15: an argument that is there twice, or read in two ways
--- rules
{ "id": "q", "effect": "allow",
  "match": { "request": { "path": "/q", "query": { "id": "7" } } } },
{ "id": "danger", "effect": "deny",
  "match": { "request": { "path": "/d", "query": { "force": "1" } } } },
{ "id": "d", "effect": "allow", "match": { "request": { "path": "/d" } } }
--- request eval
[map { "GET $_" } "/q?id=7", "/q?id=7&id=8", "/q?id=8&i%64=7", "/q?id=7;id=8",
    "/d?force=0", "/d?force=0&force=1", "/d?force=1", "/d?x=1",
    "/d?force=0&f%6frce=0"]
--- more_headers eval
[(main::bearer()) x 9]
--- error_code eval
[200, 400, 400, 400, 200, 400, 403, 200, 400]
--- response_body_like eval
["reached", ('"title":"Bad Request","status":400,"detail":".*","rule":"q"') x 3,
 "reached", '"rule":"danger"', '"rule":"danger"', "reached", '"rule":"danger"']
--- reached
GET /q?id=7
GET /d?force=0
GET /d?x=1
--- events
{"type":"decision","decision":"error","rule":"q","status":400}
{"type":"decision","decision":"deny","rule":"danger","status":400}



=== TEST 16: headers
--- rules
{ "id": "h", "effect": "allow", "match": { "request": {
    "headers": { "X-Env": { "any": ["dev", "test"] },
                 "X-Force": { "exists": false } } } } }
--- request eval
[map { "GET /h$_" } 0 .. 5]
--- more_headers eval
[map { $_ . main::bearer() } "x-env: dev\n", "X-ENV: test\n", "X-Env: prod\n",
    "", "X-Env: dev\nX-Force:\n", "X-Env: dev\nX-Env: test\n"]
--- error_code eval
[200, 200, 403, 403, 403, 400]



=== TEST 17: a header of the client cannot stand for the token
--- rules
{ "id": "h", "effect": "allow", "match": { "identity": { "sub": "admin" } } }
--- request
GET /h
--- more_headers eval
"Sub: admin\nX-Forwarded-User: admin\nHoop-Sub: admin\n" . main::bearer()
--- error_code: 403



=== TEST 18: hosts
--- rules
{ "id": "h", "effect": "allow",
  "match": { "request": { "host": ["*.corp.test", "**.deep.test"] } } }
--- request eval
[map { "GET /h$_" } 0 .. 5]
--- more_headers eval
[map { "Host: $_\n" . main::bearer() } "a.corp.test", "A.CORP.test:81",
    "a.b.corp.test", "a.b.deep.test", "corp.test", "a.corp.test.evil.test"]
--- error_code eval
[200, 200, 403, 200, 403, 403]



=== TEST 19: several files are evaluated together
--- user_files
>>> base.json
{ "version": 1, "name": "base", "rules": [
    { "id": "stop", "effect": "deny", "reason": "base says no",
      "match": { "request": { "path": "/no/**" } } } ] }
>>> team.json
{ "version": 1, "name": "team", "default": "allow", "rules": [
    { "id": "all", "effect": "allow", "match": { "request": { "path": "/a" } } },
    { "id": "try", "effect": "allow", "match": { "request": { "path": "/no/b" } } } ] }
>>> last.json
{ "version": 1, "name": "last", "default": "deny", "rules": [
    { "id": "all", "effect": "allow", "match": { "request": { "path": "/l" } } } ] }
--- config
location / {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/base.json
                $TEST_NGINX_SERVER_ROOT/html/team.json;
    proxy_pass http://up;
}
location /l {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/base.json
                $TEST_NGINX_SERVER_ROOT/html/team.json
                $TEST_NGINX_SERVER_ROOT/html/last.json;
    proxy_pass http://up;
}
--- request eval
["GET /a", "GET /no/b", "GET /other", "GET /l", "GET /l/other"]
--- more_headers eval
[(main::bearer()) x 5]
--- error_code eval
[200, 403, 200, 200, 403]
--- events
{"type":"decision","decision":"allow","rule":"all","policy":"team"}
{"type":"decision","decision":"deny","rule":"stop","policy":"base"}
{"type":"decision","decision":"allow","policy":"team"}
{"type":"decision","decision":"allow","rule":"all","policy":"last"}
{"type":"decision","decision":"deny","policy":"last"}



=== TEST 20: an inner hoop_policy replaces the outer ones
--- user_files
>>> outer.json
{ "version": 1, "name": "outer", "rules": [
    { "id": "no", "effect": "deny", "match": { "request": { "path": "/i/no" } } },
    { "id": "o", "effect": "allow", "match": {} } ] }
>>> inner.json
{ "version": 1, "name": "inner", "rules": [
    { "id": "i", "effect": "allow", "match": {} } ] }
--- config
hoop on;
hoop_policy $TEST_NGINX_SERVER_ROOT/html/outer.json;
location / { proxy_pass http://up; }
location /i { proxy_pass http://up;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/inner.json; }
--- request eval
["GET /o", "GET /i/no"]
--- more_headers eval
[(main::bearer()) x 2]
--- error_code eval
[200, 200]
--- events
{"type":"decision","rule":"o","policy":"outer"}
{"type":"decision","rule":"i","policy":"inner"}



=== TEST 21: the rule's mask, in place of the location's
--- user_files
>>> policy.json
{ "version": 1, "name": "masks", "rules": [
    { "id": "none", "effect": "allow", "mask": [],
      "match": { "request": { "query": { "m": "none" } } } },
    { "id": "hr", "effect": "allow", "mask": ["hr"],
      "match": { "request": { "query": { "m": "hr" } } } },
    { "id": "default", "effect": "allow", "mask": "default",
      "match": { "request": { "query": { "m": "default" } } } },
    { "id": "unset", "effect": "allow",
      "match": { "request": { "query": { "m": "unset" } } } } ],
  "masks": { "hr": { "fields": ["salary"] }, "mail": { "detect": ["email"] } } }
--- config
location / {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_mask mail;
    proxy_pass http://up;
}
--- request eval
[map { "GET /pii?m=$_" } qw( none hr default unset )]
--- more_headers eval
[(main::bearer()) x 4]
--- error_code eval
[(200) x 4]
--- response_body_like eval
['^\{"ssn":"078-05-1120","mail":"a@b.test","salary":1200\}',
 '^\{"ssn":"078-05-1120","mail":"a@b.test","salary":(?!1200)',
 '^\{"ssn":"\[REDACTED:US_SSN\]","mail":"\[REDACTED:EMAIL\]"',
 '^\{"ssn":"078-05-1120","mail":"\[REDACTED:EMAIL\]","salary":1200\}']
--- events
{"type":"response","status":200}
{"type":"response","masked":{}}
{"type":"response","masked":{"us_ssn":1}}
{"type":"response","masked":{"email":1}}



=== TEST 22: the rule's record, in place of the location's
--- rules
{ "id": "off", "effect": "allow", "record": "off",
  "match": { "request": { "path": "/off" } } },
{ "id": "metadata", "effect": "allow", "record": "metadata",
  "match": { "request": { "path": "/metadata" } } },
{ "id": "payload", "effect": "allow", "record": "payload",
  "match": { "request": { "path": "/pii" } } },
{ "id": "unset", "effect": "allow", "match": { "request": { "path": "/unset" } } }
--- config
location / {
    hoop on;
    hoop_record off;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://up;
}
--- request eval
["POST /off\nbody-off", "POST /metadata\nbody-metadata",
 "POST /pii\nssn 078-05-1120", "POST /unset\nbody-unset"]
--- more_headers eval
[(main::bearer() . "\nContent-Type: text/plain") x 4]
--- error_code eval
[(200) x 4]
--- events
{"type":"decision","rule":"off"}
{"type":"decision","rule":"metadata"}
{"type":"response","status":200}
{"type":"request","body_bytes":15,"body_sha256":"/^[0-9a-f]{64}$/"}
{"type":"recording","direction":"request","part":0,"encoding":"utf8","data":"ssn [REDACTED:US_SSN]","last":true}
{"type":"decision","rule":"payload"}
{"type":"response","status":200,"sha256":"/^[0-9a-f]{64}$/"}
{"type":"recording","direction":"response","data":"/REDACTED:US_SSN/","last":true}
{"type":"decision","rule":"unset"}
--- no_event_text
body-off
body-metadata
body-unset
078-05
reached



=== TEST 23: off: the request and the decision, and nothing after
--- rules
{ "id": "off", "effect": "allow", "record": "off", "match": {} }
--- request
GET /off
--- response_body
reached
--- events
{"type":"request"}
{"type":"decision","rule":"off"}
--- no_event_text
"type":"response"



=== TEST 24: the rule's credential
--- rules
{ "id": "with", "effect": "allow", "credential": "key",
  "match": { "request": { "path": "/with" } } },
{ "id": "without", "effect": "allow", "match": { "request": { "path": "/w" } } }
--- request eval
["GET /with", "GET /w"]
--- more_headers eval
[(main::bearer()) x 2]
--- error_code eval
[200, 200]
--- reached_like
(?s)GET /with .*Authorization: Bearer key-0b77d2e4f9\r\n.*GET /w ((?!Authorization).)*$
--- events
{"type":"decision","rule":"with","credential":"key"}
{"type":"decision","rule":"without"}
--- no_event_text
key-0b77



=== TEST 25: what a rule that does not win says is not done
--- rules
{ "id": "first", "effect": "allow", "match": {} },
{ "id": "second", "effect": "allow", "credential": "key", "mask": [],
  "record": "payload", "match": {} }
--- request
GET /pii
--- response_body_like: REDACTED
--- reached_unlike
key-
--- no_event_text
recording
"credential"



=== TEST 26: monitor lets pass, and says what would have been
--- rules
{ "id": "ok", "effect": "allow", "match": { "request": { "path": "/ok" } } },
{ "id": "ask", "effect": "review", "match": { "request": { "path": "/ask" } } },
{ "id": "no", "effect": "deny", "reason": "never",
  "match": { "request": { "path": "/no" } } },
{ "id": "pii", "effect": "allow", "match": { "request": { "path": "/pii" } } }
--- config
location / {
    hoop monitor;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://up;
}
--- request eval
["GET /ok", "GET /ask", "GET /no", "GET /none", "GET /anon", "GET /old",
 "GET /pii"]
--- more_headers eval
[(main::bearer()) x 4, "", main::bearer(exp => 1), main::bearer()]
--- error_code eval
[(200) x 7]
--- response_body_like eval
[("reached") x 6, '"ssn":"078-05-1120"']
--- reached
GET /ok
GET /ask
GET /no
GET /none
GET /anon
GET /old
GET /pii
--- events
{"type":"decision","decision":"allow","rule":"ok","monitor":true}
{"type":"response","status":200}
{"type":"decision","decision":"review","rule":"ask","monitor":true}
{"type":"decision","decision":"deny","rule":"no","reason":"never","status":403,"monitor":true}
{"type":"decision","decision":"deny","reason":"no rule matches","monitor":true}
{"type":"decision","decision":"deny","status":401,"monitor":true}
{"type":"decision","decision":"deny","status":401,"reason":"token is expired","monitor":true}
{"type":"decision","decision":"allow","rule":"pii","monitor":true}
--- no_event_text
078-05
"state":"pending"



=== TEST 27: variables say what was decided
--- rules
{ "id": "ok", "effect": "allow", "reason": "fine",
  "match": { "request": { "path": "/ok" } } },
{ "id": "no", "effect": "deny", "reason": "never",
  "match": { "request": { "path": "/no" } } }
--- config
location / {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    add_header X-Said "$hoop_decision|$hoop_rule|$hoop_reason" always;
    proxy_pass http://up;
}
--- request eval
["GET /ok", "GET /no", "GET /ok"]
--- more_headers eval
[main::bearer(), main::bearer(), ""]
--- error_code eval
[200, 403, 401]
--- response_headers_like eval
['X-Said: allow\|ok\|fine', 'X-Said: deny\|no\|never', 'X-Said: deny\|\|.*']



=== TEST 28: a HEAD that is denied has headers only
--- rules
--- request
HEAD /a
--- error_code: 403
--- response_headers
Content-Type: application/problem+json
--- response_body



=== TEST 29: a denied request does not cost the connection its place
--- rules
{ "id": "ok", "effect": "allow", "match": { "request": { "path": "/ok" } } }
--- pipelined_requests eval
["POST /no\nthe body", "GET /ok"]
--- more_headers eval
[(main::bearer()) x 2]
--- error_code eval
[403, 200]
--- response_body_like eval
['"status":403', 'reached']
--- reached
GET /ok



=== TEST 30: the policy that is shipped
--- config
hoop_target crm;
location / {
    hoop on;
    hoop_policy $TEST_NGINX_KEYS/../../../policies/crm-agents.json;
    proxy_pass http://up;
}
--- request eval
["GET /v1/customers/7", "GET /v1/customers", "DELETE /v1/customers/7",
 "DELETE /v1/customers", "DELETE /v1/customers?id=7", "GET /v1/customers/7"]
--- more_headers eval
[(main::bearer()) x 5, main::bearer(groups => ['others'])]
--- error_code eval
[200, 200, 403, 202, 403, 403]



=== TEST 31: hostile text in what is recorded
--- rules
{ "id": "a", "effect": "allow", "match": {} }
--- request eval
["GET /\xff\xfe\"\\%22%0a?\xc3(=\"", "GET /b", "GET /c",
 "GET /d?token=eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl&a=078-05-1120",
 "GET /078-05-1120/e"]
--- more_headers eval
[main::bearer(), "Hoop-Run: \xff\xfe\"\\\x01\n" . main::bearer(),
 "Hoop-Run: " . "r" x 1000 . "\n" . main::bearer(), (main::bearer()) x 2]
--- error_code_like eval
[('^(200|400)$') x 5]
--- log_level: notice
--- events
{"type":"request","uri":"/d/"}
{"type":"request","uri":"/REDACTED/"}
--- no_event_text
eyJ
078-05



=== TEST 32: a secret for a run's name
--- rules
{ "id": "a", "effect": "allow", "match": {} }
--- request eval
["GET /a", "GET /b"]
--- more_headers eval
["Hoop-Run: 078-05-1120\n" . main::bearer(),
 "Hoop-Run: " . main::token() . "\n" . main::bearer()]
--- error_code eval
[200, 200]
--- no_event_text
078-05
eyJ



=== TEST 33: a subject that is hostile
--- rules
{ "id": "a", "effect": "allow", "match": { "identity": { "sub": "a\"b\\ü" } } },
{ "id": "b", "effect": "allow", "match": { "identity": { "sub": "a" } } }
--- request eval
["GET /a", "GET /b", "GET /c"]
--- more_headers eval
[main::bearer(sub => "a\"b\\\xc3\xbc"), main::bearer(sub => "a\0b"),
 main::bearer(sub => "a\n")]
--- error_code_like eval
['^200$', '^40[13]$', '^40[13]$']
--- events
{"type":"decision","rule":"a","identity":{"sub":"a\"b\\ü"}}
