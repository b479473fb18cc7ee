#!/usr/bin/perl

exec './build/unit/jws' or die "build/unit/jws: $!\n";
