#!/usr/bin/perl

exec './build/unit/policy_override'
    or die "build/unit/policy_override: $!\n";
