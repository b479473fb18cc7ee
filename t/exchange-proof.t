# Copyright (C) ngx_hoop_module authors
#
# Tokens that are bound to a key or a certificate are exchanged with a proof of
# it, and what is issued is bound to the same.

use Test::Nginx::Socket 'no_plan';

use JSON::PP ();
use MIME::Base64 qw( decode_base64url );

use lib 't/lib';
use Hoop::Client;
use Hoop::Curl;
use Hoop::Daemon qw( free_port temp_dir );
use Hoop::Proof;
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => { '/crm/*' => "reached\n" });
our ($alice, $bob) = map { certificate($_) } qw( alice bob );

$ENV{TEST_NGINX_TLS_PORT} = free_port();
$ENV{TEST_NGINX_CA} = ca();
$ENV{TEST_NGINX_SERVER_CERT} = certificate('server')->{cert};
$ENV{TEST_NGINX_SERVER_KEY} = certificate('server')->{key};

our $url = "https://localhost:$ENV{TEST_NGINX_TLS_PORT}";
our $type = 'Content-Type: application/x-www-form-urlencoded';

sub asked {
    my ($subject, $actor) = @_;

    my $urn = 'urn:ietf:params:oauth:';

    return "grant_type=${urn}grant-type:token-exchange&subject_token=$subject"
           . "&subject_token_type=${urn}token-type:access_token"
           . ($actor ? "&actor_token=$actor"
                       . "&actor_token_type=${urn}token-type:jwt" : '');
}

sub exchange {
    my ($form, $proof) = @_;

    return ask(POST => '/token', [$type, $proof ? "DPoP: $proof" : ()], $form);
}

sub refused {
    my ($res) = @_;

    return "$res->{status} $res->{json}{error}: "
           . "$res->{json}{error_description}";
}

sub claims {
    my ($res) = @_;

    my (undef, $claims) = split /\./, $res->{json}{access_token} // 'e30.e30';
    return JSON::PP->new->decode(decode_base64url($claims));
}

# of a key, of a certificate
sub by_key { return token(sub => 'alice', cnf => { jkt => jkt(@_) }) }
sub by_cert { return token(sub => 'alice',
                           cnf => { 'x5t#S256' => $_[0]{x5t} }) }
sub made { return proof('/token', htm => 'POST', ath => undef, @_) }

sub tls {
    my ($form, $cert) = @_;

    my $res = curl("$url/token", $type, '--cacert', ca(), '--data', $form,
                   $cert ? ('--cert', $cert->{cert}, '--key', $cert->{key})
                         : ());
    $res->{json} = eval { JSON::PP->new->decode($res->{body}) };
    return $res;
}

add_block_preprocessor(sub {
    my ($block) = @_;

    my $token = $block->token // '';

    $block->set_value('http_config', <<'END');
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_signer gw {
    issuer https://gw.test;
    key_file $TEST_NGINX_SERVER_KEY;
    audience crm;
}
hoop_issuer corp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
hoop_issuer gateway {
    signer gw;
    audience crm;
}
ssl_certificate $TEST_NGINX_SERVER_CERT;
ssl_certificate_key $TEST_NGINX_SERVER_KEY;
END

    $block->set_value('config', <<"END");
listen 127.0.0.1:\$TEST_NGINX_TLS_PORT ssl;
ssl_verify_client optional;
ssl_client_certificate \$TEST_NGINX_CA;
hoop_policy \$TEST_NGINX_SERVER_ROOT/html/all.json;
location = /token {
    hoop_token gw;
    $token
}
location /crm/ {
    hoop on;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
}
END

    $block->set_value('user_files', <<'END');
>>> all.json
{ "version": 1, "name": "all", "default": "allow", "rules": [] }
END

    $block->set_value('request', 'GET /index.html');
    $block->set_value('error_code', 200);
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ");
    $block->set_value('no_event_text', 'eyJ');
});

Hoop::Client->steps;
Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: a key, and what is issued is bound to it
--- steps
my $res = exchange(asked(by_key()), made());
is($res->{status}, 200, 'issued');
is($res->{json}{token_type}, 'DPoP', 'its type');
is(claims($res)->{cnf}{jkt}, jkt(), 'and its key');

my $token = $res->{json}{access_token};
is(ask(GET => '/crm/a', dpop('/crm/a', -token => $token))->{status}, 200,
   'taken with a proof');
is(ask(GET => '/crm/a', "Authorization: Bearer $token")->{status}, 401,
   'and not without');
is(ask(GET => '/crm/a', dpop('/crm/a', -token => $token, -key => 'ec2'))
   ->{status}, 401, 'nor with another');
--- events
{"type":"decision","decision":"allow","proof":"dpop"}
{"type":"token"}
{"type":"decision","decision":"allow","proof":"dpop"}



=== TEST 2: without a good proof
--- steps
my $bound = by_key();
my $used = made();

is(refused(exchange(asked($bound))), '400 invalid_dpop_proof: subject_token: '
   . 'proof is missing', 'none');
is(refused(exchange(asked($bound), made(-key => 'ec2'))),
   '400 invalid_request: subject_token: token is bound to another key',
   'of another key');
is(refused(exchange(asked($bound), made(htm => 'GET'))),
   '400 invalid_dpop_proof: subject_token: proof is for another method',
   'for another method');
is(refused(exchange(asked($bound), proof('/x', htm => 'POST'))),
   '400 invalid_dpop_proof: subject_token: proof is for another URI',
   'for another place');
is(exchange(asked($bound), $used)->{status}, 200, 'a good one');
is(refused(exchange(asked($bound), $used)), '400 invalid_dpop_proof: '
   . 'subject_token: proof has been used before', 'is good once');
ok(!exchange(asked($bound))->{headers}{'www-authenticate'}, 'no challenge');



=== TEST 3: the actor's, too
--- steps
my $free = token(sub => 'alice');
my $bot = token(sub => 'bot', cnf => { jkt => jkt() });
my $other = token(sub => 'bot', cnf => { jkt => jkt('ec2') });

my $res = exchange(asked($free, $bot), made());
is($res->{status}, 200, 'the actor alone');
is(claims($res)->{cnf}{jkt}, jkt(), 'who gets it');

is(refused(exchange(asked($free, $bot))), '400 invalid_dpop_proof: '
   . 'actor_token: proof is missing', 'with a proof');
is(exchange(asked(by_key(), $bot), made())->{status}, 200,
   'one proof for both');
is(refused(exchange(asked(by_key(), $other), made())),
   '400 invalid_request: actor_token: token is bound to another key',
   'of one key');

$res = exchange(asked($free, token(sub => 'bot')), made());
is($res->{status}, 200, 'a proof that is not needed');
ok(!claims($res)->{cnf}, 'binds nothing');
--- events
{"type":"decision","decision":"allow","proof":"dpop"}
{"type":"decision","identity":{"sub":"alice"},"status":400,"reason":"proof is missing"}



=== TEST 4: a certificate
--- steps
my $res = tls(asked(by_cert($alice)), $alice);
is($res->{status}, 200, 'its own');
is($res->{json}{token_type}, 'Bearer', 'type');
is(claims($res)->{cnf}{'x5t#S256'}, $alice->{x5t}, 'is bound to it');
is(refused(tls(asked(by_cert($alice)), $bob)), '400 invalid_request: '
   . 'subject_token: token is bound to another certificate', 'another');
is(refused(tls(asked(by_cert($alice)))), '400 invalid_request: subject_token: '
   . 'token is bound to a certificate, and the client has shown none', 'none');
is(tls(asked(token(), by_cert($alice)), $alice)->{status}, 200, 'the actor');
--- events
{"type":"decision","decision":"allow","proof":"mtls"}



=== TEST 5: a location that takes no others
--- token: hoop_proof required dpop nonce=on;
--- steps
is(refused(exchange(asked(token()))), '400 invalid_request: subject_token: '
   . 'token is not bound to a key, as it must be here', 'not bound');

my $res = exchange(asked(by_key()), made());
is(refused($res), '400 use_dpop_nonce: subject_token: proof needs a nonce '
   . 'that was given recently',
   'a nonce is wanted');
my $nonce = $res->{headers}{'dpop-nonce'};
ok($nonce, 'and given');
is(exchange(asked(by_key()), made(nonce => $nonce))->{status}, 200, 'issued');
