#!/usr/bin/perl

exec './build/unit/table' or die "build/unit/table: $!\n";
