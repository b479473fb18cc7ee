# Copyright (C) ngx_hoop_module authors
#
# What is wrong in a policy, a credential or a directive does not start, and
# the error says what and where; on reload the old configuration stays in
# force, and what is right takes its place.

# many short requests: what a log line may take to be there
BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.005 }

use Test::Nginx::Socket 'no_plan';

use POSIX ();

use lib 't/lib';
use Hoop::Daemon qw( temp_dir wait_for );
use Hoop::Reached;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => { '/*' => "reached\n" });

our $rules = '{ "id": "a", "effect": "allow", "match": {} }';

$ENV{TEST_NGINX_SECRETS} = temp_dir('secrets');

sub write_secret {
    my ($name, $mode, $text) = @_;

    my $file = "$ENV{TEST_NGINX_SECRETS}/$name";

    open my $fh, '>', $file or die "$file: $!\n";
    chmod $mode, $file;
    print $fh $text;
    close $fh;
}

write_secret(good => 0600, "s3cret-good-1\n");
write_secret(readable => 0400, "s3cret-good-2\n");
write_secret(group => 0640, "s3cret-group\n");
write_secret(world => 0604, "s3cret-world\n");
write_secret(foreign => 0600, "s3cret-foreign\n");
write_secret(empty => 0600, "\n");
write_secret(short => 0600, "s3cretx\n");
write_secret(space => 0600, "s3cret with space\n");
write_secret(lines => 0600, "s3cret-1\ns3cret-2\n");
write_secret(control => 0600, "s3cret\x01-123\n");

chown 65534, 65534, "$ENV{TEST_NGINX_SECRETS}/foreign";

sub write_policy {
    my ($text) = @_;

    my $file = html_dir() . '/policy.json';

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh $text;
    close $fh;
}

# has the running nginx read its configuration again, and waits for this word
# in its log; logs() is the part of it since then
sub reload {
    my ($word) = @_;

    my $root = html_dir() =~ s{/html/?$}{}r;
    my $log = "$root/logs/error.log";
    my $size = -s $log;

    open my $fh, '<', "$root/logs/nginx.pid" or die "nginx.pid: $!\n";
    kill 'HUP', scalar <$fh>;
    close $fh;

    wait_for {
        open my $fh, '<', $log or die "$log: $!\n";
        seek $fh, $size, 0;
        local $/;
        (<$fh> // '') =~ /$word/;
    } 5 or die "no \"$word\" in $log\n";
}

add_block_preprocessor(sub {
    my ($block) = @_;

    main::write_secret(changing => 0600, "s3cret-old-1\n");

    my %preamble = (
        audit => "hoop_audit \$TEST_NGINX_SPOOL gateway=t sync=off;\n",
        issuer => "hoop_issuer idp {\n    issuer https://idp.test;\n"
                  . "    audience hoop;\n"
                  . "    jwks_file \$TEST_NGINX_KEYS/jwks.json;\n}\n",
    );
    my $without = $block->without // '';

    $block->set_value('http_config', CORE::join('',
        "server_tokens off;\n",
        (map { $preamble{$_} } grep { $_ ne $without } sort keys %preamble),
        $block->http_config // ''));

    # "location" is what is in the protected location besides
    if (!defined $block->config) {
        my $policy = ($block->location // '') =~ /^\s*hoop_policy/m ? ''
            : 'hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;';

        $block->set_value('config', <<"END");
location /v1/ {
    hoop on;
    $policy
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    @{[ $block->location // '' ]}
}
END
    }

    # "policy" is the text of the policy
    my $policy = $block->policy
        // qq({ "version": 1, "name": "p", "rules": [ $main::rules ] }\n);

    $block->set_value('user_files', ">>> policy.json\n$policy"
                      . ($block->user_files // ''));

    # "emerg" is what the error says, in a line each
    if (defined $block->emerg) {
        my @emerg = split /\n/, $block->emerg;

        $block->set_value('must_die', '');
        $block->set_value('suppress_stderr', '');
        $block->set_value('error_log', ['[emerg]', @emerg]);
        $block->set_value('no_error_log', "[alert]\n[crit]\ns3cret")
            if !defined $block->no_error_log;
    }

    $block->set_value('request', 'GET /v1/a') if !defined $block->request;
    $block->set_value('more_headers', main::bearer())
        if !defined $block->more_headers;
    $block->set_value('reached_any', '') if !defined $block->reached;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ\ns3cret")
        if !defined $block->no_error_log;
});

Hoop::Reached->install($upstream);
Hoop::Spool->install;
master_on();
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: what is right starts
--- response_body
reached
--- reached
GET /v1/a



=== TEST 2: an unknown key: file, line, column, and what is known
--- policy
{ "version": 1, "name": "p",
  "rules": [
    { "id": "a", "effect": "allow",
      "mach": {} } ] }
--- emerg
html/policy.json" line 4, column 7: 
unknown key "mach"



=== TEST 3: not JSON
--- policy
{ "version": 1, "name": "p",
  "rules": [ } ] }
--- emerg
html/policy.json" line 2, column 14:



=== TEST 4: an empty file
--- policy eval
""
--- emerg
hoop policy
policy.json



=== TEST 5: a member that is there twice
--- policy
{ "version": 1, "name": "p", "default": "deny", "default": "allow", "rules": [] }
--- emerg
html/policy.json" line 1, column 49: duplicate member name



=== TEST 6: another version
--- policy
{ "version": 2, "name": "p", "rules": [] }
--- emerg
html/policy.json" line 1, column



=== TEST 7: an effect that is none
--- policy
{ "version": 1, "name": "p", "rules": [
    { "id": "a", "effect": "alow", "match": {} } ] }
--- emerg
html/policy.json" line 2, column 
unknown value "alow", wanted one of



=== TEST 8: a rule without match
--- policy
{ "version": 1, "name": "p", "rules": [
    { "id": "a", "effect": "allow" } ] }
--- emerg
html/policy.json" line 2, column 
rule without "match"



=== TEST 9: two rules of one id
--- policy
{ "version": 1, "name": "p", "rules": [
    { "id": "a", "effect": "allow", "match": {} },
    { "id": "a", "effect": "deny", "match": {} } ] }
--- emerg
html/policy.json" line 3, column 
duplicate rule id "a"



=== TEST 10: a regex that does not compile
--- policy
{ "version": 1, "name": "p", "rules": [
    { "id": "a", "effect": "deny", "match": {
        "body": { "/q": { "regex": "(drop" } } } } ] }
--- emerg
html/policy.json" line 3, column



=== TEST 11: an operator that is none
--- policy
{ "version": 1, "name": "p", "rules": [
    { "id": "a", "effect": "deny", "match": {
        "identity": { "claims": { "/groups": { "contains": "x" } } } } } ] }
--- emerg
html/policy.json" line 3, column 
unknown key "contains"



=== TEST 12: a JSON pointer that is none
--- policy
{ "version": 1, "name": "p", "rules": [
    { "id": "a", "effect": "deny", "match": { "body": { "q": 1 } } } ] }
--- emerg
html/policy.json" line 2, column 
invalid JSON pointer "q"



=== TEST 13: a path that nginx never has
--- policy
{ "version": 1, "name": "p", "rules": [
    { "id": "a", "effect": "deny", "match": { "request": { "path": "/a/../b" } } } ] }
--- emerg
html/policy.json" line 2, column 
invalid path "/a/../b"



=== TEST 14: a method in lower case
--- policy
{ "version": 1, "name": "p", "rules": [
    { "id": "a", "effect": "deny", "match": { "request": { "method": "get" } } } ] }
--- emerg
html/policy.json" line 2, column 
invalid method "get"



=== TEST 15: a condition on the Authorization header
--- policy
{ "version": 1, "name": "p", "rules": [
    { "id": "a", "effect": "allow",
      "match": { "request": { "headers": { "authorization": "x" } } } } ] }
--- emerg
html/policy.json" line 3, column 
the Authorization header is no condition



=== TEST 16: review in a rule that does not ask for one
--- policy
{ "version": 1, "name": "p", "rules": [
    { "id": "a", "effect": "allow", "match": {}, "review": { "count": 1 } } ] }
--- emerg
html/policy.json" line 2, column



=== TEST 17: a mask set that the policy does not have
--- policy
{ "version": 1, "name": "p", "rules": [
    { "id": "a", "effect": "allow", "match": {}, "mask": ["hr"] } ] }
--- emerg
html/policy.json" line 2, column 
unknown mask set "hr"



=== TEST 18: a detector that is none
--- policy
{ "version": 1, "name": "p", "rules": [],
  "masks": { "hr": { "detect": ["salary"] } } }
--- emerg
html/policy.json" line 2, column 
salary



=== TEST 19: a policy file that is not there
--- location
hoop_policy $TEST_NGINX_SERVER_ROOT/html/none.json;
--- emerg
hoop policy: open() "
html/none.json" failed (2: No such file or directory)



=== TEST 20: a folder for a policy
--- location
hoop_policy $TEST_NGINX_SERVER_ROOT/html;
--- emerg
hoop policy
is not a regular file



=== TEST 21: the second of two files is wrong
--- user_files
>>> second.json
{ "version": 1, "name": "s", "rules": {} }
--- location
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json
            $TEST_NGINX_SERVER_ROOT/html/second.json;
--- emerg
html/second.json" line 1, column 
"rules" must be an array



=== TEST 22: no issuer
--- without: issuer
--- emerg
"hoop" needs a "hoop_issuer"



=== TEST 23: no audit
--- without: audit
--- emerg
"hoop" needs a "hoop_audit"



=== TEST 24: monitor needs them as well
--- without: audit
--- config
location /v1/ { hoop monitor; }
--- emerg
"hoop" needs a "hoop_audit"



=== TEST 25: satisfy any
--- location
satisfy any;
--- emerg
satisfy any



=== TEST 26: satisfy any of an outer level
--- config
satisfy any;
location /v1/ { hoop on; }
--- emerg
satisfy any



=== TEST 27: satisfy any in a nested location
--- location
location /v1/n/ { satisfy any; }
--- emerg
satisfy any



=== TEST 28: satisfy any elsewhere is nobody's business
--- config
location /open/ {
    satisfy any;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /v1/ { hoop on; }
--- request
GET /open/a
--- response_body
reached



=== TEST 29: no policy is a warning, and everything is denied
--- config
location /v1/ { hoop on; }
--- error_code: 403
--- error_log
[warn]
no "hoop_policy" in protected location "/v1/"



=== TEST 30: a mask set that no policy of the location has
--- location
hoop_mask hr;
--- emerg
hoop_mask "hr" is in no policy of this location



=== TEST 31: off beside the name of a mask set
--- location
hoop_mask off default;
--- emerg
"hoop_mask" directive has "off" beside a name



=== TEST 32: a credential that is not defined
--- location
hoop_credential none;
--- emerg
unknown hoop_credential "none"



=== TEST 33: a rule's credential that is not defined
--- policy
{ "version": 1, "name": "p", "rules": [
    { "id": "a", "effect": "allow", "match": {}, "credential": "none" } ] }
--- emerg
"p" names a credential that no hoop_credential defines



=== TEST 34: a file that is not there
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/none;
--- emerg
/none" failed (2: No such file or directory)



=== TEST 35: an empty file
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/empty;
--- emerg
/empty" has fewer than 8 bytes



=== TEST 36: a secret that is too short
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/short;
--- emerg
/short" has fewer than 8 bytes



=== TEST 37: a secret with a space
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/space;
--- emerg
/space" has a byte at offset 6



=== TEST 38: a secret of two lines
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/lines;
--- emerg
/lines" has a byte at offset 8



=== TEST 39: a secret with a control character
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/control;
--- emerg
/control" has a byte at offset 6



=== TEST 40: a header that is none
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/good header=X:Y;
--- emerg
has a header name with a foreign character



=== TEST 41: a parameter that is none
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/good query=key;
--- emerg
invalid parameter "query=key"



=== TEST 42: no file
--- http_config
hoop_credential c bearer;
--- emerg
needs file=PATH



=== TEST 43: a credential defined twice
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/good;
hoop_credential c file=$TEST_NGINX_SECRETS/readable;
--- emerg
duplicate hoop_credential "c"



=== TEST 44: two credentials for one location
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/good;
hoop_credential d file=$TEST_NGINX_SECRETS/readable header=X-Key;
--- location
hoop_credential c;
hoop_credential d;
--- emerg
"hoop_credential" directive is duplicate



=== TEST 45: a file that only its owner may read is fine
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/readable;
--- location
hoop_credential c;
--- response_body
reached
--- reached_like
Bearer s3cret-good-2\r



=== TEST 46: keys over the network, and no hoop_fetch
--- without: issuer
--- http_config
hoop_issuer far { issuer https://far.test; audience hoop; discovery on; }
--- emerg
hoop_issuer "far" has no "jwks_file"
hoop_fetch



=== TEST 47: the same by jwks_url, beside another issuer that has a file
--- http_config
hoop_issuer far { issuer https://far.test; audience hoop; jwks_url https://far.test/k; }
--- emerg
hoop_issuer "far" has no "jwks_file"



=== TEST 48: the same where nothing is said of keys
--- without: issuer
--- http_config
hoop_issuer far { issuer https://far.test; audience hoop; }
--- emerg
hoop_issuer "far" has no "jwks_file"



=== TEST 49: two sources of keys
--- http_config
hoop_issuer two {
    issuer https://two.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
    discovery on;
}
--- emerg
has more than one of "jwks_file", "jwks_url" and "discovery"



=== TEST 50: an issuer without an issuer
--- http_config
hoop_issuer x { audience hoop; jwks_file $TEST_NGINX_KEYS/jwks.json; }
--- emerg
hoop_issuer "x" has no "issuer"



=== TEST 51: an issuer without an audience
--- http_config
hoop_issuer x { issuer https://x.test; jwks_file $TEST_NGINX_KEYS/jwks.json; }
--- emerg
hoop_issuer "x" has no "audience"



=== TEST 52: two issuers of one name
--- http_config
hoop_issuer idp { issuer https://x.test; audience hoop; jwks_file $TEST_NGINX_KEYS/jwks.json; }
--- emerg
duplicate hoop_issuer "idp"



=== TEST 53: one issuer under two names
--- http_config
hoop_issuer x { issuer https://idp.test; audience hoop; jwks_file $TEST_NGINX_KEYS/jwks.json; }
--- emerg
name the same issuer "https://idp.test"



=== TEST 54: issuer twice in a block
--- http_config
hoop_issuer x { issuer https://x.test; issuer https://y.test; }
--- emerg
"issuer" is duplicate



=== TEST 55: an unknown directive in the block
--- http_config
hoop_issuer x { issuer https://x.test; jwks /x; }
--- emerg
unknown directive "jwks" in hoop_issuer



=== TEST 56: an algorithm that is symmetric
--- http_config
hoop_issuer x { issuer https://x.test; audience a; algorithms HS256; }
--- emerg
algorithm "HS256" is symmetric



=== TEST 57: an algorithm that is none
--- http_config
hoop_issuer x { issuer https://x.test; audience a; algorithms none; }
--- emerg
unknown algorithm "none"



=== TEST 58: a time that is none
--- http_config
hoop_issuer x { issuer https://x.test; audience a; leeway -5s; }
--- emerg
"leeway" has an invalid time



=== TEST 59: a key set that is not there
--- http_config
hoop_issuer x { issuer https://x.test; audience a; jwks_file /nonexistent/jwks.json; }
--- emerg
/nonexistent/jwks.json



=== TEST 60: hoop is neither on nor off
--- config
location /v1/ { hoop yes; }
--- emerg
invalid value "yes"



=== TEST 61: hoop twice
--- location
hoop off;
--- emerg
"hoop" directive is duplicate



=== TEST 62: hoop_policy twice
--- location
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
--- emerg
"hoop_policy" directive is duplicate



=== TEST 63: hoop_audit twice
--- http_config
hoop_audit $TEST_NGINX_SPOOL;
--- emerg
"hoop_audit" directive is duplicate



=== TEST 64: hoop_redis twice
--- http_config
hoop_redis redis://127.0.0.1:1;
hoop_redis redis://127.0.0.1:2;
--- emerg
"hoop_redis" directive is duplicate



=== TEST 65: hoop_mask twice
--- location
hoop_mask default;
hoop_mask off;
--- emerg
"hoop_mask" directive is duplicate



=== TEST 66: hoop_approval twice
--- location
hoop_approval wait=1s;
hoop_approval wait=2s;
--- emerg
"hoop_approval" directive is duplicate



=== TEST 67: an approval that waits too long
--- location
hoop_approval wait=2h;
--- emerg
"hoop_approval" directive has an invalid wait



=== TEST 68: hoop_api without hoop_redis
--- config
location /hoop { hoop_api; }
--- emerg
"hoop_api" needs a "hoop_redis"



=== TEST 69: hoop_api with satisfy any
--- http_config
hoop_redis redis://127.0.0.1:1;
--- config
location /hoop { hoop_api; satisfy any; }
--- emerg
satisfy any



=== TEST 70: not in an if, where it could be forgotten
--- location
if ($arg_x) { hoop off; }
--- emerg
"hoop" directive is not allowed here



=== TEST 71: issuers are of http alone
--- config
hoop_issuer x { issuer https://x.test; }
--- emerg
"hoop_issuer" directive is not allowed here



=== TEST 72: an audit parameter that is none
--- without: audit
--- http_config
hoop_audit $TEST_NGINX_SPOOL onfull=drop;
--- emerg
onfull=drop



=== TEST 73: no module directive, no phase of it: nginx as ever
--- without: audit
--- config
location /v1/ { proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
--- more_headers
X-A: 1
--- response_headers
!Hoop-Session
--- response_body
reached



=== TEST 74: reload with a broken policy: the old one stays in force
--- policy
{ "version": 1, "name": "p", "rules": [
    { "id": "old", "effect": "allow", "match": { "request": { "path": "/v1/old" } } } ] }
--- init
main::write_policy('{ "version": 1, "name": "p", "rules": [ { "id": }');
main::reload('\[emerg\].*policy.json" line 1, column ');
--- request eval
["GET /v1/old", "GET /v1/new"]
--- more_headers eval
[(main::bearer()) x 2]
--- error_code eval
[200, 403]
--- no_error_log
[alert]
[crit]
eyJ
--- reached
GET /v1/old
--- events
{"type":"decision","decision":"allow","rule":"old"}



=== TEST 75: reload with another policy: it takes its place
--- policy
{ "version": 1, "name": "p", "rules": [
    { "id": "old", "effect": "allow", "match": { "request": { "path": "/v1/old" } } } ] }
--- init
main::write_policy('{ "version": 1, "name": "p", "rules": [ { "id": "new",
    "effect": "allow", "match": { "request": { "path": "/v1/new" } } } ] }');
main::reload('exited with code 0');
--- request eval
["GET /v1/old", "GET /v1/new"]
--- more_headers eval
[(main::bearer()) x 2]
--- error_code eval
[403, 200]
--- reached
GET /v1/new
--- events
{"type":"decision","decision":"deny"}
{"type":"decision","decision":"allow","rule":"new"}



=== TEST 76: reload with another credential: it is read again
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/changing;
--- location
hoop_credential c;
--- init
main::write_secret(changing => 0600, "s3cret-new-1\n");
main::reload('exited with code 0');
--- response_body
reached
--- reached_like
Bearer s3cret-new-1\r
--- reached_unlike
s3cret-old



=== TEST 77: reload while a request is on its way
--- config
location /v1/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- policy
{ "version": 1, "name": "p", "rules": [
    { "id": "old", "effect": "allow", "match": { "body": { "/a": 1 } } } ] }
--- init
main::write_policy('{ "version": 1, "name": "p", "rules": [] }');
$main::pid = fork // die;
if (!$main::pid) {
    select undef, undef, undef, 0.1;
    eval { main::reload('gracefully shutting down') };
    POSIX::_exit(0);
}
--- request eval
[[{ value => "POST /v1/a\n{\"a\"" }, { value => ":1}", delay_before => 0.4 }],
 "POST /v1/a\n{\"a\":1}"]
--- more_headers eval
[("Content-Type: application/json\n" . main::bearer()) x 2]
--- error_code eval
[200, 403]
--- reached
POST /v1/a



=== TEST 78: a file that its group may read
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/group;
--- emerg
/group" has mode 0640



=== TEST 79: a file that everybody may read
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/world;
--- emerg
/world" has mode 0604



=== TEST 80: a file of somebody else
--- skip_eval: 6: $> != 0
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/foreign;
--- emerg
/foreign" has mode 0600 and owner 65534



=== TEST 81: reload with a credential that everybody may read: the old one stays
--- http_config
hoop_credential c file=$TEST_NGINX_SECRETS/changing;
--- location
hoop_credential c;
--- init
main::write_secret(changing => 0644, "s3cret-new-1\n");
main::reload('\[emerg\].*changing" has mode 0644');
--- response_body
reached
--- no_error_log
[alert]
[crit]
s3cret
--- reached_like
Bearer s3cret-old-1\r



=== TEST 82: all that is wrong
--- policy
{ "version": 1, "name": "p",
  "rules": [
    { "id": "a", "effect": "alow", "match": {} },
    { "id": "a", "effect": "deny", "match": {
        "time": { "zone": "Europe/Nowhere" }, "body": { "q": 1 } } } ] }
--- emerg
html/policy.json" line 3, column 28: unknown value "alow"
html/policy.json" line 4, column 13: duplicate rule id "a"
html/policy.json" line 5, column 27: zone "Europe/Nowhere": 
html/policy.json" line 5, column 57: invalid JSON pointer "q"
