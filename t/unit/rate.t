#!/usr/bin/perl

exec './build/unit/rate' or die "build/unit/rate: $!\n";
