# Copyright (C) ngx_hoop_module authors
#
# A private redis-server: its own folder, a unix socket, a TCP port.  It logs
# each write to an append-only file with fsync, so that what it has answered
# is there again after kill() and start().
#
#     my $redis = Hoop::Redis->new;      # sets $TEST_NGINX_REDIS_PORT and
#                                        # $TEST_NGINX_REDIS_SOCKET
#     $redis->command('SET', 'k', 'v');
#     $redis->pause; ...; $redis->resume;

package Hoop::Redis;

use strict;
use warnings;

use IO::Socket::INET;
use IO::Socket::UNIX;
use Time::HiRes qw( sleep time );

use Hoop::Daemon qw( free_port temp_dir wait_for );


# Options: env (default "REDIS"), start (default 1), args: more words for
# redis-server's command line, in place of a file.
sub new {
    my ($class, %opt) = @_;

    my $env = $opt{env} // 'REDIS';
    my $dir = temp_dir('redis');
    my $self = bless {
        dir => $dir, port => free_port(), socket => "$dir/redis.sock",
        args => $opt{args} // [], timeout => $opt{timeout} // 5,
    }, $class;

    $ENV{"TEST_NGINX_${env}_PORT"} = $self->{port};
    $ENV{"TEST_NGINX_${env}_SOCKET"} = $self->{socket};

    $self->start if $opt{start} // 1;
    return $self;
}


sub port   { $_[0]{port} }
sub socket { $_[0]{socket} }
sub dir    { $_[0]{dir} }
sub log    { "$_[0]{dir}/redis.log" }


sub start {
    my ($self) = @_;

    return if defined $self->{daemon} && $self->{daemon}->is_running;

    unlink $self->{socket};

    $self->{daemon} = Hoop::Daemon->spawn(
        name => 'redis-server', log => $self->log, command => [
            'redis-server', '--port', $self->{port}, '--bind', '127.0.0.1',
            '--unixsocket', $self->{socket}, '--dir', $self->{dir},
            '--daemonize', 'no', '--save', '', '--appendonly', 'yes',
            '--appendfsync', 'always', '--databases', '16',
            '--protected-mode', 'no', @{ $self->{args} },
        ]);

    my $up = wait_for {
        !$self->{daemon}->is_running
            || eval { $self->command('PING') } || ($@ =~ /NOAUTH/);
    } 10;

    if (!$up || !$self->{daemon}->is_running) {
        open my $fh, '<', $self->log;
        die "redis-server does not start:\n", defined $fh ? <$fh> : '';
    }
}


sub stop    { my ($self) = @_; $self->hang_up; $self->{daemon}->stop }
sub kill    { my ($self) = @_; $self->hang_up; $self->{daemon}->kill }
sub pause   { $_[0]{daemon}->pause }
sub resume  { $_[0]{daemon}->resume }
sub restart { my ($self) = @_; $self->stop; $self->start }


sub is_running {
    my ($self) = @_;

    return defined $self->{daemon} && $self->{daemon}->is_running;
}


# A client: commands as lists of byte strings, replies as strings, numbers,
# arrays or undef; an error reply dies.

sub command {
    my ($self, @words) = @_;

    my $sock = $self->{client} //= $self->dial;
    my $out = '*' . @words . "\r\n"
              . join '', map { '$' . length($_) . "\r\n$_\r\n" } @words;

    local $SIG{PIPE} = 'IGNORE';

    my $reply = eval {
        syswrite($sock, $out) // die "cannot write to redis: $!\n";
        [$self->reply($sock)];
    };

    if (!defined $reply) {
        $self->hang_up;
        die $@;
    }

    if (ref $reply->[0] eq 'Hoop::Redis::Error') {
        die "redis: ${$reply->[0]}\n";
    }

    return $reply->[0];
}


sub dial {
    my ($self) = @_;

    $self->{in} = '';

    return IO::Socket::UNIX->new(Peer => $self->{socket},
                                 Timeout => $self->{timeout})
           || die "cannot connect to redis: $!\n";
}


sub hang_up {
    my ($self) = @_;

    delete $self->{client};
}


sub reply {
    my ($self, $sock) = @_;

    my $line = $self->take($sock, sub { index($self->{in}, "\r\n") });

    substr($line, -2) = '' if $line =~ /\r\n\z/;
    my $type = substr $line, 0, 1, '';

    return $line if $type eq '+' || $type eq ':';
    return bless \$line, 'Hoop::Redis::Error' if $type eq '-';
    return undef if $line eq '-1';

    if ($type eq '$') {
        my $len = $line;
        my $data = $self->take($sock, sub {
            length $self->{in} >= $len + 2 ? $len : -1;
        });

        return substr $data, 0, $len;
    }

    if ($type eq '*') {
        return [map { $self->reply($sock) } 1 .. $line];
    }

    die "redis answers with type \"$type\"\n";
}


# reads until found() tells where what is wanted ends, the CRLF not counted
sub take {
    my ($self, $sock, $found) = @_;

    my $deadline = time + $self->{timeout};

    while (1) {
        my $at = $found->();
        return substr $self->{in}, 0, $at + 2, '' if $at >= 0;

        my $rin = '';
        vec($rin, fileno $sock, 1) = 1;

        my $left = $deadline - time;
        if ($left <= 0 || !select $rin, undef, undef, $left) {
            die "redis does not answer\n";
        }

        my $n = sysread $sock, $self->{in}, 65536, length $self->{in};
        die 'redis is gone: ', $n // $!, "\n" if !$n;
    }
}


# The events of all audit streams, or of one gateway's, in order of their ids.
sub audit_events {
    my ($self, $gateway) = @_;

    my @entries;

    for my $key (@{ $self->command('KEYS', 'hoop:audit:'
                                   . ($gateway // '*') . ':*') })
    {
        for my $entry (@{ $self->command('XRANGE', $key, '-', '+') }) {
            my ($id, $fields) = @$entry;
            my %field = @$fields;
            my ($ms, $seq) = split /-/, $id;

            push @entries, { key => $key, id => $id, ms => $ms, seq => $seq,
                             text => $field{event} };
        }
    }

    return sort { $a->{ms} <=> $b->{ms} || $a->{seq} <=> $b->{seq} } @entries;
}


1;
