# Copyright (C) ngx_hoop_module authors
#
# Signing in at the page for approvers by an OpenID provider, in a real browser:
# by TLS, with cookies as the browser keeps them.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Browser;
use Hoop::Client;
use Hoop::Proof;
use Hoop::Provider;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use Test::More;

our $browser = Hoop::Browser->new(args => ['--ignore-certificate-errors']);

plan(skip_all => 'there is no chromium with a chromedriver') if !$browser;

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });
our $redis = Hoop::Redis->new;
our $idp = Hoop::Provider->new(client => 'console', secret => 's3cret');
our $agent = bearer(sub => 'alice');
our $dir = Hoop::Daemon::temp_dir('login');

open my $secret, '>', "$dir/secret" or die "$dir: $!\n";
print $secret 's3cret';
close $secret;
chmod 0600, "$dir/secret";
$ENV{TEST_NGINX_LOGIN_DIR} = "$dir";
$ENV{TEST_NGINX_TLS_PORT} = Hoop::Daemon::free_port();
$ENV{TEST_NGINX_SERVER_CERT} = certificate('server')->{cert};
$ENV{TEST_NGINX_SERVER_KEY} = certificate('server')->{key};

sub url { "https://localhost:$ENV{TEST_NGINX_TLS_PORT}/console/" . ($_[0] // '') }

sub text { $browser->run('const n = document.querySelector(arguments[0]);'
                         . ' return n && n.innerText', $_[0]) }

sub shows {
    my ($css, $text, $name) = @_;

    ok($browser->until('return [...document.querySelectorAll(arguments[0])]'
                       . '.some((n) => !n.hidden && n.innerText.includes('
                       . 'arguments[1]))', 15, $css, $text),
       $name // "$css: $text") or diag 'there is: ' . (text($css) // 'nothing');
}

sub open_page {
    $browser->go('about:blank');
    $browser->go(url(@_));
}

# from the link to the list
sub sign_in {
    open_page(@_);
    ok($browser->until('return !document.getElementById("signin-link-line")'
                       . '.hidden'), 'a link to sign in by');
    $browser->click('#signin-link');
    ok($browser->until('return location.port == arguments[0]'
                       . ' && !document.getElementById("work").hidden', 15,
                       $ENV{TEST_NGINX_TLS_PORT}), 'signed in');
}

# that a request waits for, and its id
sub pending {
    return ask(POST => '/p/x', $agent)->{json}{approval} // die "none waits\n";
}

END { $browser->quit if $browser }

add_block_preprocessor(sub {
    my ($block) = @_;

    $redis->command('FLUSHALL');
    $idp->mode;

    $block->set_value('http_config', <<'END');
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_login people {
    issuer provider;
    client_id console;
    client_secret_file $TEST_NGINX_LOGIN_DIR/secret;
}
hoop_issuer provider {
    issuer http://127.0.0.1:$TEST_NGINX_IDP_PORT;
    audience hoop;
}
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
END

    $block->set_value('config', <<'END');
listen 127.0.0.1:$TEST_NGINX_TLS_PORT ssl http2;
ssl_certificate $TEST_NGINX_SERVER_CERT;
ssl_certificate_key $TEST_NGINX_SERVER_KEY;
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
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "crm", "rules": [
    { "id": "ask", "effect": "review", "reason": "needs a human",
      "match": { "request": { "path": "/p/**" } },
      "review": { "approvers": ["dba"] } } ] }
END

    $block->set_value('request', 'GET /console/session');
    $block->set_value('error_code', 401);
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\n[error]");
});

Hoop::Client->steps;
Hoop::Spool->install;

log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: in, a vote, a new page, and out
--- steps
my $id = pending();
sign_in();
shows('#items', '/p/x', 'what waits');
is($browser->run('return location.hash'), '', 'nothing is left in the address');
is($browser->run('return document.cookie'), '', 'no script sees the cookie');
$browser->click('#items a');
shows('#detail', 'needs a human');
$browser->click('#approve');
$browser->click('#confirm-yes');
shows('#status', 'It is approved.');
is(ask(POST => '/p/x', $agent)->{status}, 200, 'it passes');
open_page();
ok($browser->until('return !document.getElementById("work").hidden', 15),
   'a new page knows who it is');
$browser->click('#sign-out');
shows('#status', 'You are signed out.');
open_page();
ok($browser->until('return !document.getElementById("signin-link-line")'
                   . '.hidden'), 'which the next page knows, too');
ok(!$browser->run('return document.getElementById("signin-form").hidden ? 0 : 1'),
   'and it asks for no token');



=== TEST 2: a link to an approval leads there, by way of the provider
--- steps
my $id = pending();
sign_in("#$id");
shows('#detail', 'needs a human');
is($browser->run('return location.hash'), "#$id", 'that is its address');
$browser->click('#sign-out');
shows('#status', 'You are signed out.');



=== TEST 3: the provider says no
--- steps
$idp->mode(authorize => 'denied');
open_page();
$browser->until('return !document.getElementById("signin-link-line").hidden');
$browser->click('#signin-link');
shows('#status', 'your organisation said no');
is($browser->run('return location.hash'), '', 'once');



=== TEST 4: who has no right has none
--- steps
$idp->mode(claims => { sub => 'eve', groups => [] });
my $id = pending();
sign_in("#$id");
shows('#detail', 'needs a human');
$browser->click('#approve');
$browser->click('#confirm-yes');
shows('#status', 'not an approver of this rule');
$browser->click('#sign-out');
shows('#status', 'You are signed out.');
