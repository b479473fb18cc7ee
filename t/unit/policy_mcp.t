#!/usr/bin/perl

exec './build/unit/policy_mcp' or die "build/unit/policy_set: $!\n";
