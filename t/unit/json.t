#!/usr/bin/perl

exec './build/unit/json' or die "build/unit/json: $!\n";
