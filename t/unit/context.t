#!/usr/bin/perl

exec './build/unit/context' or die "build/unit/context: $!\n";
