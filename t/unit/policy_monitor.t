#!/usr/bin/perl

exec './build/unit/policy_monitor' or die "build/unit/policy_monitor: $!\n";
