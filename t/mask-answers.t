# Copyright (C) ngx_hoop_module authors
#
# What is said about a request: answers of ours, lines of ours in the error
# log, and events.  Whatever a request holds, and wherever it holds it, none
# of that repeats a secret.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => {
    '/*'      => "fine\n",
    '/p/part' => { status => 206, body => "part of 078-05-1121\n" },
    '/p/long' => { chunks => [("one line of many\n" x 50) x 3] },
});

our $redis = Hoop::Redis->new;
our $auth = bearer();
our $json = "Content-Type: application/json\n$auth";
our $ssn = '078-05-1121';
our $key = 'AKIA' . 'Z3M7QK5XW2LPD9RT';

# each of them in all the places of a request that a client writes
our @places = (
    ["GET /p/no/$ssn"], ["GET /p/no?ssn=$ssn&$ssn=$key"],
    ["GET /p/no", "Host: $ssn"], ["GET /p/no", "Host: $key.test"],
    ["GET /p/no", "X-Note: $ssn\nCookie: $key=$ssn"],
    ["GET /p/no", "User-Agent: $ssn", "$key and $ssn"],
    ["GET /p/no//%2e%2e/$ssn"], ["GET /p/no/a%2f$key"],
    ["GET /p/no", "X-Http-Method-Override: $ssn"],
    ["GET /p/no", "Hoop-Run: $ssn"],
);

sub places_are_quiet {
    my ($method, $path, $auth, @more) = @_;

    for my $place (@places) {
        my ($line, $headers, $body) = @$place;
        my ($verb, $uri) = split / /, $line;

        $uri =~ s{^/p/no}{$path} if defined $path;

        my $res = ask($method // $verb, $uri,
                      CORE::join("\n", grep { length } $headers // '', $auth,
                                       @more), $body);

        quiet($res, "$line " . ($headers // ''));
    }
}

# an answer that came, and repeats nothing
sub quiet {
    my ($res, $name) = @_;

    ok($res->{status} >= 200, "$name is answered");
    my $all = CORE::join("\n", $res->{body}, %{ $res->{headers} });
    unlike($all, qr/078-05|05-1121|AKIA|eyJ/, "$name is not repeated");
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', <<"END" . ($block->http_config // ''));
server_tokens off;
hoop_audit \$TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis unix:\$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks.json;
}
hoop_policy \$TEST_NGINX_SERVER_ROOT/html/policy.json;
upstream up { server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT; }
END

    $block->set_value('config', <<'END');
location ~ ^/(p|mcp|sql) { hoop on; proxy_pass http://up; }
location /hoop/ { hoop_api; }
location /open { proxy_pass http://up; }
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "quiet", "rules": [
    { "id": "no", "effect": "deny", "reason": "not that",
      "match": { "request": { "path": ["/p/no", "/p/no/**"] } } },
    { "id": "body", "effect": "deny", "reason": "not in a body",
      "match": { "request": { "path": "/p/body" },
                 "body": { "/a": { "exists": true } } } },
    { "id": "call", "effect": "allow",
      "match": { "request": { "path": "/mcp" }, "mcp": { "tool": "get_*" } } },
    { "id": "rows", "effect": "deny",
      "match": { "request": { "path": "/sql" },
                 "sql": { "at": "/query", "dialect": "postgresql",
                          "class": ["delete", "unknown"] } } },
    { "id": "all", "effect": "allow", "limits": { "response": "1k" },
      "match": { "request": { "path": ["/p/**"] } } } ] }
END

    # nginx's own lines about a request quote it: none are expected here
    $block->set_value('no_error_log', CORE::join "\n", '[alert]', '[crit]',
                      '[emerg]', 'eyJ', '078-05', '05-1121', 'AKIA');
    $block->set_value('no_event_text', "078-05\n05-1121\nAKIA\neyJ");
    $block->set_value('request', 'GET /p/no') if !defined $block->request;
    $block->set_value('error_code', 403) if !defined $block->error_code;
    $block->set_value('more_headers', $main::auth)
        if !defined $block->more_headers;
});

Hoop::Client->steps;
Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: refused by a rule
--- steps
places_are_quiet(undef, undef, $main::auth);
--- error_log
refused with 403



=== TEST 2: no token, a bad one, and two of them
--- steps
places_are_quiet(undef, undef, $_) for '', 'Authorization: Bearer a.b.c';
--- error_log
refused with 401



=== TEST 3: beside a protected location, where nginx would end the line with it
--- request
GET /open?ssn=078-05-1121
--- more_headers eval
"$main::auth\nAuthorization: Basic QUtJQVozTTdRSzVYVzJMUEQ5UlQ6eA=="
--- error_code: 400
--- error_log
client sent duplicate header line: "Authorization"



=== TEST 4: claims of a token
--- steps
quiet(ask(GET => '/p/no', bearer(@$_)), "claim $_->[0]")
    for [iss => $main::ssn], [aud => $main::key], [sub => undef],
        [exp => 1, azp => $main::ssn], [-kid => $main::key];
--- error_log
refused with 401



=== TEST 5: a body
--- steps
quiet(ask(POST => '/p/body', $main::json, $_), $_)
    for qq({"a":"$main::ssn"}), qq({"$main::ssn":1,"$main::ssn":2}),
        qq({"a":"$main::key"), qq({"a":1,"A":"$main::key"}), $main::ssn,
        qq({"a":"$main::ssn\xff"});
quiet(ask(POST => '/sql', $main::json, qq({"query":"$_"})), $_)
    for "delete from t where n = '$main::ssn'", "bogus $main::key",
        "select '$main::ssn";
--- error_log
not in a body
ambiguous body



=== TEST 6: an id, a tool and arguments of JSON-RPC
--- steps
my $call = qq("method":"tools/call","params":{"name":"rm_$main::ssn",)
           . qq("arguments":{"$main::key":"$main::ssn"}});
my $res;

for my $id (qq("$main::ssn"), qq("$main::key"), '4111111111111111',
            qq("a $main::ssn b"))
{
    $res = ask(POST => '/mcp', $main::json,
               qq({"jsonrpc":"2.0","id":$id,$call}));
    quiet($res, "id $id");
    unlike($res->{body}, qr/4111111111111111/, "id $id is masked");
    is($res->{json}{error}{message}, 'no rule matches', 'and answered');
    like($res->{json}{id}, qr/REDACTED/, 'by what stands for it');
}

$res = ask(POST => '/mcp', $main::json,
           qq([{"jsonrpc":"2.0","id":"$main::ssn",$call},)
           . qq({"jsonrpc":"2.0","id":"fine",$call}]));
quiet($res, 'a batch');
is($res->{json}[0]{id}, '[REDACTED:US_SSN]', 'the first');
is($res->{json}[1]{id}, 'fine', 'and the second');

quiet(ask(POST => '/mcp', $main::json, $_), $_)
    for qq({"jsonrpc":"2.0","id":"$main::ssn","method":"$main::key"}),
        qq({"jsonrpc":"2.0","id":"$main::ssn","method":7}),
        qq({"jsonrpc":"$main::ssn","id":"$main::key","method":"ping"}),
        qq({"$main::ssn":1});



=== TEST 7: a version of the protocol, masked and then cut
--- steps
my $call = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":'
           . '{"name":"get_x","arguments":{}}}';

for my $version ($main::ssn, "12345678901234567890123 $main::ssn",
                 $main::key, "123456789012345678901 $main::key")
{
    my $res = ask(POST => '/mcp', "$main::json\nMCP-Protocol-Version: $version",
                  $call);

    is($res->{status}, 400, "$version is not known");
    quiet($res, $version);
    ok(length $res->{json}{error}{data}{requested} <= 32, 'and not long');
}



=== TEST 8: blocked, and cut, for what the target says
--- steps
quiet(ask(GET => "/p/part?ssn=$main::ssn", $main::auth), 'a part');
ask(GET => "/p/long?ssn=$main::ssn", $main::auth);
--- error_log
answer blocked
the answer has reached the limit



=== TEST 9: the API for approvals
--- steps
places_are_quiet(undef, '/hoop/approvals', $main::auth);
quiet(ask(POST => "/hoop/approvals/$_/approve", $main::json,
          qq({"reason":"$main::ssn","$main::key":1})), "approval $_")
    for '0' x 32, $main::ssn;
