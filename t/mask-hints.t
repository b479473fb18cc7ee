# Copyright (C) ngx_hoop_module authors
#
# A 103 (Early Hints) that comes before the answer, where nginx passes it on,
# as 1.29 and later do by "early_hints": its headers are masked as those of the
# answer are.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Curl;
use Hoop::Daemon qw( free_port temp_dir );
use Hoop::Replay;
use Hoop::Spool;
use Hoop::Token;

our $auth = bearer();
our $secret = 'crmkey-5f1e9c7ab2';
our $no_http2 = `curl --version 2>/dev/null` !~ /HTTP2/;

our $hint = "HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n"
            . "Link: </a?s=078%2D05%2D1121&b=1>; rel=preload\r\n"
            . "Link: </078-05-1121.css>\r\nX-Note: call 078-05-1121\r\n"
            . "X-Auth-Token: 7\r\nSet-Cookie: s=4111111111111111\r\n"
            . "Hoop-Session: hs_0\r\nDPoP-Nonce: n\r\nDigest: sha-256=X\r\n\r\n";
our $answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
              . "Connection: close\r\n\r\n{\"ssn\":\"078-05-1121\"}";

# what the client gets of the two
our @hinted = ('Link: </s.css>; rel=preload',
               'Link: </a\?s=\S*REDACTED\S*&b=1>; rel=preload',
               'Link: </\[REDACTED:US_SSN\].css>',
               'X-Note: call \[REDACTED:US_SSN\]',
               'X-Auth-Token: \[REDACTED:FIELD\]',
               'Set-Cookie: s=\[REDACTED:CREDIT_CARD\]');

our $upstream = Hoop::Replay->install(routes => {
    '/p/echo' => sub {
        my ($req) = @_;
        my $echo = $req->{headers}{authorization} // 'none';

        return ["HTTP/1.1 103 Early Hints\r\nX-A: b\r\nX-Echo: $echo\r\n"
                . "Link: </$echo>\r\n\r\n$answer"];
    },
    '/hinted' => [$hint . $answer],
});

$ENV{TEST_NGINX_SECRETS} = temp_dir('secrets');
$ENV{TEST_NGINX_H2_PORT} = free_port();

open my $fh, '>', "$ENV{TEST_NGINX_SECRETS}/crm" or die "crm: $!\n";
chmod 0600, $fh;
print $fh $secret;
close $fh;

# the 103s, and what comes after them
sub parts {
    my ($raw) = @_;
    my @hints;

    push @hints, $1 while $raw =~ s{\A(HTTP/\S+ 103.*?\r\n\r\n)}{}s;
    return (CORE::join('', @hints), $raw);
}

sub hinted {
    my ($hints, $name) = @_;

    Test::More::like($hints, qr{\AHTTP/\S+ 103}, "$name: a 103");
    Test::More::like($hints, qr/^$_\r$/mi, "$name: $_") for @hinted;
    Test::More::unlike($hints, qr/078-05|078%2D|4111111111111111/i,
                       "$name: no value of a detector");
    Test::More::unlike($hints, qr/^(?:Hoop-|DPoP-|Digest)/mi,
                       "$name: nothing that is not the target's to say");
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('skip_nginx', '8: < 1.29.0')
        if !defined $block->skip_nginx;
    $block->set_value('answers', ['x']) if !defined $block->answers;
    $block->set_value('http_config', <<'END');
large_client_header_buffers 4 512k;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_credential crm file=$TEST_NGINX_SECRETS/crm;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
END
});

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: masked, and sent before the answer is there
--- location
early_hints 1;
--- init
my $c = main::begin([$main::hint, [$main::answer, 0.3]]);
main::read_more($c, qr/\r\n\r\n/, 2);
Test::More::unlike($c->{raw}, qr/200 OK/, 'it is early');
main::hinted($c->{raw}, 'alone');
main::read_more($c, undef, 5);
my ($hints, $rest) = main::parts($c->{raw});
main::hinted($hints, 'all');
my $res = main::parse({ %$c, raw => $rest });
Test::More::is($res->{status}, 200, 'the answer');
Test::More::is($res->{body}, '{"ssn":"[REDACTED:US_SSN]"}', 'masked');
Test::More::is($res->{headers}{'x-note'}, undef, 'without what was hinted');
--- events
{"type":"decision","decision":"allow"}
{"type":"response","status":200,"masked":{"us_ssn":4}}
--- no_event_text
078-05



=== TEST 2: two of them, cut into packets
--- location
early_hints 1;
--- init
my $c = main::begin([map { [$_, 0.002] }
                     ($main::hint x 2 . $main::answer) =~ /.{1,50}/gs]);
main::read_more($c, undef, 5);
my ($hints, $rest) = main::parts($c->{raw});
Test::More::is(scalar(() = $hints =~ m{^HTTP/\S+ 103}mg), 2, 'two of them');
main::hinted($hints, 'both');
Test::More::is(main::parse({ %$c, raw => $rest })->{body},
               '{"ssn":"[REDACTED:US_SSN]"}', 'and the answer');



=== TEST 3: with a mask of its own, and with none
--- location
early_hints 1;
hoop_mask off;
--- masks
"plan": { "fields": ["x_note", "link"], "action": "drop" }
--- config_more
location /p/plan {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    hoop_mask plan;
    early_hints 1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/hinted;
}
--- init
my $c = main::begin([$main::hint . $main::answer]);
main::read_more($c, undef, 5);
my ($hints) = main::parts($c->{raw});
Test::More::like($hints, qr/X-Note: call 078-05-1121\r\n/, 'as it is');
Test::More::unlike($hints, qr/^(?:Hoop-|DPoP-|Digest)/mi,
                   'but what is not the target\'s to say');
$c = main::begin(undef, path => '/p/plan');
main::read_more($c, undef, 5);
($hints) = main::parts($c->{raw});
Test::More::unlike($hints, qr/^(?:X-Note|Link)/mi, 'dropped');
Test::More::like($hints, qr/^Set-Cookie/mi, 'the others are there');



=== TEST 4: one that echoes the credential
--- location
early_hints 1;
hoop_mask off;
hoop_credential crm;
--- init
my $c = main::begin(undef, path => '/p/echo');
main::read_more($c, undef, 5);
my ($hints, $rest) = main::parts($c->{raw});
Test::More::is($hints, "HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n",
               'only what does not');
Test::More::like($rest, qr{^HTTP/1.1 200 }, 'and the answer');
Test::More::like($main::upstream->last_request->{raw}, qr/\Q$main::secret/,
                 'it was sent');



=== TEST 5: over HTTP/2
--- skip_eval: 8: $main::no_http2
--- location
early_hints 1;
--- config_more
listen 127.0.0.1:$TEST_NGINX_H2_PORT http2;
--- init
my $res = main::curl("http://127.0.0.1:$ENV{TEST_NGINX_H2_PORT}/p/x", [$main::auth,
                     main::replay([$main::hint, [$main::answer, 0.05]])],
                     '--http2-prior-knowledge');
my ($hints, $rest) = main::parts($res->{head});
main::hinted($hints, 'HTTP/2');
Test::More::like($rest, qr{^HTTP/2 200 }, 'and the answer');
Test::More::is($res->{body}, '{"ssn":"[REDACTED:US_SSN]"}', 'masked');
Test::More::is($res->{exit}, 0, 'whole');



=== TEST 6: out of a location that is not protected, by a redirect or a refusal
--- location
early_hints 1;
error_page 403 = /open;
--- config_more
location = /open {
    early_hints 1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/hinted;
}
--- user_files
>>> policy.json
{ "version": 1, "name": "some", "rules": [
    { "id": "some", "effect": "allow",
      "match": { "request": { "path": "/p/x" } } } ] }
--- init
for my $path ('/p/x', '/p/no') {
    my $c = main::begin(["HTTP/1.1 200 OK\r\nX-Accel-Redirect: /open\r\n\r\n"],
                        path => $path);
    main::read_more($c, undef, 5);
    my ($hints, $rest) = main::parts($c->{raw});
    main::hinted($hints, $path);
    Test::More::like($rest, qr/"\[REDACTED:US_SSN\]"/, 'masked');
}



=== TEST 7: straight from such a location it is as it was
--- config_more
location = /open {
    early_hints 1;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/hinted;
}
--- init
my $c = main::begin(undef, path => '/open');
main::read_more($c, undef, 5);
Test::More::is($c->{raw} =~ s/\r\n\r\n.*//sr, $main::hint =~ s/\r\n\r\n//r,
               'untouched');



=== TEST 8: not asked for: there is none
--- init
my $c = main::begin([$main::hint . $main::answer]);
main::read_more($c, undef, 5);
my $res = main::parse($c);
Test::More::is($res->{status}, 200, 'the answer alone');
Test::More::is($res->{body}, '{"ssn":"[REDACTED:US_SSN]"}', 'masked');



=== TEST 9: the answer after it cannot be inspected
--- location
early_hints 1;
--- init
my $c = main::begin([$main::hint . "HTTP/1.1 200 OK\r\nContent-Type: image/png"
                     . "\r\nConnection: close\r\n\r\n078-05-1121"]);
main::read_more($c, undef, 5);
my ($hints, $rest) = main::parts($c->{raw});
main::hinted($hints, 'before');
Test::More::like($rest, qr{^HTTP/1.1 502 }, 'refused');
Test::More::unlike($rest, qr/078-05|^X-Note/m, 'no byte of it');
--- error_log
hoop: answer blocked: the target sends what is not text
--- no_error_log
[alert]
[crit]
[emerg]



=== TEST 10: an nginx before that takes a 103 for the answer
--- skip_nginx: 8: >= 1.29.0
--- location
proxy_http_version 1.1;
--- init
my $res = main::ask([$main::hint . $main::answer]);
Test::More::is($res->{status}, 502, 'refused');
Test::More::unlike($res->{body}, qr/078-|200 OK/, 'no byte of it');
--- error_log
hoop: answer blocked: the target sends no final answer
--- events
{"type":"response","status":502,"blocked":"the target sends no final answer"}
