#!/usr/bin/perl

exec './build/unit/policy' or die "build/unit/policy: $!\n";
