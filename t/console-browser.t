# Copyright (C) ngx_hoop_module authors
#
# The page for approvers in a real browser: what it shows, what it lets a human
# do, and what hostile data does to it.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Browser;
use Hoop::Client;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use JSON::PP ();
use Test::More;

our $browser = Hoop::Browser->new;

plan(skip_all => 'there is no chromium with a chromedriver') if !$browser;

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });
our $redis = Hoop::Redis->new;
our %who = (
    agent => bearer(sub => 'alice', act => { sub => 'executor-7' }),
    dana  => bearer(sub => 'dana', groups => ['dba']),
    alice => bearer(sub => 'alice', groups => ['dba']),
);
our $coder = JSON::PP->new->canonical->utf8;

sub agent {
    my ($method, $uri, $body, @more) = @_;

    return ask($method, $uri, [$who{agent}, 'Content-Type: application/json',
                               @more], $body);
}

sub bearer_of { my ($token) = $who{ $_[0] } =~ /Bearer (\S+)/i; $token }

# a page of its own each time
sub sign_in {
    my ($who, $hash) = @_;

    my $port = Test::Nginx::Util::server_port_for_client();

    $browser->go('about:blank');
    $browser->said;
    $browser->go("http://127.0.0.1:$port/console/" . ($hash // ''));
    $browser->until('return !document.getElementById("signin-form").hidden')
        or die "no form to sign in by\n";
    $browser->run('document.getElementById("token").value = arguments[0]',
                  bearer_of($who));
    $browser->click('#signin-form button');
    $browser->until('return !document.getElementById("work").hidden')
        or die "not signed in\n";
}

sub text { $browser->run('const n = document.querySelector(arguments[0]);'
                         . ' return n && n.innerText', $_[0]) }

# until that text is in what the selector finds
sub shows {
    my ($css, $text, $name) = @_;

    my $found = $browser->until('return [...document.querySelectorAll('
        . 'arguments[0])].some((n) => n.innerText.includes(arguments[1]))', 5,
        $css, $text);
    ok($found, $name // "$css: $text")
        or diag 'there is: ' . (text($css) // 'nothing');
}

sub quiet {
    my @said = grep { !/favicon|status of (?:4\d\d|503)|the server responded/ }
               $browser->said;

    is(scalar @said, 0, 'the browser has nothing to complain about')
        or diag CORE::join "\n", @said;
}

END { $browser->quit if $browser }

add_block_preprocessor(sub {
    my ($block) = @_;

    $browser->go('about:blank');
    $redis->command('FLUSHALL');
    $upstream->reset;

    $block->set_value('http_config', <<'END');
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_redis unix:$TEST_NGINX_REDIS_SOCKET;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
END

    $block->set_value('config', <<'END');
location /p/ {
    hoop on;
    hoop_approval wait=20s;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_target crm;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /hoop/ {
    hoop_plan on approver=dba;
    hoop_api;
}
location /console/ {
    hoop_console;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "crm", "rules": [
    { "id": "why", "effect": "review", "reason": "wants a reason",
      "match": { "request": { "path": "/p/why/**" } },
      "review": { "approvers": ["dba"], "reason": "required" } },
    { "id": "run", "effect": "review", "reason": "in a run",
      "match": { "request": { "path": "/p/run/**" } },
      "review": { "approvers": ["dba"], "scope": "run", "valid": "10m" } },
    { "id": "delete", "effect": "review", "reason": "needs a human",
      "match": { "request": { "path": "/p/**" } },
      "review": { "approvers": ["dba"] } } ] }
END

    $block->set_value('request', 'GET /hoop/approvals');
    $block->set_value('more_headers', $who{dana});
    $block->set_value('response_body_like', '"approvals"');
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\n[error]");
});

Hoop::Client->steps;
Hoop::Spool->install;

no_long_string();
run_tests();

__DATA__

=== TEST 1: a request appears, is read, and approved
--- steps
sign_in('dana');
shows('#empty', 'Nobody waits for you.');

my $held = begin(POST => '/p/customers?all=1', [$who{agent},
                 'Content-Type: application/json', 'Hoop-Run: cleanup-2031'],
                 '{"id":7,"ssn":"219-09-9999"}');
shows('#items .what', 'POST /p/customers?all=1', 'it appears by itself');
shows('#items .who', 'executor-7 for alice', 'with who asks, for whom');
is($browser->run('return document.title'), '(1) Approvals', 'in the title');

$browser->click('#items a');
shows('#detail-title', 'POST /p/customers?all=1', 'it opens');
shows('#facts', 'executor-7 (https://idp.test) on behalf of alice',
      'the whole chain');
shows('#facts', 'needs a human (rule delete)', 'why the rule asks');
shows('#facts', 'this request, once', 'what it lets through');
shows('#facts', 'cleanup-2031', 'the run');
shows('#facts', '0 of 1 needed, by members of dba', 'the votes');
shows('#facts pre', '"id": 7', 'the body, made readable');
unlike(text('#facts'), qr/219-09-9999/, 'masked');
shows('[data-until]', 'min', 'and the time that is left');

$browser->type('#reason', 'ticket 12');
shows('#reason-left', '191 characters left', 'they are counted');
$browser->click('#approve');
shows('#confirm', 'executor-7 on behalf of alice', 'it asks once more');
$browser->click('#confirm-yes');
shows('#status', 'It is approved.', 'and says what became of it');
like(finish($held, 5)->{body}, qr/reached/, 'the request goes through');
shows('#empty', 'Nobody waits for you.', 'nothing is left');
shows('#facts .badge', 'consumed', 'it was used, as the page says itself');
shows('#decided', 'dana: ticket 12', 'by whom it was approved');
quiet();
--- events
{"type":"approval","vote":"approve","outcome":"counted","reason":"ticket 12"}



=== TEST 2: denied, by keys alone
--- steps
my $held = begin(DELETE => '/p/1', $who{agent});
sign_in('dana');
shows('#items .what', 'DELETE /p/1');
$browser->keys('j', "\x{E007}");
shows('#detail-title', 'DELETE /p/1', 'j and Enter');
is($browser->until('return document.activeElement.id === "detail-title"'), 1,
   'the focus is where the reader is');
$browser->keys('d');
is($browser->until('return document.activeElement.id === "reason"'), 1,
   'd: the reason');
$browser->keys(split //, 'no');
$browser->keys("\x{E004}", "\x{E004}", "\x{E007}");
shows('#confirm-title', 'Deny this?', 'Tab, Tab, Enter');
$browser->keys("\x{E007}");
my $res = finish($held, 5);
is("$res->{status} $res->{json}{detail}", '403 approval denied: no', 'denied');
$browser->keys("\x{E00C}");
is($browser->until('return location.hash === "#pending"'), 1, 'Esc: back');
$browser->keys('?');
is($browser->until('return document.getElementById("keys").open'), 1,
   '?: the keys');
quiet();



=== TEST 3: the requester itself is told that it may not
--- steps
my $id = agent(DELETE => '/p/1', undef, 'Prefer: respond-async')
         ->{json}{approval};
sign_in('alice', "#$id");
shows('#detail-title', 'DELETE /p/1', 'a link leads to it');
$browser->click('#approve');
$browser->click('#confirm-yes');
shows('#status', 'It did not work: the requester does not decide.');
is(ask(GET => "/hoop/approvals/$id", $who{dana})->{json}{state}, 'pending',
   'nothing has happened');



=== TEST 4: what is hostile is text
--- steps
my $hostile = '<img src=x onerror=alert(1)><script>alert(2)</script>'
    . "\x{202E}evil\x{2066}\x{200B}\x{0007}\x{1b}[31m\"'&amp;{{x}}\${x}";
my $res = agent(POST => '/p/x%3Cb%3E%E2%80%AE', $coder->encode({
    note => $hostile, long => 'x' x 5000, "<b>$hostile" => 1 }),
    'Prefer: respond-async', 'Hoop-Run: <script>alert(3)</script>');
my $id = $res->{json}{approval};
sign_in('dana');
shows('#items .what', 'POST /p/x%3Cb%3E%E2%80%AE', 'an address as it is sent');
$browser->click('#items a');
shows('#facts pre', '<img src=x onerror=alert(1)>', 'markup in a body');
shows('#facts pre .ctl', 'U+202E', 'what turns it');
shows('#facts', '<script>alert(3)</script>', 'a run');
is($browser->run('return document.querySelectorAll("#work img, #work script,'
                 . ' #work b").length'), 0, 'none of it is an element');
is($browser->run('return document.documentElement.scrollWidth'
                 . ' <= window.innerWidth'), 1, 'nothing is wider than the page');
quiet();



=== TEST 5: a reason that is required; scope; what is like it
--- steps
my $id = agent(POST => '/p/why/1', '{"amount":1,"to":"x"}',
               'Prefer: respond-async')->{json}{approval};
is(ask(POST => "/hoop/approvals/$id/approve", $who{dana},
       '{"reason":"fine"}')->{status}, 200, 'one is approved');
$id = agent(POST => '/p/why/1', '{"amount":2,"to":"x"}',
            'Prefer: respond-async')->{json}{approval};
sign_in('dana', "#$id");
shows('#reason-needed', 'required', 'it wants a reason');
shows('#facts pre .del', '"amount": 1', 'what was approved before');
shows('#facts pre .add', '"amount": 2', 'and what is other now');
shows('#past', 'POST /p/why/1', 'what the same has asked before');
$browser->click('#approve');
shows('#status', 'This rule wants a reason.', 'not without');
is($browser->run('return document.getElementById("confirm").open'), 0,
   'it is not even asked');

$id = agent(POST => '/p/run/1', '{}', 'Prefer: respond-async', 'Hoop-Run: r1')
      ->{json}{approval};
$browser->run('location.hash = "#" + arguments[0]', $id);
shows('#facts', 'everything that this rule asks about in this run, for 10 min',
      'a scope is told');
quiet();



=== TEST 6: a plan
--- steps
my $res = ask(POST => '/hoop/plans', $who{agent}, $coder->encode({
    title => 'Clean up', run => 'r1', order => 'any', steps => [
        { purpose => 'look', method => 'GET', path => '/p/*' },
        { purpose => 'remove', method => 'DELETE', path => '/p/*',
          query => { force => '1' } } ] }));
is($res->{status}, 201, 'posted');
sign_in('dana');
shows('#items .what', 'Plan: Clean up');
$browser->click('#items a');
shows('#facts table', 'remove', 'its steps');
shows('#facts table', 'DELETE /p/*');
shows('#facts', 'In any order. Anything else in this run is refused.');
shows('#facts', 'each step once, within 1 h from your approval');
$browser->click('#approve');
$browser->click('#confirm-yes');
shows('#status', 'It is approved.');
quiet();



=== TEST 7: history; a token that is not accepted; signing out
--- steps
for my $n (1 .. 3) {
    my $id = agent(DELETE => "/p/$n", undef, 'Prefer: respond-async')
             ->{json}{approval};
    ask(POST => "/hoop/approvals/$id/deny", $who{dana});
}
sign_in('dana');
$browser->click('#nav-history');
shows('#items', "DELETE /p/$_") for 1 .. 3;
shows('#items .badge', 'denied', 'with what became of them');
$browser->click('#items a');
shows('#detail-title', 'DELETE /p/');
$browser->run('history.back()');
is($browser->until('return document.getElementById("detail").hidden'), 1,
   'back leads back');

$browser->click('#sign-out');
shows('#status', 'You are signed out.');
is($browser->run('return document.getElementById("token").value'), '',
   'the token is gone');
$browser->type('#token', 'not.a.token');
$browser->click('#signin-form button');
shows('#status', 'Your token is not accepted', 'another is not accepted');
is($browser->run('return Object.keys(localStorage).length'
                 . ' + Object.keys(sessionStorage).length'
                 . ' + document.cookie.length'), 0, 'nothing is stored');



=== TEST 8: for everybody: names, headings, contrast, width
--- steps
my $id = agent(POST => '/p/1', '{"a":1,"b":"text"}', 'Prefer: respond-async')
         ->{json}{approval};
my $check = <<'END';
const bad = [];

for (const n of document.querySelectorAll('a, button, textarea, [role=region]'))
{
    if (n.checkVisibility() && !(n.innerText.trim()
        || n.getAttribute('aria-label') || n.labels && n.labels.length))
    {
        bad.push('no name: ' + n.outerHTML.slice(0, 80));
    }
}

let level = 0;

for (const n of document.querySelectorAll('h1, h2, h3')) {
    if (n.checkVisibility()) {
        const l = Number(n.tagName[1]);

        if (l > level + 1) {
            bad.push('a level is left out: ' + n.innerText);
        }

        level = l;
    }
}

const rgb = (s) => (s.match(/[\d.]+/g) || []).map(Number);
const light = (c) => c.slice(0, 3).map((v) => v / 255).map((v) => v <= .03928
    ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) =>
    sum + v * [.2126, .7152, .0722][i], 0);

for (const n of document.querySelectorAll('body *')) {
    if (!n.checkVisibility() || n.disabled
        || ![...n.childNodes].some((c) => c.nodeType === 3 && c.data.trim()))
    {
        continue;
    }

    let at = n;
    let back = [0, 0, 0, 0];

    while (at && (back.length < 3 || back[3] === 0)) {
        back = rgb(getComputedStyle(at).backgroundColor);
        at = at.parentElement;
    }

    const pair = [light(rgb(getComputedStyle(n).color)), light(back)].sort();
    const ratio = (pair[1] + .05) / (pair[0] + .05);

    if (ratio < 4.5) {
        bad.push('contrast ' + ratio.toFixed(2) + ': ' + n.className + ' '
                 + n.innerText.slice(0, 40));
    }
}

if (document.documentElement.scrollWidth > window.innerWidth) {
    bad.push('too wide: ' + document.documentElement.scrollWidth);
}

return bad;
END

for my $case ([dark => 1200], [light => 1200], [light => 320]) {
    my ($colour, $width) = @$case;

    $browser->media(colour => $colour);
    $browser->size($width, 900);
    sign_in('dana', "#$id");
    shows('#detail-title', 'POST /p/1');
    is_deeply($browser->run($check), [], "$colour, $width wide");
    $browser->shot("$ENV{HOOP_SHOTS}/$colour-$width.png") if $ENV{HOOP_SHOTS};
}

$browser->cdp('Emulation.clearDeviceMetricsOverride');
is_deeply($browser->run('return performance.getEntries().map((e) => e.name)'
    . '.filter((n) => n.startsWith("http") && !n.startsWith(location.origin))'),
    [], 'nothing was asked of others');
quiet();
