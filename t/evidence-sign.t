# Copyright (C) ngx_hoop_module authors
#
# Signed checkpoints: they are there when they are due, whatever becomes of
# the worker; and who owns the spool, but not the key, cannot make the evidence
# anew without being found out.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( temp_dir wait_for );
use Hoop::Gateway;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

use Compress::Zlib ();
use Digest::SHA qw( sha256_hex );
use File::Copy qw( copy );
use JSON::PP ();
use MIME::Base64 qw( decode_base64url );
use Time::Local qw( timegm_modern );

our $hoopctl = $ENV{HOOPCTL} || './build/hoopctl';
our $upstream = Hoop::Upstream->new(routes => { '/*' => "reached\n" });
our $agent = bearer();
our $secrets = temp_dir('audit-keys');

for my $name (qw( a b )) {
    system("openssl genpkey -algorithm ed25519 -out $secrets/$name.key"
           . " 2>/dev/null && openssl pkey -in $secrets/$name.key -pubout"
           . " -out $secrets/$name.pub") == 0 or die "no key\n";
    chmod 0600, "$secrets/$name.key";
}

system("openssl genpkey -algorithm rsa -out $secrets/rsa.key 2>/dev/null") == 0
    or die "no key\n";
copy("$secrets/a.key", "$secrets/open.key");
chmod 0644, "$secrets/open.key";
$ENV{TEST_NGINX_SECRETS} = $secrets;

sub gateway {
    my ($sign, %opt) = @_;

    return Hoop::Gateway->new(%opt, main => <<"END", http => <<'END');
hoop_audit \$SPOOL gateway=g sync=@{[ $opt{sync} // 'off' ]};
hoop_audit_sign $secrets/$sign;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks.json;
}
END
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
END
}

sub get {
    my ($gw, $uri) = @_;

    local $Hoop::Client::Port = $gw->port;
    is(ask(GET => $uri, [$agent])->{status}, 200, $uri);
}

sub spool { "$_[0]{dir}/spool" }
sub points {
    return grep { $_->{type} eq 'checkpoint' } Hoop::Spool::events($_[0]);
}

sub audit {
    my ($word, @args) = @_;

    open my $out, '-|', "$hoopctl audit $word @args 2>&1" or die;
    my $text = do { local $/; <$out> } // '';
    close $out;
    return ($? >> 8, $text);
}

sub verify {
    my ($rc, $wanted, $name, @args) = @_;

    my ($got, $text) = audit('verify', @args);
    is($got, $rc, "$name: $rc") or diag($text);
    like($text, $wanted, $name);
}

# by OpenSSL alone, as docs/evidence.md has it
sub openssl_says {
    my ($text, $key) = @_;

    my ($part, $sig) = $text =~ /^(.*),"sig":"([\w-]{86})","prev":/
        or return 'no signature';

    for (['part', $part], ['sig', decode_base64url($sig)]) {
        open my $fh, '>:raw', "$secrets/$_->[0]" or die $!;
        print $fh $_->[1];
    }

    return `openssl pkeyutl -verify -pubin -inkey $secrets/$key.pub -rawin -in $secrets/part -sigfile $secrets/sig 2>&1`;
}

# the last texts of a slot are gone
sub cut_off {
    my ($dir, $slot, $n) = @_;

    rewrite($dir, $slot, sub { splice @_, -$n; @_ });
}

# a slot made anew of texts, with hashes that fit
sub rewrite {
    my ($dir, $slot, $what) = @_;

    my @frames = grep { $_->{text} =~ /"id":"g:$slot:/ }
                 Hoop::Spool::frames($dir);
    my @texts = $what->(map { $_->{text} } @frames);
    my ($prev, $bytes) = ('0' x 64, '');

    for my $i (0 .. $#texts) {
        my $text = $texts[$i];

        $text =~ s/"id":"g:(\d+):\d+","seq":\d+/
                  '"id":"g:' . $1 . ':' . ($i + 1) . '","seq":' . ($i + 1)/e;
        $text =~ s/,"prev":"\w+","hash":"\w+"\}$/,"prev":"$prev"/;
        $prev = sha256_hex($text);
        $text .= qq(,"hash":"$prev"});

        my ($y, $m, $d, $time, $ms) = $text =~ /"ts":"(\d+)-(\d+)-(\d+)T([\d:]+)\.(\d+)Z"/;
        my $ts = timegm_modern(reverse(split /:/, $time), $d, $m - 1, $y);
        my $rest = pack('V Q< Q<', $slot, $i + 1, $ts * 1000 + $ms) . $text;
        $bytes .= pack('a4 V V', 'HEV1', length $text,
                       Compress::Zlib::crc32($rest)) . $rest;
    }

    unlink glob "$dir/$slot/*.seg";
    open my $fh, '>:raw', sprintf '%s/%d/%020d.seg', $dir, $slot, 1 or die $!;
    print $fh $bytes;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $upstream->reset;

    $block->set_value('config', "location = /nothing { return 204; }\n")
        if !defined $block->config;
    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "p", "rules": [
    { "id": "all", "effect": "allow", "match": {} } ] }
END
    $block->set_value('request', 'GET /nothing');
    $block->set_value('error_code', 204);
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\n[error]");
});

Hoop::Client->steps;
no_long_string();
run_tests();

__DATA__

=== TEST 1: after an interval, and when the worker leaves
--- steps
my $gw = gateway('a.key interval=1s');
my $dir = spool($gw);

get($gw, '/p/one');
soon { 1 == points($dir) } 'one comes by itself';

get($gw, '/p/two');
$gw->stop;

my @events = Hoop::Spool::events($dir);
is($events[-1]{type}, 'checkpoint', 'the last event of a worker is one');
is(scalar(grep { $_->{type} eq 'checkpoint' } @events), 2, 'and no more');

for my $event (grep { $_->{type} eq 'checkpoint' } @events) {
    is($event->{count}, $event->{seq} - 1, 'count');
    is($event->{head}, $event->{prev}, 'head');
    is($event->{interval}, 1, 'interval');
    is($event->{events}, 10000, 'events');
}

my ($text) = grep { /"type":"checkpoint"/ }
             map { $_->{text} } Hoop::Spool::frames($dir);
like(openssl_says($text, 'a'), qr/Verified Successfully/, 'OpenSSL agrees');
like(openssl_says($text, 'b'), qr/Failure/, 'and of no other key');

my ($config) = grep { $_->{type} eq 'config' } @events;
is($config->{sign}, $events[-1]{kid}, 'the key is in the event of what is in force');

verify(0, qr/^2 checkpoints are signed.*\nintact: /, 'with the key',
       "--spool $dir --key $secrets/a.pub");
verify(1, qr/broken: event g:0:\d+ forged: it is signed by the key "[\w-]+", /,
       'with another', "--spool $dir --key $secrets/b.pub");
verify(0, qr/2 checkpoints: their signatures were not checked/, 'with none',
       "--spool $dir");
--- response_body



=== TEST 2: no more than so many events without one
--- steps
my $gw = gateway('a.key events=10 interval=1h');
my $dir = spool($gw);

get($gw, "/p/$_") for 1 .. 20;
$gw->stop;

my ($n, $most) = (0, 0);
for my $event (Hoop::Spool::events($dir)) {
    $n = $event->{type} eq 'checkpoint' ? 0 : $n + 1;
    $most = $n if $n > $most;
}
cmp_ok($most, '<=', 13, 'of 61');
verify(0, qr/intact/, 'and all is sound', "--spool $dir --key $secrets/a.pub");
--- response_body



=== TEST 3: a chain made anew, in which all but the signatures fits
--- steps
my $gw = gateway('a.key interval=1s');
my $dir = spool($gw);

get($gw, "/p/$_") for qw( one two );
soon { points($dir) } 'a checkpoint';
get($gw, '/p/three');
$gw->stop;

rewrite($dir, 0, sub { map { s{/p/two}{/p/xxx}r } @_ });
verify(1, qr/broken: event g:0:\d+ forged: it is not a checkpoint of this/,
       'with its old checkpoint', "--spool $dir --key $secrets/a.pub");

rewrite($dir, 0, sub { grep { !/"type":"checkpoint"/ } @_ });
verify(0, qr/intact/, 'without them, the hashes fit', "--spool $dir");

# as old as it would be found
rewrite($dir, 0, sub { map { s/"ts":"\d{4}/"ts":"2020/r } @_ });
verify(1, qr/broken: event g:0:1 unsigned: no checkpoint has come after it/,
       'but nothing is signed', "--spool $dir --key $secrets/a.pub");
--- response_body



=== TEST 4: each slot is missed by the others, and by the anchor
--- steps
my $anchor = "$secrets/anchor.jsonl";
unlink $anchor;
my $gw = gateway("a.key interval=1s anchor=$anchor", workers => 2,
                 sync => 'batch');
my $dir = spool($gw);

# both workers have one, and have heard of the other's
my ($i, $done) = (0);
while ($i++ < 400 && !$done) {
    local $Hoop::Client::Port = $gw->port;
    ask(GET => "/p/$i", [$agent]);
    select undef, undef, undef, 0.02;
    $done = 2 == keys %{{ map { $_->{slot} => 1 }
                          grep { @{ $_->{heads} } } points($dir) }};
}
ok($done, 'both have seen the other');
$gw->stop;

my ($first) = grep { @{ $_->{heads} } } points($dir);
my ($other) = @{ $first->{heads} };
my ($there) = grep { $_->{slot} == $other->{slot}
                     && $_->{seq} == $other->{seq} } points($dir);
is($there->{hash}, $other->{hash}, 'as it is');

open my $fh, '<', $anchor or die "$anchor: $!";
my @lines = <$fh>;
is(scalar @lines, scalar points($dir), 'all of them are at the anchor');

my @key = "--key $secrets/a.pub";
verify(0, qr/intact/, 'sound', "--spool $dir @key --anchor $anchor");

# the slot whose last checkpoint the other one has seen
my @points = points($dir);
my %seen = map { $_->{slot} => $_->{seq} }
           map { @{ $_->{heads} } } @points;
my ($victim) = sort keys %seen;
my $left = grep { $_->{slot} == $victim && $_->{seq} >= $seen{$victim} }
           Hoop::Spool::events($dir);

my $copy = temp_dir('copy') . '/spool';
system("cp -r $dir $copy");
cut_off($copy, $victim, $left);
verify(1, qr/broken: event g:$victim:$seen{$victim} truncated: the chain ends before it, but checkpoint g:\d:\d+ of \S+ has seen event $seen{$victim}/,
       'an end that is cut off', "--spool $copy");

# all that the others know of is cut off with it: only the anchor knows
$copy = temp_dir('copy') . '/spool';
system("cp -r $dir $copy");
for my $slot (0, 1) {
    rewrite($copy, $slot, sub { $_[0] });
}
verify(0, qr/intact/, 'all ends cut off', "--spool $copy");
verify(1, qr/broken: event g:\d:2 truncated: .*the anchor has/, 'the anchor knows',
       "--spool $copy --anchor $anchor");

$copy = temp_dir('copy') . '/spool';
system("cp -r $dir $copy && rm -r $copy/$victim");
verify(1, qr/broken: event g:$victim:\d+ removed: checkpoint .* nothing of this slot is here/,
       'a slot that is gone', "--spool $copy");

# an anchor is not believed without a signature
open $fh, '>', "$anchor.bad";
print $fh map { s/"count":/"count": /r } @lines;
close $fh;
verify(1, qr/broken: anchor unreadable|broken: anchor forged/, 'a forged anchor',
       "--spool $dir @key --anchor $anchor.bad");
--- response_body



=== TEST 5: what a worker leaves unsigned as it dies, the next one signs
--- steps
my $gw = gateway('a.key interval=1s');
my $dir = spool($gw);

get($gw, '/p/one');
my ($pid) = $gw->workers;
kill KILL => $pid;
wait_for { my @now = $gw->workers; @now == 1 && $now[0] != $pid };
soon { points($dir) } 'a checkpoint, without a further request';

my @events = Hoop::Spool::events($dir);
my ($point) = points($dir);
is($point->{count}, $events[-2]{seq}, 'of all that came before');
$gw->stop;
verify(0, qr/intact/, 'sound', "--spool $dir --key $secrets/a.pub");
--- response_body



=== TEST 6: another key from a reload on
--- steps
my $gw = gateway('a.key interval=1s');
my $dir = spool($gw);

get($gw, '/p/one');
soon { points($dir) } 'by the one';

open my $fh, '<', "$gw->{dir}/nginx.conf";
my $conf = do { local $/; <$fh> };
$conf =~ s/a\.key/b.key/;
open $fh, '>', "$gw->{dir}/nginx.conf";
print $fh $conf;
close $fh;

my ($old) = $gw->workers;
kill HUP => $gw->master;
wait_for { my @now = $gw->workers; @now == 1 && $now[0] != $old } 10;
get($gw, '/p/two');
soon { 2 == keys %{{ map { $_->{kid} => 1 } points($dir) }} } 'by the other';
$gw->stop;

my @config = grep { $_->{type} eq 'config' } Hoop::Spool::events($dir);
is(scalar @config, 2, 'and it is told');
my ($new) = grep { $_->{sign_old} } @config;
my ($was) = grep { !$_->{sign_old} } @config;
is($new->{sign_old}, $was->{sign}, 'which one it was');
isnt($new->{sign}, $was->{sign}, 'and is now');

verify(1, qr/forged: it is signed by the key/, 'the one is not enough',
       "--spool $dir --key $secrets/a.pub");

# as a JWK set, by any name
my $x = sub {
    my $der = `openssl pkey -pubin -in $secrets/$_[0].pub -outform DER`;
    MIME::Base64::encode_base64url(substr $der, -32);
};
open $fh, '>', "$secrets/set.json";
print $fh JSON::PP::encode_json({ keys => [ map {
    { kty => 'OKP', crv => 'Ed25519', x => $x->($_), kid => "key-$_" } }
    qw( a b ) ] });
close $fh;
verify(0, qr/intact/, 'both are', "--spool $dir --key $secrets/set.json");
verify(0, qr/intact/, 'in two files', "--spool $dir --key $secrets/a.pub --key $secrets/b.pub");
--- response_body



=== TEST 7: an anchor that cannot be written to
--- steps
my $gw = gateway("a.key interval=1s anchor=/dev/full");
my $dir = spool($gw);

get($gw, '/p/one');
soon { my $log = do { local (@ARGV, $/) = ($gw->log_file); <> };
       $log =~ /\[alert\].*the checkpoint \d+ of slot 0 could not be copied to "\/dev\/full"/ }
    'it is said';
get($gw, '/p/two');
$gw->stop;
verify(0, qr/intact/, 'the chain goes on', "--spool $dir --key $secrets/a.pub");
--- response_body



=== TEST 8: keys that are none
--- steps
my $name = "$ENV{TEST_NGINX_SERVER_ROOT}/conf/nginx.conf";
open my $fh, '<', $name;
my $conf = do { local $/; <$fh> };
my $spool = temp_dir('spool');

for (['rsa.key', qr/is not a private key of Ed25519/],
     ['a.pub', qr/is not a private key of Ed25519|mode/],
     ['open.key', qr/mode 0644/],
     ['none.key', qr/No such file/],
     ['a.key interval=0', qr/invalid parameter "interval=0": wanted/],
     ['a.key events=0', qr/invalid parameter "events=0": wanted/],
     ['a.key every=1', qr/invalid parameter "every=1": wanted/],
     ["a.key;\nhoop_audit_sign $secrets/a.key", qr/is duplicate/])
{
    chmod 0600, "$secrets/a.pub";
    my $text = $conf =~ s/^http \{/http {\nhoop_audit $spool;\nhoop_audit_sign $secrets\/$_->[0];/mr;
    open my $out, '>', "$name.bad" or die;
    print $out $text;
    close $out;
    my $said = `nginx -t -p $ENV{TEST_NGINX_SERVER_ROOT} -c $name.bad 2>&1`;
    like($said, $_->[1], $_->[0] =~ s/\n.*//sr);
}

my $text = $conf =~ s/^http \{/http {\nhoop_audit_sign $secrets\/a.key;/mr;
open my $out, '>', "$name.bad" or die;
print $out $text;
close $out;
like(`nginx -t -p $ENV{TEST_NGINX_SERVER_ROOT} -c $name.bad 2>&1`,
     qr/"hoop_audit_sign" needs a "hoop_audit"/, 'without a trail');
--- response_body
