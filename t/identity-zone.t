# Copyright (C) ngx_hoop_module authors
#
# What the workers share: a token that one of them has verified, until its
# exp, and only as long as its key is in the key set.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Spool;
use Hoop::Token;
use Hoop::Upstream;

our $upstream = Hoop::Upstream->new(routes => { '/p/*' => "reached\n" });

add_block_preprocessor(sub {
    my ($block) = @_;

    my $zone = $block->zone // '';
    chomp $zone;

    $block->set_value('http_config', <<"END") if !defined $block->http_config;
$zone
hoop_audit \$TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file \$TEST_NGINX_KEYS/jwks.json;
}
END

    $block->set_value('config', <<'END') if !defined $block->config;
location /p/ {
    hoop on;
    hoop_policy $TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
}
END

    $block->set_value('user_files', <<'END');
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow", "match": {} } ] }
END

    $block->set_value('request', 'GET /p/a') if !defined $block->request;
    $block->set_value('no_error_log', "[alert]\n[crit]\n[emerg]\neyJ")
        if !defined $block->no_error_log && !defined $block->must_die;
});

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: the smallest zone
--- zone: hoop_zone 256k;
--- more_headers eval
main::bearer()
--- response_body
reached



=== TEST 2: a large one, whose size is no power of two
--- zone: hoop_zone 33m;
--- more_headers eval
main::bearer()
--- response_body
reached



=== TEST 3: too small
--- zone: hoop_zone 255k;
--- must_die
--- error_log
hoop_zone "255k", wanted a size of at least 256k, as in "10m"



=== TEST 4: no size
--- zone: hoop_zone big;
--- must_die
--- error_log
hoop_zone "big", wanted a size of at least 256k



=== TEST 5: twice
--- zone: hoop_zone 1m; hoop_zone 2m;
--- must_die
--- error_log
"hoop_zone" directive is duplicate
