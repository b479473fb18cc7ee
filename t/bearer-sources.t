# Copyright (C) ngx_hoop_module authors
#
# hoop_bearer: tokens in other places than Authorization.  One is enough, two
# are too many; and wherever it stood, nobody gets to see it there.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Curl;
use Hoop::Daemon qw( free_port );
use Hoop::Proof;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => {
    '/*' => "reached\n",
    '/q/accel' => { headers => ['X-Accel-Redirect' => '/c/x?n=1'] },
    '/all/accel' => { headers => ['X-Accel-Redirect' => '/open/x?n=1'] },
    '/d/accel' => { headers => ['X-Accel-Redirect' => '/q/x?n=1'] },
    '/mon/accel' => sub {
        return { headers => ['X-Accel-Redirect' => "/c/x?$_[0]{query}"] };
    },
    '/d/tail' => { headers => ['X-Accel-Redirect'
                               => '/q/x?access_token=tail'] },
    '/q/ssi' => { type => 'text/html',
                  body => '<!--# include virtual="/open/part?p=1" -->' },
    '/q/cached' => { headers => ['Cache-Control' => 'max-age=9'] },
});
our $redis = Hoop::Redis->new;

$ENV{TEST_NGINX_H2_PORT} = free_port();
$ENV{TEST_NGINX_CLOSED_PORT} = free_port();

our $no_http2 = `curl --version 2>/dev/null` !~ /HTTP2/;
our $token = token();
our $other = token(sub => 'agent-2');
our $mb = 'Authorization: Bearer';

# a request, and the last one that has reached the upstream by it
sub sent {
    my ($uri, @headers) = @_;

    $upstream->reset;
    my $res = ask(GET => $uri, [@headers]);
    my $req = $upstream->last_request;

    return ($res, $req // { uri => '', raw => '', headers => {} });
}

# it is let through, and what of the request is left
sub taken {
    my ($name, $uri, $headers, $left, $cookie) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($res, $req) = sent($uri, @$headers);

    is($res->{status}, 200, $name);
    is($req->{uri}, $left, "$name: URI");
    is($req->{headers}{cookie}, $cookie, "$name: cookie");
    unlike($req->{raw}, qr/eyJ|x-token|authorization/i,
           "$name: no token goes upstream");
}

sub refused {
    my ($name, $uri, $headers, $status, $detail) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my ($res, $req) = sent($uri, @$headers);

    is($res->{status}, $status, $name);
    is($res->{json}{detail}, $detail, "$name: why");
    is($req->{raw}, '', "$name: nothing goes upstream");

    my $challenge = $res->{headers}{'www-authenticate'} // '';

    $status == 400 ? like($challenge, qr/error="invalid_request"/, $name)
                   : unlike($challenge, qr/invalid_request/, $name);
}

# the text of all events so far
sub spooled {
    return join "\n", map { $_->{text} // JSON::PP->new->encode($_) }
        Hoop::Spool::events($ENV{TEST_NGINX_SPOOL});
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('http_config', <<'END' . ($block->http // ''));
log_format all '$request | $request_uri | $args | $query_string | $is_args'
               ' | $arg_access_token | $cookie_session | $http_cookie'
               ' | $http_x_token | $http_referer | $http_authorization';
access_log logs/access.log all;
hoop_redis redis://127.0.0.1:$TEST_NGINX_REDIS_PORT;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
upstream up {
    server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
END

    $block->set_value('config', ($block->more // '') . <<'END')
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
location /h/ {
    hoop on;
    hoop_bearer header=X-Token;
    proxy_pass http://up;
}
location /c/ {
    hoop on;
    hoop_bearer cookie=session;
    proxy_pass http://up;
}
location /q/ {
    hoop on;
    hoop_bearer query=access_token;
    proxy_pass http://up;
}
location /all/ {
    hoop on;
    hoop_bearer authorization header=X-Token cookie=session query=access_token;
    proxy_pass http://up;
}
location /d/ {
    hoop on;
    proxy_pass http://up;
}
location /mon/ {
    hoop monitor;
    hoop_bearer query=access_token cookie=session header=X-Token;
    proxy_pass http://up;
}
location /open/ {
    proxy_pass http://up;
}
END
        if !defined $block->config;

    $block->set_value('user_files', <<'END');
>>> part.html
part
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "query", "effect": "deny", "match": { "request": {
        "query": { "access_token": { "exists": true } } } } },
    { "id": "header", "effect": "deny", "match": { "request": {
        "headers": { "x-token": { "exists": true } } } } },
    { "id": "cookie", "effect": "deny", "match": { "request": {
        "path": "/*/judged",
        "headers": { "cookie": { "regex": "session" } } } } },
    { "id": "ask", "effect": "review",
      "match": { "request": { "path": "/*/ask" } },
      "review": { "approvers": ["dba"] } },
    { "id": "all", "effect": "allow",
      "match": { "request": { "path": "/**" } } } ] }
END

    $block->set_value('request', 'GET /d/x') if !defined $block->request;
    $block->set_value('error_code', 401)
        if !defined $block->error_code && !defined $block->must_die;

    if (defined $block->must_die) {
        $block->set_value('no_error_log', "[alert]\n[crit]");
        return;
    }

    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ");
    $block->set_value('no_access_log', 'eyJ') if !defined $block->monitor;
    $block->set_value('no_event_text', 'eyJ');
});

Hoop::Client->steps;
Hoop::Spool->install;
log_level('info');
no_root_location();
no_long_string();
run_tests();

__DATA__

=== TEST 1: one token, in its place
--- steps
my ($t, $auth) = ($main::token, "$main::mb $main::token");

taken('by default', '/d/x?a=1', [$auth], '/d/x?a=1');
taken('in a header', '/h/x', ["X-Token: $t"], '/h/x');
taken('its case', '/h/x', ["x-tOKEN: $t"], '/h/x');
taken('with a scheme', '/h/x', ["X-Token: bearer  $t"], '/h/x');

taken('in a cookie', '/c/x', ["Cookie: session=$t"], '/c/x');
taken('among others', '/c/x', ["Cookie: a=1; session=$t; b=2"], '/c/x',
      'a=1; b=2');
taken('as the first', '/c/x', ["Cookie: session=$t; a=1"], '/c/x', 'a=1');
taken('as the last', '/c/x', ["Cookie: a=1;session=$t"], '/c/x', 'a=1');
taken('in quotes', '/c/x', [qq(Cookie: a="1"; session="$t")], '/c/x',
      'a="1"');
taken('its case', '/c/x', ["Cookie: SESSION=$t; a=1"], '/c/x', 'a=1');
taken('white space', '/c/x', ["Cookie: a=1;  session = $t ; b=2"], '/c/x',
      'a=1; b=2');
taken('in the second header', '/c/x',
      ["Cookie: a=1", "Cookie: session=$t", "Cookie: b=2"], '/c/x',
      'a=1, b=2');
taken('judged without it', '/c/judged',
      ["Cookie: a=1; session=$t"], '/c/judged', 'a=1');
taken('names like it', '/c/x',
      ["Cookie: xsession=1; session=$t; session2=2; a=session"], '/c/x',
      'xsession=1; session2=2; a=session');

taken('in the query', "/q/x?access_token=$t", [], '/q/x');
taken('among others', "/q/x?a=1&access_token=$t&b=2", [], '/q/x?a=1&b=2');
taken('as the first', "/q/x?access_token=$t&a=%20", [], '/q/x?a=%20');
taken('as the last', "/q/x?a&access_token=$t", [], '/q/x?a');
taken('an escaped name', "/q/x?a=1&%61cces%73%5ftoken=$t", [], '/q/x?a=1');
taken('its case', "/q/x?ACCESS_TOKEN=$t&a", [], '/q/x?a');
my $dots = $t =~ s/\./%2e/gr;
taken('an escaped value', "/q/x?access_token=$dots", [], '/q/x');
taken('behind a semicolon', "/q/x?a=1;access_token=$t", [], '/q/x?a=1');
taken('names like it', "/q/x?my_access_token=1&access_token=$t&access_token2",
      [], '/q/x?my_access_token=1&access_token2');

taken('any: Authorization', '/all/x?a=1', [$auth, 'Cookie: b=2'],
      '/all/x?a=1', 'b=2');
taken('any: a header', '/all/x?a=1', ["X-Token: $t", 'Cookie: b=2'],
      '/all/x?a=1', 'b=2');
taken('any: a cookie', '/all/x?a=1', ["Cookie: session=$t; b=2"],
      '/all/x?a=1', 'b=2');
taken('any: the query', "/all/x?a=1&access_token=$t", ['Cookie: b=2'],
      '/all/x?a=1', 'b=2');
taken('and no token beside it', '/q/x?access_token=' . $t,
      ['Authorization: Basic eDp5'], '/q/x');

# other locations know nothing of it
is(ask(GET => '/open/x?access_token=1', 'X-Token: 2')->{status}, 200, 'open');
my $req = $main::upstream->last_request;
is($req->{uri}, '/open/x?access_token=1', 'as it came');
is($req->{headers}{'x-token'}, 2, 'as it came');



=== TEST 2: none, an empty one, two
--- steps
my ($t, $u) = ($main::token, $main::other);
my $auth = "$main::mb $t";
my @none = (401, 'no bearer token');
my @empty = (400, 'the token is empty');
my @two = (400, 'more than one token');
my $q = "/q/x?access_token=$t";

refused('none', '/all/x', [], @none);
refused('another header', '/h/x', ["X-Tokens: $t"], @none);
refused('Authorization where it is not asked for', '/c/x', [$auth], @none);
refused('a source of another location', '/c/x', ['X-Token: x'], @none);
refused('another name, escaped twice', "/q/x?access%255ftoken=x", [], @none);
refused('an escaped name of a cookie', '/c/x', ["Cookie: sessio%6e=x"],
        @none);

refused('an empty header', '/h/x', ['X-Token:'], @empty);
refused('a scheme alone', '/h/x', ['X-Token: Bearer'], @empty);
refused('an empty cookie', '/c/x', ['Cookie: session='], @empty);
refused('empty quotes', '/c/x', ['Cookie: session=""'], @empty);
refused('a name alone', '/c/x', ['Cookie: session'], @empty);
refused('an empty argument', '/q/x?access_token=', [], @empty);
refused('a name alone', '/q/x?a&access_token', [], @empty);

refused('a header twice', '/h/x', ["X-Token: $t", "x-token: $t"], @two);
refused('two in one', '/h/x', ["X-Token: $t, $u"], @two);
refused('two in one', '/h/x', ["X-Token: $t $u"], @two);
refused('another scheme', '/h/x', ["X-Token: DPoP $t"], @two);
refused('a cookie twice', '/c/x', ["Cookie: session=$t; session=$t"], @two);
refused('one in any case', '/c/x', ["Cookie: session=$t; Session=$u"], @two);
refused('one is empty', '/c/x', ["Cookie: session=$t; session="], @two);
refused('in two headers', '/c/x',
        ["Cookie: session=$t", "Cookie: a=1; session=$u"], @two);
refused('a comma', '/c/x', ["Cookie: session=$t,x"], @two);
refused('an argument twice', "$q&access_token=$t", [], @two);
refused('one escaped', "$q&access%5ftoken=$u", [], @two);
refused('one is empty', "$q&access_token", [], @two);
refused('one behind a semicolon', "$q;access_token=$u", [], @two);
refused('a space', "/q/x?access_token=$t+$u", [], @two);
refused('a comma', "/q/x?access_token=$t%2C", [], @two);

refused('beside Authorization', "/all/x?access_token=$t", [$auth], @two);
refused('even if that is no source', $q, [$auth], @two);
refused('and even the same', '/c/x', [$auth, "Cookie: session=$t"], @two);
refused('with DPoP', $q, ["Authorization: DPoP $u"], @two);
refused('a header and a cookie', '/all/x',
        ["X-Token: $t", "Cookie: session=$t"], @two);
refused('a cookie and an argument', "/all/x?access_token=$u",
        ["Cookie: session=$t"], @two);
refused('with an empty Authorization', $q, [$main::mb], @empty);
refused('with two', $q, [$auth, $auth], 400,
        'more than one Authorization header');

refused('not a token', '/q/x?access_token=%00%ff', [], 401,
        'token is malformed');
refused('an escaped cookie', '/c/x', ['Cookie: session=%65' . substr $t, 1],
        401, 'token is malformed');
refused('a bad one', '/c/x', ['Cookie: session=' . token(exp => 1)], 401,
        'token is expired');



=== TEST 3: variables, even those that were evaluated before
--- more
set $early "$request_uri $request $args $is_args $arg_access_token
            $cookie_session $http_cookie $http_x_token $http_referer";
add_header X-Seen "$request_uri|$request|$args|$arg_access_token|$is_args|$cookie_session|$cookie_b|$http_cookie|$http_x_token|$http_referer" always;
--- steps
my $t = $main::token;
my @headers = ("X-Token: $t", "Cookie: session=$t; b=2",
               "Referer: https://a.test/all/y?access_token=$t&r#f");

sub seen {
    return ask(GET => @_)->{headers}{'x-seen'};
}

# refused, since it is too much, but not left there
is(seen("/all/x%20y?a=1&access_token=$t", [@headers]),
   '/all/x%20y?a=1|GET /all/x%20y?a=1 HTTP/1.1|a=1||?||2|b=2||'
   . 'https://a.test/all/y?r#f', 'all of them');
is(seen("/all/x?access_token=$t", ["Cookie: session=$t"]),
   '/all/x|GET /all/x HTTP/1.1||||||||', 'alone');
is(seen("http://localhost/q/x?access_token=$t&a=?b", []),
   '/q/x?a=?b|GET http://localhost/q/x?a=?b HTTP/1.1|a=?b||?|||||',
   'a whole URI in the request line');
is(seen("/d/x?access_token=1", ["$main::mb $t"]),
   '/d/x?access_token=1|GET /d/x?access_token=1 HTTP/1.1|access_token=1|1|?'
   . '|||||', 'not a source');

# an answer to what was asked with a token in the URL is for one
is(ask(GET => "/q/x?access_token=$t")->{headers}{'cache-control'}, 'private',
   'Cache-Control');
is(ask(GET => "/q/cached?access_token=$t")->{headers}{'cache-control'},
   'max-age=9, private', 'beside the target\'s');
is(ask(GET => '/c/x', "Cookie: session=$t")->{headers}{'cache-control'},
   undef, 'not with a cookie');



=== TEST 4: what the target is asked for, however that is written
--- config
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
hoop on;
hoop_bearer query=access_token cookie=session;
location /plain/ {
    proxy_pass http://up;
}
location /uri/ {
    proxy_pass http://up/else/;
}
location /raw/ {
    proxy_pass http://up$request_uri;
}
location /args/ {
    proxy_pass http://up/else$is_args$args;
}
location /rewritten/ {
    rewrite ^/rewritten/(.*) /else/$1?b=2 break;
    proxy_pass http://up;
}
location /named/ {
    try_files /nothing @named;
}
location @named {
    proxy_pass http://up;
}
location /header/ {
    proxy_set_header X-URI $request_uri;
    proxy_set_header Cookie "c=3; $http_cookie";
    proxy_pass http://up;
}
--- steps
my $q = "?a=1&access_token=$main::token";

taken('without a URI', "/plain/x$q", [], '/plain/x?a=1');
taken('with a URI', "/uri/x$q", [], '/else/x?a=1');
taken('with $request_uri', "/raw/x$q", [], '/raw/x?a=1');
taken('with $args', "/args/x$q", [], '/else?a=1');
taken('with $args, alone', "/args/x?access_token=$main::token", [], '/else');
taken('rewritten', "/rewritten/x$q", [], '/else/x?b=2&a=1');
taken('by try_files', "/named/x$q", [], '/named/x?a=1');

my ($res, $req) = sent('/header/x', "Cookie: a=1; session=$main::token");
is($res->{status}, 200, 'headers of the operator');
is($req->{headers}{'x-uri'}, '/header/x', 'X-URI');
is($req->{headers}{cookie}, 'c=3; a=1', 'Cookie');

($res, $req) = sent("/plain/x?access_token=$main::token",
    "Referer: https://a.test/plain/x?access_token=$main::token",
    "X-Other: $main::mb");
is($res->{status}, 200, 'Referer');
is($req->{headers}{referer}, 'https://a.test/plain/x', 'Referer');
is($req->{headers}{'x-other'}, $main::mb, 'what is no source');
--- request
GET /plain/x



=== TEST 5: redirects within nginx
--- more
location /refused/ {
    hoop on;
    hoop_audience other;
    hoop_bearer cookie=session query=access_token;
    error_page 401 = @open;
    error_page 400 = /open/page;
    proxy_pass http://up;
}
location @open {
    proxy_pass http://up;
}
location /away/ {
    hoop on;
    hoop_bearer cookie=session query=access_token;
    error_page 401 = /c/x?$args;
    proxy_pass http://up;
}
--- steps
my $t = $main::token;
my ($res, $req);

taken('from one to another', "/q/accel?access_token=$t", [], '/c/x?n=1');
taken('out', "/all/accel?access_token=$t", ["Cookie: a=1"], '/open/x?n=1',
      'a=1');
taken('out, by a cookie', '/all/accel', ["Cookie: session=$t; a=1"],
      '/open/x?n=1', 'a=1');
taken('from the default', '/d/accel', ["$main::mb $t"], '/q/x?n=1');

($res, $req) = sent('/d/tail', "$main::mb $t");
is($res->{status}, 400, 'one that comes with the redirect');
is($res->{json}{detail}, 'more than one token', 'is too many');
is($req->{uri}, '/d/tail', 'and goes nowhere');

for my $uri ("/refused/x?access_token=$t", "/refused/x?a=1&access_token=") {
    ($res, $req) = sent($uri, 'Cookie: a=1');
    is($res->{status}, 200, 'a page of the operator, proxied');
    unlike($req->{raw}, qr/eyJ|access_token/, 'has no token');
    is($req->{headers}{cookie}, 'a=1', 'and the rest');
}

($res, $req) = sent("/refused/x?access_token=$t", "Cookie: session=$t");
is($res->{status}, 200, 'refused for two');
unlike($req->{raw}, qr/eyJ|access_token|session=/, 'has neither');

($res, $req) = sent('/away/x?access_token=x&a', 'Cookie: a=1');
is($res->{status}, 401, 'a refusal');
is($req->{raw}, '', 'stands');



=== TEST 6: subrequests
--- more
location /q/ssi {
    hoop on;
    hoop_bearer query=access_token cookie=session header=X-Token;
    ssi on;
    mirror /open/mirror;
    auth_request /open/auth;
    proxy_pass http://up;
}
--- steps
my $t = $main::token;

for my $case (["/q/ssi?access_token=$t&a=1", 'Cookie: b=2'],
              ['/q/ssi?a=1', "Cookie: session=$t; b=2"],
              ['/q/ssi?a=1', "X-Token: $t", 'Cookie: b=2'])
{
    $main::upstream->reset;
    is(ask(GET => shift @$case, [@$case])->{status}, 200, 'with subrequests');

    my @requests;
    soon { (@requests = $main::upstream->requests) >= 4 } 'all of them';
    my %uris = map { $_->{uri} => 1 } @requests;

    is(join(' ', sort keys %uris),
       '/open/auth /open/mirror?a=1 /open/part?p=1 /q/ssi?a=1', 'which');

    for (@requests) {
        unlike($_->{raw}, qr/eyJ|access_token|session=|x-token/i,
               "$_->{uri}: no token");
        is($_->{headers}{cookie}, 'b=2', "$_->{uri}: the other cookie");
    }
}



=== TEST 7: monitored, it passes as it came, and the evidence has none of it
--- monitor
--- steps
my ($res, $req) = sent("/mon/x?a=1&access_token=$main::token&b",
                       'Cookie: c=3');
is($res->{status}, 200, 'passes');
is($req->{uri}, "/mon/x?a=1&access_token=$main::token&b", 'the query');

($res, $req) = sent('/mon/x', "Cookie: session=$main::token");
is($req->{headers}{cookie}, "session=$main::token", 'the cookie');

($res, $req) = sent('/mon/x', "X-Token: $main::token");
is($req->{headers}{'x-token'}, $main::token, 'the header');

# not what a detector would know
($res, $req) = sent('/mon/x?access_token=hunter2-hunter2', 'Cookie: c=3');
is($req->{uri}, '/mon/x?access_token=hunter2-hunter2', 'whatever it is');

my ($uri) = grep { m{/mon/} } map { $_->{uri} // '' }
            Hoop::Spool::events($ENV{TEST_NGINX_SPOOL});
is($uri, '/mon/x?a=1&b', 'the event');
unlike(spooled(), qr/hunter2|access_token/, 'nothing of it');

# and then into a location that is not
taken('monitored first, the same cookie', '/mon/accel?a=1',
      ["Cookie: session=$main::token"], '/c/x?a=1');

($res, $req) = sent("/mon/accel?access_token=$main::token", "Cookie: session=$main::other");
is($res->{status}, 400, 'monitored first: two stay two');



=== TEST 8: an approval is for the request, and not for the token
--- more
location /approve/ {
    hoop_api;
    hoop_bearer header=X-Token;
}
--- steps
my $fresh = token(groups => ['dba'], scope => 'again');
my $dana = token(sub => 'dana', groups => ['dba']);

my $res = ask(GET => "/q/ask?a=1&access_token=$main::token");
is($res->{status}, 202, 'waits');
my $id = $res->{json}{approval};

$res = ask(GET => "/approve/approvals/$id", "X-Token: $dana");
is($res->{status}, 200, 'an approver asks');
is($res->{json}{uri}, '/q/ask?a=1', 'what for');
unlike($res->{body}, qr/eyJ|access_token/, 'no token');

is(ask(GET => "/approve/approvals/$id", "$main::mb $dana")->{status}, 401,
   'an approver, in another place');
is(ask(POST => "/approve/approvals/$id/approve", "X-Token: $dana")->{status},
   200, 'approves');

taken('with another token', "/q/ask?access_token=$fresh&a=1", [],
      '/q/ask?a=1');
is(ask(GET => "/q/ask?a=1&access_token=$main::token")->{status}, 202,
   'and once');

# policy looks at that header, which an approval would be bound to
$res = ask(GET => '/h/ask', "X-Token: $main::token");
is($res->{status}, 202, 'a token in a header that policy knows');
is(ask(POST => "/approve/approvals/$res->{json}{approval}/approve",
       "X-Token: $dana")->{status}, 200, 'approved');
is(ask(GET => '/h/ask', "X-Token: $fresh")->{status}, 200,
   'with another one there');



=== TEST 9: a bound token has its place in Authorization
--- steps
my $bound = token(cnf => { jkt => jkt() });
my $proof = proof('/all/x', -token => $bound);
my ($res, $req);

for my $case (["/all/x?access_token=$bound"],
              ['/all/x', "Cookie: session=$bound"],
              ['/all/x', "X-Token: $bound"])
{
    my ($uri, @headers) = @$case;
    ($res, $req) = sent($uri, @headers, "DPoP: $proof");
    is($res->{status}, 401, 'not here');
    is($res->{json}{detail}, 'token is bound to a key: wanted scheme DPoP',
       'why');
    like($res->{headers}{'www-authenticate'},
         qr/^Bearer realm="hoop", error="invalid_token".*, DPoP algs="ES256 /,
         'and where');
    is($req->{raw}, '', 'nothing goes upstream');
}

taken('there', '/all/x?a=1',
      [split /\n/, dpop('/all/x', -token => $bound)], '/all/x?a=1');

($res) = sent("/all/x?access_token=$main::token",
              split /\n/, dpop('/all/x', -token => $bound));
is($res->{status}, 400, 'both');
like($res->{headers}{'www-authenticate'}, qr/error="invalid_request"/, 'both');

refused('in Authorization, which is not asked', '/c/x',
        ["Authorization: DPoP $bound", "DPoP: $proof"], 401,
        'no bearer token');



=== TEST 10: HTTP/2, where a cookie comes in crumbs
--- skip_eval
1: $main::no_http2
--- more
listen 127.0.0.1:$TEST_NGINX_H2_PORT http2;
--- steps
my $base = "http://127.0.0.1:$ENV{TEST_NGINX_H2_PORT}";
my @h2 = '--http2-prior-knowledge';
my $res;

$main::upstream->reset;
$res = curl("$base/c/x", ["Cookie: a=1", "Cookie: session=$main::token",
                          "Cookie: b=2"], @h2);
is($res->{status}, 200, 'a crumb');
is($main::upstream->last_request->{headers}{cookie}, 'a=1; b=2', 'the others');

$res = curl("$base/q/x?a=1&access_token=$main::token", [], @h2);
is($res->{status}, 200, 'an argument');
is($main::upstream->last_request->{uri}, '/q/x?a=1', 'the others');

$res = curl("$base/h/x", ["X-Token: $main::token"], @h2);
is($res->{status}, 200, 'a header');
unlike($main::upstream->last_request->{raw}, qr/eyJ/, 'is gone');

$res = curl("$base/c/x", ["Cookie: session=$main::token",
                          "Cookie: session=$main::other"], @h2);
is($res->{status}, 400, 'two crumbs');



=== TEST 11: a target that is away, of which the log speaks
--- more
location /gone/ {
    hoop on;
    hoop_bearer query=access_token;
    proxy_pass http://127.0.0.1:$TEST_NGINX_CLOSED_PORT;
}
--- request eval
"GET /gone/x?a=1&access_token=$main::token"
--- error_code: 502
--- error_log
request: "GET /gone/x?a=1 HTTP/1.1"



=== TEST 12: it is inherited, and taken back
--- config
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
hoop on;
hoop_bearer cookie=session;
location /outer/ {
    proxy_pass http://up;
    location /outer/own/ {
        hoop_bearer authorization;
        proxy_pass http://up;
    }
    location /outer/query/ {
        hoop_bearer query=t;
        proxy_pass http://up;
    }
}
--- steps
my $t = $main::token;

taken('inherited', '/outer/x', ["Cookie: session=$t"], '/outer/x');
taken('replaced', "/outer/query/x?t=$t", ['Cookie: a=1'], '/outer/query/x',
      'a=1');
refused('taken back', '/outer/own/x', ['Cookie: session=x'], 401,
        'no bearer token');
--- request
GET /outer/x



=== TEST 13: what the metadata says
--- config
hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
location /.well-known/oauth-protected-resource {
    hoop_resource_metadata;
}
location /a/ {
    hoop on;
    hoop_resource https://api.test/a;
    hoop_bearer authorization query=access_token;
    proxy_pass http://up;
}
location /b/ {
    hoop on;
    hoop_resource https://api.test/b;
    hoop_bearer authorization query=token;
    proxy_pass http://up;
}
location /c/ {
    hoop on;
    hoop_resource https://api.test/c;
    hoop_bearer cookie=c header=X-Token;
    proxy_pass http://up;
}
location /q/ {
    hoop on;
    hoop_resource https://api.test/q;
    hoop_bearer query=access_token;
    proxy_pass http://up;
    location /q/too/ {
        hoop_bearer authorization query=access_token;
        proxy_pass http://up;
    }
}
--- steps
my %want = (a => 'header query', b => 'header', c => '', q => 'query');

for (sort keys %want) {
    my $doc = ask(GET => "/.well-known/oauth-protected-resource/$_")->{json};
    is(join(' ', @{ $doc->{bearer_methods_supported} }), $want{$_}, $_);
}
--- request
GET /a/x



=== TEST 14: a token in a URL is worth a warning
--- error_log
hoop_bearer "query=access_token": a token in a URL is in the logs



=== TEST 15: an unknown source
--- config
hoop_bearer body=access_token;
--- must_die
--- error_log
hoop_bearer "body=access_token", wanted authorization, header=NAME, cookie=NAME or query=NAME



=== TEST 16: no name
--- config
hoop_bearer header=;
--- must_die
--- error_log
hoop_bearer "header=", wanted authorization, header=NAME



=== TEST 17: twice
--- config
hoop_bearer header=X-Token authorization header=x-token;
--- must_die
--- error_log
"header=x-token" is named twice



=== TEST 18: two directives
--- config
hoop_bearer authorization;
hoop_bearer cookie=a;
--- must_die
--- error_log
"hoop_bearer" directive is duplicate



=== TEST 19: headers that have another use
--- config
hoop_bearer header=host;
--- must_die
--- error_log
hoop_bearer "header=host": that header has another use



=== TEST 20: the proof's
--- config
hoop_bearer header=dpop;
--- must_die
--- error_log
hoop_bearer "header=dpop": that header has another use



=== TEST 21: ours
--- config
hoop_bearer header=Hoop-Token;
--- must_die
--- error_log
hoop_bearer "header=Hoop-Token": that header has another use



=== TEST 22: a name that would need an escape
--- config
hoop_bearer query=a%20b;
--- must_die
--- error_log
hoop_bearer "query=a%20b" has a name with a foreign character



=== TEST 23: too many
--- config
hoop_bearer cookie=a cookie=b cookie=c cookie=d cookie=e cookie=f cookie=g
            cookie=h cookie=i;
--- must_die
--- error_log
"hoop_bearer" directive names more than 8 sources



=== TEST 24: a decision is not for a cookie to make
--- config
hoop_bearer cookie=session;
location /api/ {
    hoop_api;
}
--- must_die
--- error_log
"hoop_api" with "hoop_bearer cookie=session": a page of anybody's could have an approver's browser decide
