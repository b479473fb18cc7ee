#!/usr/bin/perl

exec './build/unit/policy_check' or die "build/unit/policy_check: $!\n";
