# Copyright (C) ngx_hoop_module authors
#
# What an issuer's block asks of a token: whose it is, by which names, for
# which clients, of which type, with which claims; and secrets in the place of
# published keys.

# many short starts: what a log line may take to be there
BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.005 }

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( temp_dir wait_for );
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });

our $T1 = '11111111-2222-3333-4444-55555555abcd';
our $T2 = '99999999-2222-3333-4444-55555555abcd';
our $secret = 'a secret of 64 octets, as long as SHA-512 asks for; it is ASCII.';

our %why = (
    issuer => 'token issuer is not accepted',
    audience => 'token audience is not accepted',
    client => 'token client is not accepted',
    type => 'token type is not accepted',
    claim => 'token claim is missing or of a wrong type',
    required => 'token lacks a required claim or value',
    alg => 'token algorithm is not allowed',
    key => 'token key is unknown',
    signature => 'token signature is invalid',
);

$ENV{TEST_NGINX_SECRETS} = temp_dir('secrets');

sub write_secret {
    my ($name, $mode, $text) = @_;

    my $file = "$ENV{TEST_NGINX_SECRETS}/$name";

    open my $fh, '>', $file or die "$file: $!\n";
    chmod $mode, $file;
    print $fh $text;
    close $fh;
}

write_secret(good => 0600, $secret);
write_secret(newline => 0400, "$secret\n");
write_secret(short => 0600, substr($secret, 0, 31) . "\n");
write_secret(32 => 0600, substr($secret, 0, 32));
write_secret(long => 0600, 'x' x 1025);
write_secret(huge => 0600, 'x' x 1026);
write_secret(empty => 0600, "\n");
write_secret(group => 0640, $secret);

sub write_keys {
    my ($text) = @_;

    my $file = "$ENV{TEST_NGINX_SERVER_ROOT}/html/keys.json";

    open my $fh, '>', $file or die "$file: $!\n";
    print $fh $text;
    close $fh or die "$file: $!\n";
}

# the keys of that name, with more members
sub keys_with {
    my ($name, $members) = @_;

    return jwks($name) =~ s/\}\]\}$/,$members}]}/r;
}

# a test: a token of these claims is good, or why not
sub good {
    my ($name, @token) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is(ask(GET => '/p/a', bearer(@token))->{status}, 200, $name);
}

sub bad {
    my ($name, $why, @token) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $res = ask(GET => '/p/a', bearer(@token));
    my $detail = $res->{json} ? $res->{json}{detail} : '';

    return is("$res->{status} $detail", "401 $why{$why}", $name);
}

# what the variables have, for a token of these claims
sub who { return ask(GET => '/p/a', bearer(@_))->{headers}{'x-who'} // '' }
sub what { return ask(GET => '/p/a', bearer(@_))->{headers}{'x-what'} // '' }

# "issuer" is what the block has besides, "names" in the place of its issuer
add_block_preprocessor(sub {
    my ($block) = @_;

    my $names = $block->names // 'issuer https://idp.test;';
    my $keys = defined $block->keyless
        ? '' : 'jwks_file $TEST_NGINX_SERVER_ROOT/html/keys.json;';

    $block->set_value('http_config', <<"END");
hoop_audit \$TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    $names
    audience hoop;
    $keys
    @{[ $block->issuer // '' ]}
}
@{[ $block->http // '' ]}
END

    $block->set_value('config', <<'END');
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    add_header X-Who $hoop_sub|$hoop_client|$hoop_actor|$hoop_actors;
    add_header X-What $hoop_groups|$hoop_scope|$hoop_claim_team;
}
END

    my $set = $block->keys // jwks(qw( rsa ec ));

    $block->set_value('user_files', <<"END");
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow", "match": {} } ] }
>>> keys.json
$set
END

    # "emerg" is what a start ends with
    if (defined $block->emerg) {
        my $emerg = $block->emerg;

        chomp $emerg if !ref $emerg;

        $block->set_value('must_die', '');
        $block->set_value('suppress_stderr', '');
        $block->set_value('error_log', ['[emerg]', $emerg]);
        $block->set_value('no_error_log', "[alert]\n[crit]\nsecret of 64");
    }

    $block->set_value('request', 'GET /p/a');

    if (defined $block->steps) {
        $block->set_value('error_code', 401);
        $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ");
    }
});

Hoop::Client->steps;
Hoop::Spool->install;
master_on();
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: an alias, and what evidence calls it
--- names: issuer https://idp.test idp.test "https://idp.test/";
--- steps
good('its name');
good('an alias', iss => 'idp.test');
good('another', iss => 'https://idp.test/');
bad('another name', issuer => iss => 'https://idp.test/x');
bad('in capitals', issuer => iss => 'https://IDP.test');
bad('an empty one', issuer => iss => '');
bad('none', issuer => iss => undef);
--- events
{"type":"request","identity":{"iss":"https://idp.test","sub":"agent-1"}}
{"type":"request","identity":{"iss":"https://idp.test","sub":"agent-1"}}
{"type":"request","identity":{"iss":"https://idp.test","sub":"agent-1"}}



=== TEST 2: an issuer with a place for tenants
--- names eval
"issuer \"https://m.test/{tenantid}/v2.0\"; tenants $main::T1;"
--- steps
my ($t1, $t2) = map { "https://m.test/$_/v2.0" } $T1, $T2;
good('its tenant', iss => $t1, tid => $T1);
bad('another', issuer => iss => $t2, tid => $T2);
bad('one name, another tenant', issuer => iss => $t1, tid => $T2);
bad('the other way round', issuer => iss => $t2, tid => $T1);
bad('no tenant', issuer => iss => $t1);
bad('the template', issuer => iss => 'https://m.test/{tenantid}/v2.0');
bad('and as a tenant', issuer => iss => 'https://m.test/{tenantid}/v2.0',
    tid => '{tenantid}');
bad('in capitals', issuer => iss => "https://m.test/\U$T1\E/v2.0",
    tid => uc $T1);
--- events
{"type":"request","identity":{"iss":"https://m.test/11111111-2222-3333-4444-55555555abcd/v2.0","sub":"agent-1"}}



=== TEST 3: any tenant
--- names: issuer "https://m.test/{tenantid}/v2.0"; tenants any;
--- steps
good($_, iss => "https://m.test/$_/v2.0", tid => $_) for $T1, $T2;
bad('no GUID', issuer => iss => 'https://m.test/common/v2.0', tid => 'common');
bad('two', issuer => iss => "https://m.test/$T1/v2.0", tid => $T2);



=== TEST 4: one tenant has a block of its own, whichever comes first
--- names: issuer "https://m.test/{tenantid}/v2.0"; tenants any;
--- http eval
"hoop_issuer own { issuer \"https://m.test/$main::T1/v2.0\"; audience own;"
. ' jwks_file $TEST_NGINX_SERVER_ROOT/html/keys.json; }'
--- steps
my @t1 = (iss => "https://m.test/$T1/v2.0", tid => $T1);
my @t2 = (iss => "https://m.test/$T2/v2.0", tid => $T2);
good('the one', @t1, aud => 'own');
bad('the one is not among all', audience => @t1);
good('the others', @t2);
bad('the others are not the one', audience => @t2, aud => 'own');



=== TEST 5: a key that says whose tokens it is for
--- names: issuer "https://m.test/{tenantid}/v2.0"; tenants any;
--- keys eval
main::keys_with('rsa', '"issuer":"https://m.test/{tenantid}/v2.0"')
--- steps
good('a tenant', iss => "https://m.test/$T1/v2.0", tid => $T1);
bad('two', issuer => iss => "https://m.test/$T1/v2.0", tid => $T2);



=== TEST 6: a key of one tenant is of no use for another
--- names: issuer "https://m.test/{tenantid}/v2.0"; tenants any;
--- keys eval
main::keys_with('rsa', qq("issuer":"https://m.test/$main::T2/v2.0"))
--- steps
good('its own', iss => "https://m.test/$T2/v2.0", tid => $T2);
bad('another', issuer => iss => "https://m.test/$T1/v2.0", tid => $T1);



=== TEST 7: a token that was good is not, once its key is another tenant's
--- names: issuer "https://m.test/{tenantid}/v2.0"; tenants any;
--- keys eval
main::keys_with('rsa', '"issuer":"https://m.test/{tenantid}/v2.0"')
--- steps
my @token = (iss => "https://m.test/$T1/v2.0", tid => $T1);
my $bearer = bearer(@token);
my $status = sub { ask(GET => '/p/a', $bearer)->{status} };
is($status->(), 200, 'good');
write_keys(keys_with('rsa', qq("issuer":"https://m.test/$T2/v2.0")));
my %old = map { $_ => 1 } nginx_workers();
kill HUP => nginx_pid();
soon { my @now = nginx_workers(); @now && !grep { $old{$_} } @now }
     'the workers are new', 10;
is($status->(), 401, 'bad after the reload');
bad('so is a new one', issuer => @token);



=== TEST 8: clients
--- issuer: clients app "an app";
--- steps
good($_, $_ => 'app') for qw( azp client_id cid appid );
good('another', azp => 'an app');
bad('a stranger', client => azp => 'apps');
bad('none', claim =>);
bad('an empty one', client => azp => '');
bad('no text', claim => azp => ['app']);
bad('two, and one is a stranger', client => azp => 'app', client_id => 'x');
bad('the other', client => azp => 'x', client_id => 'app');
good('twice', azp => 'app', client_id => 'app');
--- events
{"type":"request","identity":{"iss":"https://idp.test","sub":"agent-1","client":"app"}}



=== TEST 9: without clients any is good, and evidence says which
--- steps
good('none');
good('one', azp => 'x', act => { sub => 'y' });
--- events
{"type":"request","identity":{"iss":"https://idp.test","sub":"agent-1"}}
{"type":"request","identity":{"iss":"https://idp.test","sub":"agent-1","client":"x","act":{"sub":"y"}}}



=== TEST 10: types by default
--- steps
good($_ // 'none', -header => { typ => $_ })
    for undef, qw( JWT jwt at+jwt application/at+jwt APPLICATION/JWT );
bad($_, type => -header => { typ => $_ })
    for qw( dpop+jwt logout+jwt secevent+jwt JOSE jwt; application/ x ), '';
is(ask(GET => '/p/a', bearer(-header => { typ => 1 }))->{json}{detail},
   'token is malformed', 'no text');



=== TEST 11: types that are listed
--- issuer: typ AT+JWT application/x+jwt;
--- steps
good($_, -header => { typ => $_ })
    for qw( at+jwt application/at+jwt x+jwt application/X+JWT );
bad($_ // 'none', type => -header => { typ => $_ })
    for undef, qw( JWT application/application/at+jwt at+jwtx ), '';



=== TEST 12: none of them
--- issuer: typ none;
--- steps
good('none', -header => { typ => undef });
bad($_, type => -header => { typ => $_ }) for qw( JWT none application/none );



=== TEST 13: claims that must be there
--- issuer
require /scp;
require /realm/roles agent admin;
require /email_verified true;
require /ver 1 2;
require /a~1b/0 x "";
--- steps
my @token = (scp => [], realm => { roles => ['x', 'admin'] }, ver => 2,
             email_verified => JSON::PP::true(), 'a/b' => ['x', 'y']);
good('all', @token);
good('in another way', @token, scp => JSON::PP::false(), ver => '1',
     realm => { roles => 'agent' }, email_verified => 'true', 'a/b' => ['']);
bad(@$_[0], required => @token, @$_[1 .. $#$_]) for
    ['absent', scp => undef], ['null', scp => JSON::PP::null()],
    ['another role', realm => { roles => ['agents', 'ADMIN'] }],
    ['no role', realm => { roles => [] }],
    ['no list', realm => { roles => { agent => 1 } }],
    ['deeper', realm => { roles => [['agent']] }],
    ['elsewhere', realm => undef, roles => ['agent']],
    ['false', email_verified => JSON::PP::false()],
    ['another number', ver => 3], ['no whole number', ver => 1.5],
    ['another place', 'a/b' => ['y', 'x']], ['none', 'a/b' => {}];



=== TEST 14: who it is, in variables
--- steps
is(who(), 'agent-1|||', 'sub alone');
is(who(azp => 'app', client_id => 'x', act => { sub => 'b' }),
   'agent-1|app|b|b', 'a client and an actor');
is(who(cid => 'app', act => { sub => 'b', act => { sub => 'c d',
       act => { iss => 'x', act => { sub => 'e' } } } }),
   'agent-1|app|b|b,c d,e', 'a chain of actors');
is(who(act => { iss => 'x', act => { sub => 'c' } }), 'agent-1|||c',
   'an actor without a name');



=== TEST 15: what it may, in variables
--- issuer: groups /realm/roles;
--- steps
is(what(), '||', 'nothing');
is(what(realm => { roles => ['a', 'b c'] }, scope => 'x y', team => 't'),
   'a,b c|x y|t', 'all of it');
is(what(realm => { roles => 'a' }, scp => ['x', 'y']), 'a|x y|', 'one group');
is(what(realm => { roles => ['a', 1, '', ['b'], 'c'] }), 'a,c||',
   'what is no name');
is(what(groups => ['a'], realm => {}, roles => ['b']), '||', 'elsewhere');



=== TEST 16: nothing that would be another header or another name
--- issuer: groups /groups;
--- steps
for my $evil ("a\r\nX-Evil: 1", "a\nb", "a\x7f", "a\tb", "\x01") {
    my $name = $evil =~ s/[^ -~]/./gr;
    is(who(sub => $evil, azp => $evil, act => { sub => $evil }), '|||', $name);
    is(who(azp => 'x', act => { sub => 'a', act => { sub => $evil } }),
       'agent-1|x|a|', "$name among others");
    is(what(groups => ['a', $evil], scope => "x $evil", team => $evil), '||',
       "$name in lists");
}
for my $evil ('a ', ' a', ' ') {
    is(who(sub => $evil, azp => $evil, act => { sub => $evil }), '|||',
       "'$evil', of which a target sees less");
    is(who(act => { sub => 'a', act => { sub => $evil } }), 'agent-1||a|',
       "'$evil' among actors");
    is(what(groups => [$evil, 'b'], team => $evil), '||', "'$evil', a group");
}
is(what(groups => undef, scope => ' x y '), '| x y |', 'blanks around scopes are no part of one');
is(what(groups => undef, scp => ['x', 'y z']), '||', 'a scope that looks like two');
is(what(groups => ['a,admins', 'b']), '||', 'a comma in a group');
is(who(act => { sub => 'a', act => { sub => 'b,c' } }), 'agent-1||a|',
   'a comma in an actor');



=== TEST 17: HS256 with a secret
--- keyless
--- issuer: secret_file $TEST_NGINX_SECRETS/good; algorithms HS256;
--- steps
my @hs = (-alg => 'HS256', -secret => $secret);
good('its own', @hs);
good('without kid', @hs, -kid => undef);
bad('another secret', signature => @hs, -secret => "$secret\n");
bad('an empty one', signature => @hs, -secret => '');
bad('another hash', alg => @hs, -alg => 'HS512');
bad('a key', alg => -key => 'rsa');
bad('none', alg => -alg => 'none');



=== TEST 18: a newline at the end is not of the secret
--- keyless
--- issuer: secret_file $TEST_NGINX_SECRETS/newline; algorithms HS384 HS512;
--- steps
good($_, -alg => $_, -secret => $secret) for qw( HS384 HS512 );
bad('another hash', alg => -alg => 'HS256', -secret => $secret);



=== TEST 19: a published key is no secret
--- steps
bad('its text', alg => -alg => 'HS256', -secret => public_pem('rsa'));



=== TEST 20: a secret too short
--- keyless
--- issuer: secret_file $TEST_NGINX_SECRETS/short; algorithms HS256;
--- emerg eval
qr/secret file ".*short": secret is shorter than 32 octets or longer than 1024/



=== TEST 21: too short for one of its algorithms
--- keyless
--- issuer: secret_file $TEST_NGINX_SECRETS/32; algorithms HS256 HS512;
--- emerg eval
qr/secret file ".*32": secret is shorter than the hash: wanted 48 octets/



=== TEST 22: too long
--- keyless
--- issuer: secret_file $TEST_NGINX_SECRETS/long; algorithms HS256;
--- emerg eval
qr/secret file ".*long": secret is shorter than 32 octets or longer than 1024/



=== TEST 23: far too long
--- keyless
--- issuer: secret_file $TEST_NGINX_SECRETS/huge; algorithms HS256;
--- emerg eval
qr/hoop secret ".*huge" /



=== TEST 24: an empty one
--- keyless
--- issuer: secret_file $TEST_NGINX_SECRETS/empty; algorithms HS256;
--- emerg eval
qr/secret file ".*empty": secret is shorter than 32 octets/



=== TEST 25: one that others may read
--- keyless
--- issuer: secret_file $TEST_NGINX_SECRETS/group; algorithms HS256;
--- emerg eval
qr/hoop secret file ".*group" has mode 0640 and owner \d+, wanted at most 0600/



=== TEST 26: one that is not there
--- keyless
--- issuer: secret_file $TEST_NGINX_SECRETS/no; algorithms HS256;
--- emerg eval
qr{open\(\) "[^"]*/no" failed \(2: No such file}



=== TEST 27: a secret without algorithms
--- keyless
--- issuer: secret_file $TEST_NGINX_SECRETS/good;
--- emerg
hoop_issuer "idp" has a "secret_file" and must name its "algorithms", of HS256, HS384 and HS512 alone



=== TEST 28: with another algorithm as well
--- keyless
--- issuer: secret_file $TEST_NGINX_SECRETS/good; algorithms HS256 RS256;
--- emerg
must name its "algorithms", of HS256, HS384 and HS512 alone



=== TEST 29: beside a key set
--- issuer: secret_file $TEST_NGINX_SECRETS/good; algorithms HS256;
--- emerg
hoop_issuer "idp" has a "secret_file" beside "jwks_file", "jwks_url" or "discovery"



=== TEST 30: a symmetric algorithm without a secret
--- issuer: algorithms RS256 HS512 HS384;
--- emerg
hoop_issuer "idp": algorithm "HS384" is symmetric and needs a "secret_file"



=== TEST 31: a secret twice
--- keyless
--- issuer: secret_file $TEST_NGINX_SECRETS/good; secret_file x;
--- emerg
"secret_file" is duplicate



=== TEST 32: a key set with secrets
--- keys: {"keys":[{"kty":"oct","k":"c2VjcmV0IG9mIDMyIG9jdGV0cywgYXQgdGhlIGxlYXN0"}]}
--- emerg
symmetric key, and no HS algorithm is allowed



=== TEST 33: no tenants
--- names: issuer "https://m.test/{tenantid}/v2.0";
--- emerg
hoop_issuer "idp" has no "tenants"



=== TEST 34: tenants without a place for them
--- issuer: tenants any;
--- emerg
hoop_issuer "idp" has "tenants", but no "{tenantid}" in "issuer"



=== TEST 35: a tenant that is no GUID
--- names: issuer "https://m.test/{tenantid}/v2.0"; tenants contoso.test;
--- emerg
"tenants" wants GUIDs in lower case, or "any"



=== TEST 36: one in capitals
--- names eval
"issuer \"https://m.test/{tenantid}/v2.0\"; tenants \U$main::T1\E;"
--- emerg
"tenants" wants GUIDs in lower case, or "any"



=== TEST 37: any beside others
--- names eval
"issuer \"https://m.test/{tenantid}/v2.0\"; tenants any $main::T1;"
--- emerg
"tenants" wants GUIDs in lower case, or "any"



=== TEST 38: tenants twice
--- names eval
"issuer \"https://m.test/{tenantid}/v2.0\"; tenants $main::T1; tenants any;"
--- emerg
"tenants" is duplicate



=== TEST 39: another brace
--- names: issuer "https://m.test/{tenant}/v2.0";
--- emerg
"issuer" has a brace that is not of one "{tenantid}"



=== TEST 40: two places
--- names: issuer "https://m.test/{tenantid}/{tenantid}"; tenants any;
--- emerg
"issuer" has a brace that is not of one "{tenantid}"



=== TEST 41: a place in one name only
--- names: issuer "https://m.test/{tenantid}" https://m.test; tenants any;
--- emerg
"issuer" has "{tenantid}" in some of its values only



=== TEST 42: a place, and nowhere to have keys from
--- names: issuer "https://m.test/{tenantid}"; tenants any;
--- keyless
--- emerg
"{tenantid}" leads to no discovery document, wanted its URL in "discovery", or "jwks_url" or "jwks_file"



=== TEST 43: an alias that is another's name
--- names: issuer https://idp.test https://other.test;
--- http
hoop_issuer other { issuer https://other.test; audience a; jwks_file $TEST_NGINX_KEYS/jwks.json; }
--- emerg
hoop_issuer "idp" and "other" name the same issuer "https://other.test"



=== TEST 44: one name twice
--- names: issuer https://idp.test a a;
--- emerg
hoop_issuer "idp" and "idp" name the same issuer "a"



=== TEST 45: an empty name
--- names: issuer https://idp.test "";
--- emerg
"issuer" is empty



=== TEST 46: an empty client
--- issuer: clients a "";
--- emerg
"clients" has an empty value



=== TEST 47: an empty type
--- issuer: typ JWT "";
--- emerg
"typ" has an empty value, wanted "none" for tokens without it



=== TEST 48: a claim that is no pointer
--- issuer: require scope;
--- emerg
"require" wants a JSON pointer, as "/claim"



=== TEST 49: a broken one
--- issuer: require /a~2;
--- emerg
"require" wants a JSON pointer, as "/claim"



=== TEST 50: one that is all of the token
--- issuer: require "";
--- emerg
"require" wants a JSON pointer, as "/claim"



=== TEST 51: no value
--- issuer: clients;
--- emerg
"clients" takes a value
