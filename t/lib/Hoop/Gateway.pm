# Copyright (C) ngx_hoop_module authors
#
# One more nginx with the module, beside the one of the block, for what several
# of them do together; with a port and a folder of its own.
#
#     my $gw = Hoop::Gateway->new(workers => 2, http => <<'END');
#     ... location ... { }         # what stands in its server; $spool is its own
#     END
#     $gw->port; $gw->master; $gw->workers
#     $gw->kill('KILL', $pid);     # and it may start() again
#     $gw->start; $gw->stop;
#
# main: what stands in http.

package Hoop::Gateway;

use strict;
use warnings;

use Hoop::Daemon qw( free_port temp_dir wait_for );


sub new {
    my ($class, %opt) = @_;

    my $self = bless { %opt, port => free_port(),
                       dir => temp_dir('gateway') }, $class;

    mkdir "$self->{dir}/$_" for qw( logs spool );
    chmod 0777, "$self->{dir}/spool";
    chmod 0755, $self->{dir};
    $self->start;
    return $self;
}


sub port { $_[0]{port} }
sub log_file { "$_[0]{dir}/logs/error.log" }


sub start {
    my ($self) = @_;

    my $dir = $self->{dir};
    my %vars = (%ENV, SPOOL => "$dir/spool");
    my ($http, $server) = map {
        my $text = $self->{$_} // '';
        $text =~ s/\$SPOOL\b/$dir\/spool/g;
        $text =~ s/\$(TEST_NGINX_\w+)/$ENV{$1} \/\/ die "no $1\n"/ge;
        $text;
    } qw( main http );

    open my $conf, '>', "$dir/nginx.conf" or die "$dir/nginx.conf: $!\n";
    print $conf <<"END";
@{[ map { "load_module $_;\n" } split / /, $ENV{TEST_NGINX_LOAD_MODULES} ]}
daemon off;
worker_processes @{[ $self->{workers} // 1 ]};
pid $dir/nginx.pid;
error_log $dir/logs/error.log info;
events { worker_connections 1024; }
http {
    access_log off;
    client_body_temp_path $dir/body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
$http
    server {
        listen 127.0.0.1:$self->{port};
$server
    }
}
END
    close $conf;

    my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';

    $self->{daemon} = Hoop::Daemon->spawn(name => 'gateway', command =>
        [$nginx, '-p', "$dir/", '-c', "$dir/nginx.conf", '-e',
         "$dir/logs/error.log"], log => "$dir/logs/stderr");

    wait_for { $self->workers == ($self->{workers} // 1) }
        or die "no gateway: " . do {
            local (@ARGV, $/) = ("$dir/logs/stderr"); <> // '' };
    wait_for { IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => $self->{port}) };
}


sub master { $_[0]{daemon}->pid }

sub workers {
    my ($self) = @_;

    my $master = $self->master;
    open my $in, '<', "/proc/$master/task/$master/children" or return;
    return split ' ', <$in> // '';
}

sub stop { $_[0]{daemon}->stop }


1;
