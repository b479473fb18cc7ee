#!/usr/bin/perl

exec './build/unit/core' or die "build/unit/core: $!\n";
