# Copyright (C) ngx_hoop_module authors
#
# Token exchange (RFC 8693): what is issued, to whom, for what and for how
# long; that it is good where it is meant for; and what is not exchanged.

use Test::Nginx::Socket 'no_plan';

use Digest::SHA qw( sha256 );
use File::Copy qw( copy );
use JSON::PP ();
use MIME::Base64 qw( decode_base64url encode_base64url );

use lib 't/lib';
use Hoop::Client;
use Hoop::Curl;
use Hoop::Daemon qw( free_port temp_dir wait_for );
use Hoop::Redis;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => { '/crm/*' => "reached\n" });
our $redis = Hoop::Redis->new;
our $dir = $ENV{TEST_NGINX_SIGNERS} = temp_dir('signers');
$ENV{TEST_NGINX_H2_PORT} = free_port();

our $urn = 'urn:ietf:params:oauth:token-type:';

for my $key (qw( ec ed25519 rsa )) {
    copy("$ENV{TEST_NGINX_KEYS}/$key.pem", "$dir/$key.pem");
    chmod 0600, "$dir/$key.pem";
}

copy("$dir/ec.pem", "$dir/open.pem");
chmod 0640, "$dir/open.pem";

for my $pair ([public => public_pem('ec')], [none => "nothing\n"]) {
    spew("$dir/$pair->[0].pem", $pair->[1]);
    chmod 0600, "$dir/$pair->[0].pem";
}

for my $make ([short => qw( RSA -pkeyopt rsa_keygen_bits:1024 )],
              [x25519 => 'X25519'])
{
    my ($name, @how) = @$make;

    succeeds(qw( openssl genpkey -out ), "$dir/$name.pem", '-algorithm', @how)
        or die "no key $name\n";
    chmod 0600, "$dir/$name.pem";
}

sub encoded {
    my ($text) = @_;

    $text =~ s/([^A-Za-z0-9._-])/sprintf '%%%02X', ord $1/ge;
    return $text;
}

# pairs as a form; undef: not there
sub form {
    my (@pairs) = @_;

    my @form;

    while (my ($name, $value) = splice @pairs, 0, 2) {
        push @form, encoded($name) . '=' . encoded($value) if defined $value;
    }

    return join '&', @form;
}

# the parameters of an exchange: of the subject's token, and the actor's
sub asked {
    my ($subject, $actor, @more) = @_;

    return form(grant_type => 'urn:ietf:params:oauth:grant-type:token-exchange',
                subject_token => $subject,
                subject_token_type => "${urn}access_token",
                $actor ? (actor_token => $actor,
                          actor_token_type => "${urn}jwt") : (), @more);
}

sub post {
    my ($form, $headers, $uri) = @_;

    return ask(POST => $uri // '/token',
               $headers // 'Content-Type: application/x-www-form-urlencoded',
               $form);
}

sub exchange { return post(asked(@_)) }

# status and error of an answer that is as it should be
sub refused {
    my ($res) = @_;

    return "$res->{status} not JSON: $res->{raw}"
        if ref $res->{json} ne 'HASH'
           || $res->{headers}{'content-type'} ne 'application/json'
           || $res->{headers}{'cache-control'} ne 'no-store'
           || $res->{json}{access_token};

    return "$res->{status} $res->{json}{error}: "
           . $res->{json}{error_description};
}

sub part {
    my ($token, $n) = @_;

    return JSON::PP->new->decode(decode_base64url((split /\./, $token)[$n]));
}

# a form in chunks of that size
sub chunks {
    my ($size, $form, $uri) = @_;

    my $held = begin(POST => $uri // '/token',
                     ['Content-Type: application/x-www-form-urlencoded',
                      'Transfer-Encoding: chunked']);
    local $SIG{PIPE} = 'IGNORE';

    for my $chunk (unpack("(a$size)*", $form), '') {
        syswrite $held->{sock}, sprintf "%x\r\n%s\r\n", length $chunk, $chunk;
    }

    return finish($held);
}

sub claims { return part($_[0]{json}{access_token} // 'e30.e30', 1) }

sub alice { return token(sub => 'alice', scope => 'read write', @_) }
sub bot { return token(sub => 'bot', @_) }

# the status at the target, and why
sub crm {
    my ($token, $uri) = @_;

    my $res = ask(GET => $uri // '/crm/a', "Authorization: Bearer $token");
    return $res->{status} == 200 ? 200
           : "$res->{status} " . ($res->{json}{detail} // '');
}

sub spew {
    my ($file, $text) = @_;

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh $text;
    close $fh or die "$file: $!\n";
    return $file;
}

# by openssl and the published key alone
sub verified {
    my ($token) = @_;

    my ($head, $claims, $sig) = split /\./, $token;
    my $kid = part($token, 0)->{kid};
    my ($jwk) = grep { $_->{kid} eq $kid }
                @{ ask(GET => '/jwks')->{json}{keys} };
    my $x = decode_base64url($jwk->{x});

    $sig = decode_base64url($sig);
    spew("$dir/input", "$head.$claims");

    if ($jwk->{kty} eq 'EC') {
        my $y = decode_base64url($jwk->{y});

        spew("$dir/der", pack('H*', '3059301306072a8648ce3d020106082a8648ce3d'
                                    . '03010703420004') . $x . $y);

        my @int = map { my $n = s/^\0+(?=.)//sr;
                        ord $n > 127 ? "\0$n" : $n } unpack 'a32 a32', $sig;

        spew("$dir/sig", pack 'C C/a', 0x30, join '',
             map { pack 'C C/a', 2, $_ } @int);

        return succeeds(qw( openssl dgst -sha256 -keyform DER -verify ),
                   "$dir/der", '-signature', "$dir/sig", "$dir/input");
    }

    spew("$dir/der", pack('H*', '302a300506032b6570032100') . $x);
    spew("$dir/sig", $sig);

    return succeeds(qw( openssl pkeyutl -verify -pubin -rawin -keyform DER -inkey ),
               "$dir/der", '-sigfile', "$dir/sig", '-in', "$dir/input");
}

sub succeeds {
    local $SIG{CHLD} = 'DEFAULT';

    return system("@_ > /dev/null 2>&1") == 0;
}

sub revoke { $redis->command('SET', "hoop:revoked:$_[0]", 1) }

add_block_preprocessor(sub {
    my ($block) = @_;

    my %with = (audit => 'sync=off', keys => '$TEST_NGINX_SIGNERS/ec.pem',
                signer => '', token => '', more => '', http => '');

    for my $name (keys %with) {
        $with{$name} = $block->$name if defined $block->$name;
        chomp $with{$name};
    }

    $redis->start;
    $redis->command('FLUSHALL');

    $block->set_value('http_config', <<"END") if !defined $block->http_config;
hoop_audit \$TEST_NGINX_SPOOL gateway=t $with{audit};
hoop_redis redis://127.0.0.1:\$TEST_NGINX_REDIS_PORT timeout=300ms;
hoop_signer gw {
    issuer https://gw.test;
    key_file $with{keys};
    audience crm erp token;
    $with{signer}
}
hoop_issuer corp {
    issuer https://idp.test idp.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks.json;
}
hoop_issuer other {
    issuer https://other.test other.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks2.json;
}
hoop_issuer gateway {
    signer gw;
    audience crm token;
}
log_format body escape=none "\$request_body";
$with{http}
END

    $block->set_value('config', <<"END") if !defined $block->config;
location = /token {
    hoop_token gw;
    hoop_policy \$TEST_NGINX_SERVER_ROOT/html/token.json;
    $with{token}
}
location = /jwks { hoop_jwks gw; }
location = /.well-known/oauth-authorization-server { hoop_metadata gw; }
location /crm/ {
    hoop on;
    hoop_policy \$TEST_NGINX_SERVER_ROOT/html/crm.json;
    add_header X-Sub \$hoop_sub;
    add_header X-Actor \$hoop_actor;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
$with{more}
END

    $block->set_value('user_files', ($block->user_files // '') . <<'END');
>>> token.json
{ "version": 1, "name": "tokens", "rules": [
    { "id": "again", "effect": "allow",
      "match": { "identity": { "claims": {
                                   "/hoop_gateway": "https://gw.test" } } },
      "token": { "audience": ["crm", "token"] } },
    { "id": "agents", "effect": "allow",
      "match": { "identity": { "claims": { "/groups": { "any": ["agents"] } } },
                 "body": { "/scope": { "not": { "any": ["narrow"] } } } } },
    { "id": "narrow", "effect": "allow",
      "match": { "identity": { "claims": { "/groups": { "any": ["narrow"] } } } },
      "token": { "audience": ["erp"], "scope": ["read"], "lifetime": "1m" } },
    { "id": "ask", "effect": "review",
      "match": { "identity": { "sub": "alice" },
                 "body": { "/audience": { "any": ["hr"] } } },
      "review": { "approvers": ["dba"] } },
    { "id": "no-mallory", "effect": "deny", "reason": "mallory \"may\" not act",
      "match": { "body": { "/actor/sub": "mallory" } } } ] }
>>> crm.json
{ "version": 1, "name": "crm", "rules": [
    { "id": "alice", "effect": "allow",
      "match": { "identity": { "issuer": "corp", "sub": "alice" } } } ] }
END

    if (!defined $block->request) {
        $block->set_value('request', 'GET /jwks');
        $block->set_value('error_code', 200) if !defined $block->error_code;
    }

    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log && !defined $block->must_die;
    $block->set_value('no_event_text', 'eyJ') if !defined $block->must_die;
});

Hoop::Client->steps;
Hoop::Spool->install;
master_on();
workers(1);
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: ES256
--- steps
my $res = exchange(alice(jti => 'j-1', azp => 'app', email => 'a@b.test'),
                   undef, audience => 'crm', scope => 'read');

is($res->{status}, 200, 'status');
is($res->{headers}{'content-type'}, 'application/json', 'type');
is($res->{headers}{'cache-control'}, 'no-store', 'not to be stored');
is($res->{headers}{'pragma'}, 'no-cache', 'by nobody');
is(join(' ', sort keys %{ $res->{json} }),
   'access_token expires_in issued_token_type scope token_type', 'members');
is($res->{json}{token_type}, 'Bearer', 'token type');
is($res->{json}{issued_token_type}, "${main::urn}access_token", 'issued');
is($res->{json}{expires_in}, 300, 'five minutes');
is($res->{json}{scope}, 'read', 'scope');

my $token = $res->{json}{access_token};
my ($head, $claims) = map { part($token, $_) } 0, 1;

is("$head->{alg} $head->{typ}", 'ES256 at+jwt', 'header');
ok(verified($token), 'the published key has signed it');
is(join(' ', sort keys %$claims), 'aud client_id exp groups hoop_origin iat '
   . 'iss jti nbf scope sub', 'claims');
is($claims->{iss}, 'https://gw.test', 'iss');
is($claims->{sub}, 'corp:alice', 'sub');
is($claims->{aud}, 'crm', 'aud');
is($claims->{client_id}, 'app', 'client_id');
is("@{ $claims->{groups} }", 'agents', 'groups');
like($claims->{jti}, qr/^[0-9a-f]{32}$/, 'jti');
is($claims->{exp} - $claims->{iat}, 300, 'exp');
is($claims->{nbf}, $claims->{iat}, 'nbf');
like(JSON::PP->new->canonical->encode($claims->{hoop_origin}),
     qr/^{"iat":\d+,"iss":"https:\/\/idp.test","jti":"j-1","sub":"alice"}$/,
     'origin');

isnt(claims(exchange(alice()))->{jti}, $claims->{jti}, 'another jti');
is(crm($token), 200, 'the token is taken');
is(crm($token . 'x'), '401 token is malformed', 'as it is');
--- events
{"type":"request","identity":{"iss":"https://idp.test","sub":"alice"},"method":"POST","uri":"/token"}
{"type":"decision","decision":"allow","rule":"agents"}
{"type":"token","identity":{"iss":"https://idp.test","sub":"alice"},"jti":"/^[0-9a-f]{32}$/","issuer":"https://gw.test","aud":["crm"],"scope":"read","exp":"/^[0-9]+$/","kid":"/./","subject_issuer":"corp","subject_jti":"j-1"}
{"type":"response","status":200}
{"type":"request","identity":{"iss":"https://idp.test","sub":"alice"},"uri":"/crm/a"}
{"type":"decision","decision":"allow","rule":"alice"}



=== TEST 2: EdDSA
--- keys: $TEST_NGINX_SIGNERS/ed25519.pem
--- steps
my $res = exchange(alice(), undef, audience => 'crm',
                   requested_token_type => "${main::urn}jwt");

is($res->{status}, 200, 'status');
is($res->{json}{issued_token_type}, "${main::urn}jwt", 'issued');
is(part($res->{json}{access_token}, 0)->{alg}, 'EdDSA', 'alg');
ok(verified($res->{json}{access_token}), 'the published key has signed it');
is(crm($res->{json}{access_token}), 200, 'the token is taken');



=== TEST 3: nothing is widened
--- signer
scope read write;
lifetime 10m;
--- steps
my $narrow = sub { alice(groups => ['narrow'], @_) };

is(claims(exchange(alice()))->{aud}, 'crm', 'the first, if none is asked for');
is("@{ claims(exchange(alice(), undef, audience => 'erp', audience => 'crm'))
       ->{aud} }", 'erp crm', 'several');
is(claims(exchange(alice(), undef, audience => 'erp', resource => 'https://x'))
   ->{aud}, 'erp', 'what the signer has');
is(refused(exchange(alice(), undef, audience => 'x')), '400 invalid_target: '
   . 'no token for that audience is issued to this subject', 'or nothing');
is(claims(exchange($narrow->()))->{aud}, 'erp', 'what the rule has');
is(refused(exchange($narrow->(), undef, audience => 'crm')),
   '400 invalid_target: no token for that audience is issued to this subject',
   'or nothing');

is(claims(exchange(alice()))->{scope}, 'read write', 'the scope it has');
is(claims(exchange(alice(), undef, scope => 'write admin'))->{scope}, 'write',
   'of what is asked for');
is(claims(exchange(alice(scope => 'read admin')))->{scope}, 'read',
   'what the signer has');
is(claims(exchange($narrow->()))->{scope}, 'read', 'what the rule has');
is(refused(exchange(alice(), undef, scope => 'admin')), '400 invalid_scope: '
   . 'nothing of that scope is granted to this subject', 'or nothing');
is(refused(exchange(alice(scope => undef), undef, scope => 'read')),
   '400 invalid_scope: nothing of that scope is granted to this subject',
   'what the token does not have');
is(claims(exchange($narrow->(scope => undef), undef, scope => 'read write'))
   ->{scope}, 'read', 'unless the rule grants it');
ok(!defined exchange(alice(scope => undef))->{json}{scope}, 'no scope at all');

is(exchange(alice(exp => time + 900))->{json}{expires_in}, 600,
   'as the signer has it');
is(exchange($narrow->())->{json}{expires_in}, 60, 'as the rule has it');

my $left = exchange(alice(exp => time + 30))->{json}{expires_in};
ok($left > 25 && $left <= 30, 'as long as the subject has');
$left = exchange(alice(), bot(exp => time + 20))->{json}{expires_in};
ok($left > 15 && $left <= 20, 'as long as the actor has');

my $claims = claims(exchange(alice(exp => time + 30)));
ok($claims->{exp} <= time + 30, 'and no longer');
is(refused(exchange(alice(exp => time - 5))), '400 invalid_request: token is '
   . 'expired', 'nothing is left of it');



=== TEST 4: planner and executor
--- steps
my $alice = alice();
my ($t1, $t2) = (time - 9, time - 4);
my $first = exchange($alice, bot(sub => 'planner', jti => 'p-1', iat => $t1),
                     audience => 'token');
is(claims($first)->{act}{sub}, 'planner', 'the planner acts');

my $second = exchange($first->{json}{access_token},
                      bot(sub => 'executor', iat => $t2), audience => 'crm');
is(JSON::PP->new->canonical->encode(claims($second)->{act}),
   qq({"act":{"iat":$t1,"iss":"https://idp.test","sub":"planner"},)
   . qq("iat":$t2,"iss":"https://idp.test","sub":"executor"}),
   'and the executor for it');
is(claims($second)->{sub}, 'corp:alice', 'for alice');
ok(claims($second)->{exp} <= claims($first)->{exp}, 'no longer than the first');

my $res = ask(GET => '/crm/a',
              "Authorization: Bearer $second->{json}{access_token}");
is($res->{status}, 200, 'is taken');
is($res->{headers}{'x-sub'}, 'alice', 'the subject');
is($res->{headers}{'x-actor'}, 'executor', 'the actor');

my $token = $first->{json}{access_token};

for my $n (2 .. 8) {
    my $res = exchange($token, bot(sub => "e$n"), audience => 'token');
    is($res->{status}, 200, "$n actors");
    $token = $res->{json}{access_token};
}

is(refused(exchange($token, bot())), '400 invalid_request: the chain of actors '
   . 'is too long', 'nine');
is(exchange($token)->{status}, 200, 'eight');
--- events
{"type":"token","act":{"iss":"https://idp.test","sub":"planner"},"actor_jti":"p-1","subject_issuer":"corp"}
{"type":"token","identity":{"sub":"alice","act":{"sub":"planner"}},"act":{"iss":"https://idp.test","sub":"executor","act":{"iss":"https://idp.test","sub":"planner"}}}
{"type":"request","uri":"/crm/a","identity":{"iss":"https://idp.test","sub":"alice","act":{"sub":"executor","act":{"sub":"planner"}}}}



=== TEST 5: may_act
--- steps
my $may = { sub => 'bot', iss => 'https://idp.test' };
my $not = "400 invalid_request: the subject_token's may_act does not name this "
          . 'actor';

is(exchange(alice(may_act => $may), bot())->{status}, 200, 'who may');
is(refused(exchange(alice(may_act => $may), bot(sub => 'eve'))), $not,
   'who may not');
is(refused(exchange(alice(may_act => $may))), $not, 'nobody');
is(refused(exchange(alice(may_act => $may), bot(iss => 'https://other.test',
                                                -key => 'rsa2'))), $not,
   'the same name of another issuer');
is(refused(exchange(alice(may_act => 'bot'), bot())), $not, 'no object');

# by whatever name its issuer goes, on either side
$may->{iss} = 'idp.test';
is(exchange(alice(may_act => $may), bot())->{status}, 200, 'an alias');
is(exchange(alice(may_act => $may), bot(iss => 'idp.test'))->{status}, 200,
   'the same of both');
is(refused(exchange(alice(may_act => $may),
                    bot(iss => 'other.test', -key => 'rsa2'))), $not,
   'an alias of another');



=== TEST 6: subject tokens that are not good
--- steps
for my $bad (
    [alice(exp => time - 100), 'token is expired'],
    [alice(iss => 'https://nobody.test'), 'token issuer is not accepted'],
    [alice(-key => 'rsa2'), 'token key is unknown'],
    [alice(aud => 'crm'), 'token audience'],
    [alice(-alg => 'none'), 'token algorithm'],
    [alice(sub => undef), 'the token has no sub'],
    [alice(exp => time + 86400), 'token lifetime'],
    ['eyJx', 'token is malformed'],
    [alice() . 'x', 'token is malformed'],
    [alice(cnf => { 'x5t#S256' => 'A' x 43 }), 'token is bound to a certificate'],
    [alice(cnf => { kid => 'x' }), 'token is bound to what cannot be proved'],
) {
    my ($token, $why) = @$bad;
    my $res = exchange($token);

    like(refused($res), qr/^400 invalid_request: subject_token: \Q$why\E/,
         $why);
    ok(!$res->{headers}{'www-authenticate'}, 'no challenge');

    like(refused(exchange(alice(), $token)),
         qr/^400 invalid_request: actor_token: \Q$why\E/, 'nor as an actor');
}
--- events
{"type":"request","uri":"/token"}
{"type":"decision","decision":"deny","status":400,"reason":"token is expired"}
{"type":"request","identity":{"iss":"https://idp.test","sub":"alice"}}
{"type":"decision","identity":{"sub":"alice"},"status":400,"reason":"token is expired"}
--- no_event_text
eyJ
"type":"token"



=== TEST 7: revoked
--- more: hoop_revocation ttl=0;
--- steps
my $alice = alice(jti => 'j-7');
my $issued = exchange($alice, bot())->{json}{access_token};
my $again = exchange(exchange(alice(), undef, audience => 'token')
                     ->{json}{access_token})->{json}{access_token};

is(crm($issued), 200, 'taken');
is(crm($again), 200, 'taken');

revoke('corp:jti:j-7');
is(refused(exchange($alice)), '400 invalid_request: subject_token: token is '
   . 'revoked', 'the subject token');
is(exchange(alice())->{status}, 200, 'and no other');
is(crm($issued), '401 token is revoked', 'and what was issued for it');
is(crm($again), 200, 'and for no other');

my $own = claims(exchange(alice()))->{jti};
my $res = exchange(alice());
revoke('gateway:jti:' . claims($res)->{jti});
is(crm($res->{json}{access_token}), '401 token is revoked', 'an issued one');

revoke('corp:sub:bot');
is(refused(exchange(alice(), bot())), '400 invalid_request: actor_token: token '
   . 'is revoked', 'the actor');

revoke('corp:sub:alice');
is(refused(exchange(alice())), '400 invalid_request: subject_token: token is '
   . 'revoked', 'the subject');
is(crm($again), '401 token is revoked', 'by whatever token');

$main::redis->stop;
is(refused(exchange(bot(sub => 'carol'))),
   '503 temporarily_unavailable: subject_token: revocation cannot be checked',
   'Redis is away');
--- no_error_log
[alert]
[crit]
[emerg]
eyJ



=== TEST 8: requests that are no exchange
--- steps
my $form = 'Content-Type: application/x-www-form-urlencoded';
my $good = asked(alice());
my $type = '400 invalid_request: the body is not '
           . 'application/x-www-form-urlencoded';
my $twice = '400 invalid_request: a parameter is there twice';

for my $bad (
    [$good, 'Content-Type: application/json', $type],
    [$good, 'X-A: b', $type],
    [$good, [$form, $form], $type],
    [$good, "$form; charset=latin1", $type],
    [$good, [$form, 'Content-Encoding: gzip'], $type],
    ["$good&scope=a&scope=b", $form, $twice],
    ["$good&subject_token=a", $form, $twice],
    ["$good&x=a&x=b", $form, $twice],
    ["$good&scope=a%00", $form, '400 invalid_request: the body is not a '
                                . 'well-formed form'],
    ["$good;scope=a", $form, '400 invalid_request: the body is not a '
                             . 'well-formed form'],
    ["$good&scope=a++b", $form, '400 invalid_scope: the scope is malformed or '
                                . 'too long'],
    ["$good&resource=/x", $form, '400 invalid_target: a resource is an '
                                 . 'absolute URI without fragment'],
    ['grant_type=client_credentials', $form, '400 unsupported_grant_type: '
     . 'wanted urn:ietf:params:oauth:grant-type:token-exchange'],
    ['x=y', $form, '400 invalid_request: no grant_type'],
    ["$good&actor_token=x", $form, '400 invalid_request: no actor_token_type, '
                                   . 'or one that is not taken here'],
    ["$good&requested_token_type=${main::urn}refresh_token", $form,
     '400 invalid_request: a requested_token_type that is not issued here'],
    ['', $form, '400 invalid_request: the body is empty'],
    ["$good&x=" . 'y' x 65536, $form,
     '413 invalid_request: the body is larger than 64k'],
) {
    my ($body, $headers, $want) = @$bad;

    is(refused(post($body, $headers)), $want, $want);
}

is(post($good, "$form; charset=\"UTF-8\"")->{status}, 200, 'but this is one');
is(post("$good&x=" . 'y' x 40000, $form)->{status}, 200, 'a long one, too');

is(chunks(100, $good)->{status}, 200, 'in chunks');
is(refused(chunks(4096, "$good&x=" . 'y' x 65536)),
   '413 invalid_request: the body is larger than 64k', 'too large');

for my $method (qw( GET HEAD PUT )) {
    my $res = ask($method => '/token?' . $good, $form);
    is($res->{status}, 405, "$method is not allowed");
    is($res->{headers}{allow}, 'POST', 'but POST is');
}



=== TEST 9: policy decides, by what is asked for
--- steps
is(refused(exchange(alice(groups => ['others']))), '403 invalid_request: '
   . 'no rule matches', 'denied by default');
is(refused(exchange(alice(), bot(sub => 'mallory'))), '403 invalid_request: '
   . "mallory 'may' not act", 'denied by a rule');
is(refused(exchange(alice(), undef, audience => 'hr')), '403 invalid_request: '
   . 'a human would have to approve this, and no token is issued by way of an '
   . 'approval', 'no approval');
is(refused(exchange(alice(), undef, scope => 'narrow')),
   '403 invalid_request: no rule matches', 'by the body');
--- events
{"type":"decision","decision":"deny","status":403}
{"type":"decision","decision":"deny","rule":"no-mallory","status":403}
{"type":"decision","decision":"deny","rule":"ask","status":403}
--- no_event_text
"type":"token"



=== TEST 10: no policy at all
--- config
location = /token { hoop_token gw; }
location = /jwks { hoop_jwks gw; }
--- steps
is(refused(exchange(alice())), '403 invalid_request: no rule matches', 'denied');



=== TEST 11: what hoop says, and other access rules
--- more
location /off/ {
    hoop off;
    location = /off/token {
        hoop_token gw;
        hoop_policy $TEST_NGINX_SERVER_ROOT/html/token.json;
    }
}
location /monitor/ {
    hoop monitor;
    location = /monitor/token {
        hoop_token gw;
        hoop_policy $TEST_NGINX_SERVER_ROOT/html/token.json;
    }
}
location = /closed/token {
    hoop_token gw;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/token.json;
    deny all;
}
location = /limited/token {
    hoop_token gw;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/token.json;
    limit_except GET { allow 127.0.0.1; deny all; }
}
location = /ssi.html { ssi on; ssi_types *; }
--- user_files
>>> ssi.html
<!--# include virtual="/token" -->
--- steps
my $bad = alice(groups => ['others']);

for my $where (qw( off monitor )) {
    is(post(asked($bad), undef, "/$where/token")->{status}, 403, "denied");
    is(post(asked('x'), undef, "/$where/token")->{status}, 400, "refused");
    is(post(asked(alice()), undef, "/$where/token")->{status}, 200, "issued");
}

my $res = post(asked(alice()), undef, '/closed/token');
is($res->{status}, 403, 'by another module');
unlike($res->{raw}, qr/eyJ/, 'no token');
is(post(asked(alice()), undef, '/limited/token')->{status}, 200, 'allowed');
unlike(ask(GET => '/ssi.html')->{body}, qr/access_token|error_desc/,
       'not by a subrequest');
--- error_log
subrequest to protected location "/token" refused



=== TEST 12: recorded and logged without a token
--- http: access_log logs/body.log body;
--- token
hoop_record payload;
client_body_buffer_size 1k;
client_body_in_file_only clean;
--- steps
is(exchange(alice(), bot(), x => 'y' x 20000)->{status}, 200, 'issued');
is(exchange(alice(exp => 1), bot())->{status}, 400, 'refused');
soon { -s "$ENV{TEST_NGINX_SERVER_ROOT}/logs/body.log" } 'logged';
open my $fh, '<', "$ENV{TEST_NGINX_SERVER_ROOT}/logs/body.log";
unlike(join('', <$fh>), qr/eyJ/, 'without the body');
--- grep_error_log eval
qr/a client request body is buffered to a temporary file/
--- grep_error_log_out
--- no_event_text
eyJ
"type":"recording"



=== TEST 13: no evidence, no token
--- post_setup_server_root
for my $slot (0 .. 5) {
    open my $fh, '>', "$ENV{TEST_NGINX_SPOOL}/$slot" or die $!;
    print $fh "in the way\n";
}
--- steps
my $res = exchange(alice());
is(refused($res), '503 temporarily_unavailable: the evidence cannot be kept',
   'refused');
is($res->{headers}{'retry-after'}, 5, 'for now');
is(exchange('x')->{status}, 400, 'a refusal stands');
--- no_error_log eval
[qr/\[alert\](?!.*no audit spool)/, qr/\[crit\](?!.*hoop audit: )/, '[emerg]',
 'eyJ']
--- no_spool_check



=== TEST 14: evidence that is waited for
--- audit: sync=always
--- steps
my @held = map { begin(POST => '/token',
                       'Content-Type: application/x-www-form-urlencoded',
                       asked(alice(), bot())) } 1 .. 8;
is(finish($_)->{status}, 200, 'issued') for @held;
--- events
{"type":"token"}
{"type":"response","status":200}



=== TEST 15: two issuers, and one name
--- steps
my $mine = exchange(alice())->{json}{access_token};
my $theirs = exchange(token(sub => 'alice', iss => 'https://other.test',
                            -key => 'rsa2'))->{json}{access_token};

is(part($theirs, 1)->{sub}, 'other:alice', 'another subject');
is(crm($mine), 200, 'one is let in');
is(crm($theirs), '403 no rule matches', 'the other is not');
is(crm(token(sub => 'alice', hoop_gateway => 'https://gw.test', hoop_origin =>
             { iss => 'https://idp.test', sub => 'alice' },
             iss => 'https://other.test', -key => 'rsa2')),
   '403 no rule matches', 'whatever it says');

# with the gateway's own key, for nobody that is known here
my %gw = (iss => 'https://gw.test', aud => 'crm', -key => 'ec',
          -kid => part($mine, 0)->{kid});
my $unknown = '401 token was issued for a subject of an unknown issuer';

is(crm(token(%gw, sub => 'corp:alice', hoop_origin =>
             { iss => 'https://idp.test', sub => 'alice' })), 200, 'known');
is(crm(token(%gw, sub => 'corp:alice', hoop_origin =>
             { iss => 'idp.test', sub => 'alice' })), 200,
   'by a name that has become an alias');
is(crm(token(%gw, sub => 'gone:alice', hoop_origin =>
             { iss => 'https://gone.test', sub => 'alice' })), $unknown,
   'an issuer that is not known');
is(crm(token(%gw, sub => 'gw:alice', hoop_origin =>
             { iss => 'https://gw.test', sub => 'alice' })), $unknown,
   'nor is the gateway one');
is(crm(token(%gw, sub => 'alice')), $unknown, 'without an origin');
--- events
{"type":"request","uri":"/crm/a","identity":{"iss":"https://idp.test","sub":"alice"}}
{"type":"decision","decision":"allow"}
{"type":"request","uri":"/crm/a","identity":{"iss":"https://other.test","sub":"alice"}}
{"type":"decision","decision":"deny"}
{"type":"request","uri":"/crm/a","identity":{"iss":"https://idp.test","sub":"alice"}}
{"type":"request","uri":"/crm/a","identity":{"iss":"https://idp.test","sub":"alice"}}
--- no_event_text
"iss":"idp.test"



=== TEST 16: what is published
--- keys: $TEST_NGINX_SIGNERS/ec.pem $TEST_NGINX_SIGNERS/ed25519.pem $TEST_NGINX_SIGNERS/rsa.pem
--- signer: scope read write;
--- steps
my $res = ask(GET => '/jwks');
is($res->{status}, 200, 'status');
is($res->{headers}{'content-type'}, 'application/jwk-set+json', 'type');
is($res->{headers}{'cache-control'}, 'public, max-age=300', 'may be stored');
is(join(' ', map { "$_->{kty}-$_->{alg}-$_->{use}" } @{ $res->{json}{keys} }),
   'EC-ES256-sig OKP-EdDSA-sig RSA-RS256-sig', 'all keys');
unlike($res->{body}, qr/"(d|p|q|k)"/, 'and nothing of the private ones');

my $head = ask(HEAD => '/jwks');
is($head->{headers}{'content-length'}, length $res->{body}, 'HEAD');
is(length $head->{body}, 0, 'has no body');

$res = ask(POST => '/jwks', '', 'x');
is($res->{status}, 405, 'POST');
is($res->{headers}{allow}, 'GET, HEAD', 'is not allowed');

$res = ask(GET => '/.well-known/oauth-authorization-server');
is($res->{headers}{'content-type'}, 'application/json', 'type');
is(JSON::PP->new->canonical->encode($res->{json}), JSON::PP->new->canonical
   ->encode({ issuer => 'https://gw.test',
     token_endpoint => 'https://gw.test/token',
     jwks_uri => 'https://gw.test/jwks',
     grant_types_supported =>
         ['urn:ietf:params:oauth:grant-type:token-exchange'],
     token_endpoint_auth_methods_supported => ['none'],
     scopes_supported => ['read', 'write'] }), 'metadata');



=== TEST 17: another key, by a reload
--- http_config
include $TEST_NGINX_SERVER_ROOT/html/signer.conf;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer corp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
hoop_issuer gateway { signer gw; audience crm; }
--- user_files
>>> signer.conf
hoop_signer gw { issuer https://gw.test; audience crm;
                 key_file $TEST_NGINX_SIGNERS/ec.pem; }
--- steps
my $conf = "$ENV{TEST_NGINX_SERVER_ROOT}/html/signer.conf";
my $change = sub {
    spew($conf, 'hoop_signer gw { issuer https://gw.test; audience crm; '
         . "key_file @_; }\n");

    my %old = map { $_ => 1 } nginx_workers();
    kill HUP => nginx_pid();

    soon { my @now = nginx_workers(); @now == 1 && !grep { $old{$_} } @now }
         'reloaded', 10;
};

my $first = exchange(alice())->{json}{access_token};
is(crm($first), 200, 'the first key');

$change->("$main::dir/ed25519.pem $main::dir/ec.pem");
my $second = exchange(alice())->{json}{access_token};
is(part($second, 0)->{alg}, 'EdDSA', 'another key signs');
is(crm($second), 200, 'its token is taken');
is(crm($first), 200, 'and that of the one before');
is(@{ ask(GET => '/jwks')->{json}{keys} }, 2, 'both are published');

$change->("$main::dir/ed25519.pem");
is(crm($first), '401 token key is unknown', 'until that is gone');
is(crm($second), 200, 'the other stays');
--- no_error_log
[alert]
[crit]
[emerg]
eyJ



=== TEST 18: a hoop_signer that is not defined
--- http_config
--- config
location = /jwks { hoop_jwks gw; }
--- must_die
--- error_log eval
qr/\[emerg\].*unknown hoop_signer "gw" in .*nginx.conf:\d+/



=== TEST 19: an issuer's signer has to be there before it
--- http_config
hoop_issuer gateway { signer gw; audience crm; }
--- must_die
--- error_log
"signer" names a hoop_signer that is not defined before it



=== TEST 20: a key that others can read
--- keys: $TEST_NGINX_SIGNERS/open.pem
--- must_die
--- error_log
has mode 0640 and owner



=== TEST 21: a public key cannot sign
--- keys: $TEST_NGINX_SIGNERS/public.pem
--- must_die
--- error_log
is a public one: the first has to sign



=== TEST 22: what is no key
--- keys: $TEST_NGINX_SIGNERS/none.pem
--- must_die
--- error_log
no PEM key without password



=== TEST 23: a key twice
--- keys: $TEST_NGINX_SIGNERS/ec.pem $TEST_NGINX_SIGNERS/ec.pem
--- must_die
--- error_log
is there twice



=== TEST 24: a lifetime that is too long
--- signer: lifetime 2h;
--- must_die
--- error_log
"lifetime" has an invalid time, wanted at most 1h



=== TEST 25: a scope of two words
--- signer: scope "read write";
--- must_die
--- error_log
"scope" has a value with a character that it may not have



=== TEST 26: without an audience
--- http_config
hoop_signer gw { issuer https://gw.test; key_file $TEST_NGINX_SIGNERS/ec.pem; }
--- must_die
--- error_log
hoop_signer "gw" has no "audience"



=== TEST 27: an issuer that is no URL
--- http_config
hoop_signer gw { issuer gw; audience crm; }
--- must_die
--- error_log
"issuer" is no http or https URL without query and fragment



=== TEST 28: no rule can be about the gateway's own issuer
--- user_files
>>> gateway.json
{ "version": 1, "name": "mine", "rules": [
    { "id": "a", "effect": "deny",
      "match": { "identity": { "issuer": "https://gw.test" } } } ] }
--- more
location /x/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/gateway.json;
}
--- must_die
--- error_log
a rule of hoop policy "mine" names an issuer of a hoop_signer



=== TEST 29: two handlers in one location
--- more
location = /x { hoop_token gw; hoop_jwks gw; }
--- must_die
--- error_log
cannot be in one location with



=== TEST 30: metadata of what is not there
--- config
location = /m { hoop_metadata gw; }
--- must_die
--- error_log
"hoop_metadata" needs a "hoop_token" and a "hoop_jwks"



=== TEST 31: a signer without a key for the algorithms of its issuer
--- http_config
hoop_signer gw {
    issuer https://gw.test;
    audience crm;
    key_file $TEST_NGINX_SIGNERS/ec.pem;
}
hoop_issuer gateway { signer gw; audience x; algorithms RS256; }
--- must_die
--- error_log
hoop_signer "gw" has no key for hoop_issuer "gateway"



=== TEST 32: an issuer that the signer does not have
--- http_config
hoop_signer gw {
    issuer https://gw.test;
    audience crm;
    key_file $TEST_NGINX_SIGNERS/ec.pem;
}
hoop_issuer gateway { signer gw; audience x; issuer https://other.test; }
--- must_die
--- error_log
hoop_issuer "gateway" has another "issuer" than its hoop_signer "gw"



=== TEST 33: a redirect takes neither token nor body along
--- more
location = /try {
    hoop_token gw;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/token.json;
    try_files /nothing /crm/a;
}
location = /again {
    hoop_token gw;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/token.json;
    try_files /nothing /token;
}
location = /error {
    hoop_token gw;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/token.json;
    error_page 400 403 405 413 /crm/a;
}
location = /denied {
    hoop_token gw;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/token.json;
    deny all;
    error_page 403 = @elsewhere;
}
location @elsewhere {
    rewrite ^ /crm/elsewhere break;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
location = /in {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/crm.json;
    try_files /nothing /token;
}
--- steps
$main::upstream->reset;

my $redirected = qr/the request was redirected/;

for my $form (asked(alice()), asked(alice(), bot())) {
    for my $uri (qw( /try /again )) {
        my $res = post($form, undef, $uri);
        is($res->{status}, 403, "$uri: refused");
        like($res->{body}, $redirected, "$uri: why");
    }
}

for my $form (asked('x'), asked(alice(), 'x'),
              asked(alice(groups => ['others'])), 'x=y')
{
    like(refused(post($form, undef, '/error')), qr/^40[03] invalid_request/,
         'an error page is no way on');
}

is(refused(ask(PUT => '/error', '', 'x')),
   '405 invalid_request: the method is not POST', 'nor by a method');
is(ask(POST => '/in', ['Authorization: Bearer ' . alice(),
                       'Content-Type: application/x-www-form-urlencoded'],
       asked(alice()))->{status}, 403, 'nor the other way round');
is(() = $main::upstream->requests, 0, 'none was let through');

for my $chunked (0, 1) {
    my $res = $chunked ? chunks(1000, asked(alice()), '/denied')
                       : post(asked(alice()), undef, '/denied');
    is($res->{body}, "reached\n", 'an open location');

    my $seen = $main::upstream->last_request;
    is($seen->{body}, '', 'sees no body');
    ok(!$seen->{headers}{'content-length'}
       && !$seen->{headers}{'transfer-encoding'}, 'and waits for none');
}
--- no_error_log
[alert]
[crit]
[emerg]
eyJ



=== TEST 34: small chunks fill a buffer, and tokens reach no disk
--- token: client_body_in_file_only off;
--- http: client_body_temp_path $TEST_NGINX_SERVER_ROOT/body_temp;
--- steps
my $held = begin(POST => '/token',
                 ['Content-Type: application/x-www-form-urlencoded',
                  'Transfer-Encoding: chunked']);
my $form = asked(alice(), bot(), x => 'y' x 20000);

# all but the end of the last chunk: 6 bytes for one
syswrite $held->{sock}, join '', map { "1\r\n$_\r\n" } split //, $form;

my $text = '';
soon { local $/;
       $text = join '', map { open my $fh, '<', $_; <$fh> }
                        grep { (readlink // '') =~ /body_temp/ }
                        map { glob "/proc/$_/fd/*" } nginx_workers();
       length $text }
     'in a file';
unlike($text, qr/eyJ/, 'without the tokens');

syswrite $held->{sock}, "0\r\n\r\n";
is(finish($held)->{status}, 200, 'and yet they are taken');



=== TEST 35: a token of ours is for whom it is, and has the scope that it has
--- more
location = /any {
    hoop_token gw;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/any.json;
}
--- user_files
>>> any.json
{ "version": 1, "name": "any", "rules": [
    { "id": "read", "effect": "allow",
      "match": { "body": { "/scope": { "any": ["read"] } } },
      "token": { "scope": ["read"] } },
    { "id": "any", "effect": "allow", "match": {} } ] }
--- steps
my $any = sub { post(asked(@_), undef, '/any') };
my $token = $any->(alice(scope => undef), undef, audience => 'token')
            ->{json}{access_token};

is(claims($any->($token))->{aud}, 'token', 'the audience that it has');
is(claims($any->($token, undef, audience => 'token', audience => 'crm'))
   ->{aud}, 'token', 'and none beside');
is(refused($any->($token, undef, audience => 'crm')), '400 invalid_target: '
   . 'no token for that audience is issued to this subject', 'nor instead');
is(claims(exchange($token, undef, audience => 'crm'))->{aud}, 'crm',
   'but that a rule names');

is(claims($any->(alice(scope => undef), undef, scope => 'read'))->{scope},
   'read', 'a rule grants a scope');
is(refused($any->($token, undef, scope => 'read')), '400 invalid_scope: '
   . 'nothing of that scope is granted to this subject', 'but not later');



=== TEST 36: revoked with any of the tokens that it was made of
--- more: hoop_revocation ttl=0;
--- steps
my $made = sub {
    my $run = exchange(alice(), bot(sub => 'planner', jti => "p-$_[0]"),
                       audience => 'token');
    my $step = exchange($run->{json}{access_token},
                        bot(sub => 'executor', jti => "e-$_[0]"));
    return (claims($run)->{jti}, $step->{json}{access_token});
};

for my $n (1 .. 3) {
    my ($run, $step) = $made->($n);
    my $revoked = $n == 1 ? "gateway:jti:$run"
                  : $n == 2 ? "corp:jti:p-$n" : "corp:jti:e-$n";

    is(crm($step), 200, 'taken');
    revoke($revoked);
    is(crm($step), '401 token is revoked', "$revoked is revoked");
}

# exchanged after the revocation, by a worker that did not know of it yet
my $late = exchange(alice(iat => time - 100))->{json}{access_token};
my $new = exchange(alice())->{json}{access_token};
$main::redis->command('SET', 'hoop:revoked:corp:sub:alice', time - 50);
is(crm($late), '401 token is revoked', 'as old as what it was exchanged for');
is(crm($new), 200, 'a new one is not');

$main::redis->command('FLUSHALL');
my $run = exchange(alice(), bot(sub => 'planner', iat => time - 100),
                   audience => 'token')->{json}{access_token};
my $step = exchange($run, bot(sub => 'executor', iat => time - 60))
           ->{json}{access_token};
my $both = exchange($run, exchange(bot(sub => 'executor', iat => time - 60),
                                   undef, audience => 'token')
                          ->{json}{access_token})->{json}{access_token};
my @steps = ($step, $both);

for my $case (['planner', 110, 200], ['executor', 80, 200],
              ['planner', 80, '401 token is revoked'],
              ['executor', 50, '401 token is revoked'])
{
    my ($who, $ago, $status) = @$case;

    $main::redis->command('FLUSHALL');
    $main::redis->command('SET', "hoop:revoked:corp:sub:$who", time - $ago);
    is(crm($_), $status, "tokens of $who of $ago s ago are revoked") for @steps;
}

$main::redis->command('FLUSHALL');
my $token = alice();

for my $n (0 .. 16) {
    my $res = exchange($token, undef, audience => 'token');
    is($res->{status}, 200, "exchanged $n times before");
    $token = $res->{json}{access_token};
}

is(@{ part($token, 1)->{hoop_parents} }, 16, 'of so many');
is(refused(exchange($token)), '400 invalid_request: the chain of exchanges is '
   . 'too long', 'and no more');
is(crm($token), 200, 'it is good where it can be');



=== TEST 37: claims that go along
--- signer: claim contractor dept; claim x;
--- user_files
>>> staff.json
{ "version": 1, "name": "staff", "default": "allow", "rules": [
    { "id": "staff", "effect": "deny",
      "match": { "identity": { "claims": { "/contractor": true } } } } ] }
--- more
location /crm/staff/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/staff.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- steps
my $res = exchange(alice(contractor => JSON::PP::true, dept => ['a', { b => 1 }],
                         email => 'a@b.test'));
my $claims = claims($res);

ok($claims->{contractor}, 'one');
is(JSON::PP->new->encode($claims->{dept}), '["a",{"b":1}]', 'another');
ok(!exists $claims->{x} && !exists $claims->{email}, 'and no others');
is(crm($res->{json}{access_token}, '/crm/staff/a'), '403 denied by a rule',
   'a rule that is about it');
is(crm(exchange($res->{json}{access_token})->{json}{access_token},
       '/crm/staff/a'), '403 denied by a rule', 'from token to token');



=== TEST 38: a claim that is not to be taken along
--- signer: claim dept act;
--- must_die
--- error_log
"claim" has a claim that is not the subject's to take along



=== TEST 39: nor one that the gateway makes
--- signer: claim hoop_gateway;
--- must_die
--- error_log
"claim" has a claim that is not the subject's to take along



=== TEST 40: a key that is too short
--- keys: $TEST_NGINX_SIGNERS/short.pem
--- must_die
--- error_log eval
qr/hoop signer key ".*\/short.pem": wanted a key of RSA \(2048 to 8192 bits\)/



=== TEST 41: a kind of key that signs no tokens
--- keys: $TEST_NGINX_SIGNERS/x25519.pem
--- must_die
--- error_log eval
qr/hoop signer key ".*\/x25519.pem": wanted a key of RSA/



=== TEST 42: a key file that is not there
--- keys: $TEST_NGINX_SIGNERS/missing.pem
--- must_die
--- error_log eval
qr/hoop signer key: open\(\) ".*\/missing.pem" failed/



=== TEST 43: who acts for an approver does not decide
--- signer: scope read;
--- more: location /hoop/ { hoop_api; }
--- steps
my $vote = sub {
    my $res = ask(POST => '/hoop/approvals/' . 'a' x 32 . '/approve',
                  "Authorization: Bearer $_[0]");
    return "$res->{status} $res->{json}{detail}";
};
my $acts = '403 who acts by an exchanged token does not decide';

my $own = exchange(alice())->{json}{access_token};
my $bot = exchange(alice(), bot())->{json}{access_token};

is($vote->(alice()), '404 no such approval', 'the approver');
is($vote->($own), '404 no such approval', 'by a token of the gateway');
is($vote->($bot), $acts, 'and one who acts by it');
is($vote->(exchange($bot)->{json}{access_token}), $acts, 'still');
is(ask(GET => '/hoop/approvals', "Authorization: Bearer $bot")->{status}, 200,
   'reading is another thing');



=== TEST 44: another directive that answers
--- more
location = /x {
    hoop_token gw;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
--- must_die
--- error_log
beside another directive that answers requests in location "/x"



=== TEST 45: one connection, several requests, and their bodies
--- steps
my $sock = IO::Socket::INET->new(
    PeerAddr => '127.0.0.1',
    PeerPort => Test::Nginx::Util::server_port_for_client());
my $head = "POST /token HTTP/1.1\r\nHost: localhost\r\n"
           . "Content-Type: application/x-www-form-urlencoded\r\n";
my @forms = map { asked(alice(), bot(sub => "b$_")) } 1 .. 3;

syswrite $sock, $head . 'Content-Length: ' . length($forms[0])
                . "\r\n\r\n$forms[0]"
                . $head . "Transfer-Encoding: chunked\r\n\r\n"
                . sprintf("%x\r\n%s\r\n0\r\n\r\n", length $forms[1], $forms[1])
                . $head =~ s/1\.1/1.0/r . 'Content-Length: '
                . length($forms[2]) . "\r\n\r\n$forms[2]";

my $all = do { local $/; <$sock> };
my @tokens = $all =~ /"access_token":"([^"]+)/g;

is(() = $all =~ m{HTTP/1\.\d 200 OK\r\n}g, 3, 'each is answered');
is(join(' ', map { part($_, 1)->{act}{sub} } @tokens), 'b1 b2 b3',
   'with what it asked for');

my $short = begin(POST => '/token',
                  ['Content-Type: application/x-www-form-urlencoded',
                   'Content-Length: ' . (length($forms[0]) + 1)], undef);
syswrite $short->{sock}, $forms[0];
hang_up($short);
is(exchange(alice())->{status}, 200, 'a client that leaves half way');
--- events
{"type":"token","act":{"sub":"b1"}}
{"type":"token","act":{"sub":"b2"}}
{"type":"token","act":{"sub":"b3"}}



=== TEST 46: clients that leave while the evidence is written
--- audit: sync=always
--- steps
hang_up(begin(POST => '/token',
              'Content-Type: application/x-www-form-urlencoded',
              asked(alice(), bot()))) for 1 .. 8;
is(exchange(alice())->{status}, 200, 'do no harm');



=== TEST 47: HTTP/2
--- http
server {
    listen 127.0.0.1:$TEST_NGINX_H2_PORT http2;
    location = /token {
        hoop_token gw;
        hoop_policy $TEST_NGINX_SERVER_ROOT/html/token.json;
    }
}
--- steps
my $url = "http://127.0.0.1:$ENV{TEST_NGINX_H2_PORT}/token";
my $form = asked(alice(), bot(), x => 'y' x 30000);

spew("$main::dir/form", $form);

for my $length ([], ['-H', 'Content-Length:']) {
    my $res = curl($url, 'Content-Type: application/x-www-form-urlencoded',
                   '--http2-prior-knowledge', @$length,
                   '--data', "\@$main::dir/form");

    is($res->{status}, 200, 'issued');
    like($res->{body}, qr/"token_type":"Bearer"/, 'and sent');
}



=== TEST 48: nothing of a form is left in the memory of a worker
--- steps
my $subject = alice(scope => 'read');
my $sig = (split /\./, $subject)[2];
my @long = (undef, x => 'y' x 40000);

is(exchange($subject, @long)->{status}, 200, 'exchanged');
is(chunks(500, asked($subject, @long))->{status}, 200, 'and in chunks');

my ($worker) = nginx_workers();
my ($here, $ours) = (0, 0);
no warnings 'portable';                             # addresses of 64 bits

open my $maps, '<', "/proc/$worker/maps" or die "maps: $!\n";
open my $mem, '<:raw', "/proc/$worker/mem" or die "mem: $!\n";

while (my $map = <$maps>) {
    my ($from, $to) = map { hex } $map =~ /^(\w+)-(\w+) rw/ or next;

    next if $to - $from > 1 << 28;                  # a sanitizer's own

    sysseek $mem, $from, 0;
    sysread($mem, my $bytes, $to - $from) or next;

    $here += () = $bytes =~ /\Q$sig/g;
    $ours += () = $bytes =~ m{https://gw\.test}g;
}

ok($ours, 'the memory is read');
is($here, 0, 'no token is there');
