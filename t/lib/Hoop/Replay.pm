# Copyright (C) ngx_hoop_module authors
#
# For suites about answers: an upstream that sends what the test tells it, and
# a client that sees when bytes come, may be slow, and may leave.
#
# What to send travels with the request, in X-Replay: a list of pieces, each
# bytes or [bytes, seconds to wait before them].  answer() makes such a list:
#
#     answer('text')                     text/plain, Content-Length
#     answer({ type => 'text/html', body => ..., status => 404,
#              headers => ["ETag: \"x\""], gzip => 1, deflate => 1,
#              framing => 'length' | 'chunked' | 'close', length => 10,
#              split => [3, 7], each => 1, wait => 0.003, cut => 1 })
#     answer(["HTTP/1.1 200 OK\r\n", ["\r\nx", 0.1]])          raw
#
# type '' is no Content-Type; split: where the body is split in packets; each:
# into packets of so many bytes; cut: a chunked body does not end.
#
# Hoop::Replay->install sets an upstream up and gives blocks the defaults of
# a protected location /p/, and sections:
#
#     --- location              # more directives of the location
#     hoop_mask off;
#     --- config_more           # what stands behind it
#     --- masks                 # mask sets of the policy
#     "hr": { "fields": ["salary"] }
#     --- rule                  # more members of its one rule
#     "mask": ["hr"]
#     --- answers eval          # a request for each, all GET /p/x
#     [{ status => 206, body => 'x' }, 'text']
#     --- type: text/html       # of all cases; or of all answers without one
#     --- cases                 # what is sent, and what must come out of it
#     {"ssn":"123-45-6789"}
#     -> {"ssn":"[REDACTED:US_SSN]"}
#     {"a":1}
#     ->
#     --- cases eval            # the same; undef is: as it was
#     [["a\n" => undef]]
#
# An answer of JSON of a case must be JSON (of several documents, JSON lines).

package Hoop::Replay;

use strict;
use warnings;

use Compress::Zlib ();
use Errno qw( EAGAIN EINTR );
use Exporter 'import';
use JSON::PP ();
use MIME::Base64 qw( decode_base64 encode_base64 );
use Socket qw( SOL_SOCKET SO_RCVBUF IPPROTO_TCP TCP_NODELAY );
use Test::More ();
use Time::HiRes qw( sleep time );

use Hoop::Token qw( bearer );
use Hoop::Upstream;

our @EXPORT = qw( answer ask begin read_more parse replay worker_memory
                  worker_pids );

my $json = JSON::PP->new->latin1->allow_nonref;
my $auth;


sub install {
    my ($class, %opt) = @_;

    my $upstream = Hoop::Upstream->new(routes => {
        '/p/*' => sub {
            my ($req) = @_;
            my $text = $req->{headers}{'x-replay'} // '';

            return 'no X-Replay' if $text eq '';
            return $json->decode(
                Compress::Zlib::memGunzip(decode_base64($text)));
        },
        %{ $opt{routes} // {} },
    });

    Test::Nginx::Socket::add_block_preprocessor(\&defaults);
    Test::Nginx::Socket::add_response_body_check(\&check_json);

    return $upstream;
}


sub defaults {
    my ($block) = @_;

    my $default = sub {
        my ($name, $value) = @_;
        $block->set_value($name, $value) if !defined $block->$name;
    };

    $default->(http_config => <<'END');
large_client_header_buffers 4 512k;
hoop_audit $TEST_NGINX_SPOOL gateway=t sync=off;
hoop_issuer idp {
    issuer https://idp.test;
    audience hoop;
    jwks_file $TEST_NGINX_KEYS/jwks.json;
}
END

    my $location = $block->location // '';
    my $more = $block->config_more // '';

    $default->(config => <<"END");
location /p/ {
    hoop on;
    hoop_policy \$TEST_NGINX_SERVER_ROOT/html/policy.json;
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
$location}
$more
location = /last {
    proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT/__last;
}
END

    my $rule = defined $block->rule ? ', ' . $block->rule : '';
    my $masks = defined $block->masks
                ? ', "masks": { ' . $block->masks . ' }' : '';

    $default->(user_files => <<"END");
>>> policy.json
{ "version": 1, "name": "all", "rules": [
    { "id": "all", "effect": "allow",
      "match": { "request": { "path": "/**" } } $rule } ]
  $masks }
END

    $default->(no_error_log => "[alert]\n[crit]\n[emerg]\neyJ"
               . (defined $block->error_log ? '' : "\n[error]"));

    my @answers = @{ $block->answers // [] };

    if (defined $block->cases) {
        my @cases = cases($block->cases);

        @answers = map { $_->[0] } @cases;
        $default->(response_body => [map { $_->[1] } @cases]);
    }

    for my $answer (@answers) {
        $answer = { body => $answer } if !ref $answer;

        if (ref $answer eq 'HASH' && defined $block->type) {
            ($answer->{type} //= $block->type) =~ s/\s+\z//;
        }
    }

    $auth //= bearer();

    if (@answers) {
        $default->(request => [('GET /p/x') x @answers]);
        $default->(more_headers => [map { "$auth\n" . replay(answer($_)) }
                                        @answers]);
        $default->(error_code => [(200) x @answers]);
    }

    $default->(request => 'GET /p/x');
    $default->(more_headers => $auth);
}


sub cases {
    my ($cases) = @_;

    if (!ref $cases) {
        my @lines = split /\n/, $cases;

        $cases = [];

        while (@lines) {
            my ($in, $out) = splice @lines, 0, 2;

            if (!defined $out || $out !~ s/^->\s?//) {
                Test::Nginx::Socket::bail_out("no \"->\" below \"$in\"");
            }

            push @$cases, [$in, $out];
        }
    }

    return map {
        my ($in, $out) = @$_;
        [$in, !defined $out || $out eq '' ? $in : $out];
    } @$cases;
}


sub check_json {
    my ($block, $body, $i) = @_;

    return if !defined $block->cases || ($block->type // '') !~ /json/;

    my $text = $body;
    my $ok = eval {
        my $parser = JSON::PP->new->allow_nonref;
        $parser->incr_parse($text);
        while (defined $parser->incr_parse) { }
        $parser->incr_text !~ /\S/;
    };

    Test::More::ok($ok, $block->name . " - answer $i is JSON")
        or Test::More::diag($body);
}


sub answer {
    my ($answer) = @_;

    return $answer if ref $answer eq 'ARRAY';

    $answer = { body => $answer } if !ref $answer;

    my %opt = (status => 200, type => 'text/plain', body => '',
               framing => 'length', wait => 0.003, headers => [], %$answer);
    my $body = $opt{body};
    my $head = "HTTP/1.1 $opt{status} Status\r\n"
               . join '', map { "$_\r\n" } @{ $opt{headers} };

    if ($opt{gzip}) {
        $body = Compress::Zlib::memGzip($body);
        $head .= "Content-Encoding: gzip\r\n";
    }

    if ($opt{deflate}) {
        $body = Compress::Zlib::compress($body);
        $head .= "Content-Encoding: deflate\r\n";
    }

    $head .= "Content-Type: $opt{type}\r\n" if $opt{type} ne '';
    $head .= "Transfer-Encoding: chunked\r\n" if $opt{framing} eq 'chunked';
    $head .= 'Content-Length: ' . ($opt{length} // length $body) . "\r\n"
        if $opt{framing} eq 'length';
    $head .= "Connection: close\r\n\r\n";

    my @at = @{ $opt{split} // [] };

    if (defined $opt{each}) {
        @at = map { $_ * $opt{each} } 1 .. (length($body) - 1) / $opt{each};
    }

    my ($from, @pieces) = (0);

    for my $to (@at, length $body) {
        push @pieces, substr $body, $from, $to - $from;
        $from = $to;
    }

    if ($opt{framing} eq 'chunked') {
        $_ = sprintf "%x\r\n%s\r\n", length, $_ for grep { length } @pieces;
        $pieces[-1] .= "0\r\n\r\n" if !$opt{cut};
    }

    # the head comes alone where the body comes in pieces
    return [$head . $pieces[0]] if @pieces == 1;
    return [$head, map { [$_, $opt{wait}] } @pieces];
}


# the header with which to ask for it
sub replay {
    my ($pieces) = @_;

    return 'X-Replay: '
           . encode_base64(Compress::Zlib::memGzip($json->encode($pieces)), '');
}


# A client.  begin() sends a request and returns it with the socket in it;
# read_more() reads on, until the answer so far matches, or is over;
# parse() says what it is.  ask() does it all.

sub begin {
    my ($answer, %opt) = @_;

    socket(my $sock, Socket::PF_INET(), Socket::SOCK_STREAM(), 0)
        or die "socket: $!\n";
    setsockopt($sock, SOL_SOCKET, SO_RCVBUF, pack 'i', $opt{rcvbuf})
        if $opt{rcvbuf};
    setsockopt($sock, IPPROTO_TCP, TCP_NODELAY, 1);
    connect($sock, Socket::pack_sockaddr_in(
                $opt{port} // Test::Nginx::Util::server_port_for_client(),
                Socket::inet_aton('127.0.0.1')))
        or die "cannot connect to nginx: $!\n";

    $auth //= bearer();

    my $method = $opt{method} // 'GET';
    my $head = join "\r\n",
        "$method " . ($opt{path} // '/p/x') . ' HTTP/'
        . ($opt{version} // '1.1'),
        'Host: localhost', 'Connection: close', $auth,
        defined $answer ? replay(answer($answer)) : (),
        @{ $opt{headers} // [] };

    syswrite $sock, "$head\r\n\r\n";

    return { sock => $sock, method => $method, raw => '', start => time,
             version => $opt{version} // '1.1' };
}


# 1: it matches, 0: it is over, undef: neither in time
sub read_more {
    my ($c, $wanted, $seconds, $size) = @_;

    my $deadline = time + ($seconds // 5);

    while (1) {
        return 1 if defined $wanted && $c->{raw} =~ $wanted;
        return 0 if $c->{eof};

        my $rin = '';
        my $left = $deadline - time;

        vec($rin, fileno $c->{sock}, 1) = 1;
        return undef if $left <= 0 || !select $rin, undef, undef, $left;

        my $n = sysread $c->{sock}, $c->{raw}, $size // 65536, length $c->{raw};

        next if !defined $n && ($! == EAGAIN || $! == EINTR);
        $c->{eof} = 1 if !$n;
    }
}


# status, headers (a hash, names in lower case), body, and whether the answer
# is complete, as far as its framing tells
sub parse {
    my ($c) = @_;

    my ($head, $rest) = split /\r\n\r\n/, $c->{raw}, 2;
    my ($line, @lines) = split /\r\n/, $head // '';
    my %res = (status => ($line // '') =~ m{^HTTP/\S+ (\d+)} ? $1 : 0,
               headers => {}, body => '', complete => 0);

    for (@lines) {
        my ($name, $value) = split /:\s*/, $_, 2;
        my $h = \$res{headers}{lc $name};
        $$h = defined $$h ? "$$h, $value" : $value;
    }

    return \%res if !defined $rest;

    my $length = $res{headers}{'content-length'};

    if (($res{headers}{'transfer-encoding'} // '') eq 'chunked') {
        pos($rest) = 0;

        while ($rest =~ /\G([0-9a-f]+)\r\n/gc) {
            my $size = hex $1;

            if ($size == 0) {
                $res{complete} = substr($rest, pos $rest) eq "\r\n";
                last;
            }

            $res{body} .= substr $rest, pos $rest, $size;
            last if length $rest < pos($rest) + $size + 2;
            pos($rest) += $size + 2;
        }

    } else {
        $res{body} = $rest;
        $res{complete} = defined $length ? length $rest == $length : $c->{eof};
    }

    if ($c->{method} eq 'HEAD' || $res{status} =~ /^(?:204|304)$/) {
        $res{complete} = $rest eq '';
        $res{body} = $rest;
    }

    return \%res;
}


sub ask {
    my ($answer, %opt) = @_;

    my $c = begin($answer, %opt);

    read_more($c, undef, $opt{timeout});
    close $c->{sock};
    return parse($c);
}


# The largest that the worker has been so far, in KB; 0 under valgrind and
# AddressSanitizer, which have a memory of their own.
sub worker_memory {
    my ($pid) = worker_pids();

    local $/;
    open my $fh, '<', "/proc/$pid/maps" or die "/proc/$pid/maps: $!\n";
    return 0 if <$fh> =~ /valgrind|libasan/;

    open $fh, '<', "/proc/$pid/status" or die "/proc/$pid/status: $!\n";
    my ($kb) = <$fh> =~ /^VmHWM:\s+(\d+)/m;
    return $kb;
}


# of the nginx that runs
sub worker_pids {
    my $file = Test::Nginx::Util::server_root() . '/logs/nginx.pid';

    open my $fh, '<', $file or die "$file: $!\n";
    chomp(my $master = <$fh>);

    open $fh, '<', "/proc/$master/task/$master/children"
        or die "no master process $master: $!\n";
    my @pids = split ' ', <$fh> // '';

    return @pids ? @pids : $master;
}


1;
