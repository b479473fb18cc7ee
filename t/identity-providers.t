# Copyright (C) ngx_hoop_module authors
#
# The providers of docs/providers.md, by the very blocks that are there: their
# discovery documents, key sets and tokens with all that is peculiar in them.
# Names are the real ones; hoop_fetch leads them here.

use Test::Nginx::Socket 'no_plan';

use Cwd qw( abs_path );
use File::Basename qw( dirname );
use JSON::PP ();
use MIME::Base64 qw( encode_base64 );

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( temp_dir );
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $T1 = '11111111-2222-3333-4444-55555555abcd';
our $T2 = '99999999-8888-7777-6666-55555555abcd';
our $T3 = '9188040d-6c67-4c5b-b112-36a304b66dad';
our $app = 'aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb';

our $json = JSON::PP->new->canonical;

our %why = (
    issuer => 'token issuer is not accepted',
    audience => 'token audience is not accepted',
    client => 'token client is not accepted',
    lifetime => 'token lifetime is too long',
    required => 'token lacks a required claim or value',
    alg => 'token algorithm is not allowed',
    key => 'token key is unknown',
    signature => 'token signature is invalid',
    sub => 'the token has no sub',
    jwe => 'token is encrypted, wanted a signed one',
);

# the blocks of the page: all, and those of issuers by their names
our (@page, %block);

{
    my $file = abs_path(dirname(__FILE__)) . '/../docs/providers.md';

    open my $fh, '<', $file or die "$file: $!\n";
    local $/;
    my $page = <$fh>;
    @page = $page =~ /^```nginx\n(.*?)^```$/msg;

    for (@page) {
        $block{$1} = $_ if /^hoop_issuer (\w+) \{$/m;
    }
}

# what "nginx -t" says to a configuration
sub nginx_t {
    my ($http) = @_;

    my $root = temp_dir('page');
    my $modules = join '', map { "load_module $_;\n" }
                           split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';

    open my $fh, '>', "$root/page.conf" or die "$root/page.conf: $!\n";
    print $fh "${modules}pid nginx.pid;\nevents {}\nhttp {\naccess_log off;\n"
              . "hoop_audit $root gateway=t;\n$http}\n";
    close $fh or die "$root/page.conf: $!\n";

    my $nginx = $Test::Nginx::Util::NginxBinary;

    local $SIG{CHLD} = 'DEFAULT';
    return scalar `$nginx -t -e stderr -p $root -c page.conf 2>&1`;
}

# a certificate for a key, as in x5c
sub x5c {
    my ($name) = @_;

    return encode_base64(Hoop::Token::openssl('', 'req', '-x509', '-new',
        '-key', key_file($name), '-subj', '/CN=provider.test', '-days', 1,
        '-outform', 'DER'), '');
}

our %x5c = map { $_ => x5c($_) } qw( rsa rsa2 );

# a public key with other members; undef: without it
sub key {
    my ($name, %member) = @_;

    my $key = $json->decode(jwks($name))->{keys}[0];

    $key = { %$key, use => 'sig', alg => undef, %member };
    delete @$key{ grep { !defined $key->{$_} } keys %$key };
    return $key;
}

my $m = 'https://login.microsoftonline.com';
my $template = "$m/{tenantid}/v2.0";
my @entra = (x5t => 'nOo3ZDrODXEK1jKWhXslHR_KXEg',
             cloud_instance_name => 'microsoftonline.com');

# URL => document
our %document = (
    "$m/$T1/v2.0/.well-known/openid-configuration" => {
        issuer => "$m/$T1/v2.0", jwks_uri => "$m/$T1/discovery/v2.0/keys",
        token_endpoint => "$m/$T1/oauth2/v2.0/token",
        subject_types_supported => ['pairwise'], tenant_region_scope => 'EU',
        request_uri_parameter_supported => JSON::PP::false(),
    },
    "$m/$T1/discovery/v2.0/keys" => { keys => [
        key('rsa', kid => 'm1', @entra, x5c => [$x5c{rsa}],
            issuer => "$m/$T1/v2.0"),
        key('rsa2', kid => 'm2', @entra, x5c => [$x5c{rsa2}],
            issuer => "$m/$T1/v2.0"),
    ] },
    "$m/organizations/v2.0/.well-known/openid-configuration" => {
        issuer => $template, jwks_uri => "$m/organizations/discovery/v2.0/keys",
    },
    # one is a certificate and nothing else, one another tenant's own
    "$m/organizations/discovery/v2.0/keys" => { keys => [
        key('rsa', kid => 'm1', @entra, x5c => [$x5c{rsa}], n => undef,
            e => undef, issuer => $template),
        key('rsa2', kid => 'm9', @entra, x5c => [$x5c{rsa2}],
            issuer => "$m/$T3/v2.0"),
    ] },
    "https://sts.windows.net/$T1/.well-known/openid-configuration" => {
        issuer => "https://sts.windows.net/$T1/",
        jwks_uri => "$m/common/discovery/keys",
    },
    "$m/common/discovery/keys" => { keys => [
        key('rsa', kid => 'm1', x5t => 'm1', x5c => [$x5c{rsa}]),
    ] },
    'https://example.okta.com/oauth2/default/.well-known/openid-configuration'
        => {
            issuer => 'https://example.okta.com/oauth2/default',
            jwks_uri => 'https://example.okta.com/oauth2/default/v1/keys',
    },
    'https://example.okta.com/oauth2/default/v1/keys' => { keys => [
        key('rsa', kid => 'EkKGtKqRnNBlEzmV-v4z6Tm5Y8I9oTKmCk5qxTpH5hc',
            alg => 'RS256'),
    ] },
    'https://example.okta.com/.well-known/openid-configuration' => {
        issuer => 'https://example.okta.com',
        jwks_uri => 'https://example.okta.com/oauth2/v1/keys',
    },
    'https://example.okta.com/oauth2/v1/keys' => { keys => [
        key('rsa2', kid => 'org-1', alg => 'RS256'),
    ] },
    'https://accounts.google.com/.well-known/openid-configuration' => {
        issuer => 'https://accounts.google.com',
        jwks_uri => 'https://www.googleapis.com/oauth2/v3/certs',
    },
    'https://www.googleapis.com/oauth2/v3/certs' => { keys => [
        key('rsa', kid => '89ce3598c473af1bda4bff95e6c8736450206fba',
            alg => 'RS256'),
        key('rsa2', kid => 'ddcc6fe95a5fae7b2ed36bc5a4c5d2f46b0e5d52',
            alg => 'RS256'),
    ] },
    'https://example.us.auth0.com/.well-known/openid-configuration' => {
        issuer => 'https://example.us.auth0.com/',
        jwks_uri => 'https://example.us.auth0.com/.well-known/jwks.json',
    },
    'https://example.us.auth0.com/.well-known/jwks.json' => { keys => [
        key('rsa', kid => 'NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4', alg => 'RS256',
            x5t => 'NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4', x5c => [$x5c{rsa}]),
        key('rsa2', kid => 'next', alg => 'RS256', x5t => 'x',
            x5c => [$x5c{rsa2}]),
    ] },
    'https://sso.example.com/realms/agents/.well-known/openid-configuration'
        => {
        issuer => 'https://sso.example.com/realms/agents', jwks_uri =>
            'https://sso.example.com/realms/agents/protocol/openid-connect/certs',
    },
    'https://sso.example.com/realms/agents/protocol/openid-connect/certs' => {
        keys => [
        key('rsa2', kid => 'enc-1', alg => 'RSA-OAEP', use => 'enc',
            x5c => [$x5c{rsa2}], x5t => 'a', 'x5t#S256' => 'b'),
        key('rsa', kid => 'FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE',
            alg => 'RS256', x5c => [$x5c{rsa}], x5t => 'c',
            'x5t#S256' => 'd'),
    ] },

    # what is yet to come, and what is none of a gateway's business
    'https://other.test/.well-known/openid-configuration' => {
        issuer => 'https://other.test', jwks_uri => 'https://keys.test/all',
    },
    'https://keys.test/all' => { keys => [
        { kty => 'AKP', alg => 'ML-DSA-44', pub => 'AAAA', kid => 'pq' },
        { kty => 'OKP', crv => 'X25519', x => 'AAAA', use => 'enc' },
        { kty => 'OKP', crv => 'Ed448', x => 'AAAA', kid => 'ed448' },
        { kty => 'EC', crv => 'secp256k1', x => 'AA', y => 'AA', kid => 'k1' },
        { kty => 'oct', k => encode_base64('x' x 48, ''), kid => 'secret' },
        { kid => 'nothing' },
        key('rsa2', kid => 'small', n => 'AQAB'),
        key('rsa', kid => 'r', x5u => 'https://evil.test/', ext => {}),
        key('ec', kid => 'e', key_ops => ['verify'], use => undef),
        key('ed25519', kid => 'd'),
    ] },
);

our $upstream = Hoop::Upstream->new(routes => {
    '/p/*' => "reached\n",
    '/f/*' => sub {
        my ($req) = @_;

        my $document = $document{ substr $req->{uri}, 3 };
        return { status => 404, body => 'no' } if !defined $document;
        return { type => 'application/json; charset=utf-8',
                 body => $json->encode($document) };
    },
});

# claims of a provider; each has a token of the common helper's besides
our %token = (
    entra => sub {
        my $now = time;
        return (
            -kid => 'm1', iss => "$m/$T1/v2.0", aud => $app, tid => $T1,
            iat => $now - 300, nbf => $now - 300, exp => $now + 5399,
            ver => '2.0', azp => 'cccccccc-0000-1111-2222-dddddddddddd',
            azpacr => '1', oid => '33333333-2222-3333-4444-55555555abcd',
            rh => '0.AAAA', uti => 'u1', roles => ['Agent.Run'], aio => 'E2Zg',
            sub => '33333333-2222-3333-4444-55555555abcd', groups => undef,
            jti => undef, idtyp => 'app', @_);
    },
    okta => sub {
        my $now = time;
        return (
            -kid => 'EkKGtKqRnNBlEzmV-v4z6Tm5Y8I9oTKmCk5qxTpH5hc',
            -header => { typ => undef },
            iss => 'https://example.okta.com/oauth2/default',
            aud => 'api://default', ver => 1, jti => 'AT.0mP4JKAZX1iACIT4vbEDF',
            iat => $now, exp => $now + 3600, nbf => undef,
            auth_time => $now - 100, cid => '0oa1gateway2agent3p4',
            uid => '00uid4BxXw6I6TV4m0g3', scp => ['crm.read', 'openid'],
            sub => 'alice@example.com', groups => ['Everyone', 'agents'], @_);
    },
    google => sub {
        my $now = time;
        return (
            -kid => '89ce3598c473af1bda4bff95e6c8736450206fba',
            iss => 'https://accounts.google.com',
            aud => 'https://crm.example.com', azp => '112233445566778899000',
            sub => '112233445566778899000', email_verified => JSON::PP::true(),
            email => 'agent@project.iam.gserviceaccount.com', nbf => undef,
            iat => $now, exp => $now + 3600, jti => undef, groups => undef, @_);
    },
    auth0 => sub {
        my $now = time;
        return (
            -kid => 'NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4',
            iss => 'https://example.us.auth0.com/', iat => $now, nbf => undef,
            aud => ['https://crm.example.com/',
                    'https://example.us.auth0.com/userinfo'],
            sub => 'AbCdEf@clients', azp => 'AbCdEf', exp => $now + 86400,
            gty => 'client-credentials', scope => 'openid crm:read',
            permissions => ['crm:read'], groups => undef, jti => undef, @_);
    },
    keycloak => sub {
        my $now = time;
        return (
            -kid => 'FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE',
            iss => 'https://sso.example.com/realms/agents', iat => $now,
            exp => $now + 300, nbf => undef, auth_time => $now - 10,
            jti => '5b1e2f7e-4a6b-4f5e-9c8d-0123456789ab', typ => 'Bearer',
            aud => ['crm-gateway', 'account'], azp => 'planner', sid => 's-1',
            sub => 'f:1:alice', acr => '1', 'allowed-origins' => ['/*'],
            realm_access => { roles => ['offline_access', 'agents'] },
            resource_access => { account => { roles => ['view-profile'] } },
            scope => 'profile email', email_verified => JSON::PP::false(),
            preferred_username => 'alice', groups => undef, @_);
    },
);

our $of;

sub answer { return ask(GET => '/p/a', bearer($token{$of}->(@_))) }

# a test: a token of the block's provider, with other claims
sub good {
    my ($name, @claims) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is(answer(@claims)->{status}, 200, $name);
}

sub bad {
    my ($name, $why, @claims) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    my $res = answer(@claims);
    my $detail = $res->{json} ? $res->{json}{detail} : '';

    return is("$res->{status} $detail", "401 $why{$why}", $name);
}

sub who { return answer(@_)->{headers}{'x-who'} // '' }

# "provider" names the block of the page
add_block_preprocessor(sub {
    my ($block) = @_;

    my ($name) = ($block->provider // '') =~ /(\w+)/;
    my $issuer = $block->issuer
        // $block{$name} // die "docs/providers.md has no block $name\n";

    $block->set_value('http_config', <<"END");
hoop_audit \$TEST_NGINX_SPOOL gateway=t sync=off;
$issuer
END

    $block->set_value('config', <<'END');
hoop_fetch /_hoop_fetch;
location = /_hoop_fetch {
    internal;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/f/$hoop_fetch_url;
}
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    add_header X-Who "$hoop_issuer $hoop_sub $hoop_client $hoop_groups";
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow", "match": {} } ] }
END

    $block->set_value('request', 'GET /p/a');
    $block->set_value('error_code', 401);
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\n[error]\neyJ");
});

Hoop::Client->steps;
Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: Entra ID, one tenant
--- provider: entra
--- steps
$of = 'entra';
is(who(), "https://login.microsoftonline.com/$T1/v2.0"
   . " 33333333-2222-3333-4444-55555555abcd"
   . " cccccccc-0000-1111-2222-dddddddddddd Agent.Run", 'who it is');
good('PS256, where keys have no alg', -alg => 'PS256');
good('the other key', -kid => 'm2', -key => 'rsa2');
bad('a tenant', issuer => iss => "https://login.microsoftonline.com/$T2/v2.0",
    tid => $T2);
bad('version 1.0', issuer => iss => "https://sts.windows.net/$T1/");
bad('an ID token', audience => azp => undef, nonce => 'n',
    aud => 'cccccccc-0000-1111-2222-dddddddddddd');
bad('another app', audience => aud => '00000003-0000-0000-c000-000000000000');
bad('a long one, of continuous access evaluation', lifetime =>
    exp => time + 86400);
bad('another key than it says', signature => -kid => 'm2');



=== TEST 2: Entra ID, several tenants
--- provider: entra_tenants
--- steps
$of = 'entra';
my ($t1, $t2, $t3) = map { "https://login.microsoftonline.com/$_/v2.0" }
                         $T1, $T2, $T3;
good('one', iss => $t1, tid => $T1);
good('another', iss => $t2, tid => $T2);
like(who(iss => $t2, tid => $T2), qr/^\Q$t2\E /, 'evidence has the tenant');
bad('a third', issuer => iss => $t3, tid => $T3);
bad('a tenant that it is not of', issuer => iss => $t1, tid => $T2);
bad('no tenant', issuer => iss => $t1, tid => undef);
bad("a key of the third, in one's own name", issuer =>
    -kid => 'm9', -key => 'rsa2');
bad('the same, unnamed', issuer => -kid => undef, -key => 'rsa2',
    iss => 'https://login.microsoftonline.com/{tenantid}/v2.0');



=== TEST 3: Entra ID, tokens of version 1.0
--- provider: entra_v1
--- steps
$of = 'entra';
my @v1 = (iss => "https://sts.windows.net/$T1/", aud => 'api://crm-gateway',
          ver => '1.0', azp => undef, azpacr => undef, appidacr => '1',
          appid => 'cccccccc-0000-1111-2222-dddddddddddd',
          -header => { x5t => 'm1' });
good('a token', @v1);
like(who(@v1), qr/ cccccccc-0000-1111-2222-dddddddddddd Agent.Run$/,
     'the client');
bad('without the slash', issuer => @v1, iss => "https://sts.windows.net/$T1");
bad('version 2.0', issuer =>);
bad('the id in the place of the URI', audience => @v1, aud => $app);



=== TEST 4: Okta
--- provider: okta
--- steps
$of = 'okta';
# in what goes back an address is masked, in evidence it stands
is(who(), 'https://example.okta.com/oauth2/default [REDACTED:EMAIL]'
   . ' 0oa1gateway2agent3p4 Everyone,agents', 'who it is');
good('a client of its own', sub => '0oa1gateway2agent3p4', uid => undef);
bad('the org itself', issuer => iss => 'https://example.okta.com');
bad('an ID token', audience => aud => '0oa1gateway2agent3p4', cid => undef);
bad('another authorization server', issuer =>
    iss => 'https://example.okta.com/oauth2/aus1');
bad('another client', client => cid => '0oa9');
bad('PS256: the key says RS256', alg => -alg => 'PS256');
bad('a key that nobody knows', key => -kid => 'x');
--- events
{"type":"request","identity":{"sub":"alice@example.com","client":"0oa1gateway2agent3p4"}}



=== TEST 5: Okta, the org's own server, which is good for ID tokens alone
--- issuer
hoop_issuer okta_org {
    issuer     https://example.okta.com;
    discovery  on;
    audience   0oa1gateway2agent3p4;
}
--- steps
$of = 'okta';
my @org = (iss => 'https://example.okta.com', cid => undef, scp => undef,
           aud => '0oa1gateway2agent3p4', sub => '00uid4BxXw6I6TV4m0g3',
           amr => ['pwd'], idp => '00o1', at_hash => 'x');
good('an ID token', @org, -kid => 'org-1', -key => 'rsa2');
bad('an access token, by a key that is not published', key =>
    @org, aud => 'https://example.okta.com', -kid => 'org-0');
bad("a key of another authorization server's", key => @org);
bad('by its name', signature => @org, -kid => 'org-1');



=== TEST 6: Google
--- provider: google
--- steps
$of = 'google';
my $who = 'https://accounts.google.com 112233445566778899000'
          . ' 112233445566778899000';
like(who(), qr/^\Q$who\E/, 'who it is');
like(who(iss => 'accounts.google.com'), qr/^\Q$who\E/, 'the same by an alias');
good('the other key', -key => 'rsa2',
     -kid => 'ddcc6fe95a5fae7b2ed36bc5a4c5d2f46b0e5d52');
bad('in plain', issuer => iss => 'http://accounts.google.com');
bad('an address that is not verified', required =>
    email_verified => JSON::PP::false());
bad('no address', required => email_verified => undef, email => undef);
bad('a token for a web app', audience =>
    aud => '407408718192.apps.googleusercontent.com');



=== TEST 7: Auth0
--- provider: auth0
--- steps
$of = 'auth0';
is(who(), 'https://example.us.auth0.com/ AbCdEf@clients AbCdEf crm:read',
   'who it is');
good('the profile of RFC 9068', -header => { typ => 'at+jwt' },
     azp => undef, client_id => 'AbCdEf', aud => 'https://crm.example.com/');
good('the next key', -kid => 'next', -key => 'rsa2');
bad('without the slash', issuer => iss => 'https://example.us.auth0.com');
bad('an audience without the slash', audience =>
    aud => 'https://crm.example.com');
bad('an ID token', audience => aud => 'AbCdEf', azp => undef);
bad('another tenant', issuer => iss => 'https://other.us.auth0.com/');
bad('a second more than a day', lifetime => exp => time + 86410);
bad('HS256 by the certificate', alg => -alg => 'HS256', -secret => $x5c{rsa});



=== TEST 8: Auth0, a token without an audience is encrypted
--- provider: auth0
--- steps
$of = 'auth0';
my $jwe = join '.', map { MIME::Base64::encode_base64url($_) }
    '{"alg":"dir","enc":"A256GCM","iss":"https://example.us.auth0.com/"}',
    '', 'iv', 'text', 'tag';
my $res = ask(GET => '/p/a', "Authorization: Bearer $jwe");
is("$res->{status} $res->{json}{detail}", "401 $why{jwe}", 'refused by name');



=== TEST 9: Keycloak
--- provider: keycloak
--- steps
$of = 'keycloak';
is(who(), 'https://sso.example.com/realms/agents f:1:alice planner '
   . 'offline_access,agents', 'who it is');
good('a client of its own', client_id => 'planner', azp => 'planner',
     clientHost => '10.0.0.1', sid => undef);
bad('another realm', issuer => iss => 'https://sso.example.com/realms/master');
bad('for nobody but the account', audience => aud => 'account');
bad('an ID token', required => typ => 'ID');
bad('a refresh token', required => typ => 'Refresh');
bad('a light one', sub => sub => undef);
bad('the key for encryption', key => -kid => 'enc-1', -key => 'rsa2');
bad('the same under the other name', signature => -key => 'rsa2');



=== TEST 10: keys of all sorts
--- issuer
hoop_issuer other { issuer https://other.test; audience hoop; discovery on; }
--- steps
$of = 'other';
$token{other} = sub { return (iss => 'https://other.test', @_) };
good('RSA', -kid => 'r');
good('EC', -kid => 'e', -key => 'ec');
good('Ed25519', -kid => 'd', -key => 'ed25519');
good('without a name', -kid => undef, -key => $_) for qw( rsa ec ed25519 );
bad("no use: $_", key => -kid => $_)
    for qw( pq ed448 k1 nothing );
bad('a modulus too short', key => -kid => 'small', -key => 'rsa2');
bad('a published secret', alg => -kid => 'secret', -alg => 'HS256',
    -secret => 'x' x 48);
bad('a key that is not there', signature => -kid => undef, -key => 'rsa2');



=== TEST 11: groups by a name that has slashes, as a list, one, or none
--- issuer
hoop_issuer auth0 {
    issuer        https://example.us.auth0.com/;
    discovery     on;
    audience      https://crm.example.com/;
    max_lifetime  24h;
    groups        /https:~1~1crm.example.com~1groups;
}
--- steps
$of = 'auth0';
my $name = 'https://crm.example.com/groups';
my $groups = sub { (split ' ', who($name => @_), 4)[3] // '' };
is($groups->(['dba', 'Domain Admins']), 'dba,Domain Admins', 'a list');
is($groups->('dba'), 'dba', 'one');
is($groups->('Domain Admins'), 'Domain Admins', 'one with a space in it');
is($groups->(undef), '', 'none');
is($groups->({ dba => 1 }), '', 'another thing');
is((split ' ', who(https => { '' => { 'crm.example.com' =>
   { groups => ['dba'] } } }), 4)[3] // '', '', 'members in the place of ~1');



=== TEST 12: the whole page in one file
--- provider: google
--- steps
my ($fetch, @issuer) = @page;
like($fetch, qr/^hoop_fetch /, 'the way to issuers, then they');
is(scalar @issuer, scalar keys %block, 'with one block for each');
my $server = "server { listen 127.0.0.1:1;\n$fetch"
    . "location / { hoop on; proxy_pass http://127.0.0.1:1; } }\n";
my $policy = "hoop_policy $ENV{TEST_NGINX_SERVER_ROOT}/html/policy.json;\n";
like(nginx_t(join '', $policy, @issuer, $server), qr/test is successful/,
     'nginx -t');
unlike(nginx_t(join '', $policy, @issuer, $issuer[0], $server),
       qr/successful/, 'but not twice');
