# Copyright (C) ngx_hoop_module authors
#
# The one-shot server behind the tcp_* sections: takes one connection, reads,
# answers, closes.  The parent owns the listening socket, so that a
# connection is queued even before the child has got to accept(); the child
# hands what it read over in a file, renamed into place.
#
# Hoop::Upstream is the thing for more than one connection or timed answers.

package Test::Nginx::Mock;

use strict;
use warnings;

use File::Temp;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX qw( :sys_wait_h SIGTERM );
use Time::HiRes qw( sleep time );

use Test::Nginx::Util;


sub start {
    my ($class, $block, $rand_ports) = @_;

    my $name = $block->name;
    my $target = expand_env_in_text($block->tcp_listen, $name, $rand_ports);

    if (!defined $block->tcp_reply && !defined $block->tcp_shutdown) {
        bail_out("$name - tcp_listen without tcp_reply");
    }

    $target = trim($target);

    my $self = bless { block => $block, name => $name }, $class;
    my $query = $block->tcp_query;

    if (defined $query || defined $block->tcp_query_len) {
        $self->{dir} = File::Temp->newdir;
        $self->{file} = "$self->{dir}/query";
        $self->{want} = $block->tcp_query_len // length $query;
    }

    $self->{sock} = listen_on($target)
        or bail_out("$name - tcp_listen cannot listen on \"$target\": $!");

    my $pid = fork;
    bail_out("$name - fork() failed: $!") if !defined $pid;

    if ($pid == 0) {
        $Test::Nginx::Util::InSubprocess = 1;
        Test::Nginx::Util::die_with_parent();
        open STDOUT, '>', '/dev/null';
        eval { $self->serve; 1 } or warn "tcp server: $@";
        POSIX::_exit(0);
    }

    $self->{pid} = $pid;
    return $self;
}


sub listen_on {
    my ($target) = @_;

    if ($target =~ /^\d+$/) {
        return IO::Socket::INET->new(LocalAddr => '127.0.0.1',
                                     LocalPort => $target, Proto => 'tcp',
                                     Listen => 5, ReuseAddr => 1);
    }

    if ($target =~ /\.sock$/) {
        unlink $target;
        return IO::Socket::UNIX->new(Local => $target, Listen => 5,
                                     Type => SOCK_STREAM);
    }

    return;
}


sub serve {
    my ($self) = @_;

    my $block = $self->{block};
    my $client = $self->{sock}->accept or die "accept() failed: $!\n";
    my $how = $block->tcp_shutdown;

    local $SIG{PIPE} = 'IGNORE';

    if (defined $how) {
        sleep(parse_time($block->tcp_shutdown_delay) || 0);
        $client->shutdown($how);
    }

    my $buf = '';

    if (!defined $how || $how == 1) {
        $buf = $self->read_query($client);
    }

    sleep(parse_time($block->tcp_reply_delay) || 0);

    if (defined $block->tcp_reply && (!defined $how || $how == 0)) {
        my $reply = $block->tcp_reply;

        $reply = $reply->($buf) if ref $reply eq 'CODE';

        for my $part (ref $reply eq 'ARRAY' ? @$reply : $reply) {
            while (length $part) {
                my $sent = syswrite $client, $part;
                die "cannot send the reply: $!\n" if !defined $sent;
                substr($part, 0, $sent) = '';
            }
        }
    }

    sleep 3600 if defined $block->tcp_no_close;
}


sub read_query {
    my ($self, $client) = @_;

    my $auto = $self->{block}->tcp_query_auto_timeout;
    my $select = IO::Select->new($client);
    my $buf = '';

    while (1) {
        last if defined $auto && !$select->can_read($auto || 0.1);

        my $got = sysread $client, $buf, 4096, length $buf;
        last if !$got;

        if (defined $self->{file}) {
            open my $fh, '>:raw', "$self->{file}.new" or die "$!\n";
            print $fh $buf;
            close $fh;
            rename "$self->{file}.new", $self->{file} or die "$!\n";
        }

        last if !defined $auto && length $buf >= ($self->{want} // 1);
    }

    return $buf;
}


# what the child has read; waits a little for what the test wants to see
sub query {
    my ($self) = @_;

    my $buf = '';
    my $deadline = time + 0.3;

    while (1) {
        if (open my $fh, '<:raw', $self->{file}) {
            local $/;
            $buf = <$fh> // '';
        }

        return $buf if length $buf >= $self->{want} || time > $deadline;

        sleep 0.005;
    }
}


sub stop {
    my ($self) = @_;

    kill SIGTERM, $self->{pid};
    waitpid $self->{pid}, 0;
    close $self->{sock};
}


1;
