# Copyright (C) ngx_hoop_module authors
#
# The clock by which nginx lives, stopped and set by the test:
#
#     use Hoop::Clock;           # before run_tests(); stops it
#     clock()                    # Unix seconds: less than a minute ahead of
#                                # the true time, in the middle of a minute
#     set_clock(clock() + 60);
#
# Timers go on as ever: they are of another clock.  A small library, made by
# cc, is loaded before libc; it takes the time from a file that it has mapped.

package Hoop::Clock;

use strict;
use warnings;

use Exporter 'import';

use Hoop::Daemon qw( temp_dir );

our @EXPORT = qw( clock set_clock );

my $dir = temp_dir('clock');
my $now;

my $source = <<'END';
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

int
gettimeofday(struct timeval *tv, void *tz)
{
    int                      fd;
    static volatile int64_t *now;

    if (now == NULL) {
        fd = open(getenv("HOOP_CLOCK"), O_RDONLY);
        now = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
        close(fd);

        if (now == MAP_FAILED) {
            abort();
        }
    }

    tv->tv_sec = *now;
    tv->tv_usec = 500000;

    return 0;
}
END


sub clock { return $now }


sub set_clock {
    ($now) = @_;

    open my $fh, '+<', "$dir/now" or die "$dir/now: $!\n";
    syswrite $fh, pack 'q', $now;
}


{
    local $SIG{CHLD} = 'DEFAULT';

    open my $fh, '>', "$dir/now" or die "$dir/now: $!\n";
    close $fh;
    my $time = time;
    set_clock($time - $time % 60 + ($time % 60 <= 30 ? 30 : 90));

    open $fh, '>', "$dir/clock.c" or die "$dir/clock.c: $!\n";
    print $fh $source;
    close $fh;

    system('cc', '-shared', '-fPIC', '-o', "$dir/clock.so", "$dir/clock.c")
        == 0 or die "cc failed\n";

    $ENV{HOOP_CLOCK} = "$dir/now";
    $ENV{LD_PRELOAD} = join ':', grep { defined } $ENV{LD_PRELOAD},
                                                  "$dir/clock.so";
}


1;
