# Copyright (C) ngx_hoop_module authors
#
# What the upstream really received, as sections of a block:
#
#     Hoop::Reached->install($upstream);     # before run_tests()
#
#     --- reached              # all requests, in order, as METHOD URI; without
#     GET /p/a                 # the section none may have come
#     --- reached_like         # a regex a line; each matches in the raw bytes
#     (?m)^X-Api-Key: s3cret   # of all of them together, ...
#     --- reached_unlike       # ... and each of these does not
#     eyJ
#     --- reached_any          # no test of which they were

package Hoop::Reached;

use strict;
use warnings;

use Test::More ();

use Hoop::Daemon qw( wait_for );


sub install {
    my ($class, $upstream) = @_;

    Test::Nginx::Socket::add_block_preprocessor(sub {
        $upstream->up;
        $upstream->reset;
    });

    Test::Nginx::Socket::add_test_cleanup_handler(sub {
        my ($block) = @_;

        return if defined $block->must_die || defined $block->SKIP;

        check($block, $upstream);
    });
}


sub check {
    my ($block, $upstream) = @_;

    my $name = $block->name;
    my @want = lines($block->reached);

    my @requests;

    wait_for { @requests = $upstream->requests; @requests >= @want } 1;

    if (!defined $block->reached_any) {
        my @got = map { "$_->{method} $_->{uri}" } @requests;

        Test::More::is(join("\n", @got), join("\n", @want),
                       "$name - what reached the upstream");
    }

    my $raw = join '', map { $_->{raw} } @requests;

    for my $like (lines($block->reached_like)) {
        Test::More::like($raw, qr/$like/, "$name - reached, $like");
    }

    for my $unlike (lines($block->reached_unlike)) {
        Test::More::unlike($raw, qr/$unlike/, "$name - reached, not $unlike");
    }
}


sub lines {
    my ($text) = @_;

    return grep { length } split /\n/, $text // '';
}


1;
