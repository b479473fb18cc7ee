# Copyright (C) ngx_hoop_module authors
#
# The client side of the test runner: from a block's request sections to the
# bytes on the wire, and from the answer's bytes to status, headers and body.
#
# A request is a list of packets { value => BYTES, delay_before => SECONDS }.
# Where packets split the request line or the body, the headers that the
# runner adds go into the packet that ends the request line.
#
# Nothing here counts as a test: problems are returned, the caller reports.

package Test::Nginx::Client;

use strict;
use warnings;

use Errno qw( EAGAIN EINTR );
use Exporter 'import';
use IO::Socket::INET;
use Time::HiRes qw( sleep time );

use Test::Nginx::Util;

our @EXPORT_OK = qw( block_requests parse_headers parse_response
                     response_header send_request );


# Returns the requests of a block, each an array of packets.
sub block_requests {
    my ($block, $rand_ports) = @_;

    my $name = $block->name;
    my $raw = $block->raw_request;

    if (defined $raw) {
        return [map { { value => $_ } } ref $raw eq 'ARRAY' ? @$raw : $raw];
    }

    my $pipelined = $block->pipelined_requests;

    if (defined $pipelined) {
        if (ref $pipelined ne 'ARRAY') {
            bail_out("$name - pipelined_requests must be an array");
        }

        my $bytes = '';
        for my $i (0 .. $#$pipelined) {
            my $text = expand_env_in_text($pipelined->[$i], $name,
                                          $rand_ports);
            my $connection = $i == $#$pipelined ? 'close' : 'keep-alive';
            my ($packet) = build_request($name, more_headers($block, $i),
                                         $connection, $text);
            $bytes .= $packet->{value};
        }

        return [{ value => $bytes }];
    }

    my $request = $block->request;

    if (!defined $request) {
        bail_out("$name - no request section");
    }

    if (!ref $request) {
        1 while $request =~ s/\A\s*#[^\n]*\n|\A\s+//;
        $request = [$request];

    } elsif (ref $request ne 'ARRAY') {
        bail_out("$name - request must be text or an array");
    }

    my @requests;

    for my $i (0 .. $#$request) {
        my $one = $request->[$i];
        my @packets = ref $one eq 'ARRAY' ? @$one : $one;

        push @requests, [build_request($name, more_headers($block, $i),
                                       'close', @packets)];
    }

    return @requests;
}


sub more_headers {
    my ($block, $i) = @_;

    my $headers = $block->more_headers;

    return $headers // '' if ref $headers ne 'ARRAY';

    if (!defined $headers->[$i]) {
        bail_out($block->name, " - more_headers has nothing for request $i");
    }

    return $headers->[$i];
}


sub build_request {
    my ($name, $more_headers, $connection, @packets) = @_;

    @packets = map { ref $_ ? { %$_ } : { value => $_ } } @packets;

    my $text = join '', map { $_->{value} } @packets;

    if ($text !~ m{\A (\s*) (\S+) (?: [ ]+ (\S+) )? (?: [ ]+ (\S+) )?
                   [ ]* \r? (?: \n | \z )}x)
    {
        bail_out("$name - \"$text\" does not begin with a request line");
    }

    my ($skipped, $line_end) = (length $1, $+[0]);
    my $line = $2 . ' ' . ($3 // '/') . ' ' . ($4 // 'HTTP/1.1') . "\r\n";
    my $body = substr $text, $line_end;
    my ($headers, $chunked) = request_headers($more_headers);

    if ($headers !~ /^Host:/mi) {
        $line .= "Host: $Test::Nginx::Util::ServerName\r\n";
    }

    if ($headers !~ /^Connection/mi) {
        $line .= "Connection: $connection\r\n";
    }

    my $body_skipped = 0;

    if (!$chunked && $body ne '' && $headers !~ /^Content-Length:/m) {
        $body_skipped = $body =~ s/\A(\s+)// ? length $1 : 0;
        $body =~ s/\s+\z//;
        $headers .= 'Content-Length: ' . length($body) . "\r\n";
    }

    my $head = "$line$headers\r\n";
    my $out = $head . $body;

    # where the packets end, in the request as written and as sent

    my ($end, $sent) = (0, 0);

    for my $i (0 .. $#packets) {
        my $packet = $packets[$i];
        my $to;

        $end += length $packet->{value};

        if ($i == $#packets) {
            $to = length $out;

        } elsif ($end < $line_end) {
            $to = $end - $skipped;

        } else {
            $to = length($head) + $end - $line_end - $body_skipped;
            $to = length $head if $to < length $head;
        }

        $to = $sent if $to < $sent;
        $to = length $out if $to > length $out;

        $packet->{value} = substr $out, $sent, $to - $sent;
        $sent = $to;
    }

    return @packets;
}


sub request_headers {
    my ($text) = @_;

    my ($out, $chunked) = ('', 0);

    for my $line (split /\n+/, $text) {
        next if $line =~ /^\s*#/;

        my ($key, $value) = split /:\s*/, $line, 2;
        $value //= '';
        $value =~ s/\r\z//;

        if (lc $key eq 'transfer-encoding' && $value eq 'chunked') {
            $chunked = 1;
        }

        $out .= "$key: $value\r\n";
    }

    return ($out, $chunked);
}


# Sends one request and reads until nginx closes the connection.  Returns
# the answer's bytes, and what went wrong, or undef.
sub send_request {
    my ($block, $packets, $timeout) = @_;

    my $addr = $block->server_addr_for_client // server_addr();
    my $port = server_port_for_client();
    my $sock = connect_to($addr, $port, $timeout);

    if (!defined $sock) {
        return ('', "cannot connect to $addr:$port: $!");
    }

    local $SIG{PIPE} = 'IGNORE';

    my @packets = @$packets;
    my $middle_delay = parse_time($block->raw_request_middle_delay);
    my $out = (shift @packets)->{value};
    my $in = '';

    $sock->blocking(0);

    while (1) {
        my ($rin, $win) = ('', '');

        vec($rin, fileno $sock, 1) = 1;
        vec($win, fileno $sock, 1) = 1 if defined $out;

        my $n = select $rin, $win, undef, $timeout;

        next if $n < 0 && $! == EINTR;

        if ($n == 0) {
            close $sock;
            sleep 0.005;
            return ($in, defined $block->abort ? undef
                         : "ERROR: client socket timed out");
        }

        if (vec($rin, fileno $sock, 1)) {
            my $got = sysread $sock, $in, 65536, length $in;

            if (!defined $got) {
                next if $! == EAGAIN || $! == EINTR;
                warn 'WARNING: ', $block->name,
                     " - HTTP response read failure: $!\n";
                return ($in);
            }

            return ($in) if $got == 0;
        }

        if (defined $out && vec($win, fileno $sock, 1)) {
            my $sent = length $out ? syswrite $sock, $out : 0;

            if (!defined $sent) {
                next if $! == EAGAIN || $! == EINTR;
                # what nginx said before it closed may still be read
                warn 'WARNING: ', $block->name, " - write failed: $!\n";
                undef $out;
                next;
            }

            substr($out, 0, $sent) = '';
            next if length $out;

            my $next = shift @packets;

            if (defined $next) {
                my $delay = parse_time($next->{delay_before}) // $middle_delay;
                sleep $delay if $delay;
                $out = $next->{value};
                next;
            }

            undef $out;

            if (defined $block->shutdown) {
                shutdown $sock, $block->shutdown =~ /(\d)/ ? $1 : 1;
            }
        }
    }
}


sub connect_to {
    my ($addr, $port, $timeout) = @_;

    my $deadline = time + ($Test::Nginx::Util::UseValgrind ? 10 : 2);

    while (1) {
        my $sock = IO::Socket::INET->new(PeerAddr => $addr, PeerPort => $port,
                                         Proto => 'tcp', Timeout => $timeout);

        return $sock if defined $sock || time > $deadline;

        sleep 0.01;
    }
}


# { code, raw_headers, headers => [[name, value] ..], content, left, error }:
# left is what follows the first answer, error what is wrong with its framing
# (there is no code then, as nothing in it can be relied on).
sub parse_response {
    my ($raw, $is_head) = @_;

    my $res = { headers => [], raw_headers => '', content => '' };

    if ($raw !~ m{\A (HTTP/\d\.\d [^\r\n]*) \r?\n}x) {
        $res->{content} = $raw;
        return $res;
    }

    my ($head, $body) = split /\r?\n\r?\n/, $raw, 2;
    my ($status, @lines) = split /\r?\n/, $head;

    $res->{raw_headers} = "$1\r\n" if $raw =~ /\A(.*?)\r\n\r\n/s;
    $res->{code} = $1 if $status =~ m{^\S+ +(\d+)};
    $res->{content} = $body // '';

    for my $line (@lines) {
        if ($line =~ /^([^\s:]+)\s*:\s*(.*?)\s*$/) {
            push @{ $res->{headers} }, [$1, $2];

        } elsif ($line =~ /^[ \t]+(.*)/ && @{ $res->{headers} }) {
            $res->{headers}[-1][1] .= " $1";
        }
    }

    my $code = $res->{code} // 0;

    return $res if $code == 304 || $code == 101;

    my $length = response_header($res, 'Content-Length');

    if (lc(response_header($res, 'Transfer-Encoding') // '') eq 'chunked') {
        dechunk($res);
        undef $res->{code} if defined $res->{error};

    } elsif (defined $length && $length =~ /^\d+$/) {
        my $got = length $res->{content};

        if ($got > $length) {
            $res->{left} = substr $res->{content}, $length, $got, '';

        } elsif ($got < $length && !$is_head) {
            $res->{truncated} = "$length expected, but got $got";
        }
    }

    return $res;
}


sub dechunk {
    my ($res) = @_;

    my $raw = $res->{content};
    my $body = '';

    while (1) {
        if ($raw !~ /\G[ \t]*([0-9A-Fa-f]+)[ \t]*(?:;[^\r\n]*)?\r\n/gc) {
            my $rest = substr $raw, pos($raw) // 0;
            $res->{error} = $rest eq '' ? 'no last chunk found'
                            : "invalid chunked body received: $rest";
            $res->{partial} = $body;
            return;
        }

        my $size = hex $1;
        last if $size == 0;

        my $at = pos $raw;

        if (length($raw) < $at + $size + 2
            || substr($raw, $at + $size, 2) ne "\r\n")
        {
            $res->{error} = 'invalid chunked data received (the chunk of'
                            . " $size bytes is cut or does not end in CRLF)";
            $res->{partial} = $body . substr $raw, $at, $size;
            return;
        }

        $body .= substr $raw, $at, $size;
        pos($raw) = $at + $size + 2;
    }

    # trailers, then the empty line

    1 while $raw =~ /\G[^\r\n]+\r\n/gc;

    if ($raw !~ /\G\r\n/gc) {
        $res->{error} = 'invalid chunked data received (expected CRLF)';
        return;
    }

    $res->{content} = $body;
    $res->{left} = substr $raw, pos $raw;
}


# all values of a header, joined
sub response_header {
    my ($res, $name) = @_;

    my @values = map { $_->[1] }
                 grep { lc $_->[0] eq lc $name } @{ $res->{headers} };

    return @values ? join ', ', @values : undef;
}


# "Name: value" and "!Name" lines as [name, value or undef] pairs; of a name
# that is there twice the last counts
sub parse_headers {
    my ($text) = @_;

    my (@names, %value);

    for my $line (split /\n/, $text // '') {
        $line =~ s/^\s+|\s+$//g;

        next if $line eq '';

        my $absent = $line =~ s/^!\s*//;
        my ($name, $value) = $absent ? $line : split /\s*:\s*/, $line, 2;

        push @names, $name if !exists $value{$name};
        $value{$name} = $absent ? undef : $value // '';
    }

    return map { [$_, $value{$_}] } @names;
}


1;
