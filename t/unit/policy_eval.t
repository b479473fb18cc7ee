#!/usr/bin/perl

exec './build/unit/policy_eval' or die "build/unit/policy_eval: $!\n";
