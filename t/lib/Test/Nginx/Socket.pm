# Copyright (C) ngx_hoop_module authors
#
# A test runner for nginx that takes the test files of Test::Nginx::Socket
# (openresty/test-nginx): same package name, sections, functions, environment
# variables and count of tests, so that a test file runs unchanged under
# either.  Which part of it is here, and where this one is stricter, is in
# docs/testing.md.
#
# For each block: stop the nginx of the block before, make the server root,
# start nginx, send the requests, and after each one check status, headers,
# body and log.

package Test::Nginx::Socket;

use strict;
use warnings;

use Test::Base -base;

use List::Util qw( shuffle );
use Time::HiRes qw( sleep time );

use Test::Nginx::Client qw( block_requests parse_headers parse_response
                            response_header send_request );
use Test::Nginx::Log qw( check_access_log check_error_log
                         check_shutdown_log set_log_position );
use Test::Nginx::Mock;
use Test::Nginx::Report qw( explain_log fmt_str is_str );
use Test::Nginx::Util;

our $VERSION = '0.33';

our @EXPORT = qw(
    add_block_preprocessor add_cleanup_handler add_response_body_check
    add_test_cleanup_handler bail_out check_accum_error_log config_preamble
    env_to_nginx html_dir is_str log_level master_off master_on
    master_process_enabled no_long_string no_nginx_manager no_root_location
    no_shuffle plan repeat_each run_tests server_addr server_name server_port
    server_port_for_client server_root timeout use_hup worker_connections
    workers
);

my %sections = map { $_ => 1 } qw(
    name description ONLY SKIP LAST
    config http_config main_config post_main_config server_name log_level
    error_log_file user_files post_setup_server_root init suppress_stderr
    request raw_request raw_request_middle_delay pipelined_requests
    more_headers server_addr_for_client shutdown timeout wait abort
    ignore_response http09 error_code error_code_like response_headers
    response_headers_like raw_response_headers_like
    raw_response_headers_unlike response_body response_body_like
    response_body_unlike response_body_filters response_body_json_sort
    charset error_log no_error_log grep_error_log grep_error_log_out
    access_log no_access_log shutdown_error_log no_shutdown_error_log
    must_die reload_fails skip_nginx skip_nginx2 skip_openssl skip_eval todo
    todo_nginx tcp_listen tcp_reply tcp_reply_delay tcp_query tcp_query_len
    tcp_query_auto_timeout tcp_shutdown tcp_shutdown_delay tcp_no_close
    no_check_leak no_http2 no_http3 curl
);

my %unsupported = map { $_ => 1 } qw(
    http2 http3 udp_listen udp_reply udp_query stap stap_out skip_slave
    request_eval response_body_eval
);

my ($PrevBlock, $PrevConfig, $RandPorts, @BodyChecks);


sub add_response_body_check ($) {
    push @BodyChecks, shift;
}


sub run_tests () {
    $NginxVersion = Test::Nginx::Util::get_nginx_version();
    $ENV{TEST_NGINX_SERVER_PORT} //= $ServerPort;

    my @blocks = Test::Base::blocks();
    @blocks = shuffle @blocks if !$Test::Nginx::Util::NoShuffle;

    for my $block (@blocks) {
        $_->($block) for @Test::Nginx::Util::BlockPreprocessors;

        $block->set_value(name => "$0 " . $block->name);
        check_section_names($block);
        run_block($block);
        $_->($block) for @Test::Nginx::Util::TestCleanupHandlers;
    }

    finish();
}


# A misspelt "no_eror_log" would be a check that is never made.
sub check_section_names {
    my ($block) = @_;

    my $name = $block->name;
    my $custom = @Test::Nginx::Util::BlockPreprocessors || @BodyChecks
                 || @Test::Nginx::Util::TestCleanupHandlers;

    for my $section (@{ $block->_section_order }) {
        if ($unsupported{$section}) {
            bail_out("$name - section $section is not supported here");
        }

        if (!$sections{$section} && !$custom) {
            Test::More::fail("$name - section $section is unknown: misspelt?");
        }
    }
}


sub run_block {
    my ($block) = @_;

    return if defined $block->SKIP;

    my $name = $block->name;

    $RandPorts = {};

    my ($skip, $todo) = map { [$_->($block)] } \&skip_reason, \&todo_reason;

    if (@$skip) {
        my ($count, $reason) = @$skip;
        SKIP: { Test::More::skip("$name - $reason", $count); }
        return;
    }

    if (@$todo) {
        my ($count, $reason) = @$todo;
        TODO: { Test::More::todo_skip("$name - $reason", $count); }
        return;
    }

    local $Test::Nginx::Util::LogLevel = $block->log_level
        // $Test::Nginx::Util::LogLevel;
    local $Test::Nginx::Util::UseHup = $Test::Nginx::Util::UseHup
        && !defined $block->must_die;
    local $Test::Nginx::Util::UseValgrind = defined $block->must_die
        ? undef : $Test::Nginx::Util::UseValgrind;

    bring_nginx_up($block) or return;

    if (defined $block->init) {
        eval $block->init;
        bail_out("$name - init failed: $@") if $@;
    }

    for my $round (0 .. $Test::Nginx::Util::RepeatEach - 1) {
        if ($round > 0) {
            Test::Nginx::Util::write_user_files($block, $RandPorts);
        }

        my $mock;
        $mock = Test::Nginx::Mock->start($block, $RandPorts)
            if defined $block->tcp_listen;

        run_requests($block, $round);

        if (defined $mock) {
            check_query($block, $mock);
            $mock->stop;
        }
    }
}


# nginx for the block

# Returns 1 when there is an nginx to send requests to.
sub bring_nginx_up {
    my ($block) = @_;

    my $name = $block->name;
    my $config = expand_env_in_text($block->config, $name, $RandPorts);

    return 1 if $Test::Nginx::Util::NoNginxManager;

    if (!defined $config && !defined $PrevConfig) {
        bail_out("$name - no config section, and no block before it");
    }

    my $same = defined $PrevConfig && ($config // $PrevConfig) eq $PrevConfig;
    my $running = defined $Test::Nginx::Util::Nginx
                  && !Test::Nginx::Util::reap_nginx();

    $PrevConfig = $config if defined $config;

    if ($running && $same && !$Test::Nginx::Util::ForceRestartOnTest
        && !defined $block->must_die)
    {
        Test::Nginx::Util::write_user_files($block, $RandPorts);
        set_log_position(-s $Test::Nginx::Util::ErrLogFile);
        $PrevBlock = $block;
        return 1;
    }

    my $reload = $running && $Test::Nginx::Util::UseHup;

    if ($Test::Nginx::Util::UseHup) {
        $Test::Nginx::Util::ConfigVersion = int rand 1e9;
    }

    if (!$reload) {
        end_nginx();
        Test::Nginx::Util::end_left_over_nginx();
    }

    Test::Nginx::Util::setup_server_root();

    if (defined $block->post_setup_server_root) {
        eval $block->post_setup_server_root;
        bail_out("$name - post_setup_server_root failed: $@") if $@;
    }

    Test::Nginx::Util::write_user_files($block, $RandPorts);
    Test::Nginx::Util::write_config_file($block, $config, $RandPorts);

    set_log_position(0);
    $PrevBlock = $block;

    if (defined $block->must_die) {
        check_must_die($block);
        return 0;
    }

    if ($reload) {
        return 1 if Test::Nginx::Util::reload_nginx($block);

        Test::More::fail("$name - nginx did not take the new configuration");
        explain_log();
        return 0;
    }

    if (!Test::Nginx::Util::start_nginx()) {
        my $status = $?;
        my $stderr = Test::Nginx::Util::nginx_stderr();
        my $command = join ' ', Test::Nginx::Util::nginx_command();

        undef $Test::Nginx::Util::Nginx;
        bail_out("$name - cannot start nginx by \"$command\" (status "
                 . ($status >> 8) . ", signal " . ($status & 127)
                 . "): $stderr");
    }

    return 1;
}


sub check_must_die {
    my ($block) = @_;

    my $name = $block->name;
    my $must_die = $block->must_die;

    for my $round (0 .. $Test::Nginx::Util::RepeatEach - 1) {
        my $alive = Test::Nginx::Util::start_nginx();
        my $status = $alive ? 0 : $?;
        my $stderr = Test::Nginx::Util::nginx_stderr();
        my $ok;

        if (($status >> 8) == 127 && $stderr =~ /^cannot execute/m) {
            $ok = Test::More::fail("$name - failed to execute the nginx"
                                   . ' command line');

        } elsif ($status & 128) {
            $ok = Test::More::fail("$name - nginx core dumped");

        } elsif ($must_die =~ /^\s*(\d+)\s*$/) {
            $ok = Test::More::is($1, $status >> 8,
                                 "$name - die with the expected exit code");

        } else {
            $ok = Test::More::isnt($status, 0, "$name - die as expected");
        }

        if (!$ok) {
            Test::More::diag($alive ? 'nginx started, and runs' : $stderr);

        } elsif ($stderr ne '' && $Test::Nginx::Util::Verbose) {
            Test::More::diag($stderr);
        }

        Test::Nginx::Util::stop_nginx();
        check_error_log($block, $round, $RandPorts);
    }
}


# Stops nginx, if there is one; what it did on its way out counts against the
# block that it was started for.
sub end_nginx {
    return if !defined $Test::Nginx::Util::Nginx;

    my $name = $PrevBlock->name;
    my $wrong = Test::Nginx::Util::stop_nginx();

    if (defined $wrong) {
        Test::More::fail("$name - $wrong");
        explain_log();
    }

    check_shutdown_log($PrevBlock);
}


sub finish {
    end_nginx() if !$ENV{TEST_NGINX_NO_CLEAN};
    Test::Nginx::Util::run_cleanup_handlers();

    if ($Test::Nginx::Util::Randomize && !$ENV{TEST_NGINX_NO_CLEAN}
        && $ServRoot =~ m{/t/servroot_\d+$} && -d $ServRoot)
    {
        File::Path::remove_tree($ServRoot);
    }
}


END {
    if (!$Test::Nginx::Util::InSubprocess) {
        local $?;
        finish();
    }
}


# Reasons to leave a block out: (count of tests, reason), or nothing

sub skip_reason {
    my ($block) = @_;

    my $name = $block->name;

    if (defined $block->skip_eval) {
        my ($count, $code) = $block->skip_eval =~ /^\s*(\d+)\s*:\s*(.*)/s
            or bail_out("$name - bad skip_eval: ", $block->skip_eval);
        my $skip = eval $code;

        bail_out("$name - skip_eval \"$code\" failed: $@") if $@;
        return ($count, 'skip_eval') if $skip;
    }

    for my $section (qw( skip_nginx skip_nginx2 skip_openssl )) {
        my $spec = $block->$section;
        next if !defined $spec;

        my ($count, $rest) = $spec =~ /^\s*(\d+)\s*:\s*(.*?)\s*$/s
            or bail_out("$name - bad $section: $spec");
        my ($cond, $reason) = split /\s*:\s*/, $rest, 2;
        my ($what, $version) = $section eq 'skip_openssl'
            ? ('OpenSSL', $Test::Nginx::Util::OpenSSLVersion)
            : ('nginx', $NginxVersion);

        if (version_matches("$name - bad $section: $spec", $version, $cond)) {
            return ($count, $reason || "$what version $cond");
        }
    }

    return;
}


sub todo_reason {
    my ($block) = @_;

    my $name = $block->name;

    if (defined $block->todo) {
        my ($count, $reason) = $block->todo =~ /^\s*(\d+)\s*:\s*(.*?)\s*$/s
            or bail_out("$name - bad todo: ", $block->todo);
        return ($count, $reason);
    }

    if (defined $block->todo_nginx) {
        my ($cond, $reason) = split /\s*:\s*/, trim($block->todo_nginx), 2;

        if (version_matches("$name - bad todo_nginx: $cond", $NginxVersion,
                            $cond))
        {
            return (1, $reason || "nginx version $cond");
        }
    }

    return;
}


# "< 1.23.0", ">= 1.2.3 and < 1.4.0", "< 1.2.3 or > 1.4.0"
sub version_matches {
    my ($error, $version, $cond) = @_;

    my ($result, $joiner);

    return 1 if !defined $version;

    for my $part (split /\s*\b(and|or)\b\s*/, $cond) {
        if ($part eq 'and' || $part eq 'or') {
            $joiner = $part;
            next;
        }

        my ($op, @v) = $part =~ /^\s*([<>]=?)\s*(\d+)\.(\d+)\.(\d+)([a-z])?\s*$/
            or bail_out($error);
        my $than = Test::Nginx::Util::canon_version(@v);
        my $cmp = $version <=> $than;
        my $true = $op =~ /^</ ? $cmp < 0 : $cmp > 0;
        $true ||= $op =~ /=/ && $cmp == 0;

        $result = !defined $result ? $true
                  : $joiner eq 'and' ? $result && $true : $result || $true;
    }

    return $result;
}


# Requests and answers

sub run_requests {
    my ($block, $round) = @_;

    my $name = $block->name;
    my @requests = block_requests($block, $RandPorts);
    my $timeout = parse_time($block->timeout) || timeout();
    my $pipelined = $block->pipelined_requests;
    my $answers = defined $pipelined ? @$pipelined : @requests;
    my $raw;

    if ($Test::Nginx::Util::UseValgrind && !defined $block->abort) {
        $timeout *= 10;
    }

    for my $i (0 .. $answers - 1) {
        my $is_head = 0;

        if ($i < @requests) {
            my $packets = $requests[$i];
            my $wrong;

            $is_head = 1 if $packets->[0]{value} =~ /^\s*HEAD\s/;
            ($raw, $wrong) = send_request($block, $packets, $timeout);

            if (defined $wrong) {
                Test::More::fail("$wrong - $name");
                explain_log();
            }
        }

        if (!defined $block->ignore_response) {
            my $res = get_answer($block, $raw, $is_head);

            if (defined $pipelined) {
                $raw = $res->{left} // '';

            } elsif (length($res->{left} // '')) {
                warn "WARNING: $name - unexpected extra bytes after last"
                     . ' chunk in response: "' . fmt_str($res->{left}) . "\"\n";
            }

            check_answer($block, $res, $i, $round, $answers > 1);
        }

        sleep(parse_time($block->wait)) if $block->wait;

        check_error_log($block, $round, $RandPorts);

        if (!defined $block->ignore_response) {
            check_access_log($block, $round);
        }
    }
}


sub get_answer {
    my ($block, $raw, $is_head) = @_;

    my $name = $block->name;

    if (defined $block->http09) {
        return { code => 200, headers => [], raw_headers => '',
                 content => $raw };
    }

    my $res = parse_response($raw, $is_head);

    if (defined $res->{error}) {
        Test::More::fail("$name - $res->{error}");
    }

    if (defined $res->{truncated}) {
        warn "WARNING: $name - response body truncated: $res->{truncated}\n";
    }

    return $res;
}


# the part of a section that is for this request
sub for_request {
    my ($block, $section, $i, $many) = @_;

    my $value = $block->$section;

    return $value->[$many ? $i : 0] if ref $value eq 'ARRAY';

    if ($many) {
        bail_out($block->name, " - several requests, so $section must be an",
                 ' array');
    }

    return $value;
}


sub check_answer {
    my ($block, $res, $i, $round, $many) = @_;

    my $name = $block->name;
    my $get = sub { for_request($block, $_[0], $i, $many) };
    my $code = $res->{code} // '';
    my $ok;

    if (defined $block->error_code_like) {
        my $like = $get->('error_code_like');
        $ok = Test::More::like($code, qr/$like/sm, "$name - status code ok");

    } else {
        my $want = defined $block->error_code ? $get->('error_code') : 200;
        $want = trim($want);
        $ok = Test::More::is($code, $want, "$name - status code ok");
    }

    if (!$ok) {
        my $body = $res->{partial} // $res->{content};
        Test::More::diag("answer: $res->{raw_headers}\n"
                         . substr $body, 0, 1000);
        explain_log();
    }

    check_headers($block, $res, $get);
    filter_body($block, $res, $i);
    check_body($block, $res, $get, "(repeated req $round, req $i)");

    $_->($block, $res->{content}, $i, $round, 0) for @BodyChecks;
}


sub check_headers {
    my ($block, $res, $get) = @_;

    my $name = $block->name;
    my $raw = $res->{raw_headers};

    if (defined $block->raw_response_headers_like) {
        my $like = $get->('raw_response_headers_like');
        Test::More::like($raw, qr/$like/s, "$name - raw resp headers like");
    }

    if (defined $block->raw_response_headers_unlike) {
        my $unlike = $get->('raw_response_headers_unlike');
        Test::More::unlike($raw, qr/$unlike/s,
                           "$name - raw resp headers unlike");
    }

    if (defined $block->response_headers) {
        for my $pair (parse_headers($get->('response_headers'))) {
            my ($key, $value) = @$pair;

            if (!defined $value) {
                Test::More::unlike($raw, qr/^\s*\Q$key\E\s*:/mi,
                    "$name - header $key not present in the raw headers");
                next;
            }

            Test::More::is(response_header($res, $key) // '',
                           expand_ports($value), "$name - header $key ok")
                or Test::More::diag("headers: $raw");
        }

    } elsif (defined $block->response_headers_like) {
        for my $pair (parse_headers($get->('response_headers_like'))) {
            my ($key, $value) = @$pair;

            $value //= '';
            Test::More::like(response_header($res, $key) // '',
                             qr/^$value$/, "$name - header $key like ok");
        }
    }
}


sub expand_ports {
    my ($text) = @_;

    return $text if !defined $text || ref $text;

    $text =~ s/\$ServerPortForClient\b/$ServerPortForClient/g;
    $text =~ s/\$ServerPort\b/$ServerPort/g;
    return $text;
}


sub filter_body {
    my ($block, $res, $i) = @_;

    my $filters = $block->response_body_filters;

    return if !defined $filters;

    $filters = [split ' ', $filters] if !ref $filters;
    $filters = [$filters] if ref $filters ne 'ARRAY';
    $filters = $filters->[$i] if ref $filters->[0] eq 'ARRAY';

    my %known = (
        uc => sub { uc $_[0] },            lc => sub { lc $_[0] },
        ucfirst => sub { ucfirst $_[0] },  lcfirst => sub { lcfirst $_[0] },
        length => sub { length $_[0] },
        md5_hex => sub { require Digest::MD5; Digest::MD5::md5_hex($_[0]) },
        sha1_hex => sub { require Digest::SHA; Digest::SHA::sha1_hex($_[0]) },
    );

    for my $filter (@$filters) {
        my $code = ref $filter eq 'CODE' ? $filter : $known{$filter}
            or bail_out($block->name, " - unknown body filter \"$filter\"");

        $res->{content} = $code->($res->{content});
    }
}


sub check_body {
    my ($block, $res, $get, $which) = @_;

    my $name = $block->name;
    my $content = $res->{content};

    if (defined $block->response_body) {
        my $want = $get->('response_body');

        if (defined $block->response_body_json_sort) {
            require JSON::PP;
            my $json = JSON::PP->new->canonical->loose;
            my $sorted = eval { $json->encode($json->decode($content)) };
            $content = "$sorted\n" if defined $sorted;
        }

        if ($block->charset) {
            require Encode;
            Encode::from_to($want, 'UTF-8', $block->charset);
        }

        $want = expand_env_in_text(expand_ports($want), $name, $RandPorts);

        if (ref $want) {
            Test::More::like($content, $want,
                             "$name - response_body - like $which");

        } else {
            is_str($content, $want,
                   "$name - response_body - response is expected $which");
        }

        return;
    }

    my $summary = trim($content) // '';

    if (defined $block->response_body_like) {
        my $like = expand_ports($get->('response_body_like'));
        Test::More::like($content, qr/$like/s,
            "$name - response_body_like - response is expected ($summary)");

    } elsif (defined $block->response_body_unlike) {
        my $unlike = expand_ports($get->('response_body_unlike'));
        Test::More::unlike($content, qr/$unlike/s,
            "$name - response_body_unlike - response is expected ($summary)");
    }
}


sub check_query {
    my ($block, $mock) = @_;

    my $name = $block->name;

    if (defined $block->tcp_query) {
        is_str($mock->query, $block->tcp_query, "$name - tcp_query ok");
    }

    if (defined $block->tcp_query_len) {
        Test::More::is(length $mock->query, trim($block->tcp_query_len),
                       "$name - TCP query length ok");
    }
}


1;
