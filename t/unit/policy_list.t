#!/usr/bin/perl

exec './build/unit/policy_list' or die "build/unit/rows: $!\n";
