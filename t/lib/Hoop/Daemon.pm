# Copyright (C) ngx_hoop_module authors
#
# Processes and temporary folders of a test file.  Each belongs to the
# process that made it and ends with it: children that the test runner forks
# come by the END block below too, and must leave everything alone.
#
# Folders are outside of the server root, which the runner removes and makes
# anew for each block.

package Hoop::Daemon;

use strict;
use warnings;

use Exporter 'import';
use File::Temp;
use IO::Socket::INET;
use POSIX qw( :sys_wait_h SIGCONT SIGKILL SIGSTOP SIGTERM );
use Time::HiRes qw( sleep time );

our @EXPORT_OK = qw( free_port temp_dir wait_for );

my $owner = $$;
my %running;
my @dirs;


sub temp_dir {
    my ($name) = @_;

    my $dir = File::Temp->newdir("hoop-$name-XXXXXX", TMPDIR => 1);

    push @dirs, $dir;
    return $dir->dirname;
}


# Not from the range of outgoing connections, or a client of another test
# might have it by the time that it is bound.
sub free_port {
    for (1 .. 1000) {
        my $port = 10000 + int rand 22000;
        my $sock = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
                                         LocalPort => $port, Listen => 1,
                                         ReuseAddr => 1);

        return $port if defined $sock;
    }

    die "no free port found\n";
}


# Polls until what() is true; its value, or nothing after so many seconds.
sub wait_for (&;$) {
    my ($what, $seconds) = @_;

    my $deadline = time + ($seconds // 5);

    while (1) {
        my $value = $what->();
        return $value if $value;
        return if time > $deadline;
        sleep 0.005;
    }
}


# A child that runs code or a command, and dies with us.
sub spawn {
    my ($class, %opt) = @_;

    my $pid = fork;
    die "fork() failed: $!\n" if !defined $pid;

    if ($pid == 0) {
        my %prctl = (x86_64 => 157, aarch64 => 167);
        my $nr = $prctl{(POSIX::uname())[4]};

        # PR_SET_PDEATHSIG
        syscall($nr, 1, SIGKILL, 0, 0, 0) if defined $nr;

        setpgrp;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $opt{log} // '/dev/null';
        open STDERR, '>&', \*STDOUT if defined $opt{log};

        if ($opt{code}) {
            delete @SIG{qw( __DIE__ __WARN__ )};
            $SIG{$_} = 'DEFAULT' for qw( TERM INT HUP CHLD );
            eval { $opt{code}->(); 1 } or warn "$opt{name}: $@";
            POSIX::_exit(0);
        }

        { no warnings; exec { $opt{command}[0] } @{ $opt{command} }; }
        warn "cannot execute $opt{command}[0]: $!\n";
        POSIX::_exit(127);
    }

    my $self = bless { pid => $pid, name => $opt{name} }, $class;

    $running{$pid} = 1;
    return $self;
}


sub pid {
    my ($self) = @_;

    return $self->{pid};
}


sub is_running {
    my ($self) = @_;

    return 0 if !$self->{pid};
    return 1 if waitpid($self->{pid}, WNOHANG) == 0;

    delete $running{ $self->{pid} };
    undef $self->{pid};
    return 0;
}


sub signal {
    my ($self, $signal) = @_;

    return if !$self->is_running;

    CORE::kill($signal, $self->{pid})
        or die "cannot signal $self->{name}: $!\n";
}


sub pause  { $_[0]->signal(SIGSTOP) }
sub resume { $_[0]->signal(SIGCONT) }


sub stop {
    my ($self, $signal) = @_;

    $self->signal($signal // SIGTERM);
    $self->signal(SIGCONT);

    return if wait_for { !$self->is_running };

    $self->kill;
}


sub kill {
    my ($self) = @_;

    $self->signal(SIGKILL);
    wait_for { !$self->is_running };
}


END {
    if ($$ == $owner) {
        local ($?, $!);

        # and what it has started
        for my $pid (keys %running) {
            CORE::kill(SIGKILL, -$pid, $pid);
            waitpid $pid, 0;
        }

        @dirs = ();
    }
}


1;
