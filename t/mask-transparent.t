# Copyright (C) ngx_hoop_module authors
#
# With a policy that allows all and sets that match nothing, an answer is the
# same bytes: of any size around those of buffers, by any way through nginx.

use Test::Nginx::Socket 'no_plan';

use lib 't/lib';
use Hoop::Replay;
use Hoop::Spool;

our @sizes = (0, 1, 2, 1023, 1024, 1025, 4095, 4096, 4097, 8191, 8192, 8193,
              16385, 65535, 65536, 1048576);

our @types = ('text/plain', 'text/html; charset=utf-8', 'application/json',
              'text/event-stream', 'application/x-www-form-urlencoded');

srand 20260131;

# three looks: bytes of any value but NUL, words and marks, near to JSON
our @text = (
    (CORE::join '', map { chr 1 + int rand 255 } 1 .. 1048576),
    (CORE::join '', map { ('a' .. 'z', 0 .. 9, ' ', ' ', "\n", "\r\n", ':', '=',
                           '&', '%', '"', '\\', '@', '_', '-', '.')[rand 50]
                              // "\n" } 1 .. 1100000),
    substr('[' . CORE::join(',', map {
        '{"k' . int(rand 99) . '":' . (int rand 2 ? rand : '"v\\u00e9\\n '
        . int(rand 1e9) . '"') . ', "a":[true,null,{}], "t":"{\\"x\\":'
        . int(rand 9) . '}"}' } 1 .. 20000) . ']', 0, 1048576),
);

# no address of anybody, by chance
$text[1] =~ s/\@(?=\w)/\@ /g;

our $upstream = Hoop::Replay->install(routes => {
    '/p/text/*' => sub {
        my ($req) = @_;
        my ($look, $type, $size) = $req->{path} =~ m{(\d)/(\d)/(\d+)$};
        my $body = substr $text[$look], 0, $size;
        my $head = "HTTP/1.1 200 OK\r\nContent-Type: $types[$type]\r\n";

        return ["$head\r\n$body"] if $req->{path} =~ /close/;
        return { type => $types[$type], body => $body, gzip => 1 }
            if $req->{path} =~ /gzip/;
        return { type => $types[$type],
                 chunks => [$body =~ /(.{1,777})/gs] }
            if $req->{path} =~ /chunked/ && $size;
        return { type => $types[$type], body => $body };
    },
});

# all sizes, each with one look and one type after the other
sub all {
    my ($way) = @_;

    my @wrong;
    my $n = 0;

    for my $size (@sizes) {
        for my $look (0 .. 2) {
            my $type = $n++ % @types;
            my $path = "/p/text/$way/$look/$type/$size";
            my $res = ask(undef, path => $path);

            push @wrong, $path if $res->{status} != 200 || !$res->{complete}
                              || $res->{body} ne substr $text[$look], 0, $size;
        }
    }

    Test::More::is("@wrong", '', "$way: the same bytes");
}

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('answers', ['x']);
    $block->set_value('masks', '"never": { "fields": ["no such name 17"],'
        . ' "detect": ["us_ssn", "credit_card", "email", "aws_key",'
        . ' "github_token", "stripe_key", "jwt", "private_key"] }')
        if !defined $block->masks;
    $block->set_value('location', "hoop_mask never;\n"
                                  . ($block->location // ''));
});

Hoop::Spool->install;
log_level('info');
no_long_string();
run_tests();

__DATA__

=== TEST 1: with a length
--- init
main::all('length');



=== TEST 2: chunked
--- location
proxy_http_version 1.1;
--- init
main::all('chunked');



=== TEST 3: ended by closing
--- init
main::all('close');



=== TEST 4: gzip
--- init
main::all('gzip');



=== TEST 5: unbuffered, two buffers of 1k
--- location
proxy_buffering off;
hoop_mask_buffers 2 1k;
--- init
main::all('length');



=== TEST 6: small buffers of nginx, the smallest hold
--- location
proxy_buffer_size 1k;
proxy_buffers 8 1k;
proxy_busy_buffers_size 2k;
hoop_mask_hold 8k;
--- init
main::all('chunked');
