# Copyright (C) ngx_hoop_module authors
#
# Signing in at the console by an OpenID provider: the way there and back, the
# session, what a page must show to change something, and all that may come back
# that is not what was asked for.  With a browser: t/console-login.t.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Gateway;
use Hoop::Provider;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use IO::Socket::INET;
use JSON::PP ();
use Test::More;

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });
our $redis = Hoop::Redis->new;
our $idp = Hoop::Provider->new(client => 'con sole', secret => 's3:cr%t+');
our $post = Hoop::Provider->new(client => 'console', secret => 'other',
                                method => 'post', env => 'POSTIDP');
our $public = Hoop::Provider->new(client => 'console', method => 'none',
                                  env => 'PUBLICIDP');
our $pair = Hoop::Provider->new(client => 'console', method => 'none',
                                env => 'PAIRIDP', subject => 'pairwise');
our $agent = bearer();
our $dana = bearer(sub => 'dana', groups => ['dba']);
our $coder = JSON::PP->new->canonical->utf8;
our $dir = Hoop::Daemon::temp_dir('login');

sub file {
    my ($name, $text, $mode) = @_;

    open my $fh, '>', "$dir/$name" or die "$dir/$name: $!\n";
    print $fh $text;
    close $fh;
    chmod $mode // 0600, "$dir/$name";
}

file('secret', "s3:cr%t+\n");
file('other', 'other');
file('key', 'k' x 32);
file('another', 'l' x 32);
file('short', 'k' x 31);
file('open', 'k' x 32, 0644);
file('empty', "\n");
$ENV{TEST_NGINX_LOGIN_DIR} = "$dir";

# what an answer sets: name => value, '' where it is taken away
sub cookies {
    my ($res) = @_;

    return map { /^([^=]+)=([^;]*)/ ? ($1 => $2) : () }
           $res->{raw} =~ /^Set-Cookie: ([^\r]*)/mgi;
}

# the answer of the provider: where it sends the browser
sub at_provider {
    my ($url) = @_;

    my ($port, $path) = $url =~ m{^http://127\.0\.0\.1:(\d+)(/.*)} or die "$url\n";
    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port)
        or die "$!\n";
    print $sock "GET $path HTTP/1.0\r\nHost: 127.0.0.1:$port\r\n\r\n";
    local $/;
    my ($to) = (<$sock> // '') =~ /^Location: ([^\r]*)/mi;
    return $to // die "the provider does not send it back: $url\n";
}

# until the provider has answered: the path of the way back, and its cookie
sub begun {
    my ($at) = @_;

    my $res = ask(GET => ($at // '/console') . '/login');
    is($res->{status}, 303, 'to the provider');
    my %set = cookies($res);
    my ($name) = grep { /-pending$/ } keys %set;
    my $back = at_provider($res->{headers}{location});
    my ($path) = $back =~ m{^http://localhost(/.*)} or die "$back\n";
    return ($path, "Cookie: $name=$set{$name}");
}

sub signed_in {
    my ($at) = @_;

    my $res = ask(GET => begun($at));
    is($res->{status}, 303, 'and back');
    is($res->{headers}{location}, ($at // '/console') . '/', 'to the page');
    my %set = cookies($res);
    my ($name) = grep { !/-pending$/ } keys %set;
    return defined $name ? "Cookie: $name=$set{$name}" : '';
}

# of that type, and with these members
sub events {
    my ($type, %with) = @_;

    my @all = grep { $_->{type} eq $type }
              Hoop::Spool::events($ENV{TEST_NGINX_SPOOL});

    return grep {
        my $e = $_;
        !grep { ($e->{$_} // '') ne $with{$_} } keys %with;
    } @all;
}

sub session { return ask(GET => '/console/session', @_) }

# an approval that waits
sub pending {
    my $id = ask(POST => '/p/x' . int rand 1e9, $agent)->{json}{approval}
        or die "nothing is pending\n";
    return $id;
}

sub vote {
    my ($id, @headers) = @_;

    return ask(POST => "/hoop/approvals/$id/approve", [@headers])->{status};
}

# it leads back to the page, with that word, and nobody is signed in
sub fails {
    my ($word, $name, @back) = @_;

    @back = begun() if !@back;
    my $res = ask(GET => @back);
    is($res->{headers}{location}, "/console/#login=$word", $name);
    my %set = cookies($res);
    is(scalar(grep { !/-pending/ } keys %set), 0, 'no session');
    return $res;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $redis->command('FLUSHALL');
    $_->reset, $_->mode, $_->control(keys => 'rsa,ec,ed25519', fail => '')
        for $idp, $post, $public, $pair;

    $block->set_value('http_config', ($block->more_http // '') . <<'END')
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_login people {
    issuer provider;
    client_id "con sole";
    client_secret_file $TEST_NGINX_LOGIN_DIR/secret;
    scope groups "offline_access";
    claim dept;
}
hoop_login post {
    issuer post;
    client_id console;
    client_secret_file $TEST_NGINX_LOGIN_DIR/other;
    lifetime 1h;
    key_file $TEST_NGINX_LOGIN_DIR/key;
}
hoop_login public {
    issuer public;
    client_id console;
}
hoop_issuer provider {
    issuer http://127.0.0.1:$TEST_NGINX_IDP_PORT;
    audience hoop;
    jwks_pause 50ms;
}
hoop_issuer post {
    issuer http://127.0.0.1:$TEST_NGINX_POSTIDP_PORT;
    audience hoop;
}
hoop_issuer public {
    issuer http://127.0.0.1:$TEST_NGINX_PUBLICIDP_PORT;
    audience hoop;
}
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
END
        if !defined $block->http_config;

    $block->set_value('config', <<'END') if !defined $block->config;
hoop_fetch /_fetch;
location = /_fetch {
    internal;
    proxy_pass $hoop_fetch_url;
}
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_target crm;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /hoop/ {
    hoop_api login=people;
}
location /console/ {
    hoop_console login=people;
}
location /post/ {
    hoop_console login=post;
}
location /public/ {
    hoop_console login=public;
}
location /apipost/ {
    hoop_api login=post;
}
location /proof/ {
    hoop_proof required;
    hoop_api login=people;
}
location /revoke/ {
    hoop_revocation ttl=0;
    hoop_api login=people;
}
location /scope/ {
    hoop_scope approve;
    hoop_api login=people;
}
location /cookie/ {
    hoop on;
    hoop_bearer cookie=__Host-hoop-people;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "crm", "rules": [
    { "id": "ask", "effect": "review", "reason": "needs a human",
      "match": { "request": { "path": "/p/**" } },
      "review": { "approvers": ["dba"] } } ] }
END

    if (defined $block->emerg) {
        $block->set_value('must_die', '');
        $block->set_value('error_log', $block->emerg);
        $block->set_value('no_error_log', '[alert]');
        return;
    }

    $block->set_value('request', 'GET /console/session')
        if !defined $block->request;
    $block->set_value('error_code', 401) if !defined $block->error_code;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\ns3:cr\nhoop1.\n"
                      . "eyJ\ncode=\nstate=")
        if !defined $block->no_error_log;
});

Hoop::Client->steps;
Hoop::Spool->install;

log_level('info');
master_on();
workers(2);
no_long_string();
run_tests();

__DATA__

=== TEST 1: there and back, and a vote
--- steps
$idp->mode(claims => { sub => 'dana', groups => ['dba'], dept => 'x',
                       picture => 'https://x' });
my $res = ask(GET => '/console/login');
is($res->{status}, 303, 'to the provider');
like($res->{raw}, qr/^Set-Cookie: __Host-hoop-people-pending=[-\w]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600\r$/m, 'what is pending is a cookie');
is($res->{headers}{'cache-control'}, 'no-store', 'not stored');
my $url = $res->{headers}{location};
like($url, qr{/authorize\?response_type=code&client_id=con%20sole&redirect_uri=http%3A%2F%2Flocalhost%2Fconsole%2Fcallback&scope=openid%20groups%20offline_access&state=[-\w]{43}&nonce=[-\w]{43}&code_challenge=[-\w]{43}&code_challenge_method=S256$}, 'the question');
my %set = cookies($res);
my ($path) = at_provider($url) =~ m{^http://localhost(/.*)};
$res = ask(GET => $path, "Cookie: a=b; __Host-hoop-people-pending="
                         . $set{'__Host-hoop-people-pending'});
is($res->{status}, 303, 'and back');
is($res->{headers}{location}, '/console/', 'to the page');
like($res->{raw}, qr/^Set-Cookie: __Host-hoop-people-pending=; .*Max-Age=0\r$/m, 'nothing is pending any more');
like($res->{raw}, qr/^Set-Cookie: __Host-hoop-people=hoop1\.[-\w]+; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=28800\r$/m, 'the session');
like($res->{headers}{'hoop-session'} // '', qr/^hs_/, 'it has a session in the evidence');
%set = cookies($res);
my $cookie = "Cookie: __Host-hoop-people=$set{'__Host-hoop-people'}";
$res = session($cookie);
is($res->{status}, 200, 'it holds');
is($res->{json}{sub}, 'dana', 'of dana');
is($res->{headers}{'cache-control'}, 'no-store', 'not stored');
cmp_ok(abs($res->{json}{expires} - time - 8 * 3600), '<', 10, 'for eight hours');
my $csrf = $res->{json}{csrf};
my $id = pending();
$res = ask(GET => "/hoop/approvals/$id", $cookie);
is($res->{status}, 200, 'she may look');
is($res->{json}{id}, $id, 'at it');
is(vote($id, $cookie), 403, 'no vote without the token of the page');
is(vote($id, $cookie, "Hoop-Csrf: " . 'x' x 43), 403, 'nor with another');
is(vote($id, $cookie, "Hoop-Csrf: $csrf", 'Sec-Fetch-Site: same-site'), 403,
   'nor for a page of another host');
is(vote($id, $cookie, "Hoop-Csrf: $csrf", $dana), 400, 'nor with two identities');
is(vote($id, $cookie, "Hoop-Csrf: $csrf", 'Sec-Fetch-Site: same-origin'), 200,
   'with it');
is(ask(GET => "/hoop/approvals/$id", $dana)->{json}{votes_by}[0]{by}{sub} // 'dana',
   'dana', 'it is her vote');
my ($event) = events('approval', vote => 'approve', outcome => 'counted');
is($event->{identity}{sub}, 'dana', 'and in the evidence');
like($event->{identity}{iss}, qr{^http://127}, 'of the provider');
($event) = events('login', outcome => 'signed_in');
ok($event, 'the sign-in is, too');
is($event->{identity}{sub}, 'dana', 'of whom');
is($event->{login}, 'people', 'by what');
is($event->{source}, '127.0.0.1', 'from where');
is(ask(POST => '/console/logout', $cookie)->{status}, 403, 'out: not for others');
is(ask(POST => '/console/logout', [$cookie, "Hoop-Csrf: $csrf",
                                   'Sec-Fetch-Site: cross-site'])->{status}, 403,
   'in no way');
$res = ask(POST => '/console/logout', [$cookie, "Hoop-Csrf: $csrf"]);
is($res->{status}, 204, 'signed out');
like($res->{raw}, qr/^Set-Cookie: __Host-hoop-people=; .*Max-Age=0\r$/m, 'the cookie goes');
is(scalar events('login', outcome => 'signed_out'), 1, 'which is in the evidence');
is(ask(POST => '/console/logout')->{status}, 204, 'and nobody is, at once');

my $seen = '';
for my $file ("$ENV{TEST_NGINX_SERVER_ROOT}/logs/access.log") {
    open my $fh, '<', $file or die "$file: $!\n";
    local $/;
    $seen .= <$fh>;
}
like($seen, qr{GET /console/callback}, 'the way back is in the access log');
unlike($seen, qr/code=|state=|hoop1\./, 'but nothing that it brought');
--- no_event_text
hoop1.
code=
state=
s3:cr
eyJ



=== TEST 2: the other ways to be a client
--- steps
for my $at (qw( /post /public )) {
    my $cookie = signed_in($at);
    like($cookie, qr/hoop1/, "$at: a session");
    my $res = ask(GET => "$at/session", $cookie);
    is($res->{json}{sub}, 'dana', "$at: of dana");
}
my $cookie = signed_in('/post');
is(ask(GET => '/apipost/approvals', $cookie)->{status}, 200, 'good at its API');
is(ask(GET => '/hoop/approvals', $cookie)->{status}, 401, 'and no other');
$cookie =~ s/hoop-post=/hoop-people=/;
is(ask(GET => '/hoop/approvals', $cookie)->{status}, 401, 'by no other name');
is(session($cookie)->{status}, 401, 'nor at another page');



=== TEST 3: a session is no token, and a token no session
--- steps
my $cookie = signed_in();
my ($value) = $cookie =~ /=(.*)/;
is(ask(GET => '/cookie/x', $cookie)->{status}, 401, 'elsewhere it is nothing');
is(ask(GET => '/p/x', "Authorization: Bearer $value")->{status}, 401, 'nor as a token');
is(ask(GET => '/hoop/approvals', "Authorization: Bearer $value")->{status}, 401,
   'nor there');
my ($token) = $dana =~ /Bearer (\S+)/;
is(ask(GET => '/hoop/approvals', "Cookie: __Host-hoop-people=$token")->{status},
   401, 'a token is none in the cookie');
is(session("Cookie: __Host-hoop-people=$token")->{status}, 401, 'and no session');
is(ask(GET => '/hoop/approvals', $dana)->{status}, 200, 'tokens are as before');
is(ask(GET => '/proof/approvals', $cookie)->{status}, 401, 'it proves nothing');
is(ask(GET => '/scope/approvals', $cookie)->{status}, 403, 'it has its scopes');
is(ask(GET => '/hoop/approvals', "$cookie; __Host-hoop-people=x")->{status}, 400,
   'two are too many');



=== TEST 4: who is revoked is out
--- steps
my $cookie = signed_in();
is(ask(GET => '/revoke/approvals', $cookie)->{status}, 200, 'in');
is(system("build/hoopctl revoke --redis unix:$ENV{TEST_NGINX_REDIS_SOCKET}"
          . " --issuer provider --sub dana >/dev/null"), 0, 'revoked');
is(ask(GET => '/revoke/approvals', $cookie)->{status}, 401, 'out');



=== TEST 5: what was changed does not open
--- steps
my $cookie = signed_in();
my ($name, $value) = $cookie =~ /^Cookie: ([^=]+)=hoop1\.(.*)/;
for my $at (0, 5, 20, 60, length($value) - 2) {
    my $changed = $value;
    substr($changed, $at, 1) = substr($changed, $at, 1) eq 'A' ? 'B' : 'A';
    is(session("Cookie: $name=hoop1.$changed")->{status}, 401, "byte $at");
}
for my $other ('', 'hoop1.', 'hoop1.AA', "hoop1.$value=", "hoop1.${value}A",
               "hoop2.$value", $value, 'hoop1.' . 'A' x 5000,
               'hoop1.' . substr($value, 0, 30))
{
    is(session("Cookie: $name=$other")->{status}, 401,
       'not ' . substr $other, 0, 12);
    isnt(ask(GET => '/hoop/approvals', "Cookie: $name=$other")->{status}, 200,
         'nor there');
}



=== TEST 6: the way back is only for who has begun it
--- steps
my ($path, $cookie) = begun();
my ($other, $others) = begun();
fails('begin', 'no cookie', $path);
fails('begin', 'a cookie of something else', $path,
      $cookie =~ s/pending=...../pending=AAAAA/r);
fails('failed', 'of another', $path, $others);
fails('failed', 'no state', $path =~ s/state=/stat=/r, $cookie);
fails('failed', 'two of them', "$path&state=x", $cookie);
fails('failed', 'two codes', "$path&code=x", $cookie);
fails('failed', 'no code', $path =~ s/code=/cod=/r, $cookie);
fails('failed', 'no issuer', $path =~ s/iss=/is=/r, $cookie);
fails('failed', 'another issuer', $path =~ s/iss=http/iss=https/r, $cookie);
my $res = ask(GET => $path, $cookie);
is($res->{headers}{location}, '/console/', 'and it can still be ended');
fails('failed', 'once', $path, $cookie);
is(scalar(grep { $_->{outcome} eq 'refused' } events('login')), 8,
   'each is in the evidence, but for what was never begun');



=== TEST 7: the provider says no
--- steps
$idp->mode(authorize => 'denied');
fails('denied', 'it does');
my ($event) = events('login');
is($event->{outcome}, 'refused', 'in the evidence');
is($event->{reason}, 'the provider answers with the error "access_denied"', 'why');
ok(!exists $event->{identity}, 'of nobody');



=== TEST 8: ID Tokens that are none
--- steps
my $now = time;
my %bad = (
    'another client' => { claims => { aud => 'hoop' } },
    'of several' => { claims => { aud => ['con sole', 'hoop'] } },
    'another party' => { claims => { azp => 'hoop' } },
    'another issuer' => { claims => { iss => 'https://idp.test' } },
    'another nonce' => { claims => { nonce => 'x' x 43 } },
    'no nonce' => { claims => { nonce => undef } },
    'it is over' => { claims => { exp => $now - 3600 } },
    'no end' => { claims => { exp => undef } },
    'no beginning' => { claims => { iat => undef } },
    'in the future' => { claims => { iat => $now + 3600 } },
    'nobody' => { claims => { sub => undef } },
    'an empty one' => { claims => { sub => '' } },
    'acting' => { claims => { act => { sub => 'x' } } },
    'bound' => { claims => { cnf => { jkt => 'x' } } },
    'an access token' => { sign => { -header => { typ => 'at+jwt' } } },
    'none' => { sign => { -alg => 'none' } },
    'not signed by it' => { sign => { -key => 'rsa2', -kid => 'rsa' } },
    'nothing' => { token => '{"id_token":"x"}' },
    'empty' => { token => '{"id_token":""}' },
    'no token' => { token => '{"access_token":"x"}' },
    'a list' => { token => '[]' },
    'no JSON' => { token => "<html>" },
    'an error' => { token => '{"error":"invalid_grant"}', status => 400 },
    'an error with text' => { token => '{"error":"a\u000ab\"<"}', status => 400 },
    'it fails' => { token => '{"id_token":"x"}', status => 404 },
);
for my $name (sort keys %bad) {
    $idp->mode(%{ $bad{$name} });
    fails('failed', $name);
}
$idp->mode(token => 'oops', status => 502);
fails('unavailable', 'a gateway that fails');
$idp->mode(claims => { azp => 'con sole', aud => ['con sole', 'hoop'] });
like(signed_in(), qr/hoop1/, 'and one that is good');



=== TEST 9: more groups than a cookie holds
--- steps
$idp->mode(claims => { groups => [map { "group-$_-" . 'x' x 30 } 1 .. 200] });
fails('large', 'too many');
$idp->mode(claims => { groups => [map { "group-$_-" . 'x' x 30 } 1 .. 50],
                       other => 'x' x 4000 });
my $cookie = signed_in();
like($cookie, qr/hoop1/, 'fifty are not, nor is what nobody needs');
cmp_ok(length $cookie, '<', 4096, 'as browsers want it');
is(session($cookie)->{status}, 200, 'and it is read');



=== TEST 10: a provider that is not there
--- steps
$idp->control(fail => 500);
my $res = ask(GET => '/console/login');
is($res->{headers}{location}, '/console/#login=unavailable', 'it fails');
$idp->control(fail => 'close');
$res = ask(GET => '/console/login');
is($res->{headers}{location}, '/console/#login=unavailable', 'it hangs up');
$idp->control(fail => 'garbage');
$res = ask(GET => '/console/login');
is($res->{headers}{location}, '/console/#login=unavailable', 'it is no JSON');
$idp->control(fail => '');
soon { ask(GET => begun())->{headers}{location} eq '/console/' } 'and it is there';
--- error_log
the discovery document



=== TEST 11: the browser goes away while the provider thinks
--- steps
$idp->control(delay => 0.3);
my $gone = begin(GET => '/console/login');
soon { grep { $_->{uri} =~ /openid-configuration/ } $idp->requests } 'it is asked';
hang_up($gone);
$idp->control(delay => 0);
like(signed_in(), qr/hoop1/, 'the next comes in');



=== TEST 12: new keys
--- steps
signed_in();
$idp->control(keys => 'rsa,ec,ed25519,rsa2');
select undef, undef, undef, 0.06;
$idp->mode(sign => { -key => 'rsa2' });
like(signed_in(), qr/hoop1/, 'are fetched');



=== TEST 13: methods
--- steps
is(ask(POST => '/console/login', '', '')->{status}, 405, 'login');
is(ask(POST => '/console/session', '', '')->{status}, 405, 'session');
is(ask(POST => '/console/callback', '', 'code=x')->{status}, 405, 'callback');
my $res = ask(GET => '/console/logout');
is($res->{status}, 405, 'logout');
is($res->{headers}{allow}, 'POST', 'which wants POST');
is(ask(GET => '/console/loginx')->{status}, 404, 'and no others');
is(ask(GET => '/console/')->{status}, 200, 'the page is for all');



=== TEST 14: where clients are, behind another proxy
--- config
hoop_fetch /_fetch;
hoop_origin https://gw.example:8443;
location = /_fetch {
    internal;
    proxy_pass $hoop_fetch_url;
}
location /hoop/ {
    hoop_api login=people;
}
location /console/ {
    hoop_console login=people;
}
--- steps
my $res = ask(GET => '/console/login');
like($res->{headers}{location}, qr{redirect_uri=https%3A%2F%2Fgw\.example%3A8443%2Fconsole%2Fcallback&}, 'they come back there');



=== TEST 15: a session ends
--- more_http
hoop_login short {
    issuer public;
    client_id console;
    lifetime 1m;
}
--- config
hoop_fetch /_fetch;
location = /_fetch {
    internal;
    proxy_pass $hoop_fetch_url;
}
location /hoop/ {
    hoop_api login=short;
}
location /console/ {
    hoop_console login=short;
}
--- steps
my $cookie = signed_in();
my $res = session($cookie);
cmp_ok($res->{json}{expires} - time, '<=', 60, 'after a minute');
is(ask(GET => '/hoop/approvals', $cookie)->{status}, 200, 'not before');



=== TEST 16: through a reload, and, with a key of its own, at another nginx
--- steps
my $cookie = signed_in();
my %old = map { $_ => 1 } nginx_workers();
kill HUP => nginx_pid();
soon { my @now = nginx_workers(); @now && !grep { $old{$_} } @now } 'reloaded', 10;
is(session($cookie)->{status}, 200, 'it holds');
$cookie = signed_in('/post');
my $gw = Hoop::Gateway->new(main => <<'END', http => <<'END');
hoop_audit $SPOOL gateway=u sync=off;
hoop_redis redis://127.0.0.1:$TEST_NGINX_REDIS_PORT;
hoop_login post {
    issuer post;
    client_id console;
    key_file $TEST_NGINX_LOGIN_DIR/key;
}
hoop_login people {
    issuer post;
    client_id console;
    key_file $TEST_NGINX_LOGIN_DIR/another;
}
hoop_issuer post {
    issuer http://127.0.0.1:$TEST_NGINX_POSTIDP_PORT;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
END
location /hoop/ { hoop_api login=post; }
location /other/ { hoop_api login=people; }
END
my $get = sub {
    my ($path, $header) = @_;
    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => $gw->port) or die "$!\n";
    print $sock "GET $path HTTP/1.0\r\nHost: localhost\r\n$header\r\n\r\n";
    local $/;
    return (<$sock> // '') =~ m{^HTTP/1.1 (\d+)} ? $1 : 0;
};
is($get->('/hoop/approvals', $cookie), 200, 'with the same key');
is($get->('/other/approvals', $cookie =~ s/hoop-post/hoop-people/r), 401,
   'not with another');



=== TEST 17: nobody is let in without evidence
--- post_setup_server_root
for my $slot (0 .. 5) {
    open my $fh, '>', "$ENV{TEST_NGINX_SPOOL}/$slot" or die $!;
    print $fh "in the way\n";
}
--- steps
fails('unavailable', 'refused');
--- no_error_log eval
[qr/\[alert\](?!.*no audit spool)/, qr/\[crit\](?!.*hoop audit: )/, '[emerg]',
 'eyJ']
--- no_spool_check



=== TEST 18: where a person has another name for each client
--- more_http
hoop_issuer pair {
    issuer http://127.0.0.1:$TEST_NGINX_PAIRIDP_PORT;
    audience hoop;
}
hoop_login pair {
    issuer pair;
    client_id console;
}
--- config
hoop_fetch /_fetch;
location = /_fetch {
    internal;
    proxy_pass $hoop_fetch_url;
}
location /hoop/ {
    hoop_api login=pair;
}
location /console/ {
    hoop_console login=pair;
}
--- steps
is(ask(GET => '/console/login')->{headers}{location},
   '/console/#login=unavailable', 'nobody signs in by it');
--- error_log
client_id has to be an audience of the hoop_issuer



=== TEST 19: unless both are the same
--- more_http
hoop_issuer pair {
    issuer http://127.0.0.1:$TEST_NGINX_PAIRIDP_PORT;
    audience hoop api://console;
}
hoop_login pair {
    issuer pair;
    client_id console;
}
--- config
hoop_fetch /_fetch;
location = /_fetch {
    internal;
    proxy_pass $hoop_fetch_url;
}
location /hoop/ {
    hoop_api login=pair;
}
location /console/ {
    hoop_console login=pair;
}
--- steps
like(signed_in(), qr/hoop1/, 'there');



=== TEST 20: a name that is not there
--- config
location /console/ {
    hoop_console api=/hoop/ login=nobody;
}
--- emerg
unknown hoop_login "nobody" in



=== TEST 21: an issuer that is not there
--- http_config
hoop_login people { issuer nobody; client_id x; }
--- config
location /console/ {
    hoop_console api=/hoop/ login=people;
}
--- emerg
hoop_login "people" names the issuer "nobody", wanted a hoop_issuer



=== TEST 22: nothing to fetch by
--- config
location /console/ {
    hoop_console api=/hoop/ login=people;
}
--- emerg
"hoop_console" with login=people needs a "hoop_fetch"



=== TEST 23: no issuer
--- http_config
hoop_login people { client_id x; }
--- emerg
hoop_login "people" has no "issuer"



=== TEST 24: no client
--- http_config
hoop_login people { issuer x; }
--- emerg
hoop_login "people" has no "client_id"



=== TEST 25: a short key
--- http_config
hoop_login people { issuer x; client_id x; key_file $TEST_NGINX_LOGIN_DIR/short; }
--- emerg
names a file of less than 32 bytes, wanted random ones



=== TEST 26: a key for all to read
--- http_config
hoop_login people { issuer x; client_id x; key_file $TEST_NGINX_LOGIN_DIR/open; }
--- emerg
has mode 0644



=== TEST 27: an empty secret
--- http_config
hoop_login people { issuer x; client_id x; client_secret_file $TEST_NGINX_LOGIN_DIR/empty; }
--- emerg
names a file that is empty



=== TEST 28: too long
--- http_config
hoop_login people { issuer x; client_id x; lifetime 8d; }
--- emerg
is no time of 1m to 7d



=== TEST 29: an unknown word
--- http_config
hoop_login people { redirect x; }
--- emerg
unknown directive "redirect" in hoop_login, wanted issuer, client_id



=== TEST 30: twice
--- http_config
hoop_login people { issuer x; client_id x; }
hoop_login people { issuer x; client_id x; }
--- emerg
duplicate hoop_login "people"



=== TEST 31: a name that is no cookie's
--- http_config
hoop_login "a b" { issuer x; client_id x; }
--- emerg
hoop_login "a b", wanted a name of at most 32 letters, digits



=== TEST 32: a page that nobody could reach
--- config
hoop_fetch /_fetch;
location /console/ {
    hoop on;
    hoop_console api=/hoop/ login=people;
}
--- emerg
"hoop_console" with login=people in a location that "hoop" protects
