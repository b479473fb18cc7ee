# Copyright (C) ngx_hoop_module authors
#
# A client for what the sections of a block cannot say: a request that depends
# on an answer before it, or several at a time.
#
#     my $res = ask(POST => '/p/x', $headers, $body);
#     $res->{status}, $res->{headers}{'retry-after'}, $res->{body},
#     $res->{json}{approval}
#
#     my $held = begin(POST => '/p/x', $headers);
#     answered($held, $seconds)          # has anything come back?
#     hang_up($held); or finish($held)   # as ask()
#
#     hold_worker($pid); ...; kill CONT => $pid;
#
# headers are lines, a list of them, or nothing.  What goes wrong on the wire
# is status 0.  With
#
#     Hoop::Client->steps;
#
# a section "steps" is Perl in package main, run when nginx is up and before
# the requests of the block:
#
#     --- steps
#     is(ask(GET => '/x')->{status}, 200, 'x is there');
#     soon { ask(GET => '/y')->{status} == 404 } 'and y is not, at last';

package Hoop::Client;

use strict;
use warnings;

use Exporter 'import';
use IO::Socket::INET;
use JSON::PP ();
use Test::More ();
use Time::HiRes qw( time );

use Hoop::Daemon qw( wait_for );

our @EXPORT = qw( answered ask begin finish hang_up hold_worker nginx_pid
                  nginx_workers soon );

# of another nginx than the block's: local $Hoop::Client::Port = ...
our $Port;

my $json = JSON::PP->new->utf8->allow_nonref;
my $steps;


sub begin {
    my ($method, $uri, $headers, $body) = @_;

    my @lines = ref $headers ? @$headers : split /\r?\n/, $headers // '';
    my $sock = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', Timeout => 5,
        PeerPort => $Port // Test::Nginx::Util::server_port_for_client());

    return { method => $method, in => '', error => $! } if !defined $sock;

    push @lines, 'Content-Length: ' . length $body if defined $body;
    push @lines, 'Host: localhost' if !grep { /^Host:/i } @lines;

    my $out = join "\r\n", "$method $uri HTTP/1.1", 'Connection: close',
                           @lines, '', $body // '';

    local $SIG{PIPE} = 'IGNORE';

    while (length $out) {
        my $n = syswrite $sock, $out or last;
        substr($out, 0, $n) = '';
    }

    return { method => $method, sock => $sock, in => '' };
}


sub answered {
    my ($req, $seconds) = @_;

    return 1 if !defined $req->{sock};

    my $rin = '';
    vec($rin, fileno $req->{sock}, 1) = 1;
    return select($rin, undef, undef, $seconds // 0) > 0;
}


sub finish {
    my ($req, $seconds) = @_;

    my $deadline = time + ($seconds // 10);

    while (defined $req->{sock}) {
        my $left = $deadline - time;

        last if $left <= 0 || !answered($req, $left);
        last if !sysread $req->{sock}, $req->{in}, 65536, length $req->{in};
    }

    hang_up($req);

    my ($head, $body) = split /\r\n\r\n/, $req->{in}, 2;
    my $res = { status => 0, headers => {}, body => '', raw => $req->{in} };

    return $res if !defined $body || $head !~ s{\AHTTP/1\.\d (\d{3})[^\n]*}{};

    my $status = $1;

    for my $line (split /\r\n/, $head) {
        my ($name, $value) = split /:\s*/, $line, 2;
        next if !defined $value;
        my $h = \$res->{headers}{lc $name};
        $$h = defined $$h ? "$$h, $value" : $value;
    }

    if (($res->{headers}{'transfer-encoding'} // '') eq 'chunked') {
        my $whole = '';

        while ($body =~ s/\A([0-9a-f]+)\r\n//) {
            my $size = hex $1;
            $whole .= substr $body, 0, $size, '';
            $body =~ s/\A\r\n// or return $res;
            $body = undef, last if $size == 0;
        }

        return $res if defined $body;
        $body = $whole;

    } elsif (defined $res->{headers}{'content-length'}
             && $req->{method} ne 'HEAD'
             && $res->{headers}{'content-length'} != length $body)
    {
        return $res;
    }

    $res->{body} = $body;
    $res->{json} = eval { $json->decode($body) };
    $res->{status} = $status;
    return $res;
}


sub hang_up {
    my ($req) = @_;

    close delete $req->{sock} if defined $req->{sock};
}


sub ask {
    return finish(begin(@_));
}


# a test: what() is true within so many seconds
sub soon (&$;$) {
    my ($what, $name, $seconds) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::ok(&wait_for($what, $seconds), $name);
}


sub nginx_pid {
    open my $fh, '<', "$ENV{TEST_NGINX_SERVER_ROOT}/logs/nginx.pid" or return;
    my ($pid) = <$fh> =~ /(\d+)/;
    return $pid;
}


sub nginx_workers {
    my $pid = nginx_pid() // return;

    open my $fh, '<', "/proc/$pid/task/$pid/children" or return;
    return split ' ', <$fh> // '';
}


# stops a worker, until it gets SIGCONT.  Not one that is at work, which may have
# a lock that others wait for.  And it has not stopped when kill() is back: the
# kernel may still wake it alone for a connection, which nobody takes then.
sub hold_worker {
    my ($pid) = @_;

    my $asleep = 0;
    my $state = sub {
        open my $fh, '<', "/proc/$pid/stat" or return '';
        return <$fh> =~ /\) (\S) / ? $1 : '';
    };

    wait_for { $asleep = $state->() eq 'S' ? $asleep + 1 : 0; $asleep == 5 };

    kill STOP => $pid;

    Test::More::ok(wait_for { $state->() eq 'T' }, "worker $pid is held");
}


sub steps {
    $ENV{TEST_NGINX_SERVER_ROOT} //= Test::Nginx::Util::server_root();

    Test::Nginx::Socket::add_block_preprocessor(sub {
        my ($block) = @_;

        undef $steps;

        if (defined $block->steps) {
            $steps = "package main; use strict; no strict 'vars';"
                     . " use warnings;\n#line 1 \"" . $block->name . "\"\n"
                     . $block->steps . "\n; 1";
            $block->set_value('init', 'Hoop::Client::run_steps()');
        }
    });
}


sub run_steps {
    eval $steps or Test::More::fail("steps: $@");
}


1;
