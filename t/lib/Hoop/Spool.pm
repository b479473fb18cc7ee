# Copyright (C) ngx_hoop_module authors
#
# The evidence as a test sees it: spool folders, the events in them, and a
# check of the chain that shares no code with the module.
#
#     Hoop::Spool->install;     # before run_tests(): a fresh folder for each
#                               # block, as $TEST_NGINX_SPOOL, and, when a
#                               # block is over, the chain in it is checked,
#                               # as one test, and what the block asks for:
#
#     --- events                # in order; each line is JSON of which every
#     {"type":"request"}        # member must be in the event, with that
#     {"type":"decision","decision":"deny"}         # value; one test
#     --- no_event_text         # must not be in any event; a test a line
#     123-45-6789
#     --- no_spool_check        # no test at all for this block
#
# Nor is there one for a block that was left out by skip_nginx and the like.
#
# A spool is <path>/<slot>/<first seq, 20 digits>.seg: frames of 32 bytes
# ("HEV1", length, CRC-32 of what follows, slot, seq, ms; little-endian) each
# with its text behind it.  A text ends in ,"hash":"<hex>"}: the SHA-256 of
# all before that; its "prev" is the hash of the text before.

package Hoop::Spool;

use strict;
use warnings;

use Compress::Zlib ();
use Digest::SHA qw( sha256_hex );
use Exporter 'import';
use JSON::PP ();
use Test::More ();

use Hoop::Daemon qw( temp_dir wait_for );

our @EXPORT_OK = qw( chain_problems event_matches events frames
                     frame_problems );

my $json = JSON::PP->new->utf8->allow_nonref;


sub fresh {
    my $dir = temp_dir('spool');

    $ENV{TEST_NGINX_SPOOL} = $dir;
    return $dir;
}


sub install {
    my ($class) = @_;

    fresh();
    Test::Nginx::Socket::add_block_preprocessor(sub { fresh() });
    Test::Nginx::Socket::add_test_cleanup_handler(\&check_block);
}


sub check_block {
    my ($block) = @_;

    return if defined $block->no_spool_check || defined $block->must_die
              || defined $block->SKIP;

    # an nginx that has started has written that, at the least
    return if !frames() && grep { defined $block->$_ }
                                qw( skip_eval skip_nginx skip_nginx2
                                    skip_openssl );

    my $name = $block->name;
    my @want = map { $json->decode($_) }
               grep { /\S/ } split /\n/, $block->events // '';
    my @texts;

    # the closing event of a request is written in its log phase
    my @problems;

    wait_for {
        @problems = frame_problems();
        @texts = map { $_->{text} } frames();
        !@problems && @want == matched(\@texts, \@want);
    } 1;

    push @problems, chain_problems(@texts);

    Test::More::is("@problems", '', "$name - the chain is intact");

    if (defined $block->events) {
        my $at = matched(\@texts, \@want);

        Test::More::is($at, scalar @want, "$name - all events are there")
            or Test::More::diag('missing: ', $json->encode($want[$at]),
                                "\nthere is:\n", map { "$_\n" } @texts);
    }

    # a few digits stand in one hash of some hundreds by chance
    my @said = @texts;
    s/"(?:session|prev|hash|sha256|\w+_(?:hash|sha256))":"(?:hs_)?[0-9a-f]+"//g
        for @said;

    for my $text (grep { length } split /\n/, $block->no_event_text // '') {
        my @found = grep { index($_, $text) >= 0 } @said;
        Test::More::is("@found", '', "$name - \"$text\" is in no event");
    }
}


# how many of these events there are, in this order
sub matched {
    my ($texts, $want) = @_;

    my $at = 0;

    for my $text (@$texts) {
        last if $at == @$want;

        my $e = eval { $json->decode($text) };
        $at++ if defined $e && event_matches($e, $want->[$at]);
    }

    return $at;
}


# true if all that want has is in got: objects by member, arrays and scalars
# as they are, "/.../" as a regex
sub event_matches {
    my ($got, $want) = @_;

    if (ref $want eq 'HASH') {
        return 0 if ref $got ne 'HASH';

        for my $name (keys %$want) {
            return 0 if !exists $got->{$name}
                        || !event_matches($got->{$name}, $want->{$name});
        }

        return 1;
    }

    return 0 if !defined $got != !defined $want;
    return 1 if !defined $got;

    if (!ref $want && $want =~ m{^/(.*)/$}s) {
        return !ref $got && $got =~ /$1/;
    }

    my $canonical = JSON::PP->new->canonical->allow_nonref;
    return $canonical->encode(unbless($got)) eq
           $canonical->encode(unbless($want));
}


# 1 and "1" are told apart by nobody who reads a test
sub unbless {
    my ($v) = @_;

    return ref $v eq 'ARRAY' ? [map { unbless($_) } @$v]
           : ref $v eq 'HASH' ? { map { $_ => unbless($v->{$_}) } keys %$v }
           : ref $v || !defined $v ? $v : "$v";
}


sub segments {
    my ($dir) = @_;

    $dir //= $ENV{TEST_NGINX_SPOOL};
    return sort glob "$dir/*/*.seg";
}


# All frames of a spool, slot by slot: { file, slot, seq, ts, text }.
sub frames {
    my ($dir) = @_;

    return map { @{ (read_segment($_))[0] } } segments($dir);
}


sub events {
    my ($dir) = @_;

    return map { $json->decode($_->{text}) } frames($dir);
}


sub frame_problems {
    my ($dir) = @_;

    my @problems;

    for my $file (segments($dir)) {
        my ($frames, $problem) = read_segment($file);
        my ($slot, $first) = $file =~ m{/(\d+)/(\d{20})\.seg$};

        push @problems, $problem if defined $problem;
        push @problems, "$file: not a segment's name;" if !defined $slot;

        for my $i (0 .. $#$frames) {
            my $f = $frames->[$i];
            my $e = eval { $json->decode($f->{text}) };

            if (!defined $e) {
                push @problems, "$file: seq $f->{seq} is not JSON;";
                next;
            }

            if ($e->{seq} != $f->{seq} || $e->{slot} != $f->{slot}
                || $f->{slot} != $slot || $f->{seq} != $first + $i)
            {
                push @problems, "$file: frame $i has slot $f->{slot} and seq"
                                . " $f->{seq}, its text $e->{slot} and"
                                . " $e->{seq};";
            }
        }
    }

    return @problems;
}


# returns the frames, and what is wrong behind them
sub read_segment {
    my ($file) = @_;

    open my $fh, '<:raw', $file or return ([], "$file: $!;");
    local $/;
    my $data = <$fh> // '';
    my ($at, @frames) = (0);

    while ($at < length $data) {
        if (length $data < $at + 32) {
            return (\@frames, "$file: a torn head at byte $at;");
        }

        my ($magic, $len, $crc, $slot, $seq, $ts) =
            unpack 'a4 V V V Q< Q<', substr $data, $at, 32;

        return (\@frames, "$file: no frame at byte $at;") if $magic ne 'HEV1';

        if (length $data < $at + 32 + $len) {
            return (\@frames, "$file: a torn text at byte $at;");
        }

        if (Compress::Zlib::crc32(substr $data, $at + 12, 20 + $len) != $crc) {
            return (\@frames, "$file: wrong checksum at byte $at;");
        }

        push @frames, { file => $file, slot => $slot, seq => $seq, ts => $ts,
                        text => substr $data, $at + 32, $len };
        $at += 32 + $len;
    }

    return \@frames;
}


# What is wrong with the chains that these texts make, slot by slot; the first
# of a slot is taken as given unless its seq is 1.
sub chain_problems {
    my (@texts) = @_;

    my (%head, @problems);

    for my $text (@texts) {
        if ($text !~ /\A(\{"v":1,.*),"hash":"([0-9a-f]{64})"\}\z/s) {
            push @problems, "no event: $text;";
            next;
        }

        my ($hashed, $hash) = ($1, $2);
        my $e = eval { $json->decode($text) };

        if (!defined $e || $e->{hash} ne $hash
            || grep { !defined $e->{$_} }
                    qw( id seq ts gateway slot type prev ))
        {
            push @problems, "no event: $text;";
            next;
        }

        my ($gateway, $slot, $seq) = @$e{qw( gateway slot seq )};
        my $chain = "$gateway:$slot";
        my $head = $head{$chain} //= $seq == 1
            ? { seq => 0, hash => '0' x 64, ts => '' }
            : { seq => $seq - 1, hash => $e->{prev}, ts => '' };

        if (sha256_hex($hashed) ne $hash) {
            push @problems, "$chain:$seq is changed;";
        }

        if ($seq != $head->{seq} + 1) {
            push @problems, "$chain:$seq comes after $head->{seq};";

        } elsif ($e->{prev} ne $head->{hash}) {
            push @problems, "$chain:$seq does not follow from the one before;";
        }

        if ($e->{id} ne "$chain:$seq") {
            push @problems, "$chain:$seq has the id $e->{id};";
        }

        if ($e->{ts} !~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
            || $e->{ts} lt $head->{ts})
        {
            push @problems, "$chain:$seq has the time $e->{ts};";
        }

        $head{$chain} = { seq => $seq, hash => $hash, ts => $e->{ts} };
    }

    return @problems;
}


1;
