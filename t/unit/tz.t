#!/usr/bin/perl

exec './build/unit/tz' or die "build/unit/tz: $!\n";
