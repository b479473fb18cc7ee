# Copyright (C) ngx_hoop_module authors
#
# Approvals are announced to webhooks: once each, signed, again where it fails,
# and with nothing in it that is nobody's business.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use Digest::SHA qw( hmac_sha256_hex );
use Hoop::Daemon qw( temp_dir wait_for );
use JSON::PP ();

our $upstream = Hoop::Upstream->new(
    routes => { '/p/*' => "reached\n", '/hook/*' => "ok\n" });
our $redis = Hoop::Redis->new;
our $agent = bearer(sub => 'alice', act => { sub => 'executor' });
our $dana = bearer(sub => 'dana', groups => ['dba']);
our $coder = JSON::PP->new->utf8;

our $dir = temp_dir('notify');

sub write_private {
    my ($name, $text) = @_;

    open my $out, '>', "$dir/$name" or die "$name: $!\n";
    chmod 0600, "$dir/$name";
    print $out $text;
    close $out;
}

write_private('secret', "0123456789abcdef0123\n");
write_private('short', "0123456789\n");
write_private('url', $upstream->url . "/hook/secret-path\n");
$ENV{TEST_NGINX_NOTIFY_DIR} = "$dir";

sub agent {
    my ($method, $uri, $body, @more) = @_;

    return ask($method, $uri, [$agent, 'Content-Type: application/json',
                               @more], $body);
}

sub vote {
    my ($id, $verb, $body) = @_;

    return ask(POST => "/hoop/approvals/$id/$verb", $dana, $body);
}

# what the webhook got, when it is so many
sub hooks {
    my ($n) = @_;

    my $all;
    wait_for {
        $all = [grep { $_->{uri} =~ m{^/hook/} } $upstream->requests];
        @$all >= $n;
    } 8;
    return @$all;
}

sub text_of { $coder->decode($_[0]{body}) }

# Redis knows the group of each webhook: nothing of before is announced
sub ready {
    my ($n) = @_;

    wait_for {
        my $groups = eval { $redis->command('XINFO', 'GROUPS',
                                            'hoop:approvals') };
        $groups && @$groups == ($n // 1);
    } or die "nobody reads\n";
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $redis->start if !$redis->is_running;
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

    my $notify = $block->notify
        // 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/hook/x '
         . 'secret_file=$TEST_NGINX_NOTIFY_DIR/secret '
         . 'console=https://gw.test/console/';
    chomp $notify;
    $notify = CORE::join "\n", map { "hoop_notify via=/_notify $_;" }
                               split /\n/, $notify;

    $block->set_value('config', <<"END");
$notify
location = /_notify {
    internal;
    proxy_pass \$hoop_fetch_url;
}
location /p/ {
    hoop on;
    hoop_policy \$TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_target crm;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
location /hoop/ {
    hoop_api;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "crm", "rules": [
    { "id": "two", "effect": "review", "reason": "four eyes",
      "match": { "request": { "path": "/p/two/**" } },
      "review": { "count": 2 } },
    { "id": "once", "effect": "review", "reason": "needs <a> human",
      "match": { "request": { "path": "/p/**" } },
      "review": { "approvers": ["dba"] } } ] }
END

    if (!defined $block->must_die) {
        $block->set_value('request', 'GET /hoop/approvals');
        $block->set_value('more_headers', $dana);
        $block->set_value('response_body_like', '"approvals"');
        $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\n[error]")
            if !defined $block->no_error_log;
    }
});

Hoop::Client->steps;
Hoop::Spool->install;

workers(2);
master_on();
no_long_string();
run_tests();

__DATA__

=== TEST 1: a new approval, once, signed
--- steps
ready();
my $res = agent(POST => '/p/a?x=219-09-9999', '{"ssn":"219-09-9999"}',
                "Hoop-Run: r\x{1}1");
is($res->{status}, 202, 'it waits');

my @hooks = hooks(1);
is(scalar @hooks, 1, 'announced');
my $hook = $hooks[0];
is("$hook->{method} $hook->{uri}", 'POST /hook/x', 'there');
my $h = $hook->{headers};
is($h->{'content-type'}, 'application/json', 'as JSON');
is($h->{'hoop-event'}, 'approval.pending', 'what it is');
like($h->{'hoop-delivery'}, qr/^\d{13}-\d+$/, 'which delivery');
my ($t, $v1) = $h->{'hoop-signature'} =~ /^t=(\d+),v1=([0-9a-f]{64})$/;
cmp_ok(abs($t - time), '<', 10, 'signed now');
is($v1, hmac_sha256_hex("$t.$hook->{body}", '0123456789abcdef0123'),
   'with the secret');

my $text = text_of($hook);
is("$text->{event} $text->{delivery}",
   "approval.pending $h->{'hoop-delivery'}", 'the same in the body');
is($text->{url}, "https://gw.test/console/#$res->{json}{approval}",
   'where to decide');
my $a = $text->{approval};
is("$a->{id} $a->{state} $a->{rule} $a->{target} $a->{method}",
   "$res->{json}{approval} pending once crm POST", 'about what');
is($a->{requester}{act}{sub}, 'executor', 'of whom');
unlike($hook->{body}, qr/219-09-9999|summary|digest|Bearer/,
       'nothing that is masked, no body, no token');
ok(!exists $h->{authorization}, 'nor a header of the request');

is(vote($res->{json}{approval}, 'approve')->{status}, 200, 'approved');
is(agent(POST => '/p/b')->{status}, 202, 'another');
@hooks = hooks(2);
is(scalar @hooks, 2, 'only new ones are announced');
is(text_of($hooks[1])->{approval}{uri}, '/p/b', 'in order');



=== TEST 2: other transitions, and a message for Slack
--- notify
http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/hook/slack format=slack event=approved event=denied event=pending console=https://gw.test/c/
http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/hook/other event=consumed event=cancelled
--- steps
ready(2);
my $id = agent(DELETE => '/p/two/1')->{json}{approval};
is(vote($id, 'approve')->{json}{state}, 'pending', 'one of two');
is(ask(POST => "/hoop/approvals/$id/approve", bearer(sub => 'erin'),
       '{"reason":"<!here>"}')->{json}{state}, 'approved', 'two of two');
is(agent(DELETE => '/p/two/1')->{status}, 200, 'used');

my @hooks = hooks(3);
my @slack = grep { $_->{uri} eq '/hook/slack' } @hooks;
my @other = grep { $_->{uri} eq '/hook/other' } @hooks;
is(scalar @slack, 2, 'two of three, for a vote is no news');
is(text_of($slack[0])->{text}, "*Approval wanted*: DELETE /p/two/1 at crm\n"
   . "by executor for alice\nrule two: four eyes\n"
   . "<https://gw.test/c/#$id|Open>", 'what is wanted');
like(text_of($slack[1])->{text}, qr/^\*Approved\*:.*erin: &lt;!here&gt;/s,
     'and what came of it, calling nobody');
is(text_of($slack[1])->{blocks}[0]{text}{type}, 'mrkdwn', 'as Slack has it');
is(scalar @other, 1, 'the other webhook gets its own');
is(text_of($other[0])->{event}, 'approval.consumed', 'that it was used');
ok(!exists $other[0]{headers}{'hoop-signature'}, 'without a secret unsigned');



=== TEST 3: again, where it fails
--- steps
ready();
$upstream->down;
is(agent(POST => '/p/a')->{status}, 202, 'it waits');
soon { open my $in, '<', Test::Nginx::Util::html_dir() . '/../logs/error.log';
       grep { /the announcement \S+ of approval \w+ to "http:.*again in/ } <$in> }
    'it fails, and says so';
is(agent(POST => '/p/b')->{status}, 202, 'another waits meanwhile');
$upstream->up;
my @hooks = hooks(2);
is(CORE::join(' ', map { text_of($_)->{approval}{uri} } @hooks),
   '/p/a /p/b', 'both arrive, in order, once');
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 4: the URL may be a secret
--- notify
url_file=$TEST_NGINX_NOTIFY_DIR/url timeout=500ms
--- steps
ready();
$upstream->pause;
is(agent(POST => '/p/a')->{status}, 202, 'it waits');
soon { open my $in, '<', Test::Nginx::Util::html_dir() . '/../logs/error.log';
       grep { /announcement .* took too long/ } <$in> } 'it takes too long';
$upstream->resume;
my @hooks = hooks(1);
is($hooks[0]{uri}, '/hook/secret-path', 'it arrives');
--- grep_error_log: hoop: the announcement.*secret-path
--- grep_error_log_out
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 5: over a restart of Redis, and of a worker
--- steps
ready();
$redis->restart;
soon { agent(POST => '/p/a')->{status} == 202 } 'it waits';
my @hooks = hooks(1);
is(text_of($hooks[0])->{approval}{uri}, '/p/a', 'announced after it');

my %old = map { $_ => 1 } nginx_workers();
kill HUP => nginx_pid();
soon { my @now = nginx_workers(); @now == 2 && !grep { $old{$_} } @now }
    'other workers';
is(agent(POST => '/p/b')->{status}, 202, 'another waits');
@hooks = hooks(2);
is(scalar @hooks, 2, 'announced once by the new one');
is(text_of($hooks[1])->{approval}{uri}, '/p/b', 'and not what was before');
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 6: no way
--- notify
http://127.0.0.1/x via=
--- must_die
--- error_log
invalid parameter, wanted one URL



=== TEST 7: no URL
--- notify
format=slack
--- must_die
--- error_log
"hoop_notify" has no valid URL



=== TEST 8: a password in it
--- notify
http://user:secret@127.0.0.1/x
--- must_die
--- error_log
"hoop_notify" has no valid URL



=== TEST 9: a secret that is none
--- notify
http://127.0.0.1/x secret_file=$TEST_NGINX_NOTIFY_DIR/short
--- must_die
--- error_log
is shorter than 16 bytes



=== TEST 10: a console that would end its link
--- notify
http://127.0.0.1/x console=https://x/|evil>
--- must_die
--- error_log
invalid parameter, wanted one URL
