#!/usr/bin/perl

exec './build/unit/policy_sql' or die "build/unit/policy_set: $!\n";
