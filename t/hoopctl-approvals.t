# Copyright (C) ngx_hoop_module authors
#
# hoopctl approvals: what the API does, from a terminal.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use Hoop::Daemon qw( temp_dir wait_for );
use JSON::PP ();

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });
our $redis = Hoop::Redis->new;
our $agent = bearer(sub => 'alice', act => { sub => 'executor' });
our $coder = JSON::PP->new->canonical;
our $dir = temp_dir('hoopctl');

$ENV{TEST_NGINX_HOOPCTL_DIR} = "$dir";
$ENV{TEST_NGINX_TLS_PORT} = Hoop::Daemon::free_port();

system('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
       'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=gw',
       '-addext', 'subjectAltName=DNS:localhost', '-keyout', "$dir/key.pem",
       '-out', "$dir/cert.pem", '-config', '/etc/ssl/openssl.cnf') == 0
    or die "openssl req failed\n" if !-e "$dir/cert.pem";

sub write_file {
    my ($name, $text) = @_;

    open my $out, '>', "$dir/$name" or die "$name: $!\n";
    print $out $text;
    close $out;
    return "$dir/$name";
}

write_file(dana => token(sub => 'dana', groups => ['dba']) . "\n");
write_file(alice => token(sub => 'alice', groups => ['dba']) . "\n");

sub agent {
    my ($method, $uri, $body, @more) = @_;

    return ask($method, $uri, [$agent, @more], $body);
}

sub api {
    return 'http://127.0.0.1:'
           . Test::Nginx::Util::server_port_for_client() . '/hoop/';
}

# exit status, standard output, standard error
sub ctl_at {
    my ($api, $who, @args) = @_;

    my $pid = open my $out, '-|';

    if (!$pid) {
        open STDERR, '>', "$dir/stderr";
        exec './build/hoopctl', 'approvals', @args, '--api', $api,
             '--token-file', "$dir/$who" or exit 127;
    }

    my $text = do { local $/; <$out> };
    close $out;
    my $status = $? >> 8;
    open my $err, '<', "$dir/stderr";
    return ($status, $text, do { local $/; <$err> } // '');
}

sub ctl { return ctl_at(api(), @_) }

add_block_preprocessor(sub {
    my ($block) = @_;

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
server {
    listen 127.0.0.1:$TEST_NGINX_TLS_PORT ssl;
    ssl_certificate $TEST_NGINX_HOOPCTL_DIR/cert.pem;
    ssl_certificate_key $TEST_NGINX_HOOPCTL_DIR/key.pem;
    location /hoop/ {
        hoop_api;
    }
}
END

    $block->set_value('config', <<'END');
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_target crm;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location /hoop/ {
    hoop_plan on approver=dba;
    hoop_api;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "crm", "rules": [
    { "id": "a:b", "effect": "review", "reason": "needs a human",
      "match": { "request": { "path": "/p/a/**" } },
      "review": { "approvers": ["dba"] } },
    { "id": "once", "effect": "review", "reason": "needs a human",
      "match": { "request": { "path": "/p/**" } },
      "review": { "approvers": ["dba"] } } ] }
END

    $block->set_value('request', 'GET /hoop/approvals');
    $block->set_value('more_headers', $agent);
    $block->set_value('response_body_like', '"approvals"');
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]");
});

Hoop::Client->steps;
Hoop::Spool->install;

no_long_string();
run_tests();

__DATA__

=== TEST 1: list, show, approve, deny, cancel
--- steps
my @ids = map { agent(POST => "/p/$_", "\x{1b}[31m")->{json}{approval} } 1 .. 3;

my ($rc, $out, $err) = ctl(dana => 'list');
is("$rc $err", '0 ', 'listed');
is(join(' ', sort map { $coder->decode($_)->{id} } split /\n/, $out),
   join(' ', sort @ids), 'a line each');
unlike($out, qr/[^\x20-\x7e\n]/, 'nothing that a terminal would obey');

($rc, $out) = ctl(dana => 'show', $ids[0]);
is("$rc " . $coder->decode($out)->{uri}, '0 /p/1', 'shown');
($rc, $out) = ctl(dana => 'approve', $ids[0], '--reason', 'it is "fine"');
is("$rc " . $coder->decode($out)->{comment}, '0 it is "fine"', 'approved');
is(agent(POST => '/p/1', "\x{1b}[31m")->{status}, 200, 'and passes');
($rc, $out) = ctl(dana => 'deny', $ids[1]);
is("$rc " . $coder->decode($out)->{state}, '0 denied', 'denied');
($rc, $out) = ctl(alice => 'approve', $ids[2]);
is("$rc " . $coder->decode($out)->{detail}, '1 the requester does not decide',
   'not by the requester');
($rc, $out) = ctl(dana => 'cancel', $ids[2]);
is("$rc " . $coder->decode($out)->{detail}, '1 only the requester cancels',
   'who cancels');
($rc, $out) = ctl(alice => 'cancel', $ids[2], '--reason', 'wrong');
is("$rc " . $coder->decode($out)->{state}, '0 cancelled', 'cancelled');
is((ctl(dana => 'show', '0' x 32))[0], 1, 'what is not there');



=== TEST 2: filters
--- steps
my $a = agent(POST => '/p/a/1', 'x')->{json}{approval};
my $b = agent(POST => '/p/b', 'x', 'Hoop-Run: r=1&2')->{json}{approval};
my $ids = sub { join ' ', map { $coder->decode($_)->{id} } split /\n/, $_[1] };
is($ids->(ctl(dana => 'list', '--rule', 'a:b')), $a, 'by a rule');
is($ids->(ctl(dana => 'list', '--run', 'r=1&2')), $b, 'by a run');
is($ids->(ctl(dana => 'list', '--requester', 'alice', '--state', 'all',
              '--rule', 'once')), $b, 'by several');
is((ctl(dana => 'list', '--state', 'x'))[0], 2, 'one that is none');



=== TEST 3: a plan
--- steps
my $file = write_file(plan => $coder->encode({ title => 't', run => 'r',
    steps => [{ purpose => 'p', method => 'GET', path => '/p/1' }] }));
my ($rc, $out) = ctl(alice => 'plan', $file);
is("$rc " . $coder->decode($out)->{steps}, '0 1', 'posted');
($rc, $out) = ctl(alice => 'plan', write_file(bad => '{}'));
is($rc, 2, 'what is none is refused');
like($out, qr/title/, 'and why');



=== TEST 4: watch
--- steps
my $first = agent(POST => '/p/1', 'x')->{json}{approval};
my $pid = open my $out, '-|';
if (!$pid) {
    exec './build/hoopctl', 'approvals', 'watch', '--api', api(),
         '--token-file', "$dir/dana" or exit 127;
}
like(scalar <$out>, qr/$first/, 'what is there');
my $second = agent(POST => '/p/2', 'x')->{json}{approval};
like(scalar <$out>, qr/$second/, 'and what comes');
ask(POST => "/hoop/approvals/$first/deny", bearer(sub => 'dana',
    groups => ['dba']));
my $third = agent(POST => '/p/3', 'x')->{json}{approval};
like(scalar <$out>, qr/$third/, 'once each');
kill TERM => $pid;
close $out;
write_file(bad => 'not.a.token');
my ($rc) = ctl(bad => 'watch');
is($rc, 2, 'a token that is not accepted ends it');



=== TEST 5: TLS
--- steps
my $api = "https://localhost:$ENV{TEST_NGINX_TLS_PORT}/hoop";
my ($rc, $out, $err) = ctl_at($api, dana => 'list', '--ca', "$dir/cert.pem");
is("$rc $err", '0 ', 'with the certificate');
($rc, $out, $err) = ctl_at($api, dana => 'list');
is($rc, 2, 'not without');
like($err, qr/self.signed certificate/, 'and why');
($rc, $out, $err) = ctl_at("https://127.0.0.1:$ENV{TEST_NGINX_TLS_PORT}/hoop",
                           dana => 'list', '--ca', "$dir/cert.pem");
is($rc, 2, 'nor of another name');
like($err, qr/mismatch/, 'and why');
is((ctl_at($api, dana => 'list', '--ca', "$dir/none"))[0], 2, 'nor by nothing');



=== TEST 6: what is no command
--- steps
for my $args (['list', 'x'], ['show'], ['show', 'x'], ['approve'],
              ['show', '0' x 32, '--reason', 'x'], ['plan'], ['watch', 'x'],
              ['show', '0' x 32, '--state', 'all'], ['x'])
{
    is((ctl(dana => @$args))[0], 2, "not: @$args");
}
is((ctl_at('ftp://x/', dana => 'list'))[0], 2, 'not another scheme');
