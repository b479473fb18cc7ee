#!/usr/bin/perl

exec './build/unit/policy_form' or die "build/unit/policy_form: $!\n";
