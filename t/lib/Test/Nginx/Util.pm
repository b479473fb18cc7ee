# Copyright (C) ngx_hoop_module authors
#
# The server side of the test runner: settings, the server root, nginx.conf,
# and the life of the nginx process.
#
# One nginx at a time.  It runs with "daemon off" as our own child, so that
# its end is seen by waitpid() at once, with its exit status: no polling of
# the process table, no pid that may belong to somebody else by now.  $Nginx
# is that child or undef; only start_nginx(), stop_nginx() and reap_nginx()
# change it.

package Test::Nginx::Util;

use strict;
use warnings;

use Exporter 'import';
use File::Path qw( make_path remove_tree );
use File::Spec;
use File::Temp;
use IO::Socket::INET;
use POSIX qw( :sys_wait_h SIGHUP SIGKILL SIGQUIT SIGTERM SIGUSR1 );
use Test::More ();
use Time::HiRes qw( sleep time );

our $VERSION = '0.33';

our @EXPORT = qw(
    add_block_preprocessor add_cleanup_handler add_test_cleanup_handler
    bail_out check_accum_error_log config_preamble env_to_nginx
    expand_env_in_text html_dir is_running log_level master_off master_on
    master_process_enabled no_long_string no_nginx_manager no_root_location
    no_shuffle parse_time repeat_each server_addr server_name server_port
    server_port_for_client server_root sleep_time timeout trim use_hup verbose
    worker_connections workers
    $ServRoot $ServerPort $ServerPortForClient $NginxVersion
);

our $Verbose             = $ENV{TEST_NGINX_VERBOSE};
our $NginxBinary         = $ENV{TEST_NGINX_BINARY} || 'nginx';
our $LoadModules         = $ENV{TEST_NGINX_LOAD_MODULES};
our $Timeout             = $ENV{TEST_NGINX_TIMEOUT} || 3;
our $TestNginxSleep      = $ENV{TEST_NGINX_SLEEP} || 0.015;
our $UseHup              = $ENV{TEST_NGINX_USE_HUP};
our $UseValgrind         = $ENV{TEST_NGINX_USE_VALGRIND};
our $NoShuffle           = $ENV{TEST_NGINX_NO_SHUFFLE} || 0;
our $NoNginxManager      = $ENV{TEST_NGINX_NO_NGINX_MANAGER} || 0;
our $Randomize           = $ENV{TEST_NGINX_RANDOMIZE};
our $EventType           = $ENV{TEST_NGINX_EVENT_TYPE};
our $PostponeOutput      = $ENV{TEST_NGINX_POSTPONE_OUTPUT};
our $WorkerUser          = $ENV{TEST_NGINX_WORKER_USER};
our $CheckAccumErrLog    = $ENV{TEST_NGINX_CHECK_ACCUM_ERR_LOG};
our $LogLevel            = $ENV{TEST_NGINX_LOG_LEVEL} || 'debug';
our $MasterProcess       = $ENV{TEST_NGINX_MASTER_PROCESS} || 'off';
our $ForceRestartOnTest  = $ENV{TEST_NGINX_FORCE_RESTART_ON_TEST} // 1;

our $ServerAddr          = '127.0.0.1';
our $ServerName          = 'localhost';
our $ServerPort          = $ENV{TEST_NGINX_SERVER_PORT}
                           || $ENV{TEST_NGINX_PORT} || 1984;
our $ServerPortForClient = $ENV{TEST_NGINX_CLIENT_PORT} || $ServerPort;

our $RepeatEach          = 1;
our $Workers             = 1;
our $WorkerConnections   = 64;
our $ConfigPreamble      = '';
our $NoRootLocation      = 0;
our $NoLongString        = 0;
our $InSubprocess        = 0;

our (@EnvToNginx, @BlockPreprocessors, @CleanupHandlers, @TestCleanupHandlers);
our ($NginxVersion, $OpenSSLVersion, $ConfigVersion, $Nginx);

if (defined $WorkerUser && $WorkerUser !~ /^\w[-\w]+(?:\s+\w[-\w]+)?$/) {
    die "TEST_NGINX_WORKER_USER \"$WorkerUser\" is no user name\n";
}

if ($Randomize) {
    $ServerPort = gen_rand_port({}) or die "no free port found\n";
    $ServerPortForClient = $ServerPort;
}

our $ServRoot = File::Spec->rel2abs(
    $Randomize ? "t/servroot_$ServerPort"
               : $ENV{TEST_NGINX_SERVROOT} || 't/servroot');

our $LogDir     = "$ServRoot/logs";
our $HtmlDir    = "$ServRoot/html";
our $ConfDir    = "$ServRoot/conf";
our $ConfFile   = "$ConfDir/nginx.conf";
our $ErrLogFile = "$LogDir/error.log";
our $AccLogFile = "$LogDir/access.log";
our $PidFile    = "$LogDir/nginx.pid";

$ENV{TEST_NGINX_SERVER_ROOT} = $ServRoot;


# What a test file may call

# a getter, and with an argument a setter
sub server_addr            { $ServerAddr = shift if @_;          $ServerAddr }
sub server_name            { $ServerName = shift if @_;          $ServerName }
sub server_port            { $ServerPort = shift if @_;          $ServerPort }
sub server_port_for_client { $ServerPortForClient = shift if @_;
                             $ServerPortForClient }
sub timeout                { $Timeout = shift if @_;             $Timeout }
sub repeat_each            { $RepeatEach = shift if @_;          $RepeatEach }
sub workers                { $Workers = shift if @_;             $Workers }
sub log_level              { $LogLevel = shift if @_;            $LogLevel }
sub worker_connections     { $WorkerConnections = shift if @_;
                             $WorkerConnections }

sub html_dir ()              { $HtmlDir }
sub server_root ()           { $ServRoot }
sub sleep_time               { $TestNginxSleep }
sub verbose                  { $Verbose }
sub no_shuffle ()            { $NoShuffle = 1 }
sub no_long_string ()        { $NoLongString = 1 }
sub no_root_location ()      { $NoRootLocation = 1 }
sub no_nginx_manager ()      { $NoNginxManager = 1 }
sub check_accum_error_log () { $CheckAccumErrLog = 1 }
sub use_hup ()               { $UseHup = 1 }
sub master_on ()             { $MasterProcess = 'on' }
sub master_off ()            { $MasterProcess = 'off' }
sub config_preamble ($)      { $ConfigPreamble = shift }

sub add_block_preprocessor (&) { unshift @BlockPreprocessors, shift }
sub add_cleanup_handler ($)    { unshift @CleanupHandlers, shift }
sub add_test_cleanup_handler ($) { unshift @TestCleanupHandlers, shift }


sub master_process_enabled {
    $MasterProcess = $_[0] ? 'on' : 'off' if @_;
    return $MasterProcess;
}


sub env_to_nginx {
    for my $v (@_) {
        if ($v !~ /^[A-Za-z_]/ || $v =~ /\n/) {
            die "env_to_nginx: \"$v\" is no environment variable\n";
        }

        push @EnvToNginx, $v;
    }
}


# seconds of "300ms", "2s", "1.5"
sub parse_time ($) {
    my ($time) = @_;

    return $time if !defined $time;
    return $1 / 1000 if $time =~ /^\s*(.*\d)\s*ms\s*$/;
    return $1 if $time =~ /^\s*(.*\d)\s*s\s*$/;
    return $time;
}


sub trim ($) {
    my ($s) = @_;

    return $s if !defined $s;

    $s =~ s/^\s+|\s+$//g;
    $s =~ s/\s+/ /g;
    return $s;
}


sub bail_out {
    stop_nginx() if !$InSubprocess;
    run_cleanup_handlers();
    Test::More::BAIL_OUT(join '', @_);
}


sub run_cleanup_handlers {
    my @handlers = splice @CleanupHandlers;

    $_->() for @handlers;
}


sub is_running ($) {
    my ($pid) = @_;

    return kill 0, $pid;
}


# Ports and text

sub port_is_free {
    my ($port) = @_;

    my $sock = IO::Socket::INET->new(LocalAddr => $ServerAddr,
                                     LocalPort => $port, Proto => 'tcp',
                                     Listen => 1, ReuseAddr => 1);
    return defined $sock;
}


# Below the range from which the kernel takes ports for outgoing connections:
# a port that is free now must still be free when nginx binds it.
sub gen_rand_port {
    my ($used) = @_;

    for (1 .. 1000) {
        my $port = 10000 + int rand 22000;

        next if $used->{$port} || !port_is_free($port);

        $used->{$port} = 1;
        return $port;
    }

    return;
}


sub expand_env_in_text ($$$) {
    my ($text, $name, $rand_ports) = @_;

    return $text if !defined $text || ref $text;

    my %used = map { $_ => 1 } $ServerPort, values %$rand_ports;

    $text =~ s{\$(TEST_NGINX_[_A-Z0-9]+)}{
        my $var = $1;
        my $value;

        if ($var =~ /^TEST_NGINX_RAND_PORT_\d+$/) {
            $rand_ports->{$var} //= gen_rand_port(\%used);
            $value = $rand_ports->{$var};

        } else {
            $value = $ENV{$var};
        }

        if (!defined $value) {
            my $hint = $var eq 'TEST_NGINX_HTML_DIR'
                       ? "; say \$ENV{$var} ||= html_dir(); in the test file"
                       : '';
            bail_out("$name - \$$var is used, but there is no such"
                     . " environment variable$hint");
        }

        $value;
    }eg;

    return $text;
}


sub canon_version {
    my ($major, $minor, $patch, $letter) = @_;

    my $v = sprintf '%d.%03d%03d', $major, $minor, $patch;
    $v .= sprintf '%03d', ord($letter) - ord('a') if defined $letter;
    return $v;
}


sub get_nginx_version {
    my $out = `$NginxBinary -V 2>&1`;

    if (!defined $out || $? != 0) {
        bail_out("cannot run \"$NginxBinary -V\": ", $out // $!);
    }

    if ($out =~ m{built with OpenSSL (\d+)\.(\d+)\.(\d+)([a-z])?}) {
        $OpenSSLVersion = canon_version($1, $2, $3, $4);
    }

    if ($out !~ m{\w+/(\d+)\.(\d+)\.(\d+)}) {
        bail_out("no version in what \"$NginxBinary -V\" says: $out");
    }

    return canon_version($1, $2, $3);
}


# The server root

# Only what a run of ours may have made is removed: TEST_NGINX_SERVROOT may
# name a folder with something precious in it.
sub setup_server_root {
    if (-d $ServRoot) {
        my @own = ($ConfDir, $HtmlDir, "$ServRoot/cache",
                   glob("$ServRoot/*_cache"), glob("$ServRoot/*_temp"));

        remove_tree(@own);

        if (defined $Nginx) {
            # reload: the process still has its logs and pid file open
            unlink grep { $_ ne $PidFile } glob "$LogDir/*";

        } else {
            remove_tree($LogDir);
            rmdir $ServRoot
                or bail_out("cannot remove $ServRoot: $!; what is left there"
                            . " is not the test runner's: ",
                            join ' ', glob "$ServRoot/*");
        }
    }

    make_path($ConfDir, $HtmlDir, $LogDir);
    write_file("$HtmlDir/index.html", '<html><head><title>It works!</title>'
               . '</head><body>It works!</body></html>');
}


sub write_file {
    my ($path, $text) = @_;

    open my $fh, '>:raw', $path or bail_out("cannot write $path: $!");
    print $fh $text;
    close $fh or bail_out("cannot write $path: $!");
}


sub write_user_files {
    my ($block, $rand_ports) = @_;

    my $name = $block->name;
    my $files = $block->user_files;

    return if !defined $files;

    if (!ref $files) {
        my @list;

        for my $line (split /^/, $files) {
            if ($line =~ /^\s*>>> (\S+)(?:\s+(\S.*?))?\s*$/) {
                push @list, [$1, '', $2];

            } elsif (@list) {
                $list[-1][1] .= $line;
            }
        }

        $files = \@list;
    }

    if (ref $files ne 'ARRAY') {
        bail_out("$name - user_files must be text or an array");
    }

    for my $file (@$files) {
        my ($fname, $body, $date) = @$file;
        my $path = $fname =~ m{^/} ? $fname : "$HtmlDir/$fname";
        my ($dir) = $path =~ m{^(.*)/};

        make_path($dir);
        write_file($path, expand_env_in_text($body // '', $name, $rand_ports));

        if ($date) {
            local $ENV{TZ} = 'GMT';
            system('touch', '-t', $date, $path) == 0
                or bail_out("$name - cannot set the date of $path");
        }
    }
}


sub write_config_file {
    my ($block, $config, $rand_ports) = @_;

    my $name = $block->name;
    my ($http, $main, $post_main, $err_log) =
        map { expand_env_in_text($_ // '', $name, $rand_ports) }
            scalar $block->http_config, scalar $block->main_config,
            scalar $block->post_main_config,
            $block->error_log_file || $ErrLogFile;

    if ($UseHup) {
        $MasterProcess = 'on';
    }

    my @modules = map { "load_module $_;" } split ' ', $LoadModules // '';
    my @env = map { /\s/ ? "'$_'" : $_ }
              qw( LD_PRELOAD LD_LIBRARY_PATH ASAN_OPTIONS UBSAN_OPTIONS
                  LSAN_OPTIONS ), @EnvToNginx;

    my @temp_paths;
    for my $what (qw( client_body proxy fastcgi scgi uwsgi )) {
        next if $http =~ /\b${what}_temp_path\b/;
        push @temp_paths, "${what}_temp_path $ServRoot/${what}_temp;";
    }

    my $postpone = '';
    if (defined $PostponeOutput && $http !~ /\bpostpone_output\b/) {
        $postpone = "postpone_output $PostponeOutput;";
    }

    my $user = defined $WorkerUser ? "user $WorkerUser;"
               : $> == 0 ? 'user root;' : '';
    my $use = $EventType ? "use $EventType;" : '';
    my $server_name = $block->server_name // $ServerName;
    $server_name =~ s/([\\'])/\\$1/g;

    my $root = $NoRootLocation ? '' : <<"END";

        location / {
            root $HtmlDir;
            index index.html index.htm;
        }
END

    my $version = !$UseHup ? '' : <<"END";

    server {
        listen $ServerPort;
        server_name Test-Nginx;

        location = /ver {
            return 200 '$ConfigVersion';
        }
    }
END

    $config //= '';

    write_file($ConfFile, <<"END");
@modules

daemon off;
master_process $MasterProcess;
worker_processes $Workers;
error_log $err_log $LogLevel;
pid $PidFile;
$user
@{[ join "\n", map { "env $_;" } @env ]}

$main

http {
    access_log $AccLogFile;
    default_type text/plain;
    keepalive_timeout 68;
    @{[ join "\n    ", @temp_paths ]}
    $postpone

$http

    server {
        listen $ServerPort;
        server_name '$server_name';
        client_max_body_size 30M;

$ConfigPreamble
$config
$root
    }
$version
}

$post_main

events {
    accept_mutex off;
    worker_connections $WorkerConnections;
    $use
}
END
}


# The nginx process

sub nginx_command {
    my @cmd = ($NginxBinary, '-e', $ErrLogFile, '-p', "$ServRoot/",
               '-c', $ConfFile);

    if ($UseValgrind) {
        my @opts = $UseValgrind =~ /^\d+$/
                   ? qw( --tool=memcheck --leak-check=full
                         --show-possibly-lost=no --num-callers=40
                         --trace-children=yes --gen-suppressions=all )
                   : split ' ', $UseValgrind;

        push @opts, map { "--suppressions=$_" }
                    grep { -f } qw( valgrind.suppress t/valgrind.suppress );

        unshift @cmd, 'valgrind', '-q', @opts;
    }

    return @cmd;
}


# A child that does not outlive us, whatever ends us: 1 is PR_SET_PDEATHSIG.
sub die_with_parent {
    my %prctl = (x86_64 => 157, aarch64 => 167);
    my $nr = $prctl{(POSIX::uname())[4]};

    syscall($nr, 1, SIGTERM, 0, 0, 0) if defined $nr;
}


# Returns 1 once nginx has its sockets and its pid file; or 0, and the status
# that it ended with in $?.
sub start_nginx {
    my @cmd = nginx_command();
    my $stderr = File::Temp->new(TEMPLATE => 'test-nginx-XXXXXX', TMPDIR => 1);

    unlink $PidFile;

    my $pid = fork;
    bail_out("fork() failed: $!") if !defined $pid;

    if ($pid == 0) {
        $InSubprocess = 1;
        setpgrp;
        die_with_parent() if !$ENV{TEST_NGINX_NO_CLEAN};
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', '/dev/null';
        open STDERR, '>&', $stderr;

        if (defined $ENV{TEST_NGINX_LD_PRELOAD}) {
            $ENV{LD_PRELOAD} = join ' ', $ENV{TEST_NGINX_LD_PRELOAD},
                                         $ENV{LD_PRELOAD} // ();
        }

        { no warnings; exec { $cmd[0] } @cmd; }
        print STDERR "cannot execute $cmd[0]: $!\n";
        POSIX::_exit(127);
    }

    $Nginx = { pid => $pid, stderr => $stderr, ended => 0 };

    my $patience = $UseValgrind ? 60 : 20;
    my $deadline = time + $patience;

    while (time < $deadline) {
        if (reap_nginx()) {
            return 0;
        }

        return 1 if -s $PidFile;

        sleep 0.001;
    }

    stop_nginx();
    bail_out("nginx has not written $PidFile in $patience seconds");
}


# An nginx that a run with TEST_NGINX_NO_CLEAN left in this server root
sub end_left_over_nginx {
    open my $fh, '<', $PidFile or return;
    my ($pid) = (<$fh> // '') =~ /^(\d+)/ or return;

    open my $cmdline, '<', "/proc/$pid/cmdline" or return;
    return if index(<$cmdline> // '', $ConfFile) < 0;

    kill SIGQUIT, $pid;

    for (1 .. 300) {
        return if !is_running($pid);
        sleep 0.01;
    }

    bail_out("nginx of an earlier run, pid $pid, does not end");
}


# 1 if nginx has ended by now; its status is in $Nginx->{status} and $?
sub reap_nginx {
    if (!$Nginx->{ended} && waitpid($Nginx->{pid}, WNOHANG) != 0) {
        $Nginx->{ended} = 1;
        $Nginx->{status} = $?;
    }

    $? = $Nginx->{status} if $Nginx->{ended};
    return $Nginx->{ended};
}


sub nginx_stderr {
    open my $fh, '<', $Nginx->{stderr}->filename or return '';
    local $/;
    return scalar(<$fh>) // '';
}


# Ends nginx, and returns what is wrong with how it ended, or undef.
sub stop_nginx {
    return if !defined $Nginx;

    my $pid = $Nginx->{pid};
    my $signal = $ENV{TEST_NGINX_FAST_SHUTDOWN} ? SIGTERM : SIGQUIT;
    my $wrong;

    for my $step ([$signal, $Timeout * ($UseValgrind ? 10 : 1)], [SIGTERM, 2],
                  [SIGKILL, 5])
    {
        my ($sig, $patience) = @$step;
        my $deadline = time + $patience;
        my $nap = 0.0005;

        last if reap_nginx();

        if ($sig == SIGKILL) {
            $wrong = 'nginx had to be killed';
            kill $sig, -$pid;

        } else {
            kill $sig, $pid;
        }

        while (!reap_nginx() && time < $deadline) {
            sleep $nap;
            $nap *= 1.5 if $nap < 0.01;
        }
    }

    my $status = $Nginx->{status} // 0;
    my $stderr = nginx_stderr();

    if (($status & 127) != 0 && !defined $wrong) {
        $wrong = 'nginx ended by signal ' . ($status & 127);
    }

    if ($stderr =~ /^==\d+==/m) {
        $wrong = "valgrind found:\n$stderr";

    } elsif ($stderr =~ /AddressSanitizer|LeakSanitizer|runtime error:/) {
        $wrong = "a sanitizer found:\n$stderr";
    }

    undef $Nginx;
    unlink $PidFile;
    return $wrong;
}


# Makes the running nginx take the new nginx.conf, and waits until it has:
# until none of its workers accepts any more, and the new ones answer.
sub reload_nginx {
    my ($block) = @_;

    my @old = workers_of($Nginx->{pid});

    kill SIGUSR1, $Nginx->{pid};
    sleep $TestNginxSleep;
    kill SIGHUP, $Nginx->{pid};

    if (defined $block->reload_fails) {
        sleep 0.3;
        return 1;
    }

    my $deadline = time + 10;

    while (time < $deadline) {
        return 1 if !(grep { is_accepting($_) } @old)
                    && running_version() eq $ConfigVersion;

        sleep 0.005;
    }

    return 0;
}


sub workers_of {
    my ($pid) = @_;

    open my $fh, '<', "/proc/$pid/task/$pid/children" or return;
    return split ' ', <$fh> // '';
}


# a worker that is on its way out says so in its title
sub is_accepting {
    my ($pid) = @_;

    open my $fh, '<', "/proc/$pid/cmdline" or return 0;
    my $title = <$fh> // '';

    return $title =~ /worker process/ && $title !~ /shutting down/;
}


sub running_version {
    my $sock = IO::Socket::INET->new(PeerAddr => $ServerAddr,
                                     PeerPort => $ServerPortForClient,
                                     Proto => 'tcp', Timeout => 2);

    return '' if !defined $sock;

    print $sock "GET /ver HTTP/1.0\r\nHost: Test-Nginx\r\n\r\n";
    local $/;
    my $answer = <$sock> // '';
    $answer =~ s/.*?\r\n\r\n//s;
    return $answer;
}


1;
