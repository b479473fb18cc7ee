# Copyright (C) ngx_hoop_module authors
#
# What the target is shown in the agent's stead, and what it is not; and that
# neither the agent's token nor the target's credential shows up anywhere
# else: not in variables, logs and events, and not in what the target says.

# many short requests: what a log line may take to be there
BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.005 }

use Test::Nginx::Socket 'no_plan';

use IO::Socket::INET;

use lib 't/lib';
use Hoop::Daemon qw( temp_dir );
use Hoop::Reached;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $secret = 'crmkey-5f1e9c7ab2';
our $other = 'erpkey-0b77d2e4f9';

$ENV{TEST_NGINX_SECRETS} = temp_dir('secrets');

for my $pair ([crm => "$secret\n"], [erp => $other]) {
    my $file = "$ENV{TEST_NGINX_SECRETS}/$pair->[0]";

    open my $fh, '>', $file or die "$file: $!\n";
    chmod 0600, $file;
    print $fh $pair->[1];
    close $fh;
}

# what a careless target says, of what it was sent
sub echo {
    my ($req) = @_;

    my $how = $req->{query} // '';
    my $authorization = $req->{headers}{authorization} // 'none';
    my %answer = (
        text   => { body => "you are $authorization\n" },
        json   => { type => 'application/json',
                    body => qq({"you":"$authorization","n":1}\n) },
        gzip   => { body => "you are $authorization\n", gzip => 1 },
        pieces => { chunks => [map { [$_, 0.005] }
                                   "you are $authorization\n" =~ /.{1,9}/gs] },
        binary => { type => 'application/octet-stream',
                    body => "\0\1you are $authorization\2" },
        header => { headers => ['X-Echo', $authorization,
                                'Set-Cookie', "t=$authorization",
                                'X-Fine', 'yes'], body => "fine\n" },
        type   => { type => "text/plain; x=\"$authorization\"",
                    body => "fine\n" },
        moved  => { status => 302, body => '', headers =>
                    ['Location', "http://x/?t=$authorization"] },
        error  => { status => 500, body => "$authorization is bad\n" },
        accel  => { headers => ['X-Accel-Redirect', '/q/a',
                                'Set-Cookie', "t=$authorization",
                                'Content-Disposition', $authorization] },
        out    => { headers => ['X-Accel-Redirect', '/open/a'] },
    );

    return $answer{$how} // "reached\n";
}

our $upstream = Hoop::Upstream->new(routes => {
    '/*'      => "reached\n",
    '/p/echo' => \&echo,
});

# speaks neither SCGI nor uwsgi, but says what came, as both may be answered
my $gateway = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 8)
    or die "cannot listen: $!\n";

$ENV{TEST_NGINX_GATEWAY_PORT} = $gateway->sockport;

our $daemon = Hoop::Daemon->spawn(name => 'gateway', code => sub {
    while (my $sock = $gateway->accept) {
        sysread $sock, my $in, 65536;
        $in =~ s/[^!-~]+/ /g;
        print $sock "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n$in\n";
        close $sock;
    }
});

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
hoop_credential crm file=$TEST_NGINX_SECRETS/crm;
hoop_credential erp file=$TEST_NGINX_SECRETS/erp header=X-Api-Key;
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
upstream up { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
log_format all '<$http_authorization><$http_x_api_key><$upstream_http_x_echo>'
               '<$sent_http_x_echo><$hoop_sub>';
END

    $block->set_value('config', <<'END') if !defined $block->config;
location /p/ { hoop on; hoop_credential crm; proxy_pass http://up; }
location /q/ { hoop on; hoop_credential erp; proxy_pass http://up; }
location /n/ { hoop on; proxy_pass http://up; }
location /open/ { proxy_pass http://up; }
END

    $block->set_value('user_files', <<'END' . ($block->user_files // ''));
>>> policy.json
{ "version": 1, "name": "keys", "rules": [
    { "id": "erp", "effect": "allow", "credential": "erp",
      "match": { "request": { "path": "/p/erp" } } },
    { "id": "no", "effect": "deny",
      "match": { "request": { "path": "/p/no" } } },
    { "id": "raw", "effect": "allow", "mask": [], "record": "payload",
      "match": { "request": { "query": { "raw": { "exists": true } } } } },
    { "id": "all", "effect": "allow", "record": "payload", "match": {} } ] }
END

    # of all that is sent, only our own credential is to be seen by the target
    $block->set_value('more_headers', main::bearer())
        if !defined $block->more_headers;
    $block->set_value('reached_unlike', 'eyJ')
        if !defined $block->reached_unlike;
    $block->set_value('reached_any', '') if !defined $block->reached;
    $block->set_value('no_error_log', join "\n", '[alert]', '[crit]',
                      '[emerg]', 'eyJ', $secret, $other)
        if !defined $block->no_error_log;
    $block->set_value('no_event_text', "eyJ\n$secret\n$other");
    $block->set_value('response_body_unlike', qr/key-|eyJ/)
        if !grep { defined $block->$_ }
                qw( response_body response_body_like response_body_unlike );
});

Hoop::Reached->install($upstream);
Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: a bearer token, without the line's end of the file
--- request
GET /p/a
--- response_body
reached
--- reached_like
(?m)^Authorization: Bearer crmkey-5f1e9c7ab2\r$
--- reached_unlike
eyJ
(?s)Authorization.*Authorization
X-Api-Key
--- events
{"type":"decision","decision":"allow","credential":"crm"}



=== TEST 2: a header of its own
--- request
GET /q/a
--- response_body
reached
--- reached_like
(?m)^X-Api-Key: erpkey-0b77d2e4f9\r$
--- reached_unlike
eyJ
Authorization
--- events
{"type":"decision","decision":"allow","credential":"erp"}



=== TEST 3: the client's header of that name is not passed on
--- request
GET /q/a
--- more_headers eval
"x-api-key: mine\nX-API-KEY: mine too\n" . main::bearer()
--- response_body
reached
--- reached_unlike
mine
eyJ
(?is)x-api-key.*x-api-key



=== TEST 4: no credential: nothing of anybody's
--- request
GET /n/a
--- more_headers eval
"Proxy-Authorization: Basic dTpw\n" . main::bearer()
--- response_body
reached
--- reached_unlike
(?i)authorization
dTpw



=== TEST 5: the rule's credential, in place of the location's
--- request
GET /p/erp
--- response_body
reached
--- reached_like
(?m)^X-Api-Key: erpkey-0b77d2e4f9\r$
--- reached_unlike
Authorization
--- events
{"type":"decision","rule":"erp","credential":"erp"}



=== TEST 6: inherited, and replaced
--- config
hoop on;
hoop_credential crm;
location /p/ {
    proxy_pass http://up;
    location /p/deep/ { hoop_credential erp; proxy_pass http://up; }
}
location /open/ { hoop off; proxy_pass http://up; }
--- request eval
["GET /p/a", "GET /p/deep/a", "GET /open/a"]
--- more_headers eval
[main::bearer(), main::bearer(), ""]
--- error_code eval
[200, 200, 200]
--- response_body eval
[("reached\n") x 3]
--- reached_like
(?s)Bearer crmkey.*X-Api-Key: erpkey.*GET /open/a((?!key).)*$
--- reached_unlike
(?s)X-Api-Key.*Authorization



=== TEST 7: a credential defined where it is used
--- config
location /p/ {
    hoop on;
    hoop_credential here file=$TEST_NGINX_SECRETS/erp bearer;
    hoop_credential here;
    proxy_pass http://up;
}
--- request
GET /p/a
--- response_body
reached
--- reached_like
(?m)^Authorization: Bearer erpkey-0b77d2e4f9\r$



=== TEST 8: the token is in no variable
--- config
location /p/ {
    hoop on;
    hoop_credential crm;
    set $early "$http_authorization";
    proxy_set_header Authorization $http_authorization;
    proxy_set_header X-One $http_authorization;
    proxy_set_header X-Two $hoop_sub;
    add_header X-Three "<$http_authorization>" always;
    proxy_pass http://up;
}
--- request
GET /p/a
--- response_body
reached
--- response_headers
X-Three: <>
--- reached_like
(?m)^Authorization: Bearer crmkey-5f1e9c7ab2\r$
(?m)^X-Two: agent-1\r$
--- reached_unlike
eyJ
X-One
(?s)Authorization.*Authorization



=== TEST 9: the credential is in no variable
--- config
location /q/ {
    hoop on;
    hoop_credential erp;
    proxy_set_header X-One $http_x_api_key;
    proxy_set_header X-Api-Key $http_x_api_key;
    add_header X-Two "<$http_x_api_key>" always;
    proxy_pass http://up;
}
--- request
GET /q/a
--- response_body
reached
--- response_headers
X-Two: <>
--- reached_like
(?m)^X-Api-Key: erpkey-0b77d2e4f9\r$
--- reached_unlike
X-One
(?s)X-Api-Key.*X-Api-Key



=== TEST 10: what the access log has
--- config
location /p/ {
    hoop on;
    hoop_credential crm;
    access_log $TEST_NGINX_SERVER_ROOT/logs/access.log all;
    proxy_pass http://up;
}
location /q/ {
    hoop on;
    hoop_credential erp;
    access_log $TEST_NGINX_SERVER_ROOT/logs/access.log all;
    proxy_pass http://up;
}
--- request eval
["GET /p/a", "GET /p/no", "GET /p/a", "GET /q/a"]
--- more_headers eval
[main::bearer(), main::bearer(), main::bearer(exp => 1), main::bearer()]
--- error_code eval
[200, 403, 401, 200]
--- response_body_unlike eval
[("key-") x 4]
--- access_log eval
[qr/^<-><-><-><-><agent-1>$/]
--- no_access_log eval
[qr/eyJ/, qr/key-/]



=== TEST 11: Range and codings do not reach the target
--- request
GET /p/a
--- more_headers eval
"Range: bytes=0-3\nIf-Range: \"x\"\nAccept-Encoding: gzip, br\n"
. "TE: trailers\nWant-Digest: sha-256\n" . main::bearer()
--- response_body
reached
--- reached_like
(?m)^Accept-Encoding: identity\r$
--- reached_unlike
Range
gzip
(?m)^TE:
Want-
(?s)Accept-Encoding.*Accept-Encoding



=== TEST 12: the client's Hoop-* headers do not reach the target; ours does
--- request
GET /p/a
--- more_headers eval
"Hoop-Session: hs_forged\nhoop-run: run-7\nHOOP-Anything: forged\n"
. "Hooptie: fine\n" . main::bearer()
--- response_headers_like
Hoop-Session: hs_[0-9a-f]{32}
--- response_body
reached
--- reached_like
(?m)^Hoop-Session: hs_[0-9a-f]{32}\r$
(?m)^Hooptie: fine\r$
--- reached_unlike
forged
run-7
(?s)Hoop-Session.*Hoop-Session
--- events
{"type":"request","run":"run-7","session":"/^hs_[0-9a-f]{32}$/"}



=== TEST 13: all other headers are as the client sent them
--- config
location /p/ {
    hoop on;
    hoop_credential crm;
    proxy_set_header Host $http_host;
    proxy_set_header X-Cookie "$cookie_a-$cookie_b-$http_cookie";
    proxy_set_header X-Agent $http_user_agent;
    proxy_set_header X-For $proxy_add_x_forwarded_for;
    proxy_pass http://up;
}
--- request
POST /p/a
{"a":1}
--- more_headers eval
"Host: crm.test:81\nCookie: a=1\nCookie: b=2\nX-Forwarded-For: 192.0.2.1\n"
. "X-Forwarded-For: 192.0.2.2\nUser-Agent: agent/1\n"
. "Content-Type: application/json\nX-Many: 1\nX-Many: 2\n"
. "Accept: */*\nReferer: http://x/\n" . main::bearer()
--- response_body
reached
--- reached_like
(?m)^Host: crm.test:81\r$
(?m)^Cookie: a=1\r$
(?m)^Cookie: b=2\r$
(?m)^X-Cookie: 1-2-a=1; b=2\r$
(?m)^X-Forwarded-For: 192.0.2.1\r$
(?m)^X-Forwarded-For: 192.0.2.2\r$
(?m)^X-For: 192.0.2.1, 192.0.2.2, 127.0.0.1\r$
(?m)^X-Agent: agent/1\r$
(?m)^User-Agent: agent/1\r$
(?m)^Content-Type: application/json\r$
(?m)^Content-Length: 7\r$
(?s)X-Many: 1\r\n.*X-Many: 2\r\n
(?m)^Referer: http://x/\r$
(?s)\r\n\r\n\{"a":1\}$



=== TEST 14: many headers, more than one part of nginx's list
--- request
GET /p/a
--- more_headers eval
CORE::join("\n", (map { "X-H$_: v$_" } 1 .. 70), main::bearer())
--- response_body
reached
--- reached_like
(?m)^X-H1: v1\r$
(?m)^X-H70: v70\r$
(?m)^Authorization: Bearer crmkey-5f1e9c7ab2\r$



=== TEST 15: echoed in a body
--- request eval
[map { "GET /p/echo?$_" } qw( text json gzip pieces error )]
--- more_headers eval
[(main::bearer()) x 5]
--- error_code eval
[(200) x 4, 500]
--- response_body_like eval
['^you are Bearer \[REDACTED.*\]$', '^\{"you":".*REDACTED.*","n":1\}$',
 ('^you are Bearer \[REDACTED.*\]$') x 2, 'REDACTED']
--- raw_response_headers_unlike eval
[("(?i)content-encoding|content-length") x 5]
--- events
{"type":"response","masked":{}}



=== TEST 16: echoed in a body, and nothing else is masked
--- config
location /p/ {
    hoop on;
    hoop_mask off;
    hoop_credential crm;
    proxy_pass http://up;
}
--- request eval
["GET /p/echo?text", "GET /p/echo?pieces", "GET /p/echo?gzip"]
--- more_headers eval
[(main::bearer()) x 3]
--- error_code eval
[(200) x 3]
--- response_body_like eval
[('^you are Bearer (?!crmkey).*$') x 3]



=== TEST 17: echoed in a body that is passed as it is
--- config
location /p/ {
    hoop on;
    hoop_mask_binary pass;
    hoop_credential crm;
    proxy_pass http://up;
}
--- request
GET /p/echo?binary
--- response_body_unlike: crmkey



=== TEST 18: echoed in headers: they are left out
--- request
GET /p/echo?header
--- response_headers
!X-Echo
!Set-Cookie
X-Fine: yes
--- raw_response_headers_unlike: crmkey
--- response_body
fine



=== TEST 19: echoed in Content-Type
--- request
GET /p/echo?type
--- error_code: 502
--- raw_response_headers_unlike: crmkey



=== TEST 20: echoed in Location
--- request
GET /p/echo?moved
--- error_code: 302
--- raw_response_headers_unlike: crmkey



=== TEST 21: echoed, asked with HEAD
--- request
HEAD /p/echo?header
--- raw_response_headers_unlike: crmkey



=== TEST 22: the caller knows it, and writes it into its request
--- request eval
"POST /p/crmkey-5f1e9c7ab2?x=crmkey-5f1e9c7ab2&raw
{\"a\":\"crmkey-5f1e9c7ab2\"}"
--- more_headers eval
"Content-Type: application/json\nHoop-Run: run\n" . main::bearer()
--- log_level: notice
--- reached_unlike
eyJ
--- events
{"type":"request","uri":"/^/p/.*REDACTED/"}



=== TEST 23: from a location with a credential into an open one
--- request
GET /p/echo?out
--- raw_response_headers_unlike: key-
--- response_body
reached
--- reached
GET /p/echo?out
GET /open/a
--- reached_unlike
eyJ
(?s)GET /open/a.*key-



=== TEST 24: subrequests of other modules do not show it elsewhere
--- config
location /p/ {
    hoop on;
    hoop_credential crm;
    auth_request /open/auth;
    mirror /open/mirror;
    proxy_pass http://up;
}
location = /open/auth {
    proxy_pass http://up;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
}
location /open/ { proxy_pass http://up; }
--- request
POST /p/a
body
--- response_body
reached
--- wait: 0.05
--- reached_like
(?s)POST /p/a((?!GET|POST).)*Bearer crmkey
GET /open/auth
POST /open/mirror
--- reached_unlike
eyJ
(?s)(GET|POST) /open/((?!GET|POST).)*key-



=== TEST 25: a refused request takes nothing anywhere
--- request eval
["GET /p/no", "GET /p/a"]
--- more_headers eval
[main::bearer(), ""]
--- error_code eval
[403, 401]
--- response_body_unlike eval
["key-", "key-"]
--- reached



=== TEST 26: the target is away
--- init
$main::upstream->down;
--- config
location /p/ { hoop on; hoop_credential crm; proxy_pass http://up; }
--- request
GET /p/a
--- error_code: 502
--- error_log
connect() failed
--- reached_any
--- response_body_unlike: key-



=== TEST 27: monitor changes nothing
--- config
location /p/ { hoop monitor; hoop_credential crm; proxy_pass http://up; }
--- request
GET /p/a
--- more_headers eval
"Range: bytes=0-3\nAccept-Encoding: gzip\n" . main::bearer()
--- response_body
reached
--- reached_like
Authorization: Bearer eyJ
(?m)^Range: bytes=0-3\r$
(?m)^Accept-Encoding: gzip\r$
--- reached_unlike
crmkey



=== TEST 28: SCGI and uwsgi targets
--- config
location /p/scgi {
    hoop on;
    hoop_credential crm;
    scgi_param REQUEST_METHOD $request_method;
    scgi_pass 127.0.0.1:$TEST_NGINX_GATEWAY_PORT;
}
location /p/uwsgi {
    hoop on;
    hoop_credential erp;
    uwsgi_param REQUEST_METHOD $request_method;
    uwsgi_pass 127.0.0.1:$TEST_NGINX_GATEWAY_PORT;
}
--- request eval
["GET /p/scgi", "GET /p/uwsgi"]
--- more_headers eval
[(main::bearer() . "\nRange: bytes=0-3") x 2]
--- error_code eval
[200, 200]
--- response_body_like eval
['^(?!.*(RANGE|eyJ|crmkey)).*HTTP_AUTHORIZATION Bearer \[REDACTED',
 '^(?!.*(RANGE|eyJ|erpkey|HTTP_AUTH)).*HTTP_X_API_KEY \S*\[REDACTED']



=== TEST 29: from a location with one credential into one with another
--- request
GET /p/echo?accel
--- response_body
reached
--- raw_response_headers_unlike: key-
--- reached
GET /p/echo?accel
GET /q/a
--- reached_like
(?s)^GET /p/echo\?accel.*Authorization: Bearer crmkey.*GET /q/a.*X-Api-Key: erpkey
--- reached_unlike
eyJ
(?s)GET /q/a.*crmkey
(?s)erpkey.*GET /q/a
--- events
{"type":"decision","credential":"crm"}
{"type":"decision","credential":"erp"}



=== TEST 30: from one credential to none: echoed
--- config
location /p/ { hoop on; hoop_credential crm; proxy_pass http://up; }
location /q/ { hoop on; proxy_pass http://up; }
--- request
GET /p/echo?accel
--- response_body
reached
--- raw_response_headers_unlike: key-
--- reached
GET /p/echo?accel
GET /q/a



=== TEST 31: from one credential to an open location: echoed
--- config
location /p/ { hoop on; hoop_credential crm; proxy_pass http://up; }
location /q/ { proxy_pass http://up; }
--- request
GET /p/echo?accel
--- response_body
reached
--- raw_response_headers_unlike: key-
--- reached
GET /p/echo?accel
GET /q/a



=== TEST 32: post_action does not show it elsewhere
--- config
location /p/ {
    hoop on;
    hoop_credential crm;
    post_action /open/after;
    proxy_pass http://up;
}
location /open/ { proxy_pass http://up; }
--- request
GET /p/a
--- response_body
reached
--- reached
GET /p/a
GET /open/after
--- reached_like
(?s)GET /p/a.*Bearer crmkey
--- reached_unlike
eyJ
(?s)GET /open/after.*key-



=== TEST 33: a name that a CGI target cannot tell from the credential's
--- config
location /p/scgi {
    hoop on;
    hoop_credential erp;
    scgi_param REQUEST_METHOD $request_method;
    scgi_pass 127.0.0.1:$TEST_NGINX_GATEWAY_PORT;
}
underscores_in_headers on;
--- request
GET /p/scgi
--- more_headers eval
"X_Api_Key: mine\nX-Api_Key: mine too\nHoop_Session: mine as well\n"
. main::bearer()
--- response_body_unlike: mine



=== TEST 34: echoed in headers, and what variables and logs have of it
--- config
location /p/ {
    hoop on;
    hoop_credential crm;
    access_log $TEST_NGINX_SERVER_ROOT/logs/access.log all;
    add_header X-Again "<$upstream_http_x_echo>";
    proxy_pass http://up;
}
--- request
GET /p/echo?header
--- raw_response_headers_unlike: key-
--- response_body
fine
--- no_access_log eval
[qr/key-/]



=== TEST 35: the location's own header of that name: beside ours, as documented
--- config
location /p/ {
    hoop on;
    hoop_credential crm;
    proxy_set_header Authorization "Basic dTpw";
    proxy_pass http://up;
}
--- request
GET /p/a
--- response_body
reached
--- reached_like
(?m)^Authorization: Basic dTpw\r$
(?m)^Authorization: Bearer crmkey-5f1e9c7ab2\r$
--- reached_unlike
eyJ
