#!/usr/bin/perl

exec './build/unit/graphql' or die "build/unit/graphql: $!\n";
