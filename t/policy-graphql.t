# Copyright (C) ngx_hoop_module authors
#
# Rules about GraphQL: the operation that the target would execute is judged,
# wherever in the request it stands.

BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.005 }

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Reached;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => { '/*' => "reached\n" });

our $json = "Content-Type: application/json\n" . bearer() . "\n";

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', <<'END');
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

    $block->set_value('config', <<'END');
location /v1/ { hoop on; hoop_body_max 4k; proxy_pass http://up; }
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "graphql", "rules": [
    { "id": "no-schema", "effect": "deny", "reason": "no introspection",
      "match": { "request": { "path": "/v1/graphql" },
                 "graphql": { "fields": ["__schema", "__type"] } } },
    { "id": "write", "effect": "review", "reason": "a human looks at it",
      "match": { "request": { "path": "/v1/graphql" },
                 "graphql": { "operation": "mutation",
                              "fields": "delete*" } } },
    { "id": "read", "effect": "allow",
      "match": { "request": { "path": "/v1/graphql" },
                 "graphql": { "operation": "query",
                              "fields": ["user", "post*"] } } } ] }
END

    $block->set_value('more_headers', $main::json)
        if !defined $block->more_headers;
    $block->set_value('reached_unlike', 'eyJ');
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log;
});

Hoop::Reached->install($upstream);
Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: a query is allowed by its fields
--- request eval
[map { "POST /v1/graphql\n$_" }
    '{"query":"{ user(id: 7) { name } }"}',
    '{"query":"query A { posts { id } u: user { id } }","operationName":"A"}',
    '{"query":"{ users }"}', '{"query":"{ user: users }"}',
    '{"query":"{ user ...F } fragment F on Q { users }"}',
    '{"query":"mutation { user }"}',
    '[{"query":"{ user }"},{"query":"{ posts }"}]',
    '[{"query":"{ user }"},{"query":"mutation { posts }"}]']
--- more_headers eval
[($main::json) x 8]
--- error_code eval
[200, 200, 403, 403, 403, 403, 200, 403]
--- reached
POST /v1/graphql
POST /v1/graphql
POST /v1/graphql



=== TEST 2: one field is enough to deny
--- request eval
[map { "POST /v1/graphql\n$_" }
    '{"query":"{ user x: __schema { types { name } } }"}',
    '{"query":"{ ... { ... on Q { __type(name: 7) { name } } } }"}',
    '{"qu\u0065ry":"{ user __\u0073chema { a } }"}',
    '{"query":"{ user # {\\n __schema { a } }"}']
--- more_headers eval
[($main::json) x 4]
--- error_code eval
[(403) x 4]
--- response_body_like eval
[('"rule":"no-schema"') x 4]
--- reached



=== TEST 3: what cannot be judged passes nowhere
--- request eval
[map { "POST /v1/graphql\n$_" }
    '{"query":"query A { user } mutation B { deleteAll }"}',
    '{"query":"{ user } { user }"}', '{"query":"{ user "}',
    '{"query":"{ user }","query":"mutation { a }"}',
    '{"query":"{ user }","Query":"mutation { a }"}',
    '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}',
    '{"query":"{ user }","documentId":"1"}', '[]', '{}']
--- more_headers eval
[($main::json) x 9]
--- error_code eval
[(400) x 9]
--- reached



=== TEST 4: other places of a document
--- request eval
["GET /v1/graphql?query=%7Buser%7D", "GET /v1/graphql?query={users}",
 "GET /v1/graphql?query=mutation{a}&query={user}",
 "POST /v1/graphql?query=mutation{a}\n{\"query\":\"{user}\"}",
 "POST /v1/graphql\n{ user }", "POST /v1/graphql\nmutation { user }",
 "POST /v1/graphql\nquery=%7B+user+%7D",
 "POST /v1/graphql\n{\"query\":\"{user}\"}"]
--- more_headers eval
[(main::bearer()) x 3, $main::json,
 map { "Content-Type: $_\n" . main::bearer() } ("application/graphql") x 2,
    "application/x-www-form-urlencoded", "text/plain"]
--- error_code eval
[200, 403, 400, 400, 200, 403, 200, 400]
--- reached
GET /v1/graphql?query=%7Buser%7D
POST /v1/graphql
POST /v1/graphql
--- events
{"type":"decision","decision":"allow","rule":"read"}
