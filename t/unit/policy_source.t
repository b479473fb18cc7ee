#!/usr/bin/perl

exec './build/unit/policy_source' or die "build/unit/policy_source: $!\n";
