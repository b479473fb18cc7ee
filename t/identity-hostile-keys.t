# Copyright (C) ngx_hoop_module authors
#
# An issuer that answers with what is no key set, with too much of it, too
# slowly or not at all.  Whatever it does, requests with keys that are at hand
# are answered without delay, and memory is bounded.
#
# The keys are fetched anew about each second; "idp" is what the issuer does
# from the second time on.

use Test::Nginx::Socket 'no_plan';

use Time::HiRes qw( time );

use lib 't/lib';
use Hoop::Client;
use Hoop::Daemon qw( wait_for );
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

my $jwk = Hoop::Token::jwks('rsa') =~ s/^\{"keys":\[(.*)\]\}\s*$/$1/sr;

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });
our $idp = Hoop::Upstream->new(oidc => 1, failures => {
    empty => '',
    html => { type => 'text/html', body => "<html>sign in</html>\n" },
    gzip => { body => Hoop::Token::jwks('rsa'), gzip => 1 },
    redirect => { status => 302, headers => [Location => '/jwks'] },
    accel => { headers => ['X-Accel-Redirect' => '/elsewhere'] },
    accel_hoop => { headers => ['X-Accel-Redirect' => '/p/jwks'] },
    cut => ["HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"
            . substr(Hoop::Token::jwks('rsa'), 0, 100)],
    cut_chunk => { chunks => [substr Hoop::Token::jwks('rsa'), 0, 100],
                   cut => 1 },
    deep => '[' x 500_000,
    many => '{"keys":[' . join(',', ($jwk) x 2000) . ']}',
    many_small => '{"keys":[' . join(',', ('{}') x 10_000) . ']}',
    no_key => '{"keys":[]}',
    huge => sub { ["HTTP/1.1 200 OK\r\n\r\n" . 'x' x 104_857_600] },
    huge_length => ["HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n"
                    . 'x' x 1000],
    head => ["HTTP/1.1 200 OK\r\nX-Long: " . 'x' x 20_000 . "\r\n\r\n{}"],
    drip => sub { +{ chunks => [map { [' ', 0.05] } 1 .. 1000] } },
    silent => \'hang',
});

sub from_idp {
    return main::bearer(iss => $idp->issuer, @_);
}

# Asks for a new key again and again, until the issuer has been asked twice
# more; each answer and each by a known key must come at once.
sub known_keys_stand {
    my ($text, $most) = @_;

    my $before = my $count = () = $idp->requests;
    my ($asked, $slowest, %status) = (0, 0);
    my $known = from_idp();
    my $new = from_idp(-key => 'ec');
    my $pending = begin(GET => '/p/new', $new);

    # two attempts have begun, by the timer or for the new key
    while ($count < $before + 2 && $asked < 400) {
        my $start = time;

        $status{ask(GET => '/p/' . $asked++, $known)->{status}}++;

        my $spent = time - $start;
        $slowest = $spent if $spent > $slowest;
        $count = () = $idp->requests;
        select undef, undef, undef, 0.01;
    }

    main::is(join(' ', %status), "200 $asked", "$text: known keys are good");
    main::cmp_ok($slowest, '<', 0.5, "$text: and answered at once");

    # within jwks_pause of a good key set an unknown key is just unknown
    main::like(finish($pending)->{status}, qr/^(401|503)$/,
               "$text: a new key waits for nothing good");
    main::is(ask(GET => '/p/new', $new)->{status}, 503,
             "$text: a new key is not known");
}

sub keys_are_there {
    my ($key) = @_;

    main::ok(wait_for(sub {
        ask(GET => '/p/there', from_idp(-key => $key))->{status} == 200
    }, 5), "keys with $key are there");
}

sub memory {
    my $file = '/proc/' . nginx_pid() . '/status';

    local $/;
    open my $fh, '<', $file or die "$file: $!\n";
    my ($kb) = <$fh> =~ /^VmHWM:\s+(\d+)/m;
    return $kb;
}

Hoop::Client->steps;

add_block_preprocessor(sub {
    my ($block) = @_;

    $idp->control(keys => 'rsa', fail => '', delay => 0);
    $idp->reset;

    $block->set_value('http_config', <<'END') if !defined $block->http_config;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer http://127.0.0.1:$TEST_NGINX_IDP_PORT;
    audience hoop;
    jwks_url http://127.0.0.1:$TEST_NGINX_IDP_PORT/jwks;
    jwks_ttl 1s;
    jwks_pause 50ms;
    jwks_timeout 600ms;
}
END
    $block->set_value('http_config',
                      $block->http_config =~ s/(?<=jwks_timeout )\S+(?=;)/10s/r)
        if defined $block->patient;

    $block->set_value('config', <<'END') if !defined $block->config;
hoop_fetch /_hoop_fetch;
location = /_hoop_fetch {
    internal;
    proxy_pass $hoop_fetch_url;
}
location /elsewhere {
    proxy_pass http://127.0.0.1:$TEST_NGINX_IDP_PORT/jwks;
}
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow",
      "match": { "request": { "path": "/p/**" } } } ] }
END

    $block->set_value('request', 'GET /index.html')
        if !defined $block->request;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ");

    # each failure: known keys, and then the new one once all is well
    my ($fail, $text) = split /: /, ($block->fails // ''), 2;
    return if !defined $text;

    chomp $text;
    $block->set_value('steps', <<"END");
keys_are_there('rsa');
\$idp->control(fail => '$fail');
known_keys_stand('$fail');
\$idp->control(fail => '', keys => 'rsa,ec');
keys_are_there('ec');
END
    $block->set_value('error_log', "$text\nits keys are to be had again");
});

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: no text
--- fails: empty: the key set "http://127.0.0.1:



=== TEST 2: a page of HTML
--- fails: html: the key set "http://127.0.0.1:



=== TEST 3: compressed
--- fails: gzip: was answered with Content-Encoding, wanted none



=== TEST 4: a redirect
--- fails: redirect: answered with status 302, wanted 200



=== TEST 5: an internal redirect
--- fails: accel: answered with status 403, wanted 200



=== TEST 6: an internal redirect into a protected location
--- fails: accel_hoop: answered with status 403, wanted 200



=== TEST 7: cut, with a length
--- fails: cut: was answered, but the answer was cut



=== TEST 8: cut, without
--- fails: cut_chunk: the key set "http://127.0.0.1:



=== TEST 9: nested deeply
--- fails: deep: the key set "http://127.0.0.1:



=== TEST 10: more than 256 keys
--- fails: many: keys, wanted 1 to 256



=== TEST 11: 10,000 keys that are none
--- fails: many_small: key set has 10000 keys, wanted 1 to 256



=== TEST 12: no key
--- fails: no_key: key set has 0 keys, wanted 1 to 256



=== TEST 13: an endless head
--- fails: head: answered with status 502, wanted 200



=== TEST 14: a drip: the time of the whole is limited
--- fails: drip: took too long



=== TEST 15: no answer
--- fails: silent: took too long



=== TEST 16: the connection is closed
--- fails: close: answered with status 502, wanted 200



=== TEST 17: status 204
--- fails: 204: answered with status 204, wanted 200



=== TEST 18: status 404
--- fails: 404: answered with status 404, wanted 200



=== TEST 19: status 500
--- fails: 500: answered with status 500, wanted 200



=== TEST 20: 100 MB, and the worker has grown by what is kept of it at most
--- patient
--- steps
keys_are_there('rsa');
my $before = memory();
$idp->control(fail => 'huge');
known_keys_stand('huge');
cmp_ok(memory() - $before, '<', 8 * 1024, 'memory is bounded')
    if !$ENV{TEST_NGINX_LD_PRELOAD} && !$ENV{TEST_NGINX_USE_VALGRIND};
--- error_log
was answered with more than 1m



=== TEST 21: 100 MB are announced
--- fails: huge_length: was answered with more than 1m
