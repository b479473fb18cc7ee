#!/usr/bin/perl

exec './build/unit/dpop' or die "build/unit/dpop: $!\n";
