#!/usr/bin/perl

exec './build/unit/policy_set' or die "build/unit/policy_set: $!\n";
