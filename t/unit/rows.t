#!/usr/bin/perl

exec './build/unit/rows' or die "build/unit/rows: $!\n";
