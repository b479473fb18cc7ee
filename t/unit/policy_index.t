#!/usr/bin/perl

exec './build/unit/policy_index' or die "build/unit/policy_index: $!\n";
