#!/usr/bin/perl

exec './build/unit/block' or die "build/unit/block: $!\n";
