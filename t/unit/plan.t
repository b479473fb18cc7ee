#!/usr/bin/perl

exec './build/unit/plan' or die "build/unit/plan: $!\n";
