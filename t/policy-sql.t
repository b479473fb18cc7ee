# Copyright (C) ngx_hoop_module authors
#
# Rules about SQL: what would be executed decides, wherever it stands, and the
# evidence has it without its literals.

BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.005 }

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Reached;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => { '/*' => "reached\n" });

our $json = "Content-Type: application/json\n" . bearer() . "\n";
our $form = "Content-Type: application/x-www-form-urlencoded\n" . bearer() . "\n";
our $text = "Content-Type: text/plain\n" . bearer() . "\n";

# 123-45-6789 and 4711 are literals everywhere, and must be nowhere
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
location / {
    hoop on;
    hoop_record metadata;
    hoop_body_max 64k;
    proxy_pass http://up;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "sql", "rules": [
    { "id": "read", "effect": "allow",
      "match": { "request": { "path": "/pg" },
                 "sql": { "at": "/query", "dialect": "postgresql",
                          "class": ["read", "multi"],
                          "tables": ["public.*", "customers"] } } },
    { "id": "all-rows", "effect": "review",
      "reason": "all rows need a human",
      "match": { "request": { "path": "/pg" },
                 "sql": { "at": "/query", "dialect": "postgresql",
                          "class": ["delete_all", "update_all"] } } },
    { "id": "no-ddl", "effect": "deny", "reason": "no schema changes",
      "match": { "request": { "path": "/pg" },
                 "sql": { "at": "/query", "dialect": "postgresql",
                          "class": ["ddl", "truncate", "grant"] } } },
    { "id": "form", "effect": "allow",
      "match": { "request": { "path": "/form" },
                 "sql": { "at": { "form": "q" }, "dialect": "mysql",
                          "class": "read" } } },
    { "id": "click", "effect": "allow",
      "match": { "request": { "path": "/ch" },
                 "sql": { "at": [{ "query": "query" }, { "body": "raw" }],
                          "dialect": "clickhouse", "class": "read" } } },
    { "id": "plain", "effect": "allow",
      "match": { "request": { "path": "/plain" } } } ] }
END

    $block->set_value('more_headers', $main::json)
        if !defined $block->more_headers;
    $block->set_value('reached_unlike', 'eyJ');
    $block->set_value('no_event_text', "123-45-6789\n4711")
        if !defined $block->no_event_text;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ\n4711\n123-45-6789");
});

Hoop::Reached->install($upstream);
Hoop::Spool->install;
no_root_location();
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: what reads is let through, and is in the evidence without literals
--- request
POST /pg
{"query":"SELECT name /* 4711 */ FROM customers WHERE ssn = '123-45-6789' AND id > 4711"}
--- error_code: 200
--- response_body
reached
--- events
{"type":"request"}
{"type":"decision","decision":"allow","rule":"read","sql":[{"class":"read","tables":["customers"],"redacted":"SELECT name FROM customers WHERE ssn = ? AND id > ?"}]}
--- reached
POST /pg



=== TEST 2: a deny
--- request
POST /pg
{"query":"SELECT 4711; DROP/**/TABLE public.customers -- 123-45-6789"}
--- error_code: 403
--- response_body_like chomp
"detail":"no schema changes","rule":"no-ddl"
--- events
{"type":"decision","decision":"deny","rule":"no-ddl","status":403,"sql":[{"class":["read","multi"],"tables":[],"redacted":"SELECT ?"},{"class":["ddl","multi"],"tables":["public.customers"],"redacted":"DROP TABLE public.customers"}]}
--- reached



=== TEST 3: a review; without a place to keep approvals it is not let through
--- request
POST /pg
{"query":"DELETE FROM customers WHERE 4711 = 4711"}
--- error_code: 503
--- events
{"type":"decision","decision":"review","rule":"all-rows","sql":[{"class":"delete_all","tables":["customers"],"redacted":"DELETE FROM customers WHERE ? = ?"}]}
--- reached



=== TEST 4: what is unknown is for nobody, and nothing of it is in the answer
--- request eval
['POST /pg
{"query":"SELECT leak(\'123-45-6789\') FROM customers"}',
 'POST /pg
{"query":"SELECT \'123-45-6789"}', 'POST /pg
{"query":""}', 'POST /pg
{"query":4711}', 'POST /pg
{"query":"SELECT 4711","query":"SELECT 4711"}']
--- error_code eval
[(400) x 5]
--- response_body_like eval
[('^(?!.*(?:4711|123-45-6789|leak)).*"rule":"no-ddl"') x 5]
--- more_headers eval
[($main::json) x 5]
--- events
{"type":"decision","decision":"deny","reason":"it is not known what the SQL does"}
{"type":"decision","decision":"deny","reason":"it is not known what the SQL does"}
{"type":"decision","decision":"deny","reason":"it is not known what the SQL does"}
{"type":"decision","decision":"deny","reason":"the SQL is not a text"}
{"type":"decision","decision":"deny","reason":"the body is not unambiguous JSON"}
--- reached



=== TEST 5: other tables, other schemas, the catalogue
--- request eval
[map { qq(POST /pg\n{"query":"SELECT a FROM $_"}) }
     ('customers', 'public.orders', '\"customers\"', 'hr.customers', 'orders',
      'customers, pg_authid', 'public.pg_x', '\"public.customers\"')]
--- error_code eval
[200, 200, 200, 403, 400, 403, 403, 403]
--- more_headers eval
[($main::json) x 8]
--- reached
POST /pg
POST /pg
POST /pg



=== TEST 6: nothing there is no SQL, and a rule that does not ask sees none
--- request eval
["POST /pg\n{}", "GET /pg", "POST /plain\n{\"query\":\"DROP TABLE t\"}"]
--- more_headers eval
[($main::json) x 3]
--- error_code eval
[403, 403, 200]
--- events
{"type":"decision","decision":"deny"}
{"type":"decision","decision":"deny"}
{"type":"decision","decision":"allow","rule":"plain"}
--- no_event_text
"sql":
4711
--- reached
POST /plain



=== TEST 7: a field of a form
--- request eval
["POST /form\nq=SELECT+a+FROM+t+WHERE+b%3D4711", "POST /form\nq=DROP+TABLE+t",
 "POST /form\nq=SELECT+1&q=DROP+TABLE+t", "POST /form\np=1"]
--- more_headers eval
[($main::form) x 4]
--- error_code eval
[200, 403, 400, 403]
--- events
{"type":"decision","decision":"allow","sql":[{"class":"read","tables":["t"],"redacted":"SELECT a FROM t WHERE b=?"}]}
--- reached
POST /form



=== TEST 8: the whole body, and an argument, that ClickHouse joins
--- request eval
["POST /ch\nSELECT a FROM t WHERE b = 4711", "GET /ch?query=SELECT+a+FROM+t",
 "POST /ch?query=SELECT+f\n(SELECT 1)", "POST /ch\nDROP TABLE t",
 "POST /ch?query=SELECT+1\nDROP TABLE t", "GET /ch?query=SELECT+1&query=DROP+TABLE+t"]
--- more_headers eval
[($main::text) x 6]
--- error_code eval
[200, 200, 400, 403, 403, 400]
--- events
{"type":"decision","decision":"allow","sql":[{"class":"read","tables":["t"],"redacted":"SELECT a FROM t WHERE b = ?"}]}
{"type":"decision","decision":"allow","sql":[{"class":"read","tables":["t"],"redacted":"SELECT a FROM t"}]}
{"type":"decision","decision":"error","reason":"/joins/","sql":[{"class":"read","tables":[],"redacted":"SELECT f"},{"class":"read","tables":[],"redacted":"(SELECT ?)"}]}
--- reached
POST /ch
GET /ch?query=SELECT+a+FROM+t



=== TEST 9: a multipart body may begin with anything
--- request eval
"POST /ch\nSELECT 1 /*\r\n--b\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nDROP TABLE t\r\n--b--\r\n*/"
--- more_headers eval
"Content-Type: multipart/form-data; boundary=b\n" . main::bearer()
--- error_code: 400
--- reached



=== TEST 10: more statements than the evidence keeps
--- request eval
qq(POST /pg\n{"query":") . 'SELECT 4711 FROM customers;' x 40 . '"}'
--- error_code: 200
--- events
{"type":"decision","decision":"allow","sql_omitted":24}
--- reached
POST /pg
