#!/usr/bin/perl

exec './build/unit/config' or die "build/unit/config: $!\n";
