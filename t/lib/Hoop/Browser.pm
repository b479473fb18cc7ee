# Copyright (C) ngx_hoop_module authors
#
# A real browser: a headless Chromium, told what to do by its chromedriver over
# WebDriver (W3C), with a profile of its own.
#
#     my $b = Hoop::Browser->new or plan skip_all => ...;
#     $b->go("http://127.0.0.1:1984/console/");
#     $b->run('return document.title');          # JavaScript in the page
#     $b->until('return document.title', 5)      # until it is true, or undef
#     $b->type('#token', 'text');                # as a user does
#     $b->click('#approve');
#     $b->keys('j');                             # to what has the focus
#     $b->media(colour => 'dark');
#     $b->size(320, 600); $b->shot('/tmp/x.png');
#     END { $b->quit }

package Hoop::Browser;

use strict;
use warnings;

use HTTP::Tiny;
use JSON::PP ();
use MIME::Base64 qw( decode_base64 );
use Time::HiRes qw( sleep time );

use Hoop::Daemon qw( free_port temp_dir wait_for );

my $json = JSON::PP->new->utf8->allow_nonref;

use constant ELEMENT => 'element-6066-11e4-a52e-4f735466cecf';


sub find {
    for my $name (@_) {
        for my $dir (split(/:/, $ENV{PATH}), '/usr/bin') {
            return "$dir/$name" if -x "$dir/$name";
        }
    }

    return undef;
}


# undef where there is no Chromium; args: more of its command line
sub new {
    my ($class, %opt) = @_;

    my $browser = find(qw( chromium chromium-browser google-chrome ));
    my $driver = find('chromedriver');

    return undef if !defined $browser || !defined $driver;

    my $port = free_port();
    my $dir = temp_dir('browser');

    my $self = bless {
        http   => HTTP::Tiny->new(timeout => 30),
        daemon => Hoop::Daemon->spawn(name => 'chromedriver',
                      command => ['/usr/bin/env', "HOME=$dir", $driver,
                                  "--port=$port", '--allowed-ips=127.0.0.1'],
                      log => "$dir/driver.log"),
        base   => "http://127.0.0.1:$port",
    }, $class;

    wait_for { $self->{http}->get("$self->{base}/status")->{success} }
        or die "chromedriver does not answer\n";

    my $session = $self->ask(POST => '/session', { capabilities => {
        alwaysMatch => {
            browserName => 'chrome',
            'goog:loggingPrefs' => { browser => 'ALL' },
            'goog:chromeOptions' => {
                binary => $browser,
                args => ['--headless=new', '--no-sandbox', '--disable-gpu',
                         '--disable-dev-shm-usage', '--no-first-run',
                         '--disable-crash-reporter', '--disable-breakpad',
                         '--disable-extensions', '--disable-background-networking',
                         "--user-data-dir=$dir/profile",
                         '--window-size=1200,900', @{ $opt{args} // [] }],
            } } } });

    $self->{base} .= "/session/$session->{sessionId}";
    return $self;
}


sub ask {
    my ($self, $method, $path, $body) = @_;

    my $res = $self->{http}->request($method, $self->{base} . $path,
        $method eq 'GET' ? {} : {
            headers => { 'Content-Type' => 'application/json' },
            content => $json->encode($body // {}) });
    my $value = eval { $json->decode($res->{content})->{value} };

    if (!$res->{success}) {
        die "WebDriver $method $path: "
            . (ref $value ? "$value->{error}: $value->{message}"
                          : "$res->{status} $res->{content}") . "\n";
    }

    return $value;
}


sub go { $_[0]->ask(POST => '/url', { url => $_[1] }) }

sub run {
    my ($self, $script, @args) = @_;

    return $self->ask(POST => '/execute/sync',
                      { script => $script, args => \@args });
}

sub until {
    my ($self, $script, $seconds, @args) = @_;

    my $end = time + ($seconds // 5);

    while (1) {
        my $value = $self->run($script, @args);

        return $value if ref $value eq 'JSON::PP::Boolean' ? $$value : $value;
        return undef if time > $end;
        sleep 0.03;
    }
}

sub find_element {
    my ($self, $css) = @_;

    return $self->ask(POST => '/element',
                      { using => 'css selector', value => $css })->{+ELEMENT};
}

sub click { $_[0]->ask(POST => '/element/' . $_[0]->find_element($_[1])
                               . '/click') }

sub type {
    my ($self, $css, $text) = @_;

    $self->ask(POST => '/element/' . $self->find_element($css) . '/value',
               { text => $text });
}

# "\x{E007}" is Enter, E00C Escape, E004 Tab
sub keys {
    my ($self, @keys) = @_;

    $self->ask(POST => '/actions', { actions => [{ type => 'key', id => 'k',
        actions => [map { ({ type => 'keyDown', value => $_ },
                           { type => 'keyUp', value => $_ }) } @keys] }] });
}

sub cdp {
    my ($self, $command, $params) = @_;

    return $self->ask(POST => '/goog/cdp/execute',
                      { cmd => $command, params => $params // {} });
}

sub media {
    my ($self, %media) = @_;

    $self->cdp('Emulation.setEmulatedMedia', { features => [
        { name => 'prefers-color-scheme', value => $media{colour} }] });
}

sub size {
    my ($self, $width, $height) = @_;

    $self->cdp('Emulation.setDeviceMetricsOverride', { width => $width,
        height => $height, deviceScaleFactor => 1,
        mobile => JSON::PP::false });
}

sub shot {
    my ($self, $file) = @_;

    my $png = $self->ask(GET => '/screenshot');

    open my $out, '>', $file or die "$file: $!\n";
    binmode $out;
    print $out decode_base64($png);
    close $out;
}

# what the page has said, and what was forbidden to it
sub said {
    my ($self) = @_;

    return map { "$_->{level} $_->{message}" }
           @{ $self->ask(POST => '/se/log', { type => 'browser' }) };
}

# before the process ends: the browser is the driver's child, not ours
sub quit {
    my ($self) = @_;

    local $?;
    eval { $self->ask(DELETE => '') } if defined $self->{daemon};
    delete($self->{daemon})->stop if defined $self->{daemon};
}


1;
