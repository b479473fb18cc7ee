#!/usr/bin/perl

exec './build/unit/path' or die "build/unit/path: $!\n";
