#!/usr/bin/perl

exec './build/unit/prefer' or die "build/unit/prefer: $!\n";
