# Copyright (C) ngx_hoop_module authors
#
# The logs of nginx, and the sections about them.
#
# The position in error.log moves with each look at it: a pattern is looked
# for in what was logged since the look before.

package Test::Nginx::Log;

use strict;
use warnings;

use Exporter 'import';
use Test::More ();
use Time::HiRes qw( sleep time );

use Test::Nginx::Report qw( explain_log fmt_str is_str );
use Test::Nginx::Util;

our @EXPORT_OK = qw( check_access_log check_error_log check_shutdown_log
                     set_log_position );

my $position = 0;


sub set_log_position {
    ($position) = @_;
}


# What was logged since the last look.  The log phase of a request comes about
# when its connection closes, so what is wanted may be late: wait for it, and
# a little in any case.
sub error_log_lines {
    my ($wanted) = @_;

    my $from = $Test::Nginx::Util::CheckAccumErrLog ? 0 : $position;
    my $deadline = time + ($Test::Nginx::Util::UseValgrind ? 2 : 0.3);

    sleep(defined $wanted ? sleep_time() : 0);

    while (1) {
        open my $fh, '<:raw', $Test::Nginx::Util::ErrLogFile or return;
        seek $fh, $from, 0;
        my @lines = <$fh>;
        my $to = tell $fh;

        if (!defined $wanted || time > $deadline || $wanted->(\@lines)) {
            $position = $to;
            return @lines;
        }

        sleep 0.01;
    }
}


sub access_log_lines {
    sleep sleep_time();
    open my $fh, '<:raw', $Test::Nginx::Util::AccLogFile or return;
    return <$fh>;
}


sub patterns {
    my ($value) = @_;

    return if !defined $value;
    return grep { defined } @$value if ref $value eq 'ARRAY';
    return $value if ref $value;

    return grep { length } split /\n+/, $value;
}


sub line_matches {
    my ($line, $pattern) = @_;

    return ref $pattern ? $line =~ $pattern : index($line, $pattern) >= 0;
}


sub any_line_matches {
    my ($lines, $pattern) = @_;

    for my $line (@$lines) {
        return 1 if line_matches($line, $pattern);
    }

    return 0;
}


sub check_patterns {
    my ($name, $lines, $value, $round, $log) = @_;

    for my $pattern (patterns($value)) {
        my $found = any_line_matches($lines, $pattern);
        my $which = $found ? 'matches' : 'should match';

        Test::More::ok($found, "$name - pattern \"$pattern\" $which a line in"
                       . " $log.log$round")
            or explain_log($lines);
    }
}


sub check_no_patterns {
    my ($name, $lines, $value, $round, $log) = @_;

    for my $pattern (patterns($value)) {
        my $text = fmt_str($pattern);
        my @found = grep { line_matches($lines->[$_], $pattern) } 0 .. $#$lines;

        if (!@found) {
            Test::More::pass("$name - pattern \"$text\" does not match a line"
                             . " in $log.log$round");
            next;
        }

        my $at = $found[0];
        my $to = $at + 9 < $#$lines ? $at + 9 : $#$lines;

        Test::More::fail("$name - pattern \"$text\" should not match any line"
                         . " in $log.log but matches line \""
                         . fmt_str($lines->[$at]) . "\"$round");
        Test::More::diag(join '', @$lines[$at + 1 .. $to]) if $to > $at;
    }
}


sub check_error_log {
    my ($block, $round, $rand_ports) = @_;

    my $name = $block->name;
    my @wanted = patterns($block->error_log);
    my @unwanted = patterns($block->no_error_log);
    my $which = " (req $round)";

    my @lines = error_log_lines(sub {
        my ($lines) = @_;
        return !grep { !any_line_matches($lines, $_) } @wanted;
    });

    check_grep($block, \@lines, $round, $rand_ports);
    check_patterns($name, \@lines, \@wanted, $which, 'error');
    check_no_patterns($name, \@lines, \@unwanted, $which, 'error');

    my %named;
    for my $level (qw( alert crit emerg )) {
        $named{$level} = 1
            if grep { index($_, "[$level") >= 0
                      || index($_, "\\[$level") >= 0 } @wanted, @unwanted;
    }

    judge_log($name, \@lines, \%named);
}


# What nginx said on its way out; with reloads it has not ended.
sub check_shutdown_log {
    my ($block) = @_;

    my $name = $block->name;
    my @lines = error_log_lines();

    judge_log($name, \@lines, {});

    return if $Test::Nginx::Util::UseHup;

    check_patterns($name, \@lines, scalar $block->shutdown_error_log, '',
                   'error');
    check_no_patterns($name, \@lines, scalar $block->no_shutdown_error_log,
                      '', 'error');
}


# What is bad whether a block asks for it or not
sub judge_log {
    my ($name, $lines, $named) = @_;

    for my $line (@$lines) {
        if ($line =~ /\bAssertion .*?failed\b/
            || $line =~ /AddressSanitizer|LeakSanitizer|: runtime error: /
            || (!$named->{alert}
                && $line =~ /\[alert\].*exited on signal (?!9\b|15\b)/))
        {
            Test::More::fail("$name - " . fmt_str($line));

        } elsif ($line =~ /\[(alert|crit|emerg)\]/ && !$named->{$1}) {
            warn "WARNING: $name - " . fmt_str($line) . "\n";
        }
    }
}


sub check_grep {
    my ($block, $lines, $round, $rand_ports) = @_;

    my $name = $block->name;
    my ($pattern, $want) = map { ref $_ eq 'ARRAY' ? $_->[$round] : $_ }
                               scalar $block->grep_error_log,
                               scalar $block->grep_error_log_out;

    return if !defined $block->grep_error_log
              && !defined $block->grep_error_log_out;

    if (!defined $block->grep_error_log
        || !defined $block->grep_error_log_out)
    {
        bail_out("$name - grep_error_log and grep_error_log_out go together");
    }

    return if !defined $pattern;

    my $re = ref $pattern ? $pattern : qr/\Q$pattern\E/;
    my $got = '';

    for my $line (@$lines) {
        $got .= "$&\n" if $line =~ $re && $& !~ /\n/;
    }

    is_str($got, expand_env_in_text($want, $name, $rand_ports),
           "$name - grep_error_log_out (req $round)");
}


sub check_access_log {
    my ($block, $round) = @_;

    return if !defined $block->access_log && !defined $block->no_access_log;

    my @lines = access_log_lines();
    my $which = " (req $round)";

    check_patterns($block->name, \@lines, scalar $block->access_log, $which,
                   'access');
    check_no_patterns($block->name, \@lines, scalar $block->no_access_log,
                      $which, 'access');
}


1;
