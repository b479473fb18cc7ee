# Copyright (C) ngx_hoop_module authors
#
# A real HTTP/1.1 server for the tests to protect, in a process of its own;
# also an OpenID provider for discovery and key rotation.
#
#     my $up = Hoop::Upstream->new(routes => {
#         '/plain'  => "text\n",                        # 200, text/plain
#         '/json'   => { type => 'application/json', body => '{"a":1}' },
#         '/gzip'   => { body => $text, gzip => 1 },
#         '/slow'   => { chunks => ['{"ssn":"123-', ['45-6789"}', 0.05]] },
#         '/partial' => { status => 206, headers => ['Content-Range' => ..] },
#         '/late'   => { body => 'x', delay => 0.2 },
#         '/raw'    => ["HTTP/1.1 200 OK\r\n", ["\r\nx", 0.1]],
#         '/code'   => sub { my ($req) = @_; ... one of the above },
#         '/dir/*'  => ...,                             # by prefix
#     });                              # sets $TEST_NGINX_UPSTREAM_PORT
#
# A part of chunks and of a raw answer is text, or [text, seconds to wait
# before it].  chunks go out with chunked encoding to an HTTP/1.1 client and
# end with the connection for an older one.
#
# What it received: requests() and last_request() here, and over HTTP, for
# blocks without Perl:
#     /__last  the last request, raw        /__requests  all, as JSON lines
#     /__count the number of requests       /__reset     forgets them
#
# With oidc => 1 it serves /.well-known/openid-configuration and /jwks with
# the keys named by `keys`, as control(keys => 'rsa2') says, or fails:
# control(fail => 500 | close | hang | garbage), control(fail => '') to heal;
# control(delay => 0.2) makes it slow, control(jwks => 'jwks2') moves the keys.
# new(failures => { html => ROUTE }) lets control(fail => 'html') answer so in
# place of the key set, whatever a route may be.
# issuer is http://127.0.0.1:<port> if not told; new(metadata => {}) adds to the
# document, and what is a code reference there gets the port.
#
# In the server everything is one select loop: a connection is a hash of what
# was read (in) and a queue of [time, bytes] to write (out); a request is
# answered when all of it is there and the queue of the one before is empty.

package Hoop::Upstream;

use strict;
use warnings;

use Compress::Zlib ();
use Errno qw( EAGAIN EINTR );
use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 qw( decode_base64 encode_base64 );
use Time::HiRes qw( sleep time );

use Hoop::Daemon qw( temp_dir wait_for );

my $json = JSON::PP->new->canonical->latin1;


sub new {
    my ($class, %opt) = @_;

    my $sock = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => Hoop::Daemon::free_port(),
        Listen => 128, ReuseAddr => 1) or die "cannot listen: $!\n";
    my $port = $sock->sockport;
    my $env = $opt{env} // ($opt{oidc} ? 'IDP' : 'UPSTREAM');

    my $self = bless {
        listen => $sock, port => $port, routes => $opt{routes} // {},
        journal => temp_dir('upstream') . '/requests', oidc => $opt{oidc},
        issuer => $opt{issuer} // "http://127.0.0.1:$port",
        failures => $opt{failures} // {}, metadata => $opt{metadata} // {},
        state => { keys => $opt{keys} // 'rsa,ec,ed25519', fail => '',
                   delay => 0, jwks => 'jwks' },
        count => 0,
    }, $class;

    $ENV{"TEST_NGINX_${env}_PORT"} = $port;
    $self->start;
    return $self;
}


sub port   { $_[0]{port} }
sub url    { "http://127.0.0.1:$_[0]{port}" }
sub issuer { $_[0]{issuer} }


# The listening socket stays open here, so the port is ours while the server
# is stopped: connections then wait in the backlog.  down() refuses them, by a
# shutdown(), which works on the socket itself: other children of the test
# have it open, too.
sub start {
    my ($self) = @_;

    listen $self->{listen}, 128 or die "cannot listen: $!\n";

    $self->{daemon} = Hoop::Daemon->spawn(name => 'upstream', code => sub {
        $self->serve;
    });
}


sub stop   { $_[0]{daemon}->kill }
sub pause  { $_[0]{daemon}->pause }
sub resume { $_[0]{daemon}->resume }


sub down {
    my ($self) = @_;

    $self->stop;
    shutdown $self->{listen}, 2;
}


sub up {
    my ($self) = @_;

    $self->start if !$self->{daemon}->is_running;
}


sub control {
    my ($self, %set) = @_;

    my $query = join '&', map { "$_=$set{$_}" } sort keys %set;
    $self->get("/__control?$query");
}


# the body of an answer, for the paths above
sub get {
    my ($self, $path) = @_;

    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => $self->{port}, Timeout => 5)
        or die "upstream: $!\n";

    print $sock "GET $path HTTP/1.0\r\n\r\n";
    local $/;
    my (undef, $body) = split /\r\n\r\n/, scalar(<$sock>) // '', 2;
    return $body;
}


# The requests so far: { method, uri, version, headers => { lc name => value },
# raw, body }.  Those to paths with /__ are not among them.
sub requests {
    my ($self) = @_;

    open my $fh, '<', $self->{journal} or return;

    return map {
        my %large;
        s/,"(raw|body)":"([^"]*)"(?=[,}])/$large{$1} = decode_base64($2); ''/ge;
        my $r = $json->decode($_);
        $r->{$_} = $large{$_} for qw( raw body );
        $r;
    } <$fh>;
}


sub last_request {
    my ($self) = @_;

    return ($self->requests)[-1];
}


sub reset {
    my ($self) = @_;

    $self->get('/__reset');
}


# The server

sub serve {
    my ($self) = @_;

    my %conns;

    $SIG{PIPE} = 'IGNORE';
    $self->{listen}->blocking(0);

    while (1) {
        my ($rin, $win, $wait) = ('', '', 60);
        my $now = time;

        vec($rin, fileno $self->{listen}, 1) = 1;

        for my $fd (keys %conns) {
            my $c = $conns{$fd};

            vec($rin, $fd, 1) = 1 if !$c->{eof};

            if (@{ $c->{out} }) {
                my $due = $c->{out}[0][0] - $now;
                vec($win, $fd, 1) = 1 if $due <= 0;
                $wait = $due if $due > 0 && $due < $wait;

            } elsif ($c->{close}) {
                delete $conns{$fd};
                $wait = 0;
            }
        }

        next if select($rin, $win, undef, $wait) < 0;

        if (vec($rin, fileno $self->{listen}, 1)) {
            if (my $sock = $self->{listen}->accept) {
                $sock->blocking(0);
                $conns{fileno $sock} = { sock => $sock, in => '', out => [] };
            }
        }

        for my $fd (keys %conns) {
            my $c = $conns{$fd};
            my $ok = 1;

            $ok = $self->on_write($c) if vec($win, $fd, 1);
            $ok = $self->on_read($c) if $ok && vec($rin, $fd, 1);
            delete $conns{$fd} if !$ok;
        }
    }
}


sub on_write {
    my ($self, $c) = @_;

    my $part = $c->{out}[0];
    my $n = length $part->[1] ? syswrite $c->{sock}, $part->[1] : 0;

    return $! == EAGAIN || $! == EINTR if !defined $n;

    substr($part->[1], 0, $n) = '';

    if ($part->[1] eq '') {
        shift @{ $c->{out} };

        if (@{ $c->{out} }) {
            # a wait counts from when the part before is out
            $c->{out}[0][0] = time + $c->{out}[0][2];

        } elsif (!$c->{close}) {
            $self->next_request($c);
        }
    }

    return 1;
}


sub on_read {
    my ($self, $c) = @_;

    my $n = sysread $c->{sock}, $c->{in}, 65536, length $c->{in};

    return $! == EAGAIN || $! == EINTR if !defined $n;

    if ($n == 0) {
        # a client that half-closed still gets its answer
        return 0 if !@{ $c->{out} };
        $c->{close} = $c->{eof} = 1;
        return 1;
    }

    $self->next_request($c) if !@{ $c->{out} } && !$c->{close};
    return 1;
}


sub next_request {
    my ($self, $c) = @_;

    # no look at a large body for each piece of it
    return if length $c->{in} < ($c->{need} // 0);

    $c->{need} = 0;
    my $req = take_request(\$c->{in}, \$c->{need}) or return;
    my $answer = $self->answer($req);

    return if ref $answer eq 'SCALAR';      # hang

    $self->queue($c, $req, $answer);
}


# Takes a whole request out of the buffer, or nothing: then $$need is its length,
# if that is known.
sub take_request {
    my ($in, $need) = @_;

    return if $$in !~ /\A(.*?\r?\n)\r?\n/s;

    my $head_end = $+[0];
    my ($line, @lines) = split /\r?\n/, $1;
    my ($method, $uri, $version) = split ' ', $line;
    my $req = { method => $method, uri => $uri // '/',
                version => $version // 'HTTP/0.9', headers => {} };

    for my $line (@lines) {
        my ($name, $value) = split /\s*:\s*/, $line, 2;
        my $h = \$req->{headers}{lc $name};
        $$h = defined $$h ? "$$h, $value" : $value;
    }

    my $length = $req->{headers}{'content-length'} // 0;
    my $end = $head_end;
    my $body = '';

    if (($req->{headers}{'transfer-encoding'} // '') =~ /chunked/i) {
        pos($$in) = $head_end;

        while (1) {
            return if $$in !~ /\G([0-9a-fA-F]+)[^\r\n]*\r\n/gc;
            my ($size, $at) = (hex $1, pos $$in);
            return if length $$in < $at + $size + 2;
            $body .= substr $$in, $at, $size;
            pos($$in) = $at + $size + 2;
            last if $size == 0;
        }

        $end = pos $$in;

    } else {
        $$need = $head_end + $length;
        return if length $$in < $$need;
        $body = substr $$in, $head_end, $length;
        $end += $length;
    }

    $$need = 0;
    $req->{raw} = substr $$in, 0, $end, '';
    $req->{body} = $body;
    ($req->{path}, $req->{query}) = split /\?/, $req->{uri}, 2;
    return $req;
}


sub answer {
    my ($self, $req) = @_;

    my $path = $req->{path};

    return $self->answer_control($req) if $path =~ m{^/__};

    $self->{count}++;
    $self->{last} = $req->{raw};

    # the large ones past the encoder, which takes seconds for each megabyte
    my %record = map { $_ => $req->{$_} } qw( method uri version headers );
    my $line = $json->encode(\%record);
    substr($line, -1) = CORE::join '', map {
        qq(,"$_":") . encode_base64($req->{$_}, '') . '"' } qw( raw body );

    open my $fh, '>>', $self->{journal} or die "$self->{journal}: $!\n";
    print $fh "$line}\n";
    close $fh;

    my $routes = $self->{routes};
    my $route = $routes->{$path};

    if (!defined $route && $self->{oidc}) {
        $route = $self->oidc($path);
    }

    if (!defined $route) {
        my ($best) = sort { length $b <=> length $a }
                     grep { /^(.*)\*$/ && index($path, $1) == 0 } keys %$routes;
        $route = $routes->{$best} if defined $best;
    }

    $route = $route->($req) if ref $route eq 'CODE';

    return $route // { status => 404, body => "no route for $path\n" };
}


sub answer_control {
    my ($self, $req) = @_;

    my $what = $req->{path};

    if ($what eq '/__last') {
        return $self->{last} // '';

    } elsif ($what eq '/__count') {
        return "$self->{count}\n";

    } elsif ($what eq '/__requests') {
        open my $fh, '<', $self->{journal} or return '';
        local $/;
        return scalar <$fh>;

    } elsif ($what eq '/__reset') {
        unlink $self->{journal};
        $self->{count} = 0;
        delete $self->{last};
        return "ok\n";

    } elsif ($what eq '/__control') {
        for my $pair (split /&/, $req->{query} // '') {
            my ($name, $value) = split /=/, $pair, 2;
            $self->{state}{$name} = $value;
        }

        return "ok\n";
    }

    return { status => 404 };
}


sub oidc {
    my ($self, $path) = @_;

    my $is_jwks = $path eq "/$self->{state}{jwks}";

    return if !$is_jwks && $path ne '/.well-known/openid-configuration';

    my $fail = $self->{state}{fail};
    my $failure = $self->{failures}{$fail};

    if (defined $failure && $is_jwks) {
        return ref $failure eq 'CODE' ? $failure->() : $failure;
    }

    return { status => $fail, body => "failing\n" } if $fail =~ /^\d+$/;
    return [''] if $fail eq 'close';
    return \'hang' if $fail eq 'hang';
    return { type => 'application/json', body => '{"keys":[{' }
        if $fail eq 'garbage';

    require Hoop::Token;

    my $body = $is_jwks
        ? Hoop::Token::jwks(split /,/, $self->{state}{keys})
        : $json->encode({
              issuer => $self->{issuer},
              jwks_uri => "http://127.0.0.1:$self->{port}/$self->{state}{jwks}",
              id_token_signing_alg_values_supported => ['RS256'],
              map { $_ => ref $self->{metadata}{$_} eq 'CODE'
                          ? $self->{metadata}{$_}->($self->{port})
                          : $self->{metadata}{$_} } keys %{ $self->{metadata} }
          });

    return { type => 'application/json', delay => $self->{state}{delay},
             body => $body };
}


my %reason = (
    101 => 'Switching Protocols', 200 => 'OK', 201 => 'Created',
    204 => 'No Content', 206 => 'Partial Content', 301 => 'Moved Permanently',
    302 => 'Found', 304 => 'Not Modified', 400 => 'Bad Request',
    403 => 'Forbidden', 404 => 'Not Found', 500 => 'Internal Server Error',
    503 => 'Service Unavailable',
);


sub queue {
    my ($self, $c, $req, $answer) = @_;

    my $now = time;
    my $add = sub {
        my ($bytes, $wait) = ref $_[0] ? @{ $_[0] } : ($_[0], 0);
        $wait //= 0;
        push @{ $c->{out} }, [$now + $wait, $bytes, $wait];
    };

    if (ref $answer eq 'ARRAY') {
        $add->($_) for @$answer;
        $c->{close} = 1;
        return;
    }

    $answer = { body => $answer } if !ref $answer;

    my $status = $answer->{status} // 200;
    my @headers = @{ $answer->{headers} // [] };
    my %has = map { lc $headers[$_] => 1 }
              grep { $_ % 2 == 0 } 0 .. $#headers;
    my $body = $answer->{body} // '';
    my @chunks = @{ $answer->{chunks} // [] };

    if ($answer->{gzip}) {
        $body = Compress::Zlib::memGzip($body);
        push @headers, 'Content-Encoding', 'gzip';
    }

    if (!$has{'content-type'}) {
        push @headers, 'Content-Type', $answer->{type} // 'text/plain';
    }

    my $chunked = @chunks && $req->{version} eq 'HTTP/1.1'
                  && !$has{'content-length'} && !$has{'transfer-encoding'};

    if ($chunked) {
        push @headers, 'Transfer-Encoding', 'chunked';

    } elsif (!@chunks && !$has{'content-length'} && !$has{'transfer-encoding'}
             && $status != 204 && $status != 101)
    {
        push @headers, 'Content-Length', length $body;
    }

    my $asked = lc($req->{headers}{connection} // '');
    my $keep = $req->{version} eq 'HTTP/1.1' && $asked !~ /close/
               && !$answer->{close} && ($chunked || !@chunks);

    $c->{close} = 1 if !$keep;

    if (!$has{connection}) {
        push @headers, 'Connection', $keep ? 'keep-alive' : 'close';
    }

    my $head = "HTTP/1.1 $status " . ($reason{$status} // 'Status') . "\r\n";
    $head .= shift(@headers) . ': ' . shift(@headers) . "\r\n" while @headers;

    if ($req->{method} eq 'HEAD') {
        $add->("$head\r\n");
        return;
    }

    $add->(["$head\r\n" . (@chunks ? '' : $body), $answer->{delay}]);

    for my $chunk (@chunks) {
        my ($bytes, $wait) = ref $chunk ? @$chunk : ($chunk, 0);

        $bytes = sprintf("%x\r\n%s\r\n", length $bytes, $bytes) if $chunked;
        $add->([$bytes, $wait]);
    }

    $add->("0\r\n\r\n") if $chunked && !$answer->{cut};
    $c->{close} = 1 if $answer->{cut};
}


1;
