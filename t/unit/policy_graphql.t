#!/usr/bin/perl

exec './build/unit/policy_graphql'
    or die "build/unit/policy_graphql: $!\n";
