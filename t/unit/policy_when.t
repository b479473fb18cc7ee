#!/usr/bin/perl

exec './build/unit/policy_when' or die "build/unit/policy_when: $!\n";
